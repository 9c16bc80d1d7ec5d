//! A closed loop: so many clients, each with its own connection, each asking again as soon as it
//! was answered.

use crate::machine::{Moment, Watched};
use crate::wire::{Reply, Wire};
use crate::{Outcome, Plan};
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::{Value as Json, json};
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Which request: the client, and how many it has sent before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub(crate) client: usize,
    pub(crate) clients: usize,
    pub(crate) number: u64,
}

impl Turn {
    /// A number that looks like chance and is the same in every run.
    pub(crate) fn chance(self) -> u64 {
        let mut mixed = (self.client as u64) << 40 ^ self.number;
        for _ in 0..2 {
            mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        }
        mixed ^ mixed >> 31
    }
}

/// What to send, and how to know that the answer is right.
pub(crate) trait Asking {
    fn request(&self, turn: Turn, out: &mut Vec<u8>);
    fn check(&self, turn: Turn, reply: &Reply<'_>) -> Outcome;
}

/// Figures of one run, or of the middle one of several.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) requests: u64,
    /// Answers that were right, those before and after the measured time too.
    pub(crate) accepted: u64,
    /// Processor of the server for one request, in microseconds.
    pub(crate) server_us: f64,
    /// The same of the database beside it.
    pub(crate) database_us: f64,
    /// The same of this program.
    pub(crate) driver_us: f64,
    /// Share of the machine that others used meanwhile.
    pub(crate) foreign: f64,
}

/// Beyond it a figure tells more of the neighbours than of the server.
pub(crate) const FOREIGN_MAX: f64 = 0.10;

impl Measured {
    pub(crate) fn json(&self) -> Json {
        json!({
            "per_second": round(self.per_second, 1), "p50_ms": round(self.p50_ms, 3),
            "p99_ms": round(self.p99_ms, 3), "requests": self.requests,
            "server_cpu_us": round(self.server_us, 1), "database_cpu_us": round(self.database_us, 1),
            "driver_cpu_us": round(self.driver_us, 1),
            "foreign_cpu_share": round(self.foreign, 3), "disturbed": self.foreign > FOREIGN_MAX,
        })
    }
}

pub(crate) fn round(number: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (number * scale).round() / scale
}

/// Runs the load as often as the plan says; the run with the middle rate is the answer, its
/// `accepted` the sum of all.
pub(crate) async fn measure(
    address: SocketAddr,
    watched: &Watched,
    plan: &Plan,
    clients: usize,
    asking: &dyn Asking,
) -> Outcome<Measured> {
    let mut runs = Vec::new();
    let mut first = 0;
    for _ in 0..plan.runs {
        let (run, sent) = once(address, watched, plan, (clients, first), asking).await?;
        first = sent;
        runs.push(run);
    }
    let accepted = runs.iter().map(|run| run.accepted).sum();
    runs.sort_by(|left, right| left.per_second.total_cmp(&right.per_second));
    let middle = runs.swap_remove(runs.len() / 2);
    Ok(Measured { accepted, ..middle })
}

/// One run. Clients count on from `first`, so that no two runs send the same requests.
async fn once(
    address: SocketAddr,
    watched: &Watched,
    plan: &Plan,
    (clients, first): (usize, u64),
    asking: &dyn Asking,
) -> Outcome<(Measured, u64)> {
    let mut wires = Vec::new();
    for _ in 0..clients {
        wires.push(Wire::open(address).await?);
    }
    let begin = Instant::now() + plan.warm;
    let end = begin + plan.measured;
    let latencies: RefCell<Vec<u64>> = RefCell::new(Vec::with_capacity(1 << 20));
    let accepted = Cell::new(0_u64);
    let last = Cell::new(first);
    let mut clients_run: FuturesUnordered<_> = wires
        .into_iter()
        .enumerate()
        .map(|(client, mut wire)| {
            let (latencies, accepted, last) = (&latencies, &accepted, &last);
            async move {
                let mut request = Vec::with_capacity(1_024);
                let mut turn = Turn { client, clients, number: first };
                loop {
                    asking.request(turn, &mut request);
                    let sent = Instant::now();
                    if sent >= end {
                        last.set(last.get().max(turn.number));
                        return Ok::<(), String>(());
                    }
                    let reply = wire.exchange(&request).await?;
                    let answered = Instant::now();
                    asking.check(turn, &reply)?;
                    accepted.set(accepted.get() + 1);
                    if answered >= begin && answered <= end {
                        let took = answered.duration_since(sent).as_nanos();
                        latencies.borrow_mut().push(u64::try_from(took).unwrap_or(u64::MAX));
                    }
                    turn.number += 1;
                }
            }
        })
        .collect();
    let moments: Cell<Option<(Moment, Moment)>> = Cell::new(None);
    let watch = async {
        tokio::time::sleep_until(begin.into()).await;
        let before = watched.moment();
        tokio::time::sleep_until(end.into()).await;
        moments.set(Some((before, watched.moment())));
        Ok::<(), String>(())
    };
    let ask = async {
        while let Some(outcome) = clients_run.next().await {
            outcome?;
        }
        Ok(())
    };
    tokio::try_join!(ask, watch)?;
    drop(clients_run);
    let (before, after) = moments.get().ok_or("the run was not watched")?;
    let measured = figures(latencies.into_inner(), plan.measured, (before, after));
    Ok((Measured { accepted: accepted.get(), ..measured }, last.get()))
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
fn figures(mut latencies: Vec<u64>, time: Duration, (before, after): (Moment, Moment)) -> Measured {
    latencies.sort_unstable();
    let count = latencies.len();
    let at = |share: usize| {
        let place = (count * share / 100).min(count.saturating_sub(1));
        latencies.get(place).map_or(f64::NAN, |nanos| *nanos as f64 / 1e6)
    };
    let each = |seconds: f64| seconds * 1e6 / count.max(1) as f64;
    let capacity = time.as_secs_f64() * crate::machine::cores() as f64;
    Measured {
        per_second: count as f64 / time.as_secs_f64(),
        p50_ms: at(50),
        p99_ms: at(99),
        requests: count as u64,
        accepted: 0,
        server_us: each(after.server_since(&before)),
        database_us: each(after.database_since(&before)),
        driver_us: each(after.own_since(&before)),
        foreign: after.foreign_since(&before) / capacity,
    }
}
