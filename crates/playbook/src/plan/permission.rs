//! The plan for a refused call: one action on one resource is allowed, nothing more.

use marple_case::{Action, ActionKind, MitigationPlan, mitigation::Phases};
use serde_json::json;

use super::{
    empty,
    step::{action, alarm_quiet, by_hand, log_quiet, quoted, run},
};
use crate::{modes::permission::Refusal, reading::Case};

/// The plan.
pub(crate) fn plan(case: &Case<'_>, refusal: &Refusal<'_>) -> MitigationPlan {
    let mut plan = empty();
    match (refusal.role, &refusal.action, &refusal.resource, refusal.explicit) {
        (Some(role), Some(allowed), Some(resource), false) => {
            plan.immediate.push(allow(case, refusal, role, allowed, resource));
        }
        (_, _, _, true) => {
            plan.no_immediate_action = Some("A policy denies the call expressly; an added allow does not help. The policy with the deny has to be found first.".to_owned());
        }
        _ => {
            plan.no_immediate_action = Some("The message does not name role, action and resource all three, so no permission can be granted narrowly; a wide one is not proposed.".to_owned());
        }
    }
    let phases = Phases {
        apply: vec![by_hand(
            format!(
                "Put the permission for {} into the template or module that owns the role, and deploy it.",
                refusal.what()
            ),
            "the role's policy in the template equals the one in the account",
        )],
        rollback: vec![by_hand("Deploy the earlier template.", "the earlier policy")],
        ..Phases::default()
    };
    plan.follow_up.push(action(
        "Keep the permission in the infrastructure's code",
        ActionKind::Configuration,
        false,
        phases,
        "A change by hand is undone by the next deployment.",
    ));
    plan.prevention = vec![
        "Simulate the calls of the code against the role's policies in the pipeline (iam simulate-principal-policy)."
            .to_owned(),
        "Alarm on AccessDenied in the program's logs.".to_owned(),
    ];
    plan
}

fn allow(case: &Case<'_>, refusal: &Refusal<'_>, role: &str, allowed: &str, resource: &str) -> Action {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": [allowed], "Resource": [resource]}],
    });
    let name = format!("allow-{}", allowed.replace(':', "-").replace('*', "all"));
    let of_tasks = || case.workload.current().and_then(|one| one.fact.task_role.clone());
    let role_arn = case.function.map(|function| function.fact.role.clone()).or_else(of_tasks).unwrap_or_default();
    let simulate = format!(
        "aws iam simulate-principal-policy --policy-source-arn {} --action-names {} --resource-arns {} --query 'EvaluationResults[].EvalDecision' --output text",
        quoted(&role_arn),
        quoted(allowed),
        quoted(resource)
    );
    let mut check = vec![run("Simulate the call.", simulate.clone(), "allowed")];
    check.extend(log_quiet(case, "AccessDenied"));
    check.extend(alarm_quiet(case));
    let list = format!("aws iam list-role-policies --role-name {}", quoted(role));
    let put = format!(
        "aws iam put-role-policy --role-name {} --policy-name {} --policy-document {}",
        quoted(role),
        quoted(&name),
        quoted(&policy.to_string())
    );
    let phases = Phases {
        prepare: vec![run("Note the role's inline policies.", list, format!("a list without {name}"))],
        pre_validate: vec![run("Simulate the call.", simulate, "implicitDeny")],
        apply: vec![run(format!("Allow {allowed} on this one resource."), put, "no output")],
        post_validate: check,
        rollback: vec![by_hand(
            format!("Take the inline policy {name} off the role {role} again."),
            format!("a list without {name}"),
        )],
    };
    action(
        format!("Allow {role} {}", refusal.what()),
        ActionKind::Configuration,
        false,
        phases,
        "Everything that runs as this role gains the permission. If a resource policy, a boundary or a service control policy refuses, this does not help: simulate first.",
    )
}
