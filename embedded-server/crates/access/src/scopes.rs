//! What an API token may be used for: a ceiling over what its bearer may do, and never more.

use crate::{Action, FieldGrants, Policies, Policy};
use base::{Code, Detail, Error, Result};
use catalog::{Catalog, Collection};
use indexmap::IndexMap;
use query::RelConditions;
use serde_json::Map;

/// Most scopes of one token.
pub const SCOPES_MAX: usize = 100;

/// Stands for every action, or for every collection that is not the system's.
const ALL: &str = "*";

/// The words of a scope's first half, and what they allow.
const WORDS: [(&str, &[Action]); 6] = [
    ("read", &[Action::Read]),
    ("create", &[Action::Create]),
    ("update", &[Action::Update]),
    ("delete", &[Action::Delete]),
    ("write", &[Action::Create, Action::Update, Action::Delete]),
    (ALL, &Action::ALL),
];

/// Scopes as `action:collection`. The action is one of the four, `write` (all but reading) or `*`;
/// the collection is named, or `*` for all that are not the system's: those of the system are
/// opened by name only.
///
/// A scope names the collection that a request is about. What a role's rule on it opens through
/// relations comes along, as it is part of that rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scopes(Vec<Scope>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Scope {
    word: String,
    /// None for `*`.
    collection: Option<String>,
}

impl Scopes {
    /// Reads scopes as they are asked for and stored. `VALIDATION_ERROR` at `scopes` for none at
    /// all, too many, and what is not `action:collection`.
    pub fn parse<'w>(words: impl IntoIterator<Item = &'w str>) -> Result<Self> {
        let mut scopes: Vec<Scope> = Vec::new();
        for text in words {
            let scope = Scope::parse(text.trim())?;
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        match scopes.len() {
            0 => Err(wrong("a list without scopes allows nothing")
                .hint("leave `scopes` out for all that the role may do")),
            1..=SCOPES_MAX => Ok(Self(scopes)),
            many => Err(wrong(&format!("{many} scopes; a token has at most {SCOPES_MAX}"))),
        }
    }

    /// As they are stored and told.
    pub fn words(&self) -> impl Iterator<Item = String> {
        self.0
            .iter()
            .map(|scope| format!("{}:{}", scope.word, scope.collection.as_deref().unwrap_or(ALL)))
    }

    /// The collections that are named.
    pub fn collections(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|scope| scope.collection.as_deref())
    }

    /// Whether this may be done with records of a collection, as far as the scopes go.
    #[must_use]
    pub fn allow(&self, action: Action, collection: &Collection) -> bool {
        self.0.iter().any(|scope| {
            let meant = match &scope.collection {
                Some(name) => *name == collection.name,
                None => !collection.system,
            };
            meant && scope.actions().contains(&action)
        })
    }

    /// The part of a role's policies that the scopes leave.
    #[must_use]
    pub fn narrow(&self, policies: &Policies, full: &Catalog) -> Policies {
        let left = |(name, list): (&String, &Vec<Policy>)| {
            let collection = full.get(name)?;
            let list = list.iter().filter(|policy| self.allow(policy.action, collection));
            let list: Vec<Policy> = list.cloned().collect();
            (!list.is_empty()).then(|| (name.clone(), list))
        };
        Policies { by_collection: policies.by_collection.iter().filter_map(left).collect() }
    }

    /// What the scopes leave of an administrator, whom no policy binds otherwise: whole records
    /// of the collections in reach, and relations between those.
    #[must_use]
    pub fn open(&self, full: &Catalog) -> Policies {
        let mut by_collection = IndexMap::new();
        for (name, collection) in &full.collections {
            let allowed = Action::ALL.into_iter().filter(|action| self.allow(*action, collection));
            let list: Vec<Policy> =
                allowed.map(|action| self.open_policy(action, collection, full)).collect();
            if !list.is_empty() {
                by_collection.insert(name.clone(), list);
            }
        }
        Policies { by_collection }
    }

    fn open_policy(&self, action: Action, collection: &Collection, full: &Catalog) -> Policy {
        let mut patterns = vec![String::from("*")];
        if matches!(action, Action::Create | Action::Update) {
            // A list of related records may make, change and let go of them.
            let written = |target: &Collection| {
                [Action::Create, Action::Update].iter().all(|action| self.allow(*action, target))
            };
            let within = collection.relations.values();
            let within = within
                .filter(|relation| full.get(&relation.target).is_some_and(|far| written(far)));
            patterns.extend(within.map(|relation| relation.name.clone()));
        }
        Policy {
            action,
            fields: FieldGrants { patterns: Some(patterns) },
            conditions: None,
            check: None,
            rel_conditions: RelConditions::default(),
            defaults: Map::new(),
            broken: false,
        }
    }
}

impl Scope {
    fn parse(text: &str) -> Result<Self> {
        let unread = || {
            let words = WORDS.map(|(word, _)| word).join("`, `");
            wrong(&format!("`{text}` is no scope"))
                .hint(format!("`action:collection`, the action one of `{words}`"))
        };
        let (word, collection) = text.split_once(':').ok_or_else(unread)?;
        let known = WORDS.iter().any(|(known, _)| *known == word);
        if !known || collection.is_empty() {
            return Err(unread());
        }
        let collection = (collection != ALL).then(|| collection.to_owned());
        Ok(Self { word: word.to_owned(), collection })
    }

    fn actions(&self) -> &'static [Action] {
        WORDS.iter().find(|(word, _)| *word == self.word).map_or(&[], |(_, actions)| actions)
    }
}

fn wrong(why: &str) -> Error {
    let message = format!("Validation failed: scopes: {why}");
    Error::new(Code::ValidationError, message)
        .at("scopes")
        .detail(Detail::field("format", "scopes", why))
}

#[cfg(test)]
mod tests {
    use super::{SCOPES_MAX, Scopes};
    use crate::{Action, Policies, Policy};
    use base::{Code, Limits};
    use catalog::Catalog;
    use serde_json::{Value as Json, json};

    fn catalog() -> Catalog {
        let key = json!({ "type": "Integer", "primaryKey": true });
        let post = json!({ "name": "posts", "fields": {
            "id": key, "topic_Id": { "type": "Integer" }, "user_Id": { "type": "UUID" },
            "topic": { "relType": "BelongsTo", "target": "topics", "foreignKey": "topic_Id" },
            "author": { "relType": "BelongsTo", "target": "baasix_User", "foreignKey": "user_Id" },
        } });
        let topic = json!({ "name": "topics", "fields": { "id": key } });
        let own = [("posts", post), ("topics", topic)];
        let own = own.map(|(name, schema)| (name.to_owned(), schema));
        let mut all = catalog::system_documents().clone();
        all.extend(own);
        Catalog::build(all, 1, |_, _| None).unwrap()
    }

    fn scopes(words: &[&str]) -> Scopes {
        Scopes::parse(words.iter().copied()).unwrap()
    }

    #[test]
    fn a_scope_allows_what_it_says_and_the_system_by_name_only() {
        let catalog = catalog();
        let check = |words: &[&str], action, name: &str, allowed: bool| {
            let told = scopes(words).allow(action, catalog.get(name).unwrap());
            assert_eq!(told, allowed, "{words:?} {action:?} {name}");
        };
        check(&["read:posts"], Action::Read, "posts", true);
        check(&["read:posts"], Action::Update, "posts", false);
        check(&["read:posts"], Action::Read, "topics", false);
        check(&["write:posts"], Action::Delete, "posts", true);
        check(&["write:posts"], Action::Read, "posts", false);
        check(&["*:posts"], Action::Read, "posts", true);
        check(&["read:*"], Action::Read, "topics", true);
        check(&["*:*"], Action::Read, "baasix_User", false);
        check(&["*:*", "read:baasix_User"], Action::Read, "baasix_User", true);
        check(&["*:*", "read:baasix_User"], Action::Update, "baasix_User", false);
    }

    #[test]
    fn scopes_are_told_as_they_were_asked_and_each_once() {
        let told = scopes(&[" read:posts", "*:*", "read:posts"]).words().collect::<Vec<_>>();
        assert_eq!(told, ["read:posts", "*:*"]);
        let many = vec!["read:posts:x"; SCOPES_MAX + 1];
        assert!(Scopes::parse(many).is_ok(), "the same one is one");
        let many = (0..=SCOPES_MAX).map(|one| format!("read:c{one}")).collect::<Vec<_>>();
        for wrong in [&["posts"][..], &["read:"], &["look:posts"], &[""], &[]] {
            let fault = Scopes::parse(wrong.iter().copied()).unwrap_err();
            assert_eq!(fault.code(), Code::ValidationError, "{wrong:?}");
        }
        assert!(Scopes::parse(many.iter().map(String::as_str)).is_err());
    }

    #[test]
    fn a_ceiling_takes_away_and_adds_nothing() {
        let catalog = catalog();
        let row = |collection: &str, action: &str| json!({ "collection": collection, "action": action, "fields": ["*"], "conditions": { "id": 1 } });
        let mut role = Policies::default();
        for row in [row("posts", "read"), row("posts", "delete"), row("topics", "read")] {
            let row = row.as_object().unwrap();
            let (name, policy, fault) = Policy::parse(row, &catalog, &Limits::default()).unwrap();
            assert!(fault.is_none(), "{fault:?}");
            role.by_collection.entry(name).or_default().push(policy);
        }
        let left = scopes(&["read:*", "update:posts"]).narrow(&role, &catalog);
        assert!(left.get("posts", Action::Read).unwrap().conditions.is_some(), "as it was");
        assert!(left.get("posts", Action::Update).is_none(), "the role may not");
        assert!(left.get("posts", Action::Delete).is_none(), "the token may not");
        assert!(left.get("topics", Action::Read).is_some());
    }

    #[test]
    fn an_administrators_token_writes_related_records_within_its_scopes_only() {
        let catalog = catalog();
        let patterns = |words: &[&str]| {
            let open = scopes(words).open(&catalog);
            let policy = open.get("posts", Action::Create);
            policy.map(|policy| json!(policy.fields.patterns))
        };
        assert_eq!(patterns(&["read:posts"]), None::<Json>);
        assert_eq!(patterns(&["create:posts"]), Some(json!(["*"])));
        assert_eq!(patterns(&["*:posts", "create:topics"]), Some(json!(["*"])));
        assert_eq!(patterns(&["*:*"]), Some(json!(["*", "topic"])));
        let open = scopes(&["read:posts"]).open(&catalog);
        assert_eq!(open.by_collection.keys().collect::<Vec<_>>(), ["posts"]);
    }
}
