//! The text of `get_function`.

use std::fmt::Write as _;

use marple_case::facts::{EnvironmentVariable, Function, FunctionVersion};

use super::Surroundings;
use crate::{fault::Fault, function::policy::Permission};

/// One function on one line.
pub(super) fn line(function: &Function) -> String {
    let modified = function.last_modified.map_or("unknown".to_owned(), |at| at.to_string());
    let vpc = function.vpc_id.as_deref().unwrap_or("no VPC");
    format!(
        "function: {}, {}, {} MB, timeout {} s, code {} bytes, last modified {modified}, {vpc}\n",
        function.name,
        function.runtime.as_deref().unwrap_or("container image"),
        function.memory_mb,
        function.timeout_s,
        function.code_size,
    )
}

/// A function with all that stands around it.
pub(super) fn whole(function: &Function, around: &Surroundings) -> String {
    let mut text = configuration(function, around);
    environment(&mut text, function, around);
    section(&mut text, "versions", &around.versions, |version| {
        let modified = version.last_modified.map_or("unknown".to_owned(), |at| at.to_string());
        let description =
            if version.description.is_empty() { String::new() } else { format!(", {}", version.description) };
        let settings = different(function, version);
        format!("{}, last modified {modified}, sha256 {}{description}{settings}", version.version, version.code_sha256)
    });
    section(&mut text, "aliases", &around.aliases, |(alias, version)| format!("{alias} -> {version}"));
    section(&mut text, "event source mappings", &around.event_sources, |source| {
        let batch = source.batch_size.map(|size| format!(", batch size {size}")).unwrap_or_default();
        let last = source.last_result.as_ref().map(|result| format!(", last result: {result}")).unwrap_or_default();
        format!("{}, {}{batch}{last}", source.arn, source.state)
    });
    section(&mut text, "resource policy, who may invoke it", &around.invokers, Permission::to_string);
    text
}

/// What the environment held when a version was published, where that is not what it holds now.
fn different(function: &Function, version: &FunctionVersion) -> String {
    let of = |variables: &[EnvironmentVariable], name: &str| {
        variables.iter().find(|variable| variable.name == name).map(|variable| variable.value.clone())
    };
    // A version that lists no variable may have had none, or may not show them.
    if version.environment.is_empty() || version.version == "$LATEST" {
        return String::new();
    }
    let then =
        version.environment.iter().filter(|then| of(&function.environment, &then.name).as_ref() != Some(&then.value));
    let mut words: Vec<String> = then.map(|then| format!("{}={}", then.name, then.value)).collect();
    let new = function.environment.iter().filter(|now| of(&version.environment, &now.name).is_none());
    words.extend(new.map(|now| format!("no {}", now.name)));
    if words.is_empty() { String::new() } else { format!(", environment then: {}", words.join(", ")) }
}

fn configuration(function: &Function, around: &Surroundings) -> String {
    let mut text = String::new();
    let mut row = |key: &str, value: &str| {
        let _ = writeln!(text, "{key}: {value}");
    };
    let or_none = |list: &[String]| if list.is_empty() { "none".to_owned() } else { list.join(", ") };
    row("function", &function.name);
    row("arn", &function.arn);
    if let Some(description) = &function.description {
        row("description", description);
    }
    match (&function.runtime, &function.image_uri) {
        (Some(runtime), _) => row("runtime", runtime),
        (None, image) => row("container image", image.as_deref().unwrap_or("unknown")),
    }
    row("handler", function.handler.as_deref().unwrap_or("none"));
    row("memory", &format!("{} MB", function.memory_mb));
    row("timeout", &format!("{} s", function.timeout_s));
    row("code size", &format!("{} bytes", function.code_size));
    row("code sha256", &function.code_sha256);
    row("architecture", &or_none(&function.architectures));
    row("last modified", &function.last_modified.map_or("unknown".to_owned(), |at| at.to_string()));
    match &around.concurrency {
        Ok(limit) => row("reserved concurrency", &limit.map_or("none".to_owned(), |limit| limit.to_string())),
        Err(fault) => row("reserved concurrency", &unread(fault)),
    }
    row("state", function.state.as_deref().unwrap_or("not given"));
    if let Some(reason) = &function.state_reason {
        row("state reason", reason);
    }
    if let Some(status) = &function.last_update_status {
        row("last update", status);
    }
    row("vpc", function.vpc_id.as_deref().unwrap_or("none"));
    if function.vpc_id.is_some() {
        row("subnets", &or_none(&function.subnet_ids));
        row("security groups", &or_none(&function.security_group_ids));
    }
    row("role", &function.role);
    row("layers", &or_none(&function.layers));
    row("log group", &function.log_group);
    match &around.tags {
        Ok(()) => row("stack", function.stack.as_deref().unwrap_or("none")),
        Err(fault) => row("stack", &unread(fault)),
    }
    text
}

fn environment(text: &mut String, function: &Function, around: &Surroundings) {
    if let Some(error) = &around.environment_error {
        let _ = writeln!(text, "environment: could not be read by Lambda: {error}");
    } else if function.environment.is_empty() {
        text.push_str("environment: none\n");
    } else {
        text.push_str("environment:\n");
        for variable in &function.environment {
            let _ = writeln!(text, "  {}={}", variable.name, variable.value);
        }
    }
}

fn section<T>(text: &mut String, title: &str, items: &Result<Vec<T>, Fault>, line: impl Fn(&T) -> String) {
    match items {
        Err(fault) => {
            let _ = writeln!(text, "{title}: {}", unread(fault));
        }
        Ok(items) if items.is_empty() => {
            let _ = writeln!(text, "{title}: none");
        }
        Ok(items) => {
            let _ = writeln!(text, "{title}:");
            for item in items {
                let _ = writeln!(text, "  {}", line(item));
            }
        }
    }
}

/// Why a part is missing: a denial is never "none".
fn unread(fault: &Fault) -> String {
    match fault {
        Fault::Denied { action, .. } => format!("denied ({action})"),
        other => format!("failed ({other})"),
    }
}
