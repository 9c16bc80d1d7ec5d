//! Decimals as text: any number of digits, exact.

use super::{PURE, text_of};
use rusqlite::functions::{Aggregate, Context};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};
use std::cmp::Ordering;

/// Most digits a decimal may be written out to from an exponent; Postgres' numeric ends there too.
const DIGITS_MAX: usize = 131_072;

/// Fewest significant digits of a quotient, as in Postgres.
pub(super) const SIGNIFICANT_MIN: i64 = 16;

/// Most digits after the point of a quotient, as in Postgres.
pub(super) const SCALE_MAX: i64 = 1_000;

pub(super) fn register(connection: &Connection) -> Result<()> {
    connection.create_collation("BX_DECIMAL", compare)?;
    connection.create_scalar_function("bx_dec", 1, PURE, |context| {
        Ok(text_of(context, 0).and_then(|text| Decimal::read(&text)).map(|decimal| decimal.print()))
    })?;
    connection.create_aggregate_function("bx_dec_sum", 1, PURE, Sum)?;
    connection.create_aggregate_function("bx_dec_avg", 1, PURE, Average)?;
    connection.create_aggregate_function("bx_dec_minimum", 1, PURE, Extreme(Ordering::Less))?;
    connection.create_aggregate_function("bx_dec_maximum", 1, PURE, Extreme(Ordering::Greater))
}

/// A decimal taken apart: borrowed digits around the point.
struct Parts<'a> {
    negative: bool,
    /// Without leading zeros.
    whole: &'a [u8],
    /// As written, trailing zeros included.
    broken: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Digits with an optional sign and point; no exponent.
    fn plain(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (negative, digits) = match bytes.first()? {
            b'-' => (true, &bytes[1..]),
            b'+' => (false, &bytes[1..]),
            _ => (false, bytes),
        };
        let (whole, broken) = match digits.iter().position(|byte| *byte == b'.') {
            Some(point) => (&digits[..point], &digits[point + 1..]),
            None => (digits, &digits[digits.len()..]),
        };
        let only_digits = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
        if whole.len() + broken.len() == 0 || !only_digits(whole) || !only_digits(broken) {
            return None;
        }
        let zeros = whole.iter().take_while(|digit| **digit == b'0').count();
        Some(Self { negative, whole: &whole[zeros..], broken })
    }

    fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.broken.iter().all(|digit| *digit == b'0')
    }
}

/// The order of BX_DECIMAL: numbers by value, before whatever is no number.
pub(in crate::sqlite) fn compare(left: &str, right: &str) -> Ordering {
    match (Parts::plain(left), Parts::plain(right)) {
        (Some(left), Some(right)) => compare_parts(&left, &right),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => left.cmp(right),
    }
}

fn compare_parts(left: &Parts<'_>, right: &Parts<'_>) -> Ordering {
    let negative = |parts: &Parts<'_>| parts.negative && !parts.is_zero();
    match (negative(left), negative(right)) {
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (true, true) => compare_sizes(right, left),
        (false, false) => compare_sizes(left, right),
    }
}

fn compare_sizes(left: &Parts<'_>, right: &Parts<'_>) -> Ordering {
    left.whole
        .len()
        .cmp(&right.whole.len())
        .then_with(|| left.whole.cmp(right.whole))
        .then_with(|| trimmed(left.broken).cmp(trimmed(right.broken)))
}

fn trimmed(broken: &[u8]) -> &[u8] {
    let kept = broken.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
    &broken[..kept]
}

/// A decimal of any size: digits without a point, and how many stand after it.
#[derive(Clone, Debug)]
pub(super) struct Decimal {
    pub(super) negative: bool,
    /// 0-9, most significant first, no leading zeros; empty for zero.
    pub(super) digits: Vec<u8>,
    pub(super) scale: usize,
}

impl Decimal {
    /// Reads a number, with or without an exponent.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim_matches(' ');
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let parts = Parts::plain(mantissa)?;
        let mut digits: Vec<u8> =
            parts.whole.iter().chain(parts.broken).map(|digit| digit - b'0').collect();
        let mut scale = i64::try_from(parts.broken.len()).ok()?.checked_sub(exponent)?;
        if scale < 0 {
            let zeros = usize::try_from(-scale).ok().filter(|zeros| *zeros <= DIGITS_MAX)?;
            digits.resize(digits.len() + zeros, 0);
            scale = 0;
        }
        let scale = usize::try_from(scale).ok().filter(|scale| *scale <= DIGITS_MAX)?;
        Some(Self { negative: parts.negative, digits, scale }.normal())
    }

    pub(super) fn normal(mut self) -> Self {
        let zeros = self.digits.iter().take_while(|digit| **digit == 0).count();
        self.digits.drain(..zeros);
        self.negative &= !self.digits.is_empty();
        self
    }

    /// The canonical text: every digit after the point, no leading zeros, no `-0`.
    pub(super) fn print(&self) -> String {
        let mut text = String::with_capacity(self.digits.len() + 3);
        if self.negative {
            text.push('-');
        }
        let whole = self.digits.len().saturating_sub(self.scale);
        if whole == 0 {
            text.push('0');
        }
        text.extend(self.digits[..whole].iter().map(|digit| char::from(b'0' + digit)));
        if self.scale > 0 {
            text.push('.');
            let missing = self.scale.saturating_sub(self.digits.len());
            text.extend((0..missing).map(|_| '0'));
            text.extend(self.digits[whole..].iter().map(|digit| char::from(b'0' + digit)));
        }
        text
    }

    /// The digits as one integer and how many of them stand after the point; `None` beyond 38.
    pub(super) fn as_integer(&self) -> Option<(i128, u32)> {
        let size = self.digits.iter().try_fold(0_i128, |value, digit| {
            value.checked_mul(10)?.checked_add(i128::from(*digit))
        })?;
        let value = if self.negative { -size } else { size };
        Some((value, u32::try_from(self.scale).ok()?))
    }

    /// The decimal with these digits, `scale` of them after the point.
    pub(super) fn of_integer(value: i128, scale: u32) -> Self {
        let digits = value.unsigned_abs().to_string().bytes().map(|digit| digit - b'0').collect();
        let scale = usize::try_from(scale).unwrap_or(usize::MAX);
        Self { negative: value < 0, digits, scale }.normal()
    }

    /// Whether two texts stand for the same number; false if either is none.
    pub(super) fn same(left: &str, right: &str) -> bool {
        if left == right {
            return Self::read(left).is_some();
        }
        match (Self::read(left), Self::read(right)) {
            (Some(left), Some(right)) => compare(&left.print(), &right.print()).is_eq(),
            _ => false,
        }
    }
}

/// A running sum, its positive and negative parts apart so that digits are only ever added.
#[derive(Default)]
pub(in crate::sqlite) struct Running {
    count: u64,
    /// Most digits after the point that were seen: the scale of the sum.
    scale: usize,
    above: Size,
    below: Size,
}

/// A size whose digits stand least significant first, `scale` of them after the point.
#[derive(Default)]
struct Size {
    digits: Vec<u8>,
    scale: usize,
}

impl Size {
    fn add(&mut self, decimal: &Decimal) {
        if self.scale < decimal.scale {
            let zeros = decimal.scale - self.scale;
            self.digits.splice(..0, std::iter::repeat_n(0, zeros));
            self.scale = decimal.scale;
        }
        let shift = self.scale - decimal.scale;
        let mut carry = 0;
        let mut at = shift;
        for digit in decimal.digits.iter().rev() {
            if at >= self.digits.len() {
                self.digits.resize(at + 1, 0);
            }
            let sum = self.digits[at] + digit + carry;
            self.digits[at] = sum % 10;
            carry = sum / 10;
            at += 1;
        }
        while carry > 0 {
            if at >= self.digits.len() {
                self.digits.push(0);
            }
            let sum = self.digits[at] + carry;
            self.digits[at] = sum % 10;
            carry = sum / 10;
            at += 1;
        }
    }

    /// The digits at a scale at least its own, most significant first, without leading zeros.
    fn at_scale(&self, scale: usize) -> Vec<u8> {
        let zeros = std::iter::repeat_n(0, scale - self.scale);
        self.digits.iter().rev().copied().chain(zeros).skip_while(|digit| *digit == 0).collect()
    }
}

impl Running {
    fn take(&mut self, context: &Context<'_>) -> Result<()> {
        if matches!(context.get_raw(0), ValueRef::Null) {
            return Ok(());
        }
        if super::with_text(context, 0, |text| self.add(text)) == Some(true) {
            return Ok(());
        }
        Err(super::unfit("a decimal column holds text that is no number"))
    }

    /// Adds a number; false when the text is none.
    pub(in crate::sqlite) fn add(&mut self, text: &str) -> bool {
        let Some(decimal) = Decimal::read(text) else { return false };
        self.take_in(&decimal);
        true
    }

    pub(super) fn take_in(&mut self, decimal: &Decimal) {
        self.count += 1;
        self.scale = self.scale.max(decimal.scale);
        let size = if decimal.negative { &mut self.below } else { &mut self.above };
        size.add(decimal);
    }

    /// The sum as text; `None` of nothing.
    pub(in crate::sqlite) fn total(&self) -> Option<String> {
        (self.count > 0).then(|| self.sum().print())
    }

    pub(super) fn sum(&self) -> Decimal {
        let (above, below) = (self.above.at_scale(self.scale), self.below.at_scale(self.scale));
        let negative = above.len().cmp(&below.len()).then_with(|| above.cmp(&below)).is_lt();
        let (mut larger, smaller) = if negative { (below, above) } else { (above, below) };
        let mut borrow = 0;
        for at in 0..larger.len() {
            let here = larger.len() - 1 - at;
            let less = borrow + smaller.len().checked_sub(at + 1).map_or(0, |there| smaller[there]);
            borrow = u8::from(larger[here] < less);
            larger[here] = larger[here] + 10 * borrow - less;
        }
        Decimal { negative, digits: larger, scale: self.scale }.normal()
    }

    /// The sum divided by the count, with as many digits as Postgres gives: at least 16
    /// significant ones, never fewer after the point than the sum has.
    fn average(&self) -> Decimal {
        let sum = self.sum();
        let (sum_weight, sum_first) = weight(&sum);
        let count = Decimal::read(&self.count.to_string());
        let (count_weight, count_first) = count.as_ref().map_or((0, 1), weight);
        let below = i64::from(sum_first <= count_first);
        let quotient_weight = sum_weight - count_weight - below;
        let scale = (SIGNIFICANT_MIN - quotient_weight * 4)
            .max(i64::try_from(self.scale).unwrap_or(SCALE_MAX))
            .clamp(0, SCALE_MAX);
        let scale = usize::try_from(scale).unwrap_or(0).max(sum.scale);
        // Long division by hand, one digit more than is kept, for the rounding.
        let zeros = std::iter::repeat_n(0, scale - sum.scale + 1);
        let divisor = u128::from(self.count.max(1));
        let mut rest = 0_u128;
        let mut digits = Vec::with_capacity(sum.digits.len() + scale + 1);
        for digit in sum.digits.iter().copied().chain(zeros) {
            rest = rest * 10 + u128::from(digit);
            // A quotient of one step is below ten.
            digits.push((rest / divisor) as u8);
            rest %= divisor;
        }
        let half_up = digits.pop().unwrap_or(0) >= 5;
        if half_up {
            let mut at = digits.len();
            loop {
                if at == 0 {
                    digits.insert(0, 1);
                    break;
                }
                at -= 1;
                if digits[at] < 9 {
                    digits[at] += 1;
                    break;
                }
                digits[at] = 0;
            }
        }
        Decimal { negative: sum.negative, digits, scale }.normal()
    }
}

/// Weight and value of the first group of four digits, groups counted from the point: how
/// Postgres' numeric sees a number's size.
pub(super) fn weight(decimal: &Decimal) -> (i64, u32) {
    let group =
        |digits: &[u8]| digits.iter().fold(0, |value, digit| value * 10 + u32::from(*digit));
    let whole = decimal.digits.len().saturating_sub(decimal.scale);
    if decimal.digits.is_empty() {
        return (0, 0);
    }
    if whole > 0 {
        let first = (whole - 1) % 4 + 1;
        let weight = i64::try_from((whole - 1) / 4).unwrap_or(0);
        return (weight, group(&decimal.digits[..first]));
    }
    let zeros = decimal.scale - decimal.digits.len();
    let mut first: Vec<u8> = std::iter::repeat_n(0, zeros % 4).collect();
    first.extend(decimal.digits.iter().copied().chain(std::iter::repeat(0)).take(4 - zeros % 4));
    (-1 - i64::try_from(zeros / 4).unwrap_or(0), group(&first))
}

/// `sum` of numeric: exact, with the most digits after the point that were seen; NULL of nothing.
struct Sum;

impl Aggregate<Running, Option<String>> for Sum {
    fn init(&self, _: &mut Context<'_>) -> Result<Running> {
        Ok(Running::default())
    }

    fn step(&self, context: &mut Context<'_>, running: &mut Running) -> Result<()> {
        running.take(context)
    }

    fn finalize(&self, _: &mut Context<'_>, running: Option<Running>) -> Result<Option<String>> {
        Ok(running.and_then(|running| running.total()))
    }
}

/// `avg` of numeric.
struct Average;

impl Aggregate<Running, Option<String>> for Average {
    fn init(&self, _: &mut Context<'_>) -> Result<Running> {
        Ok(Running::default())
    }

    fn step(&self, context: &mut Context<'_>, running: &mut Running) -> Result<()> {
        running.take(context)
    }

    fn finalize(&self, _: &mut Context<'_>, running: Option<Running>) -> Result<Option<String>> {
        Ok(running.filter(|running| running.count > 0).map(|running| running.average().print()))
    }
}

/// The value furthest this way, as it is spelled; of several spellings the shortest.
struct Extreme(Ordering);

impl Aggregate<Option<String>, Option<String>> for Extreme {
    fn init(&self, _: &mut Context<'_>) -> Result<Option<String>> {
        Ok(None)
    }

    fn step(&self, context: &mut Context<'_>, found: &mut Option<String>) -> Result<()> {
        let Some(text) = text_of(context, 0) else { return Ok(()) };
        let better = found.as_deref().is_none_or(|found| {
            let order = compare(&text, found);
            order == self.0 || (order == Ordering::Equal && text.len() < found.len())
        });
        if better {
            *found = Some(text);
        }
        Ok(())
    }

    fn finalize(
        &self,
        _: &mut Context<'_>,
        found: Option<Option<String>>,
    ) -> Result<Option<String>> {
        Ok(found.flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::super::asked::{text, truth};
    use super::compare;
    use std::cmp::Ordering;

    fn over(aggregate: &str, values: &[&str]) -> Option<String> {
        let rows: Vec<String> = values.iter().map(|value| format!("('{value}')")).collect();
        text(&format!("{aggregate}(column1) FROM (VALUES {})", rows.join(",")))
    }

    #[test]
    fn decimals_are_ordered_by_value() {
        let rising = ["-100", "-99.9", "-1", "0", "0.001", "0.01", "9", "10", "10.5", "1e"];
        for pair in rising.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
        for (left, right) in [("1.10", "1.1"), ("-0", "0.00"), ("007", "7"), (".5", "0.5")] {
            assert_eq!(compare(left, right), Ordering::Equal);
        }
        assert_eq!(
            truth(
                "'99999999999999999999999999999999999999' < '100000000000000000000000000000000000000' COLLATE BX_DECIMAL"
            ),
            Some(true)
        );
    }

    #[test]
    fn canonical_text_keeps_every_digit() {
        let cases = [
            ("'012.10'", Some("12.10")),
            ("'-0.00'", Some("0.00")),
            ("'+5'", Some("5")),
            ("'1.5e3'", Some("1500")),
            ("'1.25e-3'", Some("0.00125")),
            ("1e15", Some("1000000000000000")),
            ("0.1", Some("0.1")),
            ("42", Some("42")),
            ("'twelve'", None),
            ("'1e999999999'", None),
            ("''", None),
            ("NULL", None),
        ];
        for (argument, expected) in cases {
            assert_eq!(text(&format!("bx_dec({argument})")).as_deref(), expected, "{argument}");
        }
    }

    #[test]
    fn sums_are_exact() {
        assert_eq!(over("bx_dec_sum", &["0.1", "0.2"]).as_deref(), Some("0.3"));
        assert_eq!(over("bx_dec_sum", &["12.10", "-2"]).as_deref(), Some("10.10"));
        assert_eq!(over("bx_dec_sum", &["1", "-1.00"]).as_deref(), Some("0.00"));
        assert_eq!(over("bx_dec_sum", &["-5", "3"]).as_deref(), Some("-2"));
        assert_eq!(over("bx_dec_sum", &["0.999", "0.001"]).as_deref(), Some("1.000"));
        let nines = "9".repeat(60);
        let sum = over("bx_dec_sum", &[&nines, "1", "0.5"]);
        assert_eq!(sum, Some(format!("1{}.5", "0".repeat(60))));
        assert_eq!(text("bx_dec_sum(1) WHERE 0"), None);
        assert_eq!(
            text("bx_dec_sum(column1) FROM (VALUES (NULL),('2.0'))").as_deref(),
            Some("2.0")
        );
    }

    #[test]
    fn the_least_and_largest_keep_their_digits() {
        let values = ["2.50", "10.00", "-3.10", "-3.1", "10.0"];
        for turned in [false, true] {
            let mut values = values;
            if turned {
                values.reverse();
            }
            assert_eq!(over("bx_dec_maximum", &values).as_deref(), Some("10.0"));
            assert_eq!(over("bx_dec_minimum", &values).as_deref(), Some("-3.1"));
        }
        assert_eq!(over("bx_dec_maximum", &["1.50"]).as_deref(), Some("1.50"));
        assert_eq!(text("bx_dec_minimum(1) WHERE 0"), None);
        assert_eq!(text("bx_dec_minimum(NULL)"), None);
    }

    #[test]
    fn averages_have_the_digits_of_postgres() {
        // Taken from PostgreSQL 15.
        let cases: [(&[&str], &str); 7] = [
            (&["1", "2"], "1.5000000000000000"),
            (&["1", "1", "2"], "1.3333333333333333"),
            (&["0", "0"], "0.00000000000000000000"),
            (&["10000", "20001"], "15000.500000000000"),
            (&["0.0001", "0.0002"], "0.00015000000000000000"),
            (&["-1", "-2"], "-1.5000000000000000"),
            (&["2", "2", "3"], "2.3333333333333333"),
        ];
        for (values, expected) in cases {
            assert_eq!(over("bx_dec_avg", values).as_deref(), Some(expected), "{values:?}");
        }
    }
}
