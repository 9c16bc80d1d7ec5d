//! Builds every room. The only place that sees them all.

use crate::config::wrong;
use crate::post::House;
use crate::{Config, Running, beside};
use api::{App, Settings};
use auth::Auth;
use base::{Clock, Code, Error, Result};
use engine::{Engine, Imports, Options, Seal, Swept};
use notify::Mailer;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use store::{PostgresOptions, SqliteOptions, Store};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Connections that read from a SQLite file; two cores do not serve more at once.
const SQLITE_READERS: usize = 4;

/// Ports tried after a taken one.
const PORTS_TRIED: u16 = 50;

/// How long mails on their way are waited for when the server stops: less than a stop may take.
const MAILS_GRACE: std::time::Duration = std::time::Duration::from_secs(3);

/// How long mails that were asked for are still made when the server stops.
const ERRANDS_GRACE: std::time::Duration = std::time::Duration::from_secs(2);

/// How often old changes are removed.
const PRUNE_EVERY: std::time::Duration = std::time::Duration::from_secs(15 * 60);

/// How often history and trash are looked through for what is past its time, which is told in
/// days: an hour more or less is nothing, and a look at a large trash is not free.
const SWEEP_EVERY: std::time::Duration = std::time::Duration::from_secs(60 * 60);

pub(crate) async fn start(config: Config) -> Result<Running> {
    config.check()?;
    if config.database_url.is_none() {
        // Before anything is made: what is not agreed to leaves no trace.
        beside::agreed_in_sqlite(&config).await?;
    }
    // Before the folder is made: a port that is taken leaves no trace either.
    let listener = listen(&config).await?;
    let address = listener
        .local_addr()
        .map_err(|fault| Error::internal("ask the listener for its address").caused_by(fault))?;
    let store = open_store(&config).await?;
    let secret = secret(&config)?;
    let (clock, limits, seal) = (Clock::system(), config.limits.clone(), Seal::of(&secret)?);
    let engine = Engine::open(store, Options { clock, limits, seal }).await?;
    if config.public_registration && engine.state().role_named(&config.default_role).is_none() {
        let role = &config.default_role;
        tracing::warn!(role, "`default_role` is no role of this project, so nobody can register");
    }
    let mailer = Mailer::new(engine.clone(), config.production);
    let post = House { engine: engine.clone(), mailer: mailer.clone() };
    let auth = Auth::new(engine.clone(), identity(&config, secret), Arc::new(post))?;
    engine.set_hooks(vec![auth.hook(), Box::new(notify::template::TemplateHook)])?;
    let setup_path = first_owner(&config, &auth).await?;
    let imports = Imports::open(engine.clone(), config.data_dir.join("imports")).await?;
    let settings = http(&config, address);
    let shows_studio = settings.studio.is_some();
    let errands = auth.clone().run_errands();
    let ends_errands = auth.clone();
    let app = App::new(engine.clone(), auth, imports.clone(), mailer.clone(), settings);
    let service = api::router(app).into_make_service_with_connect_info::<SocketAddr>();

    let (stop, stopped) = oneshot::channel::<()>();
    let pruned = engine.clone();
    let serving = tokio::spawn(async move {
        let others = tokio::spawn(pruned.clone().follow_others());
        let sweep = tokio::spawn(sweep(pruned.clone()));
        let prune = tokio::spawn(prune(pruned));
        let watched = tokio::spawn(imports.watch());
        let mut mails = tokio::spawn(mailer.clone().run());
        let mut errands = tokio::spawn(errands);
        let ended = axum::serve(listener, service)
            .with_graceful_shutdown(async move {
                // A dropped handle stops the server too.
                drop(stopped.await);
            })
            .await;
        prune.abort();
        ends_errands.end_errands();
        if tokio::time::timeout(ERRANDS_GRACE, &mut errands).await.is_err() {
            errands.abort();
        }
        sweep.abort();
        watched.abort();
        // A mail that a server has taken and we have not noted would go out again.
        mailer.stop();
        if tokio::time::timeout(MAILS_GRACE, &mut mails).await.is_err() {
            mails.abort();
        }
        others.abort();
        if let Err(fault) = ended {
            tracing::error!(%fault, "the listener failed");
        }
    });
    Ok(Running {
        address,
        setup_path,
        shows_studio,
        stop: Some(stop),
        serving: Some(serving),
        engine,
    })
}

fn make_folder(folder: &Path) -> Result<()> {
    // What leads there may be somebody's home; only the folder itself is a project's.
    let above = folder.parent().map_or(Ok(()), std::fs::create_dir_all);
    above.and_then(|()| base::owners_folder().create(folder)).map_err(|fault| {
        Error::new(
            Code::ConfigInvalid,
            format!("cannot use the data folder {}: {fault}", folder.display()),
        )
        .hint("choose a folder that this user may write to, with `--data`")
    })
}

async fn listen(config: &Config) -> Result<TcpListener> {
    let last = if config.port_fallback && config.port != 0 {
        config.port.saturating_add(PORTS_TRIED)
    } else {
        config.port
    };
    let mut fault = None;
    for port in config.port..=last {
        match TcpListener::bind((config.host.as_str(), port)).await {
            Ok(listener) => return Ok(listener),
            Err(taken) => fault = Some(taken),
        }
    }
    let why = fault.map_or_else(String::new, |fault| fault.to_string());
    Err(Error::new(
        Code::ConfigInvalid,
        format!("cannot listen on {}:{}: {why}", config.host, config.port),
    )
    .hint("choose another port with `--port`, 0 for any free one, or an address of this machine with `--host`"))
}

async fn open_store(config: &Config) -> Result<Store> {
    match &config.database_url {
        Some(url) => {
            let store = Store::open_postgres(PostgresOptions {
                url: url.clone(),
                connections: config.database_connections,
                schema: config.database_schema.clone(),
                limits: config.limits.clone(),
            })
            .await
            .map_err(|fault| fault.at("database_url"))?;
            beside::agreed_in_postgres(&store, config).await?;
            if let Err(fault) = make_folder(&config.data_dir) {
                store.close().await;
                return Err(fault);
            }
            Ok(store)
        }
        None => {
            make_folder(&config.data_dir)?;
            Store::open_sqlite(SqliteOptions {
                path: config.sqlite_file(),
                synchronous: config.synchronous,
                readers: SQLITE_READERS,
                limits: config.limits.clone(),
            })
            .await
        }
    }
}

/// What tokens are signed with and what the seal of secrets is derived from.
fn secret(config: &Config) -> Result<Vec<u8>> {
    match &config.secret_key {
        Some(key) => Ok(key.as_bytes().to_vec()),
        None => kept_secret(&config.data_dir.join("secret.key")),
    }
}

fn identity(config: &Config, secret: Vec<u8>) -> auth::Settings {
    auth::Settings {
        secret,
        access_seconds: config.access_token_seconds,
        session_seconds: config.session_seconds,
        public_registration: config.public_registration,
        default_role: config.default_role.clone(),
        allowed_roles: config.allowed_roles.clone(),
        launch_token: config.launch_token.clone(),
        verified_only: config.require_email_verification,
        app_urls: config.app_urls.clone(),
        local_pages: !config.production,
        base_url: config.base_url.clone(),
        services: config.auth_services.clone(),
        variables: config.variables.clone(),
        tenants: config.multi_tenant.then(|| config.tenant_ignored.clone()),
    }
}

/// The project's own secret: made once, readable by its owner only.
fn kept_secret(path: &Path) -> Result<Vec<u8>> {
    let trouble = |fault: std::io::Error| {
        Error::new(
            Code::ConfigInvalid,
            format!("cannot keep the secret in {}: {fault}", path.display()),
        )
        .hint("give `SECRET_KEY`, or make the data folder writable")
    };
    match std::fs::read(path) {
        Ok(secret) if secret.len() >= 32 => return Ok(secret),
        Ok(_) => {}
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => {}
        Err(fault) => return Err(trouble(fault)),
    }
    let bytes = base::random_bytes::<48>()?;
    let mut options = base::owners_file();
    let mut file = options.create(true).truncate(true).open(path).map_err(trouble)?;
    std::io::Write::write_all(&mut file, &bytes).map_err(trouble)?;
    file.sync_all().map_err(trouble)?;
    Ok(bytes.to_vec())
}

/// Makes the first owner as told, or offers a one-time link (`spec/data.md` 21, row 30).
async fn first_owner(config: &Config, auth: &Auth) -> Result<Option<String>> {
    if auth.has_owner().await? {
        return Ok(None);
    }
    match (&config.admin_email, &config.admin_password) {
        (Some(email), Some(password)) => {
            auth.create_owner(email, password, "Admin").await.map_err(|fault| {
                match fault.code() {
                    // The password was measured when it was read.
                    Code::ValidationError => wrong("admin_email", email),
                    _ => fault,
                }
            })?;
            Ok(None)
        }
        // A project that was begun without an owner; a new one was refused before it was made.
        (Some(_), None) | (None, Some(_)) => config.check_owner().map(|()| None),
        (None, None) if config.silent_owner => {
            // Nobody knows this password; the desktop signs in with its launch token.
            let password = base::short_id()?;
            auth.create_owner("owner@plinth.local", &password, "Owner").await?;
            Ok(None)
        }
        (None, None) => Ok(Some(format!("/studio/#/setup?token={}", auth.offer_setup()?))),
    }
}

fn http(config: &Config, address: SocketAddr) -> Settings {
    Settings {
        project: config.project.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        origins: config.origins.clone(),
        hosts: config.hosts.clone(),
        production: config.production,
        loopback: address.ip().is_loopback(),
        studio: config.studio_dir.clone().filter(|folder| folder.join("index.html").is_file()),
        schemas_public: config.schemas_public,
        strict_write: config.strict_write,
        compat: config.compat,
        cookies: config.cookies.clone(),
        rate_limit: config.rate_limit,
        rate_interval_ms: config.rate_interval_ms,
        trusted_proxies: config.trusted_proxies,
    }
}

async fn prune(engine: Engine) {
    let mut every = tokio::time::interval(PRUNE_EVERY);
    loop {
        every.tick().await;
        if let Err(fault) = engine.prune_changes().await {
            tracing::warn!(%fault, "old changes were not removed");
        }
        if let Err(fault) = engine.sweep_schema_history().await {
            tracing::warn!(%fault, "what old changes of the schema took away was not removed");
        }
        if let Err(fault) = engine.warn_of_lag().await {
            tracing::warn!(%fault, "how far consumers of the feed lag is not known");
        }
    }
}

async fn sweep(engine: Engine) {
    let mut every = tokio::time::interval(SWEEP_EVERY);
    loop {
        every.tick().await;
        match engine.sweep().await {
            Ok(swept) if swept == Swept::default() => {}
            Ok(swept) => tracing::info!(
                revisions = swept.revisions,
                records = swept.records,
                sessions = swept.sessions,
                one_time = swept.one_time,
                "what was past its time is gone"
            ),
            Err(fault) => tracing::warn!(%fault, "what is past its time was not removed"),
        }
    }
}
