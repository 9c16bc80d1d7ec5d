//! How far the work on two shapes may go: it grows with the product of their edges.

use std::cell::Cell;

/// Edges looked at between two questions whether to go on: some 0.1 ms.
const EDGES: usize = 16_384;

/// Asks now and then whether the work may go on.
pub struct Pace<'f> {
    goes_on: &'f dyn Fn() -> bool,
    left: Cell<usize>,
}

impl<'f> Pace<'f> {
    /// Asks `goes_on` after every few thousand edges.
    #[must_use]
    pub fn asking(goes_on: &'f dyn Fn() -> bool) -> Self {
        Self { goes_on, left: Cell::new(EDGES) }
    }

    /// So many edges are looked at next; `None` when it is over.
    pub(super) fn edges(&self, count: usize) -> Option<()> {
        match self.left.get().checked_sub(count.max(1)) {
            Some(left) => {
                self.left.set(left);
                Some(())
            }
            None => {
                self.left.set(EDGES);
                (self.goes_on)().then_some(())
            }
        }
    }
}
