//! The records that a search may find, by an index of words: always more than it finds, so that
//! the exact test stands behind it.

use crate::Dialect;
use crate::compile::Compiler;
use crate::define::text_of_words;
use crate::dialect::may_hold;
use crate::join::Scope;
use crate::names::{is_numbered, numbers_name, words_name};
use crate::writer::quoted;
use query::Search;

impl Compiler {
    /// That an index knows the words of a record, where one holds every field that is searched.
    pub(crate) fn indexed_words(
        &self,
        scope: &Scope<'_>,
        search: &Search,
        words: &str,
    ) -> Option<String> {
        let collection = scope.collection;
        let index = collection.words_index(&search.fields)?;
        if self.writer.dialect == Dialect::Postgres {
            let owner = format!("{}.", scope.alias);
            let text = text_of_words(collection, index, &owner, Dialect::Postgres);
            return Some(may_hold(&Dialect::Postgres.stems(&text), words));
        }
        let beside = words_name(&index.name);
        let (key, table) = (scope.alias.column(&collection.primary_key), quoted(&beside));
        let sought = format!("{table} MATCH bx_sought({words})");
        Some(if is_numbered(collection) {
            format!("{key} IN (SELECT rowid FROM {table} WHERE {sought})")
        } else {
            format!(
                "{key} IN (SELECT n.\"key\" FROM {table} CROSS JOIN {} n ON n.\"number\" = {table}.rowid WHERE {sought})",
                quoted(&numbers_name(&beside))
            )
        })
    }
}
