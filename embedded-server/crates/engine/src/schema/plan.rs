//! Plans: what a change would do, said in words, SQL and numbers before it is done.

use super::draft::Draft;
use super::history::Signed;
use super::references::{Reference, references};
use super::steps::steps;
use super::{Changed, no_schema};
use base::{Clock, Code, Error, Result};
use catalog::{Catalog, invalid};
use serde_json::{Value as Json, json};
use sql::Dialect;
use std::collections::HashSet;
use store::Store;

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say what is done to what")]
pub enum StepKind {
    CreateCollection,
    RenameCollection,
    DropCollection,
    ForgetCollection,
    AdoptCollection,
    AddField,
    RenameField,
    DropField,
    ForgetField,
    RememberField,
    AlterField,
    AddIndex,
    DropIndex,
    AddRelation,
    DropRelation,
}

impl StepKind {
    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateCollection => "create_collection",
            Self::RenameCollection => "rename_collection",
            Self::DropCollection => "drop_collection",
            Self::ForgetCollection => "forget_collection",
            Self::AdoptCollection => "adopt_collection",
            Self::AddField => "add_field",
            Self::RenameField => "rename_field",
            Self::DropField => "drop_field",
            Self::ForgetField => "forget_field",
            Self::RememberField => "remember_field",
            Self::AlterField => "alter_field",
            Self::AddIndex => "add_index",
            Self::DropIndex => "drop_index",
            Self::AddRelation => "add_relation",
            Self::DropRelation => "drop_relation",
        }
    }
}

/// A record whose value a step touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The record's key, as text.
    pub key: String,
    /// The beginning of the value, as text; none where there is no value, or it is hidden.
    pub value: Option<String>,
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
    /// The first of those records.
    pub examples: Vec<Example>,
}

impl PlannedStep {
    /// The step as the history keeps it, in the form that clients know.
    pub(crate) fn told(&self) -> Json {
        let mut told = json!({ "op": self.op.as_str(), "collection": self.collection });
        for (key, text) in [("field", &self.field), ("from", &self.from), ("to", &self.to)] {
            if let Some(text) = text {
                told[key] = json!(text);
            }
        }
        told["summary"] = json!(self.summary);
        told["sql"] = json!(self.sql);
        told["lossy"] = json!(self.lossy);
        if let Some((affected, total)) = self.values {
            told["values"] = json!({ "affected": affected, "total": total });
        }
        told["examples"] = Json::Array(Vec::new());
        told
    }
}

/// What a change would do, and what allows it to be applied.
pub struct SchemaPlan {
    /// Binds the plan to the state it was made against and to what was asked.
    pub token: String,
    /// The dialect of its statements.
    pub store: &'static str,
    /// In the order in which they are done.
    pub steps: Vec<PlannedStep>,
    /// What else names the things that change.
    pub references: Vec<Reference>,
}

/// What the asked state would take.
pub(crate) async fn plan(store: &Store, catalog: &Catalog, body: &Json) -> Result<SchemaPlan> {
    let mut draft = drafted(store, catalog, body)?;
    let (next, changes) = draft.next()?;
    Ok(SchemaPlan {
        token: token(catalog, body),
        store: store_name(store),
        steps: steps(store, catalog, &next, &changes).await?,
        references: references(store, catalog, &next).await?.list,
    })
}

/// The store in the words of plans.
pub(crate) fn store_name(store: &Store) -> &'static str {
    match store.dialect() {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgres => "postgres",
    }
}

/// Does what was planned, if nothing moved meanwhile.
pub(crate) async fn apply(
    store: &Store,
    clock: &Clock,
    catalog: &Catalog,
    body: &Json,
    signed: Signed,
) -> Result<Changed> {
    understood(body)?;
    checked_token(body, &token(catalog, body))?;
    let mut draft = drafted(store, catalog, body)?;
    draft.signed = Some(signed);
    draft.commit(store, clock).await
}

/// Refuses a body without the token of a plan, or with that of another one.
pub(crate) fn checked_token(body: &Json, expected: &str) -> Result<()> {
    let Some(given) = body.get("token").and_then(Json::as_str) else {
        return Err(Error::new(Code::InvalidBody, "the `token` of the plan is missing")
            .at("token")
            .hint("ask for the plan first and send its token with the same body"));
    };
    if given == expected {
        return Ok(());
    }
    let moved = given.split('-').next() != expected.split('-').next();
    let message = if moved {
        "the schema has changed since the plan was made"
    } else {
        "this is not the body that was planned"
    };
    Err(Error::new(Code::PlanStale, message)
        .at("token")
        .hint("ask for a new plan and look at its steps"))
}

/// The version the plan was made against and a hash of what was asked.
pub(crate) fn token(catalog: &Catalog, body: &Json) -> String {
    let asked = [
        body.get("collections"),
        body.get("drop"),
        body.get("dropTables"),
        body.get("dropColumns"),
    ];
    token_of(catalog, &json!(asked).to_string())
}

/// The same of any request.
pub(crate) fn token_of(catalog: &Catalog, asked: &str) -> String {
    // FNV-1a: the token guards against mistakes, not against administrators.
    let hash = asked.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{}-{hash:016x}", catalog.version)
}

/// What a body may say: of the whole, and of one collection.
const WORDS: [&str; 8] = [
    "collections",
    "drop",
    "dropTables",
    "dropColumns",
    "updateReferences",
    "consent",
    "dryRun",
    "token",
];
const ENTRY_WORDS: [&str; 4] = ["collectionName", "schema", "was", "relationships"];

/// A word that means nothing would be left out of the change, which is another one without it: a
/// rename whose `was` is misspelled makes an empty collection.
fn only_words(at: &str, body: &Json, known: &[&str]) -> Result<()> {
    let mut given = body.as_object().into_iter().flatten().map(|(key, _)| key);
    let Some(other) = given.find(|key| !known.contains(&key.as_str())) else { return Ok(()) };
    let hint = match base::nearest(other, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let named: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
            format!("what is known here: {}", named.join(", "))
        }
    };
    let what = format!("`{other}` means nothing here");
    Err(Error::new(Code::InvalidBody, what).at(format!("{at}{other}")).hint(hint))
}

/// Refuses a body that says anything else, here or of one of its collections.
fn understood(body: &Json) -> Result<()> {
    only_words("", body, &WORDS)?;
    let entries = body.get("collections").and_then(Json::as_array).into_iter().flatten();
    for (at, entry) in entries.enumerate() {
        only_words(&format!("collections.{at}."), entry, &ENTRY_WORDS)?;
    }
    Ok(())
}

/// The documents as the body asks for them: ends, then renames, then new and changed ones.
pub(super) fn drafted(store: &Store, catalog: &Catalog, body: &Json) -> Result<Draft> {
    understood(body)?;
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
    draft.updates_references = body.get("updateReferences") == Some(&Json::Bool(true));
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
    for name in list("dropTables")? {
        let name = name
            .as_str()
            .ok_or_else(|| invalid("dropTables", "`dropTables` must be a list of names"))?;
        if draft.documents.contains_key(name) || catalog.get(name).is_none() {
            return Err(invalid("dropTables", format!("`{name}` does not end here"))
                .hint("`dropTables` names those of `drop` whose table ends, too"));
        }
        draft.drop_table(name);
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
    let mut named = HashSet::new();
    if let Some((name, ..)) = asked.iter().find(|(name, ..)| !named.insert(*name)) {
        return Err(invalid("collections", format!("`{name}` is named twice"))
            .hint("one entry says all of a collection"));
    }
    let renamed = asked.iter().filter_map(|(name, _, was)| Some(((*was)?.to_owned(), *name)));
    let renamed: Vec<(String, &str)> = renamed.filter(|(was, name)| was != name).collect();
    let mut given = HashSet::new();
    if let Some((was, _)) = renamed.iter().find(|(was, _)| !given.insert(was.as_str())) {
        return Err(invalid("collections", format!("`{was}` is given two names")));
    }
    draft.rename_all(renamed, store.dialect())?;
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
    for column in list("dropColumns")? {
        let named = column.as_str().and_then(|text| text.split_once('.'));
        let Some((collection, field)) = named else {
            return Err(invalid(
                "dropColumns",
                "`dropColumns` must be a list of `collection.field`",
            ));
        };
        draft.drop_column(collection, field)?;
    }
    Ok(draft)
}
