//! The history of a record, read by who may read the record, and values taken back from it.
//!
//! Nothing is seen here that the reader could not have read: fields are those of its view, and a
//! past state shows only if everything that decides about the right to read was then as it is now
//! (`access::governing`). Who may read no row sees the history of none.

mod sight;

use crate::read::{not_found, parse_rows};
use crate::schema::former::former;
use crate::write::Written;
use crate::{Engine, Numbers, State};
use access::Actor;
use base::{Code, Detail, Error, Result};
use catalog::{Collection, HISTORY};
use query::{CountMode, Direction, Filter, Operation, Read, SortAsked, Write};
use serde_json::{Map, Value as Json};
use sight::{Row, Sight, row};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevisionKind {
    /// It was made.
    Create,
    /// It was changed.
    Update,
    /// It went to the trash, or for good.
    Delete,
    /// It came back from the trash.
    Restore,
}

/// A person as the reader may know it.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Key in `baasix_User`.
    pub id: String,
    /// First and last name, as far as there are any.
    pub name: Option<String>,
    /// Address.
    pub email: Option<String>,
}

/// One change of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Its key in `baasix_AuditLog`.
    pub id: String,
    /// What happened.
    pub kind: RevisionKind,
    /// When, ISO 8601.
    pub at: String,
    /// Who; none for the server itself, for nobody signed in, and for people out of sight.
    pub actor: Option<Person>,
    /// What the client called itself (`import:…` for an import).
    pub origin: Option<String>,
    /// Address of the peer, for administrators.
    pub ip: Option<String>,
    /// Fields that differ between the two sides.
    pub changed: Vec<String>,
    /// The record before; none where it was not there, or not in the reader's sight.
    pub before: Option<Map<String, Json>>,
    /// The record after, likewise.
    pub after: Option<Map<String, Json>>,
}

/// A page of a record's history, newest first.
#[derive(Debug)]
pub struct History {
    /// The revisions.
    pub revisions: Vec<Revision>,
    /// Key of the revision behind which the next page begins; none at the end.
    pub cursor: Option<String>,
    /// For how many days revisions are kept; 0 where no new ones are.
    pub keep_days: u32,
}

/// Which part of a history is asked for.
#[derive(Clone, Debug)]
pub struct HistoryPage {
    /// Most revisions to answer.
    pub limit: u32,
    /// Behind the revision that the page before answered as its cursor.
    pub after: Option<String>,
}

/// One side of a revision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RevisionSide {
    /// As the record was before it.
    #[default]
    Before,
    /// As it left the record.
    After,
}

/// What is to be taken back.
#[derive(Clone, Debug)]
pub struct Revert {
    /// The record.
    pub collection: String,
    /// Its key, as sent.
    pub key: Json,
    /// Key of the revision.
    pub revision: String,
    /// Which fields; none means all that it changed, that can be written, and that the caller may
    /// write. What is left out for that is told.
    pub fields: Option<Vec<String>>,
    /// From which side.
    pub side: RevisionSide,
    /// Values that the caller saw, to be found again in the transaction.
    pub expect: Map<String, Json>,
    /// Unknown names are an error.
    pub strict: bool,
}

/// Rows of the history that are read at once, at the least, where some are passed over.
const LOOKED_AT_ONCE: u32 = 50;

/// Rows that one request looks at, at the most. A page ends here though it is not full; that so
/// many are out of sight is all that it tells.
const LOOKED_AT_MOST: usize = 1_000;

/// What a page shows.
struct Leaf {
    /// Each with the key of who made it.
    revisions: Vec<(Revision, Option<String>)>,
    cursor: Option<String>,
}

impl Engine {
    /// The changes of a record, newest first, as far as the actor may see them.
    pub async fn history(
        &self,
        collection: &str,
        key: &Json,
        page: HistoryPage,
        actor: &Actor,
        numbers: Numbers,
    ) -> Result<History> {
        let state = self.state();
        let sight = self.sight(&state, collection, key, actor, numbers).await?;
        let Leaf { revisions, cursor } = self.leaf(&sight, &page).await?;
        let people = self
            .people(&state, revisions.iter().filter_map(|(_, user)| user.as_ref()), actor)
            .await?;
        let revisions = revisions.into_iter().map(|(revision, user)| {
            let actor = user.and_then(|user| people.iter().find(|one| one.id == user).cloned());
            Revision { actor, ..revision }
        });
        let keep_days = match (sight.collection.tracked(), sight.collection.history_days) {
            (false, _) => 0,
            (true, days) => days.unwrap_or(self.limits().history_days),
        };
        Ok(History { revisions: revisions.collect(), cursor, keep_days })
    }

    /// The revisions of a page that the reader may see, with who made them. What is out of sight is
    /// passed over before the page is cut: neither how many there are on it nor where it ends tells
    /// of the others.
    async fn leaf(&self, sight: &Sight, page: &HistoryPage) -> Result<Leaf> {
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let mut leaf = Leaf { revisions: Vec::with_capacity(limit), cursor: None };
        let mut place = match &page.after {
            None => None,
            Some(id) => match self.history_row(sight, id).await? {
                Some(row) => Some(row.seq),
                // Past its days meanwhile, and what is older went before it.
                None => return Ok(leaf),
            },
        };
        // One more tells whether there are more, and what stood before a record that came back.
        let batch = page.limit.saturating_add(1).max(LOOKED_AT_ONCE);
        let (mut looked, mut judged) = (0, None);
        // A row waits here for the one beneath it.
        let mut above: Option<Row> = None;
        loop {
            let rows = self.history_rows(sight, place, batch).await?;
            let end = rows.len() < usize::try_from(batch).unwrap_or(usize::MAX);
            if rows.is_empty() && looked == 0 && page.after.is_none() && sight.is_of_nothing() {
                return Err(not_found("read"));
            }
            looked += rows.len();
            for beneath in rows.into_iter().map(Some).chain(end.then_some(None)) {
                place = beneath.as_ref().map(|row| row.seq).or(place);
                let row = std::mem::replace(&mut above, beneath);
                let Some(row) = row else { continue };
                if let Some(revision) = sight.revision(&row, above.as_ref()) {
                    if leaf.revisions.len() == limit {
                        leaf.cursor = leaf.revisions.last().map(|(last, _)| last.id.clone());
                        return Ok(leaf);
                    }
                    leaf.revisions.push((revision, row.user.clone()));
                }
                judged = Some(row.id);
            }
            if end {
                return Ok(leaf);
            }
            if looked >= LOOKED_AT_MOST {
                leaf.cursor = judged;
                return Ok(leaf);
            }
        }
    }

    /// Writes values of a revision back: an ordinary write of the actor, with all that binds it.
    pub async fn revert(
        &self,
        asked: Revert,
        actor: &Actor,
        source: Option<&str>,
    ) -> Result<Written> {
        let state = self.state();
        let sight =
            self.sight(&state, &asked.collection, &asked.key, actor, Numbers::Tokens).await?;
        let row = self.history_row(&sight, &asked.revision).await?;
        let revision = row.and_then(|row| sight.revision(&row, None)).ok_or_else(|| {
            Error::new(Code::NotFound, "the history of this record has no such revision")
                .at("revision")
                .hint("take an `id` from its history")
        })?;
        let (side, word) = match asked.side {
            RevisionSide::Before => (revision.before, "before"),
            RevisionSide::After => (revision.after, "after"),
        };
        let values = side.ok_or_else(|| {
            Error::new(
                Code::ValidationError,
                format!("the record was not there {word} this revision"),
            )
            .at("to")
            .hint("take the other side of it")
        })?;
        let mut left_out = Vec::new();
        let fields = match asked.fields {
            Some(fields) => {
                for name in &fields {
                    if let Some(why) = never_taken_back(&sight.collection, name) {
                        return Err(Error::new(
                            Code::ValidationError,
                            format!("`{name}` cannot be taken back: {why}"),
                        )
                        .at(format!("fields.{name}"))
                        .hint("leave it out of `fields`"));
                    }
                }
                fields
            }
            None => {
                let full = state.catalog.get(&asked.collection).unwrap_or(&sight.collection);
                let may = |name: &String| {
                    let value = values.get(name).unwrap_or(&Json::Null);
                    access::may_set(full, name, value, &state.catalog, actor)
                };
                let changed = revision.changed.into_iter();
                let (fields, others): (Vec<_>, Vec<_>) = changed
                    .filter(|name| never_taken_back(&sight.collection, name).is_none())
                    .partition(may);
                if fields.is_empty() && !others.is_empty() {
                    return Err(nothing_to_set(&others));
                }
                if fields.is_empty() {
                    return Err(Error::new(
                        Code::ValidationError,
                        "this revision changed nothing that could be taken back",
                    )
                    .at("revision")
                    .hint("take another revision; keys, computed fields, and what the server keeps by itself do not come back"));
                }
                left_out = others;
                fields
            }
        };
        let mut body = Map::new();
        for name in fields {
            let Some(value) = values.get(&name) else {
                return Err(no_such_field(&sight.collection, &name, &values));
            };
            body.insert(name, value.clone());
        }
        let Revert { collection, key, expect, strict, .. } = asked;
        let operation = Operation::Update { collection, key, body, expect };
        let write = Write { operations: vec![operation], strict };
        let mut written = self.write(write, actor, source).await?;
        written.warnings.extend(left_out.iter().map(|name| not_taken_back(name)));
        Ok(written)
    }

    /// What the actor may see of the past of a record, which it must be able to read now.
    async fn sight(
        &self,
        state: &State,
        collection: &str,
        key: &Json,
        actor: &Actor,
        numbers: Numbers,
    ) -> Result<Sight> {
        let read = Read {
            collection: collection.to_owned(),
            key: Some(key.clone()),
            with_deleted: true,
            count: CountMode::None,
            ..Read::default()
        };
        let found = match self.read(&read, actor, Numbers::Tokens).await {
            Ok(found) => parse_rows(&found.json)?.into_iter().next(),
            // A record that is gone for good can be judged by nobody's conditions.
            Err(fault) if fault.code() == Code::ItemNotFound && actor.free() => None,
            Err(fault) => return Err(fault),
        };
        let view = state.view(actor);
        let (Some(seen), Some(full)) = (view.get(collection), state.catalog.get(collection)) else {
            return Err(not_found("read"));
        };
        let spelt = found.as_ref().and_then(|row| row.get(&full.primary_key)).unwrap_or(key);
        let id = spelt.as_str().map_or_else(|| spelt.to_string(), str::to_owned);
        let words = actor.words(self.clock().now_ms());
        let governing = match &found {
            Some(_) => access::governing(full, &state.catalog, actor, &words, self.limits()),
            None => None,
        };
        let held = match governing {
            None => None,
            Some(columns) if columns.is_empty() => Some(Map::new()),
            Some(columns) => Some(self.stands(read, columns).await?),
        };
        let unbound = actor.free();
        let mut seen = Arc::clone(seen);
        if let Some(row) = found.filter(|_| !unbound) {
            // A role's view holds what it sees of a collection by any way, through the relations
            // of others too; of this record's past it sees what this record shows it.
            Arc::make_mut(&mut seen).fields.retain(|name, _| row.contains_key(name));
        }
        let former = former(self.store(), full.schema_id()).await?;
        Ok(Sight { collection: seen, id, held, unbound, numbers, former })
    }

    /// What stands in the columns by which the right to read is decided.
    async fn stands(&self, read: Read, columns: BTreeSet<String>) -> Result<Map<String, Json>> {
        let read = Read { fields: columns.iter().cloned().collect(), ..read };
        let rows = self.find(&read, "compare a record with its past").await?;
        let mut row = rows.into_iter().next().ok_or_else(|| not_found("read"))?;
        // The key comes along unasked.
        row.retain(|name, _| columns.contains(name));
        Ok(row)
    }

    async fn history_rows(
        &self,
        sight: &Sight,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Row>> {
        let behind = after.map(|seq| test("seq", "lt", Json::from(seq)));
        self.find_history(sight, behind, limit).await
    }

    async fn history_row(&self, sight: &Sight, id: &str) -> Result<Option<Row>> {
        // Compared as text: what is no key of a revision finds none.
        let rows = match is_revision_key(id) {
            true => self.find_history(sight, Some(test("id", "eq", Json::from(id))), 1).await?,
            false => Vec::new(),
        };
        Ok(rows.into_iter().next())
    }

    async fn find_history(
        &self,
        sight: &Sight,
        more: Option<Filter>,
        limit: u32,
    ) -> Result<Vec<Row>> {
        let mut tests = vec![
            test("entity", "eq", Json::from(sight.collection.name.as_str())),
            test("entityId", "eq", Json::from(sight.id.as_str())),
            test("type", "eq", Json::from("data")),
        ];
        tests.extend(more);
        let read = Read {
            collection: HISTORY.to_owned(),
            filter: Some(Filter::All(tests)),
            sort: vec![SortAsked {
                path: String::from("seq"),
                direction: Direction::Descending,
                distance: None,
            }],
            limit: Some(i64::from(limit)),
            count: CountMode::None,
            ..Read::default()
        };
        let rows = self.find(&read, "read the history of a record").await?;
        let by_names_of_today = |found| {
            let mut row = row(found);
            for side in [&mut row.before, &mut row.after].into_iter().flatten() {
                sight.former.rename(row.seq, side);
            }
            row
        };
        Ok(rows.into_iter().map(by_names_of_today).collect())
    }

    /// Those of the users that the actor may read, by what it may read of them.
    async fn people(
        &self,
        state: &State,
        users: impl Iterator<Item = &String>,
        actor: &Actor,
    ) -> Result<Vec<Person>> {
        let asked: BTreeSet<&String> = users.collect();
        let view = state.view(actor);
        let Some(seen) = view.get("baasix_User").filter(|_| !asked.is_empty()) else {
            return Ok(Vec::new());
        };
        let known = ["id", "firstName", "lastName", "email"];
        let fields = known.iter().filter(|name| seen.fields.contains_key(**name));
        let read = Read {
            collection: seen.name.clone(),
            fields: fields.map(|name| (*name).to_owned()).collect(),
            filter: Some(test("id", "in", Json::from_iter(asked.into_iter().cloned()))),
            count: CountMode::None,
            with_deleted: true,
            ..Read::default()
        };
        match self.read(&read, actor, Numbers::Tokens).await {
            Ok(found) => Ok(parse_rows(&found.json)?.iter().filter_map(person).collect()),
            // A role may see users through relations alone.
            Err(fault) if fault.code() == Code::Forbidden => Ok(Vec::new()),
            Err(fault) => Err(fault),
        }
    }
}

fn person(row: &Map<String, Json>) -> Option<Person> {
    let text = |name: &str| {
        row.get(name).and_then(Json::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let names: Vec<String> = ["firstName", "lastName"].into_iter().filter_map(text).collect();
    Some(Person {
        id: text("id")?,
        name: (!names.is_empty()).then(|| names.join(" ")),
        email: text("email"),
    })
}

/// Why a field is not taken back at all: no write of a client gives it another value.
fn never_taken_back(collection: &Collection, name: &str) -> Option<&'static str> {
    let field = collection.fields.get(name)?;
    let kept = match name {
        "createdAt" | "updatedAt" => collection.timestamps,
        "deletedAt" | "userDeleted_Id" => collection.paranoid,
        "userCreated_Id" | "userUpdated_Id" => collection.usertrack,
        _ => false,
    };
    if field.primary_key {
        Some("it is the key of the record")
    } else if field.read_only || field.computed.is_some() {
        Some("it is computed from other fields")
    } else if kept {
        Some("the server keeps it by itself")
    } else {
        None
    }
}

/// Why a field was not taken back with the others.
fn not_taken_back(name: &str) -> Detail {
    let message = format!("`{name}` was left as it is: you may not update it");
    Detail::field(Code::FieldForbidden.as_str(), name, message)
}

fn nothing_to_set(names: &[String]) -> Error {
    let message = "you may not update any field that this revision changed";
    let details = names.iter().map(|name| not_taken_back(name)).collect();
    Error::new(Code::FieldForbidden, message)
        .details(details)
        .hint("somebody whose role may update them can take it back")
}

fn no_such_field(collection: &Collection, name: &str, values: &Map<String, Json>) -> Error {
    let message = format!("this revision of `{}` holds no field `{name}`", collection.name);
    let detail = Detail::field(Code::UnknownField.as_str(), name, message.clone());
    let error = Error::new(Code::UnknownField, message).at(format!("fields.{name}")).detail(detail);
    match base::nearest(name, values.keys().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}

fn test(path: &str, operator: &str, operand: Json) -> Filter {
    Filter::Test(query::Test {
        path: path.to_owned(),
        operator: operator.to_owned(),
        operand,
        cast: None,
        literal: true,
        at: format!("history.{path}"),
    })
}

/// Whether a text can be the key of a revision at all.
#[must_use]
pub fn is_revision_key(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}
