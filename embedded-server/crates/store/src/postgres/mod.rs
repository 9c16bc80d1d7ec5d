//! PostgreSQL: a small pool of connections of our own.

mod chunks;
mod existing;
mod fault;
mod functions;
mod lease;
mod outside;
mod pool;
mod rehearse;
mod run;
mod trial;

pub use outside::Outside;
pub use pool::Pool;
