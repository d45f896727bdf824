//! The Rust SDK's own clients ask the fixture world for its containers: ECS and ECR in awsJson, load balancers in awsQuery.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;
use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_ecs::types::DesiredStatus;
use aws_sdk_elasticloadbalancingv2::types::TargetHealthStateEnum;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use marple_world::{Files, Scenario, World};

const CLUSTER: &str = "bookshop-cluster";

fn configuration() -> SdkConfig {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bookshop");
    let world = World::new(Arc::new(Scenario::load(Files::read(&folder).unwrap()).unwrap()));
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(world.http_client())
        .build()
}

#[tokio::test]
async fn a_service_leads_to_its_killed_task_and_its_definition() {
    let ecs = aws_sdk_ecs::Client::new(&configuration());
    let answer = ecs.describe_services().cluster(CLUSTER).services("catalog-web").send().await.unwrap();
    let service = &answer.services()[0];
    assert_eq!((service.deployments().len(), service.events().len()), (2, 2));
    assert_eq!(service.created_at().unwrap().as_secs_f64(), 1_762_077_600.25);
    let stopped = ecs.list_tasks().cluster(CLUSTER).desired_status(DesiredStatus::Stopped).send().await.unwrap();
    let arns = Some(stopped.task_arns().to_vec());
    let tasks = ecs.describe_tasks().cluster(CLUSTER).set_tasks(arns).send().await.unwrap();
    assert_eq!(tasks.tasks()[0].containers()[0].exit_code(), Some(137));
    let definition = service.task_definition().unwrap();
    let definition = ecs.describe_task_definition().task_definition(definition).send().await.unwrap();
    let container = &definition.task_definition().unwrap().container_definitions()[0];
    let options = container.log_configuration().unwrap().options().unwrap();
    assert_eq!(options["awslogs-group"], "/ecs/catalog-web");
}

#[tokio::test]
async fn errors_are_the_sdks_own_variants() {
    let configuration = configuration();
    let ecs = aws_sdk_ecs::Client::new(&configuration);
    let error = ecs.list_services().cluster("nobody").send().await.unwrap_err().into_service_error();
    assert!(error.is_cluster_not_found_exception(), "{error:?}");
    let ecr = aws_sdk_ecr::Client::new(&configuration);
    let error = ecr.describe_images().repository_name("nobody").send().await.unwrap_err().into_service_error();
    assert!(error.is_repository_not_found_exception(), "{error:?}");
    let elb = aws_sdk_elasticloadbalancingv2::Client::new(&configuration);
    let error = elb.describe_load_balancers().names("nobody").send().await.unwrap_err().into_service_error();
    assert!(error.is_load_balancer_not_found_exception(), "{error:?}");
}

#[tokio::test]
async fn images_come_in_pages() {
    let ecr = aws_sdk_ecr::Client::new(&configuration());
    let images =
        ecr.describe_images().repository_name("bookshop/catalog").max_results(2).into_paginator().items().send();
    let digests: Vec<_> = images.collect::<Result<Vec<_>, _>>().await.unwrap();
    assert_eq!(digests.len(), 3);
    assert_eq!(digests[0].image_tags(), ["1.4.0", "stable"]);
}

#[tokio::test]
async fn a_target_group_has_its_unhealthy_target() {
    let elb = aws_sdk_elasticloadbalancingv2::Client::new(&configuration());
    let groups = elb.describe_target_groups().names("catalog-targets").send().await.unwrap();
    let arn = groups.target_groups()[0].target_group_arn().unwrap();
    let health = elb.describe_target_health().target_group_arn(arn).send().await.unwrap();
    let states: Vec<_> = health
        .target_health_descriptions()
        .iter()
        .map(|description| description.target_health().unwrap().state().unwrap().clone())
        .collect();
    assert_eq!(states, [TargetHealthStateEnum::Healthy, TargetHealthStateEnum::Unhealthy]);
}
