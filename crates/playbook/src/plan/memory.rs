//! The plan for exhausted memory. A size is proposed only where the estimate fits it, always as temporary relief.

use marple_case::{Action, ActionKind, MitigationPlan, mitigation::Phases};

use super::{
    empty, rollback, spec,
    step::{action, alarm_quiet, code_change, lambda, log_quiet, note_settings, run, structured_logs, updated},
};
use crate::{
    modes::out_of_memory::{Exhausted, LARGEST_MB, in_words},
    reading::Case,
    source::number,
};

/// What a runtime may need on top of the payload: headers, references, garbage that is not collected yet.
const OVERHEAD: f64 = 1.5;

/// The plan.
pub(crate) fn plan(case: &Case<'_>, exhausted: &Exhausted<'_>) -> MitigationPlan {
    let mut plan = empty();
    match proposal(exhausted) {
        Proposal::Back(size) => plan.immediate.push(raise(case, exhausted, size, false)),
        Proposal::Relief(size) => plan.immediate.push(raise(case, exhausted, size, true)),
        Proposal::Nothing(_) if exhausted.release.is_some() => {}
        Proposal::Nothing(why) => plan.no_immediate_action = Some(why),
    }
    let timed_out = exhausted.report.is_some_and(|report| report.timed_out);
    let phrase = match &exhausted.logged {
        Some(logged) => logged.message,
        None if timed_out => "Task timed out",
        None => "Runtime.OutOfMemory",
    };
    if let Some(release) = exhausted.release {
        plan.immediate.insert(0, rollback::before(case, release, phrase));
    }
    let line = exhausted.allocation.as_ref().map(|found| found.item).or(exhausted.whole);
    let place = line.map(|line| format!(" in {}", line.place())).unwrap_or_default();
    plan.follow_up.push(code_change(
        format!("Bound or stream what one invocation keeps in memory{place}"),
        case,
        phrase,
    ));
    plan.spec = Some(specification(case, exhausted));
    plan.prevention = vec![
        "Alarm on the memory use of REPORT lines (Lambda Insights, or a metric filter on Max Memory Used) at 80 % of the limit.".to_owned(),
        "Test the handler with the largest input that it accepts, at the memory that it is deployed with.".to_owned(),
        structured_logs(),
    ];
    plan
}

/// What can be done at once.
enum Proposal {
    /// Back to the memory that the baseline ran with, MB.
    Back(u32),
    /// More memory, MB, for a time.
    Relief(u32),
    /// Nothing, and why.
    Nothing(String),
}

fn proposal(exhausted: &Exhausted<'_>) -> Proposal {
    if exhausted.is_hopeless() {
        let what = exhausted.allocation.as_ref().map(|found| found.in_words()).unwrap_or_default();
        return Proposal::Nothing(format!(
            "No memory size helps: the code keeps {what}, and Lambda offers {} MB at most. Only the code can be changed; until then, keep the requests that reach it away from the function where the caller allows it.",
            number::grouped(LARGEST_MB)
        ));
    }
    if let (None, None, Some(size)) = (exhausted.needed_mb(), exhausted.lowered_from, for_input(exhausted)) {
        return Proposal::Relief(size);
    }
    match (exhausted.needed_mb(), exhausted.lowered_from) {
        (Some(needed), _) => match sized(needed * OVERHEAD + f64::from(exhausted.limit_mb)) {
            Some(size) => Proposal::Relief(size),
            None => Proposal::Nothing(format!(
                "The code keeps about {}; with the runtime's own overhead no memory size can be relied on to hold it. The code has to be changed.",
                in_words(needed)
            )),
        },
        (None, Some(size)) => Proposal::Back(size),
        (None, None) if exhausted.outsized.is_some() => Proposal::Nothing(format!(
            "One input is far larger than all others ({}), and the next may be larger still: a size that holds this one is not known. The work has to be done in pages or as a stream; until then, such a request can be split by whoever makes it.",
            exhausted.outsized.as_ref().map(|outsized| outsized.in_words()).unwrap_or_default()
        )),
        (None, None) => Proposal::Nothing(
            "What takes the memory is not known, so no size can be named that would hold it; a larger one may only delay the next failure.".to_owned(),
        ),
    }
}

/// A size for input that grew: what the baseline used at most, as many times as the input is larger, and not more than Lambda offers. Of what
/// was used a part does not grow, so that the largest size may hold what the proportion says it does not.
fn for_input(exhausted: &Exhausted<'_>) -> Option<u32> {
    let (growth, usual) = (exhausted.input_growth()?, exhausted.usual_mb?);
    let size = sized(f64::from(usual) * growth).unwrap_or(LARGEST_MB as u32);
    (size > exhausted.limit_mb).then_some(size)
}

/// The next whole 1,024 MB that holds `mb`; `None` beyond what Lambda offers.
fn sized(mb: f64) -> Option<u32> {
    let size = (mb / 1024.0).ceil() * 1024.0;
    (size <= LARGEST_MB).then_some(size as u32)
}

fn raise(case: &Case<'_>, exhausted: &Exhausted<'_>, size: u32, temporary: bool) -> Action {
    let before = exhausted.limit_mb;
    let mut check = vec![updated(case)];
    check.extend(log_quiet(case, "OutOfMemory"));
    check.extend(alarm_quiet(case));
    let set = |mb: u32| lambda(case, "update-function-configuration", &format!("--memory-size {mb}"));
    let phases = Phases {
        prepare: vec![note_settings(case)],
        pre_validate: vec![run(
            "Check that the memory is still what it was.",
            lambda(case, "get-function-configuration", "--query MemorySize --output text"),
            format!("{before}"),
        )],
        apply: vec![run(format!("Set the memory to {size} MB."), set(size), format!("MemorySize {size}"))],
        post_validate: check,
        rollback: vec![run(
            format!("Set the memory back to {before} MB."),
            set(before),
            format!("MemorySize {before}"),
        )],
    };
    let needed = exhausted.needed_mb().map(in_words).unwrap_or_default();
    let (title, risk) = match temporary {
        true if exhausted.needed_mb().is_none() => (
            format!("Raise the memory to {size} MB until the code streams its input or bounds it"),
            format!(
                "Relief only: {}; whether {size} MB suffices is not shown, and larger input needs more. It costs in proportion.",
                match f64::from(size) < LARGEST_MB {
                    true => "the size is what the baseline used at most, as many times as the input is larger now",
                    false => "the input grew by more than Lambda's sizes do, so this is the largest of them (new accounts may be limited to less)",
                }
            ),
        ),
        true => (
            format!("Raise the memory to {size} MB until the code is changed"),
            format!(
                "Relief only: one invocation keeps about {needed} of payload, a lower bound read in the code; whether {size} MB suffices with the runtime's overhead is not shown, and it grows with the input. It costs in proportion, new accounts may be limited to less, and filling that much memory takes time against the timeout."
            ),
        ),
        false => (
            format!("Set the memory back to the {size} MB of the baseline"),
            "It costs in proportion; a stack that owns the function undoes it at its next update, so change the template too.".to_owned(),
        ),
    };
    let mut raise = action(title, ActionKind::Scale, temporary, phases, risk);
    raise.unverified = temporary.then(|| {
        "The size follows from an estimate of the payload; nothing shows the function to have run with it.".to_owned()
    });
    raise
}

fn specification(case: &Case<'_>, exhausted: &Exhausted<'_>) -> marple_case::mitigation::Spec {
    let (context, files) = match &exhausted.allocation {
        Some(found) => (
            format!(
                "The Lambda function {} runs out of its {} MB of memory. {} keeps {} in one invocation. The line reads: {}",
                case.name(),
                exhausted.limit_mb,
                found.item.place(),
                found.in_words(),
                found.item.text.trim()
            ),
            vec![found.item.path().to_owned()],
        ),
        None if exhausted.whole.is_some() => {
            let line = exhausted.whole.iter();
            let words: Vec<String> =
                line.clone().map(|line| format!("{}: {}", line.place(), line.text.trim())).collect();
            (
                format!(
                    "The Lambda function {} runs out of its {} MB of memory, since it holds a whole result at once. {}",
                    case.name(),
                    exhausted.limit_mb,
                    words.join("; ")
                ),
                line.map(|line| line.path().to_owned()).collect(),
            )
        }
        None => (
            format!(
                "The Lambda function {} runs out of its {} MB of memory; what takes it is not shown yet.",
                case.name(),
                exhausted.limit_mb
            ),
            Vec::new(),
        ),
    };
    let share = exhausted.limit_mb / 2;
    spec(
        context,
        files,
        &[
            "WHEN an invocation handles many items, THE SYSTEM SHALL process them in pages or as a stream, and keep at most one page in memory.".to_owned(),
            "WHEN a request asks for more than a configured bound, THE SYSTEM SHALL reject it with HTTP status 413 or 400 before allocating for it.".to_owned(),
            format!("WHILE it handles the largest accepted request, THE SYSTEM SHALL use at most {share} MB."),
        ],
        &[
            format!("A test with the largest accepted request, run at {} MB, ends without an error and reports at most {share} MB used.", exhausted.limit_mb),
            "A request above the bound is rejected, and memory use stays flat.".to_owned(),
        ],
    )
}
