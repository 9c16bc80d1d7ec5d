//! Roles of chance against an evaluator of its own: which records and which fields a caller sees,
//! and which writes are allowed. The evaluator shares no line with the server.

use super::Span;
use super::chance::Chance;
use super::question::Reached;
use crate::harness::{App, Kind, Person};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// Requests per role.
const REQUESTS: usize = 40;
const COLUMNS: [&str; 4] = ["title", "state", "rank", "owner"];

type Row = BTreeMap<&'static str, Json>;

/// What a role may do with one action: on which records, with which fields.
#[derive(Clone)]
struct Grant {
    fields: Option<Vec<&'static str>>,
    condition: Json,
    defaults: Json,
}

/// The evaluator: records by id, and the grants of one role on two collections.
struct Oracle {
    posts: BTreeMap<u64, Row>,
    notes: BTreeMap<u64, (Option<u64>, i64)>,
    grants: BTreeMap<&'static str, Grant>,
    /// The condition on reading notes, if the role may read them.
    note_grant: Option<Json>,
    user: String,
}

/// SQL's truth: `None` is unknown.
fn holds(filter: &Json, row: &Row, user: &str) -> Option<bool> {
    let mut all = Some(true);
    for (key, test) in filter.as_object().into_iter().flatten() {
        let one = match key.as_str() {
            "AND" => every(test, row, user, false),
            "OR" => every(test, row, user, true),
            "NOT" => holds(test, row, user).map(|truth| !truth),
            column => compared(row.get(column).unwrap_or(&Json::Null), test, user),
        };
        all = match (all, one) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
    }
    all
}

fn every(parts: &Json, row: &Row, user: &str, any: bool) -> Option<bool> {
    let truths: Vec<Option<bool>> =
        parts.as_array().into_iter().flatten().map(|part| holds(part, row, user)).collect();
    if truths.contains(&Some(any)) {
        Some(any)
    } else if truths.contains(&None) {
        None
    } else {
        Some(!any)
    }
}

fn compared(value: &Json, test: &Json, user: &str) -> Option<bool> {
    let (operator, operand) =
        test.as_object().and_then(|test| test.iter().next()).expect("one operator");
    let operand = if operand == "$CURRENT_USER" { json!(user) } else { operand.clone() };
    if operator == "isNull" {
        return Some(value.is_null() == (operand == json!(true)));
    }
    if value.is_null() {
        return None;
    }
    let number = |json: &Json| json.as_i64();
    Some(match operator.as_str() {
        "eq" => *value == operand,
        "ne" => *value != operand,
        "in" => operand.as_array().is_some_and(|list| list.contains(value)),
        "gt" => number(value) > number(&operand),
        "lte" => number(value) <= number(&operand),
        "startsWiths" => {
            value.as_str().unwrap_or_default().starts_with(operand.as_str().unwrap_or_default())
        }
        other => panic!("the evaluator does not know `{other}`"),
    })
}

fn condition(depth: usize, columns: &[&'static str], chance: &mut Chance) -> Json {
    if depth > 0 && chance.one_in(3) {
        let parts: Vec<Json> =
            (0..chance.between(1, 3)).map(|_| condition(depth - 1, columns, chance)).collect();
        return match chance.below(3) {
            0 => json!({ "AND": parts }),
            1 => json!({ "OR": parts }),
            _ => json!({ "NOT": parts[0] }),
        };
    }
    let column = chance.pick(columns);
    let test = match column {
        "rank" => match chance.below(4) {
            0 => json!({ "gt": chance.below(6) }),
            1 => json!({ "lte": chance.below(6) }),
            2 => json!({ "in": [chance.below(6), chance.below(6)] }),
            _ => json!({ "isNull": chance.one_in(2) }),
        },
        "owner" => {
            json!({ chance.pick(&["eq", "ne"]): chance.pick(&["$CURRENT_USER", "somebody"]) })
        }
        "state" => json!({ chance.pick(&["eq", "ne"]): chance.pick(&["draft", "live"]) }),
        _ => json!({ "startsWiths": chance.pick(&["a", "b", ""]) }),
    };
    json!({ column: test })
}

fn row(user: &str, chance: &mut Chance) -> Row {
    let mut row = Row::new();
    row.insert("title", json!(chance.pick(&["apple", "avocado", "banana", "berry", "cherry"])));
    row.insert(
        "state",
        if chance.one_in(5) { Json::Null } else { json!(chance.pick(&["draft", "live"])) },
    );
    row.insert("rank", if chance.one_in(5) { Json::Null } else { json!(chance.below(6)) });
    row.insert("owner", chance.of(&[json!(user), json!("somebody"), Json::Null]).clone());
    row
}

impl Grant {
    fn new(action: &str, chance: &mut Chance) -> Self {
        let fields = (!chance.one_in(2)).then(|| {
            let mut some = chance.some(&COLUMNS, 4).into_iter().copied().collect::<BTreeSet<_>>();
            some.insert(*chance.of(&COLUMNS));
            some.into_iter().collect()
        });
        let condition = if chance.one_in(4) { Json::Null } else { condition(2, &COLUMNS, chance) };
        let defaults = if matches!(action, "create" | "update") && chance.one_in(3) {
            json!({ "owner": "$CURRENT_USER" })
        } else {
            Json::Null
        };
        Self { fields, condition, defaults }
    }

    fn may_use(&self, column: &str) -> bool {
        self.fields.as_ref().is_none_or(|fields| fields.contains(&column))
    }

    fn allows(&self, row: &Row, user: &str) -> bool {
        self.condition.is_null() || holds(&self.condition, row, user) == Some(true)
    }

    fn body(&self, action: &str) -> Json {
        let fields = match &self.fields {
            None => json!(["*"]),
            Some(fields) => json!(fields),
        };
        let mut body = json!({ "collection": "posts", "action": action, "fields": fields });
        if !self.condition.is_null() {
            body["conditions"] = self.condition.clone();
        }
        if !self.defaults.is_null() {
            body["defaultValues"] = self.defaults.clone();
        }
        body
    }
}

impl Oracle {
    fn seen(&self) -> Vec<u64> {
        let Some(grant) = self.grants.get("read") else { return Vec::new() };
        self.posts
            .iter()
            .filter(|(_, row)| grant.allows(row, &self.user))
            .map(|(id, _)| *id)
            .collect()
    }

    /// What a record looks like to the role.
    fn shown(&self, id: u64) -> Json {
        let mut shown = Map::new();
        shown.insert(String::from("id"), json!(id));
        for column in COLUMNS {
            if self.grants["read"].may_use(column) {
                shown.insert(column.to_owned(), self.posts[&id][column].clone());
            }
        }
        Json::Object(shown)
    }

    /// The body as it would be written: what the grant fills in stands under what was sent.
    fn filled(&self, action: &str, body: &Row) -> Row {
        let mut filled = body.clone();
        if !self.grants[action].defaults.is_null() {
            filled.entry("owner").or_insert_with(|| json!(self.user));
        }
        filled
    }
}

struct Trial {
    app: App,
    person: Person,
    oracle: Oracle,
    story: Vec<String>,
}

impl Trial {
    fn fail(&self, why: &str) -> ! {
        panic!("{:?}: {why}\n{}", self.app.kind, self.story.join("\n"));
    }

    async fn start(kind: Kind, seed: u64, again: String) -> Self {
        let chance = &mut Chance::new(seed);
        let app = App::start(kind).await;
        let text = json!({ "type": "String" });
        let key = json!({ "type": "Integer", "primaryKey": true });
        let counted = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
        let posts = json!({ "id": counted, "title": text, "state": text, "rank": { "type": "Integer" }, "owner": text });
        app.collection("posts", json!({ "timestamps": false, "fields": posts })).await;
        let notes = json!({ "id": key, "stars": { "type": "Integer" } });
        app.collection("notes", json!({ "timestamps": false, "fields": notes })).await;
        app.relation(
            "notes",
            json!({ "type": "M2O", "target": "posts", "name": "post", "alias": "notes" }),
        )
        .await;
        let mut grants = BTreeMap::new();
        let mut rows = Vec::new();
        for action in ["read", "create", "update", "delete"] {
            if action == "read" && !chance.one_in(8) || chance.one_in(2) {
                let grant = Grant::new(action, chance);
                rows.push(grant.body(action));
                grants.insert(action, grant);
            }
        }
        let note_grant = chance.one_in(2).then(|| json!({ "stars": { "gt": chance.below(4) } }));
        if let Some(condition) = &note_grant {
            rows.push(json!({ "collection": "notes", "action": "read", "fields": ["*"], "conditions": condition }));
        }
        let mut story = vec![again];
        story.extend(rows.iter().map(Json::to_string));
        let person = app.with_grants("Tried", &rows).await;
        let user = person.user_id.clone().expect("a user");
        let mut oracle =
            Oracle { posts: BTreeMap::new(), notes: BTreeMap::new(), grants, note_grant, user };
        for id in 1..=14 {
            oracle.posts.insert(id, row(&oracle.user, chance));
            app.admin().create("posts", json!(oracle.posts[&id])).await;
        }
        for id in 1..=20 {
            let post = (!chance.one_in(5)).then(|| 1 + chance.below(14) as u64);
            let stars = i64::try_from(chance.below(6)).unwrap_or(0);
            oracle.notes.insert(id, (post, stars));
            app.admin().create("notes", json!({ "id": id, "stars": stars, "post_id": post })).await;
        }
        Self { app, person, oracle, story }
    }

    async fn read(&mut self, chance: &mut Chance, reached: &mut Reached) {
        let readable = self.oracle.grants.get("read").cloned();
        let filter = condition(2, &COLUMNS, chance);
        self.story.push(format!("read {filter}"));
        let answer = self.person.find("posts", json!({ "filter": filter, "sort": "id" })).await;
        let Some(grant) = readable else {
            reached.count("read without a grant");
            if answer.status != 403 {
                self.fail(&format!("without a grant: {}", answer.text));
            }
            return;
        };
        let named = COLUMNS.iter().any(|column| {
            filter.to_string().contains(&format!("\"{column}\"")) && !grant.may_use(column)
        });
        if named {
            reached.count("filter on a hidden field");
            if (answer.status, answer.code()) != (400, "UNKNOWN_FIELD") {
                self.fail(&format!("a hidden field in a filter: {}", answer.text));
            }
            return;
        }
        let seen =
            self.oracle.seen().into_iter().filter(|id| {
                holds(&filter, &self.oracle.posts[id], &self.oracle.user) == Some(true)
            });
        let expected: Vec<Json> = seen.map(|id| self.oracle.shown(id)).collect();
        reached.count(if expected.is_empty() { "read nothing" } else { "read records" });
        if answer.body["data"] != json!(expected)
            || answer.body["totalCount"] != json!(expected.len())
        {
            self.fail(&format!("read {}\n expected {}", answer.text, json!(expected)));
        }
    }

    async fn one(&mut self, chance: &mut Chance, reached: &mut Reached) {
        let id = 1 + chance.below(20) as u64;
        self.story.push(format!("read {id}"));
        let answer = self.person.get(&format!("/items/posts/{id}")).await;
        let seen = self.oracle.seen().contains(&id);
        reached.count(if seen { "one seen" } else { "one hidden" });
        let right =
            if seen { answer.body["data"] == self.oracle.shown(id) } else { answer.status == 403 };
        if !right {
            self.fail(&format!("record {id}, seen {seen}: {}", answer.text));
        }
    }

    /// Notes through the post, and posts through their notes.
    async fn related(&mut self, reached: &mut Reached) {
        if !self.oracle.grants.contains_key("read") {
            return;
        }
        self.story.push(String::from("related"));
        let parameters = json!({ "fields": ["id", "notes.stars"], "sort": "id" });
        let answer = self.person.find("posts", parameters).await;
        let expected: Vec<Json> = self
            .oracle
            .seen()
            .into_iter()
            .map(|id| {
                let Some(condition) = &self.oracle.note_grant else { return json!({ "id": id }) };
                let least = condition["stars"]["gt"].as_i64().expect("a number");
                let notes: Vec<Json> = self
                    .oracle
                    .notes
                    .iter()
                    .filter(|(_, (post, stars))| *post == Some(id) && *stars > least)
                    .map(|(note, (_, stars))| json!({ "id": note, "stars": stars }))
                    .collect();
                json!({ "id": id, "notes": notes })
            })
            .collect();
        reached.count("related");
        if answer.body["data"] != json!(expected) {
            self.fail(&format!("related {}\n expected {}", answer.text, json!(expected)));
        }
        let Some(condition) = self.oracle.note_grant.clone() else { return };
        let least = condition["stars"]["gt"].as_i64().expect("a number");
        let seen = self.oracle.seen();
        let answer =
            self.person.find("notes", json!({ "fields": ["id", "post.id"], "sort": "id" })).await;
        let expected: Vec<Json> = self
            .oracle
            .notes
            .iter()
            .filter(|(_, (_, stars))| *stars > least)
            .map(|(note, (post, _))| {
                let post = post.filter(|post| seen.contains(post)).map(|id| json!({ "id": id }));
                json!({ "id": note, "post": post })
            })
            .collect();
        if answer.body["data"] != json!(expected) {
            self.fail(&format!("notes {}\n expected {}", answer.text, json!(expected)));
        }
    }

    async fn write(&mut self, chance: &mut Chance, reached: &mut Reached) {
        let user = self.oracle.user.clone();
        let action = chance.pick(&["create", "update", "delete"]);
        let whole = row(&user, chance);
        let mut body: Row = chance
            .some(&COLUMNS, 3)
            .into_iter()
            .map(|column| (*column, whole[column].clone()))
            .collect();
        body.entry("title").or_insert_with(|| json!("apple"));
        let id = 1 + chance.below(16) as u64;
        self.story.push(format!("{action} {id} {}", json!(body)));
        let path = format!("/items/posts/{id}");
        let before = self.oracle.posts.get(&id).cloned();
        let answer = match action {
            "create" => self.person.post("/items/posts", json!(body)).await,
            "update" => self.person.patch(&path, json!(body)).await,
            _ => self.person.delete(&path).await,
        };
        let allowed = self.judged(action, before.as_ref(), &body);
        reached.count(&format!("{action} {}", if allowed { "allowed" } else { "refused" }));
        if allowed != (answer.status < 300) || (!allowed && answer.status != 403) {
            self.fail(&format!(
                "{action} of {before:?}, allowed {allowed}: {} {}",
                answer.status, answer.text
            ));
        }
        match action {
            "create" if allowed => {
                let mut made: Row = COLUMNS.iter().map(|column| (*column, Json::Null)).collect();
                made.extend(self.oracle.filled("create", &body));
                let id = answer.body["data"]["id"].as_u64().expect("a key");
                self.oracle.posts.insert(id, made);
            }
            "update" if allowed => {
                let filled = self.oracle.filled("update", &body);
                self.oracle.posts.get_mut(&id).expect("a record").extend(filled);
            }
            "delete" if allowed => {
                self.oracle.posts.remove(&id);
                self.oracle.notes.retain(|_, (post, _)| *post != Some(id));
            }
            _ => {}
        }
        let found = self.app.admin().rows("posts", json!({ "sort": "id" })).await;
        let expected: Vec<Json> = self
            .oracle
            .posts
            .iter()
            .map(|(id, row)| {
                let mut whole = json!({ "id": id });
                for column in COLUMNS {
                    whole[column] = row[column].clone();
                }
                whole
            })
            .collect();
        if json!(found) != json!(expected) {
            self.fail(&format!("stored {}\n expected {}", json!(found), json!(expected)));
        }
    }

    fn judged(&self, action: &str, before: Option<&Row>, body: &Row) -> bool {
        let Some(grant) = self.oracle.grants.get(action) else { return false };
        let user = &self.oracle.user;
        match action {
            "delete" => before.is_some_and(|row| grant.allows(row, user)),
            "update" => {
                let Some(row) = before else { return false };
                let mut after = row.clone();
                after.extend(self.oracle.filled("update", body));
                grant.allows(row, user)
                    && grant.allows(&after, user)
                    && body.keys().all(|column| grant.may_use(column))
            }
            _ => {
                let mut made: Row = COLUMNS.iter().map(|column| (*column, Json::Null)).collect();
                made.extend(self.oracle.filled("create", body));
                grant.allows(&made, user) && body.keys().all(|column| grant.may_use(column))
            }
        }
    }
}

async fn round(kind: Kind, seed: u64, again: String, reached: &mut Reached) {
    let mut trial = Trial::start(kind, seed, again).await;
    let chance = &mut Chance::new(seed ^ 0x5EED);
    for _ in 0..REQUESTS {
        match chance.below(8) {
            0..=2 => trial.read(chance, reached).await,
            3 => trial.one(chance, reached).await,
            4 => trial.related(reached).await,
            _ => trial.write(chance, reached).await,
        }
    }
    trial.app.stop().await;
}

#[tokio::test]
async fn nobody_sees_or_writes_what_no_grant_says() {
    if App::postgres_is_missing() {
        return;
    }
    let span = Span::of("oracle", 6);
    let mut reached = Reached::default();
    for seed in span.seeds() {
        for kind in [Kind::Sqlite, Kind::Postgres] {
            round(kind, seed, span.again(seed), &mut reached).await;
        }
    }
    println!("reached: {}", reached.shown());
    for what in [
        "read records",
        "read nothing",
        "filter on a hidden field",
        "one seen",
        "one hidden",
        "related",
        "create allowed",
        "create refused",
        "update allowed",
        "update refused",
        "delete allowed",
        "delete refused",
    ] {
        assert!(reached.times(what) > 0, "never reached: {what}");
    }
}
