use super::{canonical_json, coerce, coerce_operand};
use base::Value;
use catalog::{Element, FieldKind, GeoKind, RangeKind};
use serde_json::{Value as Json, json};

fn parse(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

fn check(kind: &FieldKind, cases: &[(&str, Option<Value>)]) {
    for (given, wanted) in cases {
        let found = coerce(kind, &parse(given));
        match wanted {
            Some(value) => {
                assert_eq!(found.as_ref(), Ok(value), "{} {given}", kind.name());
                // What is canonical stays as it is.
                if let (Value::Text(text), false) = (value, kind.is_json()) {
                    let again = coerce(kind, &Json::String(text.clone()));
                    assert_eq!(again.as_ref(), Ok(value), "{} {given}", kind.name());
                }
            }
            None => assert!(found.is_err(), "{} {given} gave {found:?}", kind.name()),
        }
    }
}

fn text(value: &str) -> Option<Value> {
    Some(Value::text(value))
}

fn decimal(precision: Option<u32>, scale: Option<u32>) -> FieldKind {
    FieldKind::Decimal { precision, scale }
}

#[test]
fn text_takes_scalars_and_counts_scalars() {
    check(
        &FieldKind::String { length: Some(4) },
        &[
            (r#""äöü""#, text("äöü")),
            (r#""abcde""#, None),
            ("12", text("12")),
            ("true", text("true")),
            ("{}", None),
            (r#""a\u0000""#, None),
            ("null", Some(Value::Null)),
        ],
    );
    let words = FieldKind::Enum { values: vec![String::from("draft"), String::from("live")] };
    check(&words, &[(r#""draft""#, text("draft")), (r#""Draft""#, None)]);
}

#[test]
fn numbers_keep_every_digit_or_are_refused() {
    check(
        &FieldKind::Integer,
        &[
            ("5", Some(Value::Int(5))),
            (r#""-7""#, Some(Value::Int(-7))),
            ("1e3", Some(Value::Int(1000))),
            ("1.5", None),
            (r#""""#, None),
            ("2147483648", None),
            ("true", None),
        ],
    );
    check(
        &FieldKind::BigInt,
        &[("9223372036854775807", Some(Value::Int(i64::MAX))), ("9223372036854775808", None)],
    );
    check(
        &decimal(Some(5), Some(2)),
        &[
            ("12.1", text("12.10")),
            ("1.005", text("1.01")),
            ("999.995", None),
            ("1000", None),
            (r#""-0""#, text("0.00")),
            (r#""x""#, None),
        ],
    );
    check(
        &decimal(None, None),
        &[
            ("12.10", text("12.10")),
            (
                "99999999999999999999999999999999999999",
                text("99999999999999999999999999999999999999"),
            ),
        ],
    );
    check(&FieldKind::Real, &[("0.123456789", Some(Value::Real(0.123_456_79))), ("1e300", None)]);
    check(&FieldKind::Double, &[("-0.0", Some(Value::Real(0.0))), ("1e400", None)]);
    let long = "1".repeat(2_000);
    for (given, why) in [
        (parse(&long), "too many digits"),
        (json!(long), "too many digits"),
        (json!("x"), "must be"),
    ] {
        for kind in [decimal(None, None), FieldKind::Integer] {
            assert!(coerce(&kind, &given).unwrap_err().contains(why), "{given}");
        }
    }
    assert_eq!(
        coerce_operand(&decimal(Some(5), Some(2)), &parse("1.005")),
        Ok(Value::text("1.005"))
    );
}

#[test]
fn booleans_know_their_words() {
    let (yes, no) = (Some(Value::Bool(true)), Some(Value::Bool(false)));
    check(
        &FieldKind::Boolean,
        &[
            ("true", yes.clone()),
            ("1", yes.clone()),
            (r#""Yes""#, yes),
            (r#""0""#, no.clone()),
            (r#""no""#, no),
            ("2", None),
            (r#""maybe""#, None),
        ],
    );
}

#[test]
fn dates_and_times_become_canonical() {
    check(
        &FieldKind::DateTime,
        &[
            (r#""2024-01-02T03:04:05.678901+02:00""#, text("2024-01-02T01:04:05.678Z")),
            (r#""2024-01-02 03:04:05""#, text("2024-01-02T03:04:05.000Z")),
            (r#""2024-01-02""#, text("2024-01-02T00:00:00.000Z")),
            ("1704164645678", text("2024-01-02T03:04:05.678Z")),
            (r#""yesterday""#, None),
            (r#""2024-02-30""#, None),
            (r#""9999-12-31T23:59:59.9999Z""#, text("9999-12-31T23:59:59.999Z")),
            (r#""9999-12-31 22:00:00-01:00""#, text("9999-12-31T23:00:00.000Z")),
            (r#""9999-12-31T23:00:00-01:00""#, None),
            (r#""9999-12-31T23:59:59""#, text("9999-12-31T23:59:59.000Z")),
            (r#""9999-12-31""#, text("9999-12-31T00:00:00.000Z")),
            (r#""0001-01-01T00:00:00Z""#, text("0001-01-01T00:00:00.000Z")),
            (r#""0001-01-01T00:00:00+01:00""#, None),
            (r#""1960-01-01T00:00:00.0005Z""#, text("1960-01-01T00:00:00.000Z")),
            ("253402300799999", text("9999-12-31T23:59:59.999Z")),
            ("253402300800000", None),
            (r#""1709200000000""#, text("2024-02-29T09:46:40.000Z")),
            (r#""-1709200000000""#, text("1915-11-03T14:13:20.000Z")),
            (r#""17092000""#, None),
            ("true", None),
        ],
    );
    check(
        &FieldKind::DateTimeNoTz,
        &[(r#""2024-01-02T03:04:05Z""#, text("2024-01-02T03:04:05.000"))],
    );
    check(
        &FieldKind::Date,
        &[
            (r#""2024-01-02""#, text("2024-01-02")),
            (r#""2024-01-02T23:30:00-02:00""#, text("2024-01-03")),
            (r#""2024-01-02T23:30:00""#, text("2024-01-02")),
            (r#""9999-12-31T23:30:00Z""#, text("9999-12-31")),
            (r#""02.01.2024""#, None),
        ],
    );
    check(
        &FieldKind::Time,
        &[
            (r#""10:11""#, text("10:11:00+00")),
            (r#""10:11:12.5""#, text("10:11:12.500+00")),
            (r#""01:00:00+02""#, text("23:00:00+00")),
            (r#""01:00:00-05:30""#, text("06:30:00+00")),
            (r#""25:00""#, None),
            (r#""2024-02-29T00:00:00Z""#, text("00:00:00+00")),
            (r#""2024-02-30T00:00:00Z""#, None),
            (r#""10""#, None),
        ],
    );
    check(
        &FieldKind::TimeNoTz,
        &[(r#""10:11:12""#, text("10:11:12")), (r#""2024-01-02T10:11:12.000Z""#, text("10:11:12"))],
    );
}

#[test]
fn uuids_are_lower_case() {
    check(
        &FieldKind::Uuid,
        &[
            (
                r#""A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11""#,
                text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
            ),
            (r#""a0eebc999c0b4ef8bb6d6bb9bd380a11""#, text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
            (r#""a0eebc99""#, None),
            ("5", None),
        ],
    );
}

#[test]
fn json_stands_in_jsonb_order() {
    check(
        &FieldKind::Json { binary: true },
        &[
            (r#"{"bb":1,"c":2,"a":[1.50e1,null]}"#, text(r#"{"a":[15.0,null],"c":2,"bb":1}"#)),
            (r#""{\"b\":1}""#, text(r#"{"b":1}"#)),
            (r#""plain""#, text(r#""plain""#)),
            (r#""{broken""#, text(r#""{broken""#)),
        ],
    );
    assert!(canonical_json(&json!({"a\u{0}": 1})).is_err());
    assert!(canonical_json(&parse("1e999999")).is_err());
}

#[test]
fn arrays_and_ranges_are_exact() {
    check(
        &FieldKind::Array(Element::String),
        &[(r#"["b,c",1]"#, text(r#"["b,c","1"]"#)), (r#""a""#, None), ("[[1]]", None)],
    );
    check(&FieldKind::Array(Element::Decimal), &[(r#"["1.10",2]"#, text("[1.10,2]"))]);
    check(&FieldKind::Array(Element::Integer), &[("[1,2.5]", None)]);
    check(
        &FieldKind::Range(RangeKind::Integer),
        &[
            ("[1,5]", text(r#"{"lower":1,"upper":5,"lowerInclusive":true,"upperInclusive":true}"#)),
            (
                r#"{"lower":null,"upper":5,"upperInclusive":false}"#,
                text(r#"{"lower":null,"upper":5,"lowerInclusive":true,"upperInclusive":false}"#),
            ),
            ("[1]", None),
            ("5", None),
        ],
    );
}

#[test]
fn geometries_become_geojson() {
    let point = text(r#"{"type":"Point","coordinates":[1.5,2]}"#);
    check(
        &FieldKind::Geo(GeoKind::Point),
        &[
            (r#"{"type":"Point","coordinates":[1.5,2],"bbox":[]}"#, point.clone()),
            (r#"{"x":1.5,"y":2}"#, point.clone()),
            (r#""POINT(1.5 2)""#, point.clone()),
            (r#""SRID=4326; point (1.5  2)""#, point),
            (r#""SRID=3857;POINT(1 2)""#, None),
            (r#""POINT(1)""#, None),
            (r#"{"type":"LineString","coordinates":[[1,2],[3,4]]}"#, None),
        ],
    );
    let square = text(r#"{"type":"Polygon","coordinates":[[[0,0],[0,1],[1,1],[0,0]]]}"#);
    check(
        &FieldKind::Geo(GeoKind::Polygon),
        &[
            (r#""POLYGON((0 0,0 1,1 1,0 0))""#, square.clone()),
            (r#"[{"x":0,"y":0},{"x":0,"y":1},{"x":1,"y":1},{"x":0,"y":0}]"#, square),
            (r#""POLYGON((0 0,0 1,1 1))""#, None),
        ],
    );
    check(
        &FieldKind::Geo(GeoKind::Geometry),
        &[(
            r#""MULTIPOINT((1 2),(3 4))""#,
            text(r#"{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}"#),
        )],
    );
}

#[test]
fn a_geometry_that_is_none_is_told_by_what_is_wrong_with_it() {
    for (kind, json, said) in [
        (GeoKind::Point, json!({"type": "Point", "coordinates": [200, 0]}), "longitude 200"),
        (GeoKind::Point, json!({"type": "Point", "coordinates": [52.5, 113.4]}), "latitude 113.4"),
        (GeoKind::Point, json!({"x": 0, "y": -90.1}), "latitude -90.1"),
        (GeoKind::Point, json!("POINT(181 0)"), "longitude 181"),
        (
            GeoKind::Point,
            json!({"type": "Point", "coordinates": [1]}),
            "a position of the Point is [1]",
        ),
        (
            GeoKind::Point,
            json!({"type": "Point", "coordinates": [1, 2, 3, 4]}),
            "a position of the Point",
        ),
        (GeoKind::Point, json!({"type": "Point", "coordinates": [1, "2"]}), "in numbers"),
        (GeoKind::Point, json!({"type": "Point", "coordinates": [1e-300, 0]}), "too small"),
        (GeoKind::Point, json!({"type": "Point"}), "null where a position"),
        (
            GeoKind::Point,
            json!({"type": "Circle", "coordinates": [1, 2]}),
            "`Circle` is not a GeoJSON geometry",
        ),
        (
            GeoKind::Point,
            json!({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}),
            "a Point, not a LineString",
        ),
        (
            GeoKind::LineString,
            json!({"type": "LineString", "coordinates": [[1, 2]]}),
            "needs 2 positions",
        ),
        (GeoKind::LineString, json!({"type": "LineString", "coordinates": [1, 2]}), "hold 1 where"),
        (
            GeoKind::Polygon,
            json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}),
            "the last equal to the first",
        ),
        (
            GeoKind::Polygon,
            json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 0]]]}),
            "needs 4 positions",
        ),
        (
            GeoKind::Polygon,
            json!({"type": "Polygon", "coordinates": []}),
            "where a list of lists of positions belongs",
        ),
        (
            GeoKind::GeometryCollection,
            json!({"type": "GeometryCollection", "geometries": []}),
            "at least one",
        ),
        (
            GeoKind::GeometryCollection,
            json!({"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [0, 91]}]}),
            "latitude 91",
        ),
    ] {
        let refused = coerce(&FieldKind::Geo(kind), &json).unwrap_err();
        assert!(refused.contains(said), "{json}: {refused}");
    }
}

#[test]
fn bytes_are_base64() {
    check(
        &FieldKind::Binary,
        &[
            (r#""aGk=""#, Some(Value::Bytes(b"hi".to_vec()))),
            (r#""aGk""#, Some(Value::Bytes(b"hi".to_vec()))),
            (r#""!""#, None),
        ],
    );
}

/// Numbers that look random and are the same in every run.
pub(crate) fn dice(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |sides| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from((state >> 11) % sides as u64).unwrap()
    }
}

#[test]
fn no_text_breaks_a_kind_and_what_is_canonical_stays() {
    let mut roll = dice(0x5eed);
    const PARTS: [&str; 30] = [
        "", " ", "0", "1", "9", "12", "2024", "-", "+", ":", ".", "e", "E", "T", "Z", "é", "日",
        "€", "[", "]", "{", "}", ",", "\"x\"", "null", "POINT(", ")", "a0eebc99", "=", "\u{0}",
    ];
    let kinds = [
        FieldKind::String { length: Some(8) },
        FieldKind::Integer,
        decimal(Some(6), Some(2)),
        decimal(None, None),
        FieldKind::Real,
        FieldKind::Double,
        FieldKind::Boolean,
        FieldKind::Date,
        FieldKind::DateTime,
        FieldKind::DateTimeNoTz,
        FieldKind::Time,
        FieldKind::TimeNoTz,
        FieldKind::Uuid,
        FieldKind::Json { binary: true },
        FieldKind::Array(Element::Time),
        FieldKind::Range(RangeKind::DateTime),
        FieldKind::Geo(GeoKind::Geometry),
        FieldKind::Binary,
    ];
    for _ in 0..20_000 {
        let text: String = (0..=roll(6)).map(|_| PARTS[roll(PARTS.len())]).collect();
        let kind = &kinds[roll(kinds.len())];
        let json = match kind {
            FieldKind::Array(_) | FieldKind::Range(_) => json!([text, null]),
            _ => Json::String(text),
        };
        if let (Ok(Value::Text(text)), false) = (coerce(kind, &json), kind.is_json()) {
            let again = coerce(kind, &Json::String(text.clone()));
            assert_eq!(again, Ok(Value::Text(text)), "{} {json}", kind.name());
        }
    }
}
