//! The plan for an unreachable dependency: code where the host is written into it, the setting where it comes from there.

use marple_case::{Action, ActionKind, MitigationPlan, mitigation::Phases};

use super::{
    answered, clients, empty, service, spec,
    step::{
        action, alarm_quiet, by_hand, code_change, lambda, log_quiet, note_settings, quoted, run, structured_logs,
        updated,
    },
};
use crate::{
    modes::dependency::{Origin, Unreachable, is_database_at_fault, setting::Exchange},
    reading::{Case, failure::Failure, load::is_service},
    source::CodeLine,
};

/// The plan.
pub(crate) fn plan(case: &Case<'_>, unreachable: &Unreachable<'_>) -> MitigationPlan {
    let mut plan = empty();
    let phrase = unreachable.host.clone().unwrap_or_else(|| unreachable.logged.message.to_owned());
    let mut at_once = service::stale::immediate(case, unreachable);
    at_once.extend(clients::immediate(case, unreachable));
    match &unreachable.origin {
        _ if !at_once.is_empty() => {
            plan.immediate = at_once;
            if unreachable.logged.failure != Failure::ConnectionLimit {
                plan.follow_up.extend(look(case, unreachable));
            }
        }
        Origin::Code { line, unused } => {
            plan.no_immediate_action = Some(in_code(line, unused.map(|variable| variable.name.as_str())));
            plan.spec = Some(specification(case, unreachable, line, unused.map(|variable| variable.name.as_str())));
            plan.follow_up.push(code_change(
                format!("Take the host from the environment instead of {}", line.place()),
                case,
                &phrase,
            ));
        }
        Origin::Fallback { line, variable } => {
            plan.immediate.push(environment(case, variable, &phrase));
            plan.spec = Some(specification(case, unreachable, line, Some(variable)));
            plan.follow_up.push(code_change(format!("Fail at start where {variable} is not set"), case, &phrase));
        }
        Origin::Environment { .. } if unreachable.setting.is_some() => {
            plan.immediate.extend(unreachable.setting.as_ref().map(|setting| put_back(case, setting, &phrase)));
            plan.follow_up.extend(look(case, unreachable));
        }
        Origin::Environment { variable, .. }
            if matches!(unreachable.logged.failure, Failure::HostNotFound { .. }) && !unreachable.worked =>
        {
            plan.immediate.push(environment(case, &variable.name, &phrase));
        }
        Origin::Environment { .. } | Origin::Unseen
            if matches!(unreachable.logged.failure, Failure::Certificate { .. } | Failure::Upstream { .. }) =>
        {
            answered::fill(case, unreachable, &mut plan);
        }
        Origin::Environment { .. } | Origin::Unseen => {
            plan.no_immediate_action = Some(not_shown(unreachable));
            plan.follow_up.extend(look(case, unreachable));
        }
    }
    plan.prevention = vec![
        "Check at start that every required setting is there, and that its host resolves.".to_owned(),
        "Test the deployment with one request that uses each dependency.".to_owned(),
        structured_logs(),
    ];
    if unreachable.logged.failure == Failure::ConnectionLimit {
        clients::follow_up(case, unreachable, &mut plan);
    }
    plan
}

fn in_code(line: &CodeLine<'_>, unused: Option<&str>) -> String {
    let setting = match unused {
        Some(variable) => format!(
            "{variable} in the environment is right already and is not read, so changing the environment would change nothing"
        ),
        None => "no setting reaches it".to_owned(),
    };
    format!(
        "The host is a constant of the code ({}): {setting}, and nothing shows an earlier revision without it. The code has to be changed and deployed.",
        line.place()
    )
}

fn not_shown(unreachable: &Unreachable<'_>) -> String {
    match is_database_at_fault(unreachable) {
        true => "The database's own state has to be settled first; what brought it there is not shown, so no command is proposed blindly.".to_owned(),
        false if unreachable.logged.failure == Failure::Unauthenticated => "What the program presents is no longer accepted. Valid credentials have to come from whoever issues them, and where the program takes them from is not shown whole: nothing is set blindly.".to_owned(),
        false if unreachable.worked && matches!(unreachable.logged.failure, Failure::HostNotFound { .. }) => "The name resolved in the baseline, with the same setting: it was taken away, or its zone is not asked any more. Whoever owns the name has to bring it back; another value of the setting would hide that.".to_owned(),
        false => "Why the host does not take the connection is not shown, so no change of the network, of credentials or of the host is proposed blindly.".to_owned(),
    }
}

/// What a stack does to a setting that was changed by hand.
const OWNED: &str = "a stack that owns the function undoes the change at its next update, so change the template too";

/// Sets a variable. `--environment` replaces all variables: hence a file that is made by hand.
fn environment(case: &Case<'_>, variable: &str, phrase: &str) -> Action {
    if is_service(case) {
        return in_task_definition(case, variable);
    }
    let mut check = vec![updated(case)];
    check.extend(log_quiet(case, phrase));
    check.extend(alarm_quiet(case));
    let names = "--query 'keys(Environment.Variables)' --output text";
    let file = |file: &str| lambda(case, "update-function-configuration", &format!("--environment file://{file}"));
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
                    "From the deployment's own template, write environment.json with all present variables and the right {variable}, and environment-before.json with the present ones."
                ),
                "both files hold every variable",
            ),
        ],
        pre_validate: vec![by_hand(
            format!("Make sure of the right value of {variable}, and that the host in it resolves."),
            "an address",
        )],
        apply: vec![run(
            format!("Set the environment with the right {variable}. This replaces all variables at once."),
            file("environment.json"),
            "LastUpdateStatus Successful",
        )],
        post_validate: check,
        rollback: vec![run(
            "Set the earlier environment again.",
            file("environment-before.json"),
            "LastUpdateStatus Successful",
        )],
    };
    action(
        format!("Set {variable} to the right host"),
        ActionKind::Configuration,
        false,
        phases,
        format!("A variable that is left out of the file is lost; {OWNED}."),
    )
}

/// Puts a variable back to the value that a published version keeps. The version keeps the other variables, too.
fn put_back(case: &Case<'_>, setting: &Exchange<'_>, phrase: &str) -> Action {
    let (variable, version) = (&setting.variable.name, &setting.version.version);
    let mut put_back = environment(case, variable, phrase);
    let names = format!("--qualifier {} --query 'keys(Environment.Variables)' --output text", quoted(version));
    put_back.title = format!("Set {variable} back to {}", setting.before);
    put_back.phases.prepare.retain(|step| step.command.is_some());
    put_back.phases.prepare.extend([
        run(
            format!("List the names of the variables of version {version}, which keeps the earlier value."),
            lambda(case, "get-function-configuration", &names),
            "the same names as of the present ones; whatever is new since then is kept",
        ),
        by_hand(
            format!(
                "Write the present variables to environment-before.json, and the same with {variable}={} to environment.json (the form is {{\"Variables\": {{…}}}}); version {version} and the stack's template hold the values of then.",
                setting.before
            ),
            "both files hold every variable, and differ in this one alone",
        ),
    ]);
    put_back.phases.pre_validate = vec![by_hand(
        format!(
            "Make sure with whoever made the change that {} still serves, and that nothing was moved for good.",
            setting.before
        ),
        "the earlier address takes connections",
    )];
    put_back.risk = format!(
        "What was written to the new address since the change is not at the earlier one. If the change was meant, the new address has to be corrected instead (its name, its port): ask its owner what it listens on. A variable that is left out of the file is lost; {OWNED}."
    );
    put_back
}

/// Sets a variable of a service's task definition.
fn in_task_definition(case: &Case<'_>, variable: &str) -> Action {
    let (prepare, apply) =
        service::new_revision(case, &format!("set {variable} in the container's environment to the right host"));
    let phases = Phases {
        prepare,
        pre_validate: vec![by_hand(
            format!("Make sure of the right value of {variable}, and that the host in it resolves."),
            "an address",
        )],
        apply,
        post_validate: service::settled(case),
        rollback: service::back_to_present(case),
    };
    action(
        format!("Set {variable} to the right host"),
        ActionKind::Configuration,
        false,
        phases,
        "A stack that owns the task definition undoes the change at its next update, so change the template too.",
    )
}

/// What to look at where the other side does not take the connection.
fn look(case: &Case<'_>, unreachable: &Unreachable<'_>) -> Option<Action> {
    let region = quoted(&case.scope.region);
    let mut steps = Vec::new();
    if let Some(function) = case.function.filter(|function| !function.security_group_ids.is_empty()) {
        let groups = function.security_group_ids.iter().map(|group| quoted(group)).collect::<Vec<_>>().join(" ");
        steps.push(run(
            "Read the security groups of the function.",
            format!("aws ec2 describe-security-groups --group-ids {groups} --region {region}"),
            "an outbound rule to the host and port",
        ));
    }
    if let Some(database) = unreachable.database.filter(|database| !database.security_group_ids.is_empty()) {
        let groups = database.security_group_ids.iter().map(|group| quoted(group)).collect::<Vec<_>>().join(" ");
        steps.push(run(
            format!("Read the security groups of {}.", database.id),
            format!("aws ec2 describe-security-groups --group-ids {groups} --region {region}"),
            "an inbound rule from the function's security group on the database's port",
        ));
    }
    if steps.is_empty() {
        let host = unreachable.host.as_deref().unwrap_or("the dependency");
        steps.push(by_hand(
            format!("Check that {host} listens on the port that is called, and what changed there."),
            "the reason for the refusal",
        ));
    }
    let phases = Phases { pre_validate: steps, ..Phases::default() };
    let title = match unreachable.logged.failure {
        Failure::Unauthenticated => "Compare what the program presents with what the other side accepts, and renew it",
        _ => "Find out why the connection is not taken",
    };
    Some(action(title, ActionKind::Observability, false, phases, "None: these steps only read."))
}

fn specification(
    case: &Case<'_>,
    unreachable: &Unreachable<'_>,
    line: &CodeLine<'_>,
    variable: Option<&str>,
) -> marple_case::mitigation::Spec {
    let host = unreachable.host.as_deref().unwrap_or("the host");
    let setting = variable.unwrap_or("an environment variable of the function");
    spec(
        format!(
            "The {} {} connects to {host}, which is written into {}. It has to take the host from {setting}. The line reads: {}",
            case.noun(),
            case.name(),
            line.place(),
            line.text.trim()
        ),
        vec![line.path().to_owned()],
        &[
            format!("WHEN the function connects to this dependency, THE SYSTEM SHALL take the host from {setting}."),
            format!("WHEN {setting} is not set, THE SYSTEM SHALL fail at start with a message that names it, and SHALL NOT fall back to another host."),
            "WHEN a connection fails, THE SYSTEM SHALL log the host, the port and the error, and answer with HTTP status 502 or 503.".to_owned(),
            "THE SYSTEM SHALL limit the time of each connection attempt to well below the function's timeout.".to_owned(),
        ],
        &[
            format!("The text {host} no longer stands in the code."),
            format!("With {setting} set to a test host, that host is called; without it, the start fails and names it."),
        ],
    )
}
