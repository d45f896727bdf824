//! The plan for missing credentials: what took them away is undone. Never a restart: it takes what some processes still hold.

use marple_case::{
    Action, ActionKind, MitigationPlan,
    facts::Change,
    mitigation::{Avoid, Phases, Step},
};

use super::{
    empty,
    service::{new_revision, rollback},
    step::{action, alarm_quiet, by_hand, log_quiet, quoted, run},
};
use crate::{
    modes::no_credentials::{Narrowed, Taken, Uncredentialed, names, what_took},
    reading::{Case, Seen, subject::SubjectKind},
};

/// The plan.
pub(crate) fn plan(case: &Case<'_>, without: &Uncredentialed<'_>) -> MitigationPlan {
    let mut plan = empty();
    match &without.taken {
        Some(Taken::Metadata(changes)) => {
            plan.immediate.push(metadata(case, without, changes));
            plan.follow_up.push(hops(case, without, changes));
        }
        Some(Taken::Profile(change) | Taken::Role(change)) => plan.immediate.push(role(case, without, change)),
        Some(Taken::Revision(introduced, _)) => {
            let before = introduced.before.as_ref().filter(|_| introduced.has_target());
            plan.immediate.extend(before.map(|before| rollback(case, before, None)));
        }
        None => {}
    }
    if plan.immediate.is_empty() {
        plan.no_immediate_action = Some(match &without.taken {
            Some(_) => "The revision that had the task role is not shown to be there to go back to.".to_owned(),
            None => {
                "Nothing that was read shows what took the credentials away, so nothing can be undone: find that first."
                    .to_owned()
            }
        });
    }
    if case.kind == SubjectKind::Service {
        plan.avoid.push(Avoid {
            action: format!("Restart the tasks of {} or force a new deployment of what runs", case.name()),
            why:
                "A new process gets no credentials either, and those that still work with what they hold would lose it."
                    .to_owned(),
        });
        if matches!(without.taken, Some(Taken::Metadata(_) | Taken::Profile(_))) {
            plan.follow_up.push(own_role(case, without));
        }
    }
    plan.prevention = vec![
        "Before metadata options, profiles or roles are changed for many, list the programs that take their credentials there (CloudWatch MetadataNoToken of the instances tells who still asks without a token), and change one first, for longer than credentials are kept.".to_owned(),
        "Alarm on the SDK's words for missing credentials in the program's logs: they come before all of its processes fail.".to_owned(),
    ];
    plan
}

/// The same failure is no longer logged, and the alarm is quiet.
fn checks(case: &Case<'_>, without: &Uncredentialed<'_>) -> Vec<Step> {
    let mut steps = log_quiet(case, without.logged.message);
    steps.extend(alarm_quiet(case));
    steps
}

/// `aws ec2 modify-instance-metadata-options` on one instance.
fn modify(case: &Case<'_>, instance: &str, options: &str) -> String {
    format!(
        "aws ec2 modify-instance-metadata-options --instance-id {} {options} --region {}",
        quoted(instance),
        quoted(&case.scope.region)
    )
}

fn instances(changes: &[Seen<'_, Change>]) -> Vec<String> {
    names(changes).into_iter().filter(|name| name.starts_with("i-")).collect()
}

/// Reads the metadata options of the instances.
fn options_of(case: &Case<'_>, instances: &[String]) -> String {
    let ids: Vec<String> = instances.iter().map(|id| quoted(id)).collect();
    format!(
        "aws ec2 describe-instances --instance-ids {} --query 'Reservations[].Instances[].[InstanceId, MetadataOptions.HttpTokens, MetadataOptions.HttpPutResponseHopLimit, MetadataOptions.HttpEndpoint]' --output text --region {}",
        ids.join(" "),
        quoted(&case.scope.region)
    )
}

/// Undoes the change of metadata options, on the instances that the service's tasks are on.
fn metadata(case: &Case<'_>, without: &Uncredentialed<'_>, changes: &[Seen<'_, Change>]) -> Action {
    let instances = instances(changes);
    let narrowed = changes.first().and_then(|change| Narrowed::by(change.fact));
    let (undone, again, seen) = match narrowed {
        Some(Narrowed::Hops) => {
            ("--http-put-response-hop-limit 2", "--http-put-response-hop-limit 1", "HttpPutResponseHopLimit 2")
        }
        Some(Narrowed::Off) => ("--http-endpoint enabled", "--http-endpoint disabled", "HttpEndpoint enabled"),
        _ => ("--http-tokens optional", "--http-tokens required", "HttpTokens optional"),
    };
    let each = |options: &str, expected: &str| -> Vec<Step> {
        let one = |id: &String| {
            run(
                format!("Set the metadata options of {id}."),
                modify(case, id, options),
                format!("the options of {id} with State pending: {expected}"),
            )
        };
        instances.iter().map(one).collect()
    };
    let mut prepare = Vec::new();
    if !instances.is_empty() {
        prepare.push(run(
            "Note the metadata options of the instances, to be able to go back to them.",
            options_of(case, &instances),
            "a line an instance, as the change left them",
        ));
    }
    let others = others(case, changes);
    if !others.is_empty() {
        prepare.push(by_hand(
            format!(
                "See which tasks without a task role run on the instances that were changed with these ({}): theirs run out as well, and need the same.",
                others.join(", ")
            ),
            "a list of further services, or none",
        ));
    }
    let mut apply = each(undone, seen);
    if apply.is_empty() {
        apply.push(by_hand(
            format!("Set {seen} on the instances that the tasks run on (aws ec2 modify-instance-metadata-options)."),
            seen,
        ));
    }
    let phases = Phases {
        prepare,
        apply,
        post_validate: checks(case, without),
        rollback: each(again, "as the change left them"),
        ..Phases::default()
    };
    action(
        format!("Undo the change of the instances' metadata options ({seen})"),
        ActionKind::Configuration,
        true,
        phases,
        "What the change was to protect from is open again until the program has a role of its own; whoever made it by rule may have it made again: tell them first.",
    )
}

/// Instances that the same caller changed in the same way within the same hour.
fn others(case: &Case<'_>, changes: &[Seen<'_, Change>]) -> Vec<String> {
    let known = names(changes);
    let same = case.all_changes().filter(|other| {
        changes.iter().any(|change| {
            change.action == other.action
                && change.actor == other.actor
                && change.at.duration_since(other.at).abs() <= jiff::SignedDuration::from_hours(1)
        })
    });
    let mut others: Vec<String> = Vec::new();
    for name in same.filter_map(|change| Some(change.resource.as_ref()?.name.clone())) {
        if !known.contains(&name) && !others.contains(&name) {
            others.push(name);
        }
    }
    others
}

/// Tokens, and as far as a container: what keeps the protection.
fn hops(case: &Case<'_>, without: &Uncredentialed<'_>, changes: &[Seen<'_, Change>]) -> Action {
    let instances = instances(changes);
    let one = |id: &String| {
        run(
            format!("Require tokens on {id}, and let them reach containers."),
            modify(case, id, "--http-tokens required --http-put-response-hop-limit 2"),
            "HttpTokens required, HttpPutResponseHopLimit 2",
        )
    };
    let back = |id: &String| {
        run(
            format!("Do without tokens on {id} again."),
            modify(case, id, "--http-tokens optional"),
            "HttpTokens optional",
        )
    };
    let phases = Phases {
        pre_validate: vec![by_hand(
            "See that the program's AWS SDK asks with tokens (IMDSv2).",
            "its version is one that does",
        )],
        apply: instances.iter().map(one).collect(),
        post_validate: checks(case, without),
        rollback: instances.iter().map(back).collect(),
        ..Phases::default()
    };
    action(
        "Require tokens again, with a hop limit of 2, if the program cannot get a role of its own",
        ActionKind::Configuration,
        false,
        phases,
        "Every container on the instance can then take the instance's credentials.",
    )
}

/// A task role: credentials that do not hang on the instance.
fn own_role(case: &Case<'_>, without: &Uncredentialed<'_>) -> Action {
    let (prepare, apply) = new_revision(
        case,
        "set taskRoleArn to a role that ecs-tasks.amazonaws.com may assume and that allows what the program calls",
    );
    let phases = Phases {
        prepare,
        apply,
        post_validate: checks(case, without),
        rollback: super::service::back_to_present(case),
        ..Phases::default()
    };
    action(
        format!("Give {} a task role of its own", case.name()),
        ActionKind::Configuration,
        false,
        phases,
        "A role that lacks a permission which the earlier one had fails with AccessDenied: compare both first.",
    )
}

/// Undoes a change of a role or profile.
fn role(case: &Case<'_>, without: &Uncredentialed<'_>, change: &Seen<'_, Change>) -> Action {
    let of = change.resource.as_ref().map_or("the role", |resource| resource.name.as_str());
    let given = |name: &str| parameter(&change.detail, name);
    let step = match (change.action.as_str(), given("roleName"), given("policyArn"), given("instanceProfileName")) {
        ("DetachRolePolicy", Some(role), Some(policy), _) => run(
            "Attach the policy again.",
            format!("aws iam attach-role-policy --role-name {} --policy-arn {}", quoted(role), quoted(policy)),
            "no output",
        ),
        ("RemoveRoleFromInstanceProfile", Some(role), _, Some(profile)) => run(
            "Put the role into the instance profile again.",
            format!(
                "aws iam add-role-to-instance-profile --instance-profile-name {} --role-name {}",
                quoted(profile),
                quoted(role)
            ),
            "no output",
        ),
        ("UpdateAssumeRolePolicy", ..) => by_hand(
            format!(
                "Set the trust policy of {of} to what it was, from its template (aws iam update-assume-role-policy)."
            ),
            "the service that runs the program may assume the role",
        ),
        ("DeleteRole", ..) => by_hand(
            format!("Make the role {of} again from its template, with its trust policy and its policies."),
            "the role is there, under the same name",
        ),
        _ => by_hand(
            format!(
                "Undo {}: associate the instance with the profile that it had (aws ec2 associate-iam-instance-profile).",
                change.action
            ),
            "the association is there",
        ),
    };
    let phases = Phases {
        apply: vec![step],
        post_validate: checks(case, without),
        rollback: vec![by_hand(format!("Make the change ({}) again.", change.action), "as it is now")],
        ..Phases::default()
    };
    let title = format!("Undo {}", what_took(without).unwrap_or_else(|| change.action.clone()));
    action(
        title,
        ActionKind::Configuration,
        false,
        phases,
        "Whoever made the change had a reason: ask before, and undo it in the template too, or the next deployment makes it again.",
    )
}

/// The value of a parameter of a call, as the time line of changes writes it: `name=value, …`.
fn parameter<'d>(detail: &'d str, name: &str) -> Option<&'d str> {
    let mut parts = detail.split(", ").filter_map(|part| part.split_once('='));
    parts.find(|(key, _)| *key == name).map(|(_, value)| value).filter(|value| !value.starts_with('<'))
}
