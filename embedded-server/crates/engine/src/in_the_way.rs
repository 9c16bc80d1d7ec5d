//! What stands in the way of an upgrade that makes computed columns anew, in words: what another
//! program has built on them, and records that a unique index no longer tells apart.

use crate::arrival::plain;
use crate::retention::quoted;
use crate::schema::rename::names_word;
use base::{Code, Error, Value};
use catalog::{Catalog, Collection, Field, FieldKind};
use sql::{Dialect, Expression};
use std::sync::Arc;
use store::Store;

/// What is told of whatever cannot be told more nearly.
const HINT: &str = "nothing was changed; what another program has built on a column or an index of ours (a view, a trigger) may stand in the way: take it away, open the project, make it again";

/// The refusal of an upgrade, with what it met where that can be found out. The upgrade was taken
/// back as a whole before this is asked.
pub(crate) async fn told(store: &Store, catalog: &Catalog, fault: Error) -> Error {
    match fault.code() {
        Code::UniqueViolation => alike(store, catalog, fault).await,
        Code::Internal => match built(store, catalog, &fault).await {
            Some((columns, built)) => {
                let message = format!(
                    "the project was not brought to this version, and nothing of it was changed: this version computes {columns} anew, and {built} stands on that"
                );
                Error::new(Code::Conflict, message)
                    .hint(format!(
                        "keep the text of {built} and take it away with the tool that made it, open the project, and make it again"
                    ))
                    .caused_by(fault)
            }
            None => fault.hint(HINT),
        },
        _ => fault,
    }
}

/// The columns that are made anew and what is built on them, both in words.
async fn built(store: &Store, catalog: &Catalog, fault: &Error) -> Option<(String, String)> {
    match store.dialect() {
        Dialect::Sqlite => {
            let (what, name) = named_by_sqlite(fault.message())?;
            let text = "SELECT sql FROM sqlite_schema WHERE type = ?1 AND name = ?2";
            let asked = plain(text, vec![Value::text(what), Value::text(name)]);
            let rows = store.rows(&asked).await.ok()?;
            let text = rows.first()?.first()?.as_text()?.to_ascii_lowercase();
            let names = |name: &str| names_word(&text, &name.to_ascii_lowercase());
            let columns = computed(catalog)
                .filter(|(collection, field)| names(&collection.name) && names(&field.name))
                .map(|(collection, field)| column(&collection.name, &field.name));
            Some((listed(columns.collect())?, format!("the {what} `{name}`")))
        }
        Dialect::Postgres => {
            let text = r#"SELECT t.relname::text, a.attname::text, CASE v.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' END, CASE WHEN v.relnamespace = t.relnamespace THEN v.relname::text ELSE v.relnamespace::regnamespace::text || '.' || v.relname::text END, pg_describe_object(d.classid, d.objid, d.objsubid)
FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid LEFT JOIN pg_class v ON v.oid = r.ev_class
WHERE d.refclassid = 'pg_class'::regclass AND d.deptype = 'n' AND t.relnamespace = to_regnamespace(quote_ident(current_schema())) AND a.attgenerated <> '' ORDER BY 1, 2, 4, 5"#;
            let rows = store.rows(&plain(text, Vec::new())).await.ok()?;
            let (mut columns, mut built) = (Vec::new(), Vec::new());
            for row in &rows {
                let text = |at: usize| row.get(at).and_then(Value::as_text).unwrap_or_default();
                if !computed(catalog).any(|(on, field)| on.name == text(0) && field.name == text(1))
                {
                    continue;
                }
                let what = match (text(2), text(3)) {
                    ("", _) => text(4).to_owned(),
                    (what, name) => format!("the {what} `{name}`"),
                };
                for (all, one) in [(&mut columns, column(text(0), text(1))), (&mut built, what)] {
                    if !all.contains(&one) {
                        all.push(one);
                    }
                }
            }
            Some((listed(columns)?, listed(built)?))
        }
    }
}

/// A unique index over computed columns whose values are alike by now.
async fn alike(store: &Store, catalog: &Catalog, fault: Error) -> Error {
    let Some(collection) = fault.table().and_then(|table| catalog.get(table)) else { return fault };
    let names: Vec<&str> =
        fault.detail_list().iter().filter_map(|detail| detail.field.as_deref()).collect();
    let fields: Vec<&Field> =
        names.iter().filter_map(|name| collection.fields.get(*name)).collect();
    let Some(field) = fields.iter().find(|field| field.computed.is_some()) else { return fault };
    let over = |text: &str| {
        text.starts_with("CREATE UNIQUE") && names.iter().all(|name| text.contains(&quoted(name)))
    };
    let index = sql::indexes(collection, store.dialect())
        .into_iter()
        .find(|(_, made)| made.iter().any(|one| over(&one.text)))
        .map_or_else(String::new, |(name, _)| format!(" `{name}`"));
    let example = match twins(store, collection, &fields).await {
        Some((one, other)) => format!(", for example those of records {one} and {other}"),
        None => String::new(),
    };
    let (columns, name) = (column(&collection.name, &field.name), &field.name);
    let message = format!(
        "the project was not brought to this version, and nothing of it was changed: this version computes {columns} anew, values of it are alike that were not{example}, and the unique index{index} over it takes none twice"
    );
    fault.message_is(message).hint(format!(
        "with the version that wrote the project, or with a tool of the database, change what `{name}` of one of them is computed of, or let `{name}` not be unique; then open the project"
    ))
}

/// The keys of two records that are alike in these fields.
async fn twins(
    store: &Store,
    collection: &Collection,
    fields: &[&Field],
) -> Option<(String, String)> {
    let dialect = store.dialect();
    let mut values = Vec::with_capacity(fields.len());
    for field in fields {
        let value = match &field.computed {
            Some(text) => {
                Expression::of_virtual(text, collection, &field.kind).ok()?.render(dialect)
            }
            None => quoted(&field.name),
        };
        let decimal = matches!(field.kind, FieldKind::Decimal { .. });
        let order = if decimal && dialect == Dialect::Sqlite { " COLLATE BX_DECIMAL" } else { "" };
        values.push(format!("({value}){order}"));
    }
    let (table, key) = (quoted(&collection.name), quoted(&collection.primary_key));
    let (list, present) = (values.join(", "), values.join(" IS NOT NULL AND "));
    let text = format!(
        "SELECT min(CAST({key} AS text)), max(CAST({key} AS text)) FROM {table} WHERE {present} IS NOT NULL GROUP BY {list} HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
    );
    let rows = store.rows(&plain(&text, Vec::new())).await.ok()?;
    match rows.first()?.as_slice() {
        [Value::Text(one), Value::Text(other)] => Some((one.clone(), other.clone())),
        _ => None,
    }
}

fn computed(catalog: &Catalog) -> impl Iterator<Item = (&Arc<Collection>, &Field)> {
    catalog.collections.values().flat_map(|collection| {
        let computed = collection.fields.values().filter(|field| field.computed.is_some());
        computed.map(move |field| (collection, field))
    })
}

fn column(collection: &str, field: &str) -> String {
    format!("`{field}` of `{collection}`")
}

fn listed(all: Vec<String>) -> Option<String> {
    (!all.is_empty()).then(|| all.join(" and "))
}

/// What SQLite could not read any more without a column: `view` or `trigger`, and its name.
fn named_by_sqlite(text: &str) -> Option<(&'static str, &str)> {
    let (_, rest) = text.split_once("error in ")?;
    ["view", "trigger"].into_iter().find_map(|what| {
        let rest = rest.strip_prefix(what)?.strip_prefix(' ')?;
        let (name, _) = rest.split_once(" after drop column: ")?;
        Some((what, name))
    })
}

#[cfg(test)]
mod tests {
    use super::named_by_sqlite;

    #[test]
    fn what_sqlite_could_not_read_is_found_in_its_sentence() {
        let refused = |rest: &str| format!("SQLite refused a statement: error in {rest}");
        for (text, found) in [
            ("view big ones after drop column: no such column: total", Some(("view", "big ones"))),
            ("trigger t after drop column: no such column: l.total", Some(("trigger", "t"))),
            ("view broken: no such table: main.gone", None),
            ("index i after drop column: no such column: total", None),
        ] {
            assert_eq!(named_by_sqlite(&refused(text)), found, "{text}");
        }
    }
}
