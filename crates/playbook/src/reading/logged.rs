//! Failures as the logs tell them: exceptions with their sort and whether the baseline knows them too.
//!
//! Where a program caught an error and logged one line, there is no exception; such a line counts only if its words name a
//! failure of a known sort; a new line that is not marked as an error counts only with the words of an operating system or a runtime, which
//! no request holds by chance. The order is by what tells most: new before old, in time for the alarm before later, uncaught before
//! caught, then the most frequent.

use jiff::Timestamp;
use marple_case::{
    Evidence, Scope,
    facts::{Exception, Frame, LogSummary, LogTemplate, Logs},
};

use super::{Case, Seen, failure::Failure, overrun};
use crate::hypothesis::Support;

/// One sort of failure in the logs.
#[derive(Debug, Clone)]
pub(crate) struct Logged<'a> {
    /// The evidence that holds it.
    pub(crate) evidence: &'a Evidence,
    /// The sort.
    pub(crate) failure: Failure,
    /// The class; empty for a plain line.
    pub(crate) class: &'a str,
    /// The message's first line, or the plain line.
    pub(crate) message: &'a str,
    /// The runtime that the stack trace is of.
    pub(crate) runtime: &'a str,
    /// The frames, innermost first.
    pub(crate) frames: &'a [Frame],
    /// How often in the window.
    pub(crate) count: u64,
    /// First time.
    pub(crate) first: Timestamp,
    /// A whole log line.
    pub(crate) sample: &'a str,
    /// Whether the baseline holds the same.
    pub(crate) in_baseline: bool,
}

impl<'a> Logged<'a> {
    /// `TypeError: Cannot read …`, in one line.
    pub(crate) fn headline(&self) -> String {
        match self.class.is_empty() || self.message.starts_with(self.class) {
            true => self.message.to_owned(),
            false => format!("{}: {}", self.class, self.message),
        }
    }

    /// A plain line may hold a stranger's words: by itself it never shows a cause, it only makes one likely.
    pub(crate) fn capped(&self, support: Support) -> Support {
        if self.class.is_empty() { support.min(Support::Likely) } else { support }
    }

    /// The innermost frame of the program's own code.
    pub(crate) fn own_frame(&self) -> Option<&'a Frame> {
        self.frames.iter().find(|frame| frame.in_app)
    }

    /// Whether the runtime itself reported it: the program did not catch it.
    pub(crate) fn is_uncaught(&self) -> bool {
        const MARKS: [&str; 6] = ["Invoke Error", "Uncaught Exception", "Unhandled", "errorType", "[ERROR]", "panic:"];
        self.runtime == "lambda" || MARKS.iter().any(|mark| self.sample.contains(mark))
    }

    fn of_exception(evidence: &'a Evidence, exception: &'a Exception, in_baseline: bool) -> Self {
        let code = exception.code.as_deref().unwrap_or_default();
        let words = format!("{}: {} {code}", exception.class, exception.message);
        // The platform's own lines hold no stranger's words; a program's line may hold a request's.
        let failure = match Failure::of(&words) {
            Failure::Program if exception.runtime == "lambda" => Failure::of(&exception.sample),
            Failure::Program if overrun::is_abort(&exception.frames) => Failure::Overrun,
            told => told,
        };
        Self {
            evidence,
            failure,
            class: &exception.class,
            message: exception.message.lines().next().unwrap_or_default(),
            runtime: &exception.runtime,
            frames: &exception.frames,
            count: exception.count,
            first: exception.first,
            sample: &exception.sample,
            in_baseline,
        }
    }

    fn of_template(evidence: &'a Evidence, template: &'a LogTemplate) -> Option<Self> {
        let failure = Failure::of(&template.sample);
        let first = template.first?;
        let told = template.is_error || (template.baseline_count == 0 && failure.is_of_system());
        (told && template.count > 0 && failure != Failure::Program).then_some(Self {
            evidence,
            failure,
            class: "",
            message: template.sample.lines().next().unwrap_or_default(),
            runtime: "",
            frames: &[],
            count: template.count,
            first,
            sample: &template.sample,
            in_baseline: template.baseline_count > 0,
        })
    }
}

impl<'a> Case<'a> {
    /// Lines of the window whose like the baseline does not hold, in all summaries.
    pub(crate) fn new_lines(&self) -> Vec<Seen<'a, LogTemplate>> {
        let of = |summary: &Seen<'a, LogSummary>| {
            let (evidence, templates) = (summary.evidence, &summary.fact.templates);
            templates.iter().map(move |fact| Seen { evidence, fact })
        };
        let all = self.summaries.iter().flat_map(of);
        all.filter(|line| line.fact.count > 0 && line.fact.baseline_count == 0).collect()
    }
}

/// All failures of the window, without repetitions, the telling first.
pub(super) fn failures<'a>(
    scope: &Scope,
    summaries: &[Seen<'a, LogSummary>],
    logs: &[Seen<'a, Logs>],
) -> Vec<Logged<'a>> {
    let mut failures: Vec<Logged<'a>> = Vec::new();
    let known = |failures: &[Logged<'_>], new: &Logged<'_>| {
        failures.iter().any(|old| old.class == new.class && old.message == new.message)
    };
    for summary in summaries {
        let fact = summary.fact;
        for exception in &fact.exceptions {
            let in_baseline = fact.baseline_exceptions.iter().any(|old| is_same(old, exception));
            let new = Logged::of_exception(summary.evidence, exception, in_baseline);
            if exception.last >= scope.window.start && !known(&failures, &new) {
                failures.push(new);
            }
        }
    }
    let summarised = !summaries.is_empty();
    for searched in logs {
        for exception in &searched.fact.exceptions {
            let new = Logged::of_exception(searched.evidence, exception, false);
            let inside = exception.last >= scope.window.start && exception.first < scope.window.end;
            let repeated = summarised && failures.iter().any(|old| old.class == new.class);
            if inside && !repeated && !known(&failures, &new) {
                failures.push(new);
            }
        }
    }
    for summary in summaries {
        let lines = summary.fact.templates.iter().filter_map(|line| Logged::of_template(summary.evidence, line));
        for new in lines {
            if !failures.iter().any(|old| same_sort(&old.failure, &new.failure)) {
                failures.push(new);
            }
        }
    }
    let late = |failure: &Logged<'_>| {
        super::breach(scope).is_some_and(|breach| failure.first.duration_since(breach) > scope.tolerance())
    };
    failures.sort_by_key(|failure| {
        (failure.in_baseline, late(failure), !failure.is_uncaught(), std::cmp::Reverse(failure.count))
    });
    failures
}

fn same_sort(one: &Failure, other: &Failure) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

fn is_same(old: &Exception, new: &Exception) -> bool {
    let place = |exception: &Exception| exception.own_frame().map(|frame| (frame.file.clone(), frame.line));
    old.class == new.class && place(old) == place(new)
}
