//! `cargo xtask test`: every check in order of cheapness; the first failure ends the run.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use crate::display::Display;
use crate::needs::{self, Consent};
use crate::postgres::Cluster;
use crate::process::{self, Counts};
use crate::scratch::Scratch;
use crate::workspace::{self, FEATURES, cargo};
use crate::{Outcome, front, lint};

/// The run so far.
struct Run {
    counts: Counts,
    started: Instant,
}

/// A stage that failed has been reported already.
struct Stopped;

impl Run {
    fn new() -> Self {
        Self { counts: Counts::default(), started: Instant::now() }
    }

    /// A stage that reports no tests of its own.
    fn check(&mut self, name: &str, stage: impl FnOnce() -> Outcome) -> Result<(), Stopped> {
        self.stage(name, || (Counts::default(), stage()))
    }

    /// A stage whose program reports tests.
    fn tests(&mut self, name: &str, command: &mut Command) -> Result<(), Stopped> {
        self.stage(name, || {
            let (counts, outcome) = process::count(command);
            if outcome.is_ok() && counts == Counts::default() {
                return (counts, Err("no test ran".to_owned()));
            }
            (counts, outcome)
        })
    }

    fn stage(
        &mut self,
        name: &str,
        stage: impl FnOnce() -> (Counts, Outcome),
    ) -> Result<(), Stopped> {
        println!("\n== {name}");
        let started = Instant::now();
        let (mut counts, outcome) = stage();
        let seconds = started.elapsed().as_secs_f32();
        if outcome.is_err() && counts.failed == 0 {
            counts.failed = 1;
        }
        self.counts.add(counts);
        match outcome {
            Ok(()) => {
                println!("-- {name}: {seconds:.1} s");
                Ok(())
            }
            Err(message) => {
                println!("{message}\n-- {name}: failed after {seconds:.1} s");
                Err(Stopped)
            }
        }
    }

    /// Two lines of stages at once, each to its own first failure; either ends the run.
    fn beside(
        &mut self,
        other: impl FnOnce(&mut Self) -> Result<(), Stopped> + Send,
        own: impl FnOnce(&mut Self) -> Result<(), Stopped>,
    ) -> Result<(), Stopped> {
        let (counts, theirs, ours) = std::thread::scope(|scope| {
            let aside = scope.spawn(|| {
                let mut aside = Self::new();
                let result = other(&mut aside);
                (aside.counts, result)
            });
            let ours = own(self);
            let (counts, theirs) =
                aside.join().unwrap_or((Counts { passed: 0, failed: 1 }, Err(Stopped)));
            (counts, theirs, ours)
        });
        self.counts.add(counts);
        ours.and(theirs)
    }

    /// The last line of the run.
    fn close(self, result: Result<(), Stopped>) -> ExitCode {
        println!("\n{:.0} s in all", self.started.elapsed().as_secs_f32());
        println!("{} passed, {} failed", self.counts.passed, self.counts.failed);
        if result.is_ok() && self.counts.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// The inner loop: the default members, so that no webview is compiled.
pub(crate) fn quick() -> ExitCode {
    let mut run = Run::new();
    let result = quick_stages(&mut run);
    run.close(result)
}

fn quick_stages(run: &mut Run) -> Result<(), Stopped> {
    format(run)?;
    run.check("clippy", || {
        process::run(&mut cargo(&["clippy", "--all-targets", "--", "-D", "warnings"]))
    })?;
    units(run, &[], None)
}

/// What CI asks.
pub(crate) fn everything() -> ExitCode {
    let mut run = Run::new();
    let result = all_stages(&mut run);
    run.close(result)
}

/// One selection for every cargo command, so that nothing is compiled twice in two feature sets.
const WHOLE: [&str; 3] = ["--workspace", "--features", FEATURES];

fn all_stages(run: &mut Run) -> Result<(), Stopped> {
    run.check("system packages", || needs::provide(&needs::all(), Consent::from_environment()))?;
    // The window embeds the studio, so the front end comes before the first compilation.
    front_build(run)?;
    format(run)?;
    // Rooms test themselves on both stores too, so the cluster comes before their unit tests.
    let scratch = make_scratch(run)?;
    let cluster = start_postgres(run, &scratch)?;
    let ground = Ground { scratch: scratch.folder(), postgres: &cluster.url() };
    // One crate of ours waits for the next, and leaves a processor idle that the checks of the
    // front end fill.
    run.beside(front_checks, |run| {
        run.check("lints and build", || {
            lint::with_every_build()?;
            process::run(&mut cargo(&[&["build", "--all-targets"], &WHOLE[..]].concat()))
        })
    })?;
    units(run, &WHOLE, Some(&ground))?;
    suite(run, &ground)?;
    journeys(run, &ground)
}

/// What tests stand on.
struct Ground<'run> {
    scratch: &'run Path,
    postgres: &'run str,
}

impl Ground<'_> {
    /// The command, told where it may write and where Postgres is.
    fn under<'command>(&self, command: &'command mut Command) -> &'command mut Command {
        command.env("TMPDIR", self.scratch).env("TEST_POSTGRES_URL", self.postgres)
    }
}

fn script(package: &str, name: &str) -> Outcome {
    process::run(&mut front::npm(package, &["run", name]))
}

fn front_build(run: &mut Run) -> Result<(), Stopped> {
    run.check("npm ci", || front::PACKAGES.iter().try_for_each(|package| front::install(package)))?;
    run.check("sdk: build", || script("sdk", "build"))?;
    run.check("studio: types and build", || script("ui", "build"))
}

fn front_checks(run: &mut Run) -> Result<(), Stopped> {
    run.check("sdk: types", || script("sdk", "check"))?;
    run.check("studio: lint", || script("ui", "lint"))?;
    run.check("journeys: types", || script("tests/e2e", "check"))?;
    run.tests("sdk: tests", &mut vitest("sdk", &TWO_FILES))?;
    run.tests("studio: tests", &mut vitest("ui", &TWO_FILES))
}

fn format(run: &mut Run) -> Result<(), Stopped> {
    run.check("format", || process::run(&mut cargo(&["fmt", "--all", "--check"])))?;
    // For every platform: tidy reads the licences of them all, without the network.
    run.check("cargo fetch", || process::run(&mut cargo(&["fetch", "--locked"])))
}

fn units(run: &mut Run, selection: &[&str], ground: Option<&Ground>) -> Result<(), Stopped> {
    let mut units = cargo(&[&["test", "--lib", "--bins"], selection].concat());
    if let Some(ground) = ground {
        ground.under(&mut units);
    }
    run.tests("unit tests", &mut units)?;
    run.tests("tidy", &mut cargo(&[&["test", "--test", "tidy"], selection].concat()))
}

fn make_scratch(run: &mut Run) -> Result<Scratch, Stopped> {
    let mut scratch = Err(Stopped);
    run.check("room to write", || {
        scratch = Ok(Scratch::make()?);
        Ok(())
    })?;
    scratch
}

fn start_postgres(run: &mut Run, scratch: &Scratch) -> Result<Cluster, Stopped> {
    let mut cluster = Err(Stopped);
    run.check("start Postgres", || {
        cluster = Ok(Cluster::start_in(scratch.folder())?);
        Ok(())
    })?;
    cluster
}

fn suite(run: &mut Run, ground: &Ground) -> Result<(), Stopped> {
    // Every test target: the rooms' own (`sql`, `store`) and the black-box suite. One test more at
    // once than there are processors: now and then each waits for what is not ours to speed up.
    let at_once = format!("--test-threads={}", processors() + 1);
    let words = ["test", "--no-fail-fast", "--test", "*"];
    let mut command = cargo(&[&words, &WHOLE[..], &["--", &at_once]].concat());
    ground.under(&mut command).env("PLINTH_BINARY", workspace::binary("plinth"));
    run.tests("rooms and suite on SQLite and Postgres", &mut command)?;
    let mut command =
        with_binaries(vitest("tests/e2e", &[&["--project", "sdk"], &TWO_FILES[..]].concat()));
    run.tests("SDK on SQLite and Postgres", ground.under(&mut command))
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn journeys(run: &mut Run, ground: &Ground) -> Result<(), Stopped> {
    // Two files at a time: one journey alone leaves the processors idle for half of its time.
    let two = [&["--project", "browser"], &TWO_FILES[..]].concat();
    let mut browser = with_binaries(vitest("tests/e2e", &two));
    run.tests("journeys in Chromium", ground.under(&mut browser))?;
    let mut display = None;
    run.check("start a display", || {
        display = Some(Display::start()?);
        Ok(())
    })?;
    let name = display.as_ref().map(Display::name).unwrap_or_default();
    // A session bus of its own, with a secret service on it that is unlocked by an empty password.
    let unlocked =
        "printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null; exec \"$@\"";
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "sh", "-c", unlocked, "window"]).args([
        "npx",
        "vitest",
        "run",
        "--project",
        "window",
    ]);
    command.current_dir(workspace::at("tests/e2e")).env("NO_COLOR", "1").env("DISPLAY", name);
    command.env("TEST_POSTGRES_URL", ground.postgres);
    run.tests("journeys in the window", &mut with_binaries(command))
}

/// By itself vitest leaves one processor to who watches it; here nobody does.
const TWO_FILES: [&str; 2] = ["--fileParallelism", "--maxWorkers=2"];

fn vitest(package: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npx.cmd" } else { "npx" });
    command
        .args(["vitest", "run"])
        .args(arguments)
        .current_dir(workspace::at(package))
        .env("NO_COLOR", "1");
    command
}

/// The journeys drive the binaries that were just built.
fn with_binaries(mut command: Command) -> Command {
    command.env("PLINTH_BINARY", workspace::binary("plinth"));
    command.env("PLINTH_STUDIO_BINARY", workspace::binary("plinth-studio"));
    command.env("PLINTH_STUDIO", workspace::at("ui/dist"));
    command
}
