//! Known advisories of our dependencies. Asks public databases, so it is no part of `test`, and
//! tells a database that did not answer from one that knows of nothing.

use std::process::Command;

use crate::{Outcome, front, process, workspace};

/// What a database said of one lock file.
enum Answer {
    NothingKnown,
    /// With the report, as the tool words it.
    Advisories(String),
    /// Nobody was asked, or nobody answered: nothing is known either way.
    None(String),
}

pub(crate) fn audit() -> Outcome {
    let mut answers = vec![("Cargo.lock".to_owned(), crates())];
    for package in front::PACKAGES {
        answers.push((format!("{package}/package-lock.json"), npm(package)));
    }
    let mut open = Vec::new();
    for (lock, answer) in answers {
        match answer {
            Answer::NothingKnown => println!("{lock}: no advisory is known"),
            Answer::Advisories(report) => {
                println!("{lock}: advisories\n{report}");
                open.push(format!("{lock}: advisories, see above"));
            }
            Answer::None(why) => open.push(format!("{lock}: not checked, {why}")),
        }
    }
    if open.is_empty() { Ok(()) } else { Err(open.join("\n")) }
}

fn crates() -> Answer {
    if !process::on_path("cargo-audit") {
        return Answer::None("`cargo audit` is missing: cargo install cargo-audit --locked".into());
    }
    // It ends with 1 for advisories and for a database it could not fetch; only the first has a
    // report on standard output.
    answer(&mut workspace::cargo(&["audit"]), |report| report.contains("Crate:"))
}

fn npm(package: &str) -> Answer {
    let mut asking = front::npm(package, &["audit", "--audit-level=moderate"]);
    answer(&mut asking, |report| report.contains("severity"))
}

fn answer(command: &mut Command, is_report: impl FnOnce(&str) -> bool) -> Answer {
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => return Answer::None(format!("the tool could not be started: {error}")),
    };
    let report = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() {
        return Answer::NothingKnown;
    }
    if is_report(&report) {
        return Answer::Advisories(report);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    // The line that names the failure; what stands around it is about the tool itself.
    let line = said
        .lines()
        .find(|line| line.contains("warn audit ") || line.contains("fetch"))
        .or_else(|| said.lines().find(|line| line.contains("error")))
        .unwrap_or_default();
    Answer::None(format!("its database could not be reached: {}", line.trim()))
}
