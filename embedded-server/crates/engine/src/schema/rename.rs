//! Names that change: everything that names a field or a collection follows.

use super::documents::history_renamed;
use super::draft::{Draft, fields, text};
use super::stored::statement;
use base::{Code, Error, Result, Value};
use indexmap::IndexMap;
use serde_json::Value as Json;
use sql::Dialect;

impl Draft {
    /// Fields that keep their id under another name are followed by the indexes and relations
    /// that name them, here and elsewhere.
    pub(super) fn follow_field_renames(&mut self, name: &str, previous: &Json, schema: &mut Json) {
        let renamed: Vec<(String, String)> = fields(schema)
            .filter_map(|(key, definition)| {
                let id = text(definition, "fieldId")?;
                let (old, _) =
                    fields(previous).find(|(_, old)| text(old, "fieldId") == Some(id))?;
                (old != key).then(|| (old.clone(), key.clone()))
            })
            .collect();
        if renamed.is_empty() {
            return;
        }
        let to =
            |word: &str| renamed.iter().find(|(old, _)| old == word).map(|(_, new)| new.clone());
        // A name that is given on at once: only what stood before means the field that had it.
        let taken: Vec<String> = renamed
            .iter()
            .filter(|(old, _)| fields(schema).any(|(key, _)| key == old))
            .map(|(old, _)| old.clone())
            .collect();
        let to_free = |word: &str| to(word).filter(|_| !taken.iter().any(|name| name == word));
        let Some(top) = schema.as_object_mut() else { return };
        let stood: &[Json] = previous["indexes"].as_array().map_or(&[], Vec::as_slice);
        if !top.contains_key("indexes") && !stood.is_empty() {
            top.insert("indexes".into(), Json::from(stood));
        }
        for index in top.get_mut("indexes").and_then(Json::as_array_mut).into_iter().flatten() {
            let known = stood
                .iter()
                .any(|old| old["name"] == index["name"] && old["fields"] == index["fields"]);
            let listed = index.get_mut("fields").and_then(Json::as_array_mut).into_iter().flatten();
            for field in listed {
                let new =
                    field.as_str().and_then(|word| if known { to(word) } else { to_free(word) });
                if let Some(new) = new {
                    *field = Json::String(new);
                }
            }
        }
        let own = top.get_mut("fields").and_then(Json::as_object_mut).into_iter().flatten();
        for (_, definition) in own {
            // What was written anew speaks of the new names already.
            let id = text(definition, "fieldId").map(str::to_owned);
            let before = fields(previous)
                .find(|(_, old)| id.is_some() && text(old, "fieldId") == id.as_deref())
                .map(|(_, old)| old);
            let stood = |key: &str, now: &str| {
                before.and_then(|before| text(before, key)).is_some_and(|before| before == now)
            };
            if let Some(written) =
                text(definition, "calculated").filter(|now| stood("calculated", now))
            {
                definition["calculated"] = Json::String(with_new_words(written, &to));
            }
            if text(definition, "relType") == Some("BelongsTo") {
                let known =
                    text(definition, "foreignKey").is_some_and(|now| stood("foreignKey", now));
                let follow: &dyn Fn(&str) -> Option<String> = if known { &to } else { &to_free };
                rewrite(definition, "foreignKey", follow);
            }
        }
        for (other, document) in &mut self.documents {
            let definitions =
                document.get_mut("fields").and_then(Json::as_object_mut).into_iter().flatten();
            for (_, definition) in definitions {
                let leads_here = text(definition, "target") == Some(name);
                match text(definition, "relType") {
                    Some("HasMany" | "HasOne") if leads_here => {
                        rewrite(definition, "foreignKey", &to)
                    }
                    Some("BelongsTo") if leads_here => rewrite(definition, "targetKey", &to),
                    Some("BelongsToMany") if text(definition, "through") == Some(name) => {
                        rewrite(definition, "foreignKey", &to);
                        rewrite(definition, "otherKey", &to);
                    }
                    _ => {}
                }
                if other == name && text(definition, "relType") != Some("BelongsTo") {
                    rewrite(definition, "targetKey", &to);
                }
            }
        }
    }

    /// Gives collections other names, each `(now, then)` when its new one is free. Names that
    /// trade places meet under a third one.
    pub(super) fn rename_all(
        &mut self,
        mut names: Vec<(String, &str)>,
        dialect: Dialect,
    ) -> Result<()> {
        while !names.is_empty() {
            let is_free = |(now, then): &(String, &str)| {
                !self.documents.keys().any(|name| name != now && name.eq_ignore_ascii_case(then))
            };
            if let Some(at) = names.iter().position(is_free) {
                let (now, then) = names.remove(at);
                self.rename(&now, then, dialect)?;
                continue;
            }
            // A ring: the first steps aside until its name is free.
            let (now, then) = names.remove(0);
            let ring = names.iter().any(|(other, _)| other.eq_ignore_ascii_case(then));
            let aside = (0..).map(|n| format!("aside_{n}"));
            let aside = aside.into_iter().find(|name| !self.documents.contains_key(name));
            let aside = aside.filter(|_| ring).unwrap_or_else(|| then.to_owned());
            self.rename(&now, &aside, dialect)?;
            names.push((aside, then));
        }
        Ok(())
    }

    /// Gives a collection another name, everywhere it is named.
    pub(crate) fn rename(&mut self, from: &str, to: &str, dialect: Dialect) -> Result<()> {
        if from == to {
            return Ok(());
        }
        if from.starts_with("baasix_") {
            return Err(Error::new(
                Code::Forbidden,
                format!("`{from}` is a system collection and keeps its name"),
            ));
        }
        self.document(from)?;
        let junction = self.documents[from].get("isJunction") == Some(&Json::Bool(true));
        catalog::new_collection_name(to, junction)?;
        if self.documents.keys().any(|known| known != from && known.eq_ignore_ascii_case(to)) {
            return Err(Error::new(
                Code::SchemaExists,
                format!("collection `{to}` exists already"),
            )
            .at("collectionName"));
        }
        let mut documents = IndexMap::new();
        for (name, mut document) in std::mem::take(&mut self.documents) {
            let definitions =
                document.get_mut("fields").and_then(Json::as_object_mut).into_iter().flatten();
            for (_, definition) in definitions {
                let follow = |word: &str| (word == from).then(|| to.to_owned());
                rewrite(definition, "target", &follow);
                rewrite(definition, "through", &follow);
                let tables =
                    definition.get_mut("tables").and_then(Json::as_array_mut).into_iter().flatten();
                for table in tables.filter(|table| table.as_str() == Some(from)) {
                    *table = Json::String(to.to_owned());
                }
            }
            rename_polymorphic_end(&mut document, from, to);
            documents.insert(if name == from { to.to_owned() } else { name }, document);
        }
        self.documents = documents;
        let words = || vec![Value::text(from), Value::text(to)];
        self.after.push(statement(
            dialect,
            r#"UPDATE "baasix_Permission" SET "collection" = ?2 WHERE "collection" = ?1"#,
            r#"UPDATE "baasix_Permission" SET "collection" = $2::text WHERE "collection" = $1::text"#,
            words(),
        ));
        self.after.push(history_renamed(dialect, from, to));
        for junction in self.polymorphic_junctions(to) {
            let table = format!("\"{junction}\"");
            self.after.push(statement(
                dialect,
                &format!(r#"UPDATE {table} SET "collection" = ?2 WHERE "collection" = ?1"#),
                &format!(
                    r#"UPDATE {table} SET "collection" = $2::text WHERE "collection" = $1::text"#
                ),
                words(),
            ));
        }
        Ok(())
    }
}

/// The far ends of an M2A are spoken of by the names of their collections, so they follow.
fn rename_polymorphic_end(document: &mut Json, from: &str, to: &str) {
    let Some(definitions) = document.get_mut("fields").and_then(Json::as_object_mut) else {
        return;
    };
    let is_end = |key: &String, field: &Json| {
        key == from
            && text(field, "target") == Some(to)
            && field.get("constraints") == Some(&Json::Bool(false))
    };
    if definitions.iter().any(|(key, field)| is_end(key, field)) && !definitions.contains_key(to) {
        *definitions = std::mem::take(definitions)
            .into_iter()
            .map(|(key, mut field)| {
                if !is_end(&key, &field) {
                    return (key, field);
                }
                field["as"] = Json::String(to.to_owned());
                (to.to_owned(), field)
            })
            .collect();
    }
}

fn in_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// An expression with its columns by their new names. Texts in it are left alone.
fn with_new_words(expression: &str, to: &dyn Fn(&str) -> Option<String>) -> String {
    let mut written = String::with_capacity(expression.len());
    for (at, part) in expression.split('\'').enumerate() {
        if at > 0 {
            written.push('\'');
        }
        if at % 2 == 1 {
            written.push_str(part);
            continue;
        }
        let mut rest = part;
        while !rest.is_empty() {
            let length = rest.find(|sign| !in_word(sign)).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(length);
            let is_function = behind.trim_start().starts_with('(');
            match to(word).filter(|_| !is_function) {
                Some(new) => written.push_str(&new),
                None => written.push_str(word),
            }
            let gap = behind.find(in_word).unwrap_or(behind.len());
            written.push_str(&behind[..gap]);
            rest = &behind[gap..];
        }
    }
    written
}

/// Whether an expression has this word outside of its texts.
pub(crate) fn names_word(expression: &str, word: &str) -> bool {
    let mut parts = expression.split('\'').step_by(2);
    parts.any(|part| part.split(|sign| !in_word(sign)).any(|found| found == word))
}

fn rewrite(definition: &mut Json, key: &str, to: &dyn Fn(&str) -> Option<String>) {
    if let Some(new) = text(definition, key).and_then(to) {
        definition[key] = Json::String(new);
    }
}

#[cfg(test)]
mod tests {
    use super::{names_word, with_new_words};

    #[test]
    fn columns_of_an_expression_are_renamed_and_nothing_else() {
        let to = |word: &str| (word == "mail").then(|| String::from("email"));
        let of = |text: &str| with_new_words(text, &to);
        assert_eq!(of("lower(mail) || 'mail' || mailbox"), "lower(email) || 'mail' || mailbox");
        assert_eq!(of("mail(mail)"), "mail(email)");
        assert_eq!(of("'it''s mail' || \"mail\""), "'it''s mail' || \"email\"");
        assert!(names_word("lower(mail)", "mail"));
        assert!(!names_word("'mail' || mailbox", "mail"));
    }
}
