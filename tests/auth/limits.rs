//! How much one caller may ask in a while.

use crate::harness::{Answer, App, EMAIL, PASSWORD, Person, on_every_store};
use serde_json::json;

/// What a proxy on this machine says whom it was called from.
const FORWARDED: &str = "x-forwarded-for";

fn from(app: &App, address: &str) -> Person {
    app.anonymous().with_header(FORWARDED, address)
}

fn header(answer: &Answer, name: &str) -> Option<i64> {
    answer.headers.get(name)?.to_str().ok()?.parse().ok()
}

async fn asks(person: &Person) -> Answer {
    person.get("/auth/check").await
}

on_every_store!(
    a_caller_who_asks_too_much_is_refused_and_nobody_else,
    |config| {
        config.rate_limit = 4;
        config.rate_interval_ms = 3_600_000;
        config.trusted_proxies = 1;
    },
    async |app| {
        let reader = app.with_grants("Reader", &[]).await;
        let stranger = from(app, "203.0.113.7");
        for left in (0..4).rev() {
            let answer = asks(&stranger).await;
            assert_eq!(answer.status, 401);
            assert_eq!(header(&answer, "x-ratelimit-limit"), Some(4));
            assert_eq!(header(&answer, "x-ratelimit-remaining"), Some(left));
        }
        let refused = asks(&stranger).await;
        refused.expect_refusal(429, "RATE_LIMITED");
        let wait = header(&refused, "retry-after").expect("when to ask again");
        assert!((3_000..=3_600).contains(&wait), "{wait}");
        assert!(header(&refused, "x-ratelimit-reset") > Some(1_700_000_000));
        // Whatever is asked, and whatever the caller says of itself further left.
        stranger.get("/no/such/route").await.expect_refusal(429, "RATE_LIMITED");
        from(app, "198.51.100.1, 203.0.113.7")
            .get("/health")
            .await
            .expect_refusal(429, "RATE_LIMITED");
        let dead = stranger.with_token("none of ours");
        asks(&dead).await.expect_refusal(429, "RATE_LIMITED");
        assert_eq!(asks(&from(app, "203.0.113.8")).await.status, 401);
        // Somebody who is signed in is counted by name: alone at that address, the same at all.
        let token = reader.token.as_deref().expect("a token");
        let there = |address: &str| from(app, address).with_token(token);
        for _ in 0..4 {
            asks(&there("203.0.113.7")).await.expect_status(200);
        }
        asks(&there("203.0.113.9")).await.expect_refusal(429, "RATE_LIMITED");
        // Who sits at this machine is not counted.
        for _ in 0..6 {
            let answer = asks(&reader).await;
            assert_eq!((answer.status, header(&answer, "x-ratelimit-limit")), (200, None));
        }
    }
);

on_every_store!(
    a_forwarded_address_says_nothing_where_no_proxy_is_trusted,
    |config| {
        config.rate_limit = 1;
        config.rate_interval_ms = 3_600_000;
    },
    async |app| {
        for _ in 0..3 {
            let answer = asks(&from(app, "203.0.113.7")).await;
            assert_eq!((answer.status, header(&answer, "x-ratelimit-limit")), (401, None));
        }
        let claiming = from(app, "203.0.113.7");
        let entered = claiming.signed_in(EMAIL, PASSWORD).await;
        let sessions = entered.get("/auth/sessions").await;
        assert_eq!(sessions.expect_status(200).body["data"][0]["ipAddress"], "127.0.0.1");
    }
);

on_every_store!(
    an_address_registers_so_many_accounts_in_an_hour_and_no_more,
    |config| {
        config.rate_limit = 0;
        config.trusted_proxies = 2;
    },
    async |app| {
        // The outer proxy was called by the first of the two.
        let crowd = from(app, "203.0.113.7, 192.0.2.1");
        for _ in 0..30 {
            let answer = crowd.post("/auth/register", json!({})).await;
            answer.expect_refusal(400, "VALIDATION_ERROR");
            assert_eq!(header(&answer, "x-ratelimit-limit"), None);
        }
        let refused = crowd.post("/auth/register", json!({})).await;
        refused.expect_refusal(429, "RATE_LIMITED");
        assert!(header(&refused, "retry-after") > Some(3_000), "{}", refused.text);
        for free in ["203.0.113.8, 192.0.2.1", "192.0.2.1"] {
            let answer = from(app, free).post("/auth/register", json!({})).await;
            answer.expect_refusal(400, "VALIDATION_ERROR");
        }
        // They sign in as before.
        let body = json!({ "email": "nobody@example.com", "password": "a wrong password" });
        crowd.post("/auth/login", body).await.expect_refusal(400, "INVALID_CREDENTIALS");
    }
);
