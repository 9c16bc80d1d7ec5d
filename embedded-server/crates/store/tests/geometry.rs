//! What shapes are to each other, asked of both stores: Postgres takes the steps of `base` in plain
//! SQL.

#[cfg(test)]
mod harness;

use base::{Limits, Value};
use harness::says;
use store::Store;

/// Numbers that look random and are the same in every run.
fn dice(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |sides| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % sides
    }
}

fn degrees(roll: &mut impl FnMut(u64) -> u64, most: u32) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 53 bits")]
    let number = roll(u64::from(most) * 2_000_000) as f64;
    number / 1_000_000.0 - f64::from(most)
}

async fn metres(store: &Store, one: &str, other: &str) -> f64 {
    let text = "SELECT bx_geo_distance(?1::text::jsonb, ?2::text::jsonb)";
    let asked = says(store, text, vec![Value::text(one), Value::text(other)]);
    match store.rows(&asked).await.as_deref() {
        Ok([row]) => match row.first() {
            Some(Value::Real(metres)) => *metres,
            other => panic!("{other:?} is no distance"),
        },
        other => panic!("{other:?} is no row"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn distances_are_the_same_on_both_stores_to_a_thousandth_of_a_millimetre() {
    let Some(postgres) = harness::postgres(Limits::default()).await else { return };
    postgres.store.equip().await.unwrap();
    // A second time there is nothing to make.
    postgres.store.equip().await.unwrap();
    let sqlite = harness::sqlite(Limits::default()).await;
    let mut roll = dice(7);
    let mut pairs: Vec<(String, String)> = Vec::new();
    let point = |x: f64, y: f64| format!(r#"{{"type":"Point","coordinates":[{x},{y}]}}"#);
    for _ in 0..200 {
        let (x, y) = (degrees(&mut roll, 180), degrees(&mut roll, 90));
        pairs.push((point(x, y), point(degrees(&mut roll, 180), degrees(&mut roll, 90))));
        // Almost opposite, and almost the same.
        let across = if x > 0.0 { x - 180.0 } else { x + 180.0 };
        let bit = degrees(&mut roll, 1) / 10.0;
        pairs.push((point(x, y), point(across, -(y * 0.99 + bit))));
        pairs.push((point(x, y), point(x, y + (90.0 - y.abs()) * bit / 1_000.0)));
        let (a, b) = (degrees(&mut roll, 90), degrees(&mut roll, 45));
        let line = format!(
            r#"{{"type":"LineString","coordinates":[[{a},{b}],[{},{}],[{b},{a}]]}}"#,
            a + 30.0,
            b + 20.0
        )
        .replace(&format!("[{b},{a}]"), &format!("[{b},{}]", a / 2.0));
        pairs.push((point(x, y), line));
        let area = format!(
            r#"{{"type":"Polygon","coordinates":[[[{a},{b}],[{},{b}],[{a},{}],[{a},{b}]]]}}"#,
            a + 1.0,
            b + 1.0
        );
        pairs.push((area, point(a + degrees(&mut roll, 3), b + degrees(&mut roll, 3))));
    }
    pairs.push((point(0.0, 0.0), point(180.0, 0.0)));
    pairs.push((point(0.0, 90.0), point(50.0, -90.0)));
    pairs.push((point(-180.0, 5.0), point(180.0, 5.0)));
    for (one, other) in &pairs {
        let (a, b) =
            (metres(&sqlite.store, one, other).await, metres(&postgres.store, one, other).await);
        assert!((a - b).abs() <= 1e-6, "{one} {other}: {a} and {b}");
    }
    sqlite.clear().await;
    postgres.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_shapes_of_many_corners_end_with_their_statement() {
    let limits = Limits { statement_ms_max: 100, ..Limits::default() };
    harness::on_every_store(limits, async |store| {
        if store.dialect() == sql::Dialect::Postgres {
            store.equip().await.unwrap();
        }
        let zigzag = |from: u32| {
            let turn = |at: u32| format!("[{},{}]", f64::from(at) / 1_000.0, from + at % 2);
            let turns: Vec<String> = (0..40_000).map(turn).collect();
            // Beside the other at first, so that the rectangles around the two meet.
            let beside = 6 - from;
            format!(r#"{{"type":"LineString","coordinates":[[-1,{beside}],{}]}}"#, turns.join(","))
        };
        let binds = vec![Value::text(zigzag(0)), Value::text(zigzag(5))];
        let before = store.counters().inline_reads;
        for name in ["within", "intersects", "overlaps", "distance"] {
            let text = format!("SELECT bx_geo_{name}(?1::text::jsonb, ?2::text::jsonb)");
            let error = store.rows(&says(store, &text, binds.clone())).await.unwrap_err();
            assert_eq!(error.code(), base::Code::Timeout, "{name}: {error}");
        }
        assert_eq!(store.counters().inline_reads, before, "on no thread of the callers'");
    })
    .await;
}
