//! `describe_stack`: a CloudFormation stack with its resources, and what its template says of them.
//!
//! `sections`: which resources' sections of the template are shown, and their text.

use std::fmt::Write as _;

use aws_sdk_cloudformation::types::Stack as SdkStack;
use futures::join;
use marple_case::{
    Facts, Scope,
    facts::{Stack, StackResource},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    fault::Fault,
    stack,
    text::Command,
    time,
    tool::{Context, Findings, Tool},
};

mod sections;
#[cfg(test)]
mod tests;

use sections::Wanted;

/// Shows a CloudFormation stack: status, drift, parameters (values that look like credentials are hidden), outputs, resources, and what the
/// template says of the named resource and of what no other tool shows (rules and schedules, queues, metric filters, security groups …). By
/// the stack's name, or by the physical id of a resource that it owns. Without either: all stacks, one line each.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The stack's name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    stack: Option<String>,
    /// The physical id of a resource: a function's name, a cluster's identifier, a secret's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    /// Shows the template's sections of these resources, whole: their logical ids or physical ids. With stack or resource.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    template_of: Vec<String>,
}

pub(crate) struct DescribeStack;

impl Tool for DescribeStack {
    const NAME: &'static str = "describe_stack";
    const ACTIONS: &'static [&'static str] = &[
        "cloudformation:DescribeStackResources",
        "cloudformation:DescribeStacks",
        "cloudformation:GetTemplate",
        "cloudformation:ListStackResources",
    ];
    type Args = Args;

    fn normalise(args: &mut Args, _: &Scope) -> Result<(), String> {
        match (&args.stack, &args.resource) {
            (Some(_), Some(_)) => Err("give stack or resource, not both: a resource finds its own stack".to_owned()),
            (None, None) if !args.template_of.is_empty() => {
                Err("template_of needs the stack, or a resource that it owns".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn command(args: &Args, scope: &Scope) -> String {
        match (&args.stack, &args.resource) {
            (Some(stack), _) if !args.template_of.is_empty() => Command::new("cloudformation", "get-template")
                .option("stack-name", stack)
                .option("template-stage", "Processed")
                .in_region(&scope.region),
            (_, Some(resource)) => Command::new("cloudformation", "describe-stack-resources")
                .option("physical-resource-id", resource)
                .in_region(&scope.region),
            (stack, None) => Command::new("cloudformation", "describe-stacks")
                .option_if("stack-name", stack.as_ref())
                .in_region(&scope.region),
        }
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        let wanted = match (args.template_of.as_slice(), &args.resource) {
            ([], named) => Wanted::Telling(named.as_deref()),
            (ids, _) => Wanted::Only(ids),
        };
        match (&args.stack, &args.resource) {
            (Some(name), _) => one(name, wanted, context).await,
            (None, Some(resource)) => match stack::owner(resource, context).await? {
                Some(name) => one(&name, wanted, context).await,
                None => {
                    Ok(Findings::nothing(format!("no stack in {} owns a resource {resource}", context.scope.region)))
                }
            },
            (None, None) => all(context).await,
        }
    }
}

async fn one(name: &str, wanted: Wanted<'_>, context: Context<'_>) -> Result<Findings, Fault> {
    let (described, resources) = join!(stack::describe(Some(name), context), stack::resources(name, context));
    let described = match described {
        Err(fault) if !stack::is_unknown(&fault) => return Err(fault),
        described => described.ok().and_then(|(stacks, _)| stacks.into_iter().next()),
    };
    let Some(described) = described else {
        return Ok(Findings::nothing(format!("no stack named {name} in {}", context.scope.region)));
    };
    let mut facts = stack::stack(&described, context.hider);
    let mut text = match wanted {
        Wanted::Telling(_) => whole(&facts, &described, &resources),
        Wanted::Only(_) => around(&facts),
    };
    facts.resources = resources.unwrap_or_default().into_iter().map(|(resource, _)| resource).collect();
    if wanted.needs_template(&facts.resources) {
        let template = stack::template(name, context).await;
        text.push_str(&sections::rendered(template, wanted, &facts.resources, context.hider));
    }
    Ok(Findings::found(Facts::Stacks(vec![facts]), text))
}

async fn all(context: Context<'_>) -> Result<Findings, Fault> {
    let (stacks, complete) = stack::describe(None, context).await?;
    if stacks.is_empty() {
        return Ok(Findings::nothing(format!("no CloudFormation stack in {}", context.scope.region)));
    }
    let facts: Vec<Stack> = stacks.iter().map(|one| stack::stack(one, context.hider)).collect();
    let mut text = format!("stacks in {}: {}\n", context.scope.region, facts.len());
    for stack in &facts {
        let _ = writeln!(text, "stack: {}, {}, {}", stack.name, stack.status, times(stack));
    }
    if !complete {
        text.push_str("[there are more stacks]\n");
    }
    Ok(Findings::found(Facts::Stacks(facts), text))
}

fn times(stack: &Stack) -> String {
    let created = stack.created.map_or("creation time unknown".to_owned(), |at| format!("created {at}"));
    let updated = stack.updated.map_or("never updated".to_owned(), |at| format!("updated {at}"));
    format!("{created}, {updated}")
}

/// What sections of a template refer to.
fn around(stack: &Stack) -> String {
    let mut text = format!("stack: {}, {}, {}\n", stack.name, stack.status, times(stack));
    pairs(&mut text, "parameters", &stack.parameters);
    text
}

type Resources = Result<Vec<(StackResource, Option<String>)>, Fault>;

fn whole(stack: &Stack, described: &SdkStack, resources: &Resources) -> String {
    let mut text = format!("stack: {}\narn: {}\nstatus: {}\n", stack.name, stack.arn, stack.status);
    let mut row = |key: &str, value: &str| {
        let _ = writeln!(text, "{key}: {value}");
    };
    if let Some(reason) = described.stack_status_reason().filter(|reason| !reason.is_empty()) {
        row("status reason", reason);
    }
    if let Some(description) = described.description() {
        row("description", description);
    }
    row("created", &stack.created.map_or("unknown".to_owned(), |at| at.to_string()));
    row("updated", &stack.updated.map_or("never".to_owned(), |at| at.to_string()));
    if let Some(deleted) = described.deletion_time().and_then(time::timestamp) {
        row("deletion", &deleted.to_string());
    }
    let drift = described.drift_information().and_then(|drift| drift.stack_drift_status());
    row("drift", drift.map_or("not given", |status| status.as_str()));
    if stack.status.contains("ROLLBACK") {
        row("rollback", "the stack's last operation was rolled back, or is being rolled back");
    }
    pairs(&mut text, "parameters", &stack.parameters);
    pairs(&mut text, "outputs", &stack.outputs);
    resource_lines(&mut text, resources);
    text
}

fn pairs(text: &mut String, title: &str, pairs: &[(String, String)]) {
    let _ = writeln!(text, "{title}:{}", if pairs.is_empty() { " none" } else { "" });
    for (name, value) in pairs {
        let _ = writeln!(text, "  {name}={value}");
    }
}

fn resource_lines(text: &mut String, resources: &Resources) {
    match resources {
        Err(Fault::Denied { action, .. }) => {
            let _ = writeln!(text, "resources: denied ({action})");
        }
        Err(fault) => {
            let _ = writeln!(text, "resources: failed ({fault})");
        }
        Ok(resources) => {
            let _ = writeln!(text, "resources: {}", resources.len());
            for (resource, reason) in resources {
                let updated = resource.updated.map(|at| format!(" {at}")).unwrap_or_default();
                let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
                let physical = resource.physical_id.as_deref().unwrap_or("(no physical id)");
                let (logical, kind, status) = (&resource.logical_id, &resource.resource_type, &resource.status);
                let _ = writeln!(text, "  {kind} {logical} {physical} {status}{updated}{reason}");
            }
        }
    }
}
