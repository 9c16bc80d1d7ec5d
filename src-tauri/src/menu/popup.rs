//! The menu on Linux: GTK's own, opened below the mark.
//!
//! Keys stand beside the entries as words only. No accelerator is registered with GTK, so the page's
//! key handler stays the only one that acts on a key.

use std::cell::RefCell;

use gtk::gdk;
use gtk::prelude::{
    AccelLabelExt, BinExt, Cast, CheckMenuItemExt, CssProviderExt, GtkMenuExt, GtkMenuItemExt,
    MenuShellExt, SeatExt, StyleContextExt, WidgetExt,
};
use tauri::AppHandle;

use super::{Ask, Entry, Line, Look};
use crate::window;

/// What our style sheet speaks of, so that it touches no other menu of this program.
const CLASS: &str = "plinth-menu";

thread_local! {
    /// The menu that is up, and the style it has; GTK keeps neither for us.
    static SHOWN: RefCell<Option<gtk::Menu>> = const { RefCell::new(None) };
    static STYLE: RefCell<Option<gtk::CssProvider>> = const { RefCell::new(None) };
}

pub(super) fn open(app: &AppHandle, ask: &Ask) -> tauri::Result<()> {
    let Some(window) = window::main(app) else { return Ok(()) };
    let window = window.gtk_window()?;
    let Some(surface) = window.window() else { return Ok(()) };
    let Some(screen) = WidgetExt::screen(&window) else { return Ok(()) };
    dress(&screen, &ask.look);

    let menu = gtk::Menu::builder().attach_widget(&window).build();
    fill(&menu, &ask.lines, Depth::Top, app);
    let place = gdk::Rectangle::new(ask.x as i32, ask.y as i32, 1, 1);
    let event = event(&surface);
    menu.popup_at_rect(
        &surface,
        &place,
        gdk::Gravity::NorthWest,
        gdk::Gravity::NorthWest,
        Some(&event),
    );
    if ask.by_key {
        menu.select_first(true);
    }
    SHOWN.with(|shown| shown.replace(Some(menu)));
    Ok(())
}

/// GTK opens no menu without an event that asked for it; ours came from the page.
fn event(surface: &gdk::Window) -> gdk::Event {
    let mut event = gdk::Event::new(gdk::EventType::ButtonPress);
    let pointer = surface.display().default_seat().and_then(|seat| seat.pointer());
    event.set_device(pointer.as_ref());
    event
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Top,
    Inner,
}

fn fill(menu: &gtk::Menu, lines: &[Line], depth: Depth, app: &AppHandle) {
    menu.style_context().add_class(CLASS);
    // Room for marks only where there are some.
    let marked = lines.iter().any(|line| matches!(line, Line::Command(Entry { on: Some(_), .. })));
    menu.set_reserve_toggle_size(marked);
    for line in lines {
        let item = item(line, depth, app);
        menu.append(&item);
        item.show();
    }
}

fn item(line: &Line, depth: Depth, app: &AppHandle) -> gtk::MenuItem {
    match line {
        Line::Separator => gtk::SeparatorMenuItem::new().upcast(),
        Line::Submenu { label, lines } => {
            // The first letter opens it; deeper down the names are data, which may begin alike.
            let item = if depth == Depth::Top {
                gtk::MenuItem::with_mnemonic(&format!("_{}", label.replace('_', "__")))
            } else {
                gtk::MenuItem::with_label(label)
            };
            let menu = gtk::Menu::new();
            fill(&menu, lines, Depth::Inner, app);
            item.set_submenu(Some(&menu));
            item
        }
        Line::Command(entry) => command(entry, app),
    }
}

fn command(entry: &Entry, app: &AppHandle) -> gtk::MenuItem {
    let item = match entry.on {
        Some(on) => {
            let item = gtk::CheckMenuItem::with_label(&entry.label);
            item.set_draw_as_radio(true);
            item.set_active(on);
            item.upcast()
        }
        None => gtk::MenuItem::with_label(&entry.label),
    };
    item.set_sensitive(entry.enabled);
    let label = item.child().and_then(|child| child.downcast::<gtk::AccelLabel>().ok());
    if let (Some(label), Some((key, modifiers))) = (label, entry.keys.as_deref().and_then(chord)) {
        label.set_accel(key, modifiers);
    }
    let (app, id) = (app.clone(), entry.id.clone());
    item.connect_activate(move |_| super::chosen(&app, &id));
    item
}

/// `Mod+Shift+P` as GTK counts keys.
fn chord(keys: &str) -> Option<(u32, gdk::ModifierType)> {
    let (before, key) = match keys.strip_suffix("++") {
        Some(before) => (before, "+"),
        None => keys.rsplit_once('+').unwrap_or(("", keys)),
    };
    let mut modifiers = gdk::ModifierType::empty();
    for name in before.split('+').filter(|name| !name.is_empty()) {
        modifiers |= match name {
            "Mod" | "Ctrl" => gdk::ModifierType::CONTROL_MASK,
            "Shift" => gdk::ModifierType::SHIFT_MASK,
            "Alt" => gdk::ModifierType::MOD1_MASK,
            "Meta" => gdk::ModifierType::META_MASK,
            _ => return None,
        };
    }
    let mut letters = key.chars();
    let key = match (letters.next(), letters.next()) {
        (Some(letter), None) => gdk::keys::Key::from_unicode(letter.to_ascii_lowercase()),
        _ => gdk::keys::Key::from_name(named(key)),
    };
    Some((*key, modifiers))
}

/// The registry writes keys as the web does, GTK as X does.
fn named(key: &str) -> &str {
    match key {
        "Enter" => "Return",
        "Backspace" => "BackSpace",
        "Space" => "space",
        "PageUp" => "Page_Up",
        "PageDown" => "Page_Down",
        other => other.strip_prefix("Arrow").unwrap_or(other),
    }
}

/// Gives our menus the colours of the window.
fn dress(screen: &gdk::Screen, look: &Look) {
    let provider = STYLE.with(|style| {
        style
            .borrow_mut()
            .get_or_insert_with(|| {
                let provider = gtk::CssProvider::new();
                let priority = gtk::STYLE_PROVIDER_PRIORITY_APPLICATION;
                gtk::StyleContext::add_provider_for_screen(screen, &provider, priority);
                provider
            })
            .clone()
    });
    // Round corners need somebody to draw what lies behind them.
    let radius_px = if screen.is_composited() { 4 } else { 0 };
    let Some(sheet) = sheet(look, radius_px) else { return };
    if let Err(error) = provider.load_from_data(sheet.as_bytes()) {
        log::warn!("the menu keeps the colours of the system: {error}");
    }
}

/// None when a colour is none: then the system's own stand.
fn sheet(look: &Look, radius_px: u8) -> Option<String> {
    let Look { paper, edge, ink, quiet, faint, current } = look;
    if ![paper, edge, ink, quiet, faint, current].iter().all(|colour| is_colour(colour)) {
        return None;
    }
    Some(format!(
        ".{CLASS} {{ background: {paper}; color: {ink}; border: 1px solid {edge}; border-radius: {radius_px}px; padding: 4px 0; }}
         .{CLASS} menuitem {{ color: {ink}; min-height: 18px; padding: 4px 10px; }}
         .{CLASS} menuitem:hover {{ background: {current}; color: {ink}; }}
         .{CLASS} menuitem:disabled, .{CLASS} menuitem:disabled label {{ color: {faint}; }}
         .{CLASS} menuitem accelerator {{ color: {quiet}; }}
         .{CLASS} menuitem:disabled accelerator {{ color: {faint}; }}
         .{CLASS} menuitem arrow, .{CLASS} menuitem radio {{ color: {ink}; }}
         .{CLASS} separator {{ background: {edge}; min-height: 1px; margin: 4px 0; }}"
    ))
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| {
        (3..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use gtk::gdk::ModifierType;

    use super::{chord, is_colour};

    #[test]
    fn keys_of_the_registry_are_keys_of_gtk() {
        let letter = |letter: char| u32::from(letter);
        assert_eq!(chord("Mod+K"), Some((letter('k'), ModifierType::CONTROL_MASK)));
        let both = ModifierType::CONTROL_MASK | ModifierType::SHIFT_MASK;
        assert_eq!(chord("Mod+Shift+Z"), Some((letter('z'), both)));
        assert_eq!(chord("Mod+,"), Some((letter(','), ModifierType::CONTROL_MASK)));
        assert_eq!(chord("N"), Some((letter('n'), ModifierType::empty())));
        assert_eq!(chord("Mod++"), Some((letter('+'), ModifierType::CONTROL_MASK)));
        assert_eq!(chord("Hyper+K"), None);
        for name in ["F6", "Mod+PageDown", "Mod+Shift+Backspace", "Mod+Enter", "ArrowDown"] {
            assert_ne!(chord(name).map(|(key, _)| key), Some(0xff_ffff), "{name}");
        }
    }

    #[test]
    fn a_colour_is_hexadecimal_digits_and_nothing_else() {
        assert!(is_colour("#fff") && is_colour("#1E1C19"));
        assert!(!is_colour("red") && !is_colour("#12; } * { color: red") && !is_colour("#"));
    }
}
