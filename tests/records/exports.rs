//! Exports: the columns of a file are those that were asked for, whatever was asked.

use crate::harness::{App, on_every_store};
use serde_json::json;

async fn goods(app: &App) {
    let key = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    let makers =
        json!({ "timestamps": false, "fields": { "id": key, "name": { "type": "String" } } });
    app.collection("makers", makers).await;
    let goods = json!({ "timestamps": false, "fields": {
        "id": key, "name": { "type": "String" }, "stock": { "type": "Integer" },
    } });
    app.collection("goods", goods).await;
    app.relation(
        "goods",
        json!({ "type": "M2O", "target": "makers", "name": "maker", "alias": "goods" }),
    )
    .await;
    app.admin().create("makers", json!({ "name": "=acme" })).await;
    app.admin().create("goods", json!({ "name": "lamp", "stock": 3, "maker_id": 1 })).await;
    app.admin().create("goods", json!({ "name": "desk", "stock": 3 })).await;
}

on_every_store!(a_table_has_the_columns_that_were_asked_for, async |app| {
    goods(app).await;
    for (asked, file) in [
        ("fields=name,maker.name", "name,maker.id,maker.name\r\nlamp,1,'=acme\r\ndesk,,\r\n"),
        ("fields=*,-stock,-maker_id", "id,name\r\n1,lamp\r\n2,desk\r\n"),
        ("fields=name&search=lamp", "name\r\nlamp\r\n"),
        ("fields=-stock", "id,name,maker_id\r\n1,lamp,1\r\n2,desk,\r\n"),
        (
            "groupBy=stock&aggregate={\"many\":{\"function\":\"count\",\"field\":\"id\"}}",
            "stock,many\r\n3,2\r\n",
        ),
    ] {
        let sort = if asked.starts_with("fields") { "&sort=id" } else { "" };
        let answer =
            app.admin().get(&format!("/items/goods/export?format=csv&{asked}{sort}")).await;
        assert_eq!(answer.expect_status(200).text, file, "{asked}");
    }
    // A list of related records is one cell.
    let lists = app.admin().get("/items/makers/export?format=csv&fields=name,goods.name").await;
    assert_eq!(
        lists.text,
        "name,goods\r\n'=acme,\"[{\"\"id\"\":1,\"\"name\"\":\"\"lamp\"\"}]\"\r\n"
    );
});

on_every_store!(statements_set_what_was_asked_for_and_nothing_else, async |app| {
    goods(app).await;
    let admin = app.admin();
    let some = admin.get("/items/goods/export?format=sql&fields=*,-stock,maker.name&limit=1").await;
    assert_eq!(
        some.expect_status(200).text,
        "INSERT INTO \"goods\" (\"id\", \"name\", \"maker_id\") VALUES (1, 'lamp', 1);\n"
    );
    for asked in ["groupBy=stock", "fields=maker.name"] {
        let refused = admin.get(&format!("/items/goods/export?format=sql&{asked}")).await;
        refused.expect_refusal(400, "INVALID_QUERY");
    }
    let word = admin.get("/items/goods/export?format=csv&formulas=no").await;
    word.expect_refusal(400, "INVALID_QUERY");
});

on_every_store!(a_number_is_no_formula_whatever_it_is_told_as, async |app| {
    let fields = json!({
        "id": { "type": "Integer", "primaryKey": true },
        "name": { "type": "String" },
        "price": { "type": "Decimal", "values": { "precision": 8, "scale": 2 } },
    });
    app.collection("prices", json!({ "timestamps": false, "fields": fields })).await;
    for (id, name) in [(1, "-2+3"), (2, "-"), (3, "\n=1")] {
        let row = json!({ "id": id, "name": name, "price": "-12.50" });
        app.admin().create("prices", row).await;
    }
    let asked = "/items/prices/export?format=csv&numbers=string&sort=id";
    assert_eq!(
        app.admin().get(asked).await.text,
        "id,name,price\r\n1,'-2+3,-12.50\r\n2,'-,-12.50\r\n3,\"'\n=1\",-12.50\r\n"
    );
});

on_every_store!(a_column_is_set_once_however_often_it_was_asked_for, async |app| {
    goods(app).await;
    let fields = json!({
        "code": { "type": "String", "primaryKey": true }, "name": { "type": "String" },
    });
    app.collection("codes", json!({ "timestamps": false, "fields": fields })).await;
    app.admin().create("codes", json!({ "code": "a", "name": "one" })).await;
    for (asked, statement) in [
        (
            "goods/export?format=sql&limit=1&fields=id,maker_id,maker_Id,maker_id,maker.id",
            "INSERT INTO \"goods\" (\"id\", \"maker_id\") VALUES (1, 1);\n",
        ),
        (
            "codes/export?format=sql",
            "INSERT INTO \"codes\" (\"code\", \"name\") VALUES ('a', 'one');\n",
        ),
        (
            "codes/export?format=sql&fields=id,code",
            "INSERT INTO \"codes\" (\"code\") VALUES ('a');\n",
        ),
    ] {
        let file = app.admin().get(&format!("/items/{asked}")).await;
        assert_eq!(file.expect_status(200).text, statement, "{asked}");
    }
    // What the other files show is what was asked for, under each name once.
    let table = "/items/goods/export?format=csv&limit=1&fields=id,maker_id,maker_Id,maker_id";
    assert_eq!(app.admin().get(table).await.text, "id,maker_id,maker_Id\r\n1,1,1\r\n");
    let lines = "/items/goods/export?format=ndjson&limit=1&fields=id,maker_id,maker_Id,maker_id";
    assert_eq!(app.admin().get(lines).await.text, "{\"id\":1,\"maker_id\":1,\"maker_Id\":1}\n");
});
