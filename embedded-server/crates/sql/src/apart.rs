//! Aggregates over lists that have nothing to do with each other. Joined in one statement, the rows
//! of one list would repeat those of the other and each record: every list is grouped by itself, and
//! each aggregate is what it is when it is asked alone.

use crate::compile::Compiler;
use crate::dialect::Family;
use crate::group::Grouped;
use crate::join::{Scope, same_walk};
use crate::select::shape_key;
use crate::{Dialect, Form, ShapeNode};
use query::{Aggregate, AggregateFunction, Grouping, Hop, ReadPlan};
use std::collections::BTreeMap;

/// Aggregates of one list, by their positions in the grouping.
pub(crate) struct Part {
    grouping: Grouping,
    places: Vec<usize>,
}

/// How a column of a part is answered, and the family it is sorted as. That does not go along with
/// the column: what is taken of it outside has lost it.
type Kept = (Form, Family);

/// How the columns of all parts are answered and sorted.
#[derive(Default)]
struct Forms {
    keys: Vec<Kept>,
    aggregates: BTreeMap<usize, Kept>,
}

/// Which columns of the parts.
#[derive(Clone, Copy)]
enum Kind {
    Key,
    Aggregate,
}

/// The aggregates of a grouping by the lists that they are of; a single part when one statement
/// tells them all.
pub(crate) fn parts(grouping: &Grouping) -> Vec<Part> {
    let mut walks: Vec<&[Hop]> = Vec::new();
    let mut places: Vec<Vec<usize>> = Vec::new();
    for (place, aggregate) in grouping.aggregates.iter().enumerate() {
        let walk = repeated_by(grouping, aggregate);
        match walks.iter().position(|known| same_walk(known, walk)) {
            Some(at) => places[at].push(place),
            None => {
                walks.push(walk);
                places.push(vec![place]);
            }
        }
    }
    let counts = |list: &Vec<usize>| {
        list.iter().any(|place| counts_rows(grouping.aggregates[*place].function))
    };
    if walks.len() < 2 || !places.iter().any(counts) {
        places = vec![(0..grouping.aggregates.len()).collect()];
    }
    let part = |places: Vec<usize>| Part {
        grouping: Grouping {
            keys: grouping.keys.clone(),
            aggregates: places.iter().map(|place| grouping.aggregates[*place].clone()).collect(),
        },
        places,
    };
    places.into_iter().map(part).collect()
}

/// The walk up to its last list; none where the keys walk it already, whose rows are what is grouped.
fn repeated_by<'g>(grouping: &Grouping, aggregate: &'g Aggregate) -> &'g [Hop] {
    let Some(column) = &aggregate.column else { return &[] };
    let lists = column.hops.iter().rposition(|hop| hop.relation.is_many());
    let walk = lists.map_or(&[][..], |last| &column.hops[..=last]);
    let grouped = grouping
        .keys
        .iter()
        .any(|key| key.column.hops.get(..walk.len()).is_some_and(|begun| same_walk(begun, walk)));
    if grouped { &[] } else { walk }
}

/// Whether a value that is met twice counts twice.
fn counts_rows(function: AggregateFunction) -> bool {
    match function {
        AggregateFunction::Count
        | AggregateFunction::Sum
        | AggregateFunction::Avg
        | AggregateFunction::ArrayAgg => true,
        AggregateFunction::Distinct | AggregateFunction::Min | AggregateFunction::Max => false,
    }
}

impl Compiler {
    /// The groups of all parts, one row each.
    pub(crate) fn groups_apart(
        &mut self,
        plan: &ReadPlan,
        grouping: &Grouping,
        parts: &[Part],
    ) -> Vec<ShapeNode> {
        let forms = self.parts_with(plan, parts);
        let of = |kind: Kind, number: usize| self.one_of(parts.len(), kind, number, &forms);
        let keys: Vec<Grouped> =
            (0..grouping.keys.len()).map(|number| of(Kind::Key, number)).collect();
        let aggregates: Vec<Grouped> = (0..grouping.aggregates.len())
            .map(|place| {
                let mut found = of(Kind::Aggregate, place);
                // A group that another list has alone counts nothing of this one.
                if matches!(
                    grouping.aggregates[place].function,
                    AggregateFunction::Count | AggregateFunction::Distinct
                ) {
                    for text in [&mut found.answered, &mut found.sorted] {
                        *text = format!("coalesce({text}, 0)");
                    }
                }
                found
            })
            .collect();
        let names = grouping.keys.iter().map(|key| key.keys.clone());
        let names = names.chain(grouping.aggregates.iter().map(|entry| vec![entry.alias.clone()]));
        let found = || keys.iter().chain(&aggregates);
        let mut nodes = Vec::new();
        for (column, (names, found)) in names.zip(found()).enumerate() {
            for name in names {
                nodes.push(ShapeNode::Field { key: shape_key(&name), column, form: found.form });
            }
        }
        let answered: Vec<&str> = found().map(|found| found.answered.as_str()).collect();
        self.writer.push(" SELECT ").list(&answered, ", ");
        self.read_parts(grouping, parts);
        self.order_groups(plan, &keys, &aggregates);
        let limit = self.limit(&plan.page);
        self.writer.push(&limit);
        nodes
    }

    /// How many groups all parts have.
    pub(crate) fn count_apart(&mut self, plan: &ReadPlan, grouping: &Grouping, parts: &[Part]) {
        self.parts_with(plan, parts);
        self.writer.push(" SELECT count(*) FROM (SELECT 1 AS \"$one\"");
        self.read_parts(grouping, parts);
        let outer = self.writer.alias();
        self.writer.push(&format!(") {outer}"));
    }

    /// `WITH "$part0" AS (…), …`: each part by itself. What its columns are answered as comes back.
    fn parts_with(&mut self, plan: &ReadPlan, parts: &[Part]) -> Forms {
        let mut forms = Forms::default();
        for (at, part) in parts.iter().enumerate() {
            let mut scope = Scope::new(self, &plan.collection);
            let tests = self.grouped_tests(&mut scope, plan, &part.grouping);
            let from = scope.from(self);
            let mut columns = Vec::new();
            forms.keys.clear();
            for (number, key) in part.grouping.keys.iter().enumerate() {
                let found = self.group_key(&scope, key);
                columns.push(format!("{} AS \"$g{number}\"", self.group_text(&scope, key).text));
                columns.push(format!("{} AS \"$k{number}\"", found.answered));
                columns.push(format!("{} AS \"$o{number}\"", found.sorted));
                forms.keys.push((found.form, found.family));
            }
            for (place, aggregate) in part.places.iter().zip(&part.grouping.aggregates) {
                let found = self.aggregate(&scope, aggregate);
                columns.push(format!("{} AS \"$a{place}\"", found.answered));
                columns.push(format!("{} AS \"$s{place}\"", found.sorted));
                forms.aggregates.insert(*place, (found.form, found.family));
            }
            self.writer.push(if at == 0 { "WITH " } else { ", " });
            self.writer.push(&format!("\"$part{at}\" AS (SELECT ")).list(&columns, ", ");
            self.writer.push(" FROM ").push(&from);
            self.where_all(tests);
            self.group_by(&scope, &part.grouping);
            self.writer.push(")");
        }
        forms
    }

    /// The rows of all parts below each other, those of one group together.
    fn read_parts(&mut self, grouping: &Grouping, parts: &[Part]) {
        let lists: Vec<String> =
            (0..parts.len()).map(|at| self.beside(grouping, parts, at)).collect();
        let all = self.writer.alias();
        self.writer.push(" FROM (").list(&lists, " UNION ALL ").push(&format!(") {all}"));
        let texts: Vec<String> =
            (0..grouping.keys.len()).map(|number| format!("\"$g{number}\"")).collect();
        if !texts.is_empty() {
            self.writer.push(" GROUP BY ").list(&texts, ", ");
        }
    }

    /// One part with the columns of all: what another part tells is empty here, and of its type.
    fn beside(&self, grouping: &Grouping, parts: &[Part], at: usize) -> String {
        let mut columns = vec![format!("{at} AS \"$part\"")];
        for number in 0..grouping.keys.len() {
            columns.extend(["g", "k", "o"].map(|kind| format!("\"${kind}{number}\"")));
        }
        for place in 0..grouping.aggregates.len() {
            let home = parts.iter().position(|part| part.places.contains(&place)).unwrap_or(at);
            columns.extend(["a", "s"].map(|kind| match (home == at, self.writer.dialect) {
                (true, _) => format!("\"${kind}{place}\""),
                (false, Dialect::Sqlite) => format!("NULL AS \"${kind}{place}\""),
                (false, Dialect::Postgres) => format!(
                    "(SELECT \"${kind}{place}\" FROM \"$part{home}\" LIMIT 0) AS \"${kind}{place}\""
                ),
            }));
        }
        format!("SELECT {} FROM \"$part{at}\"", columns.join(", "))
    }

    /// What the parts say of a group: a key as the first of them has it, an aggregate from the only
    /// one that has it.
    fn one_of(&self, parts: usize, kind: Kind, number: usize, forms: &Forms) -> Grouped {
        let one = |letter: char| {
            let column = format!("\"${letter}{number}\"");
            match (self.writer.dialect, kind) {
                (Dialect::Postgres, Kind::Key) => {
                    format!("(array_agg({column} ORDER BY \"$part\"))[1]")
                }
                (Dialect::Postgres, Kind::Aggregate) => {
                    format!("(array_agg({column}) FILTER (WHERE {column} IS NOT NULL))[1]")
                }
                (Dialect::Sqlite, Kind::Key) => {
                    let of_part = |at| format!("max({column}) FILTER (WHERE \"$part\" = {at})");
                    let all: Vec<String> = (0..parts).map(of_part).collect();
                    format!("coalesce({})", all.join(", "))
                }
                (Dialect::Sqlite, Kind::Aggregate) => format!("max({column})"),
            }
        };
        let (answered, sorted, kept) = match kind {
            Kind::Key => ('k', 'o', forms.keys.get(number)),
            Kind::Aggregate => ('a', 's', forms.aggregates.get(&number)),
        };
        let (form, family) = kept.copied().unwrap_or((Form::Int, Family::BigInt));
        Grouped { answered: one(answered), form, sorted: one(sorted), family }
    }
}
