//! Reads between writes and changes of rights, of this server and of another one on the same data:
//! a server that keeps every answer says what one says that keeps none.

use super::Span;
use super::chance::Chance;
use super::question::Reached;
use crate::harness::{App, Beside, Kind, PASSWORD, Person, plain};
use serde_json::{Value as Json, json};

/// What happens in one round, reads beside.
const EVENTS: usize = 70;

const ROLES: [&str; 2] = ["Reader", "Clerk"];
/// Users with their first role: two of one role, who see different records.
const USERS: [(&str, usize); 3] = [("ada", 0), ("bob", 0), ("eve", 1)];

/// One server under test, a stranger beside it, and those who ask.
struct Side {
    app: App,
    beside: Beside,
    roles: Vec<Json>,
    users: Vec<Json>,
    people: Vec<Person>,
    /// Permission rows that stand, by role (the last is the public one) and collection.
    grants: Vec<((usize, &'static str), Json)>,
}

impl Side {
    async fn start(kind: Kind, keeps: bool) -> Self {
        let app = App::start_with(kind, |config| {
            config.limits.kept_answers_max = if keeps { 64 } else { 0 };
            config.limits.kept_work_min = 0;
        })
        .await;
        let key = json!({ "type": "Integer", "primaryKey": true });
        let text = json!({ "type": "String" });
        let number = json!({ "type": "Integer" });
        let authors = json!({ "id": key, "name": text, "grade": number });
        app.collection("authors", json!({ "timestamps": false, "fields": authors })).await;
        let posts =
            json!({ "id": key, "title": text, "stars": number, "state": text, "owner": text });
        app.collection("posts", json!({ "timestamps": false, "fields": posts })).await;
        let author = json!({ "type": "M2O", "target": "authors", "name": "author", "alias": "posts", "onDelete": "SET NULL" });
        app.relation("posts", author).await;
        let admin = app.admin();
        let mut roles = Vec::new();
        for name in ROLES {
            roles.push(admin.create("baasix_Role", json!({ "name": name })).await);
        }
        let (mut users, mut people) = (Vec::new(), vec![admin.clone(), app.anonymous()]);
        for (name, role) in USERS {
            let email = format!("{name}@example.com");
            let user = json!({ "email": email, "password": PASSWORD, "firstName": name, "role_Id": roles[role] });
            users.push(admin.create("baasix_User", user).await);
            people.push(app.anonymous().signed_in(&email, PASSWORD).await);
        }
        let public = json!({ "filter": { "name": { "eq": "public" } }, "fields": ["id"] });
        roles.push(admin.rows("baasix_Role", public).await[0]["id"].clone());
        let beside = app.beside().await;
        Self { app, beside, roles, users, people, grants: Vec::new() }
    }

    async fn happens(&mut self, event: &Event) -> String {
        match event {
            Event::Write { method, path, body, elsewhere } => {
                let who = if *elsewhere { &self.beside.owner } else { self.app.admin() };
                let answer = match *method {
                    "POST" => who.post(path, body.clone()).await,
                    "PATCH" => who.patch(path, body.clone()).await,
                    _ => who.delete(path).await,
                };
                format!("{} {}", answer.status, answer.text)
            }
            Event::Grant { role, collection, grant } => {
                let place = (*role, *collection);
                if let Some(at) = self.grants.iter().position(|(known, _)| *known == place) {
                    let (_, id) = self.grants.swap_remove(at);
                    let path = format!("/permissions/{}", plain(&id));
                    self.app.admin().delete(&path).await.expect_status(204);
                }
                if let Some(grant) = grant {
                    let mut row = grant.clone();
                    row["role_Id"] = self.roles[*role].clone();
                    let made = self.app.admin().post("/permissions", row).await;
                    made.expect_status(201);
                    self.grants.push((place, made.body["id"].clone()));
                }
                String::new()
            }
            Event::Move { user, role } => {
                let path = format!("/items/baasix_User/{}", plain(&self.users[*user]));
                let body = json!({ "role_Id": self.roles[*role] });
                self.app.admin().patch(&path, body).await.expect_status(200);
                String::new()
            }
        }
    }

    async fn reads(&self, who: usize, question: &Question) -> String {
        let person = &self.people[who];
        let answer = match question {
            Question::List(collection, parameters) => {
                person.find(collection, parameters.clone()).await
            }
            Question::One(path) => person.get(path).await,
        };
        format!("{} {}", answer.status, answer.text)
    }

    /// Answers that were not read anew.
    async fn kept(&self) -> f64 {
        let metrics = self.app.admin().get("/metrics").await;
        let mut lines = metrics.text.lines();
        let number = lines.find_map(|line| line.strip_prefix("plinth_kept_reads_total "));
        number.and_then(|number| number.parse().ok()).expect("the counter")
    }

    async fn stop(self) {
        self.beside.stop().await;
        self.app.stop().await;
    }
}

#[derive(Debug)]
enum Event {
    Write { method: &'static str, path: String, body: Json, elsewhere: bool },
    Grant { role: usize, collection: &'static str, grant: Option<Json> },
    Move { user: usize, role: usize },
}

#[derive(Debug)]
enum Question {
    List(&'static str, Json),
    One(String),
}

/// Few questions, so that each is asked again and again.
fn question(chance: &mut Chance) -> Question {
    let list = |collection, parameters| Question::List(collection, parameters);
    match chance.below(14) {
        0 => list("posts", json!({ "sort": "id" })),
        1 => list(
            "posts",
            json!({ "filter": { "stars": { "gt": 2 } }, "sort": "-stars,id", "limit": 3 }),
        ),
        2 => list(
            "posts",
            json!({ "filter": { "author.name": "Ada" }, "fields": ["id", "author.name"], "sort": "id" }),
        ),
        3 => list(
            "authors",
            json!({ "fields": ["id", "name", "posts.title", "posts.stars"], "sort": "id" }),
        ),
        4 => list(
            "posts",
            json!({ "aggregate": { "n": { "function": "count", "field": "*" }, "s": { "function": "sum", "field": "stars" } }, "groupBy": ["state"], "sort": "state" }),
        ),
        5 => list("posts", json!({ "search": "alpha", "sort": "id" })),
        6 => list("posts", json!({ "sort": "id", "limit": 2, "page": 2 })),
        7 => {
            list("authors", json!({ "filter": { "posts.stars": { "gte": 3 } }, "sort": "name,id" }))
        }
        8 => list(
            "posts",
            json!({ "aggregate": { "n": { "function": "count", "field": "id" } }, "groupBy": ["author.name"], "sort": "author.name" }),
        ),
        9 => list("posts", json!({ "limit": 0 })),
        10 => list(
            "posts",
            json!({ "filter": { "owner": { "eq": "$CURRENT_USER.email" } }, "fields": ["id", "owner"], "sort": "id" }),
        ),
        11 => list(
            "posts",
            json!({ "fields": ["id", "title"], "sort": "title,id", "numbers": "string" }),
        ),
        12 => Question::One(format!("/items/posts/{}", chance.between(1, 4))),
        _ => Question::One(format!(
            "/items/authors/{}?fields=[\"*\",\"posts.*\"]",
            chance.between(1, 3)
        )),
    }
}

fn grant(collection: &'static str, chance: &mut Chance) -> Json {
    let condition = match collection {
        "posts" => chance
            .of(&[
                Json::Null,
                json!({ "owner": { "eq": "$CURRENT_USER.email" } }),
                json!({ "stars": { "lt": 4 } }),
                json!({ "author.grade": { "gt": 1 } }),
                json!({ "state": { "ne": "draft" } }),
            ])
            .clone(),
        _ => chance
            .of(&[
                Json::Null,
                json!({ "grade": { "lte": 2 } }),
                json!({ "posts.owner": { "eq": "$CURRENT_USER.email" } }),
            ])
            .clone(),
    };
    let fields = match collection {
        "posts" => chance
            .of(&[
                json!(["*"]),
                json!(["*", "author.*"]),
                json!(["id", "title", "author.name"]),
                json!(["id", "stars", "state", "owner"]),
            ])
            .clone(),
        _ => chance.of(&[json!(["*"]), json!(["*", "posts.*"]), json!(["id", "name"])]).clone(),
    };
    let mut grant = json!({ "collection": collection, "action": "read", "fields": fields });
    if !condition.is_null() {
        grant["conditions"] = condition;
    }
    grant
}

fn record(collection: &str, id: Option<usize>, chance: &mut Chance) -> Json {
    let mut body = match collection {
        "posts" => json!({
            "title": chance.pick(&["alpha one", "beta", "alpha", "gamma"]),
            "stars": chance.below(6),
            "state": chance.pick(&["draft", "live"]),
            "owner": format!("{}@example.com", USERS[chance.below(3)].0),
            "author_id": chance.of(&[json!(1), json!(2), Json::Null]),
        }),
        _ => json!({ "name": chance.pick(&["Ada", "Bob"]), "grade": chance.below(4) }),
    };
    if let Some(id) = id {
        body["id"] = json!(id);
    }
    body
}

/// Something that changes what is answered. Records have low keys, so that they come and go.
fn event(chance: &mut Chance, reached: &mut Reached) -> Event {
    let collection = chance.pick(&["posts", "posts", "authors"]);
    let place = chance.between(1, 8);
    let event = match chance.below(12) {
        0 | 1 => Event::Grant {
            role: chance.below(3),
            collection: if chance.one_in(2) { "posts" } else { "authors" },
            grant: None,
        },
        2 | 3 => Event::Move { user: chance.below(USERS.len()), role: chance.below(ROLES.len()) },
        _ => Event::Write {
            method: chance.pick(&["POST", "POST", "PATCH", "DELETE"]),
            path: format!("/items/{collection}"),
            body: Json::Null,
            elsewhere: chance.one_in(3),
        },
    };
    match event {
        Event::Grant { role, collection, .. } => {
            reached.count("a grant changed");
            let grant = (!chance.one_in(4)).then(|| grant(collection, chance));
            Event::Grant { role, collection, grant }
        }
        Event::Write { method, path, elsewhere, .. } => {
            reached.count(if elsewhere { "written by another server" } else { "written here" });
            let (path, body) = match method {
                "POST" if chance.one_in(3) => {
                    let rows = (0..chance.between(1, 9))
                        .map(|more| record(collection, Some(place * 10 + more), chance));
                    (format!("{path}/bulk"), Json::Array(rows.collect()))
                }
                "POST" => (path, record(collection, Some(place), chance)),
                "PATCH" => (format!("{path}/{place}"), record(collection, None, chance)),
                _ => (format!("{path}/{place}"), Json::Null),
            };
            Event::Write { method, path, body, elsewhere }
        }
        Event::Move { .. } => {
            reached.count("a user moved");
            event
        }
    }
}

async fn round(kind: Kind, seed: u64, again: &str, reached: &mut Reached) {
    let chance = &mut Chance::new(seed);
    let mut keeps = Side::start(kind, true).await;
    let mut reads = Side::start(kind, false).await;
    let mut story = vec![format!("{again} on {kind:?}")];
    for _ in 0..EVENTS {
        let event = event(chance, reached);
        story.push(format!("{event:?}"));
        let told = [keeps.happens(&event).await, reads.happens(&event).await];
        assert_eq!(told[0], told[1], "{}", story.join("\n"));
        for _ in 0..chance.between(1, 3) {
            let (who, question) = (chance.below(keeps.people.len()), question(chance));
            story.push(format!("  {who} asks {question:?}"));
            let anew = reads.reads(who, &question).await;
            reached.count(if anew.starts_with("200") { "answered" } else { "refused" });
            // The second time it is kept, unless somebody wrote.
            for _ in 0..2 {
                assert_eq!(keeps.reads(who, &question).await, anew, "{}", story.join("\n"));
            }
        }
    }
    let kept = [keeps.kept().await, reads.kept().await];
    assert_eq!(kept[1], 0.0, "what shall keep nothing has kept answers");
    if kind == Kind::Sqlite {
        assert!(kept[0] > 50.0, "{} answers were kept", kept[0]);
        reached.count("rounds that kept answers");
    }
    keeps.stop().await;
    reads.stop().await;
}

#[tokio::test]
async fn what_is_kept_is_never_an_old_answer() {
    let span = Span::of("kept", 2);
    let mut reached = Reached::default();
    for seed in span.seeds() {
        round(Kind::Sqlite, seed, &span.again(seed), &mut reached).await;
        if !App::postgres_is_missing() {
            round(Kind::Postgres, seed, &span.again(seed), &mut reached).await;
        }
    }
    println!("reached: {}", reached.shown());
    for what in [
        "a grant changed",
        "a user moved",
        "written here",
        "written by another server",
        "answered",
        "refused",
    ] {
        assert!(reached.times(what) > 0, "never reached: {what}");
    }
}
