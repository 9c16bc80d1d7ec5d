//! The two stores side by side: whatever is asked or written, both give the same bytes.

use super::Span;
use super::chance::Chance;
use super::question::{EVERY, Question, Reached};
use super::shrink::smaller;
use super::values::TYPES;
use super::world::{ALPHA, World};
use crate::harness::{Answer, App, Kind, plain};
use serde_json::{Value as Json, json};

/// Reads per round.
const READS: usize = 250;
/// Differences that are told before a run gives up.
const TOLD: usize = 40;

struct Twins {
    sqlite: App,
    postgres: App,
}

/// What the two said that was not one thing.
fn differs(a: &Answer, b: &Answer) -> bool {
    a.status != b.status || masked(&a.text) != masked(&b.text) || a.status >= 500
}

/// The text without what the clock put in.
fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let found = ["\"createdAt\":\"", "\"updatedAt\":\"", "\"deletedAt\":\""]
            .iter()
            .filter_map(|key| rest.find(key).map(|at| at + key.len()))
            .min();
        let Some(from) = found else { break };
        out.push_str(&rest[..from]);
        let to = rest[from..].find('"').unwrap_or(0);
        rest = &rest[from + to..];
    }
    out.push_str(rest);
    out
}

impl Twins {
    async fn find(&self, collection: &str, parameters: &Json) -> (Answer, Answer) {
        tokio::join!(
            self.sqlite.admin().find(collection, parameters.clone()),
            self.postgres.admin().find(collection, parameters.clone())
        )
    }

    async fn write(&self, method: &str, path: &str, body: &Json) -> (Answer, Answer) {
        let one = |app: &App| {
            let (admin, body) = (app.admin().clone(), body.clone());
            let (method, path) = (method.to_owned(), path.to_owned());
            async move {
                match method.as_str() {
                    "POST" => admin.post(&path, body).await,
                    "PATCH" => admin.patch(&path, body).await,
                    _ => admin.delete_with(&path, body).await,
                }
            }
        };
        tokio::join!(one(&self.sqlite), one(&self.postgres))
    }

    /// The smallest request that still differs, as text.
    async fn shrunk(&self, collection: &str, parameters: Json) -> String {
        let mut smallest = parameters;
        let mut tries = 0;
        'smaller: loop {
            for less in smaller(&smallest) {
                tries += 1;
                if tries > 600 {
                    break 'smaller;
                }
                let (a, b) = self.find(collection, &less).await;
                if differs(&a, &b) {
                    smallest = less;
                    continue 'smaller;
                }
            }
            break;
        }
        let (a, b) = self.find(collection, &smallest).await;
        format!("GET /items/{collection} {smallest}{}", beside(&a, &b))
    }
}

/// What the two said, from shortly before the place where they part.
fn beside(a: &Answer, b: &Answer) -> String {
    let (one, two) = (masked(&a.text), masked(&b.text));
    let same = one.chars().zip(two.chars()).take_while(|(one, two)| one == two).count();
    let cut =
        |text: &str| text.chars().skip(same.saturating_sub(160)).take(360).collect::<String>();
    format!("\n  sqlite   {} {}\n  postgres {} {}", a.status, cut(&one), b.status, cut(&two))
}

async fn round(seed: u64, reached: &mut Reached, told: &mut Vec<String>, again: &str) {
    let chance = &mut Chance::new(seed);
    let mut world = World::new(seed, chance);
    let twins = Twins {
        sqlite: App::start(Kind::Sqlite).await,
        postgres: App::start(Kind::Postgres).await,
    };
    for app in [&twins.sqlite, &twins.postgres] {
        world.make(app).await;
    }
    let before = told.len();
    for _ in 0..chance.between(20, 45) {
        write(&twins, &mut world, chance, reached, told, again).await;
    }
    for read in 0..READS {
        if told.len() >= before + 6 {
            break;
        }
        let at = if chance.one_in(10) { chance.below(5) } else { chance.below(3) };
        let collection = world.collections[at].name;
        let parameters = Question { world: &world, reached }.parameters(at, chance);
        let (a, b) = twins.find(collection, &parameters).await;
        reached.count(if a.status == 200 { "answered" } else { "refused" });
        if a.body["data"].as_array().is_some_and(|rows| !rows.is_empty()) {
            reached.count("answered with rows");
        }
        if differs(&a, &b) {
            told.push(format!("{again}\n  {}", twins.shrunk(collection, parameters).await));
        }
        if read % 25 == 24 {
            write(&twins, &mut world, chance, reached, told, again).await;
        }
    }
    if told.len() > before {
        let schemas: Vec<String> =
            world.made[..3].iter().map(|(_, body)| body.to_string()).collect();
        if let Some(last) = told.last_mut() {
            last.push_str(&format!("\n  with {}", schemas.join("\n       ")));
        }
    }
    twins.sqlite.stop().await;
    twins.postgres.stop().await;
}

/// One write on both; what was accepted is remembered.
async fn write(
    twins: &Twins,
    world: &mut World,
    chance: &mut Chance,
    reached: &mut Reached,
    told: &mut Vec<String>,
    again: &str,
) {
    let at = chance.below(3);
    let collection = world.collections[at].name;
    let keys = world.collections[at].keys.clone();
    let (method, path, body) = match chance.below(12) {
        0 if !keys.is_empty() => {
            let mut body = world.record(at, chance);
            body.as_object_mut().map(|body| body.shift_remove("id"));
            ("PATCH", format!("/items/{collection}/{}", plain(chance.of(&keys))), body)
        }
        1 if keys.len() > 3 => {
            ("DELETE", format!("/items/{collection}/{}", plain(chance.of(&keys))), Json::Null)
        }
        2 if !keys.is_empty() && at == ALPHA => {
            let nested = json!({ "betas": [world.record(1, chance)] });
            ("PATCH", format!("/items/{collection}/{}", plain(chance.of(&keys))), nested)
        }
        _ => ("POST", format!("/items/{collection}"), world.record(at, chance)),
    };
    let (a, b) = twins.write(method, &path, &body).await;
    reached.count(&format!("{method} {}", if a.status < 300 { "accepted" } else { "refused" }));
    if differs(&a, &b) {
        told.push(format!("{again}\n  {method} {path} {body}{}", beside(&a, &b)));
    }
    if method == "DELETE" {
        // What went along is no target of a link any more.
        for place in 0..3 {
            let name = world.collections[place].name;
            let listed = twins
                .sqlite
                .admin()
                .column(name, "id", json!({ "fields": ["id"], "sort": "id" }))
                .await;
            world.collections[place].keys = listed;
        }
    }
    if a.status == 201 {
        world.collections[at].keys.push(a.body["data"]["id"].clone());
    } else if method == "POST" {
        reached.count(&format!("POST refused: {}", a.code()));
    }
}

#[tokio::test]
async fn whatever_is_asked_both_stores_answer_the_same_bytes() {
    if App::postgres_is_missing() {
        return;
    }
    let span = Span::of("twins", 5);
    let (mut reached, mut told) = (Reached::default(), Vec::new());
    for seed in span.seeds() {
        round(seed, &mut reached, &mut told, &span.again(seed)).await;
        if told.len() >= TOLD {
            break;
        }
    }
    println!("reached: {}", reached.shown());
    assert!(told.is_empty(), "{} differences\n\n{}", told.len(), told.join("\n\n"));
    let missed: Vec<&str> = EVERY
        .iter()
        .flat_map(|some| some.iter())
        .copied()
        .chain(TYPES.iter().map(|kind| kind.name))
        .filter(|what| reached.times(what) == 0)
        .collect();
    assert!(missed.is_empty(), "never reached: {missed:?}");
}
