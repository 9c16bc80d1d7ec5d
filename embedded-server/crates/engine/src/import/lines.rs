//! On which line of its file a row begins. The reader of CSV counts line feeds it has read so far,
//! which is another line where a file has empty ones, or ends its lines in another way.

use std::collections::VecDeque;

/// Where lines begin that hold something, of the part of a file that was read and not asked yet.
///
/// A row of 16 MB may be one cell of ends of lines, and each of its lines is remembered until the
/// row is told: so they are kept as distances, in no more bytes than the file has for them.
pub(super) struct Lines {
    offset: u64,
    line: u64,
    /// Nothing of the line was met yet.
    fresh: bool,
    /// The last sign was a carriage return: a line feed belongs to it.
    returned: bool,
    /// Of each line, how many bytes and lines it begins behind the one before.
    begun: VecDeque<u8>,
    /// The last line that was put there, by byte and number.
    put: (u64, u64),
    /// The last that was taken out.
    taken: (u64, u64),
    /// Whether the last that was taken out may be asked for again.
    waits: bool,
    quotes_odd: bool,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            offset: 0,
            line: 1,
            fresh: true,
            returned: false,
            begun: VecDeque::new(),
            put: (0, 0),
            taken: (0, 0),
            waits: false,
            quotes_odd: false,
        }
    }
}

impl Lines {
    /// Whether the quotes so far are no pairs.
    pub(super) fn quotes_odd(&self) -> bool {
        self.quotes_odd
    }

    /// The next bytes of the file.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' if self.returned => self.returned = false,
                b'\n' | b'\r' => {
                    self.line += 1;
                    self.fresh = true;
                    self.returned = *byte == b'\r';
                }
                _ => {
                    self.quotes_odd ^= *byte == b'"';
                    if self.fresh {
                        self.distance(self.offset - self.put.0);
                        self.distance(self.line - self.put.1);
                        self.put = (self.offset, self.line);
                    }
                    self.fresh = false;
                    self.returned = false;
                }
            }
            self.offset += 1;
        }
    }

    /// The line of the row that is the first behind this byte. Rows are asked in their order.
    pub(super) fn of(&mut self, byte: u64) -> u64 {
        while self.waits || self.take() {
            let (begins, line) = self.taken;
            self.waits = begins >= byte;
            if self.waits {
                return line;
            }
        }
        self.line
    }

    /// Seven bits in a byte; the eighth says that more follow.
    fn distance(&mut self, mut distance: u64) {
        while distance > 0x7f {
            self.begun.push_back((distance & 0x7f) as u8 | 0x80);
            distance >>= 7;
        }
        self.begun.push_back(distance as u8);
    }

    fn distance_taken(&mut self) -> Option<u64> {
        let mut distance = 0;
        for place in 0.. {
            let byte = self.begun.pop_front()?;
            distance |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                break;
            }
        }
        Some(distance)
    }

    /// The next line; false when all that was read is told.
    fn take(&mut self) -> bool {
        let Some(bytes) = self.distance_taken() else { return false };
        let Some(lines) = self.distance_taken() else { return false };
        self.taken = (self.taken.0 + bytes, self.taken.1 + lines);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    fn lines(text: &str) -> Vec<u64> {
        // In pieces: an end of a line may lie between two of them.
        let mut lines = Lines::default();
        text.as_bytes().chunks(2).for_each(|piece| lines.feed(piece));
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let mut record = csv::ByteRecord::new();
        let mut found = Vec::new();
        while reader.read_byte_record(&mut record).unwrap() {
            found.push(lines.of(record.position().unwrap().byte()));
        }
        found
    }

    #[test]
    fn a_row_begins_on_its_line_however_lines_end() {
        assert_eq!(lines("a\n1\n2\n"), [2, 3]);
        assert_eq!(lines("a\r\n1\r\n2\r\n"), [2, 3]);
        assert_eq!(lines("a\r1\r2"), [2, 3]);
        assert_eq!(lines("\u{feff}a\r\n1\r\n"), [2]);
        assert_eq!(lines("a\n\n\n1\n\n2"), [4, 6]);
        assert_eq!(lines("a,b\r\n\"1\r\n1\",x\r\n\r\n2,y\r\n"), [2, 5]);
    }

    #[test]
    fn lines_that_wait_take_no_more_room_than_they_have_in_the_file() {
        let most = 1 << 20;
        for piece in ["a\n", "a\r\n", "\na", "\n\n\n\n\n\nlonger\r\r\r", "\n"] {
            let mut text = String::from("head\n\"");
            while text.len() < most {
                text.push_str(piece);
            }
            let mut lines = Lines::default();
            text.as_bytes().chunks(1 << 12).for_each(|part| lines.feed(part));
            let held = lines.begun.len();
            assert!(held <= text.len(), "{piece:?}: {held} bytes for {}", text.len());
            // What is behind them is told on its own line all the same.
            let end = text.len() as u64;
            let number = text.replace("\r\n", "\n").matches(['\n', '\r']).count() as u64 + 1;
            lines.feed(b"\"\nlast");
            assert_eq!(lines.of(end + 2), number + 1, "{piece:?}");
        }
    }
}
