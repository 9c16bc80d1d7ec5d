//! The servers this program runs: each on threads of its own, so that no project waits for another
//! and each writes its own log.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use embedded_server::{Config, Server};
use jiff::Timestamp;
use tokio::sync::oneshot;
use tracing::dispatcher::DefaultGuard;

use crate::fault::{Fault, Outcome};
use crate::log_ring::LogRing;
use crate::project::State;

/// A project's own threads; requests of one person and their tools.
const WORKER_THREADS: usize = 2;
/// How long a stop waits for requests under way.
const STOP_WAIT: Duration = Duration::from_secs(5);

thread_local! {
    /// Keeps a server thread's log in place until the thread ends.
    static LOG: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
}

/// All servers by project; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Servers(Arc<Mutex<HashMap<String, Slot>>>);

/// What is known of one project's server.
#[derive(Clone)]
pub(crate) struct Snapshot {
    pub state: State,
    pub step: Option<&'static str>,
    pub error: Option<Fault>,
    pub address: Option<SocketAddr>,
    pub started_at: Option<Timestamp>,
}

#[derive(Default)]
struct Slot {
    log: LogRing,
    life: Life,
}

#[derive(Default)]
enum Life {
    #[default]
    Stopped,
    Starting,
    Running(Running),
    Failed(Fault),
}

struct Running {
    address: SocketAddr,
    token: String,
    started_at: Timestamp,
    /// Dropped, the server stops.
    stop: oneshot::Sender<()>,
    ended: oneshot::Receiver<()>,
}

/// How a server came to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It was stopped, or never listened and said why.
    Expected,
    ByItself,
}

/// Where a server that starts says under which address, or why not.
type Ready = oneshot::Sender<Outcome<SocketAddr>>;

/// A server whose thread is up and which does not listen yet.
pub(crate) struct Starting {
    servers: Servers,
    id: String,
    token: String,
    stop: oneshot::Sender<()>,
    ended: oneshot::Receiver<()>,
    when_ready: oneshot::Receiver<Outcome<SocketAddr>>,
}

impl Starting {
    /// Returns when the server listens, or with the reason why it never will.
    pub(crate) async fn listening(self) -> Outcome {
        match self.when_ready.await {
            Ok(Ok(address)) => {
                let (token, stop, ended) = (self.token, self.stop, self.ended);
                let running = Running { address, token, started_at: now(), stop, ended };
                self.servers.settle(&self.id, Life::Running(running));
                Ok(())
            }
            Ok(Err(fault)) => Err(self.servers.failed(&self.id, fault)),
            Err(_) => {
                let fault = Fault::internal("the server ended while it started; its log says more");
                Err(self.servers.failed(&self.id, fault))
            }
        }
    }
}

/// How to reach a running server.
pub(crate) struct Session {
    pub address: SocketAddr,
    pub token: String,
}

impl Servers {
    pub(crate) fn snapshot(&self, id: &str) -> Snapshot {
        let slots = self.slots();
        let mut snapshot = Snapshot {
            state: State::Stopped,
            step: None,
            error: None,
            address: None,
            started_at: None,
        };
        match slots.get(id).map(|slot| &slot.life) {
            None | Some(Life::Stopped) => {}
            Some(Life::Starting) => {
                snapshot.state = State::Starting;
                snapshot.step = Some("opening the database");
            }
            Some(Life::Running(running)) => {
                snapshot.state = State::Running;
                snapshot.address = Some(running.address);
                snapshot.started_at = Some(running.started_at);
            }
            Some(Life::Failed(fault)) => {
                snapshot.state = State::Failed;
                snapshot.error = Some(fault.clone());
            }
        }
        snapshot
    }

    /// Addresses of all that run, by project.
    pub(crate) fn running(&self) -> Vec<(String, SocketAddr)> {
        let slots = self.slots();
        let running = slots.iter().filter_map(|(id, slot)| match &slot.life {
            Life::Running(running) => Some((id.clone(), running.address)),
            Life::Stopped | Life::Starting | Life::Failed(_) => None,
        });
        running.collect()
    }

    pub(crate) fn session(&self, id: &str) -> Outcome<Session> {
        match self.slots().get(id).map(|slot| &slot.life) {
            Some(Life::Running(running)) => {
                Ok(Session { address: running.address, token: running.token.clone() })
            }
            _ => {
                Err(Fault::new("NOT_RUNNING", "this project is not running").hint("start it first"))
            }
        }
    }

    pub(crate) fn is_stopped(&self, id: &str) -> bool {
        let slots = self.slots();
        matches!(slots.get(id).map(|slot| &slot.life), None | Some(Life::Stopped | Life::Failed(_)))
    }

    pub(crate) fn log_tail(&self, id: &str, lines: usize) -> Vec<String> {
        self.slots().get(id).map(|slot| slot.log.tail(lines)).unwrap_or_default()
    }

    /// Begins to start a server. `on_end` is called when it stops later, however it does.
    pub(crate) fn begin(
        &self,
        id: &str,
        mut config: Config,
        on_end: impl FnOnce(End) + Send + 'static,
    ) -> Outcome<Starting> {
        let token = new_token();
        config.launch_token = Some(token.clone());
        self.begin_life(id, token, on_end, move |log, ready, stop| live(config, log, ready, stop))
    }

    /// The life of a server on a thread of its own, whatever it does there.
    fn begin_life(
        &self,
        id: &str,
        token: String,
        on_end: impl FnOnce(End) + Send + 'static,
        live: impl FnOnce(&LogRing, Ready, oneshot::Receiver<()>) + Send + 'static,
    ) -> Outcome<Starting> {
        let log = self.claim(id)?;
        let (ready, when_ready) = oneshot::channel();
        let (stop, when_stopped) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let (servers, own_id) = (self.clone(), id.to_owned());
        let spawned = std::thread::Builder::new().name(format!("project {id}")).spawn(move || {
            // A panic ends this server and nothing else.
            let life = AssertUnwindSafe(|| live(&log, ready, when_stopped));
            if let Err(panic) = catch_unwind(life) {
                log::error!("the server of project {own_id} panicked");
                // A person is sent to the project's own log for the reason.
                tracing::dispatcher::with_default(&log.dispatch(), || {
                    tracing::error!("the server panicked: {}", said(&*panic));
                });
            }
            let how = servers.ended(&own_id);
            // Nobody may be waiting for the end.
            let _ = end.send(());
            on_end(how);
        });
        if let Err(error) = spawned {
            return Err(
                self.failed(id, Fault::internal(format!("no thread for the server: {error}")))
            );
        }
        Ok(Starting { servers: self.clone(), id: id.to_owned(), token, stop, ended, when_ready })
    }

    /// Returns when the server has ended; one that does not run is stopped already.
    pub(crate) async fn stop(&self, id: &str) -> Outcome {
        let running = {
            let mut slots = self.slots();
            let Some(slot) = slots.get_mut(id) else { return Ok(()) };
            if matches!(slot.life, Life::Starting) {
                return Err(Fault::new("STILL_STARTING", "this project is still starting"));
            }
            std::mem::take(&mut slot.life)
        };
        if let Life::Running(running) = running {
            drop(running.stop);
            // An error means that the thread is gone, which is the same.
            let _ = running.ended.await;
        }
        Ok(())
    }

    /// Stops every server, all at the same time.
    pub(crate) async fn stop_all(&self) {
        let lives: Vec<Life> =
            self.slots().values_mut().map(|slot| std::mem::take(&mut slot.life)).collect();
        let mut ends = Vec::new();
        for life in lives {
            if let Life::Running(running) = life {
                drop(running.stop);
                ends.push(running.ended);
            }
        }
        for ended in ends {
            // As in `stop`.
            let _ = ended.await;
        }
    }

    fn claim(&self, id: &str) -> Outcome<LogRing> {
        let mut slots = self.slots();
        let slot = slots.entry(id.to_owned()).or_default();
        match slot.life {
            Life::Stopped | Life::Failed(_) => {
                slot.life = Life::Starting;
                Ok(slot.log.clone())
            }
            Life::Starting | Life::Running(_) => {
                Err(Fault::new("ALREADY_RUNNING", "this project is running or starting"))
            }
        }
    }

    fn failed(&self, id: &str, fault: Fault) -> Fault {
        self.settle(id, Life::Failed(fault.clone()));
        fault
    }

    fn settle(&self, id: &str, life: Life) {
        if let Some(slot) = self.slots().get_mut(id) {
            slot.life = life;
        }
    }

    /// A server that ended without being asked to leaves a reason.
    fn ended(&self, id: &str) -> End {
        match self.slots().get_mut(id) {
            Some(slot) if matches!(slot.life, Life::Running(_)) => {
                let fault =
                    Fault::new("ENDED", "the server ended by itself").hint("its log says more");
                slot.life = Life::Failed(fault);
                End::ByItself
            }
            _ => End::Expected,
        }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        // Every change is one assignment; a panic leaves a whole state behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a panic said, where it said something.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a word")
}

/// The life of one server, on its own thread.
fn live(config: Config, log: &LogRing, ready: Ready, stop: oneshot::Receiver<()>) {
    let dispatch = log.dispatch();
    let for_threads = dispatch.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .thread_name("plinth-server")
        .on_thread_start(move || {
            LOG.with(|log| log.replace(Some(tracing::dispatcher::set_default(&for_threads))));
        })
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            // The caller waits for this answer; if it is gone there is nobody to tell.
            let _ = ready.send(Err(Fault::internal(error)));
            return;
        }
    };
    tracing::dispatcher::with_default(&dispatch, || {
        runtime.block_on(async {
            match Server::start(config).await {
                Ok(running) => {
                    tracing::info!("listening on http://{}", running.address());
                    // As above.
                    let _ = ready.send(Ok(running.address()));
                    // The sender is dropped to stop us.
                    let _ = stop.await;
                    running.stop().await;
                    tracing::info!("stopped");
                }
                Err(error) => {
                    tracing::error!("not started: {}", error.message());
                    // As above.
                    let _ = ready.send(Err(Fault::of_server(error)));
                }
            }
        });
    });
    runtime.shutdown_timeout(STOP_WAIT);
}

/// 244 random bits, in hexadecimal.
pub(crate) fn new_token() -> String {
    let half = || uuid::Uuid::new_v4().simple().to_string();
    half() + &half()
}

#[expect(clippy::disallowed_methods, reason = "a time for people; nothing is decided by it")]
pub(crate) fn now() -> Timestamp {
    Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
