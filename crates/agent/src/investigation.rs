//! The state of an investigation: a fold over the journal's entries, and nothing else.
//!
//! Invariants: entries are applied in order; evidence is in the order of its ids; nothing here is stored.

use jiff::Timestamp;
use marple_case::{
    Entry, Event, Evidence, EvidenceId, InvestigationId, Message, MitigationPlan, RootCause, Scope, ToolCall, Usage,
    Verification,
    event::{Budget, Ending, NumberedCall},
};

use crate::tool_names::{REPORT_MITIGATION_PLAN, REPORT_ROOT_CAUSE};

/// An accepted root cause with its check.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportedCause {
    /// The claim.
    pub root_cause: RootCause,
    /// Its check.
    pub verification: Verification,
}

/// What an investigation has come to.
#[derive(Debug, Clone)]
pub struct Investigation {
    /// The id.
    pub id: InvestigationId,
    entries: Vec<Entry>,
    budget: Budget,
    scope: Option<Scope>,
    evidence: Vec<Evidence>,
    planned: Vec<NumberedCall>,
    planned_ids: u32,
    opening_ended: bool,
    turns: u32,
    usage: Usage,
    cost_usd: Option<f64>,
    open_calls: Vec<ToolCall>,
    idle_turns: u32,
    owes_words: bool,
    told_last_turn: bool,
    refused_causes: u32,
    refused_plans: u32,
    causes: Vec<ReportedCause>,
    plan: Option<MitigationPlan>,
    ending: Option<Ending>,
    active_ms: u64,
    active_since: Option<Timestamp>,
}

impl Investigation {
    /// An investigation of which nothing is known yet.
    pub fn new(id: InvestigationId) -> Self {
        Self {
            id,
            entries: Vec::new(),
            budget: Budget::default(),
            scope: None,
            evidence: Vec::new(),
            planned: Vec::new(),
            planned_ids: 0,
            opening_ended: false,
            turns: 0,
            usage: Usage::default(),
            cost_usd: Some(0.0),
            open_calls: Vec::new(),
            idle_turns: 0,
            owes_words: false,
            told_last_turn: false,
            refused_causes: 0,
            refused_plans: 0,
            causes: Vec::new(),
            plan: None,
            ending: None,
            active_ms: 0,
            active_since: None,
        }
    }

    /// The fold.
    pub fn from_entries(id: InvestigationId, entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut state = Self::new(id);
        entries.into_iter().for_each(|entry| state.apply(entry));
        state
    }

    /// Takes one more entry in.
    pub fn apply(&mut self, entry: Entry) {
        self.run_clock(&entry);
        match &entry.event {
            Event::Opened { budget, .. } => self.budget = *budget,
            Event::Scoped { scope } => self.scope = Some(scope.clone()),
            Event::OpeningEnded => self.opening_ended = true,
            Event::CallsPlanned { calls } => self.plan_calls(calls),
            Event::EvidenceTaken { evidence, call } => self.take_evidence(evidence, call.as_deref()),
            Event::ModelAnswered { message, usage, cost_usd, .. } => self.hear_model(message, *usage, *cost_usd),
            Event::EvidenceShown { call, .. } | Event::FindingNoted { call, .. } => self.close_call(call),
            Event::CallRefused { call, tool, .. } => self.refuse_call(call, tool),
            Event::RootCauseReported { root_cause, verification, call } => {
                self.causes.push(ReportedCause { root_cause: root_cause.clone(), verification: verification.clone() });
                self.close_call(call);
            }
            Event::PlanReported { plan, call, .. } => {
                self.plan = Some(plan.clone());
                self.close_call(call);
            }
            Event::Prompted { last_turn, .. } => {
                self.owes_words = false;
                self.told_last_turn |= *last_turn;
            }
            Event::Closed { ending } => self.ending = Some(ending.clone()),
            Event::Resumed { budget } => self.resume(*budget),
            Event::QuestionAsked { .. } | Event::Answered { .. } | Event::Interrupted | Event::Degraded { .. } => {}
        }
        self.entries.push(entry);
    }

    /// Adds the time since the entry before, except for the pause before [`Event::Resumed`].
    fn run_clock(&mut self, entry: &Entry) {
        if let Some(since) = self.active_since
            && !matches!(entry.event, Event::Resumed { .. })
        {
            self.active_ms += milliseconds_between(since, entry.at);
        }
        self.active_since = Some(entry.at);
    }

    fn resume(&mut self, budget: Budget) {
        self.budget = budget;
        self.told_last_turn = false;
        self.idle_turns = 0;
        if matches!(self.ending, Some(Ending::Partial { .. })) {
            self.ending = None;
        }
    }

    fn plan_calls(&mut self, calls: &[NumberedCall]) {
        self.planned_ids = calls.iter().map(|call| call.evidence.0).max().unwrap_or(0).max(self.planned_ids);
        self.planned.extend(calls.iter().cloned());
    }

    fn take_evidence(&mut self, evidence: &Evidence, call: Option<&str>) {
        self.planned.retain(|planned| planned.evidence != evidence.id);
        self.planned_ids = self.planned_ids.max(evidence.id.0);
        let place = self.evidence.partition_point(|known| known.id < evidence.id);
        self.evidence.insert(place, evidence.clone());
        if let Some(call) = call {
            self.close_call(call);
        }
    }

    fn hear_model(&mut self, message: &Message, usage: Usage, cost_usd: Option<f64>) {
        self.turns += 1;
        self.usage += usage;
        self.cost_usd = self.cost_usd.zip(cost_usd).map(|(so_far, more)| so_far + more);
        self.open_calls = message.calls().cloned().collect();
        self.owes_words = self.open_calls.is_empty();
        self.idle_turns = if self.owes_words { self.idle_turns + 1 } else { 0 };
    }

    fn refuse_call(&mut self, call: &str, tool: &str) {
        match tool {
            REPORT_ROOT_CAUSE => self.refused_causes += 1,
            REPORT_MITIGATION_PLAN => self.refused_plans += 1,
            _ => {}
        }
        self.close_call(call);
    }

    fn close_call(&mut self, call: &str) {
        self.open_calls.retain(|open| open.id != call);
    }

    /// The entries, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The number that the next entry has.
    pub fn next_number(&self) -> u64 {
        self.entries.last().map_or(1, |entry| entry.number + 1)
    }

    /// What it may use.
    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// What it looks at; `None` before the trigger was resolved.
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// The evidence, in the order of its ids.
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// One piece of evidence.
    pub fn evidence_by_id(&self, id: EvidenceId) -> Option<&Evidence> {
        self.evidence.iter().find(|evidence| evidence.id == id)
    }

    /// Calls that were planned and have no evidence yet.
    pub fn planned(&self) -> &[NumberedCall] {
        &self.planned
    }

    /// The highest evidence id that is given out.
    pub fn last_evidence_id(&self) -> EvidenceId {
        EvidenceId(self.planned_ids)
    }

    /// Whether the opening has nothing more to ask.
    pub fn opening_ended(&self) -> bool {
        self.opening_ended
    }

    /// Model turns so far.
    pub fn turns(&self) -> u32 {
        self.turns
    }

    /// Tokens so far.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// US dollars so far; `None` where a price is unknown.
    pub fn cost_usd(&self) -> Option<f64> {
        self.cost_usd
    }

    /// The model's calls that are not answered yet, in order.
    pub fn open_calls(&self) -> &[ToolCall] {
        &self.open_calls
    }

    /// Whether the model answered in words alone and was not told yet how to go on.
    pub fn owes_words(&self) -> bool {
        self.owes_words
    }

    /// How many answers in a row held no call.
    pub fn idle_turns(&self) -> u32 {
        self.idle_turns
    }

    /// Whether the model was told that its next turn is the last.
    pub fn told_last_turn(&self) -> bool {
        self.told_last_turn
    }

    /// How many root causes were refused.
    pub fn refused_causes(&self) -> u32 {
        self.refused_causes
    }

    /// How many plans were refused.
    pub fn refused_plans(&self) -> u32 {
        self.refused_plans
    }

    /// The last accepted root cause.
    pub fn root_cause(&self) -> Option<&ReportedCause> {
        self.causes.last()
    }

    /// The accepted plan.
    pub fn plan(&self) -> Option<&MitigationPlan> {
        self.plan.as_ref()
    }

    /// How it ended, if it did.
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// The time that it has been worked on until `now`, milliseconds; pauses before a resume do not count.
    pub fn active_ms(&self, now: Timestamp) -> u64 {
        self.active_ms + self.active_since.map_or(0, |since| milliseconds_between(since, now))
    }
}

/// Milliseconds from one moment to a later one; 0 if it is not later.
pub(crate) fn milliseconds_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or(0)
}
