//! The evidence as the failure modes read it: typed views, gathered once a turn. Nothing else in this crate looks facts up.
//!
//! A [`Seen`] is a fact together with the evidence that holds it, so that whatever is said of the fact can be cited.
//! Only facts about the subject in question are gathered: another function's or service's logs, metrics or code never mix in.
//! `subject` says what is in question, `workload` holds what is known of an ECS service and of what stands around it.

use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use marple_agent::ports::Turn;
use marple_case::{
    Evidence, Facts, Outcome, ResourceRef, Scope,
    facts::{
        Alarm, AlarmState, AlarmTransition, Changes, CodeFile, Database, EnvironmentVariable, Function, FunctionCode,
        Invocations, LogSummary, Logs, Secret, Series, Stack,
    },
};

pub(crate) mod awaited;
pub(crate) mod changes;
pub(crate) mod clients;
pub(crate) mod failure;
pub(crate) mod input;
pub(crate) mod leads;
pub(crate) mod load;
pub(crate) mod logged;
pub(crate) mod network;
pub(crate) mod overrun;
pub(crate) mod release;
pub(crate) mod subject;
pub(crate) mod workload;

use logged::Logged;
use subject::{Subject, SubjectKind};
use workload::Workload;

/// A fact and the evidence that holds it.
#[derive(Debug)]
pub(crate) struct Seen<'a, T: ?Sized> {
    /// Where the fact was found.
    pub(crate) evidence: &'a Evidence,
    /// The fact.
    pub(crate) fact: &'a T,
}

impl<T: ?Sized> Clone for Seen<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Seen<'_, T> {}

impl<T: ?Sized> Deref for Seen<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.fact
    }
}

/// All that is known so far.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    /// What is looked at, and when.
    pub(crate) scope: &'a Scope,
    /// All evidence, in order.
    pub(crate) evidence: &'a [Arc<Evidence>],
    /// What sort of thing is in question.
    pub(crate) kind: SubjectKind,
    /// Its name; `None`: the scope names none.
    pub(crate) subject: Option<String>,
    /// The function's configuration.
    pub(crate) function: Option<Seen<'a, Function>>,
    /// All functions that were read, the subject's neighbours among them: alone and whole, or a line of a list.
    pub(crate) functions: Vec<Seen<'a, Function>>,
    /// What is known of an ECS service: tasks, task definitions, images, load balancers.
    pub(crate) workload: Workload<'a>,
    /// Its code, one entry a reading.
    pub(crate) code: Vec<Seen<'a, FunctionCode>>,
    /// Its code compared with that of another version.
    compared: Vec<Seen<'a, FunctionCode>>,
    /// Summaries of its log groups.
    pub(crate) summaries: Vec<Seen<'a, LogSummary>>,
    /// Lines of its logs that were searched for.
    pub(crate) searched: Vec<Seen<'a, Logs>>,
    /// What failed by the logs, the telling first.
    pub(crate) failures: Vec<Logged<'a>>,
    /// Metric series of any resource over the incident's window; series over other spans would not compare with its logs.
    pub(crate) series: Vec<Seen<'a, Series>>,
    /// Alarms.
    pub(crate) alarms: Vec<Seen<'a, Alarm>>,
    /// Time lines of changes.
    pub(crate) changes: Vec<Seen<'a, Changes>>,
    /// Databases.
    pub(crate) databases: Vec<Seen<'a, Database>>,
    /// Stacks.
    pub(crate) stacks: Vec<Seen<'a, Stack>>,
    /// Secrets' metadata.
    pub(crate) secrets: Vec<Seen<'a, Secret>>,
}

impl<'a> Case<'a> {
    /// Reads a turn.
    pub(crate) fn of(turn: &Turn<'a>) -> Self {
        let (scope, evidence) = (turn.scope, turn.evidence);
        let functions = gather(evidence, |facts| match facts {
            Facts::Functions(functions) => functions.iter().collect(),
            _ => Vec::new(),
        });
        let alarms = gather(evidence, |facts| match facts {
            Facts::Alarms(alarms) => alarms.iter().collect(),
            _ => Vec::new(),
        });
        let Subject { kind, name: subject } = Subject::of(scope, evidence, &alarms, &functions);
        let function = subject.as_deref().and_then(|name| fullest(&functions, name));
        let function = function.filter(|_| kind == SubjectKind::Function);
        let workload = Workload::of(scope, evidence, kind, subject.as_deref());
        let groups = log_groups(kind, function, &workload, subject.as_deref());
        let ours = |group: &String| groups.as_ref().is_none_or(|groups| groups.contains(group));
        let summaries = gather(evidence, |facts| match facts {
            Facts::LogSummary(summary) if ours(&summary.log_group) => vec![summary],
            _ => Vec::new(),
        });
        let logs: Vec<Seen<'a, Logs>> = gather(evidence, |facts| match facts {
            Facts::Logs(logs) if ours(&logs.log_group) => vec![logs],
            _ => Vec::new(),
        });
        let code = gather(evidence, |facts| match facts {
            Facts::FunctionCode(code) if Some(&code.function) == subject.as_ref() => vec![code],
            _ => Vec::new(),
        });
        Self {
            scope,
            evidence,
            kind,
            function,
            workload,
            compared: code.iter().filter(|code| code.difference.is_some()).copied().collect(),
            code: code.into_iter().filter(|code| code.difference.is_none()).collect(),
            failures: logged::failures(scope, &summaries, &logs),
            searched: logs,
            functions,
            series: gather(evidence, |facts| match facts {
                Facts::Metrics(metrics) if metrics.window == scope.window => metrics.series.iter().collect(),
                _ => Vec::new(),
            }),
            changes: gather(evidence, |facts| match facts {
                Facts::Changes(changes) => vec![changes],
                _ => Vec::new(),
            }),
            databases: gather(evidence, |facts| match facts {
                Facts::Databases(databases) => databases.databases.iter().collect(),
                _ => Vec::new(),
            }),
            stacks: gather(evidence, |facts| match facts {
                Facts::Stacks(stacks) => stacks.iter().collect(),
                _ => Vec::new(),
            }),
            secrets: gather(evidence, |facts| match facts {
                Facts::Secrets(secrets) => secrets.iter().collect(),
                _ => Vec::new(),
            }),
            alarms,
            summaries,
            subject,
        }
    }

    /// The subject, as reports name it.
    pub(crate) fn component(&self) -> Option<ResourceRef> {
        if let Some(service) = self.workload.service.filter(|_| self.kind == SubjectKind::Service) {
            return Some(service.resource());
        }
        let of_database = || self.databases.iter().find(|database| Some(&database.id) == self.subject.as_ref());
        if let Some(database) = of_database().filter(|_| self.kind == SubjectKind::Database) {
            return Some(database.resource());
        }
        let named = || Some(ResourceRef::new(self.kind.resource_kind(), self.subject.clone()?));
        self.function.map(|function| function.resource()).or_else(named)
    }

    /// Its name, for sentences.
    pub(crate) fn name(&self) -> &str {
        self.subject.as_deref().unwrap_or_else(|| self.kind.unnamed())
    }

    /// `function`, `service`, …
    pub(crate) fn noun(&self) -> &'static str {
        self.kind.noun()
    }

    /// Its log group; the first of several.
    pub(crate) fn log_group(&self) -> Option<String> {
        let groups = log_groups(self.kind, self.function, &self.workload, self.subject.as_deref())?;
        groups.into_iter().next()
    }

    /// The first of its log groups of which a summary found no event at all, in window and baseline.
    pub(crate) fn empty_log_group(&self) -> Option<String> {
        let own = log_groups(self.kind, self.function, &self.workload, self.subject.as_deref())?;
        let empty = self
            .evidence
            .iter()
            .filter(|evidence| evidence.tool == "summarize_logs" && evidence.outcome == Outcome::NoData);
        let mut named = empty.filter_map(|evidence| evidence.arguments.get("log_group")?.as_str());
        named.find(|group| own.iter().any(|one| one == group)).map(str::to_owned)
    }

    /// The environment variables that it is configured with.
    pub(crate) fn environment(&self) -> Vec<&'a EnvironmentVariable> {
        match self.function {
            Some(function) => function.fact.environment.iter().collect(),
            None => self.workload.environment(),
        }
    }

    /// The evidence of its configuration: the function, or the task definition that the service runs.
    pub(crate) fn settings(&self) -> Option<&'a Evidence> {
        let definition = self.workload.current().map(|definition| definition.evidence);
        self.function.map(|function| function.evidence).or(definition)
    }

    /// One statistic of one of the function's own Lambda metrics.
    pub(crate) fn metric(&self, name: &str, statistic: &str) -> Option<Seen<'a, Series>> {
        let own = |series: &Series| {
            series.metric.namespace == "AWS/Lambda"
                && series.metric.name == name
                && series.statistic == statistic
                && series.metric.dimensions.get("FunctionName") == self.subject.as_ref()
        };
        self.series.iter().filter(|seen| own(seen)).max_by_key(|seen| seen.window.points).copied()
    }

    /// The sum of a metric over the window; `None` where it was not read. No points are a sum of 0.
    pub(crate) fn sum(&self, name: &str) -> Option<f64> {
        self.metric(name, "Sum").map(|series| series.window.sum)
    }

    /// The platform's records of the invocations in the window.
    pub(crate) fn invocations(&self) -> Option<Seen<'a, Invocations>> {
        let of = |seen: &Seen<'a, LogSummary>| {
            let fact = seen.fact.invocations.as_ref()?;
            Some(Seen { evidence: seen.evidence, fact })
        };
        self.summaries.iter().find_map(of)
    }

    /// The same in the baseline.
    pub(crate) fn baseline_invocations(&self) -> Option<&'a Invocations> {
        self.summaries.iter().find_map(|seen| seen.fact.baseline_invocations.as_ref())
    }

    /// How many invocations the baseline saw, by logs or metrics; `None` where neither was read.
    pub(crate) fn baseline_count(&self) -> Option<u64> {
        if self.kind != SubjectKind::Function {
            return self.baseline_load();
        }
        let logged = self.baseline_invocations().map(|invocations| invocations.count);
        let metric = self.metric("Invocations", "Sum").and_then(|series| series.fact.baseline);
        match (logged, metric) {
            (Some(count), Some(summary)) => Some(count.max(summary.sum as u64)),
            (Some(count), None) => Some(count),
            (None, Some(summary)) => Some(summary.sum as u64),
            (None, None) => self.summaries.first().map(|summary| summary.baseline_lines),
        }
    }

    /// The alarm that started the investigation; else the one that watches the function.
    pub(crate) fn alarm(&self) -> Option<Seen<'a, Alarm>> {
        let named = |seen: &&Seen<'a, Alarm>| Some(&seen.name) == self.scope.alarm.as_ref();
        let watching = |seen: &&Seen<'a, Alarm>| seen.watched().iter().any(|r| Some(&r.name) == self.subject.as_ref());
        self.alarms.iter().find(named).or_else(|| self.alarms.iter().find(watching)).copied()
    }

    /// When the alarm's metric first breached. The time that a question names is no measurement: what failed may have begun after it.
    pub(crate) fn breach(&self) -> Option<Timestamp> {
        breach(self.scope)
    }

    /// The change to ALARM that belongs to this incident: the first in the window, else the last before its end.
    pub(crate) fn alarm_transition(&self) -> Option<Seen<'a, AlarmTransition>> {
        let alarm = self.alarm()?;
        let to_alarm = || alarm.fact.transitions.iter().filter(|transition| transition.to == AlarmState::Alarm);
        let window = self.scope.window;
        let fact = to_alarm().find(|transition| window.contains(transition.at));
        let fact = fact.or_else(|| to_alarm().rfind(|transition| transition.at < window.end))?;
        Some(Seen { evidence: alarm.evidence, fact })
    }

    /// The files of the function's own whose lines were read.
    pub(crate) fn sources(&self) -> impl Iterator<Item = Seen<'a, CodeFile>> + '_ {
        let files = |seen: &Seen<'a, FunctionCode>| {
            let (evidence, code) = (seen.evidence, seen.fact);
            code.files.iter().filter(|file| file.lines.is_some()).map(move |fact| Seen { evidence, fact })
        };
        self.code.iter().flat_map(files)
    }

    /// The source file that a stack trace names, if its lines were read.
    pub(crate) fn source(&self, named: &str) -> Option<Seen<'a, CodeFile>> {
        let read = |seen: &Seen<'a, FunctionCode>| {
            let fact = seen.fact.file(named).filter(|file| file.lines.is_some())?;
            Some(Seen { evidence: seen.evidence, fact })
        };
        self.code.iter().find_map(read)
    }

    /// The first moment at which a metric of failures was above zero in the window.
    pub(crate) fn first_point(&self, name: &str) -> Option<Timestamp> {
        let series = self.metric(name, "Sum")?;
        series.points.iter().find(|point| point.value > 0.0).map(|point| point.at)
    }

    /// Evidence that AWS refused or that could not be taken.
    pub(crate) fn unanswered(&self) -> impl Iterator<Item = &'a Evidence> {
        self.evidence.iter().map(Arc::as_ref).filter(|evidence| !evidence.outcome.is_answered())
    }

    /// Whether a tool was refused, and never answered.
    pub(crate) fn is_denied(&self, tool: &str) -> bool {
        let of_tool = || self.evidence.iter().filter(|evidence| evidence.tool == tool);
        of_tool().any(|evidence| matches!(evidence.outcome, Outcome::Denied { .. }))
            && !of_tool().any(|evidence| evidence.outcome.is_answered())
    }

    /// The queue or stream that feeds the function, for sentences; `None`: none is known.
    pub(crate) fn fed_by(&self) -> Option<String> {
        let arn = self.function?.fact.event_sources.iter().map(|source| source.arn.as_str()).next()?;
        let name = arn.splitn(6, ':').nth(5).unwrap_or(arn);
        Some(match arn.split(':').nth(2) {
            Some("sqs") => format!("the queue {name}"),
            Some("kinesis") => format!("the stream {}", name.trim_start_matches("stream/")),
            Some("dynamodb") => format!("the stream of {}", name.split('/').nth(1).unwrap_or(name)),
            _ => name.to_owned(),
        })
    }

    /// The ARN of the queue that feeds the function.
    pub(crate) fn queue(&self) -> Option<&'a str> {
        let sources = &self.function?.fact.event_sources;
        sources.iter().map(|source| source.arn.as_str()).find(|arn| arn.split(':').nth(2) == Some("sqs"))
    }

    /// Whether one failing record of its source holds up the ones behind it: streams keep the order of a shard.
    pub(crate) fn is_blocked_by_failures(&self) -> bool {
        let sources = self.function.into_iter().flat_map(|function| &function.fact.event_sources);
        sources.into_iter().any(|source| source.arn.contains(":kinesis:") || source.arn.contains(":dynamodb:"))
    }

    /// Whether requests come, or seem to come, through API Gateway: a stack holds an API, or the code reads its events.
    pub(crate) fn behind_api(&self) -> Option<bool> {
        let api = self.stacks.iter().flat_map(|stack| &stack.fact.resources);
        if api.into_iter().any(|resource| resource.resource_type.starts_with("AWS::ApiGateway")) {
            return Some(true);
        }
        let shaped = ["httpMethod", "requestContext", "statusCode", "APIGatewayProxy", "StatusCode", "rawPath"];
        let mut lines = self.sources().flat_map(|file| file.fact.lines.iter().flatten());
        lines.any(|line| shaped.iter().any(|word| line.contains(word))).then_some(true)
    }
}

/// When the alarm's metric first breached; `None` where no alarm started the investigation.
fn breach(scope: &Scope) -> Option<Timestamp> {
    scope.first_breach.filter(|_| scope.alarm.is_some())
}

/// The reading that tells most of a function: the last one of it alone, since lists of all functions are brief.
pub(crate) fn fullest<'a>(functions: &[Seen<'a, Function>], name: &str) -> Option<Seen<'a, Function>> {
    let alone = |seen: &Seen<'a, Function>| matches!(&seen.evidence.facts, Facts::Functions(all) if all.len() == 1);
    let named = || functions.iter().rev().filter(|seen| seen.name == name);
    named().find(|seen| alone(seen)).or_else(|| named().next()).copied()
}

fn gather<'a, T>(evidence: &'a [Arc<Evidence>], of: impl Fn(&'a Facts) -> Vec<&'a T>) -> Vec<Seen<'a, T>> {
    let seen = |evidence: &'a Arc<Evidence>| of(&evidence.facts).into_iter().map(move |fact| Seen { evidence, fact });
    evidence.iter().flat_map(seen).collect()
}

/// The log groups of the subject; `None`: any, since it is not known which are its own.
fn log_groups(
    kind: SubjectKind,
    function: Option<Seen<'_, Function>>,
    workload: &Workload<'_>,
    subject: Option<&str>,
) -> Option<Vec<String>> {
    match kind {
        SubjectKind::Function => {
            let configured = function.map(|function| function.log_group.clone()).filter(|group| !group.is_empty());
            let group = configured.or_else(|| Some(format!("/aws/lambda/{}", subject?)));
            Some(group.into_iter().collect())
        }
        SubjectKind::Service => Some(workload.log_groups()).filter(|groups| !groups.is_empty()),
        SubjectKind::LoadBalancer | SubjectKind::Database => None,
    }
}
