//! Geometries: what a column is to a given shape.

use super::{Resolver, Spot, is, uncast};
use crate::coerce::decimal::Decimal;
use crate::coerce::{canonical_json, geometry_json, number_token, shown};
use crate::operator::GeoWord;
use crate::{Cond, Operator, Ref, Spatial};
use base::{Bounds, Code, Error, Result, Shape};
use serde_json::{Map, Value as Json, json};

/// Most positions of a shape in a request: each is held against every edge of a stored one, in
/// every record. The border of a country is told well by so many.
const POSITIONS_MAX: usize = 1_000;

/// How an operand may look.
const SHAPES: &str = r#"a geometry is GeoJSON such as {"type": "Point", "coordinates": [13.4, 52.5]}, {"x", "y"}, or WKT"#;
const NEAR: &str =
    r#"for example {"geometry": {"type": "Point", "coordinates": [13.4, 52.5]}, "distance": 500}"#;

/// A shape that a request names.
pub(crate) struct Given {
    /// Its GeoJSON text.
    pub(crate) text: String,
    /// The rectangle around it.
    pub(crate) around: Bounds,
}

impl Resolver<'_> {
    pub(super) fn geometry(
        &self,
        left: Ref,
        word: GeoWord,
        operand: &Json,
        spot: &Spot<'_>,
    ) -> Result<Cond> {
        let Some(operand) = self.operands.literal(operand, &spot.at)? else {
            return Ok(Cond::Never);
        };
        let mut negated = matches!(word, GeoWord::Intersects { negated: true });
        let (given, relation) = match word {
            GeoWord::Near => {
                let (given, metres, not) = near(&operand, spot)?;
                negated = not;
                (given, Spatial::Near { metres })
            }
            GeoWord::Within => (shape(&operand, spot)?, Spatial::Within),
            GeoWord::Contains => (shape(&operand, spot)?, Spatial::Contains),
            GeoWord::Intersects { .. } => (shape(&operand, spot)?, Spatial::Intersects),
            GeoWord::Overlaps => (shape(&operand, spot)?, Spatial::Overlaps),
        };
        let metres = if let Spatial::Near { metres } = relation { metres } else { 0.0 };
        let around = given.around.widened(metres);
        let operator = Operator::Geometry { relation, shape: given.text, around, negated };
        Ok(is(uncast(left), operator))
    }
}

fn shape(operand: &Json, spot: &Spot<'_>) -> Result<Given> {
    given(operand).map_err(|why| spot.wrong(format!("`{}`: {why}", spot.word)).hint(SHAPES))
}

/// `{geometry, distance, not?}`.
fn near(operand: &Json, spot: &Spot<'_>) -> Result<(Given, f64, bool)> {
    let wrong = |key: &str, why: String| {
        Error::new(Code::InvalidQuery, format!("`{}`: {why}", spot.word))
            .at(format!("{}.{key}", spot.at))
            .hint(NEAR)
    };
    let Json::Object(asked) = operand else {
        return Err(spot.wants("{geometry, distance, not}", operand).hint(NEAR));
    };
    if let Some(key) =
        asked.keys().find(|key| !["geometry", "distance", "not"].contains(&key.as_str()))
    {
        return Err(wrong(key, format!("`{key}` is none of geometry, distance and not")));
    }
    let Some(geometry) = asked.get("geometry") else {
        return Err(wrong("geometry", String::from("`geometry` is missing")));
    };
    let given = given(geometry).map_err(|why| wrong("geometry", why))?;
    let metres = match asked.get("distance") {
        Some(Json::Number(number)) => number.as_f64(),
        Some(Json::String(text)) => text.trim().parse().ok(),
        Some(_) | None => None,
    };
    let Some(metres) = metres.filter(|metres: &f64| metres.is_finite() && *metres >= 0.0) else {
        let found = asked.get("distance").map_or_else(|| String::from("missing"), shown);
        return Err(wrong(
            "distance",
            format!("`distance` is {found}; it must be metres, 0 or more"),
        ));
    };
    let not = match asked.get("not") {
        None | Some(Json::Null) => false,
        Some(Json::Bool(not)) => *not,
        Some(Json::String(text)) if text == "true" || text == "false" => text == "true",
        Some(other) => {
            return Err(wrong(
                "not",
                format!("`not` is {}; it must be true or false", shown(other)),
            ));
        }
    };
    Ok((given, metres, not))
}

/// A shape as a request spells it.
fn given(json: &Json) -> std::result::Result<Given, String> {
    let geometry = geometry_json(&unfolded(json))?;
    let shape = Shape::of_json(&geometry).ok_or("the geometry is empty")?;
    if shape.size() > POSITIONS_MAX {
        return Err(format!(
            "a geometry in a request may have {POSITIONS_MAX} positions, this one has {}; leave out corners, or ask with the rectangle around it",
            shape.size()
        ));
    }
    Ok(Given { text: canonical_json(&geometry)?, around: shape.bounds() })
}

/// A place to measure from: `[longitude, latitude]` or a geometry.
pub(crate) fn place(json: &Json) -> std::result::Result<Given, String> {
    let parsed;
    let json = match json {
        Json::String(text) if text.trim_start().starts_with(['[', '{']) => {
            parsed =
                serde_json::from_str(text).map_err(|_| String::from("the place is not JSON"))?;
            &parsed
        }
        json => json,
    };
    match unfolded(json) {
        Json::Array(position) => given(&json!({ "type": "Point", "coordinates": position })),
        json => given(&json),
    }
}

/// What brackets in a query string bring is text; where a number belongs, it is one.
fn unfolded(json: &Json) -> Json {
    match json {
        Json::Object(map) => Json::Object(Map::from_iter(map.iter().map(|(key, value)| {
            let value = match key.as_str() {
                "coordinates" | "x" | "y" => numbers(value),
                "geometries" => match value {
                    Json::Array(parts) => Json::Array(parts.iter().map(unfolded).collect()),
                    other => other.clone(),
                },
                _ => value.clone(),
            };
            (key.clone(), value)
        }))),
        Json::Array(_) => numbers(json),
        json => json.clone(),
    }
}

fn numbers(json: &Json) -> Json {
    match json {
        Json::String(text) => match Decimal::parse(text) {
            Some(digits) => number_token(digits.text()),
            None => json.clone(),
        },
        Json::Array(items) => Json::Array(items.iter().map(numbers).collect()),
        json => json.clone(),
    }
}
