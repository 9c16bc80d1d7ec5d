//! Moments told from now: every unit, wherever a value may stand; what only looks like one.

use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

/// Each unit in seconds; years and months have fixed lengths.
const UNITS: [(&str, i64); 7] = [
    ("YEAR", 365 * 86_400),
    ("MONTH", 30 * 86_400),
    ("WEEK", 7 * 86_400),
    ("DAY", 86_400),
    ("HOUR", 3_600),
    ("MINUTE", 60),
    ("SECOND", 1),
];

/// So many of a unit that the margin does not matter.
fn count(seconds: i64) -> i64 {
    if seconds < 86_400 { 86_400 / seconds } else { 2 }
}

/// How far from the moment itself the two rows beside it stand. A test that takes longer than this
/// was stopped by somebody.
const MARGIN_MS: i64 = 3_600_000;

/// Beside each moment, past and to come, a row shortly before and a row shortly after it.
async fn moments(app: &App) {
    app.collection("moments", json!({ "fields": { "at": { "type": "DateTime" }, "unit": { "type": "String" }, "side": { "type": "String" } } })).await;
    #[expect(clippy::disallowed_methods, reason = "the test says what moment it means")]
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let now = i64::try_from(now.as_millis()).expect("a number");
    let mut rows = Vec::new();
    for (unit, seconds) in UNITS {
        for sign in [-1, 1] {
            for (side, margin) in [("before", -MARGIN_MS), ("after", MARGIN_MS)] {
                let at = now + sign * count(seconds) * seconds * 1_000 + margin;
                rows.push(json!({ "unit": format!("{unit}{sign}"), "side": side, "at": at }));
            }
        }
    }
    app.admin().post("/items/moments/bulk", json!(rows)).await.expect_status(201);
}

async fn sides(app: &App, filter: Json) -> Vec<Json> {
    app.admin().column("moments", "side", json!({ "filter": filter, "sort": "at" })).await
}

on_every_store!(every_unit_is_counted_from_now_in_both_directions, async |app| {
    moments(app).await;
    for (unit, seconds) in UNITS {
        for (sign, mark) in [(-1, '-'), (1, '+')] {
            for plural in ["", "S"] {
                let moment = format!("$NOW{mark}{unit}{plural}_{}", count(seconds));
                let of = |test: Json| json!({ "unit": format!("{unit}{sign}"), "at": test });
                assert_eq!(sides(app, of(json!({ "gte": moment }))).await, ["after"], "{moment}");
                assert_eq!(sides(app, of(json!({ "lt": moment }))).await, ["before"], "{moment}");
            }
        }
    }
    let past = json!({ "unit": { "in": ["DAY-1", "DAY1"] }, "at": { "lt": "$NOW" } });
    assert_eq!(sides(app, past).await, ["before", "after"]);
});

on_every_store!(a_moment_from_now_stands_in_lists_and_at_any_depth, async |app| {
    moments(app).await;
    let day = json!({ "unit": "DAY-1" });
    let between = json!({ "at": { "between": ["$NOW-DAYS_3", "$NOW-DAYS_2"] } });
    assert_eq!(sides(app, json!({ "AND": [day, between] })).await, ["before"]);
    let either = json!({ "OR": [{ "at": { "lt": "$NOW-DAYS_2" } }, { "AND": [{ "at": { "gt": "$NOW+YEARS_9" } }] }] });
    assert_eq!(sides(app, json!({ "AND": [day, either] })).await, ["before"]);
    let none = json!({ "at": { "in": ["$NOW", "$NOW-DAY_1"] } });
    assert_eq!(sides(app, none).await, Vec::<Json>::new());
});

on_every_store!(what_only_looks_like_a_moment_is_text, async |app| {
    app.collection(
        "notes",
        json!({ "fields": { "text": { "type": "String" }, "at": { "type": "DateTime" } } }),
    )
    .await;
    let words = [
        "$NOW+INVALID_5",
        "$NOW-",
        "$NOWWRONG",
        "$NOW-DAYS_",
        "$NOW-DAYS_x",
        "$NOW*DAYS_1",
        // Beyond every date that can be written.
        "$NOW-DAYS_99999999999",
        "$NOW+YEARS_9000",
        "$SOMEBODY",
    ];
    for word in words {
        app.admin().create("notes", json!({ "text": word })).await;
    }
    for word in words {
        for test in [json!(word), json!({ "in": [word] }), json!({ "is": word })] {
            let found =
                app.admin().column("notes", "text", json!({ "filter": { "text": test } })).await;
            assert_eq!(found, [json!(word)], "{test}");
        }
        let asked = json!({ "filter": { "at": { "gt": word } } });
        app.admin().find("notes", asked).await.expect_refusal(400, "INVALID_QUERY");
    }
});
