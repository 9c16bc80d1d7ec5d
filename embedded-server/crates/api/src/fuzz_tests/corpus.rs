//! Inputs that brought about something, one a line, escaped as in a Rust byte string.

use super::outcome::Seen;
use std::path::PathBuf;

/// Most inputs that are stored of one target, and the longest.
const STORED_MAX: usize = 1_500;
const STORED_BYTES_MAX: usize = 400;

pub(super) struct Corpus {
    file: PathBuf,
    inputs: Vec<Vec<u8>>,
    stored: usize,
}

impl Corpus {
    pub(super) fn load(name: &str) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/soak/corpus");
        let file = PathBuf::from(folder).join(format!("{name}.txt"));
        let text = std::fs::read_to_string(&file).unwrap();
        let inputs: Vec<Vec<u8>> = text.lines().map(|line| unescaped(line).unwrap()).collect();
        assert!(!inputs.is_empty(), "{} is empty", file.display());
        Self { file, stored: inputs.len(), inputs }
    }

    pub(super) fn inputs(&self) -> &[Vec<u8>] {
        &self.inputs
    }

    pub(super) fn stored(&self) -> usize {
        self.stored
    }

    pub(super) fn keep(&mut self, input: Vec<u8>) {
        self.inputs.push(input);
    }

    /// Adds what was found: the shortest new input of each new trait.
    pub(super) fn store(mut self, outcome: impl Fn(&[u8]) -> String) {
        let mut found = self.inputs.split_off(self.stored);
        found.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        let mut seen = Seen::default();
        for input in &self.inputs {
            seen.note(&outcome(input));
        }
        let short = found.into_iter().filter(|input| input.len() <= STORED_BYTES_MAX);
        self.inputs.extend(short.filter(|input| seen.note(&outcome(input))));
        self.inputs.truncate(STORED_MAX);
        let told = |input: &Vec<u8>| input.escape_ascii().to_string();
        let mut lines: Vec<String> = self.inputs.iter().map(told).collect();
        lines.push(String::new());
        std::fs::write(&self.file, lines.join("\n")).unwrap();
        println!("{} inputs stored in {}", lines.len() - 1, self.file.display());
    }
}

fn unescaped(line: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next()? {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'x' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    Some(bytes)
}

#[test]
fn what_is_stored_is_what_is_read() {
    let every: Vec<u8> = (0..=255).collect();
    assert_eq!(unescaped(&every.escape_ascii().to_string()), Some(every));
    assert_eq!((unescaped("\\x4"), unescaped("\\")), (None, None));
}
