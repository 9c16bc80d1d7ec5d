//! The six plain kinds that cross every border: what a plan binds and what a store returns.

/// A value without its meaning. The field's type says whether `Text` is a date, a decimal, a
/// UUID or prose; both stores bind exactly these six kinds and `sql` writes the casts.
///
/// Canonical text forms: decimals as digits (`-12.10`), UUIDs lower-case, instants
/// `2024-01-02T03:04:05.678Z`, dates `2024-01-02`, times `HH:MM:SS[.mmm]`, JSON compact.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// True or false.
    Bool(bool),
    /// A 64-bit integer.
    Int(i64),
    /// A binary floating point number, always finite.
    Real(f64),
    /// Text, or any type whose canonical form is text.
    Text(String),
    /// Raw bytes.
    Bytes(Vec<u8>),
}

impl Value {
    /// Text from anything that becomes a `String`.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Whether this is NULL.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, when it is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Real(_) | Self::Bytes(_) => None,
        }
    }

    /// The integer, when it is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            Self::Null | Self::Bool(_) | Self::Real(_) | Self::Text(_) | Self::Bytes(_) => None,
        }
    }
}
