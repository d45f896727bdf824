//! The seam between the toolbox and its tools: what a tool is, and the table of them all.
//!
//! A tool is a type that implements [`Tool`]. Its `Args` are what a model fills in: their JSON Schema is what it is told,
//! the doc comment on them is the tool's description, the doc comments on their fields those of the arguments. [`TOOLS`]
//! lists every tool in the order in which a model is told of them; a tool that is not there does not exist.

use std::{future::Future, time::Duration};

use futures::future::{BoxFuture, FutureExt};
use marple_agent::ports::{Refusal, Taken};
use marple_case::{Facts, Outcome, Scope, ToolSpec};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    clients::Clients,
    fault::{self, Fault, Met},
    hide::Hider,
    text, tools,
};

mod schema;

/// The longest that one call of a tool may take, all its requests included.
const LIMIT: Duration = Duration::from_secs(60);

/// Every tool. The order is the one in which a model is told of them.
pub(crate) const TOOLS: &[Registered] = &[
    tool::<tools::describe_alarms::DescribeAlarms>(),
    tool::<tools::get_metrics::GetMetrics>(),
    tool::<tools::list_metrics::ListMetrics>(),
    tool::<tools::search_logs::SearchLogs>(),
    tool::<tools::summarize_logs::SummarizeLogs>(),
    tool::<tools::query_logs::QueryLogs>(),
    tool::<tools::list_log_groups::ListLogGroups>(),
    tool::<tools::get_function::GetFunction>(),
    tool::<tools::read_function_code::ReadFunctionCode>(),
    tool::<tools::describe_service::DescribeService>(),
    tool::<tools::list_tasks::ListTasks>(),
    tool::<tools::describe_task_definition::DescribeTaskDefinition>(),
    tool::<tools::list_images::ListImages>(),
    tool::<tools::describe_load_balancer::DescribeLoadBalancer>(),
    tool::<tools::describe_stack::DescribeStack>(),
    tool::<tools::list_stack_events::ListStackEvents>(),
    tool::<tools::list_secrets::ListSecrets>(),
    tool::<tools::describe_database::DescribeDatabase>(),
    tool::<tools::list_changes::ListChanges>(),
];

/// What a tool runs with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The SDK's clients.
    pub clients: &'a Clients,
    /// What is looked at, and when.
    pub scope: &'a Scope,
    /// Hides credentials in what AWS returns.
    pub hider: &'a Hider,
}

/// What a tool found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Findings {
    /// Whether there was anything.
    pub found: bool,
    /// The facts. May say more than nothing also where nothing was found: a metric without points.
    pub facts: Facts,
    /// The same as text, complete. Says what was asked for where nothing was found.
    pub text: String,
}

impl Findings {
    /// Something was found.
    pub(crate) fn found(facts: Facts, text: impl Into<String>) -> Self {
        Self { found: true, facts, text: text.into() }
    }

    /// Nothing was found; the text says what was looked for, and where.
    pub(crate) fn nothing(text: impl Into<String>) -> Self {
        Self { found: false, facts: Facts::Nothing, text: text.into() }
    }
}

/// A tool.
pub(crate) trait Tool: 'static {
    /// The name that a model calls it by.
    const NAME: &'static str;
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str];
    /// What a model is shown of its text, bytes.
    const SHOWN_BYTES: usize = text::SHOWN_BYTES;
    /// What reads the lines that it is not shown.
    const READS: &'static str = text::READS;
    /// Its arguments; `deny_unknown_fields`, and `Option`s skipped where they are `None`.
    type Args: DeserializeOwned + Serialize + JsonSchema + Send + Sync;

    /// Fills in defaults. The scope is the same for all calls of an investigation.
    ///
    /// # Errors
    /// Which argument does not fit, why, and what fits.
    fn normalise(args: &mut Self::Args, scope: &Scope) -> Result<(), String>;

    /// The command line that takes the same evidence again.
    fn command(args: &Self::Args, scope: &Scope) -> String;

    /// Runs it, with normalised arguments.
    fn run(args: &Self::Args, context: Context<'_>) -> impl Future<Output = Result<Findings, Fault>> + Send;
}

/// A line of the table: a tool without its type.
#[derive(Debug)]
pub(crate) struct Registered {
    /// The tool's name.
    pub name: &'static str,
    /// The IAM actions that it needs.
    pub actions: &'static [&'static str],
    /// What a model is told.
    pub spec: fn() -> ToolSpec,
    /// Checks arguments and fills in their defaults.
    pub normalise: fn(&Value, &Scope) -> Result<Value, Refusal>,
    /// Runs it with normalised arguments.
    pub run: for<'a> fn(&'a Value, Context<'a>) -> BoxFuture<'a, Taken>,
}

const fn tool<T: Tool>() -> Registered {
    Registered {
        name: T::NAME,
        actions: T::ACTIONS,
        spec: spec::<T>,
        normalise: normalise::<T>,
        run: |arguments, context| run::<T>(arguments, context).boxed(),
    }
}

/// What a model is told of a tool: the schema of its arguments, with the description taken out of it.
fn spec<T: Tool>() -> ToolSpec {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T::Args>().to_value();
    schema::simplify(&mut schema);
    let mut remove = |key: &str| schema.as_object_mut().and_then(|fields| fields.remove(key));
    remove("title");
    let description = match remove("description") {
        Some(Value::String(description)) => description,
        _ => String::new(),
    };
    ToolSpec { name: T::NAME.to_owned(), description, schema }
}

fn normalise<T: Tool>(arguments: &Value, scope: &Scope) -> Result<Value, Refusal> {
    let refused = |reason| Refusal::BadArguments { tool: T::NAME.to_owned(), reason };
    let mut args: T::Args = parse::<T>(arguments).map_err(refused)?;
    T::normalise(&mut args, scope).map_err(refused)?;
    serde_json::to_value(&args).map_err(|error| refused(error.to_string()))
}

/// Reads arguments. A `null` is an argument left out: models write both.
fn parse<T: Tool>(arguments: &Value) -> Result<T::Args, String> {
    if let Ok(args) = T::Args::deserialize(arguments)
        && arguments.is_object()
    {
        return Ok(args);
    }
    let given: Map<String, Value> = match arguments {
        Value::Object(given) => given.clone().into_iter().filter(|(_, value)| !value.is_null()).collect(),
        Value::Null => Map::new(),
        other => {
            return Err(format!("they have to be a JSON object, and are {}", text::clipped(&other.to_string(), 80)));
        }
    };
    serde_path_to_error::deserialize(Value::Object(given)).map_err(|error| {
        let (place, error) = (error.path().to_string(), error.inner());
        let place = if place == "." { String::new() } else { format!("{place}: ") };
        let spec = spec::<T>();
        let names = spec.schema.get("properties").and_then(Value::as_object);
        let names: Vec<&str> = names.into_iter().flat_map(Map::keys).map(String::as_str).collect();
        format!("{place}{error}; the arguments are: {}", names.join(", "))
    })
}

async fn run<T: Tool>(arguments: &Value, context: Context<'_>) -> Taken {
    let args = match parse::<T>(arguments) {
        Ok(args) => args,
        Err(reason) => {
            let refused = Err(not_normalised::<T>(reason));
            return taken::<T>(arguments, String::new(), refused, &Met::default());
        }
    };
    let command = T::command(&args, context.scope);
    let limited = async {
        tokio::time::timeout(LIMIT, T::run(&args, context)).await.unwrap_or_else(|_| {
            Err(Fault::Unreachable {
                action: T::NAME.to_owned(),
                message: format!("no complete answer within {} s", LIMIT.as_secs()),
            })
        })
    };
    let (result, met) = fault::watched(limited).await;
    taken::<T>(arguments, command, result, &met)
}

fn not_normalised<T: Tool>(reason: String) -> Fault {
    Fault::Unreachable { action: T::NAME.to_owned(), message: format!("the arguments do not fit: {reason}") }
}

/// What a call gave. "Nothing" is a fact only where every request was answered: where one was not, nobody knows, and the call has failed.
fn taken<T: Tool>(arguments: &Value, command: String, result: Result<Findings, Fault>, met: &Met) -> Taken {
    let (outcome, facts, text, unread) = match result {
        Ok(findings) => {
            let outcome = match (findings.found, met.worst()) {
                (true, _) => Outcome::Found,
                (false, None) => Outcome::NoData,
                (false, Some(fault)) => fault.outcome(),
            };
            let untold = met.untold(&findings.text);
            let text =
                if untold.is_empty() { findings.text } else { format!("{}\n{untold}", findings.text.trim_end()) };
            (outcome, findings.facts, text, met.outcomes())
        }
        Err(fault) => (fault.outcome(), Facts::Nothing, fault.to_string(), Vec::new()),
    };
    let text = text::visible(text.trim_end()).into_owned();
    let shown = text::cut(&text, T::SHOWN_BYTES, T::READS);
    let command = text::visible(&command).into_owned();
    Taken { arguments: arguments.clone(), outcome, facts, text, shown, command, unread }
}

#[cfg(test)]
mod tests;
