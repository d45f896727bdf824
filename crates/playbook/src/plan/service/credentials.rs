//! Plans for credentials that were never given, and for secrets that cannot be read at a task's start. No value is ever shown.

use marple_case::{Action, ActionKind, MitigationPlan, mitigation::Phases};
use serde_json::json;

use super::{back_to_present, code_change, guards, new_revision, rollback, settled};
use crate::{
    modes::service::{
        credentials::Missing,
        secret::{Reason, Unreadable, base_arn, role_name},
    },
    plan::{
        empty, spec,
        step::{action, by_hand, quoted, run},
    },
    reading::Case,
};

/// Missing credentials: injected from the secret, which the execution role may read.
pub(crate) fn missing(case: &Case<'_>, missing: &Missing<'_>) -> MitigationPlan {
    let mut plan = empty();
    let before = missing.introduced.as_ref().filter(|one| one.has_target()).and_then(|one| one.before.as_ref());
    if let Some(before) = before {
        plan.immediate.push(rollback(
            case,
            before,
            (before.image_exists != Some(true)).then(|| "Its image was not seen in the repository.".to_owned()),
        ));
    }
    let (user, password) = names(&missing.variable.name);
    match missing.secret {
        Some(secret) => plan.immediate.push(inject(case, missing, &secret.arn, &user, &password)),
        None if plan.immediate.is_empty() => {
            plan.no_immediate_action = Some("No secret with the credentials was found; the database's owner has to name one before it can be injected.".to_owned());
        }
        None => {}
    }
    plan.follow_up.push(code_change(
        case,
        "Fail at start where a required setting is missing, and log the error of each failed request",
    ));
    plan.spec = Some(spec(
        format!(
            "The ECS service {} reads {} and has no credentials for that database; it answers with 5xx and logs nothing.",
            case.name(),
            missing.variable.name
        ),
        Vec::new(),
        &[
            format!(
                "WHEN {}, {user} or {password} is not set, THE SYSTEM SHALL end at its start with a message that names the variable.",
                missing.variable.name
            ),
            "WHEN a request fails, THE SYSTEM SHALL log the error, the path and the status, and never a credential."
                .to_owned(),
            "WHEN the database cannot be used, THE SYSTEM SHALL answer a deep health check with HTTP status 503."
                .to_owned(),
        ],
        &[
            format!("Started without {password}, the program ends and names it."),
            "A request that fails leaves one log line with its error.".to_owned(),
        ],
    ));
    plan.prevention = vec![
        "Smoke-test each deployment with one request that uses the database.".to_owned(),
        "Alarm on DatabaseConnections at zero while requests come.".to_owned(),
    ];
    plan.prevention.extend(guards(case));
    plan
}

/// The names of the variables for user and password, after the name of the host's: `DB_HOST` has `DB_USER` and `DB_PASSWORD`.
fn names(host: &str) -> (String, String) {
    match host.rsplit_once('_') {
        Some((stem, _)) => (format!("{stem}_USER"), format!("{stem}_PASSWORD")),
        None => ("DB_USER".to_owned(), "DB_PASSWORD".to_owned()),
    }
}

fn inject(case: &Case<'_>, missing: &Missing<'_>, arn: &str, user: &str, password: &str) -> Action {
    let change = format!(
        "add to the container {} under secrets: {{\"name\": \"{user}\", \"valueFrom\": \"{arn}:username::\"}} and {{\"name\": \"{password}\", \"valueFrom\": \"{arn}:password::\"}}",
        missing.container.name
    );
    let (mut prepare, apply_revision) = new_revision(case, &change);
    prepare.push(by_hand("Make sure of the names of the variables that the program reads and of the keys in the secret (username and password are those that RDS and CloudFormation write).", "both names, without showing a value"));
    let role = missing.definition.fact.execution_role.as_deref();
    let mut apply: Vec<_> = role.map(|role| allow(role, arn)).into_iter().collect();
    apply.extend(apply_revision);
    let phases = Phases {
        prepare,
        pre_validate: role
            .map(|role| simulate(role, arn, "implicitDeny, or allowed where it may read it already"))
            .into_iter()
            .collect(),
        apply,
        post_validate: role.map(|role| simulate(role, arn, "allowed")).into_iter().chain(settled(case)).collect(),
        rollback: back_to_present(case),
    };
    action(
        format!(
            "Inject {user} and {password} from the secret through the task definition's secrets, and let the execution role read that one secret"
        ),
        ActionKind::Configuration,
        false,
        phases,
        "If a name or key is wrong, new tasks do not start, and the running ones stay: the deployment is then taken back. A stack that owns the task definition undoes it at its next update: change the template too.",
    )
}

fn simulate(role: &str, secret: &str, expected: &str) -> marple_case::mitigation::Step {
    run(
        "Simulate whether the execution role may read the secret.",
        format!(
            "aws iam simulate-principal-policy --policy-source-arn {} --action-names secretsmanager:GetSecretValue --resource-arns {} --query 'EvaluationResults[].EvalDecision' --output text",
            quoted(role),
            quoted(secret)
        ),
        expected,
    )
}

fn allow(role: &str, secret: &str) -> marple_case::mitigation::Step {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": [secret]}],
    });
    run(
        "Let the execution role read this one secret.",
        format!(
            "aws iam put-role-policy --role-name {} --policy-name read-one-secret --policy-document {}",
            quoted(role_name(role)),
            quoted(&policy.to_string())
        ),
        "no output",
    )
}

/// A secret that is marked for deletion is restored: Secrets Manager keeps it for the recovery window.
fn restore(case: &Case<'_>, unreadable: &Unreadable<'_>) -> Option<Action> {
    let arn = unreadable.injected.filter(|_| unreadable.deleted).map(|one| base_arn(&one.value_from))?;
    let (arn, region) = (quoted(arn), quoted(&case.scope.region));
    let phases = Phases {
        pre_validate: vec![
            run(
                "See that it is marked for deletion, and until when it can be restored.",
                format!(
                    "aws secretsmanager describe-secret --secret-id {arn} --query '{{Name: Name, DeletedDate: DeletedDate}}' --region {region}"
                ),
                "a DeletedDate",
            ),
            by_hand("Ask who deleted it, and what for: its value may have been withdrawn on purpose.", "consent"),
        ],
        apply: vec![
            run(
                "Restore it.",
                format!("aws secretsmanager restore-secret --secret-id {arn} --region {region}"),
                "its ARN and name",
            ),
            run("Start the tasks anew.", super::update(case, "--force-new-deployment"), "a new PRIMARY deployment"),
        ],
        post_validate: settled(case),
        rollback: vec![by_hand("Let its owner delete it again, once nothing names it.", "marked for deletion as now")],
        ..Phases::default()
    };
    Some(action(
        format!("Restore the secret {}", unreadable.name()),
        ActionKind::Configuration,
        false,
        phases,
        "If its value was withdrawn on purpose (leaked, replaced), the program must get the new one instead.",
    ))
}

/// A secret that cannot be read.
pub(crate) fn unreadable(case: &Case<'_>, unreadable: &Unreadable<'_>) -> MitigationPlan {
    let mut plan = empty();
    let definition = case.workload.current();
    let role = definition.and_then(|one| one.fact.execution_role.clone());
    let arn = unreadable.injected.map(|one| base_arn(&one.value_from).to_owned()).filter(|arn| arn.starts_with("arn:"));
    if let (Reason::Denied, Some(role), Some(arn)) = (unreadable.reason, role, arn) {
        let phases = Phases {
            pre_validate: vec![simulate(&role, &arn, "implicitDeny")],
            apply: vec![
                allow(&role, &arn),
                run("Start the tasks anew.", super::update(case, "--force-new-deployment"), "a new PRIMARY deployment"),
            ],
            post_validate: std::iter::once(simulate(&role, &arn, "allowed")).chain(settled(case)).collect(),
            rollback: vec![by_hand(
                format!("Take the inline policy read-one-secret off the role {} again.", role_name(&role)),
                "the role's policies as before",
            )],
            ..Phases::default()
        };
        plan.immediate.push(action(
            format!("Let {} read the secret {}", role_name(&role), unreadable.name()),
            ActionKind::Configuration,
            false,
            phases,
            "If the secret's own policy or its KMS key refuses, this does not help: simulate first. Change the template that owns the role too.",
        ));
    }
    if let Some(before) =
        unreadable.introduced.as_ref().filter(|one| one.has_target()).and_then(|one| one.before.as_ref())
    {
        plan.immediate.push(rollback(
            case,
            before,
            (before.image_exists != Some(true))
                .then(|| "That its image exists and its secrets can be read was not seen.".to_owned()),
        ));
    }
    plan.immediate.extend(restore(case, unreadable));
    if plan.immediate.is_empty() {
        let (prepare, apply) = new_revision(case, "name a secret, a key and a version that exist");
        let phases = Phases {
            prepare,
            pre_validate: vec![by_hand(
                "Find the secret that is meant (aws secretsmanager list-secrets), and its keys from its owner.",
                "its ARN",
            )],
            apply,
            post_validate: settled(case),
            rollback: back_to_present(case),
        };
        plan.immediate.push(action(
            "Correct the reference to the secret in the task definition",
            ActionKind::Configuration,
            false,
            phases,
            "A wrong reference keeps new tasks from starting, as now.",
        ));
    }
    plan.prevention = vec!["Check in the pipeline that every secret that a task definition names exists and may be read by its execution role.".to_owned()];
    plan.prevention.extend(guards(case));
    plan
}
