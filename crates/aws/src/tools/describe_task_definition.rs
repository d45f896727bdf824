//! `describe_task_definition`: a revision of a task definition, and how it differs from another.

use marple_case::{Facts, Scope, facts::TaskDefinition};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::Value;

use crate::{
    ecs::{name_of, revision},
    fault::Fault,
    text::Command,
    tool::{Context, Findings, Tool},
};

mod rendering;

/// The word for the active revision before.
const PREVIOUS: &str = "previous";

/// Shows a revision of an ECS task definition: CPU, memory, roles, and each container's image, environment (values that look like
/// credentials are hidden), injected secrets by name and ARN, ports, health check, log group; and how it differs from another revision.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// family:revision, the ARN, or a family for its newest active revision.
    task_definition: String,
    /// The revision to compare with: its number, or `previous` (the default) for the active revision before.
    #[serde(default = "previous", deserialize_with = "text_or_number")]
    compare_with: String,
}

fn previous() -> String {
    PREVIOUS.to_owned()
}

/// Models write a revision as a number and as a text.
fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(D::Error::custom(format!("{other} is neither a revision's number nor {PREVIOUS}"))),
    }
}

pub(crate) struct DescribeTaskDefinition;

impl Tool for DescribeTaskDefinition {
    const NAME: &'static str = "describe_task_definition";
    const ACTIONS: &'static [&'static str] = &["ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions"];
    type Args = Args;

    fn normalise(args: &mut Args, _: &Scope) -> Result<(), String> {
        args.task_definition = name_of(args.task_definition.trim()).to_owned();
        let other = args.compare_with.trim().to_owned();
        // `family:revision` is understood too.
        args.compare_with = other.rsplit(':').next().unwrap_or(&other).to_owned();
        if args.compare_with != PREVIOUS && args.compare_with.parse::<u32>().is_err() {
            return Err(format!("compare_with {other:?} is neither a revision's number nor {PREVIOUS}"));
        }
        Ok(())
    }

    fn command(args: &Args, scope: &Scope) -> String {
        Command::new("ecs", "describe-task-definition")
            .option("task-definition", &args.task_definition)
            .in_region(&scope.region)
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        let Some(described) = revision::described(&args.task_definition, context.clients).await? else {
            return Ok(Findings::nothing(format!(
                "no task definition {} in {}",
                args.task_definition, context.scope.region
            )));
        };
        let mut new = revision::fact(&described, context.hider);
        let compared = compared(&new, &args.compare_with, context).await;
        let mut differences = Vec::new();
        if let Compared::With(old) = &compared {
            differences = revision::differences(old, &new);
            new.differences = differences.iter().map(|one| one.line.clone()).collect();
            new.compared_with = Some(old.revision);
        }
        let text = rendering::rendered(&new, &described, (&compared, &differences));
        let mut facts = vec![new];
        if let Compared::With(old) = compared {
            facts.push(*old);
        }
        Ok(Findings::found(Facts::TaskDefinitions(facts), text))
    }
}

/// What a revision was compared with.
#[derive(Debug)]
enum Compared {
    /// This one.
    With(Box<TaskDefinition>),
    /// There is no such revision: which.
    Missing(String),
    /// It could not be read.
    Unread(Fault),
}

async fn compared(new: &TaskDefinition, with: &str, context: Context<'_>) -> Compared {
    let number = match with.parse::<u32>() {
        Ok(number) => number,
        Err(_) => match revision::active(&new.family, context.clients).await {
            Ok(active) => match active.into_iter().find(|revision| *revision < new.revision) {
                Some(number) => number,
                None => {
                    return Compared::Missing(format!("no active revision of {} before {}", new.family, new.revision));
                }
            },
            Err(fault) => return Compared::Unread(fault),
        },
    };
    let name = format!("{}:{number}", new.family);
    match revision::described(&name, context.clients).await {
        Ok(Some(old)) => Compared::With(Box::new(revision::fact(&old, context.hider))),
        Ok(None) => Compared::Missing(format!("no task definition {name}")),
        Err(fault) => Compared::Unread(fault),
    }
}
