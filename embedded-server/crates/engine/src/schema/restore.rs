//! What was kept, put back: the statements, and the numbers of what comes back and what cannot.

use super::keep::{Kept, What, copy, plain, same_key, sql_text};
use super::undo::comes_back_whole;
use super::values::{fills_itself, number, quoted};
use base::{Code, Error, Result, Value};
use catalog::{Catalog, Collection, DefaultValue, Field};
use sql::{Dialect, Statement};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use store::Store;

/// Keys read by one statement.
const KEYS: usize = 10_000;

/// What comes back of one collection or field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// The collection, as it will be named.
    pub collection: String,
    /// The field; none for whole records.
    pub field: Option<String>,
    /// Records or values that come back.
    pub back: u64,
    /// Values whose record was removed since, and records that led to one which was.
    pub gone: u64,
    /// Values that were changed since and stay as they are.
    pub changed: u64,
    /// References that come back empty, because the record they led to was removed since.
    pub emptied: u64,
    /// Records made since that have no value, so that the field stays optional.
    pub missing: u64,
}

/// The statements that put back what was kept.
#[derive(Default)]
pub(crate) struct Back {
    /// Before the tables change.
    pub(crate) before: Vec<Statement>,
    /// When the tables are there, before foreign keys are.
    pub(crate) rows: Vec<Statement>,
    /// When everything but `relaxed` is as it will be.
    pub(crate) values: Vec<Statement>,
    /// At the end.
    pub(crate) last: Vec<Statement>,
    /// Fields that become required only when their values are back.
    pub(crate) relaxed: Vec<(String, String)>,
    /// Fields that cannot be required again, because records were made since.
    pub(crate) left_open: Vec<(String, String)>,
    /// The tables whose records decide what comes back, by their names of before.
    pub(crate) tables: BTreeSet<String>,
    /// The ids of the documents of ours that come back as they were.
    pub(crate) texts: HashSet<String>,
}

struct On<'a> {
    store: &'a Store,
    old: &'a Catalog,
    next: &'a Catalog,
    kept: &'a [Kept],
}

/// How to put back what a change took away, and what becomes of each part of it.
pub(crate) async fn restore(
    store: &Store,
    old: &Catalog,
    next: &Catalog,
    kept: &[Kept],
    version: u64,
) -> Result<(Back, Vec<Restored>)> {
    let mut back = Back::default();
    let mut restored = Vec::new();
    let on = On { store, old, next, kept };
    for (at, part) in kept.iter().enumerate() {
        let Some(is) = by_id(next, &part.collection) else { continue };
        back.tables.extend(by_id(old, &part.collection).map(|was| was.name.clone()));
        back.tables.extend(on.leads(is).into_iter().map(|lead| lead.now.0));
        let told = match &part.what {
            What::Rows(columns) => on.rows(part, is, columns, &mut back).await?,
            What::Followers(columns) => on.followers(part, is, columns, &mut back).await?,
            What::Values(field) => on.values(part, is, field, &mut back).await?,
            What::Changed(field) | What::Texts(field) => {
                let aside = format!("_kept_{version}_{at}_back");
                on.changed(part, is, field, &aside, &mut back).await?
            }
        };
        restored.extend(told.filter(|told| *told != empty(told)));
    }
    Ok((back, restored))
}

/// The same place with nothing told of it.
fn empty(told: &Restored) -> Restored {
    let (collection, field) = (told.collection.clone(), told.field.clone());
    Restored { collection, field, ..Restored::default() }
}

fn by_id<'a>(catalog: &'a Catalog, id: &str) -> Option<&'a Arc<Collection>> {
    catalog.collections.values().find(|collection| collection.schema_id() == id)
}

/// A reference of kept rows into a collection that lives: by its name now and afterwards.
struct Lead {
    column: String,
    now: (String, String),
    then: (String, String),
}

impl Lead {
    fn reaches(&self, value: &str, (table, column): &(String, String)) -> String {
        let (table, column) = (quoted(table), quoted(column));
        format!("EXISTS (SELECT 1 FROM {table} far WHERE far.{column} = {value})")
    }

    /// Whether the value leads to a record of today.
    fn now(&self, value: &str) -> String {
        self.reaches(value, &self.now)
    }

    /// The same when the tables have changed.
    fn then(&self, value: &str) -> String {
        self.reaches(value, &self.then)
    }
}

impl On<'_> {
    async fn count(&self, text: String) -> Result<u64> {
        let rows = self.store.rows(&plain(text)).await?;
        let found = rows.first().and_then(|row| row.first()).and_then(Value::as_int);
        Ok(found.and_then(|found| u64::try_from(found).ok()).unwrap_or(0))
    }

    /// The references of a collection whose far ends may have lost records since.
    fn leads(&self, is: &Collection) -> Vec<Lead> {
        let keys = is.foreign_keys().into_iter().filter_map(|key| {
            let far = self.next.get(&key.target)?;
            // What comes back whole has every record that was led to.
            if comes_back_whole(self.kept, far.schema_id()) {
                return None;
            }
            let now = by_id(self.old, far.schema_id())?;
            let id = &far.fields.get(&key.target_column)?.id;
            Some(Lead {
                column: key.column,
                now: (now.name.clone(), now.field_by_id(id)?.name.clone()),
                then: (far.name.clone(), key.target_column),
            })
        });
        keys.collect()
    }

    async fn rows(
        &self,
        part: &Kept,
        is: &Collection,
        columns: &[String],
        back: &mut Back,
    ) -> Result<Option<Restored>> {
        let kept = quoted(&part.table);
        let mut told = Restored { collection: is.name.clone(), ..Restored::default() };
        told.back = self.count(format!("SELECT count(*) FROM {kept}")).await?;
        let leads = self.leads(is);
        let mut values = Vec::with_capacity(columns.len());
        for column in columns {
            let value = format!("k.{}", quoted(column));
            let Some(lead) = leads.iter().find(|lead| lead.column == *column) else {
                values.push(value);
                continue;
            };
            let lost = format!("{value} IS NOT NULL AND NOT {}", lead.now(&value));
            let lost = self.count(format!("SELECT count(*) FROM {kept} k WHERE {lost}")).await?;
            if lost > 0 && is.fields.get(column).is_some_and(|field| !field.nullable) {
                return Err(Error::new(
                    Code::ForeignKeyViolation,
                    format!(
                        "{} records of `{}` lead to records of `{}` that were removed since",
                        number(lost),
                        is.name,
                        lead.then.0
                    ),
                )
                .at(format!("{}.{column}", is.name))
                .hint("restore those records first"));
            }
            told.emptied += lost;
            values.push(format!("CASE WHEN {} THEN {value} END", lead.then(&value)));
        }
        let names = columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let (table, values) = (quoted(&is.name), values.join(", "));
        back.rows
            .push(plain(format!("INSERT INTO {table} ({names}) SELECT {values} FROM {kept} k")));
        for field in is.fields.values() {
            back.rows.extend(self.counted_on(is, field));
        }
        Ok(Some(told))
    }

    /// Where numbers are given, the next one follows those that are back.
    fn counted_on(&self, is: &Collection, field: &Field) -> Option<Statement> {
        if field.default != Some(DefaultValue::AutoIncrement) {
            return None;
        }
        let (table, column) = (quoted(&is.name), quoted(&field.name));
        match self.store.dialect() {
            // SQLite itself counts its keys on.
            Dialect::Sqlite if field.primary_key => None,
            Dialect::Sqlite => Some(plain(format!(
                "INSERT OR REPLACE INTO \"_sequence\" (\"collection\", \"field\", \"value\") SELECT {}, {}, coalesce(max({column}), 0) FROM {table}",
                sql_text(&is.name),
                sql_text(&field.name)
            ))),
            Dialect::Postgres => Some(plain(format!(
                "SELECT setval({}, coalesce((SELECT max({column}) FROM {table}), 0) + 1, false)",
                sql_text(&quoted(&sql::sequence_name(&is.name, &field.name)))
            ))),
        }
    }

    async fn followers(
        &self,
        part: &Kept,
        is: &Collection,
        columns: &[String],
        back: &mut Back,
    ) -> Result<Option<Restored>> {
        let kept = quoted(&part.table);
        let mut told = Restored { collection: is.name.clone(), ..Restored::default() };
        let columns: Vec<&String> =
            columns.iter().filter(|name| is.fields.contains_key(*name)).collect();
        let leads: Vec<Lead> =
            self.leads(is).into_iter().filter(|lead| columns.contains(&&lead.column)).collect();
        let reached = |then: bool| {
            let all = leads.iter().map(|lead| {
                let value = format!("k.{}", quoted(&lead.column));
                let there = if then { lead.then(&value) } else { lead.now(&value) };
                format!("({value} IS NULL OR {there})")
            });
            all.chain([String::from("TRUE")]).collect::<Vec<_>>().join(" AND ")
        };
        let all = self.count(format!("SELECT count(*) FROM {kept}")).await?;
        let now = reached(false);
        told.back = self.count(format!("SELECT count(*) FROM {kept} k WHERE {now}")).await?;
        told.gone = all - told.back;
        let (table, key) = (quoted(&is.name), quoted(&is.key().name));
        let names: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
        let values: Vec<String> = names.iter().map(|name| format!("k.{name}")).collect();
        back.last.push(plain(format!(
            "INSERT INTO {table} ({}) SELECT {} FROM {kept} k WHERE NOT EXISTS (SELECT 1 FROM {table} near WHERE near.{key} = k.{key}) AND {}",
            names.join(", "),
            values.join(", "),
            reached(true)
        )));
        Ok(Some(told))
    }

    async fn values(
        &self,
        part: &Kept,
        is: &Collection,
        id: &str,
        back: &mut Back,
    ) -> Result<Option<Restored>> {
        let (Some(was), Some(field)) = (by_id(self.old, &part.collection), is.field_by_id(id))
        else {
            return Ok(None);
        };
        let mut told = Restored {
            collection: is.name.clone(),
            field: Some(field.name.clone()),
            ..Restored::default()
        };
        let (kept, table) = (quoted(&part.table), quoted(&was.name));
        let here = self.meets(was, is, "k");
        let lead = self.leads(is).into_iter().find(|lead| lead.column == field.name);
        let reached = match &lead {
            Some(lead) => lead.now("k.\"value\""),
            None => String::from("TRUE"),
        };
        let valued = "k.\"value\" IS NOT NULL";
        let all = self.count(format!("SELECT count(*) FROM {kept} k WHERE {valued}")).await?;
        let still =
            format!("SELECT count(*) FROM {kept} k JOIN {table} t ON {here} WHERE {valued}");
        let still_there = self.count(still.clone()).await?;
        told.back = self.count(format!("{still} AND {reached}")).await?;
        told.gone = all - still_there;
        told.emptied = still_there - told.back;
        let new = was.field_by_id(id).is_none();
        if new && !field.nullable && !fills_itself(field) {
            let lacking = format!(
                "SELECT count(*) FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM {kept} k WHERE {here} AND {valued} AND {reached})"
            );
            told.missing = self.count(lacking).await?;
            let place = (is.name.clone(), field.name.clone());
            if told.missing > 0 { &mut back.left_open } else { &mut back.relaxed }.push(place);
        }
        back.values.push(self.update(is, field, &part.table, lead.as_ref()));
        back.values.extend(self.counted_on(is, field));
        Ok(Some(told))
    }

    /// The keys of kept documents, as text.
    async fn keys(&self, joined: &str, condition: &str) -> Result<Vec<String>> {
        let key = "CAST(k.\"key\" AS text)";
        let mut found: Vec<String> = Vec::new();
        loop {
            let after = found.last().map_or("", String::as_str);
            let text = format!(
                "SELECT {key} {joined} WHERE {condition} AND {key} > {} ORDER BY 1 LIMIT {KEYS}",
                sql_text(after)
            );
            let rows = self.store.rows(&plain(text)).await?;
            let keys = rows.iter().filter_map(|row| row.first()?.as_text());
            found.extend(keys.map(str::to_owned));
            if rows.len() < KEYS {
                return Ok(found);
            }
        }
    }

    /// Which record of today a kept value belongs to.
    fn meets(&self, was: &Collection, is: &Collection, kept: &str) -> String {
        let key = format!("t.{}", quoted(&was.key().name));
        same_key(&key, &format!("{kept}.\"key\""), was.key().kind != is.key().kind)
    }

    fn update(&self, is: &Collection, field: &Field, from: &str, lead: Option<&Lead>) -> Statement {
        let (table, column) = (quoted(&is.name), quoted(&field.name));
        let reached = lead.map_or(String::new(), |lead| {
            format!(" AND (k.\"value\" IS NULL OR {})", lead.then("k.\"value\""))
        });
        plain(format!(
            "UPDATE {table} SET {column} = k.\"value\" FROM {} k WHERE k.\"key\" = {table}.{}{reached}",
            quoted(from),
            quoted(&is.key().name)
        ))
    }

    async fn changed(
        &self,
        part: &Kept,
        is: &Collection,
        id: &str,
        aside: &str,
        back: &mut Back,
    ) -> Result<Option<Restored>> {
        let (Some(was), Some(field)) = (by_id(self.old, &part.collection), is.field_by_id(id))
        else {
            return Ok(None);
        };
        let Some(now) = was.field_by_id(id) else { return Ok(None) };
        let mut told = Restored {
            collection: is.name.clone(),
            field: Some(field.name.clone()),
            ..Restored::default()
        };
        let (kept, table) = (quoted(&part.table), quoted(&was.name));
        let joined = format!("FROM {kept} k JOIN {table} t ON {}", self.meets(was, is, "k"));
        let same = format!("t.{} IS NOT DISTINCT FROM k.\"became\"", quoted(&now.name));
        let all = self.count(format!("SELECT count(*) FROM {kept}")).await?;
        let there = self.count(format!("SELECT count(*) {joined}")).await?;
        told.back = self.count(format!("SELECT count(*) {joined} WHERE {same}")).await?;
        told.gone = all - there;
        told.changed = there - told.back;
        let query = format!("SELECT k.\"key\", k.\"value\" {joined} WHERE {same}");
        back.before.extend(copy(self.store.dialect(), aside, &["key", "value"], &query));
        let lead = self.leads(is).into_iter().find(|lead| lead.column == field.name);
        let update = self.update(is, field, aside, lead.as_ref());
        match part.what {
            What::Texts(_) => {
                back.texts.extend(self.keys(&joined, &same).await?);
                back.last.push(update);
            }
            _ => back.values.push(update),
        }
        back.last.push(plain(format!("DROP TABLE {}", quoted(aside))));
        Ok(Some(told))
    }
}
