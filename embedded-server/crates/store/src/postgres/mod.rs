//! PostgreSQL: a small pool of connections of our own.

mod fault;
mod pool;
mod run;

pub use pool::Pool;
