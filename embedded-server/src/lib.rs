//! Floor 8: reads the configuration, builds every room, hands back a running server.
//!
//! May import: everything below. The only place that sees all rooms at once.

mod assemble;
mod beside;
mod config;
mod post;
mod probe;

pub use base::{Code, Error, Result, owners_file, owners_folder};
pub use beside::{Owner, owner_of, tables_of_somebody_else};
pub use config::{Config, Cookies, DATABASE_FILE, KEYS, Key, SameSite, Synchronous, is_sqlite};
pub use probe::{Contents, Probe, probe_postgres};

use std::net::SocketAddr;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server that runs until it is stopped or dropped.
pub struct Running {
    address: SocketAddr,
    setup_path: Option<String>,
    shows_studio: bool,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
    engine: engine::Engine,
}

/// The way in: [`Server::start`].
pub struct Server;

impl Server {
    /// Opens the project and listens. Answers when requests are served.
    pub async fn start(config: Config) -> Result<Running> {
        assemble::start(config).await
    }
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The one-time path that makes the first owner, when there is none yet:
    /// `/studio/#/setup?token=…` to be opened on [`Running::address`].
    #[must_use]
    pub fn setup_path(&self) -> Option<&str> {
        self.setup_path.as_deref()
    }

    /// Whether a built studio was found, which is served at `/studio`.
    #[must_use]
    pub fn shows_studio(&self) -> bool {
        self.shows_studio
    }

    /// Ends it: requests under way finish (for at most five seconds), then the store closes.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that the server has ended by itself already.
            let _ended = stop.send(());
        }
        if let Some(mut serving) = self.serving.take() {
            let grace = std::time::Duration::from_secs(5);
            if tokio::time::timeout(grace, &mut serving).await.is_err() {
                serving.abort();
            }
        }
        self.engine.close().await;
    }
}
