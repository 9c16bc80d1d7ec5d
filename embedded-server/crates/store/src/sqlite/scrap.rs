//! A copy of the file, on which something is tried, and which ends with it.

use super::connect::owned;
use std::path::{Path, PathBuf};

/// The copy's file and what SQLite lays beside it; removed however the trial ends.
pub(super) struct Scrap(PathBuf);

impl Scrap {
    /// Beside the file, under its name and `end`: the same disk, and nobody else reads there. It
    /// has one name, so that what a trial left that was killed goes with the next one.
    pub(super) fn beside(path: &Path, end: &str) -> Self {
        let scrap = Self(with_end(path, end));
        scrap.remove();
        // A copy is as private as what is copied; it is made into the empty file.
        owned(scrap.path());
        scrap
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    fn remove(&self) {
        for end in ["", "-wal", "-shm", "-journal"] {
            if let Err(cause) = std::fs::remove_file(with_end(&self.0, end))
                && cause.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(%cause, "a copy of the database stays beside it");
            }
        }
    }
}

impl Drop for Scrap {
    fn drop(&mut self) {
        self.remove();
    }
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
