//! Bodies of records, and update operators: A2 and A4.

use super::{Row, a, hold, known, limits, missing};
use crate::surface::base44::request;
use crate::surface::base44::update::update_many;
use crate::surface::tree_tests as tree;
use base::Code;
use serde_json::{Value as Json, json};

#[test]
fn every_body_is_its_write() {
    use Code::InvalidBody;
    let table: Vec<Row<Json>> = vec![
        ("create", json!({"a": 1, "b": null}), Ok(json!([{"create": {"a": 1, "b": null}}]))),
        ("create, unknown keys", json!({"a": 1, "ghost": 2}), Ok(json!([{"create": {"a": 1}}]))),
        (
            "create, keys of the server",
            json!({"a": 1, "id": 1, "created_date": 1, "updated_date": 1, "created_by": 1, "created_by_id": 1}),
            Ok(json!([{"create": {"a": 1}}])),
        ),
        ("create, no object", json!([]), Err((InvalidBody, "body"))),
    ];
    hold(table, |sent| {
        request::create("Task", sent.clone(), &known).map(|write| tree::write(&write))
    });

    let table: Vec<Row<Json>> = vec![
        (
            "bulkCreate",
            json!([{"a": 1}, {"a": 2}]),
            Ok(json!([{"create": {"a": 1}}, {"create": {"a": 2}}])),
        ),
        ("bulkCreate of none", json!([]), Ok(json!([]))),
        ("bulkCreate, one is no object", json!([{"a": 1}, 2]), Err((InvalidBody, "1"))),
        ("bulkCreate, no list", json!({"a": 1}), Err((InvalidBody, "body"))),
    ];
    hold(table, |sent| {
        request::bulk_create("Task", sent.clone(), &known, &limits())
            .map(|write| tree::write(&write))
    });

    let table: Vec<Row<Json>> = vec![
        ("update", json!({"a": 1, "id": "x"}), Ok(json!([{"update": "7", "body": {"a": 1}}]))),
        ("update, no object", json!("x"), Err((InvalidBody, "body"))),
    ];
    hold(table, |sent| {
        request::update("Task", "7", sent.clone(), &known).map(|write| tree::write(&write))
    });

    let table: Vec<Row<Json>> = vec![
        (
            "bulkUpdate",
            json!([{"id": "1", "a": 1}, {"id": "2", "b": 2}]),
            Ok(json!([{"update": "1", "body": {"a": 1}}, {"update": "2", "body": {"b": 2}}])),
        ),
        ("bulkUpdate without an id", json!([{"a": 1}]), Err((InvalidBody, "0.id"))),
        ("bulkUpdate, an id twice", json!([{"id": "1"}, {"id": "1"}]), Err((InvalidBody, "1.id"))),
        (
            "bulkUpdate, 501",
            (0..501).map(|n| json!({"id": n.to_string()})).collect(),
            Err((InvalidBody, "body")),
        ),
        ("bulkUpdate, no list", json!({}), Err((InvalidBody, "body"))),
    ];
    hold(table, |sent| {
        request::bulk_update("Task", sent.clone(), &known).map(|write| tree::write(&write))
    });
    assert_eq!(
        tree::write(&request::delete("Task", "7")),
        json!([{"delete": "7", "force": false}]),
        "delete"
    );

    let table: Vec<Row<Json>> = vec![
        (
            "deleteMany",
            json!({"a": 1}),
            Ok(json!({"filter": {"a": {"eq": 1}}, "limit": -1, "fields": ["id"]})),
        ),
        ("deleteMany, {}", json!({}), Ok(json!({"limit": -1, "fields": ["id"]}))),
        ("deleteMany without a body", json!(null), Err((InvalidBody, "query"))),
    ];
    hold(table, |sent| request::delete_many("Task", sent, &limits()).map(|read| tree::read(&read)));
}

#[test]
fn every_update_operator_is_read_and_no_other() {
    use Code::{InvalidBody, InvalidQuery, UnknownOperator};
    let touched = |fields: &[&str]| Ok(json!({"limit": 501, "fields": fields}));
    let table: Vec<Row<Json>> = vec![
        ("$set", json!({"$set": {"a": 1}}), touched(&["id", "a"])),
        ("$set, in a document", json!({"$set": {"a.b": 1}}), touched(&["id", "a"])),
        ("$inc", json!({"$inc": {"a": -1.5}}), touched(&["id", "a"])),
        ("$unset", json!({"$unset": {"a": ""}}), touched(&["id", "a"])),
        ("$rename", json!({"$rename": {"a": "b"}}), touched(&["id", "a", "b"])),
        ("$mul", json!({"$mul": {"a": 2}}), touched(&["id", "a"])),
        ("$min", json!({"$min": {"a": 2}}), touched(&["id", "a"])),
        ("$max", json!({"$max": {"a": "x"}}), touched(&["id", "a"])),
        ("$currentDate", json!({"$currentDate": {"a": true}}), touched(&["id", "a"])),
        (
            "$currentDate, a type",
            json!({"$currentDate": {"a": {"$type": "date"}}}),
            touched(&["id", "a"]),
        ),
        ("$addToSet", json!({"$addToSet": {"a": "x"}}), touched(&["id", "a"])),
        ("$push", json!({"$push": {"a": {"x": 1}}}), touched(&["id", "a"])),
        ("$pull", json!({"$pull": {"a": "x"}}), touched(&["id", "a"])),
        ("several", json!({"$set": {"a": 1}, "$inc": {"b": 1}}), touched(&["id", "a", "b"])),
        ("$pop", json!({"$pop": {"a": 1}}), Err((UnknownOperator, "data.$pop"))),
        ("$pullAll", json!({"$pullAll": {"a": [1]}}), Err((UnknownOperator, "data.$pullAll"))),
        ("$bit", json!({"$bit": {"a": {"and": 1}}}), Err((UnknownOperator, "data.$bit"))),
        (
            "$setOnInsert",
            json!({"$setOnInsert": {"a": 1}}),
            Err((UnknownOperator, "data.$setOnInsert")),
        ),
        ("a pipeline", json!([{"$set": {"a": 1}}]), Err((InvalidBody, "data"))),
        ("keys without $", json!({"a": 1}), Err((UnknownOperator, "data.a"))),
        (
            "one field under two",
            json!({"$set": {"a": 1}, "$inc": {"a": 1}}),
            Err((InvalidBody, "data")),
        ),
        (
            "a field of the server",
            json!({"$set": {"updated_date": 1}}),
            Err((InvalidQuery, "data.$set.updated_date")),
        ),
        ("$inc by a text", json!({"$inc": {"a": "1"}}), Err((InvalidQuery, "data.$inc.a"))),
    ];
    hold(table, |sent| {
        let body = json!({"query": {}, "data": sent});
        update_many("Task", &body, &limits()).map(|call| tree::read(&call.read))
    });
    let asked = json!({"query": {"a": {"$ne": 1}}, "data": {"$set": {"a": 1}}});
    let call = update_many("Task", &asked, &limits()).unwrap();
    assert_eq!(tree::read(&call.read)["filter"], missing(a("ne", json!(1))), "query");
}
