//! The journal in SQLite: one append-only table, one row an entry.
//!
//! ```text
//! entries(investigation TEXT, number INTEGER, at TEXT, version INTEGER, kind TEXT, event TEXT,
//!         PRIMARY KEY (investigation, number))
//! ```
//! `event` is the JSON of [`marple_case::Event`]; `kind` repeats its tag, so that a list reads few rows. Nothing else is stored:
//! state and reports are folds. Rows are only ever inserted; a trigger refuses updates.
//!
//! Durability: write-ahead log with `synchronous = NORMAL`. What was appended survives the death of the process at any moment; a
//! power failure may cost the entries since the last moment of rest and never the order or the file.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use jiff::Timestamp;
use marple_agent::ports::{Journal, JournalError};
use marple_case::{Entry, Event, InvestigationId, event::VERSION};
use sqlx::{
    Row as _, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous},
};

mod listing;
mod writer;

pub use listing::Listed;
use writer::{Row, WriteError, Writer};

/// The layout of the file, in SQLite's `user_version`.
const LAYOUT: i64 = 1;

/// How long to wait for another process that is writing.
const BUSY: Duration = Duration::from_secs(10);

/// Pages of the write-ahead log after which it is written into the file at the latest: 128 MB. Before that the writer does it when it rests.
const CHECKPOINT: &str = "32000";
/// Bytes to which a log that has grown is cut back.
const LOG: &str = "16777216";

const CREATE: &str = "
CREATE TABLE IF NOT EXISTS entries (
    investigation TEXT NOT NULL,
    number        INTEGER NOT NULL,
    at            TEXT NOT NULL,
    version       INTEGER NOT NULL,
    kind          TEXT NOT NULL,
    event         TEXT NOT NULL,
    PRIMARY KEY (investigation, number)
) STRICT;
CREATE INDEX IF NOT EXISTS entries_listed ON entries (investigation, number)
    WHERE kind IN ('opened', 'root_cause_reported', 'question_asked', 'closed');
CREATE TRIGGER IF NOT EXISTS entries_never_change BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
PRAGMA user_version = 1;
";

/// The journal in one SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteJournal {
    pool: SqlitePool,
    writer: Writer,
}

impl SqliteJournal {
    /// Opens the journal `journal.db` in a folder; makes both where they are missing.
    pub async fn open(folder: &Path) -> Result<Self, JournalError> {
        let file = folder.join("journal.db");
        let failed = |reason: String| JournalError::Storage {
            message: format!(
                "the journal {} cannot be opened: {reason}. Choose another place with --data-dir",
                file.display()
            ),
        };
        std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .pragma("wal_autocheckpoint", CHECKPOINT)
            .pragma("journal_size_limit", LOG)
            .busy_timeout(BUSY);
        let pool = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false).connect_with(options).await;
        let pool = pool.map_err(|error| failed(error.to_string()))?;
        lay_out(&pool).await.map_err(failed)?;
        Ok(Self { writer: Writer::start(pool.clone()), pool })
    }

    /// The whole id that a person means: the id itself, or the only one that begins or ends so.
    pub async fn resolve(&self, named: &str) -> Result<InvestigationId, JournalError> {
        let named = named.trim().to_ascii_lowercase();
        let ids: Vec<String> = self.list().await?.into_iter().map(|listed| listed.id.0).collect();
        let fits: Vec<&String> =
            ids.iter().filter(|id| **id == named || id.starts_with(&named) || id.ends_with(&named)).collect();
        let unknown = |message| Err(JournalError::Unknown { message });
        match fits.as_slice() {
            [only] if !named.is_empty() => Ok(InvestigationId((*only).clone())),
            [] => unknown(format!("there is no investigation {named:?}; `marple list` shows what there is")),
            several => {
                let names: Vec<&str> = several.iter().take(5).map(|id| id.as_str()).collect();
                unknown(format!(
                    "{named:?} names {} investigations: {}, …; give more of the id",
                    several.len(),
                    names.join(", ")
                ))
            }
        }
    }

    /// Closes the file after the last write has reached it.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

async fn lay_out(pool: &SqlitePool) -> Result<(), String> {
    let row = sqlx::query("PRAGMA user_version").fetch_one(pool).await.map_err(|error| error.to_string())?;
    match row.try_get::<i64, _>(0).map_err(|error| error.to_string())? {
        LAYOUT => Ok(()),
        0 => sqlx::raw_sql(CREATE).execute(pool).await.map(drop).map_err(|error| error.to_string()),
        later => Err(format!("its layout is {later}, and this program knows {LAYOUT}: a later version wrote it")),
    }
}

impl Journal for SqliteJournal {
    fn append<'a>(&'a self, id: &'a InvestigationId, entry: &'a Entry) -> BoxFuture<'a, Result<(), JournalError>> {
        async move {
            let failed = |reason: String| JournalError::Storage {
                message: format!("entry {} of investigation {id} cannot be written: {reason}", entry.number),
            };
            let event = json(&entry.event).map_err(|error| failed(error.to_string()))?;
            let kind =
                kind(&event).ok_or_else(|| failed("its JSON does not begin with its kind".to_owned()))?.to_owned();
            let number = i64::try_from(entry.number).map_err(|error| failed(error.to_string()))?;
            let (investigation, at) = (id.0.clone(), entry.at.to_string());
            let row = Row { investigation, number, at, version: i64::from(VERSION), kind, event };
            self.writer.write(row).await.map_err(|error| match error {
                WriteError::Sqlite(sqlx::Error::Database(database)) if database.is_unique_violation() => {
                    failed("another process is writing the same investigation".to_owned())
                }
                other => failed(other.to_string()),
            })
        }
        .boxed()
    }

    fn entries<'a>(&'a self, id: &'a InvestigationId) -> BoxFuture<'a, Result<Vec<Entry>, JournalError>> {
        async move {
            let select = "SELECT number, at, version, event FROM entries WHERE investigation = ? ORDER BY number";
            let rows = sqlx::query(select).bind(&id.0).fetch_all(&self.pool).await.map_err(unreadable_file)?;
            let entries: Vec<Entry> = rows.iter().map(|row| entry(id, row)).collect::<Result<_, _>>()?;
            whole(id, entries)
        }
        .boxed()
    }
}

/// An event as JSON. Evidence is nearly all that is written: its facts take about three times the room of its text.
fn json(event: &Event) -> Result<String, serde_json::Error> {
    let expected = match event {
        Event::EvidenceTaken { evidence, .. } => 4 * evidence.text.len(),
        _ => 0,
    };
    let mut json = Vec::with_capacity(expected + 1024);
    serde_json::to_writer(&mut json, event)?;
    String::from_utf8(json).map_err(|error| serde_json::Error::io(std::io::Error::other(error)))
}

/// The tag of an event's JSON, which is its first member.
fn kind(event: &str) -> Option<&str> {
    Some(event.strip_prefix(r#"{"event":""#)?.split_once('"')?.0)
}

fn unreadable_file(error: sqlx::Error) -> JournalError {
    JournalError::Storage {
        message: format!(
            "the journal cannot be read: {error}. Restore it from a backup, or begin a new one with --data-dir"
        ),
    }
}

/// Why a row of another version is not read.
fn other_version(version: i64) -> String {
    format!(
        "it has version {version}, and this program knows version {VERSION}: read it with the version of the program that wrote it"
    )
}

/// One row as an entry; a row that is damaged or of a later version is an error, never left out.
fn entry(id: &InvestigationId, row: &SqliteRow) -> Result<Entry, JournalError> {
    let number: i64 = row.try_get("number").map_err(unreadable_file)?;
    let number = u64::try_from(number).unwrap_or_default();
    let unreadable = |reason: String| JournalError::Unreadable { id: id.clone(), number, reason };
    let version: i64 = row.try_get("version").map_err(|error| unreadable(error.to_string()))?;
    if version != i64::from(VERSION) {
        return Err(unreadable(other_version(version)));
    }
    let at: String = row.try_get("at").map_err(|error| unreadable(error.to_string()))?;
    let at = Timestamp::from_str(&at).map_err(|error| unreadable(format!("its time {at:?} is none: {error}")))?;
    let event: String = row.try_get("event").map_err(|error| unreadable(error.to_string()))?;
    let event: Event = serde_json::from_str(&event).map_err(|error| unreadable(error.to_string()))?;
    Ok(Entry { number, at, event })
}

/// The entries, if none is missing.
fn whole(id: &InvestigationId, entries: Vec<Entry>) -> Result<Vec<Entry>, JournalError> {
    if entries.is_empty() {
        return Err(JournalError::Unknown { message: format!("there is no investigation {id}") });
    }
    let hole = (1..).zip(&entries).find(|(expected, entry)| *expected != entry.number);
    match hole {
        Some((expected, _)) => Err(JournalError::Unreadable {
            id: id.clone(),
            number: expected,
            reason: "it is missing: the journal is damaged".to_owned(),
        }),
        None => Ok(entries),
    }
}

#[cfg(test)]
mod tests;
