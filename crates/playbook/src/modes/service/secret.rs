//! A secret or parameter that cannot be read when a task starts: the task never runs.
//!
//! Discriminating questions: does the secret exist? is it the execution role that is refused, a key that the secret lacks, or the network? did
//! the task definition or a role change before?

use jiff::Timestamp;
use marple_case::{
    Category, Citation, ResourceKind, ResourceRef, Verdict,
    facts::{Change, InjectedSecret, Secret, Task},
    root_cause::Link,
};

use super::{Introduced, ServiceFault, cite_event, cite_task, introduced, seen_at, stop_words, whole_words};
use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, claim, gap},
    reading::{Case, Seen},
};

/// Why a secret cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The execution role may not read it.
    Denied,
    /// There is no such secret, or not that version.
    Absent,
    /// It lacks the JSON key that is picked.
    Key,
    /// Secrets Manager is not reached.
    Network,
    /// Not said.
    Other,
}

/// An unreadable secret as it was found.
#[derive(Debug)]
pub(crate) struct Unreadable<'a> {
    /// Why.
    pub(crate) reason: Reason,
    /// ECS's own words.
    pub(crate) words: String,
    /// Where they stand.
    pub(crate) cited: Option<Citation>,
    /// A task that failed.
    pub(crate) task: Option<Seen<'a, Task>>,
    /// What the task definition injects.
    pub(crate) injected: Option<&'a InjectedSecret>,
    /// The secret's metadata.
    pub(crate) secret: Option<Seen<'a, Secret>>,
    /// The role that reads it.
    pub(crate) role: Option<&'a str>,
    /// The deployment that it began with.
    pub(crate) introduced: Option<Introduced<'a>>,
    /// Whether it is marked for deletion, and can be restored.
    pub(crate) deleted: bool,
    /// The call that deleted it.
    pub(crate) deletion: Option<Seen<'a, Change>>,
    /// First effect.
    pub(crate) onset: Timestamp,
}

/// Examines the case for secrets that cannot be read.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let stopped = stop_words(case).into_iter().find(|(_, text)| is_secret(text));
    let event = case.workload.events().into_iter().find(|event| is_secret(&event.message));
    let words = stopped.map(|(_, text)| text.to_owned()).or_else(|| event.map(|event| event.message.clone()))?;
    let cited = match (stopped, event) {
        (Some((task, text)), _) => {
            let head: String = text.chars().take(80).collect();
            cite::any(task.evidence, &[&[whole_words(&head)], &["ResourceInitializationError"]])
        }
        (None, Some(event)) => cite_event(&event),
        (None, None) => None,
    };
    let task = stopped.map(|(task, _)| task);
    let first = stop_words(case)
        .into_iter()
        .filter(|(_, text)| is_secret(text))
        .filter_map(|(task, _)| seen_at(task.fact))
        .min();
    let found = first.or(event.map(|event| event.at)).or(case.scope.first_breach).unwrap_or(case.scope.window.start);
    let onset = case.breach().map_or(found, |breach| found.min(breach));
    let all = || case.workload.containers().into_iter().flat_map(|container| &container.secrets);
    let injected = all().find(|one| words.contains(base_arn(&one.value_from))).or_else(|| all().next());
    let unreadable = Unreadable {
        reason: reason(&words),
        secret: injected.and_then(|one| {
            case.secrets
                .iter()
                .find(|secret| base_arn(&one.value_from) == secret.arn || one.value_from.contains(&secret.name))
                .copied()
        }),
        role: case.workload.current().and_then(|one| one.fact.execution_role.as_deref()).map(role_name),
        introduced: introduced(case, onset),
        deleted: words.to_lowercase().contains("marked for deletion")
            || words.to_lowercase().contains("marked deleted"),
        deletion: injected.and_then(|one| deletion(case, base_arn(&one.value_from), onset)),
        words,
        cited,
        task,
        injected,
        onset,
    };
    Some(Hypothesis {
        support: if unreadable.reason == Reason::Other { Support::Likely } else { Support::Shown },
        fresh: true,
        explains: 1,
        looks_for: "Tasks cannot read a secret at their start; looking for the secret, the role and what changed."
            .to_owned(),
        wants: Vec::new(),
        cause: cause(case, &unreadable),
        diagnosis: Diagnosis::Service(ServiceFault::Secret(unreadable)),
    })
}

/// The last deletion of the secret before the first effect.
fn deletion<'a>(case: &Case<'a>, arn: &str, onset: Timestamp) -> Option<Seen<'a, Change>> {
    let of_secret = |change: &Change| {
        let named = change
            .resource
            .as_ref()
            .is_some_and(|one| !one.name.is_empty() && (arn.contains(&one.name) || one.arn.as_deref() == Some(arn)));
        matches!(change.action.as_str(), "DeleteSecret" | "DeleteParameter") && (named || change.detail.contains(arn))
    };
    case.all_changes().filter(|change| of_secret(change.fact) && change.at <= onset).max_by_key(|change| change.at)
}

fn is_secret(text: &str) -> bool {
    let lower = text.to_lowercase();
    let secret = [
        "secretsmanager",
        "secrets manager",
        "unable to pull secrets",
        "retrieve secret",
        "ssm:getparameters",
        "parameter store",
        "systems manager",
    ];
    let initial = lower.contains("resourceinitializationerror")
        || lower.contains("unable to pull secrets")
        || lower.contains("unable to start task");
    // ECS says `pull secrets or registry auth` of registry faults too.
    let registry =
        lower.contains("ecr:getauthorizationtoken") || lower.contains("api.ecr") || lower.contains("get registry auth");
    initial && secret.iter().any(|word| lower.contains(word)) && !registry
}

fn reason(words: &str) -> Reason {
    let lower = words.to_lowercase();
    let says = |needles: &[&str]| needles.iter().any(|needle| lower.contains(needle));
    if says(&["accessdenied", "not authorized", "access to kms is not allowed"]) {
        Reason::Denied
    } else if says(&["did not contain json key", "invalid character", "json key"]) {
        Reason::Key
    } else if says(&[
        "resourcenotfound",
        "can't find the specified secret",
        "marked for deletion",
        "marked deleted",
        "invalid parameters",
        "not found",
    ]) {
        Reason::Absent
    } else if says(&["connection issue", "i/o timeout", "deadline exceeded", "dial tcp", "request canceled", "timeout"])
    {
        Reason::Network
    } else {
        Reason::Other
    }
}

/// The secret's ARN without the JSON key, version stage and version id that may follow.
pub(crate) fn base_arn(value_from: &str) -> &str {
    let end = value_from.match_indices(':').nth(6).map_or(value_from.len(), |(offset, _)| offset);
    value_from.get(..end).unwrap_or(value_from)
}

/// The role's name in its ARN.
pub(crate) fn role_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

impl Unreadable<'_> {
    /// The secret's name, for sentences.
    pub(crate) fn name(&self) -> String {
        let named =
            self.injected.map(|one| base_arn(&one.value_from).rsplit(':').next().unwrap_or_default().to_owned());
        self.secret.map(|secret| secret.fact.name.clone()).or(named).unwrap_or_else(|| "a secret".to_owned())
    }

    fn predicate(&self) -> &'static str {
        match self.reason {
            Reason::Denied => "the execution role may not read it",
            Reason::Absent if self.deleted => "it is marked for deletion",
            Reason::Absent => "it is not there",
            Reason::Key => "it lacks the key that is picked from it",
            Reason::Network => "Secrets Manager is not reached from the task's subnets",
            Reason::Other => "it cannot be read",
        }
    }
}

fn cause(case: &Case<'_>, unreadable: &Unreadable<'_>) -> marple_case::RootCause {
    let category = match unreadable.reason {
        Reason::Denied => Category::PermissionDenied,
        Reason::Network => Category::Network,
        Reason::Absent | Reason::Key | Reason::Other => Category::Misconfiguration,
    };
    let mut cause = claim(Verdict::Fault, category);
    let name = case.name();
    cause.title = format!(
        "Tasks of {name} cannot start: they need the secret {}, and {}",
        unreadable.name(),
        unreadable.predicate()
    );
    let role = unreadable
        .role
        .filter(|_| unreadable.reason == Reason::Denied)
        .map(|role| ResourceRef::new(ResourceKind::IamRole, role));
    let secret = unreadable.secret.map(|secret| secret.fact.resource());
    cause.components = super::service_and_definition(case).into_iter().chain(secret).chain(role).collect();
    cause.onset = Some(unreadable.onset);
    cause.trigger = Some("Every start of a task".to_owned());
    cause.chain = chain(case, unreadable);
    cause.summary = format!(
        "New tasks of {name} end before their containers run: ECS cannot give them the secret {}, since {}. First seen at {}. Tasks that ran before keep the values that they were given at their start.{}",
        unreadable.name(),
        unreadable.predicate(),
        unreadable.onset,
        unreadable.introduced.as_ref().map(|one| format!(" {}", one.statement(name))).unwrap_or_default()
    );
    if unreadable.reason == Reason::Denied {
        cause.gaps.push(gap(
            "the policies that apply to the role",
            "no tool reads IAM policies, the secret's own policy or the key's",
            "read the execution role's policies, the secret's resource policy and the KMS key's policy",
            false,
        ));
    }
    cause
}

fn chain(case: &Case<'_>, unreadable: &Unreadable<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    if let Some(introduced) = &unreadable.introduced {
        chain.link(
            introduced.statement(case.name()),
            introduced.at.filter(|at| *at <= unreadable.onset),
            introduced.citations(),
        );
    }
    if let Some(change) = unreadable.deletion {
        let stamp = change.at.to_string();
        let by = change.actor.as_deref().map(|actor| format!(" by {actor}")).unwrap_or_default();
        let cited = cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action]]);
        chain.link(
            format!("{}{by} took the secret {} away.", change.action, unreadable.name()),
            Some(change.at),
            [cited],
        );
    }
    if let (Some(injected), Some(definition)) = (unreadable.injected, case.workload.current()) {
        let cited = cite::any(definition.evidence, &[&["secret:", &injected.name], &[&injected.value_from]]);
        chain.link(
            format!("{} injects {} from {}.", definition.name(), injected.name, injected.value_from),
            None,
            [cited],
        );
    }
    if let (Some(role), Some(definition)) = (unreadable.role, case.workload.current()) {
        chain.link(
            format!("ECS reads it as the execution role {role}."),
            None,
            [cite::line(definition.evidence, &["execution role:"])],
        );
    }
    let words: String = unreadable.words.chars().take(160).collect();
    chain.link(
        format!("ECS could not: {}", whole_words(&words)),
        Some(unreadable.onset),
        [unreadable.cited.clone(), unreadable.task.as_ref().and_then(cite_task)],
    );
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}
