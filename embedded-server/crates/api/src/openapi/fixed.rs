//! The routes that are there whatever the collections are, and who is told of each.

use super::operation;
use serde_json::{Map, Value as Json, json};

/// Who may use a route: nobody is shown what they would be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    Everybody,
    SignedIn,
    Administrators,
}

use Reach::{Administrators, Everybody, SignedIn};

/// A route: method, path, who is told, what it does, the status of success, and its body as
/// `name type` pairs, `!` marking those that must be there. No body is an empty text.
type Line = (&'static str, &'static str, Reach, &'static str, u16, &'static str);

const LINES: &[Line] = &[
    ("get", "/", Everybody, "What this server is; browsers are shown the studio", 200, ""),
    ("post", "/", Everybody, "What this server is", 200, ""),
    ("get", "/health", Everybody, "Whether the server stands", 200, ""),
    ("get", "/metrics", Administrators, "Counters for Prometheus, as text", 200, ""),
    ("get", "/openapi", Everybody, "This document", 200, ""),
    ("get", "/access/me", Everybody, "What the caller may do", 200, ""),
    ("get", "/journal", Administrators, "The latest requests and what they cost", 200, ""),
    (
        "get",
        "/queries/slow",
        Administrators,
        "Queries by shape, and the index that would help",
        200,
        "",
    ),
    ("delete", "/queries/slow", Administrators, "Forget the queries recorded so far", 200, ""),
    (
        "post",
        "/queries/slow/{id}/measure",
        Administrators,
        "Try the index that a query asks for on a copy that is gone afterwards",
        200,
        "consent boolean",
    ),
    (
        "post",
        "/auth/login",
        Everybody,
        "Sign in",
        200,
        "email! string, password! string, tenant_Id string, authMode string, authType string",
    ),
    (
        "post",
        "/auth/register",
        Everybody,
        "Register",
        200,
        "email! string, password! string, firstName string, lastName string, phone string, link string",
    ),
    (
        "post",
        "/permissions/explain",
        Administrators,
        "Why somebody may or may not touch a record",
        200,
        "user_Id string, role_Id string, tenant_Id string, collection! string, action string, id! string",
    ),
    (
        "post",
        "/permissions/impact",
        Administrators,
        "What a change of permissions would do",
        200,
        "changes! array, user_Id string, tenant_Id string",
    ),
    (
        "post",
        "/permissions/view-as",
        Administrators,
        "View as somebody else",
        201,
        "user_Id string, role_Id string, tenant_Id string",
    ),
    ("delete", "/permissions/view-as", SignedIn, "Stop viewing as somebody else", 200, ""),
    (
        "post",
        "/auth/invite",
        SignedIn,
        "Invite somebody into a tenant",
        200,
        "email! string, role_Id! string, tenant_Id string, link string",
    ),
    (
        "post",
        "/auth/admin/invite",
        Administrators,
        "Invite somebody, also where there are no tenants",
        200,
        "email! string, role_Id! string, tenant_Id string, link string",
    ),
    ("get", "/auth/verify-invite/{token}", Everybody, "What an invitation is", 200, ""),
    (
        "post",
        "/auth/accept-invite",
        SignedIn,
        "Accept an invitation, and go on into its tenant",
        200,
        "inviteToken! string, authMode string, authType string",
    ),
    ("post", "/auth/invites/{id}/resend", SignedIn, "Send an invitation again", 200, "link string"),
    ("delete", "/auth/invites/{id}", SignedIn, "Take an invitation back", 200, ""),
    ("get", "/variables", Administrators, "Variables of the project", 200, ""),
    (
        "put",
        "/variables/{name}",
        Administrators,
        "Set a variable of the project",
        200,
        "value string, isSecret boolean, description string",
    ),
    ("delete", "/variables/{name}", Administrators, "Take a variable away", 200, ""),
    ("get", "/auth/admin/providers", Administrators, "Providers, and what sets them up", 200, ""),
    ("get", "/auth/providers", Everybody, "Providers that one signs in at", 200, ""),
    ("get", "/auth/signin/{provider}", Everybody, "Lead a browser to a provider", 302, ""),
    (
        "post",
        "/auth/social/signin",
        Everybody,
        "Begin to sign in at a provider, or bring its ID token",
        200,
        "provider! string, callbackURL string, scopes array, authMode string, authType string, inviteToken string, idToken string",
    ),
    ("get", "/auth/callback/{provider}", Everybody, "What a provider leads back to", 302, ""),
    ("post", "/auth/callback/{provider}", Everybody, "What a provider's page posts to", 200, ""),
    (
        "post",
        "/auth/magiclink",
        Everybody,
        "Send a link or a code that signs in",
        200,
        "email! string, link string, mode string",
    ),
    (
        "post",
        "/auth/magiclink/verify",
        Everybody,
        "Sign in with what a mail brought",
        200,
        "token! string, email string, authMode string, authType string",
    ),
    ("get", "/auth/magiclink/{token}", Everybody, "Sign in with what a mail brought", 200, ""),
    (
        "post",
        "/auth/password/reset",
        Everybody,
        "Send a link that sets a new password",
        200,
        "email! string, link string",
    ),
    (
        "post",
        "/auth/password/reset/{token}",
        Everybody,
        "Set a new password with the link of a mail",
        200,
        "password! string",
    ),
    (
        "post",
        "/auth/email/verify",
        Everybody,
        "Send a link that confirms an address",
        200,
        "email string, link string",
    ),
    (
        "get",
        "/auth/email/verify/{token}",
        Everybody,
        "Confirm an address with the link of a mail",
        200,
        "",
    ),
    (
        "post",
        "/auth/refresh",
        Everybody,
        "Exchange a refresh token",
        200,
        "refreshToken string, authMode string",
    ),
    ("get", "/auth/logout", Everybody, "Sign out", 200, ""),
    ("post", "/auth/logout", Everybody, "Sign out", 200, ""),
    ("get", "/auth/me", SignedIn, "Who am I", 200, ""),
    ("get", "/auth/check", Everybody, "Whether the session lives", 200, ""),
    ("get", "/auth/sessions", SignedIn, "One's own sessions", 200, ""),
    ("get", "/auth/totp", SignedIn, "How it stands with one's second factor", 200, ""),
    (
        "post",
        "/auth/totp/setup",
        Everybody,
        "Begin to set up one's second factor, signed in or on the way in",
        200,
        "password string, challenge string",
    ),
    (
        "post",
        "/auth/totp/confirm",
        Everybody,
        "Confirm one's second factor with a first code",
        200,
        "code! string, challenge string, authMode string",
    ),
    (
        "post",
        "/auth/totp/verify",
        Everybody,
        "Go on with a sign-in that asks for the second factor",
        200,
        "challenge! string, code string, recoveryCode string, authMode string",
    ),
    (
        "post",
        "/auth/totp/disable",
        SignedIn,
        "Take one's second factor away",
        200,
        "password string, code string, recoveryCode string",
    ),
    ("post", "/auth/totp/recovery-codes", SignedIn, "New recovery codes", 200, "code! string"),
    (
        "delete",
        "/auth/admin/totp/{userId}",
        Administrators,
        "Take the second factor of somebody away who lost it",
        200,
        "",
    ),
    ("get", "/auth/tokens", SignedIn, "One's own API tokens", 200, ""),
    (
        "post",
        "/auth/tokens",
        SignedIn,
        "Make an API token; it is told this once",
        201,
        "name! string, scopes array, expiresAt string, userId string, role_Id string, tenant_Id string",
    ),
    ("delete", "/auth/tokens/{id}", SignedIn, "Revoke an API token", 200, ""),
    ("get", "/auth/tenants", SignedIn, "The tenants that one may work in", 200, ""),
    (
        "post",
        "/auth/switch-tenant",
        SignedIn,
        "Open a session in another tenant",
        200,
        "tenant_Id! string, authType string, authMode string",
    ),
    ("delete", "/auth/sessions", SignedIn, "End one's other sessions", 200, ""),
    ("delete", "/auth/sessions/{id}", SignedIn, "End one of one's own sessions", 200, ""),
    (
        "post",
        "/auth/setup",
        Everybody,
        "Make the first owner with the one-time link that the server printed",
        200,
        "token! string, email! string, password! string, firstName string, authMode string",
    ),
    (
        "post",
        "/auth/password/change",
        SignedIn,
        "Change one's own password",
        200,
        "currentPassword! string, newPassword! string",
    ),
    (
        "post",
        "/auth/admin/change-password",
        Administrators,
        "Set a user's password and end the user's sessions",
        200,
        "userId! string, newPassword! string",
    ),
    (
        "post",
        "/auth/admin/password/change",
        Administrators,
        "Set a user's password and end the user's sessions",
        200,
        "userId! string, newPassword! string",
    ),
    (
        "post",
        "/items/batch",
        SignedIn,
        "Several writes of any collections, all or none",
        200,
        "operations! array",
    ),
    ("get", "/imports", SignedIn, "The caller's imports", 200, ""),
    (
        "post",
        "/imports",
        SignedIn,
        "Import a file as a job",
        202,
        "collection! string, file! file, format string, mapping string, delimiter string, nullText string, dryRun boolean, mode string, again boolean",
    ),
    ("get", "/imports/{id}", SignedIn, "How far an import is", 200, ""),
    ("get", "/imports/{id}/rejects", SignedIn, "The rows that were refused, as CSV", 200, ""),
    (
        "post",
        "/imports/{id}/undo",
        SignedIn,
        "Take the rows of an import out again",
        202,
        "consent boolean",
    ),
    ("post", "/imports/{id}/cancel", SignedIn, "Stop an import and leave nothing of it", 202, ""),
    ("get", "/schemas", SignedIn, "The collections", 200, ""),
    (
        "post",
        "/schemas",
        Administrators,
        "Make a collection",
        201,
        "collectionName! string, schema! object",
    ),
    (
        "post",
        "/schemas/plan",
        Administrators,
        "What a change of schemas would do, and the token that applies it",
        200,
        "collections array, drop array, dropTables array, dropColumns array",
    ),
    (
        "post",
        "/schemas/rehearse",
        Administrators,
        "Try a planned change on the data as they are, and leave nothing of it",
        200,
        "token! string, collections array, drop array, dropTables array, dropColumns array, consent boolean",
    ),
    (
        "get",
        "/schemas/existing",
        Administrators,
        "The tables of the database that are no collections, and what they would become",
        200,
        "",
    ),
    (
        "post",
        "/schemas/adopt",
        Administrators,
        "Take tables over as collections without touching a row, after a dry run",
        200,
        "tables array, dryRun boolean, token string",
    ),
    ("get", "/schemas/history", Administrators, "What was changed in the schema", 200, ""),
    ("get", "/schemas/history/{version}", Administrators, "One change of the schema", 200, ""),
    (
        "post",
        "/schemas/history/{version}/plan",
        Administrators,
        "What undoing a change would do, and the token that does it",
        200,
        "",
    ),
    (
        "post",
        "/schemas/history/{version}/undo",
        Administrators,
        "Undo a change with its data, all of it or nothing",
        200,
        "token! string, updateReferences boolean",
    ),
    (
        "post",
        "/schemas/apply",
        Administrators,
        "Apply a planned change, all of it or nothing",
        200,
        "token! string, collections array, drop array, dropTables array, dropColumns array, updateReferences boolean",
    ),
    ("get", "/schemas/export", Administrators, "Every schema", 200, ""),
    ("post", "/schemas/import", Administrators, "Take schemas in", 200, "schemas! array"),
    ("get", "/schemas/{collection}", SignedIn, "The schema of a collection", 200, ""),
    (
        "patch",
        "/schemas/{collection}",
        Administrators,
        "Replace the schema of a collection; `dropColumns` names fields that end with a column that was there before them",
        200,
        "schema! object, dropColumns array",
    ),
    (
        "delete",
        "/schemas/{collection}",
        Administrators,
        "Delete a collection with its rows; `dropTable=true` for a table that was there before it",
        200,
        "",
    ),
    (
        "post",
        "/schemas/{collection}/relationships",
        Administrators,
        "Make a relation",
        201,
        "name! string, type! string, target! string, alias string",
    ),
    (
        "patch",
        "/schemas/{collection}/relationships/{name}",
        Administrators,
        "Change a relation",
        200,
        "onDelete string, onUpdate string",
    ),
    (
        "delete",
        "/schemas/{collection}/relationships/{name}",
        Administrators,
        "Delete a relation",
        200,
        "",
    ),
    (
        "post",
        "/schemas/{collection}/indexes",
        Administrators,
        "Make an index",
        201,
        "fields! array, name string, unique boolean",
    ),
    ("delete", "/schemas/{collection}/indexes/{name}", Administrators, "Delete an index", 200, ""),
    ("get", "/schemas-export", Administrators, "Every schema as a file", 200, ""),
    (
        "post",
        "/schemas-preview-import",
        Administrators,
        "What a file of schemas would change",
        200,
        "schema! file",
    ),
    ("post", "/schemas-import", Administrators, "Take a file of schemas in", 200, "schema! file"),
    (
        "post",
        "/schemas/indexes/migrate",
        Administrators,
        "Bring indexes to the form of this version",
        200,
        "",
    ),
    (
        "get",
        "/settings",
        Everybody,
        "The settings that hold in the project, or in a tenant (`tenant_id`)",
        200,
        "",
    ),
    (
        "patch",
        "/settings",
        Administrators,
        "Change settings; a key that is no column is kept and told beside them, null takes it away",
        200,
        "project_name string, title string, project_url string, app_url string, project_color string",
    ),
    (
        "get",
        "/settings/by-app-url",
        Everybody,
        "The settings of whose application lives at `appUrl`",
        200,
        "",
    ),
    ("get", "/settings/branding", Everybody, "Names, colours and logo", 200, ""),
    ("delete", "/settings/tenant", Administrators, "Take a tenant's settings away", 200, ""),
    ("post", "/settings/test-email", Administrators, "Try to send a mail", 200, "to! string"),
    ("get", "/mails", Administrators, "Mails and what became of them, the newest first", 200, ""),
    ("delete", "/mails", Administrators, "Take the caught mails away", 200, ""),
    ("get", "/mails/{id}", Administrators, "A mail, with its content if it was caught", 200, ""),
    ("post", "/mails/{id}/retry", Administrators, "Try a mail anew that was given up", 200, ""),
    ("post", "/settings/reload", Administrators, "Read the settings anew", 200, ""),
    ("get", "/templates/types", Everybody, "The mails that the server sends", 200, ""),
    ("get", "/templates/defaults", Administrators, "All mails as the server writes them", 200, ""),
    (
        "get",
        "/templates/default/{type}",
        Administrators,
        "A mail as the server writes it where nobody wrote another",
        200,
        "",
    ),
    (
        "post",
        "/templates/preview",
        Administrators,
        "A mail as it would be sent, and the variables that it asks for in vain",
        200,
        "type string, subject string, body string, variables object, tenant_id string",
    ),
    ("get", "/permissions", Administrators, "The permissions", 200, ""),
    (
        "post",
        "/permissions",
        Administrators,
        "Grant",
        201,
        "role_Id! string, collection! string, action! string, fields array, conditions object, relConditions object, defaultValues object",
    ),
    ("get", "/permissions/{id}", Administrators, "One permission", 200, ""),
    (
        "patch",
        "/permissions/{id}",
        Administrators,
        "Change a permission",
        200,
        "fields array, conditions object, relConditions object, defaultValues object",
    ),
    ("delete", "/permissions/{id}", Administrators, "Take a permission back", 200, ""),
    ("post", "/permissions/reload", Administrators, "Read roles and permissions anew", 200, ""),
    ("get", "/permissions-export", Administrators, "Roles and permissions as a file", 200, ""),
    (
        "post",
        "/permissions-export",
        Administrators,
        "Chosen roles and permissions as a file",
        200,
        "",
    ),
    (
        "post",
        "/permissions-preview-import",
        Administrators,
        "What a file of permissions would change",
        200,
        "rolesPermissions! file",
    ),
    (
        "post",
        "/permissions-import",
        Administrators,
        "Take a file of permissions in",
        200,
        "rolesPermissions! file",
    ),
];

/// The routes that a caller of this reach is told of.
pub(super) fn paths(reach: Reach) -> Map<String, Json> {
    let mut paths = Map::new();
    for (method, path, needs, summary, status, body) in LINES {
        if *needs > reach {
            continue;
        }
        let body = body_schema(body);
        let answer = json!({ "type": "object" });
        let mut told = operation(summary, &[], None, *status, &answer);
        if let Some((schema, media)) = body {
            let content = Map::from_iter([(media.to_owned(), json!({ "schema": schema }))]);
            told["requestBody"] = json!({ "required": true, "content": content });
        }
        let entry = paths.entry(*path).or_insert_with(|| path_item(path));
        entry[*method] = told;
    }
    paths
}

/// A path with what stands in its braces.
fn path_item(path: &str) -> Json {
    let names = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let named = |name: &str| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
    let parameters: Vec<Json> = names.map(named).collect();
    if parameters.is_empty() { json!({}) } else { json!({ "parameters": parameters }) }
}

/// The schema of a body and the media type it travels in: a file makes it a form.
fn body_schema(text: &str) -> Option<(Json, &'static str)> {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    let mut media = "application/json";
    for (name, kind) in text.split(", ").filter_map(|pair| pair.split_once(' ')) {
        let plain = name.trim_end_matches('!');
        if plain != name {
            required.push(plain);
        }
        let schema = match kind {
            "file" => {
                media = "multipart/form-data";
                json!({ "type": "string", "contentMediaType": "application/octet-stream" })
            }
            other => json!({ "type": other }),
        };
        properties.insert(plain.to_owned(), schema);
    }
    (!properties.is_empty()).then(|| {
        (json!({ "type": "object", "properties": properties, "required": required }), media)
    })
}
