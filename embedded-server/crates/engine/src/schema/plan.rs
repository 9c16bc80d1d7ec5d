//! Plans: what a change would do, said in words, SQL and numbers before it is done.

use super::draft::Draft;
use super::steps::steps;
use super::{Changed, no_schema};
use base::{Clock, Code, Error, Result};
use catalog::{Catalog, invalid};
use serde_json::{Value as Json, json};
use sql::Dialect;
use store::Store;

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say what is done to what")]
pub enum StepKind {
    CreateCollection,
    RenameCollection,
    DropCollection,
    AddField,
    RenameField,
    DropField,
    AlterField,
    AddIndex,
    DropIndex,
    AddRelation,
    DropRelation,
}

/// One step of a change.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedStep {
    /// What is done.
    pub op: StepKind,
    /// The collection, as it is named afterwards (or was, if it ends).
    pub collection: String,
    /// The field, index or relation's column.
    pub field: Option<String>,
    /// What it was.
    pub from: Option<String>,
    /// What it will be.
    pub to: Option<String>,
    /// A sentence for a person.
    pub summary: String,
    /// The statements. Where SQLite rebuilds a table for several steps at once, they stand with
    /// the first of them.
    pub sql: Vec<String>,
    /// Whether stored values are lost or stand in the way.
    pub lossy: bool,
    /// How many records have a value at stake, of how many.
    pub values: Option<(u64, u64)>,
}

/// What a change would do, and what allows it to be applied.
pub struct SchemaPlan {
    /// Binds the plan to the state it was made against and to what was asked.
    pub token: String,
    /// The dialect of its statements.
    pub store: &'static str,
    /// In the order in which they are done.
    pub steps: Vec<PlannedStep>,
}

/// What the asked state would take.
pub(crate) async fn plan(store: &Store, catalog: &Catalog, body: &Json) -> Result<SchemaPlan> {
    let mut draft = drafted(store, catalog, body)?;
    let (next, changes) = draft.next()?;
    let name = match store.dialect() {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgres => "postgres",
    };
    Ok(SchemaPlan {
        token: token(catalog, body),
        store: name,
        steps: steps(store, catalog, &next, &changes).await?,
    })
}

/// Does what was planned, if nothing moved meanwhile.
pub(crate) async fn apply(
    store: &Store,
    clock: &Clock,
    catalog: &Catalog,
    body: &Json,
) -> Result<Changed> {
    let Some(given) = body.get("token").and_then(Json::as_str) else {
        return Err(Error::new(Code::InvalidBody, "the `token` of the plan is missing")
            .at("token")
            .hint("ask POST /schemas/plan first and send its token with the same body"));
    };
    let expected = token(catalog, body);
    if given != expected {
        let moved = given.split('-').next() != expected.split('-').next();
        let message = if moved {
            "the schema has changed since the plan was made"
        } else {
            "this is not the body that was planned"
        };
        return Err(Error::new(Code::PlanStale, message)
            .at("token")
            .hint("ask for a new plan and look at its steps"));
    }
    drafted(store, catalog, body)?.commit(store, clock).await
}

/// The version the plan was made against and a hash of what was asked.
fn token(catalog: &Catalog, body: &Json) -> String {
    let asked = json!([body.get("collections"), body.get("drop")]).to_string();
    // FNV-1a: the token guards against mistakes, not against administrators.
    let hash = asked.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{}-{hash:016x}", catalog.version)
}

/// The documents as the body asks for them: ends, then renames, then new and changed ones.
fn drafted(store: &Store, catalog: &Catalog, body: &Json) -> Result<Draft> {
    let list = |key: &str| -> Result<&[Json]> {
        match body.get(key) {
            None | Some(Json::Null) => Ok(&[]),
            Some(Json::Array(list)) => Ok(list),
            Some(_) => {
                Err(Error::new(Code::InvalidBody, format!("`{key}` must be a list")).at(key))
            }
        }
    };
    let mut draft = Draft::of(catalog);
    for name in list("drop")? {
        let name =
            name.as_str().ok_or_else(|| invalid("drop", "`drop` must be a list of names"))?;
        // A junction may have gone with its collection already.
        if catalog.get(name).is_none() {
            return Err(no_schema(name, catalog));
        }
        if draft.documents.contains_key(name) {
            draft.delete(name)?;
        }
    }
    let asked: Vec<(&str, &Json, Option<&str>)> = list("collections")?
        .iter()
        .enumerate()
        .map(|(at, entry)| {
            let name = entry.get("collectionName").and_then(Json::as_str);
            match (name, entry.get("schema")) {
                (Some(name), Some(schema)) => {
                    Ok((name, schema, entry.get("was").and_then(Json::as_str)))
                }
                _ => Err(invalid(
                    format!("collections.{at}"),
                    "each entry needs `collectionName` and `schema`",
                )),
            }
        })
        .collect::<Result<_>>()?;
    for (name, _, was) in &asked {
        if let Some(was) = was {
            draft.rename(was, name, store.dialect())?;
        }
    }
    for (name, schema, _) in asked {
        if draft.documents.contains_key(name) {
            draft.update(name, schema)?;
        } else {
            draft.create(name, schema)?;
        }
    }
    // Last, so that a relation may lead to a collection that stands below it in the list.
    for (at, entry) in list("collections")?.iter().enumerate() {
        let name = entry.get("collectionName").and_then(Json::as_str).unwrap_or_default();
        let relations = entry.get("relationships").and_then(Json::as_array).into_iter().flatten();
        for (number, relation) in relations.enumerate() {
            draft
                .create_relationship(name, relation)
                .map_err(|error| error.at(format!("collections.{at}.relationships.{number}")))?;
        }
    }
    Ok(draft)
}
