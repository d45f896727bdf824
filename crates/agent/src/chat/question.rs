//! A question that has no answer yet: a part of the state, folded from the entries like all of it.

use jiff::Timestamp;
use marple_case::{Event, EvidenceId, Scope, Trigger, Window};

/// A question that has no answer yet, and what has happened since it was asked.
#[derive(Debug, Clone)]
pub struct OpenQuestion {
    /// The question.
    pub text: String,
    /// When it was asked, UTC.
    pub at: Timestamp,
    /// The BCP 47 tag of the answer's language; `None`: the report's.
    pub language: Option<String>,
    /// The asker's time zone by its IANA name; `None`: UTC.
    pub zone: Option<String>,
    /// What the tools look at where a call names no times.
    pub scope: Option<Scope>,
    /// The last evidence id that was given out before.
    pub after: EvidenceId,
    /// How many root causes were accepted since.
    pub new_causes: usize,
    /// Whether a plan was accepted since the last of those.
    pub new_plan: bool,
    /// How many answers were sent back.
    pub refused_answers: u32,
}

impl OpenQuestion {
    /// Whether the question led to a new root cause that has no plan yet.
    pub fn owes_plan(&self) -> bool {
        self.new_causes > 0 && !self.new_plan
    }

    /// Takes an event in that happened while the question was open.
    pub(crate) fn hear(&mut self, event: &Event) {
        match event {
            Event::RootCauseReported { .. } => {
                self.new_causes += 1;
                self.new_plan = false;
            }
            Event::PlanReported { .. } => self.new_plan = true,
            Event::CallRefused { tool, .. } if tool == crate::tool_names::ANSWER => self.refused_answers += 1,
            _ => {}
        }
    }
}

/// The scope of a question that is asked at `at`: the incident's own, with the present moved on. Without an incident the window moves on,
/// too, and ends at the question.
pub(crate) fn scope_at(scope: &Scope, trigger: Option<&Trigger>, at: Timestamp) -> Scope {
    let mut moved = Scope { now: at.max(scope.now), ..scope.clone() };
    if matches!(trigger, Some(Trigger::Account)) {
        let start = at.checked_sub(scope.window.length()).unwrap_or(scope.window.start);
        let shift = scope.window.start.duration_since(scope.baseline.start);
        moved.window = Window { start, end: at };
        moved.baseline = moved.window.earlier_by(shift);
    }
    moved
}
