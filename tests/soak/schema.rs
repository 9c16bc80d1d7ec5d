//! Collections with rows in them, changed by chance. After each change the records are what a model
//! says, the two stores agree, and planning the same documents again finds nothing to do.

use super::Span;
use super::chance::Chance;
use super::question::Reached;
use crate::harness::{Answer, App, Kind};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// Changes per round.
const CHANGES: usize = 14;

const KINDS: [&str; 6] = ["Integer", "BigInt", "String", "Boolean", "Date", "Decimal"];

#[derive(Clone)]
struct Column {
    kind: &'static str,
    required: bool,
    unique: bool,
}

/// What the collection should hold.
#[derive(Clone)]
struct Model {
    name: String,
    columns: BTreeMap<String, Column>,
    rows: BTreeMap<u64, BTreeMap<String, Json>>,
    /// Rows of the far collection, and whether the relation to it stands.
    others: Vec<u64>,
    related: bool,
    named: usize,
}

/// One staged change of a column.
#[derive(Debug)]
enum Change {
    Add(String, &'static str, Json),
    Drop(String),
    Rename(String, String),
    Retype(String, &'static str),
    Require(String),
    Relax(String),
    Single(String),
}

/// What a conversion makes of a value; `None` where it must be refused.
fn converted(value: &Json, to: &str) -> Option<Json> {
    let text = match value {
        Json::Null => return Some(Json::Null),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    match to {
        "String" => Some(json!(text)),
        "Integer" => text.parse::<i32>().ok().map(|number| json!(number)),
        "BigInt" => text.parse::<i64>().ok().map(|number| json!(number)),
        "Date" => {
            let date = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
            date.then(|| json!(text))
        }
        "Boolean" => match text.as_str() {
            "true" | "1" => Some(json!(true)),
            "false" | "0" => Some(json!(false)),
            _ => None,
        },
        _ => None,
    }
}

/// Conversions that the model knows; others are compared between the stores only.
fn is_known(from: &str, to: &str) -> bool {
    matches!(
        (from, to),
        ("Integer" | "BigInt" | "Boolean" | "Date", "String")
            | ("Integer", "BigInt")
            | ("BigInt", "Integer")
            | ("String", "Integer" | "BigInt" | "Date")
    )
}

fn value(kind: &str, chance: &mut Chance) -> Json {
    if chance.one_in(5) {
        return Json::Null;
    }
    match kind {
        "Integer" => json!(chance.below(40)),
        "BigInt" => json!([1, 2, 7, 40, 3_000_000_000_u64, 9_007_199_254_740_993][chance.below(6)]),
        "Boolean" => json!(chance.one_in(2)),
        "Date" => json!(chance.pick(&["2024-01-02", "1999-12-31", "2024-02-29"])),
        "Decimal" => super::values::parse(chance.pick(&["1.50", "-2.00", "10.25", "0.00", "7.00"])),
        _ if chance.one_in(3) => json!(chance.pick(&["abc", "ä", "O'Brien", "2024-01-02", "x\"y"])),
        _ => json!(chance.below(90).to_string()),
    }
}

fn definition(column: &Column) -> Json {
    let mut all = json!({ "type": column.kind });
    if column.kind == "Decimal" {
        all["values"] = json!({ "precision": 12, "scale": 2 });
    }
    if column.required {
        all["allowNull"] = json!(false);
    }
    if column.unique {
        all["unique"] = json!(true);
    }
    all
}

impl Model {
    fn new(chance: &mut Chance) -> Self {
        let mut columns = BTreeMap::new();
        for n in 0..chance.between(2, 4) {
            let kind = KINDS[chance.below(KINDS.len())];
            columns.insert(format!("c{n}"), Column { kind, required: false, unique: false });
        }
        Self {
            name: String::from("things"),
            columns,
            rows: BTreeMap::new(),
            others: vec![1, 2, 3],
            related: false,
            named: 9,
        }
    }

    fn fresh(&mut self) -> String {
        self.named += 1;
        format!("c{}", self.named)
    }

    fn staged(&mut self, chance: &mut Chance) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut left: Vec<String> = self.columns.keys().cloned().collect();
        for _ in 0..chance.between(1, 3) {
            if left.is_empty() || chance.one_in(4) {
                let kind = KINDS[chance.below(KINDS.len())];
                let default = if chance.one_in(2) { value(kind, chance) } else { Json::Null };
                changes.push(Change::Add(self.fresh(), kind, default));
                continue;
            }
            let name = left.swap_remove(chance.below(left.len()));
            changes.push(match chance.below(9) {
                0 => Change::Drop(name),
                1 | 2 => Change::Rename(name, self.fresh()),
                3..=5 => Change::Retype(name, KINDS[chance.below(KINDS.len())]),
                6 => Change::Require(name),
                7 => Change::Relax(name),
                _ => Change::Single(name),
            });
        }
        changes
    }

    /// The model after the changes; `Err(true)` when they must be refused, `Err(false)` when the
    /// model cannot tell.
    fn changed(&self, changes: &[Change]) -> Result<Self, bool> {
        let mut next = self.clone();
        let mut known = true;
        for change in changes {
            match change {
                Change::Add(name, kind, default) => {
                    next.columns
                        .insert(name.clone(), Column { kind, required: false, unique: false });
                    for row in next.rows.values_mut() {
                        row.insert(name.clone(), default.clone());
                    }
                }
                Change::Drop(name) => {
                    next.columns.remove(name);
                    next.rows.values_mut().for_each(|row| drop(row.remove(name)));
                }
                Change::Rename(from, to) => {
                    let column = next.columns.remove(from).expect("a column");
                    next.columns.insert(to.clone(), column);
                    for row in next.rows.values_mut() {
                        let value = row.remove(from).unwrap_or_default();
                        row.insert(to.clone(), value);
                    }
                }
                Change::Retype(name, kind) => {
                    let column = next.columns.get_mut(name).expect("a column");
                    known &= column.kind == *kind || is_known(column.kind, kind);
                    if column.kind != *kind {
                        for row in next.rows.values_mut() {
                            let value = row.entry(name.clone()).or_default();
                            match converted(value, kind) {
                                Some(made) => *value = made,
                                None if known => return Err(true),
                                None => {}
                            }
                        }
                    }
                    column.kind = kind;
                }
                Change::Require(name) => {
                    next.columns.get_mut(name).expect("a column").required = true
                }
                Change::Relax(name) => {
                    let column = next.columns.get_mut(name).expect("a column");
                    (column.required, column.unique) = (false, false);
                }
                Change::Single(name) => next.columns.get_mut(name).expect("a column").unique = true,
            }
        }
        if !known {
            return Err(false);
        }
        let keeps = next.columns.iter().all(|(name, column)| next.column_keeps(name, column));
        if keeps { Ok(next) } else { Err(true) }
    }

    fn column_keeps(&self, name: &str, column: &Column) -> bool {
        let values: Vec<&Json> = self.rows.values().filter_map(|row| row.get(name)).collect();
        let nulls = values.iter().filter(|value| value.is_null()).count();
        let mut set: Vec<String> =
            values.iter().filter(|value| !value.is_null()).map(|value| value.to_string()).collect();
        let all = set.len();
        set.sort();
        set.dedup();
        !(column.required && nulls > 0 || column.unique && set.len() < all)
    }

    fn accepts(&self, id: u64, row: &BTreeMap<String, Json>) -> bool {
        self.columns.iter().all(|(name, column)| {
            let value = row.get(name).cloned().unwrap_or_default();
            let taken =
                self.rows.iter().any(|(other, row)| *other != id && row.get(name) == Some(&value));
            !(column.required && value.is_null() || column.unique && !value.is_null() && taken)
        })
    }

    /// What a list of everything should answer.
    fn listed(&self) -> Json {
        let rows = self.rows.iter().map(|(id, row)| {
            let mut whole: Map<String, Json> = Map::new();
            whole.insert(String::from("id"), json!(id));
            whole.extend(row.iter().map(|(name, value)| (name.clone(), value.clone())));
            Json::Object(whole)
        });
        Json::Array(rows.collect())
    }

    /// The columns to be asked for, in the order of [`Self::listed`].
    fn fields(&self) -> Vec<String> {
        let mut fields = vec![String::from("id")];
        let mut names: Vec<String> = self.columns.keys().cloned().collect();
        if self.related {
            names.push(String::from("other_id"));
            names.sort();
        }
        fields.extend(names);
        fields
    }
}

struct Stores {
    apps: [App; 2],
    again: String,
    trail: Vec<String>,
}

impl Stores {
    #[track_caller]
    fn fail(&self, why: &str) -> ! {
        panic!("{why}\n{}\n{}", self.again, self.trail.join("\n"));
    }

    /// The schema of the collection on one store.
    async fn document(&self, at: usize, name: &str) -> Json {
        let answer = self.apps[at].admin().get(&format!("/schemas/{name}")).await;
        answer.expect_status(200).body["data"]["schema"].clone()
    }

    /// One request on both that must have one outcome.
    async fn both(&mut self, method: &str, path: &str, body: Json) -> Answer {
        self.trail.push(format!("{method} {path} {body}"));
        let mut answers = Vec::new();
        for app in &self.apps {
            let admin = app.admin();
            answers.push(match method {
                "POST" => admin.post(path, body.clone()).await,
                "PATCH" => admin.patch(path, body.clone()).await,
                _ => admin.delete(path).await,
            });
        }
        let (b, a) = (answers.pop().expect("two"), answers.pop().expect("two"));
        if a.status != b.status || a.code() != b.code() || a.status >= 500 {
            self.fail(&format!("{method} {path}\n sqlite {}\n postgres {}", a.text, b.text));
        }
        a
    }

    /// Plans and applies on both; whether it was accepted.
    async fn apply(&mut self, model: &Model, changes: &[Change], renamed: Option<&str>) -> bool {
        self.trail.push(format!("{changes:?} as {renamed:?}"));
        let mut outcomes = Vec::new();
        for (at, app) in self.apps.iter().enumerate() {
            let mut schema = self.document(at, &model.name).await;
            alter(&mut schema, changes, model);
            let mut entry =
                json!({ "collectionName": renamed.unwrap_or(&model.name), "schema": schema });
            if renamed.is_some() {
                entry["was"] = json!(model.name);
            }
            let mut body = json!({ "collections": [entry], "drop": [] });
            let plan = app.admin().post("/schemas/plan", body.clone()).await;
            let mut last = plan;
            if last.status == 200 {
                body["token"] = last.body["data"]["token"].clone();
                last = app.admin().post("/schemas/apply", body).await;
            }
            outcomes.push(last);
        }
        let (b, a) = (outcomes.pop().expect("two"), outcomes.pop().expect("two"));
        let refused = (a.status, a.code().to_owned());
        if refused != (b.status, b.code().to_owned()) || a.status >= 500 {
            self.fail(&format!("one plan, two outcomes\n sqlite {}\n postgres {}", a.text, b.text));
        }
        self.trail.push(format!(
            "  {} {}",
            a.status,
            if a.status == 200 { "" } else { a.message() }
        ));
        a.status == 200
    }

    /// The records are what the model says, on both, and planning again finds nothing.
    async fn check(&self, model: &Model) {
        let expected = model.listed().to_string();
        for (at, app) in self.apps.iter().enumerate() {
            let parameters = json!({ "fields": model.fields(), "sort": "id" });
            let found = Json::Array(app.admin().rows(&model.name, parameters).await).to_string();
            if found != expected {
                self.fail(&format!("{:?}\n found    {found}\n expected {expected}", app.kind));
            }
            let schema = self.document(at, &model.name).await;
            let body = json!({ "collections": [{ "collectionName": model.name, "schema": schema }], "drop": [] });
            let plan = app.admin().post("/schemas/plan", body).await;
            if plan.status != 200 || plan.body["data"]["steps"] != json!([]) {
                self.fail(&format!("{:?}: planned again: {}", app.kind, plan.text));
            }
        }
        let (a, b) = (self.document(0, &model.name).await, self.document(1, &model.name).await);
        if nameless(a.clone()) != nameless(b.clone()) {
            self.fail(&format!("two documents\n sqlite   {a}\n postgres {b}"));
        }
    }

    /// Takes over what both stores made of a conversion that the model does not know.
    async fn learn(&self, model: &mut Model) {
        let mut lists = Vec::new();
        for app in &self.apps {
            lists.push(
                app.admin()
                    .rows(&model.name, json!({ "fields": model.fields(), "sort": "id" }))
                    .await,
            );
        }
        let (b, a) = (lists.pop().expect("two"), lists.pop().expect("two"));
        if a != b {
            self.fail(&format!("two conversions\n sqlite   {}\n postgres {}", json!(a), json!(b)));
        }
        for row in a {
            let id = row["id"].as_u64().expect("a key");
            let mut values: BTreeMap<String, Json> =
                row.as_object().expect("a row").clone().into_iter().collect();
            values.remove("id");
            model.rows.insert(id, values);
        }
    }
}

/// A document without the ids of it and its fields, which each store hands out by itself.
fn nameless(mut schema: Json) -> Json {
    schema.as_object_mut().map(|schema| schema.shift_remove("schemaId"));
    for (_, field) in schema["fields"].as_object_mut().into_iter().flatten() {
        field.as_object_mut().map(|field| field.shift_remove("fieldId"));
    }
    schema
}

/// Writes the changes into a document.
fn alter(schema: &mut Json, changes: &[Change], model: &Model) {
    let fields = schema["fields"].as_object_mut().expect("fields");
    let again = |fields: &mut Map<String, Json>, name: &str, column: Column| {
        let id = fields[name]["fieldId"].clone();
        fields[name] = definition(&column);
        fields[name]["fieldId"] = id;
    };
    for change in changes {
        match change {
            Change::Add(name, kind, default) => {
                let mut field = definition(&Column { kind, required: false, unique: false });
                if !default.is_null() {
                    field["defaultValue"] = default.clone();
                }
                fields.insert(name.clone(), field);
            }
            Change::Drop(name) => drop(fields.shift_remove(name)),
            Change::Rename(from, to) => {
                let field = fields.shift_remove(from).expect("a field");
                fields.insert(to.clone(), field);
            }
            Change::Retype(name, kind) => {
                again(fields, name, Column { kind, ..model.columns[name].clone() })
            }
            Change::Require(name) => {
                again(fields, name, Column { required: true, ..model.columns[name].clone() })
            }
            Change::Relax(name) => again(
                fields,
                name,
                Column { required: false, unique: false, ..model.columns[name].clone() },
            ),
            Change::Single(name) => {
                again(fields, name, Column { unique: true, ..model.columns[name].clone() })
            }
        }
    }
}

async fn write(stores: &mut Stores, model: &mut Model, chance: &mut Chance) {
    let ids: Vec<u64> = model.rows.keys().copied().collect();
    let id = if !ids.is_empty() && chance.one_in(3) {
        *chance.of(&ids)
    } else {
        ids.last().map_or(1, |last| last + 1)
    };
    let known = model.rows.contains_key(&id);
    let mut row: BTreeMap<String, Json> = model
        .columns
        .iter()
        .map(|(name, column)| (name.clone(), value(column.kind, chance)))
        .collect();
    if model.related {
        let other = if chance.one_in(3) || model.others.is_empty() {
            Json::Null
        } else {
            json!(chance.of(&model.others))
        };
        row.insert(String::from("other_id"), other);
    }
    let mut body = json!(row);
    let (method, path) = if known {
        ("PATCH", format!("/items/{}/{id}", model.name))
    } else {
        ("POST", format!("/items/{}", model.name))
    };
    if !known {
        body["id"] = json!(id);
    }
    let answer = stores.both(method, &path, body).await;
    let accepted = answer.status < 300;
    if accepted != model.accepts(id, &row) {
        stores.fail(&format!("the model thinks otherwise: {}", answer.text));
    }
    if accepted {
        model.rows.insert(id, row);
    }
}

/// The relation comes or goes, or a far row is removed.
async fn relate(stores: &mut Stores, model: &mut Model, chance: &mut Chance) {
    let path = format!("/schemas/{}/relationships", model.name);
    if !model.related {
        let body = json!({ "type": "M2O", "target": "others", "name": "other", "alias": "things", "onDelete": "SET NULL" });
        stores.both("POST", &path, body).await.expect_status(201);
        model.related = true;
        model
            .rows
            .values_mut()
            .for_each(|row| drop(row.insert(String::from("other_id"), Json::Null)));
    } else if chance.one_in(2) && !model.others.is_empty() {
        let gone = model.others.swap_remove(chance.below(model.others.len()));
        stores
            .both("DELETE", &format!("/items/others/{gone}"), Json::Null)
            .await
            .expect_status(200);
        for row in model.rows.values_mut() {
            if row.get("other_id") == Some(&json!(gone)) {
                row.insert(String::from("other_id"), Json::Null);
            }
        }
    } else {
        stores.both("DELETE", &format!("{path}/other"), Json::Null).await.expect_status(200);
        model.related = false;
        model.rows.values_mut().for_each(|row| drop(row.remove("other_id")));
    }
}

async fn round(seed: u64, again: String, reached: &mut Reached) {
    let chance = &mut Chance::new(seed);
    let mut model = Model::new(chance);
    let apps = [App::start(Kind::Sqlite).await, App::start(Kind::Postgres).await];
    let mut fields = json!({ "id": { "type": "Integer", "primaryKey": true } });
    for (name, column) in &model.columns {
        fields[name] = definition(column);
    }
    for app in &apps {
        app.collection("things", json!({ "timestamps": false, "fields": fields })).await;
        app.collection("others", json!({ "timestamps": false, "fields": { "id": { "type": "Integer", "primaryKey": true } } })).await;
        app.admin()
            .post("/items/others/bulk", json!([{ "id": 1 }, { "id": 2 }, { "id": 3 }]))
            .await
            .expect_status(201);
    }
    let mut stores = Stores { apps, again, trail: vec![fields.to_string()] };
    for _ in 0..CHANGES {
        for _ in 0..chance.below(4) {
            write(&mut stores, &mut model, chance).await;
        }
        if chance.one_in(5) {
            reached.count("relation");
            relate(&mut stores, &mut model, chance).await;
            stores.check(&model).await;
            continue;
        }
        let changes = model.staged(chance);
        let renamed =
            if chance.one_in(8) { Some(format!("things{}", chance.below(90))) } else { None };
        let renamed = renamed.filter(|name| *name != model.name);
        for change in &changes {
            reached.count(format!("{change:?}").split('(').next().unwrap_or_default());
        }
        let accepted = stores.apply(&model, &changes, renamed.as_deref()).await;
        reached.count(if accepted { "applied" } else { "refused" });
        let expected = model.changed(&changes);
        match (accepted, expected) {
            (true, Ok(next)) => model = next,
            (true, Err(false)) => {
                follow(&mut model, &changes);
                model.name = renamed.clone().unwrap_or(model.name);
                stores.learn(&mut model).await;
            }
            (false, Err(_)) => {}
            (true, Err(true)) => stores.fail("the rows do not obey it, and it was applied"),
            (false, Ok(_)) => stores.fail("the rows obey it, and it was refused"),
        }
        if accepted && let Some(name) = renamed {
            model.name = name;
        }
        stores.check(&model).await;
    }
    for app in stores.apps {
        app.stop().await;
    }
}

/// The columns after changes whose values the model does not know.
fn follow(model: &mut Model, changes: &[Change]) {
    let rows = std::mem::take(&mut model.rows);
    let mut plain = Vec::new();
    for change in changes {
        if let Change::Retype(name, kind) = change {
            model.columns.get_mut(name).expect("a column").kind = kind;
        } else {
            plain.push(change);
        }
    }
    for change in plain {
        if let Ok(next) = model.changed(std::slice::from_ref(change)) {
            *model = next;
        }
    }
    model.rows = rows;
}

#[tokio::test]
async fn rows_survive_every_change_of_their_collection() {
    if App::postgres_is_missing() {
        return;
    }
    let span = Span::of("schema", 3);
    let mut reached = Reached::default();
    for seed in span.seeds() {
        round(seed, span.again(seed), &mut reached).await;
    }
    println!("reached: {}", reached.shown());
    for what in
        ["Add", "Drop", "Rename", "Retype", "Require", "Single", "relation", "applied", "refused"]
    {
        assert!(reached.times(what) > 0, "never reached: {what}");
    }
}
