//! Mails: the templates they are made of.

mod caught;
mod templates;
