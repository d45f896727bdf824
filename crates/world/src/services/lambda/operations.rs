//! Lambda's operations.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::functions::{Function, Functions, Version};
use super::package;
use super::reference::FunctionReference;
use crate::World;
use crate::page::page;
use crate::services::resource::{self, Resource, is};
use crate::services::{ApiError, Operation, read_input};

pub(super) const OPERATIONS: &[(&str, Operation)] = &[
    ("GetAlias", get_alias),
    ("GetFunction", get_function),
    ("GetFunctionConcurrency", get_function_concurrency),
    ("GetFunctionConfiguration", get_function_configuration),
    ("GetPolicy", get_policy),
    ("ListAliases", list_aliases),
    ("ListEventSourceMappings", list_event_source_mappings),
    ("ListFunctions", list_functions),
    ("ListTags", list_tags),
    ("ListVersionsByFunction", list_versions_by_function),
];

/// What a page of functions or versions holds at most, whatever `MaxItems` says.
const CONFIGURATIONS_A_PAGE: usize = 50;
/// What other pages hold at most.
const ITEMS_A_PAGE: usize = 100;
/// The range of `MaxItems`.
const MAX_ITEMS: std::ops::RangeInclusive<i64> = 1..=10_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OneFunction {
    function_name: String,
    qualifier: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listing {
    function_name: Option<String>,
    function_version: Option<String>,
    event_source_arn: Option<String>,
    marker: Option<String>,
    max_items: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OneAlias {
    function_name: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OneResource {
    resource: String,
}

impl Listing {
    /// Cuts the page that is asked for.
    fn page(&self, items: Vec<Resource>, list: &str, at_most: usize) -> Result<Value, ApiError> {
        let size = match self.max_items {
            None => at_most,
            Some(size) if MAX_ITEMS.contains(&size) => usize::try_from(size).unwrap_or(at_most).min(at_most),
            Some(size) => {
                let message = format!(
                    "1 validation error detected: Value '{size}' at 'maxItems' failed to satisfy constraint: Member must \
                     have value between 1 and 10000"
                );
                return Err(ApiError::sender("ValidationException", message));
            }
        };
        let of = format!("{list} of {}", self.function_name.as_deref().unwrap_or_default());
        let page = page(items, size, self.marker.as_deref(), &of)
            .map_err(|_| ApiError::sender("InvalidParameterValueException", "Invalid pagination token."))?;
        Ok(resource::page_answer(page, list, "NextMarker"))
    }
}

/// The function that a request names, in the world's functions.
struct Found {
    functions: Arc<Functions>,
    reference: FunctionReference,
}

impl Found {
    fn look_up(world: &World, name: &str, qualifier: Option<&str>) -> Result<Self, ApiError> {
        let functions = world.parsed::<Functions>()?;
        let reference = FunctionReference::read(world, name, qualifier)?;
        Ok(Self { functions, reference })
    }

    fn function(&self) -> Result<&Function, ApiError> {
        let function = self.functions.named(&self.reference.name);
        function
            .filter(|function| self.reference.arn.starts_with(&function.arn))
            .ok_or_else(|| self.reference.not_found())
    }

    fn version(&self) -> Result<(&Function, &Version), ApiError> {
        let function = self.function()?;
        let qualifier = self.reference.qualifier.as_deref().unwrap_or("$LATEST");
        Ok((function, function.version(qualifier).ok_or_else(|| self.reference.not_found())?))
    }

    fn configuration(&self) -> Result<Resource, ApiError> {
        let (function, version) = self.version()?;
        Ok(function.configuration(version, self.reference.qualifier.as_deref()))
    }
}

fn list_functions(world: &World, input: &Value) -> Result<Value, ApiError> {
    let listing: Listing = read_input(input)?;
    let functions = world.parsed::<Functions>()?;
    let all_versions = match listing.function_version.as_deref() {
        None => false,
        Some("ALL") => true,
        Some(other) => {
            let message = format!(
                "1 validation error detected: Value '{other}' at 'functionVersion' failed to satisfy constraint: Member \
                 must satisfy enum value set: [ALL]"
            );
            return Err(ApiError::sender("ValidationException", message));
        }
    };
    let listed = functions.0.iter().flat_map(|function| {
        let versions = function.versions().take(if all_versions { usize::MAX } else { 1 });
        versions.map(move |version| function.configuration(version, all_versions.then_some(version.number.as_str())))
    });
    listing.page(listed.collect(), "Functions", CONFIGURATIONS_A_PAGE)
}

fn get_function(world: &World, input: &Value) -> Result<Value, ApiError> {
    let OneFunction { function_name, qualifier } = read_input(input)?;
    let found = Found::look_up(world, &function_name, qualifier.as_deref())?;
    let (function, version) = found.version()?;
    let mut answer = Resource::new();
    answer.insert("Configuration".to_owned(), found.configuration()?.into());
    if version.is_image() {
        answer.insert("Code".to_owned(), json!({"RepositoryType": "ECR"}));
    } else if version.package.zip().is_some() {
        answer.insert(
            "Code".to_owned(),
            json!({"RepositoryType": "S3", "Location": package::location(world, function, version)}),
        );
    }
    if !function.tags.is_empty() {
        answer.insert("Tags".to_owned(), function.tags.clone().into());
    }
    if !function.concurrency.is_empty() {
        answer.insert("Concurrency".to_owned(), function.concurrency.clone().into());
    }
    Ok(Value::Object(answer))
}

fn get_function_configuration(world: &World, input: &Value) -> Result<Value, ApiError> {
    let OneFunction { function_name, qualifier } = read_input(input)?;
    Ok(Found::look_up(world, &function_name, qualifier.as_deref())?.configuration()?.into())
}

fn list_versions_by_function(world: &World, input: &Value) -> Result<Value, ApiError> {
    let listing: Listing = read_input(input)?;
    let found = Found::look_up(world, listing.function_name.as_deref().unwrap_or_default(), None)?;
    let function = found.function()?;
    let versions = function.versions().map(|version| function.configuration(version, Some(&version.number)));
    listing.page(versions.collect(), "Versions", CONFIGURATIONS_A_PAGE)
}

fn list_aliases(world: &World, input: &Value) -> Result<Value, ApiError> {
    let listing: Listing = read_input(input)?;
    let found = Found::look_up(world, listing.function_name.as_deref().unwrap_or_default(), None)?;
    let function = found.function()?;
    let wanted = |alias: &&Resource| {
        listing.function_version.as_deref().is_none_or(|version| is(alias, "FunctionVersion", version))
    };
    let aliases = function.aliases.iter().filter(wanted).map(|alias| with_arn(function, alias)).collect();
    listing.page(aliases, "Aliases", ITEMS_A_PAGE)
}

fn get_alias(world: &World, input: &Value) -> Result<Value, ApiError> {
    let OneAlias { function_name, name } = read_input(input)?;
    let found = Found::look_up(world, &function_name, None)?;
    let function = found.function()?;
    let alias = function.aliases.iter().find(|alias| is(alias, "Name", &name)).ok_or_else(|| {
        let message = format!("Cannot find alias arn: {}:{name}", function.arn);
        ApiError::sender("ResourceNotFoundException", message).with_status(404)
    })?;
    Ok(with_arn(function, alias).into())
}

fn with_arn(function: &Function, alias: &Resource) -> Resource {
    let mut alias = alias.clone();
    let name = resource::text(&alias, "Name").unwrap_or_default();
    let arn = format!("{}:{name}", function.arn);
    alias.entry("AliasArn").or_insert_with(|| arn.into());
    alias
}

fn list_event_source_mappings(world: &World, input: &Value) -> Result<Value, ApiError> {
    let listing: Listing = read_input(input)?;
    let functions = world.parsed::<Functions>()?;
    let only = match &listing.function_name {
        None => None,
        Some(name) => Some(Found::look_up(world, name, None)?.function()?.arn.clone()),
    };
    let mappings = functions
        .0
        .iter()
        .filter(|function| only.as_ref().is_none_or(|arn| function.arn == *arn))
        .flat_map(|function| {
            function.event_source_mappings.iter().map(|mapping| {
                let mut mapping = mapping.clone();
                mapping.entry("FunctionArn").or_insert_with(|| function.arn.clone().into());
                mapping
            })
        })
        .filter(|mapping| listing.event_source_arn.as_deref().is_none_or(|arn| is(mapping, "EventSourceArn", arn)))
        .filter(|mapping| resource::existed(mapping, "LastModified", world.now()))
        .collect();
    listing.page(mappings, "EventSourceMappings", ITEMS_A_PAGE)
}

fn get_function_concurrency(world: &World, input: &Value) -> Result<Value, ApiError> {
    let OneFunction { function_name, .. } = read_input(input)?;
    let found = Found::look_up(world, &function_name, None)?;
    Ok(found.function()?.concurrency.clone().into())
}

fn get_policy(world: &World, input: &Value) -> Result<Value, ApiError> {
    let OneFunction { function_name, qualifier } = read_input(input)?;
    let found = Found::look_up(world, &function_name, qualifier.as_deref())?;
    let (function, _) = found.version()?;
    match &function.policy {
        Some(policy) => Ok(policy.clone().into()),
        None => {
            let message = "The resource you requested does not exist.";
            Err(ApiError::sender("ResourceNotFoundException", message).with_status(404))
        }
    }
}

fn list_tags(world: &World, input: &Value) -> Result<Value, ApiError> {
    let OneResource { resource } = read_input(input)?;
    let found = Found::look_up(world, &resource, None)?;
    Ok(json!({"Tags": found.function()?.tags}))
}
