//! Which errors were logged, in which log groups.

use marple_case::{Citation, Evidence, Facts, facts::LogSummary};
use serde_json::json;

use super::{
    account::nothing,
    talk::{Answer, Reply, Talk},
};
use crate::{cite, wants::call};

/// Most log groups that are read for one question.
const LOG_GROUPS: usize = 8;

/// Which errors were logged in the span.
pub(super) fn errors(talk: &Talk<'_>) -> Reply {
    let span = talk.span();
    let summaries: Vec<&Evidence> = talk.taken_by("summarize_logs");
    if !summaries.is_empty() {
        return Reply::Say(errors_found(talk, &summaries));
    }
    let Some(groups) = talk.taken_by("list_log_groups").into_iter().next_back() else {
        return Reply::Look(vec![
            call("list_log_groups", json!({})),
            call("describe_alarms", json!({"state": "alarm", "history": false})),
        ]);
    };
    let Facts::LogGroups(known) = &groups.facts else {
        return Reply::Say(nothing(talk, groups, &talk.span_said(&span)));
    };
    let asked = talk.asked.text.to_lowercase();
    let named = talk.named();
    let is_named = |group: &str| {
        let last = group.rsplit('/').next().unwrap_or(group);
        named.iter().any(|name| group.contains(name.as_str())) || asked.contains(&last.to_lowercase())
    };
    let mut meant: Vec<&str> = known.iter().map(|group| group.name.as_str()).filter(|group| is_named(group)).collect();
    if meant.is_empty() {
        meant = known.iter().map(|group| group.name.as_str()).collect();
    }
    let is_production = asked.contains("prod") || asked.contains("本番");
    if is_production && meant.iter().any(|group| group.contains("prod")) {
        meant.retain(|group| group.contains("prod"));
    }
    let summary = |group: &&str| {
        call("summarize_logs", json!({"log_group": group, "start": span.window.start, "end": span.window.end}))
    };
    Reply::Look(meant.iter().take(LOG_GROUPS).map(summary).collect())
}

fn errors_found(talk: &Talk<'_>, summaries: &[&Evidence]) -> Answer {
    let when = talk.span_said(&talk.span());
    let mut lines = Vec::new();
    let mut citations: Vec<Option<Citation>> = Vec::new();
    let mut quiet = Vec::new();
    for evidence in summaries {
        match &evidence.facts {
            Facts::LogSummary(summary) if has_errors(summary) => {
                lines.push(format!("- **{}** [{}]", summary.log_group, evidence.id));
                for exception in summary.exceptions.iter().take(3) {
                    lines.push(format!(
                        "  - {} × `{}: {}`, {} – {}",
                        exception.count, exception.class, exception.message, exception.first, exception.last
                    ));
                    citations
                        .push(cite::any(evidence, &[&[&exception.class, &exception.message], &[&exception.class]]));
                }
                let errors = summary.templates.iter().filter(|template| template.is_error && template.count > 0);
                for template in errors.take(if summary.exceptions.is_empty() { 3 } else { 1 }) {
                    let sample: String = cite::folded(&template.sample).chars().take(160).collect();
                    lines.push(format!("  - {} × `{sample}`", template.count));
                    citations.push(cite::line(evidence, &[&template.template]));
                }
            }
            Facts::LogSummary(summary) => quiet.push(format!("{} [{}]", summary.log_group, evidence.id)),
            _ if evidence.outcome.is_answered() => {
                let group = evidence.arguments.get("log_group").and_then(|name| name.as_str()).unwrap_or_default();
                quiet.push(format!("{group} [{}]", evidence.id));
            }
            _ => lines.push(format!("- {}: {}", evidence.id, cite::folded(&evidence.text))),
        }
    }
    let mut text = match lines.is_empty() {
        true => talk
            .say(format!("No errors were logged between {when}.\n"), format!("{when} にエラーの記録はありません。\n")),
        false => talk.say(
            format!("Errors logged between {when}:\n\n{}\n", lines.join("\n")),
            format!("{when} に記録されたエラー:\n\n{}\n", lines.join("\n")),
        ),
    };
    if !quiet.is_empty() {
        let quiet = quiet.join(", ");
        text.push_str(&talk.say(format!("\nWithout errors: {quiet}.\n"), format!("\nエラーなし: {quiet}。\n")));
    }
    if let Some(firing) = talk.taken_by("describe_alarms").into_iter().next_back()
        && let Facts::Alarms(alarms) = &firing.facts
    {
        let names: Vec<&str> = alarms.iter().map(|alarm| alarm.name.as_str()).collect();
        let joined = names.join(", ");
        text.push_str(&talk.say(
            format!("\nIn ALARM now: {joined} [{}].\n", firing.id),
            format!("\n現在 ALARM: {joined} [{}]。\n", firing.id),
        ));
        citations.extend(names.first().map(|name| cite::line(firing, &["alarm:", name])));
    }
    let left_out = left_out(talk, summaries.len());
    if left_out > 0 {
        text.push_str(&talk.say(
            format!("\n{left_out} more log group(s) were not looked at: name one to have it read.\n"),
            format!("\nほか {left_out} 件のロググループは見ていません。名前を指定してください。\n"),
        ));
    }
    if citations.is_empty() {
        let first =
            summaries.first().and_then(|evidence| Some((evidence, evidence.text.lines().find(|line| line.len() > 3)?)));
        citations.extend(first.map(|(evidence, line)| cite::line(evidence, &[line])));
    }
    Answer::new(text, citations)
}

fn has_errors(summary: &LogSummary) -> bool {
    !summary.exceptions.is_empty() || summary.templates.iter().any(|template| template.is_error && template.count > 0)
}

/// How many log groups there are beyond those that were read, where the question named none.
fn left_out(talk: &Talk<'_>, read: usize) -> usize {
    let groups = talk.taken_by("list_log_groups").into_iter().next_back();
    match groups.map(|evidence| &evidence.facts) {
        Some(Facts::LogGroups(groups)) if read == LOG_GROUPS => groups.len().saturating_sub(read),
        _ => 0,
    }
}
