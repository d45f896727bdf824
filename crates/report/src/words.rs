//! The program's own words: one small table a language. What AWS or a model said is never translated.
//!
//! A `{}` in a text is a place for a value, filled by [`fill`] in order. Names that other programs read (categories, kinds,
//! outcomes in JSON) are not words and stay as they are.

use marple_case::{
    ActionKind, Confidence, Outcome, Verdict, event::FindingKind, root_cause::SeenIn, verification::Reason,
};

mod en;
mod ja;

/// A text with a number in it, which some languages word differently for one and for many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// For one.
    pub one: &'static str,
    /// For all other numbers.
    pub many: &'static str,
}

impl Counted {
    const fn new(one: &'static str, many: &'static str) -> Self {
        Self { one, many }
    }

    /// The text with the number in it.
    pub fn of(self, number: usize) -> String {
        let pattern = if number == 1 { self.one } else { self.many };
        fill(pattern, &[&crate::amounts::count(u64::try_from(number).unwrap_or(u64::MAX))])
    }
}

/// Puts the values into the places of a pattern. A value's own braces are no places.
pub fn fill(pattern: &str, values: &[&str]) -> String {
    let mut filled = String::with_capacity(pattern.len() + values.iter().map(|value| value.len()).sum::<usize>());
    let mut values = values.iter();
    for (position, part) in pattern.split("{}").enumerate() {
        if position > 0 {
            filled.push_str(values.next().copied().unwrap_or_default());
        }
        filled.push_str(part);
    }
    filled
}

/// The words of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the name of each field is its English text, shortened")]
pub struct Words {
    // Verdict, confidence, standing
    pub fault: &'static str,
    pub no_fault: &'static str,
    pub insufficient_evidence: &'static str,
    pub no_verdict: &'static str,
    pub confidence: &'static str,
    pub taken_with_objections: &'static str,
    pub evidence_insufficient: &'static str,
    pub without_chain: &'static str,
    pub links_verified: Counted,
    pub links_inferred: &'static str,
    pub no_rival_refuted: &'static str,
    pub rivals_refuted: Counted,
    pub gaps_on_chain: Counted,
    pub taken_for_granted: Counted,
    pub low: &'static str,
    pub medium: &'static str,
    pub high: &'static str,
    pub partial: &'static str,
    pub interrupted: &'static str,
    pub unfinished: &'static str,
    pub no_language_model: &'static str,
    pub no_answer: &'static str,
    pub playbook_concluded: &'static str,
    // When, what, where
    pub onset: &'static str,
    pub trigger: &'static str,
    pub category: &'static str,
    pub components: &'static str,
    pub location: &'static str,
    pub seen_in_source: &'static str,
    pub seen_in_stack_trace: &'static str,
    pub asked: &'static str,
    pub latest_alarm: &'static str,
    pub account_questions: &'static str,
    pub alarm: &'static str,
    pub window: &'static str,
    pub region: &'static str,
    pub scenario: &'static str,
    pub not_known: &'static str,
    // Cause
    pub summary: &'static str,
    pub chain: &'static str,
    pub inference: &'static str,
    pub quote_refused: &'static str,
    pub not_in_evidence: &'static str,
    pub command_above: &'static str,
    pub long_command: &'static str,
    pub ruled_out: &'static str,
    pub gaps: &'static str,
    pub why: &'static str,
    pub to_close: &'static str,
    pub on_the_chain: &'static str,
    pub assumptions: &'static str,
    pub remarks: &'static str,
    pub checks: &'static str,
    // Gaps that the program adds
    pub denied: &'static str,
    pub failed: &'static str,
    pub no_data: &'static str,
    pub found: &'static str,
    pub allow_the_action: &'static str,
    pub allow_the_call: &'static str,
    pub take_it_again: &'static str,
    pub the_root_cause: &'static str,
    pub nobody_concluded: &'static str,
    pub carry_on: &'static str,
    // Plan
    pub plan: &'static str,
    pub no_plan: &'static str,
    pub immediate: &'static str,
    pub no_immediate_action: &'static str,
    pub follow_up: &'static str,
    pub avoid: &'static str,
    pub temporary: &'static str,
    pub unverified: &'static str,
    pub rollback_to: &'static str,
    pub risk: &'static str,
    pub expected: &'static str,
    pub prepare: &'static str,
    pub pre_validate: &'static str,
    pub apply: &'static str,
    pub post_validate: &'static str,
    pub undo: &'static str,
    pub spec: &'static str,
    pub files: &'static str,
    pub requirements: &'static str,
    pub acceptance: &'static str,
    pub prevention: &'static str,
    pub rollback: &'static str,
    pub scale: &'static str,
    pub configuration: &'static str,
    pub restart: &'static str,
    pub traffic: &'static str,
    pub code_change: &'static str,
    pub observability: &'static str,
    // What is known so far, and what happened on the way
    pub findings: &'static str,
    pub attempts: &'static str,
    pub attempt: &'static str,
    pub attempted: &'static str,
    pub observation: &'static str,
    pub hypothesis: &'static str,
    pub refuted: &'static str,
    pub evidence: &'static str,
    pub tool: &'static str,
    pub arguments: &'static str,
    pub outcome: &'static str,
    pub taken: &'static str,
    pub questions: &'static str,
    pub not_answered: &'static str,
    pub course: &'static str,
    pub versions: &'static str,
    pub version: &'static str,
    pub given_up: &'static str,
    pub unchecked_answer: &'static str,
    pub degraded: &'static str,
    pub compacted: &'static str,
    pub was_interrupted: &'static str,
    pub was_resumed: &'static str,
    // Spent
    pub investigation: &'static str,
    pub model: &'static str,
    pub models: &'static str,
    pub used: &'static str,
    pub tokens: &'static str,
    pub in_and_out: &'static str,
    pub from_cache: &'static str,
    pub cost: &'static str,
    pub unknown_cost: &'static str,
    pub of_budget: &'static str,
    pub time: &'static str,
    pub program: &'static str,
    pub read_again: &'static str,
    pub ask_about: &'static str,
    pub go_on: &'static str,
    pub turns: Counted,
    pub tool_calls: Counted,
    pub refused_calls: Counted,
    // HTML
    pub time_line: &'static str,
    pub charts: &'static str,
    pub baseline_mean: &'static str,
    // The time line
    pub opened: &'static str,
    pub looking_at: &'static str,
    pub opening_ended: &'static str,
    pub turn: &'static str,
    pub shown_again: &'static str,
    pub call_refused: &'static str,
    pub root_cause_reported: &'static str,
    pub plan_reported: &'static str,
    pub question_asked: &'static str,
    pub question_answered: &'static str,
    pub closed_complete: &'static str,
    pub closed_partial: &'static str,
    // What evidence shows, in a few words
    pub alarms: Counted,
    pub in_alarm: Counted,
    pub series: Counted,
    pub metrics: Counted,
    pub lines: Counted,
    pub templates: Counted,
    pub new_templates: Counted,
    pub exceptions: Counted,
    pub rows: Counted,
    pub log_groups: Counted,
    pub functions: Counted,
    pub code_files: Counted,
    pub stacks: Counted,
    pub stack_events: Counted,
    pub secrets: Counted,
    pub services: Counted,
    pub tasks: Counted,
    pub revisions: Counted,
    pub images: Counted,
    pub load_balancers: Counted,
    pub databases: Counted,
    pub changes: Counted,
    pub touching: Counted,
    pub unread_sources: Counted,
    pub timeouts: Counted,
    pub at_most: &'static str,
}

impl Words {
    /// The words for a BCP 47 tag: `ja` and `ja-…` are Japanese, all else is English.
    pub fn of(tag: &str) -> &'static Self {
        let language = tag.split(['-', '_']).next().unwrap_or(tag);
        match language.eq_ignore_ascii_case("ja") {
            true => &ja::WORDS,
            false => &en::WORDS,
        }
    }

    /// A verdict.
    pub fn verdict(&self, verdict: Option<Verdict>) -> &'static str {
        match verdict {
            Some(Verdict::Fault) => self.fault,
            Some(Verdict::NoFault) => self.no_fault,
            Some(Verdict::InsufficientEvidence) => self.insufficient_evidence,
            None => self.no_verdict,
        }
    }

    /// A level of confidence.
    pub fn level(&self, confidence: Confidence) -> &'static str {
        match confidence {
            Confidence::Low => self.low,
            Confidence::Medium => self.medium,
            Confidence::High => self.high,
        }
    }

    /// Why a confidence is what it is.
    pub fn reason(&self, reason: &Reason) -> String {
        match reason {
            Reason::Objections { count, first } => fill(self.taken_with_objections, &[&count.to_string(), first]),
            Reason::Insufficient => self.evidence_insufficient.to_owned(),
            Reason::NoChain => self.without_chain.to_owned(),
            Reason::Verified { links } => self.links_verified.of(*links),
            Reason::Inference { open, links } => fill(self.links_inferred, &[&open.to_string(), &links.to_string()]),
            Reason::Rivals { count: 0 } => self.no_rival_refuted.to_owned(),
            Reason::Rivals { count } => self.rivals_refuted.of(*count),
            Reason::GapsOnChain { count } => self.gaps_on_chain.of(*count),
            Reason::Assumptions { count } => self.taken_for_granted.of(*count),
        }
    }

    /// An outcome.
    pub fn outcome(&self, outcome: &Outcome) -> &'static str {
        match outcome {
            Outcome::Found => self.found,
            Outcome::NoData => self.no_data,
            Outcome::Denied { .. } => self.denied,
            Outcome::Failed { .. } => self.failed,
        }
    }

    /// How a location is known.
    pub fn seen_in(&self, seen_in: SeenIn) -> &'static str {
        match seen_in {
            SeenIn::Source => self.seen_in_source,
            SeenIn::StackTrace => self.seen_in_stack_trace,
        }
    }

    /// The sort of a finding.
    pub fn finding(&self, kind: FindingKind) -> &'static str {
        match kind {
            FindingKind::Observation => self.observation,
            FindingKind::Hypothesis => self.hypothesis,
            FindingKind::RuledOut => self.refuted,
        }
    }

    /// The sort of an action.
    pub fn action(&self, kind: ActionKind) -> &'static str {
        match kind {
            ActionKind::Rollback => self.rollback,
            ActionKind::Scale => self.scale,
            ActionKind::Configuration => self.configuration,
            ActionKind::Restart => self.restart,
            ActionKind::Traffic => self.traffic,
            ActionKind::CodeChange => self.code_change,
            ActionKind::Observability => self.observability,
        }
    }

    /// The names of an action's phases, in the order of [`Phases::named`](marple_case::mitigation::Phases::named).
    pub fn phases(&self) -> [&'static str; 5] {
        [self.prepare, self.pre_validate, self.apply, self.post_validate, self.undo]
    }
}

#[cfg(test)]
mod tests;
