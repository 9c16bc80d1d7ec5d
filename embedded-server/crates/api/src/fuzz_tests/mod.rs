//! Inputs at random for everything that reads a stranger's bytes: filters, `fields`, CSV files and
//! schema bodies.
//!
//! Runs on the stable toolchain, so it has no counters of the compiler to be led by. It is led by
//! what the program does instead: an input is kept, and bred from, when its outcome has a trait that
//! none before it had (another error, another part of a plan beside another). The inputs found so
//! lie in `tests/soak/corpus`, one a line; each run of the tests meets all of them and a sample of
//! new ones. `cargo xtask soak fuzz-filter` goes on for minutes and adds what it finds.

mod breed;
mod corpus;
mod outcome;
mod target;

use breed::Breeder;
use corpus::Corpus;
use outcome::Seen;
use std::time::{Duration, Instant};

/// Inputs of the sample in the test command.
const SAMPLE: u64 = 1_500;
/// Longest input that is made; what is longer only takes time.
const BYTES_MAX: usize = 2_000;

/// One thing that is fed: what it does with an input, told in lines. A fault of ours panics.
type Target = fn(&[u8]) -> String;

/// Meets the corpus, then breeds from it: a sample, or for as long as the soak command says.
fn feed(name: &str, target: Target, words: &'static [&'static str]) {
    let mut corpus = Corpus::load(name);
    let mut seen = Seen::default();
    for input in corpus.inputs() {
        seen.note(&run(name, target, input));
    }
    let known = seen.count();
    let mut breeder = Breeder::new(told("PLINTH_SOAK_SEED").unwrap_or(1), words);
    let until = told("PLINTH_SOAK_SECONDS").map(|s| Instant::now() + Duration::from_secs(s));
    let (mut fed, mut slowest) = (0_u64, (Duration::ZERO, Vec::new()));
    while until.map_or(fed < SAMPLE, |until| Instant::now() < until) {
        let mut input = breeder.next(corpus.inputs());
        input.truncate(BYTES_MAX);
        let started = Instant::now();
        let outcome = run(name, target, &input);
        let took = started.elapsed();
        if took > slowest.0 {
            slowest = (took, input.clone());
        }
        fed += 1;
        if seen.note(&outcome) {
            corpus.keep(input);
        }
    }
    println!(
        "fuzz {name}: {} inputs of the corpus with {known} traits, {fed} bred, {} traits in all; the \
         slowest took {:?}: {}",
        corpus.stored(),
        seen.count(),
        slowest.0,
        slowest.1.escape_ascii(),
    );
    if until.is_some() {
        corpus.store(target);
    }
}

/// Runs one input. What panics is told as it can be fed again.
fn run(name: &str, target: Target, input: &[u8]) -> String {
    std::panic::catch_unwind(|| target(input)).unwrap_or_else(|fault| {
        let why = fault.downcast_ref::<String>().map(String::as_str);
        let why = why.or_else(|| fault.downcast_ref::<&str>().copied()).unwrap_or("a panic");
        panic!("fuzz {name}: {why}\nadd this line to the corpus:\n{}", input.escape_ascii())
    })
}

#[expect(clippy::disallowed_methods, reason = "the soak command tells its length and its seed")]
fn told(key: &str) -> Option<u64> {
    std::env::var(key).ok().and_then(|text| text.parse().ok())
}

#[test]
fn filter() {
    feed("filter", target::filter, target::FILTER_WORDS);
}

#[test]
fn fields() {
    feed("fields", target::fields, target::FIELD_WORDS);
}

#[test]
fn csv() {
    feed("csv", target::csv, target::CSV_WORDS);
}

#[test]
fn schema() {
    feed("schema", target::schema, target::SCHEMA_WORDS);
}
