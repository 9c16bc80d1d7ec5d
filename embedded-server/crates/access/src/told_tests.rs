//! What is told is what is enforced, no more and no less.

use super::{Origin, Told};
use crate::{Action, Actor, Identity, Policies, Policy, Tenancy, Within};
use crate::{guard_read_told, guard_write_told};
use base::Limits;
use catalog::Catalog;
use indexmap::IndexMap;
use query::{Cond, Read, ReadPlan, Scope, Step, Words, WritePlan};
use serde_json::{Value as Json, json};
use std::sync::Arc;

const OURS: &str = "00000000-0000-4000-8000-000000000001";

fn catalog() -> Catalog {
    let key = json!({ "type": "Integer", "primaryKey": true });
    let number = json!({ "type": "Integer" });
    let documents = [
        (
            "notes",
            json!({ "name": "notes", "fields": {
                "id": key, "rank": number, "state": { "type": "String" }, "owner": { "type": "String" },
                "tenant_Id": { "type": "UUID" }, "topic_Id": number,
                "topic": { "relType": "BelongsTo", "target": "topics", "foreignKey": "topic_Id" },
            } }),
        ),
        (
            "topics",
            json!({ "name": "topics", "fields": { "id": key, "name": { "type": "String" }, "tenant_Id": { "type": "UUID" } } }),
        ),
    ];
    Catalog::build(documents.map(|(name, schema)| (name.to_owned(), schema)), 1, |_, _| None)
        .unwrap()
}

fn actor(full: &Catalog, conditions: &Json, within: Within) -> Actor {
    let policies = Action::ALL.map(|action| {
        let row = json!({ "collection": "notes", "action": action.as_str(), "fields": ["*"], "conditions": conditions });
        let (_, policy, fault) =
            Policy::parse(row.as_object().unwrap(), full, &Limits::default()).unwrap();
        assert!(fault.is_none(), "{fault:?}");
        policy
    });
    let by_collection = IndexMap::from([(String::from("notes"), policies.to_vec())]);
    Actor {
        identity: Identity::User(String::from("u")),
        role_name: String::from("reader"),
        policies: Arc::new(Policies { by_collection }),
        tenancy: Tenancy { within, ..Tenancy::default() },
        ..Actor::system("a test")
    }
}

fn plan(full: &Catalog) -> ReadPlan {
    let (words, limits) = (Words::default(), Limits::default());
    let scope = Scope { visible: full, full, words: &words, limits: &limits };
    let read = Read {
        collection: String::from("notes"),
        key: Some(json!(1)),
        fields: vec![String::from("id")],
        ..Read::default()
    };
    query::resolve_read(&read, &scope, None).unwrap()
}

/// What the plan asks beside the key must be all that was told.
fn same(before: Cond, after: &Cond, told: Told) -> usize {
    let asked = |cond: &Cond| {
        let mut parts: Vec<String> = match cond {
            Cond::All(parts) => parts.iter().map(|part| format!("{part:?}")).collect(),
            cond => vec![format!("{cond:?}")],
        };
        parts.sort();
        parts
    };
    let clauses = told.clauses();
    let all = clauses.iter().fold(before, |all, clause| all.and(clause.cond.clone()));
    assert_eq!(asked(after), asked(&all));
    clauses.len()
}

#[test]
fn every_condition_that_the_guard_adds_is_told() {
    let full = catalog();
    let (words, limits) =
        (Words { user: Some(String::from("u")), ..Words::default() }, Limits::default());
    for (conditions, count) in [
        (json!(null), 0),
        (json!({}), 0),
        (json!({ "state": { "eq": "open" } }), 1),
        (json!({ "state": { "eq": "open" }, "rank": { "gt": 1 } }), 2),
        (
            json!({ "AND": [{ "rank": { "gt": 1 } }, { "AND": [{ "owner": { "eq": "$CURRENT_USER" } }, { "topic.name": { "eq": "x" } }] }] }),
            3,
        ),
        (json!({ "OR": [{ "rank": { "gt": 1 } }, { "topic.name": { "eq": "x" } }] }), 1),
        (json!({ "NOT": { "topic.name": { "eq": "x" } } }), 1),
        (json!({ "OR": [] }), 1),
    ] {
        for within in [Within::Off, Within::One(OURS.to_owned())] {
            let fenced = usize::from(within != Within::Off);
            let actor = actor(&full, &conditions, within);
            let told = Told::default();
            let read = plan(&full);
            let key = read.filter.clone();
            let guarded =
                guard_read_told(read, &full, &actor, &words, &limits, Some(&told)).unwrap();
            let found = same(key.clone(), &guarded.plan().filter, told);
            assert_eq!(found, count + fenced, "{conditions}");
            for removes in [false, true] {
                let collection = Arc::clone(full.get("notes").unwrap());
                let (filter, spares) = (key.clone(), Cond::Never);
                let step = match removes {
                    true => Step::Delete {
                        collection,
                        filter,
                        key: None,
                        one: true,
                        expect: IndexMap::new(),
                        spares,
                        through: Vec::new(),
                        index: 0,
                    },
                    false => Step::Update {
                        collection,
                        filter,
                        key: None,
                        values: IndexMap::new(),
                        one: true,
                        expect: IndexMap::new(),
                        check: Cond::Always,
                        spares,
                        through: Vec::new(),
                        index: 0,
                        deleting: None,
                    },
                };
                let told = Told::default();
                let write = WritePlan { steps: vec![step], ..WritePlan::default() };
                let guarded =
                    guard_write_told(write, &full, &actor, &words, &limits, Some(&told)).unwrap();
                let [Step::Update { filter, .. } | Step::Delete { filter, .. }] =
                    guarded.plan().steps.as_slice()
                else {
                    panic!("one step")
                };
                assert_eq!(same(key.clone(), filter, told), count + fenced, "{conditions}");
            }
        }
    }
}

#[test]
fn who_demands_it_is_told() {
    let full = catalog();
    let actor = actor(&full, &json!({ "rank": { "gt": 1 } }), Within::One(OURS.to_owned()));
    let told = Told::default();
    let (words, limits) = (Words::default(), Limits::default());
    guard_read_told(plan(&full), &full, &actor, &words, &limits, Some(&told)).unwrap();
    let origins: Vec<Origin> = told.clauses().iter().map(|clause| clause.origin).collect();
    assert_eq!(origins, [Origin::Permission(Action::Read), Origin::Tenant]);
}
