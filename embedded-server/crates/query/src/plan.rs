//! A plan: every name found, every value typed. Built by `resolve`, narrowed by
//! `access::guard`, compiled by `sql`. Never serialised.

mod condition;
mod read;
mod write;

pub use condition::{
    Cast, Cond, Condition, Hop, JsonValueTest, Like, Operand, Operator, Ref, Spatial,
};
pub use read::{
    Aggregate, Count, DatePart, Expand, GroupKey, Grouping, Order, OrderBy, Page, Projection,
    ReadPlan, Rows, Search, Selected,
};
pub use write::{Asked, Assigned, Pointer, Step, WritePlan};
