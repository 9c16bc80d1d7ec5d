//! The Datrix surface: bracketed query strings and bodies with relation words.
//!
//! Until its routes stand here are the pure parsers (`spec/compat.md` B2 to B4). What its
//! spelling says is said in the words of the home surface, so that nothing below knows of it.

pub(crate) mod body;
pub(crate) mod fault;
pub(crate) mod filter;
#[cfg(test)]
mod grammar_tests;
mod params;
mod populate;
pub(crate) mod request;
