#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use marple_case::{
    Trigger,
    event::{Budget, Ending},
};

use super::*;

fn opened() -> Event {
    Event::Opened {
        trigger: Trigger::Alarm { alarm: "orders-errors".to_owned() },
        model: "playbook".to_owned(),
        budget: Budget { turns: Some(8), tool_calls: None, tokens: None, time_ms: None, cost_usd: None },
        language: "en".to_owned(),
        scenario: None,
        environment: None,
        program: "0.1.0".to_owned(),
    }
}

fn entry_of(number: u64, event: Event) -> Entry {
    Entry { number, at: "2026-01-02T03:04:05.678901234Z".parse().unwrap(), event }
}

async fn journal() -> (tempfile::TempDir, SqliteJournal) {
    let folder = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(folder.path()).await.unwrap();
    (folder, journal)
}

#[tokio::test]
async fn what_was_appended_is_read_again_to_the_letter_by_another_process() {
    let (folder, journal) = journal().await;
    let id = InvestigationId("0198".to_owned());
    let entries = vec![
        entry_of(1, opened()),
        entry_of(2, Event::Interrupted),
        entry_of(3, Event::Closed { ending: Ending::Complete }),
    ];
    for entry in &entries {
        journal.append(&id, entry).await.unwrap();
    }
    let other = SqliteJournal::open(folder.path()).await.unwrap();
    assert_eq!(other.entries(&id).await.unwrap(), entries);
}

#[test]
fn the_kind_of_an_event_is_its_tag() {
    for (event, kind_of) in
        [(opened(), "opened"), (Event::Interrupted, "interrupted"), (Event::OpeningEnded, "opening_ended")]
    {
        let json = json(&event).unwrap();
        assert_eq!(json, serde_json::to_string(&event).unwrap());
        assert_eq!(kind(&json), Some(kind_of));
    }
}

#[tokio::test]
async fn a_list_reads_the_rows_that_it_shows_and_no_others() {
    let (_folder, journal) = journal().await;
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", listing::SHOWN));
    let plan = sqlx::query(explain).bind(1).fetch_all(&journal.pool).await.unwrap();
    let steps: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
    assert_eq!(steps, ["SCAN entries USING INDEX entries_listed"]);
}

#[tokio::test]
async fn a_number_that_exists_is_refused_and_the_first_entry_stays() {
    let (_folder, journal) = journal().await;
    let id = InvestigationId("0198".to_owned());
    journal.append(&id, &entry_of(1, opened())).await.unwrap();
    let error = journal.append(&id, &entry_of(1, Event::Interrupted)).await.unwrap_err();
    assert!(error.to_string().contains("another process"), "{error}");
    assert_eq!(journal.entries(&id).await.unwrap(), vec![entry_of(1, opened())]);
}

#[tokio::test]
async fn a_damaged_a_missing_or_a_later_entry_is_named_and_never_left_out() {
    let (_folder, journal) = journal().await;
    let insert = |id: &'static str, number: i64, version: i64, event: &'static str| {
        sqlx::query("INSERT INTO entries (investigation, number, at, version, kind, event) VALUES (?, ?, '2026-01-02T03:04:05Z', ?, 'x', ?)")
            .bind(id)
            .bind(number)
            .bind(version)
            .bind(event)
    };
    insert("damaged", 1, 1, "{\"event\":\"opened\"").execute(&journal.pool).await.unwrap();
    insert("later", 1, 99, "{\"event\":\"interrupted\"}").execute(&journal.pool).await.unwrap();
    insert("missing", 1, 1, "{\"event\":\"interrupted\"}").execute(&journal.pool).await.unwrap();
    insert("missing", 3, 1, "{\"event\":\"interrupted\"}").execute(&journal.pool).await.unwrap();
    for (id, said) in [("damaged", "EOF while parsing"), ("later", "version 99"), ("missing", "entry 2")] {
        let error = journal.entries(&InvestigationId(id.to_owned())).await.unwrap_err();
        assert!(error.to_string().contains(said), "{id}: {error}");
    }
}

#[tokio::test]
async fn entries_cannot_be_changed() {
    let (_folder, journal) = journal().await;
    let id = InvestigationId("0198".to_owned());
    journal.append(&id, &entry_of(1, opened())).await.unwrap();
    let error = sqlx::query("UPDATE entries SET event = '{}'").execute(&journal.pool).await.unwrap_err();
    assert!(error.to_string().contains("never changed"), "{error}");
}

#[tokio::test]
async fn an_id_is_known_by_its_beginning_or_its_end_if_only_one_fits() {
    let (_folder, journal) = journal().await;
    for id in ["0198aa01", "0198bb02"] {
        journal.append(&InvestigationId(id.to_owned()), &entry_of(1, opened())).await.unwrap();
    }
    assert_eq!(journal.resolve("0198a").await.unwrap().0, "0198aa01");
    assert_eq!(journal.resolve("B02").await.unwrap().0, "0198bb02");
    assert!(journal.resolve("0198").await.unwrap_err().to_string().contains("2 investigations"));
    assert!(journal.resolve("zz").await.unwrap_err().to_string().contains("marple list"));
}

#[tokio::test]
async fn the_list_shows_the_newest_first_with_trigger_and_ending() {
    let (_folder, journal) = journal().await;
    for id in ["0198aa01", "0198bb02"] {
        journal.append(&InvestigationId(id.to_owned()), &entry_of(1, opened())).await.unwrap();
    }
    let ending = Ending::Partial { reason: "the time budget of 3 s is used up".to_owned() };
    let closed = entry_of(2, Event::Closed { ending: ending.clone() });
    journal.append(&InvestigationId("0198aa01".to_owned()), &closed).await.unwrap();
    let listed = journal.list().await.unwrap();
    assert_eq!(listed.iter().map(|one| one.id.0.as_str()).collect::<Vec<_>>(), ["0198bb02", "0198aa01"]);
    assert_eq!(listed[1].ending, Some(ending));
    assert_eq!(listed[0].trigger, Some(Trigger::Alarm { alarm: "orders-errors".to_owned() }));
}

#[tokio::test]
async fn entries_that_are_written_together_are_refused_one_by_one() {
    let (folder, journal) = journal().await;
    let ids: Vec<InvestigationId> = (0..100).map(|number| InvestigationId(format!("{number:04}"))).collect();
    let twice = &ids[57];
    journal.append(twice, &entry_of(1, opened())).await.unwrap();
    let (first, second) = (entry_of(1, opened()), entry_of(2, Event::Interrupted));
    let write = async |id: &InvestigationId| {
        let first = journal.append(id, &first).await;
        (first.is_ok(), journal.append(id, &second).await.is_ok())
    };
    let written = futures::future::join_all(ids.iter().map(write)).await;
    for (id, written) in ids.iter().zip(written) {
        assert_eq!(written, (id != twice, true), "{id}");
    }
    let other = SqliteJournal::open(folder.path()).await.unwrap();
    for id in &ids {
        assert_eq!(other.entries(id).await.unwrap(), vec![first.clone(), second.clone()], "{id}");
    }
}
