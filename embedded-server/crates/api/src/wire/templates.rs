//! The mails of the house, and one as it would be sent.

use engine::Template;
use notify::default::COMMON;
use notify::template::Rendered;
use serde::Serialize;

fn listed(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A mail that the house sends (`GET /templates/types`).
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct TemplateType {
    /// What the mail is for, as `type` of `baasix_Template`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The same for people.
    pub(crate) label: String,
    /// When it is sent.
    pub(crate) description: String,
    /// The names of what it is told beside what every mail knows.
    pub(crate) variables: Vec<String>,
}

/// All mails that the house sends.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct TemplateTypes {
    /// Each by its type.
    pub(crate) types: Vec<TemplateType>,
    /// The names of what every mail knows.
    pub(crate) common_variables: Vec<String>,
}

/// A mail as the house writes it where nobody wrote another.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct TemplateDefault {
    /// What the mail is for, as `type` of `baasix_Template`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The same for people.
    pub(crate) label: String,
    /// Its subject, in Liquid.
    pub(crate) subject: String,
    /// Its body, a piece of a page in Liquid.
    pub(crate) body: String,
    /// When it is sent.
    pub(crate) description: String,
    /// The names of what it is told beside what every mail knows.
    pub(crate) variables: Vec<String>,
    /// The names of what every mail knows.
    pub(crate) common_variables: Vec<String>,
}

/// All mails as the house writes them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct TemplateDefaults {
    /// Each by its type.
    pub(crate) templates: Vec<TemplateDefault>,
    /// The names of what every mail knows.
    pub(crate) common_variables: Vec<String>,
}

/// A mail as it would be sent.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct TemplatePreview {
    /// One line.
    pub(crate) subject: String,
    /// A whole page.
    pub(crate) html: String,
    /// What the page says, without marks.
    pub(crate) text: String,
    /// Variables that the template asks for and is never told.
    pub(crate) unknown: Vec<String>,
}

impl TemplateType {
    pub(crate) fn of(template: &Template) -> Self {
        Self {
            kind: template.kind.to_owned(),
            label: template.label.to_owned(),
            description: template.description.to_owned(),
            variables: listed(template.variables),
        }
    }
}

impl TemplateTypes {
    pub(crate) fn new(types: Vec<TemplateType>) -> Self {
        Self { types, common_variables: listed(&COMMON) }
    }
}

impl TemplateDefault {
    pub(crate) fn of(template: &Template) -> Self {
        Self {
            kind: template.kind.to_owned(),
            label: template.label.to_owned(),
            subject: template.subject.to_owned(),
            body: template.body.to_owned(),
            description: template.description.to_owned(),
            variables: listed(template.variables),
            common_variables: listed(&COMMON),
        }
    }
}

impl TemplateDefaults {
    pub(crate) fn new(templates: Vec<TemplateDefault>) -> Self {
        Self { templates, common_variables: listed(&COMMON) }
    }
}

impl TemplatePreview {
    pub(crate) fn of(mail: Rendered, unknown: Vec<String>) -> Self {
        Self { subject: mail.subject, html: mail.html, text: mail.text, unknown }
    }
}
