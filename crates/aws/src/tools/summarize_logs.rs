//! `summarize_logs`: what is unusual in a log group: templates, exceptions and invocations, window against baseline.

use jiff::Timestamp;
use marple_case::{
    Facts, Scope, Window,
    facts::{ChangedField, Exception, FieldChange, LogSummary},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::search_logs::no_group;
use crate::{
    fault::Fault,
    hide::Hider,
    logs::{
        blocks, exceptions, fields, platform,
        read::{self, Read, Search},
        templates,
    },
    text::Command,
    tool::{Context, Findings, Tool},
    window,
};

mod notes;
mod text;

use notes::Notes;

/// Events that are read of each span at most.
const EVENTS: usize = 100_000;
/// Bytes of messages that are read of each span at most.
const BYTES: usize = 64 * 1024 * 1024;

/// Summarises a log group over a span against the same span of the day before: exceptions with their stack traces, for a
/// Lambda function its invocations (timeouts, durations, memory), fields of structured lines that changed, and log templates with counts, new and
/// surged ones first. The first thing to look at in a log group.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The log group's name.
    log_group: String,
    /// Start of the span, RFC 3339. Default: the incident's window.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Timestamp>,
    /// End of the span, RFC 3339. Default: the incident's window.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<Timestamp>,
}

pub(crate) struct SummarizeLogs;

impl Tool for SummarizeLogs {
    const NAME: &'static str = "summarize_logs";
    const ACTIONS: &'static [&'static str] = &["logs:FilterLogEvents"];
    /// Lines of invocations that failed stand between exceptions and templates.
    const SHOWN_BYTES: usize = 8 * 1024;
    type Args = Args;

    fn normalise(args: &mut Args, scope: &Scope) -> Result<(), String> {
        if args.log_group.is_empty() {
            return Err("log_group is empty; list_log_groups lists the log groups".to_owned());
        }
        window::fill(&mut args.start, &mut args.end, scope)
    }

    fn command(args: &Args, scope: &Scope) -> String {
        let span = window::of(args.start, args.end, scope);
        Command::new("logs", "filter-log-events")
            .option("log-group-name", &args.log_group)
            .option("start-time", span.start.as_millisecond().to_string())
            .option("end-time", span.end.as_millisecond().saturating_sub(1).to_string())
            .in_region(&scope.region)
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        let span = window::of(args.start, args.end, context.scope);
        let baseline = window::baseline(span, context.scope);
        let search = Search { log_group: &args.log_group, pattern: "", span, events: EVENTS, bytes: BYTES };
        let (of_window, of_baseline) = futures::join!(
            read::read(context.clients, search),
            read::read(context.clients, Search { span: baseline, ..search })
        );
        let of_window = match of_window {
            Err(fault) if fault.is_not_found() => return Ok(no_group(&args.log_group, context.scope)),
            read => read?,
        };
        let of_baseline = of_baseline?;
        if of_window.lines.is_empty() && of_baseline.lines.is_empty() {
            let group = &args.log_group;
            if !(of_window.complete && of_baseline.complete) {
                return Err(read::given_up(group, span));
            }
            return Ok(Findings::nothing(format!(
                "log group {group} holds no event from {span}, and none in the baseline from {baseline}"
            )));
        }
        let oldest = oldest(args, span, &of_baseline, context).await;
        let (mut summary, mut notes) = summary(&args.log_group, span, baseline, &of_window, &of_baseline);
        hide_credentials(&mut summary, context.hider);
        notes.hide_credentials(context.hider);
        notes.oldest = oldest;
        let text = text::rendered(&summary, &notes, &of_window, &of_baseline);
        Ok(Findings::found(Facts::LogSummary(summary), text))
    }
}

/// The group's oldest line, where the baseline is not filled from its start: that something is new says the less, the later the group begins.
async fn oldest(args: &Args, span: Window, of_baseline: &Read, context: Context<'_>) -> Option<Timestamp> {
    let baseline = window::baseline(span, context.scope);
    if !of_baseline.complete || !read::begins_late(baseline, &of_baseline.lines) {
        return None;
    }
    let oldest = read::oldest(context.clients, &args.log_group, span.end).await?;
    (oldest > baseline.start || of_baseline.lines.is_empty()).then_some(oldest)
}

fn summary(
    log_group: &str,
    window: Window,
    baseline: Window,
    of_window: &Read,
    of_baseline: &Read,
) -> (LogSummary, Notes) {
    let (blocks, baseline_blocks) = (blocks::joined(&of_window.lines), blocks::joined(&of_baseline.lines));
    let told = exceptions::told(&blocks);
    let (exceptions, before): (Vec<Exception>, Vec<_>) =
        told.into_iter().map(|told| (told.exception, told.before)).unzip();
    let known: Vec<Exception> = exceptions::of(&baseline_blocks);
    let in_both = |exception: &Exception| exceptions.iter().any(|other| exceptions::is_same(exception, other));
    let mined = templates::mine(&blocks, &baseline_blocks);
    let compared = fields::compared(&blocks, &baseline_blocks);
    let summary = LogSummary {
        log_group: log_group.to_owned(),
        window,
        baseline,
        lines: of_window.lines.len() as u64,
        baseline_lines: of_baseline.lines.len() as u64,
        complete: of_window.complete && of_baseline.complete,
        templates: mined.templates,
        other_lines: mined.other_lines,
        baseline_exceptions: known.into_iter().filter(in_both).collect(),
        exceptions,
        invocations: platform::invocations(&of_window.lines),
        baseline_invocations: platform::invocations(&of_baseline.lines),
        changed_fields: compared.changed,
    };
    let notable = summary.invocations.as_ref().map(|all| all.notable.as_slice()).unwrap_or_default();
    let written = platform::written(&of_window.lines, notable);
    let values = notes::values(&summary, &compared.values);
    let figures = summary.changed_fields.iter().map(|one| compared.values.figures(&one.beside, &one.field)).collect();
    (summary, Notes { before, written, values, figures, oldest: None })
}

/// Programs log what they should not: tokens, passwords in URLs. What is kept of the lines is shown without them.
fn hide_credentials(summary: &mut LogSummary, hider: &Hider) {
    for template in &mut summary.templates {
        template.template = hider.text(&template.template);
        template.sample = hider.text(&template.sample);
    }
    for exception in summary.exceptions.iter_mut().chain(&mut summary.baseline_exceptions) {
        exception.message = hider.text(&exception.message);
        exception.sample = hider.text(&exception.sample);
    }
    summary.changed_fields.iter_mut().for_each(|field| hide_values(field, hider));
}

fn hide_values(field: &mut ChangedField, hider: &Hider) {
    let name = field.field.rsplit('.').next().unwrap_or(&field.field);
    let values: Vec<&mut String> = match &mut field.change {
        FieldChange::Values { new, before } => new.iter_mut().chain(before).collect(),
        FieldChange::Repeated { value, .. } => vec![value],
        FieldChange::Range { .. } | FieldChange::Added | FieldChange::Missing => Vec::new(),
    };
    for value in values {
        // No more is hidden than in the line itself, where a field's name is not always one of a setting.
        let written = format!("\"{name}\":\"{value}\"");
        if hider.text(&written) != written {
            *value = hider.named(name, value);
        }
    }
    field.beside = hider.text(&field.beside);
}
