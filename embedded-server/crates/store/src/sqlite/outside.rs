//! What other processes commit to the same file. SQLite tells it to whoever asks: the version of
//! the data, as the writing connection counts it, grows with every commit that is not its own.

use super::Pool;
use base::Result;
use std::time::Duration;

/// How often the file is asked. A look is some microseconds in shared memory and no statement of
/// anybody, so an idle project stays idle.
const ASKED_EVERY: Duration = Duration::from_millis(500);

/// Notices what other processes commit.
pub struct Outside {
    pool: Pool,
    version: i64,
}

impl Outside {
    /// Whatever is committed from now on is noticed.
    pub(super) async fn begin(pool: Pool) -> Result<Self> {
        let version = pool.version_of_others().await?;
        Ok(Self { pool, version })
    }

    /// Waits until another process has committed something.
    pub(crate) async fn changed(&mut self) -> Result<()> {
        loop {
            tokio::time::sleep(ASKED_EVERY).await;
            let version = self.pool.version_of_others().await?;
            if version != self.version {
                self.version = version;
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;
    use crate::port::{Definition, SqliteOptions, Synchronous};
    use base::Limits;
    use sql::Statement;

    #[tokio::test]
    async fn the_version_of_others_stands_still_while_only_we_commit() {
        let name = format!("plinth-others-{}.db", std::process::id());
        let path = std::env::temp_dir().join(name);
        let options = SqliteOptions {
            path: path.clone(),
            synchronous: Synchronous::Normal,
            readers: 1,
            limits: Limits::default(),
        };
        let (ours, other) =
            (Pool::open(options.clone()).await.unwrap(), Pool::open(options).await.unwrap());
        let commit = async |by: &Pool, text: &str| {
            let statements = vec![Statement { text: text.into(), binds: Vec::new() }];
            by.define(Definition { statements, rebuilds: false }).await.unwrap();
        };
        let at = ours.version_of_others().await.unwrap();
        for name in ["a", "b", "c"] {
            commit(&ours, &format!("CREATE TABLE {name} (x)")).await;
            assert_eq!(ours.version_of_others().await.unwrap(), at);
        }
        commit(&other, "CREATE TABLE d (x)").await;
        assert_ne!(ours.version_of_others().await.unwrap(), at);
        ours.close().await;
        other.close().await;
        for end in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(format!("{}{end}", path.display())));
        }
    }
}
