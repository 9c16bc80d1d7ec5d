//! Settings of the project and of its tenants, read in one place (`spec/auth.md` 14).
//!
//! A tenant's row says what is different there and nothing else. What was read is kept for as long
//! as what is known of identities: a write by whatever door, also of another process, ends both.

mod asked;
mod mail;

use crate::Engine;
use crate::hook::{field_is, field_test};
use access::Actor;
use asked::{Asked, is_free};
use base::{Code, Error, Result};
pub use mail::MailServer;
use mail::{MAIL, MAIL_TOLD, has_server, mail_of};
use query::{Filter, Operation, Read, Write};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

type Row = Map<String, Json>;

const ROWS: &str = "baasix_Settings";

/// The column of the keys that are no columns.
const FREE: &str = "extra";

/// The columns that everybody may read; any other is for who is signed in.
const PUBLIC: [&str; 24] = [
    "id",
    "tenant_Id",
    "project_name",
    "title",
    "project_url",
    "app_url",
    "project_color",
    "secondary_color",
    "description",
    "keywords",
    "project_logo_light_Id",
    "project_logo_dark_Id",
    "project_logo_full_Id",
    "project_logo_transparent_Id",
    "project_favicon_Id",
    "project_icon_Id",
    "email_icon_Id",
    MAIL_TOLD,
    "timezone",
    "language",
    "date_format",
    "currency",
    "createdAt",
    "updatedAt",
];

/// The roles whose sessions are limited; all of them while there are none.
pub(crate) const LIMITED_ROLES: &str = "session_limit_roles";

/// Relations to pictures; the column of each ends with `_Id`.
const PICTURES: [&str; 7] = [
    "project_logo_light",
    "project_logo_dark",
    "project_logo_full",
    "project_logo_transparent",
    "project_favicon",
    "project_icon",
    "email_icon",
];

/// What is told of a picture.
const PICTURE: [&str; 6] = ["id", "title", "filename", "type", "width", "height"];

/// Other names of columns, by which the SDK's document and older clients know them.
const ALIASES: [(&str, &str); 3] = [
    ("appName", "project_name"),
    ("primaryColor", "project_color"),
    ("secondaryColor", "secondary_color"),
];

/// Tenants whose settings are kept ready at once.
const KEPT_MAX: usize = 1_000;

/// How often a change is made anew because another process changed free keys meanwhile. Each time
/// another change came through, so it is the number of changes somewhere else that may pass by.
const TRIES: usize = 64;

/// Whom settings are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Whoever asks.
    Everybody,
    /// Who is signed in to the project, and to the tenant if it is a tenant's.
    Members,
}

/// What was read of settings.
#[derive(Default)]
pub(crate) struct Held {
    read: Mutex<Option<Known>>,
    /// Free keys are read, changed and written by one at a time in this process.
    changes: tokio::sync::Mutex<()>,
}

/// Addresses of applications, and the tenant whose each is; none where it is the project's.
type Addresses = Vec<(String, Option<String>)>;

/// The settings that hold somewhere.
#[derive(Debug, Default, PartialEq)]
struct Holding {
    /// All but how mail is sent.
    row: Arc<Row>,
    /// How mail is sent, and the key of the one record that says so.
    mail: Row,
}

struct Known {
    /// The number of identities under which the oldest of it was read.
    version: u64,
    /// As they hold; the project's under no tenant.
    settings: HashMap<Option<String>, Arc<Holding>>,
    /// The addresses of applications and whose they are, the project's first.
    addresses: Option<Arc<Addresses>>,
    /// Addresses of the project and its applications, and the tenant whose each is.
    pages: Option<Arc<Addresses>>,
}

impl Known {
    fn under(version: u64) -> Self {
        Self { version, settings: HashMap::new(), addresses: None, pages: None }
    }
}

impl Engine {
    /// The settings that hold in a tenant, or in the project, for the house's own use: columns, and
    /// the free keys under `extra`. Of how mail is sent they hold nothing but whether it is. Of a
    /// tenant that is none they are the project's.
    pub async fn settings(&self, tenant: Option<&str>) -> Result<Arc<Map<String, Json>>> {
        Ok(Arc::clone(&self.held_settings(tenant).await?.row))
    }

    async fn held_settings(&self, tenant: Option<&str>) -> Result<Arc<Holding>> {
        let tenant = tenant.map(str::to_ascii_lowercase).filter(|tenant| is_uuid(tenant));
        let known = self.kept_settings(|known| known.settings.get(&tenant).cloned());
        if let Some(known) = known {
            return Ok(known);
        }
        let version = self.identity_version();
        let project = self.settings_row(None).await?.unwrap_or_default();
        let own = match tenant.as_deref() {
            Some(tenant) => self.settings_row(Some(tenant)).await?,
            None => None,
        };
        let settings = Arc::new(Holding::of(project, own.unwrap_or_default()));
        self.keep_settings(version, |known| {
            if known.settings.len() >= KEPT_MAX {
                known.settings.clear();
            }
            known.settings.insert(tenant, Arc::clone(&settings));
        });
        Ok(settings)
    }

    /// The settings as they are told: columns, the pictures they point at, other names of columns
    /// and free keys, all beside each other. Nothing by which mail is sent is among them.
    pub async fn settings_told(
        &self,
        tenant: Option<&str>,
        audience: Audience,
    ) -> Result<Map<String, Json>> {
        let settings = self.settings(tenant).await?;
        let state = self.state();
        let Some(collection) = state.catalog.get(ROWS) else {
            return Err(Error::internal("the settings have no collection"));
        };
        let value = |name: &str| settings.get(name).cloned().unwrap_or(Json::Null);
        let mut told = Map::new();
        for field in collection.fields.values().filter(|field| !field.hidden) {
            let name = field.name.as_str();
            let shown = match audience {
                Audience::Everybody => PUBLIC.contains(&name),
                Audience::Members => name != FREE && (name == MAIL_TOLD || !MAIL.contains(&name)),
            };
            if shown {
                told.insert(name.to_owned(), value(name));
            }
        }
        let pictures = self.pictures(&settings).await?;
        for name in PICTURES {
            let picture =
                settings.get(&format!("{name}_Id")).and_then(|id| pictures.get(id.as_str()?));
            told.insert(name.to_owned(), picture.cloned().map_or(Json::Null, Json::Object));
        }
        for (alias, column) in ALIASES {
            told.insert(alias.to_owned(), value(column));
        }
        // An import may have put anything there.
        let free = settings.get(FREE).and_then(Json::as_object);
        for (name, value) in free.into_iter().flatten() {
            if !told.contains_key(name) && is_free(name, collection) {
                told.insert(name.clone(), value.clone());
            }
        }
        Ok(told)
    }

    /// Changes settings of the project or of a tenant, which gets a row with its first change. Free
    /// keys are put beside those that are there; null takes one away. `VALIDATION_ERROR` names each
    /// key that cannot be so.
    pub async fn change_settings(
        &self,
        tenant: Option<&str>,
        body: Map<String, Json>,
        actor: &Actor,
        source: Option<&str>,
    ) -> Result<()> {
        let shown = self.settings_told(tenant, Audience::Members).await?;
        let asked = Asked::read(body, &shown, self.state().catalog.get(ROWS).map(AsRef::as_ref))?;
        if asked.columns.is_empty() && asked.free.is_empty() {
            return Ok(());
        }
        let _alone = self.held().changes.lock().await;
        let mut last = None;
        for _ in 0..TRIES {
            let row = self.settings_row(tenant).await?;
            let again = if row.is_some() { Code::Conflict } else { Code::UniqueViolation };
            let operations = vec![asked.operation(row.as_ref(), tenant)?];
            match self.write(Write { operations, strict: true }, actor, source).await {
                Ok(_) => return Ok(()),
                Err(fault) if fault.code() == again => last = Some(fault),
                Err(fault) => return Err(asked.as_named(fault)),
            }
        }
        Err(last.unwrap_or_else(|| Error::internal("change settings")))
    }

    /// Takes the settings of a tenant away: the project's hold there again. Whether there were any.
    pub async fn drop_settings(
        &self,
        tenant: &str,
        actor: &Actor,
        source: Option<&str>,
    ) -> Result<bool> {
        let tenant = tenant.to_ascii_lowercase();
        let row = if is_uuid(&tenant) { self.settings_row(Some(&tenant)).await? } else { None };
        let Some(key) = row.and_then(|mut row| row.remove("id")) else { return Ok(false) };
        let operation = Operation::Delete {
            collection: ROWS.to_owned(),
            key,
            expect: Map::new(),
            force: false,
        };
        let write = Write { operations: vec![operation], strict: true };
        self.write(write, actor, source).await.map(|_| true)
    }

    /// Whose application lives at this address: a tenant's, the project's (`Some(None)`), nobody's.
    pub async fn whose_application(&self, address: &str) -> Result<Option<Option<String>>> {
        let Some(address) = plain_address(address) else { return Ok(None) };
        let known = self.kept_settings(|known| known.addresses.clone());
        let known = match known {
            Some(known) => known,
            None => {
                let version = self.identity_version();
                let known = Arc::new(self.addresses().await?);
                self.keep_settings(version, |all| all.addresses = Some(Arc::clone(&known)));
                known
            }
        };
        Ok(known.iter().find(|(one, _)| *one == address).map(|(_, tenant)| tenant.clone()))
    }

    /// Where the project and its applications live, as all settings say (`project_url` and `app_url`),
    /// each with the tenant whose settings say so; none where the project's do.
    pub async fn pages_of_the_project(&self) -> Result<Arc<Vec<(String, Option<String>)>>> {
        if let Some(known) = self.kept_settings(|known| known.pages.clone()) {
            return Ok(known);
        }
        let version = self.identity_version();
        let read = Read {
            collection: ROWS.to_owned(),
            fields: ["id", "tenant_Id", "app_url", "project_url"].map(str::to_owned).to_vec(),
            limit: Some(-1),
            ..Read::default()
        };
        let rows = self.find(&read, "where the project lives").await?;
        let text = |row: &Row, name: &str| row.get(name).and_then(Json::as_str).map(str::to_owned);
        let said = rows.iter().flat_map(|row| {
            let places = [text(row, "app_url"), text(row, "project_url")];
            places.map(|place| Some((place?, text(row, "tenant_Id"))))
        });
        let pages: Arc<Addresses> = Arc::new(said.flatten().collect());
        self.keep_settings(version, |all| all.pages = Some(Arc::clone(&pages)));
        Ok(pages)
    }

    /// Whether there is such a tenant.
    pub async fn is_tenant(&self, tenant: &str) -> Result<bool> {
        if !is_uuid(tenant) {
            return Ok(false);
        }
        let read = Read {
            collection: String::from("baasix_Tenant"),
            fields: vec![String::from("id")],
            filter: Some(field_is("id", tenant)),
            limit: Some(1),
            ..Read::default()
        };
        Ok(!self.find(&read, "whether there is such a tenant").await?.is_empty())
    }

    /// Whether a user has a role in a tenant.
    pub async fn is_member(&self, user: &str, tenant: &str) -> Result<bool> {
        if !is_uuid(tenant) {
            return Ok(false);
        }
        let read = Read {
            collection: String::from("baasix_UserRole"),
            fields: vec![String::from("id")],
            filter: Some(Filter::All(vec![
                field_is("user_Id", user),
                field_is("tenant_Id", tenant),
            ])),
            limit: Some(1),
            ..Read::default()
        };
        Ok(!self.find(&read, "whether somebody belongs to a tenant").await?.is_empty())
    }

    fn held(&self) -> &Held {
        &self.0.settings
    }

    /// Reads the settings anew when they are asked for next.
    pub fn reload_settings(&self) {
        *self.held().read.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn kept_settings<T>(&self, of: impl FnOnce(&Known) -> Option<T>) -> Option<T> {
        let known = self.held().read.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|known| self.identity_holds(known.version, None)).and_then(of)
    }

    /// Keeps what was read under this number.
    fn keep_settings(&self, version: u64, put: impl FnOnce(&mut Known)) {
        let mut known = self.held().read.lock().unwrap_or_else(PoisonError::into_inner);
        match known.as_mut() {
            // What holds since an earlier number, holds: the earlier number is the careful one.
            Some(known) if self.identity_holds(known.version, None) => {
                known.version = known.version.min(version);
                put(known);
            }
            Some(_) | None => {
                let mut fresh = Known::under(version);
                put(&mut fresh);
                *known = Some(fresh);
            }
        }
    }

    /// The row as it is stored.
    async fn settings_row(&self, tenant: Option<&str>) -> Result<Option<Row>> {
        let filter = match tenant {
            Some(tenant) => field_is("tenant_Id", tenant),
            None => field_test("tenant_Id", "isNull", json!(true)),
        };
        let read = Read {
            collection: ROWS.to_owned(),
            filter: Some(filter),
            limit: Some(1),
            ..Read::default()
        };
        Ok(self.find(&read, "the settings").await?.into_iter().next())
    }

    async fn addresses(&self) -> Result<Addresses> {
        let read = Read {
            collection: ROWS.to_owned(),
            fields: ["id", "tenant_Id", "app_url"].map(str::to_owned).to_vec(),
            filter: Some(field_test("app_url", "isNotNull", json!(true))),
            limit: Some(-1),
            ..Read::default()
        };
        let mut rows = self.find(&read, "where applications live").await?;
        let text = |row: &Row, name: &str| row.get(name).and_then(Json::as_str).map(str::to_owned);
        // The project's own first, of tenants whoever came first.
        rows.sort_by_key(|row| {
            (text(row, "tenant_Id").is_some(), row.get("id").and_then(Json::as_i64))
        });
        let address = |row: &Row| text(row, "app_url").and_then(|address| plain_address(&address));
        Ok(rows.iter().filter_map(|row| Some((address(row)?, text(row, "tenant_Id")))).collect())
    }

    /// The pictures that settings point at, by their keys.
    async fn pictures(&self, settings: &Row) -> Result<HashMap<String, Row>> {
        let keys = PICTURES.iter().filter_map(|name| settings.get(&format!("{name}_Id")));
        let keys: Vec<&Json> = keys.filter(|key| !key.is_null()).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let read = Read {
            collection: String::from("baasix_File"),
            fields: PICTURE.map(str::to_owned).to_vec(),
            filter: Some(field_test("id", "in", json!(keys))),
            limit: Some(-1),
            ..Read::default()
        };
        let rows = self.find(&read, "the pictures of the settings").await?;
        let key = |row: &Row| row.get("id").and_then(Json::as_str).map(str::to_owned);
        Ok(rows.into_iter().filter_map(|row| Some((key(&row)?, row))).collect())
    }
}

impl Holding {
    /// The project's settings with what a tenant's row says otherwise.
    fn of(mut settings: Row, own: Row) -> Self {
        // A password is sealed for the record that it lies in: the key goes with it.
        let mail = mail_of(if has_server(&own) { &own } else { &settings });
        for (name, value) in own {
            match (name.as_str(), value) {
                ("tenant_Id", _) | (_, Json::Null) => {}
                (FREE, Json::Object(own)) => match settings.get_mut(FREE) {
                    Some(Json::Object(free)) => free.extend(own),
                    Some(_) | None => drop(settings.insert(name, Json::Object(own))),
                },
                (FREE, _) => {}
                (_, value) => drop(settings.insert(name, value)),
            }
        }
        settings.retain(|name, _| !MAIL.contains(&name.as_str()));
        if let Some(told) = mail.get(MAIL_TOLD) {
            settings.insert(MAIL_TOLD.to_owned(), told.clone());
        }
        Self { row: Arc::new(settings), mail }
    }
}

/// An address as it is compared: scheme and host in small letters, without the port that the scheme
/// means anyway and without slashes at the end. None for what is no address of a page.
fn plain_address(address: &str) -> Option<String> {
    let (scheme, rest) = address.trim().split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let usual = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix(usual).unwrap_or(&host);
    (!host.is_empty()).then(|| format!("{scheme}://{host}{}", path.trim_end_matches('/')))
}

/// Whether a text is a key of a tenant, in the form that both stores take.
fn is_uuid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
