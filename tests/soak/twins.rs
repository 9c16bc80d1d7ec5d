//! The two stores side by side: whatever is asked or written, both give the same bytes, and the
//! answer is the one that an evaluator of its own finds (`model`).

use super::Span;
use super::chance::Chance;
use super::fault::{self, Ask};
use super::model::{Model, Unsure};
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

    /// The smallest request whose answer the model does not share, and why.
    async fn misjudged(
        &self,
        model: &Model<'_>,
        at: usize,
        collection: &str,
        parameters: Json,
        why: String,
    ) -> (Json, String) {
        let (mut smallest, mut why, mut tries) = (parameters, why, 0);
        'smaller: loop {
            for less in smaller(&smallest) {
                tries += 1;
                if tries > 400 {
                    break 'smaller;
                }
                let answer = self.sqlite.admin().find(collection, less.clone()).await;
                let judged = model.expected(at, &less);
                if answer.status == 200
                    && let Ok(expected) = judged
                    && let Some(refused) = expected.refuses(&answer)
                {
                    (smallest, why) = (less, refused);
                    continue 'smaller;
                }
            }
            break;
        }
        (smallest, why)
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

/// What a run has met: everything that was asked, of that what was answered and not refused, and
/// of that what the model judged.
#[derive(Default)]
struct Met {
    asked: Reached,
    answered: Reached,
    judged: Reached,
    /// Why the model did not judge.
    unsure: Reached,
    faults: Reached,
    /// What was found.
    told: Vec<String>,
}

/// Reads between two writes.
const BLOCK: usize = 25;

async fn round(seed: u64, met: &mut Met, again: &str) {
    let chance = &mut Chance::new(seed);
    let mut world = World::new(seed, chance);
    let twins = Twins {
        sqlite: App::start(Kind::Sqlite).await,
        postgres: App::start(Kind::Postgres).await,
    };
    for app in [&twins.sqlite, &twins.postgres] {
        world.make(app).await;
    }
    let before = met.told.len();
    for _ in 0..chance.between(20, 45) {
        written(&twins, &mut world, chance, met, again).await;
    }
    for _ in 0..READS / BLOCK {
        world.held = {
            let model = Model::of(&world, &twins.sqlite).await;
            for _ in 0..BLOCK {
                if met.told.len() < before + 6 {
                    read(&twins, &world, &model, chance, met, again).await;
                }
            }
            model.held()
        };
        // Before the next write, which may let go of what is held now.
        for name in chance.some(fault::EVERY, 8) {
            refused(&twins, &mut world, name, chance, met, again).await;
        }
        if met.told.len() >= before + 6 {
            break;
        }
        written(&twins, &mut world, chance, met, again).await;
    }
    if met.told.len() > before {
        let schemas: Vec<String> =
            world.made[..3].iter().map(|(_, body)| body.to_string()).collect();
        if let Some(last) = met.told.last_mut() {
            last.push_str(&format!("\n  with {}", schemas.join("\n       ")));
        }
    }
    twins.sqlite.stop().await;
    twins.postgres.stop().await;
}

/// One list of both, and what the model says of it.
async fn read(
    twins: &Twins,
    world: &World,
    model: &Model<'_>,
    chance: &mut Chance,
    met: &mut Met,
    again: &str,
) {
    let at = if chance.one_in(10) { chance.below(5) } else { chance.below(3) };
    let collection = world.collections[at].name;
    let mut here = Reached::default();
    let parameters = Question { world, reached: &mut here }.parameters(at, chance);
    let (a, b) = twins.find(collection, &parameters).await;
    here.count(if a.status == 200 { "answered" } else { "refused" });
    if a.body["data"].as_array().is_some_and(|rows| !rows.is_empty()) {
        here.count("answered with rows");
    }
    met.asked.add(&here);
    if a.status == 200 {
        met.answered.add(&here);
    }
    if differs(&a, &b) {
        met.told.push(format!("{again}\n  {}", twins.shrunk(collection, parameters).await));
        return;
    }
    if a.status != 200 {
        return;
    }
    let judgement = if parameters.get("search").is_some() {
        model.searched(at, &parameters).map(|(must, may)| strays(&a, &parameters, &must, &may))
    } else {
        model.expected(at, &parameters).map(|expected| expected.refuses(&a))
    };
    match judgement {
        Err(Unsure(why)) => met.unsure.count(why),
        Ok(None) => met.judged.add(&here),
        Ok(Some(why)) => {
            let (less, why) = twins.misjudged(model, at, collection, parameters, why).await;
            let text: String =
                twins.find(collection, &less).await.0.text.chars().take(900).collect();
            let why: String = why.chars().take(900).collect();
            met.told.push(format!(
                "{again}\n  GET /items/{collection} {less}\n  both say {text}\n  {why}"
            ));
        }
    }
}

/// Why a search found what it must not, or missed what it must find.
fn strays(answer: &Answer, parameters: &Json, must: &[Json], may: &[Json]) -> Option<String> {
    // Groups are counted as groups, of however many records.
    if ["aggregate", "groupBy"].iter().any(|key| parameters.get(key).is_some()) {
        return None;
    }
    let total = answer.body["totalCount"].as_u64().unwrap_or(0) as usize;
    if total < must.len() || total > may.len() {
        return Some(format!("{total} found, at least {} and at most {}", must.len(), may.len()));
    }
    let whole = ["limit", "page", "offset", "fields"];
    if whole.iter().any(|key| parameters.get(key).is_some()) {
        return None;
    }
    let found = answer.body["data"].as_array()?;
    let ids: Vec<&Json> = found.iter().map(|row| &row["id"]).collect();
    let missed = must.iter().find(|id| !ids.contains(id)).map(|id| format!("{id} is not found"));
    missed
        .or_else(|| ids.into_iter().find(|id| !may.contains(id)).map(|id| format!("{id} is found")))
}

/// A request at fault, on both: the same refusal, with the code it must have.
async fn refused(
    twins: &Twins,
    world: &mut World,
    name: &'static str,
    chance: &mut Chance,
    met: &mut Met,
    again: &str,
) {
    let Some(fault) = fault::of(name, world, chance) else { return };
    let (shown, (a, b)) = match &fault.ask {
        Ask::List(collection, parameters) => (
            format!("GET /items/{collection} {parameters}"),
            twins.find(collection, parameters).await,
        ),
        Ask::Get(path) => {
            let (sqlite, postgres) = (twins.sqlite.admin(), twins.postgres.admin());
            (format!("GET {path}"), tokio::join!(sqlite.get(path), postgres.get(path)))
        }
        Ask::Send(method, path, body) => {
            (format!("{method} {path} {body}"), twins.write(method, path, body).await)
        }
    };
    met.faults.count(fault.name);
    if differs(&a, &b) || (a.status, a.code()) != (fault.status, fault.code) {
        let wanted = format!("{} {}", fault.status, fault.code);
        met.told.push(format!("{again}\n  {}: {wanted}\n  {shown}{}", fault.name, beside(&a, &b)));
    }
}

/// What a write that was accepted did.
enum Did {
    /// A record with this body.
    Made(Json),
    /// These fields of a record.
    Changed(Json),
    /// The record with this key.
    Removed(Json),
}

/// One write on both, and whether what was accepted is what is there afterwards.
async fn written(
    twins: &Twins,
    world: &mut World,
    chance: &mut Chance,
    met: &mut Met,
    again: &str,
) {
    let (at, done) = write(twins, world, chance, met, again).await;
    if done.is_empty() {
        return;
    }
    let model = Model::of(world, &twins.sqlite).await;
    for did in &done {
        let (body, why) = match did {
            Did::Made(body) => (body, model.misses(at, body, true)),
            Did::Changed(body) => (body, model.misses(at, body, false)),
            Did::Removed(id) => (id, model.keeps(at, id)),
        };
        met.judged.count("a write");
        if let Some(why) = why {
            met.told.push(format!("{again}\n  {body}\n  {why}"));
        }
    }
}

/// Most records of one bulk write: from eight on they stand in one statement.
const BULK_MAX: usize = 14;

/// One write on both; what was accepted is remembered.
async fn write(
    twins: &Twins,
    world: &mut World,
    chance: &mut Chance,
    met: &mut Met,
    again: &str,
) -> (usize, Vec<Did>) {
    let at = chance.below(3);
    let collection = world.collections[at].name;
    let keys = world.collections[at].keys.clone();
    let without = |names: &[&str], mut body: Json| {
        if let Some(body) = body.as_object_mut() {
            body.retain(|name, _| !names.contains(&name.as_str()));
        }
        body
    };
    // One record that is refused takes all others along, and those that link through a junction
    // have used up keys of it on Postgres.
    let links = ["tags", "items"];
    let (method, path, body) = match chance.below(13) {
        0 if !keys.is_empty() => {
            let body = without(&["id"], world.record(at, chance));
            ("PATCH", format!("/items/{collection}/{}", plain(chance.of(&keys))), body)
        }
        1 if keys.len() > 3 => {
            ("DELETE", format!("/items/{collection}/{}", plain(chance.of(&keys))), Json::Null)
        }
        2 if !keys.is_empty() && at == ALPHA => {
            let nested = json!({ "betas": [world.record(1, chance)] });
            ("PATCH", format!("/items/{collection}/{}", plain(chance.of(&keys))), nested)
        }
        3 => {
            let count = chance.between(2, BULK_MAX);
            let rows: Json =
                (0..count).map(|_| without(&links, world.record(at, chance))).collect();
            ("POST", format!("/items/{collection}/bulk"), rows)
        }
        4 if keys.len() > 3 => {
            let first = chance.below(keys.len() - 2);
            let rows = keys[first..first + 3].iter().map(|key| {
                let mut body = without(&links, world.record(at, chance));
                body["id"] = key.clone();
                body
            });
            let rows: Json = rows.collect();
            ("PATCH", format!("/items/{collection}/bulk"), rows)
        }
        _ => ("POST", format!("/items/{collection}"), world.record(at, chance)),
    };
    let (a, b) = twins.write(method, &path, &body).await;
    let kind = if body.is_array() { " bulk" } else { "" };
    let outcome = if a.status < 300 { "accepted" } else { "refused" };
    met.asked.count(&format!("{method}{kind} {outcome}"));
    if differs(&a, &b) {
        met.told.push(format!("{again}\n  {method} {path} {body}{}", beside(&a, &b)));
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
    if method == "POST" && a.status >= 300 {
        met.asked.count(&format!("POST refused: {}", a.code()));
    }
    if a.status >= 300 {
        return (at, Vec::new());
    }
    let done: Vec<Did> = match (method, body) {
        ("POST", body) => {
            let bodies = match body {
                Json::Array(bodies) => bodies,
                body => vec![body],
            };
            world.collections[at].keys.extend(bodies.iter().map(|body| body["id"].clone()));
            bodies.into_iter().map(Did::Made).collect()
        }
        ("PATCH", Json::Array(bodies)) => bodies.into_iter().map(Did::Changed).collect(),
        ("PATCH", mut body) => {
            body["id"] = a.body["data"]["id"].clone();
            vec![Did::Changed(body)]
        }
        _ => {
            let id = path.rsplit('/').next().unwrap_or_default();
            vec![Did::Removed(Json::from(id))]
        }
    };
    (at, done)
}

/// Cases that a soak must have met.
const CASES_MIN: u64 = 10_000;

/// How often a soak must have met every operator, type, kind of relation and fault.
const TIMES_MIN: u64 = 50;

/// One of so many must have been answered, and not refused for another part of its question.
const ANSWERED_OF: u64 = 5;

#[tokio::test]
async fn whatever_is_asked_both_stores_answer_the_same_bytes() {
    if App::postgres_is_missing() {
        return;
    }
    let span = Span::of("twins", 5);
    let mut met = Met::default();
    let wanted: Vec<&str> = EVERY
        .iter()
        .flat_map(|some| some.iter())
        .copied()
        .chain(TYPES.iter().map(|kind| kind.name))
        .chain(["M2O", "O2M", "O2O", "M2M", "M2A"])
        .collect();
    let missed = |met: &Met, times: u64| -> Vec<String> {
        // What is refused shows nothing of how it is answered; of one part at fault the whole
        // question is. A sample is too short to insist.
        let answered = times / ANSWERED_OF;
        let seldom =
            |what: &&&str| met.asked.times(what) < times || met.answered.times(what) < answered;
        let asked = wanted.iter().filter(seldom);
        let faults = fault::EVERY.iter().filter(|what| met.faults.times(what) < times);
        asked.chain(faults).map(|what| (*what).to_owned()).collect()
    };
    let cases = |met: &Met| met.asked.times("answered") + met.asked.times("refused");
    let (mut rounds, mut spared) = (0_u64, 200_u64);
    let mut seeds = span.seeds();
    loop {
        // A soak goes on behind its time until it has met enough.
        let seed = match seeds.next() {
            Some(seed) => seed,
            None if span.until.is_some() && spared > 0 => {
                if cases(&met) >= CASES_MIN && missed(&met, TIMES_MIN).is_empty() {
                    break;
                }
                spared -= 1;
                span.seed.wrapping_add(rounds)
            }
            None => break,
        };
        rounds += 1;
        round(seed, &mut met, &span.again(seed)).await;
        if met.told.len() >= TOLD {
            break;
        }
    }
    println!("{} cases", cases(&met));
    println!("asked: {}", met.asked.shown());
    println!("answered: {}", met.answered.shown());
    println!("judged by the model: {}", met.judged.shown());
    println!("not judged: {}", met.unsure.shown());
    println!("faults: {}", met.faults.shown());
    let told = &met.told;
    assert!(told.is_empty(), "{} differences\n\n{}", told.len(), told.join("\n\n"));
    let (least, times) = if span.until.is_some() { (CASES_MIN, TIMES_MIN) } else { (1_000, 1) };
    assert!(cases(&met) >= least, "{} cases of {least}", cases(&met));
    let missed = missed(&met, times);
    assert!(missed.is_empty(), "met less than {times} times: {missed:?}");
    // A model that is sure of nothing proves nothing.
    let judged = met.judged.times("answered");
    assert!(judged * 3 >= met.asked.times("answered"), "{judged} answers were judged");
}
