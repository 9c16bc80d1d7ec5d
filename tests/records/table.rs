//! Every field type with values that it keeps, as written and as read back, and values that do
//! not fit.

/// A field type, pairs of a written value and the value read back, and values that do not fit.
/// Everything is JSON text, so that numbers keep their digits.
pub(super) struct Type {
    pub(super) name: &'static str,
    pub(super) options: &'static str,
    pub(super) good: &'static [(&'static str, &'static str)],
    pub(super) bad: &'static [&'static str],
}

const fn of(
    name: &'static str,
    options: &'static str,
    good: &'static [(&'static str, &'static str)],
    bad: &'static [&'static str],
) -> Type {
    Type { name, options, good, bad }
}

pub(super) const TYPES: &[Type] = &[
    of(
        "String",
        "{}",
        &[
            (r#""""#, r#""""#),
            (r#""héllo 🎈""#, r#""héllo 🎈""#),
            (r#""O'Brien \"x\" \\ % _ \n""#, r#""O'Brien \"x\" \\ % _ \n""#),
            ("12.50", r#""12.50""#),
            ("true", r#""true""#),
        ],
        &["{}", "[]", r#"["a"]"#, r#""a\u0000b""#],
    ),
    of(
        "String",
        r#"{"values":{"length":5}}"#,
        &[(r#""12345""#, r#""12345""#), (r#""🎈🎈🎈🎈🎈""#, r#""🎈🎈🎈🎈🎈""#)],
        &[r#""123456""#, "123456"],
    ),
    of("Text", "{}", &[(r#""a\nb""#, r#""a\nb""#)], &["{}", r#""\u0000""#]),
    of("HTML", "{}", &[(r#""<p>a & b</p>""#, r#""<p>a & b</p>""#)], &["[]"]),
    of("CiText", "{}", &[(r#""MiXed ÄÖ""#, r#""MiXed ÄÖ""#)], &["{}"]),
    of(
        "Integer",
        "{}",
        &[
            ("0", "0"),
            ("2147483647", "2147483647"),
            ("-2147483648", "-2147483648"),
            (r#""42""#, "42"),
            ("5.0", "5"),
        ],
        &["2147483648", "-2147483649", "1.5", r#""""#, r#""x""#, "true", "[]", "{}"],
    ),
    of(
        "BigInt",
        "{}",
        &[
            ("9223372036854775807", "9223372036854775807"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("9007199254740993", "9007199254740993"),
            (r#""9007199254740993""#, "9007199254740993"),
        ],
        &["9223372036854775808", "1.5", r#""1e99""#, "false"],
    ),
    of(
        "Decimal",
        r#"{"values":{"precision":10,"scale":2}}"#,
        &[
            ("12.1", "12.10"),
            (r#""12.10""#, "12.10"),
            ("0.005", "0.01"),
            ("-0.005", "-0.01"),
            ("-0.001", "0.00"),
            ("99999999.99", "99999999.99"),
            ("1e3", "1000.00"),
        ],
        &["100000000", "99999999.995", r#""abc""#, r#""""#, "true", "[]"],
    ),
    of(
        "Decimal",
        "{}",
        &[
            ("12345678901234567890.123456789012345678", "12345678901234567890.123456789012345678"),
            ("-0.00000000000000000001", "-0.00000000000000000001"),
            ("12.10", "12.10"),
        ],
        &[r#""NaN""#, r#""Infinity""#, "{}"],
    ),
    of("Float", "{}", &[("1.5", "1.5"), ("-2", "-2")], &[r#""x""#, "true"]),
    of("Real", "{}", &[("1.5", "1.5"), ("0.1", "0.1"), ("-0.0", "0")], &[r#""x""#, "1e300"]),
    of(
        "Double",
        "{}",
        &[
            ("0.1", "0.1"),
            ("1e15", "1e15"),
            ("1.7976931348623157e308", "1.7976931348623157e308"),
            ("2.5e-300", "2.5e-300"),
            (r#""3.25""#, "3.25"),
        ],
        &[r#""x""#, "1e400", r#""NaN""#, "[]"],
    ),
    of(
        "Boolean",
        "{}",
        &[
            ("true", "true"),
            ("false", "false"),
            ("1", "true"),
            ("0", "false"),
            (r#""yes""#, "true"),
            (r#""No""#, "false"),
            (r#""TRUE""#, "true"),
            (r#""true""#, "true"),
            (r#""false""#, "false"),
            (r#""1""#, "true"),
            (r#""0""#, "false"),
        ],
        &["2", r#""maybe""#, r#""""#, "[]"],
    ),
    of(
        "Date",
        "{}",
        &[
            (r#""2024-02-29""#, r#""2024-02-29""#),
            (r#""0001-01-01""#, r#""0001-01-01""#),
            (r#""9999-12-31""#, r#""9999-12-31""#),
            (r#""2024-01-02T23:04:05Z""#, r#""2024-01-02""#),
        ],
        &[r#""2023-02-29""#, r#""x""#, r#""""#, "5", r#""2024-13-01""#],
    ),
    of(
        "DateTime",
        "{}",
        &[
            (r#""2024-01-02T03:04:05.678Z""#, r#""2024-01-02T03:04:05.678Z""#),
            (r#""2024-01-02""#, r#""2024-01-02T00:00:00.000Z""#),
            (r#""2024-01-02T03:04:05+02:00""#, r#""2024-01-02T01:04:05.000Z""#),
            ("0", r#""1970-01-01T00:00:00.000Z""#),
            ("-1", r#""1969-12-31T23:59:59.999Z""#),
            ("1704164645678", r#""2024-01-02T03:04:05.678Z""#),
            (r#""0001-01-01T00:00:00Z""#, r#""0001-01-01T00:00:00.000Z""#),
            (r#""9999-12-30T00:00:00Z""#, r#""9999-12-30T00:00:00.000Z""#),
        ],
        &[r#""tomorrow""#, r#""2024-02-30""#, "true", "1e300", "{}"],
    ),
    of(
        "DateTime_NO_TZ",
        "{}",
        &[
            (r#""2024-01-02T03:04:05.678""#, r#""2024-01-02T03:04:05.678Z""#),
            (r#""2024-01-02T03:04:05Z""#, r#""2024-01-02T03:04:05.000Z""#),
        ],
        &[r#""x""#],
    ),
    of(
        "Time",
        "{}",
        &[
            (r#""10:11:12""#, r#""10:11:12+00""#),
            (r#""10:11""#, r#""10:11:00+00""#),
            (r#""23:59:59.999""#, r#""23:59:59.999+00""#),
            (r#""10:11:12+02:00""#, r#""08:11:12+00""#),
        ],
        &[r#""25:00:00""#, r#""x""#, "5"],
    ),
    of(
        "Time_NO_TZ",
        "{}",
        &[(r#""10:11:12""#, r#""10:11:12""#), (r#""00:00""#, r#""00:00:00""#)],
        &[r#""10:61""#, "[]"],
    ),
    of(
        "UUID",
        "{}",
        &[(
            r#""F47AC10B-58CC-4372-A567-0E02B2C3D479""#,
            r#""f47ac10b-58cc-4372-a567-0e02b2c3d479""#,
        )],
        &[r#""x""#, r#""f47ac10b-58cc-4372-a567-0e02b2c3d47""#, "5", r#""""#],
    ),
    of("SUID", "{}", &[(r#""abc_-1""#, r#""abc_-1""#)], &["{}"]),
    of("TOKEN", "{}", &[(r#""123456789""#, r#""123456789""#)], &[r#""1234567890""#]),
    of(
        "JSON",
        "{}",
        &[
            (r#"{"b":1,"aa":[null,true,"x"]}"#, r#"{"b":1,"aa":[null,true,"x"]}"#),
            (r#""text""#, r#""text""#),
            ("5", "5"),
            ("12345678901234567890.5", "12345678901234567890.5"),
            (r#""{\"a\":1}""#, r#"{"a":1}"#),
            (r#""{a""#, r#""{a""#),
            ("[]", "[]"),
            ("{}", "{}"),
            ("false", "false"),
        ],
        &[r#"["a\u0000"]"#, r#"{"a\u0000":1}"#],
    ),
    of("JSONB", "{}", &[(r#"{"z":{"y":[1]}}"#, r#"{"z":{"y":[1]}}"#)], &[r#""\u0000""#]),
    of(
        "Enum",
        r#"{"values":["draft","in review"]}"#,
        &[(r#""draft""#, r#""draft""#), (r#""in review""#, r#""in review""#)],
        &[r#""Draft""#, r#""x""#, r#""""#, "5"],
    ),
    of("Array", r#"{"values":{"type":"Integer"}}"#, &[("[3,1,2]", "[3,1,2]")], &[r#"["x"]"#, "5"]),
    of(
        "Array_Integer",
        "{}",
        &[("[]", "[]"), ("[1,-2,1]", "[1,-2,1]")],
        &["5", r#""x""#, r#"["x"]"#, "[1.5]", "{}"],
    ),
    of(
        "Array_String",
        "{}",
        &[(r#"["a,b","c\"d","{}"," ",""]"#, r#"["a,b","c\"d","{}"," ",""]"#)],
        &["5", "[[]]", "[{}]"],
    ),
    of("Array_Double", "{}", &[("[1.5,-0.25]", "[1.5,-0.25]")], &[r#"["x"]"#]),
    of("Array_Decimal", "{}", &[("[1.25,100]", "[1.25,100]")], &[r#"["x"]"#]),
    of(
        "Array_DateTime",
        "{}",
        &[(r#"["2024-01-02"]"#, r#"["2024-01-02T00:00:00.000Z"]"#)],
        &[r#"["x"]"#],
    ),
    of(
        "Array_DateTime_NO_TZ",
        "{}",
        &[(r#"["2024-01-02T03:04:05"]"#, r#"["2024-01-02T03:04:05.000Z"]"#)],
        &[r#"["x"]"#],
    ),
    of("Array_Date", "{}", &[(r#"["2024-01-02"]"#, r#"["2024-01-02"]"#)], &["[5]"]),
    of("Array_Time", "{}", &[(r#"["10:11"]"#, r#"["10:11:00+00"]"#)], &["[5]"]),
    of("Array_Time_NO_TZ", "{}", &[(r#"["10:11"]"#, r#"["10:11:00"]"#)], &["[5]"]),
    of(
        "Array_UUID",
        "{}",
        &[(
            r#"["F47AC10B-58CC-4372-A567-0E02B2C3D479"]"#,
            r#"["f47ac10b-58cc-4372-a567-0e02b2c3d479"]"#,
        )],
        &[r#"["x"]"#],
    ),
    of("Array_Boolean", "{}", &[(r#"[true,"no",1]"#, "[true,false,true]")], &["[2]"]),
    of(
        "Range_Integer",
        "{}",
        &[
            (
                r#"{"lower":1,"upper":5}"#,
                r#"{"lower":1,"upper":5,"lowerInclusive":true,"upperInclusive":true}"#,
            ),
            ("[1,5]", r#"{"lower":1,"upper":5,"lowerInclusive":true,"upperInclusive":true}"#),
            (
                r#"{"lower":null,"upper":5,"upperInclusive":false}"#,
                r#"{"lower":null,"upper":5,"lowerInclusive":true,"upperInclusive":false}"#,
            ),
        ],
        &["5", "[1]", r#"{"lower":"x"}"#, "[5,1]", "{}", r#""[1,5]""#],
    ),
    of(
        "Range_Double",
        "{}",
        &[(
            "[0.5,1.5]",
            r#"{"lower":0.5,"upper":1.5,"lowerInclusive":true,"upperInclusive":true}"#,
        )],
        &[r#"["x",1]"#],
    ),
    of(
        "Range_Decimal",
        "{}",
        &[(
            "[0.5,1.5]",
            r#"{"lower":0.5,"upper":1.5,"lowerInclusive":true,"upperInclusive":true}"#,
        )],
        &["[2.5,1.5]"],
    ),
    of(
        "Range_Date",
        "{}",
        &[(
            r#"["2024-01-01","2024-02-01"]"#,
            r#"{"lower":"2024-01-01","upper":"2024-02-01","lowerInclusive":true,"upperInclusive":true}"#,
        )],
        &[r#"["2024-02-01","2024-01-01"]"#, r#"["x",null]"#],
    ),
    of(
        "Range_DateTime",
        "{}",
        &[(
            r#"["2024-01-01",null]"#,
            r#"{"lower":"2024-01-01T00:00:00.000Z","upper":null,"lowerInclusive":true,"upperInclusive":true}"#,
        )],
        &[r#"["x",null]"#],
    ),
    of(
        "Range_DateTime_NO_TZ",
        "{}",
        &[(
            r#"["2024-01-01",null]"#,
            r#"{"lower":"2024-01-01T00:00:00.000Z","upper":null,"lowerInclusive":true,"upperInclusive":true}"#,
        )],
        &["[true,null]"],
    ),
    of(
        "Range_Time",
        "{}",
        &[(
            r#"["10:00","11:00"]"#,
            r#"{"lower":"10:00:00+00","upper":"11:00:00+00","lowerInclusive":true,"upperInclusive":true}"#,
        )],
        &[r#"["11:00","10:00"]"#],
    ),
    of(
        "Range_Time_NO_TZ",
        "{}",
        &[(
            r#"["10:00","11:00"]"#,
            r#"{"lower":"10:00:00","upper":"11:00:00","lowerInclusive":true,"upperInclusive":true}"#,
        )],
        &["[1,2]"],
    ),
    of(
        "Point",
        "{}",
        &[
            (
                r#"{"type":"Point","coordinates":[1.5,2.5]}"#,
                r#"{"type":"Point","coordinates":[1.5,2.5]}"#,
            ),
            (r#"{"x":1,"y":2}"#, r#"{"type":"Point","coordinates":[1,2]}"#),
            (r#""POINT(1 2)""#, r#"{"type":"Point","coordinates":[1,2]}"#),
        ],
        &["5", r#""x""#, r#"{"type":"Point","coordinates":["a","b"]}"#, r#"{"type":"Polygon"}"#],
    ),
    of(
        "LineString",
        "{}",
        &[
            (
                r#"{"type":"LineString","coordinates":[[0,0],[1,1]]}"#,
                r#"{"type":"LineString","coordinates":[[0,0],[1,1]]}"#,
            ),
            (r#""LINESTRING(0 0, 1 1)""#, r#"{"type":"LineString","coordinates":[[0,0],[1,1]]}"#),
        ],
        &[r#"{"type":"LineString","coordinates":[[0,0]]}"#],
    ),
    of(
        "Polygon",
        "{}",
        &[
            (
                r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}"#,
                r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}"#,
            ),
            (
                r#""POLYGON((0 0, 1 0, 1 1, 0 0))""#,
                r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}"#,
            ),
            (
                r#"[{"x":0,"y":0},{"x":1,"y":0},{"x":1,"y":1},{"x":0,"y":0}]"#,
                r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}"#,
            ),
        ],
        &[r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1]]]}"#],
    ),
    of(
        "MultiPoint",
        "{}",
        &[
            (
                r#"{"type":"MultiPoint","coordinates":[[0,0],[1,1]]}"#,
                r#"{"type":"MultiPoint","coordinates":[[0,0],[1,1]]}"#,
            ),
            (
                r#""MULTIPOINT((0 0), (1 1))""#,
                r#"{"type":"MultiPoint","coordinates":[[0,0],[1,1]]}"#,
            ),
        ],
        &["[]"],
    ),
    of(
        "MultiLineString",
        "{}",
        &[
            (
                r#"{"type":"MultiLineString","coordinates":[[[0,0],[1,1]]]}"#,
                r#"{"type":"MultiLineString","coordinates":[[[0,0],[1,1]]]}"#,
            ),
            (
                r#""MULTILINESTRING((0 0, 1 1))""#,
                r#"{"type":"MultiLineString","coordinates":[[[0,0],[1,1]]]}"#,
            ),
        ],
        &["true"],
    ),
    of(
        "MultiPolygon",
        "{}",
        &[
            (
                r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}"#,
                r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}"#,
            ),
            (
                r#""MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))""#,
                r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}"#,
            ),
        ],
        &["{}"],
    ),
    of(
        "GeometryCollection",
        "{}",
        &[
            (
                r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[0,0]}]}"#,
                r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[0,0]}]}"#,
            ),
            (
                r#""GEOMETRYCOLLECTION(POINT(0 0))""#,
                r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[0,0]}]}"#,
            ),
        ],
        &[r#"{"type":"Point","coordinates":[0,0]}"#],
    ),
    of(
        "Geometry",
        "{}",
        &[(
            r#"{"type":"LineString","coordinates":[[0,0],[1,1]]}"#,
            r#"{"type":"LineString","coordinates":[[0,0],[1,1]]}"#,
        )],
        &[r#"{"type":"Blob"}"#],
    ),
    of(
        "Geography",
        "{}",
        &[
            (
                r#"{"type":"Point","coordinates":[13.4,52.5]}"#,
                r#"{"type":"Point","coordinates":[13.4,52.5]}"#,
            ),
            (r#""POINT(13.4 52.5)""#, r#"{"type":"Point","coordinates":[13.4,52.5]}"#),
            (r#"{"x":13.4,"y":52.5}"#, r#"{"type":"Point","coordinates":[13.4,52.5]}"#),
        ],
        &["5"],
    ),
    of(
        "Binary",
        "{}",
        &[(r#""AAEC/w==""#, r#""AAEC/w==""#), (r#""""#, r#""""#), (r#""AAEC/w""#, r#""AAEC/w==""#)],
        &[r#""***""#, "5", "[]"],
    ),
];
