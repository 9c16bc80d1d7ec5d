//! Relations by name and kind, and what each adds to its two ends (`spec/data.md` 13.7).

use super::draft::{Draft, fields, text};
use super::no_schema;
use base::{Code, Error, Result, nearest};
use catalog::{fitted, identifier, invalid, relation_name};
use serde_json::{Map, Value as Json, json};

/// Kinds of relation, under the names of the route and of the client's types (D-30), and what each
/// is.
pub const RELATION_WORDS: [(&str, &str); 9] = [
    ("M2O", "M2O"),
    ("BelongsTo", "M2O"),
    ("O2M", "O2M"),
    ("HasMany", "O2M"),
    ("O2O", "O2O"),
    ("HasOne", "O2O"),
    ("M2M", "M2M"),
    ("BelongsToMany", "M2M"),
    ("M2A", "M2A"),
];

/// Keys of the body that say what to build and are not kept in the field.
const BUILDING: [&str; 7] = ["type", "name", "alias", "target", "foreignKey", "through", "tables"];

pub(super) fn missing(what: &str) -> Error {
    Error::new(Code::InvalidBody, format!("the relation does not say its `{what}`")).at(what)
}

/// The kind that a word means.
fn kind_of(body: &Json) -> Result<&'static str> {
    let word = text(body, "type").ok_or_else(|| missing("type"))?;
    RELATION_WORDS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(word))
        .map(|(_, kind)| *kind)
        .ok_or_else(|| {
            invalid("type", format!("unknown relation type `{word}`"))
                .hint("relation types: M2O, O2M, O2O, M2M, M2A")
        })
}

/// What the body says beyond its building words: shown and stored as it came.
pub(super) fn extras(body: &Json) -> Map<String, Json> {
    let kept = |key: &str| !BUILDING.contains(&key) && key != "relType" && key != "as";
    body.as_object()
        .into_iter()
        .flatten()
        .filter(|(key, value)| kept(key) && !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

pub(super) fn relation(kind: &str, target: &str, column: &str, name: &str) -> Map<String, Json> {
    let mut field = Map::new();
    for (key, value) in
        [("relType", kind), ("target", target), ("foreignKey", column), ("as", name)]
    {
        field.insert(key.into(), json!(value));
    }
    field
}

impl Draft {
    pub(super) fn is_free(&mut self, collection: &str, name: &str) -> Result<()> {
        let taken = |(key, field): (&String, &Json)| {
            key.eq_ignore_ascii_case(name) || text(field, "as") == Some(name)
        };
        if fields(self.document(collection)?).any(taken) {
            return Err(Error::new(
                Code::SchemaExists,
                format!("`{collection}` has a field or relation `{name}` already"),
            )
            .at("name"));
        }
        Ok(())
    }

    pub(super) fn known_target(&mut self, name: &str, at: &str) -> Result<()> {
        if self.documents.contains_key(name) {
            return Ok(());
        }
        let error = invalid(at, format!("the target collection `{name}` does not exist"));
        Err(match nearest(name, self.documents.keys().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        })
    }

    /// The primary key's type of a collection, with its options.
    pub(super) fn key_type(&mut self, collection: &str) -> Result<(Json, Option<Json>)> {
        let key = fields(self.document(collection)?)
            .find(|(_, field)| field.get("primaryKey") == Some(&Json::Bool(true)))
            .map(|(_, field)| (field["type"].clone(), field.get("values").cloned()));
        key.ok_or_else(|| Error::internal(format!("`{collection}` has no primary key")))
    }

    /// Puts a definition under a name and lets the document be checked and numbered again.
    pub(super) fn put(
        &mut self,
        collection: &str,
        changes: Vec<(String, Map<String, Json>)>,
    ) -> Result<()> {
        let mut all = self.fields_of(collection)?.clone();
        for (name, definition) in changes {
            all.insert(name, Json::Object(definition));
        }
        self.update(collection, &json!({ "fields": all }))
    }

    /// Makes a relation.
    pub(crate) fn create_relationship(&mut self, source: &str, body: &Json) -> Result<()> {
        let kind = kind_of(body)?;
        let name = text(body, "name").ok_or_else(|| missing("name"))?.to_owned();
        self.document(source)?;
        relation_name(&name, source)?;
        self.is_free(source, &name)?;
        if kind == "M2A" {
            return self.create_m2a(source, &name, body);
        }
        let target = text(body, "target").ok_or_else(|| missing("target"))?.to_owned();
        self.known_target(&target, "target")?;
        let alias = text(body, "alias").map(str::to_owned);
        if let Some(alias) = &alias {
            self.check_alias(alias, &target)?;
            if target == source && *alias == name {
                return Err(invalid(
                    "alias",
                    "a relation of a collection to itself needs two different names",
                ));
            }
        }
        match kind {
            "M2M" => self.create_m2m(source, &name, &target, alias, body),
            "O2M" => self.create_o2m(source, &name, &target, alias, body),
            _ => self.create_pointing(source, &name, &target, (alias, kind == "O2O"), body),
        }
    }

    pub(super) fn check_alias(&mut self, alias: &str, target: &str) -> Result<()> {
        identifier("alias", alias, "alias")?;
        if alias == target {
            return Err(invalid(
                "alias",
                format!("alias `{alias}` is the name of the target collection"),
            ));
        }
        self.is_free(target, alias)
    }

    /// M2O and O2O: this side holds the key.
    fn create_pointing(
        &mut self,
        source: &str,
        name: &str,
        target: &str,
        (alias, one): (Option<String>, bool),
        body: &Json,
    ) -> Result<()> {
        let column =
            text(body, "foreignKey").map_or_else(|| fitted(&format!("{name}_id")), str::to_owned);
        identifier("foreign key", &column, "foreignKey")?;
        if column == name {
            return Err(invalid(
                "foreignKey",
                format!("the column `{column}` has the name of the relation"),
            ));
        }
        let mut definition = relation("BelongsTo", target, &column, name);
        definition.extend(extras(body));
        if one {
            definition.insert("unique".into(), json!(true));
            if let Some(field) = self.fields_of(source)?.get_mut(&column) {
                field["unique"] = json!(true);
            }
        }
        self.put(source, vec![(name.to_owned(), definition)])?;
        if let Some(alias) = alias {
            let back = relation(if one { "HasOne" } else { "HasMany" }, source, &column, &alias);
            self.put(target, vec![(alias, back)])?;
        }
        Ok(())
    }

    /// O2M: the far side holds the key; its column is made when it is not there.
    fn create_o2m(
        &mut self,
        source: &str,
        name: &str,
        target: &str,
        alias: Option<String>,
        body: &Json,
    ) -> Result<()> {
        let column =
            text(body, "foreignKey").map_or_else(|| fitted(&format!("{source}_id")), str::to_owned);
        let there =
            self.fields_of(target)?.get(&column).is_some_and(|field| field.get("type").is_some());
        let pointed = self.fields_of(target)?.values().any(|field| {
            text(field, "relType") == Some("BelongsTo")
                && text(field, "foreignKey") == Some(&column)
        });
        if !there || (alias.is_some() && !pointed) {
            // The far side's own name for it: the alias, else the collection's name if it is free.
            let back = match alias {
                Some(alias) => alias,
                None if self.is_free(target, source).is_ok() => source.to_owned(),
                None => fitted(&format!("{source}_{name}")),
            };
            let mut definition = relation("BelongsTo", source, &column, &back);
            for key in ["onDelete", "onUpdate"] {
                if let Some(action) = body.get(key).filter(|action| !action.is_null()) {
                    definition.insert(key.into(), action.clone());
                }
            }
            self.put(target, vec![(back, definition)])?;
        }
        let mut definition = relation("HasMany", target, &column, name);
        definition.extend(extras(body));
        self.put(source, vec![(name.to_owned(), definition)])
    }

    /// The name of a junction: the asked one, or one made of the names it joins.
    pub(super) fn junction_name(&mut self, body: &Json, parts: &[&str]) -> Result<String> {
        let name = match text(body, "through") {
            Some(name) => name.to_owned(),
            None => fitted(&format!("{}_junction", parts.join("_"))),
        };
        catalog::new_collection_name(&name, true)?;
        if self.documents.contains_key(&name) {
            return Err(Error::new(
                Code::SchemaExists,
                format!("collection `{name}` exists already"),
            )
            .at("through")
            .hint("name another junction in `through`"));
        }
        Ok(name)
    }

    /// A required column towards a collection, and the relation that uses it.
    pub(super) fn junction_end(
        &self,
        target: &str,
        (name, column): (&str, &str),
        body: &Json,
    ) -> [(String, Json); 1] {
        let mut definition = relation("BelongsTo", target, column, name);
        definition.insert("allowNull".into(), json!(false));
        for key in ["onDelete", "onUpdate"] {
            let action = body.get(key).filter(|action| !action.is_null()).cloned();
            // A junction's row without one of its ends means nothing.
            let action = action.filter(|action| {
                action.as_str().is_none_or(|word| !word.eq_ignore_ascii_case("SET NULL"))
            });
            if let Some(action) = action {
                definition.insert(key.into(), action);
            }
        }
        [(name.to_owned(), Json::Object(definition))]
    }

    fn create_m2m(
        &mut self,
        source: &str,
        name: &str,
        target: &str,
        alias: Option<String>,
        body: &Json,
    ) -> Result<()> {
        let junction = self.junction_name(body, &[source, target, name])?;
        let own = source == target;
        let (here, there) = (
            fitted(&format!("{source}_id")),
            fitted(&format!("{target}_id{}", if own { "_2" } else { "" })),
        );
        let far = fitted(&format!("{target}{}", if own { "_2" } else { "" }));
        let mut all = Map::new();
        all.insert("id".into(), json!({"type": "Integer", "primaryKey": true, "defaultValue": {"type": "AUTOINCREMENT"}}));
        all.extend(self.junction_end(source, (source, &here), body));
        all.extend(self.junction_end(target, (&far, &there), body));
        let unique = fitted(&format!("{junction}_unique"));
        let schema = json!({"name": junction, "timestamps": true, "isJunction": true, "fields": all,
            "indexes": [{"name": unique, "fields": [here, there], "unique": true}]});
        self.create_junction(&junction, &schema)?;
        let mut definition = relation("HasMany", &junction, &here, name);
        definition.extend(extras(body));
        self.put(source, vec![(name.to_owned(), definition)])?;
        if let Some(alias) = alias {
            let back = relation("HasMany", &junction, &there, &alias);
            self.put(target, vec![(alias, back)])?;
        }
        Ok(())
    }

    /// Makes a junction. Its columns are added first, so that its indexes can name them.
    pub(super) fn create_junction(&mut self, name: &str, schema: &Json) -> Result<()> {
        let mut schema = schema.clone();
        let mut columns = Map::new();
        for (_, field) in fields(&schema) {
            let (Some(column), Some(target)) = (text(field, "foreignKey"), text(field, "target"))
            else {
                continue;
            };
            if columns.contains_key(column) || schema["fields"].get(column).is_some() {
                continue;
            }
            let (kind, values) = self.key_type(target)?;
            let mut definition = json!({"type": kind, "allowNull": false, "SystemGenerated": true});
            if let Some(values) = values {
                definition["values"] = values;
            }
            columns.insert(column.to_owned(), definition);
        }
        if let Some(all) = schema.get_mut("fields").and_then(Json::as_object_mut) {
            all.extend(columns);
        }
        self.create(name, &schema)
    }

    /// Changes a relation: keys are merged, the far side follows.
    pub(crate) fn update_relationship(
        &mut self,
        source: &str,
        name: &str,
        body: &Json,
    ) -> Result<()> {
        let Some(body_map) = body.as_object() else {
            return Err(Error::new(Code::InvalidBody, "the body must be an object"));
        };
        let key = self.relation_key(source, name)?;
        let mut definition = self.fields_of(source)?[&key].clone();
        if flag_on(&definition, "polymorphic") && body.get("tables").is_some() {
            self.change_tables(source, &key, body)?;
            definition = self.fields_of(source)?[&key].clone();
        }
        let far = text(&definition, "target").unwrap_or_default().to_owned();
        let old_column = text(&definition, "foreignKey").unwrap_or_default().to_owned();
        let junction = self.documents.get(&far).is_some_and(|far| flag_on(far, "isJunction"));
        for (word, value) in body_map {
            let fixed = ["type", "relType", "target", "through", "tables", "alias", "name", "as"]
                .contains(&word.as_str());
            if !fixed {
                definition[word] = value.clone();
            }
        }
        if junction {
            // The foreign keys of an M2M or M2A stand in its junction.
            let actions: Vec<(&str, Json)> = ["onDelete", "onUpdate"]
                .into_iter()
                .filter_map(|word| Some((word, body.get(word)?.clone())))
                .collect();
            for (_, field) in self.fields_of(&far)?.iter_mut() {
                if text(field, "relType") == Some("BelongsTo")
                    && field.get("constraints") != Some(&Json::Bool(false))
                {
                    for (word, action) in &actions {
                        field[*word] = action.clone();
                    }
                }
            }
        }
        let pointing = text(&definition, "relType") == Some("BelongsTo");
        let new_name = text(body, "name").unwrap_or(&key).to_owned();
        if new_name != key {
            relation_name(&new_name, source)?;
            self.is_free(source, &new_name)?;
            definition["as"] = json!(new_name);
        }
        let Json::Object(definition) = definition else { return Ok(()) };
        let new_column =
            definition.get("foreignKey").and_then(Json::as_str).unwrap_or_default().to_owned();
        let all = self.fields_of(source)?;
        if new_name != key {
            all.shift_remove(&key);
        }
        all.insert(new_name.clone(), Json::Object(definition));
        if pointing && new_column != old_column && self.documents.contains_key(&far) {
            for (_, field) in self.fields_of(&far)?.iter_mut() {
                let back = matches!(text(field, "relType"), Some("HasMany" | "HasOne"));
                if back
                    && text(field, "target") == Some(source)
                    && text(field, "foreignKey") == Some(&old_column)
                {
                    field["foreignKey"] = json!(new_column);
                }
            }
        }
        if let Some(alias) = text(body, "alias") {
            self.change_alias(source, &new_name, alias)?;
        }
        // The whole document is read again, so that what was merged is checked.
        let fields = self.fields_of(source)?.clone();
        self.update(source, &json!({ "fields": fields }))
    }

    /// Gives the way back another name, or makes it.
    fn change_alias(&mut self, source: &str, name: &str, alias: &str) -> Result<()> {
        let definition = self.fields_of(source)?[name].clone();
        let (far, column) = (
            text(&definition, "target").unwrap_or_default(),
            text(&definition, "foreignKey").unwrap_or_default(),
        );
        if text(&definition, "relType") != Some("BelongsTo") || !self.documents.contains_key(far) {
            return Err(invalid(
                "alias",
                "only the alias of an M2O or O2O relation can be changed",
            )
            .hint("change the relation of the other collection by its own name"));
        }
        let existing = fields(&self.documents[far])
            .find(|(_, field)| {
                matches!(text(field, "relType"), Some("HasMany" | "HasOne"))
                    && text(field, "target") == Some(source)
                    && text(field, "foreignKey") == Some(column)
            })
            .map(|(key, _)| key.clone());
        if existing.as_deref() == Some(alias) {
            return Ok(());
        }
        self.check_alias(alias, far)?;
        let unique = flag_on(&definition, "unique");
        let mut back = relation(if unique { "HasOne" } else { "HasMany" }, source, column, alias);
        if let Some(old) = existing
            && let Some(Json::Object(kept)) = self.fields_of(far)?.shift_remove(&old)
        {
            for (key, value) in kept {
                back.entry(key).or_insert(value);
            }
        }
        self.put(far, vec![(alias.to_owned(), back)])
    }

    /// Ends a relation, its column and constraint, its way back, and a junction made for it.
    pub(crate) fn delete_relationship(&mut self, source: &str, name: &str) -> Result<()> {
        let key = self.relation_key(source, name)?;
        let own = catalog::system_document(source);
        if own.is_some_and(|own| fields(own).any(|(field, _)| *field == key)) {
            return Err(Error::new(
                Code::Forbidden,
                format!("relation `{name}` belongs to a system collection"),
            ));
        }
        let definition = self.fields_of(source)?[&key].clone();
        let far = text(&definition, "target").unwrap_or_default().to_owned();
        let column = text(&definition, "foreignKey").unwrap_or_default().to_owned();
        let word = text(&definition, "relType").unwrap_or_default().to_owned();
        if word == "HasMany"
            && self.documents.get(&far).is_some_and(|far| flag_on(far, "isJunction"))
        {
            return self.delete(&far);
        }
        if word == "BelongsTo" && self.documents.contains_key(&far) {
            let system = catalog::system_document(&far);
            self.fields_of(&far)?.retain(|field, back| {
                let ours = system.is_some_and(|own| fields(own).any(|(known, _)| known == field));
                ours || !(matches!(text(back, "relType"), Some("HasMany" | "HasOne"))
                    && text(back, "target") == Some(source)
                    && text(back, "foreignKey") == Some(&column))
            });
        }
        self.remove_relation_field(source, &key)
    }

    /// The field that declares a relation, by its key or by its `as`.
    fn relation_key(&mut self, source: &str, name: &str) -> Result<String> {
        if !self.documents.contains_key(source) {
            return Err(no_schema(source, &self.old));
        }
        let relations =
            || fields(&self.documents[source]).filter(|(_, field)| field.get("relType").is_some());
        let found = relations()
            .find(|(key, _)| *key == name)
            .or_else(|| relations().find(|(_, field)| text(field, "as") == Some(name)));
        if let Some((key, _)) = found {
            return Ok(key.clone());
        }
        let error =
            Error::new(Code::NotFound, format!("`{source}` has no relation `{name}`")).at("name");
        Err(match nearest(name, relations().map(|(key, _)| key.as_str())) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        })
    }
}

pub(super) fn flag_on(definition: &Json, key: &str) -> bool {
    definition.get(key) == Some(&Json::Bool(true))
}
