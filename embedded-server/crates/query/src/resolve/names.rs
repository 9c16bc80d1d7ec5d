//! Dotted paths to columns: relation names, then a field.

use super::{Place, Scope, Sight};
use crate::{Cast, Cond, Hop, Ref};
use base::{Code, Error, Result, nearest};
use catalog::{Catalog, Collection, Field, FieldKind, KEY_ALIAS, Relation, RelationKind};
use std::collections::HashSet;
use std::sync::Arc;

/// Most different relation paths that the conditions, or the sort and group keys, of one read may
/// walk. Each is a join and SQLite joins 64 tables; the rest is left to policies.
const WALKS_MAX: usize = 24;

/// Refuses columns that together walk too many different relation paths.
pub(crate) fn bounded_walks<'r>(
    columns: impl IntoIterator<Item = &'r Ref>,
    at: &str,
) -> Result<()> {
    let mut paths: HashSet<String> = HashSet::new();
    for column in columns {
        let mut path = String::new();
        for hop in &column.hops {
            path.push('.');
            path.push_str(&hop.relation.name);
            if !paths.contains(&path) {
                paths.insert(path.clone());
            }
        }
    }
    if paths.len() > WALKS_MAX {
        return Err(Error::new(
            Code::InvalidQuery,
            format!(
                "`{at}` walks {} different relation paths; at most {WALKS_MAX} are allowed",
                paths.len()
            ),
        )
        .at(at));
    }
    Ok(())
}

/// Columns that any collection may be asked for: where a collection does not keep them they are
/// NULL, so that `{deletedAt: {isNull: true}}` holds everywhere.
const TOLERATED: [&str; 3] = ["createdAt", "updatedAt", "deletedAt"];

pub(crate) fn tolerated(name: &str) -> bool {
    TOLERATED.contains(&name)
}

/// What a path leads to.
pub(crate) enum Found {
    /// A field.
    Column(Ref),
    /// A relation and the hops that lead to its collection.
    Relation { hops: Vec<Hop>, relation: Box<Relation>, target: Arc<Collection> },
}

/// Looks names up for one place.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) scope: &'a Scope<'a>,
    pub(crate) place: Place,
    /// What may be named of all that the scope shows, where that depends on the way there.
    sight: Option<&'a dyn Sight>,
    /// The relations between the collection that is read and the one whose names are looked up.
    base: &'a [String],
}

impl<'a> Names<'a> {
    /// Of whatever the scope shows.
    pub(crate) fn new(scope: &'a Scope<'a>, place: Place) -> Self {
        Self { scope, place, sight: None, base: &[] }
    }

    /// Of a request, from the collection that it reads.
    pub(crate) fn asked(scope: &'a Scope<'a>, sight: Option<&'a dyn Sight>) -> Self {
        Self { scope, place: Place::Request, sight, base: &[] }
    }

    /// What may be named from the asker's own record in a collection.
    pub(crate) fn own(&self, collection: &str) -> Option<Box<dyn Sight + '_>> {
        self.sight?.own(collection)
    }

    /// The same with what may be named.
    pub(crate) fn with<'b>(&self, sight: Option<&'b dyn Sight>) -> Names<'b>
    where
        'a: 'b,
    {
        Names { sight, ..*self }
    }

    /// The same behind these relations.
    pub(crate) fn behind<'b>(&self, base: &'b [String]) -> Names<'b>
    where
        'a: 'b,
    {
        Names { base, ..*self }
    }

    fn seen(&self, hops: &[Hop], of: impl Fn(&dyn Sight, &[&str]) -> bool) -> bool {
        let Some(sight) = self.sight else { return true };
        let base = self.base.iter().map(String::as_str);
        let path: Vec<&str> =
            base.chain(hops.iter().map(|hop| hop.relation.name.as_str())).collect();
        of(sight, &path)
    }

    /// A field of `here`, which these hops lead to, unless it may not be named. What may not be named
    /// takes the name of nothing either: there `id` is the key, as where no field is called so.
    pub(crate) fn field<'c>(
        &self,
        here: &'c Collection,
        hops: &[Hop],
        name: &str,
    ) -> Option<&'c Field> {
        let known = |field: &&Field| {
            let hidden = field.hidden && self.place == Place::Request;
            !hidden && self.seen(hops, |sight, path| sight.field(path, &field.name))
        };
        let key = || {
            let free = name == KEY_ALIAS && self.relation(here, hops, name).is_none();
            free.then(|| here.key()).filter(known)
        };
        here.field(name).filter(known).or_else(key)
    }

    /// The refusal of a name that is not there, or that the asker may not know of. The hint names
    /// what could have been named.
    pub(crate) fn unknown(&self, here: &Collection, hops: &[Hop], name: &str, at: &str) -> Error {
        let known = here.visible_names().filter(|name| {
            self.field(here, hops, name).is_some()
                || (here.relation(name).is_some()
                    && self.seen(hops, |sight, path| sight.relation(path, name)))
        });
        let found = self.behind_junction(here, hops, name);
        refused(here, name, found.as_deref().or_else(|| nearest(name, known)), at)
    }

    /// The path to a field of the records that a junction ties, where it was asked of the junction.
    fn behind_junction(&self, here: &Collection, hops: &[Hop], name: &str) -> Option<String> {
        let ends = here.relations.keys().filter(|_| here.junction);
        let mut found = ends.filter_map(|end| {
            let (relation, target) = self.relation(here, hops, end)?;
            // What leads back to where the path came from is not meant.
            let came = hops.last().is_some_and(|hop| match &hop.relation.kind {
                RelationKind::ToMany { target_column, .. } => {
                    matches!(&relation.kind, RelationKind::ToOne { column, .. } if column == target_column)
                }
                _ => false,
            });
            let there: Vec<Hop> = hops.iter().cloned().chain([hop(relation, &target)]).collect();
            let known = !came && self.field(&target, &there, name).is_some();
            known.then(|| spelt(&there, name))
        });
        found.next()
    }

    /// The refusal of what is asked behind a name: no relation of that name is there to be walked.
    fn unwalked(&self, here: &Collection, hops: &[Hop], name: &str, at: &str) -> Error {
        let Some(field) = self.field(here, hops, name) else {
            return self.unknown(here, hops, name, at);
        };
        let why = format!("`{name}` of `{}` is {}, not a relation", here.name, field.kind.name());
        let error = Error::new(Code::UnknownField, why).at(at);
        match field.kind {
            FieldKind::Json { .. } => error.hint(format!(
                r#"what lies in a document is found by {{"{name}": {{"jsonbDeepValue": {{"path": ["a", "b"], "value": 1}}}}}}"#
            )),
            _ => error,
        }
    }

    pub(crate) fn catalog(&self) -> &'a Catalog {
        match self.place {
            Place::Request => self.scope.visible,
            Place::Policy => self.scope.full,
        }
    }

    /// Follows `path` from `root`. A field wins over a relation of the same name.
    pub(crate) fn walk(&self, root: &Arc<Collection>, path: &str, at: &str) -> Result<Found> {
        let mut hops: Vec<Hop> = Vec::new();
        let mut here = Arc::clone(root);
        if path.split('.').any(str::is_empty) {
            let why = format!("`{path}` is no path: names stand between its dots");
            return Err(Error::new(Code::UnknownField, why).at(at));
        }
        let mut pieces = path.split('.').peekable();
        while let Some(piece) = pieces.next() {
            let last = pieces.peek().is_none();
            if last && let Some(column) = self.column(&here, piece, &hops) {
                return Ok(Found::Column(column));
            }
            let Some((relation, target)) = self.relation(&here, &hops, piece) else {
                return Err(match last {
                    true => self.unknown(&here, &hops, piece, at),
                    false => self.unwalked(&here, &hops, piece, at),
                });
            };
            if last {
                return Ok(Found::Relation { hops, relation: Box::new(relation), target });
            }
            let most = self.scope.limits.relation_depth_max;
            if hops.len() == most {
                return Err(Error::new(
                    Code::InvalidQuery,
                    format!("`{path}` walks more than {most} relations"),
                )
                .at(at));
            }
            hops.push(hop(relation, &target));
            here = target;
        }
        Err(self.unknown(&here, &hops, path, at))
    }

    /// Follows `path` to a column. A relation that keeps its key in a column stands for it.
    pub(crate) fn column_at(&self, root: &Arc<Collection>, path: &str, at: &str) -> Result<Ref> {
        match self.walk(root, path, at)? {
            Found::Column(column) => Ok(column),
            Found::Relation { hops, relation, target } => {
                self.key_of(root, hops, &relation, &target, at)
            }
        }
    }

    /// The column that says which record a relation leads to: its own foreign key, or the far
    /// record's key.
    pub(crate) fn key_of(
        &self,
        root: &Arc<Collection>,
        mut hops: Vec<Hop>,
        relation: &Relation,
        target: &Arc<Collection>,
        at: &str,
    ) -> Result<Ref> {
        let (here, name) = match &relation.kind {
            RelationKind::ToOne { column, only_when: None, .. } => {
                let owner = hops.last().map_or(root, |hop| &hop.target);
                (Arc::clone(owner), column.clone())
            }
            RelationKind::ToOne { .. }
            | RelationKind::HasOne { .. }
            | RelationKind::ToMany { .. }
            | RelationKind::Through { .. } => {
                hops.push(hop(relation.clone(), target));
                (Arc::clone(target), target.primary_key.clone())
            }
        };
        self.column(&here, &name, &hops).ok_or_else(|| self.unknown(&here, &hops, &name, at))
    }

    /// A field of `here` that may be spoken of.
    fn column(&self, here: &Collection, name: &str, hops: &[Hop]) -> Option<Ref> {
        let column = |field: &str, kind: &FieldKind, loose: bool, null: bool| Ref {
            hops: hops.to_vec(),
            field: field.to_owned(),
            kind: kind.clone(),
            cast: None,
            loose,
            null,
        };
        match self.field(here, hops, name) {
            None if here.field(name).is_some_and(|field| field.hidden) => None,
            Some(field) => Some(column(&field.name, &field.kind, field.loose, false)),
            None if tolerated(name) => Some(column(name, &FieldKind::DateTime, false, true)),
            None => None,
        }
    }

    /// A relation of `here` whose far collection may be known of.
    pub(crate) fn relation(
        &self,
        here: &Collection,
        hops: &[Hop],
        name: &str,
    ) -> Option<(Relation, Arc<Collection>)> {
        let relation = here.relation(name)?;
        if !self.seen(hops, |sight, path| sight.relation(path, &relation.name)) {
            return None;
        }
        let target = self.catalog().get(&relation.target)?;
        Some((relation.clone(), Arc::clone(target)))
    }
}

/// The refusal of a name that a collection does not have.
pub(crate) fn unknown_field(here: &Collection, name: &str, at: &str) -> Error {
    refused(here, name, nearest(name, here.visible_names()), at)
}

fn refused(here: &Collection, name: &str, near: Option<&str>, at: &str) -> Error {
    let error = Error::new(Code::UnknownField, format!("`{}` has no field `{name}`", here.name));
    match near {
        Some(known) => error.hint(format!("did you mean `{known}`?")),
        None => error,
    }
    .at(at)
}

/// A name behind relations as requests write it.
fn spelt(hops: &[Hop], name: &str) -> String {
    let names = hops.iter().map(|hop| hop.relation.name.as_str());
    names.chain([name]).collect::<Vec<_>>().join(".")
}

/// One relation walked, without any restriction yet.
pub(crate) fn hop(relation: Relation, target: &Arc<Collection>) -> Hop {
    Hop { relation, target: Arc::clone(target), filter: Cond::Always }
}

/// A column of the collection that conditions start from.
pub(crate) fn own_column(collection: &Collection, name: &str) -> Option<Ref> {
    collection.field(name).map(|field| Ref {
        hops: Vec::new(),
        field: field.name.clone(),
        kind: field.kind.clone(),
        cast: None,
        loose: field.loose,
        null: false,
    })
}

/// The family of a cast name of the wire. Unknown, empty and array casts are ignored, as the
/// reference's tests want it.
pub(crate) fn cast_named(name: &str) -> Option<Cast> {
    Some(match name.trim().to_ascii_lowercase().as_str() {
        "text" | "varchar" | "char" | "character" | "character varying" => Cast::Text,
        "integer" | "int" | "smallint" => Cast::Integer,
        "bigint" => Cast::BigInt,
        "decimal" | "numeric" => Cast::Decimal,
        "real" | "float" | "double precision" => Cast::Real,
        "boolean" | "bool" => Cast::Boolean,
        "date" => Cast::Date,
        "timestamp" | "timestamptz" => Cast::Timestamp,
        "time" | "timetz" => Cast::Time,
        "uuid" => Cast::Uuid,
        "json" | "jsonb" => Cast::Json,
        _ => return None,
    })
}

/// What a column holds once it is cast.
pub(crate) fn kind_after(column: &Ref) -> FieldKind {
    match column.cast {
        None => column.kind.clone(),
        Some(Cast::Text) => FieldKind::Text,
        Some(Cast::Integer | Cast::BigInt) => FieldKind::BigInt,
        Some(Cast::Decimal) => FieldKind::Decimal { precision: None, scale: None },
        Some(Cast::Real) => FieldKind::Double,
        Some(Cast::Boolean) => FieldKind::Boolean,
        Some(Cast::Date) => FieldKind::Date,
        Some(Cast::Timestamp) => FieldKind::DateTime,
        Some(Cast::Time) => FieldKind::TimeNoTz,
        Some(Cast::Uuid) => FieldKind::Uuid,
        Some(Cast::Json) => FieldKind::Json { binary: true },
    }
}
