#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use marple_aws::{Caller, OPERATIONS, Operation};
use serde_json::Value;

use super::{Place, document, reading};

/// A managed policy's size at most, characters without white space:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
const LARGEST: usize = 6144;

fn policy(models: &[&str]) -> Value {
    document(&Place::new(Some("eu-west-1"), Some("111122223333")), models, &[])
}

fn statement<'a>(policy: &'a Value, sid: &str) -> &'a Value {
    let statements = policy["Statement"].as_array().unwrap();
    statements.iter().find(|statement| statement["Sid"] == sid).unwrap_or_else(|| panic!("no {sid} in {policy:#}"))
}

#[test]
fn every_action_that_an_investigation_needs_is_allowed_once_and_nothing_else_is() {
    let policy = policy(&[]);
    let statements = policy["Statement"].as_array().unwrap().iter().filter(|statement| statement["Effect"] == "Allow");
    let mut allowed: Vec<&str> = statements
        .flat_map(|statement| statement["Action"].as_array().unwrap())
        .map(|action| action.as_str().unwrap())
        .collect();
    allowed.sort_unstable();
    let read = OPERATIONS.iter().filter(|operation| operation.caller == Caller::Investigation);
    let mut read: Vec<&str> = read.map(|operation| operation.action).collect();
    read.sort_unstable();
    assert_eq!(allowed, read);
}

#[test]
fn what_iam_can_narrow_is_narrowed_and_the_rest_is_held_to_the_region() {
    let policy = policy(&[]);
    let functions = statement(&policy, "ReadLambdaFunction");
    assert_eq!(functions["Resource"], "arn:aws:lambda:eu-west-1:111122223333:function:*");
    let rest = statement(&policy, "Read");
    assert_eq!(
        (&rest["Resource"], &rest["Condition"]["StringEquals"]["aws:RequestedRegion"]),
        (&"*".into(), &"eu-west-1".into())
    );
    let anywhere = document(&Place::new(None, None), &[], &[]);
    assert_eq!(statement(&anywhere, "ReadLambdaFunction")["Resource"], "arn:aws:lambda:*:*:function:*");
    assert_eq!(statement(&anywhere, "Read")["Condition"], Value::Null);
    assert!(policy.to_string().len() < LARGEST && !policy.to_string().contains("\"lambda:*\""));
    let china = document(&Place::new(Some("cn-north-1"), None), &[], &[]);
    assert_eq!(statement(&china, "ReadEcrRepository")["Resource"], "arn:aws-cn:ecr:cn-north-1:*:repository/*");
}

#[test]
fn a_profile_s_models_are_allowed_through_the_profile_only() {
    let application = "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc123";
    let models = ["playbook", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon.nova-pro-v1:0", application];
    let policy = policy(&models);
    let profile =
        "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
    let expected = [application, profile, "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-pro-v1:0"];
    let mut own: Vec<&str> = statement(&policy, "InvokeModels")["Resource"]
        .as_array()
        .unwrap()
        .iter()
        .map(|arn| arn.as_str().unwrap())
        .collect();
    own.sort_unstable_by_key(|arn| expected.iter().position(|one| one == arn));
    assert_eq!(own, expected);
    let behind = statement(&policy, "InvokeBehindProfile1");
    assert_eq!(behind["Resource"], "arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0");
    assert_eq!(behind["Condition"]["StringLike"]["bedrock:InferenceProfileArn"], profile);
    let behind = statement(&policy, "InvokeBehindProfile2");
    assert_eq!(behind["Resource"], "arn:aws:bedrock:*::foundation-model/*");
    assert_eq!(behind["Condition"]["StringLike"]["bedrock:InferenceProfileArn"], application);
    assert!(!policy.to_string().contains("playbook"));
}

#[test]
fn missing_permissions_become_the_statements_that_would_grant_them() {
    let missing = ["lambda:GetFunction", "lambda:ListAliases", "logs:DescribeLogGroups"]
        .map(|action| Operation::of_action(action).unwrap());
    let statements = Value::from(reading(&missing, &Place::new(Some("us-east-1"), Some("111122223333"))));
    assert_eq!(
        statements,
        serde_json::json!([
            {"Sid": "Read", "Effect": "Allow", "Action": ["logs:DescribeLogGroups"], "Resource": "*",
             "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}},
            {"Sid": "ReadLambdaFunction", "Effect": "Allow", "Action": ["lambda:GetFunction", "lambda:ListAliases"],
             "Resource": "arn:aws:lambda:us-east-1:111122223333:function:*"},
        ])
    );
}
