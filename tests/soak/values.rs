//! Values of every field type: from small sets, so that they meet each other, and with the corners
//! where two stores could differ.

use super::chance::Chance;
use serde_json::{Value as Json, json};

/// A family of field types that take the same operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    Text,
    Enum,
    Integer,
    Decimal,
    Float,
    Boolean,
    Date,
    Moment,
    Time,
    Uuid,
    Json,
    Array,
    Range,
    Geo,
    Binary,
}

/// A field type with its options, as a schema names it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type {
    pub(super) name: &'static str,
    options: &'static str,
    pub(super) family: Family,
    /// What elements of an array or ends of a range are.
    pub(super) inner: Family,
}

const fn of(name: &'static str, options: &'static str, family: Family) -> Type {
    Type { name, options, family, inner: family }
}

const fn many(name: &'static str, family: Family, inner: Family) -> Type {
    Type { name, options: "{}", family, inner }
}

pub(super) const TYPES: &[Type] = &[
    of("String", "{}", Family::Text),
    of("String", r#"{"values":{"length":12}}"#, Family::Text),
    of("Text", "{}", Family::Text),
    of("HTML", "{}", Family::Text),
    of("CiText", "{}", Family::Text),
    of("SUID", "{}", Family::Text),
    of("TOKEN", "{}", Family::Text),
    of("Enum", r#"{"values":["draft","Draft","in review","zed","10","9"]}"#, Family::Enum),
    of("Integer", "{}", Family::Integer),
    of("BigInt", "{}", Family::Integer),
    of("Decimal", r#"{"values":{"precision":12,"scale":2}}"#, Family::Decimal),
    of("Decimal", "{}", Family::Decimal),
    of("Float", "{}", Family::Float),
    of("Real", "{}", Family::Float),
    of("Double", "{}", Family::Float),
    of("Boolean", "{}", Family::Boolean),
    of("Date", "{}", Family::Date),
    of("DateTime", "{}", Family::Moment),
    of("DateTime_NO_TZ", "{}", Family::Moment),
    of("Time", "{}", Family::Time),
    of("Time_NO_TZ", "{}", Family::Time),
    of("UUID", "{}", Family::Uuid),
    of("JSON", "{}", Family::Json),
    of("JSONB", "{}", Family::Json),
    many("Array_Integer", Family::Array, Family::Integer),
    many("Array_String", Family::Array, Family::Text),
    many("Array_Double", Family::Array, Family::Float),
    many("Array_Decimal", Family::Array, Family::Decimal),
    many("Array_DateTime", Family::Array, Family::Moment),
    many("Array_DateTime_NO_TZ", Family::Array, Family::Moment),
    many("Array_Date", Family::Array, Family::Date),
    many("Array_Time", Family::Array, Family::Time),
    many("Array_Time_NO_TZ", Family::Array, Family::Time),
    many("Array_UUID", Family::Array, Family::Uuid),
    many("Array_Boolean", Family::Array, Family::Boolean),
    many("Range_Integer", Family::Range, Family::Integer),
    many("Range_Double", Family::Range, Family::Float),
    many("Range_Decimal", Family::Range, Family::Decimal),
    many("Range_Date", Family::Range, Family::Date),
    many("Range_DateTime", Family::Range, Family::Moment),
    many("Range_DateTime_NO_TZ", Family::Range, Family::Moment),
    many("Range_Time", Family::Range, Family::Time),
    many("Range_Time_NO_TZ", Family::Range, Family::Time),
    of("Point", "{}", Family::Geo),
    of("LineString", "{}", Family::Geo),
    of("Polygon", "{}", Family::Geo),
    of("MultiPoint", "{}", Family::Geo),
    of("MultiLineString", "{}", Family::Geo),
    of("MultiPolygon", "{}", Family::Geo),
    of("GeometryCollection", "{}", Family::Geo),
    of("Geometry", "{}", Family::Geo),
    of("Geography", "{}", Family::Geo),
    of("Binary", "{}", Family::Binary),
];

impl Type {
    pub(super) fn definition(&self) -> Json {
        let mut definition: Json = serde_json::from_str(self.options).expect("options are JSON");
        definition["type"] = json!(self.name);
        definition
    }

    /// A value that fits this type, most of the time.
    pub(super) fn value(&self, chance: &mut Chance) -> Json {
        if chance.one_in(7) {
            return Json::Null;
        }
        match self.family {
            Family::Array => {
                let size = chance.below(4);
                Json::Array((0..size).map(|_| scalar(self.inner, chance)).collect())
            }
            Family::Range => range(self.inner, chance),
            Family::Geo => geometry(self.name, chance),
            Family::Text if self.name == "TOKEN" || self.options.contains("12") => {
                let text = scalar(Family::Text, chance);
                json!(text.as_str().unwrap_or_default().chars().take(9).collect::<String>())
            }
            family => scalar(family, chance),
        }
    }

    /// An operand for a comparison with this type.
    pub(super) fn operand(&self, chance: &mut Chance) -> Json {
        if chance.one_in(40) {
            return anything(chance);
        }
        self.value(chance)
    }
}

const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "A",
    "b",
    "ab",
    "Ab",
    "aB",
    "ä",
    "Ä",
    "a\u{308}",
    "ß",
    "SS",
    "ss",
    "é",
    "E",
    "zed",
    "Zed",
    "a_b",
    "a%b",
    "axb",
    "O'Brien",
    "\\",
    "a\\b",
    "a\\%b",
    "\"",
    "10",
    "9",
    "-1",
    "1.0",
    "🎈",
    "日本語",
    "İ",
    "ı",
    "I",
    "i",
    "ſ",
    "K",
    "k",
    "σ",
    "ς",
    "Σ",
    "a\nb",
    "a\tb",
    " a ",
    "null",
    "true",
    "running shoes",
    "Runner",
    "the databases",
    "DATABASE program",
    "programming",
    "{}",
    "[]",
    "{\"a\":1}",
    "2024-01-02",
    "café au lait",
    "x.y",
    "[a]",
    "a*",
    "(a",
    "\u{1f}",
    "\u{7f}",
    "\u{ffff}",
    "ǆ",
    "ǅ",
    "Ǆ",
    "ﬁ",
    "fi",
    "\u{0130}b",
    "<p>a</p>",
    "00000000-0000-4000-8000-000000000001",
    "foo-bar baz",
    "e\u{301}",
];
const INTEGERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "3",
    "5",
    "7",
    "9",
    "10",
    "11",
    "42",
    "100",
    "2147483647",
    "-2147483648",
];
const DECIMALS: &[&str] = &[
    "0",
    "0.00",
    "1",
    "1.0",
    "1.10",
    "-1.1",
    "2.5",
    "9.99",
    "10",
    "10.5",
    "100",
    "-0.01",
    "0.005",
    "33.33",
    "1e2",
    "1234567.89",
    "99999999.99",
];
const FLOATS: &[&str] = &[
    "0",
    "-0.0",
    "1",
    "1.5",
    "-1.5",
    "0.1",
    "0.2",
    "0.30000000000000004",
    "2.5",
    "3.3333333",
    "100",
    "1e3",
    "1e-3",
    "123456.75",
    "1e15",
    "1e16",
    "1.5e20",
    "0.00001",
    "16777217",
];
const DATES: &[&str] = &[
    "2024-01-01",
    "2024-01-02",
    "2024-02-29",
    "2023-12-31",
    "1999-12-31",
    "2000-01-01",
    "1970-01-01",
    "0001-01-01",
    "9999-12-31",
    "2021-01-03",
    "1969-12-31",
];
const MOMENTS: &[&str] = &[
    "2024-01-01T00:00:00.000Z",
    "2024-01-01T23:59:59.999Z",
    "2024-01-02T03:04:05.678Z",
    "2024-01-02",
    "2024-02-29T12:00:00+02:00",
    "1969-12-31T23:59:59.999Z",
    "1970-01-01T00:00:00Z",
    "2000-01-01T00:00:00.001Z",
    "0001-01-01T00:00:00Z",
    "2021-01-03T10:00:00Z",
    "2024-12-30T00:00:00Z",
    "2016-12-31T23:59:59.5Z",
    "1999-12-31T23:30:00-05:00",
];
const TIMES: &[&str] = &[
    "00:00",
    "00:00:00",
    "10:11:12",
    "10:11",
    "23:59:59.999",
    "10:11:12.5",
    "12:00:00",
    "09:05:00",
    "10:11:12+02:00",
];
const UUIDS: &[&str] = &[
    "00000000-0000-4000-8000-000000000001",
    "00000000-0000-4000-8000-000000000002",
    // No digit, `e`, digit at the start of a group: the text search of Postgres takes `0e02b2`
    // for the number `0e02` and the word `b2`.
    "F47AC10B-58CC-4372-A567-0A02B2C3D479",
    "f47ac10b-58cc-4372-a567-0a02b2c3d479",
    "ffffffff-ffff-4fff-8fff-ffffffffffff",
];
pub(super) const DOCUMENTS: &[&str] = &[
    "{}",
    "[]",
    "null",
    "1",
    "1.0",
    "\"a\"",
    "\"\"",
    "true",
    "false",
    "{\"k\":\"a\"}",
    "{\"k\":\"A\",\"n\":1}",
    "{\"k\":null}",
    "{\"n\":\"10\"}",
    "{\"n\":10}",
    "{\"n\":10.0}",
    "{\"n\":9}",
    "{\"n\":-1.5,\"b\":true}",
    "{\"b\":false}",
    "{\"b\":\"true\"}",
    "[1,2,3]",
    "[3,1]",
    "[\"a\",\"b\"]",
    "[\"k\"]",
    "[[1],[2]]",
    "[null]",
    "[{\"k\":\"a\"},{\"k\":\"b\"}]",
    "{\"deep\":{\"list\":[1,2,3],\"x\":\"a\"}}",
    "{\"deep\":{\"list\":[],\"x\":null}}",
    "{\"deep\":[1]}",
    "{\"k\":{\"k\":1}}",
    "{\"k\":[\"a\"]}",
    "{\"n\":1e2}",
    "{\"n\":\"x\"}",
    "{\"n\":\"1e1\"}",
    "{\"k\":\"10\",\"K\":\"x\"}",
    "{\"0\":\"zero\"}",
    "{\"k\":true}",
    "{\"n\":12345678901234567890.5}",
    "{\"n\":\" 7 \"}",
    "{\"b\":1}",
    "{\"a b\":1,\"ä\":2}",
];

fn number(from: &[&str], chance: &mut Chance) -> Json {
    let text = chance.pick(from);
    if chance.one_in(8) { json!(text) } else { parse(text) }
}

pub(super) fn parse(text: &str) -> Json {
    serde_json::from_str(text).expect("the tables hold JSON")
}

/// One value of a scalar family.
pub(super) fn scalar(family: Family, chance: &mut Chance) -> Json {
    match family {
        Family::Text => json!(chance.pick(TEXTS)),
        Family::Enum => json!(chance.pick(&["draft", "Draft", "in review", "zed", "10", "9"])),
        Family::Integer => number(INTEGERS, chance),
        Family::Decimal => number(DECIMALS, chance),
        Family::Float => number(FLOATS, chance),
        Family::Boolean => chance
            .of(&[json!(true), json!(false), json!(1), json!(0), json!("yes"), json!("false")])
            .clone(),
        Family::Date => json!(chance.pick(DATES)),
        Family::Moment if chance.one_in(12) => json!(1_704_164_645_678_i64),
        Family::Moment => json!(chance.pick(MOMENTS)),
        Family::Time => json!(chance.pick(TIMES)),
        Family::Uuid => json!(chance.pick(UUIDS)),
        Family::Json => parse(chance.pick(DOCUMENTS)),
        Family::Binary => json!(chance.pick(&["", "AA==", "AAEC/w==", "/w==", "AAE="])),
        Family::Array | Family::Range | Family::Geo => Json::Null,
    }
}

fn range(inner: Family, chance: &mut Chance) -> Json {
    let end = |chance: &mut Chance| {
        if chance.one_in(5) { Json::Null } else { scalar(inner, chance) }
    };
    let (lower, upper) = (end(chance), end(chance));
    if chance.one_in(2) {
        return json!([lower, upper]);
    }
    json!({ "lower": lower, "upper": upper, "lowerInclusive": chance.one_in(2), "upperInclusive": chance.one_in(2) })
}

fn geometry(name: &str, chance: &mut Chance) -> Json {
    let spot = |chance: &mut Chance| {
        json!([
            parse(chance.pick(&["0", "1", "-1.5", "13.4"])),
            parse(chance.pick(&["0", "1", "2.25", "52.5"]))
        ])
    };
    let ring = json!([[0, 0], [1, 0], [1, 1], [0, 0]]);
    match name {
        "LineString" => json!({ "type": name, "coordinates": [spot(chance), spot(chance)] }),
        "Polygon" => json!({ "type": name, "coordinates": [ring] }),
        "MultiPoint" => json!({ "type": name, "coordinates": [spot(chance)] }),
        "MultiLineString" => json!({ "type": name, "coordinates": [[spot(chance), spot(chance)]] }),
        "MultiPolygon" => json!({ "type": name, "coordinates": [[ring]] }),
        "GeometryCollection" => {
            json!({ "type": name, "geometries": [{ "type": "Point", "coordinates": spot(chance) }] })
        }
        _ => json!({ "type": "Point", "coordinates": spot(chance) }),
    }
}

/// A value of no particular type.
pub(super) fn anything(chance: &mut Chance) -> Json {
    match chance.below(9) {
        0 => Json::Null,
        1 => json!(chance.one_in(2)),
        2 => number(INTEGERS, chance),
        3 => number(FLOATS, chance),
        4 => parse(chance.pick(DOCUMENTS)),
        5 => json!([scalar(Family::Text, chance), scalar(Family::Integer, chance)]),
        6 => parse(chance.pick(&[
            "1e400",
            "99999999999999999999",
            "-9223372036854775809",
            "1e-400",
            "0.1e1",
        ])),
        7 => json!(chance.pick(&[
            "$CURRENT_USER.nothing",
            "$CURRENT_TENANT",
            "$NOW+X_1",
            "2024-02-30",
            "x"
        ])),
        _ => scalar(Family::Text, chance),
    }
}
