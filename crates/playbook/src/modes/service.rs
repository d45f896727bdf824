//! Failure modes of ECS services, one file each, and what they share: how a deployment is tied to a fault, and how tasks are quoted.
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
//! | `deployment` | a deployment that never becomes stable, where nothing above says why |
//! | `quiet` | nothing wrong |

use jiff::{SignedDuration, Timestamp};
use marple_case::{
    Citation, ResourceKind, ResourceRef,
    facts::{ContainerState, Deployment, ServiceEvent, Task, TaskDefinition},
};

use crate::{
    cite,
    reading::{Case, Seen},
};

pub(crate) mod cpu;
pub(crate) mod crash;
pub(crate) mod credentials;
pub(crate) mod deployment;
pub(crate) mod health;
pub(crate) mod image;
pub(crate) mod memory;
pub(crate) mod quiet;
pub(crate) mod secret;

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
    /// Health checks.
    Health(health::Unhealthy<'a>),
    /// A secret at start.
    Secret(secret::Unreadable<'a>),
    /// Credentials that are missing.
    Credentials(credentials::Missing<'a>),
    /// A deployment.
    Deployment(deployment::Unstable<'a>),
}

/// The deployment that a fault began with.
#[derive(Debug, Clone)]
pub(crate) struct Introduced<'a> {
    /// The deployment.
    pub(crate) deployment: Seen<'a, Deployment>,
    /// What ran before it, if evidence shows that.
    pub(crate) before: Option<Before<'a>>,
}

/// What ran before a deployment.
#[derive(Debug, Clone)]
pub(crate) struct Before<'a> {
    /// `family:revision`.
    pub(crate) revision: String,
    /// Its image, where it is known.
    pub(crate) image: Option<String>,
    /// The task definition that shows it, or that was compared with it.
    pub(crate) shown_by: Option<Seen<'a, TaskDefinition>>,
    /// Whether the repository's listing holds its image; `None`: not listed.
    pub(crate) image_exists: Option<bool>,
}

/// The newest deployment that began after the baseline and before a fault: what the baseline shows is how the service fared without it.
pub(crate) fn introduced<'a>(case: &Case<'a>, onset: Timestamp) -> Option<Introduced<'a>> {
    let between = |deployment: &Seen<'a, Deployment>| {
        let room = onset.checked_add(case.scope.tolerance()).unwrap_or(onset);
        deployment.created.is_some_and(|at| at >= case.scope.baseline.end && at <= room)
    };
    let deployment = case.workload.deployments().filter(between).max_by_key(|deployment| deployment.created)?;
    Some(Introduced { deployment, before: before(case) })
}

/// The revision before the one that runs, as far as evidence shows it.
pub(crate) fn before<'a>(case: &Case<'a>) -> Option<Before<'a>> {
    let workload = &case.workload;
    let current = workload.current();
    let compared = current.and_then(|one| one.compared_with.map(|number| format!("{}:{number}", one.family)));
    let revision = workload.previous_name().or(compared)?;
    let described = workload.definitions.iter().find(|one| one.name() == revision).copied();
    let containers = described.map(|one| one.fact.containers.iter());
    let image = containers.and_then(|mut all| all.find(|one| one.essential).map(|one| one.image.clone()));
    let differs = current
        .filter(|one| one.compared_with.map(|number| format!("{}:{number}", one.family)).as_deref() == Some(&revision));
    let image = image.or_else(|| differs.and_then(|one| old_image(one.fact)));
    let ran = workload.tasks.iter().filter(|task| task.task_definition == revision);
    let image = image.or_else(|| ran.flat_map(|task| &task.fact.containers).next().map(|one| one.image.clone()));
    let image_exists = image.as_deref().and_then(|image| exists(case, image));
    Some(Before { revision, image, shown_by: described.or(differs), image_exists })
}

/// The image before, by a difference `image: OLD -> NEW`; the present one where the image did not change.
fn old_image(definition: &TaskDefinition) -> Option<String> {
    let changed = definition.differences.iter().find_map(|line| {
        let (_, rest) = line.split_once("image: ")?;
        rest.split_once(" -> ").map(|(old, _)| old.to_owned())
    });
    let same = || definition.containers.iter().find(|one| one.essential).map(|one| one.image.clone());
    changed.or_else(same)
}

/// Whether an image is in its repository; `None`: nobody looked.
pub(crate) fn exists(case: &Case<'_>, image: &str) -> Option<bool> {
    let name = crate::reading::workload::ImageName::of(image);
    if case.workload.image(image).is_some() {
        return Some(true);
    }
    let asked = |asked: Option<&str>| asked == Some(name.tag) || (name.digest.is_some() && asked == name.digest);
    let absent = case.workload.images.iter().any(|images| {
        let complete = images.asked.is_none() && images.images.len() < 10;
        images.repository == name.repository && (complete || asked(images.asked.as_deref()))
    });
    absent.then_some(false)
}

impl Introduced<'_> {
    /// Whether the revision before may be gone back to: it is known, and its image is not known to be gone.
    pub(crate) fn has_target(&self) -> bool {
        self.before.as_ref().is_some_and(|before| before.image_exists != Some(false))
    }

    /// A sentence on the deployment.
    pub(crate) fn statement(&self, name: &str) -> String {
        let before = self.before.as_ref().map(|before| format!("; before it ran {}", before.revision));
        format!(
            "A deployment of {name} put {} into service{}.",
            self.deployment.task_definition,
            before.unwrap_or_default()
        )
    }

    /// What shows it.
    pub(crate) fn citations(&self) -> [Option<Citation>; 2] {
        let deployment = &self.deployment;
        let own = cite::any(
            deployment.evidence,
            &[&["deployment:", &deployment.id], &["deployment:", &deployment.task_definition], &[&deployment.id]],
        );
        let definition = self.before.as_ref().and_then(|before| {
            let seen = before.shown_by?;
            cite::any(
                seen.evidence,
                &[&["compared with:", &before.revision], &["image:", "->"], &["task definition:", &before.revision]],
            )
        });
        [own, definition]
    }
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
