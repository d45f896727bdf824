//! `describe_service`: an ECS service with its deployments, events and targets.

use futures::future::join_all;
use jiff::SignedDuration;
use marple_case::{Facts, Scope, Window, facts::Service};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ecs::{self, service},
    fault::Fault,
    load_balancer, stack,
    text::Command,
    tool::{Context, Findings, Tool},
    window::later,
};

mod rendering;

/// How long before the incident's window events are shown.
const BEFORE: SignedDuration = SignedDuration::from_hours(24);

/// Shows an ECS service: tasks wanted and running, deployments with their rollout, ECS's own events of the incident's window and the 24 h
/// before it, target groups, deployment circuit breaker, network and owning stack. By name, or by the target group that leads to it. Without
/// either: all services of the cluster or region, one line each.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The service's name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    /// The cluster's name or ARN. Default: found by looking through all clusters.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    /// The name or ARN of a target group: the services behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_group: Option<String>,
}

pub(crate) struct DescribeService;

impl Tool for DescribeService {
    const NAME: &'static str = "describe_service";
    const ACTIONS: &'static [&'static str] = &[
        "cloudformation:DescribeStackResources",
        "ecs:DescribeServices",
        "ecs:ListClusters",
        "ecs:ListServices",
        "elasticloadbalancing:DescribeTargetGroups",
    ];
    type Args = Args;

    fn normalise(args: &mut Args, scope: &Scope) -> Result<(), String> {
        if args.service.is_some() && args.target_group.is_some() {
            return Err("give service or target_group, not both: a target group finds its own services".to_owned());
        }
        if let (Some(service), None) = (&args.service, &args.cluster) {
            args.cluster = ecs::service::cluster_in(scope, service);
        }
        Ok(())
    }

    fn command(args: &Args, scope: &Scope) -> String {
        let command = match &args.service {
            Some(service) => Command::new("ecs", "describe-services").option("services", service),
            None => Command::new("ecs", "list-services"),
        };
        command.option_if("cluster", args.cluster.as_ref()).in_region(&scope.region)
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        match (&args.service, &args.target_group) {
            (Some(name), _) => one(name, args.cluster.as_deref(), context).await,
            (None, Some(group)) => behind(group, context).await,
            (None, None) => all(args.cluster.as_deref(), context).await,
        }
    }
}

/// The span of events that are shown.
pub(super) fn span(scope: &Scope) -> Window {
    Window { start: later(scope.window.start, -BEFORE), end: scope.window.end }
}

async fn one(name: &str, cluster: Option<&str>, context: Context<'_>) -> Result<Findings, Fault> {
    let services = service::named(name, cluster, context.clients).await?;
    if services.is_empty() {
        let place = cluster.map_or_else(
            || format!("in any cluster of {}", context.scope.region),
            |cluster| format!("in cluster {}", ecs::name_of(cluster)),
        );
        return Ok(Findings::nothing(format!("no ECS service named {} {place}", ecs::name_of(name))));
    }
    Ok(whole(services, context).await)
}

async fn behind(group: &str, context: Context<'_>) -> Result<Findings, Fault> {
    let wanted = load_balancer::Wanted::parse(group);
    let arn = match &wanted {
        load_balancer::Wanted::Arn(arn) => Some(arn.clone()),
        load_balancer::Wanted::Name(_) => load_balancer::group_named(&wanted, context.clients)
            .await?
            .and_then(|group| group.target_group_arn().map(str::to_owned)),
    };
    let Some(arn) = arn else {
        return Ok(Findings::nothing(format!("no target group named {group} in {}", context.scope.region)));
    };
    let found = service::behind(&[arn.as_str()], context.clients).await?;
    if found.services.is_empty() {
        let cut = if found.cut { " among those that were read (there are more)" } else { "" };
        return Ok(Findings::nothing(format!(
            "no ECS service of {} has the target group {arn}{cut}",
            context.scope.region
        )));
    }
    Ok(whole(found.services, context).await)
}

async fn whole(services: Vec<aws_sdk_ecs::types::Service>, context: Context<'_>) -> Findings {
    let span = span(context.scope);
    let mut facts: Vec<Service> = services.iter().map(|service| service::fact(service, span)).collect();
    // Not every service has the tag: CloudFormation itself knows better.
    let owners = join_all(facts.iter().map(|service| async {
        match &service.stack {
            Some(stack) => Ok(Some(stack.clone())),
            None => stack::owner(&service.arn, context).await,
        }
    }))
    .await;
    let mut text = String::new();
    for ((fact, service), owner) in facts.iter_mut().zip(&services).zip(&owners) {
        fact.stack = owner.clone().unwrap_or_default();
        text.push_str(&rendering::whole(fact, service, owner, span));
    }
    Findings::found(Facts::Services(facts), text)
}

async fn all(cluster: Option<&str>, context: Context<'_>) -> Result<Findings, Fault> {
    let place = cluster.map_or_else(|| context.scope.region.clone(), |cluster| format!("cluster {cluster}"));
    let found = match service::all(cluster, context.clients).await {
        Ok(found) => found,
        Err(fault) if fault.is_not_found() => {
            return Ok(Findings::nothing(format!("no {place} in {}", context.scope.region)));
        }
        Err(fault) => return Err(fault),
    };
    if found.services.is_empty() {
        return Ok(Findings::nothing(format!("no ECS service in {place}")));
    }
    let span = span(context.scope);
    let facts: Vec<Service> = found.services.iter().map(|service| service::fact(service, span)).collect();
    let text = rendering::list(&facts, &place, found.cut);
    Ok(Findings::found(Facts::Services(facts), text))
}
