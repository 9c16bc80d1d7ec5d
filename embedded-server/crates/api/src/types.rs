//! `GET /types`: the collections as TypeScript, as the caller may see them. `plinth generate` and
//! the program of the SDK's package are thin clients of it (ADR 0009).

mod naming;
mod text;

use crate::app::App;
use crate::caller::Caller;
use crate::schemas::{readable, shown, visible};
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::request::Params;
use crate::versioned;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base::{Code, Error, Result, nearest};
use catalog::Catalog;
use engine::Numbers;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// The types alone.
    Types,
    /// The types and a function that makes a client of them.
    SdkTypes,
    /// The definitions themselves.
    SchemaJson,
}

const TARGETS: [(&str, Target); 3] = [
    ("types", Target::Types),
    ("sdk-types", Target::SdkTypes),
    ("schema-json", Target::SchemaJson),
];

pub(crate) async fn types(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    readable(&app, &caller)?;
    let params = Params::parse(query.as_deref().unwrap_or_default(), app.engine().limits())?;
    let target = target(params.text("target").as_deref())?;
    let numbers = numbers(params.text("numbers").as_deref(), caller.numbers)?;
    let view = visible(&app, &caller);
    let whole = caller.actor().is_administrator();
    let body = match target {
        Target::Types => text::types(&view, numbers),
        Target::SdkTypes => text::sdk_types(&view, numbers),
        Target::SchemaJson => schema_json(&view, whole)?,
    };
    let kind = match target {
        Target::Types | Target::SdkTypes => "application/typescript; charset=utf-8",
        Target::SchemaJson => "application/json; charset=utf-8",
    };
    Ok(versioned::answer(&headers, kind, body))
}

fn target(asked: Option<&str>) -> Result<Target> {
    let Some(asked) = asked else { return Ok(Target::Types) };
    TARGETS.iter().find(|(word, _)| *word == asked).map(|(_, target)| *target).ok_or_else(|| {
        let error =
            Error::new(Code::InvalidQuery, format!("query parameter `target` cannot be `{asked}`"))
                .at("target");
        match nearest(asked, TARGETS.map(|(word, _)| word)) {
            Some(word) => error.hint(format!("did you mean `{word}`?")),
            None => error.hint("`types`, `sdk-types` or `schema-json`"),
        }
    })
}

/// How the client will get decimals and large integers: `exact` is the SDK's word for strings.
fn numbers(asked: Option<&str>, by_header: Numbers) -> Result<Numbers> {
    match asked {
        None => Ok(by_header),
        Some("exact" | "string") => Ok(Numbers::Strings),
        Some("number") => Ok(Numbers::Tokens),
        Some(other) => Err(Error::new(
            Code::InvalidQuery,
            format!("query parameter `numbers` cannot be `{other}`"),
        )
        .at("numbers")
        .hint("`number` or `exact`, as the client is made")),
    }
}

fn schema_json(view: &Catalog, whole: bool) -> Result<String> {
    let mut all: Vec<_> = view.collections.values().map(|one| shown(one, whole)).collect();
    all.sort_by(|a, b| a.collection_name.cmp(&b.collection_name));
    let mut text = serde_json::to_string_pretty(&all)
        .map_err(|fault| Error::internal("write the schemas").caused_by(fault))?;
    text.push('\n');
    Ok(text)
}
