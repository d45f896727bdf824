//! What is said of the input of a program that fails: what changed in it, who seems to send it, the message that comes back.

use marple_agent::ports::PlannedCall;
use marple_case::{ResourceKind, facts::Change, root_cause::Gap};
use serde_json::json;

use super::Defect;
use crate::{
    cite,
    hypothesis::{Chain, gap},
    reading::{
        Case, Seen,
        input::{self, Field, Sender},
    },
    wants::call,
};

/// The code of what was changed shortly before the input was: it may hold what is new in it.
pub(super) fn wants(case: &Case<'_>, inputs: &[Field<'_>]) -> Vec<PlannedCall> {
    let first = inputs.iter().map(|field| field.first).min();
    let beside = first.map(|first| case.changed_beside(first)).unwrap_or_default();
    let functions = beside.iter().filter(|change| {
        change.fact.resource.as_ref().is_some_and(|resource| resource.kind == ResourceKind::LambdaFunction)
    });
    functions
        .filter_map(input::named)
        .take(2)
        .map(|name| call("read_function_code", json!({"function": name})))
        .collect()
}

/// The links before the error: who changed what is sent, and what of it changed.
pub(super) fn links(chain: &mut Chain, defect: &Defect<'_>) {
    if let Some(sender) = &defect.sender {
        chain.link(sent(sender), Some(sender.change.at), [cite_change(&sender.change), sender.line.cite()]);
    }
    if let (Some(statement), Some(first)) = (input::statement(&defect.inputs), defect.inputs.first()) {
        let cited: Vec<_> = defect.inputs.iter().take(3).map(input::cite_field).collect();
        chain.link(statement, Some(first.first).filter(|at| *at <= defect.logged.first), cited);
    }
}

/// What is not known of where the input comes from.
pub(super) fn gaps(case: &Case<'_>, defect: &Defect<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if let Some(first) = defect.inputs.iter().map(|field| field.first).min()
        && defect.sender.is_none()
        && defect.repeated.is_none()
    {
        let beside = case.changed_beside(first);
        let named: Vec<String> = beside
            .iter()
            .filter_map(|change| Some(format!("{} at {}", input::named(change)?, change.at)))
            .take(3)
            .collect();
        let why = match named.is_empty() {
            true => "no change of another function or service shortly before is known".to_owned(),
            false => format!("shortly before, these were changed: {}; none is shown to send it", named.join(", ")),
        };
        gaps.push(gap(
            "who sends what changed",
            why,
            "ask who publishes these events, or look at their producers",
            false,
        ));
    }
    if let Some(queue) = case.queue().filter(|_| defect.repeated.is_some()) {
        gaps.push(gap(
            "the redrive policy of the queue",
            "a queue's attributes are not read; that the message came back so often shows that none limits its receives so far",
            format!("aws sqs get-queue-attributes --attribute-names RedrivePolicy for {queue}"),
            false,
        ));
    }
    gaps
}

/// The message that is tried again and again.
pub(super) fn comes_back(case: &Case<'_>, repeated: &Field<'_>) -> String {
    let why = match case.queue() {
        Some(queue) if queue.ends_with(".fifo") => {
            " A message that fails is received again after the visibility timeout, and what is behind it in its message group waits."
        }
        Some(_) => {
            " A message that fails is received again after the visibility timeout, until it is moved to a dead-letter queue or expires."
        }
        None if case.is_blocked_by_failures() => {
            " A record that fails is tried again, and what is behind it in its shard waits."
        }
        None => " What fails is tried again.",
    };
    format!("It is the same message again and again: {}, and failed each time.{why}", input::in_words(repeated.fact))
}

/// The change of the program that seems to send the input.
fn sent(sender: &Sender<'_>) -> String {
    format!(
        "{} ({}) changed {}, upstream: its code holds what is new in the input, in {}.",
        sender.change.action,
        sender.change.source.word(),
        input::named(&sender.change).unwrap_or("another program"),
        sender.line.place()
    )
}

fn cite_change(change: &Seen<'_, Change>) -> Option<marple_case::Citation> {
    let stamp = change.at.to_string();
    cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action]])
}
