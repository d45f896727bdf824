//! Standstill: a model that asks for the same again and learns nothing from it. Pure, over the journal's entries.
//!
//! A turn brings news if evidence came that differs from what the same call gave before, if a call that was never made before was
//! refused (its reason is news) or read on in evidence, or if a report was taken. A note alone is no news: nothing was learned.

use marple_case::{Event, Evidence, ToolCall};

use crate::{investigation::Investigation, tool_names::SHOW_EVIDENCE};

/// Turns in a row without news after which the model is told. The first one is answered from the journal, which says so.
pub(super) const TOLD_AFTER: u32 = 2;
/// Turns in a row without news after which it has one turn left.
pub(super) const LAST_TURN_AFTER: u32 = 3;

/// How many turns in a row brought no news, the present one included. Words alone are counted elsewhere.
pub(super) fn turns_without_news(state: &Investigation) -> u32 {
    let mut watch = Watch::default();
    state.entries().iter().for_each(|entry| watch.hear(&entry.event));
    watch.turns()
}

/// The fold's state.
#[derive(Default)]
struct Watch<'a> {
    /// Calls of earlier turns.
    asked: Vec<&'a ToolCall>,
    /// Evidence so far.
    taken: Vec<&'a Evidence>,
    /// The present turn's calls; none: it had none.
    calls: Vec<&'a ToolCall>,
    /// Whether the present turn brought news.
    news: bool,
    /// The turns without news before the present one.
    before: u32,
}

impl<'a> Watch<'a> {
    fn hear(&mut self, event: &'a Event) {
        match event {
            Event::ModelAnswered { message, .. } => {
                self.before = self.turns();
                self.asked.append(&mut self.calls);
                self.calls = message.calls().collect();
                self.news = false;
            }
            Event::EvidenceTaken { evidence, .. } => {
                self.news |= !self.taken.iter().any(|known| is_same(known, evidence));
                self.taken.push(evidence);
            }
            Event::EvidenceShown { call, .. } => self.news |= self.is_new(call, |call| call.tool == SHOW_EVIDENCE),
            Event::CallRefused { call, .. } => self.news |= self.is_new(call, |_| true),
            Event::RootCauseReported { .. } | Event::PlanReported { .. } => self.news = true,
            // A person's word, or a pause: what was asked before may be worth another look.
            Event::QuestionAsked { .. } | Event::Answered { .. } | Event::Resumed { .. } => *self = Self::default(),
            _ => {}
        }
    }

    /// Whether a call of the present turn was never made in an earlier one, and is of a kind.
    fn is_new(&self, id: &str, kind: impl Fn(&ToolCall) -> bool) -> bool {
        let call = self.calls.iter().find(|call| call.id == id);
        call.is_some_and(|call| {
            kind(call) && !self.asked.iter().any(|other| other.tool == call.tool && other.arguments == call.arguments)
        })
    }

    fn turns(&self) -> u32 {
        match (self.calls.is_empty(), self.news) {
            (true, _) => self.before,
            (false, true) => 0,
            (false, false) => self.before + 1,
        }
    }
}

/// The same call with the same answer.
fn is_same(known: &Evidence, evidence: &Evidence) -> bool {
    known.tool == evidence.tool && known.arguments == evidence.arguments && known.text == evidence.text
}
