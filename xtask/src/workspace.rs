//! Where things lie: the repository, its target directory, the binaries we build.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The one feature set in which server, tests and desktop are built. `custom-protocol` makes the
/// window load the studio from the binary instead of a development server.
pub(crate) const FEATURES: &str = "plinth-studio/custom-protocol";

/// What ships: the server with the desktop, chosen in one way by all who build or read it, so that
/// none undoes what another compiled.
pub(crate) const SHIPPED: [&str; 6] =
    ["--package", "embedded-server", "--package", "plinth-studio", "--features", FEATURES];

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_path_buf()
}

/// A directory or file of the repository.
pub(crate) fn at(path: &str) -> PathBuf {
    root().join(path)
}

/// Where cargo writes. In CI a directory outside the clone is used when there is one, so that a
/// fresh clone finds compiled dependencies; nothing depends on finding them.
pub(crate) fn target() -> PathBuf {
    if let Some(chosen) = std::env::var_os("CARGO_TARGET_DIR") {
        return root().join(chosen);
    }
    cache().map_or_else(|| at("target"), |cache| cache.join("target"))
}

fn cache() -> Option<PathBuf> {
    if let Some(chosen) = std::env::var_os("PLINTH_CACHE") {
        return Some(PathBuf::from(chosen));
    }
    std::env::var_os("CI")?;
    let usual = PathBuf::from(std::env::var_os("HOME")?).join(".cache/plinth");
    let writable = usual.metadata().is_ok_and(|found| !found.permissions().readonly());
    writable.then_some(usual)
}

/// What else cargo is told of the compiler.
static COMPILER: OnceLock<Vec<(&str, OsString)>> = OnceLock::new();

/// Every cargo command from now on has these in its environment.
pub(crate) fn compile_with(environment: Vec<(&'static str, OsString)>) {
    // A second call finds them as the first one left them.
    drop(COMPILER.set(environment));
}

/// A cargo command in the root of the repository, writing to [`target`].
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root()).env("CARGO_TARGET_DIR", target());
    command.envs(COMPILER.get().into_iter().flatten().map(|(name, value)| (name, value)));
    // What cargo told us about ourselves would make build scripts run again that watch for it, and
    // half of the dependencies after them.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// A debug binary by name.
pub(crate) fn binary(name: &str) -> PathBuf {
    target().join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// A release binary by name.
pub(crate) fn release(name: &str) -> PathBuf {
    target().join("release").join(name)
}
