//! Before-hooks: what the house itself must see of a write before names are resolved.

use crate::write::collection_of;
use crate::{Engine, read::not_found};
use access::{Actor, Policy};
use base::{Code, Error, Result};
use query::{Filter, Operation, Read, Test, Write};
use serde_json::{Map, Value as Json};
use std::future::Future;
use std::pin::Pin;

/// A room above that must see operations before they are resolved (hashing passwords, for
/// example). Runs in the request, awaited, with no transaction open.
pub trait BeforeWrite: Send + Sync {
    /// May change, add or refuse operations.
    fn before<'a>(
        &'a self,
        engine: &'a Engine,
        write: &'a mut Write,
        actor: &'a Actor,
    ) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;
}

impl Engine {
    /// Whether the actor may write there at all, and then what the hooks say.
    pub(crate) async fn before_write(&self, write: &mut Write, actor: &Actor) -> Result<()> {
        access::check_allowed(write, &self.state().catalog, actor)?;
        for hook in self.hooks() {
            hook.before(self, write, actor).await?;
        }
        for operation in &write.operations {
            if collection_of(operation) == "baasix_Permission" {
                self.check_permission_row(operation).await?;
            }
        }
        Ok(())
    }

    /// A permission row that names what does not exist is refused on save (decision 2).
    async fn check_permission_row(&self, operation: &Operation) -> Result<()> {
        let row = match operation {
            Operation::Create { body, .. } => body.clone(),
            Operation::Update { key, body, .. } => {
                let mut row = self.stored_row("baasix_Permission", key).await?;
                row.extend(body.clone());
                row
            }
            Operation::Delete { .. } => return Ok(()),
        };
        self.judge_permission(&row)
    }

    /// Whether a permission row may be saved as it is.
    pub(crate) fn judge_permission(&self, row: &Map<String, Json>) -> Result<()> {
        let state = self.state();
        if let Some(action) = row.get("action").and_then(Json::as_str)
            && access::Action::parse(action).is_none()
        {
            return Err(Error::new(
                Code::ValidationError,
                format!("permission `action` cannot be `{action}`"),
            )
            .at("action")
            .hint("one of `create`, `read`, `update`, `delete`"));
        }
        match Policy::parse(row, &state.catalog, self.limits()) {
            Some((_, _, Some(fault))) => Err(fault),
            // Missing keys are the ordinary answer of required fields.
            Some((_, _, None)) | None => Ok(()),
        }
    }

    /// One record of a system collection as stored, for checks that need the whole row.
    pub async fn stored_row(&self, collection: &str, key: &Json) -> Result<Map<String, Json>> {
        let read =
            Read { collection: collection.to_owned(), key: Some(key.clone()), ..Read::default() };
        let rows = self.find(&read, "check a write against the stored record").await?;
        rows.into_iter().next().ok_or_else(|| not_found("update"))
    }
}

/// A filter that compares one field for equality, for the house's own reads.
#[must_use]
pub fn field_is(field: &str, value: impl Into<Json>) -> Filter {
    field_test(field, "eq", value.into())
}

/// A filter of one field, for the house's own reads.
pub fn field_test(field: &str, operator: &str, operand: Json) -> Filter {
    Filter::Test(Test {
        path: field.to_owned(),
        operator: operator.to_owned(),
        operand,
        cast: None,
        literal: false,
        at: format!("filter.{field}"),
    })
}

#[cfg(test)]
mod tests {
    use crate::test_project::Project;

    #[tokio::test]
    async fn a_second_list_of_hooks_is_refused_and_not_passed_over() {
        for project in Project::all().await {
            project.engine.set_hooks(Vec::new()).unwrap();
            let refused = project.engine.set_hooks(Vec::new()).unwrap_err();
            assert!(refused.message().contains("one list"), "{refused}");
        }
    }
}
