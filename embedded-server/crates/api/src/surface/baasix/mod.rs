//! The home surface: the Baasix SDK's items, and the spelling that the studio speaks too.

pub(crate) mod error;
pub(crate) mod import;
pub(crate) mod params;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod routes;
pub(crate) mod sort;
