//! The server under measure: started on a folder of its own, asked until it answers, ended.

use crate::machine::Watched;
use crate::peer::Account;
use crate::wire::{Wire, put};
use crate::{Outcome, machine};
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that does not answer by then has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks whether the server answers.
const LOOK_EVERY: Duration = Duration::from_micros(200);

/// How a server is started.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    pub(crate) program: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) database_url: Option<String>,
    /// Of SQLite: `full` or `normal`.
    pub(crate) synchronous: &'static str,
    pub(crate) account: Account,
}

/// A started server. Dropped, it ends.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the program to its first 200.
    pub(crate) took: Duration,
}

impl Recipe {
    pub(crate) async fn start(&self, health: &str) -> Outcome<Server> {
        let port = free_port()?;
        let log = self.folder.with_extension("log");
        let log = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .map_err(|fault| format!("{} cannot be written: {fault}", log.display()))?;
        let mut command = Command::new(&self.program);
        // Nothing of our own environment may configure it.
        command
            .env_clear()
            .args(["serve", "--port", &port.to_string(), "--data"])
            .arg(&self.folder);
        command.env("SQLITE_SYNCHRONOUS", self.synchronous);
        command.env("ADMIN_EMAIL", &self.account.email);
        command.env("ADMIN_PASSWORD", &self.account.password);
        if let Some(url) = &self.database_url {
            command.args(["--database-url", url]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let began = Instant::now();
        let child = command
            .spawn()
            .map_err(|fault| format!("{} cannot be started: {fault}", self.program.display()))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut server = Server { child, address, took: Duration::ZERO };
        server.took = server.answers(health, began).await?;
        Ok(server)
    }
}

impl Server {
    async fn answers(&mut self, health: &str, began: Instant) -> Outcome<Duration> {
        let mut request = Vec::new();
        put(&mut request, "GET", health, "", &[]);
        while began.elapsed() < PATIENCE {
            if let Ok(mut wire) = Wire::open(self.address).await
                && let Ok(reply) = wire.exchange(&request).await
                && reply.status == 200
            {
                return Ok(began.elapsed());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("the server ended before it answered ({status}); see its log"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(format!("no answer from {} in {PATIENCE:?}", self.address))
    }

    pub(crate) fn watched(&self, database: Option<u32>) -> Watched {
        Watched { server: Some(self.child.id()), database }
    }

    /// Asks it to end and waits.
    pub(crate) async fn stop(mut self) -> Outcome {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status();
        told.map_err(|fault| format!("`kill` cannot be started: {fault}"))?;
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Err("the server does not end".to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone is as good as ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn free_port() -> Outcome<u16> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|one| one.local_addr());
    bound.map(|address| address.port()).map_err(|fault| format!("no free port: {fault}"))
}

/// An empty folder.
pub(crate) fn fresh(folder: &Path) -> Outcome {
    let trouble = |fault| format!("{} cannot be emptied: {fault}", folder.display());
    match std::fs::remove_dir_all(folder) {
        Ok(()) => {}
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => {}
        Err(fault) => return Err(trouble(fault)),
    }
    std::fs::create_dir_all(folder).map_err(trouble)
}

/// A server that somebody else started on this machine.
pub(crate) fn watched_at(address: SocketAddr) -> Watched {
    let found = address.ip().is_loopback().then(|| machine::listener(address.port()).ok());
    Watched { server: found.flatten(), database: None }
}
