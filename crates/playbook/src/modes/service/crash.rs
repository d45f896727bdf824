//! A program that ends by itself: a panic or exception with its stack trace, or an exit code.
//!
//! Discriminating questions: does the stack trace name a place of the program's own? do its own words say that it was meant (test code)? does
//! it end at start or under requests? did an image come with the last deployment? 137 is a kill from outside and no crash.

use std::sync::LazyLock;

use jiff::Timestamp;
use marple_case::{
    Category, Citation, ResourceRef, Verdict,
    facts::{ContainerState, LogLine, LogTemplate, Task},
    root_cause::Location,
};
use regex::Regex;

mod account;
pub(crate) mod asked;
pub(crate) mod printed;
pub(crate) mod setting;
pub(crate) mod swapped;

use self::{
    printed::{Printed, printed},
    setting::{Setting, setting, telling_line},
    swapped::{Swapped, swapped},
};
use super::{Introduced, ServiceFault, cpu::held::is_stall, introduced, lifetimes, request_path};
use crate::{
    cite,
    hypothesis::{Diagnosis, Hypothesis, Place, Support, cite_error, claim, place},
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

/// A crash as it was found.
#[derive(Debug)]
pub(crate) struct Crash<'a> {
    /// The exception or panic.
    pub(crate) logged: Option<Logged<'a>>,
    /// Where it was raised.
    pub(crate) place: Option<Place<'a>>,
    /// The panic or abort that the runtime printed, where there is no exception.
    pub(crate) printed: Option<Printed<'a>>,
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
    /// The last request in the log of the task before it ended.
    pub(crate) asked: Option<Seen<'a, LogLine>>,
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
        let told = self.logged.is_some() || self.printed.is_some() || self.words.is_some();
        !told && !self.is_configured() && !telling
    }

    /// What it failed with, in a line: the exception, or the panic that was printed.
    pub(crate) fn headline(&self) -> Option<String> {
        let printed = || self.printed.as_ref().map(Printed::headline);
        self.logged.as_ref().map(Logged::headline).or_else(printed)
    }

    /// Where it failed: ` at src/grid.rs:64`, or nothing.
    pub(crate) fn at_place(&self) -> String {
        let place = self.place.as_ref().map(|place| format!(" at {}:{}", place.location.file, place.location.line));
        place.or_else(|| self.printed.as_ref().map(Printed::place)).unwrap_or_default()
    }

    /// The same as a claim.
    pub(crate) fn location(&self) -> Option<Location> {
        let printed = || self.printed.as_ref().and_then(|printed| printed.location.clone());
        self.place.as_ref().map(|place| place.location.clone()).or_else(printed)
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
    let printed = printed(case).filter(|_| logged.is_none());
    if exits.is_empty() && logged.is_none() && printed.is_none() {
        return None;
    }
    let onset = onset(case, logged.as_ref(), printed.as_ref(), &exits);
    let introduced = introduced(case, onset);
    let lives = lifetimes(exits.iter().map(|(task, _)| task.fact));
    let at_start = lives.is_some_and(|(_, long)| long < START);
    let words = last_words(case).or_else(|| telling_line(case, introduced.as_ref(), at_start));
    let words = words.filter(|_| logged.is_none());
    let is_told = printed.is_some();
    let head = printed.as_ref().map(Printed::head).or(logged.as_ref().map(|logged| logged.sample));
    let before = head.and_then(|head| asked::told_before(case, head).or_else(|| asked::last_before(case, head)));
    let is_known = before.is_some();
    let asked = before.filter(|line| asked::request(line).is_some());
    let path = asked.as_ref().and_then(asked::request).and_then(request_path).or_else(|| path(case, onset));
    // What ended a program that served is worth a reading; an exception of a request names it in its own lines mostly.
    let ended = logged.as_ref().filter(|_| !exits.is_empty() && !at_start).map(|logged| logged.first);
    let first = printed.as_ref().map(|printed| printed.first).or(ended);
    let around = first.filter(|_| !is_known).and_then(|first| asked::around(case, first));
    let crash = Crash {
        place: logged.as_ref().and_then(|logged| place(case, logged)),
        deliberate: deliberate(case, logged.as_ref()),
        setting: setting(case, introduced.as_ref(), logged.as_ref(), words, at_start),
        path,
        asked,
        at_start,
        is_soon: lives.is_some_and(|(_, long)| long < SOON),
        introduced,
        swapped: swapped(case),
        words: words.filter(|_| !is_told),
        logged,
        printed,
        exits,
        onset,
    };
    let other =
        case.failures.iter().any(|logged| !is_own(&logged.failure) && !logged.in_baseline && !logged.class.is_empty());
    let support = match (&crash.logged, crash.exits.is_empty(), other) {
        (Some(_), false, _) => Support::Shown,
        (Some(logged), true, _) if logged.is_uncaught() || crash.place.is_some() => Support::Shown,
        (Some(_), true, _) => Support::Likely,
        (None, ..) if crash.printed.is_some() => Support::Shown,
        (None, _, true) => Support::Possible,
        (None, _, false) if crash.setting.is_some() || crash.words.is_some() => Support::Shown,
        (None, ..) => Support::Likely,
    };
    Some(Hypothesis {
        support,
        fresh: crash.logged.as_ref().is_none_or(|logged| !logged.in_baseline),
        explains: told_times(&crash).max(crash.exits.len() as u64),
        looks_for: "The program ends by itself; looking for its last words and its stack trace.".to_owned(),
        wants: around.into_iter().collect(),
        cause: cause(case, &crash),
        diagnosis: Diagnosis::Service(ServiceFault::Crash(Box::new(crash))),
    })
}

/// How often the logs tell of it.
fn told_times(crash: &Crash<'_>) -> u64 {
    let printed = crash.printed.as_ref().map_or(0, |printed| printed.count);
    crash.logged.as_ref().map_or(printed, |logged| logged.count)
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

fn onset(
    case: &Case<'_>,
    logged: Option<&Logged<'_>>,
    printed: Option<&Printed<'_>>,
    exits: &[(Seen<'_, Task>, &ContainerState)],
) -> Timestamp {
    let stops = exits.iter().filter_map(|(task, _)| task.stopped);
    let told = logged.map(|logged| logged.first).or(printed.map(|printed| printed.first));
    let first = told.into_iter().chain(stops).min();
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
    cause.title = account::title(case, crash);
    cause.components = match (crash.is_unexplained(), crash.is_configured()) {
        (true, _) => Vec::new(),
        (false, true) => components(case, crash),
        (false, false) => case.component().into_iter().collect(),
    };
    cause.location = crash.location();
    cause.onset = Some(crash.onset);
    cause.trigger = Some(account::trigger(case, crash));
    cause.chain = account::chain(case, crash);
    cause.summary = account::summary(case, crash);
    cause.gaps = account::gaps(case, crash);
    cause
}

/// The service and the revision that fails.
fn components(case: &Case<'_>, crash: &Crash<'_>) -> Vec<ResourceRef> {
    let failing =
        crash.introduced.as_ref().and_then(|introduced| introduced.definition).or_else(|| case.workload.failing());
    case.component().into_iter().chain(failing.map(|definition| definition.resource())).collect()
}
