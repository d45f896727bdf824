//! A program that ends by itself: a panic or exception with its stack trace, or an exit code.
//!
//! Discriminating questions: does the stack trace name a place of the program's own? do its own words say that it was meant (test code)? does
//! it end at start or under requests? did an image come with the last deployment? 137 is a kill from outside and no crash.

use std::sync::LazyLock;

use jiff::Timestamp;
use marple_case::{
    Category, Citation, ResourceRef, Verdict,
    facts::{ContainerState, LogTemplate, Task},
    root_cause::{Gap, Link},
};
use regex::Regex;

pub(crate) mod setting;
pub(crate) mod swapped;

use self::{
    setting::{Setting, setting, telling_line},
    swapped::{Swapped, swapped},
};
use super::{
    Introduced, ServiceFault, cite_event, cite_exit, cite_task, cpu::held::is_stall, introduced, lifetimes, minutes,
    request_path,
};
use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Place, Support, cite_error, cite_frame, claim, gap, place},
    reading::{Case, Seen, failure::Failure, logged::Logged},
};

/// Words of code that fails on purpose.
static DELIBERATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(intentional(ly)?|deliberate(ly)?|on purpose|simulat(ed?|ing|ion)|chaos|fault[ -]injection|test (panic|crash|exception)|(panic|crash) (test|scenario|demo))\b").ok()
});
/// A program that lives so long did not fail at its start, seconds.
const START: i64 = 60;
/// A program that lives so long has done some of its work, seconds.
const SOON: i64 = 300;
/// Differences of two revisions that a chain names at most.
const MOST_DIFFERENCES: usize = 4;

/// A crash as it was found.
#[derive(Debug)]
pub(crate) struct Crash<'a> {
    /// The exception or panic.
    pub(crate) logged: Option<Logged<'a>>,
    /// Where it was raised.
    pub(crate) place: Option<Place<'a>>,
    /// Containers that ended with a code of their own.
    pub(crate) exits: Vec<(Seen<'a, Task>, &'a ContainerState)>,
    /// The program's last words, where there is no exception.
    pub(crate) words: Option<Seen<'a, LogTemplate>>,
    /// The program's own words that it was meant to fail.
    pub(crate) deliberate: Option<Citation>,
    /// The environment variable at fault: it is not set, or to a value that the program cannot use.
    pub(crate) setting: Option<Setting<'a>>,
    /// The path that a log line names with it.
    pub(crate) path: Option<String>,
    /// Whether it fails as it starts.
    pub(crate) at_start: bool,
    /// Whether all tasks that failed did so within minutes of their start.
    pub(crate) is_soon: bool,
    /// The deployment that it began with.
    pub(crate) introduced: Option<Introduced<'a>>,
    /// The tag that was moved to another image without a deployment.
    pub(crate) swapped: Option<Swapped<'a>>,
    /// First effect.
    pub(crate) onset: Timestamp,
}

impl<'a> Crash<'a> {
    /// Whether what is configured is at fault, and not the program: it names a setting, or the revision that it began with changed
    /// nothing but settings.
    pub(crate) fn is_configured(&self) -> bool {
        self.setting.is_some() || !self.altered().is_empty()
    }

    /// Whether it ends before it serves: at once, or within minutes where what it is configured with keeps it from starting.
    pub(crate) fn is_starting(&self) -> bool {
        self.at_start || (self.is_soon && self.is_configured())
    }

    /// What the revision changed, where that is no image and the program names no setting: the program ran without these changes.
    pub(crate) fn altered(&self) -> &'a [String] {
        let introduced = self.introduced.as_ref().filter(|one| one.keeps_images());
        let alone = self.is_soon && self.setting.is_none() && self.swapped.is_none();
        introduced.filter(|_| alone).map_or(&[], Introduced::differences)
    }

    /// Whether an exit code is all that is known: that it ended, not why. The code of an abort or a segmentation fault says more.
    pub(crate) fn is_unexplained(&self) -> bool {
        let telling = self.exits.iter().any(|(_, one)| matches!(one.exit_code, Some(126 | 127 | 134 | 139)));
        self.logged.is_none() && self.words.is_none() && !self.is_configured() && !telling
    }
}

/// Examines the case for crashes.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let exits: Vec<_> = case.workload.container_states().filter(|(task, one)| is_own_end(task.fact, one)).collect();
    let is_own = |failure: &Failure| matches!(failure, Failure::Program | Failure::Import { .. } | Failure::Handler);
    // That a thread was blocked ends nothing: it tells of the processor.
    let is_own_error =
        |logged: &&Logged<'_>| is_own(&logged.failure) && !logged.class.is_empty() && !is_stall(&logged.headline());
    let logged = case.failures.iter().find(is_own_error);
    let logged = logged.filter(|logged| !logged.in_baseline || exits.is_empty()).cloned();
    if exits.is_empty() && logged.is_none() {
        return None;
    }
    let onset = onset(case, logged.as_ref(), &exits);
    let introduced = introduced(case, onset);
    let lives = lifetimes(exits.iter().map(|(task, _)| task.fact));
    let at_start = lives.is_some_and(|(_, long)| long < START);
    let words = last_words(case).or_else(|| telling_line(case, introduced.as_ref(), at_start));
    let words = words.filter(|_| logged.is_none());
    let crash = Crash {
        place: logged.as_ref().and_then(|logged| place(case, logged)),
        deliberate: deliberate(case, logged.as_ref()),
        setting: setting(case, introduced.as_ref(), logged.as_ref(), words, at_start),
        path: path(case, onset),
        at_start,
        is_soon: lives.is_some_and(|(_, long)| long < SOON),
        introduced,
        swapped: swapped(case),
        logged,
        exits,
        words,
        onset,
    };
    let other =
        case.failures.iter().any(|logged| !is_own(&logged.failure) && !logged.in_baseline && !logged.class.is_empty());
    let support = match (&crash.logged, crash.exits.is_empty(), other) {
        (Some(_), false, _) => Support::Shown,
        (Some(logged), true, _) if logged.is_uncaught() || crash.place.is_some() => Support::Shown,
        (Some(_), true, _) => Support::Likely,
        (None, _, true) => Support::Possible,
        (None, _, false) if crash.setting.is_some() || crash.words.is_some() => Support::Shown,
        (None, ..) => Support::Likely,
    };
    Some(Hypothesis {
        support,
        fresh: crash.logged.as_ref().is_none_or(|logged| !logged.in_baseline),
        explains: crash.logged.as_ref().map_or(0, |logged| logged.count).max(crash.exits.len() as u64),
        looks_for: "The program ends by itself; looking for its last words and its stack trace.".to_owned(),
        wants: Vec::new(),
        cause: cause(case, &crash),
        diagnosis: Diagnosis::Service(ServiceFault::Crash(Box::new(crash))),
    })
}

/// Whether a container ended by its own doing: not killed, not told to stop.
fn is_own_end(task: &Task, container: &ContainerState) -> bool {
    let told =
        matches!(task.stop_code.as_deref(), Some("ServiceSchedulerInitiated" | "UserInitiated" | "SpotInterruption"));
    match container.exit_code {
        None | Some(137 | 143) => false,
        Some(0) => task.stop_code.as_deref() == Some("EssentialContainerExited"),
        Some(_) => !told,
    }
}

/// The last new error line of the log.
fn last_words<'a>(case: &Case<'a>) -> Option<Seen<'a, LogTemplate>> {
    let of = |summary: &Seen<'a, marple_case::facts::LogSummary>| {
        let (evidence, templates) = (summary.evidence, &summary.fact.templates);
        templates.iter().map(move |fact| Seen { evidence, fact })
    };
    let new =
        case.summaries.iter().flat_map(of).filter(|line| line.is_error && line.count > 0 && line.baseline_count == 0);
    new.max_by_key(|line| line.first)
}

fn onset(case: &Case<'_>, logged: Option<&Logged<'_>>, exits: &[(Seen<'_, Task>, &ContainerState)]) -> Timestamp {
    let stops = exits.iter().filter_map(|(task, _)| task.stopped);
    let first = logged.map(|logged| logged.first).into_iter().chain(stops).min();
    first.or(case.scope.first_breach).unwrap_or(case.scope.window.start)
}

/// The program's own words that it fails on purpose, from the error or from new lines beside it.
fn deliberate(case: &Case<'_>, logged: Option<&Logged<'_>>) -> Option<Citation> {
    let pattern = DELIBERATE.as_ref()?;
    let own = logged.filter(|logged| pattern.is_match(logged.message)).and_then(cite_error);
    let lines = case
        .summaries
        .iter()
        .flat_map(|summary| summary.fact.templates.iter().map(move |line| (summary.evidence, line)));
    let near = |line: &LogTemplate| {
        let at = line.first.zip(logged.map(|logged| logged.first));
        line.count > 0
            && line.baseline_count == 0
            && at.is_some_and(|(line, error)| line.duration_since(error).abs() <= case.scope.tolerance())
    };
    let beside = lines.filter(|(_, line)| near(line)).find(|(_, line)| pattern.is_match(&line.sample));
    own.or_else(|| {
        let (evidence, line) = beside?;
        let words: String = line.sample.chars().take(120).collect();
        cite::line(evidence, &[super::whole_words(&words)])
    })
}

/// A request's path in a new line about the time of the crash.
fn path(case: &Case<'_>, onset: Timestamp) -> Option<String> {
    let lines = case.summaries.iter().flat_map(|summary| &summary.fact.templates);
    let near = lines.filter(|line| line.count > 0 && line.baseline_count == 0);
    let mut near =
        near.filter(|line| line.first.is_some_and(|at| at.duration_since(onset).abs() <= case.scope.tolerance()));
    near.find_map(|line| request_path(&line.sample))
}

fn cause(case: &Case<'_>, crash: &Crash<'_>) -> marple_case::RootCause {
    let (verdict, category) = match (crash.is_unexplained(), crash.is_configured()) {
        _ if crash.swapped.is_some() => (Verdict::Fault, Category::BadImage),
        (true, _) => (Verdict::InsufficientEvidence, Category::Unknown),
        (false, true) => (Verdict::Fault, Category::Misconfiguration),
        (false, false) => (Verdict::Fault, Category::CodeDefect),
    };
    let mut cause = claim(verdict, category);
    cause.title = title(case, crash);
    cause.components = match (crash.is_unexplained(), crash.is_configured()) {
        (true, _) => Vec::new(),
        (false, true) => components(case, crash),
        (false, false) => case.component().into_iter().collect(),
    };
    cause.location = crash.place.as_ref().map(|place| place.location.clone());
    cause.onset = Some(crash.onset);
    cause.trigger = Some(trigger(case, crash));
    cause.chain = chain(case, crash);
    cause.summary = summary(case, crash);
    cause.gaps = gaps(case, crash);
    cause
}

/// The service and the revision that fails.
fn components(case: &Case<'_>, crash: &Crash<'_>) -> Vec<ResourceRef> {
    let failing =
        crash.introduced.as_ref().and_then(|introduced| introduced.definition).or_else(|| case.workload.failing());
    case.component().into_iter().chain(failing.map(|definition| definition.resource())).collect()
}

fn title(case: &Case<'_>, crash: &Crash<'_>) -> String {
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
    let place = crash.place.as_ref().map(|place| format!(" at {}:{}", place.location.file, place.location.line));
    let meant = if crash.deliberate.is_some() { ", by code that says it is meant to" } else { "" };
    match &crash.logged {
        Some(logged) => {
            let ends = if crash.exits.is_empty() { "fails" } else { "crashes" };
            format!("{name} {ends}{}{code}{meant}: {}", place.unwrap_or_default(), logged.headline())
        }
        None if crash.swapped.is_some() => format!("{name} ends by itself{code}, since its tag names another image"),
        None if crash.is_unexplained() => format!("{name} ends by itself{code}; nothing that was read says why"),
        None => format!("{name} ends by itself{code}"),
    }
}

fn trigger(case: &Case<'_>, crash: &Crash<'_>) -> String {
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

fn chain(case: &Case<'_>, crash: &Crash<'_>) -> Vec<Link> {
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
    if let Some(logged) = &crash.logged {
        let frame = logged.own_frame().and_then(|frame| cite_frame(logged, frame));
        let at = crash.place.as_ref().map(|place| format!(" at {}:{}", place.frame.file, place.location.line));
        let times = if logged.count == 1 { "once".to_owned() } else { format!("{} times", logged.count) };
        let statement =
            format!("The program raised {}{}, {times} in the window.", logged.headline(), at.unwrap_or_default());
        chain.link(statement, Some(logged.first), [cite_error(logged), frame]);
    }
    if let Some(cited) = &crash.deliberate {
        chain.link(
            "The program's own words say that it fails on purpose: it is test code in a deployed program.",
            None,
            [Some(cited.clone())],
        );
    }
    if let Some(line) = crash.words {
        let words: String = line.fact.sample.chars().take(100).collect();
        let words = super::whole_words(&words);
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

fn summary(case: &Case<'_>, crash: &Crash<'_>) -> String {
    let what = crash.logged.as_ref().map_or_else(
        || "ends by itself".to_owned(),
        |logged| match crash.exits.is_empty() {
            true => format!("answers requests with errors and goes on: {}", logged.headline()),
            false => format!("crashes with {}", logged.headline()),
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

fn gaps(case: &Case<'_>, crash: &Crash<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if crash.logged.is_none() && !crash.is_configured() {
        gaps.push(gap(
            "why the program ended",
            "no application log line, exception or stack trace tells it",
            "log errors with their stack trace to standard error before the program ends, and see that the log group receives them",
            true,
        ));
    }
    if crash.logged.is_some() {
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
