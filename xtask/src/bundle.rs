//! `cargo xtask bundle`: one Debian package with the desktop program, the server and the studio.

mod notices;
mod trial;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::needs::{self, Consent};
use crate::{Outcome, front, process, workspace};

/// What a download may weigh.
const SIZE_MAX_BYTES: u64 = 25_000_000;
const PROGRAMS: [&str; 2] = ["plinth", "plinth-studio"];
/// Loaded when the program starts, not linked: the loader's own list does not name it, and the
/// tray's library ends the program when it is not there.
const LOADED_LATER: &str = "libayatana-appindicator3-1";
/// Edge in pixels, and the file drawn for it.
const ICONS: [(u32, &str); 5] = [
    (32, "32x32.png"),
    (64, "64x64.png"),
    (128, "128x128.png"),
    (256, "128x128@2x.png"),
    (512, "icon.png"),
];
const SUMMARY: &str = "backend you can see: studio and server";
const DESCRIPTION: &str = " Plinth starts a backend on your machine with one click: design collections by\n \
    sight, fill them, and call them over REST. Each project is a folder (SQLite)\n \
    or a Postgres database. The desktop program is plinth-studio; plinth is the\n \
    same server without a window.";

/// Builds, packs, and on request tries the package on a system that never saw it.
pub(crate) fn bundle(arguments: &[&str]) -> Outcome {
    let (mut built, mut tried) = (false, false);
    for argument in arguments {
        match *argument {
            "--built" => built = true,
            "--try" => tried = true,
            other => {
                return Err(format!("`bundle` does not know `{other}`; it takes --built, --try"));
            }
        }
    }
    if !cfg!(target_os = "linux") || !process::on_path("dpkg-deb") {
        return Err(
            "packages are made on Debian or Ubuntu: they name the libraries there".to_owned()
        );
    }
    needs::provide(&needs::bundle(), Consent::from_environment())?;
    if tried {
        needs::provide(&needs::trial(), Consent::from_environment())?;
    }
    if !built {
        build()?;
    }
    let package = pack(env!("CARGO_PKG_VERSION"))?;
    if tried { trial::run(&package) } else { Ok(()) }
}

fn build() -> Outcome {
    front::build()?;
    let locked = &["build", "--release", "--locked"][..];
    process::run(&mut workspace::cargo(&[locked, &workspace::SHIPPED].concat()))
}

/// Where packages and what belongs to them lie.
fn folder() -> PathBuf {
    workspace::target().join("bundle")
}

/// Lays the files out as they will lie on the system, and packs them.
fn pack(version: &str) -> Outcome<PathBuf> {
    let architecture = process::ask(Command::new("dpkg").arg("--print-architecture"))?;
    let name = format!("plinth_{version}_{architecture}");
    let tree = Tree::new(folder().join(&name))?;
    for program in PROGRAMS {
        tree.copy(&workspace::release(program), &format!("usr/bin/{program}"), 0o755)?;
    }
    tree.copy_all(&workspace::at("ui/dist"), "usr/share/plinth/studio")?;
    tree.copy(
        &workspace::at("src-tauri/debian/plinth-studio.desktop"),
        "usr/share/applications/plinth-studio.desktop",
        0o644,
    )?;
    for (edge_px, file) in ICONS {
        let place = format!("usr/share/icons/hicolor/{edge_px}x{edge_px}/apps/plinth-studio.png");
        tree.copy(&workspace::at("icons").join(file), &place, 0o644)?;
    }
    tree.copy(
        &workspace::at("icons/plinth.svg"),
        "usr/share/icons/hicolor/scalable/apps/plinth-studio.svg",
        0o644,
    )?;
    let papers = "usr/share/doc/plinth";
    tree.write(&format!("{papers}/copyright"), &notices::copyright()?)?;
    tree.write(&format!("{papers}/THIRD-PARTY"), &notices::third_parties()?)?;
    tree.copy(&workspace::at("CHANGELOG.md"), &format!("{papers}/changelog"), 0o644)?;
    for paper in ["THIRD-PARTY", "changelog"] {
        // Without a name and a time inside, so that equal content gives equal bytes.
        process::run(Command::new("gzip").arg("-9n").arg(tree.at(&format!("{papers}/{paper}"))))?;
    }
    tree.control(version, &architecture)?;
    let package = folder().join(format!("{name}.deb"));
    // Owned by root whoever packs, dated by the commit, in the compression every Debian reads.
    let mut packing = Command::new("dpkg-deb");
    packing.args(["--root-owner-group", "-Zxz", "--build"]).arg(&tree.0).arg(&package);
    if let Ok(seconds) = process::ask(
        Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(workspace::root()),
    ) {
        packing.env("SOURCE_DATE_EPOCH", seconds);
    }
    process::ask(&mut packing)?;
    weigh(&package)?;
    Ok(package)
}

fn weigh(package: &Path) -> Outcome {
    let bytes = package.metadata().map_err(|error| not_done(package, &error))?.len();
    println!("{}: {bytes} bytes", package.display());
    if bytes > SIZE_MAX_BYTES {
        return Err(format!("the package has {bytes} bytes, the limit is {SIZE_MAX_BYTES}"));
    }
    Ok(())
}

/// The files of a package as they will lie below `/`.
struct Tree(PathBuf);

impl Tree {
    /// An empty one; what an earlier run left there is removed.
    fn new(folder: PathBuf) -> Outcome<Self> {
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| not_done(&folder, &error))?;
        }
        Ok(Self(folder))
    }

    fn at(&self, place: &str) -> PathBuf {
        self.0.join(place)
    }

    /// The folder of `place` made, readable for everybody whatever our own mask says.
    fn room_for(&self, place: &str) -> Outcome<PathBuf> {
        let target = self.at(place);
        let mut folder = self.0.clone();
        let inner = Path::new(place).parent().into_iter().flat_map(Path::components);
        for part in std::iter::once(None).chain(inner.map(Some)) {
            if let Some(part) = part {
                folder.push(part);
            }
            fs::create_dir_all(&folder)
                .and_then(|()| fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)))
                .map_err(|error| not_done(&folder, &error))?;
        }
        Ok(target)
    }

    fn copy(&self, source: &Path, place: &str, mode: u32) -> Outcome {
        let target = self.room_for(place)?;
        fs::copy(source, &target).map_err(|error| not_done(source, &error))?;
        fs::set_permissions(&target, fs::Permissions::from_mode(mode))
            .map_err(|error| not_done(&target, &error))
    }

    fn write(&self, place: &str, text: &str) -> Outcome {
        let target = self.room_for(place)?;
        fs::write(&target, text)
            .and_then(|()| fs::set_permissions(&target, fs::Permissions::from_mode(0o644)))
            .map_err(|error| not_done(&target, &error))
    }

    fn copy_all(&self, source: &Path, place: &str) -> Outcome {
        let entries = fs::read_dir(source).map_err(|error| not_done(source, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| not_done(source, &error))?;
            let inner = format!("{place}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                self.copy_all(&entry.path(), &inner)?;
            } else {
                self.copy(&entry.path(), &inner, 0o644)?;
            }
        }
        Ok(())
    }

    /// Every file below `place`, in one order.
    fn files(&self, place: &str) -> Outcome<Vec<String>> {
        let folder = self.at(place);
        let mut files = Vec::new();
        for entry in fs::read_dir(&folder).map_err(|error| not_done(&folder, &error))? {
            let entry = entry.map_err(|error| not_done(&folder, &error))?;
            let inner = format!("{place}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                files.extend(self.files(&inner)?);
            } else {
                files.push(inner);
            }
        }
        files.sort();
        Ok(files)
    }

    /// What the system is told of the package: its name, what it needs, and its sums.
    fn control(&self, version: &str, architecture: &str) -> Outcome {
        let files = self.files("usr")?;
        let kilobytes: u64 = files
            .iter()
            .filter_map(|file| self.at(file).metadata().ok())
            .map(|found| found.len().div_ceil(1024))
            .sum();
        let linked = self.linked()?;
        let control = format!(
            "Package: plinth\nVersion: {version}\nArchitecture: {architecture}\n\
             Maintainer: The Plinth authors <plinth@localhost>\n\
             Installed-Size: {kilobytes}\nDepends: {linked}, {LOADED_LATER}\n\
             Recommends: gnome-keyring | secret-service, xdg-utils\n\
             Section: devel\nPriority: optional\n\
             Description: {SUMMARY}\n{DESCRIPTION}\n"
        );
        self.write("DEBIAN/control", &control)?;
        let sums = process::ask(Command::new("md5sum").args(&files).current_dir(&self.0))?;
        self.write("DEBIAN/md5sums", &format!("{sums}\n"))
    }

    /// The packages of the libraries that the programs link, with the versions they ask for.
    fn linked(&self) -> Outcome<String> {
        let folder = folder().join("linked");
        let control = folder.join("debian/control");
        fs::create_dir_all(folder.join("debian"))
            .and_then(|()| {
                fs::write(&control, "Source: plinth\n\nPackage: plinth\nArchitecture: any\n")
            })
            .map_err(|error| not_done(&control, &error))?;
        let mut command = Command::new("dpkg-shlibdeps");
        command.arg("-O").current_dir(&folder);
        for program in PROGRAMS {
            command.arg(self.at(&format!("usr/bin/{program}")));
        }
        let said = process::ask(&mut command)?;
        said.strip_prefix("shlibs:Depends=")
            .map(ToOwned::to_owned)
            .ok_or_else(|| format!("`dpkg-shlibdeps` named no packages: {said}"))
    }
}

fn not_done(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
