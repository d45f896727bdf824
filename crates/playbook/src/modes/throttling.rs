//! Throttling: a limit refuses invocations of the function itself, or calls that it makes.
//!
//! Discriminating questions: does the demand rise, or the limit fall, or does another function take what all share? is `Throttles` above zero? is there a reserved concurrency, and does `ConcurrentExecutions` stand at it? did
//! someone change it? or does a service that is called say that its rate is exceeded?

use jiff::Timestamp;
use marple_case::{Category, Verdict, facts::Change};

use crate::{
    cite,
    hypothesis::{
        Chain, Diagnosis, Hypothesis, Place, Support, cite_error, cite_frame, cite_series, cite_setting, claim, gap,
        place,
    },
    modes::dependency::plain,
    reading::{Case, Seen, failure::Failure, logged::Logged},
};

pub(crate) mod pool;

use pool::Eater;

/// Refusals by a limit as they were found.
#[derive(Debug)]
pub(crate) enum Throttled<'a> {
    /// The function's own concurrency.
    Own {
        /// Reserved concurrency; `None`: the account's pool.
        reserved: Option<u32>,
        /// Refused invocations in the window.
        throttles: f64,
        /// Most concurrent executions in the window.
        peak: Option<f64>,
        /// A change of the concurrency before the first refusal.
        change: Option<Seen<'a, Change>>,
        /// Invocations asked for, refused ones among them, in window and baseline, if that is a surge.
        surge: Option<(f64, f64)>,
        /// Another function that takes the account's concurrency.
        eater: Option<Box<Eater<'a>>>,
    },
    /// A service that the function calls.
    Called {
        /// The error.
        logged: Box<Logged<'a>>,
        /// Where the call was made.
        place: Option<Place<'a>>,
        /// A change of what the call is made to, between a clean baseline and the first refusal.
        change: Option<Seen<'a, Change>>,
    },
}

/// From this many times the baseline's demand on, it is a surge.
const SURGE: f64 = 2.0;

/// Invocations asked for in window and baseline, if the window's are a surge.
fn surge(case: &Case<'_>, throttles: f64) -> Option<(f64, f64)> {
    let served = case.metric("Invocations", "Sum")?;
    let refused = case.metric("Throttles", "Sum").and_then(|series| series.fact.baseline).map_or(0.0, |one| one.sum);
    let usual = served.fact.baseline?.sum + refused;
    let asked = served.window.sum + throttles;
    (usual > 0.0 && asked >= SURGE * usual).then_some((asked, usual))
}

/// Examines the case for refusals by a limit.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    own(case).or_else(|| called(case))
}

fn own<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let series = case.metric("Throttles", "Sum").filter(|series| series.window.sum > 0.0)?;
    let first = case.first_point("Throttles").unwrap_or(case.scope.window.start);
    let reserved = case.function.and_then(|function| function.reserved_concurrency);
    let change = case
        .own_changes()
        .into_iter()
        .rfind(|change| change.action.contains("FunctionConcurrency") && change.at <= first);
    let throttles = series.window.sum;
    let throttled = Throttled::Own {
        reserved,
        throttles,
        peak: case.metric("ConcurrentExecutions", "Maximum").map(|series| series.window.max),
        change,
        surge: surge(case, throttles),
        eater: pool::eater(case, first).filter(|_| reserved.is_none()).map(Box::new),
    };
    let usual = series.fact.baseline.is_some_and(|baseline| baseline.sum * 2.0 >= throttles && baseline.sum > 0.0);
    let watched = case
        .alarm()
        .and_then(|alarm| alarm.fact.condition.as_ref())
        .is_some_and(|condition| condition.metrics.iter().any(|metric| metric.name == "Throttles"));
    let errors = case.sum("Errors").unwrap_or_default();
    Some(Hypothesis {
        support: if watched || errors == 0.0 { Support::Shown } else { Support::Possible },
        fresh: !usual,
        explains: throttles as u64,
        looks_for: "Invocations are throttled; looking at reserved concurrency, its changes and the load.".to_owned(),
        wants: if reserved.is_none() { pool::wants(case) } else { Vec::new() },
        cause: own_cause(case, &throttled, first),
        diagnosis: Diagnosis::Throttled(throttled),
    })
}

fn own_cause(case: &Case<'_>, throttled: &Throttled<'_>, first: Timestamp) -> marple_case::RootCause {
    let mut cause = claim(Verdict::Fault, Category::Throttling);
    let Throttled::Own { reserved, throttles, peak, change, surge, eater } = throttled else { return cause };
    let name = case.name();
    let limit = reserved
        .map_or_else(|| "the account's concurrency".to_owned(), |limit| format!("its reserved concurrency of {limit}"));
    cause.title = match (eater, surge) {
        (Some(eater), _) => format!("{name} is throttled because {} takes {limit}", eater.name),
        (None, Some((asked, usual))) => {
            format!("{name} is throttled at {limit}, under {:.0} times the usual traffic", asked / usual)
        }
        (None, None) => format!("{name} is throttled at {limit}"),
    };
    cause.components = match eater {
        Some(eater) => vec![eater.component(case)],
        None => case.component().into_iter().collect(),
    };
    cause.onset = Some(first);
    cause.trigger = Some(match reserved {
        None if eater.is_some() => eater.iter().map(|eater| eater.trigger()).collect(),
        Some(0) => "Every invocation: a reserved concurrency of 0 switches the function off".to_owned(),
        _ => match surge {
            Some((asked, usual)) => format!(
                "A surge of traffic: {asked:.0} invocations were asked for, {usual:.0} in the baseline; those that arrive while all allowed concurrent executions are busy are refused"
            ),
            None => "Invocations that arrive while all allowed concurrent executions are busy".to_owned(),
        },
    });
    let mut chain = Chain::default();
    if let Some(change) = change {
        let stamp = change.at.to_string();
        let cited = cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action]]);
        chain.link(format!("{} changed the function's concurrency.", change.action), Some(change.at), [cited]);
    }
    if let Some(eater) = eater {
        taken(&mut chain, eater);
    }
    if let Some(limit) = reserved {
        let setting = format!("reserved concurrency: {limit}");
        chain.link(
            format!("The function may run {limit} at a time."),
            None,
            [cite_setting(case, &[&[&setting], &["reserved concurrency"]])],
        );
    }
    if let Some((asked, usual)) = surge {
        let cited =
            case.metric("Invocations", "Sum").and_then(|series| cite_series(series.evidence, "Invocations", "Sum"));
        chain.link(
            format!(
                "{asked:.0} invocations were asked for in the window, served or refused; {usual:.0} in the baseline."
            ),
            None,
            [cited],
        );
    }
    if let (Some(peak), Some(series)) = (peak, case.metric("ConcurrentExecutions", "Maximum")) {
        chain.link(
            format!("At most {peak:.0} of {name} ran at a time."),
            None,
            [cite_series(series.evidence, "ConcurrentExecutions", "Maximum")],
        );
    }
    let cited = case.metric("Throttles", "Sum").and_then(|series| cite_series(series.evidence, "Throttles", "Sum"));
    chain.link(format!("Lambda refused {throttles:.0} invocations."), Some(first), [cited]);
    chain.alarm(case);
    cause.chain = chain.finish();
    cause.summary = format!(
        "Lambda refused {throttles:.0} invocations of {name} in the window, from {first}, at {limit}. Refused invocations never run: they leave no log line and no error of the function. {}",
        match (change, eater) {
            (None, Some(eater)) => format!(
                "{name} itself is as it was: {} went from at most {:.0} to {:.0} concurrent executions and takes what all functions without a reservation share. {}.",
                eater.name,
                eater.peaks().1,
                eater.peaks().0,
                eater.trigger()
            ),
            (Some(change), _) => format!("{} at {} set the limit before that.", change.action, change.at),
            (None, None) => "No change of the limit was seen in the time that was read.".to_owned(),
        }
    );
    if reserved.is_none() && eater.is_none() {
        cause.gaps.push(gap(
            "the account's concurrency limit and what uses it",
            "no function's concurrency was seen to rise in time, and no tool reads the account's settings",
            "aws lambda get-account-settings, and ConcurrentExecutions over all functions",
            true,
        ));
    }
    cause
}

/// That another function takes what all share: what started it, its rise, and that the pool stands at its end.
fn taken(chain: &mut Chain, eater: &Eater<'_>) {
    if let Some(change) = eater.change {
        let cited = cite::any(change.evidence, &[&[&change.at.to_string(), &change.action], &[&change.action]]);
        let by = change.actor.as_ref().map(|actor| format!(" by {actor}")).unwrap_or_default();
        chain.link(format!("{}{by} is about {}.", change.action, eater.name), Some(change.at), [cited]);
    }
    let (now, usual) = eater.peaks();
    chain.link(
        format!("{} rose to {now:.0} concurrent executions, from {usual:.0} at most in the baseline.", eater.name),
        eater.rose(),
        [eater.cite()],
    );
    if let Some(shared) = eater.shared {
        chain.link(
            format!(
                "All functions without reserved concurrency together ran {:.0} at a time, and stayed there: that is what the account allows them.",
                shared.window.max
            ),
            None,
            [cite_series(shared.evidence, "UnreservedConcurrentExecutions", "Maximum")],
        );
    }
}

fn called<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let logged = case.failures.iter().find(|logged| logged.failure == Failure::RateExceeded)?.clone();
    let place = place(case, &logged);
    let change = callee_change(case, &logged);
    let mut cause = claim(Verdict::Fault, Category::Throttling);
    let name = case.name();
    let changed = change.as_ref().and_then(|change| change.resource.clone());
    cause.title = match &changed {
        Some(resource) => {
            format!("{name} calls {resource} faster than it allows since it was changed: {}", logged.headline())
        }
        None => format!("{name} calls a service faster than that service allows: {}", logged.headline()),
    };
    cause.components = case.component().into_iter().chain(changed).collect();
    cause.location = place.as_ref().map(|place| place.location.clone());
    cause.onset = Some(logged.first);
    cause.trigger = Some("Calls beyond the rate that the called service allows".to_owned());
    let mut chain = Chain::default();
    if let Some(change) = change {
        let stamp = change.at.to_string();
        let what = change.resource.as_ref().map(ToString::to_string).unwrap_or_default();
        chain.link(
            format!("{} changed {what}; the baseline before it ran without refusals.", change.action),
            Some(change.at),
            [cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action]])],
        );
    }
    let frame = place.as_ref().and_then(|place| cite_frame(&logged, place.frame));
    let code = place.as_ref().and_then(|place| place.line).and_then(|line| line.cite());
    chain.link(
        format!("A service that {name} calls refused it for its rate: {}.", logged.headline()),
        Some(logged.first),
        [cite_error(&logged), frame, code],
    );
    chain.impact(case);
    chain.alarm(case);
    cause.chain = chain.finish();
    cause.summary = format!(
        "{name} fails because a service that it calls refuses calls beyond its rate: {}. First seen at {}, {} time(s) in the window. {}",
        logged.headline(),
        logged.first,
        logged.count,
        match &change {
            Some(change) => format!(
                "{} at {} changed what is called, between a clean baseline and the first refusal.",
                change.action, change.at
            ),
            None => "Whose load fills the limit is not shown.".to_owned(),
        }
    );
    cause.gaps.push(gap(
        "who uses the called service's rate",
        "its metrics and quota were not read",
        "read the service's throttling metrics and the quota in Service Quotas",
        false,
    ));
    Some(Hypothesis {
        support: logged.capped(Support::Shown),
        fresh: !logged.in_baseline,
        explains: logged.count,
        looks_for: "A called service refuses calls for their rate; looking for where it is called.".to_owned(),
        wants: Vec::new(),
        cause,
        diagnosis: Diagnosis::Throttled(Throttled::Called { logged: Box::new(logged), place, change }),
    })
}

/// A change of a resource that the environment or the error names: a table, a stream, a queue.
fn callee_change<'a>(case: &Case<'a>, logged: &Logged<'a>) -> Option<Seen<'a, Change>> {
    let environment = case.environment();
    let named = |name: &str| {
        let value = environment.iter().copied().filter_map(plain);
        value.into_iter().any(|value| value.split([':', '/', ',']).any(|part| part == name))
            || logged
                .message
                .split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
                .any(|word| word == name)
    };
    case.linked_elsewhere(logged.first, logged.in_baseline, |change| {
        change.resource.as_ref().is_some_and(|resource| {
            Some(&resource.name) != case.subject.as_ref() && resource.name.len() > 2 && named(&resource.name)
        })
    })
}
