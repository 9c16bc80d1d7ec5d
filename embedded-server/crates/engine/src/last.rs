//! Whoever may do everything cannot leave a project in which nobody may: a write that could take the
//! last administrator away is asked, in its own transaction, whether one is left.

use crate::arrival::{any, plain};
use base::{Code, Error};
use query::{Step, WritePlan};
use sql::{CompiledWrite, Dialect, Expect, ProgramStep};

/// What decides whether a user may sign in.
const STATUS: &str = "status";

/// That somebody active is an administrator, by the assignment that counts: the oldest of its tenant.
const LEFT: &str = r#"SELECT EXISTS (SELECT 1 FROM "baasix_Role" r JOIN "baasix_UserRole" a ON a."role_Id" = r."id" JOIN "baasix_User" u ON u."id" = a."user_Id"
WHERE r."name" = 'administrator' AND u."status" = 'active' AND NOT EXISTS (SELECT 1 FROM "baasix_UserRole" o
WHERE o."user_Id" = a."user_Id" AND o."tenant_Id" IS NOT DISTINCT FROM a."tenant_Id" AND (o."createdAt", o."id") < (a."createdAt", a."id")))"#;

/// Whoever asks the same meanwhile waits for the end of the first, and then sees what it did.
const ONE_BY_ONE: &str =
    r#"SELECT 1 FROM "baasix_Role" WHERE "name" = 'administrator' FOR NO KEY UPDATE"#;

/// Whether a plan may take an administrator away.
fn may_take(plan: &WritePlan) -> bool {
    plan.steps.iter().any(|step| match step {
        Step::Update { collection, values, .. } => match collection.name.as_str() {
            "baasix_User" => values.contains_key(STATUS),
            "baasix_UserRole" => true,
            _ => false,
        },
        // Assignments go with their user, and with their tenant.
        Step::Delete { collection, .. } => {
            matches!(collection.name.as_str(), "baasix_User" | "baasix_UserRole" | "baasix_Tenant")
        }
        Step::Insert { .. } | Step::Exists { .. } | Step::Pointed { .. } => false,
    })
}

/// The write with the question behind it, where it needs one.
pub(crate) fn kept(
    mut compiled: CompiledWrite,
    plan: &WritePlan,
    dialect: Dialect,
) -> CompiledWrite {
    if may_take(plan) {
        if dialect == Dialect::Postgres {
            compiled.program.steps.push(any(plain(ONE_BY_ONE, Vec::new())));
        }
        let fault = Error::new(
            Code::LastAdministrator,
            "no active administrator would be left, and nobody could administer this project",
        )
        .hint("make somebody else an administrator first");
        let left = plain(LEFT, Vec::new());
        compiled.program.steps.push(ProgramStep::new(left, Expect::True(Box::new(fault))));
    }
    compiled
}
