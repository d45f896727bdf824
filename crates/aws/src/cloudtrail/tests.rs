#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use aws_sdk_cloudtrail::types::Resource;
use aws_smithy_types::DateTime;
use serde_json::json;

use super::*;

fn read(name: &str, source: &str, listed: &[(&str, &str)], body: Value) -> TrailEvent {
    let resources =
        listed.iter().map(|(kind, name)| Resource::builder().resource_type(*kind).resource_name(*name).build());
    let built = Event::builder()
        .event_name(name)
        .event_source(source)
        .read_only("false")
        .event_time(DateTime::from_secs(1_765_860_000))
        .set_resources(Some(resources.collect()))
        .cloud_trail_event(body.to_string())
        .build();
    event(&built, &Hider::new([1; 32])).unwrap()
}

#[test]
fn a_change_of_a_function_says_who_what_and_how() {
    let event = read(
        "UpdateFunctionConfiguration20150331v2",
        "lambda.amazonaws.com",
        &[],
        json!({
            "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/Deploy/ci-42", "invokedBy": "cloudformation.amazonaws.com"},
            "sourceIPAddress": "198.51.100.24",
            "requestParameters": {
                "functionName": "arn:aws:lambda:us-east-1:111122223333:function:orders:3", "timeout": 5, "revisionId": "x",
                "environment": {"variables": {"DB_PASSWORD": "hunter2", "LOG_LEVEL": "info"}},
            },
        }),
    );
    assert_eq!(event.actor.as_deref(), Some("Deploy/ci-42 via cloudformation.amazonaws.com"));
    assert_eq!((event.resources[0].kind, event.resources[0].name.as_str()), (ResourceKind::LambdaFunction, "orders"));
    insta::assert_snapshot!(event.detail, @r#"functionName=arn:aws:lambda:us-east-1:111122223333:function:orders:3, timeout=5, environment={"variables":{"DB_PASSWORD":"<hidden:credential:be632123>","LOG_LEVEL":"info"}}"#);
}

#[test]
fn a_refused_request_says_so_first() {
    let body = json!({
        "userIdentity": {"type": "IAMUser", "userName": "jane"}, "errorCode": "AccessDenied", "errorMessage": "no",
        "requestParameters": {"name": "app/db", "secretString": "hunter2"},
    });
    let event = read("CreateSecret", "secretsmanager.amazonaws.com", &[], body);
    assert!(event.detail.starts_with("refused with AccessDenied: no; name=app/db"), "{}", event.detail);
    assert!(!event.detail.contains("hunter2"));
    assert_eq!(event.resources[0], ResourceRef::new(ResourceKind::Secret, "app/db"));
}

#[test]
fn arns_become_the_names_that_people_use() {
    let listed = [
        ("AWS::CloudFormation::Stack", "arn:aws:cloudformation:us-east-1:111122223333:stack/app/1b2c"),
        ("AWS::SecretsManager::Secret", "arn:aws:secretsmanager:us-east-1:111122223333:secret:app/db-AbCdEf"),
        ("AWS::IAM::Role", "arn:aws:iam::111122223333:role/service-role/orders"),
        ("AWS::Logs::LogGroup", "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/orders:*"),
    ];
    let event = read("X", "y", &listed, Value::Null);
    let names: Vec<&str> = event.resources.iter().map(|resource| resource.name.as_str()).collect();
    assert_eq!(names, ["app", "app/db", "orders", "/aws/lambda/orders"]);
    assert_eq!(event.actor, None);
}

#[test]
fn the_rules_that_were_taken_from_a_security_group_stand_whole() {
    let rule = json!({"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "groups": {}, "ipv6Ranges": {}, "prefixListIds": {},
        "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0", "description": "to the world"}, {"cidrIp": "198.51.100.0/24"}]}});
    let body =
        json!({"requestParameters": {"groupId": "sg-0aa11bb22cc33dd44", "ipPermissions": {"items": [rule, rule]}}});
    let event = read("RevokeSecurityGroupEgress", "ec2.amazonaws.com", &[], body);
    insta::assert_snapshot!(event.detail, @r#"groupId=sg-0aa11bb22cc33dd44, ipPermissions=[{"ipProtocol":"tcp","fromPort":443,"toPort":443,"ipRanges":[{"cidrIp":"0.0.0.0/0","description":"to the world"},{"cidrIp":"198.51.100.0/24"}]},{"ipProtocol":"tcp","fromPort":443,"toPort":443,"ipRanges":[{"cidrIp":"0.0.0.0/0","description":"to the world"},{"cidrIp":"198.51.100.0/24"}]}]"#);
    assert_eq!(event.resources, [ResourceRef::new(ResourceKind::SecurityGroup, "sg-0aa11bb22cc33dd44")]);
}

#[test]
fn rules_that_were_revoked_by_their_ids_are_read_from_the_answer() {
    let body = json!({
        "requestParameters": {"groupId": "sg-0aa11bb22cc33dd44", "ipPermissions": {}, "securityGroupRuleIds": {"items": [{"securityGroupRuleId": "sgr-0b"}]}},
        "responseElements": {"_return": true, "revokedSecurityGroupRuleSet": {"items": [
            {"securityGroupRuleId": "sgr-0b", "groupId": "sg-0aa11bb22cc33dd44", "isEgress": true, "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"}]}},
    });
    let event = read("RevokeSecurityGroupEgress", "ec2.amazonaws.com", &[], body);
    insta::assert_snapshot!(event.detail, @r#"groupId=sg-0aa11bb22cc33dd44, securityGroupRuleIds=[{"securityGroupRuleId":"sgr-0b"}], revokedSecurityGroupRuleSet=[{"securityGroupRuleId":"sgr-0b","groupId":"sg-0aa11bb22cc33dd44","isEgress":true,"ipProtocol":"-1","cidrIpv4":"0.0.0.0/0"}]"#);
}

#[test]
fn a_request_inside_another_name_is_read_like_any_other() {
    let request = json!({"GroupId": "sg-0aa11bb22cc33dd44", "SecurityGroupRule": {"tag": 1, "SecurityGroupRuleId": "sgr-0b",
        "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.0.0.0/8"}}});
    let body = json!({"requestParameters": {"ModifySecurityGroupRulesRequest": request}});
    let event = read("ModifySecurityGroupRules", "ec2.amazonaws.com", &[], body);
    insta::assert_snapshot!(event.detail, @r#"GroupId=sg-0aa11bb22cc33dd44, SecurityGroupRule={"tag":1,"SecurityGroupRuleId":"sgr-0b","SecurityGroupRule":{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"CidrIpv4":"10.0.0.0/8"}}"#);
    assert_eq!(event.resources, [ResourceRef::new(ResourceKind::SecurityGroup, "sg-0aa11bb22cc33dd44")]);
}

#[test]
fn a_registered_task_definition_is_its_number_and_its_images() {
    let container = json!({"name": "app", "image": "shop:2", "environment": [{"name": "LISTEN", "value": ":80"}]});
    let body = json!({"requestParameters": {"family": "shop", "cpu": "256", "containerDefinitions": [container]},
        "responseElements": {"taskDefinition": {"taskDefinitionArn": "arn:aws:ecs:us-east-1:111122223333:task-definition/shop:58"}}});
    let event = read("RegisterTaskDefinition", "ecs.amazonaws.com", &[], body);
    insta::assert_snapshot!(event.detail, @r#"family=shop, cpu=256, containerDefinitions=["app image shop:2"], registered=shop:58"#);
    assert_eq!(event.resources, [ResourceRef::new(ResourceKind::TaskDefinition, "shop")]);
}
