//! The closed lists of words in schema documents, for judges and for those who tell of them. The
//! type words are [`crate::TYPE_NAMES`].

/// The rules a field may have, by their keys in `validate`.
pub const RULE_NAMES: [&str; 12] = [
    "min", "max", "isInt", "notEmpty", "len", "isEmail", "isUrl", "isIP", "isUUID", "is",
    "matches", "regex",
];

/// The defaults that are made on the spot, by the word in `defaultValue.type`.
pub const DEFAULT_NAMES: [&str; 7] =
    ["UUIDV4", "SUID", "NOW", "AUTOINCREMENT", "CURRENT_USER", "CURRENT_TENANT", "SQL"];

/// The index types that both stores can be asked for.
pub const INDEX_TYPES: [&str; 5] = ["btree", "hash", "gin", "gist", "fulltext"];
