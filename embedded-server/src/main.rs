//! `plinth`: the backend without a window.

mod generate;

use clap::{Parser, Subcommand};
use embedded_server::{Config, Error, KEYS, Server};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// A complete backend in one program: REST, users and roles, on SQLite or Postgres.
#[derive(Parser)]
#[command(name = "plinth", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a project.
    Serve(Serve),
    /// List every key of the configuration.
    Config,
    /// Write the types of a running server's collections to a file.
    #[command(visible_aliases = ["types", "gen"])]
    Generate(generate::Generate),
}

#[derive(clap::Args)]
struct Serve {
    /// Folder of the project, made when it does not exist; or a SQLite file that is there already.
    #[arg(long, value_name = "DIR|FILE", default_value = "plinth-data")]
    data: PathBuf,
    /// Configuration file; `plinth.toml` in the folder when not given.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Port to listen on; 0 is any free one.
    #[arg(long)]
    port: Option<String>,
    /// Address to listen on.
    #[arg(long)]
    host: Option<String>,
    /// Postgres instead of the SQLite file in the folder.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Agree that Plinth's own tables are made beside those that the database has already.
    #[arg(long)]
    beside_existing: bool,
    /// `baasix`: answer as the original where Plinth knows better (decimals as text, conditions on
    /// unknown names left out); `plinth config` says all of it, and every other key.
    #[arg(long, value_name = "NAME")]
    compat: Option<String>,
    /// Folder of the built studio.
    #[arg(long, value_name = "DIR")]
    studio: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Config => print_keys(),
        Command::Generate(asked) => generate::run(&asked, &mut say),
        Command::Serve(serve) => run(&serve),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the log filter is the environment's own convention")]
fn run(serve: &Serve) -> Result<(), Error> {
    let filter = std::env::var("PLINTH_LOG").unwrap_or_else(|_| String::from("info"));
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        // A log that cannot be written (its disk is full, its reader is gone) would be told there,
        // too, and fall over that.
        .log_internal_errors(false)
        .init();
    let given = [
        ("port", &serve.port),
        ("host", &serve.host),
        ("database_url", &serve.database_url),
        ("compat", &serve.compat),
        ("studio", &serve.studio),
    ];
    let mut flags: Vec<(&'static str, String)> = given
        .into_iter()
        .filter_map(|(name, value)| value.clone().map(|value| (name, value)))
        .collect();
    if serve.beside_existing {
        flags.push(("beside_existing", String::from("true")));
    }
    let config = Config::load(&serve.data, serve.config.as_deref(), &flags)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|fault| Error::internal("start the runtime").caused_by(fault))?;
    runtime.block_on(serve_until_told(config))
}

async fn serve_until_told(config: Config) -> Result<(), Error> {
    // Before anything is opened: from its first word on it ends cleanly, and a start that waits for
    // a database can be given up.
    let mut told = Told::listen()?;
    let running = tokio::select! {
        biased;
        running = Server::start(config) => running?,
        stop = told.stop() => return stop,
    };
    let address = running.address();
    say(&format!("listening on http://{address}"));
    if let Some(path) = running.setup_path() {
        say(&format!("no owner yet; make one at http://{address}{path}"));
    }
    if !running.shows_studio() {
        say("no built studio was found, so none is served; name its folder with `--studio`");
    }
    told.stop().await?;
    running.stop().await;
    Ok(())
}

/// What the operating system says to the program.
struct Told {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Told {
    /// From here on a signal waits for [`Self::stop`] instead of ending the program.
    fn listen() -> Result<Self, Error> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                terminate: signal(SignalKind::terminate()).map_err(unheard)?,
                interrupt: signal(SignalKind::interrupt()).map_err(unheard)?,
            })
        }
        #[cfg(not(unix))]
        {
            Ok(Self {})
        }
    }

    #[cfg(unix)]
    async fn stop(&mut self) -> Result<(), Error> {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        Ok(())
    }

    #[cfg(not(unix))]
    async fn stop(&mut self) -> Result<(), Error> {
        tokio::signal::ctrl_c().await.map_err(unheard)
    }
}

fn unheard(fault: std::io::Error) -> Error {
    Error::internal("listen for signals").caused_by(fault)
}

fn print_keys() -> Result<(), Error> {
    for key in KEYS {
        say(&format!(
            "{:<24} {}\n{:<24} allowed: {}; default: {}; environment: {}",
            key.name,
            key.about,
            "",
            key.allowed,
            key.default,
            key.env.join(", ")
        ));
    }
    Ok(())
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // A closed pipe ends the telling, not the server.
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

fn say_error(error: &Error) {
    let mut out = std::io::stderr().lock();
    drop(writeln!(out, "plinth: {}", error.message()));
    if let Some(at) = error.path() {
        drop(writeln!(out, "  from {at}"));
    }
    if let Some(cause) = error.cause() {
        drop(writeln!(out, "  because: {cause}"));
    }
    if let Some(hint) = error.hint_text() {
        drop(writeln!(out, "  {hint}"));
    }
}
