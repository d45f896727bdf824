//! Programs that get no AWS credentials: what took them away, and that nothing is blamed that did not.

use marple_case::{ActionKind, Category, ResourceKind, ResourceRef, Verdict, facts::ChangeSource};

use super::{
    fleet::Fleet,
    world::{World, at, exception},
};
use crate::reading::failure::Failure;

const MISSING: &str = "Error when retrieving credentials from iam-role: Credential refresh failed, response did not contain: access_key, secret_key, token, expiry_time";

/// A service on two instances, without a task role, that loses its credentials at 10:32.
fn on_instances() -> Fleet {
    let mut fleet = Fleet::new("invoices").running("2026-02-20T08:00:00Z").minutes(
        "RequestCount",
        "Sum",
        marple_case::facts::Shape::Flat,
        &[30.0; 60],
        (28.0, 32.0),
    );
    fleet.service.launch_type = "EC2".into();
    let targets = &mut fleet.balancer.target_groups[0].targets;
    targets[0].id = "i-0aa11bb22cc33dd44".into();
    fleet.world.summary.exceptions = vec![exception("python", "CredentialRetrievalError", MISSING, None)];
    fleet
}

fn narrowed(mut fleet: Fleet, time: &str, instance: &str, detail: &str) -> Fleet {
    fleet.world = fleet.world.change(time, "ModifyInstanceMetadataOptions", instance);
    let change = fleet.world.changes.last_mut().unwrap();
    change.source = ChangeSource::CloudTrail;
    change.resource = Some(ResourceRef::new(ResourceKind::Other, instance));
    change.detail = detail.into();
    fleet
}

#[test]
fn the_words_of_every_sdk_for_missing_credentials_are_known() {
    for words in [
        "botocore.exceptions.NoCredentialsError: Unable to locate credentials",
        "SdkClientException: Unable to load credentials from any of the providers in the chain AwsCredentialsProviderChain(...): [..., InstanceProfileCredentialsProvider(): connect timed out]",
        "CredentialsProviderError: Could not load credentials from any providers",
        "get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, http response error StatusCode: 404",
        "NoCredentialProviders: no valid providers in chain. Deprecated.",
        "AmazonServiceException: Unable to get IAM security credentials from EC2 Instance Metadata Service.",
        "Aws::Errors::MissingCredentialsError: unable to sign request without credentials set",
    ] {
        assert_eq!(Failure::of(words), Failure::NoCredentials, "{words}");
    }
    assert_eq!(Failure::of("ClientError: An error occurred (ExpiredToken)"), Failure::Unauthenticated);
    assert_eq!(Failure::of("ValueError: the credentials form lacks a name"), Failure::Program);
}

#[test]
fn metadata_options_that_were_narrowed_on_its_instances_are_named_and_put_back() {
    let (host, detail) = ("i-0aa11bb22cc33dd44", "HttpTokens=required, InstanceId=i-0aa11bb22cc33dd44");
    let fleet = narrowed(on_instances(), "2026-03-05T10:15:00Z", host, detail);
    let (cause, plan) = fleet.investigate();
    assert_eq!((cause.verdict, cause.category), (Verdict::Fault, Category::MissingCredentials));
    assert_eq!(cause.onset, Some(at("2026-03-05T10:32:07.512Z")));
    assert!(cause.chain[0].statement.starts_with("ModifyInstanceMetadataOptions"), "{:?}", cause.chain);
    let commands: Vec<_> = plan.immediate[0].phases.apply.iter().filter_map(|step| step.command.as_deref()).collect();
    assert_eq!(
        commands,
        [
            "aws ec2 modify-instance-metadata-options --instance-id i-0aa11bb22cc33dd44 --http-tokens optional --region eu-central-1"
        ]
    );
    assert!(plan.immediate.iter().all(|action| action.kind == ActionKind::Configuration));
    assert!(plan.avoid[0].action.contains("Restart"));
}

#[test]
fn a_hop_limit_is_undone_as_a_hop_limit() {
    let detail = "HttpPutResponseHopLimit=1, InstanceId=i-0aa11bb22cc33dd44";
    let (_, plan) = narrowed(on_instances(), "2026-03-05T10:15:00Z", "i-0aa11bb22cc33dd44", detail).investigate();
    let command = plan.immediate[0].phases.apply[0].command.clone().unwrap();
    assert!(command.contains("--http-put-response-hop-limit 2") && !command.contains("--http-tokens"), "{command}");
}

#[test]
fn metadata_options_are_not_blamed_where_they_are_of_others_wider_later_or_never_asked() {
    let own = "i-0aa11bb22cc33dd44";
    let mut with_role = narrowed(on_instances(), "2026-03-05T10:15:00Z", own, "HttpTokens=required");
    with_role.definition.task_role = Some("arn:aws:iam::111122223333:role/invoices".into());
    for fleet in [
        narrowed(on_instances(), "2026-03-05T10:15:00Z", "i-0ff99ee88dd77cc66", "HttpTokens=required"),
        narrowed(on_instances(), "2026-03-05T10:15:00Z", own, "HttpTokens=optional"),
        narrowed(on_instances(), "2026-03-05T10:50:00Z", own, "HttpTokens=required"),
        with_role,
    ] {
        let (cause, plan) = fleet.investigate();
        assert_eq!(cause.category, Category::MissingCredentials);
        assert!(cause.chain.iter().all(|link| !link.statement.contains("ModifyInstanceMetadataOptions")));
        assert!(plan.immediate.is_empty(), "{plan:?}");
        assert!(cause.gaps.iter().any(|gap| gap.on_the_chain), "{:?}", cause.gaps);
    }
}

#[test]
fn a_revision_that_lost_its_task_role_is_taken_back() {
    let mut fleet = on_instances();
    fleet.service.launch_type = "FARGATE".into();
    let lost = "task role: arn:aws:iam::111122223333:role/invoices -> none";
    let (cause, plan) = fleet.deployed("2026-03-05T10:30:00Z", &[lost]).investigate();
    assert_eq!(cause.category, Category::MissingCredentials);
    assert!(cause.chain[0].statement.contains("names no task role"), "{:?}", cause.chain);
    assert_eq!(plan.immediate[0].rollback_to.as_deref(), Some("invoices:41"));
}

#[test]
fn a_function_without_credentials_has_no_defect_of_its_code() {
    let (cause, _) = World::new("scanner", "python3.13", "app.handler")
        .exception("python", "NoCredentialsError", "Unable to locate credentials", Some(("/var/task/app.py", 9, None)))
        .investigate();
    assert_eq!(cause.category, Category::MissingCredentials);
}
