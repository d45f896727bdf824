//! What a piece of evidence shows, in a few words: for the time line, and for reports without a root cause.
//!
//! Written from the typed facts, never by reading text. Foreign words in it are cut at 72 columns and made visible.

use marple_case::{
    Evidence, Facts, Outcome,
    facts::{Alarm, AlarmState, Changes, Exception, LogSummary, Novelty, Series, Shape},
};
use serde_json::Value;
use unicode_width::UnicodeWidthChar;

use crate::{amounts::measure, visible, words::Words};

/// The columns that one foreign piece may take.
const LONGEST: usize = 72;

/// The tool with what it was asked about: `summarize_logs /aws/lambda/orders`.
pub fn call(evidence: &Evidence) -> String {
    match subject(&evidence.arguments) {
        Some(subject) => format!("{} {}", visible::line(&evidence.tool), short(&subject)),
        None => visible::line(&evidence.tool),
    }
}

/// What it shows: `3 exceptions: TypeError: Cannot read…`. For denied and failed calls, why.
pub fn finding(evidence: &Evidence, words: &Words) -> String {
    match &evidence.outcome {
        Outcome::Found => facts(&evidence.facts, words).unwrap_or_else(|| words.found.to_owned()),
        Outcome::NoData => words.no_data.to_owned(),
        Outcome::Denied { action, message } if action.is_empty() => format!("{}: {}", words.denied, short(message)),
        Outcome::Denied { action, .. } => format!("{}: {}", words.denied, short(action)),
        Outcome::Failed { message } => format!("{}: {}", words.failed, short(message)),
    }
}

/// The text on one line, made visible, and cut with `…` where it takes more columns than `width`.
pub fn cut(text: &str, width: usize) -> String {
    let line = visible::line(text);
    let mut columns = 0;
    for (position, character) in line.char_indices() {
        columns += character.width().unwrap_or(0);
        if columns > width {
            return cut_at(&line, position, width);
        }
    }
    line
}

/// The part before `position`, shortened until the ellipsis fits.
fn cut_at(line: &str, position: usize, width: usize) -> String {
    let mut kept = line.get(..position).unwrap_or(line).to_owned();
    while unicode_width::UnicodeWidthStr::width(kept.as_str()) + 1 > width && kept.pop().is_some() {}
    if width > 0 {
        kept.push('…');
    }
    kept
}

fn short(text: &str) -> String {
    cut(text, LONGEST)
}

/// The argument that says what a call is about: the first of these keys that holds a text or texts.
fn subject(arguments: &Value) -> Option<String> {
    const KEYS: [&str; 12] = [
        "log_group",
        "log_groups",
        "function",
        "stack",
        "resource",
        "id",
        "evidence",
        "names",
        "prefix",
        "contains",
        "namespace",
        "metrics",
    ];
    KEYS.iter().filter_map(|key| arguments.get(key)).find_map(named)
}

fn named(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Array(items) => {
            let mut names: Vec<String> = Vec::new();
            for name in items.iter().filter_map(|item| named(item.get("name").unwrap_or(item))) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            (!names.is_empty()).then(|| names.join(", "))
        }
        _ => None,
    }
}

fn facts(facts: &Facts, words: &Words) -> Option<String> {
    Some(match facts {
        Facts::Nothing => return None,
        Facts::Alarms(alarms) => describe_alarms(alarms, words),
        Facts::Metrics(metrics) => describe_series(&metrics.series, words),
        Facts::MetricList(metrics) => words.metrics.of(metrics.len()),
        Facts::Logs(logs) => with_exceptions(words.lines.of(logs.lines.len()), &logs.exceptions, words),
        Facts::LogSummary(summary) => describe_log_summary(summary, words),
        Facts::QueryRows(rows) => words.rows.of(rows.rows.len()),
        Facts::LogGroups(groups) => words.log_groups.of(groups.len()),
        Facts::Functions(functions) => match functions.as_slice() {
            [function] => format!(
                "{}, {} MB, {} s",
                short(function.runtime.as_deref().unwrap_or(&function.package_type)),
                function.memory_mb,
                function.timeout_s
            ),
            several => words.functions.of(several.len()),
        },
        Facts::FunctionCode(code) => {
            let size = crate::amounts::count(code.package_size);
            format!("{}, {size} bytes", words.code_files.of(code.files.len()))
        }
        Facts::Stacks(stacks) => match stacks.as_slice() {
            [stack] => format!("{} {}", short(&stack.name), short(&stack.status)),
            several => words.stacks.of(several.len()),
        },
        Facts::StackEvents(events) => words.stack_events.of(events.events.len()),
        Facts::Secrets(secrets) => words.secrets.of(secrets.len()),
        Facts::Databases(databases) => match databases.databases.as_slice() {
            [database] => format!("{} {}", short(&database.id), short(&database.status)),
            several => words.databases.of(several.len()),
        },
        Facts::Changes(changes) => describe_changes(changes, words),
        Facts::Services(services) => match services.as_slice() {
            [service] => format!(
                "{} {}, {}/{}",
                short(&service.name),
                short(&service.task_definition),
                service.running,
                service.desired
            ),
            several => words.services.of(several.len()),
        },
        Facts::Tasks(tasks) => words.tasks.of(tasks.len()),
        Facts::TaskDefinitions(revisions) => match revisions.as_slice() {
            [revision] => short(&revision.name()),
            several => words.revisions.of(several.len()),
        },
        Facts::Images(images) => words.images.of(images.images.len()),
        Facts::LoadBalancers(balancers) => words.load_balancers.of(balancers.len()),
    })
}

fn describe_alarms(alarms: &[Alarm], words: &Words) -> String {
    match alarms {
        [alarm] => format!("{} {}", short(&alarm.name), alarm.state.word()),
        several => {
            let alarming = several.iter().filter(|alarm| alarm.state == AlarmState::Alarm).count();
            format!("{}, {}", words.alarms.of(several.len()), words.in_alarm.of(alarming))
        }
    }
}

/// How many series there are, and of three that are neither empty nor flat their shape and maximum.
fn describe_series(series: &[Series], words: &Words) -> String {
    let mut parts = vec![words.series.of(series.len())];
    let moving = series.iter().filter(|series| !matches!(series.shape, Shape::Empty | Shape::Flat));
    parts.extend(moving.take(3).map(|series| {
        let greatest = crate::words::fill(words.at_most, &[&measure(series.window.max)]);
        format!("{} {} {greatest}", short(&series.metric.name), series.shape.word())
    }));
    parts.join(", ")
}

fn describe_log_summary(summary: &LogSummary, words: &Words) -> String {
    let lines = usize::try_from(summary.lines).unwrap_or(usize::MAX);
    let new = summary.templates.iter().filter(|template| template.novelty == Novelty::New).count();
    let mut parts = vec![words.lines.of(lines)];
    if !summary.templates.is_empty() {
        let templates = words.templates.of(summary.templates.len());
        parts.push(format!("{templates} ({})", words.new_templates.of(new)));
    }
    let timeouts = summary.invocations.as_ref().map_or(0, |invocations| invocations.timeouts);
    if timeouts > 0 {
        parts.push(words.timeouts.of(usize::try_from(timeouts).unwrap_or(usize::MAX)));
    }
    with_exceptions(parts.join(", "), &summary.exceptions, words)
}

/// Adds how often exceptions were seen, and the most frequent one.
fn with_exceptions(text: String, exceptions: &[Exception], words: &Words) -> String {
    let Some(first) = exceptions.first() else { return text };
    let count = exceptions.iter().fold(0_u64, |sum, exception| sum.saturating_add(exception.count));
    let count = words.exceptions.of(usize::try_from(count).unwrap_or(usize::MAX));
    format!("{text}, {count}: {}", short(&format!("{}: {}", first.class, first.message)))
}

fn describe_changes(changes: &Changes, words: &Words) -> String {
    let touching = changes.changes.iter().filter(|change| change.touches_subject).count();
    let mut parts = vec![words.changes.of(changes.changes.len())];
    if touching > 0 {
        parts.push(words.touching.of(touching));
    }
    if !changes.unread.is_empty() {
        parts.push(words.unread_sources.of(changes.unread.len()));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests;
