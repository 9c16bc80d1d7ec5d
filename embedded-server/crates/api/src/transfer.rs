//! Schemas and permissions as files: out of a project, looked at, and into one (`spec/data.md`
//! 13.8, `spec/auth.md` 12.2). All of it is administrators' business.

use crate::app::App;
use crate::caller::Caller;
use crate::schemas::in_hands;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::surface::baasix::routes::body_object;
use crate::wire::answer::{Answer, Done};
use crate::wire::schema::{SchemaChanges, SchemasImported};
use crate::wire::transfer::{
    FILE_VERSION, FilePreview, IndexesMigrated, PermissionExport, PermissionsTaken, RoleFile,
    RolesImported, RolesPreview, RolesTaken, SchemaFile, SchemaFileEntry, SchemaPreview,
};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use base::{Code, Error, Result};
use query::Read;
use serde::Serialize;
use serde_json::{Map, Value as Json};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/schemas-export", get(export_schemas))
        .route("/schemas-preview-import", post(preview_schemas))
        .route("/schemas-import", post(import_schemas))
        .route("/schemas/indexes/migrate", post(migrate_indexes))
        .route("/permissions-export", get(export_roles).post(export_permissions))
        .route("/permissions-preview-import", post(preview_roles))
        .route("/permissions-import", post(import_permissions))
}

/// An answer that a browser keeps as a file.
fn attachment<T: Serialize>(name: &str, now_ms: i64, file: &T) -> Response {
    let mut response = json_answer(StatusCode::OK, file);
    let value = format!("attachment; filename=\"{name}-{now_ms}.json\"");
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

fn now_iso(app: &App) -> String {
    app.engine().clock().now_iso()
}

/// The object in a form's file, or the body itself, and whether it came as a form.
async fn file(app: &App, request: Request, field: &str) -> Result<(Json, bool)> {
    let content = request.headers().get(header::CONTENT_TYPE);
    let is_form = content
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("multipart/form-data"));
    let bytes = if is_form {
        let form = Multipart::from_request(request, &());
        let form = form.await.map_err(|fault| unreadable(fault.status(), &fault.body_text()))?;
        part(form, field).await?
    } else {
        let body = Bytes::from_request(request, &()).await;
        body.map_err(|fault| unreadable(fault.status(), &fault.body_text()))?
    };
    let limits = app.engine().limits();
    Ok((Json::Object(body_object(&bytes, limits)?), is_form))
}

async fn part(mut form: Multipart, field: &str) -> Result<Bytes> {
    let fault = |fault: axum::extract::multipart::MultipartError| {
        unreadable(fault.status(), &fault.body_text())
    };
    while let Some(part) = form.next_field().await.map_err(fault)? {
        if part.name() == Some(field) || part.file_name().is_some() {
            return part.bytes().await.map_err(fault);
        }
    }
    Err(Error::new(Code::NoFile, format!("the form has no file `{field}`"))
        .at(field)
        .hint("send the exported file under that name, or its text as a JSON body"))
}

fn unreadable(status: StatusCode, why: &str) -> Error {
    let code = match status {
        StatusCode::PAYLOAD_TOO_LARGE => Code::PayloadTooLarge,
        _ => Code::InvalidBody,
    };
    Error::new(code, format!("the file cannot be read: {why}"))
}

async fn export_schemas(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    caller.administrator()?;
    let read = Read {
        collection: String::from("baasix_SchemaDefinition"),
        fields: ["collectionName", "createdAt", "updatedAt"].map(str::to_owned).to_vec(),
        limit: Some(-1),
        ..Read::default()
    };
    let stamps = app.engine().find(&read, "tell when schemas were made").await?;
    let stamp = |name: &str, key: &str| {
        let row = stamps.iter().find(|row| row.get("collectionName") == Some(&Json::from(name)));
        row.and_then(|row| row.get(key)).cloned().unwrap_or_default()
    };
    let entry = |collection: std::sync::Arc<catalog::Collection>| SchemaFileEntry {
        created_at: stamp(&collection.name, "createdAt"),
        updated_at: stamp(&collection.name, "updatedAt"),
        collection_name: collection.name.clone(),
        schema: Json::clone(&collection.document),
    };
    let schemas = app.engine().export_schemas().into_iter().map(entry).collect();
    let file = SchemaFile { version: FILE_VERSION, timestamp: now_iso(&app), schemas };
    Ok(attachment("schema-export", app.engine().clock().now_ms(), &file))
}

async fn preview_schemas(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let (file, _) = file(&app, request, "schema").await?;
    let changes = SchemaPreview::from(app.engine().preview_import(&file)?);
    Ok(json_answer(StatusCode::OK, &FilePreview::of(&file, changes)))
}

async fn import_schemas(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let (file, _) = file(&app, request, "schema").await?;
    let changes = SchemaChanges::from(in_hands(&app, &caller).import_schemas(&file).await?);
    let message = String::from("Schema import completed");
    let body = SchemasImported { message, changes: changes.clone(), data: changes };
    Ok(json_answer(StatusCode::OK, &body))
}

async fn migrate_indexes(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    caller.administrator()?;
    let data = IndexesMigrated::from(app.engine().renew_indexes().await?);
    let message = String::from("Indexes migrated successfully");
    Ok(json_answer(StatusCode::OK, &Done { message, data }))
}

async fn export_roles(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    caller.administrator()?;
    let roles = app.engine().export_roles().into_iter().map(Into::into).collect();
    let file = RoleFile { version: FILE_VERSION, timestamp: now_iso(&app), roles };
    Ok(attachment("roles-permissions-export", app.engine().clock().now_ms(), &file))
}

async fn export_permissions(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    caller.administrator()?;
    let permissions = app.engine().export_permissions();
    let data = PermissionExport { permissions, exported_at: now_iso(&app), version: FILE_VERSION };
    Ok(json_answer(StatusCode::OK, &Answer { data }))
}

async fn preview_roles(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let (file, _) = file(&app, request, "rolesPermissions").await?;
    let changes = RolesPreview::from(app.engine().preview_roles(&file)?);
    Ok(json_answer(StatusCode::OK, &FilePreview::of(&file, changes)))
}

/// A file of roles replaces what each named role may do; a list of permissions is added to what
/// there is.
async fn import_permissions(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Response, Refusal> {
    caller.administrator()?;
    let (file, is_form) = file(&app, request, "rolesPermissions").await?;
    let (engine, source) = (app.engine(), caller.source.as_deref());
    if is_form || file.get("roles").is_some() {
        let changes = engine.import_roles(&file, caller.actor(), source).await?;
        let message = String::from("Permissions import completed");
        let body = RolesImported { message, changes: RolesTaken::from(changes) };
        return Ok(json_answer(StatusCode::OK, &body));
    }
    let (list, overwrite) = listed(&file)?;
    let done = engine.import_permissions(list, overwrite, caller.actor(), source).await?;
    Ok(json_answer(StatusCode::OK, &Answer { data: PermissionsTaken::from(done) }))
}

/// The permissions of a body, which may stand as they were exported, and whether they win.
fn listed(body: &Json) -> Result<(&[Json], bool)> {
    let inner = body.get("data").and_then(Json::as_object).or(body.as_object());
    let list = inner.and_then(|inner: &Map<String, Json>| inner.get("permissions"));
    let overwrite = match body.get("overwrite") {
        None | Some(Json::Null) => false,
        Some(Json::Bool(overwrite)) => *overwrite,
        Some(_) => {
            return Err(
                Error::new(Code::InvalidBody, "`overwrite` is true or false").at("overwrite")
            );
        }
    };
    match list.and_then(Json::as_array) {
        Some(list) => Ok((list, overwrite)),
        None => Err(Error::new(Code::InvalidBody, "the list `permissions` is missing")
            .at("permissions")
            .hint("send what POST /permissions-export answers, or a file of roles")),
    }
}
