//! What the fields of structured lines hold, as figures for a reader: the median and the largest of numbers, window against baseline, failed
//! invocations against the others, and values that are new where a field has few.
//!
//! [`super::changed`] tells departures, with rules that the lines of the baseline give; this tells also where the baseline is empty, and what a
//! mask hides (`#.#ms`). Memory is bounded by kinds of lines, fields and values kept of each.

use std::collections::HashMap;
use std::fmt::Write as _;

use jiff::Timestamp;

use super::line::{self, Field, Line};

mod measure;

use measure::Measure;

/// Kinds of lines that are followed.
const KINDS: usize = 200;
/// Fields of one kind that are followed.
const FIELDS: usize = 40;
/// Numbers of one field that the median is taken of.
const NUMBERS: usize = 20_000;
/// Values of one field that are told apart.
const VALUES: usize = 24;
/// New values that are named.
const NAMED: usize = 3;
/// Lines below which nothing is said of what is usual.
const ENOUGH: u64 = 8;
/// From this factor on the largest number is another one.
const LARGER: f64 = 2.0;
/// From this factor on the median is another one.
const SHIFTED: f64 = 1.5;

/// Where a line was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// In the baseline.
    Before,
    /// In the window, in an invocation that failed.
    Failed,
    /// In the window otherwise.
    Window,
}

/// The values of all kinds of lines.
#[derive(Debug, Default)]
pub(crate) struct Values {
    kinds: HashMap<String, HashMap<String, Sides>>,
}

#[derive(Debug, Default)]
struct Sides {
    before: Seen,
    failed: Seen,
    window: Seen,
}

/// What was seen of a field on one side.
#[derive(Debug, Default)]
struct Seen {
    lines: u64,
    measures: Vec<f64>,
    measured: u64,
    smallest: f64,
    largest: f64,
    unit: &'static str,
    /// How often each value came, and when first.
    values: HashMap<String, (u64, Timestamp)>,
    overflows: bool,
}

impl Values {
    /// Another line.
    pub(super) fn add(&mut self, line: &Line, side: Side, at: Timestamp) {
        if !self.kinds.contains_key(&line.beside) {
            if self.kinds.len() >= KINDS {
                return;
            }
            self.kinds.insert(line.beside.clone(), HashMap::new());
        }
        let Some(fields) = self.kinds.get_mut(&line.beside) else { return };
        for (name, field) in &line.fields {
            if !fields.contains_key(name) {
                if fields.len() >= FIELDS {
                    continue;
                }
                fields.insert(name.clone(), Sides::default());
            }
            let Some(sides) = fields.get_mut(name) else { continue };
            match side {
                Side::Before => sides.before.add(field, at),
                Side::Failed => sides.failed.add(field, at),
                Side::Window => sides.window.add(field, at),
            }
        }
    }

    /// What stands out in the fields of lines like this one, a sentence a field, what tells most first; without those that are `known` to differ.
    pub(crate) fn notes(&self, sample: &str, known: impl Fn(&str, &str) -> bool) -> Vec<String> {
        let Some(line) = line::read(sample) else { return Vec::new() };
        let Some(fields) = self.kinds.get(&line.beside) else { return Vec::new() };
        let mut seen: Vec<&str> = Vec::new();
        let mut notes = Vec::new();
        for (name, _) in &line.fields {
            if seen.contains(&name.as_str()) || known(&line.beside, name) {
                continue;
            }
            seen.push(name);
            let Some(sides) = fields.get(name) else { continue };
            notes.extend(sides.note().map(|(rank, note)| (rank, format!("{name}: {note}"))));
        }
        notes.sort_by_key(|(rank, _)| *rank);
        notes.into_iter().map(|(_, note)| note).collect()
    }

    /// The figures of one field, both sides: for one that is told as changed, but only by its form.
    pub(crate) fn figures(&self, beside: &str, field: &str) -> Option<String> {
        let sides = self.kinds.get(beside)?.get(field)?;
        sides.are_measured().then(|| sides.figures())
    }
}

impl Seen {
    fn add(&mut self, field: &Field, at: Timestamp) {
        self.lines += 1;
        if let Some(Measure { amount, unit }) = Measure::of(field) {
            if self.measured == 0 {
                (self.smallest, self.largest, self.unit) = (amount, amount, unit);
            }
            if unit == self.unit {
                self.measured += 1;
                self.smallest = self.smallest.min(amount);
                self.largest = self.largest.max(amount);
                if self.measures.len() < NUMBERS {
                    self.measures.push(amount);
                }
            }
        }
        let is_full = self.values.len() >= VALUES;
        match self.values.get_mut(&field.text) {
            _ if self.overflows => {}
            Some((count, _)) => *count += 1,
            None if is_full => {
                self.overflows = true;
                self.values = HashMap::new();
            }
            None => {
                self.values.insert(field.text.clone(), (1, at));
            }
        }
    }

    /// Whether it holds amounts, and nothing else.
    fn is_measured(&self) -> bool {
        self.measured > 0 && self.measured == self.lines
    }

    fn median(&self) -> f64 {
        let mut sorted = self.measures.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }

    fn show(&self, amount: f64) -> String {
        Measure { amount, unit: self.unit }.to_string()
    }

    fn range(&self) -> String {
        match self.smallest == self.largest {
            true => self.show(self.largest),
            false => format!("{} to {}", self.show(self.smallest), self.show(self.largest)),
        }
    }
}

impl Sides {
    /// What stands out, and the place of its sort among the others.
    fn note(&self) -> Option<(usize, String)> {
        let sorts: [fn(&Self) -> Option<String>; 4] =
            [Self::of_failed, Self::of_failed_value, Self::of_numbers, Self::of_values];
        sorts.iter().enumerate().find_map(|(rank, sort)| Some((rank, sort(self)?)))
    }

    /// Numbers of failed invocations that lie far from those of all others.
    fn of_failed(&self) -> Option<String> {
        let others = if self.window.is_measured() { &self.window } else { &self.before };
        if !self.failed.is_measured() || !others.is_measured() || others.measured < 3 || self.failed.unit != others.unit
        {
            return None;
        }
        let above = self.failed.smallest > others.largest.max(0.0) * LARGER;
        let below = self.failed.smallest >= 0.0 && self.failed.largest * LARGER < others.smallest;
        (above || below)
            .then(|| format!("{} in invocations that failed; {} in the others", self.failed.range(), others.range()))
    }

    /// The one value that all failed invocations have, where the others have it seldom.
    fn of_failed_value(&self) -> Option<String> {
        let mut values = self.failed.values.iter().filter(|_| self.failed.values.len() == 1);
        let (value, (failed, _)) = values.next().filter(|(_, (count, _))| *count >= 3)?;
        let others = self.window.lines;
        if others < 3 {
            return None;
        }
        let text = format!("{value} in all {failed} lines of invocations that failed");
        if self.window.overflows {
            return Some(format!("{text}; many values in the others"));
        }
        let beside = self.window.values.get(value).map_or(0, |(count, _)| *count);
        (beside * 3 <= others).then(|| format!("{text}, in {beside} of the {others} others"))
    }

    fn are_measured(&self) -> bool {
        let is = |seen: &Seen| seen.lines == 0 || seen.is_measured();
        self.now().is_measured() && is(&self.window) && is(&self.failed) && is(&self.before)
    }

    /// The window's: all lines are of one side where there are no invocations that failed.
    fn now(&self) -> &Seen {
        if self.window.measured >= self.failed.measured { &self.window } else { &self.failed }
    }

    fn figures(&self) -> String {
        let now = self.now();
        let largest = self.window.largest.max(self.failed.largest);
        let mut text = format!("median {}, largest {}", now.show(now.median()), now.show(largest));
        if self.before.measured > 0 {
            let before = &self.before;
            let _ = write!(text, "; before {}, {}", before.show(before.median()), before.show(before.largest));
        }
        text
    }

    /// Numbers that are not what they were; where nothing is known from before, how long something took and what varies.
    fn of_numbers(&self) -> Option<String> {
        let now = self.now();
        if !self.are_measured() || now.measured < 3 {
            return None;
        }
        let before = &self.before;
        let is_other = match before.measured {
            0 if now.unit == measure::MILLISECONDS => now.smallest < now.largest,
            0 => now.measured >= ENOUGH && now.smallest > 0.0 && now.largest > now.smallest * LARGER,
            measured if measured < ENOUGH || before.unit != now.unit => false,
            _ => {
                let (median, usual) = (now.median(), before.median());
                let shifted = median > usual * SHIFTED || usual > median * SHIFTED;
                (before.largest > 0.0 && now.largest > before.largest * LARGER) || (shifted && before.smallest >= 0.0)
            }
        };
        is_other.then(|| self.figures())
    }

    /// Values of a field of few that the baseline does not hold.
    fn of_values(&self) -> Option<String> {
        if self.before.lines < ENOUGH || self.before.overflows || self.window.overflows || self.before.is_measured() {
            return None;
        }
        let all = self.window.values.iter().chain(&self.failed.values);
        let mut new: Vec<(&String, &(u64, Timestamp))> =
            all.filter(|(value, _)| !self.before.values.contains_key(*value)).collect();
        new.sort_by_key(|(value, (_, first))| (*first, *value));
        if new.is_empty() || new.len() > NAMED {
            return None;
        }
        let told = new.iter().map(|(value, (count, first))| match count {
            1 => format!("{value} once, at {first}"),
            count => format!("{value} in {count} lines, first {first}"),
        });
        let mut text = told.collect::<Vec<_>>().join(", ");
        let _ = write!(text, "; before only {} other", self.before.values.len());
        text.push_str(if self.before.values.len() == 1 { "" } else { "s" });
        Some(text)
    }
}
