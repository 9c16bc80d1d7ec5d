//! What an expression answers, by which both stores must agree before either is asked.

use super::node::{Node, What};
use crate::dialect::Family;
use base::{Result, Value};
use catalog::FieldKind;
use serde_json::Value as Json;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// Nothing but NULL: fits wherever anything fits.
    Null,
    /// A whole number, and how far from zero it can be at most.
    Whole(u128),
    Decimal,
    Double,
    Truth,
    Text,
    Uuid,
    Moment(Family),
    /// What has no form that both stores give it: it can only be there or not.
    Other,
}

/// How a value is held while it is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Held {
    Int,
    Decimal,
    Double,
    Truth,
    Text,
    Uuid,
    Moment,
    Other,
}

/// The furthest from zero that 64 bits reach.
const REACH: u128 = 1 << 63;

/// Just beyond: computed as a decimal, so that no store runs over.
pub(super) const BEYOND: u128 = REACH + 1;

impl Kind {
    pub(super) fn of_field(kind: &FieldKind) -> Self {
        match Family::of(kind) {
            Family::Text | Family::Folded | Family::Uuid => Self::Text,
            Family::Integer => Self::Whole(1 << 31),
            Family::BigInt => Self::Whole(REACH),
            Family::Decimal => Self::Decimal,
            Family::Real | Family::Double => Self::Double,
            Family::Boolean => Self::Truth,
            family @ (Family::Date
            | Family::Instant
            | Family::Local
            | Family::Time
            | Family::LocalTime) => Self::Moment(family),
            Family::Json | Family::Binary => Self::Other,
        }
    }

    pub(super) fn held(self) -> Held {
        match self {
            Self::Null | Self::Text => Held::Text,
            Self::Whole(most) if most <= REACH => Held::Int,
            Self::Whole(_) | Self::Decimal => Held::Decimal,
            Self::Double => Held::Double,
            Self::Truth => Held::Truth,
            Self::Uuid => Held::Uuid,
            Self::Moment(_) => Held::Moment,
            Self::Other => Held::Other,
        }
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Whole(_) | Self::Decimal | Self::Double)
    }

    /// How a person calls it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Whole(_) => "a whole number",
            Self::Decimal => "a decimal",
            Self::Double => "a double",
            Self::Truth => "true or false",
            Self::Text => "text",
            Self::Uuid => "a UUID",
            Self::Moment(Family::Date) => "a date",
            Self::Moment(Family::Time | Family::LocalTime) => "a time of day",
            Self::Moment(_) => "a moment",
            Self::Other => "a value with parts of its own",
        }
    }

    /// The kind that both are, or can be made without loss.
    fn with(self, other: Self) -> Option<Self> {
        Some(match (self, other) {
            (Self::Other, _) | (_, Self::Other) => return None,
            (Self::Null, kind) | (kind, Self::Null) => kind,
            (Self::Whole(one), Self::Whole(two)) => Self::Whole(one.max(two)),
            (Self::Double, two) if two.is_number() => Self::Double,
            (one, Self::Double) if one.is_number() => Self::Double,
            (one, two) if one.is_number() && two.is_number() => Self::Decimal,
            (Self::Text | Self::Uuid, Self::Text | Self::Uuid) => Self::Text,
            (one, two) if one == two => one,
            _ => return None,
        })
    }
}

/// The values as one kind.
pub(super) fn alike(nodes: Vec<Node>) -> Result<Vec<Node>> {
    // A text constant is whatever stands beside it.
    let beside = nodes
        .iter()
        .filter(|node| !matches!(node.what, What::Text(_)))
        .map(|node| node.kind)
        .find(|kind| *kind != Kind::Null);
    let nodes: Vec<Node> = match beside {
        Some(kind) => nodes.into_iter().map(|node| constant(node, kind)).collect::<Result<_>>()?,
        None => nodes,
    };
    let mut common = Kind::Null;
    for node in &nodes {
        common = common.with(node.kind).ok_or_else(|| {
            super::fault(format!(
                "{} and {} stand where both must be of one type",
                common.word(),
                node.kind.word()
            ))
        })?;
    }
    Ok(nodes.into_iter().map(|node| into(node, common)).collect())
}

/// A text constant as a value of the kind beside it.
fn constant(node: Node, kind: Kind) -> Result<Node> {
    let What::Text(text) = &node.what else { return Ok(node) };
    let field = match kind {
        Kind::Moment(Family::Date) => FieldKind::Date,
        Kind::Moment(Family::Instant) => FieldKind::DateTime,
        Kind::Moment(Family::Local) => FieldKind::DateTimeNoTz,
        Kind::Moment(Family::LocalTime) => FieldKind::TimeNoTz,
        _ => return Ok(node),
    };
    match query::coerce(&field, &Json::String(text.clone())) {
        Ok(Value::Text(text)) => Ok(Node { kind, what: What::Text(text) }),
        _ => Err(super::fault(format!("`{text}` is not {}", kind.word()))),
    }
}

/// A value in the form that values of a kind have.
pub(super) fn into(node: Node, kind: Kind) -> Node {
    if node.kind.held() == kind.held() && node.kind != Kind::Null {
        return Node { kind, ..node };
    }
    Node { kind, what: What::Form(Box::new(node)) }
}

/// A value as text, as both stores write it.
pub(super) fn as_text(node: Node) -> Result<Node> {
    match node.kind {
        Kind::Moment(_) => Err(super::fault(format!(
            "{} has no text that both stores write alike",
            node.kind.word()
        ))
        .hint(
            "take parts of it: EXTRACT(YEAR FROM field), also MONTH, DAY, HOUR, MINUTE and others",
        )),
        Kind::Other => Err(super::fault(
            "JSON, lists, ranges, shapes and bytes have no text that both stores write alike",
        )
        .hint("ask of such a field whether it IS NULL, or leave it out")),
        _ => Ok(into(node, Kind::Text)),
    }
}

/// What a field holds that is computed so.
pub(super) fn told(node: &Node) -> Result<FieldKind> {
    Ok(match node.kind {
        Kind::Null | Kind::Text | Kind::Uuid => FieldKind::Text,
        Kind::Whole(_) if is_narrow(node) => FieldKind::Integer,
        Kind::Whole(most) if most <= REACH => FieldKind::BigInt,
        Kind::Whole(_) | Kind::Decimal => FieldKind::Decimal { precision: None, scale: None },
        Kind::Double => FieldKind::Double,
        Kind::Truth => FieldKind::Boolean,
        Kind::Moment(Family::Date) => FieldKind::Date,
        Kind::Moment(Family::Instant) => FieldKind::DateTime,
        Kind::Moment(Family::Local) => FieldKind::DateTimeNoTz,
        Kind::Moment(Family::Time) => FieldKind::Time,
        Kind::Moment(_) => FieldKind::TimeNoTz,
        Kind::Other => return as_text(node.clone()).map(|_| FieldKind::Text),
    })
}

/// Whether a whole number can be nothing but what 32 bits hold. A column of them can be one
/// further from zero below than above.
fn is_narrow(node: &Node) -> bool {
    match (&node.what, node.kind) {
        (_, Kind::Whole(most)) if most < 1 << 31 => true,
        (What::Column(_, Family::Integer) | What::Null | What::Part(..), _) => true,
        (What::Call("length", _), _) => true,
        (What::Number(digits), _) => digits.parse::<i32>().is_ok(),
        (What::Form(of), _) => matches!(of.kind, Kind::Whole(_) | Kind::Null) && is_narrow(of),
        (What::Call("coalesce" | "greatest" | "least", of), _) => of.iter().all(is_narrow),
        (What::Case(arms, rest), _) => {
            arms.iter().all(|(_, then)| is_narrow(then)) && rest.as_deref().is_none_or(is_narrow)
        }
        _ => false,
    }
}

/// A double that is no zero below zero, which one store keeps.
pub(super) fn one_zero(node: Node) -> Node {
    match node.kind {
        Kind::Double => Node { kind: Kind::Double, what: What::OneZero(Box::new(node)) },
        _ => node,
    }
}

fn is_now(node: &Node) -> bool {
    matches!(&node.what, What::Call("now", _))
}

/// A default's value as its field holds it.
pub(super) fn assigned(node: Node, field: &FieldKind) -> Result<Node> {
    let wanted = Kind::of_field(field);
    if let (What::Text(text), true) = (&node.what, wanted != Kind::Truth) {
        // A constant: read as any value of the field is.
        return match query::coerce(field, &Json::String(text.clone())) {
            Ok(value) => Ok(Node { kind: wanted, what: What::Value(value) }),
            Err(why) => Err(super::fault(format!("`{text}` does not fit: {why}"))),
        };
    }
    let fits = match (node.kind, wanted) {
        (Kind::Null, _) => true,
        (Kind::Uuid, Kind::Text) => true,
        (_, Kind::Text) if Family::of(field) == Family::Uuid => false,
        (_, Kind::Text) => return as_text(node),
        (Kind::Whole(_), Kind::Whole(_) | Kind::Decimal | Kind::Double)
        | (Kind::Decimal, Kind::Decimal | Kind::Double)
        | (Kind::Double, Kind::Double)
        // A truth may be said as 0 or 1; another number is refused when it is tried.
        | (Kind::Truth | Kind::Whole(_), Kind::Truth) => true,
        // This moment is of a date, and one without a zone too.
        (Kind::Moment(Family::Instant), Kind::Moment(Family::Date | Family::Local))
            if is_now(&node) =>
        {
            return Ok(Node { kind: wanted, ..node });
        }
        (Kind::Moment(one), Kind::Moment(two)) => one == two,
        _ => false,
    };
    if !fits {
        return Err(super::fault(format!(
            "the expression answers {}, and the field is of the type {}",
            node.kind.word(),
            field.name()
        )));
    }
    Ok(match (node.kind, wanted) {
        (Kind::Uuid, _) if Family::of(field) == Family::Uuid => node,
        (Kind::Null, _) => Node { kind: wanted, what: What::Value(Value::Null) },
        // What is too large for the field is refused by it.
        (Kind::Whole(_), Kind::Whole(_)) => node,
        _ => into(node, wanted),
    })
}
