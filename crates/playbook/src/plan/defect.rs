//! The plan for a defect of the program.

use marple_case::{ActionKind, MitigationPlan, mitigation::Phases};

use super::{
    empty, redrive, rollback, spec,
    step::{
        action, alarm_quiet, by_hand, code_change, lambda, log_quiet, note_settings, run, structured_logs, updated,
    },
};
use crate::{
    modes::exception::Defect,
    reading::{
        Case,
        failure::Failure,
        input::{self, Sender},
    },
    source::provenance::property_in,
};

/// The plan.
pub(crate) fn plan(case: &Case<'_>, defect: &Defect<'_>) -> MitigationPlan {
    let mut plan = empty();
    let phrase = defect.logged.message;
    match (defect.unset, defect.change) {
        (Some(variable), _) => plan.immediate.push(set_variable(case, variable, phrase)),
        (None, Some(change)) => plan.immediate.push(rollback::before(case, change, phrase)),
        (None, None) if redrive::helps(case, defect) => plan.immediate.extend(redrive::plan(case)),
        (None, None) => plan.no_immediate_action = Some(nothing_helps(case, defect)),
    }
    plan.spec = Some(specification(case, defect));
    if let Some(sender) = &defect.sender {
        plan.follow_up.push(upstream(sender));
    }
    plan.follow_up.push(code_change(title(case, defect), case, phrase));
    if let Some(source) = case.fed_by() {
        plan.prevention.push(format!(
            "Report failed messages alone (ReportBatchItemFailures), give {source} a limit of receives or retries and a place for what fails (dead-letter queue, on-failure destination), and alarm on it."
        ));
    }
    plan.prevention.extend([
        "Test the handler with requests that lack a body, lack fields, or are malformed.".to_owned(),
        structured_logs(),
    ]);
    plan
}

fn title(case: &Case<'_>, defect: &Defect<'_>) -> String {
    let place = defect.place.as_ref().map(|place| format!(" in {} line {}", place.location.file, place.location.line));
    let place = place.unwrap_or_default();
    match defect.provenance.as_ref().and_then(|value| value.request.as_deref()) {
        Some(path) if case.fed_by().is_some() || case.behind_api() != Some(true) => {
            format!("Check {path} before it is used{place}, and reject what is incomplete in the caller's own way")
        }
        Some(path) => format!("Check {path} before it is used{place}, and answer a bad request with 400"),
        None => format!("Handle {}{place}", defect.logged.class),
    }
}

/// What the sender can do: no command, since it is not known whether its other receivers rely on what is new.
fn upstream(sender: &Sender<'_>) -> marple_case::Action {
    let name = input::named(&sender.change).unwrap_or("the sender");
    let phases = Phases {
        pre_validate: vec![by_hand(
            format!("Ask the owner of {name} who else receives what it sends, and who relies on its new form."),
            "the receivers by name",
        )],
        apply: vec![by_hand(
            format!(
                "Let {name} send the earlier form beside the new one, or go back to its version from before {}, until every receiver takes the new one.",
                sender.change.at
            ),
            "new events hold what this function reads",
        )],
        ..Phases::default()
    };
    action(
        format!("Agree with the owner of {name} on the form of what it sends"),
        ActionKind::CodeChange,
        false,
        phases,
        "Receivers that read the new form already would miss it.",
    )
}

fn nothing_helps(case: &Case<'_>, defect: &Defect<'_>) -> String {
    let unchanged = match case.own_changes().iter().any(|change| change.at <= defect.logged.first) {
        false => "No change of the function before the first failure is known, so there is nothing to roll back",
        true => "No change is linked to the failure, so a rollback is not shown to help",
    };
    let setting = "no setting of the function (memory, timeout, concurrency) changes how the code treats this input";
    let served = case.invocations().is_some_and(|all| all.count > defect.logged.count);
    let others = if served { " Other requests are served." } else { "" };
    format!("{unchanged}; {setting}.{others} The code has to be changed.")
}

/// Sets the variable that the code needs. Its value is not in the evidence, and `--environment` replaces all variables: hence a file.
fn set_variable(case: &Case<'_>, variable: &str, phrase: &str) -> marple_case::Action {
    let mut check = vec![updated(case)];
    check.extend(log_quiet(case, phrase));
    check.extend(alarm_quiet(case));
    let names = "--query 'keys(Environment.Variables)' --output text";
    let phases = Phases {
        prepare: vec![
            note_settings(case),
            run(
                "List the names of the present variables.",
                lambda(case, "get-function-configuration", names),
                "the names that the evidence shows",
            ),
            by_hand(
                format!(
                    "From the deployment's own template, write environment.json with all present variables and {variable}; keep the file without {variable} as environment-before.json."
                ),
                "both files hold every present variable",
            ),
        ],
        pre_validate: vec![by_hand(
            format!("Make sure of the value of {variable}, from the template or its owner."),
            "a value that the owner confirms",
        )],
        apply: vec![run(
            format!("Set the environment with {variable} added. This replaces all variables at once."),
            lambda(case, "update-function-configuration", "--environment file://environment.json"),
            "LastUpdateStatus InProgress, then Successful",
        )],
        post_validate: check,
        rollback: vec![run(
            "Set the earlier environment again.",
            lambda(case, "update-function-configuration", "--environment file://environment-before.json"),
            "LastUpdateStatus Successful",
        )],
    };
    action(
        format!("Set the environment variable {variable}"),
        ActionKind::Configuration,
        false,
        phases,
        "A variable that is left out of the file is lost; a stack that owns the function will undo the change at its next update, so change the template too.",
    )
}

fn specification(case: &Case<'_>, defect: &Defect<'_>) -> marple_case::mitigation::Spec {
    let place = defect.place.as_ref().map(|place| format!(" at {} line {}", place.location.file, place.location.line));
    let place = place.unwrap_or_default();
    let files = defect.place.iter().map(|place| place.location.file.clone()).collect();
    let headline = defect.logged.headline();
    let context = format!("The Lambda function {} fails with {headline}{place}. {}", case.name(), code_quote(defect));
    let (requirements, acceptance) = match (defect.unset, request(defect)) {
        (Some(variable), _) => (
            vec![
                format!(
                    "WHEN {variable} is not set, THE SYSTEM SHALL fail at start with a message that names {variable}."
                ),
                format!("WHEN {variable} is set, THE SYSTEM SHALL use its value as before."),
            ],
            vec![
                format!("A start without {variable} logs one line that names it."),
                "A start with it serves requests.".to_owned(),
            ],
        ),
        (None, Some(path)) => for_request(path, defect),
        (None, None) => (
            vec![
                format!(
                    "WHEN the condition that raises {} arises, THE SYSTEM SHALL handle it and answer with an error that the caller can tell from a fault of the service.",
                    defect.logged.class
                ),
                "WHEN an error is handled, THE SYSTEM SHALL log one line with its cause and the request id.".to_owned(),
            ],
            vec![
                format!("A test that raised {headline} passes."),
                "Requests that work today give the same answers.".to_owned(),
            ],
        ),
    };
    spec(context, files, &requirements, &acceptance)
}

fn request<'d>(defect: &'d Defect<'_>) -> Option<&'d str> {
    defect.provenance.as_ref().filter(|_| defect.logged.failure == Failure::Program)?.request.as_deref()
}

fn code_quote(defect: &Defect<'_>) -> String {
    let line = defect.place.as_ref().and_then(|place| place.line);
    line.map(|line| format!("The line reads: {}", line.text.trim())).unwrap_or_default()
}

fn for_request(path: &str, defect: &Defect<'_>) -> (Vec<String>, Vec<String>) {
    let wanted = property_in(defect.logged.message);
    let part = wanted.map_or_else(|| "a part that the code reads".to_owned(), |property| format!("'{property}'"));
    (
        vec![
            format!("WHEN {path} is missing or empty, THE SYSTEM SHALL answer with HTTP status 400 (or the event source's own way to reject) and a message that names what is missing."),
            format!("WHEN {path} cannot be parsed, THE SYSTEM SHALL answer with HTTP status 400 and SHALL NOT raise an unhandled exception."),
            format!("WHEN {path} lacks {part}, THE SYSTEM SHALL answer with HTTP status 400 and name it."),
            format!("WHEN {path} is complete, THE SYSTEM SHALL answer as it does today."),
        ],
        vec![
            "A request without a body, with an empty object, and with malformed content each give status 400, and no exception is logged.".to_owned(),
            "The existing tests pass unchanged.".to_owned(),
        ],
    )
}
