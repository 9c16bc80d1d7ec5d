//! The history of a record, read by who may read the record, and values taken back from it.
//!
//! Nothing is seen here that the reader could not have read: fields are those of its view, and a
//! past state shows only if everything that decides about the right to read was then as it is now
//! (`access::governing`). Who may read no row sees the history of none.

use crate::read::{not_found, parse_rows};
use crate::write::Written;
use crate::{Engine, Numbers, State};
use access::Actor;
use base::{Code, Detail, Error, Result};
use catalog::{Collection, FieldKind, HISTORY};
use query::{CountMode, Direction, Filter, Operation, Read, SortAsked, Write};
use serde_json::{Map, Value as Json};
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
    /// Where the next page begins; none at the end.
    pub cursor: Option<i64>,
    /// For how many days revisions are kept; 0 where no new ones are.
    pub keep_days: u32,
}

/// Which part of a history is asked for.
#[derive(Clone, Copy, Debug)]
pub struct HistoryPage {
    /// Most revisions to answer.
    pub limit: u32,
    /// Behind the place that the page before answered.
    pub after: Option<i64>,
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
    /// Which fields; none means all that it changed and that can be written.
    pub fields: Option<Vec<String>>,
    /// From which side.
    pub side: RevisionSide,
    /// Values that the caller saw, to be found again in the transaction.
    pub expect: Map<String, Json>,
    /// Unknown names are an error.
    pub strict: bool,
}

/// What a reader may see of the past of one record.
struct Sight {
    collection: Arc<Collection>,
    /// The key as the history spells it.
    id: String,
    /// Columns that must stand as they do now, with what they hold; `None` sees nothing.
    held: Option<Map<String, Json>>,
    unbound: bool,
    numbers: Numbers,
}

/// A row of the history.
struct Row {
    id: String,
    seq: i64,
    action: String,
    at: String,
    user: Option<String>,
    origin: Option<String>,
    ip: Option<String>,
    before: Option<Map<String, Json>>,
    after: Option<Map<String, Json>>,
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
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        // One more tells whether there are more, and what stood before a record that came back.
        let mut rows = self.history_rows(&sight, page.after, page.limit.saturating_add(1)).await?;
        if rows.is_empty() && page.after.is_none() && sight.held.is_none() && sight.unbound {
            // Neither a record nor a trace of one.
            return Err(not_found("read"));
        }
        let older = rows.split_off(limit.min(rows.len()));
        let cursor = rows.last().filter(|_| !older.is_empty()).map(|row| row.seq);
        let mut revisions = Vec::with_capacity(rows.len());
        for (at, row) in rows.iter().enumerate() {
            let beneath = rows.get(at + 1).or(older.first());
            if let Some(revision) = sight.revision(row, beneath) {
                revisions.push((revision, row.user.clone()));
            }
        }
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
        let fields = match asked.fields {
            Some(fields) => fields,
            None => {
                let changed = revision.changed.into_iter();
                changed.filter(|name| can_come_back(&sight.collection, name)).collect()
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
        self.write(Write { operations: vec![operation], strict }, actor, source).await
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
            Err(fault) if fault.code() == Code::ItemNotFound && actor.unbound() => None,
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
        let unbound = actor.unbound();
        let mut seen = Arc::clone(seen);
        if let Some(row) = found.filter(|_| !unbound) {
            // A role's view holds what it sees of a collection by any way, through the relations
            // of others too; of this record's past it sees what this record shows it.
            Arc::make_mut(&mut seen).fields.retain(|name, _| row.contains_key(name));
        }
        Ok(Sight { collection: seen, id, held, unbound, numbers })
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
        let rows = match uuid_like(id) {
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
        Ok(rows.into_iter().map(row).collect())
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

impl Sight {
    /// A row as the reader may see it; none where there is nothing it may know of.
    fn revision(&self, row: &Row, beneath: Option<&Row>) -> Option<Revision> {
        let before = row.before.as_ref().and_then(|state| self.seen(state));
        let after = row.after.as_ref().and_then(|state| self.seen(state));
        let kind = match row.action.as_str() {
            "create" if beneath.is_some_and(|row| row.action == "delete") => RevisionKind::Restore,
            "create" => RevisionKind::Create,
            "update" => RevisionKind::Update,
            _ => RevisionKind::Delete,
        };
        let changed: Vec<String> = match (&before, &after) {
            (Some(before), Some(after)) => {
                let names = after.keys().filter(|name| before.get(*name) != after.get(*name));
                names.cloned().collect()
            }
            (Some(side), None) | (None, Some(side)) => side
                .iter()
                .filter(|(_, value)| !value.is_null() && kind != RevisionKind::Restore)
                .map(|(name, _)| name.clone())
                .collect(),
            (None, None) => Vec::new(),
        };
        // Whoever sees nothing of a change must not learn that there was one.
        let nothing = before.is_none() && after.is_none()
            || kind == RevisionKind::Update && changed.is_empty();
        if nothing && !self.unbound {
            return None;
        }
        Some(Revision {
            id: row.id.clone(),
            kind,
            at: row.at.clone(),
            actor: None,
            origin: row.origin.clone(),
            ip: row.ip.clone().filter(|_| self.unbound),
            changed,
            before,
            after,
        })
    }

    /// What the reader may see of a past state.
    fn seen(&self, state: &Map<String, Json>) -> Option<Map<String, Json>> {
        let as_now = match &self.held {
            Some(held) => held.iter().all(|(name, value)| state.get(name) == Some(value)),
            None => self.unbound,
        };
        if !as_now {
            return None;
        }
        let fields = self.collection.fields.values().filter(|field| !field.hidden);
        let seen = fields.filter_map(|field| {
            let value = state.get(&field.name)?;
            Some((field.name.clone(), self.spelt(&field.kind, value)))
        });
        Some(seen.collect())
    }

    fn spelt(&self, kind: &FieldKind, value: &Json) -> Json {
        match (self.numbers, kind, value) {
            (
                Numbers::Strings,
                FieldKind::BigInt | FieldKind::Decimal { .. },
                Json::Number(number),
            ) => Json::String(number.to_string()),
            _ => value.clone(),
        }
    }
}

fn row(mut row: Map<String, Json>) -> Row {
    let mut changes = match row.shift_remove("changes") {
        Some(Json::Object(changes)) => changes,
        _ => Map::new(),
    };
    let mut side = |name: &str| match changes.shift_remove(name) {
        Some(Json::Object(side)) => Some(side),
        _ => None,
    };
    let text = |name: &str| row.get(name).and_then(Json::as_str).map(str::to_owned);
    Row {
        before: side("before"),
        after: side("after"),
        id: text("id").unwrap_or_default(),
        seq: row.get("seq").and_then(Json::as_i64).unwrap_or_default(),
        action: text("action").unwrap_or_default(),
        at: text("createdAt").unwrap_or_default(),
        user: text("userId"),
        origin: text("origin"),
        ip: text("ipaddress"),
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

/// Whether a field is taken back with all that a revision changed: what the server keeps by itself
/// is not.
fn can_come_back(collection: &Collection, name: &str) -> bool {
    collection.fields.get(name).is_some_and(|field| {
        !field.primary_key && !field.generated && !matches!(field.kind, FieldKind::Virtual { .. })
    })
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
fn uuid_like(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}
