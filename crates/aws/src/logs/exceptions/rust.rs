//! Rust's panics: `thread 'main' panicked at src/main.rs:3:5:` with the message in the lines after it (before 1.73 in quotes before the place),
//! and the backtrace, where it was asked for.

use marple_case::facts::Frame;

use super::Found;
use crate::pattern::{Pattern, pattern};

static HEAD: Pattern =
    pattern!(r"thread '[^'\n]*'(?: \([0-9]+\))? panicked at (?s:'(.*?)', )?([^\s:']+):([0-9]+):([0-9]+):?");
/// `   2: app::grid::cell`, with an address before the name in a full backtrace.
static FUNCTION: Pattern = pattern!(r"^\s*[0-9]+:\s+(?:0x[0-9a-f]+ - )?(\S.*)$");
static PLACE: Pattern = pattern!(r"^\s+at (\S+?):([0-9]+)(?::([0-9]+))?$");

pub(super) fn find(text: &str) -> Vec<Found> {
    let Some(head) = HEAD.captures(text) else { return Vec::new() };
    let (Some(whole), Some(file)) = (head.get(0), head.get(2)) else { return Vec::new() };
    let number = |group| head.get(group).and_then(|number| number.as_str().parse().ok());
    let rest = text.get(whole.end()..).unwrap_or_default();
    let quoted = head.get(1).map(|said| said.as_str().to_owned());
    let mut frames = frames(rest);
    let place = frame(None, file.as_str(), number(3), number(4));
    // The place of the panic is a frame as well, but for the column; without a backtrace it is the only one.
    if !frames.iter().any(|frame| frame.file == place.file && frame.line == place.line) {
        frames.insert(0, place);
    }
    let message = quoted.unwrap_or_else(|| message(rest));
    vec![Found { runtime: "rust", class: "panic".to_owned(), message, code: None, frames }]
}

/// The lines between the head and what the runtime adds.
fn message(rest: &str) -> String {
    let is_added = |line: &str| line.starts_with("stack backtrace:") || line.starts_with("note: ");
    let said: Vec<&str> = rest.trim_start().lines().take_while(|line| !is_added(line)).collect();
    said.join("\n").trim_end().to_owned()
}

fn frames(rest: &str) -> Vec<Frame> {
    let trace = rest.split_once("stack backtrace:").map_or("", |(_, trace)| trace);
    let mut frames: Vec<Frame> = Vec::new();
    let mut function: Option<String> = None;
    for line in trace.lines() {
        if let Some(place) = PLACE.captures(line) {
            let number = |group| place.get(group).and_then(|number| number.as_str().parse().ok());
            let file = place.get(1).map_or("", |file| file.as_str());
            frames.push(frame(function.take(), file, number(2), number(3)));
        } else if let Some(name) = FUNCTION.captures(line).and_then(|found| found.get(1)) {
            // A name without a place: a library without debug information.
            frames.extend(function.replace(name.as_str().to_owned()).map(|bare| frame(Some(bare), "", None, None)));
        }
    }
    frames.extend(function.map(|bare| frame(Some(bare), "", None, None)));
    frames
}

fn frame(function: Option<String>, file: &str, line: Option<u32>, column: Option<u32>) -> Frame {
    let foreign = ["/rustc/", "cargo/registry/", "cargo/git/", "library/std/", "library/core/", "library/alloc/"];
    let file = file.strip_prefix("./").unwrap_or(file);
    let in_app = !file.is_empty() && !foreign.iter().any(|part| file.contains(part));
    Frame { function, file: file.to_owned(), line, column, in_app }
}
