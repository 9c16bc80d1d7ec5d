//! Shapes on the earth as GeoJSON spells them: longitudes and latitudes on WGS 84, in degrees.
//!
//! An edge is a straight line between two positions, as RFC 7946 has it, so what lies in what is a
//! question of the plane. Distances are taken along the ellipsoid, in metres.
//!
//! Postgres answers the same questions by functions of its own (`store/src/postgres/geometry.sql`),
//! written to take the same steps in the same order: whoever changes a formula here changes it
//! there.

mod distance;
mod geodesic;
mod pace;
mod relation;

pub use geodesic::metres_between;
pub use pace::Pace;

use serde_json::Value as Json;

/// How deep geometry collections may nest.
const NESTING_MAX: usize = 5;

/// A position in degrees: `x` is the longitude.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spot {
    x: f64,
    y: f64,
}

/// What an edge belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Dim {
    /// A position by itself: an edge whose ends are one.
    Point,
    Line,
    /// A ring of a polygon, outer or inner.
    Ring,
}

/// Two positions that follow each other.
#[derive(Clone, Copy, Debug)]
struct Edge {
    dim: Dim,
    /// Which line or polygon of its shape; 0 for points.
    part: usize,
    /// The first edge of its line, or of its polygon's outer ring.
    head: bool,
    /// The last edge of its line or ring.
    tail: bool,
    a: Spot,
    b: Spot,
}

/// A geometry of any type, taken apart. Polygons of one shape must not overlap each other.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    edges: Vec<Edge>,
    parts: usize,
}

/// A rectangle of degrees that holds a shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Least longitude.
    pub west: f64,
    /// Least latitude.
    pub south: f64,
    /// Greatest longitude.
    pub east: f64,
    /// Greatest latitude.
    pub north: f64,
}

impl Bounds {
    /// Everything within so many metres of the rectangle.
    #[must_use]
    pub fn widened(self, metres: f64) -> Self {
        // A degree of latitude has between 110,574 and 111,694 metres, one of longitude at most
        // 111,320 times the cosine of the latitude. The last billionths are for rounding.
        let up = metres / 110_000.0 + 1e-8;
        let (south, north) = (self.south - up, self.north + up);
        let farthest = south.abs().max(north.abs());
        let all = Self { west: -400.0, south, east: 400.0, north };
        if farthest > 89.0 {
            return all;
        }
        let aside = metres / (110_000.0 * farthest.to_radians().cos()) + 1e-8;
        let (west, east) = (self.west - aside, self.east + aside);
        // Beyond the antimeridian is the other side of the map.
        if west < -180.0 || east > 180.0 { all } else { Self { west, south, east, north } }
    }
}

impl Shape {
    /// The shape of a GeoJSON geometry; `None` when it is none.
    #[must_use]
    pub fn of_json(json: &Json) -> Option<Self> {
        let mut shape = Self::default();
        shape.collect(json, 0)?;
        (!shape.edges.is_empty()).then_some(shape)
    }

    /// The shape of a GeoJSON text; `None` when it is none.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        Self::of_json(&serde_json::from_str(text).ok()?)
    }

    /// How many edges it has; a point counts as one.
    #[must_use]
    pub fn size(&self) -> usize {
        self.edges.len()
    }

    /// The rectangle around it.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        let mut around = Bounds {
            west: f64::INFINITY,
            south: f64::INFINITY,
            east: f64::NEG_INFINITY,
            north: f64::NEG_INFINITY,
        };
        for spot in self.edges.iter().flat_map(|edge| [edge.a, edge.b]) {
            around.west = around.west.min(spot.x);
            around.south = around.south.min(spot.y);
            around.east = around.east.max(spot.x);
            around.north = around.north.max(spot.y);
        }
        around
    }

    fn collect(&mut self, json: &Json, depth: usize) -> Option<()> {
        let listed = |key: &str| json.get(key).and_then(Json::as_array);
        if depth > NESTING_MAX {
            return None;
        }
        match json.get("type")?.as_str()? {
            "Point" => self.point(json.get("coordinates")?),
            "MultiPoint" => {
                listed("coordinates")?.iter().try_for_each(|position| self.point(position))
            }
            "LineString" => self.line(json.get("coordinates")?),
            "MultiLineString" => listed("coordinates")?.iter().try_for_each(|line| self.line(line)),
            "Polygon" => self.polygon(json.get("coordinates")?),
            "MultiPolygon" => {
                listed("coordinates")?.iter().try_for_each(|polygon| self.polygon(polygon))
            }
            "GeometryCollection" => {
                listed("geometries")?.iter().try_for_each(|part| self.collect(part, depth + 1))
            }
            _ => None,
        }
    }

    fn point(&mut self, position: &Json) -> Option<()> {
        let a = spot(position)?;
        self.edges.push(Edge { dim: Dim::Point, part: 0, head: true, tail: true, a, b: a });
        Some(())
    }

    fn line(&mut self, positions: &Json) -> Option<()> {
        self.parts += 1;
        self.chain(positions, Dim::Line, true)
    }

    fn polygon(&mut self, rings: &Json) -> Option<()> {
        self.parts += 1;
        rings
            .as_array()?
            .iter()
            .enumerate()
            .try_for_each(|(at, ring)| self.chain(ring, Dim::Ring, at == 0))
    }

    fn chain(&mut self, positions: &Json, dim: Dim, first: bool) -> Option<()> {
        let spots: Vec<Spot> = positions.as_array()?.iter().map(spot).collect::<Option<_>>()?;
        let last = spots.len().checked_sub(2)?;
        for (at, pair) in spots.windows(2).enumerate() {
            let (head, tail) = (first && at == 0, at == last);
            self.edges.push(Edge { dim, part: self.parts, head, tail, a: pair[0], b: pair[1] });
        }
        Some(())
    }
}

fn spot(position: &Json) -> Option<Spot> {
    let number = |at: usize| position.get(at)?.as_f64().filter(|number| number.is_finite());
    Some(Spot { x: number(0)?, y: number(1)? })
}

#[cfg(test)]
mod tests {
    use super::{Bounds, Shape};
    use serde_json::json;

    #[test]
    fn every_type_of_geometry_is_taken_apart() {
        let square =
            json!([[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]], [[1, 1], [2, 1], [2, 2], [1, 1]]]);
        for (geometry, edges) in [
            (json!({ "type": "Point", "coordinates": [1, 2, 3] }), 1),
            (json!({ "type": "MultiPoint", "coordinates": [[1, 2], [3, 4]] }), 2),
            (json!({ "type": "LineString", "coordinates": [[1, 2], [3, 4], [5, 6]] }), 2),
            (
                json!({ "type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]], [[1, 2], [3, 4]]] }),
                2,
            ),
            (json!({ "type": "Polygon", "coordinates": square }), 7),
            (json!({ "type": "MultiPolygon", "coordinates": [square, square] }), 14),
            (
                json!({ "type": "GeometryCollection", "geometries": [
                { "type": "Point", "coordinates": [1, 2] },
                { "type": "Polygon", "coordinates": square },
            ] }),
                8,
            ),
        ] {
            assert_eq!(
                Shape::of_json(&geometry).map(|shape| shape.size()),
                Some(edges),
                "{geometry}"
            );
        }
        for none in [
            json!({ "type": "Point", "coordinates": [] }),
            json!({ "type": "Circle", "coordinates": [1, 2] }),
            json!({ "type": "MultiPoint", "coordinates": [] }),
            json!({ "type": "LineString", "coordinates": [[1, 2]] }),
            json!([1, 2]),
        ] {
            assert!(Shape::of_json(&none).is_none(), "{none}");
        }
    }

    #[test]
    fn a_rectangle_widens_by_more_degrees_towards_the_poles_and_goes_round_the_earth() {
        let at = |x: f64, y: f64| Bounds { west: x, south: y, east: x, north: y };
        let low = at(10.0, 0.0).widened(10_000.0);
        let high = at(10.0, 60.0).widened(10_000.0);
        assert!((low.north - 0.0909).abs() < 1e-3 && (low.east - 10.0909).abs() < 1e-3, "{low:?}");
        assert!(high.east - 10.0 > 0.18 && high.east - 10.0 < 0.19, "{high:?}");
        for round in [at(179.99, 0.0), at(0.0, 88.99), at(-179.99, 10.0)] {
            let round = round.widened(10_000.0);
            assert!(round.west < -180.0 && round.east > 180.0, "{round:?}");
        }
    }
}
