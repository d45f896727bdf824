//! What log lines have in common, window against baseline. The one file that knows the template miner.

use std::borrow::Cow;

use jiff::Timestamp;
use marple_case::facts::{LogTemplate, Novelty};
use marple_templates::{Miner, Options, Outcome, Series, Tally, Template};

use super::{blocks::Block, platform};
use crate::{
    pattern::{Pattern, pattern},
    time,
};

/// A count is a surge (or a drop) from this factor on.
const FACTOR: u64 = 3;
/// Differences below so many lines are chance.
const CHANCE: u64 = 3;

static ERROR: Pattern = pattern!(
    r"(?i)\b(?:error|exception|fatal|panic|critical|severe|traceback|timed out|timeout|refused|denied|unauthorized|killed|fail(?:ed|ure)?)\b|\b(?-i:[A-Z][A-Za-z]+(?:Error|Exception))\b|Status: (?:error|timeout)|[ =:]5[0-9][0-9](?:\s|$)"
);

/// Templates, and how many lines fell into none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mined {
    /// New and surged first, errors before others, then by count.
    pub templates: Vec<LogTemplate>,
    /// Lines that fell into no template since there were too many.
    pub other_lines: u64,
}

/// Mines. Lambda's own `INIT_START`, `START`, `END` and `REPORT` lines are left out: every invocation has them, and the
/// invocations' figures say what they say.
pub(crate) fn mine(window: &[Block<'_>], baseline: &[Block<'_>]) -> Mined {
    let mut miner = Miner::new(Options::default());
    for (series, blocks) in [(Series::Baseline, baseline), (Series::Incident, window)] {
        for block in blocks.iter().filter(|block| !is_boilerplate(&block.text)) {
            miner.observe(series, &statement_first(block.text.trim_end()), block.at.as_millisecond());
        }
    }
    let mut templates: Vec<LogTemplate> = miner.templates().flat_map(Template::outcomes).filter_map(template).collect();
    let rank = |template: &LogTemplate| match template.novelty {
        Novelty::New | Novelty::Surged => 0,
        Novelty::Vanished | Novelty::Dropped => 1,
        Novelty::Usual => 2,
    };
    templates.sort_by(|a, b| {
        let order = rank(a).cmp(&rank(b)).then(b.is_error.cmp(&a.is_error));
        order
            .then(b.count.cmp(&a.count))
            .then(b.baseline_count.cmp(&a.baseline_count))
            .then(a.template.cmp(&b.template))
    });
    let other_lines = miner.other(Series::Incident).count + miner.other(Series::Baseline).count;
    Mined { templates, other_lines }
}

/// An entry of MySQL's slow query log with its statement first, in one line: entries are alike by what was asked, and not by the comment
/// lines above it (time, user, costs), which all entries have. Anything else as it is.
fn statement_first(text: &str) -> Cow<'_, str> {
    if !(text.starts_with("# Time: ") || text.starts_with("# User@Host: ")) {
        return Cow::Borrowed(text);
    }
    let is_head =
        |line: &&str| line.starts_with("# ") || line.starts_with("SET timestamp=") || line.starts_with("use ");
    let (head, statement): (Vec<&str>, Vec<&str>) = text.lines().partition(is_head);
    if statement.is_empty() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{}\n{}", statement.join(" "), head.join("\n")))
}

fn is_boilerplate(text: &str) -> bool {
    use platform::Record;
    matches!(platform::record(text), Some(Record::Start { .. } | Record::Report(_) | Record::Other))
}

/// One row for each outcome of a template: its `200`s may be as usual and its `500`s new.
fn template(outcome: Outcome<'_>) -> Option<LogTemplate> {
    let (window, baseline) = (outcome.tally(Series::Incident), outcome.tally(Series::Baseline));
    if window.count + baseline.count == 0 {
        return None;
    }
    let sample = if window.count > 0 { &window.sample } else { &baseline.sample };
    Some(LogTemplate {
        template: outcome.text(),
        count: window.count,
        baseline_count: baseline.count,
        novelty: novelty(window.count, baseline.count),
        first: moment(window, window.first_at_ms),
        last: moment(window, window.last_at_ms),
        sample: sample.clone(),
        is_error: ERROR.matches(sample),
    })
}

fn moment(tally: &Tally, at_ms: i64) -> Option<Timestamp> {
    (tally.count > 0).then(|| time::from_millis(at_ms)).flatten()
}

/// How two counts over equally long spans compare.
fn novelty(window: u64, baseline: u64) -> Novelty {
    match (window, baseline) {
        (_, 0) => Novelty::New,
        (0, _) => Novelty::Vanished,
        (window, baseline) if window >= baseline.saturating_mul(FACTOR) && window - baseline >= CHANCE => {
            Novelty::Surged
        }
        (window, baseline) if window.saturating_mul(FACTOR) <= baseline && baseline - window >= CHANCE => {
            Novelty::Dropped
        }
        _ => Novelty::Usual,
    }
}

#[cfg(test)]
mod tests;
