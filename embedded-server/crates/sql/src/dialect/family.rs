//! Kinds of columns, by what they are to a database and not by what they mean to people.

use crate::{Form, Numbers};
use catalog::FieldKind;

/// Kinds of columns that are stored, bound and compared alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    Text,
    /// Text compared without regard to case.
    Folded,
    /// Up to 32 bits; never outside JavaScript's safe range.
    Integer,
    BigInt,
    Decimal,
    Real,
    Double,
    Boolean,
    Date,
    /// `DateTime`.
    Instant,
    /// `DateTime_NO_TZ`.
    Local,
    Time,
    LocalTime,
    Uuid,
    Json,
    Binary,
}

impl Family {
    pub(crate) fn of(kind: &FieldKind) -> Self {
        match kind {
            FieldKind::String { .. }
            | FieldKind::Text
            | FieldKind::Html
            | FieldKind::Suid
            | FieldKind::Token
            | FieldKind::Enum { .. } => Self::Text,
            FieldKind::CiText => Self::Folded,
            FieldKind::Integer => Self::Integer,
            FieldKind::BigInt => Self::BigInt,
            FieldKind::Decimal { .. } => Self::Decimal,
            FieldKind::Real => Self::Real,
            FieldKind::Double => Self::Double,
            FieldKind::Boolean => Self::Boolean,
            FieldKind::Date => Self::Date,
            FieldKind::DateTime => Self::Instant,
            FieldKind::DateTimeNoTz => Self::Local,
            FieldKind::Time => Self::Time,
            FieldKind::TimeNoTz => Self::LocalTime,
            FieldKind::Uuid => Self::Uuid,
            FieldKind::Json { .. }
            | FieldKind::Array(_)
            | FieldKind::Range(_)
            | FieldKind::Geo(_) => Self::Json,
            FieldKind::Binary => Self::Binary,
        }
    }

    /// How a column of the answer is written as JSON, once [`answered`](crate::Dialect::answered) has read it.
    pub(crate) fn form(self, numbers: Numbers) -> Form {
        match (self, numbers) {
            (Self::Integer, _) | (Self::BigInt, Numbers::Tokens | Numbers::Decimals) => Form::Int,
            (Self::BigInt, Numbers::Strings) => Form::IntText,
            (Self::Decimal, Numbers::Tokens) => Form::NumberToken,
            (Self::Real | Self::Double, _) => Form::Real,
            (Self::Boolean, _) => Form::Bool,
            (Self::Json, _) => Form::Json,
            (Self::Binary, _) => Form::Base64,
            (
                Self::Decimal
                | Self::Text
                | Self::Folded
                | Self::Date
                | Self::Instant
                | Self::Local
                | Self::Time
                | Self::LocalTime
                | Self::Uuid,
                _,
            ) => Form::Text,
        }
    }

    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Folded)
    }
}
