//! The driver of `cargo xtask bench`: it starts the release server on fresh data, asks it what
//! people ask, looks at every answer, and takes the raw limits of the machine beside it.
//!
//! Outside the house: it knows a server by its address only, so that it can measure any.
#![expect(clippy::disallowed_methods, reason = "a command reads its environment; no `Config` here")]

mod course;
mod load;
mod machine;
mod peer;
mod plinth;
mod raw;
mod report;
mod rows;
mod scale;
mod server;
mod wire;

use course::{Course, say};
use peer::{Account, Peer, Work};
use plinth::Plinth;
use raw::postgres::{self, Own};
use report::Report;
use server::Recipe;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// What went wrong, as one sentence for the person at the terminal.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// Starts on a used folder; the middle one counts.
const STARTS: usize = 7;

/// A server that has just answered is left alone for so long before its memory is read.
const IDLE: Duration = Duration::from_secs(2);

const USAGE: &str = "\
usage: bench --program PLINTH --folder DIR [--postgres URL [--postgres-process ID]]
             [--mode full,normal,postgres] [--work create,read,list,relation,update,group,signin]
             [--runs N] [--seconds S] [--quick] [--without-limits]
             [--large]             a million rows beside ten thousand, too
             [--peer NAME=URL ...]      a running server, asked in the way of Plinth;
                                        its owner is BENCH_PEER_EMAIL, BENCH_PEER_PASSWORD
             [--build TEXT] [--json FILE]
";

/// How long and what.
pub(crate) struct Plan {
    pub(crate) runs: usize,
    pub(crate) warm: Duration,
    pub(crate) measured: Duration,
    works: Vec<Work>,
    large: bool,
}

impl Plan {
    pub(crate) fn wants(&self, work: Work) -> bool {
        self.works.is_empty() || self.works.contains(&work)
    }
}

struct Asked {
    plan: Plan,
    program: PathBuf,
    folder: PathBuf,
    modes: Vec<String>,
    postgres: Option<String>,
    postgres_process: Option<u32>,
    peers: Vec<(String, String)>,
    limits: bool,
    build: String,
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = if words == ["hello"] { raw::hello() } else { asked(&words).and_then(run) };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            say("bench", &fault);
            ExitCode::FAILURE
        }
    }
}

fn asked(words: &[String]) -> Outcome<Asked> {
    let plan = Plan {
        runs: 3,
        warm: Duration::from_millis(500),
        measured: Duration::from_secs(3),
        works: Vec::new(),
        large: false,
    };
    let mut asked = Asked {
        plan,
        program: PathBuf::new(),
        folder: PathBuf::new(),
        modes: ["full", "normal", "postgres"].map(str::to_owned).to_vec(),
        postgres: None,
        postgres_process: None,
        peers: Vec::new(),
        limits: true,
        build: String::new(),
        json: None,
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("`{word}` wants a value\n\n{USAGE}"));
        let wrong = |value: &str| format!("`{word}` cannot be `{value}`\n\n{USAGE}");
        match word.as_str() {
            "--program" => asked.program = value()?.into(),
            "--folder" => asked.folder = value()?.into(),
            "--postgres" => asked.postgres = Some(value()?.clone()),
            "--postgres-process" => {
                let id = value()?;
                asked.postgres_process = Some(id.parse().map_err(|_| wrong(id))?);
            }
            "--mode" => asked.modes = value()?.split(',').map(str::to_owned).collect(),
            "--work" => {
                let works = value()?;
                for one in works.split(',') {
                    asked.plan.works.extend(work(one).ok_or_else(|| wrong(one))?);
                }
            }
            "--runs" => {
                let runs = value()?;
                let number = runs.parse().ok().filter(|number| *number > 0);
                asked.plan.runs = number.ok_or_else(|| wrong(runs))?;
            }
            "--seconds" => {
                let seconds = value()?;
                let time =
                    seconds.parse().ok().and_then(|one| Duration::try_from_secs_f64(one).ok());
                asked.plan.measured = time.ok_or_else(|| wrong(seconds))?;
            }
            "--quick" => {
                asked.plan.runs = 1;
                asked.plan.measured = Duration::from_secs(1);
                asked.plan.warm = Duration::from_millis(200);
            }
            "--peer" => {
                let peer = value()?;
                let (name, url) = peer.split_once('=').ok_or_else(|| wrong(peer))?;
                asked.peers.push((name.to_owned(), url.to_owned()));
            }
            "--large" => asked.plan.large = true,
            "--without-limits" => asked.limits = false,
            "--build" => asked.build.clone_from(value()?),
            "--json" => asked.json = Some(value()?.into()),
            other => return Err(format!("`{other}` is not known\n\n{USAGE}")),
        }
    }
    if asked.folder.as_os_str().is_empty() || asked.program.as_os_str().is_empty() {
        return Err(USAGE.to_owned());
    }
    Ok(asked)
}

fn work(name: &str) -> Option<&'static [Work]> {
    Some(match name {
        "create" => &[Work::Create],
        "read" => &[Work::Read],
        "list" => &[Work::List, Work::ListAgain],
        "relation" => &[Work::Relation],
        "update" => &[Work::Update],
        "group" => &[Work::Group, Work::GroupAgain],
        "signin" => &[Work::SignIn],
        _ => return None,
    })
}

fn run(asked: Asked) -> Outcome {
    // One thread: two cores are shared with the server, which should have what is left.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|fault| fault.to_string())?.block_on(whole(asked))
}

async fn whole(asked: Asked) -> Outcome {
    let before = machine::load();
    std::fs::create_dir_all(&asked.folder)
        .map_err(|fault| format!("{} cannot be made: {fault}", asked.folder.display()))?;
    let mut stores = vec![format!("data on {}", machine::file_system(&asked.folder))];
    if let Some(cluster) = &asked.postgres {
        stores.push(postgres::about(cluster).await?);
    }
    let mut limits = Vec::new();
    if asked.limits {
        let raw = asked.folder.join("raw");
        server::fresh(&raw)?;
        limits = raw::take(&raw, asked.postgres.as_deref(), &asked.plan).await?;
        server::fresh(&raw)?;
    }
    let mut courses = Vec::new();
    for mode in &asked.modes {
        courses.extend(started(mode, &asked).await?);
    }
    for (name, url) in &asked.peers {
        courses.push(running(name, url, &asked.plan).await?);
    }
    let report = Report {
        build: asked.build,
        machine: format!("{} cores of {}", machine::cores(), machine::processor()),
        stores,
        load: (before, machine::load()),
        limits,
        courses,
    };
    if let Some(file) = &asked.json {
        let text = format!("{:#}\n", report.json(&asked.plan));
        std::fs::write(file, text)
            .map_err(|fault| format!("{} cannot be written: {fault}", file.display()))?;
    }
    print(&report.table(&asked.plan));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the report is what the command is for")]
fn print(text: &str) {
    println!("{text}");
}

/// Plinth in one of its modes, started by us. Without a cluster there is no Postgres mode.
async fn started(mode: &str, asked: &Asked) -> Outcome<Option<Course>> {
    let (name, synchronous, cluster) = match mode {
        "full" => ("SQLite FULL", "full", None),
        "normal" => ("SQLite NORMAL", "normal", None),
        "postgres" => match &asked.postgres {
            Some(cluster) => ("Postgres", "full", Some(cluster)),
            None => {
                say("Postgres", "left out: no cluster was given");
                return Ok(None);
            }
        },
        other => return Err(format!("there is no mode `{other}`\n\n{USAGE}")),
    };
    let database = match cluster {
        Some(cluster) => Some(Own::create(cluster, "server").await?),
        None => None,
    };
    let recipe = Recipe {
        program: asked.program.clone(),
        folder: asked.folder.join(mode),
        database_url: database.as_ref().map(|database| database.url.clone()),
        synchronous,
        account: Account {
            email: "owner@example.com".to_owned(),
            password: "the owner of a bench".to_owned(),
        },
    };
    let beside = cluster.and(asked.postgres_process);
    let course = on_fresh_ground(name, &recipe, beside, &asked.plan).await;
    if let Some(database) = database {
        database.remove().await?;
    }
    server::fresh(&recipe.folder)?;
    course.map(Some)
}

async fn on_fresh_ground(
    name: &str,
    recipe: &Recipe,
    database: Option<u32>,
    plan: &Plan,
) -> Outcome<Course> {
    server::fresh(&recipe.folder)?;
    let first = recipe.start(Plinth::HEALTH).await?;
    let empty = first.took.as_secs_f64() * 1e3;
    first.stop().await?;
    let mut again = Vec::new();
    for _ in 0..STARTS {
        let server = recipe.start(Plinth::HEALTH).await?;
        again.push(server.took.as_secs_f64() * 1e3);
        server.stop().await?;
    }
    again.sort_by(f64::total_cmp);
    say(name, &format!("starts in {:.1} ms, {empty:.1} on an empty folder", again[STARTS / 2]));
    let server = recipe.start(Plinth::HEALTH).await?;
    let watched = server.watched(database);
    tokio::time::sleep(IDLE).await;
    let idle = watched.memory().map(|memory| ("idle", memory, watched.database_memory()));
    let mut plinth = Plinth::prepare(server.address, &recipe.account).await?;
    let mut course = course::run(name, &mut plinth, server.address, &watched, plan).await?;
    if plan.large {
        let lines = scale::run(name, &plinth, server.address, &watched, plan).await?;
        course.lines.extend(lines);
    }
    course.starts = Some((empty, again[STARTS / 2]));
    course.memory.splice(0..0, idle);
    server.stop().await?;
    Ok(course)
}

/// A server that somebody else started.
async fn running(name: &str, url: &str, plan: &Plan) -> Outcome<Course> {
    let address = resolved(url)?;
    let told = |key: &str| {
        std::env::var(key).map_err(|_| format!("`{key}` must say who owns the server at {url}"))
    };
    let account =
        Account { email: told("BENCH_PEER_EMAIL")?, password: told("BENCH_PEER_PASSWORD")? };
    let watched = server::watched_at(address);
    let mut plinth = Plinth::prepare(address, &account).await?;
    course::run(name, &mut plinth, address, &watched, plan).await
}

fn resolved(url: &str) -> Outcome<SocketAddr> {
    let place = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/');
    let mut found = place.to_socket_addrs().map_err(|fault| format!("{url}: {fault}"))?;
    found.next().ok_or_else(|| format!("{url} has no address"))
}
