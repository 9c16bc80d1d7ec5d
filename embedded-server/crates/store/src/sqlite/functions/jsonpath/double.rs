//! Texts as doubles, as C and with it Postgres reads them: also with hexadecimal digits.

use serde_json::Value as Json;

/// The power of two of the smallest double, and of the last bit of the largest.
const LEAST: i64 = -1074;
const BITS: i64 = 53;

/// What `.double()` makes of a text: the number with 15 digits, as Postgres spells a double inside
/// of a document.
pub(super) fn of_text(text: &str) -> Option<Json> {
    let number = read(text)?;
    if number == 0.0 {
        return Some(Json::from(0));
    }
    let spelled = format!("{number:.14e}");
    let (digits, power) = spelled.split_once('e')?;
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    serde_json::from_str(&format!("{digits}e{power}")).ok()
}

/// A finite number. What is so small that only zero would be left of it is none.
pub(super) fn read(text: &str) -> Option<f64> {
    let text = text.trim_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => hexadecimal(digits)?,
        None if digits.starts_with(['+', '-']) => return None,
        None => {
            let number: f64 = digits.parse().ok()?;
            let mantissa = digits.split(['e', 'E']).next().unwrap_or_default();
            let is_some = mantissa.contains(|sign: char| ('1'..='9').contains(&sign));
            if number == 0.0 && is_some {
                return None;
            }
            number
        }
    };
    number.is_finite().then_some(sign * number)
}

/// The digits behind `0x`, with a point and a power of two where they have one; rounded once.
fn hexadecimal(text: &str) -> Option<f64> {
    let (digits, power) = match text.split_once(['p', 'P']) {
        Some((digits, power)) => (digits, whole(power)?),
        None => (text, 0),
    };
    let (before, behind) = digits.split_once('.').unwrap_or((digits, ""));
    if before.len() + behind.len() == 0 {
        return None;
    }
    let (mut bits, mut power) = (0_u128, power);
    for (at, sign) in before.chars().chain(behind.chars()).enumerate() {
        let digit = u128::from(sign.to_digit(16)?);
        if bits >> 120 == 0 {
            bits = bits << 4 | digit;
        } else {
            // Only whether anything stands there matters for what is rounded.
            bits |= u128::from(digit > 0);
            power = power.saturating_add(4);
        }
        if at >= before.chars().count() {
            power = power.saturating_sub(4);
        }
    }
    if bits == 0 {
        return Some(0.0);
    }
    let top = power.saturating_add(127 - i64::from(bits.leading_zeros()));
    if !(LEAST - 1..=1_100).contains(&top) {
        return None;
    }
    let last = (top - BITS + 1).max(LEAST);
    let kept = match u32::try_from(last - power) {
        // All bits fit as they are.
        Err(_) => bits << u32::try_from(power - last).ok()?,
        Ok(0) => bits,
        Ok(cut) => {
            let kept = bits.checked_shr(cut).unwrap_or(0);
            let rest = bits - kept.checked_shl(cut).unwrap_or(0);
            let half = 1_u128.checked_shl(cut - 1)?;
            kept + u128::from(rest > half || (rest == half && kept & 1 == 1))
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "at most 2 to the power of 53")]
    let kept = kept as f64;
    // In two steps: the power alone may be beyond the doubles.
    let first = last / 2;
    let scaled = kept * two_to(first)? * two_to(last - first)?;
    (scaled > 0.0 && scaled.is_finite()).then_some(scaled)
}

fn two_to(power: i64) -> Option<f64> {
    Some(2.0_f64.powi(i32::try_from(power).ok()?))
}

/// A whole number with or without a sign; what is beyond all doubles is their bound and more.
fn whole(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let found = digits.parse().unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
    Some(if negative { -found } else { found })
}

#[cfg(test)]
mod tests {
    use super::{of_text, read};

    #[test]
    fn texts_are_read_as_postgres_reads_them() {
        // Taken from PostgreSQL 15.
        for (text, number) in [
            ("0x10", Some(16.0)),
            (" -0X1a\t", Some(-26.0)),
            ("0x.8", Some(0.5)),
            ("0x1.8p1", Some(3.0)),
            ("0x1p+2", Some(4.0)),
            ("0x1P-2", Some(0.25)),
            ("0x0p99999", Some(0.0)),
            ("0x1p-1074", Some(5e-324)),
            ("0x1p-1075", None),
            ("0x3p-1075", Some(1e-323)),
            ("0x1p1024", None),
            ("0x1.fffffffffffff7p1023", Some(f64::MAX)),
            ("0x1.fffffffffffff8p1023", None),
            ("0x1.00000000000008p0", Some(1.0)),
            ("0x1.00000000000018p0", Some(1.000_000_000_000_000_4)),
            ("0x1.000000000000080000000000000000000001p0", Some(1.000_000_000_000_000_2)),
            ("0x1p99999999999999999999", None),
            ("0x", None),
            ("0x.p1", None),
            ("0x1p", None),
            ("0xg", None),
            ("1e5 ", Some(1e5)),
            ("+.5", Some(0.5)),
            ("1.e2", Some(100.0)),
            ("1e-400", None),
            ("0e999", Some(0.0)),
            ("4e-324", Some(5e-324)),
            ("1e309", None),
            ("infinity", None),
            ("NaN", None),
            ("+-1", None),
            ("1_0", None),
            ("1\u{a0}", None),
            ("", None),
        ] {
            assert_eq!(read(text), number, "{text}");
        }
        let spelled = |text| of_text(text).map(|number| number.to_string());
        assert_eq!(spelled("0.1234567890123456789").as_deref(), Some("1.23456789012346e-1"));
        assert_eq!(spelled("0x10").as_deref(), Some("1.6e+1"));
        assert_eq!(spelled("-0").as_deref(), Some("0"));
    }
}
