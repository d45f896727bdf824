//! What is said of messages that are worked on twice: the claim, the chain, and what is not to blame.

use jiff::Timestamp;
use marple_case::{
    Category, Citation, ResourceKind, ResourceRef, RootCause, Verdict,
    root_cause::{Link, RuledOut},
};

use super::{Redelivered, Shortened, TWICE, of_queue, only_later_ones_fail};
use crate::{
    cite,
    hypothesis::{Chain, cite_error, cite_series, claim, gap},
    modes::service::minutes,
    reading::{Case, input::cite_field},
    source::number,
};

impl<'a> Redelivered<'a> {
    /// The store's own words for what was there already: what to search the log for.
    pub(crate) fn words(&self) -> &'a str {
        let message = self.refused.as_ref().map_or("", |logged| logged.message);
        TWICE.as_ref().and_then(|pattern| pattern.find(message)).map_or(message, |found| found.as_str())
    }

    /// The first that shows the effect.
    fn onset(&self) -> Option<Timestamp> {
        let field = self.received.map(|field| field.first);
        let failed = self.refused.as_ref().map(|logged| logged.first);
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
}

impl Shortened<'_> {
    fn cite(&self, queue: &str) -> Option<Citation> {
        let change = &self.change;
        let stamp = change.at.to_string();
        cite::any(change.evidence, &[&[&stamp, &change.action, queue], &[&stamp, &change.action], &[&change.action]])
    }

    /// The value that the call gave: it stands at the end of a long line.
    fn cite_value(&self) -> Option<Citation> {
        cite::line(self.change.evidence, &["VisibilityTimeout", &self.change.at.to_string(), &self.change.action])
    }
}

pub(super) fn cause(case: &Case<'_>, found: &Redelivered<'_>) -> RootCause {
    let mut cause = claim(Verdict::Fault, Category::Misconfiguration);
    let queue = &found.queue;
    let after = found.shortened.map(|one| format!(" after {} s", one.seconds)).unwrap_or_default();
    cause.title = format!(
        "{queue} hands messages out again{after} (VisibilityTimeout), while {} still works on them",
        case.name()
    );
    let arn = case.queue().map(|arn| ResourceRef::with_arn(ResourceKind::Queue, queue, arn));
    cause.components = arn.into_iter().collect();
    cause.onset = found.onset();
    cause.trigger = Some(match found.shortened {
        Some(one) => format!("Every message whose work takes longer than {} s", one.seconds),
        None => "Every message whose work takes longer than the queue hides it".to_owned(),
    });
    cause.summary = summary(case, found);
    cause.chain = chain(case, found);
    cause.ruled_out = rivals(case, found);
    if found.shortened.is_none() {
        cause.gaps.push(gap(
            "the queue's visibility timeout, and what changed it",
            "no tool reads a queue's attributes, and no call that set them is among the evidence",
            "aws sqs get-queue-attributes, and SetQueueAttributes in CloudTrail",
            true,
        ));
    } else if found.shortened.is_some_and(|one| one.before.is_none()) {
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

fn summary(case: &Case<'_>, found: &Redelivered<'_>) -> String {
    let as_before =
        case.baseline_invocations().is_some_and(|before| found.invocations.median_ms <= 1.2 * before.median_ms);
    let usual = if as_before { ", as in the baseline" } else { "" };
    let set = found.shortened.map_or_else(String::new, |one| {
        let before = one.before.map(|before| format!(", after {before} s")).unwrap_or_default();
        format!(
            "{} at {} set the visibility timeout of {} to {} s{before}. ",
            one.change.action, one.change.at, found.queue, one.seconds
        )
    });
    let last = match &found.refused {
        Some(logged) => format!("fails: {}", logged.headline()),
        None => "does it again".to_owned(),
    };
    format!(
        "{set}{} works on a message for {}{usual}. SQS makes a message visible again when the visibility timeout is over, so a second invocation gets it while the first still works on it: the work is done twice, and whichever is last {last}.",
        case.name(),
        found.work()
    )
}

fn chain(case: &Case<'_>, found: &Redelivered<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    if let Some(one) = &found.shortened {
        let by = one.change.actor.as_deref().map(|actor| format!(" by {actor}")).unwrap_or_default();
        let statement = format!(
            "{}{by} set the visibility timeout (VisibilityTimeout) of {} to {} s; the baseline before it ran without this failure.",
            one.change.action, found.queue, one.seconds
        );
        chain.link(statement, Some(one.change.at), [one.cite(&found.queue), one.cite_value()]);
    }
    let work = cite::any(found.invocations.evidence, &[&["invocations:", "longest"], &["invocations:"]]);
    chain.link(format!("An invocation of {} works on a message for {}.", case.name(), found.work()), None, [work]);
    if let Some(field) = &found.received {
        let statement = format!(
            "Messages are received more than once: {} in {} line(s) is above the baseline's{}.",
            field.field,
            field.count,
            match only_later_ones_fail(field.fact) {
                true =>
                    "; the invocations that got a message so fail, those that got it first do not: its visibility timeout was over while it was worked on",
                false => "",
            }
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
    rivals.extend(release(case, found));
    rivals.retain(|rival| !rival.citations.is_empty());
    rivals
}

/// A release before the call ran until then without what came after it.
fn release(case: &Case<'_>, found: &Redelivered<'_>) -> Option<RuledOut> {
    let (change, onset) = (found.shortened?.change, found.onset()?);
    let own = case.own_changes().into_iter().rfind(|own| own.at < change.at)?;
    let (stamp, ran) = (own.at.to_string(), minutes(change.at.duration_since(own.at).as_secs()));
    let errors = case.metric("Errors", "Sum").and_then(|errors| cite_series(errors.evidence, "Errors", "Sum"));
    let shown = cite::any(own.evidence, &[&[&stamp, &own.action], &[&own.action]]);
    (own.at > case.scope.baseline.end).then(|| RuledOut {
        hypothesis: format!("The release of {} ({} at {})", case.name(), own.action, own.at),
        reason: format!(
            "It ran for {ran} before {}, and the first message was worked on twice at {onset}, after that call: the code did what it did before.",
            change.action
        ),
        citations: [shown, errors].into_iter().flatten().collect(),
    })
}
