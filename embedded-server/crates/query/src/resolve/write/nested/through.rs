//! Far records through a junction that does not show.

use super::{Named, Tie};
use crate::resolve::write::record::{Columns, Deed};
use crate::resolve::write::{Spot, Writer};
use crate::{Assigned, Cond, Step};
use base::{Result, Value};
use catalog::{Collection, Relation, RelationKind};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use std::sync::Arc;

impl Writer<'_> {
    /// Far records through a junction that does not show.
    pub(super) fn through(
        &mut self,
        tie: &Tie<'_>,
        far: &Arc<Collection>,
        relation: &Relation,
        list: &[(Option<usize>, &Json)],
        spot: &Spot,
    ) -> Result<()> {
        let RelationKind::Through { junction_target, target_column, .. } = &relation.kind else {
            return Ok(());
        };
        let junction = tie.child;
        if tie.replace {
            let filter = self.tied(tie, Vec::new());
            self.push(Step::Delete {
                collection: Arc::clone(junction),
                filter,
                key: None,
                one: false,
                expect: IndexMap::new(),
                spares: Cond::Never,
                through: spot.below(&relation.name, None).through,
                index: spot.index,
            });
        }
        let mut seen: Vec<Value> = Vec::new();
        for (position, item) in list {
            let below = spot.below(&relation.name, *position);
            let named = match item {
                Json::Object(body) => self.named(far, body, relation, spot),
                Json::Null | Json::Array(_) => {
                    self.wrong(relation, spot, "Each value must be an object or an id");
                    None
                }
                scalar => self
                    .key_of(far, &far.primary_key, scalar, relation, spot)
                    .map(|key| Named::Known(key, Map::new())),
            };
            let target = match named {
                None => continue,
                Some(Named::New(body)) => {
                    let step = self.insert(far, body, Columns::new(), &below)?;
                    self.made(step, far, target_column)
                }
                Some(Named::Known(key, changes)) => {
                    if seen.contains(&key) {
                        continue;
                    }
                    seen.push(key.clone());
                    self.exists(far, &key, relation, spot);
                    if !changes.is_empty() {
                        let link = Columns::new();
                        let deed = Deed { key: key.clone(), expect: IndexMap::new(), link };
                        self.update(far, deed, &changes, &below)?;
                    }
                    (*target_column == far.primary_key).then_some(Assigned::Value(key))
                }
            };
            let Some(target) = target else {
                let why = format!("Value must name `{target_column}`");
                self.wrong(relation, spot, &why);
                continue;
            };
            let mut columns = tie.columns();
            columns.insert(junction_target.clone(), target);
            self.insert(junction, &Map::new(), columns, &below)?;
        }
        Ok(())
    }
}
