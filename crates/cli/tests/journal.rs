//! A damaged journal, as a person meets it: `show`, `list`, `resume` and `chat` say which entry cannot be read, why and what to do; nothing is
//! left out, nothing is written, and other investigations are as they were.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use support::Marple;

/// Something that happens to a journal behind the program's back, and what is said of it.
struct Damage {
    statement: &'static str,
    said: &'static str,
}

const ENTRY: &str = "investigation = ? AND number = 3";

fn damages() -> Vec<Damage> {
    let damage = |statement, said| Damage { statement, said };
    vec![
        damage("UPDATE entries SET event = substr(event, 1, 20) WHERE", "EOF while parsing"),
        damage("UPDATE entries SET event = replace(event, '\"event\":', '\"evnt\":') WHERE", "missing field `event`"),
        damage("UPDATE entries SET event = '{\"event\":\"foreseen\"}' WHERE", "unknown variant `foreseen`"),
        damage("UPDATE entries SET version = 2 WHERE", "version 2, and this program knows version 1"),
        damage("UPDATE entries SET at = 'noon' WHERE", "its time \"noon\" is none"),
        damage("DELETE FROM entries WHERE", "it is missing"),
    ]
}

/// Runs a statement on the journal's file, and gives how many entries there are then.
fn change(marple: &Marple, id: &str, statement: &'static str) -> i64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let file = SqliteConnectOptions::new().filename(marple.home.path().join("data/journal.db"));
        let pool = SqlitePool::connect_with(file).await.unwrap();
        sqlx::raw_sql("DROP TRIGGER IF EXISTS entries_never_change").execute(&pool).await.unwrap();
        let statement: &'static str = Box::leak(format!("{statement} {ENTRY}").into_boxed_str());
        let changed = sqlx::query(statement).bind(id.to_owned()).execute(&pool).await.unwrap();
        assert_eq!(changed.rows_affected(), 1, "{statement}");
        let rows = sqlx::query_scalar("SELECT COUNT(*) FROM entries").fetch_one(&pool).await.unwrap();
        pool.close().await;
        rows
    })
}

fn rows(marple: &Marple) -> i64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let file = SqliteConnectOptions::new().filename(marple.home.path().join("data/journal.db"));
        let pool = SqlitePool::connect_with(file).await.unwrap();
        let rows = sqlx::query_scalar("SELECT COUNT(*) FROM entries").fetch_one(&pool).await.unwrap();
        pool.close().await;
        rows
    })
}

fn investigated(marple: &Marple) -> String {
    let ended = marple.run(&["investigate", "--scenario", "lambda-timeout", "--format", "json", "--quiet"]);
    ended.assert(0, &[]);
    ended.json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_damaged_entry_is_named_by_every_verb_that_reads_it_and_nothing_is_written() {
    for Damage { statement, said } in damages() {
        let marple = Marple::new();
        let (whole, damaged) = (investigated(&marple), investigated(&marple));
        let left = change(&marple, &damaged, statement);
        for verb in [&["show"][..], &["show", "--timeline"], &["resume"], &["chat", "-m", "why?"]] {
            let (first, rest) = verb.split_first().unwrap();
            let mut arguments = vec![*first, damaged.as_str()];
            arguments.extend(rest);
            let ended = marple.run(&arguments);
            ended.assert(5, &[&format!("entry 3 of investigation {damaged}"), said, "hint:", "restore journal.db"]);
            assert_eq!(ended.out, "", "{statement} {verb:?}");
        }
        assert_eq!(rows(&marple), left, "{statement}: nothing was added");
        marple.run(&["show", &whole, "--format", "json"]).assert(0, &[]);
        let listed = marple.run(&["list", "--format", "json"]);
        listed.assert(0, &[]);
        let listed = listed.json();
        assert_eq!(listed.as_array().unwrap().len(), 2, "{statement}");
        assert_eq!((&listed[1]["id"], &listed[1]["damage"]), (&serde_json::json!(whole), &serde_json::Value::Null));
    }
}

#[test]
fn the_list_names_what_is_of_another_version_missing_or_unreadable_in_what_it_shows() {
    let known = ["version 2", "it is missing"];
    for Damage { statement, said } in
        damages().into_iter().filter(|damage| known.iter().any(|known| damage.said.contains(known)))
    {
        let marple = Marple::new();
        let damaged = investigated(&marple);
        change(&marple, &damaged, statement);
        let listed = marple.run(&["list", "--format", "json"]).json();
        let damage = listed[0]["damage"].as_str().unwrap_or_else(|| panic!("{statement}: {listed}")).to_owned();
        assert!(damage.contains("entry 3 cannot be read") && damage.contains(said), "{damage}");
        let table = marple.run(&["list"]);
        assert!(table.out.contains("damaged"), "{}", table.out);
    }
}

#[test]
fn a_file_that_is_no_journal_is_said_to_be_none_and_stays_as_it_is() {
    let later = b"SQLite format 3\0 and then nothing that SQLite knows".to_vec();
    for content in [b"these are not the bytes of a journal".repeat(200), later, vec![0xff; 5000]] {
        let marple = Marple::new();
        let folder = marple.home.path().join("data");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("journal.db"), &content).unwrap();
        for verb in [&["list"][..], &["show"], &["resume"], &["investigate", "--scenario", "lambda-timeout", "-q"]] {
            marple.run(verb).assert(5, &["journal", "--data-dir"]);
        }
        assert_eq!(std::fs::read(folder.join("journal.db")).unwrap(), content);
    }
}

#[test]
fn a_journal_of_a_later_layout_is_left_alone() {
    let marple = Marple::new();
    investigated(&marple);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let file = SqliteConnectOptions::new().filename(marple.home.path().join("data/journal.db"));
        let pool = SqlitePool::connect_with(file).await.unwrap();
        sqlx::raw_sql("PRAGMA user_version = 7").execute(&pool).await.unwrap();
        pool.close().await;
    });
    for verb in [&["list"][..], &["show"], &["resume"]] {
        marple.run(verb).assert(5, &["its layout is 7, and this program knows 1", "later version", "--data-dir"]);
    }
}
