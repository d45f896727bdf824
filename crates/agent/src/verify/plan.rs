//! Plans: rollback targets that exist and predate the fault, commands that are real and safe, changes that are checked and can be undone, and an answer
//! to "what now".

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use marple_case::{
    Action, ActionKind, Evidence, Facts, MitigationPlan, RootCause,
    facts::{Function, Image},
};
use marple_commands::{Command, CommandFault};

use super::{Objection, names};
use crate::investigation::Investigation;

/// The commands of a plan by their lines, each checked once.
type Read<'a> = BTreeMap<&'a str, Result<Command, Vec<CommandFault>>>;

pub(super) fn check(plan: &MitigationPlan, cause: &RootCause, state: &Investigation) -> Vec<Objection> {
    let mut objections = Vec::new();
    match (plan.immediate.is_empty(), plan.no_immediate_action.as_deref().map(str::trim)) {
        (true, None | Some("")) => objections.push(Objection::Shape {
            reason: "no_immediate_action: immediate is empty, so say why nothing can be done at once".to_owned(),
        }),
        (false, Some(_)) => objections.push(Objection::Shape {
            reason: "no_immediate_action: immediate is not empty, so leave this out".to_owned(),
        }),
        _ => {}
    }
    let immediate = plan.immediate.iter().enumerate().map(|(number, action)| (format!("immediate[{number}]"), action));
    let later = plan.follow_up.iter().enumerate().map(|(number, action)| (format!("follow_up[{number}]"), action));
    let read: Read<'_> = steps(plan.actions()).map(|line| (line, marple_commands::check(line))).collect();
    for (place, action) in immediate.chain(later) {
        objections.extend(rollback(&place, action, cause.onset, state.evidence()));
        objections.extend(commands(&place, action, &read, state));
        objections.extend(care(&place, action, &read));
    }
    objections
}

fn steps<'a>(actions: impl Iterator<Item = &'a Action>) -> impl Iterator<Item = &'a str> {
    actions.flat_map(|action| action.phases.steps()).filter_map(|step| step.command.as_deref())
}

/// What is wrong with the commands of an action; `read` holds all commands of the plan.
fn commands(place: &str, action: &Action, read: &Read<'_>, state: &Investigation) -> Vec<Objection> {
    let mut objections = Vec::new();
    for checked in steps(std::iter::once(action)).filter_map(|line| read.get(line)) {
        match checked {
            Err(faults) => {
                let faults = faults.iter().cloned();
                objections.extend(faults.map(|fault| Objection::Command { place: place.to_owned(), fault }));
            }
            Ok(command) => {
                let known: Vec<&Command> = read.values().flatten().collect();
                let unknown = names::unknown(command, state.evidence(), state.scope(), &known).into_iter();
                let unknown = unknown.filter(|(_, value)| !names::is_announced(value, action));
                objections.extend(unknown.map(|(option, value)| Objection::Name {
                    place: place.to_owned(),
                    option: option.to_owned(),
                    value: value.to_owned(),
                }));
            }
        }
    }
    objections
}

/// What changes something is looked at before, is checked after, and can be undone.
fn care(place: &str, action: &Action, read: &Read<'_>) -> Option<Objection> {
    let changes = |line: &str| matches!(read.get(line), Some(Ok(command)) if !command.is_read_only());
    let phases = &action.phases;
    if !phases.apply.iter().filter_map(|step| step.command.as_deref()).any(changes) {
        return None;
    }
    let missing = [
        (
            phases.prepare.is_empty() && phases.pre_validate.is_empty(),
            "a step in prepare or pre_validate that looks at the present state",
        ),
        (
            !phases.post_validate.iter().any(|step| step.expected.is_some()),
            "a step in post_validate with what is expected",
        ),
        (phases.rollback.is_empty(), "a step in rollback, or one that says why there is no way back"),
    ];
    let missing: Vec<&str> = missing.into_iter().filter_map(|(is_missing, what)| is_missing.then_some(what)).collect();
    let reason = format!("{place}: its apply changes something, and it lacks {}", missing.join("; "));
    (!missing.is_empty()).then_some(Objection::Shape { reason })
}

/// A rollback names a target that evidence shows to exist and to predate the fault; or it is marked unverified.
fn rollback(place: &str, action: &Action, onset: Option<Timestamp>, evidence: &[Arc<Evidence>]) -> Option<Objection> {
    if action.kind != ActionKind::Rollback || action.unverified.is_some() {
        return None;
    }
    let objection = |reason| Some(Objection::Rollback { place: place.to_owned(), reason });
    let Some(target) = action.rollback_to.as_deref().filter(|target| !target.trim().is_empty()) else {
        return objection("a rollback needs rollback_to, the version, image or revision to go back to".to_owned());
    };
    let targets: Vec<Option<Timestamp>> =
        evidence.iter().flat_map(|evidence| known_targets(&evidence.facts, target)).collect();
    if targets.is_empty() {
        return objection(format!(
            "no evidence shows that {target} exists: look it up first (get_function lists versions), or mark the action unverified and say why"
        ));
    }
    let predates = |made: &Option<Timestamp>| matches!((made, onset), (Some(made), Some(onset)) if *made < onset);
    if !targets.iter().any(predates) {
        return objection(format!(
            "no evidence shows that {target} predates the fault: mark the action unverified and say why"
        ));
    }
    None
}

/// The versions, images or revisions that these facts show under that name, each with the time at which it was made.
fn known_targets(facts: &Facts, target: &str) -> Vec<Option<Timestamp>> {
    match facts {
        Facts::Functions(functions) => functions.iter().flat_map(|function| versions(function, target)).collect(),
        Facts::TaskDefinitions(revisions) => {
            let named = revisions.iter().filter(|revision| revision.arn == target || revision.name() == target);
            named.map(|revision| revision.registered).collect()
        }
        Facts::Services(services) => {
            let deployments = services.iter().flat_map(|service| &service.deployments);
            let named = deployments.filter(|deployment| ends_with_name(target, &deployment.task_definition));
            named.map(|deployment| deployment.created).collect()
        }
        Facts::Images(images) => {
            let named = images.images.iter().filter(|image| is_image(image, target));
            named.map(|image| image.pushed).collect()
        }
        _ => Vec::new(),
    }
}

/// The published versions of a function that a target names: by number, `name:number`, or the package's hash.
fn versions<'a>(function: &'a Function, target: &'a str) -> impl Iterator<Item = Option<Timestamp>> + 'a {
    let named = function.versions.iter().filter(move |version| {
        let qualified = format!("{}:{}", function.name, version.version);
        let is_named = target == version.version || ends_with_name(target, &qualified) || target == version.code_sha256;
        version.version != "$LATEST" && is_named
    });
    named.map(|version| version.last_modified)
}

/// Whether a target is this image: by digest, by `repository:tag`, or by either at the end of a registry's address.
fn is_image(image: &Image, target: &str) -> bool {
    let tagged = image.tags.iter().map(|tag| format!("{}:{tag}", image.repository));
    let mut names = tagged.chain([format!("{}@{}", image.repository, image.digest)]);
    target == image.digest
        || image.tags.iter().any(|tag| tag == target)
        || names.any(|name| ends_with_name(target, &name))
}

/// Whether a target is this name, alone or at the end of an ARN or a registry's address.
fn ends_with_name(target: &str, name: &str) -> bool {
    target.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with(['/', ':']))
}
