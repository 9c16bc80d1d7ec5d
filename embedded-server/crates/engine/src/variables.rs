//! Variables of the project: what the environment would say otherwise, kept with the project and
//! written in the studio. Their values lie sealed.
//!
//! What was read is kept for as long as what is known of identities: a write by whatever door, also
//! of another process, ends both.

use crate::Engine;
use crate::hook::field_is;
use access::Actor;
use base::{Code, Detail, Error, Result};
use query::{Operation, Read, Write};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

const ROWS: &str = "baasix_Variable";

/// Variables that are read; who keeps more of them keeps something else there.
const VARIABLES_MAX: i64 = 1_000;

/// Signs of a name.
const NAME_MAX: usize = 100;

/// Bytes of a value: a chain of certificates fits.
const VALUE_MAX: usize = 32 * 1024;

type Row = Map<String, Json>;

/// A variable as administrators are told of it.
#[derive(Clone, Debug)]
pub struct Variable {
    /// As the environment would have it.
    pub name: String,
    /// None where it is a secret.
    pub value: Option<String>,
    /// Whether its value is told to nobody.
    pub is_secret: bool,
    /// What it is for.
    pub description: Option<String>,
    /// When it was written last, a wire instant.
    pub updated_at: Option<String>,
}

/// What becomes of a variable; what is not given stays.
#[derive(Clone, Debug, Default)]
pub struct VariableChange {
    /// Its value.
    pub value: Option<String>,
    /// Whether its value is told to nobody. A new one is a secret unless it is said.
    pub is_secret: Option<bool>,
    /// What it is for; the inner none takes it away.
    pub description: Option<Option<String>>,
}

type Variables = Arc<BTreeMap<String, String>>;

/// What was read, and the number of identities that it was read under.
#[derive(Default)]
pub(crate) struct Held(Mutex<Option<(u64, Variables)>>);

impl Engine {
    /// The variables by name. One that was sealed under another `SECRET_KEY` is left out, with a
    /// warning: what it is for is not set up then.
    pub async fn variables(&self) -> Result<Variables> {
        let version = self.identity_version();
        let held = &self.0.variables.0;
        if let Some((at, known)) = held.lock().unwrap_or_else(PoisonError::into_inner).as_ref()
            && self.identity_holds(*at, None)
        {
            return Ok(Arc::clone(known));
        }
        let mut known = BTreeMap::new();
        for row in self.variable_rows().await? {
            let Some(name) = row.get("name").and_then(Json::as_str) else { continue };
            match self.unsealed(ROWS, "value", &row) {
                Ok(Some(value)) if !value.is_empty() => drop(known.insert(name.to_owned(), value)),
                Ok(_) => {}
                Err(fault) => tracing::warn!(name, %fault, "a variable cannot be read"),
            }
        }
        let known = Arc::new(known);
        *held.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, Arc::clone(&known)));
        Ok(known)
    }

    /// The variables by name, for administrators. The value of a secret is told to nobody.
    pub async fn variables_told(&self) -> Result<Vec<Variable>> {
        let mut told: Vec<Variable> =
            self.variable_rows().await?.iter().filter_map(|row| self.variable_told(row)).collect();
        told.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(told)
    }

    fn variable_told(&self, row: &Row) -> Option<Variable> {
        let text = |name: &str| row.get(name).and_then(Json::as_str).map(str::to_owned);
        let is_secret = row.get("isSecret").and_then(Json::as_bool) != Some(false);
        let open = || self.unsealed(ROWS, "value", row).ok().flatten();
        Some(Variable {
            name: text("name")?,
            value: if is_secret { None } else { open() },
            is_secret,
            description: text("description"),
            updated_at: text("updatedAt"),
        })
    }

    async fn variable_rows(&self) -> Result<Vec<Row>> {
        let read =
            Read { collection: ROWS.to_owned(), limit: Some(VARIABLES_MAX), ..Read::default() };
        self.find(&read, "the variables of the project").await
    }

    /// Makes a variable, or changes it. `VALIDATION_ERROR` for a name or a value that cannot be, and
    /// where a secret shall be told without a new value.
    pub async fn set_variable(
        &self,
        name: &str,
        change: VariableChange,
        actor: &Actor,
        source: Option<&str>,
    ) -> Result<Variable> {
        let sound = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        let begins = name.starts_with(|sign: char| sign.is_ascii_uppercase() || sign == '_');
        if !begins || name.len() > NAME_MAX || !name.bytes().all(sound) {
            let why = format!("`A` to `Z`, digits and `_`, at most {NAME_MAX}, no digit first");
            return Err(wrong("name", &why));
        }
        if change.value.as_ref().is_some_and(|value| value.len() > VALUE_MAX) {
            return Err(wrong("value", &format!("at most {VALUE_MAX} bytes")));
        }
        let row = self.variable(name).await?;
        let secret_now = row.as_ref().map(|row| row.get("isSecret") != Some(&Json::Bool(false)));
        if change.value.is_none() {
            if row.is_none() {
                return Err(wrong("value", "a new variable has a value"));
            }
            if secret_now == Some(true) && change.is_secret == Some(false) {
                return Err(wrong("isSecret", "what was a secret is told with a new value only"));
            }
        }
        let mut body = Map::new();
        body.extend(change.value.map(|value| (String::from("value"), json!(value))));
        let is_secret = change.is_secret.or(if row.is_none() { Some(true) } else { None });
        body.extend(is_secret.map(|is| (String::from("isSecret"), json!(is))));
        body.extend(change.description.map(|text| (String::from("description"), json!(text))));
        let operation = match row.and_then(|mut row| row.remove("id")) {
            Some(key) => {
                Operation::Update { collection: ROWS.to_owned(), key, body, expect: Map::new() }
            }
            None => {
                body.insert(String::from("name"), json!(name));
                Operation::Create { collection: ROWS.to_owned(), body }
            }
        };
        self.write(Write { operations: vec![operation], strict: true }, actor, source).await?;
        let row = self.variable(name).await?;
        let gone = || Error::new(Code::Conflict, "the variable was taken away meanwhile");
        row.as_ref().and_then(|row| self.variable_told(row)).ok_or_else(gone)
    }

    /// Takes a variable away. Whether there was one.
    pub async fn drop_variable(
        &self,
        name: &str,
        actor: &Actor,
        source: Option<&str>,
    ) -> Result<bool> {
        let row = self.variable(name).await?;
        let Some(key) = row.and_then(|mut row| row.remove("id")) else { return Ok(false) };
        let operation =
            Operation::Delete { collection: ROWS.to_owned(), key, expect: Map::new(), force: true };
        let write = Write { operations: vec![operation], strict: true };
        self.write(write, actor, source).await.map(|_| true)
    }

    async fn variable(&self, name: &str) -> Result<Option<Row>> {
        let read = Read {
            collection: ROWS.to_owned(),
            filter: Some(field_is("name", name)),
            limit: Some(1),
            ..Read::default()
        };
        Ok(self.find(&read, "a variable of the project").await?.into_iter().next())
    }
}

fn wrong(field: &str, why: &str) -> Error {
    Error::new(Code::ValidationError, format!("Validation failed: {field}: {why}"))
        .at(field)
        .detail(Detail::field("variable", field, why))
}
