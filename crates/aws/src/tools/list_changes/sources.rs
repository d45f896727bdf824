//! The sources of changes beside ECS and ECR.

use std::time::Duration;

use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_sdk_rds::types::SourceType;
use futures::{StreamExt, future::join_all, stream};
use jiff::SignedDuration;
use marple_case::{
    ResourceKind, ResourceRef, Window,
    facts::{Change, ChangeSource, Function, Stack, StackResource},
};

use super::{Given, subject::Subjects};
use crate::{
    cloudtrail::{self, TrailEvent},
    database,
    fault::{Asked, Fault},
    stack,
    text::clipped,
    time,
    tool::Context,
    tools::{describe_database, get_function},
    window,
};

/// Stacks whose events are read at most: those that own the resources in question, then those updated last.
const STACKS: usize = 30;
/// Stacks that are read at the same time.
const STACKS_AT_ONCE: usize = 5;

/// Write events of CloudTrail. Where there are more than the pages hold, older events are looked up by the names of the resources in
/// question: a busy account writes thousands of events a day, and the one that matters may be among the oldest.
pub(super) async fn cloudtrail(span: Window, subjects: &Subjects, context: Context<'_>) -> Result<Given, Fault> {
    trail(span, subjects, context, TrailLimits::default()).await
}

/// How far CloudTrail is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct TrailLimits {
    /// Events a page, 50 at most.
    pub page: i32,
    /// Pages of all write events.
    pub pages: usize,
    /// Pages of the events that name one resource.
    pub named_pages: usize,
    /// Between two calls: LookupEvents may be called twice a second in an account and region.
    pub interval: Duration,
}

impl Default for TrailLimits {
    fn default() -> Self {
        Self { page: 50, pages: 20, named_pages: 2, interval: Duration::from_millis(500) }
    }
}

pub(super) async fn trail(
    span: Window,
    subjects: &Subjects,
    context: Context<'_>,
    limits: TrailLimits,
) -> Result<Given, Fault> {
    let newest = lookup(LookupAttributeKey::ReadOnly, "false", span, limits.pages, context, limits).await?;
    let mut given = Given::default();
    if let Some(reason) = newest.cut {
        let number = newest.events.len();
        given.notes.push(format!("the {number} newest write events were read; older ones were not: {reason}"));
        given.since = newest.events.iter().map(|event| event.at).min().or(Some(span.end));
    }
    let mut events = newest.events;
    if let Some(since) = given.since.filter(|since| span.start < *since) {
        // One second more than the gap: CloudTrail counts in seconds, and a page may end inside one.
        let gap = Window { start: span.start, end: window::later(since, SignedDuration::from_secs(1)) };
        for name in subjects.trail_names() {
            tokio::time::sleep(limits.interval).await;
            match lookup(LookupAttributeKey::ResourceName, &name, gap, limits.named_pages, context, limits).await {
                Ok(named) => {
                    let more = if named.cut.is_some() { ", the newest of them" } else { "" };
                    given.notes.push(format!("older events were looked up by the resource name {name}{more}"));
                    let new: Vec<_> = named.events.into_iter().filter(|event| !events.contains(event)).collect();
                    events.extend(new);
                }
                Err(fault) => given.notes.push(format!("older events that name {name} were not read: {fault}")),
            }
        }
    }
    given.changes = events.into_iter().map(|event| trail_change(event, subjects)).collect();
    Ok(given)
}

/// Write events, newest first, and why there are no more of them, where there are.
struct Looked {
    events: Vec<TrailEvent>,
    cut: Option<String>,
}

/// Looks events up by one attribute: LookupEvents takes no second one.
async fn lookup(
    key: LookupAttributeKey,
    value: &str,
    span: Window,
    pages: usize,
    context: Context<'_>,
    limits: TrailLimits,
) -> Result<Looked, Fault> {
    const ACTION: &str = "cloudtrail:LookupEvents";
    let attribute = LookupAttribute::builder().attribute_key(key).attribute_value(value).build();
    let attribute =
        attribute.map_err(|error| Fault::Unreachable { action: ACTION.to_owned(), message: error.to_string() })?;
    let mut looked = Looked { events: Vec::new(), cut: None };
    let mut token = None;
    for number in 0..pages {
        if number > 0 {
            tokio::time::sleep(limits.interval).await;
        }
        let asked = context.clients.cloudtrail().lookup_events().lookup_attributes(attribute.clone());
        let asked = asked.start_time(time::date_time(span.start)).end_time(time::date_time(span.end));
        let page = match asked.max_results(limits.page).set_next_token(token).send().await.asked(ACTION) {
            Ok(page) => page,
            Err(fault) if number > 0 => {
                looked.cut = Some(fault.to_string());
                return Ok(looked);
            }
            Err(fault) => return Err(fault),
        };
        let events = page.events().iter().filter_map(|event| cloudtrail::event(event, context.hider));
        looked.events.extend(events.filter(|event| !event.read_only && span.contains(event.at)));
        token = page.next_token;
        if token.is_none() {
            return Ok(looked);
        }
    }
    looked.cut = Some(format!("{pages} pages are the limit"));
    Ok(looked)
}

fn trail_change(event: TrailEvent, subjects: &Subjects) -> Change {
    // What was refused changed nothing; and what ECS's own scheduler does to targets follows from tasks that came and went.
    let is_scheduler = event.actor.as_deref().is_some_and(|actor| actor.starts_with("AWSServiceRoleForECS/"));
    let touches_subject = event.error.is_none() && !is_scheduler && subjects.touched_by(&event.resources, None);
    Change {
        at: event.at,
        source: ChangeSource::CloudTrail,
        actor: event.actor,
        action: event.action,
        resource: event.resources.into_iter().next(),
        detail: event.detail,
        touches_subject,
    }
}

/// Events of the stacks that own the resources in question, and of all stacks that were made, updated or deleted in the span.
pub(super) async fn cloudformation(span: Window, subjects: &Subjects, context: Context<'_>) -> Result<Given, Fault> {
    let (described, complete) = stack::describe(None, context).await?;
    let mut stacks: Vec<Stack> = described.iter().map(|one| stack::stack(one, context.hider)).collect();
    let owns = |stack: &Stack| subjects.stacks.contains(&stack.name);
    // A stack updated after the span may have been updated in it too: its last time says nothing then.
    stacks
        .retain(|stack| owns(stack) || [stack.created, stack.updated].into_iter().flatten().any(|at| span.start <= at));
    stacks.sort_by_key(|stack| (!owns(stack), std::cmp::Reverse(stack.updated.or(stack.created))));
    let mut given = Given::default();
    if !complete || stacks.len() > STACKS {
        given.notes.push(format!("the events of {STACKS} stacks were read; more stacks changed"));
        stacks.truncate(STACKS);
    }
    let names = stacks.into_iter().map(|stack| stack.name);
    let read = stream::iter(names).map(|name| async move {
        let events = stack::events(&name, span, context).await;
        (name, events)
    });
    let read: Vec<_> = read.buffered(STACKS_AT_ONCE).collect().await;
    for (name, events) in read {
        match events {
            Ok(found) => {
                if found.cut {
                    given.notes.push(format!("older events of stack {name} in this span were not read"));
                }
                given.changes.extend(found.events.iter().filter_map(|event| stack_change(&name, event, subjects)));
            }
            Err(fault @ Fault::Denied { .. }) => return Err(fault),
            Err(fault) => given.notes.push(format!("the events of stack {name} were not read: {fault}")),
        }
    }
    Ok(given)
}

fn stack_change(name: &str, event: &aws_sdk_cloudformation::types::StackEvent, subjects: &Subjects) -> Option<Change> {
    let fact = stack::event(event)?;
    let is_stack = fact.resource_type == "AWS::CloudFormation::Stack" && fact.logical_id == name;
    let changed = StackResource {
        logical_id: fact.logical_id.clone(),
        physical_id: event.physical_resource_id().filter(|id| !id.is_empty()).map(str::to_owned),
        resource_type: fact.resource_type.clone(),
        status: fact.status.clone(),
        updated: None,
    };
    let resource = if is_stack { ResourceRef::new(ResourceKind::Stack, name) } else { changed.resource() };
    let reason = fact.reason.map(|reason| format!(": {}", clipped(&reason, 300))).unwrap_or_default();
    let detail = match is_stack {
        true => reason.trim_start_matches(": ").to_owned(),
        false => format!("{} {} of stack {name}{reason}", fact.resource_type, fact.logical_id),
    };
    Some(Change {
        at: fact.at,
        source: ChangeSource::CloudFormation,
        actor: None,
        action: fact.status,
        touches_subject: subjects.touched_by(std::slice::from_ref(&resource), Some(name)),
        resource: Some(resource),
        detail,
    })
}

/// When functions changed last and, of the functions in question, which versions were published.
pub(super) async fn lambda(span: Window, subjects: &Subjects, context: Context<'_>) -> Result<Given, Fault> {
    let (functions, complete) = get_function::list(context).await?;
    let mut given = Given::default();
    if !complete {
        given.notes.push("not all functions were read".to_owned());
    }
    for function in &functions {
        let inside = function.last_modified.filter(|at| span.contains(*at));
        given.changes.extend(inside.map(|at| Change {
            at,
            source: ChangeSource::Lambda,
            actor: None,
            action: "LastModified".to_owned(),
            touches_subject: subjects.touched_by(&[function.resource()], None),
            resource: Some(function.resource()),
            detail: "code or configuration was changed last at this time".to_owned(),
        }));
    }
    let asked = functions.iter().filter(|function| subjects.touched_by(&[function.resource()], None));
    let published = join_all(asked.map(|function| published(function, span, context))).await;
    for (name, versions) in published {
        match versions {
            Ok(versions) => given.changes.extend(versions),
            Err(fault) => given.notes.push(format!("the versions of {name} were not read: {fault}")),
        }
    }
    Ok(given)
}

async fn published<'f>(
    function: &'f Function,
    span: Window,
    context: Context<'_>,
) -> (&'f str, Result<Vec<Change>, Fault>) {
    let versions = get_function::versions(&function.name, context).await.map(|versions| {
        let numbered = versions.into_iter().filter(|version| version.version != "$LATEST");
        let inside =
            numbered.filter_map(|version| Some((version.last_modified.filter(|at| span.contains(*at))?, version)));
        let change = |(at, version): (jiff::Timestamp, marple_case::facts::FunctionVersion)| Change {
            at,
            source: ChangeSource::Lambda,
            actor: None,
            action: "PublishVersion".to_owned(),
            resource: Some(function.resource()),
            detail: format!("version {}, sha256 {}", version.version, version.code_sha256),
            touches_subject: true,
        };
        inside.map(change).collect()
    });
    (&function.name, versions)
}

/// Events of RDS; it keeps 14 days.
pub(super) async fn rds(span: Window, subjects: &Subjects, context: Context<'_>) -> Result<Given, Fault> {
    let mut given = Given::default();
    let Some(kept) = describe_database::kept(span, context.scope.now) else {
        given.notes.push("keeps events for 14 days, and this span is older".to_owned());
        given.since = Some(span.end);
        return Ok(given);
    };
    if kept != span {
        given.notes.push("keeps events for 14 days".to_owned());
        given.since = Some(kept.start);
    }
    for event in database::events(None, kept, context).await? {
        let Some(at) = event.date().and_then(time::timestamp) else { continue };
        let kind = match event.source_type() {
            Some(SourceType::DbCluster) => ResourceKind::DbCluster,
            Some(SourceType::DbInstance) => ResourceKind::DbInstance,
            _ => ResourceKind::Other,
        };
        let resource = event.source_identifier().map(|id| ResourceRef::new(kind, id));
        given.changes.push(Change {
            at,
            source: ChangeSource::Rds,
            actor: None,
            action: event.event_categories().first().map_or("event", String::as_str).to_owned(),
            touches_subject: resource.as_ref().is_some_and(|one| subjects.touched_by(std::slice::from_ref(one), None)),
            resource,
            detail: event.message().unwrap_or_default().to_owned(),
        });
    }
    Ok(given)
}
