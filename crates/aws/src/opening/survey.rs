//! Where nothing is named that runs: what fires, what there is, which of it fails; then those that fail as if they had been named.

use std::sync::Arc;

use marple_agent::ports::PlannedCall;
use marple_case::{
    Evidence, Facts, ResourceKind, ResourceRef, Scope,
    facts::{Function, LogGroup, LogSummary, Service},
};
use serde_json::json;

use super::{call, ecs, lambda, metric};

/// Functions whose errors are counted, at most.
const FUNCTIONS: usize = 40;
/// Log groups that are summed up, at most. Where there are more, those of functions that fail.
const GROUPS: usize = 5;
/// What fails and is looked at whole, at most.
const SUSPECTS: usize = 2;

pub(super) fn plan(scope: &Scope, evidence: &[Arc<Evidence>]) -> Vec<PlannedCall> {
    let mut plan = Vec::new();
    if scope.alarm.is_none() {
        plan.push(call("describe_alarms", json!({"state": "alarm"})));
    }
    plan.push(call("get_function", json!({})));
    plan.push(call("describe_service", json!({})));
    plan.push(call("list_log_groups", json!({})));
    let region = Region::of(evidence);
    plan.extend(region.errors());
    plan.extend(region.log_groups());
    for suspect in region.suspects() {
        plan.extend(match suspect.kind {
            ResourceKind::EcsService => ecs::plan(&suspect, scope, evidence),
            _ => lambda::plan(&suspect.name, scope, evidence),
        });
    }
    plan
}

/// What the evidence shows of a region.
struct Region<'a> {
    functions: Vec<&'a Function>,
    services: Vec<&'a Service>,
    groups: Vec<&'a LogGroup>,
    summaries: Vec<&'a LogSummary>,
    evidence: &'a [Arc<Evidence>],
}

impl<'a> Region<'a> {
    fn of(evidence: &'a [Arc<Evidence>]) -> Self {
        let mut region =
            Self { functions: Vec::new(), services: Vec::new(), groups: Vec::new(), summaries: Vec::new(), evidence };
        for taken in evidence {
            match &taken.facts {
                Facts::Functions(all) => region.functions.extend(all),
                Facts::Services(all) => region.services.extend(all),
                Facts::LogGroups(all) => region.groups.extend(all),
                Facts::LogSummary(summary) => region.summaries.push(summary),
                _ => {}
            }
        }
        region.functions.sort_by_key(|function| &function.name);
        region.functions.dedup_by_key(|function| &function.name);
        region.services.sort_by_key(|service| (&service.cluster, &service.name));
        region.services.dedup_by_key(|service| (&service.cluster, &service.name));
        region
    }

    /// The errors of all functions in one reading.
    fn errors(&self) -> Option<PlannedCall> {
        let of = |function: &&Function| metric("AWS/Lambda", "Errors", ("FunctionName", &function.name), &["Sum"]);
        let metrics: Vec<_> = self.functions.iter().take(FUNCTIONS).map(of).collect();
        (!metrics.is_empty()).then(|| call("get_metrics", json!({"metrics": metrics})))
    }

    /// The log groups that are worth a look: all of a few, else those of functions that fail.
    fn log_groups(&self) -> Vec<PlannedCall> {
        let fails = |group: &str| {
            self.functions.iter().any(|function| function.log_group == group && self.counted(&function.name) > 0.0)
        };
        let is_small = self.groups.len() <= GROUPS;
        let names = self.groups.iter().map(|group| group.name.as_str()).filter(|name| is_small || fails(name));
        names.take(GROUPS).map(|name| call("summarize_logs", json!({"log_group": name}))).collect()
    }

    /// What fails as it did not in the baseline, the worst first; where there is hardly anything, all of it.
    fn suspects(&self) -> Vec<ResourceRef> {
        let functions = self.functions.iter().map(|function| {
            let logged = self.logged(|group| group == function.log_group);
            (logged.max(self.counted(&function.name)), ResourceRef::new(ResourceKind::LambdaFunction, &function.name))
        });
        let services = self.services.iter().map(|service| {
            let logged = self.logged(|group| group.split('/').any(|part| part == service.name));
            (logged, ResourceRef::with_arn(ResourceKind::EcsService, &service.name, &service.arn))
        });
        let mut failing: Vec<(f64, ResourceRef)> = functions.chain(services).collect();
        if failing.len() > SUSPECTS {
            failing.retain(|(failures, _)| *failures > 0.0);
        }
        failing.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        failing.into_iter().take(SUSPECTS).map(|(_, resource)| resource).collect()
    }

    /// Errors of a function that CloudWatch counted in the window and not in the baseline.
    fn counted(&self, function: &str) -> f64 {
        let series = self.evidence.iter().flat_map(|taken| match &taken.facts {
            Facts::Metrics(metrics) => metrics.series.as_slice(),
            _ => &[],
        });
        let own = series.filter(|series| {
            series.metric.name == "Errors"
                && series.metric.dimensions.get("FunctionName").is_some_and(|name| name == function)
        });
        own.map(|series| series.window.sum - series.baseline.map_or(0.0, |before| before.sum)).fold(0.0, f64::max)
    }

    /// Lines of log groups that speak of a failure, in the window and not in the baseline.
    fn logged(&self, is_own: impl Fn(&str) -> bool) -> f64 {
        let own = self.summaries.iter().filter(|summary| is_own(&summary.log_group));
        let errors = own.flat_map(|summary| summary.templates.iter().filter(|template| template.is_error));
        errors.map(|template| template.count.saturating_sub(template.baseline_count)).sum::<u64>() as f64
    }
}
