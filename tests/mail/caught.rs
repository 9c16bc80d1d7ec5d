//! The log of mails, and those that were caught.

use crate::harness::on_every_store;
use serde_json::json;

on_every_store!(a_mail_without_a_server_is_caught_shown_and_taken_away, async |app| {
    let admin = app.admin();
    let sent = admin.post("/settings/test-email", json!({ "to": "ann@example.com" })).await;
    let answer = sent.expect_status(200).body.clone();
    assert_eq!(answer["success"], true, "{answer}");
    assert!(answer["message"].as_str().is_some_and(|told| told.contains("caught")), "{answer}");
    let list = admin.get("/mails").await.expect_status(200).body.clone();
    assert_eq!(list["totalCount"], 1);
    let mail = &list["data"][0];
    assert_eq!((&mail["status"], &mail["email"]), (&json!("caught"), &json!("ann@example.com")));
    assert!(mail.get("content").is_none(), "{mail}");
    let path = format!(
        "/mails/{}",
        mail["id"].as_str().map_or_else(|| mail["id"].to_string(), str::to_owned)
    );
    let one = admin.get(&path).await.expect_status(200).body["data"].clone();
    let text = one["content"]["text"].as_str().expect("the text of the mail").to_owned();
    assert!(one["content"]["html"].as_str().is_some_and(|page| page.contains(&text)), "{one}");
    // By no other door: the log shows no content, and nobody writes in it.
    let row = admin.get("/items/baasix_EmailLog").await;
    assert!(!row.expect_status(200).text.contains(&text), "{}", row.text);
    let forged = json!({ "email": "x@example.com", "subject": "s", "status": "queued" });
    admin.post("/items/baasix_EmailLog", forged).await.expect_refusal(403, "FORBIDDEN");
    admin.post(&format!("{path}/retry"), json!({})).await.expect_refusal(409, "CONFLICT");
    for (query, count) in [("?status=caught", 1), ("?status=sent", 0), ("?page=2&limit=1", 1)] {
        let list = admin.get(&format!("/mails{query}")).await.expect_status(200).body.clone();
        assert_eq!(list["totalCount"], count, "{query}");
    }
    for query in ["?status=lost", "?page=0", "?limit=201", "?limit=many", "?colour=red"] {
        admin.get(&format!("/mails{query}")).await.expect_refusal(400, "INVALID_QUERY");
    }
    admin.delete("/mails").await.expect_status(200);
    assert_eq!(admin.get("/mails").await.body["totalCount"], 0);
    admin.get(&path).await.expect_refusal(404, "NOT_FOUND");
});

on_every_store!(mails_are_for_administrators, async |app| {
    let editor = app.with_grants("Editor", &[]).await;
    for (person, status, code) in
        [(&editor, 403, "FORBIDDEN"), (&app.anonymous(), 403, "FORBIDDEN")]
    {
        for answer in [
            person.get("/mails").await,
            person.get("/mails/1").await,
            person.delete("/mails").await,
            person.post("/mails/1/retry", json!({})).await,
        ] {
            answer.expect_refusal(status, code);
        }
    }
});
