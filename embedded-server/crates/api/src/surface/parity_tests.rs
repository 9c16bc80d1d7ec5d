//! One story in three spellings: what two surfaces can both ask, they ask `query` in the same
//! tree. Where a spelling means something else than the home word of its name, the table says in
//! which home spelling it means that, and why.

use super::{baasix, base44, datrix};
use base::Limits;
use query::{Direction, Filter, Read, Test, parse_filter, print_filter};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// The tree without where its parts stood, and with numbers as the text that a query string
/// carries: below, both are typed by the column they are compared with.
fn plain(filter: &Filter) -> Filter {
    match filter {
        Filter::All(parts) => Filter::All(parts.iter().map(plain).collect()),
        Filter::Any(parts) => Filter::Any(parts.iter().map(plain).collect()),
        Filter::Not(part) => Filter::Not(Box::new(plain(part))),
        Filter::Test(test) => {
            Filter::Test(Test { at: String::new(), operand: text(&test.operand), ..test.clone() })
        }
    }
}

fn text(json: &Json) -> Json {
    match json {
        Json::Number(number) => Json::String(number.to_string()),
        Json::Array(items) => Json::Array(items.iter().map(text).collect()),
        other => other.clone(),
    }
}

fn home(filter: &Json) -> Filter {
    plain(&parse_filter(filter, "filter", &Limits::default()).unwrap())
}

fn in_base44(q: &Json) -> Filter {
    let query: String =
        form_urlencoded::Serializer::new(String::new()).append_pair("q", &q.to_string()).finish();
    let read = base44::request::list("posts", &query, &Limits::default()).unwrap();
    plain(&read.filter.unwrap_or(Filter::All(Vec::new())))
}

fn in_datrix(query: &str) -> Filter {
    let sizes = datrix::request::Sizes::default();
    let read = datrix::request::list("posts", query, sizes, &Limits::default()).unwrap();
    plain(&read.filter.unwrap_or(Filter::All(Vec::new())))
}

/// Home, Base44 and Datrix; `None` where a surface cannot say it.
type Row = (Json, Option<Json>, Option<&'static str>);

/// The same words, the same meaning.
fn shared() -> Vec<Row> {
    vec![
        (json!({"a": "x"}), Some(json!({"a": "x"})), Some("where[a]=x")),
        (json!({"a": {"eq": "x"}}), Some(json!({"a": {"$eq": "x"}})), Some("where[a][$eq]=x")),
        (json!({"a": 1, "b": "y"}), Some(json!({"a": 1, "b": "y"})), Some("where[a]=1&where[b]=y")),
        (json!({"a": null}), Some(json!({"a": null})), Some("where[a]=null")),
        (json!({"a": true}), Some(json!({"a": true})), Some("where[a]=true")),
        (json!({"a": {"gt": 1}}), Some(json!({"a": {"$gt": 1}})), Some("where[a][$gt]=1")),
        (json!({"a": {"gte": 1}}), Some(json!({"a": {"$gte": 1}})), Some("where[a][$gte]=1")),
        (json!({"a": {"lt": 1}}), Some(json!({"a": {"$lt": 1}})), Some("where[a][$lt]=1")),
        (json!({"a": {"lte": 1}}), Some(json!({"a": {"$lte": 1}})), Some("where[a][$lte]=1")),
        (
            json!({"AND": [{"a": {"gte": 18}}, {"a": {"lt": 65}}]}),
            Some(json!({"$and": [{"a": {"$gte": 18}}, {"a": {"$lt": 65}}]})),
            Some("where[$and][0][a][$gte]=18&where[$and][1][a][$lt]=65"),
        ),
        (
            json!({"a": {"gte": 18, "lt": 65}}),
            Some(json!({"a": {"$gte": 18, "$lt": 65}})),
            Some("where[a][$gte]=18&where[a][$lt]=65"),
        ),
        (
            json!({"a": {"in": ["x", "y"]}}),
            Some(json!({"a": {"$in": ["x", "y"]}})),
            Some("where[a][$in][0]=x&where[a][$in][1]=y"),
        ),
        (
            json!({"a": {"in": ["x", "y"]}}),
            Some(json!({"a": ["x", "y"]})),
            Some("where[a][$in]=x&where[a][$in]=y"),
        ),
        (
            json!({"OR": [{"price": {"lt": 50}}, {"stock": {"gt": 100}}]}),
            Some(json!({"$or": [{"price": {"$lt": 50}}, {"stock": {"$gt": 100}}]})),
            Some("where[$or][0][price][$lt]=50&where[$or][1][stock][$gt]=100"),
        ),
        (
            json!({"AND": [{"a": 1}, {"OR": [{"b": 2}, {"c": 3}]}]}),
            Some(json!({"$and": [{"a": 1}, {"$or": [{"b": 2}, {"c": 3}]}]})),
            Some("where[$and][0][a]=1&where[$and][1][$or][0][b]=2&where[$and][1][$or][1][c]=3"),
        ),
        (
            json!({"a": {"isNull": true}}),
            Some(json!({"a": {"$exists": false}})),
            Some("where[a][$null]=true"),
        ),
        (
            json!({"a": {"isNotNull": true}}),
            Some(json!({"a": {"$exists": true}})),
            Some("where[a][$notNull]=true"),
        ),
        // A text that the home surface would take for a variable stays a text elsewhere.
        (
            json!({"a": {"eq": "$NOW", "$literal": true}}),
            Some(json!({"a": "$NOW"})),
            Some("where[a]=$NOW"),
        ),
        // Relations: by their key, and through them. Where relations are ids, a dot leads into a
        // document.
        (json!({"author": "7"}), Some(json!({"author": "7"})), Some("where[author]=7")),
        (
            json!({"author.company.name": {"eq": "x"}}),
            None,
            Some("where[author][company][name][$eq]=x"),
        ),
        (json!({"profile.age": {"gt": 3}}), None, Some("where[profile.age][$gt]=3")),
        (
            json!({"profile": {"jsonbPathExists": r#"$ ? (@."age" > 3)"#}}),
            Some(json!({"profile.age": {"$gt": 3}})),
            None,
        ),
        // Said at home and on one of the two.
        (json!({"a": {"regex": "^x"}}), Some(json!({"a": {"$regex": "^x"}})), None),
        (
            json!({"a": {"arraycontains": ["x", "y"]}}),
            Some(json!({"a": {"$all": ["x", "y"]}})),
            None,
        ),
        (json!({"a": {"arraylength": 2}}), Some(json!({"a": {"$size": 2}})), None),
        (
            json!({"a": {"jsonbPathExists": r#"$[*] ? (@."sku" == "x" && @."qty" > 2)"#}}),
            Some(json!({"a": {"$elemMatch": {"sku": "x", "qty": {"$gt": 2}}}})),
            None,
        ),
        (json!({"a": {"matches": "%wid_get%"}}), None, Some("where[a][$like]=%25wid_get%25")),
        (json!({"a": {"imatches": "x%"}}), None, Some("where[a][$ilike]=x%25")),
        (json!({"a": {"icontains": "x_y"}}), None, Some("where[a][$contains]=x_y")),
        (json!({"a": {"startsWith": "x"}}), None, Some("where[a][$startsWith]=x")),
        (json!({"a": {"startsWith": "5\\%"}}), None, Some("where[a][$startsWith]=5%25")),
        (json!({"a": {"endsWith": "a\\_b"}}), None, Some("where[a][$endsWith]=a_b")),
        (json!({"a": {"isNull": false}}), None, Some("where[a][$null]=false")),
        (json!({"NOT": {"a": "x"}}), None, Some("where[$not][a]=x")),
        (json!({"NOT": {"a": {"icontains": "x"}}}), None, Some("where[a][$notContains]=x")),
    ]
}

/// The same word, another meaning: in documents a negation holds for records without a value, in
/// tables it does not.
fn negations() -> Vec<Row> {
    let missing = |name: &str, test: Json| json!({"OR": [{name: test}, {name: {"isNull": true}}]});
    let other =
        |name: &str, test: Json| json!({"OR": [{"NOT": {name: test}}, {name: {"isNull": true}}]});
    vec![
        (json!({"a": {"ne": "x"}}), None, Some("where[a][$ne]=x")),
        (missing("a", json!({"ne": "x"})), Some(json!({"a": {"$ne": "x"}})), None),
        (json!({"a": {"ne": null}}), Some(json!({"a": {"$ne": null}})), Some("where[a][$ne]=null")),
        (
            json!({"a": {"notIn": ["x", "y"]}}),
            None,
            Some("where[a][$nin][0]=x&where[a][$nin][1]=y"),
        ),
        (missing("a", json!({"notIn": ["x"]})), Some(json!({"a": {"$nin": ["x"]}})), None),
        // A list with null asks for a value, so the missing one is out on both.
        (
            json!({"a": {"notIn": ["x", null]}}),
            Some(json!({"a": {"$nin": ["x", null]}})),
            Some("where[a][$nin][0]=x&where[a][$nin][1]=null"),
        ),
        (json!({"NOT": {"a": {"gt": 5}}}), None, Some("where[$not][a][$gt]=5")),
        (other("a", json!({"gt": 5})), Some(json!({"a": {"$not": {"$gt": 5}}})), None),
        (
            json!({"AND": [missing("a", json!({"ne": "x"}))]}),
            Some(json!({"$nor": [{"a": "x"}]})),
            None,
        ),
        (
            json!({"AND": [missing("a", json!({"ne": 1})), other("b", json!({"lt": 2}))]}),
            Some(json!({"$nor": [{"a": 1}, {"b": {"$lt": 2}}]})),
            None,
        ),
        (json!({"a": "x"}), Some(json!({"a": {"$not": {"$ne": "x"}}})), None),
        (other("a", json!({"regex": "x"})), Some(json!({"a": {"$not": {"$regex": "x"}}})), None),
        // No list holds all of nothing; at home `arraycontains: []` holds for every list.
        (json!({"a": {"in": []}}), Some(json!({"a": {"$all": []}})), None),
    ]
}

#[test]
fn negations_differ_and_each_is_spelled_out_at_home() {
    told_alike(negations());
}

#[test]
fn what_all_surfaces_can_ask_is_one_tree() {
    told_alike(shared());
}

fn told_alike(table: Vec<Row>) {
    for (home_spelling, base44_spelling, datrix_spelling) in table {
        let wanted = home(&home_spelling);
        if let Some(q) = base44_spelling {
            assert_eq!(in_base44(&q), wanted, "Base44 {q}, at home {home_spelling}");
        }
        if let Some(query) = datrix_spelling {
            assert_eq!(in_datrix(query), wanted, "Datrix {query}, at home {home_spelling}");
        }
    }
}

/// The words after `$` in a filter of documents.
fn base44_words(json: &Json, words: &mut BTreeSet<String>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| base44_words(item, words)),
        Json::Object(map) => {
            for (key, value) in map {
                if key.starts_with('$') {
                    words.insert(key.clone());
                }
                base44_words(value, words);
            }
        }
        _ => {}
    }
}

/// The words after `$` in the brackets of a query string.
fn datrix_words(query: &str, words: &mut BTreeSet<String>) {
    let names = query.split('&').map(|part| part.split('=').next().unwrap_or(part));
    let keys = names.flat_map(|name| name.split(['[', ']']));
    words.extend(keys.filter(|key| key.starts_with('$')).map(str::to_owned));
}

/// A word that both have, and that never makes one tree of the two: everything else there, the
/// opposite here.
const UNLIKE: [&str; 1] = ["$not"];

#[test]
fn no_operator_of_any_surface_is_left_out_of_the_story() {
    let (mut documents, mut tables, mut both) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (_, q, query) in shared().into_iter().chain(negations()) {
        let (mut here, mut there) = (BTreeSet::new(), BTreeSet::new());
        if let Some(q) = &q {
            base44_words(q, &mut here);
        }
        if let Some(query) = query {
            datrix_words(query, &mut there);
        }
        both.extend(here.intersection(&there).cloned());
        documents.extend(here);
        tables.extend(there);
    }
    let known = |operators: &[&str], logic: &[&str]| -> BTreeSet<String> {
        operators.iter().chain(logic).map(|word| (*word).to_owned()).collect()
    };
    let base44 = known(&base44::filter::OPERATORS, &base44::filter::LOGIC);
    let datrix = known(&datrix::filter::OPERATORS, &datrix::filter::LOGIC);
    assert_eq!(documents, base44, "told of Base44, and known to it");
    assert_eq!(tables, datrix, "told of Datrix, and known to it");
    both.extend(UNLIKE.map(str::to_owned));
    let alike: BTreeSet<String> = base44.intersection(&datrix).cloned().collect();
    assert_eq!(both, alike, "told in one row of both, and known to both");
}

#[test]
fn every_tree_of_every_surface_is_printed_at_home_and_read_back() {
    let asked: Vec<Row> = shared().into_iter().chain(negations()).collect();
    let trees = asked
        .iter()
        .filter_map(|(_, q, _)| q.as_ref().map(in_base44))
        .chain(asked.iter().filter_map(|(_, _, query)| query.map(in_datrix)));
    for tree in trees {
        let printed = print_filter(&tree);
        assert_eq!(print_filter(&home(&printed)), printed);
    }
}

fn at_home(query: &str) -> Read {
    let limits = Limits::default();
    let params = baasix::request::Params::parse(query, &limits).unwrap();
    baasix::request::read("posts", &params, &limits, &|_| false, false).unwrap()
}

#[test]
fn order_page_and_fields_are_one_tree_too() {
    let limits = Limits::default();
    let sizes = datrix::request::Sizes::default();
    let base44 = |query: &str| base44::request::list("posts", query, &limits).unwrap();
    let datrix = |query: &str| datrix::request::list("posts", query, sizes, &limits).unwrap();

    for (home, other) in [
        ("sort=-price", base44("sort=-price").sort),
        ("sort=price", base44("sort=%2Bprice").sort),
        ("sort=price", base44("sort=+price").sort),
        ("sort=-createdAt", base44("").sort),
        ("sort=-updatedAt", base44("sort=-updated_date").sort),
        ("sort=category,-price", datrix("sort=category,-price").sort),
        ("sort=category,-price", datrix("sort=category&sort=-price").sort),
    ] {
        assert_eq!(at_home(home).sort, other, "{home}");
    }
    let page = datrix("page=2&pageSize=10");
    let home = at_home("page=2&limit=10");
    assert_eq!((page.page, page.limit), (home.page, home.limit));
    let skip = base44("limit=10&skip=10");
    let home = at_home("limit=10&offset=10");
    assert_eq!((skip.offset, skip.limit), (home.offset, home.limit));

    for (home, other) in [
        (r#"fields=["id","title"]"#, base44("fields=id,title").fields),
        (r#"fields=["id","title"]"#, base44("fields=title").fields),
        (
            r#"fields=["name","price","id","createdAt","updatedAt"]"#,
            datrix("fields=name,price").fields,
        ),
        (r#"fields=["*","category.*"]"#, datrix("populate[category]=true").fields),
        (
            r#"fields=["*","author.*","author.company.*"]"#,
            datrix("populate[author][populate][company]=true").fields,
        ),
    ] {
        assert_eq!(at_home(home).fields, other, "{home}");
    }
    assert!(datrix("populate=*").every_relation);

    // What a surface does with names that do not exist, and with the total, is its own.
    let unlike = (base44("").unknown, datrix("").unknown, at_home("").unknown);
    use query::UnknownNames::{Empty, Refused, RefusedEverywhere};
    assert_eq!(unlike, (Empty, RefusedEverywhere, Refused));
    assert_eq!(base44("").sort[0].direction, Direction::Descending);
}
