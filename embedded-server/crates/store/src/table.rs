//! Tables as the database describes them, before anybody calls them collections.

/// A table, a view, or what passes for one.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: TableKind,
    /// Whether it lacks row numbers (SQLite's `WITHOUT ROWID`).
    pub rowless: bool,
    /// Whether this user may read and write it.
    pub open: bool,
    /// In the order of the table.
    pub columns: Vec<TableColumn>,
    /// The columns of the primary key, in its order; none without one.
    pub key: Vec<String>,
    /// Indexes besides that of the primary key.
    pub indexes: Vec<TableIndex>,
    /// Foreign keys.
    pub foreign_keys: Vec<TableKey>,
}

/// What a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// A table that holds its own rows.
    Plain,
    /// A view, materialized or not.
    View,
    /// A part of a partitioned table.
    Part,
    /// What an extension computes or keeps elsewhere (SQLite's virtual tables and what they keep
    /// their rows in, foreign tables of Postgres).
    Virtual,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// Its type as it was declared, for people (`varchar(40)`); empty where none was.
    pub declared: String,
    /// The type alone, lower case, of a domain the one below it (`varchar`).
    pub base: String,
    /// The numbers behind the type: length, or precision and scale.
    pub sizes: Vec<u32>,
    /// Whether NULL may be stored.
    pub nullable: bool,
    /// Its default, as SQL.
    pub default: Option<String>,
    /// Whether the database makes its value.
    pub made: Made,
}

/// How the database makes a column's value by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// It does not.
    Given,
    /// It counts, and takes a number that is given.
    Counted,
    /// It counts, and takes no other number.
    CountedAlways,
    /// It computes it from the row.
    Computed,
}

/// An index of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableIndex {
    /// Its name.
    pub name: String,
    /// Its columns in their order; none where a part is no column.
    pub columns: Option<Vec<String>>,
    /// Whether it is unique.
    pub unique: bool,
    /// Whether it covers some rows only.
    pub partial: bool,
    /// Whether it belongs to a constraint and cannot be dropped alone.
    pub constraint: bool,
}

/// A foreign key of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableKey {
    /// The columns that point.
    pub columns: Vec<String>,
    /// The table they point to.
    pub target: String,
    /// The columns they point to; none where they are the target's primary key.
    pub target_columns: Vec<String>,
    /// `ON DELETE`, in SQL's words.
    pub on_delete: String,
    /// `ON UPDATE`, in SQL's words.
    pub on_update: String,
}

/// The numbers in the brackets of a type, if they are one or two.
pub(crate) fn sizes(declared: &str) -> Vec<u32> {
    let Some((_, rest)) = declared.split_once('(') else { return Vec::new() };
    let Some((list, _)) = rest.split_once(')') else { return Vec::new() };
    list.split(',').filter_map(|number| number.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::sizes;

    #[test]
    fn sizes_are_read_from_a_type() {
        assert_eq!(sizes("NVARCHAR(40)"), [40]);
        assert_eq!(sizes("numeric(10, 2)"), [10, 2]);
        assert!(sizes("TEXT").is_empty() && sizes("x(").is_empty() && sizes("x(a)").is_empty());
    }
}
