//! The desktop program; everything is in the library, where it can be tested.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    plinth_studio::run()
}
