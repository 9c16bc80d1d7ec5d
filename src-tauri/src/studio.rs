//! The list of projects and what one can do with each; everything here is behind a command.

mod session;

pub(crate) use session::{ConnectionEdit, NewConnection, WebSession};

use std::collections::HashMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use embedded_server::Config;
use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Emitter, Manager, Wry};
use tauri_plugin_store::{Store, StoreExt};
use zeroize::Zeroizing;

use crate::fault::{Fault, Outcome};
use crate::gateway::Gateway;
use crate::project::{self, Entry, Environment, Guard, Kind, Meant, Project, StoreKind};
use crate::secret::Secrets;
use crate::server::{End, Servers, now};
use crate::{tray, window};

/// The first port a project asks for; further projects get the next ones.
const PORT_FIRST: u16 = 8056;
/// Names of somebody else's tables told in a question.
const TABLES_TOLD: usize = 6;
/// How the studio spells a project that begins empty.
const NO_TEMPLATE: &str = "nothing";
const LIST_FILE: &str = "projects.json";
const LIST_KEY: &str = "projects";
const LAYOUT_FILE: &str = "layout.json";
/// The webview lists again when it hears this.
const CHANGED: &str = "projects-changed";

pub(crate) struct Studio {
    app: AppHandle,
    list: Arc<Store<Wry>>,
    layout: Arc<Store<Wry>>,
    entries: Mutex<Vec<Entry>>,
    /// Ways to remote instances, open since they were first wanted.
    gateways: tokio::sync::Mutex<HashMap<String, Gateway>>,
    keeping: Mutex<()>,
    pub servers: Servers,
    pub secrets: Secrets,
}

/// What *New project* asks for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewProject {
    name: String,
    store: StoreKind,
    place: Option<PathBuf>,
    database_url: Option<String>,
    template: Option<String>,
    /// The person agreed that our tables are made beside those of somebody else.
    #[serde(default)]
    beside_existing: bool,
    #[serde(default)]
    environment: Environment,
    #[serde(default)]
    guard: Guard,
}

/// Where a new project would lie and answer.
#[derive(Serialize)]
pub(crate) struct Suggestion {
    folder: PathBuf,
    port: u16,
    url: String,
}

impl Studio {
    pub(crate) fn open(app: &AppHandle, secrets: Secrets) -> Outcome<Self> {
        let list = app.store(LIST_FILE).map_err(Fault::internal)?;
        let layout = app.store(LAYOUT_FILE).map_err(Fault::internal)?;
        let entries = match list.get(LIST_KEY) {
            Some(kept) => serde_json::from_value(kept).map_err(|error| {
                Fault::new(
                    "LIST_UNREADABLE",
                    format!("the list of projects cannot be read: {error}"),
                )
            })?,
            None => Vec::new(),
        };
        let entries = Mutex::new(entries);
        Ok(Self {
            app: app.clone(),
            list,
            layout,
            entries,
            gateways: tokio::sync::Mutex::default(),
            keeping: Mutex::default(),
            servers: Servers::default(),
            secrets,
        })
    }

    /// Last opened first, then the newest.
    pub(crate) fn projects(&self) -> Vec<Project> {
        let mut entries = self.entries().clone();
        entries.reverse();
        entries.sort_by(|a, b| b.last_opened_at.cmp(&a.last_opened_at));
        entries.iter().map(|entry| self.shown(entry)).collect()
    }

    pub(crate) fn suggest(&self, name: &str) -> Outcome<Suggestion> {
        let folder = free_folder(&self.projects_folder()?, &project::folder_name(name));
        let port = self.next_port();
        Ok(Suggestion { folder, port, url: format!("http://127.0.0.1:{port}") })
    }

    pub(crate) fn create(&self, ask: NewProject) -> Outcome<Project> {
        let name = project::checked_name(&ask.name)?;
        let database = match (ask.store, &ask.database_url) {
            (StoreKind::Sqlite, _) => None,
            (StoreKind::Postgres, Some(url)) => Some(project::without_password(url)?),
            (StoreKind::Postgres, None) => {
                return Err(Fault::new(
                    "DATABASE_URL_MISSING",
                    "a project on Postgres needs its address",
                ));
            }
        };
        let folder = match ask.place {
            Some(folder) => folder,
            None => free_folder(&self.projects_folder()?, &project::folder_name(&name)),
        };
        must_be_free(&folder)?;
        project::make_folder(&folder).map_err(|error| Fault::file(&folder, &error))?;

        let (database_url, password) = database.unzip();
        let password = password.flatten();
        let entry = Entry {
            id: new_id(),
            name,
            kind: Kind::Local,
            store: ask.store,
            folder: Some(folder),
            database_file: None,
            beside_existing: ask.beside_existing,
            database_url,
            remote_url: None,
            has_secret: password.is_some(),
            kept_as: None,
            port: Some(self.next_port()),
            template: ask.template.filter(|template| template != NO_TEMPLATE),
            environment: ask.environment,
            guard: ask.guard,
            last_opened_at: None,
        };
        self.add(entry, password.as_deref())
    }

    /// Adds a project that lies on this machine already; one that is listed is answered as it is.
    /// Tables of somebody else in a SQLite file are met with `agreed` only.
    pub(crate) fn adopt(&self, path: &Path, agreed: bool) -> Outcome<Project> {
        let folder = match project::meant_by(path)? {
            Meant::File(file) => return self.adopt_file(&file, agreed),
            Meant::Folder(folder) => folder,
        };
        let known =
            self.entries().iter().find(|entry| entry.folder.as_deref() == Some(&folder)).cloned();
        if let Some(entry) = known {
            return Ok(self.shown(&entry));
        }
        let name = folder
            .file_name()
            .map_or_else(|| "project".to_owned(), |name| name.to_string_lossy().into_owned());
        self.add(self.sqlite_entry(name, folder), None)
    }

    fn adopt_file(&self, path: &Path, agreed: bool) -> Outcome<Project> {
        let (file, folder) = project::folder_beside(path)?;
        let known = self
            .entries()
            .iter()
            .find(|entry| entry.database_file.as_deref() == Some(&file))
            .cloned();
        if let Some(entry) = known {
            return Ok(self.shown(&entry));
        }
        let theirs = embedded_server::tables_of_somebody_else(&file).map_err(Fault::of_server)?;
        if let Some(tables) = theirs.filter(|_| !agreed) {
            let told: Vec<&str> = tables.iter().take(TABLES_TOLD).map(String::as_str).collect();
            let more = if tables.len() > TABLES_TOLD { ", \u{2026}" } else { "" };
            return Err(Fault::new(
                "TABLES_OF_ITS_OWN",
                format!(
                    "{} holds {} tables of its own: {}{more}",
                    file.display(),
                    tables.len(),
                    told.join(", ")
                ),
            ));
        }
        let name = file
            .file_stem()
            .map_or_else(|| "project".to_owned(), |name| name.to_string_lossy().into_owned());
        let mut entry = self.sqlite_entry(name, folder);
        entry.database_file = Some(file);
        entry.beside_existing = agreed;
        self.add(entry, None)
    }

    /// With what a project is started; asks the keeper of secrets, so it may wait.
    pub(crate) fn config_of(
        &self,
        id: &str,
        password: Option<Zeroizing<String>>,
    ) -> Outcome<Config> {
        self.config(&self.entry(id)?, password)
    }

    /// Keeps a secret of a project, in whatever place there is now and under a name that tells its
    /// person what it is; one under an earlier name goes.
    pub(crate) fn keep(&self, id: &str, secret: &str) -> Outcome {
        let _alone = self.keeping();
        self.put(id, secret)
    }

    /// Forgets the secret of a project.
    pub(crate) fn forget(&self, id: &str) -> Outcome {
        let _alone = self.keeping();
        let entry = self.entry(id)?;
        if !entry.has_secret {
            return Ok(());
        }
        self.secrets.remove(&entry.secret_name())?;
        self.edit(id, |entry| entry.has_secret = false).map(|_| ())
    }

    /// The kept secret of a project, if any. One that is kept under an earlier name moves.
    fn secret_of(&self, id: &str) -> Outcome<Option<Zeroizing<String>>> {
        let _alone = self.keeping();
        let entry = self.entry(id)?;
        let secret = self.secrets.get(&entry.secret_name())?;
        if let Some(secret) = &secret
            && entry.secret_name() != entry.readable_name()
            && let Err(fault) = self.put(id, secret)
        {
            log::warn!("a secret is kept under its earlier name: {fault}");
        }
        Ok(secret)
    }

    fn put(&self, id: &str, secret: &str) -> Outcome {
        let entry = self.entry(id)?;
        let (was, name) = (entry.secret_name(), entry.readable_name());
        self.secrets.set(&name, secret)?;
        if !entry.has_secret || was != name {
            let kept = self.edit(id, |entry| {
                entry.has_secret = true;
                entry.kept_as = Some(name.clone());
            });
            if let Err(fault) = kept {
                // Of a project that was removed meanwhile nothing stays.
                self.secrets.remove(&name)?;
                return Err(fault);
            }
        }
        if was != name { self.secrets.remove(&was) } else { Ok(()) }
    }

    /// One at a time: a secret that is moved must not come after one that was renewed meanwhile.
    fn keeping(&self) -> MutexGuard<'_, ()> {
        self.keeping.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn start(&self, id: &str, config: Config) -> Outcome<Project> {
        let name = self.entry(id)?.name;
        let app = self.app.clone();
        let on_end = move |how: End| {
            changed(&app);
            if how == End::ByItself {
                window::tell_who_is_away(
                    &app,
                    &format!("{name} stopped"),
                    "Its server ended by itself; its log says more.",
                );
            }
        };
        let started = self.servers.begin(id, config, on_end)?;
        changed(&self.app);
        let outcome = started.listening().await;
        changed(&self.app);
        outcome?;
        self.opened(id)
    }

    pub(crate) async fn stop(&self, id: &str) -> Outcome<Project> {
        let entry = self.entry(id)?;
        self.servers.stop(id).await?;
        changed(&self.app);
        Ok(self.shown(&entry))
    }

    pub(crate) fn rename(&self, id: &str, name: &str) -> Outcome<Project> {
        let name = project::checked_name(name)?;
        let renamed = self.edit(id, |entry| entry.name = name)?;
        self.called_anew(id)?;
        Ok(renamed)
    }

    /// The way to a project and its secret follow its name and its guard.
    fn called_anew(&self, id: &str) -> Outcome {
        let entry = self.entry(id)?;
        if let Some(gateway) = self.gateways.blocking_lock().get(id) {
            gateway.rule(&entry.name, entry.guard);
        }
        if entry.has_secret
            && let Err(fault) = self.secret_of(id)
        {
            log::info!("a secret is kept under its earlier name: {fault}");
        }
        Ok(())
    }

    /// Copies a stopped SQLite project, files and all.
    pub(crate) fn duplicate(&self, id: &str) -> Outcome<Project> {
        let entry = self.entry(id)?;
        let own = entry.folder.as_ref().filter(|_| entry.database_file.is_none());
        let (StoreKind::Sqlite, Some(folder)) = (entry.store, own) else {
            return Err(Fault::new(
                "NOT_DUPLICABLE",
                "only a project whose data lies in its own folder can be copied",
            )
            .hint("copy the database with its own tools, then make a project on the copy"));
        };
        self.must_be_stopped(id, "copied")?;
        let name = project::checked_name(&format!("{} copy", entry.name))?;
        let beside = folder
            .parent()
            .map_or_else(|| self.projects_folder(), |parent| Ok(parent.to_path_buf()))?;
        let copy = free_folder(&beside, &project::folder_name(&name));
        project::copy_folder(folder, &copy)?;
        let mut copied = self.sqlite_entry(name, copy);
        copied.template = entry.template;
        copied.environment = entry.environment;
        copied.guard = entry.guard;
        self.add(copied, None)
    }

    /// Forgets a project, its secret and the way to it; its files are removed only on request.
    pub(crate) fn remove(&self, id: &str, delete_files: bool) -> Outcome {
        let entry = self.entry(id)?;
        self.must_be_stopped(id, "removed")?;
        if delete_files && let Some(file) = &entry.database_file {
            return Err(project::not_ours(file));
        }
        if delete_files && let Some(folder) = &entry.folder {
            let own = project::own_folder(folder)?;
            std::fs::remove_dir_all(&own).map_err(|error| Fault::file(&own, &error))?;
        }
        self.gateways.blocking_lock().remove(id);
        // What is renewed over the way that was open finds no project, and is not kept.
        let _alone = self.keeping();
        let entry = self.entry(id)?;
        if entry.has_secret {
            self.secrets.remove(&entry.secret_name())?;
        }
        self.entries().retain(|kept| kept.id != id);
        self.save()
    }

    pub(crate) fn folder(&self, id: &str) -> Outcome<PathBuf> {
        self.entry(id)?
            .folder
            .ok_or_else(|| Fault::new("NO_FOLDER", "a remote project has no folder here"))
    }

    pub(crate) fn log_tail(&self, id: &str, lines: usize) -> Outcome<Vec<String>> {
        self.entry(id)?;
        Ok(self.servers.log_tail(id, lines))
    }

    /// Lists a project and keeps its secret.
    pub(crate) fn add(&self, mut entry: Entry, secret: Option<&str>) -> Outcome<Project> {
        if let Some(secret) = secret {
            let name = entry.readable_name();
            self.secrets.set(&name, secret)?;
            entry.kept_as = Some(name);
        }
        self.entries().push(entry.clone());
        self.save()?;
        Ok(self.shown(&entry))
    }

    pub(crate) fn layout(&self, key: &str) -> Option<serde_json::Value> {
        self.layout.get(key)
    }

    pub(crate) fn set_layout(&self, key: String, value: serde_json::Value) -> Outcome {
        self.layout.set(key, value);
        self.layout.save().map_err(Fault::internal)
    }

    /// What runs, one line each, for the tray.
    pub(crate) fn running(&self) -> Vec<String> {
        let running = self.servers.running();
        let entries = self.entries();
        let lines = running.iter().filter_map(|(id, address)| {
            let entry = entries.iter().find(|entry| entry.id == *id)?;
            Some(format!("{} on port {}", entry.name, address.port()))
        });
        lines.collect()
    }

    pub(crate) async fn stop_all(&self) {
        self.servers.stop_all().await;
        changed(&self.app);
    }

    fn config(&self, entry: &Entry, given: Option<Zeroizing<String>>) -> Outcome<Config> {
        let folder = entry.folder.clone().ok_or_else(|| {
            Fault::new("NOT_LOCAL", "a remote project runs elsewhere; it cannot be started here")
        })?;
        let database_url = match &entry.database_url {
            Some(url) if entry.has_secret => Some(self.with_secret(entry, url, given)?),
            other => other.clone(),
        };
        let mut config = project::config_in(&folder, entry.database_file.as_deref())?;
        config.beside_existing |= entry.beside_existing;
        config.project = entry.name.clone();
        config.port = entry.port.unwrap_or(PORT_FIRST);
        config.port_fallback = true;
        config.database_url = database_url;
        config.silent_owner = true;
        config.origins.extend(window::ORIGINS.map(str::to_owned));
        Ok(config)
    }

    fn with_secret(
        &self,
        entry: &Entry,
        url: &str,
        given: Option<Zeroizing<String>>,
    ) -> Outcome<String> {
        let password = match given {
            Some(given) => given,
            None => self.secret_of(&entry.id)?.ok_or_else(|| {
                Fault::new(
                    "SECRET_NEEDED",
                    format!("the password of {} is not kept here", entry.place()),
                )
            })?,
        };
        project::with_password(url, &password)
    }

    fn shown(&self, entry: &Entry) -> Project {
        let server = self.servers.snapshot(&entry.id);
        let entry = entry.clone();
        let on_disk = entry.store == StoreKind::Sqlite;
        Project {
            place: entry.place(),
            size_bytes: entry.folder.as_deref().filter(|_| on_disk).map(|folder| {
                let file = entry.database_file.as_deref().and_then(|file| file.metadata().ok());
                project::size_bytes(folder) + file.map_or(0, |file| file.len())
            }),
            id: entry.id,
            name: entry.name,
            kind: entry.kind,
            store: entry.store,
            state: server.state,
            step: server.step,
            error: server.error.map(|fault| fault.to_string()),
            port: server.address.map(|address| address.port()).or(entry.port),
            url: server.address.map(|address| format!("http://{address}")).or(entry.remote_url),
            started_at: server.started_at.map(|at| at.to_string()),
            last_opened_at: entry.last_opened_at,
            template: entry.template,
            environment: entry.environment,
            guard: entry.guard,
        }
    }

    fn sqlite_entry(&self, name: String, folder: PathBuf) -> Entry {
        Entry {
            id: new_id(),
            name,
            kind: Kind::Local,
            store: StoreKind::Sqlite,
            folder: Some(folder),
            database_file: None,
            beside_existing: false,
            database_url: None,
            remote_url: None,
            has_secret: false,
            kept_as: None,
            port: Some(self.next_port()),
            template: None,
            environment: Environment::default(),
            guard: Guard::default(),
            last_opened_at: None,
        }
    }

    pub(crate) fn opened(&self, id: &str) -> Outcome<Project> {
        self.edit(id, |entry| entry.last_opened_at = Some(now().to_string()))
    }

    fn edit(&self, id: &str, change: impl FnOnce(&mut Entry)) -> Outcome<Project> {
        let edited = {
            let mut entries = self.entries();
            let entry = entries
                .iter_mut()
                .find(|entry| entry.id == id)
                .ok_or_else(|| Fault::unknown_project(id))?;
            change(entry);
            entry.clone()
        };
        self.save()?;
        Ok(self.shown(&edited))
    }

    fn entry(&self, id: &str) -> Outcome<Entry> {
        let found = self.entries().iter().find(|entry| entry.id == id).cloned();
        found.ok_or_else(|| Fault::unknown_project(id))
    }

    fn must_be_stopped(&self, id: &str, what: &str) -> Outcome {
        if self.servers.is_stopped(id) {
            return Ok(());
        }
        Err(Fault::new("STILL_RUNNING", format!("a running project cannot be {what}"))
            .hint("stop it first"))
    }

    /// The first port that no listed project asks for and that is free now.
    fn next_port(&self) -> u16 {
        let taken: Vec<u16> = self.entries().iter().filter_map(|entry| entry.port).collect();
        (PORT_FIRST..=u16::MAX)
            .find(|port| !taken.contains(port) && TcpListener::bind(("127.0.0.1", *port)).is_ok())
            .unwrap_or(PORT_FIRST)
    }

    fn projects_folder(&self) -> Outcome<PathBuf> {
        let home = self.app.path().home_dir().map_err(Fault::internal)?;
        Ok(home.join("Projects"))
    }

    fn save(&self) -> Outcome {
        let entries = serde_json::to_value(&*self.entries()).map_err(Fault::internal)?;
        self.list.set(LIST_KEY, entries);
        self.list.save().map_err(Fault::internal)?;
        changed(&self.app);
        Ok(())
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        // Entries are pushed, edited and removed whole.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the webview and the tray.
fn changed(app: &AppHandle) {
    if let Err(error) = app.emit(CHANGED, ()) {
        log::warn!("the studio was not told of a change: {error}");
    }
    tray::refresh(app);
}

fn new_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// `shop`, or `shop-2` when there is something of that name.
fn free_folder(beside: &Path, name: &str) -> PathBuf {
    let first = beside.join(name);
    let mut more = (2_u32..).map(|number| beside.join(format!("{name}-{number}")));
    if first.exists() { more.find(|folder| !folder.exists()).unwrap_or(first) } else { first }
}

/// A new project begins in a folder of its own.
fn must_be_free(folder: &Path) -> Outcome {
    let fault =
        |what: &str| Err(Fault::new("FOLDER_TAKEN", format!("`{}` {what}", folder.display())));
    match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Fault::file(folder, &error)),
        Ok(_) if folder.join(project::DATABASE_FILE).is_file() => {
            fault("holds a project already; open it instead")
        }
        Ok(mut entries) => match entries.next() {
            Some(_) => fault("is not empty"),
            None => Ok(()),
        },
    }
}
