//! `describe_database`: RDS and Aurora, with what happened to them and how busy they were.

use futures::{future::join_all, join};
use jiff::{SignedDuration, Timestamp};
use marple_case::{
    Facts, ResourceKind, Scope, Window,
    facts::{Database, DatabaseEvent, Databases, MetricId, Series},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    database::{self, Found},
    fault::Fault,
    metrics::query::{self, Wanted},
    text::Command,
    time,
    tool::{Context, Findings, Tool},
};

mod rendering;
#[cfg(test)]
mod tests;

/// RDS keeps events for 14 days, and refuses to be asked for older ones.
const EVENTS_KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What tells how busy a database is: metric and statistic.
const LOAD: [(&str, &str); 5] = [
    ("DatabaseConnections", "Average"),
    ("DatabaseConnections", "Maximum"),
    ("CPUUtilization", "Average"),
    ("CPUUtilization", "Maximum"),
    ("FreeableMemory", "Minimum"),
];

/// The free disk, which Aurora has none of: shown where it is measured.
const FREE_DISK: (&str, &str) = ("FreeStorageSpace", "Minimum");

/// Shows an RDS or Aurora database: status, disk, endpoints, members, events in the incident's window, and its connections, CPU, freeable
/// memory and free disk there and in the baseline. By identifier, or by the host name that a client is configured with. Without: all, one line each.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// A cluster's or instance's identifier or ARN, or the host name of one of its endpoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

pub(crate) struct DescribeDatabase;

impl Tool for DescribeDatabase {
    const NAME: &'static str = "describe_database";
    const ACTIONS: &'static [&'static str] =
        &["cloudwatch:GetMetricData", "rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:DescribeEvents"];
    type Args = Args;

    fn normalise(_: &mut Args, _: &Scope) -> Result<(), String> {
        Ok(())
    }

    fn command(args: &Args, scope: &Scope) -> String {
        // A host name's first label is the identifier of the cluster or instance.
        let id =
            args.id.as_deref().map(|id| if id.starts_with("arn:") { id } else { id.split('.').next().unwrap_or(id) });
        let is_instance = args.id.as_deref().is_some_and(|id| id.contains(".rds.") && !id.contains(".cluster-"));
        let command = match is_instance {
            true => Command::new("rds", "describe-db-instances").option_if("db-instance-identifier", id),
            false => Command::new("rds", "describe-db-clusters").option_if("db-cluster-identifier", id),
        };
        command.in_region(&scope.region)
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        let found = database::all(context).await;
        match &args.id {
            Some(id) => wanted(id, found, context).await,
            None => all(found, context),
        }
    }
}

/// The sort of databases that could not be read, where the other one was.
type Missing<'a> = Option<&'a (&'static str, Fault)>;

/// What was read, clusters first, each with its custom endpoints; and the sort that was not.
type Readable = (Vec<(Database, Vec<String>)>, Option<(&'static str, Fault)>);

/// What could be read. Where nothing could, the fault.
fn readable(found: Found) -> Result<Readable, Fault> {
    let plain = |instances: Vec<Database>| instances.into_iter().map(|instance| (instance, Vec::new()));
    match (found.clusters, found.instances) {
        (Ok(mut clusters), Ok(instances)) => {
            clusters.extend(plain(instances));
            Ok((clusters, None))
        }
        (Ok(clusters), Err(fault)) => Ok((clusters, Some(("instances", fault)))),
        (Err(fault), Ok(instances)) => Ok((plain(instances).collect(), Some(("clusters", fault)))),
        (Err(fault), Err(_)) => Err(fault),
    }
}

fn all(found: Found, context: Context<'_>) -> Result<Findings, Fault> {
    let (databases, missing) = readable(found)?;
    let databases: Vec<Database> = databases.into_iter().map(|(database, _)| database).collect();
    let text = rendering::list(&databases, missing.as_ref(), &context.scope.region);
    match (databases.is_empty(), missing) {
        (true, Some((_, fault))) => Err(fault),
        (true, None) => Ok(Findings::nothing(text)),
        (false, _) => Ok(Findings::found(Facts::Databases(Databases { databases }), text)),
    }
}

/// What was read of one database beyond its description.
struct Around {
    events: Result<Vec<DatabaseEvent>, Fault>,
    load: Result<Vec<Series>, Fault>,
}

async fn wanted(id: &str, found: Found, context: Context<'_>) -> Result<Findings, Fault> {
    let (databases, missing) = readable(found)?;
    let chosen = chosen(id, databases);
    if chosen.is_empty() {
        // What was not read may hold it: "there is none" would be a guess.
        return match missing {
            Some((_, fault)) => Err(fault),
            None => Ok(Findings::nothing(format!(
                "no database cluster or instance in {} has the identifier or endpoint {id}",
                context.scope.region
            ))),
        };
    }
    let around = join_all(chosen.iter().map(|database| around(database, context))).await;
    let mut text = String::new();
    let mut databases = Vec::with_capacity(chosen.len());
    for (mut database, around) in chosen.into_iter().zip(around) {
        text.push_str(&rendering::whole(&database, &around, context.scope));
        database.events = around.events.unwrap_or_default();
        database.load = around.load.unwrap_or_default();
        databases.push(database);
    }
    if let Some((sort, fault)) = &missing {
        text.push_str(&rendering::unread(sort, fault));
    }
    Ok(Findings::found(Facts::Databases(Databases { databases }), text))
}

/// The databases that `id` means: what has that name or endpoint and, of a cluster, its instances.
fn chosen(id: &str, databases: Vec<(Database, Vec<String>)>) -> Vec<Database> {
    let id = id.trim().trim_end_matches('.').to_ascii_lowercase();
    let host = match id.starts_with("arn:") {
        true => id.as_str(),
        false => id.split(':').next().unwrap_or(&id),
    };
    let is_named = |database: &Database, custom: &[String]| {
        let endpoints = database.endpoint.iter().chain(&database.reader_endpoint).chain(custom);
        let mut names = endpoints.map(String::as_str).chain([database.id.as_str(), database.arn.as_str()]);
        names.any(|name| name.eq_ignore_ascii_case(host))
    };
    let is_cluster = |database: &Database| database.kind == ResourceKind::DbCluster;
    let named: Vec<String> = databases
        .iter()
        .filter(|(database, custom)| is_cluster(database) && is_named(database, custom))
        .map(|(database, _)| database.id.clone())
        .collect();
    let is_member =
        |database: &Database| !is_cluster(database) && database.members.iter().any(|cluster| named.contains(cluster));
    let chosen = databases.into_iter().filter(|(database, custom)| is_named(database, custom) || is_member(database));
    chosen.map(|(database, _)| database).collect()
}

async fn around(database: &Database, context: Context<'_>) -> Around {
    let (events, load) = join!(events(database, context), load(database, context));
    Around { events, load }
}

async fn events(database: &Database, context: Context<'_>) -> Result<Vec<DatabaseEvent>, Fault> {
    let Some(span) = kept(context.scope.window, context.scope.now) else { return Ok(Vec::new()) };
    let event = |event: aws_sdk_rds::types::Event| {
        let at = event.date().and_then(time::timestamp)?;
        Some(DatabaseEvent { at, message: event.message.unwrap_or_default() })
    };
    let mut events: Vec<_> =
        database::events(Some(database), span, context).await?.into_iter().filter_map(event).collect();
    events.sort_by_key(|event| event.at);
    Ok(events)
}

/// The part of a span of which RDS still has events. `None`: there is none.
pub(super) fn kept(span: Window, now: Timestamp) -> Option<Window> {
    let oldest = now.checked_sub(EVENTS_KEPT).unwrap_or(span.start);
    let kept = Window { start: span.start.max(oldest), end: span.end };
    (kept.start < kept.end).then_some(kept)
}

async fn load(database: &Database, context: Context<'_>) -> Result<Vec<Series>, Fault> {
    let scope = context.scope;
    let dimension = match database.kind {
        ResourceKind::DbCluster => "DBClusterIdentifier",
        _ => "DBInstanceIdentifier",
    };
    let wanted = LOAD.into_iter().chain([FREE_DISK]).map(|(name, statistic)| Wanted {
        metric: MetricId {
            namespace: "AWS/RDS".to_owned(),
            name: name.to_owned(),
            dimensions: [(dimension.to_owned(), database.id.clone())].into(),
        },
        statistic: statistic.to_owned(),
    });
    let wanted: Vec<Wanted> = wanted.collect();
    let period_s = query::period(scope.window, None, scope.now);
    let mut load = query::read(context.clients, &wanted, scope.window, Some(scope.baseline), period_s).await?;
    load.retain(|series| series.metric.name != FREE_DISK.0 || series.window.points > 0);
    Ok(load)
}
