//! Chat: a person's questions, on a stored investigation or on the account. Pure, as [`crate::step`] is.
//!
//! A question is open from [`Event::QuestionAsked`] to [`Event::Answered`] or [`Event::Interrupted`]. Meanwhile it has a budget of its own, and
//! the same tools; evidence goes on being numbered. The model ends it with the tool `answer`. Words alone are taken after one
//! reminder, and have no citations then.
//!
//! ```text
//! question ─▶ ask the model ─▶ its calls ─▶ … ─▶ answer ─▶ checked ─▶ Answered
//!                 │                └─ report_root_cause: a new version, with a plan of its own
//!                 └─ words alone ─▶ reminder ─▶ words again: Answered without citations
//!                 └─ a budget gives out, or the last model: Answered, given up
//! ```

use jiff::Timestamp;
use marple_case::{
    Event, Evidence, InvestigationId, RootCause, Trigger,
    event::{Budget, Ending},
};

use crate::{
    InvestigateError, Investigator, Prompts,
    investigation::Investigation,
    ports::{Asked, Toolbox},
    step::{self, Step},
};

pub(crate) mod question;
#[cfg(test)]
mod tests;

pub use question::OpenQuestion;

/// Answers in words that are taken: the first one is followed by a reminder.
const WORDS_TAKEN: u32 = 2;
/// How long evidence counts as fresh before a question, seconds. An older look at AWS is taken again: the person asks about now.
const FRESH_S: i64 = 60;

/// A question to put, and how it has to be answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The question.
    pub text: String,
    /// What the answer may use.
    pub budget: Budget,
    /// The BCP 47 tag of the answer's language; `None`: the report's.
    pub language: Option<String>,
    /// The asker's time zone by its IANA name; `None`: UTC.
    pub zone: Option<String>,
}

impl Investigator {
    /// Puts a question to a stored investigation; [`run`](Self::run) then answers it. A question that is still open is left.
    pub async fn put(&self, id: &InvestigationId, question: Question) -> Result<(), InvestigateError> {
        let mut state = self.load(id).await?;
        let Question { text, budget, language, zone } = question;
        let text = self.toolbox.redacted(&text);
        self.write(&mut state, Event::QuestionAsked { text, budget, language, zone }).await
    }
}

/// What comes next for an open question.
pub(crate) fn next(
    state: &Investigation,
    question: &OpenQuestion,
    now: Timestamp,
    toolbox: &dyn Toolbox,
    prompts: &Prompts,
) -> Step {
    let Some(scope) = state.scope() else {
        return given_up("the trigger was never resolved");
    };
    if let Some(reason) = step::spent(state, now) {
        return given_up(&reason);
    }
    if !state.planned().is_empty() {
        return Step::Run(state.planned().to_vec());
    }
    if !state.open_calls().is_empty() {
        return step::answer_calls(state, scope, toolbox, prompts);
    }
    if question.new_plan && !matches!(state.ending(), Some(Ending::Complete)) {
        return Step::Record(vec![Event::Closed { ending: Ending::Complete }]);
    }
    if state.owes_words() && state.idle_turns() >= WORDS_TAKEN {
        return take_words(state);
    }
    step::ask(state, prompts)
}

/// The end of a question without an answer.
pub(crate) fn given_up(reason: &str) -> Step {
    Step::Record(vec![unanswered(reason)])
}

/// The event that ends a question without an answer.
pub(crate) fn unanswered(reason: &str) -> Event {
    Event::Answered { text: String::new(), citations: Vec::new(), call: None, given_up: Some(reason.to_owned()) }
}

/// What the model said last, as an answer that nothing was checked of.
fn take_words(state: &Investigation) -> Step {
    let said = state.entries().iter().rev().find_map(|entry| match &entry.event {
        Event::ModelAnswered { message, .. } => Some(message.text()),
        _ => None,
    });
    match said.filter(|text| !text.trim().is_empty()) {
        Some(text) => Step::Record(vec![Event::Answered { text, citations: Vec::new(), call: None, given_up: None }]),
        None => given_up("the model said nothing"),
    }
}

/// Whether evidence still shows the present: always, except where a question was asked long after it was taken.
pub(crate) fn is_fresh(state: &Investigation, evidence: &Evidence) -> bool {
    state.question().is_none_or(|question| question.at.duration_since(evidence.taken_at).as_secs() <= FRESH_S)
}

/// What a model is told of the open question beside the conversation.
pub(crate) fn asked(state: &Investigation) -> Option<Asked> {
    let question = state.question()?;
    let causes: Vec<RootCause> = state.causes().iter().map(|reported| reported.root_cause.clone()).collect();
    Some(Asked {
        text: question.text.clone(),
        at: question.at,
        language: question.language.clone().unwrap_or_else(|| language(state).to_owned()),
        zone: question.zone.clone(),
        after: question.after,
        new_causes: question.new_causes,
        causes,
        plan: state.plan().cloned(),
        new_plan: question.new_plan,
        account: matches!(trigger(state), Some(Trigger::Account)),
    })
}

/// What started the investigation.
pub(crate) fn trigger(state: &Investigation) -> Option<&Trigger> {
    state.entries().iter().find_map(|entry| match &entry.event {
        Event::Opened { trigger, .. } => Some(trigger),
        _ => None,
    })
}

/// The BCP 47 tag of the investigation's language.
pub(crate) fn language(state: &Investigation) -> &str {
    let opened = state.entries().iter().find_map(|entry| match &entry.event {
        Event::Opened { language, .. } => Some(language.as_str()),
        _ => None,
    });
    opened.unwrap_or("en")
}
