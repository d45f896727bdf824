//! The doctor's findings: a table for people, JSON for programs.

use comfy_table::{ContentArrangement, Table, presets};
use marple_aws::{Access, Operation, Permission};
use marple_report::visible;
use serde_json::{Value, json};

use super::checkup::{Check, Checkup};
use crate::{
    arguments,
    environment::Environment,
    policy::{self, Place},
};

/// The table; what is missing, with the tools that see less; the statements that would grant it; the verdict.
pub(super) fn terminal(checkup: &Checkup) -> String {
    let mut parts = vec![table(checkup.checks.iter().map(row))];
    let missing = checkup.permissions.iter().filter(|permission| permission.access != Access::Granted);
    let missing: Vec<[String; 3]> = missing.map(lacking).collect();
    if !missing.is_empty() {
        parts.push(table(missing.into_iter()));
    }
    if let Some(statements) = statements(checkup) {
        parts.push(format!("Statements that grant what is denied:\n{statements:#}"));
    }
    let hints = checkup.checks.iter().filter_map(|check| Some(format!("{}: {}", check.name, check.hint.as_ref()?)));
    let hints: Vec<String> = hints.collect();
    if !hints.is_empty() {
        parts.push(visible::text(&hints.join("\n")));
    }
    let verdict = if checkup.is_healthy() {
        "An investigation gets what it needs."
    } else {
        "An investigation would fail, or miss something."
    };
    parts.push(verdict.to_owned());
    parts.join("\n\n")
}

fn table(rows: impl Iterator<Item = [String; 3]>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    for row in rows {
        table.add_row(row);
    }
    table.to_string()
}

fn row(check: &Check) -> [String; 3] {
    [check.outcome.word().to_owned(), check.name.to_owned(), visible::line(&check.detail)]
}

fn lacking(permission: &Permission) -> [String; 3] {
    let Permission { operation, access } = permission;
    let tools = operation.tools();
    let for_whom = if tools.is_empty() { "the scope of an investigation".to_owned() } else { tools.join(", ") };
    match access {
        Access::Denied { .. } => {
            ["denied".to_owned(), operation.action.to_owned(), format!("{}: {for_whom}", operation.purpose)]
        }
        Access::Unclear { message } => ["unclear".to_owned(), operation.action.to_owned(), visible::line(message)],
        Access::Granted => ["ok".to_owned(), operation.action.to_owned(), String::new()],
    }
}

/// The statements that would grant what is denied, if anything is.
fn statements(checkup: &Checkup) -> Option<Value> {
    let operations: Vec<&Operation> = checkup.denied().iter().map(|permission| permission.operation).collect();
    let place = Place::new(checkup.region.as_deref(), checkup.account.as_deref());
    (!operations.is_empty()).then(|| Value::from(policy::reading(&operations, &place)))
}

/// The same for programs.
pub(super) fn json(checkup: &Checkup, environment: &Environment, arguments: &arguments::Doctor) -> String {
    let checks = checkup.checks.iter().map(|check| {
        let mut fields = json!({"name": check.name, "outcome": check.outcome.word(), "detail": check.detail});
        put(&mut fields, "hint", check.hint.as_deref());
        fields
    });
    let permissions = checkup.permissions.iter().map(|Permission { operation, access }| {
        let (word, message) = match access {
            Access::Granted => ("granted", None),
            Access::Denied { message } => ("denied", Some(message.as_str())),
            Access::Unclear { message } => ("unclear", Some(message.as_str())),
        };
        let mut fields = json!({"action": operation.action, "access": word, "purpose": operation.purpose, "tools": operation.tools()});
        put(&mut fields, "message", message);
        fields
    });
    let configuration = json!({
        "file": environment.file.as_ref().map(|file| file.display().to_string()),
        "environment": environment.name,
        "profile": arguments.account.profile,
        "region": checkup.region,
        "role": arguments.account.role.as_ref().map(|role| &role.arn),
        "models": arguments.model.chain(),
        "language": environment.language(None),
        "budget": super::super::investigate::budget(&arguments.budget),
    });
    let found = json!({
        "healthy": checkup.is_healthy(),
        "checks": checks.collect::<Vec<_>>(),
        "permissions": permissions.collect::<Vec<_>>(),
        "missing_statements": statements(checkup).unwrap_or_else(|| json!([])),
        "configuration": configuration,
    });
    format!("{found:#}")
}

fn put(fields: &mut Value, key: &str, value: Option<&str>) {
    if let (Some(fields), Some(value)) = (fields.as_object_mut(), value) {
        fields.insert(key.to_owned(), value.into());
    }
}
