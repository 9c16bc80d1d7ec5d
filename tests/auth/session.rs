//! Signing in, staying signed in, signing out.

use crate::harness::{App, EMAIL, PASSWORD, Person, on_every_store};
use serde_json::{Value as Json, json};

async fn login(app: &App) -> Json {
    let answer =
        app.anonymous().post("/auth/login", json!({ "email": EMAIL, "password": PASSWORD })).await;
    answer.expect_status(200);
    answer.body
}

async fn me(app: &App, token: &str) -> u16 {
    app.anonymous().with_token(token).get("/auth/me").await.status
}

async fn refresh(app: &App, token: &Json) -> crate::harness::Answer {
    app.anonymous().post("/auth/refresh", json!({ "refreshToken": token, "authMode": "jwt" })).await
}

fn text(json: &Json) -> &str {
    json.as_str().expect("a text")
}

on_every_store!(a_token_response_says_who_and_for_how_long, async |app| {
    let body = login(app).await;
    assert!(body["expiresIn"].as_u64().is_some_and(|seconds| seconds > 60), "{body}");
    assert!(text(&body["token"]).len() > 20 && text(&body["refreshToken"]).len() > 20);
    assert_ne!(body["token"], body["refreshToken"]);
    assert_eq!(
        (&body["authMode"], &body["user"]["email"], &body["tenant"]),
        (&json!("jwt"), &json!(EMAIL), &Json::Null)
    );
    assert_eq!(
        (&body["role"]["name"], body["permissions"].is_array()),
        (&json!("administrator"), true)
    );
    assert!(body["user"]["id"].is_string() && body["role"]["id"].is_string());
    assert!(!body.to_string().contains("argon2"), "a hash left the server");
    let upper = json!({ "email": format!("  {} ", EMAIL.to_uppercase()), "password": PASSWORD });
    app.anonymous().post("/auth/login", upper).await.expect_status(200);
});

/// The state of a user's record once `lastAccess` is no longer what it was: nobody waits for it
/// to be written.
async fn noted(app: &App, path: &str, before: &Json) -> Json {
    for _ in 0..10_000 {
        let user = app.admin().get(path).await.expect_status(200).body["data"].clone();
        if user["lastAccess"] != *before {
            return user;
        }
    }
    panic!("lastAccess stays {before}")
}

on_every_store!(a_person_was_there_when_they_signed_in_and_not_at_every_question, async |app| {
    let admin = app.admin();
    let role = admin.create("baasix_Role", json!({ "name": "Reader" })).await;
    let body = json!({ "email": "ada@example.com", "password": PASSWORD, "firstName": "Ada", "role_Id": role });
    let key = admin.create("baasix_User", body).await;
    let path = format!("/items/baasix_User/{}", text(&key));
    let made = admin.get(&path).await.expect_status(200).body["data"].clone();
    assert_eq!(made["lastAccess"], Json::Null);
    let sign_in = json!({ "email": "ada@example.com", "password": PASSWORD });
    let answer = app.anonymous().post("/auth/login", sign_in).await;
    let token = text(&answer.expect_status(200).body["token"]).to_owned();
    let first = noted(app, &path, &Json::Null).await;
    assert!(text(&first["lastAccess"]) > "2026", "a sign-in left no mark: {first}");
    // That is no change that anybody made of the record.
    assert_eq!(first["updatedAt"], made["updatedAt"]);
    let history = admin.get(&format!("{path}/history")).await;
    assert_eq!(history.body["data"].as_array().map(Vec::len), Some(1), "{}", history.text);
    // A quarter of an hour is noted once.
    let past = json!({ "lastAccess": "2024-01-01T00:00:00.000Z" });
    admin.patch(&path, past.clone()).await.expect_status(200);
    assert_eq!(me(app, &token).await, 200);
    let later = noted(app, &path, &json!("2024-01-01T00:00:00.000Z")).await;
    assert!(text(&later["lastAccess"]) >= text(&first["lastAccess"]), "{later} after {first}");
    // Who somebody is stays known: a question costs nothing, and writes nothing.
    let cost = app.cost(async |_| assert_eq!(me(app, &token).await, 200)).await;
    assert_eq!(cost, 0, "a question of who one is cost more");
});

on_every_store!(sessions_of_others_begin_and_end_at_no_cost_for_who_is_signed_in, async |app| {
    let reader = app.with_grants("Reader", &[]).await;
    let mut costs = Vec::new();
    for _ in 0..5 {
        let body = login(app).await;
        let body = refresh(app, &body["refreshToken"]).await.expect_status(200).body.clone();
        let other = app.anonymous().with_token(text(&body["token"]));
        other.get("/auth/me").await.expect_status(200);
        other.get("/auth/logout").await.expect_status(200);
        login(app).await;
        // What it costs to ask is asked twice: the first may be of what the sign-in left behind.
        let first = app.statements().await;
        let second = app.statements().await;
        reader.get("/auth/me").await.expect_status(200);
        let third = app.statements().await;
        costs.push((third - second).saturating_sub(second - first));
        // Who was shown out is out.
        assert_eq!(other.get("/auth/me").await.status, 401);
    }
    // A server does things by itself too.
    costs.sort_unstable();
    assert_eq!(costs[2], 0, "{costs:?}");
});

on_every_store!(a_session_that_ends_is_dead_at_once_and_soon_for_another_process, async |app| {
    let beside = app.beside().await;
    let there = |token: &str| beside.owner.with_token(token);
    let kept = text(&login(app).await["token"]).to_owned();
    for by_row in [false, true] {
        let token = text(&login(app).await["token"]).to_owned();
        let person = app.anonymous().with_token(&token);
        for one in [&person, &there(&token), &there(&kept)] {
            one.get("/auth/me").await.expect_status(200);
        }
        if by_row {
            let newest = json!({ "sort": "-createdAt", "limit": 1 });
            let id = app.admin().column("baasix_Sessions", "id", newest).await[0].clone();
            let path = format!("/items/baasix_Sessions/{}", text(&id));
            app.admin().delete(&path).await.expect_status(200);
        } else {
            person.get("/auth/logout").await.expect_status(200);
        }
        assert_eq!(person.get("/auth/me").await.status, 401);
        let mut known = false;
        for _ in 0..600 {
            known = there(&token).get("/auth/me").await.status == 401;
            if known {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert!(known, "the other process goes on with a session that ended");
    }
    assert_eq!(me(app, &kept).await, 200);
    assert_eq!(there(&kept).get("/auth/me").await.status, 200);
    beside.stop().await;
});

on_every_store!(one_person_signs_in_at_many_places_at_once, async |app| {
    let ask = json!({ "email": EMAIL, "password": PASSWORD });
    let before = app.counter("plinth_retries_total").await;
    for _ in 0..4 {
        let nobody = app.anonymous();
        let all = (0..8).map(|_| nobody.post("/auth/login", ask.clone()));
        for answer in futures_util::future::join_all(all).await {
            answer.expect_status(200);
        }
    }
    // Nobody stood in another's way so that it had to begin anew.
    assert_eq!(app.counter("plinth_retries_total").await, before);
});

on_every_store!(a_wrong_password_and_an_unknown_account_are_one_answer, async |app| {
    let nobody = app.anonymous();
    let wrong =
        nobody.post("/auth/login", json!({ "email": EMAIL, "password": "wrong wrong" })).await;
    wrong.expect_refusal(400, "INVALID_CREDENTIALS");
    assert_eq!(wrong.message(), "Incorrect password.");
    let unknown = nobody
        .post("/auth/login", json!({ "email": "who@example.com", "password": "wrong wrong" }))
        .await;
    assert_eq!((unknown.status, &unknown.text), (wrong.status, &wrong.text));
    for body in [
        json!({}),
        json!({ "email": EMAIL }),
        json!({ "password": PASSWORD }),
        json!({ "email": 5, "password": PASSWORD }),
        json!({ "email": EMAIL, "password": ["x"] }),
        json!({ "email": { "ne": "" }, "password": PASSWORD }),
        json!({ "email": EMAIL, "password": PASSWORD, "authMode": "smoke" }),
    ] {
        let answer = nobody.post("/auth/login", body.clone()).await;
        answer.expect_refusal(400, "VALIDATION_ERROR");
        assert!(answer.body["details"][0]["field"].is_string(), "{body}: {}", answer.text);
    }
    let kind = json!({ "email": EMAIL, "password": PASSWORD, "authType": "desktop" });
    nobody.post("/auth/login", kind).await.expect_refusal(403, "SESSION_TYPE_INVALID");
    for kind in ["mobile", "web", "default"] {
        let body = json!({ "email": EMAIL, "password": PASSWORD, "authType": kind });
        nobody.post("/auth/login", body).await.expect_status(200);
    }
    let types = app
        .admin()
        .column(
            "baasix_Sessions",
            "type",
            json!({ "filter": { "type": { "in": ["mobile", "web"] } }, "sort": "type" }),
        )
        .await;
    assert_eq!(types, [json!("mobile"), json!("web")]);
});

on_every_store!(failures_slow_down_the_account_that_is_tried_and_no_other, async |app| {
    app.admin()
        .create(
            "baasix_User",
            json!({ "email": "tried@example.com", "password": PASSWORD, "firstName": "T" }),
        )
        .await;
    let nobody = app.anonymous();
    let wrong = json!({ "email": "tried@example.com", "password": "wrong wrong" });
    let mut statuses = Vec::new();
    let mut limited = None;
    for _ in 0..12 {
        let answer = nobody.post("/auth/login", wrong.clone()).await;
        statuses.push(answer.status);
        if answer.status == 429 {
            limited = Some(answer);
            break;
        }
    }
    let limited = limited.unwrap_or_else(|| panic!("never limited: {statuses:?}"));
    limited.expect_refusal(429, "RATE_LIMITED");
    assert!(limited.headers.contains_key("retry-after"));
    assert!(statuses.len() > 4, "people mistype: {statuses:?}");
    login(app).await;
});

on_every_store!(a_refresh_rotates_the_token_and_keeps_the_session, async |app| {
    let first = login(app).await;
    let second = refresh(app, &first["refreshToken"]).await;
    second.expect_status(200);
    let second = second.body;
    assert_ne!(second["refreshToken"], first["refreshToken"]);
    assert!(
        second["expiresIn"].is_number()
            && second["user"]["email"] == EMAIL
            && second["role"]["name"] == "administrator",
        "{second}"
    );
    assert_eq!(me(app, text(&second["token"])).await, 200);
    // Several tabs refresh with the same token at the same moment: all get the same successor.
    let again = refresh(app, &first["refreshToken"]).await;
    assert_eq!(again.expect_status(200).body["refreshToken"], second["refreshToken"]);
    let third = refresh(app, &second["refreshToken"]).await;
    third.expect_status(200);
    let sessions = app.admin().rows("baasix_Sessions", json!({})).await.len();
    assert_eq!(sessions, 2, "a refresh made a session of its own");
});

on_every_store!(a_refresh_keeps_the_kind_of_a_session, async |app| {
    let body = json!({ "email": EMAIL, "password": PASSWORD, "authType": "mobile" });
    let first = app.anonymous().post("/auth/login", body).await.expect_status(200).body.clone();
    refresh(app, &first["refreshToken"]).await.expect_status(200);
    let kinds = json!({ "sort": "type" });
    let kinds = app.admin().column("baasix_Sessions", "type", kinds).await;
    assert_eq!(kinds, [json!("default"), json!("mobile")]);
    let unknown = json!({ "email": EMAIL, "password": PASSWORD, "authType": "desktop" });
    let refused = app.anonymous().post("/auth/login", unknown).await;
    assert_eq!(refused.message(), "Invalid session type", "{}", refused.text);
});

on_every_store!(a_living_access_token_is_exchanged_where_nothing_else_is_sent, async |app| {
    let first = login(app).await;
    let bearer = app.anonymous().with_token(text(&first["token"]));
    let second = bearer.post("/auth/refresh", json!({ "refreshToken": null })).await;
    let second = second.expect_status(200).body.clone();
    assert_ne!(second["refreshToken"], first["refreshToken"]);
    assert_eq!(second["user"]["email"], EMAIL);
    // Several that ask at once get one successor, and it is good.
    let again = bearer.post("/auth/refresh", json!({})).await.expect_status(200).body.clone();
    assert_eq!(again["refreshToken"], second["refreshToken"]);
    let cookie = app.anonymous().with_header("cookie", &format!("token={}", text(&first["token"])));
    let by_cookie = cookie.post("/auth/refresh", json!({ "authMode": "cookie" })).await;
    assert_eq!(by_cookie.expect_status(200).body["refreshToken"], second["refreshToken"]);
    assert_eq!(by_cookie.headers.get_all("set-cookie").iter().count(), 2);
    let third = refresh(app, &second["refreshToken"]).await.expect_status(200).body.clone();
    let sessions = app.admin().rows("baasix_Sessions", json!({})).await.len();
    assert_eq!(sessions, 2, "a refresh made a session of its own");
    // The token that the session had before all this was exchanged twice since.
    refresh(app, &first["refreshToken"]).await.expect_refusal(401, "REFRESH_INVALID");
    refresh(app, &third["refreshToken"]).await.expect_refusal(401, "REFRESH_INVALID");
    bearer.post("/auth/refresh", json!({})).await.expect_refusal(401, "REFRESH_INVALID");
    let nobody = app.anonymous();
    nobody.post("/auth/refresh", json!({})).await.expect_refusal(401, "REFRESH_INVALID");
    let foreign = cookie
        .with_header("origin", "https://evil.example")
        .with_header("sec-fetch-site", "cross-site");
    foreign.post("/auth/refresh", json!({})).await.expect_refusal(401, "REFRESH_INVALID");
});

// What the original calls its cookies by is read, and they are cleared where they were put.
on_every_store!(
    cookies_are_kept_as_configured_and_cleared_where_they_were_put,
    |config| {
        config.cookies = embedded_server::Cookies {
            secure: true,
            domain: Some(String::from("example.com")),
            path: String::from("/api"),
            ..embedded_server::Cookies::default()
        };
    },
    async |app| {
        let body = json!({ "email": EMAIL, "password": PASSWORD, "authMode": "cookie" });
        let set = |answer: &crate::harness::Answer| {
            let lines = answer.headers.get_all("set-cookie").iter();
            lines.map(|line| line.to_str().expect("text").to_owned()).collect::<Vec<_>>()
        };
        let put = set(app.anonymous().post("/auth/login", body).await.expect_status(200));
        let cleared = set(app.admin().get("/auth/logout").await.expect_status(200));
        for (put, cleared) in put.iter().zip(&cleared) {
            for part in ["Domain=example.com", "Secure", "HttpOnly", "SameSite=Lax"] {
                assert!(put.contains(part) && cleared.contains(part), "{put} {cleared}");
            }
            assert!(cleared.contains("Max-Age=0"), "{cleared}");
        }
        let paths = ["Path=/api;", "Path=/api/auth;"];
        for lines in [&put, &cleared] {
            assert!(lines.iter().zip(paths).all(|(line, path)| line.contains(path)), "{lines:?}");
            assert_eq!(lines.len(), 2);
        }
    }
);

on_every_store!(an_account_enters_in_one_role_the_oldest_it_was_given, async |app| {
    let admin = app.admin();
    let email = "ada@example.com";
    let body = json!({ "email": email, "password": PASSWORD, "firstName": "Ada" });
    let ada = admin.create("baasix_User", body).await;
    let sign_in = json!({ "email": email, "password": PASSWORD });
    let nobody = app.anonymous();
    nobody.post("/auth/login", sign_in).await.expect_refusal(403, "FORBIDDEN");
    for name in ["First", "Second", "Another"] {
        let role = admin.create("baasix_Role", json!({ "name": name })).await;
        admin.create("baasix_UserRole", json!({ "user_Id": ada, "role_Id": role })).await;
        // A moment later, so that the order is told by time.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    for _ in 0..3 {
        let person = nobody.signed_in(email, PASSWORD).await;
        assert_eq!(person.get("/auth/me").await.body["role"]["name"], "First");
    }
});

on_every_store!(a_refresh_token_that_was_replaced_twice_ends_the_session, async |app| {
    let first = login(app).await;
    let second = refresh(app, &first["refreshToken"]).await.body;
    let third = refresh(app, &second["refreshToken"]).await.body;
    refresh(app, &first["refreshToken"]).await.expect_refusal(401, "REFRESH_INVALID");
    refresh(app, &third["refreshToken"]).await.expect_refusal(401, "REFRESH_INVALID");
    assert_eq!(me(app, text(&third["token"])).await, 401);
});

on_every_store!(what_is_no_refresh_token_is_refused, async |app| {
    let body = login(app).await;
    for bad in [json!(""), json!("nonsense"), json!(null), json!(5), body["token"].clone()] {
        refresh(app, &bad).await.expect_refusal(401, "REFRESH_INVALID");
    }
    app.anonymous().post_text("/auth/refresh", "").await.expect_refusal(401, "REFRESH_INVALID");
    app.anonymous().post_text("/auth/refresh", "{").await.expect_refusal(400, "INVALID_BODY");
});

on_every_store!(signing_out_ends_this_session_and_no_other, async |app| {
    let (one, two) = (login(app).await, login(app).await);
    let person = app.anonymous().with_token(text(&one["token"]));
    person.get("/auth/logout").await.expect_status(200);
    assert_eq!(me(app, text(&one["token"])).await, 401);
    refresh(app, &one["refreshToken"]).await.expect_refusal(401, "REFRESH_INVALID");
    assert_eq!(me(app, text(&two["token"])).await, 200);
    person.get("/auth/logout").await.expect_status(200);
    person.post("/auth/logout", json!({})).await.expect_status(200);
    app.anonymous().get("/auth/logout").await.expect_status(200);
});

on_every_store!(me_and_check_tell_the_signed_in_who_they_are, async |app| {
    let answer = app.admin().get("/auth/me").await;
    answer.expect_status(200);
    let body = &answer.body;
    assert_eq!(
        (&body["user"]["email"], &body["role"]["name"], &body["tenant"]),
        (&json!(EMAIL), &json!("administrator"), &Json::Null)
    );
    assert_eq!(body["user"]["role_Id"], body["role"]["id"]);
    assert!(
        body["user"].get("password").is_none() && !answer.text.contains("argon2"),
        "{}",
        answer.text
    );
    let check = app.admin().get("/auth/check").await;
    assert_eq!(
        check.expect_status(200).body,
        json!({ "valid": true, "user": { "id": body["user"]["id"] } })
    );
    app.anonymous().get("/auth/me").await.expect_refusal(401, "UNAUTHENTICATED");
    let not = app.anonymous().get("/auth/check").await;
    not.expect_refusal(401, "UNAUTHENTICATED");
    assert_eq!(not.body["valid"], false);
    let reader = app.with_grants("Reader", &[json!({ "collection": "baasix_File", "action": "read", "fields": "*", "conditions": { "isPublic": true } })]).await;
    let me = reader.get("/auth/me").await.body;
    assert_eq!(
        (&me["role"]["name"], &me["permissions"]),
        (
            &json!("Reader"),
            &json!([{ "action": "read", "collection": "baasix_File", "fields": "*", "conditions": { "isPublic": true } }])
        ),
        "{me}"
    );
});

on_every_store!(a_token_is_taken_from_the_header_or_the_cookie, async |app| {
    let token = app.admin().token.clone().expect("a token");
    let nobody = app.anonymous();
    for (name, value, status) in [
        ("authorization", format!("Bearer {token}"), 200),
        ("authorization", format!("bearer {token}"), 200),
        ("authorization", token.clone(), 200),
        ("cookie", format!("a=b; token={token}"), 200),
        ("cookie", format!("accessToken={token}"), 200),
        ("authorization", String::from("Bearer undefined"), 401),
        ("authorization", String::from("Bearer null"), 401),
        ("authorization", String::from("Bearer "), 401),
        ("authorization", String::from("Basic eDp5"), 401),
        ("authorization", format!("Bearer {}x", token), 401),
    ] {
        let answer = nobody.with_header(name, &value).get("/auth/me").await;
        assert_eq!(answer.status, status, "{name}: {value}: {}", answer.text);
    }
    // A cookie signs nothing that another site sends.
    let cookie = nobody.with_header("cookie", &format!("token={token}"));
    let foreign = cookie
        .with_header("origin", "https://evil.example")
        .with_header("sec-fetch-site", "cross-site");
    foreign
        .post("/items/baasix_Role", json!({ "name": "stolen" }))
        .await
        .expect_refusal(403, "FORBIDDEN");
    // Another port of this machine is the same site to a browser, and another page all the same.
    cookie
        .with_header("origin", "http://localhost:9999")
        .with_header("sec-fetch-site", "same-site")
        .post("/items/baasix_Role", json!({ "name": "stolen" }))
        .await
        .expect_refusal(403, "FORBIDDEN");
    cookie.post("/items/baasix_Role", json!({ "name": "own" })).await.expect_status(201);
    let listed = cookie.get("/items/baasix_Role?filter={\"name\":\"own\"}").await;
    assert_eq!(listed.expect_status(200).body["totalCount"], 1);
});

on_every_store!(cookie_mode_sets_cookies_that_scripts_cannot_read, async |app| {
    let body = json!({ "email": EMAIL, "password": PASSWORD, "authMode": "cookie" });
    let answer = app.anonymous().post("/auth/login", body).await;
    let cookies: Vec<String> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().expect("text").to_owned())
        .collect();
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    assert!(
        cookies.iter().all(|cookie| cookie.contains("HttpOnly") && cookie.contains("SameSite")),
        "{cookies:?}"
    );
    assert!(
        cookies
            .iter()
            .any(|cookie| cookie.starts_with("refresh_token=") && cookie.contains("Path=/auth")),
        "{cookies:?}"
    );
    assert_eq!(
        (&answer.body["authMode"], &answer.body["message"]),
        (&json!("cookie"), &json!("Authentication successful"))
    );
    let refresh_cookie = cookies
        .iter()
        .find_map(|cookie| cookie.strip_prefix("refresh_token="))
        .and_then(|cookie| cookie.split(';').next())
        .expect("a cookie");
    let refreshed = app
        .anonymous()
        .with_header("cookie", &format!("refresh_token={refresh_cookie}"))
        .post("/auth/refresh", json!({ "authMode": "cookie" }))
        .await;
    refreshed.expect_status(200);
    assert_eq!(refreshed.headers.get_all("set-cookie").iter().count(), 2);
    let plain = app
        .anonymous()
        .post("/auth/login", json!({ "email": EMAIL, "password": PASSWORD, "authMode": "jwt" }))
        .await;
    assert!(!plain.headers.contains_key("set-cookie"));
    let out = app.admin().get("/auth/logout").await;
    assert!(
        out.headers
            .get_all("set-cookie")
            .iter()
            .all(|value| value.to_str().expect("text").contains("Max-Age=0"))
    );
});

on_every_store!(a_dead_token_may_do_what_the_public_may_and_is_told_apart_else, async |app| {
    app.collection("notes", json!({ "fields": { "title": { "type": "String" } } })).await;
    app.collection("open", json!({ "fields": { "title": { "type": "String" } } })).await;
    app.grant_public(json!({ "collection": "open", "action": "read", "fields": ["*"] })).await;
    let body = login(app).await;
    let dead = app.anonymous().with_token(text(&body["token"]));
    dead.get("/auth/logout").await.expect_status(200);
    for person in [&dead, &app.anonymous().with_token("nonsense")] {
        person.get("/items/open").await.expect_status(200);
        assert_eq!(person.get("/items/notes").await.status, 401);
        assert_eq!(person.post("/items/open", json!({})).await.status, 401);
        assert_eq!(person.post("/schemas", json!({})).await.status, 401);
    }
    app.anonymous().get("/items/notes").await.expect_refusal(403, "FORBIDDEN");
});

on_every_store!(tokens_are_stored_as_nothing_that_could_be_used, async |app| {
    let body = login(app).await;
    let rows = app.admin().get("/items/baasix_Sessions?fields=*").await;
    assert!(!rows.text.contains(text(&body["refreshToken"])), "{}", rows.text);
    for column in ["token", "refreshToken", "previousRefreshToken"] {
        assert!(rows.body["data"][0].get(column).is_none(), "{}", rows.text);
        let probe = json!({ "filter": { column: { "isNotNull": true } } });
        app.admin().find("baasix_Sessions", probe).await.expect_refusal(400, "UNKNOWN_FIELD");
    }
    let accounts = app.admin().get("/items/baasix_Account?fields=*").await;
    assert!(
        accounts.body["data"][0]["id"].is_string()
            && accounts.body["data"][0].get("password").is_none(),
        "{}",
        accounts.text
    );
    let users = app.admin().get("/items/baasix_User?fields=*.*.*").await;
    assert!(!users.text.contains("argon2"), "{}", users.text);
});

on_every_store!(a_forged_token_is_no_token, async |app| {
    let token = app.admin().token.clone().expect("a token");
    let parts: Vec<&str> = token.split('.').collect();
    // The header `{"alg":"none","typ":"JWT"}` without a signature.
    let unsigned = format!(
        "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.",
        parts.get(1).copied().unwrap_or_default()
    );
    for forged in [unsigned, format!("{token}."), parts[..parts.len() - 1].join(".")] {
        assert_eq!(me(app, &forged).await, 401, "{forged}");
    }
});

// A session outlives its access token only through a refresh.
on_every_store!(
    an_access_token_ends_at_its_time,
    |config| { config.access_token_seconds = 2 },
    async |app| {
        let person: &Person = app.admin();
        person.get("/auth/me").await.expect_status(200);
        tokio::time::sleep(std::time::Duration::from_millis(3_300)).await;
        person.get("/auth/me").await.expect_refusal(401, "TOKEN_EXPIRED");
        let refresh_token = person.refresh_token.clone().expect("a refresh token");
        let body = json!({ "refreshToken": refresh_token });
        let fresh = app.anonymous().post("/auth/refresh", body).await;
        fresh.expect_status(200);
        let fresh = app.anonymous().with_token(text(&fresh.body["token"]));
        fresh.get("/auth/me").await.expect_status(200);
    }
);

on_every_store!(a_foreign_page_puts_no_session_into_a_browser, async |app| {
    let nobody = app.anonymous();
    for (site, origin) in
        [("cross-site", "https://evil.example"), ("same-site", "http://localhost:9999")]
    {
        for mode in ["cookie", "jwt"] {
            let body = json!({ "email": EMAIL, "password": PASSWORD, "authMode": mode });
            let answer = nobody
                .with_header("origin", origin)
                .with_header("sec-fetch-site", site)
                .post("/auth/login", body)
                .await;
            answer.expect_status(200);
            assert!(!answer.headers.contains_key("set-cookie"), "{site} {mode}");
        }
    }
});

on_every_store!(guesses_side_by_side_are_no_more_than_guesses_in_a_row, async |app| {
    let email = "guessed@example.com";
    app.admin()
        .create("baasix_User", json!({ "email": email, "password": PASSWORD, "firstName": "G" }))
        .await;
    let nobody = app.anonymous();
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..24 {
        let nobody = nobody.clone();
        let wrong = json!({ "email": email, "password": "wrong wrong" });
        tries.spawn(async move { nobody.post("/auth/login", wrong).await.status });
    }
    let statuses = tries.join_all().await;
    let judged = statuses.iter().filter(|status| **status != 429).count();
    assert!(judged <= 12, "{judged} guesses were judged: {statuses:?}");
});
