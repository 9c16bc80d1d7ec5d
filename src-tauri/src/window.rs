//! The one window. The studio draws its own title bar, so the system draws none.

use std::path::PathBuf;

use tauri::webview::DownloadEvent;
use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindowBuilder};
use tauri_plugin_dialog::DialogExt;
use tauri_plugin_notification::NotificationExt;

use crate::fault::{Fault, Outcome};

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
    window.build()?;
    Ok(())
}

/// Brings the window to the front.
pub(crate) fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else { return };
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
    if let Some(window) = app.get_webview_window(LABEL) {
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

/// A notification of the system; the studio says the same in its own words.
pub(crate) fn tell(app: &AppHandle, title: &str, body: &str) {
    if let Err(error) = app.notification().builder().title(title).body(body).show() {
        log::info!("no notification was shown: {error}");
    }
}
