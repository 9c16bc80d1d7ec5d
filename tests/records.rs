//! Records: types, defaults, rules, creating, changing, removing, alone and in bulk.

mod alias;
mod alike;
mod batch;
mod bulk;
mod computed;
mod defaults;
mod durability;
mod exports;
mod faults;
mod life;
mod limits;
mod rules;
mod table;
mod types;
mod upsert;
mod words;
