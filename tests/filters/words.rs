//! Indexes of words: a search answers with one what it answers without, whatever became of the
//! rows and of the table.

use crate::harness::{App, Kind, Process, on_every_store};
use crate::schemas::transfer::meddle;
use serde_json::{Map, Value as Json, json};

/// The collections that hold the same rows: the first without an index, and two with one, of which
/// one has keys that are no numbers.
const ALIKE: [&str; 3] = ["plain", "numbered", "keyed"];

const TEXTS: [&str; 7] = ["title", "body", "calm", "mood", "ref", "both", "code"];

const VOCABULARY: &[&str] = &[
    "database",
    "databases",
    "Programming",
    "program",
    "programs",
    "running",
    "ran",
    "flies",
    "fly",
    "sky",
    "skies",
    "dying",
    "die",
    "generously",
    "the",
    "and",
    "of",
    "not",
    "Über",
    "über",
    "ÄPFEL",
    "äpfel",
    "straße",
    "İstanbul",
    "Σίσυφος",
    "naïve",
    "cafe\u{301}",
    "हिन्दी",
    "ที่",
    "東京",
    "мир",
    "да",
    "💥",
    "2026",
    "mp3",
    "5m²",
    "½cup",
    "x",
    "a1b2c3",
    "NOT",
    "NEAR",
    "o'neill",
    "e-mail",
    "1.5",
    "C++",
    "\u{212a}elvin",
    "اللغة",
    "٣٤",
    "ing",
    "s",
];

const BETWEEN: &[&str] =
    &[" ", " ", " ", ", ", "-", "/", ".", "\n", " — ", "_", "'", "\"", " (", ") ", "*", "、"];

/// Numbers that look random and are the same in every run.
fn dice(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |sides| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % sides
    }
}

fn any_text(roll: &mut impl FnMut(usize) -> usize, words: usize) -> Json {
    if roll(12) == 0 {
        return Json::Null;
    }
    let mut text = String::new();
    for _ in 0..roll(words + 1) {
        text.push_str(VOCABULARY[roll(VOCABULARY.len())]);
        text.push_str(BETWEEN[roll(BETWEEN.len())]);
    }
    json!(text)
}

fn any_row(roll: &mut impl FnMut(usize) -> usize) -> Map<String, Json> {
    let mood = ["running", "sky", "2026"][roll(3)];
    let row = json!({
        "title": any_text(roll, 3), "body": any_text(roll, 12), "calm": any_text(roll, 2), "mood": mood,
        "ref": format!("{:08x}-0000-4000-8000-{:012x}", roll(1 << 20), roll(1 << 20)),
    });
    row.as_object().expect("an object").clone()
}

/// What is searched for: words of the texts and beginnings of them, between signs.
fn any_words(roll: &mut impl FnMut(usize) -> usize) -> String {
    let mut words = String::new();
    for _ in 0..=roll(3) {
        let word = VOCABULARY[roll(VOCABULARY.len())];
        let signs: Vec<char> = word.chars().collect();
        let kept = if roll(3) == 0 { 1 + roll(signs.len()) } else { signs.len() };
        let part: String = signs[..kept].iter().collect();
        words.push_str(&if roll(4) == 0 { part.to_uppercase() } else { part });
        words.push_str(BETWEEN[roll(BETWEEN.len())]);
    }
    words
}

/// The key of a row where keys are numbers, and where they are not.
fn key(collection: &str, number: u64) -> Json {
    if collection == "keyed" { json!(format!("k-{number}")) } else { json!(number) }
}

async fn alike(app: &App) {
    for name in ALIKE {
        let kind = if name == "keyed" { "String" } else { "Integer" };
        let mut schema = json!({ "paranoid": true, "timestamps": false, "fields": {
            "id": { "type": kind, "primaryKey": true },
            "number": { "type": "Integer" },
            "title": { "type": "String" },
            "body": { "type": "Text" },
            "calm": { "type": "CiText" },
            "mood": { "type": "ENUM", "values": ["running", "sky", "2026"] },
            "ref": { "type": "UUID" },
            "both": { "type": "VIRTUAL", "calculated": "coalesce(title, '') || ' ' || coalesce(mood, '')" },
            "code": { "type": "String", "defaultValue": "flies" },
        } });
        if name != "plain" {
            let all: Vec<&str> =
                TEXTS.into_iter().chain((name == "keyed").then_some("id")).collect();
            schema["indexes"] = json!([
                { "name": format!("{name}_all"), "fields": all, "type": "fulltext" },
                { "name": format!("{name}_some"), "fields": ["title", "body"], "type": "fulltext" },
            ]);
        }
        app.collection(name, schema).await;
    }
}

/// Writes the same rows into all of them at once.
async fn write(app: &App, numbers: std::ops::Range<u64>, roll: &mut impl FnMut(usize) -> usize) {
    let rows: Vec<(u64, Map<String, Json>)> =
        numbers.map(|number| (number, any_row(roll))).collect();
    for name in ALIKE {
        let rows = rows.iter().map(|(number, row)| {
            let mut row = row.clone();
            row.insert(String::from("id"), key(name, *number));
            row.insert(String::from("number"), json!(number));
            Json::Object(row)
        });
        let rows: Vec<Json> = rows.collect();
        app.admin().post(&format!("/items/{name}/bulk"), json!(rows)).await.expect_status(201);
    }
}

/// Asks all of them the same; answers how many searches found something.
async fn compared(app: &App, times: usize, roll: &mut impl FnMut(usize) -> usize) -> usize {
    let mut met = 0;
    for _ in 0..times {
        let mut asked = json!({ "search": any_words(roll), "fields": ["number"], "sort": "number", "limit": 20 });
        let mut fields: Vec<&str> = TEXTS.to_vec();
        while fields.len() > 1 && roll(4) > 0 {
            fields.remove(roll(fields.len()));
        }
        if fields.len() < TEXTS.len() {
            asked["searchFields"] = json!(fields);
        }
        match roll(4) {
            0 => asked["paranoid"] = json!("false"),
            1 => {
                asked["sortByRelevance"] = json!(true);
                asked.as_object_mut().expect("parameters").remove("sort");
                asked["limit"] = json!(-1);
            }
            _ => {}
        }
        let mut answers = Vec::new();
        for name in ALIKE {
            let mut answer = app.admin().find(name, asked.clone()).await;
            answer.expect_status(200);
            let rows = answer.body["data"].as_array_mut().expect("rows");
            if asked.get("sort").is_none() {
                // Among equals the key decides, which is another one here.
                rows.sort_by_key(|row| row["number"].as_u64());
            }
            for row in &mut *rows {
                row.as_object_mut().expect("a row").remove("id");
            }
            answers.push((answer.body["data"].clone(), answer.body["totalCount"].clone()));
        }
        assert_eq!(answers[0], answers[1], "{asked}");
        assert_eq!(answers[0], answers[2], "{asked}");
        met += usize::from(answers[0].1 != 0);
    }
    met
}

on_every_store!(a_search_finds_with_an_index_of_words_what_it_finds_without, async |app| {
    alike(app).await;
    let mut roll = dice(20_261_122);
    write(app, 0..90, &mut roll).await;
    let met = compared(app, 220, &mut roll).await;
    assert!((60..200).contains(&met), "{met} of 220 searches found something");
});

on_every_store!(an_index_of_words_follows_every_write_of_its_rows, async |app| {
    alike(app).await;
    let mut roll = dice(7);
    write(app, 0..40, &mut roll).await;
    let admin = app.admin();
    for round in 0..3_u64 {
        for number in (round..40).step_by(4) {
            let row = any_row(&mut roll);
            let part = json!({ "body": row["body"], "title": row["title"], "mood": row["mood"] });
            for name in ALIKE {
                let at = format!("/items/{name}/{}", crate::harness::plain(&key(name, number)));
                match number % 5 {
                    0 => admin.delete(&at).await,
                    1 => admin.delete(&format!("{at}?force=true")).await,
                    2 => admin.patch(&at, json!({ "mood": part["mood"] })).await,
                    _ => admin.patch(&at, part.clone()).await,
                };
            }
        }
        write(app, 100 + round * 10..110 + round * 10, &mut roll).await;
        for name in ALIKE {
            let coded = (100 + round * 10..105 + round * 10).map(
                |number| json!({ "id": key(name, number), "code": format!("Äpfel {number}") }),
            );
            let coded: Json = coded.collect();
            admin.patch(&format!("/items/{name}/bulk"), coded).await.expect_status(200);
            // What was deleted softly comes back.
            let gone = key(name, round * 20);
            let at = format!("/items/{name}/{}", crate::harness::plain(&gone));
            admin.patch(&at, json!({ "deletedAt": null })).await;
        }
        assert!(compared(app, 40, &mut roll).await > 5);
    }
});

/// Notes with an index over their texts.
async fn notes(app: &App) {
    let schema = json!({ "timestamps": false, "fields": {
        "id": { "type": "String", "primaryKey": true },
        "title": { "type": "String" }, "body": { "type": "Text" }, "rank": { "type": "Integer" },
    }, "indexes": [{ "name": "notes_words", "fields": ["title", "body"], "type": "fulltext" }] });
    app.collection("notes", schema).await;
    let rows = json!([
        { "id": "a", "title": "red apples", "body": "from the garden", "rank": 1 },
        { "id": "b", "title": "green apples", "body": "from the market", "rank": 2 },
        { "id": "c", "title": "pears", "body": "from a garden of apples", "rank": 3 },
    ]);
    app.admin().post("/items/notes/bulk", rows).await.expect_status(201);
}

async fn found(app: &App, words: &str, fields: &[&str]) -> Vec<Json> {
    let asked = json!({ "search": words, "searchFields": fields, "sort": "id" });
    app.admin().column("notes", "id", asked).await
}

async fn schema_of_notes(app: &App) -> Json {
    let answer = app.admin().get("/schemas/notes").await;
    answer.expect_status(200).body["data"]["schema"].clone()
}

/// Plans and applies a change of collections; answers its steps.
async fn applied(app: &App, collections: Json) -> Json {
    let mut body = json!({ "collections": collections });
    let plan = app.admin().post("/schemas/plan", body.clone()).await;
    plan.expect_status(200);
    body["token"] = plan.body["data"]["token"].clone();
    app.admin().post("/schemas/apply", body).await.expect_status(200);
    plan.body["data"]["steps"].clone()
}

on_every_store!(an_index_of_words_follows_every_change_of_its_table, async |app| {
    notes(app).await;
    let admin = app.admin();
    let change = async |change: &dyn Fn(&mut Json)| {
        let mut next = schema_of_notes(app).await;
        change(&mut next);
        admin.patch("/schemas/notes", json!({ "schema": next })).await.expect_status(200);
    };
    let both = &["title", "body"][..];
    assert_eq!(found(app, "apple garden", both).await, ["a", "c"]);
    // A rebuild of the table.
    change(&|next| next["fields"]["rank"]["type"] = json!("Text")).await;
    admin.create("notes", json!({ "id": "d", "title": "apples in gardens" })).await;
    admin.delete("/items/notes/a").await.expect_status(200);
    assert_eq!(found(app, "apple garden", both).await, ["c", "d"]);
    // Another name of the field, with what was written before and what is written after.
    change(&|next| {
        let fields = next["fields"].as_object_mut().expect("fields");
        let body = fields.remove("body").expect("the field");
        fields.insert(String::from("content"), body);
    })
    .await;
    assert_eq!(schema_of_notes(app).await["indexes"][0]["fields"], json!(["title", "content"]));
    let both = &["title", "content"][..];
    assert_eq!(found(app, "apple garden", both).await, ["c", "d"]);
    admin.patch("/items/notes/b", json!({ "content": "a garden" })).await.expect_status(200);
    assert_eq!(found(app, "apple garden", both).await, ["b", "c", "d"]);
    // Another name of the collection and back.
    for (from, to) in [("notes", "papers"), ("papers", "notes")] {
        let stands = admin.get(&format!("/schemas/{from}")).await.body["data"]["schema"].clone();
        applied(app, json!([{ "collectionName": to, "was": from, "schema": stands }])).await;
        let id = json!({ "id": to, "title": "apple gardens" });
        admin.create(to, id).await;
    }
    assert_eq!(found(app, "apple garden", both).await, ["b", "c", "d", "notes", "papers"]);
    // A field less, and the index with it; undone, both are back with what they held.
    let before = schema_of_notes(app).await;
    change(&|next| {
        next["fields"].as_object_mut().expect("fields").remove("content");
        next["indexes"][0]["fields"] = json!(["title"]);
    })
    .await;
    assert_eq!(found(app, "apple garden", &["title"]).await, ["d", "notes", "papers"]);
    admin.create("notes", json!({ "id": "e", "title": "garden and apple" })).await;
    assert_eq!(found(app, "apple garden", &["title"]).await, ["d", "e", "notes", "papers"]);
    let newest = admin.get("/schemas/history?limit=1").await;
    let at = format!("/schemas/history/{}", newest.body["data"][0]["version"]);
    let plan = admin.post(&format!("{at}/plan"), json!({})).await;
    plan.expect_status(200);
    let token = json!({ "token": plan.body["data"]["token"] });
    admin.post(&format!("{at}/undo"), token).await.expect_status(200);
    assert_eq!(schema_of_notes(app).await["indexes"], before["indexes"]);
    assert_eq!(found(app, "apple garden", both).await, ["b", "c", "d", "e", "notes", "papers"]);
    // Without the index, and with it again under the same name.
    admin.delete("/schemas/notes/indexes/notes_words").await.expect_status(200);
    admin.create("notes", json!({ "id": "f", "title": "apples", "content": "gardening" })).await;
    let all = found(app, "apple garden", both).await;
    assert_eq!(all, ["b", "c", "d", "e", "f", "notes", "papers"]);
    let index = json!({ "name": "notes_words", "fields": both, "type": "fulltext" });
    admin.post("/schemas/notes/indexes", index.clone()).await.expect_status(201);
    assert_eq!(found(app, "apple garden", both).await, all);
    // The same by a plan, which is tried before.
    admin.delete("/schemas/notes/indexes/notes_words").await.expect_status(200);
    let mut next = schema_of_notes(app).await;
    next["indexes"] = json!([index]);
    let steps = applied(app, json!([{ "collectionName": "notes", "schema": next }])).await;
    assert_eq!(steps[0]["op"], "add_index", "{steps}");
    assert_eq!(found(app, "apple garden", both).await, all);
    let renewed = admin.post("/schemas/indexes/migrate", json!({})).await;
    renewed.expect_status(200);
    assert_eq!(renewed.body["data"]["created"], json!([]), "{}", renewed.text);
    assert_eq!(renewed.body["data"]["rebuilt"], json!([]), "{}", renewed.text);
    // Away with everything, and the same name again.
    let kept = schema_of_notes(app).await;
    admin.delete("/schemas/notes").await.expect_status(200);
    app.collection(
        "notes",
        json!({ "fields": kept["fields"], "indexes": kept["indexes"], "timestamps": false }),
    )
    .await;
    assert_eq!(found(app, "apple garden", both).await, Vec::<Json>::new());
    admin.create("notes", json!({ "id": "z", "content": "apple gardens" })).await;
    assert_eq!(found(app, "apple garden", both).await, ["z"]);
});

on_every_store!(an_index_of_words_covers_what_is_searched_and_is_not_unique, async |app| {
    notes(app).await;
    for (index, told) in [
        (json!({ "fields": ["rank"], "type": "fulltext" }), "`rank` is Integer"),
        (json!({ "fields": ["title", "rank"], "type": "fulltext" }), "`rank` is Integer"),
        (json!({ "fields": ["title"], "type": "fulltext", "unique": true }), "unique"),
        (json!({ "fields": ["title"], "type": "gin" }), "`fulltext`"),
    ] {
        let answer = app.admin().post("/schemas/notes/indexes", index.clone()).await;
        assert_eq!(answer.status, 400, "{index}: {}", answer.text);
        assert!(answer.text.contains(told), "{}", answer.text);
    }
});

on_every_store!(an_index_of_words_shows_nobody_more_than_he_may_read, async |app| {
    notes(app).await;
    let some = json!({ "collection": "notes", "action": "read", "fields": ["id", "title"], "conditions": { "rank": { "lt": 3 } } });
    let reader = app.with_grants("Reader", &[some]).await;
    let asked = async |words: &str| reader.find("notes", json!({ "search": words })).await;
    for (words, ids) in
        [("apples", 2), ("garden", 0), ("apples garden", 0), ("pears", 0), ("market", 0)]
    {
        let answer = asked(words).await;
        answer.expect_status(200);
        assert_eq!(answer.body["totalCount"], ids, "{words}: {}", answer.text);
    }
    let hidden =
        reader.find("notes", json!({ "search": "garden", "searchFields": ["body"] })).await;
    hidden.expect_refusal(400, "UNKNOWN_FIELD");
});

on_every_store!(records_stay_found_when_their_rows_are_numbered_anew, async |app| {
    notes(app).await;
    if app.kind == Kind::Sqlite {
        let path = app.data.join(embedded_server::DATABASE_FILE);
        let connection = rusqlite::Connection::open(path).expect("open the file");
        connection.busy_timeout(std::time::Duration::from_secs(5)).expect("wait for a turn");
        let anew = r#"UPDATE "notes" SET "_rowid_" = 1000 - "_rowid_""#;
        assert_eq!(connection.execute(anew, []).expect("number the rows"), 3);
    }
    let both = &["title", "body"][..];
    assert_eq!(found(app, "apple garden", both).await, ["a", "c"]);
    let admin = app.admin();
    admin.patch("/items/notes/b", json!({ "body": "a garden" })).await.expect_status(200);
    admin.delete("/items/notes/a").await.expect_status(200);
    admin.create("notes", json!({ "id": "d", "title": "apples", "body": "gardens" })).await;
    assert_eq!(found(app, "apple garden", both).await, ["b", "c", "d"]);
});

on_every_store!(a_text_of_megabytes_is_written_and_found, async |app| {
    notes(app).await;
    let admin = app.admin();
    // Some 130,000 words, nearly all of them different: more than one `tsvector` holds.
    let words: Vec<String> = (0..130_000_u64)
        .map(|n| format!("{:08x}", n.wrapping_mul(2_654_435_761) & 0xffff_ffff))
        .collect();
    let text = words.join(" ");
    assert!(text.len() > 1_100_000);
    admin.create("notes", json!({ "id": "long", "title": "apple", "body": text })).await;
    let both = &["title", "body"][..];
    let last = words.last().expect("a word");
    for round in ["with the index", "without"] {
        assert_eq!(found(app, &words[0], both).await, ["long"], "{round}");
        assert_eq!(found(app, &format!("apples {last} {}", words[77_777]), both).await, ["long"]);
        assert_eq!(found(app, "apples nowhere", both).await, Vec::<Json>::new(), "{round}");
        assert_eq!(found(app, "the", both).await, Vec::<Json>::new(), "{round}");
        assert_eq!(found(app, "apples", &["title"]).await, ["a", "b", "long"], "{round}");
        let best = json!({ "search": format!("apple {last}"), "sortByRelevance": true, "searchFields": both });
        assert_eq!(admin.column("notes", "id", best).await, ["long"], "{round}");
        if round == "with the index" {
            admin.delete("/schemas/notes/indexes/notes_words").await.expect_status(200);
        }
    }
    // The index is made beside a text of that length, too, and follows it when it becomes short.
    let index = json!({ "name": "again", "fields": both, "type": "fulltext" });
    admin.post("/schemas/notes/indexes", index).await.expect_status(201);
    assert_eq!(found(app, last, both).await, ["long"]);
    admin.patch("/items/notes/long", json!({ "body": "short" })).await.expect_status(200);
    assert_eq!(found(app, last, both).await, Vec::<Json>::new());
    assert_eq!(found(app, "short", both).await, ["long"]);
});

async fn killed(kind: Kind) {
    let name = if kind == Kind::Sqlite { "words_sqlite" } else { "words_postgres" };
    let mut process = Process::start(kind, name).await;
    let owner = process.owner().await;
    let schema = json!({ "fields": { "title": { "type": "String" } }, "indexes": [{ "name": "words", "fields": ["title"], "type": "fulltext" }] });
    let made = owner.post("/schemas", json!({ "collectionName": "notes", "schema": schema })).await;
    made.expect_status(201);
    for round in 0..20 {
        let rows: Vec<Json> =
            (0..5).map(|at| json!({ "title": format!("apples round{round} at{at}") })).collect();
        owner.post("/items/notes/bulk", json!(rows)).await.expect_status(201);
    }
    process.kill_and_start();
    let owner = process.owner().await;
    for round in 0..20 {
        let asked = json!({ "search": format!("apple round{round}"), "searchFields": ["title"], "limit": 0 });
        // `round1` is the beginning of ten others.
        let rounds = if round == 1 { 11 } else { 1 };
        assert_eq!(owner.find("notes", asked).await.body["totalCount"], 5 * rounds, "{round}");
    }
    process.remove().await;
}

on_every_store!(what_was_written_before_a_kill_is_found_by_its_words, killed);

on_every_store!(an_index_of_words_that_lost_a_part_is_made_anew, async |app| {
    notes(app).await;
    let admin = app.admin();
    let losses: &[&str] = match app.kind {
        Kind::Sqlite => &[
            r#"DROP TRIGGER "notes_words.fulltext.insert""#,
            r#"DROP TABLE "notes_words.fulltext.numbers""#,
            r#"DROP TABLE "notes_words.fulltext""#,
        ],
        Kind::Postgres => &[r#"DROP INDEX "notes_words""#],
    };
    let mut all = vec![json!("a"), json!("c")];
    for (at, loss) in losses.iter().enumerate() {
        let id = format!("d{at}");
        if !loss.contains("TRIGGER") {
            admin.create("notes", json!({ "id": id, "title": "apple garden" })).await;
            all.push(json!(id));
        }
        meddle(app, loss).await;
        if loss.contains("TRIGGER") {
            admin.create("notes", json!({ "id": id, "title": "apple garden" })).await;
            all.push(json!(id));
        }
        let renewed = admin.post("/schemas/indexes/migrate", json!({})).await;
        renewed.expect_status(200);
        let made = renewed.body["data"]["created"].as_array().map(Vec::len);
        assert_eq!(made, Some(1), "{loss}: {}", renewed.text);
        assert_eq!(found(app, "apple garden", &["title", "body"]).await, all, "{loss}");
    }
});

/// Every table of the database that belongs to an index of words of the notes, on SQLite.
async fn tables_of_words(app: &App) -> Option<i64> {
    let Kind::Sqlite = app.kind else { return None };
    let path = app.data.join(embedded_server::DATABASE_FILE);
    let connection = rusqlite::Connection::open(path).expect("open the file");
    let text =
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name LIKE '%_words.fulltext%'";
    Some(connection.query_row(text, [], |row| row.get(0)).expect("count"))
}

on_every_store!(an_index_of_words_goes_along_with_exported_schemas, async |app| {
    notes(app).await;
    let admin = app.admin();
    let both = &["title", "body"][..];
    let exported = admin.get("/schemas-export").await.expect_status(200).body["schemas"].clone();
    let entry =
        exported.as_array().expect("schemas").iter().find(|one| one["collectionName"] == "notes");
    let entry = entry.expect("the notes").clone();
    let import = async |entry: &Json| {
        let answer = admin.post("/schemas/import", json!({ "schemas": [entry] })).await;
        answer.expect_status(200).body["data"].clone()
    };
    let without = {
        let mut entry = entry.clone();
        entry["schema"]["indexes"] = json!([]);
        entry
    };
    // Taken away by one file and made by another over the rows that stand there.
    let held = tables_of_words(app).await;
    assert_eq!(import(&without).await["updated"], json!(["notes"]));
    assert_eq!(tables_of_words(app).await, held.map(|_| 0));
    admin.create("notes", json!({ "id": "d", "title": "apples", "body": "of a garden" })).await;
    assert_eq!(found(app, "apple garden", both).await, ["a", "c", "d"]);
    assert_eq!(import(&entry).await["updated"], json!(["notes"]));
    assert_eq!(tables_of_words(app).await, held);
    assert_eq!(schema_of_notes(app).await["indexes"], entry["schema"]["indexes"]);
    assert_eq!(found(app, "apple garden", both).await, ["a", "c", "d"]);
    admin.patch("/items/notes/b", json!({ "body": "gardening" })).await.expect_status(200);
    assert_eq!(found(app, "apple garden", both).await, ["a", "b", "c", "d"]);
    assert_eq!(import(&entry).await["unchanged"], json!(["notes"]));
    // Into a project that has lost the collection, whose rows come in by a file.
    let rows = admin.get("/items/notes/export?format=ndjson").await.expect_status(200).text.clone();
    admin.delete("/schemas/notes?dropTable=true").await.expect_status(200);
    assert_eq!(tables_of_words(app).await, held.map(|_| 0));
    assert_eq!(import(&entry).await["created"], json!(["notes"]));
    assert_eq!(found(app, "apple garden", both).await, Vec::<Json>::new());
    let part = reqwest::multipart::Part::text(rows).file_name("notes.ndjson");
    let form = reqwest::multipart::Form::new().text("collection", "notes").part("file", part);
    let job = admin.post_form("/imports", form).await.expect_status(202).body["data"]["id"].clone();
    let at = format!("/imports/{}", job.as_str().expect("an id"));
    let ended = async || {
        for _ in 0..1_200 {
            let job = admin.get(&at).await.body["data"].clone();
            if matches!(job["state"].as_str(), Some("done" | "failed" | "undone")) {
                return job;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the import did not end");
    };
    assert_eq!(ended().await["rowsWritten"], 4);
    assert_eq!(found(app, "apple garden", both).await, ["a", "b", "c", "d"]);
    admin.post(&format!("{at}/undo"), json!({})).await.expect_status(202);
    assert_eq!(ended().await["rowsRemoved"], 4);
    assert_eq!(found(app, "apple garden", both).await, Vec::<Json>::new());
});
