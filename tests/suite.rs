//! The suite: one binary, black box over HTTP, every behaviour on both stores.
//!
//! Files are named by capability. A test enters by the public door only: routes that a client
//! could call. Postgres comes from `TEST_POSTGRES_URL` (set by `cargo xtask test`); without it the
//! suite says loudly that half of it did not run, and fails in CI.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should stop"
)]

mod acceptance;
mod access;
mod auth;
mod existing;
mod feed;
mod filters;
mod generate;
mod harness;
mod history;
mod imports;
mod journal;
mod mail;
mod original;
mod owned;
mod probe;
mod processes;
mod queries;
mod records;
mod relations;
mod reports;
mod schemas;
mod server;
mod settings;
mod soak;
mod sort;
mod weaknesses;
