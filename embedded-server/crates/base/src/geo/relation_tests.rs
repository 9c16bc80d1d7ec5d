use super::super::{Pace, Shape};
use serde_json::{Value as Json, json};
use std::cell::Cell;

/// The shape of a short text: `P 1 1` a point, `L 0 0,2 0` a line, `A 0 0,4 0,4 4,0 4` a polygon
/// (closed by itself, rings with `|` between them), several with `;` a collection.
fn shape(text: &str) -> Shape {
    let ring = |text: &str| -> Vec<Json> {
        text.split(',')
            .map(|pair| {
                Json::Array(
                    pair.split_whitespace().map(|n| json!(n.parse::<f64>().unwrap())).collect(),
                )
            })
            .collect()
    };
    let parts: Vec<Json> = text
        .split(';')
        .map(|part| {
            let (kind, rest) = part.trim().split_once(' ').unwrap();
            match kind {
                "P" => json!({ "type": "MultiPoint", "coordinates": ring(rest) }),
                "L" => json!({ "type": "LineString", "coordinates": ring(rest) }),
                _ => {
                    let rings: Vec<Json> = rest
                        .split('|')
                        .map(|text| {
                            let mut closed = ring(text);
                            closed.push(closed[0].clone());
                            Json::Array(closed)
                        })
                        .collect();
                    json!({ "type": "Polygon", "coordinates": rings })
                }
            }
        })
        .collect();
    Shape::of_json(&json!({ "type": "GeometryCollection", "geometries": parts })).unwrap()
}

fn within(one: &Shape, other: &Shape) -> bool {
    one.is_within(other, &Pace::asking(&|| true)).unwrap()
}

fn intersects(one: &Shape, other: &Shape) -> bool {
    one.intersects(other, &Pace::asking(&|| true)).unwrap()
}

fn overlaps(one: &Shape, other: &Shape) -> bool {
    one.overlaps(other, &Pace::asking(&|| true)).unwrap()
}

const SQUARE: &str = "A 0 0,4 0,4 4,0 4";
const RING: &str = "A 0 0,4 0,4 4,0 4|1 1,3 1,3 3,1 3";

/// One shape, another, and whether the first is within, meets and overlaps the second.
const CASES: &[(&str, &str, bool, bool, bool)] = &[
    // Points.
    ("P 1 1", "P 1 1", true, true, false),
    ("P 1 1", "P 1 2", false, false, false),
    ("P 1 1", "P 1 1,2 2", true, true, false),
    ("P 1 1,5 5", "P 1 1,2 2", false, true, true),
    ("P 1 1", SQUARE, true, true, false),
    ("P 0 2", SQUARE, false, true, false),
    ("P 0 0", SQUARE, false, true, false),
    ("P 5 2", SQUARE, false, false, false),
    ("P 1 1,0 2", SQUARE, true, true, false),
    ("P 2 2", RING, false, false, false),
    ("P 1 2", RING, false, true, false),
    ("P 0.5 2", RING, true, true, false),
    // The end of a line is no inside of it; where it closes, it has none.
    ("P 1 1", "L 0 0,2 2", true, true, false),
    ("P 0 0", "L 0 0,2 2", false, true, false),
    ("P 0 0", "L 0 0,2 0,2 2,0 0", true, true, false),
    // Lines.
    ("L 1 1,2 2", "L 0 0,3 3", true, true, false),
    ("L 0 0,3 3", "L 0 0,3 3", true, true, false),
    ("L 0 0,2 2", "L 1 1,3 3", false, true, true),
    ("L 0 0,2 2", "L 0 2,2 0", false, true, false),
    ("L 0 0,2 2", "L 2 2,3 3", false, true, false),
    ("L 0 0,2 2", "L 0 1,2 3", false, false, false),
    ("L 1 1,2 3", SQUARE, true, true, false),
    ("L 0 0,4 0", SQUARE, false, true, false),
    ("L 0 0,4 0,2 2", SQUARE, true, true, false),
    ("L 0 0,4 4", SQUARE, true, true, false),
    ("L 2 2,5 2", SQUARE, false, true, false),
    ("L -1 2,5 2", SQUARE, false, true, false),
    ("L 5 0,5 4", SQUARE, false, false, false),
    ("L 0.5 2,3.5 2", RING, false, true, false),
    ("L 1.5 2,2.5 2", RING, false, false, false),
    // Areas.
    (SQUARE, SQUARE, true, true, false),
    ("A 1 1,3 1,3 3,1 3", SQUARE, true, true, false),
    ("A 0 0,2 0,2 2,0 2", SQUARE, true, true, false),
    ("A 2 2,6 2,6 6,2 6", SQUARE, false, true, true),
    ("A 4 0,8 0,8 4,4 4", SQUARE, false, true, false),
    ("A 4 4,8 4,8 8,4 8", SQUARE, false, true, false),
    ("A 5 0,8 0,8 4,5 4", SQUARE, false, false, false),
    (RING, SQUARE, true, true, false),
    (SQUARE, RING, false, true, false),
    ("A 1 1,3 1,3 3,1 3", RING, false, true, false),
    ("A 1.5 1.5,2 1.5,2 2", RING, false, false, false),
    ("A 0.5 0.5,3.5 0.5,3.5 3.5,0.5 3.5", RING, false, true, true),
    ("A 0 0,4 0,4 1,0 1", RING, true, true, false),
    // The same edges, told by other corners.
    ("A 0 0,2 0,4 0,4 4,0 4", SQUARE, true, true, false),
    // A star of two areas that share their middle only.
    ("A -1 1,5 1,5 3,-1 3", "A 1 -1,3 -1,3 5,1 5", false, true, true),
    // Areas and what is smaller than they are.
    (SQUARE, "L 0 0,4 4", false, true, false),
    (SQUARE, "P 1 1", false, true, false),
    // Collections.
    ("P 1 1;L 1 1,2 2", SQUARE, true, true, false),
    ("P 9 9;L 1 1,2 2", SQUARE, false, true, false),
    ("A 1 1,2 1,2 2;A 6 6,7 6,7 7", "A 0 0,4 0,4 4,0 4;A 5 5,9 5,9 9,5 9", true, true, false),
];

#[test]
fn shapes_stand_to_each_other_as_the_nine_intersections_say() {
    let mut wrong = Vec::new();
    for (one, other, inside, meets, laps) in CASES {
        let (a, b) = (shape(one), shape(other));
        let found = (within(&a, &b), intersects(&a, &b), overlaps(&a, &b));
        if found != (*inside, *meets, *laps) {
            wrong.push(format!("{one} and {other}: {found:?}"));
        }
        if intersects(&b, &a) != *meets || overlaps(&b, &a) != *laps {
            wrong.push(format!("{other} and {one}: not as the other way round"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_position_computed_on_an_edge_lies_on_it() {
    // A third of the way along edges whose ends no binary fraction is.
    let (a, b) = ((0.1, 0.3), (10.7, 3.3));
    let third = (a.0 + (b.0 - a.0) / 3.0, a.1 + (b.1 - a.1) / 3.0);
    let point = shape(&format!("P {} {}", third.0, third.1));
    let line = shape(&format!("L {} {},{} {}", a.0, a.1, b.0, b.1));
    let area = shape(&format!("A {} {},{} {},0 9", a.0, a.1, b.0, b.1));
    assert!(within(&point, &line) && intersects(&point, &area) && !within(&point, &area));
    let part = shape(&format!("L {} {},{} {}", a.0, a.1, third.0, third.1));
    assert!(within(&part, &line) && !within(&part, &area) && !within(&line, &part));
}

#[test]
fn the_work_on_two_large_shapes_ends_when_it_is_told_to() {
    let zigzag = |from: u32| {
        let turns: Vec<String> = (0..600).map(|at| format!("{at} {}", from + at % 2)).collect();
        shape(&format!("L {}", turns.join(",")))
    };
    let (one, other) = (zigzag(0), zigzag(5));
    let asked = Cell::new(0);
    let twice = || {
        asked.set(asked.get() + 1);
        asked.get() % 3 != 0
    };
    let pace = Pace::asking(&twice);
    assert_eq!(one.is_within(&other, &pace), None);
    assert_eq!(one.intersects(&other, &pace), None);
    assert_eq!(one.overlaps(&other, &pace), None);
    assert_eq!(one.metres_to(&other, &pace), None);
    assert_eq!(asked.get(), 12, "each of the four asked three times");
}
