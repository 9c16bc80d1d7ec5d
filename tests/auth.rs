//! Identity: sign-in, refresh, sign-out, registration, passwords, the first owner.

mod house;
mod imported;
mod limits;
mod owner;
mod rank;
mod register;
mod secrets;
mod session;
mod session_limits;
mod sessions;
mod users;
