//! Bodies about many records: `aggregate` and `upsert` of A2.

use super::{Row, hold, known, limits};
use crate::surface::base44::aggregate::{Unit, aggregate};
use crate::surface::base44::upsert::upsert;
use crate::surface::tree_tests as tree;
use base::Code;
use query::print_filter;
use serde_json::{Value as Json, json};

#[test]
fn every_part_of_an_aggregate_is_its_part_of_the_read() {
    use Code::{InvalidBody, InvalidQuery, UnknownOperator};
    let counted = "count: Count *";
    let table: Vec<Row<Json>> = vec![
        ("nothing", json!({}), Ok(json!({"limit": 1001, "computed": [counted]}))),
        (
            "query",
            json!({"query": {"a": 1}}),
            Ok(json!({"filter": {"a": {"eq": 1}}, "limit": 1001, "computed": [counted]})),
        ),
        (
            "groupBy",
            json!({"groupBy": ["a", "created_by_id"]}),
            Ok(json!({"limit": 1001, "groups": ["a", "userCreated_Id"], "computed": [counted]})),
        ),
        (
            "groupBy, one name, as the documents spell it",
            json!({"group_by": "a"}),
            Ok(json!({"limit": 1001, "groups": ["a"], "computed": [counted]})),
        ),
        (
            "dateBucket day",
            json!({"dateBucket": {"field": "created_date", "unit": "day"}}),
            Ok(json!({
                "limit": 1001, "computed": [counted],
                "groups": ["date:year:createdAt", "date:month:createdAt", "date:day:createdAt"],
            })),
        ),
        (
            "dateBucket week",
            json!({"date_bucket": {"field": "a", "unit": "week"}}),
            Ok(
                json!({"limit": 1001, "groups": ["date:isoyear:a", "date:week:a"], "computed": [counted]}),
            ),
        ),
        (
            "dateBucket month, behind groups",
            json!({"groupBy": ["b"], "dateBucket": {"field": "a", "unit": "month"}}),
            Ok(
                json!({"limit": 1001, "groups": ["b", "date:year:a", "date:month:a"], "computed": [counted]}),
            ),
        ),
        (
            "dateBucket year",
            json!({"dateBucket": {"field": "a", "unit": "year"}}),
            Ok(json!({"limit": 1001, "groups": ["date:year:a"], "computed": [counted]})),
        ),
        (
            "sum avg min max countDistinct",
            json!({"count": false, "sum": ["a"], "avg": "a", "min": ["a"], "max": ["a", "b"], "countDistinct": ["a"]}),
            Ok(json!({"limit": 1001, "computed": [
                "sum_a: Sum a", "avg_a: Avg a", "min_a: Min a", "max_a: Max a", "max_b: Max b",
                "count_distinct_a: Distinct a",
            ]})),
        ),
        (
            "count_distinct",
            json!({"count_distinct": ["created_date"], "count": false}),
            Ok(
                json!({"limit": 1001, "computed": ["count_distinct_created_date: Distinct createdAt"]}),
            ),
        ),
        (
            "sort by what is computed",
            json!({"groupBy": ["a"], "sort": "-count"}),
            Ok(json!({"sort": ["-count"], "limit": 1001, "groups": ["a"], "computed": [counted]})),
        ),
        (
            "sort by a group",
            json!({"groupBy": ["created_by_id"], "sort": "created_by_id"}),
            Ok(
                json!({"sort": ["userCreated_Id"], "limit": 1001, "groups": ["userCreated_Id"], "computed": [counted]}),
            ),
        ),
        (
            "sort by the bucket",
            json!({"dateBucket": {"field": "a", "unit": "month"}, "sort": "-a"}),
            Ok(json!({
                "sort": ["-date:year:a", "-date:month:a"], "limit": 1001,
                "groups": ["date:year:a", "date:month:a"], "computed": [counted],
            })),
        ),
        ("limit", json!({"limit": 10}), Ok(json!({"limit": 11, "computed": [counted]}))),
        (
            "limit over the cap",
            json!({"limit": 5000}),
            Ok(json!({"limit": 1001, "computed": [counted]})),
        ),
        // Groups are counted off when they were judged.
        (
            "having",
            json!({"having": {"count": {"$gt": 5}}, "limit": 10}),
            Ok(json!({"limit": -1, "computed": [counted], "having": {"count": {"gt": 5}}})),
        ),
        (
            "having, logic",
            json!({"sum": "a", "having": {"$or": [{"sum_a": {"$gte": 5}}, {"count": 1}]}}),
            Ok(json!({
                "limit": -1, "computed": [counted, "sum_a: Sum a"],
                "having": {"OR": [{"sum_a": {"gte": 5}}, {"count": {"eq": 1}}]},
            })),
        ),
        (
            "having of nothing",
            json!({"having": {}}),
            Ok(json!({"limit": 1001, "computed": [counted]})),
        ),
        (
            "having of a field",
            json!({"groupBy": ["a"], "having": {"a": 1}}),
            Err((InvalidBody, "having.a")),
        ),
        (
            "having, a pattern",
            json!({"having": {"count": {"$regex": "x"}}}),
            Err((InvalidQuery, "having.count")),
        ),
        (
            "having, no operator",
            json!({"having": {"count": {"$x": 1}}}),
            Err((UnknownOperator, "having.count.$x")),
        ),
        ("having, no object", json!({"having": 1}), Err((InvalidBody, "having"))),
        (
            "five groups",
            json!({"groupBy": ["a", "b", "c", "d", "e"]}),
            Err((InvalidBody, "groupBy")),
        ),
        ("a group that is no name", json!({"groupBy": [1]}), Err((InvalidBody, "groupBy"))),
        ("a group with dots", json!({"groupBy": ["a.b"]}), Err((InvalidQuery, "groupBy"))),
        (
            "another unit",
            json!({"dateBucket": {"field": "a", "unit": "hour"}}),
            Err((InvalidBody, "dateBucket.unit")),
        ),
        (
            "a bucket without a field",
            json!({"dateBucket": {"unit": "day"}}),
            Err((InvalidBody, "dateBucket")),
        ),
        ("sort by nothing known", json!({"sort": "cuont"}), Err((InvalidBody, "sort"))),
        ("count of another kind", json!({"count": "yes"}), Err((InvalidBody, "count"))),
        ("nothing asked", json!({"count": false}), Err((InvalidBody, "count"))),
        ("a key that is none", json!({"grupBy": ["a"]}), Err((InvalidBody, "grupBy"))),
        (
            "a key in both spellings",
            json!({"groupBy": "a", "group_by": "b"}),
            Err((InvalidBody, "group_by")),
        ),
        ("limit of another kind", json!({"limit": "10"}), Err((InvalidBody, "limit"))),
        ("query of another kind", json!({"query": []}), Err((InvalidBody, "query"))),
        ("no object", json!([]), Err((InvalidBody, "body"))),
    ];
    hold(table, |sent| {
        let call = aggregate("Task", sent, &limits())?;
        let mut told = tree::read(&call.read);
        if let Some(having) = &call.having {
            told["having"] = print_filter(having);
        }
        Ok(told)
    });
    let call = aggregate(
        "Task",
        &json!({"limit": 10, "dateBucket": {"field": "a", "unit": "week"}}),
        &limits(),
    );
    let call = call.unwrap();
    let bucket = call.bucket.unwrap();
    assert_eq!((call.most, bucket.field.as_str(), bucket.unit), (10, "a", Unit::Week));
    let error = aggregate("Task", &json!({"grupBy": []}), &limits()).unwrap_err();
    assert_eq!(error.hint_text(), Some("did you mean `groupBy`?"));
}

#[test]
fn an_upsert_is_a_read_of_what_stands_and_a_write_of_the_rest() {
    use Code::InvalidBody;
    let many: Vec<Json> = (0..501).map(|n| json!({"sku": n})).collect();
    let table: Vec<Row<Json>> = vec![
        (
            "one key",
            json!({"records": [{"sku": "x", "a": 1}, {"sku": "y"}], "key": "sku"}),
            Ok(
                json!([{"filter": {"sku": {"in": ["x", "y"]}}, "limit": -1, "fields": ["id", "sku"]}]),
            ),
        ),
        (
            "several keys",
            json!({"records": [{"sku": "x", "a": 1}], "key": ["sku", "a"]}),
            Ok(json!([{
                "filter": {"OR": [{"AND": [{"sku": {"eq": "x"}}, {"a": {"eq": 1}}]}]},
                "limit": -1, "fields": ["id", "sku", "a"],
            }])),
        ),
        (
            "more than one list holds",
            json!({"records": [{"a": 1}, {"a": 2}, {"a": 3}, {"a": 4}, {"a": 5}], "key": ["a"]}),
            Ok(json!([
                {"filter": {"a": {"in": [1, 2, 3, 4]}}, "limit": -1, "fields": ["id", "a"]},
                {"filter": {"a": {"in": [5]}}, "limit": -1, "fields": ["id", "a"]},
            ])),
        ),
        ("no records", json!({"records": [], "key": "sku"}), Ok(json!([]))),
        (
            "one name twice",
            json!({"records": [{"sku": "x", "a": 1}, {"sku": "x", "a": 2}], "key": "sku"}),
            Ok(json!([{"filter": {"sku": {"in": ["x"]}}, "limit": -1, "fields": ["id", "sku"]}])),
        ),
        ("501 records", json!({"records": many, "key": "sku"}), Err((InvalidBody, "records"))),
        ("no list", json!({"records": {}, "key": "sku"}), Err((InvalidBody, "records"))),
        ("no key", json!({"records": []}), Err((InvalidBody, "key"))),
        ("a key of none", json!({"records": [], "key": []}), Err((InvalidBody, "key"))),
        (
            "a key that is not declared",
            json!({"records": [], "key": "ghost"}),
            Err((InvalidBody, "key")),
        ),
        ("a key of the server", json!({"records": [], "key": "id"}), Err((InvalidBody, "key"))),
        (
            "an empty name",
            json!({"records": [{"sku": ""}], "key": "sku"}),
            Err((InvalidBody, "records.0.sku")),
        ),
        (
            "a null name",
            json!({"records": [{"sku": null}], "key": "sku"}),
            Err((InvalidBody, "records.0.sku")),
        ),
        (
            "no name",
            json!({"records": [{"sku": "x"}, {"a": 1}], "key": "sku"}),
            Err((InvalidBody, "records.1.sku")),
        ),
        (
            "a list as a name",
            json!({"records": [{"sku": ["x"]}], "key": "sku"}),
            Err((InvalidBody, "records.0.sku")),
        ),
        (
            "a record that is none",
            json!({"records": [1], "key": "sku"}),
            Err((InvalidBody, "records.0")),
        ),
        ("no object", json!([]), Err((InvalidBody, "body"))),
    ];
    hold(table, |sent| {
        upsert("Task", sent, &known, &limits())
            .map(|call| call.reads.iter().map(tree::read).collect())
    });

    let body = json!({
        "key": "sku",
        "records": [
            {"sku": 1, "a": 1}, {"sku": "y", "a": 2}, {"sku": "z", "a": 3, "ghost": 1}, {"sku": "y", "b": 4},
        ],
    });
    let call = upsert("Task", &body, &known, &limits()).unwrap();
    let found = [
        json!({"id": "7", "sku": serde_json::from_str::<Json>("1.0").unwrap()}),
        json!({"id": "8", "sku": "z"}),
    ];
    let found: Vec<_> = found.iter().map(|record| record.as_object().unwrap().clone()).collect();
    assert_eq!(
        tree::write(&call.write(&found)),
        json!([
            {"update": "7", "body": {"sku": 1, "a": 1}, "expect": {"sku": found[0]["sku"]}},
            {"create": {"sku": "y", "b": 4}},
            {"update": "8", "body": {"sku": "z", "a": 3}, "expect": {"sku": "z"}},
        ])
    );
}
