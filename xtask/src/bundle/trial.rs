//! The package on a Debian 12 that never saw it: installed, used, upgraded, removed.
//!
//! Needs root, for the root folder and its mounts; asks the Debian mirror, so it is no part of
//! `test`.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{ICONS, folder, not_done, pack};
use crate::display::Display;
use crate::sentry::Sentry;
use crate::{Outcome, process, workspace};

const RELEASE: &str = "bookworm";
/// Inside the root: a project such as a person has.
const PROJECT: &str = "/root/Projects/press";
const OWNER: [(&str, &str); 2] =
    [("ADMIN_EMAIL", "owner@example.com"), ("ADMIN_PASSWORD", "a trial of one owner")];

/// Each step says what it shows; the first that does not hold ends the trial.
pub(super) fn run(package: &Path) -> Outcome {
    if !process::is_root() {
        return Err("the trial mounts a root folder of its own: run it as root".to_owned());
    }
    let root = Root::make()?;
    step("installs with its dependencies", || root.install(package))?;
    step("the menu entry is valid, its icons have the sizes they promise", || root.menu())?;
    step("`plinth` is on the path and tells its use", || {
        let use_of = root.ask(&["plinth", "--help"])?;
        expect(use_of.contains("serve"), "plinth --help", &use_of)
    })?;
    step("every library is found", || {
        for program in super::PROGRAMS {
            let libraries = root.ask(&["ldd", &format!("/usr/bin/{program}")])?;
            expect(!libraries.contains("not found"), program, &libraries)?;
        }
        Ok(())
    })?;
    step("a project is served with the studio, and takes a record", || root.begin_project())?;
    step("an upgrade keeps the project", || {
        let higher = pack(&format!("{}+1", env!("CARGO_PKG_VERSION")))?;
        root.install(&higher)?;
        let version = root.ask(&["dpkg-query", "-W", "-f=${Version}", "plinth"])?;
        expect(version.ends_with("+1"), "the installed version", &version)?;
        root.find_record()
    })?;
    step("journey E1 passes in the window of the installed program", || root.journey())?;
    step("removed and purged, it leaves the project and nothing of its own", || {
        for how in ["remove", "purge"] {
            root.apt(&[how, "-y", "plinth"])?;
            let data = root.at(PROJECT).join("data.db");
            expect(data.is_file(), "the project's database", "is gone")?;
        }
        let left = root.ask(&["find", "/usr", "/etc", "-iname", "*plinth*"])?;
        expect(left.is_empty(), "files left behind", &left)
    })?;
    step("installed again, it finds the project", || {
        root.install(package)?;
        root.find_record()
    })
}

fn step(what: &str, work: impl FnOnce() -> Outcome) -> Outcome {
    println!("== {what}");
    work().map_err(|fault| format!("not so: {what}\n{fault}"))
}

fn expect(holds: bool, what: &str, seen: &str) -> Outcome {
    if holds { Ok(()) } else { Err(format!("{what}: {seen}")) }
}

/// A minimal Debian in a folder, with what the kernel gives it.
struct Root {
    folder: PathBuf,
    /// Seen under the same name inside and outside: homes of the journey lie here.
    shared: PathBuf,
    _sentry: Sentry,
}

impl Root {
    fn make() -> Outcome<Self> {
        let (base, root) = (folder().join("debian"), folder().join("debian-tried"));
        if !base.join("usr/bin/apt").exists() {
            fs::create_dir_all(&base).map_err(|error| not_done(&base, &error))?;
            let mut make = Command::new("debootstrap");
            process::run(make.args(["--variant=minbase", RELEASE]).arg(&base))?;
        }
        // Never across a mount that a killed trial left behind.
        process::run(Command::new("rm").args(["-rf", "--one-file-system"]).arg(&root))?;
        process::run(Command::new("cp").arg("-a").arg(&base).arg(&root))?;
        let shared = std::env::temp_dir().join(format!("plinth-trial-{}", std::process::id()));
        let inside = inside(&root, &shared);
        for path in [&shared, &inside] {
            fs::create_dir_all(path).map_err(|error| not_done(path, &error))?;
        }
        let (root_text, inside_text) = (root.to_string_lossy(), inside.to_string_lossy());
        let sentry = Sentry::post(
            "umount -l \"$2\" \"$1/proc\" \"$1/sys\"; umount -Rl \"$1/dev\"; rm -rf --one-file-system \"$3\"",
            &[&root_text, &inside_text, &shared.to_string_lossy()],
        )?;
        let made = Self { folder: root, shared, _sentry: sentry };
        made.mount(&["-t", "proc", "proc"], "proc")?;
        made.mount(&["-t", "sysfs", "-o", "ro", "sysfs"], "sys")?;
        made.mount(&["--rbind", "/dev"], "dev")?;
        // What is unmounted in there later must not be unmounted out here.
        process::run(Command::new("mount").arg("--make-rslave").arg(made.at("dev")))?;
        process::run(Command::new("mount").arg("--bind").arg(&made.shared).arg(&inside))?;
        fs::copy("/etc/resolv.conf", made.at("etc/resolv.conf"))
            .map_err(|error| format!("/etc/resolv.conf: {error}"))?;
        made.apt(&["update"])?;
        Ok(made)
    }

    fn mount(&self, what: &[&str], place: &str) -> Outcome {
        process::run(Command::new("mount").args(what).arg(self.at(place)))
    }

    fn at(&self, place: &str) -> PathBuf {
        inside(&self.folder, Path::new(place))
    }

    /// A command as it would be typed in there, in an environment of its own.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("chroot");
        command.arg(&self.folder).args(words).env_clear();
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.envs([
            ("HOME", "/root"),
            ("LANG", "C.UTF-8"),
            ("DEBIAN_FRONTEND", "noninteractive"),
        ]);
        command
    }

    fn ask(&self, words: &[&str]) -> Outcome<String> {
        process::ask(&mut self.command(words))
    }

    fn apt(&self, words: &[&str]) -> Outcome {
        self.ask(&[&["apt-get", "-q"], words].concat()).map(|_| ())
    }

    fn install(&self, package: &Path) -> Outcome {
        let name = package.file_name().unwrap_or_default();
        let target = self.shared.join(name);
        fs::copy(package, &target).map_err(|error| not_done(package, &error))?;
        self.apt(&["install", "-y", "--no-install-recommends", &target.to_string_lossy()])
    }

    fn menu(&self) -> Outcome {
        let entry = self.at("usr/share/applications/plinth-studio.desktop");
        process::run(Command::new("desktop-file-validate").arg(&entry))?;
        for (edge_px, _) in ICONS {
            let place =
                format!("usr/share/icons/hicolor/{edge_px}x{edge_px}/apps/plinth-studio.png");
            let icon = fs::read(self.at(&place)).map_err(|error| format!("{place}: {error}"))?;
            // Width and height stand at fixed places in a PNG's head.
            let (width, height) = (icon.get(16..20), icon.get(20..24));
            let wanted = edge_px.to_be_bytes();
            let right = width == Some(&wanted) && height == Some(&wanted);
            expect(right, &place, "has another size")?;
        }
        Ok(())
    }

    fn begin_project(&self) -> Outcome {
        let server = Served::start(self)?;
        let page = server.ask("GET", "/studio/", "")?;
        expect(page.contains("<title>Plinth</title>"), "/studio/", &page)?;
        let made = server.ask(
            "POST",
            "/schemas",
            r#"{"collectionName":"notes","schema":{"fields":{"id":{"type":"UUID","primaryKey":true,"defaultValue":{"type":"UUIDV4"}},"text":{"type":"String"}}}}"#,
        )?;
        expect(made.starts_with("HTTP/1.1 201"), "a collection", &made)?;
        let kept = server.ask("POST", "/items/notes", r#"{"text":"kept over the upgrade"}"#)?;
        expect(kept.starts_with("HTTP/1.1 201"), "a record", &kept)
    }

    fn find_record(&self) -> Outcome {
        let found = Served::start(self)?.ask("GET", "/items/notes", "")?;
        expect(found.contains("kept over the upgrade"), "/items/notes", &found)
    }

    /// The driver and the window run in there, the person outside.
    fn journey(&self) -> Outcome {
        self.apt(&["install", "-y", "--no-install-recommends", "webkit2gtk-driver"])?;
        // By its whole path in there: the shared folder, and so this very file, is on the path too.
        let driver = self.shared.join("WebKitWebDriver");
        let script = format!(
            "#!/bin/sh\nexec chroot '{}' /usr/bin/WebKitWebDriver \"$@\"\n",
            self.folder.display()
        );
        fs::write(&driver, script).map_err(|error| not_done(&driver, &error))?;
        process::run(Command::new("chmod").arg("755").arg(&driver))?;
        let display = Display::start()?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(self.shared.clone()).chain(std::env::split_paths(&path));
        let path = std::env::join_paths(paths).map_err(|error| error.to_string())?;
        process::run(
            Command::new("dbus-run-session")
                .args(["--", "npx", "vitest", "run", "--project", "window", "e1-first-launch"])
                .current_dir(workspace::at("tests/e2e"))
                .env("PATH", path)
                .env("TMPDIR", &self.shared)
                .env("DISPLAY", display.name())
                .env("PLINTH_STUDIO_BINARY", "/usr/bin/plinth-studio"),
        )
    }
}

/// The place of an absolute path below a root.
fn inside(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// `plinth serve` in the root, with its owner signed in.
struct Served {
    child: Child,
    address: String,
    token: String,
}

impl Served {
    fn start(root: &Root) -> Outcome<Self> {
        let mut command = root.command(&["plinth", "serve", "--data", PROJECT, "--port", "0"]);
        let child = command.envs(OWNER).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.map_err(|error| format!("`plinth serve`: {error}"))?;
        let output = child.stdout.take();
        let mut served = Self { child, address: String::new(), token: String::new() };
        for line in output.into_iter().flat_map(|pipe| BufReader::new(pipe).lines()) {
            let line = line.map_err(|error| format!("`plinth serve`: {error}"))?;
            if let Some((_, address)) = line.split_once("listening on http://") {
                address.trim().trim_end_matches('/').clone_into(&mut served.address);
                break;
            }
        }
        let [(_, email), (_, password)] = OWNER;
        let body = format!(r#"{{"email":"{email}","password":"{password}"}}"#);
        let answer = served.ask("POST", "/auth/login", &body)?;
        let token = answer.split_once(r#""token":""#).and_then(|(_, rest)| rest.split_once('"'));
        let (token, _) = token.ok_or_else(|| format!("the owner is not let in: {answer}"))?;
        token.clone_into(&mut served.token);
        Ok(served)
    }

    /// The whole answer, head and body.
    fn ask(&self, method: &str, path: &str, body: &str) -> Outcome<String> {
        let fault = |error: std::io::Error| format!("{method} {path} of {}: {error}", self.address);
        let mut stream = TcpStream::connect(&self.address).map_err(fault)?;
        let token = &self.token;
        let authorization = if token.is_empty() {
            String::new()
        } else {
            format!("Authorization: Bearer {token}\r\n")
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{authorization}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).map_err(fault)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).map_err(fault)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

impl Drop for Served {
    /// Killed, not asked: the project must bear that too.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
