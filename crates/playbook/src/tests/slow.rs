//! Waiting for something that is called: told from a timeout of the function's own making.

use marple_case::{ActionKind, Category, RootCause, facts::Shape};

use super::{
    fleet::Fleet,
    world::{World, at, exception, invocation, invocations, template},
};

const CALL: &str = "import os, urllib.request\nURL = os.environ['RATES_URL']\ndef h(event, context):\n    with urllib.request.urlopen(URL + '/v1/rates') as answer:\n        return answer.read()\n";

/// Five of forty invocations end at the timeout of 10 s; in the baseline all took 110 ms at most.
fn overdue(name: &str, runtime: &str, path: &str, code: &str) -> World {
    let mut world =
        World::new(name, runtime, "app.h").file(path, code).metric("Duration", "Maximum", 10_000.0, Some(110.0));
    let late = |id: &str| {
        let mut one = invocation(id, 10_000.0, 70, 256);
        one.timed_out = true;
        one
    };
    let notable = ["a1", "a2", "a3", "a4", "a5"].map(late).to_vec();
    world.summary.invocations = Some(invocations(40, 10_000.0, 70, 256, notable));
    let mut ended = exception("lambda", "Sandbox.Timedout", "Task timed out after 10.00 seconds", None);
    ended.sample = "2026-03-05T10:32:07.512Z a1 Task timed out after 10.00 seconds".to_owned();
    world.summary.exceptions.push(ended);
    world
}

fn names(cause: &RootCause, text: &str) -> bool {
    cause.title.contains(text) && cause.chain.iter().any(|link| link.statement.contains(text))
}

#[test]
fn a_call_that_the_log_begins_and_does_not_end_is_what_a_timeout_waits_for() {
    let cases = [
        (
            "python3.12",
            "app.py",
            CALL,
            "GET https://rates.example.org/v1/rates",
            "GET https://rates.example.org/v1/rates 200 in <*> ms",
            "https://rates.example.org/v1/rates",
            Some(4),
        ),
        (
            "nodejs22.x",
            "index.js",
            "exports.h = async () => charge();\n",
            "<*> INFO asking the ledger",
            "<*> INFO asking the ledger took <*> ms",
            "asking the ledger",
            None,
        ),
    ];
    for (runtime, path, code, begun, ended, target, line) in cases {
        let mut world = overdue("quotes", runtime, path, code).variable("RATES_URL", "https://rates.example.org");
        world.summary.templates =
            vec![template(begun, 40, 38, "2026-03-05T10:00:04Z"), template(ended, 35, 38, "2026-03-05T10:00:05Z")];
        let (cause, plan) = world.investigate();
        assert_eq!(cause.category, Category::DependencyUnreachable, "{runtime}");
        assert!(names(&cause, target), "{runtime}: {}", cause.title);
        assert!(cause.chain.iter().any(|link| link.statement.contains("5 never came back")), "{runtime}");
        assert_eq!(cause.location.as_ref().map(|place| place.line), line, "{runtime}");
        assert!(plan.immediate.is_empty());
        assert!(plan.spec.unwrap().requirements[0].contains(target));
    }
}

#[test]
fn a_log_that_ends_as_many_calls_as_it_begins_names_none() {
    let mut world = overdue("quotes", "nodejs22.x", "index.js", "exports.h = async () => charge();\n");
    world.summary.templates = vec![
        template("<*> INFO asking the ledger", 40, 38, "2026-03-05T10:00:04Z"),
        template("<*> INFO asking the ledger took <*> ms", 40, 38, "2026-03-05T10:00:05Z"),
    ];
    let (cause, _) = world.investigate();
    assert_eq!(cause.category, Category::Timeout);
    assert!(!cause.title.contains("ledger"), "{}", cause.title);
}

#[test]
fn without_a_log_line_the_one_call_that_no_time_limit_guards_is_likely_and_stays_a_timeout() {
    let (cause, _) = overdue("quotes", "python3.12", "app.py", CALL)
        .variable("RATES_URL", "https://rates.example.org")
        .investigate();
    assert_eq!(cause.category, Category::Timeout);
    assert!(names(&cause, "https://rates.example.org"), "{}", cause.title);
    assert!(cause.gaps.iter().any(|gap| gap.on_the_chain));
    for other in [
        CALL.replace("'/v1/rates')", "'/v1/rates', timeout=2)"),
        format!("{CALL}def i(event, context):\n    return urllib.request.urlopen(URL + '/v2/rates')\n"),
    ] {
        let (cause, _) = overdue("quotes", "python3.12", "app.py", &other)
            .variable("RATES_URL", "https://rates.example.org")
            .investigate();
        assert!(!cause.title.contains("rates.example.org"), "{}", cause.title);
    }
}

#[test]
fn a_wait_of_the_codes_own_is_no_dependencys_fault() {
    let code = format!("import time\n{CALL}def w():\n    time.sleep(45)\n");
    let mut world = overdue("quotes", "python3.12", "app.py", &code).variable("RATES_URL", "https://rates.example.org");
    world.summary.templates = vec![
        template("GET https://rates.example.org/v1/rates", 40, 38, "2026-03-05T10:00:04Z"),
        template("GET https://rates.example.org/v1/rates 200 in <*> ms", 35, 38, "2026-03-05T10:00:05Z"),
    ];
    let (cause, _) = world.investigate();
    assert_eq!((cause.category, cause.location.unwrap().line), (Category::Timeout, 8));
}

#[test]
fn a_service_that_is_slow_since_a_deployment_goes_back_and_names_the_database_that_it_loads() {
    let slow = |minute: usize| minute >= 28;
    let times: Vec<f64> = (0..60).map(|minute| if slow(minute) { 3.9 } else { 0.05 }).collect();
    let mut fleet = Fleet::new("orders")
        .deployed("2026-03-05T10:27:00Z", &[])
        .database("books", 20.0)
        .minutes("RequestCount", "Sum", Shape::Flat, &[90.0; 60], (88.0, 92.0))
        .minutes("TargetResponseTime", "Average", Shape::Step, &times, (0.04, 0.06));
    let load = &mut fleet.world.databases[0].load[0];
    load.metric.name = "CPUUtilization".into();
    (load.window.max, load.baseline.as_mut().unwrap().max) = (98.0, 15.0);
    let mut line = template(
        "WARN slow query <*> ms: SELECT * FROM parcels WHERE lower(street) = ?",
        30,
        0,
        "2026-03-05T10:28:10Z",
    );
    line.sample = "WARN slow query 3712 ms: SELECT * FROM parcels WHERE lower(street) = ?".to_owned();
    fleet.world.summary.templates = vec![line];
    let (cause, plan) = fleet.investigate();
    assert_eq!(cause.category, Category::CpuSaturation);
    assert!(cause.components.iter().any(|one| one.name == "books"), "{:?}", cause.components);
    assert_eq!(cause.onset, Some(at("2026-03-05T10:28:00Z")));
    assert!(cause.chain.iter().any(|link| link.statement.contains("3.7 s")), "{:?}", cause.chain);
    assert_eq!(plan.immediate[0].kind, ActionKind::Rollback);
}

#[test]
fn attempts_that_time_out_name_whom_they_wait_for_and_the_loop_that_repeats_them() {
    let python = "import requests, time\ndef h(event, context):\n    while True:\n        try:\n            return requests.get(URL, timeout=4).json()\n        except requests.exceptions.ReadTimeout as error:\n            log.warning('stock try: %s', error)\n";
    let node = "exports.h = async () => {\n  for (let i = 0; i < 5; i++) {\n    try {\n      return await fetch(url, { signal: AbortSignal.timeout(4000) });\n    } catch (e) { console.warn(`stock try failed: ${e}`); }\n  }\n};\n";
    let cases = [
        (
            "python3.12",
            "app.py",
            python,
            "WARN stock try: HTTPSConnectionPool(host='stock.partner.example', port=<*>): Read timed out. (read timeout=<*>)",
            3,
            "without a limit",
        ),
        (
            "nodejs22.x",
            "index.js",
            node,
            "WARN stock try failed: https://stock.partner.example/v2 TimeoutError: The operation was aborted due to timeout",
            2,
            "up to 5 attempts",
        ),
    ];
    for (runtime, path, code, line, place, bound) in cases {
        let mut world = overdue("shelves", runtime, path, code);
        world.summary.templates = vec![
            template(line, 12, 0, "2026-03-05T10:31:10Z"),
            template("INFO stock try: <*> in <*> s", 28, 38, "2026-03-05T10:00:05Z"),
        ];
        let (cause, plan) = world.investigate();
        assert_eq!(cause.category, Category::DependencyUnreachable, "{runtime}");
        assert!(names(&cause, "stock.partner.example"), "{runtime}: {}", cause.title);
        assert_eq!(cause.location.as_ref().map(|one| one.line), Some(place), "{runtime}");
        assert!(cause.chain.iter().any(|link| link.statement.contains(bound)), "{runtime}: {:?}", cause.chain);
        assert!(plan.follow_up[0].title.contains("Bound the attempts"), "{runtime}: {}", plan.follow_up[0].title);
    }
}

#[test]
fn attempts_that_timed_out_as_often_before_explain_no_new_timeout() {
    let mut world = overdue("shelves", "nodejs22.x", "index.js", "exports.h = async () => take();\n");
    let line = "WARN stock try failed: https://stock.partner.example/v2 timed out";
    world.summary.templates = vec![template(line, 12, 11, "2026-03-05T10:02:10Z")];
    let (cause, _) = world.investigate();
    assert_eq!(cause.category, Category::Timeout);
    assert!(!cause.title.contains("stock.partner.example"), "{}", cause.title);
}
