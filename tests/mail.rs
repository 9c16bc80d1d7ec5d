//! Mails: the templates they are made of.

mod templates;
