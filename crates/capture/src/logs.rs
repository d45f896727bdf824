//! Logs: which groups and spans were looked at, and the events that were read, as `world/logs/*.jsonl`.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use marple_case::Window;
use marple_redact::Redactor;
use serde_json::{Value, json};

use crate::{
    call::{Answer, Call},
    world::World,
};

pub(crate) const FILTER: &str = "logs:FilterLogEvents";

/// The spans that were looked at, by log group.
pub(crate) fn touched(calls: &[Call]) -> BTreeMap<String, Vec<Window>> {
    let mut touched: BTreeMap<String, Vec<Window>> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.error().is_none()) {
        let scale = if call.is(FILTER) {
            1
        } else if call.is("logs:StartQuery") {
            1_000
        } else {
            continue;
        };
        let Some(span) = span(call, scale) else { continue };
        for group in groups(call) {
            touched.entry(group.to_owned()).or_default().push(span);
        }
    }
    touched
}

fn groups(call: &Call) -> Vec<&str> {
    let one = ["logGroupName", "logGroupIdentifier"].into_iter().filter_map(|member| call.asked(member));
    let lists = ["logGroupNames", "logGroupIdentifiers"].into_iter();
    let several = lists.filter_map(|member| call.input.get(member)?.as_array()).flatten().filter_map(Value::as_str);
    one.chain(several).map(name).collect()
}

/// The name in a log group's ARN, or the name itself.
fn name(group: &str) -> &str {
    let named = group.split_once(":log-group:").map_or(group, |(_, name)| name);
    named.strip_suffix(":*").unwrap_or(named)
}

fn span(call: &Call, scale: i64) -> Option<Window> {
    let moment = |member: &str| {
        let number = call.input.get(member)?.as_i64()?;
        Timestamp::from_millisecond(number.checked_mul(scale)?).ok()
    };
    // The end is included there.
    let end = moment("endTime")?.checked_add(jiff::SignedDuration::from_millis(scale)).ok()?;
    Some(Window { start: moment("startTime")?, end })
}

/// An event, in the order of a group's file.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    at: i64,
    /// The place among the events of that moment, as the service gave them.
    place: usize,
    stream: String,
    message: String,
}

/// What an event says: group, stream, epoch milliseconds, message. The same may be written twice in a millisecond; then one answer holds it
/// twice. In several answers it is the same event, whatever its id.
type Written<'c> = (&'c str, &'c str, i64, &'c str);

/// Writes the events that were read, without credentials. Gives the number of events.
pub(crate) fn write(world: &mut World, calls: &[Call], redactor: &Redactor) -> usize {
    let mut read: Vec<&Call> = calls.iter().filter(|call| call.is(FILTER)).collect();
    // Those that were searched for come last: they have their order among all others already.
    read.sort_by_key(|call| call.asked("filterPattern").is_some_and(|pattern| !pattern.is_empty()));
    let mut events: BTreeMap<&str, Vec<Event>> = BTreeMap::new();
    let mut known: HashMap<Written<'_>, usize> = HashMap::new();
    for call in read {
        let Answer::Json(answer) = &call.answer else { continue };
        let Some(group) = groups(call).first().copied() else { continue };
        let of_group = events.entry(group).or_default();
        let mut in_answer: HashMap<Written<'_>, usize> = HashMap::new();
        for event in answer.get("events").and_then(Value::as_array).into_iter().flatten() {
            let text = |member: &str| event.get(member).and_then(Value::as_str).unwrap_or_default();
            let Some(at) = event.get("timestamp").and_then(Value::as_i64) else { continue };
            let written = (group, text("logStreamName"), at, text("message"));
            let times = in_answer.entry(written).or_insert(0);
            *times += 1;
            let times_known = known.entry(written).or_insert(0);
            if *times > *times_known {
                *times_known = *times;
                let message = redactor.text(text("message")).into_owned();
                of_group.push(Event { at, place: of_group.len(), stream: text("logStreamName").to_owned(), message });
            }
        }
    }
    let number = events.values().map(Vec::len).sum();
    for (group, mut of_group) in events.into_iter().filter(|(_, events)| !events.is_empty()) {
        of_group.sort();
        let lines: String = of_group.iter().map(|event| line(group, event)).collect();
        let path = free(world, group);
        world.others.insert(path, lines.into_bytes());
    }
    number
}

fn line(group: &str, event: &Event) -> String {
    let at = Timestamp::from_millisecond(event.at).map_or_else(|_| json!(event.at), |at| json!(at.to_string()));
    let line = json!({"logGroup": group, "logStream": event.stream, "timestamp": at, "message": event.message});
    format!("{line}\n")
}

/// A file for a group that no other has.
fn free(world: &World, group: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || "-_.".contains(letter) { letter } else { '-' };
    let stem: String = group.trim_start_matches('/').chars().map(plain).collect();
    let stem = stem.trim_start_matches('.');
    let numbered = |number: usize| match number {
        1 => format!("world/logs/{stem}.jsonl"),
        number => format!("world/logs/{stem}-{number}.jsonl"),
    };
    (1..).map(numbered).find(|path| !world.others.contains_key(path)).unwrap_or_default()
}
