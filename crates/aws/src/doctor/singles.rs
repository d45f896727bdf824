//! Probes that ask about one resource.

use aws_sdk_ecr::types::ImageIdentifier;
use futures::future::FutureExt;
use jiff::SignedDuration;

use super::{
    Probe,
    lists::probe,
    sample::{Sample, keep},
};
use crate::fault::Asked as _;

/// The lists do not name image repositories: none is known.
const REPOSITORY: &str = "marple-doctor/asks-for-nothing";

pub(super) const PROBES: &[Probe] = &[
    probe!("cloudformation:DescribeStackEvents", |clients, sample, action| {
        let asked = clients.cloudformation().describe_stack_events().stack_name(Sample::name(&sample.stack));
        asked.send().await.asked(action)?
    }),
    probe!("cloudformation:DescribeStackResources", |clients, sample, action| {
        let asked = clients.cloudformation().describe_stack_resources();
        asked.physical_resource_id(Sample::name(&sample.function)).send().await.asked(action)?
    }),
    probe!("cloudformation:GetTemplate", |clients, sample, action| {
        clients.cloudformation().get_template().stack_name(Sample::name(&sample.stack)).send().await.asked(action)?
    }),
    probe!("cloudformation:ListStackResources", |clients, sample, action| {
        let asked = clients.cloudformation().list_stack_resources().stack_name(Sample::name(&sample.stack));
        asked.send().await.asked(action)?
    }),
    probe!("cloudwatch:DescribeAlarmHistory", |clients, sample, action| {
        let asked = clients.cloudwatch().describe_alarm_history().alarm_name(Sample::name(&sample.alarm));
        asked.max_records(1).send().await.asked(action)?
    }),
    probe!("ecr:BatchGetImage", |clients, _, action| {
        let latest = ImageIdentifier::builder().image_tag("latest").build();
        clients.ecr().batch_get_image().repository_name(REPOSITORY).image_ids(latest).send().await.asked(action)?
    }),
    probe!("ecr:DescribeImages", |clients, _, action| {
        clients.ecr().describe_images().repository_name(REPOSITORY).max_results(1).send().await.asked(action)?
    }),
    probe!("ecs:DescribeServices", |clients, sample, action| {
        let asked = clients.ecs().describe_services().cluster(Sample::name(&sample.cluster));
        asked.services("marple-doctor").send().await.asked(action)?
    }),
    probe!("ecs:DescribeTaskDefinition", |clients, sample, action| {
        let name = Sample::name(&sample.task_definition);
        clients.ecs().describe_task_definition().task_definition(name).send().await.asked(action)?
    }),
    probe!("ecs:DescribeTasks", |clients, sample, action| {
        let asked = clients.ecs().describe_tasks().cluster(Sample::name(&sample.cluster));
        asked.tasks("00000000000000000000000000000000").send().await.asked(action)?
    }),
    probe!("ecs:ListServices", |clients, sample, action| {
        let asked = clients.ecs().list_services().cluster(Sample::name(&sample.cluster));
        asked.max_results(1).send().await.asked(action)?
    }),
    probe!("ecs:ListTasks", |clients, sample, action| {
        let asked = clients.ecs().list_tasks().cluster(Sample::name(&sample.cluster));
        asked.max_results(1).send().await.asked(action)?
    }),
    probe!("elasticloadbalancing:DescribeListeners", |clients, sample, action| {
        let asked = clients.load_balancers().describe_listeners().load_balancer_arn(sample.load_balancer());
        asked.page_size(1).send().await.asked(action)?
    }),
    probe!("elasticloadbalancing:DescribeLoadBalancerAttributes", |clients, sample, action| {
        let asked = clients.load_balancers().describe_load_balancer_attributes();
        asked.load_balancer_arn(sample.load_balancer()).send().await.asked(action)?
    }),
    probe!("elasticloadbalancing:DescribeRules", |clients, sample, action| {
        let asked = clients.load_balancers().describe_rules().listener_arn(sample.listener());
        asked.page_size(1).send().await.asked(action)?
    }),
    probe!("elasticloadbalancing:DescribeTargetHealth", |clients, sample, action| {
        let asked = clients.load_balancers().describe_target_health();
        asked.target_group_arn(sample.target_group()).send().await.asked(action)?
    }),
    probe!("lambda:GetFunction", |clients, sample, action| {
        clients.lambda().get_function().function_name(Sample::name(&sample.function)).send().await.asked(action)?
    }),
    probe!("lambda:GetFunctionConcurrency", |clients, sample, action| {
        let asked = clients.lambda().get_function_concurrency().function_name(Sample::name(&sample.function));
        asked.send().await.asked(action)?
    }),
    probe!("lambda:GetFunctionConfiguration", |clients, sample, action| {
        let asked = clients.lambda().get_function_configuration().function_name(Sample::name(&sample.function));
        asked.send().await.asked(action)?
    }),
    probe!("lambda:GetPolicy", |clients, sample, action| {
        clients.lambda().get_policy().function_name(Sample::name(&sample.function)).send().await.asked(action)?
    }),
    probe!("lambda:ListAliases", |clients, sample, action| {
        let asked = clients.lambda().list_aliases().function_name(Sample::name(&sample.function));
        asked.max_items(1).send().await.asked(action)?
    }),
    probe!("lambda:ListVersionsByFunction", |clients, sample, action| {
        let asked = clients.lambda().list_versions_by_function().function_name(Sample::name(&sample.function));
        asked.max_items(1).send().await.asked(action)?
    }),
    probe!("logs:FilterLogEvents", |clients, sample, action| {
        let asked = clients.logs().filter_log_events().log_group_name(Sample::name(&sample.log_group)).limit(1);
        let end = sample.now().secs().saturating_mul(1_000);
        asked.start_time(end.saturating_sub(1_000)).end_time(end).send().await.asked(action)?
    }),
    probe!("logs:StartQuery", |clients, sample, action| {
        let asked = clients.logs().start_query().log_group_name(Sample::name(&sample.log_group)).limit(1);
        let asked = asked.start_time(sample.ago(SignedDuration::from_secs(1)).secs()).end_time(sample.now().secs());
        let answer = asked.query_string("fields @timestamp | limit 1").send().await.asked(action)?;
        keep(answer.query_id(), &sample.query);
    }),
];

/// What needs a query that runs.
pub(super) const LAST: &[Probe] = &[probe!("logs:GetQueryResults", |clients, sample, action| {
    clients.logs().get_query_results().query_id(sample.query()).send().await.asked(action)?
})];
