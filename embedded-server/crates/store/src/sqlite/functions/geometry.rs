//! What shapes on the earth are to each other. Both arguments are GeoJSON text; what is none, or
//! NULL, is to nothing.

use super::{PURE, Watch, once, with_text};
use base::{Pace, Shape};
use rusqlite::functions::Context;
use rusqlite::{Connection, Error, Result, ffi};

type Relation = fn(&Shape, &Shape, &Pace<'_>) -> Option<bool>;

pub(super) fn register(connection: &Connection, watch: &Watch) -> Result<()> {
    let related: [(&str, Relation); 4] = [
        ("bx_geo_within", Shape::is_within),
        ("bx_geo_contains", |holder, held, pace| held.is_within(holder, pace)),
        ("bx_geo_intersects", Shape::intersects),
        ("bx_geo_overlaps", Shape::overlaps),
    ];
    for (name, relation) in related {
        let watch = watch.clone();
        connection.create_scalar_function(name, 2, PURE, move |context| {
            between(context, &watch, relation)
        })?;
    }
    let watch = watch.clone();
    connection.create_scalar_function("bx_geo_distance", 2, PURE, move |context| {
        between(context, &watch, Shape::metres_to)
    })
}

/// The second one is the same for every row, most of the time, and read once.
fn between<T>(
    context: &Context<'_>,
    watch: &Watch,
    relation: impl Fn(&Shape, &Shape, &Pace<'_>) -> Option<T>,
) -> Result<Option<T>> {
    let Some(Some(one)) = with_text(context, 0, Shape::of_text) else { return Ok(None) };
    let other = once(context, 1, |text| Ok(Shape::of_text(text)))?;
    let Some(other) = other.as_ref() else { return Ok(None) };
    // SQLite asks its watch between calls only, and one call may be the work of hours.
    let goes_on = || !watch.is_over();
    let found = relation(&one, other, &Pace::asking(&goes_on));
    found.map(Some).ok_or(Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_INTERRUPT), None))
}

#[cfg(test)]
mod tests {
    use super::super::asked::{asked, truth};
    use rusqlite::types::Value;

    const SQUARE: &str = r#"'{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,4],[0,0]]]}'"#;
    const INSIDE: &str = r#"'{"type":"Point","coordinates":[1,1]}'"#;
    const OUTSIDE: &str = r#"'{"type":"Point","coordinates":[5,1]}'"#;

    #[test]
    fn shapes_are_related_and_what_is_none_is_to_nothing() {
        assert_eq!(truth(&format!("bx_geo_within({INSIDE}, {SQUARE})")), Some(true));
        assert_eq!(truth(&format!("bx_geo_contains({SQUARE}, {INSIDE})")), Some(true));
        assert_eq!(truth(&format!("bx_geo_intersects({OUTSIDE}, {SQUARE})")), Some(false));
        assert_eq!(truth(&format!("bx_geo_overlaps({SQUARE}, {SQUARE})")), Some(false));
        assert_eq!(truth(&format!("bx_geo_within(NULL, {SQUARE})")), None);
        assert_eq!(truth(&format!("bx_geo_within('{{}}', {SQUARE})")), None);
        assert_eq!(truth(&format!("bx_geo_within({INSIDE}, NULL)")), None);
        let Value::Real(metres) = asked(&format!("bx_geo_distance({OUTSIDE}, {SQUARE})")) else {
            panic!("a distance is a number")
        };
        assert!((metres - 111_302.65).abs() < 0.05, "{metres}");
        assert_eq!(asked(&format!("bx_geo_distance({INSIDE}, {SQUARE})")), Value::Real(0.0));
    }
}
