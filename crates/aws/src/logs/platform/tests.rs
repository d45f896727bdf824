#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use jiff::SignedDuration;
use marple_case::facts::LogLine;
use proptest::prelude::*;

use super::{invocations, record, written};

fn lines(messages: &[&str]) -> Vec<LogLine> {
    let start: jiff::Timestamp = "2025-12-17T01:37:30Z".parse().unwrap();
    let line = |(place, message): (usize, &&str)| LogLine {
        at: start + SignedDuration::from_secs(i64::try_from(place).unwrap()),
        stream: "2025/12/17/[$LATEST]0a1b".to_owned(),
        message: (*message).to_owned(),
    };
    messages.iter().enumerate().map(line).collect()
}

const A: &str = "c2a41d7e-0b95-4f68-8d33-71e5a9f20c4b";
const B: &str = "5b7e90f3-6ad8-4c12-b8e7-02d94f6a1e35";

#[test]
fn invocations_are_read_from_the_platforms_text_lines() {
    let messages = [
        "INIT_START Runtime Version: nodejs:20.v41\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:ab",
        &format!("START RequestId: {A} Version: $LATEST"),
        &format!("2025-12-17T01:37:30.093Z\t{A}\tINFO\tPOST /api/orders"),
        &format!("2025-12-17T01:38:00.086Z {A} Task timed out after 30.00 seconds"),
        &format!("END RequestId: {A}"),
        &format!(
            "REPORT RequestId: {A}\tDuration: 30000.00 ms\tBilled Duration: 30432 ms\tMemory Size: 128 MB\tMax Memory Used: 127 MB\tInit Duration: 431.77 ms\t"
        ),
        &format!("START RequestId: {B} Version: $LATEST"),
        &format!("RequestId: {B} Error: Runtime exited with error: signal: killed\nRuntime.ExitError"),
        &format!("END RequestId: {B}"),
        &format!(
            "REPORT RequestId: {B}\tDuration: 12.50 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB\tStatus: error\tError Type: Runtime.OutOfMemory"
        ),
    ];
    let lines = lines(&messages);
    let found = invocations(&lines).unwrap();
    let written = written(&lines, &found.notable);
    let line = format!("2025-12-17T01:37:30.093Z\t{A}\tINFO\tPOST /api/orders");
    assert_eq!(written.iter().map(|one| one.lines.len()).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(written[0].lines[0].1, line);
    assert_eq!((found.count, found.cold_starts, found.timeouts), (2, 1, 1));
    assert_eq!((found.max_ms, found.max_memory_used_mb, found.memory_size_mb), (30_000.0, 128, 128));
    let (timed_out, killed) = (&found.notable[0], &found.notable[1]);
    assert!(timed_out.timed_out && timed_out.init_ms == Some(431.77) && timed_out.application_lines == 1);
    assert_eq!(killed.status.as_deref(), Some("Runtime.OutOfMemory"));
    assert_eq!(killed.application_lines, 0);
}

#[test]
fn invocations_are_read_from_the_json_format_too() {
    let report = format!(
        r#"{{"time":"2025-12-17T01:38:00Z","type":"platform.report","record":{{"requestId":"{A}","metrics":{{"durationMs":65.2,"billedDurationMs":66,"memorySizeMB":256,"maxMemoryUsedMB":78,"initDurationMs":187.4}},"status":"timeout"}}}}"#
    );
    let found = invocations(&lines(&[&report])).unwrap();
    assert_eq!((found.count, found.timeouts, found.max_memory_used_mb), (1, 1, 78));
}

#[test]
fn a_failed_invocation_is_notable_beside_the_last_one_that_did_not_fail() {
    let mut messages = Vec::new();
    for number in 0..20 {
        let id = format!("00000000-0000-4000-8000-{number:012}");
        messages.push(format!("START RequestId: {id} Version: $LATEST"));
        if number == 15 {
            messages.push(format!("2025-12-17T01:37:30.093Z\t{id}\tERROR\tInvoke Error \t{{}}"));
        }
        messages
            .push(format!("REPORT RequestId: {id}\tDuration: 10.00 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB"));
    }
    let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
    let found = invocations(&lines(&messages)).unwrap();
    let ids: Vec<&str> = found.notable.iter().map(|one| &one.request_id[34..]).collect();
    assert!(ids.contains(&"14") && ids.contains(&"15"), "{ids:?}");
}

#[test]
fn lines_of_another_program_are_no_invocations() {
    assert_eq!(invocations(&lines(&["Server starting on port 8080", "REPORT of the day"])), None);
}

proptest! {
    #[test]
    fn no_line_breaks_the_reader(rest in "(\\PC|\t|\n){0,80}") {
        for start in ["REPORT RequestId: ", "START RequestId: ", "RequestId: ", "{\"type\":\"platform.", "x "] {
            let _ = record(&format!("{start}{rest}"));
        }
    }
}

#[test]
fn each_try_of_a_request_has_its_own_lines() {
    let start = format!("START RequestId: {A} Version: 7");
    let report = format!("REPORT RequestId: {A}\tDuration: 12.50 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB");
    let error = format!("2025-12-17T01:37:30.093Z\t{A}\tERROR\tInvoke Error \t{{\"errorType\":\"TypeError\"}}");
    let lines = lines(&[&start, "order 1", &error, &report, &start, "order 1 again", &report]);
    let told: Vec<(String, bool)> = written(&lines, &invocations(&lines).unwrap().notable)
        .into_iter()
        .map(|one| (one.lines[0].1.clone(), one.failed))
        .collect();
    assert_eq!(told, [("order 1".to_owned(), true), ("order 1 again".to_owned(), false)]);
}
