//! Records: types, defaults, rules, creating, changing, removing, alone and in bulk.

mod batch;
mod bulk;
mod durability;
mod life;
mod rules;
mod types;
