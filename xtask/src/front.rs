//! The TypeScript packages: installed when their lock changed, built when their sources did.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use crate::{Outcome, process, workspace};

/// In the order in which they need each other.
pub(crate) const PACKAGES: [&str; 3] = ["sdk", "ui", "tests/e2e"];

/// An npm command in one of our packages.
pub(crate) fn npm(package: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.args(arguments).current_dir(workspace::at(package));
    command
}

/// `npm ci`, unless what is installed came from this very lock.
pub(crate) fn install(package: &str) -> Outcome {
    let folder = workspace::at(package);
    let lock = std::fs::read(folder.join("package-lock.json"))
        .map_err(|error| format!("{package}/package-lock.json cannot be read: {error}"))?;
    let mark = folder.join("node_modules/.installed-lock");
    if std::fs::read(&mark).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    process::run(&mut npm(package, &["ci", "--no-audit", "--no-fund"]))?;
    std::fs::write(&mark, lock)
        .map_err(|error| format!("{} cannot be written: {error}", mark.display()))
}

/// Builds the SDK and the studio, each only when something it is made of is newer than the result.
pub(crate) fn build() -> Outcome {
    install("sdk")?;
    if is_stale("sdk", &[]) {
        process::run(&mut npm("sdk", &["run", "build"]))?;
    }
    install("ui")?;
    if is_stale("ui", &["sdk/dist"]) {
        process::run(&mut npm("ui", &["run", "build"]))?;
    }
    Ok(())
}

fn is_stale(package: &str, made_of_too: &[&str]) -> bool {
    let folder = workspace::at(package);
    let Some(built) = last_output(&folder.join("dist")) else { return true };
    let own = [
        folder.join("src"),
        folder.join("public"),
        folder.join("package-lock.json"),
        folder.join("index.html"),
        folder.join("vite.config.ts"),
        folder.join("parts.ts"),
    ];
    let others = made_of_too.iter().map(|path| workspace::at(path));
    own.into_iter().chain(others).filter_map(|path| newest(&path)).any(|changed| changed > built)
}

/// When the last build ended: the time of the newest file it wrote.
fn last_output(dist: &Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(dist).ok()?.flatten();
    entries.filter_map(|entry| newest(&entry.path())).max()
}

fn newest(path: &Path) -> Option<SystemTime> {
    let found = path.metadata().ok()?;
    if !found.is_dir() {
        return found.modified().ok();
    }
    let entries = std::fs::read_dir(path).ok()?.flatten();
    entries.filter_map(|entry| newest(&entry.path())).max()
}
