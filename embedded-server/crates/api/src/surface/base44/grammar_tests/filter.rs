//! Conditions: A3.

use super::{Row, a, found, hold, limits, missing, other};
use crate::surface::base44::filter;
use base::{Code, JsonPath};
use query::{Filter, print_filter};
use serde_json::{Value as Json, json};

#[test]
fn every_form_of_a_filter_is_its_tree() {
    use Code::{InvalidQuery, UnknownOperator};
    let table: Vec<Row<Json>> = vec![
        ("{f: scalar}, text", json!({"a": "x"}), Ok(a("eq", json!("x")))),
        ("{f: scalar}, number", json!({"a": 5}), Ok(a("eq", json!(5)))),
        ("{f: scalar}, truth", json!({"a": false}), Ok(a("eq", json!(false)))),
        (
            "several keys",
            json!({"a": 1, "b": "y"}),
            Ok(json!({"AND": [{"a": {"eq": 1}}, {"b": {"eq": "y"}}]})),
        ),
        ("no key", json!({}), Ok(json!({}))),
        ("{f: null}", json!({"a": null}), Ok(a("eq", json!(null)))),
        ("{f: [a,b]}", json!({"a": ["x", 1]}), Ok(a("in", json!(["x", 1])))),
        ("{f: {op: v}}", json!({"a": {"$gt": 1}}), Ok(a("gt", json!(1)))),
        (
            "{f: {op: v}}, several",
            json!({"a": {"$gte": 1, "$lt": 5}}),
            Ok(json!({"AND": [{"a": {"gte": 1}}, {"a": {"lt": 5}}]})),
        ),
        ("$eq", json!({"a": {"$eq": "x"}}), Ok(a("eq", json!("x")))),
        ("$eq, a whole list", json!({"a": {"$eq": ["x"]}}), Ok(a("eq", json!(["x"])))),
        ("$ne", json!({"a": {"$ne": "x"}}), Ok(missing(a("ne", json!("x"))))),
        ("$ne null", json!({"a": {"$ne": null}}), Ok(a("ne", json!(null)))),
        ("$gt", json!({"a": {"$gt": "2024-01-01"}}), Ok(a("gt", json!("2024-01-01")))),
        ("$gte", json!({"a": {"$gte": 1}}), Ok(a("gte", json!(1)))),
        ("$lt", json!({"a": {"$lt": 1}}), Ok(a("lt", json!(1)))),
        ("$lte", json!({"a": {"$lte": 1}}), Ok(a("lte", json!(1)))),
        ("$gt of null", json!({"a": {"$gt": null}}), Err((InvalidQuery, "q.a.$gt"))),
        ("$lte of a list", json!({"a": {"$lte": [1]}}), Err((InvalidQuery, "q.a.$lte"))),
        ("$in", json!({"a": {"$in": ["x", "y"]}}), Ok(a("in", json!(["x", "y"])))),
        ("$in of nothing", json!({"a": {"$in": []}}), Ok(a("in", json!([])))),
        ("$in, no list", json!({"a": {"$in": "x"}}), Err((InvalidQuery, "q.a.$in"))),
        ("$in, too long", json!({"a": {"$in": [1, 2, 3, 4, 5]}}), Err((InvalidQuery, "q.a.$in"))),
        ("$nin", json!({"a": {"$nin": ["x"]}}), Ok(missing(a("notIn", json!(["x"]))))),
        ("$nin with null", json!({"a": {"$nin": ["x", null]}}), Ok(a("notIn", json!(["x", null])))),
        ("$nin of nothing", json!({"a": {"$nin": []}}), Ok(a("notIn", json!([])))),
        ("$exists true", json!({"a": {"$exists": true}}), Ok(a("isNotNull", json!(true)))),
        ("$exists false", json!({"a": {"$exists": false}}), Ok(a("isNull", json!(true)))),
        (
            "$exists of another kind",
            json!({"a": {"$exists": 1}}),
            Err((InvalidQuery, "q.a.$exists")),
        ),
        ("$regex", json!({"a": {"$regex": "^x"}}), Ok(a("regex", json!("^x")))),
        ("$regex of another kind", json!({"a": {"$regex": 1}}), Err((InvalidQuery, "q.a.$regex"))),
        ("$all", json!({"a": {"$all": ["x", "y"]}}), Ok(a("arraycontains", json!(["x", "y"])))),
        ("$all of nothing", json!({"a": {"$all": []}}), Ok(a("in", json!([])))),
        ("$all, no list", json!({"a": {"$all": "x"}}), Err((InvalidQuery, "q.a.$all"))),
        ("$size", json!({"a": {"$size": 2}}), Ok(a("arraylength", json!(2)))),
        ("$size of another kind", json!({"a": {"$size": "2"}}), Err((InvalidQuery, "q.a.$size"))),
        (
            "$elemMatch",
            json!({"a": {"$elemMatch": {"sku": "x", "n": {"$gt": 2}}}}),
            Ok(a("jsonbPathExists", json!(r#"$[*] ? (@."sku" == "x" && @."n" > 2)"#))),
        ),
        (
            "$elemMatch of nothing",
            json!({"a": {"$elemMatch": {}}}),
            Err((InvalidQuery, "q.a.$elemMatch")),
        ),
        // A value of another kind is below no limit, so it is beyond none either.
        ("$not $gt", json!({"a": {"$not": {"$gt": 5}}}), Ok(other(a("gt", json!(5))))),
        ("$not $gte", json!({"a": {"$not": {"$gte": 5}}}), Ok(other(a("gte", json!(5))))),
        ("$not $lt", json!({"a": {"$not": {"$lt": 5}}}), Ok(other(a("lt", json!(5))))),
        ("$not $lte", json!({"a": {"$not": {"$lte": 5}}}), Ok(other(a("lte", json!(5))))),
        ("$not $eq", json!({"a": {"$not": {"$eq": "x"}}}), Ok(missing(a("ne", json!("x"))))),
        ("$not $ne", json!({"a": {"$not": {"$ne": "x"}}}), Ok(a("eq", json!("x")))),
        ("$not $in", json!({"a": {"$not": {"$in": ["x"]}}}), Ok(missing(a("notIn", json!(["x"]))))),
        ("$not $nin", json!({"a": {"$not": {"$nin": ["x"]}}}), Ok(a("in", json!(["x"])))),
        ("$not $exists", json!({"a": {"$not": {"$exists": true}}}), Ok(a("isNull", json!(true)))),
        ("$not $regex", json!({"a": {"$not": {"$regex": "x"}}}), Ok(other(a("regex", json!("x"))))),
        (
            "$not $all",
            json!({"a": {"$not": {"$all": ["x"]}}}),
            Ok(other(a("arraycontains", json!(["x"])))),
        ),
        ("$not $size", json!({"a": {"$not": {"$size": 1}}}), Ok(other(a("arraylength", json!(1))))),
        (
            "$not of two",
            json!({"a": {"$not": {"$eq": 1, "$exists": true}}}),
            Ok(json!({"OR": [missing(a("ne", json!(1))), {"a": {"isNull": true}}]})),
        ),
        ("$not of a value", json!({"a": {"$not": 5}}), Err((InvalidQuery, "q.a.$not"))),
        (
            "$and",
            json!({"$and": [{"a": 1}, {"b": 2}]}),
            Ok(json!({"AND": [{"a": {"eq": 1}}, {"b": {"eq": 2}}]})),
        ),
        (
            "$or",
            json!({"$or": [{"a": 1}, {"b": 2}]}),
            Ok(json!({"OR": [{"a": {"eq": 1}}, {"b": {"eq": 2}}]})),
        ),
        (
            "$nor",
            json!({"$nor": [{"a": 1}, {"a": {"$regex": "x"}}]}),
            Ok(json!({"AND": [missing(a("ne", json!(1))), other(a("regex", json!("x")))]})),
        ),
        ("$not at the root", json!({"$not": {"a": "x"}}), Ok(missing(a("ne", json!("x"))))),
        ("$or: []", json!({"$or": []}), Err((InvalidQuery, "q.$or"))),
        ("$and, no list", json!({"$and": {"a": 1}}), Err((InvalidQuery, "q.$and"))),
        ("$nor of what is no query", json!({"$nor": [1]}), Err((InvalidQuery, "q.$nor.0"))),
        ("id", json!({"id": {"$in": ["x"]}}), Ok(json!({"id": {"in": ["x"]}}))),
        (
            "created_date",
            json!({"created_date": {"$gt": "x"}}),
            Ok(json!({"createdAt": {"gt": "x"}})),
        ),
        ("updated_date", json!({"updated_date": "x"}), Ok(json!({"updatedAt": {"eq": "x"}}))),
        (
            "created_by",
            json!({"created_by": "a@b.c"}),
            Ok(json!({"userCreated.email": {"eq": "a@b.c"}})),
        ),
        (
            "created_by_id",
            json!({"created_by_id": "7"}),
            Ok(json!({"userCreated_Id": {"eq": "7"}})),
        ),
        ("$where", json!({"$where": "1"}), Err((UnknownOperator, "q.$where"))),
        ("$expr", json!({"$expr": {}}), Err((UnknownOperator, "q.$expr"))),
        ("$function", json!({"a": {"$function": 1}}), Err((UnknownOperator, "q.a.$function"))),
        ("not listed", json!({"a": {"$type": 1}}), Err((UnknownOperator, "q.a.$type"))),
        (
            "not listed, in a document",
            json!({"a.b": {"$type": 1}}),
            Err((UnknownOperator, "q.a.b.$type")),
        ),
        ("malformed: a list", json!([]), Err((InvalidQuery, "q"))),
        ("malformed: a text", json!("x"), Err((InvalidQuery, "q"))),
        ("malformed: no name", json!({"": 1}), Err((InvalidQuery, "q."))),
        (
            "malformed: an object without operators",
            json!({"a": {"b": 1}}),
            Err((InvalidQuery, "q.a")),
        ),
        (
            "malformed: values beside operators",
            json!({"a": {"$gt": 1, "b": 2}}),
            Err((InvalidQuery, "q.a")),
        ),
        (
            "text that is a variable elsewhere",
            json!({"a": "$NOW"}),
            Ok(json!({"a": {"eq": "$NOW", "$literal": true}})),
        ),
    ];
    hold(table, |sent| filter::parse(sent, "q", &limits()).map(|filter| print_filter(&filter)));
}

#[test]
fn a_name_with_dots_leads_into_a_document() {
    use Code::InvalidQuery;
    let table: Vec<Row<Json>> = vec![
        ("scalar", json!({"a.b": "x"}), Ok(found(r#"@."b" == "x""#))),
        ("deeper", json!({"a.b.c d": 1}), Ok(found(r#"@."b"."c d" == 1"#))),
        (
            "a name with quotes",
            json!({"a.b\" == 1 || @": 1}),
            Ok(found(r#"@."b\" == 1 || @" == 1"#)),
        ),
        ("a power of ten", json!({"a.b": {"$gt": 1.5e3}}), Ok(found(r#"@."b" > 1500"#))),
        ("truth", json!({"a.b": true}), Ok(found(r#"@."b" == true"#))),
        ("null", json!({"a.b": null}), Ok(missing(found(r#"(!exists(@."b") || @."b" == null)"#)))),
        ("a list", json!({"a.b": ["x", 1]}), Ok(found(r#"(@."b" == "x" || @."b" == 1)"#))),
        ("$ne", json!({"a.b": {"$ne": "x"}}), Ok(other(found(r#"@."b" == "x""#)))),
        (
            "$ne null",
            json!({"a.b": {"$ne": null}}),
            Ok(json!({"AND": [
                {"NOT": found(r#"(!exists(@."b") || @."b" == null)"#)}, {"a": {"isNotNull": true}},
            ]})),
        ),
        ("$gt", json!({"a.b": {"$gt": 1}}), Ok(found(r#"@."b" > 1"#))),
        ("$gte", json!({"a.b": {"$gte": 1}}), Ok(found(r#"@."b" >= 1"#))),
        ("$lt", json!({"a.b": {"$lt": -1}}), Ok(found(r#"@."b" < -1"#))),
        ("$lte", json!({"a.b": {"$lte": 1}}), Ok(found(r#"@."b" <= 1"#))),
        ("$in of nothing", json!({"a.b": {"$in": []}}), Ok(found("(1 == 2)"))),
        ("$nin", json!({"a.b": {"$nin": ["x"]}}), Ok(other(found(r#"(@."b" == "x")"#)))),
        ("$exists true", json!({"a.b": {"$exists": true}}), Ok(found(r#"exists(@."b")"#))),
        ("$exists false", json!({"a.b": {"$exists": false}}), Ok(other(found(r#"exists(@."b")"#)))),
        ("$regex", json!({"a.b": {"$regex": "^x"}}), Ok(found(r#"@."b" like_regex "^x""#))),
        (
            "$all",
            json!({"a.b": {"$all": ["x", 1]}}),
            Ok(json!({"AND": [found(r#"@."b" == "x""#), found(r#"@."b" == 1"#)]})),
        ),
        ("$all of nothing", json!({"a.b": {"$all": []}}), Ok(found("(1 == 2)"))),
        (
            "$not $all",
            json!({"a.b": {"$not": {"$all": ["x"]}}}),
            Ok(other(found(r#"@."b" == "x""#))),
        ),
        (
            "$size",
            json!({"a.b": {"$size": 2}}),
            Ok(found(r#"(@."b".type() == "array" && @."b".size() == 2)"#)),
        ),
        (
            "$elemMatch",
            json!({"a.b": {"$elemMatch": {"c": {"$ne": 1}}}}),
            Ok(found(r#"exists(@."b"[*] ? (!exists(@ ? (@."c" == 1))))"#)),
        ),
        ("$not", json!({"a.b": {"$not": {"$gt": 1}}}), Ok(other(found(r#"@."b" > 1"#)))),
        (
            "$nor",
            json!({"$nor": [{"a.b": 1}]}),
            Ok(json!({"AND": [other(found(r#"@."b" == 1"#))]})),
        ),
        ("no key", json!({"a.": 1}), Err((InvalidQuery, "q.a."))),
        ("no name", json!({".a": 1}), Err((InvalidQuery, "q..a"))),
        ("a whole document", json!({"a.b": {"$eq": {"c": 1}}}), Err((InvalidQuery, "q.a.b.$eq"))),
        ("$gt of null", json!({"a.b": {"$gt": null}}), Err((InvalidQuery, "q.a.b.$gt"))),
        ("$in, no list", json!({"a.b": {"$in": 1}}), Err((InvalidQuery, "q.a.b.$in"))),
        (
            "$exists of another kind",
            json!({"a.b": {"$exists": 1}}),
            Err((InvalidQuery, "q.a.b.$exists")),
        ),
    ];
    hold(table, |sent| {
        let filter = filter::parse(sent, "q", &limits())?;
        each_path(&filter, &|path| assert!(JsonPath::parse(path).is_ok(), "{path}"));
        Ok(print_filter(&filter))
    });
}

fn each_path(filter: &Filter, look: &dyn Fn(&str)) {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => {
            parts.iter().for_each(|part| each_path(part, look))
        }
        Filter::Not(part) => each_path(part, look),
        Filter::Test(test) if test.operator == "jsonbPathExists" => {
            assert!(!test.literal);
            look(test.operand.as_str().unwrap());
        }
        Filter::Test(_) => {}
    }
}
