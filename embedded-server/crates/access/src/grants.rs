//! Field patterns of a permission row, and what they match.

/// Field patterns (`spec/auth.md` 12.5). `*` is every direct column of a level, `rel.*` those of
/// a relation, each further `.*` one level more, `**` any depth, a bare relation name is `rel.*`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldGrants {
    /// `None` is the stored null: on read and delete every direct column, on create and update
    /// nothing.
    pub patterns: Option<Vec<String>>,
}

impl FieldGrants {
    /// From the stored form: a list, a comma-separated text, or null.
    pub fn parse(stored: &serde_json::Value) -> Result<Self, String> {
        use serde_json::Value as Json;
        let patterns = match stored {
            Json::Null => None,
            Json::String(text) => Some(split(text)),
            Json::Array(items) => {
                let mut patterns = Vec::with_capacity(items.len());
                for item in items {
                    match item {
                        Json::String(text) => patterns.extend(split(text)),
                        other => return Err(format!("`{other}` is not a field pattern")),
                    }
                }
                Some(patterns)
            }
            other => return Err(format!("`{other}` is not a list of field patterns")),
        };
        Ok(Self { patterns })
    }

    /// Whether a column at the end of `path` (relations, then the column) is granted.
    #[must_use]
    pub fn allows(&self, path: &[&str], null_means_direct: bool) -> bool {
        match &self.patterns {
            None => null_means_direct && path.len() == 1,
            Some(patterns) => patterns.iter().any(|pattern| covers(pattern, path)),
        }
    }

    /// Whether anything at or below the relation path `path` is granted by name or by stars.
    #[must_use]
    pub fn reaches(&self, path: &[&str]) -> bool {
        let Some(patterns) = &self.patterns else { return false };
        patterns.iter().any(|pattern| {
            let parts: Vec<&str> = pattern.split('.').collect();
            // A bare relation name grants its columns; `*` alone never grants a relation.
            if parts.len() == 1 && parts[0] != "**" {
                return parts[0] != "*" && path.len() == 1 && parts[0] == path[0];
            }
            walk(&parts, path)
        })
    }
}

/// Whether the relation path can be walked by the pattern with something left for its columns.
fn walk(parts: &[&str], path: &[&str]) -> bool {
    match (parts.first(), path.first()) {
        (Some(&"**"), _) => true,
        (_, None) => !parts.is_empty(),
        (None, Some(_)) => false,
        (Some(part), Some(step)) => (*part == "*" || part == step) && walk(&parts[1..], &path[1..]),
    }
}

/// Whether the pattern covers the column at the end of the path.
fn covers(pattern: &str, path: &[&str]) -> bool {
    let parts: Vec<&str> = pattern.split('.').collect();
    if let Some(at) = parts.iter().position(|part| *part == "**") {
        return path.len() > at && same(&parts[..at], &path[..at]);
    }
    // `rel.*.*` also covers `rel.*`: each trailing star is one level more, not another level.
    let stars = parts.iter().rev().take_while(|part| **part == "*").count();
    let fixed = parts.len() - stars;
    if stars == 0 {
        // A bare relation name is `rel.*`; a bare column name is that column.
        return same(&parts, path)
            || (path.len() == parts.len() + 1 && same(&parts, &path[..fixed]));
    }
    path.len() > fixed && path.len() <= parts.len() && same(&parts[..fixed], &path[..fixed])
}

fn same(parts: &[&str], path: &[&str]) -> bool {
    parts.len() == path.len()
        && parts.iter().zip(path).all(|(part, step)| *part == "*" || part == step)
}

fn split(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::FieldGrants;
    use serde_json::json;

    fn check(stored: serde_json::Value, path: &str, expected: bool) {
        let grants = FieldGrants::parse(&stored).unwrap();
        let path: Vec<&str> = path.split('.').collect();
        assert_eq!(grants.allows(&path, true), expected, "{stored} on {path:?}");
    }

    #[test]
    fn patterns_cover_what_the_table_says() {
        check(json!(["*"]), "title", true);
        check(json!("*"), "title", true);
        check(json!(["*"]), "coms.content", false);
        check(json!(["*", "coms.*"]), "coms.content", true);
        check(json!(["*.*"]), "coms.content", true);
        check(json!(["*.*"]), "title", true);
        check(json!(["*", "coms.content"]), "coms.hid", false);
        check(json!("title, owner"), "owner", true);
        check(json!("title, owner"), "id", false);
        check(json!(["**"]), "a.b.c.d", true);
        check(json!(["rel.**"]), "rel.a.b", true);
        check(json!(["rel.**"]), "other", false);
        check(json!("Review,name,Review.author.*"), "Review.text", true);
        check(json!("Review,name,Review.author.*"), "Review.author.name", true);
        check(json!("category.*.*"), "category.name", true);
        check(json!("category.*.*"), "category.owner.name", true);
        check(json!("category.*.*"), "category.owner.team.name", false);
        check(json!(null), "title", true);
        check(json!(null), "rel.title", false);
        check(json!([]), "title", false);
    }

    #[test]
    fn a_relation_is_reached_only_by_name_or_by_stars_below_the_first_level() {
        let grants = FieldGrants::parse(&json!(["*", "author.name", "tags"])).unwrap();
        assert!(grants.reaches(&["author"]));
        assert!(grants.reaches(&["tags"]));
        assert!(!grants.reaches(&["comments"]));
        assert!(!grants.reaches(&["author", "team"]));
        assert!(FieldGrants::parse(&json!(["*.*"])).unwrap().reaches(&["comments"]));
        assert!(!FieldGrants::parse(&json!(["*"])).unwrap().reaches(&["comments"]));
    }
}
