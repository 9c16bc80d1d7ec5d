//! How long something took, of many times: a histogram of fixed size.

use std::time::Duration;

/// Buckets of each doubling: a quantile is told to within an eighth.
const STEPS: usize = 8;

/// Doublings from a microsecond on: the last ends beyond an hour.
const DOUBLINGS: usize = 32;

/// Times as they were, to within an eighth.
#[derive(Clone, Debug)]
pub(super) struct Times {
    buckets: Box<[u32; STEPS * DOUBLINGS]>,
    pub(super) count: u64,
    pub(super) total_us: u64,
    pub(super) max_us: u64,
}

impl Default for Times {
    fn default() -> Self {
        Self { buckets: Box::new([0; STEPS * DOUBLINGS]), count: 0, total_us: 0, max_us: 0 }
    }
}

impl Times {
    pub(super) fn add(&mut self, time: Duration) {
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.count = self.count.saturating_add(1);
        self.total_us = self.total_us.saturating_add(us);
        self.max_us = self.max_us.max(us);
        if let Some(bucket) = self.buckets.get_mut(place(us)) {
            *bucket = bucket.saturating_add(1);
        }
    }

    pub(super) fn mean_us(&self) -> u64 {
        self.total_us.checked_div(self.count).unwrap_or(0)
    }

    /// The time that so many of a hundred were within: the upper end of its bucket.
    pub(super) fn quantile_us(&self, percent: u64) -> u64 {
        let wanted = self.count.saturating_mul(percent).div_ceil(100).max(1);
        let mut seen = 0_u64;
        for (at, bucket) in self.buckets.iter().enumerate() {
            seen += u64::from(*bucket);
            if seen >= wanted {
                return end(at).min(self.max_us);
            }
        }
        self.max_us
    }
}

/// The bucket of a time.
fn place(us: u64) -> usize {
    // Beginning at 8 every doubling has as many whole steps as buckets.
    let shifted = us.saturating_add(STEPS as u64);
    let doubling = shifted.ilog2() - STEPS.ilog2();
    let step = usize::try_from((shifted >> doubling) & (STEPS as u64 - 1)).unwrap_or(0);
    (usize::try_from(doubling).unwrap_or(0) * STEPS + step).min(STEPS * DOUBLINGS - 1)
}

/// The last microsecond of a bucket.
fn end(at: usize) -> u64 {
    let (doubling, step) = (at / STEPS, at % STEPS);
    let next = (STEPS as u64 + step as u64 + 1) << doubling.min(DOUBLINGS);
    next - 1 - STEPS as u64
}

#[cfg(test)]
mod tests {
    use super::{Times, end, place};
    use std::time::Duration;

    #[test]
    fn every_time_lies_within_an_eighth_of_the_end_of_its_bucket() {
        for us in (0..5_000).chain([10_000, 123_456, 9_999_999, 3_600_000_000]) {
            let end = end(place(us));
            assert!(end >= us && end <= us + us / 8 + 1, "{us} is told as {end}");
        }
    }

    #[test]
    fn quantiles_are_those_of_what_was_added() {
        let mut times = Times::default();
        for ms in 1..=100 {
            times.add(Duration::from_millis(ms));
        }
        assert_eq!((times.count, times.max_us, times.mean_us()), (100, 100_000, 50_500));
        let (half, most) = (times.quantile_us(50), times.quantile_us(95));
        assert!((50_000..57_000).contains(&half), "{half}");
        assert!((95_000..=100_000).contains(&most), "{most}");
        assert_eq!(times.quantile_us(100), 100_000);
        assert_eq!(Times::default().quantile_us(95), 0);
    }
}
