//! How long a program keeps an idle connection: told by a variable of its environment, or by a line of its start.

use std::sync::LazyLock;

use marple_case::Citation;
use regex::Regex;

use crate::{
    cite,
    hypothesis::cite_setting,
    modes::dependency::plain,
    reading::{Case, Seen},
};

/// Names of settings that say how long a server keeps an idle connection.
static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)keep[_-]?alive|idle[_-]?timeout").ok());
/// Names of the like that are of connections which the program itself opens, or of something else than a time.
static OF_CLIENTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)client|pool|database|\bdb|db_|sql|redis|kafka|amqp|grpc|mongo|tcp_|ping|interval|probe|count|max_|requests|enabled").ok()
});
/// A number with its unit.
static SPAN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)^(\d+(?:\.\d+)?)\s*(ms|milliseconds|s|sec|seconds|m|min)?$").ok());
/// A line in which a program tells it.
static WRITTEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)\b(keep[_ -]?alive[_ -]?timeout(?:[_ -]?(?:ms|s|sec|seconds))?)"?\s*[:=]\s*"?(\d+(?:\.\d+)?\s*(?:ms|s)?)\b"#).ok()
});
/// A bare number from here on is one of milliseconds: nobody keeps an idle connection for hours.
const MILLISECONDS: f64 = 3600.0;

/// How long a program keeps an idle connection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeepAlive {
    /// Seconds.
    pub(crate) seconds: f64,
    /// `KEEP_ALIVE_TIMEOUT_MS=65000`.
    pub(crate) shown: String,
    /// The variable that sets it; `None`: only a line of the log tells it.
    pub(crate) variable: Option<String>,
    /// What shows it.
    pub(crate) citation: Option<Citation>,
}

/// Whether a text names a setting of that kind.
pub(super) fn keeps_connections(text: &str) -> bool {
    let says = |pattern: &LazyLock<Option<Regex>>| pattern.as_ref().is_some_and(|one| one.is_match(text));
    says(&NAME) && !says(&OF_CLIENTS)
}

/// How long the subject's program keeps idle connections, where that is shown.
pub(super) fn keep_alive(case: &Case<'_>) -> Option<KeepAlive> {
    let set =
        case.environment().into_iter().filter(|variable| keeps_connections(&variable.name)).find_map(|variable| {
            let value = plain(variable)?;
            let shown = format!("{}={value}", variable.name);
            Some(KeepAlive {
                seconds: seconds(&variable.name, value)?,
                citation: cite_setting(case, &[&[&shown], &[&variable.name]]),
                variable: Some(variable.name.clone()),
                shown,
            })
        });
    set.or_else(|| written(case))
}

/// The same by a line of the log.
fn written(case: &Case<'_>) -> Option<KeepAlive> {
    let lines = case.summaries.iter().flat_map(|summary| {
        let evidence = summary.evidence;
        summary.fact.templates.iter().map(move |fact| Seen { evidence, fact })
    });
    lines.filter(|line| line.count > 0).find_map(|line| {
        let found = WRITTEN.as_ref()?.captures(&line.fact.sample)?;
        let (whole, name, value) = (found.get(0)?, found.get(1)?, found.get(2)?);
        Some(KeepAlive {
            seconds: seconds(name.as_str(), value.as_str())?,
            shown: format!("{}={}", name.as_str(), value.as_str()),
            variable: None,
            citation: cite::line(line.evidence, &["sample:", whole.as_str()]),
        })
    })
}

/// Seconds of a value, by its own unit, that of the name, or its size.
fn seconds(name: &str, value: &str) -> Option<f64> {
    let found = SPAN.as_ref()?.captures(value.trim())?;
    let number: f64 = found.get(1)?.as_str().parse().ok()?;
    let unit = found.get(2).map(|unit| unit.as_str().to_lowercase()).unwrap_or_default();
    let lower = name.to_lowercase();
    let in_ms = ["ms", "millis", "milliseconds"].iter().any(|end| lower.ends_with(end));
    Some(match unit.as_str() {
        "ms" | "milliseconds" => number / 1000.0,
        "m" | "min" => number * 60.0,
        "" if in_ms || number >= MILLISECONDS => number / 1000.0,
        _ => number,
    })
}
