use super::update_many;
use base::{Code, Error, Limits};
use query::Operation;
use serde_json::{Value as Json, json};

const NOW: &str = "2024-01-02T03:04:05.678Z";

fn reading(data: &Json) -> Result<super::UpdateMany, Error> {
    update_many("Task", &json!({"query": {"a": 1}, "data": data}), &Limits::default())
}

/// What one record becomes, or the sentence why not.
fn change(data: Json, record: Json) -> Result<Json, String> {
    let call = reading(&data).unwrap();
    match call.change(record.as_object().unwrap(), NOW) {
        Ok(Operation::Update { key, body, expect, .. }) => {
            assert_eq!(Some(&key), record.get("id"));
            for (name, seen) in &expect {
                assert_eq!(seen, record.get(name).unwrap_or(&Json::Null), "{name}");
            }
            assert_eq!(expect.keys().collect::<Vec<_>>(), body.keys().collect::<Vec<_>>());
            Ok(Json::Object(body))
        }
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.message().to_owned()),
    }
}

/// A number with exactly these digits.
fn decimal(digits: &str) -> Json {
    serde_json::from_str(digits).unwrap()
}

#[test]
fn every_operator_makes_of_a_record_what_it_says() {
    for (data, record, wanted) in [
        (json!({"$set": {"s": "x"}}), json!({"s": "y"}), json!({"s": "x"})),
        (
            json!({"$set": {"a.b.c": 1}}),
            json!({"a": {"z": 2}}),
            json!({"a": {"z": 2, "b": {"c": 1}}}),
        ),
        (json!({"$unset": {"s": ""}}), json!({"s": "y"}), json!({"s": null})),
        (json!({"$unset": {"a.b": 1}}), json!({"a": {"b": 1, "c": 2}}), json!({"a": {"c": 2}})),
        (json!({"$rename": {"s": "t"}}), json!({"s": "y", "t": 1}), json!({"s": null, "t": "y"})),
        (json!({"$rename": {"s": "t"}}), json!({"t": 1}), json!({"s": null, "t": 1})),
        (json!({"$inc": {"n": 1}}), json!({"n": 41}), json!({"n": 42})),
        (json!({"$inc": {"n": -2}}), json!({}), json!({"n": -2})),
        (json!({"$mul": {"n": 3}}), json!({"n": 5}), json!({"n": 15})),
        (json!({"$mul": {"n": 3}}), json!({"n": null}), json!({"n": 0})),
        (json!({"$min": {"n": 3}}), json!({"n": 5}), json!({"n": 3})),
        (json!({"$min": {"n": 7}}), json!({"n": 5}), json!({"n": 5})),
        (json!({"$max": {"s": "b"}}), json!({"s": "a"}), json!({"s": "b"})),
        (json!({"$max": {"n": 10}}), json!({"n": 9.5}), json!({"n": 10})),
        (json!({"$max": {"n": 1}}), json!({}), json!({"n": 1})),
        (json!({"$currentDate": {"d": true}}), json!({}), json!({"d": NOW})),
        (json!({"$addToSet": {"l": "x"}}), json!({"l": ["x"]}), json!({"l": ["x"]})),
        (json!({"$addToSet": {"l": "y"}}), json!({"l": ["x"]}), json!({"l": ["x", "y"]})),
        (json!({"$push": {"l": "x"}}), json!({"l": ["x"]}), json!({"l": ["x", "x"]})),
        (json!({"$push": {"l": 1}}), json!({}), json!({"l": [1]})),
        (json!({"$pull": {"l": "x"}}), json!({"l": ["x", "y", "x"]}), json!({"l": ["y"]})),
        (json!({"$pull": {"l": "x"}}), json!({}), json!({"l": null})),
        // A number is the number it is, however many zeros it is written with.
        (json!({"$pull": {"l": 1.1}}), json!({"l": [decimal("1.10"), 2]}), json!({"l": [2]})),
        (
            json!({"$addToSet": {"l": {"a": [2]}}}),
            json!({"l": [{"a": [decimal("2.0")]}]}),
            json!({"l": [{"a": [decimal("2.0")]}]}),
        ),
    ] {
        let mut record = record;
        record["id"] = json!("1");
        assert_eq!(change(data.clone(), record), Ok(wanted), "{data}");
    }
}

#[test]
fn numbers_are_counted_with_every_digit() {
    let of = |text: &str| serde_json::from_str::<Json>(text).unwrap();
    for (word, by, seen, wanted) in [
        ("$inc", "0.1", "0.2", "0.3"),
        ("$inc", "1e2", "1", "101"),
        ("$inc", "-0.5", "0.5", "0"),
        ("$inc", "1", "9007199254740993", "9007199254740994"),
        ("$mul", "1.10", "1.10", "1.21"),
        ("$mul", "-0.05", "0.1", "-0.005"),
        ("$mul", "0", "1e300", "too many digits"),
    ] {
        let data = json!({ word: { "n": of(by) } });
        match change(data, json!({"id": 1, "n": of(seen)})) {
            Ok(body) => assert_eq!(body["n"].to_string(), wanted, "{word} {by} on {seen}"),
            Err(why) => assert!(why.contains(wanted), "{word} {by} on {seen}: {why}"),
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_written() {
    for (data, record, part) in [
        (json!({"$inc": {"n": 1}}), json!({"n": "x"}), "must be a number"),
        (json!({"$push": {"n": 1}}), json!({"n": 1}), "must be a list"),
        (json!({"$max": {"n": 1}}), json!({"n": "x"}), "of the operand's kind"),
        (json!({"$set": {"n.a": 1}}), json!({"n": 1}), "must be an object"),
    ] {
        let why = change(data.clone(), record).unwrap_err();
        assert!(why.contains(part), "{data}: {why}");
    }
    for (data, code, at) in [
        (json!({"$pop": {"l": 1}}), Code::UnknownOperator, "data.$pop"),
        (json!({"$setOnInsert": {"l": 1}}), Code::UnknownOperator, "data.$setOnInsert"),
        (json!({"status": "x"}), Code::UnknownOperator, "data.status"),
        (json!({}), Code::InvalidBody, "data"),
        (json!([{"$set": {"a": 1}}]), Code::InvalidBody, "data"),
        (json!({"$set": {}}), Code::InvalidQuery, "data.$set"),
        (json!({"$set": {"a": 1}, "$inc": {"a": 1}}), Code::InvalidBody, "data"),
        (json!({"$set": {"a": 1}, "$inc": {"a.b": 1}}), Code::InvalidBody, "data"),
        (json!({"$rename": {"a": "b"}, "$set": {"b": 1}}), Code::InvalidBody, "data"),
        (json!({"$set": {"created_date": 1}}), Code::InvalidQuery, "data.$set.created_date"),
        (json!({"$rename": {"a": "id"}}), Code::InvalidQuery, "data.$rename.a"),
        (json!({"$inc": {"a": "1"}}), Code::InvalidQuery, "data.$inc.a"),
        (json!({"$push": {"a": {"$each": [1]}}}), Code::InvalidQuery, "data.$push.a"),
        (json!({"$currentDate": {"a": 1}}), Code::InvalidQuery, "data.$currentDate.a"),
        (json!({"$set": {"a..b": 1}}), Code::InvalidQuery, "data.$set.a..b"),
    ] {
        let error = reading(&data).unwrap_err();
        assert_eq!((error.code(), error.path()), (code, Some(at)), "{data}: {error}");
    }
    let error = update_many("Task", &json!({"data": {"$set": {"a": 1}}}), &Limits::default());
    assert_eq!(error.unwrap_err().path(), Some("query"));
}

#[test]
fn the_read_asks_for_what_is_touched_and_one_record_more() {
    let call = reading(&json!({"$set": {"a.b": 1}, "$rename": {"c": "d"}})).unwrap();
    assert_eq!(call.read.fields, ["id", "a", "c", "d"]);
    assert_eq!(call.read.limit, Some(501));
    assert!(call.read.filter.is_some());
}
