//! The configuration: which layer wins, and what is refused.

use super::layers::Layers;
use super::{Config, KEYS};
use base::Code;
use std::ffi::OsString;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

#[test]
fn flags_win_and_errors_name_key_value_and_what_is_allowed() {
    let nowhere = Path::new("/nonexistent/project");
    let config = Config::load(nowhere, None, &[("port", String::from("9000"))]).unwrap();
    assert_eq!((config.port, config.project.as_str()), (9_000, "project"));
    let error = Config::load(nowhere, None, &[("port", String::from("99999"))]).unwrap_err();
    assert_eq!(error.code(), Code::ConfigInvalid);
    assert!(error.message().contains("`port`") && error.message().contains("99999"));
    assert!(error.hint_text().unwrap().contains("65535"));
    // What is said to be allowed is what is taken: a thousand answers are 64 MiB on each reader.
    let kept =
        |most: &str| Config::load(nowhere, None, &[("kept_answers_max", String::from(most))]);
    assert_eq!(kept("1000").unwrap().limits.kept_answers_max, 1_000);
    assert!(kept("1001").unwrap_err().hint_text().unwrap().contains("1000"));
}

#[test]
fn a_file_that_is_no_database_and_a_folder_without_a_studio_are_named() {
    let place = format!("plinth-config-{}", std::process::id());
    let folder = std::env::temp_dir().join(place);
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("notes.txt");
    std::fs::write(&file, "nothing of SQLite").unwrap();
    let error = Config::load(&file, None, &[]).unwrap_err();
    assert_eq!(error.code(), Code::ConfigInvalid);
    assert!(error.message().contains("`data`") && error.message().contains("notes.txt"));
    let studio = folder.display().to_string();
    let error = Config::load(&folder, None, &[("studio", studio.clone())]).unwrap_err();
    assert_eq!(error.code(), Code::ConfigInvalid);
    assert!(error.message().contains("`studio`") && error.message().contains(&studio));
    std::fs::write(folder.join("index.html"), "<p>").unwrap();
    let found = Config::load(&folder, None, &[("studio", studio)]).unwrap();
    assert_eq!(found.studio_dir.as_deref(), Some(folder.as_path()));
    std::fs::remove_dir_all(&folder).unwrap();
}

/// What a file of the configuration makes of the program.
fn from_file(text: &str) -> base::Result<Config> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let file =
        std::env::temp_dir().join(format!("plinth-config-{}-{number}.toml", std::process::id()));
    std::fs::write(&file, text).unwrap();
    let read = Config::load(Path::new("/nonexistent/project"), Some(&file), &[]);
    std::fs::remove_file(&file).unwrap();
    read
}

#[test]
fn cookies_are_strict_and_secure_in_production_unless_it_is_said_otherwise() {
    use super::SameSite;
    let kept = |text: &str| {
        let cookies = from_file(text).unwrap().cookies;
        (cookies.secure, cookies.same_site)
    };
    assert_eq!(kept(""), (false, SameSite::Lax));
    let production = "environment = 'production'\n";
    assert_eq!(kept(production), (true, SameSite::Strict));
    let other = format!("{production}cookie_secure = false\ncookie_same_site = 'lax'");
    assert_eq!(kept(&other), (false, SameSite::Lax));
    assert_eq!(kept("cookie_secure = true\ncookie_same_site = 'None'"), (true, SameSite::None));
    // A browser would drop it without a word.
    let open = from_file("cookie_same_site = 'none'").unwrap_err();
    assert!(open.hint_text().unwrap().contains("cookie_secure"), "{open}");
    for wrong in ["cookie_path = 'api'", "cookie_path = '/a;b'", "cookie_domain = 'a b'"] {
        assert_eq!(from_file(wrong).unwrap_err().code(), Code::ConfigInvalid, "{wrong}");
    }
    let all =
        from_file("cookie_path = '/api'\ncookie_domain = '.example.com'\ncookie_http_only = false");
    let all = all.unwrap().cookies;
    assert_eq!(
        (all.path.as_str(), all.domain.as_deref(), all.http_only),
        ("/api", Some(".example.com"), false)
    );
}

#[test]
fn whatever_a_key_cannot_be_is_refused_with_key_value_and_source() {
    for (text, key, value) in [
        ("host = \"shop.example\"", "host", "shop.example"),
        ("host = { a = 1 }", "host", "a table"),
        ("port = [8056]", "port", "a list"),
        ("project = \" \"", "project", ""),
        ("secret_key = \"\"", "secret_key", ""),
        ("default_role = \"\"", "default_role", ""),
        ("allowed_roles = true", "allowed_roles", "a truth value"),
        ("allowed_roles = [\"user\", 1]", "allowed_roles", "a list of other things"),
        ("admin_password = \"seven77\"", "admin_password", "7 characters long"),
        ("origins = [\"*\"]", "origins", "*"),
        ("origins = \"https://*.example.com\"", "origins", "https://*.example.com"),
        ("origins = \"https://a.example/path\"", "origins", "https://a.example/path"),
        ("origins = \"shop.example\"", "origins", "shop.example"),
        ("hosts = [\"https://shop.example\"]", "hosts", "https://shop.example"),
        ("hosts = \"shop.example:8056\"", "hosts", "shop.example:8056"),
        ("environment = \"prodution\"", "environment", "prodution"),
    ] {
        let error = from_file(text).unwrap_err();
        assert_eq!(error.code(), Code::ConfigInvalid, "{text}");
        let begins = format!("configuration key `{key}` cannot be `{value}");
        assert!(error.message().starts_with(&begins), "{text}: {}", error.message());
        assert!(error.hint_text().is_some_and(|hint| hint.len() > "allowed: ".len()), "{text}");
        assert!(error.path().is_some_and(|path| path.ends_with(".toml")), "{text}");
    }
    let error = from_file("port = 8056\nhost = \n").unwrap_err();
    assert_eq!(error.path(), Some("line 2"));
}

#[test]
fn what_a_key_may_be_is_taken_as_text_or_as_a_list() {
    let config = from_file(
        "host = \"::1\"\nallowed_roles = []\nenvironment = \"staging\"\nhosts = \"shop.example, 192.0.2.7\"\norigins = [\"https://shop.example/\", \"http://[::1]:3000\", \"capacitor://localhost\"]",
    )
    .unwrap();
    assert_eq!((config.host.as_str(), config.production), ("::1", false));
    assert!(config.allowed_roles.is_empty());
    assert_eq!(config.hosts, ["shop.example", "192.0.2.7"]);
    assert_eq!(config.origins.len(), 3);
}

#[test]
fn either_variable_makes_it_production_and_words_for_other_programs_are_none_of_ours() {
    let started = |variables: &[(&str, &str)]| {
        let mut layers = Layers::default();
        layers.said_by(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| OsString::from(value))
        })?;
        layers.read(Config::for_data("/nonexistent/project")).map(|config| config.production)
    };
    for (ours, theirs, production) in [
        ("", "production", true),
        (" ", "production", true),
        ("staging", "production", true),
        ("production", "", true),
        ("production", "development", true),
        ("production", "ci", true),
        ("", "ci", false),
        ("", "local", false),
        ("", "prodution", false),
        ("test", "qa", false),
        ("", "", false),
    ] {
        let found = started(&[("PLINTH_ENV", ours), ("NODE_ENV", theirs)]).unwrap();
        assert_eq!(found, production, "PLINTH_ENV={ours} NODE_ENV={theirs}");
    }
    for theirs in ["", "ci", "production"] {
        let error = started(&[("PLINTH_ENV", "prodution"), ("NODE_ENV", theirs)]).unwrap_err();
        assert!(error.message().contains("prodution"), "{}", error.message());
        assert_eq!(error.path(), Some("environment variable PLINTH_ENV"));
    }
}

#[test]
fn variables_of_providers_come_from_the_environment_and_from_the_file() {
    let folder = std::env::temp_dir().join(format!("plinth-variables-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("plinth.toml");
    let written = "base_url = \"https://api.example\"\nauth_services = [\"LOCAL\", \"acme\"]\n\
                   [variables]\nACME_CLIENT_ID = \"of-the-file\"\nANYTHING = \"else\"\n";
    std::fs::write(&file, written).unwrap();
    let mut layers = super::layers::Layers::default();
    layers.file(&folder, None).unwrap();
    let said = [
        ("ACME_CLIENT_ID", "of-the-environment"),
        ("OPENID_PROVIDERS", "acme"),
        ("APPLE_KEY_ID", "k"),
        ("AWS_ACCESS_KEY_ID", "nothing of ours"),
        ("GITHUB_CLIENT_ID", " "),
    ];
    layers.variables_among(said.into_iter().map(|(name, value)| (name.into(), value.into())));
    let config = layers.read(Config::for_data(&folder)).unwrap();
    let held: Vec<(&str, &str)> =
        config.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        held,
        [
            ("ACME_CLIENT_ID", "of-the-environment"),
            ("ANYTHING", "else"),
            ("APPLE_KEY_ID", "k"),
            ("OPENID_PROVIDERS", "acme"),
        ]
    );
    assert_eq!(config.base_url.as_deref(), Some("https://api.example"));
    assert_eq!(config.auth_services.as_deref(), Some(&["LOCAL", "acme"].map(str::to_owned)[..]));
    for (wrong, named) in [
        ("base_url = \"api.example\"", "base_url"),
        ("base_url = \"/\"", "base_url"),
        ("auth_services = \"a b\"", "auth_services"),
        ("variables = \"x\"", "variables"),
        ("[variables]\nSECRET = 7", "variables"),
    ] {
        std::fs::write(&file, wrong).unwrap();
        let mut layers = super::layers::Layers::default();
        let refused =
            layers.file(&folder, None).and_then(|()| layers.read(Config::for_data(&folder)));
        let message = refused.unwrap_err().message().to_owned();
        assert!(message.contains(&format!("`{named}`")), "{wrong}: {message}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn production_refuses_the_known_password_and_short_keys() {
    let mut config = Config::for_data("/tmp/x");
    config.production = true;
    config.admin_password = Some(String::from("admin@123"));
    assert_eq!(config.check().unwrap_err().code(), Code::ConfigInvalid);
    config.admin_password = None;
    config.secret_key = Some(String::from("short"));
    assert_eq!(config.check().unwrap_err().code(), Code::ConfigInvalid);
}

#[test]
fn production_refuses_pages_that_come_in_plain_sight() {
    for (origin, runs) in [
        ("http://example.com", false),
        ("HTTP://example.com:8080", false),
        ("http://203.0.113.7", false),
        ("http://localhost.example.com", false),
        ("https://example.com", true),
        ("http://localhost:3000", true),
        ("http://studio.localhost", true),
        ("http://127.0.0.1:5173", true),
        ("http://[::1]:5173/", true),
        ("tauri://localhost", true),
    ] {
        let mut config = Config::for_data("/tmp/x");
        config.origins = vec![String::from("https://other.example"), origin.to_owned()];
        assert!(config.check().is_ok(), "{origin}");
        config.production = true;
        let error = config.check().err();
        assert_eq!(error.is_none(), runs, "{origin}: {error:?}");
        assert!(error.is_none_or(|error| error.message().contains(origin)), "{origin}");
    }
}

#[test]
fn every_key_says_what_it_is() {
    for key in KEYS {
        assert!(
            !key.about.is_empty() && !key.allowed.is_empty() && !key.env.is_empty(),
            "{}",
            key.name
        );
    }
}

#[test]
fn what_it_is_compatible_with_is_named_and_off_unless_asked_for() {
    let nowhere = Path::new("/nonexistent/project");
    let asked = |word: &str| Config::load(nowhere, None, &[("compat", String::from(word))]);
    assert!(!Config::load(nowhere, None, &[]).unwrap().compat);
    assert!(asked("baasix").unwrap().compat && !asked("none").unwrap().compat);
    let error = asked("true").unwrap_err();
    assert!(error.message().contains("`compat`") && error.hint_text().unwrap().contains("baasix"));
}
