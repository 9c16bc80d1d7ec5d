use super::{resolve_asked, resolve_filter};
use crate::json::parse_filter;
use crate::resolve::Place;
use crate::resolve::names::Names;
use crate::resolve::sample::{ADA, EDITOR, Sample};
use crate::{Cond, Operand, Operator, Ref, UnknownNames};
use base::{Code, Error, Result, Value};
use serde_json::{Value as Json, json};

pub(super) fn resolved(sample: &Sample, json: &Json, place: Place) -> Result<Cond> {
    let posts = sample.catalog.get("posts").unwrap();
    let filter = parse_filter(json, "filter", &sample.limits)?;
    resolve_filter(&filter, posts, &sample.scope(), place)
}

/// A condition in one line.
pub(super) fn show(cond: &Cond) -> String {
    let list = |parts: &[Cond], word: &str| {
        format!("({})", parts.iter().map(show).collect::<Vec<_>>().join(word))
    };
    match cond {
        Cond::Always => String::from("true"),
        Cond::Never => String::from("false"),
        Cond::All(parts) => list(parts, " & "),
        Cond::Any(parts) => list(parts, " | "),
        Cond::Not(part) => format!("!{}", show(part)),
        Cond::Test(test) => format!("{} {}", name(&test.left), operator(&test.operator)),
    }
}

fn name(column: &Ref) -> String {
    let mut text: String =
        column.hops.iter().map(|hop| format!("{}.", hop.relation.name)).collect();
    text.push_str(&column.field);
    if let Some(cast) = column.cast {
        text.push_str(&format!("::{cast:?}"));
    }
    if column.null {
        text.push_str("(null)");
    }
    text
}

fn value(operand: &Operand) -> String {
    match operand {
        Operand::Value(Value::Null) => String::from("nothing"),
        Operand::Value(Value::Text(text)) => format!("'{text}'"),
        Operand::Value(Value::Int(n)) => n.to_string(),
        Operand::Value(other) => format!("{other:?}"),
        Operand::Column(column) => format!("col {}", name(column)),
        Operand::Own { collection, key, column } => {
            format!("{}[{}].{}", collection.name, value(&Operand::Value(key.clone())), name(column))
        }
    }
}

fn operator(operator: &Operator) -> String {
    let not = |negated: bool| if negated { "not " } else { "" };
    match operator {
        Operator::Equal { negated, right } => {
            format!("{} {}", if *negated { "<>" } else { "=" }, value(right))
        }
        Operator::Compare { greater, or_equal, right } => format!(
            "{}{} {}",
            if *greater { ">" } else { "<" },
            if *or_equal { "=" } else { "" },
            value(right)
        ),
        Operator::Between { negated, low, high } => {
            format!("{}between {} {}", not(*negated), value(low), value(high))
        }
        Operator::In { negated, values } => {
            let values: Vec<_> = values.iter().map(value).collect();
            format!("{}in {}", not(*negated), values.join(","))
        }
        Operator::Like(like) => format!(
            "{}like {}{}{}{}{}",
            not(like.negated),
            if like.open_start { "…" } else { "" },
            value(&like.text).trim_matches('\''),
            if like.open_end { "…" } else { "" },
            if like.wildcards { "" } else { " literal" },
            if like.fold { " fold" } else { "" },
        ),
        other => format!("{other:?}"),
    }
}

#[track_caller]
pub(super) fn check(json: Json, wanted: &str) {
    let found = resolved(&Sample::new(), &json, Place::Request);
    assert_eq!(found.as_ref().map(show).map_err(Error::to_string).as_deref(), Ok(wanted), "{json}");
}

#[track_caller]
pub(super) fn refuse(json: Json, code: Code, at: &str, part: &str) {
    let error = resolved(&Sample::new(), &json, Place::Request).unwrap_err();
    assert_eq!((error.code(), error.path()), (code, Some(at)), "{json} gave {error}");
    assert!(error.to_string().contains(part), "{error}");
}

#[test]
fn logic_is_kept_and_simplified() {
    check(json!({}), "true");
    check(json!({"OR": []}), "true");
    check(json!({"AND": []}), "true");
    check(json!({"NOT": {"quantity": 1}}), "!quantity = 1");
    check(
        json!({"AND": [{"quantity": 1}], "OR": [{"status": "live"}, {"status": "draft"}]}),
        "(quantity = 1 & (status = 'live' | status = 'draft'))",
    );
    let policy = resolved(&Sample::new(), &json!({"OR": []}), Place::Policy).unwrap();
    assert_eq!(show(&policy), "false");
}

#[test]
fn nulls_are_tested_not_compared() {
    check(json!({"title": null}), "title IsNull(true)");
    check(json!({"title": {"ne": null}}), "title IsNull(false)");
    check(json!({"title": {"not": null}}), "title IsNull(false)");
    check(json!({"title": {"is": "null"}}), "title IsNull(true)");
    check(json!({"title": {"isNull": "true"}}), "title IsNull(true)");
    check(json!({"title": {"isNull": false}}), "title IsNull(false)");
    check(json!({"title": {"isNotNull": true}}), "title IsNull(false)");
    check(json!({"title": {"empty": true}}), "title Empty(true)");
    check(json!({"quantity": {"empty": false}}), "quantity IsNull(false)");
    refuse(json!({"quantity": {"gt": null}}), Code::InvalidQuery, "filter.quantity.gt", "a value");
}

#[test]
fn values_take_the_type_of_their_column() {
    check(json!({"quantity": {"eq": "2"}}), "quantity = 2");
    check(json!({"price": {"gt": 1.005}}), "price > '1.005'");
    check(json!({"day": {"gte": "2024-01-02T10:00:00Z"}}), "day >= '2024-01-02'");
    check(json!({"publishedAt": {"lt": "2024-01-02"}}), "publishedAt < '2024-01-02T00:00:00.000Z'");
    check(json!({"title": {"eq": "2024-01-01"}}), "title = '2024-01-01'");
    check(json!({"status": {"eq": "gone"}}), "status = 'gone'");
    check(json!({"tags": ["a"]}), r#"tags = '["a"]'"#);
    refuse(json!({"title": ["1 OR 1=1"]}), Code::InvalidQuery, "filter.title.eq", "must be text");
    refuse(json!({"quantity": {"eq": 1.5}}), Code::InvalidQuery, "filter.quantity.eq", "integer");
}

#[test]
fn lists_are_lists() {
    check(json!({"quantity": {"in": [1, "2"]}}), "quantity in 1,2");
    check(json!({"status": {"in": "draft, live"}}), "status in 'draft','live'");
    check(json!({"quantity": {"in": "5"}}), "quantity in 5");
    check(json!({"quantity": {"in": 5}}), "quantity in 5");
    check(json!({"quantity": {"in": []}}), "false");
    check(json!({"quantity": {"notIn": []}}), "true");
    check(json!({"quantity": {"in": [null, 1]}}), "(quantity IsNull(true) | quantity in 1)");
    check(json!({"quantity": {"nin": [null]}}), "quantity IsNull(false)");
    check(json!({"quantity": {"between": [1, 5]}}), "quantity between 1 5");
    refuse(
        json!({"quantity": {"between": [1]}}),
        Code::InvalidQuery,
        "filter.quantity.between",
        "[low, high]",
    );
    refuse(
        json!({"quantity": {"in": {"a": 1}}}),
        Code::InvalidQuery,
        "filter.quantity.in",
        "a list",
    );
    refuse(
        json!({"quantity": {"in": [1, "x"]}}),
        Code::InvalidQuery,
        "filter.quantity.in.1",
        "integer",
    );
}

#[test]
fn text_operators_differ_in_case_ends_and_wildcards() {
    check(json!({"title": {"like": "%Pro%"}}), "title like …%Pro%…");
    check(json!({"title": {"ilike": "x"}}), "title like …x… fold");
    check(json!({"title": {"notLike": "x"}}), "title not like …x…");
    check(json!({"title": {"startsWith": "x"}}), "title like x… fold");
    check(json!({"title": {"startsWiths": "x"}}), "title like x…");
    check(json!({"title": {"nendsWiths": "x"}}), "title not like …x");
    check(json!({"title": {"contains": "50%"}}), "title like …50%… literal");
    check(json!({"title": {"icontains": "x"}}), "title like …x… literal fold");
    check(json!({"title": {"matches": "a%_"}}), "title like a%_");
    check(json!({"title": {"imatches": "A%"}}), "title like A% fold");
    check(json!({"quantity": {"like": "1", "cast": "text"}}), "quantity::Text like …1…");
    check(json!({"quantity": {"eq": "1", "cast": "nonsense"}}), "quantity = 1");
    refuse(json!({"quantity": {"like": "1"}}), Code::InvalidQuery, "filter.quantity.like", "cast");
    check(json!({"title": {"regex": "^a+$"}}), r#"title Regex { pattern: "^a+$" }"#);
    refuse(json!({"title": {"regex": "("}}), Code::InvalidQuery, "filter.title.regex", "regular");
    refuse(
        json!({"title": {"regex": r"a\b"}}),
        Code::InvalidQuery,
        "filter.title.regex",
        "both stores",
    );
}

#[test]
fn a_value_beside_a_list_asks_whether_the_list_holds_it() {
    check(json!({"tags": "a"}), r#"tags ArrayContains { json: "[\"a\"]", negated: false }"#);
    check(json!({"tags": {"ne": "a"}}), r#"tags ArrayContains { json: "[\"a\"]", negated: true }"#);
    check(json!({"tags": {"in": ["a", "b"]}}), r#"tags ArrayOverlaps { json: "[\"a\",\"b\"]" }"#);
    check(json!({"tags": {"notIn": ["a"]}}), r#"!tags ArrayOverlaps { json: "[\"a\"]" }"#);
    check(
        json!({"tags": {"in": ["a", null]}}),
        r#"(tags IsNull(true) | tags ArrayOverlaps { json: "[\"a\"]" })"#,
    );
    check(json!({"tags": {"in": []}}), "false");
    check(json!({"tags": {"notIn": []}}), "true");
}

#[test]
fn text_stands_for_itself_where_it_is_said() {
    check(json!({"title": {"eq": "$NOW", "$literal": true}}), "title = '$NOW'");
    check(
        json!({"title": {"in": ["$CURRENT_USER"], "$literal": true}}),
        "title in '$CURRENT_USER'",
    );
    check(json!({"title": {"gt": "$COL(body)", "$literal": true}}), "title > '$COL(body)'");
    check(
        json!({"title": {"contains": "$CURRENT_ROLE", "$literal": true}}),
        "title like …$CURRENT_ROLE… literal",
    );
    check(
        json!({"AND": [
            {"title": {"eq": "$COL(body)", "$literal": true}}, {"title": {"eq": "$COL(body)"}},
        ]}),
        "(title = '$COL(body)' & title = col body)",
    );
    check(json!({"title": {"eq": "$COL(body)", "$literal": false}}), "title = col body");
    check(
        json!({"author": {"name": {"eq": "$COL(title)", "$literal": true}}}),
        "author.name = '$COL(title)'",
    );
}

#[test]
fn columns_and_casts() {
    check(json!({"quantity": {"gt": "$COL(number)"}}), "quantity > col number");
    check(
        json!({"author.company.id": {"lt": "$COL(quantity)"}}),
        "author.company.id < col quantity",
    );
    check(
        json!({"publishedAt": {"gt": "$COL(createdAt::time)", "cast": "time"}}),
        "publishedAt::Time > col createdAt::Time",
    );
    check(
        json!({"publishedAt": {"gte": "10:30", "cast": "TIME"}}),
        "publishedAt::Time >= '10:30:00'",
    );
    refuse(
        json!({"quantity": {"in": ["$COL(number)"]}}),
        Code::InvalidQuery,
        "filter.quantity.in.0",
        "`$COL` can stand beside",
    );
    refuse(
        json!({"quantity": {"gt": "$COL(meta)"}}),
        Code::InvalidQuery,
        "filter.quantity.gt",
        "JSONB",
    );
    check(json!({"publishedAt": {"gt": "$COL(day::date)"}}), "publishedAt > col day");
    check(json!({"author": {"NOT": {"name": "x"}}}), "!author.name = 'x'");
    for (field, other) in [("publishedAt", "quantity"), ("day", "at"), ("title", "day")] {
        let filter = json!({field: {"gt": format!("$COL({other})")}});
        refuse(filter, Code::InvalidQuery, &format!("filter.{field}.gt"), "do not compare");
    }
}

#[test]
fn variables_stand_for_the_asker_and_the_clock() {
    check(
        json!({"publishedAt": {"gte": "$NOW-DAYS_1"}}),
        "publishedAt >= '2024-01-01T03:04:05.678Z'",
    );
    check(
        json!({"publishedAt": {"lt": "$NOW+HOUR_2"}}),
        "publishedAt < '2024-01-02T05:04:05.678Z'",
    );
    check(json!({"day": {"eq": "$NOW"}}), "day = '2024-01-02'");
    check(json!({"title": {"eq": "$NOW+INVALID_5"}}), "title = '$NOW+INVALID_5'");
    check(json!({"title": {"eq": "$NOWWRONG"}}), "title = '$NOWWRONG'");
    check(json!({"author_Id": "$CURRENT_USER"}), &format!("author_id = '{ADA}'"));
    check(json!({"author_id": {"in": ["$CURRENT_USER.id"]}}), &format!("author_id in '{ADA}'"));
    check(json!({"author_id": {"eq": "$CURRENT_ROLE"}}), &format!("author_id = '{EDITOR}'"));
    check(
        json!({"title": {"eq": "$CURRENT_USER.email"}}),
        &format!("title = baasix_User['{ADA}'].email"),
    );
    check(
        json!({"title": {"eq": "$CURRENT_USER.avatar.title"}}),
        &format!("title = baasix_User['{ADA}'].avatar.title"),
    );
    check(json!({"title": {"like": "$CURRENT_USER"}}), &format!("title like …{ADA}…"));
    check(json!({"author_id": {"eq": "$CURRENT_TENANT"}}), "author_id = nothing");
    refuse(json!({"day": {"eq": "$NOW-"}}), Code::InvalidQuery, "filter.day.eq", "a date");
    refuse(
        json!({"title": {"eq": "$CURRENT_USER.password"}}),
        Code::UnknownField,
        "filter.title.eq",
        "no field `password`",
    );
    check(
        json!({"title": {"like": "$CURRENT_USER.email"}}),
        &format!("title like …baasix_User['{ADA}'].email… literal"),
    );
    refuse(
        json!({"title": {"regex": "$CURRENT_USER.email"}}),
        Code::InvalidQuery,
        "filter.title.regex",
        "can stand in comparisons",
    );
}

#[test]
fn without_a_user_nothing_is_equal_to_the_user() {
    let sample = Sample::nobody();
    let show = |json: Json| show(&resolved(&sample, &json, Place::Request).unwrap());
    assert_eq!(show(json!({"author_id": {"eq": "$CURRENT_USER"}})), "author_id = nothing");
    assert_eq!(show(json!({"author_id": {"ne": "$CURRENT_USER"}})), "author_id <> nothing");
    assert_eq!(show(json!({"author_id": {"eq": "$CURRENT_USER.id"}})), "author_id = nothing");
    assert_eq!(show(json!({"tags": {"arraycontains": ["$CURRENT_USER"]}})), "false");
    assert_eq!(show(json!({"title": {"like": "$CURRENT_USER"}})), "false");
}

#[test]
fn relations_are_walked() {
    check(json!({"author.name": "x"}), "author.name = 'x'");
    check(json!({"author": {"name": {"eq": "x"}}}), "author.name = 'x'");
    check(
        json!({"author": {"company": {"name": "x", "id": {"gt": 1}}}}),
        "(author.company.name = 'x' & author.company.id > 1)",
    );
    check(
        json!({"author": {"OR": [{"name": "x"}, {"email": null}]}}),
        "(author.name = 'x' | author.email IsNull(true))",
    );
    check(json!({"author": ADA}), &format!("author_id = '{ADA}'"));
    check(json!({"author": {"isNull": true}}), "author_id IsNull(true)");
    check(json!({"comments": {"isNull": true}}), "comments.id IsNull(true)");
    check(json!({"tagged.keywords.name": "x"}), "tagged.keywords.name = 'x'");
    check(json!({"items.companies.id": 3}), "items.companies.id = 3");
    refuse(json!({"author.nope": 1}), Code::UnknownField, "filter.author.nope", "no field `nope`");
    refuse(json!({"author": {"nmae": "x"}}), Code::UnknownField, "filter.author.nmae", "`name`");
}

#[test]
fn the_number_of_walks_is_bounded() {
    let few = json!({"OR": [{"author.posts.title": "x"}, {"comments.post.title": "x"}]});
    assert!(resolved(&Sample::new(), &few, Place::Request).is_ok());
    let relations = ["author.posts", "comments.post", "tagged.posts", "items.posts"];
    let mut many = Vec::new();
    for a in relations {
        for b in relations {
            for c in ["author.name", "comments.body"] {
                many.push(json!({ format!("{a}.{b}.{c}"): "x" }));
            }
        }
    }
    refuse(json!({"OR": many}), Code::InvalidQuery, "filter", "at most 24");
}

#[test]
fn unknown_names_are_refused_with_the_nearest() {
    refuse(json!({"titel": 1}), Code::UnknownField, "filter.titel", "did you mean `title`?");
    refuse(json!({"author.secret": "x"}), Code::UnknownField, "filter.author.secret", "no field");
    let way = "did you mean `tagged.keywords.name`?";
    refuse(json!({"tagged.name": "x"}), Code::UnknownField, "filter.tagged.name", way);
    refuse(json!({"meta.a": 1}), Code::UnknownField, "filter.meta.a", "jsonbDeepValue");
    refuse(json!({"title.a": 1}), Code::UnknownField, "filter.title.a", "not a relation");
    refuse(json!({"author..name": 1}), Code::UnknownField, "filter.author..name", "is no path");
    refuse(
        json!({"title": {"startWith": "x"}}),
        Code::UnknownOperator,
        "filter.title.startWith",
        "`startsWith`",
    );
    refuse(
        json!({"title": {"_eq": "x"}}),
        Code::UnknownOperator,
        "filter.title._eq",
        "did you mean `eq`?",
    );
    check(json!({"author.deletedAt": {"isNull": true}}), "author.deletedAt(null) IsNull(true)");
    let secret = json!({"author.secret": "x"});
    assert!(resolved(&Sample::new(), &secret, Place::Policy).is_ok());
}

#[test]
fn no_filter_breaks_the_resolver() {
    let sample = Sample::new();
    let mut roll = crate::coerce::dice(0xf11e);
    const KEYS: [&str; 24] = [
        "AND",
        "OR",
        "NOT",
        "title",
        "quantity",
        "price",
        "tags",
        "meta",
        "span",
        "place",
        "day",
        "at",
        "blob",
        "author",
        "author.name",
        "comments",
        "comments.post",
        "tagged.keywords.name",
        "nope",
        "$title$",
        "cast",
        "deletedAt",
        "items",
        "",
    ];
    const TEXTS: [&str; 14] = [
        "x",
        "1",
        "2024-01-02",
        "$NOW-DAYS_1",
        "$CURRENT_USER",
        "$CURRENT_USER.email",
        "$COL(title)",
        "$COL(é::time)",
        "$NOW+é_1",
        "a,b",
        "(",
        "$.a ? (@ > 1)",
        "text",
        "é",
    ];
    fn value(roll: &mut impl FnMut(usize) -> usize, depth: usize) -> Json {
        let words: Vec<&str> = crate::operator::words().collect();
        match roll(if depth > 3 { 5 } else { 9 }) {
            0 => Json::Null,
            1 => json!(roll(2) == 0),
            2 => json!(roll(100)),
            3 | 4 => json!(TEXTS[roll(TEXTS.len())]),
            5 => Json::Array((0..roll(4)).map(|_| value(roll, depth + 1)).collect()),
            6 => {
                let keys = ["key", "value", "values", "path", "op", "lower", "upper", "type", "gt"];
                (0..=roll(3)).map(|_| (keys[roll(9)].to_owned(), value(roll, depth + 1))).collect()
            }
            7 => (0..=roll(2))
                .map(|_| (words[roll(words.len())].to_owned(), value(roll, depth + 1)))
                .collect(),
            _ => (0..=roll(2))
                .map(|_| (KEYS[roll(KEYS.len())].to_owned(), value(roll, depth + 1)))
                .collect(),
        }
    }
    let mut taken = 0;
    for _ in 0..8_000 {
        let filter = Json::Object(
            (0..=roll(2))
                .map(|_| (KEYS[roll(KEYS.len())].to_owned(), value(&mut roll, 0)))
                .collect(),
        );
        match resolved(&sample, &filter, Place::Request) {
            Ok(_) => taken += 1,
            Err(error) => assert_ne!(error.code(), Code::Internal, "{filter} gave {error}"),
        }
    }
    assert!(taken > 50, "{taken} filters were taken");
}

#[test]
fn a_value_that_its_column_cannot_hold_is_no_match_where_the_request_says_so() {
    let sample = Sample::new();
    let posts = sample.catalog.get("posts").unwrap();
    let asked = |json: &Json, unknown: UnknownNames| {
        let filter = parse_filter(json, "filter", &sample.limits)?;
        resolve_asked(&filter, posts, Names::asked(&sample.scope(), None), unknown)
    };
    let at_home = |json: Json| show(&resolved(&sample, &json, Place::Request).unwrap());
    let there = at_home(json!({"quantity": {"isNotNull": true}}));
    let (nothing, all) = (String::from("false"), String::from("true"));
    let path = r#"$ ? (@."b" == 1)"#;
    for (filter, wanted) in [
        (json!({"quantity": "x"}), &nothing),
        (json!({"quantity": 1.5}), &nothing),
        (json!({"published": "maybe"}), &nothing),
        (json!({"publishedAt": "soon"}), &nothing),
        (json!({"id": "x"}), &nothing),
        (json!({"title": {"eq": {"a": 1}}}), &nothing),
        (json!({"tags": {"arraycontains": [{}]}}), &nothing),
        (json!({"tags": {"in": [{}]}}), &nothing),
        (json!({"quantity": {"gt": "x"}}), &nothing),
        (json!({"NOT": {"quantity": {"gt": "x"}}}), &all),
        (json!({"quantity": {"ne": "x"}}), &there),
        (json!({"quantity": {"in": ["x"]}}), &nothing),
        (json!({"quantity": {"in": ["x", 1]}}), &at_home(json!({"quantity": {"in": [1]}}))),
        (json!({"quantity": {"in": ["x", null]}}), &at_home(json!({"quantity": null}))),
        (json!({"quantity": {"notIn": ["x"]}}), &all),
        (json!({"quantity": {"notIn": ["x", 1]}}), &at_home(json!({"quantity": {"notIn": [1]}}))),
        (json!({"quantity": {"notIn": ["x", null]}}), &there),
        (json!({"tags": {"notIn": [{}, "x"]}}), &at_home(json!({"tags": {"notIn": ["x"]}}))),
        (json!({"title": {"jsonbPathExists": path}}), &nothing),
        (json!({"NOT": {"title": {"jsonbPathExists": path}}}), &all),
    ] {
        let cond = asked(&filter, UnknownNames::Empty).unwrap();
        assert_eq!(&show(&cond), wanted, "{filter}");
        let error = asked(&filter, UnknownNames::Refused).unwrap_err();
        assert_eq!(error.code(), Code::InvalidQuery, "{filter}: {error}");
    }
    // An operator on a column that it cannot be asked of is a mistake everywhere.
    for filter in [
        json!({"quantity": {"regex": "x"}}),
        json!({"quantity": {"arraylength": 1}}),
        json!({"meta": {"gt": 1}}),
        json!({"meta": {"jsonbPathExists": "$ ? ("}}),
    ] {
        let error = asked(&filter, UnknownNames::Empty).unwrap_err();
        assert_eq!(error.code(), Code::InvalidQuery, "{filter}: {error}");
    }
}
