//! The connections that a service may hold: the size of each task's pool, as a setting states it, times its tasks.
//!
//! Discriminating questions: did the revision that runs change the size? did the number of tasks rise shortly before the first refusal?

use jiff::{SignedDuration, Timestamp};
use marple_case::facts::{Change, EnvironmentVariable};

use super::plain;
use crate::{
    cite,
    hypothesis::{Chain, cite_setting},
    modes::service::{Introduced, introduced},
    reading::{Case, Seen, load::is_service},
    source::number,
};

/// How long before the first refusal tasks may have been added.
const BEFORE: SignedDuration = SignedDuration::from_mins(30);

/// The connections of a service.
#[derive(Debug, Clone)]
pub(crate) struct Pool<'a> {
    /// The setting that holds the size.
    pub(crate) setting: String,
    /// The size, connections a task.
    pub(crate) size: u32,
    /// The size before the deployment that changed it, and its line in the comparison of both revisions.
    pub(crate) before: Option<(u32, &'a str)>,
    /// The deployment after the baseline.
    pub(crate) introduced: Option<Introduced<'a>>,
    /// Tasks that are to run.
    pub(crate) tasks: u32,
    /// The call that changed the number of tasks shortly before the first refusal.
    pub(crate) scaled: Option<Seen<'a, Change>>,
}

/// The pool of the service in question, if a setting states its size.
pub(super) fn pool<'a>(case: &Case<'a>, onset: Timestamp) -> Option<Pool<'a>> {
    let tasks = case.workload.service.filter(|_| is_service(case))?.fact.desired;
    let sized = |variable: &EnvironmentVariable| {
        is_pool(&variable.name).then(|| Some((variable.name.clone(), plain(variable)?.parse().ok()?)))?
    };
    let (setting, size) = case.environment().into_iter().find_map(sized)?;
    let introduced = introduced(case, onset);
    let changed = introduced.as_ref().and_then(|one| {
        let named = |line: &&'a String| names(line, &setting);
        one.differences().iter().find(named).and_then(|line| Some((earlier(line)?, line.as_str())))
    });
    let scales = |change: &Change| {
        let near = change.at <= onset && onset.duration_since(change.at) <= BEFORE;
        near && change.action.starts_with("UpdateService") && change.detail.contains("desiredCount=")
    };
    let scaled = case.own_changes().into_iter().rfind(|change| scales(change.fact));
    Some(Pool { setting, size, before: changed, introduced, tasks, scaled })
}

/// Whether a setting's name speaks of a pool of connections, and not of its times.
pub(crate) fn is_pool(name: &str) -> bool {
    let lower = name.to_lowercase();
    let times = ["timeout", "_ms", "idle", "min", "lifetime", "queue"];
    let sizes = ["pool", "max_conn", "maxconn", "max_open"];
    sizes.iter().any(|word| lower.contains(word)) && !times.iter().any(|word| lower.contains(word))
}

/// Whether a line of a comparison is of a setting: `environment POOL_SIZE: 10 -> 25`.
fn names(line: &str, setting: &str) -> bool {
    line.rsplit_once(": ").is_some_and(|(name, _)| name.split_whitespace().next_back() == Some(setting))
}

/// The value before, in such a line.
fn earlier(line: &str) -> Option<u32> {
    line.rsplit_once(": ")?.1.split_once(" -> ")?.0.parse().ok()
}

impl Pool<'_> {
    /// What all tasks may hold.
    pub(crate) fn total(&self) -> u32 {
        self.size.saturating_mul(self.tasks)
    }

    /// The revision that made the pool larger than that before it.
    pub(crate) fn enlarged(&self) -> Option<(u32, &str)> {
        let (before, _) = self.before.filter(|(before, _)| *before < self.size)?;
        Some((before, self.introduced.as_ref()?.revision.as_str()))
    }

    /// `POOL_SIZE is 25 (10 before app:7), and 4 tasks may hold 100 connections`.
    pub(crate) fn in_words(&self) -> String {
        let before = self.enlarged().map(|(before, revision)| format!(" ({before} before {revision})"));
        format!(
            "{} is {}{}, and {} task(s) may hold {} connections together",
            self.setting,
            self.size,
            before.unwrap_or_default(),
            self.tasks,
            number::grouped(f64::from(self.total()))
        )
    }

    /// What shows it.
    pub(super) fn tell(&self, chain: &mut Chain, case: &Case<'_>, onset: Timestamp) {
        if let Some(introduced) = self.introduced.as_ref().filter(|_| self.enlarged().is_some()) {
            let at = introduced.at.filter(|at| *at <= onset);
            let difference = self.before.and_then(|(_, line)| introduced.cite_difference(line));
            let [shown, compared] = introduced.citations();
            chain.link(introduced.statement(case.name()), at, [shown, compared, difference]);
        }
        if let Some(change) = self.scaled {
            let stamp = change.at.to_string();
            let needles: [&[&str]; 2] = [&[&stamp, &change.action, "desiredCount"], &[&stamp, &change.action]];
            let cited = cite::any(change.evidence, &needles);
            chain.link(format!("{} changed the number of tasks.", change.action), Some(change.at), [cited]);
        }
        let assigned = format!("{}=", self.setting);
        let difference = self.before.and_then(|(_, line)| self.introduced.as_ref()?.cite_difference(line));
        let tasks = case.workload.service.and_then(|service| cite::line(service.evidence, &["tasks:", "running"]));
        chain.link(format!("{}.", self.in_words()), None, [cite_setting(case, &[&[&assigned]]), difference, tasks]);
    }
}
