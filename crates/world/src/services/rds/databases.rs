//! DescribeDBClusters and DescribeDBInstances.

use serde::Deserialize;
use serde_json::Value;

use super::SERVICE;
use super::filters::{self, Filter, FilterMembers};
use crate::services::resource::{self, Resource, text};
use crate::services::{ApiError, read_input};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

/// Clusters that exist by now.
pub(super) struct Clusters(Vec<Resource>);

/// Instances that exist by now.
pub(super) struct Instances(Vec<Resource>);

impl Parsed for Clusters {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        read(scenario, "world/rds/db-clusters.json", &CLUSTER).map(Self)
    }
}

impl Parsed for Instances {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        read(scenario, "world/rds/db-instances.json", &INSTANCE).map(Self)
    }
}

/// What distinguishes the two kinds of database resources.
struct Kind {
    /// In messages: `DBCluster`.
    noun: &'static str,
    list: &'static str,
    identifier: &'static str,
    arn: &'static str,
    created: &'static str,
    not_found: &'static str,
    filters: &'static [FilterMembers],
}

const CLUSTER: Kind = Kind {
    noun: "DBCluster",
    list: "DBClusters",
    identifier: "DBClusterIdentifier",
    arn: "DBClusterArn",
    created: "ClusterCreateTime",
    not_found: "DBClusterNotFoundFault",
    filters: &[
        ("clone-group-id", &["CloneGroupId"]),
        ("db-cluster-id", &["DBClusterIdentifier", "DBClusterArn"]),
        ("db-cluster-resource-id", &["DbClusterResourceId"]),
        ("domain", &[]),
        ("engine", &["Engine"]),
    ],
};

const INSTANCE: Kind = Kind {
    noun: "DBInstance",
    list: "DBInstances",
    identifier: "DBInstanceIdentifier",
    arn: "DBInstanceArn",
    created: "InstanceCreateTime",
    not_found: "DBInstanceNotFound",
    filters: &[
        ("db-cluster-id", &["DBClusterIdentifier"]),
        ("db-instance-id", &["DBInstanceIdentifier", "DBInstanceArn"]),
        ("dbi-resource-id", &["DbiResourceId"]),
        ("domain", &[]),
        ("engine", &["Engine"]),
    ],
};

#[derive(Deserialize)]
struct Describe {
    #[serde(rename = "DBClusterIdentifier", alias = "DBInstanceIdentifier")]
    identifier: Option<String>,
    #[serde(rename = "Filters", default)]
    filters: Vec<Filter>,
    #[serde(rename = "MaxRecords")]
    max_records: Option<i64>,
    #[serde(rename = "Marker")]
    marker: Option<String>,
}

pub(super) fn describe_db_clusters(world: &World, input: &Value) -> Result<Value, ApiError> {
    describe(&world.parsed::<Clusters>()?.0, &CLUSTER, input)
}

pub(super) fn describe_db_instances(world: &World, input: &Value) -> Result<Value, ApiError> {
    describe(&world.parsed::<Instances>()?.0, &INSTANCE, input)
}

fn read(scenario: &Scenario, path: &str, kind: &Kind) -> Result<Vec<Resource>, ScenarioError> {
    let mut databases = resource::read_list(scenario, &SERVICE, path, kind.list, &[kind.identifier])?;
    databases.retain(|database| resource::existed(database, kind.created, scenario.now));
    Ok(databases)
}

fn describe(databases: &[Resource], kind: &Kind, input: &Value) -> Result<Value, ApiError> {
    let describe: Describe = read_input(input)?;
    Filter::check(&describe.filters, kind.filters)?;
    let means = |database: &Resource, wanted: &str| {
        [kind.identifier, kind.arn]
            .iter()
            .any(|member| text(database, member).is_some_and(|held| held.eq_ignore_ascii_case(wanted)))
    };
    let named = describe.identifier.as_deref();
    if let Some(name) = named
        && !databases.iter().any(|database| means(database, name))
    {
        return Err(ApiError::sender(kind.not_found, format!("{} {name} not found.", kind.noun)).with_status(404));
    }
    let wanted = databases
        .iter()
        .filter(|database| named.is_none_or(|name| means(database, name)))
        .filter(|database| Filter::all_pass(&describe.filters, kind.filters, database))
        .cloned()
        .collect();
    filters::pages(wanted, describe.max_records, describe.marker.as_deref(), kind.list)
}
