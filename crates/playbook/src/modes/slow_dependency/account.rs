//! The account of a slow dependency: what the report says of it, and what shows it.

use jiff::Timestamp;
use marple_case::{
    Category, ResourceKind, ResourceRef, RootCause, Verdict,
    facts::LogTemplate,
    root_cause::{Gap, Link},
};

use super::{Slow, longest, unit_ms};
use crate::{
    cite,
    hypothesis::{Chain, cite_error, cite_frame, cite_series, cite_setting, claim, gap, located, place},
    reading::{Case, Seen, failure::host_of, logged::Logged},
    source::number,
};

pub(super) fn cause(case: &Case<'_>, slow: &Slow<'_>, onset: Timestamp) -> RootCause {
    let at_limit = slow.database.map(|(_, series)| series.metric.name.as_str());
    let category = match at_limit {
        Some("CPUUtilization") => Category::CpuSaturation,
        Some(_) => Category::Capacity,
        None if slow.is_seen() => Category::DependencyUnreachable,
        None => Category::Timeout,
    };
    let mut cause = claim(Verdict::Fault, category);
    let (name, called) = (case.name(), slow.called());
    cause.title = match (slow.is_seen(), slow.timeouts > 0) {
        (true, true) => {
            format!("{name} runs into its timeout, since {called} answers late; the function itself is as it was")
        }
        (true, false) if slow.introduced.is_some() => {
            format!("{name} is slow since its last deployment: {called} answers late")
        }
        (true, false) => {
            format!("{name} is slow because {called} answers late; the {} itself is as it was", case.noun())
        }
        (false, _) => format!("{name} runs into its timeout in its call of {called}, which no time limit guards"),
    };
    if let Some(overrun) = &slow.overrun {
        cause.title = match overrun.waits.is_some() {
            true => format!("Requests to {name} run into its server's own timeout, since {called} answers late"),
            false => format!("Requests to {name} run into its server's own timeout; what they wait for is not shown"),
        };
    }
    if let Some(loader) = &slow.loader {
        cause.title = format!("{name} is slow because {} loads {called} since its deployment", loader.service);
    }
    cause.components = components(case, slow);
    let call = slow.awaited.as_ref().and_then(|awaited| awaited.line.as_ref());
    let interrupted = slow.overrun.as_ref().and_then(|overrun| place(case, &overrun.logged));
    cause.location = call.or(slow.repeated().map(|repeated| &repeated.line)).map(|line| located(line, None));
    cause.location = cause.location.or(interrupted.map(|place| place.location));
    cause.onset = Some(slow.loader.as_ref().map_or(onset, |loader| loader.began().min(onset)));
    cause.trigger = Some(match &slow.loader {
        Some(loader) => format!("Statements that {} sends since {}", loader.service, loader.began()),
        None => format!("Invocations that wait for {called}"),
    });
    cause.chain = chain(case, slow, onset);
    cause.summary = summary(case, slow);
    cause.gaps = gaps(slow);
    if slow.database.is_none() {
        cause
            .recommended_checks
            .push(format!("Ask whoever runs {called} about its latency since {onset}, and read its status page."));
    }
    cause
}

/// The database; else the function, and the host that it waits for.
fn components(case: &Case<'_>, slow: &Slow<'_>) -> Vec<ResourceRef> {
    if let (Some(loader), Some((database, _))) = (&slow.loader, slow.database) {
        return vec![loader.component(), database.fact.resource()];
    }
    if let Some((database, _)) = slow.database {
        let own = case.component().filter(|_| slow.introduced.is_some());
        return own.into_iter().chain([database.fact.resource()]).collect();
    }
    let host = slow.awaited.as_ref().map(|awaited| host_of(&awaited.target)).filter(|host| host.contains('.'));
    let host = host.filter(|_| slow.is_seen()).map(|host| ResourceRef::new(ResourceKind::Host, host));
    case.component().into_iter().chain(host).collect()
}

fn chain(case: &Case<'_>, slow: &Slow<'_>, onset: Timestamp) -> Vec<Link> {
    let mut chain = Chain::default();
    if let Some(introduced) = &slow.introduced {
        let at = introduced.at.filter(|at| *at <= onset);
        chain.link(introduced.statement(case.name()), at, introduced.citations());
    }
    if let Some(loader) = &slow.loader {
        loader.tell(&mut chain);
    }
    if let Some((database, series)) = slow.database {
        let usual = series.baseline.map(|baseline| format!("; in the baseline at most {:.1}", baseline.max));
        let rose = series.change_points.iter().find(|change| change.after > change.before).map(|change| change.at);
        chain.link(
            format!(
                "{} of the database {} rose to {:.1}{}.",
                series.metric.name,
                database.id,
                series.window.max,
                usual.unwrap_or_default()
            ),
            rose.filter(|at| *at <= onset),
            [cite_series(database.evidence, &series.metric.name, &series.statistic)],
        );
    }
    waited(&mut chain, case, slow);
    late(&mut chain, case, slow);
    if let Some(told) = &slow.told {
        let words: String = told.text.chars().take(160).collect();
        chain.link(
            format!("The {}'s own log says that a call took {}.", case.noun(), number::duration(told.ms)),
            told.at,
            [cite::line(told.evidence, &[crate::modes::service::whole_words(&words)])],
        );
    }
    if let Some(series) = slow.duration {
        let usual = series.fact.baseline.map_or(0.0, |baseline| baseline.max) * unit_ms(series.fact);
        chain.link(
            format!(
                "{} ({}) rose to {:.0} ms; in the baseline it was at most {usual:.0} ms.",
                series.metric.name,
                series.statistic,
                series.window.max * unit_ms(series.fact)
            ),
            None,
            [cite_series(series.evidence, &series.metric.name, &series.statistic)],
        );
    }
    ended(&mut chain, case, slow);
    aborted(&mut chain, slow);
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

/// The call: where it is made, and that it was begun more often than it came back.
fn waited(chain: &mut Chain, case: &Case<'_>, slow: &Slow<'_>) {
    let Some(awaited) = &slow.awaited else { return };
    let set = awaited.variable.and_then(|variable| {
        let assigned = format!("{}=", variable.name);
        cite_setting(case, &[&[&assigned], &[&variable.name]])
    });
    if let Some(line) = &awaited.line {
        let statement = format!("{} calls {} and sets no time limit.", line.place(), awaited.target);
        chain.link(statement, None, [line.cite(), set]);
    }
    if let Some(found) = awaited.unfinished {
        let (begun, ended) = (found.begun.fact, found.ended.fact);
        let quote = |sample: &str, evidence| {
            let words: String = sample.chars().take(160).collect();
            cite::line(evidence, &[crate::modes::service::whole_words(&words)])
        };
        chain.link(
            format!(
                "The program's log begins {} calls of {} in the window and ends {}: {} never came back; in the baseline {} of {} did.",
                begun.count, awaited.target, ended.count, found.count, ended.baseline_count, begun.baseline_count
            ),
            None,
            [
                cite::any(found.begun.evidence, &[&[&begun.template]]).or_else(|| quote(&begun.sample, found.begun.evidence)),
                cite::any(found.ended.evidence, &[&[&ended.template]]).or_else(|| quote(&ended.sample, found.ended.evidence)),
            ],
        );
    }
}

/// The attempts that came to no answer in time, what they took before, and that they are repeated.
fn late(chain: &mut Chain, case: &Case<'_>, slow: &Slow<'_>) {
    let Some(late) = slow.late() else { return };
    let quote = |line: &Seen<'_, LogTemplate>| {
        let words: String = line.sample.chars().take(160).collect();
        cite::any(line.evidence, &[&["sample:", crate::modes::service::whole_words(&words)], &[&line.template]])
    };
    if let Some(usual) = late.usual {
        let took = longest(&usual.sample).map(|ms| format!(" took {}", number::duration(ms)));
        chain.link(
            format!("Before, a call that was answered{}.", took.unwrap_or_else(|| " was logged so".to_owned())),
            usual.first,
            [quote(&usual)],
        );
    }
    let line = late.line.fact;
    let usual = if line.baseline_count == 0 { "none".to_owned() } else { line.baseline_count.to_string() };
    chain.link(
        format!(
            "{} attempts to get an answer of {} timed out in the window, {usual} in the baseline.",
            line.count, late.target
        ),
        line.first,
        [quote(&late.line)],
    );
    if let Some(repeated) = &late.repeated {
        let limit = case.function.map(|function| format!(" of {} s", function.timeout_s)).unwrap_or_default();
        let statement = match repeated.times {
            Some(times) => format!(
                "{} makes up to {times:.0} attempts, one after the other: their times add up against the time limit{limit}.",
                repeated.line.place()
            ),
            None => format!(
                "{} repeats an attempt without a limit of attempts or of time in all: retries add up until the time limit{limit} ends them.",
                repeated.line.place()
            ),
        };
        chain.link(statement, None, [repeated.line.cite()]);
    }
}

/// That the platform ended invocations which waited longer than they may run.
fn ended(chain: &mut Chain, case: &Case<'_>, slow: &Slow<'_>) {
    let Some(limit) = case.function.map(|function| function.timeout_s).filter(|_| slow.timeouts > 0) else { return };
    let is_ended = |logged: &&Logged<'_>| logged.failure == crate::reading::failure::Failure::TimedOut;
    let logged = case.failures.iter().find(is_ended);
    let setting = format!("timeout: {limit} s");
    chain.link(
        format!("The platform ended {} invocations that still waited at the timeout of {limit} s.", slow.timeouts),
        logged.map(|logged| logged.first),
        [logged.and_then(crate::hypothesis::cite_error), cite_setting(case, &[&[&setting], &["timeout"]])],
    );
}

/// That the server which runs the program ended requests, and where they were then.
fn aborted(chain: &mut Chain, slow: &Slow<'_>) {
    let Some(overrun) = &slow.overrun else { return };
    let frame = overrun.logged.own_frame();
    let at = frame.and_then(|frame| Some(format!(" at {}:{}", frame.file, frame.line?))).unwrap_or_default();
    let waited = match &overrun.waits {
        Some(wait) => format!("; they were{at}, waiting for an answer of {}", wait.target),
        None => String::new(),
    };
    let line = overrun.line.and_then(|line| {
        let words: String = line.sample.chars().take(160).collect();
        cite::any(line.evidence, &[&["sample:", crate::modes::service::whole_words(&words)], &[&line.template]])
    });
    chain.link(
        format!("The server that runs the program ended {} requests at its own timeout{waited}.", overrun.count()),
        Some(overrun.first()),
        [line, cite_error(&overrun.logged), frame.and_then(|frame| cite_frame(&overrun.logged, frame))],
    );
}

fn summary(case: &Case<'_>, slow: &Slow<'_>) -> String {
    let (name, called) = (case.name(), slow.called());
    let mut text = match slow.duration {
        Some(series) => format!(
            "{name} takes up to {:.0} ms, where it took at most {:.0} ms in the baseline.",
            series.window.max * unit_ms(series.fact),
            series.fact.baseline.map_or(0.0, |baseline| baseline.max) * unit_ms(series.fact)
        ),
        None => match &slow.overrun {
            Some(overrun) => format!("{} requests to {name} were ended at its server's own timeout.", overrun.count()),
            None => format!("{} invocations of {name} were ended at their timeout.", slow.timeouts),
        },
    };
    if let Some(loader) = &slow.loader {
        text += &format!(
            " It is the victim: {} was deployed at {}, uses the same database, and loads it.",
            loader.service, loader.change.at
        );
    }
    text += &match slow.is_seen() {
        true if slow.introduced.is_some() => format!(
            " It waits for {called} since a deployment: what that deployment asks of it is the likely reason, and more memory or a longer timeout removes nothing."
        ),
        true => format!(
            " It waits for {called}: its own code and settings are not what changed, so neither more memory nor a longer timeout removes the cause."
        ),
        false if slow.overrun.is_some() => {
            " The server that runs it ends requests at its own limit; no log line shows what they wait for.".to_owned()
        }
        false => format!(
            " Its code makes one call without a time limit, of {called}; that this is where the time goes follows from the code, no log line shows it."
        ),
    };
    if let Some(late) = slow.late() {
        text += &format!(" {} attempts of {} timed out in the window.", late.line.count, late.target);
    }
    if let Some(found) = slow.awaited.as_ref().and_then(|awaited| awaited.unfinished) {
        text += &format!(" {} of {} calls in the window have no line that ends them.", found.count, found.begun.count);
    }
    text
}

fn gaps(slow: &Slow<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if slow.told.is_none() && slow.late().is_none() {
        gaps.push(gap(
            "how long each call takes",
            "no line that was read states the time of a call that came back late",
            "log the target, outcome and duration of each call, or switch on X-Ray tracing",
            !slow.is_seen(),
        ));
    }
    if slow.database.is_none() {
        gaps.push(gap(
            "why what it calls is slow",
            "its own metrics were not among the evidence",
            "read latency and load of what is called",
            false,
        ));
    }
    gaps
}
