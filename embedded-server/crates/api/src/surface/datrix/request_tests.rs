use super::{Sizes, list};
use crate::surface::chance_tests;
use crate::surface::datrix::body::{self, Name, Reach};
use crate::surface::datrix::fault::Fault;
use base::Limits;
use catalog::FieldKind;
use proptest::prelude::*;
use query::{Read, parse_filter, print_filter};
use serde_json::json;

fn limits() -> Limits {
    Limits { filter_nodes_max: 8, list_values_max: 4, ..Limits::default() }
}

fn ask(query: &str) -> Read {
    match list("posts", query, Sizes::default(), &limits()) {
        Ok(read) => read,
        Err(refused) => panic!("{query}: {refused:?}"),
    }
}

#[test]
fn pages_are_read_as_the_original_reads_them() {
    let read = ask("");
    assert_eq!((read.page, read.limit), (Some(1), Some(25)));
    for (query, page, size) in [
        ("page=3", 3, 25),
        ("pageSize=50", 1, 50),
        ("page=1.9&pageSize=100", 1, 100),
        ("page=%202abc", 2, 25),
    ] {
        let read = ask(query);
        assert_eq!((read.page, read.limit), (Some(page), Some(size)), "{query}");
    }
    let sizes = Sizes { page: 5, page_max: 7, populate_depth_max: 1 };
    let read = list("posts", "", sizes, &limits()).unwrap();
    assert_eq!(read.limit, Some(5));
    for query in ["pageSize=8", "populate[a][populate][b]=true"] {
        assert!(list("posts", query, sizes, &limits()).is_err(), "{query}");
    }
}

#[test]
fn conditions_inside_relations_nest_as_the_relations_do() {
    let read = ask("populate[tags][where][name]=x&populate[tags][populate][a][where][b]=y");
    let (filter, nested) = &read.rel_conditions.0["tags"];
    assert_eq!(print_filter(filter.as_ref().unwrap()), json!({"name": {"eq": "x"}}));
    assert!(nested.0.contains_key("a"));
}

#[test]
fn breadth_is_bounded() {
    let many: String = (0..9).map(|n| format!("where[$or][{n}][a]=1&")).collect();
    let refused = list("posts", &many, Sizes::default(), &limits()).unwrap_err();
    assert_eq!(refused.fault, Fault::Length, "{refused:?}");
    let refused = list("posts", "page=1&page=2", Sizes::default(), &limits()).unwrap_err();
    assert_eq!(refused.fault, Fault::Pagination, "{refused:?}");
    let beyond = list("posts", "page=99999999999999999999", Sizes::default(), &limits());
    assert_eq!(beyond.unwrap_err().fault, Fault::Page);
    let refused = list("posts", "populate[a][sort]=x", Sizes::default(), &limits()).unwrap_err();
    assert_eq!(refused.fault, Fault::Parameter, "{refused:?}");
    let refused = list("posts", "where[a][$gtt]=1", Sizes::default(), &limits()).unwrap_err();
    assert_eq!(refused.error.hint_text(), Some("did you mean `$gt`?"));
    assert_eq!(refused.error.code(), base::Code::UnknownOperator);
}

proptest! {
    #[test]
    fn no_query_string_and_no_body_makes_a_parser_panic(
        query in chance_tests::query(),
        json in chance_tests::json(),
    ) {
        let limits = Limits::default();
        if let Ok(read) = list("posts", &query, Sizes::default(), &limits)
            && let Some(filter) = read.filter
        {
            let printed = print_filter(&filter);
            let again = parse_filter(&printed, "filter", &limits).unwrap();
            prop_assert_eq!(print_filter(&again), printed);
        }
        let names = |way: &str| match way.rsplit('.').next() {
            Some("author" | "a") => Some(Name::Relation(Reach::One)),
            Some("tags" | "b") => Some(Name::Relation(Reach::Many)),
            Some("data") => Some(Name::Field(FieldKind::DateTime)),
            Some("$eq") => None,
            _ => Some(Name::Field(FieldKind::Text)),
        };
        let _ = body::create("posts", &json, &names, &limits);
        let _ = body::update("posts", "1", &json, &names, &limits);
    }
}
