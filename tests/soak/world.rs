//! A catalog of chance: three collections with fields of any type and a relation of every kind.

use super::chance::Chance;
use super::values::{Family, TYPES, Type};
use crate::harness::App;
use serde_json::{Map, Value as Json, json};

pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: &'static Type,
}

pub(super) struct Relation {
    pub(super) name: &'static str,
    /// Place of the far collection in the world.
    pub(super) target: usize,
    pub(super) kind: &'static str,
}

pub(super) struct Collection {
    pub(super) name: &'static str,
    pub(super) fields: Vec<Field>,
    pub(super) relations: Vec<Relation>,
    pub(super) paranoid: bool,
    /// Keys of its records.
    pub(super) keys: Vec<Json>,
}

pub(super) struct World {
    pub(super) collections: Vec<Collection>,
    key: &'static Type,
    /// Keys handed out so far.
    handed: usize,
    /// Keys of the records that others hold by a relation that refuses their removal.
    pub(super) held: Vec<Json>,
    /// What was sent to make it, to be printed with a failure.
    pub(super) made: Vec<(String, Json)>,
}

/// Places of the collections; the last three are junctions.
pub(super) const ALPHA: usize = 0;
const BETA: usize = 1;
const GAMMA: usize = 2;
const PAIRS: usize = 3;
const THINGS: usize = 4;

fn kind_named(name: &str) -> &'static Type {
    TYPES.iter().find(|kind| kind.name == name).expect("a known type")
}

impl World {
    pub(super) fn new(seed: u64, chance: &mut Chance) -> Self {
        let key = kind_named(chance.pick(&["Integer", "Integer", "UUID", "String", "BigInt"]));
        // A few rounds in a row meet every type, whatever their first seed.
        let mut at = usize::try_from(seed % 1_000_000).unwrap_or(0) * 13 % TYPES.len();
        let mut fields = |chance: &mut Chance| -> Vec<Field> {
            // JSON has more operators than all other types together.
            let json = kind_named(chance.pick(&["JSON", "JSONB"]));
            let mut fields = vec![Field { name: String::from("f0"), kind: json }];
            for n in 1..chance.between(5, 7) {
                at = (at + 1) % TYPES.len();
                fields.push(Field { name: format!("f{n}"), kind: &TYPES[at] });
            }
            fields
        };
        let mut collection =
            |name, chance: &mut Chance, relations: &[(&'static str, usize, &'static str)]| {
                Collection {
                    name,
                    fields: fields(chance),
                    relations: relations
                        .iter()
                        .map(|(name, target, kind)| Relation { name, target: *target, kind })
                        .collect(),
                    paranoid: chance.one_in(4),
                    keys: Vec::new(),
                }
            };
        let id = |name: &str, kind| Field { name: name.to_owned(), kind };
        let integer = kind_named("Integer");
        let collections = vec![
            collection(
                "alpha",
                chance,
                &[
                    ("betas", BETA, "O2M"),
                    ("parent", ALPHA, "M2O"),
                    ("children", ALPHA, "O2M"),
                    ("tags", PAIRS, "M2M"),
                    ("items", THINGS, "M2A"),
                ],
            ),
            collection(
                "beta",
                chance,
                &[("alpha", ALPHA, "M2O"), ("gammas", GAMMA, "O2M"), ("twin", GAMMA, "O2O")],
            ),
            collection(
                "gamma",
                chance,
                &[("beta", BETA, "M2O"), ("owners", PAIRS, "M2M"), ("twin_of", BETA, "O2O")],
            ),
            Collection {
                name: "alpha_gamma_tags_junction",
                fields: vec![id("id", integer), id("alpha_id", key), id("gamma_id", key)],
                relations: vec![
                    Relation { name: "alpha", target: ALPHA, kind: "M2M" },
                    Relation { name: "gamma", target: GAMMA, kind: "M2M" },
                ],
                paranoid: false,
                keys: Vec::new(),
            },
            Collection {
                name: "alpha_items_junction",
                fields: vec![
                    id("id", integer),
                    id("alpha_id", key),
                    id("collection", kind_named("String")),
                ],
                relations: vec![
                    Relation { name: "beta", target: BETA, kind: "M2A" },
                    Relation { name: "gamma", target: GAMMA, kind: "M2A" },
                ],
                paranoid: false,
                keys: Vec::new(),
            },
        ];
        let mut world = Self { collections, key, handed: 0, held: Vec::new(), made: Vec::new() };
        world.plan();
        world
    }

    /// The requests that make the collections and their relations.
    fn plan(&mut self) {
        for collection in &self.collections[..3] {
            let mut fields = Map::new();
            let mut id = self.key.definition();
            id["primaryKey"] = json!(true);
            fields.insert(String::from("id"), id);
            for field in &collection.fields {
                fields.insert(field.name.clone(), field.kind.definition());
            }
            let schema =
                json!({ "timestamps": false, "paranoid": collection.paranoid, "fields": fields });
            self.made.push((
                String::from("/schemas"),
                json!({ "collectionName": collection.name, "schema": schema }),
            ));
        }
        for (collection, relation) in [
            (
                "beta",
                json!({ "type": "M2O", "target": "alpha", "name": "alpha", "alias": "betas" }),
            ),
            (
                "gamma",
                json!({ "type": "M2O", "target": "beta", "name": "beta", "alias": "gammas", "onDelete": "SET NULL" }),
            ),
            (
                "alpha",
                json!({ "type": "M2O", "target": "alpha", "name": "parent", "alias": "children", "onDelete": "SET NULL" }),
            ),
            (
                "alpha",
                json!({ "type": "M2M", "target": "gamma", "name": "tags", "alias": "owners" }),
            ),
            (
                "beta",
                json!({ "type": "O2O", "target": "gamma", "name": "twin", "alias": "twin_of", "onDelete": "RESTRICT" }),
            ),
            ("alpha", json!({ "type": "M2A", "name": "items", "tables": ["beta", "gamma"] })),
        ] {
            self.made.push((format!("/schemas/{collection}/relationships"), relation));
        }
        for (at, column) in [(ALPHA, "parent_id"), (BETA, "alpha_id"), (GAMMA, "beta_id")] {
            self.collections[at].fields.push(Field { name: column.to_owned(), kind: self.key });
        }
        for collection in &mut self.collections[..3] {
            collection.fields.push(Field { name: String::from("id"), kind: self.key });
        }
    }

    pub(super) async fn make(&self, app: &App) {
        for (path, body) in &self.made {
            app.admin().post(path, body.clone()).await.expect_status(201);
        }
    }

    pub(super) fn key_family(&self) -> Family {
        self.key.family
    }

    /// A key that no record has or will have.
    pub(super) fn absent(&self) -> Json {
        match self.key.family {
            Family::Uuid => json!("00000000-0000-4000-8000-999999999999"),
            Family::Text => json!("absent"),
            _ => json!(999_999_999),
        }
    }

    /// A key that no record of this world has.
    pub(super) fn fresh_key(&mut self, at: usize) -> Json {
        self.handed += 1;
        let number = self.handed;
        match self.key.family {
            Family::Uuid => json!(format!("00000000-0000-4000-8000-{number:09}{:03}", at)),
            Family::Text => json!(format!("k{number}-{at}")),
            _ => json!(number),
        }
    }

    /// The body of a new record, with its key first.
    pub(super) fn record(&mut self, at: usize, chance: &mut Chance) -> Json {
        let mut body = Map::new();
        body.insert(String::from("id"), self.fresh_key(at));
        let collection = &self.collections[at];
        for field in collection.fields.iter().filter(|field| field.name.starts_with('f')) {
            if !chance.one_in(6) {
                body.insert(field.name.clone(), field.kind.value(chance));
            }
        }
        let linked = |of: usize, chance: &mut Chance| {
            let keys = &self.collections[of].keys;
            if keys.is_empty() || chance.one_in(4) { Json::Null } else { chance.of(keys).clone() }
        };
        match at {
            ALPHA => {
                body.insert(String::from("parent_id"), linked(ALPHA, chance));
                let gammas = &self.collections[GAMMA].keys;
                // What links through a junction holds nothing that could be refused: a refused
                // write uses up a key of the junction on Postgres, whose sequences have gaps.
                if chance.one_in(2) {
                    return Json::Object(body);
                }
                body.retain(|name, _| !name.starts_with('f'));
                if !gammas.is_empty() && chance.one_in(2) {
                    let links = distinct(chance.some(gammas, 3));
                    body.insert(
                        String::from("tags"),
                        links.iter().map(|key| json!({ "gamma_id": key })).collect(),
                    );
                }
                if !gammas.is_empty() && chance.one_in(3) {
                    let betas = &self.collections[BETA].keys;
                    let mut items = Vec::new();
                    for (key, collection) in
                        [(gammas, "gamma"), (betas, "beta")].into_iter().flat_map(|(keys, name)| {
                            distinct(chance.some(keys, 2)).into_iter().map(move |key| (key, name))
                        })
                    {
                        items.push(json!({ "item_id": key, "collection": collection }));
                    }
                    body.insert(String::from("items"), Json::Array(items));
                }
            }
            BETA => {
                body.insert(String::from("alpha_id"), linked(ALPHA, chance));
                if chance.one_in(3) {
                    body.insert(String::from("twin"), linked(GAMMA, chance));
                }
            }
            _ => {
                body.insert(String::from("beta_id"), linked(BETA, chance));
            }
        }
        Json::Object(body)
    }
}

fn distinct(mut keys: Vec<&Json>) -> Vec<&Json> {
    keys.sort_by_key(|key| key.to_string());
    keys.dedup();
    keys
}
