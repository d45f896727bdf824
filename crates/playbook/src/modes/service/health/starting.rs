//! Why targets stay silent: the program listens on another port, or it is stopped before it has started.

use std::sync::LazyLock;

use marple_case::{
    Citation,
    facts::{LogTemplate, TargetGroup},
};
use regex::Regex;

use crate::{
    cite,
    modes::service::{lifetimes, minutes, whole_words},
    reading::{Case, Seen},
};

static LISTENS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:listen(?:s|ing)?|serving|started|running|bound|ready|available)\b.{0,40}?(?:\bport\D{0,3}|:|\bon )(\d{2,5})\b").ok()
});
static READY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b(?:listening|started|ready|serving|startup complete|accepting)\b").ok());
static BEGINS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:starting|initiali[sz]ing|warming|loading|migrat(?:ing|ions?)|booting|compiling)\b").ok()
});
/// A task that lives longer had time to start, seconds.
const LONG: i64 = 600;

/// Why the targets stay silent.
#[derive(Debug, Clone)]
pub(crate) enum Silence {
    /// The program listens on a port that nobody asks.
    Port { listens: u16, asked: u16, citation: Citation, difference: Option<Citation> },
    /// Tasks are stopped while they still start.
    Starting { lives: (i64, i64), grace_s: Option<u32>, citation: Citation },
}

impl Silence {
    /// What is wrong, as a clause.
    pub(crate) fn clause(&self) -> String {
        match self {
            Self::Port { listens, asked, .. } => {
                format!("the load balancer asks on port {asked}, and the program listens on {listens}")
            }
            Self::Starting { lives: (_, long), grace_s, .. } => format!(
                "tasks are stopped within {} of their start, while they still start; the grace period is {}",
                minutes(*long),
                grace_s.map_or_else(|| "not set".to_owned(), |grace| format!("{grace} s"))
            ),
        }
    }

    /// What shows it.
    pub(crate) fn citations(&self) -> Vec<Option<Citation>> {
        match self {
            Self::Port { citation, difference, .. } => vec![Some(citation.clone()), difference.clone()],
            Self::Starting { citation, .. } => vec![Some(citation.clone())],
        }
    }
}

/// Why targets of a group stay silent, if the program's log tells it.
pub(crate) fn silence(case: &Case<'_>, group: Option<&TargetGroup>) -> Option<Silence> {
    port(case, group).or_else(|| starting(case))
}

fn templates<'a>(case: &Case<'a>) -> Vec<Seen<'a, LogTemplate>> {
    let of = |summary: &Seen<'a, marple_case::facts::LogSummary>| {
        let (evidence, templates) = (summary.evidence, &summary.fact.templates);
        templates.iter().filter(|line| line.count > 0).map(move |fact| Seen { evidence, fact })
    };
    case.summaries.iter().flat_map(of).collect()
}

fn cited(line: &Seen<'_, LogTemplate>) -> Option<Citation> {
    let words: String = line.sample.chars().take(120).collect();
    cite::line(line.evidence, &[whole_words(&words)])
}

/// A new line of the log that names another port than any that is asked.
fn port(case: &Case<'_>, group: Option<&TargetGroup>) -> Option<Silence> {
    let service = case.workload.service?.fact;
    let asked = service.targets.first().map(|target| target.port).or_else(|| group?.port)?;
    let listens = |line: &Seen<'_, LogTemplate>| -> Option<u16> {
        LISTENS.as_ref()?.captures(&line.sample)?.get(1)?.as_str().parse().ok()
    };
    let lines = templates(case);
    if lines.iter().any(|line| listens(line) == Some(asked)) {
        return None;
    }
    let (line, listens) =
        lines.iter().filter(|line| line.baseline_count == 0).find_map(|line| Some((line, listens(line)?)))?;
    let definition = case.workload.current();
    let difference =
        definition.and_then(|one| cite::any(one.evidence, &[&["->", &listens.to_string()], &["ports:", "->"]]));
    Some(Silence::Port { listens, asked, citation: cited(line)?, difference })
}

/// Tasks that ECS stopped for failing checks, all of them soon after their start, with lines of a start and none of its end.
fn starting(case: &Case<'_>) -> Option<Silence> {
    let stopped = case
        .workload
        .tasks
        .iter()
        .filter(|task| task.fact.stopped_reason.as_deref().is_some_and(super::is_failed_check));
    let lives = lifetimes(stopped.map(|task| task.fact)).filter(|(_, long)| *long <= LONG)?;
    let lines = templates(case);
    let matches = |pattern: &LazyLock<Option<Regex>>, line: &Seen<'_, LogTemplate>| {
        pattern.as_ref().is_some_and(|pattern| pattern.is_match(&line.sample))
    };
    if lines.iter().any(|line| line.baseline_count == 0 && matches(&READY, line)) {
        return None;
    }
    let begins = lines.iter().filter(|line| line.count >= 2 && line.baseline_count == 0 && matches(&BEGINS, line));
    let line = begins.max_by_key(|line| line.count)?;
    let grace_s = case.workload.service.and_then(|service| service.fact.health_check_grace_s);
    Some(Silence::Starting { lives, grace_s, citation: cited(line)? })
}
