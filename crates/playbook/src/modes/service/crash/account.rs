//! What is said of a crash: title, trigger, chain, summary and gaps.

use marple_case::{
    facts::ContainerState,
    root_cause::{Gap, Link},
};

use super::{Crash, asked};
use crate::{
    cite,
    hypothesis::{Chain, cite_error, cite_frame, gap},
    modes::service::{cite_event, cite_exit, cite_task, lifetimes, minutes, whole_words},
    reading::Case,
};

/// Differences of two revisions that a chain names at most.
const MOST_DIFFERENCES: usize = 4;

pub(super) fn title(case: &Case<'_>, crash: &Crash<'_>) -> String {
    let name = case.name();
    let ends = if crash.is_starting() { "ends at its start" } else { "fails" };
    if let Some(setting) = &crash.setting {
        let variable = &setting.name;
        let what = match (setting.is_missing(), setting.difference.and(crash.introduced.as_ref())) {
            (true, Some(introduced)) => format!("{} has lost the variable {variable}", introduced.revision),
            (false, Some(introduced)) => format!("it cannot use {variable} as {} sets it", introduced.revision),
            (true, None) => format!("the variable {variable} is not set"),
            (false, None) => format!("it cannot use the value of {variable}"),
        };
        return format!("{name} {ends}: {what}");
    }
    if let (Some(introduced), [first, rest @ ..]) = (crash.introduced.as_ref(), crash.altered()) {
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        return format!(
            "{name} {ends} since {} changed its settings and not its image: {first}{more}",
            introduced.revision
        );
    }
    let code = crash.exits.first().and_then(|(_, one)| one.exit_code);
    let code = code.map(|code| format!(", exit code {code}")).unwrap_or_default();
    let place = crash.at_place();
    let meant = if crash.deliberate.is_some() { ", by code that says it is meant to" } else { "" };
    match crash.headline() {
        Some(headline) => {
            let ends = if crash.exits.is_empty() { "fails" } else { "crashes" };
            format!("{name} {ends}{place}{code}{meant}: {headline}")
        }
        None if crash.swapped.is_some() => format!("{name} ends by itself{code}, since its tag names another image"),
        None if crash.is_unexplained() => format!("{name} ends by itself{code}; nothing that was read says why"),
        None => format!("{name} ends by itself{code}"),
    }
}

pub(super) fn trigger(case: &Case<'_>, crash: &Crash<'_>) -> String {
    if crash.is_starting() {
        return "Every start of a task: the program ends before it serves".to_owned();
    }
    let path = crash.path.as_ref().map(|path| format!(" to {path}")).unwrap_or_default();
    let in_handler = crash.logged.as_ref().is_some_and(|logged| {
        logged.frames.iter().any(|frame| {
            let words = frame.function.as_deref().unwrap_or_default().to_lowercase();
            ["http", "handler", "servlet", "request", "route", "controller"].iter().any(|word| words.contains(word))
                || frame.file.contains("net/http")
        })
    });
    match in_handler || !path.is_empty() || case.requests().is_some_and(|requests| requests.window.sum > 0.0) {
        true => format!("A request{path} that reaches this code; other requests are served until then"),
        false => "Not shown: the program had run for a while".to_owned(),
    }
}

pub(super) fn chain(case: &Case<'_>, crash: &Crash<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    if let Some(introduced) = crash.introduced.as_ref() {
        let at = introduced.at.filter(|at| *at <= crash.onset);
        chain.link(introduced.statement(case.name()), at, introduced.citations());
    }
    if let Some(swapped) = &crash.swapped {
        let at = swapped.pushed().filter(|at| *at <= crash.onset);
        chain.link(swapped.statement(), at, swapped.citations());
    }
    link_settings(&mut chain, case, crash);
    if let Some(line) = &crash.asked {
        asked::link(&mut chain, line);
    }
    if let Some(logged) = &crash.logged {
        let frame = logged.own_frame().and_then(|frame| cite_frame(logged, frame));
        let at = crash.place.as_ref().map(|place| format!(" at {}:{}", place.frame.file, place.location.line));
        let times = if logged.count == 1 { "once".to_owned() } else { format!("{} times", logged.count) };
        let statement =
            format!("The program raised {}{}, {times} in the window.", logged.headline(), at.unwrap_or_default());
        chain.link(statement, Some(logged.first), [cite_error(logged), frame]);
    }
    link_printed(&mut chain, crash);
    if let Some(cited) = &crash.deliberate {
        chain.link(
            "The program's own words say that it fails on purpose: it is test code in a deployed program.",
            None,
            [Some(cited.clone())],
        );
    }
    if let Some(line) = crash.words {
        let words: String = line.fact.sample.chars().take(100).collect();
        let words = whole_words(&words);
        chain.link(format!("Its last new error line: {words}"), line.fact.first, [cite::line(line.evidence, &[words])]);
    }
    if let Some((task, container)) = crash.exits.iter().min_by_key(|(task, _)| task.stopped) {
        let code = container.exit_code.unwrap_or_default();
        let lives = lifetimes(crash.exits.iter().map(|(task, _)| task.fact));
        let lives = lives.map(|(short, long)| format!(", {} to {} after their start", minutes(short), minutes(long)));
        let statement = format!(
            "The container {}{} ended with exit code {code}{}; ECS replaced {} task(s){}.",
            container.name,
            essential(case, container),
            meaning(code),
            crash.exits.len(),
            lives.unwrap_or_default()
        );
        chain.link(statement, task.stopped, [cite_exit(task, container), cite_task(task)]);
    }
    if let Some(event) = crash.introduced.as_ref().and_then(|introduced| introduced.end(case)) {
        chain.link("ECS gave the deployment up and went back.", Some(event.at), [cite_event(&event)]);
    }
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

/// The panic that the runtime printed.
fn link_printed(chain: &mut Chain, crash: &Crash<'_>) {
    let Some(printed) = &crash.printed else { return };
    let times = if printed.count == 1 { "once".to_owned() } else { format!("{} times", printed.count) };
    let statement = format!("The runtime printed a {}{}, {times} in the window.", printed.headline(), printed.place());
    chain.link(statement, Some(printed.first), printed.citations());
}

/// The setting at fault in the task definition, and how it came to be so.
fn link_settings(chain: &mut Chain, case: &Case<'_>, crash: &Crash<'_>) {
    let introduced = crash.introduced.as_ref();
    let before = introduced.and_then(|one| one.before.as_ref()).map(|before| before.revision.as_str());
    let between = |lines: &str| match (before, introduced) {
        (Some(before), Some(introduced)) => {
            format!("Between {before} and {} the task definition changed: {lines}.", introduced.revision)
        }
        _ => format!("The task definition changed: {lines}."),
    };
    if let Some(introduced) = introduced {
        let named = crash.setting.as_ref().and_then(|setting| setting.difference);
        let all = named.into_iter().chain(crash.altered().iter().map(String::as_str)).take(MOST_DIFFERENCES);
        let lines: Vec<&str> = all.collect();
        if !lines.is_empty() {
            chain.link(between(&lines.join("; ")), None, lines.iter().map(|line| introduced.cite_difference(line)));
        }
    }
    let Some(setting) = crash.setting.as_ref().filter(|setting| setting.difference.is_none()) else { return };
    let Some(definition) = case.workload.failing() else { return };
    let (variable, name) = (&setting.name, definition.name());
    let assigned = format!("{variable}=");
    let (statement, cited) = match setting.is_missing() {
        true => (
            format!("{name} sets no {variable} and injects no secret of that name."),
            cite::any(definition.evidence, &[&["no environment variable"], &["environment"], &["task definition:"]]),
        ),
        false => (format!("{name} sets {variable}."), cite::any(definition.evidence, &[&[&assigned], &[variable]])),
    };
    chain.link(statement, None, [cited]);
}

/// That the whole task ends with a container, where it is one of several.
fn essential(case: &Case<'_>, container: &ContainerState) -> &'static str {
    let definition = case.workload.failing();
    let containers = definition.map_or(&[][..], |definition| definition.fact.containers.as_slice());
    let is_essential = containers.iter().any(|one| one.name == container.name && one.essential);
    if containers.len() > 1 && is_essential { ", which is essential, so that the task ends with it," } else { "" }
}

/// What an exit code says by the convention of runtimes and shells.
fn meaning(code: i32) -> &'static str {
    match code {
        0 => " (the program went to its end)",
        2 => " (a Go program's panic, or wrong arguments)",
        126 | 127 => " (the command cannot be run or is not there)",
        134 => " (aborted)",
        139 => " (segmentation fault)",
        _ => "",
    }
}

pub(super) fn summary(case: &Case<'_>, crash: &Crash<'_>) -> String {
    let what = crash.headline().map_or_else(
        || "ends by itself".to_owned(),
        |headline| match crash.exits.is_empty() {
            true => format!("answers requests with errors and goes on: {headline}"),
            false => format!("crashes with {headline}"),
        },
    );
    let mut text = format!("{} {what}. First seen at {}.", case.name(), crash.onset);
    if let (Some(introduced), true) = (&crash.introduced, crash.is_configured()) {
        let before = introduced.before.as_ref().map(|before| format!(", and {} ran", before.revision));
        let images = if introduced.keeps_images() { "the images are the same" } else { "the task definition changed" };
        text += &format!(" It is what {} configures: {images}{}.", introduced.revision, before.unwrap_or_default());
    }
    if !crash.exits.is_empty() {
        text += &format!(" ECS replaced {} task(s); until a new one is healthy, clients see 5xx.", crash.exits.len());
    }
    text += &format!(" What sets it off: {}.", trigger(case, crash));
    if crash.deliberate.is_some() {
        text += " The program says itself that this is deliberate: test code that should not be reachable.";
    }
    if let Some(swapped) = &crash.swapped {
        text += &format!(
            " {} No deployment was needed for that: whatever task starts next runs the new image.",
            swapped.statement()
        );
    }
    text += match &crash.introduced {
        None if crash.swapped.is_some() => "",
        Some(_) => " A deployment lies between the baseline and the first crash.",
        None => {
            " No deployment between the baseline and the first crash is shown, so nothing says that an older image is free of it."
        }
    };
    text
}

pub(super) fn gaps(case: &Case<'_>, crash: &Crash<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if crash.headline().is_none() && !crash.is_configured() {
        gaps.push(gap(
            "why the program ended",
            "no application log line, exception or stack trace tells it",
            "log errors with their stack trace to standard error before the program ends, and see that the log group receives them",
            true,
        ));
    }
    if crash.headline().is_some() {
        gaps.push(gap(
            "the source at that place",
            "the container's code is not among the evidence",
            "read the line in the repository, at the commit that the image was built from",
            false,
        ));
    }
    if !crash.is_starting() && crash.path.is_none() {
        let off = case.workload.balancer().and_then(|balancer| balancer.access_logs) == Some(false);
        let why = if off { "the load balancer's access logs are off" } else { "no access log was among the evidence" };
        gaps.push(gap(
            "which requests, and whose, set it off",
            why,
            "switch on access logs with path and status",
            false,
        ));
    }
    gaps
}
