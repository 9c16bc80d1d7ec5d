//! Checks the capabilities and embeds the window's configuration.

fn main() {
    tauri_build::build();
}
