//! What the machine does: load, time of its processors, memory of processes. Linux only.

use crate::Outcome;
use std::path::Path;

/// Ticks per second in `/proc`: the same on every Linux that people run.
const TICKS: f64 = 100.0;

/// The one-minute load average.
pub(crate) fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(f64::NAN)
}

/// Processors that we may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What the processor calls itself.
pub(crate) fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("model name"));
    line.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown").to_owned()
}

/// The file system under a folder, as the mount table names it.
pub(crate) fn file_system(folder: &Path) -> String {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let table = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    let mounts = table.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let nearest = mounts.filter(|(at, _)| whole.starts_with(at)).max_by_key(|(at, _)| at.len());
    nearest.map_or("unknown", |(_, kind)| kind).to_owned()
}

/// Seconds that processors were busy since the machine started, all together.
fn busy_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    let ticks: Vec<f64> =
        line.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal: all but the two that wait.
    let busy = ticks.iter().take(8).enumerate().filter(|(at, _)| !matches!(at, 3 | 4));
    busy.map(|(_, ticks)| ticks).sum::<f64>() / TICKS
}

/// Processes to watch: a server, perhaps with a database beside it, and their children.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watched {
    pub(crate) server: Option<u32>,
    pub(crate) database: Option<u32>,
}

/// Processor time at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) server: f64,
    pub(crate) database: f64,
    own: f64,
    busy: f64,
}

/// Memory of a process tree, in MB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// Resident, shared pages counted whole.
    pub(crate) resident: f64,
    /// Resident, shared pages counted by their share.
    pub(crate) proportional: f64,
    /// What of it is no file of the page cache: a database that is mapped into memory counts in
    /// the other two as far as it was read.
    pub(crate) anonymous: f64,
}

impl Watched {
    pub(crate) fn moment(&self) -> Moment {
        let seconds = |root: Option<u32>| {
            root.map_or(0.0, |root| tree(root).into_iter().map(processor_seconds).sum())
        };
        Moment {
            server: seconds(self.server),
            database: seconds(self.database),
            own: processor_seconds(std::process::id()),
            busy: busy_seconds(),
        }
    }

    pub(crate) fn memory(&self) -> Option<Memory> {
        self.server.map(memory)
    }

    pub(crate) fn database_memory(&self) -> Option<Memory> {
        self.database.map(memory)
    }
}

impl Moment {
    /// Seconds of processor that others used since `earlier`: neither the server, its database, nor
    /// this program.
    pub(crate) fn foreign_since(&self, earlier: &Self) -> f64 {
        let ours = self.server - earlier.server + self.database - earlier.database + self.own
            - earlier.own;
        (self.busy - earlier.busy - ours).max(0.0)
    }

    pub(crate) fn server_since(&self, earlier: &Self) -> f64 {
        self.server - earlier.server
    }

    pub(crate) fn database_since(&self, earlier: &Self) -> f64 {
        self.database - earlier.database
    }

    pub(crate) fn own_since(&self, earlier: &Self) -> f64 {
        self.own - earlier.own
    }
}

/// A process and everything below it.
fn tree(root: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let parents: Vec<(u32, u32)> = entries
        .filter_map(|entry| {
            let id: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((id, fields(id)?.get(1)?.parse().ok()?))
        })
        .collect();
    let mut found = vec![root];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(parents.iter().filter(|(_, above)| *above == parent).map(|(id, _)| *id));
        at += 1;
    }
    found
}

/// `/proc/<id>/stat` from the state on: the name before it may hold spaces.
fn fields(id: u32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let rest = text.rsplit_once(')')?.1;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

fn processor_seconds(id: u32) -> f64 {
    let Some(fields) = fields(id) else { return 0.0 };
    let ticks = |at: usize| fields.get(at).and_then(|word| word.parse::<f64>().ok());
    (ticks(11).unwrap_or_default() + ticks(12).unwrap_or_default()) / TICKS
}

fn memory(root: u32) -> Memory {
    let read = |id: u32, file: &str, key: &str| {
        let text = std::fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
        let kilobytes = line.split_whitespace().nth(1).and_then(|word| word.parse::<f64>().ok());
        kilobytes.unwrap_or_default() / 1_024.0
    };
    let all = tree(root);
    Memory {
        resident: all.iter().map(|id| read(*id, "status", "VmRSS:")).sum(),
        proportional: all.iter().map(|id| read(*id, "smaps_rollup", "Pss:")).sum(),
        anonymous: all.iter().map(|id| read(*id, "smaps_rollup", "Pss_Anon:")).sum(),
    }
}

/// The process that listens on a port of this machine.
pub(crate) fn listener(port: u16) -> Outcome<u32> {
    let wanted = format!(":{port:04X}");
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let text: String = tables.iter().filter_map(|at| std::fs::read_to_string(at).ok()).collect();
    let inode = text.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let listens = words.get(1)?.ends_with(&wanted) && *words.get(3)? == "0A";
        listens.then(|| words.get(9).map(|inode| format!("socket:[{inode}]")))?
    });
    let inode = inode.ok_or_else(|| format!("nothing listens on port {port}"))?;
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let owner =
        processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).find(|id| {
            let open = std::fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
            open.filter_map(|entry| std::fs::read_link(entry.path()).ok())
                .any(|link| link.to_string_lossy() == inode)
        });
    owner.ok_or_else(|| format!("the process on port {port} is not ours to look at"))
}
