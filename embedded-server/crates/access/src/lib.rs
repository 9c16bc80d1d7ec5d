//! Floor 2: who may do what. A plan and an actor become a guarded plan, or a refusal.
//!
//! May import: `base`, `catalog`, `query`. Pure. Invariant: [`Guarded`] has two makers, `guard`
//! and [`Guarded::for_system`]; `sql` compiles nothing else, so an unguarded query does not
//! type-check.

mod actor;
mod guarded;
mod policy;

pub use actor::{Actor, Identity};
pub use guarded::Guarded;
pub use policy::{Action, FieldGrants, Policies, Policy};
