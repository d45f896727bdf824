//! ListClusters and DescribeClusters; the cluster that other requests mean.

use serde::Deserialize;
use serde_json::{Value, json};

use super::request::{self, MOST_RESULTS, leave_out, missing, pages};
use super::services::Services;
use super::tasks::Tasks;
use super::{SERVICE, services};
use crate::services::resource::{self, Resource, is, text};
use crate::services::{ApiError, read_input};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

const FILE: &str = "world/ecs/clusters.json";
/// What DescribeClusters takes at most.
const MOST_DESCRIBED: usize = 100;
/// The cluster of a request that names none.
const DEFAULT: &str = "default";

/// Clusters in the order of their file.
pub(super) struct Clusters(pub(super) Vec<Resource>);

impl Parsed for Clusters {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let mut clusters = resource::read_list(scenario, &SERVICE, FILE, "clusters", &["clusterArn", "clusterName"])?;
        for cluster in &mut clusters {
            cluster.entry("status").or_insert_with(|| "ACTIVE".into());
        }
        Ok(Self(clusters))
    }
}

impl Clusters {
    /// The ARN of the cluster that a name, an ARN or nothing (`default`) means.
    ///
    /// # Errors
    /// ClusterNotFoundException.
    pub(super) fn arn(&self, name_or_arn: Option<&str>) -> Result<&str, ApiError> {
        let cluster = self.find(name_or_arn.unwrap_or(DEFAULT)).ok_or_else(|| not_found("Cluster not found."))?;
        if is(cluster, "status", "INACTIVE") {
            return Err(not_found("The referenced cluster was inactive."));
        }
        text(cluster, "clusterArn").ok_or_else(|| not_found("Cluster not found."))
    }

    fn find(&self, name_or_arn: &str) -> Option<&Resource> {
        self.0.iter().find(|cluster| is(cluster, "clusterName", name_or_arn) || is(cluster, "clusterArn", name_or_arn))
    }

    /// Refuses services or tasks of a cluster that the world has not.
    pub(super) fn check_members(&self, file: &str, members: &[Resource], arn: &str) -> Result<(), ScenarioError> {
        let known = |member: &&Resource| text(member, "clusterArn").is_some_and(|arn| self.find(arn).is_some());
        match members.iter().find(|member| !known(member)) {
            Some(stray) => {
                let cluster = text(stray, "clusterArn").unwrap_or_default();
                let what = format!("{} is in {cluster}, which is not in {FILE}", text(stray, arn).unwrap_or_default());
                Err(ScenarioError::Invalid { file: file.to_owned(), what })
            }
            None => Ok(()),
        }
    }
}

/// The name at the end of a cluster's ARN.
pub(super) fn name_in(cluster_arn: &str) -> &str {
    cluster_arn.rsplit('/').next().unwrap_or(cluster_arn)
}

fn not_found(message: &str) -> ApiError {
    ApiError::sender("ClusterNotFoundException", message)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListClusters {
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct DescribeClusters {
    #[serde(default)]
    clusters: Vec<String>,
    #[serde(default)]
    include: Vec<String>,
}

pub(super) fn list_clusters(world: &World, input: &Value) -> Result<Value, ApiError> {
    let list: ListClusters = read_input(input)?;
    let clusters = world.parsed::<Clusters>()?;
    let arns = clusters.0.iter().filter(|cluster| !is(cluster, "status", "INACTIVE"));
    let arns = arns.filter_map(|cluster| text(cluster, "clusterArn")).map(str::to_owned).collect();
    pages(arns, (list.max_results, MOST_RESULTS), list.next_token.as_deref(), "clusterArns")
}

pub(super) fn describe_clusters(world: &World, input: &Value) -> Result<Value, ApiError> {
    let DescribeClusters { mut clusters, include } = read_input(input)?;
    if clusters.is_empty() {
        clusters.push(DEFAULT.to_owned());
    }
    request::check_length("Clusters", &clusters, MOST_DESCRIBED)?;
    let known = world.parsed::<Clusters>()?;
    let (mut described, mut failures) = (Vec::new(), Vec::new());
    for wanted in &clusters {
        match known.find(wanted) {
            Some(cluster) => described.push(Value::Object(describe(world, cluster.clone(), &include)?)),
            None if wanted.starts_with("arn:") => failures.push(missing(wanted)),
            None => failures.push(missing(arn_of(world, "cluster", wanted))),
        }
    }
    Ok(json!({"clusters": described, "failures": failures}))
}

/// The ARN that a resource of the world's account and region would have.
pub(super) fn arn_of(world: &World, kind: &str, path: &str) -> String {
    let scenario = world.scenario();
    format!("arn:aws:ecs:{}:{}:{kind}/{path}", scenario.region, scenario.account)
}

/// A cluster with its counts, where the file leaves them out, and what `include` asks for.
fn describe(world: &World, mut cluster: Resource, include: &[String]) -> Result<Resource, ApiError> {
    let arn = text(&cluster, "clusterArn").unwrap_or_default().to_owned();
    let tasks = world.parsed::<Tasks>()?;
    let in_state = |state: &str| tasks.of_cluster(&arn).filter(|task| is(task, "lastStatus", state)).count();
    let services = world.parsed::<Services>()?;
    let active_services = services.of_cluster(&arn).filter(|service| is(service, "status", services::ACTIVE)).count();
    let counts = [
        ("activeServicesCount", active_services),
        ("pendingTasksCount", in_state("PENDING")),
        ("registeredContainerInstancesCount", 0),
        ("runningTasksCount", in_state("RUNNING")),
    ];
    for (member, count) in counts {
        cluster.entry(member).or_insert_with(|| count.into());
    }
    for (asked, member) in [("ATTACHMENTS", "attachments"), ("CONFIGURATIONS", "configuration")] {
        leave_out(&mut cluster, include, asked, member);
    }
    for (asked, member) in [("SETTINGS", "settings"), ("STATISTICS", "statistics"), ("TAGS", "tags")] {
        leave_out(&mut cluster, include, asked, member);
        cluster.entry(member).or_insert_with(|| json!([]));
    }
    Ok(cluster)
}
