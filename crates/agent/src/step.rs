//! The pure decision: the state of an investigation in, the next step out. No I/O, no clock: `now` is an argument.
//!
//! ```text
//! opening waves ─▶ ask the model ─▶ its calls ─▶ ask the model ─▶ … ─▶ root cause and plan ─▶ close
//!                        └──────── a budget gives out ───────────────────────────────────▶ close, partial
//! ```
//!
//! | module | subject |
//! |---|---|
//! | `standstill` | a model that asks for the same again and learns nothing |
//! | `words` | what the model is told before its next turn, and when it has none left |
//! | `allowance` | whether the next turn fits what is left of the budget |

use jiff::Timestamp;
use marple_case::{
    Event, EvidenceId, Scope, StopReason, ToolCall,
    event::{Ending, NumberedCall},
};

use crate::{
    Prompts, chat,
    conversation::compaction,
    investigation::Investigation,
    own_tools,
    ports::{MustCall, PlannedCall, Toolbox},
};

pub(crate) mod allowance;
mod standstill;
mod words;

/// What comes next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Write these events; they are decided already.
    Record(Vec<Event>),
    /// Run these calls at once, and write each one's evidence as it comes.
    Run(Vec<NumberedCall>),
    /// Ask the model.
    Ask {
        /// Whether it has to call a tool.
        must_call: MustCall,
    },
    /// Leave the model that answered last: it would not answer this.
    LeaveModel {
        /// Why.
        reason: String,
    },
    /// Nothing: it has ended.
    Ended,
}

/// Decides what comes next.
pub fn next(state: &Investigation, now: Timestamp, toolbox: &dyn Toolbox, prompts: &Prompts) -> Step {
    if let Some(question) = state.question() {
        return chat::next(state, question, now, toolbox, prompts);
    }
    let Some(scope) = state.scope() else {
        return close_partial("the trigger was never resolved");
    };
    if state.ending().is_some() {
        return Step::Ended;
    }
    if state.root_cause().is_some() && state.plan().is_some() && state.open_calls().is_empty() {
        return Step::Record(vec![Event::Closed { ending: Ending::Complete }]);
    }
    if let Some(reason) = spent(state, now) {
        return close_partial(&reason);
    }
    if !state.planned().is_empty() {
        return Step::Run(state.planned().to_vec());
    }
    if !state.opening_ended() {
        return open(state, scope, toolbox);
    }
    if !state.open_calls().is_empty() {
        return answer_calls(state, scope, toolbox, prompts);
    }
    ask(state, prompts)
}

fn close_partial(reason: &str) -> Step {
    Step::Record(vec![Event::Closed { ending: Ending::Partial { reason: reason.to_owned() } }])
}

/// The budget that gave out, in words. Tool calls are not here: without them a model can still conclude.
pub(crate) fn spent(state: &Investigation, now: Timestamp) -> Option<String> {
    let budget = state.budget();
    if let Some(limit) = budget.time_ms.filter(|limit| state.active_ms(now) >= *limit) {
        return Some(format!("the time budget of {} s is used up", seconds(limit)));
    }
    if let Some(limit) = budget.tokens.filter(|limit| state.usage().total() >= *limit) {
        return Some(format!("the budget of {limit} tokens is used up"));
    }
    if let (Some(limit), Some(cost)) = (budget.cost_usd, state.cost_usd())
        && state.turns() > 0
        && cost >= limit
    {
        return Some(format!("the budget of ${limit} is used up: ${cost:.4} were spent"));
    }
    None
}

/// A budget of milliseconds in seconds, as a person would write it.
fn seconds(ms: u64) -> String {
    if ms.is_multiple_of(1000) { (ms / 1000).to_string() } else { format!("{:.1}", ms as f64 / 1000.0) }
}

/// The opening's next wave, as far as the budget of tool calls reaches.
fn open(state: &Investigation, scope: &Scope, toolbox: &dyn Toolbox) -> Step {
    let wave = toolbox.opening(scope, state.evidence());
    let fresh = wave.into_iter().filter_map(|call| toolbox.normalise(&call, scope).ok());
    let mut calls: Vec<PlannedCall> = Vec::new();
    for call in fresh {
        if repeated(state, &call).is_none() && !calls.contains(&call) {
            calls.push(call);
        }
    }
    calls.truncate(calls_left(state));
    if calls.is_empty() {
        return Step::Record(vec![Event::OpeningEnded]);
    }
    let numbered = number(state, calls.into_iter().map(|call| (call, None)));
    Step::Record(vec![Event::CallsPlanned { calls: numbered }])
}

/// How many tool calls the budget still allows.
fn calls_left(state: &Investigation) -> usize {
    let left = state.budget().tool_calls.map(|limit| limit.saturating_sub(state.tool_calls()));
    left.map_or(usize::MAX, |left| left as usize)
}

fn number(state: &Investigation, calls: impl Iterator<Item = (PlannedCall, Option<String>)>) -> Vec<NumberedCall> {
    let numbered = |(place, (call, id)): (u32, (PlannedCall, Option<String>))| NumberedCall {
        evidence: EvidenceId(state.last_evidence_id().0.saturating_add(place)),
        tool: call.tool,
        arguments: call.arguments,
        call: id,
    };
    (1..).zip(calls).map(numbered).collect()
}

/// The evidence that the same call gave before, if AWS answered it.
fn repeated(state: &Investigation, call: &PlannedCall) -> Option<EvidenceId> {
    let same = state.evidence().iter().find(|evidence| {
        evidence.tool == call.tool
            && evidence.arguments == call.arguments
            && evidence.outcome.is_answered()
            && chat::is_fresh(state, evidence)
    });
    same.map(|evidence| evidence.id)
}

/// Answers the model's open calls: at once where nothing has to be asked, else by planning them.
pub(crate) fn answer_calls(state: &Investigation, scope: &Scope, toolbox: &dyn Toolbox, prompts: &Prompts) -> Step {
    let mut decided = Vec::new();
    let mut to_run: Vec<(PlannedCall, Option<String>)> = Vec::new();
    for call in state.open_calls() {
        if own_tools::is_own(&call.tool) {
            // One own call a step: the next one is judged in the state that this one leaves.
            if decided.is_empty() {
                decided.push(own_tools::run(state, call, prompts));
            }
            continue;
        }
        match plan_call(state, scope, toolbox, call, to_run.len()) {
            Ok(planned) => to_run.push((planned, Some(call.id.clone()))),
            Err(event) => decided.push(*event),
        }
    }
    if !decided.is_empty() {
        return Step::Record(decided);
    }
    Step::Record(vec![Event::CallsPlanned { calls: number(state, to_run.into_iter()) }])
}

/// A model's call, made ready to run; or the event that answers it without running it.
fn plan_call(
    state: &Investigation,
    scope: &Scope,
    toolbox: &dyn Toolbox,
    call: &ToolCall,
    already: usize,
) -> Result<PlannedCall, Box<Event>> {
    let refused =
        |reason: String| Box::new(Event::CallRefused { call: call.id.clone(), tool: call.tool.clone(), reason });
    if !call.arguments.is_object() {
        return Err(refused(own_tools::NO_OBJECT.to_owned()));
    }
    let asked = PlannedCall { tool: call.tool.clone(), arguments: call.arguments.clone() };
    let planned = toolbox.normalise(&asked, scope).map_err(|refusal| refused(refusal.to_string()))?;
    if let Some(evidence) = repeated(state, &planned) {
        return Err(Box::new(own_tools::repeat(state, evidence, call)));
    }
    if calls_left(state) <= already {
        let reason = "the budget of tool calls is used up: conclude from the evidence at hand with report_root_cause \
                      and report_mitigation_plan, and name what could not be looked at as gaps";
        return Err(refused(reason.to_owned()));
    }
    Ok(planned)
}

/// The model's next turn, with a word before it where it needs one.
pub(crate) fn ask(state: &Investigation, prompts: &Prompts) -> Step {
    if let Some(reason) = refused_to_answer(state) {
        return Step::LeaveModel { reason };
    }
    if state.stop_reason() == Some(StopReason::ModelContextWindowExceeded)
        && let Some(event) = compaction::after_refusal(state, "the answer ended where the model's context did")
    {
        return Step::Record(vec![event]);
    }
    match words::before_asking(state, prompts) {
        Some(event) => Step::Record(vec![event]),
        None => Step::Ask { must_call: if state.told_last_turn() { MustCall::Any } else { MustCall::No } },
    }
}

/// Why the last model would not answer, if it would not: the model's own refusal, or a filter's around it.
pub(crate) fn refused_to_answer(state: &Investigation) -> Option<String> {
    /// Characters of its words that a report shows.
    const SHOWN: usize = 200;
    let (said, stop_reason) = state.entries().iter().rev().find_map(|entry| match &entry.event {
        Event::ModelAnswered { message, stop_reason, .. } => Some(Some((message.text(), *stop_reason))),
        // Another model was taken for it, or it was resumed: the question is open again.
        Event::Degraded { .. } | Event::Resumed { .. } | Event::QuestionAsked { .. } => Some(None),
        _ => None,
    })??;
    let what = match stop_reason {
        StopReason::GuardrailIntervened => "a guardrail stopped the answer",
        StopReason::ContentFiltered => "the answer was filtered",
        _ => return None,
    };
    let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect();
    Some(if said.is_empty() { what.to_owned() } else { format!("{what}: {said}") })
}

/// The event that ends what is under way without a conclusion: the open question, or the investigation.
pub(crate) fn give_up(state: &Investigation, reason: &str) -> Event {
    match state.question() {
        Some(_) => chat::unanswered(reason),
        None => Event::Closed { ending: Ending::Partial { reason: reason.to_owned() } },
    }
}
