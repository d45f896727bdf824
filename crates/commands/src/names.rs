//! The options whose value is the name of something that has to exist: a function, a cluster, a stack, a role.

use crate::Command;

/// Ends of options that take names, by the naming of AWS's APIs.
const ENDS: [&str; 8] = ["name", "names", "arn", "arns", "id", "ids", "identifier", "identifiers"];

/// Options that take names and do not end like that.
const NAMES: [&str; 8] = ["cluster", "clusters", "service", "services", "task-definition", "tasks", "task", "role"];

/// Options that end like a name and are none: chosen by the caller, or a word of the service's own.
const NO_NAMES: [&str; 13] = [
    "action-names",
    "metric-name",
    "statement-id",
    "role-session-name",
    "caller-reference",
    "query-id",
    "request-id",
    "revision-id",
    "next-token-id",
    "session-name",
    "event-name",
    "parameter-names",
    "attribute-names",
];

/// Verbs of operations that make what they name.
const MAKING: [&str; 7] = ["create", "put", "register", "publish", "copy", "allocate", "run"];

pub(crate) fn of(command: &Command) -> impl Iterator<Item = (&str, &str)> {
    let options = command.arguments.iter().filter(|argument| takes_names(command, &argument.name));
    options.flat_map(|argument| {
        let plain = argument.values.iter().map(String::as_str).filter(|value| is_plain(value));
        plain.map(|value| (argument.name.as_str(), value))
    })
}

fn takes_names(command: &Command, option: &str) -> bool {
    if NO_NAMES.contains(&option) {
        return false;
    }
    let end = option.rsplit('-').next().unwrap_or(option);
    (NAMES.contains(&option) || ENDS.contains(&end)) && !is_made(command, option)
}

/// Whether the operation makes what the option names: `create-alias --name`, `put-metric-alarm --alarm-name`, `put-role-policy --policy-name`; but not
/// `put-function-concurrency --function-name`.
fn is_made(command: &Command, option: &str) -> bool {
    let Some((verb, noun)) = command.operation.split_once('-') else { return false };
    if !MAKING.contains(&verb) {
        return false;
    }
    let Some((stem, _)) = option.rsplit_once('-') else { return option == "name" };
    let last = |text: &str| text.rsplit('-').next().unwrap_or_default().to_owned();
    last(stem) == last(noun)
}

/// Neither JSON nor shorthand nor a file: those hold more than a name.
fn is_plain(value: &str) -> bool {
    !value.is_empty() && !value.contains(['{', '[', '=', '"']) && !value.starts_with("file")
}
