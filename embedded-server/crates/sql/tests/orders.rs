//! A sort by an indexed column walks the index, whichever way and wherever the page begins.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use base::Value;
use catalog::{Catalog, Change, Collection, Index};
use query::{Assigned, Direction, Order, OrderBy, Page, ReadPlan};
use sql::{Dialect, Numbers, Statement};
use std::sync::Arc;
use store::Definition;
use support::plans::{column, expand, given, insert, plan, read, values};
use support::{House, houses, shop};

/// Values of the sorted column: few, so that many records share one; every third is NULL.
const WORDS: [&str; 4] = ["ash", "birch", "cedar", "fir"];

/// What is sorted: a table whose key is SQLite's row number, and one whose key is not.
const SORTED: [(&str, &str, &str); 2] = [("posts", "title", "author"), ("users", "name", "team")];

fn index(collection: &str, field: &str) -> Index {
    Index {
        name: format!("{collection}_{field}"),
        fields: vec![field.to_owned()],
        unique: false,
        nulls_not_distinct: false,
        method: None,
    }
}

/// The shop, with ids by which a change finds its tables, and with the indexes if `indexed`.
fn catalog(indexed: bool) -> Catalog {
    let mut shop = shop();
    for (name, one) in &mut shop.collections {
        let mut changed: Collection = (**one).clone();
        changed.document = Arc::new(serde_json::json!({ "schemaId": name }));
        if indexed {
            let found = SORTED.iter().filter(|(collection, ..)| collection == name);
            changed.indexes =
                found.map(|(collection, field, _)| index(collection, field)).collect();
        }
        *one = Arc::new(changed);
    }
    shop
}

/// Sixty posts and sixty users, and the indexes as a schema change makes them.
async fn filled(name: &str) -> Vec<House> {
    let mut all = houses(name).await;
    for house in &mut all {
        house.catalog = catalog(true);
        let changes: Vec<Change> = SORTED
            .iter()
            .map(|(collection, field, _)| Change::AddIndex {
                collection: (*collection).to_owned(),
                index: index(collection, field),
            })
            .collect();
        let made =
            sql::define(&changes, &catalog(false), &house.catalog, house.store.dialect()).unwrap();
        assert_eq!(made.statements.len(), SORTED.len());
        let definition = Definition { statements: made.statements, rebuilds: made.rebuilds };
        house.store.define(definition).await.unwrap();
        let mut steps = Vec::new();
        for n in 0..60_usize {
            let word = match n % 3 {
                0 => Value::Null,
                _ => Value::text(WORDS[n % WORDS.len()]),
            };
            // Keys in another order than the rows.
            let key = format!("00000000-0000-4000-8000-{:012}", (n * 7) % 60);
            let of_user =
                values([("id", given(key.as_str())), ("name", Assigned::Value(word.clone()))]);
            steps.push(insert(&house.catalog, "users", of_user));
            let of_post = values([("id", Assigned::NextNumber), ("title", Assigned::Value(word))]);
            steps.push(insert(&house.catalog, "posts", of_post));
        }
        house.write(plan(steps)).await.unwrap();
    }
    all
}

/// A sort by the column and, as every sort ends, by the key the same way.
fn sorted(house: &House, at: usize, direction: Direction, expanded: bool) -> ReadPlan {
    let (collection, field, relation) = SORTED[at];
    let c = &house.catalog;
    let relations = match expanded {
        true => vec![expand(c, collection, relation, &["name"], vec![])],
        false => vec![],
    };
    let mut plan = read(c, collection, &["id", field], relations);
    let key = |name| OrderBy { by: Order::Column(column(c, collection, name)), direction };
    plan.order = vec![key(field), key("id")];
    plan.page = Page { limit: Some(7), cursor: true, ..Page::default() };
    plan
}

#[tokio::test]
async fn pages_of_an_indexed_order_are_the_whole_cut_in_pieces() {
    for house in &filled("orders_pages").await {
        for at in 0..SORTED.len() {
            for direction in [Direction::Ascending, Direction::Descending] {
                for expanded in [false, true] {
                    let mut asked = sorted(house, at, direction, expanded);
                    let whole = ReadPlan { page: Page::default(), ..asked.clone() };
                    let whole = house.rows(whole).await;
                    let mut pages = Vec::new();
                    loop {
                        let page = house.read(asked.clone()).await;
                        pages.push(String::from_utf8(page.json).unwrap());
                        assert!(pages.len() < 20, "does not end");
                        match page.cursor {
                            Some(after) if page.more => asked.page.after = Some(after),
                            _ => break,
                        }
                    }
                    assert_eq!(pages.len(), 9);
                    let dialect = house.store.dialect();
                    assert_eq!(pages.join(","), whole, "{at} {direction:?} {dialect:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn both_stores_put_the_rows_of_an_order_alike() {
    let houses = filled("orders_alike").await;
    for at in 0..SORTED.len() {
        for direction in [Direction::Ascending, Direction::Descending] {
            let mut told = Vec::new();
            for house in &houses {
                let mut asked = sorted(house, at, direction, false);
                asked.page = Page::default();
                told.push(house.rows(asked).await);
            }
            let null_first = told[0].split("},{").next().is_some_and(|row| row.contains("null"));
            assert_eq!(null_first, direction == Direction::Descending);
            assert!(told.iter().all(|one| *one == told[0]), "{at} {direction:?}");
        }
    }
}

/// What SQLite says it will do.
async fn steps_of(house: &House, plan: ReadPlan) -> Vec<String> {
    let page = house.compiled(plan, Numbers::Tokens).page;
    let text = Arc::from(format!("EXPLAIN QUERY PLAN {}", page.text));
    let rows = house.store.rows(&Statement { text, binds: page.binds }).await.unwrap();
    rows.iter().map(|row| row[3].as_text().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_index_serves_every_page_of_its_order_and_nothing_is_sorted() {
    let houses = filled("orders_plans").await;
    let house = houses.iter().find(|house| house.store.dialect() == Dialect::Sqlite).unwrap();
    for (at, (collection, field, _)) in SORTED.into_iter().enumerate() {
        let key = match collection {
            "posts" => Value::Int(30),
            _ => Value::text("00000000-0000-4000-8000-000000000030"),
        };
        for direction in [Direction::Ascending, Direction::Descending] {
            for leading in [None, Some(Value::text("birch")), Some(Value::Null)] {
                let mut asked = sorted(house, at, direction, false);
                asked.page.after = leading.clone().map(|leading| vec![leading, key.clone()]);
                let steps = steps_of(house, asked).await;
                let told = format!("{collection} {direction:?} {leading:?}: {steps:#?}");
                let walks: Vec<&String> =
                    steps.iter().filter(|step| step.contains(" t1 ")).collect();
                let name = format!("INDEX {collection}_{field}");
                assert!(walks.iter().all(|step| step.contains(&name)), "{told}");
                // Several ranges are put together, which sorts no more than their pages.
                let sorts = steps
                    .windows(2)
                    .any(|pair| pair[0].contains(" t1 ") && pair[1].contains("TEMP B-TREE"));
                assert!(!walks.is_empty() && !sorts, "{told}");
            }
        }
    }
}
