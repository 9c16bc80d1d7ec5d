//! `plinth generate`: the types of a running server, kept in a file of somebody's project. The
//! server writes them (`GET /types`); this signs in, fetches them and keeps the file.

use clap::ValueEnum;
use embedded_server::{Code, Error, Result};
use reqwest::{Client, Response, StatusCode, Url, header};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a server listens that was told nothing else.
const URL: &str = "http://localhost:8056";

/// Longest wait for one answer; a person or a build waits for it.
const WAIT: Duration = Duration::from_secs(30);

/// How often a watcher asks whether the collections have changed: soon enough for a person who
/// switches windows, and an unchanged answer has no body.
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// What to write, of which server, and where.
#[derive(clap::Args)]
pub(crate) struct Generate {
    /// Address of the server; else PLINTH_URL, BAASIX_URL or API_URL, else http://localhost:8056.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// File to write; baasix.d.ts (sdk-types: baasix.ts, schema-json: schemas.json) when not given.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What to write.
    #[arg(short, long, value_enum, default_value_t = Target::Types)]
    target: Target,
    /// How the client gets decimals and large integers: its option `numbers`.
    #[arg(long, value_enum, default_value_t = Numbers::Number)]
    numbers: Numbers,
    /// Folder of the project: of its `.env`, and of the file.
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    cwd: PathBuf,
    /// Stay, and write the file again whenever the collections change.
    #[arg(short, long)]
    watch: bool,
    /// Taken from scripts that say it; nothing is ever asked.
    #[arg(short, long)]
    yes: bool,
}

/// What is written.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Target {
    /// Types of every collection, and the map of them for a client.
    Types,
    /// The same, and a function that makes the client.
    SdkTypes,
    /// The definitions of the collections.
    SchemaJson,
}

impl Target {
    fn word(self) -> &'static str {
        match self {
            Self::Types => "types",
            Self::SdkTypes => "sdk-types",
            Self::SchemaJson => "schema-json",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Types => "baasix.d.ts",
            Self::SdkTypes => "baasix.ts",
            Self::SchemaJson => "schemas.json",
        }
    }
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Numbers {
    Number,
    Exact,
}

/// Writes the file, and with `watch` goes on writing it.
pub(crate) fn run(asked: &Generate, say: &mut dyn FnMut(&str)) -> Result<()> {
    let output = asked.output.clone().unwrap_or_else(|| PathBuf::from(asked.target.file()));
    if asked.target == Target::SdkTypes && output.to_string_lossy().ends_with(".d.ts") {
        return Err(Error::new(
            Code::ConfigInvalid,
            format!("{} holds declarations alone, and sdk-types hold a function", output.display()),
        )
        .hint("name a .ts file with --output, or take --target types"));
    }
    let settings = Settings::of(&asked.cwd)?;
    let source = Source::new(asked, &settings)?;
    let path = asked.cwd.join(output);
    // One request after the other: one thread is enough.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|fault| Error::internal("start the runtime").caused_by(fault))?;
    runtime.block_on(keep(source, &path, asked.watch, say))
}

async fn keep(
    mut source: Source,
    path: &Path,
    watch: bool,
    say: &mut dyn FnMut(&str),
) -> Result<()> {
    source.sign_in().await?;
    let mut known = None;
    let mut away = false;
    loop {
        match source.fetch(known.as_deref()).await {
            Ok(Some(found)) => {
                let what = if put(path, &found.text)? { "written" } else { "already so" };
                say(&format!("{}: {what}", path.strip_prefix(".").unwrap_or(path).display()));
                known = found.version;
                away = false;
            }
            Ok(None) => away = false,
            // Who watches has the server restarted now and then.
            Err(fault) if watch && known.is_some() && fault.code() == Code::Unavailable => {
                if !away {
                    say(&format!("{}; waiting for it", fault.message()));
                }
                away = true;
            }
            Err(fault) => return Err(fault),
        }
        if !watch {
            return Ok(());
        }
        tokio::time::sleep(WATCH_EVERY).await;
    }
}

// ---- settings ----

/// The environment, and behind it the `.env` of the project.
struct Settings(BTreeMap<String, String>);

impl Settings {
    #[expect(
        clippy::disallowed_methods,
        reason = "a client of a server reads its own environment, not the server's configuration"
    )]
    fn of(folder: &Path) -> Result<Self> {
        let path = folder.join(".env");
        let mut settings = match std::fs::read_to_string(&path) {
            Ok(text) => dot_env(&text),
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(fault) => {
                return Err(Error::new(
                    Code::ConfigInvalid,
                    format!("{} cannot be read: {fault}", path.display()),
                ));
            }
        };
        settings.extend(std::env::vars().filter(|(_, value)| !value.is_empty()));
        Ok(Self(settings))
    }

    fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.0.get(*name)).map(String::as_str)
    }
}

/// `KEY=value` lines, with or without `export`, quotes and remarks.
fn dot_env(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else { continue };
        let value = value.trim();
        let quote = value.chars().next().filter(|sign| matches!(sign, '"' | '\'' | '`'));
        let inside = quote.and_then(|quote| value.get(1..)?.split_once(quote));
        let value = match inside {
            Some((inside, _)) => inside,
            None => value.split(" #").next().unwrap_or_default().trim_end(),
        };
        if !value.is_empty() {
            found.insert(name.trim().to_owned(), value.to_owned());
        }
    }
    found
}

// ---- the server ----

/// A server, and who asks it.
struct Source {
    client: Client,
    types: Url,
    login: Url,
    account: Option<(String, String)>,
    token: Option<String>,
}

/// The text as the server wrote it, and its version.
struct Found {
    text: String,
    version: Option<String>,
}

impl Source {
    fn new(asked: &Generate, settings: &Settings) -> Result<Self> {
        let given = asked.url.as_deref();
        let given = given.or_else(|| settings.first(&["PLINTH_URL", "BAASIX_URL", "API_URL"]));
        let given = given.unwrap_or(URL);
        let wrong = || {
            Error::new(Code::ConfigInvalid, format!("`{given}` is not the address of a server"))
                .hint(format!("give it whole, for example --url {URL}"))
        };
        let base = Url::parse(given).map_err(|_| wrong())?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(wrong());
        }
        // Routes stand at the root, as they do for the SDK.
        let at = |path: &str| base.join(path).map_err(|_| wrong());
        let (mut types, login) = (at("/types")?, at("/auth/login")?);
        types.query_pairs_mut().append_pair("target", asked.target.word());
        if asked.numbers == Numbers::Exact {
            types.query_pairs_mut().append_pair("numbers", "exact");
        }
        let email = settings.first(&["PLINTH_EMAIL", "BAASIX_EMAIL", "ADMIN_EMAIL"]);
        let password = settings.first(&["PLINTH_PASSWORD", "BAASIX_PASSWORD", "ADMIN_PASSWORD"]);
        let token = settings.first(&["PLINTH_TOKEN", "BAASIX_TOKEN", "BAASIX_AUTH_TOKEN"]);
        // The whole program has one; a second installation is refused and no matter.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = Client::builder()
            .timeout(WAIT)
            .build()
            .map_err(|fault| Error::internal("make a client").caused_by(fault))?;
        Ok(Self {
            client,
            types,
            login,
            account: email.zip(password).map(|(e, p)| (e.to_owned(), p.to_owned())),
            token: token.map(str::to_owned),
        })
    }

    /// A token that was given is used as it is; without one and without an account the server is
    /// asked as a stranger.
    async fn sign_in(&mut self) -> Result<()> {
        match (&self.token, &self.account) {
            (None, Some(_)) => self.exchange().await,
            (Some(_), _) | (None, None) => Ok(()),
        }
    }

    async fn exchange(&mut self) -> Result<()> {
        let Some((email, password)) = &self.account else { return Ok(()) };
        let body = json!({ "email": email, "password": password });
        let sent = self.client.post(self.login.clone()).json(&body).send().await;
        let response = sent.map_err(|fault| unreachable_at(&self.login, &fault))?;
        let response = accepted(response).await?;
        let answer: Json = response.json().await.map_err(|fault| garbled(&fault))?;
        match answer["token"].as_str().filter(|token| !token.is_empty()) {
            Some(token) => self.token = Some(token.to_owned()),
            None => {
                let why = "the sign-in gave no token: this account has a second factor";
                return Err(Error::new(Code::Unauthenticated, why)
                    .hint("make an API token and give it as `PLINTH_TOKEN`"));
            }
        }
        Ok(())
    }

    /// What the server has, or nothing when that is what is known.
    async fn fetch(&mut self, known: Option<&str>) -> Result<Option<Found>> {
        let mut response = self.ask(known).await?;
        // A watcher outlives its token.
        if response.status() == StatusCode::UNAUTHORIZED && self.account.is_some() {
            self.exchange().await?;
            response = self.ask(known).await?;
        }
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let response = accepted(response).await?;
        let version = response.headers().get(header::ETAG);
        let version = version.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let text = response.text().await.map_err(|fault| garbled(&fault))?;
        Ok(Some(Found { text, version }))
    }

    async fn ask(&self, known: Option<&str>) -> Result<Response> {
        let mut request = self.client.get(self.types.clone());
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(known) = known {
            request = request.header(header::IF_NONE_MATCH, known);
        }
        request.send().await.map_err(|fault| unreachable_at(&self.types, &fault))
    }
}

/// A refusal in the server's own words.
async fn accepted(response: Response) -> Result<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let body: Json = response.json().await.unwrap_or_default();
    let said = body["error"]["message"].as_str().map(str::to_owned);
    let said = said.unwrap_or_else(|| format!("the server answers {status}"));
    Err(match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Error::new(Code::Unauthenticated, said).hint(
                "set PLINTH_EMAIL and PLINTH_PASSWORD, or PLINTH_TOKEN, in the environment or in .env",
            )
        }
        StatusCode::NOT_FOUND => Error::new(Code::NotFound, said)
            .hint("is this the address of a Plinth server, and is it as new as this program?"),
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            Error::new(Code::Unavailable, said)
        }
        _ => Error::new(Code::InvalidQuery, said),
    })
}

fn unreachable_at(url: &Url, fault: &reqwest::Error) -> Error {
    // The whole chain: its last word is what the system says.
    let mut why: &dyn std::error::Error = fault;
    while let Some(cause) = why.source() {
        why = cause;
    }
    let origin = url.origin().ascii_serialization();
    Error::new(Code::Unavailable, format!("{origin} does not answer: {why}"))
        .hint("is the server running? Say where it is with --url or PLINTH_URL")
}

fn garbled(fault: &reqwest::Error) -> Error {
    Error::new(Code::Unavailable, format!("the answer broke off: {fault}"))
}

// ---- the file ----

/// Puts the text in place in one step, so that no compiler reads half of it; false when it was
/// there already, so that none is woken for nothing.
fn put(path: &Path, text: &str) -> Result<bool> {
    if std::fs::read(path).is_ok_and(|there| there == text.as_bytes()) {
        return Ok(false);
    }
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}", std::process::id()));
    let done = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&beside, text))
        .and_then(|()| std::fs::rename(&beside, path));
    done.map(|()| true).map_err(|fault| {
        drop(std::fs::remove_file(&beside));
        Error::new(Code::ConfigInvalid, format!("{} cannot be written: {fault}", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::{dot_env, put};

    #[test]
    fn a_dot_env_is_read_as_others_read_it() {
        let text = "# a remark\nPLINTH_URL=http://here:1 # where\nexport A = 'a # b'\n\nB=\"x=y\" # z\nC=\nD\nE=`q`\nF=a#b\n";
        let found = dot_env(text);
        let all: Vec<_> = found.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(
            all,
            [
                ("A", "a # b"),
                ("B", "x=y"),
                ("E", "q"),
                ("F", "a#b"),
                ("PLINTH_URL", "http://here:1")
            ]
        );
    }

    #[test]
    fn a_file_is_put_in_place_whole_and_only_when_it_is_another() {
        let folder = std::env::temp_dir().join(format!("plinth_put_{}", std::process::id()));
        let path = folder.join("src/types/baasix.d.ts");
        assert!(put(&path, "one").unwrap());
        assert!(!put(&path, "one").unwrap());
        assert!(put(&path, "two").unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        let beside: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(beside.len(), 1, "{beside:?}");
        // A folder cannot become a file; what was written beside it does not stay.
        assert!(put(&folder.join("src"), "x").is_err());
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
