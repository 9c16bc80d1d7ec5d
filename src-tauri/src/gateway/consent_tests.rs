//! What a person reads before a write, and how many are asked at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hyper::Method;
use serde_json::json;
use tauri::Url;
use tokio::sync::Notify;

use super::{Ask, Consent, Told, WAITING_MAX, Write};

/// The text of the question about a write.
async fn asked(method: Method, target: &str, body: Told<'_>) -> String {
    let told = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&told);
    let ask: Ask = Arc::new(move |question| {
        *kept.lock().unwrap() = format!("{}\n{}", question.title, question.text);
        Box::pin(async { true })
    });
    let target = Url::parse(&format!("https://far.example{target}")).unwrap();
    let consent = Consent::new("Shop".to_owned(), ask);
    consent.given(&Write { method: &method, target: &target, body }).await.unwrap();
    let told = told.lock().unwrap();
    told.clone()
}

#[tokio::test]
async fn a_question_names_the_connection_the_request_and_no_value() {
    let steps = json!({ "operations": [
        { "op": "update", "collection": "orders", "data": { "note": "a secret" } },
        { "op": "create", "collection": "notes" },
        { "op": "create", "collection": "notes\n\nSafe to agree" },
    ] })
    .to_string();
    let told = asked(Method::POST, "/items/batch", Told::Whole(steps.as_bytes())).await;
    assert_eq!(
        told,
        format!(
            "Write to Shop?\nPOST https://far.example/items/batch\n\
             2 create, 1 update in notes, notes\u{fffd}\u{fffd}Safe to agree, orders. \
             A body of {} bytes.",
            steps.len()
        )
    );
    let body = br#"{"email":"a@b.c","password":"hunter2"}"#;
    let told = asked(Method::PATCH, "/items/baasix_User/1", Told::Whole(body)).await;
    assert!(told.ends_with("\nNames email, password. A body of 38 bytes."), "{told}");
    let told = asked(Method::DELETE, "/items/notes/1", Told::Nothing).await;
    assert!(told.ends_with("DELETE https://far.example/items/notes/1\nWithout a body."), "{told}");
    let told = asked(Method::POST, "/imports", Told::Streamed(Some(1_204))).await;
    assert!(told.ends_with("\nA body of 1204 bytes."), "{told}");
    let told = asked(Method::POST, "/items/notes/bulk", Told::Whole(b"[{},{}]")).await;
    assert!(told.ends_with("\n2 entries. A body of 7 bytes."), "{told}");
    let long = format!("/items/notes/{}", "9".repeat(400));
    let told = asked(Method::DELETE, &long, Told::Nothing).await;
    assert!(told.contains("9\u{2026}\n") && told.len() < 330, "{told}");
}

/// Counts its questions, and says no to each when it is let go on.
fn unsure() -> (Ask, Arc<AtomicUsize>, Arc<Notify>) {
    let (questions, go_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let (counted, waited) = (Arc::clone(&questions), Arc::clone(&go_on));
    let ask: Ask = Arc::new(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        let waited = Arc::clone(&waited);
        Box::pin(async move {
            waited.notified().await;
            false
        })
    });
    (ask, questions, go_on)
}

#[tokio::test]
async fn a_no_is_a_no_to_all_that_wait_and_a_page_cannot_pile_up_questions() {
    let (ask, questions, go_on) = unsure();
    let consent = Consent::new("Shop".to_owned(), ask);
    let target = Url::parse("https://far.example/items/notes/1").unwrap();
    let write = Write { method: &Method::DELETE, target: &target, body: Told::Nothing };
    let code = |answer: Result<(), super::Refused>| answer.unwrap_err().1.code;

    let all = (0..WAITING_MAX).map(|_| consent.given(&write));
    let one_more = async {
        // After the others: they were polled first, and each has its place.
        tokio::task::yield_now().await;
        let told = code(consent.given(&write).await);
        go_on.notify_one();
        told
    };
    let (answers, told) = tokio::join!(futures_util::future::join_all(all), one_more);
    assert_eq!(told, "WRITES_WAITING");
    assert!(answers.into_iter().all(|answer| code(answer) == "WRITE_NOT_CONFIRMED"));
    assert_eq!(questions.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_request_that_was_given_up_leaves_its_question_up() {
    let (ask, questions, go_on) = unsure();
    let consent = Consent::new("Shop".to_owned(), ask);
    let target = Url::parse("https://far.example/items/notes/1").unwrap();
    let write = Write { method: &Method::DELETE, target: &target, body: Told::Nothing };

    tokio::select! {
        biased;
        answer = consent.given(&write) => panic!("nobody said anything: {answer:?}"),
        () = tokio::task::yield_now() => {}
    }
    // The next waits behind it: two questions are never up at once.
    tokio::select! {
        biased;
        answer = consent.given(&write) => panic!("nobody said anything: {answer:?}"),
        () = tokio::task::yield_now() => {}
    }
    assert_eq!(questions.load(Ordering::SeqCst), 1);
    go_on.notify_one();
    assert!(consent.given(&write).await.is_err());
    assert_eq!(questions.load(Ordering::SeqCst), 1);
}
