//! What a database does for a search, with an index of words and without.

use crate::test_project::Project;
use access::Actor;
use query::Read;
use serde_json::{Value as Json, json};
use sql::{Dialect, Numbers, Statement};

/// How the database goes about both statements of a search.
async fn plans(project: &Project, collection: &str, word: &str, fields: &[&str]) -> Vec<String> {
    let engine = &project.engine;
    let read = Read {
        collection: collection.to_owned(),
        search: Some(word.to_owned()),
        search_fields: fields.iter().map(|name| (*name).to_owned()).collect(),
        limit: Some(10),
        ..Read::default()
    };
    let actor = Actor::system("a test of plans");
    let (compiled, ..) = engine.prepare(&engine.state(), &read, &actor, Numbers::Tokens).unwrap();
    let (explain, at) = match engine.store().dialect() {
        Dialect::Sqlite => ("EXPLAIN QUERY PLAN", 3),
        Dialect::Postgres => ("EXPLAIN", 0),
    };
    let mut told = Vec::new();
    for statement in [Some(&compiled.page), compiled.total.as_ref()].into_iter().flatten() {
        let text = format!("{explain} {}", statement.text);
        let asked = Statement { text: text.into(), binds: statement.binds.clone() };
        let rows = engine.store().rows(&asked).await.unwrap();
        let lines = rows.iter().filter_map(|row| row[at].as_text());
        told.push(lines.collect::<Vec<_>>().join("\n"));
    }
    assert_eq!(told.len(), 2);
    told
}

#[tokio::test]
async fn a_search_asks_the_index_that_holds_its_fields_and_reads_no_other_rows() {
    for project in Project::all().await {
        for (name, key) in [
            ("numbered", json!({ "type": "Integer", "primaryKey": true })),
            ("keyed", json!({ "type": "String", "primaryKey": true })),
        ] {
            let text = json!({ "type": "Text" });
            let indexes: Json = json!([
                { "name": format!("{name}_words"), "fields": ["title", "body"], "type": "fulltext" },
                { "name": format!("{name}_title"), "fields": ["title"], "type": "fulltext" },
            ]);
            let schema = json!({ "fields": { "id": key, "title": text, "body": text, "note": text }, "indexes": indexes });
            project.engine.create_schema(name, &schema).await.unwrap();
            let rows = |all: &str, number: &str| {
                format!(
                    r#"INSERT INTO "{name}" ("id", "title", "body") SELECT {number}, 'title' || n, 'some words of row' || n FROM {all}"#
                )
            };
            let sqlite = rows(
                "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000) SELECT n FROM c)",
                "n",
            );
            let number = if name == "keyed" { "n::text" } else { "n" };
            let postgres = rows("generate_series(1, 3000) n", number);
            let known = format!(r#"ANALYZE "{name}""#);
            project.meddle(&[(&sqlite, &postgres), (&known, &known)]).await;
            let dialect = project.engine.store().dialect();
            let scanned = |plan: &str| match dialect {
                Dialect::Sqlite => plan.lines().any(|line| line.starts_with("SCAN t")),
                Dialect::Postgres => plan.contains("Seq Scan"),
            };
            let both = &["title", "body"][..];
            for (fields, index) in [(both, "words"), (&["body"], "words"), (&["title"], "title")] {
                for plan in plans(&project, name, "row2999", fields).await {
                    let asked = match dialect {
                        Dialect::Sqlite => {
                            format!("SCAN {name}_{index}.fulltext VIRTUAL TABLE INDEX")
                        }
                        Dialect::Postgres => format!("Bitmap Index Scan on {name}_{index}"),
                    };
                    assert!(plan.contains(&asked) && !scanned(&plan), "{fields:?}: {plan}");
                }
            }
            for fields in [&["title", "note"][..], &[]] {
                for plan in plans(&project, name, "row2999", fields).await {
                    let asked = [format!("{name}_words"), format!("{name}_title")];
                    let none = !asked.iter().any(|index| plan.contains(index));
                    assert!(none, "no index holds the words of {fields:?}: {plan}");
                }
            }
        }
    }
}
