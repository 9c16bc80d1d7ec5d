//! What mails are made of where nobody wrote anything else: the page around a body, what every mail
//! knows, and values to show a mail with before it is sent to anybody.

use engine::{TEMPLATES, Template};
use serde_json::{Map, Value as Json, json};

/// What every mail knows.
pub const COMMON: [&str; 6] =
    ["project_name", "project_color", "project_url", "app_url", "email_signature", "logo_url"];

/// The page around a body that is none itself. `content`, `colour`, `language` and `subject` are its
/// own. Styles stand at the tags: many readers of mail know no others.
pub(crate) const LAYOUT: &str = r#"<!doctype html>
<html lang="{{ language }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ subject }}</title>
</head>
<body style="margin:0;padding:24px;background:#f4f4f5;color:#18181b;font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5">
<div style="max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border-top:4px solid {{ colour }}">
{% if logo_url %}<p><img src="{{ logo_url }}" alt="{{ project_name }}" height="40"></p>
{% endif %}{{ content }}
</div>
</body>
</html>
"#;

/// The colour of a project that says none, or something that is no colour.
const COLOUR: &str = "#52525b";

/// The mail of this type as the house writes it.
#[must_use]
pub fn built_in(kind: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.kind == kind)
}

/// What every mail knows, of the settings that hold where it is sent from; without the signature,
/// which is a piece of a page.
pub(crate) fn common(settings: &Map<String, Json>) -> Map<String, Json> {
    let text = |name: &str| text(settings, name);
    let place = text("project_url").zip(text("email_icon_Id"));
    let logo = place.map(|(url, icon)| format!("{}/assets/{icon}", url.trim_end_matches('/')));
    let mut common = Map::new();
    for name in ["project_name", "project_color", "project_url", "app_url"] {
        common.insert(name.to_owned(), json!(text(name)));
    }
    common.insert(String::from("logo_url"), json!(logo));
    common
}

/// What the page around a body is told besides: a colour that is one, and a language.
pub(crate) fn looks(settings: &Map<String, Json>) -> Map<String, Json> {
    let plain = |value: &str, also: &str| {
        value.len() <= 32
            && value.chars().all(|sign| sign.is_ascii_alphanumeric() || also.contains(sign))
    };
    let colour = text(settings, "project_color").filter(|colour| plain(colour, "#"));
    let language = text(settings, "language").filter(|language| plain(language, "-"));
    let mut looks = Map::new();
    looks.insert(String::from("colour"), json!(colour.unwrap_or(COLOUR)));
    looks.insert(String::from("language"), json!(language.unwrap_or("en")));
    looks
}

/// A setting that says something.
pub(crate) fn text<'s>(settings: &'s Map<String, Json>, name: &str) -> Option<&'s str> {
    settings.get(name).and_then(Json::as_str).filter(|text| !text.trim().is_empty())
}

/// Values to show a mail of this type with.
pub(crate) fn samples(kind: &str, app_url: Option<&str>) -> Map<String, Json> {
    let at = |path: &str| {
        json!(format!(
            "{}{path}",
            app_url.unwrap_or("https://app.example.com").trim_end_matches('/')
        ))
    };
    let of = |name: &str| match name {
        "inviterName" => json!("Grace Hopper"),
        "tenant" => json!("Example Ltd"),
        "expirationDate" | "expiresAt" => json!("1 January 2030, 12:00 UTC"),
        "existingUser" => json!(kind == "inviteExistingUser"),
        "name" => json!("Ada Lovelace"),
        "email" => json!("ada@example.com"),
        "code" => json!("123456"),
        "notification_title" => json!("A title"),
        "notification_message" => json!("What there is to say."),
        "action_text" => json!("Open"),
        "loginUrl" => at("/login"),
        _ => at("/example"),
    };
    let variables = built_in(kind).map_or(&[][..], |template| template.variables);
    variables.iter().map(|name| ((*name).to_owned(), of(name))).collect()
}
