//! Which functions stand behind a source that an alarm or a question names: those that take from a queue, stream or table; those whose
//! failures end up in a dead-letter queue; those that an API, a topic or a rule may invoke, by their resource policies.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use marple_case::{ResourceKind, ResourceRef, Window, facts::MetricId};

use crate::{
    clients::Clients,
    fault::{Asked, Fault},
    function::policy,
    metrics::query::{self, Wanted},
    window::later,
};

/// Functions that become subjects, at most.
const FUNCTIONS: usize = 3;
/// Pages of event source mappings, and of functions, that are read, of up to 100 and 50 each.
const PAGES: usize = 20;
/// Functions whose policies are read, the nearest by name first.
const POLICIES: usize = 60;
/// Requests at once.
const AT_ONCE: usize = 12;
/// How far back errors are counted, to tell which of many functions fails.
const RECENT: SignedDuration = SignedDuration::from_hours(6);

/// The functions behind the sources among the subjects, where no function is among these already.
pub(super) async fn behind(
    subjects: &[ResourceRef],
    clients: &Clients,
    now: Timestamp,
) -> Result<Vec<ResourceRef>, Fault> {
    if subjects.iter().any(|one| one.kind == ResourceKind::LambdaFunction) {
        return Ok(Vec::new());
    }
    let of_kind = |kinds: &'static [ResourceKind]| subjects.iter().filter(move |one| kinds.contains(&one.kind));
    let sources: Vec<&str> = of_kind(&[ResourceKind::Queue, ResourceKind::Table, ResourceKind::Other])
        .map(|source| source.name.as_str())
        .collect();
    let mut found = if sources.is_empty() { Vec::new() } else { takers(&sources, clients).await? };
    let queues: Vec<&str> = of_kind(&[ResourceKind::Queue]).map(|queue| queue.name.as_str()).collect();
    if let (true, Some(queue)) = (found.is_empty(), queues.first()) {
        found = senders_of_dead_letters(queue, clients).await?;
    }
    if let (true, Some(invoker)) =
        (found.is_empty(), of_kind(&[ResourceKind::RestApi, ResourceKind::Topic, ResourceKind::Other]).next())
    {
        found = invoked_by(invoker, clients).await?;
    }
    if found.len() > FUNCTIONS {
        found = failing_first(found, clients, now).await?;
    }
    found.truncate(FUNCTIONS);
    Ok(found)
}

/// The functions that event source mappings feed from the sources. Mappings are listed whole, since a dimension names a source without its
/// ARN.
async fn takers(sources: &[&str], clients: &Clients) -> Result<Vec<ResourceRef>, Fault> {
    let fed = mappings(clients).await?;
    let feeds = |(source, _): &&(String, ResourceRef)| sources.iter().any(|name| is_named(source, name));
    Ok(distinct(fed.iter().filter(feeds).map(|(_, function)| function.clone())))
}

/// The functions whose failed messages a dead-letter queue keeps: those that are configured with it, else those that take from the queue
/// after which it is called.
async fn senders_of_dead_letters(queue: &str, clients: &Clients) -> Result<Vec<ResourceRef>, Fault> {
    let configured = functions(clients).await?;
    let sends = |function: &&Listed| function.dead_letters.as_deref().is_some_and(|arn| is_named(arn, queue));
    let senders = distinct(configured.iter().filter(sends).map(|function| function.resource.clone()));
    let Some(kept_for) = kept_for(queue).filter(|_| senders.is_empty()) else { return Ok(senders) };
    let fed = mappings(clients).await?;
    let name = |source: &str| source.rsplit(':').next().unwrap_or(source).to_lowercase();
    let exact = |(source, _): &&(String, ResourceRef)| name(source) == kept_for;
    let alike = |(source, _): &&(String, ResourceRef)| name(source).starts_with(&kept_for);
    let taker = fed.iter().find(exact).or_else(|| fed.iter().find(alike));
    Ok(taker.map(|(_, function)| function.clone()).into_iter().collect())
}

/// The functions that an API, a topic or a rule may invoke. A policy names an API by its id alone: where the account has several, the one
/// is taken whose functions' names are nearest to the API's.
async fn invoked_by(invoker: &ResourceRef, clients: &Clients) -> Result<Vec<ResourceRef>, Fault> {
    let likeness = |function: &ResourceRef| strsim::jaro_winkler(&invoker.name, &function.name);
    let mut listed: Vec<ResourceRef> =
        functions(clients).await?.into_iter().map(|function| function.resource).collect();
    listed.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
    listed.truncate(POLICIES);
    let asked = listed.into_iter().map(|function| async move {
        let answer = clients.lambda().get_policy().function_name(&function.name).send().await;
        match answer.asked("lambda:GetPolicy") {
            Ok(answer) => Ok((function, sources(answer.policy().unwrap_or_default()))),
            Err(fault) if fault.is_not_found() => Ok((function, Vec::new())),
            Err(fault) => Err(fault),
        }
    });
    let read: Vec<Result<(ResourceRef, Vec<String>), Fault>> = stream::iter(asked).buffered(AT_ONCE).collect().await;
    let mut apis: BTreeMap<String, Vec<ResourceRef>> = BTreeMap::new();
    let mut named = Vec::new();
    for one in read {
        let (function, sources) = one?;
        for source in sources {
            match invoker_in(&source) {
                Invoker::Api(id) if invoker.kind == ResourceKind::RestApi && id != invoker.name => {
                    apis.entry(id.to_owned()).or_default().push(function.clone());
                }
                Invoker::Api(name) | Invoker::Other(name) if name == invoker.name => named.push(function.clone()),
                _ => {}
            }
        }
    }
    if !named.is_empty() {
        return Ok(distinct(named.into_iter()));
    }
    let nearest = |functions: &[ResourceRef]| functions.iter().map(likeness).fold(0.0, f64::max);
    let api = apis.into_values().max_by(|a, b| nearest(a).total_cmp(&nearest(b)));
    Ok(distinct(api.unwrap_or_default().into_iter()))
}

/// The functions by the errors of the last hours, the most first; the order of the others stays.
async fn failing_first(
    functions: Vec<ResourceRef>,
    clients: &Clients,
    now: Timestamp,
) -> Result<Vec<ResourceRef>, Fault> {
    let wanted = |function: &ResourceRef| Wanted {
        metric: MetricId {
            namespace: "AWS/Lambda".to_owned(),
            name: "Errors".to_owned(),
            dimensions: [("FunctionName".to_owned(), function.name.clone())].into(),
        },
        statistic: "Sum".to_owned(),
    };
    let wanted: Vec<Wanted> = functions.iter().map(wanted).collect();
    let span = Window { start: later(now, -RECENT), end: now };
    let series = query::read(clients, &wanted, span, None, query::period(span, None, now)).await?;
    let mut counted: Vec<(f64, ResourceRef)> = series.iter().map(|one| one.window.sum).zip(functions).collect();
    counted.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(counted.into_iter().map(|(_, function)| function).collect())
}

/// A function as it is listed.
struct Listed {
    resource: ResourceRef,
    /// The ARN of the queue or topic that gets the events which it failed on.
    dead_letters: Option<String>,
}

async fn functions(clients: &Clients) -> Result<Vec<Listed>, Fault> {
    let mut pages = clients.lambda().list_functions().into_paginator().send();
    let mut functions = Vec::new();
    for _ in 0..PAGES {
        let Some(page) = pages.next().await else { break };
        for function in page.asked("lambda:ListFunctions")?.functions() {
            let Some(name) = function.function_name() else { continue };
            let arn = function.function_arn().unwrap_or_default();
            let dead_letters = function.dead_letter_config().and_then(|config| config.target_arn());
            functions.push(Listed {
                resource: ResourceRef::with_arn(ResourceKind::LambdaFunction, name, arn),
                dead_letters: dead_letters.map(str::to_owned),
            });
        }
    }
    Ok(functions)
}

/// Each source's ARN with the function that it feeds.
async fn mappings(clients: &Clients) -> Result<Vec<(String, ResourceRef)>, Fault> {
    let mut pages = clients.lambda().list_event_source_mappings().into_paginator().send();
    let mut mappings = Vec::new();
    for _ in 0..PAGES {
        let Some(page) = pages.next().await else { break };
        for mapping in page.asked("lambda:ListEventSourceMappings")?.event_source_mappings() {
            let ends = mapping.event_source_arn().zip(mapping.function_arn().and_then(function_of));
            mappings.extend(ends.map(|(source, function)| (source.to_owned(), function)));
        }
    }
    Ok(mappings)
}

fn distinct(functions: impl Iterator<Item = ResourceRef>) -> Vec<ResourceRef> {
    let mut distinct: Vec<ResourceRef> = Vec::new();
    for function in functions {
        if !distinct.iter().any(|known| known.is_same(&function)) {
            distinct.push(function);
        }
    }
    distinct
}

/// The ARNs from which a resource policy allows to invoke.
fn sources(policy: &str) -> Vec<String> {
    policy::permissions(policy).into_iter().flat_map(|permission| permission.sources).collect()
}

/// What may invoke a function.
#[derive(Debug, PartialEq)]
enum Invoker<'a> {
    /// An API, by its id.
    Api(&'a str),
    /// A topic, a rule, anything else, by its name.
    Other(&'a str),
}

/// `arn:aws:execute-api:REGION:ACCOUNT:ID/STAGE/METHOD/PATH`, `arn:aws:sns:REGION:ACCOUNT:NAME`, `arn:aws:events:REGION:ACCOUNT:rule/NAME`.
fn invoker_in(arn: &str) -> Invoker<'_> {
    let relative = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    match arn.split(':').nth(2) {
        Some("execute-api") => Invoker::Api(relative.split('/').next().unwrap_or(relative)),
        _ => Invoker::Other(relative.rsplit('/').next().unwrap_or(relative)),
    }
}

/// Whether a source's ARN is of this name: `…:NAME` of a queue, `…:stream/NAME`, `…:table/NAME/stream/TIME`.
fn is_named(arn: &str, name: &str) -> bool {
    let relative = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    relative == name || relative.split('/').nth(1) == Some(name)
}

/// The function of an ARN, which may end in an alias or a version.
fn function_of(arn: &str) -> Option<ResourceRef> {
    let parts: Vec<&str> = arn.split(':').take(7).collect();
    let name = parts.get(6)?;
    Some(ResourceRef::with_arn(ResourceKind::LambdaFunction, *name, parts.join(":")))
}

/// How the name begins, in lower case, of the queue for which a dead-letter queue is kept, by the usual ways to call one: `orders-dlq`,
/// `shop-OrdersDeadLetterQueue-1AB2CD`, `dlq-orders`.
fn kept_for(queue: &str) -> Option<String> {
    const MARKS: [&str; 5] = ["dead-letter", "dead_letter", "deadletter", "dlq", "failed"];
    let name = queue.to_lowercase();
    let (at, mark) = MARKS.iter().find_map(|mark| Some((name.find(mark)?, mark)))?;
    let joins = |c: char| matches!(c, '-' | '_' | '.');
    let before = name.get(..at)?.trim_matches(joins);
    let after = name.get(at + mark.len()..)?.trim_matches(joins);
    let kept_for = if before.is_empty() { after } else { before };
    (kept_for.len() > 2).then(|| kept_for.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_known_by_the_names_that_metrics_give_them() {
        let in_account = |rest: &str| format!("arn:aws:{rest}");
        assert!(is_named(&in_account("sqs:us-east-1:111122223333:jobs.fifo"), "jobs.fifo"));
        assert!(is_named(&in_account("kinesis:us-east-1:111122223333:stream/clicks"), "clicks"));
        assert!(is_named(
            &in_account("dynamodb:us-east-1:111122223333:table/orders/stream/2026-01-01T00:00:00.000"),
            "orders"
        ));
        assert!(!is_named(&in_account("sqs:us-east-1:111122223333:jobs-dlq"), "jobs"));
        let function = function_of("arn:aws:lambda:us-east-1:111122223333:function:worker:live");
        let arn = function.as_ref().and_then(|one| one.arn.as_deref());
        assert_eq!(arn, Some("arn:aws:lambda:us-east-1:111122223333:function:worker"));
        assert_eq!(function.map(|one| one.name).as_deref(), Some("worker"));
    }

    #[test]
    fn a_dead_letter_queue_is_called_after_the_queue_that_it_is_kept_for() {
        let names = [
            ("orders-dlq", Some("orders")),
            ("orders_dead_letter_queue.fifo", Some("orders")),
            ("shop-OrdersDLQ-1AB2CD3E", Some("shop-orders")),
            ("dlq-orders", Some("orders")),
            ("orders", None),
            ("dlq", None),
        ];
        for (queue, kept) in names {
            assert_eq!(kept_for(queue).as_deref(), kept, "{queue}");
        }
    }

    #[test]
    fn a_policy_tells_what_may_invoke_a_function() {
        let policy = r#"{"Statement": [
            {"Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:us-east-1:111122223333:k2v9d4xq1c/*/POST/payments"}}},
            {"Condition": {"StringEquals": {"AWS:SourceAccount": "111122223333"}, "ArnEquals": {"aws:sourcearn": ["arn:aws:events:us-east-1:111122223333:rule/nightly", "arn:aws:sns:us-east-1:111122223333:orders"]}}},
            {"Principal": "*"}
        ]}"#;
        let sources = sources(policy);
        let invokers: Vec<Invoker<'_>> = sources.iter().map(|arn| invoker_in(arn)).collect();
        assert_eq!(invokers, [Invoker::Api("k2v9d4xq1c"), Invoker::Other("nightly"), Invoker::Other("orders")]);
        assert_eq!(super::sources("no policy"), Vec::<String>::new());
    }
}
