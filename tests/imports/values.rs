//! What files mean by what stands in them: what is empty, what is no row, what is not closed, and
//! where a refusal lies.

use super::odd::{job, things};
use crate::harness::{App, Person, on_every_store};
use reqwest::multipart::{Form, Part};
use serde_json::{Value as Json, json};

fn counted() -> Json {
    json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } })
}

async fn at_once(person: &Person, kind: &str, collection: &str, text: &str) {
    let (field, name) = (format!("{kind}File"), format!("a.{kind}"));
    let form = Form::new().part(field, Part::text(text.to_owned()).file_name(name));
    let path = format!("/items/{collection}/import-{kind}");
    person.post_form(&path, form).await.expect_status(200);
}

on_every_store!(what_is_empty_is_null_whichever_way_it_comes_in, async |app| {
    let admin = app.admin();
    app.collection("makers", json!({ "timestamps": false, "fields": { "id": counted() } })).await;
    let fields = json!({
        "id": counted(), "way": { "type": "String" }, "note": { "type": "Text" },
        "stock": { "type": "Integer", "defaultValue": 7 }, "extra": { "type": "JSON" },
        "kind": { "type": "String", "allowNull": false, "defaultValue": "plain" },
    });
    app.collection("goods", json!({ "timestamps": false, "fields": fields })).await;
    let relation = |kind: &str, name: &str| json!({ "type": kind, "target": "makers", "name": name, "alias": format!("of_{name}") });
    app.relation("goods", relation("M2O", "maker")).await;
    app.relation("goods", relation("M2M", "others")).await;

    let csv = |way: &str| format!("way,id,note,stock,extra,kind,maker,others\n{way},,,,,,,\n");
    let row = |way: &str| json!({ "way": way, "id": "", "note": "", "stock": "", "extra": "", "kind": "", "maker": "", "others": "" });
    at_once(admin, "csv", "goods", &csv("csv")).await;
    at_once(admin, "json", "goods", &json!([row("json")]).to_string()).await;
    let words = [("collection", "goods")];
    for (name, text) in [
        ("job.csv", csv("csv job")),
        ("job.json", json!([row("json job")]).to_string()),
        ("job.ndjson", row("ndjson job").to_string()),
    ] {
        let tried =
            job(admin, &[&words[..], &[("dryRun", "true")]].concat(), name, text.as_bytes()).await;
        assert_eq!((&tried["rowsValid"], &tried["errors"]), (&json!(1), &json!([])), "{tried}");
        let done = job(admin, &words, name, text.as_bytes()).await;
        assert_eq!((&done["state"], &done["rowsWritten"]), (&json!("done"), &json!(1)), "{done}");
    }
    let asked =
        json!({ "sort": "id", "fields": ["way", "note", "stock", "extra", "kind", "maker_id"] });
    let ways = ["csv", "json", "csv job", "json job", "ndjson job"];
    let expected = ways.map(|way| {
        json!({ "way": way, "note": null, "stock": null, "extra": null, "kind": "plain", "maker_id": null })
    });
    assert_eq!(admin.rows("goods", asked).await, expected);
});

/// Line, column, field and value of each refusal.
fn places(job: &Json) -> Vec<Json> {
    let errors = job["errors"].as_array().expect("errors").iter();
    errors.map(|one| json!([one["line"], one["column"], one["field"], one["value"]])).collect()
}

async fn goods_and_makers(app: &App) {
    let name = json!({ "type": "String", "unique": true });
    for collection in ["makers", "goods"] {
        let fields = json!({ "id": counted(), "name": name });
        app.collection(collection, json!({ "timestamps": false, "fields": fields })).await;
    }
    for (kind, name) in [("M2O", "maker"), ("O2O", "main")] {
        let relation = json!({ "type": kind, "target": "makers", "name": name, "alias": format!("of_{name}") });
        app.relation("goods", relation).await;
    }
    app.admin().create("makers", json!({ "name": "Ada" })).await;
}

on_every_store!(what_a_related_record_is_refused_for_is_told_where_it_stands, async |app| {
    goods_and_makers(app).await;
    let admin = app.admin();
    let words = [("collection", "goods"), ("mode", "valid")];
    let text = "name,by\na,\"{\"\"name\"\":\"\"Ada\"\"}\"\nb,\"{\"\"name\"\":\"\"Bob\"\"}\"\n";
    let mapped = [&words[..], &[("mapping", r#"{"by":"maker"}"#)]].concat();
    let done = job(admin, &mapped, "goods.csv", text.as_bytes()).await;
    assert_eq!(done["rowsWritten"], 1, "{done}");
    assert_eq!(places(&done), [json!([2, "by", "maker.name", "Ada"])], "{done}");
    let text = json!([{ "name": "c", "main": { "name": "Bob" } }, { "name": "b" }]).to_string();
    let done = job(admin, &words, "goods.json", text.as_bytes()).await;
    let expected = [json!([1, "main", "main.name", "Bob"]), json!([2, "name", "name", "b"])];
    assert_eq!(places(&done), expected, "{done}");
    // The field of a relation is known by the relation's name as well.
    let done = job(admin, &words, "goods.csv", b"name,main\nd,1\ne,1\n").await;
    assert_eq!(done["rowsWritten"], 1, "{done}");
    assert_eq!(places(&done), [json!([3, "main", "main_id", "1"])], "{done}");
    // A request is told so too.
    let body = json!({ "name": "f", "maker": { "name": "Ada" } });
    let answer = admin.post("/items/goods", body).await;
    answer.expect_refusal(409, "UNIQUE_VIOLATION");
    assert!(answer.text.contains("\"maker.name\""), "{}", answer.text);
});

on_every_store!(json_is_known_by_the_name_of_its_file_or_by_its_first_sign, async |app| {
    things(app).await;
    let admin = app.admin();
    for (name, text, written) in [
        ("a.jsonl", "{\"name\":\"a\"}\n{\"name\":\"b\"}\n", 2),
        ("b.txt", "\u{feff}\n {\"name\":\"c\"}\n{\"name\":\"d\"}\n", 2),
        ("c", "[{\"name\":\"e\"}]", 1),
        ("d", "{\"data\":[{\"name\":\"f\"}]}", 1),
        ("e", "{\n  \"data\": [\n    {\"name\":\"g\"}\n  ]\n}\n", 1),
        ("f.txt", "name,n\nh,1\n", 1),
    ] {
        let done = job(admin, &[], name, text.as_bytes()).await;
        assert_eq!(
            (&done["rowsWritten"], &done["error"]),
            (&json!(written), &Json::Null),
            "{done}"
        );
    }
    let done = job(admin, &[("format", "jsonl")], "g.log", b"{\"name\":\"i\"}\n").await;
    assert_eq!(done["rowsWritten"], 1, "{done}");
    let names = admin.column("things", "name", json!({ "sort": "id" })).await;
    assert_eq!(names, ["a", "b", "c", "d", "e", "f", "g", "h", "i"].map(Json::from));
});

on_every_store!(an_entry_that_is_no_object_is_refused_and_its_neighbours_stand, async |app| {
    things(app).await;
    let admin = app.admin();
    let text = r#"[{"name":"a"},null,{"name":"b"},1,["c"]]"#;
    let done = job(admin, &[("mode", "valid")], "a.json", text.as_bytes()).await;
    assert_eq!((&done["state"], &done["rowsWritten"]), (&json!("done"), &json!(2)), "{done}");
    let expected = [
        json!([2, null, null, "null"]),
        json!([4, null, null, "1"]),
        json!([5, null, null, r#"["c"]"#]),
    ];
    assert_eq!(places(&done), expected, "{done}");
    assert_eq!(
        admin.column("things", "name", json!({ "sort": "id" })).await,
        ["a", "b"].map(Json::from)
    );
});

on_every_store!(a_mapping_of_a_column_that_is_not_there_starts_nothing, async |app| {
    things(app).await;
    let words = [("mapping", r#"{"Titel":"name"}"#)];
    let refused = job(app.admin(), &words, "a.csv", b"Title,n\na,1\n").await;
    assert_eq!(refused["error"]["code"], "INVALID_BODY", "{refused}");
    let text = refused.to_string();
    assert!(text.contains("mapping.Titel") && text.contains("did you mean `Title`?"), "{text}");
    // One that is left out may be missing.
    let words = [("mapping", r#"{"Titel":null,"Title":"name"}"#)];
    let done = job(app.admin(), &words, "a.csv", b"Title,n\na,1\n").await;
    assert_eq!(done["rowsWritten"], 1, "{done}");
});

on_every_store!(a_column_is_told_by_its_place_or_by_the_name_it_is_near_to, async |app| {
    things(app).await;
    let admin = app.admin();
    let words = [("mode", "valid")];
    let message = |job: &Json| job["errors"][0]["message"].as_str().unwrap_or_default().to_owned();
    let done = job(admin, &words, "a.csv", b"name,,n\na,,1\nb,x,2\n").await;
    assert_eq!(done["rowsWritten"], 1, "{done}");
    assert_eq!(message(&done), "the header has no name for column 2", "{done}");
    let done = job(admin, &words, "b.csv", b"nmae\nc\n").await;
    assert!(message(&done).ends_with("did you mean `name`?"), "{done}");
});

on_every_store!(a_quote_that_nothing_closes_is_told_with_its_line, async |app| {
    things(app).await;
    let admin = app.admin();
    let words = [("mode", "valid")];
    for (name, text) in [
        ("first.csv", "name,n\ngood,1\n\"open,1\nnext,2\nlast,3\n"),
        ("last.csv", "n,name\n1,good\n1,\"open\n2,next\n"),
    ] {
        let done = job(admin, &words, name, text.as_bytes()).await;
        assert_eq!((&done["rowsWritten"], &done["rowsRejected"]), (&json!(1), &json!(1)), "{done}");
        let told = "the quote that opens a cell in line 3 is not closed before the file ends";
        assert_eq!(done["errors"][0]["message"], told, "{done}");
    }
    // Ends of lines within quotes, and a quote within a text, are none such.
    let text = "n,name\n1,\"two\nlines\"\n2,\"5\"\" disk\nand more\"\n";
    let done = job(admin, &words, "closed.csv", text.as_bytes()).await;
    assert_eq!((&done["rowsWritten"], &done["rowsRejected"]), (&json!(2), &json!(0)), "{done}");
});

on_every_store!(a_header_without_a_comma_tells_what_separates, async |app| {
    things(app).await;
    let admin = app.admin();
    for (name, text) in [
        ("a.csv", "name;n\na,b;1\n"),
        ("b.csv", "name\tn\nc;d\t2\n"),
        ("c.csv", "\"name\"|\"n\"\ne|3\n"),
        // One column, and one whose header has a comma.
        ("d.csv", "name\nf;4\n"),
        ("e.csv", "name,n\ng;,5\n"),
    ] {
        let done = job(admin, &[], name, text.as_bytes()).await;
        assert_eq!((&done["rowsWritten"], &done["errors"]), (&json!(1), &json!([])), "{done}");
    }
    let names = admin.column("things", "name", json!({ "sort": "id" })).await;
    assert_eq!(names, ["a,b", "c;d", "e", "f;4", "g;"].map(Json::from));
});
