//! Words in texts: what a search looks through, how it is asked, and what an index of words holds.

use super::Family;
use crate::Dialect;

/// Most bytes of a text whose words Postgres keeps as one `tsvector`. Such a vector ends at 1 MB.
/// A word takes its own bytes and six more at most, and stands with a blank behind it in the text,
/// so that the vector of a text is at most twice as long as the text.
const VECTOR_BYTES_MAX: u32 = 400_000;

/// What an index holds in place of the words of a longer text. No word has signs like these.
const LONG: &str = "'''(long)'''";

impl Dialect {
    /// The text that is searched: the columns with blanks between them.
    pub(crate) fn searched(self, columns: impl Iterator<Item = (String, Family)>) -> String {
        let parts: Vec<String> = columns
            .map(|(column, family)| format!("coalesce({},'')", self.as_text(&column, family)))
            .collect();
        if parts.is_empty() { String::from("''") } else { format!("({})", parts.join("||' '||")) }
    }

    /// The words of a search as the search function takes them, bound as text.
    pub(crate) fn search_words(self, words: &[String]) -> String {
        match self {
            Self::Sqlite => words.join(" "),
            Self::Postgres => {
                let terms: Vec<String> = words
                    .iter()
                    .map(|word| format!("'{}':*", word.replace('\\', "").replace('\'', "''")))
                    .collect();
                terms.join(" & ")
            }
        }
    }

    /// All words found in a text.
    pub(crate) fn search(self, text: &str, words: &str) -> String {
        match self {
            Self::Sqlite => format!("bx_search({text}, {words})"),
            Self::Postgres => {
                let plain = words_of(text);
                format!(
                    "CASE WHEN octet_length({text}) <= {VECTOR_BYTES_MAX} \
                     THEN to_tsvector('english', {plain}) @@ to_tsquery('english', {words}) \
                     ELSE bx_search_long({plain}, {words}) END"
                )
            }
        }
    }

    /// How often what is searched for stands in a text; more is better. The words are bound as they
    /// are, with blanks between them.
    pub(crate) fn relevance(self, text: &str, words: &str) -> String {
        match self {
            Self::Sqlite => format!("bx_rank({text}, {words})"),
            Self::Postgres => {
                let plain = words_of(text);
                // `ts_rank` weighs by distances that the other store does not know, so the hits
                // are counted.
                format!(
                    "CASE WHEN octet_length({text}) <= {VECTOR_BYTES_MAX} THEN \
                     (SELECT coalesce(sum(cardinality(found.positions)), 0)::double precision \
                     FROM unnest(to_tsvector('english', {plain})) found WHERE EXISTS \
                     (SELECT 1 FROM unnest(tsvector_to_array(to_tsvector('english', {words}))) wanted (stem) \
                     WHERE found.lexeme ^@ wanted.stem)) \
                     ELSE bx_rank_long({plain}, {words}) END"
                )
            }
        }
    }

    /// What an index of words holds of a text: its stems, each once. On Postgres a long text is
    /// marked as that, so that whoever may write it may write it with an index, too.
    pub(crate) fn stems(self, text: &str) -> String {
        match self {
            Self::Sqlite => format!("bx_stems({text})"),
            Self::Postgres => format!(
                "CASE WHEN octet_length({text}) <= {VECTOR_BYTES_MAX} \
                 THEN to_tsvector('english', {}) ELSE {LONG}::tsvector END",
                words_of(text)
            ),
        }
    }
}

/// That the words may be in a text of which an index holds this: true wherever the search is, and
/// of long texts, of which it knows nothing.
pub(crate) fn may_hold(stems: &str, words: &str) -> String {
    format!("({stems}) @@ (to_tsquery('english', {words}) || {LONG}::tsquery)")
}

/// A text with blanks between its words. Left to itself the parser takes `x.y` for the name of a
/// host and `a/b` for a path, in which nobody finds the second word.
fn words_of(text: &str) -> String {
    const SIGNS: &str = r##"!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~"##;
    // The quote stands twice.
    let blanks = " ".repeat(SIGNS.len() - 1);
    format!("translate({text}, '{SIGNS}', '{blanks}')")
}
