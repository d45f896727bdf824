//! Evidence that tries to give instructions. Found by code, whichever model was at work, and never stored: a fold over the evidence.

use marple_case::{Evidence, event::FindingKind};
use marple_untrusted::attempts::{self, Attempt};

use super::{Finding, FoundBy, Report};
use crate::words::{Words, fill};

impl Report {
    /// One finding for each piece of evidence that tries to give instructions, in order.
    pub fn attempts(&self) -> Vec<Finding> {
        let words = self.words();
        self.evidence.iter().filter_map(|evidence| finding(evidence, words)).collect()
    }
}

fn finding(evidence: &Evidence, words: &Words) -> Option<Finding> {
    let found = attempts::find(&evidence.text);
    let Attempt { rule, quote, .. } = found.first()?;
    let lines: Vec<String> = found.iter().map(|attempt| attempt.line.to_string()).collect();
    let text = fill(words.attempt, &[&evidence.id.to_string(), &lines.join(", "), rule, quote]);
    Some(Finding {
        at: evidence.taken_at,
        kind: FindingKind::Observation,
        text,
        evidence: vec![evidence.id],
        by: FoundBy::Program,
    })
}

/// Whether a piece of evidence tries to give instructions.
pub(crate) fn is_attempt(evidence: &Evidence) -> bool {
    attempts::any(&evidence.text)
}

#[cfg(test)]
mod tests;
