//! Plans for what is deployed: a program that crashes, an image that cannot be used, a deployment that does not become stable.

use marple_case::{Action, ActionKind, MitigationPlan, mitigation::Phases};

use super::{
    access_logs, back_to_present, code_change, guards, new_revision, new_revision_of, present, rollback, settled,
};
use crate::{
    modes::service::{
        crash::{
            Crash,
            setting::Setting,
            swapped::{Swapped, short},
        },
        deployment::Unstable,
        image::{Reason, Unusable},
        introduced::Introduced,
        readdressed::Readdressed,
        revised::Revised,
    },
    plan::{
        empty, spec,
        step::{action, by_hand},
    },
    reading::Case,
};

/// A crash: keep the requests away from it, and the code. Back only to what is shown to be from before.
pub(crate) fn crash(case: &Case<'_>, crash: &Crash<'_>) -> MitigationPlan {
    let mut plan = empty();
    if let Some(swapped) = &crash.swapped {
        plan.immediate.push(pin(case, swapped, crash));
    } else if crash.is_configured() {
        let altered = crash.altered();
        configured(case, crash.introduced.as_ref(), crash.setting.as_ref(), altered, &mut plan);
    } else {
        if let Some(before) =
            crash.introduced.as_ref().filter(|one| one.has_target()).and_then(|one| one.before.as_ref())
        {
            let seen = before.image_exists == Some(true)
                && case.baseline_count().is_some_and(|count| count > 0)
                && crash.deliberate.is_none();
            let unverified = (!seen).then(|| "Nothing shows that the image before is free of this code.".to_owned());
            plan.immediate.push(rollback(case, before, unverified));
        }
        let taken_back = crash.introduced.as_ref().filter(|one| one.taken_back);
        plan.no_immediate_action = taken_back.map(back_already);
        if !crash.at_start && !crash.is_unexplained() && taken_back.is_none() {
            plan.immediate.push(keep_away(case, crash));
        }
    }
    if plan.immediate.is_empty() && plan.no_immediate_action.is_none() {
        plan.no_immediate_action = Some(nothing_known(crash).to_owned());
    }
    let place = crash.at_place();
    let title = match crash.deliberate.is_some() {
        true => {
            format!("Remove the deliberate failure{place}, or guard it so that no request in production reaches it")
        }
        false if crash.is_unexplained() => "Log why the program ends, with a stack trace, before it does".to_owned(),
        false if crash.is_configured() => "Check every setting at the start, and name the one that is wrong".to_owned(),
        false => format!("Handle the error{place} without ending the program"),
    };
    plan.follow_up.push(code_change(case, title));
    plan.follow_up.extend(access_logs(case));
    plan.spec = Some(specification(case, crash, &place));
    plan.prevention = vec![
        "Recover from panics at the edge of each request, log the stack trace, and answer 500: one request must not end the program.".to_owned(),
        "Keep test endpoints out of the production build.".to_owned(),
    ];
    if crash.swapped.is_some() {
        plan.prevention.push("Make the repository's tags immutable, or name images by digest.".to_owned());
    }
    plan.prevention.extend(guards(case));
    plan
}

fn nothing_known(crash: &Crash<'_>) -> &'static str {
    match crash.is_unexplained() {
        true => {
            "Why the program ends is not known, and no revision from before is shown to go back to: make its last words visible first."
        }
        false => {
            "The program ends at its start, and no revision from before is shown to go back to: the code or its settings have to be changed."
        }
    }
}

/// An address that a revision changed: back to the revision before, and the right address in a new one.
pub(crate) fn readdressed(case: &Case<'_>, found: &Readdressed<'_>) -> MitigationPlan {
    let mut plan = empty();
    configured(case, Some(&found.introduced), Some(&found.setting), &[], &mut plan);
    let variable = &found.setting.name;
    plan.prevention = vec![
        format!("Let the pipeline show what a revision changes in settings before it is deployed, and try the address that {variable} names from the same subnets."),
        "Let the health check fail while what the program needs cannot be reached at its start, so that a deployment stops by itself.".to_owned(),
    ];
    plan.prevention.extend(guards(case));
    plan
}

/// Settings that a revision took away or changed: back to the revision before, and the setting as it was in a new one.
pub(crate) fn revised(case: &Case<'_>, found: &Revised<'_>) -> MitigationPlan {
    let mut plan = empty();
    let altered: Vec<String> = found.altered.iter().map(|one| one.line.to_owned()).collect();
    let setting = found.setting().filter(|_| altered.len() == 1);
    configured(case, Some(&found.introduced), setting.as_ref(), &altered, &mut plan);
    plan.prevention = vec![
        "Let the pipeline show what a revision changes in settings and secrets before it is deployed.".to_owned(),
        "Check every setting at the start, and let the health check fail where one is empty, so that a deployment stops by itself.".to_owned(),
    ];
    plan.prevention.extend(guards(case));
    plan
}

/// What is configured is at fault: back to the revision before, and the setting mended in a new one.
fn configured(
    case: &Case<'_>,
    introduced: Option<&Introduced<'_>>,
    setting: Option<&Setting<'_>>,
    altered: &[String],
    plan: &mut MitigationPlan,
) {
    let by_revision = setting.is_none_or(|setting| setting.difference.is_some());
    let changed = by_revision || setting.is_some_and(|setting| !setting.is_missing());
    let before = introduced.filter(|one| one.has_target() && changed).and_then(|one| one.before.as_ref());
    plan.immediate.extend(before.map(|before| rollback(case, before, None)));
    let mend = match setting {
        Some(setting) => set_variable(case, introduced, setting),
        None => restore_settings(case, introduced, altered),
    };
    match introduced.filter(|one| one.taken_back) {
        Some(introduced) => {
            plan.no_immediate_action = Some(back_already(introduced));
            plan.follow_up.push(mend);
        }
        None if before.is_some() && by_revision => plan.follow_up.push(mend),
        None => plan.immediate.push(mend),
    }
}

/// Why nothing is to be done at once where ECS has taken a deployment back.
fn back_already(introduced: &Introduced<'_>) -> String {
    let before = introduced.before.as_ref().map_or("what ran before", |before| before.revision.as_str());
    format!(
        "ECS has taken the deployment of {} back by itself: the service runs {before}, which is not affected. What is left is to mend the revision before it is deployed again.",
        introduced.revision
    )
}

/// Back to the image from before, named by its digest, which no push can move.
fn pin(case: &Case<'_>, swapped: &Swapped<'_>, crash: &Crash<'_>) -> Action {
    let name = crate::reading::workload::ImageName::of(swapped.reference);
    let base = swapped.reference.rsplit_once(&format!(":{}", name.tag)).map_or(swapped.reference, |(base, _)| base);
    let (prepare, apply) = new_revision(case, &format!("name the image {base}@{}", swapped.old));
    let phases = Phases {
        prepare,
        pre_validate: vec![crate::plan::step::run(
            "See that the earlier image is still in the repository.",
            format!(
                "aws ecr describe-images --repository-name {} --image-ids imageDigest={} --query 'imageDetails[0].[imagePushedAt, imageTags]' --region {}",
                crate::plan::step::quoted(name.repository),
                swapped.old,
                crate::plan::step::quoted(&case.scope.region)
            ),
            "the time at which it was pushed",
        )],
        apply,
        post_validate: settled(case),
        rollback: back_to_present(case),
    };
    let mut pin = action(
        format!("Go back to the image that ran before, by its digest {}", short(swapped.old)),
        ActionKind::Rollback,
        true,
        phases,
        "Do not stop the tasks that still run the earlier image before the new revision serves.",
    );
    pin.rollback_to = Some(swapped.old.to_owned());
    let predates = swapped.kept.and_then(|image| image.pushed).is_some_and(|pushed| pushed < crash.onset);
    if !predates {
        pin.unverified = Some("That the repository still holds the earlier image was not seen.".to_owned());
    }
    pin
}

fn specification(case: &Case<'_>, crash: &Crash<'_>, place: &str) -> marple_case::mitigation::Spec {
    let what = crash.headline().unwrap_or_else(|| "it ends by itself".to_owned());
    let meant =
        if crash.deliberate.is_some() { " The program's own words say that this is deliberate test code." } else { "" };
    let mut requirements = vec![
        "WHEN a request handler panics or throws, THE SYSTEM SHALL log the stack trace, answer with HTTP status 500, and go on serving.".to_owned(),
    ];
    if crash.deliberate.is_some() {
        requirements.push(
            "WHERE the program runs in production, THE SYSTEM SHALL NOT offer an endpoint that fails on purpose."
                .to_owned(),
        );
    }
    if let Some(setting) = crash.setting.as_ref().filter(|setting| setting.is_missing()) {
        let variable = &setting.name;
        requirements.push(format!(
            "WHEN {variable} is not set, THE SYSTEM SHALL name it in one log line and end with a code other than 0."
        ));
    }
    spec(
        format!("The ECS service {} crashes{place}: {what}.{meant} The source is not among the evidence.", case.name()),
        crash.location().map(|place| place.file).into_iter().collect(),
        &requirements,
        &["A test that sends the failing request gets an answer, and the program serves the next request.".to_owned()],
    )
}

fn keep_away(case: &Case<'_>, crash: &Crash<'_>) -> Action {
    let what =
        crash.path.as_deref().map_or_else(|| "the path that sets it off".to_owned(), |path| format!("the path {path}"));
    let mut steps = Vec::new();
    if crash.path.is_none() {
        steps.push(by_hand("Find that path: the function in the stack trace names the handler; callers' logs or access logs name the requests at the times of the crashes.", "one path"));
    }
    let listeners = case.workload.balancer().map(|balancer| {
        crate::plan::step::run(
            "Find the listener.",
            format!("aws elbv2 describe-listeners --load-balancer-arn {} --query 'Listeners[].[ListenerArn, Protocol, Port]' --output text --region {}", crate::plan::step::quoted(&balancer.arn), crate::plan::step::quoted(&case.scope.region)),
            "the ARN of the listener that takes the requests",
        )
    });
    let phases = Phases {
        prepare: listeners.into_iter().collect(),
        pre_validate: steps,
        apply: vec![by_hand(
            format!(
                "Add a rule to the listener that answers {what} with a fixed response 503 (aws elbv2 create-rule, condition path-pattern, action fixed-response)."
            ),
            "requests to it get 503, and no task ends any more",
        )],
        post_validate: settled(case),
        rollback: vec![by_hand("Take the rule away again.", "requests pass as before")],
    };
    action(
        format!("Block {what} at the load balancer"),
        ActionKind::Traffic,
        true,
        phases,
        "Whoever uses that path rightly is refused; a pattern that is too wide refuses others.",
    )
}

fn set_variable(case: &Case<'_>, introduced: Option<&Introduced<'_>>, setting: &Setting<'_>) -> Action {
    let before = setting.difference.and(introduced).and_then(|introduced| introduced.before.as_ref());
    let (variable, before) = (&setting.name, before.map(|before| before.revision.as_str()));
    let value = before.map_or_else(
        || "to the right value, or in its secrets where its value is one".to_owned(),
        |before| format!("or in its secrets as {before} has it"),
    );
    let title = match before {
        Some(before) => format!("Give {variable} back to the task definition, as {before} has it"),
        None => format!("Set {variable} in the task definition"),
    };
    mended(case, introduced, title, &format!("set {variable} in the container's environment {value}"), variable)
}

/// The settings of the revision before, in a new one.
fn restore_settings(case: &Case<'_>, introduced: Option<&Introduced<'_>>, altered: &[String]) -> Action {
    let title = "Take the change of the settings back in the task definition".to_owned();
    let change = format!("undo what the revision changed, as far as it is not wanted: {}", altered.join("; "));
    mended(case, introduced, title, &change, "each of them")
}

/// A new revision in which what is configured is mended.
fn mended(case: &Case<'_>, introduced: Option<&Introduced<'_>>, title: String, change: &str, what: &str) -> Action {
    let failing = introduced.map(|introduced| introduced.revision.clone());
    let (prepare, apply) = new_revision_of(case, &failing.unwrap_or_else(|| present(case)), change);
    let phases = Phases {
        prepare,
        pre_validate: vec![by_hand(format!("Make sure of the right value of {what}."), "a value from its owner")],
        apply,
        post_validate: settled(case),
        rollback: back_to_present(case),
    };
    action(
        title,
        ActionKind::Configuration,
        false,
        phases,
        "A stack or pipeline that owns the task definition undoes it at its next deployment: change the template too.",
    )
}

/// An unusable image: back to the revision whose image exists, or mend what refuses the pull.
pub(crate) fn image(case: &Case<'_>, unusable: &Unusable<'_>) -> MitigationPlan {
    let mut plan = empty();
    let image = unusable.image.clone().unwrap_or_else(|| "the image".to_owned());
    let target = unusable.introduced.as_ref().filter(|one| one.has_target()).and_then(|one| one.before.clone());
    let taken_back = unusable.introduced.as_ref().filter(|one| one.taken_back);
    let earlier = || crate::modes::service::before(case).filter(|before| before.image_exists != Some(false));
    let target = if taken_back.is_none() { target.or_else(earlier) } else { None };
    let usable = matches!(unusable.reason, Reason::Absent | Reason::Architecture | Reason::Other);
    if let Some(before) = target.filter(|_| usable) {
        let unverified = match before.image_exists {
            Some(true) => None,
            _ => Some("Its image was not seen in the repository.".to_owned()),
        };
        plan.immediate.push(rollback(case, &before, unverified));
    }
    if let Some(introduced) = taken_back {
        plan.no_immediate_action = Some(back_already(introduced));
    }
    if plan.immediate.is_empty() && taken_back.is_none() {
        plan.immediate.push(mend(case, unusable, &image));
    } else {
        plan.follow_up.push(mend(case, unusable, &image));
    }
    plan.prevention = vec![
        "Let the pipeline check that the image that a revision names exists, for the processor that the revision asks for, before it is deployed.".to_owned(),
        "Name images by digest, and keep the lifecycle policy of the repository from expiring images that revisions still name.".to_owned(),
    ];
    plan.prevention.extend(guards(case));
    plan
}

fn mend(case: &Case<'_>, unusable: &Unusable<'_>, image: &str) -> Action {
    let (title, kind, text) = match unusable.reason {
        Reason::Denied => ("Let the execution role pull the image".to_owned(), ActionKind::Configuration, format!("Allow the execution role ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the repository of {image}, in the template that owns the role; look at the repository's own policy too.")),
        Reason::Network => ("Open the way from the tasks' subnets to the registry".to_owned(), ActionKind::Configuration, "Check the subnets' route (NAT gateway, or interface endpoints for ecr.api and ecr.dkr and the S3 gateway endpoint), the endpoints' security groups, and assignPublicIp in public subnets.".to_owned()),
        Reason::RateLimited => ("Pull through a cache".to_owned(), ActionKind::Configuration, "Copy the image to a repository of your own (ECR pull-through cache), and name that in the task definition.".to_owned()),
        Reason::Architecture => (format!("Build the image for {}", unusable.wanted), ActionKind::CodeChange, format!("Build for the platform that the task definition asks for ({}), or for several (docker buildx build --platform linux/amd64,linux/arm64), push it under a new tag, and deploy a revision that names it.", unusable.wanted)),
        Reason::Absent | Reason::Other => ("Push the image, or name one that exists".to_owned(), ActionKind::CodeChange, format!("Find out why {image} was not pushed (the build, the tag, the repository's lifecycle policy); push it, or deploy a revision that names an image that exists.")),
    };
    let phases = Phases {
        apply: vec![by_hand(text, "the image can be pulled and run")],
        post_validate: settled(case),
        rollback: back_to_present(case),
        ..Phases::default()
    };
    action(
        title,
        kind,
        false,
        phases,
        "Until new tasks start, no further task may be lost: do not stop the ones that run.",
    )
}

/// Room for tasks: by who owns the cluster's capacity.
fn make_room(case: &Case<'_>) -> Action {
    let phases = Phases {
        pre_validate: vec![by_hand(
            "Compare what a task asks for (cpu, memory) with what the cluster's instances have left, or with the zones and subnets of the service.",
            "what lacks, and where",
        )],
        apply: vec![by_hand(
            "Add capacity there: a larger group of instances, a capacity provider with managed scaling, on-demand Fargate beside Fargate Spot, or subnets in further zones.",
            "ECS places the tasks, and says that the service has reached a steady state",
        )],
        post_validate: settled(case),
        rollback: vec![by_hand("Take the added capacity away again.", "the capacity as it is today")],
        ..Phases::default()
    };
    action(
        "Make room for the service's tasks",
        ActionKind::Scale,
        false,
        phases,
        "Capacity costs while it stands there.",
    )
}

/// A deployment that does not become stable.
pub(crate) fn unstable(case: &Case<'_>, unstable: &Unstable<'_>) -> MitigationPlan {
    let mut plan = empty();
    let grew = |line: &String| {
        ["memory: ", "cpu: ", "container memory: ", "container cpu: "].iter().any(|what| line.contains(what))
    };
    let larger = case.workload.current().is_some_and(|one| one.fact.differences.iter().any(grew));
    let before = unstable.before.as_ref().filter(|before| before.image_exists != Some(false));
    if let (Some(before), true) =
        (before.filter(|_| unstable.no_place.is_some() && unstable.interrupted.is_none()), larger)
    {
        plan.immediate.push(rollback(case, before, None));
        plan.follow_up.push(make_room(case));
    } else if unstable.no_place.is_some() || unstable.interrupted.is_some() {
        plan.follow_up.push(make_room(case));
        plan.no_immediate_action = Some("There is no place for tasks: what lacks (instances, Fargate capacity in a zone, addresses in a subnet) has to be added by who owns it; no command here can know which.".to_owned());
    } else if let Some(before) = unstable.before.as_ref().filter(|before| before.image_exists != Some(false)) {
        plan.immediate.push(rollback(
            case,
            before,
            Some(
                "Why the present revision fails is not shown; that the one before serves is likely and not shown."
                    .to_owned(),
            ),
        ));
    } else {
        plan.no_immediate_action =
            Some("No revision from before is shown to go back to, and why tasks fail is not known.".to_owned());
    }
    plan.prevention = guards(case);
    plan
}
