//! Taking tables over: what it would do, and doing exactly that.

use super::relate::{Fields, relate, unseen};
use super::table::{Examined, examine};
use super::{ExistingTable, Finding};
use crate::schema::draft::Draft;
use crate::schema::history::Signed;
use crate::{PlannedStep, StepKind};
use base::{Clock, Code, Error, Result, nearest};
use catalog::Catalog;
use serde_json::{Map, Value as Json, json};
use sql::Dialect;
use store::{Store, Table};

/// What taking tables over does.
pub struct Adoption {
    /// Binds it to the tables and the catalog as they are and to what was asked.
    pub token: String,
    /// `sqlite` or `postgres`.
    pub store: &'static str,
    /// The tables that are taken over.
    pub tables: Vec<ExistingTable>,
    /// One for each collection and each relation. None of them touches a table.
    pub steps: Vec<PlannedStep>,
    /// Rows that stay as they are, all tables together.
    pub rows: u64,
}

/// A planned adoption, and the documents that make it.
struct Drafted {
    draft: Draft,
    adoption: Adoption,
}

/// Every table that is no collection, with what it would become if all were taken over.
pub(super) async fn survey(store: &Store, catalog: &Catalog) -> Result<Vec<ExistingTable>> {
    let tables = store.tables().await?;
    let mut examined = Vec::new();
    for table in unmanaged(&tables, catalog, store.dialect()) {
        examined.push(examine(store, catalog, table, &tables).await?);
    }
    let mut fields = Fields::new();
    for one in &examined {
        let own = one.found.document.as_ref().and_then(|document| document["fields"].as_object());
        fields.extend(own.map(|own| (one.found.name.clone(), own.clone())));
    }
    add_managed(&mut fields, catalog);
    let all: Vec<&Table> = tables.iter().collect();
    let (relations, mut told) = relate(&mut fields, &all);
    told.extend(unseen(&fields, catalog, &tables));
    let mut found: Vec<ExistingTable> = examined.into_iter().map(|one| one.found).collect();
    for table in &mut found {
        table
            .relations
            .extend(relations.iter().filter(|one| one.collection == table.name).cloned());
        table.notes.extend(told_of(&told, &table.name));
    }
    Ok(found)
}

/// The names of every table and view that is no collection.
pub(super) async fn names(store: &Store, catalog: &Catalog) -> Result<Vec<String>> {
    let tables = store.tables().await?;
    Ok(unmanaged(&tables, catalog, store.dialect())
        .into_iter()
        .map(|table| table.name.clone())
        .collect())
}

/// What taking the asked tables over would do.
pub(super) async fn plan(store: &Store, catalog: &Catalog, body: &Json) -> Result<Adoption> {
    let mut drafted = drafted(store, catalog, body).await?;
    // Whatever the catalog has against it is found before anybody agrees to it.
    drafted.draft.next()?;
    Ok(drafted.adoption)
}

/// Does what was planned, if nothing moved meanwhile.
pub(super) async fn apply(
    store: &Store,
    clock: &Clock,
    catalog: &Catalog,
    body: &Json,
    signed: Signed,
) -> Result<(Catalog, Adoption)> {
    let Some(given) = body.get("token").and_then(Json::as_str) else {
        return Err(Error::new(Code::InvalidBody, "the `token` of the plan is missing")
            .at("token")
            .hint("ask with `dryRun: true` first and send its token with the same tables"));
    };
    let mut drafted = drafted(store, catalog, body).await?;
    if given != drafted.adoption.token {
        return Err(Error::new(
            Code::PlanStale,
            "the tables, the schema or what was asked have changed since the plan was made",
        )
        .at("token")
        .hint("ask for a new plan and look at it"));
    }
    drafted.draft.signed = Some(signed);
    let next = drafted.draft.take_over(store, clock, &drafted.adoption.steps).await?;
    Ok((next, drafted.adoption))
}

async fn drafted(store: &Store, catalog: &Catalog, body: &Json) -> Result<Drafted> {
    let tables = store.tables().await?;
    let asked = asked(body)?;
    let chosen = chosen(&tables, catalog, store.dialect(), asked.as_deref())?;
    let mut examined = Vec::new();
    for table in chosen {
        examined.push(examine(store, catalog, table, &tables).await?);
    }
    // Asked for by name they must all be possible; asked for all of them, what is possible is taken.
    match asked {
        Some(_) => refuse(&examined)?,
        None => examined.retain(|one| one.found.reasons.is_empty()),
    }
    if examined.is_empty() {
        return Err(Error::new(Code::SchemaInvalid, "no table can be taken over")
            .at("tables")
            .hint("GET /schemas/existing says of each table why not"));
    }
    let mut fields = Fields::new();
    for one in &examined {
        let own = one.found.document.as_ref().and_then(|document| document["fields"].as_object());
        fields.extend(own.map(|own| (one.found.name.clone(), own.clone())));
    }
    add_managed(&mut fields, catalog);
    let all: Vec<&Table> = tables.iter().collect();
    let (relations, mut told) = relate(&mut fields, &all);
    told.extend(unseen(&fields, catalog, &tables));

    let mut draft = Draft::of(catalog);
    let mut documents = Vec::new();
    for one in &mut examined {
        let Some(mut document) = one.found.document.clone() else { continue };
        document["fields"] = json!(fields[&one.found.name]);
        draft.adopt(&one.found.name, &document)?;
        one.found.notes.extend(told_of(&told, &one.found.name));
        one.found.relations = relations
            .iter()
            .filter(|relation| relation.collection == one.found.name)
            .cloned()
            .collect();
        documents.push(document);
    }
    let known: Vec<&str> = examined.iter().map(|one| one.found.name.as_str()).collect();
    for (name, now) in fields.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
        let before = catalog.get(name).and_then(|one| one.document["fields"].as_object());
        if before != Some(now) {
            draft.update(name, &json!({ "fields": now }))?;
            documents.push(json!({ name.as_str(): now }));
        }
    }
    let steps = steps(&examined, &relations);
    let rows = examined.iter().filter_map(|one| one.found.rows).sum();
    let adoption = Adoption {
        token: token(catalog, &documents),
        store: match store.dialect() {
            Dialect::Sqlite => "sqlite",
            Dialect::Postgres => "postgres",
        },
        tables: examined.into_iter().map(|one| one.found).collect(),
        steps,
        rows,
    };
    Ok(Drafted { draft, adoption })
}

/// Tables of somebody else: no collections, and none of the house's own.
fn unmanaged<'a>(tables: &'a [Table], catalog: &Catalog, dialect: Dialect) -> Vec<&'a Table> {
    let ours = sql::tables_of_indexes(catalog, dialect);
    tables
        .iter()
        .filter(|table| catalog.get(&table.name).is_none() && !catalog::is_house_table(&table.name))
        .filter(|table| !ours.contains(&table.name))
        .collect()
}

/// Collections that a foreign key of a table may lead to, or whose foreign keys lead to one.
fn add_managed(fields: &mut Fields, catalog: &Catalog) {
    for collection in catalog.collections.values().filter(|one| one.adopted) {
        if let Some(own) = collection.document["fields"].as_object() {
            fields.insert(collection.name.clone(), own.clone());
        }
    }
}

fn told_of(told: &[(String, Finding)], name: &str) -> Vec<Finding> {
    told.iter().filter(|(of, _)| of == name).map(|(_, finding)| finding.clone()).collect()
}

/// The names that were asked for; `None` for all.
fn asked(body: &Json) -> Result<Option<Vec<String>>> {
    let wrong = || {
        Error::new(Code::InvalidBody, "`tables` must be a list of names")
            .at("tables")
            .hint("leave it out to take over every table that can be")
    };
    match body.get("tables") {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Array(list)) => {
            let names: Option<Vec<String>> =
                list.iter().map(|name| name.as_str().map(str::to_owned)).collect();
            names.map(Some).ok_or_else(wrong)
        }
        Some(_) => Err(wrong()),
    }
}

fn chosen<'a>(
    tables: &'a [Table],
    catalog: &Catalog,
    dialect: Dialect,
    asked: Option<&[String]>,
) -> Result<Vec<&'a Table>> {
    let open = unmanaged(tables, catalog, dialect);
    let Some(asked) = asked else { return Ok(open) };
    for name in asked {
        if open.iter().any(|table| table.name == *name) {
            continue;
        }
        if catalog.get(name).is_some() {
            return Err(Error::new(
                Code::SchemaExists,
                format!("`{name}` is a collection already"),
            )
            .at("tables"));
        }
        let error =
            Error::new(Code::NotFound, format!("the database has no table `{name}`")).at("tables");
        return Err(match nearest(name, open.iter().map(|table| table.name.as_str())) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        });
    }
    Ok(open.into_iter().filter(|table| asked.contains(&table.name)).collect())
}

fn refuse(examined: &[Examined<'_>]) -> Result<()> {
    let against = examined.iter().filter(|one| !one.found.reasons.is_empty());
    let mut error: Option<Error> = None;
    for one in against {
        for reason in &one.found.reasons {
            let whole = error.take().unwrap_or_else(|| {
                Error::new(
                    Code::SchemaInvalid,
                    format!("`{}` cannot be taken over: {}", one.found.name, reason.message),
                )
                .at("tables")
            });
            error = Some(whole.detail(base::Detail {
                code: reason.code.to_owned(),
                field: Some(one.found.name.clone()),
                message: reason.message.clone(),
                ..base::Detail::default()
            }));
        }
    }
    error.map_or(Ok(()), Err)
}

fn steps(examined: &[Examined<'_>], relations: &[super::ExistingRelation]) -> Vec<PlannedStep> {
    let step =
        |op, collection: &str, field: Option<String>, to: Option<String>, summary| PlannedStep {
            op,
            collection: collection.to_owned(),
            field,
            from: None,
            to,
            summary,
            sql: Vec::new(),
            lossy: false,
            values: None,
            examples: Vec::new(),
        };
    let mut steps = Vec::new();
    for one in examined {
        let shown = one.found.columns.iter().filter(|column| column.kind.is_some()).count();
        let hidden = one.found.columns.len() - shown;
        let mut summary = format!(
            "take over `{}` with {shown} of its {} columns",
            one.found.name,
            shown + hidden
        );
        if one.table.rowless {
            summary.push_str("; it has no row numbers");
        }
        steps.push(step(StepKind::AdoptCollection, &one.found.name, None, None, summary));
    }
    for relation in relations {
        let summary = format!(
            "`{}` of `{}` leads to `{}` by `{}`",
            relation.name, relation.collection, relation.target, relation.by
        );
        steps.push(step(
            StepKind::AddRelation,
            &relation.collection,
            Some(relation.name.clone()),
            Some(relation.target.clone()),
            summary,
        ));
    }
    steps
}

/// The version the plan was made against and a hash of the documents it makes.
fn token(catalog: &Catalog, documents: &[Json]) -> String {
    let made: Map<String, Json> =
        documents.iter().enumerate().map(|(at, one)| (at.to_string(), one.clone())).collect();
    // FNV-1a: the token guards against mistakes, not against administrators.
    let hash =
        Json::Object(made).to_string().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{}-{hash:016x}", catalog.version)
}
