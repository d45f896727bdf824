//! The plan for messages that are handed out again too soon: the queue hides them for longer than the work takes.

use marple_case::{Action, ActionKind, MitigationPlan, mitigation::Phases};

use super::{
    empty, spec,
    step::{action, alarm_quiet, by_hand, code_change, quoted, run},
};
use crate::{modes::redelivered::Redelivered, reading::Case};

/// What AWS recommends for the queue of a function: so many times the function's timeout.
const TIMES_THE_TIMEOUT: u32 = 6;
/// The longest visibility timeout that SQS takes, seconds.
const LONGEST: u32 = 43_200;

/// The plan.
pub(crate) fn plan(case: &Case<'_>, found: &Redelivered<'_>) -> MitigationPlan {
    let mut plan = empty();
    match url(case) {
        Some(url) => plan.immediate.push(longer(case, found, &url)),
        None => {
            plan.no_immediate_action = Some(format!(
                "The URL of {} is not known; its visibility timeout has to be set back by hand.",
                found.queue
            ));
        }
    }
    let title = "Let a message be worked on once, however often it is received";
    plan.follow_up.push(code_change(title, case, found.words()));
    plan.spec = Some(spec(
        format!(
            "The Lambda function {} is fed by the queue {}, which may hand a message out more than once: SQS promises delivery at least once. The handler does its work before it finds out that another invocation did it.",
            case.name(),
            found.queue
        ),
        Vec::new(),
        &[
            "WHEN a message is received, THE SYSTEM SHALL claim its id with a conditional write before any work that cannot be undone.".to_owned(),
            "WHEN another invocation holds or has finished the claim, THE SYSTEM SHALL end without an error and without doing the work.".to_owned(),
        ],
        &["The same message handed in twice at once: the work is done once, and neither invocation fails.".to_owned()],
    ));
    plan.prevention = vec![
        format!("Hold in the pipeline that a queue's visibility timeout is at least {TIMES_THE_TIMEOUT} times the timeout of the function that it feeds."),
        "Allow changes of queues through their templates only, and alarm on NumberOfMessagesReceived well above NumberOfMessagesSent.".to_owned(),
    ];
    plan
}

/// The queue's URL, by its ARN.
fn url(case: &Case<'_>) -> Option<String> {
    let arn = case.queue()?;
    let [_, partition, _, region, account, queue] = *arn.splitn(6, ':').collect::<Vec<_>>().as_slice() else {
        return None;
    };
    let end = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    Some(format!("https://sqs.{region}.{end}/{account}/{queue}"))
}

/// Sets the timeout of before; where nobody knows it, what AWS recommends for the function.
fn longer(case: &Case<'_>, found: &Redelivered<'_>, url: &str) -> Action {
    let timeout_s = case.function.map_or(0, |function| function.timeout_s);
    let recommended = timeout_s.saturating_mul(TIMES_THE_TIMEOUT).clamp(1, LONGEST);
    let before = found.shortened.and_then(|one| one.before);
    let seconds = before.unwrap_or(recommended);
    let (url, region) = (quoted(url), quoted(&case.scope.region));
    let set = |seconds: u32| {
        format!(
            "aws sqs set-queue-attributes --queue-url {url} --attributes VisibilityTimeout={seconds} --region {region}"
        )
    };
    let read = format!(
        "aws sqs get-queue-attributes --queue-url {url} --attribute-names VisibilityTimeout RedrivePolicy --region {region}"
    );
    let mut check = vec![
        run("Read the timeout.", read.clone(), format!("VisibilityTimeout {seconds}")),
        by_hand("Watch the receive counts in the log of messages sent from now on.", "1 in each line"),
    ];
    check.extend(alarm_quiet(case));
    let phases = Phases {
        prepare: vec![run(
            "Note the queue's present timeout, and after how many receives a message goes to the dead-letter queue.",
            read,
            match found.shortened {
                Some(one) => format!(
                    "VisibilityTimeout {}; if it differs, someone has changed it since: stop and look again",
                    one.seconds
                ),
                None => {
                    "a VisibilityTimeout shorter than the work takes; if it is longer, stop and look again".to_owned()
                }
            },
        )],
        apply: vec![run("Hide messages for as long as the work may take.", set(seconds), "no output")],
        post_validate: check,
        rollback: vec![match found.shortened {
            Some(one) => run("Set the present timeout again.", set(one.seconds), "no output"),
            None => by_hand("Set the noted timeout again.", "the timeout as noted"),
        }],
        ..Phases::default()
    };
    let mut longer = action(
        format!("Set the visibility timeout (VisibilityTimeout) of {} to {seconds} s", found.queue),
        ActionKind::Configuration,
        false,
        phases,
        "A message whose invocation fails comes back only after this time. Messages that are received already keep the timeout that they were received with.",
    );
    longer.unverified = before.is_none().then(|| {
        format!("No evidence holds the timeout of before: {seconds} s is {TIMES_THE_TIMEOUT} times the function's timeout of {timeout_s} s, as AWS recommends; its template may say otherwise.")
    });
    longer
}
