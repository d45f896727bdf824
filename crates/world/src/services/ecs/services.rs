//! ListServices and DescribeServices.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::SERVICE;
use super::clusters::{self, Clusters};
use super::request::{self, invalid, leave_out, missing, pages};
use crate::services::resource::{self, Resource, existed, is, items, text, time};
use crate::services::{ApiError, read_input};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

pub(super) const FILE: &str = "world/ecs/services.json";
/// The status of a service that is neither draining nor deleted.
pub(super) const ACTIVE: &str = "ACTIVE";
/// A page of ListServices without `maxResults`.
const USUAL_RESULTS: i64 = 10;
/// What DescribeServices takes at most.
const MOST_DESCRIBED: usize = 10;
/// ECS keeps the latest events of a service.
const EVENTS_KEPT: usize = 100;

/// Services that exist by now, with the deployments and events of until then, both newest first.
pub(super) struct Services(pub(super) Vec<Resource>);

impl Parsed for Services {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let now = scenario.now;
        let required = ["serviceArn", "serviceName", "clusterArn"];
        let mut services = resource::read_list(scenario, &SERVICE, FILE, "services", &required)?;
        services.retain(|service| existed(service, "createdAt", now));
        for service in &mut services {
            service.entry("status").or_insert_with(|| ACTIVE.into());
            for list in ["deployments", "events"] {
                keep_past(service, list, now);
            }
            if let Some(Value::Array(events)) = service.get_mut("events") {
                events.truncate(EVENTS_KEPT);
            }
            let name = text(service, "serviceName").unwrap_or_default();
            for deployment in items(service, "deployments") {
                resource::refuse_later(deployment, (FILE, &format!("a deployment of {name}")), &["updatedAt"], now)?;
            }
        }
        Ok(Self(services))
    }
}

/// Leaves out what was created after `now`; the newest comes first.
fn keep_past(service: &mut Resource, list: &str, now: Timestamp) {
    let created = |item: &Value| item.as_object().and_then(|item| time(item, "createdAt"));
    if let Some(Value::Array(items)) = service.get_mut(list) {
        items.retain(|item| created(item).is_none_or(|created| created <= now));
        items.sort_by_key(|item| Reverse(created(item)));
    }
}

impl Services {
    /// The services of a cluster, deleted ones too.
    pub(super) fn of_cluster(&self, arn: &str) -> impl Iterator<Item = &Resource> {
        self.0.iter().filter(move |service| is(service, "clusterArn", arn))
    }

    /// The service of a cluster that a name or an ARN means.
    pub(super) fn find(&self, cluster: &str, name_or_arn: &str) -> Option<&Resource> {
        self.of_cluster(cluster)
            .find(|service| is(service, "serviceName", name_or_arn) || is(service, "serviceArn", name_or_arn))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListServices {
    cluster: Option<String>,
    launch_type: Option<String>,
    scheduling_strategy: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct DescribeServices {
    cluster: Option<String>,
    services: Vec<String>,
    #[serde(default)]
    include: Vec<String>,
}

pub(super) fn list_services(world: &World, input: &Value) -> Result<Value, ApiError> {
    let list: ListServices = read_input(input)?;
    let clusters = world.parsed::<Clusters>()?;
    let cluster = clusters.arn(list.cluster.as_deref())?;
    let wanted = |service: &&Resource| {
        let has = |member: &str, asked: &Option<String>| asked.as_ref().is_none_or(|asked| is(service, member, asked));
        !is(service, "status", "INACTIVE")
            && has("launchType", &list.launch_type)
            && has("schedulingStrategy", &list.scheduling_strategy)
    };
    let services = world.parsed::<Services>()?;
    let arns = services.of_cluster(cluster).filter(wanted).filter_map(|service| text(service, "serviceArn"));
    let arns = arns.map(str::to_owned).collect();
    pages(arns, (list.max_results, USUAL_RESULTS), list.next_token.as_deref(), "serviceArns")
}

pub(super) fn describe_services(world: &World, input: &Value) -> Result<Value, ApiError> {
    let DescribeServices { cluster, services: wanted, include } = read_input(input)?;
    let clusters = world.parsed::<Clusters>()?;
    let cluster = clusters.arn(cluster.as_deref())?;
    request::check_length("Services", &wanted, MOST_DESCRIBED)?;
    let services = world.parsed::<Services>()?;
    let (mut described, mut failures) = (Vec::new(), Vec::new());
    for wanted in &wanted {
        check_cluster(cluster, wanted)?;
        match services.find(cluster, wanted) {
            Some(service) => {
                let mut service = service.clone();
                leave_out(&mut service, &include, "TAGS", "tags");
                described.push(Value::Object(service));
            }
            None if wanted.starts_with("arn:") => failures.push(missing(wanted)),
            None => {
                let path = format!("{}/{wanted}", clusters::name_in(cluster));
                failures.push(missing(clusters::arn_of(world, "service", &path)));
            }
        }
    }
    Ok(json!({"services": described, "failures": failures}))
}

/// Refuses the ARN of a service or task in another cluster: `arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID`.
pub(super) fn check_cluster(cluster: &str, name_or_arn: &str) -> Result<(), ApiError> {
    let yours = clusters::name_in(cluster);
    let parts: Vec<&str> = name_or_arn.split('/').collect();
    match parts.as_slice() {
        [arn, theirs, _] if arn.starts_with("arn:") && *theirs != yours => {
            Err(invalid(format!("Invalid identifier: Identifier is for cluster {theirs}. Your cluster is {yours}")))
        }
        _ => Ok(()),
    }
}
