//! The tray: what runs, and the few things one wants without the window.

use std::sync::Arc;

use tauri::menu::{Menu, MenuBuilder, MenuItemBuilder};
use tauri::tray::TrayIconBuilder;
use tauri::{AppHandle, Manager, Wry, include_image};

use crate::studio::Studio;
use crate::window;

const ID: &str = "plinth";
const OPEN: &str = "open";
const STOP_ALL: &str = "stop-all";
const QUIT: &str = "quit";

/// Puts the icon up. A desktop without a tray is no failure.
pub(crate) fn build(app: &AppHandle) -> tauri::Result<()> {
    TrayIconBuilder::with_id(ID)
        .icon(include_image!("../icons/tray-stopped.png"))
        .tooltip("Plinth")
        .menu(&menu(app)?)
        .on_menu_event(|app, event| match event.id().as_ref() {
            OPEN => window::show(app),
            STOP_ALL => stop_all(app),
            QUIT => app.exit(0),
            _ => {}
        })
        .build(app)?;
    Ok(())
}

/// Whether a person can see the icon: somebody must be there to show it.
#[cfg(target_os = "linux")]
pub(crate) async fn is_seen(app: &AppHandle) -> bool {
    /// A session bus that is slower leaves us without an answer, as one that is not there.
    const WAIT: std::time::Duration = std::time::Duration::from_secs(2);
    if app.tray_by_id(ID).is_none() {
        return false;
    }
    match tokio::time::timeout(WAIT, host_is_registered()).await {
        Ok(Ok(registered)) => registered,
        Ok(Err(error)) => {
            log::info!("no panel shows the tray: {error}");
            false
        }
        Err(_) => false,
    }
}

#[cfg(target_os = "linux")]
async fn host_is_registered() -> zbus::Result<bool> {
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    let bus = zbus::Connection::session().await?;
    let watcher = zbus::Proxy::new(&bus, WATCHER, "/StatusNotifierWatcher", WATCHER).await?;
    watcher.get_property("IsStatusNotifierHostRegistered").await
}

/// Elsewhere the system has a place for it.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn is_seen(app: &AppHandle) -> bool {
    app.tray_by_id(ID).is_some()
}

/// Shows what runs now.
pub(crate) fn refresh(app: &AppHandle) {
    let own = app.clone();
    // Menus belong to the main thread.
    let queued = app.run_on_main_thread(move || {
        if let Err(error) = redraw(&own) {
            log::warn!("the tray was not refreshed: {error}");
        }
    });
    if let Err(error) = queued {
        log::warn!("the tray was not refreshed: {error}");
    }
}

fn redraw(app: &AppHandle) -> tauri::Result<()> {
    let Some(tray) = app.tray_by_id(ID) else { return Ok(()) };
    let icon = if running(app).is_empty() {
        include_image!("../icons/tray-stopped.png")
    } else {
        include_image!("../icons/tray-running.png")
    };
    tray.set_icon(Some(icon))?;
    tray.set_menu(Some(menu(app)?))
}

fn menu(app: &AppHandle) -> tauri::Result<Menu<Wry>> {
    let running = running(app);
    let mut menu = MenuBuilder::new(app).text(OPEN, "Open Plinth").separator();
    if running.is_empty() {
        menu = menu.item(&MenuItemBuilder::new("Nothing running").enabled(false).build(app)?);
    }
    for line in &running {
        menu = menu.item(&MenuItemBuilder::new(line).enabled(false).build(app)?);
    }
    if !running.is_empty() {
        menu = menu.text(STOP_ALL, "Stop all");
    }
    menu.separator().text(QUIT, "Quit").build()
}

fn running(app: &AppHandle) -> Vec<String> {
    app.try_state::<Arc<Studio>>().map(|studio| studio.running()).unwrap_or_default()
}

fn stop_all(app: &AppHandle) {
    let Some(studio) = app.try_state::<Arc<Studio>>() else { return };
    let studio = Arc::clone(&studio);
    tauri::async_runtime::spawn(async move { studio.stop_all().await });
}
