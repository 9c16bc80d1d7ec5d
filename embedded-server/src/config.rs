//! The configuration: a file, the environment and flags, read once. Later ones win.

mod layers;

use base::{Code, Error, Limits, Result};
use layers::Layers;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Everything the program can be told. Made by [`Config::load`], or by hand from
/// [`Config::for_data`].
#[derive(Clone, Debug)]
pub struct Config {
    /// Folder of the project.
    pub data_dir: PathBuf,
    /// Address to listen on.
    pub host: String,
    /// Port to listen on; 0 is any free one.
    pub port: u16,
    /// Take the next free port when the asked one is taken.
    pub port_fallback: bool,
    /// A SQLite file that lies elsewhere, instead of the one in the folder.
    pub database_file: Option<PathBuf>,
    /// Whether Plinth's own tables may be made beside those that a database has already.
    pub beside_existing: bool,
    /// Postgres instead of the SQLite file in the folder.
    pub database_url: Option<String>,
    /// Schema in that database.
    pub database_schema: Option<String>,
    /// Connections to Postgres.
    pub database_connections: u32,
    /// When a SQLite commit counts as safe.
    pub synchronous: Synchronous,
    /// Name of the project.
    pub project: String,
    /// Signs tokens; made and kept in the folder when not given.
    pub secret_key: Option<String>,
    /// Lifetime of an access token, in seconds.
    pub access_token_seconds: u64,
    /// Lifetime of a session without a refresh, in seconds.
    pub session_seconds: u64,
    /// Whether anybody may register.
    pub public_registration: bool,
    /// Role of registered users.
    pub default_role: String,
    /// Roles that a registration may ask for.
    pub allowed_roles: Vec<String>,
    /// Whether only who has confirmed its address may sign in.
    pub require_email_verification: bool,
    /// Addresses of applications that mails may lead to, besides those of the settings.
    pub app_urls: Vec<String>,
    /// The address that the server is called by from outside.
    pub base_url: Option<String>,
    /// Ways of signing in that are allowed; all where none is named.
    pub auth_services: Option<Vec<String>>,
    /// What the variables of the project are, whatever it keeps itself.
    pub variables: BTreeMap<String, String>,
    /// Address of the first owner on an empty database.
    pub admin_email: Option<String>,
    /// Password of the first owner on an empty database.
    pub admin_password: Option<String>,
    /// Make the first owner without a sign-in of its own (the desktop, with `launch_token`).
    pub silent_owner: bool,
    /// Token of this launch that acts as the owner.
    pub launch_token: Option<String>,
    /// Origins of pages that may call.
    pub origins: Vec<String>,
    /// Host names that requests may be addressed to, besides loopback ones.
    pub hosts: Vec<String>,
    /// Folder of the built studio.
    pub studio_dir: Option<PathBuf>,
    /// Whether schemas are readable without a sign-in.
    pub schemas_public: bool,
    /// Whether an unknown key in a body is an error for everybody.
    pub strict_write: bool,
    /// Whether requests are judged and answered as the original does where it does so badly.
    pub compat: bool,
    /// Whether this is a production server.
    pub production: bool,
    /// Most requests of one caller within `rate_interval_ms`; 0 is no limit.
    pub rate_limit: u32,
    /// Milliseconds.
    pub rate_interval_ms: i64,
    /// How many proxies stand before the server and tell whom they were called from.
    pub trusted_proxies: usize,
    /// How the cookies of a session are kept.
    pub cookies: Cookies,
    /// Whether records belong to tenants.
    pub multi_tenant: bool,
    /// Collections that belong to no tenant all the same.
    pub tenant_ignored: Vec<String>,
    /// Bounds.
    pub limits: Limits,
}

/// When a SQLite commit counts as safe.
pub use store::Synchronous;

/// How the cookies of a session are kept.
pub use api::{Cookies, SameSite};

/// One key of the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// In the file.
    pub name: &'static str,
    /// In the environment; the first one that is set counts.
    pub env: &'static [&'static str],
    /// What it does.
    pub about: &'static str,
    /// What it may be.
    pub allowed: &'static str,
    /// What it is when not given.
    pub default: &'static str,
}

const fn key(
    name: &'static str,
    env: &'static [&'static str],
    about: &'static str,
    allowed: &'static str,
    default: &'static str,
) -> Key {
    Key { name, env, about, allowed, default }
}

/// Every key there is; `plinth config` prints this table.
pub const KEYS: &[Key] = &[
    key("host", &["HOST"], "address to listen on", "an IP address, or localhost", "127.0.0.1"),
    key("port", &["PORT"], "port to listen on; 0 is any free one", "0 to 65535", "8056"),
    key(
        "beside_existing",
        &["BESIDE_EXISTING"],
        "whether Plinth's own tables may be made beside those that a database has already",
        "true or false",
        "false",
    ),
    key(
        "database_url",
        &["DATABASE_URL"],
        "Postgres instead of the SQLite file",
        "postgres://user:password@host:port/database",
        "none",
    ),
    key(
        "database_schema",
        &["DATABASE_SCHEMA"],
        "schema in that database",
        "a name",
        "the database's own",
    ),
    key(
        "database_connections",
        &["DATABASE_CONNECTIONS"],
        "connections to Postgres",
        "1 to 200",
        "8",
    ),
    key(
        "synchronous",
        &["SQLITE_SYNCHRONOUS"],
        "when a SQLite commit counts as safe",
        "full or normal",
        "full",
    ),
    key("project", &["PROJECT_NAME"], "name of the project", "a text", "name of the folder"),
    key(
        "secret_key",
        &["SECRET_KEY"],
        "signs tokens",
        "a text, of at least 32 bytes in production",
        "made once, kept in the folder",
    ),
    key(
        "access_token_expires_in",
        &["ACCESS_TOKEN_EXPIRES_IN"],
        "lifetime of an access token, in seconds",
        "120 to 31536000",
        "3600",
    ),
    key(
        "session_expires_in",
        &["SESSION_EXPIRES_IN"],
        "lifetime of a session without a refresh, in seconds",
        "300 to 31536000",
        "2592000",
    ),
    key(
        "public_registration",
        &["PUBLIC_REGISTRATION"],
        "whether anybody may register",
        "true or false",
        "true",
    ),
    key(
        "default_role",
        &["DEFAULT_ROLE_REGISTERED"],
        "role of registered users",
        "a role's name",
        "user",
    ),
    key(
        "allowed_roles",
        &["ALLOWED_ROLES"],
        "roles that a registration may ask for",
        "names, comma-separated",
        "none",
    ),
    key(
        "require_email_verification",
        &["REQUIRE_EMAIL_VERIFICATION"],
        "whether only who has confirmed its address may sign in",
        "true or false",
        "false",
    ),
    key(
        "app_urls",
        &["AUTH_APP_URL"],
        "addresses that links in mails may lead to or below, besides `app_url` and `project_url` \
         of the settings",
        "addresses like https://app.example/welcome, comma-separated",
        "none",
    ),
    key(
        "base_url",
        &["BASE_URL"],
        "the address that the server is called by from outside, to which other providers lead back",
        "an address like https://api.example",
        "the host that a request names, where it is this machine's or one of `hosts`",
    ),
    key(
        "auth_services",
        &["AUTH_SERVICES_ENABLED"],
        "ways of signing in that are allowed: `local` by a password, others by their provider",
        "names such as LOCAL,GOOGLE,GITHUB, comma-separated",
        "all that are set up",
    ),
    key(
        "admin_email",
        &["ADMIN_EMAIL"],
        "address of the first owner on an empty database",
        "an e-mail address",
        "none",
    ),
    key(
        "admin_password",
        &["ADMIN_PASSWORD"],
        "password of the first owner on an empty database",
        "8 to 128 characters",
        "none",
    ),
    key(
        "origins",
        &["AUTH_CORS_ALLOWED_ORIGINS"],
        "origins of pages that may call",
        "addresses such as https://example.com, comma-separated; `*` is none",
        "http://localhost:3000,http://localhost:5173",
    ),
    key(
        "hosts",
        &["ALLOWED_HOSTS"],
        "host names that requests may be addressed to, besides loopback ones",
        "names without a port, comma-separated",
        "none",
    ),
    key(
        "studio",
        &["PLINTH_STUDIO"],
        "folder of the built studio",
        "a folder that has its index.html",
        "beside the program",
    ),
    key(
        "schemas_public",
        &["SCHEMAS_PUBLIC"],
        "whether schemas are readable without a sign-in",
        "true or false",
        "false",
    ),
    key(
        "strict_write",
        &["STRICT_WRITE"],
        "whether an unknown key in a body is an error, instead of a warning to administrators",
        "true or false",
        "false",
    ),
    key(
        "compat",
        &["COMPAT"],
        "`baasix` answers as the original where Plinth knows better: decimals as text, conditions on \
         unknown names left out, `arraycontains` on a JSON field a fault of the server",
        "baasix or none",
        "none",
    ),
    key(
        "environment",
        &["PLINTH_ENV", "NODE_ENV"],
        "`production` turns its checks on",
        "production, staging, development or test",
        "development",
    ),
    key(
        "rate_limit",
        &["RATE_LIMIT"],
        "most requests of one caller (a user, or an address that nobody is signed in from) within \
         `rate_limit_interval`; callers of this machine are not counted; 0 is no limit",
        "0 to 1000000",
        "1000",
    ),
    key(
        "rate_limit_interval",
        &["RATE_LIMIT_INTERVAL"],
        "the time that `rate_limit` is for, in milliseconds",
        "100 to 3600000",
        "5000",
    ),
    key(
        "trusted_proxies",
        &["TRUST_PROXY"],
        "how many proxies stand before the server, each of which adds to `X-Forwarded-For` whom it \
         was called from",
        "0 to 10",
        "0",
    ),
    key(
        "cookie_secure",
        &["AUTH_COOKIE_SECURE"],
        "whether the cookies of a session travel over https only",
        "true or false",
        "true in production, else false",
    ),
    key(
        "cookie_http_only",
        &["AUTH_COOKIE_HTTP_ONLY"],
        "whether scripts of a page are kept from the access token's cookie; they always are from \
         the refresh token's",
        "true or false",
        "true",
    ),
    key(
        "cookie_same_site",
        &["AUTH_COOKIE_SAME_SITE"],
        "which requests of other sites carry the cookies of a session",
        "strict, lax, or none (which needs `cookie_secure`)",
        "strict in production, else lax",
    ),
    key(
        "cookie_domain",
        &["AUTH_COOKIE_DOMAIN"],
        "domain whose hosts get the cookies of a session",
        "a host name",
        "the host that answers",
    ),
    key(
        "cookie_path",
        &["AUTH_COOKIE_PATH"],
        "path below which the cookies of a session are sent",
        "a path that begins with /",
        "/",
    ),
    key(
        "multi_tenant",
        &["MULTI_TENANT"],
        "whether records with a `tenant_Id` are seen and written in their tenant alone",
        "true or false",
        "false",
    ),
    key(
        "tenant_ignored",
        &["TENANT_IGNORED_TABLES"],
        "collections that belong to no tenant though they have a `tenant_Id`",
        "names, comma-separated",
        "none",
    ),
    key("page_size_max", &["PAGE_SIZE_MAX"], "most rows one list answers", "1 to 1000000", "10000"),
    key(
        "history_days",
        &["AUDIT_LOG_RETENTION_DAYS"],
        "for how many days the history of a record is kept, unless its collection says otherwise",
        "1 to 36500",
        "90",
    ),
    key(
        "statement_ms_max",
        &["STATEMENT_MS_MAX"],
        "longest time one statement may run, in milliseconds",
        "100 to 3600000",
        "30000",
    ),
    key(
        "kept_answers_max",
        &["KEPT_ANSWERS_MAX"],
        "costly answers that a connection of SQLite keeps while nothing is written; 0 keeps none",
        "0 to 1000",
        "64",
    ),
];

/// The SQLite file in the folder of a project, by which such a folder is known.
pub const DATABASE_FILE: &str = "data.db";

/// What follows the name of a SQLite file in the name of its project's folder.
const PROJECT_FOLDER_END: &str = ".plinth";

/// How a file of SQLite begins.
const SQLITE_HEAD: &[u8; 16] = b"SQLite format 3\0";

/// The password that the original's documentation shows; nobody may go live with it.
const KNOWN_PASSWORD: &str = "admin@123";

impl Config {
    /// The defaults for a project in this folder, or beside this file of SQLite.
    #[must_use]
    pub fn for_data(data: impl Into<PathBuf>) -> Self {
        let data = data.into();
        let (data_dir, database_file) = Self::place(&data);
        let named = if database_file.is_some() { data.file_stem() } else { data.file_name() };
        let project = named.map_or_else(
            || String::from("Plinth project"),
            |name| name.to_string_lossy().into_owned(),
        );
        Self {
            data_dir,
            host: String::from("127.0.0.1"),
            port: 8056,
            port_fallback: false,
            database_file,
            beside_existing: false,
            database_url: None,
            database_schema: None,
            database_connections: 8,
            synchronous: Synchronous::Full,
            project,
            secret_key: None,
            access_token_seconds: 3_600,
            session_seconds: 2_592_000,
            public_registration: true,
            default_role: String::from("user"),
            allowed_roles: Vec::new(),
            require_email_verification: false,
            app_urls: Vec::new(),
            base_url: None,
            auth_services: None,
            variables: BTreeMap::new(),
            admin_email: None,
            admin_password: None,
            silent_owner: false,
            launch_token: None,
            origins: ["http://localhost:3000", "http://localhost:5173"].map(str::to_owned).to_vec(),
            hosts: Vec::new(),
            studio_dir: beside_program(),
            schemas_public: false,
            strict_write: false,
            compat: false,
            production: false,
            rate_limit: 1_000,
            rate_interval_ms: 5_000,
            trusted_proxies: 0,
            cookies: Cookies::default(),
            multi_tenant: false,
            tenant_ignored: Vec::new(),
            limits: Limits::default(),
        }
    }

    /// For a program that embeds the server: `plinth.toml` in the folder, and nothing of the
    /// environment, which speaks to other programs too.
    pub fn for_folder(data_dir: &Path) -> Result<Self> {
        let mut layers = Layers::default();
        layers.file(&Self::place(data_dir).0, None)?;
        layers.read(Self::for_data(data_dir))
    }

    /// [`Self::for_data`] and [`Self::load`] take a folder or a file of SQLite, beside which the
    /// folder of its project stands. Where that folder stands and the file does not, the file is
    /// missed, and nothing is made in its place.
    fn place(data: &Path) -> (PathBuf, Option<PathBuf>) {
        let mut folder = data.as_os_str().to_owned();
        folder.push(PROJECT_FOLDER_END);
        let folder = PathBuf::from(folder);
        if is_sqlite(data) || (folder.is_dir() && !data.is_dir()) {
            (folder, Some(data.to_path_buf()))
        } else {
            (data.to_path_buf(), None)
        }
    }

    /// The SQLite file of the project.
    #[must_use]
    pub fn sqlite_file(&self) -> PathBuf {
        self.database_file.clone().unwrap_or_else(|| self.data_dir.join(DATABASE_FILE))
    }

    /// Reads `plinth.toml` in the folder (or `file`), then the environment, then the flags.
    pub fn load(
        data_dir: &Path,
        file: Option<&Path>,
        flags: &[(&'static str, String)],
    ) -> Result<Self> {
        let mut layers = Layers::default();
        let (folder, _) = Self::place(data_dir);
        if folder.is_file() {
            return Err(refused(
                "data",
                &folder.display().to_string(),
                "a folder, or a database file of SQLite; this file is neither",
            ));
        }
        layers.file(&folder, file)?;
        layers.environment()?;
        layers.flags(flags);
        layers.read(Self::for_data(data_dir))
    }

    /// The SQLite file of somebody else that the project is on, where it is gone or none any more.
    fn missing_file(&self) -> Option<&Path> {
        let file = self.database_file.as_deref().filter(|_| self.database_url.is_none());
        file.filter(|file| !is_sqlite(file))
    }

    /// Refuses what must not run.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(file) = self.missing_file() {
            return Err(missing(file));
        }
        if !self.production {
            return Ok(());
        }
        if self.admin_password.as_deref() == Some(KNOWN_PASSWORD) {
            return Err(refused(
                "admin_password",
                "the documentation's example",
                "a password of your own in production",
            ));
        }
        if let Some(plain) = self.origins.iter().find(|origin| api::is_plain_public(origin)) {
            return Err(refused(
                "origins",
                plain,
                "https addresses in production, and http ones of this machine",
            ));
        }
        match &self.secret_key {
            Some(key) if key.len() < 32 => Err(refused(
                "secret_key",
                &format!("{} bytes long", key.len()),
                "at least 32 bytes in production",
            )),
            Some(_) | None => Ok(()),
        }
    }
}

impl Config {
    /// Refuses an owner that a new project could not be given.
    pub(crate) fn check_owner(&self) -> Result<()> {
        match (&self.admin_email, &self.admin_password) {
            (Some(_), None) | (None, Some(_)) => Err(Error::new(
                Code::ConfigInvalid,
                "`admin_email` and `admin_password` come together",
            )
            .hint("give both, or neither for a one-time set-up link")),
            (Some(email), Some(_)) if !auth::looks_like_address(email.trim()) => {
                Err(wrong("admin_email", email))
            }
            (Some(_), Some(_)) | (None, None) => Ok(()),
        }
    }
}

/// A key that cannot be what it was given as; what it may be is told from [`KEYS`].
pub(crate) fn wrong(name: &str, value: &str) -> Error {
    let allowed = KEYS.iter().find(|key| key.name == name).map_or("", |key| key.allowed);
    refused(name, value, allowed)
}

fn refused(name: &str, value: &str, allowed: &str) -> Error {
    Error::new(Code::ConfigInvalid, format!("configuration key `{name}` cannot be `{value}`"))
        .hint(format!("allowed: {allowed}"))
}

fn missing(file: &Path) -> Error {
    let what = if file.exists() { "is no file of SQLite" } else { "is not there" };
    Error::new(
        Code::ConfigInvalid,
        format!("the database of this project, {}, {what}; nothing was made in its place", file.display()),
    )
    .at("database_file")
    .hint("put the file back, or open it where it lies now; a disk that is not connected looks like this, too")
}

/// Whether this is a file that begins as SQLite's do.
#[must_use]
pub fn is_sqlite(path: &Path) -> bool {
    let mut head = [0; SQLITE_HEAD.len()];
    let read = std::fs::File::open(path)
        .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut head));
    read.is_ok() && head == *SQLITE_HEAD
}

/// The studio as it is installed beside the program, or built in a checkout.
fn beside_program() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let folder = program.parent()?;
    let candidates = ["studio", "../share/plinth/studio", "../../ui/dist", "../lib/plinth/studio"];
    candidates.iter().map(|tail| folder.join(tail)).find(|path| path.join("index.html").is_file())
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
