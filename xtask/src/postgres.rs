//! A Postgres cluster of our own: made for one run, on a free port, gone afterwards.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sentry::Sentry;
use crate::{Outcome, process};

/// A running cluster. Dropped, it is stopped and its files are removed.
pub(crate) struct Cluster {
    port: u16,
    data: PathBuf,
    _sentry: Sentry,
}

/// For tests: the cluster lives for one run.
const FORGETFUL: &str = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off \
                         -c max_wal_size=256MB";
/// For measurements: as somebody's own server stands, every commit on the disk.
const DURABLE: &str = "-c fsync=on -c full_page_writes=on -c synchronous_commit=on";

impl Cluster {
    /// Starts an empty cluster that logical decoding can follow, durability off.
    pub(crate) fn start() -> Outcome<Self> {
        Self::start_in(&std::env::temp_dir())
    }

    /// The same with its files in this folder, which anybody may enter.
    pub(crate) fn start_in(above: &Path) -> Outcome<Self> {
        Self::start_with(above, FORGETFUL, "64MB")
    }

    /// The same, keeping its promises and with the server's own default of memory.
    pub(crate) fn start_durable() -> Outcome<Self> {
        Self::start_with(&std::env::temp_dir(), DURABLE, "128MB")
    }

    /// As root it runs as the user `postgres`: the server refuses root.
    fn start_with(above: &Path, durability: &str, buffers: &str) -> Outcome<Self> {
        let programs =
            programs().ok_or("no Postgres server was found; `cargo xtask setup` installs one")?;
        let folder = above.join(format!("plinth-pg-{}", std::process::id()));
        let folder_text = folder.to_string_lossy().into_owned();
        process::run(unprivileged("mkdir").args(["-m", "700"]).arg(&folder))?;

        let stop = programs.join("pg_ctl").to_string_lossy().into_owned();
        let words = unprivileged_words().join(" ");
        let script = format!("{words} \"$1\" -D \"$2/data\" -m immediate -w stop; rm -rf \"$2\"");
        let sentry = Sentry::post(&script, &[&stop, &folder_text])?;

        let data = folder.join("data");
        process::ask(
            unprivileged(programs.join("initdb"))
                .args([
                    "-U",
                    "app",
                    "--auth=trust",
                    "--no-sync",
                    "-E",
                    "UTF8",
                    "--locale=C.UTF-8",
                    "-D",
                ])
                .arg(&data),
        )?;
        let port = free_port()?;
        // The socket goes to the same folder.
        let options = format!(
            "-p {port} -k {folder_text} -c listen_addresses=127.0.0.1 -c wal_level=logical \
             -c max_connections=200 -c max_wal_senders=10 -c max_replication_slots=10 \
             {durability} -c shared_buffers={buffers}"
        );
        let log = folder.join("log");
        let mut start = unprivileged(programs.join("pg_ctl"));
        start.arg("-D").arg(&data).args(["-w", "-l"]).arg(&log).args(["-o", &options, "start"]);
        // Not `ask`: the server inherits our pipe and would hold it open.
        let started = process::run(start.stdout(std::process::Stdio::null()));
        started.map_err(|error| with_log(error, &log))?;
        Ok(Self { port, data, _sentry: sentry })
    }

    /// The id of its first process, when we may read it.
    pub(crate) fn process(&self) -> Option<String> {
        let file = std::fs::read_to_string(self.data.join("postmaster.pid")).ok()?;
        file.lines().next().map(|line| line.trim().to_owned())
    }

    /// The address of the maintenance database; who tests makes databases of their own.
    pub(crate) fn url(&self) -> String {
        format!("postgres://app@127.0.0.1:{}/postgres", self.port)
    }
}

/// The folder of `initdb` and `pg_ctl`: the newest packaged server, or the one on the path.
pub(crate) fn programs() -> Option<PathBuf> {
    let packaged = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = packaged
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, folder)| folder.join("initdb").is_file())
        .collect();
    versions.sort();
    if let Some((_, newest)) = versions.pop() {
        return Some(newest);
    }
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths).find(|folder| folder.join("initdb").is_file())
}

fn unprivileged_words() -> Vec<&'static str> {
    if process::is_root() {
        vec!["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    } else {
        vec!["env"]
    }
}

fn unprivileged(program: impl AsRef<Path>) -> Command {
    let words = unprivileged_words();
    let mut command = Command::new(words[0]);
    // The dropped user may not be able to read where we stand.
    command.args(&words[1..]).arg(program.as_ref()).current_dir("/");
    command
}

fn free_port() -> Outcome<u16> {
    let bound = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    bound
        .map(|address| address.port())
        .map_err(|error| format!("no free port on 127.0.0.1: {error}"))
}

fn with_log(error: String, log: &Path) -> String {
    let said = std::fs::read_to_string(log).unwrap_or_default();
    format!("{error}\n{said}")
}
