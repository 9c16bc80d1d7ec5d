//! What a record looks like: kinds, relations, widths.

use super::{ADA, check, filled, posts};
use crate::support::House;
use crate::support::plans::{column, descending, equal, expand, read};
use query::{Count, Page};
use sql::Numbers;

const ALL: &[&str] = &[
    "id",
    "title",
    "price",
    "rating",
    "weight",
    "views",
    "published",
    "born",
    "at",
    "wall",
    "opens",
    "closes",
    "data",
    "words",
    "raw",
    "number",
    "sort",
    "author_id",
];

#[tokio::test]
async fn every_kind_has_one_form_at_every_depth() {
    let houses = filled("forms").await;
    let post = r#"{"id":1,"title":"Alpha_100%","price":12.10,"rating":0.30000000000000004,"weight":0.1,"views":9007199254740993,"published":true,"born":"2024-02-29","at":"2024-01-02T03:04:05.678Z","wall":"2024-01-02T03:04:05.678Z","opens":"10:11:12+00","closes":"10:11:12.500","data":{"a":{"b":1.50},"k":"v","no":null,"yes":true,"list":[1,2,3]},"words":["red","blue"],"raw":"AP8QAQ==","number":1,"sort":1,"author_id":"00000000-0000-4000-8000-000000000001"}"#;
    let one = |house: &House, fields: &[&str]| {
        let mut plan = read(&house.catalog, "posts", fields, vec![]);
        plan.filter = equal(posts(house, "id"), 1);
        plan
    };
    // jsonb orders keys by length; the canonical form that `coerce` stores does so too.
    let post = post.replace(
        r#""no":null,"yes":true,"list":[1,2,3]"#,
        r#""list":[1,2,3],"no":null,"yes":true"#,
    );
    for house in &houses {
        let found = house.rows(one(house, ALL)).await;
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&found).unwrap(),
            serde_json::from_str::<serde_json::Value>(&post).unwrap(),
            "{:?}",
            house.store.dialect()
        );
        // The same record inside a to-many and a to-one.
        let mut plan = read(
            &house.catalog,
            "users",
            &[],
            vec![expand(&house.catalog, "users", "posts", ALL, vec![])],
        );
        plan.filter = equal(column(&house.catalog, "users", "id"), ADA);
        assert_eq!(house.rows(plan).await, format!(r#"{{"posts":[{found}]}}"#));
        let mut plan = read(
            &house.catalog,
            "posts",
            &["id"],
            vec![expand(&house.catalog, "posts", "parent", ALL, vec![])],
        );
        plan.filter = equal(posts(house, "id"), 2);
        assert_eq!(house.rows(plan).await, format!(r#"{{"id":2,"parent":{found}}}"#));
        let strings =
            house.read_as(one(house, &["price", "views", "number"]), Numbers::Strings).await;
        assert_eq!(
            String::from_utf8(strings.json).unwrap(),
            r#"{"price":"12.10","views":"9007199254740993","number":1}"#
        );
    }
    check(
        &houses,
        |house| {
            let mut plan = read(
                &house.catalog,
                "posts",
                &["price", "rating", "published", "at", "data", "raw"],
                vec![],
            );
            plan.filter = equal(posts(house, "id"), 3);
            plan
        },
        r#"{"price":null,"rating":null,"published":null,"at":null,"data":null,"raw":null}"#,
    )
    .await;
}

#[tokio::test]
async fn relations_come_in_one_statement_however_deep() {
    let houses = filled("relations").await;
    check(
        &houses,
        |house| {
            let c = &house.catalog;
            let author = expand(c, "comments", "author", &["name"], vec![]);
            let comments = expand(c, "posts", "comments", &["id", "approved"], vec![author]);
            let team = expand(c, "users", "team", &["name"], vec![]);
            let profile = expand(c, "users", "profile", &["bio"], vec![]);
            let author = expand(c, "posts", "author", &["name"], vec![team, profile]);
            let labels = expand(c, "posts", "labels", &["name"], vec![]);
            read(c, "posts", &["id"], vec![author, comments, labels])
        },
        concat!(
            r#"{"id":1,"author":{"name":"Ada","team":{"name":"Red"},"profile":{"bio":"x"}},"#,
            r#""comments":[{"id":1,"approved":true,"author":{"name":"bob \"B\"\n"}},{"id":2,"approved":false,"author":null}],"#,
            r#""labels":[{"name":"x"},{"name":"y"}]},"#,
            r#"{"id":2,"author":{"name":"bob \"B\"\n","team":null,"profile":null},"#,
            r#""comments":[{"id":3,"approved":true,"author":null}],"labels":[]},"#,
            r#"{"id":3,"author":null,"comments":[],"labels":[]}"#,
        ),
    )
    .await;
    // Trimmed, ordered and limited inside the relation; the root stays.
    check(
        &houses,
        |house| {
            let c = &house.catalog;
            let mut comments = expand(c, "posts", "comments", &["id"], vec![]);
            comments.filter = equal(column(c, "comments", "approved"), true);
            let mut all = expand(c, "posts", "comments", &["text"], vec![]);
            all.key = String::from("last");
            all.order = vec![descending(column(c, "comments", "id"))];
            all.limit = 1;
            let mut author = expand(c, "posts", "author", &["name"], vec![]);
            author.filter = equal(column(c, "users", "team.name"), "Red");
            let mut plan = read(c, "posts", &["id"], vec![author, comments, all]);
            plan.page.limit = Some(2);
            plan
        },
        concat!(
            r#"{"id":1,"author":{"name":"Ada"},"comments":[{"id":1}],"last":[{"text":"second"}]},"#,
            r#"{"id":2,"author":null,"comments":[{"id":3}],"last":[{"text":"third"}]}"#,
        ),
    )
    .await;
    // Junction rows with the target of their own collection.
    check(
        &houses,
        |house| {
            let c = &house.catalog;
            let there = expand(c, "activities", "posts", &["title"], vec![]);
            let user = expand(c, "activities", "users", &["name"], vec![]);
            read(c, "activities", &["note"], vec![there, user])
        },
        concat!(
            r#"{"note":"p","posts":{"title":"Alpha_100%"},"users":null},"#,
            r#"{"note":"u","posts":null,"users":{"name":"Ada"}}"#,
        ),
    )
    .await;
    check(
        &houses,
        |house| {
            let c = &house.catalog;
            let there = expand(c, "activities", "posts", &["title"], vec![]);
            let back = expand(c, "posts", "activities", &["note"], vec![there]);
            let mut plan = read(c, "posts", &["id"], vec![back]);
            plan.page.limit = Some(1);
            plan
        },
        r#"{"id":1,"activities":[{"note":"p","posts":{"title":"Alpha_100%"}}]}"#,
    )
    .await;
}

#[tokio::test]
async fn pages_probe_and_count() {
    let houses = filled("pages").await;
    for house in &houses {
        let mut plan = read(&house.catalog, "posts", &["id"], vec![]);
        plan.page = Page { limit: Some(2), offset: 1, capped: true, ..Page::default() };
        plan.count = Count::Exact;
        let page = house.read(plan.clone()).await;
        assert_eq!(String::from_utf8(page.json).unwrap(), r#"{"id":2},{"id":3}"#);
        assert_eq!((page.total, page.more), (Some(3), false));
        plan.with_deleted = true;
        let page = house.read(plan.clone()).await;
        assert_eq!((page.total, page.more), (Some(4), true));
        plan.page = Page { limit: None, offset: 2, ..Page::default() };
        assert_eq!(house.rows(plan).await, r#"{"id":3},{"id":4}"#);
        let mut none = read(&house.catalog, "posts", &[], vec![]);
        none.page.limit = Some(1);
        assert_eq!(house.rows(none).await, "{}");
    }
}

#[tokio::test]
async fn wide_records_and_many_relations_stay_within_what_sqlite_takes() {
    let houses = filled("many").await;
    for house in &houses {
        let c = &house.catalog;
        // 45 relations to one: more than may be joined, each with the same answer.
        let one = |at: usize| {
            let mut author = expand(c, "posts", "author", &["name"], vec![]);
            author.key = format!("author{at}");
            author
        };
        let mut comments = expand(
            c,
            "posts",
            "comments",
            &[],
            (0..45)
                .map(|at| {
                    let mut author = expand(c, "comments", "author", &["name"], vec![]);
                    author.key = format!("author{at}");
                    author
                })
                .collect(),
        );
        // 400 columns in one embedded record.
        comments.rows.columns = (0..400)
            .map(|at| query::Selected {
                key: format!("id{at}"),
                field: String::from("id"),
                kind: catalog::FieldKind::Integer,
                null: at == 7,
            })
            .collect();
        let mut expands: Vec<_> = (0..45).map(one).collect();
        expands.push(comments);
        let mut plan = read(c, "posts", &["id"], expands);
        plan.filter = equal(posts(house, "id"), 1);
        let found: serde_json::Value = serde_json::from_str(&house.rows(plan).await).unwrap();
        for at in 0..45 {
            assert_eq!(found[format!("author{at}")]["name"], "Ada");
            assert_eq!(found["comments"][0][format!("author{at}")]["name"], "bob \"B\"\n");
            assert!(found["comments"][1][format!("author{at}")].is_null());
        }
        assert_eq!(found["comments"][0]["id399"], 1);
        assert!(found["comments"][0]["id7"].is_null());
        assert_eq!(found["comments"][0].as_object().unwrap().len(), 445);
    }
}
