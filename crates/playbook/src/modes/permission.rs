//! Permission denied: a policy refuses a call that the function makes.
//!
//! Discriminating questions: which action, on which resource, as which role? did the role or the function change before? Who refuses (an
//! identity policy, a resource policy, a boundary) is not in the error's words: that stays a gap where AWS does not say it.

use marple_case::{Category, ResourceKind, ResourceRef, Verdict, facts::Change, root_cause::Link};

use crate::{
    cite,
    hypothesis::{
        Chain, Diagnosis, Hypothesis, Place, Support, cite_error, cite_frame, cite_setting, claim, gap, place,
    },
    modes::service::secret::role_name,
    reading::{Case, Seen, failure::Failure, logged::Logged},
};

/// A refused call as it was found.
#[derive(Debug)]
pub(crate) struct Refusal<'a> {
    /// The error.
    pub(crate) logged: Logged<'a>,
    /// The IAM action, where the message names it.
    pub(crate) action: Option<String>,
    /// The resource's ARN, where the message names it.
    pub(crate) resource: Option<String>,
    /// The execution role's name.
    pub(crate) role: Option<&'a str>,
    /// Where the call was made.
    pub(crate) place: Option<Place<'a>>,
    /// The change that lies between a clean baseline and the onset.
    pub(crate) change: Option<Seen<'a, Change>>,
    /// Whether AWS says that a policy denies it expressly.
    pub(crate) explicit: bool,
}

/// Examines the case for refused calls.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let sort = |logged: &&Logged<'a>| matches!(logged.failure, Failure::Denied { .. });
    let logged = case.failures.iter().find(sort)?.clone();
    let (action, resource) = match &logged.failure {
        Failure::Denied { action, resource } => {
            (action.clone(), resource.clone().filter(|arn| arn.starts_with("arn:")))
        }
        _ => (None, None),
    };
    let change = case.linked_change(logged.first, logged.in_baseline);
    let refusal = Refusal {
        role: role(case),
        place: place(case, &logged),
        explicit: logged.sample.contains("explicit deny") || logged.message.contains("explicit deny"),
        logged,
        action,
        resource,
        change,
    };
    Some(Hypothesis {
        support: refusal.logged.capped(if refusal.action.is_some() { Support::Shown } else { Support::Likely }),
        fresh: !refusal.logged.in_baseline,
        explains: refusal.logged.count,
        looks_for: "A call is refused by a policy; looking for the action, the resource and the role.".to_owned(),
        wants: Vec::new(),
        cause: cause(case, &refusal),
        diagnosis: Diagnosis::Refusal(refusal),
    })
}

/// The role that the program runs as.
fn role<'a>(case: &Case<'a>) -> Option<&'a str> {
    let of_function = case.function.map(|function| function.fact.role_name());
    let of_tasks = || case.workload.current().and_then(|one| one.fact.task_role.as_deref()).map(role_name);
    of_function.or_else(of_tasks).filter(|role| !role.is_empty())
}

impl Refusal<'_> {
    /// `s3:GetObject on arn:aws:s3:::bucket/*`.
    pub(crate) fn what(&self) -> String {
        match (&self.action, &self.resource) {
            (Some(action), Some(resource)) => format!("{action} on {resource}"),
            (Some(action), None) => action.clone(),
            (None, _) => "a call to AWS".to_owned(),
        }
    }
}

fn cause(case: &Case<'_>, refusal: &Refusal<'_>) -> marple_case::RootCause {
    let mut cause = claim(Verdict::Fault, Category::PermissionDenied);
    let (name, what) = (case.name(), refusal.what());
    let role = refusal.role.map_or_else(|| "its role".to_owned(), |role| format!("the role {role}"));
    cause.title = format!("{name} is refused {what}");
    cause.components = components(case, refusal);
    cause.location = refusal.place.as_ref().map(|place| place.location.clone());
    cause.onset = Some(refusal.logged.first);
    cause.trigger = Some(format!("Every invocation that calls {what}"));
    cause.chain = chain(case, refusal);
    cause.summary = format!(
        "{name} runs as {role}, and AWS refuses it {what}. First seen at {}, {} time(s) in the window. {}{}",
        refusal.logged.first,
        refusal.logged.count,
        match refusal.explicit {
            true => "A policy denies it expressly: an added allow would not help.",
            false => "No policy that applies allows it.",
        },
        match refusal.change {
            Some(change) =>
                format!(" {} at {} lies between a clean baseline and the first refusal.", change.action, change.at),
            None => String::new(),
        }
    );
    cause.gaps.push(gap(
        "the policies that apply",
        "no tool reads IAM policies, resource policies, boundaries or service control policies",
        "read the role's policies and the resource's own policy, and simulate the call with the IAM policy simulator",
        false,
    ));
    cause
}

/// The function and the role that lacks the permission.
fn components(case: &Case<'_>, refusal: &Refusal<'_>) -> Vec<ResourceRef> {
    let role = refusal.role.map(|role| ResourceRef::new(ResourceKind::IamRole, role));
    case.component().into_iter().chain(role).collect()
}

fn chain(case: &Case<'_>, refusal: &Refusal<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    if let Some(change) = refusal.change {
        let stamp = change.at.to_string();
        let statement = format!(
            "{} changed the {} or its stack; the baseline before it ran without refusals.",
            change.action,
            case.noun()
        );
        chain.link(
            statement,
            Some(change.at),
            [cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action]])],
        );
    }
    if let Some(role) = refusal.role {
        chain.link(
            format!("The {} runs as the role {role}.", case.noun()),
            None,
            [cite_setting(case, &[&["role:", role], &[role]])],
        );
    }
    let logged = &refusal.logged;
    let frame = refusal.place.as_ref().and_then(|place| cite_frame(logged, place.frame));
    let code = refusal.place.as_ref().and_then(|place| place.line).and_then(|line| line.cite());
    chain.link(
        format!("AWS refused {}: {}.", refusal.what(), logged.headline()),
        Some(logged.first),
        [cite_error(logged), frame, code],
    );
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}
