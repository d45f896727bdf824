//! DescribeLogGroups and DescribeLogStreams.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{bounded, invalid_parameter, invalid_token, one_group};
use crate::World;
use crate::logs::{Group, Logs, Stream};
use crate::page::page;
use crate::services::{ApiError, read_input};

/// Entries of a page, at most and by default.
const MOST_ENTRIES: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeLogGroups {
    log_group_name_prefix: Option<String>,
    log_group_name_pattern: Option<String>,
    log_group_identifiers: Option<Vec<String>>,
    log_group_class: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

pub(super) fn log_groups(world: &World, input: &Value) -> Result<Value, ApiError> {
    let request: DescribeLogGroups = read_input(input)?;
    if request.log_group_name_prefix.is_some() && request.log_group_name_pattern.is_some() {
        return Err(invalid_parameter(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    let limit = bounded(request.limit, "limit", 1..=50, MOST_ENTRIES)?;
    let logs = Logs::of(world)?;
    let wanted = |name: &str| {
        request.log_group_name_prefix.as_ref().is_none_or(|prefix| name.starts_with(prefix.as_str()))
            && request.log_group_name_pattern.as_ref().is_none_or(|part| name.contains(part.as_str()))
    };
    let identified = |group: &Group<'_>| {
        let is = |identifier: &String| *identifier == group.name || identifier.trim_end_matches(":*") == group.arn;
        request.log_group_identifiers.as_ref().is_none_or(|identifiers| identifiers.iter().any(is))
    };
    let names = logs.group_names().into_iter().filter(|name| wanted(name));
    let groups: Vec<Group<'_>> = names.filter_map(|name| logs.group(name)).filter(|group| identified(group)).collect();
    let list = format!("logGroups {:?} {:?}", request.log_group_name_prefix, request.log_group_name_pattern);
    let page = page(groups, limit, request.next_token.as_deref(), &list).map_err(|_| invalid_token())?;
    let entries = page.items.iter().map(Group::describe);
    let of_class = |entry: &Value| {
        request.log_group_class.as_deref().is_none_or(|class| entry.get("logGroupClass") == Some(&json!(class)))
    };
    Ok(with_token(json!({ "logGroups": entries.filter(of_class).collect::<Vec<_>>() }), page.next))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeLogStreams {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_stream_name_prefix: Option<String>,
    order_by: Option<String>,
    descending: Option<bool>,
    next_token: Option<String>,
    limit: Option<i64>,
}

pub(super) fn log_streams(world: &World, input: &Value) -> Result<Value, ApiError> {
    let request: DescribeLogStreams = read_input(input)?;
    let limit = bounded(request.limit, "limit", 1..=50, MOST_ENTRIES)?;
    let by_time = match request.order_by.as_deref() {
        None | Some("LogStreamName") => false,
        Some("LastEventTime") if request.log_stream_name_prefix.is_some() => {
            return Err(invalid_parameter("Cannot order by LastEventTime with a logStreamNamePrefix."));
        }
        Some("LastEventTime") => true,
        Some(other) => {
            return Err(invalid_parameter(format!(
                "1 validation error detected: Value '{other}' at 'orderBy' failed to satisfy constraint: Member must satisfy enum value set: [LogStreamName, LastEventTime]"
            )));
        }
    };
    let logs = Logs::of(world)?;
    let group = one_group(&logs, request.log_group_name.as_deref(), request.log_group_identifier.as_deref())?;
    let mut streams = group.streams();
    let prefix = request.log_stream_name_prefix.unwrap_or_default();
    streams.retain(|stream| stream.name.starts_with(prefix.as_str()));
    if by_time {
        streams.sort_by_key(|stream| stream.last);
    }
    let descending = request.descending.unwrap_or(false);
    if descending {
        streams.reverse();
    }
    let list = format!("logStreams {} {prefix:?} {by_time} {descending}", group.name);
    let page = page(streams, limit, request.next_token.as_deref(), &list).map_err(|_| invalid_token())?;
    let entries: Vec<Value> = page.items.iter().map(|stream| describe_stream(&group, stream, logs.now)).collect();
    Ok(with_token(json!({ "logStreams": entries }), page.next))
}

fn describe_stream(group: &Group<'_>, stream: &Stream, now: i64) -> Value {
    json!({
        "logStreamName": &*stream.name,
        "creationTime": stream.first,
        "firstEventTimestamp": stream.first,
        "lastEventTimestamp": stream.last,
        "lastIngestionTime": (stream.last + 1000).min(now),
        "uploadSequenceToken": format!("{:056}", stream.last),
        "arn": format!("{}:log-stream:{}", group.arn, stream.name),
        "storedBytes": 0, // AWS gave the number up in 2019
    })
}

fn with_token(mut answer: Value, next: Option<String>) -> Value {
    if let (Some(next), Some(answer)) = (next, answer.as_object_mut()) {
        answer.insert("nextToken".to_owned(), json!(next));
    }
    answer
}
