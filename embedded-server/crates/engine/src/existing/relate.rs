//! Relations from foreign keys: the way there, the way back, and pairs.

use super::{ExistingRelation, Finding};
use catalog::Catalog;
use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};
use store::{Table, TableKey};

/// The fields of the collections that relations are added to, by collection.
pub(super) type Fields = IndexMap<String, Map<String, Json>>;

/// Adds the relations of every foreign key between collections of `fields`. `tables` are those
/// whose foreign keys count. What cannot be a relation is told.
pub(super) fn relate(
    fields: &mut Fields,
    tables: &[&Table],
) -> (Vec<ExistingRelation>, Vec<(String, Finding)>) {
    let (mut made, mut told) = (Vec::new(), Vec::new());
    for table in tables {
        if !fields.contains_key(&table.name) {
            continue;
        }
        let mut pair: Vec<(String, String)> = Vec::new();
        for key in &table.foreign_keys {
            match point(fields, table, key) {
                Ok(Some(found)) => {
                    if let [there, _] = found.as_slice() {
                        pair.push((there.by.clone(), there.target.clone()));
                    }
                    made.extend(found);
                }
                Ok(None) => {}
                Err(finding) => told.push((table.name.clone(), finding)),
            }
        }
        if let ([one, other], true) = (pair.as_slice(), is_junction(fields, table, &pair)) {
            made.push(through(fields, table, one, other));
            made.push(through(fields, table, other, one));
        }
    }
    (made, told)
}

/// The relation of one foreign key, there and back; `None` where its far end is no collection or
/// the relation is there already.
fn point(
    fields: &mut Fields,
    table: &Table,
    key: &TableKey,
) -> Result<Option<Vec<ExistingRelation>>, Finding> {
    let ([column], far) = (key.columns.as_slice(), far_name(fields, key)) else {
        return Err(Finding::of(
            "COMPOSITE_REFERENCE",
            key.columns.first().map_or("", String::as_str),
            format!(
                "the foreign key ({}) to `{}` has several columns: the database keeps to it, and no relation is shown",
                key.columns.join(", "),
                key.target
            ),
        ));
    };
    let Some(far) = far else { return Ok(None) };
    let own = &fields[&table.name];
    let pointing = |field: &Json| {
        field["relType"] == "BelongsTo" && field["foreignKey"].as_str() == Some(column)
    };
    let Some(field) = own.get(column).filter(|field| field.get("type").is_some()) else {
        return Ok(None);
    };
    if own.values().any(pointing) {
        return Ok(None);
    }
    let far_key = key_of(&fields[&far]);
    let asked = key.target_columns.first().or(far_key.as_ref());
    let far_field = asked.and_then(|name| found(&fields[&far], name));
    let Some((far_column, far_field)) = far_field else { return Ok(None) };
    if class(field) != class(far_field) {
        return Err(Finding::of(
            "REFERENCE_TYPE",
            column,
            format!(
                "`{column}` is {} and `{far}.{far_column}`, to which it points, is {}: no relation is shown",
                word(field),
                word(far_field)
            ),
        ));
    }
    let required = field["allowNull"] == false;
    let unique = field["unique"] == true || field["primaryKey"] == true;
    let to_key = far_key.as_deref() == Some(&*far_column);
    let name = free(own, &table.name, &stem(column, &far));
    let mut there = Map::new();
    there.insert("relType".into(), json!("BelongsTo"));
    there.insert("target".into(), json!(far));
    there.insert("foreignKey".into(), json!(column));
    if !to_key {
        there.insert("targetKey".into(), json!(far_column));
    }
    there.insert("as".into(), json!(name));
    there.insert("onDelete".into(), json!(action(&key.on_delete, required)));
    there.insert("onUpdate".into(), json!(action(&key.on_update, false)));
    let there_relation = ExistingRelation {
        collection: table.name.clone(),
        name: name.clone(),
        kind: if unique { "O2O" } else { "M2O" },
        target: far.clone(),
        by: column.clone(),
    };
    put(fields, &table.name, &name, there);

    let many = fields[&table.name].values().filter(|field| leads(field, &far)).count();
    let back_name = match (far == table.name, many) {
        (true, _) => format!("{name}_of"),
        (false, 1) => table.name.clone(),
        (false, _) => format!("{}_by_{name}", table.name),
    };
    let back_name = free(&fields[&far], &far, &back_name);
    let mut back = Map::new();
    back.insert("relType".into(), json!(if unique { "HasOne" } else { "HasMany" }));
    back.insert("target".into(), json!(table.name));
    back.insert("foreignKey".into(), json!(column));
    if !to_key {
        back.insert("targetKey".into(), json!(far_column));
    }
    back.insert("as".into(), json!(back_name));
    put(fields, &far, &back_name, back);
    let back_relation = ExistingRelation {
        collection: far,
        name: back_name,
        kind: if unique { "O2O" } else { "O2M" },
        target: table.name.clone(),
        by: column.clone(),
    };
    Ok(Some(vec![there_relation, back_relation]))
}

/// What the database does to other rows by itself when a row goes, and no relation shows: nobody is
/// told of it, and no history has it.
pub(super) fn unseen(
    fields: &Fields,
    catalog: &Catalog,
    tables: &[Table],
) -> Vec<(String, Finding)> {
    let mut told = Vec::new();
    for table in tables {
        // Collections of our own do by their relations what they do.
        if catalog.get(&table.name).is_some_and(|collection| !collection.adopted) {
            continue;
        }
        for key in &table.foreign_keys {
            let Some(far) = far_name(fields, key) else { continue };
            let action = key.on_delete.to_ascii_uppercase();
            let done = match action.as_str() {
                "CASCADE" => "deletes",
                "SET NULL" | "SET DEFAULT" => "changes",
                _ => continue,
            };
            let shown = action != "SET DEFAULT"
                && matches!(key.columns.as_slice(), [column] if fields.get(&table.name).is_some_and(|own| {
                    own.values().any(|field| {
                        leads(field, &far) && field["foreignKey"].as_str() == Some(column)
                    })
                }));
            if !shown {
                let message = format!(
                    "when a record of `{far}` is deleted, the database {done} rows of `{}` by itself \
                     ({} ON DELETE {action}): no history tells of them, and they cannot be had back",
                    table.name,
                    key.columns.join(", ")
                );
                told.push((far, Finding::new("CASCADE_UNSEEN", message)));
            }
        }
    }
    told
}

/// Whether a table holds pairs and little else: two foreign keys, a key of its own, and whatever
/// needs no value.
fn is_junction(fields: &Fields, table: &Table, pair: &[(String, String)]) -> bool {
    let [(one, _), (other, _)] = pair else { return false };
    table.foreign_keys.len() == 2
        && fields[&table.name].iter().filter(|(_, field)| field.get("type").is_some()).all(
            |(name, field)| {
                name == one
                    || name == other
                    || field["primaryKey"] == true
                    || field["allowNull"] != false
                    || field.get("defaultValue").is_some()
            },
        )
        && table.columns.len() <= 6
        && pair.iter().all(|(column, far)| {
            // A pair leads to keys, and no key of one side stands once only.
            fields[&table.name][column]["unique"] != true && key_of(&fields[far]).is_some()
        })
}

/// The relation of many to many from the far end of `from` to that of `to`.
fn through(
    fields: &mut Fields,
    junction: &Table,
    from: &(String, String),
    to: &(String, String),
) -> ExistingRelation {
    let wanted = match from.1 == to.1 {
        // The way back to the pairs has the name of the junction already.
        true => stem(&to.0, &to.1),
        false => to.1.clone(),
    };
    let name = free(&fields[&from.1], &from.1, &wanted);
    let mut definition = Map::new();
    definition.insert("relType".into(), json!("BelongsToMany"));
    definition.insert("target".into(), json!(to.1));
    definition.insert("through".into(), json!(junction.name));
    definition.insert("foreignKey".into(), json!(from.0));
    definition.insert("otherKey".into(), json!(to.0));
    definition.insert("as".into(), json!(name));
    put(fields, &from.1, &name, definition);
    ExistingRelation {
        collection: from.1.clone(),
        name,
        kind: "M2M",
        target: to.1.clone(),
        by: junction.name.clone(),
    }
}

fn put(fields: &mut Fields, collection: &str, name: &str, definition: Map<String, Json>) {
    if let Some(fields) = fields.get_mut(collection) {
        fields.insert(name.to_owned(), Json::Object(definition));
    }
}

fn far_name(fields: &Fields, key: &TableKey) -> Option<String> {
    fields.keys().find(|name| name.eq_ignore_ascii_case(&key.target)).cloned()
}

fn found<'a>(fields: &'a Map<String, Json>, name: &str) -> Option<(String, &'a Json)> {
    fields
        .iter()
        .find(|(known, field)| known.eq_ignore_ascii_case(name) && field.get("type").is_some())
        .map(|(known, field)| (known.clone(), field))
        .filter(|(_, field)| field["primaryKey"] == true || field["unique"] == true)
}

fn key_of(fields: &Map<String, Json>) -> Option<String> {
    fields.iter().find(|(_, field)| field["primaryKey"] == true).map(|(name, _)| name.clone())
}

fn leads(field: &Json, far: &str) -> bool {
    field["relType"] == "BelongsTo" && field["target"].as_str() == Some(far)
}

fn word(field: &Json) -> &str {
    field["type"].as_str().unwrap_or_default()
}

/// Types that may point at each other.
fn class(field: &Json) -> &str {
    match word(field) {
        "String" | "Text" => "text",
        "Integer" | "BigInt" => "integer",
        other => other,
    }
}

/// What a foreign key does, in the words of documents. A column that must have a value refuses to
/// lose it whatever is declared.
fn action(declared: &str, required: bool) -> &'static str {
    match declared.to_ascii_uppercase().as_str() {
        "CASCADE" => "CASCADE",
        "SET NULL" if required => "RESTRICT",
        "SET NULL" => "SET NULL",
        "RESTRICT" => "RESTRICT",
        _ => "NO ACTION",
    }
}

/// `customer` of `customer_id`, `CustomerId` and `customerID`; the far collection's name where
/// nothing is left.
fn stem(column: &str, far: &str) -> String {
    let ends = ["_id", "_Id", "_ID", "Id", "ID", "_fk", "_key"];
    let stem = ends.iter().find_map(|end| column.strip_suffix(end)).filter(|stem| !stem.is_empty());
    match stem {
        Some(stem) => stem.to_owned(),
        None if column.eq_ignore_ascii_case("id") => far.to_owned(),
        None => format!("{column}_{far}"),
    }
}

/// A name that nothing in the collection has yet.
fn free(fields: &Map<String, Json>, collection: &str, wanted: &str) -> String {
    let open = |name: &str| {
        catalog::relation_name(name, collection).is_ok()
            && !fields.iter().any(|(known, field)| {
                known.eq_ignore_ascii_case(name)
                    || field["as"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name))
            })
    };
    let wanted = catalog::fitted(wanted);
    let numbered = (2..100_u32).map(|number| catalog::fitted(&format!("{wanted}_{number}")));
    [wanted.clone(), catalog::fitted(&format!("{wanted}_record"))]
        .into_iter()
        .chain(numbered)
        .find(|name| open(name))
        .unwrap_or(wanted)
}

#[cfg(test)]
mod tests {
    use super::{action, stem};

    #[test]
    fn a_relation_is_named_after_its_column() {
        for (column, name) in [
            ("customer_id", "customer"),
            ("CustomerId", "Customer"),
            ("customerID", "customer"),
            ("id", "people"),
            ("ReportsTo", "ReportsTo_people"),
        ] {
            assert_eq!(stem(column, "people"), name);
        }
    }

    #[test]
    fn what_a_required_column_cannot_do_is_a_refusal() {
        assert_eq!(action("SET NULL", true), "RESTRICT");
        assert_eq!(action("set null", false), "SET NULL");
        assert_eq!(action("SET DEFAULT", false), "NO ACTION");
    }
}
