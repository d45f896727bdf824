//! A journal that was damaged, row by row and byte by byte: it is reported, with the entry's number, and nothing is left out.
//! `PROPTEST_CASES` makes it longer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;
use std::sync::Arc;
use std::sync::LazyLock;

use marple_agent::ports::{Journal, JournalError};
use marple_case::{
    Entry, Event, Evidence, EvidenceId, Facts, InvestigationId, Outcome, Trigger,
    event::{Budget, Ending},
};
use marple_store::SqliteJournal;
use proptest::prelude::*;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

const ID: &str = "0198aa01";

fn entries() -> Vec<Entry> {
    let opened = Event::Opened {
        trigger: Trigger::Alarm { alarm: "orders-errors".to_owned() },
        model: "playbook".to_owned(),
        budget: Budget::default(),
        language: "en".to_owned(),
        scenario: None,
        environment: None,
        program: "0.1.0".to_owned(),
    };
    let evidence = Evidence {
        id: EvidenceId(1),
        tool: "search_logs".to_owned(),
        arguments: serde_json::json!({"log_group": "/aws/lambda/orders"}),
        outcome: Outcome::Found,
        facts: Facts::Nothing,
        text: "TypeError: total is not a function".to_owned(),
        shown: None,
        command: "aws logs filter-log-events".to_owned(),
        unread: Vec::new(),
        taken_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        elapsed_ms: 12,
    };
    let events = [
        opened,
        Event::OpeningEnded,
        Event::EvidenceTaken { evidence: Arc::new(evidence), call: None },
        Event::Interrupted,
        Event::Closed { ending: Ending::Complete },
    ];
    let at = "2026-01-02T03:04:05.678901234Z".parse().unwrap();
    (1..).zip(events).map(|(number, event)| Entry { number, at, event }).collect()
}

static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap());

/// A journal with one whole investigation beside the one that is damaged.
async fn written(folder: &Path) {
    let journal = SqliteJournal::open(folder).await.unwrap();
    for id in [ID, "0198bb02"] {
        for entry in entries() {
            journal.append(&InvestigationId(id.to_owned()), &entry).await.unwrap();
        }
    }
    journal.close().await;
}

/// Changes the file behind the journal's back.
async fn damaged(folder: &Path, statement: &'static str, text: String, number: i64) {
    let options = SqliteConnectOptions::new().filename(folder.join("journal.db"));
    let pool = SqlitePool::connect_with(options).await.unwrap();
    sqlx::raw_sql("DROP TRIGGER entries_never_change").execute(&pool).await.unwrap();
    sqlx::query(statement).bind(text).bind(ID).bind(number).execute(&pool).await.unwrap();
    pool.close().await;
}

/// What the journal says of the damaged investigation, and what the list does. The other one has to be whole.
async fn read(folder: &Path) -> (Result<Vec<Entry>, JournalError>, Option<String>) {
    let journal = SqliteJournal::open(folder).await.unwrap();
    assert_eq!(journal.entries(&InvestigationId("0198bb02".to_owned())).await.unwrap(), entries());
    let listed = journal.list().await.unwrap();
    assert_eq!(listed.len(), 2, "both are listed: {listed:?}");
    assert_eq!(listed[0].damage, None);
    let read = journal.entries(&InvestigationId(ID.to_owned())).await;
    (read, listed[1].damage.clone())
}

/// So many cases, unless `PROPTEST_CASES` asks for another number.
fn cases(few: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: if usual.cases == 256 { few } else { usual.cases }, ..usual }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn a_damaged_event_is_reported_by_its_number_or_changes_nothing_else(
        number in 1_i64..=5,
        noise in prop::collection::vec((any::<prop::sample::Index>(), any::<char>()), 1..4),
        kept in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let whole = entries();
        let event = serde_json::to_string(&whole[usize::try_from(number).unwrap() - 1].event).unwrap();
        let mut text: Vec<char> = event.chars().collect();
        for (place, character) in noise {
            let place = place.index(text.len());
            text[place] = character;
        }
        if let Some(kept) = kept {
            text.truncate(kept.index(text.len()));
        }
        let folder = tempfile::tempdir().unwrap();
        let (read, damage) = RUNTIME.block_on(async {
            written(folder.path()).await;
            let change = "UPDATE entries SET event = ? WHERE investigation = ? AND number = ?";
            damaged(folder.path(), change, text.iter().collect(), number).await;
            read(folder.path()).await
        });
        match read {
            Ok(entries) => {
                prop_assert_eq!(entries.len(), whole.len(), "nothing is left out");
                prop_assert_eq!(damage, None);
            }
            Err(JournalError::Unreadable { number: named, .. }) => {
                prop_assert_eq!(i64::try_from(named).unwrap(), number);
                // The list reads the first and the last entry of these only.
                if [1, 5].contains(&number) {
                    prop_assert!(damage.clone().unwrap().contains(&format!("entry {number}")), "{damage:?}");
                }
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

#[test]
fn any_row_of_a_later_version_any_bad_time_and_any_row_that_is_gone_is_reported_by_its_number() {
    let changes = [
        ("UPDATE entries SET version = ? WHERE investigation = ? AND number = ?", "2", "version 2"),
        ("UPDATE entries SET at = ? WHERE investigation = ? AND number = ?", "yesterday", "yesterday"),
        ("UPDATE entries SET kind = ? WHERE investigation = ? AND number = ?", "nothing", ""),
        ("DELETE FROM entries WHERE 'x' = ? AND investigation = ? AND number = ?", "x", "missing"),
    ];
    for (change, value, said) in changes {
        for number in 1..=4 {
            let folder = tempfile::tempdir().unwrap();
            let (read, damage) = RUNTIME.block_on(async {
                written(folder.path()).await;
                damaged(folder.path(), change, value.to_owned(), number).await;
                read(folder.path()).await
            });
            if said.is_empty() {
                // The kind only repeats what the event says.
                assert_eq!(read.unwrap(), entries());
                continue;
            }
            let error = read.unwrap_err().to_string();
            assert!(error.contains(&format!("entry {number} ")) && error.contains(said), "{change} {number}: {error}");
            if said != "yesterday" {
                let damage = damage.unwrap_or_else(|| panic!("{change} {number}: the list says nothing"));
                assert!(damage.contains(&format!("entry {number}")), "{change} {number}: {damage}");
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_file_with_wrong_bytes_gives_entries_or_an_error_and_never_a_panic(
        noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        kept in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("journal.db");
        RUNTIME.block_on(async {
            written(folder.path()).await;
            let mut bytes = std::fs::read(&file).unwrap();
            for (place, byte) in noise {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if let Some(kept) = kept {
                bytes.truncate(kept.index(bytes.len()));
            }
            std::fs::write(&file, bytes).unwrap();
            for left in ["journal.db-wal", "journal.db-shm"] {
                let _ = std::fs::remove_file(folder.path().join(left));
            }
            let says = |error: JournalError| {
                let text = error.to_string();
                assert!(text.contains("journal") || text.contains("investigation"), "{text}");
            };
            match SqliteJournal::open(folder.path()).await {
                Err(error) => says(error),
                Ok(journal) => {
                    let _ = journal.list().await.map_err(says);
                    let _ = journal.entries(&InvestigationId(ID.to_owned())).await.map_err(says);
                    journal.close().await;
                }
            }
        });
    }
}
