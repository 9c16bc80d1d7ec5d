use super::advice_tests::{read, shape_of};
use super::recorder::Recorder;
use super::sample;
use super::shape::{PageForm, QueryShape};
use access::{Actor, Guarded, Identity, Policies};
use base::Limits;
use query::{Filter, Read, ReadPlan, Scope, Words};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

fn plan(read: &Read) -> ReadPlan {
    let (catalog, words, limits) =
        (super::advice_tests::catalog(), Words::default(), Limits::default());
    let scope = Scope { visible: &catalog, full: &catalog, words: &words, limits: &limits };
    query::resolve_read(read, &scope, None).unwrap()
}

fn caller(role: &str) -> Actor {
    Actor {
        identity: Identity::User(String::from("0a0a0a0a-0000-4000-8000-000000000001")),
        role_name: role.to_owned(),
        policies: Arc::new(Policies::default()),
        ..Actor::system("a test")
    }
}

fn ran(recorder: &Recorder, read: &Read, role: &str, now_ms: i64) {
    let actor = caller(role);
    let plan = Guarded::for_system(plan(read), "a test");
    recorder.watch(plan, &actor, now_ms).unwrap().answered(3);
}

#[test]
fn reads_that_differ_in_values_only_are_one_shape() {
    let recorder = Recorder::new(0);
    ran(&recorder, &read(&json!({"status": "secret-a"}), &["-price"]), "Editor", 1);
    ran(&recorder, &read(&json!({"status": "secret-b"}), &["-price"]), "Editor", 2);
    ran(&recorder, &read(&json!({"status": {"eq": "secret-c"}}), &["-price"]), "Clerk", 3);
    let all = recorder.all();
    let [(_, seen)] = all.as_slice() else { panic!("{} shapes", all.len()) };
    assert_eq!((seen.times.count, seen.rows, seen.ended, seen.last_ms), (3, 9, 0, 3));
    assert_eq!(seen.roles, ["Editor", "Clerk"]);
    assert_eq!(seen.shape.filter_text().as_deref(), Some("status = ?"));
    assert!(!format!("{:?}", seen.shape).contains("secret"), "{:?}", seen.shape);
}

#[test]
fn reads_that_ask_otherwise_are_shapes_of_their_own() {
    let recorder = Recorder::new(0);
    let base = || read(&json!({"status": "new"}), &["-price"]);
    let reads = [
        base(),
        read(&json!({"status": {"ne": "new"}}), &["-price"]),
        read(&json!({"country": "new"}), &["-price"]),
        read(&json!({"status": "new"}), &["price"]),
        read(&json!({"status": "new"}), &["-placed"]),
        read(&json!({"OR": [{"status": "new"}, {"country": "fi"}]}), &["-price"]),
        read(&json!({"AND": [{"status": "new"}, {"country": "fi"}]}), &["-price"]),
        Read { offset: Some(40), ..base() },
        Read { limit: None, ..base() },
        Read { count: query::CountMode::None, ..base() },
        Read { fields: vec![String::from("customer.city")], ..base() },
        Read { group_by: vec![String::from("country")], sort: Vec::new(), ..base() },
    ];
    for one in &reads {
        ran(&recorder, one, "Editor", 1);
        ran(&recorder, one, "Editor", 2);
    }
    let all = recorder.all();
    assert_eq!(all.len(), reads.len());
    assert!(all.iter().all(|(_, seen)| seen.times.count == 2));
    // The shape says what its key was made of: none of them is told like another.
    let mut told: Vec<String> = all.iter().map(|(_, seen)| format!("{:?}", seen.shape)).collect();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), reads.len());
}

/// Counts what it is given.
#[derive(Default)]
struct Counted {
    writes: usize,
    bytes: usize,
}

impl std::hash::Hasher for Counted {
    fn write(&mut self, bytes: &[u8]) {
        self.writes += 1;
        self.bytes += bytes.len();
    }

    fn finish(&self) -> u64 {
        0
    }
}

#[test]
fn a_list_is_told_from_others_by_few_bytes() {
    // Every read of a caller pays this, and one look into a map under a lock of its own.
    let filter = json!({"status": "new", "price": {"gte": 5}});
    let mut counted = Counted::default();
    super::shape::fingerprint(&plan(&read(&filter, &["-price"])), &mut counted);
    assert!(counted.writes <= 40 && counted.bytes <= 256, "{} {}", counted.writes, counted.bytes);
}

#[test]
fn a_part_of_the_record_that_is_in_use_is_not_waited_for() {
    let recorder = Recorder::new(0);
    let one = read(&json!({"status": "new"}), &[]);
    ran(&recorder, &one, "Editor", 1);
    recorder.while_in_use(|| ran(&recorder, &one, "Editor", 2));
    let (_, missed, _) = recorder.account();
    let (_, seen) = recorder.all().remove(0);
    assert_eq!((missed, seen.times.count, seen.last_ms), (1, 1, 1));
}

#[test]
fn a_read_that_its_caller_left_is_remembered_as_ended() {
    let recorder = Recorder::new(0);
    let actor = caller("Editor");
    let plan = Guarded::for_system(plan(&read(&json!({"status": "new"}), &[])), "a test");
    drop(recorder.watch(plan, &actor, 7));
    let (_, seen) = recorder.all().remove(0);
    assert_eq!((seen.times.count, seen.ended, seen.rows, seen.last_ms), (1, 1, 0, 7));
}

#[test]
fn the_house_and_reads_of_one_record_are_not_watched() {
    let recorder = Recorder::new(0);
    let house = Actor::system("a test");
    let list = Guarded::for_system(plan(&read(&json!({}), &[])), "a test");
    assert!(recorder.watch(list, &house, 1).is_none());
    let key = Some(json!("0a0a0a0a-0000-4000-8000-000000000001"));
    let one = Read { key, sort: Vec::new(), limit: None, ..read(&json!({}), &[]) };
    let actor = caller("Editor");
    assert!(recorder.watch(Guarded::for_system(plan(&one), "a test"), &actor, 1).is_none());
    // With what it leads to it may cost as much as a list.
    let deep = Read { fields: vec![String::from("customer.city")], ..one };
    assert!(recorder.watch(Guarded::for_system(plan(&deep), "a test"), &actor, 1).is_some());
}

#[test]
fn the_record_has_a_bound_and_lets_go_of_what_was_not_seen_for_longest() {
    let recorder = Recorder::new(0);
    let fields = ["id", "status", "country", "code", "price", "placed", "note"];
    let mut made = 0;
    // Every pair of tests on one of the fields is a shape of its own.
    let words = ["eq", "ne", "gt", "gte", "lt", "lte"];
    for field in fields.iter().skip(1) {
        for one in words {
            for other in words {
                for sort in ["price", "-price", "placed", "-placed"] {
                    made += 1;
                    let value = match *field {
                        "price" => json!(1),
                        "placed" => json!("2024-01-01"),
                        _ => json!("x"),
                    };
                    let filter = json!({"AND": [
                        {*field: {one: value}}, {*field: {other: value}}]});
                    ran(&recorder, &read(&filter, &[sort]), "Editor", made);
                }
            }
        }
    }
    let all = recorder.all();
    let (_, missed, forgotten) = recorder.account();
    assert_eq!(missed, 0);
    assert_eq!(u64::try_from(made).unwrap(), all.len() as u64 + forgotten);
    assert!(all.len() <= 512 && all.len() > 256, "{} of {made}", all.len());
    // The newest is there.
    assert!(all.iter().any(|(_, seen)| seen.last_ms == made));
    recorder.reset(Some("customers"), made);
    assert_eq!(recorder.all().len(), all.len());
    recorder.reset(None, made);
    assert_eq!((recorder.all().len(), recorder.account()), (0, (made, 0, 0)));
}

#[test]
fn the_shape_tells_what_was_asked_in_signs() {
    let told = |filter: Json| shape_of(&read(&filter, &[])).filter_text();
    let id = "0a0a0a0a-0000-4000-8000-000000000001";
    for (filter, text) in [
        (json!({}), None),
        (json!({"status": "a", "price": {"gte": 1}}), Some("status = ? and price ≥ ?")),
        (
            json!({"OR": [{"status": "a"}, {"status": "b", "country": "c"}]}),
            Some("status = ? or (status = ? and country = ?)"),
        ),
        (json!({"NOT": {"status": {"in": ["a", "b"]}}}), Some("not (status in (?))")),
        (json!({"customer.city": {"isNull": true}}), Some("customer.city is null")),
        (json!({"price": {"between": [1, 2]}}), Some("price between ? and ?")),
        (json!({"status": "$COL(country)"}), Some("status = country")),
        (json!({"customer": id}), Some("customer_Id = ?")),
        (json!({"status": {"eq": "5", "cast": "integer"}}), Some("status::integer = ?")),
        (json!({"status": {"startsWiths": "n"}}), Some("status starts with ?")),
        (json!({"facts": {"jsonbHasKey": "a"}}), Some("facts jsonHasKeys ?")),
    ] {
        assert_eq!(told(filter.clone()).as_deref(), text, "{filter}");
    }
    let shape = shape_of(&Read { offset: Some(20), ..read(&json!({}), &["-price"]) });
    assert_eq!((shape.page, shape.sort.len(), shape.counted), (PageForm::Offset, 1, true));
    // The key is told where somebody asked for it.
    let sorted = |sort: &[&str]| shape_of(&read(&json!({}), sort)).sort.len();
    assert_eq!((sorted(&[]), sorted(&["id"]), sorted(&["-id"])), (0, 0, 1));
    assert_eq!((sorted(&["-price", "-id"]), sorted(&["-price", "id"])), (1, 2));
}

fn records() -> Vec<Map<String, Json>> {
    (0..100)
        .map(|n| {
            let city = if n % 2 == 0 { json!(format!("city{n}")) } else { Json::Null };
            let record = json!({"status": format!("s{}", n % 3), "country": format!("c{}", n % 3),
                "price": n, "customer": {"city": city}});
            record.as_object().unwrap().clone()
        })
        .collect()
}

/// The reads of a shape, whose values come from [`records`].
fn sampled(read: &Read) -> (Vec<Read>, Vec<String>) {
    let recorder = Recorder::new(0);
    ran(&recorder, read, "Editor", 1);
    let (_, seen) = recorder.all().remove(0);
    let sampled = sample::reads(&seen, &records());
    (sampled.reads, sampled.left_out)
}

#[test]
fn the_reads_of_a_trial_have_the_shape_and_values_of_the_collection() {
    let filter = json!({"status": "callers", "country": "own", "price": {"gte": 4711}});
    let asked = read(&filter, &["-price"]);
    let (reads, left_out) = sampled(&asked);
    assert_eq!((reads.len(), left_out.len()), (3, 0));
    for one in &reads {
        assert_eq!(shape_of(one), QueryShape { ..shape_of(&asked) });
        let text = format!("{one:?}");
        assert!(!text.contains("callers") && !text.contains("own\"") && !text.contains("4711"));
        let Some(Filter::All(parts)) = &one.filter else { panic!("{:?}", one.filter) };
        let value = |at: usize| match &parts[at] {
            Filter::Test(test) => test.operand.clone(),
            other => panic!("{other:?}"),
        };
        // What is asked together is found together, and a bound leaves a tenth.
        let (status, country) = (value(0), value(1));
        assert_eq!(status.as_str().unwrap()[1..], country.as_str().unwrap()[1..]);
        assert_eq!(value(2), json!(90));
    }
    assert_ne!(reads[0].filter, reads[1].filter);
}

#[test]
fn what_has_no_value_in_the_collection_is_left_out_and_said() {
    let filter = json!({"status": "a", "facts": {"jsonbHasKey": "a"}});
    let (reads, left_out) = sampled(&read(&filter, &[]));
    assert_eq!(left_out, ["facts jsonHasKeys ?"]);
    assert_eq!(shape_of(&reads[0]).filter_text().as_deref(), Some("status = ?"));
    // Two bounds of one field belong together, and a far record's value is one of a record that
    // has one.
    let window = json!({"price": {"gte": 1, "lt": 2}, "customer.city": "x"});
    let (reads, left_out) = sampled(&read(&window, &[]));
    assert!(left_out.is_empty(), "{left_out:?}");
    let text = format!("{:?}", reads[0].filter);
    assert!(text.contains("45") && text.contains("55") && text.contains("city"), "{text}");
}
