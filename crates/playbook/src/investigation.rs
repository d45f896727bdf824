//! What to do next: read more, report, mend a refused report, or answer a question. Pure and stateless: all follows from the turn.
//!
//! ```text
//! a question is open   ─▶ questions
//! a report was refused ─▶ mend it, or stop after a few tries
//! something is unread  ─▶ ask for it, four times at most
//! else                 ─▶ report the cause, and the plan after it
//! ```

use marple_agent::ports::{PlannedCall, Turn};
use marple_case::{Block, Message, Role, ToolCall};
use serde::Serialize;
use serde_json::Value;

use crate::{
    hypothesis::Support,
    modes, questions,
    reading::Case,
    repair::{self, Tried},
    report::{Reports, reports},
    wants,
};

/// The tool that takes the cause.
pub(crate) const ROOT_CAUSE: &str = "report_root_cause";
/// The tool that takes the plan.
pub(crate) const PLAN: &str = "report_mitigation_plan";
/// Most turns spent on reading before a report.
const READING_TURNS: usize = 4;
/// Most calls in one turn.
const CALLS: usize = 8;

/// The answer to a turn.
pub(crate) fn next(turn: &Turn<'_>) -> Message {
    if let Some(asked) = &turn.options.question {
        return questions::next(turn, asked);
    }
    let case = Case::of(turn);
    let cause = Tried::of(turn.messages, ROOT_CAUSE);
    let plan = Tried::of(turn.messages, PLAN);
    if cause.accepted && plan.accepted {
        return words("The cause and the plan are reported; the playbook has nothing to add.".to_owned());
    }
    if cause.count == 0 && plan.count == 0 {
        let read =
            turn.messages.iter().filter(|message| message.role == Role::Assistant && message.calls().next().is_some());
        if read.count() < READING_TURNS
            && let Some(message) = read_more(turn, &case)
        {
            return message;
        }
    }
    submit(turn, &reports(&case), &cause, &plan)
}

/// Asks for what is unread, if anything is.
fn read_more(turn: &Turn<'_>, case: &Case<'_>) -> Option<Message> {
    let hypotheses = modes::hypotheses(case);
    let shown = hypotheses.first().is_some_and(|best| best.support == Support::Shown);
    let mut calls = wants::ground(case);
    calls.extend(hypotheses.iter().take(2).flat_map(|hypothesis| hypothesis.wants.iter().cloned()));
    if !shown
        && case.subject.is_some()
        && case.failures.is_empty()
        && case.sum("Errors").is_none_or(|errors| errors > 0.0)
    {
        calls.extend(wants::error_lines(case));
    }
    let mut calls = wants::unasked(turn, calls);
    calls.truncate(CALLS);
    let looked_for = hypotheses.first().map(|best| best.looks_for.clone()).filter(|text| !text.is_empty());
    let text = looked_for.unwrap_or_else(|| "Looking at what the first evidence left open.".to_owned());
    (!calls.is_empty()).then(|| message(turn, text, calls))
}

/// Submits what has not been accepted yet: the cause, and the plan after it.
pub(crate) fn submit(turn: &Turn<'_>, reports: &Reports, cause: &Tried, plan: &Tried) -> Message {
    let mut calls = Vec::new();
    if !cause.accepted && cause.count < repair::TRIES {
        calls.extend(
            value(&repair::cause(turn, reports.cause.clone(), cause)).map(|claim| wants::call(ROOT_CAUSE, claim)),
        );
    }
    if !plan.accepted && plan.count < repair::TRIES {
        calls.extend(value(&repair::plan(reports.plan.clone(), plan)).map(|proposal| wants::call(PLAN, proposal)));
    }
    match calls.is_empty() {
        true => words(
            "The reports were refused as often as they were mended; nothing more can be added by the playbook."
                .to_owned(),
        ),
        false => message(turn, reports.cause.title.clone(), calls),
    }
}

fn value<T: Serialize>(claim: &T) -> Option<Value> {
    serde_json::to_value(claim).ok()
}

/// A message of words alone.
pub(crate) fn words(text: String) -> Message {
    Message { role: Role::Assistant, blocks: vec![Block::Text { text }] }
}

/// A message of a text and calls, whose ids are unique in the conversation: the message's place and the call's.
pub(crate) fn message(turn: &Turn<'_>, text: String, calls: Vec<PlannedCall>) -> Message {
    let place = turn.messages.len();
    let has_words = !text.is_empty();
    let mut blocks: Vec<Block> = Some(Block::Text { text }).filter(|_| has_words).into_iter().collect();
    blocks.extend(calls.into_iter().enumerate().map(|(index, call)| {
        Block::ToolCall(ToolCall {
            id: format!("playbook-{place}-{index}"),
            tool: call.tool,
            arguments: call.arguments,
        })
    }));
    Message { role: Role::Assistant, blocks }
}
