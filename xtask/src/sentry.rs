//! A shell that cleans up after us, however we end.
//!
//! It waits on a pipe that only we hold open. The pipe closes when the `Sentry` is dropped, and
//! also when we are interrupted or killed, which no destructor survives. It stands in a process
//! group of its own, so that a Ctrl-C at the terminal does not reach it.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use crate::Outcome;

pub(crate) struct Sentry(Child);

impl Sentry {
    /// Posts a sentry who runs `script` at the end; the script sees `arguments` as `$1`, `$2`, …
    pub(crate) fn post(script: &str, arguments: &[&str]) -> Outcome<Self> {
        Command::new("sh")
            .args(["-c", &format!("read -r _; {script}"), "sentry"])
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map(Self)
            .map_err(|error| format!("`sh` could not be started: {error}"))
    }
}

impl Drop for Sentry {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // Nothing is left to do if the shell is gone already.
        let _ = self.0.wait();
    }
}
