//! Records that decide what others may do. Whatever a role was granted, it raises nobody above
//! itself and touches nobody who stands above it: not by name, not through a relation of another
//! record. Here the whole plan is seen, so that no way of asking leads around.

use crate::State;
use access::{Actor, Identity, Policies};
use base::{Code, Error, Result, Value};
use catalog::{Collection, HISTORY};
use query::{Assigned, Cond, Place, Scope, Step, WritePlan};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Collections that only administrators and the house write.
const SEALED: [&str; 8] = [
    "baasix_Permission",
    "baasix_Account",
    TOKENS,
    "baasix_Verification",
    "baasix_Totp",
    "baasix_Persona",
    "baasix_Variable",
    "baasix_PermissionTest",
];

/// What was mailed to whom.
const MAILS: &str = "baasix_EmailLog";

/// What signs in programs.
const TOKENS: &str = "baasix_ApiToken";

/// Who is signed in.
const SESSIONS: &str = "baasix_Sessions";

/// Roles that carry meaning in the code: they keep their names and cannot be removed.
const SYSTEM_ROLES: [&str; 2] = ["administrator", "public"];

/// Columns of a role that open more than its permission rows say.
const OPENING: [&str; 2] = ["adminAccess", "canInviteRoleIds"];

/// Refuses the steps that would raise somebody, and keeps those who stand above the caller out of
/// its reach.
pub(crate) fn bind(
    plan: &mut WritePlan,
    state: &State,
    actor: &Actor,
    scope: &Scope<'_>,
) -> Result<()> {
    if matches!(actor.identity, Identity::System(_)) {
        return Ok(());
    }
    let rank = Rank { state, actor, scope };
    for step in &mut plan.steps {
        let Some(name) = written(step).map(|collection| collection.name.clone()) else { continue };
        leave_to_the_house(&name, matches!(step, Step::Delete { .. }), actor)?;
        if name == "baasix_Role" {
            rank.system_role(step)?;
        }
        if actor.unbound() {
            continue;
        }
        if SEALED.contains(&name.as_str()) {
            return Err(Error::new(Code::Forbidden, "Access denied. Administrators only."));
        }
        match name.as_str() {
            "baasix_User" => rank.spare(step, "userRoles.role_Id", Some("id"), &rank.above())?,
            "baasix_Role" => {
                closed(step)?;
                rank.spare(step, "id", None, &rank.above())?;
            }
            "baasix_UserRole" => {
                rank.given(step)?;
                let out_of_reach = match step {
                    // Whoever takes an assignment along takes its rights along.
                    Step::Update { .. } => rank.beyond(),
                    _ => rank.above(),
                };
                rank.spare(step, "role_Id", None, &out_of_reach)?;
            }
            "baasix_Invite" => rank.given(step)?,
            SESSIONS => {
                rank.spare(step, "user.userRoles.role_Id", Some("user_Id"), &rank.above())?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn written(step: &Step) -> Option<&Arc<Collection>> {
    match step {
        Step::Insert { collection, .. }
        | Step::Update { collection, .. }
        | Step::Delete { collection, .. } => Some(collection),
        Step::Exists { .. } | Step::Pointed { .. } => None,
    }
}

/// Refuses what only the server writes, to administrators too: nobody makes up what happened, which
/// mails went out, or who is signed in. Ending (`ends`) a session is showing somebody out, and is
/// theirs who may.
pub(crate) fn leave_to_the_house(collection: &str, ends: bool, actor: &Actor) -> Result<()> {
    if matches!(actor.identity, Identity::System(_)) {
        return Ok(());
    }
    let (message, hint) = match collection {
        HISTORY => (
            "the history is written by the server alone",
            "keep entries of your own in a collection of your own; old ones of the history go by `historyDays` of their collection",
        ),
        MAILS => (
            "the log of mails is written by the server alone",
            "keep entries of your own in a collection of your own",
        ),
        TOKENS if !ends => (
            "API tokens are made by `POST /auth/tokens`",
            "make a new one; delete its record to revoke one",
        ),
        SESSIONS if !ends => (
            "sessions are opened by signing in",
            "sign in or refresh for a session; delete its record to end it",
        ),
        _ => return Ok(()),
    };
    Err(Error::new(Code::Forbidden, message).hint(hint))
}

/// What a role opens beside its permission rows is for administrators to say.
fn closed(step: &Step) -> Result<()> {
    let (Step::Insert { values, .. } | Step::Update { values, .. }) = step else { return Ok(()) };
    let opens = OPENING.iter().find(|name| match values.get(**name) {
        None | Some(Assigned::Value(Value::Null | Value::Bool(false) | Value::Int(0))) => false,
        Some(_) => true,
    });
    match opens {
        Some(name) => {
            Err(Error::new(Code::Forbidden, format!("`{name}` of a role is set by administrators"))
                .at(*name))
        }
        None => Ok(()),
    }
}

struct Rank<'a> {
    state: &'a State,
    actor: &'a Actor,
    scope: &'a Scope<'a>,
}

impl Rank<'_> {
    /// Keys of the roles that may do all that the caller may, and more.
    fn above(&self) -> Vec<String> {
        self.roles(|theirs, ours| {
            theirs.cover(ours, &self.state.catalog) && !ours.cover(theirs, &self.state.catalog)
        })
    }

    /// Keys of the roles that may do something that the caller may not, save those that an
    /// administrator let its role invite to.
    fn beyond(&self) -> Vec<String> {
        let mut roles = self.roles(|theirs, ours| !ours.cover(theirs, &self.state.catalog));
        let own = self.actor.role.as_ref().and_then(|id| self.state.roles.get(id));
        let invites = own.and_then(|role| role.record.get("canInviteRoleIds")?.as_array());
        let administrator = self.state.role_named("administrator").map(|role| role.id.as_str());
        roles.retain(|id| {
            Some(id.as_str()) == administrator
                || !invites.into_iter().flatten().any(|one| one.as_str() == Some(id))
        });
        roles
    }

    /// Administrators, and the roles that compare so with the caller's.
    fn roles(&self, compare: impl Fn(&Policies, &Policies) -> bool) -> Vec<String> {
        let roles = self.state.roles.values().filter(|role| {
            role.name == "administrator"
                || (Some(&role.id) != self.actor.role.as_ref()
                    && compare(&role.policies, &self.actor.policies))
        });
        roles.map(|role| role.id.clone()).collect()
    }

    /// A role is given only by who has its rights.
    fn given(&self, step: &Step) -> Result<()> {
        let (Step::Insert { values, .. } | Step::Update { values, .. }) = step else {
            return Ok(());
        };
        let Some(Assigned::Value(Value::Text(role))) = values.get("role_Id") else {
            return Ok(());
        };
        if !self.beyond().contains(role) {
            return Ok(());
        }
        let administrator = self.state.role_named("administrator");
        Err(if administrator.is_some_and(|administrator| administrator.id == *role) {
            Error::new(Code::Forbidden, "only an administrator can make an administrator")
        } else {
            Error::new(Code::Forbidden, "a role is given only by somebody who has all its rights")
                .hint("ask an administrator, or to be allowed to invite to this role")
        }
        .at("role_Id"))
    }

    /// Keeps the step from records at the end of `path` in `roles`, save the caller's own, which
    /// `own` names.
    fn spare(
        &self,
        step: &mut Step,
        path: &str,
        own: Option<&str>,
        roles: &[String],
    ) -> Result<()> {
        let mut parts = vec![json!({ path: { "in": roles } })];
        if let (Some(own), Some(user)) = (own, self.actor.user()) {
            parts.push(json!({ own: { "ne": user } }));
        }
        self.spare_if(step, &json!({ "AND": parts }))
    }

    fn spare_if(&self, step: &mut Step, filter: &Json) -> Result<()> {
        let Some(collection) = written(step).map(Arc::clone) else { return Ok(()) };
        let (Step::Update { spares, .. } | Step::Delete { spares, .. }) = step else {
            return Ok(());
        };
        let filter = query::parse_filter(filter, "privilege", self.scope.limits)?;
        let cond = query::resolve_filter(&filter, &collection, self.scope, Place::Policy)?;
        *spares = match std::mem::replace(spares, Cond::Never) {
            Cond::Never => cond,
            other => Cond::Any(vec![other, cond]),
        };
        Ok(())
    }

    fn system_role(&self, step: &mut Step) -> Result<()> {
        let known = |key: &Option<Assigned>| match key {
            Some(Assigned::Value(Value::Text(id))) => {
                self.state.roles.get(id).filter(|role| SYSTEM_ROLES.contains(&role.name.as_str()))
            }
            _ => None,
        };
        match step {
            Step::Update { key, values, .. } => {
                let renamed = known(key).is_some_and(|role| {
                    values.get("name").is_some_and(|name| {
                        *name != Assigned::Value(Value::text(role.name.as_str()))
                    })
                });
                if renamed {
                    return Err(Error::new(Code::Forbidden, "System role names cannot be changed"));
                }
            }
            Step::Delete { key: Some(key), .. } => {
                if known(&Some(key.clone())).is_some() {
                    return Err(Error::new(Code::Forbidden, "System roles cannot be deleted"));
                }
            }
            // A list that is replaced may take along whatever is not in it.
            Step::Delete { key: None, .. } => {
                return self.spare_if(step, &json!({ "name": { "in": SYSTEM_ROLES } }));
            }
            Step::Insert { .. } | Step::Exists { .. } | Step::Pointed { .. } => {}
        }
        Ok(())
    }
}
