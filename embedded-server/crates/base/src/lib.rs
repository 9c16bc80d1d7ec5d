//! Floor 0: the words every room shares. `Error`, `Code`, `Value`, ids, the clock, the limits,
//! the grammar of JSON paths, and what shapes on the earth are to each other.
//!
//! May import: nothing of ours. Holds no domain word (no collection, no user) and does no IO
//! beyond reading the system clock and the random source, each behind a type that tests replace.

mod clock;
mod code;
mod error;
mod geo;
mod id;
mod json_path;
mod limits;
mod nearest;
mod owner;
mod value;

pub use clock::{Clock, iso_millis};
pub use code::Code;
pub use error::{Detail, Error, Result};
pub use geo::{Bounds, Pace, Shape, metres_between};
pub use id::{random_bytes, short_id, uuid_v4};
pub use json_path::{
    JsonArithmetic, JsonCompare, JsonExpression, JsonMethod, JsonPath, JsonPattern, JsonStep,
};
pub use limits::{EMAIL_SIGNS_MAX, Limits};
pub use nearest::{nearest, nearly};
pub use owner::{owners_file, owners_folder};
pub use value::Value;
