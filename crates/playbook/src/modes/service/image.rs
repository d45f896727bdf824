//! An image that cannot be used: it cannot be pulled, or it is built for another processor.
//!
//! Discriminating questions: does the repository hold that tag or digest? do ECS's words speak of a missing image, of a permission or of the
//! network? which architectures does the image have, and which does the task definition ask for? does the revision before have an image
//! that exists?

use jiff::Timestamp;
use marple_case::{
    Category, Citation, ResourceKind, ResourceRef, Verdict,
    facts::{Change, Task, TaskDefinition},
    root_cause::{Gap, Link, RuledOut},
};

use super::{Introduced, ServiceFault, cite_event, cite_task, introduced, seen_at, stop_words, whole_words};
use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, claim, gap},
    reading::{Case, Seen, workload::ImageName},
    wants::call,
};

/// Why an image cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The repository has no such tag or digest.
    Absent,
    /// The execution role may not pull it.
    Denied,
    /// The registry cannot be reached.
    Network,
    /// The registry limits pulls.
    RateLimited,
    /// It is built for another processor.
    Architecture,
    /// ECS's words fit none of these.
    Other,
}

/// An unusable image as it was found.
#[derive(Debug)]
pub(crate) struct Unusable<'a> {
    /// As the task definition names it.
    pub(crate) image: Option<String>,
    /// Why.
    pub(crate) reason: Reason,
    /// ECS's or the program's own words.
    pub(crate) words: String,
    /// Where they stand.
    pub(crate) cited: Option<Citation>,
    /// A task that failed.
    pub(crate) task: Option<Seen<'a, Task>>,
    /// How many failed.
    pub(crate) failed: usize,
    /// Architectures of the image.
    pub(crate) built_for: Vec<String>,
    /// What the task definition asks for.
    pub(crate) wanted: String,
    /// Whether the repository was seen not to hold it.
    pub(crate) absent: bool,
    /// The deployment that it began with.
    pub(crate) introduced: Option<Introduced<'a>>,
    /// First effect.
    pub(crate) onset: Timestamp,
}

/// Examines the case for unusable images.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let (words, cited, task, mut at) = pull_failure(case).or_else(|| wrong_architecture(case))?;
    let failed: Vec<_> = stop_words(case).into_iter().filter(|(_, text)| is_pull(text)).collect();
    at = at.into_iter().chain(failed.iter().filter_map(|(task, _)| seen_at(task.fact))).min();
    let image = named_image(&words).or_else(|| case.workload.containers().first().map(|one| one.image.clone()));
    let absent = image.as_deref().and_then(|image| super::exists(case, image)) == Some(false);
    let definition = case.workload.current();
    let built_for =
        image.as_deref().and_then(|image| case.workload.image(image)).map(|image| image.architectures.clone());
    let reason = if is_format_error(&words) { Reason::Architecture } else { reason(&words, absent) };
    let found = at.or(case.scope.first_breach).unwrap_or(case.scope.window.start);
    let onset = case.breach().map_or(found, |breach| found.min(breach));
    let unusable = Unusable {
        reason,
        failed: failed.len().max(1),
        built_for: built_for.unwrap_or_default(),
        wanted: definition.and_then(|one| one.architecture.clone()).unwrap_or_else(|| "X86_64".to_owned()),
        absent,
        introduced: introduced(case, onset).or_else(|| late(case)),
        words,
        cited,
        task,
        onset,
        image,
    };
    Some(Hypothesis {
        support: if unusable.cited.is_some() { Support::Shown } else { Support::Likely },
        fresh: true,
        explains: unusable.failed as u64,
        looks_for: "Tasks cannot use their image; looking for it in the repository, and for the revision before."
            .to_owned(),
        wants: wants(case, &unusable),
        cause: cause(case, &unusable),
        diagnosis: Diagnosis::Service(ServiceFault::Image(unusable)),
    })
}

/// The newest deployment, if it is not yet through: tasks of it fail, however long ago it began.
fn late<'a>(case: &Case<'a>) -> Option<Introduced<'a>> {
    let deployment = case.workload.deployment().filter(|one| one.rollout_state.as_deref() != Some("COMPLETED"))?;
    Some(Introduced::of(case, deployment))
}

fn is_pull(text: &str) -> bool {
    text.contains("CannotPull")
        || text.contains("pull image manifest has been retried")
        || text.contains("ErrImagePull")
}

fn is_format_error(text: &str) -> bool {
    text.contains("exec format error")
        || text.contains("does not match the expected platform")
        || text.contains("image Manifest does not contain descriptor matching platform")
        || text.contains("no matching manifest for")
}

/// What was found: words, where they stand, a task, when.
type Found<'a> = (String, Option<Citation>, Option<Seen<'a, Task>>, Option<Timestamp>);

fn pull_failure<'a>(case: &Case<'a>) -> Option<Found<'a>> {
    if let Some((task, text)) = stop_words(case).into_iter().find(|(_, text)| is_pull(text)) {
        let head: String = text.chars().take(80).collect();
        let cited = cite::any(task.evidence, &[&[whole_words(&head)], &["CannotPull"]]);
        return Some((text.to_owned(), cited, Some(task), seen_at(task.fact)));
    }
    let event = case.workload.events().into_iter().find(|event| is_pull(&event.message))?;
    Some((event.message.clone(), cite_event(&event), None, Some(event.at)))
}

fn wrong_architecture<'a>(case: &Case<'a>) -> Option<Found<'a>> {
    let crashed = case
        .workload
        .container_states()
        .find(|(_, one)| one.exit_code.is_some_and(|code| code != 0))
        .map(|(task, _)| task);
    if let Some((task, text)) = stop_words(case).into_iter().find(|(_, text)| is_format_error(text)) {
        let head: String = text.chars().take(80).collect();
        return Some((
            text.to_owned(),
            cite::any(task.evidence, &[&[whole_words(&head)], &["exec format error"]]),
            Some(task),
            seen_at(task.fact),
        ));
    }
    for summary in &case.summaries {
        let templates =
            summary.fact.templates.iter().filter(|line| line.count > 0).map(|line| (line.sample.as_str(), line.first));
        let errors = summary.fact.exceptions.iter().map(|error| (error.sample.as_str(), Some(error.first)));
        if let Some((sample, first)) = templates.chain(errors).find(|(sample, _)| is_format_error(sample)) {
            let line = sample.lines().find(|line| is_format_error(line)).unwrap_or(sample);
            return Some((
                line.to_owned(),
                cite::any(summary.evidence, &[&["exec format error"], &["platform"]]),
                crashed,
                first,
            ));
        }
    }
    None
}

/// The image that ECS's words name.
fn named_image(words: &str) -> Option<String> {
    let named = words.split([' ', '"', '\'', ',']).find(|word| word.contains(".dkr.ecr.") && word.contains('/'))?;
    Some(named.trim_end_matches([':', '.', ';', ')']).trim_start_matches('(').to_owned())
        .filter(|image| !image.ends_with('/'))
}

fn reason(words: &str, absent: bool) -> Reason {
    let lower = words.to_lowercase();
    let says = |needles: &[&str]| needles.iter().any(|needle| lower.contains(needle));
    if says(&[
        "accessdenied",
        "access denied",
        "not authorized",
        "no basic auth",
        "403 forbidden",
        "unauthorized",
        "authorization failed",
    ]) && !absent
    {
        Reason::Denied
    } else if says(&["toomanyrequests", "rate limit", "rate exceeded"]) {
        Reason::RateLimited
    } else if absent || says(&["not found", "manifest unknown", "does not exist", "no such image"]) {
        Reason::Absent
    } else if says(&[
        "i/o timeout",
        "dial tcp",
        "deadline exceeded",
        "request canceled",
        "no such host",
        "connection refused",
        "timed out",
    ]) {
        Reason::Network
    } else {
        Reason::Other
    }
}

fn wants(case: &Case<'_>, unusable: &Unusable<'_>) -> Vec<marple_agent::ports::PlannedCall> {
    let mut wants = Vec::new();
    let images = unusable
        .image
        .iter()
        .chain(unusable.introduced.iter().flat_map(|one| &one.before).flat_map(|before| &before.image));
    for image in images {
        let name = ImageName::of(image);
        let known = case.workload.image(image).is_some() || super::exists(case, image) == Some(false);
        if !known && image.contains(".dkr.ecr.") {
            wants.push(call("list_images", serde_json::json!({"repository": image})));
        } else if case.workload.listing(name.repository).is_none_or(|listing| listing.asked.is_some()) {
            wants.push(call("list_images", serde_json::json!({"repository": name.repository})));
        }
    }
    wants
}

impl Unusable<'_> {
    fn shown(&self) -> &str {
        self.image.as_deref().unwrap_or("its image")
    }

    /// What is wrong, as a predicate of the image.
    fn predicate(&self) -> String {
        match self.reason {
            Reason::Absent => "is not in its repository".to_owned(),
            Reason::Denied => "may not be pulled by the execution role".to_owned(),
            Reason::Network => "cannot be pulled: the registry is not reached".to_owned(),
            Reason::RateLimited => "cannot be pulled: the registry limits pulls".to_owned(),
            Reason::Architecture if self.built_for.is_empty() => {
                format!("is built for another processor than {}", self.wanted)
            }
            Reason::Architecture => {
                format!("is built for {}, and the tasks run on {}", self.built_for.join(", "), self.wanted)
            }
            Reason::Other => "cannot be pulled".to_owned(),
        }
    }
}

fn cause(case: &Case<'_>, unusable: &Unusable<'_>) -> marple_case::RootCause {
    let category = match unusable.reason {
        Reason::Denied => Category::PermissionDenied,
        Reason::Network => Category::Network,
        Reason::RateLimited => Category::Throttling,
        _ => Category::BadImage,
    };
    let mut cause = claim(Verdict::Fault, category);
    let name = case.name();
    cause.title = format!("Tasks of {name} cannot start: {} {}", unusable.shown(), unusable.predicate());
    cause.components = super::service_and_definition(case);
    if let Some(image) = &unusable.image {
        cause.components.push(ResourceRef::new(ResourceKind::ContainerImage, image));
    }
    cause.onset = Some(unusable.onset);
    cause.trigger =
        Some("Every start of a new task of this revision; tasks that run already are not touched".to_owned());
    cause.chain = chain(case, unusable);
    cause.summary = summary(case, unusable);
    cause.gaps = gaps(unusable);
    cause.ruled_out = rivals(case, unusable);
    cause
}

fn chain(case: &Case<'_>, unusable: &Unusable<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    if let Some(introduced) = &unusable.introduced {
        let at = introduced.at.filter(|at| *at <= unusable.onset);
        chain.link(introduced.statement(case.name()), at, introduced.citations());
    }
    let definition = case.workload.current();
    if let Some(image) = &unusable.image {
        let name = ImageName::of(image);
        let what = name.digest.unwrap_or(name.tag);
        let named =
            definition.and_then(|one| cite::any(one.evidence, &[&["image:", "->", what], &["image", image], &[image]]));
        chain.link(
            format!(
                "{} names the image {image}.",
                definition.map_or_else(|| "The task definition".to_owned(), |one| one.name())
            ),
            None,
            [named],
        );
        if unusable.absent || unusable.reason == Reason::Absent {
            let listing =
                case.workload.images.iter().filter(|images| images.repository == name.repository).find_map(|images| {
                    cite::any(
                        images.evidence,
                        &[
                            &["holds no image", what],
                            &["repository:", name.repository],
                            &["repository", name.repository],
                        ],
                    )
                });
            let introduced = unusable.introduced.as_ref().and_then(|introduced| introduced.at);
            let removed = removal(case, name.repository, unusable.onset);
            if let Some(removed) = removed.filter(|removed| introduced.is_none_or(|at| at <= removed.at)) {
                let stamp = removed.at.to_string();
                let what = match removed.action.contains("LifecyclePolicy") {
                    true => "got another lifecycle policy, by which images expire",
                    false => "lost images",
                };
                chain.link(
                    format!("The repository {} {what} ({}).", name.repository, removed.action),
                    Some(removed.at),
                    [cite::any(removed.evidence, &[&[&stamp, &removed.action], &[&removed.action, name.repository]])],
                );
            }
            chain.link(format!("The repository {} holds no image {what}.", name.repository), None, [listing]);
        }
        if unusable.reason == Reason::Architecture {
            architecture(&mut chain, case, unusable, definition, image);
        }
    }
    chain.link(
        format!(
            "{} task(s) failed: {}",
            unusable.failed,
            whole_words(&unusable.words.chars().take(160).collect::<String>())
        ),
        Some(unusable.onset),
        [unusable.cited.clone(), unusable.task.as_ref().and_then(cite_task)],
    );
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

/// The last change before the onset that takes images out of the repository: somebody deleted some, or a lifecycle policy lets them expire.
fn removal<'a>(case: &Case<'a>, repository: &str, onset: Timestamp) -> Option<Seen<'a, Change>> {
    const REMOVE: [&str; 3] = ["BatchDeleteImage", "PutLifecyclePolicy", "DeleteRepository"];
    let of_repository = |change: &Change| {
        change.resource.as_ref().is_some_and(|resource| repository.ends_with(&resource.name))
            || change.detail.contains(&format!("repositoryName={repository}"))
    };
    let changes = case.all_changes().filter(|change| change.at <= onset && of_repository(change.fact));
    changes
        .filter(|change| REMOVE.iter().any(|action| change.action.starts_with(action)))
        .max_by_key(|change| change.at)
}

fn architecture(
    chain: &mut Chain,
    case: &Case<'_>,
    unusable: &Unusable<'_>,
    definition: Option<Seen<'_, TaskDefinition>>,
    image: &str,
) {
    if let Some(listed) = case.workload.image(image).filter(|_| !unusable.built_for.is_empty()) {
        let tag = ImageName::of(image).tag;
        let first = unusable.built_for.first().map(String::as_str).unwrap_or_default();
        let cited = cite::any(listed.evidence, &[&[tag, first], &[&listed.digest, first], &[first], &[tag]]);
        chain.link(format!("That image is built for {}.", unusable.built_for.join(", ")), None, [cited]);
    }
    let asked = definition.and_then(|one| cite::any(one.evidence, &[&["architecture:"]]));
    chain.link(format!("The task definition's platform is {}.", unusable.wanted), None, [asked]);
}

fn summary(case: &Case<'_>, unusable: &Unusable<'_>) -> String {
    let mut text = format!("New tasks of {} do not start: {} {}.", case.name(), unusable.shown(), unusable.predicate());
    text += &format!(" First seen at {}.", unusable.onset);
    if let Some(introduced) = &unusable.introduced {
        text += &format!(" {}", introduced.statement(case.name()));
    }
    match case.workload.service.map(|service| (service.fact.running, service.fact.desired)) {
        Some((0, desired)) => text += &format!(" No task runs of {desired} that are wanted: nothing is served."),
        Some((running, desired)) => text += &format!(" {running} of {desired} tasks run."),
        None => {}
    }
    text
}

fn gaps(unusable: &Unusable<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if unusable.reason == Reason::Other {
        gaps.push(gap(
            "why the image cannot be pulled",
            "ECS's words name no known reason",
            "pull the image by hand with the execution role",
            true,
        ));
    }
    if unusable.reason == Reason::Architecture && unusable.built_for.is_empty() {
        gaps.push(gap(
            "the image's architecture",
            "its manifest was not among the evidence",
            "aws ecr batch-get-image of that tag, or docker manifest inspect",
            false,
        ));
    }
    gaps
}

fn rivals(case: &Case<'_>, unusable: &Unusable<'_>) -> Vec<RuledOut> {
    let mut rivals = Vec::new();
    if unusable.reason == Reason::Absent
        && let Some(image) = &unusable.image
    {
        let name = ImageName::of(image);
        let others = case.workload.all_images().find(|one| one.repository == name.repository);
        let listing = case.workload.listing(name.repository);
        let cited = listing
            .and_then(|listing| cite::any(listing.evidence, &[&["holds no image"], &["repository:"], &["image:"]]));
        let some =
            others.map(|one| format!(" Other images are there, as {}.", one.resource().name)).unwrap_or_default();
        rivals.push(RuledOut {
            hypothesis: "The network to the registry, or a permission to pull".to_owned(),
            reason: format!("The registry answered that there is no such image.{some}"),
            citations: [unusable.cited.clone(), cited].into_iter().flatten().collect(),
        });
    }
    if unusable.reason == Reason::Architecture {
        rivals.push(RuledOut {
            hypothesis: "A defect of the program".to_owned(),
            reason: "The program never ran: the kernel refused to execute its file.".to_owned(),
            citations: unusable.cited.clone().into_iter().collect(),
        });
    }
    rivals.retain(|rival| !rival.citations.is_empty());
    rivals
}
