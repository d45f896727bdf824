//! `list_log_groups`: which log groups there are.

use marple_case::{Facts, Scope, facts::LogGroup};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    fault::{Asked, Fault},
    text::Command,
    time,
    tool::{Context, Findings, Tool},
};

/// Log groups that are listed at most.
const LIMIT: usize = 500;

/// Lists CloudWatch log groups by prefix or by a part of their name, with retention and stored bytes. Use it when the log
/// group of a resource is not known.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// How the names begin: /aws/lambda/
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    /// What the names contain, case-sensitive. Not together with prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    contains: Option<String>,
}

pub(crate) struct ListLogGroups;

impl Tool for ListLogGroups {
    const NAME: &'static str = "list_log_groups";
    const ACTIONS: &'static [&'static str] = &["logs:DescribeLogGroups"];
    type Args = Args;

    fn normalise(args: &mut Args, _: &Scope) -> Result<(), String> {
        match (&args.prefix, &args.contains) {
            (Some(_), Some(_)) => {
                Err("give prefix or contains, not both: CloudWatch Logs takes one of them".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn command(args: &Args, scope: &Scope) -> String {
        Command::new("logs", "describe-log-groups")
            .option_if("log-group-name-prefix", args.prefix.as_ref())
            .option_if("log-group-name-pattern", args.contains.as_ref())
            .in_region(&scope.region)
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        let (groups, complete) = read(args, context).await?;
        if groups.is_empty() {
            return Ok(Findings::nothing(format!("no log group {} in {}", looked_for(args), context.scope.region)));
        }
        let mut text = format!("log groups {}: {}\n", looked_for(args), groups.len());
        for group in &groups {
            text.push_str(&line(group));
        }
        if !complete {
            text.push_str(&format!("[there are more than {LIMIT}: narrow the search]\n"));
        }
        Ok(Findings::found(Facts::LogGroups(groups), text))
    }
}

/// Reads the log groups, and whether these are all.
async fn read(args: &Args, context: Context<'_>) -> Result<(Vec<LogGroup>, bool), Fault> {
    let mut groups = Vec::new();
    let mut token = None;
    loop {
        let page = context
            .clients
            .logs()
            .describe_log_groups()
            .set_log_group_name_prefix(args.prefix.clone())
            .set_log_group_name_pattern(args.contains.clone())
            .set_next_token(token)
            .send()
            .await
            .asked("logs:DescribeLogGroups")?;
        groups.extend(page.log_groups().iter().map(log_group));
        token = page.next_token;
        if token.is_none() || groups.len() >= LIMIT {
            return Ok((groups, token.is_none()));
        }
    }
}

fn log_group(group: &aws_sdk_cloudwatchlogs::types::LogGroup) -> LogGroup {
    LogGroup {
        name: group.log_group_name().unwrap_or_default().to_owned(),
        retention_days: group.retention_in_days().and_then(|days| u32::try_from(days).ok()),
        stored_bytes: group.stored_bytes().and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0),
        created: group.creation_time().and_then(time::from_millis),
    }
}

fn looked_for(args: &Args) -> String {
    match (&args.prefix, &args.contains) {
        (Some(prefix), _) => format!("with a name that begins with {prefix:?}"),
        (None, Some(part)) => format!("with a name that contains {part:?}"),
        (None, None) => "at all".to_owned(),
    }
}

fn line(group: &LogGroup) -> String {
    let kept = group.retention_days.map_or("for ever".to_owned(), |days| format!("{days} days"));
    let made = group.created.map(|created| format!(", made {created}")).unwrap_or_default();
    format!("log group: {}, kept {kept}, {} bytes stored{made}\n", group.name, group.stored_bytes)
}
