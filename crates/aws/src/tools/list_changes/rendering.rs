//! The text of `list_changes`: first what touches the resources in question, or the sentence that nothing does; then all else.

use std::fmt::Write as _;

use jiff::SignedDuration;
use marple_case::{Scope, facts::Change};

use super::{TimeLine, subject::Subjects};

/// CloudTrail may be so late.
const LATE: SignedDuration = SignedDuration::from_mins(15);

/// The whole text.
pub(super) fn rendered(timeline: &TimeLine, subjects: &Subjects, scope: &Scope) -> String {
    let TimeLine { changes, notes, .. } = timeline;
    let (touching, others): (Vec<&Change>, Vec<&Change>) =
        changes.changes.iter().partition(|change| change.touches_subject);
    let span = format!("between {} and {}", changes.window.start, changes.window.end);
    let read = format!("(read: {})", sources(timeline));
    let mut text = String::new();
    match (subjects.names(), touching.len()) {
        (Some(names), 0) => {
            let _ = writeln!(text, "no change touches {names} {span} {read}");
        }
        (Some(names), number) => {
            let _ = writeln!(text, "changes that touch {names} {span} {read}: {number}");
        }
        (None, _) if others.is_empty() => {
            let _ = writeln!(text, "no change {span} {read}");
        }
        (None, _) => {
            let _ = writeln!(text, "changes {span} {read}: {}", others.len());
        }
    }
    touching.iter().for_each(|change| text.push_str(&line(change)));
    if let Some(stacks) = (!subjects.stacks.is_empty()).then(|| subjects.stacks.join(", ")) {
        let _ = writeln!(text, "owning stack: {stacks}");
    }
    for (source, reason) in &changes.unread {
        let _ = writeln!(text, "unread: {}: {reason}", source.word());
    }
    for note in notes {
        let _ = writeln!(text, "note: {note}");
    }
    if scope.now.duration_since(changes.window.end) < LATE {
        text.push_str("note: CloudTrail: events are up to 15 minutes late; the newest may be missing\n");
    }
    if subjects.names().is_some() && !others.is_empty() {
        let _ = writeln!(text, "other changes: {}", others.len());
    }
    others.iter().for_each(|change| text.push_str(&line(change)));
    text
}

/// The sources that were read, and from when on where that is not the span's start: the sentence must not claim more.
fn sources(line: &TimeLine) -> String {
    let source = |source: &marple_case::facts::ChangeSource| match line.since.iter().find(|(late, _)| late == source) {
        Some((_, since)) => format!("{} from {since}", source.word()),
        None => source.word().to_owned(),
    };
    line.changes.read.iter().map(source).collect::<Vec<_>>().join(", ")
}

/// `TIME SOURCE ACTION RESOURCE by ACTOR: detail`.
fn line(change: &Change) -> String {
    let mut line = format!("{} {} {}", change.at, change.source.word(), change.action);
    if let Some(resource) = &change.resource {
        let _ = write!(line, " {}", resource.name);
    }
    if let Some(actor) = &change.actor {
        let _ = write!(line, " by {actor}");
    }
    if !change.detail.is_empty() {
        let _ = write!(line, ": {}", change.detail);
    }
    line.replace(['\n', '\r'], " ") + "\n"
}
