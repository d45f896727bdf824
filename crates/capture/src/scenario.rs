//! `scenario.toml` of a captured world: what the account says of itself, and the truth for a person to fill in.

use std::fmt::Write;

use marple_case::{Entry, Event, RootCause, Scope, Trigger};

/// What the file says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) account: &'a str,
    pub(crate) trigger: &'a Trigger,
    /// Operations that are refused.
    pub(crate) deny: &'a [String],
    /// The cause that the investigation reported, if it reported one.
    pub(crate) cause: Option<&'a RootCause>,
}

/// The last cause that an investigation reported.
pub(crate) fn cause(entries: &[Entry]) -> Option<&RootCause> {
    entries.iter().rev().find_map(|entry| match &entry.event {
        Event::RootCauseReported { root_cause, .. } => Some(root_cause),
        _ => None,
    })
}

/// The file.
pub(crate) fn text(head: Head<'_>) -> String {
    let title = head.cause.map_or_else(|| format!("Captured: {}", head.trigger), |cause| cause.title.clone());
    let mut text = format!(
        "title = {}\nstory = \"\"\"Captured from an account. What really happened, in the words of somebody who knows, goes here.\"\"\"\nnow = \"{}\"\nregion = {}\naccount = {}\n\n[trigger]\n",
        quoted(&title),
        head.scope.now,
        quoted(&head.scope.region),
        quoted(head.account),
    );
    let trigger = match (&head.scope.alarm, head.trigger) {
        (_, Trigger::Question { text }) => format!("question = {}", quoted(text)),
        (Some(alarm), _) => format!("alarm = {}", quoted(alarm)),
        (None, other) => format!("question = {}", quoted(&other.to_string())),
    };
    let _ = writeln!(text, "{trigger}");
    if !head.deny.is_empty() {
        let denied: Vec<String> = head.deny.iter().map(|operation| quoted(operation)).collect();
        let _ =
            write!(text, "\n# What the investigator was not allowed to see.\n[wire]\ndeny = [{}]\n", denied.join(", "));
    }
    text.push_str(&truth(head.cause));
    text
}

/// The truth, open: a report is no truth, so that it stands in comments.
fn truth(cause: Option<&RootCause>) -> String {
    let list = |items: Vec<String>| items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(", ");
    let (mut reported, verdict) = (String::new(), cause.map(|cause| word(&cause.verdict)));
    let category = cause.map_or_else(|| "code_defect".to_owned(), |cause| cause.category.name().to_owned());
    let components = cause.map(|cause| list(cause.components.iter().map(|one| one.name.clone()).collect()));
    let onset = cause
        .and_then(|cause| cause.onset)
        .map_or_else(|| "2025-12-16T05:45:37Z".to_owned(), |onset| onset.to_string());
    let location = cause.and_then(|cause| cause.location.as_ref());
    let location = location.map_or_else(
        || "{ file = \"index.js\", lines = [4] }".to_owned(),
        |place| format!("{{ file = {}, lines = [{}] }}", quoted(&place.file), place.line),
    );
    if let Some(verdict) = verdict {
        let _ = write!(reported, " The investigation reported {verdict}.");
    }
    format!(
        "\n# What a right report says, for grading: to be filled in by somebody who knows (docs/worlds.md).{reported}\n\
         [truth]\nverdict = \"insufficient_evidence\" # fault | no_fault | insufficient_evidence\n\
         # categories = [{}]\n# components = [{}]\n# location = {location}\n# mechanism = [] # regular expressions; each matches a statement or a quote\n\
         # onset = \"{onset}\"\n\n# [truth.must_not]\n# categories = []\n# immediate_kinds = []\n\n\
         # [truth.plan]\n# immediate = \"any\" # none | some | any\n# names = []\n",
        quoted(&category),
        components.unwrap_or_default(),
    )
}

/// A value's own word, as JSON has it.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A text on one line, as TOML writes it.
fn quoted(text: &str) -> String {
    let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    toml::Value::String(line).to_string()
}
