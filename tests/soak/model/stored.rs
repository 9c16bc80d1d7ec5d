//! What a record must hold, once a body was accepted for it.

use super::value::{self, alike};
use super::{Model, has_order};
use crate::harness::plain;
use crate::soak::values::{Family, Type};
use serde_json::Value as Json;

impl Model<'_> {
    /// Why the record with this key is not what was accepted, if it is not. Fields that were not
    /// sent with a new record are NULL.
    pub(in crate::soak) fn misses(&self, at: usize, body: &Json, new: bool) -> Option<String> {
        let id = plain(&body["id"]);
        let row = self.tables[at].iter().find(|row| plain(&row["id"]) == id);
        let Some(row) = row else { return Some(format!("no record {id}")) };
        let fields = &self.world.collections[at].fields;
        fields.iter().filter(|field| field.name.starts_with('f')).find_map(|field| {
            let (sent, found) = (body.get(&field.name), &row[&field.name]);
            let right = match sent {
                None => !new || found.is_null(),
                Some(sent) => holds(field.kind, sent, found),
            };
            (!right)
                .then(|| format!("{} `{}`: {sent:?} became {found}", field.kind.name, field.name))
        })
    }

    /// Why the record with this key is still there, if it is: gone, or in the trash.
    pub(in crate::soak) fn keeps(&self, at: usize, id: &Json) -> Option<String> {
        let row = self.tables[at].iter().find(|row| plain(&row["id"]) == plain(id))?;
        match self.world.collections[at].paranoid {
            true if !row["deletedAt"].is_null() => None,
            _ => Some(format!("record {id} was removed and is there")),
        }
    }

    /// Records of `gamma` that a record of `beta` holds.
    pub(in crate::soak) fn held(&self) -> Vec<Json> {
        if self.world.collections[2].paranoid {
            return Vec::new();
        }
        self.tables[1]
            .iter()
            .map(|row| row["twin_id"].clone())
            .filter(|key| !key.is_null())
            .collect()
    }
}

/// Whether what was found is what was sent, as far as the model knows the type.
fn holds(kind: &Type, sent: &Json, found: &Json) -> bool {
    if sent.is_null() || found.is_null() {
        return sent.is_null() == found.is_null();
    }
    match kind.family {
        Family::Json => alike(sent, found),
        Family::Array => {
            let (Some(sent), Some(found)) = (sent.as_array(), found.as_array()) else {
                return false;
            };
            sent.len() == found.len()
                && sent.iter().zip(found).all(|(sent, found)| element(kind.inner, sent, found))
        }
        Family::Range => {
            let end = |json: &Json, at: usize, name: &str| match json {
                Json::Array(ends) => ends[at].clone(),
                json => json[name].clone(),
            };
            [(0, "lower"), (1, "upper")].into_iter().all(|(at, name)| {
                let (sent, found) = (end(sent, at, name), &found[name]);
                sent.is_null() == found.is_null()
                    && (sent.is_null() || element(kind.inner, &sent, found))
            })
        }
        Family::Geo => alike(sent, found),
        _ if kind.name == "CiText" => sent == found,
        _ if has_order(kind) => match (value::key(kind, sent), value::key(kind, found)) {
            (Ok(sent), Ok(found)) => sent == found,
            // What is rounded is nobody's exact value.
            _ => true,
        },
        _ => sent == found,
    }
}

fn element(inner: Family, sent: &Json, found: &Json) -> bool {
    match (value::scalar(inner, sent), value::scalar(inner, found)) {
        (Ok(sent), Ok(found)) => sent == found,
        _ => true,
    }
}
