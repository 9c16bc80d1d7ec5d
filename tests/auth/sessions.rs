//! Where somebody is signed in, and ending that.

use crate::harness::{Answer, App, EMAIL, PASSWORD, Person, on_every_store};
use serde_json::{Value as Json, json};

const READER: &str = "reader@example.com";

/// Signs in with a program of this name; in cookie mode as a page of the project's own would.
async fn enters(app: &App, email: &str, program: &str) -> Person {
    let named = app.anonymous().with_header("user-agent", program);
    let body = json!({ "email": email, "password": PASSWORD, "authType": "web" });
    let answer = named.post("/auth/login", body).await;
    let token = answer.expect_status(200).body["token"].as_str().expect("a token").to_owned();
    named.with_token(&token)
}

async fn listed(person: &Person) -> Vec<Json> {
    let answer = person.get("/auth/sessions").await;
    let data = answer.expect_status(200).body["data"].clone();
    serde_json::from_value(data).expect("a list")
}

fn programs(sessions: &[Json]) -> Vec<&str> {
    sessions.iter().map(|one| one["userAgent"].as_str().unwrap_or_default()).collect()
}

async fn status(person: &Person) -> u16 {
    person.get("/auth/me").await.status
}

on_every_store!(a_session_is_listed_and_ended_by_its_owner_and_nobody_else, async |app| {
    app.with_grants("Reader", &[]).await;
    let (phone, desk) = (enters(app, READER, "Phone").await, enters(app, READER, "Desk").await);
    let sessions = listed(&desk).await;
    assert_eq!(sessions.len(), 3, "{sessions:?}");
    assert_eq!(programs(&sessions)[..2], ["Desk", "Phone"], "used last first");
    let current: Vec<bool> = sessions.iter().map(|one| one["current"] == true).collect();
    assert_eq!(current, [true, false, false]);
    let of_phone = &sessions[1];
    let shown: Vec<&str> =
        of_phone.as_object().expect("an object").keys().map(String::as_str).collect();
    let told = [
        "id",
        "type",
        "ipAddress",
        "userAgent",
        "tenant_Id",
        "createdAt",
        "refreshedAt",
        "expiresAt",
        "current",
    ];
    assert_eq!(shown, told);
    assert_eq!(
        (&of_phone["type"], &of_phone["ipAddress"], &of_phone["refreshedAt"]),
        (&json!("web"), &json!("127.0.0.1"), &Json::Null)
    );
    assert!(of_phone["createdAt"].as_str() < of_phone["expiresAt"].as_str(), "{of_phone}");
    // Somebody else, an administrator too, does not find it among their own.
    let path = format!("/auth/sessions/{}", of_phone["id"].as_str().expect("a key"));
    app.admin().delete(&path).await.expect_refusal(403, "ITEM_NOT_FOUND");
    app.anonymous().delete(&path).await.expect_refusal(401, "UNAUTHENTICATED");
    assert_eq!(status(&phone).await, 200);
    desk.delete(&path).await.expect_status(200);
    assert_eq!((status(&phone).await, status(&desk).await), (401, 200));
    desk.delete(&path).await.expect_refusal(403, "ITEM_NOT_FOUND");
    desk.delete("/auth/sessions/none").await.expect_refusal(403, "ITEM_NOT_FOUND");
    // A dead token is told that it is dead.
    phone.delete(&path).await.expect_refusal(401, "SESSION_REVOKED");
    phone.get("/auth/sessions").await.expect_refusal(401, "SESSION_REVOKED");
    app.anonymous().get("/auth/sessions").await.expect_refusal(401, "UNAUTHENTICATED");
    // One's own goes as any other.
    let own = listed(&desk).await.into_iter().find(|one| one["current"] == true).expect("its own");
    let own = format!("/auth/sessions/{}", own["id"].as_str().expect("a key"));
    desk.delete(&own).await.expect_status(200);
    assert_eq!(status(&desk).await, 401);
});

on_every_store!(all_others_end_and_the_one_that_asks_goes_on, async |app| {
    let reader = app.with_grants("Reader", &[]).await;
    let phone = enters(app, READER, "Phone").await;
    let desk = enters(app, READER, "Desk").await;
    app.anonymous().delete("/auth/sessions").await.expect_refusal(401, "UNAUTHENTICATED");
    let answer: Answer = desk.delete("/auth/sessions").await;
    assert_eq!(answer.expect_status(200).body["ended"], 2, "{}", answer.text);
    assert_eq!((status(&reader).await, status(&phone).await, status(&desk).await), (401, 401, 200));
    assert_eq!(desk.delete("/auth/sessions").await.expect_status(200).body["ended"], 0);
    assert_eq!(programs(&listed(&desk).await), ["Desk"]);
    // Nobody else was signed out.
    assert_eq!(status(app.admin()).await, 200);
});

on_every_store!(
    a_session_that_is_refreshed_stays_and_the_one_unused_for_longest_goes,
    async |app| {
        app.with_grants("Reader", &[]).await;
        let kept = json!({ "email": READER, "password": PASSWORD });
        let kept = app.anonymous().post("/auth/login", kept).await.expect_status(200).body.clone();
        let unused = enters(app, READER, "Unused").await;
        for _ in 0..97 {
            enters(app, READER, "Many").await;
        }
        assert_eq!(listed(&unused).await.len(), 100, "all that an account may have");
        // Used again, the first of all is the last to go.
        let refreshed = json!({ "refreshToken": kept["refreshToken"], "authMode": "jwt" });
        let refreshed = app.anonymous().post("/auth/refresh", refreshed).await;
        let kept = refreshed.expect_status(200).body["token"].as_str().expect("a token").to_owned();
        let kept = app.anonymous().with_token(&kept);
        assert_eq!(status(&unused).await, 200);
        for _ in 0..2 {
            enters(app, READER, "One more").await;
        }
        assert_eq!((status(&unused).await, status(&kept).await), (401, 200));
        let sessions = listed(&kept).await;
        assert_eq!(sessions.len(), 100);
        assert!(sessions.iter().any(|one| one["refreshedAt"].is_string()), "{sessions:?}");
        // What others have counts for them.
        let owner = app.anonymous().signed_in(EMAIL, PASSWORD).await;
        assert_eq!(status(&owner).await, 200);
    }
);

on_every_store!(the_cookie_of_a_session_lives_as_long_as_the_session, async |app| {
    let body = json!({ "email": EMAIL, "password": PASSWORD, "authMode": "cookie" });
    let answer = app.anonymous().post("/auth/login", body).await;
    let expires_in = answer.expect_status(200).body["expiresIn"].as_u64().expect("seconds");
    let cookies = answer.headers.get_all("set-cookie");
    let seconds = |name: &str| {
        let mut texts = cookies.iter().map(|value| value.to_str().expect("text"));
        let cookie = texts.rfind(|text| text.starts_with(&format!("{name}=")));
        let age = cookie.and_then(|text| text.split("Max-Age=").nth(1)?.split(';').next());
        age.and_then(|age| age.parse::<u64>().ok()).expect("an age")
    };
    assert_eq!(seconds("token"), expires_in);
    // `session_expires_in`, unless it is set: thirty days.
    assert_eq!(seconds("refresh_token"), 30 * 24 * 60 * 60);
});
