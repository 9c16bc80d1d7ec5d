//! Relations: named edges between collections.

/// A named edge from one collection to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// Name in `fields` patterns, filters and results.
    pub name: String,
    /// Key of the field in the schema document that declares it (usually the same as `name`).
    pub declared_by: String,
    /// The collection at the far end. For M2M and M2A declared through a junction this is the
    /// junction, whose own relations lead on to the targets.
    pub target: String,
    /// How the two ends are joined.
    pub kind: RelationKind,
    /// What happens to this end when the far end's record goes (owning side only).
    pub on_delete: OnDelete,
    /// Whether the store holds a foreign key constraint for it.
    pub constrained: bool,
    /// Far records count only when this field of theirs equals this word: the way back from a
    /// target of an M2A to its junction (`collection` = `posts`). `None` for everything else.
    pub scope: Option<(String, String)>,
}

/// How the two ends are joined. `column` names are fields of the collection that holds them.
#[derive(Clone, Debug, PartialEq)]
pub enum RelationKind {
    /// This record holds the key of one far record (M2O, owning side of O2O).
    ToOne {
        /// Field of this collection that holds the far key.
        column: String,
        /// Field of the far collection it points to.
        target_column: String,
        /// At most one record of this collection may point at one far record (O2O).
        unique: bool,
        /// Only meaningful when this field of this collection equals this word: the far end of
        /// a polymorphic junction (`collection` = `posts`).
        only_when: Option<(String, String)>,
    },
    /// At most one far record holds this record's key (reverse side of O2O).
    HasOne {
        /// Field of this collection that is pointed to.
        column: String,
        /// Field of the far collection that points here.
        target_column: String,
    },
    /// Many far records hold this record's key (O2M; M2M and M2A towards their junction).
    ToMany {
        /// Field of this collection that is pointed to.
        column: String,
        /// Field of the far collection that points here.
        target_column: String,
        /// For the junction of an M2A: the collections it can lead to.
        polymorphic: Vec<String>,
    },
    /// Many far records through a junction whose rows do not show (`BelongsToMany`).
    Through {
        /// The junction collection.
        junction: String,
        /// Field of this collection that is pointed to.
        column: String,
        /// Junction field that points here.
        junction_source: String,
        /// Junction field that points to the far collection.
        junction_target: String,
        /// Field of the far collection that is pointed to.
        target_column: String,
    },
}

impl Relation {
    /// Whether the far end is a list.
    #[must_use]
    pub fn is_many(&self) -> bool {
        matches!(self.kind, RelationKind::ToMany { .. } | RelationKind::Through { .. })
    }
}

/// What happens to the owning record when the record it points at is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDelete {
    /// It goes too. The default for ordinary relations (decision 4).
    Cascade,
    /// Its column becomes null. The default for user track, tenant and system relations.
    SetNull,
    /// The deletion is refused.
    Restrict,
    /// Left to the store, checked at the end of the statement.
    NoAction,
}

impl OnDelete {
    /// The spelling in schema documents and DDL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::Restrict => "RESTRICT",
            Self::NoAction => "NO ACTION",
        }
    }
}
