//! Query strings: B2, and what `queryToParams` writes of B3.

use super::{Row, hold};
use crate::surface::datrix::fault::Result;
use crate::surface::datrix::request::{Sizes, list, one};
use crate::surface::tree_tests as tree;
use base::Limits;
use serde_json::{Value as Json, json};

fn asked(query: &str) -> Result<Json> {
    let limits = Limits { list_values_max: 4, ..Limits::default() };
    list("posts", query, Sizes::default(), &limits).map(|read| tree::read(&read))
}

fn a(operator: &str, operand: Json) -> Json {
    json!({"a": {operator: operand}})
}

#[test]
fn every_form_of_where_is_its_tree() {
    let table: Vec<Row<&str>> = vec![
        ("nothing", "", Ok(json!(null))),
        ("where[f]=v", "where[a]=x", Ok(a("eq", json!("x")))),
        ("where[f]=, empty", "where[a]=", Ok(a("eq", json!("")))),
        ("where[f]=null", "where[a]=null", Ok(a("eq", json!(null)))),
        ("where[f]=true", "where[a]=true", Ok(a("eq", json!(true)))),
        ("where[f]=false", "where[a]=false", Ok(a("eq", json!(false)))),
        ("numbers stay text until their column", "where[a]=2", Ok(a("eq", json!("2")))),
        (
            "text that is a variable elsewhere",
            "where[a]=$NOW",
            Ok(json!({"a": {"eq": "$NOW", "$literal": true}})),
        ),
        ("$eq", "where[a][$eq]=x%20y%26z", Ok(a("eq", json!("x y&z")))),
        ("$eq null", "where[a][$eq]=null", Ok(a("eq", json!(null)))),
        ("$ne", "where[a][$ne]=x", Ok(a("ne", json!("x")))),
        ("$ne null", "where[a][$ne]=null", Ok(a("ne", json!(null)))),
        ("$gt", "where[a][$gt]=1", Ok(a("gt", json!("1")))),
        ("$gte", "where[a][$gte]=1", Ok(a("gte", json!("1")))),
        ("$lt", "where[a][$lt]=1", Ok(a("lt", json!("1")))),
        ("$lte", "where[a][$lte]=1", Ok(a("lte", json!("1")))),
        ("$gt null", "where[a][$gt]=null", Err(("INVALID_VALUE_TYPE", "where[a][$gt]"))),
        (
            "$in, by position",
            "where[a][$in][0]=1&where[a][$in][1]=x",
            Ok(a("in", json!(["1", "x"]))),
        ),
        ("$in, one by position", "where[a][$in][0]=x", Ok(a("in", json!(["x"])))),
        ("$in, repeated", "where[a][$in]=x&where[a][$in]=null", Ok(a("in", json!(["x", null])))),
        ("$in, one plain value", "where[a][$in]=x", Err(("INVALID_VALUE_TYPE", "where[a][$in]"))),
        ("$in, empty", "where[a][$in]=", Err(("EMPTY_VALUE", "where[a][$in]"))),
        (
            "$in, a gap",
            "where[a][$in][0]=x&where[a][$in][2]=y",
            Err(("CONSECUTIVE_INDEX_ERROR", "where[a][$in]")),
        ),
        ("$in, no position", "where[a][$in][x]=y", Err(("ARRAY_INDEX_ERROR", "where[a][$in]"))),
        (
            "$in, too long",
            "where[a][$in]=1&where[a][$in]=2&where[a][$in]=3&where[a][$in]=4&where[a][$in]=5",
            Err(("MAX_LENGTH_EXCEEDED", "where[a][$in]")),
        ),
        ("$nin", "where[a][$nin][0]=x&where[a][$nin][1]=y", Ok(a("notIn", json!(["x", "y"])))),
        ("$nin, empty", "where[a][$nin]=", Err(("EMPTY_VALUE", "where[a][$nin]"))),
        ("$like", "where[a][$like]=%25wid_get%25", Ok(a("matches", json!("%wid_get%")))),
        ("$like of a word", "where[a][$like]=true", Ok(a("matches", json!("true")))),
        ("$ilike", "where[a][$ilike]=x%25", Ok(a("imatches", json!("x%")))),
        ("$contains", "where[a][$contains]=x%25", Ok(a("icontains", json!("x%")))),
        ("$contains of a word", "where[a][$contains]=null", Ok(a("icontains", json!("null")))),
        (
            "$notContains",
            "where[a][$notContains]=x",
            Ok(json!({"NOT": a("icontains", json!("x"))})),
        ),
        ("$startsWith", "where[a][$startsWith]=5%25", Ok(a("startsWith", json!("5\\%")))),
        ("$endsWith", "where[a][$endsWith]=a_b", Ok(a("endsWith", json!("a\\_b")))),
        ("$null true", "where[a][$null]=true", Ok(a("isNull", json!(true)))),
        ("$null 1", "where[a][$null]=1", Ok(a("isNull", json!(true)))),
        ("$null false", "where[a][$null]=false", Ok(a("isNull", json!(false)))),
        ("$null 0", "where[a][$null]=0", Ok(a("isNull", json!(false)))),
        (
            "$null of another kind",
            "where[a][$null]=maybe",
            Err(("INVALID_VALUE_TYPE", "where[a][$null]")),
        ),
        ("$notNull", "where[a][$notNull]=true", Ok(a("isNotNull", json!(true)))),
        ("$notNull false", "where[a][$notNull]=0", Ok(a("isNotNull", json!(false)))),
        (
            "$and",
            "where[$and][0][a]=1&where[$and][1][b]=2",
            Ok(json!({"AND": [{"a": {"eq": "1"}}, {"b": {"eq": "2"}}]})),
        ),
        (
            "$or",
            "where[$or][0][a][$lt]=50&where[$or][1][b][$gt]=100",
            Ok(json!({"OR": [{"a": {"lt": "50"}}, {"b": {"gt": "100"}}]})),
        ),
        (
            "$or, by another order",
            "where[$or][1][b]=2&where[$or][0][a]=1",
            Ok(json!({"OR": [{"a": {"eq": "1"}}, {"b": {"eq": "2"}}]})),
        ),
        ("$or from 1", "where[$or][1][a]=1", Err(("CONSECUTIVE_INDEX_ERROR", "where[$or]"))),
        ("$or without positions", "where[$or][a]=1", Err(("ARRAY_INDEX_ERROR", "where[$or]"))),
        ("$and of a value", "where[$and]=1", Err(("ARRAY_INDEX_ERROR", "where[$and]"))),
        ("$not", "where[$not][a]=x", Ok(json!({"NOT": {"a": {"eq": "x"}}}))),
        ("$not, a list", "where[$not][0][a]=x", Err(("ARRAY_INDEX_ERROR", "where[$not]"))),
        (
            "several operators",
            "where[a][$gte]=18&where[a][$lt]=65",
            Ok(json!({"AND": [{"a": {"gte": "18"}}, {"a": {"lt": "65"}}]})),
        ),
        (
            "several fields",
            "where[a]=1&where[b]=2",
            Ok(json!({"AND": [{"a": {"eq": "1"}}, {"b": {"eq": "2"}}]})),
        ),
        (
            "nested logic, three deep",
            "where[$and][0][a]=1&where[$and][1][$or][0][b]=2&where[$and][1][$or][1][$not][c][$ne]=3",
            Ok(
                json!({"AND": [{"a": {"eq": "1"}}, {"OR": [{"b": {"eq": "2"}}, {"NOT": {"c": {"ne": "3"}}}]}]}),
            ),
        ),
        ("$regex", "where[a][$regex]=x", Err(("INVALID_OPERATOR", "where[a][$regex]"))),
        ("$exists", "where[a][$exists]=true", Err(("INVALID_OPERATOR", "where[a][$exists]"))),
        ("$icontains", "where[a][$icontains]=x", Err(("INVALID_OPERATOR", "where[a][$icontains]"))),
        ("$nor", "where[$nor][0][a]=1", Err(("INVALID_OPERATOR", "where[$nor]"))),
        ("a relation by its key", "where[category]=2", Ok(json!({"category": {"eq": "2"}}))),
        (
            "a relation that is none",
            "where[category][$null]=true",
            Ok(json!({"category": {"isNull": true}})),
        ),
        ("a relation's fields", "where[author][name]=x", Ok(json!({"author.name": {"eq": "x"}}))),
        (
            "a chain of relations",
            "where[author][company][country][name][$eq]=TR",
            Ok(json!({"author.company.country.name": {"eq": "TR"}})),
        ),
        (
            "logic inside a relation",
            "where[author][$or][0][name]=x&where[author][$or][1][age]=2",
            Ok(json!({"OR": [{"author.name": {"eq": "x"}}, {"author.age": {"eq": "2"}}]})),
        ),
        ("a name with a dot", "where[profile.age][$gt]=3", Ok(json!({"profile.age": {"gt": "3"}}))),
        ("other letters in a value", "where[a]=a%2Bb%20%C3%BC", Ok(a("eq", json!("a+b ü")))),
        ("no brackets", "where=1", Err(("INVALID_VALUE_TYPE", "where"))),
        ("a value twice", "where[a]=1&where[a]=2", Err(("INVALID_VALUE_TYPE", "where[a]"))),
        ("a plain list", "where[a][0]=1", Err(("ARRAY_INDEX_ERROR", "where[a]"))),
        ("EMPTY", "where[]=1", Err(("INVALID_FIELD_NAME", "where[]"))),
        ("RESERVED_FIELD", "where[__proto__]=1", Err(("INVALID_FIELD_NAME", "where[__proto__]"))),
        (
            "RESERVED_FIELD, constructor",
            "where[constructor]=1",
            Err(("INVALID_FIELD_NAME", "where[constructor]")),
        ),
        ("CONTROL_CHARS", "where[a%01]=1", Err(("INVALID_FIELD_NAME", "where[a\u{1}]"))),
        ("INVALID_FORMAT", "where[1a]=1", Err(("INVALID_FIELD_NAME", "where[1a]"))),
        ("INVALID_FORMAT, a blank", "where[a b]=1", Err(("INVALID_FIELD_NAME", "where[a b]"))),
    ];
    hold(table, |query| asked(query).map(|tree| tree.get("filter").cloned().unwrap_or_default()));

    let (name, long) = ("x".repeat(63), "x".repeat(64));
    assert!(asked(&format!("where[{name}]=1")).is_ok(), "63 signs");
    let value = "x".repeat(1_000);
    assert!(asked(&format!("where[a]={value}")).is_ok(), "1000 signs");
    let deep = |levels: usize| format!("where{}[a]=1", "[$not]".repeat(levels));
    assert!(asked(&deep(9)).is_ok(), "ten levels");
    for (line, query, word) in [
        ("TOO_LONG", format!("where[{long}]=1"), "INVALID_FIELD_NAME"),
        ("a value of 1001 signs", format!("where[a]={value}x"), "MAX_LENGTH_EXCEEDED"),
        ("eleven levels", deep(10), "MAX_DEPTH_EXCEEDED"),
    ] {
        assert_eq!(asked(&query).unwrap_err().fault.as_str(), word, "{line}");
    }
}

/// A list with nothing asked but these.
fn list_with(parts: Json) -> Json {
    let mut tree = json!({"limit": 25, "page": 1, "fields": ["*"]});
    for (name, part) in parts.as_object().unwrap() {
        tree[name.as_str()] = part.clone();
    }
    tree
}

#[test]
fn every_other_parameter_is_its_part_of_the_read() {
    let fields = |names: &[&str]| Ok(list_with(json!({ "fields": names })));
    let whole = ["name", "price", "id", "createdAt", "updatedAt"];
    let table: Vec<Row<&str>> = vec![
        ("nothing", "", Ok(list_with(json!({})))),
        ("page", "page=3", Ok(list_with(json!({"page": 3})))),
        ("page, as parseInt reads it", "page=1.9", Ok(list_with(json!({"page": 1})))),
        ("page, the last", "page=1000000", Ok(list_with(json!({"page": 1_000_000})))),
        ("page, behind the last", "page=1000001", Err(("PAGE_OUT_OF_RANGE", "page"))),
        ("page 0", "page=0", Err(("INVALID_PAGINATION", "page"))),
        ("page of another kind", "page=x", Err(("INVALID_PAGINATION", "page"))),
        ("page, empty", "page=", Err(("INVALID_PAGINATION", "page"))),
        ("pageSize", "pageSize=100", Ok(list_with(json!({"limit": 100})))),
        ("pageSize over the largest", "pageSize=101", Err(("MAX_VALUE_VIOLATION", "pageSize"))),
        ("pageSize 0", "pageSize=0", Err(("INVALID_PAGINATION", "pageSize"))),
        ("pageSize -1", "pageSize=-1", Err(("INVALID_PAGINATION", "pageSize"))),
        ("sort f", "sort=a", Ok(list_with(json!({"sort": ["a"]})))),
        ("sort -f", "sort=-a", Ok(list_with(json!({"sort": ["-a"]})))),
        (
            "sort, a comma list",
            "sort=category%2C-price",
            Ok(list_with(json!({"sort": ["category", "-price"]}))),
        ),
        ("sort, repeated", "sort=a&sort=-b", Ok(list_with(json!({"sort": ["a", "-b"]})))),
        ("sort, empties skipped", "sort=a,,-b,", Ok(list_with(json!({"sort": ["a", "-b"]})))),
        ("sort, blank", "sort=", Err(("EMPTY_VALUE", "sort"))),
        ("sort, no name", "sort=-", Err(("INVALID_FIELD_NAME", "sort"))),
        ("sort, not the name of a field", "sort=a;b", Err(("INVALID_FIELD_NAME", "sort"))),
        ("sort in brackets", "sort[a]=desc", Err(("UNKNOWN_PARAMETER", "sort[a]"))),
        ("fields a,b", "fields=name%2Cprice", fields(&whole)),
        ("fields, trimmed", "fields=name, price ,", fields(&whole)),
        ("fields, by position", "fields[0]=name&fields[1]=price", fields(&whole)),
        ("fields, sparse", "fields[0]=name&fields[7]=price", fields(&whole)),
        (
            "fields, a position from 1000",
            "fields[0]=name&fields[1]=price&fields[1000]=x",
            fields(&whole),
        ),
        ("fields, repeated", "fields=name&fields=price", fields(&whole)),
        ("fields *", "fields=*", fields(&["*"])),
        ("fields, empty", "fields=", Err(("EMPTY_VALUE", "fields"))),
        ("fields[x]", "fields[x]=a", Err(("UNKNOWN_PARAMETER", "fields[x]"))),
        ("fields_x", "fields_x=a", Err(("UNKNOWN_PARAMETER", "fields_x"))),
        ("fields, not the name of a field", "fields=a;drop", Err(("INVALID_FIELD_NAME", "fields"))),
        ("fields, through a relation", "fields=author.name", Err(("INVALID_FIELD", "fields"))),
        ("populate *", "populate=*", Ok(list_with(json!({"every": true})))),
        ("populate true", "populate=true", Ok(list_with(json!({"every": true})))),
        ("populate, by position *", "populate[0]=*", Ok(list_with(json!({"every": true})))),
        ("populate, one name", "populate=author", fields(&["*", "author.*"])),
        (
            "populate, repeated",
            "populate=author&populate=tags",
            fields(&["*", "author.*", "tags.*"]),
        ),
        (
            "populate, by position",
            "populate[0]=author&populate[1]=tags",
            fields(&["*", "author.*", "tags.*"]),
        ),
        ("populate, a way", "populate[0]=author.company", fields(&["*", "author.company.*"])),
        ("populate[rel]=true", "populate[author]=true", fields(&["*", "author.*"])),
        ("populate[rel]=*", "populate[author]=*", fields(&["*", "author.*"])),
        ("populate[rel]=false", "populate[author]=false", fields(&["*", "author.*"])),
        (
            "populate[rel][fields]",
            "populate[category][fields]=name",
            fields(&[
                "*",
                "category.name",
                "category.id",
                "category.createdAt",
                "category.updatedAt",
            ]),
        ),
        (
            "populate[rel][fields]=a,b",
            "populate[c][fields]=a,b",
            fields(&["*", "c.a", "c.b", "c.id", "c.createdAt", "c.updatedAt"]),
        ),
        ("populate[rel][fields]=*", "populate[author][fields]=*", fields(&["*", "author.*"])),
        (
            "populate[rel][fields][0]",
            "populate[c][fields][0]=a&populate[c][fields][1]=id",
            fields(&["*", "c.a", "c.id", "c.createdAt", "c.updatedAt"]),
        ),
        (
            "populate[rel][populate][nested]",
            "populate[author][populate][company]=true",
            fields(&["*", "author.*", "author.company.*"]),
        ),
        ("populate[rel][populate]=*", "populate[author][populate]=*", fields(&["*", "author.*"])),
        (
            "populate, nested with fields",
            "populate[a][fields][0]=x&populate[a][populate][b][fields][0]=y",
            fields(&[
                "*",
                "a.x",
                "a.id",
                "a.createdAt",
                "a.updatedAt",
                "a.b.y",
                "a.b.id",
                "a.b.createdAt",
                "a.b.updatedAt",
            ]),
        ),
        (
            "populate[rel][orderBy], [limit], [offset]",
            "populate[a][limit]=1&populate[a][orderBy]=x&populate[a][offset]=1",
            fields(&["*", "a.*"]),
        ),
        // The original passes over it, and shows what was asked not to be shown.
        (
            "populate[rel][where]",
            "populate[tags][where][name]=x",
            Ok(list_with(json!({
                "fields": ["*", "tags.*"],
                "inside": {"tags": {"filter": {"name": {"eq": "x"}}, "inside": {}}},
            }))),
        ),
        (
            "populate, five deep",
            "populate[a][populate][b][populate][c][populate][d][populate][e]=true",
            fields(&["*", "a.*", "a.b.*", "a.b.c.*", "a.b.c.d.*", "a.b.c.d.e.*"]),
        ),
        (
            "populate, six deep",
            "populate[a][populate][b][populate][c][populate][d][populate][e][populate][f]=true",
            Err((
                "MAX_DEPTH_EXCEEDED",
                "populate[a][populate][b][populate][c][populate][d][populate][e][populate][f]",
            )),
        ),
        ("populate a,b", "populate=a,b", Err(("INVALID_FIELD_NAME", "populate"))),
        ("populate, empty", "populate=", Err(("EMPTY_VALUE", "populate"))),
        ("populate, no text", "populate[0][x]=1", Err(("INVALID_VALUE_TYPE", "populate[0]"))),
        (
            "populate, nested by position",
            "populate[a][populate][0]=x",
            Err(("INVALID_FIELD_NAME", "populate[a][populate][0]")),
        ),
        (
            "populate[__proto__]",
            "populate[__proto__][fields]=x",
            Err(("INVALID_FIELD_NAME", "populate[__proto__]")),
        ),
        ("any other name", "limit=10", Err(("UNKNOWN_PARAMETER", "limit"))),
        ("any other name, in brackets", "filters[a]=1", Err(("UNKNOWN_PARAMETER", "filters"))),
        ("first fields", "fields=&where=1", Err(("EMPTY_VALUE", "fields"))),
        ("then where", "where=1&populate=", Err(("INVALID_VALUE_TYPE", "where"))),
        ("then populate", "populate=&page=0", Err(("EMPTY_VALUE", "populate"))),
        ("then the page", "page=0&sort=", Err(("INVALID_PAGINATION", "page"))),
        ("then sort", "sort=&limit=1", Err(("EMPTY_VALUE", "sort"))),
        (
            "the example of the seed, as queryToParams writes it",
            "where[price][$gte]=100&where[isAvailable]=true&populate[category]=true&sort=-price&page=2&pageSize=10",
            Ok(json!({
                "filter": {"AND": [{"price": {"gte": "100"}}, {"isAvailable": {"eq": true}}]},
                "sort": ["-price"], "limit": 10, "page": 2, "fields": ["*", "category.*"],
            })),
        ),
    ];
    hold(table, |query| asked(query));

    let asked = one(
        "posts",
        "7",
        "where[a]=1&sort=b&page=2&fields=c",
        Sizes::default(),
        &Limits::default(),
    );
    let told = json!({"key": "7", "fields": ["c", "id", "createdAt", "updatedAt"]});
    assert_eq!(tree::read(&asked.unwrap()), told, "one record: read and not applied");
    let asked = one("posts", "7", "where[$x]=1", Sizes::default(), &Limits::default());
    assert_eq!(asked.unwrap_err().fault.as_str(), "INVALID_OPERATOR", "one record: may be refused");
}
