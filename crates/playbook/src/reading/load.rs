//! Load and its effects, over time: what rises with requests, and what rises by itself.
//!
//! Series come from `get_metrics`, from a load balancer's description or from a database's. Two series are compared period by period;
//! what requests do in one period may show in the mean of the next, so the period after a request counts as driven too.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use marple_case::{
    Citation, Evidence,
    facts::{Point, Series, Summary},
};

use super::{Case, Seen, subject::SubjectKind};
use crate::cite;

/// How a level follows requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rise {
    /// Mean change a period with requests.
    pub(crate) driven: f64,
    /// Mean change a period without.
    pub(crate) idle: f64,
    /// Periods with requests.
    pub(crate) driven_periods: usize,
    /// Periods without.
    pub(crate) idle_periods: usize,
    /// Change a request, in periods with requests.
    pub(crate) each: f64,
}

/// Levels with and without requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Levels {
    /// Mean in periods with requests.
    pub(crate) driven: f64,
    /// Mean in periods without.
    pub(crate) idle: f64,
    /// Periods with requests.
    pub(crate) driven_periods: usize,
    /// Periods without.
    pub(crate) idle_periods: usize,
}

impl<'a> Case<'a> {
    /// One statistic of one of the service's own ECS metrics.
    pub(crate) fn ecs(&self, name: &str, statistic: &str) -> Option<Seen<'a, Series>> {
        let own = |series: &Series| {
            series.metric.name == name
                && series.statistic == statistic
                && matches!(series.metric.namespace.as_str(), "AWS/ECS" | "ECS/ContainerInsights")
                && self
                    .subject
                    .as_ref()
                    .is_none_or(|subject| series.metric.dimensions.get("ServiceName") == Some(subject))
        };
        self.series.iter().filter(|seen| own(seen)).max_by_key(|seen| seen.window.points).copied()
    }

    /// The statistic that shows most of a metric of the service: Maximum, else Average.
    pub(crate) fn ecs_peak(&self, name: &str) -> Option<Seen<'a, Series>> {
        let measured = |statistic| self.ecs(name, statistic).filter(|series| series.window.points > 0);
        measured("Maximum").or_else(|| measured("Average"))
    }

    /// One statistic of a metric of the load balancer in front, or of the service's target groups: the one with most points.
    pub(crate) fn balanced(&self, name: &str, statistic: &str) -> Option<Seen<'a, Series>> {
        let read = self.series.iter().copied();
        let of_groups =
            self.workload.target_groups().into_iter().flat_map(|group| of_load(group.evidence, &group.fact.load));
        let of_balancer = self.workload.balancer().into_iter().flat_map(|one| of_load(one.evidence, &one.fact.load));
        let own = |series: &Seen<'a, Series>| {
            series.metric.name == name && series.statistic == statistic && self.fronts(series.fact)
        };
        let all = read.chain(of_groups).chain(of_balancer).filter(own);
        // Of equally long series the narrower one, and the first of these: get_metrics writes points out.
        let mut best: Option<Seen<'a, Series>> = None;
        for one in all {
            let better = |old: &Seen<'a, Series>| {
                let rank = |series: &Seen<'a, Series>| {
                    (
                        series.window.nonzero > 0,
                        series.window.points,
                        series.metric.dimensions.contains_key("TargetGroup"),
                    )
                };
                rank(&one) > rank(old)
            };
            if best.as_ref().is_none_or(better) {
                best = Some(one);
            }
        }
        best
    }

    /// Whether a series is of the load balancer or a target group in front of the service.
    pub(crate) fn fronts(&self, series: &Series) -> bool {
        if !series.metric.namespace.ends_with("ELB") {
            return false;
        }
        let part =
            |name: &str| series.metric.dimensions.get(name).map(|value| value.split('/').nth(1).unwrap_or(value));
        let groups = self.workload.target_groups();
        match (part("TargetGroup"), part("LoadBalancer")) {
            (Some(group), _) if !groups.is_empty() => groups.iter().any(|own| own.name == group),
            (None, Some(balancer)) => self.workload.balancer().is_none_or(|own| own.name == balancer),
            _ => true,
        }
    }

    /// Requests that reached the service.
    pub(crate) fn requests(&self) -> Option<Seen<'a, Series>> {
        self.balanced("RequestCount", "Sum")
    }

    /// Requests with a period in the window of far more than any of the baseline, and the first such period.
    pub(crate) fn burst(&self) -> Option<(Seen<'a, Series>, Timestamp)> {
        /// As many times the busiest period of the baseline.
        const FAR: f64 = 2.0;
        let requests = self.requests()?;
        let usual = requests.fact.baseline.filter(|baseline| baseline.max > 0.0)?.max;
        let first = requests.fact.points.iter().find(|point| point.value >= FAR * usual)?;
        Some((requests, first.at))
    }

    /// Failed answers: the targets' own 5xx, else the load balancer's.
    pub(crate) fn server_errors(&self) -> Option<Seen<'a, Series>> {
        let failed = |name| self.balanced(name, "Sum").filter(|series| series.window.sum > 0.0);
        let none = || self.balanced("HTTPCode_Target_5XX_Count", "Sum");
        failed("HTTPCode_Target_5XX_Count").or_else(|| failed("HTTPCode_ELB_5XX_Count")).or_else(none)
    }

    /// How much the baseline used the service: its requests, else whether it ran at all; `None` where neither was read.
    pub(crate) fn baseline_load(&self) -> Option<u64> {
        let requests = self.requests().and_then(|series| series.fact.baseline).map(|baseline| baseline.sum as u64);
        let measured = |name| self.ecs_peak(name).and_then(|series| series.fact.baseline);
        let ran = measured("MemoryUtilization").or_else(|| measured("CPUUtilization"));
        requests.or_else(|| ran.map(|baseline| u64::from(baseline.points)))
    }

    /// How a level rises in periods with and without requests, from a moment on if one is given; drops (a task that was replaced) do not
    /// count.
    pub(crate) fn rise(&self, level: &Series, since: Option<Timestamp>) -> Option<Rise> {
        let requests = self.requests()?;
        let period = SignedDuration::from_secs(i64::from(level.period_s.max(1)));
        let (mut driven, mut idle, mut count) = (Vec::new(), Vec::new(), 0.0);
        for pair in level.points.windows(2) {
            let [before, after] = pair else { continue };
            if since.is_some_and(|since| before.at < since) {
                continue;
            }
            let step = after.value - before.value;
            // A gap in the points is no step, and a fall below half of the level is a new task.
            if after.at.duration_since(before.at) > period.saturating_add(period) || after.value < before.value * 0.5 {
                continue;
            }
            let (now, earlier) = (value_at(requests.fact, after.at), value_at(requests.fact, before.at));
            if now + earlier > 0.0 {
                driven.push(step);
                count += now;
            } else {
                idle.push(step);
            }
        }
        let total: f64 = driven.iter().sum();
        Some(Rise {
            driven: mean(&driven),
            idle: mean(&idle),
            driven_periods: driven.len(),
            idle_periods: idle.len(),
            each: if count > 0.0 { total / count } else { 0.0 },
        })
    }

    /// Where a level stands in periods with and without requests.
    pub(crate) fn levels(&self, level: &Series) -> Option<Levels> {
        let requests = self.requests()?;
        let period = SignedDuration::from_secs(i64::from(level.period_s.max(1)));
        let (mut driven, mut idle) = (Vec::new(), Vec::new());
        for point in &level.points {
            let earlier = point.at.checked_sub(period).unwrap_or(point.at);
            let now = value_at(requests.fact, point.at);
            match (now > 0.0, value_at(requests.fact, earlier) > 0.0) {
                (true, _) => driven.push(point.value),
                (false, false) => idle.push(point.value),
                // What a request of the period before still does.
                (false, true) => {}
            }
        }
        Some(Levels {
            driven: mean(&driven),
            idle: mean(&idle),
            driven_periods: driven.len(),
            idle_periods: idle.len(),
        })
    }

    /// The tool's own words on how a metric moves with requests.
    pub(crate) fn cite_correlation(&self, name: &str) -> Option<Citation> {
        let holds =
            |evidence: &&Arc<Evidence>| evidence.tool == "get_metrics" || evidence.text.contains("correlation:");
        self.evidence.iter().filter(holds).find_map(|evidence| {
            cite::any(
                evidence,
                &[&["correlation:", name, "RequestCount"], &[name, "with requests"], &["correlation:", name]],
            )
        })
    }
}

fn of_load<'a>(evidence: &'a Evidence, load: &'a [Series]) -> impl Iterator<Item = Seen<'a, Series>> {
    load.iter().map(move |fact| Seen { evidence, fact })
}

fn value_at(series: &Series, at: Timestamp) -> f64 {
    let reaches = |point: &&Point| {
        let since = at.duration_since(point.at);
        !since.is_negative() && since < SignedDuration::from_secs(i64::from(series.period_s.max(1)))
    };
    series.points.iter().find(reaches).map_or(0.0, |point| point.value)
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// Whether a baseline stands on one level, in per cent of the limit: neither climbing nor high.
pub(crate) fn is_flat(baseline: &Summary) -> bool {
    baseline.points > 0 && baseline.max - baseline.min <= 5.0_f64.max(0.2 * baseline.mean) && baseline.max < 80.0
}

/// Whether the subject is served through a load balancer at all.
pub(crate) fn is_service(case: &Case<'_>) -> bool {
    matches!(case.kind, SubjectKind::Service | SubjectKind::LoadBalancer)
}
