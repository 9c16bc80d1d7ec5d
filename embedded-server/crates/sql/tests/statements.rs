//! The text of statements, both dialects side by side.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use access::Guarded;
use catalog::Catalog;
use query::{
    Aggregate, AggregateFunction, Assigned, Cond, Count, DatePart, GroupKey, Grouping, Like,
    Operand, Operator, Page, Projection, ReadPlan, Step, WritePlan,
};
use sql::{ChangeStamp, Dialect, Numbers};
use std::sync::Arc;
use support::plans::{
    ascending, column, delete, descending, equal, expand, given, insert, plan, read, test, update,
    values,
};
use support::shop;

/// Compares page and total of a read.
fn reads(plan: ReadPlan, sqlite: &[&str], postgres: &[&str]) {
    let plan = Guarded::for_system(plan, "test");
    for (dialect, expected) in [(Dialect::Sqlite, sqlite), (Dialect::Postgres, postgres)] {
        let compiled = sql::compile_read(&plan, dialect, Numbers::Tokens);
        let mut found = vec![compiled.page.text.to_string()];
        found.extend(compiled.total.map(|total| total.text.to_string()));
        assert_eq!(found, expected, "{dialect:?}");
    }
}

/// Compares the steps of a write.
fn writes(plan: WritePlan, sqlite: &[&str], postgres: &[&str]) {
    writes_over(&shop(), plan, sqlite, postgres);
}

fn writes_over(catalog: &Catalog, plan: WritePlan, sqlite: &[&str], postgres: &[&str]) {
    let plan = Guarded::for_system(plan, "test");
    for (dialect, expected) in [(Dialect::Sqlite, sqlite), (Dialect::Postgres, postgres)] {
        let compiled =
            sql::compile_write(&plan, catalog, dialect, &ChangeStamp::default()).unwrap();
        let found: Vec<String> =
            compiled.program.steps.iter().map(|step| step.statement.text.to_string()).collect();
        assert_eq!(found, expected, "{dialect:?}");
    }
}

#[test]
fn a_page_without_relations_is_one_plain_select() {
    let c = shop();
    let mut asked = read(&c, "labels", &["id", "name"], vec![]);
    asked.filter = equal(column(&c, "labels", "name"), "x");
    asked.order.insert(0, descending(column(&c, "labels", "name")));
    asked.page = Page { limit: Some(20), offset: 40, ..Page::default() };
    asked.count = Count::Exact;
    reads(
        asked,
        &[
            r#"SELECT t1."id", t1."name" FROM "labels" t1 WHERE t1."name" = ?1 ORDER BY t1."name" DESC NULLS FIRST, t1."id" ASC LIMIT ?2 OFFSET ?3"#,
            r#"SELECT count(*) FROM "labels" t1 WHERE t1."name" = ?1"#,
        ],
        &[
            r#"SELECT t1."id", t1."name" FROM "labels" t1 WHERE t1."name" = $1::text ORDER BY t1."name" COLLATE "C" DESC, t1."id" ASC LIMIT $2::bigint OFFSET $3::bigint"#,
            r#"SELECT count(*) FROM "labels" t1 WHERE t1."name" = $1::text"#,
        ],
    );
}

#[test]
fn on_sqlite_a_page_and_its_total_are_one_scan_and_groups_are_a_scan() {
    let c = shop();
    let mut asked = read(&c, "labels", &["id", "name"], vec![]);
    asked.filter = equal(column(&c, "labels", "name"), "x");
    asked.order.insert(0, descending(column(&c, "labels", "name")));
    asked.page = Page { limit: Some(20), offset: 40, ..Page::default() };
    asked.count = Count::Exact;
    let mut grouped = read(&c, "posts", &[], vec![]);
    grouped.order.clear();
    grouped.projection = Projection::Groups(Grouping {
        keys: vec![GroupKey {
            keys: vec![String::from("title")],
            column: column(&c, "posts", "title"),
            part: None,
        }],
        aggregates: vec![Aggregate {
            alias: String::from("total"),
            function: AggregateFunction::Sum,
            column: Some(column(&c, "posts", "number")),
        }],
    });
    let shortcut = |plan: &ReadPlan, dialect| {
        let plan = Guarded::for_system(plan.clone(), "test");
        sql::compile_read(&plan, dialect, Numbers::Tokens).shortcut
    };
    match shortcut(&asked, Dialect::Sqlite).as_deref() {
        Some(sql::Shortcut::Sift(sift)) => {
            let scan =
                r#"SELECT t1."name", t1."id", t1._rowid_ FROM "labels" t1 WHERE t1."name" = ?1"#;
            assert_eq!(&*sift.scan.text, scan);
            let fetch = r#"SELECT t1."id", t1."name" FROM "labels" t1 WHERE t1._rowid_ IN (SELECT value FROM json_each(?4)) ORDER BY t1."name" DESC NULLS FIRST, t1."id" ASC"#;
            assert_eq!(&*sift.fetch, fetch);
        }
        other => panic!("{other:?}"),
    }
    match shortcut(&grouped, Dialect::Sqlite).as_deref() {
        Some(sql::Shortcut::Fold(fold)) => {
            let scan =
                r#"SELECT t1."title", t1."number" FROM "posts" t1 WHERE t1."deletedAt" IS NULL"#;
            assert_eq!(&*fold.scan.text, scan);
        }
        other => panic!("{other:?}"),
    }
    // Where an index serves the order, its statement reads no more than the page.
    let by_key = ReadPlan { order: asked.order.split_off(1), ..asked.clone() };
    assert!(shortcut(&by_key, Dialect::Sqlite).is_none());
    assert!(shortcut(&grouped, Dialect::Postgres).is_none());
}

#[test]
fn relations_stand_beside_a_page_that_is_cut_first() {
    let c = shop();
    let author = expand(&c, "posts", "author", &["name"], vec![]);
    let comments = expand(&c, "posts", "comments", &["id", "approved"], vec![]);
    let mut asked = read(&c, "posts", &["id", "price", "at"], vec![author, comments]);
    asked.page.limit = Some(20);
    reads(
        asked,
        &[
            r#"SELECT t2."id", t2."price", t2."at", t3."id", t3."name", (SELECT '['||coalesce(group_concat(t5."$json",','),'')||']' FROM (SELECT ('{"id":'||coalesce(t4."id",'null')||',"approved":'||coalesce(CASE t4."approved" WHEN 0 THEN 'false' WHEN 1 THEN 'true' END,'null')||'}') AS "$json" FROM "comments" t4 WHERE t4."post_id" = t2."id" ORDER BY t4."id" ASC LIMIT ?1) t5) FROM (SELECT t1."id", t1."price", t1."at", t1."author_id", t1."id" AS "$0" FROM "posts" t1 WHERE t1."deletedAt" IS NULL ORDER BY t1."id" ASC LIMIT ?2) t2 LEFT JOIN "users" t3 ON t3."id" = t2."author_id" ORDER BY t2."$0" ASC"#,
        ],
        &[
            r#"SELECT t2."id", t2."price"::text, to_char(t2."at" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), t3."id"::text, t3."name", (SELECT '['||coalesce(string_agg(t5."$json",','),'')||']' FROM (SELECT ('{"id":'||coalesce(t4."id"::text,'null')||',"approved":'||coalesce(t4."approved"::text,'null')||'}') AS "$json" FROM "comments" t4 WHERE t4."post_id" = t2."id" ORDER BY t4."id" ASC LIMIT $1::bigint) t5) FROM (SELECT t1."id", t1."price", t1."at", t1."author_id", t1."id" AS "$0" FROM "posts" t1 WHERE t1."deletedAt" IS NULL ORDER BY t1."id" ASC LIMIT $2::bigint) t2 LEFT JOIN "users" t3 ON t3."id" = t2."author_id" ORDER BY t2."$0" ASC"#,
        ],
    );
}

#[test]
fn a_condition_through_a_to_many_is_asked_of_the_key() {
    let c = shop();
    let mut asked = read(&c, "posts", &["id"], vec![]);
    asked.filter = Cond::All(vec![
        equal(column(&c, "posts", "author.team.name"), "Red"),
        equal(column(&c, "posts", "comments.approved"), true),
        test(
            column(&c, "posts", "comments.text"),
            Operator::Like(Like {
                text: Operand::Value(base::Value::text("50%")),
                open_start: true,
                open_end: true,
                wildcards: false,
                fold: true,
                negated: false,
            }),
        ),
        equal(column(&c, "posts", "labels.name"), "x"),
    ]);
    reads(
        asked,
        &[
            r#"SELECT t1."id" FROM "posts" t1 LEFT JOIN "users" t2 ON t2."id" = t1."author_id" LEFT JOIN "teams" t3 ON t3."id" = t2."team_id" WHERE t1."deletedAt" IS NULL AND t3."name" = ?1 AND t1."id" IN (SELECT t4."id" FROM "posts" t4 LEFT JOIN "comments" t5 ON t5."post_id" = t4."id" WHERE bx_like(t5."text", ?2, 1) AND t5."approved" = ?3) AND t1."id" IN (SELECT t6."id" FROM "posts" t6 LEFT JOIN ("posts_labels" t8 JOIN "labels" t7 ON t7."id" = t8."labels_id") ON t8."posts_id" = t6."id" WHERE t7."name" = ?4) ORDER BY t1."id" ASC"#,
        ],
        &[
            r#"SELECT t1."id" FROM "posts" t1 LEFT JOIN "users" t2 ON t2."id" = t1."author_id" LEFT JOIN "teams" t3 ON t3."id" = t2."team_id" WHERE t1."deletedAt" IS NULL AND t3."name" = $1::text AND t1."id" IN (SELECT t4."id" FROM "posts" t4 LEFT JOIN "comments" t5 ON t5."post_id" = t4."id" WHERE (lower(t5."text" COLLATE "default") LIKE lower($2::text COLLATE "default")) AND t5."approved" = $3::boolean) AND t1."id" IN (SELECT t6."id" FROM "posts" t6 LEFT JOIN ("posts_labels" t8 JOIN "labels" t7 ON t7."id" = t8."labels_id") ON t8."posts_id" = t6."id" WHERE t7."name" = $4::text) ORDER BY t1."id" ASC"#,
        ],
    );
}

#[test]
fn a_cursor_is_a_bound_of_the_order() {
    let c = shop();
    let mut asked = read(&c, "posts", &["id"], vec![]);
    asked.order.insert(0, ascending(column(&c, "posts", "price")));
    asked.page = Page {
        limit: Some(10),
        cursor: true,
        after: Some(vec![base::Value::text("9.95"), base::Value::Int(2)]),
        ..Page::default()
    };
    reads(
        asked,
        &[
            r#"SELECT t1."id", t1."price", t1."id" FROM "posts" t1 WHERE t1."deletedAt" IS NULL AND ((t1."price" COLLATE BX_DECIMAL, t1."id") > (?1, ?2) OR t1."price" IS NULL) ORDER BY t1."price" COLLATE BX_DECIMAL ASC NULLS LAST, t1."id" ASC LIMIT ?3"#,
        ],
        &[
            r#"SELECT t1."id", t1."price"::text, t1."id" FROM "posts" t1 WHERE t1."deletedAt" IS NULL AND ((t1."price", t1."id") > ($1::text::numeric, $2::bigint) OR t1."price" IS NULL) ORDER BY t1."price" ASC, t1."id" ASC LIMIT $3::bigint"#,
        ],
    );
    let mut asked = read(&c, "labels", &["id"], vec![]);
    asked.page = Page {
        limit: Some(10),
        cursor: true,
        after: Some(vec![base::Value::Int(2)]),
        ..Page::default()
    };
    reads(
        asked,
        &[
            r#"SELECT t1."id", t1."id" FROM "labels" t1 WHERE t1."id" > ?1 ORDER BY t1."id" ASC LIMIT ?2"#,
        ],
        &[
            r#"SELECT t1."id", t1."id" FROM "labels" t1 WHERE t1."id" > $1::bigint ORDER BY t1."id" ASC LIMIT $2::bigint"#,
        ],
    );
}

#[test]
fn behind_an_indexed_value_each_range_is_read_by_itself() {
    let mut c = shop();
    for (collection, field) in [("users", "name"), ("labels", "name")] {
        let mut indexed = (**c.get(collection).unwrap()).clone();
        indexed.indexes.push(catalog::Index {
            name: String::from("names"),
            fields: vec![field.to_owned()],
            unique: false,
            nulls_not_distinct: false,
            method: None,
        });
        c.collections.insert(collection.to_owned(), std::sync::Arc::new(indexed));
    }
    let behind = |collection: &str, key: base::Value| {
        let mut asked = read(&c, collection, &["id"], vec![]);
        asked.order.insert(0, ascending(column(&c, collection, "name")));
        let after = Some(vec![base::Value::text("x"), key]);
        asked.page = Page { limit: Some(10), cursor: true, after, ..Page::default() };
        asked
    };
    reads(
        behind("users", base::Value::text("00000000-0000-4000-8000-000000000001")),
        &[
            r#"SELECT t2."id", t2."$0", t2."$1" FROM (SELECT * FROM (SELECT * FROM (SELECT t1."id", t1."name" AS "$0", t1."id" AS "$1" FROM "users" t1 WHERE (t1."name", t1."id") > (?1, ?2) ORDER BY t1."name" ASC NULLS LAST, t1."id" ASC LIMIT ?3) t3 UNION ALL SELECT * FROM (SELECT t1."id", t1."name" AS "$0", t1."id" AS "$1" FROM "users" t1 WHERE t1."name" IS NULL ORDER BY t1."name" ASC NULLS LAST, t1."id" ASC LIMIT ?3) t4) t5 ORDER BY t5."$0" ASC NULLS LAST, t5."$1" ASC LIMIT ?3) t2 ORDER BY t2."$0" ASC NULLS LAST, t2."$1" ASC"#,
        ],
        &[
            r#"SELECT t2."id"::text, t2."$0", t2."$1"::text FROM (SELECT * FROM (SELECT * FROM (SELECT t1."id", t1."name" COLLATE "C" AS "$0", t1."id" AS "$1" FROM "users" t1 WHERE (t1."name" COLLATE "C", t1."id") > ($1::text, $2::text::uuid) ORDER BY t1."name" COLLATE "C" ASC, t1."id" ASC LIMIT $3::bigint) t3 UNION ALL SELECT * FROM (SELECT t1."id", t1."name" COLLATE "C" AS "$0", t1."id" AS "$1" FROM "users" t1 WHERE t1."name" IS NULL ORDER BY t1."name" COLLATE "C" ASC, t1."id" ASC LIMIT $3::bigint) t4) t5 ORDER BY t5."$0" ASC, t5."$1" ASC LIMIT $3::bigint) t2 ORDER BY t2."$0" ASC, t2."$1" ASC"#,
        ],
    );
    reads(
        behind("labels", base::Value::Int(2)),
        &[
            r#"SELECT t2."id", t2."$0", t2."$1" FROM (SELECT * FROM (SELECT * FROM (SELECT t1."id", t1."name" AS "$0", t1."id" AS "$1" FROM "labels" t1 WHERE t1."name" = ?1 AND t1."id" > ?2 ORDER BY t1."name" ASC NULLS LAST, t1."id" ASC LIMIT ?3) t3 UNION ALL SELECT * FROM (SELECT t1."id", t1."name" AS "$0", t1."id" AS "$1" FROM "labels" t1 WHERE t1."name" > ?1 ORDER BY t1."name" ASC NULLS LAST, t1."id" ASC LIMIT ?3) t4 UNION ALL SELECT * FROM (SELECT t1."id", t1."name" AS "$0", t1."id" AS "$1" FROM "labels" t1 WHERE t1."name" IS NULL ORDER BY t1."name" ASC NULLS LAST, t1."id" ASC LIMIT ?3) t5) t6 ORDER BY t6."$0" ASC NULLS LAST, t6."$1" ASC LIMIT ?3) t2 ORDER BY t2."$0" ASC NULLS LAST, t2."$1" ASC"#,
        ],
        &[
            r#"SELECT t2."id", t2."$0", t2."$1" FROM (SELECT * FROM (SELECT * FROM (SELECT t1."id", t1."name" COLLATE "C" AS "$0", t1."id" AS "$1" FROM "labels" t1 WHERE (t1."name" COLLATE "C", t1."id") > ($1::text, $2::bigint) ORDER BY t1."name" COLLATE "C" ASC, t1."id" ASC LIMIT $3::bigint) t3 UNION ALL SELECT * FROM (SELECT t1."id", t1."name" COLLATE "C" AS "$0", t1."id" AS "$1" FROM "labels" t1 WHERE t1."name" IS NULL ORDER BY t1."name" COLLATE "C" ASC, t1."id" ASC LIMIT $3::bigint) t4) t5 ORDER BY t5."$0" ASC, t5."$1" ASC LIMIT $3::bigint) t2 ORDER BY t2."$0" ASC, t2."$1" ASC"#,
        ],
    );
}

#[test]
fn groups_are_counted_apart() {
    let c = shop();
    let mut asked = read(&c, "posts", &[], vec![]);
    asked.order.clear();
    asked.count = Count::Exact;
    asked.projection = Projection::Groups(Grouping {
        keys: vec![GroupKey {
            keys: vec![String::from("date:year:at"), String::from("year_at")],
            column: column(&c, "posts", "at"),
            part: Some(DatePart::Year),
        }],
        aggregates: vec![Aggregate {
            alias: String::from("total"),
            function: AggregateFunction::Sum,
            column: Some(column(&c, "posts", "price")),
        }],
    });
    reads(
        asked,
        &[
            r#"SELECT bx_date_part('year', t1."at"), bx_dec_sum(t1."price") FROM "posts" t1 WHERE t1."deletedAt" IS NULL GROUP BY bx_date_part('year', t1."at") ORDER BY bx_date_part('year', t1."at") ASC NULLS LAST"#,
            r#"SELECT count(*) FROM (SELECT 1 AS "$one" FROM "posts" t1 WHERE t1."deletedAt" IS NULL GROUP BY bx_date_part('year', t1."at")) t2"#,
        ],
        &[
            r#"SELECT floor(extract(year from t1."at" AT TIME ZONE 'UTC'))::bigint, sum(t1."price")::text FROM "posts" t1 WHERE t1."deletedAt" IS NULL GROUP BY floor(extract(year from t1."at" AT TIME ZONE 'UTC'))::bigint ORDER BY floor(extract(year from t1."at" AT TIME ZONE 'UTC'))::bigint ASC"#,
            r#"SELECT count(*) FROM (SELECT 1 AS "$one" FROM "posts" t1 WHERE t1."deletedAt" IS NULL GROUP BY floor(extract(year from t1."at" AT TIME ZONE 'UTC'))::bigint) t2"#,
        ],
    );
}

#[test]
fn an_insert_leaves_a_change_row() {
    let c = shop();
    let step = insert(&c, "labels", values([("id", Assigned::NextNumber), ("name", given("x"))]));
    writes(
        plan(vec![step]),
        &[
            r#"INSERT INTO "labels" ("name") VALUES (?1) RETURNING "id""#,
            r#"INSERT INTO "_change" ("tx", "collection", "id", "op", "before", "after", "actor", "source", "at_ms") SELECT 0, 'labels', CAST(t1."id" AS TEXT), 'create', NULL, ('{"id":'||coalesce(t1."id",'null')||',"name":'||coalesce(json_quote(t1."name"),'null')||'}'), ?1, ?2, ?3 FROM "labels" t1 WHERE t1._rowid_ = last_insert_rowid()"#,
        ],
        &[
            r#"WITH t1 AS (INSERT INTO "labels" ("id", "name") VALUES (nextval('"labels.id.seq"'::regclass), $1::text) RETURNING *), t2 AS (INSERT INTO "_change" ("collection", "id", "op", "before", "after", "actor", "source", "at_ms") SELECT 'labels', t1."id"::text, 'create', NULL, ('{"id":'||coalesce(t1."id"::text,'null')||',"name":'||coalesce(to_json(t1."name"::text)::text,'null')||'}')::jsonb, $2::text, $3::text, $4::bigint FROM t1) SELECT t1."id" FROM t1"#,
        ],
    );
}

#[test]
fn a_kept_history_is_part_of_the_statement_or_one_more() {
    let mut c = shop();
    let labels = c.collections.get_mut("labels").unwrap();
    Arc::make_mut(labels).history_days = Some(90);
    let change = |row: &str| {
        format!(
            r#"'labels', CAST({row}."id" AS TEXT), 'create', NULL, ('{{"id":'||coalesce({row}."id",'null')||',"name":'||coalesce(json_quote({row}."name"),'null')||'}}')"#
        )
    };
    let head = r#"INSERT INTO "baasix_AuditLog" ("id", "type", "entity", "entityId", "action", "changes", "ipaddress", "userId", "tenant_Id", "origin", "seq", "createdAt", "updatedAt") SELECT"#;
    let sqlite = format!(
        r#"{head} ?1||substr(lower(hex(randomblob(2))), 2)||'-'||substr('89ab', 1 + (random() & 3), 1)||substr(lower(hex(randomblob(2))), 2)||'-'||lower(hex(randomblob(6))), 'data', t1."collection", t1."id", t1."op", '{{"before":'||coalesce(t1."before", 'null')||',"after":'||coalesce(t1."after", 'null')||'}}', ?3, t1."actor", ?4, t1."source", t1."seq", ?2, ?2 FROM "_change" t1 WHERE t1."seq""#
    );
    let row = || insert(&c, "labels", values([("id", Assigned::NextNumber), ("name", given("x"))]));
    let insert_row = r#"INSERT INTO "labels" ("name") VALUES (?1) RETURNING "id""#;
    let change_row = format!(
        r#"INSERT INTO "_change" ("tx", "collection", "id", "op", "before", "after", "actor", "source", "at_ms") SELECT 0, {}, ?1, ?2, ?3 FROM "labels" t1 WHERE t1._rowid_ = last_insert_rowid()"#,
        change("t1")
    );
    let postgres = format!(
        r#"WITH t1 AS (INSERT INTO "labels" ("id", "name") VALUES (nextval('"labels.id.seq"'::regclass), $1::text) RETURNING *), t2 AS (INSERT INTO "_change" ("collection", "id", "op", "before", "after", "actor", "source", "at_ms") SELECT 'labels', t1."id"::text, 'create', NULL, ('{{"id":'||coalesce(t1."id"::text,'null')||',"name":'||coalesce(to_json(t1."name"::text)::text,'null')||'}}')::jsonb, $2::text, $3::text, $4::bigint FROM t1 RETURNING *), t3 AS ({head} overlay(gen_random_uuid()::text placing $5::text from 1 for 15)::uuid, 'data', t2."collection", t2."id", t2."op", jsonb_build_object('before', t2."before", 'after', t2."after"), $7::text, t2."actor"::uuid, $8::text::uuid, t2."source", t2."seq", $6::text::timestamptz, $6::text::timestamptz FROM t2) SELECT t1."id" FROM t1"#
    );
    writes_over(
        &c,
        plan(vec![row()]),
        &[insert_row, &change_row, &format!("{sqlite} = last_insert_rowid()")],
        &[&postgres],
    );
    // However many records: one look before, one statement behind.
    writes_over(
        &c,
        plan(vec![row(), row()]),
        &[
            r#"SELECT coalesce(max("seq"), 0) FROM "_change""#,
            insert_row,
            &change_row,
            insert_row,
            &change_row,
            &format!("{sqlite} > ?5"),
        ],
        &[&postgres, &postgres],
    );
}

#[test]
fn many_new_records_are_one_statement_with_their_change_rows_beside() {
    let c = shop();
    let steps: Vec<query::Step> = (1..=8)
        .map(|id| insert(&c, "labels", values([("id", given(id)), ("name", given("x"))])))
        .collect();
    let whole = Guarded::for_system(plan(steps), "test");
    let compile = |dialect| {
        let stamp = ChangeStamp::default();
        let compiled = sql::compile_write(&whole, &c, dialect, &stamp).unwrap();
        let apart = sql::compile_write_apart(&whole, &c, dialect, &stamp).unwrap();
        assert!(compiled.joined && !apart.joined);
        let steps = compiled.program.steps.into_iter();
        let texts: Vec<String> = steps.map(|step| step.statement.text.to_string()).collect();
        (texts, apart.program.steps.len())
    };
    let (sqlite, apart) = compile(Dialect::Sqlite);
    let rows: Vec<String> =
        (0..8).map(|row| format!("(?{}, ?{})", row * 2 + 1, row * 2 + 2)).collect();
    assert_eq!(
        sqlite[0],
        format!(r#"INSERT INTO "labels" ("id", "name") VALUES {}"#, rows.join(", "))
    );
    assert!(
        sqlite[1].ends_with(
            r#" FROM json_each(?4) t2 CROSS JOIN "labels" t1 WHERE t1."id" = t2."value" ORDER BY t2."key""#
        ),
        "{}",
        sqlite[1]
    );
    assert_eq!((sqlite.len(), apart), (2, 16));
    let (postgres, apart) = compile(Dialect::Postgres);
    assert!(postgres[0].starts_with("WITH t2 AS MATERIALIZED (SELECT "), "{}", postgres[0]);
    assert!(postgres[0].contains("jsonb_to_recordset($1::text::jsonb)"), "{}", postgres[0]);
    // A counter may be told of the keys that were given.
    assert!(postgres.len() <= 2 && apart >= 8, "{} {apart}", postgres.len());
}

#[test]
fn an_update_of_one_record_says_what_was_and_what_is() {
    let c = shop();
    writes(
        plan(vec![update(&c, "labels", 1, values([("name", given("x"))]))]),
        &[
            r#"SELECT ('{"id":'||coalesce(t1."id",'null')||',"name":'||coalesce(json_quote(t1."name"),'null')||'}') FROM "labels" t1 WHERE t1."id" = ?1"#,
            r#"UPDATE "labels" SET "name" = ?1 WHERE "id" = ?2"#,
            r#"INSERT INTO "_change" ("tx", "collection", "id", "op", "before", "after", "actor", "source", "at_ms") SELECT 0, 'labels', CAST(t1."id" AS TEXT), 'update', ?1, ('{"id":'||coalesce(t1."id",'null')||',"name":'||coalesce(json_quote(t1."name"),'null')||'}'), ?2, ?3, ?4 FROM "labels" t1 WHERE t1."id" = ?5"#,
        ],
        &[
            r#"WITH t2 AS (SELECT t1.* FROM "labels" t1 WHERE t1."id" = $1::bigint FOR NO KEY UPDATE OF t1), t4 AS (UPDATE "labels" t3 SET "name" = $2::text WHERE t3."id" IN (SELECT t2."id" FROM t2) RETURNING t3.*), t5 AS (INSERT INTO "_change" ("collection", "id", "op", "before", "after", "actor", "source", "at_ms") SELECT 'labels', t4."id"::text, 'update', ('{"id":'||coalesce(t2."id"::text,'null')||',"name":'||coalesce(to_json(t2."name"::text)::text,'null')||'}')::jsonb, ('{"id":'||coalesce(t4."id"::text,'null')||',"name":'||coalesce(to_json(t4."name"::text)::text,'null')||'}')::jsonb, $3::text, $4::text, $5::bigint FROM t4 JOIN t2 ON t4."id" = t2."id") SELECT t4."id" FROM t4"#,
        ],
    );
}

#[test]
fn several_records_are_locked_in_the_order_of_their_keys_before_they_are_written() {
    let c = shop();
    let steps = vec![
        update(&c, "labels", 2, values([("name", given("x"))])),
        update(&c, "labels", 1, values([("name", given("x"))])),
    ];
    let whole = Guarded::for_system(plan(steps), "test");
    let texts = |dialect| {
        let compiled = sql::compile_write(&whole, &c, dialect, &ChangeStamp::default()).unwrap();
        let steps = compiled.program.steps.into_iter();
        steps.map(|step| step.statement.text.to_string()).collect::<Vec<_>>()
    };
    let postgres = texts(Dialect::Postgres);
    assert_eq!(
        postgres[0],
        r#"SELECT count(*) FROM (SELECT 1 FROM "labels" t1 WHERE t1."id" = ANY(ARRAY(SELECT e.value::bigint FROM jsonb_array_elements_text($1::text::jsonb) e)) ORDER BY t1."id" FOR NO KEY UPDATE) t2"#
    );
    assert_eq!(postgres.len(), 3);
    // SQLite runs one program at a time.
    assert!(texts(Dialect::Sqlite).iter().all(|text| !text.contains("UPDATE) t2")));
}

#[test]
fn a_record_is_locked_whole_only_where_its_key_changes_or_it_goes() {
    let c = shop();
    let lock = |steps: Vec<Step>| {
        let whole = Guarded::for_system(plan(steps), "test");
        let compiled =
            sql::compile_write(&whole, &c, Dialect::Postgres, &ChangeStamp::default()).unwrap();
        let first = compiled.program.steps[0].statement.text.to_string();
        let at =
            first.find(" FOR ").map(|at| first[at + 1..].split(" OF ").next().unwrap().to_owned());
        at.map(|text| text.split(')').next().unwrap().to_owned())
    };
    let named = |id| update(&c, "labels", id, values([("name", given("x"))]));
    let whole = Some(String::from("FOR UPDATE"));
    assert_eq!(lock(vec![named(1)]), Some(String::from("FOR NO KEY UPDATE")));
    assert_eq!(lock(vec![update(&c, "labels", 1, values([("id", given(7))]))]), whole);
    assert_eq!(lock(vec![named(1), delete(&c, "labels", 2)]), whole);
    assert_eq!(lock(vec![delete(&c, "labels", 1), delete(&c, "labels", 2)]), whole);
}

#[test]
fn a_deletion_announces_what_goes_along_before_it_goes() {
    let c = shop();
    writes(
        plan(vec![delete(&c, "labels", 1)]),
        &[
            r#"SELECT t1."id" FROM "labels" t1 WHERE t1."id" = ?1"#,
            r#"WITH RECURSIVE "$gone" ("c", "id") AS (SELECT 'labels', CAST(t1."id" AS TEXT) FROM "labels" t1 WHERE t1."id" = ?1 UNION SELECT 'posts_labels' AS "c", CAST(t3."id" AS TEXT) AS "id" FROM "$gone" t2, "posts_labels" t3 WHERE t2."c" = 'labels' AND t3."labels_id" = CAST(t2."id" AS INTEGER)) INSERT INTO "_change" ("tx", "collection", "id", "op", "before", "after", "actor", "source", "at_ms") SELECT 0, 'posts_labels', CAST(t4."id" AS TEXT), 'delete', ('{"id":'||coalesce(t4."id",'null')||',"posts_id":'||coalesce(t4."posts_id",'null')||',"labels_id":'||coalesce(t4."labels_id",'null')||'}'), NULL, ?2, ?3, ?4 FROM "posts_labels" t4 WHERE t4."id" IN (SELECT CAST("id" AS INTEGER) FROM "$gone" WHERE "c" = 'posts_labels')"#,
            r#"INSERT INTO "_change" ("tx", "collection", "id", "op", "before", "after", "actor", "source", "at_ms") SELECT 0, 'labels', CAST(t1."id" AS TEXT), 'delete', ('{"id":'||coalesce(t1."id",'null')||',"name":'||coalesce(json_quote(t1."name"),'null')||'}'), NULL, ?1, ?2, ?3 FROM "labels" t1 WHERE t1."id" = ?4"#,
            r#"DELETE FROM "labels" WHERE "id" IN (SELECT t1."id" FROM "labels" t1 WHERE t1."id" = ?1) RETURNING "id""#,
        ],
        &[
            r#"SELECT t1."id" FROM "labels" t1 WHERE t1."id" = $1::bigint FOR UPDATE OF t1"#,
            r#"WITH RECURSIVE "$gone" ("c", "id") AS (SELECT 'labels'::text, t1."id"::text FROM "labels" t1 WHERE t1."id" = $1::bigint UNION SELECT t4."c", t4."id" FROM "$gone" t2 CROSS JOIN LATERAL (SELECT 'posts_labels'::text AS "c", t3."id"::text AS "id" FROM "posts_labels" t3 WHERE t2."c" = 'labels' AND t3."labels_id" = CASE WHEN t2."c" = 'labels' THEN t2."id"::bigint END) t4) INSERT INTO "_change" ("collection", "id", "op", "before", "after", "actor", "source", "at_ms") SELECT 'posts_labels', t5."id"::text, 'delete', ('{"id":'||coalesce(t5."id"::text,'null')||',"posts_id":'||coalesce(t5."posts_id"::text,'null')||',"labels_id":'||coalesce(t5."labels_id"::text,'null')||'}')::jsonb, NULL, $2::text, $3::text, $4::bigint FROM "posts_labels" t5 WHERE t5."id" IN (SELECT "id"::bigint FROM "$gone" WHERE "c" = 'posts_labels')"#,
            r#"WITH t3 AS (DELETE FROM "labels" t2 WHERE t2."id" IN (SELECT t1."id" FROM "labels" t1 WHERE t1."id" = $1::bigint) RETURNING t2.*), t4 AS (INSERT INTO "_change" ("collection", "id", "op", "before", "after", "actor", "source", "at_ms") SELECT 'labels', t3."id"::text, 'delete', ('{"id":'||coalesce(t3."id"::text,'null')||',"name":'||coalesce(to_json(t3."name"::text)::text,'null')||'}')::jsonb, NULL, $2::text, $3::text, $4::bigint FROM t3) SELECT t3."id" FROM t3"#,
        ],
    );
}
