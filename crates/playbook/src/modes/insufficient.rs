//! Too little is known: the honest answer where the evidence that would decide is denied, missing or silent.
//!
//! No cause is guessed: the report says what was seen, what was not, and what would close each gap.

use marple_case::{Category, Outcome, Verdict};

use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, claim},
    reading::Case,
};

/// The report where no other hypothesis is supported.
pub(crate) fn examine<'a>(case: &Case<'a>, rejected: &[Hypothesis<'a>]) -> Hypothesis<'a> {
    let mut cause = claim(Verdict::InsufficientEvidence, Category::Unknown);
    let name = case.name();
    let refused: Vec<&str> = denied_tools(case);
    cause.title = match refused.is_empty() {
        true => format!("What is wrong with {name} is not shown by the evidence that could be read"),
        false => format!("What is wrong with {name} cannot be said: {} could not be read", refused.join(", ")),
    };
    cause.onset = case.first_point("Errors").or_else(|| case.alarm_transition().map(|transition| transition.at));
    let mut chain = Chain::default();
    chain.impact(case);
    chain.alarm(case);
    for evidence in case.unanswered().take(3) {
        let what = match &evidence.outcome {
            Outcome::Denied { action, .. } if !action.is_empty() => {
                format!("{} was refused ({action}).", evidence.tool)
            }
            Outcome::Denied { .. } => format!("{} was refused.", evidence.tool),
            _ => format!("{} gave no answer.", evidence.tool),
        };
        chain.link(what, None, [cite::line(evidence, &[])]);
    }
    cause.chain = chain.finish();
    cause.summary = summary(case, rejected, &refused);
    for weak in rejected.iter().take(3) {
        cause.recommended_checks.push(format!("Possible, but not shown: {}", weak.cause.title));
    }
    if let Some(group) = case.log_group() {
        cause
            .recommended_checks
            .push(format!("The lines of {group} around the first failure, with permission to read them."));
    }
    Hypothesis {
        support: Support::Possible,
        fresh: false,
        explains: 0,
        looks_for: String::new(),
        wants: Vec::new(),
        cause,
        diagnosis: Diagnosis::Unknown,
    }
}

/// The tools that were refused or failed and never answered.
fn denied_tools<'a>(case: &Case<'a>) -> Vec<&'a str> {
    let mut tools: Vec<&str> = Vec::new();
    for evidence in case.unanswered() {
        let answered = case.evidence.iter().any(|other| other.tool == evidence.tool && other.outcome.is_answered());
        if !answered && !tools.contains(&evidence.tool.as_str()) {
            tools.push(&evidence.tool);
        }
    }
    tools
}

fn summary(case: &Case<'_>, rejected: &[Hypothesis<'_>], refused: &[&str]) -> String {
    let seen = match case.sum("Errors") {
        Some(errors) if errors > 0.0 => {
            format!("CloudWatch counted {errors:.0} failed invocations of {} in the window.", case.name())
        }
        Some(_) => format!("CloudWatch counted no failed invocation of {} in the window.", case.name()),
        None => format!("The error count of {} could not be read.", case.name()),
    };
    let why = match refused.is_empty() {
        true => "Nothing that was read names the cause.".to_owned(),
        false => format!("These readings were refused or failed: {}.", refused.join(", ")),
    };
    let weak = match rejected.is_empty() {
        true => "No cause is named, since any would be a guess.",
        false => "Some explanations are possible; none is shown, so none is named as the cause.",
    };
    format!("{seen} {why} {weak} The gaps say what would decide it.")
}
