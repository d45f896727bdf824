//! Failure modes of ECS services, one file each, and what they share: how tasks and events are quoted.
//!
//! | file | mode |
//! |---|---|
//! | `memory` | killed for lack of memory; leaks, by request or by time |
//! | `cpu` | the processor at its limit |
//! | `crash` | a panic, an exception, an exit code |
//! | `image` | an image that cannot be pulled, or that is built for another processor |
//! | `health` | health checks that fail while the program runs |
//! | `secret` | a secret that cannot be read when a task starts |
//! | `credentials` | credentials that were never given |
//! | `lapsed` | a key that what is called refuses, since it has expired |
//! | `deployment` | a deployment that never becomes stable, where nothing above says why |
//! | `edge` | errors of the load balancer itself, while its targets are healthy |
//! | `revised` | a revision took a secret or setting away, or changed one, and no error names it |
//! | `readdressed` | something that is called has another address since a revision, and is not there |
//! | `quiet` | nothing wrong |
//!
//! `introduced` ties a deployment to a fault.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use marple_case::{
    Citation, ResourceKind, ResourceRef,
    facts::{ContainerState, ServiceEvent, Task},
};
use regex::Regex;

use crate::{
    cite,
    reading::{Case, Seen},
};

pub(crate) mod cpu;
pub(crate) mod crash;
pub(crate) mod credentials;
pub(crate) mod deployment;
pub(crate) mod edge;
pub(crate) mod health;
pub(crate) mod image;
pub(crate) mod introduced;
pub(crate) mod lapsed;
pub(crate) mod memory;
pub(crate) mod quiet;
pub(crate) mod readdressed;
pub(crate) mod revised;
pub(crate) mod secret;

pub(crate) use introduced::{Before, Introduced, before, exists, introduced};

/// What is wrong with a service, for the plan.
#[derive(Debug)]
pub(crate) enum ServiceFault<'a> {
    /// Memory.
    Memory(memory::Exhaustion<'a>),
    /// Processor.
    Cpu(cpu::Pinned<'a>),
    /// The program ends by itself.
    Crash(Box<crash::Crash<'a>>),
    /// The image.
    Image(image::Unusable<'a>),
    /// An address that a revision changed.
    Readdressed(Box<readdressed::Readdressed<'a>>),
    /// A key that has expired.
    Lapsed(Box<lapsed::Lapsed<'a>>),
    /// Settings that a revision changed.
    Revised(Box<revised::Revised<'a>>),
    /// Health checks.
    Health(health::Unhealthy<'a>),
    /// A secret at start.
    Secret(secret::Unreadable<'a>),
    /// Credentials that are missing.
    Credentials(credentials::Missing<'a>),
    /// The way from the load balancer to the targets.
    Edge(Box<edge::Edge<'a>>),
    /// A deployment.
    Deployment(deployment::Unstable<'a>),
}

/// How long a task ran.
pub(crate) fn lifetime(task: &Task) -> Option<SignedDuration> {
    Some(task.stopped?.duration_since(task.started?))
}

/// The shortest and the longest life of tasks, seconds.
pub(crate) fn lifetimes<'t>(tasks: impl Iterator<Item = &'t Task>) -> Option<(i64, i64)> {
    let lives: Vec<i64> = tasks.filter_map(lifetime).map(|life| life.as_secs()).collect();
    Some((lives.iter().copied().min()?, lives.iter().copied().max()?))
}

/// A request in a log line: `GET /cart`, or `method=GET path=/cart` as structured logs have it.
static REQUEST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"\b(?:GET|POST|PUT|PATCH|DELETE)"?,?\s+"?(?:(?:"?(?:path|uri|url)"?\s*[=:]\s*)"?)?(/[A-Za-z0-9_\-./{}:]*)"#,
    )
    .ok()
});

/// The path of the request that a log line names.
pub(crate) fn request_path(line: &str) -> Option<String> {
    let found = REQUEST.as_ref()?.captures(line)?;
    found.get(1).map(|path| path.as_str().to_owned())
}

/// `8 min`, `40 s`.
pub(crate) fn minutes(seconds: i64) -> String {
    match seconds {
        long if long >= 5400 => format!("{:.1} h", long as f64 / 3600.0),
        long if long >= 120 => format!("{:.0} min", long as f64 / 60.0),
        short => format!("{short} s"),
    }
}

/// Quotes a task's line.
pub(crate) fn cite_task(task: &Seen<'_, Task>) -> Option<Citation> {
    cite::any(task.evidence, &[&["task:", &task.id, "stopped"], &["task:", &task.id], &[&task.id]])
}

/// Quotes a container's exit.
pub(crate) fn cite_exit(task: &Seen<'_, Task>, container: &ContainerState) -> Option<Citation> {
    let code = container.exit_code.map(|code| format!("exit code {code}")).unwrap_or_default();
    let reason: String = container.reason.as_deref().unwrap_or_default().chars().take(80).collect();
    let reason = whole_words(&reason);
    cite::any(
        task.evidence,
        &[
            &["container:", &container.name, &code, reason],
            &[&code, reason],
            &["container:", &container.name, &code],
            &[&code],
        ],
    )
}

/// Quotes an event of the service.
pub(crate) fn cite_event(event: &Seen<'_, ServiceEvent>) -> Option<Citation> {
    let stamp = event.at.to_string();
    let words: String = event.message.chars().take(80).collect();
    let words = whole_words(&words);
    cite::any(event.evidence, &[&[&stamp, words], &[words], &[&stamp]])
}

/// A cut text without the word that the cut may have broken.
pub(crate) fn whole_words(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    match line.chars().count() >= 80 || line.len() < text.len() {
        true => line.rfind(' ').and_then(|end| line.get(..end)).unwrap_or(line),
        false => line,
    }
}

/// The service and its task definition: what is at fault where the fault is in what is deployed.
pub(crate) fn service_and_definition(case: &Case<'_>) -> Vec<ResourceRef> {
    let definition = case.workload.current().map(|definition| definition.resource());
    let named = case
        .workload
        .service
        .map(|service| ResourceRef::new(ResourceKind::TaskDefinition, service.fact.task_definition.clone()));
    case.component().into_iter().chain(definition.or(named)).collect()
}

/// Words of a stopped task, of ECS and of its containers, each with the task.
pub(crate) fn stop_words<'a>(case: &Case<'a>) -> Vec<(Seen<'a, Task>, &'a str)> {
    let mut words = Vec::new();
    for task in &case.workload.tasks {
        words.extend(task.fact.stopped_reason.as_deref().map(|reason| (*task, reason)));
        words.extend(task.fact.containers.iter().filter_map(|one| one.reason.as_deref()).map(|reason| (*task, reason)));
    }
    words
}

/// The moment at which a task that failed was first seen: it ended, or was made.
pub(crate) fn seen_at(task: &Task) -> Option<Timestamp> {
    task.stopped.or(task.started).or(task.created)
}
