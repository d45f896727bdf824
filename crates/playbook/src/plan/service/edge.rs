//! The plan for errors of the load balancer itself: what was changed goes back to what it was, by its own call.

use marple_case::{
    Action, ActionKind, MitigationPlan,
    facts::Change,
    mitigation::{Avoid, Phases, Step},
};

use super::{access_logs, back_to_present, new_revision, rollback, settled};
use crate::{
    modes::service::edge::{Began, Edge, IDLE, attributes::Set},
    plan::{
        empty,
        step::{action, alarm_quiet, by_hand, quoted, run},
    },
    reading::{Case, Seen, subject::SubjectKind},
};

/// What Elastic Load Balancing documents as an Application Load Balancer's idle timeout unless it is set, seconds.
const DEFAULT_IDLE: f64 = 60.0;

/// The plan.
pub(crate) fn plan(case: &Case<'_>, edge: &Edge<'_>) -> MitigationPlan {
    let mut plan = empty();
    match &edge.began {
        Began::Balancer(change, set) if set.is_empty() => plan.immediate.push(by_call(case, change)),
        Began::Balancer(change, set) => plan.immediate.push(put_back(case, edge, change, set)),
        Began::Stack(change, set) => plan.immediate.push(put_back(case, edge, change, std::slice::from_ref(set))),
        Began::Program(introduced, _) => {
            let before = introduced.before.as_ref().filter(|_| introduced.has_target());
            plan.immediate.extend(before.map(|before| rollback(case, before, None)));
        }
    }
    if plan.immediate.is_empty() {
        plan.no_immediate_action =
            Some("The revision of before is not shown to be there to go back to; the setting has to be changed in a new one.".to_owned());
    }
    plan.avoid.push(Avoid {
        action: format!("Add or replace targets of {}", edge.balancer.name),
        why: "They are healthy and return no errors; new ones would be reached on the same way.".to_owned(),
    });
    if edge.target_closes_first() && case.kind == SubjectKind::Service {
        plan.follow_up.push(keep_longer(case, edge));
    }
    plan.follow_up.extend(access_logs(case));
    plan.prevention = vec![
        "Keep the programs' keep-alive timeout longer than the load balancer's idle timeout, for every target group of a shared load balancer, and check both in the pipeline of either.".to_owned(),
        "Alarm on HTTPCode_ELB_502_Count and HTTPCode_ELB_504_Count apart from the targets' own 5xx.".to_owned(),
    ];
    plan
}

/// Where the attributes of a change live: the operation's noun, the option that names the resource, and its ARN.
fn place<'e>(edge: &'e Edge<'_>, change: &'e Change) -> (&'static str, &'static str, &'e str) {
    let arn = change.resource.as_ref().and_then(|resource| resource.arn.as_deref());
    match change.action.as_str() {
        "ModifyTargetGroupAttributes" => ("target-group", "--target-group-arn", arn.unwrap_or_default()),
        _ => ("load-balancer", "--load-balancer-arn", &edge.balancer.arn),
    }
}

/// Sets the attributes to what they were.
fn put_back(case: &Case<'_>, edge: &Edge<'_>, change: &Seen<'_, Change>, set: &[Set]) -> Action {
    let (noun, option, arn) = place(edge, change.fact);
    let (arn, region) = (quoted(arn), quoted(&case.scope.region));
    let known: Vec<(&Set, String)> = set.iter().filter_map(|one| Some((one, value_before(edge, one)?))).collect();
    let words = |value: &dyn Fn(&(&Set, String)) -> String| -> String {
        known.iter().map(|one| format!("Key={},Value={}", one.0.key, value(one))).collect::<Vec<_>>().join(" ")
    };
    let (earlier, present) = (words(&|one| one.1.clone()), words(&|one| one.0.value.clone()));
    let modify = |attributes: &str| {
        format!("aws elbv2 modify-{noun}-attributes {option} {arn} --attributes {attributes} --region {region}")
    };
    let read = format!("aws elbv2 describe-{noun}-attributes {option} {arn} --output table --region {region}");
    let set_to = |values: &str| format!("the attributes, with {}", values.replace("Key=", "").replace(",Value=", " "));
    let mut apply: Vec<Step> = Vec::new();
    if !known.is_empty() {
        apply.push(run("Set the earlier value.", modify(&earlier), set_to(&earlier)));
    }
    let unknown: Vec<&str> = set
        .iter()
        .filter(|one| !known.iter().any(|(known, _)| known.key == one.key))
        .map(|one| one.key.as_str())
        .collect();
    if !unknown.is_empty() {
        apply.push(by_hand(
            format!(
                "Set {} to what it was before {}, as its template or whoever set it knows.",
                unknown.join(", "),
                change.at
            ),
            "the attributes as they were",
        ));
    }
    let again = if known.is_empty() {
        by_hand("Set the present values again.", "the attributes as they are now")
    } else {
        run("Set the present value again.", modify(&present), set_to(&present))
    };
    let phases = Phases {
        prepare: vec![run(
            "Note the present attributes.",
            read,
            "the values that the evidence shows; if they differ, stop and look again",
        )],
        apply,
        post_validate: alarm_quiet(case),
        rollback: vec![again],
        ..Phases::default()
    };
    let keys = set.iter().map(|one| one.key.as_str()).collect::<Vec<_>>().join(", ");
    let mut back = action(
        format!("Set {keys} of {} back to what it was before {}", resource_name(edge, change.fact), change.at),
        ActionKind::Configuration,
        true,
        phases,
        "Whoever asked for the change loses what it was for (long idle connections, web sockets): tell them, and let them send pings more often than the timeout. Change the template too, or its next deployment brings it again.",
    );
    let guessed = set.iter().any(|one| one.key == IDLE && one.before.is_none());
    back.unverified = guessed.then(|| {
        "No evidence holds the value of before; 60 s is what Elastic Load Balancing sets by default, and it has to be shorter than the program's keep-alive timeout."
            .to_owned()
    });
    back
}

fn resource_name<'e>(edge: &'e Edge<'_>, change: &'e Change) -> &'e str {
    change.resource.as_ref().map_or(edge.balancer.name.as_str(), |resource| resource.name.as_str())
}

/// The value of before: as an earlier call set it, else, of an idle timeout, the default, as far as that is shorter than the target's.
fn value_before(edge: &Edge<'_>, one: &Set) -> Option<String> {
    if let Some(before) = &one.before {
        return Some(before.value.clone());
    }
    let shortest = edge.keep_alive.as_ref().map_or(DEFAULT_IDLE, |kept| DEFAULT_IDLE.min((kept.seconds - 1.0).floor()));
    (one.key == IDLE && shortest >= 1.0).then(|| format!("{shortest:.0}"))
}

/// A change without attributes: a listener, a rule, a target group, security groups.
fn by_call(case: &Case<'_>, change: &Seen<'_, Change>) -> Action {
    let of = change.resource.as_ref().map_or_else(|| "the load balancer".to_owned(), ToString::to_string);
    let phases = Phases {
        apply: vec![by_hand(
            format!(
                "Set back what {} changed at {} ({}), to the values in its template or of whoever changed it.",
                change.action, change.at, change.detail
            ),
            "the load balancer as it was in the baseline",
        )],
        post_validate: alarm_quiet(case),
        rollback: vec![by_hand("Make the change again.", "the load balancer as it is now")],
        ..Phases::default()
    };
    let mut undo = action(
        format!("Undo {} of {of}", change.action),
        ActionKind::Configuration,
        false,
        phases,
        "Requests go the earlier way again: see first that it still leads somewhere.",
    );
    undo.unverified = Some(
        "That it is this change is told by its time alone, and the values of before are not among the evidence."
            .to_owned(),
    );
    undo
}

/// The program keeps connections longer than the load balancer does.
fn keep_longer(case: &Case<'_>, edge: &Edge<'_>) -> Action {
    let idle = edge.idle_s().unwrap_or(DEFAULT_IDLE);
    let what = match edge.keep_alive.as_ref().and_then(|kept| kept.variable.as_deref()) {
        Some(variable) => format!("set {variable} to more than {idle:.0} s"),
        None => format!("let the program keep idle connections for more than {idle:.0} s"),
    };
    let (prepare, apply) = new_revision(case, &what);
    let phases =
        Phases { prepare, apply, post_validate: settled(case), rollback: back_to_present(case), ..Phases::default() };
    action(
        format!(
            "Let {} keep idle connections longer than the load balancer, before its idle timeout is raised again",
            case.name()
        ),
        ActionKind::Configuration,
        false,
        phases,
        "More idle connections stay open, each with a little memory; a server's limit for headers has to be longer still.",
    )
}
