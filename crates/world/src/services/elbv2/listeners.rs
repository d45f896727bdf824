//! DescribeListeners and DescribeRules.

use serde::Deserialize;
use serde_json::{Value, json};

use super::SERVICE;
use super::balancers::LoadBalancers;
use super::request::{ByArn, invalid, pages};
use crate::services::resource::{self, Resource, is, text};
use crate::services::{ApiError, read_input};
use crate::traffic::numbers::fingerprint;
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

/// Listeners of all load balancers.
pub(super) struct Listeners(Vec<Resource>);

/// The rules that the file states, by listener.
pub(super) struct Rules(ByArn);

impl Parsed for Listeners {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let (file, required) = ("world/elbv2/listeners.json", ["ListenerArn", "LoadBalancerArn"]);
        resource::read_list(scenario, &SERVICE, file, "Listeners", &required).map(Self)
    }
}

impl Parsed for Rules {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        ByArn::read(scenario, "world/elbv2/rules.json").map(Self)
    }
}

impl Listeners {
    /// # Errors
    /// ListenerNotFound.
    pub(super) fn find(&self, arn: &str) -> Result<&Resource, ApiError> {
        let not_found = || ApiError::sender("ListenerNotFound", "One or more listeners not found");
        self.0.iter().find(|listener| is(listener, "ListenerArn", arn)).ok_or_else(not_found)
    }
}

impl Rules {
    pub(super) fn check(&self, world: &World) -> Result<(), ScenarioError> {
        let listeners = world.parsed::<Listeners>()?;
        self.0.check(|arn| listeners.find(arn).is_ok())
    }

    /// The rules of a listener. The last is the default rule, which every listener has: it does the listener's default
    /// actions.
    fn of(&self, listener: &Resource) -> Vec<Resource> {
        let arn = text(listener, "ListenerArn").unwrap_or_default();
        let mut rules = self.0.of(arn).to_vec();
        if !rules.iter().any(is_default) {
            let rule = arn.replacen(":listener/", ":listener-rule/", 1);
            rules.push(Resource::from_iter([
                ("RuleArn".to_owned(), json!(format!("{rule}/{:016x}", fingerprint(arn)))),
                ("Priority".to_owned(), json!("default")),
                ("Conditions".to_owned(), json!([])),
                ("Actions".to_owned(), listener.get("DefaultActions").cloned().unwrap_or_else(|| json!([]))),
                ("IsDefault".to_owned(), json!(true)),
            ]));
        }
        rules.sort_by_key(is_default);
        rules
    }
}

fn is_default(rule: &Resource) -> bool {
    is(rule, "Priority", "default")
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeListeners {
    load_balancer_arn: Option<String>,
    #[serde(default)]
    listener_arns: Vec<String>,
    marker: Option<String>,
    page_size: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeRules {
    listener_arn: Option<String>,
    #[serde(default)]
    rule_arns: Vec<String>,
    marker: Option<String>,
    page_size: Option<i64>,
}

pub(super) fn describe_listeners(world: &World, input: &Value) -> Result<Value, ApiError> {
    let describe: DescribeListeners = read_input(input)?;
    let listeners = world.parsed::<Listeners>()?;
    let described = match (&describe.load_balancer_arn, describe.listener_arns.as_slice()) {
        (None, []) => return Err(invalid("You must specify either listener ARNs or a load balancer ARN")),
        (Some(_), [_, ..]) => return Err(invalid("You cannot specify both a load balancer ARN and listener ARNs")),
        (Some(arn), []) => {
            world.parsed::<LoadBalancers>()?.find(arn)?;
            listeners.0.iter().filter(|listener| is(listener, "LoadBalancerArn", arn)).cloned().collect()
        }
        (None, arns) => arns.iter().map(|arn| listeners.find(arn).cloned()).collect::<Result<_, _>>()?,
    };
    pages(described, describe.page_size, describe.marker.as_deref(), "Listeners")
}

pub(super) fn describe_rules(world: &World, input: &Value) -> Result<Value, ApiError> {
    let describe: DescribeRules = read_input(input)?;
    let (listeners, rules) = (world.parsed::<Listeners>()?, world.parsed::<Rules>()?);
    let described = match (&describe.listener_arn, describe.rule_arns.as_slice()) {
        (None, []) => return Err(invalid("You must specify either listener rule ARNs or a listener ARN")),
        (Some(_), [_, ..]) => return Err(invalid("You cannot specify both a listener ARN and rule ARNs")),
        (Some(arn), []) => rules.of(listeners.find(arn)?),
        (None, arns) => {
            let all: Vec<Resource> = listeners.0.iter().flat_map(|listener| rules.of(listener)).collect();
            let find = |arn: &String| all.iter().find(|rule| is(rule, "RuleArn", arn)).cloned();
            let found: Option<Vec<Resource>> = arns.iter().map(find).collect();
            found.ok_or_else(|| ApiError::sender("RuleNotFound", "One or more rules not found"))?
        }
    };
    pages(described, describe.page_size, describe.marker.as_deref(), "Rules")
}
