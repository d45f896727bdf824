//! `search_logs`: log events that match a filter pattern, to the letter.

use jiff::Timestamp;
use marple_case::{
    Facts, Scope, Window,
    facts::{LogLine, Logs},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    fault::Fault,
    logs::{
        blocks, exceptions,
        read::{self, Search},
    },
    text::{Command, count},
    tool::{Context, Findings, Tool},
    window,
};

/// Events that one call gives at most.
const LIMIT: u32 = 1_000;
/// Bytes of messages that are read at most.
const BYTES: usize = 4 * 1024 * 1024;

/// Bytes of a result that a model is shown.
const SHOWN: usize = 12 * 1024;

/// Finds log events, oldest first, each whole. Use it for the lines around a moment, one request id, or a word;
/// summarize_logs is better for what is unusual.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The log group's name.
    log_group: String,
    /// A CloudWatch Logs filter pattern: words that all occur, "a phrase" in double quotes, ?either ?or, -without,
    /// %regular expression%, { $.level = "error" }. Case-sensitive. Default: all events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    /// Start of the span, RFC 3339. Default: the incident's window.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Timestamp>,
    /// End of the span, RFC 3339. Default: the incident's window.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<Timestamp>,
    /// Events at most, 1 to 1000.
    #[serde(default = "fifty")]
    limit: u32,
}

fn fifty() -> u32 {
    50
}

pub(crate) struct SearchLogs;

impl Tool for SearchLogs {
    const NAME: &'static str = "search_logs";
    const ACTIONS: &'static [&'static str] = &["logs:FilterLogEvents"];
    /// Lines that were asked for by name are worth more room than a list.
    const SHOWN_BYTES: usize = SHOWN;
    const READS: &'static str = "call again with start and end in this span, or show_evidence";
    type Args = Args;

    fn normalise(args: &mut Args, scope: &Scope) -> Result<(), String> {
        if args.log_group.is_empty() {
            return Err("log_group is empty; list_log_groups lists the log groups".to_owned());
        }
        args.pattern =
            args.pattern.take().map(|pattern| pattern.trim().to_owned()).filter(|pattern| !pattern.is_empty());
        args.limit = args.limit.clamp(1, LIMIT);
        window::fill(&mut args.start, &mut args.end, scope)
    }

    fn command(args: &Args, scope: &Scope) -> String {
        let span = window::of(args.start, args.end, scope);
        Command::new("logs", "filter-log-events")
            .option("log-group-name", &args.log_group)
            .option_if("filter-pattern", args.pattern.as_ref())
            .option("start-time", span.start.as_millisecond().to_string())
            .option("end-time", span.end.as_millisecond().saturating_sub(1).to_string())
            .option("max-items", args.limit.to_string())
            .in_region(&scope.region)
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        let span = window::of(args.start, args.end, context.scope);
        let pattern = args.pattern.clone().unwrap_or_default();
        let search = Search {
            log_group: &args.log_group,
            pattern: &pattern,
            span,
            events: usize::try_from(args.limit).unwrap_or(1),
            bytes: BYTES,
        };
        let mut read = match read::read(context.clients, search).await {
            Err(fault) if fault.is_not_found() => return Ok(no_group(&args.log_group, context.scope)),
            read => read?,
        };
        if read.lines.is_empty() && !read.complete {
            return Err(read::given_up(&args.log_group, span));
        }
        let reach = read::reach(context.clients, &args.log_group, span, &read.lines).await;
        if read.lines.is_empty() {
            return Ok(nothing(args, span, &reach));
        }
        for line in &mut read.lines {
            line.message = context.hider.text(&line.message);
        }
        let text = rendered(args, span, &read.lines, read.complete) + &reach;
        let exceptions = exceptions::of(&blocks::joined(&read.lines));
        let log_group = args.log_group.clone();
        let logs = Logs { log_group, pattern, window: span, lines: read.lines, complete: read.complete, exceptions };
        Ok(Findings::found(Facts::Logs(logs), text))
    }
}

/// What is said where there is no such log group.
pub(super) fn no_group(log_group: &str, scope: &Scope) -> Findings {
    Findings::nothing(format!("there is no log group {log_group} in {}", scope.region))
}

fn nothing(args: &Args, span: Window, reach: &str) -> Findings {
    let which = args.pattern.as_ref().map(|pattern| format!(" that matches {pattern}")).unwrap_or_default();
    let text = format!("log group {} holds no event{which} from {span}\n{reach}", args.log_group);
    Findings::nothing(text.trim_end())
}

fn rendered(args: &Args, span: Window, lines: &[LogLine], complete: bool) -> String {
    let found = count(lines.len() as u64, "event");
    let pattern = args.pattern.as_ref().map(|pattern| format!("pattern: {pattern}\n")).unwrap_or_default();
    let mut text = format!("log group: {}\n{pattern}window: {span}, {found}\n", args.log_group);
    let bytes: usize = lines.iter().map(|line| line.message.len() + line.stream.len()).sum();
    let is_left_out = |line: &LogLine| bytes > SHOWN && says_nothing(&line.message);
    for line in lines.iter().filter(|line| !is_left_out(line)) {
        text.push_str(&format!("{} {} | {}\n", line.at, line.stream, line.message));
    }
    let left_out = lines.iter().filter(|line| is_left_out(line)).count() as u64;
    if left_out > 0 {
        text.push_str(&format!("[{} of START and END left out]\n", count(left_out, "line")));
    }
    if let Some(last) = lines.last().filter(|_| !complete) {
        let at = last.at;
        text.push_str(&format!("[there are more: raise limit, narrow the pattern, or go on with start = {at}]\n"));
    }
    text
}

/// Whether a line of Lambda's own only frames an invocation; its REPORT tells.
fn says_nothing(message: &str) -> bool {
    ["START RequestId: ", "END RequestId: "].iter().any(|frame| message.starts_with(frame))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn lines_that_only_frame_invocations_make_room_for_the_others() {
        let line =
            |message: String| LogLine { at: "2026-01-14T09:35:14Z".parse().unwrap(), stream: "s".to_owned(), message };
        let of = |times: usize| -> Vec<LogLine> {
            let each = |id: usize| [format!("START RequestId: {id} Version: 7"), format!("booked {id}")].map(line);
            (0..times).flat_map(each).collect()
        };
        let args: Args = serde_json::from_value(serde_json::json!({"log_group": "/aws/lambda/books"})).unwrap();
        let span =
            Window { start: "2026-01-14T09:00:00Z".parse().unwrap(), end: "2026-01-14T10:00:00Z".parse().unwrap() };
        assert!(rendered(&args, span, &of(2), true).contains("START RequestId: 1 "));
        let long = rendered(&args, span, &of(400), true);
        assert!(long.contains("800 events\n") && long.contains("| booked 399\n"));
        assert!(long.ends_with("[400 lines of START and END left out]\n") && !long.contains("START RequestId"));
    }
}
