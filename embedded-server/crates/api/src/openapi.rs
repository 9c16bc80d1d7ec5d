//! The API as the caller may see it, in OpenAPI 3.1.

mod fixed;

use crate::app::App;
use crate::caller::Caller;
use crate::versioned;
use access::{Action, Capability};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use catalog::{Collection, Element, Field, FieldKind};
use serde_json::{Map, Value as Json, json};

/// `GET /openapi`: collections, fields and actions without a grant are not in it.
pub(crate) async fn document(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> Response {
    let state = app.engine().state();
    let actor = caller.actor();
    let view = state.view(actor);
    let policies = (!actor.unbound()).then_some(&*actor.policies);
    let reach = match (actor.is_administrator(), caller.user()) {
        (true, _) => fixed::Reach::Administrators,
        (false, Ok(_)) => fixed::Reach::SignedIn,
        (false, Err(_)) => fixed::Reach::Everybody,
    };
    let mut paths = fixed::paths(reach);
    paths.extend(report_paths());
    let mut schemas = Map::new();
    schemas.insert(String::from("Error"), error_schema());
    for (name, actions) in access::capabilities(&state.catalog, policies) {
        // What may be written but not read has no readable shape to show.
        if let Some(collection) = view.get(&name) {
            schemas.insert(name.clone(), record_schema(collection));
            add_paths(&mut paths, &name, collection.sort_enabled, &actions);
        }
    }
    let body = json!({
        "openapi": "3.1.0",
        "info": { "title": app.settings().project, "version": app.settings().version },
        "servers": [{ "url": "/" }],
        "security": [{ "bearer": [] }, {}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } },
        },
    });
    versioned::answer(&headers, "application/json; charset=utf-8", body.to_string())
}

fn add_paths(paths: &mut Map<String, Json>, name: &str, sorted: bool, actions: &[Capability; 4]) {
    let granted = |action: Action| {
        Action::ALL
            .iter()
            .zip(actions)
            .any(|(one, capability)| *one == action && capability.fields.is_some())
    };
    let record = json!({ "$ref": format!("#/components/schemas/{name}") });
    let (mut many, mut one) = (Map::new(), Map::new());
    if granted(Action::Read) {
        let page = json!({ "type": "object", "required": ["data"], "properties": {
            "data": { "type": "array", "items": record }, "totalCount": { "type": "integer" } } });
        many.insert(
            String::from("get"),
            operation(&format!("List {name}"), &list_parameters(), None, 200, &page),
        );
        let groups = json!({ "type": "object", "required": ["data"], "properties": {
            "data": { "type": "array", "items": { "type": "object" } },
            "totalCount": { "type": "integer" } } });
        let about = format!("Report on {name}");
        paths.insert(
            format!("/reports/{name}"),
            json!({
                "get": operation(&about, &report_parameters(), None, 200, &groups),
                "post": operation(&about, &[], Some(&report_schema()), 200, &groups),
            }),
        );
        let mut export = list_parameters();
        for (word, values) in [
            ("format", json!(["json", "csv", "ndjson", "sql"])),
            ("formulas", json!(["guard", "keep"])),
        ] {
            export.push(json!({ "name": word, "in": "query", "schema": { "type": "string", "enum": values } }));
        }
        let about = format!("Every one of {name} that matches, as a file");
        let rows = json!({ "type": "array", "items": record });
        let file = operation(&about, &export, None, 200, &rows);
        paths.insert(format!("/items/{name}/export"), json!({ "get": file }));
        let body = json!({ "type": "object", "properties": { "data": record } });
        one.insert(
            String::from("get"),
            operation(&format!("Read one of {name}"), &[], None, 200, &body),
        );
        let about = format!("What one of {name} was");
        paths.insert(
            format!("/items/{name}/{{id}}/history"),
            json!({
                "parameters": id_parameter(),
                "get": operation(&about, &history_parameters(), None, 200, &history_schema()),
            }),
        );
    }
    let key = json!({ "type": "object", "properties": { "data": { "type": "object", "properties": { "id": {} } } } });
    let keys =
        json!({ "type": "object", "properties": { "data": { "type": "array", "items": {} } } });
    let mut bulk = Map::new();
    let mut several = |method: &str, about: &str, item: &Json, status: u16| {
        let body = json!({ "type": "array", "items": item });
        bulk.insert(method.to_owned(), operation(about, &[], Some(&body), status, &keys));
    };
    if granted(Action::Create) {
        several("post", &format!("Create several in {name}"), &record, 201);
        for (format, part) in [("csv", "csvFile"), ("json", "jsonFile")] {
            paths.insert(format!("/items/{name}/import-{format}"), import(name, format, part));
        }
        many.insert(
            String::from("post"),
            operation(&format!("Create in {name}"), &[], Some(&record), 201, &key),
        );
    }
    if granted(Action::Read) && (granted(Action::Create) || granted(Action::Update)) {
        let about = format!("Change the first of {name} that a filter finds, or create one");
        let body = json!({ "type": "object", "required": ["filter", "data"], "properties": {
            "filter": { "type": "object" }, "data": record } });
        let mut upsert = operation(&about, &[], Some(&body), 200, &key);
        upsert["description"] = Json::from(UPSERT);
        let mut made = upsert["responses"]["200"].clone();
        made["description"] = Json::from("Created");
        upsert["responses"]["201"] = made;
        many.insert(String::from("put"), upsert);
    }
    if granted(Action::Update) {
        several("patch", &format!("Change several of {name}"), &record, 200);
        if sorted {
            let about = format!("Move one of {name} before or after another");
            let body = json!({ "type": "object", "required": ["item", "to"], "properties": {
                "item": {}, "to": {}, "mode": { "type": "string", "enum": ["before", "after"] } } });
            let moved = operation(&about, &[], Some(&body), 200, &json!({ "type": "object" }));
            paths.insert(format!("/utils/sort/{name}"), json!({ "post": moved }));
        }
        one.insert(
            String::from("patch"),
            operation(&format!("Change one of {name}"), &[], Some(&record), 200, &key),
        );
        let about = format!("Take fields of one of {name} back from its history");
        paths.insert(
            format!("/items/{name}/{{id}}/revert"),
            json!({
                "parameters": id_parameter(),
                "post": operation(&about, &[], Some(&revert_schema()), 200, &key),
            }),
        );
    }
    if granted(Action::Delete) {
        several("delete", &format!("Delete several of {name}"), &json!({}), 200);
        one.insert(
            String::from("delete"),
            operation(&format!("Delete one of {name}"), &[], None, 200, &key),
        );
    }
    if !one.is_empty() {
        one.insert(String::from("parameters"), id_parameter());
        paths.insert(format!("/items/{name}/{{id}}"), Json::Object(one));
    }
    if !many.is_empty() {
        paths.insert(format!("/items/{name}"), Json::Object(many));
    }
    if !bulk.is_empty() {
        paths.insert(format!("/items/{name}/bulk"), Json::Object(bulk));
    }
}

/// A whole file at once, in one transaction.
fn import(name: &str, format: &str, part: &str) -> Json {
    let about = format!("Import rows of {format} into {name}");
    let mut told = operation(&about, &[], None, 200, &json!({ "type": "object" }));
    let file = json!({ "type": "string", "contentMediaType": "application/octet-stream" });
    let form = json!({ "type": "object", "required": [part], "properties": { part: file } });
    told["requestBody"] =
        json!({ "required": true, "content": { "multipart/form-data": { "schema": form } } });
    json!({ "post": told })
}

fn id_parameter() -> Json {
    json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }])
}

fn history_parameters() -> [Json; 2] {
    let one = |name: &str, kind: &str, about: &str| json!({ "name": name, "in": "query", "description": about, "schema": { "type": kind } });
    [
        one("limit", "integer", "most revisions, 1 to 100; 20 unless given"),
        one("after", "string", "cursor of the page before"),
    ]
}

fn history_schema() -> Json {
    let text = json!({ "type": ["string", "null"] });
    let side = json!({ "type": ["object", "null"] });
    json!({ "type": "object", "required": ["data", "cursor", "keepDays"], "properties": {
        "data": { "type": "array", "items": { "type": "object", "properties": {
            "id": { "type": "string" }, "at": { "type": "string", "format": "date-time" },
            "action": { "enum": ["create", "update", "delete", "restore"] },
            "actor": { "type": ["object", "null"], "properties": { "id": { "type": "string" }, "name": text, "email": text } },
            "origin": text, "ip": text, "changed": { "type": "array", "items": { "type": "string" } },
            "before": side, "after": side } } },
        "cursor": text, "keepDays": { "type": "integer" } } })
}

fn revert_schema() -> Json {
    json!({ "type": "object", "required": ["revision"], "properties": {
        "revision": { "type": "string", "description": "id of a revision" },
        "fields": { "type": "array", "items": { "type": "string" }, "description": "all that it changed unless given" },
        "to": { "enum": ["before", "after"], "description": "which side of it; `before` unless given" } } })
}

/// What an upsert promises beside others.
const UPSERT: &str = "Of all who do it at the same time with one filter, whose data satisfies the filter, one creates and the others change what it created. A plain create knows no filter and creates whenever it is asked: before, after or beside an upsert. A value that must not occur twice wants a unique index; an upsert that meets it changes the record that has the value, a create is refused with UNIQUE_VIOLATION.";

fn operation(
    summary: &str,
    parameters: &[Json],
    body: Option<&Json>,
    status: u16,
    answer: &Json,
) -> Json {
    let mut operation = json!({
        "summary": summary,
        "responses": {
            status.to_string(): { "description": "Done", "content": { "application/json": { "schema": answer } } },
            "default": { "description": "Refused", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } } },
        },
    });
    if !parameters.is_empty() {
        operation["parameters"] = Json::Array(parameters.to_vec());
    }
    if let Some(body) = body {
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": body } } });
    }
    operation
}

fn list_parameters() -> Vec<Json> {
    let known = [
        (
            "fields",
            "string",
            "field patterns as a JSON array or comma list: `*`, `name`, `author.*`",
        ),
        ("filter", "string", "a condition tree as JSON"),
        ("sort", "string", "JSON object, or `-createdAt,name`"),
        ("limit", "integer", "most rows; -1 is all"),
        ("page", "integer", "one-based page"),
        ("offset", "integer", "rows to skip"),
        ("after", "string", "cursor of the page before; empty for the first"),
        ("search", "string", "words to find"),
        ("count", "string", "`exact`, `estimate` or `none`"),
    ];
    let one = |(name, kind, about): (&str, &str, &str)| json!({ "name": name, "in": "query", "description": about, "schema": { "type": kind } });
    known.into_iter().map(one).collect()
}

const AGGREGATE: &str = "aggregates by their alias, as JSON: \
    `{\"total\": {\"function\": \"sum\", \"field\": \"price\"}}`";
const GROUP_BY: &str = "fields, relation paths, or `date:year:createdAt`";
const DATE_RANGE: &str = "`{\"start\", \"end\", \"field\"?}`; `field` is `createdAt` unless named";

/// What a list takes, and what makes it a report.
fn report_parameters() -> Vec<Json> {
    let mut parameters = list_parameters();
    for (name, about) in
        [("aggregate", AGGREGATE), ("groupBy", GROUP_BY), ("dateRange", DATE_RANGE)]
    {
        parameters.push(json!({ "name": name, "in": "query", "description": about, "schema": { "type": "string" } }));
    }
    parameters
}

/// The same as a body.
fn report_schema() -> Json {
    let mut properties = Map::new();
    for parameter in report_parameters() {
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        let kind = match name.as_str() {
            "fields" => json!({ "type": "array", "items": { "type": "string" } }),
            "groupBy" => json!({ "type": ["string", "array"], "items": { "type": "string" } }),
            "filter" | "aggregate" | "dateRange" => json!({ "type": "object" }),
            "sort" => json!({}),
            _ => parameter["schema"].clone(),
        };
        properties.insert(name, kind);
    }
    json!({ "type": "object", "properties": properties })
}

fn report_paths() -> Map<String, Json> {
    let entry = json!({ "type": "object", "required": ["name", "collection", "query"], "properties": {
        "name": { "type": "string" }, "collection": { "type": "string" }, "query": report_schema() } });
    let body = json!({ "type": "object", "required": ["stats"], "properties": {
        "stats": { "type": "array", "minItems": 1, "items": entry } } });
    let answer = json!({ "type": "object", "properties": {
        "data": { "type": "object", "additionalProperties": { "type": "object" } },
        "totalStats": { "type": "integer" }, "successfulStats": { "type": "integer" } } });
    let asked = [
        json!({ "name": "stats", "in": "query", "required": true, "description": "the list as JSON", "schema": { "type": "string" } }),
    ];
    let about = "Several reports at once, each under its name";
    let word = |name: &str, words: Json, about: &str| json!({ "name": name, "in": "query", "description": about, "schema": { "type": "string", "enum": words } });
    let options = [
        word("target", json!(["types", "sdk-types", "schema-json"]), "what is written"),
        word(
            "numbers",
            json!(["number", "exact"]),
            "how the client gets decimals and large integers",
        ),
    ];
    let mut written = operation(
        "The collections as TypeScript, as the caller may see them",
        &options,
        None,
        200,
        &json!({ "type": "string" }),
    );
    let content = written["responses"]["200"]["content"]["application/json"].take();
    written["responses"]["200"]["content"] = json!({ "application/typescript": content });
    written["responses"]["304"] = json!({ "description": "The same as `If-None-Match` names" });
    let mut paths = Map::new();
    paths.insert(
        String::from("/reports/stats"),
        json!({
            "get": operation(about, &asked, None, 200, &answer),
            "post": operation(about, &[], Some(&body), 200, &answer),
        }),
    );
    paths.insert(String::from("/types"), json!({ "get": written }));
    paths
}

fn record_schema(collection: &Collection) -> Json {
    let properties: Map<String, Json> = collection
        .fields
        .values()
        .filter(|field| !field.hidden)
        .map(|field| (field.name.clone(), field_schema(field)))
        .collect();
    let required: Vec<&str> = collection
        .fields
        .values()
        .filter(|field| {
            !field.hidden && !field.nullable && field.default.is_none() && !field.generated
        })
        .map(|field| field.name.as_str())
        .collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

fn field_schema(field: &Field) -> Json {
    let mut schema = kind_schema(&field.kind);
    if field.nullable
        && let Some(kind) = schema.get("type").and_then(Json::as_str).map(str::to_owned)
    {
        schema["type"] = json!([kind, "null"]);
    }
    if field.read_only || field.generated {
        schema["readOnly"] = json!(true);
    }
    schema
}

fn kind_schema(kind: &FieldKind) -> Json {
    match kind {
        FieldKind::String { length: Some(length) } => {
            json!({ "type": "string", "maxLength": length })
        }
        FieldKind::String { length: None }
        | FieldKind::Text
        | FieldKind::Html
        | FieldKind::CiText
        | FieldKind::Suid
        | FieldKind::Token => json!({ "type": "string" }),
        FieldKind::Integer => json!({ "type": "integer", "format": "int32" }),
        FieldKind::BigInt => json!({ "type": "integer", "format": "int64" }),
        FieldKind::Decimal { .. } | FieldKind::Real | FieldKind::Double => {
            json!({ "type": "number" })
        }
        FieldKind::Boolean => json!({ "type": "boolean" }),
        FieldKind::Date => json!({ "type": "string", "format": "date" }),
        FieldKind::DateTime | FieldKind::DateTimeNoTz => {
            json!({ "type": "string", "format": "date-time" })
        }
        FieldKind::Time | FieldKind::TimeNoTz => json!({ "type": "string", "format": "time" }),
        FieldKind::Uuid => json!({ "type": "string", "format": "uuid" }),
        FieldKind::Json { .. } => json!({}),
        FieldKind::Enum { values } => json!({ "type": "string", "enum": values }),
        FieldKind::Array(element) => json!({ "type": "array", "items": element_schema(*element) }),
        FieldKind::Range(_) | FieldKind::Geo(_) => json!({ "type": "object" }),
        FieldKind::Binary => json!({ "type": "string", "contentEncoding": "base64" }),
    }
}

fn element_schema(element: Element) -> Json {
    match element {
        Element::Integer => json!({ "type": "integer" }),
        Element::Double | Element::Decimal => json!({ "type": "number" }),
        Element::Boolean => json!({ "type": "boolean" }),
        Element::String
        | Element::DateTime
        | Element::DateTimeNoTz
        | Element::Date
        | Element::Time
        | Element::TimeNoTz
        | Element::Uuid => json!({ "type": "string" }),
    }
}

fn error_schema() -> Json {
    json!({ "type": "object", "required": ["message", "error"], "properties": {
        "message": { "type": "string" },
        "error": { "type": "object", "properties": {
            "message": { "type": "string" },
            "code": { "type": "string", "enum": base::Code::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>() },
            "statusCode": { "type": "integer" },
        } },
        "details": { "type": "array", "items": { "type": "object" } },
    } })
}
