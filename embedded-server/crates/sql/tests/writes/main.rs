//! Writes run on both databases, and every record written leaves one change row.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bulk;
mod deletions;
mod records;
#[path = "../support/mod.rs"]
mod support;

use query::Assigned;
use support::House;
use support::plans::{given, insert, plan, values};

const ADA: &str = "00000000-0000-4000-8000-000000000001";

async fn changed(house: &House, after: i64) -> Vec<String> {
    let rows = house.changes(after).await;
    rows.into_iter()
        .map(|(op, collection, id, before, after)| {
            let side = |json: Option<String>| json.unwrap_or_else(|| String::from("-"));
            format!("{op} {collection} {id} {} {}", side(before), side(after))
        })
        .collect()
}

async fn team(house: &House, name: &str) -> i64 {
    let step = insert(
        &house.catalog,
        "teams",
        values([("id", Assigned::NextNumber), ("name", given(name))]),
    );
    let (_, keys) = house.write(plan(vec![step])).await.unwrap();
    keys[0].as_int().unwrap()
}
