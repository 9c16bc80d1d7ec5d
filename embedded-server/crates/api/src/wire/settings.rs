//! How a project looks and what it is called.

use serde::Serialize;
use serde_json::{Map, Value as Json};

/// How a project or a tenant looks, for pages and mails.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Branding {
    /// What it is called.
    pub(crate) project_name: Option<String>,
    /// Its title.
    pub(crate) title: Option<String>,
    /// Where it lives.
    pub(crate) project_url: Option<String>,
    /// Where its application lives.
    pub(crate) app_url: Option<String>,
    /// What it is.
    pub(crate) description: Option<String>,
    /// Words it is found by.
    pub(crate) keywords: Option<String>,
    /// Its colour.
    pub(crate) project_color: Option<String>,
    /// The colour beside it.
    pub(crate) secondary_color: Option<String>,
    /// The time zone people are told times in.
    pub(crate) timezone: Option<String>,
    /// The language people are spoken to in.
    pub(crate) language: Option<String>,
    /// How dates are written.
    pub(crate) date_format: Option<String>,
    /// The currency of sums.
    pub(crate) currency: Option<String>,
    /// Address of the picture in its mails; `null` without a picture or without `project_url`.
    pub(crate) logo_url: Option<String>,
    /// The same address.
    pub(crate) logo: Option<String>,
    /// The same as `project_color`.
    #[serde(rename = "primaryColor")]
    pub(crate) primary_color: Option<String>,
    /// The same as `secondary_color`.
    #[serde(rename = "secondaryColor")]
    pub(crate) other_color: Option<String>,
}

/// What a server is, for machines (`GET /`).
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ServerInfo {
    /// The project.
    pub(crate) project: ProjectInfo,
    /// Version of the program.
    pub(crate) version: String,
}

/// A project as a server tells of it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ProjectInfo {
    /// What it is called.
    pub(crate) name: Option<String>,
    /// Its title.
    pub(crate) title: Option<String>,
    /// Where it lives.
    pub(crate) url: Option<String>,
    /// Where its application lives.
    pub(crate) app_url: Option<String>,
    /// Its colour.
    pub(crate) color: Option<String>,
    /// The colour beside it.
    pub(crate) secondary_color: Option<String>,
    /// What it is.
    pub(crate) description: Option<String>,
    /// Words it is found by.
    pub(crate) keywords: Option<String>,
    /// Its pictures.
    pub(crate) branding: ProjectPictures,
    /// How it speaks to people.
    pub(crate) localization: Localization,
    /// Whether it sends mail by a server of its own.
    pub(crate) smtp_enabled: bool,
    /// Whether it holds tenants.
    pub(crate) multitenant: bool,
    /// What the application keeps of it; for who is signed in.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub(crate) metadata: Json,
    /// The parts of the application that are switched on; for who is signed in.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub(crate) modules: Json,
}

/// The pictures of a project, by the ids of their files.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ProjectPictures {
    /// For light grounds.
    pub(crate) logo_light: Option<String>,
    /// For dark grounds.
    pub(crate) logo_dark: Option<String>,
    /// With its name.
    pub(crate) logo_full: Option<String>,
    /// Without a ground.
    pub(crate) logo_transparent: Option<String>,
    /// For the tab of a browser.
    pub(crate) favicon: Option<String>,
    /// For the screen of a telephone.
    pub(crate) icon: Option<String>,
    /// For mails.
    pub(crate) email_icon: Option<String>,
}

/// How a project speaks to people.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Localization {
    /// The time zone people are told times in.
    pub(crate) timezone: Option<String>,
    /// The language people are spoken to in.
    pub(crate) language: Option<String>,
    /// How dates are written.
    pub(crate) date_format: Option<String>,
    /// The currency of sums.
    pub(crate) currency: Option<String>,
}

impl Branding {
    /// Of settings as they are told.
    pub(crate) fn of(settings: &Map<String, Json>) -> Self {
        let text = |name: &str| text(settings, name);
        let place = text("project_url").zip(text("email_icon_Id"));
        let logo = place.map(|(url, icon)| format!("{}/assets/{icon}", url.trim_end_matches('/')));
        Self {
            project_name: text("project_name"),
            title: text("title"),
            project_url: text("project_url"),
            app_url: text("app_url"),
            description: text("description"),
            keywords: text("keywords"),
            project_color: text("project_color"),
            secondary_color: text("secondary_color"),
            timezone: text("timezone"),
            language: text("language"),
            date_format: text("date_format"),
            currency: text("currency"),
            logo_url: logo.clone(),
            logo,
            primary_color: text("project_color"),
            other_color: text("secondary_color"),
        }
    }
}

impl ProjectInfo {
    /// Of settings as they are told.
    pub(crate) fn of(settings: &Map<String, Json>, multitenant: bool) -> Self {
        let text = |name: &str| text(settings, name);
        let kept = |name: &str| settings.get(name).cloned().unwrap_or(Json::Null);
        Self {
            name: text("project_name"),
            title: text("title"),
            url: text("project_url"),
            app_url: text("app_url"),
            color: text("project_color"),
            secondary_color: text("secondary_color"),
            description: text("description"),
            keywords: text("keywords"),
            branding: ProjectPictures {
                logo_light: text("project_logo_light_Id"),
                logo_dark: text("project_logo_dark_Id"),
                logo_full: text("project_logo_full_Id"),
                logo_transparent: text("project_logo_transparent_Id"),
                favicon: text("project_favicon_Id"),
                icon: text("project_icon_Id"),
                email_icon: text("email_icon_Id"),
            },
            localization: Localization {
                timezone: text("timezone"),
                language: text("language"),
                date_format: text("date_format"),
                currency: text("currency"),
            },
            smtp_enabled: kept("smtp_enabled") == true,
            multitenant,
            metadata: kept("metadata"),
            modules: kept("modules"),
        }
    }
}

fn text(settings: &Map<String, Json>, name: &str) -> Option<String> {
    settings.get(name).and_then(Json::as_str).map(str::to_owned)
}
