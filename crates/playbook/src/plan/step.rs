//! Steps that plans share: AWS CLI commands with the real names, and what one sees when they worked.

use marple_case::{
    Action, ActionKind,
    mitigation::{Phases, Step},
};

use crate::reading::Case;

/// A step with a command.
pub(crate) fn run(text: impl Into<String>, command: String, expected: impl Into<String>) -> Step {
    Step { text: text.into(), command: Some(command), expected: Some(expected.into()) }
}

/// A step for a person.
pub(crate) fn by_hand(text: impl Into<String>, expected: impl Into<String>) -> Step {
    Step { text: text.into(), command: None, expected: Some(expected.into()) }
}

/// A word for a POSIX shell: quoted where it needs to be.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// `aws lambda OPERATION --function-name NAME …`, with the region.
pub(crate) fn lambda(case: &Case<'_>, operation: &str, rest: &str) -> String {
    let name = quoted(case.name());
    let rest = if rest.is_empty() { String::new() } else { format!(" {rest}") };
    format!("aws lambda {operation} --function-name {name}{rest} --region {}", quoted(&case.scope.region))
}

/// Saves the present settings; shows no value of the environment.
pub(crate) fn note_settings(case: &Case<'_>) -> Step {
    let query = "--query '{Timeout: Timeout, MemorySize: MemorySize, Handler: Handler, CodeSha256: CodeSha256, RevisionId: RevisionId}'";
    run(
        "Note the present settings, to be able to go back to them.",
        lambda(case, "get-function-configuration", query),
        "the settings that the evidence shows; if they differ, someone has changed them since: stop and look again",
    )
}

/// Waits for an update of the function to take effect.
pub(crate) fn updated(case: &Case<'_>) -> Step {
    run(
        "See that the update has taken effect.",
        lambda(case, "get-function-configuration", "--query LastUpdateStatus --output text"),
        "Successful",
    )
}

/// The alarm went back to OK.
pub(crate) fn alarm_quiet(case: &Case<'_>) -> Vec<Step> {
    let alarm = case.alarm().map(|alarm| alarm.name.clone()).or_else(|| case.scope.alarm.clone());
    let step = alarm.map(|alarm| {
        let command = format!(
            "aws cloudwatch describe-alarms --alarm-names {} --query 'MetricAlarms[0].StateValue' --output text --region {}",
            quoted(&alarm),
            quoted(&case.scope.region)
        );
        run("Watch the alarm over its evaluation periods, with traffic.", command, "OK")
    });
    step.into_iter().collect()
}

/// A part of a phrase without quotation marks and back-slashes, which a filter pattern would have to escape: the first one that tells something, since
/// a program's own words stand in front and what a request said behind; else the longest.
fn plain_part(phrase: &str) -> String {
    /// Characters that are enough to search for.
    const TELLING: usize = 16;
    let parts = || phrase.split(['"', '\'', '\\']);
    let telling = parts().find(|part| part.trim().chars().count() >= TELLING);
    let part = telling.or_else(|| parts().max_by_key(|part| part.chars().count())).unwrap_or_default();
    let words: String = part.chars().take(60).collect();
    let whole = words.len() == part.len();
    let end = if whole { words.len() } else { words.rfind(' ').unwrap_or(words.len()) };
    words.get(..end).unwrap_or_default().trim().to_owned()
}

/// A phrase no longer stands in the function's logs.
pub(crate) fn log_quiet(case: &Case<'_>, phrase: &str) -> Vec<Step> {
    let term = plain_part(phrase);
    let step = case.log_group().map(|group| {
        let command = format!(
            "aws logs filter-log-events --log-group-name {} --filter-pattern '\"{}\"' --start-time {} --region {}",
            quoted(&group),
            term,
            case.scope.now.as_millisecond(),
            quoted(&case.scope.region)
        );
        run("Look for the failure in the logs written since.", command, "no event that is later than the change")
    });
    step.into_iter().collect()
}

/// An action with its phases to fill in.
pub(crate) fn action(
    title: impl Into<String>,
    kind: ActionKind,
    temporary: bool,
    phases: Phases,
    risk: impl Into<String>,
) -> Action {
    Action { title: title.into(), kind, temporary, rollback_to: None, unverified: None, phases, risk: risk.into() }
}

/// The follow-up that carries out the specification.
pub(crate) fn code_change(title: impl Into<String>, case: &Case<'_>, phrase: &str) -> Action {
    let mut check = log_quiet(case, phrase);
    check.extend(alarm_quiet(case));
    let phases = Phases {
        apply: vec![by_hand(
            "Carry out the specification below, review it, and deploy it through the usual pipeline.",
            "the deployment succeeds",
        )],
        post_validate: check,
        rollback: vec![by_hand("Deploy the present revision again.", "the function behaves as it does today")],
        ..Phases::default()
    };
    action(
        title,
        ActionKind::CodeChange,
        false,
        phases,
        "A change of behaviour for callers that rely on the present one; test it before it is deployed.",
    )
}

/// Requests through API Gateway end after this long, whatever the function may do.
pub(crate) fn gateway_limit(case: &Case<'_>) -> &'static str {
    match case.behind_api() {
        Some(true) => {
            "Requests seem to come through API Gateway, whose own integration timeout is 29 s (29,000 ms) by default: callers that wait longer get a 504 whatever the function's timeout is."
        }
        _ => {
            "If requests come through API Gateway, its own integration timeout of 29 s (29,000 ms) by default ends them with a 504 whatever the function's timeout is."
        }
    }
}

/// What would have announced a fault of this kind.
pub(crate) fn structured_logs() -> String {
    "Write one structured log line a request, with its kind, outcome and duration, so that the failing requests can be told from the others.".to_owned()
}
