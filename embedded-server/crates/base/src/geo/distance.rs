//! Metres between shapes: along the ellipsoid between their nearest positions.

use super::geodesic::{in_space, metres_between};
use super::{Dim, Edge, Pace, Shape, Spot};

/// More metres than half a degree of an edge can have.
const HALF_A_DEGREE: f64 = 56_000.0;

/// Degrees of an edge over which the way to a position has one shortest place at most.
const STRETCH: f64 = 10.0;

/// The golden ratio, by which an interval shrinks with each step of the search.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Steps of the search: some ten digits of the edge.
const STEPS: u32 = 48;

/// Looks at edges that finding the nearest position of one is worth.
const SEARCH: usize = 64;

impl Shape {
    /// Metres to another shape; 0 where the two have a position in common, `None` when the pace
    /// says that it is over. Between points it is right to a millimetre, to other shapes to one
    /// part in a hundred thousand, since the nearest position of an edge is found by the straight
    /// line through the earth.
    #[must_use]
    pub fn metres_to(&self, other: &Self, pace: &Pace<'_>) -> Option<f64> {
        if let ([one], [two]) = (self.edges.as_slice(), other.edges.as_slice())
            && one.dim == Dim::Point
            && two.dim == Dim::Point
        {
            return Some(metres_between((one.a.x, one.a.y), (two.a.x, two.a.y)));
        }
        if self.intersects(other, pace)? {
            return Some(0.0);
        }
        // Twice over all pairs, since as many as there are may not be held.
        let mut reached = f64::INFINITY;
        let mut nearest = |pair: &Pair<'_>| {
            reached = reached.min(pair.most);
            Some(())
        };
        self.pairs(other, pace, &mut nearest)?;
        other.pairs(self, pace, &mut nearest)?;
        let mut metres = f64::INFINITY;
        let mut measured = |pair: &Pair<'_>| {
            if pair.least <= reached {
                pace.edges(SEARCH)?;
                metres = metres.min(pair.metres());
            }
            Some(())
        };
        self.pairs(other, pace, &mut measured)?;
        other.pairs(self, pace, &mut measured)?;
        Some(metres)
    }

    /// Each end of an edge of this shape with each edge of the other.
    fn pairs(
        &self,
        other: &Self,
        pace: &Pace<'_>,
        each: &mut impl FnMut(&Pair<'_>) -> Option<()>,
    ) -> Option<()> {
        let far: Vec<_> = other
            .edges
            .iter()
            .map(|edge| (edge, in_space(edge.a.x, edge.a.y), in_space(edge.b.x, edge.b.y)))
            .collect();
        for edge in &self.edges {
            let last = (edge.tail && edge.dim == Dim::Line).then_some(edge.b);
            for spot in std::iter::once(edge.a).chain(last) {
                pace.edges(far.len())?;
                let at = in_space(spot.x, spot.y);
                for (edge, a, b) in &far {
                    let (dx, dy) = (edge.b.x - edge.a.x, edge.b.y - edge.a.y);
                    let most = chord(at, *a).min(chord(at, *b)).sqrt();
                    let least = most - HALF_A_DEGREE * (dx * dx + dy * dy).sqrt();
                    each(&Pair { spot, edge, most, least })?;
                }
            }
        }
        Some(())
    }
}

/// A position and an edge.
struct Pair<'s> {
    spot: Spot,
    edge: &'s Edge,
    /// Bounds of the straight way between them, in metres.
    most: f64,
    least: f64,
}

impl Pair<'_> {
    fn metres(&self) -> f64 {
        let (spot, edge) = (self.spot, self.edge);
        let (dx, dy) = (edge.b.x - edge.a.x, edge.b.y - edge.a.y);
        let at = in_space(spot.x, spot.y);
        let along = |t: f64| (edge.a.x + t * dx, edge.a.y + t * dy);
        let chord_at = |t: f64| {
            let (x, y) = along(t);
            chord(at, in_space(x, y))
        };
        let steps = (dx.abs().max(dy.abs()) / STRETCH).ceil().max(1.0);
        let (mut best, mut found, mut nearest) = (0.0, 0.0, f64::INFINITY);
        let mut step = 0.0;
        while step <= steps {
            let way = chord_at(step / steps);
            if way < nearest {
                (best, found, nearest) = (step, step / steps, way);
            }
            step += 1.0;
        }
        let (mut low, mut high) =
            ((best - 1.0_f64).max(0.0) / steps, (best + 1.0_f64).min(steps) / steps);
        let (mut one, mut two) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        let (mut way_one, mut way_two) = (chord_at(one), chord_at(two));
        for _ in 0..STEPS {
            if way_one < way_two {
                high = two;
                (two, way_two) = (one, way_one);
                one = high - GOLDEN * (high - low);
                way_one = chord_at(one);
            } else {
                low = one;
                (one, way_one) = (two, way_two);
                two = low + GOLDEN * (high - low);
                way_two = chord_at(two);
            }
        }
        let middle = (low + high) / 2.0;
        if chord_at(middle) < nearest {
            found = middle;
        }
        metres_between((spot.x, spot.y), along(found))
    }
}

/// Squared metres of the straight line through the earth.
fn chord(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (x, y, z) = (one[0] - other[0], one[1] - other[1], one[2] - other[2]);
    x * x + y * y + z * z
}

#[cfg(test)]
mod tests {
    use super::super::Pace;
    use super::Shape;
    use serde_json::{Value as Json, json};

    fn metres(one: &Json, other: &Json) -> f64 {
        let (one, other) = (Shape::of_json(one).unwrap(), Shape::of_json(other).unwrap());
        let free = Pace::asking(&|| true);
        let there = one.metres_to(&other, &free).unwrap();
        let back = other.metres_to(&one, &free).unwrap();
        assert!((there - back).abs() < 1e-6, "{there} there, {back} back");
        there
    }

    #[test]
    fn shapes_are_as_far_apart_as_their_nearest_positions() {
        let point = |x: f64, y: f64| json!({ "type": "Point", "coordinates": [x, y] });
        let equator = json!({ "type": "LineString", "coordinates": [[-50, 0], [50, 0]] });
        let degree = 110_574.388_558;
        assert!((metres(&point(3.3, 1.0), &equator) - degree).abs() < 1e-3);
        assert!((metres(&point(51.0, 0.0), &equator) - 111_319.490_793).abs() < 1e-3);
        assert!(metres(&point(7.0, 0.0), &equator).abs() < 1e-9);
        let square =
            json!({ "type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]] });
        assert!(metres(&point(1.0, 1.0), &square).abs() < 1e-9);
        assert!((metres(&point(1.0, -1.0), &square) - degree).abs() < 1e-3);
        // Across the antimeridian, where the plane sees the whole map between the two.
        let west = json!({ "type": "LineString", "coordinates": [[-179, -1], [-179, 1]] });
        assert!((metres(&point(179.0, 0.0), &west) - 222_638.981_587).abs() < 1e-3);
        let both = json!({ "type": "MultiPoint", "coordinates": [[10, 10], [0, 3]] });
        assert!((metres(&both, &square) - 110_578.0).abs() < 200.0);
    }
}
