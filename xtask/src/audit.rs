//! Known advisories of our dependencies. Asks public databases, so it is no part of `test`.

use std::process::Command;

use crate::{Outcome, front, process, workspace};

pub(crate) fn audit() -> Outcome {
    let mut failures = Vec::new();
    if process::on_path("cargo-audit") {
        failures.extend(process::run(&mut workspace::cargo(&["audit"])).err());
    } else {
        failures.push("`cargo audit` is missing: cargo install cargo-audit --locked".to_owned());
    }
    for package in front::PACKAGES {
        println!("{package}:");
        let mut npm = Command::new("npm");
        npm.args(["audit", "--audit-level=moderate"]).current_dir(workspace::at(package));
        failures.extend(process::run(&mut npm).err());
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}
