//! Gaps: what could not be seen, told with what would make it visible. A reading that was refused is never taken for "nothing there".

use marple_case::{Evidence, Outcome, Verdict, facts::LogTemplate, root_cause::Gap};

use crate::{
    hypothesis::{Diagnosis, Hypothesis, gap},
    modes::service::ServiceFault,
    reading::{Case, changes::ChangeVerdict, logged::Logged},
};

/// The gaps that any report of this case has; a mode's own come in its claim.
pub(crate) fn general(case: &Case<'_>, hypothesis: &Hypothesis<'_>) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    let undecided = hypothesis.cause.verdict == Verdict::InsufficientEvidence;
    for evidence in case.unanswered() {
        let gap = unanswered(evidence, undecided);
        let answered = case.evidence.iter().any(|other| {
            other.tool == evidence.tool && other.outcome.is_answered() && other.arguments == evidence.arguments
        });
        if !answered && !gaps.contains(&gap) {
            gaps.push(gap);
        }
    }
    gaps.extend(silence(case).or_else(|| unlogged(case, hypothesis, undecided)));
    gaps.extend(unread_changes(case));
    gaps.extend(undecided_change(case, hypothesis));
    gaps.extend(requests(case, hypothesis));
    gaps.extend(no_baseline(case));
    if undecided && gaps.is_empty() {
        gaps.push(gap(
            "what would show the cause",
            format!("nothing that was read of {} names one", case.name()),
            "log each request's kind, outcome and errors, and switch on access logs or tracing",
            true,
        ));
    }
    if undecided && case.summaries.is_empty() && case.empty_log_group().is_none() && !case.is_denied("summarize_logs") {
        gaps.push(gap(
            format!("the {}'s logs", case.noun()),
            "no summary of its log group could be taken",
            "check the log group's name and its retention",
            true,
        ));
    }
    gaps
}

fn unanswered(evidence: &Evidence, on_the_chain: bool) -> Gap {
    let about = evidence.arguments.as_object().into_iter().flatten();
    let about = about.filter(|(name, _)| {
        matches!(
            name.as_str(),
            "function"
                | "log_group"
                | "stack"
                | "id"
                | "prefix"
                | "service"
                | "task_definition"
                | "repository"
                | "load_balancer"
        )
    });
    let about: Vec<&str> = about.filter_map(|(_, value)| value.as_str()).collect();
    let missing = match about.is_empty() {
        true => format!("what {} would have shown", evidence.tool),
        false => format!("what {} would have shown of {}", evidence.tool, about.join(", ")),
    };
    match &evidence.outcome {
        Outcome::Denied { action, .. } => {
            let action = if action.is_empty() { "the action" } else { action };
            gap(
                missing,
                format!("AWS denied {action}"),
                format!("allow the investigator's role {action}"),
                on_the_chain,
            )
        }
        Outcome::Failed { message } => {
            let why: String = message.chars().take(160).collect();
            gap(missing, format!("the reading failed: {why}"), "take it again", on_the_chain)
        }
        Outcome::Found | Outcome::NoData => gap(missing, "", "", false),
    }
}

/// Invocations that failed without a line of the program's own.
fn silence(case: &Case<'_>) -> Option<Gap> {
    let all = case.invocations()?;
    let failed: Vec<_> = all.fact.notable.iter().filter(|one| one.timed_out || one.status.is_some()).collect();
    let silent = !failed.is_empty() && failed.iter().all(|invocation| invocation.application_lines == 0);
    silent.then(|| {
        gap(
            "application logs of the failed invocations",
            "the program wrote no line of its own in them",
            "log the request's kind, and the start and end of each long step, at level INFO",
            false,
        )
    })
}

/// Failures of which the logs say nothing: the group is empty, holds what the platform writes only, or no line of it is an error.
fn unlogged(case: &Case<'_>, hypothesis: &Hypothesis<'_>, undecided: bool) -> Option<Gap> {
    // The logs told why a program ended, or ECS did before it could log anything.
    let otherwise = match &hypothesis.diagnosis {
        Diagnosis::Service(ServiceFault::Crash(crash)) => !crash.is_unexplained(),
        Diagnosis::Service(ServiceFault::Image(_) | ServiceFault::Secret(_)) => true,
        Diagnosis::Service(ServiceFault::Cpu(pinned)) => pinned.held.is_some(),
        _ => false,
    };
    let told = |logged: &Logged<'_>| !logged.in_baseline && logged.runtime != "lambda";
    if otherwise || !is_failing(case, hypothesis) || case.failures.iter().any(told) {
        return None;
    }
    if let Some(group) = case.empty_log_group() {
        let others = case.summaries.iter().any(|summary| summary.lines > 0);
        return (!others).then(|| {
            gap(
                format!("application logs of {}: {group} is empty", case.name()),
                "the log group holds no event in the window and none in the baseline",
                format!(
                    "make the program write its errors to standard output, and check that it may write to {group} (logs:CreateLogStream, logs:PutLogEvents, the container's log driver) and how long the group keeps events"
                ),
                undecided,
            )
        });
    }
    let summary = case.summaries.iter().max_by_key(|summary| summary.lines)?;
    let (group, lines) = (&summary.log_group, summary.lines);
    let own = |of: fn(&LogTemplate) -> u64| {
        summary.fact.templates.iter().filter(|line| !is_platform(&line.sample)).map(of).sum::<u64>()
    };
    let (now, before) = (own(|line| line.count), own(|line| line.baseline_count));
    let errors = own(|line| if line.is_error { line.count } else { 0 });
    let why = match (now, before) {
        (0, 0) if lines == 0 => format!("{group} holds no line in the window"),
        (0, 0) => format!(
            "the {lines} lines of {group} in the window are the platform's own; the program wrote none, nor in the baseline"
        ),
        (0, before) => format!("the program wrote {before} line(s) to {group} in the baseline and none in the window"),
        (now, _) if errors > 0 => format!(
            "{errors} of the {now} line(s) that the program wrote to {group} in the window are errors, and none tells an exception or where it arose"
        ),
        (now, _) => {
            format!("none of the {now} line(s) that the program wrote to {group} in the window speaks of a failure")
        }
    };
    Some(gap(
        format!("an application log line or stack trace of what failed in {}", case.name()),
        why,
        "log each failed request with its error and stack trace; check the log level and, for a function, its logging configuration (ApplicationLogLevel)",
        undecided,
    ))
}

/// Whether something is known to fail that a program could have logged.
fn is_failing(case: &Case<'_>, hypothesis: &Hypothesis<'_>) -> bool {
    let counted = case.sum("Errors").or_else(|| case.server_errors().map(|series| series.window.sum));
    // What fails before it reaches the program is nothing that it could log.
    let unreached = matches!(hypothesis.diagnosis, Diagnosis::Service(ServiceFault::Edge(_)));
    hypothesis.cause.verdict != Verdict::NoFault && !unreached && counted.is_none_or(|counted| counted > 0.0)
}

/// How lines begin that Lambda writes, and no program.
fn is_platform(line: &str) -> bool {
    const PLATFORM: [&str; 8] =
        ["START ", "END ", "REPORT ", "INIT_START", "INIT_REPORT", "RESTORE_", "RequestId: ", "EXTENSION"];
    PLATFORM.iter().any(|beginning| line.starts_with(beginning)) || line.contains(" Task timed out after ")
}

fn unread_changes(case: &Case<'_>) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    for (source, why) in case.changes.iter().flat_map(|changes| &changes.fact.unread) {
        let why: String = why.chars().take(160).collect();
        let new = gap(
            format!("changes known from {}", source.word()),
            why,
            "allow the investigator's role to read them",
            false,
        );
        if !gaps.contains(&new) {
            gaps.push(new);
        }
    }
    gaps
}

fn undecided_change(case: &Case<'_>, hypothesis: &Hypothesis<'_>) -> Option<Gap> {
    let onset = hypothesis.cause.onset.filter(|_| hypothesis.cause.verdict == Verdict::Fault)?;
    let ChangeVerdict::Undecided(change) = case.change_verdict(onset, !hypothesis.fresh) else { return None };
    Some(gap(
        format!("whether {} at {} introduced the fault", change.action, change.at),
        "no load of the baseline shows how it fared before that",
        "compare the code or settings of before with those of now, or replay a failing request against the earlier version",
        false,
    ))
}

/// Which requests set the fault off, where it is requests that do.
fn requests(case: &Case<'_>, hypothesis: &Hypothesis<'_>) -> Option<Gap> {
    let by_request = match &hypothesis.diagnosis {
        Diagnosis::Defect(defect) => !defect.at_start && defect.unset.is_none(),
        Diagnosis::Exhausted(_) | Diagnosis::Overdue(_) => true,
        _ => false,
    };
    let source = match case.behind_api() {
        Some(true) => "API Gateway's access logs",
        _ => "the caller's own logs",
    };
    by_request.then(|| {
        gap(
            "which requests, and whose, set it off",
            format!("no access log was among the evidence, and it is not known whether {source} exist"),
            "switch on access logs with path, status and request id, or log them in the handler",
            false,
        )
    })
}

fn no_baseline(case: &Case<'_>) -> Option<Gap> {
    (case.baseline_count() == Some(0)).then(|| {
        gap(
            "normal behaviour to compare with",
            format!("the {} was not used in the baseline", case.noun()),
            "compare with a span in which it is known to have worked",
            false,
        )
    })
}
