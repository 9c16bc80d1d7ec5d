//! SQL/JSON paths: what may pass to the stores.
//!
//! The grammar is `base::JsonPath`, the one that SQLite's functions run. Postgres reads paths by
//! itself, and regular expressions are read by neither alike, so a pattern must be one that both
//! understand.

use super::pattern::spelled_out;
use base::JsonPath;
use serde_json::Value as Json;

/// A path as both stores are to run it. `most` is its longest allowed length in bytes.
pub(super) fn read(path: &str, most: usize) -> Result<String, String> {
    if path.len() > most {
        return Err(format!("a JSON path may have {most} bytes, not {}", path.len()));
    }
    let mut shared = path.to_owned();
    for pattern in JsonPath::parse(path)?.patterns.iter().rev() {
        let spelled = spelled_out(&pattern.text)?;
        if spelled != pattern.text {
            shared.replace_range(pattern.span.clone(), &Json::String(spelled).to_string());
        }
    }
    Ok(shared)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn length_and_patterns_are_bounded() {
        let like = |pattern: &str| read(&format!("$.a like_regex \"{pattern}\""), 1000);
        assert_eq!(like("^a").as_deref(), Ok("$.a like_regex \"^a\""));
        assert!(like("(").is_err());
        assert!(read("$.aaaa", 3).is_err());
        assert!(read("$.a ==", 1000).is_err());
    }

    #[test]
    fn classes_become_the_signs_of_ascii() {
        let path = r#"$.a ? (@ like_regex "[[:upper:]]" && @ like_regex "\\d\"" flag "i").b"#;
        let shared = r#"$.a ? (@ like_regex "[A-Z]" && @ like_regex "[0-9]\"" flag "i").b"#;
        assert_eq!(read(path, 1000).as_deref(), Ok(shared));
    }
}
