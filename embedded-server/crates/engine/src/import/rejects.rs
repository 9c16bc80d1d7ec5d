//! The rows that were refused, as a file.

use super::RowFault;
use super::rows::Row;
use base::{Code, Error, Result};
use std::path::{Path, PathBuf};

/// Column of a row that is JSON: the keys of the next may be others.
const WHOLE: &str = "_row";

/// What the file says of its rows, behind their own columns.
pub(super) const OWN: [&str; 2] = ["_line", "_reason"];

/// A file that begins with its first row: nothing refused, no file.
pub(super) struct Rejects {
    path: PathBuf,
    writer: Option<csv::Writer<std::fs::File>>,
    append: bool,
}

impl Rejects {
    pub(super) fn create(path: PathBuf) -> Result<Self> {
        match std::fs::remove_file(&path) {
            Ok(()) => {}
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => {}
            Err(fault) => return Err(unwritable(&path, &fault.to_string())),
        }
        Ok(Self { path, writer: None, append: false })
    }

    pub(super) fn append(path: PathBuf) -> Result<Self> {
        let append = path.is_file();
        Ok(Self { path, writer: None, append })
    }

    pub(super) fn write(&mut self, row: &Row, faults: &[RowFault]) -> Result<()> {
        let path = self.path.clone();
        let trouble = |fault: csv::Error| unwritable(&path, &fault.to_string());
        if self.writer.is_none() {
            let file = base::owners_file().create(true).append(true).open(&self.path);
            let file = file.map_err(|fault| unwritable(&self.path, &fault.to_string()))?;
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(file);
            if !self.append {
                let names = row.header().map_or_else(|| vec![String::from(WHOLE)], <[_]>::to_vec);
                let own = OWN.map(str::to_owned);
                writer.write_record(names.into_iter().chain(own)).map_err(trouble)?;
            }
            self.writer = Some(writer);
        }
        let reasons: Vec<String> = faults.iter().map(RowFault::sentence).collect();
        let (texts, surplus) = row.texts();
        let own = [row.line.to_string(), reasons.join("; ")];
        // What stands under no name is behind what stands under one.
        let cells = texts.into_iter().chain(own).chain(surplus);
        match &mut self.writer {
            Some(writer) => writer.write_record(cells).map_err(trouble),
            None => Ok(()),
        }
    }

    pub(super) fn finish(mut self) -> Result<()> {
        match &mut self.writer {
            Some(writer) => {
                writer.flush().map_err(|fault| unwritable(&self.path, &fault.to_string()))
            }
            None => Ok(()),
        }
    }
}

fn unwritable(path: &Path, why: &str) -> Error {
    Error::new(Code::Unavailable, "the rejects of this import cannot be written")
        .caused_by(format!("{}: {why}", path.display()))
}
