//! The names that fields and collections had. What the history holds of a record stays as it was written; it is
//! read by the names of today.

use super::stored::statement;
use base::{Error, Result, Value};
use catalog::{Catalog, Change};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use sql::{Dialect, Statement};
use std::collections::BTreeMap;
use store::Store;

/// What the keys in `_meta` begin with; behind it stands the stable id of the collection.
pub(crate) const FORMER_KEYS: &str = "former:";

/// What got other names at once in one collection.
#[derive(Debug, Clone, Deserialize)]
struct Renaming {
    /// The last row of the history before it.
    seq: i64,
    /// New names by the old ones.
    #[serde(default)]
    names: BTreeMap<String, String>,
    /// The name of the collection itself until then, where that changed.
    #[serde(default)]
    collection: Option<String>,
}

/// The renamings of a collection's fields, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Former(Vec<Renaming>);

impl Former {
    /// The names that the collection had, oldest first, each with the last row of the history
    /// before it ended.
    fn collections(&self) -> impl Iterator<Item = (&str, i64)> {
        self.0.iter().filter_map(|one| Some((one.collection.as_deref()?, one.seq)))
    }

    /// The name of the collection when the row with this number was written, and the last row
    /// before that ended; none while it still has it.
    pub(crate) fn name_at(&self, seq: i64) -> Option<(&str, i64)> {
        self.collections().find(|(_, last)| seq <= *last)
    }

    /// Whether the row `of` of the history tells of the collection with this name of today. A name
    /// counts for the time in which the collection had it: before and after it may be another's.
    pub(crate) fn tells(&self, of: &str, today: &str) -> String {
        let ends = self.collections().map(|(name, last)| (name, Some(last)));
        let (mut times, mut begin) = (Vec::new(), None);
        for (name, last) in ends.chain([(today, None)]) {
            let mut time = format!(r#"{of}."collection" = '{}'"#, name.replace('\'', "''"));
            for (word, end) in [(">", begin), ("<=", last)] {
                time.extend(end.map(|end: i64| format!(r#" AND {of}."seq" {word} {end}"#)));
            }
            times.push(time);
            begin = last;
        }
        format!("({})", times.join(" OR "))
    }

    /// A state of the row with this number, by the names of today.
    pub(crate) fn rename(&self, seq: i64, state: &mut Map<String, Json>) {
        for renaming in self.0.iter().filter(|renaming| seq <= renaming.seq) {
            let moved: Vec<(&String, Json)> = renaming
                .names
                .iter()
                .filter_map(|(from, to)| Some((to, state.shift_remove(from)?)))
                .collect();
            // Out first, and in together: names may have been exchanged. What had one of the names
            // before was of a field that ended.
            for (name, value) in moved {
                state.insert(name.clone(), value);
            }
        }
    }
}

/// The names that the fields of this collection had.
pub(crate) async fn former(store: &Store, collection: &str) -> Result<Former> {
    let asked = statement(
        store.dialect(),
        r#"SELECT "value" FROM "_meta" WHERE "key" = ?1"#,
        r#"SELECT "value" FROM "_meta" WHERE "key" = $1::text"#,
        vec![Value::Text(format!("{FORMER_KEYS}{collection}"))],
    );
    let rows = store.rows(&asked).await?;
    let Some(text) = rows.first().and_then(|row| row.first()).and_then(Value::as_text) else {
        return Ok(Former::default());
    };
    read(text)
}

/// The same of all collections, by their stable ids.
pub(crate) async fn all_former(store: &Store) -> Result<BTreeMap<String, Former>> {
    let text = r#"SELECT "key", "value" FROM "_meta" WHERE "key" LIKE 'former:%'"#;
    let rows = store.rows(&statement(store.dialect(), text, text, Vec::new())).await?;
    let one = |row: &Vec<Value>| match row.as_slice() {
        [Value::Text(key), Value::Text(text)] => {
            let id = key.strip_prefix(FORMER_KEYS)?.to_owned();
            Some(read(text).map(|former| (id, former)))
        }
        _ => None,
    };
    rows.iter().filter_map(one).collect()
}

fn read(text: &str) -> Result<Former> {
    serde_json::from_str(text)
        .map(Former)
        .map_err(|cause| Error::internal("former names are unreadable").caused_by(cause))
}

/// The statements that note what gets another name. Behind those that change the tables: by
/// then no write under the old names is under way any more. Their work is the same however long the
/// history is.
pub(super) fn noted(next: &Catalog, changes: &[Change], dialect: Dialect) -> Vec<Statement> {
    let mut renamed: BTreeMap<&str, Json> = BTreeMap::new();
    for change in changes {
        let (name, path, value) = match change {
            Change::RenameField { collection, from, to } => (collection, Some(from), to),
            Change::RenameCollection { from, to } => (to, None, from),
            _ => continue,
        };
        let Some(collection) = next.get(name) else { continue };
        let all = renamed.entry(collection.schema_id()).or_insert_with(|| json!({ "names": {} }));
        match path {
            Some(field) => all["names"][field] = Json::from(value.as_str()),
            None => all["collection"] = Json::from(value.as_str()),
        }
    }
    let note = |(collection, renaming): (&str, Json)| {
        statement(
            dialect,
            r#"INSERT INTO "_meta" ("key", "value") SELECT ?1, json_array(json_set(json(?2), '$.seq', coalesce((SELECT "seq" FROM sqlite_sequence WHERE "name" = '_change'), 0))) WHERE true ON CONFLICT ("key") DO UPDATE SET "value" = json_insert("value", '$[#]', json_extract(excluded."value", '$[0]'))"#,
            r#"INSERT INTO "_meta" AS m ("key", "value") SELECT $1::text, jsonb_build_array($2::text::jsonb || jsonb_build_object('seq', nextval(pg_get_serial_sequence('"_change"', 'seq'))))::text ON CONFLICT ("key") DO UPDATE SET "value" = (m."value"::jsonb || excluded."value"::jsonb)::text"#,
            vec![
                Value::Text(format!("{FORMER_KEYS}{collection}")),
                Value::Text(renaming.to_string()),
            ],
        )
    };
    renamed.into_iter().map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::Former;
    use serde_json::json;

    #[test]
    fn a_state_is_read_by_the_names_that_came_after_it() {
        let former = Former(
            serde_json::from_value(json!([
                { "seq": 5, "names": { "a": "b", "b": "a" } },
                { "seq": 9, "names": { "a": "c" } },
            ]))
            .unwrap(),
        );
        let read = |seq| {
            let mut state = json!({ "a": 1, "b": 2 });
            former.rename(seq, state.as_object_mut().unwrap());
            state
        };
        assert_eq!(read(5), json!({ "b": 1, "c": 2 }));
        assert_eq!(read(6), json!({ "b": 2, "c": 1 }));
        assert_eq!(read(10), json!({ "a": 1, "b": 2 }));
    }

    #[test]
    fn a_name_is_a_collections_for_as_long_as_it_had_it() {
        let told = json!([
            { "seq": 5, "collection": "a" }, { "seq": 7, "names": { "x": "y" } }, { "seq": 9, "collection": "b's" },
        ]);
        let former = Former(serde_json::from_value(told).unwrap());
        let at = [5, 6, 9, 10].map(|seq| former.name_at(seq));
        assert_eq!(at, [Some(("a", 5)), Some(("b's", 9)), Some(("b's", 9)), None]);
        assert_eq!(
            former.tells("c", "a"),
            r#"(c."collection" = 'a' AND c."seq" <= 5 OR c."collection" = 'b''s' AND c."seq" > 5 AND c."seq" <= 9 OR c."collection" = 'a' AND c."seq" > 9)"#
        );
        assert_eq!(Former::default().tells("c", "a"), r#"(c."collection" = 'a')"#);
    }
}
