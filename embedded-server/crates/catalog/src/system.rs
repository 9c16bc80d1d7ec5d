//! The system's own collections (`spec/auth.md` 18), as documents like any other.
//!
//! Each is written as a table of text, one field a line:
//! `name Type[!] [unique] [hidden] [= default] [-> target as relation [ACTION]]`, or
//! `name <- collection.column` for the way back. `!` means required. `LOOSE` in the place of an
//! action is a relation that no constraint holds: what points stays when the far record goes. Every collection also has
//! `createdAt` and `updatedAt`, and `id` unless a line says `key`.

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};
use std::sync::LazyLock;

/// Every system collection's document by its name, in an order in which targets come first where
/// they can.
#[must_use]
pub fn documents() -> &'static IndexMap<String, Json> {
    &DOCUMENTS
}

/// The document of one system collection.
#[must_use]
pub fn document(name: &str) -> Option<&'static Json> {
    DOCUMENTS.get(name)
}

/// Hides whatever the system's own documents hide, whatever these documents say of it: those of an
/// earlier version, or of a file that one wrote. Answers what was in sight, as collection and field.
pub fn hide_secrets(documents: &mut IndexMap<String, Json>) -> Vec<(String, String)> {
    let mut hidden = Vec::new();
    for (collection, own) in DOCUMENTS.iter() {
        let Some(fields) = documents
            .get_mut(collection)
            .and_then(|document| document.get_mut("fields"))
            .and_then(Json::as_object_mut)
        else {
            continue;
        };
        let own = own.get("fields").and_then(Json::as_object).into_iter().flatten();
        let secret: Vec<&Json> = own
            .filter(|(_, field)| field.get("hidden") == Some(&Json::Bool(true)))
            .filter_map(|(_, field)| field.get("fieldId"))
            .collect();
        for (name, field) in fields {
            // By its id: under another name it is no less secret.
            let is_secret = field.get("fieldId").is_some_and(|id| secret.contains(&id));
            if is_secret
                && field.get("hidden") != Some(&Json::Bool(true))
                && let Some(field) = field.as_object_mut()
            {
                field.insert(String::from("hidden"), Json::Bool(true));
                hidden.push((collection.clone(), name.clone()));
            }
        }
    }
    hidden
}

/// Columns whose values are kept sealed: secrets that the house must be able to read again. By the
/// ids of their fields, so that another name seals them no less.
const SEALED: &[(&str, &[&str])] = &[
    ("baasix_Account", &["accessToken", "refreshToken", "idToken"]),
    ("baasix_EmailLog", &["content"]),
    ("baasix_Settings", &["smtp_pass"]),
    ("baasix_Totp", &["secret"]),
    ("baasix_Variable", &["value"]),
    ("baasix_Verification", &["payload"]),
];

/// The ids of the fields of a collection whose values are kept sealed; none of most.
#[must_use]
pub fn sealed_fields(collection: &str) -> &'static [&'static str] {
    SEALED.iter().find(|(name, _)| *name == collection).map_or(&[], |(_, fields)| fields)
}

static DOCUMENTS: LazyLock<IndexMap<String, Json>> = LazyLock::new(|| {
    TABLES
        .iter()
        .map(|(name, lines, indexes)| ((*name).to_owned(), read_table(name, lines, indexes)))
        .collect()
});

/// Name, fields, and indexes (`unique`, `distinct` where NULLs count as equal, or plain).
type Table = (&'static str, &'static str, &'static [(&'static str, &'static [&'static str])]);

const TABLES: &[Table] = &[
    // `schema` is for readers; `source` is the same document with the order of its keys, which a
    // JSON column of Postgres does not keep.
    (
        "baasix_SchemaDefinition",
        "collectionName String! key\nschema JSON!\nsource Text! hidden",
        &[],
    ),
    ("baasix_Tenant", "name String! unique\nuserRoles <- baasix_UserRole.tenant_Id", &[]),
    (
        "baasix_Role",
        r#"name String! unique
        description String
        isTenantSpecific Boolean! = true
        canInviteRoleIds JSON
        icon String
        ipWhitelist JSON
        enforceTotp Boolean
        adminAccess Boolean
        appAccess Boolean
        permissions <- baasix_Permission.role_Id
        userRoles <- baasix_UserRole.role_Id"#,
        &[],
    ),
    (
        "baasix_File",
        r#"title String
        filename String
        originalFilename String
        type String
        folder String
        size BigInt
        description Text
        storage String
        width Integer
        height Integer
        metadata JSON
        isPublic Boolean! = false
        tenant_Id UUID -> baasix_Tenant as tenant
        userCreated_Id UUID generated
        userUpdated_Id UUID generated
        userCreated => baasix_User.userCreated_Id
        userUpdated => baasix_User.userUpdated_Id"#,
        &[],
    ),
    (
        "baasix_User",
        r#"email String unique
        phone String unique
        firstName String!
        lastName String
        fullName := coalesce("firstName", '') || ' ' || coalesce("lastName", '')
        status Enum(active|inactive|deleted|suspended|pending|invited)! = "active"
        emailVerified Boolean! = false
        avatar_Id UUID -> baasix_File as avatar
        lastAccess DateTime
        totpEnabled Boolean! = false
        password String hidden
        userRoles <- baasix_UserRole.user_Id"#,
        &[],
    ),
    (
        "baasix_Permission",
        r#"role_Id UUID! -> baasix_Role as role CASCADE
        collection String!
        action String!
        fields JSON
        conditions JSON
        relConditions JSON
        defaultValues JSON
        checkConditions JSON"#,
        &[("unique", &["role_Id", "collection", "action"])],
    ),
    (
        "baasix_UserRole",
        r#"user_Id UUID! -> baasix_User as user CASCADE
        role_Id UUID! -> baasix_Role as role CASCADE
        tenant_Id UUID -> baasix_Tenant as tenant CASCADE
        lastUsedAt DateTime"#,
        &[],
    ),
    (
        "baasix_Sessions",
        r#"token String! unique hidden
        refreshToken String unique hidden
        previousRefreshToken String hidden
        rotatedAt DateTime
        familyId UUID
        user_Id UUID! -> baasix_User as user CASCADE
        tenant_Id UUID -> baasix_Tenant as tenant CASCADE
        role_Id UUID -> baasix_Role as role CASCADE
        expiresAt DateTime!
        lastUsedAt DateTime
        ipAddress String
        userAgent String
        type String = "default""#,
        &[("plain", &["previousRefreshToken"]), ("plain", &["familyId"])],
    ),
    (
        "baasix_ApiToken",
        r#"name String!
        token String! unique hidden
        prefix String
        scopes JSON
        user_Id UUID! -> baasix_User as user CASCADE
        role_Id UUID -> baasix_Role as role CASCADE
        tenant_Id UUID -> baasix_Tenant as tenant CASCADE
        expiresAt DateTime
        lastUsedAt DateTime
        revokedAt DateTime"#,
        &[],
    ),
    (
        "baasix_Account",
        r#"user_Id UUID! -> baasix_User as user CASCADE
        accountId String!
        providerId String!
        accessToken Text hidden
        refreshToken Text hidden
        idToken Text hidden
        accessTokenExpiresAt DateTime
        refreshTokenExpiresAt DateTime
        scope String
        password String hidden"#,
        &[("plain", &["user_Id", "providerId"]), ("unique", &["providerId", "accountId"])],
    ),
    (
        "baasix_Verification",
        r#"identifier String!
        value String! hidden
        user_Id UUID -> baasix_User as user CASCADE
        code String hidden
        payload Text hidden
        attempts Integer! = 0
        expiresAt DateTime!"#,
        &[("plain", &["identifier"]), ("unique", &["value"])],
    ),
    (
        "baasix_Invite",
        r#"email String!
        role_Id UUID! -> baasix_Role as role CASCADE
        tenant_Id UUID -> baasix_Tenant as tenant CASCADE
        token String! unique hidden
        status Enum(pending|accepted|expired|revoked) = "pending"
        expiresAt DateTime!
        invitedBy_Id UUID! -> baasix_User as inviter CASCADE
        acceptedBy_Id UUID -> baasix_User as user
        acceptedAt DateTime"#,
        &[("plain", &["email", "tenant_Id", "status"])],
    ),
    (
        "baasix_Settings",
        r#"id Integer! key counted
        tenant_Id UUID -> baasix_Tenant as tenant CASCADE
        project_name String
        title String
        project_url String
        app_url String
        project_color String
        secondary_color String
        description Text
        keywords String
        project_logo_light_Id UUID -> baasix_File as project_logo_light RESTRICT
        project_logo_dark_Id UUID -> baasix_File as project_logo_dark RESTRICT
        project_logo_full_Id UUID -> baasix_File as project_logo_full RESTRICT
        project_logo_transparent_Id UUID -> baasix_File as project_logo_transparent RESTRICT
        project_favicon_Id UUID -> baasix_File as project_favicon RESTRICT
        project_icon_Id UUID -> baasix_File as project_icon RESTRICT
        email_icon_Id UUID -> baasix_File as email_icon RESTRICT
        email_signature Text
        from_email_name String
        smtp_enabled Boolean! = false
        smtp_host String
        smtp_port Integer = 587
        smtp_secure Boolean! = false
        smtp_user String
        smtp_pass String hidden
        smtp_from_address String
        timezone String
        language String
        date_format String
        currency String
        mobile_session_limit Integer
        web_session_limit Integer
        session_limit_roles JSON
        metadata JSON
        modules JSON
        extra JSON"#,
        &[("distinct", &["tenant_Id"])],
    ),
    (
        "baasix_Template",
        r#"type String!
        subject String!
        body HTML!
        tenant_Id UUID -> baasix_Tenant as tenant CASCADE
        isActive Boolean! = true
        description Text"#,
        &[("distinct", &["tenant_Id", "type"])],
    ),
    (
        "baasix_EmailLog",
        r#"email String!
        subject String!
        templateName String
        sender String
        status String
        messageId String
        errorMessage Text
        content Text hidden
        attempts Integer! = 0
        nextAttemptAt DateTime
        sentAt DateTime
        tenant_Id UUID -> baasix_Tenant as tenant CASCADE"#,
        &[("plain", &["status", "nextAttemptAt"])],
    ),
    (
        "baasix_AuditLog",
        r#"type String! = "data"
        entity String!
        entityId String
        action String!
        changes JSON
        ipaddress String
        userId UUID -> baasix_User as user LOOSE
        tenant_Id UUID -> baasix_Tenant as tenant LOOSE
        origin String
        seq BigInt"#,
        &[("plain", &["entity", "entityId"]), ("plain", &["entity", "createdAt"])],
    ),
    (
        "baasix_UserPreference",
        r#"userId UUID -> baasix_User as user
        collectionName String!
        preferenceType Enum(columns|filters|sorting|pagination)!
        preferenceData JSON!
        isDefault Boolean! = true
        name String
        tenant_Id UUID -> baasix_Tenant as tenant CASCADE
        userCreated_Id UUID generated
        userUpdated_Id UUID generated
        userCreated => baasix_User.userCreated_Id
        userUpdated => baasix_User.userUpdated_Id"#,
        &[("plain", &["userId", "collectionName"])],
    ),
    // The second factor of a user, from when it is begun; it counts once it is confirmed.
    (
        "baasix_Totp",
        r#"user_Id UUID! unique -> baasix_User as user CASCADE
        secret Text! hidden
        confirmedAt DateTime
        lastStep BigInt hidden
        recoveryCodes JSON hidden"#,
        &[],
    ),
    // Somebody (`viewer`) who sees the project as another person or role for a while.
    (
        "baasix_Persona",
        r#"session_Id UUID! -> baasix_Sessions as session CASCADE
        viewer_Id UUID! -> baasix_User as viewer CASCADE
        user_Id UUID -> baasix_User as user CASCADE
        role_Id UUID! -> baasix_Role as role CASCADE
        tenant_Id UUID -> baasix_Tenant as tenant CASCADE
        expiresAt DateTime!"#,
        &[],
    ),
    // What the environment would say otherwise; `value` is sealed also where it is no secret.
    (
        "baasix_Variable",
        r#"name String! unique
        value Text hidden
        isSecret Boolean! = false
        description Text"#,
        &[],
    ),
    // What a role may and may not do, as its keepers expect it.
    (
        "baasix_PermissionTest",
        r#"name String!
        role_Id UUID! -> baasix_Role as role CASCADE
        user_Id UUID -> baasix_User as user CASCADE
        tenant_Id UUID -> baasix_Tenant as tenant CASCADE
        collection String!
        action String!
        record JSON
        field String
        expects Enum(allowed|refused|visible|hidden)!
        userCreated_Id UUID generated
        userUpdated_Id UUID generated
        userCreated => baasix_User.userCreated_Id
        userUpdated => baasix_User.userUpdated_Id"#,
        &[],
    ),
];

fn read_table(name: &str, lines: &str, indexes: &[(&str, &[&str])]) -> Json {
    let mut fields = Map::new();
    for line in lines.lines().map(str::trim) {
        read_line(line, &mut fields);
    }
    if !fields.values().any(|field| field["primaryKey"] == true) {
        let id = json!({"type": "UUID", "primaryKey": true, "allowNull": false, "defaultValue": {"type": "UUIDV4"}});
        fields.shift_insert(0, String::from("id"), id);
    }
    let tracked = fields.contains_key("userCreated_Id");
    for stamp in ["createdAt", "updatedAt"] {
        fields.insert(
            stamp.into(),
            json!({"type": "DateTime", "allowNull": true, "defaultValue": {"type": "NOW"}, "SystemGenerated": true}),
        );
    }
    // Ids of our own fields are their names: the same in every project and every version.
    for (field, definition) in &mut fields {
        if let Some(definition) = definition.as_object_mut() {
            definition.insert("fieldId".into(), json!(field));
        }
    }
    let indexes: Vec<Json> = indexes
        .iter()
        .map(|(word, fields)| {
            json!({"name": crate::fitted(&format!("{name}_{}_idx", fields.join("_"))), "fields": fields,
                "unique": *word != "plain", "nullsNotDistinct": *word == "distinct"})
        })
        .collect();
    let mut document = Map::new();
    document.insert("name".into(), json!(name));
    document.insert("timestamps".into(), json!(true));
    if tracked {
        document.insert("usertrack".into(), json!(true));
    }
    document.insert("fields".into(), Json::Object(fields));
    if !indexes.is_empty() {
        document.insert("indexes".into(), Json::Array(indexes));
    }
    document.insert("schemaId".into(), json!(name));
    Json::Object(document)
}

fn read_line(line: &str, fields: &mut Map<String, Json>) {
    let Some((name, rest)) = line.split_once(' ') else { return };
    if let Some(expression) = rest.strip_prefix(":= ") {
        fields.insert(name.into(), json!({"type": "VIRTUAL", "calculated": expression}));
        return;
    }
    if let Some((target, column)) = rest.strip_prefix("<- ").and_then(|rest| rest.split_once('.')) {
        fields.insert(
            name.into(),
            json!({"relType": "HasMany", "target": target, "foreignKey": column, "as": name}),
        );
        return;
    }
    if let Some((target, column)) = rest.strip_prefix("=> ").and_then(|rest| rest.split_once('.')) {
        fields.insert(
            name.into(),
            json!({"relType": "BelongsTo", "target": target, "foreignKey": column, "as": name,
                "onDelete": "SET NULL", "SystemGenerated": true}),
        );
        return;
    }
    let (rest, relation) = match rest.split_once(" -> ") {
        Some((rest, relation)) => (rest, Some(relation)),
        None => (rest, None),
    };
    let (rest, default) = match rest.split_once(" = ") {
        Some((rest, default)) => (rest, serde_json::from_str::<Json>(default).ok()),
        None => (rest, None),
    };
    let mut words = rest.split(' ');
    let word = words.next().unwrap_or_default();
    let required = word.ends_with('!');
    let word = word.trim_end_matches('!');
    let mut field = Map::new();
    match word.strip_prefix("Enum(").and_then(|list| list.strip_suffix(')')) {
        Some(list) => {
            field.insert("type".into(), json!("Enum"));
            field.insert("values".into(), json!({"values": list.split('|').collect::<Vec<_>>()}));
        }
        None => {
            field.insert("type".into(), json!(word));
        }
    }
    field.insert("allowNull".into(), json!(!required));
    for word in words {
        match word {
            "key" => field.insert("primaryKey".into(), json!(true)),
            "counted" => field.insert("defaultValue".into(), json!({"type": "AUTOINCREMENT"})),
            "generated" => field.insert("SystemGenerated".into(), json!(true)),
            flag => field.insert(flag.to_owned(), json!(true)),
        };
    }
    if let Some(default) = default {
        field.insert("defaultValue".into(), default);
    }
    fields.insert(name.into(), Json::Object(field));
    if let Some((target, rest)) = relation.and_then(|relation| relation.split_once(" as ")) {
        let (alias, action) = rest.split_once(' ').unwrap_or((rest, "SET NULL"));
        let mut relation = json!({"relType": "BelongsTo", "target": target, "foreignKey": name, "as": alias, "onDelete": action});
        if action == "LOOSE" {
            relation["onDelete"] = json!("NO ACTION");
            relation["constraints"] = json!(false);
        }
        fields.insert(alias.into(), relation);
    }
}

#[cfg(test)]
mod tests {
    use super::{SEALED, documents, hide_secrets, sealed_fields};
    use crate::{Catalog, FieldKind, HISTORY, OnDelete, RelationKind, normalize};
    use serde_json::json;

    #[test]
    fn every_system_document_is_already_in_its_stored_form() {
        let mut id = || String::from("new");
        for (name, document) in documents() {
            assert_eq!(&normalize(name, document, None, &mut id).unwrap(), document, "{name}");
        }
    }

    #[test]
    fn a_document_that_shows_a_secret_is_told_and_shows_it_no_more() {
        let mut stored = documents().clone();
        assert!(hide_secrets(&mut stored).is_empty());
        stored["baasix_Invite"]["fields"]["token"]["hidden"] = json!(false);
        let fields = stored["baasix_Account"]["fields"].as_object_mut().unwrap();
        let mut renamed = fields.shift_remove("idToken").unwrap();
        renamed.as_object_mut().unwrap().shift_remove("hidden");
        fields.insert(String::from("proof"), renamed);
        let told = [("baasix_Account", "proof"), ("baasix_Invite", "token")]
            .map(|(collection, field)| (collection.to_owned(), field.to_owned()));
        assert_eq!(hide_secrets(&mut stored), told);
        assert_eq!(stored["baasix_Invite"], documents()["baasix_Invite"]);
        assert_eq!(stored["baasix_Account"]["fields"]["proof"]["hidden"], true);
        assert!(hide_secrets(&mut stored).is_empty());
    }

    #[test]
    fn what_is_kept_sealed_is_hidden_and_has_room_for_its_seal() {
        let catalog = Catalog::build(documents().clone(), 1, |_, _| None).unwrap();
        for (collection, fields) in SEALED {
            assert_eq!(sealed_fields(collection), *fields);
            for name in *fields {
                let field = &catalog.get(collection).unwrap().fields[*name];
                assert!(field.hidden && !field.unique, "{collection}.{name}");
                let kind = &field.kind;
                let roomy = matches!(kind, FieldKind::Text | FieldKind::String { length: None });
                assert!(roomy, "{collection}.{name}: {kind:?}");
            }
        }
        assert!(sealed_fields("baasix_User").is_empty() && sealed_fields("posts").is_empty());
    }

    #[test]
    fn the_system_catalog_hides_secrets_and_finds_every_far_end() {
        let catalog = Catalog::build(documents().clone(), 1, |_, _| None).unwrap();
        assert_eq!(catalog.collections.len(), documents().len());
        for (collection, field) in [
            ("baasix_User", "password"),
            ("baasix_Sessions", "token"),
            ("baasix_Sessions", "refreshToken"),
            ("baasix_Account", "idToken"),
            ("baasix_Verification", "value"),
            ("baasix_Invite", "token"),
            ("baasix_Settings", "smtp_pass"),
            ("baasix_ApiToken", "token"),
            ("baasix_Totp", "recoveryCodes"),
            ("baasix_Verification", "code"),
        ] {
            assert!(catalog.get(collection).unwrap().fields[field].hidden, "{collection}.{field}");
        }
        for collection in catalog.collections.values() {
            let declared = collection.document["fields"].as_object().unwrap();
            let relations =
                declared.values().filter(|field| field.get("relType").is_some()).count();
            assert_eq!(collection.relations.len(), relations, "{}", collection.name);
            for relation in collection.relations.values() {
                assert!(catalog.get(&relation.target).is_some(), "{}", relation.name);
                // The history outlives whoever made it.
                let held = collection.name != HISTORY;
                assert_eq!(
                    relation.constrained,
                    held && matches!(relation.kind, RelationKind::ToOne { .. })
                );
            }
        }
        let user = catalog.get("baasix_User").unwrap();
        assert_eq!(user.relations["avatar"].on_delete, OnDelete::SetNull);
        assert!(user.fields["lastName"].nullable && !user.fields["firstName"].nullable);
        assert_eq!(user.fields["status"].kind.name(), "Enum");
    }
}
