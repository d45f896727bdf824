//! The address of a dependency that was exchanged in the environment: a published version keeps the value of before.

use marple_case::{
    Citation,
    facts::{Change, EnvironmentVariable, FunctionVersion, LogTemplate},
};

use super::plain;
use crate::{
    cite,
    hypothesis::cite_setting,
    reading::{Case, Seen, failure::Failure, logged::Logged},
    source::host::looks_like_host,
};

/// A variable that has another value since a change of the function's settings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchange<'a> {
    /// The variable as it is now.
    pub(crate) variable: &'a EnvironmentVariable,
    /// What it was.
    pub(crate) before: &'a str,
    /// The version that keeps that.
    pub(crate) version: &'a FunctionVersion,
    /// The change between a clean baseline and the first failure.
    pub(crate) change: Seen<'a, Change>,
    /// A log line that holds both the new value and the address that failed.
    told: Option<Seen<'a, LogTemplate>>,
}

/// The variable whose new address fails, if the function was changed between a clean baseline and the failure.
pub(crate) fn exchange<'a>(case: &Case<'a>, logged: &Logged<'a>, host: Option<&str>) -> Option<Exchange<'a>> {
    let is_address = matches!(
        logged.failure,
        Failure::HostNotFound { .. } | Failure::Refused { .. } | Failure::ConnectTimedOut { .. }
    );
    let function = case.function?.fact;
    let linked = case.linked_change(logged.first, logged.in_baseline).filter(|_| is_address)?;
    let own = case.own_changes();
    let named = own.iter().filter(|change| change.at > case.scope.baseline.start && change.at <= logged.first);
    let change = named.rev().find(|change| change.action.starts_with("UpdateFunctionConfiguration")).copied();
    let change = change.unwrap_or(linked);
    let earlier = |version: &&FunctionVersion| {
        version.version != "$LATEST"
            && !version.environment.is_empty()
            && version.last_modified.is_some_and(|made| made < change.at)
    };
    let version = function.versions.iter().filter(earlier).max_by_key(|version| version.last_modified)?;
    let exchanged = function.environment.iter().filter_map(|variable| {
        let before = version.environment.iter().find(|then| then.name == variable.name).and_then(plain)?;
        let now = plain(variable).filter(|now| *now != before && looks_like_host(now))?;
        let told = host.and_then(|host| told(case, now, host));
        Some(Exchange { variable, before, version, change, told })
    });
    let exchanged: Vec<Exchange<'a>> = exchanged.collect();
    let is_called = |one: &&Exchange<'a>| {
        let now = plain(one.variable).unwrap_or_default();
        one.told.is_some() || host.is_some_and(|host| now.contains(host))
    };
    match (exchanged.iter().find(is_called), exchanged.as_slice()) {
        (Some(called), _) => Some(*called),
        // An address names no variable; where one alone was exchanged, it is that.
        (None, [only]) if host.is_none_or(|host| host.parse::<std::net::IpAddr>().is_ok()) => Some(*only),
        _ => None,
    }
}

/// The line of the window that holds a value and the address that failed.
fn told<'a>(case: &Case<'a>, value: &str, host: &str) -> Option<Seen<'a, LogTemplate>> {
    let lines = case.summaries.iter().flat_map(|summary| {
        let evidence = summary.evidence;
        summary.fact.templates.iter().map(move |fact| Seen { evidence, fact })
    });
    lines.into_iter().find(|line| line.count > 0 && line.sample.contains(value) && line.fact.sample.contains(host))
}

impl Exchange<'_> {
    /// Quotes the version's value.
    pub(super) fn cite_before(&self, case: &Case<'_>) -> Option<Citation> {
        let before = format!("{}={}", self.variable.name, self.before);
        cite_setting(case, &[&["environment then:", &before]])
    }

    /// Quotes the log line that ties the address to the value.
    pub(super) fn cite_call(&self) -> Option<Citation> {
        let line = self.told?;
        let value = plain(self.variable)?;
        cite::any(line.evidence, &[&[value, "sample:"], &[value]])
    }
}
