//! The steps of a change: each with its words, its statements, and what it costs.

use super::plan::{PlannedStep, StepKind};
use super::polymorphic::emptied;
use super::stake::{examples, stake};
use super::theirs;
use super::values::{
    Touched, count, fills_itself, leading, losses, number, quoted, stored_name, twins,
};
use super::words::{at_stake, declared, said};
use base::Result;
use catalog::{Catalog, Change, DefaultValue};
use sql::Dialect;
use store::Store;

/// Records shown with a step: enough to see what kind of values they are.
const EXAMPLES: usize = 3;

/// Says every change in words, SQL and numbers.
pub(crate) async fn steps(
    store: &Store,
    old: &Catalog,
    next: &Catalog,
    changes: &[Change],
) -> Result<Vec<PlannedStep>> {
    let dialect = store.dialect();
    let mut steps = Vec::with_capacity(changes.len());
    let mut shown: Vec<String> = Vec::new();
    for change in changes {
        let mut step = said(change);
        step.sql = step_sql(change, changes, old, next, dialect, &mut shown)?;
        if let Some(touched) = touched(store, change, changes).await? {
            step.values = Some((touched.affected, touched.total));
            step.lossy = touched.affected > 0;
            if let Some(verb) = at_stake(change, dialect).filter(|_| touched.affected > 0) {
                step.summary = format!(
                    "{}: {} of {} values {verb}",
                    step.summary,
                    number(touched.affected),
                    number(touched.total)
                );
            }
            if step.lossy
                && let Some(stake) = stake(change, changes, old, dialect)
            {
                step.examples = examples(store, &stake, EXAMPLES).await?;
            }
        }
        steps.push(step);
    }
    theirs::told(store, (old, next), changes, &mut steps).await?;
    steps.extend(declared(old, next, changes));
    for (junction, table) in emptied(old, next) {
        let id = old.get(&junction).map(|was| was.schema_id());
        let Some(is) = next.collections.values().find(|is| Some(is.schema_id()) == id) else {
            continue;
        };
        let ended = |step: &&mut PlannedStep| {
            step.op == StepKind::DropRelation
                && step.collection == is.name
                && step.field.as_ref() == Some(&table)
        };
        let Some(step) = steps.iter_mut().find(ended) else { continue };
        let touched = leading(store, &junction, &table).await?;
        step.values = Some((touched.affected, touched.total));
        step.lossy = touched.affected > 0;
        if step.lossy {
            step.summary = format!(
                "{}: {} of {} records still lead there",
                step.summary,
                number(touched.affected),
                number(touched.total)
            );
        }
    }
    Ok(steps)
}

/// The statements of one step. Where SQLite does several steps of a table at once, because it
/// rebuilds it or adds a column with its foreign key, the first of them shows all.
fn step_sql(
    change: &Change,
    changes: &[Change],
    old: &Catalog,
    next: &Catalog,
    dialect: Dialect,
    shown: &mut Vec<String>,
) -> Result<Vec<String>> {
    let texts = |part: &[Change]| -> Result<(Vec<String>, bool)> {
        let defined = sql::define(part, old, next, dialect)?;
        let bookkeeping =
            |text: &str| text.contains("\"_sequence\" ") && dialect == Dialect::Sqlite;
        let texts = defined
            .statements
            .iter()
            .map(|s| s.text.to_string())
            .filter(|t| !bookkeeping(t))
            .collect();
        Ok((texts, defined.rebuilds))
    };
    let with = renamed_with(change, changes);
    if with.first().and_then(renaming) != renaming(change) {
        return Ok(Vec::new());
    }
    let Some(name) = table_of(change) else { return Ok(texts(&with)?.0) };
    let table = stored_name(changes, name).to_owned();
    // Other steps of a renamed table need to know of the rename, which is a step of its own.
    let of_rename =
        |other: &&Change| matches!(other, Change::RenameCollection { from, .. } if *from == table);
    let of_table: Vec<Change> = changes.iter().filter(of_rename).cloned().collect();
    let (said_there, _) = texts(&of_table)?;
    let without_renaming = |part: Vec<Change>| -> Result<(Vec<String>, bool)> {
        let (mut all, rebuilds) = texts(&[of_table.clone(), part].concat())?;
        all.retain(|text| !said_there.contains(text));
        Ok((all, rebuilds))
    };
    if dialect == Dialect::Postgres {
        return Ok(without_renaming(with)?.0);
    }
    let of_it =
        |other: &&Change| table_of(other).is_some_and(|name| stored_name(changes, name) == table);
    let together: Vec<Change> = changes.iter().filter(of_it).cloned().collect();
    let pointing = together.iter().any(|change| matches!(change, Change::AddRelation { .. }));
    let (all, rebuilds) = without_renaming(together)?;
    if !rebuilds && !pointing {
        return Ok(without_renaming(with)?.0);
    }
    if shown.contains(&table) {
        return Ok(Vec::new());
    }
    shown.push(table);
    Ok(all)
}

/// Of a change of name: the collection of the field, the old name and the new one.
fn renaming(change: &Change) -> Option<(Option<&str>, &str, &str)> {
    match change {
        Change::RenameCollection { from, to } => Some((None, from, to)),
        Change::RenameField { collection, from, to } => Some((Some(collection), from, to)),
        _ => None,
    }
}

/// The change, or, where names trade places, all that are done with it: they meet under third
/// names.
fn renamed_with(change: &Change, changes: &[Change]) -> Vec<Change> {
    let Some((of, ..)) = renaming(change) else { return vec![change.clone()] };
    let beside = |other: &&Change| renaming(other).is_some_and(|(its, ..)| its == of);
    let all: Vec<&Change> = changes.iter().filter(beside).collect();
    let names = || all.iter().filter_map(|one| renaming(one));
    if names().any(|(_, _, to)| names().any(|(_, from, _)| from.eq_ignore_ascii_case(to))) {
        return all.into_iter().cloned().collect();
    }
    vec![change.clone()]
}

/// The existing table a change belongs to.
fn table_of(change: &Change) -> Option<&str> {
    match change {
        Change::DropRelation { collection, .. }
        | Change::DropIndex { collection, .. }
        | Change::DropField { collection, .. }
        | Change::RenameField { collection, .. }
        | Change::AddField { collection, .. }
        | Change::AlterField { collection, .. }
        | Change::AddIndex { collection, .. }
        | Change::AddRelation { collection, .. } => Some(collection),
        Change::DropCollection { .. }
        | Change::ForgetCollection { .. }
        | Change::ForgetField { .. }
        | Change::RememberField { .. }
        | Change::RenameCollection { .. }
        | Change::CreateCollection { .. }
        | Change::AdoptCollection { .. } => None,
    }
}

/// How many stored values a change touches.
async fn touched(store: &Store, change: &Change, changes: &[Change]) -> Result<Option<Touched>> {
    Ok(match change {
        Change::DropCollection { collection } => {
            Some(count(store, &collection.name, "TRUE").await?)
        }
        Change::DropField { collection, field } if field.computed.is_none() => {
            let condition = format!("{} IS NOT NULL", quoted(&field.name));
            Some(count(store, stored_name(changes, collection), &condition).await?)
        }
        // Records that stand would have no value for it.
        Change::AddField { collection, field } if !field.nullable && !fills_itself(field) => {
            Some(count(store, stored_name(changes, collection), "TRUE").await?)
        }
        Change::AddIndex { collection, index } if index.unique && !index.nulls_not_distinct => {
            twins(store, changes, collection, &index.fields).await?
        }
        Change::AlterField { collection, from, to } => {
            let table = stored_name(changes, collection);
            if let Some(condition) = losses(from, to, store.dialect()) {
                return count(store, table, &condition).await.map(Some);
            }
            let filled =
                matches!(to.default, Some(DefaultValue::Literal(_) | DefaultValue::AutoIncrement));
            if from.nullable && !to.nullable && !filled {
                return count(store, table, &format!("{} IS NULL", quoted(&from.name)))
                    .await
                    .map(Some);
            }
            if to.unique && !from.unique {
                return twins(store, changes, collection, std::slice::from_ref(&to.name)).await;
            }
            None
        }
        _ => None,
    })
}
