//! What stands beside a program: the databases and secrets that its environment names, and those of the stack that owns it. Pure.

use std::sync::Arc;

use marple_agent::ports::PlannedCall;
use marple_case::{
    Evidence, Facts, ResourceKind,
    facts::{EnvironmentVariable, ShownValue, Stack},
};
use serde_json::json;

use super::call;

/// Hosts of RDS end so, in every region.
const RDS_HOSTS: [&str; 2] = [".rds.amazonaws.com", ".rds.amazonaws.com.cn"];
/// Neighbours of one sort that are followed.
pub(super) const NEIGHBOURS: usize = 3;

/// The owning stack: what it owns, what happened to it, which secrets it made.
pub(super) fn stack(stack: &str) -> [PlannedCall; 3] {
    [
        call("describe_stack", json!({"stack": stack})),
        call("list_stack_events", json!({"stack": stack})),
        call("list_secrets", json!({"stack": stack})),
    ]
}

/// The name of a secret by its ARN, which ends in the name, a hyphen and six characters; ECS may add `:JSON-KEY:STAGE:VERSION`.
pub(super) fn secret_name(arn: &str) -> Option<&str> {
    let (_, end) = arn.split_once(":secret:").filter(|_| arn.starts_with("arn:"))?;
    let end = end.split(':').next().unwrap_or_default();
    Some(end.rsplit_once('-').filter(|(_, suffix)| suffix.len() == 6).map_or(end, |(name, _)| name))
}

/// The names of the secrets whose ARNs environment variables hold.
pub(super) fn secrets_in(environment: &[EnvironmentVariable]) -> Vec<String> {
    let name = |variable: &EnvironmentVariable| match &variable.value {
        ShownValue::Plain(value) => secret_name(value).map(str::to_owned),
        ShownValue::Hidden(_) => None,
    };
    distinct(environment.iter().filter_map(name))
}

/// The first few distinct ones.
pub(super) fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct.truncate(NEIGHBOURS);
    distinct
}

/// The hosts of databases that environment variables name.
pub(super) fn database_hosts<'a>(environment: impl Iterator<Item = &'a EnvironmentVariable>) -> Vec<String> {
    let words = environment.filter_map(|variable| match &variable.value {
        ShownValue::Plain(value) => Some(value),
        ShownValue::Hidden(_) => None,
    });
    let words = words.flat_map(|value| {
        value.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '.' || letter == '-'))
    });
    distinct(words.filter(|word| RDS_HOSTS.iter().any(|end| word.ends_with(end))).map(str::to_owned))
}

/// The databases of a stack: its clusters, or its instances if it has no cluster. Those that a host already names are left out: the
/// host's first label is the identifier.
pub(super) fn stack_databases(stack: &str, hosts: &[String], evidence: &[Arc<Evidence>]) -> Vec<PlannedCall> {
    let stacks = evidence.iter().flat_map(|taken| match &taken.facts {
        Facts::Stacks(stacks) => stacks.as_slice(),
        _ => &[],
    });
    let Some(owner) = stacks.into_iter().find(|one: &&Stack| one.name == stack && !one.resources.is_empty()) else {
        return Vec::new();
    };
    let of_kind = |kind: ResourceKind| -> Vec<String> {
        let resources = owner.resources.iter().map(|resource| resource.resource());
        resources.filter(|resource| resource.kind == kind).map(|resource| resource.name).collect()
    };
    let clusters = of_kind(ResourceKind::DbCluster);
    let databases = if clusters.is_empty() { of_kind(ResourceKind::DbInstance) } else { clusters };
    let is_named = |id: &String| hosts.iter().any(|host| host.split('.').next() == Some(id.as_str()));
    let others = databases.iter().filter(|id| !is_named(id)).take(NEIGHBOURS);
    others.map(|id| call("describe_database", json!({"id": id}))).collect()
}
