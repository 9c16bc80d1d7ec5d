//! Query strings: A2.

use super::{Row, found, hold, limits};
use crate::surface::base44::request;
use crate::surface::tree_tests as tree;
use base::Code;
use serde_json::json;

#[test]
fn every_parameter_of_a_list_is_its_part_of_the_read() {
    use Code::{InvalidQuery, UnknownOperator};
    let table: Vec<Row<&str>> = vec![
        ("nothing", "", Ok(json!({"sort": ["-createdAt"], "limit": 5000}))),
        ("q={}", "q=%7B%7D", Ok(json!({"sort": ["-createdAt"], "limit": 5000}))),
        (
            "q, encoded as axios does",
            "q=%7B%22$or%22:[%7B%22a%22:1%7D,%7B%22b%22:2%7D]%7D&limit=5",
            Ok(json!({
                "filter": {"OR": [{"a": {"eq": 1}}, {"b": {"eq": 2}}]},
                "sort": ["-createdAt"], "limit": 5,
            })),
        ),
        ("q, no JSON", "q=%7B", Err((InvalidQuery, "q"))),
        ("q, an operator that is none", "q={\"a\":{\"$x\":1}}", Err((UnknownOperator, "q.a.$x"))),
        ("sort x", "sort=a", Ok(json!({"sort": ["a"], "limit": 5000}))),
        ("sort -x", "sort=-a", Ok(json!({"sort": ["-a"], "limit": 5000}))),
        ("sort +x", "sort=%2Ba", Ok(json!({"sort": ["a"], "limit": 5000}))),
        ("sort +x, decoded to a blank", "sort=+a", Ok(json!({"sort": ["a"], "limit": 5000}))),
        (
            "sort updated_date",
            "sort=-updated_date",
            Ok(json!({"sort": ["-updatedAt"], "limit": 5000})),
        ),
        ("sort by two", "sort=a,b", Err((InvalidQuery, "sort"))),
        ("sort by a path", "sort=a.b", Err((InvalidQuery, "sort"))),
        (
            "limit and skip",
            "limit=10&skip=20",
            Ok(json!({"sort": ["-createdAt"], "limit": 10, "offset": 20})),
        ),
        ("limit over the cap", "limit=5001", Ok(json!({"sort": ["-createdAt"], "limit": 5000}))),
        ("limit 0", "limit=0", Ok(json!({"sort": ["-createdAt"], "limit": 5000}))),
        ("limit of another kind", "limit=x", Err((InvalidQuery, "limit"))),
        ("skip of another kind", "skip=-1", Err((InvalidQuery, "skip"))),
        (
            "fields",
            "fields=id,title",
            Ok(json!({"sort": ["-createdAt"], "limit": 5000, "fields": ["id", "title"]})),
        ),
        (
            "fields without the id",
            "fields=title,created_by",
            Ok(
                json!({"sort": ["-createdAt"], "limit": 5000, "fields": ["id", "title", "userCreated.email"]}),
            ),
        ),
        ("fields with a path", "fields=a.b", Err((InvalidQuery, "fields"))),
        (
            "any other name",
            "status=done&n=5",
            Ok(json!({
                "filter": {"AND": [{"status": {"eq": "done"}}, {"n": {"eq": "5"}}]},
                "sort": ["-createdAt"], "limit": 5000,
            })),
        ),
        (
            "any other name, in a document",
            "a.b=5&a.c=x",
            Ok(json!({
                "filter": {"AND": [found(r#"(@."b" == "5" || @."b" == 5)"#), found(r#"@."c" == "x""#)]},
                "sort": ["-createdAt"], "limit": 5000,
            })),
        ),
        ("a name that is none", "$where=1", Err((InvalidQuery, "$where"))),
    ];
    hold(table, |sent| request::list("Task", sent, &limits()).map(|read| tree::read(&read)));

    let table: Vec<Row<&str>> = vec![
        ("v2/list, nothing", "", Ok(json!({"sort": ["-createdAt"], "limit": 100, "after": ""}))),
        (
            "v2/list, all",
            "q={\"a\":1}&sort=b&fields=id&limit=9999",
            Ok(
                json!({"filter": {"a": {"eq": 1}}, "sort": ["b"], "limit": 5000, "after": "", "fields": ["id"]}),
            ),
        ),
        (
            "v2/list, distinct",
            "distinct=a",
            Ok(json!({"sort": ["a"], "limit": 100, "groups": ["a"]})),
        ),
        (
            "v2/list, distinct over the cap",
            "distinct=a&limit=5000&q={\"b\":1}",
            Ok(json!({"filter": {"b": {"eq": 1}}, "sort": ["a"], "limit": 1000, "groups": ["a"]})),
        ),
        ("v2/list, a cursor of nobody", "cursor=abc", Err((InvalidQuery, "cursor"))),
        ("v2/list, another parameter", "skip=1", Err((InvalidQuery, "skip"))),
    ];
    hold(table, |sent| request::page("Task", sent, &limits()).map(|page| tree::read(&page.read)));

    let table: Vec<Row<&str>> = vec![
        ("count", "", Ok(json!({"limit": 0}))),
        ("count q", "q={\"a\":1}", Ok(json!({"filter": {"a": {"eq": 1}}, "limit": 0}))),
        ("count, another parameter", "sort=a", Err((InvalidQuery, "sort"))),
    ];
    hold(table, |sent| request::count("Task", sent, &limits()).map(|read| tree::read(&read)));
    assert_eq!(tree::read(&request::one("Task", "a b/c")), json!({"key": "a b/c"}), "get");
}
