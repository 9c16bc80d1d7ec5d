//! Indexes in the store as the catalog wants them: what is missing is made, what has the form of
//! an earlier version is made anew.

use super::stored::statement;
use base::{Result, Value};
use catalog::Catalog;
use sql::{Dialect, Statement};
use std::collections::HashMap;
use store::Store;

/// What bringing the indexes up to date takes.
#[derive(Debug, Default)]
pub struct Renewal {
    /// Indexes that were missing, by name.
    pub created: Vec<String>,
    /// Indexes that had another form.
    pub rebuilt: Vec<String>,
    /// How many were as they should be.
    pub unchanged: usize,
    pub(crate) statements: Vec<Statement>,
}

/// Compares every index of the catalog with the store's.
pub(crate) async fn renewal(store: &Store, catalog: &Catalog) -> Result<Renewal> {
    let known = stored(store).await?;
    let mut renewal = Renewal::default();
    for collection in catalog.collections.values() {
        for (name, wanted) in sql::indexes(collection, store.dialect()) {
            let kept = wanted.iter().find(|one| one.text.starts_with(TRIGGER));
            let form_wanted =
                kept.or(wanted.first()).map(|tells| form_of(&tells.text, store.dialect()));
            match known.get(&name) {
                Some(form) if form_wanted.as_ref() == Some(form) => {
                    renewal.unchanged += 1;
                    continue;
                }
                Some(_) => {
                    if beside(&name).is_none() {
                        renewal.take_away(store, &format!("DROP INDEX \"{name}\""));
                    }
                    renewal.rebuilt.push(name.clone());
                }
                // The table may be gone, or no longer have the column: it is not ours.
                None if collection.adopted => continue,
                None => renewal.created.push(name.clone()),
            }
            for text in remnants(&name) {
                renewal.take_away(store, &text);
            }
            renewal.statements.extend(wanted);
        }
    }
    Ok(renewal)
}

impl Renewal {
    fn take_away(&mut self, store: &Store, text: &str) {
        self.statements.push(statement(store.dialect(), text, text, Vec::new()));
    }
}

/// What takes away whatever is left of an index that SQLite keeps in tables beside the collection's:
/// one without all its triggers is none, since records would be missing from it. Before there were
/// trees, a geometry had an index by order.
fn remnants(name: &str) -> Vec<String> {
    let Some(index) = beside(name) else { return Vec::new() };
    let triggers = ["insert", "update", "delete"]
        .map(|end| format!("DROP TRIGGER IF EXISTS \"{name}.{end}\""));
    let tables = [name.to_owned(), format!("{name}.numbers")]
        .map(|table| format!("DROP TABLE IF EXISTS \"{table}\""));
    let plain = format!("DROP INDEX IF EXISTS \"{index}\"");
    triggers.into_iter().chain(tables).chain([plain]).collect()
}

/// The index whose words or places a table of this name keeps.
fn beside(table: &str) -> Option<&str> {
    BESIDE.iter().find_map(|end| table.strip_suffix(end))
}

/// How the names of such tables end.
const BESIDE: [&str; 2] = [".rtree", ".fulltext"];

/// What tells two forms of an index apart.
#[derive(Debug, PartialEq)]
struct Form {
    unique: bool,
    /// Its parts where all of them are columns, else how many there are: Postgres writes
    /// expressions in words of its own.
    parts: Vec<String>,
}

impl Form {
    fn new(unique: bool, parts: Vec<String>) -> Self {
        let is_column = |part: &String| part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let columns = parts.iter().all(is_column);
        let parts = if columns { parts } else { vec![format!("{} parts", parts.len())] };
        Self { unique, parts }
    }
}

/// How the name of the table ends, in a statement, that numbers keys for such a table.
const NUMBERS: &str = ".numbers\"";

/// How a trigger begins that keeps such a table. It tells by what records are known there: a table of
/// words or places itself does not.
const TRIGGER: &str = "CREATE TRIGGER ";

/// The form that a `CREATE INDEX` of ours makes, or a trigger that keeps a table of words or places.
fn form_of(text: &str, dialect: Dialect) -> Form {
    if text.starts_with(TRIGGER) {
        let known = if text.contains(NUMBERS) { "keys" } else { "rows" };
        return Form { unique: false, parts: vec![known.to_owned()] };
    }
    let unique = text.starts_with("CREATE UNIQUE ");
    let list = text.split_once(" ON ").and_then(|(_, rest)| rest.split_once(" ("));
    let list = list.map_or("", |(_, list)| list.strip_suffix(')').unwrap_or(list));
    match dialect {
        // SQLite keeps the text as it was written.
        Dialect::Sqlite => Form { unique, parts: vec![list.to_owned()] },
        Dialect::Postgres => {
            Form::new(unique, split(list).into_iter().map(|part| part.replace('"', "")).collect())
        }
    }
}

/// The parts of a list, at commas that stand in no brackets and no text.
fn split(list: &str) -> Vec<String> {
    let (mut parts, mut depth, mut quoted) = (vec![String::new()], 0, false);
    for sign in list.chars() {
        match sign {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        match parts.last_mut() {
            Some(part) if !(sign == ',' && depth == 0 && !quoted) => part.push(sign),
            _ => parts.push(String::new()),
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).collect()
}

/// The indexes that the store holds, by name.
async fn stored(store: &Store) -> Result<HashMap<String, Form>> {
    let asked = statement(
        store.dialect(),
        r#"SELECT s.name, s.sql FROM sqlite_schema s WHERE s.type = 'index' AND s.sql IS NOT NULL UNION ALL SELECT s.name, k.sql FROM sqlite_schema s JOIN sqlite_schema k ON k.type = 'trigger' AND k.name = s.name || '.insert' WHERE (s.name LIKE '%.rtree' OR s.name LIKE '%.fulltext') AND (SELECT count(*) FROM sqlite_schema t WHERE t.type = 'trigger' AND t.name IN (s.name || '.insert', s.name || '.update', s.name || '.delete')) = 3 AND (k.sql NOT LIKE '%.numbers"%' OR EXISTS (SELECT 1 FROM sqlite_schema t WHERE t.name = s.name || '.numbers'))"#,
        r#"SELECT c.relname::text, CASE WHEN x.indisunique THEN 'unique' ELSE '' END, pg_get_indexdef(x.indexrelid, n, true) FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid CROSS JOIN LATERAL generate_series(1, x.indnkeyatts::int) n WHERE c.relnamespace = to_regnamespace(quote_ident(current_schema())) AND x.indisvalid ORDER BY c.relname, n"#,
        Vec::new(),
    );
    let mut parts: HashMap<String, (bool, Vec<String>)> = HashMap::new();
    let mut forms = HashMap::new();
    for row in store.rows(&asked).await? {
        match row.as_slice() {
            [Value::Text(name), Value::Text(text)] => {
                forms.insert(name.clone(), form_of(text, Dialect::Sqlite));
            }
            [Value::Text(name), Value::Text(unique), Value::Text(part)] => {
                let (is, all) = parts.entry(name.clone()).or_default();
                *is = !unique.is_empty();
                all.push(part.replace('"', ""));
            }
            _ => {}
        }
    }
    forms.extend(parts.into_iter().map(|(name, (unique, parts))| (name, Form::new(unique, parts))));
    Ok(forms)
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Form, form_of};

    #[test]
    fn a_form_is_read_from_the_statement_that_makes_it() {
        let plain = r#"CREATE INDEX "a_idx" ON "posts" ("title", "id")"#;
        let form = form_of(plain, Dialect::Postgres);
        assert_eq!(form, Form { unique: false, parts: vec!["title".into(), "id".into()] });
        let method = r#"CREATE UNIQUE INDEX IF NOT EXISTS "a_idx" ON "posts" USING hash ("title")"#;
        let form = form_of(method, Dialect::Postgres);
        assert_eq!(form, Form { unique: true, parts: vec!["title".into()] });
        let nulls =
            r#"CREATE UNIQUE INDEX "a_idx" ON "t" (("a" IS NULL), coalesce("a", ', '), "b")"#;
        let form = form_of(nulls, Dialect::Postgres);
        assert_eq!(form, Form { unique: true, parts: vec!["3 parts".into()] });
        let kept = r#"CREATE UNIQUE INDEX "a_idx" ON "t" (("a" IS NULL), ifnull("a", ''))"#;
        assert_eq!(form_of(kept, Dialect::Sqlite).parts, [r#"("a" IS NULL), ifnull("a", '')"#]);
    }
}
