//! Every AWS operation that the program can call, in one table: of the tools, of scopes and openings, of the model, of finding out
//! who asks, and of the SDK's own sign-in.
//!
//! Invariants, held by tests of the command line (`crates/cli/tests/operations.rs`): no client's operation that is not in this table is
//! named anywhere in the sources; every request that a scenario makes is in it; nothing in it writes.
//!
//! IAM's resource types are those of the Service Authorization Reference
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>).

use crate::tool::TOOLS;

/// An operation.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// The prefix of the service's IAM actions: `elasticloadbalancing`.
    pub service: &'static str,
    /// The API operation: `DescribeRules`.
    pub name: &'static str,
    /// The IAM action that it needs, in full; the same two words but for the model's.
    pub action: &'static str,
    /// Who calls it.
    pub caller: Caller,
    /// What IAM can narrow it to.
    pub reach: Reach,
    /// What it is for.
    pub purpose: &'static str,
}

/// Who calls an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// The tools, the scope of a trigger and the opening: what an investigation reads.
    Investigation,
    /// The language model, where one is configured.
    Model,
    /// `marple doctor`. AWS grants it to everybody.
    Identity,
    /// The SDK, to get credentials. It happens before, with other permissions than those of the credentials that it gets.
    SignIn,
}

/// What an action can be narrowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// IAM knows no resource for it, or it is asked without naming one: `*`.
    Everything,
    /// Resources of the account and region; what follows them in an ARN: `function:*`.
    Each(&'static str),
    /// Whatever the configured models are.
    Models,
}

impl Operation {
    /// An operation by its IAM action.
    pub fn of_action(action: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.action == action)
    }

    /// The tools that see less without it.
    pub fn tools(&self) -> Vec<&'static str> {
        TOOLS.iter().filter(|tool| tool.actions.contains(&self.action)).map(|tool| tool.name).collect()
    }
}

const fn reads(
    service: &'static str,
    name: &'static str,
    action: &'static str,
    reach: Reach,
    purpose: &'static str,
) -> Operation {
    Operation { service, name, action, caller: Caller::Investigation, reach, purpose }
}

/// `reads!("lambda:GetFunction", …)`: the action's two words are the service and the operation.
macro_rules! reads {
    ($service:literal : $name:literal, $reach:expr, $purpose:literal) => {
        reads($service, $name, concat!($service, ":", $name), $reach, $purpose)
    };
}

const ALARM: Reach = Reach::Each("alarm:*");
const CLUSTER: Reach = Reach::Each("cluster:*");
const FUNCTION: Reach = Reach::Each("function:*");
const INSTANCE: Reach = Reach::Each("db:*");
const LOG_GROUP: Reach = Reach::Each("log-group:*");
const REPOSITORY: Reach = Reach::Each("repository/*");
const SERVICE: Reach = Reach::Each("service/*");
const STACK: Reach = Reach::Each("stack/*");
const TASK: Reach = Reach::Each("task/*");

/// Every operation, by service.
pub const OPERATIONS: &[Operation] = &[
    // A stack is found by a resource of it: no stack is named that IAM could compare.
    reads!("cloudformation": "DescribeStackResources", Reach::Everything, "which stack owns a resource"),
    reads!("cloudformation": "DescribeStackEvents", STACK, "what a stack changed, and when"),
    // Without a name it lists all.
    reads!("cloudformation": "DescribeStacks", Reach::Everything, "the stacks and their state"),
    reads!("cloudformation": "GetTemplate", STACK, "what a stack's template says of a resource"),
    reads!("cloudformation": "ListStackResources", STACK, "what a stack holds"),
    reads!("cloudtrail": "LookupEvents", Reach::Everything, "who changed what, and when"),
    reads!("cloudwatch": "DescribeAlarmHistory", ALARM, "when an alarm went off before"),
    reads!("cloudwatch": "DescribeAlarms", ALARM, "the alarm, and others that went off"),
    reads!("cloudwatch": "GetMetricData", Reach::Everything, "metrics of the window and the baseline"),
    reads!("cloudwatch": "ListMetrics", Reach::Everything, "which metrics there are"),
    reads!("ecr": "BatchGetImage", REPOSITORY, "an image's platform and what it is built of"),
    reads!("ecr": "DescribeImages", REPOSITORY, "whether an image is there, and since when"),
    reads!("ecs": "DescribeServices", SERVICE, "a service's deployments and events"),
    reads!("ecs": "DescribeTaskDefinition", Reach::Everything, "what a revision runs, and what it changed"),
    reads!("ecs": "DescribeTasks", TASK, "why tasks stopped"),
    reads!("ecs": "ListClusters", Reach::Everything, "where a service runs"),
    reads!("ecs": "ListServices", Reach::Everything, "which services there are"),
    reads!("ecs": "ListTaskDefinitions", Reach::Everything, "the revisions before"),
    reads!("ecs": "ListTasks", Reach::Everything, "running and stopped tasks"),
    reads!("elasticloadbalancing": "DescribeListeners", Reach::Everything, "how requests come in"),
    reads!("elasticloadbalancing": "DescribeLoadBalancerAttributes", Reach::Everything, "whether access is logged, idle timeouts"),
    reads!("elasticloadbalancing": "DescribeLoadBalancers", Reach::Everything, "the load balancer of a service"),
    reads!("elasticloadbalancing": "DescribeRules", Reach::Everything, "which requests go where"),
    reads!("elasticloadbalancing": "DescribeTargetGroups", Reach::Everything, "health checks"),
    reads!("elasticloadbalancing": "DescribeTargetHealth", Reach::Everything, "which targets are unhealthy, and why"),
    reads!("lambda": "GetFunction", FUNCTION, "a function's deployed code"),
    reads!("lambda": "GetFunctionConcurrency", FUNCTION, "reserved concurrency"),
    reads!("lambda": "GetFunctionConfiguration", FUNCTION, "a function's settings"),
    reads!("lambda": "GetPolicy", FUNCTION, "which API, topic or rule may invoke a function"),
    reads!("lambda": "ListAliases", FUNCTION, "which version serves"),
    reads!("lambda": "ListEventSourceMappings", Reach::Everything, "what calls a function"),
    reads!("lambda": "ListFunctions", Reach::Everything, "which functions there are"),
    reads!("lambda": "ListVersionsByFunction", FUNCTION, "what could be rolled back to"),
    reads!("logs": "DescribeLogGroups", Reach::Everything, "where logs are"),
    reads!("logs": "FilterLogEvents", LOG_GROUP, "log lines"),
    // The query's id is all that is named.
    reads!("logs": "GetQueryResults", Reach::Everything, "what a Logs Insights query found"),
    reads!("logs": "StartQuery", LOG_GROUP, "Logs Insights queries"),
    reads!("rds": "DescribeDBClusters", CLUSTER, "a database's state"),
    reads!("rds": "DescribeDBInstances", INSTANCE, "a database's state"),
    reads!("rds": "DescribeEvents", Reach::Everything, "failovers and restarts"),
    reads!("secretsmanager": "ListSecrets", Reach::Everything, "when a secret was rotated; names and times, never a value"),
    Operation {
        service: "bedrock",
        name: "ConverseStream",
        action: "bedrock:InvokeModelWithResponseStream",
        caller: Caller::Model,
        reach: Reach::Models,
        purpose: "the language model",
    },
    Operation {
        service: "sts",
        name: "GetCallerIdentity",
        action: "sts:GetCallerIdentity",
        caller: Caller::Identity,
        reach: Reach::Everything,
        purpose: "who asks",
    },
    sign_in("sts", "AssumeRole", "sts:AssumeRole", "the role of marple.toml or of the profile"),
    sign_in("sts", "AssumeRoleWithWebIdentity", "sts:AssumeRoleWithWebIdentity", "the role of a pod or of a pipeline"),
    sign_in("sso", "GetRoleCredentials", "sso:GetRoleCredentials", "a profile that signs in with IAM Identity Center"),
    sign_in("sso-oidc", "CreateToken", "sso-oidc:CreateToken", "renews the token of `aws sso login`"),
];

const fn sign_in(service: &'static str, name: &'static str, action: &'static str, purpose: &'static str) -> Operation {
    Operation { service, name, action, caller: Caller::SignIn, reach: Reach::Everything, purpose }
}

#[cfg(test)]
mod tests;
