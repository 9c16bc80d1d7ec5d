//! The floor plan and the house rules, checked.
#![expect(clippy::unwrap_used, reason = "a check that cannot read should stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

/// Rust sources below a folder, build output left out.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | "node_modules" | "dist" | "gen") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Folder of each of our crates, by package name.
fn crates() -> BTreeMap<String, PathBuf> {
    let mut folders = vec![
        root().join("embedded-server"),
        root().join("src-tauri"),
        root().join("tests"),
        root().join("tests/bench"),
        root().join("xtask"),
    ];
    for entry in std::fs::read_dir(root().join("embedded-server/crates")).unwrap() {
        folders.push(entry.unwrap().path());
    }
    let named = folders.into_iter().map(|folder| {
        let manifest: toml::Table = read(&folder.join("Cargo.toml")).parse().unwrap();
        (manifest["package"]["name"].as_str().unwrap().to_owned(), folder)
    });
    named.collect()
}

/// The floor plan of `docs/ARCHITECTURE.md`.
fn floor_plan() -> BTreeMap<String, BTreeSet<String>> {
    let text = read(&root().join("docs/ARCHITECTURE.md"));
    let plan = text.split("## Floor plan").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = plan.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| crate"));
    let parsed = rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        (cells[0].to_owned(), cells[2].split_whitespace().map(str::to_owned).collect())
    });
    parsed.collect()
}

#[test]
fn every_arrow_goes_down_as_the_floor_plan_draws_it() {
    let crates = crates();
    let plan = floor_plan();
    assert_eq!(
        plan.keys().collect::<Vec<_>>(),
        crates.keys().collect::<Vec<_>>(),
        "docs/ARCHITECTURE.md and the workspace name different crates"
    );
    for (name, folder) in &crates {
        let manifest: toml::Table = read(&folder.join("Cargo.toml")).parse().unwrap();
        let mut imports = BTreeSet::new();
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(table) = manifest.get(section).and_then(toml::Value::as_table) else {
                continue;
            };
            // Tests of a room may look further down and sideways, production code may not.
            if section == "dev-dependencies" && name != "suite" {
                continue;
            }
            imports.extend(table.keys().filter(|key| crates.contains_key(*key)).cloned());
        }
        assert!(
            imports.is_subset(&plan[name]),
            "{name} imports {:?}, which the floor plan does not draw",
            imports.difference(&plan[name]).collect::<Vec<_>>()
        );
    }
}

#[test]
fn every_crate_says_what_room_it_is() {
    for (name, folder) in crates() {
        let entry = ["src/lib.rs", "src/main.rs", "suite.rs"]
            .iter()
            .map(|file| folder.join(file))
            .find(|path| path.is_file());
        let text = read(&entry.unwrap_or_else(|| panic!("{name} has no entry file")));
        assert!(text.starts_with("//! "), "{name} does not open with what it is");
    }
}

#[test]
fn drivers_and_http_are_named_only_in_their_rooms() {
    let rooms = [
        (
            "rusqlite",
            vec![
                "embedded-server/crates/store/",
                "embedded-server/crates/sql/",
                "embedded-server/crates/engine/",
                "src-tauri/src/project_tests.rs",
                "tests/auth/secrets.rs",
                "tests/bench/src/raw/",
                "tests/existing",
                "tests/feed.rs",
                "tests/filters/places.rs",
                "tests/filters/words.rs",
                "tests/harness/app.rs",
                "tests/imports/jobs.rs",
                "tests/queries.rs",
                "tests/records/durability.rs",
                "tests/schemas/beside.rs",
                "tests/schemas/transfer.rs",
                "tests/soak/crash.rs",
            ],
        ),
        (
            "sqlx",
            vec![
                "embedded-server/crates/store/",
                "embedded-server/crates/sql/",
                "embedded-server/crates/engine/",
                "tests/",
            ],
        ),
        (
            "axum",
            vec![
                "embedded-server/crates/api/",
                "embedded-server/src/assemble.rs",
                "tests/bench/src/raw/",
            ],
        ),
        ("tauri", vec!["src-tauri/", "embedded-server/crates/api/src/cors.rs"]),
        ("rquickjs", vec![]),
        ("ts_rs", vec!["embedded-server/crates/api/src/wire/"]),
    ];
    let mut files = Vec::new();
    for folder in ["embedded-server", "src-tauri", "tests", "xtask"] {
        sources(&root().join(folder), &mut files);
    }
    for file in files {
        let relative = file.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        let text = read(&file);
        for (word, allowed) in &rooms {
            let used = text.lines().any(|line| {
                let code = line.split("//").next().unwrap_or_default();
                code.contains(&format!("{word}::"))
            });
            // Floors 3 and 5 run their own statements on a real database in tests only.
            let in_tests = relative.contains("/tests")
                || relative.contains("_tests")
                || relative.contains("test");
            let here = allowed.iter().any(|place| relative.starts_with(place));
            let pure = relative.starts_with("embedded-server/crates/sql/")
                || relative.starts_with("embedded-server/crates/engine/");
            assert!(
                !used || (here && (!pure || in_tests || text.contains("#[cfg(test)]"))),
                "{relative} names `{word}`"
            );
        }
    }
}

/// Uses of `Guarded::for_system` outside `access`, each with why it may.
const UNGUARDED: [(&str, &str); 5] = [
    (
        "embedded-server/crates/engine/src/explain.rs",
        "asks one record of the guard's own demands; administrators are told the truth of each",
    ),
    (
        "embedded-server/crates/engine/src/impact.rs",
        "compares what the guard leaves before and after a change; administrators are told",
    ),
    (
        "embedded-server/crates/engine/src/read.rs",
        "reads of the house itself; the actor carries the reason",
    ),
    (
        "embedded-server/crates/engine/src/sort.rs",
        "records step aside for a moved one whose own steps were guarded; only `sort` is set",
    ),
    (
        "embedded-server/crates/engine/src/write.rs",
        "writes of the house itself, and what its hooks add to a write that was guarded",
    ),
];

#[test]
fn nothing_reaches_the_store_unguarded_but_what_is_listed() {
    let mut files = Vec::new();
    sources(&root().join("embedded-server"), &mut files);
    for file in files {
        let relative = file.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        let test =
            relative.contains("test") || relative.starts_with("embedded-server/crates/access/");
        if test || !read(&file).contains("for_system(") {
            continue;
        }
        let production = read(&file);
        let production = production.split("#[cfg(test)]").next().unwrap();
        let listed = UNGUARDED.iter().any(|(place, _)| *place == relative);
        assert!(
            listed || !production.contains("for_system("),
            "{relative} makes an unguarded plan and is not listed"
        );
    }
}

#[test]
fn names_carry_meaning() {
    let banned = ["Manager", "Service", "Helper", "Util", "Misc"];
    let mut files = Vec::new();
    sources(&root().join("embedded-server"), &mut files);
    sources(&root().join("src-tauri/src"), &mut files);
    for file in files {
        for (at, line) in read(&file).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default().trim();
            let declares = ["struct ", "enum ", "trait ", "mod "].iter().any(|word| {
                code.starts_with(word)
                    || code.starts_with(&format!("pub {word}"))
                    || code.starts_with(&format!("pub(crate) {word}"))
            });
            let bad = banned.iter().find(|word| {
                declares && (code.contains(*word) || code.contains(&word.to_lowercase()))
            });
            assert!(
                bad.is_none(),
                "{}:{}: `{code}` uses {bad:?}; say what it is",
                file.display(),
                at + 1
            );
        }
    }
}

#[test]
fn the_environment_and_the_clock_are_read_in_one_place() {
    let mut files = Vec::new();
    sources(&root().join("embedded-server/crates"), &mut files);
    for file in files {
        let text = read(&file);
        let production = text.split("#[cfg(test)]").next().unwrap();
        let test = file.to_string_lossy().contains("test");
        for word in ["env::var", "SystemTime::now"] {
            assert!(
                test || !production.contains(word),
                "{} uses {word}; take it from the configuration or `Clock`",
                file.display()
            );
        }
    }
}

#[test]
fn the_readme_is_short_and_names_the_two_commands() {
    let text = read(&root().join("README.md"));
    assert!(text.lines().count() <= 80, "README.md has {} lines", text.lines().count());
    for command in ["cargo xtask run", "cargo xtask test"] {
        assert!(text.contains(command), "README.md does not name `{command}`");
    }
}

#[test]
fn decisions_are_short_and_numbered() {
    let mut seen = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("docs/adr")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let number = name.split('-').next().unwrap().to_owned();
        assert!(
            number.len() == 4 && number.chars().all(|c| c.is_ascii_digit()),
            "{name}: NNNN-title.md"
        );
        assert!(seen.insert(number), "{name}: the number stands twice");
        assert!(read(&path).lines().count() <= 60, "{name} is longer than 60 lines");
    }
    assert!(!seen.is_empty());
}

/// Licences that may be linked into what we ship.
const LICENCES: [&str; 15] = [
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "Unlicense",
    "0BSD",
    "CC0-1.0",
    "MPL-2.0",
    "BSL-1.0",
    "CDLA-Permissive-2.0",
    "OFL-1.1",
    "Apache-2.0 WITH LLVM-exception",
];

/// Crates that must not come in, and why.
const BANNED: [(&str, &str); 3] = [
    ("sqlx-sqlite", "two crates would link sqlite3"),
    ("openssl-sys", "TLS is rustls; a system library would be needed on every machine"),
    ("native-tls", "TLS is rustls"),
];

#[test]
fn crates_come_from_the_registry_with_licences_that_may_ship() {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .expect("run cargo metadata");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        if let Some((_, why)) = BANNED.iter().find(|(banned, _)| *banned == name) {
            wrong.push(format!("{name} is banned: {why}"));
        }
        if let Some(source) = package["source"].as_str() {
            if !source.starts_with("registry+") {
                wrong.push(format!("{name} comes from {source}"));
            }
            let licence = package["license"].as_str().unwrap_or_default();
            // `A OR B` needs one that may ship, `A AND B` needs all.
            let fits = licence.replace('/', " OR ").split(" OR ").any(|choice| {
                choice
                    .split(" AND ")
                    .all(|one| LICENCES.contains(&one.trim().trim_matches(['(', ')'])))
            });
            if !fits {
                wrong.push(format!("{name}: licence `{licence}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn npm_packages_come_from_the_registry_with_licences_that_may_ship() {
    for package in ["sdk", "ui", "tests/e2e"] {
        let lock = root().join(package).join("package-lock.json");
        let json: serde_json::Value = serde_json::from_str(&read(&lock)).unwrap();
        for (place, entry) in json["packages"].as_object().unwrap() {
            if place.is_empty()
                || entry["link"] == true
                || !place.contains("node_modules/")
                || entry["dev"] == true
            {
                continue;
            }
            let licence = entry["license"].as_str().unwrap_or("MIT");
            let fits = licence
                .trim_matches(['(', ')'])
                .split(" OR ")
                .any(|choice| choice.split(" AND ").all(|one| LICENCES.contains(&one.trim())));
            assert!(fits, "{package}: {place} has licence `{licence}`");
        }
    }
}

/// Whether a file of the suite has this test: made for both stores, or written out.
fn tells(text: &str, name: &str) -> bool {
    let compact: String = text.split_whitespace().collect();
    // `on_a_shop!` is `on_every_store!` on a database that holds tables already.
    let both = ["on_every_store", "on_a_shop"].map(|made| format!("{made}!({name},"));
    [&both[0], &both[1], &format!("fn{name}("), &format!("mod{name}{{")]
        .iter()
        .any(|form| compact.contains(form.as_str()))
}

/// Says what is wrong with a test that `docs/BEHAVIOURS.md` names, if anything is.
fn missing_test(name: &str) -> Option<String> {
    let absent = |why: &str| Some(format!("`{name}`: {why}"));
    if let Some((file, title)) = name.split_once(": ") {
        let path = root().join("tests/e2e/sdk").join(file);
        let Ok(text) = std::fs::read_to_string(path) else { return absent("no such file") };
        let told = text.lines().any(|line| {
            let opening = line.split('"').nth(1).unwrap_or_default();
            let words = opening.split([' ', ',']).filter(|word| !word.is_empty());
            let mut leading = words.take_while(|word| word.starts_with('S'));
            let named = opening == title || leading.any(|word| word == title);
            (line.contains("it(") || line.contains("])(")) && named
        });
        return if told { None } else { absent("no test begins like this") };
    }
    let Some((module, test)) = name.rsplit_once("::") else { return absent("no module") };
    let path = root().join("tests").join(format!("{}.rs", module.replace("::", "/")));
    let Ok(text) = std::fs::read_to_string(path) else { return absent("no such module") };
    if tells(&text, test) { None } else { absent("no such test") }
}

#[test]
fn every_behaviour_names_tests_that_exist() {
    let text = read(&root().join("docs/BEHAVIOURS.md"));
    let rows = text.lines().filter(|line| line.starts_with("| ") || line.starts_with("|  |"));
    let (mut named, mut wrong) = (0, Vec::new());
    for row in rows {
        let cell = row.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
        if cell.starts_with("later: ") || cell == "tests" {
            continue;
        }
        let tests: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        if tests.is_empty() {
            wrong.push(format!("neither a test nor `later`: {row}"));
        }
        named += tests.len();
        wrong.extend(tests.into_iter().filter_map(missing_test));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(named > 200, "docs/BEHAVIOURS.md names {named} tests; the table was cut");
    // The check itself: a name that nobody has is found missing.
    for invented in
        ["records::life::nobody_wrote_this", "records::nowhere::x", "items.sdk.test.ts: S99"]
    {
        assert!(missing_test(invented).is_some(), "{invented}");
    }
}

/// The last number of the list of weaknesses.
const WEAKNESSES: usize = 35;

/// Says what is wrong with a test that shows a weakness beaten: one of the suite, or
/// `sql/tests/reads.rs: name` for a test of a room.
fn missing_proof(name: &str) -> Option<String> {
    let Some((file, test)) = name.split_once(".rs: ") else { return missing_test(name) };
    let path = root().join("embedded-server/crates").join(format!("{file}.rs"));
    let Ok(text) = std::fs::read_to_string(path) else {
        return Some(format!("`{name}`: no such file"));
    };
    let told = text.contains(&format!("fn {test}(")) && text.contains("test]");
    if told { None } else { Some(format!("`{name}`: no such test")) }
}

#[test]
fn every_weakness_of_the_original_has_a_test_or_says_what_it_waits_for() {
    let text = read(&root().join("docs/CONTRIBUTING.md"));
    let table = text.split("## Weaknesses of the original").nth(1).unwrap();
    let (mut numbers, mut wrong) = (BTreeSet::new(), Vec::new());
    for row in table.lines().filter(|line| line.starts_with("| W-")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [number, _, proof] = cells.as_slice() else {
            wrong.push(format!("three cells: {row}"));
            continue;
        };
        numbers.insert((*number).to_owned());
        if proof.strip_prefix("later: ").is_some_and(|part| part.len() > 10) {
            continue;
        }
        let tests: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        if tests.is_empty() {
            wrong.push(format!("neither a test nor `later: <part>`: {row}"));
        }
        wrong.extend(tests.into_iter().filter_map(missing_proof));
    }
    let every: BTreeSet<String> = (1..=WEAKNESSES).map(|n| format!("W-{n:02}")).collect();
    assert_eq!(numbers, every);
    assert!(wrong.is_empty(), "{wrong:#?}");
    for invented in ["sql/tests/reads/orders.rs: nobody_wrote_this", "sql/nowhere.rs: x", "a::b"] {
        assert!(missing_proof(invented).is_some(), "{invented}");
    }
}
