//! Attacks in names, descriptions, tags, settings and comments.

use jiff::Timestamp;
use marple_world::{Files, ScenarioError};
use serde_json::{Value, json};

use crate::variants::edit;

const TASK_DEFINITIONS: &str = "world/ecs/task-definitions.json";
const SERVICES: &str = "world/ecs/services.json";
const IMAGES: &str = "world/ecr/images.json";
const SECRETS: &str = "world/secretsmanager/secrets.json";
/// The name under which words stand in tags and environments.
const NOTE: &str = "SUPPORT_NOTE";

/// A member of every item of a list. Says of how many; a file that is not there stays so.
pub(super) fn describe(
    files: &mut Files,
    path: &str,
    key: &str,
    member: &str,
    text: &str,
) -> Result<usize, ScenarioError> {
    each(files, path, key, |item| {
        edit::set(item, member, text);
        1
    })
}

/// Changes every item of a list, and counts what the change says.
fn each(
    files: &mut Files,
    path: &str,
    key: &str,
    change: impl Fn(&mut Value) -> usize,
) -> Result<usize, ScenarioError> {
    let mut items = edit::list(files, path, key)?;
    let changed = items.iter_mut().map(change).sum();
    if changed > 0 {
        edit::put_list(files, path, key, items)?;
    }
    Ok(changed)
}

/// In the environment of every function and of every container.
pub(super) fn environment(files: &mut Files, text: &str) -> Result<usize, ScenarioError> {
    let functions = each(files, edit::FUNCTIONS, "Functions", |function| {
        let mut variables = function.pointer("/Environment/Variables").cloned().unwrap_or_else(|| json!({}));
        edit::set(&mut variables, NOTE, text);
        edit::set(function, "Environment", json!({ "Variables": variables }));
        1
    })?;
    let containers = each(files, TASK_DEFINITIONS, "taskDefinitions", |definition| {
        // An entry holds the definition itself, or `{taskDefinition, tags}` as describe-task-definition gives it.
        let containers = match definition.get_mut("taskDefinition") {
            Some(inner) => inner.get_mut("containerDefinitions"),
            None => definition.get_mut("containerDefinitions"),
        };
        let containers = containers.and_then(Value::as_array_mut).into_iter().flatten();
        containers.map(|container| push(container, "environment", json!({ "name": NOTE, "value": text }))).sum()
    })?;
    Ok(functions + containers)
}

/// Adds to a list that is a member; a list that is not there is made.
fn push(item: &mut Value, member: &str, value: Value) -> usize {
    let mut list = item.get(member).and_then(Value::as_array).cloned().unwrap_or_default();
    list.push(value);
    edit::set(item, member, list);
    1
}

/// On functions, services, stacks and secrets.
pub(super) fn tag(files: &mut Files, text: &str) -> Result<usize, ScenarioError> {
    let mut planted = 0;
    let of_functions: Vec<String> =
        files.iter().map(|(path, _)| path.to_owned()).filter(|path| is_tags(path)).collect();
    for path in of_functions {
        let mut file = edit::json(files, &path)?.unwrap_or_default();
        if let Some(tags) = file.get_mut("Tags") {
            edit::set(tags, NOTE, text);
            planted += 1;
        }
        files.insert(path, file.to_string());
    }
    let pair = || json!({ "Key": NOTE, "Value": text });
    planted += each(files, SERVICES, "services", |item| push(item, "tags", json!({ "key": NOTE, "value": text })))?;
    planted += each(files, edit::STACKS, "Stacks", |item| push(item, "Tags", pair()))?;
    planted += each(files, SECRETS, "SecretList", |item| push(item, "Tags", pair()))?;
    Ok(planted)
}

fn is_tags(path: &str) -> bool {
    path.starts_with("world/lambda/functions/") && path.ends_with("/tags.json")
}

/// A log group and, where there are such, a function of that name.
pub(super) fn resource(files: &mut Files, name: &str) -> Result<usize, ScenarioError> {
    let mut planted = 1;
    let mut groups = edit::list(files, edit::LOG_GROUPS, "logGroups")?;
    groups.push(json!({ "logGroupName": format!("/aws/lambda/{name}") }));
    edit::put_list(files, edit::LOG_GROUPS, "logGroups", groups)?;
    let mut functions = edit::list(files, edit::FUNCTIONS, "Functions")?;
    if let Some(neighbour) = functions.first() {
        let role = edit::text(neighbour, "Role").to_owned();
        functions.push(json!({
            "FunctionName": name, "Runtime": "python3.13", "Handler": "app.handler", "MemorySize": 128, "Timeout": 3, "Role": role,
            "LastModified": "2025-01-15T09:00:00Z"
        }));
        edit::put_list(files, edit::FUNCTIONS, "Functions", functions)?;
        planted += 1;
    }
    Ok(planted)
}

/// The reason of the newest event of each stack.
pub(super) fn stack_event(files: &mut Files, text: &str) -> Result<usize, ScenarioError> {
    let below =
        files.below("world/cloudformation/stacks/").map(|(path, _)| format!("world/cloudformation/stacks/{path}"));
    let paths: Vec<String> = below.filter(|path| path.ends_with("/events.json")).collect();
    let mut planted = 0;
    for path in paths {
        let mut events = edit::list(files, &path, "StackEvents")?;
        let newest = events.iter_mut().max_by_key(|event| edit::text(event, "Timestamp").parse::<Timestamp>().ok());
        if let Some(newest) = newest {
            edit::set(newest, "ResourceStatusReason", text);
            edit::put_list(files, &path, "StackEvents", events)?;
            planted += 1;
        }
    }
    Ok(planted)
}

/// Behind the last line of each file of code, so that no line moves.
pub(super) fn comment(files: &mut Files, text: &str) -> usize {
    let sign = |path: &str| match path.rsplit('.').next() {
        Some("py" | "rb") => Some("#"),
        Some("js" | "mjs" | "cjs" | "ts") => Some("//"),
        _ => None,
    };
    let code: Vec<(String, String)> = files
        .iter()
        .filter(|(path, _)| path.starts_with("world/lambda/functions/") && path.contains("/code/"))
        .filter_map(|(path, content)| Some((path.to_owned(), std::str::from_utf8(content).ok()?.to_owned())))
        .collect();
    let mut planted = 0;
    for (path, content) in code {
        let Some(sign) = sign(&path) else { continue };
        let comments: String = text.lines().map(|line| format!("{sign} {line}\n")).collect();
        let joint = if content.ends_with('\n') { "" } else { "\n" };
        files.insert(path, format!("{content}{joint}{comments}"));
        planted += 1;
    }
    planted
}

/// A further tag on the newest image of each file: a tag names one image only.
pub(super) fn image_tag(files: &mut Files, tag: &str) -> Result<usize, ScenarioError> {
    let mut images = edit::list(files, IMAGES, "imageDetails")?;
    let newest = images.iter_mut().max_by_key(|image| edit::text(image, "imagePushedAt").parse::<Timestamp>().ok());
    let Some(tags) = newest.and_then(|image| image.get_mut("imageTags")?.as_array_mut()) else { return Ok(0) };
    tags.push(tag.into());
    edit::put_list(files, IMAGES, "imageDetails", images)?;
    Ok(1)
}
