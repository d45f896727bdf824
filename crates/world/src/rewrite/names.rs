//! The names of a world's resources, as far as they can be renamed without harm.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::scenario::{read_json, read_toml};
use crate::{Files, ScenarioError};

/// Shorter names are too likely to be words of something else.
const SHORTEST: usize = 4;

/// Where names are: file, list, member.
const NAMED: &[(&str, &str, &str)] = &[
    ("world/lambda/functions.json", "Functions", "FunctionName"),
    ("world/cloudformation/stacks.json", "Stacks", "StackName"),
    ("world/secretsmanager/secrets.json", "SecretList", "Name"),
    ("world/rds/db-clusters.json", "DBClusters", "DBClusterIdentifier"),
    ("world/rds/db-instances.json", "DBInstances", "DBInstanceIdentifier"),
    ("world/cloudwatch/alarms.json", "MetricAlarms", "AlarmName"),
    ("world/cloudwatch/alarms.json", "CompositeAlarms", "AlarmName"),
    ("world/ecs/clusters.json", "clusters", "clusterName"),
    ("world/ecs/services.json", "services", "serviceName"),
    ("world/ecr/repositories.json", "repositories", "repositoryName"),
    ("world/elbv2/load-balancers.json", "LoadBalancers", "LoadBalancerName"),
    ("world/elbv2/target-groups.json", "TargetGroups", "TargetGroupName"),
    ("world/application-autoscaling/scaling-policies.json", "ScalingPolicies", "PolicyName"),
];
const TASK_DEFINITIONS: &str = "world/ecs/task-definitions.json";

/// Collects the names of functions, log groups, stacks, secrets, databases, alarms, roles and logical ids; of clusters,
/// services, task families, containers, repositories, load balancers, target groups and scaling policies.
///
/// Image tags, revisions and the ids of tasks and deployments stay as they are.
/// Left out is what could be a word of something else: very short names, names of one plain word (a stack `network` and
/// the category `network`, a logical id `Function` and `AWS::Lambda::Function`), and keys of the world's JSON and TOML.
///
/// # Errors
/// When a JSON or TOML file cannot be read.
pub fn resource_names(files: &Files) -> Result<BTreeSet<String>, ScenarioError> {
    let mut names = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for (path, content) in files.iter().filter(|(path, _)| super::package_start(path).is_none()) {
        let value: Value = match path.rsplit_once('.') {
            Some((stem, "json")) if !stem.ends_with("/template") => read_json(path, content)?,
            Some((_, "toml")) => serde_json::to_value(read_toml::<toml::Table>(path, content)?).unwrap_or_default(),
            _ => continue,
        };
        collect_keys(&value, &mut keys);
        collect_names(path, &value, &mut names);
    }
    names.retain(|name| name.len() >= SHORTEST && !is_plain_word(name) && !keys.contains(name));
    Ok(names)
}

fn collect_names(path: &str, file: &Value, names: &mut BTreeSet<String>) {
    for (_, list, member) in NAMED.iter().filter(|(file, ..)| *file == path) {
        names.extend(members(file, list, member).map(str::to_owned));
    }
    match path {
        "world/lambda/functions.json" => names.extend(members(file, "Functions", "Role").filter_map(role_name)),
        "world/logs/log-groups.json" => {
            names.extend(members(file, "logGroups", "logGroupName").filter_map(name_in_log_group));
        }
        TASK_DEFINITIONS => collect_task_definition_names(file, names),
        _ if path.starts_with(super::STACKS) => collect_stack_names(file, names),
        _ => {}
    }
}

fn members<'a>(file: &'a Value, list: &str, member: &'a str) -> impl Iterator<Item = &'a str> {
    let items = file.get(list).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(move |item| item.get(member)?.as_str())
}

fn role_name(arn: &str) -> Option<String> {
    arn.split_once(":role/").map(|(_, path)| path.rsplit('/').next().unwrap_or(path).to_owned())
}

/// The function, service or other resource that a log group is of; groups of other AWS services end with AWS's words.
fn name_in_log_group(group: &str) -> Option<String> {
    match group.strip_prefix("/aws/") {
        Some(rest) => rest.strip_prefix("lambda/").map(str::to_owned),
        None => group.rsplit('/').next().map(str::to_owned),
    }
}

fn collect_stack_names(file: &Value, names: &mut BTreeSet<String>) {
    let ids = members(file, "StackResourceSummaries", "LogicalResourceId");
    names.extend(ids.map(str::to_owned));
    for resource in file.get("StackResourceSummaries").and_then(Value::as_array).into_iter().flatten() {
        if resource.get("ResourceType").and_then(Value::as_str) == Some("AWS::IAM::Role") {
            names.extend(resource.get("PhysicalResourceId").and_then(Value::as_str).map(str::to_owned));
        }
    }
}

fn collect_task_definition_names(file: &Value, names: &mut BTreeSet<String>) {
    for listed in file.get("taskDefinitions").and_then(Value::as_array).into_iter().flatten() {
        let definition = listed.get("taskDefinition").unwrap_or(listed);
        let member = |name: &str| definition.get(name).and_then(Value::as_str);
        let family =
            member("taskDefinitionArn").and_then(|arn| arn.split_once(":task-definition/")?.1.split(':').next());
        names.extend(family.map(str::to_owned));
        names.extend(["executionRoleArn", "taskRoleArn"].iter().filter_map(|role| role_name(member(role)?)));
        for container in definition.get("containerDefinitions").and_then(Value::as_array).into_iter().flatten() {
            names.extend(container.get("name").and_then(Value::as_str).map(str::to_owned));
            let group = container.pointer("/logConfiguration/options/awslogs-group").and_then(Value::as_str);
            names.extend(group.and_then(name_in_log_group));
        }
    }
}

/// One word as it stands in a dictionary: letters only, and no capital behind the first.
fn is_plain_word(name: &str) -> bool {
    name.chars().skip(1).all(char::is_lowercase) && name.chars().all(char::is_alphabetic)
}

fn collect_keys(value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => {
            for (key, entry) in entries {
                keys.insert(key.clone());
                collect_keys(entry, keys);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_keys(item, keys)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
