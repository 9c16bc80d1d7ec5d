//! What one promise to keep a write costs: the floor under every durable commit.

use super::{Limit, repeat};
use crate::{Outcome, Plan};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

pub(super) fn take(folder: &Path, plan: &Plan) -> Outcome<Vec<Limit>> {
    let path = folder.join("synced");
    let trouble = |fault: std::io::Error| format!("{}: {fault}", path.display());
    let mut file = File::create(&path).map_err(trouble)?;
    let page = [7_u8; 4_096];
    // A log that is reused, as a write-ahead log is after its first checkpoint.
    for _ in 0..256 {
        file.write_all(&page).map_err(trouble)?;
    }
    file.sync_all().map_err(trouble)?;
    let limit = repeat("4 KB written and synced", 1, plan.measured, |number| {
        let at = number % 256 * 4_096;
        file.seek(SeekFrom::Start(at)).map_err(trouble)?;
        file.write_all(&page).map_err(trouble)?;
        file.sync_data().map_err(trouble)
    })?;
    Ok(vec![limit])
}
