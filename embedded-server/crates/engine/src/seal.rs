//! Secrets that the house must be able to read again (the password of a mail server, tokens of other
//! providers) lie sealed in their columns (`docs/adr/0020-secrets-lie-sealed.md`). They are sealed in
//! the plan of a write, which every door ends in and where nested records stand like any others.

use crate::arrival::{any, plain};
use crate::retention::quoted;
use crate::{Engine, State};
use base::{Code, Error, Result, Value, random_bytes};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalog::Collection;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use query::{Assigned, Step, WritePlan};
use serde_json::{Map, Value as Json};
use sha2::Sha256;
use sql::{Dialect, Program};
use std::collections::VecDeque;
use std::fmt;

/// What every sealed value begins with; the number is that of its form.
const MARK: &str = "sealed:v1:";

/// Bytes of a nonce of XChaCha20: so many that random ones never meet.
const NONCE: usize = 24;

/// Columns that earlier versions wrote as they stood: what lies open in them is sealed at every open.
/// The other sealed ones were written by nobody before they were sealed.
const WRITTEN_BEFORE: [(&str, &str); 1] = [("baasix_Settings", "smtp_pass")];

/// Seals texts under a key of its own, derived from the project's secret.
#[derive(Clone)]
pub struct Seal(XChaCha20Poly1305);

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(..)")
    }
}

impl Seal {
    /// The seal of whoever has this secret (`SECRET_KEY`).
    pub fn of(secret: &[u8]) -> Result<Self> {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(secret)
            .map_err(|fault| Error::internal("key a derivation").caused_by(fault.to_string()))?;
        mac.update(b"seal");
        Ok(Self(XChaCha20Poly1305::new(&mac.finalize().into_bytes())))
    }

    /// The text as it lies in `place`, told from every other sealing of the same.
    fn close(&self, place: &str, text: &str) -> Result<String> {
        let nonce = random_bytes::<NONCE>()?;
        let payload = Payload { msg: text.as_bytes(), aad: place.as_bytes() };
        let sealed = self
            .0
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Error::internal("seal a secret"))?;
        Ok(format!("{MARK}{}", URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat())))
    }

    /// The text that was sealed in `place`; `None` if it was sealed elsewhere or by another, or was
    /// touched since. What lies there from before anything was sealed is read as it is.
    fn open(&self, place: &str, stored: &str) -> Option<String> {
        let Some(sealed) = stored.strip_prefix(MARK) else { return Some(stored.to_owned()) };
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, msg) = bytes.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg, aad: place.as_bytes() };
        let text = self.0.decrypt(&XNonce::from(*nonce), payload).ok()?;
        String::from_utf8(text).ok()
    }
}

/// Where a value lies, which it is bound to. By the id of the field: its name may change.
fn place(collection: &str, field: &str, key: &str) -> String {
    format!("{collection}.{field}.{key}")
}

impl Engine {
    /// The secret in a column that is kept sealed, of a record as the house reads it, its key
    /// included; `None` where there is none. `field` is the id of the field. Refused
    /// (`SECRET_UNREADABLE`) when it was sealed under another `SECRET_KEY`.
    pub fn unsealed(
        &self,
        collection: &str,
        field: &str,
        record: &Map<String, Json>,
    ) -> Result<Option<String>> {
        let state = self.state();
        let Some((known, name)) = column(&state, collection, field) else {
            return Err(Error::internal(format!("`{collection}` has no field `{field}`")));
        };
        let stored = match record.get(name) {
            None | Some(Json::Null) => return Ok(None),
            Some(Json::String(stored)) => stored,
            Some(_) => return Err(Error::internal("a sealed column holds no text")),
        };
        let key = match record.get(&known.primary_key) {
            Some(Json::String(key)) => key.clone(),
            Some(Json::Number(key)) => key.to_string(),
            _ => return Err(Error::internal("a secret is read of a record without its key")),
        };
        let opened = self.seal().open(&place(collection, field, &key), stored);
        opened.map(Some).ok_or_else(|| {
            Error::new(
                Code::SecretUnreadable,
                format!("`{name}` of {collection} cannot be read: it was sealed under another key"),
            )
            .hint("start with the `SECRET_KEY` that it was written under, or write it again")
            .at(name)
        })
    }

    /// Seals what the steps of a plan write to columns that are kept sealed, each for its record.
    pub(crate) async fn seal_steps(&self, steps: &mut [Step]) -> Result<()> {
        for at in 0..steps.len() {
            for (name, id) in written_sealed(&steps[at]) {
                let key = self.key_written(steps, at).await?;
                let Some((collection, values)) = written(&mut steps[at]) else { continue };
                let Some(value) = values.get_mut(&name) else { continue };
                match value {
                    Assigned::Value(Value::Text(text)) => {
                        *text = self.seal().close(&place(&collection, &id, &key), text)?;
                    }
                    Assigned::Value(_)
                    | Assigned::KeyOf(_)
                    | Assigned::NextNumber
                    | Assigned::NextSort
                    | Assigned::Sql(_) => {
                        let message = format!("`{name}` is kept sealed, and only a text can be");
                        return Err(Error::new(Code::ValidationError, message).at(name));
                    }
                }
            }
        }
        Ok(())
    }

    /// The key of the record that a step writes. A number that the store would count is drawn, so
    /// that it is known before.
    async fn key_written(&self, steps: &mut [Step], at: usize) -> Result<String> {
        let unknown = || Error::internal("a secret is written to a record whose key is not known");
        let mut at = at;
        // A step knows the keys of earlier ones only.
        loop {
            let step = steps.get(at).ok_or_else(unknown)?;
            let assigned = match step {
                Step::Insert { collection, values, .. } => values.get(&collection.primary_key),
                Step::Update { key, .. } => key.as_ref(),
                Step::Delete { .. } | Step::Exists { .. } | Step::Pointed { .. } => None,
            };
            match assigned {
                Some(Assigned::Value(Value::Text(key))) => return Ok(key.clone()),
                Some(Assigned::Value(Value::Int(key))) => return Ok(key.to_string()),
                Some(Assigned::KeyOf(earlier)) if *earlier < at => at = *earlier,
                Some(Assigned::NextNumber) => return self.key_drawn(&mut steps[at]).await,
                _ => return Err(unknown()),
            }
        }
    }

    async fn key_drawn(&self, step: &mut Step) -> Result<String> {
        let none = || Error::internal("no number was drawn for a key");
        let alone = WritePlan { steps: vec![step.clone()], ..WritePlan::default() };
        let Step::Insert { collection, values, .. } = step else { return Err(none()) };
        let mut drawn = self.draw_numbers(collection, &alone).await?;
        let key = drawn.get_mut(&collection.primary_key).and_then(VecDeque::pop_front);
        let key = key.ok_or_else(none)?;
        values.insert(collection.primary_key.clone(), Assigned::Value(Value::Int(key)));
        Ok(key.to_string())
    }

    /// Seals what earlier versions wrote as it stood. It is no change of any record: no history is
    /// kept of it. What cannot be sealed now is told, and left for the next start.
    pub(crate) async fn seal_what_lies_open(&self) {
        for (collection, field) in WRITTEN_BEFORE {
            if let Err(fault) = self.seal_column(collection, field).await {
                tracing::warn!(collection, field, %fault, "a secret lies unsealed");
            }
        }
    }

    async fn seal_column(&self, collection: &str, field: &str) -> Result<()> {
        let state = self.state();
        let Some((known, name)) = column(&state, collection, field) else { return Ok(()) };
        let (table, name, key) = (quoted(&known.name), quoted(name), quoted(&known.primary_key));
        let key = format!("CAST({key} AS TEXT)");
        let open = format!(
            "SELECT {key}, {name} FROM {table} WHERE {name} IS NOT NULL AND substr({name}, 1, {}) <> '{MARK}'",
            MARK.len()
        );
        for row in self.store().rows(&plain(&open, Vec::new())).await? {
            let [Value::Text(id), Value::Text(text)] = row.as_slice() else {
                return Err(Error::internal("a secret that lies unsealed is no text"));
            };
            let sealed = self.seal().close(&place(collection, field, id), text)?;
            let set = match self.store().dialect() {
                Dialect::Sqlite => {
                    format!("UPDATE {table} SET {name} = ?1 WHERE {key} = ?2 AND {name} = ?3")
                }
                Dialect::Postgres => format!(
                    "UPDATE {table} SET {name} = $1::text WHERE {key} = $2::text AND {name} = $3::text"
                ),
            };
            // Whoever wrote another value meanwhile has sealed it.
            let binds = vec![Value::Text(sealed), Value::text(id), Value::text(text)];
            self.store().write(Program { steps: vec![any(plain(&set, binds))] }).await?;
        }
        Ok(())
    }
}

/// A collection and the name that one of its fields has now.
fn column<'s>(
    state: &'s State,
    collection: &str,
    field: &str,
) -> Option<(&'s Collection, &'s str)> {
    let known = state.catalog.get(collection)?;
    let name = known.fields.values().find(|one| one.id == field)?;
    Some((known, &name.name))
}

/// Names and ids of the sealed columns that a step gives a value.
fn written_sealed(step: &Step) -> Vec<(String, String)> {
    let (Step::Insert { collection, values, .. } | Step::Update { collection, values, .. }) = step
    else {
        return Vec::new();
    };
    let sealed = catalog::sealed_fields(&collection.name);
    if sealed.is_empty() {
        return Vec::new();
    }
    let null = Assigned::Value(Value::Null);
    let given = |name: &String| values.get(name).is_some_and(|value| *value != null);
    let fields = collection.fields.values();
    fields
        .filter(|field| sealed.contains(&field.id.as_str()) && given(&field.name))
        .map(|field| (field.name.clone(), field.id.clone()))
        .collect()
}

/// The collection that a step writes to, and what.
fn written(step: &mut Step) -> Option<(String, &mut indexmap::IndexMap<String, Assigned>)> {
    match step {
        Step::Insert { collection, values, .. } | Step::Update { collection, values, .. } => {
            Some((collection.name.clone(), values))
        }
        Step::Delete { .. } | Step::Exists { .. } | Step::Pointed { .. } => None,
    }
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
