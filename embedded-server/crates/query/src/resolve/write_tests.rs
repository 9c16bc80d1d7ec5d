use super::super::sample::{ADA, POST, Sample};
use super::resolve_write;
use crate::{Assigned, Cond, Context, Operand, Operation, Operator, Step, Write, WritePlan};
use base::{Code, Error, Result, Value};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

/// Columns that defaults and stamps fill; shown only where a test is about them.
const FILLED: [&str; 9] = [
    "createdAt",
    "updatedAt",
    "userCreated_Id",
    "userUpdated_Id",
    "code",
    "publishedAt",
    "number",
    "sort",
    "status",
];

fn map(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(map) => map,
        _ => panic!("not an object"),
    }
}

fn create(collection: &str, body: Json) -> Operation {
    Operation::Create { collection: collection.to_owned(), body: map(body) }
}

fn update(collection: &str, key: Json, body: Json) -> Operation {
    let (collection, body) = (collection.to_owned(), map(body));
    Operation::Update { collection, key, body, expect: Map::new() }
}

fn delete(collection: &str, key: Json, force: bool) -> Operation {
    Operation::Delete { collection: collection.to_owned(), key, expect: Map::new(), force }
}

fn editor() -> Context {
    Context { words: Sample::new().words, ..Context::default() }
}

fn administrator() -> Context {
    Context { administrator: true, sees_all: true, ..editor() }
}

fn resolved(operations: Vec<Operation>, context: &Context) -> Result<WritePlan> {
    let write = Write { operations, strict: false };
    resolve_write(&write, &Sample::new().scope(), context)
}

fn assigned(assigned: &Assigned) -> String {
    match assigned {
        Assigned::Value(value) => plain(value),
        Assigned::KeyOf(step) => format!("@{step}"),
        Assigned::NextNumber => String::from("next"),
        Assigned::NextSort => String::from("last"),
        Assigned::Sql(text) => format!("({text})"),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Int(n) => n.to_string(),
        Value::Null => String::from("null"),
        other => format!("{other:?}"),
    }
}

/// Generated keys are random; the tests name them by their length.
fn shown(name: &str, value: &Assigned) -> String {
    match value {
        Assigned::Value(Value::Text(text)) if name == "id" && text != POST && text != ADA => {
            format!("{name}=new")
        }
        value => format!("{name}={}", assigned(value)),
    }
}

fn columns(values: &IndexMap<String, Assigned>) -> String {
    let shown = values
        .iter()
        .filter(|(name, _)| !FILLED.contains(&name.as_str()))
        .map(|(name, value)| shown(name, value));
    shown.collect::<Vec<_>>().join(" ")
}

fn cond(cond: &Cond) -> String {
    match cond {
        Cond::Always => String::new(),
        Cond::All(parts) => parts.iter().map(self::cond).collect::<Vec<_>>().join(" & "),
        Cond::Test(test) => match &test.operator {
            Operator::Equal { right: Operand::Value(value), .. } => {
                format!("{}={}", test.left.field, plain(value))
            }
            Operator::In { values, .. } => {
                let values = values.iter().map(|value| match value {
                    Operand::Value(value) => plain(value),
                    _ => String::from("?"),
                });
                format!("{} not in {}", test.left.field, values.collect::<Vec<_>>().join(","))
            }
            other => format!("{other:?}"),
        },
        other => format!("{other:?}"),
    }
}

fn step(step: &Step) -> String {
    let via = |through: &[String]| {
        if through.is_empty() { String::new() } else { format!(" via {}", through.join(".")) }
    };
    match step {
        Step::Insert { collection, values, through, .. } => {
            format!("insert {} {}{}", collection.name, columns(values), via(through))
        }
        Step::Update { collection, filter, key, values, through, deleting, one, .. } => format!(
            "{} {}[{}{}] {}{}{}",
            match deleting {
                None => "update",
                Some(true) => "mark",
                Some(false) => "unmark",
            },
            collection.name,
            key.as_ref().map(assigned).unwrap_or_default(),
            cond(filter),
            columns(values),
            if *one { "" } else { " many" },
            via(through)
        ),
        Step::Delete { collection, filter, key, through, .. } => format!(
            "delete {}[{}{}]{}",
            collection.name,
            key.as_ref().map(assigned).unwrap_or_default(),
            cond(filter),
            via(through)
        ),
        Step::Exists { collection, key, field, .. } => {
            format!("exists {}[{}] for {field}", collection.name, plain(key))
        }
        Step::Pointed { collection, pointers, .. } => {
            let pointers = pointers.iter().map(|pointer| {
                let keys: Vec<_> = pointer.keys.iter().map(|(key, _)| plain(key)).collect();
                format!("{}={}", pointer.column, keys.join(","))
            });
            format!("pointed {} {}", collection.name, pointers.collect::<Vec<_>>().join(" "))
        }
    }
}

#[track_caller]
fn check(operation: Operation, wanted: &[&str]) -> WritePlan {
    let plan = resolved(vec![operation], &editor());
    let plan = plan.unwrap_or_else(|error| panic!("{error:?}"));
    let steps: Vec<_> = plan.steps.iter().map(step).collect();
    assert_eq!(steps, wanted);
    plan
}

#[track_caller]
fn refuse(operation: Operation, code: Code, message: &str) -> Error {
    let error = resolved(vec![operation], &editor()).unwrap_err();
    assert_eq!((error.code(), error.message()), (code, message), "{error:?}");
    error
}

fn fields(error: &Error) -> Vec<String> {
    error
        .detail_list()
        .iter()
        .map(|one| format!("{} {}", one.code, one.field.as_deref().unwrap_or("-")))
        .collect()
}

fn values(plan: &WritePlan, at: usize) -> &IndexMap<String, Assigned> {
    match &plan.steps[at] {
        Step::Insert { values, .. } | Step::Update { values, .. } => values,
        Step::Delete { .. } | Step::Exists { .. } | Step::Pointed { .. } => panic!("no values"),
    }
}

#[test]
fn a_new_record_gets_its_defaults_and_stamps() {
    let plan = check(
        create("posts", json!({"title": "Hello", "price": 1.005, "label": "ignored"})),
        &["insert posts id=new title=Hello price=1.01"],
    );
    assert_eq!(plan.answers, [0]);
    let found = values(&plan, 0);
    let now = Assigned::Value(Value::text("2024-01-02T03:04:05.678Z"));
    assert_eq!(found["createdAt"], now);
    assert_eq!(found["updatedAt"], now);
    assert_eq!(found["publishedAt"], now);
    assert_eq!(found["status"], Assigned::Value(Value::text("draft")));
    assert_eq!(found["number"], Assigned::NextNumber);
    assert_eq!(found["sort"], Assigned::NextSort);
    assert_eq!(found["userCreated_Id"], Assigned::Value(Value::text(ADA)));
    assert!(!found.contains_key("userUpdated_Id"));
    let order: Vec<_> = found.keys().collect();
    let catalog = &Sample::new().catalog;
    let fields: Vec<_> = catalog.get("posts").unwrap().fields.keys().collect();
    assert!(order.iter().map(|name| fields.iter().position(|f| f == name)).is_sorted());
    // A given null stays null; a given value stands.
    let plan = check(
        create("posts", json!({"title": "Hello", "publishedAt": null, "sort": 7})),
        &["insert posts id=new title=Hello"],
    );
    assert_eq!(values(&plan, 0)["publishedAt"], Assigned::Value(Value::Null));
    assert_eq!(values(&plan, 0)["sort"], Assigned::Value(Value::Int(7)));
    check(
        create("companies", json!({"name": "A", "id": null})),
        &["insert companies id=next name=A"],
    );
}

#[test]
fn every_fault_is_told_at_once() {
    let error = refuse(
        create("posts", json!({"title": " ", "price": -1, "quantity": 1.5, "day": "x"})),
        Code::ValidationError,
        "Validation failed: title: Field cannot be empty; title: Value must be at least 3 \
         characters long; price: Value -1 is less than minimum 0; quantity: Value 1.5 must be an \
         integer; day: Value \"x\" must be a date (YYYY-MM-DD)",
    );
    assert_eq!(
        fields(&error),
        ["notEmpty title", "len title", "min price", "isInt quantity", "type day"]
    );
    assert_eq!(error.detail_list()[2].value.as_deref(), Some("-1"));
    let error =
        refuse(create("posts", json!({})), Code::RequiredFieldMissing, "Required field missing");
    assert_eq!(fields(&error), ["REQUIRED_FIELD_MISSING title"]);
    refuse(
        update("posts", json!(POST), json!({"title": null})),
        Code::RequiredFieldMissing,
        "Required field missing",
    );
    let error = refuse(
        create("posts", json!({"title": "Hello", "comments": [{"approved": "maybe"}]})),
        Code::ValidationError,
        "Validation failed: comments.0.approved: Value \"maybe\" must be true or false; \
         comments.0.body: Field is required",
    );
    assert_eq!(
        fields(&error),
        ["type comments.0.approved", "REQUIRED_FIELD_MISSING comments.0.body"]
    );
}

#[test]
fn unknown_keys_are_refused_dropped_or_named() {
    let body = json!({"title": "Hello", "titel": 1});
    let error = refuse(
        create("posts", body.clone()),
        Code::FieldForbidden,
        "You don't have permission to create field: titel",
    );
    assert_eq!(fields(&error), ["FIELD_FORBIDDEN titel"]);
    refuse(
        update("posts", json!(POST), json!({"comments": [{"nope": 1}]})),
        Code::FieldForbidden,
        "You don't have permission to create field: comments.nope",
    );
    let plan = resolved(vec![create("posts", body.clone())], &administrator()).unwrap();
    let warning = &plan.warnings[0];
    assert_eq!(
        (warning.code.as_str(), warning.nearest.as_deref()),
        ("UNKNOWN_FIELD", Some("title"))
    );
    let strict = Context { strict: true, ..administrator() };
    let error = resolved(vec![create("posts", body)], &strict).unwrap_err();
    assert_eq!((error.code(), error.path()), (Code::UnknownField, Some("titel")));
}

#[test]
fn an_update_changes_what_it_names() {
    let plan = check(
        update("posts", json!(POST), json!({"title": "Other", "author_Id": ADA, "id": POST})),
        &[
            &format!("pointed posts author_id={ADA}"),
            &format!("update posts[{POST}] title=Other author_id={ADA}"),
        ],
    );
    assert_eq!(values(&plan, 1)["userUpdated_Id"], Assigned::Value(Value::text(ADA)));
    assert!(values(&plan, 1).contains_key("updatedAt"));
    let plan = check(update("posts", json!(POST), json!({})), &[&format!("update posts[{POST}] ")]);
    assert!(values(&plan, 0).is_empty());
    refuse(
        update("posts", json!(POST), json!({"id": ADA})),
        Code::ValidationError,
        "Validation failed: id: The key of a record cannot be changed",
    );
    let error = refuse(update("posts", json!("7"), json!({})), Code::InvalidId, "Invalid ID");
    assert_eq!(fields(&error), ["INVALID_ID id"]);
    refuse(update("nope", json!(1), json!({})), Code::CollectionNotFound, "Model nope not found");
}

#[test]
fn what_the_caller_saw_is_compared() {
    let expect = map(json!({"price": 1, "meta": {"b": 1, "a": 2}}));
    let operation = Operation::Update {
        collection: String::from("posts"),
        key: json!(POST),
        body: map(json!({"title": "Other"})),
        expect,
    };
    let plan = resolved(vec![operation], &editor()).unwrap();
    let Step::Update { expect, .. } = &plan.steps[0] else { panic!("no update") };
    assert_eq!(expect["price"], Value::text("1.00"));
    assert_eq!(expect["meta"], Value::text(r#"{"a":2,"b":1}"#));
}

#[test]
fn deleted_records_are_marked_where_they_are_kept() {
    let plan = check(
        delete("posts", json!(POST), false),
        &[&format!("mark posts[{POST}] deletedAt=2024-01-02T03:04:05.678Z")],
    );
    assert_eq!(plan.answers, [0]);
    check(delete("posts", json!(POST), true), &[&format!("delete posts[{POST}]")]);
    check(delete("comments", json!("7"), false), &["delete comments[7]"]);
    check(
        update("posts", json!(POST), json!({"deletedAt": "2024-05-06T00:00:00Z"})),
        &[&format!("mark posts[{POST}] deletedAt=2024-05-06T00:00:00.000Z")],
    );
    check(
        update("posts", json!(POST), json!({"deletedAt": null})),
        &[&format!("unmark posts[{POST}] deletedAt=null")],
    );
    check(
        update("posts", json!(POST), json!({"deletedAt": null, "title": "Other"})),
        &[&format!("update posts[{POST}] title=Other")],
    );
    refuse(
        update("comments", json!(7), json!({"deletedAt": null})),
        Code::SoftDeleteDisabled,
        "`comments` does not keep deleted records",
    );
}

#[test]
fn a_record_may_bring_what_it_points_to() {
    let author = json!({"name": "Ada", "company": {"name": "A"}});
    let operation = create("posts", json!({"title": "Hello", "author": author}));
    let plan = resolved(vec![operation], &editor()).unwrap();
    assert_eq!(step(&plan.steps[0]), "insert companies id=next name=A via author.company");
    assert_eq!(step(&plan.steps[1]), "insert authors id=new name=Ada company_id=@0 via author");
    // A key that is known needs no step to be read.
    assert_eq!(values(&plan, 2)["author_id"], values(&plan, 1)["id"]);
    assert_eq!(plan.answers, [2]);
}

#[test]
fn a_record_may_name_what_it_points_to() {
    let exists = format!("exists authors[{ADA}] for author");
    let insert = format!("insert posts id=new title=Hello author_id={ADA}");
    check(create("posts", json!({"title": "Hello", "author": {"id": ADA}})), &[&exists, &insert]);
    check(create("posts", json!({"title": "Hello", "author": ADA})), &[&exists, &insert]);
    check(
        create("posts", json!({"title": "Hello", "author": {"id": ADA, "name": "Ada"}})),
        &[&exists, &format!("update authors[{ADA}] name=Ada via author"), &insert],
    );
    check(
        update("posts", json!(POST), json!({"author": null})),
        &[&format!("update posts[{POST}] author_id=null")],
    );
    let pointed = format!("pointed posts author_id={ADA}");
    check(create("posts", json!({"title": "Hello", "author_id": ADA})), &[&pointed, &insert]);
    let error = refuse(
        create("posts", json!({"title": "Hello", "author": "x", "comments": {}})),
        Code::RelationInvalid,
        "Validation failed for relational data",
    );
    assert_eq!(fields(&error), ["RELATION_INVALID author", "RELATION_INVALID comments"]);
    assert_eq!(error.detail_list()[1].message, "Value must be an array for comments");
}

#[test]
fn lists_of_children_are_the_full_set() {
    check(
        create("comments", json!({"body": "x", "post": POST})),
        &[
            &format!("exists posts[{POST}] for post"),
            &format!("insert comments id=next body=x post_id={POST}"),
        ],
    );
    check(
        update(
            "posts",
            json!(POST),
            json!({"comments": [{"id": 1, "body": "y"}, {"body": "z"}, 4]}),
        ),
        &[
            &format!("update posts[{POST}] "),
            &format!(
                "update comments[post_id={POST} & id not in 1,4] post_id=null many via comments"
            ),
            "exists comments[1] for comments",
            &format!("update comments[1] body=y post_id={POST} via comments"),
            &format!("insert comments id=next body=z post_id={POST} via comments"),
            "exists comments[4] for comments",
            &format!("update comments[4] post_id={POST} via comments"),
        ],
    );
    check(
        update("posts", json!(POST), json!({"comments": []})),
        &[
            &format!("update posts[{POST}] "),
            &format!("update comments[post_id={POST}] post_id=null many via comments"),
        ],
    );
}

#[test]
fn many_to_many_goes_through_its_junction() {
    check(
        update(
            "posts",
            json!(POST),
            json!({"tagged": [{"keywords": {"name": "k"}}, {"keywords_id": 3}, {"keywords": {"id": 4}}, {"id": 9}, 5, 5]}),
        ),
        &[
            &format!("update posts[{POST}] "),
            "exists keywords[5] for tagged",
            &format!("delete posts_tags_junction[posts_id={POST} & id not in 9] via tagged"),
            "insert keywords id=next name=k via tagged.keywords",
            &format!(
                "insert posts_tags_junction id=next posts_id={POST} keywords_id=@3 via tagged"
            ),
            "pointed posts_tags_junction keywords_id=3",
            &format!("insert posts_tags_junction id=next posts_id={POST} keywords_id=3 via tagged"),
            "exists keywords[4] for tagged.2.keywords",
            &format!("insert posts_tags_junction id=next posts_id={POST} keywords_id=4 via tagged"),
            "exists posts_tags_junction[9] for tagged",
            &format!("update posts_tags_junction[9] posts_id={POST} via tagged"),
            &format!("insert posts_tags_junction id=next posts_id={POST} keywords_id=5 via tagged"),
        ],
    );
    check(
        update("posts", json!(POST), json!({"words": [3, {"name": "w"}, {"id": 4, "name": "v"}]})),
        &[
            &format!("update posts[{POST}] "),
            &format!("delete post_words[post_id={POST}] via words"),
            "exists keywords[3] for words",
            &format!("insert post_words id=next post_id={POST} word_id=3 via words"),
            "insert keywords id=next name=w via words",
            &format!("insert post_words id=next post_id={POST} word_id=@4 via words"),
            "exists keywords[4] for words",
            "update keywords[4] name=v via words",
            &format!("insert post_words id=next post_id={POST} word_id=4 via words"),
        ],
    );
}

#[test]
fn many_to_any_replaces_its_rows() {
    let plan = check(
        update(
            "posts",
            json!(POST),
            json!({"items": [
                {"item_id": 1, "collection": "companies"},
                {"item": "2", "type": "comments"},
                {"id": 3, "collection": "comments"},
                {"collection": "comments"},
                {"companies": {"name": "New"}},
            ]}),
        ),
        &[
            &format!("update posts[{POST}] "),
            &format!("delete posts_items_junction[posts_id={POST}] via items"),
            "exists companies[1] for items",
            &format!(
                "insert posts_items_junction id=next item_id=1 collection=companies posts_id={POST} via items"
            ),
            "exists comments[2] for items",
            &format!(
                "insert posts_items_junction id=next item_id=2 collection=comments posts_id={POST} via items"
            ),
            "exists comments[3] for items",
            &format!(
                "insert posts_items_junction id=next item_id=3 collection=comments posts_id={POST} via items"
            ),
            "insert companies id=next name=New via items.companies",
            &format!(
                "insert posts_items_junction id=next item_id=@8 collection=companies posts_id={POST} via items"
            ),
        ],
    );
    assert_eq!(plan.warnings[0].field.as_deref(), Some("items.3"));
    refuse(
        update("posts", json!(POST), json!({"items": [{"item_id": 1, "collection": "authors"}]})),
        Code::RelationInvalid,
        "Validation failed for relational data",
    );
}

#[test]
fn the_way_back_of_many_to_any_names_its_collection() {
    check(
        update("companies", json!(1), json!({"usedIn": [{"posts_id": POST}]})),
        &[
            "update companies[1] ",
            "delete posts_items_junction[item_id=1 & collection=companies] via usedIn",
            &format!("pointed posts_items_junction posts_id={POST}"),
            &format!(
                "insert posts_items_junction id=next item_id=1 collection=companies posts_id={POST} via usedIn"
            ),
        ],
    );
}

#[test]
fn the_reverse_of_one_to_one_is_one_record() {
    check(
        update("authors", json!(ADA), json!({"profile": {"bio": "x"}})),
        &[
            &format!("update authors[{ADA}] "),
            &format!("update profiles[author_id={ADA}] author_id=null many via profile"),
            &format!("insert profiles id=next bio=x author_id={ADA} via profile"),
        ],
    );
    check(
        update("authors", json!(ADA), json!({"profile": {"id": 2, "bio": "x"}})),
        &[
            &format!("update authors[{ADA}] "),
            &format!(
                "update profiles[author_id={ADA} & id not in 2] author_id=null many via profile"
            ),
            "exists profiles[2] for profile",
            &format!("update profiles[2] bio=x author_id={ADA} via profile"),
        ],
    );
}

#[test]
fn operations_are_numbered() {
    let operations = vec![
        create("companies", json!({"name": "A"})),
        create("comments", json!({"body": "x", "post": {"title": "Hello"}})),
        create("companies", json!({"nmae": "B"})),
    ];
    let plan = resolved(operations[..2].to_vec(), &editor()).unwrap();
    assert_eq!(plan.answers, [0, 2]);
    assert!(matches!(plan.steps[1], Step::Insert { index: 1, .. }));
    let error = resolved(operations.clone(), &editor()).unwrap_err();
    assert_eq!(error.detail_list()[0].index, Some(2));
    let error = resolved(operations, &administrator()).unwrap_err();
    assert_eq!(error.code(), Code::RequiredFieldMissing);
    assert_eq!(error.detail_list()[0].index, Some(2));
}

#[test]
fn a_run_of_records_asks_once_where_it_points_to() {
    let post = |author: &str| create("posts", json!({"title": "Hello", "author_id": author}));
    let operations =
        vec![post(ADA), post(POST), create("companies", json!({"name": "A"})), post(ADA)];
    let plan = resolved(operations.clone(), &editor()).unwrap();
    let steps: Vec<_> = plan.steps.iter().map(step).collect();
    assert_eq!(steps[0], format!("pointed posts author_id={ADA},{POST}"));
    assert_eq!(steps[4], format!("pointed posts author_id={ADA}"));
    assert_eq!((steps.len(), &plan.answers), (6, &vec![1, 2, 3, 5]));
    assert!(matches!(plan.steps[0], Step::Pointed { index: None, .. }));
    assert!(matches!(plan.steps[4], Step::Pointed { index: Some(3), .. }));
    let plan = resolved(operations, &administrator()).unwrap();
    assert_eq!(plan.steps.len(), 4, "the store's own answer is an administrator's");
    // What this write itself has made is no secret to its writer.
    let author = create("authors", json!({"id": ADA, "name": "Ada"}));
    let plan = resolved(vec![author, post(ADA)], &editor()).unwrap();
    assert!(!plan.steps.iter().any(|step| matches!(step, Step::Pointed { .. })));
}

#[test]
fn nesting_is_bounded() {
    let deep = (0..5).fold(
        json!({"title": "Hello"}),
        |inner, _| json!({"title": "Hello", "comments": [{"body": "x", "post": inner}]}),
    );
    let error = resolved(vec![create("posts", deep)], &editor()).unwrap_err();
    assert_eq!(error.code(), Code::RelationInvalid);
    assert!(error.detail_list()[0].message.contains("nested 7 deep"));
}
