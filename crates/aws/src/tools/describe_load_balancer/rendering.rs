//! The text of `describe_load_balancer`.

use std::fmt::Write as _;

use aws_sdk_elasticloadbalancingv2::types::LoadBalancer as SdkBalancer;
use marple_case::{
    Scope,
    facts::{LoadBalancer, Series, Target, TargetGroup},
};

use super::{Around, Group};
use crate::{fault::Fault, metrics};

/// Load balancers, one a line.
pub(super) fn list(balancers: &[LoadBalancer], complete: bool, region: &str) -> String {
    let mut text = format!("load balancers in {region}: {}\n", balancers.len());
    for balancer in balancers {
        let (name, kind, dns) = (&balancer.name, &balancer.kind, &balancer.dns_name);
        let _ = writeln!(text, "load balancer: {name}, {kind}, {}, {dns}", known(&balancer.state));
    }
    if !complete {
        text.push_str("[there are more load balancers]\n");
    }
    text
}

fn known(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or("unknown")
}

/// A load balancer with all that stands around it.
pub(super) fn whole(balancer: &LoadBalancer, sdk: &SdkBalancer, around: &Around, scope: &Scope) -> String {
    let mut text = String::new();
    let mut row = |key: &str, value: &str| {
        let _ = writeln!(text, "{key}: {value}");
    };
    row("load balancer", &balancer.name);
    row("arn", &balancer.arn);
    row("type", &balancer.kind);
    row("scheme", known(&balancer.scheme));
    row("state", known(&balancer.state));
    if let Some(reason) = sdk.state().and_then(|state| state.reason()) {
        row("state reason", reason);
    }
    row("dns name", &balancer.dns_name);
    row("security groups", &sdk.security_groups().join(", "));
    match (&around.attributes, balancer.access_logs) {
        (Err(fault), _) => row("access logs", &unread(fault)),
        (Ok(_), Some(true)) => row("access logs", "on"),
        (Ok(_), Some(false)) => row("access logs", "off"),
        (Ok(_), None) => row("access logs", "not known"),
    }
    if let Some(seconds) = balancer.idle_timeout_s {
        row("idle timeout", &format!("{seconds} s"));
    }
    match &around.routes {
        Err(fault) => row("routes", &unread(fault)),
        Ok(routes) if routes.is_empty() => row("routes", "none: no listener takes requests"),
        Ok(routes) => routes.iter().for_each(|route| row("route", route)),
    }
    text.push_str(&load(&around.load, scope));
    match &around.groups {
        Err(fault) => text.push_str(&format!("target groups: {}\n", unread(fault))),
        Ok(groups) if groups.is_empty() => text.push_str("target groups: none\n"),
        Ok(groups) => groups.iter().for_each(|group| text.push_str(&group_lines(group, scope))),
    }
    text
}

fn group_lines(group: &Group, scope: &Scope) -> String {
    let fact = &group.fact;
    let port = fact.port.map(|port| format!(":{port}")).unwrap_or_default();
    let mut text = format!("target group: {} {}{port}\n", fact.name, known(&fact.protocol));
    let _ = writeln!(text, "  arn: {}", fact.arn);
    let _ = writeln!(text, "  health check: {}", health_check(fact));
    match &group.targets {
        Err(fault) => {
            let _ = writeln!(text, "targets: {}", unread(fault));
        }
        Ok(targets) if targets.is_empty() => {
            let _ = writeln!(text, "no target is registered in target group {}", fact.name);
        }
        Ok(targets) => targets.iter().for_each(|target| text.push_str(&target_line(target))),
    }
    text + &load(&group.load, scope)
}

/// `/health every 15 s, timeout 5 s, unhealthy after 2 failures, healthy with 200`.
fn health_check(group: &TargetGroup) -> String {
    let mut text = group.health_path.clone().unwrap_or_else(|| "a connection".to_owned());
    if let Some(interval) = group.health_interval_s {
        let _ = write!(text, " every {interval} s");
    }
    if let Some(timeout) = group.health_timeout_s {
        let _ = write!(text, ", timeout {timeout} s");
    }
    if let Some(threshold) = group.unhealthy_threshold {
        let _ = write!(text, ", unhealthy after {threshold} failures");
    }
    if let Some(codes) = &group.health_codes {
        let _ = write!(text, ", healthy with {codes}");
    }
    text
}

/// `target: 10.0.1.7:8080 unhealthy Target.ResponseCodeMismatch "Health checks failed with these codes: [404]"`.
fn target_line(target: &Target) -> String {
    let port = target.port.map(|port| format!(":{port}")).unwrap_or_default();
    let mut line = format!("target: {}{port} {}", target.id, target.state);
    if let Some(reason) = &target.reason {
        let _ = write!(line, " {reason}");
    }
    if let Some(description) = &target.description {
        let _ = write!(line, " \"{description}\"");
    }
    line + "\n"
}

fn load(load: &Result<Vec<Series>, Fault>, scope: &Scope) -> String {
    match load {
        Ok(series) => metrics::text::all_in_brief(series, scope.window),
        Err(fault) => format!("load: {}\n", unread(fault)),
    }
}

/// Why a part is missing: a denial is never "none".
fn unread(fault: &Fault) -> String {
    match fault {
        Fault::Denied { action, .. } => format!("denied ({action})"),
        other => format!("failed ({other})"),
    }
}
