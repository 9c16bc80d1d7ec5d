//! Settings of the project and of its tenants, how they look, and what a server tells of itself.

use crate::harness::{Answer, App, PASSWORD, Person, on_every_store, plain};
use serde_json::{Value as Json, json};

/// The settings that a caller is told.
async fn seen_by(person: &Person, query: &str) -> Json {
    let answer = person.get(&format!("/settings{query}")).await;
    answer.expect_status(200).body["data"].clone()
}

async fn changed(app: &App, query: &str, body: Json) -> Json {
    let answer = app.admin().patch(&format!("/settings{query}"), body).await;
    answer.expect_status(200).body["data"].clone()
}

/// A tenant, and the part of an address that names it.
async fn tenant(app: &App, name: &str) -> (Json, String) {
    let id = app.admin().create("baasix_Tenant", json!({ "name": name })).await;
    let query = format!("?tenant_id={}", plain(&id));
    (id, query)
}

/// Somebody without any grant, with a role in a tenant if one is named.
async fn somebody(app: &App, name: &str, tenant: Option<&Json>) -> Person {
    let admin = app.admin();
    let role = admin.create("baasix_Role", json!({ "name": name })).await;
    let email = format!("{}@example.com", name.to_lowercase());
    let user = json!({ "email": email, "password": PASSWORD, "firstName": name });
    let user = admin.create("baasix_User", user).await;
    let given = json!({ "user_Id": user, "role_Id": role, "tenant_Id": tenant });
    admin.create("baasix_UserRole", given).await;
    let body = json!({ "email": email, "password": PASSWORD, "tenant_Id": tenant });
    let signed_in = app.anonymous().post("/auth/login", body).await;
    let token = signed_in.expect_status(200).body["token"].as_str().expect("a token").to_owned();
    app.anonymous().with_token(&token)
}

/// The fields that a refusal names.
fn fields(answer: &Answer) -> Vec<&str> {
    let details = answer.body["details"].as_array().expect("details");
    details.iter().filter_map(|one| one["field"].as_str()).collect()
}

on_every_store!(free_keys_come_back_at_the_top_level, async |app| {
    let admin = app.admin();
    assert_eq!(seen_by(admin, "").await.get("theme"), None);
    let body = json!({ "appName": "My Application", "theme": "dark", "limits": { "rows": 1.5 } });
    let now = changed(app, "", body).await;
    assert_eq!(now, seen_by(admin, "").await);
    assert_eq!((&now["theme"], &now["limits"]), (&json!("dark"), &json!({ "rows": 1.5 })));
    assert_eq!(
        (&now["appName"], &now["project_name"]),
        (&now["project_name"], &json!("My Application"))
    );
    assert_eq!(now.get("extra"), None);
    // What is not named stays, null takes away.
    let now = changed(app, "", json!({ "theme": null, "plan": ["a"], "timezone": "CET" })).await;
    assert_eq!(
        (now.get("theme"), &now["limits"], &now["plan"]),
        (None, &json!({ "rows": 1.5 }), &json!(["a"]))
    );
    assert_eq!((&now["timezone"], &now["title"]), (&json!("CET"), &json!("Baasix Project")));
    // All of it may be sent back as it came.
    let mut back = now.clone();
    back["title"] = json!("Changed");
    let mut wanted = now.clone();
    wanted["title"] = json!("Changed");
    let mut now = changed(app, "", back).await;
    now["updatedAt"] = wanted["updatedAt"].clone();
    assert_eq!(now, wanted);
    // What the column of free keys holds stands in front of no setting, and opens none.
    let odd = json!({ "title": "x", "id": 9, "smtp_pass": "y", "appName": "z", "note": 1 });
    let path = format!("/items/baasix_Settings/{}", now["id"]);
    admin.patch(&path, json!({ "extra": odd })).await.expect_status(200);
    for person in [admin.clone(), app.anonymous()] {
        let now = seen_by(&person, "").await;
        assert_eq!((&now["title"], &now["note"]), (&json!("Changed"), &json!(1)));
        assert_eq!((&now["id"], &now["appName"]), (&wanted["id"], &json!("My Application")));
        assert_eq!(now.get("smtp_pass"), None);
    }
    // The history says who changed them.
    let history = admin.get(&format!("{path}/history")).await;
    let first = &history.expect_status(200).body["data"][0];
    assert_eq!(first["actor"]["id"], json!(admin.user_id), "{first}");
});

on_every_store!(what_cannot_be_a_setting_is_refused_by_its_name, async |app| {
    let admin = app.admin();
    let before = seen_by(admin, "").await;
    for (body, wrong) in [
        (json!({ "title": 5, "theme": "dark" }), vec!["title"]),
        (json!({ "appName": ["x"] }), vec!["appName"]),
        (json!({ "primaryColor": 1 }), vec!["primaryColor"]),
        (json!({ "session_limit_roles": { "0": "x" } }), vec!["session_limit_roles"]),
        (json!({ "appName": "a", "project_name": "b" }), vec!["appName"]),
        (json!({ "smtp_enabled": "perhaps" }), vec!["smtp_enabled"]),
        (json!({ "smtp_enabled": null }), vec!["smtp_enabled"]),
        (json!({ "web_session_limit": "many" }), vec!["web_session_limit"]),
        (json!({ "smtp_port": 1.5 }), vec!["smtp_port"]),
        (json!({ "project_icon_Id": "no key" }), vec!["project_icon_Id"]),
        (json!({ "id": 7, "tenant_Id": "x", "extra": {} }), vec!["id", "tenant_Id", "extra"]),
        (
            json!({ "logo_url": "x", "smtp_password": "x", "": 1 }),
            vec!["logo_url", "smtp_password", ""],
        ),
        (json!({ "project_icon": { "title": "made along" } }), vec!["project_icon"]),
        (json!({ "long": "x".repeat(70 * 1024) }), vec!["long"]),
    ] {
        let answer = admin.patch("/settings", body.clone()).await;
        assert_eq!(answer.status, 400, "{body} {}", answer.text);
        assert_eq!(fields(&answer), wrong, "{body} {}", answer.text);
    }
    for body in ["", "[]", "5", "{"] {
        let answer = admin.with_header("content-type", "application/json");
        let answer = answer.post_text("/settings/test-email", body).await;
        answer.expect_refusal(400, "INVALID_BODY");
    }
    admin.patch("/settings", json!([])).await.expect_refusal(400, "INVALID_BODY");
    for query in ["?tenant_id=x", "?tenant_id=00000000-0000-4000-8000-000000000001"] {
        let answer = admin.patch(&format!("/settings{query}"), json!({ "title": "T" })).await;
        answer.expect_refusal(400, "VALIDATION_ERROR");
        assert_eq!(fields(&answer), ["tenant_id"]);
    }
    assert_eq!(seen_by(admin, "").await, before);
    assert_eq!(changed(app, "", json!({})).await, before);
});

on_every_store!(others_than_administrators_change_nothing, async |app| {
    let (_, query) = tenant(app, "One").await;
    changed(app, &query, json!({ "title": "One" })).await;
    let clerk = somebody(app, "Clerk", None).await;
    for (person, status, code) in [
        (app.anonymous(), 403, "FORBIDDEN"),
        (clerk, 403, "FORBIDDEN"),
        (app.anonymous().with_token("dead"), 401, "SESSION_REVOKED"),
    ] {
        for answer in [
            person.patch("/settings", json!({ "title": "Mine" })).await,
            person.patch(&format!("/settings{query}"), json!({ "title": "Mine" })).await,
            person.delete(&format!("/settings/tenant{query}")).await,
            person.delete("/settings/tenant").await,
            person.post("/settings/reload", json!({})).await,
            person.post("/settings/test-email", json!({ "to": "a@example.com" })).await,
            person.patch("/settings", json!("no object")).await,
        ] {
            answer.expect_refusal(status, code);
        }
    }
    assert_eq!(seen_by(app.admin(), "").await["title"], "Baasix Project");
    assert_eq!(seen_by(app.admin(), &query).await["title"], "One");
    let reloaded = app.admin().post_text("/settings/reload", "").await;
    let message = &reloaded.expect_status(200).body["message"];
    assert!(
        message.as_str().is_some_and(|told| told.contains("reloaded successfully")),
        "{message}"
    );
});

/// Everything about mail, by columns.
fn mail() -> Json {
    json!({
        "smtp_enabled": true, "smtp_host": "s3cret-host", "smtp_port": 4465, "smtp_secure": true,
        "smtp_user": "s3cret-user", "smtp_pass": "s3cret-pass",
        "smtp_from_address": "s3cret-from@example.com",
    })
}

on_every_store!(a_stranger_is_told_looks_and_nobody_how_mail_is_sent, async |app| {
    let mut body = mail();
    for (name, value) in [
        ("metadata", json!({ "inner": "m3mbers" })),
        ("modules", json!({ "inner": "m3mbers" })),
        ("session_limit_roles", json!(["m3mbers"])),
        ("web_session_limit", json!(4471)),
        ("mobile_session_limit", json!(4472)),
        ("email_signature", json!("m3mbers")),
        ("app_url", json!("https://app.example.com")),
        ("theme", json!("dark")),
    ] {
        body[name] = value;
    }
    let answer = app.admin().patch("/settings", body).await;
    assert!(!answer.expect_status(200).text.contains("s3cret"), "{}", answer.text);
    let clerk = somebody(app, "Clerk", None).await;
    for (person, signed_in) in
        [(app.admin().clone(), true), (clerk, true), (app.anonymous(), false)]
    {
        for path in [
            "/settings",
            "/settings?tenant_id=none",
            "/settings/by-app-url?app_url=https://app.example.com",
            "/settings/branding",
            "/",
        ] {
            let answer = person.get(path).await;
            answer.expect_status(200);
            for secret in [
                "s3cret",
                "4465",
                "smtp_host",
                "smtp_port",
                "smtp_secure",
                "smtp_user",
                "smtp_pass",
                "smtp_from_address",
            ] {
                assert!(!answer.text.contains(secret), "{path}: {}", answer.text);
            }
            let inner = ["m3mbers", "4471", "4472"];
            let shown = inner.iter().any(|one| answer.text.contains(one));
            assert_eq!(shown, signed_in && path != "/settings/branding", "{path}: {}", answer.text);
            assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        }
        let now = seen_by(&person, "").await;
        for (name, value) in
            [("theme", json!("dark")), ("smtp_enabled", json!(true)), ("language", json!("en"))]
        {
            assert_eq!(now[name], value, "{name}");
        }
        for name in [
            "metadata",
            "modules",
            "session_limit_roles",
            "web_session_limit",
            "mobile_session_limit",
            "email_signature",
        ] {
            assert_eq!(now.get(name).is_some(), signed_in, "{name}");
        }
    }
});

on_every_store!(a_tenant_overrides_only_what_it_set, async |app| {
    let admin = app.admin();
    let (id, query) = tenant(app, "One").await;
    let mut body = mail();
    body["title"] = json!("Project");
    body["theme"] = json!("dark");
    body["description"] = json!("of the project");
    changed(app, "", body).await;
    changed(app, &query, json!({ "title": "One", "plan": 2, "secondaryColor": "#111111" })).await;
    // What a new row is filled with hides nothing of the project's, nor what it changes later.
    changed(app, "", json!({ "timezone": "CET", "theme": "light", "currency": "EUR" })).await;
    let now = seen_by(admin, &query).await;
    for (name, value) in [
        ("title", json!("One")),
        ("plan", json!(2)),
        ("secondary_color", json!("#111111")),
        ("description", json!("of the project")),
        ("project_name", json!("Baasix Project")),
        ("timezone", json!("CET")),
        ("currency", json!("EUR")),
        ("theme", json!("light")),
        ("smtp_enabled", json!(true)),
        ("tenant_Id", Json::Null),
    ] {
        assert_eq!(now[name], value, "{name}: {now}");
    }
    let project = seen_by(admin, "").await;
    assert_eq!((&project["title"], project.get("plan")), (&json!("Project"), None));
    // With a server of its own the switch is its own.
    let now = changed(app, &query, json!({ "smtp_host": "mail.one" })).await;
    assert_eq!(now["smtp_enabled"], false);
    // The header names it, and the address wins over the header.
    let header = admin.with_header("x-tenant-id", &plain(&id));
    assert_eq!(seen_by(&header, "").await["title"], "One");
    let (_, other) = tenant(app, "Two").await;
    assert_eq!(seen_by(&header, &other).await["title"], "Project");
    assert_eq!(
        header.patch("/settings", json!({ "title": "Uno" })).await.body["data"]["title"],
        "Uno"
    );
    assert_eq!(seen_by(admin, "").await["title"], "Project");
    // One that is none is the project.
    for none in ["?tenant_id=x", "?tenant_id=", "?tenant_id=00000000-0000-4000-8000-000000000001"] {
        assert_eq!(seen_by(admin, none).await["title"], "Project", "{none}");
        assert_eq!(seen_by(&app.anonymous(), none).await["title"], "Project", "{none}");
    }
    let upper = query.to_uppercase().replace("TENANT_ID", "tenant_id");
    assert_eq!(seen_by(admin, &upper).await["title"], "Uno");
    // Taken away, the project's hold; once more is no fault.
    admin.delete("/settings/tenant").await.expect_refusal(400, "INVALID_QUERY");
    for _ in 0..2 {
        admin.delete(&format!("/settings/tenant{query}")).await.expect_status(200);
        assert_eq!(seen_by(admin, &query).await["title"], "Project");
    }
    changed(app, &query, json!({ "title": "Again" })).await;
    header.delete("/settings/tenant").await.expect_status(200);
    assert_eq!(seen_by(admin, &query).await["title"], "Project");
    assert_eq!(admin.rows("baasix_Settings", json!({})).await.len(), 1);
});

on_every_store!(what_is_more_than_looks_is_for_the_people_of_a_tenant, async |app| {
    let (one, query) = tenant(app, "One").await;
    let (two, _) = tenant(app, "Two").await;
    changed(app, "", json!({ "metadata": { "of": "project" } })).await;
    changed(app, &query, json!({ "metadata": { "of": "one" }, "title": "One" })).await;
    let member = somebody(app, "Member", Some(&one)).await;
    let other = somebody(app, "Other", Some(&two)).await;
    let nowhere = somebody(app, "Nowhere", None).await;
    for (person, sees) in [(&member, true), (&other, false), (&nowhere, false), (app.admin(), true)]
    {
        let now = seen_by(person, &query).await;
        assert_eq!((&now["title"], now.get("metadata").is_some()), (&json!("One"), sees), "{now}");
    }
    // Unless another is named they are told those of their own tenant.
    assert_eq!(seen_by(&member, "").await["metadata"]["of"], "one");
    assert_eq!(seen_by(&other, "").await["metadata"]["of"], "project");
    let info = member.get("/").await;
    assert_eq!(info.expect_status(200).body["project"]["metadata"]["of"], "one");
    // Who works elsewhere for the moment belongs to it all the same.
    let roles = json!({ "filter": { "name": "Other" } });
    let role = app.admin().column("baasix_Role", "id", roles).await[0].clone();
    let users = json!({ "filter": { "email": "other@example.com" } });
    let user = app.admin().column("baasix_User", "id", users).await[0].clone();
    let given = json!({ "user_Id": user, "role_Id": role, "tenant_Id": one });
    app.admin().create("baasix_UserRole", given).await;
    assert_eq!(seen_by(&other, &query).await["metadata"]["of"], "one");
});

on_every_store!(an_app_url_is_matched_whole_and_not_as_a_pattern, async |app| {
    let nobody = app.anonymous();
    let (one, query) = tenant(app, "One").await;
    let (two, other) = tenant(app, "Two").await;
    changed(app, "", json!({ "app_url": "https://shop.example.com" })).await;
    let addresses = json!({ "app_url": "HTTPS://One.Example.com:443/", "title": "One" });
    changed(app, &query, addresses).await;
    changed(app, &other, json!({ "app_url": "https://shop.example.com/", "title": "Two" })).await;
    let by = async |address: &str| {
        nobody.ask("/settings/by-app-url", json!({ "appUrl": address })).await
    };
    for address in
        ["https://one.example.com", "https://one.example.com/", "https://ONE.example.com:443"]
    {
        assert_eq!(by(address).await.expect_status(200).body["data"]["title"], "One", "{address}");
    }
    let older = nobody.get("/settings/by-app-url?app_url=https://one.example.com").await;
    assert_eq!(older.expect_status(200).body["data"]["title"], "One");
    // Of two the project comes first.
    let whole = by("https://shop.example.com").await;
    assert_eq!(whole.expect_status(200).body["data"]["title"], "Baasix Project");
    for address in [
        "https://%",
        "%",
        "https://one.example.co_",
        "https://___.example.com",
        "http://one.example.com",
        "https://one.example.com:8443",
        "https://one.example.com/x",
        "one.example.com",
        "https://one.example.co",
        "*",
        "https://one.example.com.evil.example",
    ] {
        by(address).await.expect_refusal(404, "NOT_FOUND");
    }
    for query in ["", "?appUrl=", "?appurl=https://one.example.com"] {
        let missing = nobody.get(&format!("/settings/by-app-url{query}")).await;
        missing.expect_refusal(400, "INVALID_QUERY");
    }
    // It goes with the settings, and with the tenant.
    app.admin().delete(&format!("/settings/tenant{query}")).await.expect_status(200);
    by("https://one.example.com").await.expect_refusal(404, "NOT_FOUND");
    changed(app, "", json!({ "app_url": null })).await;
    assert_eq!(
        by("https://shop.example.com").await.expect_status(200).body["data"]["title"],
        "Two"
    );
    app.admin().delete(&format!("/items/baasix_Tenant/{}", plain(&two))).await.expect_status(200);
    by("https://shop.example.com").await.expect_refusal(404, "NOT_FOUND");
    app.admin().delete(&format!("/items/baasix_Tenant/{}", plain(&one))).await.expect_status(200);
});

on_every_store!(branding_without_a_tenant_is_the_projects, async |app| {
    let (id, query) = tenant(app, "One").await;
    let picture =
        json!({ "title": "Our logo", "filename": "logo.png", "metadata": { "k": "unt0ld" } });
    let icon = app.admin().create("baasix_File", picture).await;
    let body = json!({
        "appName": "Shop", "primaryColor": "#123456", "project_url": "https://shop.example.com/",
        "email_icon_Id": icon,
    });
    let now = changed(app, "", body).await;
    assert_eq!(now["email_icon"]["title"], "Our logo");
    assert_eq!(now["email_icon"].get("metadata"), None);
    changed(app, &query, json!({ "project_color": "#654321" })).await;
    let logo = format!("https://shop.example.com/assets/{}", plain(&icon));
    let branding = async |person: &Person, query: &str| {
        let answer = person.get(&format!("/settings/branding{query}")).await;
        answer.expect_status(200).body["data"].clone()
    };
    let nobody = app.anonymous();
    let project = branding(&nobody, "").await;
    assert_eq!(
        project,
        json!({
            "project_name": "Shop", "title": "Baasix Project", "project_url": "https://shop.example.com/",
            "app_url": null, "description": "Powered by Baasix", "keywords": "cms, headless, api",
            "project_color": "#123456", "secondary_color": "#f0f0f0", "timezone": "UTC",
            "language": "en", "date_format": "YYYY-MM-DD", "currency": "USD", "logo_url": logo,
            "logo": logo, "primaryColor": "#123456", "secondaryColor": "#f0f0f0",
        })
    );
    assert_eq!(branding(&nobody, "?tenant_id=x").await, project);
    assert_eq!(branding(&nobody, "?tenant_id=00000000-0000-4000-8000-000000000001").await, project);
    let own = branding(&nobody, &query).await;
    assert_eq!((&own["primaryColor"], &own["project_name"]), (&json!("#654321"), &json!("Shop")));
    let member = somebody(app, "Member", Some(&id)).await;
    let header = nobody.with_header("x-tenant-id", &plain(&id));
    assert_eq!(branding(&header, "").await, own);
    assert_eq!(branding(&member, "").await, own);
    // A picture that settings show stays.
    let removed = app.admin().delete(&format!("/items/baasix_File/{}", plain(&icon))).await;
    removed.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
});

on_every_store!(a_change_counts_from_the_next_request_by_whatever_door, async |app| {
    let admin = app.admin();
    let nobody = app.anonymous();
    let title = async || seen_by(&nobody, "").await["title"].clone();
    let id = seen_by(admin, "").await["id"].clone();
    let path = format!("/items/baasix_Settings/{id}");
    changed(app, "", json!({ "title": "settings" })).await;
    assert_eq!(title().await, "settings");
    admin.patch(&path, json!({ "title": "items" })).await.expect_status(200);
    assert_eq!(title().await, "items");
    let bulk = json!([{ "id": id, "title": "bulk" }]);
    admin.patch("/items/baasix_Settings/bulk", bulk).await.expect_status(200);
    assert_eq!(title().await, "bulk");
    let update = json!({ "op": "update", "collection": "baasix_Settings", "id": id, "data": { "title": "batch" } });
    admin.post("/items/batch", json!({ "operations": [update] })).await.expect_status(200);
    assert_eq!(title().await, "batch");
    let upsert = json!({ "filter": { "id": { "eq": id } }, "data": { "title": "upsert" } });
    admin.put("/items/baasix_Settings", upsert).await.expect_status(200);
    assert_eq!(title().await, "upsert");
    // Of a tenant: made, changed, and gone with it.
    let (tenant_id, query) = tenant(app, "One").await;
    let of_tenant = async || seen_by(&nobody, &query).await["title"].clone();
    assert_eq!(of_tenant().await, "upsert");
    let row = json!([{ "tenant_Id": tenant_id, "title": "imported" }]);
    admin.post("/items/baasix_Settings/import-json", row).await.expect_status(200);
    assert_eq!((of_tenant().await, title().await), (json!("imported"), json!("upsert")));
    admin.delete(&format!("/items/baasix_Tenant/{}", plain(&tenant_id))).await.expect_status(200);
    assert_eq!(of_tenant().await, "upsert");
    // In another process, soon.
    let beside = app.beside().await;
    assert_eq!(seen_by(&beside.owner, "").await["title"], "upsert");
    changed(app, "", json!({ "title": "elsewhere", "theme": "dark" })).await;
    let mut now = Json::Null;
    for _ in 0..10_000 {
        now = seen_by(&beside.owner, "").await;
        if now["title"] == "elsewhere" {
            break;
        }
    }
    assert_eq!((&now["title"], &now["theme"]), (&json!("elsewhere"), &json!("dark")));
    beside.stop().await;
});

on_every_store!(free_keys_of_writers_side_by_side_are_all_kept, async |app| {
    let (_, query) = tenant(app, "One").await;
    let beside = app.beside().await;
    for query in ["", query.as_str()] {
        let mut writing = Vec::new();
        for writer in 0..12 {
            let person = if writer % 4 == 0 { beside.owner.clone() } else { app.admin().clone() };
            let path = format!("/settings{query}");
            let body = json!({ format!("key{writer}"): writer, "title": format!("by {writer}") });
            writing.push(tokio::spawn(async move { person.patch(&path, body).await }));
        }
        for one in writing {
            one.await.expect("it answers").expect_status(200);
        }
        app.admin().post("/settings/reload", json!({})).await.expect_status(200);
        let now = seen_by(app.admin(), query).await;
        for writer in 0..12 {
            assert_eq!(now[format!("key{writer}")], writer, "{now}");
        }
        assert!(now["title"].as_str().is_some_and(|title| title.starts_with("by ")), "{now}");
    }
    beside.stop().await;
    assert_eq!(app.admin().rows("baasix_Settings", json!({})).await.len(), 2);
});

on_every_store!(settings_are_read_once_for_as_long_as_they_stay, async |app| {
    let (_, query) = tenant(app, "One").await;
    changed(app, &query, json!({ "title": "One", "app_url": "https://one.example.com" })).await;
    let nobody = app.anonymous();
    let by = "/settings/by-app-url?appUrl=https://one.example.com";
    let of_tenant = format!("/settings{query}");
    for path in ["/settings", "/settings/branding", "/", of_tenant.as_str(), by] {
        let cost = app.cost(async |_| drop(nobody.get(path).await)).await;
        assert_eq!(cost, 0, "{path}");
    }
});

on_every_store!(a_mail_that_cannot_be_sent_says_so, async |app| {
    let admin = app.admin();
    // Nobody listens there any more.
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = gone.local_addr().expect("an address").port();
    drop(gone);
    let server = json!({ "smtp_enabled": true, "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_from_address": "shop@example.com" });
    admin.patch("/settings", server).await.expect_status(200);
    for body in [json!({ "to": "a@example.com" }), json!({ "email": "a@example.com" })] {
        let answer = admin.post("/settings/test-email", body).await;
        answer.expect_refusal(400, "MAIL_FAILED");
        assert_eq!(answer.body["success"], false);
    }
    for body in [json!({}), json!({ "to": "nobody" }), json!({ "to": 5 }), json!({ "to": null })] {
        let answer = admin.post("/settings/test-email", body).await;
        answer.expect_refusal(400, "VALIDATION_ERROR");
        assert_eq!(fields(&answer), ["to"]);
    }
});

on_every_store!(
    machines_are_told_what_this_is_and_browsers_are_shown_the_studio,
    |config| {
        let folder = config.data_dir.with_extension("front");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("index.html"), "<!doctype html><title>Plinth</title>")
            .expect("a page");
        config.studio_dir = Some(folder);
    },
    async |app| {
        let nobody = app.anonymous();
        changed(app, "", json!({ "appName": "Shop", "modules": { "a": true } })).await;
        let page = "text/html,application/xhtml+xml,*/*;q=0.8";
        let browser = nobody.with_header("accept", page).get("/").await;
        assert!((300..400).contains(&browser.status), "{}", browser.status);
        let shown = nobody.get(browser.headers["location"].to_str().expect("a path")).await;
        assert!(shown.expect_status(200).text.contains("<title>Plinth</title>"), "{}", shown.text);
        let token = app.admin().token.clone().expect("a token");
        let program = nobody.with_token(&token).with_header("accept", page).get("/").await;
        for answer in [nobody.get("/").await, nobody.post("/", json!({})).await, program] {
            let body = &answer.expect_status(200).body;
            assert!(body["version"].is_string(), "{body}");
            let project = &body["project"];
            for (name, value) in [
                ("name", json!("Shop")),
                ("title", json!("Baasix Project")),
                ("url", Json::Null),
                ("app_url", Json::Null),
                ("color", json!("#663399")),
                ("secondary_color", json!("#f0f0f0")),
                ("description", json!("Powered by Baasix")),
                ("keywords", json!("cms, headless, api")),
                ("smtp_enabled", json!(false)),
                ("multitenant", json!(false)),
                ("metadata", Json::Null),
            ] {
                assert_eq!(project[name], value, "{name}: {body}");
            }
            let pictures = [
                "logo-light",
                "logo-dark",
                "logo-full",
                "logo-transparent",
                "favicon",
                "icon",
                "email-icon",
            ];
            for name in pictures {
                assert_eq!(project["branding"].get(name), Some(&Json::Null), "{name}: {body}");
            }
            let speaks = json!({ "timezone": "UTC", "language": "en", "date_format": "YYYY-MM-DD", "currency": "USD" });
            assert_eq!(project["localization"], speaks);
        }
        assert_eq!(nobody.get("/").await.body["project"]["modules"], Json::Null);
        assert_eq!(app.admin().get("/").await.body["project"]["modules"], json!({ "a": true }));
        let (_, query) = tenant(app, "One").await;
        changed(app, &query, json!({ "appName": "One" })).await;
        assert_eq!(nobody.get(&format!("/{query}")).await.body["project"]["name"], "One");
        drop(std::fs::remove_dir_all(app.data.with_extension("front")));
    }
);
