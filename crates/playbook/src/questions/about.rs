//! Questions about the report: why, what was ruled out, what to do, a piece of evidence, the code.

use marple_case::{Action, Citation, Evidence, EvidenceId, Facts, RootCause, mitigation::Step};
use serde_json::json;

use super::talk::{Answer, Reply, Talk};
use crate::{cite, wants::call};

/// Most lines of a piece of evidence or of code in an answer.
const LINES: usize = 40;
/// Lines of code before and after the location.
const AROUND: u32 = 5;

/// A piece of evidence.
pub(super) fn evidence(talk: &Talk<'_>, id: EvidenceId) -> Answer {
    let Some(evidence) = talk.turn.evidence.iter().find(|evidence| evidence.id == id) else {
        let last = talk.turn.evidence.last().map_or_else(|| "—".to_owned(), |last| last.id.to_string());
        return Answer::plain(talk.say(
            format!("There is no evidence {id}; the last is {last}."),
            format!("証拠 {id} はありません。最後は {last} です。"),
        ));
    };
    let lines: Vec<&str> = evidence.text.lines().take(LINES).collect();
    let all = evidence.text.lines().count();
    let cut = if all > lines.len() {
        talk.say(
            format!("\n{} of {all} lines; `marple show --evidence {id}` shows all.", lines.len()),
            format!("\n{all} 行中 {} 行。全体は `marple show --evidence {id}`。", lines.len()),
        )
    } else {
        String::new()
    };
    let text = format!("{id}, `{}`:\n\n```\n{}\n```\n{cut}", evidence.tool, lines.join("\n").replace("```", "'''"));
    Answer::new(text, [quotable(evidence)])
}

/// The first line that can be quoted.
fn quotable(evidence: &Evidence) -> Option<Citation> {
    let line = evidence.text.lines().find(|line| line.trim().chars().count() > 3)?;
    cite::line(evidence, &[line])
}

fn cause<'a>(talk: &Talk<'a>) -> Option<&'a RootCause> {
    talk.asked.causes.last()
}

fn no_report(talk: &Talk<'_>) -> Answer {
    Answer::plain(talk.say("There is no root cause in this record.", "この記録に根本原因はありません。"))
}

/// Citations of a statement, those that stand.
fn standing(talk: &Talk<'_>, citations: &[Citation]) -> Vec<Option<Citation>> {
    let stands = |citation: &&Citation| {
        let source = talk.turn.evidence.iter().find(|evidence| evidence.id == citation.evidence);
        source.is_some_and(|source| cite::stands(&source.text, &citation.quote))
    };
    citations.iter().filter(stands).take(1).map(|citation| Some(citation.clone())).collect()
}

fn ids(citations: &[Citation]) -> String {
    let mut ids: Vec<String> = citations.iter().map(|citation| citation.evidence.to_string()).collect();
    ids.dedup();
    if ids.is_empty() { String::new() } else { format!(" [{}]", ids.join(", ")) }
}

/// Why it happened: the chain.
pub(super) fn why(talk: &Talk<'_>) -> Answer {
    let Some(cause) = cause(talk) else { return no_report(talk) };
    let mut text = format!("**{}**\n\n{}\n\n", cause.title, cause.summary);
    let mut citations = Vec::new();
    for (number, link) in (1..).zip(&cause.chain) {
        let at = link.at.map_or_else(String::new, |at| format!("{at}: "));
        text.push_str(&format!("{number}. {at}{}{}\n", link.statement, ids(&link.citations)));
        citations.extend(standing(talk, &link.citations));
    }
    Answer::new(text, citations)
}

/// What was ruled out.
pub(super) fn ruled_out(talk: &Talk<'_>) -> Answer {
    let Some(cause) = cause(talk) else { return no_report(talk) };
    if cause.ruled_out.is_empty() {
        return Answer::plain(talk.say("Nothing was ruled out with evidence.", "証拠で除外した仮説はありません。"));
    }
    let mut text = talk.say("Ruled out, with evidence:\n\n", "証拠により除外した仮説:\n\n");
    let mut citations = Vec::new();
    for rival in &cause.ruled_out {
        text.push_str(&format!("- **{}**: {}{}\n", rival.hypothesis, rival.reason, ids(&rival.citations)));
        citations.extend(standing(talk, &rival.citations));
    }
    Answer::new(text, citations)
}

/// What to do: the plan's actions with their commands.
pub(super) fn mitigation(talk: &Talk<'_>) -> Answer {
    let Some(plan) = &talk.asked.plan else {
        return Answer::plain(talk.say("There is no plan in this record.", "この記録に対処計画はありません。"));
    };
    let mut text = String::new();
    if let Some(reason) = &plan.no_immediate_action {
        text.push_str(&talk.say(
            format!("Nothing helps at once: {reason}\n\n"),
            format!("今すぐできることはありません: {reason}\n\n"),
        ));
    }
    plan.immediate.iter().for_each(|action| write(&mut text, action, talk));
    if plan.immediate.is_empty() {
        plan.follow_up.iter().take(2).for_each(|action| write(&mut text, action, talk));
    }
    let targets = plan.immediate.iter().filter_map(|action| action.rollback_to.as_deref());
    let cited =
        targets.filter_map(|target| talk.turn.evidence.iter().find_map(|evidence| cite::line(evidence, &[target])));
    let cited: Vec<Option<Citation>> = cited.map(Some).collect();
    let of_cause = cause(talk).and_then(|cause| cause.chain.first()).map(|link| standing(talk, &link.citations));
    Answer::new(text, cited.into_iter().chain(of_cause.unwrap_or_default()))
}

fn write(text: &mut String, action: &Action, talk: &Talk<'_>) {
    text.push_str(&format!("**{}**\n\n", action.title));
    if let Some(target) = &action.rollback_to {
        text.push_str(&talk.say(format!("Back to {target}.\n\n"), format!("戻し先: {target}\n\n")));
    }
    let phases = &action.phases;
    let steps = phases.prepare.iter().chain(&phases.pre_validate).chain(&phases.apply).chain(&phases.post_validate);
    for (number, step) in (1..).zip(steps) {
        let Step { text: what, command, expected, .. } = step;
        text.push_str(&format!("{number}. {what}"));
        if let Some(expected) = expected {
            text.push_str(&format!(" → {expected}"));
        }
        text.push('\n');
        if let Some(command) = command {
            text.push_str(&format!("\n   ```\n   {command}\n   ```\n\n"));
        }
    }
    text.push_str(&talk.say(format!("\nRisk: {}\n\n", action.risk), format!("\nリスク: {}\n\n", action.risk)));
}

/// The code at the location that the report names; where no code was read, it is read now.
pub(super) fn code(talk: &Talk<'_>) -> Reply {
    let read = talk.turn.evidence.iter().rev().find(|evidence| matches!(evidence.facts, Facts::FunctionCode(_)));
    let Some(evidence) = read else {
        let function = talk.named().into_iter().next();
        return match function {
            Some(function) if !talk.called("read_function_code") => {
                Reply::Look(vec![call("read_function_code", json!({"function": function}))])
            }
            _ => {
                let unseen = talk.unseen().join("; ");
                Reply::Say(Answer::plain(talk.say(
                    format!("The code could not be read. {unseen}"),
                    format!("コードを読めませんでした。{unseen}"),
                )))
            }
        };
    };
    let Facts::FunctionCode(code) = &evidence.facts else { return Reply::Say(no_report(talk)) };
    let location = cause(talk).and_then(|cause| cause.location.as_ref());
    let at = |line: &str| line.trim_start().split(" | ").next().and_then(|number| number.parse::<u32>().ok());
    let shown: Vec<&str> = match location {
        Some(location) => {
            let near = (location.line.saturating_sub(AROUND), location.line.saturating_add(AROUND));
            let mut in_file = false;
            let is_near = |line: &&str| {
                if line.starts_with("file: ") {
                    in_file = line.contains(location.file.as_str());
                }
                in_file && at(line).is_some_and(|number| near.0 <= number && number <= near.1)
            };
            evidence.text.lines().filter(is_near).collect()
        }
        None => evidence.text.lines().take(LINES).collect(),
    };
    let listing = shown.join("\n").replace("```", "'''");
    let text = match location {
        Some(location) => talk.say(
            format!(
                "{}:{} of {} [{}]:\n\n```\n{listing}\n```\n",
                location.file, location.line, code.function, evidence.id
            ),
            format!(
                "{} の {}:{} [{}]:\n\n```\n{listing}\n```\n",
                code.function, location.file, location.line, evidence.id
            ),
        ),
        None => format!("{} [{}]:\n\n```\n{listing}\n```\n", code.function, evidence.id),
    };
    let of_location = location.and_then(|location| {
        shown.iter().find(|line| at(line) == Some(location.line)).and_then(|line| cite::line(evidence, &[line]))
    });
    Reply::Say(Answer::new(text, [of_location.or_else(|| quotable(evidence))]))
}
