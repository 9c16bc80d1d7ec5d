//! The application's menu: the page says what stands in it, the system draws it, and what is chosen
//! goes back to the page as the id of a command. So a menu never names or does anything that the
//! studio's one registry of commands does not.
//!
//! Where the system has a bar for menus (macOS) it is kept filled; elsewhere the same menu opens
//! below the mark in the title bar (ADR 0008).

#[cfg(target_os = "linux")]
mod popup;
mod system;

use serde::Deserialize;
use tauri::{AppHandle, Emitter};

/// The page runs the command whose id comes with this.
const CHOSEN: &str = "menu-chosen";

/// A line of a menu, in the order in which it stands.
#[derive(Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Line {
    Separator,
    Command(Entry),
    Submenu { label: String, lines: Vec<Line> },
}

/// A command of the page's registry.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    id: String,
    label: String,
    /// As the registry writes them: `Mod+Shift+P`.
    keys: Option<String>,
    enabled: bool,
    /// Of a choice: whether it is the one that holds.
    on: Option<bool>,
}

/// A menu to be opened now.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Ask {
    lines: Vec<Line>,
    /// Where its upper left corner goes, in the page's own pixels.
    x: f64,
    y: f64,
    /// Opened by a key: the first line has the focus.
    by_key: bool,
    look: Look,
}

/// The studio's own colours, so that the menu is light or dark as the window is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "other systems colour menus"))]
pub(crate) struct Look {
    paper: String,
    edge: String,
    ink: String,
    quiet: String,
    faint: String,
    current: String,
}

/// Opens a menu in the window. Must be called on the main thread.
pub(crate) fn open(app: &AppHandle, ask: &Ask) -> tauri::Result<()> {
    #[cfg(target_os = "linux")]
    return popup::open(app, ask);
    #[cfg(not(target_os = "linux"))]
    system::open(app, ask)
}

/// Fills the system's bar of menus.
pub(crate) fn fill_bar(app: &AppHandle, lines: &[Line]) -> tauri::Result<()> {
    if system::HAS_BAR { system::fill_bar(app, lines) } else { Ok(()) }
}

/// Menus that the system owns tell what was chosen here.
pub(crate) fn listen(app: &AppHandle) {
    app.on_menu_event(|app, event| {
        if let Some(id) = system::command_of(event.id().as_ref()) {
            chosen(app, id);
        }
    });
}

fn chosen(app: &AppHandle, id: &str) {
    if let Err(error) = app.emit(CHOSEN, id) {
        log::warn!("the studio was not told what was chosen: {error}");
    }
}
