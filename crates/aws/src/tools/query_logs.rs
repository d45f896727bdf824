//! `query_logs`: a CloudWatch Logs Insights query.

use std::{sync::LazyLock, time::Duration};

use aws_sdk_cloudwatchlogs::{
    operation::get_query_results::GetQueryResultsOutput,
    types::{QueryStatus, ResultField},
};
use jiff::Timestamp;
use marple_case::{Facts, Scope, Window, facts::QueryRows};
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    fault::{Asked, Fault},
    hide::Hider,
    logs::read,
    text::{self, Command},
    tool::{Context, Findings, Tool},
    window,
};

/// Log groups whose oldest line is looked for.
const REACHES: usize = 3;
/// Rows that are read at most.
const ROWS: i32 = 1_000;
/// The first wait between two looks at a running query; each is twice as long as the one before it.
const FIRST_WAIT: Duration = Duration::from_millis(40);
/// The longest wait between two looks.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// The longest that a query may run.
const LIMIT: Duration = Duration::from_secs(45);

/// Runs a CloudWatch Logs Insights query over one or more log groups. Use it to count and group: errors by minute, slowest
/// requests, one field's values. The @ptr column is left out.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The log groups' names, 1 to 50.
    log_groups: Vec<String>,
    /// The query in Logs Insights QL: fields @timestamp, @message | filter @message like /Error/ | stats count(*) by bin(5m)
    query: String,
    /// Start of the span, RFC 3339. Default: the incident's window.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Timestamp>,
    /// End of the span, RFC 3339. Default: the incident's window.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<Timestamp>,
}

pub(crate) struct QueryLogs;

impl Tool for QueryLogs {
    const NAME: &'static str = "query_logs";
    const ACTIONS: &'static [&'static str] = &["logs:StartQuery", "logs:GetQueryResults", "logs:FilterLogEvents"];
    type Args = Args;

    fn normalise(args: &mut Args, scope: &Scope) -> Result<(), String> {
        if args.log_groups.is_empty() || args.log_groups.len() > 50 {
            return Err(format!("log_groups takes 1 to 50 log groups, and holds {}", args.log_groups.len()));
        }
        if args.query.trim().is_empty() {
            return Err("query is empty".to_owned());
        }
        window::fill(&mut args.start, &mut args.end, scope)
    }

    fn command(args: &Args, scope: &Scope) -> String {
        let span = window::of(args.start, args.end, scope);
        Command::new("logs", "start-query")
            .options("log-group-names", args.log_groups.iter().map(String::as_str))
            .option("query-string", &args.query)
            .option("start-time", span.start.as_second().to_string())
            .option("end-time", span.end.as_second().to_string())
            .in_region(&scope.region)
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        let span = window::of(args.start, args.end, context.scope);
        let (results, reach) = futures::join!(results(args, span, context), reach(args, span, context));
        let results = match results {
            Err(fault) if fault.is_not_found() => {
                let (groups, region) = (args.log_groups.join(", "), &context.scope.region);
                return Ok(Findings::nothing(format!(
                    "one of these log groups does not exist in {region}: {groups} ({fault})"
                )));
            }
            results => results?,
        };
        let rows = rows(args, span, &results, context.hider);
        if rows.rows.is_empty() {
            let text = format!(
                "the query gave no row: {} over {} from {span} ({} of {} events matched)\n{reach}",
                args.query,
                args.log_groups.join(", "),
                rows.records_matched,
                rows.records_scanned
            );
            return Ok(Findings::nothing(text.trim_end()));
        }
        let text = rendered(&rows, &reach);
        Ok(Findings::found(Facts::QueryRows(rows), text))
    }
}

/// Where the log groups begin, of those that begin later than the span.
async fn reach(args: &Args, span: Window, context: Context<'_>) -> String {
    let groups = args.log_groups.iter().take(REACHES);
    let lines = groups.map(|group| read::reach(context.clients, group, span, &[]));
    futures::future::join_all(lines).await.concat()
}

/// Starts the query and waits for its end.
async fn results(args: &Args, span: Window, context: Context<'_>) -> Result<GetQueryResultsOutput, Fault> {
    let logs = context.clients.logs();
    let started = logs
        .start_query()
        .set_log_group_names(Some(args.log_groups.clone()))
        .query_string(&args.query)
        .start_time(span.start.as_second())
        .end_time(span.end.as_second())
        .limit(ROWS)
        .send()
        .await
        .asked("logs:StartQuery")?;
    let id = started.query_id().unwrap_or_default();
    let (mut wait, mut waited) = (FIRST_WAIT, Duration::ZERO);
    loop {
        let results = logs.get_query_results().query_id(id).send().await.asked("logs:GetQueryResults")?;
        match results.status() {
            Some(QueryStatus::Complete) => return Ok(results),
            Some(QueryStatus::Running | QueryStatus::Scheduled) | None if waited < LIMIT => {}
            status => return Err(unfinished(status)),
        }
        tokio::time::sleep(wait).await;
        waited += wait;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

fn unfinished(status: Option<&QueryStatus>) -> Fault {
    let status = status.map_or("unknown", QueryStatus::as_str);
    let message = format!("the query did not complete: its status is {status}. Narrow its span or its log groups");
    Fault::Unreachable { action: "logs:GetQueryResults".to_owned(), message }
}

fn rows(args: &Args, span: Window, results: &GetQueryResultsOutput, hider: &Hider) -> QueryRows {
    let mut columns: Vec<String> = Vec::new();
    for field in results.results().iter().flatten().filter_map(ResultField::field).filter(|field| *field != "@ptr") {
        if !columns.iter().any(|known| known == field) {
            columns.push(field.to_owned());
        }
    }
    let row = |fields: &Vec<ResultField>| -> Vec<String> {
        let value = |column: &String| {
            let field = fields.iter().find(|field| field.field() == Some(column.as_str()));
            let value = field.and_then(ResultField::value).unwrap_or_default();
            hider.text(&text::visible(value.trim_end()))
        };
        columns.iter().map(value).collect()
    };
    let rows = results.results().iter().map(row).collect();
    let figure = |read: fn(&aws_sdk_cloudwatchlogs::types::QueryStatistics) -> f64| {
        results.statistics().map_or(0, |statistics| read(statistics) as u64)
    };
    QueryRows {
        log_groups: args.log_groups.clone(),
        query: args.query.clone(),
        window: span,
        rows,
        columns,
        records_matched: figure(|statistics| statistics.records_matched()),
        records_scanned: figure(|statistics| statistics.records_scanned()),
    }
}

fn rendered(rows: &QueryRows, reach: &str) -> String {
    let mut text = format!(
        "query: {}\nlog groups: {}\nwindow: {}, {} of {} events matched, {}\n{reach}{}\n",
        rows.query,
        rows.log_groups.join(", "),
        rows.window,
        rows.records_matched,
        rows.records_scanned,
        text::count(rows.rows.len() as u64, "row"),
        rows.columns.join(" | ")
    );
    let moments = moments(&rows.query);
    for row in &rows.rows {
        let cells = rows.columns.iter().zip(row).map(|(column, value)| match moments.contains(column) {
            true => as_moment(value),
            false => value.clone(),
        });
        text.push_str(&cells.collect::<Vec<_>>().join(" | "));
        text.push('\n');
    }
    text
}

/// The columns that hold a moment as a number: Insights gives `min(@timestamp)` in milliseconds since 1970, where `@timestamp` itself is a time.
fn moments(query: &str) -> Vec<String> {
    static MOMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)((?:min|max|earliest|latest)\(\s*@timestamp\s*\))(?:\s+as\s+`?([\w.@-]+)`?)?").ok()
    });
    let found = MOMENT.iter().flat_map(|moment| moment.captures_iter(query));
    found.filter_map(|found| Some(found.get(2).or_else(|| found.get(1))?.as_str().to_owned())).collect()
}

/// The time that a number of milliseconds stands for; anything else as it is.
fn as_moment(value: &str) -> String {
    match value.parse().ok().and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok()) {
        Some(moment) => moment.to_string(),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests;
