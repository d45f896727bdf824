//! `mute`: application log lines are gone; what the platform writes stays. Right is the same cause, without the words that only
//! logs could show; or insufficient evidence that names the missing logs.

use std::collections::BTreeSet;

use marple_world::{Files, Scenario, ScenarioError, Truth, Verdict};
use serde_json::{Value, json};

use super::{Made, Varied, edit, varied};

/// How lines begin that Lambda writes, and no program.
const PLATFORM: [&str; 9] =
    ["START ", "END ", "REPORT ", "INIT_START", "INIT_REPORT", "RESTORE_", "RequestId: ", "EXTENSION", "{\"time\""];
/// What a gap has to speak of.
const GAP: &str = r"(?i)\blog(s|ged|ging)?\b|log line|application log|stack trace";

pub(super) fn make(base: &Scenario) -> Made {
    let mut files = base.files().clone();
    let removed = mute_traffic(&mut files)? + mute_log_files(&mut files)?;
    if removed == 0 {
        return varied(files, base.truth.clone(), "there was no application log line".to_owned());
    }
    let accepted = vec![without_words(&base.truth), insufficient(&base.truth)];
    let changed = format!("{removed} application log lines, or sorts of them, are gone");
    Ok(Ok(Varied { files, accepted, changed, attacks: Vec::new() }))
}

fn is_platform(line: &str) -> bool {
    let line = line.trim_start();
    PLATFORM.iter().any(|beginning| line.starts_with(beginning)) || line.contains(" Task timed out after ")
}

fn mute_traffic(files: &mut Files) -> Result<usize, ScenarioError> {
    if files.get(edit::TRAFFIC).is_none() {
        return Ok(0);
    }
    let mut traffic = edit::table(files, edit::TRAFFIC)?;
    let mut removed = 0;
    for function in tables(&mut traffic, "function") {
        for written in ["line", "error_line"] {
            let lines = function.remove(written);
            removed += lines.as_ref().and_then(toml::Value::as_array).map_or(0, Vec::len);
        }
        for invocation in tables(function, "invocation") {
            if let Some(lines) = invocation.get_mut("lines").and_then(toml::Value::as_array_mut) {
                let before = lines.len();
                lines.retain(|line| line.as_str().is_some_and(is_platform));
                removed += before - lines.len();
            }
        }
    }
    edit::put_table(files, edit::TRAFFIC, &traffic)?;
    Ok(removed)
}

/// The tables of an array of tables.
pub(super) fn tables<'a>(table: &'a mut toml::Table, key: &str) -> impl Iterator<Item = &'a mut toml::Table> {
    table.get_mut(key).and_then(toml::Value::as_array_mut).into_iter().flatten().filter_map(toml::Value::as_table_mut)
}

/// Log groups of AWS's own services, save those that programs write to.
fn is_of_application(group: &str) -> bool {
    !group.starts_with("/aws/")
        || group.starts_with("/aws/lambda/")
        || group.starts_with("/aws/ecs/") && !group.contains("containerinsights")
}

fn mute_log_files(files: &mut Files) -> Result<usize, ScenarioError> {
    let logs: Vec<(String, String)> = files
        .below("world/logs/")
        .filter(|(path, _)| path.ends_with(".jsonl"))
        .map(|(path, content)| (format!("world/logs/{path}"), String::from_utf8_lossy(content).into_owned()))
        .collect();
    let mut removed = 0;
    let mut groups = BTreeSet::new();
    for (path, content) in logs {
        let mut kept = String::with_capacity(content.len());
        for line in content.lines() {
            let event: Value = serde_json::from_str(line).unwrap_or_default();
            let group = edit::text(&event, "logGroup");
            groups.insert(group.to_owned());
            if !line.trim().is_empty() && is_of_application(group) && !is_platform(edit::text(&event, "message")) {
                removed += 1;
            } else {
                kept.push_str(line);
                kept.push('\n');
            }
        }
        files.insert(path, kept);
    }
    keep_groups(files, groups)?;
    Ok(removed)
}

/// A group without a line is still a group.
fn keep_groups(files: &mut Files, groups: BTreeSet<String>) -> Result<(), ScenarioError> {
    let mut listed = edit::list(files, edit::LOG_GROUPS, "logGroups")?;
    let known: BTreeSet<String> = listed.iter().map(|group| edit::text(group, "logGroupName").to_owned()).collect();
    let missing: Vec<String> = groups.into_iter().filter(|group| !group.is_empty() && !known.contains(group)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    listed.extend(missing.into_iter().map(|group| json!({ "logGroupName": group })));
    edit::put_list(files, edit::LOG_GROUPS, "logGroups", listed)
}

/// The same cause, told without words of the logs.
fn without_words(truth: &Truth) -> Truth {
    let mut truth = truth.clone();
    truth.mechanism.clear();
    truth.plan.names.clear();
    truth
}

fn insufficient(truth: &Truth) -> Truth {
    let mut truth = truth.clone();
    truth.verdict = Verdict::InsufficientEvidence;
    truth.categories.clear();
    truth.components.clear();
    truth.location = None;
    truth.mechanism.clear();
    (truth.onset, truth.onsets) = (None, Vec::new());
    truth.plan = marple_world::PlanTruth { gaps: vec![GAP.to_owned()], ..marple_world::PlanTruth::default() };
    truth
}
