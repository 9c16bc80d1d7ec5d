//! Floor 2: who may do what. A plan and an actor become a guarded plan, or a refusal.
//!
//! May import: `base`, `catalog`, `query`. Pure. Invariant: [`Guarded`] has two makers, `guard`
//! and [`Guarded::for_system`]; `sql` compiles nothing else, so an unguarded query does not
//! type-check.

mod actor;
mod asked;
mod grants;
mod guard;
mod guarded;
mod past;
mod policy;
mod rank;
mod scopes;
mod sight;
mod tenancy;
mod told;
mod visible;
mod writes;

pub use actor::{Actor, Identity};
pub use asked::{check_allowed, check_asked, denied, may_set};
pub use grants::FieldGrants;
pub use guard::{guard_read, guard_read_told};
pub use guarded::Guarded;
pub use past::governing;
pub use policy::{Action, Policies, Policy};
pub use scopes::{SCOPES_MAX, Scopes};
pub use sight::Seen;
pub use tenancy::{TENANT, Tenancy, Touch, Within};
pub use told::{Clause, Origin, Told};
pub use visible::{Capability, capabilities, visible};
pub use writes::{guard_write, guard_write_told};
