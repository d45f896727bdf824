//! What in the input changed: fields of structured log lines whose values in the window are not what they were in the baseline.
//!
//! Lines are compared with lines that say the same (`line`): templates tell of new messages. A field's values in the baseline give it
//! a [`Rule`]; a line of the window that breaks it is a departure. Where invocations failed, only departures are kept that
//! go with the failing ones: half of their lines at least, and twice the share of the other lines.
//!
//! Values are strangers' words: work and memory are bounded by the number and length of the lines.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use marple_case::facts::{ChangedField, FieldChange};

use super::{blocks::Block, exceptions, platform};

mod line;
mod rule;
#[cfg(test)]
mod tests;
mod values;

use line::{Field, masked};
use rule::{Known, Rule};
use values::Side;
pub(crate) use values::Values;

/// Lines of a kind that the baseline has to hold: of fewer nothing is said.
const ENOUGH: u64 = 8;
/// Lines with a change that are more than chance.
const CHANCE: u64 = 3;
/// How often one value has to come to be a repetition: asynchronous invocations are tried three times.
const REPEATED: usize = 4;
/// Kinds of lines that are compared.
const KINDS: usize = 200;
/// Values of one field that are followed, of the window.
const VALUES: usize = 20_000;
/// New values that are named.
const NAMED: usize = 4;
/// Changes that are kept.
const KEPT: usize = 8;

/// The fields of two spans.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    /// The fields that changed, the ones that go with failing invocations first.
    pub changed: Vec<ChangedField>,
    /// What all of them hold.
    pub values: Values,
}

/// Compares the fields of the window's lines with those of the baseline's.
pub(crate) fn compared(window: &[Block<'_>], baseline: &[Block<'_>]) -> Compared {
    let mut values = Values::default();
    let kinds = Kinds::of(baseline, &mut values);
    let failed = failures(window);
    let mut found = Found::default();
    for (block, failed) in window.iter().zip(&failed) {
        let Some(line) = line::read(&block.text) else { continue };
        let side = if *failed == Some(true) { Side::Failed } else { Side::Window };
        values.add(&line, side, block.at);
        if let Some(kind) = kinds.0.get(&line.beside).filter(|kind| kind.lines >= ENOUGH) {
            of_line(kind, &line, block.at, *failed, &mut found);
        }
    }
    let any_failed = failed.contains(&Some(true));
    let mut changed: Vec<ChangedField> =
        found.0.into_iter().filter_map(|(key, found)| found.told(key, &kinds, any_failed)).collect();
    changed.sort_by_key(|one| std::cmp::Reverse((one.failed.unwrap_or(0), one.count)));
    changed.truncate(KEPT);
    Compared { changed, values }
}

/// The kinds of lines that the baseline holds, by their message.
struct Kinds(HashMap<String, Kind>);

#[derive(Default)]
struct Kind {
    lines: u64,
    fields: HashMap<String, Known>,
}

impl Kinds {
    fn of(baseline: &[Block<'_>], values: &mut Values) -> Self {
        let mut kinds: HashMap<String, Kind> = HashMap::new();
        for block in baseline {
            let Some(line) = line::read(&block.text) else { continue };
            values.add(&line, Side::Before, block.at);
            if kinds.len() >= KINDS && !kinds.contains_key(&line.beside) {
                continue;
            }
            let kind = kinds.entry(line.beside).or_default();
            kind.lines += 1;
            for (name, field) in line.fields {
                kind.fields.entry(name).or_default().add(field);
            }
        }
        kinds.values_mut().flat_map(|kind| kind.fields.values_mut()).for_each(Known::settle);
        Self(kinds)
    }
}

/// Holds a line against the lines of its kind in the baseline.
fn of_line(kind: &Kind, line: &line::Line, at: Timestamp, failed: Option<bool>, found: &mut Found) {
    let mut present: HashSet<&str> = HashSet::new();
    for (name, field) in &line.fields {
        present.insert(name);
        let Some(known) = kind.fields.get(name) else {
            let added = found.of(line, name);
            added.added = true;
            added.note(true, at, failed);
            continue;
        };
        match known.rule() {
            Rule::Any => {}
            rule @ Rule::Each(_) if !rule.is_broken_by(field) => found.of(line, name).each(field, at, failed),
            rule => {
                let departs = rule.is_broken_by(field);
                let followed = found.of(line, name);
                if departs {
                    followed.value(field, rule);
                }
                followed.note(departs, at, failed);
            }
        }
    }
    let always = |known: &Known| known.count * 20 >= kind.lines * 19;
    for (name, _) in kind.fields.iter().filter(|(name, known)| always(known) && !present.contains(name.as_str())) {
        let missing = found.of(line, name);
        missing.missing += 1;
        missing.note(true, at, failed);
    }
}

/// What is found of each field, by the message that it stands beside and its name.
#[derive(Default)]
struct Found(BTreeMap<(String, String), Departures>);

impl Found {
    fn of(&mut self, line: &line::Line, name: &str) -> &mut Departures {
        self.0.entry((line.beside.clone(), name.to_owned())).or_default()
    }
}

/// The lines of the window that depart from what a field was, and those that do not.
#[derive(Default)]
struct Departures {
    count: u64,
    usual: u64,
    failed: u64,
    usual_failed: u64,
    /// Whether lines belong to invocations.
    of_invocations: bool,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    added: bool,
    missing: u64,
    low: Option<f64>,
    high: Option<f64>,
    values: BTreeSet<String>,
    /// Of a field that is another one in each line: when each value came, and in which invocations.
    seen: HashMap<String, Vec<(Timestamp, Option<bool>)>>,
}

impl Departures {
    fn note(&mut self, departs: bool, at: Timestamp, failed: Option<bool>) {
        self.of_invocations |= failed.is_some();
        let has_failed = u64::from(failed == Some(true));
        if departs {
            self.count += 1;
            self.failed += has_failed;
            self.first = Some(self.first.map_or(at, |first| first.min(at)));
            self.last = Some(self.last.map_or(at, |last| last.max(at)));
        } else {
            self.usual += 1;
            self.usual_failed += has_failed;
        }
    }

    fn value(&mut self, field: &Field, rule: &Rule) {
        if let Some(number) = field.number {
            self.low = Some(self.low.map_or(number, |low| low.min(number)));
            self.high = Some(self.high.map_or(number, |high| high.max(number)));
        }
        if self.values.len() < NAMED {
            self.values.insert(match rule {
                Rule::Form(_) | Rule::Each(_) => masked(&field.text).into_owned(),
                _ => field.text.clone(),
            });
        }
    }

    fn each(&mut self, field: &Field, at: Timestamp, failed: Option<bool>) {
        // Moments come back where more is written in less time: that is no repetition.
        let is_moment = field.text.len() >= 10 && field.text.parse::<Timestamp>().is_ok();
        if !is_moment && (self.seen.len() < VALUES || self.seen.contains_key(&field.text)) {
            self.seen.entry(field.text.clone()).or_default().push((at, failed));
        }
    }

    /// The change, if it is one.
    fn told(mut self, (beside, field): (String, String), kinds: &Kinds, any_failed: bool) -> Option<ChangedField> {
        let known = kinds.0.get(&beside)?.fields.get(&field);
        if !self.values.is_empty() {
            let usual: Vec<_> = std::mem::take(&mut self.seen).into_values().flatten().collect();
            usual.into_iter().for_each(|(at, failed)| self.note(false, at, failed));
        }
        let change = match known.map(Known::rule) {
            _ if self.missing > 0 && self.missing == self.count => FieldChange::Missing,
            None => Some(FieldChange::Added).filter(|_| self.added)?,
            Some(Rule::Each(_)) if self.values.is_empty() => self.repeated()?,
            Some(Rule::Range { low, high }) => {
                FieldChange::Range { low: self.low?, high: self.high?, before_low: *low, before_high: *high }
            }
            Some(rule) => FieldChange::Values {
                new: std::mem::take(&mut self.values).into_iter().collect(),
                before: rule.values(),
            },
        };
        let is_rare = self.count * 50 < self.count + self.usual && self.failed < self.count;
        let is_chance = self.count < CHANCE || is_rare;
        let goes_along = self.failed * 2 >= self.count
            && self.failed * self.usual.max(1) >= 2 * self.usual_failed * self.count
            && self.failed > 0;
        if is_chance || (any_failed && self.of_invocations && !goes_along) {
            return None;
        }
        Some(ChangedField {
            field,
            beside,
            change,
            count: self.count,
            usual: self.usual,
            first: self.first?,
            last: self.last?,
            failed: self.of_invocations.then_some(self.failed),
            usual_failed: self.of_invocations.then_some(self.usual_failed),
        })
    }

    /// The value that came most often, if that is no chance; counts its lines, and all others as usual.
    fn repeated(&mut self) -> Option<FieldChange> {
        let seen = std::mem::take(&mut self.seen);
        let most = seen.iter().max_by_key(|(value, times)| (times.len(), *value)).map(|(value, _)| value.clone())?;
        for (value, times) in &seen {
            times.iter().for_each(|(at, failed)| self.note(*value == most, *at, *failed));
        }
        let times: Vec<Timestamp> = seen.get(&most)?.iter().map(|(at, _)| *at).collect();
        (times.len() >= REPEATED).then(|| FieldChange::Repeated { value: most, every_s: interval(&times) })
    }
}

/// The seconds between two of these moments, where most of the spans are about the same.
fn interval(times: &[Timestamp]) -> Option<u64> {
    let mut spans: Vec<i64> =
        times.windows(2).filter_map(|pair| Some(pair.get(1)?.duration_since(*pair.first()?).as_secs())).collect();
    spans.sort_unstable();
    let middle = *spans.get(spans.len() / 2)?;
    let alike = spans.iter().filter(|span| (**span - middle).abs() * 4 <= middle).count();
    u64::try_from(middle).ok().filter(|middle| *middle > 0 && alike * 5 >= spans.len() * 4)
}

/// Whether each block was written in an invocation that failed; `None`: in no invocation.
fn failures(blocks: &[Block<'_>]) -> Vec<Option<bool>> {
    use platform::Record;
    let mut invocation_of: Vec<Option<usize>> = Vec::with_capacity(blocks.len());
    let mut running: HashMap<&str, usize> = HashMap::new();
    let mut failed: Vec<bool> = Vec::new();
    for block in blocks {
        let record = platform::record(&block.text);
        if matches!(record, Some(Record::Start { .. })) {
            running.insert(block.stream, failed.len());
            failed.push(false);
        }
        let invocation = running.get(block.stream).copied();
        let fails = match &record {
            Some(Record::TimedOut { .. } | Record::Exited { .. }) => true,
            Some(Record::Report(report)) => report.error_type.is_some() || report.status.is_some(),
            Some(Record::Start { .. } | Record::Other) => false,
            None => !exceptions::find(&block.text).is_empty(),
        };
        if let Some(failed) = invocation.and_then(|invocation| failed.get_mut(invocation)) {
            *failed |= fails;
        }
        invocation_of.push(invocation);
    }
    invocation_of.into_iter().map(|invocation| failed.get(invocation?).copied()).collect()
}
