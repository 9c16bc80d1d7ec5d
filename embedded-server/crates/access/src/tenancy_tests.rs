//! Which records a request held to a tenant may touch.

use super::{TENANT, Tenancy, Touch, Within};
use crate::{Actor, Identity, guard_read, guard_write};
use base::{Code, Limits, Value};
use catalog::Catalog;
use query::{
    Asked, Assigned, Cond, Context, Direction, Operation, Place, Pointer, Read, Scope, SortAsked,
    Step, Words, Write, WritePlan,
};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

const OURS: &str = "00000000-0000-4000-8000-000000000001";
const THEIRS: &str = "00000000-0000-4000-8000-000000000002";

fn catalog() -> Catalog {
    let key = json!({ "type": "Integer", "primaryKey": true });
    let documents = [
        (
            "notes",
            json!({ "name": "notes", "fields": {
                "id": key, "tenant_Id": { "type": "UUID" }, "topic_Id": { "type": "Integer" },
                "topic": { "relType": "BelongsTo", "target": "topics", "foreignKey": "topic_Id" },
            } }),
        ),
        (
            "topics",
            json!({ "name": "topics", "fields": { "id": key, "tenant_Id": { "type": "UUID" } } }),
        ),
        ("words", json!({ "name": "words", "fields": { "id": key } })),
    ];
    let documents = documents.map(|(name, schema)| (name.to_owned(), schema));
    Catalog::build(documents, 1, |_, _| None).unwrap()
}

fn administrator(within: Within) -> Actor {
    Actor {
        identity: Identity::User(String::from("u")),
        role_name: String::from("administrator"),
        tenancy: Tenancy { within, ..Tenancy::default() },
        ..Actor::system("a test")
    }
}

fn one() -> Actor {
    administrator(Within::One(OURS.to_owned()))
}

/// How many tests a read has at its root, and on the relations that it walks.
fn read(actor: &Actor, collection: &str, fields: &[&str]) -> base::Result<(usize, usize)> {
    let (full, words, limits) = (catalog(), Words::default(), Limits::default());
    let scope = Scope { visible: &full, full: &full, words: &words, limits: &limits };
    let read = Read {
        collection: collection.to_owned(),
        fields: fields.iter().map(|&name| name.to_owned()).collect(),
        ..Read::default()
    };
    let plan = query::resolve_read(&read, &scope, None)?;
    let guarded = guard_read(plan, &full, actor, &words, &limits)?;
    let count = |cond: &Cond| {
        let mut tests = 0;
        cond.each_test(&mut |_| tests += 1);
        tests
    };
    let near = match &guarded.plan().projection {
        query::Projection::Rows(rows) => rows.expands.iter().map(|one| count(&one.filter)).sum(),
        query::Projection::Groups(_) => 0,
    };
    Ok((count(&guarded.plan().filter), near))
}

/// A read through every place that a plan has for a relation.
fn read_everywhere(actor: &Actor) -> String {
    let (full, words, limits) = (catalog(), Words::default(), Limits::default());
    let scope = Scope { visible: &full, full: &full, words: &words, limits: &limits };
    let test = |path: &str, operand: Json| {
        query::Filter::Test(query::Test {
            path: path.to_owned(),
            operator: String::from("eq"),
            operand,
            cast: None,
            literal: false,
            at: String::new(),
        })
    };
    let sort = |path: &str| SortAsked {
        path: path.to_owned(),
        direction: Direction::Ascending,
        distance: None,
    };
    let rows = Read {
        collection: String::from("notes"),
        fields: ["id", "topic.id"].map(str::to_owned).to_vec(),
        filter: Some(query::Filter::Any(vec![
            test("topic.id", json!(1)),
            test("id", json!("$COL(topic.id)")),
        ])),
        sort: vec![sort("topic.id")],
        ..Read::default()
    };
    let groups = Read {
        collection: String::from("notes"),
        group_by: vec![String::from("topic.id")],
        aggregate: [(
            String::from("n"),
            query::AggregateAsked {
                function: query::AggregateFunction::Max,
                field: String::from("topic.id"),
            },
        )]
        .into(),
        ..Read::default()
    };
    let told = [rows, groups].map(|read| {
        let plan = query::resolve_read(&read, &scope, None).unwrap();
        format!("{:?}", guard_read(plan, &full, actor, &words, &limits).unwrap().plan())
    });
    told.concat()
}

#[test]
fn every_place_of_a_read_that_leads_to_a_relation_is_bound() {
    let bound = |actor: &Actor| read_everywhere(actor).matches(OURS).count();
    // The root of each, and behind the answer, both sides of the filter, the sort, the group
    // and the aggregate.
    assert_eq!(bound(&one()), 2 + 6);
    assert_eq!(bound(&administrator(Within::All)), 0);
}

/// Steps of every kind, with a condition that leads to a relation wherever one has its place. The
/// last two are told apart: what stands above the caller.
fn written_everywhere(actor: &Actor) -> (String, String) {
    let (full, words, limits) = (catalog(), Words::default(), Limits::default());
    let scope = Scope { visible: &full, full: &full, words: &words, limits: &limits };
    let notes = full.get("notes").unwrap();
    let far = query::Filter::Test(query::Test {
        path: String::from("topic.id"),
        operator: String::from("eq"),
        operand: json!(1),
        cast: None,
        literal: false,
        at: String::new(),
    });
    let cond = query::resolve_filter(&far, notes, &scope, Place::Policy).unwrap();
    let asked = Asked { root: String::from("notes"), creating: false, through: Vec::new() };
    let relation = notes.relation("topic").unwrap().clone();
    let (through, expect) = (Vec::new(), indexmap::IndexMap::new());
    let steps = vec![
        Step::Insert {
            collection: Arc::clone(notes),
            values: indexmap::IndexMap::new(),
            check: cond.clone(),
            through: through.clone(),
            index: 0,
        },
        Step::Update {
            collection: Arc::clone(notes),
            filter: cond.clone(),
            key: None,
            values: indexmap::IndexMap::new(),
            one: true,
            expect: expect.clone(),
            check: cond.clone(),
            spares: cond.clone(),
            through: through.clone(),
            index: 0,
            deleting: None,
        },
        Step::Delete {
            collection: Arc::clone(notes),
            filter: cond.clone(),
            key: None,
            one: true,
            expect,
            spares: cond.clone(),
            through,
            index: 0,
        },
        Step::Exists {
            collection: Arc::clone(notes),
            key: Value::Int(1),
            filter: cond.clone(),
            field: String::new(),
            asked: asked.clone(),
            index: 0,
        },
        Step::Pointed {
            collection: Arc::clone(notes),
            pointers: vec![Pointer {
                relation,
                column: String::from("topic_Id"),
                target: Arc::clone(full.get("topics").unwrap()),
                target_column: String::from("id"),
                keys: vec![(Value::Int(1), None)],
                filter: Cond::Always,
                kept: cond,
            }],
            asked,
            index: None,
        },
    ];
    let plan = WritePlan { steps, ..WritePlan::default() };
    let guarded = guard_write(plan, &full, actor, &words, &limits).unwrap();
    let spared = guarded.plan().steps.iter().filter_map(|step| match step {
        Step::Update { spares, .. } | Step::Delete { spares, .. } => Some(format!("{spares:?}")),
        Step::Insert { .. } | Step::Exists { .. } | Step::Pointed { .. } => None,
    });
    (format!("{:?}", guarded.plan().steps), spared.collect())
}

#[test]
fn every_place_of_a_write_that_leads_to_a_relation_is_bound() {
    let bound = |actor: &Actor| written_everywhere(actor).0.matches(OURS).count();
    // A new record: its tenant and its check. A changed one: filter, its way, check; a removed
    // and a named one: filter and its way; a pointer: its target, and who may keep it by its way.
    assert_eq!(bound(&one()), 2 + 3 + 2 + 2 + 3);
    assert_eq!(bound(&administrator(Within::All)), 0);
}

#[test]
fn who_stands_above_the_caller_stands_there_by_what_it_is_in_any_tenant() {
    let (_, spared) = written_everywhere(&one());
    assert!(spared.contains("topics") && !spared.contains(OURS), "{spared}");
}

fn created(actor: &Actor, body: Json) -> base::Result<Option<Assigned>> {
    let (full, words, limits) = (catalog(), Words::default(), Limits::default());
    let scope = Scope { visible: &full, full: &full, words: &words, limits: &limits };
    let body: Map<String, Json> = body.as_object().unwrap().clone();
    let operation = Operation::Create { collection: String::from("notes"), body };
    let write = Write { operations: vec![operation], strict: false };
    let context = Context {
        words: words.clone(),
        administrator: actor.unbound(),
        sees_all: actor.free(),
        strict: false,
    };
    let plan = query::resolve_write(&write, &scope, &context)?;
    let guarded = guard_write(plan, &full, actor, &words, &limits)?;
    Ok(guarded.plan().steps.iter().find_map(|step| match step {
        Step::Insert { values, .. } => values.get(TENANT).cloned(),
        _ => None,
    }))
}

#[test]
fn a_read_is_bound_at_its_root_and_on_every_relation() {
    let fields = ["id", "topic.id"];
    for free in [Within::Off, Within::All] {
        assert_eq!(read(&administrator(free), "notes", &fields).unwrap(), (0, 0));
    }
    assert_eq!(read(&one(), "notes", &fields).unwrap(), (1, 1));
    assert_eq!(read(&one(), "words", &[]).unwrap(), (0, 0));
    let mut actor = one();
    actor.tenancy.ignored = Arc::new([String::from("topics")].into());
    assert_eq!(read(&actor, "notes", &fields).unwrap(), (1, 0));
}

#[test]
fn who_stands_nowhere_enters_what_belongs_to_none() {
    let actor = administrator(Within::Nowhere);
    let refused = read(&actor, "notes", &[]).unwrap_err();
    assert_eq!(refused.code(), Code::TenantContextRequired);
    assert_eq!(read(&actor, "words", &[]).unwrap(), (0, 0));
}

#[test]
fn what_is_new_stands_in_the_tenant_of_the_request() {
    let ours = Some(Assigned::Value(Value::text(OURS)));
    for body in [json!({ "id": 1 }), json!({ "id": 1, "tenant_Id": OURS })] {
        assert_eq!(created(&one(), body).unwrap(), ours);
    }
    let theirs = json!({ "id": 1, "tenant_Id": THEIRS });
    let refused = created(&one(), theirs.clone()).unwrap_err();
    assert_eq!(refused.code(), Code::TenantMismatch);
    let theirs = created(&administrator(Within::All), theirs).unwrap();
    assert_eq!(theirs, Some(Assigned::Value(Value::text(THEIRS))));
}

#[test]
fn a_public_file_of_others_is_read_and_not_written() {
    let documents = [(
        String::from("baasix_File"),
        json!({ "name": "baasix_File", "fields": {
            "id": { "type": "Integer", "primaryKey": true },
            "tenant_Id": { "type": "UUID" }, "isPublic": { "type": "Boolean" },
        } }),
    )];
    let full = Catalog::build(documents, 1, |_, _| None).unwrap();
    let file = full.get("baasix_File").unwrap();
    let tenancy = one().tenancy;
    assert!(matches!(tenancy.bound(file, &full, Touch::Read), Some(query::Filter::Any(_))));
    assert!(matches!(tenancy.bound(file, &full, Touch::Write), Some(query::Filter::Test(_))));
}

#[test]
fn who_only_looks_writes_nothing_whatever_its_rank() {
    let looking = Actor { read_only: true, ..administrator(Within::All) };
    assert!(created(&administrator(Within::All), json!({ "id": 1 })).is_ok());
    let refused = created(&looking, json!({ "id": 1 })).unwrap_err();
    assert_eq!(refused.code(), Code::PersonaReadOnly);
    assert!(read(&looking, "notes", &["id"]).is_ok());
}
