//! ARNs of another region or account than the scenario's: a resource that stands in a file of the world is in the world's place.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Scenario, ScenarioError};

/// Members that hold the ARN of a resource of this very region and account, in whatever file. Others may lead elsewhere: an event
/// source, an image, a role.
const OWN: [&str; 17] = [
    "ARN",
    "AlarmArn",
    "DBClusterArn",
    "DBInstanceArn",
    "FunctionArn",
    "ListenerArn",
    "LoadBalancerArn",
    "RuleArn",
    "StackId",
    "TargetGroupArn",
    "clusterArn",
    "logGroupArn",
    "repositoryArn",
    "serviceArn",
    "targetGroupArn",
    "taskArn",
    "taskDefinitionArn",
];

/// One error a file, about the first such ARN.
pub(super) fn faults(scenario: &Scenario, files: &BTreeMap<&str, Value>) -> Vec<ScenarioError> {
    let of_file = |(path, value): (&&str, &Value)| {
        let mut strays = Vec::new();
        collect(value, "", scenario, &mut strays);
        let first = strays.first()?;
        let others = if strays.len() > 1 { format!(" (and {} more)", strays.len() - 1) } else { String::new() };
        Some(ScenarioError::Invalid { file: (*path).to_owned(), what: format!("{first}{others}") })
    };
    files.iter().filter_map(of_file).collect()
}

fn collect(value: &Value, place: &str, scenario: &Scenario, strays: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let inner = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                // The files by ARN have them as keys.
                strays.extend(stray(name, name, scenario));
                match member {
                    Value::String(text) if OWN.contains(&name.as_str()) => {
                        strays.extend(stray(text, &inner, scenario));
                    }
                    member => collect(member, &inner, scenario, strays),
                }
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                collect(item, &format!("{place}[{number}]"), scenario, strays);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What is wrong with an ARN's place. A part that is left out is none.
fn stray(arn: &str, place: &str, scenario: &Scenario) -> Option<String> {
    let mut parts = arn.strip_prefix("arn:")?.split(':').skip(2);
    let (region, account) = (parts.next()?, parts.next()?);
    if !region.is_empty() && region != scenario.region {
        return Some(format!("{place} is in {region}, and the scenario in {}", scenario.region));
    }
    (!account.is_empty() && account != scenario.account)
        .then(|| format!("{place} is of account {account}, and the scenario of {}", scenario.account))
}
