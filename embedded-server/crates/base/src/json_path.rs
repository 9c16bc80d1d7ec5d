//! The SQL/JSON path language, as far as both databases read it alike.
//!
//! Postgres has a parser of its own; this one decides what reaches it, and it is the one that
//! SQLite's functions run. One grammar, so that what is let through here never fails inside a
//! statement: accessors, filters, comparisons, arithmetic, `like_regex`, `starts with`, `exists`,
//! in the modes `lax` (which stands when none is named) and `strict`.

mod reader;

use serde_json::Value as Json;
use std::ops::Range;

/// A path that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    /// `strict`: a missing key or a wrong kind of value is a failure and not an empty answer.
    pub strict: bool,
    /// What it says.
    pub expression: JsonExpression,
    /// The patterns of its `like_regex`, in the order in which they stand; the expression names
    /// them by place, so that whoever runs it compiles each once.
    pub patterns: Vec<JsonPattern>,
}

/// A pattern of `like_regex`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPattern {
    /// The regular expression, as written.
    pub text: String,
    /// The flag `"i"`, the only one both databases know alike.
    pub ignore_case: bool,
    /// Where the text stands in the path, with its quotes.
    pub span: Range<usize>,
}

/// A part of a path that has a value or a truth.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonExpression {
    /// `$`: the document.
    Root,
    /// `@`: the value a filter looks at.
    Current,
    /// `last`: the last position of the array a subscript looks at.
    Last,
    /// A text, a number, `true`, `false` or `null`.
    Literal(Json),
    /// Steps from where the expression leads.
    Steps(Box<JsonExpression>, Vec<JsonStep>),
    /// `-` before a number.
    Negative(Box<JsonExpression>),
    /// Two numbers and what is done with them.
    Arithmetic(JsonArithmetic, Box<JsonExpression>, Box<JsonExpression>),
    /// Two values and how they compare.
    Compare(JsonCompare, Box<JsonExpression>, Box<JsonExpression>),
    /// `&&`
    And(Box<JsonExpression>, Box<JsonExpression>),
    /// `||`
    Or(Box<JsonExpression>, Box<JsonExpression>),
    /// `!`
    Not(Box<JsonExpression>),
    /// `exists (…)`
    Exists(Box<JsonExpression>),
    /// `starts with "…"`
    StartsWith(Box<JsonExpression>, String),
    /// `like_regex "…"`, by place in [`JsonPath::patterns`].
    LikeRegex(Box<JsonExpression>, usize),
    /// `(…) is unknown`
    IsUnknown(Box<JsonExpression>),
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonStep {
    /// `.key`
    Key(String),
    /// `.*`
    EveryKey,
    /// `[*]`
    EveryElement,
    /// `[1, 3 to last]`
    Elements(Vec<(JsonExpression, Option<JsonExpression>)>),
    /// `? (…)`
    Filter(JsonExpression),
    /// `.size()`
    Method(JsonMethod),
}

/// An operation on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the signs of the grammar")]
pub enum JsonArithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// A comparison of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the signs of the grammar")]
pub enum JsonCompare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A method of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the words of the grammar")]
pub enum JsonMethod {
    Type,
    Size,
    Double,
    Ceiling,
    Floor,
    Abs,
}

impl JsonPath {
    /// Reads a path.
    ///
    /// # Errors
    /// A sentence that says what was not expected and at which byte.
    pub fn parse(text: &str) -> Result<Self, String> {
        reader::read(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{JsonExpression, JsonPath, JsonPattern};

    #[test]
    fn what_both_stores_read_passes() {
        for path in [
            "$",
            "$.a.b[0]",
            "strict $.a",
            "lax $.\"odd key\"[*].*",
            "$.tags[*] ? (@ == \"x\")",
            "$.a ? (@.b > 1.5 && !(@.c == null) || exists (@.d))",
            "$.items[*] ? (@.name like_regex \"^a\" flag \"i\")",
            "$.a[0, 2 to last]",
            "$.a[last - 1]",
            "$.a.size() > 2",
            "$.a starts with \"x\"",
            "($.a == 1) is unknown",
            "-$.a + 2 * ($.b - 1) < 10",
            "$.type == \"book\"",
        ] {
            assert!(JsonPath::parse(path).is_ok(), "{path}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for path in [
            "",
            "a",
            "$.",
            "$..a",
            "$.a[",
            "$.a ? (@.b)",
            "@.a",
            "$[last",
            "$ && $",
            "$x",
            "$.a == ",
            "!$.a",
            "$.a.nope()",
            "$.a like_regex \"a\" flag \"x\"",
            "$.a == 01",
            "$.a == 1e5",
            "$.a == 1x",
            "$.**",
            "$.a; drop table x",
            "$.a == 'x'",
            "last",
            "exists ($.a == 1)",
            "$.a == \"\\u0000\"",
            "$ ? (1)",
            "$.a == 1 == 2",
        ] {
            assert!(JsonPath::parse(path).is_err(), "{path}");
        }
        for deep in ["(".repeat(100_000), "!".repeat(100_000), "$[".repeat(100_000)] {
            assert!(JsonPath::parse(&deep).is_err());
        }
    }

    #[test]
    fn patterns_are_named_by_their_place() {
        let path =
            JsonPath::parse("$.a ? (@ like_regex \"x\" || @ like_regex \"y\" flag \"i\")").unwrap();
        let pattern = |text: &str, ignore_case, at: usize| JsonPattern {
            text: text.into(),
            ignore_case,
            span: at..at + 3,
        };
        assert_eq!(path.patterns, [pattern("x", false, 20), pattern("y", true, 40)]);
        assert!(!path.strict);
        assert!(matches!(path.expression, JsonExpression::Steps(..)));
    }
}
