//! What the file, the environment and the flags say, and what of it is taken.

use super::{Config, KEYS, Key, SameSite, Synchronous, wrong};
use base::{Code, Error, Result};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Keys that hold several words; a file may give them as a list.
const LISTS: [&str; 6] =
    ["allowed_roles", "app_urls", "auth_services", "origins", "hosts", "tenant_ignored"];

/// The table of the file that holds variables, by their names in the environment.
const VARIABLES: &str = "variables";

/// How the variables end by which providers are set up.
const OF_PROVIDERS: [&str; 8] = [
    "_CLIENT_ID",
    "_CLIENT_SECRET",
    "_ISSUER",
    "_LABEL",
    "_SCOPES",
    "_AUTHORIZE_URL",
    "_TOKEN_URL",
    "_USER_URL",
];

/// Others by which providers are set up; names that end so are other programs' too.
const BESIDES: [&str; 4] =
    ["OPENID_PROVIDERS", "APPLE_TEAM_ID", "APPLE_KEY_ID", "APPLE_PRIVATE_KEY"];

/// What a password may be long, in characters; `auth` asks the same of every user.
const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 8..=128;

/// Says for many programs what they run as; which of its words they know is their own affair.
const NODE_ENV: &str = "NODE_ENV";

const PRODUCTION: &str = "production";

/// What a server runs as.
const ENVIRONMENTS: [&str; 4] = [PRODUCTION, "staging", "development", "test"];

/// What was given by key, each with its source. Later layers win.
#[derive(Default)]
pub(super) struct Layers {
    keys: BTreeMap<&'static str, (String, String)>,
    variables: BTreeMap<String, String>,
}

impl Layers {
    pub(super) fn file(&mut self, data_dir: &Path, file: Option<&Path>) -> Result<()> {
        let path = file.map_or_else(|| data_dir.join("plinth.toml"), Path::to_path_buf);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound && file.is_none() => {
                return Ok(());
            }
            Err(fault) => {
                return Err(Error::new(
                    Code::ConfigInvalid,
                    format!("cannot read {}: {fault}", path.display()),
                ));
            }
        };
        let table: toml::Table = text.parse().map_err(|fault: toml::de::Error| {
            Error::new(
                Code::ConfigInvalid,
                format!("{} is not TOML: {}", path.display(), fault.message()),
            )
            .at(format!("line {}", line_of(&text, fault.span().unwrap_or_default().start)))
        })?;
        for (name, value) in table {
            if name == VARIABLES {
                self.variables_of(value).map_err(|fault| fault.at(path.display().to_string()))?;
                continue;
            }
            let Some(key) = KEYS.iter().find(|key| key.name == name) else {
                let error = Error::new(
                    Code::ConfigInvalid,
                    format!("{}: there is no key `{name}`", path.display()),
                );
                let near = base::nearest(&name, KEYS.iter().map(|key| key.name));
                return Err(match near {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint("`plinth config` lists every key"),
                });
            };
            let text = text_of(key, value)
                .map_err(|kind| wrong(key.name, kind).at(path.display().to_string()))?;
            self.keys.insert(key.name, (text, format!("{}", path.display())));
        }
        Ok(())
    }

    pub(super) fn read(self, mut config: Config) -> Result<Config> {
        if let Some(host) = self.text("host")? {
            if host != "localhost" && host.parse::<IpAddr>().is_err() {
                return Err(self.wrong("host", &host));
            }
            config.host = host;
        }
        self.number("port", 0, 65_535, |n| config.port = u16::try_from(n).unwrap_or_default())?;
        if let Some(url) = self.text("database_url")? {
            if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
                // The URL may hold a password, so it is not repeated.
                return Err(self.wrong("database_url", "not a Postgres address"));
            }
            config.database_url = Some(url);
        }
        self.switch("beside_existing", |on| config.beside_existing = on)?;
        config.database_schema = self.text("database_schema")?.or(config.database_schema);
        self.number("database_connections", 1, 200, |n| {
            config.database_connections = u32::try_from(n).unwrap_or(8)
        })?;
        match self.get("synchronous") {
            None => {}
            Some("full") => config.synchronous = Synchronous::Full,
            Some("normal") => config.synchronous = Synchronous::Normal,
            Some(other) => return Err(self.wrong("synchronous", other)),
        }
        config.project = self.text("project")?.unwrap_or(config.project);
        config.secret_key = self.text("secret_key")?.or(config.secret_key);
        self.number("access_token_expires_in", 120, 31_536_000, |n| {
            config.access_token_seconds = n
        })?;
        self.number("session_expires_in", 300, 31_536_000, |n| config.session_seconds = n)?;
        self.switch("public_registration", |on| config.public_registration = on)?;
        config.default_role = self.text("default_role")?.unwrap_or(config.default_role);
        self.list("allowed_roles", |_| true, |list| config.allowed_roles = list)?;
        self.switch("require_email_verification", |on| {
            config.require_email_verification = on;
        })?;
        self.list("app_urls", is_page, |list| config.app_urls = list)?;
        if let Some(url) = self.text("base_url")? {
            if !is_page(&url) || !url.starts_with("http") {
                return Err(self.wrong("base_url", &url));
            }
            config.base_url = Some(url);
        }
        self.list("auth_services", is_service, |list| {
            config.auth_services = Some(list).filter(|list| !list.is_empty());
        })?;
        config.admin_email = self.text("admin_email")?.or(config.admin_email);
        if let Some(password) = self.text("admin_password")? {
            let long = password.chars().count();
            if !PASSWORD_CHARS.contains(&long) {
                return Err(self.wrong("admin_password", &format!("{long} characters long")));
            }
            config.admin_password = Some(password);
        }
        self.list("origins", is_origin, |list| config.origins = list)?;
        self.list("hosts", is_host, |list| config.hosts = list)?;
        if let Some(text) = self.text("studio")? {
            let folder = PathBuf::from(&text);
            if !folder.join("index.html").is_file() {
                return Err(self.wrong("studio", &text));
            }
            config.studio_dir = Some(folder);
        }
        self.switch("schemas_public", |on| config.schemas_public = on)?;
        self.switch("strict_write", |on| config.strict_write = on)?;
        match self.get("compat") {
            None | Some("none") => {}
            Some("baasix") => config.compat = true,
            Some(other) => return Err(self.wrong("compat", other)),
        }
        config.production = match self.get("environment") {
            None => false,
            Some(word) if ENVIRONMENTS.contains(&word) => word == PRODUCTION,
            // A slip of the pen would leave production without its checks.
            Some(other) => return Err(self.wrong("environment", other)),
        };
        self.cookies(&mut config)?;
        self.switch("multi_tenant", |on| config.multi_tenant = on)?;
        self.list("tenant_ignored", |_| true, |list| config.tenant_ignored = list)?;
        self.number("page_size_max", 1, 1_000_000, |n| config.limits.page_size_max = n)?;
        self.number("history_days", 1, 36_500, |n| {
            config.limits.history_days = u32::try_from(n).unwrap_or(90);
        })?;
        self.number("statement_ms_max", 100, 3_600_000, |n| config.limits.statement_ms_max = n)?;
        self.number("rate_limit", 0, 1_000_000, |n| {
            config.rate_limit = u32::try_from(n).unwrap_or(1_000);
        })?;
        self.number("rate_limit_interval", 100, 3_600_000, |n| {
            config.rate_interval_ms = i64::try_from(n).unwrap_or(5_000);
        })?;
        self.number("trusted_proxies", 0, 10, |n| {
            config.trusted_proxies = usize::try_from(n).unwrap_or_default();
        })?;
        self.number("kept_answers_max", 0, 1_000, |n| {
            config.limits.kept_answers_max = usize::try_from(n).unwrap_or_default();
        })?;
        config.variables = self.variables;
        Ok(config)
    }

    /// The environment; a variable that is empty says nothing.
    pub(super) fn environment(&mut self) -> Result<()> {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place that reads the environment"
        )]
        self.said_by(|name| std::env::var_os(name))?;
        self.variables_among(std::env::vars_os());
        Ok(())
    }

    /// The same of any environment: the first variable of a key that says something counts.
    pub(super) fn said_by(&mut self, variable: impl Fn(&str) -> Option<OsString>) -> Result<()> {
        for key in KEYS {
            let mut said: Option<String> = None;
            for name in key.env {
                let Some(value) = variable(name) else { continue };
                let source = format!("environment variable {name}");
                let foreign = *name == NODE_ENV;
                let value = match value.into_string() {
                    Ok(value) => value,
                    Err(_) if foreign => continue,
                    Err(_) => return Err(wrong(key.name, "text that is no UTF-8").at(source)),
                };
                let word = value.trim();
                if word.is_empty() || (foreign && !ENVIRONMENTS.contains(&word)) {
                    continue;
                }
                // Either variable makes it production; a word that is none is refused first.
                let counts = match said.as_deref() {
                    None => true,
                    Some(said) => {
                        foreign && word == PRODUCTION && ENVIRONMENTS.contains(&said.trim())
                    }
                };
                if counts {
                    self.keys.insert(key.name, (value.clone(), source));
                    said = Some(value);
                }
            }
        }
        Ok(())
    }

    /// The variables that set providers up, wherever they stand.
    pub(super) fn variables_among(&mut self, all: impl Iterator<Item = (OsString, OsString)>) {
        for (name, value) in all {
            let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) else { continue };
            let of_provider = OF_PROVIDERS.iter().any(|end| name.ends_with(end));
            let counts = of_provider || BESIDES.contains(&name.as_str());
            if counts && !value.trim().is_empty() {
                self.variables.insert(name, value);
            }
        }
    }

    /// The table of variables in the file.
    fn variables_of(&mut self, value: toml::Value) -> Result<()> {
        let allowed = "a table of texts, each by its name in the environment";
        let none = |what: &str| super::refused(VARIABLES, what, allowed);
        let toml::Value::Table(table) = value else { return Err(none("no table")) };
        for (name, value) in table {
            // What it was given as may be a secret.
            let toml::Value::String(text) = value else { return Err(none(&name)) };
            self.variables.insert(name, text);
        }
        Ok(())
    }

    /// After `environment`, which says what is meant where nothing is said.
    fn cookies(&self, config: &mut Config) -> Result<()> {
        let cookies = &mut config.cookies;
        cookies.secure = config.production;
        cookies.same_site = if config.production { SameSite::Strict } else { SameSite::Lax };
        self.switch("cookie_secure", |on| cookies.secure = on)?;
        self.switch("cookie_http_only", |on| cookies.http_only = on)?;
        match self.get("cookie_same_site").map(str::to_ascii_lowercase).as_deref() {
            None => {}
            Some("strict") => cookies.same_site = SameSite::Strict,
            Some("lax") => cookies.same_site = SameSite::Lax,
            // A browser drops such a cookie without a word.
            Some("none") if cookies.secure => cookies.same_site = SameSite::None,
            Some(other) => return Err(self.wrong("cookie_same_site", other)),
        }
        if let Some(domain) = self.text("cookie_domain")? {
            if !is_host(domain.trim_start_matches('.')) {
                return Err(self.wrong("cookie_domain", &domain));
            }
            cookies.domain = Some(domain);
        }
        if let Some(path) = self.text("cookie_path")? {
            let sound = |sign: char| sign.is_ascii_graphic() && !matches!(sign, ';' | ',');
            if !path.starts_with('/') || !path.chars().all(sound) {
                return Err(self.wrong("cookie_path", &path));
            }
            cookies.path = path;
        }
        Ok(())
    }

    pub(super) fn flags(&mut self, flags: &[(&'static str, String)]) {
        for (name, value) in flags {
            self.keys.insert(name, (value.clone(), format!("flag --{}", name.replace('_', "-"))));
        }
    }

    fn get(&self, name: &'static str) -> Option<&str> {
        self.keys.get(name).map(|(value, _)| value.trim())
    }

    /// A text; an empty one is none, least of all a key that signs tokens.
    fn text(&self, name: &'static str) -> Result<Option<String>> {
        match self.get(name) {
            Some("") => Err(self.wrong(name, "")),
            given => Ok(given.map(str::to_owned)),
        }
    }

    fn list(
        &self,
        name: &'static str,
        takes: fn(&str) -> bool,
        put: impl FnOnce(Vec<String>),
    ) -> Result<()> {
        let Some(text) = self.get(name) else { return Ok(()) };
        let words = || text.split(',').map(str::trim).filter(|word| !word.is_empty());
        if let Some(word) = words().find(|word| !takes(word)) {
            return Err(self.wrong(name, word));
        }
        put(words().map(str::to_owned).collect());
        Ok(())
    }

    fn number(&self, name: &'static str, low: u64, high: u64, put: impl FnOnce(u64)) -> Result<()> {
        let Some(text) = self.get(name) else { return Ok(()) };
        match text.parse::<u64>() {
            Ok(n) if (low..=high).contains(&n) => {
                put(n);
                Ok(())
            }
            Ok(_) | Err(_) => Err(self.wrong(name, text)),
        }
    }

    fn switch(&self, name: &'static str, put: impl FnOnce(bool)) -> Result<()> {
        match self.get(name) {
            None => Ok(()),
            Some("true" | "1") => {
                put(true);
                Ok(())
            }
            Some("false" | "0") => {
                put(false);
                Ok(())
            }
            Some(other) => Err(self.wrong(name, other)),
        }
    }

    fn wrong(&self, name: &'static str, value: &str) -> Error {
        wrong(name, value).at(self.keys.get(name).map_or("the defaults", |(_, source)| source))
    }
}

/// A value of the file as the one text that every layer gives; what it is instead of one, otherwise.
fn text_of(key: &Key, value: toml::Value) -> Result<String, &'static str> {
    use toml::Value;
    let holds_words = LISTS.contains(&key.name);
    match value {
        Value::String(text) => Ok(text),
        Value::Array(items) if holds_words => {
            let words: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            words.map(|words| words.join(",")).ok_or("a list of other things than texts")
        }
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) if !holds_words => {
            Ok(value.to_string())
        }
        Value::Integer(_) | Value::Float(_) => Err("a number"),
        Value::Boolean(_) => Err("a truth value"),
        Value::Array(_) => Err("a list"),
        Value::Table(_) => Err("a table"),
        Value::Datetime(_) => Err("a date"),
    }
}

/// Lines count from one.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// As a browser sends it: a scheme and a host, perhaps a port, and no path.
fn is_origin(text: &str) -> bool {
    let text = text.strip_suffix('/').unwrap_or(text);
    text.split_once("://").is_some_and(|(scheme, host)| {
        let of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        let of_host = |byte: u8| byte.is_ascii_graphic() && !b"/?#@*\\".contains(&byte);
        !scheme.is_empty()
            && scheme.bytes().all(of_scheme)
            && !host.is_empty()
            && host.bytes().all(of_host)
    })
}

/// A whole address, which may have a path.
fn is_page(text: &str) -> bool {
    let end = text.find("://").map_or(0, |at| at + 3);
    let path = text[end..].find('/').map_or(text.len(), |at| end + at);
    let (origin, path) = text.split_at(path);
    is_origin(origin) && !path.bytes().any(|byte| byte.is_ascii_control() || b"?# ".contains(&byte))
}

/// The name of a way of signing in.
fn is_service(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// A name as it stands in `Host`, its port left off.
fn is_host(text: &str) -> bool {
    let of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    text.parse::<IpAddr>().is_ok() || text.bytes().all(of_name)
}
