//! `cargo xtask soak`: the long form of the suites that `test` runs as a short seeded sample.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Outcome;
use crate::postgres::Cluster;
use crate::process;
use crate::workspace::{self, cargo};

/// Every suite with what it tries. Each is a module of `tests/soak`.
const SOAKS: [(&str, &str); 4] = [
    ("twins", "random catalogs, writes and reads: SQLite and Postgres give the same bytes"),
    ("oracle", "random roles and requests: nobody sees or writes what the grants do not say"),
    (
        "crash",
        "kills in the middle of writes: what was acknowledged is there, nothing is half there",
    ),
    ("schema", "random changes of collections with rows: the records are what a model says"),
];

const MINUTES: u64 = 10;

pub(crate) fn soak(words: &[&str]) -> Outcome {
    let Some((name, rest)) = words.split_first() else {
        println!("usage: cargo xtask soak <name> [--seed N] [--minutes N]\n");
        for (name, what) in SOAKS {
            println!("  {name:<8} {what}");
        }
        return Ok(());
    };
    if !SOAKS.iter().any(|(known, _)| known == name) {
        let names: Vec<&str> = SOAKS.iter().map(|(known, _)| *known).collect();
        return Err(format!("`{name}` is no soak; there are {}", names.join(", ")));
    }
    let (seed, minutes) = options(rest)?;
    let seed = seed.unwrap_or_else(any_seed);
    println!("soak {name}: seed {seed}, {minutes} minutes");
    process::run(&mut cargo(&["build", "-p", "embedded-server", "--bin", "plinth"]))?;
    let cluster = Cluster::start()?;
    let filter = format!("soak::{name}");
    let mut command: Command =
        cargo(&["test", "-p", "suite", "--test", "suite", &filter, "--", "--nocapture"]);
    command
        .env("TEST_POSTGRES_URL", cluster.url())
        .env("PLINTH_BINARY", workspace::binary("plinth"))
        .env("PLINTH_SOAK_SEED", seed.to_string())
        .env("PLINTH_SOAK_SECONDS", (minutes * 60).to_string());
    let (counts, outcome) = process::count(&mut command);
    outcome.map_err(|why| {
        format!(
            "{why}\nthe whole run again: cargo xtask soak {name} --seed {seed} --minutes {minutes}"
        )
    })?;
    if counts.passed == 0 {
        return Err(format!("no test of `{filter}` ran"));
    }
    println!("soak {name}: nothing found from seed {seed} in {minutes} minutes");
    Ok(())
}

fn options(words: &[&str]) -> Outcome<(Option<u64>, u64)> {
    let (mut seed, mut minutes) = (None, MINUTES);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = words.next().and_then(|text| text.parse().ok());
        match (*word, value) {
            ("--seed", Some(number)) => seed = Some(number),
            ("--minutes", Some(number)) if number > 0 => minutes = number,
            (other, _) => {
                return Err(format!(
                    "`{other}`: --seed and --minutes take a whole number, and there is nothing else"
                ));
            }
        }
    }
    Ok((seed, minutes))
}

/// A seed that differs from run to run, short enough to be typed.
fn any_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_secs() % 1_000_000 * 1_000
}

#[cfg(test)]
mod tests {
    use super::{MINUTES, SOAKS, options};

    #[test]
    fn every_soak_is_a_module_of_the_suite() {
        let file = std::fs::read_to_string(crate::workspace::at("tests/soak.rs")).unwrap();
        for (name, _) in SOAKS {
            assert!(file.contains(&format!("\nmod {name};")), "tests/soak.rs has no `{name}`");
        }
    }

    #[test]
    fn seed_and_minutes_are_read() {
        assert_eq!(options(&[]), Ok((None, MINUTES)));
        assert_eq!(options(&["--minutes", "2", "--seed", "7"]), Ok((Some(7), 2)));
        for bad in [&["--seed"][..], &["--minutes", "0"], &["--seed", "x"], &["7"]] {
            assert!(options(bad).is_err(), "{bad:?}");
        }
    }
}
