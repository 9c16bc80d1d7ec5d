//! A folder for what tests write and nobody keeps. Every test has databases of its own, so that a
//! run makes and removes hundreds of thousands of files: on a disk that is a fifth of what the
//! tests on Postgres cost. So it lies in memory where the machine has room, else on the disk.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::sentry::Sentry;
use crate::{Outcome, process};

/// Where Linux keeps files in memory.
const MEMORY: &str = "/dev/shm";

/// Room that the folder must find, in KiB: a run was seen to use a tenth of it.
const FREE_MIN: u64 = 4 << 20;

/// Memory that must be free for the folder and everything that runs beside it, in KiB.
const MEMORY_MIN: u64 = 8 << 20;

/// A folder of this run. Dropped, it is removed with everything in it.
pub(crate) struct Scratch {
    folder: PathBuf,
    _sentry: Sentry,
}

impl Scratch {
    pub(crate) fn make() -> Outcome<Self> {
        let above = if has_room() { PathBuf::from(MEMORY) } else { std::env::temp_dir() };
        let folder = above.join(format!("plinth-test-{}", std::process::id()));
        std::fs::create_dir(&folder)
            .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
        // The cluster is another user's when we are root.
        std::fs::set_permissions(&folder, Permissions::from_mode(0o1777))
            .map_err(|error| format!("{} cannot be shared: {error}", folder.display()))?;
        println!("what tests write goes to {}", above.display());
        let sentry = Sentry::post("rm -rf \"$1\"", &[&folder.to_string_lossy()])?;
        Ok(Self { folder, _sentry: sentry })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

fn has_room() -> bool {
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let disk = process::ask(std::process::Command::new("df").args(["-kP", MEMORY]));
    available(&memory).is_some_and(|kib| kib >= MEMORY_MIN)
        && disk.is_ok_and(|told| free(&told).is_some_and(|kib| kib >= FREE_MIN))
}

/// What `/proc/meminfo` says is available, in KiB.
fn available(told: &str) -> Option<u64> {
    let line = told.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// What `df -kP` says is free, in KiB: the fourth column of its second line.
fn free(told: &str) -> Option<u64> {
    told.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{available, free};

    #[test]
    fn room_is_read_as_the_system_tells_it() {
        let memory = "MemTotal:       24689080 kB\nMemFree: 1 kB\nMemAvailable:   23689080 kB\n";
        assert_eq!(available(memory), Some(23_689_080));
        assert_eq!(available("MemTotal: 5 kB\n"), None);
        let disk = "Filesystem     1024-blocks  Used Available Capacity Mounted on\n\
                    tmpfs             25165824   160  25165664       1% /dev/shm\n";
        assert_eq!(free(disk), Some(25_165_664));
        assert_eq!(free("df: no such file\n"), None);
    }
}
