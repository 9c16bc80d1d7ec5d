//! The collections as TypeScript text, laid out as prettier would (100 columns, single quotes), so
//! that a project that formats its sources does not change it. The same catalog gives the same
//! bytes.

use super::naming::Naming;
use catalog::{Catalog, Collection, Element, Field, FieldKind, Relation, Rule};
use engine::Numbers;
use serde_json::Value as Json;
use std::sync::Arc;

/// Columns of a line.
const WIDTH: usize = 100;

const HEAD: &str = "// Written by `plinth generate` from the collections of the project. \
                    Do not edit by hand.\n";

const IMPORT: &str = "\nimport { createBaasix, type Plinth, type PlinthOptions } \
                      from '@plinth/sdk';\n";

const CLIENT: &str = "
/** A client that knows the collections of the project. */
export type TypedBaasix = Plinth<BaasixCollections>;

/** Makes a client that knows the collections of the project. */
export function createTypedBaasix(options: PlinthOptions): TypedBaasix {
  return createBaasix<BaasixCollections>(options);
}
";

/// What the columns of geometries hold; a project need not install the types of GeoJSON for it.
const GEOJSON: &str = "
declare namespace GeoJSON {
  type Position = number[];
  type Shape<Type extends string, Coordinates> = { type: Type; coordinates: Coordinates };
  type Geometry =
    | Shape<'Point', Position>
    | Shape<'MultiPoint', Position[]>
    | Shape<'LineString', Position[]>
    | Shape<'MultiLineString', Position[][]>
    | Shape<'Polygon', Position[][]>
    | Shape<'MultiPolygon', Position[][][]>
    | { type: 'GeometryCollection'; geometries: Geometry[] };
}
";

/// The types alone.
pub(super) fn types(catalog: &Catalog, numbers: Numbers) -> String {
    format!("{HEAD}{}", Writer::new(catalog, numbers).all())
}

/// The types and a function that makes a client of them.
pub(super) fn sdk_types(catalog: &Catalog, numbers: Numbers) -> String {
    format!("{HEAD}{IMPORT}{}{CLIENT}", Writer::new(catalog, numbers).all())
}

struct Writer {
    /// Collections of the system that others point at, by name; they have no relations here.
    system: Vec<Arc<Collection>>,
    /// The project's own, by name.
    own: Vec<Arc<Collection>>,
    naming: Naming,
    /// How the client gets decimals and large integers.
    numbers: Numbers,
}

impl Writer {
    fn new(catalog: &Catalog, numbers: Numbers) -> Self {
        let sorted = |keep: &dyn Fn(&Collection) -> bool| {
            let kept = catalog.collections.values().filter(|one| keep(one));
            let mut kept: Vec<Arc<Collection>> = kept.map(Arc::clone).collect();
            kept.sort_by(|a, b| a.name.cmp(&b.name));
            kept
        };
        let own = sorted(&|one| !one.system);
        let targets: Vec<&str> = own
            .iter()
            .flat_map(|one| one.relations.values())
            .map(|relation| relation.target.as_str())
            .collect();
        let system = sorted(&|one| one.system && targets.contains(&one.name.as_str()));
        let naming = Naming::of(system.iter().chain(&own).map(|one| one.name.as_str()));
        Self { system, own, naming, numbers }
    }

    fn collections(&self) -> impl Iterator<Item = &Arc<Collection>> {
        self.system.iter().chain(&self.own)
    }

    fn all(&self) -> String {
        let mut text = String::new();
        let geometry = |one: &Arc<Collection>| {
            one.fields
                .values()
                .any(|field| !field.hidden && matches!(field.kind, FieldKind::Geo(_)))
        };
        if self.collections().any(geometry) {
            text.push_str(GEOJSON);
        }
        for collection in self.collections() {
            text.push_str(&self.collection(collection));
        }
        let names: Vec<String> = self.collections().map(|one| quoted(&one.name)).collect();
        text.push_str("\n/** The names of the collections. */\n");
        text.push_str(&alias("CollectionName", &names));
        text.push_str("\n/** The items of each collection. */\n");
        let mut lines = String::new();
        for collection in self.collections() {
            if let Some(name) = self.naming.of_collection(&collection.name) {
                lines.push_str(&format!("  {}: {name};\n", collection.name));
            }
        }
        text.push_str(&interface("CollectionTypeMap", &lines));
        text.push_str(
            "\n/** The collections of a client: `createBaasix<BaasixCollections>(…)`. */\n",
        );
        text.push_str("export type BaasixCollections = CollectionTypeMap;\n");
        text
    }

    /// One collection as an interface, and the word for one of its items.
    fn collection(&self, collection: &Collection) -> String {
        let Some(name) = self.naming.of_collection(&collection.name) else { return String::new() };
        let mut lines = String::new();
        let declared = collection.document.get("fields").and_then(Json::as_object);
        for (key, definition) in declared.into_iter().flatten() {
            if let Some(field) = collection.fields.get(key).filter(|field| !field.hidden) {
                lines.push_str(&self.column(field, definition));
            }
            if collection.system {
                continue;
            }
            for relation in collection.relations.values().filter(|one| one.declared_by == *key) {
                lines.push_str(&self.relation(relation, definition));
            }
        }
        let mut text = format!("\n/** An item of `{}`. */\n", collection.name);
        text.push_str(&interface(name, &lines));
        if let Some(one) = self.naming.singular_of(&collection.name) {
            text.push_str(&format!("\nexport type {one} = {name};\n"));
        }
        text
    }

    fn column(&self, field: &Field, definition: &Json) -> String {
        let mut members = self.members(&field.kind);
        // Times that the server keeps are always there.
        let kept = field.generated && matches!(field.name.as_str(), "createdAt" | "updatedAt");
        if field.nullable && !kept {
            members.push(String::from("null"));
        }
        let mark = if field.nullable { "?" } else { "" };
        let remark = remark(definition, &tags(field));
        format!("{remark}{}", property(&format!("{}{mark}", field.name), &members))
    }

    /// Relations are there when they are asked for, and may lead nowhere.
    fn relation(&self, relation: &Relation, definition: &Json) -> String {
        let Some(target) = self.naming.of_collection(&relation.target) else {
            return String::new();
        };
        let list = if relation.is_many() { "[]" } else { "" };
        let members = [format!("{target}{list}"), String::from("null")];
        // What is said of a column that is a relation too stands at the column.
        let said = if definition.get("type").is_some() { &Json::Null } else { definition };
        format!("{}{}", remark(said, &[]), property(&format!("{}?", relation.name), &members))
    }

    /// The members of the union that a value of this kind is.
    fn members(&self, kind: &FieldKind) -> Vec<String> {
        let exact = self.numbers == Numbers::Strings;
        let word = match kind {
            FieldKind::Enum { values } if !values.is_empty() => {
                return values.iter().map(|word| quoted(word)).collect();
            }
            FieldKind::BigInt if exact => "string",
            FieldKind::Decimal { .. } if self.numbers != Numbers::Tokens => "string",
            FieldKind::Integer
            | FieldKind::BigInt
            | FieldKind::Decimal { .. }
            | FieldKind::Real
            | FieldKind::Double => "number",
            FieldKind::Boolean => "boolean",
            FieldKind::String { .. }
            | FieldKind::Text
            | FieldKind::Html
            | FieldKind::CiText
            | FieldKind::Date
            | FieldKind::DateTime
            | FieldKind::DateTimeNoTz
            | FieldKind::Time
            | FieldKind::TimeNoTz
            | FieldKind::Uuid
            | FieldKind::Suid
            | FieldKind::Token
            | FieldKind::Enum { .. }
            | FieldKind::Binary => "string",
            FieldKind::Json { .. } => "Record<string, unknown>",
            FieldKind::Array(Element::Decimal) if exact => "(number | string)[]",
            FieldKind::Array(Element::Integer | Element::Double | Element::Decimal) => "number[]",
            FieldKind::Array(Element::Boolean) => "boolean[]",
            FieldKind::Array(
                Element::String
                | Element::DateTime
                | Element::DateTimeNoTz
                | Element::Date
                | Element::Time
                | Element::TimeNoTz
                | Element::Uuid,
            ) => "string[]",
            FieldKind::Geo(_) => "GeoJSON.Geometry",
            FieldKind::Range(_) => "unknown",
        };
        vec![word.to_owned()]
    }
}

/// What a value must obey, for readers of the type.
fn tags(field: &Field) -> Vec<String> {
    let mut tags = Vec::new();
    match &field.kind {
        FieldKind::String { length: Some(length) } => tags.push(format!("@maxLength {length}")),
        FieldKind::Decimal { precision: Some(precision), scale } => {
            tags.push(format!("@precision {precision},{}", scale.unwrap_or_default()));
        }
        _ => {}
    }
    for rule in &field.rules {
        tags.push(match rule {
            Rule::Min(bound) => format!("@min {bound}"),
            Rule::Max(bound) => format!("@max {bound}"),
            Rule::Len(least, most) => format!("@length {least}-{most}"),
            Rule::IsEmail => String::from("@format email"),
            Rule::IsUrl => String::from("@format url"),
            Rule::IsIp => String::from("@format ip"),
            Rule::IsUuid => String::from("@format uuid"),
            Rule::Pattern(pattern) => format!("@pattern {pattern}"),
            Rule::IsInt | Rule::NotEmpty => continue,
        });
    }
    tags
}

/// The comment above a property: what is said of it, and its tags.
fn remark(definition: &Json, tags: &[String]) -> String {
    let said = ["description", "comment"]
        .into_iter()
        .find_map(|key| definition.get(key).and_then(Json::as_str))
        .map(str::trim)
        .filter(|text| !text.is_empty());
    // One line each, and no end of the comment inside it.
    let line = |text: &str| {
        let words: Vec<&str> = text.split(['\n', '\r', '\u{2028}', '\u{2029}']).collect();
        words.join(" ").replace("*/", "*\\/")
    };
    let lines: Vec<String> =
        said.into_iter().chain(tags.iter().map(String::as_str)).map(line).collect();
    match lines.as_slice() {
        [] => String::new(),
        [one] => format!("  /** {one} */\n"),
        several => {
            let body: String = several.iter().map(|line| format!("   * {line}\n")).collect();
            format!("  /**\n{body}   */\n")
        }
    }
}

/// `  name: a | b;`, one member a line where it is too long.
fn property(name: &str, members: &[String]) -> String {
    let line = format!("  {name}: {};\n", members.join(" | "));
    // The sign that ends the line does not count.
    if line.chars().count() <= WIDTH + 1 || members.len() < 2 {
        return line;
    }
    let each: String = members.iter().map(|member| format!("\n    | {member}")).collect();
    format!("  {name}:{each};\n")
}

/// `export type Name = 'a' | 'b';`, one member a line where it is too long.
fn alias(name: &str, members: &[String]) -> String {
    if members.is_empty() {
        return format!("export type {name} = never;\n");
    }
    let line = format!("export type {name} = {};\n", members.join(" | "));
    if line.chars().count() <= WIDTH + 1 || members.len() < 2 {
        return line;
    }
    let each: String = members.iter().map(|member| format!("\n  | {member}")).collect();
    format!("export type {name} ={each};\n")
}

fn interface(name: &str, lines: &str) -> String {
    match lines.is_empty() {
        true => format!("export interface {name} {{}}\n"),
        false => format!("export interface {name} {{\n{lines}}}\n"),
    }
}

/// A string literal, in the quotes that need fewer escapes.
fn quoted(text: &str) -> String {
    let count = |sign: char| text.chars().filter(|one| *one == sign).count();
    let quote = if count('\'') > count('"') { '"' } else { '\'' };
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push(quote);
    for sign in text.chars() {
        match sign {
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                literal.push_str(&format!("\\u{:04x}", u32::from(sign)));
            }
            sign if sign == quote => {
                literal.push('\\');
                literal.push(sign);
            }
            sign => literal.push(sign),
        }
    }
    literal.push(quote);
    literal
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
