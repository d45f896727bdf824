//! The state of an investigation: a fold over the journal's entries, and nothing else.
//!
//! Invariants: entries are applied in order; evidence is in the order of its ids; nothing here is stored.

use std::sync::Arc;

use jiff::Timestamp;
use marple_case::{
    Entry, Event, Evidence, EvidenceId, InvestigationId, Message, MitigationPlan, RootCause, Scope, StopReason,
    ToolCall, Usage, Verification,
    event::{Budget, Ending, NumberedCall},
};

use crate::{
    chat::{self, OpenQuestion},
    tool_names::{REPORT_MITIGATION_PLAN, REPORT_ROOT_CAUSE},
};

mod meter;

use meter::Meter;

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
    meter: Meter,
    scope: Option<Scope>,
    evidence: Vec<Arc<Evidence>>,
    planned: Vec<NumberedCall>,
    planned_ids: u32,
    opening_ended: bool,
    open_calls: Vec<ToolCall>,
    owes_words: bool,
    stop_reason: Option<StopReason>,
    causes: Vec<ReportedCause>,
    plan: Option<MitigationPlan>,
    ending: Option<Ending>,
    active_since: Option<Timestamp>,
    /// The open question, and the investigation's own meter, which stands still meanwhile.
    question: Option<(OpenQuestion, Meter)>,
}

impl Investigation {
    /// An investigation of which nothing is known yet.
    pub fn new(id: InvestigationId) -> Self {
        Self {
            id,
            entries: Vec::new(),
            meter: Meter::new(Budget::default(), 0),
            scope: None,
            evidence: Vec::new(),
            planned: Vec::new(),
            planned_ids: 0,
            opening_ended: false,
            open_calls: Vec::new(),
            owes_words: false,
            stop_reason: None,
            causes: Vec::new(),
            plan: None,
            ending: None,
            active_since: None,
            question: None,
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
        if let Some((question, _)) = &mut self.question {
            question.hear(&entry.event);
        }
        match &entry.event {
            Event::Opened { budget, .. } => self.meter.budget = *budget,
            Event::Scoped { scope } => self.scope = Some(scope.clone()),
            Event::OpeningEnded => self.opening_ended = true,
            Event::CallsPlanned { calls } => self.plan_calls(calls),
            Event::EvidenceTaken { evidence, call } => self.take_evidence(evidence, call.as_deref()),
            Event::ModelAnswered { message, usage, cost_usd, stop_reason, .. } => {
                self.hear_model(message, *stop_reason);
                self.meter.count_turn(*usage, *cost_usd);
            }
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
                self.meter.told_last_turn |= *last_turn;
            }
            Event::Closed { ending } => self.ending = Some(ending.clone()),
            Event::Resumed { budget } => self.resume(*budget),
            Event::QuestionAsked { .. } => self.ask(&entry),
            Event::Answered { .. } | Event::Interrupted => self.close_question(),
            Event::Compacted { .. } => self.stop_reason = None,
            Event::Degraded { .. } => {}
        }
        self.entries.push(entry);
    }

    /// Adds the time since the entry before, except for the pause before [`Event::Resumed`] and before a question.
    fn run_clock(&mut self, entry: &Entry) {
        if let Some(since) = self.active_since
            && !matches!(entry.event, Event::Resumed { .. } | Event::QuestionAsked { .. })
        {
            self.meter.active_ms += milliseconds_between(since, entry.at);
        }
        self.active_since = Some(entry.at);
    }

    /// Takes a question up: from here on its own budget counts. Calls that an unfinished investigation left open are answered first.
    fn ask(&mut self, entry: &Entry) {
        let Event::QuestionAsked { text, budget, language, zone } = &entry.event else { return };
        self.close_question();
        let trigger = chat::trigger(self);
        let question = OpenQuestion {
            text: text.clone(),
            at: entry.at,
            language: language.clone(),
            zone: zone.clone(),
            scope: self.scope.as_ref().map(|scope| chat::question::scope_at(scope, trigger, entry.at)),
            after: self.last_evidence_id(),
            new_causes: 0,
            new_plan: false,
            refused_answers: 0,
        };
        let own = std::mem::replace(&mut self.meter, Meter::new(*budget, self.planned_ids));
        self.question = Some((question, own));
        self.owes_words = false;
    }

    /// Ends the open question, if there is one: what its model still wanted is not run any more.
    fn close_question(&mut self) {
        if let Some((_, own)) = self.question.take() {
            self.meter = own;
            self.open_calls.clear();
            self.planned.clear();
        }
    }

    fn resume(&mut self, budget: Budget) {
        if self.question.is_some() {
            self.meter = Meter::new(budget, self.planned_ids);
            return;
        }
        self.meter.budget = budget;
        self.meter.told_last_turn = false;
        self.meter.idle_turns = 0;
        if matches!(self.ending, Some(Ending::Partial { .. })) {
            self.ending = None;
        }
    }

    fn plan_calls(&mut self, calls: &[NumberedCall]) {
        self.planned_ids = calls.iter().map(|call| call.evidence.0).max().unwrap_or(0).max(self.planned_ids);
        self.planned.extend(calls.iter().cloned());
    }

    fn take_evidence(&mut self, evidence: &Arc<Evidence>, call: Option<&str>) {
        self.planned.retain(|planned| planned.evidence != evidence.id);
        self.planned_ids = self.planned_ids.max(evidence.id.0);
        let place = self.evidence.partition_point(|known| known.id < evidence.id);
        self.evidence.insert(place, Arc::clone(evidence));
        if let Some(call) = call {
            self.close_call(call);
        }
    }

    /// What a model would not answer leaves nothing open: another one is asked the same.
    fn hear_model(&mut self, message: &Message, stop_reason: StopReason) {
        self.stop_reason = Some(stop_reason);
        if stop_reason.is_refusal() {
            return;
        }
        self.open_calls = message.calls().cloned().collect();
        let is_idle = self.open_calls.is_empty();
        let is_broken = matches!(
            stop_reason,
            StopReason::MaxTokens | StopReason::MalformedToolUse | StopReason::MalformedModelOutput
        );
        self.owes_words = is_idle || is_broken;
        self.meter.idle_turns = if is_idle { self.meter.idle_turns + 1 } else { 0 };
    }

    fn refuse_call(&mut self, call: &str, tool: &str) {
        match tool {
            REPORT_ROOT_CAUSE => self.meter.refused_causes += 1,
            REPORT_MITIGATION_PLAN => self.meter.refused_plans += 1,
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

    /// What it may use; while a question is open, what the answer may use. All that is counted against a budget ([`turns`](Self::turns),
    /// [`tool_calls`](Self::tool_calls), [`usage`](Self::usage), [`cost_usd`](Self::cost_usd), [`active_ms`](Self::active_ms)) counts from the
    /// question on, too.
    pub fn budget(&self) -> Budget {
        self.meter.budget
    }

    /// What it may use apart from questions.
    pub fn opening_budget(&self) -> Budget {
        self.question.as_ref().map_or(self.meter.budget, |(_, own)| own.budget)
    }

    /// What it looks at; `None` before the trigger was resolved. While a question is open, what its tools look at.
    pub fn scope(&self) -> Option<&Scope> {
        self.question().map_or(self.scope.as_ref(), |question| question.scope.as_ref())
    }

    /// What it looked at when it was opened.
    pub fn opening_scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// The question that has no answer yet.
    pub fn question(&self) -> Option<&OpenQuestion> {
        self.question.as_ref().map(|(question, _)| question)
    }

    /// The evidence, in the order of its ids.
    pub fn evidence(&self) -> &[Arc<Evidence>] {
        &self.evidence
    }

    /// One piece of evidence.
    pub fn evidence_by_id(&self, id: EvidenceId) -> Option<&Evidence> {
        self.evidence.iter().map(Arc::as_ref).find(|evidence| evidence.id == id)
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
        self.meter.turns
    }

    /// Tool calls so far, the opening's included, and those that are planned.
    pub fn tool_calls(&self) -> u32 {
        self.planned_ids.saturating_sub(self.meter.ids_before)
    }

    /// Tokens so far.
    pub fn usage(&self) -> Usage {
        self.meter.usage
    }

    /// US dollars so far; `None` where a price is unknown.
    pub fn cost_usd(&self) -> Option<f64> {
        self.meter.cost_usd
    }

    /// The model's calls that are not answered yet, in order.
    pub fn open_calls(&self) -> &[ToolCall] {
        &self.open_calls
    }

    /// Whether the model answered in words alone, or in a broken way, and was not told yet how to go on.
    pub fn owes_words(&self) -> bool {
        self.owes_words
    }

    /// Why the model stopped in its last answer.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.stop_reason
    }

    /// How many answers in a row held no call.
    pub fn idle_turns(&self) -> u32 {
        self.meter.idle_turns
    }

    /// Whether the model was told that its next turn is the last.
    pub fn told_last_turn(&self) -> bool {
        self.meter.told_last_turn
    }

    /// How many root causes were refused.
    pub fn refused_causes(&self) -> u32 {
        self.meter.refused_causes
    }

    /// How many plans were refused.
    pub fn refused_plans(&self) -> u32 {
        self.meter.refused_plans
    }

    /// The accepted root causes, oldest first: each replaces the one before.
    pub fn causes(&self) -> &[ReportedCause] {
        &self.causes
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
        self.meter.active_ms + self.active_since.map_or(0, |since| milliseconds_between(since, now))
    }
}

/// Milliseconds from one moment to a later one; 0 if it is not later.
pub(crate) fn milliseconds_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or(0)
}
