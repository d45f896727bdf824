//! Probes that need no resource. What they find, the others ask about.

use aws_sdk_cloudwatch::types::{Metric, MetricDataQuery, MetricStat};
use futures::future::FutureExt;
use jiff::SignedDuration;

use super::{Probe, sample::keep};
use crate::fault::Asked as _;

/// The smallest page that RDS gives.
const RDS_PAGE: i32 = 20;

/// A probe: `probe!("logs:DescribeLogGroups", |clients, sample| { … })`, with a block that may use `?` on faults.
macro_rules! probe {
    ($action:literal, |$clients:pat_param, $sample:pat_param, $named:ident| $call:expr) => {
        $crate::doctor::Probe {
            action: $action,
            ask: |$clients, $sample| {
                async move {
                    let $named = $action;
                    $call;
                    Ok::<(), $crate::fault::Fault>(())
                }
                .boxed()
            },
        }
    };
}
pub(super) use probe;

pub(super) const PROBES: &[Probe] = &[
    probe!("cloudformation:DescribeStacks", |clients, sample, action| {
        let answer = clients.cloudformation().describe_stacks().send().await.asked(action)?;
        keep(answer.stacks().first().and_then(|stack| stack.stack_name()), &sample.stack);
    }),
    probe!("cloudtrail:LookupEvents", |clients, _, action| {
        clients.cloudtrail().lookup_events().max_results(1).send().await.asked(action)?
    }),
    probe!("cloudwatch:DescribeAlarms", |clients, sample, action| {
        let answer = clients.cloudwatch().describe_alarms().max_records(1).send().await.asked(action)?;
        keep(answer.metric_alarms().first().and_then(|alarm| alarm.alarm_name()), &sample.alarm);
    }),
    probe!("cloudwatch:GetMetricData", |clients, sample, action| {
        let metric = Metric::builder().namespace("AWS/Lambda").metric_name("Invocations").build();
        let statistic = MetricStat::builder().metric(metric).period(60).stat("Sum").build();
        let one = MetricDataQuery::builder().id("one").metric_stat(statistic).build();
        let asked = clients.cloudwatch().get_metric_data().metric_data_queries(one);
        asked.start_time(sample.ago(SignedDuration::from_mins(1))).end_time(sample.now()).send().await.asked(action)?
    }),
    probe!("cloudwatch:ListMetrics", |clients, _, action| {
        let asked = clients.cloudwatch().list_metrics().namespace("AWS/Lambda").metric_name("Invocations");
        asked.send().await.asked(action)?
    }),
    probe!("ecs:ListClusters", |clients, sample, action| {
        let answer = clients.ecs().list_clusters().max_results(1).send().await.asked(action)?;
        keep(answer.cluster_arns().first().map(String::as_str), &sample.cluster);
    }),
    probe!("ecs:ListTaskDefinitions", |clients, sample, action| {
        let answer = clients.ecs().list_task_definitions().max_results(1).send().await.asked(action)?;
        keep(answer.task_definition_arns().first().map(String::as_str), &sample.task_definition);
    }),
    probe!("elasticloadbalancing:DescribeLoadBalancers", |clients, sample, action| {
        let answer = clients.load_balancers().describe_load_balancers().page_size(1).send().await.asked(action)?;
        keep(answer.load_balancers().first().and_then(|one| one.load_balancer_arn()), &sample.load_balancer);
    }),
    probe!("elasticloadbalancing:DescribeTargetGroups", |clients, sample, action| {
        let answer = clients.load_balancers().describe_target_groups().page_size(1).send().await.asked(action)?;
        keep(answer.target_groups().first().and_then(|one| one.target_group_arn()), &sample.target_group);
    }),
    probe!("lambda:ListEventSourceMappings", |clients, _, action| {
        clients.lambda().list_event_source_mappings().max_items(1).send().await.asked(action)?
    }),
    probe!("lambda:ListFunctions", |clients, sample, action| {
        let answer = clients.lambda().list_functions().max_items(1).send().await.asked(action)?;
        keep(answer.functions().first().and_then(|function| function.function_name()), &sample.function);
    }),
    probe!("logs:DescribeLogGroups", |clients, sample, action| {
        let answer = clients.logs().describe_log_groups().limit(1).send().await.asked(action)?;
        keep(answer.log_groups().first().and_then(|group| group.log_group_name()), &sample.log_group);
    }),
    probe!("rds:DescribeDBClusters", |clients, _, action| {
        clients.rds().describe_db_clusters().max_records(RDS_PAGE).send().await.asked(action)?
    }),
    probe!("rds:DescribeDBInstances", |clients, _, action| {
        clients.rds().describe_db_instances().max_records(RDS_PAGE).send().await.asked(action)?
    }),
    probe!("rds:DescribeEvents", |clients, _, action| {
        clients.rds().describe_events().duration(1).max_records(RDS_PAGE).send().await.asked(action)?
    }),
    probe!("secretsmanager:ListSecrets", |clients, _, action| {
        clients.secrets().list_secrets().max_results(1).send().await.asked(action)?
    }),
];
