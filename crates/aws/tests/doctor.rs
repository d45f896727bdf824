//! What the doctor finds out over the wire, with scenarios' worlds underneath.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{path::Path, sync::Arc};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_types::{SdkConfig, region::Region};
use marple_aws::{Access, Anonymous, Caller, Doctor, OPERATIONS, Permission};
use marple_world::{Files, Scenario, World};

fn files(name: &str) -> Files {
    Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name)).unwrap()
}

/// A scenario's own description, with more of its wire.
fn description(name: &str, wire: &str) -> String {
    let text = String::from_utf8(files(name).get("scenario.toml").unwrap().to_vec()).unwrap();
    let (head, truth) = text.split_once("[truth]").unwrap();
    format!("{head}\n{wire}\n[truth]{truth}")
}

fn world(files: Files) -> World {
    World::new(Arc::new(Scenario::load(files).unwrap()))
}

fn doctor(world: &World) -> Doctor {
    let config = SdkConfig::builder()
        .region(Region::new(world.scenario().region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            None,
            None,
            "test",
        )))
        .http_client(world.http_client())
        .build();
    Doctor::new(&config)
}

async fn permissions(world: &World) -> Vec<Permission> {
    let doctor = doctor(world);
    let identity = doctor.identity().await.identity.unwrap();
    doctor.permissions(&identity, world.now()).await
}

fn read() -> Vec<&'static str> {
    let read = OPERATIONS.iter().filter(|operation| operation.caller == Caller::Investigation);
    read.map(|operation| operation.action).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_denied_every_permission_is_granted_whether_there_is_anything_to_ask_about_or_not() {
    let empty = Files::from_iter([("scenario.toml", description("lambda-type-error", ""))]);
    for files in [files("lambda-type-error"), files("ecs-memory-leak"), files("database-connection-limit"), empty] {
        let found = permissions(&world(files)).await;
        assert_eq!(found.iter().map(|permission| permission.operation.action).collect::<Vec<_>>(), read());
        let missing: Vec<_> = found.iter().filter(|permission| permission.access != Access::Granted).collect();
        assert!(missing.is_empty(), "{missing:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_denied_is_found_denied_and_nothing_else_is() {
    let mut files = files("ecs-memory-leak");
    let wire =
        "[wire]\ndeny = [\"ecs:*\", \"logs:StartQuery\", \"ecr:BatchGetImage\", \"cloudformation:DescribeStacks\"]\n";
    files.insert("scenario.toml", description("ecs-memory-leak", wire));
    let found = permissions(&world(files)).await;
    let denied = found.iter().filter(|permission| matches!(permission.access, Access::Denied { .. }));
    let denied: Vec<&str> = denied.map(|permission| permission.operation.action).collect();
    let of_ecs = read().into_iter().filter(|action| action.starts_with("ecs:"));
    let mut expected: Vec<&str> =
        of_ecs.chain(["logs:StartQuery", "ecr:BatchGetImage", "cloudformation:DescribeStacks"]).collect();
    expected.sort_by_key(|action| read().iter().position(|one| one == action));
    assert_eq!(denied, expected);
    assert!(found.iter().all(|permission| !matches!(permission.access, Access::Unclear { .. })), "{found:#?}");
}

#[tokio::test]
async fn without_credentials_there_is_no_caller_and_what_to_do_is_said() {
    let config =
        SdkConfig::builder().region(Region::new("eu-west-1")).http_client(world(files("lambda-timeout")).http_client());
    let asked = Doctor::new(&config.build()).identity().await;
    assert!(
        matches!(&asked.identity, Err(Anonymous::Credentials(message)) if message.contains("aws sso login")),
        "{asked:?}"
    );
    assert_eq!(asked.answered_at, None);
}
