//! Permission denied: a policy refuses a call that the function makes.
//!
//! Discriminating questions: which action, on which resource, as which role? which sort of policy refuses, where AWS says it (the role's own,
//! the resource's, a boundary, an organization's)? did the function, the role or that resource change before?

use std::sync::LazyLock;

use jiff::Timestamp;
use marple_case::{
    Category, ResourceKind, ResourceRef, Verdict,
    facts::{Change, LogTemplate},
    root_cause::{Link, RuledOut},
};
use regex::Regex;

use crate::{
    cite,
    hypothesis::{
        Chain, Diagnosis, Hypothesis, Place, Support, cite_error, cite_frame, cite_setting, claim, gap, place,
    },
    modes::service::secret::role_name,
    reading::{Case, Seen, failure::Failure, logged::Logged},
};

/// AWS's words on the sort of policy: `because no resource-based policy allows …`, `with an explicit deny in a service control policy`.
static REFUSER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:because no|explicit deny in an?) (identity-based policy|resource-based policy|permissions boundary|session policy|service control policy|resource control policy|VPC endpoint policy)").ok()
});

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
    /// The sort of policy that refuses, where AWS says it.
    pub(crate) refuser: Option<String>,
    /// A deployment of the program before that change, after which calls went well.
    pub(crate) innocent: Option<Innocent<'a>>,
}

/// A change of the program itself that came before that of a policy, and a line of every day that was written between both.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Innocent<'a> {
    change: Seen<'a, Change>,
    line: Seen<'a, LogTemplate>,
    /// When the line was last written.
    last: Timestamp,
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
    let role = role(case);
    let policy = policy_change(case, &logged, role, resource.as_deref());
    let innocent = policy.and_then(|policy| innocent(case, &logged, policy.fact));
    let change = policy.or_else(|| case.linked_change(logged.first, logged.in_baseline));
    let said = REFUSER.as_ref().and_then(|pattern| pattern.captures(logged.sample)?.get(1));
    let refusal = Refusal {
        role,
        refuser: said.map(|word| word.as_str().to_owned()),
        place: place(case, &logged),
        explicit: logged.sample.contains("explicit deny") || logged.message.contains("explicit deny"),
        logged,
        action,
        resource,
        change,
        innocent,
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

/// A change of a policy, grant or key that lies before the first refusal and is of the role or of the refused resource.
fn policy_change<'a>(
    case: &Case<'a>,
    logged: &Logged<'a>,
    role: Option<&str>,
    resource: Option<&str>,
) -> Option<Seen<'a, Change>> {
    const WORDS: [&str; 5] = ["Policy", "Grant", "PermissionsBoundary", "Permission", "DisableKey"];
    case.linked_elsewhere(logged.first, logged.in_baseline, |change| {
        let of = |changed: &ResourceRef| {
            let part = |arn: &str| arn.split([':', '/']).any(|part| part == changed.name);
            Some(changed.name.as_str()) == role || resource.is_some_and(part)
        };
        WORDS.iter().any(|word| change.action.contains(word)) && change.resource.as_ref().is_some_and(of)
    })
}

/// The program's last own change before that of a policy, if a line that the baseline holds too was still written after it, and stopped when
/// the refusals began.
fn innocent<'a>(case: &Case<'a>, logged: &Logged<'a>, policy: &Change) -> Option<Innocent<'a>> {
    let change = case.own_changes().into_iter().rfind(|change| change.at < policy.at)?;
    let until = logged.first.checked_add(case.scope.tolerance()).unwrap_or(logged.first);
    let lines = case.summaries.iter().flat_map(|summary| {
        let evidence = summary.evidence;
        summary.fact.templates.iter().map(move |fact| Seen { evidence, fact })
    });
    let usual = lines.filter(|line| line.baseline_count > 0 && line.count > 0 && !line.is_error);
    let between = usual.filter_map(|line| {
        let last = line.fact.last.filter(|last| *last > change.at && *last <= until)?;
        Some(Innocent { change, line, last })
    });
    between.max_by_key(|found| found.line.count).filter(|_| logged.first > change.at)
}

impl Innocent<'_> {
    /// Rules the deployment out.
    fn rival(&self) -> RuledOut {
        let (change, line) = (self.change, self.line);
        let words: String = line.sample.chars().take(120).collect();
        let words = crate::modes::service::whole_words(&words);
        let citations = [
            cite::any(change.evidence, &[&[&change.at.to_string(), &change.action], &[&change.action]]),
            cite::any(line.evidence, &[&[&self.last.to_string()], &["sample:", words], &[&line.template]]),
        ];
        RuledOut {
            hypothesis: "The deployment before".to_owned(),
            reason: format!(
                "{} at {} is not the cause: after it, calls went on as usual until {}, and stopped with the change of the policy.",
                change.action, change.at, self.last
            ),
            citations: citations.into_iter().flatten().collect(),
        }
    }
}

/// The role that the program runs as.
pub(crate) fn role<'a>(case: &Case<'a>) -> Option<&'a str> {
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

    /// Whether it is the refused resource's own policy that does not allow the call: then more permissions of the role do not help.
    pub(crate) fn is_of_resource(&self) -> bool {
        matches!(self.refuser.as_deref(), Some("resource-based policy"))
    }

    /// Whether the role's own policies lack the permission, or AWS does not say whose do.
    pub(crate) fn is_of_role(&self) -> bool {
        matches!(self.refuser.as_deref(), None | Some("identity-based policy"))
    }

    /// What AWS says of the policies, in words.
    fn policies(&self) -> String {
        match (self.explicit, self.refuser.as_deref()) {
            (true, Some(refuser)) => format!("A {refuser} denies it expressly: an added allow would not help."),
            (true, None) => "A policy denies it expressly: an added allow would not help.".to_owned(),
            (false, Some("identity-based policy")) => "None of the role's own policies allows it.".to_owned(),
            (false, Some("resource-based policy")) => {
                "The resource's own policy does not allow it; a permission of the role alone does not help.".to_owned()
            }
            (false, Some(refuser)) => format!("No {refuser} allows it; a permission of the role alone does not help."),
            (false, None) => "No policy that applies allows it.".to_owned(),
        }
    }
}

fn cause(case: &Case<'_>, refusal: &Refusal<'_>) -> marple_case::RootCause {
    let mut cause = claim(Verdict::Fault, Category::PermissionDenied);
    let (name, what) = (case.name(), refusal.what());
    let role = refusal.role.map_or_else(|| "its role".to_owned(), |role| format!("the role {role}"));
    cause.title = match &refusal.refuser {
        Some(refuser) if refusal.explicit => format!("{name} is refused {what}: a {refuser} denies it"),
        Some(refuser) => format!("{name} is refused {what}: no {refuser} allows it"),
        None => format!("{name} is refused {what}"),
    };
    cause.components = components(case, refusal);
    cause.location = refusal.place.as_ref().map(|place| place.location.clone());
    cause.onset = Some(refusal.logged.first);
    cause.trigger = Some(format!("Every invocation that calls {what}"));
    cause.chain = chain(case, refusal);
    cause.ruled_out.extend(refusal.innocent.map(|innocent| innocent.rival()));
    cause.summary = format!(
        "{name} runs as {role}, and AWS refuses it {what}. First seen at {}, {} time(s) in the window. {}{}",
        refusal.logged.first,
        refusal.logged.count,
        refusal.policies(),
        match refusal.change {
            Some(change) => format!(
                " {} at {} {} {}, between a clean baseline and the first refusal.",
                change.action,
                change.at,
                verb(&change.action),
                changed(case, change.fact)
            ),
            None => String::new(),
        }
    );
    cause.gaps.push(gap(
        match refusal.refuser {
            Some(_) => "the policies' own text",
            None => "the policies that apply",
        },
        "no tool reads IAM policies, resource policies, boundaries or service control policies",
        "read the role's policies and the resource's own policy, and simulate the call with the IAM policy simulator",
        false,
    ));
    cause
}

/// What a call does to what it is of, in words.
fn verb(action: &str) -> &'static str {
    let takes = ["Delete", "Detach", "Revoke", "Retire", "Remove"].iter().any(|start| action.starts_with(start));
    let gives = ["Put", "Attach", "Create", "Add", "Set"].iter().any(|start| action.starts_with(start));
    match (takes, gives && action.contains("Policy")) {
        (true, _) => "took a policy or permission away from",
        (false, true) => "set a policy of",
        (false, false) => "changed",
    }
}

/// What a change was of, for sentences.
fn changed(case: &Case<'_>, change: &Change) -> String {
    match &change.resource {
        Some(resource) if Some(&resource.name) == case.subject.as_ref() => format!("the {} itself", case.noun()),
        Some(resource) => resource.to_string(),
        None => format!("the {} or its stack", case.noun()),
    }
}

/// The function, and the role that lacks the permission, or the resource whose policy was changed.
fn components(case: &Case<'_>, refusal: &Refusal<'_>) -> Vec<ResourceRef> {
    let role = refusal.role.filter(|_| !refusal.is_of_resource());
    let role = role.map(|role| ResourceRef::new(ResourceKind::IamRole, role));
    let resource = refusal.change.filter(|_| refusal.is_of_resource()).and_then(|change| change.resource.clone());
    case.component().into_iter().chain(role).chain(resource).collect()
}

fn chain(case: &Case<'_>, refusal: &Refusal<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    if let Some(change) = refusal.change {
        let stamp = change.at.to_string();
        let statement = format!(
            "{} {} {}; the baseline before it ran without refusals.",
            change.action,
            verb(&change.action),
            changed(case, change.fact)
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
        format!("AWS refused {}: {}. {}", refusal.what(), logged.headline(), refusal.policies()),
        Some(logged.first),
        [cite_error(logged), frame, code],
    );
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}
