//! PHP's fatal errors: `PHP Fatal error:  Uncaught TypeError: … in /app/src/cart.php:12` with its numbered frames, and those without a trace, as of
//! memory that is exhausted.

use marple_case::facts::Frame;

use super::Found;
use crate::pattern::{Pattern, pattern};

static UNCAUGHT: Pattern =
    pattern!(r"Fatal error: +Uncaught ([A-Za-z_\\][A-Za-z0-9_\\]*)(?:: ((?s:.*?)))? in (\S+\.\w+):([0-9]+)");
static PLAIN: Pattern =
    pattern!(r"(?:PHP )?(Fatal|Parse|Compile|Core) error: +([^\n]+?) in (\S+\.\w+) on line ([0-9]+)");
static FRAME: Pattern = pattern!(r"^(?:PHP )?#[0-9]+ (\S+\.\w+)\(([0-9]+)\): (.+?)(?:\(.*\))?$");

pub(super) fn find(text: &str) -> Vec<Found> {
    uncaught(text).or_else(|| plain(text)).into_iter().collect()
}

fn uncaught(text: &str) -> Option<Found> {
    let hit = UNCAUGHT.captures(text)?;
    let first = placed(hit.get(3)?.as_str(), hit.get(4)?.as_str(), None);
    let frames = text.lines().filter_map(|line| {
        let frame = FRAME.captures(line.trim())?;
        Some(placed(frame.get(1)?.as_str(), frame.get(2)?.as_str(), Some(frame.get(3)?.as_str())))
    });
    Some(Found {
        runtime: "php",
        class: hit.get(1)?.as_str().to_owned(),
        message: hit.get(2).map_or("", |said| said.as_str()).to_owned(),
        code: None,
        frames: std::iter::once(first).chain(frames).collect(),
    })
}

fn plain(text: &str) -> Option<Found> {
    let hit = PLAIN.captures(text)?;
    let frame = placed(hit.get(3)?.as_str(), hit.get(4)?.as_str(), None);
    let class = format!("{} error", hit.get(1)?.as_str());
    Some(Found { runtime: "php", class, message: hit.get(2)?.as_str().to_owned(), code: None, frames: vec![frame] })
}

fn placed(file: &str, line: &str, function: Option<&str>) -> Frame {
    Frame {
        function: function.map(str::to_owned),
        file: file.to_owned(),
        line: line.parse().ok(),
        column: None,
        in_app: !file.contains("/vendor/") && !file.contains("/usr/share/php"),
    }
}
