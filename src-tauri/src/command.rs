//! What the webview may ask. Each command extracts, makes one call and answers; what waits for a
//! disk, a keychain or a database runs off the main thread.

use std::path::PathBuf;
use std::sync::Arc;

use embedded_server::{Contents, Probe};
use serde::Serialize;
use serde_json::Value;
use tauri::ipc::{InvokeBody, Request};
use tauri::{AppHandle, State};
use tauri_plugin_opener::OpenerExt;
use zeroize::Zeroizing;

use crate::fault::{Fault, Outcome};
use crate::gateway::Report;
use crate::menu::{self, Ask, Line};
use crate::project::{self, Project};
use crate::secret::Keeping;
use crate::studio::{ConnectionEdit, NewConnection, NewProject, Studio, Suggestion, WebSession};
use crate::window;

type Shared<'a> = State<'a, Arc<Studio>>;

/// Lines of a log when the studio does not say how many.
const LOG_LINES: usize = 200;

async fn waiting<T: Send + 'static>(
    studio: &Shared<'_>,
    work: impl FnOnce(&Studio) -> Outcome<T> + Send + 'static,
) -> Outcome<T> {
    let studio = Arc::clone(studio);
    let done = tauri::async_runtime::spawn_blocking(move || work(&studio)).await;
    done.map_err(Fault::internal)?
}

#[tauri::command]
pub(crate) async fn projects_list(studio: Shared<'_>) -> Outcome<Vec<Project>> {
    waiting(&studio, |studio| Ok(studio.projects())).await
}

#[tauri::command]
pub(crate) async fn project_suggest(studio: Shared<'_>, name: String) -> Outcome<Suggestion> {
    waiting(&studio, move |studio| studio.suggest(&name)).await
}

#[tauri::command]
pub(crate) async fn project_new(studio: Shared<'_>, project: NewProject) -> Outcome<Project> {
    waiting(&studio, move |studio| studio.create(project)).await
}

#[tauri::command]
pub(crate) async fn project_open(
    studio: Shared<'_>,
    path: PathBuf,
    beside_existing: Option<bool>,
) -> Outcome<Project> {
    let agreed = beside_existing.unwrap_or(false);
    waiting(&studio, move |studio| studio.adopt(&path, agreed)).await
}

#[tauri::command]
pub(crate) async fn project_start(
    studio: Shared<'_>,
    id: String,
    password: Option<String>,
) -> Outcome<Project> {
    let password = password.map(Zeroizing::new);
    let (given, project) = (password.clone(), id.clone());
    let config = waiting(&studio, move |studio| studio.config_of(&project, given)).await?;
    let started = studio.start(&id, config).await?;
    if let Some(password) = password {
        // It opened the database, so it is worth keeping: nobody is asked twice.
        waiting(&studio, move |studio| studio.keep(&id, &password)).await?;
    }
    Ok(started)
}

/// The person has come into the project. Asking how to reach one is no opening: Home asks all of them.
#[tauri::command]
pub(crate) async fn project_opened(studio: Shared<'_>, id: String) -> Outcome<Project> {
    waiting(&studio, move |studio| studio.opened(&id)).await
}

#[tauri::command]
pub(crate) async fn project_stop(studio: Shared<'_>, id: String) -> Outcome<Project> {
    studio.stop(&id).await
}

#[tauri::command]
pub(crate) async fn project_rename(
    studio: Shared<'_>,
    id: String,
    name: String,
) -> Outcome<Project> {
    waiting(&studio, move |studio| studio.rename(&id, &name)).await
}

#[tauri::command]
pub(crate) async fn project_duplicate(studio: Shared<'_>, id: String) -> Outcome<Project> {
    waiting(&studio, move |studio| studio.duplicate(&id)).await
}

#[tauri::command]
pub(crate) async fn project_remove(
    studio: Shared<'_>,
    id: String,
    delete_files: Option<bool>,
) -> Outcome {
    waiting(&studio, move |studio| studio.remove(&id, delete_files.unwrap_or(false))).await
}

#[tauri::command]
pub(crate) async fn project_reveal(app: AppHandle, studio: Shared<'_>, id: String) -> Outcome {
    let folder = studio.folder(&id)?;
    app.opener().reveal_item_in_dir(&folder).map_err(|error| {
        log::info!("`{}` was not shown: {error}", folder.display());
        let unseen = format!("no file manager of this desktop shows `{}`", folder.display());
        Fault::new("NO_FILE_MANAGER", unseen).hint("open the folder by its path")
    })
}

#[tauri::command]
pub(crate) async fn project_log_tail(
    studio: Shared<'_>,
    id: String,
    lines: Option<usize>,
) -> Outcome<Vec<String>> {
    studio.log_tail(&id, lines.unwrap_or(LOG_LINES))
}

#[tauri::command]
pub(crate) async fn project_session(studio: Shared<'_>, id: String) -> Outcome<WebSession> {
    let project = id.clone();
    let credential = waiting(&studio, move |studio| studio.credential(&project)).await?;
    studio.session(&id, credential).await
}

#[tauri::command]
pub(crate) async fn connection_add(
    studio: Shared<'_>,
    connection: NewConnection,
) -> Outcome<Project> {
    let (entry, token) = Studio::try_connection(connection).await?;
    let keep = move |studio: &Studio| studio.add(entry, token.as_deref().map(String::as_str));
    waiting(&studio, keep).await
}

/// What answers at an address.
#[tauri::command]
pub(crate) async fn connection_test(url: String, token: Option<String>) -> Outcome<Report> {
    Studio::test_connection(&url, token.map(Zeroizing::new)).await
}

#[tauri::command]
pub(crate) async fn connection_edit(
    studio: Shared<'_>,
    id: String,
    connection: ConnectionEdit,
) -> Outcome<Project> {
    let was = studio.may_become(&id, &connection).await?;
    waiting(&studio, move |studio| studio.edit_connection(&id, connection, was)).await
}

/// What a database is like; one that cannot be used is an answer too.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PostgresReport {
    reachable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    can_create: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contents: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tables: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl PostgresReport {
    fn of(probe: Probe) -> Self {
        let contents = match probe.contents {
            Contents::Empty => "empty",
            Contents::Project => "project",
            Contents::Other => "other",
        };
        Self {
            reachable: true,
            version: Some(probe.version),
            can_create: Some(probe.can_create),
            contents: Some(contents),
            tables: Some(probe.tables),
            message: None,
        }
    }
}

#[tauri::command]
pub(crate) async fn postgres_test(url: String) -> Outcome<PostgresReport> {
    project::without_password(&url)?;
    Ok(match embedded_server::probe_postgres(url.trim()).await {
        Ok(probe) => PostgresReport::of(probe),
        Err(error) => {
            let message = Some(Fault::of_server(error).to_string());
            PostgresReport { message, ..PostgresReport::default() }
        }
    })
}

/// The name under which a file is proposed, percent-encoded, for headers hold ASCII only.
const FILE_NAME: &str = "file-name";

/// Asks where a file goes and writes it there. The page gives the bytes and never a place.
#[tauri::command]
pub(crate) async fn file_save(app: AppHandle, request: Request<'_>) -> Outcome<bool> {
    let InvokeBody::Raw(bytes) = request.body() else {
        return Err(Fault::internal("a file comes as bytes"));
    };
    let name = request.headers().get(FILE_NAME).and_then(|name| name.to_str().ok());
    let name = project::plain_file_name(name.unwrap_or_default());
    let Some(place) = window::ask_where_to_save(&app, &name).await? else { return Ok(false) };
    let bytes = bytes.clone();
    let written = tauri::async_runtime::spawn_blocking(move || {
        std::fs::write(&place, bytes)
            .map(|()| place.clone())
            .map_err(|error| Fault::file(&place, &error))
    });
    let place = written.await.map_err(Fault::internal)??;
    window::tell(&app, "File saved", &place.display().to_string());
    Ok(true)
}

#[tauri::command]
pub(crate) async fn secrets_state(studio: Shared<'_>) -> Outcome<Keeping> {
    waiting(&studio, |studio| Ok(studio.secrets.keeping())).await
}

#[tauri::command]
pub(crate) async fn secrets_unlock(studio: Shared<'_>, password: String) -> Outcome<Keeping> {
    let password = Zeroizing::new(password);
    waiting(&studio, move |studio| {
        studio.secrets.unlock(&password)?;
        Ok(studio.secrets.keeping())
    })
    .await
}

#[tauri::command]
pub(crate) async fn layout_get(studio: Shared<'_>, key: String) -> Outcome<Option<Value>> {
    Ok(studio.layout(&key))
}

#[tauri::command]
pub(crate) async fn layout_set(studio: Shared<'_>, key: String, value: Value) -> Outcome {
    waiting(&studio, move |studio| studio.set_layout(key, value)).await
}

#[tauri::command]
pub(crate) async fn menu_open(app: AppHandle, ask: Ask) -> Outcome {
    on_main_thread(&app, move |app| menu::open(app, &ask))
}

#[tauri::command]
pub(crate) async fn menu_bar(app: AppHandle, lines: Vec<Line>) -> Outcome {
    on_main_thread(&app, move |app| menu::fill_bar(app, &lines))
}

/// Menus belong to the main thread; what fails there is told in the log.
fn on_main_thread(
    app: &AppHandle,
    work: impl FnOnce(&AppHandle) -> tauri::Result<()> + Send + 'static,
) -> Outcome {
    let own = app.clone();
    let queued = app.run_on_main_thread(move || {
        if let Err(error) = work(&own) {
            log::warn!("no menu: {error}");
        }
    });
    queued.map_err(Fault::internal)
}

/// News of the studio for a person who looks elsewhere.
#[tauri::command]
pub(crate) async fn notice(app: AppHandle, title: String, body: String) {
    window::tell_who_is_away(&app, &title, &body);
}

#[tauri::command]
pub(crate) async fn about(app: AppHandle) {
    window::about(&app);
}

/// Ends the program, whatever runs.
#[tauri::command]
pub(crate) async fn quit(app: AppHandle) {
    app.exit(0);
}
