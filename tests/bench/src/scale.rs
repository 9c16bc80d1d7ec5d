//! The same questions of ten thousand rows and of a million, and a list within a list: what grows
//! with a table, and what must not.

use crate::course::{Line, counted, say};
use crate::load::{Asking, FOREIGN_MAX, Turn, measure};
use crate::machine::Watched;
use crate::plinth::{Hollow, Plinth, array, query};
use crate::wire::{Reply, Wire, put};
use crate::{Outcome, Plan};
use serde_json::{Value as Json, json};
use std::net::SocketAddr;
use std::time::Instant;

const SMALL: u64 = 10_000;
const LARGE: u64 = 1_000_000;

/// Rows in one bulk request.
const BULK: u64 = 5_000;

/// Rows on a page.
const PAGE: u64 = 20;

/// Places from which pages behind a cursor are read, all in the last tenth of the table.
const DEEP: u64 = 64;

const PARENTS: u64 = 100;
const CHILDREN: u64 = 10;

const KINDS: [&str; 4] = ["draft", "review", "live", "archived"];

const READ: [&str; 2] = ["read by id, of 10k", "read by id, of 1M"];
const FILTERED: [&str; 2] = ["page of 20 by an index, of 10k", "page of 20 by an index, of 1M"];
const BEHIND: [&str; 2] =
    ["page of 20 behind a deep cursor, of 10k", "page of 20 behind a deep cursor, of 1M"];
const COUNTED: [&str; 2] = ["the page with its exact total, of 10k", "with its exact total, of 1M"];
const GROUPED: [&str; 2] = ["group by: count and sum, of 10k", "group by: count and sum, of 1M"];
const NESTED: &str = "100 records with 10 each in them";

/// Every row of the table that this makes, in order.
pub(crate) const ROWS: [(&str, &[usize]); 11] = [
    (READ[0], &[1]),
    (READ[1], &[1]),
    (FILTERED[0], &[1]),
    (FILTERED[1], &[1]),
    (BEHIND[0], &[1]),
    (BEHIND[1], &[1]),
    (COUNTED[0], &[1]),
    (COUNTED[1], &[1]),
    (GROUPED[0], &[1]),
    (GROUPED[1], &[1]),
    (NESTED, &[1]),
];

type Ask<'a> = Box<dyn Fn(Turn, &mut Vec<u8>) + 'a>;
type Right<'a> = Box<dyn Fn(Turn, &Reply<'_>) -> bool + 'a>;

/// One kind of request: how it is spelled, and how to know that the answer is right.
struct Question<'a> {
    ask: Ask<'a>,
    right: Right<'a>,
}

impl Asking for Question<'_> {
    fn request(&self, turn: Turn, out: &mut Vec<u8>) {
        (self.ask)(turn, out);
    }

    fn check(&self, turn: Turn, reply: &Reply<'_>) -> Outcome {
        if reply.status == 200 && (self.right)(turn, reply) {
            return Ok(());
        }
        Err(format!("a wrong answer, status {}: {}", reply.status, reply.shown()))
    }
}

/// Where all of this is asked.
struct Ground<'a> {
    name: &'a str,
    plinth: &'a Plinth,
    address: SocketAddr,
    watched: &'a Watched,
    plan: &'a Plan,
}

/// Makes the rows, asks, and answers with the lines; besides them the seconds that a million rows
/// took to come in.
pub(crate) async fn run(
    name: &str,
    plinth: &Plinth,
    address: SocketAddr,
    watched: &Watched,
    plan: &Plan,
) -> Outcome<Vec<Line>> {
    let ground = Ground { name, plinth, address, watched, plan };
    let mut wire = Wire::open(address).await?;
    let mut lines = Vec::new();
    for (at, (table, rows)) in
        [("small_scale", SMALL), ("large_scale", LARGE)].into_iter().enumerate()
    {
        define(&mut wire, plinth, table).await?;
        let began = Instant::now();
        fill(&mut wire, plinth, table, rows).await?;
        say(name, &format!("{rows} rows of {table} in {:.1} s", began.elapsed().as_secs_f64()));
        let keys = keys(&mut wire, plinth, table, rows).await?;
        let deep = deep(&mut wire, plinth, table, rows).await?;
        let questions = [
            (READ[at], read(plinth, table, &keys)),
            (FILTERED[at], filtered(plinth, table, rows, false)),
            (BEHIND[at], behind(plinth, table, &deep)),
            (COUNTED[at], filtered(plinth, table, rows, true)),
            (GROUPED[at], grouped(plinth, table, rows)),
        ];
        for (row, question) in questions {
            lines.push(ground.stand(row, &question, &mut wire).await?);
        }
    }
    nest(&mut wire, plinth).await?;
    lines.push(ground.stand(NESTED, &nested(plinth), &mut wire).await?);
    Ok(lines)
}

impl Ground<'_> {
    async fn stand(
        &self,
        name: &'static str,
        question: &Question<'_>,
        wire: &mut Wire,
    ) -> Outcome<Line> {
        let at = |fault: String| format!("{}: {name}: {fault}", self.name);
        let ask = |number: u64, out: &mut Vec<u8>| {
            question.request(Turn { client: 0, clients: 1, number }, out);
        };
        let statements = counted(self.plinth, ask, wire).await.map_err(at)?;
        let measured =
            measure(self.address, self.watched, self.plan, 1, question).await.map_err(at)?;
        say(
            self.name,
            &format!(
                "{name}, 1: {:.0}/s  p50 {:.3}  p99 {:.3} ms{}",
                measured.per_second,
                measured.p50_ms,
                measured.p99_ms,
                if measured.foreign > FOREIGN_MAX { "  (disturbed)" } else { "" }
            ),
        );
        Ok(Line { name, clients: 1, measured, statements })
    }
}

async fn define(wire: &mut Wire, plinth: &Plinth, table: &str) -> Outcome {
    let fields = json!({
        "id": { "type": "UUID", "primaryKey": true, "defaultValue": { "type": "UUIDV4" } },
        "number": { "type": "Integer", "unique": true }, "kind": { "type": "String" },
        "amount": { "type": "Integer" }, "title": { "type": "String" },
    });
    let indexes = json!([{ "name": format!("{table}_kind_number"), "fields": ["kind", "number"] }]);
    let schema = json!({ "name": table, "fields": fields, "indexes": indexes });
    let body = json!({ "collectionName": table, "schema": schema });
    plinth.as_owner(wire, ("POST", "/schemas"), Some(&body)).await?;
    plinth.allow(wire, table).await
}

fn row(number: u64) -> Json {
    json!({
        "number": number, "kind": KINDS[(number % 4) as usize], "amount": number * 7_919 % 1_000,
        "title": format!("row number {number}, with a title of ordinary length"),
    })
}

async fn fill(wire: &mut Wire, plinth: &Plinth, table: &str, rows: u64) -> Outcome {
    let path = format!("/items/{table}/bulk");
    for first in (0..rows).step_by(BULK as usize) {
        let some: Vec<Json> = (first..rows.min(first + BULK)).map(row).collect();
        plinth.as_user(wire, ("POST", &path), Some(&Json::Array(some))).await?;
    }
    Ok(())
}

/// Keys of a thousand rows from all over the table, each with its row's number.
async fn keys(
    wire: &mut Wire,
    plinth: &Plinth,
    table: &str,
    rows: u64,
) -> Outcome<Vec<(String, u64)>> {
    let mut keys = Vec::new();
    for place in 0..50 {
        let filter = json!({ "number": { "gte": place * rows / 50 } }).to_string();
        let asked = [
            ("filter", &*filter),
            ("sort", "number"),
            ("fields", "id,number"),
            ("limit", "20"),
            ("count", "none"),
        ];
        let path = format!("/items/{table}?{}", query(&asked));
        let answer = plinth.ask(wire, &path).await?;
        for found in array(&answer, "data")? {
            let pair = found["id"].as_str().zip(found["number"].as_u64());
            let (key, number) = pair.ok_or_else(|| format!("no key in {found}"))?;
            keys.push((key.to_owned(), number));
        }
    }
    Ok(keys)
}

/// Cursors in the last tenth of the table, each with the number of the first row behind it.
async fn deep(
    wire: &mut Wire,
    plinth: &Plinth,
    table: &str,
    rows: u64,
) -> Outcome<Vec<(String, u64)>> {
    let mut deep = Vec::new();
    for place in 0..DEEP {
        let from = rows / 10 * 9 + place * (rows / 10 - 2 * PAGE) / DEEP;
        let filter = json!({ "number": { "gte": from } }).to_string();
        let asked = [
            ("filter", &*filter),
            ("sort", "number"),
            ("limit", "20"),
            ("after", ""),
            ("count", "none"),
        ];
        let path = format!("/items/{table}?{}", query(&asked));
        let answer = plinth.ask(wire, &path).await?;
        let cursor = answer["cursor"].as_str().ok_or("a page without its cursor")?;
        deep.push((cursor.to_owned(), from + PAGE));
    }
    Ok(deep)
}

fn read<'a>(plinth: &'a Plinth, table: &'a str, keys: &'a [(String, u64)]) -> Question<'a> {
    let of = |turn: Turn| &keys[turn.chance() as usize % keys.len()];
    Question {
        ask: Box::new(move |turn, out| {
            let path = format!("/items/{table}/{}", of(turn).0);
            put(out, "GET", &path, plinth.headers(), &[]);
        }),
        right: Box::new(move |turn, reply| {
            reply.holds(of(turn).0.as_bytes()) && holds_number(reply, of(turn).1)
        }),
    }
}

/// One kind from some number on, in the order of the number, with or without the exact total.
fn filtered<'a>(plinth: &'a Plinth, table: &str, rows: u64, total: bool) -> Question<'a> {
    let filter = json!({ "kind": { "eq": KINDS[2] }, "number": { "gte": Hollow::MARK } });
    let (filter, count) = (filter.to_string(), if total { "exact" } else { "none" });
    let asked = [("filter", &*filter), ("sort", "number"), ("limit", "20"), ("count", count)];
    let path = Hollow::new(&format!("/items/{table}?{}", query(&asked)));
    // The first half: many are left to be counted.
    let from = move |turn: Turn| turn.chance() % (rows / 2);
    Question {
        ask: Box::new(move |turn, out| path.get(from(turn), plinth.headers(), out)),
        right: Box::new(move |turn, reply| {
            let from = from(turn);
            // The next number of the third kind.
            let first = from + (6 - from % 4) % 4;
            let left = (rows - first).div_ceil(4);
            let told = !total || reply.holds(format!("\"totalCount\":{left}").as_bytes());
            told && is_page(reply, first, 4)
        }),
    }
}

fn behind<'a>(plinth: &'a Plinth, table: &'a str, deep: &'a [(String, u64)]) -> Question<'a> {
    let of = |turn: Turn| &deep[turn.chance() as usize % deep.len()];
    Question {
        ask: Box::new(move |turn, out| {
            let asked =
                [("sort", "number"), ("limit", "20"), ("count", "none"), ("after", &*of(turn).0)];
            let path = format!("/items/{table}?{}", query(&asked));
            put(out, "GET", &path, plinth.headers(), &[]);
        }),
        right: Box::new(move |turn, reply| is_page(reply, of(turn).1, 1)),
    }
}

fn grouped<'a>(plinth: &'a Plinth, table: &str, rows: u64) -> Question<'a> {
    // No number is below nothing, whatever the condition says.
    let filter = format!(r#"{{"number":{{"gte":-{}}}}}"#, Hollow::MARK);
    let aggregate = json!({
        "n": { "function": "count", "field": "*" }, "total": { "function": "sum", "field": "amount" },
    })
    .to_string();
    let asked = [("groupBy", "kind"), ("aggregate", &*aggregate), ("filter", &*filter)];
    let path = Hollow::new(&format!("/items/{table}?{}", query(&asked)));
    let sums: Vec<(u64, u64)> = (0..4)
        .map(|kind| {
            let amounts = (kind..rows).step_by(4).map(|number| number * 7_919 % 1_000);
            (rows / 4, amounts.sum())
        })
        .collect();
    let number = |value: &Json| match value {
        Json::String(text) => text.parse::<u64>().ok(),
        other => other.as_u64(),
    };
    Question {
        ask: Box::new(move |turn, out| {
            path.get(1 + turn.chance() % 1_000_000, plinth.headers(), out)
        }),
        right: Box::new(move |_, reply| {
            let Ok(answer) = reply.json() else { return false };
            let Ok(groups) = array(&answer, "data") else { return false };
            groups.len() == 4
                && groups.iter().all(|group| {
                    let kind = KINDS.iter().position(|kind| group["kind"] == *kind);
                    let told = number(&group["n"]).zip(number(&group["total"]));
                    kind.is_some_and(|kind| told == Some(sums[kind]))
                })
        }),
    }
}

/// A hundred records, each with ten that point at it.
async fn nest(wire: &mut Wire, plinth: &Plinth) -> Outcome {
    let id = json!({ "type": "Integer", "primaryKey": true });
    for table in ["scale_parents", "scale_children"] {
        let fields = json!({ "id": id, "title": { "type": "String" } });
        let body =
            json!({ "collectionName": table, "schema": { "name": table, "fields": fields } });
        plinth.as_owner(wire, ("POST", "/schemas"), Some(&body)).await?;
        plinth.allow(wire, table).await?;
    }
    let relation =
        json!({ "type": "M2O", "target": "scale_parents", "name": "parent", "alias": "children" });
    let route = ("POST", "/schemas/scale_children/relationships");
    plinth.as_owner(wire, route, Some(&relation)).await?;
    let parents: Vec<Json> =
        (0..PARENTS).map(|id| json!({ "id": id, "title": format!("parent {id}") })).collect();
    plinth.as_user(wire, ("POST", "/items/scale_parents/bulk"), Some(&json!(parents))).await?;
    let children: Vec<Json> = (0..PARENTS * CHILDREN)
        .map(|id| json!({ "id": id, "title": format!("child {id}"), "parent_id": id % PARENTS }))
        .collect();
    plinth.as_user(wire, ("POST", "/items/scale_children/bulk"), Some(&json!(children))).await?;
    Ok(())
}

fn nested(plinth: &Plinth) -> Question<'_> {
    let filter = format!(r#"{{"id":{{"gte":-{}}}}}"#, Hollow::MARK);
    let asked = [
        ("filter", &*filter),
        ("sort", "id"),
        ("limit", "100"),
        ("count", "none"),
        ("fields", "id,title,children.id,children.title"),
    ];
    let path = Hollow::new(&format!("/items/scale_parents?{}", query(&asked)));
    Question {
        ask: Box::new(move |turn, out| {
            path.get(1 + turn.chance() % 1_000_000, plinth.headers(), out)
        }),
        right: Box::new(move |_, reply| {
            let count = |text: &[u8]| {
                reply.body.windows(text.len()).filter(|window| *window == text).count() as u64
            };
            count(b"\"parent ") == PARENTS && count(b"\"child ") == PARENTS * CHILDREN
        }),
    }
}

fn holds_number(reply: &Reply<'_>, number: u64) -> bool {
    reply.holds(format!("\"number\":{number},").as_bytes())
}

/// Whether it is a whole page from `first` on, each row `step` after the one before.
fn is_page(reply: &Reply<'_>, first: u64, step: u64) -> bool {
    (0..PAGE).all(|place| holds_number(reply, first + place * step))
        && !holds_number(reply, first + PAGE * step)
}
