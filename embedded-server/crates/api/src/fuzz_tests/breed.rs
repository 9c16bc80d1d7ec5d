//! New inputs from known ones: bytes changed, words put in, two joined, JSON rebuilt.

use serde_json::{Map, Value as Json};

pub(super) struct Breeder {
    state: u64,
    words: &'static [&'static str],
}

/// Signs that mean something to some parser.
const SIGNS: &[u8] = b"{}[]\",:=&.*-+$%\\\n\r;'()@?!<>0123456789eE \t\x00\xff\xc3";

impl Breeder {
    pub(super) fn new(seed: u64, words: &'static [&'static str]) -> Self {
        Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15), words }
    }

    /// SplitMix64.
    fn roll(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % bound.max(1) as u64).unwrap_or(0)
    }

    pub(super) fn next(&mut self, known: &[Vec<u8>]) -> Vec<u8> {
        // What was found last is the likeliest to lead further.
        let recent = known.len().min(64);
        let at = match self.roll(2) {
            0 => known.len() - 1 - self.roll(recent),
            _ => self.roll(known.len()),
        };
        let mut input = known[at].clone();
        let json = serde_json::from_slice::<Json>(&input).ok();
        if let (Some(mut json), 0..=5) = (json, self.roll(8)) {
            for _ in 0..=self.roll(3) {
                self.rebuild(&mut json, 0);
            }
            return json.to_string().into_bytes();
        }
        for _ in 0..=self.roll(4) {
            self.change(&mut input, known);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, known: &[Vec<u8>]) {
        let at = self.roll(input.len() + 1);
        match self.roll(7) {
            0 if !input.is_empty() => {
                let at = at.min(input.len() - 1);
                let to = (at + 1 + self.roll(8)).min(input.len());
                input.drain(at..to);
            }
            1 => input.insert(at, SIGNS[self.roll(SIGNS.len())]),
            2 if at < input.len() => input[at] = SIGNS[self.roll(SIGNS.len())],
            3 => {
                let word = self.words[self.roll(self.words.len())];
                input.splice(at..at, word.bytes());
            }
            4 => {
                // A part of its own, once more.
                let from = self.roll(input.len() + 1);
                let part: Vec<u8> = input[from..].iter().take(1 + self.roll(24)).copied().collect();
                input.splice(at..at, part);
            }
            5 => {
                let other = &known[self.roll(known.len())];
                let from = self.roll(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => {
                let byte = u8::try_from(self.roll(256)).unwrap_or(0);
                input.insert(at, byte);
            }
        }
    }

    /// Changes one place of a document.
    fn rebuild(&mut self, json: &mut Json, depth: usize) {
        let inside = depth < 12 && self.roll(4) > 0;
        match json {
            Json::Array(items) if inside && !items.is_empty() => {
                let at = self.roll(items.len());
                match self.roll(6) {
                    0 => drop(items.remove(at)),
                    1 => items.push(items[at].clone()),
                    _ => self.rebuild(&mut items[at], depth + 1),
                }
            }
            Json::Object(map) if inside && !map.is_empty() => {
                let at = self.roll(map.len());
                let Some(key) = map.keys().nth(at).cloned() else { return };
                match self.roll(8) {
                    0 => drop(map.shift_remove(&key)),
                    1 => {
                        let value = map.shift_remove(&key).unwrap_or(Json::Null);
                        map.insert(self.word(), value);
                    }
                    2 => {
                        let value = map.get(&key).cloned().unwrap_or(Json::Null);
                        map.insert(self.word(), value);
                    }
                    3 => {
                        let value = self.leaf();
                        map.insert(self.word(), value);
                    }
                    _ => {
                        if let Some(value) = map.get_mut(&key) {
                            self.rebuild(value, depth + 1);
                        }
                    }
                }
            }
            json => {
                *json = match self.roll(6) {
                    0 => Json::Array(vec![json.take()]),
                    1 => Json::Object(Map::from_iter([(self.word(), json.take())])),
                    _ => self.leaf(),
                }
            }
        }
    }

    fn word(&mut self) -> String {
        self.words[self.roll(self.words.len())].to_owned()
    }

    fn leaf(&mut self) -> Json {
        match self.roll(9) {
            0 => Json::Null,
            1 => Json::Bool(self.roll(2) == 0),
            2 => Json::from(self.roll(300)),
            3 => Json::from(-1.5),
            4 => Json::Array(Vec::new()),
            5 => Json::Object(Map::new()),
            _ => Json::String(self.word()),
        }
    }
}
