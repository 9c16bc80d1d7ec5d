//! Relations walked by conditions, sorts and groups: each distinct walk is joined once.

use crate::Dialect;
use crate::compile::Compiler;
use crate::dialect::Family;
use crate::writer::{Alias, chained, literal, quoted};
use catalog::{Collection, HISTORY, Relation, RelationKind};
use query::{Cond, Hop, Ref};

/// One row source with everything that is joined to it.
pub(crate) struct Scope<'p> {
    pub(crate) collection: &'p Collection,
    pub(crate) alias: Alias,
    joins: Vec<Join<'p>>,
}

/// One relation joined: the walk that leads to it.
struct Join<'p> {
    hops: &'p [Hop],
    alias: Alias,
}

impl<'p> Scope<'p> {
    pub(crate) fn new(compiler: &mut Compiler, collection: &'p Collection) -> Self {
        Self { collection, alias: compiler.writer.alias(), joins: Vec::new() }
    }

    /// Joins what a column needs.
    pub(crate) fn reach(&mut self, compiler: &mut Compiler, column: &'p Ref) {
        for length in 1..=column.hops.len() {
            let hops = &column.hops[..length];
            if self.find(hops).is_none() {
                self.joins.push(Join { hops, alias: compiler.writer.alias() });
            }
        }
    }

    /// Whether nothing is joined: the rows are the collection's own, each once.
    pub(crate) fn is_alone(&self) -> bool {
        self.joins.is_empty()
    }

    /// Whether the walk is joined already.
    pub(crate) fn reaches(&self, hops: &[Hop]) -> bool {
        self.find(hops).is_some()
    }

    fn find(&self, hops: &[Hop]) -> Option<Alias> {
        self.joins.iter().find(|join| same_walk(join.hops, hops)).map(|join| join.alias)
    }

    /// The table at the end of a walk.
    pub(crate) fn alias_of(&self, hops: &[Hop]) -> Alias {
        if hops.is_empty() {
            return self.alias;
        }
        let found = self.find(hops);
        debug_assert!(found.is_some(), "a column is reached before it is written");
        found.unwrap_or(self.alias)
    }

    /// `"posts" t1 LEFT JOIN "users" t2 ON …`, without the word FROM.
    pub(crate) fn from(&self, compiler: &mut Compiler) -> String {
        let mut text = format!("{} {}", quoted(&self.collection.name), self.alias);
        for join in &self.joins {
            let (before, last) = join.hops.split_at(join.hops.len() - 1);
            let [hop] = last else { continue };
            let parent = self.alias_of(before);
            let near = before.last().map_or(self.collection, |hop| &hop.target);
            text.push_str(" LEFT JOIN ");
            text.push_str(&compiler.joined(parent, near, hop, join.alias));
        }
        text
    }
}

/// One end of a relation: a column of a table.
struct End<'a> {
    alias: Alias,
    collection: &'a Collection,
    column: &'a str,
}

/// Two walks lead to the same far row when they take the same relations and the same records
/// count as there. The guard narrows every hop of one walk alike, so it is enough to know
/// whether a hop was narrowed; a policy's own walk is not, and must not share with one that is.
pub(crate) fn same_walk(one: &[Hop], other: &[Hop]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(a, b)| {
            a.relation.name == b.relation.name
                && matches!(a.filter, Cond::Always) == matches!(b.filter, Cond::Always)
        })
}

impl Compiler {
    /// One relation as a table to be joined with its ON.
    fn joined(&mut self, parent: Alias, near: &Collection, hop: &Hop, alias: Alias) -> String {
        let mut there = self.visible(alias, &hop.target);
        there.extend(self.restricted(alias, &hop.target, &hop.filter));
        let far = quoted(&hop.target.name);
        if let RelationKind::Through {
            junction,
            column,
            junction_source,
            junction_target,
            target_column,
        } = &hop.relation.kind
        {
            let between = self.writer.alias();
            let mut on = vec![format!(
                "{} = {}",
                alias.column(target_column),
                between.column(junction_target)
            )];
            on.extend(there);
            return format!(
                "({} {between} JOIN {far} {alias} ON {}) ON {} = {}",
                quoted(junction),
                on.join(" AND "),
                between.column(junction_source),
                parent.column(column),
            );
        }
        let mut on = self.link(parent, near, &hop.relation, alias, &hop.target);
        on.extend(there);
        format!("{far} {alias} ON {}", on.join(" AND "))
    }

    /// What makes a far record belong to a near one. Not for `Through`, which needs its junction.
    pub(crate) fn link(
        &self,
        parent: Alias,
        near: &Collection,
        relation: &Relation,
        alias: Alias,
        far: &Collection,
    ) -> Vec<String> {
        let mut on = Vec::with_capacity(2);
        match &relation.kind {
            RelationKind::ToOne { column, target_column, only_when, .. } => {
                if let Some((field, word)) = only_when {
                    on.push(format!("{} = {}", parent.column(field), literal(word)));
                }
                let near = End { alias: parent, collection: near, column };
                on.push(self.paired(&near, &End { alias, collection: far, column: target_column }));
            }
            RelationKind::HasOne { column, target_column }
            | RelationKind::ToMany { column, target_column, .. } => {
                let near = End { alias: parent, collection: near, column };
                on.push(self.paired(&near, &End { alias, collection: far, column: target_column }));
            }
            RelationKind::Through { .. } => {}
        }
        if let Some((field, word)) = &relation.scope {
            on.push(format!("{} = {}", alias.column(field), literal(word)));
        }
        on
    }

    /// `far = near`. The key in a polymorphic junction is text whatever the far key is; the near
    /// side is converted, so that an index on the far side serves.
    fn paired(&self, near: &End<'_>, far: &End<'_>) -> String {
        let family = |end: &End<'_>| {
            end.collection.fields.get(end.column).map(|field| Family::of(&field.kind))
        };
        let here = near.alias.column(near.column);
        let there = far.alias.column(far.column);
        let converted = match (family(near), family(far)) {
            (Some(from), Some(to)) if to.is_text() && !from.is_text() => {
                self.writer.dialect.as_text(&here, from)
            }
            (Some(from), Some(to)) if from.is_text() && !to.is_text() => {
                self.writer.dialect.key_of_text(&here, to)
            }
            _ => here,
        };
        format!("{there} = {converted}")
    }

    /// Deleted records are absent unless the plan shows them.
    pub(crate) fn visible(&self, alias: Alias, collection: &Collection) -> Vec<String> {
        let mut tests = self.arrived(alias, collection);
        if collection.paranoid && !self.with_deleted {
            tests.push(format!("{} IS NULL", alias.column("deletedAt")));
        }
        tests
    }

    /// Rows of an import that is not finished are no records. The mark is asked in the statement
    /// itself: all of them become records in the moment in which it is gone.
    pub(crate) fn arrived(&self, alias: Alias, collection: &Collection) -> Vec<String> {
        if !collection.arriving {
            return Vec::new();
        }
        if collection.name == HISTORY {
            // What happened to a row that is no record yet has not happened.
            return vec![format!(
                "NOT EXISTS (SELECT 1 FROM \"_import_moving\" \"$m\" \
                 WHERE {} = 'import:'||\"$m\".\"import\")",
                alias.column("origin")
            )];
        }
        let key = alias.column(&collection.primary_key);
        let key = self.writer.dialect.as_text(&key, Family::of(&collection.key().kind));
        // Asked of each row by its key, whatever Postgres believes of how many are on their way: a
        // plan that it makes for few of them, and keeps, would look through all of them for each.
        let apart = match self.writer.dialect {
            Dialect::Sqlite => "",
            Dialect::Postgres => " OFFSET 0",
        };
        vec![format!(
            "NOT EXISTS (SELECT 1 FROM \"_import_row\" \"$s\" JOIN \"_import_moving\" \"$m\" \
             ON \"$m\".\"import\" = \"$s\".\"import\" WHERE \"$s\".\"moved\" AND \"$s\".\"key\" = {key} \
             AND \"$m\".\"collection\" = {}{apart})",
            literal(&collection.name)
        )]
    }

    /// A condition on one joined row. Conditions that walk on are asked of the row's key, so that
    /// they cannot multiply what is joined around them.
    pub(crate) fn restricted(
        &mut self,
        alias: Alias,
        collection: &Collection,
        cond: &Cond,
    ) -> Option<String> {
        if matches!(cond, Cond::Always) {
            return None;
        }
        let mut refs = Vec::new();
        each_ref(cond, &mut refs);
        if refs.iter().all(|column| column.hops.is_empty()) {
            let scope = Scope { collection, alias, joins: Vec::new() };
            return Some(self.cond(&scope, cond));
        }
        Some(self.key_among(alias, collection, &[cond]))
    }

    /// `t1."id" IN (SELECT …)` of the records whose joined rows satisfy all the conditions.
    fn key_among(&mut self, alias: Alias, collection: &Collection, conds: &[&Cond]) -> String {
        let mut inner = Scope::new(self, collection);
        let mut refs = Vec::new();
        conds.iter().for_each(|cond| each_ref(cond, &mut refs));
        refs.into_iter().for_each(|column| inner.reach(self, column));
        let tests: Vec<String> = conds.iter().map(|cond| self.cond(&inner, cond)).collect();
        let from = inner.from(self);
        format!(
            "{} IN (SELECT {} FROM {from} WHERE {})",
            alias.column(&collection.primary_key),
            inner.alias.column(&collection.primary_key),
            chained(tests, " AND "),
        )
    }

    /// The parts of a WHERE on the scope's rows, each row at most once: conditions through
    /// to-many relations are asked of the key, one question for all conditions that share a walk
    /// (they mean the same far row), one for each independent walk (so that rows of two relations
    /// are never multiplied).
    pub(crate) fn conditions<'p>(&mut self, scope: &mut Scope<'p>, cond: &'p Cond) -> Vec<String> {
        let parts: Vec<&'p Cond> = match cond {
            Cond::Always => Vec::new(),
            Cond::All(parts) => parts.iter().collect(),
            Cond::Never | Cond::Any(_) | Cond::Not(_) | Cond::Test(_) => vec![cond],
        };
        let mut tests = Vec::with_capacity(parts.len());
        let mut groups: Vec<(Vec<&'p [Hop]>, Vec<&'p Cond>)> = Vec::new();
        for part in parts {
            let mut refs = Vec::new();
            each_ref(part, &mut refs);
            let mut walks: Vec<&'p [Hop]> =
                refs.iter().filter_map(|column| first_many(&column.hops)).collect();
            if walks.iter().all(|walk| scope.reaches(walk)) {
                refs.into_iter().for_each(|column| scope.reach(self, column));
                tests.push(self.cond(scope, part));
                continue;
            }
            let mut together = vec![part];
            groups.retain_mut(|(known, conds)| {
                let apart = !known.iter().any(|a| walks.iter().any(|b| same_walk(a, b)));
                if !apart {
                    walks.append(known);
                    together.append(conds);
                }
                apart
            });
            groups.push((walks, together));
        }
        for (_, conds) in groups {
            tests.push(self.key_among(scope.alias, scope.collection, &conds));
        }
        tests
    }
}

/// The walk up to and including its first to-many relation.
pub(crate) fn first_many(hops: &[Hop]) -> Option<&[Hop]> {
    hops.iter().position(|hop| hop.relation.is_many()).map(|at| &hops[..=at])
}

/// Every column a condition names on its own root.
pub(crate) fn each_ref<'p>(cond: &'p Cond, out: &mut Vec<&'p Ref>) {
    use query::Operand;
    match cond {
        Cond::Always | Cond::Never => {}
        Cond::All(parts) | Cond::Any(parts) => parts.iter().for_each(|part| each_ref(part, out)),
        Cond::Not(part) => each_ref(part, out),
        Cond::Test(test) => {
            out.push(&test.left);
            out.extend(test.operator.operands().filter_map(|operand| match operand {
                Operand::Column(column) => Some(column),
                Operand::Value(_) | Operand::Own { .. } => None,
            }));
        }
    }
}
