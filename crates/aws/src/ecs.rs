//! ECS: the SDK's services, tasks and task definitions made facts, and the calls that several tools make.
//!
//! - [`service`]: services, found by name, by target group, or all of a cluster;
//! - [`task`]: tasks, running and stopped;
//! - [`revision`]: revisions of task definitions, and how two of them differ.
//!
//! ECS names things by ARN; here they have the names that people use: a cluster's name, `family:revision`, a task's id.

use crate::{
    clients::Clients,
    fault::{Asked, Fault},
};

pub(crate) mod revision;
pub(crate) mod service;
pub(crate) mod task;

/// Clusters that are listed at most.
const CLUSTERS: usize = 100;

/// The last part of an ARN of ECS (`family:revision`, a cluster's, service's or task's name), or the name as it is.
pub(crate) fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The cluster in a service's or task's ARN: `…:service/CLUSTER/NAME`. `None`: the old form without it, or no ARN.
pub(crate) fn cluster_of(arn: &str) -> Option<&str> {
    let mut parts = arn.strip_prefix("arn:")?.split('/').skip(1);
    let (cluster, name) = (parts.next(), parts.next());
    name.and(cluster)
}

/// The ARNs of the region's clusters.
pub(crate) async fn clusters(clients: &Clients) -> Result<Vec<String>, Fault> {
    let mut arns = Vec::new();
    let mut token = None;
    loop {
        let page = clients.ecs().list_clusters().set_next_token(token).send().await.asked("ecs:ListClusters")?;
        arns.extend(page.cluster_arns.unwrap_or_default());
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() || arns.len() >= CLUSTERS {
            return Ok(arns);
        }
    }
}

fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

fn owned(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{cluster_of, name_of};

    #[test]
    fn an_arn_tells_name_and_cluster_and_the_old_form_no_cluster() {
        let arn = |rest: &str| format!("arn:aws:ecs:us-east-1:111122223333:{rest}");
        assert_eq!(cluster_of(&arn("service/prod/shop")), Some("prod"));
        assert_eq!(cluster_of(&arn("service/shop")), None);
        assert_eq!(cluster_of("prod/shop"), None);
        assert_eq!(name_of(&arn("task-definition/shop:12")), "shop:12");
        assert_eq!(name_of("shop"), "shop");
    }
}
