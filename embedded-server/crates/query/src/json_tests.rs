use super::{parse_filter, parse_rel_conditions, print_filter};
use crate::{Filter, Test};
use base::{Code, Limits};
use serde_json::{Value as Json, json};

fn limits() -> Limits {
    Limits { filter_nodes_max: 8, filter_depth_max: 6, ..Limits::default() }
}

fn test(path: &str, operator: &str, operand: Json, at: &str) -> Filter {
    Filter::Test(Test {
        path: path.to_owned(),
        operator: operator.to_owned(),
        operand,
        cast: None,
        literal: false,
        at: at.to_owned(),
    })
}

#[track_caller]
fn check(json: &Json, wanted: &Filter) {
    let found = parse_filter(json, "filter", &limits()).unwrap();
    assert_eq!(&found, wanted);
    // What is printed reads back as the same condition, apart from where it stands.
    let printed = print_filter(&found);
    let again = parse_filter(&printed, "filter", &Limits::default()).unwrap();
    assert_eq!(print_filter(&again), printed);
}

#[track_caller]
fn refuse(json: &Json, at: &str, part: &str) {
    let error = parse_filter(json, "filter", &limits()).unwrap_err();
    assert_eq!(error.code(), Code::InvalidQuery);
    assert_eq!(error.path(), Some(at));
    assert!(error.to_string().contains(part), "{error}");
}

#[test]
fn keys_of_one_level_are_all_wanted() {
    check(&json!({}), &Filter::All(vec![]));
    check(&json!({"a": 1}), &test("a", "eq", json!(1), "filter.a"));
    check(&json!({"$a.b$": {"gt": 1}}), &test("a.b", "gt", json!(1), "filter.$a.b$"));
    check(
        &json!({"AND": [{"a": 1}], "price": {"gt": 1, "lt": 5}}),
        &Filter::All(vec![
            Filter::All(vec![test("a", "eq", json!(1), "filter.AND.0.a")]),
            test("price", "gt", json!(1), "filter.price"),
            test("price", "lt", json!(5), "filter.price"),
        ]),
    );
}

#[test]
fn logic_takes_lists_and_single_objects() {
    check(&json!({"OR": []}), &Filter::Any(vec![]));
    check(&json!({"OR": {"a": 1}}), &Filter::Any(vec![test("a", "eq", json!(1), "filter.OR.a")]));
    check(
        &json!({"NOT": {"a": null}}),
        &Filter::Not(Box::new(test("a", "eq", json!(null), "filter.NOT.a"))),
    );
    check(
        &json!({"NOT": [{"a": 1}]}),
        &Filter::Not(Box::new(test("a", "eq", json!(1), "filter.NOT.0.a"))),
    );
    refuse(&json!({"and": []}), "filter.and", "did you mean `AND`?");
    refuse(&json!({"_or": []}), "filter._or", "did you mean `OR`?");
    refuse(&json!({"AND": 5}), "filter.AND", "a list of filters");
    refuse(&json!([]), "filter", "a filter is an object, not a list");
    refuse(&json!({"AND": [5]}), "filter.AND.0", "not a number");
}

#[test]
fn a_cast_belongs_to_its_operators() {
    let found =
        parse_filter(&json!({"a": {"gt": "1", "cast": "integer"}}), "filter", &limits()).unwrap();
    let Filter::Test(test) = &found else { panic!("{found:?}") };
    assert_eq!((test.operator.as_str(), test.cast.as_deref()), ("gt", Some("integer")));
    check(&json!({"a": {"gt": "1", "cast": null}}), &self::test("a", "gt", json!("1"), "filter.a"));
    check(&json!({"a": {"gt": "1", "cast": ""}}), &self::test("a", "gt", json!("1"), "filter.a"));
}

#[test]
fn a_text_may_stand_for_itself() {
    let json = json!({"a": {"eq": "$NOW", "$literal": true}});
    let found = parse_filter(&json, "filter", &limits()).unwrap();
    let Filter::Test(test) = &found else { panic!("{found:?}") };
    assert!(test.literal && test.cast.is_none());
    assert_eq!(print_filter(&found), json);
    let unsaid = parse_filter(&json!({"a": {"eq": 1, "$literal": false}}), "filter", &limits());
    assert_eq!(unsaid.unwrap(), self::test("a", "eq", json!(1), "filter.a"));
    refuse(&json!({"a": {"$literal": true}}), "filter.a", "carries no operator");
}

#[test]
fn nested_objects_keep_what_resolving_needs() {
    check(
        &json!({"category": {"name": {"eq": "x"}}}),
        &test("category", "name", json!({"eq": "x"}), "filter.category"),
    );
    refuse(&json!({"a": {}}), "filter.a", "carries no operator");
}

#[test]
fn breadth_and_depth_are_bounded() {
    let many: Vec<_> = (0..9).map(|n| json!({"a": n})).collect();
    refuse(&json!({"OR": many}), "filter.OR.7.a", "may have 8 conditions");
    let deep = (0..7).fold(json!({"a": 1}), |inner, _| json!({"AND": [inner]}));
    let error = parse_filter(&deep, "filter", &limits()).unwrap_err();
    assert!(error.message().contains("nested 6 deep"), "{error}");
    let deep = (0..7).fold(json!(1), |inner, _| json!({"a": inner}));
    let error = parse_filter(&deep, "filter", &limits()).unwrap_err();
    assert!(error.message().contains("nested 6 deep"), "{error}");
}

#[test]
fn conditions_inside_relations_follow_the_relations() {
    let relations = ["employees", "employees.tasks"];
    let found = parse_rel_conditions(
        &json!({"employees": {"AND": [{"active": true}], "tasks": {"done": {"eq": true}}}}),
        "relConditions",
        &|path| relations.contains(&path),
        &limits(),
    )
    .unwrap();
    let (filter, nested) = &found.0["employees"];
    assert_eq!(
        filter.as_ref(),
        Some(&Filter::All(vec![test(
            "active",
            "eq",
            json!(true),
            "relConditions.employees.AND.0.active"
        )]))
    );
    let (filter, _) = &nested.0["tasks"];
    assert_eq!(
        filter.as_ref(),
        Some(&test("done", "eq", json!(true), "relConditions.employees.tasks.done"))
    );
    let error = parse_rel_conditions(&json!({"AND": []}), "relConditions", &|_| false, &limits())
        .unwrap_err();
    assert_eq!(error.path(), Some("relConditions.AND"));
}
