//! Files and folders for their owner alone, whatever the mask of the program that is started. Whatever
//! is there already keeps its mode: somebody chose it.

use std::fs::{DirBuilder, OpenOptions};

/// How a file is opened for writing that only its owner may read, should it be made.
#[must_use]
pub fn owners_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// How a folder is made that only its owner may enter, with whatever leads there.
#[must_use]
pub fn owners_folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}
