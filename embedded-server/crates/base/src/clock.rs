//! Time, behind a type that tests can set.

use jiff::SignedDuration;
use jiff::civil::DateTime;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The only source of "now". The system's, or one that a test moves by hand.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The system clock.
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at `ms` until it is moved.
    #[must_use]
    pub fn fixed(ms: i64) -> Self {
        Self(Some(Arc::new(AtomicI64::new(ms))))
    }

    /// Moves a fixed clock forward; does nothing to the system's.
    pub fn advance(&self, ms: i64) {
        if let Some(now) = &self.0 {
            now.fetch_add(ms, Ordering::SeqCst);
        }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        match &self.0 {
            Some(now) => now.load(Ordering::SeqCst),
            None => jiff::Timestamp::now().as_millisecond(),
        }
    }

    /// Now in the wire form of an instant, `2024-01-02T03:04:05.678Z`.
    #[must_use]
    pub fn now_iso(&self) -> String {
        iso_millis(self.now_ms())
    }
}

/// The wire form of an instant given in milliseconds since 1970. Out-of-range values are clamped
/// to the years -9999 to 9999, which no column can leave.
#[must_use]
pub fn iso_millis(ms: i64) -> String {
    let since = SignedDuration::from_millis(ms.clamp(-377_705_116_800_000, 253_402_300_799_999));
    // By the calendar: an instant of this library ends a day before the year 9999 does.
    let epoch = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    match epoch.checked_add(since) {
        Ok(at) => format!("{at:.3}Z"),
        Err(_) => String::from("1970-01-01T00:00:00.000Z"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, iso_millis};

    #[test]
    fn instants_always_carry_three_decimals_and_a_z() {
        assert_eq!(iso_millis(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(iso_millis(1_704_164_645_678), "2024-01-02T03:04:05.678Z");
        assert_eq!(iso_millis(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(iso_millis(-62_135_596_800_000), "0001-01-01T00:00:00.000Z");
        assert_eq!(iso_millis(253_402_300_799_999), "9999-12-31T23:59:59.999Z");
        assert_eq!(iso_millis(i64::MAX), iso_millis(253_402_300_799_999));
    }

    #[test]
    fn a_fixed_clock_moves_only_by_hand() {
        let clock = Clock::fixed(5);
        clock.advance(10);
        assert_eq!(clock.now_ms(), 15);
    }
}
