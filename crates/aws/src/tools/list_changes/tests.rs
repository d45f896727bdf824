#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{path::Path, sync::Arc, time::Duration};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_types::{SdkConfig, region::Region};
use marple_case::{ResourceKind, ResourceRef, Window};
use marple_world::{Files, Scenario, World};

use super::*;
use crate::{clients::Clients, hide::Hider};

fn scope() -> Scope {
    let window =
        Window { start: "2025-12-16T05:00:00Z".parse().unwrap(), end: "2025-12-16T06:00:00Z".parse().unwrap() };
    Scope {
        account: None,
        region: "us-east-1".to_owned(),
        now: "2025-12-16T07:00:00Z".parse().unwrap(),
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

fn subjects() -> Subjects {
    let resources = vec![ResourceRef::new(ResourceKind::LambdaFunction, "orders")];
    Subjects { resources, stacks: vec!["shop".to_owned()], ..Subjects::default() }
}

fn change(at: &str, source: ChangeSource, name: &str, touches_subject: bool) -> Change {
    Change {
        at: at.parse().unwrap(),
        source,
        actor: Some("Deploy/ci".to_owned()),
        action: "Update".to_owned(),
        resource: Some(ResourceRef::new(ResourceKind::Other, name)),
        detail: "a=1\nb".to_owned(),
        touches_subject,
    }
}

fn denied() -> Fault {
    Fault::Denied { action: "cloudtrail:LookupEvents".to_owned(), message: "no".to_owned() }
}

#[test]
fn without_a_change_of_the_subject_one_line_says_so_and_which_sources_it_holds_for() {
    let other =
        Given { changes: vec![change("2025-12-16T04:00:00Z", ChangeSource::Rds, "db", false)], ..Given::default() };
    let sources = vec![(ChangeSource::CloudTrail, Err(denied())), (ChangeSource::Rds, Ok(other))];
    let line = merged(sources, scope().window, false, &subjects());
    insta::assert_snapshot!(rendering::rendered(&line, &subjects(), &scope()), @r"
    no change touches orders between 2025-12-16T05:00:00Z and 2025-12-16T06:00:00Z (read: RDS)
    owning stack: shop
    unread: CloudTrail: cloudtrail:LookupEvents was denied: no
    other changes: 1
    2025-12-16T04:00:00Z RDS Update db by Deploy/ci: a=1 b
    ");
}

#[test]
fn changes_are_oldest_first_and_those_of_the_subject_come_before_all_others() {
    let since = "2025-12-16T05:15:00Z".parse().ok();
    let given = |changes| Ok(Given { changes, notes: vec!["the 1 newest write events were read".to_owned()], since });
    let sources = vec![
        (
            ChangeSource::CloudTrail,
            given(vec![change("2025-12-16T05:20:00Z", ChangeSource::CloudTrail, "orders", true)]),
        ),
        (
            ChangeSource::CloudFormation,
            Ok(Given {
                changes: vec![
                    change("2025-12-16T05:10:00Z", ChangeSource::CloudFormation, "shop", true),
                    change("2025-12-16T05:00:00Z", ChangeSource::CloudFormation, "x", false),
                ],
                ..Given::default()
            }),
        ),
    ];
    let line = merged(sources.clone(), scope().window, false, &subjects());
    insta::assert_snapshot!(rendering::rendered(&line, &subjects(), &scope()), @r"
    changes that touch orders between 2025-12-16T05:00:00Z and 2025-12-16T06:00:00Z (read: CloudTrail from 2025-12-16T05:15:00Z, CloudFormation): 2
    2025-12-16T05:10:00Z CloudFormation Update shop by Deploy/ci: a=1 b
    2025-12-16T05:20:00Z CloudTrail Update orders by Deploy/ci: a=1 b
    owning stack: shop
    note: CloudTrail: the 1 newest write events were read
    other changes: 1
    2025-12-16T05:00:00Z CloudFormation Update x by Deploy/ci: a=1 b
    ");
    let narrowed = merged(sources, scope().window, true, &subjects());
    assert_eq!(narrowed.changes.changes.len(), 2, "a named resource leaves the others out");
}

#[test]
fn where_no_source_could_be_read_there_is_no_time_line() {
    let denial = || (ChangeSource::CloudTrail, Err(denied()));
    assert_eq!(first_of_only_faults(&[denial(), denial()]), Some(denied()));
    assert_eq!(first_of_only_faults(&[denial(), (ChangeSource::Rds, Ok(Given::default()))]), None);
}

#[test]
fn changes_are_looked_for_from_three_days_before_the_window() {
    let mut args = Args { start: None, end: None, resource: None };
    ListChanges::normalise(&mut args, &scope()).unwrap();
    assert_eq!(args.start.unwrap().to_string(), "2025-12-13T05:00:00Z");
    assert_eq!(args.end.unwrap().to_string(), "2025-12-16T06:00:00Z");
}

/// A world whose CloudTrail holds `noise` write events of another resource, and before them one of a function.
fn busy_world(noise: u32) -> World {
    let event = |at: String, name: &str| {
        let body = serde_json::json!({
            "userIdentity": {"type": "IAMUser", "userName": "jane"}, "eventTime": at, "eventName": "UpdateFunctionCode20150331v2",
            "requestParameters": {"functionName": name}, "readOnly": false,
        });
        serde_json::json!({
            "EventId": format!("{name}-{at}"), "EventName": "UpdateFunctionCode20150331v2", "ReadOnly": "false", "EventTime": at,
            "EventSource": "lambda.amazonaws.com", "Username": "jane", "CloudTrailEvent": body,
            "Resources": [{"ResourceType": "AWS::Lambda::Function", "ResourceName": name}],
        })
    };
    let mut events = vec![event("2025-12-15T01:00:00Z".to_owned(), "orders")];
    events.extend(
        (0..noise).map(|number| event(format!("2025-12-15T02:{:02}:{:02}Z", number / 60, number % 60), "other")),
    );
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/lambda-type-error");
    let mut files = Files::read(&folder).unwrap();
    files.insert("world/cloudtrail/events.json", serde_json::json!({"Events": events}).to_string().into_bytes());
    World::new(Arc::new(Scenario::load(files).unwrap()))
}

#[tokio::test]
async fn in_a_busy_account_older_events_of_the_subject_are_found_by_its_name() {
    let config = SdkConfig::builder()
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            None,
            None,
            "test",
        )))
        .http_client(busy_world(30).http_client())
        .build();
    let (clients, scope, hider) = (Clients::new(&config), scope(), Hider::new([1; 32]));
    let context = Context { clients: &clients, scope: &scope, hider: &hider };
    let span = Window { start: "2025-12-14T00:00:00Z".parse().unwrap(), end: scope.window.end };
    let limits = sources::TrailLimits { page: 10, pages: 2, named_pages: 1, interval: Duration::ZERO };
    let given = sources::trail(span, &subjects(), context, limits).await.unwrap();
    assert_eq!(given.changes.len(), 21, "{given:?}");
    assert_eq!(given.changes.iter().filter(|change| change.touches_subject).count(), 1);
    assert_eq!(given.since.unwrap().to_string(), "2025-12-15T02:00:10Z");
    let all = sources::trail(span, &subjects(), context, sources::TrailLimits { pages: 9, ..limits }).await.unwrap();
    assert_eq!((all.changes.len(), all.since, all.notes), (31, None, Vec::new()));
}
