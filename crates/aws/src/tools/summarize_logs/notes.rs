//! What a summary's text says beside its facts: lines of the program's own that stand where something failed.

use std::collections::HashSet;
use std::fmt::Write as _;

use jiff::Timestamp;
use marple_case::facts::{Exception, Invocation, LogSummary, LogTemplate};

use crate::{
    hide::Hider,
    logs::{fields::Values, platform::Written},
    text::clipped,
};

/// Bytes of a line that is shown.
const LINE: usize = 400;
/// Invocations whose lines are shown: of the failed ones the first and the last, and one that did not fail, to compare with.
const FIRST_FAILED: usize = 3;
/// Fields of one template that are told of.
const OF_TEMPLATE: usize = 4;

/// Lines to the letter, with the times at which they were written.
pub(super) type Lines = Vec<(Timestamp, String)>;

/// The notes of one summary.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Notes {
    /// The last lines before each exception in the same stream, in the order of the summary's exceptions.
    pub before: Vec<Lines>,
    /// What the program wrote in each notable invocation, in the order of the summary's.
    pub written: Vec<Written>,
    /// What stands out in the fields of each template's lines, in the order of the summary's templates.
    pub values: Vec<Vec<String>>,
    /// Median and largest of each changed field that holds amounts, in the order of the summary's changed fields.
    pub figures: Vec<Option<String>>,
    /// The oldest line of the group, where that says something.
    pub oldest: Option<Timestamp>,
}

/// What stands out in the fields of each template's lines; each kind of lines once, a few fields of each.
pub(super) fn values(summary: &LogSummary, values: &Values) -> Vec<Vec<String>> {
    let is_told = |beside: &str, field: &str| {
        summary.changed_fields.iter().any(|known| known.beside == beside && known.field == field)
    };
    let mut told: HashSet<String> = HashSet::new();
    let of = |template: &LogTemplate| -> Vec<String> {
        if template.count == 0 {
            return Vec::new();
        }
        let mut notes = values.notes(&template.sample, is_told);
        notes.retain(|note| told.insert(note.clone()));
        notes.truncate(OF_TEMPLATE);
        notes
    };
    summary.templates.iter().map(of).collect()
}

impl Notes {
    /// Hides credentials in all lines.
    pub(super) fn hide_credentials(&mut self, hider: &Hider) {
        for note in self.values.iter_mut().flatten() {
            *note = hider.text(note);
        }
        let written = self.written.iter_mut().map(|written| &mut written.lines);
        for (_, line) in self.before.iter_mut().chain(written).flatten() {
            *line = hider.text(line);
        }
    }

    /// The lines before an exception: all that were kept where the program ended with it, else one.
    pub(super) fn before(&self, place: usize, exception: &Exception, text: &mut String) {
        let ends = matches!(exception.runtime.as_str(), "rust" | "native" | "go");
        let kept = self.before.get(place).map_or(&[][..], Vec::as_slice);
        for line in kept.iter().take(if ends { kept.len() } else { 1 }) {
            let _ = writeln!(text, "    line before it in the stream: {}", timed(line));
        }
    }

    /// The lines of the notable invocations that are shown, by the place of each.
    pub(super) fn of_invocations<'n>(&'n self, notable: &[Invocation]) -> Vec<&'n [(Timestamp, String)]> {
        let is_failed = |place: &usize| {
            notable.get(*place).is_some_and(|one| one.timed_out || one.status.is_some())
                || self.written.get(*place).is_some_and(|written| written.failed)
        };
        let (failed, others): (Vec<usize>, Vec<usize>) = (0..notable.len()).partition(is_failed);
        let mut shown: Vec<usize> = failed.iter().take(FIRST_FAILED).copied().collect();
        shown.extend(failed.last());
        shown.extend(others.first().filter(|_| !failed.is_empty()));
        let lines = |place| match shown.contains(&place) {
            true => self.written.get(place).map_or(&[][..], |written| written.lines.as_slice()),
            false => &[],
        };
        (0..notable.len()).map(lines).collect()
    }
}

/// A line behind its time; alone, where it holds the time itself.
pub(super) fn timed((at, line): &(Timestamp, String)) -> String {
    let stamp = at.to_string();
    let second = stamp.split(['.', 'Z']).next().unwrap_or_default();
    if line.contains(second) { shown(line) } else { format!("{at} {}", shown(line)) }
}

/// A line, short and on one line.
pub(super) fn shown(line: &str) -> String {
    clipped(line.trim(), LINE).replace('\n', " ")
}
