//! `list_stack_events`: what CloudFormation did to a stack, and when.

use std::fmt::Write as _;

use aws_sdk_cloudformation::types::StackEvent as SdkEvent;
use jiff::Timestamp;
use marple_case::{Facts, Scope, facts::StackEvents};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    fault::Fault,
    stack::{self, EventsOfSpan},
    text::Command,
    tool::{Context, Findings, Tool},
    window,
};

/// Lists the events of a CloudFormation stack in a span, newest first: which resource was created, updated or rolled back, and why.
/// Says when the newest event before the span was, so that "nothing was deployed" can be quoted.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The stack's name or ARN.
    stack: String,
    /// First moment, RFC 3339. Default: the incident's window.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Timestamp>,
    /// First moment after the span, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<Timestamp>,
}

pub(crate) struct ListStackEvents;

impl Tool for ListStackEvents {
    const NAME: &'static str = "list_stack_events";
    const ACTIONS: &'static [&'static str] = &["cloudformation:DescribeStackEvents"];
    type Args = Args;

    fn normalise(args: &mut Args, scope: &Scope) -> Result<(), String> {
        window::fill(&mut args.start, &mut args.end, scope)
    }

    fn command(args: &Args, scope: &Scope) -> String {
        Command::new("cloudformation", "describe-stack-events")
            .option("stack-name", &args.stack)
            .in_region(&scope.region)
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        let span = window::of(args.start, args.end, context.scope);
        let found = match stack::events(&args.stack, span, context).await {
            Ok(found) => found,
            Err(fault) if stack::is_unknown(&fault) => {
                let region = &context.scope.region;
                return Ok(Findings::nothing(format!("no stack named {} in {region}", args.stack)));
            }
            Err(fault) => return Err(fault),
        };
        let text = rendered(&args.stack, &found, span);
        let events: Vec<_> = found.events.iter().filter_map(stack::event).collect();
        let found = !events.is_empty();
        Ok(Findings { found, facts: Facts::StackEvents(StackEvents { stack: args.stack.clone(), events }), text })
    }
}

fn rendered(name: &str, found: &EventsOfSpan, span: marple_case::Window) -> String {
    let mut text = match found.events.len() {
        0 => format!("no event of stack {name} between {} and {}\n", span.start, span.end),
        number => format!("events of stack {name} between {} and {}: {number}\n", span.start, span.end),
    };
    for event in &found.events {
        text.push_str(&line(event));
    }
    if found.cut {
        text.push_str("[there are more events in this span: narrow it]\n");
    }
    match &found.before {
        Some(before) => {
            let _ = write!(text, "the newest event before: {}", line(before));
        }
        None if found.cut => {}
        None => text.push_str("there is no event before this span\n"),
    }
    text
}

/// `TIME CloudFormation STATUS LOGICAL (TYPE, physical id): reason`.
fn line(event: &SdkEvent) -> String {
    let Some(fact) = stack::event(event) else { return String::new() };
    let physical =
        event.physical_resource_id().filter(|id| !id.is_empty()).map(|id| format!(", {id}")).unwrap_or_default();
    let reason = fact.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    format!(
        "{} CloudFormation {} {} ({}{physical}){reason}\n",
        fact.at, fact.status, fact.logical_id, fact.resource_type
    )
}
