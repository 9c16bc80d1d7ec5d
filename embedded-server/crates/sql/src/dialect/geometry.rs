//! Geometries, which are GeoJSON in both stores: functions of one name answer alike, on SQLite
//! registered with every connection, on Postgres made in the database.

use crate::Dialect;
use base::Bounds;
use query::Spatial;

impl Dialect {
    /// A bound GeoJSON text as a geometry.
    pub(crate) fn shape(self, text: &str) -> String {
        match self {
            Self::Sqlite => String::from(text),
            Self::Postgres => format!("{text}::jsonb"),
        }
    }

    /// Metres between two geometries.
    pub(crate) fn metres(self, one: &str, other: &str) -> String {
        format!("bx_geo_distance({one}, {other})")
    }

    /// Whether a geometry is this to another. `metres` is the placeholder of a distance.
    pub(crate) fn related(self, relation: Spatial, one: &str, other: &str, metres: &str) -> String {
        let name = match relation {
            Spatial::Within => "bx_geo_within",
            Spatial::Contains => "bx_geo_contains",
            Spatial::Intersects => "bx_geo_intersects",
            Spatial::Overlaps => "bx_geo_overlaps",
            Spatial::Near { .. } => return format!("({} <= {metres})", self.metres(one, other)),
        };
        format!("{name}({one}, {other})")
    }

    /// The rectangle around a geometry, as an index holds it.
    pub(crate) fn boxed(self, geometry: &str) -> String {
        format!("bx_geo_box({geometry})")
    }
}

/// A rectangle as Postgres reads it.
pub(crate) fn box_text(around: Bounds) -> String {
    let Bounds { west, south, east, north } = around;
    format!("({east},{north}),({west},{south})")
}
