//! A display of our own: Xvfb on a free number, gone afterwards.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::Outcome;
use crate::sentry::Sentry;

/// A running virtual display. Dropped, it ends.
pub(crate) struct Display {
    number: u32,
    server: Child,
    _sentry: Sentry,
}

impl Display {
    pub(crate) fn start() -> Outcome<Self> {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1440x900x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| {
                format!("`Xvfb` could not be started: {error}; `cargo xtask setup` installs it")
            })?;
        let sentry = Sentry::post("kill \"$1\"", &[&server.id().to_string()])?;
        let mut line = String::new();
        if let Some(pipe) = server.stdout.take() {
            // A server that ended says nothing; the parse below reports it.
            let _ = BufReader::new(pipe).read_line(&mut line);
        }
        let number = line.trim().parse().map_err(|_| "`Xvfb` ended without opening a display")?;
        Ok(Self { number, server, _sentry: sentry })
    }

    /// As `DISPLAY` wants it.
    pub(crate) fn name(&self) -> String {
        format!(":{}", self.number)
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // Already gone is as good as ended.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Whether a person sits before a display.
pub(crate) fn is_there() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|set| !set.is_empty()))
}
