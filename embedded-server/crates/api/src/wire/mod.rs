//! The shapes that travel: what routes answer, as serde structs. The only place of ours that
//! derives TypeScript; `typescript.rs` writes it to `sdk/src/generated`. Records themselves are
//! JSON bytes from the store and pass by. Keys are told in the order of the structs.

pub(crate) mod access;
pub(crate) mod answer;
pub(crate) mod error;
pub(crate) mod existing;
pub(crate) mod explain;
pub(crate) mod history;
pub(crate) mod impact;
pub(crate) mod import;
pub(crate) mod invite;
pub(crate) mod item;
pub(crate) mod journal;
pub(crate) mod mails;
pub(crate) mod oauth;
pub(crate) mod persona;
pub(crate) mod queries;
pub(crate) mod rehearsal;
pub(crate) mod report;
pub(crate) mod schema;
pub(crate) mod schema_history;
pub(crate) mod server;
pub(crate) mod session;
pub(crate) mod settings;
pub(crate) mod templates;
pub(crate) mod tokens;
pub(crate) mod totp;
pub(crate) mod transfer;
pub(crate) mod variables;

#[cfg(test)]
mod document;
#[cfg(test)]
mod typescript;
