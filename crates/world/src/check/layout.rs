//! The files that a world may have. `NAME` is one folder or file whose name is data; `**` is everything below.
//!
//! A file of another name would be ignored in silence: it is an error. Notes (`*.md`) may lie anywhere.

use std::collections::BTreeSet;

use super::{named, nearest, shape::Read};
use crate::scenario::SCENARIO_FILE;
use crate::{Files, ScenarioError};

/// A file of the format, and the schema of those in JSON, without its `.schema.json`.
pub(super) struct Known {
    pub(super) path: &'static str,
    pub(super) schema: Option<&'static str>,
}

const fn json(path: &'static str, schema: &'static str) -> Known {
    Known { path, schema: Some(schema) }
}

/// A file with a parser of its own, or without any.
const fn other(path: &'static str) -> Known {
    Known { path, schema: None }
}

/// Every file of the format, as `docs/worlds.md` lists them.
pub(super) const KNOWN: &[Known] = &[
    other(SCENARIO_FILE),
    json("world/cloudwatch/alarms.json", "cloudwatch-alarms.json"),
    json("world/cloudwatch/alarm-history.json", "cloudwatch-alarm-history.json"),
    other("world/cloudwatch/series.toml"),
    json("world/logs/log-groups.json", "logs-log-groups.json"),
    other("world/logs/**.jsonl"),
    other("world/traffic.toml"),
    json("world/lambda/functions.json", "lambda-functions.json"),
    other("world/lambda/functions/NAME/code/**"),
    json("world/lambda/functions/NAME/versions.json", "lambda-versions.json"),
    json("world/lambda/functions/NAME/aliases.json", "lambda-aliases.json"),
    json("world/lambda/functions/NAME/event-source-mappings.json", "lambda-event-source-mappings.json"),
    json("world/lambda/functions/NAME/concurrency.json", "lambda-concurrency.json"),
    other("world/lambda/functions/NAME/versions/NAME/code/**"),
    json("world/lambda/functions/NAME/tags.json", "lambda-tags.json"),
    json("world/lambda/functions/NAME/policy.json", "lambda-policy.json"),
    json("world/cloudformation/stacks.json", "cloudformation-stacks.json"),
    json("world/cloudformation/stacks/NAME/resources.json", "cloudformation-resources.json"),
    json("world/cloudformation/stacks/NAME/events.json", "cloudformation-events.json"),
    other("world/cloudformation/stacks/NAME/template.yaml"),
    other("world/cloudformation/stacks/NAME/template.yml"),
    other("world/cloudformation/stacks/NAME/template.json"),
    json("world/secretsmanager/secrets.json", "secretsmanager-secrets.json"),
    json("world/rds/db-clusters.json", "rds-db-clusters.json"),
    json("world/rds/db-instances.json", "rds-db-instances.json"),
    json("world/rds/events.json", "rds-events.json"),
    json("world/ecs/clusters.json", "ecs-clusters.json"),
    json("world/ecs/services.json", "ecs-services.json"),
    json("world/ecs/tasks.json", "ecs-tasks.json"),
    json("world/ecs/task-definitions.json", "ecs-task-definitions.json"),
    json("world/ecr/repositories.json", "ecr-repositories.json"),
    json("world/ecr/images.json", "ecr-images.json"),
    json("world/ecr/manifests.json", "ecr-manifests.json"),
    json("world/ecr/scan-findings.json", "ecr-scan-findings.json"),
    json("world/elbv2/load-balancers.json", "elbv2-load-balancers.json"),
    json("world/elbv2/target-groups.json", "elbv2-target-groups.json"),
    json("world/elbv2/target-health.json", "elbv2-target-health.json"),
    json("world/elbv2/listeners.json", "elbv2-listeners.json"),
    json("world/elbv2/rules.json", "elbv2-rules.json"),
    json("world/elbv2/attributes.json", "elbv2-attributes.json"),
    json("world/elbv2/tags.json", "elbv2-tags.json"),
    json("world/application-autoscaling/scalable-targets.json", "application-autoscaling-scalable-targets.json"),
    json("world/application-autoscaling/scaling-policies.json", "application-autoscaling-scaling-policies.json"),
    json("world/application-autoscaling/scaling-activities.json", "application-autoscaling-scaling-activities.json"),
    json("world/cloudtrail/events.json", "cloudtrail-events.json"),
    json("world/sts/identity.json", "sts-identity.json"),
];

/// Folders of which each holds what belongs to an item of a list: the folder, the file of the list, the list, the item's name.
const FOLDERS: [(&str, &str, &str, &str); 2] = [
    ("world/lambda/functions/", "world/lambda/functions.json", "Functions", "FunctionName"),
    ("world/cloudformation/stacks/", "world/cloudformation/stacks.json", "Stacks", "StackName"),
];

/// The entry of [`KNOWN`] that a path is.
pub(super) fn known(path: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| is(path, known.path))
}

fn is(path: &str, pattern: &str) -> bool {
    if let Some((folder, ending)) = pattern.split_once("**") {
        // Everything below a folder that may itself hold NAMEs.
        let depth = folder.matches('/').count();
        let Some((end, _)) = path.match_indices('/').nth(depth.saturating_sub(1)) else { return false };
        let (head, tail) = path.split_at(end + 1);
        return segments_match(head, folder) && !tail.is_empty() && tail.ends_with(ending);
    }
    segments_match(path, pattern)
}

fn segments_match(path: &str, pattern: &str) -> bool {
    path.matches('/').count() == pattern.matches('/').count()
        && path.split('/').zip(pattern.split('/')).all(|(is, wanted)| wanted == "NAME" || is == wanted)
}

/// Files that nobody reads.
pub(super) fn faults(files: &Files, read: &Read<'_>) -> Vec<ScenarioError> {
    let unread = files.iter().filter(|(path, _)| !path.ends_with(".md") && known(path).is_none());
    let told = |(path, _)| {
        let hint = meant(path).map_or_else(
            || "docs/worlds.md lists the files of a world".to_owned(),
            |meant| format!("did you mean {meant}?"),
        );
        invalid(path, format!("nobody reads a file of this name; {hint}"))
    };
    unread.map(told).chain(FOLDERS.iter().flat_map(|folder| unlisted(files, read, folder))).collect()
}

/// The path that was probably meant: the nearest of the known ones, with this path's own names in it.
fn meant(path: &str) -> Option<String> {
    let own: Vec<&str> = path.split('/').collect();
    let with_names = |pattern: &str| {
        let segment = |(place, wanted): (usize, &str)| match (wanted, own.get(place)) {
            ("NAME", Some(own)) => (*own).to_owned(),
            _ => wanted.to_owned(),
        };
        pattern.split('/').enumerate().map(segment).collect::<Vec<_>>().join("/")
    };
    let candidates: Vec<String> =
        KNOWN.iter().filter(|known| !known.path.contains("**")).map(|known| with_names(known.path)).collect();
    // By the file's own name, in this folder or another.
    let name = own.last()?;
    let file = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let alike = candidates
        .iter()
        .map(String::as_str)
        .filter(|known| nearest(name, [file(known).as_str()].into_iter()).is_some());
    let scored = alike.map(|known| (strsim::jaro_winkler(path, known), known));
    scored.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, known)| known.to_owned())
}

/// Folders of something that its list does not have.
fn unlisted(
    files: &Files,
    read: &Read<'_>,
    &(folder, file, list, member): &(&str, &str, &str, &'static str),
) -> Vec<ScenarioError> {
    let listed: Vec<&str> = match read.values.get(file) {
        Some(value) => named(value, list, member).collect(),
        // A list that cannot be read is said already.
        None if files.get(file).is_some() => return Vec::new(),
        None => Vec::new(),
    };
    let names: BTreeSet<&str> = files.below(folder).filter_map(|(path, _)| Some(path.split_once('/')?.0)).collect();
    let told = |name: &str| {
        let hint = nearest(name, listed.iter().copied()).map(|near| format!("; did you mean {near}?"));
        invalid(&format!("{folder}{name}/"), format!("{list} of {file} has no {name}{}", hint.unwrap_or_default()))
    };
    names.into_iter().filter(|name| !listed.contains(name)).map(told).collect()
}

fn invalid(file: &str, what: String) -> ScenarioError {
    ScenarioError::Invalid { file: file.to_owned(), what }
}
