#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;

use super::*;
use crate::{Files, World};

fn files() -> Files {
    Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bookshop")).unwrap()
}

/// The world of the crate's own tests.
pub(crate) fn world() -> World {
    World::new(Arc::new(Scenario::load(files()).unwrap()))
}

fn traffic_of(text: &str) -> Result<Traffic, ScenarioError> {
    let mut files = files();
    files.insert("world/traffic.toml", text.to_owned());
    Traffic::parse(&Scenario::load(files).unwrap())
}

fn lines(function: &str) -> Vec<LogEvent> {
    let traffic = world().parsed::<Traffic>().unwrap();
    let generated = traffic.functions().iter().find(|generated| generated.name() == function).unwrap();
    let mut events = Vec::new();
    generated.collect_events(0, i64::MAX / 2, &mut events);
    events
}

fn text(events: &[LogEvent]) -> String {
    events
        .iter()
        .map(|event| format!("{} {}", instant::rfc3339(event.timestamp), event.message.replace('\t', "→")))
        .collect()
}

#[test]
fn a_timeout_and_an_out_of_memory_kill_are_reported_as_lambda_reports_them() {
    insta::assert_snapshot!(text(&lines("thumbnails")), @r"
    2025-12-16T05:30:00.000Z START RequestId: 00000000-0000-4000-8000-000000000002 Version: $LATEST
    2025-12-16T05:30:00.812Z RequestId: 00000000-0000-4000-8000-000000000002 Error: Runtime exited with error: signal: killed
    Runtime.ExitError
    2025-12-16T05:30:00.812Z END RequestId: 00000000-0000-4000-8000-000000000002
    2025-12-16T05:30:00.812Z REPORT RequestId: 00000000-0000-4000-8000-000000000002→Duration: 812.40 ms→Billed Duration: 813 ms→Memory Size: 1024 MB→Max Memory Used: 1024 MB→Status: error→Error Type: Runtime.OutOfMemory
    2025-12-16T05:45:00.000Z START RequestId: 00000000-0000-4000-8000-000000000001 Version: $LATEST
    2025-12-16T05:46:00.000Z 2025-12-16T05:46:00.000Z 00000000-0000-4000-8000-000000000001 Task timed out after 60.00 seconds

    2025-12-16T05:46:00.000Z END RequestId: 00000000-0000-4000-8000-000000000001
    2025-12-16T05:46:00.000Z REPORT RequestId: 00000000-0000-4000-8000-000000000001→Duration: 60000.00 ms→Billed Duration: 60100 ms→Memory Size: 1024 MB→Max Memory Used: 76 MB→Init Duration: 100.00 ms→Status: timeout
    ");
}

#[test]
fn a_cold_start_bills_its_initialisation_and_begins_a_new_stream() {
    let events = lines("orders-api");
    let at = events.iter().position(|event| event.message.contains("TypeError")).unwrap();
    let stream = Arc::clone(&events[at].stream);
    let own: Vec<LogEvent> = events.iter().filter(|event| event.stream == stream).take(5).cloned().collect();
    insta::assert_snapshot!(text(&own), @r#"
    2025-12-16T05:45:36.915Z INIT_START Runtime Version: nodejs:22.v44→Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:97a7c7aace402820fcc24cc757c042e061dcd1e3e1405da1c6f757006ac07861
    2025-12-16T05:45:37.102Z START RequestId: 6f1c0c9e-3b52-4f0e-9d57-1c2b3a4d5e6f Version: $LATEST
    2025-12-16T05:45:37.134Z 2025-12-16T05:45:37.134Z→6f1c0c9e-3b52-4f0e-9d57-1c2b3a4d5e6f→ERROR→Invoke Error→{"errorType":"TypeError","errorMessage":"Cannot read properties of null (reading 'user')","stack":["TypeError: Cannot read properties of null (reading 'user')","    at Runtime.handler (/var/task/index.js:4:29)"]}
    2025-12-16T05:45:37.167Z END RequestId: 6f1c0c9e-3b52-4f0e-9d57-1c2b3a4d5e6f
    2025-12-16T05:45:37.167Z REPORT RequestId: 6f1c0c9e-3b52-4f0e-9d57-1c2b3a4d5e6f→Duration: 65.20 ms→Billed Duration: 253 ms→Memory Size: 256 MB→Max Memory Used: 78 MB→Init Duration: 187.40 ms→
    "#);
}

#[test]
fn the_same_world_is_the_same_everywhere() {
    let events = lines("orders-api");
    insta::assert_snapshot!(text(&events[..6]), @r"
    2025-12-09T00:00:59.332Z INIT_START Runtime Version: nodejs:22.v44→Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:97a7c7aace402820fcc24cc757c042e061dcd1e3e1405da1c6f757006ac07861
    2025-12-09T00:00:59.631Z START RequestId: 5d814146-334b-4273-b319-2b85c59be943 Version: $LATEST
    2025-12-09T00:00:59.634Z 2025-12-09T00:00:59.634Z→5d814146-334b-4273-b319-2b85c59be943→INFO→GET /api/orders/3942 200 35.90ms
    2025-12-09T00:00:59.638Z END RequestId: 5d814146-334b-4273-b319-2b85c59be943
    2025-12-09T00:00:59.638Z REPORT RequestId: 5d814146-334b-4273-b319-2b85c59be943→Duration: 7.30 ms→Billed Duration: 307 ms→Memory Size: 256 MB→Max Memory Used: 75 MB→Init Duration: 299.14 ms→
    2025-12-09T00:01:00.960Z START RequestId: 5976fdbd-56c0-4e41-b619-48eaf8afd96c Version: $LATEST
    ");
    insta::assert_snapshot!(format!("{} {:016x}", events.len(), numbers::fingerprint(&text(&events))), @"28661 cfc5b48b2f9b589b");
}

#[test]
fn logs_and_metrics_of_a_function_agree() {
    let traffic = world().parsed::<Traffic>().unwrap();
    let orders = &traffic.functions()[0];
    let sum = |metric| orders.samples(metric, 0, i64::MAX).iter().map(|sample| sample.value).sum::<f64>();
    let events = lines("orders-api");
    let reports = events.iter().filter(|event| event.message.starts_with("REPORT")).count();
    assert_eq!(sum(LambdaMetric::Invocations), reports as f64);
    assert_eq!((sum(LambdaMetric::Errors), sum(LambdaMetric::Throttles)), (1.0, 1.0));
    let reported: f64 = events
        .iter()
        .filter_map(|event| event.message.split("\tDuration: ").nth(1)?.split(' ').next()?.parse::<f64>().ok())
        .sum();
    assert!((sum(LambdaMetric::Duration) - reported).abs() < 0.01, "{reported}");
    assert!((6500..7500).contains(&reports), "{reports}");
}

#[test]
fn stating_one_more_invocation_changes_no_other() {
    let base = "[[function]]\nname='a'\nfrom='2025-12-15T00:00:00Z'\nper_hour=10\n[[function.line]]\ntext='{uuid}'\n";
    let more = format!("{base}[[function.invocation]]\nat='2025-12-15T12:00:00Z'\noutcome='throttled'\n");
    let durations = |text: &str| traffic_of(text).unwrap().functions()[0].samples(LambdaMetric::Duration, 0, i64::MAX);
    assert_eq!(durations(base), durations(&more));
    assert!(durations(base).len() > 200);
}

#[test]
fn a_line_may_say_when_it_is_written() {
    let invocation = |lines: &str| {
        format!(
            "[[function]]\nname='a'\n[[function.invocation]]\nat='2025-12-15T12:00:00Z'\noutcome='ok'\nduration_ms=900\nlines={lines}\n"
        )
    };
    let traffic =
        traffic_of(&invocation("['even', {text='early', after_ms=40}, {text='late', after_ms=900}]")).unwrap();
    let mut events = Vec::new();
    traffic.functions()[0].collect_events(0, i64::MAX / 2, &mut events);
    let at: Vec<String> =
        events.iter().map(|event| format!("{}+{}", event.message.trim_end(), event.timestamp % 1000)).collect();
    assert_eq!(at[1..4], ["early+40", "even+225", "late+900"]);
    let refusal = |lines: &str| traffic_of(&invocation(lines)).err().unwrap().to_string();
    assert!(
        refusal("[{text='x', after_ms=901}]").contains("after_ms = 901 is outside the 900 ms of the invocation at")
    );
    assert!(refusal("[{text='x', after=1}]").starts_with("world/traffic.toml:7: unknown field `after`"));
    assert!(refusal("[7]").contains("expected a line's text, or { text ="));
}

#[test]
fn mistakes_in_the_file_are_named() {
    let refusal = |text: &str| traffic_of(text).err().unwrap().to_string();
    assert!(
        refusal("[[function]]\nname='a'\nper_hours=1\n").starts_with("world/traffic.toml:3: unknown field `per_hours`")
    );
    assert!(
        refusal("[[function]]\nname='a'\nper_hour=[1, 2]\n")
            .contains("function a: per_hour: 2 numbers for the 24 hours")
    );
    assert!(refusal("[[function]]\nname='a'\nper_hour=1\n").contains("needs `from`"));
    assert!(refusal("[[function]]\nname='a'\n[[function]]\nname='a'\n").contains("is there twice"));
    assert!(refusal("[[function]]\nname='a'\nduration_ms={median=9,p99=3}\n").contains("median <= p99"));
}

/// A week of five functions in a debug build; the release build is some twenty times faster.
#[test]
fn a_week_of_traffic_is_quick() {
    let started = std::time::Instant::now();
    let events = lines("orders-api");
    assert!(events.len() > 25_000);
    assert!(started.elapsed().as_millis() < 3000, "{:?}", started.elapsed());
}
