//! `cargo xtask bench journeys`: how long a person's journeys take on the release build. In the
//! test command the same journeys assert what is on the screen, and times only beyond ten times
//! their limit; here the limits hold.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::front;
use crate::postgres::Cluster;
use crate::{Outcome, workspace};

/// As often as `--runs` does not say otherwise.
const RUNS: usize = 5;
const FILES: [&str; 3] = ["e1-first-launch", "e5-import", "e7-million"];
/// What the journeys say of a task that held the main thread, and its limit.
const TASKS: &str = "tasks that held the main thread, in ms";
const TASK_MS: f64 = 100.0;

/// One quantity over all runs.
#[derive(Debug, Default)]
struct Told {
    values: Vec<f64>,
    unit: String,
    limit: f64,
}

pub(super) fn measure(arguments: &[&str]) -> Outcome {
    let runs = match arguments {
        [] => RUNS,
        ["--runs", number] => {
            number.parse().map_err(|_| format!("`--runs` cannot be `{number}`"))?
        }
        other => return Err(format!("`bench journeys` takes --runs N, not `{}`", other.join(" "))),
    };
    front::install("tests/e2e")?;
    let cluster = Cluster::start()?;
    let mut told = BTreeMap::new();
    for run in 1..=runs {
        println!("run {run} of {runs}");
        once(&cluster.url(), &mut told)?;
    }
    let mut over = Vec::new();
    println!("\n| what | p95 of {runs} | all | limit | |\n|---|---|---|---|---|");
    for (name, mut one) in told {
        one.values.sort_by(f64::total_cmp);
        // Of few runs the 95th percentile is the slowest.
        let at = (one.values.len() * 95).div_ceil(100).saturating_sub(1);
        let p95 = one.values.get(at).copied().unwrap_or(f64::NAN);
        let all: Vec<String> = one.values.iter().map(f64::to_string).collect();
        let (unit, limit) = (&one.unit, one.limit);
        let met = if p95 <= limit { "met" } else { "**not met**" };
        println!("| {name} | {p95} {unit} | {} | {limit} {unit} | {met} |", all.join(" "));
        if p95 > limit {
            over.push(name);
        }
    }
    if over.is_empty() { Ok(()) } else { Err(format!("over the limit: {}", over.join(", "))) }
}

fn once(url: &str, told: &mut BTreeMap<String, Told>) -> Outcome {
    let files = FILES.map(|file| format!("journeys/{file}.browser.test.ts"));
    let mut command = Command::new(if cfg!(windows) { "npx.cmd" } else { "npx" });
    command.args(["vitest", "run", "--project", "browser"]).args(files);
    command.current_dir(workspace::at("tests/e2e")).env("NO_COLOR", "1");
    command.env("PLINTH_BINARY", workspace::release("plinth"));
    command.env("PLINTH_STUDIO", workspace::at("ui/dist")).env("TEST_POSTGRES_URL", url);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("`npx` could not be started: {error}"))?;
    let lines = child.stdout.take().map(|pipe| BufReader::new(pipe).lines());
    for line in lines.into_iter().flatten().map_while(Result::ok) {
        println!("{line}");
        for (name, value, unit, limit) in quantities(&line) {
            let one = told.entry(name).or_default();
            one.values.push(value);
            (one.unit, one.limit) = (unit, limit);
        }
    }
    let status = child.wait().map_err(|error| format!("the journeys were lost: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err("a journey failed; its times do not count".to_owned())
    }
}

/// Name, value, unit and limit of everything in a line like `E1: 9 clicks (limit 14), 21.5 s
/// (limit 60)`.
fn quantities(line: &str) -> Vec<(String, f64, String, f64)> {
    let Some((name, rest)) = line.trim().rsplit_once(": ") else { return Vec::new() };
    if name.ends_with(TASKS) {
        let longest = rest.split(", ").filter_map(|one| one.parse().ok()).fold(0.0, f64::max);
        return vec![(
            "longest task on the main thread".to_owned(),
            longest,
            "ms".to_owned(),
            TASK_MS,
        )];
    }
    let each = rest.split(", ").filter_map(|part| {
        let (value, limit) = part.strip_suffix(')')?.split_once(" (limit ")?;
        let (value, unit) = value.split_once(' ')?;
        let name = format!("{name}, {unit}");
        Some((name, value.parse().ok()?, unit.to_owned(), limit.parse().ok()?))
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::quantities;

    #[test]
    fn what_a_journey_tells_of_its_limits_is_read() {
        let told = quantities("E1: 9 clicks (limit 14), 21.5 s (limit 60)");
        assert_eq!(told[0], ("E1, clicks".to_owned(), 9.0, "clicks".to_owned(), 14.0));
        assert_eq!(told[1], ("E1, s".to_owned(), 21.5, "s".to_owned(), 60.0));
        let told = quantities("Postgres: first rows: 661 ms (limit 700)");
        assert_eq!(told[0], ("Postgres: first rows, ms".to_owned(), 661.0, "ms".to_owned(), 700.0));
        let told = quantities("tasks that held the main thread, in ms: 120, 340");
        assert_eq!((told[0].1, told[0].3), (340.0, 100.0));
        assert!(quantities(" ✓ journeys/e7.test.ts (1 test) 4000ms").is_empty());
    }
}
