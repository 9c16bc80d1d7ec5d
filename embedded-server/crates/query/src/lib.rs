//! Floor 1b: what was asked, and what that means.
//!
//! A surface hands over a [`Read`] or [`Write`] in names and JSON. [`resolve_read`] and
//! [`resolve_write`] turn it into a plan: every name found, every value coerced to its field's
//! type, every bound checked.
//! May import: `base`, `catalog`. Pure: no IO, no clock (the caller passes "now"), no tokio, no
//! serde on the plan types. Randomness only where a default asks for a new id.
//! Refuses: everything unknown, with the nearest known name.

mod coerce;
mod filter;
mod json;
mod operator;
mod plan;
mod read;
mod resolve;
mod validate;
mod write;

pub use coerce::{canonical_json, coerce};
pub use filter::{Filter, Test, Words};
pub use json::{held, parse_filter, parse_loose_filter, parse_rel_conditions, print_filter};
pub use plan::{
    Aggregate, Asked, Assigned, Cast, Cond, Condition, Count, DatePart, Expand, GroupKey, Grouping,
    Hop, JsonValueTest, Like, Operand, Operator, Order, OrderBy, Page, Pointer, Projection,
    ReadPlan, Ref, Rows, Search, Selected, Spatial, Step, WritePlan,
};
pub use read::{
    AggregateAsked, AggregateFunction, CountMode, Direction, DistanceAsked, Read, RelConditions,
    SortAsked, UnknownNames,
};
pub use resolve::{
    Place, Scope, Sight, decode_cursor, encode_cursor, page_size, resolve_filter, resolve_read,
    resolve_write, spelled_out,
};
pub use validate::{Broken, validate};
pub use write::{Context, Operation, Write};
