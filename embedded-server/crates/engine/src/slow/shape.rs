//! The shape of a read: what it asks of which fields, and none of the values it asks with.

use base::Value;
use query::{
    AggregateFunction, Cast, Cond, Condition, Count, DatePart, Direction, Expand, JsonValueTest,
    Like, Operand, Operator, Order, Projection, ReadPlan, Ref, Spatial,
};
use std::hash::{Hash, Hasher};

/// What a read asks, without values. Two reads of one shape differ in nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryShape {
    /// The collection.
    pub collection: String,
    /// Which records, the rules of the caller's role included.
    pub filter: ShapeCond,
    /// In which order; the key that ends every order by itself is left out.
    pub sort: Vec<ShapeSort>,
    /// Groups and what is computed of them, when it is no list of records.
    pub groups: Option<ShapeGroups>,
    /// Relations that are embedded, as dotted paths.
    pub embeds: Vec<String>,
    /// Whether words are searched.
    pub search: bool,
    /// Which part of the result.
    pub page: PageForm,
    /// Whether all matching records are counted.
    pub counted: bool,
    /// Whether softly deleted records show.
    pub with_deleted: bool,
}

/// A condition without values.
#[derive(Clone, Debug, PartialEq)]
pub enum ShapeCond {
    /// True.
    Always,
    /// False.
    Never,
    /// Every part.
    All(Vec<ShapeCond>),
    /// Some part.
    Any(Vec<ShapeCond>),
    /// Not the part.
    Not(Box<ShapeCond>),
    /// One test.
    Test(ShapeTest),
}

/// One test without its value.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapeTest {
    /// The field, behind the relations that lead to it.
    pub path: String,
    /// What it is compared as, if not as what it is.
    pub cast: Option<&'static str>,
    /// The operator's word.
    pub operator: &'static str,
    /// What stands at its right.
    pub right: Right,
}

/// What stands at the right of a test.
#[derive(Clone, Debug, PartialEq)]
pub enum Right {
    /// Nothing: the operator says it all.
    Nothing,
    /// A value.
    Value,
    /// Two values.
    Pair,
    /// A list of values.
    List,
    /// Another field.
    Field(String),
    /// Something that no value of the field stands for: a pattern, a path, a part of a document.
    Other,
}

/// One sort key.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapeSort {
    /// The field, or what it is called where groups are sorted.
    pub path: String,
    /// Largest first.
    pub descending: bool,
    /// By metres from a place to the field.
    pub by_distance: bool,
}

/// What groups are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapeGroups {
    /// Fields, relation paths, or `date:<part>:<field>`.
    pub keys: Vec<String>,
    /// Functions with their field; `*` for records.
    pub aggregates: Vec<(AggregateFunction, String)>,
}

/// Which part of a result is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageForm {
    /// All of it.
    All,
    /// The first records.
    First,
    /// Records behind a number of others.
    Offset,
    /// Records behind a certain one.
    Cursor,
}

impl QueryShape {
    /// The shape of a plan.
    pub(super) fn of(plan: &ReadPlan) -> Self {
        let mut embeds = Vec::new();
        let groups = match &plan.projection {
            Projection::Rows(rows) => {
                embedded(&rows.expands, "", &mut embeds);
                None
            }
            Projection::Groups(groups) => Some(ShapeGroups {
                keys: groups
                    .keys
                    .iter()
                    .map(|key| match key.part {
                        Some(part) => format!("date:{}:{}", part_word(part), path(&key.column)),
                        None => path(&key.column),
                    })
                    .collect(),
                aggregates: groups
                    .aggregates
                    .iter()
                    .map(|one| {
                        (one.function, one.column.as_ref().map_or_else(|| String::from("*"), path))
                    })
                    .collect(),
            }),
        };
        let key = &plan.collection.primary_key;
        let sort = plan.order.iter().filter_map(|entry| {
            let path = match &entry.by {
                Order::Column(column) => self::path(column),
                Order::Group(at) => groups.as_ref()?.keys.get(*at)?.clone(),
                Order::Aggregate(at) => aggregate_name(*at),
                Order::Distance { column, .. } => self::path(column),
                Order::Relevance => return None,
            };
            let descending = entry.direction == Direction::Descending;
            let by_distance = matches!(entry.by, Order::Distance { .. });
            Some(ShapeSort { path, descending, by_distance })
        });
        let mut sort: Vec<ShapeSort> = sort.collect();
        // Where nobody says otherwise, the key goes the way of the order before it, and up behind
        // a distance.
        let falls = |before: &ShapeSort| before.descending && !before.by_distance;
        let way = sort.iter().rev().nth(1).is_some_and(falls);
        if groups.is_none()
            && sort.last().is_some_and(|last| last.path == *key && last.descending == way)
        {
            sort.pop();
        }
        Self {
            collection: plan.collection.name.clone(),
            filter: cond(&plan.filter),
            sort,
            groups,
            embeds,
            search: plan.search.is_some(),
            page: page_form(plan),
            counted: plan.count != Count::None,
            with_deleted: plan.with_deleted,
        }
    }

    /// The condition in signs that people read; nothing when every record is meant.
    #[must_use]
    pub fn filter_text(&self) -> Option<String> {
        match &self.filter {
            ShapeCond::Always => None,
            filter => Some(text(filter, false)),
        }
    }
}

/// What an aggregate is called where groups are sorted by it: callers' own names stay with them.
pub(super) fn aggregate_name(at: usize) -> String {
    format!("a{at}")
}

fn page_form(plan: &ReadPlan) -> PageForm {
    match &plan.page {
        page if page.after.is_some() => PageForm::Cursor,
        page if page.offset > 0 => PageForm::Offset,
        // All that were asked for, up to the cap.
        page if page.limit.is_some() && !page.capped => PageForm::First,
        _ => PageForm::All,
    }
}

fn embedded(expands: &[Expand], before: &str, found: &mut Vec<String>) {
    for expand in expands {
        let path = format!("{before}{}", expand.relation.name);
        embedded(&expand.rows.expands, &format!("{path}."), found);
        found.push(path);
    }
}

fn path(column: &Ref) -> String {
    let mut path = String::new();
    for hop in &column.hops {
        path.push_str(&hop.relation.name);
        path.push('.');
    }
    path.push_str(&column.field);
    path
}

fn cond(condition: &Cond) -> ShapeCond {
    match condition {
        Cond::Always => ShapeCond::Always,
        Cond::Never => ShapeCond::Never,
        Cond::All(parts) => ShapeCond::All(parts.iter().map(cond).collect()),
        Cond::Any(parts) => ShapeCond::Any(parts.iter().map(cond).collect()),
        Cond::Not(part) => ShapeCond::Not(Box::new(cond(part))),
        Cond::Test(test) => ShapeCond::Test(ShapeTest {
            path: path(&test.left),
            cast: test.left.cast.map(cast_word),
            operator: word(&test.operator),
            right: right(test),
        }),
    }
}

fn right(test: &Condition) -> Right {
    let one = |operand: &Operand| match operand {
        Operand::Column(column) => Right::Field(path(column)),
        Operand::Value(_) | Operand::Own { .. } => Right::Value,
    };
    match &test.operator {
        Operator::Equal { right, .. } | Operator::Compare { right, .. } => one(right),
        Operator::Between { .. } => Right::Pair,
        Operator::In { .. } => Right::List,
        Operator::IsNull(_) | Operator::Empty(_) => Right::Nothing,
        Operator::Like(like) if is_prefix(like) => Right::Value,
        Operator::Like(_)
        | Operator::Regex { .. }
        | Operator::ArrayContains { .. }
        | Operator::ArrayContainedBy { .. }
        | Operator::ArrayOverlaps { .. }
        | Operator::ArrayLength { .. }
        | Operator::JsonContains { .. }
        | Operator::JsonHasKeys { .. }
        | Operator::JsonValue { .. }
        | Operator::JsonTypeOf { .. }
        | Operator::Geometry { .. }
        | Operator::JsonPath { .. } => Right::Other,
    }
}

/// The beginning of a text as it stands, which is a range of its order.
fn is_prefix(like: &Like) -> bool {
    let Operand::Value(Value::Text(text)) = &like.text else { return false };
    let literal = !like.wildcards || !text.contains(['%', '_', '\\']);
    literal && !like.fold && !like.negated && like.open_end && !like.open_start
}

/// The word of the home surface for an operator, where there is one that says as much.
fn word(operator: &Operator) -> &'static str {
    let either = |yes: bool, one: &'static str, other: &'static str| if yes { one } else { other };
    match operator {
        Operator::Equal { negated, .. } => either(*negated, "ne", "eq"),
        Operator::Compare { greater: true, or_equal, .. } => either(*or_equal, "gte", "gt"),
        Operator::Compare { greater: false, or_equal, .. } => either(*or_equal, "lte", "lt"),
        Operator::Between { negated, .. } => either(*negated, "notBetween", "between"),
        Operator::In { negated, .. } => either(*negated, "notIn", "in"),
        Operator::IsNull(yes) => either(*yes, "isNull", "isNotNull"),
        Operator::Empty(yes) => either(*yes, "empty", "notEmpty"),
        Operator::Like(like) if is_prefix(like) => "startsWiths",
        Operator::Like(like) => match (like.open_start, like.open_end) {
            (true, true) => either(like.negated, "notContains", "contains"),
            (true, false) => either(like.negated, "notEndsWith", "endsWith"),
            (false, true) => either(like.negated, "notStartsWith", "startsWith"),
            (false, false) => either(like.negated, "notMatches", "matches"),
        },
        Operator::Regex { .. } => "regex",
        Operator::ArrayContains { .. } => "arrayContains",
        Operator::ArrayContainedBy { .. } => "arrayContained",
        Operator::ArrayOverlaps { .. } => "arrayOverlaps",
        Operator::ArrayLength { .. } => "arrayLength",
        Operator::JsonContains { .. } => "jsonContains",
        Operator::JsonHasKeys { .. } => "jsonHasKeys",
        Operator::JsonValue { test, .. } => match test {
            JsonValueTest::IsNull(_) => "jsonIsNull",
            JsonValueTest::Text { .. } => "jsonText",
            JsonValueTest::Number { .. } => "jsonNumber",
            JsonValueTest::Boolean { .. } => "jsonBoolean",
            JsonValueTest::In { .. } => "jsonIn",
            JsonValueTest::Like { .. } => "jsonLike",
        },
        Operator::JsonTypeOf { .. } => "jsonTypeOf",
        Operator::JsonPath { .. } => "jsonPath",
        Operator::Geometry { relation, negated, .. } => match relation {
            Spatial::Within => "within",
            Spatial::Contains => "containsGEO",
            Spatial::Intersects => either(*negated, "nIntersects", "intersects"),
            Spatial::Overlaps => "overlaps",
            Spatial::Near { .. } => "dwithin",
        },
    }
}

fn cast_word(cast: Cast) -> &'static str {
    match cast {
        Cast::Text => "text",
        Cast::Integer => "integer",
        Cast::BigInt => "bigint",
        Cast::Decimal => "decimal",
        Cast::Real => "real",
        Cast::Boolean => "boolean",
        Cast::Date => "date",
        Cast::Timestamp => "timestamp",
        Cast::Time => "time",
        Cast::Uuid => "uuid",
        Cast::Json => "json",
    }
}

fn part_word(part: DatePart) -> &'static str {
    match part {
        DatePart::Year => "year",
        DatePart::IsoYear => "isoyear",
        DatePart::Quarter => "quarter",
        DatePart::Month => "month",
        DatePart::Week => "week",
        DatePart::Day => "day",
        DatePart::Dow => "dow",
        DatePart::IsoDow => "isodow",
        DatePart::Hour => "hour",
        DatePart::Minute => "minute",
        DatePart::Second => "second",
    }
}

fn text(condition: &ShapeCond, inside: bool) -> String {
    let joined = |parts: &[ShapeCond], sign: &str| {
        let parts: Vec<String> = parts.iter().map(|part| text(part, true)).collect();
        match (inside && parts.len() > 1, parts.join(sign)) {
            (true, joined) => format!("({joined})"),
            (false, joined) => joined,
        }
    };
    match condition {
        ShapeCond::Always => String::from("all"),
        ShapeCond::Never => String::from("none"),
        ShapeCond::All(parts) => joined(parts, " and "),
        ShapeCond::Any(parts) => joined(parts, " or "),
        ShapeCond::Not(part) => format!("not ({})", text(part, false)),
        ShapeCond::Test(test) => test.text(),
    }
}

impl ShapeSort {
    /// The key in signs that people read.
    #[must_use]
    pub fn text(&self) -> String {
        let sign = if self.descending { "-" } else { "" };
        match self.by_distance {
            true => format!("{sign}distance({})", self.path),
            false => format!("{sign}{}", self.path),
        }
    }
}

impl ShapeTest {
    /// The test in signs that people read.
    #[must_use]
    pub fn text(&self) -> String {
        let left = match self.cast {
            Some(cast) => format!("{}::{cast}", self.path),
            None => self.path.clone(),
        };
        let sign = match self.operator {
            "eq" => "=",
            "ne" => "≠",
            "lt" => "<",
            "lte" => "≤",
            "gt" => ">",
            "gte" => "≥",
            "isNull" => "is null",
            "isNotNull" => "is not null",
            "in" => "in",
            "notIn" => "not in",
            "between" => "between",
            "notBetween" => "not between",
            "startsWiths" => "starts with",
            other => other,
        };
        match &self.right {
            Right::Nothing => format!("{left} {sign}"),
            Right::Value | Right::Other => format!("{left} {sign} ?"),
            Right::Pair => format!("{left} {sign} ? and ?"),
            Right::List => format!("{left} {sign} (?)"),
            Right::Field(other) => format!("{left} {sign} {other}"),
        }
    }
}

/// Hashes what the shape of a plan is made of, without making it: this is done for every read.
pub(super) fn fingerprint(plan: &ReadPlan, hasher: &mut impl Hasher) {
    plan.collection.name.hash(hasher);
    hash_cond(&plan.filter, hasher);
    for entry in &plan.order {
        std::mem::discriminant(&entry.by).hash(hasher);
        match &entry.by {
            Order::Column(column) | Order::Distance { column, .. } => hash_ref(column, hasher),
            Order::Group(at) | Order::Aggregate(at) => at.hash(hasher),
            Order::Relevance => {}
        }
        (entry.direction == Direction::Descending).hash(hasher);
    }
    match &plan.projection {
        Projection::Rows(rows) => hash_expands(&rows.expands, hasher),
        Projection::Groups(groups) => {
            for key in &groups.keys {
                hash_ref(&key.column, hasher);
                key.part.map(part_word).hash(hasher);
            }
            for one in &groups.aggregates {
                std::mem::discriminant(&one.function).hash(hasher);
                if let Some(column) = &one.column {
                    hash_ref(column, hasher);
                }
            }
        }
    }
    page_form(plan).hash(hasher);
    (plan.search.is_some(), plan.count != Count::None, plan.with_deleted).hash(hasher);
}

fn hash_expands(expands: &[Expand], hasher: &mut impl Hasher) {
    expands.len().hash(hasher);
    for expand in expands {
        expand.relation.name.hash(hasher);
        hash_expands(&expand.rows.expands, hasher);
    }
}

fn hash_ref(column: &Ref, hasher: &mut impl Hasher) {
    for hop in &column.hops {
        hop.relation.name.hash(hasher);
    }
    column.field.hash(hasher);
    column.cast.map(cast_word).hash(hasher);
}

fn hash_cond(condition: &Cond, hasher: &mut impl Hasher) {
    std::mem::discriminant(condition).hash(hasher);
    match condition {
        Cond::Always | Cond::Never => {}
        Cond::All(parts) | Cond::Any(parts) => {
            parts.len().hash(hasher);
            for part in parts {
                hash_cond(part, hasher);
            }
        }
        Cond::Not(part) => hash_cond(part, hasher),
        Cond::Test(test) => {
            hash_ref(&test.left, hasher);
            word(&test.operator).hash(hasher);
            if let Operator::Equal { right: Operand::Column(other), .. }
            | Operator::Compare { right: Operand::Column(other), .. } = &test.operator
            {
                hash_ref(other, hasher);
            }
        }
    }
}
