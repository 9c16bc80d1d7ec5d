//! Decimal text with every digit: parsing, rounding, comparing. No floating point on the way.

use std::cmp::Ordering;

/// Most digits on either side of the point. `1e1000000` is eight bytes on the wire and a megabyte
/// once written out, so an exponent may not reach further than this.
const DIGITS_MAX: usize = 1_000;

/// A decimal number, digit by digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    /// Digits before the point without leading zeros; empty is zero.
    whole: String,
    /// Digits behind the point, trailing zeros kept: `12.10` stays `12.10`.
    fraction: String,
}

impl Decimal {
    /// Reads `-12.10`, `.5`, `7.` and `1.5e3`. `None` when it is not a number or too long.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (&rest[..at], rest[at + 1..].parse::<i32>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
            return None;
        }
        let shift = usize::try_from(exponent.unsigned_abs()).ok()?;
        if whole.len() + fraction.len() + shift > 2 * DIGITS_MAX {
            return None;
        }
        let (mut whole, mut fraction) = (whole.to_owned(), fraction.to_owned());
        if exponent > 0 {
            let moved = shift.min(fraction.len());
            whole.push_str(&fraction[..moved]);
            whole.push_str(&"0".repeat(shift - moved));
            fraction.drain(..moved);
        } else if exponent < 0 {
            let all = format!("{}{whole}", "0".repeat(shift.saturating_sub(whole.len())));
            let cut = all.len() - shift;
            fraction.insert_str(0, &all[cut..]);
            whole = all[..cut].to_owned();
        }
        let whole = whole.trim_start_matches('0').to_owned();
        if whole.len() > DIGITS_MAX || fraction.len() > DIGITS_MAX {
            return None;
        }
        let zero = whole.is_empty() && fraction.bytes().all(|b| b == b'0');
        Some(Self { negative: negative && !zero, whole, fraction })
    }

    /// Whether nothing stands behind the point but zeros.
    pub(crate) fn is_integer(&self) -> bool {
        self.fraction.bytes().all(|b| b == b'0')
    }

    /// Significant digits before the point.
    pub(crate) fn whole_digits(&self) -> usize {
        self.whole.len()
    }

    /// The same number with exactly `scale` digits behind the point; a half goes away from zero,
    /// as both stores' decimals round.
    pub(crate) fn rounded(mut self, scale: usize) -> Self {
        if self.fraction.len() <= scale {
            self.fraction.push_str(&"0".repeat(scale - self.fraction.len()));
            return self;
        }
        let up = self.fraction.as_bytes()[scale] >= b'5';
        self.fraction.truncate(scale);
        if up {
            let mut digits: Vec<u8> = self.whole.bytes().chain(self.fraction.bytes()).collect();
            let mut at = digits.len();
            loop {
                if at == 0 {
                    digits.insert(0, b'1');
                    break;
                }
                at -= 1;
                if digits[at] == b'9' {
                    digits[at] = b'0';
                } else {
                    digits[at] += 1;
                    break;
                }
            }
            let text: String = digits.into_iter().map(char::from).collect();
            let cut = text.len() - scale;
            self.whole = text[..cut].trim_start_matches('0').to_owned();
            self.fraction = text[cut..].to_owned();
        }
        let zero = self.whole.is_empty() && self.fraction.bytes().all(|b| b == b'0');
        self.negative &= !zero;
        self
    }

    /// Canonical digits: no leading zeros, no `-0`, no exponent.
    pub(crate) fn text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let whole = if self.whole.is_empty() { "0" } else { &self.whole };
        if self.fraction.is_empty() {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{}", self.fraction)
        }
    }

    /// The number without what stands behind the point, when 64 bits hold it.
    pub(crate) fn to_i64(&self) -> Option<i64> {
        let sign = if self.negative { "-" } else { "" };
        let whole = if self.whole.is_empty() { "0" } else { &self.whole };
        format!("{sign}{whole}").parse().ok()
    }

    /// Order by value: `1.0` equals `1.00`.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let size = |a: &Self, b: &Self| {
            a.whole.len().cmp(&b.whole.len()).then_with(|| a.whole.cmp(&b.whole)).then_with(|| {
                a.fraction.trim_end_matches('0').cmp(b.fraction.trim_end_matches('0'))
            })
        };
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => size(self, other),
            (true, true) => size(other, self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;
    use std::cmp::Ordering;

    #[test]
    fn numbers_are_written_out_with_every_digit() {
        for (from, to) in [
            ("12.10", "12.10"),
            ("-0", "0"),
            ("-0.00", "0.00"),
            ("007.5", "7.5"),
            (".5", "0.5"),
            ("1e3", "1000"),
            ("1.50e1", "15.0"),
            ("15e-3", "0.015"),
            ("-1.25E-1", "-0.125"),
            ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        ] {
            assert_eq!(Decimal::parse(from).map(|d| d.text()).as_deref(), Some(to), "{from}");
        }
        for wrong in ["", "-", ".", "1.2.3", "0x1", "1e", "NaN", "1e2000", "1e-99999999999", "１"]
        {
            assert_eq!(Decimal::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_half_rounds_away_from_zero() {
        for (from, scale, to) in [
            ("1.005", 2, "1.01"),
            ("-1.005", 2, "-1.01"),
            ("0.004", 2, "0.00"),
            ("-0.004", 2, "0.00"),
            ("9.995", 2, "10.00"),
            ("0.5", 0, "1"),
            ("3", 2, "3.00"),
        ] {
            assert_eq!(Decimal::parse(from).unwrap().rounded(scale).text(), to, "{from}");
        }
    }

    #[test]
    fn order_is_by_value() {
        for (a, b, order) in [
            ("1.0", "1.00", Ordering::Equal),
            ("2", "10", Ordering::Less),
            ("-2", "-10", Ordering::Greater),
            ("0.09", "0.1", Ordering::Less),
            ("-1", "1", Ordering::Less),
        ] {
            assert_eq!(Decimal::parse(a).unwrap().order(&Decimal::parse(b).unwrap()), order);
        }
    }
}
