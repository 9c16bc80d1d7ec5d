//! The menu where the system draws it whole: the bar of macOS, and a popup on Windows.

use tauri::menu::{
    CheckMenuItemBuilder, IsMenuItem, Menu, MenuItemBuilder, PredefinedMenuItem, Submenu,
    SubmenuBuilder,
};
use tauri::{AppHandle, Wry};

use super::{Entry, Line};

/// Only there do menus stand outside of the window.
pub(super) const HAS_BAR: bool = cfg!(target_os = "macos");

/// Tells our entries from those of the tray.
const PREFIX: &str = "command:";

/// The command behind an entry, if it is one of ours.
pub(super) fn command_of(id: &str) -> Option<&str> {
    id.strip_prefix(PREFIX)
}

/// Below a place of the window. Must be called on the main thread.
#[cfg(not(target_os = "linux"))]
pub(super) fn open(app: &AppHandle, ask: &super::Ask) -> tauri::Result<()> {
    let Some(window) = crate::window::main(app) else { return Ok(()) };
    let menu = Menu::new(app)?;
    for line in &ask.lines {
        menu.append(&*item(app, line)?)?;
    }
    window.popup_menu_at(&menu, tauri::LogicalPosition::new(ask.x, ask.y))
}

/// The first menu of a bar is the program's own; the system's words for editing go with the second,
/// for there its keys hang on them.
pub(super) fn fill_bar(app: &AppHandle, lines: &[Line]) -> tauri::Result<()> {
    let menu = Menu::new(app)?;
    menu.append(
        &SubmenuBuilder::new(app, "Plinth")
            .about(None)
            .separator()
            .services()
            .separator()
            .hide()
            .hide_others()
            .show_all()
            .separator()
            .quit()
            .build()?,
    )?;
    for (at, line) in lines.iter().enumerate() {
        let item = item(app, line)?;
        if let (1, Some(edit)) = (at, (&*item as &dyn IsMenuItem<Wry>).kind().as_submenu()) {
            append_editing(app, edit)?;
        }
        menu.append(&*item)?;
    }
    app.set_menu(menu).map(|_| ())
}

fn append_editing(app: &AppHandle, edit: &Submenu<Wry>) -> tauri::Result<()> {
    edit.append_items(&[
        &PredefinedMenuItem::separator(app)?,
        &PredefinedMenuItem::cut(app, None)?,
        &PredefinedMenuItem::copy(app, None)?,
        &PredefinedMenuItem::paste(app, None)?,
        &PredefinedMenuItem::select_all(app, None)?,
    ])
}

fn item(app: &AppHandle, line: &Line) -> tauri::Result<Box<dyn IsMenuItem<Wry>>> {
    Ok(match line {
        Line::Separator => Box::new(PredefinedMenuItem::separator(app)?),
        Line::Submenu { label, lines } => {
            let menu = Submenu::new(app, label, true)?;
            for line in lines {
                menu.append(&*item(app, line)?)?;
            }
            Box::new(menu)
        }
        Line::Command(Entry { id, label, keys, enabled, on }) => {
            let id = format!("{PREFIX}{id}");
            let keys = keys.as_deref().and_then(accelerator);
            if let Some(on) = on {
                let item = CheckMenuItemBuilder::with_id(id, label).enabled(*enabled).checked(*on);
                return Ok(Box::new(keyed_check(item, keys).build(app)?));
            }
            let item = MenuItemBuilder::with_id(id, label).enabled(*enabled);
            let item = if let Some(keys) = keys { item.accelerator(keys) } else { item };
            Box::new(item.build(app)?)
        }
    })
}

fn keyed_check(item: CheckMenuItemBuilder, keys: Option<String>) -> CheckMenuItemBuilder {
    match keys {
        Some(keys) => item.accelerator(keys),
        None => item,
    }
}

/// In the spelling of the system's menus. A bare key is none of theirs: it would be taken from text.
fn accelerator(keys: &str) -> Option<String> {
    let chord = keys.starts_with("Mod+") || keys.starts_with("Ctrl+") || keys.starts_with("Alt+");
    chord.then(|| keys.replace("Mod+", "CmdOrCtrl+"))
}

#[cfg(test)]
mod tests {
    use super::accelerator;

    #[test]
    fn a_chord_is_a_menus_key_and_a_letter_is_not() {
        assert_eq!(accelerator("Mod+Shift+P").as_deref(), Some("CmdOrCtrl+Shift+P"));
        assert_eq!(accelerator("N"), None);
    }
}
