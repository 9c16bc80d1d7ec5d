//! Changes on SQLite: what `ALTER TABLE` can do is done by it, the rest by rebuilding the table
//! beside the old one and trading names.

use super::column::{default, definition, fill, literal_default, pointer_name, unique_name};
use super::convert::conversion;
use super::expression::Expression;
use super::{Definition, index, loose_pointers, needs_pointer_index, reference};
use crate::Dialect;
use crate::dialect::Family;
use crate::writer::{literal, quoted};
use base::Result;
use catalog::{Catalog, Change, Collection, DefaultValue, Field, FieldKind, ForeignKey};
use std::sync::Arc;

const LITE: Dialect = Dialect::Sqlite;

pub(super) fn define(
    changes: &[Change],
    old: &Catalog,
    new: &Catalog,
    out: &mut Definition,
) -> Result<()> {
    let renamed: Vec<(&str, &str)> = changes
        .iter()
        .filter_map(|change| match change {
            Change::RenameCollection { from, to } => Some((from.as_str(), to.as_str())),
            _ => None,
        })
        .collect();
    for change in changes {
        match change {
            Change::DropIndex { collection, index } => {
                out.extend(index::dropped(old.get(collection).map(|found| &**found), index, LITE));
            }
            Change::DropCollection { collection } => {
                out.rebuilds = true;
                out.push(format!("DROP TABLE {}", quoted(&collection.name)));
                out.extend(index::left_behind(collection));
                out.push(format!(
                    "DELETE FROM \"_sequence\" WHERE \"collection\" = {}",
                    literal(&collection.name)
                ));
            }
            _ => {}
        }
    }
    for (from, to) in without_collisions(&renamed) {
        out.push(format!("ALTER TABLE {} RENAME TO {}", quoted(&from), quoted(&to)));
        out.push(format!(
            "UPDATE \"_sequence\" SET \"collection\" = {} WHERE \"collection\" = {}",
            literal(&to),
            literal(&from)
        ));
    }
    for change in changes {
        if let Change::CreateCollection { collection } = change {
            out.push(create_table(collection, &collection.name)?);
            for text in index::all(collection, LITE) {
                out.push(text);
            }
        }
    }
    for was in old.collections.values() {
        let name = renamed
            .iter()
            .find(|(from, _)| *from == was.name)
            .map_or(was.name.as_str(), |(_, to)| to);
        let still = new.collections.values().find(|is| is.schema_id() == was.schema_id());
        if let Some(is) = still {
            let table = Table::of(changes, was, is, name);
            if table.changed() {
                table.change(out)?;
            }
        }
    }
    Ok(())
}

/// Renames in an order in which no name is taken twice: where a new name is also an old one,
/// everything first moves to names of its own.
pub(super) fn without_collisions(renames: &[(&str, &str)]) -> Vec<(String, String)> {
    let collide =
        renames.iter().any(|(_, to)| renames.iter().any(|(from, _)| from.eq_ignore_ascii_case(to)));
    if !collide {
        return renames.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
    }
    let between = |at: usize| format!("_rebuild_name_{at}");
    let away = renames.iter().enumerate().map(|(at, (from, _))| ((*from).to_owned(), between(at)));
    let home = renames.iter().enumerate().map(|(at, (_, to))| (between(at), (*to).to_owned()));
    away.chain(home).collect()
}

/// Everything that happens to one table.
struct Table<'a> {
    was: &'a Arc<Collection>,
    is: &'a Arc<Collection>,
    dropped: Vec<&'a Field>,
    renamed: Vec<(&'a str, &'a str)>,
    added: Vec<&'a Field>,
    altered: Vec<(&'a Field, &'a Field)>,
    indexes: Vec<&'a catalog::Index>,
    lost_keys: Vec<&'a ForeignKey>,
    new_keys: Vec<&'a ForeignKey>,
}

impl<'a> Table<'a> {
    fn of(
        changes: &'a [Change],
        was: &'a Arc<Collection>,
        is: &'a Arc<Collection>,
        name: &str,
    ) -> Self {
        let mut table = Self {
            was,
            is,
            dropped: Vec::new(),
            renamed: Vec::new(),
            added: Vec::new(),
            altered: Vec::new(),
            indexes: Vec::new(),
            lost_keys: Vec::new(),
            new_keys: Vec::new(),
        };
        for change in changes {
            match change {
                Change::DropRelation { collection, key } if *collection == was.name => {
                    table.lost_keys.push(key)
                }
                Change::DropField { collection, field } if collection == name => {
                    table.dropped.push(field)
                }
                Change::RenameField { collection, from, to } if collection == name => {
                    table.renamed.push((from, to));
                }
                Change::AddField { collection, field } if collection == name => {
                    table.added.push(field)
                }
                Change::AlterField { collection, from, to } if collection == name => {
                    table.altered.push((from, to))
                }
                Change::AddIndex { collection, index } if collection == name => {
                    table.indexes.push(index)
                }
                Change::AddRelation { collection, key } if collection == name => {
                    table.new_keys.push(key)
                }
                _ => {}
            }
        }
        table
    }

    fn changed(&self) -> bool {
        !(self.dropped.is_empty()
            && self.renamed.is_empty()
            && self.added.is_empty()
            && self.altered.is_empty()
            && self.indexes.is_empty()
            && self.lost_keys.is_empty()
            && self.new_keys.is_empty())
    }

    /// Whether the column's own text changes: then only a new table can hold it.
    fn altered_in_place(&self, from: &Field, to: &Field) -> bool {
        let mut before = from.clone();
        before.name.clone_from(&to.name);
        definition(self.is, &before, LITE).ok() == definition(self.is, to, LITE).ok()
            && Family::of(&from.kind) == Family::of(&to.kind)
            // Its index of places becomes one of another form.
            && (is_geometry(from) == is_geometry(to) || self.was.spatial_index(&from.name).is_none())
            && (from.kind == to.kind || conversion(&from.kind, &to.kind, "x", LITE).value == "x")
            && (from.default == Some(DefaultValue::AutoIncrement))
                == (to.default == Some(DefaultValue::AutoIncrement))
    }

    /// Whether `ADD COLUMN` can make this field, its foreign key included.
    fn added_in_place(&self, field: &Field) -> bool {
        let constant = literal_default(field, LITE);
        let pointing = self.new_keys.iter().any(|key| key.column == field.name);
        let virtual_field = field.computed.is_some();
        virtual_field
            || (!field.primary_key
                && (field.nullable || constant.is_some())
                && fill(field, LITE).is_none()
                && default(&self.is.name, field, LITE) == constant
                && !(pointing && constant.is_some()))
    }

    fn needs_rebuild(&self) -> bool {
        !self.lost_keys.is_empty()
            || self.altered.iter().any(|(from, to)| !self.altered_in_place(from, to))
            || self.added.iter().any(|field| !self.added_in_place(field))
            || self
                .new_keys
                .iter()
                .any(|key| !self.added.iter().any(|field| field.name == key.column))
            || self.dropped.iter().any(|field| field.primary_key)
    }

    fn change(&self, out: &mut Definition) -> Result<()> {
        let rebuild = self.needs_rebuild();
        for field in &self.dropped {
            if field.unique {
                out.push(format!("DROP INDEX IF EXISTS {}", quoted(&unique_name(self.was, field))));
            }
            out.push(format!("DROP INDEX IF EXISTS {}", quoted(&pointer_name(self.was, field))));
        }
        self.drop_and_rename(rebuild, out);
        if rebuild {
            self.rebuild(out)?;
            self.look_at_doubles(out)?;
            return Ok(());
        }
        let table = quoted(&self.is.name);
        for field in &self.added {
            let key = self.new_keys.iter().find(|key| key.column == field.name);
            let pointing = key.map_or(String::new(), |key| format!(" {}", reference(key)));
            out.push(format!(
                "ALTER TABLE {table} ADD COLUMN {}{pointing}",
                definition(self.is, field, LITE)?
            ));
            if field.unique {
                out.push(index::of_unique(self.is, field, LITE));
            }
            let loose = loose_pointers(self.is).iter().any(|pointer| pointer.name == field.name);
            if (key.is_some() || loose) && needs_pointer_index(field) {
                out.push(index::of_pointer(self.is, field));
            }
        }
        for (from, to) in &self.altered {
            if from.unique && !to.unique {
                out.push(format!("DROP INDEX IF EXISTS {}", quoted(&unique_name(self.is, to))));
            } else if !from.unique && to.unique {
                out.push(index::of_unique(self.is, to, LITE));
            }
        }
        for index in &self.indexes {
            out.extend(index::declared(self.is, index, LITE));
        }
        self.look_at_doubles(out)
    }

    /// Computed doubles that are new are computed of every row, as Postgres does when it makes their
    /// column: one that is no number is refused.
    fn look_at_doubles(&self, out: &mut Definition) -> Result<()> {
        let changed = self.altered.iter().filter(|(from, to)| from.computed != to.computed);
        let fields = self.added.iter().copied().chain(changed.map(|(_, to)| *to));
        for field in fields.filter(|field| field.kind == FieldKind::Double) {
            let Some(expression) = &field.computed else { continue };
            let read = Expression::of_standing_virtual(expression, self.is, &field.kind)?;
            if read.leaves_doubles() {
                out.push(format!(
                    "SELECT 1 FROM {} WHERE typeof(bx_finite({}, {})) = 'blob'",
                    quoted(&self.is.name),
                    quoted(&field.name),
                    literal(&field.id)
                ));
            }
        }
        Ok(())
    }

    /// Renames are always `ALTER`s, because those carry the foreign keys of other tables along.
    fn drop_and_rename(&self, rebuild: bool, out: &mut Definition) {
        let table = quoted(&self.is.name);
        let mut away: Vec<(String, String)> = Vec::new();
        for (at, field) in self.dropped.iter().enumerate() {
            if !rebuild {
                out.push(format!("ALTER TABLE {table} DROP COLUMN {}", quoted(&field.name)));
            } else if self.renamed.iter().any(|(_, to)| to.eq_ignore_ascii_case(&field.name)) {
                // The column goes with the old table; until then its name must be free.
                away.push((field.name.clone(), format!("_rebuild_gone_{at}")));
            }
            self.forget_number(&field.name, out);
        }
        for (from, to) in away.into_iter().chain(without_collisions(&self.renamed)) {
            out.push(format!(
                "ALTER TABLE {table} RENAME COLUMN {} TO {}",
                quoted(&from),
                quoted(&to)
            ));
            out.push(format!(
                "UPDATE \"_sequence\" SET \"field\" = {} WHERE \"collection\" = {} AND \"field\" = {}",
                literal(&to),
                literal(&self.is.name),
                literal(&from)
            ));
        }
    }

    fn forget_number(&self, field: &str, out: &mut Definition) {
        out.push(format!(
            "DELETE FROM \"_sequence\" WHERE \"collection\" = {} AND \"field\" = {}",
            literal(&self.is.name),
            literal(field)
        ));
    }

    fn rebuild(&self, out: &mut Definition) -> Result<()> {
        let (table, beside) = (quoted(&self.is.name), format!("_rebuild_{}", self.is.name));
        out.rebuilds = true;
        if self.was.name == self.is.name {
            out.rebuilt.push(self.is.name.clone());
        }
        out.push(create_table(self.is, &beside)?);
        let stored: Vec<&Field> =
            self.is.fields.values().filter(|field| field.computed.is_none()).collect();
        let names: Vec<String> = stored.iter().map(|field| quoted(&field.name)).collect();
        let values: Vec<String> = stored.iter().map(|field| self.moved(field)).collect();
        out.push(format!(
            "INSERT INTO {} ({}) SELECT {} FROM {table} ORDER BY _rowid_",
            quoted(&beside),
            names.join(", "),
            values.join(", ")
        ));
        let numbered =
            |collection: &Collection| collection.key().default == Some(DefaultValue::AutoIncrement);
        if numbered(self.was) && numbered(self.is) {
            // The last number given stays given, even when its record is gone.
            let (new, old) = (literal(&beside), literal(&self.is.name));
            out.push(format!("DELETE FROM sqlite_sequence WHERE name = {new}"));
            out.push(format!(
                "INSERT INTO sqlite_sequence (name, seq) SELECT {new}, seq FROM sqlite_sequence WHERE name = {old}"
            ));
        }
        out.push(format!("DROP TABLE {table}"));
        out.extend(index::left_behind(self.was));
        out.push(format!("ALTER TABLE {} RENAME TO {table}", quoted(&beside)));
        for text in index::all(self.is, LITE) {
            out.push(text);
        }
        for field in stored.iter().filter(|field| !field.primary_key) {
            let was = self.was.field_by_id(&field.id);
            let counted = field.default == Some(DefaultValue::AutoIncrement);
            let counted_before =
                was.is_some_and(|was| was.default == Some(DefaultValue::AutoIncrement));
            if counted && !counted_before {
                out.push(format!(
                    "INSERT OR REPLACE INTO \"_sequence\" (\"collection\", \"field\", \"value\") SELECT {}, {}, coalesce(max({}), 0) FROM {table}",
                    literal(&self.is.name),
                    literal(&field.name),
                    quoted(&field.name)
                ));
            } else if counted_before && !counted {
                self.forget_number(&field.name, out);
            }
        }
        Ok(())
    }

    /// The value that a row's field has in the rebuilt table.
    fn moved(&self, field: &Field) -> String {
        let name = quoted(&field.name);
        let Some(was) = self.was.field_by_id(&field.id) else {
            return literal_default(field, LITE)
                .or_else(|| fill(field, LITE))
                .unwrap_or_else(|| String::from("NULL"));
        };
        let mut value = name.clone();
        if was.kind != field.kind {
            let by = conversion(&was.kind, &field.kind, &name, LITE);
            // A strict table refuses a value of the wrong kind: that is how a row that does not
            // fit stops the change.
            let refused = if Family::of(&field.kind) == Family::Binary { "0" } else { "X'00'" };
            value = format!(
                "CASE WHEN {name} IS NULL THEN NULL WHEN {} THEN {} ELSE {refused} END",
                by.fits, by.value
            );
        }
        if was.nullable && !field.nullable {
            let counted = (field.default == Some(DefaultValue::AutoIncrement)).then(|| {
                format!(
                    "(SELECT coalesce(max({name}), 0) FROM {}) + row_number() OVER (ORDER BY _rowid_)",
                    quoted(&self.is.name)
                )
            });
            if let Some(filler) = literal_default(field, LITE).or(counted) {
                value = format!("ifnull({value}, {filler})");
            }
        }
        value
    }
}

fn is_geometry(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Geo(_))
}

fn create_table(collection: &Collection, name: &str) -> Result<String> {
    let mut parts: Vec<String> = collection
        .fields
        .values()
        .map(|field| definition(collection, field, LITE))
        .collect::<Result<_>>()?;
    parts.extend(
        collection
            .foreign_keys()
            .iter()
            .map(|key| format!("FOREIGN KEY ({}) {}", quoted(&key.column), reference(key))),
    );
    Ok(format!("CREATE TABLE {} ({}) STRICT", quoted(name), parts.join(", ")))
}
