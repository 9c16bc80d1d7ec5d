//! Values that follow a change of type.

use super::{Project, refused, titled};
use base::Code;
use serde_json::{Value as Json, json};
use sql::Dialect;

/// Values under one type, and what they are under another; the same on both stores.
const CONVERSIONS: [(&str, &str, &str, &str); 22] = [
    ("String", "Integer", "'12'", "12"),
    ("String", "Decimal:10:2", "'12.5'", "12.50"),
    ("String", "Boolean", "'Yes'", "1"),
    ("String", "Double", "'1.5e2'", "150"),
    ("String", "Date", "'2024-02-29'", "2024-02-29"),
    (
        "String",
        "UUID",
        "'6F9619FF-8B86-D011-B42D-00CF4FC964FF'",
        "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
    ),
    ("Integer", "String", "42", "42"),
    ("Integer", "Decimal:10:2", "42", "42.00"),
    ("Integer", "BigInt", "42", "42"),
    ("Integer", "Boolean", "1", "1"),
    ("Integer", "Double", "42", "42"),
    ("Decimal:10:2", "Integer", "'7.00'", "7"),
    ("Decimal:10:2", "Decimal:10:4", "'7.25'", "7.2500"),
    ("Decimal:10:2", "String", "'7.25'", "7.25"),
    ("Decimal:10:2", "Double", "'7.25'", "7.25"),
    ("Double", "Integer", "7.0", "7"),
    ("Double", "Decimal:10:2", "7.25", "7.25"),
    ("Boolean", "String", "true", "true"),
    ("Boolean", "Integer", "true", "1"),
    ("Date", "DateTime", "'2024-02-29'", "2024-02-29T00:00:00.000Z"),
    ("DateTime", "Date", "'2024-02-29T10:00:00.000Z'", "2024-02-29"),
    ("DateTime", "String", "'2024-02-29T10:00:00.000Z'", "2024-02-29T10:00:00.000Z"),
];

/// Values that have no place under the other type.
const REFUSALS: [(&str, &str, &str); 10] = [
    ("String", "Integer", "'12x'"),
    ("String", "Integer", "'99999999999'"),
    ("String", "Decimal:4:2", "'123.45'"),
    ("String", "Boolean", "'maybe'"),
    ("String", "Date", "'yesterday'"),
    ("String", "Enum", "'c'"),
    ("Double", "Integer", "7.5"),
    ("Integer", "Boolean", "2"),
    ("Decimal:10:2", "Integer", "'7.25'"),
    ("Boolean", "Date", "true"),
];

fn typed(word: &str) -> Json {
    let mut parts = word.split(':');
    let mut field = json!({"type": parts.next().unwrap()});
    if let (Some(precision), Some(scale)) = (parts.next(), parts.next()) {
        field["values"] = json!({"precision": precision, "scale": scale});
    }
    if word == "Enum" {
        field["values"] = json!(["a", "b"]);
    }
    field
}

#[tokio::test]
async fn values_follow_a_change_of_type_alike_on_both_stores() {
    for mut project in Project::all().await {
        let sqlite = project.is(Dialect::Sqlite);
        for (at, (from, to, value, expected)) in CONVERSIONS.into_iter().enumerate() {
            let name = format!("c{at}");
            project.create(&name, titled(json!({"x": typed(from)}))).await;
            project.run(&format!("INSERT INTO \"{name}\" (\"x\") VALUES ({value}), (NULL)")).await;
            let mut fields = project.document(&name)["fields"].clone();
            fields["x"] = typed(to);
            let changed = project.update(&name, json!({ "fields": fields })).await;
            assert!(changed.is_ok(), "{from} to {to}: {changed:?}");
            let shown = match (to, sqlite) {
                ("DateTime", false) => String::from(
                    "to_char(\"x\" AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
                ),
                ("Double" | "Boolean" | "Integer" | "BigInt", _) | (_, true) => {
                    String::from("\"x\"")
                }
                _ => String::from("\"x\"::text"),
            };
            assert_eq!(
                project.rows(&format!("SELECT {shown} FROM \"{name}\" ORDER BY \"id\"")).await,
                format!("{expected}; null"),
                "{from} to {to}"
            );
        }
        for (at, (from, to, value)) in REFUSALS.into_iter().enumerate() {
            let name = format!("r{at}");
            project.create(&name, titled(json!({"x": typed(from)}))).await;
            project.run(&format!("INSERT INTO \"{name}\" (\"x\") VALUES ({value})")).await;
            let mut fields = project.document(&name)["fields"].clone();
            fields["x"] = typed(to);
            refused(
                project.update(&name, json!({ "fields": fields.clone() })).await,
                Code::SchemaInvalid,
                "1 of 1 values of `x` cannot become",
            );
            // An empty column may become anything.
            project.run(&format!("DELETE FROM \"{name}\"")).await;
            project.update(&name, json!({ "fields": fields })).await.unwrap();
        }
    }
}
