//! "Did you mean": the nearest of some known names.

/// The known name closest to `wanted`, if it is close enough to be a slip of the hand: at most
/// a third of the letters differ (at least one, at most three), ignoring case.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = wanted.to_lowercase().chars().collect();
    let allowed = (wanted.len() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|name| (distance(&wanted, &name.to_lowercase().chars().collect::<Vec<_>>()), name))
        .filter(|(far, _)| *far <= allowed)
        .min_by_key(|(far, _)| *far)
        .map(|(_, name)| name)
}

/// The known name that was meant by `wanted`, by a stricter measure, for words that may as well be
/// somebody else's: two letters may differ where both have six or more, and one where either is
/// shorter, ignoring case. A short one begins as it was meant to, or with its first two letters
/// exchanged: of so few letters too many words are made that only end alike.
pub fn nearly<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONG: usize = 6;
    let wanted: Vec<char> = wanted.to_lowercase().chars().collect();
    let measured = known.into_iter().filter_map(|name| {
        let letters: Vec<char> = name.to_lowercase().chars().collect();
        let allowed = if wanted.len().min(letters.len()) < LONG { 1 } else { 2 };
        let far = distance(&wanted, &letters);
        let (begins, meant) = (wanted.get(..2), letters.get(..2));
        let begins_alike = allowed > 1
            || wanted.first() == letters.first()
            || matches!((begins, meant), (Some([a, b]), Some([c, d])) if a == d && b == c);
        (far <= allowed && begins_alike).then_some((far, name))
    });
    measured.min_by_key(|(far, _)| *far).map(|(_, name)| name)
}

/// Edits (insert, delete, replace, swap of neighbours) from `a` to `b`.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows = vec![vec![0_usize; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::{nearest, nearly};

    #[test]
    fn a_slip_is_found_and_a_stranger_is_not() {
        let known = ["author", "title", "createdAt"];
        assert_eq!(nearest("auther", known), Some("author"));
        assert_eq!(nearest("creatdeAt", known), Some("createdAt"));
        assert_eq!(nearest("password", known), None);
    }

    #[test]
    fn of_words_that_may_be_anybodys_only_a_slip_is_taken_for_a_known_one() {
        let known = ["filter", "field", "limit", "count", "search", "aggregate", "page", "sort"];
        for (slip, meant) in [
            ("filtr", "filter"),
            ("fliter", "filter"),
            ("feild", "field"),
            ("limitt", "limit"),
            ("serahc", "search"),
            ("agregat", "aggregate"),
            ("ilmit", "limit"),
            ("pge", "page"),
            ("pag", "page"),
        ] {
            assert_eq!(nearly(slip, known), Some(meant), "{slip}");
        }
        for stranger in [
            "_",
            "t",
            "q",
            "country",
            "amount",
            "file",
            "each",
            "utm_source",
            "cache",
            "age",
            "rage",
            "wage",
            "port",
            "mount",
            "yield",
        ] {
            assert_eq!(nearly(stranger, known), None, "{stranger}");
        }
    }
}
