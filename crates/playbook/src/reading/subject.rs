//! What is in question: a Lambda function, an ECS service, a load balancer (then the service behind it, where one is known) or a database.

use std::sync::Arc;

use marple_case::{
    Evidence, Facts, ResourceKind, ResourceRef, Scope,
    facts::{Alarm, Function, LoadBalancer, Service},
};

use super::{Seen, leads};

/// The sorts of subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubjectKind {
    /// A Lambda function; also where the scope names nothing.
    Function,
    /// An ECS service.
    Service,
    /// A load balancer or target group whose service is not known.
    LoadBalancer,
    /// A database cluster or instance.
    Database,
}

impl SubjectKind {
    /// The noun for sentences.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Service => "service",
            Self::LoadBalancer => "load balancer",
            Self::Database => "database",
        }
    }

    /// What stands in sentences where there is no name.
    pub(crate) fn unnamed(self) -> &'static str {
        match self {
            Self::Function => "the function",
            Self::Service => "the service",
            Self::LoadBalancer => "the load balancer",
            Self::Database => "the database",
        }
    }

    /// The kind under which a subject that no fact describes is reported.
    pub(crate) fn resource_kind(self) -> ResourceKind {
        match self {
            Self::Function => ResourceKind::LambdaFunction,
            Self::Service => ResourceKind::EcsService,
            Self::LoadBalancer => ResourceKind::LoadBalancer,
            Self::Database => ResourceKind::DbCluster,
        }
    }
}

/// What is in question.
#[derive(Debug)]
pub(crate) struct Subject {
    /// Its sort.
    pub(crate) kind: SubjectKind,
    /// Its name, if it is known.
    pub(crate) name: Option<String>,
}

impl Subject {
    /// Finds the subject: what the scope names, else what the alarm watches, else the only function or service that was read, else the one of
    /// these that fails most.
    pub(crate) fn of(
        scope: &Scope,
        evidence: &[Arc<Evidence>],
        alarms: &[Seen<'_, Alarm>],
        functions: &[Seen<'_, Function>],
    ) -> Self {
        let ours = alarms.iter().filter(|alarm| scope.alarm.is_none() || scope.alarm.as_ref() == Some(&alarm.name));
        let watched = ours.flat_map(|alarm| alarm.watched());
        let named: Vec<ResourceRef> = scope.subjects.iter().cloned().chain(watched).collect();
        let services: Vec<&Service> = evidence.iter().flat_map(|evidence| services(&evidence.facts)).collect();
        let balancers: Vec<&LoadBalancer> = evidence.iter().flat_map(|evidence| balancers(&evidence.facts)).collect();
        let runs = |kind| matches!(kind, ResourceKind::LambdaFunction | ResourceKind::EcsService);
        let direct = named.iter().find(|resource| runs(resource.kind)).map(|resource| match resource.kind {
            ResourceKind::LambdaFunction => (SubjectKind::Function, most_troubled(&named, evidence, &resource.name)),
            _ => (SubjectKind::Service, resource.name.clone()),
        });
        let named_once = named.iter().filter(|resource| runs(resource.kind)).count() == 1;
        let by_queue = || leads::uses_queue(scope, alarms, evidence, &services).filter(|_| !named_once);
        let found = by_queue()
            .or(direct)
            .or_else(|| behind(&named, &services, &balancers))
            .or_else(|| indirect(&named))
            .or_else(|| only(functions, &services))
            .or_else(|| failing(functions, &services, evidence));
        match found {
            Some((kind, name)) => Self { kind, name: Some(name) },
            None => Self { kind: SubjectKind::Function, name: None },
        }
    }
}

/// Of several functions the one with the most new failures, by CloudWatch's count and by its logs; `first` where none has any.
fn most_troubled(named: &[ResourceRef], evidence: &[Arc<Evidence>], first: &str) -> String {
    let functions = named.iter().filter(|one| one.kind == ResourceKind::LambdaFunction);
    let counted: Vec<(u64, &str)> =
        functions.map(|one| (new_failures(&one.name, evidence), one.name.as_str())).collect();
    let most = counted.iter().map(|(failures, _)| *failures).max().unwrap_or(0);
    let leading = counted.iter().filter(|(failures, _)| most > 0 && *failures == most).map(|(_, name)| *name);
    leading.into_iter().next().unwrap_or(first).to_owned()
}

/// Failures of a function that the baseline does not hold: errors that CloudWatch counted, and lines of its logs that speak of one.
fn new_failures(function: &str, evidence: &[Arc<Evidence>]) -> u64 {
    let group = format!("/aws/lambda/{function}");
    let of = |facts: &Facts| match facts {
        Facts::Metrics(metrics) => {
            let own = metrics.series.iter().filter(|series| {
                series.metric.name == "Errors"
                    && series.metric.dimensions.get("FunctionName").is_some_and(|name| name == function)
            });
            let more = own.map(|series| series.window.sum - series.baseline.map_or(0.0, |before| before.sum));
            more.fold(0.0, f64::max) as u64
        }
        Facts::LogSummary(summary) if summary.log_group == group => {
            let own = summary.templates.iter().filter(|line| line.is_error);
            own.map(|line| line.count.saturating_sub(line.baseline_count)).sum()
        }
        _ => 0,
    };
    evidence.iter().map(|taken| of(&taken.facts)).sum()
}

fn services(facts: &Facts) -> &[Service] {
    if let Facts::Services(services) = facts { services } else { &[] }
}

fn balancers(facts: &Facts) -> &[LoadBalancer] {
    if let Facts::LoadBalancers(balancers) = facts { balancers } else { &[] }
}

/// The service behind a load balancer or target group: one of whose targets is that group, or a group of that balancer.
fn behind(named: &[ResourceRef], services: &[&Service], balancers: &[&LoadBalancer]) -> Option<(SubjectKind, String)> {
    let groups = named.iter().flat_map(|resource| match resource.kind {
        ResourceKind::TargetGroup => vec![resource.name.clone()],
        ResourceKind::LoadBalancer => {
            let of = balancers.iter().filter(|balancer| balancer.name == resource.name);
            of.flat_map(|balancer| balancer.target_groups.iter().map(|group| group.name.clone())).collect()
        }
        _ => Vec::new(),
    });
    let groups: Vec<String> = groups.collect();
    let serves = |service: &&&Service| service.targets.iter().any(|target| groups.contains(&target.resource().name));
    let fronted = named.iter().any(|one| matches!(one.kind, ResourceKind::TargetGroup | ResourceKind::LoadBalancer));
    let alone = match services {
        [one] if fronted => Some(*one),
        _ => None,
    };
    let service = services.iter().find(serves).copied().or(alone)?;
    Some((SubjectKind::Service, service.name.clone()))
}

fn indirect(named: &[ResourceRef]) -> Option<(SubjectKind, String)> {
    named.iter().find_map(|resource| match resource.kind {
        ResourceKind::DbCluster | ResourceKind::DbInstance => Some((SubjectKind::Database, resource.name.clone())),
        ResourceKind::TargetGroup | ResourceKind::LoadBalancer => {
            Some((SubjectKind::LoadBalancer, resource.name.clone()))
        }
        _ => None,
    })
}

fn only(functions: &[Seen<'_, Function>], services: &[&Service]) -> Option<(SubjectKind, String)> {
    match (functions, services) {
        ([one, rest @ ..], []) if rest.iter().all(|other| other.name == one.name) => {
            Some((SubjectKind::Function, one.name.clone()))
        }
        ([], [one, rest @ ..]) if rest.iter().all(|other| other.name == one.name) => {
            Some((SubjectKind::Service, one.name.clone()))
        }
        _ => None,
    }
}

/// Of all functions and services that were read the one with the most new failures.
fn failing(
    functions: &[Seen<'_, Function>],
    services: &[&Service],
    evidence: &[Arc<Evidence>],
) -> Option<(SubjectKind, String)> {
    let functions =
        functions.iter().map(|one| (new_failures(&one.name, evidence), SubjectKind::Function, one.name.as_str()));
    let services =
        services.iter().map(|one| (logged_failures(&one.name, evidence), SubjectKind::Service, one.name.as_str()));
    let failing = functions.chain(services).filter(|(failures, ..)| *failures > 0);
    let (_, kind, name) = failing.max_by_key(|(failures, _, name)| (*failures, std::cmp::Reverse(*name)))?;
    Some((kind, name.to_owned()))
}

/// New lines that speak of a failure, in log groups that a service's name is a part of.
fn logged_failures(service: &str, evidence: &[Arc<Evidence>]) -> u64 {
    let of = |facts: &Facts| match facts {
        Facts::LogSummary(summary) if summary.log_group.split('/').any(|part| part == service) => {
            let own = summary.templates.iter().filter(|line| line.is_error);
            own.map(|line| line.count.saturating_sub(line.baseline_count)).sum()
        }
        _ => 0,
    };
    evidence.iter().map(|taken| of(&taken.facts)).sum()
}
