//! Variables of the project: what the environment would say otherwise, kept with the project and
//! written in the studio. Their values lie sealed.
//!
//! What was read is kept for as long as what is known of identities: a write by whatever door, also
//! of another process, ends both.

use crate::Engine;
use base::Result;
use query::Read;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

const ROWS: &str = "baasix_Variable";

/// Variables that are read; who keeps more of them keeps something else there.
const VARIABLES_MAX: i64 = 1_000;

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
        let read =
            Read { collection: ROWS.to_owned(), limit: Some(VARIABLES_MAX), ..Read::default() };
        let mut known = BTreeMap::new();
        for row in self.find(&read, "the variables of the project").await? {
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
}
