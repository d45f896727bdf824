//! `describe_load_balancer`: a load balancer with its routes, target groups, targets' health and load.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{LoadBalancer as SdkBalancer, TargetGroup as SdkGroup};
use futures::{future::join_all, join};
use marple_case::{
    Facts, Scope,
    facts::{LoadBalancer, MetricId, Series, Target, TargetGroup},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    fault::Fault,
    load_balancer::{self, Wanted, dimension, route},
    metrics::query,
    text::Command,
    tool::{Context, Findings, Tool},
};

mod rendering;

/// Target groups that are looked at closely, at most.
const GROUPS: usize = 10;

/// What tells how a load balancer fares: metric and statistic.
const LOAD: [(&str, &str); 5] = [
    ("RequestCount", "Sum"),
    ("HTTPCode_Target_5XX_Count", "Sum"),
    ("HTTPCode_ELB_5XX_Count", "Sum"),
    ("TargetResponseTime", "Average"),
    ("TargetResponseTime", "Maximum"),
];

/// Of which sort the load balancer's own errors are; shown where there are any. AWS's documentation: 502 a target closed the connection or
/// answered nonsense, 503 no target, 504 no answer in time.
const OWN_ERRORS: [(&str, &str); 4] = [
    ("HTTPCode_ELB_502_Count", "Sum"),
    ("HTTPCode_ELB_503_Count", "Sum"),
    ("HTTPCode_ELB_504_Count", "Sum"),
    ("TargetConnectionErrorCount", "Sum"),
];

/// The same for a target group: errors of the load balancer's own are counted for the load balancer alone.
const GROUP_LOAD: [(&str, &str); 6] = [
    ("RequestCount", "Sum"),
    ("HTTPCode_Target_5XX_Count", "Sum"),
    ("TargetResponseTime", "Average"),
    ("TargetResponseTime", "Maximum"),
    ("UnHealthyHostCount", "Maximum"),
    ("HealthyHostCount", "Minimum"),
];

/// Shows a load balancer (ELBv2): state, listeners and rules, target groups with each target's health and ELB's reason for it, whether
/// access logs are written, and requests, errors and response times over the incident's window and the baseline. By its own name or ARN,
/// or by one of its target groups. Without: all, one line each.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The load balancer's name, or CloudWatch's dimension app/NAME/ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// A target group's name, ARN, or CloudWatch's dimension targetgroup/NAME/ID: its load balancers.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_group: Option<String>,
    /// The load balancer's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<String>,
}

pub(crate) struct DescribeLoadBalancer;

impl Tool for DescribeLoadBalancer {
    const NAME: &'static str = "describe_load_balancer";
    const ACTIONS: &'static [&'static str] = &[
        "cloudwatch:GetMetricData",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
    ];
    const SHOWN_BYTES: usize = 8 * 1024;
    type Args = Args;

    fn normalise(args: &mut Args, _: &Scope) -> Result<(), String> {
        let given = [&args.name, &args.target_group, &args.arn].into_iter().flatten().count();
        if given > 1 {
            return Err("give one of name, target_group and arn".to_owned());
        }
        // Models put an ARN where it fits by its words.
        let arn = args.arn.as_ref().or(args.name.as_ref()).filter(|arn| arn.contains(":targetgroup/")).cloned();
        if arn.is_some() {
            (args.name, args.arn, args.target_group) = (None, None, arn);
        }
        Ok(())
    }

    fn command(args: &Args, scope: &Scope) -> String {
        let wanted = args.arn.as_ref().or(args.name.as_ref()).map(|text| Wanted::parse(text));
        let group = args.target_group.as_ref().map(|text| Wanted::parse(text));
        let command = match (wanted, group) {
            (Some(Wanted::Name(name)), _) => Command::new("elbv2", "describe-load-balancers").option("names", name),
            (Some(Wanted::Arn(arn)), _) => {
                Command::new("elbv2", "describe-load-balancers").option("load-balancer-arns", arn)
            }
            (None, Some(Wanted::Name(name))) => Command::new("elbv2", "describe-target-groups").option("names", name),
            (None, Some(Wanted::Arn(arn))) => {
                Command::new("elbv2", "describe-target-health").option("target-group-arn", arn)
            }
            (None, None) => Command::new("elbv2", "describe-load-balancers"),
        };
        command.in_region(&scope.region)
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        if let Some(group) = &args.target_group {
            return of_group(group, context).await;
        }
        let wanted = args.arn.as_ref().or(args.name.as_ref());
        let region = &context.scope.region;
        match wanted.map(|text| Wanted::parse(text)) {
            None => all(context).await,
            Some(wanted) => match load_balancer::balancers(Some(&wanted), context.clients).await {
                Ok((found, _)) if !found.is_empty() => whole(&found, context).await,
                Err(fault) if !fault.is_not_found() => Err(fault),
                _ => Ok(Findings::nothing(format!(
                    "no load balancer {} in {region}",
                    args.name.as_ref().or(args.arn.as_ref()).map_or("", String::as_str)
                ))),
            },
        }
    }
}

async fn all(context: Context<'_>) -> Result<Findings, Fault> {
    let (balancers, complete) = load_balancer::balancers(None, context.clients).await?;
    if balancers.is_empty() {
        return Ok(Findings::nothing(format!("no load balancer in {}", context.scope.region)));
    }
    let facts: Vec<LoadBalancer> = balancers.iter().map(load_balancer::balancer).collect();
    let text = rendering::list(&facts, complete, &context.scope.region);
    Ok(Findings::found(Facts::LoadBalancers(facts), text))
}

async fn of_group(group: &str, context: Context<'_>) -> Result<Findings, Fault> {
    let region = &context.scope.region;
    let Some(found) = load_balancer::group_named(&Wanted::parse(group), context.clients).await? else {
        return Ok(Findings::nothing(format!("no target group {group} in {region}")));
    };
    let mut balancers = Vec::new();
    for arn in found.load_balancer_arns() {
        balancers.extend(load_balancer::balancers(Some(&Wanted::Arn(arn.clone())), context.clients).await?.0);
    }
    if balancers.is_empty() {
        return Ok(Findings::nothing(format!(
            "target group {group} in {region} belongs to no load balancer: no request reaches its targets through one"
        )));
    }
    whole(&balancers, context).await
}

/// What stands around a load balancer, each part as far as it could be read.
struct Around {
    attributes: Result<Vec<(String, String)>, Fault>,
    routes: Result<Vec<String>, Fault>,
    groups: Result<Vec<Group>, Fault>,
    load: Result<Vec<Series>, Fault>,
}

/// A target group with its targets and load, each as far as it could be read.
struct Group {
    fact: TargetGroup,
    targets: Result<Vec<Target>, Fault>,
    load: Result<Vec<Series>, Fault>,
}

async fn whole(balancers: &[SdkBalancer], context: Context<'_>) -> Result<Findings, Fault> {
    let read = join_all(balancers.iter().map(|balancer| around(balancer, context))).await;
    let (mut text, mut facts) = (String::new(), Vec::with_capacity(balancers.len()));
    for (sdk, around) in balancers.iter().zip(read) {
        let mut fact = load_balancer::balancer(sdk);
        let attribute = |key: &str| {
            let pairs = around.attributes.as_ref().ok()?;
            pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
        };
        fact.access_logs = attribute("access_logs.s3.enabled").map(|value| value == "true");
        fact.idle_timeout_s = attribute("idle_timeout.timeout_seconds").and_then(|value| value.parse().ok());
        text.push_str(&rendering::whole(&fact, sdk, &around, context.scope));
        fact.routes = around.routes.unwrap_or_default();
        fact.load = around.load.unwrap_or_default();
        let with_parts = |group: Group| TargetGroup {
            targets: group.targets.unwrap_or_default(),
            load: group.load.unwrap_or_default(),
            ..group.fact
        };
        fact.target_groups = around.groups.unwrap_or_default().into_iter().map(with_parts).collect();
        facts.push(fact);
    }
    Ok(Findings::found(Facts::LoadBalancers(facts), text))
}

async fn around(balancer: &SdkBalancer, context: Context<'_>) -> Around {
    let arn = balancer.load_balancer_arn().unwrap_or_default();
    // The metrics of network and gateway load balancers have other names.
    let is_application = balancer.r#type().is_some_and(|kind| kind.as_str() == "application");
    let own = [("LoadBalancer", dimension(arn))];
    let wanted: Vec<(&str, &str)> = LOAD.into_iter().chain(OWN_ERRORS).collect();
    let (attributes, routes, groups, load) = join!(
        load_balancer::attributes(arn, context.clients),
        route::of(arn, context.clients),
        groups(arn, is_application, context),
        load(&wanted, &own, is_application, context),
    );
    Around { attributes, routes, groups, load }
}

async fn groups(balancer: &str, is_application: bool, context: Context<'_>) -> Result<Vec<Group>, Fault> {
    let groups = load_balancer::groups_of(balancer, context.clients).await?;
    let read = groups.iter().take(GROUPS).map(|one| group(one, balancer, is_application, context));
    Ok(join_all(read).await)
}

async fn group(group: &SdkGroup, balancer: &str, is_application: bool, context: Context<'_>) -> Group {
    let fact = load_balancer::group(group);
    let own = [("LoadBalancer", dimension(balancer)), ("TargetGroup", dimension(&fact.arn))];
    let (targets, load) =
        join!(load_balancer::targets(&fact.arn, context.clients), load(&GROUP_LOAD, &own, is_application, context));
    Group { fact, targets, load }
}

async fn load(
    wanted: &[(&str, &str)],
    dimensions: &[(&str, &str)],
    is_application: bool,
    context: Context<'_>,
) -> Result<Vec<Series>, Fault> {
    if !is_application {
        return Ok(Vec::new());
    }
    let dimensions: BTreeMap<String, String> =
        dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let one = |(name, statistic): &(&str, &str)| query::Wanted {
        metric: MetricId {
            namespace: "AWS/ApplicationELB".to_owned(),
            name: (*name).to_owned(),
            dimensions: dimensions.clone(),
        },
        statistic: (*statistic).to_owned(),
    };
    let wanted: Vec<query::Wanted> = wanted.iter().map(one).collect();
    let scope = context.scope;
    let period_s = query::period(scope.window, None, scope.now);
    let mut load = query::read(context.clients, &wanted, scope.window, Some(scope.baseline), period_s).await?;
    let is_own_error = |series: &Series| OWN_ERRORS.iter().any(|(name, _)| *name == series.metric.name);
    load.retain(|series| !is_own_error(series) || series.window.points > 0);
    Ok(load)
}
