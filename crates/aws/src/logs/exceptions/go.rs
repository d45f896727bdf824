//! Go: panics and fatal errors, with the stack of the goroutine that died (the first one).

use marple_case::facts::Frame;

use super::Found;
use crate::pattern::{Pattern, pattern};

static HEAD: Pattern = pattern!(r"(?m)(?:^|\s)(panic|fatal error|http: panic serving [^ ]+): ([^\n]*)");
static PLACE: Pattern = pattern!(r"^\s+(\S+\.go):([0-9]+)");

pub(super) fn find(text: &str) -> Vec<Found> {
    let Some(head) = HEAD.captures(text) else { return Vec::new() };
    let (Some(word), Some(message)) = (head.get(1), head.get(2)) else { return Vec::new() };
    let rest = text.get(message.end()..).unwrap_or_default();
    let frames = frames(rest);
    // The word panic alone stands in many a harmless line.
    let is_at_start = text.starts_with("panic: ") || text.starts_with("fatal error: ");
    if frames.is_empty() && !is_at_start {
        return Vec::new();
    }
    let class = if word.as_str() == "fatal error" { "fatal error" } else { "panic" };
    let message = message.as_str().trim_end().trim_end_matches(" [recovered]").to_owned();
    vec![Found { runtime: "go", class: class.to_owned(), message, code: None, frames }]
}

/// Pairs of lines, a function and its place, of the first goroutine.
fn frames(text: &str) -> Vec<Frame> {
    let after = text.split_once("goroutine ").map_or("", |(_, after)| after);
    let mut frames = Vec::new();
    let mut function: Option<&str> = None;
    for line in after.lines().skip(1) {
        if line.starts_with("goroutine ") || (line.trim().is_empty() && !frames.is_empty()) {
            break;
        }
        match PLACE.captures(line) {
            Some(place) => {
                let file = place.get(1).map_or("", |file| file.as_str());
                frames.push(Frame {
                    function: function.take().map(name),
                    file: file.to_owned(),
                    line: place.get(2).and_then(|line| line.as_str().parse().ok()),
                    column: None,
                    in_app: is_own(file),
                });
            }
            None => function = Some(line.trim()),
        }
    }
    frames
}

/// `main.(*Server).handle(0xc000…, {0x…})` without its arguments.
fn name(call: &str) -> String {
    let call = call.strip_prefix("created by ").unwrap_or(call);
    let end = call.rfind('(').filter(|_| call.ends_with(')')).unwrap_or(call.len());
    call.get(..end).unwrap_or(call).to_owned()
}

fn is_own(file: &str) -> bool {
    let foreign = ["/usr/local/go/src/", "/usr/lib/go", "/go/pkg/mod/", "/sdk/go", "/vendor/", "/hostedtoolcache/go/"];
    !foreign.iter().any(|part| file.contains(part))
}
