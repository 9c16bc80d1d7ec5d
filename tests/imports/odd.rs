//! Files as programs really write them: marks and lines that do not belong, columns that stand
//! twice, words of the form that mean nothing.

use super::jobs::waiting;
use crate::harness::{App, Person, on_every_store};
use reqwest::multipart::{Form, Part};
use serde_json::{Value as Json, json};

pub(super) async fn things(app: &App) {
    app.collection(
        "things",
        json!({ "timestamps": false, "fields": {
            "id": { "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } },
            "name": { "type": "String" }, "n": { "type": "Integer" },
        } }),
    )
    .await;
}

/// A job for a file with some words of the form, when it has ended; or the refusal of the form.
pub(super) async fn job(
    person: &Person,
    words: &[(&'static str, &str)],
    name: &str,
    bytes: &[u8],
) -> Json {
    let mut form = Form::new().text("collection", "things");
    for (name, value) in words {
        form = form.text(*name, (*value).to_owned());
    }
    let form = form.part("file", Part::bytes(bytes.to_vec()).file_name(name.to_owned()));
    let answer = person.post_form("/imports", form).await;
    if answer.status >= 400 {
        return answer.body;
    }
    super::ended(person, &answer).await
}

async fn names(app: &App) -> Vec<Json> {
    app.admin().column("things", "name", json!({ "sort": "id" })).await
}

on_every_store!(a_byte_order_mark_belongs_to_no_format, async |app| {
    things(app).await;
    let admin = app.admin();
    for (name, text) in [
        ("a.csv", "\u{feff}\"name\",n\r\ncsv,1\r\n"),
        ("a.ndjson", "\u{feff}{\"name\":\"ndjson\"}\r\n\r\n"),
        ("a.json", "\u{feff}[{\"name\":\"json\"}]"),
    ] {
        let job = job(admin, &[], name, text.as_bytes()).await;
        assert_eq!((&job["state"], &job["rowsWritten"]), (&json!("done"), &json!(1)), "{job}");
    }
    let part = Part::text("\u{feff}[{\"name\":\"at once\"}]").file_name("a.json");
    let form = Form::new().part("jsonFile", part);
    admin.post_form("/items/things/import-json", form).await.expect_status(200);
    assert_eq!(names(app).await, ["csv", "ndjson", "json", "at once"].map(Json::from));
});

on_every_store!(
    a_line_that_is_no_json_is_refused_at_its_line_and_its_neighbours_stand,
    async |app| {
        things(app).await;
        let admin = app.admin();
        let text =
            "{\"name\":\"a\"}\n{\"name\":\n[1]\n{\"n\":\"x\",\"name\":\"b\"}\n{\"name\":\"c\"}\n";
        let job = job(admin, &[("mode", "valid")], "things.ndjson", text.as_bytes()).await;
        assert_eq!((&job["state"], &job["rowsWritten"]), (&json!("done"), &json!(2)), "{job}");
        let lines: Vec<&Json> =
            job["errors"].as_array().expect("errors").iter().map(|one| &one["line"]).collect();
        assert_eq!(lines, [&json!(2), &json!(3), &json!(4)], "{job}");
        assert_eq!(names(app).await, [json!("a"), json!("c")]);
        // Rows with keys of their own each stand under a name of the rejects' header.
        let id = job["id"].as_str().expect("an id");
        let rejects = admin.get(&format!("/imports/{id}/rejects")).await;
        let mut lines = rejects.text.lines();
        assert_eq!(lines.next(), Some("_row,_line,_reason"));
        assert!(
            lines.next().is_some_and(|line| line.starts_with("\"{\"\"name\"\":\",2,")),
            "{}",
            rejects.text
        );
        assert!(lines.next().is_some_and(|line| line.starts_with("[1],3,")), "{}", rejects.text);
        assert!(
            lines.next().is_some_and(
                |line| line.starts_with("\"{\"\"n\"\":\"\"x\"\",\"\"name\"\":\"\"b\"\"}\",4,")
            ),
            "{}",
            rejects.text
        );
    }
);

on_every_store!(the_reason_of_a_reject_stands_under_its_name_however_long_the_row, async |app| {
    things(app).await;
    let text = "name,n\nshort\nlong,1,surplus\ngood,1\n";
    let job = job(app.admin(), &[("mode", "valid")], "things.csv", text.as_bytes()).await;
    assert_eq!((&job["rowsWritten"], &job["rowsRejected"]), (&json!(1), &json!(2)), "{job}");
    let id = job["id"].as_str().expect("an id");
    let rejects = app.admin().get(&format!("/imports/{id}/rejects")).await;
    assert_eq!(
        rejects.text,
        "name,n,_line,_reason\nshort,,2,1 cells where the header has 2\n\
         long,1,3,3 cells where the header has 2,surplus\n"
    );
});

on_every_store!(rejects_that_are_brought_in_again_are_told_where_they_stand_now, async |app| {
    things(app).await;
    let admin = app.admin();
    let rejects = async |name: &str, text: &str, written: u64| {
        let job = job(admin, &[("mode", "valid")], name, text.as_bytes()).await;
        assert_eq!(job["rowsWritten"], written, "{job}");
        admin.get(&format!("/imports/{}/rejects", job["id"].as_str().expect("an id"))).await.text
    };
    let text = "name,n\ngood,1\nbad,x\nlong,1,surplus\nshort\nworse,y\n";
    let first = rejects("things.csv", text, 1).await;
    assert!(first.starts_with("name,n,_line,_reason\nbad,x,3,"), "{first}");
    // One of them is mended, and a row above it pushed the others down.
    let mended = first.replacen("\nbad,x,", "\n\nbad,2,", 1);
    let second = rejects("rejects.csv", &mended, 2).await;
    let lines: Vec<&str> = second.lines().collect();
    assert_eq!(lines.len(), 3, "{second}");
    assert_eq!(lines[0], "name,n,_line,_reason");
    assert_eq!(lines[1], "long,1,4,3 cells where the header has 2,surplus");
    assert!(lines[2].starts_with("worse,y,6,"), "{second}");
    assert_eq!(names(app).await, [json!("good"), json!("bad"), json!("short")]);
});

on_every_store!(columns_of_the_names_of_rejects_are_fields_where_there_are_such, async |app| {
    let fields = json!({ "_line": { "type": "Integer" }, "_reason": { "type": "String" } });
    app.collection("notes", json!({ "fields": fields })).await;
    let part = Part::text("_line,_reason\n7,seven\n").file_name("notes.csv");
    let form = Form::new().part("file", part).text("collection", "notes");
    let started = app.admin().post_form("/imports", form).await;
    crate::imports::ended(app.admin(), &started).await;
    assert_eq!(
        app.admin().rows("notes", json!({ "fields": ["_line", "_reason"] })).await,
        [json!({ "_line": 7, "_reason": "seven" })]
    );
});

on_every_store!(no_column_is_dropped_because_another_goes_to_its_field, async |app| {
    things(app).await;
    let admin = app.admin();
    let mapping = [("mapping", "{\"title\":\"name\"}")];
    for (words, name, text, why) in [
        (&[][..], "a.csv", "name,name\na,b\n", "two columns are named `name`"),
        (
            &mapping,
            "b.csv",
            "title,name\na,b\n",
            "the columns `title` and `name` both go to `name`",
        ),
    ] {
        let job = job(admin, words, name, text.as_bytes()).await;
        assert_eq!(job["state"], "failed", "{job}");
        assert!(job["error"].as_str().is_some_and(|told| told.contains(why)), "{job}");
    }
    let objects = b"{\"title\":\"a\",\"name\":\"b\"}\n";
    let job = job(admin, &mapping, "c.ndjson", objects).await;
    assert_eq!((&job["state"], &job["rowsRejected"]), (&json!("failed"), &json!(1)), "{job}");
    let part = Part::text("name,name\na,b\n").file_name("d.csv");
    let form = Form::new().part("csvFile", part);
    admin.post_form("/items/things/import-csv", form).await.expect_refusal(400, "IMPORT_FAILED");
    assert_eq!(names(app).await, Vec::<Json>::new());
});

on_every_store!(a_file_without_rows_is_no_success, async |app| {
    things(app).await;
    for (name, text) in [
        ("a.csv", ""),
        ("b.csv", "name,n\n"),
        ("c.csv", "\n \n"),
        ("d.ndjson", ""),
        ("e.json", "[]"),
    ] {
        for dry in ["true", "false"] {
            let job = job(app.admin(), &[("dryRun", dry)], name, text.as_bytes()).await;
            assert_eq!(
                (&job["state"], &job["error"]),
                (&json!("failed"), &json!("the file has no rows")),
                "{name}: {job}"
            );
        }
    }
});

on_every_store!(what_says_neither_yes_nor_no_starts_nothing, async |app| {
    things(app).await;
    let admin = app.admin();
    for word in ["dryRun", "again"] {
        for value in ["yes", "TRUE", "on"] {
            let answer = job(admin, &[(word, value)], "things.csv", b"name\na\n").await;
            assert_eq!(answer["error"]["code"], "INVALID_BODY", "{word}={value}: {answer}");
        }
    }
    let large = "x".repeat(3 * 1024 * 1024);
    let answer = job(admin, &[("nullText", &large)], "things.csv", b"name\na\n").await;
    assert_eq!(answer["error"]["code"], "PAYLOAD_TOO_LARGE", "{answer}");
    let answer = job(admin, &[], "things.xlsx", b"PK\x03\x04").await;
    assert_eq!(answer["error"]["code"], "INVALID_BODY", "{answer}");
    assert_eq!(names(app).await, Vec::<Json>::new());
});

on_every_store!(a_refusal_is_told_at_the_line_where_its_row_begins, async |app| {
    things(app).await;
    for (name, text, line) in [
        ("a.csv", "name,n\r\na,1\r\nb,x\r\n", 3),
        ("b.csv", "name,n\ra,1\rb,x\r", 3),
        ("c.csv", "name,n\n\n\na,1\n\nb,x\n", 6),
        ("d.csv", "name,n\r\n\"a\r\na\",1\r\nb,x\r\n", 4),
    ] {
        let job = job(app.admin(), &[("mode", "valid")], name, text.as_bytes()).await;
        assert_eq!(
            (&job["rowsWritten"], &job["errors"][0]["line"], &job["errors"][0]["column"]),
            (&json!(1), &json!(line), &json!("n")),
            "{name}: {job}"
        );
    }
});

on_every_store!(a_sign_that_no_store_keeps_refuses_its_row_and_no_later_file, async |app| {
    things(app).await;
    let admin = app.admin();
    let first = job(admin, &[], "a.csv", b"name,n\na\x00b,1\n").await;
    assert_eq!(
        (&first["state"], &first["errors"][0]["column"]),
        (&json!("failed"), &json!("name")),
        "{first}"
    );
    let second = job(admin, &[], "b.csv", b"name,n\nb,1\n").await;
    assert_eq!(second["state"], "done", "{second}");
    let again = job(admin, &[], "b.csv", b"name,n\nb,1\n").await;
    assert_eq!(again["id"], second["id"], "{again}");
    assert_eq!(names(app).await, [json!("b")]);
});

on_every_store!(a_refused_upload_is_not_kept, async |app| {
    things(app).await;
    let reader = json!({ "collection": "things", "action": "read", "fields": ["*"] });
    let reader = app.with_grants("Reader", &[reader]).await;
    let refused = job(&reader, &[], "a.csv", b"name\na\n").await;
    assert_eq!(refused["error"]["code"], "FORBIDDEN", "{refused}");
    let wrong = [("mapping", "{\"name\":\"nothing\"}")];
    let refused = job(app.admin(), &wrong, "a.csv", b"name\na\n").await;
    assert_eq!(refused["error"]["code"], "UNKNOWN_FIELD", "{refused}");
    let mut folders = vec![app.data.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                assert!(path.extension().is_none_or(|one| one != "upload"), "{}", path.display());
            }
        }
    }
});

on_every_store!(a_cell_of_a_relation_may_hold_a_record, async |app| {
    things(app).await;
    let key = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    let makers =
        json!({ "timestamps": false, "fields": { "id": key, "name": { "type": "String" } } });
    app.collection("makers", makers).await;
    app.relation("things", json!({ "type": "M2O", "target": "makers", "name": "maker" })).await;
    let text = "name,by\na,\"{\"\"name\"\":\"\"acme\"\"}\"\nb,1\nc,\n";
    let mapping = [("mapping", "{\"by\":\"maker\"}")];
    let job = job(app.admin(), &mapping, "things.csv", text.as_bytes()).await;
    assert_eq!((&job["state"], &job["rowsWritten"]), (&json!("done"), &json!(3)), "{job}");
    let asked = json!({ "fields": ["name", "maker.name"], "sort": "id" });
    assert_eq!(
        json!(app.admin().rows("things", asked).await),
        json!([
            { "name": "a", "maker": { "id": 1, "name": "acme" } },
            { "name": "b", "maker": { "id": 1, "name": "acme" } },
            { "name": "c", "maker": null }
        ])
    );
});

on_every_store!(a_column_that_was_left_out_is_told, async |app| {
    things(app).await;
    let part = Part::text("name,nam\na,x\nb,y\n").file_name("a.csv");
    let form = Form::new().part("csvFile", part);
    let answer = app.admin().post_form("/items/things/import-csv", form).await;
    answer.expect_status(200);
    let warnings = answer.body["warnings"].as_array().expect("warnings");
    assert_eq!(warnings.len(), 1, "{}", answer.text);
    assert_eq!(
        (&warnings[0]["field"], &warnings[0]["nearest"]),
        (&json!("nam"), &json!("name")),
        "{}",
        answer.text
    );
});

on_every_store!(a_dry_run_tells_values_that_are_taken_by_rows_and_by_records, async |app| {
    let taken = json!({ "type": "String", "unique": true });
    app.collection(
        "seats",
        json!({ "fields": {
            "id": { "type": "Integer", "primaryKey": true }, "code": taken, "mail": { "type": "CiText", "unique": true },
            "row": { "type": "Integer" }, "seat": { "type": "Integer" },
            "price": { "type": "Decimal", "values": { "precision": 8, "scale": 2 }, "unique": true }
        }, "indexes": [{ "fields": ["row", "seat"], "unique": true }] }),
    )
    .await;
    let admin = app.admin();
    admin.create("seats", json!({ "id": 100, "code": "Z", "mail": "z@x.y" })).await;
    let file = "id,code,mail,row,seat,price\n\
        1,A,a@x.y,1,1,1.5\n\
        2,B,b@x.y,1,2,2\n\
        3,A,c@x.y,2,1,3\n\
        1,C,d@x.y,3,1,4\n\
        5,D,e@x.y,1,1,5\n\
        6,Z,f@x.y,9,9,6\n\
        7,H,i@x.y,8,8,7\n\
        8,I,j@x.y,7,7,1.50\n\
        9,E,A@X.Y,,,\n\
        100,F,g@x.y,,,\n\
        11,G,h@x.y,,,\n";
    let told = |job: &Json| {
        let errors = job["errors"].as_array().expect("errors").iter();
        let mut told: Vec<(u64, String, String)> = errors
            .map(|one| {
                let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
                (one["line"].as_u64().expect("a line"), text("column"), text("code"))
            })
            .collect();
        told.sort();
        told
    };
    let tried = job(
        admin,
        &[("collection", "seats"), ("dryRun", "true"), ("mode", "valid")],
        "seats.csv",
        file.as_bytes(),
    )
    .await;
    assert_eq!((&tried["state"], &tried["rowsRead"]), (&json!("done"), &json!(11)), "{tried}");
    assert_eq!((&tried["rowsValid"], &tried["rowsRejected"]), (&json!(4), &json!(7)), "{tried}");
    let faults: Vec<(u64, &str)> = vec![
        (4, "code"),
        (5, "id"),
        (6, "row"),
        (6, "seat"),
        (7, "code"),
        (9, "price"),
        (10, "mail"),
        (11, "id"),
    ];
    let faults: Vec<(u64, String, String)> = faults
        .into_iter()
        .map(|(line, column)| (line, column.to_owned(), String::from("UNIQUE_VIOLATION")))
        .collect();
    assert_eq!(told(&tried), faults, "{tried}");
    let first = tried["errors"].as_array().expect("errors").iter().find(|one| one["line"] == 4);
    assert_eq!(first.expect("line 4")["message"], "is taken already, in line 2", "{tried}");
    // Nothing was written or stays behind, and what is done for real is what was told.
    assert_eq!(admin.rows("seats", json!({})).await.len(), 1);
    let done =
        job(admin, &[("collection", "seats"), ("mode", "valid")], "seats.csv", file.as_bytes())
            .await;
    assert_eq!(done["rowsWritten"], 4, "{done}");
    assert_eq!(told(&done), faults, "{done}");
    // A file whose rows differ fits whole.
    let good = job(
        admin,
        &[("collection", "seats"), ("dryRun", "true")],
        "good.csv",
        b"id,code\n200,X\n201,Y\n",
    )
    .await;
    assert_eq!((&good["rowsValid"], &good["rowsRejected"]), (&json!(2), &json!(0)), "{good}");
});

/// A dry run of a file, then the same for real.
async fn tried_and_done(person: &Person, collection: &str, name: &str, text: &str) -> [Json; 2] {
    let words = [("collection", collection), ("mode", "valid"), ("dryRun", "true")];
    let tried = job(person, &words, name, text.as_bytes()).await;
    let done = job(person, &words[..2], name, text.as_bytes()).await;
    [tried, done]
}

/// Line and field of each refusal in the order they are told.
fn refused(job: &Json) -> Vec<(u64, String)> {
    let errors = job["errors"].as_array().expect("errors").iter();
    let field = |one: &Json| one["field"].as_str().unwrap_or_default().to_owned();
    errors.map(|one| (one["line"].as_u64().expect("a line"), field(one))).collect()
}

on_every_store!(a_dry_run_lets_only_rows_that_stand_take_values, async |app| {
    let admin = app.admin();
    let seats = json!({ "fields": {
        "id": { "type": "Integer", "primaryKey": true }, "code": { "type": "String", "unique": true }
    } });
    app.collection("seats", seats).await;
    let file = "id,code\n1,A\n1,B\n2,B\nx,C\n3,C\n";
    let [tried, done] = tried_and_done(admin, "seats", "seats.csv", file).await;
    assert_eq!(refused(&tried), [(3, "id".into()), (5, "id".into())], "{tried}");
    assert_eq!((&tried["rowsValid"], &tried["rowsRejected"]), (&json!(3), &json!(2)), "{tried}");
    assert_eq!(done["rowsWritten"], 3, "{done}");
    let codes = admin.column("seats", "code", json!({ "sort": "id" })).await;
    assert_eq!(codes, ["A", "B", "C"].map(Json::from));
});

on_every_store!(a_dry_run_knows_lists_whose_empty_values_are_equal, async |app| {
    let admin = app.admin();
    let seats = json!({ "fields": {
        "id": { "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } },
        "row": { "type": "Integer" }, "seat": { "type": "Integer" }, "price": { "type": "Decimal", "values": { "precision": 8, "scale": 2 } }
    }, "indexes": [
        { "fields": ["row", "seat"], "unique": true, "nullsNotDistinct": true },
        { "fields": ["row", "price"], "unique": true }
    ] });
    app.collection("seats", seats).await;
    admin.create("seats", json!({ "row": 7 })).await;
    let file = "row,seat,price\n1,,\n1,,\n,2,\n,2,\n7,,\n7,3,\n7,4,\n,,1\n,,2\n0,,\n,0,0\n";
    let [tried, done] = tried_and_done(admin, "seats", "seats.csv", file).await;
    let both = |line: u64| [(line, String::from("row")), (line, String::from("seat"))];
    assert_eq!(refused(&tried), [both(3), both(5), both(6), both(10)].concat(), "{tried}");
    assert_eq!(tried["rowsValid"], 7, "{tried}");
    assert_eq!(done["rowsWritten"], 7, "{done}");
});

on_every_store!(
    a_dry_run_of_many_rows_tells_the_first_refusals_in_the_order_of_the_file,
    async |app| {
        let admin = app.admin();
        let seats = json!({ "fields": {
        "id": { "type": "Integer", "primaryKey": true }, "code": { "type": "String", "unique": true },
        "n": { "type": "Integer" }
    } });
        app.collection("seats", seats).await;
        // Rows of one batch and of others: every fifth has an earlier code, every seventh no number.
        let mut file = String::from("id,code,n\n");
        let mut expected = Vec::new();
        for row in 0..2_400 {
            let line = row + 2;
            let code = if row > 0 && row % 5 == 0 { 1 } else { row };
            let number = if row % 7 == 3 { "x" } else { "1" };
            file.push_str(&format!("{row},C{code},{number}\n"));
            match () {
                () if row % 7 == 3 => expected.push((line, String::from("n"))),
                () if row > 0 && row % 5 == 0 => expected.push((line, String::from("code"))),
                () => {}
            }
        }
        let words = [("collection", "seats"), ("mode", "valid"), ("dryRun", "true")];
        let tried = job(admin, &words, "seats.csv", file.as_bytes()).await;
        assert_eq!(refused(&tried), expected[..100], "{tried}");
        assert_eq!(tried["rowsRejected"], expected.len(), "{tried}");
        // All of them stand in the file of refusals, each once and in order.
        let path = format!("/imports/{}/rejects", tried["id"].as_str().expect("an id"));
        let rejects = admin.get(&path).await.text;
        let lines: Vec<u64> = rejects
            .lines()
            .skip(1)
            .map(|line| line.split(',').nth(3).expect("a line").parse().expect("a number"))
            .collect();
        assert_eq!(lines, expected.iter().map(|one| one.0).collect::<Vec<u64>>());
        assert_eq!((admin.rows("seats", json!({})).await.len(), waiting(app).await), (0, 0));
    }
);

on_every_store!(a_dry_run_tells_references_that_lead_nowhere, async |app| {
    let admin = app.admin();
    let key = json!({ "type": "Integer", "primaryKey": true });
    app.collection("makers", json!({ "fields": { "id": key, "name": { "type": "String" } } }))
        .await;
    let code = json!({ "type": "String", "unique": true });
    app.collection("goods", json!({ "fields": { "id": key, "code": code } })).await;
    for (target, name) in [("makers", "maker"), ("goods", "parent")] {
        let alias = format!("of_{name}");
        let relation = json!({ "type": "M2O", "target": target, "name": name, "alias": alias });
        app.relation("goods", relation).await;
    }
    admin.create("makers", json!({ "id": 1, "name": "Ada" })).await;
    admin.create("goods", json!({ "id": 100, "code": "Z" })).await;
    // A row that is refused holds no others, and takes no values from them.
    let file = "id,code,maker_id,parent_id\n\
        1,A,1,100\n\
        2,B,9,\n\
        3,C,,1\n\
        4,D,,2\n\
        5,B,1,\n\
        6,E,7,\n\
        7,F,,8\n\
        8,G,,8\n";
    let [tried, done] = tried_and_done(admin, "goods", "goods.csv", file).await;
    let named = |line: u64, field: &str| (line, field.to_owned());
    let expected = [named(3, "maker_id"), named(5, "parent_id"), named(7, "maker_id")];
    assert_eq!(refused(&tried), expected, "{tried}");
    assert_eq!(tried["errors"], done["errors"], "told before and afterwards");
    let first = &done["errors"][0];
    assert_eq!((&first["column"], &first["value"]), (&json!("maker_id"), &json!("9")), "{done}");
    assert_eq!(first["code"], "FOREIGN_KEY_VIOLATION", "{done}");
    assert_eq!(
        (&tried["rowsValid"], &done["rowsWritten"]),
        (&json!(5), &json!(5)),
        "{tried} {done}"
    );
    // A file in one request names the field, too.
    for (path, body) in [
        (
            "import-json",
            json!([{ "id": 9, "code": "H" }, { "id": 10, "code": "I", "maker_id": 9 }]),
        ),
        (
            "import-json",
            json!([{ "id": 9, "code": "H" }, { "id": 10, "code": "I", "parent_id": 77 }]),
        ),
        ("import-json", json!([{ "id": 9, "code": "H" }, { "id": 10, "code": "A" }])),
    ] {
        let field = if body[1]["maker_id"] == 9 {
            "maker_id"
        } else if body[1]["parent_id"] == 77 {
            "parent_id"
        } else {
            "code"
        };
        let refused = admin.post(&format!("/items/goods/{path}"), body).await;
        refused.expect_refusal(400, "IMPORT_FAILED");
        let told = &refused.body["error"]["details"]["results"]["errors"][0];
        assert_eq!((&told["row"], &told["field"]), (&json!(2), &json!(field)), "{}", refused.text);
    }
    let csv = "id,code,maker_id\n9,H,\n10,I,9\n";
    let refused = admin.post_as("/items/goods/import-csv", "text/csv", csv).await;
    let told = &refused.body["error"]["details"]["results"]["errors"][0];
    assert_eq!(
        (&told["row"], &told["field"], &told["code"]),
        (&json!(2), &json!("maker_id"), &json!("FOREIGN_KEY_VIOLATION")),
        "{}",
        refused.text
    );
});

on_every_store!(a_dry_run_knows_what_is_computed_of_a_row, async |app| {
    let admin = app.admin();
    let people = json!({ "fields": {
        "id": { "type": "Integer", "primaryKey": true },
        "first": { "type": "String" }, "last": { "type": "String" },
        "net": { "type": "Decimal", "values": { "precision": 8, "scale": 2 } }, "n": { "type": "Integer" },
        "full": { "type": "VIRTUAL", "calculated": "first || ' ' || last" },
        "gross": { "type": "VIRTUAL", "calculated": "net * 2" }
    }, "indexes": [
        { "fields": ["full"], "unique": true }, { "fields": ["gross", "n"], "unique": true }
    ] });
    app.collection("people", people).await;
    admin
        .create("people", json!({ "id": 1, "first": "Ada", "last": "King", "net": 1.5, "n": 1 }))
        .await;
    let file = "id,first,last,net,n\n\
        2,Bob,Ross,2,1\n\
        3,Ada,King,3,1\n\
        4,Bob,Ross,4,1\n\
        5,Cyd,,1.50,1\n\
        6,Cyd,,1.50,2\n\
        7,Dan,Ek,2.00,1\n\
        8,Eve,Ek,,\n";
    let [tried, done] = tried_and_done(admin, "people", "people.csv", file).await;
    let lines = |job: &Json| refused(job).into_iter().map(|one| one.0).collect::<Vec<u64>>();
    assert_eq!(lines(&tried), [3, 4, 5, 5, 7, 7], "{tried}");
    assert_eq!(refused(&tried), refused(&done), "{tried} {done}");
    assert_eq!(
        (&tried["rowsValid"], &done["rowsWritten"]),
        (&json!(3), &json!(3)),
        "{tried} {done}"
    );
});
