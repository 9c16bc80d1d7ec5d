//! The last lines a project's server wrote, kept in memory.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::Dispatch;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Enough to see how a start went wrong; about 100 kB a project.
const LINES_MAX: usize = 500;

/// Cheap to clone; all clones are one log.
#[derive(Clone, Default)]
pub(crate) struct LogRing(Arc<Mutex<VecDeque<String>>>);

impl LogRing {
    /// Oldest first, at most `count`.
    pub(crate) fn tail(&self, count: usize) -> Vec<String> {
        let lines = self.lines();
        lines.iter().skip(lines.len().saturating_sub(count)).cloned().collect()
    }

    /// Where a server's threads send what they trace.
    pub(crate) fn dispatch(&self) -> Dispatch {
        tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(LevelFilter::INFO)
            .with_writer(self.clone())
            .finish()
            .into()
    }

    fn lines(&self) -> MutexGuard<'_, VecDeque<String>> {
        // A panic between two pushes leaves whole lines behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One event; `fmt` writes each in one call.
pub(crate) struct Line<'a>(&'a LogRing);

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut lines = self.0.lines();
        for line in String::from_utf8_lossy(bytes).lines() {
            if lines.len() == LINES_MAX {
                lines.pop_front();
            }
            lines.push_back(line.to_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogRing {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{LINES_MAX, LogRing};

    #[test]
    fn the_newest_lines_stay() {
        let log = LogRing::default();
        tracing::dispatcher::with_default(&log.dispatch(), || {
            for number in 0..LINES_MAX + 10 {
                tracing::info!("line {number}");
            }
        });
        let tail = log.tail(2);
        assert_eq!(tail.len(), 2);
        assert!(tail[1].ends_with(&format!("line {}", LINES_MAX + 9)), "{tail:?}");
        assert_eq!(log.tail(usize::MAX).len(), LINES_MAX);
    }

    #[test]
    fn details_below_info_are_left_out() {
        let log = LogRing::default();
        tracing::dispatcher::with_default(&log.dispatch(), || tracing::debug!("a statement"));
        assert!(log.tail(10).is_empty());
    }
}
