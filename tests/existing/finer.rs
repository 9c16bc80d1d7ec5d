//! What Postgres keeps beyond what is shown: moments to the microsecond, and blanks.

use super::{adopt, existing, shown_is_found};
use crate::harness::{App, Kind};
use serde_json::{Value as Json, json};

const FINER: &str = r#"
CREATE TABLE countries (id int PRIMARY KEY, code char(4) UNIQUE);
CREATE TABLE visits (id serial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), local timestamp, hour time,
    round timestamptz(3), code char(4), country_id int REFERENCES countries (id), seen int);
CREATE INDEX visits_at ON visits (at);
CREATE TABLE stamped (at timestamptz PRIMARY KEY);
CREATE TABLE padded (code char(4) PRIMARY KEY);
INSERT INTO countries VALUES (1, 'DE'), (2, 'CH'), (3, 'EURO');
INSERT INTO visits (at, local, hour, round, code, country_id)
    SELECT at::timestamptz, at::timestamp, at::timestamp::time, at::timestamptz, code, country FROM (VALUES
    ('2024-05-01 10:00:00.123900+00', 'DE', 1), ('2024-05-01 10:00:00.123100+00', 'CH', 2),
    ('2024-05-01 10:00:00.123500+00', 'DE', 1), ('2024-05-01 10:00:00.124000+00', 'EURO', 3),
    ('2024-05-01 10:00:00.122999+00', NULL, NULL)) rows (at, code, country);
INSERT INTO visits (code) VALUES ('CH'), ('CH');
"#;

#[tokio::test]
async fn what_is_shown_of_finer_values_finds_them() {
    if App::postgres_is_missing() {
        return;
    }
    let app = App::start_beside(Kind::Postgres, FINER).await;
    for name in ["stamped", "padded"] {
        assert_eq!(existing(&app, name).await["reasons"][0]["code"], "KEY_TYPE", "{name}");
    }
    adopt(&app, json!({})).await.expect_status(200);
    shown_is_found(&app, "visits", &["at", "local", "hour", "round", "code"], json!({ "seen": 1 }))
        .await;

    let admin = app.admin();
    let rows = admin.rows("visits", json!({ "fields": ["*", "country.code"], "sort": "id" })).await;
    assert_eq!(rows[0]["at"], "2024-05-01T10:00:00.123Z");
    assert_eq!((&rows[0]["code"], &rows[0]["country"]["code"]), (&json!("DE"), &json!("DE")));
    // Alike by what is shown is alike in groups, and through a relation.
    let counted = json!({ "groupBy": ["at"], "filter": { "id": { "lte": 5 } }, "sort": "at",
        "aggregate": { "n": { "function": "count", "field": "id" } } });
    let groups = admin.rows("visits", counted).await;
    let counts: Vec<u64> = groups.iter().filter_map(|group| group["n"].as_u64()).collect();
    assert_eq!(counts, [1, 3, 1], "{groups:?}");
    let far = json!({ "filter": { "country.code": "DE" }, "sort": "id" });
    assert_eq!(admin.column("visits", "id", far).await, [json!(1), json!(3)]);
    // Bounds are of what is shown, too.
    for (test, found) in [
        ("gte", vec![1, 2, 3, 4]),
        ("gt", vec![4]),
        ("lte", vec![1, 2, 3, 5]),
        ("lt", vec![5]),
        ("ne", vec![4, 5]),
    ] {
        for field in ["at", "local"] {
            let filter = json!({ field: { test: rows[0][field] }, "id": { "lte": 5 } });
            let question = json!({ "filter": filter, "sort": "id" });
            assert_eq!(admin.column("visits", "id", question).await, found, "{field} {test}");
        }
    }
    let value = &rows[0]["at"];
    let between = json!({ "filter": { "at": { "between": [value, value] } }, "sort": "id" });
    assert_eq!(admin.column("visits", "id", between).await, [1, 2, 3]);
    // Orders are those of the moments themselves, so that an index serves them.
    let sorted = json!({ "filter": { "id": { "lte": 5 } }, "sort": "-at" });
    assert_eq!(admin.column("visits", "id", sorted).await, [4, 1, 3, 2, 5]);
    // What the schema sends back without the mark keeps it.
    let schema = admin.get("/schemas/visits").await.body["data"]["schema"].clone();
    assert_eq!(
        (&schema["fields"]["at"]["loose"], &schema["fields"]["round"]["loose"]),
        (&json!(true), &json!(null))
    );
    let mut fields = schema["fields"].clone();
    fields["at"].as_object_mut().expect("a field").remove("loose");
    admin
        .patch("/schemas/visits", json!({ "schema": { "fields": fields } }))
        .await
        .expect_status(200);
    let found = json!({ "filter": { "at": "2024-05-01T10:00:00.123Z" } });
    assert_eq!(admin.rows("visits", found).await.len(), 3);
    app.stop().await;
}

const STRANGE: &str = r#"
CREATE TABLE shelves (id int PRIMARY KEY);
CREATE TABLE finds (id int PRIMARY KEY, shelf_id int REFERENCES shelves (id), day date, at timestamptz, local timestamp,
    price numeric, ratio double precision, share real);
INSERT INTO shelves VALUES (1);
INSERT INTO finds VALUES
    (1, 1, '0044-03-15 BC', '0044-03-15 12:00 BC', '0044-03-15 12:00 BC', 'NaN', 'NaN', 'NaN'),
    (2, 1, 'infinity', 'infinity', 'infinity', 'Infinity', 'Infinity', 'Infinity'),
    (3, 1, '-infinity', '-infinity', '-infinity', '-Infinity', '-Infinity', '-Infinity'),
    (4, 1, '10000-01-01', '10000-01-01', '10000-01-01', 1.50, 1.5, 1.5),
    (5, 1, '9999-12-31', '9999-12-31 23:59:59.999+00', '0001-01-01', -0.10, -1e300, 0),
    (6, 1, NULL, NULL, NULL, NULL, NULL, NULL);
"#;

#[tokio::test]
async fn what_has_no_spelling_is_told_as_nothing_by_every_path() {
    if App::postgres_is_missing() {
        return;
    }
    let app = App::start_beside(Kind::Postgres, STRANGE).await;
    adopt(&app, json!({})).await.expect_status(200);
    let admin = app.admin();
    let rows = admin.rows("finds", json!({ "sort": "id" })).await;
    let moments = ["day", "at", "local"];
    let numbers = ["price", "ratio", "share"];
    for (row, kept) in rows.iter().zip([
        &[][..],
        &[],
        &[],
        &numbers,
        &["day", "at", "local", "price", "ratio", "share"],
        &[],
    ]) {
        for field in moments.iter().chain(&numbers) {
            assert_eq!(!row[field].is_null(), kept.contains(field), "{field} of {row}");
        }
    }
    let last = (&rows[4]["day"], &rows[4]["at"], &rows[4]["local"], rows[4]["price"].to_string());
    let spelled = (
        &json!("9999-12-31"),
        &json!("9999-12-31T23:59:59.999Z"),
        &json!("0001-01-01T00:00:00.000Z"),
    );
    assert_eq!(last, (spelled.0, spelled.1, spelled.2, String::from("-0.10")));
    // Through a relation, by key, sorted, in groups, as a file, and in the history of a change.
    let fields = json!({ "fields": ["finds.*"] });
    let shelves = admin.rows("shelves", fields).await;
    let mut nested = shelves[0]["finds"].as_array().expect("a list").clone();
    nested.sort_by_key(|row| row["id"].as_u64());
    assert_eq!(nested, rows);
    for field in moments.iter().chain(&numbers) {
        assert_eq!(admin.rows("finds", json!({ "sort": field })).await.len(), 6);
        let counted = json!({ "groupBy": [field], "aggregate": {
            "n": { "function": "count", "field": "id" }, "most": { "function": "max", "field": field } } });
        admin.find("finds", counted).await.expect_status(200);
    }
    for field in moments.iter().chain(&numbers) {
        grouped_as_read(&app, field, &rows).await;
    }
    for field in moments {
        for part in ["year", "quarter", "month", "week", "day", "dow", "isodow", "isoyear"] {
            let asked = json!({ "groupBy": [format!("date:{part}:{field}")], "aggregate": {
                "n": { "function": "count", "field": "*" } } });
            let groups = admin.rows("finds", asked).await;
            let key = format!("date:{part}:{field}");
            let of_none = groups.iter().find(|group| group[&key].is_null()).expect("a group");
            assert_eq!((groups.len(), &of_none["n"]), (2, &json!(5)), "{part} {groups:?}");
        }
    }
    // Row by row behind the one before, none is left out and none comes twice.
    for field in moments.iter().chain(&numbers) {
        for sort in [field.to_string(), format!("-{field}")] {
            let at_once = admin.column("finds", "id", json!({ "sort": sort })).await;
            let (mut walked, mut after) = (Vec::new(), String::new());
            while walked.len() <= rows.len() {
                let asked = json!({ "sort": sort, "limit": 1, "after": after, "fields": ["id"] });
                let page = admin.find("finds", asked).await;
                let found = page.expect_status(200).body["data"].as_array().expect("rows");
                walked.extend(found.iter().map(|row| row["id"].clone()));
                match page.body["cursor"].as_str() {
                    Some(cursor) => after = cursor.to_owned(),
                    None => break,
                }
            }
            assert_eq!(walked, at_once, "{sort}");
        }
    }
    for format in ["csv", "json", "ndjson", "sql"] {
        admin.get(&format!("/items/finds/export?format={format}")).await.expect_status(200);
    }
    for row in &rows {
        let path = format!("/items/finds/{}", row["id"]);
        assert_eq!(&admin.get(&path).await.expect_status(200).body["data"], row);
        admin.patch(&path, json!({ "shelf_id": null })).await.expect_status(200);
        admin.get(&format!("{path}/history")).await.expect_status(200);
    }
}

/// What aggregates and groups tell of a column, by what its records tell of it.
async fn grouped_as_read(app: &App, field: &str, rows: &[Json]) {
    let told: Vec<&Json> = rows.iter().map(|row| &row[field]).filter(|v| !v.is_null()).collect();
    let mut functions = json!({});
    for function in ["count", "distinct", "min", "max", "array_agg"] {
        functions[function] = json!({ "function": function, "field": field });
    }
    if told.iter().all(|value| value.is_number()) {
        for function in ["sum", "avg"] {
            functions[function] = json!({ "function": function, "field": field });
        }
    }
    for asked in [
        json!({ "aggregate": functions }),
        json!({ "aggregate": functions, "groupBy": ["shelf_id"] }),
    ] {
        let found = app.admin().rows("finds", asked).await[0].clone();
        let count = json!(told.len());
        assert_eq!((&found["count"], &found["distinct"]), (&count, &count), "{field}: {found}");
        let spelled = |value: &Json| value.as_str().map_or(value.to_string(), str::to_owned);
        let known: Vec<String> = told.iter().map(|value| spelled(value)).collect();
        for function in ["min", "max"] {
            assert!(known.contains(&spelled(&found[function])), "{field} {function}: {found}");
        }
        let list = found["array_agg"].as_array().expect("a list");
        assert_eq!(list.iter().filter(|value| !value.is_null()).count(), told.len(), "{found}");
        if functions["sum"].is_object() {
            assert!(found["sum"].is_number() && found["avg"].is_number(), "{field}: {found}");
        }
    }
    let asked =
        json!({ "groupBy": [field], "aggregate": { "n": { "function": "count", "field": "id" } } });
    let groups = app.admin().rows("finds", asked).await;
    let of_none = groups.iter().find(|group| group[field].is_null()).expect("a group of nothing");
    assert_eq!(of_none["n"], json!(rows.len() - told.len()), "{field}: {groups:?}");
    assert_eq!(groups.len(), told.len() + 1, "{field}: {groups:?}");
}
