//! Conditions on JSON documents.

use super::{filled, finds, posts};
use crate::support::plans::test;
use query::{JsonValueTest, Operator};

#[tokio::test]
async fn json_is_asked_alike() {
    let houses = filled("json").await;
    let json = |text: &str| text.to_owned();
    let contains = |text: &str, contained, negated| Operator::JsonContains {
        json: text.to_owned(),
        contained,
        negated,
    };
    finds(&houses, |h| test(posts(h, "data"), contains(r#"{"k":"v"}"#, false, false)), &[1]).await;
    finds(&houses, |h| test(posts(h, "data"), contains(r#"{"k":"v"}"#, false, true)), &[2]).await;
    finds(&houses, |h| test(posts(h, "data"), contains("[1,2]", true, false)), &[2]).await;
    let keys = |keys: &[&str], all| Operator::JsonHasKeys {
        keys: keys.iter().map(|k| (*k).to_owned()).collect(),
        all,
    };
    finds(&houses, |h| test(posts(h, "data"), keys(&["k", "zz"], false)), &[1]).await;
    finds(&houses, |h| test(posts(h, "data"), keys(&["k", "zz"], true)), &[]).await;
    finds(&houses, |h| test(posts(h, "data"), keys(&[], true)), &[1, 2, 3]).await;
    finds(
        &houses,
        |h| {
            test(
                posts(h, "words"),
                Operator::ArrayContains { json: json(r#"["red"]"#), negated: false },
            )
        },
        &[1],
    )
    .await;
    finds(
        &houses,
        |h| test(posts(h, "words"), Operator::ArrayContains { json: json("[]"), negated: false }),
        &[1, 2],
    )
    .await;
    finds(
        &houses,
        |h| {
            test(
                posts(h, "words"),
                Operator::ArrayContains { json: json(r#"["red"]"#), negated: true },
            )
        },
        &[2],
    )
    .await;
    finds(
        &houses,
        |h| {
            test(
                posts(h, "words"),
                Operator::ArrayContainedBy { json: json(r#"["red","blue","x"]"#) },
            )
        },
        &[1, 2],
    )
    .await;
    finds(
        &houses,
        |h| test(posts(h, "words"), Operator::ArrayOverlaps { json: json(r#"["red","x"]"#) }),
        &[1],
    )
    .await;
    let length = |path: &[&str], value| Operator::ArrayLength {
        path: path.iter().map(|k| (*k).to_owned()).collect(),
        ordering: (true, false, true),
        value,
    };
    finds(&houses, |h| test(posts(h, "words"), length(&[], 2)), &[1]).await;
    finds(&houses, |h| test(posts(h, "words"), length(&[], 0)), &[1, 2]).await;
    finds(&houses, |h| test(posts(h, "data"), length(&["list"], 3)), &[1]).await;
    let at = |path: &[&str], test| Operator::JsonValue {
        path: path.iter().map(|k| (*k).to_owned()).collect(),
        test,
    };
    let exactly = (false, false, true);
    let but = (true, true, false);
    let text = |value: &str, ordering, or_missing| JsonValueTest::Text {
        ordering,
        value: value.to_owned(),
        or_missing,
    };
    finds(&houses, |h| test(posts(h, "data"), at(&["k"], text("v", exactly, false))), &[1]).await;
    finds(&houses, |h| test(posts(h, "data"), at(&["a", "b"], text("1.50", exactly, false))), &[1])
        .await;
    finds(&houses, |h| test(posts(h, "data"), at(&["yes"], text("true", exactly, false))), &[1])
        .await;
    finds(&houses, |h| test(posts(h, "data"), at(&["k"], text("v", but, true))), &[2, 3]).await;
    finds(&houses, |h| test(posts(h, "data"), at(&["list", "1"], text("2", exactly, false))), &[1])
        .await;
    finds(
        &houses,
        |h| test(posts(h, "data"), at(&["list", "-1"], text("3", exactly, false))),
        &[1],
    )
    .await;
    let number = |value: &str, ordering| JsonValueTest::Number {
        ordering,
        value: value.to_owned(),
        or_missing: false,
    };
    finds(&houses, |h| test(posts(h, "data"), at(&["a", "b"], number("1.5", exactly))), &[1]).await;
    finds(
        &houses,
        |h| {
            test(
                posts(h, "data"),
                at(&["a", "b"], number("1.4999999999999999999", (true, false, false))),
            )
        },
        &[1],
    )
    .await;
    finds(&houses, |h| test(posts(h, "data"), at(&["k"], number("1", (true, true, true)))), &[])
        .await;
    finds(
        &houses,
        |h| {
            test(
                posts(h, "data"),
                at(
                    &["yes"],
                    JsonValueTest::Boolean { negated: false, value: true, or_missing: false },
                ),
            )
        },
        &[1],
    )
    .await;
    finds(
        &houses,
        |h| test(posts(h, "data"), at(&["no"], JsonValueTest::IsNull(true))),
        &[1, 2, 3],
    )
    .await;
    finds(&houses, |h| test(posts(h, "data"), at(&["k"], JsonValueTest::IsNull(false))), &[1])
        .await;
    finds(
        &houses,
        |h| {
            test(
                posts(h, "data"),
                at(
                    &["k"],
                    JsonValueTest::In { negated: false, values: vec![json("v"), json("w")] },
                ),
            )
        },
        &[1],
    )
    .await;
    finds(
        &houses,
        |h| {
            test(
                posts(h, "data"),
                at(&["k"], JsonValueTest::In { negated: true, values: vec![json("w")] }),
            )
        },
        &[1],
    )
    .await;
    finds(
        &houses,
        |h| {
            test(
                posts(h, "data"),
                at(&["k"], JsonValueTest::Like { pattern: json("V%"), fold: true }),
            )
        },
        &[1],
    )
    .await;
    let type_of = |path: &[&str], name: &str| Operator::JsonTypeOf {
        path: path.iter().map(|k| (*k).to_owned()).collect(),
        type_name: name.to_owned(),
    };
    finds(&houses, |h| test(posts(h, "data"), type_of(&[], "array")), &[2]).await;
    finds(&houses, |h| test(posts(h, "data"), type_of(&["a", "b"], "number")), &[1]).await;
    finds(&houses, |h| test(posts(h, "data"), type_of(&["no"], "null")), &[1]).await;
    finds(&houses, |h| test(posts(h, "data"), type_of(&["yes"], "boolean")), &[1]).await;
}
