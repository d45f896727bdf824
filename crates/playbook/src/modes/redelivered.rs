//! Messages that a queue hands out again while they are still worked on: its visibility timeout is shorter than the work.
//!
//! Discriminating questions: did a call shorten the visibility timeout of the queue that feeds the function, between a clean baseline and the
//! first failure? does the work take longer than that, as it did before? is a message received more often than it is sent, does the log
//! tell of receive counts above one, or does a condition fail that only the first of two can meet? The second of two that work on one message
//! fails where the code guards against it; where it does not, the work is done twice.

use std::sync::LazyLock;

use jiff::Timestamp;
use marple_agent::ports::PlannedCall;
use marple_case::{
    Category, Citation, ResourceKind, ResourceRef, Verdict,
    facts::{Change, FieldChange, Invocations, Series},
    root_cause::{Link, RuledOut},
};
use regex::Regex;
use serde_json::json;

use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, cite_error, cite_series, claim, gap},
    modes::service::minutes,
    reading::{
        Case, Seen,
        input::{Field, cite_field},
        logged::Logged,
    },
    source::number,
    wants::call,
};

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

/// Messages that are worked on twice, as they were found.
#[derive(Debug)]
pub(crate) struct Redelivered<'a> {
    /// The queue's name.
    pub(crate) queue: String,
    /// The call that shortened the timeout.
    pub(crate) change: Seen<'a, Change>,
    /// What it was set to, seconds.
    pub(crate) seconds: u32,
    /// What an earlier call had set, seconds, where the evidence holds one.
    pub(crate) before: Option<u32>,
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
    let is_own = |change: &Change| is_of_queue(change, &queue) && visibility(change).is_some();
    let change = case.linked_elsewhere(first, false, |change| {
        is_own(change) && visibility(change).is_some_and(|set| f64::from(set) * 1000.0 < invocations.max_ms)
    })?;
    let seconds = visibility(change.fact)?;
    let earlier = case.all_changes().filter(|other| other.at < change.at && is_own(other.fact));
    let before = earlier.max_by_key(|other| other.at).and_then(|other| visibility(other.fact));
    let more = more(case, &queue);
    if before.is_some_and(|before| before <= seconds) || (refused.is_none() && received.is_none() && more.is_none()) {
        return None;
    }
    let wants = wants(case, &queue);
    let found = Redelivered { queue, change, seconds, before, invocations, received, refused, more };
    let failures = found.refused.as_ref().map_or(0, |logged| logged.count);
    Some(Hypothesis {
        support: Support::Shown,
        fresh: true,
        explains: failures.max(case.sum("Errors").unwrap_or_default() as u64),
        looks_for: format!(
            "The visibility timeout of {} was shortened; looking for messages that are received twice.",
            found.queue
        ),
        wants,
        cause: cause(case, &found),
        diagnosis: Diagnosis::Redelivered(found),
    })
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

impl<'a> Redelivered<'a> {
    /// The store's own words for what was there already: what to search the log for.
    pub(crate) fn words(&self) -> &'a str {
        let message = self.refused.as_ref().map_or("", |logged| logged.message);
        TWICE.as_ref().and_then(|pattern| pattern.find(message)).map_or(message, |found| found.as_str())
    }

    /// The first that shows the effect.
    fn onset(&self) -> Option<Timestamp> {
        let field = self.received.map(|field| field.first);
        let failed = self.refused.as_ref().map(|logged| logged.first).filter(|at| *at >= self.change.at);
        field.into_iter().chain(failed).min()
    }

    /// How long the work takes, in words.
    fn work(&self) -> String {
        format!(
            "{} in the median, {} at most",
            number::duration(self.invocations.median_ms),
            number::duration(self.invocations.max_ms)
        )
    }

    fn cite_change(&self) -> Option<Citation> {
        let change = &self.change;
        let stamp = change.at.to_string();
        cite::any(
            change.evidence,
            &[&[&stamp, &change.action, &self.queue], &[&stamp, &change.action], &[&change.action]],
        )
    }

    /// The value that the call gave: it stands at the end of a long line.
    fn cite_value(&self) -> Option<Citation> {
        cite::line(self.change.evidence, &["VisibilityTimeout", &self.change.at.to_string(), &self.change.action])
    }
}

fn cause(case: &Case<'_>, found: &Redelivered<'_>) -> marple_case::RootCause {
    let mut cause = claim(Verdict::Fault, Category::Misconfiguration);
    let (queue, seconds) = (&found.queue, found.seconds);
    let before = found.before.map(|before| format!(", after {before} s")).unwrap_or_default();
    cause.title = format!(
        "{queue} hands messages out again after {seconds} s (VisibilityTimeout), while {} still works on them",
        case.name()
    );
    let as_before =
        case.baseline_invocations().is_some_and(|before| found.invocations.median_ms <= 1.2 * before.median_ms);
    let usual = if as_before { ", as in the baseline" } else { "" };
    let arn = case.queue().map(|arn| ResourceRef::with_arn(ResourceKind::Queue, queue, arn));
    cause.components = arn.into_iter().collect();
    cause.onset = found.onset();
    cause.trigger = Some(format!("Every message whose work takes longer than {seconds} s"));
    cause.summary = format!(
        "{} at {} set the visibility timeout of {queue} to {seconds} s{before}. {} works on a message for longer: {}{usual}. SQS makes a message visible again when the timeout is over, so a second invocation gets it while the first still works on it: the work is done twice, and whichever is last {}.",
        found.change.action,
        found.change.at,
        case.name(),
        found.work(),
        match &found.refused {
            Some(logged) => format!("fails: {}", logged.headline()),
            None => "does it again".to_owned(),
        }
    );
    cause.chain = chain(case, found);
    cause.ruled_out = rivals(case, found);
    if found.before.is_none() {
        cause.gaps.push(gap(
            "the visibility timeout of before",
            "no earlier call that set it is among the evidence",
            "read it from the queue's template, or from an earlier SetQueueAttributes in CloudTrail",
            false,
        ));
    }
    cause.gaps.push(gap(
        "what was done twice before the second invocation failed",
        "what a handler calls outside of AWS leaves no trace here",
        "compare the messages with a receive count above one with the bookings of the systems that the handler calls",
        false,
    ));
    cause
}

fn chain(case: &Case<'_>, found: &Redelivered<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    let change = &found.change;
    let by = change.actor.as_deref().map(|actor| format!(" by {actor}")).unwrap_or_default();
    let statement = format!(
        "{}{by} set the visibility timeout (VisibilityTimeout) of {} to {} s; the baseline before it ran without this failure.",
        change.action, found.queue, found.seconds
    );
    chain.link(statement, Some(change.at), [found.cite_change(), found.cite_value()]);
    let work = cite::any(found.invocations.evidence, &[&["invocations:", "longest"], &["invocations:"]]);
    chain.link(format!("An invocation of {} takes longer than that: {}.", case.name(), found.work()), None, [work]);
    if let Some(field) = &found.received {
        let statement = format!(
            "Messages are received more than once: {} in {} line(s) is above the baseline's.",
            field.field, field.count
        );
        chain.link(statement, Some(field.first), [cite_field(field)]);
    }
    if let Some((received, sent)) = &found.more {
        let statement = format!(
            "{:.0} messages were received of {:.0} that were sent (NumberOfMessagesReceived, NumberOfMessagesSent).",
            received.window.sum, sent.window.sum
        );
        let cited = [received, sent].map(|series| cite_series(series.evidence, &series.metric.name, "Sum"));
        chain.link(statement, None, cited);
    }
    if let Some(logged) = &found.refused {
        chain.link(
            format!("The later of two invocations with one message failed: {}.", logged.headline()),
            Some(logged.first),
            [cite_error(logged)],
        );
    }
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

/// A producer that sends twice, work that became slow, and a release of the function.
fn rivals(case: &Case<'_>, found: &Redelivered<'_>) -> Vec<RuledOut> {
    let mut rivals = Vec::new();
    let sent = of_queue(case, &found.queue, "NumberOfMessagesSent");
    if let Some((sent, before)) = sent.and_then(|sent| Some((sent, sent.fact.baseline?)))
        && sent.window.sum <= 1.2 * before.sum
    {
        rivals.push(RuledOut {
            hypothesis: "A producer that sends messages twice (duplicates)".to_owned(),
            reason: format!("{:.0} messages were sent, {:.0} in the baseline.", sent.window.sum, before.sum),
            citations: cite_series(sent.evidence, "NumberOfMessagesSent", "Sum").into_iter().collect(),
        });
    }
    if let Some(before) = case.baseline_invocations()
        && found.invocations.median_ms <= 1.2 * before.median_ms
    {
        rivals.push(RuledOut {
            hypothesis: "Work, or something that it calls, that became slow".to_owned(),
            reason: format!(
                "An invocation took {} in the median, {} in the baseline.",
                number::duration(found.invocations.median_ms),
                number::duration(before.median_ms)
            ),
            citations: cite::line(found.invocations.evidence, &["invocations:", "median"]).into_iter().collect(),
        });
    }
    let onset = found.onset().unwrap_or(found.change.at);
    let own = case.own_changes().into_iter().rfind(|change| change.at < found.change.at);
    rivals.extend(own.filter(|own| own.at > case.scope.baseline.end).map(|own| {
        let stamp = own.at.to_string();
        let errors = case.metric("Errors", "Sum").and_then(|errors| cite_series(errors.evidence, "Errors", "Sum"));
        RuledOut {
            hypothesis: format!("The release of {} ({} at {})", case.name(), own.action, own.at),
            reason: format!(
                "It ran for {} before {}, and the first message was worked on twice at {onset}, after that call: the code did what it did before.",
                minutes(found.change.at.duration_since(own.at).as_secs()),
                found.change.action
            ),
            citations: [cite::any(own.evidence, &[&[&stamp, &own.action], &[&own.action]]), errors]
                .into_iter()
                .flatten()
                .collect(),
        }
    }));
    rivals.retain(|rival| !rival.citations.is_empty());
    rivals
}
