#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use marple_case::facts::Point;

use super::*;
use crate::metrics;

fn database(kind: ResourceKind, id: &str, members: &[&str]) -> Database {
    let prefix = if kind == ResourceKind::DbCluster { "cluster-" } else { "" };
    Database {
        kind,
        id: id.to_owned(),
        arn: format!("arn:aws:rds:us-east-1:111122223333:{id}"),
        engine: "aurora-postgresql".to_owned(),
        engine_version: "15.4".to_owned(),
        status: "available".to_owned(),
        instance_class: None,
        storage: None,
        endpoint: Some(format!("{id}.{prefix}c0a1.us-east-1.rds.amazonaws.com")),
        reader_endpoint: (kind == ResourceKind::DbCluster)
            .then(|| format!("{id}.cluster-ro-c0a1.us-east-1.rds.amazonaws.com")),
        port: Some(5432),
        members: members.iter().map(|member| (*member).to_owned()).collect(),
        security_group_ids: vec!["sg-1".to_owned()],
        created: None,
        events: Vec::new(),
        load: Vec::new(),
    }
}

fn scope() -> Scope {
    let window =
        Window { start: "2025-12-16T05:00:00Z".parse().unwrap(), end: "2025-12-16T06:00:00Z".parse().unwrap() };
    Scope {
        account: None,
        region: "us-east-1".to_owned(),
        now: window.end,
        alarm: None,
        subjects: Vec::new(),
        window,
        baseline: window.earlier_by(SignedDuration::from_hours(24)),
        period_s: 60,
        first_breach: None,
        recovered_at: None,
        notes: Vec::new(),
    }
}

#[test]
fn a_database_is_found_by_name_and_by_every_endpoint() {
    let all = || {
        let (cluster, instance) = (ResourceKind::DbCluster, ResourceKind::DbInstance);
        vec![
            (
                database(cluster, "app", &["app-1"]),
                vec!["app.cluster-custom-c0a1.us-east-1.rds.amazonaws.com".to_owned()],
            ),
            (database(instance, "app-1", &["app"]), Vec::new()),
            (database(instance, "other", &[]), Vec::new()),
        ]
    };
    let ids = |id: &str| chosen(id, all()).into_iter().map(|database| database.id).collect::<Vec<_>>();
    for id in [
        "app",
        "APP",
        "app.cluster-c0a1.us-east-1.rds.amazonaws.com:5432",
        "app.cluster-ro-c0a1.us-east-1.rds.amazonaws.com.",
    ] {
        assert_eq!(ids(id), ["app", "app-1"], "{id}");
    }
    assert_eq!(ids("app.cluster-custom-c0a1.us-east-1.rds.amazonaws.com"), ["app", "app-1"]);
    assert_eq!(ids("app-1.c0a1.us-east-1.rds.amazonaws.com"), ["app-1"]);
    assert_eq!(ids("ap"), [] as [&str; 0]);
}

#[test]
fn zero_connections_are_said_in_one_sentence_and_no_data_is_not_zero() {
    let point = |value| Point { at: "2025-12-16T05:10:00Z".parse().unwrap(), value };
    let around = |points: Vec<Point>| {
        let metric =
            MetricId { namespace: "AWS/RDS".to_owned(), name: "DatabaseConnections".to_owned(), dimensions: [].into() };
        Around {
            events: Ok(Vec::new()),
            load: Ok(vec![metrics::series(metric, "Maximum".to_owned(), 60, points, None)]),
        }
    };
    let cluster = database(ResourceKind::DbCluster, "app", &["app-1"]);
    let text = |points| rendering::whole(&cluster, &around(points), &scope());
    insta::assert_snapshot!(text(vec![point(0.0), point(0.0)]).lines().take(8).collect::<Vec<_>>().join("\n"), @r"
    cluster: app (aurora-postgresql 15.4), status available
    arn: arn:aws:rds:us-east-1:111122223333:app
    endpoint: app.cluster-c0a1.us-east-1.rds.amazonaws.com:5432
    reader endpoint: app.cluster-ro-c0a1.us-east-1.rds.amazonaws.com:5432
    members: app-1
    security groups: sg-1
    events: no RDS event of app between 2025-12-16T05:00:00Z and 2025-12-16T06:00:00Z
    connections: zero connections to app between 2025-12-16T05:00:00Z and 2025-12-16T06:00:00Z (DatabaseConnections Maximum 0 in all 2 points)
    ");
    assert!(text(Vec::new()).contains("connections: not measured for app"));
    assert!(text(vec![point(3.0)]).contains("connections: at most 3 to app"));
}

#[test]
fn a_denied_sort_is_a_fault_where_nothing_else_was_found() {
    let denied = Fault::Denied { action: "rds:DescribeDBClusters".to_owned(), message: "no".to_owned() };
    let found =
        Found { clusters: Err(denied.clone()), instances: Ok(vec![database(ResourceKind::DbInstance, "a", &[])]) };
    let (databases, missing) = readable(found).unwrap();
    assert_eq!((databases.len(), missing), (1, Some(("clusters", denied))));
}
