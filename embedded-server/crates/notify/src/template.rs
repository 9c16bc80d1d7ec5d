//! Mails made of templates: whose text it is, what it is told, and what comes of it
//! (`docs/adr/0022-templates-are-liquid.md`).

mod expressions;
mod filters;
mod hook;
mod liquid;
mod page;
mod run;
#[cfg(test)]
mod tests;
mod words;

pub use hook::TemplateHook;

use crate::default::{COMMON, LAYOUT, built_in, common, looks, samples, text};
use base::{Code, Detail, Error, Result};
use engine::{Engine, field_is, field_test};
use liquid::Makes;
use query::{Filter, Read};
use run::{Values, judge, run};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;
use words::Fault;

const ROWS: &str = "baasix_Template";

/// Most signs of a subject; no reader of mail shows as many.
const SUBJECT_MAX: usize = 500;

/// Most bytes of the values that one mail is told, as JSON.
const VALUES_MAX: usize = 256 * 1024;

/// A mail as it is sent, without whom it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line without a line break in it.
    pub subject: String,
    /// A whole page.
    pub html: String,
    /// What the page says, without marks.
    pub text: String,
}

/// A mail that is shown before there is one.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// Its type; without one it is told what every mail knows and what is given.
    pub kind: Option<String>,
    /// Another subject than the one of its type.
    pub subject: Option<String>,
    /// Another body than the one of its type.
    pub body: Option<String>,
    /// Values, over the ones that the type is shown with.
    pub variables: Map<String, Json>,
}

/// What a template says, before it is run.
struct Written {
    subject: String,
    body: String,
}

/// The mails of a project.
#[derive(Clone, Copy, Debug)]
pub struct Templates;

impl Templates {
    /// A mail of this type to somebody of a tenant, or of the project. `variables` are the ones of
    /// the type; what every mail knows (`project_name`, `app_url`, …) comes from the settings that
    /// hold there.
    ///
    /// The text is the tenant's, else the project's, else the house's; one that cannot be run is
    /// passed over with a warning, so that nobody waits for a mail in vain. `NOT_FOUND` for a type
    /// that nobody wrote, `VALIDATION_ERROR` if it cannot be made of these values.
    pub async fn render(
        engine: &Engine,
        tenant: Option<&str>,
        kind: &str,
        variables: &Map<String, Json>,
    ) -> Result<Rendered> {
        let settings = engine.settings(tenant).await?;
        first_made(kind, candidates(engine, tenant, kind).await?, &settings, variables)
    }

    /// The mail that would be sent, with values to show it, and the names of what it asks for and is
    /// never told. Nothing is passed over: what cannot be run is refused with its line.
    pub async fn preview(
        engine: &Engine,
        tenant: Option<&str>,
        preview: Preview,
    ) -> Result<(Rendered, Vec<String>)> {
        let settings = engine.settings(tenant).await?;
        let kind = preview.kind.as_deref();
        let stored = match kind {
            Some(kind) => candidates(engine, tenant, kind).await?.into_iter().next(),
            None => None,
        };
        let written = match (preview.subject, preview.body, stored) {
            (Some(subject), Some(body), _) => Written { subject, body },
            (subject, body, Some(stored)) => Written {
                subject: subject.unwrap_or(stored.subject),
                body: body.unwrap_or(stored.body),
            },
            (Some(subject), None, None) => Written { subject, body: String::new() },
            (None, Some(body), None) => Written { subject: String::new(), body },
            (None, None, None) => return Err(unknown(kind.unwrap_or_default())),
        };
        let mut variables = samples(kind.unwrap_or_default(), text(&settings, "app_url"));
        variables.extend(preview.variables);
        let rendered = made(&written, &settings, &variables)?;
        let mut asked = BTreeSet::new();
        for (place, template, makes) in places(&written) {
            asked.extend(judge(template, makes).map_err(|fault| refused(place, &fault))?.names);
        }
        let is_told =
            |name: &String| variables.contains_key(name) || COMMON.contains(&name.as_str());
        let unknown = asked.into_iter().filter(|name| !is_told(name)).collect();
        Ok((rendered, unknown))
    }
}

fn unknown(kind: &str) -> Error {
    Error::new(Code::NotFound, format!("there is no mail of type `{kind}`"))
        .at("type")
        .hint("`GET /templates/types` lists the ones of the house")
}

fn places(written: &Written) -> [(&'static str, &str, Makes); 2] {
    [("subject", &written.subject, Makes::Text), ("body", &written.body, Makes::Html)]
}

/// A refusal at a field of a template.
fn refused(place: &str, fault: &Fault) -> Error {
    let why = fault.to_string();
    let told = Error::new(Code::ValidationError, format!("Validation failed: {place}: {why}"));
    told.at(place.to_owned()).detail(Detail::field("template", place, why))
}

/// The texts of a type: the tenant's, the project's, the house's. Of the stored ones the active.
async fn candidates(engine: &Engine, tenant: Option<&str>, kind: &str) -> Result<Vec<Written>> {
    let mut whose = vec![field_test("tenant_Id", "isNull", json!(true))];
    // Another text than the key of a tenant names none, and Postgres takes it for no key either.
    if let Some(tenant) = tenant
        && engine.is_tenant(tenant).await?
    {
        whose.push(field_is("tenant_Id", tenant));
    }
    let read = Read {
        collection: ROWS.to_owned(),
        fields: ["id", "tenant_Id", "subject", "body"].map(str::to_owned).to_vec(),
        filter: Some(Filter::All(vec![
            field_is("type", kind),
            field_is("isActive", true),
            Filter::Any(whose),
        ])),
        limit: Some(2),
        ..Read::default()
    };
    let mut rows = engine.find(&read, "the template of a mail").await?;
    rows.sort_by_key(|row| row.get("tenant_Id").is_none_or(Json::is_null));
    let text = |row: &Map<String, Json>, name: &str| {
        row.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
    };
    let stored =
        rows.iter().map(|row| Written { subject: text(row, "subject"), body: text(row, "body") });
    let ours = built_in(kind)
        .map(|ours| Written { subject: ours.subject.to_owned(), body: ours.body.to_owned() });
    Ok(stored.chain(ours).collect())
}

/// The mail of the first text that can be run.
fn first_made(
    kind: &str,
    candidates: Vec<Written>,
    settings: &Map<String, Json>,
    variables: &Map<String, Json>,
) -> Result<Rendered> {
    let mut last = None;
    for written in candidates {
        match made(&written, settings, variables) {
            Ok(rendered) => return Ok(rendered),
            Err(fault) => {
                tracing::warn!(kind, %fault, "a template cannot be run");
                last = Some(fault);
            }
        }
    }
    Err(last.unwrap_or_else(|| unknown(kind)))
}

/// What a template makes of these values.
fn made(
    written: &Written,
    settings: &Map<String, Json>,
    variables: &Map<String, Json>,
) -> Result<Rendered> {
    let bytes = json!(variables).to_string().len();
    if bytes > VALUES_MAX {
        let why = format!("a mail is told at most {VALUES_MAX} bytes, not {bytes}");
        return Err(refused("variables", &Fault::whole(why)));
    }
    let mut values = Values::default();
    values.put_all(variables);
    values.put_all(&common(settings));
    values.put_page("email_signature", text(settings, "email_signature").unwrap_or_default());
    let [subject, body] = places(written).map(|(place, template, makes)| {
        judge(template, makes)
            .and_then(|compiled| run(&compiled, &values))
            .map_err(|fault| refused(place, &fault))
    });
    let (subject, body) = (one_line(&subject?), body?);
    let html = if page::is_page(&written.body) {
        body
    } else {
        values.put_all(&looks(settings));
        values.put("subject", &json!(subject));
        values.put_page("content", &body);
        judge(LAYOUT, Makes::Html)
            .and_then(|layout| run(&layout, &values))
            .map_err(|fault| refused("body", &fault))?
    };
    Ok(Rendered { text: page::in_words(&html), subject, html })
}

/// A line: whatever could end it or begin another header is a blank.
fn one_line(text: &str) -> String {
    let is_break = |sign: char| sign.is_control() || matches!(sign, '\u{2028}' | '\u{2029}');
    let words = text.split(|sign: char| is_break(sign) || sign.is_whitespace());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(SUBJECT_MAX).collect()
}
