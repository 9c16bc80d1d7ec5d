//! The long suites. Each is a test that runs a short sample with a fixed seed, so that every run
//! of the suite meets the same cases; `cargo xtask soak <name>` runs the same test for minutes
//! with a seed of its own. A failure prints the seed and the request that shows it.

mod chance;
mod crash;
mod fault;
mod kept;
mod model;
mod oracle;
mod question;
mod schema;
mod shrink;
mod twins;
mod values;
mod world;

use std::time::{Duration, Instant};

/// How long a suite runs: a fixed number of rounds, or for a time when the environment says so.
struct Span {
    name: &'static str,
    seed: u64,
    rounds: u64,
    until: Option<Instant>,
}

impl Span {
    /// The sample is `rounds` rounds from seed 1.
    fn of(name: &'static str, rounds: u64) -> Self {
        let seconds = told("PLINTH_SOAK_SECONDS");
        Self {
            name,
            seed: told("PLINTH_SOAK_SEED").unwrap_or(1),
            rounds,
            until: seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds)),
        }
    }

    /// Seeds, one per round. The first round of a run with seed S is round S of any other run.
    fn seeds(&self) -> impl Iterator<Item = u64> + '_ {
        (0..).map(|round| self.seed.wrapping_add(round)).take_while(move |seed| match self.until {
            Some(until) => Instant::now() < until,
            None => seed.wrapping_sub(self.seed) < self.rounds,
        })
    }

    /// How to see one round again.
    fn again(&self, seed: u64) -> String {
        format!("cargo xtask soak {} --seed {seed}", self.name)
    }
}

#[expect(clippy::disallowed_methods, reason = "the soak command tells its length and its seed")]
fn told(key: &str) -> Option<u64> {
    std::env::var(key).ok().and_then(|text| text.parse().ok())
}
