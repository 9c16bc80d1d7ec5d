//! What tables a file holds, from SQLite's own descriptions.

use super::Pool;
use crate::table::sizes;
use crate::{Made, Table, TableColumn, TableIndex, TableKey, TableKind};
use base::{Result, Value};
use sql::Statement;
use std::collections::HashMap;
use std::sync::Arc;

const TABLES: &str = "SELECT l.name, l.type, l.wr FROM pragma_table_list l \
    WHERE l.schema = 'main' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY l.name";

/// Of plain tables only: to describe a broken view is an error.
const COLUMNS: &str = "SELECT l.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk, c.hidden \
    FROM pragma_table_list l JOIN pragma_table_xinfo(l.name) c \
    WHERE l.schema = 'main' AND l.type = 'table' ORDER BY l.name, c.cid";

const INDEXES: &str = "SELECT l.name, i.name, i.\"unique\", i.origin, i.partial, x.name \
    FROM pragma_table_list l JOIN pragma_index_list(l.name) i JOIN pragma_index_info(i.name) x \
    WHERE l.schema = 'main' AND l.type = 'table' ORDER BY l.name, i.seq, x.seqno";

const KEYS: &str = "SELECT l.name, f.id, f.\"table\", f.\"from\", f.\"to\", f.on_delete, f.on_update \
    FROM pragma_table_list l JOIN pragma_foreign_key_list(l.name) f \
    WHERE l.schema = 'main' AND l.type = 'table' ORDER BY l.name, f.id DESC, f.seq";

impl Pool {
    pub(crate) async fn tables(&self) -> Result<Vec<Table>> {
        let mut tables: Vec<Table> =
            self.described(TABLES).await?.iter().map(|row| table(row)).collect();
        let at: HashMap<String, usize> =
            tables.iter().enumerate().map(|(at, table)| (table.name.clone(), at)).collect();
        let mut keys: Vec<Vec<(i64, String)>> = vec![Vec::new(); tables.len()];
        for row in self.described(COLUMNS).await? {
            let Some(&at) = at.get(&text(&row, 0)) else { continue };
            let place = number(&row, 5);
            if place > 0 {
                keys[at].push((place, text(&row, 1)));
            }
            tables[at].columns.push(column(&row));
        }
        for (table, mut key) in tables.iter_mut().zip(keys) {
            key.sort();
            table.key = key.into_iter().map(|(_, name)| name).collect();
            count(table);
        }
        for row in self.described(INDEXES).await? {
            if let Some(&at) = at.get(&text(&row, 0)) {
                add_index(&mut tables[at].indexes, &row);
            }
        }
        let mut last = None;
        for row in self.described(KEYS).await? {
            if let Some(&at) = at.get(&text(&row, 0)) {
                let one = (at, number(&row, 1));
                add_key(&mut tables[at].foreign_keys, &row, last == Some(one));
                last = Some(one);
            }
        }
        Ok(tables)
    }

    async fn described(&self, asked: &'static str) -> Result<Vec<Vec<Value>>> {
        self.rows(&Statement { text: Arc::from(asked), binds: Vec::new() }).await
    }
}

fn text(row: &[Value], at: usize) -> String {
    row.get(at).and_then(Value::as_text).unwrap_or_default().to_owned()
}

fn number(row: &[Value], at: usize) -> i64 {
    row.get(at).and_then(Value::as_int).unwrap_or_default()
}

fn table(row: &[Value]) -> Table {
    Table {
        name: text(row, 0),
        kind: match text(row, 1).as_str() {
            "table" => TableKind::Plain,
            "view" => TableKind::View,
            _ => TableKind::Virtual,
        },
        rowless: number(row, 2) == 1,
        open: true,
        columns: Vec::new(),
        key: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
    }
}

fn column(row: &[Value]) -> TableColumn {
    let declared = text(row, 2);
    let base = declared.split('(').next().unwrap_or_default().trim().to_ascii_lowercase();
    TableColumn {
        name: text(row, 1),
        base,
        sizes: sizes(&declared),
        declared,
        nullable: number(row, 3) == 0,
        default: row.get(4).and_then(Value::as_text).map(str::to_owned),
        made: if matches!(number(row, 6), 2 | 3) { Made::Computed } else { Made::Given },
    }
}

/// A key of the one type `INTEGER` is the row's number, which SQLite counts by itself.
fn count(table: &mut Table) {
    let [key] = table.key.as_slice() else { return };
    let numbered = table
        .columns
        .iter_mut()
        .find(|column| column.name == *key)
        .filter(|column| column.declared.eq_ignore_ascii_case("integer"));
    if let Some(column) = numbered.filter(|_| !table.rowless) {
        column.made = Made::Counted;
        column.nullable = false;
    }
}

fn add_index(indexes: &mut Vec<TableIndex>, row: &[Value]) {
    let (name, origin) = (text(row, 1), text(row, 3));
    if origin == "pk" {
        return;
    }
    if indexes.last().is_none_or(|last| last.name != name) {
        indexes.push(TableIndex {
            name,
            columns: Some(Vec::new()),
            unique: number(row, 2) == 1,
            partial: number(row, 4) == 1,
            constraint: origin != "c",
        });
    }
    let Some(index) = indexes.last_mut() else { return };
    match row.get(5).and_then(Value::as_text) {
        Some(column) => index.columns.iter_mut().for_each(|all| all.push(column.to_owned())),
        None => index.columns = None,
    }
}

fn add_key(keys: &mut Vec<TableKey>, row: &[Value], same: bool) {
    if !same {
        keys.push(TableKey {
            columns: Vec::new(),
            target: text(row, 2),
            target_columns: Vec::new(),
            on_delete: text(row, 5),
            on_update: text(row, 6),
        });
    }
    if let Some(key) = keys.last_mut() {
        key.columns.push(text(row, 3));
        key.target_columns.extend(row.get(4).and_then(Value::as_text).map(str::to_owned));
    }
}
