//! Ruby's traces: `app.rb:6:in 'handler': message (NoMethodError)` with `from` lines, and the same places in Lambda's error records.

use marple_case::facts::Frame;

use super::Found;
use crate::pattern::{Pattern, pattern};

static FRAME: Pattern = pattern!(r"^\s*(?:from )?((?:[A-Za-z]:)?[^:\s]+\.rb):([0-9]+)(?::in [`'](.+)')?$");
static ERROR: Pattern = pattern!(
    r"^((?:[A-Za-z]:)?[^:\s]+\.rb):([0-9]+):in [`'](.+?)': (.*) \(([A-Z][A-Za-z0-9_]*(?:::[A-Z][A-Za-z0-9_]*)*)\)$"
);

pub(super) fn find(text: &str) -> Vec<Found> {
    let mut lines = text.lines();
    let header = lines.by_ref().find_map(|line| ERROR.captures(line.trim_end()));
    let Some(header) = header else { return Vec::new() };
    let word = |group| header.get(group).map(|word| word.as_str());
    let (Some(file), Some(class)) = (word(1), word(5)) else { return Vec::new() };
    let first = placed(file, word(2).and_then(|line| line.parse().ok()), word(3));
    let rest = lines.take_while(|line| line.trim_start().starts_with("from ")).filter_map(frame);
    vec![Found {
        runtime: "ruby",
        class: class.to_owned(),
        message: word(4).unwrap_or_default().to_owned(),
        code: None,
        frames: std::iter::once(first).chain(rest).collect(),
    }]
}

/// `/var/task/function.rb:6:in 'handler'`, with or without `from` before it.
pub(super) fn frame(line: &str) -> Option<Frame> {
    let found = FRAME.captures(line.trim_end())?;
    let number = found.get(2).and_then(|number| number.as_str().parse().ok());
    Some(placed(found.get(1)?.as_str(), number, found.get(3).map(|name| name.as_str())))
}

fn placed(file: &str, line: Option<u32>, function: Option<&str>) -> Frame {
    let foreign = ["/gems/", "/var/runtime/", "/var/lang/", "/usr/lib/ruby", "/usr/local/lib/ruby", "/vendor/bundle/"];
    Frame {
        function: function.map(str::to_owned),
        file: file.to_owned(),
        line,
        column: None,
        in_app: !foreign.iter().any(|part| file.contains(part)),
    }
}
