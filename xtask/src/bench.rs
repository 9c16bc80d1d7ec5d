//! `cargo xtask bench`: the release server measured beside the raw limits of the same machine.

use std::process::Command;
use std::time::SystemTime;

use crate::needs::{self, Consent};
use crate::postgres::Cluster;
use crate::workspace::{self, SHIPPED, cargo};
use crate::{Outcome, front, process};

mod journeys;

/// What was asked of us; everything else goes to the driver.
struct Asked<'a> {
    /// Measure what the last release build left.
    built: bool,
    without_postgres: bool,
    rest: Vec<&'a str>,
}

pub(crate) fn bench(arguments: &[&str]) -> Outcome {
    let taken = |word: &str| matches!(word, "journeys" | "--built" | "--without-postgres");
    let asked = Asked {
        built: arguments.contains(&"--built"),
        without_postgres: arguments.contains(&"--without-postgres"),
        rest: arguments.iter().copied().filter(|word| !taken(word)).collect(),
    };
    needs::provide(&needs::all(), Consent::from_environment())?;
    if !asked.built {
        front::build()?;
        process::run(&mut cargo(&[&["build", "--release"][..], &SHIPPED].concat()))?;
    }
    if arguments.contains(&"journeys") { journeys::measure(&asked.rest) } else { drive(&asked) }
}

fn drive(asked: &Asked<'_>) -> Outcome {
    process::run(&mut cargo(&["build", "--release", "-p", "bench"]))?;
    let folder = workspace::target().join("bench");
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    let stamp = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_err(|error| format!("the clock of this machine stands before 1970: {error}"))?;
    let json = folder.join(format!("{}.json", stamp.as_secs()));
    let cluster = if asked.without_postgres { None } else { Some(Cluster::start_durable()?) };
    let mut driver = Command::new(workspace::release("bench"));
    driver.arg("--program").arg(workspace::release("plinth")).arg("--folder").arg(&folder);
    driver.arg("--json").arg(&json).args(["--build", &build()]);
    if let Some(cluster) = &cluster {
        driver.args(["--postgres", &cluster.url()]);
        if let Some(process) = cluster.process() {
            driver.args(["--postgres-process", &process]);
        }
    }
    process::run(driver.args(&asked.rest))?;
    println!("written to {}", json.display());
    Ok(())
}

/// Which source was measured.
fn build() -> String {
    let git = |arguments: &[&str]| {
        process::ask(Command::new("git").args(arguments).current_dir(workspace::root()))
    };
    let commit = git(&["rev-parse", "--short", "HEAD"]).unwrap_or_else(|_| "no commit".to_owned());
    let changed = git(&["status", "--porcelain"]).is_ok_and(|changes| !changes.is_empty());
    format!("{commit}{}", if changed { " with changes" } else { "" })
}
