//! What a fault began with: the deployment that put a revision into service, what ran before it, and how the two differ.
//!
//! A deployment that ECS has taken back is no longer listed among the service's own; its tasks, the trail and ECS's events still tell of it.

use jiff::Timestamp;
use marple_case::{
    Citation,
    facts::{Deployment, ServiceEvent, Task, TaskDefinition},
};

use crate::{
    cite,
    reading::{
        Case, Seen,
        workload::{ImageName, family_of, revision_of},
    },
};

/// The deployment that a fault began with.
#[derive(Debug, Clone)]
pub(crate) struct Introduced<'a> {
    /// What it put into service, `family:revision`.
    pub(crate) revision: String,
    /// When.
    pub(crate) at: Option<Timestamp>,
    /// The revision itself, where it was read.
    pub(crate) definition: Option<Seen<'a, TaskDefinition>>,
    /// What ran before it, if evidence shows that.
    pub(crate) before: Option<Before<'a>>,
    /// Whether the service is back at what ran before.
    pub(crate) taken_back: bool,
    /// What shows the deployment.
    shown: Option<Citation>,
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
    let room = onset.checked_add(case.scope.tolerance()).unwrap_or(onset);
    let between = |at: Option<Timestamp>| at.is_some_and(|at| at >= case.scope.baseline.end && at <= room);
    let listed = case.workload.deployments().filter(|deployment| between(deployment.created));
    let listed = listed.max_by_key(|deployment| deployment.created);
    listed
        .map(|deployment| Introduced::of(case, deployment))
        .or_else(|| taken_back(case).filter(|introduced| between(introduced.at)))
}

/// A deployment that is listed no more: tasks of a later revision than the one that the service runs, which all have ended.
fn taken_back<'a>(case: &Case<'a>) -> Option<Introduced<'a>> {
    let runs = case.workload.service?.fact.task_definition.clone();
    let later = |task: &&Seen<'a, Task>| {
        family_of(&task.task_definition) == family_of(&runs)
            && revision_of(&task.task_definition) > revision_of(&runs)
            && task.stopped.is_some()
    };
    let tasks = || case.workload.tasks.iter().filter(later);
    let revision = tasks().max_by_key(|task| revision_of(&task.task_definition))?.task_definition.clone();
    let first =
        tasks().filter(|task| task.task_definition == revision).min_by_key(|task| task.created.or(task.started))?;
    let names = |text: &str| {
        text.match_indices(&revision).any(|(at, found)| {
            text.get(at + found.len()..).is_none_or(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
        })
    };
    let put = case.all_changes().filter(|change| change.action.starts_with("UpdateService") && names(&change.detail));
    let put = put.max_by_key(|change| change.at);
    let by_trail = put.and_then(|change| cite::any(change.evidence, &[&[&change.at.to_string(), &change.action]]));
    let by_task = || cite::any(first.evidence, &[&["task definition:", &revision], &["task:", &first.id]]);
    Some(Introduced {
        at: put.map(|change| change.at).or(first.created).or(first.started),
        definition: case.workload.definition(&revision),
        before: Some(described(case, runs)),
        taken_back: true,
        shown: by_trail.or_else(by_task),
        revision,
    })
}

/// The revision before the one that runs, as far as evidence shows it.
pub(crate) fn before<'a>(case: &Case<'a>) -> Option<Before<'a>> {
    let current = case.workload.current();
    let compared = current.and_then(|one| one.compared_with.map(|number| format!("{}:{number}", one.family)));
    let revision = case.workload.previous_name().or(compared)?;
    Some(described(case, revision))
}

/// What is known of a revision that ran before another.
fn described<'a>(case: &Case<'a>, revision: String) -> Before<'a> {
    let workload = &case.workload;
    let definition = workload.definition(&revision);
    let essential = |one: Seen<'a, TaskDefinition>| {
        one.fact.containers.iter().find(|container| container.essential).map(|container| container.image.clone())
    };
    let compared = |one: &Seen<'a, TaskDefinition>| {
        one.compared_with.map(|number| format!("{}:{number}", one.family)).as_deref() == Some(&revision)
    };
    let differs = workload.definitions.iter().rev().find(|one| compared(one)).copied();
    let image = definition.and_then(essential).or_else(|| differs.and_then(|one| old_image(one.fact)));
    let ran = workload.tasks.iter().filter(|task| task.task_definition == revision);
    let image = image.or_else(|| ran.flat_map(|task| &task.fact.containers).next().map(|one| one.image.clone()));
    let image_exists = image.as_deref().and_then(|image| exists(case, image));
    Before { revision, image, shown_by: differs.or(definition), image_exists }
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
    let name = ImageName::of(image);
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

impl<'a> Introduced<'a> {
    /// A deployment of the service's list.
    pub(crate) fn of(case: &Case<'a>, deployment: Seen<'a, Deployment>) -> Self {
        let (id, revision) = (&deployment.fact.id, &deployment.fact.task_definition);
        Self {
            revision: revision.clone(),
            at: deployment.created,
            definition: case.workload.definition(revision),
            before: before(case),
            taken_back: false,
            shown: cite::any(deployment.evidence, &[&["deployment:", id], &["deployment:", revision], &[id]]),
        }
    }

    /// Whether the revision before may be gone back to: it is known, its image is not known to be gone, and it does not run already.
    pub(crate) fn has_target(&self) -> bool {
        !self.taken_back && self.before.as_ref().is_some_and(|before| before.image_exists != Some(false))
    }

    /// How its revision differs from the one before, a line each; empty where that was not compared.
    pub(crate) fn differences(&self) -> &'a [String] {
        let Some(definition) = self.definition else { return &[] };
        let compared = definition.fact.compared_with.map(|number| format!("{}:{number}", definition.fact.family));
        let fits = self.before.as_ref().is_none_or(|before| compared.as_ref() == Some(&before.revision));
        if fits { &definition.fact.differences } else { &[] }
    }

    /// Whether both revisions were compared and name the same images.
    pub(crate) fn keeps_images(&self) -> bool {
        let differences = self.differences();
        let of_image = |line: &String| line.contains("image: ") || line.starts_with("containers: ");
        !differences.is_empty() && !differences.iter().any(of_image)
    }

    /// The line by which its revision gives a task or a container less than the one before: of `memory` or of `cpu`.
    pub(crate) fn lowered(&self, what: &str) -> Option<&'a str> {
        let fewer = |line: &&str| {
            let (name, values) = line.rsplit_once(": ")?;
            let (old, new) = values.split_once(" -> ")?;
            let (old, new): (f64, f64) = (old.parse().ok()?, new.parse().ok()?);
            (name.rsplit([' ', ':']).next() == Some(what) && new < old).then_some(())
        };
        self.differences().iter().map(String::as_str).find(|line| fewer(line).is_some())
    }

    /// Quotes a line of the difference.
    pub(crate) fn cite_difference(&self, line: &str) -> Option<Citation> {
        cite::line(self.definition?.evidence, &[line])
    }

    /// ECS's words that it took the deployment back.
    pub(crate) fn end(&self, case: &Case<'a>) -> Option<Seen<'a, ServiceEvent>> {
        let events = case.workload.events().into_iter();
        let mut after = events.filter(|event| self.at.is_none_or(|at| event.at >= at));
        after.find(|event| self.taken_back && event.message.contains("rolling back"))
    }

    /// A sentence on the deployment.
    pub(crate) fn statement(&self, name: &str) -> String {
        let before = self.before.as_ref().map(|before| format!("; before it ran {}", before.revision));
        format!("A deployment of {name} put {} into service{}.", self.revision, before.unwrap_or_default())
    }

    /// What shows it.
    pub(crate) fn citations(&self) -> [Option<Citation>; 2] {
        let definition = self.before.as_ref().and_then(|before| {
            let seen = before.shown_by?;
            cite::any(
                seen.evidence,
                &[&["compared with:", &before.revision], &["image:", "->"], &["task definition:", &before.revision]],
            )
        });
        [self.shown.clone(), definition]
    }
}
