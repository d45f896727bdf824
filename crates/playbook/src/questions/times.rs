//! The times that a question names: "since noon", "in the last 3 hours", "yesterday", in English and Japanese.
//!
//! Clock times are of the zone that the question names, else of the person's own, else UTC; of two days on which a clock time may lie,
//! the latest that is not in the future is meant.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp, ToSpan, civil, tz::TimeZone};
use marple_case::Window;
use regex::Regex;

/// A span of time and how it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// The span; ends at the question, unless an end is named.
    pub(super) window: Window,
    /// The zone in which clock times were read.
    pub(super) zone: String,
}

/// A pattern that is known to be right: a test compiles each.
fn pattern(source: &str) -> Option<Regex> {
    Regex::new(source).ok()
}

static LAST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:last|past|previous)\s+(\d+)?\s*(minute|min|hour|h|day|week)s?\b|\b(\d+)\s*(minute|min|hour|h|day|week)s?\s+ago",
    )
});
static LAST_JA: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?:直近|過去|この|ここ)\s*(\d+)?\s*(分|時間|日|週間)|(\d+)\s*(分|時間|日|週間)前"));
static MOMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?"));
static CLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(\d{1,2}):(\d{2})\s*(am|pm)?|\b(\d{1,2})\s*(am|pm)\b|(午前|午後)?(\d{1,2})時(?:(\d{1,2})分|(半))?(?:[^間]|$)",
    )
});

/// What counts where nothing is said, and how a span that is named is read.
pub(super) fn of(text: &str, now: Timestamp, own_zone: Option<&str>) -> Option<Span> {
    let (name, zone) = zone(text, own_zone);
    let span = |start: Timestamp, end: Timestamp| {
        Some(Span { window: Window { start, end }, zone: name.clone() }).filter(|_| start < end)
    };
    if let Some(back) = ago(text) {
        return span(now.checked_sub(back).ok()?, now);
    }
    let mut moments = moments(text, &zone);
    if moments.is_empty() {
        moments = clocks(text, now, &zone);
    }
    moments.retain(|moment| *moment < now);
    moments.sort();
    match moments.as_slice() {
        [start] => return span(*start, now),
        [start, .., end] => return span(*start, *end),
        [] => {}
    }
    let today = now.to_zoned(zone.clone()).date();
    let midnight = |date: civil::Date| date.to_zoned(zone.clone()).ok().map(|at| at.timestamp());
    let lower = text.to_lowercase();
    if lower.contains("yesterday") || text.contains("昨日") {
        let since = lower.contains("since") || text.contains("から") || text.contains("以降");
        return span(midnight(today.yesterday().ok()?)?, if since { now } else { midnight(today)? });
    }
    let day = ["today", "this morning", "midnight", "今日", "今朝", "本日"];
    if day.iter().any(|word| lower.contains(word)) {
        return span(midnight(today)?, now);
    }
    None
}

/// The hour before, where nothing says when.
pub(super) fn last_hour(now: Timestamp, own_zone: Option<&str>) -> Span {
    let start = now.checked_sub(SignedDuration::from_hours(1)).unwrap_or(now);
    Span { window: Window { start, end: now }, zone: own_zone.unwrap_or("UTC").to_owned() }
}

fn ago(text: &str) -> Option<SignedDuration> {
    let found = LAST.as_ref()?.captures(text).or_else(|| LAST_JA.as_ref()?.captures(text))?;
    let number = found.get(1).or_else(|| found.get(3)).map_or(Ok(1), |number| number.as_str().parse::<i64>()).ok()?;
    let unit = found.get(2).or_else(|| found.get(4))?.as_str().to_lowercase();
    let seconds = match unit.as_str() {
        "minute" | "min" | "分" => 60,
        "hour" | "h" | "時間" => 3600,
        "day" | "日" => 86_400,
        _ => 7 * 86_400,
    };
    number.checked_mul(seconds).map(SignedDuration::from_secs)
}

fn moments(text: &str, zone: &TimeZone) -> Vec<Timestamp> {
    let Some(pattern) = MOMENT.as_ref() else { return Vec::new() };
    let moment = |found: regex::Match<'_>| {
        let written = found.as_str().replace(' ', "T");
        written.parse::<Timestamp>().ok().or_else(|| {
            let local = written.parse::<civil::DateTime>().ok()?;
            Some(local.to_zoned(zone.clone()).ok()?.timestamp())
        })
    };
    pattern.find_iter(text).filter_map(moment).collect()
}

/// Times of the clock: each the last time that it was so late.
fn clocks(text: &str, now: Timestamp, zone: &TimeZone) -> Vec<Timestamp> {
    let Some(pattern) = CLOCK.as_ref() else { return Vec::new() };
    let mut times: Vec<civil::Time> = pattern.captures_iter(text).filter_map(|found| clock(&found)).collect();
    let lower = text.to_lowercase();
    if lower.contains("noon") && !lower.contains("afternoon") || text.contains("正午") || text.contains("昼から") {
        times.push(civil::time(12, 0, 0, 0));
    }
    let today = now.to_zoned(zone.clone()).date();
    let last = |time: civil::Time| {
        let on = |date: civil::Date| Some(date.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp());
        let of_today = on(today)?;
        if of_today < now { Some(of_today) } else { on(today.checked_sub(1.day()).ok()?) }
    };
    times.into_iter().filter_map(last).collect()
}

fn clock(found: &regex::Captures<'_>) -> Option<civil::Time> {
    let number = |group: usize| found.get(group).and_then(|text| text.as_str().parse::<i8>().ok());
    let hour = number(1).or_else(|| number(4)).or_else(|| number(7))?;
    let minute = number(2).or_else(|| number(8)).or_else(|| found.get(9).map(|_| 30)).unwrap_or(0);
    let half = found.get(3).or_else(|| found.get(5)).or_else(|| found.get(6)).map(|half| half.as_str().to_lowercase());
    let hour = match half.as_deref() {
        Some("pm" | "午後") if hour < 12 => hour + 12,
        Some("am" | "午前") if hour == 12 => 0,
        _ => hour,
    };
    civil::Time::new(hour, minute, 0, 0).ok()
}

/// The zone that the question names, else the person's, else UTC. A zone that this machine does not know is UTC, and said so.
fn zone(text: &str, own: Option<&str>) -> (String, TimeZone) {
    const NAMED: [(&str, &str); 12] = [
        ("UTC", "UTC"),
        ("GMT", "UTC"),
        ("JST", "Asia/Tokyo"),
        ("日本時間", "Asia/Tokyo"),
        ("PST", "America/Los_Angeles"),
        ("PDT", "America/Los_Angeles"),
        ("EST", "America/New_York"),
        ("EDT", "America/New_York"),
        ("CET", "Europe/Berlin"),
        ("CEST", "Europe/Berlin"),
        ("BST", "Europe/London"),
        ("IST", "Asia/Kolkata"),
    ];
    let says = |word: &str| {
        !word.is_ascii() && text.contains(word)
            || text.split(|c: char| !c.is_ascii_alphabetic()).any(|said| said == word)
    };
    let named = NAMED.iter().find(|(word, _)| says(word)).map(|(_, name)| *name);
    let name = named.or(own).unwrap_or("UTC");
    match TimeZone::get(name) {
        Ok(zone) => (name.to_owned(), zone),
        Err(_) if name == "Asia/Tokyo" => (name.to_owned(), TimeZone::fixed(jiff::tz::offset(9))),
        Err(_) => ("UTC".to_owned(), TimeZone::UTC),
    }
}
