//! Ends: what a collection, a relation or a field takes along when it goes.

use super::draft::{Draft, fields, is_generated, text};
use base::{Code, Error, Result};
use serde_json::Value as Json;
use sql::Statement;
use std::collections::HashSet;
use std::sync::Arc;

impl Draft {
    /// A relation left out of the sent fields takes its generated column along; a column left out
    /// takes the ways back of other collections along.
    pub(super) fn follow_removals(&mut self, name: &str, previous: &Json, schema: &mut Json) {
        if schema.get("fields").is_none_or(Json::is_null) {
            return;
        }
        let missing = |schema: &Json, key: &str, definition: &Json| {
            let id = text(definition, "fieldId");
            !fields(schema)
                .any(|(known, now)| known == key || (id.is_some() && text(now, "fieldId") == id))
        };
        let own = catalog::system_document(name);
        let ended: Vec<(&String, &Json)> = fields(previous)
            .filter(|(key, definition)| missing(schema, key, definition))
            .filter(|(key, _)| !own.is_some_and(|own| fields(own).any(|(known, _)| known == *key)))
            .collect();
        let mut columns: Vec<String> = Vec::new();
        for (key, definition) in ended {
            if definition.get("type").is_some() {
                columns.push(key.clone());
            }
            let pointing = text(definition, "relType") == Some("BelongsTo");
            let Some(column) = text(definition, "foreignKey").filter(|_| pointing) else {
                continue;
            };
            let generated =
                fields(schema).any(|(known, field)| known == column && is_generated(field));
            let used = fields(schema).any(|(_, field)| text(field, "foreignKey") == Some(column));
            if generated && !used {
                columns.push(column.to_owned());
                if let Some(all) = schema.get_mut("fields").and_then(Json::as_object_mut) {
                    all.shift_remove(column);
                }
            }
        }
        for document in self.documents.values_mut() {
            let Some(all) = document.get_mut("fields").and_then(Json::as_object_mut) else {
                continue;
            };
            all.retain(|_, field| {
                let back = matches!(text(field, "relType"), Some("HasMany" | "HasOne"));
                let gone = text(field, "foreignKey")
                    .is_some_and(|key| columns.iter().any(|column| column == key));
                !(back && gone && text(field, "target") == Some(name))
            });
        }
    }

    /// Ends a collection, the junctions that were made for it, and the relations that lead to
    /// either (D-29).
    pub(crate) fn delete(&mut self, name: &str) -> Result<()> {
        self.document(name)?;
        if catalog::system_document(name).is_some() {
            return Err(Error::new(
                Code::Forbidden,
                format!("`{name}` is a system collection and cannot be deleted"),
            ));
        }
        let mut gone: HashSet<String> = HashSet::from([name.to_owned()]);
        for (junction, document) in &self.documents {
            let held = fields(document).any(|(_, field)| {
                text(field, "relType") == Some("BelongsTo")
                    && text(field, "target") == Some(name)
                    && field.get("constraints") != Some(&Json::Bool(false))
            });
            if held && document.get("isJunction") == Some(&Json::Bool(true)) {
                gone.insert(junction.clone());
            }
        }
        for junction in self.polymorphic_junctions(name) {
            if !gone.contains(&junction) {
                // Rows that lead to the ended collection lead nowhere now. The name was checked
                // when the collection was made, so it needs no quoting beyond this.
                let text = format!("DELETE FROM \"{junction}\" WHERE \"collection\" = '{name}'");
                self.after.push(Statement { text: Arc::from(text), binds: Vec::new() });
            }
        }
        self.documents.retain(|known, _| !gone.contains(known));
        for table in &gone {
            let text =
                format!("DELETE FROM \"baasix_Permission\" WHERE \"collection\" = '{table}'");
            self.after.push(Statement { text: Arc::from(text), binds: Vec::new() });
        }
        let names: Vec<String> = self.documents.keys().cloned().collect();
        for known in names {
            let dangling: Vec<String> = fields(&self.documents[&known])
                .filter(|(_, field)| {
                    field.get("relType").is_some()
                        && ["target", "through"]
                            .iter()
                            .any(|key| text(field, key).is_some_and(|t| gone.contains(t)))
                })
                .map(|(key, _)| key.clone())
                .collect();
            for key in dangling {
                self.remove_relation_field(&known, &key)?;
            }
            for (_, field) in self.fields_of(&known)?.iter_mut() {
                if let Some(tables) = field.get_mut("tables").and_then(Json::as_array_mut) {
                    tables.retain(|table| table.as_str() != Some(name));
                }
            }
        }
        Ok(())
    }

    /// Ends the field of a relation, and its column where it was made for it and nothing else uses
    /// it.
    pub(crate) fn remove_relation_field(&mut self, collection: &str, key: &str) -> Result<()> {
        let definitions = self.fields_of(collection)?;
        let Some(definition) = definitions.get(key).cloned() else { return Ok(()) };
        let typed = definition.get("type").is_some();
        if typed {
            // The relation was said on the column itself: the column stays.
            if let Some(field) = definitions.get_mut(key).and_then(Json::as_object_mut) {
                for word in
                    ["relType", "target", "foreignKey", "targetKey", "as", "onDelete", "onUpdate"]
                {
                    field.shift_remove(word);
                }
            }
        } else {
            definitions.shift_remove(key);
        }
        let Some(column) = text(&definition, "foreignKey")
            .filter(|_| text(&definition, "relType") == Some("BelongsTo"))
        else {
            return Ok(());
        };
        let generated = definitions.get(column).is_some_and(is_generated);
        let used = definitions.values().any(|field| text(field, "foreignKey") == Some(column));
        if generated && !used && column != key {
            let column = column.to_owned();
            definitions.shift_remove(&column);
            let document = self.document(collection)?;
            if let Some(indexes) = document.get_mut("indexes").and_then(Json::as_array_mut) {
                indexes.retain(|index| {
                    !index["fields"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .any(|field| field.as_str() == Some(&column))
                });
            }
        }
        Ok(())
    }
}
