//! The whole course of one server: rows in, every station, memory in between.

use crate::load::{Asking, Measured, Turn, measure, round};
use crate::machine::{self, Memory, Watched};
use crate::peer::{Peer, STATIONS, Station, Store, Work};
use crate::wire::{Reply, Wire};
use crate::{Outcome, Plan, rows};
use serde_json::{Value as Json, json};
use std::net::SocketAddr;
use std::time::Instant;

/// Requests over which statements are counted.
const COUNTED: u64 = 20;

/// One row of the table for one server.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) clients: usize,
    pub(crate) measured: Measured,
    /// Statements of the store for one request.
    pub(crate) statements: Option<f64>,
}

/// What one server did.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    pub(crate) name: String,
    pub(crate) lines: Vec<Line>,
    /// Rows per second of the bulk, and its seconds.
    pub(crate) bulk: (f64, f64),
    /// Start on an empty folder, and the middle of several on a used one; in milliseconds.
    pub(crate) starts: Option<(f64, f64)>,
    /// Name of the moment, the server's, and its database's.
    pub(crate) memory: Vec<(&'static str, Memory, Option<Memory>)>,
    pub(crate) load: (f64, f64),
}

impl Course {
    pub(crate) fn json(&self) -> Json {
        let lines = self.lines.iter().map(|line| {
            let mut one = line.measured.json();
            one["work"] = json!(line.name);
            one["clients"] = json!(line.clients);
            one["statements"] = json!(line.statements.map(|count| round(count, 2)));
            one
        });
        let lines: Vec<Json> = lines.collect();
        let memory = self.memory.iter().map(|(when, server, database)| {
            let one = |memory: &Memory| {
                json!({
                    "rss_mb": round(memory.resident, 1), "pss_mb": round(memory.proportional, 1),
                    "anonymous_mb": round(memory.anonymous, 1),
                })
            };
            json!({ "when": when, "server": one(server), "database": database.as_ref().map(one) })
        });
        let memory: Vec<Json> = memory.collect();
        json!({
            "server": self.name, "lines": lines, "memory": memory,
            "bulk_rows_per_second": round(self.bulk.0, 0), "bulk_seconds": round(self.bulk.1, 3),
            "start_empty_ms": self.starts.map(|starts| round(starts.0, 1)),
            "start_used_ms": self.starts.map(|starts| round(starts.1, 1)),
            "load_before": self.load.0, "load_after": self.load.1,
        })
    }

    /// The figures of a row, if it was run.
    pub(crate) fn line(&self, name: &str, clients: usize) -> Option<&Line> {
        self.lines.iter().find(|line| line.name == name && line.clients == clients)
    }
}

struct Question<'a, P>(&'a P, Work);

impl<P: Peer> Asking for Question<'_, P> {
    fn request(&self, turn: Turn, out: &mut Vec<u8>) {
        self.0.request(self.1, turn, out);
    }

    fn check(&self, turn: Turn, reply: &Reply<'_>) -> Outcome {
        self.0.check(self.1, turn, reply)
    }
}

/// Leads a prepared server through everything. `starts` is told by who started it.
pub(crate) async fn run<P: Peer>(
    name: &str,
    peer: &mut P,
    address: SocketAddr,
    watched: &Watched,
    plan: &Plan,
) -> Outcome<Course> {
    let before = machine::load();
    let mut memory = Vec::new();
    let mut wire = Wire::open(address).await?;
    say(name, "10,000 rows in bulk");
    let seconds = fill(peer, Store::Listed, rows::LISTED, &mut wire).await?;
    fill(peer, Store::Updated, rows::LISTED, &mut wire).await?;
    if plan.wants(Work::Group) {
        say(name, "100,000 rows to group");
        fill(peer, Store::Grouped, rows::GROUPED, &mut wire).await?;
    }
    peer.learn(&mut wire).await?;
    let mut lines = Vec::new();
    let mut indexed = false;
    for station in STATIONS.iter().filter(|station| plan.wants(station.work)) {
        if station.indexed && !indexed {
            peer.index(&mut wire).await?;
            indexed = true;
        }
        stand(name, peer, station, (address, watched, plan), &mut wire, &mut lines)
            .await
            .map_err(|fault| format!("{name}: {}: {fault}", station.name))?;
        if station.work == Work::Create
            && let Some(found) = watched.memory()
        {
            memory.push(("after the creates", found, watched.database_memory()));
        }
    }
    if let Some(found) = watched.memory() {
        memory.push(("at the end", found, watched.database_memory()));
    }
    #[expect(clippy::cast_precision_loss, reason = "ten thousand rows")]
    let bulk = (rows::LISTED as f64 / seconds, seconds);
    let load = (before, machine::load());
    Ok(Course { name: name.to_owned(), lines, bulk, starts: None, memory, load })
}

async fn stand<P: Peer>(
    name: &str,
    peer: &mut P,
    station: &Station,
    (address, watched, plan): (SocketAddr, &Watched, &Plan),
    wire: &mut Wire,
    lines: &mut Vec<Line>,
) -> Outcome {
    let work = station.work;
    let statements = count_statements(peer, work, wire).await?;
    for &clients in station.clients {
        peer.prove(work, wire).await?;
        let measured = measure(address, watched, plan, clients, &Question(&*peer, work)).await?;
        peer.settle(work, measured.accepted, wire).await?;
        say(
            name,
            &format!(
                "{}, {clients}: {:.0}/s  p50 {:.3}  p99 {:.3} ms{}",
                station.name,
                measured.per_second,
                measured.p50_ms,
                measured.p99_ms,
                if measured.foreign > crate::load::FOREIGN_MAX { "  (disturbed)" } else { "" }
            ),
        );
        lines.push(Line { name: station.name, clients, measured, statements });
    }
    Ok(())
}

async fn fill<P: Peer>(peer: &P, store: Store, rows: u64, wire: &mut Wire) -> Outcome<f64> {
    let mut requests = Vec::new();
    for first in (0..rows).step_by(usize::try_from(rows::BULK).unwrap_or(500)) {
        let mut request = Vec::new();
        peer.bulk_request(store, first, &mut request);
        requests.push(request);
    }
    let began = Instant::now();
    for request in &requests {
        peer.bulk_check(&wire.exchange(request).await?)?;
    }
    Ok(began.elapsed().as_secs_f64())
}

/// What the server's own counter says about one request of a kind of work.
async fn count_statements<P: Peer>(peer: &P, work: Work, wire: &mut Wire) -> Outcome<Option<f64>> {
    let ask = |number: u64, out: &mut Vec<u8>| {
        peer.request(work, Turn { client: 0, clients: 1, number }, out);
    };
    counted(peer, ask, wire).await
}

/// What the server's own counter says about one request; the counter's own cost is taken off.
pub(crate) async fn counted<P: Peer>(
    peer: &P,
    ask: impl Fn(u64, &mut Vec<u8>),
    wire: &mut Wire,
) -> Outcome<Option<f64>> {
    // Kinds that the plan cache has not met yet are met before counting.
    let mut request = Vec::new();
    ask(1 << 30, &mut request);
    wire.exchange(&request).await?;
    let Some(first) = peer.statements(wire).await? else { return Ok(None) };
    let own = peer.statements(wire).await?.unwrap_or(first) - first;
    let before = first + own;
    for number in 0..COUNTED {
        ask((1 << 31) + number, &mut request);
        let reply = wire.exchange(&request).await?;
        if reply.status >= 300 {
            return Err(format!("status {}: {}", reply.status, reply.shown()));
        }
    }
    let after = peer.statements(wire).await?.unwrap_or(before);
    #[expect(clippy::cast_precision_loss, reason = "a handful of statements")]
    let each = after.saturating_sub(before + own) as f64 / COUNTED as f64;
    Ok(Some(each))
}

#[expect(clippy::print_stderr, reason = "a person waits, and standard output is the report")]
pub(crate) fn say(name: &str, what: &str) {
    eprintln!("{name}: {what}");
}
