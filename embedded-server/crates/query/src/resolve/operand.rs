//! Right sides: literals, dynamic variables and other columns.

use super::Place;
use super::names::{Names, cast_named, kind_after};
use crate::coerce::coerce_operand;
use crate::{Cast, Operand, Ref, Words};
use base::{Code, Error, Result, Value, iso_millis};
use catalog::{Collection, FieldKind};
use serde_json::Value as Json;
use std::cell::Cell;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// What a dynamic variable stands for.
enum Variable {
    /// This text.
    Text(String),
    /// Nothing: nobody is signed in, no tenant. Any comparison with it is unknown.
    Nothing,
    /// A field of the user's or role's own record.
    Own { collection: &'static str, key: String, path: String },
}

/// The moments of four-digit years, in milliseconds: what can be written as a date. Beyond them a
/// variable is a text that no date is.
const SPELLED: RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;

/// Reads a variable. Other text, even if it begins with `$`, is itself.
fn variable(words: &Words, text: &str) -> Option<Variable> {
    let id = |key: &Option<String>| key.clone().map_or(Variable::Nothing, Variable::Text);
    if text == "$NOW" || text.starts_with("$NOW+") || text.starts_with("$NOW-") {
        let ms = words.now_ms.checked_add(distance_ms(&text[4..])?)?;
        return SPELLED.contains(&ms).then(|| Variable::Text(iso_millis(ms)));
    }
    for (token, key, collection) in [
        ("$CURRENT_USER", &words.user, "baasix_User"),
        ("$CURRENT_ROLE", &words.role, "baasix_Role"),
        ("$CURRENT_TENANT", &words.tenant, "baasix_Tenant"),
    ] {
        match text.strip_prefix(token) {
            Some("") => return Some(id(key)),
            Some(rest) if rest.len() > 1 && rest.starts_with('.') => {
                return Some(match key {
                    None => Variable::Nothing,
                    Some(key) => {
                        Variable::Own { collection, key: key.clone(), path: rest[1..].to_owned() }
                    }
                });
            }
            Some(_) | None => {}
        }
    }
    None
}

/// The same JSON with each dynamic variable replaced by what it stands for, and by null where it
/// stands for nothing: for the default values of a policy, which are written, not compared.
/// A variable with a path (`$CURRENT_USER.team_Id`) is left as it is; only a store can read it.
#[must_use]
pub fn spelled_out(json: &Json, words: &Words) -> Json {
    match json {
        Json::String(text) => match variable(words, text) {
            Some(Variable::Text(text)) => Json::String(text),
            Some(Variable::Nothing) => Json::Null,
            Some(Variable::Own { key, path, .. }) if path == "id" => Json::String(key),
            Some(Variable::Own { .. }) | None => json.clone(),
        },
        Json::Array(items) => {
            Json::Array(items.iter().map(|item| spelled_out(item, words)).collect())
        }
        Json::Object(map) => Json::Object(
            map.iter().map(|(key, item)| (key.clone(), spelled_out(item, words))).collect(),
        ),
        Json::Null | Json::Bool(_) | Json::Number(_) => json.clone(),
    }
}

/// `-DAYS_30` in milliseconds. Years and months have fixed lengths, as the reference has it.
fn distance_ms(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let (sign, rest) = match text.as_bytes()[0] {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (unit, count) = rest.split_once('_')?;
    if count.is_empty() || !count.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds: i64 = match unit.strip_suffix('S').unwrap_or(unit) {
        "YEAR" => 365 * 86_400,
        "MONTH" => 30 * 86_400,
        "WEEK" => 7 * 86_400,
        "DAY" => 86_400,
        "HOUR" => 3_600,
        "MINUTE" => 60,
        "SECOND" => 1,
        _ => return None,
    };
    count.parse::<i64>().ok()?.checked_mul(seconds * 1_000)?.checked_mul(sign)
}

/// Types right sides for one column.
pub(crate) struct Operands<'a> {
    pub(crate) names: Names<'a>,
    /// The collection that `$COL` paths start from.
    pub(crate) root: &'a Arc<Collection>,
    /// The test at hand has no variables: its text stands for itself.
    pub(crate) verbatim: Cell<bool>,
}

impl Operands<'_> {
    /// The right side of a comparison with `left`. `columns` says whether `$COL` may stand here.
    pub(crate) fn typed(
        &self,
        json: &Json,
        left: &Ref,
        columns: bool,
        at: &str,
    ) -> Result<Operand> {
        let kind = kind_after(left);
        let text = match json {
            Json::String(text) if !self.verbatim.get() => text,
            json => return value(&kind, json, at),
        };
        if let Some(path) = column_named(text) {
            if !columns {
                return Err(misplaced_column(at));
            }
            return self.column(path.trim(), left, at).map(Operand::Column);
        }
        match variable(self.names.scope.words, text) {
            None => value(&kind, json, at),
            Some(Variable::Nothing) => Ok(Operand::Value(Value::Null)),
            Some(Variable::Text(text)) => value(&kind, &Json::String(text), at),
            Some(Variable::Own { collection, key, path }) => {
                self.own(collection, key, &path, &kind, at)
            }
        }
    }

    fn column(&self, path: &str, left: &Ref, at: &str) -> Result<Ref> {
        let (path, cast) = match path.split_once("::") {
            Some((path, cast)) => (path.trim(), cast_named(cast)),
            None => (path, left.cast),
        };
        let mut column = self.names.column_at(self.root, path, at)?;
        // A day cast to a day is the day, and compares with moments as such.
        let same = (&column.kind, cast, left.cast) == (&FieldKind::Date, Some(Cast::Date), None);
        column.cast = cast.filter(|_| !same);
        comparable(&column, path, at)?;
        alike(left, &column, path, at)?;
        Ok(column)
    }

    fn own(
        &self,
        collection: &'static str,
        key: String,
        path: &str,
        kind: &FieldKind,
        at: &str,
    ) -> Result<Operand> {
        let full = self.names.scope.full;
        let Some(collection) = full.get(collection) else {
            return Err(Error::internal(format!("the catalog has no `{collection}`")).at(at));
        };
        if path == collection.primary_key {
            return value(kind, &Json::String(key), at);
        }
        // The record is the caller's own, so its collection need not be readable; what lies
        // behind a relation must be, or a comparison would reveal it.
        let direct = collection.field(path).is_some_and(|field| !field.hidden);
        let place = if direct { Place::Policy } else { self.names.place };
        let sight = if direct { None } else { self.names.own(&collection.name) };
        let names = Names::new(self.names.scope, place).with(sight.as_deref());
        let column = names.column_at(collection, path, at)?;
        comparable(&column, path, at)?;
        if column.hops.iter().any(|hop| hop.relation.is_many()) {
            return Err(Error::new(
                Code::InvalidQuery,
                format!("`{path}` walks a relation to many; a variable is one value"),
            )
            .at(at));
        }
        let key_kind = &collection.key().kind;
        let key = coerce_operand(key_kind, &Json::String(key)).unwrap_or(Value::Null);
        Ok(Operand::Own { collection: Arc::clone(collection), key, column: Box::new(column) })
    }

    /// The one text that an operator looks for; `None` when a variable stands for nothing. `shaped`
    /// makes a text of a literal.
    pub(crate) fn text(
        &self,
        json: &Json,
        at: &str,
        shaped: impl FnOnce(&Json) -> Result<String>,
    ) -> Result<Option<Operand>> {
        let named = json.as_str().filter(|_| !self.verbatim.get());
        if let Some(Variable::Own { collection, key, path }) =
            named.and_then(|text| variable(self.names.scope.words, text))
        {
            return self.own(collection, key, &path, &FieldKind::Text, at).map(Some);
        }
        let literal = self.literal(json, at)?;
        literal.map(|json| shaped(&json).map(|text| Operand::Value(Value::Text(text)))).transpose()
    }

    /// A literal in which every variable has been replaced; `None` when one stands for nothing.
    /// For operators whose operand is one bound text, which a subquery cannot be.
    pub(crate) fn literal(&self, json: &Json, at: &str) -> Result<Option<Json>> {
        if self.verbatim.get() {
            return Ok(Some(json.clone()));
        }
        Ok(Some(match json {
            // Taken for a text it would be looked for, and never found.
            Json::String(text) if column_named(text).is_some() => return Err(misplaced_column(at)),
            Json::String(text) => match variable(self.names.scope.words, text) {
                None => json.clone(),
                Some(Variable::Text(text)) => Json::String(text),
                Some(Variable::Nothing) => return Ok(None),
                Some(Variable::Own { collection, key, path }) => {
                    let keyed = self.names.scope.full.get(collection);
                    if keyed.is_some_and(|collection| collection.primary_key == path) {
                        return Ok(Some(Json::String(key)));
                    }
                    return Err(Error::new(
                        Code::InvalidQuery,
                        format!(
                            "`{text}` can stand in comparisons, in lists and beside what looks for a text only"
                        ),
                    )
                    .at(at));
                }
            },
            Json::Array(items) => {
                let mut found = Vec::with_capacity(items.len());
                for item in items {
                    match self.literal(item, at)? {
                        Some(item) => found.push(item),
                        None => return Ok(None),
                    }
                }
                Json::Array(found)
            }
            Json::Object(map) => {
                let mut found = serde_json::Map::with_capacity(map.len());
                for (key, item) in map {
                    match self.literal(item, at)? {
                        Some(item) => found.insert(key.clone(), item),
                        None => return Ok(None),
                    };
                }
                Json::Object(found)
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => json.clone(),
        }))
    }
}

/// The path in `$COL(path)`.
fn column_named(text: &str) -> Option<&str> {
    text.strip_prefix("$COL(").and_then(|rest| rest.strip_suffix(')'))
}

fn misplaced_column(at: &str) -> Error {
    let why = "`$COL` can stand beside eq, ne, gt, gte, lt and lte of a plain column only";
    Error::new(Code::InvalidQuery, why).at(at)
}

fn value(kind: &FieldKind, json: &Json, at: &str) -> Result<Operand> {
    coerce_operand(kind, json)
        .map(Operand::Value)
        .map_err(|why| Error::new(Code::InvalidQuery, why).at(at))
}

/// Columns of lists, documents and bytes have no order and no common form.
fn comparable(column: &Ref, path: &str, at: &str) -> Result<()> {
    let kind = kind_after(column);
    if kind.is_json() || kind == FieldKind::Binary {
        return Err(Error::new(
            Code::InvalidQuery,
            format!("`{path}` is {}, which cannot be compared with a column", kind.name()),
        )
        .at(at));
    }
    Ok(())
}

/// Two columns compare by what they are, and not by how they are spelled, which is all that the texts
/// of two kinds have in common.
fn alike(left: &Ref, right: &Ref, path: &str, at: &str) -> Result<()> {
    let (a, b) = (kind_after(left), kind_after(right));
    let dated = |kind: &FieldKind| {
        matches!(kind, FieldKind::Date | FieldKind::DateTime | FieldKind::DateTimeNoTz)
    };
    let both = |test: &dyn Fn(&FieldKind) -> bool| test(&a) && test(&b);
    // What is cast to a day or a moment is its text, which only its like can be compared with.
    let plain = left.cast.is_none() && right.cast.is_none();
    if a == b || both(&FieldKind::is_number) || both(&FieldKind::is_text) || (plain && both(&dated))
    {
        return Ok(());
    }
    let mut here: Vec<&str> = left.hops.iter().map(|hop| hop.relation.name.as_str()).collect();
    here.push(&left.field);
    let why = format!(
        "`{}` is {} and `{path}` is {}, which do not compare",
        here.join("."),
        a.name(),
        b.name()
    );
    Err(Error::new(Code::InvalidQuery, why).at(at).hint(
        r#"cast the right one, as in `$COL(name::text)`, or both with "cast" beside the operator"#,
    ))
}

#[cfg(test)]
mod tests {
    use super::spelled_out;
    use crate::Words;
    use serde_json::json;

    #[test]
    fn default_values_of_a_policy_are_spelled_out() {
        let user = String::from("u1");
        let words = Words { now_ms: 0, user: Some(user), role: None, tenant: None };
        let given = json!({
            "a": "$CURRENT_USER", "b": ["$NOW+DAYS_1", "$CURRENT_USER.id"], "c": "$CURRENT_TENANT",
            "d": "$CURRENT_USER.email", "e": "$NOWWRONG", "f": 1,
        });
        assert_eq!(
            spelled_out(&given, &words),
            json!({
                "a": "u1", "b": ["1970-01-02T00:00:00.000Z", "u1"], "c": null,
                "d": "$CURRENT_USER.email", "e": "$NOWWRONG", "f": 1,
            })
        );
    }
}
