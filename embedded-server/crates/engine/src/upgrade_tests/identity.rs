//! Users, invitations and their history as earlier versions kept them.

use super::{all, at_version, same};
use crate::schema::draft::Draft;
use crate::test_project::Project;
use base::Code;
use serde_json::{Value as Json, json};

#[tokio::test]
async fn the_token_of_an_invitation_is_hidden_in_a_project_that_showed_it() {
    for mut project in Project::all().await {
        let house = access::Actor::system("a test");
        let create = |collection: &str, body: Json| query::Operation::Create {
            collection: collection.to_owned(),
            body: body.as_object().unwrap().clone(),
        };
        let shown = (
            r#"UPDATE "baasix_SchemaDefinition" SET "source" = json_remove("source", '$.fields.token.hidden') WHERE "collectionName" = 'baasix_Invite'"#,
            r#"UPDATE "baasix_SchemaDefinition" SET "source" = ("source"::jsonb #- '{fields,token,hidden}')::text WHERE "collectionName" = 'baasix_Invite'"#,
        );
        let user = json!({ "id": "00000000-0000-4000-8000-0000000000aa", "firstName": "Ada" });
        let write = query::Write { operations: vec![create("baasix_User", user)], strict: true };
        project.engine.write(write, &house, None).await.unwrap();
        let role = project.engine.state().role_named("user").unwrap().id.clone();
        let invite = json!({
            "email": "bob@example.com", "role_Id": role, "token": "s3cret", "expiresAt": "2030-01-01",
            "invitedBy_Id": "00000000-0000-4000-8000-0000000000aa",
        });
        let write =
            query::Write { operations: vec![create("baasix_Invite", invite)], strict: true };
        project.engine.write(write, &house, None).await.unwrap();
        // As a version wrote it that showed the token: in the history and in what is told.
        let told = (
            r#"UPDATE "baasix_AuditLog" SET "changes" = json_set("changes", '$.after.token', 's3cret') WHERE "entity" = 'baasix_Invite'"#,
            r#"UPDATE "baasix_AuditLog" SET "changes" = jsonb_set("changes", '{after,token}', '"s3cret"') WHERE "entity" = 'baasix_Invite'"#,
        );
        let changes = (
            r#"UPDATE "_change" SET "after" = json_set("after", '$.token', 's3cret') WHERE "collection" = 'baasix_Invite'"#,
            r#"UPDATE "_change" SET "after" = jsonb_set("after", '{token}', '"s3cret"') WHERE "collection" = 'baasix_Invite'"#,
        );
        project.meddle(&[shown, told, changes]).await;
        let kept = r#"SELECT CAST("changes" AS TEXT) FROM "baasix_AuditLog" WHERE "entity" = 'baasix_Invite' UNION ALL SELECT CAST("after" AS TEXT) FROM "_change" WHERE "collection" = 'baasix_Invite'"#;
        let before = project.column(kept, kept).await;
        assert!(before.len() == 2 && before.iter().all(|one| one.contains("s3cret")), "{before:?}");

        project.engine = project.reopened().await;
        let state = project.engine.state();
        let collection = state.catalog.get("baasix_Invite").unwrap();
        assert!(collection.fields["token"].hidden);
        assert!(!state.open_view.get("baasix_Invite").unwrap().fields.contains_key("token"));
        let after = project.column(kept, kept).await;
        assert!(
            after.iter().all(|one| !one.contains("s3cret") && one.contains("bob@example.com")),
            "{after:?}"
        );
        assert_eq!(after.len(), 2);
        let rows = project.engine.find(&all("baasix_Invite"), "a test of upgrades").await.unwrap();
        assert_eq!(rows[0]["token"], "s3cret", "the house still knows it");
        // A schema that shows it is taken without that, and nothing is left to do afterwards.
        let mut schema = Json::clone(&collection.document);
        schema["fields"]["token"]["hidden"] = json!(false);
        project.engine.update_schema("baasix_Invite", &schema).await.unwrap();
        let version = project.engine.state().catalog.version;
        project.engine = project.reopened().await;
        let state = project.engine.state();
        assert!(state.catalog.get("baasix_Invite").unwrap().fields["token"].hidden);
        assert_eq!(state.catalog.version, version);
    }
}

#[tokio::test]
async fn an_older_history_is_let_go_by_the_users_that_it_names() {
    for mut project in Project::all().await {
        // The relation as the third version had it.
        project
            .meddle(&[
                (
                    r#"UPDATE "baasix_SchemaDefinition" SET "source" = json_remove(json_set("source", '$.fields.user.onDelete', 'SET NULL'), '$.fields.user.constraints', '$.fields.seq', '$.fields.origin') WHERE "collectionName" = 'baasix_AuditLog'"#,
                    r#"UPDATE "baasix_SchemaDefinition" SET "source" = (jsonb_set("source"::jsonb #- '{fields,user,constraints}' #- '{fields,seq}' #- '{fields,origin}', '{fields,user,onDelete}', '"SET NULL"'))::text WHERE "collectionName" = 'baasix_AuditLog'"#,
                ),
                (
                    r#"ALTER TABLE "baasix_AuditLog" DROP COLUMN "origin""#,
                    r#"ALTER TABLE "baasix_AuditLog" DROP COLUMN "origin", DROP COLUMN "seq", ADD CONSTRAINT "userId.target.fkey" FOREIGN KEY ("userId") REFERENCES "baasix_User" ("id") ON DELETE SET NULL ON UPDATE CASCADE"#,
                ),
                (r#"ALTER TABLE "baasix_AuditLog" DROP COLUMN "seq""#, "SELECT 1"),
            ])
            .await;
        at_version(&project, 3).await;
        project.engine = project.reopened().await;
        let engine = &project.engine;
        let state = engine.state();
        let log = state.catalog.get("baasix_AuditLog").unwrap();
        assert!(!log.relations["user"].constrained && log.fields.contains_key("seq"));
        // Nobody of this key was ever there; what he does is written down all the same.
        let stranger = "00000000-0000-4000-8000-00000000beef";
        let actor = access::Actor {
            identity: access::Identity::User(stranger.to_owned()),
            role_name: String::from("administrator"),
            ..access::Actor::system("a test")
        };
        let operation = query::Operation::Create {
            collection: String::from("posts"),
            body: serde_json::Map::from_iter([(String::from("id"), json!(1))]),
        };
        let write = query::Write { operations: vec![operation], strict: true };
        engine.write(write, &actor, None).await.unwrap();
        let rows = engine.find(&all("baasix_AuditLog"), "a test of upgrades").await.unwrap();
        assert!(rows.iter().any(|row| row["userId"] == stranger && row["entity"] == "posts"));
    }
}

/// What the ninth version added: whole collections, and fields of others.
const OF_IDENTITY: [(&str, &[&str]); 12] = [
    ("baasix_Persona", &[]),
    ("baasix_Totp", &[]),
    ("baasix_Variable", &[]),
    ("baasix_PermissionTest", &[]),
    ("baasix_User", &["totpEnabled"]),
    ("baasix_UserRole", &["lastUsedAt"]),
    ("baasix_Sessions", &["role_Id", "role", "lastUsedAt"]),
    ("baasix_ApiToken", &["prefix", "scopes"]),
    ("baasix_Verification", &["user_Id", "user", "code", "payload", "attempts"]),
    ("baasix_EmailLog", &["content", "attempts", "nextAttemptAt", "sentAt", "tenant_Id", "tenant"]),
    ("baasix_UserPreference", &["tenant_Id", "tenant"]),
    ("baasix_Invite", &[]),
];

#[tokio::test]
async fn an_older_project_gets_the_columns_of_identity_and_its_open_invitations_are_over() {
    for mut project in Project::all().await {
        let house = access::Actor::system("a test of upgrades");
        let create = |collection: &str, body: Json| query::Operation::Create {
            collection: collection.to_owned(),
            body: body.as_object().unwrap().clone(),
        };
        let catalog = project.engine.state().catalog.clone();
        let mut draft = Draft::of(&catalog);
        for (name, fields) in OF_IDENTITY.iter().filter(|(name, _)| *name != "baasix_Invite") {
            if fields.is_empty() {
                draft.documents.shift_remove(*name).unwrap();
                continue;
            }
            let document = draft.documents[*name].as_object_mut().unwrap();
            let own = document["fields"].as_object_mut().unwrap();
            fields.iter().for_each(|field| drop(own.shift_remove(*field).unwrap()));
            if let Some(indexes) = document.get_mut("indexes").and_then(Json::as_array_mut) {
                let later = [json!(["value"]), json!(["status", "nextAttemptAt"])];
                indexes.retain(|index| !later.contains(&index["fields"]));
            }
        }
        draft.commit(project.engine.store(), &project.clock).await.unwrap();
        at_version(&project, 8).await;
        project.engine = project.reopened().await;
        // Opened once: what follows is as the eighth version would have left it.
        let state = project.engine.state();
        for (name, _) in OF_IDENTITY {
            let document = &*state.catalog.get(name).unwrap().document;
            assert_eq!(document, catalog::system_document(name).unwrap(), "{name}");
        }
        let role = state.role_named("user").unwrap().id.clone();
        let ada = json!({ "id": "00000000-0000-4000-8000-0000000000aa", "firstName": "Ada" });
        let totp = json!({ "user_Id": ada["id"], "secret": "s", "recoveryCodes": ["a"] });
        let test = json!({ "name": "n", "role_Id": role, "collection": "posts", "action": "read", "expects": "hidden" });
        let variable = json!({ "name": "A", "value": "b" });
        let mut operations = vec![
            create("baasix_User", ada.clone()),
            create("baasix_Totp", totp.clone()),
            create("baasix_PermissionTest", test),
            create("baasix_Variable", variable),
        ];
        for status in ["pending", "accepted", "revoked"] {
            operations.push(create(
                "baasix_Invite",
                json!({
                    "email": "bob@example.com", "role_Id": role, "token": status, "status": status,
                    "expiresAt": "2030-01-01", "invitedBy_Id": ada["id"],
                }),
            ));
        }
        let write = query::Write { operations, strict: true };
        project.engine.write(write, &house, None).await.unwrap();
        let users = project.engine.find(&all("baasix_User"), "a test of upgrades").await.unwrap();
        assert_eq!(users[0]["totpEnabled"], false);
        let twice = query::Write { operations: vec![create("baasix_Totp", totp)], strict: true };
        let refused = project.engine.write(twice, &house, None).await.unwrap_err();
        assert_eq!(refused.code(), Code::UniqueViolation, "a user has one second factor");

        at_version(&project, 8).await;
        project.engine = project.reopened().await;
        let states = r#"SELECT "token" || ' ' || "status" FROM "baasix_Invite" ORDER BY 1"#;
        let states = project.column(states, states).await;
        assert_eq!(states, ["accepted accepted", "pending expired", "revoked revoked"]);
        let renewal = project.engine.renew_indexes().await.unwrap();
        assert_eq!((renewal.created, renewal.rebuilt), (Vec::new(), Vec::new()));
    }
}

#[tokio::test]
async fn a_table_of_somebody_else_under_a_name_that_is_ours_now_stops_an_upgrade_and_stays() {
    for project in Project::all().await {
        let catalog = project.engine.state().catalog.clone();
        let mut draft = Draft::of(&catalog);
        draft.documents.shift_remove("baasix_Variable").unwrap();
        draft.commit(project.engine.store(), &project.clock).await.unwrap();
        at_version(&project, 8).await;
        project
            .meddle(&[
                same(r#"CREATE TABLE "baasix_Variable" ("theirs" integer)"#),
                same(r#"INSERT INTO "baasix_Variable" VALUES (7)"#),
            ])
            .await;
        let refused = project.another().await.err().expect("the upgrade is refused");
        assert!(refused.to_string().contains("baasix_Variable"), "{refused}");
        assert!(refused.hint_text().is_some(), "{refused}");
        let kept = r#"SELECT CAST("theirs" AS TEXT) FROM "baasix_Variable""#;
        assert_eq!(project.column(kept, kept).await, ["7"]);
        let version = r#"SELECT "value" FROM "_meta" WHERE "key" = 'house_version'"#;
        assert_eq!(project.column(version, version).await, ["8"]);
    }
}
