//! `list_changes`: who and what changed, from all sources on one time line.
//!
//! - `sources`: CloudTrail's write events, CloudFormation's stack events, Lambda's times of change, RDS's events; `containers`: ECS's
//!   deployments and revisions, ECR's pushes; each as far as it could be read;
//! - `subject`: whether a change touches a resource in question;
//! - `rendering`: the text, with one sentence for "nothing touched it", which is quoted as evidence.

use futures::join;
use jiff::{SignedDuration, Timestamp};
use marple_case::{
    Facts, Scope, Window,
    facts::{Change, ChangeSource, Changes},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    fault::Fault,
    text::Command,
    tool::{Context, Findings, Tool},
    window,
};

mod containers;
mod rendering;
mod sources;
mod subject;
#[cfg(test)]
mod tests;

use subject::Subjects;

/// How long before the incident's window changes are looked for.
const BEFORE: SignedDuration = SignedDuration::from_hours(72);

/// Lists what was changed in a span (default: from 72 h before the incident's window to its end), on one time line: write events of
/// CloudTrail, stack events of CloudFormation, changes of Lambda functions, ECS deployments, RDS events and, of the ECS services in question,
/// registered task definitions with what each changed, failures and pushed images. Each is marked when it touches the resource in question or the stack that owns it. "No change touches …" is a fact only for the sources that were read.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// First moment, RFC 3339. Default: 72 h before the incident's window.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Timestamp>,
    /// First moment after the span, RFC 3339. Default: the end of the incident's window.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<Timestamp>,
    /// Only what touches this resource, by its name or ARN. Default: everything, with what touches the resources in question first.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
}

pub(crate) struct ListChanges;

impl Tool for ListChanges {
    const NAME: &'static str = "list_changes";
    const ACTIONS: &'static [&'static str] = &[
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStackResources",
        "cloudformation:DescribeStacks",
        "cloudtrail:LookupEvents",
        "ecr:DescribeImages",
        "ecs:DescribeServices",
        "ecs:DescribeTaskDefinition",
        "ecs:ListClusters",
        "ecs:ListServices",
        "ecs:ListTaskDefinitions",
        "lambda:ListFunctions",
        "lambda:ListVersionsByFunction",
        "rds:DescribeEvents",
    ];
    type Args = Args;

    fn normalise(args: &mut Args, scope: &Scope) -> Result<(), String> {
        let end = args.end.unwrap_or(scope.window.end);
        let from = scope.window.start.min(end);
        args.start = args.start.or_else(|| from.checked_sub(BEFORE).ok());
        args.end = Some(end);
        window::fill(&mut args.start, &mut args.end, scope)
    }

    fn command(args: &Args, scope: &Scope) -> String {
        let span = window::of(args.start, args.end, scope);
        Command::new("cloudtrail", "lookup-events")
            .option("lookup-attributes", "AttributeKey=ReadOnly,AttributeValue=false")
            .option("start-time", span.start.to_string())
            .option("end-time", span.end.to_string())
            .in_region(&scope.region)
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        let span = window::of(args.start, args.end, context.scope);
        let subjects = Subjects::find(args.resource.as_deref(), context).await;
        let (cloudtrail, cloudformation, lambda, ecs, ecr, rds) = join!(
            sources::cloudtrail(span, &subjects, context),
            sources::cloudformation(span, &subjects, context),
            sources::lambda(span, &subjects, context),
            containers::ecs(span, &subjects, context),
            containers::ecr(span, &subjects, context),
            sources::rds(span, &subjects, context),
        );
        let mut sources = vec![
            (ChangeSource::CloudTrail, cloudtrail),
            (ChangeSource::CloudFormation, cloudformation),
            (ChangeSource::Lambda, lambda),
            (ChangeSource::Ecs, ecs),
            (ChangeSource::Rds, rds),
        ];
        sources.extend(ecr.map(|given| (ChangeSource::Ecr, given)));
        if let Some(fault) = first_of_only_faults(&sources) {
            return Err(fault);
        }
        let line = merged(sources, span, args.resource.is_some(), &subjects);
        let text = rendering::rendered(&line, &subjects, context.scope);
        Ok(Findings { found: !line.changes.changes.is_empty(), facts: Facts::Changes(line.changes), text })
    }
}

/// What one source gave.
#[derive(Debug, Clone, Default, PartialEq)]
struct Given {
    changes: Vec<Change>,
    /// What a reader should know: that a limit was reached, that a part could not be read.
    notes: Vec<String>,
    /// From when on the source was read, where that is later than the span's start.
    since: Option<Timestamp>,
}

type Source = (ChangeSource, Result<Given, Fault>);

/// The fault, where no source could be read: that is no time line without changes.
fn first_of_only_faults(sources: &[Source]) -> Option<Fault> {
    let all_failed = sources.iter().all(|(_, given)| given.is_err());
    sources.iter().find_map(|(_, given)| given.as_ref().err()).filter(|_| all_failed).cloned()
}

/// The changes of all sources on one time line.
#[derive(Debug, Clone, PartialEq)]
struct TimeLine {
    /// The changes, oldest first.
    changes: Changes,
    /// The sources that were read from a later moment on than was asked for.
    since: Vec<(ChangeSource, Timestamp)>,
    /// The sources' notes.
    notes: Vec<String>,
}

fn merged(sources: Vec<Source>, window: Window, narrowed: bool, subjects: &Subjects) -> TimeLine {
    let mut changes = Changes { window, changes: Vec::new(), read: Vec::new(), unread: Vec::new() };
    let (mut since, mut notes) = (Vec::new(), subjects.notes.clone());
    for (source, given) in sources {
        match given {
            Ok(given) => {
                changes.read.push(source);
                since.extend(given.since.map(|at| (source, at)));
                notes.extend(given.notes.into_iter().map(|note| format!("{}: {note}", source.word())));
                changes.changes.extend(given.changes.into_iter().filter(|change| change.touches_subject || !narrowed));
            }
            Err(fault) => changes.unread.push((source, fault.to_string())),
        }
    }
    changes.changes.sort_by_key(|change| change.at);
    TimeLine { changes, since, notes }
}
