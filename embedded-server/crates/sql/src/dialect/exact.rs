//! Numbers inside of documents, as text: JavaScript rounds a decimal in a list as it does any other.

use crate::{Dialect, Numbers};
use catalog::{Collection, Element, FieldKind, RangeKind};

impl Dialect {
    /// A column of lists or ranges of decimals, with each number as a text where numbers are wanted
    /// so. Of a table that we did not make nobody knows what stands in it.
    pub(crate) fn exact_within(
        self,
        column: String,
        kind: &FieldKind,
        collection: &Collection,
        numbers: Numbers,
    ) -> String {
        let decimals = matches!(
            kind,
            FieldKind::Array(Element::Decimal) | FieldKind::Range(RangeKind::Decimal)
        );
        if numbers != Numbers::Strings || !decimals || collection.adopted {
            return column;
        }
        match self {
            Self::Sqlite => format!("bx_exact({column})"),
            // Nothing in such a document has a digit but its numbers.
            Self::Postgres => {
                format!("regexp_replace({column}::text, '-?[0-9]+([.][0-9]+)?', '\"\\&\"', 'g')")
            }
        }
    }
}
