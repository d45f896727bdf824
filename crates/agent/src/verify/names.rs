//! Names in commands: what a plan touches is something that evidence shows, that the plan itself makes, or that one of its steps finds out first.

use std::sync::Arc;

use marple_case::{Action, Evidence, Scope};
use marple_commands::Command;

use super::components::contains_name;

/// The options of a command whose value names something that nothing here knows, each with that value.
pub(super) fn unknown<'a>(
    command: &'a Command,
    evidence: &[Arc<Evidence>],
    scope: Option<&Scope>,
    plan: &[&Command],
) -> Vec<(&'a str, &'a str)> {
    let known = |name: &str| {
        let asked = scope.is_some_and(|scope| {
            scope.alarm.as_deref() == Some(name) || scope.subjects.iter().any(|subject| subject.name == name)
        });
        asked || plan.iter().any(|other| makes(other, name)) || evidence.iter().any(|evidence| shows(evidence, name))
    };
    command.names().filter(|(_, value)| !known(value) && !parts_are_known(value, scope, &known)).collect()
}

/// Whether the parts of a compound name are known, each by itself: `service/CLUSTER/SERVICE`, `FAMILY:REVISION`, an ARN's last part.
fn parts_are_known(value: &str, scope: Option<&Scope>, known: &impl Fn(&str) -> bool) -> bool {
    /// Words of compound names that name a kind, by AWS's resource formats.
    const KINDS: [&str; 14] = [
        "service",
        "cluster",
        "function",
        "table",
        "index",
        "task-definition",
        "task",
        "targetgroup",
        "loadbalancer",
        "app",
        "role",
        "log-group",
        "alarm",
        "secret",
    ];
    let resource = match value.strip_prefix("arn:") {
        Some(rest) => {
            let mut fields = rest.splitn(5, ':').skip(3);
            let account = fields.next().unwrap_or_default();
            let expected = scope.and_then(|scope| scope.account.as_deref());
            if !account.is_empty() && expected.is_some_and(|expected| expected != account) {
                return false;
            }
            fields.next().unwrap_or_default()
        }
        None => value,
    };
    let parts: Vec<&str> =
        resource.split(['/', ':']).filter(|part| !part.is_empty() && !KINDS.contains(part)).collect();
    let is_compound = parts.len() > 1 || resource.len() < value.len();
    is_compound && !parts.is_empty() && parts.iter().all(|part| known(part))
}

/// Whether a value stands for what a step of the action gives: a word in capitals with an underscore, such as `RULE_ARN`, which the words of a step
/// explain.
pub(super) fn is_announced(value: &str, action: &Action) -> bool {
    let is_placeholder = value.contains('_')
        && value.starts_with(|first: char| first.is_ascii_uppercase())
        && value.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let explains = |text: &str| contains_name(text, value);
    is_placeholder
        && action.phases.steps().any(|step| explains(&step.text) || step.expected.as_deref().is_some_and(explains))
}

fn shows(evidence: &Evidence, name: &str) -> bool {
    evidence.outcome.is_answered()
        && (contains_name(&evidence.text, name)
            || evidence.facts.resources().iter().any(|known| known.name == name || known.arn.as_deref() == Some(name)))
}

/// Whether a command of the plan makes something of that name.
fn makes(command: &Command, name: &str) -> bool {
    let making = ["create-", "put-", "register-", "publish-", "copy-"];
    making.iter().any(|verb| command.operation.starts_with(verb))
        && command.arguments.iter().flat_map(|argument| &argument.values).any(|value| value == name)
}
