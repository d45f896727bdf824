//! What a question in words names: resources by their names, and times. Pure.

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};
use marple_case::{Scope, Window};
use regex::Captures;

use crate::{
    pattern::{Pattern, pattern},
    window::later,
};

const DAY: SignedDuration = SignedDuration::from_hours(24);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// What is looked at where nothing says when.
const RECENT: SignedDuration = SignedDuration::from_hours(3);

/// The times that a question names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    /// Since when, or when.
    pub start: Timestamp,
    /// Until when; `None`: now.
    pub end: Option<Timestamp>,
}

/// The names that stand in the text as whole words, whatever the case; in the order of the text, the longest where several
/// begin at one place. A name inside a longer name that stands there too is not meant.
pub(super) fn named<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let text = text.to_lowercase();
    let mut places: Vec<(usize, usize, &str)> = Vec::new();
    for name in names.filter(|name| name.len() >= 3) {
        let lower = name.to_lowercase();
        let hits = text.match_indices(&lower).filter(|(at, hit)| is_whole(&text, *at, at + hit.len()));
        places.extend(hits.map(|(at, hit)| (at, at + hit.len(), name)));
    }
    let inside_another = |(start, end, _): &(usize, usize, &str)| {
        places.iter().any(|(from, to, _)| from <= start && end <= to && to - from > end - start)
    };
    let mut meant: Vec<&(usize, usize, &str)> = places.iter().filter(|place| !inside_another(place)).collect();
    meant.sort();
    let mut distinct: Vec<String> = Vec::new();
    for (_, _, name) in meant {
        if !distinct.iter().any(|known| known == name) {
            distinct.push((*name).to_owned());
        }
    }
    distinct
}

fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let continues = |character: char| character.is_alphanumeric() || character == '-' || character == '_';
    let before = text.get(..start).and_then(|before| before.chars().next_back());
    let after = text.get(end..).and_then(|after| after.chars().next());
    !before.is_some_and(continues) && !after.is_some_and(continues)
}

static MOMENT: Pattern = pattern!(r"(\d{4}-\d{2}-\d{2})[T ](\d{1,2}:\d{2}(?::\d{2})?)(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?");
static CLOCK: Pattern = pattern!(r"(?:^|[^\d:T.])(\d{1,2}:\d{2}(?::\d{2})?)(?:[^\d:]|$)");
static AGO: Pattern =
    pattern!(r"(?i)(?:last|past)\s+(\d+)?\s*(minute|min|hour|h|day)s?\b|(\d+)\s*(minute|min|hour|h|day)s?\s+ago");

/// The times in a text: full times, else times of the clock (UTC, the last time that it was so late), else "the last 3
/// hours" and "20 minutes ago". `None`: the text names none, or only times after now.
pub(super) fn times(text: &str, now: Timestamp) -> Option<Times> {
    let mut moments = moments(text);
    if moments.is_empty() {
        moments = clock_times(text, now);
    }
    if moments.is_empty() {
        moments = ago(text, now).into_iter().collect();
    }
    moments.retain(|moment| *moment < now);
    let start = moments.iter().min().copied()?;
    let end = moments.iter().max().copied().filter(|end| *end > start);
    Some(Times { start, end })
}

fn moments(text: &str) -> Vec<Timestamp> {
    let moment = |found: &Captures<'_>| {
        let (date, clock) = (found.get(1)?.as_str(), clock(found.get(2)?.as_str())?);
        let offset = found.get(3).map_or("Z", |offset| offset.as_str());
        format!("{date}T{clock}{offset}").parse().ok()
    };
    MOMENT.all(text).iter().filter_map(moment).collect()
}

fn clock_times(text: &str, now: Timestamp) -> Vec<Timestamp> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let moment = |found: &Captures<'_>| {
        let clock = clock(found.get(1)?.as_str())?;
        let at = today.to_datetime(clock).to_zoned(TimeZone::UTC).ok()?.timestamp();
        Some(if at > now { later(at, -DAY) } else { at })
    };
    CLOCK.all(text).iter().filter_map(moment).collect()
}

fn clock(text: &str) -> Option<civil::Time> {
    let padded = if text.find(':') == Some(1) { format!("0{text}") } else { text.to_owned() };
    padded.parse().ok()
}

fn ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    let found = AGO.captures(text)?;
    let part = |first: usize, second: usize| found.get(first).or(found.get(second)).map(|part| part.as_str());
    let number: i64 = part(1, 3).unwrap_or("1").parse().ok()?;
    let unit = match part(2, 4)?.to_lowercase().as_str() {
        "minute" | "min" => 60,
        "hour" | "h" => 3_600,
        _ => 86_400,
    };
    now.checked_sub(SignedDuration::from_secs(number.checked_mul(unit)?)).ok()
}

/// The scope of a time that a question names: from an hour before it, to its end or now, a day at most.
pub(super) fn scope(region: &str, times: Times, now: Timestamp) -> Scope {
    let start = later(times.start, -HOUR);
    let wanted = times.end.map_or(now, |end| later(end, HOUR).min(now));
    let end = wanted.min(later(start, DAY)).max(later(start, HOUR));
    let mut scope = bare(region, Window { start, end }, now);
    scope.first_breach = Some(times.start);
    scope.notes.push(format!("the question names {}", times.start));
    if end < wanted {
        scope.notes.push(format!("the window ends at {end}: it is a day long at most"));
    }
    scope
}

/// Words for parts of a day, with how far back what they speak of may lie. Whose noon or morning it is, nothing says: in none of the world's
/// zones is it longer ago, if it is said on the same day.
const PARTS_OF_DAY: [(&str, SignedDuration); 10] = [
    ("yesterday", SignedDuration::from_hours(24)),
    ("overnight", SignedDuration::from_hours(16)),
    ("last night", SignedDuration::from_hours(16)),
    ("this night", SignedDuration::from_hours(16)),
    ("today", SignedDuration::from_hours(12)),
    ("this morning", SignedDuration::from_hours(12)),
    ("noon", SignedDuration::from_hours(6)),
    ("midday", SignedDuration::from_hours(6)),
    ("lunch", SignedDuration::from_hours(6)),
    ("this evening", SignedDuration::from_hours(6)),
];

/// The scope of a question that names no time, or a part of the day.
pub(super) fn vague(region: &str, text: &str, now: Timestamp) -> Scope {
    let text = text.to_lowercase();
    let spoken = PARTS_OF_DAY
        .iter()
        .find(|(word, _)| text.match_indices(word).any(|(at, _)| is_whole(&text, at, at + word.len())));
    let Some((word, back)) = spoken else { return recent(region, now) };
    let mut scope = bare(region, Window { start: later(now, -*back), end: now }, now);
    scope.notes.push(format!("the question says {word:?} and no time: the last {} h are looked at", back.as_hours()));
    scope
}

/// The scope of what names no time.
pub(super) fn recent(region: &str, now: Timestamp) -> Scope {
    let mut scope = bare(region, Window { start: later(now, -RECENT), end: now }, now);
    scope.notes.push(format!("nothing says when: the last {} h are looked at", RECENT.as_hours()));
    scope
}

fn bare(region: &str, window: Window, now: Timestamp) -> Scope {
    Scope {
        account: None,
        region: region.to_owned(),
        now,
        alarm: None,
        subjects: Vec::new(),
        window,
        baseline: window.earlier_by(DAY),
        period_s: 60,
        first_breach: None,
        recovered_at: None,
        notes: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
