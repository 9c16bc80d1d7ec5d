use super::{define, house_tables, rehearsal};
use crate::Dialect;
use catalog::{Catalog, complete, diff, normalize};
use indexmap::IndexMap;
use serde_json::{Value as Json, json};

/// A catalog of these documents; a field's id is its place in its document.
fn catalog(documents: &[(&str, &Json)]) -> Catalog {
    let mut stored = IndexMap::new();
    for (name, document) in documents {
        let mut next = 0;
        let mut id = || {
            next += 1;
            format!("{name}{next}")
        };
        stored.insert((*name).to_owned(), normalize(name, document, None, &mut id).unwrap());
    }
    let mut next = 0;
    complete(&mut stored, &mut || {
        next += 1;
        format!("made{next}")
    })
    .unwrap();
    Catalog::build(stored, 1, crate::kind_of).unwrap()
}

fn statements(old: &Catalog, new: &Catalog, dialect: Dialect) -> Vec<String> {
    let changes = diff(old, new);
    define(&changes, old, new, dialect)
        .unwrap()
        .statements
        .iter()
        .map(|s| s.text.to_string())
        .collect()
}

fn check(old: &Catalog, new: &Catalog, sqlite: &[&str], postgres: &[&str]) {
    assert_eq!(statements(old, new, Dialect::Sqlite), sqlite);
    assert_eq!(statements(old, new, Dialect::Postgres), postgres);
}

fn authors() -> Json {
    json!({"timestamps": false, "schemaId": "authors", "fields": {
        "id": {"type": "Integer", "primaryKey": true, "defaultValue": {"type": "AUTOINCREMENT"}, "fieldId": "a1"},
        "email": {"type": "CiText", "unique": true, "fieldId": "a2"}}})
}

fn posts() -> Json {
    json!({"timestamps": false, "schemaId": "posts", "fields": {
        "id": {"type": "UUID", "primaryKey": true, "fieldId": "p1"},
        "title": {"type": "String", "values": {"length": 20}, "allowNull": false, "defaultValue": "it's", "fieldId": "p2"},
        "author": {"relType": "BelongsTo", "target": "authors", "foreignKey": "author_id", "fieldId": "p3"},
        "author_id": {"type": "Integer", "fieldId": "p4"}}})
}

fn places() -> Json {
    json!({"timestamps": false, "schemaId": "places", "fields": {
        "id": {"type": "Integer", "primaryKey": true, "fieldId": "l1"},
        "spot": {"type": "Point", "fieldId": "l2"},
        "rank": {"type": "Integer", "fieldId": "l3"}}})
}

#[test]
fn an_index_of_one_geometry_is_a_tree_beside_the_table_or_an_index_of_rectangles() {
    let plain = places();
    let mut indexed = places();
    indexed["indexes"] = json!([{"name": "near", "fields": ["spot"]}]);
    let (plain, indexed) = (catalog(&[("places", &plain)]), catalog(&[("places", &indexed)]));
    let sides = "min(CASE WHEN j.key = 0 THEN j.value END), max(CASE WHEN j.key = 0 THEN j.value END), min(CASE WHEN j.key = 1 THEN j.value END), max(CASE WHEN j.key = 1 THEN j.value END)";
    let insert = format!(
        r#"INSERT OR REPLACE INTO "near.rtree" SELECT NEW._rowid_, {sides} FROM json_tree(NEW."spot") j WHERE j.type IN ('integer','real') HAVING count(*) > 0;"#
    );
    let made = [
        r#"CREATE VIRTUAL TABLE "near.rtree" USING rtree("id", "west", "east", "south", "north")"#.to_owned(),
        format!(r#"CREATE TRIGGER "near.rtree.insert" AFTER INSERT ON "places" BEGIN {insert} END"#),
        format!(r#"CREATE TRIGGER "near.rtree.update" AFTER UPDATE OF "spot", "id" ON "places" BEGIN DELETE FROM "near.rtree" WHERE "id" = OLD._rowid_; {insert} END"#),
        r#"CREATE TRIGGER "near.rtree.delete" AFTER DELETE ON "places" BEGIN DELETE FROM "near.rtree" WHERE "id" = OLD._rowid_; END"#.to_owned(),
        format!(
            r#"INSERT INTO "near.rtree" SELECT t._rowid_, {sides} FROM "places" t, json_tree(t."spot") j WHERE j.type IN ('integer','real') GROUP BY t._rowid_"#
        ),
    ];
    let made: Vec<&str> = made.iter().map(String::as_str).collect();
    check(
        &plain,
        &indexed,
        &made,
        &[r#"CREATE INDEX "near" ON "places" USING gist (bx_geo_box("spot"))"#],
    );
    check(
        &indexed,
        &plain,
        &[
            r#"DROP TRIGGER IF EXISTS "near.rtree.insert""#,
            r#"DROP TRIGGER IF EXISTS "near.rtree.update""#,
            r#"DROP TRIGGER IF EXISTS "near.rtree.delete""#,
            r#"DROP TABLE IF EXISTS "near.rtree""#,
            r#"DROP TABLE IF EXISTS "near.rtree.numbers""#,
        ],
        &[r#"DROP INDEX "near""#],
    );
    // Where the key is no number, keys are numbered beside the tree.
    let mut named = places();
    named["fields"]["id"]["type"] = json!("String");
    let of_rows = catalog(&[("places", &named)]);
    named["indexes"] = json!([{"name": "near", "fields": ["spot"]}]);
    let of_keys = catalog(&[("places", &named)]);
    let taken = |row: &str| {
        format!(
            r#"DELETE FROM "near.rtree" WHERE "id" = (SELECT "number" FROM "near.rtree.numbers" WHERE "key" = {row}."id");"#
        )
    };
    let insert = format!(
        r#"INSERT INTO "near.rtree.numbers" ("key") SELECT NEW."id" WHERE NEW."id" IS NOT NULL AND NEW."spot" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "near.rtree.numbers" WHERE "key" = NEW."id"); {} INSERT INTO "near.rtree" SELECT n."number", {sides} FROM "near.rtree.numbers" n, json_tree(NEW."spot") j WHERE n."key" = NEW."id" AND j.type IN ('integer','real') GROUP BY n."number";"#,
        taken("NEW")
    );
    let keyed = [
        made[0].to_owned(),
        r#"CREATE TABLE "near.rtree.numbers" ("number" INTEGER PRIMARY KEY, "key" ANY NOT NULL UNIQUE) STRICT"#.to_owned(),
        format!(r#"CREATE TRIGGER "near.rtree.insert" AFTER INSERT ON "places" BEGIN {insert} END"#),
        format!(
            r#"CREATE TRIGGER "near.rtree.update" AFTER UPDATE OF "spot", "id" ON "places" BEGIN {} DELETE FROM "near.rtree.numbers" WHERE "key" = OLD."id" AND "key" IS NOT NEW."id"; {insert} END"#,
            taken("OLD")
        ),
        format!(
            r#"CREATE TRIGGER "near.rtree.delete" AFTER DELETE ON "places" BEGIN {} DELETE FROM "near.rtree.numbers" WHERE "key" = OLD."id"; END"#,
            taken("OLD")
        ),
        r#"INSERT OR IGNORE INTO "near.rtree.numbers" ("key") SELECT "id" FROM "places" WHERE "id" IS NOT NULL AND "spot" IS NOT NULL"#.to_owned(),
        format!(
            r#"INSERT INTO "near.rtree" SELECT n."number", {sides} FROM "near.rtree.numbers" n CROSS JOIN "places" t ON t."id" = n."key", json_tree(t."spot") j WHERE j.type IN ('integer','real') GROUP BY n."number""#
        ),
    ];
    assert_eq!(statements(&of_rows, &of_keys, Dialect::Sqlite), keyed);
    // A rebuilt table numbers its rows anew: its tree goes with the old one.
    let mut rebuilt = places();
    rebuilt["indexes"] = json!([{"name": "near", "fields": ["spot"]}]);
    rebuilt["fields"]["rank"]["type"] = json!("String");
    let rebuilt = statements(&indexed, &catalog(&[("places", &rebuilt)]), Dialect::Sqlite);
    let at = |text: &str| rebuilt.iter().position(|one| one == text);
    let (gone, again) = (at(r#"DROP TABLE IF EXISTS "near.rtree""#), at(made[0]));
    assert!(gone.is_some() && gone < again, "{rebuilt:?}");
    assert_eq!(rebuilt.iter().filter(|text| made.contains(&text.as_str())).count(), made.len());
    // As plain JSON it has an index by order.
    let mut document = places();
    document["indexes"] = json!([{"name": "near", "fields": ["spot"]}]);
    document["fields"]["spot"]["type"] = json!("JSONB");
    let document = statements(&indexed, &catalog(&[("places", &document)]), Dialect::Sqlite);
    assert!(
        document.iter().any(|text| text.starts_with("DROP TABLE IF EXISTS \"near.rtree\"")),
        "{document:?}"
    );
    assert!(document.iter().any(|text| text.starts_with("CREATE INDEX \"near\"")), "{document:?}");
    let dropped = statements(&indexed, &Catalog::default(), Dialect::Sqlite);
    assert!(dropped.contains(&String::from("DROP TABLE IF EXISTS \"near.rtree\"")), "{dropped:?}");
}

#[test]
fn an_index_ends_with_the_key_by_which_every_order_ends() {
    let (authors, posts) = (authors(), posts());
    let (mut by_email, mut by_title) = (authors.clone(), posts.clone());
    by_email["indexes"] = json!([{"name": "by_email", "fields": ["email"]}]);
    by_title["indexes"] = json!([{"name": "by_title", "fields": ["title"]},
        {"name": "by_both", "fields": ["id", "title"]},
        {"name": "by_hash", "fields": ["title"], "type": "hash"}]);
    check(
        &catalog(&[("posts", &posts), ("authors", &authors)]),
        &catalog(&[("posts", &by_title), ("authors", &by_email)]),
        &[
            r#"CREATE INDEX "by_title" ON "posts" ("title", "id")"#,
            r#"CREATE INDEX "by_both" ON "posts" ("id", "title")"#,
            r#"CREATE INDEX "by_hash" ON "posts" ("title", "id")"#,
            r#"CREATE INDEX "by_email" ON "authors" (bx_fold("email"))"#,
        ],
        &[
            r#"CREATE INDEX "by_title" ON "posts" ("title", "id")"#,
            r#"CREATE INDEX "by_both" ON "posts" ("id", "title")"#,
            r#"CREATE INDEX "by_hash" ON "posts" USING hash ("title")"#,
            r#"CREATE INDEX "by_email" ON "authors" (lower("email" COLLATE "default"), "id")"#,
        ],
    );
}

#[test]
fn a_new_collection_has_columns_keys_and_indexes() {
    let mut posts = posts();
    posts["indexes"] =
        json!([{"fields": ["title", "author_id"], "unique": true, "nullsNotDistinct": true}]);
    let (authors, none) = (authors(), Catalog::default());
    check(
        &none,
        &catalog(&[("posts", &posts), ("authors", &authors)]),
        &[
            r#"CREATE TABLE "posts" ("id" TEXT NOT NULL PRIMARY KEY, "title" TEXT NOT NULL DEFAULT 'it''s' CHECK (length("title") <= 20), "author_id" INTEGER CHECK ("author_id" BETWEEN -2147483648 AND 2147483647), FOREIGN KEY ("author_id") REFERENCES "authors" ("id") ON DELETE CASCADE ON UPDATE CASCADE) STRICT"#,
            r#"CREATE INDEX IF NOT EXISTS "posts.p4.index" ON "posts" ("author_id")"#,
            r#"CREATE UNIQUE INDEX "posts_title_author_id_idx" ON "posts" ("title", ("author_id" IS NULL), ifnull("author_id", ''))"#,
            r#"CREATE TABLE "authors" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT CHECK ("id" BETWEEN -2147483648 AND 2147483647), "email" TEXT) STRICT"#,
            r#"CREATE UNIQUE INDEX "authors.a2.unique" ON "authors" (bx_fold("email"))"#,
        ],
        &[
            r#"CREATE TABLE "posts" ("id" uuid NOT NULL PRIMARY KEY, "title" varchar(20) COLLATE "C" NOT NULL DEFAULT 'it''s', "author_id" integer)"#,
            r#"CREATE INDEX IF NOT EXISTS "posts.p4.index" ON "posts" ("author_id")"#,
            r#"CREATE UNIQUE INDEX "posts_title_author_id_idx" ON "posts" ("title", ("author_id" IS NULL), coalesce("author_id", 0))"#,
            r#"CREATE SEQUENCE "authors.id.seq""#,
            r#"CREATE TABLE "authors" ("id" integer NOT NULL PRIMARY KEY DEFAULT nextval('"authors.id.seq"'::regclass), "email" text)"#,
            r#"ALTER SEQUENCE "authors.id.seq" OWNED BY "authors"."id""#,
            r#"CREATE UNIQUE INDEX "authors.a2.unique" ON "authors" (lower("email" COLLATE "default"))"#,
            r#"ALTER TABLE "posts" ADD CONSTRAINT "p4.target.fkey" FOREIGN KEY ("author_id") REFERENCES "authors" ("id") ON DELETE CASCADE ON UPDATE CASCADE"#,
        ],
    );
}

#[test]
fn fields_are_added_renamed_and_dropped_in_place_where_the_store_can() {
    let authors = authors();
    let before = posts();
    let mut after = posts();
    let fields = after["fields"].as_object_mut().unwrap();
    let title = fields.shift_remove("title").unwrap();
    fields.insert("headline".into(), title);
    fields.insert("views".into(), json!({"type": "BigInt", "allowNull": false, "defaultValue": 0, "unique": true, "fieldId": "p5"}));
    fields.insert(
        "loud".into(),
        json!({"type": "VIRTUAL", "calculated": "upper(headline)", "fieldId": "p6"}),
    );
    check(
        &catalog(&[("posts", &before), ("authors", &authors)]),
        &catalog(&[("posts", &after), ("authors", &authors)]),
        &[
            r#"ALTER TABLE "posts" RENAME COLUMN "title" TO "headline""#,
            r#"UPDATE "_sequence" SET "field" = 'headline' WHERE "collection" = 'posts' AND "field" = 'title'"#,
            r#"ALTER TABLE "posts" ADD COLUMN "views" INTEGER NOT NULL DEFAULT 0"#,
            r#"CREATE UNIQUE INDEX "posts.p5.unique" ON "posts" ("views")"#,
            r#"ALTER TABLE "posts" ADD COLUMN "loud" TEXT GENERATED ALWAYS AS (bx_upper("headline")) VIRTUAL"#,
        ],
        &[
            r#"ALTER TABLE "posts" RENAME COLUMN "title" TO "headline""#,
            r#"ALTER TABLE "posts" ADD COLUMN "views" bigint NOT NULL DEFAULT 0"#,
            r#"CREATE UNIQUE INDEX "posts.p5.unique" ON "posts" ("views")"#,
            r#"ALTER TABLE "posts" ADD COLUMN "loud" text COLLATE "C" GENERATED ALWAYS AS ((upper((("headline")::text COLLATE "C") COLLATE "default") COLLATE "C")) STORED"#,
        ],
    );
    let mut fewer = posts();
    fewer["fields"].as_object_mut().unwrap().shift_remove("title");
    check(
        &catalog(&[("posts", &before), ("authors", &authors)]),
        &catalog(&[("posts", &fewer), ("authors", &authors)]),
        &[
            r#"DROP INDEX IF EXISTS "posts.p2.index""#,
            r#"ALTER TABLE "posts" DROP COLUMN "title""#,
            r#"DELETE FROM "_sequence" WHERE "collection" = 'posts' AND "field" = 'title'"#,
        ],
        &[r#"ALTER TABLE "posts" DROP COLUMN "title""#],
    );
}

#[test]
fn a_type_change_checks_every_value_and_sqlite_rebuilds_the_table() {
    let authors = authors();
    let mut after = posts();
    after["fields"]["title"] = json!({"type": "Integer", "fieldId": "p2"});
    let (old, new) = (
        catalog(&[("posts", &posts()), ("authors", &authors)]),
        catalog(&[("posts", &after), ("authors", &authors)]),
    );
    let changes = diff(&old, &new);
    let sqlite = define(&changes, &old, &new, Dialect::Sqlite).unwrap();
    assert!(sqlite.rebuilds && sqlite.rebuilt == ["posts"]);
    check(
        &old,
        &new,
        &[
            r#"CREATE TABLE "_rebuild_posts" ("id" TEXT NOT NULL PRIMARY KEY, "title" INTEGER CHECK ("title" BETWEEN -2147483648 AND 2147483647), "author_id" INTEGER CHECK ("author_id" BETWEEN -2147483648 AND 2147483647), FOREIGN KEY ("author_id") REFERENCES "authors" ("id") ON DELETE CASCADE ON UPDATE CASCADE) STRICT"#,
            r#"INSERT INTO "_rebuild_posts" ("id", "title", "author_id") SELECT "id", CASE WHEN "title" IS NULL THEN NULL WHEN ("title" IS NULL OR (CASE WHEN bx_regex(trim("title"), '^[+-]?[0-9]{1,10}$') THEN CAST(trim("title") AS BIGINT) BETWEEN -2147483648 AND 2147483647 ELSE FALSE END)) THEN CAST(trim("title") AS INTEGER) ELSE X'00' END, "author_id" FROM "posts" ORDER BY _rowid_"#,
            r#"DROP TABLE "posts""#,
            r#"ALTER TABLE "_rebuild_posts" RENAME TO "posts""#,
            r#"CREATE INDEX IF NOT EXISTS "posts.p4.index" ON "posts" ("author_id")"#,
        ],
        &[
            r#"ALTER TABLE "posts" ALTER COLUMN "title" DROP DEFAULT"#,
            r#"ALTER TABLE "posts" ALTER COLUMN "title" TYPE integer USING CASE WHEN ("title" IS NULL OR (CASE WHEN (trim("title")) ~ '^[+-]?[0-9]{1,10}$' THEN CAST(trim("title") AS BIGINT) BETWEEN -2147483648 AND 2147483647 ELSE FALSE END)) THEN (trim("title"))::integer ELSE ('\xzz does not fit: ' || "title"::text)::integer END"#,
            r#"ALTER TABLE "posts" ALTER COLUMN "title" DROP NOT NULL"#,
        ],
    );
}

#[test]
fn a_relation_ends_with_its_constraint_index_and_column() {
    let authors = authors();
    let mut after = posts();
    let fields = after["fields"].as_object_mut().unwrap();
    fields.shift_remove("author");
    fields.shift_remove("author_id");
    check(
        &catalog(&[("posts", &posts()), ("authors", &authors)]),
        &catalog(&[("posts", &after)]),
        &[
            r#"DROP TABLE "authors""#,
            r#"DELETE FROM "_sequence" WHERE "collection" = 'authors'"#,
            r#"DROP INDEX IF EXISTS "posts.p4.index""#,
            r#"DELETE FROM "_sequence" WHERE "collection" = 'posts' AND "field" = 'author_id'"#,
            r#"CREATE TABLE "_rebuild_posts" ("id" TEXT NOT NULL PRIMARY KEY, "title" TEXT NOT NULL DEFAULT 'it''s' CHECK (length("title") <= 20)) STRICT"#,
            r#"INSERT INTO "_rebuild_posts" ("id", "title") SELECT "id", "title" FROM "posts" ORDER BY _rowid_"#,
            r#"DROP TABLE "posts""#,
            r#"ALTER TABLE "_rebuild_posts" RENAME TO "posts""#,
        ],
        &[
            r#"ALTER TABLE "posts" DROP CONSTRAINT "p4.target.fkey""#,
            r#"DROP INDEX IF EXISTS "posts.p4.index""#,
            r#"DROP TABLE "authors""#,
            r#"ALTER TABLE "posts" DROP COLUMN "author_id""#,
        ],
    );
}

#[test]
fn a_rename_of_a_collection_takes_its_numbers_along() {
    let before = authors();
    let catalog_of = |name: &str| catalog(&[(name, &before)]);
    check(
        &catalog_of("authors"),
        &catalog_of("writers"),
        &[
            r#"ALTER TABLE "authors" RENAME TO "writers""#,
            r#"UPDATE "_sequence" SET "collection" = 'writers' WHERE "collection" = 'authors'"#,
        ],
        &[
            r#"ALTER TABLE "authors" RENAME TO "writers""#,
            r#"ALTER SEQUENCE "authors.id.seq" RENAME TO "writers.id.seq""#,
        ],
    );
}

#[test]
fn names_that_trade_places_meet_under_a_third() {
    let mut after = posts();
    let fields = after["fields"].as_object_mut().unwrap();
    let (title, author) =
        (fields.shift_remove("title").unwrap(), fields.shift_remove("author_id").unwrap());
    fields.insert("author_id".into(), title);
    fields.insert("title".into(), author);
    fields.shift_remove("author");
    let mut before = posts();
    before["fields"].as_object_mut().unwrap().shift_remove("author");
    let (old, new) = (catalog(&[("posts", &before)]), catalog(&[("posts", &after)]));
    assert_eq!(
        statements(&old, &new, Dialect::Postgres),
        [
            r#"ALTER TABLE "posts" RENAME COLUMN "title" TO "_rebuild_name_0""#,
            r#"ALTER TABLE "posts" RENAME COLUMN "author_id" TO "_rebuild_name_1""#,
            r#"ALTER TABLE "posts" RENAME COLUMN "_rebuild_name_0" TO "author_id""#,
            r#"ALTER TABLE "posts" RENAME COLUMN "_rebuild_name_1" TO "title""#,
        ]
        .iter()
        .map(|text| (*text).to_owned())
        .collect::<Vec<_>>()
    );
}

#[test]
fn house_tables_and_rehearsals_speak_both_dialects() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        assert_eq!(house_tables(dialect).statements.len(), 11);
        let catalog = catalog(&[("authors", &authors())]);
        assert_eq!(
            rehearsal(catalog.get("authors").unwrap(), dialect).unwrap().statements.len(),
            2
        );
    }
}
