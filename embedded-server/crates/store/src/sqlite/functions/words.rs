//! Words: which of them count, their stems, and what is searched for among them.

use super::text::fold;
use super::{PURE, is_null, once, with_text};
use regex::Regex;
use rusqlite::{Connection, Result};
use rust_stemmers::{Algorithm, Stemmer};
use std::collections::HashSet;
use std::sync::LazyLock;

pub(super) fn register(connection: &Connection) -> Result<()> {
    connection.create_scalar_function("bx_search", 2, PURE, |context| {
        if is_null(context, 0) || is_null(context, 1) {
            return Ok(None);
        }
        let wanted = once(context, 1, |query| Ok(Wanted::read(query)))?;
        Ok(with_text(context, 0, |text| wanted.is_in(text)))
    })?;
    connection.create_scalar_function("bx_rank", 2, PURE, |context| {
        if is_null(context, 0) || is_null(context, 1) {
            return Ok(None);
        }
        let wanted = once(context, 1, |query| Ok(Wanted::read(query)))?;
        Ok(with_text(context, 0, |text| wanted.rank_in(text)))
    })?;
    connection
        .create_scalar_function("bx_stems", 1, PURE, |context| Ok(with_text(context, 0, stems)))?;
    connection
        .create_scalar_function("bx_sought", 1, PURE, |context| Ok(with_text(context, 0, sought)))
}

/// Words too common to be looked for: those the English dictionary of Postgres leaves out.
const STOP_WORDS: [&str; 127] = [
    "a",
    "about",
    "above",
    "after",
    "again",
    "against",
    "all",
    "am",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "because",
    "been",
    "before",
    "being",
    "below",
    "between",
    "both",
    "but",
    "by",
    "can",
    "did",
    "do",
    "does",
    "doing",
    "don",
    "down",
    "during",
    "each",
    "few",
    "for",
    "from",
    "further",
    "had",
    "has",
    "have",
    "having",
    "he",
    "her",
    "here",
    "hers",
    "herself",
    "him",
    "himself",
    "his",
    "how",
    "i",
    "if",
    "in",
    "into",
    "is",
    "it",
    "its",
    "itself",
    "just",
    "me",
    "more",
    "most",
    "my",
    "myself",
    "no",
    "nor",
    "not",
    "now",
    "of",
    "off",
    "on",
    "once",
    "only",
    "or",
    "other",
    "our",
    "ours",
    "ourselves",
    "out",
    "over",
    "own",
    "s",
    "same",
    "she",
    "should",
    "so",
    "some",
    "such",
    "t",
    "than",
    "that",
    "the",
    "their",
    "theirs",
    "them",
    "themselves",
    "then",
    "there",
    "these",
    "they",
    "this",
    "those",
    "through",
    "to",
    "too",
    "under",
    "until",
    "up",
    "very",
    "was",
    "we",
    "were",
    "what",
    "when",
    "where",
    "which",
    "while",
    "who",
    "whom",
    "why",
    "will",
    "with",
    "you",
    "your",
    "yours",
    "yourself",
    "yourselves",
];

/// A word as Postgres reads words: letters, the marks that belong to them, and digits.
static WORD: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the pattern is a constant that a test compiles")]
    Regex::new(r"[\p{Alphabetic}\p{M}\p{Nd}]+").expect("a regular expression")
});

/// What is searched for: stems, each the beginning of some stem of the text.
struct Wanted {
    stems: Vec<String>,
}

impl Wanted {
    fn read(query: &str) -> Self {
        let stemmer = Stemmer::create(Algorithm::English);
        let mut stems = Vec::new();
        each_stem(query, &stemmer, |stem| {
            stems.push(stem.to_owned());
            true
        });
        Self { stems }
    }

    /// Whether every word is in the text. A search of nothing but common words finds nothing.
    fn is_in(&self, text: &str) -> bool {
        let stemmer = Stemmer::create(Algorithm::English);
        let mut missing: Vec<&String> = self.stems.iter().collect();
        if missing.is_empty() {
            return false;
        }
        each_stem(text, &stemmer, |stem| {
            missing.retain(|wanted| !stem.starts_with(wanted.as_str()));
            !missing.is_empty()
        });
        missing.is_empty()
    }

    /// How often what is searched for stands in the text; more is better.
    fn rank_in(&self, text: &str) -> f64 {
        let stemmer = Stemmer::create(Algorithm::English);
        let mut hits = 0_u32;
        each_stem(text, &stemmer, |stem| {
            hits += u32::from(self.stems.iter().any(|wanted| stem.starts_with(wanted.as_str())));
            true
        });
        f64::from(hits)
    }
}

/// Most signs of a stem in an index: no word is longer, and what has no blanks is no text. What
/// begins alike is looked at itself.
const INDEXED_SIGNS_MAX: usize = 64;

fn indexed(stem: &str) -> &str {
    stem.char_indices().nth(INDEXED_SIGNS_MAX).map_or(stem, |(end, _)| &stem[..end])
}

/// What an index holds of a text: every stem once, with blanks between them.
fn stems(text: &str) -> String {
    let stemmer = Stemmer::create(Algorithm::English);
    let mut known: HashSet<String> = HashSet::new();
    let mut all = String::new();
    each_stem(text, &stemmer, |stem| {
        let stem = indexed(stem);
        if !known.contains(stem) {
            all.push_str(if all.is_empty() { "" } else { " " });
            all.push_str(stem);
            known.insert(stem.to_owned());
        }
        true
    });
    all
}

/// The question to an index that holds this: every stem as a beginning. A search of nothing but
/// common words finds nothing, and so does a question for no word at all.
fn sought(words: &str) -> String {
    let wanted = Wanted::read(words);
    let terms: Vec<String> =
        wanted.stems.iter().map(|stem| format!("\"{}\"*", indexed(stem))).collect();
    if terms.is_empty() { String::from("\"\"") } else { terms.join(" AND ") }
}

/// Calls `each` with the stem of every word that counts, until it answers false.
fn each_stem(text: &str, stemmer: &Stemmer, mut each: impl FnMut(&str) -> bool) {
    for word in WORD.find_iter(text) {
        let word = fold(word.as_str());
        if STOP_WORDS.binary_search(&word.as_str()).is_ok() {
            continue;
        }
        // Words with digits in them (`mp3`, `2026`) stand for themselves.
        let goes_on = if word.chars().any(char::is_numeric) {
            each(&word)
        } else {
            each(&stemmer.stem(&word))
        };
        if !goes_on {
            return;
        }
    }
}
#[cfg(test)]
mod tests {
    use super::super::asked::{asked, connection, text};
    use super::STOP_WORDS;

    #[test]
    fn search_finds_stems_and_beginnings() {
        let cases = [
            ("Databases for everyone", "DATABASE", true),
            ("Databases for everyone", "data", true),
            ("a programming language", "program", true),
            ("a program", "programming", true),
            ("the quick brown fox", "quick fox", true),
            ("the quick brown fox", "quick dog", false),
            ("Zed", "ed", false),
            ("the quick", "the", false),
            ("the quick", "the quick", true),
            ("x", "& | ! ( ) : *", false),
            ("naïve Über", "über NAÏVE", true),
            ("version 2026", "202", true),
            ("mp3 player", "mp3", true),
            ("", "a", false),
        ];
        let connection = connection();
        for (text, query, expected) in cases {
            let found: bool = connection
                .query_row("SELECT bx_search(?1, ?2)", (text, query), |row| row.get(0))
                .unwrap();
            assert_eq!(found, expected, "{query:?} in {text:?}");
        }
        assert_eq!(asked("bx_search(NULL, 'a')"), rusqlite::types::Value::Null);
    }

    #[test]
    fn an_index_of_stems_finds_whatever_is_found() {
        let connection = connection();
        connection
            .execute_batch("CREATE VIRTUAL TABLE f USING fts5(words, content='', contentless_delete=1, detail=none, tokenize='ascii')")
            .unwrap();
        let long = "langeswort".repeat(9);
        let texts = [
            "Databases for everyone, the quick ones",
            "naïve Über-ÄÖÜ ß Σς İstanbul \u{212a}elvin",
            "हिन्दी में लेख ½cup 5m² ٣٤ x_y a'b \"q\" NOT near AND or",
            &long,
            "e\u{301}t\u{e9} 東京、日本語 мир!да 💥 a*b (c) {d} ^e",
        ];
        for (row, text) in (0_i64..).zip(texts) {
            let put = "INSERT INTO f (rowid, words) VALUES (?1, bx_stems(?2))";
            connection.execute(put, (row, text)).unwrap();
        }
        let (mut asked, mut met) = (0, 0);
        let parts = texts.iter().flat_map(|text| text.split_whitespace());
        let cut = parts.flat_map(|word| {
            let ends = word.char_indices().map(|(at, sign)| &word[..at + sign.len_utf8()]);
            ends.collect::<Vec<_>>()
        });
        for words in cut.chain(["", "the", "the quick", "\"", "quick data", "\u{130}", "NOT"]) {
            for (row, text) in (0_i64..).zip(texts) {
                let exact: bool = connection
                    .query_row("SELECT bx_search(?1, ?2)", (text, words), |row| row.get(0))
                    .unwrap();
                let indexed: bool = connection
                    .query_row(
                        "SELECT EXISTS (SELECT 1 FROM f WHERE f MATCH bx_sought(?1) AND rowid = ?2)",
                        (words, row),
                        |row| row.get(0),
                    )
                    .unwrap();
                assert!(indexed || !exact, "{words:?} in {text:?}");
                asked += 1;
                met += u32::from(exact);
            }
        }
        assert!(met > 100 && met * 2 < asked, "{met} of {asked}");
        let twice = text("bx_stems('Data the data DATABASE')");
        assert_eq!(twice.as_deref(), Some("data databas"));
        assert_eq!(text(&format!("bx_stems('{long}')")).map(|stem| stem.len()), Some(64));
    }

    #[test]
    fn rank_counts_what_was_found() {
        let rank = |text: &str| asked(&format!("bx_rank('{text}', 'data')"));
        assert_eq!(rank("Databases, data and more data"), rusqlite::types::Value::Real(3.0));
        assert_eq!(rank("nothing here"), rusqlite::types::Value::Real(0.0));
        assert_eq!(asked("bx_rank(NULL, 'a')"), rusqlite::types::Value::Null);
    }

    #[test]
    fn stop_words_can_be_searched_by_halves() {
        assert!(STOP_WORDS.is_sorted());
    }
}
