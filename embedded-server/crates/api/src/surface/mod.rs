//! The APIs we speak. Each is pure functions plus its routes.

pub(crate) mod baasix;
