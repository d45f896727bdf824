//! A database behind a program that breaks off its connections, has no room left, or makes its clients wait for one another: told by the
//! program's errors, and by what RDS itself says of the instance.
//!
//! Discriminating questions: did RDS report a failover, a restart or full storage about then? is the database available again? did somebody
//! ask for it? did a deployment come before clients began to wait for each other's locks?

use jiff::{SignedDuration, Timestamp};
use marple_case::{
    Category, Citation, ResourceRef, Verdict,
    facts::{Change, Database, DatabaseEvent},
    root_cause::{Gap, Link},
};

use crate::{
    cite,
    hypothesis::{Chain, Diagnosis, Hypothesis, Support, cite_error, cite_series, claim, gap},
    modes::{
        dependency::plain,
        service::{Introduced, introduced},
    },
    reading::{
        Case, Seen,
        failure::{Failure, host_of},
        load::is_service,
        logged::Logged,
    },
};

/// How long before the first error what RDS reports, or what somebody did, may lie.
const BEFORE: SignedDuration = SignedDuration::from_mins(30);

/// What is the matter with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Connections broke off, or were refused while it restarted.
    Interrupted,
    /// Its storage is full.
    Full,
    /// Its clients wait for one another's locks.
    Locked,
}

/// A troubled database as it was found.
#[derive(Debug)]
pub(crate) struct Troubled<'a> {
    /// What is the matter.
    pub(crate) trouble: Trouble,
    /// The program's error.
    pub(crate) logged: Logged<'a>,
    /// The database.
    pub(crate) database: Option<Seen<'a, Database>>,
    /// What RDS reported.
    pub(crate) event: Option<&'a DatabaseEvent>,
    /// A call that asked for it, or touched the database shortly before.
    pub(crate) change: Option<Seen<'a, Change>>,
    /// The deployment of a service before clients began to wait.
    pub(crate) introduced: Option<Introduced<'a>>,
}

/// Examines the case for a troubled database.
pub(crate) fn examine<'a>(case: &Case<'a>) -> Option<Hypothesis<'a>> {
    let database = database(case);
    let (trouble, logged) = told(case, database)?;
    let logged = logged.clone();
    let event = database.and_then(|database| event(database.fact, trouble, logged.first));
    let onset = logged.first;
    let troubled = Troubled {
        trouble,
        database,
        event,
        change: database.and_then(|database| change(case, database.fact, onset)),
        introduced: introduced(case, onset).filter(|_| trouble == Trouble::Locked && is_service(case)),
        logged,
    };
    let seen = event.is_some() || database.is_some_and(|database| database.status == "storage-full");
    Some(Hypothesis {
        support: if seen { Support::Shown } else { Support::Likely },
        fresh: !troubled.logged.in_baseline,
        explains: troubled.logged.count,
        looks_for: "The database behind it is in trouble; looking at what RDS reported, and at who else uses it."
            .to_owned(),
        wants: Vec::new(),
        cause: cause(case, &troubled),
        diagnosis: Diagnosis::Troubled(troubled),
    })
}

/// The database that the environment names; else the only one that was read.
fn database<'a>(case: &Case<'a>) -> Option<Seen<'a, Database>> {
    let environment = case.environment();
    let values: Vec<&str> = environment.iter().filter_map(|variable| plain(variable)).collect();
    let is_named = |database: &&Seen<'a, Database>| {
        let mut hosts = [&database.fact.endpoint, &database.fact.reader_endpoint].into_iter().flatten();
        hosts.any(|host| values.iter().any(|value| value.contains(host_of(host))))
    };
    case.databases.iter().find(is_named).or_else(|| case.databases.first()).copied()
}

/// The trouble, by the first error that tells one. A refused connection tells an interruption only if RDS reports one.
fn told<'c, 'a>(case: &'c Case<'a>, database: Option<Seen<'a, Database>>) -> Option<(Trouble, &'c Logged<'a>)> {
    let sorts = case.failures.iter().filter_map(|logged| {
        let trouble = match logged.failure {
            Failure::DatabaseFull => Trouble::Full,
            Failure::Locked => Trouble::Locked,
            Failure::ConnectionLost => Trouble::Interrupted,
            Failure::Refused { .. } | Failure::ConnectTimedOut { .. } => {
                event(database?.fact, Trouble::Interrupted, logged.first)?;
                Trouble::Interrupted
            }
            _ => return None,
        };
        Some((trouble, logged))
    });
    sorts.min_by_key(|(_, logged)| (logged.in_baseline, logged.first))
}

/// What RDS reported of it shortly before the first error or while it lasted.
fn event(database: &Database, trouble: Trouble, onset: Timestamp) -> Option<&DatabaseEvent> {
    let words: &[&str] = match trouble {
        Trouble::Interrupted => {
            &["failover", "restart", "shutdown", "reboot", "recovery", "maintenance", "patch", "crash"]
        }
        Trouble::Full => &["storage"],
        Trouble::Locked => return None,
    };
    let tells = |event: &&DatabaseEvent| {
        let lower = event.message.to_lowercase();
        words.iter().any(|word| lower.contains(word)) && event.at.duration_since(onset).abs() <= BEFORE
    };
    database.events.iter().find(tells)
}

fn change<'a>(case: &Case<'a>, database: &Database, onset: Timestamp) -> Option<Seen<'a, Change>> {
    let touches = |change: &Change| {
        let named =
            change.resource.as_ref().is_some_and(|one| one.name == database.id || database.members.contains(&one.name));
        let asked = change.source == marple_case::facts::ChangeSource::CloudTrail;
        named && asked && change.at <= onset && onset.duration_since(change.at) <= BEFORE
    };
    case.all_changes().filter(|change| touches(change.fact)).max_by_key(|change| change.at)
}

impl Troubled<'_> {
    /// The database's name, for sentences.
    pub(crate) fn name(&self) -> String {
        self.database.map_or_else(|| "its database".to_owned(), |database| format!("the database {}", database.id))
    }

    /// What is the matter, as a predicate.
    fn predicate(&self) -> &'static str {
        match (self.trouble, self.event) {
            (Trouble::Interrupted, Some(event)) if event.message.to_lowercase().contains("failover") => {
                "failed over to another instance and broke off its connections"
            }
            (Trouble::Interrupted, Some(_)) => "restarted and broke off its connections",
            (Trouble::Interrupted, None) => "broke off connections",
            (Trouble::Full, _) => "has no storage left and takes no more writes",
            (Trouble::Locked, _) => "makes its clients wait for one another's locks until they give up",
        }
    }

    /// Quotes what RDS reported.
    fn cite_event(&self) -> Option<Citation> {
        let (event, database) = (self.event?, self.database?);
        let words: String = event.message.chars().take(80).collect();
        let words = crate::modes::service::whole_words(&words);
        cite::any(database.evidence, &[&[&event.at.to_string(), words], &[words]])
    }
}

fn category(troubled: &Troubled<'_>) -> Category {
    match (troubled.trouble, troubled.event.is_some(), troubled.change.is_some()) {
        (Trouble::Full, ..) => Category::Capacity,
        (Trouble::Locked, ..) if troubled.introduced.is_some() => Category::CodeDefect,
        (Trouble::Locked, ..) => Category::Capacity,
        (Trouble::Interrupted, true, false) => Category::AwsServiceEvent,
        (Trouble::Interrupted, ..) => Category::DependencyUnreachable,
    }
}

fn cause(case: &Case<'_>, troubled: &Troubled<'_>) -> marple_case::RootCause {
    let mut cause = claim(Verdict::Fault, category(troubled));
    let (name, database) = (case.name(), troubled.name());
    cause.title = format!("{name} fails because {database} {}", troubled.predicate());
    let resource = troubled.database.map(|database| database.fact.resource());
    let all: Vec<ResourceRef> = case.component().into_iter().chain(resource).collect();
    cause.components = all;
    cause.onset = Some(troubled.logged.first);
    cause.trigger = Some(match troubled.trouble {
        Trouble::Interrupted => "Each request that uses a connection which the database had ended".to_owned(),
        Trouble::Full => "Each request that writes".to_owned(),
        Trouble::Locked => "Requests that change the same rows at the same time".to_owned(),
    });
    cause.chain = chain(case, troubled);
    cause.summary = summary(case, troubled);
    cause.gaps = gaps(troubled);
    cause
}

fn chain(case: &Case<'_>, troubled: &Troubled<'_>) -> Vec<Link> {
    let mut chain = Chain::default();
    let onset = troubled.logged.first;
    if let Some(introduced) = &troubled.introduced {
        let at = introduced.at.filter(|at| *at <= onset);
        chain.link(introduced.statement(case.name()), at, introduced.citations());
    }
    if let Some(change) = troubled.change {
        let stamp = change.at.to_string();
        let cited = cite::any(change.evidence, &[&[&stamp, &change.action], &[&change.action]]);
        chain.link(format!("{} touched {} shortly before.", change.action, troubled.name()), Some(change.at), [cited]);
    }
    if let Some(event) = troubled.event {
        let statement = format!("RDS reported of {}: {}", troubled.name(), event.message);
        chain.link(statement, Some(event.at).filter(|at| *at <= onset), [troubled.cite_event()]);
    }
    if let Some(database) = troubled.database.filter(|database| database.status != "available") {
        let status = format!("status {}", database.status);
        let cited = cite::any(database.evidence, &[&[&database.id, &status], &[&status]]);
        chain.link(format!("The status of {} is {}.", troubled.name(), database.status), None, [cited]);
    }
    if let Some(database) = troubled.database.filter(|_| troubled.trouble == Trouble::Locked) {
        let load = database.fact.load.iter().find(|series| series.metric.name == "DatabaseConnections");
        let risen = load.filter(|series| series.baseline.is_some_and(|usual| series.window.max > 1.5 * usual.max));
        if let Some(series) = risen {
            let cited = cite_series(database.evidence, "DatabaseConnections", &series.statistic);
            chain.link(
                format!("Its connections rose to {:.0}: clients that wait keep theirs.", series.window.max),
                None,
                [cited],
            );
        }
    }
    let statement = format!("The program logged: {}.", troubled.logged.headline().trim_end_matches('.'));
    chain.link(statement, Some(onset), [cite_error(&troubled.logged)]);
    chain.impact(case);
    chain.alarm(case);
    chain.finish()
}

fn summary(case: &Case<'_>, troubled: &Troubled<'_>) -> String {
    let mut text = format!(
        "{} fails because {} {}. First seen at {}, {} time(s) in the window.",
        case.name(),
        troubled.name(),
        troubled.predicate(),
        troubled.logged.first,
        troubled.logged.count
    );
    let available = troubled.database.is_some_and(|database| database.status == "available");
    if troubled.trouble == Trouble::Interrupted && available {
        text += " It is available again: what still fails holds connections from before, or an address that has moved.";
    }
    if let Some(introduced) = &troubled.introduced {
        text += &format!(" {}", introduced.statement(case.name()));
    }
    text
}

fn gaps(troubled: &Troubled<'_>) -> Vec<Gap> {
    match (troubled.trouble, troubled.event) {
        (Trouble::Interrupted, None) => vec![gap(
            "why the connections broke off",
            "RDS reports no failover, restart or maintenance of it about then",
            "read the database's own error log, and the idle timeouts of what lies between",
            true,
        )],
        (Trouble::Locked, _) => vec![gap(
            "which statement holds the locks",
            "the program logs who waits, and not who holds",
            "read performance_schema.data_lock_waits (MySQL) or pg_locks with pg_stat_activity, or switch on Performance Insights",
            true,
        )],
        (Trouble::Full, _) => vec![gap(
            "what filled the storage",
            "CloudWatch counts bytes and not tables",
            "read the sizes of tables, logs (binary logs, WAL of a replication slot) and temporary files",
            false,
        )],
        (Trouble::Interrupted, Some(_)) => Vec::new(),
    }
}
