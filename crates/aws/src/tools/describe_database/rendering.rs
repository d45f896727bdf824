//! The text of `describe_database`.

use std::fmt::Write as _;

use marple_case::{
    ResourceKind, Scope,
    facts::{Database, Series, Storage},
};

use super::{Around, Missing};
use crate::{fault::Fault, metrics};

fn sort(database: &Database) -> &'static str {
    match database.kind {
        ResourceKind::DbCluster => "cluster",
        _ => "instance",
    }
}

fn title(database: &Database) -> String {
    let (id, engine, version) = (&database.id, &database.engine, &database.engine_version);
    let class = database.instance_class.as_ref().map(|class| format!(", {class}")).unwrap_or_default();
    format!("{}: {id} ({engine} {version}){class}, status {}", sort(database), database.status)
}

fn address(host: &str, port: Option<u16>) -> String {
    port.map_or(host.to_owned(), |port| format!("{host}:{port}"))
}

/// All databases, one line each.
pub(super) fn list(databases: &[Database], missing: Missing<'_>, region: &str) -> String {
    let mut text = match databases.len() {
        0 => format!("no RDS or Aurora database in {region}\n"),
        number => format!("databases in {region}: {number}\n"),
    };
    for database in databases {
        let endpoint = database.endpoint.as_ref().map(|host| format!(", endpoint {}", address(host, database.port)));
        let _ = writeln!(text, "{}{}", title(database), endpoint.unwrap_or_default());
    }
    if let Some((sort, fault)) = missing {
        text.push_str(&unread(sort, fault));
    }
    text
}

/// Why a part is missing.
pub(super) fn unread(part: &str, fault: &Fault) -> String {
    match fault {
        Fault::Denied { action, .. } => format!("{part}: denied ({action})\n"),
        other => format!("{part}: failed ({other})\n"),
    }
}

/// One database with its events and its load.
pub(super) fn whole(database: &Database, around: &Around, scope: &Scope) -> String {
    let mut text = title(database) + "\n";
    let mut row = |key: &str, value: &str| {
        let _ = writeln!(text, "{key}: {value}");
    };
    row("arn", &database.arn);
    if let Some(host) = &database.endpoint {
        row("endpoint", &address(host, database.port));
    }
    if let Some(host) = &database.reader_endpoint {
        row("reader endpoint", &address(host, database.port));
    }
    let members = if database.members.is_empty() { "none".to_owned() } else { database.members.join(", ") };
    row(if database.kind == ResourceKind::DbCluster { "members" } else { "member of" }, &members);
    if let Some(storage) = &database.storage {
        row("storage", &disk(storage));
    }
    row("security groups", &database.security_group_ids.join(", "));
    if let Some(created) = database.created {
        row("created", &created.to_string());
    }
    events(&mut text, database, around, scope);
    load(&mut text, database, around, scope);
    text
}

/// `100 GiB gp3, enlarged by RDS up to 200 GiB`.
fn disk(storage: &Storage) -> String {
    let kind = storage.kind.as_ref().map(|kind| format!(" {kind}")).unwrap_or_default();
    let grows = match storage.most_gib {
        Some(most) => format!("enlarged by RDS up to {most} GiB"),
        None => "never enlarged by RDS (no storage autoscaling)".to_owned(),
    };
    format!("{} GiB{kind}, {grows}", storage.allocated_gib)
}

fn events(text: &mut String, database: &Database, around: &Around, scope: &Scope) {
    let window = scope.window;
    match &around.events {
        Err(fault) => text.push_str(&unread("events", fault)),
        Ok(events) if events.is_empty() => {
            let _ =
                writeln!(text, "events: no RDS event of {} between {} and {}", database.id, window.start, window.end);
        }
        Ok(events) => {
            text.push_str("events:\n");
            for event in events {
                let _ = writeln!(text, "  {} {}", event.at, event.message);
            }
        }
    }
}

fn load(text: &mut String, database: &Database, around: &Around, scope: &Scope) {
    let series = match &around.load {
        Err(fault) => return text.push_str(&unread("load", fault)),
        Ok(series) => series,
    };
    let most = |series: &&Series| series.metric.name == "DatabaseConnections" && series.statistic == "Maximum";
    if let Some(most) = series.iter().find(most) {
        let _ = writeln!(text, "{}", connections(&database.id, most, scope));
    }
    text.push_str(&metrics::text::all_in_brief(series, scope.window));
}

/// The one sentence on connections that is quoted: whether anything was connected at all.
fn connections(id: &str, most: &Series, scope: &Scope) -> String {
    let (start, end) = (scope.window.start, scope.window.end);
    match most.window.points {
        0 => format!("connections: not measured for {id} between {start} and {end} (no data points)"),
        points if most.window.max <= 0.0 => {
            format!(
                "connections: zero connections to {id} between {start} and {end} (DatabaseConnections Maximum 0 in all {points} points)"
            )
        }
        _ => {
            let max = metrics::text::number(most.window.max);
            format!("connections: at most {max} to {id} between {start} and {end}")
        }
    }
}
