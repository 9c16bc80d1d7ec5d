//! Dates, instants and times of day to their canonical text.

use base::iso_millis;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::ops::RangeInclusive;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Both stores hold the years 1 to 9999; others have no four-digit spelling.
const SPELLED_MS: RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;

/// Fewest digits of a text that counts milliseconds: fewer could be a date without its hyphens.
const COUNTED_DIGITS: usize = 9;

/// A moment on the calendar of UTC. A missing offset means UTC, a missing time means midnight.
fn in_utc(text: &str) -> Option<DateTime> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.to_zoned(TimeZone::UTC).datetime());
    }
    // A `Timestamp` leaves the last day of the year 9999 out, so that it has one in every time zone.
    let pieces = Pieces::parse(text).ok()?;
    match (pieces.to_numeric_offset(), pieces.time()) {
        (None, _) => text.parse::<DateTime>().ok(),
        (Some(offset), Some(time)) if pieces.date().year() == 9999 => {
            let east = SignedDuration::from_secs(offset.seconds().into());
            pieces.date().to_datetime(time).checked_sub(east).ok()
        }
        (Some(_), _) => None,
    }
}

/// `2024-01-02T03:04:05.678Z`; digits alone are milliseconds since 1970.
pub(crate) fn date_time(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.len() >= COUNTED_DIGITS && digits.bytes().all(|sign| sign.is_ascii_digit()) {
        return date_time_from_ms(text.parse().ok()?);
    }
    let at = in_utc(text)?;
    let (day, time) = (at.date(), at.time());
    let seconds =
        i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    let clock = clock_text(seconds * 1000);
    (day.year() >= 1).then(|| format!("{day}T{clock}.{:03}Z", time.millisecond()))
}

/// The same from milliseconds since 1970.
pub(crate) fn date_time_from_ms(ms: i64) -> Option<String> {
    SPELLED_MS.contains(&ms).then(|| iso_millis(ms))
}

/// `2024-01-02`, from a date or from an instant (taken in UTC).
pub(crate) fn date(text: &str) -> Option<String> {
    let text = text.trim();
    let day = in_utc(text)?.date();
    (day.year() >= 1).then(|| day.to_string())
}

/// Milliseconds since midnight of a time of day, and its offset from UTC in milliseconds if one
/// is written. Takes `HH:MM[:SS[.fraction]]` with an optional `Z`, `+02` or `+05:30`, or the
/// time part of an instant.
fn time_of_day(text: &str) -> Option<(i64, Option<i64>)> {
    let text = text.trim();
    let text = match text.find(['T', 't', ' ']) {
        Some(at) if at >= 8 => {
            text[..at].parse::<Date>().ok()?;
            &text[at + 1..]
        }
        Some(_) => return None,
        None => text,
    };
    let (clock, offset) = if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        (clock, Some(0))
    } else if let Some(at) = text.rfind(['+', '-']) {
        (&text[..at], Some(offset_ms(&text[at..])?))
    } else {
        (text, None)
    };
    if clock.len() < 5 || clock.as_bytes()[2] != b':' {
        return None;
    }
    let time = clock.parse::<Time>().ok()?;
    let seconds =
        i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    Some((seconds * 1000 + i64::from(time.subsec_nanosecond()) / 1_000_000, offset))
}

fn offset_ms(text: &str) -> Option<i64> {
    if !text.is_ascii() {
        return None;
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = match text[1..].split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if text.len() == 5 => (&text[1..3], &text[3..5]),
        None => (&text[1..], "0"),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if hours.is_empty() || !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 15 && minutes < 60).then(|| sign * (hours * 60 + minutes) * 60_000)
}

fn clock_text(ms: i64) -> String {
    let (seconds, millis) = (ms / 1000, ms % 1000);
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if millis == 0 { clock } else { format!("{clock}.{millis:03}") }
}

/// `10:11:12+00`. Times with another offset are moved to UTC, so that text order is time order
/// on both stores.
pub(crate) fn time(text: &str) -> Option<String> {
    let (ms, offset) = time_of_day(text)?;
    let utc = (ms - offset.unwrap_or(0)).rem_euclid(DAY_MS);
    Some(format!("{}+00", clock_text(utc)))
}

/// `10:11:12`; a written offset is moved to UTC first.
pub(crate) fn time_no_tz(text: &str) -> Option<String> {
    let (ms, offset) = time_of_day(text)?;
    Some(clock_text((ms - offset.unwrap_or(0)).rem_euclid(DAY_MS)))
}
