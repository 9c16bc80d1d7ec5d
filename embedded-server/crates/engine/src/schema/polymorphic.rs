//! Relations to many of any: a junction whose rows name the collection they lead to
//! (`spec/data.md` 13.7, M2A).

use super::draft::{Draft, fields, text};
use super::relationship::{extras, flag_on, missing, relation};
use base::Result;
use catalog::{Catalog, RelationKind, fitted, invalid};
use serde_json::{Map, Value as Json, json};

impl Draft {
    pub(super) fn create_m2a(&mut self, source: &str, name: &str, body: &Json) -> Result<()> {
        let tables = self.checked_tables(body)?;
        let alias = text(body, "alias").map(str::to_owned);
        if let Some(alias) = &alias {
            for table in &tables {
                self.check_alias(alias, table)?;
            }
        }
        let junction = self.junction_name(body, &[source, name])?;
        let here = fitted(&format!("{source}_id"));
        let (kind, values) = self.key_type(&tables[0])?;
        let mut item = json!({"type": kind, "allowNull": false, "SystemGenerated": true});
        if let Some(values) = values {
            item["values"] = values;
        }
        let mut all = Map::new();
        all.insert("id".into(), json!({"type": "Integer", "primaryKey": true, "defaultValue": {"type": "AUTOINCREMENT"}}));
        all.extend(self.junction_end(source, (source, &here), body));
        all.insert("item_id".into(), item);
        all.insert(
            "collection".into(),
            json!({"type": "String", "allowNull": false, "SystemGenerated": true}),
        );
        for table in &tables {
            let (key, definition) = polymorphic_end(source, table);
            all.insert(key, definition);
        }
        let unique = fitted(&format!("{junction}_unique"));
        let schema = json!({"name": junction, "timestamps": true, "isJunction": true, "fields": all,
            "indexes": [{"name": unique, "fields": [here, "item_id", "collection"], "unique": true}]});
        self.create_junction(&junction, &schema)?;
        let mut definition = relation("HasMany", &junction, &here, name);
        definition.insert("polymorphic".into(), json!(true));
        definition.insert("tables".into(), json!(tables));
        definition.extend(extras(body));
        self.put(source, vec![(name.to_owned(), definition)])?;
        if let Some(alias) = alias {
            for table in &tables {
                let back = relation("HasMany", &junction, "item_id", &alias);
                self.put(table, vec![(alias.clone(), back)])?;
            }
        }
        Ok(())
    }

    /// The targets of an M2A: known, different, and with one type of key.
    fn checked_tables(&mut self, body: &Json) -> Result<Vec<String>> {
        let mut tables: Vec<String> = Vec::new();
        for table in body.get("tables").and_then(Json::as_array).into_iter().flatten() {
            let table = table
                .as_str()
                .ok_or_else(|| invalid("tables", "`tables` must be a list of collection names"))?;
            self.known_target(table, "tables")?;
            if !tables.iter().any(|known| known == table) {
                tables.push(table.to_owned());
            }
        }
        if tables.is_empty() {
            return Err(missing("tables"));
        }
        self.same_keys(&tables)?;
        Ok(tables)
    }

    /// One column leads to all of them, so their keys must be of one type.
    fn same_keys(&mut self, tables: &[String]) -> Result<()> {
        let Some(first) = tables.first() else { return Ok(()) };
        let (kind, _) = self.key_type(first)?;
        for table in tables {
            if self.key_type(table)?.0 != kind {
                return Err(invalid("tables", "Target tables must have the same id type")
                    .hint(format!("`{first}` has {kind}, `{table}` has another")));
            }
        }
        Ok(())
    }

    /// Says which collections an M2A leads to; its junction follows in [`Draft::align_ends`].
    pub(super) fn change_tables(&mut self, source: &str, key: &str, body: &Json) -> Result<()> {
        let wanted = self.checked_tables(body)?;
        let definition = &self.fields_of(source)?[key];
        let first = tables_of(definition).into_iter().next();
        if let Some(first) = first.filter(|first| self.documents.contains_key(first))
            && self.key_type(&first)? != self.key_type(&wanted[0])?
        {
            return Err(invalid("tables", "Target tables must have the same id type"));
        }
        self.fields_of(source)?[key]["tables"] = json!(wanted);
        Ok(())
    }

    /// `tables` is the truth about an M2A: the far ends of its junction, and the ways back to it,
    /// follow. So a document alone says everything, whichever route it came by.
    pub(super) fn align_ends(&mut self) -> Result<()> {
        let declared: Vec<(String, String, String, Vec<String>)> = self
            .documents
            .iter()
            .flat_map(|(source, document)| {
                fields(document).filter(|(_, field)| flag_on(field, "polymorphic")).map(
                    |(key, field)| {
                        let junction = text(field, "target").unwrap_or_default().to_owned();
                        (source.clone(), key.clone(), junction, tables_of(field))
                    },
                )
            })
            .collect();
        for (source, key, junction, tables) in declared {
            let made = self.documents.get(&junction).is_some_and(|junction| {
                flag_on(junction, "isJunction") && junction["fields"].get("collection").is_some()
            });
            if !made {
                continue;
            }
            // A collection that is not there yet gets its end when it comes, as a constraint does.
            let known: Vec<String> =
                tables.into_iter().filter(|table| self.documents.contains_key(table)).collect();
            self.same_keys(&known).map_err(|error| error.at(format!("fields.{key}.tables")))?;
            self.align(&source, &junction, &known)?;
        }
        Ok(())
    }

    fn align(&mut self, source: &str, junction: &str, tables: &[String]) -> Result<()> {
        let ends: Vec<(String, String)> = fields(&self.documents[junction])
            .filter(|(_, field)| is_end(field))
            .map(|(key, field)| (key.clone(), text(field, "target").unwrap_or_default().to_owned()))
            .collect();
        for (key, table) in ends.iter().filter(|(_, table)| !tables.contains(table)) {
            self.fields_of(junction)?.shift_remove(key);
            if self.documents.contains_key(table) {
                self.fields_of(table)?.retain(|_, field| {
                    !(text(field, "relType") == Some("HasMany")
                        && text(field, "target") == Some(junction)
                        && text(field, "foreignKey") == Some("item_id"))
                });
            }
        }
        let missing: Vec<(String, Map<String, Json>)> = tables
            .iter()
            .filter(|table| !ends.iter().any(|(_, known)| known == *table))
            .filter_map(|table| match polymorphic_end(source, table) {
                (key, Json::Object(definition)) => Some((key, definition)),
                _ => None,
            })
            .collect();
        if missing.is_empty() { Ok(()) } else { self.put(junction, missing) }
    }

    /// Junctions whose rows may lead to this collection by its name.
    pub(crate) fn polymorphic_junctions(&self, target: &str) -> Vec<String> {
        self.documents
            .iter()
            .filter(|(_, document)| {
                document.get("isJunction") == Some(&Json::Bool(true))
                    && document["fields"].get("collection").is_some()
                    && fields(document)
                        .any(|(_, field)| text(field, "target") == Some(target) && is_end(field))
            })
            .map(|(name, _)| name.clone())
            .collect()
    }
}

/// The collections that an M2A's definition names.
fn tables_of(definition: &Json) -> Vec<String> {
    let listed = definition.get("tables").and_then(Json::as_array).into_iter().flatten();
    listed.filter_map(Json::as_str).map(str::to_owned).collect()
}

/// Whether a field of a junction is a far end of an M2A.
fn is_end(field: &Json) -> bool {
    text(field, "relType") == Some("BelongsTo")
        && field.get("constraints") == Some(&Json::Bool(false))
}

/// Junctions and the collections that their rows must not lead to any more, both by the names
/// they have in the store. What ends with its rows is no part of this.
pub(super) fn emptied(old: &Catalog, next: &Catalog) -> Vec<(String, String)> {
    let now = |was: &catalog::Collection| {
        next.collections.values().find(|is| is.schema_id() == was.schema_id())
    };
    let ends = |junction: &catalog::Collection| -> Vec<String> {
        let far = junction.relations.values().filter(|relation| {
            matches!(&relation.kind, RelationKind::ToOne { only_when: Some(_), .. })
        });
        far.map(|relation| relation.target.clone()).collect()
    };
    let mut found = Vec::new();
    for was in old.collections.values().filter(|was| was.junction) {
        let Some(is) = now(was) else { continue };
        let kept = ends(is);
        for table in ends(was) {
            let target = old.get(&table).and_then(|target| now(target));
            if target.is_some_and(|target| !kept.contains(&target.name)) {
                found.push((was.name.clone(), table));
            }
        }
    }
    found
}

/// One far end of an M2A's junction: a relation without constraint that counts only for rows
/// which name its collection.
fn polymorphic_end(source: &str, table: &str) -> (String, Json) {
    let name = fitted(&format!("{table}{}", if table == source { "_2" } else { "" }));
    let mut definition = relation("BelongsTo", table, "item_id", &name);
    definition.insert("constraints".into(), json!(false));
    (name, Json::Object(definition))
}
