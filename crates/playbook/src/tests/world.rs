//! Builds evidence as the tools make it: typed facts, and a text of the form that they document.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use marple_agent::ports::{Turn, TurnOptions, evidence_id};
use marple_case::{
    Block, Evidence, Facts, Message, MitigationPlan, Outcome, ResourceKind, ResourceRef, Role, RootCause, Scope,
    Window,
    facts::{
        Alarm, AlarmCondition, AlarmState, AlarmTransition, Change, ChangeSource, Changes, CodeFile, Database,
        Databases, EnvironmentVariable, Exception, Frame, Function, FunctionCode, FunctionVersion, Invocation,
        Invocations, LogSummary, LogTemplate, MetricId, Metrics, Series, Shape, ShownValue, Summary,
    },
};
use serde_json::json;

use crate::{cite, investigation};

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// The incident's hour: 10:00 to 11:00 on 2026-03-05; the alarm goes off at 10:33:20.
pub(super) struct World {
    pub(super) scope: Scope,
    pub(super) function: Function,
    pub(super) files: Vec<CodeFile>,
    pub(super) summary: LogSummary,
    pub(super) metrics: BTreeMap<(&'static str, &'static str), (f64, Option<f64>)>,
    pub(super) changes: Vec<Change>,
    pub(super) databases: Vec<Database>,
    pub(super) alarm: Alarm,
    pub(super) denied: Vec<&'static str>,
    pub(super) extra: Vec<Arc<Evidence>>,
}

impl World {
    pub(super) fn new(name: &str, runtime: &str, handler: &str) -> Self {
        let window = Window { start: at("2026-03-05T10:00:00Z"), end: at("2026-03-05T11:00:00Z") };
        let baseline = window.earlier_by(SignedDuration::from_hours(24));
        let metric = metric("AWS/Lambda", "Errors", "FunctionName", name);
        let alarm = alarm(&format!("{name}-alarm"), metric);
        let scope = Scope {
            account: Some("111122223333".into()),
            region: "eu-central-1".into(),
            now: window.end,
            alarm: Some(alarm.name.clone()),
            subjects: vec![ResourceRef::new(ResourceKind::LambdaFunction, name)],
            window,
            baseline,
            period_s: 60,
            first_breach: Some(at("2026-03-05T10:32:00Z")),
            recovered_at: None,
            notes: Vec::new(),
        };
        Self {
            scope,
            function: function(name, runtime, handler),
            files: Vec::new(),
            summary: summary(name, window, baseline),
            metrics: BTreeMap::from([
                (("Invocations", "Sum"), (40.0, Some(38.0))),
                (("Errors", "Sum"), (3.0, Some(0.0))),
                (("Throttles", "Sum"), (0.0, Some(0.0))),
                (("Duration", "Maximum"), (120.0, Some(110.0))),
                (("ConcurrentExecutions", "Maximum"), (2.0, Some(2.0))),
            ]),
            changes: Vec::new(),
            databases: Vec::new(),
            alarm,
            denied: Vec::new(),
            extra: Vec::new(),
        }
    }

    pub(super) fn file(mut self, path: &str, text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        self.files.push(CodeFile { path: path.into(), size: text.len() as u64, lines: Some(lines) });
        self
    }

    pub(super) fn variable(mut self, name: &str, value: &str) -> Self {
        self.function
            .environment
            .push(EnvironmentVariable { name: name.into(), value: ShownValue::Plain(value.into()) });
        self
    }

    pub(super) fn exception(
        mut self,
        runtime: &str,
        class: &str,
        message: &str,
        frame: Option<(&str, u32, Option<u32>)>,
    ) -> Self {
        self.summary.exceptions.push(exception(runtime, class, message, frame));
        self
    }

    pub(super) fn change(mut self, time: &str, action: &str, resource: &str) -> Self {
        let touches_subject = resource == self.function.name;
        self.changes.push(Change {
            at: at(time),
            source: ChangeSource::CloudTrail,
            actor: Some("deployer".into()),
            action: action.into(),
            resource: Some(ResourceRef::new(ResourceKind::LambdaFunction, resource)),
            detail: String::new(),
            touches_subject,
        });
        self
    }

    pub(super) fn version(mut self, number: &str, time: &str, sha: &str) -> Self {
        self.function.versions.push(FunctionVersion {
            version: number.into(),
            last_modified: Some(at(time)),
            code_sha256: sha.into(),
            description: String::new(),
            environment: Vec::new(),
        });
        self
    }

    pub(super) fn metric(
        mut self,
        name: &'static str,
        statistic: &'static str,
        window: f64,
        baseline: Option<f64>,
    ) -> Self {
        self.metrics.insert((name, statistic), (window, baseline));
        self
    }

    /// A cluster with so many connections at most in the window.
    pub(super) fn database(mut self, id: &str, endpoint: &str, status: &str, connections: f64) -> Self {
        let load = series(
            metric("AWS/RDS", "DatabaseConnections", "DBClusterIdentifier", id),
            "Average",
            (connections, Some(connections)),
        );
        self.databases.push(Database {
            kind: ResourceKind::DbCluster,
            id: id.into(),
            arn: format!("arn:aws:rds:eu-central-1:111122223333:cluster:{id}"),
            engine: "aurora-postgresql".into(),
            engine_version: "15.4".into(),
            status: status.into(),
            instance_class: None,
            storage: None,
            endpoint: Some(endpoint.into()),
            reader_endpoint: None,
            port: Some(5432),
            members: Vec::new(),
            security_group_ids: vec!["sg-0aa11bb22cc33dd44".into()],
            created: None,
            events: Vec::new(),
            load: vec![load],
        });
        self
    }

    /// The evidence, in the opening's order.
    pub(super) fn evidence(&self) -> Vec<Arc<Evidence>> {
        let name = &self.function.name;
        let mut all = vec![
            taken(
                "describe_alarms",
                json!({"names": [self.alarm.name]}),
                alarm_text(&self.alarm),
                Facts::Alarms(vec![self.alarm.clone()]),
            ),
            taken(
                "get_function",
                json!({"function": name}),
                function_text(&self.function),
                Facts::Functions(vec![self.function.clone()]),
            ),
        ];
        let metrics = Metrics {
            correlations: Vec::new(),
            window: self.scope.window,
            baseline: Some(self.scope.baseline),
            series: self
                .metrics
                .iter()
                .map(|((metric_name, statistic), values)| {
                    let mut series =
                        series(metric("AWS/Lambda", metric_name, "FunctionName", name), statistic, *values);
                    if series.window.sum > 0.0 {
                        series.points = vec![marple_case::facts::Point {
                            at: at("2026-03-05T10:32:00Z"),
                            value: series.window.sum,
                        }];
                    }
                    series
                })
                .collect(),
        };
        let text: String = metrics.series.iter().map(series_text).collect();
        all.push(taken("get_metrics", json!({}), text, Facts::Metrics(metrics)));
        all.push(taken(
            "summarize_logs",
            json!({"log_group": self.summary.log_group}),
            summary_text(&self.summary),
            Facts::LogSummary(self.summary.clone()),
        ));
        if !self.files.is_empty() {
            let code = FunctionCode {
                function: name.clone(),
                version: "$LATEST".into(),
                code_sha256: self.function.code_sha256.clone(),
                package_size: 911,
                files: self.files.clone(),
                difference: None,
            };
            all.push(taken(
                "read_function_code",
                json!({"function": name}),
                code_text(&code),
                Facts::FunctionCode(code),
            ));
        }
        let changes = Changes {
            window: self.scope.window,
            changes: self.changes.clone(),
            read: vec![ChangeSource::CloudTrail],
            unread: Vec::new(),
        };
        all.push(taken("list_changes", json!({}), changes_text(&changes, name), Facts::Changes(changes)));
        if !self.databases.is_empty() {
            let text: String = self.databases.iter().map(database_text).collect();
            all.push(taken(
                "describe_database",
                json!({}),
                text,
                Facts::Databases(Databases { databases: self.databases.clone() }),
            ));
        }
        all.extend(self.extra.iter().cloned());
        for (index, evidence) in all.iter_mut().map(Arc::make_mut).enumerate() {
            evidence.id = evidence_id(index);
            if self.denied.contains(&evidence.tool.as_str()) {
                evidence.facts = Facts::Nothing;
                evidence.outcome =
                    Outcome::Denied { action: "logs:FilterLogEvents".into(), message: "not allowed".into() };
                evidence.text = format!("{} was denied: User is not allowed", evidence.tool);
            }
        }
        all
    }

    /// Plays the conversation until both reports are there, and checks what must hold of any report.
    pub(super) fn investigate(&self) -> (RootCause, MitigationPlan) {
        play(&self.scope, &self.evidence())
    }
}

/// Plays the conversation until both reports are there, and checks what must hold of any report.
pub(super) fn play(scope: &Scope, evidence: &[Arc<Evidence>]) -> (RootCause, MitigationPlan) {
    let mut messages = vec![Message::user("The alarm went off.")];
    for _ in 0..8 {
        let message = investigation::next(&turn(scope, &messages, evidence));
        let report = |tool: &str| message.calls().find(|call| call.tool == tool).map(|call| call.arguments.clone());
        if let (Some(cause), Some(plan)) = (report(investigation::ROOT_CAUSE), report(investigation::PLAN)) {
            let cause: RootCause = serde_json::from_value(cause).expect("a root cause");
            let plan: MitigationPlan = serde_json::from_value(plan).expect("a plan");
            check(&cause, &plan, evidence);
            return (cause, plan);
        }
        let results = message
            .calls()
            .map(|call| Block::ToolResult { call: call.id.clone(), text: "nothing".into(), is_error: false })
            .collect();
        messages.push(message);
        messages.push(Message { role: Role::User, blocks: results });
    }
    panic!("no report after eight turns");
}

/// What must hold of any report: quotes stand, times ascend, a fault has a chain, and the plan says something.
pub(super) fn check(cause: &RootCause, plan: &MitigationPlan, evidence: &[Arc<Evidence>]) {
    let chain = cause.chain.iter().map(|link| &link.citations);
    for citations in chain.chain(cause.ruled_out.iter().map(|rival| &rival.citations)) {
        assert!(!citations.is_empty());
        for citation in citations {
            let source = evidence.iter().find(|evidence| evidence.id == citation.evidence).expect("known evidence");
            assert!(cite::stands(&source.text, &citation.quote), "{:?} does not stand", citation.quote);
        }
    }
    let times: Vec<_> = cause.chain.iter().filter_map(|link| link.at).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(cause.verdict != marple_case::Verdict::Fault || !cause.chain.is_empty());
    assert!(plan.immediate.is_empty() == plan.no_immediate_action.is_some());
    for command in plan.actions().flat_map(|action| action.phases.steps()).filter_map(|step| step.command.as_deref()) {
        assert!(
            command.starts_with("aws ") && !command.contains(" delete-") && !command.contains("get-secret-value"),
            "{command}"
        );
    }
    for requirement in plan.spec.iter().flat_map(|spec| &spec.requirements) {
        assert!(requirement.contains("SHALL"), "{requirement}");
    }
}

pub(super) fn turn<'a>(scope: &'a Scope, messages: &'a [Message], evidence: &'a [Arc<Evidence>]) -> Turn<'a> {
    Turn { system: "", messages, evidence, scope, tools: &[], options: TurnOptions::default() }
}

pub(super) fn taken(tool: &str, arguments: serde_json::Value, text: String, facts: Facts) -> Arc<Evidence> {
    Arc::new(Evidence {
        id: evidence_id(0),
        tool: tool.into(),
        arguments,
        outcome: Outcome::Found,
        facts,
        text,
        shown: None,
        command: String::new(),
        unread: Vec::new(),
        taken_at: at("2026-03-05T11:00:00Z"),
        elapsed_ms: 1,
    })
}

pub(super) fn exception(
    runtime: &str,
    class: &str,
    message: &str,
    frame: Option<(&str, u32, Option<u32>)>,
) -> Exception {
    let frames = frame.map(|(file, line, column)| Frame {
        function: Some("run".into()),
        file: file.into(),
        line: Some(line),
        column,
        in_app: true,
    });
    Exception {
        runtime: runtime.into(),
        class: class.into(),
        message: message.into(),
        code: None,
        frames: frames.into_iter().collect(),
        count: 3,
        first: at("2026-03-05T10:32:07.512Z"),
        last: at("2026-03-05T10:40:00Z"),
        sample: format!("2026-03-05T10:32:07.512Z\t7f3e\tERROR\tInvoke Error\t{class}: {message}"),
        before: None,
    }
}

/// A line of the log by its template, which is its sample too.
pub(super) fn template(text: &str, count: u64, baseline: u64, first: &str) -> LogTemplate {
    serde_json::from_value(json!({
        "template": text, "count": count, "baseline_count": baseline, "novelty": if baseline == 0 { "new" } else { "usual" },
        "first": first, "last": "2026-03-05T10:55:00Z", "sample": text.replace("<*>", "7"), "is_error": false
    }))
    .expect("a template")
}

pub(super) fn invocation(id: &str, duration_ms: f64, used: u32, size: u32) -> Invocation {
    let report = format!(
        "REPORT RequestId: {id}\tDuration: {duration_ms:.2} ms\tMemory Size: {size} MB\tMax Memory Used: {used} MB"
    );
    Invocation {
        at: at("2026-03-05T10:32:08Z"),
        request_id: id.into(),
        duration_ms,
        memory_size_mb: size,
        max_memory_used_mb: used,
        init_ms: None,
        timed_out: false,
        status: None,
        application_lines: 0,
        report,
    }
}

pub(super) fn invocations(count: u64, max_ms: f64, used: u32, size: u32, notable: Vec<Invocation>) -> Invocations {
    let timeouts = notable.iter().filter(|one| one.timed_out).count() as u64;
    Invocations {
        count,
        cold_starts: 1,
        timeouts,
        median_ms: 20.0,
        max_ms,
        max_memory_used_mb: used,
        memory_size_mb: size,
        notable,
    }
}

pub(super) fn metric(namespace: &str, name: &str, dimension: &str, value: &str) -> MetricId {
    MetricId {
        namespace: namespace.into(),
        name: name.into(),
        dimensions: BTreeMap::from([(dimension.into(), value.into())]),
    }
}

fn summed(value: f64) -> Summary {
    Summary { points: 3, min: 0.0, max: value, mean: value / 3.0, sum: value, nonzero: 1 }
}

pub(super) fn series(metric: MetricId, statistic: &str, (window, baseline): (f64, Option<f64>)) -> Series {
    Series {
        metric,
        statistic: statistic.into(),
        period_s: 60,
        unit: None,
        points: Vec::new(),
        window: summed(window),
        baseline: baseline.map(summed),
        change_points: Vec::new(),
        shape: Shape::Varying,
        pauses: Vec::new(),
        baseline_pauses: Vec::new(),
    }
}

fn function(name: &str, runtime: &str, handler: &str) -> Function {
    Function {
        name: name.into(),
        arn: format!("arn:aws:lambda:eu-central-1:111122223333:function:{name}"),
        runtime: Some(runtime.into()),
        handler: Some(handler.into()),
        memory_mb: 256,
        timeout_s: 10,
        last_modified: Some(at("2026-01-11T08:00:00Z")),
        code_sha256: "bmV3".into(),
        code_size: 911,
        package_type: "Zip".into(),
        image_uri: None,
        architectures: vec!["arm64".into()],
        state: Some("Active".into()),
        state_reason: None,
        last_update_status: Some("Successful".into()),
        environment: Vec::new(),
        vpc_id: None,
        subnet_ids: Vec::new(),
        security_group_ids: Vec::new(),
        role: format!("arn:aws:iam::111122223333:role/{name}-role"),
        log_group: format!("/aws/lambda/{name}"),
        layers: Vec::new(),
        reserved_concurrency: None,
        versions: Vec::new(),
        aliases: Vec::new(),
        event_sources: Vec::new(),
        stack: None,
        description: None,
    }
}

pub(super) fn summary(name: &str, window: Window, baseline: Window) -> LogSummary {
    LogSummary {
        log_group: format!("/aws/lambda/{name}"),
        window,
        baseline,
        lines: 120,
        baseline_lines: 110,
        complete: true,
        templates: Vec::new(),
        other_lines: 0,
        exceptions: Vec::new(),
        baseline_exceptions: Vec::new(),
        invocations: Some(invocations(40, 120.0, 80, 256, Vec::new())),
        baseline_invocations: Some(invocations(38, 110.0, 79, 256, Vec::new())),
        changed_fields: Vec::new(),
    }
}

pub(super) fn alarm(name: &str, metric: MetricId) -> Alarm {
    let condition = AlarmCondition {
        metrics: vec![metric],
        expression: None,
        statistic: "Sum".into(),
        period_s: 60,
        evaluation_periods: 1,
        datapoints_to_alarm: 1,
        threshold: Some(1.0),
        comparison: "GreaterThanOrEqualToThreshold".into(),
        treat_missing_data: "notBreaching".into(),
    };
    let transition = AlarmTransition {
        at: at("2026-03-05T10:33:20Z"),
        from: AlarmState::Ok,
        to: AlarmState::Alarm,
        reason: "Threshold Crossed".into(),
        points: Vec::new(),
    };
    Alarm {
        name: name.into(),
        arn: format!("arn:aws:cloudwatch:eu-central-1:111122223333:alarm:{name}"),
        description: None,
        state: AlarmState::Alarm,
        state_since: Some(transition.at),
        state_reason: "Threshold Crossed".into(),
        condition: Some(condition),
        transitions: vec![transition],
    }
}

pub(super) fn alarm_text(alarm: &Alarm) -> String {
    let mut text = format!(
        "alarm: {}\nstate: {} since 2026-03-05T10:33:20Z\nreason: {}\nhistory:\n",
        alarm.name,
        alarm.state.word(),
        alarm.state_reason
    );
    for transition in &alarm.transitions {
        text += &format!(
            "  {} {} -> {}: {}\n",
            transition.at,
            transition.from.word(),
            transition.to.word(),
            transition.reason
        );
    }
    text
}

fn function_text(function: &Function) -> String {
    let concurrency = function.reserved_concurrency.map_or("none".to_owned(), |limit| limit.to_string());
    let mut text = format!(
        "function: {}\nhandler: {}\nmemory: {} MB\ntimeout: {} s\nlast modified: 2026-01-11T08:00:00Z\nreserved concurrency: {concurrency}\nrole: {}\nenvironment:\n",
        function.name,
        function.handler.as_deref().unwrap_or_default(),
        function.memory_mb,
        function.timeout_s,
        function.role
    );
    for variable in &function.environment {
        text += &format!("  {}={}\n", variable.name, variable.value);
    }
    for version in &function.versions {
        let then = version.environment.iter().map(|then| format!("{}={}", then.name, then.value)).collect::<Vec<_>>();
        text += &format!("  {}, environment then: {}\n", version.version, then.join(", "));
    }
    text
}

pub(super) fn series_text(series: &Series) -> String {
    let base = series.baseline.map_or("no points".to_owned(), |baseline| format!("3 points, sum {}", baseline.sum));
    format!(
        "{}, {} per 60 s: window 3 points, sum {}; baseline: {base}\n",
        series.metric, series.statistic, series.window.sum
    )
}

pub(super) fn summary_text(summary: &LogSummary) -> String {
    let mut text = format!("log group: {}\nwindow: {}, {} lines\n", summary.log_group, summary.window, summary.lines);
    if let Some(all) = &summary.invocations {
        text += &format!(
            "invocations: {} in the window (cold starts 1, timeouts {}, median 20 ms, longest {} ms, memory {} of {} MB at most); in the baseline too\n",
            all.count, all.timeouts, all.max_ms, all.max_memory_used_mb, all.memory_size_mb
        );
    }
    text += "exceptions:\n";
    for exception in &summary.exceptions {
        text += &format!("{}: {}\n", exception.class, exception.message);
        for frame in &exception.frames {
            let column = frame.column.map(|column| format!(":{column}")).unwrap_or_default();
            text += &format!("    at run ({}:{}{column})\n", frame.file, frame.line.unwrap_or_default());
        }
        text += &format!("  sample:\n  {}\n", exception.sample);
    }
    for invocation in summary.invocations.iter().flat_map(|all| &all.notable) {
        text += &format!("{} {}\n", invocation.at, invocation.report);
    }
    for field in &summary.changed_fields {
        text += &format!("  {} of \"{}\": changed in {} lines\n", field.field, field.beside, field.count);
    }
    for template in &summary.templates {
        text += &format!(
            "[new {} vs {}] | {}\n    sample: {}\n",
            template.count, template.baseline_count, template.template, template.sample
        );
    }
    text
}

fn code_text(code: &FunctionCode) -> String {
    let mut text =
        format!("package: {} bytes, sha256 {}, {} files\n", code.package_size, code.code_sha256, code.files.len());
    for file in &code.files {
        text += &format!("file: {} ({} bytes)\n", file.path, file.size);
        for (index, line) in file.lines.iter().flatten().enumerate() {
            text += &format!("{:4} | {line}\n", index + 1);
        }
    }
    text
}

pub(super) fn changes_text(changes: &Changes, name: &str) -> String {
    let mut text = String::new();
    for change in &changes.changes {
        let resource = change.resource.as_ref().map_or("", |resource| resource.name.as_str());
        text += &format!("{} CloudTrail {} {resource} by deployer\n", change.at, change.action);
    }
    if text.is_empty() {
        text = format!("no write event of CloudTrail names {name} between {}\n", changes.window);
    }
    text
}

pub(super) fn database_text(database: &Database) -> String {
    let mut text = format!("cluster: {} (aurora-postgresql 15.4), status {}\n", database.id, database.status);
    text += &format!("endpoint: {}:5432\n", database.endpoint.as_deref().unwrap_or_default());
    for load in &database.load {
        text += &format!("{} {}: window 3 points, max {}\n", load.metric.name, load.statistic, load.window.max);
    }
    text
}
