use super::super::aggregate::aggregate;
use super::super::update::update_many;
use super::super::upsert::upsert;
use super::{
    bulk_create, bulk_update, count, create, delete, delete_many, list, one, page, update,
};
use crate::surface::chance_tests;
use base::{Code, Error, Limits};
use proptest::prelude::*;
use query::{CountMode, Filter, Operation, parse_filter, print_filter};
use serde_json::{Value as Json, json};

fn limits() -> Limits {
    Limits { filter_nodes_max: 8, filter_depth_max: 6, list_values_max: 4, ..Limits::default() }
}

fn asking(q: &Json) -> Result<Option<Filter>, Error> {
    let query =
        form_urlencoded::Serializer::new(String::new()).append_pair("q", &q.to_string()).finish();
    list("Task", &query, &limits()).map(|read| read.filter)
}

#[track_caller]
fn refuse(q: &Json, code: Code, at: &str, part: &str) {
    let error = asking(q).unwrap_err();
    assert_eq!((error.code(), error.path()), (code, Some(at)), "{q}: {error}");
    let told = format!("{error} {}", error.hint_text().unwrap_or_default());
    assert!(told.contains(part), "{q}: {told}");
}

#[test]
fn a_list_is_bounded_and_newest_first() {
    let read = list("Task", "", &limits()).unwrap();
    assert_eq!((read.limit, read.offset, read.filter), (Some(5_000), None, None));
    assert_eq!((read.sort[0].path.as_str(), read.count), ("createdAt", CountMode::None));
    for (query, limit) in [("limit=0", 5_000), ("limit=10", 10), ("limit=6000", 5_000)] {
        assert_eq!(list("Task", query, &limits()).unwrap().limit, Some(limit), "{query}");
    }
    assert_eq!(list("Task", "q=%7B%7D", &limits()).unwrap().filter, None);
}

#[test]
fn a_parameter_that_is_none_is_an_equality() {
    let read = list("Task", "status=done&created_by=a%40b.c&q={\"n\":1}", &limits()).unwrap();
    let wanted = json!({"AND": [
        {"n": {"eq": 1}}, {"status": {"eq": "done"}}, {"userCreated.email": {"eq": "a@b.c"}},
    ]});
    assert_eq!(print_filter(&read.filter.unwrap()), wanted);
}

#[test]
fn what_cannot_be_read_says_where_and_what_instead() {
    use Code::{InvalidQuery, UnknownOperator};
    for (query, at) in [
        ("q={", "q"),
        ("q=[]", "q"),
        ("limit=-1", "limit"),
        ("limit=1.5", "limit"),
        ("skip=x", "skip"),
        ("sort=a,b", "sort"),
        ("sort=author.name", "sort"),
        ("fields=a.b", "fields"),
        ("fields=*", "fields"),
        ("$where=1", "$where"),
        ("a..b=1", "b"),
    ] {
        let error = list("Task", query, &limits()).unwrap_err();
        let last = error.path().unwrap_or_default().rsplit('.').next().unwrap_or_default();
        assert_eq!((error.code(), last), (InvalidQuery, at), "{query}: {error}");
    }
    refuse(&json!({"a": {"$gtt": 1}}), UnknownOperator, "q.a.$gtt", "did you mean `$gt`?");
    refuse(&json!({"$Or": [{}]}), UnknownOperator, "q.$Or", "did you mean `$or`?");
    refuse(&json!({"$where": "1"}), UnknownOperator, "q.$where", "is not an operator");
    refuse(&json!({"$expr": {}}), UnknownOperator, "q.$expr", "is not an operator");
    refuse(&json!({"a": {"$options": "i"}}), UnknownOperator, "q.a.$options", "not an operator");
    refuse(&json!({"$or": []}), InvalidQuery, "q.$or", "at least one");
    refuse(&json!({"$and": {}}), InvalidQuery, "q.$and", "a list");
    refuse(&json!({"a": {}}), InvalidQuery, "q.a", "without operators");
    refuse(&json!({"a": {"b": 1}}), InvalidQuery, "q.a", "without operators");
    refuse(&json!({"a": {"$gt": null}}), InvalidQuery, "q.a.$gt", "one plain value");
    refuse(&json!({"a": {"$in": "x"}}), InvalidQuery, "q.a.$in", "a list");
    refuse(&json!({"a": [1, 2, 3, 4, 5]}), InvalidQuery, "q.a.$in", "at most 4 values");
    refuse(&json!({"a": {"$exists": 1}}), InvalidQuery, "q.a.$exists", "true or false");
    refuse(&json!({"a": {"$regex": 1}}), InvalidQuery, "q.a.$regex", "a pattern");
    refuse(&json!({"a": {"$size": -1}}), InvalidQuery, "q.a.$size", "a whole number");
    refuse(&json!({"a": {"$not": "x"}}), InvalidQuery, "q.a.$not", "an object of operators");
    refuse(&json!({"": 1}), InvalidQuery, "q.", "names no field");
    refuse(&json!({"a": {"$elemMatch": {}}}), InvalidQuery, "q.a.$elemMatch", "takes an object");
    let element = json!({"a": {"$elemMatch": {"b": {"$bt": 1}}}});
    refuse(&element, UnknownOperator, "q.a.$elemMatch.b.$bt", "did you mean `$");
}

#[test]
fn breadth_and_depth_are_bounded() {
    let many: Vec<Json> = (0..9).map(|n| json!({"a": n})).collect();
    refuse(&json!({"$or": many}), Code::InvalidQuery, "q.$or.7.a", "8 allowed");
    let deep = (0..7).fold(json!({"a": 1}), |inner, _| json!({"$and": [inner]}));
    assert!(asking(&deep).unwrap_err().message().contains("6 levels"));
    let deep = (0..7).fold(json!({"$eq": 1}), |inner, _| json!({"$not": inner}));
    assert!(asking(&json!({"a": deep})).unwrap_err().message().contains("6 levels"));
    let deep = (0..7).fold(json!({"$eq": 1}), |inner, _| json!({"$not": inner}));
    assert!(asking(&json!({"a": {"$elemMatch": deep}})).is_err());
}

#[test]
fn elements_are_told_with_every_value_quoted() {
    let path = |operand: Json| {
        let filter = asking(&json!({"a": {"$elemMatch": operand}})).unwrap().unwrap();
        let Filter::Test(test) = filter else { panic!("{filter:?}") };
        assert_eq!((test.operator.as_str(), test.literal), ("jsonbPathExists", false));
        test.operand.as_str().unwrap().to_owned()
    };
    assert_eq!(path(json!({"$gte": 80, "$lt": 90})), "$[*] ? (@ >= 80 && @ < 90)");
    assert_eq!(
        path(json!({"k\" == 1 || @.\"x": "\") || true ("})),
        r#"$[*] ? (@."k\" == 1 || @"."\"x" == "\") || true (")"#
    );
    assert_eq!(path(json!({"a": {"$ne": 1}})), r#"$[*] ? (!exists(@ ? (@."a" == 1)))"#);
    assert_eq!(path(json!({"a": null})), r#"$[*] ? ((!exists(@."a") || @."a" == null))"#);
    assert_eq!(
        path(json!({"$or": [{"a": 1}, {"b": {"$in": [2]}}]})),
        r#"$[*] ? (((@."a" == 1) || ((@."b" == 2))))"#
    );
    assert_eq!(
        path(json!({"a": {"$elemMatch": {"$gt": 1}}})),
        r#"$[*] ? (exists(@."a"[*] ? (@ > 1)))"#
    );
}

#[test]
fn a_cursor_carries_its_question() {
    let first = page("Task", "q={\"a\":1}&sort=-b&fields=a,b&limit=2", &limits()).unwrap();
    assert_eq!((first.read.after.as_deref(), first.read.limit), (Some(""), Some(2)));
    let cursor = first.cursor("behind").unwrap();
    let next = page("Task", &format!("cursor={cursor}&limit=3"), &limits()).unwrap();
    assert_eq!(next.read.after.as_deref(), Some("behind"));
    assert_eq!((&next.read.filter, &next.read.sort), (&first.read.filter, &first.read.sort));
    assert_eq!((&next.read.fields, next.read.limit), (&first.read.fields, Some(3)));
    for (entity, query) in [
        ("Task", format!("cursor={cursor}&sort=b")),
        ("Note", format!("cursor={cursor}")),
        ("Task", String::from("cursor=x")),
    ] {
        let error = page(entity, &query, &limits()).unwrap_err();
        assert_eq!((error.code(), error.path()), (Code::InvalidQuery, Some("cursor")), "{query}");
    }
    let error = page("Task", "skip=1", &limits()).unwrap_err();
    assert!(error.message().contains("`skip` is not a parameter"), "{error}");
    // The SDK leaves `sort` and `fields` away beside `distinct`; sent by others they mean nothing.
    let distinct = page("Task", "distinct=status&limit=9999&fields=a.b", &limits()).unwrap();
    assert_eq!(distinct.cursor("x"), None);
    let distinct = distinct.read;
    assert_eq!((distinct.group_by, distinct.limit), (vec![String::from("status")], Some(1_000)));
    assert!(page("Task", &format!("cursor={cursor}&distinct=status"), &limits()).is_err());
}

#[test]
fn counting_and_one_record() {
    let read = count("Task", "q={\"a\":1}", &limits()).unwrap();
    assert_eq!((read.limit, read.count), (Some(0), CountMode::Exact));
    assert!(count("Task", "limit=1", &limits()).is_err());
    assert_eq!(one("Task", "a/b c").key, Some(json!("a/b c")));
}

fn known(name: &str) -> bool {
    matches!(name, "title" | "status" | "n")
}

#[test]
fn records_keep_what_the_entity_has_and_the_caller_may_set() {
    let body = json!({"title": "x", "id": "9", "created_date": 1, "ghost": 1, "n": null});
    let write = create("Task", body.clone(), &known).unwrap();
    let [Operation::Create { body: kept, .. }] = write.operations.as_slice() else { panic!() };
    assert_eq!(json!(kept), json!({"title": "x", "n": null}));
    let write = update("Task", "7", body, &known).unwrap();
    let [Operation::Update { key, body, .. }] = write.operations.as_slice() else { panic!() };
    assert_eq!((key, json!(body)), (&json!("7"), json!({"title": "x", "n": null})));
    assert!(matches!(
        delete("Task", "7").operations.as_slice(),
        [Operation::Delete { force: false, .. }]
    ));
    let many = json!([{"title": "a"}, {"title": "b"}]);
    assert_eq!(bulk_create("Task", many, &known, &limits()).unwrap().operations.len(), 2);
    let many = json!([{"id": "1", "n": 1}, {"id": "2", "n": 2}]);
    assert_eq!(bulk_update("Task", many, &known).unwrap().operations.len(), 2);
    for (body, at) in [
        (json!({}), Some("body")),
        (json!([{"n": 1}]), Some("0.id")),
        (json!([{"id": "1"}, {"id": "1"}]), Some("1.id")),
        (json!([{"id": 1}]), Some("0.id")),
    ] {
        let error = bulk_update("Task", body, &known).unwrap_err();
        assert_eq!((error.code(), error.path()), (Code::InvalidBody, at));
    }
    let many: Vec<Json> = (0..501).map(|n| json!({"id": n.to_string()})).collect();
    assert!(bulk_update("Task", json!(many), &known).is_err());
}

#[test]
fn deleting_many_needs_a_query() {
    for body in [json!(null), json!([]), json!("x")] {
        let error = delete_many("Task", &body, &limits()).unwrap_err();
        assert_eq!(error.code(), Code::InvalidBody, "{body}");
    }
    assert_eq!(delete_many("Task", &json!({}), &limits()).unwrap().filter, None);
    assert!(delete_many("Task", &json!({"a": 1}), &limits()).unwrap().filter.is_some());
}

proptest! {
    #[test]
    fn no_query_and_no_body_makes_a_parser_panic(
        q in chance_tests::json(),
        query in chance_tests::query(),
    ) {
        let limits = Limits::default();
        if let Ok(Some(filter)) = asking(&q) {
            // What was taken can be told at home, and read back.
            let printed = print_filter(&filter);
            let again = parse_filter(&printed, "filter", &limits).unwrap();
            prop_assert_eq!(print_filter(&again), printed);
        }
        let _ = list("Task", &query, &limits);
        let _ = page("Task", &query, &limits);
        let _ = count("Task", &query, &limits);
        let _ = delete_many("Task", &q, &limits);
        let _ = create("Task", q.clone(), &known);
        let _ = bulk_create("Task", q.clone(), &known, &limits);
        let _ = bulk_update("Task", q.clone(), &known);
        let _ = upsert("Task", &json!({ "key": ["title"], "records": [q] }), &known, &limits);
        let _ = aggregate("Task", &q, &limits);
        let _ = aggregate("Task", &json!({ "having": q, "sum": "a" }), &limits);
        let body = json!({ "query": {}, "data": q });
        if let Ok(call) = update_many("Task", &body, &limits) {
            let record = json!({"id": "1", "a": 1, "b": "x", "tags": ["x"], "author": {"b": 1}});
            let _ = call.change(record.as_object().unwrap(), "2024-01-01T00:00:00.000Z");
        }
    }
}
