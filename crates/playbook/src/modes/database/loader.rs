//! Who loads a database that many use: the service that was deployed just before, is configured with the database's address, and whose
//! statements the database's own slow query log names.
//!
//! What the trail names as put into service is read as a revision; its environment tells whether it uses the database. A line of the
//! slow query log counts if it is new against the baseline and no earlier than the deployment.

use std::sync::LazyLock;

use jiff::Timestamp;
use marple_agent::ports::PlannedCall;
use marple_case::{
    Citation, Facts, ResourceKind, ResourceRef,
    facts::{Change, Database, LogSummary, LogTemplate, TaskDefinition},
};
use regex::Regex;
use serde_json::json;

use crate::{
    cite,
    hypothesis::Chain,
    modes::dependency::plain,
    reading::{Case, Seen, failure::host_of},
    wants::call,
};

/// Revisions that are read at most.
const REVISIONS: usize = 4;
/// A revision that a change put into service: `taskDefinition=shop:12`, `PRIMARY of shop:12`.
static PUT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:taskDefinition=|task-definition/|PRIMARY of )(?:arn:\S+?task-definition/)?([A-Za-z0-9_-]+:\d+)\b")
        .ok()
});
/// The numbers of MySQL's slow query log, and of PostgreSQL's log of durations.
static COSTS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"Query_time: ?\d+(?:\.\d+)?.*?Rows_examined: ?\d+|duration: \d+(?:\.\d+)? ms").ok());
static USER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"User@Host: ?([\w.-]+)\[|^\S+ \S+ \S+?:(?:\S*:)?([\w.-]+)@\w+:").ok());

/// The service that loads the database.
#[derive(Debug)]
pub(crate) struct Loader<'a> {
    /// Its name.
    pub(crate) service: String,
    /// Its cluster, where the trail names it.
    pub(crate) cluster: Option<String>,
    /// The revision that was put into service.
    pub(crate) definition: Seen<'a, TaskDefinition>,
    /// The call, or the deployment.
    pub(crate) change: Seen<'a, Change>,
    /// What is new in the slow query log.
    pub(crate) statement: Option<Statement<'a>>,
}

/// A statement that the slow query log names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Statement<'a> {
    /// Its lines.
    pub(crate) line: Seen<'a, LogTemplate>,
    /// Who sends it.
    pub(crate) user: Option<&'a str>,
}

/// The database's log groups, their summaries, and the revisions that were put into service about then.
pub(crate) fn wants(case: &Case<'_>, database: &Database, onset: Timestamp) -> Vec<PlannedCall> {
    let sort = if database.kind == ResourceKind::DbInstance { "instance" } else { "cluster" };
    let prefix = format!("/aws/rds/{sort}/{}/", database.id);
    let listed = case.evidence.iter().filter_map(|evidence| match &evidence.facts {
        Facts::LogGroups(groups) => Some(groups),
        _ => None,
    });
    let told =
        |name: &str| name.starts_with(&prefix) && (name.ends_with("/slowquery") || name.ends_with("/postgresql"));
    let groups = listed.flatten().filter(|group| told(&group.name));
    let summaries: Vec<PlannedCall> =
        groups.map(|group| call("summarize_logs", json!({"log_group": group.name}))).collect();
    let mut revisions: Vec<&str> = deployments(case, onset).into_iter().map(|(_, revision)| revision).collect();
    revisions.dedup();
    let definitions = revisions.into_iter().take(REVISIONS);
    let definitions =
        definitions.map(|revision| call("describe_task_definition", json!({"task_definition": revision})));
    let list = call("list_log_groups", json!({"prefix": prefix}));
    [list].into_iter().chain(summaries).chain(definitions).collect()
}

/// What was put into service of others between the baseline and the rise, the latest first.
fn deployments<'a>(case: &Case<'a>, onset: Timestamp) -> Vec<(Seen<'a, Change>, &'a str)> {
    let soon = onset.checked_add(case.scope.tolerance()).unwrap_or(onset);
    let of = |change: Seen<'a, Change>| {
        let resource = change.fact.resource.as_ref()?;
        let of_service = resource.kind == ResourceKind::EcsService || change.action.starts_with("UpdateService");
        let other = of_service && Some(&resource.name) != case.subject.as_ref();
        let between = change.at >= case.scope.baseline.end && change.at <= soon;
        let revision = PUT.as_ref()?.captures(&change.fact.detail)?.get(1)?.as_str();
        (other && between).then_some((change, revision))
    };
    let mut all: Vec<_> = case.all_changes().filter_map(of).collect();
    all.sort_by_key(|(change, _)| std::cmp::Reverse(change.at));
    all
}

/// The service that loads the database: of those that use it, the one whose user the slow query log names, else the only one.
pub(crate) fn loader<'a>(case: &Case<'a>, database: &Database, onset: Timestamp) -> Option<Loader<'a>> {
    let hosts: Vec<&str> =
        [&database.endpoint, &database.reader_endpoint].into_iter().flatten().map(|host| host_of(host)).collect();
    let statements = statements(case, database, onset);
    let values = |definition: &'a TaskDefinition| {
        definition.containers.iter().flat_map(|container| &container.environment).filter_map(plain)
    };
    let uses = |definition: &'a TaskDefinition| {
        values(definition).any(|value| hosts.iter().any(|host| !host.is_empty() && value.contains(host)))
    };
    let known = deployments(case, onset).into_iter().filter_map(|(change, revision)| {
        let definition = read(case, revision).filter(|definition| uses(definition.fact))?;
        Some((change, definition))
    });
    let known: Vec<_> = known.collect();
    let sends = |statement: &Statement<'a>, definition: &Seen<'a, TaskDefinition>| {
        statement.user.is_some_and(|user| values(definition.fact).any(|value| value == user))
    };
    // Of statements that are slow, the ones of victims come later.
    let named = statements.iter().find_map(|one| known.iter().find(|(_, definition)| sends(one, definition)));
    let services = || known.iter().map(|(change, _)| change.fact.resource.as_ref().map(|one| one.name.as_str()));
    let only = || known.first().filter(|_| services().all(|service| Some(service) == services().next()));
    let (change, definition) = named.or_else(only).copied()?;
    let service = change.fact.resource.as_ref()?.name.clone();
    let of_service = |other: &&Seen<'a, Change>| other.fact.resource.as_ref().is_some_and(|one| one.name == service);
    let trail: Vec<Seen<'a, Change>> = known.iter().map(|(change, _)| *change).collect();
    let cluster = trail.iter().filter(of_service).find_map(|one| {
        let (_, rest) = one.fact.detail.split_once("cluster=")?;
        rest.split([',', ' ']).next().map(|name| name.rsplit('/').next().unwrap_or(name).to_owned())
    });
    let change = trail.iter().filter(of_service).min_by_key(|one| one.at).copied().unwrap_or(change);
    let own = |one: &&Statement<'a>| {
        let after = one.line.first.is_some_and(|first| first >= change.at);
        after && (one.user.is_none() || sends(one, &definition))
    };
    let statement = statements.iter().find(own).copied();
    Some(Loader { service, cluster, definition, change, statement })
}

/// A revision of any family; of several readings one that compares it with another.
fn read<'a>(case: &Case<'a>, name: &str) -> Option<Seen<'a, TaskDefinition>> {
    let definitions = case.evidence.iter().filter_map(|evidence| match &evidence.facts {
        Facts::TaskDefinitions(definitions) => Some((evidence, definitions)),
        _ => None,
    });
    let all = definitions.flat_map(|(evidence, all)| all.iter().map(move |fact| Seen { evidence, fact }));
    all.filter(|definition| definition.fact.name() == name).max_by_key(|one| one.compared_with.is_some())
}

/// The new statements of the database's own log of slow ones, the earliest first.
fn statements<'a>(case: &Case<'a>, database: &Database, onset: Timestamp) -> Vec<Statement<'a>> {
    let part = format!("/{}/", database.id);
    let of = |summary: &LogSummary| summary.log_group.starts_with("/aws/rds/") && summary.log_group.contains(&part);
    let summaries = case.evidence.iter().filter_map(|evidence| match &evidence.facts {
        Facts::LogSummary(summary) if of(summary) => Some((evidence, summary)),
        _ => None,
    });
    let lines = summaries.flat_map(|(evidence, all)| all.templates.iter().map(move |fact| Seen { evidence, fact }));
    let soon = onset.checked_add(case.scope.tolerance()).unwrap_or(onset);
    let slow = lines.filter(|line| {
        let new = line.count >= 2 && line.count > 3 * line.baseline_count;
        new && line.first.is_some_and(|first| first <= soon) && costs(&line.fact.sample).is_some()
    });
    let of_line = |line: Seen<'a, LogTemplate>| {
        let found = USER.as_ref().and_then(|pattern| pattern.captures(&line.fact.sample));
        let user = found.and_then(|found| found.get(1).or_else(|| found.get(2))).map(|user| user.as_str());
        Statement { line, user }
    };
    let mut all: Vec<Statement<'a>> = slow.map(of_line).collect();
    all.sort_by_key(|one| one.line.first);
    all
}

fn costs(sample: &str) -> Option<&str> {
    COSTS.as_ref()?.find(sample).map(|found| found.as_str())
}

impl Loader<'_> {
    /// The service.
    pub(crate) fn component(&self) -> ResourceRef {
        let is_service = |resource: &ResourceRef| resource.kind == ResourceKind::EcsService && resource.arn.is_some();
        let named = self.change.fact.resource.clone().filter(is_service);
        named.unwrap_or_else(|| ResourceRef::new(ResourceKind::EcsService, self.service.as_str()))
    }

    /// The revision before, `family:revision`, and what shows it.
    pub(crate) fn before(&self) -> Option<String> {
        self.definition.compared_with.map(|number| format!("{}:{number}", self.definition.family))
    }

    /// When it began: the first slow statement, else the deployment.
    pub(crate) fn began(&self) -> Timestamp {
        self.statement.and_then(|one| one.line.first).unwrap_or(self.change.at)
    }

    /// The deployment and its statement, as links.
    pub(crate) fn tell(&self, chain: &mut Chain) {
        let revision = self.definition.fact.name();
        let by = self.change.fact.actor.as_ref().map(|actor| format!(" by {actor}")).unwrap_or_default();
        let stamp = self.change.at.to_string();
        let compared = self.before().and_then(|before| {
            cite::any(self.definition.evidence, &[&["image:", "->"], &["compared with:", &before], &[&before]])
        });
        chain.link(
            format!("A deployment{by} put {revision} of {} into service, which uses the same database.", self.service),
            Some(self.change.at),
            [
                cite::any(
                    self.change.evidence,
                    &[&[&stamp, &self.change.action, &self.service], &[&stamp, &self.service]],
                ),
                compared,
            ],
        );
        let Some(statement) = self.statement else { return };
        let user = statement.user.map(|user| format!(" of the user {user}")).unwrap_or_default();
        let costs = costs(&statement.line.fact.sample).map(|costs| format!(" ({costs})")).unwrap_or_default();
        let asked: String = statement.line.fact.sample.lines().next().unwrap_or_default().chars().take(160).collect();
        chain.link(
            format!(
                "Since then the database's slow query log names {} statements{user}, {} in the baseline{costs}: {asked}",
                statement.line.count, statement.line.baseline_count
            ),
            statement.line.first,
            [
                cite::line(statement.line.evidence, &[crate::modes::service::whole_words(&asked)]),
                cite_costs(statement),
            ],
        );
    }
}

/// Quotes what one of a statement's runs took.
fn cite_costs(statement: Statement<'_>) -> Option<Citation> {
    let costs = costs(&statement.line.fact.sample)?;
    let head = costs.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    cite::any(statement.line.evidence, &[&[&head, "Rows_examined"], &[&head]])
}
