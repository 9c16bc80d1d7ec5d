//! Lints while compiling. `cargo clippy` looks at dependencies in a form of their own, which a
//! build cannot use: from nothing, that is all of them twice. In CI every crate of ours is linted
//! and compiled in one step instead, with the dependencies that the build makes anyway.
//!
//! Cargo calls this program in place of the compiler, for members of the workspace only. It calls
//! clippy on the crate first, with what it makes put aside, and then the compiler as asked.

use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::Outcome;
use crate::workspace;

/// Tells this program that it stands for the compiler; its value is clippy's compiler.
const CLIPPY: &str = "PLINTH_LINTS_WITH";
/// Where clippy puts what it makes.
const ASIDE: &str = "PLINTH_LINTS_ASIDE";

/// From here on, what cargo compiles of ours is linted too; a warning is an error.
pub(crate) fn with_every_build() -> Outcome {
    let aside = workspace::target().join("lints");
    std::fs::create_dir_all(&aside)
        .map_err(|error| format!("{} cannot be made: {error}", aside.display()))?;
    // A copy, because the build replaces the file that runs now. Cargo remembers a crate by the
    // path of its compiler: the same rules make the same path, others lint everything anew.
    let compiler = aside.join(format!("compiler-{:016x}", rules()?));
    if !compiler.is_file() {
        let own = std::env::current_exe().map_err(|error| format!("our own program: {error}"))?;
        std::fs::copy(&own, &compiler)
            .map_err(|error| format!("{} cannot be written: {error}", compiler.display()))?;
    }
    workspace::compile_with(vec![
        ("RUSTC_WORKSPACE_WRAPPER", compiler.into_os_string()),
        (CLIPPY, beside_cargo("clippy-driver").into_os_string()),
        (ASIDE, aside.into_os_string()),
    ]);
    Ok(())
}

/// What lints are asked for: clippy's own settings and how it is called here. Those of the manifest
/// cargo looks after itself.
fn rules() -> Outcome<u64> {
    let mut hasher = DefaultHasher::new();
    for file in ["clippy.toml", "xtask/src/lint.rs"] {
        let path = workspace::at(file);
        let text = std::fs::read(&path)
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        text.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

/// A program of the toolchain that runs us.
fn beside_cargo(name: &str) -> PathBuf {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let cargo = std::env::var_os("CARGO").map(PathBuf::from);
    let beside = cargo.and_then(|cargo| Some(cargo.parent()?.join(&name)));
    beside.filter(|path| path.is_file()).unwrap_or_else(|| PathBuf::from(name))
}

/// The arguments of the compiler that this call stands for, if it does.
pub(crate) fn asked_to_compile() -> Option<Vec<OsString>> {
    std::env::var_os(CLIPPY)?;
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let compiler = Path::new(words.first()?).file_stem()?;
    (compiler == "rustc").then_some(words)
}

/// Lints one crate and compiles it.
pub(crate) fn compile(words: &[OsString]) -> ExitCode {
    let Some((compiler, arguments)) = words.split_first() else { return ExitCode::FAILURE };
    let lints = std::env::var_os("CARGO_PRIMARY_PACKAGE").is_some();
    let passes = [
        lints.then(|| clippy(compiler, arguments)).flatten(),
        Some({
            let mut command = Command::new(compiler);
            command.args(arguments);
            command
        }),
    ];
    for mut pass in passes.into_iter().flatten() {
        match pass.status() {
            Ok(status) if status.success() => {}
            Ok(status) => return ExitCode::from(status.code().map_or(1, |code| code as u8)),
            Err(error) => {
                eprintln!("{} does not start: {error}", pass.get_program().display());
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// Clippy over the same crate; it writes nothing that cargo looks for, and tells cargo of nothing
/// that it made.
fn clippy(compiler: &OsString, arguments: &[OsString]) -> Option<Command> {
    let aside = std::env::var_os(ASIDE)?;
    let mut command = Command::new(std::env::var_os(CLIPPY)?);
    command.arg(compiler).env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__");
    command.args(put_aside(arguments)).args(["--emit=metadata", "--out-dir"]).arg(aside);
    Some(command)
}

/// The arguments without those that say what is made, where, and what is told of it.
fn put_aside(arguments: &[OsString]) -> Vec<OsString> {
    let mut kept = Vec::new();
    let mut rest = arguments.iter().peekable();
    while let Some(word) = rest.next() {
        let text = word.to_string_lossy();
        let next = rest.peek().map(|next| next.to_string_lossy()).unwrap_or_default();
        let in_two = matches!(&*text, "--out-dir" | "--emit")
            || (text == "-C" && next.starts_with("incremental="));
        if in_two {
            rest.next();
        } else if let Some(told) = text.strip_prefix("--json=") {
            let told: Vec<&str> = told.split(',').filter(|kind| *kind != "artifacts").collect();
            kept.push(OsString::from(format!("--json={}", told.join(","))));
        } else if !text.starts_with("--emit=") && !text.starts_with("-Cincremental=") {
            kept.push(word.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::put_aside;
    use std::ffi::OsString;

    #[test]
    fn what_clippy_makes_is_neither_found_nor_told() {
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        let asked = "--crate-name base --edition=2024 src/lib.rs --error-format=json \
                     --json=diagnostic-rendered-ansi,artifacts,future-incompat --emit=dep-info,metadata,link \
                     -C metadata=1 -C incremental=/t/i --out-dir /t/deps -L dependency=/t/deps";
        let asked = asked.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            put_aside(&words(&asked)),
            words(
                "--crate-name base --edition=2024 src/lib.rs --error-format=json \
                 --json=diagnostic-rendered-ansi,future-incompat -C metadata=1 -L dependency=/t/deps"
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .as_str()
            )
        );
    }
}
