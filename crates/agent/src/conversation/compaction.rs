//! Compaction: a conversation that has grown too large for the model is shown to it shortened.
//!
//! What is cut is decided once and written down as [`Event::Compacted`]; the messages are a fold over the journal as before, so that a
//! replay shows the model the same. Nothing leaves the journal, and `show_evidence` brings back whatever was cut.
//!
//! | what | becomes |
//! |---|---|
//! | evidence that the event names | its first lines, and how to read on |
//! | what was read again before the last answer | a line that says so |
//! | reasoning of all answers but the last | nothing |
//!
//! Calls and their results always stay together; only a result's text is cut.

use std::collections::BTreeSet;

use marple_case::{Block, Entry, Event, Evidence, EvidenceId, Message, Role};

use crate::{
    investigation::Investigation,
    ports::Estimate,
    prompts::{CUT_TO, Prompts},
};

/// What is shown in place of an excerpt that was cut.
pub(super) const EXCERPT_CUT: &str = "[Left out to make room. Call show_evidence again if it is needed.]";
/// Bytes of a token, for estimates of what a cut frees.
const BYTES_PER_TOKEN: u64 = 4;

/// What has been cut so far: a fold over the compactions.
#[derive(Debug, Default)]
pub(super) struct Cut {
    evidence: BTreeSet<EvidenceId>,
    /// Excerpts in entries below this number are cut.
    excerpts_before: u64,
}

impl Cut {
    /// Everything that the journal says.
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut cut = Self::default();
        let mut last_answer = 0;
        for entry in entries {
            match &entry.event {
                Event::ModelAnswered { .. } => last_answer = entry.number,
                Event::Compacted { evidence, .. } => {
                    cut.evidence.extend(evidence);
                    cut.excerpts_before = last_answer;
                }
                _ => {}
            }
        }
        cut
    }

    /// Evidence as the model is shown it now.
    pub(super) fn enclose(&self, evidence: &Evidence) -> String {
        match self.evidence.contains(&evidence.id) {
            true => Prompts::enclose_beginning(evidence),
            false => Prompts::enclose(evidence),
        }
    }

    /// Whether an excerpt in the entry of that number is cut.
    pub(super) fn is_excerpt_cut(&self, number: u64) -> bool {
        number < self.excerpts_before
    }
}

/// Takes the reasoning out of all answers but the last. An answer of reasoning alone keeps it: a message must not be empty.
pub(super) fn drop_reasoning(messages: &mut [Message]) {
    let last = messages.iter().rposition(|message| message.role == Role::Assistant).unwrap_or(0);
    for message in messages.iter_mut().take(last) {
        if message.blocks.iter().any(|block| !matches!(block, Block::Reasoning { .. })) {
            message.blocks.retain(|block| !matches!(block, Block::Reasoning { .. }));
        }
    }
}

/// The compaction before a request that would not fit the model's window together with its answer; `None`: it fits, or nothing is left
/// to cut.
pub(crate) fn before_request(state: &Investigation, next: Estimate, window: u64) -> Option<Event> {
    let room = window.saturating_sub(next.output_tokens);
    if next.input_tokens <= room {
        return None;
    }
    // A quarter more than it has to be, so that the next turn need not cut again.
    let too_many = next.input_tokens.saturating_sub(room / 4 * 3);
    let reason = format!("{} tokens, of a window of {window} that has to hold the answer too", next.input_tokens);
    compact(state, too_many, reason)
}

/// The compaction after the model's service refused the conversation as too large, or broke the answer off; `None`: nothing is left to
/// cut.
pub(crate) fn after_refusal(state: &Investigation, reason: &str) -> Option<Event> {
    let cut = Cut::of(state.entries());
    let shown: u64 = state.evidence().iter().map(|evidence| bytes(&cut.enclose(evidence))).sum();
    // How much too large it was, nobody said: two fifths of it go.
    compact(state, shown / BYTES_PER_TOKEN / 5 * 2, reason.to_owned())
}

/// Cuts evidence until so many tokens are free: the largest first; what the model asked for last, last.
fn compact(state: &Investigation, tokens: u64, reason: String) -> Option<Event> {
    let cut = Cut::of(state.entries());
    let newest = newest(state.entries());
    let mut whole: Vec<(bool, u64, EvidenceId)> = state
        .evidence()
        .iter()
        .filter(|evidence| !cut.evidence.contains(&evidence.id) && evidence.shown().len() > CUT_TO)
        .map(|evidence| {
            let gain = bytes(&Prompts::enclose(evidence)).saturating_sub(bytes(&Prompts::enclose_beginning(evidence)));
            (newest.contains(&evidence.id), gain, evidence.id)
        })
        .filter(|(_, gain, _)| *gain > 0)
        .collect();
    whole.sort_by_key(|(is_new, gain, id)| (*is_new, std::cmp::Reverse(*gain), *id));
    let mut freed = 0;
    let mut chosen = Vec::new();
    for (_, gain, id) in whole {
        if freed >= tokens.saturating_mul(BYTES_PER_TOKEN) {
            break;
        }
        freed += gain;
        chosen.push(id);
    }
    chosen.sort();
    (!chosen.is_empty() || has_whole_excerpts(state.entries(), &cut))
        .then_some(Event::Compacted { evidence: chosen, reason })
}

/// Whether something was read again before the last answer and is still shown whole.
fn has_whole_excerpts(entries: &[Entry], cut: &Cut) -> bool {
    let last_answer = entries.iter().rposition(|entry| matches!(entry.event, Event::ModelAnswered { .. })).unwrap_or(0);
    let mut earlier = entries.iter().take(last_answer);
    earlier.any(|entry| matches!(entry.event, Event::EvidenceShown { .. }) && !cut.is_excerpt_cut(entry.number))
}

/// The evidence that came since the model's last answer.
fn newest(entries: &[Entry]) -> Vec<EvidenceId> {
    let since = entries.iter().rev().take_while(|entry| !matches!(entry.event, Event::ModelAnswered { .. }));
    let taken = since.filter_map(|entry| match &entry.event {
        Event::EvidenceTaken { evidence, call: Some(_) } => Some(evidence.id),
        _ => None,
    });
    taken.collect()
}

fn bytes(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}
