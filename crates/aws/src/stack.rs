//! CloudFormation: the SDK's stacks, resources and events made facts, and the calls that several tools make; [`template`]: what a
//! stack's template says of each resource.

use aws_sdk_cloudformation::types::{Stack as SdkStack, StackEvent as SdkEvent, StackResourceSummary, TemplateStage};
use jiff::Timestamp;
use marple_case::{
    Window,
    facts::{Stack, StackEvent, StackResource},
};

use crate::{
    fault::{Asked, Fault},
    hide::Hider,
    time,
    tool::Context,
};

mod template;

pub(crate) use template::Template;

/// Stacks that are listed at most.
const STACKS: usize = 1_000;
/// Resources of one stack that are listed at most; CloudFormation allows 500.
const RESOURCES: usize = 1_000;
/// Events of one stack that are read at most, newest first.
const EVENTS: usize = 2_000;

/// A stack without its resources. Parameters and outputs go through `hider`.
pub(crate) fn stack(stack: &SdkStack, hider: &Hider) -> Stack {
    let pair = |name: Option<&str>, value: Option<&str>| {
        let name = name.unwrap_or_default().to_owned();
        let value = hider.named(&name, value.unwrap_or_default());
        (name, value)
    };
    let parameter = |one: &aws_sdk_cloudformation::types::Parameter| {
        // A parameter of type AWS::SSM::Parameter::Value holds a name, and shows what it was resolved to.
        pair(one.parameter_key(), one.resolved_value().or(one.parameter_value()))
    };
    Stack {
        name: stack.stack_name().unwrap_or_default().to_owned(),
        arn: stack.stack_id().unwrap_or_default().to_owned(),
        status: stack.stack_status().map_or("unknown", |status| status.as_str()).to_owned(),
        created: stack.creation_time().and_then(time::timestamp),
        updated: stack.last_updated_time().and_then(time::timestamp),
        parameters: stack.parameters().iter().map(parameter).collect(),
        outputs: stack.outputs().iter().map(|one| pair(one.output_key(), one.output_value())).collect(),
        resources: Vec::new(),
    }
}

fn resource(resource: &StackResourceSummary) -> StackResource {
    StackResource {
        logical_id: resource.logical_resource_id().unwrap_or_default().to_owned(),
        physical_id: resource.physical_resource_id().filter(|id| !id.is_empty()).map(str::to_owned),
        resource_type: resource.resource_type().unwrap_or_default().to_owned(),
        status: resource.resource_status().map_or("unknown", |status| status.as_str()).to_owned(),
        updated: resource.last_updated_timestamp().and_then(time::timestamp),
    }
}

/// An event as a fact. `None`: it has no time.
pub(crate) fn event(event: &SdkEvent) -> Option<StackEvent> {
    Some(StackEvent {
        at: event.timestamp().and_then(time::timestamp)?,
        logical_id: event.logical_resource_id().unwrap_or_default().to_owned(),
        resource_type: event.resource_type().unwrap_or_default().to_owned(),
        status: event.resource_status().map_or("unknown", |status| status.as_str()).to_owned(),
        reason: event.resource_status_reason().filter(|reason| !reason.is_empty()).map(str::to_owned),
    })
}

/// Whether CloudFormation says that there is no such stack, or none that owns the resource. It has no code of its own for that.
pub(crate) fn is_unknown(fault: &Fault) -> bool {
    matches!(fault, Fault::Refused { code, message, .. } if code == "ValidationError" && message.contains("does not exist"))
}

/// One stack by name, or all; and whether these are all.
pub(crate) async fn describe(name: Option<&str>, context: Context<'_>) -> Result<(Vec<SdkStack>, bool), Fault> {
    let mut stacks = Vec::new();
    let mut token = None;
    loop {
        let asked = context.clients.cloudformation().describe_stacks().set_stack_name(name.map(str::to_owned));
        let page = asked.set_next_token(token).send().await.asked("cloudformation:DescribeStacks")?;
        token = page.next_token;
        stacks.extend(page.stacks.unwrap_or_default());
        if token.is_none() || stacks.len() >= STACKS {
            return Ok((stacks, token.is_none()));
        }
    }
}

/// The resources of a stack, each with the reason of its status, where CloudFormation gives one.
pub(crate) async fn resources(name: &str, context: Context<'_>) -> Result<Vec<(StackResource, Option<String>)>, Fault> {
    let mut resources = Vec::new();
    let mut token = None;
    loop {
        let asked = context.clients.cloudformation().list_stack_resources().stack_name(name).set_next_token(token);
        let page = asked.send().await.asked("cloudformation:ListStackResources")?;
        let with_reason = |one: &StackResourceSummary| (resource(one), one.resource_status_reason().map(str::to_owned));
        resources.extend(page.stack_resource_summaries().iter().map(with_reason));
        token = page.next_token;
        if token.is_none() || resources.len() >= RESOURCES {
            return Ok(resources);
        }
    }
}

/// The text of a stack's template, as far as there is one: after transforms, else as it was given.
pub(crate) async fn template(name: &str, context: Context<'_>) -> Result<Option<String>, Fault> {
    const ACTION: &str = "cloudformation:GetTemplate";
    let asked = |stage| context.clients.cloudformation().get_template().stack_name(name).template_stage(stage).send();
    match asked(TemplateStage::Processed).await.asked(ACTION) {
        Ok(answer) => return Ok(answer.template_body),
        Err(Fault::Refused { .. }) => {}
        Err(fault) => return Err(fault),
    }
    match asked(TemplateStage::Original).await.asked(ACTION) {
        Ok(answer) => Ok(answer.template_body),
        Err(Fault::Refused { .. }) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The name of the stack that owns a resource, by the resource's physical id. `None`: no stack does.
pub(crate) async fn owner(physical_id: &str, context: Context<'_>) -> Result<Option<String>, Fault> {
    let asked = context.clients.cloudformation().describe_stack_resources().physical_resource_id(physical_id);
    match asked.send().await.asked("cloudformation:DescribeStackResources") {
        Ok(answer) => Ok(answer.stack_resources().iter().find_map(|one| one.stack_name()).map(str::to_owned)),
        Err(fault) if is_unknown(&fault) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// A stack's events inside a span, newest first, and the newest one before it.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventsOfSpan {
    /// Inside.
    pub events: Vec<SdkEvent>,
    /// Before it; `None`: there is none.
    pub before: Option<SdkEvent>,
    /// Whether there are more inside than were read.
    pub cut: bool,
}

/// Reads a stack's events.
pub(crate) async fn events(name: &str, span: Window, context: Context<'_>) -> Result<EventsOfSpan, Fault> {
    let mut found = EventsOfSpan::default();
    let mut token = None;
    let at = |event: &SdkEvent| event.timestamp().and_then(time::timestamp).unwrap_or(Timestamp::MIN);
    loop {
        let asked = context.clients.cloudformation().describe_stack_events().stack_name(name).set_next_token(token);
        let page = asked.send().await.asked("cloudformation:DescribeStackEvents")?;
        token = page.next_token;
        for event in page.stack_events.unwrap_or_default() {
            if at(&event) < span.start {
                found.before = Some(event);
                return Ok(found);
            }
            if span.contains(at(&event)) {
                found.events.push(event);
            }
        }
        if token.is_none() || found.events.len() >= EVENTS {
            found.cut = token.is_some();
            return Ok(found);
        }
    }
}
