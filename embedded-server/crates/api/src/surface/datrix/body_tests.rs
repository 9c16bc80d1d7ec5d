use super::{Reach, create, delete, update};
use crate::surface::datrix::fault::Fault;
use base::Limits;
use query::{Operation, Write};
use serde_json::{Value as Json, json};

fn relations(way: &str) -> Option<Reach> {
    match way {
        "author" | "author.company" | "tags.group" => Some(Reach::One),
        "tags" | "author.posts" => Some(Reach::Many),
        _ => None,
    }
}

fn body(write: Write) -> Json {
    assert!(write.strict, "names that do not exist are refused");
    match write.operations.into_iter().next() {
        Some(Operation::Create { body, .. } | Operation::Update { body, .. }) => Json::Object(body),
        other => panic!("{other:?}"),
    }
}

fn created(json: &Json) -> Json {
    body(create("posts", json, &relations, &Limits::default()).unwrap())
}

fn updated(json: &Json) -> Json {
    body(update("posts", "7", json, &relations, &Limits::default()).unwrap())
}

#[test]
fn fields_stay_as_they_are() {
    let json = json!({"title": "x", "n": 1, "meta": {"connect": [1]}, "list": [{"id": 1}]});
    assert_eq!((created(&json), updated(&json)), (json.clone(), json));
    assert!(matches!(delete("posts", "7").operations.as_slice(), [Operation::Delete { .. }]));
}

#[test]
fn a_relation_to_one_is_an_id_null_or_a_record() {
    for (told, wanted) in [
        (json!(3), json!(3)),
        (json!("x"), json!("x")),
        (json!(null), json!(null)),
        (json!({"connect": 3}), json!(3)),
        (json!({"connect": {"id": 3}}), json!(3)),
        (json!({"set": [3]}), json!(3)),
        (json!({"set": null}), json!(null)),
        (json!({"disconnect": true}), json!(null)),
        (
            json!({"create": {"name": "x", "company": {"connect": 9}}}),
            json!({"name": "x", "company": 9}),
        ),
        (
            json!({"update": {"where": {"id": 3}, "data": {"name": "x"}}}),
            json!({"id": 3, "name": "x"}),
        ),
    ] {
        let json = json!({ "author": told });
        assert_eq!(updated(&json), json!({ "author": wanted }), "{json}");
    }
}

#[test]
fn a_relation_to_many_is_the_whole_list_or_its_parts() {
    for (told, when_new, when_changed) in [
        (json!([1, 2]), json!([1, 2]), json!([1, 2])),
        (json!(1), json!([1]), json!([1])),
        (json!([]), json!([]), json!([])),
        (json!({"set": [1, {"id": 2}, 1]}), json!([1, 2]), json!([1, 2])),
        (json!({"set": []}), json!([]), json!([])),
        (json!({"connect": [1, 2]}), json!([1, 2]), json!({"$connect": [1, 2]})),
        (json!({"create": {"n": "x"}}), json!([{"n": "x"}]), json!({"$create": [{"n": "x"}]})),
        (
            json!({"connect": 1, "create": [{"group": 4}]}),
            json!([1, {"group": 4}]),
            json!({"$connect": [1], "$create": [{"group": 4}]}),
        ),
        (json!({"create": []}), json!([]), json!({"$create": []})),
    ] {
        let json = json!({ "tags": told });
        assert_eq!(created(&json), json!({ "tags": when_new }), "{json}");
        assert_eq!(updated(&json), json!({ "tags": when_changed }), "{json}");
    }
    let json = json!({"tags": {"disconnect": [1], "delete": {"id": 2},
        "update": [{"where": {"id": 3}, "data": {"n": "x"}}]}});
    assert_eq!(
        updated(&json),
        json!({"tags": {"$disconnect": [1], "$delete": [2], "$update": [{"id": 3, "n": "x"}]}})
    );
}

#[test]
fn what_a_body_cannot_say_has_its_word_and_its_place() {
    let deep = (0..6).fold(json!({"t": 1}), |inner, _| json!({"author": {"create": inner}}));
    let everywhere = |_: &str| Some(Reach::One);
    let refused = create("posts", &deep, &everywhere, &Limits::default()).unwrap_err();
    assert_eq!(refused.fault, Fault::Depth, "{refused:?}");
    for (json, fault, at) in [
        (json!([]), Fault::Body, "body"),
        (json!(null), Fault::Body, "body"),
        (json!({"id": 1}), Fault::Reserved, "id"),
        (json!({"createdAt": 1}), Fault::Reserved, "createdAt"),
        (json!({"author": {"create": {"id": 1}}}), Fault::Reserved, "author.id"),
        (json!({"a b": 1}), Fault::FieldName, "a b"),
        (json!({"__proto__": 1}), Fault::FieldName, "__proto__"),
        (json!({"author": [1, 2]}), Fault::Relation, "author"),
        (json!({"author": {"id": 1, "name": "x"}}), Fault::Relation, "author"),
        (json!({"author": {"conect": 1}}), Fault::Relation, "author"),
        (json!({"author": {"connect": [1, 2]}}), Fault::Relation, "author"),
        (json!({"author": {"connect": 1, "create": {}}}), Fault::Relation, "author"),
        (json!({"author": {"delete": 1}}), Fault::Relation, "author"),
        (json!({"author": {}}), Fault::Relation, "author"),
        (json!({"author": {"update": {"data": {}}}}), Fault::Relation, "author"),
        (json!({"tags": null}), Fault::Relation, "tags"),
        (json!({"tags": [null]}), Fault::Relation, "tags"),
        (json!({"tags": [[1]]}), Fault::Relation, "tags"),
        (json!({"tags": [{"id": 1}]}), Fault::Relation, "tags"),
        (json!({"tags": {"id": 1}}), Fault::Relation, "tags"),
        (json!({"tags": {"disconnect": true}}), Fault::Relation, "tags"),
        (json!({"tags": {"disconnect": true, "connect": [1]}}), Fault::Relation, "tags"),
        (json!({"author": {"id": 1}}), Fault::Relation, "author"),
        (json!({"author": {"disconnect": false}}), Fault::Relation, "author"),
        (json!({"author": {"disconnect": 1}}), Fault::Relation, "author"),
        (json!({"tags": {"set": [1], "disconnect": [2]}}), Fault::Relation, "tags"),
    ] {
        let refused = update("posts", "7", &json, &relations, &Limits::default()).unwrap_err();
        assert_eq!((refused.fault, refused.error.path()), (fault, Some(at)), "{json}");
    }
    let refused =
        update("posts", "7", &json!({"tags": {"conect": 1}}), &relations, &Limits::default());
    assert_eq!(refused.unwrap_err().error.hint_text(), Some("did you mean `connect`?"));
}
