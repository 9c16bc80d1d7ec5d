//! Fields: what a column holds, where its value comes from and what it must obey.

use serde_json::Value as Json;

/// One column of a collection.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Stable id (`fieldId` in the document): a field that changes its name keeps it.
    pub id: String,
    /// Name, also the column's name.
    pub name: String,
    /// What it holds.
    pub kind: FieldKind,
    /// The SQL expression over the collection's own columns that the store computes it by
    /// (`VIRTUAL`, written by an administrator); such a field is never written.
    pub computed: Option<String>,
    /// Whether it is the primary key.
    pub primary_key: bool,
    /// Whether NULL may be stored.
    pub nullable: bool,
    /// Whether each value may stand once only.
    pub unique: bool,
    /// Where a value comes from when the caller gives none.
    pub default: Option<DefaultValue>,
    /// The rules a given value must obey.
    pub rules: Vec<Rule>,
    /// Never leaves the server (password hashes, tokens).
    pub hidden: bool,
    /// Made by a flag or a relation, not by the author of the document.
    pub generated: bool,
    /// Computed by the table itself: read, and never written.
    pub read_only: bool,
    /// Its column was there before it and holds more than the type tells, or values of other
    /// kinds: it is compared as what is shown of it.
    pub loose: bool,
}

/// What a field holds. The spelling of each on the wire is [`FieldKind::name`].
#[derive(Clone, Debug, PartialEq)]
pub enum FieldKind {
    /// Text of at most `length` Unicode scalars (unbounded when `None`).
    String {
        /// Longest value, in Unicode scalars.
        length: Option<u32>,
    },
    /// Text without a bound.
    Text,
    /// Text that is HTML.
    Html,
    /// Text compared without regard to case.
    CiText,
    /// 32-bit integer.
    Integer,
    /// 64-bit integer.
    BigInt,
    /// Exact decimal; without precision any number of digits.
    Decimal {
        /// Digits in all.
        precision: Option<u32>,
        /// Digits after the point.
        scale: Option<u32>,
    },
    /// 32-bit floating point.
    Real,
    /// 64-bit floating point (also the wire type `Float`).
    Double,
    /// True or false.
    Boolean,
    /// Calendar date.
    Date,
    /// Instant, kept in UTC with milliseconds.
    DateTime,
    /// Wall-clock date and time without a zone.
    DateTimeNoTz,
    /// Time of day with an offset.
    Time,
    /// Time of day without an offset.
    TimeNoTz,
    /// UUID.
    Uuid,
    /// Short unique id.
    Suid,
    /// Short secret-like token of at most nine signs.
    Token,
    /// Any JSON value.
    Json {
        /// The document said `JSONB`.
        binary: bool,
    },
    /// One of the given words.
    Enum {
        /// The words.
        values: Vec<String>,
    },
    /// A list of one kind of element.
    Array(Element),
    /// A range with inclusive or exclusive ends.
    Range(RangeKind),
    /// A GeoJSON geometry on WGS 84.
    Geo(GeoKind),
    /// Raw bytes, base64 on the wire.
    Binary,
}

/// Element of an array field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the words of the wire type names `Array_…`")]
pub enum Element {
    Integer,
    String,
    Double,
    Decimal,
    DateTime,
    DateTimeNoTz,
    Date,
    Time,
    TimeNoTz,
    Uuid,
    Boolean,
}

/// Bounds of a range field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the words of the wire type names `Range_…`")]
pub enum RangeKind {
    Integer,
    Double,
    Decimal,
    Date,
    DateTime,
    DateTimeNoTz,
    Time,
    TimeNoTz,
}

/// Which geometry a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the names GeoJSON gives its geometries")]
pub enum GeoKind {
    Point,
    LineString,
    Polygon,
    MultiPoint,
    MultiLineString,
    MultiPolygon,
    GeometryCollection,
    Geometry,
    Geography,
}

impl Field {
    /// Whether what its column holds, or is computed by, is another than before.
    #[must_use]
    pub fn holds_another_than(&self, before: &Self) -> bool {
        self.kind != before.kind || self.computed != before.computed
    }
}

impl FieldKind {
    /// The type's canonical spelling in schema documents.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::String { .. } => "String",
            Self::Text => "Text",
            Self::Html => "HTML",
            Self::CiText => "CiText",
            Self::Integer => "Integer",
            Self::BigInt => "BigInt",
            Self::Decimal { .. } => "Decimal",
            Self::Real => "Real",
            Self::Double => "Double",
            Self::Boolean => "Boolean",
            Self::Date => "Date",
            Self::DateTime => "DateTime",
            Self::DateTimeNoTz => "DateTime_NO_TZ",
            Self::Time => "Time",
            Self::TimeNoTz => "Time_NO_TZ",
            Self::Uuid => "UUID",
            Self::Suid => "SUID",
            Self::Token => "TOKEN",
            Self::Json { binary: false } => "JSON",
            Self::Json { binary: true } => "JSONB",
            Self::Enum { .. } => "Enum",
            Self::Array(element) => match element {
                Element::Integer => "Array_Integer",
                Element::String => "Array_String",
                Element::Double => "Array_Double",
                Element::Decimal => "Array_Decimal",
                Element::DateTime => "Array_DateTime",
                Element::DateTimeNoTz => "Array_DateTime_NO_TZ",
                Element::Date => "Array_Date",
                Element::Time => "Array_Time",
                Element::TimeNoTz => "Array_Time_NO_TZ",
                Element::Uuid => "Array_UUID",
                Element::Boolean => "Array_Boolean",
            },
            Self::Range(range) => match range {
                RangeKind::Integer => "Range_Integer",
                RangeKind::Double => "Range_Double",
                RangeKind::Decimal => "Range_Decimal",
                RangeKind::Date => "Range_Date",
                RangeKind::DateTime => "Range_DateTime",
                RangeKind::DateTimeNoTz => "Range_DateTime_NO_TZ",
                RangeKind::Time => "Range_Time",
                RangeKind::TimeNoTz => "Range_Time_NO_TZ",
            },
            Self::Geo(geo) => match geo {
                GeoKind::Point => "Point",
                GeoKind::LineString => "LineString",
                GeoKind::Polygon => "Polygon",
                GeoKind::MultiPoint => "MultiPoint",
                GeoKind::MultiLineString => "MultiLineString",
                GeoKind::MultiPolygon => "MultiPolygon",
                GeoKind::GeometryCollection => "GeometryCollection",
                GeoKind::Geometry => "Geometry",
                GeoKind::Geography => "Geography",
            },
            Self::Binary => "Binary",
        }
    }

    /// Text that people write and search.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(
            self,
            Self::String { .. }
                | Self::Text
                | Self::Html
                | Self::CiText
                | Self::Suid
                | Self::Token
                | Self::Enum { .. }
        )
    }

    /// Whole or broken numbers.
    #[must_use]
    pub fn is_number(&self) -> bool {
        matches!(
            self,
            Self::Integer | Self::BigInt | Self::Decimal { .. } | Self::Real | Self::Double
        )
    }

    /// Kinds stored as JSON text (SQLite) or jsonb (Postgres).
    #[must_use]
    pub fn is_json(&self) -> bool {
        matches!(self, Self::Json { .. } | Self::Array(_) | Self::Range(_) | Self::Geo(_))
    }
}

/// Where a value comes from when the caller gives none. An explicit null stays null.
#[derive(Clone, Debug, PartialEq)]
pub enum DefaultValue {
    /// The given literal.
    Literal(Json),
    /// A random UUID, version 4.
    UuidV4,
    /// A short unique id.
    Suid,
    /// The instant (on `Date` fields the date) of the write.
    Now,
    /// The next number of this field's own sequence.
    AutoIncrement,
    /// The id of the writing user.
    CurrentUser,
    /// The tenant of the request.
    CurrentTenant,
    /// An SQL expression written by an administrator.
    Sql(String),
}

/// A rule that a given, non-null value must obey.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// Not below. The bound as written in the document.
    Min(String),
    /// Not above.
    Max(String),
    /// Whole numbers only.
    IsInt,
    /// Not empty after trimming.
    NotEmpty,
    /// Length in Unicode scalars, inclusive.
    Len(u64, u64),
    /// An e-mail address.
    IsEmail,
    /// An absolute URL.
    IsUrl,
    /// An IPv4 or IPv6 address.
    IsIp,
    /// A UUID.
    IsUuid,
    /// Matches the regular expression (linear-time engine).
    Pattern(String),
}
