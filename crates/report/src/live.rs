//! The time line: one line for each event that a person wants to see while an investigation works, and the same lines when
//! it is shown again.
//!
//! A [`TimeLine`] is fed each entry in order. It keeps the number of the turn, the time since the beginning or the last question, and the language, which no single entry knows.

use jiff::Timestamp;
use marple_case::{Entry, Event, Evidence, EvidenceId, Message, Scope, event::Ending};

use crate::{
    amounts::{count, duration},
    brief, phrases,
    report::attempts::is_attempt,
    words::{Words, fill},
};

/// Makes the lines.
#[derive(Debug, Clone)]
pub struct TimeLine {
    words: &'static Words,
    width: Option<usize>,
    opened_at: Option<Timestamp>,
    evidence: usize,
    turns: usize,
}

impl TimeLine {
    /// A time line whose lines take at most so many columns; `None`: as long as they are.
    pub fn new(width: Option<usize>) -> Self {
        Self { words: Words::of("en"), width, opened_at: None, evidence: 0, turns: 0 }
    }

    /// The line of an entry, without a line end or styles. `None`: nothing that a person wants to see.
    pub fn line(&mut self, entry: &Entry) -> Option<String> {
        self.note(entry);
        let text = self.text(&entry.event)?;
        let since =
            self.opened_at.map_or(0, |opened| u64::try_from(entry.at.duration_since(opened).as_millis()).unwrap_or(0));
        let since = format!("{:>8}  ", format!("+{}", duration(since)));
        Some(match self.width {
            Some(width) if width < since.len() => brief::cut(&text, width),
            Some(width) => format!("{since}{}", brief::cut(&text, width - since.len())),
            None => since + &text,
        })
    }

    fn note(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Opened { language, .. } => {
                self.words = Words::of(language);
                self.opened_at = Some(entry.at);
            }
            Event::QuestionAsked { .. } => {
                self.opened_at = Some(entry.at);
                self.turns = 0;
            }
            Event::EvidenceTaken { .. } => self.evidence += 1,
            Event::ModelAnswered { .. } => self.turns += 1,
            _ => {}
        }
    }

    fn text(&self, event: &Event) -> Option<String> {
        let words = self.words;
        Some(match event {
            Event::Opened { trigger, model, .. } => {
                fill(words.opened, &[&one(&phrases::asked(trigger, words)), &one(model)])
            }
            Event::Scoped { scope } => fill(words.looking_at, &[&subjects(scope), &phrases::span(&scope.window)]),
            Event::OpeningEnded => fill(words.opening_ended, &[&words.tool_calls.of(self.evidence)]),
            Event::EvidenceTaken { evidence, .. } => taken(evidence, words),
            Event::EvidenceShown { evidence, .. } => format!("{evidence} {}", words.shown_again),
            Event::ModelAnswered { message, usage, latency_ms, model, .. } => {
                let input =
                    usage.input_tokens.saturating_add(usage.cache_read_tokens).saturating_add(usage.cache_write_tokens);
                let tokens = fill(words.in_and_out, &[&count(input), &count(usage.output_tokens)]);
                let turn = fill(words.turn, &[&self.turns.to_string()]);
                format!("{turn}: {}({tokens}, {}, {})", calls(message), duration(*latency_ms), one(model))
            }
            Event::FindingNoted { kind, text, evidence, .. } => {
                format!("{}: {}{}", words.finding(*kind), one(text), in_brackets(evidence))
            }
            Event::CallRefused { tool, reason, .. } => fill(words.call_refused, &[&one(tool), &one(reason)]),
            Event::RootCauseReported { root_cause, verification, .. } => {
                let confidence = words.level(verification.confidence);
                fill(words.root_cause_reported, &[&one(&root_cause.title), root_cause.category.name(), confidence])
            }
            Event::PlanReported { plan, .. } => {
                fill(words.plan_reported, &[&plan.immediate.len().to_string(), &plan.follow_up.len().to_string()])
            }
            Event::QuestionAsked { text, .. } => fill(words.question_asked, &[&one(text)]),
            Event::Answered { .. } => words.question_answered.to_owned(),
            Event::Interrupted => words.was_interrupted.to_owned(),
            Event::Resumed { .. } => words.was_resumed.to_owned(),
            Event::Degraded { from, to, reason } => fill(words.degraded, &[&one(from), &one(to), &one(reason)]),
            Event::Compacted { evidence, reason } => {
                fill(words.compacted, &[&evidence.len().to_string(), &one(reason)])
            }
            Event::Closed { ending: Ending::Complete } => words.closed_complete.to_owned(),
            Event::Closed { ending: Ending::Partial { reason } } => fill(words.closed_partial, &[&one(reason)]),
            Event::CallsPlanned { .. } | Event::Prompted { .. } => return None,
        })
    }
}

fn subjects(scope: &Scope) -> String {
    let names: Vec<String> = scope.subjects.iter().map(|subject| one(&subject.name)).collect();
    match names.is_empty() {
        true => one(&scope.region),
        false => names.join(", "),
    }
}

fn taken(evidence: &Evidence, words: &Words) -> String {
    let (call, finding) = (brief::call(evidence), brief::finding(evidence, words));
    let attempted = if is_attempt(evidence) { format!(", {}", words.attempted) } else { String::new() };
    format!("{} {call}: {finding}{attempted} ({})", evidence.id, duration(evidence.elapsed_ms))
}

/// The tools that a message calls, each once with its number: `get_metrics ×2, search_logs `.
fn calls(message: &Message) -> String {
    let mut tools: Vec<(&str, usize)> = Vec::new();
    for call in message.calls() {
        match tools.iter_mut().find(|(tool, _)| *tool == call.tool) {
            Some((_, times)) => *times += 1,
            None => tools.push((&call.tool, 1)),
        }
    }
    let mut named: Vec<String> = Vec::with_capacity(tools.len());
    named.extend(tools.into_iter().map(|(tool, times)| match times {
        1 => one(tool),
        times => format!("{} ×{times}", one(tool)),
    }));
    match named.is_empty() {
        true => String::new(),
        false => format!("{} ", named.join(", ")),
    }
}

fn in_brackets(evidence: &[EvidenceId]) -> String {
    let ids: Vec<String> = evidence.iter().map(EvidenceId::to_string).collect();
    match ids.is_empty() {
        true => String::new(),
        false => format!(" [{}]", ids.join(", ")),
    }
}

/// A foreign text as one visible line of at most 200 columns.
fn one(text: &str) -> String {
    brief::cut(text, 200)
}

#[cfg(test)]
mod tests;
