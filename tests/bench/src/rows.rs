//! The rows that every server is measured with, and what the questions about them must answer.

use serde_json::{Value as Json, json};

/// Rows of the list.
pub(crate) const LISTED: u64 = 10_000;

/// Rows that are grouped.
pub(crate) const GROUPED: u64 = 100_000;

/// Rows that the list's rows relate to.
pub(crate) const AUTHORS: u64 = 100;

/// Rows in one bulk request.
pub(crate) const BULK: u64 = 500;

/// Rows on a page.
pub(crate) const PAGE: u64 = 20;

const STATUSES: [&str; 4] = ["draft", "review", "live", "archived"];

/// The list's filter: this status, and at least this price.
pub(crate) const STATUS: &str = STATUSES[2];
pub(crate) const PRICE_MIN: u64 = 5_040;

pub(crate) fn status(number: u64) -> &'static str {
    STATUSES[(number % 4) as usize]
}

/// Every price below the number of listed rows stands once: the factor is a prime that does not
/// divide it, so that the order by price is one only.
pub(crate) fn price(number: u64) -> u64 {
    number * 7_919 % LISTED
}

pub(crate) fn title(number: u64) -> String {
    format!("product number {number}")
}

/// One row without its relation.
pub(crate) fn row(number: u64) -> Json {
    json!({
        "title": title(number), "status": status(number), "price": price(number),
        "stock": number % 250, "note": "as it stands in the shop's own list",
    })
}

/// How far the list's price goes from [`PRICE_MIN`], to both sides, so that a server meets another
/// question each time: the page stays the same, the total does not.
pub(crate) const PRICE_SPREAD: u64 = 2_500;

/// For every least price, how many listed rows pass the filter.
pub(crate) fn matches() -> Vec<u64> {
    let mut counts = vec![0; usize::try_from(LISTED).unwrap_or(0) + 1];
    for number in (0..LISTED).filter(|number| status(*number) == STATUS) {
        for count in &mut counts[..=usize::try_from(price(number)).unwrap_or(0)] {
            *count += 1;
        }
    }
    counts
}

/// What the list must answer.
pub(crate) struct Expected {
    /// Rows that pass the filter.
    pub(crate) matches: u64,
    /// Price of the first row.
    pub(crate) top: u64,
    /// Number of the first row.
    pub(crate) top_number: u64,
}

pub(crate) fn expected() -> Expected {
    let passing =
        (0..LISTED).filter(|number| status(*number) == STATUS && price(*number) >= PRICE_MIN);
    let (mut matches, mut top_number) = (0, 0);
    let mut top = 0;
    for number in passing {
        matches += 1;
        if price(number) > top {
            (top, top_number) = (price(number), number);
        }
    }
    Expected { matches, top, top_number }
}

/// Count and sum of prices of one status among the grouped rows.
pub(crate) fn group(wanted: &str) -> (u64, u64) {
    (0..GROUPED)
        .filter(|number| status(*number) == wanted)
        .fold((0, 0), |(count, sum), number| (count + 1, sum + price(number)))
}

#[cfg(test)]
mod tests {
    use super::{LISTED, PRICE_MIN, PRICE_SPREAD, expected, group, matches, price};
    use std::collections::BTreeSet;

    #[test]
    fn no_two_listed_rows_have_one_price() {
        let prices: BTreeSet<u64> = (0..LISTED).map(price).collect();
        assert_eq!(prices.len() as u64, LISTED);
    }

    #[test]
    fn an_eighth_of_the_rows_pass_the_filter() {
        let expected = expected();
        assert_eq!(expected.matches, 1_240);
        assert_eq!(price(expected.top_number), expected.top);
        assert_eq!(group("live").0, 25_000);
        let matches = matches();
        let at = |least: u64| matches[usize::try_from(least).unwrap()];
        assert_eq!((at(0), at(PRICE_MIN)), (2_500, expected.matches));
        // Twenty rows are left for the page wherever the price goes.
        assert!(at(PRICE_MIN + PRICE_SPREAD) > 20);
    }
}
