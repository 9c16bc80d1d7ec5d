//! What of a record, and of the records around it, an answer shows.

use super::{Judged, Row, Unsure, View, ordered, value};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// The columns and relations that are asked for.
#[derive(Default)]
pub(super) struct Tree {
    all: bool,
    columns: BTreeSet<String>,
    relations: BTreeMap<String, Tree>,
    /// Columns that are left out of all.
    except: BTreeSet<String>,
    /// Which of the related records are shown.
    condition: Option<Json>,
}

impl<'m> View<'m, '_> {
    pub(super) fn tree(
        &self,
        at: usize,
        fields: Option<&Json>,
        conditions: Option<&Json>,
    ) -> Judged<Tree> {
        let mut tree = Tree::default();
        let Some(fields) = fields else {
            return Ok(Tree { all: true, ..tree });
        };
        let words: Option<Vec<&str>> =
            fields.as_array().and_then(|words| words.iter().map(Json::as_str).collect());
        let words = words.ok_or(Unsure("fields that are none"))?;
        if words.iter().any(|word| word.matches('*').count() > 1) {
            return Err(Unsure("stars of stars"));
        }
        let (less, more): (Vec<&str>, Vec<&str>) =
            words.into_iter().partition(|word| word.starts_with('-'));
        if more.is_empty() {
            return Err(Unsure("nothing but what is left out"));
        }
        for word in more {
            self.grow(at, &mut tree, word)?;
        }
        // What is left out is taken from what was asked, in whatever order they stand.
        for word in less {
            let column = self.column(at, &word[1..])?;
            let mut here = Some(&mut tree);
            for hop in column.path.split('.').filter(|hop| !hop.is_empty()) {
                here = here.and_then(|tree| tree.relations.get_mut(hop));
            }
            if column.name == "id" {
                return Err(Unsure("keys that are left out"));
            }
            if let Some(tree) = here {
                tree.except.insert(column.name);
            }
        }
        for (name, condition) in conditions.and_then(Json::as_object).into_iter().flatten() {
            let Some(relation) = tree.relations.get_mut(name) else { continue };
            let odd = |key: &String| !self.is_column(at, name, key);
            if condition.as_object().is_none_or(|map| map.keys().any(odd)) {
                return Err(Unsure("conditions on what relations of relations show"));
            }
            relation.condition = Some(condition.clone());
        }
        Ok(tree)
    }

    fn is_column(&self, at: usize, relation: &str, key: &str) -> bool {
        let Some(walk) = self.walk(at, relation) else { return false };
        matches!(key, "AND" | "OR" | "NOT")
            || (!key.contains('.') && self.walk(walk.target, key).is_none())
            || key.contains('.')
    }

    fn grow(&self, at: usize, tree: &mut Tree, word: &str) -> Judged<()> {
        let (first, rest) = word.split_once('.').unwrap_or((word, ""));
        if first == "*" {
            tree.all = true;
            return Ok(());
        }
        if let Some(walk) = self.walk(at, first) {
            if self.model.world.collections[at].name == "alpha" && first == "items" {
                return Err(Unsure("what rows of any show"));
            }
            let relation = tree.relations.entry(first.to_owned()).or_default();
            if rest.is_empty() {
                relation.all = true;
                return Ok(());
            }
            return self.grow(walk.target, relation, rest);
        }
        let known = self.model.tables[at].first().is_some_and(|row| row.contains_key(first));
        if !rest.is_empty() || !known {
            return Err(Unsure("an unknown field"));
        }
        tree.columns.insert(first.to_owned());
        Ok(())
    }

    pub(super) fn shown(
        &self,
        at: usize,
        row: &'m Row,
        tree: &Tree,
        related: bool,
    ) -> Judged<Json> {
        let mut shown = Map::new();
        // What is only on the way to something else shows all of its own.
        let all = tree.all || (related && tree.columns.is_empty());
        for (name, value) in row {
            if tree.except.contains(name) {
                continue;
            }
            if all || tree.columns.contains(name) || (related && name == "id") {
                shown.insert(name.clone(), value.clone());
            }
        }
        for (name, inner) in &tree.relations {
            let (target, mut far) = self.far(at, row, name)?;
            if let Some(condition) = &inner.condition {
                let mut kept = Vec::new();
                for one in far {
                    if self.satisfies(target, one, condition)? {
                        kept.push(one);
                    }
                }
                far = kept;
            }
            let id = self.column(target, "id")?;
            let mut keyed = Vec::new();
            for one in far {
                keyed.push((Some(value::key(id.kind, &one["id"])?), one));
            }
            keyed.sort_by(|(a, _), (b, _)| ordered(a, b, false));
            let mut rows = Vec::new();
            for (_, one) in keyed {
                rows.push(self.shown(target, one, inner, true)?);
            }
            let value = if self.leads_to_one(at, name) {
                rows.into_iter().next().unwrap_or_default()
            } else {
                Json::Array(rows)
            };
            shown.insert(name.clone(), value);
        }
        Ok(Json::Object(shown))
    }
}
