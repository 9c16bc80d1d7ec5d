//! Floor 7: HTTP and the surfaces. The only room that knows a status code, a header or a cookie.
//!
//! May import: floors 0 to 6. A handler extracts, calls one thing below, and shapes the answer:
//! no SQL, no policy, no mapping of errors by hand. A surface is a module of pure functions
//! (`request`, `response`, `error`) and its `routes`.

mod access_me;
mod app;
mod auth_links;
mod auth_routes;
mod caller;
mod cookies;
mod cors;
mod dry_run;
mod existing;
mod explain;
mod export;
#[cfg(test)]
mod fuzz_tests;
mod health;
mod history;
mod impact;
mod imports;
mod invites;
mod journal;
mod limit;
mod mails;
mod oauth;
mod openapi;
mod peer;
mod permissions;
mod persona;
mod queries;
mod rejection;
mod reports;
mod schema_history;
mod schemas;
mod sessions;
mod settings;
mod status;
mod studio;
mod surface;
mod templates;
mod tenants;
mod tokens;
mod totp;
mod transfer;
mod types;
mod unread;
mod variables;
mod versioned;
mod wire;

pub use app::{App, Settings, router};
pub use cookies::{Cookies, SameSite};
pub use cors::is_plain_public;
