//! Records that decide what others may do. Whatever a role was granted, it cannot raise anybody
//! through them: not by name, not through a relation of another record.

use base::{Code, Error, Result, Value};
use query::{Assigned, Cond, Condition, Operand, Operator, Ref, Step, WritePlan};

/// Collections that only administrators and the house write.
const SEALED: [&str; 4] =
    ["baasix_Permission", "baasix_Account", "baasix_ApiToken", "baasix_Verification"];

/// Refuses the steps of a bound actor that would raise somebody, and keeps the assignments of
/// administrators out of its reach. `administrator` is the key of that role.
pub(crate) fn bind(plan: &mut WritePlan, administrator: Option<&str>) -> Result<()> {
    for step in &mut plan.steps {
        let name = match step {
            Step::Insert { collection, .. }
            | Step::Update { collection, .. }
            | Step::Delete { collection, .. } => collection.name.clone(),
            Step::Exists { .. } => continue,
        };
        if SEALED.contains(&name.as_str()) {
            return Err(Error::new(Code::Forbidden, "Access denied. Administrators only."));
        }
        match (name.as_str(), step) {
            // A session is opened by signing in; ending one is a deletion.
            ("baasix_Sessions", Step::Insert { .. } | Step::Update { .. }) => {
                return Err(Error::new(Code::Forbidden, "sessions are opened by signing in"));
            }
            ("baasix_UserRole", step) => assignment(step, administrator)?,
            _ => {}
        }
    }
    Ok(())
}

fn assignment(step: &mut Step, administrator: Option<&str>) -> Result<()> {
    let Some(administrator) = administrator else { return Ok(()) };
    if let Step::Insert { values, .. } | Step::Update { values, .. } = step
        && let Some(Assigned::Value(Value::Text(role))) = values.get("role_Id")
        && role == administrator
    {
        return Err(Error::new(Code::Forbidden, "only an administrator can make an administrator"));
    }
    if let Step::Update { collection, filter, .. } | Step::Delete { collection, filter, .. } = step
    {
        let Some(role) = collection.field("role_Id") else { return Ok(()) };
        let another = Condition {
            left: Ref {
                hops: Vec::new(),
                field: role.name.clone(),
                kind: role.kind.clone(),
                cast: None,
                null: false,
            },
            operator: Operator::Equal {
                negated: true,
                right: Operand::Value(Value::text(administrator)),
            },
        };
        *filter = std::mem::replace(filter, Cond::Always).and(Cond::Test(Box::new(another)));
    }
    Ok(())
}
