//! A read as one statement: the page of the root first, its relations after.

use crate::compile::Compiler;
use crate::dialect::Family;
use crate::join::Scope;
use crate::order::carried;
use crate::sift::Sifting;
use crate::writer::{Alias, chained, literal, quoted};
use crate::{
    Compiled, Cursor, Dialect, Form, Numbers, Shape, ShapeNode, Shortcut, Sift, Statement,
};
use access::Guarded;
use base::Value;
use catalog::{Collection, FieldKind, HISTORY, RelationKind};
use query::{Count, Expand, Page, Projection, ReadPlan, Rows, Search};
use std::sync::Arc;

/// The column of the history with what a record was and is.
const CHANGES: &str = "changes";

/// Most relations joined to one page. SQLite joins 64 tables at most; the rest of the relations
/// are embedded by subqueries, which have no such bound.
const JOINED_MAX: usize = 40;

/// Compiles a read: the page, the total when it is counted, and how rows become JSON.
#[must_use]
pub fn compile_read(plan: &Guarded<ReadPlan>, dialect: Dialect, numbers: Numbers) -> Compiled {
    let plan = plan.plan();
    let mut compiler = Compiler::new(dialect, numbers, plan.with_deleted);
    let (nodes, cursor, shortcut) = match &plan.projection {
        Projection::Rows(rows) => {
            let (nodes, cursor, sift) = compiler.rows(plan, rows);
            (nodes, cursor, sift.map(Shortcut::Sift))
        }
        Projection::Groups(grouping) => {
            let (nodes, fold) = compiler.groups(plan, grouping);
            (nodes, None, fold.map(Shortcut::Fold))
        }
    };
    let total = match plan.count {
        Count::None => None,
        Count::Exact | Count::Estimate => Some(total(plan, dialect, numbers)),
    };
    Compiled {
        page: compiler.writer.finish(),
        total,
        shape: Arc::new(Shape { nodes }),
        limit: plan.page.limit,
        offset: plan.page.after.is_none().then_some(plan.page.offset),
        probe: probes(&plan.page),
        cursor,
        shortcut: shortcut.map(Arc::new),
    }
}

/// Whether one row more is fetched, to learn whether more follow.
fn probes(page: &Page) -> bool {
    page.limit.is_some_and(|limit| limit > 0) && (page.cursor || page.capped)
}

fn total(plan: &ReadPlan, dialect: Dialect, numbers: Numbers) -> Statement {
    let mut compiler = Compiler::new(dialect, numbers, plan.with_deleted);
    match &plan.projection {
        Projection::Rows(_) => {
            let mut scope = Scope::new(&mut compiler, &plan.collection);
            let tests = compiler.root_tests(&mut scope, plan);
            let from = scope.from(&mut compiler);
            compiler.writer.push("SELECT count(*) FROM ").push(&from);
            compiler.where_all(tests);
        }
        Projection::Groups(grouping) => compiler.count_groups(plan, grouping),
    }
    compiler.writer.finish()
}

impl Compiler {
    /// What every row of the result satisfies.
    pub(crate) fn root_tests<'p>(
        &mut self,
        scope: &mut Scope<'p>,
        plan: &'p ReadPlan,
    ) -> Vec<String> {
        let mut tests = self.visible(scope.alias, scope.collection);
        tests.extend(self.conditions(scope, &plan.filter));
        if let Some(search) = &plan.search {
            let text = self.searched_text(scope, search);
            let words = self.search_words(search);
            tests.extend(self.indexed_words(scope, search, &words));
            tests.push(self.writer.dialect.search(&text, &words));
        }
        tests
    }

    /// ` WHERE …`, or nothing.
    pub(crate) fn where_all(&mut self, tests: Vec<String>) {
        if !tests.is_empty() {
            self.writer.push(" WHERE ").push(&chained(tests, " AND "));
        }
    }

    pub(crate) fn searched_text(&self, scope: &Scope<'_>, search: &Search) -> String {
        let columns = search.fields.iter().map(|name| {
            let field = scope.collection.fields.get(name);
            let family = field.map_or(Family::Text, |field| Family::of(&field.kind));
            (scope.alias.column(name), family)
        });
        self.writer.dialect.searched(columns)
    }

    pub(crate) fn search_words(&mut self, search: &Search) -> String {
        let words = self.writer.dialect.search_words(&search.words);
        self.writer.text(words)
    }

    fn rows(
        &mut self,
        plan: &ReadPlan,
        rows: &Rows,
    ) -> (Vec<ShapeNode>, Option<Cursor>, Option<Sift>) {
        let dialect = self.writer.dialect;
        let mut scope = Scope::new(self, &plan.collection);
        let tests = self.root_tests(&mut scope, plan);
        let keys = self.sort_keys(&mut scope, &plan.order, plan.search.as_ref());
        let ranges = match &plan.page.after {
            Some(after) => self.behind(&keys, after),
            None => vec![String::new()],
        };
        let from = scope.from(self);
        let sifting = self.sifting(&scope, plan, &keys, &from, &tests);
        let source = Source { from, tests, order: self.order_text(&keys) };

        if rows.expands.is_empty() && ranges.len() < 2 {
            let mut list = Vec::with_capacity(rows.columns.len() + keys.len());
            let nodes = self.columns(scope.alias, &plan.collection, rows, &mut list);
            let cursor = plan.page.cursor.then(|| {
                let columns = (list.len()..list.len() + keys.len()).collect();
                list.extend(keys.iter().map(|key| key.carried(&key.stored, dialect)));
                Cursor { columns }
            });
            if list.is_empty() {
                list.push(String::from("1"));
            }
            let limit = self.limit(&plan.page);
            let range = ranges.first().map_or("FALSE", String::as_str);
            self.writer.push(&source.select(&list, range, &limit));
            let sift = sifting.map(|Sifting { scan, keys }| {
                let fetch = source.of(self.sifted(&scope)).select(&list, "", "");
                Sift { scan, keys, fetch: fetch.into() }
            });
            return (nodes, cursor, sift);
        }

        // The page in a subquery, carrying what its relations and its order need.
        let page = self.writer.alias();
        let mut list = Vec::new();
        let mut joins = Joins::default();
        let nodes = self.level(page, &plan.collection, rows, &mut list, &mut joins);
        let cursor = plan.page.cursor.then(|| {
            let columns = (list.len()..list.len() + keys.len()).collect();
            list.extend(
                keys.iter()
                    .enumerate()
                    .map(|(at, key)| key.carried(&page.column(&carried(at)), dialect)),
            );
            Cursor { columns }
        });
        let mut inner: Vec<String> =
            needed(&plan.collection, rows).iter().map(|name| scope.alias.column(name)).collect();
        inner.extend(
            keys.iter()
                .enumerate()
                .map(|(at, key)| format!("{} AS {}", key.text, quoted(&carried(at)))),
        );
        let limit = self.limit(&plan.page);
        let parts = match ranges.as_slice() {
            [] => source.select(&inner, "FALSE", &limit),
            [one] => source.select(&inner, one, &limit),
            several => {
                // Each range gives a page of its own; the first of them all are the page.
                let parts: Vec<String> = several
                    .iter()
                    .map(|range| {
                        let part = self.writer.alias();
                        format!("SELECT * FROM ({}) {part}", source.select(&inner, range, &limit))
                    })
                    .collect();
                let whole = self.writer.alias();
                let order = self.carried_order(&keys, whole);
                format!("SELECT * FROM ({}) {whole}{order}{limit}", parts.join(" UNION ALL "))
            }
        };
        let list = list.join(", ");
        // A join does not promise to keep the order of the page.
        let again = if plan.single { String::new() } else { self.carried_order(&keys, page) };
        let whole =
            |parts: &str| format!("SELECT {list} FROM ({parts}) {page}{}{again}", joins.text);
        self.writer.push(&whole(&parts));
        let sift = sifting.map(|Sifting { scan, keys }| {
            let fetch = whole(&source.of(self.sifted(&scope)).select(&inner, "", ""));
            Sift { scan, keys, fetch: fetch.into() }
        });
        (nodes, cursor, sift)
    }

    /// ` LIMIT … OFFSET …`, bound, so that pages of all sizes share one text.
    pub(crate) fn limit(&mut self, page: &Page) -> String {
        let count = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
        let mut text = String::new();
        if let Some(limit) = page.limit {
            let fetched = if probes(page) { limit.saturating_add(1) } else { limit };
            text.push_str(" LIMIT ");
            text.push_str(&self.writer.value(count(fetched), Family::BigInt));
        } else if page.offset > 0 && self.writer.dialect == Dialect::Sqlite {
            // SQLite has no OFFSET without a LIMIT.
            text.push_str(" LIMIT -1");
        }
        if page.offset > 0 {
            text.push_str(" OFFSET ");
            text.push_str(&self.writer.value(count(page.offset), Family::BigInt));
        }
        text
    }

    /// Columns of the root or of a joined to-one.
    fn columns(
        &self,
        alias: Alias,
        collection: &Collection,
        rows: &Rows,
        list: &mut Vec<String>,
    ) -> Vec<ShapeNode> {
        let dialect = self.writer.dialect;
        let mut nodes = Vec::with_capacity(rows.columns.len());
        for selected in &rows.columns {
            let family = Family::of(&selected.kind);
            let (text, form) = if selected.null {
                (String::from("NULL"), Form::Text)
            } else {
                let column = self.told(alias, collection, &selected.field);
                let column = dialect.exact_within(column, &selected.kind, collection, self.numbers);
                let text = match collection.adopted {
                    true => dialect.loosely_answered(&column, family),
                    false => dialect.answered(&column, family),
                };
                (text, family.form(self.numbers))
            };
            nodes.push(ShapeNode::Field {
                key: shape_key(&selected.key),
                column: list.len(),
                form,
            });
            list.push(text);
        }
        nodes
    }

    /// One level in the same row: its columns, and its relations joined or as JSON text.
    fn level(
        &mut self,
        alias: Alias,
        collection: &Collection,
        rows: &Rows,
        list: &mut Vec<String>,
        joins: &mut Joins,
    ) -> Vec<ShapeNode> {
        let dialect = self.writer.dialect;
        let mut nodes = self.columns(alias, collection, rows, list);
        for expand in &rows.expands {
            let key = shape_key(&expand.key);
            if joins.take(expand) {
                let far = self.join_one(alias, collection, expand, joins);
                let present = list.len();
                let family = Family::of(&expand.target.key().kind);
                list.push(dialect.canonical(&far.column(&expand.target.primary_key), family));
                let nodes_there = self.level(far, &expand.target, &expand.rows, list, joins);
                nodes.push(ShapeNode::Object { key, present, nodes: nodes_there });
            } else {
                let text = self.embedded(alias, collection, expand);
                nodes.push(ShapeNode::Field { key, column: list.len(), form: Form::Json });
                list.push(text);
            }
        }
        nodes
    }

    /// Joins the far record of a to-one relation; what does not count as there is absent.
    fn join_one(
        &mut self,
        alias: Alias,
        collection: &Collection,
        expand: &Expand,
        joins: &mut Joins,
    ) -> Alias {
        let far = self.writer.alias();
        let mut on = self.link(alias, collection, &expand.relation, far, &expand.target);
        on.extend(self.visible(far, &expand.target));
        on.extend(self.restricted(far, &expand.target, &expand.filter));
        joins.text.push_str(&format!(
            " LEFT JOIN {} {far} ON {}",
            quoted(&expand.target.name),
            on.join(" AND ")
        ));
        far
    }

    /// A relation as JSON text: an array, or an object or `null`.
    fn embedded(&mut self, alias: Alias, collection: &Collection, expand: &Expand) -> String {
        let dialect = self.writer.dialect;
        let mut scope = Scope::new(self, &expand.target);
        let mut tests = self.link(alias, collection, &expand.relation, scope.alias, &expand.target);
        tests.extend(self.visible(scope.alias, &expand.target));
        tests.extend(self.conditions(&mut scope, &expand.filter));
        let keys = self.sort_keys(&mut scope, &expand.order, None);
        let mut joins = Joins::default();
        let object = self.object(scope.alias, &expand.target, &expand.rows, &mut joins);
        let joins = joins.text;
        let mut from = scope.from(self);
        if let RelationKind::Through {
            junction,
            column,
            junction_source,
            junction_target,
            target_column,
        } = &expand.relation.kind
        {
            let between = self.writer.alias();
            from = format!(
                "{} {between} JOIN {from} ON {} = {}",
                quoted(junction),
                scope.alias.column(target_column),
                between.column(junction_target),
            );
            tests.insert(
                0,
                format!("{} = {}", between.column(junction_source), alias.column(column)),
            );
        }
        let order = self.order_text(&keys);
        let wanted = chained(tests, " AND ");
        if !expand.relation.is_many() {
            return format!(
                "coalesce((SELECT {object} FROM {from}{joins} WHERE {wanted}{order} LIMIT 1),'null')"
            );
        }
        let limit = i64::try_from(expand.limit).unwrap_or(i64::MAX);
        let limit = self.writer.value(Value::Int(limit), Family::BigInt);
        let list = self.writer.alias();
        format!(
            "(SELECT '['||coalesce({}({},','),'')||']' FROM \
             (SELECT {object} AS {} FROM {from}{joins} WHERE {wanted}{order} LIMIT {limit}) {list})",
            dialect.join_texts(),
            list.column("$json"),
            quoted("$json"),
        )
    }

    /// One record as the text of a JSON object.
    fn object(
        &mut self,
        alias: Alias,
        collection: &Collection,
        rows: &Rows,
        joins: &mut Joins,
    ) -> String {
        let mut object = ObjectText::default();
        for selected in &rows.columns {
            let token = if selected.null {
                String::from("'null'")
            } else {
                let family = Family::of(&selected.kind);
                let column = self.told(alias, collection, &selected.field);
                let dialect = self.writer.dialect;
                let column = dialect.exact_within(column, &selected.kind, collection, self.numbers);
                self.token(&column, family, collection, self.numbers)
            };
            object.entry(&selected.key, token);
        }
        for expand in &rows.expands {
            let token = if joins.take(expand) {
                let far = self.join_one(alias, collection, expand, joins);
                let there = self.object(far, &expand.target, &expand.rows, joins);
                let key = far.column(&expand.target.primary_key);
                format!("CASE WHEN {key} IS NULL THEN 'null' ELSE {there} END")
            } else {
                self.embedded(alias, collection, expand)
            };
            object.entry(&expand.key, token);
        }
        object.finish()
    }

    /// A column on its way into the answer. SQLite's own kinds are told apart where it is written.
    fn told(&self, alias: Alias, collection: &Collection, field: &str) -> String {
        match self.writer.dialect {
            // Kept as it was put together; told in the order that jsonb has.
            Dialect::Sqlite if collection.name == HISTORY && field == CHANGES => {
                format!("bx_json_text({})", alias.column(field))
            }
            Dialect::Sqlite => alias.column(field),
            Dialect::Postgres => Dialect::Postgres.field_as_shown(alias, collection, field),
        }
    }

    /// A column of a collection as JSON text.
    pub(crate) fn token(
        &self,
        column: &str,
        family: Family,
        collection: &Collection,
        numbers: Numbers,
    ) -> String {
        let dialect = self.writer.dialect;
        match collection.adopted {
            true => dialect.loose_token(column, family, numbers),
            false => dialect.json_token(column, family, numbers),
        }
    }

    /// One record's own columns as the text of a JSON object, without what never leaves the
    /// server. A column named in `nulled` is null where its condition holds.
    pub(crate) fn record(
        &self,
        alias: Alias,
        collection: &Collection,
        nulled: &[(&str, String)],
    ) -> String {
        self.object_of(alias, collection, nulled, false)
    }

    /// The same of a record that was just written: SQLite looks here whether its computed doubles
    /// are numbers, where Postgres computes them.
    pub(crate) fn written(&self, alias: Alias, collection: &Collection) -> String {
        self.object_of(alias, collection, &[], self.writer.dialect == Dialect::Sqlite)
    }

    fn object_of(
        &self,
        alias: Alias,
        collection: &Collection,
        nulled: &[(&str, String)],
        looks: bool,
    ) -> String {
        let mut object = ObjectText::default();
        for field in collection.fields.values().filter(|field| !field.hidden) {
            let mut column = self.told(alias, collection, &field.name);
            if looks && field.computed.is_some() && field.kind == FieldKind::Double {
                column = format!("bx_finite({column}, {})", literal(&field.id));
            }
            let token = self.token(&column, Family::of(&field.kind), collection, Numbers::Tokens);
            let token = match nulled.iter().find(|(name, _)| *name == field.name) {
                Some((_, lost)) => format!("CASE WHEN {lost} THEN 'null' ELSE {token} END"),
                None => token,
            };
            object.entry(&field.name, token);
        }
        object.finish()
    }
}

/// Where the rows of a page come from, and in which order.
struct Source {
    from: String,
    tests: Vec<String>,
    order: String,
}

impl Source {
    /// The same source, of other rows.
    fn of(&self, test: String) -> Self {
        Self { from: self.from.clone(), tests: vec![test], order: self.order.clone() }
    }

    /// The rows of one range of the order; all of them where the range is empty.
    fn select(&self, list: &[String], range: &str, limit: &str) -> String {
        let mut tests = self.tests.clone();
        if !range.is_empty() {
            // Behind the other tests, whose words do not depend on the page.
            tests.push(range.to_owned());
        }
        let list = list.join(", ");
        let mut text = format!("SELECT {list} FROM {}", self.from);
        if !tests.is_empty() {
            text.push_str(" WHERE ");
            text.push_str(&chained(tests, " AND "));
        }
        text + &self.order + limit
    }
}

/// Relations joined to one row source.
#[derive(Default)]
struct Joins {
    text: String,
    count: usize,
}

impl Joins {
    /// Whether a relation's far record can stand in the same row, and there is room for one more.
    /// The reverse of a one-to-one is read by a subquery: only a unique index would promise that
    /// there is one far record, and a relation need not have it.
    fn take(&mut self, expand: &Expand) -> bool {
        let fits =
            matches!(expand.relation.kind, RelationKind::ToOne { .. }) && self.count < JOINED_MAX;
        self.count += usize::from(fits);
        fits
    }
}

/// Columns of the root that the page must carry.
fn needed<'p>(collection: &'p Collection, rows: &'p Rows) -> Vec<&'p str> {
    let mut names = vec![collection.primary_key.as_str()];
    let mut need = |name: &'p str| {
        if !names.contains(&name) {
            names.push(name);
        }
    };
    for selected in rows.columns.iter().filter(|selected| !selected.null) {
        need(&selected.field);
    }
    for expand in &rows.expands {
        match &expand.relation.kind {
            RelationKind::ToOne { column, only_when, .. } => {
                need(column);
                if let Some((field, _)) = only_when {
                    need(field);
                }
            }
            RelationKind::HasOne { column, .. }
            | RelationKind::ToMany { column, .. }
            | RelationKind::Through { column, .. } => need(column),
        }
    }
    names
}

/// A key of the answer, ready to be written: quoted, escaped, with its colon.
pub(crate) fn shape_key(key: &str) -> String {
    format!("{}:", serde_json::Value::String(key.to_owned()))
}

/// The text of a JSON object as a concatenation of constants and expressions.
#[derive(Default)]
struct ObjectText {
    pieces: Vec<String>,
    constant: String,
}

impl ObjectText {
    fn entry(&mut self, key: &str, token: String) {
        self.constant.push(if self.pieces.is_empty() && self.constant.is_empty() {
            '{'
        } else {
            ','
        });
        self.constant.push_str(&shape_key(key));
        self.pieces.push(literal(&std::mem::take(&mut self.constant)));
        self.pieces.push(token);
    }

    fn finish(mut self) -> String {
        if self.pieces.is_empty() {
            return String::from("'{}'");
        }
        self.pieces.push(String::from("'}'"));
        format!("({})", chained(self.pieces, "||"))
    }
}
