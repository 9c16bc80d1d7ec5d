//! What the machine must have before we build, how to see it, and how to install it.

use std::io::{IsTerminal, Write};
use std::process::Command;

use crate::{Outcome, postgres, process};

/// A system package, what it is for, and how to see that it is there.
#[derive(Clone, Copy)]
pub(crate) struct Need {
    package: &'static str,
    purpose: &'static str,
    sign: Sign,
}

/// What shows that a need is met, whoever met it.
#[derive(Clone, Copy)]
enum Sign {
    /// A library that `pkg-config` knows.
    Library(&'static str),
    /// A program on the path, under one of these names.
    Program(&'static [&'static str]),
    /// A file at a fixed place.
    File(&'static str),
    /// `initdb`, which Debian keeps off the path.
    Postgres,
}

/// Whether system packages may be installed without a question.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    Given,
    Ask,
}

impl Consent {
    pub(crate) fn from_environment() -> Self {
        if std::env::var_os("CI").is_some() { Self::Given } else { Self::Ask }
    }
}

const BUILD: &[Need] = &[
    need("build-essential", "the linker", Sign::Program(&["cc"])),
    need("pkg-config", "finding the libraries", Sign::Program(&["pkg-config", "pkgconf"])),
];
const WINDOW: &[Need] = &[
    need("libwebkit2gtk-4.1-dev", "the window", Sign::Library("webkit2gtk-4.1")),
    need("libayatana-appindicator3-dev", "the tray", Sign::Library("ayatana-appindicator3-0.1")),
];
const TEST: &[Need] = &[
    need("postgresql", "the suite on Postgres", Sign::Postgres),
    need("chromium", "the journeys in a browser", Sign::Program(&["chromium"])),
    need("webkit2gtk-driver", "the journey in the window", Sign::Program(&["WebKitWebDriver"])),
    need("xvfb", "a display for the window", Sign::Program(&["Xvfb"])),
    need("dbus", "a session for the window", Sign::Program(&["dbus-run-session"])),
    need("openbox", "focus and place for the window", Sign::Program(&["openbox"])),
    need("dunst", "a daemon for notifications", Sign::Program(&["dunst"])),
    need("xdotool", "keys that no driver sends", Sign::Program(&["xdotool"])),
    need("gnome-keyring", "a place for secrets", Sign::Program(&["gnome-keyring-daemon"])),
    need(
        "fonts-dejavu-core",
        "text in screenshots",
        Sign::File("/usr/share/fonts/truetype/dejavu"),
    ),
];
const BUNDLE: &[Need] =
    &[need("dpkg-dev", "the libraries a package needs", Sign::Program(&["dpkg-shlibdeps"]))];
const TRIAL: &[Need] = &[
    need("debootstrap", "a fresh Debian", Sign::File("/usr/sbin/debootstrap")),
    need("desktop-file-utils", "the menu entry", Sign::Program(&["desktop-file-validate"])),
    need("xvfb", "a display for the window", Sign::Program(&["Xvfb"])),
    need("dbus", "a session for the window", Sign::Program(&["dbus-run-session"])),
];

const fn need(package: &'static str, purpose: &'static str, sign: Sign) -> Need {
    Need { package, purpose, sign }
}

/// What the headless server needs.
pub(crate) fn server() -> Vec<Need> {
    BUILD.to_vec()
}

/// What the desktop window needs.
pub(crate) fn window() -> Vec<Need> {
    [BUILD, WINDOW].concat()
}

/// What making a package needs.
pub(crate) fn bundle() -> Vec<Need> {
    [BUILD, WINDOW, BUNDLE].concat()
}

/// What trying the package needs.
pub(crate) fn trial() -> Vec<Need> {
    TRIAL.to_vec()
}

/// What everything needs, the tests too.
pub(crate) fn all() -> Vec<Need> {
    [BUILD, WINDOW, TEST].concat()
}

/// Sees to it that every need is met, or says what is missing and how to get it.
pub(crate) fn provide(needs: &[Need], consent: Consent) -> Outcome {
    node()?;
    if !cfg!(target_os = "linux") {
        return elsewhere();
    }
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    println!("missing on this machine:");
    for need in &missing {
        println!("  {:<30} {}", need.package, need.purpose);
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    if !process::on_path("apt-get") {
        return Err(format!(
            "this is no Debian or Ubuntu: install what your system calls {}, then run this again\n\
             Fedora: webkit2gtk4.1-devel libappindicator-gtk3-devel; Arch: webkit2gtk-4.1 libappindicator-gtk3",
            packages.join(", ")
        ));
    }
    let by_hand = format!("apt-get install --no-install-recommends {}", packages.join(" "));
    if consent == Consent::Ask && !agreed(&by_hand)? {
        return Err(format!("nothing was installed; by hand: {by_hand}"));
    }
    install(&packages)?;
    let left: Vec<&str> = self::missing(needs).iter().map(|need| need.package).collect();
    if left.is_empty() {
        Ok(())
    } else {
        Err(format!("still missing after the installation: {}", left.join(", ")))
    }
}

fn missing(needs: &[Need]) -> Vec<Need> {
    needs.iter().filter(|need| !is_met(need)).copied().collect()
}

fn is_met(need: &Need) -> bool {
    match need.sign {
        Sign::Library(name) => {
            process::ask(Command::new("pkg-config").args(["--exists", name])).is_ok()
        }
        Sign::Program(names) => names.iter().any(|name| process::on_path(name)),
        Sign::File(path) => std::path::Path::new(path).exists(),
        Sign::Postgres => postgres::programs().is_some(),
    }
}

fn node() -> Outcome {
    const WANTED: &str = "Node 20 or newer with npm is needed: https://nodejs.org";
    let version = process::ask(Command::new("node").arg("--version")).map_err(|_| WANTED)?;
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|number| number.parse::<u32>().ok());
    match major {
        Some(20..) if process::on_path(if cfg!(windows) { "npm.cmd" } else { "npm" }) => Ok(()),
        Some(20..) => Err(format!("node {version} is here, npm is not; {WANTED}")),
        _ => Err(format!("node {version} is too old; {WANTED}")),
    }
}

/// macOS and Windows bring their webview; only the compiler's own tools may be missing.
fn elsewhere() -> Outcome {
    if cfg!(target_os = "macos") && process::ask(Command::new("xcode-select").arg("-p")).is_err() {
        return Err("the Xcode command line tools are missing: xcode-select --install".to_owned());
    }
    if cfg!(windows) {
        println!("Windows needs the Visual Studio C++ build tools and the WebView2 runtime.");
    }
    Ok(())
}

fn agreed(command: &str) -> Outcome<bool> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    print!("install them now ({command})? [y/N] ");
    std::io::stdout().flush().map_err(|error| error.to_string())?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(|error| error.to_string())?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn install(packages: &[&str]) -> Outcome {
    let root = process::is_root();
    if !root && !process::on_path("sudo") {
        return Err(format!("as root: apt-get install {}", packages.join(" ")));
    }
    let apt = |arguments: &[&str]| {
        let mut command = Command::new(if root { "env" } else { "sudo" });
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(arguments);
        process::run(&mut command)
    };
    apt(&["update"])?;
    apt(&[&["install", "-y", "--no-install-recommends"], packages].concat())
}
