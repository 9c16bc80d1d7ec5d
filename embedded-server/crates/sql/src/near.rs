//! Geometries in conditions: what they are to a given one, and the rectangle in which an index
//! finds those that can be it.

use crate::Dialect;
use crate::compile::Compiler;
use crate::dialect::{Family, box_text};
use crate::filter::Expression;
use crate::join::Scope;
use crate::names::{is_tree_of_rows, numbers_name, row_number, rtree_name};
use crate::writer::quoted;
use base::{Bounds, Value};
use query::{Ref, Spatial};

impl Compiler {
    /// The exact test.
    pub(crate) fn related(&mut self, left: &Expression, relation: Spatial, shape: &str) -> String {
        let dialect = self.writer.dialect;
        let metres = match relation {
            Spatial::Near { metres } => self.writer.value(Value::Real(metres), Family::Double),
            Spatial::Within | Spatial::Contains | Spatial::Intersects | Spatial::Overlaps => {
                String::new()
            }
        };
        dialect.related(relation, &left.text, &dialect.shape(shape), &metres)
    }

    /// That the column's own rectangle touches another one. On Postgres this is true of whatever
    /// the exact test is true of and unknown where that is, so that it may always stand before it,
    /// index or not: it costs a hundredth. SQLite asks the R-tree beside the table, which knows no
    /// NULL, so that it serves only where unknown and false are one.
    pub(crate) fn near(
        &mut self,
        scope: &Scope<'_>,
        column: &Ref,
        around: Bounds,
    ) -> Option<String> {
        if column.null {
            return None;
        }
        let alias = scope.alias_of(&column.hops);
        if self.writer.dialect == Dialect::Postgres {
            let own = self.writer.dialect.boxed(&alias.column(&column.field));
            let around = self.writer.text(box_text(around));
            return Some(format!("{own} && {around}::box"));
        }
        let collection = column.hops.last().map_or(scope.collection, |hop| &hop.target);
        let index = collection.spatial_index(&column.field).filter(|_| !self.negated)?;
        let mut side = |degrees: f64| self.writer.value(Value::Real(degrees), Family::Double);
        let Bounds { west, south, east, north } = around;
        let (west, south, east, north) = (side(west), side(south), side(east), side(north));
        let tree = rtree_name(&index.name);
        let touching = format!(
            "\"west\" <= {east} AND \"east\" >= {west} AND \"south\" <= {north} AND \"north\" >= {south}"
        );
        Some(if is_tree_of_rows(collection) {
            format!(
                "{alias}.{} IN (SELECT \"id\" FROM {} WHERE {touching})",
                row_number(collection),
                quoted(&tree)
            )
        } else {
            format!(
                "{} IN (SELECT n.\"key\" FROM {} r CROSS JOIN {} n ON n.\"number\" = r.\"id\" WHERE {touching})",
                alias.column(&collection.primary_key),
                quoted(&tree),
                quoted(&numbers_name(&tree))
            )
        })
    }
}
