//! Questions that go through several relations: arrays and casts at the far end, columns compared
//! across, conditions on both sides of a path, and the house's own collections in the middle of it.

use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

/// Employees of departments of companies, with visits of their own.
async fn firm(app: &App) {
    let named = |more: Json| {
        let mut fields = json!({ "id": { "type": "Integer", "primaryKey": true }, "name": { "type": "String" } });
        for (name, field) in more.as_object().expect("fields") {
            fields[name] = field.clone();
        }
        json!({ "fields": fields })
    };
    let (words, counts) = (json!({ "type": "Array_String" }), json!({ "type": "Array_Integer" }));
    app.collection("companies", named(json!({ "skills": words, "since": { "type": "DateTime" } })))
        .await;
    app.collection(
        "departments",
        named(json!({ "skills": words, "floors": counts, "least": { "type": "Integer" } })),
    )
    .await;
    app.collection("employees", named(json!({ "skills": words, "salary": { "type": "Integer" } })))
        .await;
    app.collection("visits", named(json!({ "day": { "type": "Date" } }))).await;
    for (from, to, name, alias) in [
        ("departments", "companies", "company", "departments"),
        ("employees", "departments", "department", "employees"),
        ("visits", "employees", "employee", "visits"),
    ] {
        app.relation(from, json!({ "type": "M2O", "target": to, "name": name, "alias": alias }))
            .await;
    }
    for (collection, rows) in [
        (
            "companies",
            json!([
                { "id": 1, "name": "Acme", "skills": ["rust", "sql"], "since": "2001-05-06T07:08:09Z" },
                { "id": 2, "name": "Bolt", "skills": [], "since": "2020-01-01T00:00:00Z" },
            ]),
        ),
        (
            "departments",
            json!([
                { "id": 1, "name": "lab", "skills": ["rust"], "floors": [1, 2], "least": 20, "company": 1 },
                { "id": 2, "name": "shop", "skills": null, "floors": [3], "least": 50, "company": 2 },
            ]),
        ),
        (
            "employees",
            json!([
                { "id": 1, "name": "Ada", "skills": ["sql", "tea"], "salary": 30, "department": 1 },
                { "id": 2, "name": "Bob", "skills": ["tea"], "salary": 10, "department": 1 },
                { "id": 3, "name": "Cyd", "skills": ["sql"], "salary": 60, "department": 2 },
                { "id": 4, "name": "Dan", "skills": null, "salary": 5 },
            ]),
        ),
        (
            "visits",
            json!([
                { "id": 1, "day": "2024-01-01", "employee": 1 }, { "id": 2, "day": "2024-02-01", "employee": 1 },
                { "id": 3, "day": "2024-01-01", "employee": 2 }, { "id": 4, "day": "2024-03-01", "employee": 3 },
            ]),
        ),
    ] {
        app.admin().post(&format!("/items/{collection}/bulk"), rows).await.expect_status(201);
    }
}

async fn found(app: &App, collection: &str, filter: Json) -> Vec<u64> {
    let parameters = json!({ "filter": filter, "fields": ["id"], "sort": "id" });
    let answer = app.admin().find(collection, parameters).await;
    answer.expect_status(200);
    let rows = answer.body["data"].as_array().expect("rows");
    assert_eq!(answer.body["totalCount"], rows.len(), "{}", answer.text);
    rows.iter().filter_map(|row| row["id"].as_u64()).collect()
}

on_every_store!(arrays_are_asked_at_the_end_of_any_path, async |app| {
    firm(app).await;
    for (collection, filter, expected) in [
        ("employees", json!({ "department.skills": { "arraycontains": "rust" } }), vec![1, 2]),
        ("employees", json!({ "department.skills": { "arraycontains": [] } }), vec![1, 2]),
        (
            "employees",
            json!({ "department.company.skills": { "arraycontains": ["rust", "sql"] } }),
            vec![1, 2],
        ),
        (
            "visits",
            json!({ "employee.department.company.skills": { "arraycontains": "sql" } }),
            vec![1, 2, 3],
        ),
        ("employees", json!({ "department.floors": { "arraycontains": [2, 1] } }), vec![1, 2]),
        ("employees", json!({ "department.floors": { "arraycontained": [3, 4] } }), vec![3]),
        (
            "employees",
            json!({ "AND": [{ "skills": { "arraycontains": "tea" } }, { "department.skills": { "arraycontains": "rust" } }, { "salary": { "gt": 20 } }] }),
            vec![1],
        ),
        (
            "companies",
            json!({ "departments.employees.skills": { "arraycontains": "sql" } }),
            vec![1, 2],
        ),
    ] {
        assert_eq!(found(app, collection, filter.clone()).await, expected, "{collection} {filter}");
    }
});

on_every_store!(columns_compare_across_relations, async |app| {
    firm(app).await;
    for (collection, filter, expected) in [
        ("employees", json!({ "salary": { "gt": "$COL(department.least)" } }), vec![1, 3]),
        ("departments", json!({ "employees.salary": { "lt": "$COL(least)" } }), vec![1]),
        ("companies", json!({ "departments.employees.salary": { "gt": "$COL(id)" } }), vec![1, 2]),
        (
            "employees",
            json!({ "AND": [{ "salary": { "gt": "$COL(department.least)" } }, { "name": { "ne": "Cyd" } }] }),
            vec![1],
        ),
    ] {
        assert_eq!(found(app, collection, filter.clone()).await, expected, "{collection} {filter}");
    }
    // Both people of one department match; the department stands on one page, once.
    let parameters = json!({ "filter": { "employees.salary": { "lte": "$COL(least)" }, "employees.id": { "lt": 9 } }, "limit": 1, "page": 1 });
    let page = app.admin().find("departments", parameters).await;
    assert_eq!(
        (&page.body["totalCount"], &page.body["data"][0]["id"]),
        (&json!(1), &json!(1)),
        "{}",
        page.text
    );
});

on_every_store!(casts_reach_the_end_of_a_path, async |app| {
    firm(app).await;
    for (test, expected) in [
        (json!({ "eq": "2001-05-06", "cast": "date" }), vec![1, 2]),
        (json!({ "gt": "07:00:00", "cast": "time" }), vec![1, 2]),
        (json!({ "between": ["2019-01-01", "2021-01-01"], "cast": "date" }), vec![3]),
        (json!({ "startsWith": "2001-", "cast": "text" }), vec![1, 2]),
        (json!({ "in": ["2020-01-01"], "cast": "date" }), vec![3]),
        (json!({ "isNotNull": true, "cast": "varchar" }), vec![1, 2, 3]),
    ] {
        let filter = json!({ "department.company.since": test });
        assert_eq!(found(app, "employees", filter.clone()).await, expected, "{filter}");
    }
    let text = json!({ "department.least": { "iLike": "2%", "cast": "text" } });
    assert_eq!(found(app, "employees", text).await, [1, 2]);
});

on_every_store!(a_filter_and_what_is_shown_are_two_conditions, async |app| {
    firm(app).await;
    let parameters = json!({
        "filter": { "departments.employees.visits.day": { "eq": "2024-01-01" } },
        "fields": ["name", "departments.employees.visits.day"],
        "relConditions": { "departments": { "employees": { "visits": { "day": { "gt": "2024-01-15" } } } } },
    });
    let rows = app.admin().rows("companies", parameters).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    let people = rows[0]["departments"][0]["employees"].as_array().expect("people");
    let days: Vec<Json> = people.iter().map(|one| one["visits"].clone()).collect();
    assert_eq!(
        days.iter().map(|list| list.as_array().map(Vec::len)).collect::<Vec<_>>(),
        [Some(1), Some(0)],
        "{people:?}"
    );
    assert_eq!(days[0][0]["day"], "2024-02-01");
});

on_every_store!(a_role_of_a_user_is_found_through_two_relations_on_a_page, async |app| {
    let person = app.with_grants("Editor", &[]).await;
    let filter = json!({ "AND": [{ "userRoles.role.name": { "eq": "Editor" } }, { "email": { "eq": "editor@example.com" } }] });
    let parameters =
        json!({ "fields": ["*", "userRoles.role.name"], "filter": filter, "limit": 10, "page": 1 });
    let answer = app.admin().find("baasix_User", parameters).await;
    let row = &answer.body["data"][0];
    assert_eq!(
        (&answer.body["totalCount"], &row["id"]),
        (&json!(1), &json!(person.user_id)),
        "{}",
        answer.text
    );
    assert_eq!(row["userRoles"][0]["role"]["name"], "Editor");
    assert!(row.get("password").is_none(), "{row}");
    // Grouped through the same relations.
    let grouped = json!({ "aggregate": { "n": { "function": "count", "field": "*" } }, "filter": { "user.id": { "not": null } }, "groupBy": ["role.name"], "sort": "role_name" });
    let groups = app.admin().rows("baasix_UserRole", grouped).await;
    assert_eq!(
        (&groups[0]["role.name"], &groups[0]["role_name"], &groups[0]["n"]),
        (&json!("Editor"), &json!("Editor"), &json!(1)),
        "{groups:?}"
    );
    assert!(groups[0].get("id").is_none());
});

on_every_store!(a_relation_of_a_system_collection_shows_what_the_pattern_names, async |app| {
    app.collection("crews", json!({ "fields": { "name": { "type": "String" } } })).await;
    app.relation(
        "baasix_User",
        json!({ "type": "M2O", "target": "crews", "name": "crew", "alias": "members" }),
    )
    .await;
    let grant = json!({ "collection": "crews", "action": "read", "fields": "id, name, members.id, members.firstName" });
    let reader = app.with_grants("Reader", &[grant]).await;
    let crew = app.admin().create("crews", json!({ "name": "red" })).await;
    let me = format!("/items/baasix_User/{}", reader.user_id.as_deref().expect("a user"));
    app.admin().patch(&me, json!({ "crew_id": crew })).await.expect_status(200);
    let path = format!("/items/crews/{}?fields=name,members.*", crate::harness::plain(&crew));
    let narrow = reader.get(&path).await;
    assert_eq!(
        narrow.expect_status(200).body["data"]["members"],
        json!([{ "id": reader.user_id, "firstName": "Reader" }]),
        "{}",
        narrow.text
    );
    let list = reader.rows("crews", json!({ "fields": ["name", "members.*"] })).await;
    assert_eq!(
        list[0]["members"],
        json!([{ "id": reader.user_id, "firstName": "Reader" }]),
        "{list:?}"
    );
    let whole = app.admin().get(&path).await.body["data"]["members"][0].clone();
    assert!(whole["email"].is_string() && whole.get("password").is_none(), "{whole}");
});

on_every_store!(a_write_is_seen_by_the_next_read_by_every_path, async |app| {
    firm(app).await;
    let admin = app.admin();
    let lists = [
        (
            "employees",
            json!({ "fields": ["name", "department.name", "visits.day"], "sort": "name" }),
        ),
        (
            "employees",
            json!({ "filter": { "department.name": { "eq": "lab" } }, "sort": "-salary", "limit": 1, "page": 1 }),
        ),
        (
            "departments",
            json!({ "aggregate": { "n": { "function": "count", "field": "employees.id" } }, "groupBy": ["name"] }),
        ),
        ("employees", json!({ "search": "Ada" })),
    ];
    let mut before = Vec::new();
    for (collection, parameters) in &lists {
        before.push(admin.find(collection, parameters.clone()).await.text);
    }
    admin
        .patch("/items/employees/1", json!({ "name": "Ada Byron", "salary": 1, "department": 2 }))
        .await
        .expect_status(200);
    admin.delete("/items/visits/1").await.expect_status(200);
    admin.create("employees", json!({ "id": 9, "name": "Ada too", "department": 1 })).await;
    for ((collection, parameters), before) in lists.iter().zip(before) {
        let after = admin.find(collection, parameters.clone()).await.text;
        assert_ne!(after, before, "{collection} {parameters}");
        assert_eq!(admin.find(collection, parameters.clone()).await.text, after);
    }
});
