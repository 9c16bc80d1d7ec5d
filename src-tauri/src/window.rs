//! The one window. The studio draws its own title bar, so the system draws none.

use std::path::PathBuf;
use std::sync::{Arc, Once};

use tauri::plugin::TauriPlugin;
use tauri::webview::DownloadEvent;
use tauri::{
    AppHandle, CloseRequestApi, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    WindowEvent, Wry,
};
use tauri_plugin_dialog::DialogExt;
use tauri_plugin_notification::NotificationExt;
use tauri_plugin_window_state::StateFlags;

use crate::fault::{Fault, Outcome};
use crate::studio::Studio;
use crate::tray;

/// The studio's own origins: Linux and macOS, Windows.
pub(crate) const ORIGINS: [&str; 2] = ["tauri://localhost", "http://tauri.localhost"];

const LABEL: &str = "main";

pub(crate) fn build(app: &AppHandle) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title("Plinth")
        .inner_size(1280.0, 800.0)
        .min_inner_size(720.0, 480.0)
        .decorations(false)
        .on_download(|webview, event| downloaded(webview.app_handle(), event));
    let own = app.clone();
    window.build()?.on_window_event(move |event| {
        if let WindowEvent::CloseRequested { api, .. } = event {
            leave(&own, api);
        }
    });
    let own = app.clone();
    // Whoever presses a notification wants to see what it is about.
    if let Err(error) = app.notification().on_action(move |_| show(&own)) {
        log::warn!("a pressed notification leads nowhere: {error}");
    }
    Ok(())
}

/// The window comes back as it was left; that it was hidden is nothing to come back to.
pub(crate) fn state_plugin() -> TauriPlugin<Wry> {
    let kept = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    tauri_plugin_window_state::Builder::new().with_state_flags(kept).build()
}

pub(crate) fn main(app: &AppHandle) -> Option<WebviewWindow> {
    app.get_webview_window(LABEL)
}

/// Closed with nothing running, the program ends. With projects running it goes on in the tray, for
/// other programs may be speaking to them; where no tray would show that, it ends too, for nobody
/// could reach it any more.
fn leave(app: &AppHandle, closing: &CloseRequestApi) {
    let running = app.state::<Arc<Studio>>().running().len();
    if running == 0 {
        return;
    }
    closing.prevent_close();
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if !tray::is_seen(&app).await {
            return app.exit(0);
        }
        let Some(window) = main(&app) else { return };
        if let Err(error) = window.hide() {
            log::warn!("the window did not hide: {error}");
            return app.exit(0);
        }
        static TOLD: Once = Once::new();
        TOLD.call_once(|| {
            let what = if running == 1 { "1 project goes on" } else { "The projects go on" };
            tell(
                &app,
                "Plinth is in the tray",
                &format!("{what}. Its menu there opens the window or quits."),
            );
        });
    });
}

/// Brings the window to the front.
pub(crate) fn show(app: &AppHandle) {
    let Some(window) = main(app) else { return };
    let shown = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
    if let Err(error) = shown {
        log::warn!("the window was not brought to the front: {error}");
    }
}

/// Exports and reject files go to the folder of downloads, under the name the server gave them.
fn downloaded(app: &AppHandle, event: DownloadEvent<'_>) -> bool {
    match event {
        DownloadEvent::Requested { destination, .. } => {
            let Ok(folder) = app.path().download_dir() else { return false };
            let name = destination.file_name().map_or_else(|| "export".into(), ToOwned::to_owned);
            *destination = folder.join(name);
            std::fs::create_dir_all(&folder).is_ok()
        }
        DownloadEvent::Finished { path, success, .. } => {
            let place = path.map(|path| path.display().to_string()).unwrap_or_default();
            let title = if success { "Download finished" } else { "Download failed" };
            tell(app, title, &place);
            true
        }
        _ => true,
    }
}

/// The system's own dialog; none when the person changed their mind.
pub(crate) async fn ask_where_to_save(app: &AppHandle, name: &str) -> Outcome<Option<PathBuf>> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    let mut dialog = app.dialog().file().set_file_name(name);
    if let Some(window) = main(app) {
        dialog = dialog.set_parent(&window);
    }
    dialog.save_file(move |place| {
        // Whoever asked may be gone with its window.
        let _ = answer.send(place);
    });
    match answered.await.map_err(Fault::internal)? {
        Some(place) => place.into_path().map(Some).map_err(Fault::internal),
        None => Ok(None),
    }
}

/// What this program is, in the system's own dialog.
pub(crate) fn about(app: &AppHandle) {
    let mut dialog = app
        .dialog()
        .message(format!(
            "Version {}\nA backend you can see.\nMIT OR Apache-2.0",
            env!("CARGO_PKG_VERSION")
        ))
        .title("Plinth");
    if let Some(window) = main(app) {
        dialog = dialog.parent(&window);
    }
    dialog.show(|_| {});
}

/// A notification of the system; the studio says the same in its own words.
pub(crate) fn tell(app: &AppHandle, title: &str, body: &str) {
    if let Err(error) = app.notification().builder().title(title).body(body).show() {
        log::info!("no notification was shown: {error}");
    }
}

/// The same for news that the studio shows by itself: a person before the window needs no other.
pub(crate) fn tell_who_is_away(app: &AppHandle, title: &str, body: &str) {
    let looks = main(app).is_some_and(|window| {
        window.is_visible().unwrap_or(false) && window.is_focused().unwrap_or(false)
    });
    if !looks {
        tell(app, title, body);
    }
}
