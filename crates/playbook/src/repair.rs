//! Mending refused reports: drop what was refused, never argue, never loop.
//!
//! The first mending drops citations that do not stand and whatever the refusal names; the second keeps only what needs no further
//! support: no location, no times, no components beyond those that evidence names. After [`TRIES`] nothing more is sent.

use marple_agent::ports::Turn;
use marple_case::{Action, Block, Citation, Message, MitigationPlan, RootCause, Verdict};

use crate::cite;

/// How often a report is sent at most.
pub(crate) const TRIES: usize = 4;

/// How a report fared so far.
#[derive(Debug, Default)]
pub(crate) struct Tried {
    /// How often it was sent.
    pub(crate) count: usize,
    /// Whether it was accepted.
    pub(crate) accepted: bool,
    /// The last refusal's words.
    pub(crate) refusal: Option<String>,
}

impl Tried {
    /// Reads a conversation.
    pub(crate) fn of(messages: &[Message], tool: &str) -> Self {
        let mut tried = Self::default();
        let ids: Vec<&str> = messages
            .iter()
            .flat_map(Message::calls)
            .filter(|call| call.tool == tool)
            .map(|call| call.id.as_str())
            .collect();
        tried.count = ids.len();
        for block in messages.iter().flat_map(|message| &message.blocks) {
            let Block::ToolResult { call, text, is_error } = block else { continue };
            if ids.contains(&call.as_str()) {
                tried.accepted |= !is_error;
                tried.refusal = is_error.then(|| text.clone());
            }
        }
        tried
    }
}

/// The cause without what was refused.
pub(crate) fn cause(turn: &Turn<'_>, mut cause: RootCause, tried: &Tried) -> RootCause {
    let refusal = tried.refusal.as_deref().unwrap_or_default();
    let stands = |citation: &Citation| {
        let evidence = turn.evidence.iter().find(|evidence| evidence.id == citation.evidence);
        evidence.is_some_and(|evidence| cite::stands(&evidence.text, &citation.quote))
            && !names(refusal, &citation.quote)
    };
    for link in &mut cause.chain {
        link.citations.retain(stands);
    }
    for rival in &mut cause.ruled_out {
        rival.citations.retain(stands);
    }
    cause.chain.retain(|link| !link.citations.is_empty());
    cause.ruled_out.retain(|rival| !rival.citations.is_empty());
    if tried.count >= 1 {
        drop_named(turn, &mut cause, refusal);
    }
    if tried.count >= 2 {
        drop_all_optional(&mut cause);
    }
    cause
}

/// Whether a refusal quotes something, plainly or with its quotation marks escaped.
fn names(refusal: &str, quote: &str) -> bool {
    let escaped = format!("{quote:?}");
    let escaped = escaped.trim_matches('"');
    !refusal.is_empty() && (refusal.contains(quote) || refusal.contains(escaped))
}

fn drop_named(turn: &Turn<'_>, cause: &mut RootCause, refusal: &str) {
    let refusal = refusal.to_lowercase();
    if refusal.contains("location") || refusal.contains("source") {
        cause.location = None;
    }
    if refusal.contains("component") {
        let known: Vec<_> = turn.evidence.iter().flat_map(|evidence| evidence.facts.resources()).collect();
        let before = cause.components.len();
        cause.components.retain(|component| known.iter().any(|resource| resource.is_same(component)));
        if cause.components.len() == before {
            cause.components.retain(|component| !refusal.contains(&component.name.to_lowercase()));
        }
    }
    if refusal.contains("onset") || refusal.contains("later") || refusal.contains("earlier") {
        for link in &mut cause.chain {
            link.at = None;
        }
    }
}

fn drop_all_optional(cause: &mut RootCause) {
    cause.location = None;
    for link in &mut cause.chain {
        link.at = None;
    }
    cause.ruled_out.truncate(3);
    if cause.chain.is_empty() && cause.verdict == Verdict::Fault {
        cause.verdict = Verdict::InsufficientEvidence;
        cause.category = marple_case::Category::Unknown;
    }
}

/// The plan without what was refused: commands that the refusal quotes go first, then all of them; rollbacks are marked unverified.
pub(crate) fn plan(mut plan: MitigationPlan, tried: &Tried) -> MitigationPlan {
    let refusal = tried.refusal.as_deref().unwrap_or_default();
    let mend = |action: &mut Action| {
        let phases = &mut action.phases;
        let steps = [
            &mut phases.prepare,
            &mut phases.pre_validate,
            &mut phases.apply,
            &mut phases.post_validate,
            &mut phases.rollback,
        ];
        for step in steps.into_iter().flatten() {
            let refused = step.command.as_deref().is_some_and(|command| tried.count >= 2 || names(refusal, command));
            if refused {
                step.command = None;
            }
        }
        if tried.count >= 1 && action.rollback_to.is_some() && action.unverified.is_none() {
            action.unverified = Some("The check of this plan did not find the target in the evidence.".to_owned());
        }
    };
    if tried.count >= 1 {
        plan.immediate.iter_mut().chain(&mut plan.follow_up).for_each(mend);
    }
    plan
}
