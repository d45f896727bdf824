//! A dead-letter queue for a message that cannot be handled and comes back again and again: it leaves the way of the others.

use marple_case::{Action, ActionKind, mitigation::Phases};

use super::step::{action, alarm_quiet, by_hand, quoted, run};
use crate::{modes::exception::Defect, reading::Case};

/// How often a message is received before it is moved: often enough for failures that pass.
const RECEIVES: u32 = 5;

/// Whether one message fails again and again and comes from a queue.
pub(super) fn helps(case: &Case<'_>, defect: &Defect<'_>) -> bool {
    defect.repeated.is_some() && plan(case).is_some()
}

/// Gives the queue a dead-letter queue.
pub(super) fn plan(case: &Case<'_>) -> Option<Action> {
    let arn = case.queue()?;
    let [_, partition, _, region, account, queue] = *arn.splitn(6, ':').collect::<Vec<_>>().as_slice() else {
        return None;
    };
    let end = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    let url = |name: &str| format!("https://sqs.{region}.{end}/{account}/{name}");
    let (own, is_fifo) = (quoted(&url(queue)), queue.ends_with(".fifo"));
    let dead = match queue.strip_suffix(".fifo") {
        Some(stem) => format!("{stem}-dead-letters.fifo"),
        None => format!("{queue}-dead-letters"),
    };
    let dead_arn = arn.strip_suffix(queue).map(|head| format!("{head}{dead}"))?;
    let sqs = |operation: &str, rest: &str| format!("aws sqs {operation} {rest} --region {}", quoted(region));
    let attributes = |names: &str| sqs("get-queue-attributes", &format!("--queue-url {own} --attribute-names {names}"));
    let fifo = if is_fifo { " --attributes FifoQueue=true" } else { "" };
    let policy = format!(
        r#"{{"RedrivePolicy": "{{\"deadLetterTargetArn\":\"{dead_arn}\",\"maxReceiveCount\":\"{RECEIVES}\"}}"}}"#
    );
    let set = |file: &str| sqs("set-queue-attributes", &format!("--queue-url {own} --attributes file://{file}"));
    let phases = Phases {
        prepare: vec![by_hand(
            format!("Write redrive.json: {policy}, and redrive-none.json: {{\"RedrivePolicy\": \"\"}}"),
            "both files are JSON",
        )],
        pre_validate: vec![run(
            "See that the queue has no redrive policy (dead-letter queue), or one with a limit above the receives so far.",
            attributes("RedrivePolicy VisibilityTimeout MessageRetentionPeriod"),
            "no RedrivePolicy, or a high maxReceiveCount: then lower that alone",
        )],
        apply: vec![
            run(
                format!("Make the dead-letter queue{}.", if is_fifo { ", of the same kind" } else { "" }),
                sqs("create-queue", &format!("--queue-name {}{fifo}", quoted(&dead))),
                "its QueueUrl",
            ),
            run(
                format!("Have messages moved there after {RECEIVES} receives (maxReceiveCount)."),
                set("redrive.json"),
                "no output: the policy is set",
            ),
        ],
        post_validate: [run(
            "After one more visibility timeout, see that the message has been moved.",
            sqs(
                "get-queue-attributes",
                &format!("--queue-url {} --attribute-names ApproximateNumberOfMessages", quoted(&url(&dead))),
            ),
            "1 message, and the age of the oldest message of the queue falls",
        )]
        .into_iter()
        .chain(alarm_quiet(case))
        .collect(),
        rollback: vec![run("Take the redrive policy off again.", set("redrive-none.json"), "no RedrivePolicy")],
    };
    let order =
        if is_fifo { " What follows the moved message in its group is handled without it, out of order." } else { "" };
    Some(action(
        format!("Give the queue {queue} a redrive policy, so that the message that fails goes to a dead-letter queue"),
        ActionKind::Configuration,
        false,
        phases,
        format!(
            "The message is not lost: it can be sent back (redriven) when the code handles it.{order} A stack that owns the queue undoes a change by hand, so change the template too."
        ),
    ))
}
