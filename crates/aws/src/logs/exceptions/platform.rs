//! What Lambda itself says of an invocation that it ended.

use super::Found;
use crate::pattern::{Pattern, pattern};

static TIMED_OUT: Pattern = pattern!(r"(?m)^\S+ \S+ (Task timed out after [0-9.]+ seconds)");
static EXITED: Pattern = pattern!(r"(?m)^RequestId: \S+ Error: (Runtime exited[^\n]*)(?:\n(\S+))?");

pub(super) fn find(text: &str) -> Vec<Found> {
    let of_platform = |class: &str, message: &str| Found {
        runtime: "lambda",
        class: class.to_owned(),
        message: message.to_owned(),
        code: None,
        frames: Vec::new(),
    };
    if let Some(words) = TIMED_OUT.captures(text).and_then(|found| found.get(1)) {
        return vec![of_platform("Task timed out", words.as_str())];
    }
    let exited = EXITED.captures(text).and_then(|found| {
        let class = found.get(2).map_or("Runtime.ExitError", |class| class.as_str());
        Some(of_platform(class, found.get(1)?.as_str()))
    });
    exited.into_iter().collect()
}
