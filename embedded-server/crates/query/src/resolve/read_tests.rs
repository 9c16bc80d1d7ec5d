use super::super::encode_cursor;
use super::super::sample::{POST, Sample};
use super::resolve_read;
use crate::json::{parse_filter, parse_rel_conditions};
use crate::{
    AggregateAsked, AggregateFunction, Cond, Direction, Order, Page, Projection, Read, ReadPlan,
    Rows, SortAsked, UnknownNames,
};
use base::{Code, Result, Value};
use serde_json::{Value as Json, json};

fn posts() -> Read {
    Read { collection: String::from("posts"), ..Read::default() }
}

fn resolved(read: &Read) -> Result<ReadPlan> {
    resolve_read(read, &Sample::new().scope(), None)
}

fn patterns(list: &[&str]) -> Vec<String> {
    list.iter().map(|one| (*one).to_owned()).collect()
}

/// `id title author{id name}` for the rows of a plan.
fn show(rows: &Rows) -> String {
    let columns = rows.columns.iter().map(|column| column.key.clone());
    let expands = rows.expands.iter().map(|one| format!("{}{{{}}}", one.key, show(&one.rows)));
    columns.chain(expands).collect::<Vec<_>>().join(" ")
}

fn rows(plan: &ReadPlan) -> &Rows {
    match &plan.projection {
        Projection::Rows(rows) => rows,
        Projection::Groups(_) => panic!("groups"),
    }
}

#[track_caller]
fn check_fields(collection: &str, fields: &[&str], wanted: &str) {
    let read =
        Read { collection: collection.to_owned(), fields: patterns(fields), ..Read::default() };
    assert_eq!(show(rows(&resolved(&read).unwrap())), wanted, "{fields:?}");
}

fn sort(path: &str, direction: Direction) -> SortAsked {
    SortAsked { path: path.to_owned(), direction, distance: None }
}

fn order(plan: &ReadPlan) -> Vec<String> {
    plan.order
        .iter()
        .map(|one| {
            let by = match &one.by {
                Order::Column(column) => column
                    .hops
                    .iter()
                    .map(|hop| hop.relation.name.as_str())
                    .chain([column.field.as_str()])
                    .collect::<Vec<_>>()
                    .join("."),
                Order::Group(at) => format!("group {at}"),
                Order::Aggregate(at) => format!("aggregate {at}"),
                Order::Relevance => String::from("relevance"),
                Order::Distance { column, .. } => format!("metres to {}", column.field),
            };
            let sign = if one.direction == Direction::Descending { "-" } else { "" };
            format!("{sign}{by}")
        })
        .collect()
}

#[track_caller]
fn refuse(read: &Read, code: Code, at: &str) {
    let error = resolved(read).unwrap_err();
    assert_eq!((error.code(), error.path()), (code, Some(at)), "{error}");
}

#[test]
fn fields_say_what_comes_back() {
    check_fields("comments", &[], "id body approved createdAt updatedAt post_id");
    check_fields("comments", &["*"], "id body approved createdAt updatedAt post_id");
    check_fields("comments", &["body", "nope"], "body");
    check_fields("comments", &["-createdAt", "-updatedAt"], "id body approved post_id");
    check_fields("authors", &["*"], "id name email company_id");
    check_fields("authors", &["name", "secret"], "name");
    check_fields("authors", &["name", "company.name"], "name company{id name}");
    check_fields("authors", &["name", "company"], "name company{id name}");
    check_fields("authors", &["name", "company.*", "-company.id"], "name company{name}");
    // As `*` brings every column and no relation, `-*` takes every column and no relation.
    for fields in [&["*", "-*"][..], &["-*"], &["-*", "name"], &["*.*", "-*.*"]] {
        check_fields("authors", fields, "");
    }
    check_fields("authors", &["*", "-*", "company.name"], "company{id name}");
    check_fields("authors", &["name", "company.*", "-company.*"], "name");
    check_fields("authors", &["name", "company.*", "-company.*.*"], "name company{id}");
    check_fields("authors", &["*", "company.*", "-company"], "id name email company_id");
    // Wherever it is named.
    check_fields("authors", &["-company.id", "name", "company.*"], "name company{name}");
    check_fields("authors", &["-company", "*", "company.*"], "id name email company_id");
    check_fields("authors", &["company_Id"], "company_Id");
    check_fields("profiles", &["*.*"], "id bio author_id author{id name email company_id}");
    check_fields(
        "comments",
        &["id", "post.author.name"],
        "id post{id title body status price quantity rating published publishedAt day at tags \
         meta span place number code blob label createdAt updatedAt deletedAt sort userCreated_Id \
         userUpdated_Id author_id author{id name}}",
    );
    check_fields("comments", &["id", "post.id", "post.author.name"], "id post{id author{id name}}");
}

#[test]
fn junctions_show_their_rows() {
    check_fields(
        "posts",
        &["id", "tagged.*", "tagged.keywords.*"],
        "id tagged{id createdAt updatedAt posts_id keywords_id keywords{id name}}",
    );
    check_fields("posts", &["id", "words.name"], "id words{id name}");
    check_fields(
        "posts",
        &["id", "items.*"],
        "id items{id item_id collection createdAt updatedAt posts_id companies{id name} \
         comments{id body approved createdAt updatedAt post_id}}",
    );
    check_fields(
        "posts",
        &["id", "items.companies.*"],
        "id items{id item_id collection createdAt updatedAt posts_id companies{id name}}",
    );
    let read = Read { fields: patterns(&["items.companies.*"]), ..posts() };
    let plan = resolved(&read).unwrap();
    assert!(format!("{:?}", rows(&plan).expands[0].filter).contains("companies"));
    let read = Read { fields: patterns(&["items.*", "items.companies.*"]), ..posts() };
    let plan = resolved(&read).unwrap();
    assert!(matches!(rows(&plan).expands[0].filter, Cond::Always));
}

#[test]
fn stars_are_bounded() {
    let read = Read { fields: patterns(&["*.*.*.*.*.*.*.*"]), ..posts() };
    refuse(&read, Code::InvalidQuery, "fields.0");
    let read = Read {
        fields: patterns(&["author.posts.author.posts.author.posts.author.posts.id"]),
        ..posts()
    };
    refuse(&read, Code::InvalidQuery, "fields.0");
}

#[test]
fn conditions_go_into_relations() {
    let limits = base::Limits::default();
    let conditions = |json: Json| {
        parse_rel_conditions(&json, "relConditions", &|path| path.starts_with("author"), &limits)
            .unwrap()
    };
    let read = Read {
        fields: patterns(&["comments.*"]),
        rel_conditions: conditions(json!({"comments": {"approved": true}})),
        ..posts()
    };
    let plan = resolved(&read).unwrap();
    assert!(matches!(rows(&plan).expands[0].filter, Cond::Test(_)));
    assert!(matches!(plan.filter, Cond::Always));
    let read = Read { rel_conditions: conditions(json!({"coments": {"a": 1}})), ..posts() };
    refuse(&read, Code::UnknownField, "relConditions.coments");
    // Not asked for: no effect.
    let read =
        Read { rel_conditions: conditions(json!({"comments": {"approved": true}})), ..posts() };
    assert!(rows(&resolved(&read).unwrap()).expands.is_empty());
}

#[test]
fn one_record_is_addressed_by_its_key() {
    let read = Read { key: Some(json!(POST)), fields: patterns(&["title"]), ..posts() };
    let plan = resolved(&read).unwrap();
    assert!(plan.single);
    assert_eq!(plan.page.limit, Some(1));
    assert_eq!(show(rows(&plan)), "id title");
    for key in [json!("7"), json!(null), json!({})] {
        refuse(&Read { key: Some(key), ..posts() }, Code::InvalidId, "id");
    }
    let number = Read { collection: String::from("comments"), ..Read::default() };
    assert!(resolved(&Read { key: Some(json!("0")), ..number.clone() }).is_ok());
    refuse(&Read { key: Some(json!("x")), ..number }, Code::InvalidId, "id");
    let missing = Read { collection: String::from("nope"), ..Read::default() };
    let error = resolved(&missing).unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::CollectionNotFound, "Model nope not found"));
}

#[test]
fn order_is_total() {
    assert_eq!(order(&resolved(&posts()).unwrap()), ["id"]);
    let read = Read {
        sort: vec![
            sort("author.name", Direction::Descending),
            sort("author_Id", Direction::Ascending),
        ],
        ..posts()
    };
    assert_eq!(order(&resolved(&read).unwrap()), ["-author.name", "author_id", "id"]);
    let read = Read { sort: vec![sort("id", Direction::Descending)], ..posts() };
    assert_eq!(order(&resolved(&read).unwrap()), ["-id"]);
    let read = Read { sort: vec![sort("title", Direction::Descending)], ..posts() };
    assert_eq!(order(&resolved(&read).unwrap()), ["-title", "-id"]);
    let read = Read {
        collection: String::from("authors"),
        sort: vec![sort("createdAt", Direction::Descending)],
        ..Read::default()
    };
    assert_eq!(order(&resolved(&read).unwrap()), ["id"]);
    refuse(
        &Read { sort: vec![sort("tittle", Direction::Ascending)], ..posts() },
        Code::UnknownField,
        "sort.tittle",
    );
    refuse(
        &Read { sort: vec![sort("meta", Direction::Ascending)], ..posts() },
        Code::InvalidQuery,
        "sort.meta",
    );
}

#[test]
fn pages_are_cut_to_the_cap() {
    let page = |read: Read| resolved(&read).map(|plan| plan.page);
    let cut =
        |limit, offset, capped| Page { limit: Some(limit), offset, capped, ..Page::default() };
    assert_eq!(page(posts()).unwrap(), cut(10_000, 0, true));
    assert_eq!(
        page(Read { limit: Some(-1), page: Some(2), ..posts() }).unwrap(),
        cut(10_000, 0, true)
    );
    assert_eq!(page(Read { limit: Some(0), ..posts() }).unwrap(), cut(0, 0, false));
    assert_eq!(page(Read { page: Some(3), ..posts() }).unwrap(), cut(10, 20, false));
    assert_eq!(page(Read { page: Some(0), limit: Some(5), ..posts() }).unwrap(), cut(5, 0, false));
    assert_eq!(
        page(Read { offset: Some(7), limit: Some(5), ..posts() }).unwrap(),
        cut(5, 7, false)
    );
    assert_eq!(
        page(Read { offset: Some(7), page: Some(2), limit: Some(5), ..posts() }).unwrap(),
        cut(5, 5, false)
    );
    assert_eq!(page(Read { limit: Some(20_000), ..posts() }).unwrap(), cut(10_000, 0, true));
    let all = page(Read { uncapped: true, ..posts() }).unwrap();
    assert_eq!((all.limit, all.capped), (None, false));
    let some = page(Read { uncapped: true, limit: Some(20_000), ..posts() }).unwrap();
    assert_eq!((some.limit, some.capped), (Some(20_000), false));
    refuse(&Read { limit: Some(-2), ..posts() }, Code::InvalidQuery, "limit");
}

#[test]
fn cursors_belong_to_their_sort() {
    let sorted = |after: String| Read {
        sort: vec![sort("title", Direction::Ascending)],
        after: Some(after),
        ..posts()
    };
    let first = resolved(&sorted(String::new())).unwrap();
    assert!(first.page.cursor && first.page.after.is_none());
    let mark = first.page.mark;
    let cursor = encode_cursor(&mark, &[Value::text("x"), Value::text(POST)]);
    assert_eq!(
        resolved(&sorted(cursor.clone())).unwrap().page.after,
        Some(vec![Value::text("x"), Value::text(POST)])
    );
    refuse(&Read { after: Some(cursor.clone()), ..posts() }, Code::InvalidQuery, "after");
    // Other orders whose values have the same types.
    for (path, direction) in [
        ("title", Direction::Descending),
        ("body", Direction::Ascending),
        ("author.name", Direction::Ascending),
    ] {
        let other = Read { sort: vec![sort(path, direction)], ..sorted(cursor.clone()) };
        refuse(&other, Code::InvalidQuery, "after");
    }
    refuse(&sorted(String::from("!")), Code::InvalidQuery, "after");
    let wrong = encode_cursor(&mark, &[Value::Int(1), Value::text(POST)]);
    refuse(&sorted(wrong), Code::InvalidQuery, "after");
}

#[test]
fn searches_look_for_words_in_text() {
    let search = |text: &str, fields: &[&str]| Read {
        search: Some(text.to_owned()),
        search_fields: patterns(fields),
        ..posts()
    };
    let plan = resolved(&search("Rust (async) & rust!", &["title", "body"])).unwrap();
    let found = plan.search.unwrap();
    assert_eq!(found.words, ["rust", "async"]);
    assert_eq!(found.fields, ["title", "body"]);
    let plan = resolved(&search("ada", &[])).unwrap();
    assert_eq!(
        plan.search.unwrap().fields,
        [
            "id",
            "title",
            "body",
            "status",
            "code",
            "label",
            "userCreated_Id",
            "userUpdated_Id",
            "author_id"
        ]
    );
    assert!(resolved(&search(" ()! ", &[])).unwrap().search.is_none());
    refuse(&search("x", &["tilte"]), Code::UnknownField, "searchFields.tilte");
    refuse(&search("x", &["price"]), Code::InvalidQuery, "searchFields.price");
    let read = Read { by_relevance: true, ..search("x", &[]) };
    assert_eq!(order(&resolved(&read).unwrap()), ["-relevance", "id"]);
}

#[test]
fn groups_carry_their_keys() {
    let aggregate = |function, field: &str| AggregateAsked { function, field: field.to_owned() };
    let read = Read {
        group_by: patterns(&["status", "author.name", "date:year:createdAt"]),
        aggregate: [
            (String::from("n"), aggregate(AggregateFunction::Count, "*")),
            (String::from("total"), aggregate(AggregateFunction::Sum, "price")),
        ]
        .into_iter()
        .collect(),
        sort: vec![sort("total", Direction::Descending), sort("author_name", Direction::Ascending)],
        ..posts()
    };
    let plan = resolved(&read).unwrap();
    assert_eq!(order(&plan), ["-aggregate 1", "group 1", "group 0", "group 2"]);
    let Projection::Groups(grouping) = &plan.projection else { panic!("rows") };
    let keys: Vec<_> = grouping.keys.iter().map(|key| key.keys.join(" ")).collect();
    assert_eq!(keys, ["status", "author.name author_name", "date:year:createdAt year_createdAt"]);
    assert!(grouping.aggregates[0].column.is_none());

    // Groups without aggregates are the distinct values.
    let plan = resolved(&Read { group_by: patterns(&["author"]), ..posts() }).unwrap();
    let Projection::Groups(grouping) = &plan.projection else { panic!("rows") };
    assert_eq!(grouping.keys[0].column.field, "author_id");

    let one = |function, field: &str| Read {
        aggregate: [(String::from("n"), aggregate(function, field))].into_iter().collect(),
        ..posts()
    };
    refuse(&one(AggregateFunction::Sum, "title"), Code::InvalidQuery, "aggregate.n.field");
    refuse(&one(AggregateFunction::Sum, "*"), Code::InvalidQuery, "aggregate.n");
    refuse(&one(AggregateFunction::Max, "prise"), Code::UnknownField, "aggregate.n.field");
    let by = |key: &str| Read { group_by: patterns(&[key]), ..posts() };
    refuse(&by("date:era:createdAt"), Code::InvalidQuery, "groupBy.date:era:createdAt");
    refuse(&by("date:hour:day"), Code::InvalidQuery, "groupBy.date:hour:day");
    refuse(&by("meta"), Code::InvalidQuery, "groupBy.meta");
    let read = Read { sort: vec![sort("totl", Direction::Ascending)], ..by("status") };
    refuse(&read, Code::UnknownField, "sort.totl");
}

#[test]
fn filters_and_flags_reach_the_plan() {
    let filter = parse_filter(&json!({"title": "x"}), "filter", &base::Limits::default()).unwrap();
    let plan = resolved(&Read { filter: Some(filter), with_deleted: true, ..posts() }).unwrap();
    assert!(plan.with_deleted && !plan.single);
    assert!(matches!(plan.filter, Cond::Test(_)));
}

#[test]
fn names_that_do_not_exist_are_what_the_request_says() {
    let filtered = |filter: Json, unknown: UnknownNames| {
        let filter = parse_filter(&filter, "filter", &Sample::new().limits).unwrap();
        resolved(&Read { filter: Some(filter), unknown, ..posts() })
    };
    for ghost in ["ghost", "author.ghost", "author.secret"] {
        for part in [json!({ ghost: 1 }), json!({ "NOT": { ghost: 1 } }), json!({ ghost: null })] {
            let plan = filtered(part.clone(), UnknownNames::Empty).unwrap();
            assert!(matches!(plan.filter, Cond::Never), "{part}: {:?}", plan.filter);
            for unknown in [UnknownNames::Refused, UnknownNames::RefusedEverywhere] {
                let error = filtered(part.clone(), unknown).unwrap_err();
                assert_eq!(error.code(), Code::UnknownField, "{part}");
            }
        }
    }
    let plan =
        filtered(json!({"OR": [{"ghost": 1}, {"title": "x"}]}), UnknownNames::Empty).unwrap();
    assert!(matches!(plan.filter, Cond::Test(_)), "{:?}", plan.filter);
    // What is wrong otherwise stays wrong.
    let error = filtered(json!({"quantity": {"regex": "x"}}), UnknownNames::Empty).unwrap_err();
    assert_eq!(error.code(), Code::InvalidQuery);

    let sorted = Read {
        sort: vec![sort("ghost", Direction::Descending), sort("title", Direction::Ascending)],
        unknown: UnknownNames::Empty,
        ..posts()
    };
    assert_eq!(order(&resolved(&sorted).unwrap()), ["title", "id"]);

    let chosen = |fields: &[&str]| {
        let unknown = UnknownNames::RefusedEverywhere;
        resolved(&Read { fields: patterns(fields), unknown, ..posts() })
    };
    for (fields, code) in [
        (["title", "ghost"], Code::UnknownField),
        (["title", "ghost.*"], Code::UnknownField),
        (["title", "author.secret"], Code::UnknownField),
        (["title", "title.name"], Code::InvalidQuery),
    ] {
        let error = chosen(&fields).unwrap_err();
        assert_eq!((error.code(), error.path()), (code, Some("fields.1")), "{fields:?}");
    }
    let plan = chosen(&["title", "createdAt", "author.name", "author.createdAt"]).unwrap();
    assert_eq!(show(rows(&plan)), "title createdAt author{id name}");
}

#[test]
fn every_relation_comes_beside_what_was_chosen() {
    let read = Read { fields: patterns(&["title"]), every_relation: true, ..posts() };
    let plan = resolved(&read).unwrap();
    assert_eq!(rows(&plan).columns.len(), 1);
    let embedded: Vec<&str> = rows(&plan).expands.iter().map(|one| one.key.as_str()).collect();
    for name in ["author", "comments", "tagged", "items", "words"] {
        assert!(embedded.contains(&name), "{embedded:?}");
    }
    assert!(rows(&plan).expands.iter().all(|one| !one.rows.columns.is_empty()));
}

#[test]
fn lists_of_related_records_are_bounded_and_in_order() {
    let plan =
        resolved(&Read { fields: patterns(&["comments.*", "author.*"]), ..posts() }).unwrap();
    let most = Sample::new().limits.related_rows_max;
    let found: Vec<_> = rows(&plan)
        .expands
        .iter()
        .map(|one| (one.key.as_str(), one.limit, one.order.len()))
        .collect();
    assert_eq!(found, [("comments", most, 2), ("author", 1, 0)]);
}

#[test]
fn too_many_walks_are_told_where_they_stand() {
    let mut read = posts();
    for way in 0..8 {
        let step = |bit: i32| if way >> bit & 1 == 0 { "author.posts" } else { "comments.post" };
        let field = format!("{}.{}.{}.title", step(2), step(1), step(0));
        let asked = AggregateAsked { function: AggregateFunction::Count, field };
        read.aggregate.insert(format!("n{way}"), asked);
    }
    let told = |read: &Read| resolved(read).unwrap_err().path().map(str::to_owned);
    assert_eq!(told(&read).as_deref(), Some("aggregate"));
    read.group_by = vec![String::from("title")];
    assert_eq!(told(&read).as_deref(), Some("groupBy"));
}
