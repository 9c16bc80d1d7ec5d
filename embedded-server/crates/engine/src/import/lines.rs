//! On which line of its file a row begins. The reader of CSV counts line feeds it has read so far,
//! which is another line where a file has empty ones, or ends its lines in another way.

use std::collections::VecDeque;

/// Where lines begin that hold something, of the part of a file that was read and not asked yet.
pub(super) struct Lines {
    offset: u64,
    line: u64,
    /// Nothing of the line was met yet.
    fresh: bool,
    /// The last sign was a carriage return: a line feed belongs to it.
    returned: bool,
    begun: VecDeque<(u64, u64)>,
}

impl Default for Lines {
    fn default() -> Self {
        Self { offset: 0, line: 1, fresh: true, returned: false, begun: VecDeque::new() }
    }
}

impl Lines {
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
                    if self.fresh {
                        self.begun.push_back((self.offset, self.line));
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
        while let Some((begins, line)) = self.begun.front() {
            if *begins >= byte {
                return *line;
            }
            self.begun.pop_front();
        }
        self.line
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
}
