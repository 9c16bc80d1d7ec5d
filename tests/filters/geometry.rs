//! Shapes on the earth: what they are to each other, how far apart, and what is no shape.

use crate::harness::{App, Kind, on_every_store};
use serde_json::{Value as Json, json};

/// The geometry of a short text: `P 1 1` points, `L 0 0,2 0` a line, `A 0 0,4 0,4 4,0 4` a polygon,
/// closed by itself, with `|` between its rings.
fn shape(text: &str) -> Json {
    let list = |text: &str| -> Vec<Json> {
        let number = |word: &str| json!(word.parse::<f64>().expect("a number"));
        text.split(',').map(|pair| pair.split_whitespace().map(number).collect()).collect()
    };
    let (kind, rest) = text.split_once(' ').expect("a kind and positions");
    match kind {
        "P" if !rest.contains(',') => json!({ "type": "Point", "coordinates": list(rest)[0] }),
        "P" => json!({ "type": "MultiPoint", "coordinates": list(rest) }),
        "L" => json!({ "type": "LineString", "coordinates": list(rest) }),
        _ => {
            let closed = |text: &str| {
                let mut ring = list(text);
                ring.push(ring[0].clone());
                Json::Array(ring)
            };
            let rings: Vec<Json> = rest.split('|').map(closed).collect();
            json!({ "type": "Polygon", "coordinates": rings })
        }
    }
}

/// A collection of shapes, with an index or without.
async fn shapes(app: &App, name: &str, indexed: bool, rows: &[Json]) {
    let indexes = if indexed {
        json!([{ "name": format!("{name}_area"), "fields": ["area"] }])
    } else {
        json!([])
    };
    app.collection(
        name,
        json!({ "timestamps": false, "indexes": indexes, "fields": {
            "id": { "type": "Integer", "primaryKey": true },
            "area": { "type": "Geometry" },
            "rank": { "type": "Integer" }
        } }),
    )
    .await;
    let rows: Vec<Json> =
        rows.iter().enumerate().map(|(at, area)| json!({ "id": at, "area": area })).collect();
    app.admin().post(&format!("/items/{name}/bulk"), json!(rows)).await.expect_status(201);
}

async fn ids(app: &App, name: &str, parameters: Json) -> Vec<u64> {
    let mut parameters = parameters;
    parameters["fields"] = json!(["id"]);
    let found = app.admin().column(name, "id", parameters).await;
    found.iter().map(|id| id.as_u64().expect("a number")).collect()
}

async fn matching(app: &App, name: &str, operator: &str, operand: &Json) -> Vec<u64> {
    let filter = json!({ "filter": { "area": { operator: operand } }, "sort": ["id"] });
    ids(app, name, filter).await
}

const SQUARE: &str = "A 0 0,4 0,4 4,0 4";
const RING: &str = "A 0 0,4 0,4 4,0 4|1 1,3 1,3 3,1 3";

/// The shapes that are asked for, and those of the rows within, meeting and overlapping each.
const ROWS: [&str; 17] = [
    "P 1 1",
    "P 0 2",
    "P 2 2",
    "P 5 2",
    "P 1 1,5 5",
    "L 1 1,2 3",
    "L 0 0,4 0",
    "L -1 2,5 2",
    "L 1.5 2,2.5 2",
    "L 9 0,9 9",
    SQUARE,
    RING,
    "A 1 1,3 1,3 3,1 3",
    "A 2 2,6 2,6 6,2 6",
    "A 4 0,8 0,8 4,4 4",
    "A -9 -9,9 -9,9 9,-9 9",
    "A 7 7,8 7,8 8",
];

on_every_store!(shapes_stand_to_each_other_as_sql_has_it_with_an_index_and_without, async |app| {
    let rows: Vec<Json> = ROWS.iter().map(|text| shape(text)).chain([Json::Null]).collect();
    shapes(app, "plain", false, &rows).await;
    shapes(app, "indexed", true, &rows).await;
    for (asked, operator, expected) in [
        (SQUARE, "within", &[0, 2, 5, 8, 10, 11, 12][..]),
        (SQUARE, "intersects", &[0, 1, 2, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15]),
        (SQUARE, "nIntersects", &[3, 9, 16]),
        (SQUARE, "overlaps", &[13]),
        (SQUARE, "containsGEO", &[10, 15]),
        (RING, "within", &[11]),
        (RING, "intersects", &[0, 1, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15]),
        (RING, "overlaps", &[13]),
        ("P 2 2", "containsGEO", &[2, 7, 8, 10, 12, 15]),
        ("P 2 2", "contains", &[2, 7, 8, 10, 12, 15]),
        ("P 2 2", "intersects", &[2, 7, 8, 10, 12, 13, 15]),
        ("P 1 1,9 9", "overlaps", &[4]),
        ("P 1 1,9 9", "intersects", &[0, 4, 5, 9, 10, 11, 12, 15]),
        ("L 2 2,7 2", "overlaps", &[7, 8]),
        ("L 2 2,7 2", "containsGEO", &[15]),
        ("A 7 7,8 7,8 8,7 8", "within", &[16]),
    ] {
        for name in ["plain", "indexed"] {
            let found = matching(app, name, operator, &shape(asked)).await;
            assert_eq!(found, expected, "{name} {operator} {asked}");
        }
    }
    // A row without a shape is neither this nor that, however often it is turned round.
    for name in ["plain", "indexed"] {
        let within = json!({ "area": { "within": shape(SQUARE) } });
        for (filter, count) in [
            (json!({ "NOT": within }), 10),
            (json!({ "NOT": { "NOT": within } }), 7),
            (json!({ "OR": [{ "NOT": within }, within] }), 17),
        ] {
            let found = ids(app, name, json!({ "filter": filter })).await;
            assert_eq!(found.len(), count, "{name} {filter}");
        }
    }
});

on_every_store!(distances_are_metres_along_the_ellipsoid, async |app| {
    // Two towers of one town, one across the antimeridian, one almost opposite, and an area.
    let rows = [
        shape("P 13.376198 52.518611"),
        shape("P 13.409419 52.520803"),
        shape("P -179.999 10"),
        shape("P 166.7 -52.5"),
        shape("A 13.40 52.51,13.42 52.51,13.42 52.53,13.40 52.53"),
        Json::Null,
    ];
    for (name, indexed) in [("plain", false), ("indexed", true)] {
        shapes(app, name, indexed, &rows).await;
        for (from, metres, not, expected) in [
            // From the first tower it is 2,268 metres to the second, 1,616 to the area's edge.
            ("P 13.376198 52.518611", 1_600.0, false, &[0][..]),
            ("P 13.376198 52.518611", 1_630.0, false, &[0, 4]),
            ("P 13.376198 52.518611", 2_260.0, false, &[0, 4]),
            ("P 13.376198 52.518611", 2_280.0, false, &[0, 1, 4]),
            ("P 13.376198 52.518611", 2_280.0, true, &[2, 3]),
            ("P 13.41 52.52", 0.0, false, &[4]),
            ("P 179.999 10", 219.0, false, &[]),
            ("P 179.999 10", 220.0, false, &[2]),
            ("P 13.376198 52.518611", 30_000_000.0, false, &[0, 1, 2, 3, 4]),
            ("A 13.3 52.5,13.35 52.5,13.35 52.53,13.3 52.53", 1_800.0, false, &[0]),
        ] {
            let operand = json!({ "geometry": shape(from), "distance": metres, "not": not });
            let found = matching(app, name, "dwithin", &operand).await;
            assert_eq!(found, expected, "{name} {metres} from {from}, not {not}");
        }
    }
    // Nearest first; without a shape last, and first the other way round.
    let sort = |target: &Json, direction: &str| json!({ "sort": { "_distance": { "target": target, "column": "area", "direction": direction } } });
    for (target, expected) in [
        (json!([13.376198, 52.518611]), [0, 4, 1, 2, 3, 5]),
        (json!([180, 10]), [2, 3, 4, 1, 0, 5]),
        (shape("P 13.41 52.52"), [4, 1, 0, 2, 3, 5]),
        (json!("POINT(13 52.5)"), [0, 4, 1, 2, 3, 5]),
    ] {
        let found = ids(app, "plain", sort(&target, "ASC")).await;
        assert_eq!(found, expected, "{target}");
        let mut back = expected;
        back.reverse();
        assert_eq!(ids(app, "plain", sort(&target, "desc")).await, back, "{target}");
    }
});

on_every_store!(pages_by_distance_meet_every_row_once_and_follow_relations, async |app| {
    // Eight rows at four distances, so that ties must be kept apart, and two without a place.
    let mut rows: Vec<Json> = (0..8).map(|at| shape(&format!("P {} 0", at % 4))).collect();
    rows.extend([Json::Null, Json::Null]);
    shapes(app, "places", true, &rows).await;
    app.collection("visits", json!({ "timestamps": false, "fields": { "id": { "type": "Integer", "primaryKey": true } } })).await;
    let relation = json!({ "type": "M2O", "target": "places", "name": "place", "alias": "visits" });
    app.relation("visits", relation).await;
    for (id, place) in [(1, 3), (2, 0), (3, 2), (4, 9)] {
        app.admin().create("visits", json!({ "id": id, "place_id": place })).await;
    }
    let by = |column: &str, way: &str| json!({ "_distance": { "target": [0, 0], "column": column, "direction": way } });
    for way in ["asc", "desc"] {
        let whole = ids(app, "places", json!({ "sort": by("area", way) })).await;
        let mut walked = Vec::new();
        let mut after = String::new();
        loop {
            let parameters =
                json!({ "sort": by("area", way), "limit": 3, "after": after, "fields": ["id"] });
            let page = app.admin().find("places", parameters).await;
            page.expect_status(200);
            let rows = page.body["data"].as_array().cloned().unwrap_or_default();
            walked.extend(rows.iter().filter_map(|row| row["id"].as_u64()));
            match page.body["cursor"].as_str() {
                Some(cursor) => after = cursor.to_owned(),
                None => break,
            }
        }
        assert_eq!(walked, whole, "{way}: {}", by("area", way));
        assert_eq!(whole.len(), 10);
    }
    assert_eq!(ids(app, "places", json!({ "sort": by("area", "asc") })).await[..4], [0, 4, 1, 5]);
    let visits = ids(app, "visits", json!({ "sort": by("place.area", "asc") })).await;
    assert_eq!(visits, [2, 3, 1, 4]);
    // Through a relation to many: the nearest of each, or the farthest.
    app.admin().create("visits", json!({ "id": 5, "place_id": 1 })).await;
    let near = json!({ "filter": { "place.area": { "dwithin": { "geometry": shape("P 2 0"), "distance": 120_000 } } }, "sort": ["id"] });
    assert_eq!(ids(app, "visits", near).await, [1, 3, 5]);
});

on_every_store!(what_is_no_shape_is_refused_where_it_stands, async |app| {
    shapes(app, "places", true, &[shape("P 1 1")]).await;
    let point = shape("P 1 1");
    let turns = |count: u32| -> Json {
        let turns: Vec<Json> = (0..count).map(|at| json!([f64::from(at) / 10.0, at % 2])).collect();
        json!({ "type": "LineString", "coordinates": turns })
    };
    assert!(matching(app, "places", "intersects", &turns(1_000)).await.is_empty());
    for (filter, at, said) in [
        (json!({ "intersects": turns(1_002) }), "area.intersects", "1000 positions"),
        (json!({ "within": 5 }), "area.within", "GeoJSON"),
        (
            json!({ "within": { "type": "Point", "coordinates": [1] } }),
            "area.within",
            "[longitude, latitude]",
        ),
        (
            json!({ "intersects": { "type": "Point", "coordinates": [1, 91] } }),
            "area.intersects",
            "latitude 91",
        ),
        (json!({ "overlaps": { "type": "Sphere" } }), "area.overlaps", "`Sphere`"),
        (json!({ "dwithin": { "geometry": point } }), "area.dwithin.distance", "metres"),
        (
            json!({ "dwithin": { "geometry": point, "distance": -1 } }),
            "area.dwithin.distance",
            "0 or more",
        ),
        (
            json!({ "dwithin": { "geometry": point, "distance": 1, "unit": "km" } }),
            "area.dwithin.unit",
            "`unit`",
        ),
        (json!({ "like": "1" }), "area.like", "Geometry"),
    ] {
        let answer = app.admin().find("places", json!({ "filter": { "area": filter } })).await;
        answer.expect_refusal(400, "INVALID_QUERY");
        assert!(
            answer.text.contains(at) && answer.text.contains(said),
            "{filter}: {}",
            answer.text
        );
    }
    for (sort, at) in [
        (json!("_distance"), "sort._distance"),
        (json!({ "_distance": "asc" }), "sort._distance"),
        (json!({ "_distance": { "column": "area" } }), "sort._distance.target"),
        (json!({ "_distance": { "target": [1, 1] } }), "sort._distance.column"),
        (json!({ "_distance": { "target": [1, 1], "column": "rank" } }), "sort._distance.column"),
        (json!({ "_distance": { "target": [1], "column": "area" } }), "sort._distance.target"),
        (json!({ "_distance": { "target": [200, 1], "column": "area" } }), "sort._distance.target"),
        (json!({ "_distance": { "target": [1, 1], "column": "area", "direction": "up" } }), "sort"),
        (
            json!({ "_distance": { "target": [1, 1], "column": "area", "order": "asc" } }),
            "sort._distance.order",
        ),
    ] {
        let answer = app.admin().find("places", json!({ "sort": sort })).await;
        answer.expect_refusal(400, "INVALID_QUERY");
        assert!(answer.text.contains(at), "{sort}: {}", answer.text);
    }
    let unknown = json!({ "sort": { "_distance": { "target": [1, 1], "column": "aera" } } });
    let answer = app.admin().find("places", unknown).await;
    answer.expect_refusal(400, "UNKNOWN_FIELD");
    assert!(answer.text.contains("`area`"), "{}", answer.text);
    for (area, said) in [
        (json!({ "type": "Point", "coordinates": [181, 0] }), "longitude 181"),
        (
            json!({ "type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]] }),
            "last equal to the first",
        ),
        (json!({ "type": "LineString", "coordinates": [[0, 0]] }), "needs 2 positions"),
        (json!("POINT(1 2"), "WKT"),
    ] {
        let answer = app.admin().post("/items/places", json!({ "id": 9, "area": area })).await;
        answer.expect_refusal(400, "VALIDATION_ERROR");
        assert!(answer.text.contains(said) && answer.text.contains("area"), "{}", answer.text);
    }
});

on_every_store!(every_spelling_of_a_shape_finds_the_same, async |app| {
    shapes(app, "places", false, &[shape("P 1 1"), shape("P 3 3")]).await;
    for query in [
        r#"filter={"area":{"within":{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,2],[0,0]]]}}}"#,
        r#"filter={"area":{"within":"POLYGON((0 0,2 0,2 2,0 2,0 0))"}}"#,
        "filter[area][intersects][type]=Polygon&filter[area][intersects][coordinates][0][0][0]=0&filter[area][intersects][coordinates][0][0][1]=0&filter[area][intersects][coordinates][0][1][0]=2&filter[area][intersects][coordinates][0][1][1]=0&filter[area][intersects][coordinates][0][2][0]=2&filter[area][intersects][coordinates][0][2][1]=2&filter[area][intersects][coordinates][0][3][0]=0&filter[area][intersects][coordinates][0][3][1]=0",
        "filter[area][dwithin][geometry][x]=1&filter[area][dwithin][geometry][y]=1.001&filter[area][dwithin][distance]=500",
        "limit=1&sort[_distance][target][0]=0&sort[_distance][target][1]=0&sort[_distance][column]=area",
        r#"limit=1&sort=[{"_distance":{"target":[0,0],"column":"area"}},"id"]"#,
        r#"limit=1&sort={"_distance":{"target":[9,9],"column":"area","direction":"DESC"}}"#,
    ] {
        let answer = app.admin().get(&format!("/items/places?fields=id&{query}")).await;
        answer.expect_status(200);
        assert_eq!(answer.body["data"], json!([{ "id": 0 }]), "{query}: {}", answer.text);
    }
});

on_every_store!(a_hidden_shape_is_no_shape_to_measure_to, async |app| {
    shapes(app, "places", true, &[shape("P 1 1")]).await;
    let reader = app
        .with_grants(
            "Reader",
            &[json!({ "collection": "places", "action": "read", "fields": ["id", "rank"] })],
        )
        .await;
    for parameters in [
        json!({ "sort": { "_distance": { "target": [1, 1], "column": "area" } } }),
        json!({ "filter": { "area": { "intersects": shape("P 1 1") } } }),
        json!({ "filter": { "area": { "dwithin": { "geometry": shape("P 1 1"), "distance": 5 } } } }),
    ] {
        reader.find("places", parameters).await.expect_refusal(400, "UNKNOWN_FIELD");
    }
    // A policy may ask of shapes what a request may not.
    let near = app
        .with_grants(
            "Near",
            &[json!({ "collection": "places", "action": "read", "fields": ["id"],
            "conditions": { "area": { "within": shape("A 0 0,2 0,2 2,0 2") } } })],
        )
        .await;
    app.admin().create("places", json!({ "id": 7, "area": shape("P 5 5") })).await;
    assert_eq!(near.column("places", "id", json!({})).await, [json!(0)]);
});

on_every_store!(an_index_of_places_follows_its_rows_and_every_change_of_its_table, async |app| {
    let rows: Vec<Json> = (0..6).map(|at| shape(&format!("P {at} {at}"))).collect();
    shapes(app, "places", true, &rows).await;
    let admin = app.admin();
    let near = |at: u32| json!({ "geometry": shape(&format!("P {at} {at}")), "distance": 1_000 });
    let found = async |collection: &str, field: &str, at: u32| {
        let filter = json!({ "filter": { field: { "dwithin": near(at) } }, "sort": ["id"] });
        ids(app, collection, filter).await
    };
    admin.patch("/items/places/2", json!({ "area": shape("P 20 20") })).await.expect_status(200);
    admin.patch("/items/places/3", json!({ "area": null })).await.expect_status(200);
    admin.delete("/items/places/4").await.expect_status(200);
    admin.create("places", json!({ "id": 8, "area": shape("P 20 20") })).await;
    for (at, expected) in [(1, &[1][..]), (2, &[]), (3, &[]), (4, &[]), (20, &[2, 8])] {
        assert_eq!(found("places", "area", at).await, expected, "at {at}");
    }
    // A rebuild of the table, a new name of the field, one of the table.
    let schema = admin.get("/schemas/places").await.body["data"]["schema"].clone();
    let change = async |schema: &Json, change: &dyn Fn(&mut Json)| -> Json {
        let mut next = schema.clone();
        change(&mut next);
        admin.patch("/schemas/places", json!({ "schema": next })).await.expect_status(200);
        admin.get("/schemas/places").await.body["data"]["schema"].clone()
    };
    let schema = change(&schema, &|next| next["fields"]["rank"]["type"] = json!("Text")).await;
    assert_eq!(found("places", "area", 20).await, [2, 8]);
    admin.create("places", json!({ "id": 9, "area": shape("P 20 20") })).await;
    admin.delete("/items/places/2").await.expect_status(200);
    assert_eq!(found("places", "area", 20).await, [8, 9]);
    let schema = change(&schema, &|next| {
        let fields = next["fields"].as_object_mut().expect("fields");
        let field = fields.remove("area").expect("the field");
        fields.insert(String::from("spot"), field);
        next["indexes"][0]["fields"] = json!(["spot"]);
    })
    .await;
    assert_eq!(found("places", "spot", 20).await, [8, 9], "{schema}");
    admin.patch("/items/places/9", json!({ "spot": shape("P 30 30") })).await.expect_status(200);
    assert_eq!(found("places", "spot", 20).await, [8]);
    assert_eq!(found("places", "spot", 30).await, [9]);
    // Without the index, and with it again.
    admin.delete("/schemas/places/indexes/places_area").await.expect_status(200);
    assert_eq!(found("places", "spot", 30).await, [9]);
    admin.create("places", json!({ "id": 10, "spot": shape("P 30 30") })).await;
    let index = json!({ "name": "places_spot", "fields": ["spot"], "type": "gist" });
    admin.post("/schemas/places/indexes", index).await.expect_status(201);
    assert_eq!(found("places", "spot", 30).await, [9, 10]);
    admin.delete("/schemas/places").await.expect_status(200);
    shapes(app, "places", true, &rows).await;
    assert_eq!(found("places", "area", 1).await, [1]);
});

on_every_store!(an_index_of_places_covers_one_geometry_and_is_not_unique, async |app| {
    shapes(app, "places", false, &[]).await;
    for index in [
        json!({ "fields": ["rank"], "type": "gist" }),
        json!({ "fields": ["area", "rank"], "type": "gist" }),
        json!({ "fields": ["area"], "type": "gist", "unique": true }),
    ] {
        let answer = app.admin().post("/schemas/places/indexes", index.clone()).await;
        assert_eq!(answer.status, 400, "{index}: {}", answer.text);
        assert!(answer.text.contains("gist"), "{}", answer.text);
    }
});

/// Numbers that look random and are the same in every run.
fn dice(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |sides| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % sides
    }
}

/// A shape at random: on a coarse grid, so that edges and corners often meet, or anywhere.
fn any_shape(roll: &mut impl FnMut(u64) -> u64) -> Json {
    let grid = roll(3) > 0;
    let mut at = |span: u64| -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let number = if grid { roll(span) as f64 } else { roll(span * 10_000) as f64 / 10_000.0 };
        number
    };
    let (x, y, w, h) = (at(8), at(8), at(4) + 1.0, at(4) + 1.0);
    match roll(6) {
        0 => shape(&format!("P {x} {y}")),
        1 => shape(&format!("P {x} {y},{} {}", x + w, y + h)),
        2 => shape(&format!("L {x} {y},{} {},{} {y}", x + w, y + h, x + w)),
        3 => shape(&format!("A {x} {y},{} {y},{} {},{x} {}", x + w, x + w, y + h, y + h)),
        4 => shape(&format!("A {x} {y},{} {y},{} {}", x + w, x + w / 2.0, y + h)),
        _ => shape(&format!(
            "A {x} {y},{e} {y},{e} {n},{x} {n}|{a} {b},{c} {b},{c} {d},{a} {d}",
            e = x + w,
            n = y + h,
            a = x + w / 4.0,
            b = y + h / 4.0,
            c = x + w / 2.0,
            d = y + h / 2.0
        )),
    }
}

#[tokio::test]
async fn both_stores_tell_the_same_of_shapes_at_random() {
    if App::postgres_is_missing() {
        return;
    }
    let (sqlite, postgres) = tokio::join!(App::start(Kind::Sqlite), App::start(Kind::Postgres));
    let mut roll = dice(20_261_121);
    let rows: Vec<Json> = (0..60).map(|_| any_shape(&mut roll)).collect();
    for app in [&sqlite, &postgres] {
        shapes(app, "places", true, &rows).await;
    }
    let (mut asked, mut met) = (0, 0);
    for _ in 0..12 {
        let one = any_shape(&mut roll);
        for operator in ["within", "containsGEO", "intersects", "nIntersects", "overlaps"] {
            let (a, b) = (
                matching(&sqlite, "places", operator, &one).await,
                matching(&postgres, "places", operator, &one).await,
            );
            assert_eq!(a, b, "{operator} {one}");
            asked += 1;
            met += usize::from(!a.is_empty());
        }
        let near = json!({ "geometry": one, "distance": roll(400_000) });
        let (a, b) = (
            matching(&sqlite, "places", "dwithin", &near).await,
            matching(&postgres, "places", "dwithin", &near).await,
        );
        assert_eq!(a, b, "dwithin {near}");
        let sort = json!({ "sort": { "_distance": { "target": one, "column": "area" } } });
        let (a, b) =
            (ids(&sqlite, "places", sort.clone()).await, ids(&postgres, "places", sort).await);
        assert_eq!(a, b, "by distance from {one}");
    }
    assert!(met * 2 > asked, "{met} of {asked} questions found a row");
    tokio::join!(sqlite.stop(), postgres.stop());
}
