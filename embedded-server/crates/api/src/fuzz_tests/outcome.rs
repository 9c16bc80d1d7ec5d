//! What inputs bring about. An outcome is told in traits, one a line; two traits are one when they
//! differ in names, numbers and repetition only.

use std::collections::HashSet;

#[derive(Default)]
pub(super) struct Seen(HashSet<String>);

impl Seen {
    /// Whether some trait of this outcome is new.
    pub(super) fn note(&mut self, outcome: &str) -> bool {
        let before = self.0.len();
        self.0.extend(outcome.lines().map(plain));
        self.0.len() > before
    }

    /// How many traits there were.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

/// Most words of a trait: what is told behind them is about this one input.
const WORDS_MAX: usize = 10;

/// The trait without what is the input's own: words with other signs than letters in them, which
/// are its names and values.
fn plain(outcome: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in outcome.split_whitespace() {
        let ours =
            |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b',' | b':' | b';');
        let word = if word.bytes().all(ours) { word } else { "…" };
        if words.last() != Some(&word) {
            words.push(word);
        }
        if words.len() == WORDS_MAX {
            break;
        }
    }
    words.join(" ")
}

#[test]
fn outcomes_differ_by_what_happened_alone() {
    assert_eq!(plain("`a` has 12 bytes"), plain("`b\"` has 7 bytes"));
    assert_ne!(plain("`a` is empty"), plain("`a` is full"));
    assert_eq!(plain("not [1, 2, 3]"), plain("not {\"a\": 7}"));
}
