//! CloudTrail's management events: who did what to which resource, read from an event's own JSON.
//!
//! The source address and the user agent are left out: an investigation of an incident has no use for a person's whereabouts.
//! Parameters go through [`Hider`]; what only says how a request was made (tokens, template bodies) is dropped. EC2's own wrappings are taken off, so
//! that the rules of a network are whole: `{"NAMERequest": {…}}`, `{"items": […]}` and members that hold nothing. Of a task definition's
//! containers the images are shown alone, with the revision's number: `list_changes` says how it differs from the one before.

use aws_sdk_cloudtrail::types::Event;
use jiff::Timestamp;
use marple_case::{ResourceKind, ResourceRef};
use serde_json::{Map, Value};

use crate::{ecs::name_of, hide::Hider, text, time};

#[cfg(test)]
mod tests;

/// The longest value of a parameter that is shown, bytes.
const VALUE: usize = 160;
/// The same of rules of security groups and policies: cut, they would tell nobody what to put back.
const RULES: usize = 560;
/// The parameters that are such rules.
const RULE_PARAMETERS: [&str; 5] =
    ["ipPermissions", REVOKED, "SecurityGroupRule", "policyDocument", "assumeRolePolicyDocument"];
/// What an answer names as taken away, where the request named rules by their ids alone.
const REVOKED: &str = "revokedSecurityGroupRuleSet";
/// The longest list of parameters, bytes.
const DETAIL: usize = 700;
/// Parameters that say nothing of what was changed, or far too much.
const DROPPED: [&str; 12] = [
    "clientRequestToken",
    "clientToken",
    "requestToken",
    "templateBody",
    "templateURL",
    "zipFile",
    "code",
    "dryRun",
    "publish",
    "revisionId",
    "capabilities",
    "tags",
];

/// An event, as an investigator reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrailEvent {
    /// When.
    pub at: Timestamp,
    /// `UpdateFunctionConfiguration20150331v2`.
    pub action: String,
    /// The service: `lambda.amazonaws.com`.
    pub service: String,
    /// A user, `ROLE/SESSION`, a service.
    pub actor: Option<String>,
    /// What it names, the most telling first.
    pub resources: Vec<ResourceRef>,
    /// The parameters of the request; what refused it comes first.
    pub detail: String,
    /// The error, where the request was refused: nothing was changed then.
    pub error: Option<String>,
    /// Whether CloudTrail calls it read-only.
    pub read_only: bool,
}

/// Reads an event. `None`: it has no time, and cannot stand on a time line.
pub(crate) fn event(event: &Event, hider: &Hider) -> Option<TrailEvent> {
    let body =
        event.cloud_trail_event().and_then(|body| serde_json::from_str::<Value>(body).ok()).unwrap_or(Value::Null);
    let at = event.event_time().and_then(time::timestamp).or_else(|| string(&body, "eventTime")?.parse().ok())?;
    let error = string(&body, "errorCode").map(|code| match string(&body, "errorMessage") {
        Some(message) => format!("{code}: {message}"),
        None => code.to_owned(),
    });
    let parameters = parameters(&body).map(|given| detail(&given, hider));
    let detail = [error.as_ref().map(|error| format!("refused with {error}")), parameters];
    let detail: Vec<String> = detail.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    Some(TrailEvent {
        at,
        action: event.event_name().unwrap_or("(no name)").to_owned(),
        service: event.event_source().unwrap_or_default().to_owned(),
        actor: actor(&body).or_else(|| event.username().map(str::to_owned)),
        resources: resources(event, &body),
        detail: hider.text(&detail.join("; ")),
        error,
        read_only: event.read_only().is_some_and(|read_only| read_only.eq_ignore_ascii_case("true")),
    })
}

fn string<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str().filter(|text| !text.is_empty())
}

/// Who did it, by CloudTrail's `userIdentity` element.
fn actor(body: &Value) -> Option<String> {
    let identity = body.get("userIdentity")?;
    let via = string(identity, "invokedBy");
    let arn = string(identity, "arn");
    let own = match string(identity, "type") {
        Some("Root") => Some("root".to_owned()),
        Some("AssumedRole") => {
            arn.and_then(|arn| arn.split_once(":assumed-role/")).map(|(_, session)| session.to_owned())
        }
        _ => string(identity, "userName").or_else(|| arn.and_then(|arn| arn.rsplit('/').next())).map(str::to_owned),
    };
    match (own, via) {
        (Some(own), Some(via)) => Some(format!("{own} via {via}")),
        (own, via) => own.or_else(|| via.map(str::to_owned)),
    }
}

/// Parameters that name a resource, and of what kind; compared without case, since services write them differently.
const NAMING: [(&str, ResourceKind); 29] = [
    ("functionname", ResourceKind::LambdaFunction),
    ("stackname", ResourceKind::Stack),
    ("dbclusteridentifier", ResourceKind::DbCluster),
    ("dbinstanceidentifier", ResourceKind::DbInstance),
    ("secretid", ResourceKind::Secret),
    ("loggroupname", ResourceKind::LogGroup),
    ("rolename", ResourceKind::IamRole),
    ("alarmname", ResourceKind::Alarm),
    ("alarmnames", ResourceKind::Alarm),
    ("tablename", ResourceKind::Table),
    ("queueurl", ResourceKind::Queue),
    ("queuename", ResourceKind::Queue),
    ("topicarn", ResourceKind::Topic),
    ("bucketname", ResourceKind::Bucket),
    ("restapiid", ResourceKind::RestApi),
    ("service", ResourceKind::EcsService),
    ("servicename", ResourceKind::EcsService),
    ("cluster", ResourceKind::EcsCluster),
    ("taskdefinition", ResourceKind::TaskDefinition),
    ("family", ResourceKind::TaskDefinition),
    ("repositoryname", ResourceKind::EcrRepository),
    ("loadbalancerarn", ResourceKind::LoadBalancer),
    ("targetgrouparn", ResourceKind::TargetGroup),
    ("groupid", ResourceKind::SecurityGroup),
    ("networkaclid", ResourceKind::Other),
    ("routetableid", ResourceKind::Other),
    ("vpcpeeringconnectionid", ResourceKind::Other),
    ("natgatewayid", ResourceKind::Other),
    ("vpcid", ResourceKind::Vpc),
];

fn resources(event: &Event, body: &Value) -> Vec<ResourceRef> {
    let mut named: Vec<ResourceRef> = Vec::new();
    let mut add = |resource: ResourceRef| {
        match named.iter_mut().find(|known| known.name == resource.name) {
            Some(known) if known.arn.is_none() => known.arn = resource.arn,
            Some(_) => {}
            None => named.push(resource),
        };
    };
    let parameters = parameters(body);
    for (key, value) in parameters.iter().flatten() {
        let lower = key.to_ascii_lowercase();
        let kind = NAMING.iter().find(|(name, _)| *name == lower).map(|(_, kind)| *kind);
        let kind = kind.or_else(|| {
            (lower == "name" && event.event_source() == Some("secretsmanager.amazonaws.com"))
                .then_some(ResourceKind::Secret)
        });
        let names = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        if let Some(kind) = kind {
            names.iter().filter_map(Value::as_str).for_each(|name| add(resource(kind, name)));
        }
    }
    for listed in event.resources() {
        let Some(name) = listed.resource_name() else { continue };
        add(resource(kind_of_type(listed.resource_type().unwrap_or_default()), name));
    }
    // A cluster says only where the service is.
    named.sort_by_key(|resource| resource.kind == ResourceKind::EcsCluster);
    named
}

/// A resource by its name or ARN.
fn resource(kind: ResourceKind, name: &str) -> ResourceRef {
    if !name.starts_with("arn:") {
        return ResourceRef::new(kind, name.rsplit_once("https://").map_or(name, |_| last_part(name)));
    }
    // arn:…:stack/NAME/UUID, arn:…:secret:NAME-SUFFIX, arn:…:function:NAME[:VERSION], arn:…:log-group:NAME:*
    let relative = name.splitn(6, ':').nth(5).unwrap_or(name);
    let short = match kind {
        ResourceKind::Stack => relative.split('/').nth(1).unwrap_or(relative),
        ResourceKind::Secret => {
            let secret = relative.strip_prefix("secret:").unwrap_or(relative);
            secret.rsplit_once('-').map_or(secret, |(name, _)| name)
        }
        ResourceKind::LambdaFunction => relative.split(':').nth(1).unwrap_or(relative),
        ResourceKind::LogGroup => relative.strip_prefix("log-group:").unwrap_or(relative).trim_end_matches(":*"),
        _ => return ResourceRef::of_arn(kind, name),
    };
    ResourceRef::with_arn(kind, short, name)
}

fn last_part(name: &str) -> &str {
    name.rsplit(['/', ':']).next().unwrap_or(name)
}

/// The kind of a CloudFormation resource type, which CloudTrail uses too.
pub(crate) fn kind_of_type(resource_type: &str) -> ResourceKind {
    let resource = marple_case::facts::StackResource {
        logical_id: String::new(),
        physical_id: None,
        resource_type: resource_type.to_owned(),
        status: String::new(),
        updated: None,
    };
    match resource_type {
        "AWS::CloudFormation::Stack" => ResourceKind::Stack,
        _ => resource.resource().kind,
    }
}

/// The parameters of the request, out of EC2's wrappings; with the number that a task definition got, and with the rules that the answer names as revoked, where the request does not.
fn parameters(body: &Value) -> Option<Map<String, Value>> {
    let given = body.get("requestParameters")?.as_object()?;
    let wrapped = given.iter().next().filter(|(key, _)| given.len() == 1 && key.ends_with("Request"));
    let inner = wrapped.and_then(|(_, inner)| inner.as_object()).unwrap_or(given);
    let mut parameters: Map<String, Value> = inner.iter().map(|(key, value)| (key.clone(), unwrapped(value))).collect();
    let named = parameters.get("ipPermissions").is_some_and(|rules| !is_empty(rules));
    let revoked = body.pointer(&format!("/responseElements/{REVOKED}")).map(unwrapped);
    if let Some(revoked) = revoked.filter(|revoked| !named && !is_empty(revoked)) {
        parameters.insert(REVOKED.to_owned(), revoked);
    }
    if let Some(containers) = parameters.get_mut("containerDefinitions") {
        *containers = images(containers);
    }
    let registered = body.pointer("/responseElements/taskDefinition/taskDefinitionArn").and_then(Value::as_str);
    if let Some(registered) = registered.filter(|_| parameters.contains_key("family")) {
        parameters.insert("registered".to_owned(), name_of(registered).into());
    }
    parameters.retain(|key, value| !(RULE_PARAMETERS.contains(&key.as_str()) && is_empty(value)));
    Some(parameters)
}

/// `checkout image shop:2`, for each container of a task definition: what else is in them, the revision tells.
fn images(containers: &Value) -> Value {
    let image = |container: &Value| match (string(container, "name"), string(container, "image")) {
        (Some(name), Some(image)) => Value::from(format!("{name} image {image}")),
        _ => Value::Null,
    };
    containers.as_array().map_or(Value::Null, |all| all.iter().map(image).collect())
}

/// A value whose lists are lists, and which holds no member that holds nothing.
fn unwrapped(value: &Value) -> Value {
    match value {
        Value::Object(members) => match members.get("items") {
            Some(items) if members.len() == 1 => unwrapped(items),
            _ => {
                let told = members.iter().map(|(key, value)| (key.clone(), unwrapped(value)));
                Value::Object(told.filter(|(_, value)| !is_empty(value)).collect())
            }
        },
        Value::Array(items) => Value::Array(items.iter().map(unwrapped).collect()),
        other => other.clone(),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// `memorySize=128, timeout=5`: the parameters on one line.
fn detail(parameters: &Map<String, Value>, hider: &Hider) -> String {
    let Value::Object(parameters) = hider.json(&Value::Object(parameters.clone())) else { return String::new() };
    let shown = parameters.iter().filter(|(key, value)| !DROPPED.contains(&key.as_str()) && !value.is_null());
    let longest = |key: &str| if RULE_PARAMETERS.contains(&key) { RULES } else { VALUE };
    let pairs: Vec<String> = shown.map(|(key, value)| format!("{key}={}", compact(value, longest(key)))).collect();
    text::clipped(&pairs.join(", "), DETAIL).into_owned()
}

fn compact(value: &Value, longest: usize) -> String {
    let whole = match value {
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    };
    text::clipped(&whole, longest).into_owned()
}
