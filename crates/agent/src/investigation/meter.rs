//! What is counted against a budget: of the investigation, or, while a question is open, of the question.

use marple_case::{Usage, event::Budget};

/// A budget and what was used of it.
#[derive(Debug, Clone)]
pub(super) struct Meter {
    pub(super) budget: Budget,
    pub(super) turns: u32,
    pub(super) usage: Usage,
    /// `None` where a price is unknown.
    pub(super) cost_usd: Option<f64>,
    /// Milliseconds; pauses do not count.
    pub(super) active_ms: u64,
    /// How many evidence ids were given out before the count began.
    pub(super) ids_before: u32,
    /// Answers in a row without a call.
    pub(super) idle_turns: u32,
    pub(super) told_last_turn: bool,
    pub(super) refused_causes: u32,
    pub(super) refused_plans: u32,
}

impl Meter {
    /// An answer of the model came.
    pub(super) fn count_turn(&mut self, usage: Usage, cost_usd: Option<f64>) {
        self.turns += 1;
        self.usage += usage;
        self.cost_usd = self.cost_usd.zip(cost_usd).map(|(so_far, more)| so_far + more);
    }

    /// Nothing is used yet.
    pub(super) fn new(budget: Budget, ids_before: u32) -> Self {
        Self {
            budget,
            turns: 0,
            usage: Usage::default(),
            cost_usd: Some(0.0),
            active_ms: 0,
            ids_before,
            idle_turns: 0,
            told_last_turn: false,
            refused_causes: 0,
            refused_plans: 0,
        }
    }
}
