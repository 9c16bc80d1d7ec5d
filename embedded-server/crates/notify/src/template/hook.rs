//! A template that cannot be read is refused where it is saved, and not where a mail is waited for.

use super::liquid::Makes;
use super::run::judge;
use super::{ROWS, refused};
use access::Actor;
use base::Result;
use engine::{BeforeWrite, Engine, State};
use query::{Operation, Write};
use serde_json::{Map, Value as Json};
use std::future::Future;
use std::pin::Pin;

/// Judges every template that is written, by whatever door and within whatever record.
#[derive(Clone, Copy, Debug)]
pub struct TemplateHook;

impl BeforeWrite for TemplateHook {
    fn before<'a>(
        &'a self,
        engine: &'a Engine,
        write: &'a mut Write,
        _: &'a Actor,
    ) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
        Box::pin(async move {
            let state = engine.state();
            for operation in &write.operations {
                let (Operation::Create { collection, body }
                | Operation::Update { collection, body, .. }) = operation
                else {
                    continue;
                };
                within(&state, collection, body)?;
            }
            Ok(())
        })
    }
}

/// Every template of a body, however deep it lies in it.
fn within(state: &State, collection: &str, body: &Map<String, Json>) -> Result<()> {
    if collection == ROWS {
        for (place, makes) in [("subject", Makes::Text), ("body", Makes::Html)] {
            if let Some(text) = body.get(place).and_then(Json::as_str) {
                judge(text, makes).map_err(|fault| refused(place, &fault))?;
            }
        }
    }
    let Some(known) = state.catalog.get(collection) else { return Ok(()) };
    for (name, value) in body {
        let Some(relation) = known.relation(name) else { continue };
        let bodies = match value {
            Json::Object(_) => std::slice::from_ref(value),
            Json::Array(items) => items.as_slice(),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => continue,
        };
        for body in bodies.iter().filter_map(Json::as_object) {
            within(state, &relation.target, body)?;
        }
    }
    Ok(())
}
