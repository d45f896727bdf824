//! Changes and alarms of the account.

use marple_case::{
    Evidence, Facts,
    facts::{Alarm, AlarmState, Change},
};
use serde_json::json;

use super::talk::{Answer, Reply, Talk};
use crate::{cite, wants::call};

/// Most lines of a list in an answer.
const LINES: usize = 12;

/// What changed in the span.
pub(super) fn changes(talk: &Talk<'_>) -> Reply {
    let span = talk.span();
    let Some(evidence) = talk.taken_by("list_changes").into_iter().next_back() else {
        let mut arguments = json!({"start": span.window.start, "end": span.window.end});
        if let (Some(name), Some(object)) = (talk.named().first(), arguments.as_object_mut()) {
            object.insert("resource".to_owned(), json!(name));
        }
        return Reply::Look(vec![call("list_changes", arguments)]);
    };
    let when = talk.span_said(&span);
    let Facts::Changes(changes) = &evidence.facts else {
        return Reply::Say(nothing(talk, evidence, &when));
    };
    let of_span: Vec<&Change> = changes.changes.iter().filter(|change| span.window.contains(change.at)).collect();
    if of_span.is_empty() {
        return Reply::Say(nothing(talk, evidence, &when));
    }
    let mut text = talk.say(
        format!("{} change(s) between {when} [{}]:\n\n", of_span.len(), evidence.id),
        format!("{when} の変更 {} 件 [{}]:\n\n", of_span.len(), evidence.id),
    );
    let mut citations = Vec::new();
    let earlier = of_span.len().saturating_sub(LINES);
    if earlier > 0 {
        text.push_str(&talk.say(format!("- … {earlier} earlier\n"), format!("- … それ以前に {earlier} 件\n")));
    }
    for change in of_span.iter().skip(earlier) {
        let name = change.resource.as_ref().map_or("", |resource| resource.name.as_str());
        let actor = change
            .actor
            .as_deref()
            .map_or_else(String::new, |actor| talk.say(format!(" by {actor}"), format!("({actor})")));
        text.push_str(&format!("- {} {} `{}` {name}{actor}\n", change.at, change.source.word(), change.action));
        citations.push(cite::any(evidence, &[&[&change.at.to_string(), &change.action], &[&change.action, name]]));
    }
    for (source, why) in &changes.unread {
        text.push_str(&talk.say(
            format!("\n{} could not be read: {why}\n", source.word()),
            format!("\n{} は読めませんでした: {why}\n", source.word()),
        ));
    }
    Reply::Say(Answer::new(text, citations))
}

/// That a call showed nothing, or was not answered; in the evidence's own words.
pub(super) fn nothing(talk: &Talk<'_>, evidence: &Evidence, when: &str) -> Answer {
    let first = evidence.text.lines().map(str::trim).find(|line| line.len() > 3).unwrap_or_default();
    let text = match evidence.outcome.is_answered() {
        true => talk.say(
            format!("Nothing between {when}: {first} [{}].", evidence.id),
            format!("{when} には何もありません: {first} [{}]。", evidence.id),
        ),
        false => talk.say(
            format!("It could not be looked at [{}]: {first}", evidence.id),
            format!("確認できませんでした [{}]: {first}", evidence.id),
        ),
    };
    Answer::new(text, [cite::line(evidence, &[first])])
}

/// The state of the alarms.
pub(super) fn alarms(talk: &Talk<'_>) -> Reply {
    let Some(evidence) = talk.taken_by("describe_alarms").into_iter().next_back() else {
        return Reply::Look(vec![call("describe_alarms", json!({"history": false}))]);
    };
    let now = talk.asked.at.to_string();
    let Facts::Alarms(alarms) = &evidence.facts else {
        return Reply::Say(nothing(talk, evidence, &now));
    };
    let asked = talk.asked.text.to_lowercase();
    let named: Vec<&Alarm> = alarms.iter().filter(|alarm| asked.contains(&alarm.name.to_lowercase())).collect();
    let firing: Vec<&Alarm> = alarms.iter().filter(|alarm| alarm.state == AlarmState::Alarm).collect();
    let shown = if named.is_empty() { firing.clone() } else { named };
    let mut text = talk.say(
        format!("{} of {} alarm(s) are in ALARM [{}].\n\n", firing.len(), alarms.len(), evidence.id),
        format!("アラーム {} 件中 {} 件が ALARM です [{}]。\n\n", alarms.len(), firing.len(), evidence.id),
    );
    let mut citations = Vec::new();
    for alarm in shown.iter().take(LINES) {
        let since =
            alarm.state_since.map_or_else(String::new, |at| talk.say(format!(" since {at}"), format!("({at} から)")));
        text.push_str(&format!("- **{}**: {}{since}. {}\n", alarm.name, alarm.state.word(), alarm.state_reason));
        citations.push(cite::any(evidence, &[&["alarm:", &alarm.name], &[&alarm.name]]));
        citations.extend(alarm.state_since.map(|at| cite::line(evidence, &[alarm.state.word(), &at.to_string()])));
    }
    if shown.is_empty() {
        citations.extend(alarms.first().map(|alarm| cite::any(evidence, &[&["state:", "OK"], &[&alarm.name]])));
    }
    Reply::Say(Answer::new(text, citations))
}
