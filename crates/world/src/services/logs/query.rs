//! Logs Insights: StartQuery, GetQueryResults, StopQuery, DescribeQueries. A query is complete as soon as it is started.

use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{bounded, invalid_parameter, invalid_token, no_such_group};
use crate::logs::insights::{Output, Query, Scope};
use crate::logs::{Group, Logs};
use crate::page::page;
use crate::services::{ApiError, read_input};
use crate::traffic::numbers::fingerprint;
use crate::world::Parsed;
use crate::{Scenario, ScenarioError, World};

/// Queries that are remembered; the oldest are forgotten.
const REMEMBERED: usize = 1000;
/// Log groups that a query may name.
const MOST_GROUPS: usize = 50;

/// The queries that were started in this world, oldest first.
struct Queries(Mutex<Vec<Started>>);

struct Started {
    id: String,
    text: String,
    group: String,
    output: Output,
}

impl Parsed for Queries {
    fn parse(_: &Scenario) -> Result<Self, ScenarioError> {
        Ok(Self(Mutex::new(Vec::new())))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartQuery {
    query_language: Option<String>,
    log_group_name: Option<String>,
    log_group_names: Option<Vec<String>>,
    log_group_identifiers: Option<Vec<String>>,
    start_time: i64,
    end_time: i64,
    query_string: String,
    limit: Option<i64>,
}

pub(super) fn start(world: &World, input: &Value) -> Result<Value, ApiError> {
    let request: StartQuery = read_input(input)?;
    if request.query_language.as_deref().is_some_and(|language| language != "CWLI") {
        return Err(invalid_parameter("Only the query language CWLI is supported here."));
    }
    let limit = bounded(request.limit, "limit", 1..=100_000, 0)?;
    let logs = Logs::of(world)?;
    let groups = groups(&logs, &request)?;
    let query = Query::parse(&request.query_string).map_err(|error| malformed(error.to_string()))?;
    if request.end_time < request.start_time {
        return Err(invalid_parameter("endTime has to be after or equal to startTime."));
    }
    let scope = Scope {
        from: request.start_time.saturating_mul(1000),
        to: request.end_time.saturating_mul(1000).saturating_add(999),
        now: logs.now,
        account: world.scenario().account.clone(),
        limit: (limit > 0).then_some(limit),
    };
    if groups.iter().all(|group| scope.to < group.creation_time().max(group.oldest_visible())) {
        return Err(malformed(format!(
            "Query's end date and time is either before the log groups creation time or exceeds the log groups log retention settings ([{},{}])",
            request.start_time, request.end_time
        )));
    }
    let output = query.run(&groups, &scope);
    let group = groups.first().map(|group| group.name.clone()).unwrap_or_default();
    let queries = world.parsed::<Queries>()?;
    let mut started = queries.0.lock().unwrap_or_else(PoisonError::into_inner);
    let id = query_id(world, &request.query_string);
    if started.len() >= REMEMBERED {
        started.remove(0);
    }
    started.push(Started { id: id.clone(), text: request.query_string, group, output });
    Ok(json!({ "queryId": id }))
}

fn malformed(message: impl Into<String>) -> ApiError {
    ApiError::sender("MalformedQueryException", message)
}

/// A UUID that no other query of this world has.
fn query_id(world: &World, text: &str) -> String {
    let unique = fingerprint(&world.next_request_id());
    let of_text = fingerprint(text);
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        of_text >> 32,
        (of_text >> 16) & 0xffff,
        of_text & 0xfff,
        unique >> 52,
        unique & 0xffff_ffff_ffff
    )
}

fn groups<'a>(logs: &'a Logs, request: &StartQuery) -> Result<Vec<Group<'a>>, ApiError> {
    let named = request.log_group_name.iter().chain(request.log_group_names.iter().flatten());
    let mut identifiers: Vec<&String> = named.chain(request.log_group_identifiers.iter().flatten()).collect();
    let stated =
        [request.log_group_name.is_some(), request.log_group_names.is_some(), request.log_group_identifiers.is_some()];
    if stated.iter().filter(|stated| **stated).count() != 1 || identifiers.is_empty() {
        return Err(invalid_parameter(
            "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers has to be specified.",
        ));
    }
    if identifiers.len() > MOST_GROUPS {
        return Err(invalid_parameter(format!("A query can name at most {MOST_GROUPS} log groups.")));
    }
    identifiers.sort_unstable();
    identifiers.dedup();
    identifiers.into_iter().map(|identifier| logs.group_by_identifier(identifier).ok_or_else(no_such_group)).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetQueryResults {
    query_id: String,
    next_token: Option<String>,
    max_items: Option<i64>,
}

/// Rows of a page unless `maxItems` says less.
const PAGE_ROWS: usize = 10_000;

pub(super) fn results(world: &World, input: &Value) -> Result<Value, ApiError> {
    let request: GetQueryResults = read_input(input)?;
    let size = match bounded(request.max_items, "maxItems", 0..=10_000, PAGE_ROWS)? {
        0 => PAGE_ROWS,
        size => size,
    };
    let queries = world.parsed::<Queries>()?;
    let started = queries.0.lock().unwrap_or_else(PoisonError::into_inner);
    let query = started.iter().find(|query| query.id == request.query_id).ok_or_else(no_such_query)?;
    let Output { rows, records_matched, records_scanned, bytes_scanned, groups_scanned } = &query.output;
    let page =
        page(rows.iter().collect(), size, request.next_token.as_deref(), &query.id).map_err(|_| invalid_token())?;
    let cells = |row: &Vec<(String, String)>| {
        row.iter().map(|(field, value)| json!({ "field": field, "value": value })).collect::<Value>()
    };
    let mut answer = json!({
        "queryLanguage": "CWLI",
        "results": page.items.into_iter().map(cells).collect::<Vec<_>>(),
        "statistics": {
            "recordsMatched": *records_matched as f64,
            "recordsScanned": *records_scanned as f64,
            "estimatedRecordsSkipped": 0.0,
            "bytesScanned": *bytes_scanned as f64,
            "estimatedBytesSkipped": 0.0,
            "logGroupsScanned": *groups_scanned as f64,
        },
        "status": "Complete",
    });
    if let (Some(next), Some(answer)) = (page.next, answer.as_object_mut()) {
        answer.insert("nextToken".to_owned(), json!(next));
    }
    Ok(answer)
}

fn no_such_query() -> ApiError {
    ApiError::sender("ResourceNotFoundException", "The specified query does not exist.")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StopQuery {
    query_id: String,
}

/// Nothing can be stopped: a query has ended when its id is known.
pub(super) fn stop(world: &World, input: &Value) -> Result<Value, ApiError> {
    let request: StopQuery = read_input(input)?;
    let queries = world.parsed::<Queries>()?;
    let started = queries.0.lock().unwrap_or_else(PoisonError::into_inner);
    if !started.iter().any(|query| query.id == request.query_id) {
        return Err(no_such_query());
    }
    Err(invalid_parameter("Provided query ID has already ended."))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeQueries {
    log_group_name: Option<String>,
    status: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn describe(world: &World, input: &Value) -> Result<Value, ApiError> {
    let request: DescribeQueries = read_input(input)?;
    let size = bounded(request.max_results, "maxResults", 1..=1000, 1000)?;
    let queries = world.parsed::<Queries>()?;
    let started = queries.0.lock().unwrap_or_else(PoisonError::into_inner);
    let complete = request.status.as_deref().is_none_or(|status| status == "Complete");
    let wanted = |query: &&Started| complete && request.log_group_name.as_ref().is_none_or(|name| *name == query.group);
    let newest_first: Vec<&Started> = started.iter().rev().filter(wanted).collect();
    let page = page(newest_first, size, request.next_token.as_deref(), "queries").map_err(|_| invalid_token())?;
    let entry = |query: &Started| {
        json!({
            "queryLanguage": "CWLI",
            "queryId": query.id,
            "queryString": query.text,
            "status": "Complete",
            "createTime": world.now().as_millisecond(),
            "logGroupName": query.group,
        })
    };
    let mut answer = json!({ "queries": page.items.into_iter().map(entry).collect::<Vec<_>>() });
    if let (Some(next), Some(answer)) = (page.next, answer.as_object_mut()) {
        answer.insert("nextToken".to_owned(), json!(next));
    }
    Ok(answer)
}
