//! The proof that a plan was guarded.

/// A plan that carries the actor's policy. Only this crate makes one.
#[derive(Clone, Debug)]
pub struct Guarded<T>(T);

impl<T> Guarded<T> {
    pub(crate) fn new(plan: T) -> Self {
        Self(plan)
    }

    /// A plan of the house itself, with the reason it needs no policy. `tests/tidy.rs` lists
    /// every use.
    pub fn for_system(plan: T, reason: &'static str) -> Self {
        debug_assert!(!reason.is_empty(), "a system plan says why");
        Self(plan)
    }

    /// The plan.
    pub fn plan(&self) -> &T {
        &self.0
    }
}
