//! Reads of chance: every operator, sorts, pages, aggregates, nested fields and search.

use super::chance::Chance;
use super::values::{DOCUMENTS, Family, TYPES, Type, anything, parse, scalar};
use super::world::{Collection, World};
use serde_json::{Map, Value as Json, json};

const ALIKE: &[&str] =
    &["eq", "ne", "neq", "is", "not", "in", "notIn", "nin", "isNull", "isNotNull", "empty"];
const ORDERED: &[&str] = &["gt", "gte", "lt", "lte", "between", "notBetween", "nbetween"];
const TEXTUAL: &[&str] = &[
    "like",
    "notLike",
    "iLike",
    "notILike",
    "ilike",
    "contains",
    "icontains",
    "ncontains",
    "startsWith",
    "startsWiths",
    "endsWith",
    "endsWiths",
    "nstartsWith",
    "nstartsWiths",
    "nendsWith",
    "nendsWiths",
    "regex",
];
const ARRAYS: &[&str] = &[
    "arraycontains",
    "arraycontained",
    "arraycontainsany",
    "arrayoverlap",
    "arraylength",
    "arrayempty",
    "contains",
    "ncontains",
    "overlaps",
];
const DOCUMENTED: &[&str] = &[
    "jsonbContains",
    "jsoncontains",
    "jsonbContainedBy",
    "jsonbNotContains",
    "jsonbHasKey",
    "jsonhaskey",
    "jsonbHasAnyKeys",
    "jsonhasanykeys",
    "jsonbHasAllKeys",
    "jsonhasallkeys",
    "jsonbKeyEquals",
    "jsonbKeyNotEquals",
    "jsonbKeyGt",
    "jsonbKeyGte",
    "jsonbKeyLt",
    "jsonbKeyLte",
    "jsonbKeyIn",
    "jsonbKeyNotIn",
    "jsonbKeyLike",
    "jsonbKeyIsNull",
    "jsonbKeyIsNotNull",
    "jsonbPathExists",
    "jsonpath",
    "jsonbPathMatch",
    "jsonbDeepValue",
    "jsonbArrayLength",
    "jsonbTypeOf",
    "contains",
    "arraycontains",
];
const SHAPES: &[&str] =
    &["within", "containsGEO", "intersects", "nIntersects", "dwithin", "overlaps"];
pub(super) const EVERY: [&[&str]; 6] = [ALIKE, ORDERED, TEXTUAL, ARRAYS, DOCUMENTED, SHAPES];

const CASTS: &[&str] = &[
    "text",
    "varchar",
    "integer",
    "int",
    "bigint",
    "smallint",
    "decimal",
    "numeric",
    "real",
    "double precision",
    "float",
    "boolean",
    "date",
    "timestamp",
    "timestamptz",
    "time",
    "timetz",
    "uuid",
    "json",
    "jsonb",
    "nonsense",
    "text[]",
];
const PATTERNS: &[&str] = &[
    "^a",
    "a$",
    "a.b",
    "[a-z]+",
    "A|b",
    "",
    "(a)(b)?",
    "\\d+",
    "x{2}",
    "^$",
    "ä",
    "[^a]",
    "a\\.b",
    "é?",
    "(?i)a",
    "\\bfoo\\b",
    ".",
    "\\s",
    "\\w+$",
    "[[:alpha:]]",
];
const PATHS: &[&str] = &[
    "$",
    "$.k",
    "$.n ? (@ > 5)",
    "$.deep.list[*] ? (@ > 2)",
    "$[*]",
    "$[0]",
    "$.k ? (@ == \"a\")",
    "$.n == 10",
    "$.n > 5 || $.b == true",
    "$.k == null",
    "exists($.k)",
    "$.k like_regex \"^A\" flag \"i\"",
    "$.k starts with \"a\"",
    "!($.n > 5)",
    "$.*",
    "$.deep.*",
    "$.deep.list.size() > 2",
    "$[last]",
    "$.n + 1 == 11",
    "$ ? (@.k == \"a\" && @.n == 1)",
    "strict $.k",
    "$.k.type() == \"string\"",
    "$[1 to 2]",
    "$.**",
    "-$.n < 0",
    "$.n.double() > 1",
    "$.",
    "nonsense",
];

/// What a run has reached, to be printed: a generator that never comes to a place proves nothing.
#[derive(Default)]
pub(super) struct Reached(std::collections::BTreeMap<String, u64>);

impl Reached {
    pub(super) fn count(&mut self, what: &str) {
        *self.0.entry(what.to_owned()).or_default() += 1;
    }

    /// Counts all that another run has reached.
    pub(super) fn add(&mut self, other: &Self) {
        for (what, times) in &other.0 {
            *self.0.entry(what.clone()).or_default() += times;
        }
    }

    pub(super) fn times(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }

    pub(super) fn shown(&self) -> String {
        self.0.iter().map(|(what, times)| format!("{what} {times}")).collect::<Vec<_>>().join(", ")
    }
}

pub(super) struct Question<'a> {
    pub(super) world: &'a World,
    pub(super) reached: &'a mut Reached,
}

impl Question<'_> {
    /// The parameters of a list of the collection at this place.
    pub(super) fn parameters(&mut self, at: usize, chance: &mut Chance) -> Json {
        let mut all = Map::new();
        let mut put = |key: &str, value: Json| drop(all.insert(key.to_owned(), value));
        if !chance.one_in(5) {
            put("filter", self.filter(at, 3, chance));
        }
        if chance.one_in(7) {
            let (aggregate, groups) = (self.aggregate(at, chance), self.groups(at, chance));
            if chance.one_in(2) {
                let mut names: Vec<String> = groups.clone();
                names.extend(
                    aggregate.as_object().into_iter().flatten().map(|(alias, _)| alias.clone()),
                );
                if !names.is_empty() {
                    let name = chance.of(&names).clone();
                    put("sort", json!({ name: chance.pick(&["asc", "desc"]) }));
                }
            }
            put("aggregate", aggregate);
            if !groups.is_empty() {
                put("groupBy", json!(groups));
            }
        } else {
            if !chance.one_in(3) {
                put("fields", self.fields(at, chance));
            }
            if chance.one_in(2) {
                put("sort", self.sort(at, chance));
            }
            if chance.one_in(6) {
                put("relConditions", self.rel_conditions(at, chance));
            }
        }
        if chance.one_in(3) {
            put("limit", json!(chance.of(&[-1, 0, 1, 2, 3, 5, 10, -2])));
        }
        match chance.below(8) {
            0 => put("offset", json!(chance.below(6))),
            1 => put("page", json!(chance.below(4))),
            _ => {}
        }
        if chance.one_in(8) {
            self.reached.count("search");
            let words = scalar(Family::Text, chance);
            put("search", words);
            if chance.one_in(3) {
                let columns = &self.world.collections[at].fields;
                put("searchFields", json!([chance.of(columns).name]));
            }
            if chance.one_in(4) {
                put("sortByRelevance", json!(true));
            }
        }
        if chance.one_in(10) {
            put("paranoid", json!(false));
        }
        if chance.one_in(20) {
            put("numbers", json!("string"));
        }
        Json::Object(all)
    }

    /// A column of this collection or of one a few relations away, with its type.
    fn column(&mut self, at: usize, hops: usize, chance: &mut Chance) -> (String, &'static Type) {
        let here: &Collection = &self.world.collections[at];
        if hops > 0 && !here.relations.is_empty() && chance.one_in(4) {
            let relation = chance.of(&here.relations);
            self.reached.count("through a relation");
            self.reached.count(relation.kind);
            let (path, kind) = self.column(relation.target, hops - 1, chance);
            return (format!("{}.{path}", relation.name), kind);
        }
        let field = chance.of(&here.fields);
        (field.name.clone(), field.kind)
    }

    pub(super) fn filter(&mut self, at: usize, depth: usize, chance: &mut Chance) -> Json {
        match chance.below(10) {
            0 if depth > 0 => {
                let parts =
                    (0..chance.below(4)).map(|_| self.filter(at, depth - 1, chance)).collect();
                json!({ "AND": Json::Array(parts) })
            }
            1 | 2 if depth > 0 => {
                let parts =
                    (0..chance.below(4)).map(|_| self.filter(at, depth - 1, chance)).collect();
                json!({ "OR": Json::Array(parts) })
            }
            3 if depth > 0 => json!({ "NOT": self.filter(at, depth - 1, chance) }),
            4 if depth > 0 => {
                let (mut one, two) = (self.filter(at, 0, chance), self.filter(at, 0, chance));
                for (key, value) in two.as_object().into_iter().flatten() {
                    one[key] = value.clone();
                }
                one
            }
            _ => self.test(at, chance),
        }
    }

    fn test(&mut self, at: usize, chance: &mut Chance) -> Json {
        let (path, kind) = self.column(at, 3, chance);
        self.reached.count(kind.name);
        if chance.one_in(30) {
            return json!({ path: kind.operand(chance) });
        }
        let operator = if chance.one_in(8) {
            chance.among(&EVERY)
        } else {
            let fitting: &[&[&str]] = match kind.family {
                Family::Text | Family::Enum => &[ALIKE, ORDERED, TEXTUAL, TEXTUAL],
                Family::Array => &[ALIKE, ARRAYS, ARRAYS],
                Family::Json => &[ALIKE, DOCUMENTED, DOCUMENTED, DOCUMENTED],
                Family::Range => &[ALIKE, &["contains", "overlaps"]],
                Family::Geo => &[ALIKE, SHAPES],
                Family::Binary | Family::Boolean | Family::Uuid => &[ALIKE],
                Family::Integer
                | Family::Decimal
                | Family::Float
                | Family::Date
                | Family::Moment
                | Family::Time => &[ALIKE, ORDERED],
            };
            chance.among(fitting)
        };
        self.reached.count(operator);
        let mut operand = self.operand(at, operator, kind, chance);
        if matches!(operator, "eq" | "ne" | "gt" | "gte" | "lt" | "lte") && chance.one_in(9) {
            let (other, _) = self.column(at, 1, chance);
            let cast =
                if chance.one_in(4) { format!("::{}", chance.pick(CASTS)) } else { String::new() };
            operand = json!(format!("$COL({other}{cast})"));
            self.reached.count("$COL");
        }
        let mut test = json!({ operator: operand });
        if chance.one_in(14) {
            let cast = chance.pick(CASTS);
            self.reached.count("cast");
            test["cast"] = json!(cast);
            if chance.one_in(2) {
                // What the cast makes of the column is what the operand must fit.
                let like = TYPES.iter().find(|kind| match cast {
                    "text" | "varchar" => kind.name == "Text",
                    "integer" | "int" | "bigint" | "smallint" => kind.name == "Integer",
                    "decimal" | "numeric" => kind.name == "Decimal",
                    "date" => kind.name == "Date",
                    "time" | "timetz" => kind.name == "Time",
                    "boolean" => kind.name == "Boolean",
                    _ => kind.name == "Double",
                });
                if let Some(kind) = like {
                    test[operator] = self.operand(at, operator, kind, chance);
                }
            }
        }
        if chance.one_in(12) {
            let more = chance.pick(&["isNotNull", "isNull"]);
            test[more] = json!(chance.one_in(2));
        }
        json!({ path: test })
    }

    fn operand(&mut self, _at: usize, operator: &str, kind: &Type, chance: &mut Chance) -> Json {
        if chance.one_in(50) {
            return anything(chance);
        }
        let inner = |chance: &mut Chance| match kind.family {
            Family::Array | Family::Range => scalar(kind.inner, chance),
            Family::Json => {
                scalar(if chance.one_in(2) { Family::Text } else { Family::Integer }, chance)
            }
            family => scalar(family, chance),
        };
        let key = |chance: &mut Chance| {
            json!(chance.pick(&["k", "n", "b", "deep", "zz", "K", "0", "a b", "ä", ""]))
        };
        let path = |chance: &mut Chance| {
            chance
                .of(&[
                    json!("k"),
                    json!(["k"]),
                    json!(["n"]),
                    json!("b"),
                    json!(["deep", "x"]),
                    json!(["deep", "list"]),
                    json!(["deep", "list", 0]),
                    json!(["0"]),
                    json!([0, "k"]),
                    json!(["k", "k"]),
                    json!(["1"]),
                    json!([-1]),
                ])
                .clone()
        };
        let plain = |chance: &mut Chance| {
            chance
                .of(&[
                    json!("a"),
                    json!("10"),
                    json!(10),
                    json!(9),
                    json!(1),
                    parse("10.0"),
                    json!(-1.5),
                    json!(true),
                    json!(false),
                    Json::Null,
                    json!("true"),
                    json!(""),
                    json!("7"),
                    parse("1e2"),
                ])
                .clone()
        };
        let size = |chance: &mut Chance| {
            let number = chance.below(4);
            let op = chance.pick(&["eq", "ne", "gt", "gte", "lt", "lte"]);
            match chance.below(3) {
                0 => json!(number),
                1 => json!({ "op": op, "value": number }),
                _ => json!({ op: number }),
            }
        };
        match operator {
            "in" | "notIn" | "nin" => match chance.below(12) {
                0 => json!("a,b,10"),
                1 => kind.operand(chance),
                _ => Json::Array((0..chance.below(4)).map(|_| kind.operand(chance)).collect()),
            },
            "between" | "notBetween" | "nbetween" => {
                json!([kind.operand(chance), kind.operand(chance)])
            }
            "isNull" | "isNotNull" | "empty" | "arrayempty" => chance
                .of(&[json!(true), json!(false), json!("true"), json!("false"), json!(1)])
                .clone(),
            "regex" => json!(chance.pick(PATTERNS)),
            "arraycontains" | "arraycontained" | "arraycontainsany" | "arrayoverlap"
            | "contains" | "ncontains" | "overlaps"
                if matches!(kind.family, Family::Array | Family::Json) =>
            {
                if chance.one_in(4) {
                    inner(chance)
                } else {
                    Json::Array((0..chance.below(4)).map(|_| inner(chance)).collect())
                }
            }
            "contains" if kind.family == Family::Range && chance.one_in(2) => inner(chance),
            "arraylength" => size(chance),
            "jsonbContains" | "jsoncontains" | "jsonbContainedBy" | "jsonbNotContains" => {
                parse(chance.pick(DOCUMENTS))
            }
            "jsonbHasKey" | "jsonhaskey" | "jsonbKeyIsNull" | "jsonbKeyIsNotNull" => key(chance),
            "jsonbHasAnyKeys" | "jsonhasanykeys" | "jsonbHasAllKeys" | "jsonhasallkeys" => {
                Json::Array((0..chance.below(3)).map(|_| key(chance)).collect())
            }
            "jsonbKeyEquals" | "jsonbKeyNotEquals" | "jsonbKeyGt" | "jsonbKeyGte"
            | "jsonbKeyLt" | "jsonbKeyLte" => json!({ "key": key(chance), "value": plain(chance) }),
            "jsonbKeyIn" | "jsonbKeyNotIn" => {
                json!({ "key": key(chance), "values": [plain(chance), plain(chance)] })
            }
            "jsonbKeyLike" => {
                json!({ "key": key(chance), "pattern": chance.pick(&["a", "A%", "%", "_", "1_", "\\%"]) })
            }
            "jsonbPathExists" | "jsonpath" | "jsonbPathMatch" => json!(chance.pick(PATHS)),
            "jsonbDeepValue" => {
                json!({ "path": path(chance), "value": plain(chance), "op": chance.pick(&["eq", "ne", "gt", "gte", "lt", "lte", "like", "ilike"]) })
            }
            "jsonbArrayLength" => {
                let mut operand = json!({ "op": chance.pick(&["eq", "ne", "gt", "gte", "lt", "lte"]), "value": chance.below(4) });
                if chance.one_in(2) {
                    operand["path"] = path(chance);
                }
                operand
            }
            "jsonbTypeOf" => {
                let mut operand = json!({ "type": chance.pick(&["object", "array", "string", "number", "boolean", "null"]) });
                if chance.one_in(2) {
                    operand["path"] = path(chance);
                }
                operand
            }
            _ if SHAPES.contains(&operator) && kind.family == Family::Geo => {
                let shapes: Vec<&Type> =
                    TYPES.iter().filter(|kind| kind.family == Family::Geo).collect();
                let shape = shapes[chance.below(shapes.len())].operand(chance);
                match operator {
                    "dwithin" => {
                        json!({ "geometry": shape, "distance": chance.below(300_000), "not": chance.one_in(4) })
                    }
                    _ => shape,
                }
            }
            _ if TEXTUAL.contains(&operator) => {
                let text = scalar(Family::Text, chance);
                match chance.below(4) {
                    0 => json!(format!("%{}", text.as_str().unwrap_or_default())),
                    1 => json!(format!("{}_", text.as_str().unwrap_or_default())),
                    _ => text,
                }
            }
            _ => kind.operand(chance),
        }
    }

    fn fields(&mut self, at: usize, chance: &mut Chance) -> Json {
        let count = chance.between(1, 4);
        let words = (0..count).map(|_| match chance.below(8) {
            0 | 1 => String::from("*"),
            2 => String::from(chance.pick(&["*.*", "*.*.*", "nonsense", "id"])),
            3 => format!("-{}", self.column(at, 1, chance).0),
            4 | 5 => {
                let mut here = at;
                let mut path = Vec::new();
                for _ in 0..chance.between(1, 3) {
                    let Some(relations) =
                        Some(&self.world.collections[here].relations).filter(|all| !all.is_empty())
                    else {
                        break;
                    };
                    let relation = chance.of(relations);
                    self.reached.count(relation.kind);
                    path.push(relation.name);
                    here = relation.target;
                }
                self.reached.count("nested fields");
                if !chance.one_in(4) {
                    path.push("*");
                }
                path.join(".")
            }
            _ => self.column(at, 2, chance).0,
        });
        json!(words.collect::<Vec<_>>())
    }

    fn sort(&mut self, at: usize, chance: &mut Chance) -> Json {
        self.reached.count("sort");
        let mut keys = Map::new();
        for _ in 0..chance.between(1, 3) {
            let (path, _) = self.column(at, 2, chance);
            keys.insert(path, json!(chance.pick(&["asc", "desc", "DESC"])));
        }
        Json::Object(keys)
    }

    fn rel_conditions(&mut self, at: usize, chance: &mut Chance) -> Json {
        let relations = &self.world.collections[at].relations;
        let relation = chance.of(relations);
        self.reached.count("relConditions");
        json!({ relation.name: self.filter(relation.target, 1, chance) })
    }

    fn aggregate(&mut self, at: usize, chance: &mut Chance) -> Json {
        let mut all = Map::new();
        for n in 0..chance.between(1, 3) {
            let function =
                chance.pick(&["count", "sum", "avg", "min", "max", "distinct", "array_agg"]);
            self.reached.count(function);
            let field = if function == "count" && chance.one_in(2) {
                String::from("*")
            } else {
                self.column(at, 2, chance).0
            };
            all.insert(format!("n{n}"), json!({ "function": function, "field": field }));
        }
        Json::Object(all)
    }

    fn groups(&mut self, at: usize, chance: &mut Chance) -> Vec<String> {
        (0..chance.below(3))
            .map(|_| {
                let (path, kind) = self.column(at, 2, chance);
                if matches!(kind.family, Family::Date | Family::Moment | Family::Time)
                    && chance.one_in(2)
                {
                    let part = chance.pick(&[
                        "year", "quarter", "month", "week", "day", "dow", "isodow", "hour",
                        "minute", "second",
                    ]);
                    self.reached.count("date part");
                    return format!("date:{part}:{path}");
                }
                path
            })
            .collect()
    }
}
