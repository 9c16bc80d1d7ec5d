use super::{Sizes, list, one};
use crate::surface::chance_tests;
use crate::surface::datrix::body::{self, Reach};
use crate::surface::datrix::fault::Fault;
use base::Limits;
use proptest::prelude::*;
use query::{Read, parse_filter, print_filter};
use serde_json::{Value as Json, json};

fn limits() -> Limits {
    Limits { filter_nodes_max: 8, list_values_max: 4, ..Limits::default() }
}

fn ask(query: &str) -> Read {
    match list("posts", query, Sizes::default(), &limits()) {
        Ok(read) => read,
        Err(refused) => panic!("{query}: {refused:?}"),
    }
}

/// What the filter is at home.
fn at_home(query: &str) -> Json {
    ask(query).filter.map_or(Json::Null, |filter| print_filter(&filter))
}

#[track_caller]
fn refuse(query: &str, fault: Fault, at: &str) {
    let refused = list("posts", query, Sizes::default(), &limits()).unwrap_err();
    let error = &refused.error;
    assert_eq!((refused.fault, error.path()), (fault, Some(at)), "{query}: {error}");
}

#[test]
fn whatever_the_clients_write_is_read() {
    for (query, wanted) in [
        ("", json!(null)),
        ("where[status]=active", json!({"status": {"eq": "active"}})),
        ("where[status][$eq]=a%20b%26c", json!({"status": {"eq": "a b&c"}})),
        (
            "where[age][$gte]=18&where[age][$lt]=65",
            json!({"AND": [{"age": {"gte": "18"}}, {"age": {"lt": "65"}}]}),
        ),
        ("where[deletedAt]=null", json!({"deletedAt": {"eq": null}})),
        ("where[deletedAt][$null]=true", json!({"deletedAt": {"isNull": true}})),
        ("where[deletedAt][$notNull]=true", json!({"deletedAt": {"isNotNull": true}})),
        (
            "where[id][$in][0]=1&where[id][$in][1]=2&where[id][$in][2]=3",
            json!({"id": {"in": ["1", "2", "3"]}}),
        ),
        (
            "where[tag][$in][0]=a%2Cb&where[tag][$in][1]=c%26d&where[tag][$in][2]=%5Bx%5D",
            json!({"tag": {"in": ["a,b", "c&d", "[x]"]}}),
        ),
        (
            "where[status][$nin][0]=x&where[status][$nin][1]=y",
            json!({"status": {"notIn": ["x", "y"]}}),
        ),
        ("where[name][$like]=%25wid_get%25", json!({"name": {"matches": "%wid_get%"}})),
        (
            "where[$or][0][price][$lt]=50&where[$or][1][stock][$gt]=100",
            json!({"OR": [{"price": {"lt": "50"}}, {"stock": {"gt": "100"}}]}),
        ),
        (
            "where[$and][0][a]=1&where[$and][1][$or][0][b]=2&where[$and][1][$or][1][c][$ne]=3",
            json!({"AND": [
                {"a": {"eq": "1"}}, {"OR": [{"b": {"eq": "2"}}, {"c": {"ne": "3"}}]},
            ]}),
        ),
        ("where[$not][status]=x", json!({"NOT": {"status": {"eq": "x"}}})),
        (
            "where[$or][0][id][$in][0]=1&where[$or][0][id][$in][1]=2",
            json!({"OR": [{"id": {"in": ["1", "2"]}}]}),
        ),
        (
            "where[author][company][country][name][$eq]=TR",
            json!({"author.company.country.name": {"eq": "TR"}}),
        ),
        ("where[category]=2", json!({"category": {"eq": "2"}})),
        ("where[profile.age][$gt]=3", json!({"profile.age": {"gt": "3"}})),
        ("where[n]=a%2Bb%20%C3%BC", json!({"n": {"eq": "a+b ü"}})),
        (
            "where[author][$or][0][name]=x&where[author][$or][1][age]=2",
            json!({"OR": [{"author.name": {"eq": "x"}}, {"author.age": {"eq": "2"}}]}),
        ),
    ] {
        assert_eq!(at_home(query), wanted, "{query}");
    }
}

#[test]
fn fields_order_and_relations_come_in_every_form() {
    let reserved = ["name", "price", "id", "createdAt", "updatedAt"];
    for query in [
        "fields=name%2Cprice",
        "fields=name, price ,",
        "fields=name&fields=price",
        "fields[0]=name&fields[7]=price&fields[1000]=ghost",
    ] {
        assert_eq!(ask(query).fields, reserved, "{query}");
    }
    assert_eq!(ask("fields=*").fields, ["*"]);
    for query in ["populate=*", "populate=true", "populate[0]=*"] {
        assert!(ask(query).every_relation, "{query}");
    }
    for (query, wanted) in [
        ("populate=author", vec!["*", "author.*"]),
        ("populate=author&populate=tags", vec!["*", "author.*", "tags.*"]),
        ("populate[0]=author&populate[1]=tags", vec!["*", "author.*", "tags.*"]),
        ("populate[0]=author.company", vec!["*", "author.company.*"]),
        ("populate[author]=true", vec!["*", "author.*"]),
        ("populate[author]=false", vec!["*", "author.*"]),
        ("populate[author][fields]=*", vec!["*", "author.*"]),
        ("populate[author][populate]=*", vec!["*", "author.*"]),
        ("populate[author][populate]=company", vec!["*", "author.*", "author.company.*"]),
        ("populate[author][limit]=1&populate[author][orderBy]=x", vec!["*", "author.*"]),
        (
            "fields=name&populate[author][fields][0]=name&populate[author][populate][company][fields][0]=x",
            vec![
                "name",
                "id",
                "createdAt",
                "updatedAt",
                "author.name",
                "author.id",
                "author.createdAt",
                "author.updatedAt",
                "author.company.x",
                "author.company.id",
                "author.company.createdAt",
                "author.company.updatedAt",
            ],
        ),
    ] {
        assert_eq!(ask(query).fields, wanted, "{query}");
    }
    let read = ask("populate[tags][where][name]=x&populate[tags][populate][a][where][b]=y");
    let (filter, nested) = &read.rel_conditions.0["tags"];
    assert_eq!(print_filter(filter.as_ref().unwrap()), json!({"name": {"eq": "x"}}));
    assert!(nested.0.contains_key("a"));
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
fn one_record_reads_its_parameters_and_does_not_apply_them() {
    let read = one("posts", "7", "where[a]=1&sort=b&page=2&fields=c", Sizes::default(), &limits());
    let read = read.unwrap();
    assert_eq!((read.key, read.filter, read.page), (Some(json!("7")), None, None));
    assert!(read.sort.is_empty() && read.fields.contains(&String::from("c")));
    assert!(one("posts", "7", "where[$x]=1", Sizes::default(), &limits()).is_err());
}

#[test]
fn what_cannot_be_read_has_its_word_and_its_place() {
    use Fault::{
        Consecutive, Depth, Empty, FieldName, Index, Largest, Length, Operator, Page, Pagination,
        Parameter, ValueType,
    };
    let long = format!("where[a]={}", "x".repeat(1_001));
    let deep = format!("where{}[a]=1", "[$not]".repeat(11));
    for (query, fault, at) in [
        ("fields=", Empty, "fields"),
        ("fields[x]=a", Parameter, "fields[x]"),
        ("fields=a;drop", FieldName, "fields"),
        ("fields=author.name", FieldName, "fields"),
        ("fields_x=a", Parameter, "fields_x"),
        ("where=1", ValueType, "where"),
        ("where[a b]=1", FieldName, "where[a b]"),
        ("where[__proto__]=1", FieldName, "where[__proto__]"),
        ("where[]=1", FieldName, "where[]"),
        ("where[a][$regex]=x", Operator, "where[a][$regex]"),
        ("where[a][$exists]=true", Operator, "where[a][$exists]"),
        ("where[a][$icontains]=x", Operator, "where[a][$icontains]"),
        ("where[$nor][0][a]=1", Operator, "where[$nor]"),
        ("where[a][$in]=1", ValueType, "where[a][$in]"),
        ("where[a][$in][1]=1&where[a][$in][2]=1", Consecutive, "where[a][$in]"),
        ("where[a][$in][x]=1", Index, "where[a][$in]"),
        ("where[a]=1&where[a]=2", ValueType, "where[a]"),
        ("where[a][0]=1", Index, "where[a]"),
        ("where[$not][0][a]=1", Index, "where[$not]"),
        ("where[$or][1][a]=1", Consecutive, "where[$or]"),
        ("where[$or][a]=1", Index, "where[$or]"),
        ("where[a][$null]=maybe", ValueType, "where[a][$null]"),
        ("where[a][$gt]=null", ValueType, "where[a][$gt]"),
        (long.as_str(), Length, "where[a]"),
        ("populate=a,b", FieldName, "populate"),
        ("populate[a][populate][0]=x", FieldName, "populate[a][populate][0]"),
        ("populate[__proto__][fields]=x", FieldName, "populate[__proto__]"),
        ("populate[a][fields]=", Empty, "populate[a][fields]"),
        ("populate[a][sort]=x", Parameter, "populate[a][sort]"),
        ("page=0", Pagination, "page"),
        ("page=-1", Pagination, "page"),
        ("page=x", Pagination, "page"),
        ("page=1&page=2", Pagination, "page"),
        ("page=1000001", Page, "page"),
        ("page=99999999999999999999", Page, "page"),
        ("pageSize=101", Largest, "pageSize"),
        ("sort=", Empty, "sort"),
        ("sort=a b", FieldName, "sort"),
        ("sort[a]=desc", Parameter, "sort[a]"),
        ("limit=10", Parameter, "limit"),
        // The first fault in the order of the original.
        ("limit=1&page=0&fields=", Empty, "fields"),
        ("page=0&where[$x]=1", Operator, "where[$x]"),
    ] {
        refuse(query, fault, at);
    }
    let refused = list("posts", &deep, Sizes::default(), &Limits::default()).unwrap_err();
    assert_eq!(refused.fault, Depth, "{refused:?}");
    let many: String = (0..9).map(|n| format!("where[$or][{n}][a]=1&")).collect();
    let refused = list("posts", &many, Sizes::default(), &limits()).unwrap_err();
    assert_eq!(refused.fault, Length, "{refused:?}");
    let six = format!("populate[a]{}=true", "[populate][a]".repeat(5));
    let refused = list("posts", &six, Sizes::default(), &limits()).unwrap_err();
    assert_eq!(refused.fault, Depth, "{refused:?}");
    let refused = list("posts", "where[a][$gtt]=1", Sizes::default(), &limits()).unwrap_err();
    assert_eq!(refused.error.hint_text(), Some("did you mean `$gt`?"));
    assert_eq!(
        (refused.fault.as_str(), refused.error.code()),
        ("INVALID_OPERATOR", base::Code::UnknownOperator)
    );
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
        let relations = |way: &str| match way.rsplit('.').next() {
            Some("author" | "a") => Some(Reach::One),
            Some("tags" | "b") => Some(Reach::Many),
            _ => None,
        };
        let _ = body::create("posts", &json, &relations, &limits);
        let _ = body::update("posts", "1", &json, &relations, &limits);
    }
}
