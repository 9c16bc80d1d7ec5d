//! Conditions on lists, documents, shapes and ranges.

use super::tests::{check, refuse, resolved, show};
use crate::resolve::Place;
use crate::resolve::sample::Sample;
use base::Code;
use serde_json::json;

#[test]
fn arrays_and_documents() {
    check(
        json!({"tags": {"arraycontains": "a"}}),
        r#"tags ArrayContains { json: "[\"a\"]", negated: false }"#,
    );
    check(
        json!({"meta": {"arraycontains": [1]}}),
        r#"meta ArrayContains { json: "[1]", negated: false }"#,
    );
    check(
        json!({"tags": {"arraylength": {"gt": 1}}}),
        "tags ArrayLength { path: [], ordering: (true, false, false), value: 1 }",
    );
    check(
        json!({"tags": {"arraylength": {"op": "lte", "value": 2}}}),
        "tags ArrayLength { path: [], ordering: (false, true, true), value: 2 }",
    );
    check(
        json!({"tags": {"arrayempty": true}}),
        "tags ArrayLength { path: [], ordering: (false, false, true), value: 0 }",
    );
    check(
        json!({"meta": {"jsonbKeyNotEquals": {"key": "a", "value": 10}}}),
        r#"meta JsonValue { path: ["a"], test: Number { ordering: (true, true, false), value: "10", or_missing: true } }"#,
    );
    check(
        json!({"meta": {"jsonbDeepValue": {"path": ["a", 0], "value": "x%", "op": "ilike"}}}),
        r#"meta JsonValue { path: ["a", "0"], test: Like { pattern: "x%", fold: true } }"#,
    );
    check(
        json!({"meta": {"jsonbContains": {"b": 1, "a": 2}}}),
        r#"meta JsonContains { json: "{\"a\":2,\"b\":1}", contained: false, negated: false }"#,
    );
    check(
        json!({"meta": {"jsonbPathExists": "$.a ? (@ > 1)"}}),
        r#"meta JsonPath { path: "$.a ? (@ > 1)", predicate: false }"#,
    );
    refuse(
        json!({"meta": {"jsonbPathMatch": "$.a >"}}),
        Code::InvalidQuery,
        "filter.meta.jsonbPathMatch",
        "ends too early",
    );
    check(json!({"meta": {"jsonbHasAnyKeys": []}}), "false");
    check(json!({"meta": {"jsonbHasAllKeys": []}}), "true");
    refuse(
        json!({"title": {"jsonbHasKey": "a"}}),
        Code::InvalidQuery,
        "filter.title.jsonbHasKey",
        "String",
    );
    refuse(
        json!({"meta": {"jsonbTypeOf": "text"}}),
        Code::InvalidQuery,
        "filter.meta.jsonbTypeOf",
        "object, array",
    );
}

#[test]
fn shapes_are_read_and_what_is_none_is_told_with_the_shape_expected() {
    let point = json!({"type": "Point", "coordinates": ["13.4", 52.50]});
    let near = json!({"geometry": point, "distance": "500", "not": true});
    for (filter, shown) in [
        (
            json!({"within": point}),
            "relation: Within, shape: \"{\\\"type\\\":\\\"Point\\\",\\\"coordinates\\\":[13.4,52.5]}\"",
        ),
        (json!({"within": "POINT(13.4 52.5)"}), "relation: Within"),
        (json!({"contains": {"x": 13.4, "y": 52.5}}), "relation: Contains"),
        (json!({"containsGEO": point}), "relation: Contains"),
        (json!({"intersects": point}), "relation: Intersects"),
        (json!({"overlaps": point}), "relation: Overlaps"),
        (json!({"nIntersects": point}), "negated: true"),
        (json!({"dwithin": near}), "relation: Near { metres: 500.0 }"),
        (json!({"dwithin": near}), "negated: true"),
    ] {
        let found = resolved(&Sample::new(), &json!({ "place": filter }), Place::Request).unwrap();
        let found = show(&found);
        assert!(found.contains(shown), "{filter}: {found}");
    }
    for (operator, operand, at, said) in [
        ("within", json!({}), "filter.place.within", "`within`"),
        ("within", json!(5), "filter.place.within", "GeoJSON"),
        (
            "within",
            json!({"type": "Point", "coordinates": [200, 0]}),
            "filter.place.within",
            "longitude 200",
        ),
        ("contains", json!({"type": "Ball"}), "filter.place.contains", "Ball"),
        ("icontains", point.clone(), "filter.place.icontains", "Point"),
        ("ncontains", point.clone(), "filter.place.ncontains", "Point"),
        ("dwithin", point.clone(), "filter.place.dwithin.type", "geometry, distance and not"),
        ("dwithin", json!([1, 2]), "filter.place.dwithin", "{geometry, distance, not}"),
        ("dwithin", json!({"distance": 5}), "filter.place.dwithin.geometry", "missing"),
        ("dwithin", json!({"geometry": point}), "filter.place.dwithin.distance", "missing"),
        (
            "dwithin",
            json!({"geometry": point, "distance": -1}),
            "filter.place.dwithin.distance",
            "0 or more",
        ),
        (
            "dwithin",
            json!({"geometry": point, "distance": "far"}),
            "filter.place.dwithin.distance",
            "metres",
        ),
        (
            "dwithin",
            json!({"geometry": point, "distance": 5, "not": 1}),
            "filter.place.dwithin.not",
            "true or false",
        ),
        (
            "dwithin",
            json!({"geometry": {"type": "Point"}, "distance": 5}),
            "filter.place.dwithin.geometry",
            "position",
        ),
    ] {
        refuse(json!({"place": {operator: operand}}), Code::InvalidQuery, at, said);
    }
    refuse(
        json!({"title": {"within": point}}),
        Code::InvalidQuery,
        "filter.title.within",
        "String",
    );
}

#[test]
fn ranges_are_tested_by_their_ends() {
    let lower = "span JsonValue { path: [\"lower\"], test: ";
    let found =
        show(&resolved(&Sample::new(), &json!({"span": {"contains": 5}}), Place::Request).unwrap());
    // Of no range it is unknown, so that its negation finds none either.
    let known = "(span JsonTypeOf { path: [], type_name: \"object\" } & ";
    assert!(found.starts_with(known), "{found}");
    assert!(found.contains(&format!(
        "({lower}IsNull(true) }} | {lower}Number {{ ordering: (false, true, false), value: \"5\", or_missing: false }} }} | ("
    )), "{found}");
    assert!(found.contains("lowerInclusive") && found.contains("upperInclusive"), "{found}");
    let found = show(
        &resolved(&Sample::new(), &json!({"span": {"overlaps": [null, 5]}}), Place::Request)
            .unwrap(),
    );
    assert!(!found.contains(r#"["upperInclusive"]"#), "{found}");
}
