//! Requests that the server which runs the program ends at its own limit: the abort's exception is no defect.

use marple_case::{
    Category,
    facts::{Frame, Shape},
};

use super::{
    fleet::Fleet,
    world::{exception, template},
};
use crate::reading::failure::Failure;

fn frame(function: &str, file: &str, line: u32, in_app: bool) -> Frame {
    Frame { function: Some(function.into()), file: file.into(), line: Some(line), column: None, in_app }
}

/// gunicorn aborts a worker that was in `inner`, called by the program.
fn aborted(inner: Frame) -> Fleet {
    let mut fleet = Fleet::new("quotes")
        .variable("RATES_URL", "https://rates.example.org")
        .variable("CACHE_URL", "redis://cache.example.internal:6379")
        .minutes("RequestCount", "Sum", Shape::Flat, &[4.0; 60], (4.0, 4.0));
    let mut abort = exception("python", "SystemExit", "1", None);
    abort.frames = vec![
        frame("handle_abort", "/usr/lib/python3/gunicorn/workers/base.py", 204, false),
        inner,
        frame("rate", "/app/tax.py", 31, true),
    ];
    abort.sample = "Error handling request /v1\n  File \"/app/tax.py\", line 31, in rate\n    r = session.get(f\"{RATES_URL}/v3\")\nSystemExit: 1".into();
    fleet.world.summary.exceptions = vec![abort];
    let mut line = template("[1] [CRITICAL] WORKER TIMEOUT (pid:<*>)", 9, 0, "2026-03-05T10:32:07Z");
    line.is_error = true;
    fleet.world.summary.templates = vec![line];
    fleet
}

#[test]
fn a_worker_that_is_aborted_in_a_call_waits_for_what_that_line_calls() {
    let (cause, plan) = aborted(frame("read", "/usr/lib/python3/urllib3/connectionpool.py", 534, false)).investigate();
    assert_eq!(cause.category, Category::DependencyUnreachable);
    assert!(cause.title.contains("timeout") && cause.title.contains("https://rates.example.org"), "{}", cause.title);
    assert!(
        cause
            .chain
            .iter()
            .any(|link| link.statement.contains("ended 9 requests") && link.statement.contains("/app/tax.py:31"))
    );
    assert_eq!(cause.location.map(|place| place.line), Some(31));
    assert!(plan.immediate.is_empty());
}

#[test]
fn a_worker_that_is_aborted_at_its_own_work_names_no_dependency() {
    let (cause, _) = aborted(frame("loads", "/usr/lib/python3/json/decoder.py", 337, false)).investigate();
    assert_eq!(cause.category, Category::Timeout);
    assert!(!cause.title.contains("rates.example.org"), "{}", cause.title);
}

#[test]
fn a_program_that_leaves_by_itself_is_not_aborted() {
    let mut fleet = aborted(frame("read", "/usr/lib/python3/urllib3/connectionpool.py", 534, false));
    fleet.world.summary.templates.clear();
    fleet.world.summary.exceptions[0].frames.remove(0);
    let (cause, _) = fleet.investigate();
    assert_eq!(cause.category, Category::CodeDefect);
}

#[test]
fn the_words_of_servers_that_end_a_request_are_known() {
    for words in [
        "[2026-03-05 10:32:07 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:7)",
        "Thu Mar  5 10:32:07 2026 - *** HARAKIRI ON WORKER 3 (pid: 12, try: 1) ***",
        "WARNING: [pool www] child 31, script '/srv/index.php' (request: \"GET /index.php\") execution timed out (30.51 sec), terminating",
        "E, [2026-03-05T10:32:07] ERROR -- : worker=1 PID:123 timeout (31s > 30s), killing",
    ] {
        assert_eq!(Failure::of(words), Failure::Overrun, "{words}");
    }
    assert_eq!(Failure::of("the worker's timeout was set to 30 s"), Failure::Program);
}
