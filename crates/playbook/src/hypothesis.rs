//! A hypothesis: one failure mode's answer to the evidence.

use jiff::Timestamp;
use marple_agent::ports::PlannedCall;
use marple_case::{
    Category, Citation, RootCause, Verdict,
    facts::Frame,
    root_cause::{Gap, Link, Location, SeenIn},
};

use crate::{
    cite,
    modes::{
        closed_path::Closed, database::Overloaded, dependency::Unreachable, exception::Defect,
        import_error::Unloadable, no_credentials::Uncredentialed, no_fault::Quiet, out_of_memory::Exhausted,
        permission::Refusal, redelivered::Redelivered, service::ServiceFault, slow_dependency::Slow, storage::Full,
        throttling::Throttled, timeout::Overdue, troubled_database::Troubled,
    },
    reading::{Case, logged::Logged},
    source::{CodeLine, line_at},
};

/// How strongly the facts support a hypothesis. The order matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Support {
    /// Something points to it; too little to report.
    Possible,
    /// The effect is shown, its cause only in part.
    Likely,
    /// Effect and cause are both shown.
    Shown,
}

/// What is wrong, typed, for the plan. One variant a failure mode.
#[derive(Debug)]
pub(crate) enum Diagnosis<'a> {
    /// The program fails on its input or its state.
    Defect(Defect<'a>),
    /// Memory ran out.
    Exhausted(Exhausted<'a>),
    /// The invocation takes longer than it may.
    Overdue(Overdue<'a>),
    /// A change of the network closed the way.
    Closed(Box<Closed<'a>>),
    /// Something that is called cannot be reached or used.
    Unreachable(Unreachable<'a>),
    /// The code cannot be loaded.
    Unloadable(Unloadable<'a>),
    /// The program gets no AWS credentials.
    Uncredentialed(Uncredentialed<'a>),
    /// A queue hands messages out again that are still worked on.
    Redelivered(Redelivered<'a>),
    /// A policy refuses a call.
    Refusal(Refusal<'a>),
    /// A disk is full.
    Full(Full<'a>),
    /// A limit refuses calls.
    Throttled(Throttled<'a>),
    /// An ECS service's own modes.
    Service(ServiceFault<'a>),
    /// A database is full or overloaded.
    Database(Overloaded<'a>),
    /// A database behind it broke off, is full, or makes its clients wait.
    Troubled(Troubled<'a>),
    /// Something that is called answers late.
    Slow(Slow<'a>),
    /// Nothing is wrong.
    Quiet(Quiet),
    /// Too little is known.
    Unknown,
}

/// One failure mode's answer.
#[derive(Debug)]
pub(crate) struct Hypothesis<'a> {
    /// How strongly the facts support it.
    pub(crate) support: Support,
    /// Whether what it explains is new against the baseline.
    pub(crate) fresh: bool,
    /// How many failures it explains.
    pub(crate) explains: u64,
    /// What would tell more: one short sentence for the live view.
    pub(crate) looks_for: String,
    /// What else it wants to read.
    pub(crate) wants: Vec<PlannedCall>,
    /// What is wrong.
    pub(crate) diagnosis: Diagnosis<'a>,
    /// The claim. Rivals and gaps that are not the mode's own are added when it is reported.
    pub(crate) cause: RootCause,
}

/// An empty claim to fill in.
pub(crate) fn claim(verdict: Verdict, category: Category) -> RootCause {
    RootCause {
        verdict,
        category,
        title: String::new(),
        summary: String::new(),
        components: Vec::new(),
        location: None,
        onset: None,
        trigger: None,
        chain: Vec::new(),
        ruled_out: Vec::new(),
        gaps: Vec::new(),
        assumptions: Vec::new(),
        recommended_checks: Vec::new(),
    }
}

/// A gap.
pub(crate) fn gap(
    missing: impl Into<String>,
    why: impl Into<String>,
    close: impl Into<String>,
    on_the_chain: bool,
) -> Gap {
    Gap { missing: missing.into(), why: why.into(), how_to_close: close.into(), on_the_chain }
}

/// A causal chain under construction: links without a citation are left out, times never go back.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    links: Vec<Link>,
    latest: Option<Timestamp>,
}

impl Chain {
    /// Adds a link, if at least one of its citations stands.
    pub(crate) fn link(
        &mut self,
        statement: impl Into<String>,
        at: Option<Timestamp>,
        citations: impl IntoIterator<Item = Option<Citation>>,
    ) {
        let mut distinct: Vec<Citation> = Vec::new();
        for citation in citations.into_iter().flatten() {
            if !distinct.contains(&citation) {
                distinct.push(citation);
            }
        }
        if distinct.is_empty() {
            return;
        }
        let at = at.filter(|at| self.latest.is_none_or(|latest| latest <= *at));
        self.latest = at.or(self.latest);
        self.links.push(Link { statement: statement.into(), at, citations: distinct });
    }

    /// What the release changed in the code that brought the fault.
    pub(crate) fn release(&mut self, case: &Case<'_>) {
        let Some(release) = case.release() else { return };
        let statement = format!(
            "Against version {}, the code that runs now differs in {}.",
            release.earlier_version(),
            release.in_words()
        );
        self.link(statement, None, release.citations());
    }

    /// How many invocations or requests failed, by CloudWatch.
    pub(crate) fn impact(&mut self, case: &Case<'_>) {
        if let Some(errors) = case.server_errors().filter(|errors| errors.window.sum > 0.0) {
            let of = case.requests().map(|requests| format!(" of {:.0}", requests.window.sum)).unwrap_or_default();
            let statement = format!(
                "CloudWatch counted {:.0} requests{of} to {} as failed with a 5xx ({}).",
                errors.window.sum,
                case.name(),
                errors.metric.name
            );
            self.link(statement, None, [cite_series(errors.evidence, &errors.metric.name, "Sum")]);
            return;
        }
        let Some(errors) = case.metric("Errors", "Sum").filter(|errors| errors.window.sum > 0.0) else { return };
        let of = case.sum("Invocations").map(|sum| format!(" of {sum:.0}")).unwrap_or_default();
        let statement = format!(
            "CloudWatch counted {:.0}{of} invocations of {} as failed in the window.",
            errors.window.sum,
            case.name()
        );
        self.link(statement, None, [cite_series(errors.evidence, "Errors", "Sum")]);
    }

    /// The alarm that followed.
    pub(crate) fn alarm(&mut self, case: &Case<'_>) {
        let Some(alarm) = case.alarm() else { return };
        let transition = case.alarm_transition();
        let at = transition.map(|transition| transition.at);
        let stamp = at.map(|at| at.to_string()).unwrap_or_default();
        let cited = cite::any(
            alarm.evidence,
            &[&[stamp.as_str(), "-> ALARM"], &["-> ALARM"], &["state: ALARM"], &["reason:"], &[alarm.name.as_str()]],
        );
        let when = at.map(|at| format!(" at {at}")).unwrap_or_default();
        self.link(format!("The alarm {} went to ALARM{when}.", alarm.name), at, [cited]);
    }

    /// The links.
    pub(crate) fn finish(self) -> Vec<Link> {
        self.links
    }
}

/// Quotes the head line of a metric series.
pub(crate) fn cite_series(evidence: &marple_case::Evidence, name: &str, statistic: &str) -> Option<Citation> {
    let spaced = format!(" {name} ");
    cite::any(evidence, &[&[&spaced, statistic, "window"], &[&spaced, statistic], &[name, statistic], &[name]])
}

/// Quotes an error: its headline, then its message, then its raw line. What is cut is cut at the ends of words, since a quote ends there.
pub(crate) fn cite_error(logged: &Logged<'_>) -> Option<Citation> {
    let head = |text: &str, longest: usize| -> String {
        let line = text.lines().next().unwrap_or_default();
        let cut: String = line.chars().take(longest).collect();
        let whole = cut.len() == line.len();
        let end = if whole { None } else { cut.rfind(char::is_whitespace) };
        cut.get(..end.unwrap_or(cut.len())).unwrap_or_default().to_owned()
    };
    let (message, sample) = (head(logged.message, 80), head(logged.sample, 120));
    let class = logged.class;
    let alternatives: [&[&str]; 4] = [&[&message, class], &[&message], &[&sample], &[class]];
    // Of needles that are all empty any line is a quote, and none that tells anything.
    alternatives
        .into_iter()
        .filter(|needles| needles.iter().any(|needle| !needle.is_empty()))
        .find_map(|needles| cite::line(logged.evidence, needles))
}

/// Quotes the stack frame of an error.
pub(crate) fn cite_frame(logged: &Logged<'_>, frame: &Frame) -> Option<Citation> {
    let line = frame.line?;
    let whole = frame.column.map(|column| format!("{}:{line}:{column}", frame.file)).unwrap_or_default();
    let short = format!("{}:{line}", frame.file);
    let python = format!("line {line}");
    match whole.is_empty() {
        true => cite::any(logged.evidence, &[&[&short], &[&frame.file, &python]]),
        false => cite::any(logged.evidence, &[&[&whole], &[&short], &[&frame.file, &python]]),
    }
}

/// A place in code that a stack frame names, in source if it was read.
#[derive(Debug, Clone)]
pub(crate) struct Place<'a> {
    /// The frame.
    pub(crate) frame: &'a Frame,
    /// The line of source.
    pub(crate) line: Option<CodeLine<'a>>,
    /// The same, as a claim.
    pub(crate) location: Location,
}

/// The place of an error's own frame.
pub(crate) fn place<'a>(case: &Case<'a>, logged: &Logged<'a>) -> Option<Place<'a>> {
    let frame = logged.own_frame()?;
    let number = frame.line?;
    let line =
        case.source(&frame.file).and_then(|file| line_at(file, number)).filter(|line| !line.text.trim().is_empty());
    let location = match line {
        Some(line) => located(&line, frame.column),
        None => Location { file: frame.file.clone(), line: number, column: frame.column, seen_in: SeenIn::StackTrace },
    };
    Some(Place { frame, line, location })
}

/// A line of source as a claim.
pub(crate) fn located(line: &CodeLine<'_>, column: Option<u32>) -> Location {
    Location { file: line.path().to_owned(), line: line.number, column, seen_in: SeenIn::Source }
}

/// A quotation of a setting, as `get_function` or `describe_task_definition` shows it.
pub(crate) fn cite_setting(case: &Case<'_>, needles: &[&[&str]]) -> Option<Citation> {
    case.settings().and_then(|evidence| cite::any(evidence, needles))
}
