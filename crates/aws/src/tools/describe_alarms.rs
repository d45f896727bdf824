//! `describe_alarms`: alarms, what they watch for, and when they changed their state.

use std::fmt::Write as _;

use jiff::SignedDuration;
use marple_case::{
    Facts, Scope,
    facts::{Alarm, AlarmCondition, AlarmState, AlarmTransition},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    alarms::{self, Described, Wanted},
    fault::Fault,
    text::Command,
    tool::{Context, Findings, Tool},
    window::later,
};

/// Above so many alarms no history is read: it would be longer than anyone reads.
const HISTORY_LIMIT: usize = 10;
/// Transitions that are written out per alarm.
const SHOWN_TRANSITIONS: usize = 20;
/// How far back the history is read: what CloudWatch keeps at most.
const HISTORY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Describes CloudWatch alarms: state and its reason, metric, threshold, and their changes of state with the data points
/// that breached. Without arguments: all alarms of the region. Use it to see what fired, when, and what else fired with it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Names of alarms, to the letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    names: Option<Vec<String>>,
    /// How the names begin. Not together with names.
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    /// Only alarms that are in this state now.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<AlarmState>,
    /// Whether to read the changes of state too (of 10 alarms at most).
    #[serde(default = "yes")]
    history: bool,
}

fn yes() -> bool {
    true
}

pub(crate) struct DescribeAlarms;

impl Tool for DescribeAlarms {
    const NAME: &'static str = "describe_alarms";
    const ACTIONS: &'static [&'static str] = &["cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmHistory"];
    type Args = Args;

    fn normalise(args: &mut Args, _: &Scope) -> Result<(), String> {
        args.names = args.names.take().filter(|names| !names.is_empty());
        if let Some(names) = &mut args.names {
            *names = names.iter().map(|name| alarms::name_of(name).to_owned()).collect();
        }
        match (&args.names, &args.prefix) {
            (Some(_), Some(_)) => Err("give names or prefix, not both: CloudWatch takes one of them".to_owned()),
            (Some(names), None) if names.len() > 100 => Err("names takes 100 names at most".to_owned()),
            _ => Ok(()),
        }
    }

    fn command(args: &Args, scope: &Scope) -> String {
        let names = args.names.iter().flatten().map(String::as_str);
        Command::new("cloudwatch", "describe-alarms")
            .options("alarm-names", names)
            .option_if("alarm-name-prefix", args.prefix.as_ref())
            .option_if("state-value", args.state.map(AlarmState::word))
            .options("alarm-types", ["MetricAlarm", "CompositeAlarm"])
            .in_region(&scope.region)
    }

    async fn run(args: &Args, context: Context<'_>) -> Result<Findings, Fault> {
        let wanted =
            Wanted { names: args.names.clone().unwrap_or_default(), prefix: args.prefix.clone(), state: args.state };
        // The history of one named alarm does not need the alarm: both at once.
        let only = wanted.names.first().filter(|_| wanted.names.len() == 1 && args.history);
        let (described, history) = futures::join!(alarms::describe(context.clients, &wanted), async {
            match only {
                Some(name) => Some(transitions(context, name).await),
                None => None,
            }
        });
        let mut described = described?;
        if described.is_empty() {
            return Ok(Findings::nothing(format!("no alarm {} in {}", looked_for(args), context.scope.region)));
        }
        let note = match history {
            Some(history) => single_history(&mut described, history)?,
            None => read_histories(&mut described, args.history, context).await?,
        };
        let mut text = String::new();
        for one in &described {
            text.push_str(&rendered(one));
        }
        text.push_str(&note);
        Ok(Findings::found(Facts::Alarms(described.into_iter().map(|one| one.alarm).collect()), text))
    }
}

async fn transitions(context: Context<'_>, alarm: &str) -> Result<Vec<AlarmTransition>, Fault> {
    let now = context.scope.now;
    let read = alarms::transitions(context.clients, Some(alarm), later(now, -HISTORY), now).await?;
    Ok(read.into_iter().map(|read| read.transition).collect())
}

/// Puts the history where it belongs. A history that may not be read leaves the alarm, and says so.
fn single_history(described: &mut [Described], history: Result<Vec<AlarmTransition>, Fault>) -> Result<String, Fault> {
    match (described.first_mut(), history) {
        (Some(one), Ok(transitions)) => one.alarm.transitions = transitions,
        (_, Err(Fault::Credentials { message })) => return Err(Fault::Credentials { message }),
        (_, Err(fault)) => return Ok(format!("[the history could not be read: {fault}]\n")),
        (None, Ok(_)) => {}
    }
    Ok(String::new())
}

async fn read_histories(described: &mut [Described], wanted: bool, context: Context<'_>) -> Result<String, Fault> {
    if !wanted {
        return Ok(String::new());
    }
    if described.len() > HISTORY_LIMIT {
        return Ok(format!("[{} alarms: histories are read for {HISTORY_LIMIT} at most]\n", described.len()));
    }
    let histories = described.iter().map(|one| transitions(context, &one.alarm.name));
    let histories = futures::future::join_all(histories).await;
    let mut notes = String::new();
    for (one, history) in described.iter_mut().zip(histories) {
        notes.push_str(&single_history(std::slice::from_mut(one), history)?);
    }
    Ok(notes)
}

fn looked_for(args: &Args) -> String {
    let which = match (&args.names, &args.prefix) {
        (Some(names), _) => format!("named {}", names.join(", ")),
        (None, Some(prefix)) => format!("with a name that begins with {prefix:?}"),
        (None, None) => "at all".to_owned(),
    };
    match args.state {
        Some(state) => format!("{which} in state {}", state.word()),
        None => which,
    }
}

fn rendered(described: &Described) -> String {
    let alarm = &described.alarm;
    let mut text = format!("alarm: {}\n", alarm.name);
    let since = alarm.state_since.map(|since| format!(" since {since}")).unwrap_or_default();
    let _ = writeln!(text, "state: {}{since}", alarm.state.word());
    let _ = writeln!(text, "reason: {}", alarm.state_reason);
    if let Some(description) = &alarm.description {
        let _ = writeln!(text, "description: {description}");
    }
    if let Some(condition) = &alarm.condition {
        let _ = writeln!(text, "condition: {}", condition_line(condition));
    }
    if let Some(rule) = &described.rule {
        let _ = writeln!(text, "rule: {rule}");
    }
    history(alarm, &mut text);
    text
}

fn history(alarm: &Alarm, text: &mut String) {
    if alarm.transitions.is_empty() {
        return;
    }
    text.push_str("history:\n");
    let skipped = alarm.transitions.len().saturating_sub(SHOWN_TRANSITIONS);
    if skipped > 0 {
        let _ = writeln!(text, "  [{skipped} older transitions]");
    }
    for transition in alarm.transitions.iter().skip(skipped) {
        let (from, to) = (transition.from.word(), transition.to.word());
        let _ = writeln!(text, "  {} {from} -> {to}: {}", transition.at, transition.reason);
        let points: Vec<String> =
            transition.points.iter().map(|point| format!("{} {}", point.at, point.value)).collect();
        if transition.to == AlarmState::Alarm && !points.is_empty() {
            let _ = writeln!(text, "    data points: {}", points.join(", "));
        }
    }
}

/// `AWS/Lambda Errors FunctionName=x Sum >= 1 for 1 of 1 periods of 60 s, missing data notBreaching`.
fn condition_line(condition: &AlarmCondition) -> String {
    let metrics: Vec<String> = condition.metrics.iter().map(ToString::to_string).collect();
    let expression = condition.expression.as_ref().map(|math| format!(" ({math})")).unwrap_or_default();
    let sign = match condition.comparison.as_str() {
        "GreaterThanOrEqualToThreshold" => ">=",
        "GreaterThanThreshold" => ">",
        "LessThanThreshold" => "<",
        "LessThanOrEqualToThreshold" => "<=",
        other => other,
    };
    let threshold = condition.threshold.map_or("an anomaly band".to_owned(), |threshold| threshold.to_string());
    format!(
        "{}{expression} {} {sign} {threshold} for {} of {} periods of {} s, missing data {}",
        metrics.join(" and "),
        condition.statistic,
        condition.datapoints_to_alarm,
        condition.evaluation_periods,
        condition.period_s,
        condition.treat_missing_data
    )
}
