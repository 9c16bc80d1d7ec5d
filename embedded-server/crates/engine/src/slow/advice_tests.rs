use super::advice::{Advice, advise};
use super::shape::QueryShape;
use base::Limits;
use catalog::{Catalog, complete, normalize};
use indexmap::IndexMap;
use query::{Read, Scope, SortAsked, Words, parse_filter};
use serde_json::{Value as Json, json};

pub(super) fn catalog() -> Catalog {
    let mut documents: IndexMap<String, Json> = IndexMap::new();
    let mut id = 0;
    let mut ids = || {
        id += 1;
        format!("i{id}")
    };
    let key = json!({"type": "UUID", "primaryKey": true, "defaultValue": {"type": "UUIDV4"}});
    for (name, schema) in [
        (
            "orders",
            json!({"fields": {
                "id": key,
                "status": {"type": "String"},
                "country": {"type": "String"},
                "code": {"type": "String", "unique": true},
                "price": {"type": "Decimal"},
                "placed": {"type": "DateTime"},
                "note": {"type": "Text"},
                "facts": {"type": "JSON"},
                "customer": {"relType": "BelongsTo", "target": "customers", "foreignKey": "customer_Id"},
                "customer_Id": {"type": "UUID"},
            }, "indexes": [
                {"name": "by_country", "fields": ["country", "placed"]},
                {"name": "by_price", "fields": ["price"], "type": "hash"},
                {"name": "words", "fields": ["status", "note"], "type": "fulltext"},
            ]}),
        ),
        (
            "customers",
            json!({"fields": {"id": key, "city": {"type": "String"}, "zip": {"type": "String"}},
                "indexes": [{"name": "by_zip", "fields": ["zip"]}]}),
        ),
    ] {
        documents.insert(name.into(), normalize(name, &schema, None, &mut ids).unwrap());
    }
    complete(&mut documents, &mut ids).unwrap();
    Catalog::build(documents, 1, sql::kind_of).unwrap()
}

pub(super) fn shape_of(read: &Read) -> QueryShape {
    let (catalog, words, limits) = (catalog(), Words::default(), Limits::default());
    let scope = Scope { visible: &catalog, full: &catalog, words: &words, limits: &limits };
    QueryShape::of(&query::resolve_read(read, &scope, None).unwrap())
}

pub(super) fn read(filter: &Json, sort: &[&str]) -> Read {
    let limits = Limits::default();
    let sort = sort.iter().map(|word| SortAsked {
        path: word.trim_start_matches('-').to_owned(),
        direction: match word.starts_with('-') {
            true => query::Direction::Descending,
            false => query::Direction::Ascending,
        },
        distance: None,
    });
    Read {
        collection: String::from("orders"),
        filter: Some(parse_filter(filter, "filter", &limits).unwrap()),
        sort: sort.collect(),
        limit: Some(20),
        ..Read::default()
    }
}

fn advice(read: &Read) -> Advice {
    let limit = read.limit.and_then(|limit| u64::try_from(limit).ok());
    advise(&shape_of(read), limit, &catalog())
}

#[track_caller]
fn proposes(filter: Json, sort: &[&str], collection: &str, fields: &[&str]) {
    match advice(&read(&filter, sort)) {
        Advice::Index(index) => {
            assert_eq!((index.collection.as_str(), index.fields), (collection, owned(fields)));
        }
        other => panic!("{filter} sorted by {sort:?}: {other:?}"),
    }
}

#[track_caller]
fn served(filter: Json, sort: &[&str], fields: &[&str]) {
    assert_eq!(advice(&read(&filter, sort)), Advice::Served(owned(fields)), "{filter} {sort:?}");
}

fn owned(fields: &[&str]) -> Vec<String> {
    fields.iter().map(|field| (*field).to_owned()).collect()
}

#[test]
fn an_index_of_words_finds_no_value() {
    proposes(json!({"status": "new"}), &[], "orders", &["status"]);
    served(json!({"country": "fi"}), &[], &["country", "placed", "id"]);
}

#[test]
fn equal_fields_stand_before_the_order_and_the_order_before_ranges() {
    let orders = "orders";
    proposes(json!({"status": {"eq": "new"}}), &[], orders, &["status"]);
    proposes(json!({"status": "new"}), &["-price"], orders, &["status", "price"]);
    proposes(
        json!({"price": {"gte": 5}, "status": "new"}),
        &["-placed"],
        orders,
        &["status", "placed", "price"],
    );
    proposes(json!({"price": {"gte": 5}, "status": "new"}), &[], orders, &["status", "price"]);
    proposes(json!({"placed": {"gt": "2024-01-01"}}), &["-placed"], orders, &["placed"]);
    proposes(json!({}), &["-placed"], orders, &["placed"]);
    proposes(json!({"status": {"isNull": true}}), &["placed"], orders, &["status", "placed"]);
    // A range over another field leaves more out than the order brings.
    proposes(json!({"placed": {"gt": "2024-01-01"}}), &["price"], orders, &["placed"]);
    proposes(json!({"status": {"in": ["new", "old"]}}), &[], orders, &["status"]);
    proposes(json!({"status": {"startsWiths": "n"}}), &[], orders, &["status"]);
}

#[test]
fn however_a_filter_is_written_it_asks_for_one_index() {
    let fields = ["status", "customer_Id"];
    let id = "0a0a0a0a-0000-4000-8000-000000000001";
    proposes(json!({"customer_Id": id, "status": "new"}), &[], "orders", &fields);
    proposes(json!({"AND": [{"status": "new"}, {"customer_Id": id}]}), &[], "orders", &fields);
    proposes(json!({"AND": [{"customer": id}, {"status": "new"}]}), &[], "orders", &fields);
}

#[test]
fn a_direction_that_turns_and_a_field_that_has_no_order_end_the_index() {
    proposes(json!({"status": "new"}), &["placed", "-price"], "orders", &["status", "placed"]);
    proposes(json!({"status": "new"}), &["placed", "note"], "orders", &["status", "placed"]);
    proposes(json!({"status": "new"}), &["customer.city"], "orders", &["status"]);
    assert_eq!(advice(&read(&json!({"note": "long"}), &[])), Advice::Nothing);
    assert_eq!(advice(&read(&json!({"facts": {"jsonbHasKey": "a"}}), &[])), Advice::Nothing);
    let either = json!({"OR": [{"status": "new"}, {"price": 5}]});
    assert_eq!(advice(&read(&either, &[])), Advice::Nothing);
    assert_eq!(advice(&read(&json!({}), &[])), Advice::Nothing);
    // What is compared as something else is not what an index holds.
    let cast = json!({"status": {"eq": "5", "cast": "integer"}});
    assert_eq!(advice(&read(&cast, &[])), Advice::Nothing);
}

#[test]
fn what_an_index_serves_already_is_said_and_not_proposed() {
    let id = "0a0a0a0a-0000-4000-8000-000000000001";
    served(json!({"id": id}), &["-price"], &["id"]);
    served(json!({"code": "x", "status": "new"}), &["price"], &["code"]);
    served(json!({"customer_Id": id}), &[], &["customer_Id"]);
    served(json!({"country": "fi"}), &[], &["country", "placed", "id"]);
    served(json!({"country": "fi"}), &["-placed"], &["country", "placed", "id"]);
    served(
        json!({"country": "fi", "placed": {"gt": "2024-01-01"}}),
        &[],
        &["country", "placed", "id"],
    );
    served(json!({"price": 5}), &[], &["price", "id"]);
    // Only as far as it leads.
    proposes(json!({"country": "fi"}), &["price"], "orders", &["country", "price"]);
    proposes(json!({"customer_Id": id}), &["-placed"], "orders", &["customer_Id", "placed"]);
    // By its hash nothing is in order.
    proposes(json!({"price": {"gt": 5}}), &[], "orders", &["price"]);
}

#[test]
fn what_is_asked_of_far_records_only_is_an_index_of_theirs() {
    proposes(json!({"customer.city": "Turku"}), &[], "customers", &["city"]);
    served(json!({"customer.zip": "20100"}), &[], &["zip", "id"]);
    proposes(json!({"customer.city": "Turku", "status": "new"}), &[], "orders", &["status"]);
}

#[test]
fn groups_ask_for_their_filter_and_a_whole_list_for_no_order() {
    let mut groups = read(&json!({"status": "new"}), &[]);
    groups.group_by = owned(&["country"]);
    let Advice::Index(index) = advice(&groups) else { panic!("no proposal") };
    assert_eq!(index.fields, ["status"]);
    let mut all = read(&json!({}), &["-price"]);
    all.limit = None;
    assert_eq!(advice(&all), Advice::Nothing);
    let mut words = read(&json!({"status": "new"}), &[]);
    words.search = Some(String::from("tea"));
    assert_eq!(advice(&words), Advice::Nothing);
}

#[test]
fn a_name_that_is_taken_is_not_taken_again() {
    let mut catalog = catalog();
    let mut orders = (*catalog.collections["orders"]).clone();
    orders.indexes[1].name = String::from("orders_status_idx");
    catalog.collections.insert(String::from("orders"), std::sync::Arc::new(orders));
    let shape = shape_of(&read(&json!({"status": "new"}), &[]));
    let Advice::Index(index) = advise(&shape, Some(20), &catalog) else { panic!("no proposal") };
    assert_eq!(index.name, "orders_status_idx2");
}
