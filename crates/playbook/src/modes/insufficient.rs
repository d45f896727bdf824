//! Too little is known: the honest answer where the evidence that would decide is denied, missing or silent.
//!
//! No cause is guessed: the report says what was seen, what was not, and what would close each gap.

use marple_case::{Category, Outcome, Verdict};

use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, claim},
    modes::service::{cite_exit, cite_task, edge},
    reading::{Case, load::is_service, subject::SubjectKind},
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
    ended(&mut chain, case);
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
    if let Some(group) = case.log_group().filter(|_| case.is_denied("summarize_logs")) {
        cause
            .recommended_checks
            .push(format!("The lines of {group} around the first failure, with permission to read them."));
    }
    cause.gaps.extend(edge::unexplained(case));
    Hypothesis {
        support: Support::Possible,
        fresh: !failed_before(case),
        explains: 0,
        looks_for: String::new(),
        wants: Vec::new(),
        cause,
        diagnosis: Diagnosis::Unknown,
    }
}

/// Whether the baseline counted failures, too.
fn failed_before(case: &Case<'_>) -> bool {
    let counted = case.metric("Errors", "Sum").or_else(|| case.server_errors());
    counted.and_then(|series| series.fact.baseline).is_some_and(|baseline| baseline.sum > 0.0)
}

/// Containers that ended: known, though not why.
fn ended(chain: &mut Chain, case: &Case<'_>) {
    let failed = |code: Option<i32>| code.is_some_and(|code| code != 0);
    let Some((task, container)) = case.workload.container_states().find(|(_, one)| failed(one.exit_code)) else {
        return;
    };
    let code = container.exit_code.unwrap_or_default();
    let statement = format!("The container {} ended with exit code {code}.", container.name);
    chain.link(statement, None, [cite_exit(&task, container), cite_task(&task)]);
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
    let (counted, what) = match is_service(case) {
        true => (case.server_errors().map(|series| series.window.sum), "failed requests"),
        false => (case.sum("Errors"), "failed invocations"),
    };
    let seen = match counted {
        Some(errors) if errors > 0.0 => {
            format!("CloudWatch counted {errors:.0} {what} of {} in the window.", case.name())
        }
        Some(_) => format!("CloudWatch counted no {what} of {} in the window.", case.name()),
        None if case.kind == SubjectKind::Database => String::new(),
        None => format!("The {what} of {} could not be counted.", case.name()),
    };
    let why = match refused.is_empty() {
        true => "Nothing that was read names the cause.".to_owned(),
        false => format!("These readings were refused or failed: {}.", refused.join(", ")),
    };
    let weak = match rejected.is_empty() {
        true => "No cause is named, since any would be a guess.",
        false => "Some explanations are possible; none is shown, so none is named as the cause.",
    };
    format!("{seen} {why} {weak} The gaps say what would decide it.").trim_start().to_owned()
}
