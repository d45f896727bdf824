//! What the model is told before its next turn, and when it has none left. Pure.
//!
//! | it | is told | and in the end |
//! |---|---|---|
//! | answers in words alone | to call a tool, twice | partial |
//! | is cut off by the output limit, or writes a broken call | to go on, or to write the call again | partial, after three such answers without a call |
//! | asks for the same again | that nothing new will come of it; then, that it has one turn left | partial |
//! | has one turn left of its budget | so | partial |
//!
//! After its last turn it may still mend reports that were sent back, as often as reports are sent back at all.

use marple_case::{Event, StopReason};

use super::{
    allowance,
    standstill::{self, LAST_TURN_AFTER, TOLD_AFTER},
};
use crate::{
    Prompts,
    investigation::Investigation,
    own_tools::REPAIRS,
    prompts::Reminder,
    tool_names::{ANSWER, REPORT_MITIGATION_PLAN, REPORT_ROOT_CAUSE},
};

/// How many answers without a call are followed by a reminder. One more ends the investigation.
const REMINDERS: u32 = 2;

/// The event that has to be written before the model is asked again; `None`: it may be asked.
pub(super) fn before_asking(state: &Investigation, prompts: &Prompts) -> Option<Event> {
    let idle_for = standstill::turns_without_news(state);
    if let Some(reason) = no_turn_left(state, idle_for) {
        return Some(super::give_up(state, &reason));
    }
    let last_of_budget = state.budget().turns.is_some_and(|limit| state.turns() + 1 >= limit);
    if (last_of_budget || idle_for >= LAST_TURN_AFTER) && !state.told_last_turn() {
        return Some(announce_last_turn(state, prompts));
    }
    let reminder = match state.stop_reason() {
        _ if !state.owes_words() => {
            (idle_for >= TOLD_AFTER && !prompted_since_answer(state)).then_some(Reminder::Standstill)?
        }
        Some(StopReason::MaxTokens) => Reminder::CutOff,
        Some(StopReason::MalformedToolUse | StopReason::MalformedModelOutput) => Reminder::Malformed,
        _ if state.question().is_some() => {
            return Some(Event::Prompted { text: prompts.question_reminder(), last_turn: false });
        }
        _ => Reminder::Words,
    };
    Some(Event::Prompted { text: prompts.reminder(reminder, state.root_cause().is_some()), last_turn: false })
}

/// The word before the last turn.
pub(super) fn announce_last_turn(state: &Investigation, prompts: &Prompts) -> Event {
    let text = if state.question().is_some() { prompts.question_last_turn() } else { prompts.last_turn() };
    Event::Prompted { text, last_turn: true }
}

/// Why the model is not asked again, if it is not.
fn no_turn_left(state: &Investigation, idle_for: u32) -> Option<String> {
    if let Some(limit) = state.budget().turns.filter(|limit| state.turns() >= *limit) {
        let what = if state.question().is_some() { " for a question" } else { "" };
        return Some(format!("the budget of {limit} model turns{what} is used up"));
    }
    if state.idle_turns() > REMINDERS {
        let reason = match state.stop_reason() {
            Some(StopReason::MaxTokens) => "the model's answers were cut off by its output limit again and again",
            Some(StopReason::MalformedToolUse | StopReason::MalformedModelOutput) => {
                "the model's tool calls could not be read, again and again"
            }
            _ => "the model answered in words and would not report",
        };
        return Some(reason.to_owned());
    }
    if last_turn_is_over(state) {
        return Some(match idle_for >= TOLD_AFTER {
            true => "the model asked for the same again and again, and did not conclude".to_owned(),
            false => {
                format!("the model had one turn left and did not conclude in it: {}", allowance::spent_so_far(state))
            }
        });
    }
    None
}

/// Whether the turn that was announced as the last one has been taken, and was not about mending a report.
fn last_turn_is_over(state: &Investigation) -> bool {
    let mut answers = 0;
    let mut is_reporting = false;
    for entry in state.entries().iter().rev() {
        match &entry.event {
            Event::ModelAnswered { message, .. } => {
                if answers == 0 {
                    let reports = [REPORT_ROOT_CAUSE, REPORT_MITIGATION_PLAN, ANSWER];
                    is_reporting = message.calls().any(|call| reports.contains(&call.tool.as_str()));
                }
                answers += 1;
            }
            Event::Prompted { last_turn: true, .. } => return answers > 0 && !(is_reporting && answers <= REPAIRS),
            Event::Resumed { .. } | Event::QuestionAsked { .. } => return false,
            _ => {}
        }
    }
    false
}

/// Whether the model was told something since its last answer.
fn prompted_since_answer(state: &Investigation) -> bool {
    let events = state.entries().iter().rev().map(|entry| &entry.event);
    let mut since = events.take_while(|event| !matches!(event, Event::ModelAnswered { .. }));
    since.any(|event| matches!(event, Event::Prompted { .. }))
}
