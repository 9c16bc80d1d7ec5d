//! Identity: sign-in, refresh, sign-out, registration, passwords, the first owner.

mod audit;
mod house;
mod imported;
mod invites;
mod limits;
mod links;
mod oauth;
mod owner;
mod rank;
mod register;
pub(crate) mod secrets;
mod session;
mod session_limits;
mod sessions;
mod tokens;
mod totp;
mod users;
mod variables;
