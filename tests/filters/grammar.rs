//! How filters are put together, and what is refused instead of ignored.

use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

async fn people(app: &App) {
    app.collection(
        "teams",
        json!({ "fields": {
            "id": { "type": "Integer", "primaryKey": true },
            "name": { "type": "String" },
            "minimum": { "type": "Integer" }
        } }),
    )
    .await;
    app.collection(
        "people",
        json!({ "fields": {
            "id": { "type": "Integer", "primaryKey": true },
            "name": { "type": "String" },
            "salary": { "type": "Integer" },
            "limit_": { "type": "Integer" },
            "starts": { "type": "DateTime" },
            "ends": { "type": "Time_NO_TZ" },
            "active": { "type": "Boolean" },
            "label": { "type": "String" }
        } }),
    )
    .await;
    let relation = json!({ "type": "M2O", "target": "teams", "name": "team", "alias": "people" });
    app.relation("people", relation).await;
    let admin = app.admin();
    let teams = json!([{ "id": 1, "name": "red", "minimum": 20 }, { "id": 2, "name": "blue", "minimum": 5 }]);
    admin.post("/items/teams/bulk", teams).await.expect_status(201);
    let rows = json!([
        { "id": 1, "name": "Ada", "salary": 10, "limit_": 5, "starts": "2024-01-02T09:30:00Z", "ends": "10:00:00", "active": true, "team_id": 1, "label": "2024-01-02" },
        { "id": 2, "name": "Bob", "salary": 20, "limit_": 25, "starts": "2024-01-03T17:00:00Z", "ends": "16:00:00", "active": false, "team_id": 1, "label": "12" },
        { "id": 3, "name": "Cyd", "salary": 30, "limit_": 30, "starts": "2024-02-02T00:00:00Z", "ends": "00:00:00", "active": true, "team_id": 2, "label": "7" },
        { "id": 4, "name": "O'Brien", "salary": null, "limit_": 1, "active": null, "team_id": null, "label": "$CURRENT" }
    ]);
    admin.post("/items/people/bulk", rows).await.expect_status(201);
}

async fn ids(app: &App, filter: Json) -> Vec<u64> {
    let parameters = json!({ "filter": filter, "sort": { "id": "asc" } });
    let column = app.admin().column("people", "id", parameters).await;
    column.iter().map(|id| id.as_u64().expect("a number")).collect()
}

on_every_store!(conditions_of_one_level_all_hold, async |app| {
    people(app).await;
    for (filter, expected) in [
        (json!({}), vec![1, 2, 3, 4]),
        (json!({ "AND": [] }), vec![1, 2, 3, 4]),
        (json!({ "OR": [] }), vec![1, 2, 3, 4]),
        (json!({ "name": "Ada" }), vec![1]),
        (json!({ "salary": null }), vec![4]),
        (json!({ "salary": { "gt": 5, "lt": 25 } }), vec![1, 2]),
        (json!({ "AND": [{ "active": true }], "salary": { "gt": 10 } }), vec![3]),
        (json!({ "AND": { "active": true } }), vec![1, 3]),
        (
            json!({ "AND": [{ "active": true }], "OR": [{ "salary": 10 }, { "salary": 20 }] }),
            vec![1],
        ),
        (
            json!({ "OR": [{ "salary": 10 }, { "AND": [{ "active": true }, { "salary": { "gte": 30 } }] }] }),
            vec![1, 3],
        ),
        (json!({ "NOT": { "active": true } }), vec![2]),
        (json!({ "$salary$": { "gt": 10 }, "name": { "ne": "Cyd" } }), vec![2]),
        (json!({ "OR": [{ "$name$": "Ada" }, { "name": "Bob" }] }), vec![1, 2]),
        (json!({ "AND": [{ "$active$": true }, { "salary": { "gt": 10 } }] }), vec![3]),
        (
            json!({ "AND": [{ "OR": [{ "$name$": { "eq": "Ada" } }, { "AND": [{ "name": "Cyd" }, { "$salary$": 30 }] }] }, { "active": true }] }),
            vec![1, 3],
        ),
        (json!({ "$team.name$": "red", "salary": { "gt": 10 } }), vec![2]),
        (json!({ "NOT": { "OR": [{ "name": "Ada" }, { "name": "Bob" }] } }), vec![3, 4]),
        (json!({ "name": { "eq": "O'Brien" } }), vec![4]),
        (json!({ "name": { "like": "O'B" } }), vec![4]),
        (json!({ "label": { "eq": "2024-01-02" } }), vec![1]),
        (json!({ "label": { "in": ["2024-01-02", "12"] } }), vec![1, 2]),
        (json!({ "deletedAt": { "isNull": true } }), vec![1, 2, 3, 4]),
        (json!({ "createdAt": { "gte": "$NOW-DAYS_30" } }), vec![1, 2, 3, 4]),
        (json!({ "createdAt": { "gte": "$NOW+HOURS_2" } }), vec![]),
        (json!({ "label": { "eq": "$CURRENT" } }), vec![4]),
    ] {
        assert_eq!(ids(app, filter.clone()).await, expected, "{filter}");
    }
});

on_every_store!(a_column_compares_with_another_one_and_with_a_cast, async |app| {
    people(app).await;
    for (filter, expected) in [
        (json!({ "salary": { "gt": "$COL(limit_)" } }), vec![1]),
        (json!({ "salary": { "eq": "$COL(limit_)" } }), vec![3]),
        (json!({ "salary": { "lte": "$COL(limit_)" } }), vec![2, 3]),
        (json!({ "salary": { "lt": "$COL(limit_)" } }), vec![2]),
        (json!({ "salary": { "gte": "$COL(limit_)" } }), vec![1, 3]),
        (json!({ "salary": { "ne": "$COL(limit_)" } }), vec![1, 2]),
        (
            json!({ "AND": [{ "salary": { "gte": "$COL(limit_)" } }, { "name": { "ne": "Ada" } }] }),
            vec![3],
        ),
        (json!({ "salary": { "gte": "$COL(team.minimum)" } }), vec![2, 3]),
        (json!({ "team.minimum": { "lt": "$COL(salary)" } }), vec![3]),
        (json!({ "starts": { "gt": "$COL(ends)", "cast": "time" } }), vec![2]),
        (json!({ "starts": { "eq": "2024-01-02", "cast": "date" } }), vec![1]),
        (json!({ "starts": { "between": ["09:00:00", "10:00:00"], "cast": "time" } }), vec![1]),
        (json!({ "salary": { "like": "0", "cast": "text" } }), vec![1, 2, 3]),
        (json!({ "salary": { "startsWith": "2", "cast": "varchar" } }), vec![2]),
        (json!({ "active": { "eq": "true", "cast": "text" } }), vec![1, 3]),
        (json!({ "salary": { "gt": 10, "cast": "nonsense" } }), vec![2, 3]),
        (json!({ "salary": { "gt": 10, "cast": "" } }), vec![2, 3]),
        (json!({ "salary": { "gt": 10, "cast": null } }), vec![2, 3]),
    ] {
        assert_eq!(ids(app, filter.clone()).await, expected, "{filter}");
    }
});

on_every_store!(a_typing_mistake_in_a_filter_never_answers_everything, async |app| {
    people(app).await;
    let admin = app.admin();
    for (filter, code, word) in [
        (json!({ "salery": { "gt": 1 } }), "UNKNOWN_FIELD", "salery"),
        (json!({ "salary": { "greater": 1 } }), "UNKNOWN_OPERATOR", "greater"),
        (json!({ "salary": { "_eq": 1 } }), "UNKNOWN_OPERATOR", "_eq"),
        (json!({ "and": [{ "salary": 1 }] }), "INVALID_QUERY", "and"),
        (json!({ "or": [{ "salary": 1 }] }), "INVALID_QUERY", "or"),
        (json!({ "_and": [{ "salary": 1 }] }), "INVALID_QUERY", "_and"),
        (json!({ "_or": [{ "salary": 1 }] }), "INVALID_QUERY", "_or"),
        (json!({ "AND": "x" }), "INVALID_QUERY", "AND"),
        (json!({ "team.nane": "x" }), "UNKNOWN_FIELD", "nane"),
        (json!({ "taem.name": "x" }), "UNKNOWN_FIELD", "taem"),
        (json!({ "team..name": "x" }), "UNKNOWN_FIELD", "`team..name` is no path"),
        (json!({ "name.first": "x" }), "UNKNOWN_FIELD", "is String, not a relation"),
        (json!({ "salary": {} }), "INVALID_QUERY", "salary"),
        (json!({ "salary": { "gt": "$COL(nothing)" } }), "UNKNOWN_FIELD", "nothing"),
        (json!({ "salary": { "in": ["$COL(limit_)"] } }), "INVALID_QUERY", "$COL"),
    ] {
        let answer = admin.find("people", json!({ "filter": filter })).await;
        assert_eq!(answer.status, 400, "{filter}: {}", answer.text);
        assert_eq!(answer.code(), code, "{filter}: {}", answer.text);
        assert!(answer.text.contains(word), "{filter}: {}", answer.text);
    }
    let near = admin.find("people", json!({ "filter": { "salery": 1 } })).await;
    assert!(near.body["error"]["hint"].as_str().unwrap_or_default().contains("salary"));
});

on_every_store!(values_that_look_like_sql_are_values, async |app| {
    people(app).await;
    for hostile in ["1 OR 1=1", "'; DROP TABLE people; --", "\" OR \"\"=\"", "\\' OR 1=1 --"] {
        assert_eq!(ids(app, json!({ "name": hostile })).await, Vec::<u64>::new());
        assert_eq!(ids(app, json!({ "name": { "like": hostile } })).await, Vec::<u64>::new());
        let array = app.admin().find("people", json!({ "filter": { "salary": [hostile] } })).await;
        assert_eq!(array.status, 400, "{}", array.text);
        let path = app.admin().find("people", json!({ "filter": { hostile: 1 } })).await;
        assert_eq!(path.status, 400, "{}", path.text);
        let sort = app.admin().find("people", json!({ "sort": { hostile: "asc" } })).await;
        assert_eq!(sort.status, 400, "{}", sort.text);
        let group = json!({ "groupBy": [hostile], "aggregate": { "n": { "function": "count", "field": "*" } } });
        assert_eq!(app.admin().find("people", group).await.status, 400);
        let alias = json!({ "aggregate": { hostile: { "function": "count", "field": "*" } } });
        let aliased = app.admin().find("people", alias).await;
        assert!(aliased.status == 400 || aliased.body["data"][0][hostile] == 4, "{}", aliased.text);
    }
    assert_eq!(ids(app, json!({})).await, [1, 2, 3, 4]);
});

on_every_store!(filters_of_any_depth_and_width_have_a_bound, async |app| {
    people(app).await;
    let mut deep = json!({ "salary": 10 });
    for _ in 0..60 {
        deep = json!({ "AND": [deep] });
    }
    app.admin()
        .find("people", json!({ "filter": deep }))
        .await
        .expect_refusal(400, "INVALID_QUERY");
    let wide: Vec<Json> = (0..1_500).map(|n| json!({ "salary": n })).collect();
    let answer = app.admin().find("people", json!({ "filter": { "OR": wide } })).await;
    answer.expect_refusal(400, "INVALID_QUERY");
    let many: Vec<u32> = (0..900).collect();
    assert_eq!(ids(app, json!({ "salary": { "in": many } })).await, [1, 2, 3]);
});

on_every_store!(every_spelling_of_a_request_means_the_same, async |app| {
    people(app).await;
    let admin = app.admin();
    for query in [
        "filter={\"salary\":{\"gt\":10}}&sort={\"id\":\"asc\"}&fields=[\"id\"]",
        "filter[salary][gt]=10&sort[id]=asc&fields=id",
        "filter[salary][gt]=10&sort=id:asc&fields[]=id",
        "filter[$salary$][gt]=10&sort=[\"id\"]&fields=id",
        "filter[salary][in][]=20&filter[salary][in][]=30&sort=id&fields=id&fields=id",
        "filter={\"team\":{\"name\":{\"in\":[\"red\",\"blue\"]}},\"salary\":{\"gt\":10}}&sort=id&fields=id",
        "filter={\"team_Id\":{\"gte\":1},\"salary\":{\"gt\":10}}&sort=id&fields=id",
    ] {
        let answer = admin.get(&format!("/items/people?{query}")).await;
        assert_eq!(
            answer.body["data"],
            json!([{ "id": 2 }, { "id": 3 }]),
            "{query}: {}",
            answer.text
        );
    }
});

on_every_store!(the_json_form_and_the_bracket_form_hold_together, async |app| {
    people(app).await;
    let admin = app.admin();
    for (query, expected) in [
        (r#"filter={"salary":{"gt":10}}&filter[name]=Cyd"#, vec![3]),
        (r#"filter[name]=Cyd&filter={"salary":{"gt":10}}"#, vec![3]),
        (r#"filter={"salary":{"gt":10}}&filter={"salary":{"lt":30}}"#, vec![2]),
        (r#"filter[salary][in]=[20,30]"#, vec![2, 3]),
        (r#"filter[label][in]=["12","7"]"#, vec![2, 3]),
        (r#"filter[salary][between]=[15,25]"#, vec![2]),
        (r#"filter[OR]=[{"name":"Ada"},{"name":"Bob"}]"#, vec![1, 2]),
        (r#"filter[OR][0]={"name":"Ada"}&filter[OR][1][name]=Bob"#, vec![1, 2]),
        ("filter[OR][1][name]=Ada&filter[OR][0][name]=Bob", vec![1, 2]),
        ("filter[salary][in][3]=20&filter[salary][in][1]=30", vec![2, 3]),
        (r#"filter[NOT]={"active":true}"#, vec![2]),
        (r#"filter[salary][gt]=10&sort={"name":"asc"}&sort[id]=desc"#, vec![2, 3]),
        // What looks like JSON beside a plain column is the text that it is.
        (r#"filter[name]=[1]"#, vec![]),
        (r#"filter[name]={"like":"A%25"}"#, vec![]),
        (r#"filter[label]={"eq":"12"}"#, vec![]),
    ] {
        let answer = admin.get(&format!("/items/people?{query}&fields=id")).await;
        answer.expect_status(200);
        let rows = answer.body["data"].as_array().expect("rows");
        let mut ids: Vec<u64> = rows.iter().filter_map(|row| row["id"].as_u64()).collect();
        ids.sort_unstable();
        assert_eq!(ids, expected, "{query}: {}", answer.text);
    }
    // Whoever puts what a person typed behind a name puts no operators there.
    admin.create("people", json!({ "id": 9, "name": r#"{"like":"A%"}"# })).await;
    let typed = admin.get(r#"/items/people?filter[name]={"like":"A%25"}&fields=id"#).await;
    assert_eq!(typed.body["data"], json!([{ "id": 9 }]), "{}", typed.text);
    admin.delete("/items/people/9").await.expect_status(200);
    for query in [
        "filter[salary]=10&filter[salary][gt]=5",
        "filter[salary][gt]=5&filter[salary]=10",
        r#"filter={"salary":10}&filter=5"#,
        r#"filter={"salary":10}&filter={"#,
        r#"aggregate={"n":"count"}&aggregate[n]=count"#,
    ] {
        let answer = admin.get(&format!("/items/people?{query}")).await;
        answer.expect_refusal(400, "INVALID_QUERY");
    }
    let gap = "filter[salary][in][1]=20&filter[salary][in][]=30";
    admin.get(&format!("/items/people?{gap}")).await.expect_refusal(400, "INVALID_QUERY");
    // Text that stands for itself is no list, whatever it looks like.
    for (literal, found) in [(false, 1), (true, 0)] {
        let label = json!({ "in": r#"["12"]"#, "$literal": literal });
        let rows = admin.rows("people", json!({ "filter": { "label": label } })).await;
        assert_eq!(rows.len(), found, "{rows:?}");
    }
    let parts =
        r#"aggregate={"n":"count"}&aggregate[most][function]=max&aggregate[most][field]=salary"#;
    let told = admin.get(&format!("/items/people?{parts}")).await;
    assert_eq!(told.body["data"], json!([{ "n": 4, "most": "30" }]), "{}", told.text);
});

on_every_store!(a_column_named_where_none_can_stand_is_refused, async |app| {
    people(app).await;
    for filter in [
        json!({ "name": { "like": "$COL(label)" } }),
        json!({ "name": { "startsWith": "$COL(label)" } }),
        json!({ "salary": { "between": ["$COL(limit_)", 5] } }),
        json!({ "name": { "regex": "$COL(label)" } }),
    ] {
        let answer = app.admin().find("people", json!({ "filter": filter })).await;
        answer.expect_refusal(400, "INVALID_QUERY");
        assert!(answer.text.contains("$COL"), "{}", answer.text);
    }
});

on_every_store!(a_field_by_its_own_name_is_told_how_it_is_asked_for, async |app| {
    people(app).await;
    for (query, name) in [
        ("salary=10", "salary"),
        ("limit_=5", "limit_"),
        ("name[eq]=Ada", "name"),
        ("page=1&id=5", "id"),
    ] {
        for route in ["people", "people/1"] {
            let answer = app.admin().get(&format!("/items/{route}?{query}")).await;
            answer.expect_refusal(400, "INVALID_QUERY");
            let hint = answer.body["error"]["hint"].as_str().expect("a hint");
            assert!(hint.contains(&format!("`filter[{name}]=…`")), "{query}: {}", answer.text);
        }
    }
    let asked = app.admin().get("/items/people?filter[salary]=10").await;
    assert_eq!(asked.expect_status(200).body["totalCount"], 1);
    // Of a field that may not be read nothing is told.
    let grant = json!({ "collection": "people", "action": "read", "fields": ["id", "name"] });
    let reader = app.with_grants("Reader", &[grant]).await;
    reader.get("/items/people?salary=10").await.expect_status(200);
    reader.get("/items/people?name=Ada").await.expect_refusal(400, "INVALID_QUERY");
});

on_every_store!(a_parameter_that_cannot_be_read_is_refused, async |app| {
    people(app).await;
    for query in [
        "filter={",
        "filter=[1]",
        "filter=5",
        "sort={\"id\":\"up\"}",
        "sort={\"id\":1}",
        "sort={",
        "sort=nothing",
        "sort={\"nothing\":\"asc\"}",
        "fields=[1]",
        "fields=[",
        "limit=abc",
        "limit=1.5",
        "limit=-2",
        "limit=99999999999999999999",
        "page=abc",
        "offset=-1",
        "offset=abc",
        "count=perhaps",
        "after=nonsense",
        "aggregate={",
        "aggregate=[]",
        "aggregate={\"n\":{\"function\":\"median\",\"field\":\"salary\"}}",
        "aggregate={\"n\":{\"function\":\"sum\",\"field\":\"*\"}}",
        "aggregate={\"n\":{\"function\":\"sum\",\"field\":\"nothing\"}}",
        "aggregate={\"n\":\"count\"}&groupBy=nothing",
        "aggregate={\"n\":\"count\"}&groupBy=date:century:starts",
        "groupBy=[1]",
        "searchFields=[\"nothing\"]&search=a",
        "relConditions=5",
        "relConditions={",
        "filter[salary=10",
        "filter.salary=10",
        "Filter[salary]=10",
        "filters[salary]=10",
        "Limit=1",
        "filtr={}",
        "filtr[salary]=10",
        "feilds=id",
        "limitt=5",
        "group_by=salary",
        "paranoid=maybe",
        "fields={\"id\":1}",
        "aggregate={\"\":\"count\"}",
        "aggregate={\"n\":\"sum\"}",
    ] {
        let answer = app.admin().get(&format!("/items/people?{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.text);
        assert!(
            matches!(answer.code(), "INVALID_QUERY" | "UNKNOWN_FIELD" | "UNKNOWN_OPERATOR"),
            "{query}: {}",
            answer.text
        );
    }
    // Whatever else stands in an address is somebody else's, also if it ends like a word of ours.
    app.admin()
        .get("/items/people?_=5&cache.key=1&utm[source&age=5&port=1")
        .await
        .expect_status(200);
    app.admin().get("/items/people?numbers=string").await.expect_status(200);
});
