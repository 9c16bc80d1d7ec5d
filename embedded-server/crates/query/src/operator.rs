//! The 74 operator words of the home surface, two of our own, and what each stands for.

use base::nearest;

/// What a word means, before the type of its column is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// `=`; a literal null is IS NULL.
    Equal {
        negated: bool,
    },
    /// `<`, `<=`, `>`, `>=`.
    Compare {
        greater: bool,
        or_equal: bool,
    },
    /// `is`: equality that also takes the text `"null"`.
    Is,
    /// One of a list.
    In {
        negated: bool,
    },
    /// Text matching.
    Like(LikeWord),
    /// `contains`: by the column's family (text, array, JSON, range).
    Contains(LikeWord),
    /// Regular expression.
    Regex,
    /// Inclusive interval.
    Between {
        negated: bool,
    },
    /// `isNull` (`true`) and `isNotNull`.
    IsNull(bool),
    /// NULL, `''`, `[]`, `{}`.
    Empty,
    /// Array tests.
    ArrayContains,
    ArrayContained,
    ArrayOverlaps,
    ArrayLength,
    ArrayEmpty,
    /// JSON containment.
    JsonContains {
        contained: bool,
        negated: bool,
    },
    /// One key.
    JsonHasKey,
    /// Several keys.
    JsonHasKeys {
        all: bool,
    },
    /// The value under one key, compared.
    JsonKeyEqual {
        negated: bool,
    },
    JsonKeyCompare {
        greater: bool,
        or_equal: bool,
    },
    JsonKeyIn {
        negated: bool,
    },
    JsonKeyLike,
    JsonKeyIsNull(bool),
    /// SQL/JSON path.
    JsonPath {
        predicate: bool,
    },
    JsonDeepValue,
    JsonArrayLength,
    JsonTypeOf,
    /// Geometry predicates.
    Geometry(GeoWord),
    /// `overlaps`: by the column's family (range, array, geometry).
    Overlaps,
}

/// What a geometry is to the given one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GeoWord {
    Within,
    Contains,
    Intersects {
        negated: bool,
    },
    /// Both are of one dimension and share a part.
    Overlaps,
    /// Not farther than so many metres.
    Near,
}

/// How a text operator matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LikeWord {
    pub(crate) open_start: bool,
    pub(crate) open_end: bool,
    pub(crate) wildcards: bool,
    pub(crate) fold: bool,
    pub(crate) negated: bool,
}

const fn fold(word: LikeWord) -> LikeWord {
    LikeWord { fold: true, ..word }
}

const fn not(word: LikeWord) -> LikeWord {
    LikeWord { negated: true, ..word }
}

const SUBSTRING: LikeWord =
    LikeWord { open_start: true, open_end: true, wildcards: true, fold: false, negated: false };
const PREFIX: LikeWord = LikeWord { open_start: false, ..SUBSTRING };
const SUFFIX: LikeWord = LikeWord { open_end: false, ..SUBSTRING };
/// A substring whose `%` and `_` stand for themselves.
const LITERAL: LikeWord = LikeWord { wildcards: false, ..SUBSTRING };

/// A pattern for the whole text.
const WHOLE: LikeWord = LikeWord { open_start: false, open_end: false, ..SUBSTRING };

/// Every word, in the order of the reference's document.
const WORDS: &[(&str, Word)] = &[
    ("eq", Word::Equal { negated: false }),
    ("ne", Word::Equal { negated: true }),
    ("neq", Word::Equal { negated: true }),
    ("gt", Word::Compare { greater: true, or_equal: false }),
    ("gte", Word::Compare { greater: true, or_equal: true }),
    ("lt", Word::Compare { greater: false, or_equal: false }),
    ("lte", Word::Compare { greater: false, or_equal: true }),
    ("is", Word::Is),
    ("not", Word::Equal { negated: true }),
    ("in", Word::In { negated: false }),
    ("notIn", Word::In { negated: true }),
    ("nin", Word::In { negated: true }),
    ("like", Word::Like(SUBSTRING)),
    ("notLike", Word::Like(not(SUBSTRING))),
    ("iLike", Word::Like(fold(SUBSTRING))),
    ("notILike", Word::Like(not(fold(SUBSTRING)))),
    ("ilike", Word::Like(fold(SUBSTRING))),
    ("contains", Word::Contains(LITERAL)),
    ("icontains", Word::Contains(fold(LITERAL))),
    ("ncontains", Word::Contains(not(LITERAL))),
    // Without the final `s` case does not count: the reference's ILIKE.
    ("startsWith", Word::Like(fold(PREFIX))),
    ("startsWiths", Word::Like(PREFIX)),
    ("endsWith", Word::Like(fold(SUFFIX))),
    ("endsWiths", Word::Like(SUFFIX)),
    ("nstartsWith", Word::Like(not(fold(PREFIX)))),
    ("nstartsWiths", Word::Like(not(PREFIX))),
    ("nendsWith", Word::Like(not(fold(SUFFIX)))),
    ("nendsWiths", Word::Like(not(SUFFIX))),
    ("regex", Word::Regex),
    ("between", Word::Between { negated: false }),
    ("notBetween", Word::Between { negated: true }),
    ("nbetween", Word::Between { negated: true }),
    ("isNull", Word::IsNull(true)),
    ("isNotNull", Word::IsNull(false)),
    ("empty", Word::Empty),
    ("arraycontains", Word::ArrayContains),
    ("arraycontained", Word::ArrayContained),
    ("arraycontainsany", Word::ArrayOverlaps),
    ("arrayoverlap", Word::ArrayOverlaps),
    ("arraylength", Word::ArrayLength),
    ("arrayempty", Word::ArrayEmpty),
    ("jsonbContains", Word::JsonContains { contained: false, negated: false }),
    ("jsoncontains", Word::JsonContains { contained: false, negated: false }),
    ("jsonbContainedBy", Word::JsonContains { contained: true, negated: false }),
    ("jsonbNotContains", Word::JsonContains { contained: false, negated: true }),
    ("jsonbHasKey", Word::JsonHasKey),
    ("jsonhaskey", Word::JsonHasKey),
    ("jsonbHasAnyKeys", Word::JsonHasKeys { all: false }),
    ("jsonhasanykeys", Word::JsonHasKeys { all: false }),
    ("jsonbHasAllKeys", Word::JsonHasKeys { all: true }),
    ("jsonhasallkeys", Word::JsonHasKeys { all: true }),
    ("jsonbKeyEquals", Word::JsonKeyEqual { negated: false }),
    ("jsonbKeyNotEquals", Word::JsonKeyEqual { negated: true }),
    ("jsonbKeyGt", Word::JsonKeyCompare { greater: true, or_equal: false }),
    ("jsonbKeyGte", Word::JsonKeyCompare { greater: true, or_equal: true }),
    ("jsonbKeyLt", Word::JsonKeyCompare { greater: false, or_equal: false }),
    ("jsonbKeyLte", Word::JsonKeyCompare { greater: false, or_equal: true }),
    ("jsonbKeyIn", Word::JsonKeyIn { negated: false }),
    ("jsonbKeyNotIn", Word::JsonKeyIn { negated: true }),
    ("jsonbKeyLike", Word::JsonKeyLike),
    ("jsonbKeyIsNull", Word::JsonKeyIsNull(true)),
    ("jsonbKeyIsNotNull", Word::JsonKeyIsNull(false)),
    ("jsonbPathExists", Word::JsonPath { predicate: false }),
    ("jsonpath", Word::JsonPath { predicate: false }),
    ("jsonbPathMatch", Word::JsonPath { predicate: true }),
    ("jsonbDeepValue", Word::JsonDeepValue),
    ("jsonbArrayLength", Word::JsonArrayLength),
    ("jsonbTypeOf", Word::JsonTypeOf),
    ("within", Word::Geometry(GeoWord::Within)),
    ("containsGEO", Word::Geometry(GeoWord::Contains)),
    ("intersects", Word::Geometry(GeoWord::Intersects { negated: false })),
    ("nIntersects", Word::Geometry(GeoWord::Intersects { negated: true })),
    ("dwithin", Word::Geometry(GeoWord::Near)),
    ("overlaps", Word::Overlaps),
];

/// Words of ours beside the reference's: what another surface asks and the 74 cannot say, so that
/// every filter and every stored policy can be spelled in this one language.
const OURS: &[(&str, Word)] =
    &[("matches", Word::Like(WHOLE)), ("imatches", Word::Like(fold(WHOLE)))];

fn every() -> impl Iterator<Item = &'static (&'static str, Word)> {
    WORDS.iter().chain(OURS)
}

/// The meaning of a word. Case does not count where the words that differ in it agree.
pub(crate) fn find(name: &str) -> Option<Word> {
    let exact = every().find(|(word, _)| *word == name);
    exact
        .or_else(|| every().find(|(word, _)| word.eq_ignore_ascii_case(name)))
        .map(|(_, meaning)| *meaning)
}

/// The word nearest to a misspelt one.
pub(crate) fn nearest_word(name: &str) -> Option<&'static str> {
    nearest(name.trim_start_matches(['_', '$']), every().map(|(word, _)| *word))
}

/// Every word.
#[cfg(test)]
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    every().map(|(word, _)| *word)
}

#[cfg(test)]
mod tests {
    use super::{WORDS, every, find, nearest_word};
    use std::collections::HashMap;

    #[test]
    fn there_are_74_words_and_two_of_ours_and_case_never_changes_a_meaning() {
        assert_eq!((WORDS.len(), every().count()), (74, 76));
        let mut folded = HashMap::new();
        for (word, meaning) in every() {
            assert_eq!(find(word), Some(*meaning), "{word}");
            let before = folded.insert(word.to_ascii_lowercase(), *meaning);
            assert!(before.is_none_or(|before| before == *meaning), "{word} is ambiguous");
        }
        assert_eq!(find("startswith"), find("startsWith"));
        assert_ne!(find("startsWiths"), find("startsWith"));
        assert_eq!(find("_eq"), None);
        assert_eq!(nearest_word("_eq"), Some("eq"));
        assert_eq!(nearest_word("startWith"), Some("startsWith"));
    }
}
