//! Messages that a queue hands out again while they are still worked on: its visibility timeout is shorter than the work.
//!
//! Discriminating questions: did a call shorten the visibility timeout of the queue that feeds the function, between a clean baseline and the
//! first failure? does the work take longer than that, as it did before? is a message received more often than it is sent, does the log
//! tell of receive counts above one, or does a condition fail that only the first of two can meet? The second of two that work on one message
//! fails where the code guards against it; where it does not, the work is done twice.

use std::sync::LazyLock;

use jiff::Timestamp;
use marple_agent::ports::PlannedCall;
use marple_case::facts::{Change, ChangedField, FieldChange, Invocations, Series};
use regex::Regex;
use serde_json::json;

use crate::{
    hypothesis::{Diagnosis, Hypothesis, Support},
    reading::{Case, Seen, input::Field, logged::Logged},
    wants::call,
};

mod account;

/// The attribute in the parameters of a call.
static VISIBILITY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"VisibilityTimeout"?\s*[:=]\s*"?(\d+)"#).ok());
/// Names of fields that hold how often a message was received.
static RECEIVES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)receive_?count|deliver(?:y|ies)_?count").ok());
/// Words of a store that refuses to write the same thing twice.
static TWICE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)ConditionalCheckFailed|conditional request failed|duplicate (?:key|entry)|unique constraint|already (?:exists|processed|registered)|E11000|TransactionConflict").ok()
});

/// A call that shortened a visibility timeout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shortened<'a> {
    /// The call.
    pub(crate) change: Seen<'a, Change>,
    /// What it was set to, seconds.
    pub(crate) seconds: u32,
    /// What an earlier call had set, seconds, where the evidence holds one.
    pub(crate) before: Option<u32>,
}

/// Messages that are worked on twice, as they were found.
#[derive(Debug)]
pub(crate) struct Redelivered<'a> {
    /// The queue's name.
    pub(crate) queue: String,
    /// The call that shortened the timeout; `None`: only its effect is shown.
    pub(crate) shortened: Option<Shortened<'a>>,
    /// How long the work takes.
    invocations: Seen<'a, Invocations>,
    /// The field of the log that tells how often a message was received.
    received: Option<Field<'a>>,
    /// The failure of the second of two.
    pub(crate) refused: Option<Logged<'a>>,
    /// Messages received, where more than were sent.
    more: Option<(Seen<'a, Series>, Seen<'a, Series>)>,
}

/// Examines the case for messages that are handed out again too soon.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let queue = case.queue()?.rsplit(':').next()?.to_owned();
    let invocations = case.invocations().filter(|all| all.count > 0)?;
    let refused = case.failures.iter().find(|logged| !logged.in_baseline && is_twice(logged)).cloned();
    let received = received(case);
    let seen = refused.iter().map(|logged| logged.first).chain(received.map(|field| field.first)).min();
    let first = seen.or(case.breach()).unwrap_or(case.scope.window.end);
    let shortened = shortened(case, &queue, first, invocations.max_ms);
    let more = more(case, &queue);
    let shown = match shortened {
        Some(shortened) if shortened.before.is_some_and(|before| before <= shortened.seconds) => false,
        Some(_) => refused.is_some() || received.is_some() || more.is_some(),
        // Of what a message's first receive left nothing to fail, only a second receive at the same time can.
        None => refused.is_some() && received.is_some_and(|field| only_later_ones_fail(field.fact)),
    };
    if !shown {
        return None;
    }
    let wants = wants(case, &queue);
    let found = Redelivered { queue, shortened, invocations, received, refused, more };
    let failures = found.refused.as_ref().map_or(0, |logged| logged.count);
    Some(Hypothesis {
        support: Support::Shown,
        fresh: true,
        explains: failures.max(case.sum("Errors").unwrap_or_default() as u64),
        looks_for: format!(
            "Messages of {} seem to be received twice while they are worked on; looking for its visibility timeout.",
            found.queue
        ),
        wants,
        cause: account::cause(case, &found),
        diagnosis: Diagnosis::Redelivered(found),
    })
}

/// The call between a clean baseline and the first effect that set a timeout shorter than the longest work.
fn shortened<'a>(case: &Case<'a>, queue: &str, first: Timestamp, longest_ms: f64) -> Option<Shortened<'a>> {
    let is_own = |change: &Change| is_of_queue(change, queue) && visibility(change).is_some();
    let change = case.linked_elsewhere(first, false, |change| {
        is_own(change) && visibility(change).is_some_and(|set| f64::from(set) * 1000.0 < longest_ms)
    })?;
    let earlier = case.all_changes().filter(|other| other.at < change.at && is_own(other.fact));
    let before = earlier.max_by_key(|other| other.at).and_then(|other| visibility(other.fact));
    Some(Shortened { change, seconds: visibility(change.fact)?, before })
}

/// Whether invocations fail that got a message another time, and none that got it first: the first ones did the work, or still do it.
fn only_later_ones_fail(field: &ChangedField) -> bool {
    field.failed.is_some_and(|failed| failed > 0 && failed * 5 >= field.count * 4)
        && field.usual_failed == Some(0)
        && field.usual > 0
}

/// Whether a call set attributes of the queue.
fn is_of_queue(change: &Change, queue: &str) -> bool {
    let named = change.resource.as_ref().is_some_and(|resource| resource.name == queue);
    let in_url = || change.detail.split([',', ' ']).any(|part| part.ends_with(&format!("/{queue}")));
    change.action == "SetQueueAttributes" && (named || in_url())
}

fn visibility(change: &Change) -> Option<u32> {
    VISIBILITY.as_ref()?.captures(&change.detail)?.get(1)?.as_str().parse().ok()
}

fn is_twice(logged: &Logged<'_>) -> bool {
    let says = |text: &str| TWICE.as_ref().is_some_and(|pattern| pattern.is_match(text));
    says(logged.class) || says(logged.message)
}

/// The field of receive counts, where it rose above the baseline's.
fn received<'a>(case: &Case<'a>) -> Option<Field<'a>> {
    let fields = case.summaries.iter().flat_map(|summary| {
        let evidence = summary.evidence;
        summary.fact.changed_fields.iter().map(move |fact| Seen { evidence, fact })
    });
    let mut rose = fields.filter(|field| {
        RECEIVES.as_ref().is_some_and(|name| name.is_match(&field.field))
            && matches!(field.change, FieldChange::Values { .. } | FieldChange::Range { .. })
    });
    rose.next()
}

/// Messages received and sent, where the former are many more than the latter, and were not in the baseline.
fn more<'a>(case: &Case<'a>, queue: &str) -> Option<(Seen<'a, Series>, Seen<'a, Series>)> {
    let (received, sent) =
        (of_queue(case, queue, "NumberOfMessagesReceived")?, of_queue(case, queue, "NumberOfMessagesSent")?);
    let before = |series: Seen<'a, Series>| series.fact.baseline.map(|baseline| baseline.sum);
    let usual = before(received)? <= 1.1 * before(sent)?;
    (usual && received.window.sum > 1.2 * sent.window.sum).then_some((received, sent))
}

/// A metric of the queue, as a sum.
fn of_queue<'a>(case: &Case<'a>, queue: &str, name: &str) -> Option<Seen<'a, Series>> {
    let own = |series: &Seen<'a, Series>| {
        series.metric.namespace == "AWS/SQS"
            && series.metric.name == name
            && series.statistic == "Sum"
            && series.metric.dimensions.get("QueueName").is_some_and(|known| known == queue)
    };
    case.series.iter().filter(|series| own(series)).max_by_key(|series| series.window.points).copied()
}

/// How often messages were sent and received, where nobody looked.
fn wants(case: &Case<'_>, queue: &str) -> Vec<PlannedCall> {
    let metric = |name: &str| json!({"namespace": "AWS/SQS", "name": name, "dimensions": {"QueueName": queue}, "statistics": ["Sum"]});
    let unread = of_queue(case, queue, "NumberOfMessagesReceived").is_none();
    let metrics = json!([metric("NumberOfMessagesSent"), metric("NumberOfMessagesReceived")]);
    unread.then(|| call("get_metrics", json!({"metrics": metrics}))).into_iter().collect()
}
