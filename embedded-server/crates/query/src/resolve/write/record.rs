//! One record: its columns from the body, defaults and stamps.

use super::{Spot, Writer};
use crate::coerce::coerce;
use crate::resolve::names::unknown_field;
use crate::validate::validate;
use crate::{Assigned, Cond, Step};
use base::{Code, Detail, Error, Result, Value, nearest, short_id, uuid_v4};
use catalog::{Collection, DefaultValue, Field, FieldKind, Relation, RelationKind, Rule};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// What stands at the place of a key in an address and is none.
const NO_KEYS: [&str; 6] = [".", "..", "bulk", "export", "import-csv", "import-json"];

/// Columns and what they are set to.
pub(super) type Columns = IndexMap<String, Assigned>;

/// Which record is changed, and what is set besides its body.
pub(super) struct Deed {
    pub(super) key: Value,
    pub(super) expect: IndexMap<String, Value>,
    /// Foreign keys that tie it to its parent.
    pub(super) link: Columns,
}

/// What a body does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Create,
    Update,
}

/// A body sorted into columns and nested records.
struct Sorted<'b> {
    columns: Columns,
    /// Columns that were named but hold a refused value; they are not missing.
    refused: Vec<String>,
    nested: Vec<(Relation, &'b Json)>,
}

/// The record that nested ones hang on.
pub(super) struct Parent<'a> {
    pub(super) collection: &'a Arc<Collection>,
    pub(super) step: usize,
    pub(super) columns: &'a Columns,
    /// It existed before: lists replace what was linked.
    pub(super) existed: bool,
}

impl Writer<'_> {
    /// One new record with everything nested in it. `link` are foreign keys set by its parent;
    /// they win over the body.
    pub(super) fn insert(
        &mut self,
        collection: &Arc<Collection>,
        body: &Map<String, Json>,
        link: Columns,
        spot: &Spot,
    ) -> Result<usize> {
        let mut sorted = self.sorted(collection, body, spot, Act::Create)?;
        self.addressable(collection, &sorted.columns, spot);
        let mut named = self.named_keys(collection, &sorted.columns, true);
        self.point(collection, &mut sorted, spot)?;
        named.extend(self.named_keys(collection, &sorted.columns, false));
        sorted.columns.extend(link);
        self.stamp_creation(collection, &mut sorted.columns);
        let columns = self.complete(collection, &sorted, spot)?;
        self.made_here(collection, &columns);
        self.pointing(collection, &named, &columns, None, spot);
        // Only nested records need to look at their parent's columns again.
        let known = if sorted.nested.is_empty() { Columns::new() } else { columns.clone() };
        let step = self.push(Step::Insert {
            collection: Arc::clone(collection),
            values: columns,
            check: Cond::Always,
            through: spot.through.clone(),
            index: spot.index,
        });
        let parent = Parent { collection, step, columns: &known, existed: false };
        for (relation, json) in &sorted.nested {
            self.hang(&parent, relation, json, spot)?;
        }
        Ok(step)
    }

    /// A record stands at `/items/<collection>/<key>`, so its key must not be nothing, a step in a
    /// path, or a word that means something else there.
    fn addressable(&mut self, collection: &Collection, columns: &Columns, spot: &Spot) {
        let Some(Assigned::Value(Value::Text(key))) = columns.get(&collection.primary_key) else {
            return;
        };
        let why = match key.as_str() {
            "" => String::from("A key must not be empty: the record could not be addressed"),
            word if NO_KEYS.contains(&word) => {
                format!("`{word}` cannot be a key: it means something else in an address")
            }
            _ => return,
        };
        let at = spot.field(&collection.primary_key);
        self.findings.values.push(Detail {
            value: Some(Json::from(key.as_str()).to_string()),
            ..Detail::field("key", at, why).at_index(spot.index)
        });
    }

    /// Changes to one record with everything nested in it.
    pub(super) fn update(
        &mut self,
        collection: &Arc<Collection>,
        deed: Deed,
        body: &Map<String, Json>,
        spot: &Spot,
    ) -> Result<usize> {
        let mut sorted = self.sorted(collection, body, spot, Act::Update)?;
        let mut named = self.named_keys(collection, &sorted.columns, true);
        self.keep_key(collection, &mut sorted, &deed.key, spot);
        self.point(collection, &mut sorted, spot)?;
        named.extend(self.named_keys(collection, &sorted.columns, false));
        let deleting = self.keep_mark(collection, &mut sorted.columns);
        sorted.columns.extend(deed.link);
        if !body.is_empty() || !sorted.columns.is_empty() {
            self.stamp_update(collection, &mut sorted.columns);
        }
        for (name, assigned) in &sorted.columns {
            let required = collection.fields.get(name).is_some_and(|field| !field.nullable);
            if required && *assigned == Assigned::Value(Value::Null) {
                self.missing(name, spot);
            }
        }
        let columns = in_order(collection, &sorted.columns);
        self.pointing(collection, &named, &columns, Some(&deed.key), spot);
        let step = self.push(Step::Update {
            collection: Arc::clone(collection),
            filter: Cond::Always,
            key: Some(Assigned::Value(deed.key.clone())),
            values: columns.clone(),
            one: true,
            expect: deed.expect,
            check: Cond::Always,
            spares: Cond::Never,
            through: spot.through.clone(),
            index: spot.index,
            deleting,
        });
        let mut known = columns;
        known.insert(collection.primary_key.clone(), Assigned::Value(deed.key));
        let parent = Parent { collection, step, columns: &known, existed: true };
        for (relation, json) in &sorted.nested {
            self.hang(&parent, relation, json, spot)?;
        }
        Ok(step)
    }

    /// Sorts a body into columns and nested records; refuses or drops unknown keys.
    fn sorted<'b>(
        &mut self,
        collection: &Arc<Collection>,
        body: &'b Map<String, Json>,
        spot: &Spot,
        act: Act,
    ) -> Result<Sorted<'b>> {
        let mut sorted =
            Sorted { columns: Columns::new(), refused: Vec::new(), nested: Vec::new() };
        for (name, json) in body {
            if let Some(field) = collection.called(name) {
                self.column(field, name, json, spot, &mut sorted);
            } else if let Some(relation) = collection.relation(name) {
                sorted.nested.push((relation.clone(), json));
            } else {
                self.unknown(collection, name, spot, act)?;
            }
        }
        Ok(sorted)
    }

    fn column(
        &mut self,
        field: &Field,
        asked: &str,
        json: &Json,
        spot: &Spot,
        sorted: &mut Sorted<'_>,
    ) {
        // Computed columns are never written; sending them back as they were read is no fault.
        if field.read_only {
            return;
        }
        // A form without a key yet sends it as null.
        if field.primary_key && json.is_null() {
            return;
        }
        match coerce(&field.kind, json) {
            Ok(value) => {
                for broken in validate(field, json, &value) {
                    let at = spot.field(asked);
                    self.findings.values.push(Detail {
                        value: (!field.hidden).then(|| json.to_string()),
                        ..Detail::field(broken.rule, at, broken.message).at_index(spot.index)
                    });
                }
                let value = Assigned::Value(value);
                let before = sorted.columns.insert(field.name.clone(), value.clone());
                if before.is_some_and(|before| before != value) {
                    let why =
                        format!("`{asked}` is `{}`, which has another value here", field.name);
                    let detail = Detail::field("twice", spot.field(asked), why);
                    self.findings.values.push(detail.at_index(spot.index));
                }
            }
            Err(why) => {
                let whole = matches!(field.kind, FieldKind::Integer | FieldKind::BigInt)
                    && field.rules.contains(&Rule::IsInt);
                let rule = if whole { "isInt" } else { "type" };
                self.findings.values.push(Detail {
                    value: (!field.hidden).then(|| json.to_string()),
                    ..Detail::field(rule, spot.field(asked), why).at_index(spot.index)
                });
                sorted.refused.push(field.name.clone());
            }
        }
    }

    fn unknown(
        &mut self,
        collection: &Collection,
        name: &str,
        spot: &Spot,
        act: Act,
    ) -> Result<()> {
        let at = spot.field(name);
        if self.strict {
            let error = unknown_field(collection, name, &at);
            let detail = Detail {
                nearest: nearest(name, collection.visible_names()).map(str::to_owned),
                ..Detail::field(error.code().as_str(), at, error.message())
            };
            return Err(error.detail(detail.at_index(spot.index)));
        }
        if self.context.administrator {
            let nearest = nearest(name, collection.visible_names()).map(str::to_owned);
            let message = format!("`{}` has no field `{name}`; it was left out", collection.name);
            let detail = Detail::field(Code::UnknownField.as_str(), at, message);
            self.plan.warnings.push(Detail { nearest, ..detail.at_index(spot.index) });
            return Ok(());
        }
        let verb = match act {
            Act::Create => "create",
            Act::Update => "update",
        };
        let path: Vec<&str> =
            spot.through.iter().map(String::as_str).chain(std::iter::once(name)).collect();
        let message = format!("You don't have permission to {verb} field: {}", path.join("."));
        let detail = Detail::field(Code::FieldForbidden.as_str(), at, message.clone());
        Err(Error::new(Code::FieldForbidden, message).detail(detail.at_index(spot.index)))
    }

    /// Lays out the records this one points to and sets its foreign keys.
    fn point(
        &mut self,
        collection: &Arc<Collection>,
        sorted: &mut Sorted<'_>,
        spot: &Spot,
    ) -> Result<()> {
        let mut behind = Vec::with_capacity(sorted.nested.len());
        for (relation, json) in std::mem::take(&mut sorted.nested) {
            if matches!(relation.kind, RelationKind::ToOne { .. }) {
                match self.pointed(collection, &relation, json, spot)? {
                    Some(columns) => {
                        self.contradicted(&relation, &columns, sorted, spot);
                        sorted.columns.extend(columns);
                    }
                    None => {
                        if let RelationKind::ToOne { column, .. } = &relation.kind {
                            sorted.refused.push(column.clone());
                        }
                    }
                }
            } else {
                behind.push((relation, json));
            }
        }
        sorted.nested = behind;
        Ok(())
    }

    /// A relation and the column behind it may both stand in a body, as a record that was read does
    /// when it is sent back. If they say different things, neither is what was meant for certain.
    fn contradicted(
        &mut self,
        relation: &Relation,
        columns: &Columns,
        sorted: &Sorted<'_>,
        spot: &Spot,
    ) {
        let null = Assigned::Value(Value::Null);
        for (column, tied) in columns {
            let Some(said) = sorted.columns.get(column).filter(|said| *said != tied) else {
                continue;
            };
            // A form of a new record sends null for what nobody has filled in.
            if *said == null && self.root.1 {
                continue;
            }
            let name = relation.name.as_str();
            for (one, other) in [(name, column.as_str()), (column.as_str(), name)] {
                let why =
                    format!("Contradicts `{other}`, which says another value; send one of them");
                let code = Code::RelationInvalid.as_str();
                let detail = Detail::field(code, spot.field(one), why).at_index(spot.index);
                self.findings.relations.push(detail);
            }
        }
    }

    /// A record keeps its key: the same one in the body is no change, another is refused.
    fn keep_key(
        &mut self,
        collection: &Collection,
        sorted: &mut Sorted<'_>,
        key: &Value,
        spot: &Spot,
    ) {
        let name = &collection.primary_key;
        match sorted.columns.shift_remove(name) {
            Some(Assigned::Value(given)) if given != *key => {
                let message = "The key of a record cannot be changed";
                let detail = Detail::field("primaryKey", spot.field(name), message);
                self.findings.values.push(detail.at_index(spot.index));
            }
            Some(_) | None => {}
        }
    }

    /// `deletedAt` beside other fields: an instant marks the record, null says nothing.
    fn keep_mark(&self, collection: &Collection, columns: &mut Columns) -> Option<bool> {
        if !collection.paranoid {
            return None;
        }
        match columns.get("deletedAt") {
            Some(Assigned::Value(Value::Null)) => {
                columns.shift_remove("deletedAt");
                None
            }
            Some(_) => {
                self.stamp_deletion(collection, true, columns);
                Some(true)
            }
            None => None,
        }
    }

    fn stamp_creation(&self, collection: &Collection, columns: &mut Columns) {
        if collection.timestamps {
            for name in ["createdAt", "updatedAt"] {
                if collection.fields.contains_key(name) && !columns.contains_key(name) {
                    columns.insert(name.to_owned(), self.now());
                }
            }
        }
        if collection.usertrack {
            // Who made a record is not for a role to say.
            if !self.context.administrator {
                columns.shift_remove("userCreated_Id");
                columns.shift_remove("userUpdated_Id");
            }
            if let Some(user) = self.user(collection, "userCreated_Id")
                && !columns.contains_key("userCreated_Id")
            {
                columns.insert(String::from("userCreated_Id"), user);
            }
        }
        if collection.sort_enabled
            && collection.fields.contains_key("sort")
            && !columns.contains_key("sort")
        {
            columns.insert(String::from("sort"), Assigned::NextSort);
        }
    }

    pub(super) fn stamp_update(&self, collection: &Collection, columns: &mut Columns) {
        if collection.timestamps && collection.fields.contains_key("updatedAt") {
            columns.insert(String::from("updatedAt"), self.now());
        }
        if collection.usertrack {
            if !self.context.administrator {
                columns.shift_remove("userCreated_Id");
                columns.shift_remove("userUpdated_Id");
            }
            if let Some(user) = self.user(collection, "userUpdated_Id") {
                columns.insert(String::from("userUpdated_Id"), user);
            }
        }
    }

    pub(super) fn stamp_deletion(
        &self,
        collection: &Collection,
        deleting: bool,
        columns: &mut Columns,
    ) {
        if !collection.fields.contains_key("userDeleted_Id") {
            return;
        }
        let user = self.user(collection, "userDeleted_Id").filter(|_| deleting);
        let user = user.unwrap_or(Assigned::Value(Value::Null));
        columns.insert(String::from("userDeleted_Id"), user);
    }

    pub(super) fn now(&self) -> Assigned {
        Assigned::Value(Value::text(self.now.as_str()))
    }

    /// The signed-in user in the type of a column of the collection.
    fn user(&self, collection: &Collection, column: &str) -> Option<Assigned> {
        let field = collection.fields.get(column)?;
        let user = self.context.words.user.clone()?;
        coerce(&field.kind, &Json::String(user)).ok().map(Assigned::Value)
    }

    /// Every column of a new record: what was given, else its default. Reports required ones
    /// that have neither.
    fn complete(
        &mut self,
        collection: &Collection,
        sorted: &Sorted<'_>,
        spot: &Spot,
    ) -> Result<Columns> {
        let mut columns = Columns::with_capacity(collection.fields.len());
        for field in collection.fields.values() {
            let given = sorted.columns.get(&field.name).cloned();
            let assigned = match given {
                Some(assigned) => Some(assigned),
                None if sorted.refused.contains(&field.name) => continue,
                None => self.default_of(field, spot)?,
            };
            match assigned {
                None | Some(Assigned::Value(Value::Null))
                    if !field.nullable && !field.read_only =>
                {
                    self.missing(&field.name, spot);
                }
                Some(assigned) => {
                    columns.insert(field.name.clone(), assigned);
                }
                None => {}
            }
        }
        Ok(columns)
    }

    fn missing(&mut self, name: &str, spot: &Spot) {
        let code = Code::RequiredFieldMissing.as_str();
        let detail = Detail::field(code, spot.field(name), "Field is required");
        self.findings.missing.push(detail.at_index(spot.index));
    }

    fn default_of(&mut self, field: &Field, spot: &Spot) -> Result<Option<Assigned>> {
        let word = |text: &Option<String>| text.clone().map_or(Json::Null, Json::String);
        let json = match &field.default {
            None => return Ok(None),
            Some(DefaultValue::AutoIncrement) => return Ok(Some(Assigned::NextNumber)),
            Some(DefaultValue::Sql(expression)) => {
                return Ok(Some(Assigned::Sql(expression.clone())));
            }
            Some(DefaultValue::Literal(json)) => json.clone(),
            Some(DefaultValue::UuidV4) => Json::String(uuid_v4()?),
            Some(DefaultValue::Suid) => Json::String(short_id()?),
            Some(DefaultValue::Now) => Json::String(self.now.clone()),
            Some(DefaultValue::CurrentUser) => word(&self.context.words.user),
            Some(DefaultValue::CurrentTenant) => word(&self.context.words.tenant),
        };
        match coerce(&field.kind, &json) {
            Ok(value) => Ok(Some(Assigned::Value(value))),
            Err(why) => {
                let why = format!("The default does not fit: {why}");
                let detail = Detail::field("defaultValue", spot.field(&field.name), why);
                self.findings.values.push(detail.at_index(spot.index));
                Ok(None)
            }
        }
    }
}

/// The same columns in the collection's order, so that equal shapes share one statement.
pub(super) fn in_order(collection: &Collection, columns: &Columns) -> Columns {
    let found = collection.fields.keys();
    found.filter_map(|name| Some((name.clone(), columns.get(name)?.clone()))).collect()
}
