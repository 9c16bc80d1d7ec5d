//! What of a past state is in sight.

use super::{Revision, RevisionKind};
use crate::Numbers;
use crate::schema::former::Former;
use catalog::{Collection, Element, FieldKind, RangeKind};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// What a reader may see of the past of one record.
pub(super) struct Sight {
    pub(super) collection: Arc<Collection>,
    /// The key as the history spells it.
    pub(super) id: String,
    /// Columns that must stand as they do now, with what they hold; `None` sees nothing.
    pub(super) held: Option<Map<String, Json>>,
    pub(super) unbound: bool,
    pub(super) numbers: Numbers,
    /// The names under which older states have what fields hold.
    pub(super) former: Former,
}

/// A row of the history.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) seq: i64,
    pub(super) action: String,
    pub(super) at: String,
    pub(super) user: Option<String>,
    pub(super) origin: Option<String>,
    pub(super) ip: Option<String>,
    pub(super) before: Option<Map<String, Json>>,
    pub(super) after: Option<Map<String, Json>>,
}

impl Sight {
    /// Whether there is no record, and an asker who would be shown what is left of one.
    pub(super) fn is_of_nothing(&self) -> bool {
        self.held.is_none() && self.unbound
    }

    /// A row as the reader may see it; none where there is nothing it may know of.
    pub(super) fn revision(&self, row: &Row, beneath: Option<&Row>) -> Option<Revision> {
        let before = row.before.as_ref().and_then(|state| self.seen(state));
        let after = row.after.as_ref().and_then(|state| self.seen(state));
        let kind = match row.action.as_str() {
            "restore" if self.unbound => RevisionKind::Restore,
            // That it came back is told to whom it is told that it went.
            "create" | "restore" if beneath.is_some_and(|row| self.saw_it_go(row)) => {
                RevisionKind::Restore
            }
            "create" | "restore" => RevisionKind::Create,
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

    fn saw_it_go(&self, row: &Row) -> bool {
        let seen = || row.before.as_ref().and_then(|state| self.seen(state)).is_some();
        row.action == "delete" && (self.unbound || seen())
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
            (Numbers::Strings, FieldKind::BigInt, _)
            | (Numbers::Strings | Numbers::Decimals, FieldKind::Decimal { .. }, _) => {
                as_text(value)
            }
            (Numbers::Strings, FieldKind::Array(Element::Decimal), Json::Array(items)) => {
                Json::Array(items.iter().map(as_text).collect())
            }
            (Numbers::Strings, FieldKind::Range(RangeKind::Decimal), Json::Object(ends)) => {
                ends.iter().map(|(name, end)| (name.clone(), as_text(end))).collect()
            }
            _ => value.clone(),
        }
    }
}

fn as_text(json: &Json) -> Json {
    match json {
        Json::Number(number) => Json::String(number.to_string()),
        other => other.clone(),
    }
}

pub(super) fn row(mut row: Map<String, Json>) -> Row {
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
