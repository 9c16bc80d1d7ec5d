//! Identity: sign-in, refresh, sign-out, registration, passwords, the first owner.

mod owner;
mod register;
mod session;
mod users;
