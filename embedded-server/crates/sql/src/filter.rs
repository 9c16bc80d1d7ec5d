//! Conditions as SQL. Three-valued throughout: a test on NULL is unknown, and unknown is not a
//! match, negated or not.

use crate::compile::Compiler;
use crate::dialect::Family;
use crate::join::Scope;
use crate::writer::chained;
use base::Value;
use query::{Cast, Cond, Condition, JsonValueTest, Like, Operand, Operator, Ref};
use serde_json::{Number, Value as Json};

/// An expression and what it holds.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    pub(crate) text: String,
    pub(crate) family: Family,
    /// A column as it is stored, so that an index on it may serve.
    plain: bool,
    /// What it is compared as.
    cast: Option<Cast>,
    /// The column below it, where that is a moment finer than it is shown: an index on it may serve
    /// bounds and orders.
    pub(crate) finer: Option<String>,
}

impl Compiler {
    /// A condition over the rows of a scope that reaches every column of it.
    pub(crate) fn cond(&mut self, scope: &Scope<'_>, cond: &Cond) -> String {
        match cond {
            Cond::Always => String::from("TRUE"),
            Cond::Never => String::from("FALSE"),
            Cond::All(parts) => self.parts(scope, parts, " AND ", "TRUE"),
            Cond::Any(parts) => self.parts(scope, parts, " OR ", "FALSE"),
            Cond::Not(part) => {
                let around = std::mem::replace(&mut self.negated, true);
                let part = self.cond(scope, part);
                self.negated = around;
                format!("NOT ({part})")
            }
            Cond::Test(test) => self.test(scope, test),
        }
    }

    fn parts(&mut self, scope: &Scope<'_>, parts: &[Cond], word: &str, none: &str) -> String {
        match parts {
            [] => String::from(none),
            [part] => self.cond(scope, part),
            parts => {
                let tests: Vec<String> = parts.iter().map(|part| self.cond(scope, part)).collect();
                format!("({})", chained(tests, word))
            }
        }
    }

    /// A column, through its walk and its cast.
    pub(crate) fn column(&self, scope: &Scope<'_>, column: &Ref) -> Expression {
        let family = Family::of(&column.kind);
        if column.null {
            let text = format!("NULL{}", self.writer.dialect.null_cast(family));
            return Expression { text, family, plain: false, cast: None, finer: None };
        }
        let stored = scope.alias_of(&column.hops).column(&column.field);
        let dialect = self.writer.dialect;
        let text = match column.loose {
            true => dialect.as_shown(&stored, family),
            false => stored.clone(),
        };
        match column.cast {
            None => {
                let finer = (column.loose && dialect.keeps_finer(family)).then_some(stored);
                Expression { text, family, plain: !column.loose, cast: None, finer }
            }
            Some(cast) => {
                let (text, family) = self.writer.dialect.cast(&text, family, cast);
                Expression { text, family, plain: false, cast: Some(cast), finer: None }
            }
        }
    }

    fn test(&mut self, scope: &Scope<'_>, test: &Condition) -> String {
        let left = self.column(scope, &test.left);
        let dialect = self.writer.dialect;
        match &test.operator {
            Operator::Equal { negated, right } => {
                let word = if *negated { "<>" } else { "=" };
                self.compared(scope, &left, word, right)
            }
            Operator::Compare { greater, or_equal, right } => {
                let word = match (greater, or_equal) {
                    (true, true) => ">=",
                    (true, false) => ">",
                    (false, true) => "<=",
                    (false, false) => "<",
                };
                self.compared(scope, &left, word, right)
            }
            Operator::Between { negated, low, high } => {
                let above = self.compared(scope, &left, ">=", low);
                let below = self.compared(scope, &left, "<=", high);
                if *negated {
                    format!("NOT ({above} AND {below})")
                } else {
                    format!("({above} AND {below})")
                }
            }
            Operator::In { negated, values } => self.among(scope, &left, *negated, values),
            Operator::IsNull(true) => format!("{} IS NULL", left.text),
            Operator::IsNull(false) => format!("{} IS NOT NULL", left.text),
            Operator::Empty(wanted) => {
                let empty = dialect.empty(&left.text, left.family);
                if *wanted { empty } else { format!("NOT {empty}") }
            }
            Operator::Like(like) => self.like(scope, &left, like),
            Operator::Regex { pattern } => {
                let text = dialect.as_text(&left.text, left.family);
                let pattern = self.writer.text(pattern.as_str());
                dialect.regex(&text, &pattern)
            }
            Operator::ArrayContains { json, negated } => {
                let json = self.writer.text(json.as_str());
                negated_if(*negated, dialect.array_contains(&left.text, &json))
            }
            Operator::ArrayContainedBy { json } => {
                let json = self.writer.text(json.as_str());
                dialect.array_contained(&left.text, &json)
            }
            Operator::ArrayOverlaps { json } => {
                let json = self.writer.text(json.as_str());
                dialect.array_overlaps(&left.text, &json)
            }
            Operator::ArrayLength { path, ordering, value } => {
                let at = self.json_at(&left.text, path);
                let value = self.writer.value(Value::Int(*value), Family::BigInt);
                let length = dialect.array_length(&at);
                ordered(*ordering, &length, &value)
            }
            Operator::JsonContains { json, contained, negated } => {
                let json = self.writer.text(json.as_str());
                let test = if *contained {
                    dialect.json_contained(&left.text, &json)
                } else {
                    dialect.json_contains(&left.text, &json)
                };
                negated_if(*negated, test)
            }
            Operator::JsonHasKeys { keys, all } => {
                let tests: Vec<String> = keys
                    .iter()
                    .map(|key| {
                        let key = self.writer.text(key.as_str());
                        dialect.json_has(&left.text, &key)
                    })
                    .collect();
                match (tests.is_empty(), all) {
                    (true, true) => String::from("TRUE"),
                    (true, false) => String::from("FALSE"),
                    (false, true) => format!("({})", chained(tests, " AND ")),
                    (false, false) => format!("({})", chained(tests, " OR ")),
                }
            }
            Operator::JsonValue { path, test } => self.json_value(&left.text, path, test),
            Operator::JsonTypeOf { path, type_name } => {
                let at = self.json_at(&left.text, path);
                let name = self.writer.text(type_name.as_str());
                format!("{} = {name}", dialect.json_type(&at))
            }
            Operator::Geometry { relation, shape, around, negated } => {
                let shape = self.writer.text(shape.as_str());
                let related = self.related(&left, *relation, &shape);
                if *negated {
                    return format!("NOT {related}");
                }
                match self.near(scope, &test.left, *around) {
                    Some(near) => format!("({near} AND {related})"),
                    None => related,
                }
            }
            Operator::JsonPath { path, predicate } => {
                let path = self.writer.text(path.as_str());
                dialect.json_path(&left.text, &path, *predicate)
            }
        }
    }

    /// The right side of a comparison, or `None` when it stands for nothing.
    fn operand(
        &mut self,
        scope: &Scope<'_>,
        operand: &Operand,
        left: &Expression,
    ) -> Option<Expression> {
        let family = left.family;
        match operand {
            Operand::Value(Value::Null) => None,
            Operand::Value(value) => {
                let value = cut_time(value.clone(), left.cast);
                let text = self.writer.value(value, family);
                Some(Expression { text, family, plain: false, cast: None, finer: None })
            }
            Operand::Column(column) => Some(self.column(scope, column)),
            Operand::Own { collection, key, column } => {
                let mut own = Scope::new(self, collection);
                own.reach(self, column);
                let found = self.column(&own, column);
                let key = self.writer.value(key.clone(), Family::of(&collection.key().kind));
                let from = own.from(self);
                let text = format!(
                    "(SELECT {} FROM {from} WHERE {} = {key} LIMIT 1)",
                    found.text,
                    own.alias.column(&collection.primary_key),
                );
                Some(Expression {
                    text,
                    family: found.family,
                    plain: false,
                    cast: None,
                    finer: None,
                })
            }
        }
    }

    fn compared(
        &mut self,
        scope: &Scope<'_>,
        left: &Expression,
        word: &str,
        right: &Operand,
    ) -> String {
        let given = matches!(right, Operand::Value(_));
        let Some(right) = self.operand(scope, right, left) else {
            return String::from("NULL");
        };
        if let (Some(stored), true) = (&left.finer, given) {
            return finer(stored, &left.text, word, &right.text);
        }
        let by_order = !matches!(word, "=" | "<>");
        let dialect = self.writer.dialect;
        if left.family == Family::Json && right.family == Family::Json && !by_order {
            return negated_if(word == "<>", dialect.json_same(&left.text, &right.text));
        }
        let (left_text, right_text, family) = if left.family == right.family {
            (left.text.clone(), right.text, left.family)
        } else {
            dialect.reconciled((&left.text, left.family), (&right.text, right.family))
        };
        let (left_text, right_text) = match (family, by_order) {
            (Family::Folded, true) => {
                (dialect.ordered(&left_text, family), dialect.ordered(&right_text, family))
            }
            (Family::Folded, false) => (dialect.folded(&left_text), dialect.folded(&right_text)),
            // A cast may carry a collation of its own, and two that differ are refused.
            (_, true) if right.cast.is_some() => {
                (dialect.ordered(&left_text, family), dialect.ordered(&right_text, family))
            }
            // Decimals are text to SQLite: both equality and order need the collation.
            (Family::Decimal, _) | (_, true) => (dialect.ordered(&left_text, family), right_text),
            (_, false) => (left_text, right_text),
        };
        format!("{left_text} {word} {right_text}")
    }

    /// `IN`. Plain values travel as one JSON array, so that the text of the statement does not
    /// depend on how many there are.
    fn among(
        &mut self,
        scope: &Scope<'_>,
        left: &Expression,
        negated: bool,
        values: &[Operand],
    ) -> String {
        if values.is_empty() {
            return String::from(if negated { "TRUE" } else { "FALSE" });
        }
        let mut plain = Vec::with_capacity(values.len());
        let mut others = Vec::new();
        let mut unknown = false;
        for value in values {
            match value {
                Operand::Value(Value::Null) => unknown = true,
                Operand::Value(value) => match json_of(&cut_time(value.clone(), left.cast)) {
                    Some(json) => plain.push(json),
                    None => others.push(Operand::Value(value.clone())),
                },
                Operand::Column(_) | Operand::Own { .. } => others.push(value.clone()),
            }
        }
        let dialect = self.writer.dialect;
        let mut tests = Vec::with_capacity(others.len() + 2);
        if !plain.is_empty() {
            let list = self.writer.text(Json::Array(plain).to_string());
            let side = match left.family {
                Family::Folded => dialect.folded(&left.text),
                Family::Decimal => dialect.ordered(&left.text, left.family),
                _ => left.text.clone(),
            };
            tests.push(dialect.among(&side, &list, left.family));
        }
        for other in &others {
            tests.push(self.compared(scope, left, "=", other));
        }
        if unknown {
            tests.push(String::from("NULL"));
        }
        negated_if(negated, format!("({})", chained(tests, " OR ")))
    }

    fn like(&mut self, scope: &Scope<'_>, left: &Expression, like: &Like) -> String {
        let dialect = self.writer.dialect;
        let fold = like.fold || left.family == Family::Folded;
        let text = dialect.as_text(&left.text, left.family);
        let Operand::Value(Value::Text(given)) = &like.text else {
            return self.like_own(scope, left, like, (&text, fold));
        };
        let literal = !like.wildcards || !given.contains(['%', '_', '\\']);
        if literal && !fold && like.open_end && !like.open_start {
            let next = next_text(given);
            if let (true, Some(next)) = (left.plain && left.family == Family::Text, next) {
                // A prefix is a range of the order, which an index can serve.
                let column = dialect.ordered(&text, Family::Text);
                let low = self.writer.text(given.as_str());
                let high = self.writer.text(next);
                return negated_if(
                    like.negated,
                    format!("({column} >= {low} AND {column} < {high})"),
                );
            }
        }
        if literal && !fold && like.open_end && like.open_start {
            let part = self.writer.text(given.as_str());
            return negated_if(like.negated, dialect.holds_text(&text, &part));
        }
        let pattern = self.writer.text(pattern_of(like, given));
        negated_if(like.negated, dialect.like(&text, &pattern, fold))
    }

    /// The same with a text that only the store can read.
    fn like_own(
        &mut self,
        scope: &Scope<'_>,
        left: &Expression,
        like: &Like,
        (text, fold): (&str, bool),
    ) -> String {
        let Some(own) = self.operand(scope, &like.text, left) else {
            return String::from("NULL");
        };
        let dialect = self.writer.dialect;
        // Two columns may be declared in two collations.
        let part = dialect.ordered(&dialect.as_text(&own.text, own.family), Family::Text);
        let test = if !fold && like.open_start && like.open_end {
            dialect.holds_text(text, &part)
        } else {
            let escaped = ['\\', '%', '_']
                .iter()
                .fold(part, |part, sign| format!("replace({part}, '{sign}', '\\{sign}')"));
            let end = |open: bool| if open { "'%'" } else { "''" };
            let (start, end) = (end(like.open_start), end(like.open_end));
            dialect.like(text, &format!("({start} || {escaped} || {end})"), fold)
        };
        negated_if(like.negated, test)
    }

    /// The JSON value at a path of a column.
    fn json_at(&mut self, column: &str, path: &[String]) -> String {
        if path.is_empty() {
            return String::from(column);
        }
        let keys = self.writer.dialect.json_paths(path);
        let marks: Vec<String> = keys.into_iter().map(|key| self.writer.text(key)).collect();
        self.writer.dialect.json_at(column, &marks)
    }

    fn json_value(&mut self, column: &str, path: &[String], test: &JsonValueTest) -> String {
        let dialect = self.writer.dialect;
        let at = self.json_at(column, path);
        let text = dialect.json_text(&at);
        match test {
            JsonValueTest::IsNull(true) => format!("{text} IS NULL"),
            JsonValueTest::IsNull(false) => format!("{text} IS NOT NULL"),
            JsonValueTest::Text { ordering, value, or_missing } => {
                let value = self.writer.text(value.as_str());
                let side = dialect.ordered(&format!("({text})"), Family::Text);
                missing_if(*or_missing, &text, ordered(*ordering, &side, &value))
            }
            JsonValueTest::Number { ordering, value, or_missing } => {
                let value = self.writer.value(Value::text(value.as_str()), Family::Decimal);
                let side = dialect.ordered(&dialect.json_number(&at), Family::Decimal);
                missing_if(*or_missing, &text, ordered(*ordering, &side, &value))
            }
            JsonValueTest::Boolean { negated, value, or_missing } => {
                let value = self.writer.text(if *value { "true" } else { "false" });
                let word = if *negated { "<>" } else { "=" };
                let side =
                    format!("CASE WHEN {} = 'boolean' THEN {text} END", dialect.json_type(&at));
                missing_if(*or_missing, &text, format!("{side} {word} {value}"))
            }
            JsonValueTest::In { negated, values } => {
                if values.is_empty() {
                    return String::from(if *negated { "TRUE" } else { "FALSE" });
                }
                let list = values.iter().map(|value| Json::String(value.clone())).collect();
                let list = self.writer.text(Json::Array(list).to_string());
                negated_if(*negated, dialect.among(&format!("({text})"), &list, Family::Text))
            }
            JsonValueTest::Like { pattern, fold } => {
                let pattern = self.writer.text(escaped_well(pattern));
                dialect.like(&text, &pattern, *fold)
            }
        }
    }
}

/// A moment that is shown to the millisecond against one that was given: all that are shown alike
/// stand between it and the next.
fn finer(stored: &str, shown: &str, word: &str, given: &str) -> String {
    let next = format!("({given} + interval '1 millisecond')");
    match word {
        ">=" => format!("{stored} >= {given}"),
        "<" => format!("{stored} < {given}"),
        ">" => format!("{stored} >= {next}"),
        "<=" => format!("{stored} < {next}"),
        "=" => format!("({stored} >= {given} AND {stored} < {next})"),
        _ => format!("{shown} {word} {given}"),
    }
}

fn negated_if(negated: bool, test: String) -> String {
    if negated { format!("NOT {test}") } else { test }
}

fn missing_if(or_missing: bool, text: &str, test: String) -> String {
    if or_missing { format!("({test} OR {text} IS NULL)") } else { test }
}

/// A comparison given by the outcomes it accepts: greater, less, equal.
fn ordered(accepted: (bool, bool, bool), left: &str, right: &str) -> String {
    let word = match accepted {
        (true, true, true) => return format!("({left} IS NOT NULL AND {right} IS NOT NULL)"),
        (true, true, false) => "<>",
        (true, false, true) => ">=",
        (true, false, false) => ">",
        (false, true, true) => "<=",
        (false, true, false) => "<",
        (false, false, true) => "=",
        (false, false, false) => return String::from("FALSE"),
    };
    format!("{left} {word} {right}")
}

/// A time of day without fraction and offset, which is what an instant cast to a time gives.
fn cut_time(value: Value, cast: Option<Cast>) -> Value {
    match (value, cast) {
        (Value::Text(text), Some(Cast::Time)) => Value::Text(text.chars().take(8).collect()),
        (value, _) => value,
    }
}

/// A value as an element of a JSON list; bytes have no such form.
fn json_of(value: &Value) -> Option<Json> {
    match value {
        Value::Null | Value::Bytes(_) => None,
        Value::Bool(flag) => Some(Json::Bool(*flag)),
        Value::Int(number) => Some(Json::Number(Number::from(*number))),
        Value::Real(number) => Number::from_f64(*number).map(Json::Number),
        Value::Text(text) => Some(Json::String(text.clone())),
    }
}

/// The least text that is greater than every text with this prefix.
fn next_text(prefix: &str) -> Option<String> {
    let mut signs: Vec<char> = prefix.chars().collect();
    while let Some(last) = signs.pop() {
        let next = match last {
            // Surrogates are no scalars.
            '\u{d7ff}' => Some('\u{e000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            signs.push(next);
            return Some(signs.into_iter().collect());
        }
    }
    None
}

/// The pattern of a LIKE, with a backslash before what stands for itself.
fn pattern_of(like: &Like, given: &str) -> String {
    let mut pattern = String::with_capacity(given.len() + 2);
    if like.open_start {
        pattern.push('%');
    }
    if like.wildcards {
        pattern.push_str(&escaped_well(given));
    } else {
        for sign in given.chars() {
            if matches!(sign, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(sign);
        }
    }
    if like.open_end {
        pattern.push('%');
    }
    pattern
}

/// A caller's own pattern: a backslash makes the next sign plain, whatever it is, and stands for
/// itself where none follows, so that no pattern ends in the middle of an escape.
fn escaped_well(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        pattern.push(sign);
        if sign == '\\' {
            pattern.push(signs.next().unwrap_or('\\'));
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::{escaped_well, next_text};

    #[test]
    fn the_end_of_a_prefix_range_is_the_next_text() {
        assert_eq!(next_text("ab").as_deref(), Some("ac"));
        assert_eq!(next_text("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(next_text("\u{d7ff}").as_deref(), Some("\u{e000}"));
        assert_eq!(next_text("\u{10ffff}"), None);
        assert_eq!(next_text(""), None);
    }

    #[test]
    fn a_pattern_never_ends_inside_an_escape() {
        assert_eq!(escaped_well(r"100\%"), r"100\%");
        assert_eq!(escaped_well(r"C:\temp"), r"C:\temp");
        assert_eq!(escaped_well(r"C:\\"), r"C:\\");
        assert_eq!(escaped_well("\\"), r"\\");
    }
}
