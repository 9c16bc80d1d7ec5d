//! What is told to people outside a request: mails and the templates they are made of
//! (`spec/auth.md` 15).

pub mod default;
mod mail;
mod queue;
mod sender;
pub mod template;

pub use mail::{Delivered, Mail, Mailer, Status, Undelivered};
