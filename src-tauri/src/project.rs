//! Projects as they are kept in the list, and as the studio sees them.

use std::path::{Path, PathBuf};

use embedded_server::{Config, Owner};
use serde::{Deserialize, Serialize};
use tauri::Url;

use crate::fault::{Fault, Outcome};

/// The file by which a project folder is known; the server makes it.
pub(crate) const DATABASE_FILE: &str = embedded_server::DATABASE_FILE;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kind {
    /// Runs in this program.
    Local,
    /// Runs elsewhere; we only connect.
    Remote,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum StoreKind {
    Sqlite,
    Postgres,
}

/// Which colour the window wears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Environment {
    #[default]
    Local,
    Staging,
    Production,
}

/// What stands before a write; the gateway to a remote instance enforces it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Guard {
    #[default]
    Open,
    Confirm,
    #[serde(rename = "readonly")]
    ReadOnly,
}

/// One line of the list, as kept on disk. Holds no secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    pub id: String,
    pub name: String,
    pub kind: Kind,
    pub store: StoreKind,
    /// The project's folder; with Postgres it holds what is not in the database.
    pub folder: Option<PathBuf>,
    /// A SQLite file of somebody else, beside which the folder stands.
    #[serde(default)]
    pub database_file: Option<PathBuf>,
    /// The person agreed that our tables are made beside those of somebody else.
    #[serde(default)]
    pub beside_existing: bool,
    /// The database's address without its password.
    pub database_url: Option<String>,
    /// The address of a remote instance.
    pub remote_url: Option<String>,
    /// Whether a password of the database, or what a sign-in to the remote goes on with, is kept.
    pub has_secret: bool,
    /// Under which name; earlier versions named it after `id`.
    #[serde(default)]
    pub kept_as: Option<String>,
    /// The port it asks for; the next free one is taken when it is not free.
    pub port: Option<u16>,
    pub template: Option<String>,
    pub environment: Environment,
    pub guard: Guard,
    pub last_opened_at: Option<String>,
}

/// One project as the studio sees it; what does not apply is absent.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Project {
    pub id: String,
    pub name: String,
    pub kind: Kind,
    /// Its folder, its database, or the address of a remote instance.
    pub place: String,
    pub store: StoreKind,
    pub state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_opened_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    pub environment: Environment,
    pub guard: Guard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum State {
    Stopped,
    Starting,
    Running,
    Failed,
}

impl Guard {
    /// Whether it holds back more than `other`.
    pub(crate) fn is_above(self, other: Self) -> bool {
        let rank = |guard| match guard {
            Self::Open => 0,
            Self::Confirm => 1,
            Self::ReadOnly => 2,
        };
        rank(self) > rank(other)
    }

    /// As the studio calls it.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirm => "confirm writes",
            Self::ReadOnly => "read-only",
        }
    }
}

impl Entry {
    /// Where its records lie, in words: the folder, or the database without user and password.
    pub(crate) fn place(&self) -> String {
        let database = self.database_url.as_deref().and_then(|url| Url::parse(url).ok());
        if let Some(url) = database {
            let host = url.host_str().unwrap_or("localhost");
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            return format!("{host}{port}{}", url.path());
        }
        if let Some(url) = &self.remote_url {
            return url.clone();
        }
        if let Some(file) = &self.database_file {
            return in_words(file, std::env::home_dir().as_deref());
        }
        let folder = self.folder.as_deref();
        folder.map(|folder| in_words(folder, std::env::home_dir().as_deref())).unwrap_or_default()
    }

    /// The name under which its secret is kept.
    pub(crate) fn secret_name(&self) -> String {
        self.kept_as.clone().unwrap_or_else(|| format!("project {}", self.id))
    }

    /// A name by which a person finds its secret in the keychain: `Shop at far.example (1f3a52c0)`.
    /// The beginning of the id tells apart two that are called alike.
    pub(crate) fn readable_name(&self) -> String {
        const LETTERS_OF_ID: usize = 8;
        let address = self.remote_url.as_deref().or(self.database_url.as_deref());
        let url = address.and_then(|address| Url::parse(address).ok());
        let host = url.as_ref().and_then(Url::host_str).unwrap_or("localhost");
        let port = url.as_ref().and_then(Url::port).map(|port| format!(":{port}"));
        let id: String = self.id.chars().take(LETTERS_OF_ID).collect();
        format!("{} at {host}{} ({id})", self.name, port.unwrap_or_default())
    }
}

/// A path as people write it: below their home it begins with `~`.
fn in_words(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(below) if !below.as_os_str().is_empty() => {
            format!("~{}{}", std::path::MAIN_SEPARATOR, below.display())
        }
        _ => path.display().to_string(),
    }
}

/// A name is shown in one line and becomes a folder.
pub(crate) fn checked_name(name: &str) -> Outcome<String> {
    const LENGTH_MAX: usize = 80;
    let name = name.trim();
    let length = name.chars().count();
    if length == 0 || length > LENGTH_MAX || name.chars().any(char::is_control) {
        return Err(Fault::new(
            "NAME_INVALID",
            format!(
                "a project's name has 1 to {LENGTH_MAX} characters in one line, this one has {length}"
            ),
        ));
    }
    Ok(name.to_owned())
}

/// `Corner shop` becomes `corner-shop`; a name without letters or digits becomes `project`.
pub(crate) fn folder_name(name: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in name.split(|letter: char| !letter.is_alphanumeric()) {
        if !word.is_empty() {
            words.push(word.to_lowercase());
        }
    }
    if words.is_empty() { "project".to_owned() } else { words.join("-") }
}

/// The last part of a percent-encoded name, so that a proposal stays in the folder it is made for.
pub(crate) fn plain_file_name(encoded: &str) -> String {
    let name =
        Url::parse(&format!("file:///{encoded}")).ok().and_then(|url| url.to_file_path().ok());
    let last = name.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy());
    last.map_or_else(|| "export".to_owned(), std::borrow::Cow::into_owned)
}

/// The address without its password, and the password.
pub(crate) fn without_password(database_url: &str) -> Outcome<(String, Option<String>)> {
    let wrong = || {
        Fault::new("DATABASE_URL_INVALID", "this is no address of a Postgres database")
            .hint("postgres://user:password@host:5432/database")
    };
    let mut url = Url::parse(database_url.trim()).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "postgres" | "postgresql") || url.host_str().is_none() {
        return Err(wrong());
    }
    let password = url.password().map(ToOwned::to_owned);
    url.set_password(None).map_err(|()| wrong())?;
    Ok((url.to_string(), password))
}

/// The address of a remote instance, without what follows its path.
pub(crate) fn remote_address(text: &str) -> Outcome<Url> {
    let wrong = || {
        Fault::new("URL_INVALID", "this is no address of an instance")
            .hint("https://backend.example")
    };
    let mut url = Url::parse(text.trim()).map_err(|_| wrong())?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none();
    if !plain || url.host_str().is_none() {
        return Err(wrong());
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// The opposite of [`without_password`]; the password is as it stood in the address.
pub(crate) fn with_password(database_url: &str, password: &str) -> Outcome<String> {
    let mut url = Url::parse(database_url).map_err(Fault::internal)?;
    url.set_password(Some(password)).map_err(|()| Fault::internal("an address without a host"))?;
    Ok(url.to_string())
}

/// The folder that a project on a SQLite file of somebody else has, beside the file.
pub(crate) fn folder_beside(file: &Path) -> Outcome<(PathBuf, PathBuf)> {
    let file = file.canonicalize().map_err(|error| Fault::file(file, &error))?;
    let folder = Config::for_data(&file).data_dir;
    Ok((file, folder))
}

/// What stands in the project's folder as its configuration. A database file that was listed is
/// meant even when it is gone: the server misses it, and makes no empty project in its place.
pub(crate) fn config_in(folder: &Path, database_file: Option<&Path>) -> Outcome<Config> {
    let mut config = Config::for_folder(folder).map_err(Fault::of_server)?;
    config.database_file = database_file.map(Path::to_path_buf);
    Ok(config)
}

/// What somebody means who names a path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    /// The folder of a project, which is the project's own.
    Folder(PathBuf),
    /// A SQLite file that was there before any project of ours.
    File(PathBuf),
}

/// What a path means. A database of somebody else is one by what it holds: others call theirs
/// `data.db`, too, and the folder around it is not ours.
pub(crate) fn meant_by(path: &Path) -> Outcome<Meant> {
    if is_foreign_file(path) {
        return Ok(Meant::File(path.to_path_buf()));
    }
    let folder = folder_of(path)?;
    let file = folder.join(DATABASE_FILE);
    Ok(match embedded_server::owner_of(&file).map_err(Fault::of_server)? {
        Owner::SomebodyElse => Meant::File(file),
        Owner::Plinth | Owner::Nobody => Meant::Folder(folder),
    })
}

/// The folder of a project, where all of it may be deleted: only what we made. One that lost its
/// database may hold somebody else's files, and one with their database certainly does.
pub(crate) fn own_folder(folder: &Path) -> Outcome<PathBuf> {
    let own = folder_of(folder)?;
    let file = own.join(DATABASE_FILE);
    match embedded_server::owner_of(&file).map_err(Fault::of_server)? {
        Owner::Plinth => Ok(own),
        Owner::SomebodyElse => Err(not_ours(&file)),
        Owner::Nobody => Err(Fault::new(
            "NOT_OURS",
            format!("`{}` holds no project of Plinth and is not deleted from here", file.display()),
        )
        .hint("remove the project from the list, then delete its folder yourself")),
    }
}

/// Refuses to delete what was there before the project.
pub(crate) fn not_ours(file: &Path) -> Fault {
    let folder = Config::for_data(file).data_dir;
    Fault::new(
        "NOT_OURS",
        format!("`{}` was there before the project and is not deleted from here", file.display()),
    )
    .hint(format!(
        "remove the project from the list, then delete the file and `{}` yourself",
        folder.display()
    ))
}

/// Whether a path means a SQLite file that has not the name of a project's own.
fn is_foreign_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name != DATABASE_FILE) && embedded_server::is_sqlite(path)
}

/// The folder meant by a path: itself, or the folder of its database file.
fn folder_of(path: &Path) -> Outcome<PathBuf> {
    let found = path.metadata().map_err(|error| Fault::file(path, &error))?;
    let folder = if found.is_dir() { Some(path) } else { path.parent() };
    let is_database = found.is_dir() || path.file_name().is_some_and(|name| name == DATABASE_FILE);
    match folder {
        Some(folder) if is_database && folder.join(DATABASE_FILE).is_file() => {
            folder.canonicalize().map_err(|error| Fault::file(folder, &error))
        }
        _ => Err(Fault::new(
            "NOT_A_PROJECT",
            format!("`{}` is no project of Plinth", path.display()),
        )
        .hint(format!(
            "a project is a folder with the file `{DATABASE_FILE}`, or a file of SQLite"
        ))),
    }
}

/// The bytes of all files below a folder; what cannot be read counts nothing.
pub(crate) fn size_bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.filter_map(|entry| {
        let found = entry.metadata().ok()?;
        Some(if found.is_dir() { size_bytes(&entry.path()) } else { found.len() })
    });
    sizes.sum()
}

/// Makes a project's folder for its owner alone; what leads there is made as always.
pub(crate) fn make_folder(folder: &Path) -> std::io::Result<()> {
    folder.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    embedded_server::owners_folder().create(folder)
}

/// Copies a folder's files; the copy must not exist yet, and is for its owner alone.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Outcome {
    let made = embedded_server::owners_folder().recursive(false).create(to);
    made.map_err(|error| Fault::file(to, &error))?;
    let entries = std::fs::read_dir(from).map_err(|error| Fault::file(from, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| Fault::file(from, &error))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_folder(&source, &target)?;
        } else {
            std::fs::copy(&source, &target)
                .and_then(|_| owners_alone(&target))
                .map_err(|error| Fault::file(&source, &error))?;
        }
    }
    Ok(())
}

/// A copy takes the mode of what is copied, which may be of a time when nobody cared.
fn owners_alone(file: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))?;
    }
    let _ = file;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    #[cfg(unix)]
    fn folders_and_copies_of_projects_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;

        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let above = std::env::temp_dir().join(format!("plinth-owned-{}", uuid::Uuid::new_v4()));
        let folder = above.join("press");
        super::make_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        let (file, inner) = (folder.join(super::DATABASE_FILE), folder.join("imports"));
        std::fs::write(&file, "").unwrap();
        std::fs::create_dir(&inner).unwrap();
        // As an earlier version made them.
        for (path, was) in [(&file, 0o644), (&inner, 0o755), (&folder, 0o755)] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(was)).unwrap();
        }
        super::make_folder(&folder).unwrap();
        let copy = above.join("press copy");
        super::copy_folder(&folder, &copy).unwrap();
        let modes = |folder: &Path| {
            [folder.to_owned(), folder.join("imports"), folder.join(super::DATABASE_FILE)]
                .map(|path| mode(&path))
        };
        assert_eq!(modes(&folder), [0o755, 0o755, 0o644], "what was there keeps its mode");
        assert_eq!(modes(&copy), [0o700, 0o700, 0o600]);
        std::fs::remove_dir_all(above).unwrap();
    }

    use super::{
        checked_name, folder_beside, folder_name, folder_of, in_words, is_foreign_file,
        plain_file_name, remote_address, with_password, without_password,
    };

    #[test]
    #[cfg(unix)]
    fn a_path_below_home_begins_with_a_tilde() {
        let said = |path: &str, home| in_words(Path::new(path), home);
        let home = Some(Path::new("/home/ada"));
        assert_eq!(said("/home/ada/Projects/press", home), "~/Projects/press");
        for other in ["/home/ada", "/home/adam/press", "/srv/press"] {
            assert_eq!(said(other, home), other);
        }
        assert_eq!(said("/srv/press", None), "/srv/press");
    }

    #[test]
    fn a_folder_is_named_after_its_project() {
        for (name, folder) in [
            ("Corner shop", "corner-shop"),
            ("  Überlandwerk 2 ", "überlandwerk-2"),
            ("../../etc/passwd", "etc-passwd"),
            ("***", "project"),
        ] {
            assert_eq!(folder_name(name), folder, "{name}");
        }
    }

    #[test]
    fn a_name_is_one_line_of_bounded_length() {
        assert_eq!(checked_name("  Shop ").unwrap(), "Shop");
        for wrong in ["", "   ", "a\nb", &"x".repeat(81)] {
            assert_eq!(checked_name(wrong).unwrap_err().code, "NAME_INVALID", "{wrong:?}");
        }
    }

    #[test]
    fn a_proposed_file_name_is_one_name() {
        for (encoded, name) in [
            ("rejects.csv", "rejects.csv"),
            ("%C3%9Cbersicht%202026.json", "Übersicht 2026.json"),
            ("..%2F..%2Fetc%2Fpasswd", "passwd"),
            ("", "export"),
        ] {
            assert_eq!(plain_file_name(encoded), name, "{encoded}");
        }
    }

    #[test]
    fn the_password_leaves_the_address_and_returns_unchanged() {
        let whole = "postgres://app:p%40ss%2Fword@db.example:5433/shop?sslmode=require";
        let (address, password) = without_password(whole).unwrap();
        assert_eq!(address, "postgres://app@db.example:5433/shop?sslmode=require");
        assert_eq!(with_password(&address, &password.unwrap()).unwrap(), whole);
        assert_eq!(without_password("postgres://app@db/shop").unwrap().1, None);
    }

    #[test]
    fn what_is_no_postgres_address_is_refused_without_repeating_it() {
        for wrong in ["", "db.example", "mysql://app:secret@db/shop", "postgres:shop"] {
            let fault = without_password(wrong).unwrap_err();
            assert_eq!(fault.code, "DATABASE_URL_INVALID", "{wrong}");
            assert!(!fault.message.contains("secret"));
        }
    }

    #[test]
    fn the_address_of_a_remote_is_http_and_carries_no_secret() {
        let url = remote_address(" https://backend.example/plinth?x=1#y ").unwrap();
        assert_eq!(url.as_str(), "https://backend.example/plinth");
        for wrong in
            ["backend.example", "ftp://backend.example", "https://me:secret@backend.example"]
        {
            assert_eq!(remote_address(wrong).unwrap_err().code, "URL_INVALID", "{wrong}");
        }
    }

    #[test]
    fn a_folder_without_a_database_is_no_project() {
        let folder = std::env::temp_dir().join(format!("plinth-open-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        assert_eq!(folder_of(&folder).unwrap_err().code, "NOT_A_PROJECT");
        std::fs::write(folder.join(super::DATABASE_FILE), "").unwrap();
        std::fs::write(folder.join("notes.txt"), "").unwrap();
        assert!(folder_of(&folder).is_ok());
        assert!(folder_of(&folder.join(super::DATABASE_FILE)).is_ok());
        assert_eq!(folder_of(&folder.join("notes.txt")).unwrap_err().code, "NOT_A_PROJECT");
        assert_eq!(folder_of(&folder.join("gone")).unwrap_err().code, "FILE_FAILED");
    }

    #[test]
    fn a_sqlite_file_of_somebody_else_has_a_folder_beside_it() {
        let folder = std::env::temp_dir().join(format!("plinth-file-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("shop.sqlite");
        let mut bytes = b"SQLite format 3\0".to_vec();
        bytes.resize(100, 0);
        std::fs::write(&file, bytes).unwrap();
        std::fs::write(folder.join("notes.txt"), "SQLite").unwrap();
        assert!(is_foreign_file(&file) && !is_foreign_file(&folder));
        assert!(!is_foreign_file(&folder.join("notes.txt")));
        let (file, beside) = folder_beside(&file).unwrap();
        assert_eq!(beside.file_name().unwrap(), "shop.sqlite.plinth");
        assert_eq!(beside.parent(), file.parent());
    }
}

#[cfg(test)]
#[path = "project_tests.rs"]
mod tests_of_owners;
