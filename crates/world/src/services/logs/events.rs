//! FilterLogEvents and GetLogEvents.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{bounded, invalid_parameter, invalid_token, no_such_stream, one_group};
use crate::World;
use crate::logs::pattern::Pattern;
use crate::logs::search::{Search, Streams};
use crate::logs::stream_reader::{Reading, Start};
use crate::logs::{Group, Logs, event_id};
use crate::services::{ApiError, read_input};
use crate::traffic::numbers::fingerprint;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilterLogEvents {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_names: Option<Vec<String>>,
    log_stream_name_prefix: Option<String>,
    start_time: Option<i64>,
    end_time: Option<i64>,
    filter_pattern: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

/// Events of a page, at most and by default.
const MOST_EVENTS: usize = 10_000;
const LONGEST_PATTERN: usize = 1024;

pub(super) fn filter(world: &World, input: &Value) -> Result<Value, ApiError> {
    let request: FilterLogEvents = read_input(input)?;
    let logs = Logs::of(world)?;
    let group = one_group(&logs, request.log_group_name.as_deref(), request.log_group_identifier.as_deref())?;
    let limit = bounded(request.limit, "limit", 1..=10_000, MOST_EVENTS)?;
    let pattern = request.filter_pattern.unwrap_or_default();
    if pattern.chars().count() > LONGEST_PATTERN {
        return Err(invalid_parameter(format!("filterPattern has more than {LONGEST_PATTERN} characters.")));
    }
    let search = Search {
        pattern: Pattern::parse(&pattern).map_err(|error| invalid_parameter(error.to_string()))?,
        from: request.start_time.unwrap_or(0),
        to: request.end_time.unwrap_or(logs.now),
        streams: streams(&group, request.log_stream_names, request.log_stream_name_prefix)?,
        limit,
    };
    if search.from > search.to && request.end_time.is_some() {
        return Err(invalid_parameter("startTime has to be before or equal to endTime."));
    }
    // A token belongs to its search: the same token with another pattern or range is invalid.
    let identity = fingerprint(&format!("{}\n{pattern}\n{:?}\n{:?}", group.name, request.start_time, request.end_time));
    let position = match &request.next_token {
        Some(token) => read_token(token, identity).ok_or_else(invalid_token)?,
        None => 0,
    };
    let found = search.page(&group, position);
    let events: Vec<Value> = found
        .events
        .iter()
        .map(|(place, event)| {
            json!({
                "logStreamName": &*event.stream,
                "timestamp": event.timestamp,
                "message": &*event.message,
                "ingestionTime": event.ingestion_time(logs.now),
                "eventId": event_id(event.timestamp, u128::from(fingerprint(&event.stream)) << 32 | *place as u128),
            })
        })
        .collect();
    let mut answer = json!({ "events": events, "searchedLogStreams": [] });
    if let (Some(next), Some(answer)) = (found.next, answer.as_object_mut()) {
        answer.insert("nextToken".to_owned(), json!(URL_SAFE_NO_PAD.encode(format!("{identity:016x}:{next}"))));
    }
    Ok(answer)
}

fn read_token(token: &str, identity: u64) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (of, position) = text.split_once(':')?;
    (of == format!("{identity:016x}")).then(|| position.parse().ok()).flatten()
}

fn streams(group: &Group<'_>, names: Option<Vec<String>>, prefix: Option<String>) -> Result<Streams, ApiError> {
    match (names, prefix) {
        (Some(_), Some(_)) => Err(invalid_parameter("Cannot specify both logStreamNames and logStreamNamePrefix.")),
        (None, Some(prefix)) => Ok(Streams::Prefixed(prefix)),
        (None, None) => Ok(Streams::All),
        (Some(names), None) => {
            let existing = group.streams();
            if names.is_empty() || names.len() > 100 {
                return Err(invalid_parameter("logStreamNames has to hold between 1 and 100 names."));
            }
            if names.iter().any(|name| !existing.iter().any(|stream| &*stream.name == name.as_str())) {
                return Err(no_such_stream());
            }
            Ok(Streams::Named(names.into_iter().collect()))
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GetLogEvents {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name: String,
    start_time: Option<i64>,
    end_time: Option<i64>,
    next_token: Option<String>,
    limit: Option<i64>,
    start_from_head: Option<bool>,
}

pub(super) fn get(world: &World, input: &Value) -> Result<Value, ApiError> {
    let request: GetLogEvents = read_input(input)?;
    let logs = Logs::of(world)?;
    let group = one_group(&logs, request.log_group_name.as_deref(), request.log_group_identifier.as_deref())?;
    let stream = group
        .streams()
        .into_iter()
        .find(|stream| *stream.name == *request.log_stream_name)
        .ok_or_else(no_such_stream)?;
    let start = match (&request.next_token, request.start_from_head) {
        (Some(token), _) => Start::of_token(token).ok_or_else(invalid_token)?,
        (None, Some(true)) => Start::Head,
        (None, _) => Start::Tail,
    };
    let reading = Reading {
        from: request.start_time.unwrap_or(0),
        to: request.end_time.unwrap_or(i64::MAX),
        limit: bounded(request.limit, "limit", 1..=10_000, MOST_EVENTS)?,
        start,
    };
    let page = reading.page(&group, &stream);
    let events: Vec<Value> = page
        .events
        .iter()
        .map(|event| json!({ "timestamp": event.timestamp, "message": &*event.message, "ingestionTime": event.ingestion_time(logs.now) }))
        .collect();
    Ok(json!({ "events": events, "nextForwardToken": page.forward, "nextBackwardToken": page.backward }))
}
