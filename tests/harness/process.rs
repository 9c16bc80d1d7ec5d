//! The real program, as a process that can be killed.

use super::app::postgres_url;
use super::{EMAIL, Kind, PASSWORD, Person};
use sqlx::{Connection, Executor, PgConnection};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

/// `plinth serve` on a data folder of its own.
pub(crate) struct Process {
    child: Child,
    data: PathBuf,
    database: Option<String>,
    /// What it printed up to and with its address.
    pub(crate) told: Vec<String>,
    pub(crate) url: String,
}

/// Runs its arguments with little room: a small file system of their own where that may be made,
/// else files that cannot grow. `$0` is the data folder.
const LITTLE_ROOM: &str = r#"
if unshare -m true 2>/dev/null; then
  exec unshare -m sh -c 'mount -t tmpfs -o size=8m tmpfs "$0" && head -c 2000000 /dev/zero > "$0/ballast" && exec "$@"' "$0" "$@"
fi
trap '' XFSZ; ulimit -f 12000; exec "$@"
"#;

/// Runs its arguments with a log of every step that no disk takes.
const NO_LOG: &str = r#"export PLINTH_LOG=trace; exec "$@" 2>/dev/full"#;

impl Process {
    /// With a log that cannot be written.
    pub(crate) async fn start_without_a_log(kind: Kind, name: &str) -> Self {
        Self::start_in(kind, name, Some(NO_LOG)).await
    }

    pub(crate) async fn start(kind: Kind, name: &str) -> Self {
        Self::start_in(kind, name, None).await
    }

    /// On SQLite, with so little room that a few requests fill it.
    pub(crate) async fn start_with_little_room(name: &str) -> Self {
        Self::start_in(Kind::Sqlite, name, Some(LITTLE_ROOM)).await
    }

    /// Makes room again, without a restart.
    pub(crate) fn make_room(&self) {
        let own = PathBuf::from(format!("/proc/{}/root", self.child.id()));
        let data = self.data.strip_prefix("/").expect("an absolute path");
        if std::fs::remove_file(own.join(data).join("ballast")).is_err() {
            let pid = self.child.id().to_string();
            let lifted =
                Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status();
            assert!(lifted.is_ok_and(|status| status.success()), "nothing makes room");
        }
    }

    /// Asks it to end, and waits until it has, in order.
    pub(crate) fn end(&mut self) {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().expect("run kill");
        assert!(asked.success(), "the process is not there");
        let status = self.child.wait().expect("wait for the process");
        assert!(status.success(), "it ended by the signal, not in order: {status}");
    }

    async fn start_in(kind: Kind, name: &str, around: Option<&str>) -> Self {
        // Two tests of one body run at once, each with a folder of its own.
        let store = if kind == Kind::Sqlite { "sqlite" } else { "postgres" };
        let name = format!("plinth_process_{}_{store}_{name}", std::process::id());
        let data = std::env::temp_dir().join(&name);
        let database = match (kind, postgres_url()) {
            (Kind::Postgres, Some(base)) => {
                let mut connection = PgConnection::connect(&base).await.expect("reach Postgres");
                let statement = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
                connection.execute(statement).await.expect("make a database");
                Some(name)
            }
            (Kind::Postgres | Kind::Sqlite, _) => None,
        };
        let (child, told, url) = launch(&data, database.as_deref(), around);
        Self { child, data, database, told, url }
    }

    /// A second process on the same data. It goes before the first does.
    pub(crate) fn beside(&self) -> Self {
        let (child, told, url) = launch(&self.data, self.database.as_deref(), None);
        Self { child, data: self.data.clone(), database: self.database.clone(), told, url }
    }

    pub(crate) fn anonymous(&self) -> Person {
        Person::anonymous(&self.url)
    }

    pub(crate) async fn owner(&self) -> Person {
        self.anonymous().signed_in(EMAIL, PASSWORD).await
    }

    /// Ends the process without any warning (SIGKILL), then starts it again on the same data.
    pub(crate) fn kill_and_start(&mut self) {
        self.kill();
        let (child, told, url) = launch(&self.data, self.database.as_deref(), None);
        (self.child, self.told, self.url) = (child, told, url);
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("kill the process");
        self.child.wait().expect("wait for the process");
    }

    /// Its Postgres database, if it has one.
    pub(crate) fn database_url(&self) -> Option<String> {
        let (name, base) = (self.database.as_ref()?, postgres_url()?);
        base.rsplit_once('/').map(|(server, _)| format!("{server}/{name}"))
    }

    /// Its data folder.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) async fn remove(mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        if let (Some(name), Some(base)) = (&self.database, postgres_url()) {
            let mut connection = PgConnection::connect(&base).await.expect("reach Postgres");
            let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            connection.execute(sqlx::AssertSqlSafe(statement)).await.expect("drop the database");
        }
        drop(std::fs::remove_dir_all(&self.data));
    }

    /// The program with these arguments, to be started by the test itself.
    pub(crate) fn command(arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments);
        command
    }

    /// Runs the program to its end, for starts that must fail.
    pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(program());
        command.args(arguments).envs(environment.iter().copied()).output().expect("run the program")
    }
}

fn launch(
    data: &Path,
    database: Option<&str>,
    around: Option<&str>,
) -> (Child, Vec<String>, String) {
    let mut command = match around {
        None => Command::new(program()),
        Some(script) => {
            std::fs::create_dir_all(data).expect("make the data folder");
            let mut shell = Command::new("sh");
            shell.args(["-c", script]).arg(data).arg(program());
            shell
        }
    };
    command.arg("serve").arg("--data").arg(data).args(["--port", "0"]);
    command.env("ADMIN_EMAIL", EMAIL).env("ADMIN_PASSWORD", PASSWORD).env("PLINTH_LOG", "error");
    if let (Some(name), Some(base)) = (database, postgres_url()) {
        let (server, _) = base.rsplit_once('/').expect("a URL names its database");
        command.arg("--database-url").arg(format!("{server}/{name}"));
    }
    let mut child = command.stdout(Stdio::piped()).spawn().expect("start the program");
    let out = child.stdout.take().expect("the program's output");
    let mut told = Vec::new();
    for line in BufReader::new(out).lines() {
        let line = line.expect("the program's output is text");
        let url = line.strip_prefix("listening on ").map(str::to_owned);
        told.push(line);
        if let Some(url) = url {
            return (child, told, url);
        }
    }
    drop(child.wait());
    panic!("the program ended before it listened: {told:?}");
}

/// The program that the test command has built with everything else, if it says where.
#[expect(clippy::disallowed_methods, reason = "the suite is told its program by the environment")]
fn built_before() -> Option<PathBuf> {
    std::env::var("PLINTH_BINARY").ok().map(PathBuf::from)
}

/// The program of this checkout, built once. Cheap when it is fresh already.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(path) = built_before() {
            return path;
        }
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "-p", "embedded-server", "--bin", "plinth"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("run cargo");
        assert!(built.success(), "the program does not build");
        let suite = std::env::current_exe().expect("the path of this test");
        let folder = suite.parent().and_then(Path::parent).expect("the target folder");
        folder.join(format!("plinth{}", std::env::consts::EXE_SUFFIX))
    })
}
