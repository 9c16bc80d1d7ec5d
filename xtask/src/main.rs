//! The commands of this repository: `cargo xtask run`, `cargo xtask test` and their neighbours.
//!
//! Outside the house: it imports nothing of ours and nothing of others, so that it compiles in
//! seconds on a machine that has only Rust. What it starts (a database, a display) it ends, also
//! when it is interrupted or killed; see `sentry`.
#![expect(clippy::disallowed_methods, reason = "a command reads its environment; no `Config` here")]
#![expect(clippy::print_stdout, reason = "a command talks on standard output")]

mod audit;
mod bench;
mod bundle;
mod display;
mod front;
mod icons;
mod lint;
mod needs;
mod postgres;
mod process;
mod run;
mod scratch;
mod sentry;
mod soak;
mod test;
mod types;
mod workspace;

use std::process::ExitCode;

/// What went wrong, as one sentence for the person at the terminal.
pub(crate) type Outcome<T = ()> = Result<T, String>;

const USAGE: &str = "\
usage: cargo xtask <command>

  run [--yes] [-- ARGS]  build Plinth and open the studio; without a display, serve it to the browser
  setup [--yes]          install what `run` and `test` need, and nothing else
  test                   everything CI asks: checks, tests on both stores, browser, desktop window
  test quick             formatting, lints, unit tests, tidy
  soak [NAME] [--seed N] [--minutes N]
                         a suite of chance in its long form; without a name, what there is
  audit                  known advisories of our dependencies (asks the public databases)
  bundle [--built] [--try]
                         make a Debian package; --built packs what the last release build left,
                         --try installs it in a fresh Debian 12 root and uses it there (as root)
  types                  write the SDK's types from the server's structs
  bench [--built] [--quick] [...]
                         measure the release build beside the machine's own limits; --built takes
                         what the last release build left, docs/PERFORMANCE.md has the rest
  bench journeys         how long the journeys take a person on the release build
  icons                  draw every icon file from icons/plinth.svg

--yes installs missing system packages without asking; so does the environment variable CI.
";

fn main() -> ExitCode {
    if let Some(words) = lint::asked_to_compile() {
        return lint::compile(&words);
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["run", rest @ ..] => run::run(rest),
        ["setup"] => needs::provide(&needs::all(), needs::Consent::from_environment()),
        ["setup", "--yes"] => needs::provide(&needs::all(), needs::Consent::Given),
        ["test"] => return test::everything(),
        ["test", "quick"] => return test::quick(),
        ["soak", rest @ ..] => soak::soak(rest),
        ["audit"] => audit::audit(),
        ["bundle", rest @ ..] => bundle::bundle(rest),
        ["types"] => types::write(),
        ["bench", rest @ ..] => bench::bench(rest),
        ["icons"] => icons::draw(),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        [] => Err(USAGE.to_owned()),
        other => Err(format!("`{}` is not a command\n\n{USAGE}", other.join(" "))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
