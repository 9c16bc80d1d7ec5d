//! What lies in, on or across what, in the plane of degrees.
//!
//! One shape is cut where the other crosses it; the middle of each piece, each point, and a
//! position inside of each polygon then tell by where they lie in the other shape how the two
//! stand to each other. Positions nearer to each other than [`NEAR`] are one, so that a position
//! computed on an edge lies on it. Each answer is `None` when the pace says that it is over.

use super::{Dim, Edge, Pace, Shape, Spot};

/// Degrees that make no difference: a tenth of a millimetre.
const NEAR: f64 = 1e-9;
const NEAR_SQUARED: f64 = 1e-18;

/// Pieces of an edge that are shorter tell nothing: their middle is near both of their ends.
const PIECE_MIN: f64 = 4e-9;

/// Where a position lies in a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Outside,
    /// On the ring of a polygon or at the end of a line.
    Boundary,
    /// On a line or a point.
    On,
    /// Inside of a polygon.
    Inside,
}

/// What was found of each kind of a shape's witnesses in the other shape.
#[derive(Clone, Copy, Debug, Default)]
struct Sides(u16);

/// Whose place it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Witness {
    Point,
    Line,
    Ring,
    /// A position inside of a polygon.
    Inner,
}

impl Sides {
    fn note(&mut self, who: Witness, place: Place) {
        self.0 |= 1 << (who as u16 * 4 + place as u16);
    }

    fn has(self, who: Witness, place: Place) -> bool {
        self.0 & (1 << (who as u16 * 4 + place as u16)) != 0
    }

    fn any(self, who: Witness) -> bool {
        self.0 & (0b1111 << (who as u16 * 4)) != 0
    }
}

impl Edge {
    /// Whether the rectangles around two edges come near each other.
    fn meets_box(&self, other: &Self) -> bool {
        let apart = |a: f64, b: f64, c: f64, d: f64| a.min(b) > c.max(d) + NEAR;
        !(apart(self.a.x, self.b.x, other.a.x, other.b.x)
            || apart(other.a.x, other.b.x, self.a.x, self.b.x)
            || apart(self.a.y, self.b.y, other.a.y, other.b.y)
            || apart(other.a.y, other.b.y, self.a.y, self.b.y))
    }

    /// Squared distance of a position.
    fn gap(&self, p: Spot) -> f64 {
        let (dx, dy) = (self.b.x - self.a.x, self.b.y - self.a.y);
        let (px, py) = (p.x - self.a.x, p.y - self.a.y);
        let dot = px * dx + py * dy;
        let length = dx * dx + dy * dy;
        if dot <= 0.0 || length == 0.0 {
            px * px + py * py
        } else if dot >= length {
            let (qx, qy) = (p.x - self.b.x, p.y - self.b.y);
            qx * qx + qy * qy
        } else {
            let cross = px * dy - py * dx;
            cross * cross / length
        }
    }

    fn holds(&self, p: Spot) -> bool {
        self.gap(p) <= NEAR_SQUARED
    }

    /// On which side of the edge's line a position lies.
    fn side(&self, p: Spot) -> f64 {
        (self.b.x - self.a.x) * (p.y - self.a.y) - (self.b.y - self.a.y) * (p.x - self.a.x)
    }

    fn meets(&self, other: &Self) -> bool {
        if !self.meets_box(other) {
            return false;
        }
        if self.holds(other.a) || self.holds(other.b) || other.holds(self.a) || other.holds(self.b)
        {
            return true;
        }
        let (one, two) = (self.side(other.a), self.side(other.b));
        let (three, four) = (other.side(self.a), other.side(self.b));
        ((one > 0.0 && two < 0.0) || (one < 0.0 && two > 0.0))
            && ((three > 0.0 && four < 0.0) || (three < 0.0 && four > 0.0))
    }

    /// Whether a ray from the position eastwards crosses the edge.
    fn crossed_by(&self, p: Spot) -> bool {
        (self.a.y > p.y) != (self.b.y > p.y)
            && p.x < (self.b.x - self.a.x) * (p.y - self.a.y) / (self.b.y - self.a.y) + self.a.x
    }
}

impl Shape {
    /// ST_Within: nothing of it lies outside of the other, and something in its interior.
    #[must_use]
    pub fn is_within(&self, other: &Self, pace: &Pace<'_>) -> Option<bool> {
        let here = self.sides(other, pace)?;
        let inward = here.has(Witness::Point, Place::On)
            || here.has(Witness::Point, Place::Inside)
            || here.has(Witness::Line, Place::On)
            || here.has(Witness::Line, Place::Inside)
            || here.has(Witness::Inner, Place::Inside);
        Some(inward && covered(here, other.sides(self, pace)?))
    }

    /// Whether the two have a position in common.
    #[must_use]
    pub fn intersects(&self, other: &Self, pace: &Pace<'_>) -> Option<bool> {
        for edge in &self.edges {
            pace.edges(other.edges.len())?;
            if other.edges.iter().any(|far| edge.meets(far)) {
                return Some(true);
            }
        }
        Some(self.begins_in(other, pace)? || other.begins_in(self, pace)?)
    }

    /// ST_Overlaps: both are of one dimension, share something of it, and neither holds the other.
    #[must_use]
    pub fn overlaps(&self, other: &Self, pace: &Pace<'_>) -> Option<bool> {
        let (here, there) = (self.sides(other, pace)?, other.sides(self, pace)?);
        if here.dimension() != there.dimension() {
            return Some(false);
        }
        let shared = match here.dimension() {
            Dim::Point => here.has(Witness::Point, Place::On),
            Dim::Line => here.has(Witness::Line, Place::On),
            Dim::Ring => [here, there].iter().any(|sides| {
                sides.has(Witness::Ring, Place::Inside) || sides.has(Witness::Inner, Place::Inside)
            }),
        };
        Some(shared && !covered(here, there) && !covered(there, here))
    }

    /// The beginning of a line or polygon of it, or a point, lies inside of a polygon of the other.
    fn begins_in(&self, other: &Self, pace: &Pace<'_>) -> Option<bool> {
        for edge in self.edges.iter().filter(|edge| edge.head) {
            if other.place(edge.a, Witness::Ring, pace)? == Place::Inside {
                return Some(true);
            }
        }
        Some(false)
    }

    /// Where a position lies in this shape, as far as it matters to what it stands for.
    fn place(&self, p: Spot, who: Witness, pace: &Pace<'_>) -> Option<Place> {
        pace.edges(self.edges.len())?;
        let (mut boundary, mut on_point, mut on_line, mut ends) = (false, false, false, 0_u32);
        // Of the polygon at hand: whether the ray crossed it an odd number of times.
        let (mut part, mut odd, mut edge_of_part) = (0, false, false);
        for edge in &self.edges {
            match edge.dim {
                Dim::Point => on_point |= who == Witness::Point && edge.holds(p),
                Dim::Line => {
                    on_line |= who != Witness::Ring && edge.holds(p);
                    if who == Witness::Point {
                        ends += u32::from(edge.head && near(edge.a, p));
                        ends += u32::from(edge.tail && near(edge.b, p));
                    }
                }
                Dim::Ring => {
                    if edge.part != part {
                        if odd && !edge_of_part {
                            return Some(Place::Inside);
                        }
                        (part, odd, edge_of_part) = (edge.part, false, false);
                    }
                    odd ^= edge.crossed_by(p);
                    edge_of_part |= edge.holds(p);
                    boundary |= edge_of_part;
                }
            }
        }
        if odd && !edge_of_part {
            return Some(Place::Inside);
        }
        let at_end = ends % 2 == 1;
        Some(if on_point || (on_line && !at_end) {
            Place::On
        } else if boundary || at_end {
            Place::Boundary
        } else {
            Place::Outside
        })
    }

    /// Where the pieces of this shape lie in the other.
    fn sides(&self, other: &Self, pace: &Pace<'_>) -> Option<Sides> {
        let mut sides = Sides::default();
        for edge in &self.edges {
            let who = match edge.dim {
                Dim::Point => {
                    sides.note(Witness::Point, other.place(edge.a, Witness::Point, pace)?);
                    continue;
                }
                Dim::Line => Witness::Line,
                Dim::Ring => Witness::Ring,
            };
            pace.edges(other.edges.len())?;
            for middle in middles(edge, other) {
                sides.note(who, other.place(middle, who, pace)?);
            }
        }
        for inner in self.inner_spots() {
            sides.note(Witness::Inner, other.place(inner, Witness::Inner, pace)?);
        }
        Some(sides)
    }

    /// One position inside of each polygon, as far from its edges as is found without effort.
    fn inner_spots(&self) -> Vec<Spot> {
        let mut found = Vec::new();
        let rings: Vec<&Edge> = self.edges.iter().filter(|edge| edge.dim == Dim::Ring).collect();
        for polygon in rings.chunk_by(|one, next| one.part == next.part) {
            // Between the two neighbouring latitudes that are farthest apart no ring turns.
            let mut levels: Vec<f64> = polygon.iter().map(|edge| edge.a.y).collect();
            levels.sort_by(f64::total_cmp);
            levels.dedup();
            let Some((gap, low)) =
                widest(levels.windows(2).map(|pair| (pair[1] - pair[0], pair[0])))
            else {
                continue;
            };
            let y = low + gap / 2.0;
            let mut crossings: Vec<f64> = polygon
                .iter()
                .filter(|edge| (edge.a.y > y) != (edge.b.y > y))
                .map(|edge| {
                    (edge.b.x - edge.a.x) * (y - edge.a.y) / (edge.b.y - edge.a.y) + edge.a.x
                })
                .collect();
            crossings.sort_by(f64::total_cmp);
            let inside = crossings.chunks_exact(2).map(|pair| (pair[1] - pair[0], pair[0]));
            if let Some((width, west)) = widest(inside) {
                found.push(Spot { x: west + width / 2.0, y });
            }
        }
        found
    }
}

impl Sides {
    fn dimension(self) -> Dim {
        match (self.any(Witness::Inner) || self.any(Witness::Ring), self.any(Witness::Line)) {
            (true, _) => Dim::Ring,
            (false, true) => Dim::Line,
            (false, false) => Dim::Point,
        }
    }
}

/// Nothing of a shape lies outside: no piece of it, and no ring of the other runs through the
/// inside of its polygons.
fn covered(here: Sides, there: Sides) -> bool {
    let out = [Witness::Point, Witness::Line, Witness::Ring]
        .iter()
        .any(|who| here.has(*who, Place::Outside));
    let inner = !here.any(Witness::Inner)
        || !(here.has(Witness::Inner, Place::Outside)
            || here.has(Witness::Inner, Place::Boundary)
            || here.has(Witness::Inner, Place::On)
            || there.has(Witness::Ring, Place::Inside));
    !out && inner
}

/// The widest of some intervals as width and beginning; among equals the first.
fn widest(intervals: impl Iterator<Item = (f64, f64)>) -> Option<(f64, f64)> {
    let mut best: Option<(f64, f64)> = None;
    for (width, begin) in intervals {
        if best.is_none_or(|(widest, _)| width > widest) {
            best = Some((width, begin));
        }
    }
    best
}

fn near(a: Spot, b: Spot) -> bool {
    (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y) <= NEAR_SQUARED
}

/// The middles of the pieces into which a shape cuts an edge.
fn middles(edge: &Edge, other: &Shape) -> Vec<Spot> {
    let (dx, dy) = (edge.b.x - edge.a.x, edge.b.y - edge.a.y);
    let length = dx * dx + dy * dy;
    let mut cuts = vec![0.0, 1.0];
    for far in other.edges.iter().filter(|far| far.dim != Dim::Point && edge.meets_box(far)) {
        let (ux, uy) = (far.b.x - far.a.x, far.b.y - far.a.y);
        let (cx, cy) = (far.a.x - edge.a.x, far.a.y - edge.a.y);
        let (ex, ey) = (far.b.x - edge.a.x, far.b.y - edge.a.y);
        let turn = dx * uy - dy * ux;
        if turn != 0.0 {
            cuts.push((cx * uy - cy * ux) / turn);
        }
        if length > 0.0 {
            cuts.push((cx * dx + cy * dy) / length);
            cuts.push((ex * dx + ey * dy) / length);
        }
    }
    cuts.retain(|cut| (0.0..=1.0).contains(cut));
    cuts.sort_by(f64::total_cmp);
    cuts.dedup();
    cuts.windows(2)
        .filter(|pair| (pair[1] - pair[0]) * length.sqrt() > PIECE_MIN || pair[1] - pair[0] == 1.0)
        .map(|pair| {
            let middle = (pair[0] + pair[1]) / 2.0;
            Spot { x: edge.a.x + middle * dx, y: edge.a.y + middle * dy }
        })
        .collect()
}

#[cfg(test)]
#[path = "relation_tests.rs"]
mod tests;
