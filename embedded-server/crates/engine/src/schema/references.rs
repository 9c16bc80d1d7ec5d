//! What else names a field that is renamed or ends: permissions, saved views, computed fields and
//! indexes. What must go on meaning the same field follows by itself; the rest is offered.

use super::keep::{Keeping, Kept, What, copy, plain, sql_text};
use super::policy::{Renames, canonical, replaced};
use super::stored::statement;
use super::values::quoted;
use base::{Result, Value};
use catalog::{Catalog, Collection};
use serde_json::{Value as Json, json};
use sql::{Dialect, Statement};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use store::Store;

/// Views read by one statement: some hundred kilobytes of documents.
const PAGE: usize = 1_000;

/// Records named in one statement: its text stays far below what a store takes.
const NAMED: usize = 500;

/// Before every id there is.
const FIRST: &str = "00000000-0000-0000-0000-000000000000";

/// What names a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceKind {
    /// A row of a role's permissions.
    Permission,
    /// A saved view of the Data screen.
    View,
    /// A computed field.
    Computed,
    /// An index.
    Index,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It follows by itself, in the same transaction.
    Follows,
    /// It is updated in the same transaction if that is asked for.
    Offered,
    /// Nobody but a person can mend it: a condition on a field that ends.
    Breaks,
}

/// Something that names a field which is renamed or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// What it is.
    pub kind: ReferenceKind,
    /// The collection that it is about, as it is named now.
    pub collection: String,
    /// Its key, or its name where it has none.
    pub id: String,
    /// For a person: the role and action, or the view's name.
    pub name: String,
    /// The names in it that mean something else afterwards, and their new ones; none for what ends.
    pub mentions: Vec<(String, Option<String>)>,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// A text of a system collection that is written anew.
struct Rewritten {
    collection: &'static str,
    id: String,
    /// What it will be when it is written: as it was read, with the renames followed.
    was: String,
    text: String,
}

/// Everything that names what changes.
#[derive(Default)]
pub(crate) struct References {
    pub(crate) list: Vec<Reference>,
    rewritten: Vec<Rewritten>,
    moved: Vec<(String, String)>,
}

/// The names that change or end, by collection as it is called now.
struct Names<'a> {
    renames: Renames<'a>,
    ended: HashMap<&'a str, BTreeSet<&'a str>>,
}

/// Mentions that were met on the way through a document.
type Met = Vec<(String, Option<String>)>;

fn met(all: &mut Met, name: &str, now: Option<&str>) {
    let mention = (name.to_owned(), now.map(str::to_owned));
    if !all.contains(&mention) {
        all.push(mention);
    }
}

impl<'a> Names<'a> {
    fn between(old: &'a Catalog, next: &Catalog) -> Self {
        let mut ended: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        for was in old.collections.values() {
            let Some(is) = by_id(next, was.schema_id()) else { continue };
            let declared = |by: &str| was.document["fields"][by]["fieldId"].as_str();
            let fields = was.fields.values().filter(|field| is.field_by_id(&field.id).is_none());
            let relations = was.relations.values().filter(|relation| {
                let id = declared(&relation.declared_by);
                !is.relations
                    .values()
                    .any(|now| is.document["fields"][&now.declared_by]["fieldId"].as_str() == id)
            });
            let gone: BTreeSet<&str> = fields
                .map(|field| field.name.as_str())
                .chain(relations.map(|relation| relation.name.as_str()))
                .collect();
            if !gone.is_empty() {
                ended.insert(was.name.as_str(), gone);
            }
        }
        Self { renames: Renames::between(old, next), ended }
    }

    fn is_empty(&self) -> bool {
        self.renames.names.is_empty() && self.ended.is_empty()
    }

    /// Today's path of tomorrow; none if it leads over something that ends.
    fn path(&self, path: &str, collection: &str, seen: &mut Met) -> Option<String> {
        let bare = path.trim_matches('$').trim_start_matches('-');
        let mut at = Some(collection.to_owned());
        for part in bare.split('.') {
            let Some(here) = at.take() else { break };
            if self.ended.get(here.as_str()).is_some_and(|gone| gone.contains(part)) {
                met(seen, part, None);
                return None;
            }
            if let Some(now) = self.renames.names.get(&here).and_then(|names| names.get(part)) {
                met(seen, part, Some(now));
            }
            let relation = self.renames.old.get(&here).and_then(|here| here.relation(part));
            at = relation.map(|relation| relation.target.clone());
        }
        Some(self.renames.path(path, collection).0)
    }

    /// A list of paths between commas.
    fn listed(&self, list: &str, collection: &str, seen: &mut Met) -> String {
        let kept = list.split(',').filter(|part| !part.is_empty()).filter_map(|part| {
            let bare = part.trim_start_matches('-');
            let sign = &part[..part.len() - bare.len()];
            Some(format!("{sign}{}", self.path(bare, collection, seen)?))
        });
        kept.collect::<Vec<_>>().join(",")
    }

    /// A condition of a view: `["field","op","text"]`, or a group of them.
    fn node(&self, node: &Json, collection: &str, seen: &mut Met) -> Option<Json> {
        if let Some([Json::String(field), rest @ ..]) = node.as_array().map(Vec::as_slice) {
            let field = self.path(field, collection, seen)?;
            return Some([json!(field)].into_iter().chain(rest.iter().cloned()).collect());
        }
        let Some((join, Json::Array(items))) =
            node.as_object().and_then(|group| group.iter().next())
        else {
            return Some(node.clone());
        };
        let items: Vec<Json> =
            items.iter().filter_map(|item| self.node(item, collection, seen)).collect();
        (!items.is_empty()).then(|| json!({ (join.as_str()): items }))
    }

    /// The document of a view.
    fn view(&self, document: &Json, collection: &str, seen: &mut Met) -> Json {
        let mut document = document.clone();
        let Some(parts) = document.as_object_mut() else { return document };
        for key in ["sort", "columns", "pinned"] {
            if let Some(Json::String(list)) = parts.get_mut(key) {
                *list = self.listed(list, collection, seen);
            }
        }
        if let Some(Json::String(filter)) = parts.get_mut("filter")
            && let Ok(Json::Array(nodes)) = serde_json::from_str::<Json>(filter)
        {
            let nodes: Json =
                nodes.iter().filter_map(|node| self.node(node, collection, seen)).collect();
            *filter = nodes.to_string();
        }
        if let Some(Json::Object(widths)) = parts.get_mut("widths") {
            *widths = std::mem::take(widths)
                .into_iter()
                .filter_map(|(name, width)| Some((self.path(&name, collection, seen)?, width)))
                .collect();
        }
        document
    }

    /// The names that a filter or a body mentions.
    fn mentioned(&self, filter: &Json, collection: &str, seen: &mut Met) {
        match filter {
            Json::Array(list) => {
                list.iter().for_each(|part| self.mentioned(part, collection, seen));
            }
            Json::Object(parts) => {
                for (key, value) in parts {
                    if matches!(key.to_ascii_uppercase().as_str(), "AND" | "OR" | "NOT") {
                        self.mentioned(value, collection, seen);
                        continue;
                    }
                    self.path(key, collection, seen);
                    if let Some(far) = self.renames.path(key, collection).1 {
                        self.mentioned(value, &far, seen);
                    }
                }
            }
            Json::String(text) => {
                let column = text.strip_prefix("$COL(").and_then(|rest| rest.strip_suffix(')'));
                if let Some(column) = column {
                    self.path(column, collection, seen);
                }
            }
            _ => {}
        }
    }
}

fn by_id<'a>(catalog: &'a Catalog, id: &str) -> Option<&'a Arc<Collection>> {
    catalog.collections.values().find(|collection| collection.schema_id() == id)
}

/// What names the things that change between two catalogs.
pub(crate) async fn references(store: &Store, old: &Catalog, next: &Catalog) -> Result<References> {
    let mut found = References::default();
    for was in old.collections.values() {
        let now = by_id(next, was.schema_id()).filter(|now| now.name != was.name);
        found.moved.extend(now.map(|now| (was.name.clone(), now.name.clone())));
    }
    let names = Names::between(old, next);
    if names.is_empty() && found.moved.is_empty() {
        return Ok(found);
    }
    of_permissions(store, &names, &mut found).await?;
    of_views(store, &names, &mut found).await?;
    of_documents(&names, next, &mut found);
    Ok(found)
}

/// Rows whose columns are all read as text.
async fn rows(store: &Store, sqlite: &str, postgres: &str) -> Result<Vec<Vec<Value>>> {
    store.rows(&statement(store.dialect(), sqlite, postgres, Vec::new())).await
}

fn text_of(value: Option<&Value>) -> String {
    value.and_then(Value::as_text).unwrap_or_default().to_owned()
}

fn read(value: Option<&Value>) -> Option<Json> {
    serde_json::from_str(value?.as_text()?).ok()
}

async fn of_permissions(store: &Store, names: &Names<'_>, found: &mut References) -> Result<()> {
    let columns = r#"p."collection", r."name", p."action""#;
    let (sqlite, postgres) = (
        format!(
            r#"SELECT p."id", {columns}, p."fields", p."conditions", p."relConditions", p."defaultValues", p."checkConditions" FROM "baasix_Permission" p LEFT JOIN "baasix_Role" r ON r."id" = p."role_Id" ORDER BY r."name", p."collection", p."action""#
        ),
        format!(
            r#"SELECT p."id"::text, {columns}, p."fields"::text, p."conditions"::text, p."relConditions"::text, p."defaultValues"::text, p."checkConditions"::text FROM "baasix_Permission" p LEFT JOIN "baasix_Role" r ON r."id" = p."role_Id" ORDER BY r."name", p."collection", p."action""#
        ),
    );
    for row in rows(store, &sqlite, &postgres).await? {
        let text = |at: usize| row.get(at).and_then(Value::as_text).unwrap_or_default();
        let (id, collection) = (text(0).to_owned(), text(1).to_owned());
        let (mut listed, mut tested) = (Met::new(), Met::new());
        let fields = read(row.get(4));
        let mut kept: Vec<Json> = Vec::new();
        for pattern in fields.as_ref().and_then(Json::as_array).into_iter().flatten() {
            let path = pattern.as_str().unwrap_or_default();
            kept.extend(names.path(path, &collection, &mut listed).map(Json::String));
        }
        for at in 5..9 {
            if let Some(document) = read(row.get(at)) {
                names.mentioned(&document, &collection, &mut tested);
            }
        }
        let ends = |all: &Met| all.iter().any(|(_, now)| now.is_none());
        // An empty list grants nothing, but it is no longer what was meant either.
        let outcome = if ends(&tested) || (ends(&listed) && kept.is_empty()) {
            Outcome::Breaks
        } else if ends(&listed) {
            Outcome::Offered
        } else {
            Outcome::Follows
        };
        let mut mentions = listed;
        tested.into_iter().for_each(|(name, now)| met(&mut mentions, &name, now.as_deref()));
        if mentions.is_empty() {
            continue;
        }
        if outcome == Outcome::Offered {
            let text = canonical(&Json::Array(kept));
            let stands = fields.as_ref().map(|fields| names.renames.paths(fields, &collection));
            let was = match stands.filter(|now| fields.as_ref() != Some(now)) {
                Some(followed) => canonical(&followed),
                None => text_of(row.get(4)),
            };
            let of = "baasix_Permission";
            found.rewritten.push(Rewritten { collection: of, id: id.clone(), was, text });
        }
        let name = format!("{}: {}", text(2), text(3));
        let kind = ReferenceKind::Permission;
        found.list.push(Reference { kind, collection, id, name, mentions, outcome });
    }
    Ok(())
}

async fn of_views(store: &Store, names: &Names<'_>, found: &mut References) -> Result<()> {
    let page = |after: &str| {
        let rest = format!(r#"ORDER BY "id" LIMIT {PAGE}"#);
        statement(
            store.dialect(),
            &format!(
                r#"SELECT "id", "collectionName", "name", "preferenceData" FROM "baasix_UserPreference" WHERE "id" > ?1 {rest}"#
            ),
            &format!(
                r#"SELECT "id"::text, "collectionName", "name", "preferenceData"::text FROM "baasix_UserPreference" WHERE "id" > $1::text::uuid {rest}"#
            ),
            vec![Value::text(after)],
        )
    };
    let first = found.list.len();
    let mut after = FIRST.to_owned();
    loop {
        let rows = store.rows(&page(&after)).await?;
        for row in &rows {
            of_view(row, names, found);
        }
        match rows.last() {
            Some(last) if rows.len() == PAGE => after = text_of(last.first()),
            _ => break,
        }
    }
    found.list[first..]
        .sort_by(|a, b| (&a.collection, &a.name, &a.id).cmp(&(&b.collection, &b.name, &b.id)));
    Ok(())
}

fn of_view(row: &[Value], names: &Names<'_>, found: &mut References) {
    let text = |at: usize| text_of(row.get(at));
    let (id, collection, name) = (text(0), text(1), text(2));
    let Some(before) = read(row.get(3)) else { return };
    let mut mentions = Met::new();
    let after = names.view(&before, &collection, &mut mentions);
    if !mentions.is_empty() {
        let (was, text) = (text(3), canonical(&after));
        let of = "baasix_UserPreference";
        found.rewritten.push(Rewritten { collection: of, id: id.clone(), was, text });
    }
    if let Some((was, now)) = found.moved.iter().find(|(was, _)| *was == collection) {
        met(&mut mentions, was, Some(now));
    }
    if !mentions.is_empty() {
        let (kind, outcome) = (ReferenceKind::View, Outcome::Offered);
        found.list.push(Reference { kind, collection, id, name, mentions, outcome });
    }
}

/// Computed fields and indexes that name a renamed field: their documents followed already.
fn of_documents(names: &Names<'_>, next: &Catalog, found: &mut References) {
    for (collection, renamed) in &names.renames.names {
        let Some(was) = names.renames.old.get(collection) else { continue };
        let Some(is) = by_id(next, was.schema_id()) else { continue };
        let mut told = |kind, name: &str, mentions: Met| {
            if !mentions.is_empty() {
                let (collection, id, name) = (collection.clone(), name.to_owned(), name.to_owned());
                let outcome = Outcome::Follows;
                found.list.push(Reference { kind, collection, id, name, mentions, outcome });
            }
        };
        for index in was.indexes.iter().filter(|was| is.indexes.iter().any(|i| i.name == was.name))
        {
            let mentions = index
                .fields
                .iter()
                .filter_map(|name| Some((name.clone(), Some(renamed.get(name)?.clone()))));
            told(ReferenceKind::Index, &index.name, mentions.collect());
        }
        for field in is.fields.values() {
            let Some(expression) = &field.computed else { continue };
            let mentions =
                renamed.iter().filter(|(_, now)| super::rename::names_word(expression, now));
            let mentions = mentions.map(|(was, now)| (was.clone(), Some(now.clone())));
            told(ReferenceKind::Computed, &field.name, mentions.collect());
        }
    }
}

impl References {
    /// Those that come back by themselves as they were need nothing more.
    pub(crate) fn without(mut self, back: &HashSet<String>) -> Self {
        self.rewritten.retain(|one| !back.contains(&one.id));
        let stays = |one: &Reference| !self.moved.iter().any(|(was, _)| *was == one.collection);
        for one in self.list.iter_mut().filter(|one| back.contains(&one.id)) {
            if one.outcome == Outcome::Offered && stays(one) {
                one.outcome = Outcome::Follows;
            }
        }
        self
    }

    /// The statements that update what was offered, what they overwrite being kept.
    pub(crate) fn update(
        &self,
        (old, next): (&Catalog, &Catalog),
        dialect: Dialect,
        keeping: &mut Keeping,
    ) -> Vec<Statement> {
        let mut statements = Vec::new();
        // In one statement: names may have been exchanged.
        if !self.moved.is_empty() {
            let all = || self.moved.iter().map(|(from, to)| (sql_text(from), sql_text(to)));
            let names: Vec<String> = all().map(|(from, _)| from).collect();
            let cases: Vec<String> =
                all().map(|(from, to)| format!("WHEN {from} THEN {to}")).collect();
            statements.push(plain(format!(
                r#"UPDATE "baasix_UserPreference" SET "collectionName" = CASE "collectionName" {} END WHERE "collectionName" IN ({})"#,
                cases.join(" "),
                names.join(", ")
            )));
        }
        for (collection, column) in
            [("baasix_Permission", "fields"), ("baasix_UserPreference", "preferenceData")]
        {
            let of_it: Vec<&Rewritten> =
                self.rewritten.iter().filter(|one| one.collection == collection).collect();
            let Some(place) = old.get(collection).filter(|_| !of_it.is_empty()) else { continue };
            let Some(field) = place.fields.get(column) else { continue };
            for one in &of_it {
                let place = (collection, column, one.id.as_str());
                statements.extend(replaced(dialect, place, &one.was, &one.text));
            }
            let table = format!("_kept_{}_{}", next.version, keeping.kept.len());
            let aside = format!("{table}_as_was");
            let (from, name) = (quoted(collection), quoted(column));
            for (at, some) in of_it.chunks(NAMED).enumerate() {
                let ids = some.iter().map(|one| sql_text(&one.id)).collect::<Vec<_>>().join(", ");
                let was = format!(
                    "SELECT \"id\" AS \"key\", {name} AS \"value\" FROM {from} WHERE \"id\" IN ({ids})"
                );
                if at == 0 {
                    keeping.before.extend(copy(dialect, &aside, &["key", "value"], &was));
                } else {
                    keeping.before.push(plain(format!("INSERT INTO {} {was}", quoted(&aside))));
                }
            }
            keeping.tables.insert(collection.to_owned());
            let became = format!(
                "SELECT b.\"key\", b.\"value\", t.{name} AS \"became\" FROM {} b JOIN {from} t ON t.\"id\" = b.\"key\"",
                quoted(&aside)
            );
            keeping.after.extend(copy(dialect, &table, &["key", "value", "became"], &became));
            keeping.after.push(plain(format!("DROP TABLE {}", quoted(&aside))));
            let what = What::Texts(field.id.clone());
            let collection = place.schema_id().to_owned();
            keeping.kept.push(Kept { table, collection, what });
        }
        statements
    }
}
