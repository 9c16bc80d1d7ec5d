//! Bodies: B4.

use super::{Row, hold};
use crate::surface::datrix::body::{Name, Reach, create, delete, update};
use crate::surface::tree_tests as tree;
use base::Limits;
use catalog::{Element, FieldKind};
use serde_json::{Value as Json, json};

fn names(way: &str) -> Option<Name> {
    let last = way.rsplit('.').next().unwrap_or(way);
    Some(match way {
        "author" | "author.company" | "tags.group" => Name::Relation(Reach::One),
        "tags" | "author.posts" => Name::Relation(Reach::Many),
        _ => Name::Field(match last {
            "title" | "name" => FieldKind::String { length: Some(3) },
            "status" => FieldKind::Enum { values: vec![String::from("open")] },
            "n" | "authorId" => FieldKind::Integer,
            "price" => FieldKind::Decimal { precision: Some(10), scale: Some(2) },
            "done" => FieldKind::Boolean,
            "day" => FieldKind::Date,
            "at" => FieldKind::DateTime,
            "words" => FieldKind::Array(Element::String),
            "meta" => FieldKind::Json { binary: true },
            _ => return None,
        }),
    })
}

#[test]
fn every_form_of_a_body_is_its_write() {
    const WRONG: &str = "VALIDATION_FAILED";
    const RELATION: &str = "INVALID_VALUE";
    let same = |json: Json| Ok(json);
    let table: Vec<Row<Json>> = vec![
        ("a JSON object", json!({"title": "x", "n": 1}), same(json!({"title": "x", "n": 1}))),
        ("{}", json!({}), same(json!({}))),
        ("a list", json!([]), Err(("INVALID_BODY", "body"))),
        ("a text", json!("x"), Err(("INVALID_BODY", "body"))),
        ("missing", json!(null), Err(("INVALID_BODY", "body"))),
        ("unknown key", json!({"ghost": 1}), Err(("INVALID_FIELD", "ghost"))),
        (
            "unknown key, in a new record",
            json!({"author": {"create": {"ghost": 1}}}),
            Err(("INVALID_FIELD", "author.ghost")),
        ),
        ("not the name of a field", json!({"a b": 1}), Err(("INVALID_FIELD_NAME", "a b"))),
        ("__proto__", json!({"__proto__": 1}), Err(("INVALID_FIELD_NAME", "__proto__"))),
        ("id", json!({"id": 1}), Err(("RESERVED_FIELD_WRITE", "id"))),
        ("createdAt", json!({"createdAt": "x"}), Err(("RESERVED_FIELD_WRITE", "createdAt"))),
        ("updatedAt", json!({"updatedAt": "x"}), Err(("RESERVED_FIELD_WRITE", "updatedAt"))),
        (
            "id, in a new record",
            json!({"author": {"create": {"id": 1}}}),
            Err(("RESERVED_FIELD_WRITE", "author.id")),
        ),
        (
            "null",
            json!({"title": null, "n": null, "done": null, "at": null, "words": null}),
            same(json!({"title": null, "n": null, "done": null, "at": null, "words": null})),
        ),
        ("text for text", json!({"title": "x"}), same(json!({"title": "x"}))),
        ("number for text", json!({"title": 1}), Err((WRONG, "title"))),
        ("truth for text", json!({"title": true}), Err((WRONG, "title"))),
        ("object for text", json!({"title": {}}), Err((WRONG, "title"))),
        ("a length is a rule of its own", json!({"title": "long"}), same(json!({"title": "long"}))),
        ("number for number", json!({"n": 1, "price": 1.5}), same(json!({"n": 1, "price": 1.5}))),
        ("\"10\" for number", json!({"n": "10"}), Err((WRONG, "n"))),
        ("\"10\" for decimal", json!({"price": "10"}), Err((WRONG, "price"))),
        ("truth for number", json!({"n": true}), Err((WRONG, "n"))),
        ("truth for truth", json!({"done": false}), same(json!({"done": false}))),
        ("\"true\" for truth", json!({"done": "true"}), Err((WRONG, "done"))),
        ("1 for truth", json!({"done": 1}), Err((WRONG, "done"))),
        (
            "ISO text for a moment",
            json!({"at": "2024-05-01T12:00:00Z", "day": "2024-05-01"}),
            same(json!({"at": "2024-05-01T12:00:00Z", "day": "2024-05-01"})),
        ),
        ("another text for a moment", json!({"at": "soon"}), Err((WRONG, "at"))),
        ("number for a moment", json!({"at": 1_714_564_800}), Err((WRONG, "at"))),
        ("word for a word", json!({"status": "open"}), same(json!({"status": "open"}))),
        ("number for a word", json!({"status": 1}), Err((WRONG, "status"))),
        ("list for a list", json!({"words": ["x"]}), same(json!({"words": ["x"]}))),
        ("text for a list", json!({"words": "x"}), Err((WRONG, "words"))),
        (
            "json holds anything",
            json!({"meta": {"connect": [1]}}),
            same(json!({"meta": {"connect": [1]}})),
        ),
        ("json holds a list", json!({"meta": [{"id": 1}]}), same(json!({"meta": [{"id": 1}]}))),
        ("a raw key", json!({"authorId": 3}), same(json!({"authorId": 3}))),
        ("to one: id", json!({"author": 3}), same(json!({"author": 3}))),
        ("to one: id as text", json!({"author": "x"}), same(json!({"author": "x"}))),
        ("to one: null", json!({"author": null}), same(json!({"author": null}))),
        ("to one: {id}", json!({"author": {"id": 1}}), Err((RELATION, "author"))),
        ("to one: a list", json!({"author": [1, 2]}), Err((RELATION, "author"))),
        ("to one: a truth", json!({"author": true}), Err((RELATION, "author"))),
        ("to one: connect", json!({"author": {"connect": 3}}), same(json!({"author": 3}))),
        (
            "to one: connect {id}",
            json!({"author": {"connect": {"id": 3}}}),
            same(json!({"author": 3})),
        ),
        ("to one: connect two", json!({"author": {"connect": [1, 2]}}), Err((RELATION, "author"))),
        ("to one: set", json!({"author": {"set": [3]}}), same(json!({"author": 3}))),
        ("to one: set null", json!({"author": {"set": null}}), same(json!({"author": null}))),
        (
            "to one: disconnect true",
            json!({"author": {"disconnect": true}}),
            same(json!({"author": null})),
        ),
        (
            "to one: disconnect an id",
            json!({"author": {"disconnect": 1}}),
            Err((RELATION, "author")),
        ),
        (
            "to one: create",
            json!({"author": {"create": {"name": "x", "company": {"connect": 9}}}}),
            same(json!({"author": {"name": "x", "company": 9}})),
        ),
        (
            "to one: create, a wrong value",
            json!({"author": {"create": {"name": 1}}}),
            Err((WRONG, "author.name")),
        ),
        (
            "to one: update",
            json!({"author": {"update": {"where": {"id": 3}, "data": {"name": "x"}}}}),
            same(json!({"author": {"id": 3, "name": "x"}})),
        ),
        (
            "to one: update without where",
            json!({"author": {"update": {"data": {}}}}),
            Err((RELATION, "author")),
        ),
        ("to one: delete", json!({"author": {"delete": 1}}), Err((RELATION, "author"))),
        (
            "to one: two words",
            json!({"author": {"connect": 1, "create": {}}}),
            Err((RELATION, "author")),
        ),
        ("to one: another word", json!({"author": {"conect": 1}}), Err((RELATION, "author"))),
        ("to one: nothing", json!({"author": {}}), Err((RELATION, "author"))),
        ("to many: ids are the whole list", json!({"tags": [1, 2]}), same(json!({"tags": [1, 2]}))),
        ("to many: one id", json!({"tags": 1}), same(json!({"tags": [1]}))),
        ("to many: none", json!({"tags": []}), same(json!({"tags": []}))),
        ("to many: null", json!({"tags": null}), Err((RELATION, "tags"))),
        ("to many: {id} in a list", json!({"tags": [{"id": 1}]}), Err((RELATION, "tags"))),
        ("to many: null in a list", json!({"tags": [null]}), Err((RELATION, "tags"))),
        (
            "to many: set",
            json!({"tags": {"set": [1, {"id": 2}, 1]}}),
            same(json!({"tags": [1, 2]})),
        ),
        ("to many: set none", json!({"tags": {"set": []}}), same(json!({"tags": []}))),
        (
            "to many: connect",
            json!({"tags": {"connect": [1, 2]}}),
            same(json!({"tags": {"$connect": [1, 2]}})),
        ),
        (
            "to many: connect one",
            json!({"tags": {"connect": 1}}),
            same(json!({"tags": {"$connect": [1]}})),
        ),
        (
            "to many: create",
            json!({"tags": {"create": {"name": "x", "group": 4}}}),
            same(json!({"tags": {"$create": [{"name": "x", "group": 4}]}})),
        ),
        (
            "to many: create beside connect",
            json!({"tags": {"connect": 1, "create": [{"name": "x"}]}}),
            same(json!({"tags": {"$connect": [1], "$create": [{"name": "x"}]}})),
        ),
        (
            "to many: create none",
            json!({"tags": {"create": []}}),
            same(json!({"tags": {"$create": []}})),
        ),
        (
            "to many: create beside set",
            json!({"tags": {"set": [1], "create": [{"name": "x"}]}}),
            same(json!({"tags": [1, {"name": "x"}]})),
        ),
        (
            "to many: update",
            json!({"tags": {"update": [{"where": {"id": 3}, "data": {"name": "x"}}]}}),
            same(json!({"tags": {"$update": [{"id": 3, "name": "x"}]}})),
        ),
        (
            "to many: disconnect",
            json!({"tags": {"disconnect": [1]}}),
            same(json!({"tags": {"$disconnect": [1]}})),
        ),
        (
            "to many: disconnect true",
            json!({"tags": {"disconnect": true}}),
            Err((RELATION, "tags")),
        ),
        (
            "to many: delete",
            json!({"tags": {"delete": {"id": 2}}}),
            same(json!({"tags": {"$delete": [2]}})),
        ),
        (
            "to many: set beside disconnect",
            json!({"tags": {"set": [1], "disconnect": [2]}}),
            Err((RELATION, "tags")),
        ),
        ("to many: another word", json!({"tags": {"id": 1}}), Err((RELATION, "tags"))),
    ];
    hold(table, |sent| {
        let write = update("posts", "7", sent, &names, &Limits::default())?;
        assert!(write.strict, "names that do not exist are refused below, too");
        Ok(tree::write(&write)[0]["body"].clone())
    });

    // On what is new nothing hangs yet: parts of a list are the list.
    let table: Vec<Row<Json>> = vec![
        ("new: connect", json!({"tags": {"connect": [1, 2]}}), same(json!({"tags": [1, 2]}))),
        (
            "new: create beside connect",
            json!({"tags": {"connect": 1, "create": [{"name": "x"}]}}),
            same(json!({"tags": [1, {"name": "x"}]})),
        ),
        ("new: an empty create", json!({"tags": {"create": []}}), same(json!({"tags": []}))),
        ("new: a wrong value", json!({"n": "10"}), Err((WRONG, "n"))),
    ];
    hold(table, |sent| {
        let write = create("posts", sent, &names, &Limits::default())?;
        Ok(tree::write(&write)[0]["create"].clone())
    });
    assert_eq!(
        tree::write(&delete("posts", "7")),
        json!([{"delete": "7", "force": false}]),
        "delete"
    );
}

#[test]
fn all_wrong_values_are_told_together() {
    let body = json!({
        "title": 1, "n": "10", "at": "soon", "done": true, "author": {"create": {"name": false}},
    });
    let refused = create("posts", &body, &names, &Limits::default()).unwrap_err();
    let found: Vec<_> = refused
        .error
        .detail_list()
        .iter()
        .map(|one| (one.field.as_deref().unwrap_or_default(), one.code.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("title", "TYPE_MISMATCH"),
            ("n", "TYPE_MISMATCH"),
            ("at", "INVALID_DATE"),
            ("author.name", "TYPE_MISMATCH"),
        ]
    );
    assert!(
        refused.error.message().contains("title: takes a text, not a number"),
        "{}",
        refused.error
    );
}

#[test]
fn relations_of_a_body_are_bounded_and_their_words_have_neighbours() {
    let everywhere = |way: &str| {
        Some(match way.rsplit('.').next() {
            Some("author") => Name::Relation(Reach::One),
            _ => Name::Field(FieldKind::Text),
        })
    };
    let nested = |levels: usize| {
        (0..levels).fold(json!({"t": "x"}), |inner, _| json!({"author": {"create": inner}}))
    };
    assert!(create("posts", &nested(5), &everywhere, &Limits::default()).is_ok());
    let refused = create("posts", &nested(6), &everywhere, &Limits::default()).unwrap_err();
    assert_eq!(refused.fault.as_str(), "MAX_DEPTH_EXCEEDED", "{refused:?}");
    let refused = update("posts", "7", &json!({"tags": {"conect": 1}}), &names, &Limits::default());
    assert_eq!(refused.unwrap_err().error.hint_text(), Some("did you mean `connect`?"));
}
