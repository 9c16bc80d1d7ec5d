//! What is kept in memory of the records of some collections, in this process and in others on the
//! same database: the one list by which a write is told to whoever keeps something of it.

/// What is kept of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Roles and their policies, in the snapshot that every request reads.
    Policies,
    /// Who somebody is and what that allows, of anybody.
    People,
    /// The same of whoever holds the one session or API token.
    Session,
    /// The settings of the project and of its tenants.
    Settings,
    /// What the environment would say otherwise.
    Variables,
}

/// Every collection of which something is kept.
const KEPT: [(&str, &[Kept]); 10] = [
    ("baasix_Permission", &[Kept::Policies]),
    ("baasix_Role", &[Kept::Policies, Kept::People]),
    ("baasix_User", &[Kept::People]),
    ("baasix_UserRole", &[Kept::People]),
    ("baasix_Tenant", &[Kept::People]),
    ("baasix_ApiToken", &[Kept::Session]),
    ("baasix_Sessions", &[Kept::Session]),
    ("baasix_Persona", &[Kept::People]),
    ("baasix_Settings", &[Kept::Settings]),
    ("baasix_Variable", &[Kept::Variables]),
];

/// What is kept of a collection's records; nothing of most.
pub(crate) fn of(collection: &str) -> &'static [Kept] {
    KEPT.iter().find(|(name, _)| *name == collection).map_or(&[], |(_, kept)| kept)
}

#[cfg(test)]
mod tests {
    use super::{KEPT, of};

    #[test]
    fn what_is_kept_is_of_collections_of_the_system_and_each_stands_once() {
        for (name, kept) in KEPT {
            assert!(catalog::system_document(name).is_some(), "{name}");
            assert_eq!(of(name), kept, "{name}");
        }
        assert!(of("baasix_File").is_empty() && of("posts").is_empty());
    }
}
