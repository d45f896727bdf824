#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use serde_json::json;

use super::{Part, Shape};
use crate::xml;

#[test]
fn xml_becomes_what_its_schema_says() {
    let answer = "<R><DBInstances><DBInstance><DBInstanceIdentifier>a &amp; b</DBInstanceIdentifier><AllocatedStorage>20</AllocatedStorage>\
        <MultiAZ>true</MultiAZ><InstanceCreateTime>2026-03-10T09:30:00.5Z</InstanceCreateTime><Endpoint><Port>5432</Port></Endpoint>\
        <ReadReplicaDBInstanceIdentifiers><x>r1</x><x>r2</x></ReadReplicaDBInstanceIdentifiers><NewMember>1</NewMember></DBInstance></DBInstances></R>";
    let root = xml::read(answer).unwrap();
    let items = root.child("DBInstances").unwrap().children.iter().map(Part::Xml).collect::<Vec<_>>();
    let expected = json!({"DBInstanceIdentifier": "a & b", "AllocatedStorage": 20, "MultiAZ": true, "InstanceCreateTime": "2026-03-10T09:30:00.5Z",
        "Endpoint": {"Port": 5432}, "ReadReplicaDBInstanceIdentifiers": ["r1", "r2"]});
    assert_eq!(Shape::named("rds-db-instances.json").unwrap().items("DBInstances", &items), [expected]);
}

#[test]
fn numbers_that_are_times_become_times_and_members_that_aws_has_not_are_left_out() {
    let secret =
        json!({"Name": "db", "ARN": "arn", "LastChangedDate": 1765863937.102, "NewMember": 1, "Description": null});
    let fitted = Shape::named("secretsmanager-secrets.json").unwrap().items("SecretList", &[Part::Json(&secret)]);
    assert_eq!(fitted, [json!({"Name": "db", "ARN": "arn", "LastChangedDate": "2025-12-16T05:45:37.102Z"})]);
    let group = json!({"logGroupName": "/a", "creationTime": 1765863937102_i64});
    let fitted = Shape::named("logs-log-groups.json").unwrap().items("logGroups", &[Part::Json(&group)]);
    assert_eq!(fitted, [json!({"logGroupName": "/a", "creationTime": "2025-12-16T05:45:37.102Z"})]);
}

#[test]
fn half_a_document_is_no_document() {
    for text in ["", "<a>", "<a><b></a>", "</a>", "text"] {
        assert!(xml::read(text).is_err(), "{text}");
    }
}
