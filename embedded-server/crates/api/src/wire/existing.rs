//! Tables that were there before the project, as they are told.

use super::schema::{PlanStep, told};
use engine::{Adoption, ExistingColumn, ExistingRelation, ExistingTable as Table, Finding};
use serde::Serialize;

/// The tables of the database that are no collections.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ExistingTables {
    /// Their names, in order.
    pub(crate) names: Vec<String>,
    /// What they hold and would become; empty when only their names were asked for.
    pub(crate) tables: Vec<ExistingTable>,
}

/// A table that is no collection: what it would become, or why it cannot become one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ExistingTable {
    /// Its name, which the collection keeps.
    pub(crate) name: String,
    /// What it is.
    #[cfg_attr(test, ts(type = "'table' | 'view' | 'part' | 'virtual'"))]
    pub(crate) kind: &'static str,
    /// Whether it can be taken over.
    pub(crate) adoptable: bool,
    /// How many rows it holds; counting ends behind a million.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) rows: Option<u64>,
    /// In the order of the table.
    pub(crate) columns: Vec<TableColumn>,
    /// What its foreign keys become, where the tables at both ends are taken over.
    pub(crate) relations: Vec<TableRelation>,
    /// Why it cannot be taken over; empty where it can.
    pub(crate) reasons: Vec<TableFinding>,
    /// What is good to know before it is taken over.
    pub(crate) notes: Vec<TableFinding>,
}

/// A column of such a table.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct TableColumn {
    /// Its name, which the field keeps.
    pub(crate) name: String,
    /// Its type in the words of the database.
    pub(crate) declared: String,
    /// The type of the field; absent where the column stays in the table and is not shown.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) kind: Option<String>,
    /// Whether it is the key.
    pub(crate) primary_key: bool,
    /// Whether the table computes it.
    pub(crate) read_only: bool,
    /// How it is unlike its declaration, or why it is not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) note: Option<String>,
}

/// A relation that a foreign key becomes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct TableRelation {
    /// Its name.
    pub(crate) name: String,
    /// Its kind, seen from this table.
    #[serde(rename = "type")]
    #[cfg_attr(test, ts(type = "'M2O' | 'O2M' | 'O2O' | 'M2M'"))]
    pub(crate) kind: &'static str,
    /// Where it leads.
    pub(crate) target: String,
    /// The column that points, or the junction.
    pub(crate) by: String,
}

/// Something to know about a table.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct TableFinding {
    /// A word for programs.
    pub(crate) code: &'static str,
    /// The column it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) field: Option<String>,
    /// The sentence for a person.
    pub(crate) message: String,
}

/// What taking tables over does; `token` binds it to exactly this.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct AdoptionPlan {
    /// Sent back with the same tables to have it done.
    pub(crate) token: String,
    /// The store.
    #[cfg_attr(test, ts(type = "'sqlite' | 'postgres'"))]
    pub(crate) store: &'static str,
    /// The tables that are taken over.
    pub(crate) tables: Vec<ExistingTable>,
    /// One for each collection and each relation. None has SQL: no table is touched.
    pub(crate) steps: Vec<PlanStep>,
    /// Rows of these tables, all of which stay as they are.
    pub(crate) untouched_rows: u64,
}

impl From<Table> for ExistingTable {
    fn from(table: Table) -> Self {
        Self {
            name: table.name,
            kind: table.kind,
            adoptable: table.reasons.is_empty(),
            rows: table.rows,
            columns: table.columns.into_iter().map(TableColumn::from).collect(),
            relations: table.relations.into_iter().map(TableRelation::from).collect(),
            reasons: table.reasons.into_iter().map(TableFinding::from).collect(),
            notes: table.notes.into_iter().map(TableFinding::from).collect(),
        }
    }
}

impl From<ExistingColumn> for TableColumn {
    fn from(column: ExistingColumn) -> Self {
        let ExistingColumn { name, declared, kind, primary_key, read_only, note } = column;
        Self { name, declared, kind, primary_key, read_only, note }
    }
}

impl From<ExistingRelation> for TableRelation {
    fn from(relation: ExistingRelation) -> Self {
        let ExistingRelation { collection: _, name, kind, target, by } = relation;
        Self { name, kind, target, by }
    }
}

impl From<Finding> for TableFinding {
    fn from(finding: Finding) -> Self {
        let Finding { code, field, message } = finding;
        Self { code, field, message }
    }
}

impl From<Adoption> for AdoptionPlan {
    fn from(adoption: Adoption) -> Self {
        let Adoption { token, store, tables, steps, rows } = adoption;
        Self {
            token,
            store,
            tables: tables.into_iter().map(ExistingTable::from).collect(),
            steps: told(steps),
            untouched_rows: rows,
        }
    }
}
