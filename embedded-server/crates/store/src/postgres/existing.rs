//! What tables the schema of a database holds, from the catalogs of Postgres.

use super::Pool;
use crate::{Made, Table, TableColumn, TableIndex, TableKey, TableKind};
use base::{Result, Value};
use sql::Statement;
use std::collections::HashMap;
use std::sync::Arc;

const TABLES: &str = "SELECT c.relname::text, \
    CASE WHEN c.relispartition THEN 'part' WHEN c.relkind IN ('r', 'p') THEN 'plain' \
         WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'virtual' END, \
    has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT') \
    AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE') \
    FROM pg_class c WHERE c.relnamespace = to_regnamespace(quote_ident(current_schema())) \
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') \
    ORDER BY c.relname COLLATE \"C\"";

/// Of a domain, the type below it: that is what the server answers, too.
const COLUMNS: &str = "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), \
    coalesce(b.typname, t.typname)::text, \
    CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) \
         ELSE format_type(a.atttypid, a.atttypmod) END, \
    a.attnotnull OR (t.typtype = 'd' AND t.typnotnull), \
    coalesce(pg_get_expr(d.adbin, d.adrelid), t.typdefault), a.attidentity::text, a.attgenerated::text \
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
    JOIN pg_type t ON t.oid = a.atttypid \
    LEFT JOIN pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype \
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
    WHERE c.relnamespace = to_regnamespace(quote_ident(current_schema())) AND c.relkind IN ('r', 'p') \
    ORDER BY c.relname, a.attnum";

const INDEXES: &str = "SELECT c.relname::text, i.relname::text, x.indisunique, x.indpred IS NOT NULL, \
    EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x')), \
    x.indisprimary, a.attname::text \
    FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
    CROSS JOIN LATERAL generate_series(0, x.indnkeyatts::int - 1) n \
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[n] AND x.indkey[n] <> 0 \
    WHERE c.relnamespace = to_regnamespace(quote_ident(current_schema())) AND x.indisvalid \
    ORDER BY c.relname, i.relname, n";

const KEYS: &str = "SELECT c.relname::text, k.oid::bigint, \
    CASE WHEN f.relnamespace = c.relnamespace THEN f.relname::text ELSE format('%I.%I', (SELECT s.nspname FROM pg_namespace s WHERE s.oid = f.relnamespace), f.relname) END, \
    a.attname::text, b.attname::text, k.confdeltype::text, k.confupdtype::text \
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid \
    CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS p(here, there, place) \
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.here \
    JOIN pg_attribute b ON b.attrelid = f.oid AND b.attnum = p.there \
    WHERE k.contype = 'f' AND c.relnamespace = to_regnamespace(quote_ident(current_schema())) \
    ORDER BY c.relname, k.conname, p.place";

impl Pool {
    pub(crate) async fn tables(&self) -> Result<Vec<Table>> {
        let mut tables: Vec<Table> =
            self.described(TABLES).await?.iter().map(|row| table(row)).collect();
        let at: HashMap<String, usize> =
            tables.iter().enumerate().map(|(at, table)| (table.name.clone(), at)).collect();
        for row in self.described(COLUMNS).await? {
            if let Some(&at) = at.get(&text(&row, 0)) {
                tables[at].columns.push(column(&row));
            }
        }
        for row in self.described(INDEXES).await? {
            if let Some(&at) = at.get(&text(&row, 0)) {
                add_index(&mut tables[at], &row);
            }
        }
        let mut last = None;
        for row in self.described(KEYS).await? {
            if let Some(&at) = at.get(&text(&row, 0)) {
                let one = row.get(1).and_then(Value::as_int);
                add_key(&mut tables[at].foreign_keys, &row, last == Some((at, one)));
                last = Some((at, one));
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

fn truth(row: &[Value], at: usize) -> bool {
    row.get(at) == Some(&Value::Bool(true))
}

fn table(row: &[Value]) -> Table {
    Table {
        name: text(row, 0),
        kind: match text(row, 1).as_str() {
            "plain" => TableKind::Plain,
            "view" => TableKind::View,
            "part" => TableKind::Part,
            _ => TableKind::Virtual,
        },
        rowless: false,
        open: truth(row, 2),
        columns: Vec::new(),
        key: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
    }
}

fn column(row: &[Value]) -> TableColumn {
    let default = row.get(6).and_then(Value::as_text).map(str::to_owned);
    let counts = default.as_deref().is_some_and(|default| default.starts_with("nextval("));
    let made = match (text(row, 7).as_str(), text(row, 8).as_str()) {
        (_, "s" | "v") => Made::Computed,
        ("a", _) => Made::CountedAlways,
        ("d", _) => Made::Counted,
        _ if counts => Made::Counted,
        _ => Made::Given,
    };
    TableColumn {
        name: text(row, 1),
        declared: text(row, 2),
        base: text(row, 3),
        sizes: crate::table::sizes(&text(row, 4)),
        nullable: !truth(row, 5),
        default: default.filter(|_| made == Made::Given),
        made,
    }
}

fn add_index(table: &mut Table, row: &[Value]) {
    let (name, column) = (text(row, 1), row.get(6).and_then(Value::as_text));
    if truth(row, 5) {
        table.key.extend(column.map(str::to_owned));
        return;
    }
    if table.indexes.last().is_none_or(|last| last.name != name) {
        table.indexes.push(TableIndex {
            name,
            columns: Some(Vec::new()),
            unique: truth(row, 2),
            partial: truth(row, 3),
            constraint: truth(row, 4),
        });
    }
    let Some(index) = table.indexes.last_mut() else { return };
    match column {
        Some(column) => index.columns.iter_mut().for_each(|all| all.push(column.to_owned())),
        None => index.columns = None,
    }
}

fn add_key(keys: &mut Vec<TableKey>, row: &[Value], same: bool) {
    let action = |at: usize| {
        String::from(match text(row, at).as_str() {
            "c" => "CASCADE",
            "n" => "SET NULL",
            "d" => "SET DEFAULT",
            "r" => "RESTRICT",
            _ => "NO ACTION",
        })
    };
    if !same {
        keys.push(TableKey {
            columns: Vec::new(),
            target: text(row, 2),
            target_columns: Vec::new(),
            on_delete: action(5),
            on_update: action(6),
        });
    }
    if let Some(key) = keys.last_mut() {
        key.columns.push(text(row, 3));
        key.target_columns.push(text(row, 4));
    }
}
