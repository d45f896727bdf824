//! `get_function`: a Lambda function's configuration and what stands around it.

use aws_sdk_lambda::types::FunctionConfiguration;
use futures::join;
use marple_case::{
    Facts, Scope,
    facts::{EventSource, Function, FunctionVersion},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    fault::{Asked, Fault},
    function::{self, policy::Permission},
    text::Command,
    tool::{Context, Findings, Tool},
};

mod rendering;
#[cfg(test)]
mod tests;

/// Functions that are listed at most.
const FUNCTIONS: usize = 1_000;
/// Versions that are read at most: Lambda lists the oldest first, and the newest are wanted.
const VERSIONS: usize = 500;
/// Versions that are kept, the newest.
const VERSIONS_KEPT: usize = 20;

/// Shows a Lambda function: runtime, handler, memory, timeout, environment (values that look like credentials are hidden), VPC,
/// role, log group, versions, aliases, event source mappings, who may invoke it (by its resource policy: rules, topics, APIs), reserved
/// concurrency and the stack that owns it. Without a name: all functions of the region, one line each.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The function's name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<String>,
}

pub(crate) struct GetFunction;

impl Tool for GetFunction {
    const NAME: &'static str = "get_function";
    const ACTIONS: &'static [&'static str] = &[
        "lambda:GetFunction",
        "lambda:GetFunctionConcurrency",
        "lambda:GetFunctionConfiguration",
        "lambda:GetPolicy",
        "lambda:ListAliases",
        "lambda:ListEventSourceMappings",
        "lambda:ListFunctions",
        "lambda:ListVersionsByFunction",
    ];
    type Args = Args;

    fn normalise(_: &mut Args, _: &Scope) -> Result<(), String> {
        Ok(())
    }

    fn command(args: &Args, scope: &Scope) -> String {
        match &args.function {
            Some(function) => Command::new("lambda", "get-function-configuration")
                .option("function-name", function)
                .in_region(&scope.region),
            None => Command::new("lambda", "list-functions").in_region(&scope.region),
        }
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        match &args.function {
            Some(name) => one(name, context).await,
            None => all(context).await,
        }
    }
}

/// What stands around a function, each part as far as it could be read.
struct Surroundings {
    versions: Result<Vec<FunctionVersion>, Fault>,
    aliases: Result<Vec<(String, String)>, Fault>,
    event_sources: Result<Vec<EventSource>, Fault>,
    /// Who may invoke it.
    invokers: Result<Vec<Permission>, Fault>,
    concurrency: Result<Option<u32>, Fault>,
    /// Tags come with GetFunction alone.
    tags: Result<(), Fault>,
    /// Why Lambda could not decrypt the environment.
    environment_error: Option<String>,
}

async fn one(name: &str, context: Context<'_>) -> Result<Findings, Fault> {
    let (core, versions, aliases, event_sources, invokers, concurrency) = join!(
        core(name, context),
        versions(name, context),
        aliases(name, context),
        event_sources(name, context),
        invokers(name, context),
        concurrency(name, context),
    );
    let (mut function, environment_error, tags) = match core {
        Ok(core) => core,
        Err(fault) if fault.is_not_found() => {
            return Ok(Findings::nothing(format!("no function named {name} in {}", context.scope.region)));
        }
        Err(fault) => return Err(fault),
    };
    let around = Surroundings { versions, aliases, event_sources, invokers, concurrency, tags, environment_error };
    function.versions = around.versions.clone().unwrap_or_default();
    function.aliases = around.aliases.clone().unwrap_or_default();
    function.event_sources = around.event_sources.clone().unwrap_or_default();
    function.reserved_concurrency = around.concurrency.clone().unwrap_or_default();
    let text = rendering::whole(&function, &around);
    Ok(Findings::found(Facts::Functions(vec![function]), text))
}

/// Configuration, image and owning stack. Where GetFunction is denied, the configuration alone: it has a permission of its own.
async fn core(name: &str, context: Context<'_>) -> Result<(Function, Option<String>, Result<(), Fault>), Fault> {
    let lambda = context.clients.lambda();
    let denial = match lambda.get_function().function_name(name).send().await.asked("lambda:GetFunction") {
        Ok(answer) => {
            let Some(configuration) = answer.configuration() else { return Err(no_configuration()) };
            let mut read = function::function(configuration, context.hider);
            read.stack = answer.tags().and_then(|tags| tags.get(function::STACK_TAG)).cloned();
            read.image_uri = answer.code().and_then(|code| code.image_uri()).map(str::to_owned);
            let tags = match answer.tags_error() {
                Some(error) => {
                    Err(Fault::Denied { action: "lambda:ListTags".to_owned(), message: error.message().to_owned() })
                }
                None => Ok(()),
            };
            return Ok((read, environment_error(configuration), tags));
        }
        Err(denial @ Fault::Denied { .. }) => denial,
        Err(fault) => return Err(fault),
    };
    let answer = lambda.get_function_configuration().function_name(name).send().await;
    let Ok(answer) = answer.asked("lambda:GetFunctionConfiguration") else { return Err(denial) };
    // The operation's answer has the fields of a FunctionConfiguration, under a type of its own.
    let configuration = FunctionConfiguration::builder()
        .set_function_name(answer.function_name)
        .set_function_arn(answer.function_arn)
        .set_runtime(answer.runtime)
        .set_role(answer.role)
        .set_handler(answer.handler)
        .code_size(answer.code_size)
        .set_description(answer.description)
        .set_timeout(answer.timeout)
        .set_memory_size(answer.memory_size)
        .set_last_modified(answer.last_modified)
        .set_code_sha256(answer.code_sha256)
        .set_vpc_config(answer.vpc_config)
        .set_environment(answer.environment)
        .set_layers(answer.layers)
        .set_state(answer.state)
        .set_state_reason(answer.state_reason)
        .set_last_update_status(answer.last_update_status)
        .set_package_type(answer.package_type)
        .set_architectures(answer.architectures)
        .set_logging_config(answer.logging_config)
        .build();
    Ok((function::function(&configuration, context.hider), environment_error(&configuration), Err(denial)))
}

fn no_configuration() -> Fault {
    let message = "the answer holds no configuration".to_owned();
    Fault::Unreachable { action: "lambda:GetFunction".to_owned(), message }
}

fn environment_error(configuration: &FunctionConfiguration) -> Option<String> {
    let error = configuration.environment()?.error()?;
    Some(format!("{} ({})", error.message().unwrap_or("no message"), error.error_code().unwrap_or("no code")))
}

/// The published versions and `$LATEST`, newest first.
pub(super) async fn versions(name: &str, context: Context<'_>) -> Result<Vec<FunctionVersion>, Fault> {
    let mut versions = Vec::new();
    let mut marker = None;
    loop {
        let page = context.clients.lambda().list_versions_by_function().function_name(name).set_marker(marker).send();
        let page = page.await.asked("lambda:ListVersionsByFunction")?;
        versions.extend(page.versions().iter().map(|version| function::version(version, context.hider)));
        marker = page.next_marker.filter(|marker| !marker.is_empty());
        if marker.is_none() || versions.len() >= VERSIONS {
            break;
        }
    }
    // `$LATEST` is no number and the newest.
    versions.sort_by_key(|version| std::cmp::Reverse(version.version.parse::<u64>().unwrap_or(u64::MAX)));
    versions.truncate(VERSIONS_KEPT);
    Ok(versions)
}

async fn aliases(name: &str, context: Context<'_>) -> Result<Vec<(String, String)>, Fault> {
    let page = context.clients.lambda().list_aliases().function_name(name).send().await.asked("lambda:ListAliases")?;
    let pair = |alias: &aws_sdk_lambda::types::AliasConfiguration| {
        (alias.name().unwrap_or_default().to_owned(), alias.function_version().unwrap_or_default().to_owned())
    };
    Ok(page.aliases().iter().map(pair).collect())
}

async fn event_sources(name: &str, context: Context<'_>) -> Result<Vec<EventSource>, Fault> {
    let page = context.clients.lambda().list_event_source_mappings().function_name(name).send();
    let page = page.await.asked("lambda:ListEventSourceMappings")?;
    Ok(page.event_source_mappings().iter().map(function::event_source).collect())
}

async fn invokers(name: &str, context: Context<'_>) -> Result<Vec<Permission>, Fault> {
    match context.clients.lambda().get_policy().function_name(name).send().await.asked("lambda:GetPolicy") {
        Ok(answer) => Ok(function::policy::permissions(answer.policy().unwrap_or_default())),
        Err(fault) if fault.is_not_found() => Ok(Vec::new()),
        Err(fault) => Err(fault),
    }
}

async fn concurrency(name: &str, context: Context<'_>) -> Result<Option<u32>, Fault> {
    let answer = context.clients.lambda().get_function_concurrency().function_name(name).send().await;
    let answer = answer.asked("lambda:GetFunctionConcurrency")?;
    Ok(answer.reserved_concurrent_executions().and_then(|limit| u32::try_from(limit).ok()))
}

async fn all(context: Context<'_>) -> Result<Findings, Fault> {
    let (functions, complete) = list(context).await?;
    if functions.is_empty() {
        return Ok(Findings::nothing(format!("no Lambda function in {}", context.scope.region)));
    }
    let mut text = format!("Lambda functions in {}: {}\n", context.scope.region, functions.len());
    for function in &functions {
        text.push_str(&rendering::line(function));
    }
    if !complete {
        text.push_str(&format!("[there are more than {FUNCTIONS} functions]\n"));
    }
    Ok(Findings::found(Facts::Functions(functions), text))
}

/// All functions of the region by their configuration, and whether these are all.
pub(super) async fn list(context: Context<'_>) -> Result<(Vec<Function>, bool), Fault> {
    let mut functions = Vec::new();
    let mut marker = None;
    loop {
        let page =
            context.clients.lambda().list_functions().set_marker(marker).send().await.asked("lambda:ListFunctions")?;
        functions.extend(page.functions().iter().map(|one| function::function(one, context.hider)));
        marker = page.next_marker.filter(|marker| !marker.is_empty());
        if marker.is_none() || functions.len() >= FUNCTIONS {
            return Ok((functions, marker.is_none()));
        }
    }
}
