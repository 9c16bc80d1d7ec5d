//! SQL/JSON paths: what may pass to the stores.
//!
//! Postgres and the function SQLite gets from `store` each have a parser of their own. Only what
//! both read, and read alike, is let through, so that a path never fails inside a statement.

use super::filter::unshared_syntax;

/// Deepest nesting of parentheses, filters and subscripts.
const DEPTH_MAX: usize = 32;

/// What a part of a path is; the grammar keeps the two apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Value,
    Predicate,
}

/// Checks a path's grammar. `most` is its longest allowed length in bytes.
pub(super) fn check(path: &str, most: usize) -> Result<(), String> {
    if path.len() > most {
        return Err(format!("a JSON path may have {most} bytes, not {}", path.len()));
    }
    let mut reader = Reader { text: path, at: 0, depth: 0, filters: 0, subscripts: 0 };
    if !reader.word("strict") {
        reader.word("lax");
    }
    reader.either()?;
    reader.blanks();
    if reader.at < path.len() { Err(reader.unexpected()) } else { Ok(()) }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// Filters open here: `@` means something.
    filters: usize,
    /// Subscripts open here: `last` means something.
    subscripts: usize,
}

type Read<T> = Result<T, String>;

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

    fn sign(&mut self, sign: &str) -> bool {
        self.blanks();
        let here = self.rest().starts_with(sign);
        if here {
            self.at += sign.len();
        }
        here
    }

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

    fn want(&self, sort: Sort, wanted: Sort) -> Read<()> {
        match (sort == wanted, wanted) {
            (true, _) => Ok(()),
            (false, Sort::Predicate) => {
                Err(format!("the JSON path needs a condition before byte {}", self.at))
            }
            (false, Sort::Value) => {
                Err(format!("the JSON path needs a value before byte {}", self.at))
            }
        }
    }

    fn either(&mut self) -> Read<Sort> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("a JSON path may be nested {DEPTH_MAX} deep"));
        }
        let mut sort = self.all()?;
        while self.sign("||") {
            self.want(sort, Sort::Predicate)?;
            sort = self.all()?;
            self.want(sort, Sort::Predicate)?;
        }
        self.depth -= 1;
        Ok(sort)
    }

    fn all(&mut self) -> Read<Sort> {
        let mut sort = self.test()?;
        while self.sign("&&") {
            self.want(sort, Sort::Predicate)?;
            sort = self.test()?;
            self.want(sort, Sort::Predicate)?;
        }
        Ok(sort)
    }

    fn test(&mut self) -> Read<Sort> {
        self.blanks();
        if self.rest().starts_with('!') && !self.rest().starts_with("!=") {
            self.at += 1;
            // Only a condition in parentheses, or `exists (…)`, can be negated.
            self.blanks();
            if !self.rest().starts_with('(') && !self.rest().starts_with("exists") {
                return Err(self.unexpected());
            }
            let sort = self.accessed()?;
            self.want(sort, Sort::Predicate)?;
            return Ok(Sort::Predicate);
        }
        let parenthesised = self.rest().starts_with('(');
        let left = self.sum()?;
        if ["==", "!=", "<>", "<=", ">=", "<", ">"].into_iter().any(|sign| self.sign(sign)) {
            self.want(left, Sort::Value)?;
            let right = self.sum()?;
            self.want(right, Sort::Value)?;
            return Ok(Sort::Predicate);
        }
        if self.word("starts") {
            self.want(left, Sort::Value)?;
            if !self.word("with") {
                return Err(self.unexpected());
            }
            self.string()?;
            return Ok(Sort::Predicate);
        }
        if self.word("like_regex") {
            self.want(left, Sort::Value)?;
            self.pattern()?;
            return Ok(Sort::Predicate);
        }
        if self.word("is") {
            self.want(left, Sort::Predicate)?;
            if !parenthesised || !self.word("unknown") {
                return Err(self.unexpected());
            }
        }
        Ok(left)
    }

    fn pattern(&mut self) -> Read<()> {
        let pattern = self.string()?;
        if let Some(part) = unshared_syntax(&pattern) {
            return Err(format!("`{part}` does not mean the same in both stores"));
        }
        regex::Regex::new(&pattern)
            .map_err(|_| format!("`{pattern}` is not a regular expression"))?;
        if self.word("flag") && self.string()? != "i" {
            return Err(String::from("the only flag of like_regex is \"i\""));
        }
        Ok(())
    }

    fn sum(&mut self) -> Read<Sort> {
        let mut sort = self.product()?;
        while self.sign("+") || self.sign("-") {
            self.want(sort, Sort::Value)?;
            sort = self.product()?;
            self.want(sort, Sort::Value)?;
        }
        Ok(sort)
    }

    fn product(&mut self) -> Read<Sort> {
        let mut sort = self.signed()?;
        while self.sign("*") || self.sign("/") || self.sign("%") {
            self.want(sort, Sort::Value)?;
            sort = self.signed()?;
            self.want(sort, Sort::Value)?;
        }
        Ok(sort)
    }

    fn signed(&mut self) -> Read<Sort> {
        let mut signed = false;
        while self.sign("-") || self.sign("+") {
            signed = true;
        }
        let sort = self.accessed()?;
        if signed {
            self.want(sort, Sort::Value)?;
        }
        Ok(sort)
    }

    fn accessed(&mut self) -> Read<Sort> {
        self.blanks();
        let parenthesised = self.rest().starts_with('(');
        let mut sort = self.primary()?;
        // A condition in parentheses is a value to look into, `exists (…)` is not.
        if sort == Sort::Predicate && !parenthesised {
            return Ok(sort);
        }
        loop {
            self.blanks();
            if self.rest().starts_with('.') {
                self.at += 1;
                self.member()?;
            } else if self.rest().starts_with('[') {
                self.at += 1;
                self.subscript()?;
            } else if self.rest().starts_with('?') {
                self.at += 1;
                self.need("(")?;
                self.filters += 1;
                let test = self.either()?;
                self.want(test, Sort::Predicate)?;
                self.filters -= 1;
                self.need(")")?;
            } else {
                return Ok(sort);
            }
            sort = Sort::Value;
        }
    }

    fn primary(&mut self) -> Read<Sort> {
        if self.sign("(") {
            let sort = self.either()?;
            self.need(")")?;
            return Ok(sort);
        }
        if self.filters > 0 && self.sign("@") {
            return Ok(Sort::Value);
        }
        if self.rest().starts_with('$') {
            self.at += 1;
            let named = |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '"' | '$');
            if self.rest().starts_with(named) {
                return Err(String::from("the JSON path names a variable; none is given"));
            }
            return Ok(Sort::Value);
        }
        if self.subscripts > 0 && self.word("last") {
            return Ok(Sort::Value);
        }
        if self.word("true") || self.word("false") || self.word("null") {
            return Ok(Sort::Value);
        }
        if self.word("exists") {
            self.need("(")?;
            let sort = self.either()?;
            self.want(sort, Sort::Value)?;
            self.need(")")?;
            return Ok(Sort::Predicate);
        }
        if self.rest().starts_with('"') {
            self.string()?;
            return Ok(Sort::Value);
        }
        self.number()?;
        Ok(Sort::Value)
    }

    /// What follows a point: a key, `*`, or a method.
    fn member(&mut self) -> Read<()> {
        self.blanks();
        if self.rest().starts_with("**") {
            return Err(self.unexpected());
        }
        if self.sign("*") {
            return Ok(());
        }
        if self.rest().starts_with('"') {
            self.string()?;
            return Ok(());
        }
        let rest = self.rest();
        let end = rest
            .find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'))
            .unwrap_or(rest.len());
        let name = &rest[..end];
        if name.is_empty() || name.starts_with(|sign: char| sign.is_ascii_digit()) {
            return Err(self.unexpected());
        }
        const METHODS: [&str; 6] = ["type", "size", "double", "ceiling", "floor", "abs"];
        let method = METHODS.contains(&name);
        self.at += end;
        self.blanks();
        if self.rest().starts_with('(') {
            if !method {
                return Err(self.unexpected());
            }
            self.at += 1;
            self.need(")")?;
        }
        Ok(())
    }

    fn subscript(&mut self) -> Read<()> {
        if self.sign("*") {
            return self.need("]");
        }
        self.subscripts += 1;
        loop {
            self.position()?;
            if self.word("to") {
                self.position()?;
            }
            if !self.sign(",") {
                break;
            }
        }
        self.subscripts -= 1;
        self.need("]")
    }

    fn position(&mut self) -> Read<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("a JSON path may be nested {DEPTH_MAX} deep"));
        }
        let sort = self.sum()?;
        self.depth -= 1;
        self.want(sort, Sort::Value)
    }

    /// Digits with an optional fraction. Exponents are spelled differently by the versions of
    /// Postgres, and leading zeros refused by the newer ones.
    fn number(&mut self) -> Read<()> {
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
        self.at += end;
        match behind {
            Some(sign) if sign.is_alphanumeric() || matches!(sign, '_' | '.') => {
                Err(self.unexpected())
            }
            Some(_) | None => Ok(()),
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

#[cfg(test)]
mod tests {
    use super::check;

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
            assert_eq!(check(path, 1000), Ok(()), "{path}");
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
            "$.a like_regex \"(\"",
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
            assert!(check(path, 1000).is_err(), "{path}");
        }
        assert!(check(&format!("{}$", "(".repeat(50)), 1000).is_err());
        assert!(check("$.aaaa", 3).is_err());
    }
}
