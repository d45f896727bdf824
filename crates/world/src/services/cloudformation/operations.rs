//! CloudFormation's operations.

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::stacks::{Stack, Stacks};
use crate::World;
use crate::services::resource::{self, Resource, is, time};
use crate::services::{ApiError, Operation, read_input};

pub(super) const OPERATIONS: &[(&str, Operation)] = &[
    ("DescribeStackEvents", describe_stack_events),
    ("DescribeStackResource", describe_stack_resource),
    ("DescribeStackResources", describe_stack_resources),
    ("DescribeStacks", describe_stacks),
    ("GetTemplate", get_template),
    ("ListStackResources", list_stack_resources),
    ("ListStacks", list_stacks),
];

/// AWS cuts pages at 1 MB or 100 items.
const ITEMS_A_PAGE: usize = 100;
/// How long ListStacks shows a deleted stack.
const DELETED_SHOWN_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);
/// What DescribeStackResources answers at most; it has no pages.
const MAX_DESCRIBED_RESOURCES: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing {
    stack_name: Option<String>,
    #[serde(default)]
    stack_status_filter: Vec<String>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WhichResources {
    stack_name: Option<String>,
    logical_resource_id: Option<String>,
    physical_resource_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WhichTemplate {
    stack_name: String,
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::sender("ValidationError", message)
}

fn with_id_not_found(name: &str) -> ApiError {
    invalid(format!("Stack with id {name} does not exist"))
}

fn missing_stack_name() -> ApiError {
    invalid(
        "1 validation error detected: Value null at 'stackName' failed to satisfy constraint: Member must not be null",
    )
}

fn pages(items: Vec<Resource>, token: Option<&str>, list: &str) -> Result<Value, ApiError> {
    resource::paged(items, ITEMS_A_PAGE, token, (list, "NextToken"), || invalid("Invalid NextToken"))
}

fn describe_stacks(world: &World, input: &Value) -> Result<Value, ApiError> {
    let listing: Listing = read_input(input)?;
    let stacks = world.parsed::<Stacks>()?;
    let described = match &listing.stack_name {
        Some(name) => vec![stacks.find(name).ok_or_else(|| with_id_not_found(name))?.description.clone()],
        None => stacks.0.iter().filter(|stack| !stack.is_deleted()).map(|stack| stack.description.clone()).collect(),
    };
    pages(described, listing.next_token.as_deref(), "Stacks")
}

fn list_stacks(world: &World, input: &Value) -> Result<Value, ApiError> {
    let listing: Listing = read_input(input)?;
    let stacks = world.parsed::<Stacks>()?;
    let shown = |stack: &&Stack| {
        let age = time(&stack.description, "DeletionTime").map(|deleted| world.now().duration_since(deleted));
        let status = &listing.stack_status_filter;
        age.is_none_or(|age| age <= DELETED_SHOWN_FOR)
            && (status.is_empty() || status.iter().any(|status| is(&stack.description, "StackStatus", status)))
    };
    let summaries = stacks.0.iter().filter(shown).map(summary).collect();
    pages(summaries, listing.next_token.as_deref(), "StackSummaries")
}

fn summary(stack: &Stack) -> Resource {
    let mut summary = resource::pick(
        &stack.description,
        &[
            ("StackId", "StackId"),
            ("StackName", "StackName"),
            ("Description", "TemplateDescription"),
            ("CreationTime", "CreationTime"),
            ("LastUpdatedTime", "LastUpdatedTime"),
            ("DeletionTime", "DeletionTime"),
            ("StackStatus", "StackStatus"),
            ("StackStatusReason", "StackStatusReason"),
            ("ParentId", "ParentId"),
            ("RootId", "RootId"),
            ("DriftInformation", "DriftInformation"),
        ],
    );
    summary.entry("DriftInformation").or_insert_with(|| json!({"StackDriftStatus": "NOT_CHECKED"}));
    summary
}

fn list_stack_resources(world: &World, input: &Value) -> Result<Value, ApiError> {
    let listing: Listing = read_input(input)?;
    let name = listing.stack_name.as_deref().ok_or_else(missing_stack_name)?;
    let stacks = world.parsed::<Stacks>()?;
    let stack = stacks.find(name).ok_or_else(|| with_id_not_found(name))?;
    pages(stack.resources.clone(), listing.next_token.as_deref(), "StackResourceSummaries")
}

fn describe_stack_resources(world: &World, input: &Value) -> Result<Value, ApiError> {
    let which: WhichResources = read_input(input)?;
    let stacks = world.parsed::<Stacks>()?;
    let stack = match (&which.stack_name, &which.physical_resource_id) {
        (Some(_), Some(_)) => {
            return Err(invalid("Only one of StackName and PhysicalResourceId can be specified"));
        }
        (Some(name), None) => stacks.find(name).ok_or_else(|| with_id_not_found(name))?,
        (None, Some(id)) => stacks
            .0
            .iter()
            .find(|stack| !stack.is_deleted() && stack.has_physical_resource(id))
            .ok_or_else(|| invalid(format!("Stack for {id} does not exist")))?,
        (None, None) => return Err(invalid("Either StackName or PhysicalResourceId must be specified")),
    };
    let logical = which.logical_resource_id.as_deref();
    let described: Vec<Value> = stack
        .resources
        .iter()
        .filter(|resource| logical.is_none_or(|logical| is(resource, "LogicalResourceId", logical)))
        .take(MAX_DESCRIBED_RESOURCES)
        .map(|resource| Value::Object(describe(stack, resource, "Timestamp")))
        .collect();
    Ok(json!({"StackResources": described}))
}

fn describe_stack_resource(world: &World, input: &Value) -> Result<Value, ApiError> {
    let which: WhichResources = read_input(input)?;
    let name = which.stack_name.as_deref().ok_or_else(missing_stack_name)?;
    let logical = which.logical_resource_id.as_deref().unwrap_or_default();
    let stacks = world.parsed::<Stacks>()?;
    let stack = stacks.find(name).ok_or_else(|| invalid(format!("Stack '{name}' does not exist")))?;
    let resource = stack.resources.iter().find(|resource| is(resource, "LogicalResourceId", logical));
    let resource = resource.ok_or_else(|| invalid(format!("Resource {logical} does not exist for stack {name}")))?;
    Ok(json!({"StackResourceDetail": describe(stack, resource, "LastUpdatedTimestamp")}))
}

/// A resource with its stack, as the Describe operations answer it.
fn describe(stack: &Stack, resource: &Resource, time: &str) -> Resource {
    let mut described = resource::pick(
        resource,
        &[
            ("LogicalResourceId", "LogicalResourceId"),
            ("PhysicalResourceId", "PhysicalResourceId"),
            ("ResourceType", "ResourceType"),
            ("LastUpdatedTimestamp", time),
            ("ResourceStatus", "ResourceStatus"),
            ("ResourceStatusReason", "ResourceStatusReason"),
            ("DriftInformation", "DriftInformation"),
        ],
    );
    described.insert("StackName".to_owned(), stack.name.as_str().into());
    described.insert("StackId".to_owned(), stack.id.as_str().into());
    described.entry("DriftInformation").or_insert_with(|| json!({"StackResourceDriftStatus": "NOT_CHECKED"}));
    described
}

fn describe_stack_events(world: &World, input: &Value) -> Result<Value, ApiError> {
    let listing: Listing = read_input(input)?;
    let name = listing.stack_name.as_deref().ok_or_else(missing_stack_name)?;
    let stacks = world.parsed::<Stacks>()?;
    let stack = stacks.find(name).ok_or_else(|| invalid(format!("Stack [{name}] does not exist")))?;
    pages(stack.events.clone(), listing.next_token.as_deref(), "StackEvents")
}

fn get_template(world: &World, input: &Value) -> Result<Value, ApiError> {
    let WhichTemplate { stack_name } = read_input(input)?;
    let stacks = world.parsed::<Stacks>()?;
    let stack = stacks.find(&stack_name).ok_or_else(|| with_id_not_found(&stack_name))?;
    let template =
        stack.template.as_deref().ok_or_else(|| invalid(format!("Template of stack {stack_name} is not at hand")))?;
    Ok(json!({"TemplateBody": template, "StagesAvailable": ["Original", "Processed"]}))
}
