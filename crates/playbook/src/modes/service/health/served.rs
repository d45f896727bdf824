//! The path that the program itself answers, where it differs from the one that the load balancer asks for: told by the container's own
//! health check in the task definition, or by a log line of the program's start.

use std::sync::LazyLock;

use marple_case::{Citation, facts::TaskDefinition};
use regex::Regex;

use crate::{
    cite,
    reading::{Case, Seen},
};

/// A path behind a host, in a health check's command.
static CHECKED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"https?://[^/\s'"]+(/[^\s'"\\)\]|;]*)"#).ok());
/// A path of its own in a log line.
static WRITTEN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:^|[\s\x22'\[(=,])(/[A-Za-z][\w./-]*)").ok());
/// Words of paths that tell health.
const HEALTH: [&str; 8] = ["health", "live", "ready", "ping", "status", "probe", "alive", "up"];

/// A path that the program answers, and what shows it.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    /// The path.
    pub(crate) path: String,
    /// How it is known, as a sentence.
    pub(crate) statement: String,
    /// What shows it.
    pub(crate) citation: Citation,
    /// The path that the revision before answered, if its own check differs, and what shows that.
    pub(crate) before: Option<(String, Option<Citation>)>,
}

/// The path that the current revision answers in place of `asked`.
pub(crate) fn served(case: &Case<'_>, asked: &str) -> Option<Served> {
    let current = case.workload.current();
    let by_check = current.and_then(|current| {
        let (container, path) = checked(current.fact)?;
        let citation = cite::any(current.evidence, &[&["health check:", "->", &path], &["health check:", &path]])?;
        let healthy = case.workload.container_states().any(|(_, one)| one.name == container && one.health.as_deref() == Some("HEALTHY"));
        let passes = if healthy { ", and passes" } else { "" };
        let statement = format!(
            "The task definition {}'s own check of the container {container} asks for {path}{passes}; the target group asks for {asked}.",
            current.name()
        );
        (path != asked).then(|| Served { path, statement, citation, before: before(case, current, asked) })
    });
    by_check.or_else(|| written(case, asked))
}

/// The container and path of a revision's own health check.
fn checked(definition: &TaskDefinition) -> Option<(String, String)> {
    definition.containers.iter().find_map(|one| Some((one.name.clone(), path_of(one.health_check.as_deref()?)?)))
}

fn path_of(command: &str) -> Option<String> {
    let found = CHECKED.as_ref()?.captures(command)?.get(1)?;
    Some(found.as_str().to_owned())
}

/// The path of the revision before, by its own definition or by the difference.
fn before(case: &Case<'_>, current: Seen<'_, TaskDefinition>, asked: &str) -> Option<(String, Option<Citation>)> {
    let described = case.workload.previous().and_then(|old| Some((checked(old.fact)?.1, old)));
    let changed = current.differences.iter().find(|line| line.contains("health check: "));
    let of_difference = || path_of(changed?.split_once(" -> ")?.0);
    match described {
        Some((path, old)) => {
            let cited =
                cite::any(current.evidence, &[&["health check:", "->", &path], &["compared with:", &old.name()]]);
            Some((path, cited))
        }
        None => {
            let path = of_difference()?;
            let cited = cite::line(current.evidence, &["health check:", "->"]);
            (path == asked).then_some((path, cited))
        }
    }
}

/// A line of the program's start that names another path of health.
fn written(case: &Case<'_>, asked: &str) -> Option<Served> {
    let tells = |path: &str| HEALTH.iter().any(|word| path.to_lowercase().contains(word)) && path != asked;
    case.summaries.iter().find_map(|summary| {
        let lines = summary.fact.templates.iter().filter(|line| line.count > 0 && !line.is_error);
        lines.filter(|line| !line.sample.contains(&format!("{asked}\""))).find_map(|line| {
            let paths = WRITTEN.as_ref()?.captures_iter(&line.sample).filter_map(|found| found.get(1));
            let path = paths.map(|path| path.as_str()).find(|path| tells(path))?;
            let words: String = line.sample.chars().take(160).collect();
            let citation = cite::line(summary.evidence, &[super::super::whole_words(&words)])?;
            let statement = format!("The program's own log names {path}; the target group asks for {asked}.");
            Some(Served { path: path.to_owned(), statement, citation, before: None })
        })
    })
}
