//! Whether one role may do all that another may.
//!
//! Answers no where it cannot tell, so that nobody gives away more than it has.

use crate::{Action, FieldGrants, Policies, Policy};
use catalog::{Catalog, Collection};
use query::Filter;

impl Policies {
    /// Whether whatever `other` grants is granted here too.
    #[must_use]
    pub fn cover(&self, other: &Self, catalog: &Catalog) -> bool {
        other.by_collection.iter().all(|(name, policies)| {
            let collection = catalog.get(name);
            let judged = |policy: &&Policy| !policy.broken && !keeps_own_views(name, policy);
            policies.iter().filter(judged).all(|theirs| {
                let ours = self.get(name, theirs.action).filter(|policy| !policy.broken);
                ours.is_some_and(|ours| covers(ours, theirs, collection.map(AsRef::as_ref)))
            })
        })
    }
}

/// Whether this is the right to views of one's own, which every project gives its signed-in
/// people: it is above nobody, and who has it not may still give a role that has it.
fn keeps_own_views(collection: &str, policy: &Policy) -> bool {
    let own = match &policy.conditions {
        Some(Filter::Test(test)) => {
            test.path == "userId" && test.operator == "eq" && test.operand == "$CURRENT_USER"
        }
        _ => false,
    };
    let plain = policy.fields.patterns.iter().flatten().all(|pattern| pattern == "*");
    let filled =
        policy.defaults.iter().all(|(name, value)| name == "userId" && *value == "$CURRENT_USER");
    collection == "baasix_UserPreference"
        && own
        && plain
        && filled
        && policy.check.is_none()
        && policy.rel_conditions.0.is_empty()
}

fn covers(ours: &Policy, theirs: &Policy, collection: Option<&Collection>) -> bool {
    let rows = ours.conditions.is_none() || ours.conditions == theirs.conditions;
    let new_rows = match (&ours.check, &theirs.check) {
        (None, _) if ours.conditions.is_none() => true,
        (ours, theirs) => ours == theirs,
    };
    let trims = ours.rel_conditions.0.is_empty() || ours.rel_conditions == theirs.rel_conditions;
    // Defaults may fill fields that the role itself may not write.
    let defaults = theirs.defaults.iter().all(|(key, value)| ours.defaults.get(key) == Some(value));
    let writes = matches!(ours.action, Action::Create | Action::Update);
    rows && new_rows
        && trims
        && defaults
        && patterns(&theirs.fields, writes).iter().all(|theirs| {
            patterns(&ours.fields, writes).iter().any(|ours| spans(ours, theirs, collection))
        })
}

/// What a missing list of fields stands for.
fn patterns(grants: &FieldGrants, writes: bool) -> Vec<&str> {
    match &grants.patterns {
        Some(patterns) => patterns.iter().map(String::as_str).collect(),
        None if writes => Vec::new(),
        None => vec!["*"],
    }
}

/// Whether one pattern grants everything that another does.
fn spans(ours: &str, theirs: &str, collection: Option<&Collection>) -> bool {
    if ours == theirs || ours == "**" {
        return true;
    }
    if ours == "*" {
        return collection.is_some_and(|collection| collection.fields.contains_key(theirs));
    }
    let (ours, theirs): (Vec<&str>, Vec<&str>) =
        (ours.split('.').collect(), theirs.split('.').collect());
    let step = |(ours, theirs): (&&str, &&str)| *ours == "*" || ours == theirs;
    match ours.split_last() {
        Some((&"**", before)) => {
            theirs.len() > before.len() && before.iter().zip(&theirs).all(step)
        }
        _ => {
            ours.len() == theirs.len()
                && !theirs.contains(&"**")
                && ours.iter().zip(&theirs).all(step)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Policies, Policy};
    use base::Limits;
    use catalog::Catalog;
    use serde_json::{Value as Json, json};

    fn policies(catalog: &Catalog, rows: &[Json]) -> Policies {
        let mut policies = Policies::default();
        for row in rows {
            let row = row.as_object().unwrap();
            let (name, policy, fault) = Policy::parse(row, catalog, &Limits::default()).unwrap();
            assert!(fault.is_none(), "{fault:?}");
            policies.by_collection.entry(name).or_default().push(policy);
        }
        policies
    }

    #[test]
    fn a_role_covers_what_it_may_do_itself_and_nothing_it_cannot_tell() {
        let catalog = Catalog::build(catalog::system_documents().clone(), 1, |_, _| None).unwrap();
        let read = |fields: Json, conditions: Json| json!({ "collection": "baasix_User", "action": "read", "fields": fields, "conditions": conditions });
        let check = |ours: &[Json], theirs: &[Json], covered: bool| {
            let (mine, other) = (policies(&catalog, ours), policies(&catalog, theirs));
            assert_eq!(mine.cover(&other, &catalog), covered, "{ours:?} {theirs:?}");
        };
        let all = read(json!(["*"]), Json::Null);
        check(&[], &[], true);
        check(std::slice::from_ref(&all), &[], true);
        check(&[], std::slice::from_ref(&all), false);
        check(std::slice::from_ref(&all), &[read(json!(["email", "*"]), Json::Null)], true);
        check(&[read(json!(["email"]), Json::Null)], std::slice::from_ref(&all), false);
        check(std::slice::from_ref(&all), &[read(json!(["userRoles.*"]), Json::Null)], false);
        check(std::slice::from_ref(&all), &[read(json!(["userRoles"]), Json::Null)], false);
        check(
            &[read(json!(["**"]), Json::Null)],
            &[read(json!(["userRoles.role.*"]), Json::Null)],
            true,
        );
        check(
            &[read(json!(["*", "*.*"]), Json::Null)],
            &[read(json!(["userRoles.id"]), Json::Null)],
            true,
        );
        check(&[read(Json::Null, Json::Null)], std::slice::from_ref(&all), true);
        let bound = read(json!(["*"]), json!({ "status": "active" }));
        check(std::slice::from_ref(&all), std::slice::from_ref(&bound), true);
        check(std::slice::from_ref(&bound), std::slice::from_ref(&all), false);
        check(std::slice::from_ref(&bound), std::slice::from_ref(&bound), true);
        let view = |action: &str, conditions: Json, defaults: Json| json!({ "collection": "baasix_UserPreference", "action": action, "fields": ["*"], "conditions": conditions, "defaultValues": defaults });
        let own = json!({ "userId": { "eq": "$CURRENT_USER" } });
        let mine = json!({ "userId": "$CURRENT_USER" });
        check(
            &[],
            &[view("create", own.clone(), mine), view("read", own.clone(), Json::Null)],
            true,
        );
        check(&[], &[view("read", Json::Null, Json::Null)], false);
        check(&[], &[view("create", own, json!({ "isDefault": true }))], false);
    }
}
