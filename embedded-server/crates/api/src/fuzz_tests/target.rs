//! What is fed, and what must hold of it: no panic, no fault of ours, and what was read can be
//! told again.

use crate::surface::baasix::import::csv_rows;
use crate::surface::baasix::request::{Params, read};
use crate::surface::{base44, datrix};
use base::{Code, Error, Limits, Result};
use catalog::{Catalog, complete, normalize};
use indexmap::IndexMap;
use query::{
    Context, Filter, Operation, Read, Scope, Words, Write, parse_filter, print_filter,
    resolve_read, resolve_write,
};
use serde_json::{Map, Value as Json, json};
use std::sync::LazyLock;

pub(super) const FILTER_WORDS: &[&str] = &[
    "AND",
    "OR",
    "NOT",
    "and",
    "$or",
    "$nor",
    "eq",
    "ne",
    "gt",
    "in",
    "notIn",
    "like",
    "contains",
    "startsWiths",
    "regex",
    "between",
    "isNull",
    "empty",
    "arraycontains",
    "arraylength",
    "arraycontainsany",
    "jsonbContains",
    "jsonbHasKey",
    "jsonbKeyEquals",
    "jsonbKeyIn",
    "jsonbPathExists",
    "jsonbDeepValue",
    "jsonbArrayLength",
    "jsonbTypeOf",
    "within",
    "dwithin",
    "overlaps",
    "matches",
    "cast",
    "integer",
    "date",
    "$literal",
    "key",
    "value",
    "values",
    "path",
    "op",
    "lower",
    "upper",
    "lowerInclusive",
    "geometry",
    "title",
    "views",
    "price",
    "born",
    "active",
    "tags",
    "meta",
    "span",
    "place",
    "author",
    "author.name",
    "author.company.name",
    "comments.body",
    "comments",
    "id",
    "secret",
    "createdAt",
    "$NOW",
    "$NOW-DAYS_3",
    "$CURRENT_USER",
    "$CURRENT_USER.email",
    "$COL(views)",
    "$COL(author.name::date)",
    "a,b",
    "1.5",
    "2024-01-02",
    "$.a ? (@ > 1)",
    "^a.*b$",
    "%",
    "where[",
    "[$gt]",
    "$eq",
    "$not",
    "$elemMatch",
    "$regex",
    "$all",
    "$size",
    "$exists",
];

pub(super) const FIELD_WORDS: &[&str] = &[
    "fields=",
    "&fields[]=",
    "&fields[0]=",
    "*",
    "*.*",
    "*.*.*",
    "author",
    "author.*",
    "title",
    "-title",
    "comments.author.name",
    "tagged.*",
    "items.*",
    "id",
    "secret",
    "[\"",
    "\"]",
    ",",
    "&sort=",
    "-views",
    "author.name:desc",
    "{\"title\":\"asc\"}",
    "&groupBy=",
    "date:month:born",
    "&aggregate={\"n\":{\"function\":\"sum\",\"field\":\"views\"}}",
    "&page=2",
    "&limit=-1",
    "&offset=3",
    "&search=a b",
    "&searchFields=title",
    "&after=",
    "&count=none",
    "&relConditions={\"comments\":{\"body\":\"x\"}}",
    "&paranoid=false",
    "%5B",
    "populate=*",
    "populate[author][fields]=name",
    "pageSize=3",
    "&q={}",
    "distinct=title",
    "cursor=",
];

pub(super) const CSV_WORDS: &[&str] = &[
    "title",
    "views",
    "price",
    "born",
    "active",
    "tags",
    "meta",
    "author",
    "author_Id",
    "\"",
    "\"\"",
    ",",
    ";",
    "\r\n",
    "\n",
    "\u{feff}",
    "[1,2]",
    "{\"a\":1}",
    "true",
    "2024-01-02",
    "1e9",
    "-0.10",
    "=cmd()",
    "\u{0}",
    "null",
    "é",
];

pub(super) const SCHEMA_WORDS: &[&str] = &[
    "fields",
    "name",
    "type",
    "String",
    "Integer",
    "UUID",
    "Decimal",
    "DateTime",
    "Enum",
    "Boolean",
    "JSONB",
    "Array_String",
    "Range_Integer",
    "Point",
    "VIRTUAL",
    "BelongsTo",
    "HasMany",
    "HasOne",
    "BelongsToMany",
    "M2M",
    "relType",
    "target",
    "foreignKey",
    "through",
    "onDelete",
    "CASCADE",
    "SET NULL",
    "primaryKey",
    "allowNull",
    "unique",
    "defaultValue",
    "AUTOINCREMENT",
    "NOW",
    "SQL",
    "values",
    "length",
    "precision",
    "scale",
    "validate",
    "min",
    "max",
    "isEmail",
    "matches",
    "calculated",
    "indexes",
    "using",
    "timestamps",
    "paranoid",
    "sortEnabled",
    "usertrack",
    "isJunction",
    "hidden",
    "schemaId",
    "fieldId",
    "authors",
    "posts",
    "id",
    "a",
    "a b",
    "",
    "baasix_User",
    "polymorphic",
    "tables",
];

fn sample() -> IndexMap<String, Json> {
    let number = json!({"type": "Integer", "primaryKey": true});
    let documents = [
        ("companies", json!({"fields": {"id": number, "name": {"type": "String"}}})),
        (
            "authors",
            json!({"fields": {
                "id": number, "name": {"type": "String", "allowNull": false},
                "secret": {"type": "String", "hidden": true}, "email": {"type": "CiText"},
                "company": {"relType": "BelongsTo", "target": "companies"},
            }}),
        ),
        (
            "posts",
            json!({"paranoid": true, "fields": {
                "id": number, "title": {"type": "String"}, "views": {"type": "Integer"},
                "price": {"type": "Decimal", "values": {"precision": 10, "scale": 2}},
                "born": {"type": "DateTime"}, "day": {"type": "Date"}, "at": {"type": "Time"},
                "active": {"type": "Boolean"}, "tags": {"type": "Array_String"},
                "meta": {"type": "JSONB"}, "span": {"type": "Range_Integer"},
                "place": {"type": "Point"}, "blob": {"type": "Binary"}, "key": {"type": "UUID"},
                "state": {"type": "Enum", "values": {"values": ["new", "done"]}},
                "author": {"relType": "BelongsTo", "target": "authors"},
                "comments": {"relType": "HasMany", "target": "comments", "foreignKey": "post_Id"},
            }}),
        ),
        (
            "comments",
            json!({"fields": {
                "id": number, "body": {"type": "Text"},
                "post": {"relType": "BelongsTo", "target": "posts", "foreignKey": "post_Id"},
                "author": {"relType": "BelongsTo", "target": "authors"},
            }}),
        ),
    ];
    documents.into_iter().map(|(name, json)| (name.to_owned(), json)).collect()
}

/// Stored forms and their catalog, or what is wrong with the documents.
fn built(given: IndexMap<String, Json>) -> Result<(IndexMap<String, Json>, Catalog)> {
    let mut count = 0;
    let mut new_id = || {
        count += 1;
        format!("id-{count}")
    };
    let mut stored = IndexMap::new();
    for (name, json) in given {
        let document = normalize(&name, &json, None, &mut new_id)?;
        stored.insert(name, document);
    }
    complete(&mut stored, &mut new_id)?;
    let catalog = Catalog::build(stored.clone(), 1, |_, _| None)?;
    Ok((stored, catalog))
}

/// With the collections of the house, where variables look the asker up.
static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let system = catalog::system_documents().iter();
    let system = system.map(|(name, document)| (name.to_string(), document.clone()));
    built(system.chain(sample()).collect()).unwrap().1
});

fn scoped<T>(then: impl FnOnce(&Scope<'_>) -> T) -> T {
    let (limits, user) = (Limits::default(), String::from("7"));
    let words = Words { now_ms: 1_704_164_645_678, user: Some(user), role: None, tenant: None };
    then(&Scope { visible: &CATALOG, full: &CATALOG, words: &words, limits: &limits })
}

/// A refusal in one line. A fault of ours is none that an input may bring about.
fn told(error: &Error) -> String {
    assert_ne!(error.code(), Code::Internal, "{error}");
    assert!(!error.message().is_empty());
    format!("{} {}", error.code(), sentence(error.message()))
}

/// A sentence for a person without the names and values it quotes or ends in, which may hold
/// anything, more quotes included.
fn sentence(message: &str) -> String {
    let mut text = message.split(": ").next().unwrap_or_default().to_owned();
    for quote in ['`', '"'] {
        if let (Some(from), Some(to)) = (text.find(quote), text.rfind(quote)) {
            // A long value is told without its end, and so without its second quote.
            let to = if from == to { text.len() } else { to + 1 };
            text.replace_range(from..to, "…");
        }
    }
    text.replace(char::is_control, " ")
}

fn planned(read: &Read) -> String {
    scoped(|scope| match resolve_read(read, scope, None) {
        Ok(plan) => shape(&format!("{:?}", plan.filter)),
        Err(error) => told(&error),
    })
}

/// What stands beside what in a debug text, by the words that begin with a capital, one a line.
/// Its texts are the input's own.
fn shape(debug: &str) -> String {
    let (mut bare, mut quoted, mut escaped) = (String::new(), false, false);
    for sign in debug.chars() {
        match sign {
            '"' if !escaped => quoted = !quoted,
            sign if !quoted => bare.push(sign),
            _ => {}
        }
        escaped = sign == '\\' && !escaped;
    }
    let capital = |word: &&str| word.starts_with(|sign: char| sign.is_ascii_uppercase());
    let words = bare.split(|sign: char| !sign.is_ascii_alphanumeric()).filter(capital);
    let words: Vec<&str> = words.take(200).collect();
    let mut lines: Vec<String> = words.windows(2).map(|pair| pair.join(" ")).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.join("\n")
}

/// The same lines, with what they are about.
fn about(what: &str, lines: &str) -> String {
    let lines: Vec<String> = lines.lines().map(|line| format!("{what} {line}")).collect();
    lines.join("\n")
}

/// Whatever tree a surface makes can be told at home, and read back as the same.
fn again(filter: &Filter, limits: &Limits) {
    let printed = print_filter(filter);
    match parse_filter(&printed, "filter", limits) {
        Ok(again) => assert_eq!(print_filter(&again), printed),
        // Told with every part of its own it may be deeper than it came.
        Err(error) => assert!(error.message().contains("nested"), "{error}"),
    }
}

pub(super) fn filter(input: &[u8]) -> String {
    let limits = Limits::default();
    let Ok(json) = serde_json::from_slice::<Json>(input) else {
        let text = String::from_utf8_lossy(input);
        let sizes = datrix::request::Sizes::default();
        return match datrix::request::list("posts", &text, sizes, &limits) {
            Err(refused) => about("datrix", &sentence(refused.error.message())),
            Ok(read) => {
                read.filter.iter().for_each(|filter| again(filter, &limits));
                about("datrix", &planned(&read))
            }
        };
    };
    let home = match parse_filter(&json, "filter", &limits) {
        Err(error) => told(&error),
        Ok(filter) => {
            again(&filter, &limits);
            let collection = String::from("posts");
            planned(&Read { collection, filter: Some(filter), ..Read::default() })
        }
    };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("q", &json.to_string())
        .finish();
    let other = match base44::request::list("posts", &query, &limits) {
        Err(error) => told(&error),
        Ok(read) => {
            read.filter.iter().for_each(|filter| again(filter, &limits));
            planned(&read)
        }
    };
    format!("{}\n{}", about("home", &home), about("base44", &other))
}

pub(super) fn fields(input: &[u8]) -> String {
    let (limits, text) = (Limits::default(), String::from_utf8_lossy(input));
    let is_relation = |path: &str| matches!(path, "comments" | "comments.author" | "author");
    let home = Params::parse(&text, &limits)
        .and_then(|params| read("posts", &params, &limits, &is_relation, false));
    let home = match home {
        Err(error) => told(&error),
        Ok(read) => scoped(|scope| match resolve_read(&read, scope, None) {
            Ok(plan) => shape(&format!("{:?}", plan.projection)),
            Err(error) => told(&error),
        }),
    };
    let sizes = datrix::request::Sizes::default();
    let datrix = match datrix::request::list("posts", &text, sizes, &limits) {
        Err(refused) => String::from(refused.fault.as_str()),
        Ok(read) => planned(&read),
    };
    let base44 = match base44::request::page("posts", &text, &limits) {
        Err(error) => told(&error),
        Ok(page) => {
            // A cursor of ours is read again, and asks the same.
            if let Some(cursor) = page.cursor("x") {
                let next = base44::request::page("posts", &format!("cursor={cursor}"), &limits);
                let next = next.unwrap();
                assert_eq!(
                    (&next.read.filter, &next.read.sort),
                    (&page.read.filter, &page.read.sort)
                );
                assert_eq!(next.read.after.as_deref(), Some("x"));
            }
            planned(&page.read)
        }
    };
    [about("home", &home), about("datrix", &datrix), about("base44", &base44)].join("\n")
}

pub(super) fn csv(input: &[u8]) -> String {
    let rows = match csv_rows(input) {
        Err(error) => return told(&error),
        Ok(rows) => rows,
    };
    let count = rows.len();
    same_when_written(&rows);
    let create = |body: Map<String, Json>| {
        let collection = String::from("posts");
        Operation::Create { collection, body }
    };
    let operations = rows.into_iter().take(50).map(create).collect();
    let context = Context { administrator: true, sees_all: true, ..Context::default() };
    let write = Write { operations, strict: false };
    let outcome = scoped(|scope| match resolve_write(&write, scope, &context) {
        Ok(plan) => format!("{} steps, {} warnings", plan.steps.len(), plan.warnings.len()),
        Err(error) => {
            let details = error.detail_list().iter().map(|one| sentence(&one.message));
            format!("{} {}", error.code(), details.collect::<Vec<_>>().join("; "))
        }
    });
    format!("{} rows\n{outcome}", count.min(3))
}

/// Rows written as a file are read as the same rows.
fn same_when_written(rows: &[Map<String, Json>]) {
    let Some(names) = rows.first().map(|row| row.keys().cloned().collect::<Vec<_>>()) else {
        return;
    };
    let mut builder = ::csv::WriterBuilder::new();
    let mut writer = builder.quote_style(::csv::QuoteStyle::Always).from_writer(Vec::new());
    writer.write_record(&names).unwrap();
    for row in rows {
        let cells = names.iter().map(|name| match row.get(name) {
            None | Some(Json::Null) => String::new(),
            Some(Json::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        });
        writer.write_record(cells).unwrap();
    }
    let bytes = writer.into_inner().unwrap();
    assert_eq!(csv_rows(&bytes).unwrap(), rows, "{}", bytes.escape_ascii());
}

pub(super) fn schema(input: &[u8]) -> String {
    let Ok(json) = serde_json::from_slice::<Json>(input) else {
        return String::from("no JSON");
    };
    let mut documents = sample();
    documents.insert(String::from("things"), json.clone());
    let (stored, catalog) = match built(documents) {
        Err(error) => return told(&error),
        Ok(built) => built,
    };
    let things = &stored["things"];
    // What is stored is its own stored form.
    let mut fresh = || String::from("new");
    let same = normalize("things", things, Some(things), &mut fresh).unwrap();
    assert_eq!(&same, things);
    // And as a change of what stands it is taken or refused, no more.
    let changed = match normalize("posts", &json, Some(&stored["posts"]), &mut fresh) {
        Err(error) => told(&error),
        Ok(_) => String::from("changed"),
    };
    let collection = catalog.get("things").unwrap();
    let fields = shape(&format!("{:?}", collection.fields));
    let relations = shape(&format!("{:?} {:?}", collection.relations, collection.indexes));
    format!("{fields}\n{relations}\n{}", about("change", &changed))
}
