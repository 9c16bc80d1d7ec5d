//! Names of things in the store that no document names: sequences, indexes, constraints.

use crate::dialect::Family;
use catalog::Collection;

/// Longest identifier Postgres keeps, in bytes.
const NAME_BYTES_MAX: usize = 63;

/// Name of the sequence of an `AUTOINCREMENT` field (Postgres).
///
/// Pieces are joined by a dot, which no collection or field name may contain, so that two
/// different fields never meet in one name.
#[must_use]
pub fn sequence_name(collection: &str, field: &str) -> String {
    joined(&[collection, field, "seq"])
}

/// Name of an index over some fields of a collection.
#[must_use]
pub fn index_name(collection: &str, fields: &[&str], unique: bool) -> String {
    let mut pieces = vec![collection];
    pieces.extend_from_slice(fields);
    pieces.push(if unique { "unique" } else { "index" });
    joined(&pieces)
}

/// Name of the R-tree of an index of places (SQLite), which is a table beside the collection's.
pub(crate) fn rtree_name(index: &str) -> String {
    format!("{index}{TREE}")
}

/// Name of the table in which SQLite keeps the words of an index of words.
pub(crate) fn words_name(index: &str) -> String {
    format!("{index}{WORDS}")
}

/// Name of the table that numbers the records of such an index or tree, where their keys are no
/// numbers.
pub(crate) fn numbers_name(beside: &str) -> String {
    format!("{beside}{NUMBERS}")
}

/// How the names of such tables end; the dot keeps them apart from names that people give.
const TREE: &str = ".rtree";
const WORDS: &str = ".fulltext";
const NUMBERS: &str = ".numbers";

/// Name of a constraint (`check`, `fkey`, `pkey`) about one field of a collection.
#[must_use]
pub fn constraint_name(collection: &str, field: &str, kind: &str) -> String {
    joined(&[collection, field, kind])
}

/// The pieces with dots between them; a name that is too long keeps its beginning and ends with
/// a hash of the whole.
fn joined(pieces: &[&str]) -> String {
    let whole = pieces.join(".");
    if whole.len() <= NAME_BYTES_MAX {
        return whole;
    }
    let mut end = NAME_BYTES_MAX - 17;
    while !whole.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}~{:016x}", &whole[..end], fnv1a(whole.as_bytes()))
}

/// FNV-1a with 64 bits: stable over releases, which `DefaultHasher` does not promise.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// By which name SQLite knows the number of a row; a field of that name would hide it.
pub(crate) fn row_number(collection: &Collection) -> &'static str {
    let hidden = |name: &str| collection.fields.keys().any(|one| one.eq_ignore_ascii_case(name));
    ["_rowid_", "rowid", "oid"].into_iter().find(|name| !hidden(name)).unwrap_or("_rowid_")
}

/// Whether an R-tree knows the rows by their own numbers: only where such a number is the key. Any
/// other is given anew when a program copies the file, and of the integer key of a table that somebody
/// else made it is not known whether SQLite numbers its rows by it.
pub(crate) fn is_tree_of_rows(collection: &Collection) -> bool {
    !collection.adopted && is_numbered(collection)
}

/// Whether SQLite's number of a row is the key of its record.
pub(crate) fn is_numbered(collection: &Collection) -> bool {
    matches!(Family::of(&collection.key().kind), Family::Integer | Family::BigInt)
}

#[cfg(test)]
mod tests {
    use super::{constraint_name, index_name, sequence_name};

    #[test]
    fn names_are_readable_and_never_meet() {
        assert_eq!(sequence_name("orders", "number"), "orders.number.seq");
        assert_eq!(index_name("posts", &["status", "price"], false), "posts.status.price.index");
        assert_eq!(constraint_name("posts", "status", "check"), "posts.status.check");
        assert_ne!(sequence_name("a_b", "c"), sequence_name("a", "b_c"));
    }

    #[test]
    fn long_names_fit_and_stay_apart() {
        let long = "a".repeat(63);
        let first = index_name(&long, &["b"], true);
        let second = index_name(&long, &["c"], true);
        assert_eq!(first.len(), 63);
        assert_ne!(first, second);
        assert!(sequence_name(&"ä".repeat(31), "field").len() <= 63);
    }
}
