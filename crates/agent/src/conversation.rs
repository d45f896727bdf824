//! The messages for the model: a fold over the journal's entries.
//!
//! What the service demands holds by construction: the first message is the user's, roles alternate, every tool call is
//! answered in the very next message and its results come first there, no text is blank.

use marple_case::{Block, Entry, Event, Message, Role, ToolCall, Trigger};

use crate::{Prompts, chat, investigation::Investigation, verify};
use compaction::Cut;

pub(crate) mod compaction;

/// The whole conversation, from the first message to the one that awaits an answer.
pub fn messages(state: &Investigation, prompts: &Prompts) -> Vec<Message> {
    let cut = Cut::of(state.entries());
    let first = first_message(state, prompts, &cut);
    let language = chat::language(state);
    let mut thread =
        Thread { messages: vec![first], calls: Vec::new(), words: Vec::new(), asked: false, language, cut };
    state.entries().iter().for_each(|entry| thread.hear(entry, prompts));
    thread.finish()
}

/// What was asked, with everything that the opening found.
fn first_message(state: &Investigation, prompts: &Prompts, cut: &Cut) -> Message {
    let opening = state.entries().iter().filter_map(|entry| match &entry.event {
        Event::EvidenceTaken { evidence, call: None } => Some(evidence.id),
        _ => None,
    });
    if let (Some(Trigger::Account), Some(scope)) = (chat::trigger(state), state.opening_scope()) {
        return Message::user(prompts.account(scope));
    }
    let ids: Vec<_> = opening.collect();
    let opening = state.evidence().iter().filter(|evidence| ids.contains(&evidence.id));
    Message::user(prompts.investigation(state, opening.map(|evidence| cut.enclose(evidence)).collect()))
}

/// The fold's state: whole messages, the calls of the last one, and the user's message that is being written.
struct Thread<'a> {
    messages: Vec<Message>,
    /// The last answer's calls, each with its result once it has one.
    calls: Vec<(ToolCall, Option<Block>)>,
    words: Vec<String>,
    /// Whether a question is open.
    asked: bool,
    /// The BCP 47 tag of the answers, where a question names no other.
    language: &'a str,
    /// What is not shown whole any more.
    cut: Cut,
}

impl Thread<'_> {
    fn hear(&mut self, entry: &Entry, prompts: &Prompts) {
        match &entry.event {
            // What a model would not answer is not held against the next one.
            Event::ModelAnswered { message, stop_reason, .. }
                if !message.blocks.is_empty() && !stop_reason.is_refusal() =>
            {
                self.answer(message);
            }
            Event::EvidenceTaken { evidence, call: Some(call) } => {
                self.result(call, self.cut.enclose(evidence), !evidence.outcome.is_answered());
            }
            Event::EvidenceShown { call, .. } if self.cut.is_excerpt_cut(entry.number) => {
                self.result(call, compaction::EXCERPT_CUT.to_owned(), false);
            }
            Event::EvidenceShown { text, call, .. } => self.result(call, text.clone(), false),
            Event::Compacted { .. } => compaction::drop_reasoning(&mut self.messages),
            Event::FindingNoted { call, .. } => self.result(call, "Noted.".to_owned(), false),
            Event::CallRefused { call, reason, .. } => self.result(call, reason.clone(), true),
            Event::RootCauseReported { root_cause, verification, call } => {
                let text = prompts.mitigation(root_cause, &verify::summary(verification));
                self.result(call, text, false);
            }
            Event::PlanReported { call, .. } => self.result(call, "The plan is accepted.".to_owned(), false),
            Event::Prompted { text, .. } => self.words.push(text.clone()),
            Event::QuestionAsked { text, language, zone, .. } => {
                self.asked = true;
                let language = language.as_deref().unwrap_or(self.language);
                self.words.push(prompts.question(text, entry.at, language, zone.as_deref()));
            }
            Event::Answered { call, given_up, .. } => {
                self.asked = false;
                if let Some(call) = call {
                    self.result(call, "The answer was shown.".to_owned(), false);
                }
                self.words
                    .extend(given_up.as_ref().map(|reason| format!("(The question stays unanswered: {reason}.)")));
            }
            Event::Interrupted if self.asked => {
                self.asked = false;
                self.words.push("(The engineer stopped the answer.)".to_owned());
            }
            _ => {}
        }
    }

    fn answer(&mut self, message: &Message) {
        self.turn_over();
        self.calls = message.calls().map(|call| (call.clone(), None)).collect();
        self.messages.push(message.clone());
    }

    fn result(&mut self, call: &str, text: String, is_error: bool) {
        let text = if text.trim().is_empty() { "(nothing)".to_owned() } else { text };
        if let Some((_, result)) = self.calls.iter_mut().find(|(open, result)| open.id == call && result.is_none()) {
            *result = Some(Block::ToolResult { call: call.to_owned(), text, is_error });
        }
    }

    /// Ends the user's message: results in the order of the calls, then words. Words without an answer before them join the
    /// message that is there. Calls that the end of a question left open get a result that says so.
    fn turn_over(&mut self) {
        let results = std::mem::take(&mut self.calls).into_iter().map(|(call, result)| {
            let text = "Not run: the question had ended.".to_owned();
            result.unwrap_or(Block::ToolResult { call: call.id, text, is_error: true })
        });
        let words = std::mem::take(&mut self.words).into_iter().map(|text| Block::Text { text });
        let blocks: Vec<Block> = results.chain(words).collect();
        match self.messages.last_mut() {
            Some(last) if last.role == Role::User => last.blocks.extend(blocks),
            _ if blocks.is_empty() => {}
            _ => self.messages.push(Message { role: Role::User, blocks }),
        }
    }

    fn finish(mut self) -> Vec<Message> {
        self.turn_over();
        self.messages
    }
}
