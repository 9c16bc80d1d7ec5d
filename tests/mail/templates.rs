//! Whose text a mail has, what it is told, and what no template can do.

use crate::harness::{App, Person, on_every_store, plain};
use serde_json::{Value as Json, json};

async fn shown(person: &Person, ask: Json) -> Json {
    person.post("/templates/preview", ask).await.expect_status(200).body["data"].clone()
}

/// The subject that a mail of a type would have in a tenant, or in the project.
async fn subject(app: &App, kind: &str, tenant: Option<&Json>) -> String {
    let mail = shown(app.admin(), json!({ "type": kind, "tenant_id": tenant })).await;
    mail["subject"].as_str().expect("a subject").to_owned()
}

/// The project's own row of a type.
async fn row(app: &App, kind: &str) -> String {
    let filter = json!({ "filter": { "type": { "eq": kind } } });
    let rows = app.admin().rows("baasix_Template", filter).await;
    format!("/items/baasix_Template/{}", plain(&rows[0]["id"]))
}

on_every_store!(a_tenants_template_wins_over_the_projects, async |app| {
    let admin = app.admin();
    let one = admin.create("baasix_Tenant", json!({ "name": "One" })).await;
    let two = admin.create("baasix_Tenant", json!({ "name": "Two" })).await;
    let ours = row(app, "welcome").await;
    admin.patch(&ours, json!({ "subject": "Ours, {{ project_name }}" })).await.expect_status(200);
    let theirs = json!({ "type": "welcome", "subject": "Theirs", "body": "<p>{{ name }}</p>", "tenant_Id": one });
    let theirs = admin.create("baasix_Template", theirs).await;
    let theirs = format!("/items/baasix_Template/{}", plain(&theirs));
    assert_eq!(subject(app, "welcome", Some(&one)).await, "Theirs");
    for tenant in [None, Some(&two)] {
        assert_eq!(subject(app, "welcome", tenant).await, "Ours, Baasix Project");
    }
    // Of another type it is the project's there, too.
    assert_eq!(
        subject(app, "passwordReset", Some(&one)).await,
        "A new password for Baasix Project"
    );
    // What is put aside counts as if it were not there, down to the house's own text.
    admin.patch(&theirs, json!({ "isActive": false })).await.expect_status(200);
    assert_eq!(subject(app, "welcome", Some(&one)).await, "Ours, Baasix Project");
    admin.patch(&ours, json!({ "isActive": false })).await.expect_status(200);
    assert_eq!(subject(app, "welcome", Some(&one)).await, "Welcome to Baasix Project");
    admin.delete(&ours).await;
    assert_eq!(subject(app, "welcome", None).await, "Welcome to Baasix Project");
    admin.patch(&theirs, json!({ "isActive": true })).await.expect_status(200);
    assert_eq!(subject(app, "welcome", Some(&one)).await, "Theirs");
    // A project may have mails of its own; of what nobody wrote there is none.
    let own = json!({ "type": "reminder", "subject": "Soon", "body": "x" });
    admin.create("baasix_Template", own).await;
    assert_eq!(subject(app, "reminder", Some(&two)).await, "Soon");
    let none = admin.post("/templates/preview", json!({ "type": "none" })).await;
    none.expect_refusal(404, "NOT_FOUND");
});

on_every_store!(a_mail_looks_like_the_tenant_that_it_comes_from, async |app| {
    let admin = app.admin();
    let one = admin.create("baasix_Tenant", json!({ "name": "One" })).await;
    let settings = json!({ "app_url": "https://app.example.com", "project_color": "#102030" });
    admin.patch("/settings", settings).await.expect_status(200);
    let settings = json!({ "project_name": "One & Co", "email_signature": "<b>Your One</b>" });
    let path = format!("/settings?tenant_id={}", plain(&one));
    admin.patch(&path, settings).await.expect_status(200);
    let ask = json!({ "type": "welcome" });
    let mail = shown(&admin.with_header("x-tenant-id", &plain(&one)), ask.clone()).await;
    assert_eq!(mail["subject"], "Welcome to One & Co");
    let html = mail["html"].as_str().expect("a page");
    for part in ["<b>Your One</b>", "#102030", "https://app.example.com/login", "One &amp; Co"] {
        assert!(html.contains(part), "{part}: {html}");
    }
    let text = mail["text"].as_str().expect("words");
    assert!(text.contains("Sign in (https://app.example.com/login)"), "{text}");
    assert!(text.ends_with("Your One"), "{text}");
    let project = shown(admin, ask).await;
    assert_eq!(project["subject"], "Welcome to Baasix Project");
    assert!(!project.to_string().contains("Your One"), "{project}");
    let none = json!({ "type": "welcome", "tenant_id": "none" });
    let refused = admin.post("/templates/preview", none).await;
    assert_eq!(
        refused.expect_refusal(400, "VALIDATION_ERROR").body["details"][0]["field"],
        "tenant_id"
    );
});

on_every_store!(what_a_mail_is_told_is_text_in_it, async |app| {
    let name = "<script>alert(1)</script>\r\nBcc: all@example.com";
    let variables = json!({ "name": name, "notification_title": name, "notification_message": name,
        "action_url": "\"><b>", "action_text": name, "email_signature": "<u>", "project_name": "<u>" });
    for (kind, ask) in [
        ("notification", json!({ "type": "notification", "variables": variables })),
        (
            "of one's own",
            json!({ "subject": "{{ name }}", "variables": variables,
                "body": "{{ name }}{{ name | upcase }}<a title={{ name }}>{{ email_signature }}{{ project_name }}" }),
        ),
    ] {
        let mail = shown(app.admin(), ask).await;
        assert_eq!(mail["subject"], "<script>alert(1)</script> Bcc: all@example.com", "{kind}");
        let html = mail["html"].as_str().expect("a page").to_lowercase();
        for mark in ["<script", "<b>", "<u>", "=<"] {
            assert!(!html.contains(mark), "{kind}: {html}");
        }
        assert!(html.contains("&lt;script&gt;"), "{kind}: {html}");
    }
});

on_every_store!(lifetimes_told_are_the_real_ones, async |app| {
    let types = app.anonymous().get("/templates/types").await.body["data"]["types"].clone();
    let mut told = Vec::new();
    for one in types.as_array().expect("types") {
        let (kind, names) = (&one["type"], one["variables"].as_array().expect("variables"));
        let times = ["expiresAt", "expirationDate"];
        let Some(time) = times.into_iter().find(|time| names.contains(&json!(time))) else {
            continue;
        };
        told.push(kind.as_str().expect("a type").to_owned());
        let moment = "7 May 2031, 08:09 UTC";
        let mail = shown(app.admin(), json!({ "type": kind, "variables": { time: moment } })).await;
        let text = mail["text"].as_str().expect("words");
        assert!(text.contains(&format!("until {moment}")), "{kind}: {text}");
        // No other time is told, in a number or in words.
        let rest = text.replace(moment, "").to_lowercase();
        for word in ["hour", "minute", "day", "24", "15", "week"] {
            assert!(!rest.contains(word), "{kind}: {word}: {text}");
        }
    }
    told.sort();
    assert_eq!(
        told,
        [
            "emailVerification",
            "inviteExistingUser",
            "inviteNewUser",
            "magicLinkCode",
            "magicLinkUrl",
            "passwordReset"
        ]
    );
});

on_every_store!(a_template_that_cannot_be_read_is_refused_where_it_is_saved, async |app| {
    let admin = app.admin();
    let ours = row(app, "welcome").await;
    let broken = "<p>\n{% if name %}\n{{ name | loud }}</p>";
    let own = |body: &str| json!({ "type": "own", "subject": "x", "body": body });
    app.collection("campaigns", json!({ "fields": { "title": { "type": "String" } } })).await;
    let relation =
        json!({ "name": "mail", "type": "M2O", "target": "baasix_Template", "alias": "mail" });
    app.relation("campaigns", relation).await;
    let create = json!({ "op": "create", "collection": "baasix_Template", "data": own(broken) });
    for (door, refused) in [
        ("update", admin.patch(&ours, json!({ "body": broken })).await),
        ("create", admin.post("/items/baasix_Template", own(broken)).await),
        ("bulk", admin.post("/items/baasix_Template/bulk", json!([own("x"), own(broken)])).await),
        ("within", admin.post("/items/campaigns", json!({ "mail": own(broken) })).await),
        ("deep", admin.post("/items/campaigns/bulk", json!([{ "mail": own(broken) }])).await),
        ("batch", admin.post("/items/batch", json!({ "operations": [create] })).await),
    ] {
        refused.expect_refusal(400, "VALIDATION_ERROR");
        assert!(
            refused.text.contains("body: line 3: there is no filter `loud`"),
            "{door}: {}",
            refused.text
        );
    }
    let file = json!([own(broken)]);
    let imported = admin.post("/items/baasix_Template/import-json", file).await;
    assert!(imported.text.contains("there is no filter `loud`"), "{}", imported.text);
    let line = admin.patch(&ours, json!({ "subject": "{{ name" })).await;
    let detail = &line.expect_refusal(400, "VALIDATION_ERROR").body["details"][0];
    assert_eq!(
        (&detail["field"], &detail["message"]),
        (&json!("subject"), &json!("line 1: `{{` is not closed by `}}`"))
    );
    let kept =
        app.admin().rows("baasix_Template", json!({ "filter": { "type": { "eq": "own" } } })).await;
    assert_eq!(kept.len(), 0);
    assert_eq!(subject(app, "welcome", None).await, "Welcome to Baasix Project");
    // What Liquid can say, is saved.
    let fine = "{% for one in all %}{{ one | upcase | append: '!' }}{% endfor %}";
    admin.patch(&ours, json!({ "body": fine })).await.expect_status(200);
    let mail = shown(admin, json!({ "type": "welcome", "variables": { "all": ["a", "b"] } })).await;
    assert_eq!((&mail["text"], &mail["unknown"]), (&json!("A!B!"), &json!([])));
    let mail = shown(
        admin,
        json!({ "type": "welcome", "body": "{{ naem }} {{ name }}", "subject": "{{ x.y }}" }),
    )
    .await;
    assert_eq!(mail["unknown"], json!(["naem", "x"]));
});

on_every_store!(a_hostile_template_is_ended_and_reaches_nothing, async |app| {
    let admin = app.admin();
    let loops = "{% for a in (1..1000) %}{% for b in (1..1000) %}{% for c in (1..1000) %}{{ c }}{% endfor %}{% endfor %}{% endfor %}";
    let doubled = format!(
        "{{% assign a = 'xxxxxxxx' %}}{}{{{{ a }}}}",
        "{% assign a = a | append: a %}".repeat(64)
    );
    let deep = "{% if a %}".repeat(10_000);
    for body in [
        loops,
        &doubled,
        &deep,
        "{% include '/etc/passwd' %}",
        "{% macro x() %}{{ x() }}{% endmacro %}{{ x() }}",
        "{{ 'x' * 1000000000 }}",
        "{{ range(1000000000) }}",
        "{{ self.__class__ }}{{ config() }}",
    ] {
        let refused =
            admin.post("/templates/preview", json!({ "subject": "x", "body": body })).await;
        let detail = &refused.expect_refusal(400, "VALIDATION_ERROR").body["details"][0];
        assert_eq!(detail["field"], "body", "{}", refused.text);
    }
    // Neither the secrets of mail nor anything else of the server has a name in a template.
    admin
        .patch("/settings", json!({ "smtp_pass": "s3cret", "smtp_host": "h0st" }))
        .await
        .expect_status(200);
    let names = [
        "smtp_pass",
        "smtp_host",
        "settings",
        "env",
        "c",
        "loop",
        "self",
        "SECRET_KEY",
        "content",
        "v_name",
    ];
    let body: String = names.map(|name| format!("[{{{{ {name} }}}}{{{{ {name}[0] }}}}]")).concat();
    let mail = shown(admin, json!({ "subject": "x", "body": body })).await;
    assert_eq!(mail["text"], "[]".repeat(names.len()));
    assert_eq!(mail["unknown"].as_array().map(Vec::len), Some(names.len()));
    // Nothing else than what a preview knows is asked for in vain.
    for wrong in [
        json!({}),
        json!({ "type": 1 }),
        json!({ "body": ["x"] }),
        json!({ "type": "welcome", "variables": "x" }),
        json!({ "type": "welcome", "template": "x" }),
    ] {
        admin.post("/templates/preview", wrong).await.expect_refusal(400, "VALIDATION_ERROR");
    }
});

on_every_store!(only_administrators_preview, async |app| {
    let person = app
        .with_grants("Reader", &[json!({ "collection": "baasix_Template", "action": "read" })])
        .await;
    let names =
        ["project_name", "project_color", "project_url", "app_url", "email_signature", "logo_url"];
    for caller in [&person, &app.anonymous()] {
        let ask = json!({ "type": "welcome" });
        caller.post("/templates/preview", ask).await.expect_refusal(403, "FORBIDDEN");
        for path in ["/templates/defaults", "/templates/default/welcome", "/templates/default/none"]
        {
            caller.get(path).await.expect_refusal(403, "FORBIDDEN");
        }
        let types = caller.get("/templates/types").await;
        let data = &types.expect_status(200).body["data"];
        assert_eq!(data["commonVariables"], json!(names));
        assert_eq!(
            data["types"][4],
            json!({ "type": "passwordReset", "label": "New password",
                "description": "A link that sets a new password",
                "variables": ["name", "resetUrl", "expiresAt"] })
        );
        assert_eq!(data["types"].as_array().map(Vec::len), Some(8));
    }
    let admin = app.admin();
    let all = admin.get("/templates/defaults").await.body["data"].clone();
    assert_eq!(all["commonVariables"], json!(names));
    // A new project begins with the texts of the house.
    let rows = admin.rows("baasix_Template", json!({})).await;
    for one in all["templates"].as_array().expect("templates") {
        let path = format!("/templates/default/{}", one["type"].as_str().expect("a type"));
        assert_eq!(admin.get(&path).await.expect_status(200).body["data"], *one);
        assert_eq!(one["commonVariables"], json!(names));
        let row = rows.iter().find(|row| row["type"] == one["type"]).expect("a row");
        assert_eq!((&row["subject"], &row["body"]), (&one["subject"], &one["body"]));
    }
    let none = admin.get("/templates/default/none").await;
    let message = "No default template for this type";
    assert_eq!(none.expect_status(200).body, json!({ "data": null, "message": message }));
});
