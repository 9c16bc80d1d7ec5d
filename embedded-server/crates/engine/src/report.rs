//! Reports: groups that carry, beside their keys and aggregates, what their records point at.
//!
//! Groups are one read, the records that stand for them a second one by their keys: one record of
//! each group, the one with the least key, so that both stores show the same. Both reads pass the
//! guard like any other.

use crate::read::parse_rows;
use crate::{Engine, Numbers, Records};
use access::Actor;
use base::{Code, Error, Result};
use catalog::FieldKind;
use indexmap::IndexMap;
use query::{AggregateAsked, AggregateFunction, CountMode, Filter, Projection, Read, Test};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;

/// Under which alias a group carries the key of the record that stands for it.
const STANDS_FOR: &str = "$record";

impl Engine {
    /// Reads as [`Engine::read`] does; groups whose `fields` name what lies behind a relation
    /// (`category.name`) carry those relations as one record of the group has them.
    pub async fn report(&self, read: &Read, actor: &Actor, numbers: Numbers) -> Result<Records> {
        let embedded: Vec<String> =
            read.fields.iter().filter(|pattern| pattern.contains('.')).cloned().collect();
        let added = embedded.iter().any(|pattern| !pattern.starts_with('-'));
        let state = self.state();
        let key = match state.catalog.get(&read.collection) {
            Some(collection) if added && !read.group_by.is_empty() => &collection.primary_key,
            Some(_) | None => return self.read(read, actor, numbers).await,
        };
        if read.aggregate.contains_key(STANDS_FOR) {
            return Err(Error::new(
                Code::InvalidQuery,
                format!("`{STANDS_FOR}` is a name of the house; call the aggregate otherwise"),
            )
            .at(format!("aggregate.{STANDS_FOR}")));
        }
        let mut groups = read.clone();
        groups.aggregate.insert(
            STANDS_FOR.to_owned(),
            AggregateAsked { function: AggregateFunction::Min, field: key.clone() },
        );
        let mut records = self.read(&groups, actor, numbers).await?;
        let mut rows = parse_rows(&records.json)?;
        let keys: Vec<Json> =
            rows.iter_mut().map(|row| row.shift_remove(STANDS_FOR).unwrap_or_default()).collect();
        let standing = Standing { read, key, fields: [vec![key.clone()], embedded].concat() };
        let found = self.standing(&standing, &keys, actor, numbers).await?;
        for (row, key) in rows.iter_mut().zip(&keys) {
            // A record that went meanwhile has nothing to show.
            for (name, value) in found.get(&plain(key)).into_iter().flatten() {
                row.insert(name.clone(), value.clone());
            }
        }
        records.json = joined(&rows)?;
        Ok(records)
    }

    /// What the field at the end of a path holds, for who may read it there. The path passes the
    /// guard like any other, so that a field out of sight is one that never was; nothing is asked
    /// of the store.
    pub fn kind_at(&self, collection: &str, path: &str, actor: &Actor) -> Result<FieldKind> {
        const AT: &str = "dateRange.field";
        let name = path.strip_prefix('$').and_then(|path| path.strip_suffix('$')).unwrap_or(path);
        // A field of every kind can be counted: no kind is told before the guard was asked.
        let counted = AggregateAsked { function: AggregateFunction::Count, field: name.to_owned() };
        let read = Read {
            collection: collection.to_owned(),
            aggregate: IndexMap::from_iter([(STANDS_FOR.to_owned(), counted)]),
            count: CountMode::None,
            ..Read::default()
        };
        let (_, _, plan) =
            self.prepare(&self.state(), &read, actor, Numbers::Tokens).map_err(|fault| {
                match fault.code() {
                    // A hint would tell a name that is near from one that is there and hidden.
                    Code::UnknownField => Error::new(Code::UnknownField, fault.message()),
                    _ => fault,
                }
                .at(AT)
            })?;
        match &plan.plan().projection {
            Projection::Groups(grouping) => {
                let column = grouping.aggregates.first().and_then(|one| one.column.as_ref());
                column.map(|column| column.kind.clone()).ok_or_else(|| {
                    Error::new(Code::InvalidQuery, format!("`{path}` is no field")).at(AT)
                })
            }
            Projection::Rows(_) => Err(Error::internal("a count is answered as rows")),
        }
    }

    /// What the records of these keys point at, by key.
    async fn standing(
        &self,
        standing: &Standing<'_>,
        keys: &[Json],
        actor: &Actor,
        numbers: Numbers,
    ) -> Result<HashMap<String, Map<String, Json>>> {
        let limits = self.limits();
        let at_once = usize::try_from(limits.page_size_max).unwrap_or(usize::MAX);
        let mut found = HashMap::with_capacity(keys.len());
        let named: Vec<Json> = keys.iter().filter(|key| !key.is_null()).cloned().collect();
        for some in named.chunks(at_once.min(limits.list_values_max).max(1)) {
            let page = self.read(&standing.of(some), actor, numbers).await?;
            for mut row in parse_rows(&page.json)? {
                let Some(key) = row.shift_remove(standing.key) else { continue };
                // A key of another name shows as `id` too; groups are not addressed by it.
                if standing.key != "id" && row.get("id") == Some(&key) {
                    row.shift_remove("id");
                }
                found.insert(plain(&key), row);
            }
        }
        Ok(found)
    }
}

/// The read of the records that stand for groups.
struct Standing<'a> {
    read: &'a Read,
    key: &'a str,
    fields: Vec<String>,
}

impl Standing<'_> {
    fn of(&self, keys: &[Json]) -> Read {
        let among = Test {
            path: self.key.to_owned(),
            operator: String::from("in"),
            operand: json!(keys),
            cast: None,
            // A key may be any text, `$NOW` too.
            literal: true,
            at: String::from("groupBy"),
        };
        Read {
            collection: self.read.collection.clone(),
            fields: self.fields.clone(),
            filter: Some(Filter::Test(among)),
            rel_conditions: self.read.rel_conditions.clone(),
            with_deleted: self.read.with_deleted,
            count: CountMode::None,
            ..Read::default()
        }
    }
}

/// A key as text: the least of whole numbers is answered as text, the key itself as a number.
fn plain(key: &Json) -> String {
    key.as_str().map_or_else(|| key.to_string(), str::to_owned)
}

/// Rows as pages carry them: joined by commas, without brackets.
fn joined(rows: &[Map<String, Json>]) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    for row in rows {
        if !text.is_empty() {
            text.push(b',');
        }
        serde_json::to_writer(&mut text, row)
            .map_err(|fault| Error::internal("write a row of a report").caused_by(fault))?;
    }
    Ok(text)
}
