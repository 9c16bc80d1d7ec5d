//! Sums of doubles: of the digits each is spelled with, exact, and rounded once. So they do not
//! depend on the order of the rows, and are those that Postgres finds by its decimals.

use super::decimal::Running;
use super::{BEYOND_DOUBLES, BEYOND_FIELD, PURE, unfit};
use rusqlite::functions::{Aggregate, Context};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};
use std::collections::BTreeMap;
use std::io::Write as _;

pub(super) fn register(connection: &Connection) -> Result<()> {
    connection.create_aggregate_function("bx_real_sum", 1, PURE, Sum)?;
    connection.create_scalar_function("bx_finite", 2, PURE, |context| {
        let number: Option<f64> = context.get(0)?;
        match number.filter(|number| !number.is_finite()) {
            None => Ok(number),
            Some(_) => Err(unfit(format!("{BEYOND_FIELD}{}", context.get::<String>(1)?))),
        }
    })
}

/// A running sum.
#[derive(Default)]
pub(in crate::sqlite) struct Reals {
    count: i64,
    /// Sums of the digits by the power of ten of the last one. A double has 17 digits at most, so
    /// that no table fills them.
    digits: BTreeMap<i32, i128>,
    /// Of what has no digits: infinities, and what is no number.
    beyond: Option<f64>,
}

impl Reals {
    pub(in crate::sqlite) fn add(&mut self, number: f64) {
        self.count += 1;
        match spelled(number) {
            Some((digits, power)) => *self.digits.entry(power).or_default() += digits,
            None => self.beyond = Some(self.beyond.unwrap_or(0.0) + number),
        }
    }

    pub(in crate::sqlite) fn add_whole(&mut self, number: i64) {
        self.count += 1;
        *self.digits.entry(0).or_default() += i128::from(number);
    }

    /// Nothing of nothing.
    pub(in crate::sqlite) fn sum(&self) -> Option<f64> {
        if self.count == 0 || self.beyond.is_some() {
            return self.beyond;
        }
        let mut exact = Running::default();
        for (power, digits) in &self.digits {
            exact.add(&format!("{digits}e{power}"));
        }
        exact.total()?.parse().ok()
    }

    #[expect(clippy::cast_precision_loss, reason = "an average is a double")]
    pub(in crate::sqlite) fn average(&self) -> Option<f64> {
        self.sum().map(|sum| sum / self.count as f64)
    }
}

/// The fewest digits that are this number, and the power of ten of the last one.
fn spelled(number: f64) -> Option<(i128, i32)> {
    if !number.is_finite() {
        return None;
    }
    let mut buffer = [0_u8; 32];
    let mut rest = buffer.as_mut_slice();
    // Such as `-1.2345e-7`.
    write!(rest, "{number:e}").ok()?;
    let left = rest.len();
    let text = &buffer[..32 - left];
    let at = text.iter().position(|byte| *byte == b'e')?;
    let power: i32 = std::str::from_utf8(&text[at + 1..]).ok()?.parse().ok()?;
    let (mut digits, mut behind, mut point) = (0_i128, 0, false);
    for byte in &text[..at] {
        match byte {
            b'.' => point = true,
            b'0'..=b'9' => {
                digits = digits * 10 + i128::from(byte - b'0');
                behind += i32::from(point);
            }
            _ => {}
        }
    }
    Some((if number < 0.0 { -digits } else { digits }, power - behind))
}

struct Sum;

impl Aggregate<Reals, Option<f64>> for Sum {
    fn init(&self, _: &mut Context<'_>) -> Result<Reals> {
        Ok(Reals::default())
    }

    fn step(&self, context: &mut Context<'_>, running: &mut Reals) -> Result<()> {
        match context.get_raw(0) {
            ValueRef::Null => {}
            ValueRef::Integer(number) => running.add_whole(number),
            ValueRef::Real(number) => running.add(number),
            // Only a table of somebody else holds such: no number adds nothing, as SQLite has it.
            ValueRef::Text(text) => {
                let number =
                    std::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok());
                running.add(number.unwrap_or(0.0));
            }
            ValueRef::Blob(_) => running.add(0.0),
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, running: Option<Reals>) -> Result<Option<f64>> {
        match running.and_then(|running| running.sum()) {
            Some(sum) if !sum.is_finite() => Err(unfit(BEYOND_DOUBLES)),
            sum => Ok(sum),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::asked::asked;
    use rusqlite::types::Value;

    #[test]
    fn sums_of_doubles_are_those_of_their_digits() {
        let over = |values: &[&str]| {
            let rows: Vec<String> = values.iter().map(|value| format!("({value})")).collect();
            asked(&format!("bx_real_sum(column1) FROM (VALUES {})", rows.join(",")))
        };
        assert_eq!(over(&["0.1", "0.2"]), Value::Real(0.3));
        assert_eq!(over(&["1e16", "1.0", "-1e16"]), Value::Real(1.0));
        assert_eq!(over(&["1e308", "2.5e-308", "-1e308"]), Value::Real(2.5e-308));
        assert_eq!(over(&["5.3", "0.00001", "NULL"]), Value::Real(5.30001));
        assert_eq!(over(&["-1.5", "3"]), Value::Real(1.5));
        assert_eq!(over(&["NULL"]), Value::Null);
    }
}
