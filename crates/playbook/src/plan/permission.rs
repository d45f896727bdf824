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
    let back = put_back(case, refusal);
    match (refusal.role, &refusal.action, &refusal.resource, refusal.explicit) {
        _ if back.is_some() => plan.immediate.extend(back),
        (Some(role), Some(allowed), Some(resource), false) if refusal.is_of_resource() => {
            plan.immediate.push(allow_in_resource(case, refusal, role, allowed, resource));
        }
        (Some(role), Some(allowed), Some(resource), false) if refusal.is_of_role() => {
            plan.immediate.push(allow(case, refusal, role, allowed, resource));
        }
        (_, _, _, true) => {
            let sort = refusal.refuser.as_deref().unwrap_or("policy");
            plan.no_immediate_action = Some(format!(
                "A {sort} denies the call expressly; an added allow does not help. The policy with the deny has to be found first."
            ));
        }
        (Some(_), Some(_), Some(_), false) => {
            let sort = refusal.refuser.as_deref().unwrap_or("policy");
            plan.no_immediate_action = Some(format!(
                "It is a {sort} that does not allow the call: a permission of the role does not help, and whoever owns that {sort} has to allow it."
            ));
        }
        _ => {
            plan.no_immediate_action = Some("The message does not name role, action and resource all three, so no permission can be granted narrowly; a wide one is not proposed.".to_owned());
        }
    }
    let phases = Phases {
        apply: vec![by_hand(
            format!(
                "Put the permission for {} into the template or module that owns the {}, and deploy it.",
                refusal.what(),
                if refusal.is_of_resource() { "resource's policy" } else { "role" }
            ),
            "the policy in the template equals the one in the account",
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

/// The inline policy of the role that was replaced or deleted between a clean baseline and the first refusal, set as it was. Its text is kept
/// in the template that owns the role, and in CloudTrail's event of the call that set it before.
fn put_back(case: &Case<'_>, refusal: &Refusal<'_>) -> Option<Action> {
    let (role, change) = (refusal.role.filter(|_| refusal.is_of_role())?, refusal.change?);
    let of_role = change.resource.as_ref().is_some_and(|changed| changed.name == role);
    let replaced = change.action.starts_with("PutRolePolicy");
    let named = change.detail.split(", ").find_map(|part| part.strip_prefix("policyName="));
    let policy = named.filter(|_| of_role && (replaced || change.action.starts_with("DeleteRolePolicy")))?;
    let call = |operation: &str, rest: &str| {
        format!("aws iam {operation} --role-name {} --policy-name {}{rest}", quoted(role), quoted(policy))
    };
    let save = match replaced {
        true => run(
            "Save the present policy as policy-present.json.",
            call("get-role-policy", " --query PolicyDocument"),
            format!("the policy as JSON; it does not allow {}", refusal.what()),
        ),
        false => run(
            "Note the role's inline policies.",
            format!("aws iam list-role-policies --role-name {}", quoted(role)),
            format!("a list without {policy}"),
        ),
    };
    let undo = match replaced {
        true => run(
            "Set the present policy again.",
            call("put-role-policy", " --policy-document file://policy-present.json"),
            "no output",
        ),
        false => by_hand(format!("Take the inline policy {policy} off the role {role} again."), "the list as before"),
    };
    let phases = Phases {
        prepare: vec![
            save,
            by_hand(
                format!(
                    "Write policy-before.json: {policy} as it was before {}, from the template that owns the role {role}, or from CloudTrail's event of the earlier PutRolePolicy.",
                    change.at
                ),
                format!("it allows {}", refusal.what()),
            ),
        ],
        pre_validate: vec![by_hand(
            format!("Ask {} what the change was for.", change.actor.as_deref().unwrap_or("whoever made the change")),
            "nothing else relies on the policy as it is now",
        )],
        apply: vec![run(
            format!("Set {policy} of {role} as it was, for {}.", case.name()),
            call("put-role-policy", " --policy-document file://policy-before.json"),
            "no output; it takes effect within seconds",
        )],
        post_validate: log_quiet(case, "AccessDenied").into_iter().chain(alarm_quiet(case)).collect(),
        rollback: vec![undo],
    };
    let mut back = action(
        format!("Put the policy {policy} of {role} back to what it was before {}", change.at),
        ActionKind::Configuration,
        false,
        phases,
        "The policy is replaced as a whole: what the change added is lost. The stack that owns the role should hold the same text.",
    );
    back.unverified = Some("The earlier text of the policy is not among the evidence.".to_owned());
    Some(back)
}

/// A statement in the policy of the refused resource itself.
fn allow_in_resource(case: &Case<'_>, refusal: &Refusal<'_>, role: &str, allowed: &str, resource: &str) -> Action {
    let (read, write) = policy_commands(case, resource);
    let mut prepare = vec![match read {
        Some(command) => {
            run("Save the resource's present policy as policy-before.json.", command, "the policy as JSON")
        }
        None => by_hand("Save the resource's present policy as policy-before.json.", "the policy as JSON"),
    }];
    prepare.push(by_hand(
        format!(
            "Write policy.json: the same with one statement that allows {allowed} to the role {role}. Keep all that stands in it: the policy is replaced as a whole."
        ),
        "policy.json differs from policy-before.json by that statement only",
    ));
    let put = |text: String, file: &str| match &write {
        Some(command) => run(text, format!("{command}{file}"), "no output"),
        None => by_hand(text, "the policy as written"),
    };
    let mut check = log_quiet(case, "AccessDenied");
    check.extend(alarm_quiet(case));
    let phases = Phases {
        prepare,
        apply: vec![put(format!("Allow {allowed} to {role} in the resource's own policy."), "policy.json")],
        post_validate: check,
        rollback: vec![put("Set the earlier policy again.".to_owned(), "policy-before.json")],
        ..Phases::default()
    };
    action(
        format!("Allow {role} {} in the resource's own policy", refusal.what()),
        ActionKind::Configuration,
        false,
        phases,
        "A policy that is replaced without its other statements locks others out, in the case of a key for good: compare both files.",
    )
}

/// The commands that read a resource's policy and write it from a file, where the AWS CLI has them: the file's name goes to the end.
fn policy_commands(case: &Case<'_>, arn: &str) -> (Option<String>, Option<String>) {
    let region = quoted(&case.scope.region);
    let named = quoted(arn);
    match arn.split(':').nth(2) {
        Some("kms") => (
            Some(format!(
                "aws kms get-key-policy --key-id {named} --policy-name default --output text --region {region}"
            )),
            Some(format!(
                "aws kms put-key-policy --key-id {named} --policy-name default --region {region} --policy file://"
            )),
        ),
        Some("secretsmanager") => (
            Some(format!(
                "aws secretsmanager get-resource-policy --secret-id {named} --query ResourcePolicy --output text --region {region}"
            )),
            Some(format!(
                "aws secretsmanager put-resource-policy --secret-id {named} --region {region} --resource-policy file://"
            )),
        ),
        Some("s3") => {
            let bucket = arn.rsplit(':').next().unwrap_or_default();
            let bucket = quoted(bucket.split('/').next().unwrap_or_default());
            (
                Some(format!("aws s3api get-bucket-policy --bucket {bucket} --query Policy --output text")),
                Some(format!("aws s3api put-bucket-policy --bucket {bucket} --policy file://")),
            )
        }
        _ => (None, None),
    }
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
