//! Rows become JSON bytes, the same on both stores.

use crate::PageRows;
use base::{Result, Value};
use sql::{Compiled, Form, Shape, ShapeNode};
use std::io::Write as _;

/// One column of one row, borrowed from the driver.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Real(f64),
    Text(&'a [u8]),
    Bytes(&'a [u8]),
}

impl Cell<'_> {
    pub(crate) fn to_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(truth),
            Self::Int(number) => Value::Int(number),
            Self::Real(number) => Value::Real(number),
            Self::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
            Self::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
        }
    }

    /// Whether it is true in the sense of both databases: true, or a number that is not 0.
    pub(crate) fn is_true(self) -> bool {
        match self {
            Self::Bool(truth) => truth,
            Self::Int(number) => number != 0,
            Self::Real(number) => number != 0.0,
            Self::Null | Self::Text(_) | Self::Bytes(_) => false,
        }
    }
}

/// A row of either driver.
pub(crate) trait Row {
    fn cell(&self, column: usize) -> Result<Cell<'_>>;
}

/// Collects the rows of one page.
pub(crate) struct Page<'a> {
    compiled: &'a Compiled,
    rows: PageRows,
}

impl<'a> Page<'a> {
    pub(crate) fn new(compiled: &'a Compiled) -> Self {
        Self { compiled, rows: PageRows { json: Vec::with_capacity(1024), ..PageRows::default() } }
    }

    /// Takes one row. The row beyond the limit is only noted.
    pub(crate) fn take(&mut self, row: &impl Row) -> Result<()> {
        if self.compiled.limit.is_some_and(|limit| self.rows.rows >= limit) {
            self.rows.more = true;
            return Ok(());
        }
        if self.rows.rows > 0 {
            self.rows.json.push(b',');
        }
        write_object(&mut self.rows.json, &self.compiled.shape, row)?;
        self.rows.rows += 1;
        // The last row taken makes the cursor. Which one is last is not known before the end, but
        // a full page's is, and an unfilled page has no successor.
        if let Some(cursor) = &self.compiled.cursor
            && self.compiled.limit == Some(self.rows.rows)
        {
            let columns = cursor.columns.iter();
            self.rows.cursor = Some(
                columns
                    .map(|column| row.cell(*column).map(Cell::to_value))
                    .collect::<Result<_>>()?,
            );
        }
        Ok(())
    }

    /// The statement that counts, if the total is wanted and this page does not tell it.
    pub(crate) fn uncounted(&mut self) -> Option<&'a sql::Statement> {
        let total = self.compiled.total.as_ref()?;
        let last = match self.compiled.limit {
            None => true,
            Some(limit) => self.rows.rows < limit || (self.compiled.probe && !self.rows.more),
        };
        if let Some(offset) = self.compiled.offset
            && last
            && (self.rows.rows > 0 || offset == 0)
        {
            self.rows.total = Some(offset + self.rows.rows);
            return None;
        }
        Some(total)
    }

    /// Notes the counted total.
    pub(crate) fn counted(&mut self, total: u64) {
        self.rows.total = Some(total);
    }

    pub(crate) fn finish(mut self) -> PageRows {
        if !self.compiled.probe {
            let end = self.compiled.offset.map(|offset| offset + self.rows.rows);
            self.rows.more = end.zip(self.rows.total).is_some_and(|(end, total)| end < total);
        }
        let may_follow = self.rows.more || (!self.compiled.probe && self.rows.total.is_none());
        if !may_follow {
            self.rows.cursor = None;
        }
        self.rows
    }
}

/// Writes one row as one JSON object.
pub(crate) fn write_object(out: &mut Vec<u8>, shape: &Shape, row: &impl Row) -> Result<()> {
    write_nodes(out, &shape.nodes, row)
}

fn write_nodes(out: &mut Vec<u8>, nodes: &[ShapeNode], row: &impl Row) -> Result<()> {
    out.push(b'{');
    for (at, node) in nodes.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        match node {
            ShapeNode::Field { key, column, form } => {
                out.extend_from_slice(key.as_bytes());
                write_cell(out, row.cell(*column)?, *form);
            }
            ShapeNode::Object { key, present, nodes } => {
                out.extend_from_slice(key.as_bytes());
                if row.cell(*present)? == Cell::Null {
                    out.extend_from_slice(b"null");
                } else {
                    write_nodes(out, nodes, row)?;
                }
            }
        }
    }
    out.push(b'}');
    Ok(())
}

/// Writes one value. The form decides; where a store hands over another storage class than the
/// form expects (a whole number for a real, 0/1 for a boolean), the value is written so that it
/// still reads as the form.
fn write_cell(out: &mut Vec<u8>, cell: Cell<'_>, form: Form) {
    match (form, cell) {
        (_, Cell::Null) => out.extend_from_slice(b"null"),
        (Form::Text, Cell::Text(text)) => write_text(out, text),
        (Form::Json, Cell::Text(json)) => write_compact(out, json),
        (Form::NumberToken | Form::Int | Form::Real, Cell::Text(token)) => {
            // A token is digits by construction; anything else must not break the document.
            if is_number(token) {
                out.extend_from_slice(token);
            } else {
                write_text(out, token);
            }
        }
        (Form::IntText | Form::Base64, Cell::Text(text)) => write_text(out, text),
        (Form::Bool, Cell::Text(text)) => write_bool(out, matches!(text, b"1" | b"t" | b"true")),
        (Form::Bool, Cell::Bool(_) | Cell::Int(_) | Cell::Real(_)) => {
            write_bool(out, cell.is_true())
        }
        (Form::Text | Form::IntText | Form::Base64, Cell::Int(number)) => {
            out.push(b'"');
            write_int(out, number);
            out.push(b'"');
        }
        (Form::Text | Form::IntText | Form::Base64, Cell::Real(number)) => {
            out.push(b'"');
            write_real(out, number);
            out.push(b'"');
        }
        (Form::Text | Form::IntText | Form::Base64, Cell::Bool(truth)) => {
            out.push(b'"');
            write_bool(out, truth);
            out.push(b'"');
        }
        (Form::Int | Form::Real | Form::NumberToken | Form::Json, Cell::Int(number)) => {
            write_int(out, number);
        }
        (Form::Int | Form::Real | Form::NumberToken | Form::Json, Cell::Real(number)) => {
            write_real(out, number);
        }
        (Form::Int | Form::Real | Form::NumberToken, Cell::Bool(truth)) => {
            out.push(if truth { b'1' } else { b'0' });
        }
        (Form::Json, Cell::Bool(truth)) => write_bool(out, truth),
        (_, Cell::Bytes(bytes)) => write_base64(out, bytes),
    }
}

fn write_bool(out: &mut Vec<u8>, truth: bool) {
    out.extend_from_slice(if truth { b"true" } else { b"false" });
}

/// What a byte becomes inside a JSON string: 0 as it is, `u` as `\u00xx`, else that letter after a
/// backslash.
const ESCAPES: [u8; 256] = {
    let mut table = [0_u8; 256];
    let mut at = 0;
    while at < 0x20 {
        table[at] = b'u';
        at += 1;
    }
    table[0x08] = b'b';
    table[0x09] = b't';
    table[0x0A] = b'n';
    table[0x0C] = b'f';
    table[0x0D] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
};

/// Writes a JSON string. Bytes that are not UTF-8 (only a damaged file holds them) become U+FFFD.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    match std::str::from_utf8(text) {
        Ok(text) => write_escaped(out, text.as_bytes()),
        Err(_) => write_escaped(out, String::from_utf8_lossy(text).as_bytes()),
    }
    out.push(b'"');
}

fn write_escaped(out: &mut Vec<u8>, text: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut from = 0;
    for (at, byte) in text.iter().enumerate() {
        let escape = ESCAPES[usize::from(*byte)];
        if escape == 0 {
            continue;
        }
        out.extend_from_slice(&text[from..at]);
        from = at + 1;
        if escape == b'u' {
            let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
        } else {
            out.extend_from_slice(&[b'\\', escape]);
        }
    }
    out.extend_from_slice(&text[from..]);
}

/// Copies JSON without the blanks between its tokens: Postgres prints `{"a": 1}`, SQLite
/// `{"a":1}`, and the answer must be the same bytes.
pub(crate) fn write_compact(out: &mut Vec<u8>, json: &[u8]) {
    let mut from = 0;
    let mut at = 0;
    let mut in_string = false;
    while at < json.len() {
        match json[at] {
            b'"' => in_string = !in_string,
            b'\\' if in_string => at += 1,
            b' ' | b'\n' | b'\r' | b'\t' if !in_string => {
                out.extend_from_slice(&json[from..at]);
                from = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    out.extend_from_slice(&json[from..]);
}

pub(crate) fn write_int(out: &mut Vec<u8>, number: i64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        // A remainder of ten fits a byte.
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// The shortest digits that read back equal, spelled as Postgres spells a double (an exponent from
/// 1e+15 up and below 1e-04 down), so that a number cast to text inside SQL looks the same as one
/// written here. JSON has no infinity and no NaN: they are `null`.
pub(crate) fn write_real(out: &mut Vec<u8>, number: f64) {
    if !number.is_finite() {
        out.extend_from_slice(b"null");
        return;
    }
    if number == 0.0 {
        out.push(b'0');
        return;
    }
    // The longest, `-2.2250738585072014e-308`, has 24 signs.
    let mut buffer = [0_u8; 32];
    let mut free = buffer.as_mut_slice();
    let written = write!(free, "{number:e}");
    debug_assert!(written.is_ok());
    let length = 32 - free.len();
    settle_tie(&mut buffer[..length], number);
    let shortest = &buffer[..length];
    let at = shortest.iter().position(|sign| *sign == b'e').unwrap_or(shortest.len());
    let exponent = std::str::from_utf8(shortest.get(at + 1..).unwrap_or_default())
        .ok()
        .and_then(|digits| digits.parse::<i32>().ok())
        .unwrap_or(0);
    let mantissa = &shortest[..at];
    if !(-4..15).contains(&exponent) {
        out.extend_from_slice(mantissa);
        out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
        if exponent.abs() < 10 {
            out.push(b'0');
        }
        write_int(out, i64::from(exponent.abs()));
        return;
    }
    if number < 0.0 {
        out.push(b'-');
    }
    let digits = mantissa.iter().copied().filter(u8::is_ascii_digit);
    if exponent < 0 {
        out.extend_from_slice(b"0.");
        out.extend((1..-exponent).map(|_| b'0'));
        out.extend(digits);
        return;
    }
    let whole = usize::try_from(exponent).unwrap_or(0) + 1;
    let mut count = 0;
    for digit in digits {
        if count == whole {
            out.push(b'.');
        }
        out.push(digit);
        count += 1;
    }
    out.extend((count..whole).map(|_| b'0'));
}

/// Where two spellings of the same length are equally near (`…853.25` as `.2` or `.3`), Postgres
/// takes the even digit and the standard library the larger one. Turns the second into the first.
fn settle_tie(shortest: &mut [u8], number: f64) {
    let Some(end) = shortest.iter().position(|sign| *sign == b'e') else { return };
    let digits = shortest[..end].iter().filter(|sign| sign.is_ascii_digit()).count();
    // Only numbers that need nearly all the digits of a double have such neighbours.
    if digits < 15 {
        return;
    }
    let mut buffer = [0_u8; 64];
    let mut free = buffer.as_mut_slice();
    let written = write!(free, "{number:.40e}");
    debug_assert!(written.is_ok());
    // The exact digits, up to and beyond the last one kept; sign and point stand in both.
    let exact_end = buffer.iter().position(|sign| *sign == b'e').unwrap_or(0);
    let Some((kept, rest)) = buffer[..exact_end].split_at_checked(end) else { return };
    let is_tie = rest.first() == Some(&b'5') && rest[1..].iter().all(|digit| *digit == b'0');
    let is_even = kept.last().is_some_and(|digit| digit.is_ascii_digit() && digit % 2 == 0);
    if is_tie && is_even && kept.len() == end {
        let mut other = [0_u8; 32];
        other[..shortest.len()].copy_from_slice(shortest);
        other[..end].copy_from_slice(kept);
        // Just above a power of two the lower neighbour may be another number.
        let reads_back = std::str::from_utf8(&other[..shortest.len()])
            .is_ok_and(|text| text.parse() == Ok(number));
        if reads_back {
            shortest.copy_from_slice(&other[..shortest.len()]);
        }
    }
}

fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    use base64::Engine as _;
    const FORM: base64::engine::GeneralPurpose = base64::engine::general_purpose::STANDARD;
    out.push(b'"');
    let from = out.len();
    out.resize(from + bytes.len().div_ceil(3) * 4, b'=');
    // The space was measured: four signs for every three bytes begun.
    let written = FORM.encode_slice(bytes, &mut out[from..]).unwrap_or(0);
    out.truncate(from + written);
    out.push(b'"');
}

/// Whether the bytes are one JSON number.
fn is_number(token: &[u8]) -> bool {
    let digits = |token: &[u8]| token.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut rest = token.strip_prefix(b"-").unwrap_or(token);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest[0] == b'0') {
        return false;
    }
    rest = &rest[whole..];
    if let Some(after) = rest.strip_prefix(b".") {
        let part = digits(after);
        if part == 0 {
            return false;
        }
        rest = &after[part..];
    }
    if let Some(after) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        let after = after.strip_prefix(b"-").or_else(|| after.strip_prefix(b"+")).unwrap_or(after);
        let part = digits(after);
        return part > 0 && part == after.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::{Cell, is_number, write_cell, write_compact};
    use sql::Form;

    fn written(form: Form, cell: Cell<'_>) -> String {
        let mut out = Vec::new();
        write_cell(&mut out, cell, form);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_form_writes_valid_json() {
        let cases = [
            (
                Form::Text,
                Cell::Text("a\"b\\c\n\u{1}é😀".as_bytes()),
                "\"a\\\"b\\\\c\\n\\u0001é😀\"",
            ),
            (Form::Text, Cell::Text(b"\x7f\x00"), "\"\u{7f}\\u0000\""),
            (Form::Int, Cell::Int(i64::MIN), "-9223372036854775808"),
            (Form::Int, Cell::Int(0), "0"),
            (Form::IntText, Cell::Int(i64::MAX), "\"9223372036854775807\""),
            (Form::Real, Cell::Real(2.0), "2"),
            (Form::Real, Cell::Real(-0.0), "0"),
            (Form::Real, Cell::Real(0.1), "0.1"),
            (Form::Real, Cell::Real(1e300), "1e+300"),
            (Form::Real, Cell::Real(1e15), "1e+15"),
            (Form::Real, Cell::Real(-123_456_789_012_345.0), "-123456789012345"),
            (Form::Real, Cell::Real(1_234_567.5), "1234567.5"),
            (Form::Real, Cell::Real(667_082_108_456_853.0 + 0.25), "667082108456853.2"),
            (Form::Real, Cell::Real(0.000_123), "0.000123"),
            (Form::Real, Cell::Real(-0.000_012_5), "-1.25e-05"),
            (Form::Real, Cell::Real(5e-324), "5e-324"),
            (Form::Real, Cell::Real(f64::INFINITY), "null"),
            (Form::Real, Cell::Int(3), "3"),
            (Form::NumberToken, Cell::Text(b"12.10"), "12.10"),
            (Form::NumberToken, Cell::Text(b"1,2"), "\"1,2\""),
            (Form::Bool, Cell::Int(0), "false"),
            (Form::Bool, Cell::Bool(true), "true"),
            (Form::Json, Cell::Text(b"{\"a b\": [1, \"x \\\" y\"]}"), "{\"a b\":[1,\"x \\\" y\"]}"),
            (Form::Base64, Cell::Bytes(&[0, 255, 16, 1]), "\"AP8QAQ==\""),
            (Form::Base64, Cell::Bytes(&[]), "\"\""),
            (Form::Json, Cell::Null, "null"),
        ];
        for (form, cell, expected) in cases {
            assert_eq!(written(form, cell), expected);
        }
    }

    #[test]
    fn compact_json_keeps_strings_as_they_are() {
        let mut out = Vec::new();
        write_compact(&mut out, b" [ \"a, b\\\\\" , { } ] ");
        assert_eq!(out, b"[\"a, b\\\\\",{}]");
    }

    #[test]
    fn number_tokens_are_json_numbers() {
        for token in ["0", "-1", "12.50", "1e5", "1.5E-7", "99999999999999999999999999999999999999"]
        {
            assert!(is_number(token.as_bytes()), "{token}");
        }
        for token in ["", "-", "01", "1.", ".5", "1e", "1 ", "NaN", "+1", "0x1"] {
            assert!(!is_number(token.as_bytes()), "{token}");
        }
    }
}
