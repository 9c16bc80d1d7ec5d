//! Checks the capabilities and embeds the window's configuration.

fn main() {
    // The studio is embedded where the context is generated, which cargo does not see.
    println!("cargo:rerun-if-changed=../ui/dist");
    tauri_build::build();
}
