//! Floor 1b: what was asked, and what that means.
//!
//! A surface hands over a [`Read`] or [`Write`] in names and JSON. [`resolve`] turns it into a
//! plan: every name found, every value coerced to its field's type, every bound checked.
//! May import: `base`, `catalog`. Pure: no IO, no clock (the caller passes "now"), no tokio, no
//! serde on the plan types. Refuses: everything unknown, with the nearest known name.

mod filter;
mod plan;
mod read;
mod write;

pub use filter::{Filter, Test, Words};
pub use plan::{
    Aggregate, Assigned, Cast, Cond, Condition, Count, DatePart, Expand, GroupKey, Grouping, Hop,
    JsonValueTest, Like, Operand, Operator, Order, OrderBy, Page, Projection, ReadPlan, Ref, Rows, Search,
    Selected, Step, WritePlan,
};
pub use read::{AggregateAsked, AggregateFunction, CountMode, Direction, Read, RelConditions, SortAsked};
pub use write::{Context, Operation, Write};
