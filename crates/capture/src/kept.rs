//! Which answers are kept, and in which file of the world.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    call::{Answer, Call, text},
    shape::Part,
    world::{List, World},
};

/// A list of an answer, and where its items go.
struct Kept {
    operation: &'static str,
    /// The list of the answer, and of the file.
    list: &'static str,
    /// The file, below `world/`; `{}` is what the input's `of` names.
    path: &'static str,
    /// The member of the input that names what the items belong to.
    of: &'static str,
    identity: &'static [&'static str],
}

const fn kept(
    operation: &'static str,
    list: &'static str,
    path: &'static str,
    identity: &'static [&'static str],
) -> Kept {
    Kept { operation, list, path, of: "", identity }
}

/// The same for items that belong to what the input names.
const fn of(of: &'static str, kept: Kept) -> Kept {
    Kept { of, ..kept }
}

const KEPT: &[Kept] = &[
    kept("cloudwatch:DescribeAlarms", "MetricAlarms", "cloudwatch/alarms.json", &["/AlarmName"]),
    kept("cloudwatch:DescribeAlarms", "CompositeAlarms", "cloudwatch/alarms.json", &["/AlarmName"]),
    kept("cloudwatch:DescribeAlarmHistory", "AlarmHistoryItems", "cloudwatch/alarm-history.json", &[]),
    kept("logs:DescribeLogGroups", "logGroups", "logs/log-groups.json", &["/logGroupName"]),
    kept("lambda:ListFunctions", "Functions", "lambda/functions.json", &["/FunctionName"]),
    of(
        "FunctionName",
        kept("lambda:ListVersionsByFunction", "Versions", "lambda/functions/{}/versions.json", &["/Version"]),
    ),
    of("FunctionName", kept("lambda:ListAliases", "Aliases", "lambda/functions/{}/aliases.json", &["/Name"])),
    of(
        "FunctionName",
        kept(
            "lambda:ListEventSourceMappings",
            "EventSourceMappings",
            "lambda/functions/{}/event-source-mappings.json",
            &["/UUID"],
        ),
    ),
    kept("cloudformation:DescribeStacks", "Stacks", "cloudformation/stacks.json", &["/StackName"]),
    of(
        "StackName",
        kept(
            "cloudformation:ListStackResources",
            "StackResourceSummaries",
            "cloudformation/stacks/{}/resources.json",
            &["/LogicalResourceId"],
        ),
    ),
    of(
        "StackName",
        kept(
            "cloudformation:DescribeStackEvents",
            "StackEvents",
            "cloudformation/stacks/{}/events.json",
            &["/EventId"],
        ),
    ),
    kept("secretsmanager:ListSecrets", "SecretList", "secretsmanager/secrets.json", &["/ARN"]),
    kept("rds:DescribeDBClusters", "DBClusters", "rds/db-clusters.json", &["/DBClusterIdentifier"]),
    kept("rds:DescribeDBInstances", "DBInstances", "rds/db-instances.json", &["/DBInstanceIdentifier"]),
    kept("rds:DescribeEvents", "Events", "rds/events.json", &[]),
    kept("ecs:DescribeServices", "services", "ecs/services.json", &["/serviceArn"]),
    kept("ecs:DescribeTasks", "tasks", "ecs/tasks.json", &["/taskArn"]),
    kept("ecr:DescribeImages", "imageDetails", "ecr/images.json", &["/repositoryName", "/imageDigest"]),
    kept(
        "elasticloadbalancing:DescribeLoadBalancers",
        "LoadBalancers",
        "elbv2/load-balancers.json",
        &["/LoadBalancerArn"],
    ),
    kept("elasticloadbalancing:DescribeTargetGroups", "TargetGroups", "elbv2/target-groups.json", &["/TargetGroupArn"]),
    kept("elasticloadbalancing:DescribeListeners", "Listeners", "elbv2/listeners.json", &["/ListenerArn"]),
    kept("cloudtrail:LookupEvents", "Events", "cloudtrail/events.json", &["/EventId"]),
];

/// Lists that belong to an ARN of the input: operation, list, file, the input's member, what tells items apart.
const BY_ARN: &[(&str, &str, &str, &str, &[&str])] = &[
    (
        "elasticloadbalancing:DescribeTargetHealth",
        "TargetHealthDescriptions",
        "world/elbv2/target-health.json",
        "TargetGroupArn",
        &["/Target/Id", "/Target/Port"],
    ),
    ("elasticloadbalancing:DescribeRules", "Rules", "world/elbv2/rules.json", "ListenerArn", &["/RuleArn"]),
    (
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "Attributes",
        "world/elbv2/attributes.json",
        "LoadBalancerArn",
        &["/Key"],
    ),
];

pub(crate) const FUNCTIONS: List<'_> =
    List { path: "world/lambda/functions.json", name: "Functions", identity: &["/FunctionName"] };
pub(crate) const TASK_DEFINITIONS: List<'_> = List {
    path: "world/ecs/task-definitions.json",
    name: "taskDefinitions",
    identity: &["/taskDefinition/taskDefinitionArn"],
};
const RESOURCES: &str = "cloudformation/stacks/{}/resources.json";
const MANIFESTS: &str = "world/ecr/manifests.json";

/// Puts the answer of a call where it belongs. Logs and metrics have folds of their own.
pub(crate) fn keep(world: &mut World, call: &Call) {
    for kept in KEPT.iter().filter(|kept| call.is(kept.operation)) {
        let named = match kept.of {
            "" => "",
            member => match call.asked(member) {
                Some(named) => name(named),
                None => continue,
            },
        };
        let path = format!("world/{}", kept.path.replace("{}", named));
        world.add(List { path: &path, name: kept.list, identity: kept.identity }, &call.items(kept.list));
    }
    for (operation, list, path, member, identity) in BY_ARN {
        if let Some(arn) = call.asked(member).filter(|_| call.is(operation)) {
            world.add(List { path, name: arn, identity }, &call.items(list));
        }
    }
    match call.name().as_str() {
        "lambda:GetFunctionConfiguration" => function(world, call, whole(call)),
        "lambda:GetFunction" => deployed(world, call),
        "lambda:GetFunctionConcurrency" => concurrency(world, call, whole(call)),
        "lambda:GetPolicy" => policy(world, call),
        "cloudformation:DescribeStackResources" => resources(world, call),
        "cloudformation:GetTemplate" => template(world, call),
        "ecs:DescribeTaskDefinition" => world.add(TASK_DEFINITIONS, whole(call).as_slice()),
        "ecr:BatchGetImage" => manifests(world, call),
        _ => {}
    }
}

/// A function's or stack's name, of its name or ARN.
pub(crate) fn name(name_or_arn: &str) -> &str {
    for (kind, end) in [(":function:", ':'), (":stack/", '/')] {
        if let Some((_, rest)) = name_or_arn.split_once(kind) {
            return rest.split(end).next().unwrap_or(rest);
        }
    }
    name_or_arn
}

fn whole(call: &Call) -> Option<Part<'_>> {
    match &call.answer {
        Answer::Json(value) => Some(Part::Json(value)),
        Answer::Xml(element) => Some(Part::Xml(element)),
        Answer::Error(_) => None,
    }
}

/// The version that a call is about, unless it is the unpublished one.
pub(crate) fn version(call: &Call) -> Option<&str> {
    call.asked("Qualifier").filter(|version| *version != "$LATEST")
}

fn function(world: &mut World, call: &Call, configuration: Option<Part<'_>>) {
    if version(call).is_none() {
        world.add(FUNCTIONS, configuration.as_slice());
    }
}

fn deployed(world: &mut World, call: &Call) {
    let Some(name) = call.asked("FunctionName").map(name) else { return };
    function(world, call, call.part("Configuration"));
    let has = |part: &Part<'_>| matches!(part, Part::Json(Value::Object(members)) if !members.is_empty());
    if let Some(Part::Json(tags)) = call.part("Tags").filter(has) {
        world.set(&format!("world/lambda/functions/{name}/tags.json"), Part::Json(&json!({"Tags": tags})));
    }
    concurrency(world, call, call.part("Concurrency").filter(has));
}

fn concurrency(world: &mut World, call: &Call, reserved: Option<Part<'_>>) {
    if let (Some(function), Some(reserved)) = (call.asked("FunctionName"), reserved) {
        world.set(&format!("world/lambda/functions/{}/concurrency.json", name(function)), reserved);
    }
}

fn policy(world: &mut World, call: &Call) {
    if let (Some(function), Some(policy)) = (call.asked("FunctionName"), whole(call)) {
        world.set(&format!("world/lambda/functions/{}/policy.json", name(function)), policy);
    }
}

/// A template as it stands, or, where it is JSON, as JSON, in which credentials are found by their names.
fn template(world: &mut World, call: &Call) {
    let (Some(stack), Some(Part::Xml(body))) = (call.asked("StackName").map(name), call.part("TemplateBody")) else {
        return;
    };
    let path = format!("world/cloudformation/stacks/{stack}/template");
    match serde_json::from_str::<Value>(&body.text) {
        Ok(json) => drop(world.json.entry(format!("{path}.json")).or_insert(json)),
        Err(_) => drop(world.texts.entry(format!("{path}.yaml")).or_insert_with(|| body.text.clone())),
    }
}

/// DescribeStackResources calls a time by another name than ListStackResources does, whose shape the file has.
fn resources(world: &mut World, call: &Call) {
    for part in call.items("StackResources") {
        let Part::Xml(resource) = part else { continue };
        let mut resource = resource.clone();
        let Some(stack) = resource.child("StackName").map(|stack| stack.text.clone()) else { continue };
        for child in resource.children.iter_mut().filter(|child| child.name == "Timestamp") {
            "LastUpdatedTimestamp".clone_into(&mut child.name);
        }
        let path = format!("world/{}", RESOURCES.replace("{}", &stack));
        let list = List { path: &path, name: "StackResourceSummaries", identity: &["/LogicalResourceId"] };
        world.add(list, &[Part::Xml(&resource)]);
    }
}

/// Manifests by digest.
fn manifests(world: &mut World, call: &Call) {
    let read = call.items("images").into_iter().filter_map(|image| {
        let Part::Json(image) = image else { return None };
        let digest = image.pointer("/imageId/imageDigest").and_then(Value::as_str)?;
        let manifest: Value = serde_json::from_str(image.get("imageManifest")?.as_str()?).ok()?;
        Some((digest.to_owned(), manifest))
    });
    let read: Map<String, Value> = read.collect();
    if read.is_empty() {
        return;
    }
    if let Value::Object(file) = world.json.entry(MANIFESTS.to_owned()).or_insert_with(|| json!({})) {
        file.extend(read);
    }
}

/// Operations that were refused whenever they were called: they are refused in the world, too.
pub(crate) fn denied(calls: &[Call]) -> Vec<String> {
    let mut every: BTreeMap<String, bool> = BTreeMap::new();
    for call in calls {
        let refused = call.error().is_some_and(|code| {
            ["AccessDenied", "UnauthorizedOperation", "NotAuthorized"].iter().any(|word| code.contains(word))
        });
        *every.entry(call.name()).or_insert(true) &= refused;
    }
    every.into_iter().filter(|(_, refused)| *refused).map(|(operation, _)| operation).collect()
}

/// ARNs that lists named: operation and list.
pub(crate) fn listed<'c>(calls: &'c [Call], operation: &str, list: &str) -> Vec<&'c str> {
    let mut arns: Vec<&str> =
        calls.iter().filter(|call| call.is(operation)).flat_map(|call| call.items(list)).filter_map(text).collect();
    arns.sort_unstable();
    arns.dedup();
    arns
}
