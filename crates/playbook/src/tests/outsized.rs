//! One input that is far larger than all others, and code that holds all of it at once.

use marple_case::{
    Category, Facts,
    facts::{LogLine, Logs},
};
use serde_json::json;

use super::{
    limits::at_memory_limit,
    world::{World, at, taken},
};

const CODE: &str =
    "def run(event, context):\n    rows = cursor.execute(SQL, event).fetchall()\n    return store(rows)\n";

/// Invocations of 4.1 s that were ended at 10:32:08 for lack of memory, beside others, with the rows that each logged.
fn with_rows(failed: u64, others: &[u64]) -> World {
    let mut world = at_memory_limit("sheets", "python3.12", 512, "h.py", CODE);
    world.summary.baseline_invocations = None;
    let line = |time: &str, rows: u64| LogLine {
        at: at(time),
        stream: "2026/03/05/[$LATEST]aa".into(),
        message: format!(
            "{{\"level\":\"info\",\"event\":\"sheet.started\",\"customer\":\"c-{rows}\",\"rows\":{rows},\"ms\":{rows}}}"
        ),
    };
    let mut lines: Vec<LogLine> =
        others.iter().zip(10..).map(|(rows, minute)| line(&format!("2026-03-05T10:{minute}:00Z"), *rows)).collect();
    lines.push(line("2026-03-05T10:32:04.100Z", failed));
    let text = lines.iter().map(|line| format!("{} {} | {}\n", line.at, line.stream, line.message)).collect();
    let logs = Logs {
        log_group: world.summary.log_group.clone(),
        pattern: String::new(),
        window: world.scope.window,
        lines,
        complete: true,
        exceptions: Vec::new(),
    };
    world.extra.push(taken("search_logs", json!({}), text, Facts::Logs(logs)));
    world
}

#[test]
fn the_input_that_stands_far_out_is_told_with_the_line_that_holds_all_of_it() {
    let (cause, plan) = with_rows(1_800_000, &[900, 42_000, 3, 0]).investigate();
    assert_eq!(cause.category, Category::MemoryExhaustion);
    assert!(
        cause.chain.iter().any(|link| link.statement.contains("rows 1,800,000, and at most 42,000 in the 4 others")),
        "{:#?}",
        cause.chain
    );
    assert_eq!(cause.location.map(|place| (place.file, place.line)), Some(("h.py".to_owned(), 2)));
    assert!(plan.immediate.is_empty());
}

#[test]
fn input_like_all_others_or_without_others_to_compare_with_is_not_blamed() {
    for world in [with_rows(50_000, &[900, 42_000, 3, 0]), with_rows(1_800_000, &[900, 3])] {
        let (cause, _) = world.investigate();
        assert!(!cause.title.contains("far larger"), "{}", cause.title);
        assert_eq!(cause.location, None);
    }
}
