//! The reading side: a few connections, each with its thread, and a short way on the caller's own
//! thread for what is cheap.

use super::connect::{self, Connected};
use super::{Leaves, fault, fold, kept, run, sift};
use crate::fault::closed;
use crate::port::{CHUNK_BYTES, CHUNKS_MAX, PageRows, SqliteOptions, Tally};
use crate::row::write_object;
use base::{Code, Error, Result, Value};
use sql::{Compiled, Shortcut, Statement};
use std::collections::{HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Texts remembered as too costly for the caller's thread; beyond it the list starts anew.
const COSTLY_KEPT: usize = 4_096;

/// Streams at once: each holds a connection and a thread while it lasts.
const STREAMS_MAX: usize = 8;

type Job = Box<dyn FnOnce(&Connected) + Send>;

pub(super) struct Readers(Arc<Shared>);

struct Shared {
    path: PathBuf,
    connections: Vec<Mutex<Option<Connected>>>,
    queue: Mutex<Queue>,
    called: Condvar,
    queue_max: usize,
    limit: Duration,
    keeping: Keeping,
    costly: Mutex<HashSet<Arc<str>>>,
    next: AtomicUsize,
    streams: AtomicUsize,
    tally: Arc<Tally>,
}

/// Which answers are kept.
#[derive(Clone, Copy)]
struct Keeping {
    most: usize,
    work_min: u32,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    closed: bool,
}

/// A mutex poisoned by a panic still guards sound data: nothing here is left half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Readers {
    pub(super) fn start(options: &SqliteOptions, tally: Arc<Tally>) -> Result<Self> {
        let count = options.readers.max(1);
        let connections = (0..count)
            .map(|_| connect::reading(&options.path).map(|connected| Mutex::new(Some(connected))))
            .collect::<Result<Vec<_>>>()?;
        let shared = Arc::new(Shared {
            path: options.path.clone(),
            connections,
            queue: Mutex::default(),
            called: Condvar::new(),
            // The same bound as for writes: what waits longer than this is not worth waiting for.
            queue_max: options.limits.write_queue_max,
            limit: Duration::from_millis(options.limits.statement_ms_max),
            keeping: Keeping {
                most: options.limits.kept_answers_max,
                work_min: options.limits.kept_work_min,
            },
            costly: Mutex::default(),
            next: AtomicUsize::new(0),
            streams: AtomicUsize::new(0),
            tally,
        });
        for at in 0..count {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name(format!("sqlite-read-{at}"))
                .spawn(move || shared.work(at))
                .map_err(|fault| Error::internal("starting a reading thread").caused_by(fault))?;
        }
        Ok(Self(shared))
    }

    pub(super) async fn read(&self, compiled: &Compiled) -> Result<PageRows> {
        // Only short pages are worth trying: a long one is long however cheap its rows are.
        let short = compiled.limit.is_some_and(|limit| limit <= 200);
        let text = &compiled.page.text;
        let tally = &self.0.tally;
        let sent = || Tally::add(&tally.statements);
        let here = |on: &Connected| run::page(&on.connection, compiled, |_| None, sent);
        let keeping = self.0.keeping;
        // Where the cheapest answer is kept too, none may be given past what is kept.
        let cheap = short && keeping.work_min > 0 && !self.0.is_costly(text);
        if cheap {
            if let Some(page) = self.0.inline(text, here) {
                return page;
            }
        } else if let Some(page) = self.0.kept(compiled) {
            Tally::add(&tally.kept_reads);
            return Ok(page);
        }
        let compiled = compiled.clone();
        let tally = Arc::clone(tally);
        self.queued(move |on| page_to_keep(on, &compiled, keeping, &tally)).await
    }

    pub(super) async fn rows(&self, statement: &Statement) -> Result<Vec<Vec<Value>>> {
        Tally::add(&self.0.tally.statements);
        let text = &statement.text;
        let here = |on: &Connected| run::rows(&on.connection, statement);
        if !self.0.is_costly(text)
            && let Some(rows) = self.0.inline(text, here)
        {
            return rows;
        }
        let statement = statement.clone();
        self.queued(move |on| run::rows(&on.connection, &statement)).await
    }

    /// Runs `work` on a reading thread. Dropping the future ends it.
    async fn queued<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connected) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let dropped = Arc::new(AtomicBool::new(false));
        let _leaves = Leaves(Arc::clone(&dropped));
        let limit = self.0.limit;
        let job: Job = Box::new(move |on| {
            if dropped.load(Ordering::Relaxed) {
                return;
            }
            on.watch.within(limit, Some(dropped));
            let done = work(on);
            on.rest();
            // The caller may have gone; then nobody wants the answer.
            drop(answer.send(done));
        });
        self.0.push(job)?;
        answered.await.map_err(|_| {
            if lock(&self.0.queue).closed { closed() } else { Error::internal("a read panicked") }
        })?
    }

    pub(super) fn stream(&self, compiled: &Compiled) -> Result<mpsc::Receiver<Result<Vec<u8>>>> {
        if lock(&self.0.queue).closed {
            return Err(closed());
        }
        let place = Place::take(&self.0)?;
        let (send, receive) = mpsc::channel(CHUNKS_MAX);
        let compiled = compiled.clone();
        let runtime = tokio::runtime::Handle::current();
        std::thread::Builder::new()
            .name(String::from("sqlite-stream"))
            .spawn(move || {
                let limit = place.0.limit;
                Tally::add(&place.0.tally.statements);
                let hand_on = |chunk: Result<Vec<u8>>| {
                    // The time of one statement is also how long a reader waits for its taker.
                    runtime.block_on(send.send_timeout(chunk, limit)).is_ok()
                };
                let streamed = catch_unwind(AssertUnwindSafe(|| {
                    let connected = connect::reading(&place.0.path)?;
                    stream_rows(&connected, &compiled, limit, &hand_on)
                }));
                if let Err(error) =
                    streamed.unwrap_or_else(|_| Err(Error::internal("a stream panicked")))
                {
                    hand_on(Err(error));
                }
            })
            .map_err(|fault| Error::internal("starting a streaming thread").caused_by(fault))?;
        Ok(receive)
    }

    pub(super) async fn close(&self) {
        let shared = Arc::clone(&self.0);
        // Waits for what runs: connections are taken from their locks.
        let closed = tokio::task::spawn_blocking(move || {
            let waiting = {
                let mut queue = lock(&shared.queue);
                queue.closed = true;
                std::mem::take(&mut queue.jobs)
            };
            drop(waiting);
            shared.called.notify_all();
            for connection in &shared.connections {
                drop(lock(connection).take());
            }
        });
        if closed.await.is_err() {
            tracing::warn!("closing the reading connections panicked");
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        lock(&self.0.queue).closed = true;
        self.0.called.notify_all();
    }
}

impl Shared {
    fn push(&self, job: Job) -> Result<()> {
        let mut queue = lock(&self.queue);
        if queue.closed {
            return Err(closed());
        }
        if queue.jobs.len() >= self.queue_max {
            return Err(Error::new(
                Code::Unavailable,
                format!("{} reads are waiting already", self.queue_max),
            )
            .retry_after_ms(1_000));
        }
        queue.jobs.push_back(job);
        drop(queue);
        self.called.notify_one();
        Ok(())
    }

    /// The life of one reading thread.
    fn work(&self, at: usize) {
        loop {
            let job = {
                let mut queue = lock(&self.queue);
                loop {
                    if let Some(job) = queue.jobs.pop_front() {
                        break job;
                    }
                    if queue.closed {
                        return;
                    }
                    queue = self.called.wait(queue).unwrap_or_else(PoisonError::into_inner);
                }
            };
            let connection = lock(&self.connections[at]);
            if let Some(connected) = connection.as_ref()
                && catch_unwind(AssertUnwindSafe(|| job(connected))).is_err()
            {
                connected.rest();
                tracing::error!("a read panicked");
            }
        }
    }

    /// Whether a text was found too costly for the caller's thread.
    fn is_costly(&self, text: &Arc<str>) -> bool {
        lock(&self.costly).contains(text)
    }

    /// A connection that nobody uses now.
    fn free(&self) -> Option<MutexGuard<'_, Option<Connected>>> {
        let count = self.connections.len();
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        (0..count).find_map(|at| {
            let connection = self.connections[(first + at) % count].try_lock().ok()?;
            connection.is_some().then_some(connection)
        })
    }

    /// The answer that some free connection kept of this read, if it still holds.
    fn kept(&self, compiled: &Compiled) -> Option<PageRows> {
        self.connections.iter().find_map(|connection| {
            let held = connection.try_lock().ok()?;
            let connected = held.as_ref()?;
            // Whatever stands in the way is met, and told, by reading.
            let version = kept::version(&connected.connection).ok()?;
            connected.kept.borrow_mut().at(version).page(compiled)
        })
    }

    /// Runs `work` here and now if a connection is free. `None` when it turned out to be costly,
    /// or none was free: then it must be queued.
    fn inline<T>(
        &self,
        text: &Arc<str>,
        work: impl FnOnce(&Connected) -> Result<T>,
    ) -> Option<Result<T>> {
        // What shapes are to each other costs what their corners cost, however few the rows.
        if text.contains("bx_geo_") {
            return None;
        }
        let free = self.free()?;
        let connected = free.as_ref()?;
        connected.watch.briefly();
        let done = work(connected);
        connected.rest();
        match done {
            Err(error) if error.code() == Code::Timeout => {
                let mut costly = lock(&self.costly);
                if costly.len() >= COSTLY_KEPT {
                    costly.clear();
                }
                costly.insert(Arc::clone(text));
                None
            }
            done => {
                Tally::add(&self.tally.inline_reads);
                Some(done)
            }
        }
    }
}

/// Reads a page that is known or likely to be costly, and keeps it if it was.
fn page_to_keep(
    on: &Connected,
    compiled: &Compiled,
    keeping: Keeping,
    tally: &Tally,
) -> Result<PageRows> {
    // The version and what is kept under it are of one snapshot.
    run::begin(&on.connection)?;
    let version =
        kept::version(&on.connection).map_err(|cause| fault::of(&on.connection, cause))?;
    let mut kept = on.kept.borrow_mut();
    let kept = kept.at(version);
    if let Some(page) = kept.page(compiled) {
        Tally::add(&tally.kept_reads);
        return Ok(page);
    }
    let sent = || Tally::add(&tally.statements);
    let known = |total: &Statement| kept.total(total);
    let page = match by_shortcut(on, compiled, &known, &sent)? {
        Some(page) => {
            Tally::add(&tally.shortcuts);
            page
        }
        None => run::page(&on.connection, compiled, known, sent)?,
    };
    if on.watch.looked() >= keeping.work_min {
        kept.keep(compiled, &page, keeping.most);
    }
    Ok(page)
}

/// The page by the shortcut of its plan, where there is one and it leads there.
pub(super) fn by_shortcut(
    on: &Connected,
    compiled: &Compiled,
    known: &impl Fn(&Statement) -> Option<u64>,
    sent: &impl Fn(),
) -> Result<Option<PageRows>> {
    match (compiled.shortcut.as_deref(), &compiled.total) {
        (Some(Shortcut::Fold(fold)), _) => fold::page(&on.connection, compiled, fold, sent),
        // With the total known or not asked for, or no row, there is but one scan to save.
        (Some(Shortcut::Sift(sift)), Some(total))
            if known(total).is_none() && compiled.limit != Some(0) =>
        {
            sift::page(&on.connection, compiled, sift, sent)
        }
        (Some(Shortcut::Sift(_)) | None, _) => Ok(None),
    }
}

fn stream_rows(
    on: &Connected,
    compiled: &Compiled,
    limit: Duration,
    hand_on: &impl Fn(Result<Vec<u8>>) -> bool,
) -> Result<()> {
    let mut chunk = Vec::with_capacity(CHUNK_BYTES + 4_096);
    let mut rows = 0;
    on.watch.within(limit, None);
    let streamed = run::each_row(&on.connection, &compiled.page, |row| {
        if compiled.limit.is_some_and(|limit| rows >= limit) {
            return Ok(());
        }
        rows += 1;
        if !chunk.is_empty() {
            chunk.push(b'\n');
        }
        write_object(&mut chunk, &compiled.shape, row)?;
        if chunk.len() >= CHUNK_BYTES {
            let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK_BYTES + 4_096));
            if !hand_on(Ok(full)) {
                return Err(Error::new(Code::Timeout, "nobody takes the rows of the stream"));
            }
            // The limit is for the work between two chunks, not for the whole table.
            on.watch.within(limit, None);
        }
        Ok(())
    });
    on.watch.release();
    streamed?;
    if !chunk.is_empty() {
        hand_on(Ok(chunk));
    }
    Ok(())
}

/// One of the places for streams, given back when dropped.
struct Place(Arc<Shared>);

impl Place {
    fn take(shared: &Arc<Shared>) -> Result<Self> {
        if shared.streams.fetch_add(1, Ordering::SeqCst) >= STREAMS_MAX {
            shared.streams.fetch_sub(1, Ordering::SeqCst);
            return Err(Error::new(
                Code::Unavailable,
                format!("{STREAMS_MAX} exports run already, which is the most"),
            )
            .retry_after_ms(5_000));
        }
        Ok(Self(Arc::clone(shared)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::SeqCst);
    }
}
