//! One question as it stands: what was asked of AWS for it, what came, and in which language to answer.

use std::sync::Arc;

use jiff::Timestamp;
use marple_agent::ports::{Asked, PlannedCall, Turn};
use marple_case::{Block, Citation, Evidence, EvidenceId, Facts, Message, Role};

use super::times::{self, Span};
use crate::cite;

/// A question as it stands.
pub(super) struct Talk<'a> {
    pub(super) turn: &'a Turn<'a>,
    pub(super) asked: &'a Asked,
    /// The conversation since the question.
    pub(super) since: &'a [Message],
    /// Whether to answer in Japanese.
    ja: bool,
}

/// What is said in answer.
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) citations: Vec<Citation>,
}

/// What to do about a question.
pub(super) enum Reply {
    /// Look at this first.
    Look(Vec<PlannedCall>),
    /// Say this.
    Say(Answer),
}

impl Answer {
    /// An answer that rests on nothing.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), citations: Vec::new() }
    }

    /// An answer with those of its citations that stand, each once.
    pub(super) fn new(text: impl Into<String>, citations: impl IntoIterator<Item = Option<Citation>>) -> Self {
        let mut distinct: Vec<Citation> = Vec::new();
        for citation in citations.into_iter().flatten() {
            if !distinct.contains(&citation) {
                distinct.push(citation);
            }
        }
        Self { text: text.into(), citations: distinct }
    }
}

impl<'a> Talk<'a> {
    pub(super) fn of(turn: &'a Turn<'a>, asked: &'a Asked) -> Self {
        let says = |message: &Message| {
            message.role == Role::User && message.blocks.iter().any(|block| matches!(block, Block::Text { .. }))
        };
        let question = turn.messages.iter().rposition(says).map_or(0, |place| place + 1);
        let ja = asked.language.eq_ignore_ascii_case("ja") || asked.language.to_lowercase().starts_with("ja-");
        Self { turn, asked, since: turn.messages.get(question..).unwrap_or_default(), ja }
    }

    /// The text in the answer's language.
    pub(super) fn say(&self, en: impl Into<String>, ja: impl Into<String>) -> String {
        if self.ja { ja.into() } else { en.into() }
    }

    /// Answers of the model to this question so far.
    pub(super) fn rounds(&self) -> usize {
        self.since.iter().filter(|message| message.role == Role::Assistant).count()
    }

    /// Whether a tool was called for this question.
    pub(super) fn called(&self, tool: &str) -> bool {
        self.since.iter().flat_map(Message::calls).any(|call| call.tool == tool)
    }

    /// The evidence that the calls of this question gave, in the order of the calls.
    pub(super) fn taken(&self) -> Vec<&'a Evidence> {
        let results = self.since.iter().flat_map(|message| &message.blocks).filter_map(|block| match block {
            Block::ToolResult { text, .. } => id_in(text),
            _ => None,
        });
        results.filter_map(|id| self.turn.evidence.iter().map(Arc::as_ref).find(|evidence| evidence.id == id)).collect()
    }

    /// The evidence of one tool that the calls of this question gave.
    pub(super) fn taken_by(&self, tool: &str) -> Vec<&'a Evidence> {
        self.taken().into_iter().filter(|evidence| evidence.tool == tool).collect()
    }

    /// What could not be seen for this question: denied or failed calls, in AWS's words.
    pub(super) fn unseen(&self) -> Vec<String> {
        let unseen = self.taken().into_iter().filter(|evidence| !evidence.outcome.is_answered());
        unseen
            .map(|evidence| format!("{} ({}): {}", evidence.tool, evidence.id, cite::folded(&evidence.text)))
            .collect()
    }

    /// The names of services and functions that are known.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for evidence in self.turn.evidence {
            match &evidence.facts {
                Facts::Services(services) => names.extend(services.iter().map(|service| service.name.clone())),
                Facts::Functions(functions) => names.extend(functions.iter().map(|function| function.name.clone())),
                _ => {}
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// The known names that the question says, the longest first; in an investigation, its subjects where the question says none.
    pub(super) fn named(&self) -> Vec<String> {
        let text = self.asked.text.to_lowercase();
        let mut named: Vec<String> =
            self.names().into_iter().filter(|name| text.contains(&name.to_lowercase())).collect();
        named.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let whole = named.clone();
        named.retain(|name| !whole.iter().any(|longer| longer.len() > name.len() && longer.contains(name.as_str())));
        if named.is_empty() && !self.asked.account && !self.has_name() && !self.asks_of_all() {
            named.extend(self.turn.scope.subjects.iter().map(|subject| subject.name.clone()));
        }
        named
    }

    /// Whether the question is about more than the investigation's subject.
    fn asks_of_all(&self) -> bool {
        let text = self.asked.text.to_lowercase();
        ["account", "region", "anywhere", "anything", "everything", "アカウント", "全体"]
            .iter()
            .any(|word| text.contains(word))
    }

    /// Whether the question says something that looks like a resource's name.
    fn has_name(&self) -> bool {
        self.said_names().next().is_some()
    }

    /// The words of the question that look like resources' names.
    fn said_names(&self) -> impl Iterator<Item = &str> {
        let is_outside =
            |c: char| c.is_whitespace() || !c.is_ascii() || matches!(c, ',' | '?' | '"' | '\'' | '`' | ':');
        let words = self.asked.text.split(is_outside).map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
        words.filter(|word| word.contains('-') && word.starts_with(|c: char| c.is_ascii_alphabetic()))
    }

    /// The first of them that stands nowhere in what was read.
    pub(super) fn stranger(&self) -> Option<&str> {
        let is_known = |name: &str| {
            let name = name.to_lowercase();
            self.turn.evidence.iter().any(|evidence| evidence.text.to_lowercase().contains(&name))
        };
        self.said_names().find(|name| !is_known(name))
    }

    /// The time that the question names, else the last hour.
    pub(super) fn span(&self) -> Span {
        let (now, zone) = (self.asked.at, self.asked.zone.as_deref());
        times::of(&self.asked.text, now, zone).unwrap_or_else(|| times::last_hour(now, zone))
    }

    /// `2025-12-16T12:00:00Z and 2025-12-16T14:00:00Z (clock times read in UTC)`, after "between".
    pub(super) fn span_said(&self, span: &Span) -> String {
        let second = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let (start, end) = (second(span.window.start), second(span.window.end));
        self.say(
            format!("{start} and {end} (clock times read in {})", span.zone),
            format!("{start} から {end}(時刻は {} として解釈)", span.zone),
        )
    }
}

/// The evidence that a tool's result shows: the first id in it.
fn id_in(text: &str) -> Option<EvidenceId> {
    if let Some(rest) = text.strip_prefix("<evidence id=\"") {
        return rest.split('"').next()?.parse().ok();
    }
    let rest = text.strip_prefix("The same call gave ")?;
    rest.split(' ').next()?.parse().ok()
}
