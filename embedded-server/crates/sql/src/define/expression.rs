//! SQL text that an administrator writes: computed fields and SQL defaults.
//!
//! It is read into words, understood as values of known kinds, and said again for either dialect,
//! so that nothing reaches a store but known functions, operators, constants and the collection's
//! own columns, and so that both stores find the same. Subqueries, comments and a second statement
//! have no words here.

mod kind;
mod node;
mod read;
mod standing;
mod words;

use crate::Dialect;
use base::{Code, Error, Result};
use catalog::{Collection, FieldKind};
use node::Node;
use words::{CHANGING, FUNCTIONS, Token};

/// Most signs that an expression may have once it is said to a store.
const SIGNS_MAX: usize = 100_000;

/// Most signs that are read of one.
const TEXT_MAX: usize = 10_000;

/// An expression that was read and found sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression(Form);

#[derive(Clone, Debug, PartialEq)]
enum Form {
    Understood(Node),
    /// A default of an earlier version, which was not understood then either.
    Words(Vec<Token>),
    /// A computed field of an earlier version, whose value was text whatever it answered.
    TextOfWords(Vec<Token>),
}

impl Expression {
    /// Reads the expression of a computed field of this collection, whose value is of the kind
    /// that it answers, or text.
    pub fn of_virtual(text: &str, collection: &Collection, kind: &FieldKind) -> Result<Self> {
        let node = Self::computed(text, collection)?;
        let node =
            if *kind == FieldKind::Text { kind::as_text(node)? } else { kind::one_zero(node) };
        sized(node)
    }

    /// Reads the expression of a computed field whose column stands already in a table of SQLite
    /// that is made anew: one that is not understood is of an earlier version, and said as that
    /// version said it. Postgres changes its tables in place.
    pub(crate) fn of_standing_virtual(
        text: &str,
        collection: &Collection,
        kind: &FieldKind,
    ) -> Result<Self> {
        Self::of_virtual(text, collection, kind).or_else(|fault| {
            let tokens = Self::steady(text, collection).map_err(|_| fault)?;
            Ok(Self(Form::TextOfWords(tokens)))
        })
    }

    /// What the expression of a computed field answers.
    pub fn kind_of(text: &str, collection: &Collection) -> Result<FieldKind> {
        kind::told(&Self::computed(text, collection)?)
    }

    fn computed(text: &str, collection: &Collection) -> Result<Node> {
        bounded(text)?;
        let stored = |name: &str| stored_kind(collection, name);
        read::understood(&Self::steady(text, collection)?, &stored)
    }

    /// The words of an expression over the columns of this collection that answers the same at
    /// every call.
    fn steady(text: &str, collection: &Collection) -> Result<Vec<Token>> {
        let columns: Vec<&str> = collection
            .fields
            .keys()
            .map(String::as_str)
            .filter(|name| stored_kind(collection, name).is_some())
            .collect();
        let tokens = words::read(text, &columns)?;
        let changing = tokens.iter().find_map(|token| match token {
            Token::Function(name) if CHANGING.contains(&name.as_str()) => Some(name.as_str()),
            Token::Keyword(word) if word.starts_with("CURRENT_") => Some(word.as_str()),
            _ => None,
        });
        if let Some(name) = changing {
            return Err(fault(format!(
                "`{name}` answers something else at every call, so a computed field cannot use it"
            )));
        }
        Ok(tokens)
    }

    /// Reads the expression of an SQL default, which knows no columns. Its value is one of the
    /// field.
    pub fn of_default(text: &str, field: &FieldKind) -> Result<Self> {
        bounded(text)?;
        let node = read::understood(&words::read(text, &[])?, &|_| None)?;
        sized(kind::assigned(node, field)?)
    }

    /// Reads an SQL default that stands already: one of another kind than the field's, or that is
    /// not understood, is of an earlier version and left to the store.
    pub fn of_standing_default(text: &str, field: &FieldKind) -> Result<Self> {
        let tokens = words::read(text, &[])?;
        let Ok(node) = read::understood(&tokens, &|_| None) else {
            return Ok(Self(Form::Words(tokens)));
        };
        let node = kind::assigned(node.clone(), field).unwrap_or(node);
        Ok(Self(Form::Understood(node)))
    }

    /// Whether the text of an expression names this column.
    pub(super) fn names(text: &str, column: &str) -> bool {
        let mut quote = None;
        let mut word = String::new();
        // A blank at the end closes the last word.
        for sign in text.chars().chain([' ']) {
            match quote {
                Some('"') if sign == '"' => {
                    if std::mem::take(&mut word) == column {
                        return true;
                    }
                    quote = None;
                }
                Some('"') => word.push(sign),
                Some(open) => quote = (sign != open).then_some(open),
                None if sign.is_alphanumeric() || sign == '_' => word.push(sign),
                None => {
                    if std::mem::take(&mut word) == column {
                        return true;
                    }
                    quote = matches!(sign, '"' | '\'').then_some(sign);
                }
            }
        }
        false
    }

    /// Whether it answers a double that may be beyond the largest.
    pub(super) fn leaves_doubles(&self) -> bool {
        match &self.0 {
            Form::Understood(node) => node.kind == kind::Kind::Double && node.leaves_doubles(),
            Form::Words(_) | Form::TextOfWords(_) => false,
        }
    }

    /// The expression in a dialect's words.
    #[must_use]
    pub fn render(&self, dialect: Dialect) -> String {
        match &self.0 {
            Form::Understood(node) => node.say(dialect),
            Form::Words(tokens) => standing::said(tokens, dialect),
            Form::TextOfWords(tokens) => {
                format!("CAST(({}) AS TEXT)", standing::said(tokens, dialect))
            }
        }
    }
}

fn bounded(text: &str) -> Result<()> {
    match text.len() {
        0..=TEXT_MAX => Ok(()),
        _ => Err(fault(format!("the expression is longer than {TEXT_MAX} bytes"))),
    }
}

/// The kind of a column that an expression may name: those of computed fields are not among them.
fn stored_kind<'a>(collection: &'a Collection, name: &str) -> Option<&'a FieldKind> {
    let field = collection.fields.get(name)?;
    field.computed.is_none().then_some(&field.kind)
}

/// What the expression of a computed field answers, where it can be read: how a catalog knows the
/// kinds of such fields.
#[must_use]
pub fn kind_of(text: &str, collection: &Collection) -> Option<FieldKind> {
    Expression::kind_of(text, collection).ok()
}

fn sized(node: Node) -> Result<Expression> {
    match node.say(Dialect::Postgres).len().max(node.say(Dialect::Sqlite).len()) {
        0..=SIGNS_MAX => Ok(Expression(Form::Understood(node))),
        _ => Err(fault("the expression is too long once it is taken apart")),
    }
}

fn fault(message: impl Into<String>) -> Error {
    Error::new(Code::SchemaInvalid, message).hint(format!(
        "an expression may use the collection's own fields, constants, + - * / % || = <> < > <= >=, AND OR NOT, IS NULL, IN, BETWEEN, CASE, and the functions {}",
        FUNCTIONS.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::{Expression, Form, kind, read, words};
    use crate::Dialect;
    use base::Result;
    use catalog::FieldKind;

    const COLUMNS: [(&str, FieldKind); 5] = [
        ("firstName", FieldKind::String { length: None }),
        ("price", FieldKind::Decimal { precision: None, scale: None }),
        ("count", FieldKind::Integer),
        ("size", FieldKind::Double),
        ("at", FieldKind::DateTime),
    ];

    fn understood(text: &str) -> Result<Expression> {
        let kind = |name: &str| COLUMNS.iter().find(|(one, _)| *one == name).map(|(_, kind)| kind);
        let tokens = words::read(text, &COLUMNS.map(|(name, _)| name))?;
        Ok(Expression(Form::Understood(kind::as_text(read::understood(&tokens, &kind)?)?)))
    }

    fn both(text: &str) -> (String, String) {
        let read = understood(text).unwrap();
        (read.render(Dialect::Sqlite), read.render(Dialect::Postgres))
    }

    #[test]
    fn an_expression_is_said_in_each_dialect() {
        let (sqlite, postgres) = both("upper(\"firstName\") || 'it''s'");
        assert_eq!(sqlite, r#"(bx_upper("firstName") || 'it''s')"#);
        assert_eq!(
            postgres,
            r#"((upper((("firstName")::text COLLATE "C") COLLATE "default") COLLATE "C") || ('it''s'::text COLLATE "C"))"#
        );
        let (sqlite, postgres) = both("count * 2");
        assert_eq!(sqlite, r#"CAST(("count" * 2) AS TEXT)"#);
        assert_eq!(postgres, r#"((((("count")::bigint * 2::bigint))::text) COLLATE "C")"#);
        let (sqlite, postgres) = both("extract(year from at)");
        assert_eq!(sqlite, r#"CAST(bx_date_part('year', "at") AS TEXT)"#);
        assert!(
            postgres.contains(r#"floor(date_part('year', ("at" AT TIME ZONE 'UTC')))::bigint"#)
        );
        assert_eq!(both("price * 2").0, r#"bx_dec_mul("price", CAST(2 AS TEXT))"#);
    }

    #[test]
    fn dividing_by_nothing_is_null_in_each_dialect() {
        assert!(both("count / count").1.contains(r#"/ NULLIF(("count")::bigint, 0)"#));
        assert!(!both("count / 2").1.contains("NULLIF"));
        assert!(both("size / 0.0").1.contains("bx_float_div("));
        assert!(both("1 % (count - count)").1.contains("NULLIF"));
    }

    #[test]
    fn what_the_stores_would_answer_differently_is_refused() {
        for text in [
            "at",
            "firstName || at",
            "count = firstName",
            "count AND true",
            "NOT count",
            "length(count)",
            "lower(firstName, 1)",
            "round(size, 2)",
            "size % 2",
            "CAST(firstName AS INTEGER)",
            "CAST(size AS NUMERIC)",
            "coalesce(firstName, count)",
            "at > 'soon'",
            "CASE WHEN count THEN 1 END",
            "count +",
            "count count",
        ] {
            assert!(understood(text).is_err(), "{text}");
        }
        let deep = format!("{}1{}", "(".repeat(500), ")".repeat(500));
        assert!(understood(&deep).is_err());
    }

    #[test]
    fn what_grows_beyond_bounds_is_refused_before_it_has_grown() {
        let chain = |terms: usize| vec!["1"; terms].join(" + ");
        let (sqlite, postgres) = both(&chain(200));
        assert!(sqlite.len() > 200 && postgres.len() > 200);
        for text in [chain(100_000), chain(2_000)] {
            assert!(understood(&text).is_err(), "{} signs", text.len());
        }
        let within = |open: &str, close: &str, times: usize| {
            format!("{}count{}", open.repeat(times), close.repeat(times))
        };
        for (open, close) in [
            ("nullif(", ", 1)"),
            ("greatest(", ", 1)"),
            ("least(1, ", ")"),
            ("length(substr('a', ", "))"),
            ("CASE ", " WHEN 1 THEN 1 WHEN 2 THEN 2 END"),
            ("abs(CASE WHEN (", " IN (1, 2)) THEN 1 ELSE 0 END)"),
            ("abs(CASE WHEN (", " BETWEEN 1 AND 2) THEN 1 ELSE 0 END)"),
        ] {
            assert!(understood(&within(open, close, 2)).is_ok(), "{open}");
            assert!(understood(&within(open, close, 40)).is_err(), "{open}");
        }
        for text in [
            "-340282366920938463463374607431768211456",
            "abs(340282366920938463463374607431768211456)",
        ] {
            assert!(understood(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_default_of_an_earlier_version_is_said_as_it_stood() {
        let (text, field) = ("'INV-' || CURRENT_DATE", FieldKind::String { length: None });
        assert!(Expression::of_default(text, &field).is_err());
        let standing = Expression::of_standing_default(text, &field).unwrap();
        assert_eq!(standing.render(Dialect::Sqlite), "'INV-' || date('now')");
        let postgres = standing.render(Dialect::Postgres);
        assert_eq!(postgres, "'INV-' || (now() AT TIME ZONE 'UTC')::date");
        let text = "CAST(random() * 1000000 AS INTEGER)";
        assert!(Expression::of_default(text, &FieldKind::Integer).is_err());
        let standing = Expression::of_standing_default(text, &FieldKind::Integer).unwrap();
        assert_eq!(standing.render(Dialect::Postgres), "CAST(random() * 1000000 AS INTEGER)");
        assert!(Expression::of_standing_default("(SELECT 1)", &FieldKind::Integer).is_err());
    }

    #[test]
    fn whatever_is_no_plain_expression_is_refused() {
        for text in [
            "",
            "1; drop table a",
            "1 -- x",
            "1 /* x */",
            "(select 1)",
            "(SELECT password from users)",
            "a",
            "load_extension('x')",
            "pg_sleep(1)",
            "price::text",
            "$1",
            "'open",
            "(1",
            "1)",
            "\"nobody\"",
            "1.2.3",
            "exists(1)",
            "e'\\x'",
        ] {
            assert!(understood(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_found_and_texts_are_not() {
        assert!(Expression::names("lower(mail)", "mail"));
        assert!(Expression::names("lower(\"mail\")", "mail"));
        assert!(!Expression::names("'mail' || mailbox", "mail"));
    }
}
