//! Out of memory: the platform or the runtime ends the function at its memory limit.
//!
//! Discriminating questions: does a REPORT line stand at the limit? what does the code keep, and how much is that, where literals
//! tell it? could any memory size that Lambda offers hold it? was memory far below the limit in the baseline, and did code change since?
//! did what it is given grow? was one input far larger than all others, and does a line of the code hold all of it at once?

use jiff::Timestamp;
use marple_case::{
    Category, Verdict,
    facts::{Change, Invocation},
    root_cause::Gap,
};

use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, cite_error, cite_setting, claim, gap, located},
    reading::{
        Case, Seen,
        failure::Failure,
        input::{self, Field},
        logged::Logged,
    },
    source::{
        CodeLine, all_lines,
        allocation::{Allocation, allocations},
        number,
        whole::held_whole,
    },
};

pub(crate) mod outsized;

use self::outsized::{Outsized, outsized};

/// Most memory that a Lambda function can have, MB (AWS Lambda quotas).
pub(crate) const LARGEST_MB: f64 = 10_240.0;
/// From this share of the limit on, a REPORT line stands at the limit.
const AT_LIMIT: f64 = 0.97;

/// Exhausted memory as it was found.
#[derive(Debug)]
pub(crate) struct Exhausted<'a> {
    /// Configured memory, MB.
    pub(crate) limit_mb: u32,
    /// What the code keeps, where literals tell it.
    pub(crate) allocation: Option<Allocation<'a>>,
    /// The invocation at the limit.
    pub(crate) report: Option<Seen<'a, Invocation>>,
    /// The runtime's or platform's own words.
    pub(crate) logged: Option<Logged<'a>>,
    /// The memory of the baseline's invocations, MB, if it was more: it was lowered since.
    pub(crate) lowered_from: Option<u32>,
    /// The change of code between a baseline that stayed below the limit and the first failure.
    pub(crate) release: Option<Seen<'a, Change>>,
    /// The line that runs while the code is loaded, and calls what that release wrote.
    pub(crate) at_load: Option<CodeLine<'a>>,
    /// What changed in what the function is given, where neither its memory nor its code was.
    pub(crate) inputs: Vec<Field<'a>>,
    /// A number of the input that is far larger than in all other invocations.
    pub(crate) outsized: Option<Outsized<'a>>,
    /// The line that holds a whole result or body at once, where nothing else says what takes the memory.
    pub(crate) whole: Option<CodeLine<'a>>,
    /// Most memory that an invocation of the baseline used, MB.
    pub(crate) usual_mb: Option<u32>,
}

impl Exhausted<'_> {
    /// What the code needs at least, MB of 2^20 bytes, where it is legible.
    pub(crate) fn needed_mb(&self) -> Option<f64> {
        self.allocation.as_ref()?.total().map(|bytes| bytes / 1_048_576.0)
    }

    /// How much larger the input is than ever in the baseline, where its size is logged.
    pub(crate) fn input_growth(&self) -> Option<f64> {
        self.inputs.iter().find_map(|field| input::growth(field.fact))
    }

    /// Whether no memory size can hold what the code keeps.
    pub(crate) fn is_hopeless(&self) -> bool {
        let unbounded = self.allocation.as_ref().is_some_and(|allocation| allocation.count.is_none());
        unbounded || self.needed_mb().is_some_and(|needed| needed > LARGEST_MB)
    }
}

/// Examines the case for exhausted memory.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let logged = case.failures.iter().find(|logged| logged.failure == Failure::OutOfMemory).cloned();
    let report = at_limit(case);
    let failing = case.sum("Errors").is_none_or(|errors| errors > 0.0);
    if logged.is_none() && (report.is_none() || !failing) {
        return None;
    }
    let limit_mb = case.function.map(|function| function.memory_mb).or(report.map(|report| report.memory_size_mb))?;
    let allocation = allocations(&all_lines(case)).into_iter().find(|found| too_large(found, limit_mb));
    let ended = report.is_some_and(|report| report.timed_out || report.status.is_some());
    let others = case.failures.iter().any(|logged| !matches!(logged.failure, Failure::OutOfMemory | Failure::TimedOut));
    let lowered_from =
        case.baseline_invocations().map(|baseline| baseline.memory_size_mb).filter(|size| *size > limit_mb);
    let told = logged.as_ref().is_some_and(|logged| !logged.class.is_empty());
    let began =
        [logged.as_ref().map(|logged| logged.first), report.map(|report| report.at)].into_iter().flatten().min();
    let fresh = case
        .baseline_invocations()
        .is_none_or(|baseline| f64::from(baseline.max_memory_used_mb) < AT_LIMIT * f64::from(baseline.memory_size_mb));
    let release = began
        .filter(|_| fresh && lowered_from.is_none())
        .and_then(|began| case.linked_code_change(began, logged.as_ref().is_some_and(|logged| logged.in_baseline)));
    let same = lowered_from.is_none() && release.is_none();
    let inputs = began.filter(|_| same).map(|began| case.changed_input(began)).unwrap_or_default();
    let explained = lowered_from.is_some() || allocation.is_some() || release.is_some() || !inputs.is_empty();
    let support = match (told, ended, explained, others) {
        (true, ..) | (false, true, true, _) => Support::Shown,
        (false, true, false, false) => Support::Likely,
        _ => Support::Possible,
    };
    let count = case.invocations().map_or(1, |all| all.notable.iter().filter(|one| is_at_limit(one)).count() as u64);
    let explains = logged.as_ref().map_or(0, |logged| logged.count).max(count);
    let usual_mb = case.baseline_invocations().map(|baseline| baseline.max_memory_used_mb).filter(|used| *used > 0);
    let released = case.release().filter(|_| release.is_some() && allocation.is_none());
    let at_load = released.and_then(|release| release.at_load());
    let open = allocation.is_none() && same && inputs.is_empty();
    let outsized = outsized(case).filter(|_| open);
    let whole = held_whole(&all_lines(case)).filter(|_| open && outsized.is_some());
    let wants = outsized::wants(case).filter(|_| open).into_iter().collect();
    let exhausted = Exhausted {
        limit_mb,
        allocation,
        report,
        logged,
        lowered_from,
        release,
        at_load,
        inputs,
        outsized,
        whole,
        usual_mb,
    };
    Some(Hypothesis {
        support,
        fresh,
        explains,
        looks_for: "Memory stands at its limit; looking for what the code keeps, and how much that is.".to_owned(),
        wants,
        cause: cause(case, &exhausted),
        diagnosis: Diagnosis::Exhausted(exhausted),
    })
}

fn is_at_limit(invocation: &Invocation) -> bool {
    let status = invocation.status.as_deref().unwrap_or_default();
    let share = f64::from(invocation.max_memory_used_mb) / f64::from(invocation.memory_size_mb.max(1));
    status.contains("OutOfMemory") || share >= AT_LIMIT
}

fn at_limit<'a>(case: &Case<'a>) -> Option<Seen<'a, Invocation>> {
    let all = case.invocations()?;
    let fact = all.fact.notable.iter().find(|invocation| is_at_limit(invocation))?;
    Some(Seen { evidence: all.evidence, fact })
}

fn too_large(found: &Allocation<'_>, limit_mb: u32) -> bool {
    let half = f64::from(limit_mb) * 1_048_576.0 / 2.0;
    found.count.is_none() || found.total().is_none_or(|total| total >= half)
}

fn onset(exhausted: &Exhausted<'_>) -> Option<Timestamp> {
    let times = [exhausted.logged.as_ref().map(|logged| logged.first), exhausted.report.map(|report| report.at)];
    times.into_iter().flatten().min()
}

fn cause(case: &Case<'_>, exhausted: &Exhausted<'_>) -> marple_case::RootCause {
    let name = case.name();
    let mut cause = claim(Verdict::Fault, Category::MemoryExhaustion);
    cause.components = case.component().into_iter().collect();
    cause.onset = onset(exhausted);
    let line = exhausted.allocation.as_ref().map(|found| found.item).or(exhausted.at_load).or(exhausted.whole);
    cause.location = line.map(|line| located(&line, None));
    cause.title = match &exhausted.allocation {
        Some(found) => format!(
            "{name} runs out of its {} MB: {} keeps {}",
            exhausted.limit_mb,
            found.item.place(),
            found.in_words()
        ),
        None if exhausted.input_growth().is_some() => {
            format!("{name} runs out of its {} MB of memory: its input grew", exhausted.limit_mb)
        }
        None if exhausted.outsized.is_some() => {
            let input = exhausted.outsized.as_ref().map(|outsized| outsized.name.as_str()).unwrap_or_default();
            format!(
                "{name} runs out of its {} MB of memory on one input far larger than all others ({input})",
                exhausted.limit_mb
            )
        }
        None if exhausted.release.is_some() => {
            format!("Since its last release, {name} runs out of its {} MB of memory", exhausted.limit_mb)
        }
        None => format!("{name} runs out of its {} MB of memory", exhausted.limit_mb),
    };
    cause.trigger = Some(trigger(case, exhausted));
    cause.chain = chain(case, exhausted);
    cause.summary = summary(case, exhausted);
    cause.gaps = gaps(exhausted);
    cause
}

fn trigger(case: &Case<'_>, exhausted: &Exhausted<'_>) -> String {
    if let Some(field) = exhausted.inputs.first() {
        return format!("Input that is not what it was: since {}, {}", field.first, input::in_words(field.fact));
    }
    if let Some(outsized) = &exhausted.outsized {
        return format!("An input far larger than the others: {}", outsized.in_words());
    }
    let fine = case.invocations().is_some_and(|all| {
        let full = all.notable.iter().filter(|one| is_at_limit(one)).count() as u64;
        all.count > full
    });
    match (&exhausted.allocation, fine) {
        (Some(found), true) => {
            format!("Invocations that reach {}; others in the window stay below the limit", found.item.place())
        }
        (Some(found), false) => format!("An invocation that reaches {}: one is enough", found.item.place()),
        (None, _) if exhausted.at_load.is_some() => {
            "Every cold start since the release: the code takes the memory while it is loaded".to_owned()
        }
        (None, true) => "Some invocations and not others; what sets them apart is not logged".to_owned(),
        (None, false) => "Every invocation of the window".to_owned(),
    }
}

fn chain(case: &Case<'_>, exhausted: &Exhausted<'_>) -> Vec<marple_case::root_cause::Link> {
    let mut chain = Chain::default();
    if let Some(release) = exhausted.release {
        let before = exhausted.usual_mb.map(|used| format!(" with at most {used} MB")).unwrap_or_default();
        chain.link(
            format!(
                "{} changed the function's code ({}); in the baseline, before it, invocations ended well{before}.",
                release.action,
                release.source.word()
            ),
            Some(release.at),
            [cite::any(release.evidence, &[&[&release.at.to_string(), &release.action], &[&release.action]])],
        );
        chain.release(case);
    }
    if let Some(line) = exhausted.at_load {
        let statement = format!(
            "{}, `{}`, runs while the code is loaded, at every cold start (init), and calls what the release wrote.",
            line.place(),
            line.text.trim()
        );
        chain.link(statement, None, [line.cite()]);
    }
    if let Some(found) = &exhausted.allocation {
        let statement = format!("In {}, one invocation allocates and keeps {}.", found.item.place(), found.in_words());
        chain.link(
            statement,
            None,
            [found.around, Some(found.item), found.sized].map(|line| line.and_then(|line| line.cite())),
        );
    }
    if let (Some(statement), Some(first)) = (input::statement(&exhausted.inputs), exhausted.inputs.first()) {
        let cited: Vec<_> = exhausted.inputs.iter().take(3).map(input::cite_field).collect();
        let at = Some(first.first).filter(|at| onset(exhausted).is_some_and(|onset| *at <= onset));
        chain.link(statement, at, cited);
    }
    if let Some(line) = exhausted.whole {
        let statement = format!(
            "{}, `{}`, holds a whole result in memory at once, however large it is.",
            line.place(),
            line.text.trim()
        );
        chain.link(statement, None, [line.cite()]);
    }
    if let Some(outsized) = &exhausted.outsized {
        let statement = format!("The invocations that ran out were given far more: {}.", outsized.in_words());
        let at = Some(outsized.at()).filter(|at| onset(exhausted).is_some_and(|onset| *at <= onset));
        chain.link(statement, at, [outsized.cite()]);
    }
    let memory = format!("memory: {} MB", exhausted.limit_mb);
    let limit = match exhausted.needed_mb() {
        Some(needed) => format!(
            "The function is configured with {} MB; that is too small for about {:.0} MB.",
            exhausted.limit_mb, needed
        ),
        None => format!("The function is configured with {} MB.", exhausted.limit_mb),
    };
    chain.link(limit, None, [cite_setting(case, &[&[&memory], &["memory", "MB"]])]);
    if let (Some(before), Some(all)) = (exhausted.lowered_from, case.invocations()) {
        let cited = cite::any(all.evidence, &[&["invocations:", "baseline"], &["invocations:"]]);
        chain.link(format!("In the baseline it ran with {before} MB: its memory was lowered since."), None, [cited]);
    }
    if let Some(report) = exhausted.report {
        let statement = format!(
            "An invocation reached its limit: {} of {} MB used ({:.1} %).",
            report.max_memory_used_mb,
            report.memory_size_mb,
            100.0 * f64::from(report.max_memory_used_mb) / f64::from(report.memory_size_mb.max(1))
        );
        let statement = match report.timed_out {
            true => format!("{statement} It was ended there by its timeout, not by an answer."),
            false => statement,
        };
        let used = format!("Max Memory Used: {} MB", report.max_memory_used_mb);
        let cited =
            cite::any(report.evidence, &[&[&report.request_id, &used], &[&used], &["REPORT", &report.request_id]]);
        chain.link(statement, exhausted.logged.is_none().then_some(report.at), [cited]);
    }
    if let Some(logged) = &exhausted.logged {
        chain.link(
            format!("It was ended for lack of memory: {}.", logged.headline()),
            Some(logged.first),
            [cite_error(logged)],
        );
    }
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

fn summary(case: &Case<'_>, exhausted: &Exhausted<'_>) -> String {
    let name = case.name();
    let mut text = format!("{name} runs out of memory at its configured {} MB.", exhausted.limit_mb);
    if let Some(at) = onset(exhausted) {
        text += &format!(" First seen at {at}.");
    }
    match &exhausted.allocation {
        Some(found) => {
            text += &format!(" The deployed code says why: {} keeps {}.", found.item.place(), found.in_words());
            text += match exhausted.is_hopeless() {
                true => " No memory size that Lambda offers (10,240 MB at most) can hold that.",
                false => {
                    " The estimate is of the payload alone and is a lower bound; the runtime's own overhead comes on top."
                }
            };
            text += " More memory does not remove the cause: the work has to be bounded or streamed.";
        }
        None if exhausted.lowered_from.is_some() => text += " In the baseline it had more, and did not run out.",
        None if !exhausted.inputs.is_empty() => {
            let grew = exhausted.inputs.iter().find(|field| input::growth(field.fact).is_some());
            let field = grew.or(exhausted.inputs.first());
            let told = field.map(|field| input::in_words(field.fact)).unwrap_or_default();
            text += &format!(
                " Its memory and its code are what they were in the baseline; what it is given is not: {told}. Invocations with the usual input are well."
            );
        }
        None if exhausted.outsized.is_some() => {
            let told = exhausted.outsized.as_ref().map(Outsized::in_words).unwrap_or_default();
            text += &format!(
                " What it was given is far larger than ever: {told}. Invocations with the usual input are well."
            );
            if let Some(line) = exhausted.whole {
                text += &format!(" {} holds all of it at once.", line.place());
            }
        }
        None if exhausted.release.is_some() => {
            text += " In the baseline, before its code was changed, it stayed below that: the change brought what takes the memory.";
            if let Some(release) = case.release() {
                text += &format!(" The release changed {}.", release.in_words());
            }
        }
        None => {
            text += " What takes the memory is not legible in the code that could be read, so the cause is known only in part."
        }
    }
    text
}

fn gaps(exhausted: &Exhausted<'_>) -> Vec<Gap> {
    let unread = exhausted.allocation.is_none() && exhausted.lowered_from.is_none();
    let known = !exhausted.inputs.is_empty() || exhausted.release.is_some() || exhausted.outsized.is_some();
    let unsized_ = exhausted.allocation.as_ref().is_some_and(|found| found.count.is_some() && found.each.is_none());
    let mut gaps = Vec::new();
    if unread {
        gaps.push(gap(
            "what takes the memory",
            "no allocation of literal size was found in the code that was read",
            "log memory use around the large steps of the handler, or profile it with a request that fails",
            !known,
        ));
    }
    if unsized_ {
        gaps.push(gap(
            "the size of what is kept",
            "the items' size is not a literal in the code",
            "log the number and size of the items that are kept",
            false,
        ));
    }
    gaps
}

/// `needed` MB in words, for plans.
pub(crate) fn in_words(needed_mb: f64) -> String {
    number::bytes(needed_mb * 1_048_576.0)
}
