//! Invitations: into a tenant for somebody new and for somebody with an account, and into a project
//! without tenants.

use super::secrets::stored;
use crate::harness::{Answer, App, EMAIL, PASSWORD, Person, on_every_store};
use serde_json::{Value as Json, json};

const HOME: &str = "https://shop.example.com";
const NEW: &str = "new@example.com";

/// Two tenants; the lead of the first may invite readers.
struct World {
    first: Json,
    second: Json,
    reader: Json,
    lead_role: Json,
    lead: Person,
}

async fn world(app: &App) -> World {
    let admin = app.admin();
    admin.patch("/settings", json!({ "app_url": HOME })).await.expect_status(200);
    let first = admin.create("baasix_Tenant", json!({ "name": "First" })).await;
    let second = admin.create("baasix_Tenant", json!({ "name": "Second" })).await;
    let reader = admin.create("baasix_Role", json!({ "name": "reader" })).await;
    let lead_role =
        admin.create("baasix_Role", json!({ "name": "lead", "canInviteRoleIds": [reader] })).await;
    let lead = json!({ "email": "lead@example.com", "password": PASSWORD, "firstName": "Lena", "role_Id": lead_role, "tenant_Id": first });
    admin.create("baasix_User", lead).await;
    let lead = app.anonymous().signed_in("lead@example.com", PASSWORD).await;
    World { first, second, reader, lead_role, lead }
}

impl World {
    async fn invites(&self, email: &str) -> Answer {
        let body = json!({ "email": email, "role_Id": self.reader, "tenant_Id": self.first });
        self.lead.post("/auth/invite", body).await
    }
}

async fn shown(app: &App, token: &str) -> Answer {
    app.anonymous().get(&format!("/auth/verify-invite/{token}")).await
}

async fn accepts(person: &Person, token: &str) -> Answer {
    person.post("/auth/accept-invite", json!({ "inviteToken": token })).await
}

fn registration(email: &str, token: &str) -> Json {
    json!({ "email": email, "password": PASSWORD, "firstName": "Nia", "inviteToken": token })
}

/// A project with tenants where nobody may register unasked.
fn closed(config: &mut embedded_server::Config) {
    config.multi_tenant = true;
    config.public_registration = false;
}

on_every_store!(
    an_invitation_brings_a_new_person_into_the_tenant,
    |config| {
        closed(config);
    },
    async |app| {
        let world = world(app).await;
        let sent = world.invites(" New@Example.com").await;
        let body = &sent.expect_status(200).body;
        assert!(
            body["message"]
                .as_str()
                .is_some_and(|told| told.contains("Invitation sent successfully"))
        );
        assert_eq!(
            (&body["invite"]["email"], &body["invite"]["status"]),
            (&json!(NEW), &json!("pending"))
        );
        let mail = app.last_mail(NEW, 1).await;
        assert_eq!(mail.template, "inviteNewUser");
        assert!(mail.html.contains("Lena") && mail.html.contains("First"), "{}", mail.html);
        let token = mail.token();
        assert_eq!(mail.link(), format!("{HOME}/accept-invite?token={token}"));
        assert!(!sent.text.contains(&token));
        let path = format!("/auth/verify-invite/{token}?link={HOME}/app");
        let told = app.anonymous().get(&path).await;
        let told = &told.expect_status(200).body;
        assert_eq!(
            json!([told["valid"], told["email"], told["userExists"], told["tenant"], told["role"]]),
            json!([true, NEW, false, { "id": world.first, "name": "First" }, { "id": world.reader, "name": "reader" }])
        );
        assert_eq!((&told["tenantId"], &told["roleId"]), (&world.first, &world.reader));
        let url = format!("{HOME}/app/register?inviteToken={token}&email=new%40example.com");
        assert_eq!(told["acceptUrl"], json!(url));
        // Who comes with it need not ask whether anybody may register, and brings no role of its own.
        let uninvited = json!({ "email": "x@example.com", "password": PASSWORD });
        let refused = app.anonymous().post("/auth/register", uninvited).await;
        refused.expect_refusal(403, "REGISTRATION_DISABLED");
        let other =
            app.anonymous().post("/auth/register", registration("x@example.com", &token)).await;
        other.expect_refusal(400, "INVITE_EMAIL_MISMATCH");
        let mut short = registration(NEW, &token);
        short["password"] = json!("short");
        app.anonymous().post("/auth/register", short).await.expect_refusal(400, "PASSWORD_POLICY");
        let mut body = registration("NEW@example.com", &token);
        body["roleName"] = json!("administrator");
        body["tenant"] = json!({ "name": "Third" });
        let made = app.anonymous().post("/auth/register", body).await;
        let body = &made.expect_status(200).body;
        assert_eq!(
            (&body["tenant"]["name"], &body["role"]["name"], &body["user"]["email"]),
            (&json!("First"), &json!("reader"), &json!(NEW))
        );
        let user = app.admin().rows("baasix_User", json!({ "filter": { "email": NEW } })).await;
        assert_eq!(user[0]["emailVerified"], true);
        let invite = app.admin().rows("baasix_Invite", json!({})).await;
        assert_eq!(
            (&invite[0]["status"], &invite[0]["acceptedBy_Id"]),
            (&json!("accepted"), &user[0]["id"])
        );
        assert!(invite[0]["acceptedAt"].is_string());
        assert_eq!(app.admin().rows("baasix_Tenant", json!({})).await.len(), 2);
        // It is good once.
        let again = app.anonymous().post("/auth/register", registration(NEW, &token)).await;
        again.expect_refusal(400, "INVITE_INVALID");
        let gone = shown(app, &token).await;
        gone.expect_refusal(400, "INVITE_INVALID");
        assert_eq!(gone.body["valid"], false);
    }
);

on_every_store!(
    an_invitation_brings_somebody_with_an_account_by_accepting,
    |config| {
        closed(config);
    },
    async |app| {
        let world = world(app).await;
        let ann = json!({ "email": "ann@example.com", "password": PASSWORD, "firstName": "Ann", "role_Id": world.lead_role, "tenant_Id": world.second });
        app.admin().create("baasix_User", ann).await;
        let ann = app.anonymous().signed_in("ann@example.com", PASSWORD).await;
        world.invites("ann@example.com").await.expect_status(200);
        let mail = app.last_mail("ann@example.com", 1).await;
        assert_eq!(mail.template, "inviteExistingUser");
        let token = mail.token();
        assert!(mail.link().ends_with("&existing=true"), "{}", mail.link());
        assert_eq!(shown(app, &token).await.expect_status(200).body["userExists"], true);
        // Nobody else's.
        app.anonymous()
            .post("/auth/accept-invite", json!({ "inviteToken": token }))
            .await
            .expect_refusal(401, "UNAUTHENTICATED");
        accepts(&world.lead, &token).await.expect_refusal(403, "INVITE_EMAIL_MISMATCH");
        accepts(&ann, "nonsense").await.expect_refusal(400, "INVITE_INVALID");
        ann.post("/auth/accept-invite", json!({})).await.expect_refusal(400, "VALIDATION_ERROR");
        let taken =
            app.anonymous().post("/auth/register", registration("ann@example.com", &token)).await;
        taken.expect_refusal(400, "EMAIL_TAKEN");
        let accepted = accepts(&ann, &token).await;
        let body = &accepted.expect_status(200).body;
        assert_eq!(body["message"], "Invitation accepted successfully");
        assert_eq!(
            (&body["tenant"]["name"], &body["role"]["name"]),
            (&json!("First"), &json!("reader"))
        );
        let there = app.anonymous().with_token(body["token"].as_str().expect("a token"));
        assert_eq!(there.get("/auth/me").await.expect_status(200).body["tenant"], world.first);
        let tenants = there.get("/auth/tenants").await.body["tenants"].clone();
        assert_eq!(tenants.as_array().map(Vec::len), Some(2), "{tenants}");
        accepts(&ann, &token).await.expect_refusal(400, "INVITE_INVALID");
    }
);

on_every_store!(
    two_who_accept_at_once_become_one_member,
    |config| {
        closed(config);
    },
    async |app| {
        let world = world(app).await;
        let ann = json!({ "email": "ann@example.com", "password": PASSWORD, "firstName": "Ann", "role_Id": world.lead_role, "tenant_Id": world.second });
        app.admin().create("baasix_User", ann).await;
        world.invites("ann@example.com").await.expect_status(200);
        let token = app.last_mail("ann@example.com", 1).await.token();
        let ann = app.anonymous().signed_in("ann@example.com", PASSWORD).await;
        let comers = (0..5).map(|_| {
            let (ann, token) = (ann.clone(), token.clone());
            tokio::spawn(async move { accepts(&ann, &token).await.status })
        });
        let mut answers = Vec::new();
        for comer in comers.collect::<Vec<_>>() {
            answers.push(comer.await.expect("an answer"));
        }
        answers.sort_unstable();
        assert_eq!(answers, [200, 400, 400, 400, 400]);
        let there = json!({ "filter": { "tenant_Id": world.first, "role_Id": world.reader } });
        assert_eq!(app.admin().rows("baasix_UserRole", there).await.len(), 1);
    }
);

on_every_store!(
    nobody_invites_above_himself_or_elsewhere,
    |config| {
        closed(config);
    },
    async |app| {
        let world = world(app).await;
        let invite = async |person: &Person, more: Json| {
            let mut body =
                json!({ "email": NEW, "role_Id": world.reader, "tenant_Id": world.first });
            body.as_object_mut()
                .expect("an object")
                .extend(more.as_object().cloned().expect("one"));
            person.post("/auth/invite", body).await
        };
        let administrators = json!({ "filter": { "name": "administrator" } });
        let administrators = app.admin().column("baasix_Role", "id", administrators).await;
        // Not even where a list says so.
        let path = format!("/items/baasix_Role/{}", world.lead_role.as_str().expect("a key"));
        let both = json!({ "canInviteRoleIds": [world.reader, administrators[0]] });
        app.admin().patch(&path, both).await.expect_status(200);
        for role in [&administrators[0], &world.lead_role] {
            invite(&world.lead, json!({ "role_Id": role })).await.expect_refusal(403, "FORBIDDEN");
        }
        let elsewhere = json!({ "tenant_Id": world.second });
        invite(&world.lead, elsewhere.clone()).await.expect_refusal(403, "FORBIDDEN");
        let nobody = app.anonymous();
        invite(&nobody, json!({})).await.expect_refusal(401, "UNAUTHENTICATED");
        let plain = json!({ "email": "pia@example.com", "password": PASSWORD, "firstName": "Pia", "role_Id": world.reader, "tenant_Id": world.first });
        app.admin().create("baasix_User", plain).await;
        let plain = nobody.signed_in("pia@example.com", PASSWORD).await;
        invite(&plain, json!({})).await.expect_refusal(403, "FORBIDDEN");
        // Administrators anywhere, and one's own tenant need not be named.
        invite(app.admin(), elsewhere).await.expect_status(200);
        let own = json!({ "email": "own@example.com", "role_Id": world.reader });
        world.lead.post("/auth/invite", own.clone()).await.expect_status(200);
        app.admin().post("/auth/invite", own).await.expect_refusal(400, "TENANT_REQUIRED");
        for (more, field) in [
            (json!({ "email": "nobody" }), "email"),
            (json!({ "email": null }), "email"),
            (json!({ "role_Id": null }), "role_Id"),
            (json!({ "role_Id": "00000000-0000-4000-8000-00000000beef" }), "role_Id"),
            (json!({ "tenant_Id": "00000000-0000-4000-8000-00000000beef" }), "tenant_Id"),
            (json!({ "tenant_Id": "no key" }), "tenant_Id"),
            (json!({ "link": "https://evil.example.com" }), "link"),
        ] {
            let refused = invite(app.admin(), more.clone()).await;
            refused.expect_refusal(400, "VALIDATION_ERROR");
            assert_eq!(refused.body["details"][0]["field"], field, "{more}");
        }
    }
);

on_every_store!(
    a_second_invitation_waits_until_the_first_is_answered_or_taken_back,
    |config| {
        closed(config);
    },
    async |app| {
        let world = world(app).await;
        let first = world.invites(NEW).await.expect_status(200).body["invite"]["id"].clone();
        let path = format!("/auth/invites/{}", first.as_str().expect("a key"));
        world.invites(NEW).await.expect_refusal(400, "INVITE_EXISTS");
        // Elsewhere it is another.
        let elsewhere = json!({ "email": NEW, "role_Id": world.reader, "tenant_Id": world.second });
        app.admin().post("/auth/invite", elsewhere).await.expect_status(200);
        let old = app.mails_to(NEW, 2).await[0].token();
        // Sent again, the mail of before leads nowhere.
        let again = world.lead.post(&format!("{path}/resend"), json!({})).await;
        assert_eq!(again.expect_status(200).body["invite"]["id"], first);
        let new = app.last_mail(NEW, 3).await.token();
        shown(app, &old).await.expect_refusal(400, "INVITE_INVALID");
        shown(app, &new).await.expect_status(200);
        // Not by who could not have sent it.
        let other = json!({ "email": "omar@example.com", "password": PASSWORD, "firstName": "Omar", "role_Id": world.lead_role, "tenant_Id": world.second });
        app.admin().create("baasix_User", other).await;
        let other = app.anonymous().signed_in("omar@example.com", PASSWORD).await;
        other.delete(&path).await.expect_refusal(404, "NOT_FOUND");
        other.post(&format!("{path}/resend"), json!({})).await.expect_refusal(404, "NOT_FOUND");
        app.anonymous().delete(&path).await.expect_refusal(401, "UNAUTHENTICATED");
        world.lead.delete(&path).await.expect_status(200);
        shown(app, &new).await.expect_refusal(400, "INVITE_INVALID");
        world.lead.delete(&path).await.expect_refusal(404, "NOT_FOUND");
        world.invites(NEW).await.expect_status(200);
    }
);

on_every_store!(
    an_invitation_past_its_time_blocks_no_other,
    |config| {
        closed(config);
    },
    async |app| {
        let world = world(app).await;
        let first = world.invites(NEW).await.expect_status(200).body["invite"]["id"].clone();
        let token = app.last_mail(NEW, 1).await.token();
        let path = format!("/items/baasix_Invite/{}", first.as_str().expect("a key"));
        let past = json!({ "expiresAt": "2020-01-01T00:00:00.000Z" });
        app.admin().patch(&path, past).await.expect_status(200);
        shown(app, &token).await.expect_refusal(400, "INVITE_INVALID");
        world.invites(NEW).await.expect_status(200);
        assert_eq!(app.admin().get(&path).await.body["data"]["status"], "expired");
    }
);

on_every_store!(
    an_invitation_is_seen_by_its_tenant_only_and_kept_as_nothing_usable,
    |config| {
        closed(config);
    },
    async |app| {
        let world = world(app).await;
        world.invites(NEW).await.expect_status(200);
        let token = app.last_mail(NEW, 1).await.token();
        let grant =
            json!({ "role_Id": world.lead_role, "collection": "baasix_Invite", "action": "read" });
        app.admin().post("/permissions", grant).await.expect_status(201);
        let other = json!({ "email": "omar@example.com", "password": PASSWORD, "firstName": "Omar", "role_Id": world.lead_role, "tenant_Id": world.second });
        app.admin().create("baasix_User", other).await;
        let other = app.anonymous().signed_in("omar@example.com", PASSWORD).await;
        assert_eq!(
            other.get("/items/baasix_Invite").await.expect_status(200).body["totalCount"],
            0
        );
        let seen = world.lead.get("/items/baasix_Invite").await;
        assert_eq!(seen.expect_status(200).body["totalCount"], 1);
        assert!(seen.body["data"][0].get("token").is_none(), "{}", seen.text);
        let kept = stored(app, r#"SELECT "token" FROM "baasix_Invite""#).await;
        assert!(kept.len() == 1 && kept[0] != token, "{kept:?}");
    }
);

on_every_store!(without_tenants_administrators_invite_into_the_project, async |app| {
    let admin = app.admin();
    admin.patch("/settings", json!({ "app_url": HOME })).await.expect_status(200);
    let role = admin.create("baasix_Role", json!({ "name": "Clerk" })).await;
    let body = json!({ "email": NEW, "role_Id": role });
    admin.post("/auth/invite", body.clone()).await.expect_refusal(400, "MULTI_TENANT_DISABLED");
    let clerk = app.with_grants("Cleo", &[]).await;
    clerk.post("/auth/admin/invite", body.clone()).await.expect_refusal(403, "FORBIDDEN");
    let known = json!({ "email": EMAIL, "role_Id": role });
    admin.post("/auth/admin/invite", known).await.expect_refusal(400, "EMAIL_TAKEN");
    admin.post("/auth/admin/invite", body).await.expect_status(200);
    let token = app.last_mail(NEW, 1).await.token();
    let told = shown(app, &token).await;
    assert_eq!((&told.body["tenant"], &told.body["role"]["name"]), (&Json::Null, &json!("Clerk")));
    let made = app.anonymous().post("/auth/register", registration(NEW, &token)).await;
    let body = &made.expect_status(200).body;
    assert_eq!((&body["role"]["name"], &body["tenant"]), (&json!("Clerk"), &Json::Null));
});

on_every_store!(
    a_page_of_one_tenant_is_brought_no_secret_of_anothers_people,
    |config| {
        closed(config);
    },
    async |app| {
        let world = world(app).await;
        let own = format!("/settings?tenant_id={}", world.second.as_str().expect("a key"));
        let theirs = "https://second.example.com";
        app.admin().patch(&own, json!({ "app_url": theirs })).await.expect_status(200);
        let omar = json!({ "email": "omar@example.com", "password": PASSWORD, "firstName": "Omar", "role_Id": world.reader, "tenant_Id": world.second });
        app.admin().create("baasix_User", omar).await;
        for path in ["/auth/magiclink", "/auth/password/reset", "/auth/email/verify"] {
            for email in ["lead@example.com", "omar@example.com"] {
                let body = json!({ "email": email, "link": format!("{theirs}/in") });
                app.anonymous().post(path, body).await.expect_status(200);
            }
        }
        assert!(app.last_mail("omar@example.com", 3).await.link().starts_with(theirs));
        app.mails_to("lead@example.com", 0).await;
        let invite = json!({ "email": NEW, "role_Id": world.reader, "tenant_Id": world.first, "link": theirs });
        app.admin().post("/auth/invite", invite).await.expect_refusal(400, "VALIDATION_ERROR");
        world.invites(NEW).await.expect_status(200);
        let token = app.last_mail(NEW, 1).await.token();
        let path = format!("/auth/verify-invite/{token}?link={theirs}");
        app.anonymous().get(&path).await.expect_refusal(400, "VALIDATION_ERROR");
    }
);
