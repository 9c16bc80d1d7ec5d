//! Arithmetic with decimals as Postgres' numeric does it: exact, with as many digits after the
//! point as it gives. NULL of NULL, and of what is no number.

use super::decimal::{Decimal, Running, SCALE_MAX, SIGNIFICANT_MIN, compare, weight};
use super::{PURE, text_of};
use rusqlite::functions::Context;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};
use std::cmp::Ordering;

/// A function under the name that SQL calls it by.
type Named<F> = (&'static str, F);
type OfTwo = fn(Decimal, Decimal) -> Option<Decimal>;
type OfOne = fn(Decimal) -> Decimal;
type OfDouble = fn(f64) -> f64;

pub(super) fn register(connection: &Connection) -> Result<()> {
    let two: [Named<OfTwo>; 6] = [
        ("bx_dec_add", |one, two| Some(sum(&one, &two))),
        ("bx_dec_sub", |one, two| Some(sum(&one, &negative(two)))),
        ("bx_dec_mul", |one, two| Some(product(&one, &two))),
        ("bx_dec_div", |one, two| quotient(&one, &two)),
        ("bx_dec_share", |one, two| divided(&one, &two, 0).map(|(whole, _)| whole)),
        ("bx_dec_mod", |one, two| rest(&one, &two)),
    ];
    for (name, work) in two {
        connection.create_scalar_function(name, 2, PURE, move |context| {
            let (Some(one), Some(two)) = (decimal(context, 0), decimal(context, 1)) else {
                return Ok(None);
            };
            Ok(work(one, two).map(|answer| answer.print()))
        })?;
    }
    let one: [Named<OfOne>; 4] = [
        ("bx_dec_abs", |of| Decimal { negative: false, ..of }),
        ("bx_dec_floor", |of| whole(of, Toward::Below)),
        ("bx_dec_ceil", |of| whole(of, Toward::Above)),
        ("bx_dec_round", |of| rounded(of, 0)),
    ];
    for (name, work) in one {
        connection.create_scalar_function(name, 1, PURE, move |context| {
            Ok(decimal(context, 0).map(|of| work(of).print()))
        })?;
    }
    connection.create_scalar_function("bx_dec_round", 2, PURE, |context| {
        let Some(digits) = context.get::<Option<i64>>(1)? else { return Ok(None) };
        let digits = usize::try_from(digits.clamp(0, SCALE_MAX)).unwrap_or(0);
        Ok(decimal(context, 0).map(|of| rounded(of, digits).print()))
    })?;
    connection.create_scalar_function("bx_dec_cmp", 2, PURE, |context| {
        let (Some(one), Some(two)) = (text_of(context, 0), text_of(context, 1)) else {
            return Ok(None);
        };
        Ok(Some(compare(&one, &two) as i64))
    })?;
    for (name, better) in [("bx_dec_max", Ordering::Greater), ("bx_dec_min", Ordering::Less)] {
        connection.create_scalar_function(name, -1, PURE, move |context| {
            let mut best: Option<String> = None;
            for text in (0..context.len()).filter_map(|at| text_of(context, at)) {
                if best.as_ref().is_none_or(|best| compare(&text, best) == better) {
                    best = Some(text);
                }
            }
            Ok(best)
        })?;
    }
    let doubles: [Named<OfDouble>; 3] =
        [("bx_floor", f64::floor), ("bx_ceil", f64::ceil), ("bx_round", f64::round_ties_even)];
    for (name, work) in doubles {
        connection.create_scalar_function(name, 1, PURE, move |context| {
            Ok(match context.get_raw(0) {
                ValueRef::Real(number) => Some(work(number)),
                _ => context.get::<Option<f64>>(0)?,
            })
        })?;
    }
    Ok(())
}

fn decimal(context: &Context<'_>, at: usize) -> Option<Decimal> {
    Decimal::read(&text_of(context, at)?)
}

fn negative(of: Decimal) -> Decimal {
    Decimal { negative: !of.negative, ..of }.normal()
}

fn sum(one: &Decimal, two: &Decimal) -> Decimal {
    let mut running = Running::default();
    running.take_in(one);
    running.take_in(two);
    running.sum()
}

fn product(one: &Decimal, two: &Decimal) -> Decimal {
    let mut digits = vec![0_u8; one.digits.len() + two.digits.len()];
    for (at, left) in one.digits.iter().enumerate().rev() {
        let mut carry = 0;
        for (beside, right) in two.digits.iter().enumerate().rev() {
            let here = at + beside + 1;
            let all = digits[here] + left * right + carry;
            digits[here] = all % 10;
            carry = all / 10;
        }
        digits[at] += carry;
    }
    Decimal { negative: one.negative != two.negative, digits, scale: one.scale + two.scale }
        .normal()
}

/// The quotient cut behind `scale` digits after the point, and whether the next digit rounds it
/// up. `None` where nothing divides.
fn divided(one: &Decimal, two: &Decimal, scale: usize) -> Option<(Decimal, bool)> {
    if two.digits.is_empty() {
        return None;
    }
    // Both as whole numbers, the first with as many zeros as digits are wanted, and one more.
    let zeros = |count: usize| std::iter::repeat_n(0_u8, count);
    let above: Vec<u8> = one.digits.iter().copied().chain(zeros(two.scale + scale + 1)).collect();
    let below: Vec<u8> = two.digits.iter().copied().chain(zeros(one.scale)).collect();
    let mut left: Vec<u8> = Vec::with_capacity(below.len() + 1);
    let mut digits = Vec::with_capacity(above.len());
    for digit in above {
        if !(left.is_empty() && digit == 0) {
            left.push(digit);
        }
        let mut times = 0;
        while left.len() > below.len() || (left.len() == below.len() && left >= below) {
            less(&mut left, &below);
            times += 1;
        }
        digits.push(times);
    }
    let up = digits.pop().unwrap_or(0) >= 5;
    Some((Decimal { negative: one.negative != two.negative, digits, scale }.normal(), up))
}

/// Takes one size from another that is not smaller; neither has leading zeros.
fn less(from: &mut Vec<u8>, what: &[u8]) {
    let mut borrow = 0;
    for at in 0..from.len() {
        let here = from.len() - 1 - at;
        let there = borrow + what.len().checked_sub(at + 1).map_or(0, |there| what[there]);
        borrow = u8::from(from[here] < there);
        from[here] = from[here] + 10 * borrow - there;
    }
    let zeros = from.iter().take_while(|digit| **digit == 0).count();
    from.drain(..zeros);
}

/// One more in the last digit.
fn one_up(of: Decimal, negative: bool) -> Decimal {
    let step = Decimal { negative, digits: vec![1], scale: of.scale };
    sum(&of, &step)
}

/// With at least 16 significant digits, never fewer after the point than either has.
fn quotient(one: &Decimal, two: &Decimal) -> Option<Decimal> {
    let ((one_weight, one_first), (two_weight, two_first)) = (weight(one), weight(two));
    let weight = one_weight - two_weight - i64::from(one_first <= two_first);
    let least = i64::try_from(one.scale.max(two.scale)).unwrap_or(SCALE_MAX);
    let scale = (SIGNIFICANT_MIN - weight * 4).max(least).clamp(0, SCALE_MAX);
    let (cut, up) = divided(one, two, usize::try_from(scale).unwrap_or(0))?;
    let negative = one.negative != two.negative;
    Some(if up { one_up(cut, negative) } else { cut })
}

/// With the sign of what is divided, and the most digits after the point of both.
fn rest(one: &Decimal, two: &Decimal) -> Option<Decimal> {
    let (whole, _) = divided(one, two, 0)?;
    Some(sum(one, &negative(product(&whole, two))))
}

enum Toward {
    Above,
    Below,
}

fn cut(mut of: Decimal, scale: usize) -> (Decimal, Vec<u8>) {
    // As many digits as are after the point, at least.
    if of.digits.len() < of.scale {
        let zeros = of.scale - of.digits.len();
        of.digits.splice(..0, std::iter::repeat_n(0, zeros));
    }
    let gone = of.digits.split_off(of.digits.len() - of.scale.saturating_sub(scale));
    of.scale = scale;
    (of, gone)
}

fn whole(of: Decimal, toward: Toward) -> Decimal {
    let negative = of.negative;
    let (kept, gone) = cut(of, 0);
    let away = match toward {
        Toward::Above => !negative,
        Toward::Below => negative,
    };
    if away && gone.iter().any(|digit| *digit != 0) {
        return one_up(kept.normal(), negative);
    }
    kept.normal()
}

/// Half away from zero; zeros are added where digits are missing.
fn rounded(of: Decimal, scale: usize) -> Decimal {
    if of.scale <= scale {
        let zeros = scale - of.scale;
        let mut of = of;
        of.digits.extend(std::iter::repeat_n(0, zeros));
        of.scale = scale;
        return of.normal();
    }
    let negative = of.negative;
    let (kept, gone) = cut(of, scale);
    if gone.first().is_some_and(|digit| *digit >= 5) {
        return one_up(kept.normal(), negative);
    }
    kept.normal()
}

#[cfg(test)]
mod tests {
    use super::super::asked::{asked, text};
    use rusqlite::types::Value;

    #[test]
    fn decimals_are_reckoned_as_numeric_does_it() {
        // Taken from PostgreSQL 15.
        for (asked, expected) in [
            ("bx_dec_add('19.90', '2')", Some("21.90")),
            ("bx_dec_sub('1', '1.00')", Some("0.00")),
            ("bx_dec_sub('0', '-0.01')", Some("0.01")),
            ("bx_dec_mul('19.90', '2')", Some("39.80")),
            ("bx_dec_mul('-0.01', '0.5')", Some("-0.005")),
            (
                "bx_dec_mul('99999999999999999999', '99999999999999999999')",
                Some("9999999999999999999800000000000000000001"),
            ),
            ("bx_dec_div('12.50', '3')", Some("4.1666666666666667")),
            ("bx_dec_div('1', '3')", Some("0.33333333333333333333")),
            ("bx_dec_div('-0.01', '3')", Some("-0.00333333333333333333")),
            ("bx_dec_div('2', '3')", Some("0.66666666666666666667")),
            ("bx_dec_div('100000', '7')", Some("14285.714285714286")),
            ("bx_dec_div('0', '3')", Some("0.00000000000000000000")),
            ("bx_dec_div('1', '0.00')", None),
            ("bx_dec_share('-9007199254740993', '2')", Some("-4503599627370496")),
            ("bx_dec_share('1', '2')", Some("0")),
            ("bx_dec_mod('-7.5', '2')", Some("-1.5")),
            ("bx_dec_mod('1.2345', '0.1')", Some("0.0345")),
            ("bx_dec_mod('1', '0')", None),
            ("bx_dec_abs('-1.50')", Some("1.50")),
            ("bx_dec_floor('-0.01')", Some("-1")),
            ("bx_dec_floor('1.99')", Some("1")),
            ("bx_dec_ceil('0.01')", Some("1")),
            ("bx_dec_ceil('-1.99')", Some("-1")),
            ("bx_dec_round('2.5')", Some("3")),
            ("bx_dec_round('-2.45', 1)", Some("-2.5")),
            ("bx_dec_round('9.995', 2)", Some("10.00")),
            ("bx_dec_round('0.04', 1)", Some("0.0")),
            ("bx_dec_round('7', 2)", Some("7.00")),
            ("bx_dec_max('1.0', NULL, '1.00')", Some("1.0")),
            ("bx_dec_min('10', '9', '9.5')", Some("9")),
            ("bx_dec_max(NULL)", None),
            ("bx_dec_add(NULL, '1')", None),
        ] {
            assert_eq!(text(asked).as_deref(), expected, "{asked}");
        }
        assert_eq!(asked("bx_dec_cmp('10', '9.5')"), Value::Integer(1));
        assert_eq!(asked("bx_dec_cmp('1.0', '1')"), Value::Integer(0));
        assert_eq!(asked("bx_dec_cmp(NULL, '1')"), Value::Null);
        assert_eq!(asked("bx_floor(-0.5)"), Value::Real(-1.0));
        assert_eq!(asked("bx_ceil(1e21)"), Value::Real(1e21));
        assert_eq!(asked("bx_round(2.5)"), Value::Real(2.0));
    }
}
