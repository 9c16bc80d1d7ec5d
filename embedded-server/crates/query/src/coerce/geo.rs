//! Geometries: GeoJSON, `{x, y}` and WKT to canonical GeoJSON.

use catalog::GeoKind;
use serde_json::{Map, Value as Json, json};

/// Most positions of one geometry; a coastline is data, not a field.
const POSITIONS_MAX: usize = 100_000;

/// Degrees that are nothing: smaller than an atom. Whatever is not 0 must be larger, so that no
/// store runs out of exponents when it multiplies coordinates.
const DEGREES_MIN: f64 = 1e-15;

/// How deep the coordinates of each type are nested: a position is 0.
const TYPES: &[(&str, usize)] = &[
    ("Point", 0),
    ("LineString", 1),
    ("Polygon", 2),
    ("MultiPoint", 1),
    ("MultiLineString", 2),
    ("MultiPolygon", 3),
];

/// The GeoJSON object of a payload, or what is wrong with it.
pub(crate) fn geometry(kind: GeoKind, json: &Json) -> Result<Json, String> {
    let shape = match json {
        Json::String(text) if text.trim_start().starts_with('{') => {
            let parsed: Json = serde_json::from_str(text)
                .map_err(|_| String::from("Value must be GeoJSON, {x, y} or WKT"))?;
            return geometry(kind, &parsed);
        }
        Json::String(text) => wkt(text)?,
        Json::Object(map) if map.contains_key("x") && map.contains_key("y") => {
            let position = position_xy(json)?;
            check("Point", &position, 0, &mut 0)?;
            json!({"type": "Point", "coordinates": position})
        }
        Json::Object(map) => geojson(map, 0, &mut 0)?,
        Json::Array(list) if kind == GeoKind::Polygon => {
            json!({"type": "Polygon", "coordinates": rings_xy(list)?})
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) => {
            return Err(String::from("Value must be GeoJSON, {x, y} or WKT"));
        }
    };
    let found = shape["type"].as_str().unwrap_or_default();
    let wanted = match kind {
        GeoKind::Point => "Point",
        GeoKind::LineString => "LineString",
        GeoKind::Polygon => "Polygon",
        GeoKind::MultiPoint => "MultiPoint",
        GeoKind::MultiLineString => "MultiLineString",
        GeoKind::MultiPolygon => "MultiPolygon",
        GeoKind::GeometryCollection => "GeometryCollection",
        GeoKind::Geometry | GeoKind::Geography => found,
    };
    if found == wanted {
        Ok(shape)
    } else {
        Err(format!("Value must be a {wanted}, not a {found}"))
    }
}

fn geojson(map: &Map<String, Json>, depth: usize, seen: &mut usize) -> Result<Json, String> {
    let Some(Json::String(name)) = map.get("type") else {
        return Err(String::from("GeoJSON needs a `type`"));
    };
    if name == "GeometryCollection" {
        let Some(Json::Array(parts)) = map.get("geometries") else {
            return Err(String::from("a GeometryCollection needs a list of `geometries`"));
        };
        if depth > 4 {
            return Err(String::from("geometry collections may nest 4 deep"));
        }
        if parts.is_empty() {
            return Err(String::from("a GeometryCollection needs at least one geometry"));
        }
        let parts = parts
            .iter()
            .map(|part| match part {
                Json::Object(map) => geojson(map, depth + 1, seen),
                _ => Err(String::from("each of `geometries` must be a GeoJSON object")),
            })
            .collect::<Result<Vec<_>, _>>()?;
        return Ok(json!({"type": "GeometryCollection", "geometries": parts}));
    }
    let Some((name, nesting)) = TYPES.iter().find(|(known, _)| known == name) else {
        let known: Vec<&str> = TYPES.iter().map(|(known, _)| *known).collect();
        return Err(format!(
            "`{name}` is not a GeoJSON geometry; geometries are {} and GeometryCollection",
            known.join(", ")
        ));
    };
    let coordinates = map.get("coordinates").unwrap_or(&Json::Null);
    check(name, coordinates, *nesting, seen)?;
    Ok(json!({"type": name, "coordinates": coordinates}))
}

/// `[longitude, latitude]`, perhaps with an altitude.
fn check_position(name: &str, json: &Json, list: &[Json]) -> Result<(), String> {
    let finite = |n: &Json| n.as_f64().filter(|n| n.is_finite());
    let numbers: Option<Vec<f64>> = list.iter().map(finite).collect();
    let (longitude, latitude) = match numbers.as_deref() {
        Some([longitude, latitude] | [longitude, latitude, _]) => (*longitude, *latitude),
        Some(_) | None => {
            return Err(format!(
                "a position of the {name} is {}; it must be [longitude, latitude] in numbers, with an altitude at most",
                super::shown(json)
            ));
        }
    };
    for (what, degrees, most) in [("longitude", longitude, 180.0), ("latitude", latitude, 90.0)] {
        if degrees.abs() > most {
            return Err(format!(
                "the {what} {degrees} of the {name} is outside of -{most} to {most}; positions are [longitude, latitude]"
            ));
        }
        if degrees != 0.0 && degrees.abs() < DEGREES_MIN {
            return Err(format!("the {what} {degrees:e} of the {name} is too small; write 0"));
        }
    }
    Ok(())
}

fn check(name: &str, json: &Json, nesting: usize, seen: &mut usize) -> Result<(), String> {
    let wrong = || {
        let wanted = match nesting {
            0 => "a position [longitude, latitude]",
            1 => "a list of positions",
            2 => "a list of lists of positions",
            _ => "a list of lists of lists of positions",
        };
        format!("the coordinates of the {name} hold {} where {wanted} belongs", super::shown(json))
    };
    let list = json.as_array().ok_or_else(wrong)?;
    if nesting == 0 {
        *seen += 1;
        if *seen > POSITIONS_MAX {
            return Err(format!("a geometry may have {POSITIONS_MAX} positions"));
        }
        return check_position(name, json, list);
    }
    for part in list {
        check(name, part, nesting - 1, seen)?;
    }
    let ring = nesting == 1 && matches!(name, "Polygon" | "MultiPolygon");
    if ring && (list.len() < 4 || list.first() != list.last()) {
        return Err(format!(
            "each ring of the {name} needs 4 positions, the last equal to the first"
        ));
    }
    if nesting == 1 && name.ends_with("LineString") && list.len() < 2 {
        return Err(format!("a line of the {name} needs 2 positions"));
    }
    if list.is_empty() {
        return Err(wrong());
    }
    Ok(())
}

fn position_xy(json: &Json) -> Result<Json, String> {
    let number = |key: &str| json.get(key).filter(|n| n.is_number()).cloned();
    match (number("x"), number("y")) {
        (Some(x), Some(y)) => Ok(json!([x, y])),
        _ => Err(String::from("a position needs the numbers `x` and `y`")),
    }
}

/// A ring of `{x, y}`, or a list of rings.
fn rings_xy(list: &[Json]) -> Result<Json, String> {
    let ring = |points: &[Json]| -> Result<Json, String> {
        Ok(Json::Array(points.iter().map(position_xy).collect::<Result<_, _>>()?))
    };
    let rings = if list.iter().all(Json::is_object) {
        vec![ring(list)?]
    } else {
        list.iter()
            .map(|part| match part {
                Json::Array(points) => ring(points),
                _ => Err(String::from("a polygon is a list of rings of {x, y}")),
            })
            .collect::<Result<Vec<_>, _>>()?
    };
    let rings = Json::Array(rings);
    check("Polygon", &rings, 2, &mut 0)?;
    Ok(rings)
}

fn wkt(text: &str) -> Result<Json, String> {
    let body = match text.trim().split_once(';') {
        Some((srid, body)) if srid.trim().eq_ignore_ascii_case("SRID=4326") => body,
        Some(_) => return Err(String::from("only SRID 4326 is kept")),
        None => text,
    };
    let mut reader = Wkt { rest: body.trim_start() };
    let shape = reader.shape(0)?;
    if reader.rest.trim().is_empty() { Ok(shape) } else { Err(reader.wrong()) }
}

struct Wkt<'a> {
    rest: &'a str,
}

impl Wkt<'_> {
    fn wrong(&self) -> String {
        let near: String = self.rest.chars().take(20).collect();
        format!("Value is not WKT or GeoJSON (near `{near}`)")
    }

    fn eat(&mut self, sign: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> String {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.rest.len());
        let word = self.rest[..end].to_ascii_uppercase();
        self.rest = &self.rest[end..];
        word
    }

    fn shape(&mut self, depth: usize) -> Result<Json, String> {
        let word = self.word();
        // `POINT Z (1 2 3)` has its third coordinate announced; the numbers say it anyway.
        if self.rest.trim_start().starts_with(['Z', 'z']) {
            self.word();
        }
        if word == "GEOMETRYCOLLECTION" && depth <= 4 {
            let mut parts = Vec::new();
            if !self.eat('(') {
                return Err(self.wrong());
            }
            loop {
                parts.push(self.shape(depth + 1)?);
                if !self.eat(',') {
                    break;
                }
            }
            return if self.eat(')') {
                Ok(json!({"type": "GeometryCollection", "geometries": parts}))
            } else {
                Err(self.wrong())
            };
        }
        let Some((name, nesting)) =
            TYPES.iter().find(|(name, _)| name.eq_ignore_ascii_case(&word)).copied()
        else {
            return Err(self.wrong());
        };
        let coordinates = match nesting {
            0 => {
                let mut list = self.list(1, name)?;
                match list.as_array_mut() {
                    Some(points) if points.len() == 1 => points.remove(0),
                    _ => return Err(self.wrong()),
                }
            }
            nesting => self.list(nesting, name)?,
        };
        check(name, &coordinates, nesting, &mut 0)?;
        Ok(json!({"type": name, "coordinates": coordinates}))
    }

    fn list(&mut self, nesting: usize, name: &str) -> Result<Json, String> {
        if !self.eat('(') {
            return Err(self.wrong());
        }
        let mut items = Vec::new();
        loop {
            if nesting > 1 {
                items.push(self.list(nesting - 1, name)?);
            } else if name == "MultiPoint" && self.eat('(') {
                items.push(self.position()?);
                if !self.eat(')') {
                    return Err(self.wrong());
                }
            } else {
                items.push(self.position()?);
            }
            if !self.eat(',') {
                break;
            }
        }
        if self.eat(')') { Ok(Json::Array(items)) } else { Err(self.wrong()) }
    }

    fn position(&mut self) -> Result<Json, String> {
        let mut numbers = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            let end = self
                .rest
                .find(|c: char| !(c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E')))
                .unwrap_or(self.rest.len());
            if end == 0 {
                break;
            }
            let digits = super::decimal::Decimal::parse(&self.rest[..end]);
            let digits = digits.ok_or_else(|| self.wrong())?;
            numbers.push(super::number_token(digits.text()));
            self.rest = &self.rest[end..];
        }
        if (2..=3).contains(&numbers.len()) { Ok(Json::Array(numbers)) } else { Err(self.wrong()) }
    }
}
