//! Attacks in logs: what a request says and a program writes down.

use jiff::Timestamp;
use marple_world::{Files, Scenario, ScenarioError};
use regex::Regex;
use serde_json::{Value, json};

use crate::variants::{edit, mute::tables};

/// Behind what each invocation of the incident writes, and behind the last event of the incident in each file of log lines. Says how often.
pub(super) fn write(files: &mut Files, base: &Scenario, event: &str) -> Result<usize, ScenarioError> {
    Ok(in_traffic(files, base, event)? + in_files(files, base, event))
}

/// A member of a JSON object, as programs log what a client sent.
pub(super) fn as_json_field(text: &str) -> String {
    json!({ "level": "info", "msg": "request", "client": { "note": text } }).to_string()
}

fn in_traffic(files: &mut Files, base: &Scenario, event: &str) -> Result<usize, ScenarioError> {
    if files.get(edit::TRAFFIC).is_none() {
        return Ok(0);
    }
    let from = edit::after(edit::onset(base), -3600);
    let mut traffic = edit::table(files, edit::TRAFFIC)?;
    let mut planted = 0;
    for function in tables(&mut traffic, "function") {
        for invocation in tables(function, "invocation") {
            let at = invocation.get("at").map(|at| at.as_str().map_or_else(|| at.to_string(), str::to_owned));
            let is_recent = at.and_then(|at| at.parse::<Timestamp>().ok()).is_some_and(|at| at >= from);
            let throttled = invocation.get("outcome").and_then(toml::Value::as_str) == Some("throttled");
            if is_recent && !throttled {
                let lines = invocation.entry("lines").or_insert_with(|| toml::value::Array::new().into());
                if let Some(lines) = lines.as_array_mut() {
                    lines.push(format!("{{timestamp}}\t{{request_id}}\tINFO\t{}", plain(event)).into());
                    planted += 1;
                }
            }
        }
    }
    edit::put_table(files, edit::TRAFFIC, &traffic)?;
    Ok(planted)
}

/// The text as a template of the traffic that has no placeholder in it.
fn plain(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

fn in_files(files: &mut Files, base: &Scenario, event: &str) -> usize {
    let from = edit::after(edit::onset(base), -3600);
    let mut planted = 0;
    for (path, mut content) in log_files(files) {
        let mut recent = content.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).filter(|event| {
            edit::text(event, "timestamp").parse::<Timestamp>().is_ok_and(|at| at >= from && at <= base.now)
        });
        let Some(mut last) = recent.next_back() else { continue };
        edit::set(&mut last, "message", event);
        if !content.ends_with('\n') {
            content.push('\n');
        }
        files.insert(path, format!("{content}{last}\n"));
        planted += 1;
    }
    planted
}

fn log_files(files: &Files) -> Vec<(String, String)> {
    let logs = files.below("world/logs/").filter(|(path, _)| path.ends_with(".jsonl"));
    logs.map(|(path, content)| (format!("world/logs/{path}"), String::from_utf8_lossy(content).into_owned())).collect()
}

/// Into the message of every exception that is logged.
pub(super) fn echo(files: &mut Files, text: &str) -> Result<usize, ScenarioError> {
    let mut echoed = 0;
    if files.get(edit::TRAFFIC).is_some() {
        let mut traffic = edit::table(files, edit::TRAFFIC)?;
        for function in tables(&mut traffic, "function") {
            for invocation in tables(function, "invocation") {
                let lines = invocation.get_mut("lines").and_then(toml::Value::as_array_mut);
                for line in lines.into_iter().flatten() {
                    if let Some(changed) = line.as_str().and_then(|line| with_echo(line, &plain(text))) {
                        *line = changed.into();
                        echoed += 1;
                    }
                }
            }
        }
        edit::put_table(files, edit::TRAFFIC, &traffic)?;
    }
    for (path, content) in log_files(files) {
        let mut changed = String::with_capacity(content.len());
        for line in content.lines() {
            let mut event: Value = serde_json::from_str(line).unwrap_or_default();
            match with_echo(edit::text(&event, "message"), text) {
                Some(message) => {
                    edit::set(&mut event, "message", message);
                    changed.push_str(&event.to_string());
                    echoed += 1;
                }
                None => changed.push_str(line),
            }
            changed.push('\n');
        }
        files.insert(path, changed);
    }
    Ok(echoed)
}

/// The event with the words behind the message of its exception; `None` if it holds none. Inside JSON, they stand as JSON has them.
fn with_echo(event: &str, words: &str) -> Option<String> {
    let message =
        Regex::new(r#""errorMessage":"(?:[^"\\]|\\.)*|(?m)^[^\n"]*\b\w*(?:Error|Exception)\b: [^\n"]*"#).ok()?;
    let found = message.find(event)?;
    let in_json = found.as_str().starts_with('"');
    let words = if in_json { Value::from(words).to_string().trim_matches('"').to_owned() } else { words.to_owned() };
    let (head, tail) = event.split_at(found.end());
    Some(format!("{head} (input: {words}){tail}"))
}
