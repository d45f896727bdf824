//! What to read next: tool calls, without asking twice.
//!
//! A call counts as asked if evidence or the conversation holds one of the same tool whose arguments agree in all that it
//! names. Arguments that AWS fills in by default do not make it another call.

use jiff::Timestamp;
use marple_agent::ports::{PlannedCall, Turn};
use marple_case::facts::{EnvironmentVariable, ShownValue, Stack};
use serde_json::{Value, json};

mod around;

use crate::reading::{Case, Seen, leads, subject::SubjectKind};

/// The calls that no evidence and no earlier turn holds, without repetitions.
pub(crate) fn unasked(turn: &Turn<'_>, wants: Vec<PlannedCall>) -> Vec<PlannedCall> {
    let known = |tool: &str| turn.tools.is_empty() || turn.tools.iter().any(|spec| spec.name == tool);
    let mut calls: Vec<PlannedCall> = Vec::new();
    for want in wants {
        let taken = turn.evidence.iter().any(|old| old.tool == want.tool && covers(&old.arguments, &want.arguments));
        let mut asked = turn.messages.iter().flat_map(marple_case::Message::calls);
        let asked = asked.any(|old| old.tool == want.tool && covers(&old.arguments, &want.arguments));
        if known(&want.tool) && !taken && !asked && !calls.contains(&want) {
            calls.push(want);
        }
    }
    calls
}

/// Whether every argument that `new` names stands in `old` with the same value. The reading of one function is no reading of all, and a
/// comparison of two versions is no reading of one.
fn covers(old: &Value, new: &Value) -> bool {
    let names = |arguments: &Value, name: &str| arguments.get(name).is_some_and(Value::is_string);
    let narrows = |name| names(old, name) && !names(new, name);
    match (old, new) {
        // A task definition is compared by default, a function's code only where that is asked for.
        _ if narrows("function") || (names(old, "function") && narrows("compare_with")) => false,
        (Value::Object(old), Value::Object(new)) => {
            new.iter().all(|(name, value)| old.get(name).is_some_and(|known| same(known, value)))
        }
        _ => old == new,
    }
}

fn same(known: &Value, value: &Value) -> bool {
    let moment = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    known == value || moment(known).is_some_and(|at| Some(at) == moment(value))
}

/// A call.
pub(crate) fn call(tool: &str, arguments: Value) -> PlannedCall {
    PlannedCall { tool: tool.to_owned(), arguments }
}

/// What every investigation of a function needs, as far as the opening has not brought it.
pub(crate) fn ground(case: &Case<'_>) -> Vec<PlannedCall> {
    let mut wants = Vec::new();
    let asked = |tool: &str| case.evidence.iter().any(|evidence| evidence.tool == tool);
    if let (Some(alarm), true) = (&case.scope.alarm, case.alarm().is_none() && !asked("describe_alarms")) {
        wants.push(call("describe_alarms", json!({"names": [alarm]})));
    }
    wants.extend(watched(case));
    if case.kind != SubjectKind::Function {
        wants.extend(around::ground(case));
        return wants;
    }
    let Some(function) = &case.subject else {
        wants.extend(leads::users_of_queue(case));
        if !asked("get_function") {
            wants.push(call("get_function", json!({})));
        }
        return wants;
    };
    // A list of functions is brief; asked for alone, one is described whole.
    wants.push(call("get_function", json!({"function": function})));
    if case.is_denied("get_function") {
        wants.extend(owner(case, function));
    }
    if case.metric("Errors", "Sum").is_none() {
        wants.push(standard_metrics(function));
    }
    if let (Some(group), true) = (case.log_group(), case.summaries.is_empty()) {
        wants.push(call("summarize_logs", json!({"log_group": group})));
    }
    let is_image = case.function.is_some_and(|function| function.package_type == "Image");
    if case.code.is_empty() && !is_image {
        wants.push(call("read_function_code", json!({"function": function})));
    }
    if case.changes.is_empty() && !asked("list_changes") {
        wants.push(call("list_changes", json!({})));
    }
    wants.extend(missing_frames(case, function));
    if !asked("list_secrets") && names_secret(case) {
        wants.push(call("list_secrets", json!({})));
    }
    wants
}

/// Whether a variable of the environment names a secret whose name is not shown: only the list can tell when it changed.
fn names_secret(case: &Case<'_>) -> bool {
    let hidden = |variable: &&EnvironmentVariable| matches!(variable.value, ShownValue::Hidden(_));
    case.environment().into_iter().filter(hidden).any(|variable| variable.name.to_uppercase().contains("SECRET"))
}

/// The stack that owns the function, and the secrets of that stack, where the function's own configuration is refused.
fn owner(case: &Case<'_>, function: &str) -> Vec<PlannedCall> {
    let owns = |stack: &&Seen<'_, Stack>| {
        stack.resources.iter().any(|resource| resource.physical_id.as_deref() == Some(function))
    };
    match case.stacks.iter().find(owns) {
        None => vec![call("describe_stack", json!({"resource": function}))],
        Some(stack) => vec![call("list_secrets", json!({"stack": stack.name}))],
    }
}

/// The metric that the alarm watches, by its own statistic and period, where no reading holds it so.
fn watched(case: &Case<'_>) -> Option<PlannedCall> {
    let condition = case.alarm()?.fact.condition.as_ref()?;
    let [metric] = condition.metrics.as_slice() else { return None };
    let read = case.series.iter().any(|series| {
        series.metric == *metric && series.statistic == condition.statistic && series.period_s == condition.period_s
    });
    // The span is said: a reading of another one, such as of earlier episodes, is not this one.
    let window = case.scope.window;
    let arguments = json!({
        "metrics": [{"namespace": metric.namespace, "name": metric.name, "dimensions": metric.dimensions, "statistics": [condition.statistic]}],
        "period_s": condition.period_s, "start": window.start, "end": window.end,
    });
    (!read).then(|| call("get_metrics", arguments))
}

/// The metrics that tell a function's health.
fn standard_metrics(function: &str) -> PlannedCall {
    let metric = |name: &str, statistics: &[&str]| json!({"namespace": "AWS/Lambda", "name": name, "dimensions": {"FunctionName": function}, "statistics": statistics});
    let metrics = json!([
        metric("Invocations", &["Sum"]),
        metric("Errors", &["Sum"]),
        metric("Throttles", &["Sum"]),
        metric("Duration", &["Average", "Maximum"]),
        metric("ConcurrentExecutions", &["Maximum"]),
    ]);
    call("get_metrics", json!({"metrics": metrics}))
}

/// Source around frames of the function's own that no reading of the code holds yet.
fn missing_frames(case: &Case<'_>, function: &str) -> Vec<PlannedCall> {
    let frames = case.failures.iter().filter_map(|failure| failure.own_frame());
    let unread = frames.filter(|frame| case.source(&frame.file).is_none());
    let listed = |named: &str| case.code.iter().any(|code| code.file(named).is_some());
    let wants = unread.filter_map(|frame| {
        let line = frame.line?;
        let file = frame.file.strip_prefix("/var/task/").unwrap_or(&frame.file);
        listed(&frame.file)
            .then(|| call("read_function_code", json!({"function": function, "file": file, "line": line})))
    });
    wants.take(2).collect()
}

/// Lines that a summary did not bring: searched by words that errors have in all runtimes.
pub(crate) fn error_lines(case: &Case<'_>) -> Vec<PlannedCall> {
    const PATTERN: &str = "?ERROR ?Error ?error ?Exception ?Traceback ?panic ?\"Task timed out\"";
    let group = case.log_group();
    group.map(|group| call("search_logs", json!({"log_group": group, "pattern": PATTERN}))).into_iter().collect()
}
