//! Every time of a scenario moved by the same duration.

use std::borrow::Cow;
use std::sync::LazyLock;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};
use regex::{Captures, Regex};

use super::package_start;
use crate::Files;

/// How many numbers by the hour of the day (UTC) there are.
const HOURS: usize = 24;

/// What is a time, by its form:
/// - `d`…: date and clock, as RFC 3339 or with a blank (`2025-12-16T05:45:37.102Z`, Go's `2025/12/19 00:13:28`);
/// - `stream`: the date that a Lambda log stream's name begins with (`2025/12/16/[$LATEST]…`);
/// - `key`, `epoch`: epoch milliseconds or seconds under a JSON key that names a time (`eventTime`, `createdAt`), also in JSON inside a string.
///
/// A date alone is left: mostly it is a version (`2012-10-17`).
const TIMES: &str = r#"(?x)
    \b (?<year>\d{4}) (?<dash>[-/]) (?<month>\d\d) [-/] (?<day>\d\d)
       (?<between>[T\ ]) (?<hour>\d\d) : (?<minute>\d\d) (?: : (?<second>\d\d) )?
  | \b (?<stream>\d{4}/\d\d/\d\d) (?<bracket>/\[)
  | (?<key> "[A-Za-z_]* (?: (?: [Tt]ime | [Tt]imestamp | [Dd]ate | Modified ) [A-Za-z_]* | [a-z]At ) \\*" \s* : \s* )
    (?<epoch> \d{12,13} | \d{9,10} ) \b
"#;

#[expect(clippy::expect_used, reason = "the pattern is a constant, and a test compiles it")]
static PATTERN: LazyLock<Regex> = LazyLock::new(|| Regex::new(TIMES).expect("a valid pattern"));

/// Numbers by the hour of the day, in the TOML files of a world.
#[expect(clippy::expect_used, reason = "the pattern is a constant, and a test compiles it")]
static HOURLY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?<key>\b(?:base|per_hour)\s*=\s*\[)(?<hours>[^\[\]#]*)\]").expect("a valid pattern")
});

/// Moves every time by a duration, which is taken in whole seconds; the truth and the scenario's `now` move along.
///
/// Dates without a clock (in log streams' names) move by whole days, and clocks without seconds by whole minutes, rounded.
/// Numbers by the hour of the day (`per_hour`, `base`) move by whole hours, rounded: the traffic keeps its rhythm.
#[must_use]
pub fn shift(files: &Files, by: SignedDuration) -> Files {
    let shift = |(path, content): (&str, &bytes::Bytes)| {
        let shifted = match std::str::from_utf8(content) {
            Ok(text) if package_start(path).is_none() => shifted_file(path, text, by).into(),
            _ => content.clone(),
        };
        (path.to_owned(), shifted)
    };
    files.iter().map(shift).collect()
}

fn shifted_file(path: &str, text: &str, by: SignedDuration) -> String {
    let shifted = shift_text(text, by);
    let is_rates = path.starts_with("world/") && path.ends_with(".toml");
    if is_rates { shift_hours(&shifted, by).into_owned() } else { shifted.into_owned() }
}

/// The value of an hour goes to the hour that it has become; blanks and line ends stay where they are.
fn shift_hours(text: &str, by: SignedDuration) -> Cow<'_, str> {
    HOURLY.replace_all(text, |found: &Captures<'_>| {
        let hours = &found["hours"];
        let is_between = |c: char| c == ',' || c.is_whitespace();
        let mut values: Vec<&str> = hours.split(is_between).filter(|value| !value.is_empty()).collect();
        if values.len() != HOURS {
            return found[0].to_owned();
        }
        let steps = rounded(by, 3600).as_hours().rem_euclid(HOURS as i64);
        values.rotate_right(usize::try_from(steps).unwrap_or(0));
        let mut values = values.into_iter();
        let moved = hours.split_inclusive(is_between).map(|piece| {
            let value = piece.trim_end_matches(is_between);
            let new = if value.is_empty() { None } else { values.next() };
            format!("{}{}", new.unwrap_or(value), &piece[value.len()..])
        });
        format!("{}{}]", &found["key"], moved.collect::<String>())
    })
}

fn shift_text(text: &str, by: SignedDuration) -> Cow<'_, str> {
    PATTERN.replace_all(text, |found: &Captures<'_>| {
        let whole = || found.get(0).map_or("", |whole| whole.as_str()).to_owned();
        shift_clock(found, by)
            .or_else(|| shift_stream(found, by))
            .or_else(|| shift_epoch(found, by))
            .unwrap_or_else(whole)
    })
}

/// Date and clock; what follows (fraction, zone) stays as it is.
fn shift_clock(found: &Captures<'_>, by: SignedDuration) -> Option<String> {
    let number = |name: &str| found.name(name)?.as_str().parse::<i16>().ok();
    let small = |name: &str| i8::try_from(number(name)?).ok();
    let second = found.name("second").and_then(|_| small("second"));
    let time = DateTime::new(
        number("year")?,
        small("month")?,
        small("day")?,
        small("hour")?,
        small("minute")?,
        second.unwrap_or(0),
        0,
    );
    let step = if second.is_some() { 1 } else { 60 };
    let moved = time.ok()?.checked_add(rounded(by, step)).ok()?;
    let (dash, between) = (found.name("dash")?.as_str(), found.name("between")?.as_str());
    let date = moved.strftime(if dash == "/" { "%Y/%m/%d" } else { "%Y-%m-%d" });
    let clock = moved.strftime(if second.is_some() { "%H:%M:%S" } else { "%H:%M" });
    Some(format!("{date}{between}{clock}"))
}

fn shift_stream(found: &Captures<'_>, by: SignedDuration) -> Option<String> {
    let date = Date::strptime("%Y/%m/%d", found.name("stream")?.as_str()).ok()?;
    let moved = date.checked_add(rounded(by, 24 * 3600)).ok()?;
    Some(format!("{}{}", moved.strftime("%Y/%m/%d"), found.name("bracket")?.as_str()))
}

/// Milliseconds by their twelve or thirteen digits, else seconds; a fraction stays as it is.
fn shift_epoch(found: &Captures<'_>, by: SignedDuration) -> Option<String> {
    let digits = found.name("epoch")?.as_str();
    let unit = if digits.len() > 10 { 1000 } else { 1 };
    let moved = digits.parse::<i64>().ok()?.checked_add(by.as_secs().checked_mul(unit)?)?;
    Some(format!("{}{moved:0width$}", found.name("key")?.as_str(), width = digits.len()))
}

/// A duration in whole steps of so many seconds: the same forward and back.
fn rounded(by: SignedDuration, step: i64) -> SignedDuration {
    let seconds = by.as_secs();
    let steps = (seconds.abs() + step / 2) / step;
    SignedDuration::from_secs(steps * step * seconds.signum())
}
