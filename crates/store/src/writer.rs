//! The one writer: entries that are waiting at the same moment are written together.
//!
//! Invariants: whoever handed an entry over is told only after it was committed; entries are written in the order in which they were handed over; one that
//! SQLite refuses is refused alone. One statement writes all of them, so that they share a commit and the pages that it
//! changes: with many investigations at once, half of SQLite's work. What the write-ahead log holds goes into the file when nobody has
//! written for a moment, while models think, instead of when everybody writes.

use std::time::Duration;

use sqlx::{QueryBuilder, Sqlite, SqlitePool};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

/// Entries that one statement writes at most. Evidence is some kilobytes: this is a few hundred.
const TOGETHER: usize = 32;

/// How long nobody writes before the log goes into the file.
const REST: Duration = Duration::from_secs(1);

/// An entry as the table has it.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) investigation: String,
    pub(crate) number: i64,
    pub(crate) at: String,
    pub(crate) version: i64,
    pub(crate) kind: String,
    pub(crate) event: String,
}

/// Why a row is not in the file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error(transparent)]
    Sqlite(#[from] sqlx::Error),
    #[error("the journal is closed")]
    Closed,
}

type Written = Result<(), sqlx::Error>;
type Waiting = (Row, oneshot::Sender<Written>);

/// Hands rows to the writer. The writer ends with the last of these.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Waiting>,
}

impl Writer {
    /// Starts the writer on the runtime that this is called on.
    pub(crate) fn start(pool: SqlitePool) -> Self {
        let (queue, mut waiting) = mpsc::channel(TOGETHER);
        tokio::spawn(async move {
            let mut taken = Vec::with_capacity(TOGETHER);
            while received(&mut waiting, &mut taken, &pool).await > 0 {
                let (rows, told): (Vec<Row>, Vec<oneshot::Sender<Written>>) = taken.drain(..).unzip();
                for (told, written) in told.into_iter().zip(write_all(&pool, &rows).await) {
                    // Who gave up waiting need not be told.
                    let _ = told.send(written);
                }
            }
        });
        Self { queue }
    }

    /// Writes a row; it is committed when this returns.
    pub(crate) async fn write(&self, row: Row) -> Result<(), WriteError> {
        let (told, written) = oneshot::channel();
        self.queue.send((row, told)).await.map_err(|_| WriteError::Closed)?;
        Ok(written.await.map_err(|_| WriteError::Closed)??)
    }
}

/// Waits for rows; 0: nobody can hand one over any more. If none come for a while, the log is written into the file meanwhile.
async fn received(waiting: &mut mpsc::Receiver<Waiting>, taken: &mut Vec<Waiting>, pool: &SqlitePool) -> usize {
    if let Ok(number) = timeout(REST, waiting.recv_many(taken, TOGETHER)).await {
        return number;
    }
    // Should it fail, all entries are in the log as before, and SQLite tries again when the log is full.
    if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(pool).await {
        tracing::debug!(%error, "the journal's log was not written into its file");
    }
    waiting.recv_many(taken, TOGETHER).await
}

/// Writes rows: all at once, or, if one of them is refused, each by itself.
async fn write_all(pool: &SqlitePool, rows: &[Row]) -> Vec<Written> {
    if rows.len() > 1 && insert(pool, rows).await.is_ok() {
        return rows.iter().map(|_| Ok(())).collect();
    }
    let mut written = Vec::with_capacity(rows.len());
    for row in rows {
        written.push(insert(pool, std::slice::from_ref(row)).await);
    }
    written
}

/// One statement: either all of the rows are in the file, or none.
async fn insert(pool: &SqlitePool, rows: &[Row]) -> Written {
    let mut insert =
        QueryBuilder::<Sqlite>::new("INSERT INTO entries (investigation, number, at, version, kind, event) ");
    insert.push_values(rows, |mut values, row| {
        values.push_bind(&row.investigation).push_bind(row.number).push_bind(&row.at);
        values.push_bind(row.version).push_bind(&row.kind).push_bind(&row.event);
    });
    insert.build().execute(pool).await.map(drop)
}
