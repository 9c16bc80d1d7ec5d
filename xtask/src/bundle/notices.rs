//! What the licences of others ask us to pass on: who they are, and their texts.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::not_done;
use crate::{Outcome, front, process, workspace};

/// How the files are called that hold a licence or what must stand beside it.
const NAMES: [&str; 5] = ["licen", "copying", "notice", "copyright", "unlicense"];

/// A work of others that is part of ours.
struct Part {
    name: String,
    licence: String,
    folder: PathBuf,
}

/// The package's own `copyright`.
pub(super) fn copyright() -> Outcome<String> {
    let path = workspace::at("LICENSE-MIT");
    let mit = fs::read_to_string(&path).map_err(|error| not_done(&path, &error))?;
    Ok(format!(
        "Plinth is licensed under MIT or Apache-2.0, as you choose.\n\
         The Apache License 2.0 is at /usr/share/common-licenses/Apache-2.0.\n\
         The works of others in it and their licences are in THIRD-PARTY.gz beside this file.\n\n{mit}"
    ))
}

/// Every part with its licence, then each licence text once, with the parts it came with.
pub(super) fn third_parties() -> Outcome<String> {
    let mut parts = crates()?;
    parts.extend(npm_packages()?);
    parts.sort_by(|one, other| one.name.cmp(&other.name));
    let mut listed = String::from("Plinth is made with these works of others.\n\n");
    let mut texts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for part in &parts {
        // Writing to a string does not fail.
        let _ = writeln!(listed, "{}: {}", part.name, part.licence);
        for text in texts_in(&part.folder)? {
            texts.entry(text).or_default().push(&part.name);
        }
    }
    for (text, names) in texts {
        let _ = write!(listed, "\n{}\n\n{}\n\n{text}\n", "=".repeat(80), names.join(", "));
    }
    Ok(listed)
}

/// What is linked into the programs; macros and build scripts are not.
fn crates() -> Outcome<Vec<Part>> {
    let sources = registry()?;
    let listed = process::ask(&mut workspace::cargo(
        &[
            &["tree", "--locked", "--edges", "normal,no-proc-macro", "--prefix", "none"][..],
            &["--format", "{p}|{l}|"],
            &workspace::SHIPPED,
        ]
        .concat(),
    ))?;
    let mut lines: Vec<&str> = listed.lines().collect();
    lines.sort_unstable();
    lines.dedup();
    let mut parts: Vec<Part> = Vec::new();
    for line in lines {
        let mut columns = line.split('|');
        let (Some(package), Some(licence)) = (columns.next(), columns.next()) else { continue };
        // One with a place is our own.
        let Some((name, version)) = package.split_once(" v").filter(|_| !package.contains('('))
        else {
            continue;
        };
        let name = format!("{name} {version}");
        if parts.last().is_some_and(|last| last.name == name) {
            continue;
        }
        let folder = name.replace(' ', "-");
        let folder = sources.iter().map(|source| source.join(&folder)).find(|path| path.is_dir());
        let folder =
            folder.ok_or_else(|| format!("the sources of {name} are not unpacked here"))?;
        parts.push(Part { name, licence: licence.to_owned(), folder });
    }
    Ok(parts)
}

/// Where cargo unpacks what it fetched.
fn registry() -> Outcome<Vec<PathBuf>> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    let sources = home.ok_or("neither CARGO_HOME nor HOME is set")?.join("registry/src");
    let entries = fs::read_dir(&sources).map_err(|error| not_done(&sources, &error))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

/// What the studio's pages are built from.
fn npm_packages() -> Outcome<Vec<Part>> {
    let listed =
        process::ask(&mut front::npm("ui", &["ls", "--omit=dev", "--all", "--parseable"]))?;
    let mut folders: Vec<&str> = listed.lines().collect();
    folders.sort_unstable();
    folders.dedup();
    folders.retain(|folder| folder.contains("node_modules/") && !folder.contains("/@plinth/"));
    // One program for all of them: starting it takes longer than reading a hundred manifests.
    let told = process::ask(Command::new("node").args(["-e", TELL]).args(&folders))?;
    let parts = folders.iter().zip(told.lines()).map(|(folder, line)| {
        let (name, licence) = line.split_once('|')?;
        let (name, licence) = (name.to_owned(), licence.to_owned());
        Some(Part { name, licence, folder: PathBuf::from(folder) })
    });
    parts.collect::<Option<_>>().ok_or_else(|| format!("no names and licences: {told}"))
}

/// Name and licence of each folder's package, a line each.
const TELL: &str = "for (const folder of process.argv.slice(1)) {
  const { name, version, license } = JSON.parse(require('fs').readFileSync(folder + '/package.json'));
  console.log(name + ' ' + version + '|' + license);
}";

fn texts_in(folder: &Path) -> Outcome<Vec<String>> {
    let entries = fs::read_dir(folder).map_err(|error| not_done(folder, &error))?;
    let mut texts = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase());
        if path.is_file()
            && name.is_some_and(|name| NAMES.iter().any(|known| name.starts_with(known)))
        {
            let bytes = fs::read(&path).map_err(|error| not_done(&path, &error))?;
            texts.push(String::from_utf8_lossy(&bytes).replace("\r\n", "\n").trim().to_owned());
        }
    }
    Ok(texts)
}
