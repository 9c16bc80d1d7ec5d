//! `cargo xtask soak`: the long form of the suites that `test` runs as a short seeded sample.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Outcome;
use crate::postgres::Cluster;
use crate::process;
use crate::workspace::{self, cargo};

/// Every suite with what it tries. Each is a module of `tests/soak`, those of [`FUZZ`] apart.
const SOAKS: [(&str, &str); 5] = [
    ("twins", "random catalogs, writes and reads: SQLite and Postgres give the same bytes"),
    ("oracle", "random roles and requests: nobody sees or writes what the grants do not say"),
    (
        "crash",
        "kills in the middle of writes: what was acknowledged is there, nothing is half there",
    ),
    (
        "kept",
        "writes, changes of rights and reads in any order: what is kept is never an old answer",
    ),
    ("schema", "random changes of collections with rows: the records are what a model says"),
];

/// What is fed with inputs at random, without a server: tests of `api`, whose corpus lies in
/// `tests/soak/corpus` and grows by what a run finds.
const FUZZ: [(&str, &str); 4] = [
    ("fuzz-filter", "filters in the spellings of all surfaces"),
    ("fuzz-fields", "fields, sort, pages, groups and the other parameters of a list"),
    ("fuzz-csv", "CSV files, to the values of their columns"),
    ("fuzz-schema", "bodies of schemas, to the catalog they make"),
];

/// What has to look into the house: tests of `engine`, named `soak_…`.
const INSIDE: [(&str, &str); 1] = [(
    "import",
    "a million rows come in while others read, write and listen: nobody waits, nobody sees half",
)];

const MINUTES: u64 = 10;

pub(crate) fn soak(words: &[&str]) -> Outcome {
    let Some((name, rest)) = words.split_first() else {
        println!("usage: cargo xtask soak <name> [--seed N] [--minutes N]\n");
        for (name, what) in SOAKS.iter().chain(&INSIDE).chain(&FUZZ) {
            println!("  {name:<12} {what}");
        }
        return Ok(());
    };
    if let Some((_, target)) = name.split_once('-')
        && FUZZ.iter().any(|(known, _)| known == name)
    {
        let (seed, minutes) = options(rest)?;
        let filter = format!("fuzz_tests::{target}");
        let command = cargo(&["test", "-p", "api", "--lib", &filter, "--", "--nocapture"]);
        return run(name, command, seed.unwrap_or_else(any_seed), minutes);
    }
    if INSIDE.iter().any(|(known, _)| known == name) {
        let (seed, minutes) = options(rest)?;
        let cluster = Cluster::start()?;
        let filter = format!("soak_{name}");
        let mut command = cargo(&["test", "-p", "engine", "--lib", &filter, "--", "--nocapture"]);
        command.env("TEST_POSTGRES_URL", cluster.url());
        return run(name, command, seed.unwrap_or_else(any_seed), minutes);
    }
    if !SOAKS.iter().any(|(known, _)| known == name) {
        let names: Vec<&str> =
            SOAKS.iter().chain(&INSIDE).chain(&FUZZ).map(|(known, _)| *known).collect();
        return Err(format!("`{name}` is no soak; there are {}", names.join(", ")));
    }
    let (seed, minutes) = options(rest)?;
    let seed = seed.unwrap_or_else(any_seed);
    process::run(&mut cargo(&["build", "-p", "embedded-server", "--bin", "plinth"]))?;
    let cluster = Cluster::start()?;
    let filter = format!("soak::{name}");
    let mut command: Command =
        cargo(&["test", "-p", "suite", "--test", "suite", &filter, "--", "--nocapture"]);
    command
        .env("TEST_POSTGRES_URL", cluster.url())
        .env("PLINTH_BINARY", workspace::binary("plinth"));
    run(name, command, seed, minutes)
}

/// Runs the test behind a name for minutes.
fn run(name: &str, mut command: Command, seed: u64, minutes: u64) -> Outcome {
    println!("soak {name}: seed {seed}, {minutes} minutes");
    command
        .env("PLINTH_SOAK_SEED", seed.to_string())
        .env("PLINTH_SOAK_SECONDS", (minutes * 60).to_string());
    let (counts, outcome) = process::count(&mut command);
    outcome.map_err(|why| {
        format!(
            "{why}\nthe whole run again: cargo xtask soak {name} --seed {seed} --minutes {minutes}"
        )
    })?;
    if counts.passed == 0 {
        return Err(format!("no test of `{name}` ran"));
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
    use super::{FUZZ, INSIDE, MINUTES, SOAKS, options};
    use crate::workspace;

    #[test]
    fn every_soak_is_a_module_of_the_suite() {
        let file = std::fs::read_to_string(workspace::at("tests/soak.rs")).unwrap();
        for (name, _) in SOAKS {
            assert!(file.contains(&format!("\nmod {name};")), "tests/soak.rs has no `{name}`");
        }
        let file = workspace::at("embedded-server/crates/engine/src/import_tests.rs");
        let file = std::fs::read_to_string(file).unwrap();
        for (name, _) in INSIDE {
            assert!(file.contains(&format!("async fn soak_{name}_")), "nothing soaks `{name}`");
        }
        let file = workspace::at("embedded-server/crates/api/src/fuzz_tests/mod.rs");
        let file = std::fs::read_to_string(file).unwrap();
        for (name, _) in FUZZ {
            let target = name.trim_start_matches("fuzz-");
            assert!(file.contains(&format!("\nfn {target}() {{")), "nothing feeds `{target}`");
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
