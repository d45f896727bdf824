//! Panics and aborts whose lines came as log events of their own.

use std::sync::Arc;

use marple_case::{
    ActionKind, Category, Facts,
    facts::{LogLine, LogTemplate, Logs},
};
use serde_json::json;

use super::{
    fleet::Fleet,
    world::{at, exception, play, taken, template},
};

const ENDED: &str = "Essential container in task exited";

fn line(text: &str, count: u64, first: &str) -> LogTemplate {
    template(text, count, 0, first)
}

fn aborted(name: &str, code: i32, lines: Vec<LogTemplate>) -> Fleet {
    let start = "2026-02-20T08:00:00Z";
    let mut fleet = Fleet::new(name).stopped(start, "2026-03-05T10:32:30Z", Some(code), None, ENDED);
    fleet.world.summary.templates = lines;
    fleet
}

#[test]
fn a_panic_in_lines_names_its_own_place_and_words() {
    let fleet = aborted(
        "routes",
        134,
        vec![
            line("thread 'worker-3' panicked at src/graph/edge.rs:41:9:", 4, "2026-03-05T10:32:01.100Z"),
            line("index out of bounds: the len is 12 but the index is 12", 4, "2026-03-05T10:32:01.100Z"),
            line("stack backtrace:", 4, "2026-03-05T10:32:01.101Z"),
            line("   2: routes::graph::weigh\n             at ./src/graph/edge.rs:41:9", 4, "2026-03-05T10:32:01.102Z"),
            line("INFO routes: listening on 0.0.0.0:8080", 4, "2026-03-05T10:33:01Z"),
        ],
    );
    let (cause, plan) = fleet.investigate();
    assert_eq!(cause.category, Category::CodeDefect);
    assert!(cause.title.contains("src/graph/edge.rs:41") && cause.title.contains("the len is 12"), "{}", cause.title);
    let place = cause.location.map(|place| (place.file, place.line, place.column));
    assert_eq!(place, Some(("src/graph/edge.rs".to_owned(), 41, Some(9))));
    assert_eq!(cause.onset.unwrap().to_string(), "2026-03-05T10:32:01.1Z");
    assert!(!plan.immediate.is_empty());
    assert!(plan.immediate.iter().all(|action| action.kind != ActionKind::Rollback));
}

#[test]
fn a_panic_inside_a_library_lies_at_the_first_frame_of_the_program() {
    let fleet = aborted(
        "ledger",
        101,
        vec![
            line(
                "thread 'main' panicked at /rustc/6b00bc38/library/core/src/option.rs:2015:5:",
                2,
                "2026-03-05T10:32:01Z",
            ),
            line("called `Option::unwrap()` on a `None` value", 2, "2026-03-05T10:32:01Z"),
            line(
                "   1: core::panicking::panic_fmt\n  at /rustc/6b00bc38/library/core/src/panicking.rs:75:14",
                2,
                "2026-03-05T10:32:01Z",
            ),
            line("   4: ledger::post\n             at ./src/post.rs:77:20", 2, "2026-03-05T10:32:01Z"),
            line("   3: ledger::book::total\n             at ./src/book.rs:18:31", 2, "2026-03-05T10:32:01Z"),
        ],
    );
    let (cause, _) = fleet.investigate();
    assert_eq!(cause.location.map(|place| (place.file, place.line)), Some(("src/book.rs".to_owned(), 18)));
}

#[test]
fn an_assertion_of_c_tells_its_place_in_one_line() {
    let words = "mixer: src/ring.cc:88: void Ring::push(int): Assertion `head_ < size_' failed.";
    let (cause, _) = aborted("mixer", 134, vec![line(words, 3, "2026-03-05T10:32:01Z")]).investigate();
    assert_eq!(cause.category, Category::CodeDefect);
    assert_eq!(cause.location.map(|place| (place.file, place.line)), Some(("src/ring.cc".to_owned(), 88)));
}

#[test]
fn the_last_request_of_the_same_task_before_a_panic_is_what_set_it_off() {
    for (stream, told) in [("tiles/1", true), ("tiles/2", false)] {
        let mut fleet = aborted("tiles", 134, Vec::new());
        let mut panic = exception("rust", "panic", "no resolution for zoom 23", Some(("src/grid.rs", 64, None)));
        panic.sample = "thread 'main' panicked at src/grid.rs:64:14:".into();
        fleet.world.summary.exceptions = vec![panic.clone()];
        let asked = "request method=GET path=/v3/tiles/23/4427564";
        let lines =
            [("2026-03-05T10:32:07.500Z", stream, asked), ("2026-03-05T10:32:07.512Z", "tiles/1", &panic.sample)];
        let text = lines.map(|(time, stream, words)| format!("{time} {stream} | {words}")).join("\n");
        let line = |(time, stream, words): (&str, &str, &str)| LogLine {
            at: at(time),
            stream: stream.into(),
            message: words.into(),
        };
        let read = Logs {
            log_group: fleet.world.summary.log_group.clone(),
            pattern: String::new(),
            window: fleet.world.scope.window,
            lines: lines.map(line).to_vec(),
            complete: true,
            exceptions: Vec::new(),
        };
        let mut evidence = fleet.evidence();
        evidence.push(taken("search_logs", json!({}), text, Facts::Logs(read)));
        let last = evidence.len() - 1;
        Arc::make_mut(&mut evidence[last]).id = marple_agent::ports::evidence_id(last);
        let (cause, _) = play(fleet.scope(), &evidence);
        assert_eq!(cause.trigger.unwrap().contains("/v3/tiles/23/4427564"), told, "{stream}");
        assert_eq!(cause.chain.iter().any(|link| link.statement.contains("last request")), told, "{stream}");
    }
}

#[test]
fn a_panic_of_the_baseline_or_for_want_of_a_dependency_is_no_defect_of_the_program() {
    let first = "thread 'main' panicked at src/main.rs:12:5:";
    let old = template(first, 4, 4, "2026-03-05T10:32:01Z");
    let (cause, _) = aborted("tours", 1, vec![old]).investigate();
    assert_eq!(cause.location, None);

    let refused = "called `Result::unwrap()` on an `Err` value: Os { code: 111, kind: ConnectionRefused, message: \"Connection refused\" }";
    let told = "2026-03-05T10:32:01Z";
    let (cause, _) = aborted("tours", 101, vec![line(first, 4, told), line(refused, 4, told)]).investigate();
    assert_ne!(cause.category, Category::CodeDefect);
}
