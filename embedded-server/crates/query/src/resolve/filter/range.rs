//! Ranges: tests of the two ends, which stand as JSON in one column.

use super::{Resolver, Spot, any, is};
use crate::coerce::{bound_kind, range_json};
use crate::validate::{inverted, order_of_ends};
use crate::{Cond, JsonValueTest, Operator, Ref};
use base::Result;
use catalog::RangeKind;
use serde_json::Value as Json;
use std::cmp::Ordering;

impl Resolver<'_> {
    /// A value, or a whole range, lies inside the column's range.
    pub(super) fn range_contains(
        &self,
        left: &Ref,
        range: RangeKind,
        operand: &Json,
        spot: &Spot<'_>,
    ) -> Result<Cond> {
        let Some(operand) = self.operands.literal(operand, &spot.at)? else {
            return Ok(Cond::Never);
        };
        let ends = Ends::of(range, &self.opened(&operand), spot)?;
        let bounds = RangeBounds { left, range };
        if ends.empty {
            // What holds nothing lies inside of everything.
            return Ok(bounds.known());
        }
        let inside = |value: &Option<String>, inclusive: bool, end: End| match value {
            // An open end lies inside only where the column is open too.
            None => bounds.open(end),
            Some(value) if inclusive => bounds.includes(end, value),
            Some(value) => bounds.reaches(end, value),
        };
        Ok(bounds.known().and(inside(&ends.lower, ends.lower_inclusive, End::Lower)).and(inside(
            &ends.upper,
            ends.upper_inclusive,
            End::Upper,
        )))
    }

    /// The column's range and the given one have a value in common.
    pub(super) fn range_overlaps(
        &self,
        left: &Ref,
        range: RangeKind,
        operand: &Json,
        spot: &Spot<'_>,
    ) -> Result<Cond> {
        let Some(operand) = self.operands.literal(operand, &spot.at)? else {
            return Ok(Cond::Never);
        };
        let ends = Ends::of(range, &self.opened(&operand), spot)?;
        let bounds = RangeBounds { left, range };
        if ends.empty {
            return Ok(Cond::Not(Box::new(bounds.known())));
        }
        // It begins before the other ends, and ends after the other begins. Ends that touch
        // overlap only where both are inclusive.
        let meets = |value: &Option<String>, inclusive: bool, end: End| match value {
            None => Cond::Always,
            Some(value) if inclusive => bounds.includes(end, value),
            Some(value) => bounds.outside(end, value),
        };
        Ok(bounds
            .known()
            .and(meets(&ends.upper, ends.upper_inclusive, End::Lower))
            .and(meets(&ends.lower, ends.lower_inclusive, End::Upper))
            .and(Cond::Not(Box::new(bounds.empty()))))
    }
}

/// A range given as an operand; a single value is the range of just it.
struct Ends {
    lower: Option<String>,
    upper: Option<String>,
    lower_inclusive: bool,
    upper_inclusive: bool,
    /// The ends meet, and one of them does not belong to it.
    empty: bool,
}

impl Ends {
    fn of(range: RangeKind, operand: &Json, spot: &Spot<'_>) -> Result<Self> {
        let pair;
        let operand = match operand {
            Json::Array(_) | Json::Object(_) => operand,
            scalar => {
                pair = Json::Array(vec![scalar.clone(), scalar.clone()]);
                &pair
            }
        };
        let json = range_json(range, operand).map_err(|why| spot.wrong(why))?;
        if let Some(why) = inverted(&json) {
            return Err(spot.wrong(why));
        }
        let end = |key: &str| match &json[key] {
            Json::Null => None,
            Json::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        let flag = |key: &str| json[key].as_bool().unwrap_or(true);
        let inclusive = flag("lowerInclusive") && flag("upperInclusive");
        Ok(Self {
            empty: !inclusive && order_of_ends(&json) == Some(Ordering::Equal),
            lower: end("lower"),
            upper: end("upper"),
            lower_inclusive: flag("lowerInclusive"),
            upper_inclusive: flag("upperInclusive"),
        })
    }
}

/// One end of a range.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Lower,
    Upper,
}

/// Tests of the two ends of a range column, which is JSON
/// `{lower, upper, lowerInclusive, upperInclusive}`.
struct RangeBounds<'a> {
    left: &'a Ref,
    range: RangeKind,
}

impl RangeBounds<'_> {
    fn at(&self, key: &str, test: JsonValueTest) -> Cond {
        let path = vec![key.to_owned()];
        is(self.left.clone(), Operator::JsonValue { path, test })
    }

    /// True where there is a range, and unknown where there is none: what is asked of none is
    /// neither true nor false, however it is turned round.
    fn known(&self) -> Cond {
        let type_name = String::from("object");
        is(self.left.clone(), Operator::JsonTypeOf { path: Vec::new(), type_name })
    }

    /// The ends meet, and one of them does not belong to it.
    fn empty(&self) -> Cond {
        let path = "$.lower != null && $.lower == $.upper && ($.lowerInclusive == false || $.upperInclusive == false)";
        is(self.left.clone(), Operator::JsonPath { path: path.to_owned(), predicate: true })
    }

    /// The end is open.
    fn open(&self, end: End) -> Cond {
        self.at(end.key(), JsonValueTest::IsNull(true))
    }

    fn compare(&self, end: End, ordering: (bool, bool, bool), value: &str) -> Cond {
        let value = value.to_owned();
        let numeric = bound_kind(self.range).is_number();
        let test = if numeric {
            JsonValueTest::Number { ordering, value, or_missing: false }
        } else {
            JsonValueTest::Text { ordering, value, or_missing: false }
        };
        self.at(end.key(), test)
    }

    /// The end lies outside of `value` (a lower end below it, an upper end above it) or is open.
    fn outside(&self, end: End, value: &str) -> Cond {
        let outside = (end == End::Upper, end == End::Lower, false);
        any(vec![self.open(end), self.compare(end, outside, value)])
    }

    /// The same, or the end is `value` itself.
    fn reaches(&self, end: End, value: &str) -> Cond {
        any(vec![self.outside(end, value), self.compare(end, (false, false, true), value)])
    }

    /// The same, or the end is `value` itself and inclusive.
    fn includes(&self, end: End, value: &str) -> Cond {
        let inclusive = JsonValueTest::Boolean { negated: false, value: true, or_missing: false };
        let equal = self
            .compare(end, (false, false, true), value)
            .and(self.at(end.inclusive_key(), inclusive));
        any(vec![self.outside(end, value), equal])
    }
}

impl End {
    fn key(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Upper => "upper",
        }
    }

    fn inclusive_key(self) -> &'static str {
        match self {
            Self::Lower => "lowerInclusive",
            Self::Upper => "upperInclusive",
        }
    }
}
