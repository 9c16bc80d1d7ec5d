//! The roof: the desktop window around the studio, and the servers it runs in its own process.
//!
//! May import `embedded-server` and nothing below it. The webview holds no secret and reaches a
//! project only through its public routes; the commands here start and stop servers, pick files
//! and keep the list of projects. Nothing here knows a record.
//!
//! A panic while a request is answered stays in that server's task: this program unwinds.

mod command;
mod draft;
mod fault;
mod first;
mod gateway;
mod log_ring;
mod menu;
mod project;
mod question;
mod secret;
mod server;
mod studio;
mod tray;
mod window;

use std::process::ExitCode;
use std::sync::Arc;

use tauri::{AppHandle, Manager, RunEvent};

use crate::secret::Secrets;
use crate::studio::Studio;

/// Runs the desktop program until its window is closed.
#[must_use]
pub fn run() -> ExitCode {
    let context = tauri::generate_context!();
    if first::is_shown(&context.config().identifier) {
        return ExitCode::SUCCESS;
    }
    let built = tauri::Builder::default()
        // First, so that a second launch ends before it does anything.
        .plugin(tauri_plugin_single_instance::init(|app, _arguments, _folder| window::show(app)))
        .plugin(private_places())
        .plugin(log_plugin())
        .plugin(tauri_plugin_store::Builder::new().build())
        .plugin(window::state_plugin())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
        .plugin(tauri_plugin_notification::init())
        .invoke_handler(tauri::generate_handler![
            command::projects_list,
            command::project_suggest,
            command::project_new,
            command::project_open,
            command::project_start,
            command::project_opened,
            command::project_stop,
            command::project_rename,
            command::project_duplicate,
            command::project_remove,
            command::project_reveal,
            command::project_log_tail,
            command::project_session,
            command::connection_add,
            command::connection_edit,
            command::connection_test,
            command::postgres_test,
            command::file_save,
            command::secrets_state,
            command::secrets_unlock,
            command::layout_get,
            command::layout_set,
            draft::draft_read,
            draft::draft_write,
            draft::draft_remove,
            command::menu_open,
            command::menu_bar,
            command::notice,
            command::about,
            command::quit,
        ])
        .setup(|app| set_up(app.handle()))
        .build(context);
    let app = match built {
        Ok(app) => app,
        Err(error) => {
            eprintln!("Plinth could not open its window: {error}");
            return ExitCode::FAILURE;
        }
    };
    app.run(|app, event| {
        if let RunEvent::Exit = event {
            let studio = Arc::clone(&app.state::<Arc<Studio>>());
            tauri::async_runtime::block_on(async move { studio.servers.stop_all().await });
        }
    });
    ExitCode::SUCCESS
}

/// Makes the folders of the program, and the file of its log, for their owner alone. Before the
/// log's own plugin, which would make them for everybody.
fn private_places() -> tauri::plugin::TauriPlugin<tauri::Wry> {
    tauri::plugin::Builder::new("private-places")
        .setup(|app, _| {
            let logs = app.path().app_log_dir()?;
            for folder in [&app.path().app_data_dir()?, &logs] {
                embedded_server::owners_folder().create(folder)?;
            }
            let file = logs.join(format!("{}.log", app.package_info().name));
            embedded_server::owners_file().create(true).append(true).open(file)?;
            Ok(())
        })
        .build()
}

/// Our own words from `info` up, those of others from `warn` up: the session bus tells every
/// handshake.
fn log_plugin() -> tauri::plugin::TauriPlugin<tauri::Wry> {
    tauri_plugin_log::Builder::new()
        .level(log::LevelFilter::Warn)
        .level_for("plinth_studio", log::LevelFilter::Info)
        .build()
}

fn set_up(app: &AppHandle) -> Result<(), Box<dyn std::error::Error>> {
    let folder = app.path().app_data_dir()?;
    let secrets = Secrets::new(folder.join("secrets.sealed"));
    let studio = Studio::open(app, secrets).map_err(|fault| fault.message)?;
    app.manage(Arc::new(studio));
    end_on_signal(app);
    menu::listen(app);
    // First of what is seen: the page loads while the tray is made.
    window::build(app)?;
    if let Err(error) = tray::build(app) {
        log::warn!("no tray on this desktop: {error}");
    }
    Ok(())
}

/// A session that ends, or a terminal's Ctrl-C, closes the program as its window would.
#[cfg(unix)]
fn end_on_signal(app: &AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};

    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let signals = signal(SignalKind::terminate())
            .and_then(|end| Ok((end, signal(SignalKind::interrupt())?)));
        match signals {
            Ok((mut end, mut interrupt)) => {
                tokio::select! {
                    _ = end.recv() => {}
                    _ = interrupt.recv() => {}
                }
                app.exit(0);
            }
            Err(error) => log::warn!("signals are not heard: {error}"),
        }
    });
}

#[cfg(not(unix))]
fn end_on_signal(_app: &AppHandle) {}
