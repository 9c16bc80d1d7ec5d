//! SQL/JSON paths: what may pass to the stores.
//!
//! The grammar is `base::JsonPath`, the one that SQLite's functions run. Postgres reads paths by
//! itself, and regular expressions are read by neither alike, so a pattern must be one that both
//! understand.

use super::filter::unshared_syntax;
use base::JsonPath;

/// Checks a path. `most` is its longest allowed length in bytes.
pub(super) fn check(path: &str, most: usize) -> Result<(), String> {
    if path.len() > most {
        return Err(format!("a JSON path may have {most} bytes, not {}", path.len()));
    }
    for pattern in JsonPath::parse(path)?.patterns {
        if let Some(part) = unshared_syntax(&pattern.text) {
            return Err(format!("`{part}` does not mean the same in both stores"));
        }
        regex::Regex::new(&pattern.text)
            .map_err(|_| format!("`{}` is not a regular expression", pattern.text))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn length_and_patterns_are_bounded() {
        let like = |pattern: &str| check(&format!("$.a like_regex \"{pattern}\""), 1000);
        assert_eq!(like("^a"), Ok(()));
        assert!(like("(").is_err());
        assert!(check("$.aaaa", 3).is_err());
        assert!(check("$.a ==", 1000).is_err());
    }
}
