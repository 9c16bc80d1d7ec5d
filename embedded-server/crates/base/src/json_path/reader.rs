//! From text to a path, left to right.

use super::{
    JsonArithmetic, JsonCompare, JsonExpression, JsonMethod, JsonPath, JsonPattern, JsonStep,
};
use serde_json::Value as Json;

/// Deepest nesting of parentheses, filters and subscripts; deeper ones are programs.
const DEPTH_MAX: usize = 32;

/// What a part of a path is; the grammar keeps the two apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Value,
    Predicate,
}

pub(super) fn read(text: &str) -> Read<JsonPath> {
    let mut reader =
        Reader { text, at: 0, depth: 0, filters: 0, subscripts: 0, patterns: Vec::new() };
    let strict = reader.word("strict");
    if !strict {
        reader.word("lax");
    }
    let (expression, _) = reader.either()?;
    reader.blanks();
    if reader.at < text.len() {
        return Err(reader.unexpected());
    }
    Ok(JsonPath { strict, expression, patterns: reader.patterns })
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// Filters open here: `@` means something.
    filters: usize,
    /// Subscripts open here: `last` means something.
    subscripts: usize,
    patterns: Vec<JsonPattern>,
}

type Read<T> = Result<T, String>;
type Part = (JsonExpression, Sort);

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn unexpected(&self) -> String {
        match self.rest().chars().next() {
            Some(sign) => format!("the JSON path has an unexpected `{sign}` at byte {}", self.at),
            None => String::from("the JSON path ends too early"),
        }
    }

    /// Takes a sign or several, if they come next.
    fn sign(&mut self, sign: &str) -> bool {
        self.blanks();
        let here = self.rest().starts_with(sign);
        if here {
            self.at += sign.len();
        }
        here
    }

    /// Takes a word, if it comes next and ends there.
    fn word(&mut self, word: &str) -> bool {
        self.blanks();
        let Some(after) = self.rest().strip_prefix(word) else { return false };
        let ends = !after.starts_with(|sign: char| sign.is_alphanumeric() || sign == '_');
        if ends {
            self.at += word.len();
        }
        ends
    }

    fn need(&mut self, sign: &str) -> Read<()> {
        if self.sign(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// The part, if it is of the sort that may stand here.
    fn want(&self, (part, sort): Part, wanted: Sort) -> Read<Box<JsonExpression>> {
        let word = match wanted {
            Sort::Predicate => "condition",
            Sort::Value => "value",
        };
        if sort == wanted {
            Ok(Box::new(part))
        } else {
            Err(format!("the JSON path needs a {word} before byte {}", self.at))
        }
    }

    fn deeper(&mut self) -> Read<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("a JSON path may be nested {DEPTH_MAX} deep"));
        }
        Ok(())
    }

    fn either(&mut self) -> Read<Part> {
        self.deeper()?;
        let mut left = self.all()?;
        while self.sign("||") {
            let first = self.want(left, Sort::Predicate)?;
            let second = self.all()?;
            let second = self.want(second, Sort::Predicate)?;
            left = (JsonExpression::Or(first, second), Sort::Predicate);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn all(&mut self) -> Read<Part> {
        let mut left = self.test()?;
        while self.sign("&&") {
            let first = self.want(left, Sort::Predicate)?;
            let second = self.test()?;
            let second = self.want(second, Sort::Predicate)?;
            left = (JsonExpression::And(first, second), Sort::Predicate);
        }
        Ok(left)
    }

    fn test(&mut self) -> Read<Part> {
        self.blanks();
        if self.rest().starts_with('!') && !self.rest().starts_with("!=") {
            self.at += 1;
            // Only a condition in parentheses, or `exists (…)`, can be negated.
            self.blanks();
            if !self.rest().starts_with('(') && !self.rest().starts_with("exists") {
                return Err(self.unexpected());
            }
            let of = self.accessed()?;
            let of = self.want(of, Sort::Predicate)?;
            return Ok((JsonExpression::Not(of), Sort::Predicate));
        }
        let parenthesised = self.rest().starts_with('(');
        let left = self.sum()?;
        // The longer signs come first: `<=` begins with `<`.
        const COMPARISONS: [(&str, JsonCompare); 7] = [
            ("==", JsonCompare::Equal),
            ("!=", JsonCompare::NotEqual),
            ("<>", JsonCompare::NotEqual),
            ("<=", JsonCompare::LessOrEqual),
            (">=", JsonCompare::GreaterOrEqual),
            ("<", JsonCompare::Less),
            (">", JsonCompare::Greater),
        ];
        for (sign, operation) in COMPARISONS {
            if self.sign(sign) {
                let left = self.want(left, Sort::Value)?;
                let right = self.sum()?;
                let right = self.want(right, Sort::Value)?;
                return Ok((JsonExpression::Compare(operation, left, right), Sort::Predicate));
            }
        }
        if self.word("starts") {
            let left = self.want(left, Sort::Value)?;
            if !self.word("with") {
                return Err(self.unexpected());
            }
            return Ok((JsonExpression::StartsWith(left, self.string()?), Sort::Predicate));
        }
        if self.word("like_regex") {
            let left = self.want(left, Sort::Value)?;
            let place = self.pattern()?;
            return Ok((JsonExpression::LikeRegex(left, place), Sort::Predicate));
        }
        if self.word("is") {
            let left = self.want(left, Sort::Predicate)?;
            if !parenthesised || !self.word("unknown") {
                return Err(self.unexpected());
            }
            return Ok((JsonExpression::IsUnknown(left), Sort::Predicate));
        }
        Ok(left)
    }

    /// A pattern and its flag; where it stands among the patterns.
    fn pattern(&mut self) -> Read<usize> {
        self.blanks();
        let from = self.at;
        let text = self.string()?;
        let span = from..self.at;
        let ignore_case = self.word("flag");
        if ignore_case && self.string()? != "i" {
            return Err(String::from("the only flag of like_regex is \"i\""));
        }
        self.patterns.push(JsonPattern { text, ignore_case, span });
        Ok(self.patterns.len() - 1)
    }

    fn sum(&mut self) -> Read<Part> {
        let mut left = self.product()?;
        loop {
            let operation = if self.sign("+") {
                JsonArithmetic::Add
            } else if self.sign("-") {
                JsonArithmetic::Subtract
            } else {
                return Ok(left);
            };
            let first = self.want(left, Sort::Value)?;
            let second = self.product()?;
            let second = self.want(second, Sort::Value)?;
            left = (JsonExpression::Arithmetic(operation, first, second), Sort::Value);
        }
    }

    fn product(&mut self) -> Read<Part> {
        let mut left = self.signed()?;
        loop {
            let operation = if self.sign("*") {
                JsonArithmetic::Multiply
            } else if self.sign("/") {
                JsonArithmetic::Divide
            } else if self.sign("%") {
                JsonArithmetic::Remainder
            } else {
                return Ok(left);
            };
            let first = self.want(left, Sort::Value)?;
            let second = self.signed()?;
            let second = self.want(second, Sort::Value)?;
            left = (JsonExpression::Arithmetic(operation, first, second), Sort::Value);
        }
    }

    fn signed(&mut self) -> Read<Part> {
        let (mut signed, mut negative) = (false, false);
        loop {
            if self.sign("-") {
                negative = !negative;
            } else if !self.sign("+") {
                break;
            }
            signed = true;
        }
        let of = self.accessed()?;
        if !signed {
            return Ok(of);
        }
        let of = self.want(of, Sort::Value)?;
        Ok((if negative { JsonExpression::Negative(of) } else { *of }, Sort::Value))
    }

    fn accessed(&mut self) -> Read<Part> {
        self.blanks();
        let parenthesised = self.rest().starts_with('(');
        let (start, sort) = self.primary()?;
        // A condition in parentheses is a value to look into, `exists (…)` is not.
        if sort == Sort::Predicate && !parenthesised {
            return Ok((start, sort));
        }
        let mut steps = Vec::new();
        while let Some(step) = self.step()? {
            steps.push(step);
        }
        Ok(if steps.is_empty() {
            (start, sort)
        } else {
            (JsonExpression::Steps(Box::new(start), steps), Sort::Value)
        })
    }

    fn step(&mut self) -> Read<Option<JsonStep>> {
        self.blanks();
        if self.sign(".") {
            return self.member().map(Some);
        }
        if self.sign("[") {
            return self.subscript().map(Some);
        }
        if self.sign("?") {
            self.need("(")?;
            self.filters += 1;
            let test = self.either()?;
            let test = self.want(test, Sort::Predicate)?;
            self.filters -= 1;
            self.need(")")?;
            return Ok(Some(JsonStep::Filter(*test)));
        }
        Ok(None)
    }

    fn primary(&mut self) -> Read<Part> {
        if self.sign("(") {
            let inner = self.either()?;
            self.need(")")?;
            return Ok(inner);
        }
        if self.filters > 0 && self.sign("@") {
            return Ok((JsonExpression::Current, Sort::Value));
        }
        if self.rest().starts_with('$') {
            self.at += 1;
            let named = |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '"' | '$');
            if self.rest().starts_with(named) {
                return Err(String::from("the JSON path names a variable; none is given"));
            }
            return Ok((JsonExpression::Root, Sort::Value));
        }
        if self.subscripts > 0 && self.word("last") {
            return Ok((JsonExpression::Last, Sort::Value));
        }
        for (word, literal) in
            [("true", Json::Bool(true)), ("false", Json::Bool(false)), ("null", Json::Null)]
        {
            if self.word(word) {
                return Ok((JsonExpression::Literal(literal), Sort::Value));
            }
        }
        if self.word("exists") {
            self.need("(")?;
            let of = self.either()?;
            let of = self.want(of, Sort::Value)?;
            self.need(")")?;
            return Ok((JsonExpression::Exists(of), Sort::Predicate));
        }
        let literal = if self.rest().starts_with('"') {
            Json::String(self.string()?)
        } else {
            self.number()?
        };
        Ok((JsonExpression::Literal(literal), Sort::Value))
    }

    /// What follows a point: a key, `*`, or a method.
    fn member(&mut self) -> Read<JsonStep> {
        self.blanks();
        if self.rest().starts_with("**") {
            return Err(self.unexpected());
        }
        if self.sign("*") {
            return Ok(JsonStep::EveryKey);
        }
        if self.rest().starts_with('"') {
            return self.string().map(JsonStep::Key);
        }
        let rest = self.rest();
        let end = rest
            .find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'))
            .unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default().to_owned();
        if name.is_empty() || name.starts_with(|sign: char| sign.is_ascii_digit()) {
            return Err(self.unexpected());
        }
        self.at += end;
        self.blanks();
        if !self.rest().starts_with('(') {
            return Ok(JsonStep::Key(name));
        }
        let method = match name.as_str() {
            "type" => JsonMethod::Type,
            "size" => JsonMethod::Size,
            "double" => JsonMethod::Double,
            "ceiling" => JsonMethod::Ceiling,
            "floor" => JsonMethod::Floor,
            "abs" => JsonMethod::Abs,
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        self.need(")")?;
        Ok(JsonStep::Method(method))
    }

    fn subscript(&mut self) -> Read<JsonStep> {
        if self.sign("*") {
            self.need("]")?;
            return Ok(JsonStep::EveryElement);
        }
        self.subscripts += 1;
        let mut ranges = Vec::new();
        loop {
            let from = self.position()?;
            let to = if self.word("to") { Some(self.position()?) } else { None };
            ranges.push((from, to));
            if !self.sign(",") {
                break;
            }
        }
        self.subscripts -= 1;
        self.need("]")?;
        Ok(JsonStep::Elements(ranges))
    }

    fn position(&mut self) -> Read<JsonExpression> {
        self.deeper()?;
        let place = self.sum()?;
        self.depth -= 1;
        Ok(*self.want(place, Sort::Value)?)
    }

    /// Digits with an optional fraction. Exponents are spelled differently by the versions of
    /// Postgres, and leading zeros refused by the newer ones.
    fn number(&mut self) -> Read<Json> {
        let rest = self.rest();
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let whole = digits(rest);
        if whole == 0 || (whole > 1 && rest.starts_with('0')) || whole > 30 {
            return Err(self.unexpected());
        }
        let mut end = whole;
        if rest[whole..].starts_with('.') {
            let fraction = digits(&rest[whole + 1..]);
            if fraction == 0 || fraction > 30 {
                return Err(self.unexpected());
            }
            end += 1 + fraction;
        }
        let behind = rest[end..].chars().next();
        let number = serde_json::from_str(&rest[..end]);
        self.at += end;
        match (behind, number) {
            (Some(sign), _) if sign.is_alphanumeric() || matches!(sign, '_' | '.') => {
                Err(self.unexpected())
            }
            (_, Ok(number)) => Ok(number),
            (_, Err(_)) => Err(self.unexpected()),
        }
    }

    /// Text in double quotes with the escapes of JSON.
    fn string(&mut self) -> Read<String> {
        self.blanks();
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.strip_prefix('"').and_then(|inner| {
            inner.char_indices().find_map(|(at, sign)| match sign {
                _ if escaped => {
                    escaped = false;
                    None
                }
                '\\' => {
                    escaped = true;
                    None
                }
                '"' => Some(at + 2),
                _ => None,
            })
        });
        let text = end.and_then(|end| Some((end, rest.get(..end)?)));
        let parsed = text.and_then(|(end, text)| {
            let text = serde_json::from_str::<String>(text).ok()?;
            (!text.contains('\0')).then_some((end, text))
        });
        let Some((end, text)) = parsed else { return Err(self.unexpected()) };
        self.at += end;
        Ok(text)
    }
}
