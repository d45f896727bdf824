#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;
use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::{Fault, FaultKind, Files, Scenario, WireFaults, World};

fn world() -> World {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bookshop");
    World::new(Arc::new(Scenario::load(Files::read(&folder).unwrap()).unwrap()))
}

fn configuration(world: &World) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            None,
            None,
            "test",
        )))
        .http_client(world.http_client())
        .build()
}

#[tokio::test]
async fn the_sdk_is_answered_in_rest_json_in_xml_and_in_awsjson_without_a_socket() {
    let configuration = configuration(&world());
    let function =
        aws_sdk_lambda::Client::new(&configuration).get_function().function_name("orders-api").send().await.unwrap();
    assert_eq!(function.configuration().unwrap().memory_size(), Some(256));
    let clusters = aws_sdk_rds::Client::new(&configuration).describe_db_clusters().send().await.unwrap();
    assert_eq!(clusters.db_clusters()[0].availability_zones(), ["us-east-1a", "us-east-1b"]);
    let secrets = aws_sdk_secretsmanager::Client::new(&configuration).list_secrets().send().await.unwrap();
    assert_eq!(secrets.secret_list().len(), 2);
}

#[tokio::test]
async fn the_sdk_reads_our_errors_as_its_own_types() {
    let configuration = configuration(&world());
    let lambda =
        aws_sdk_lambda::Client::new(&configuration).get_function().function_name("nobody").send().await.unwrap_err();
    assert!(lambda.into_service_error().is_resource_not_found_exception());
    let rds = aws_sdk_rds::Client::new(&configuration)
        .describe_db_clusters()
        .db_cluster_identifier("x")
        .send()
        .await
        .unwrap_err();
    assert!(rds.into_service_error().is_db_cluster_not_found_fault());
    let secret =
        aws_sdk_secretsmanager::Client::new(&configuration).describe_secret().secret_id("x").send().await.unwrap_err();
    assert!(secret.into_service_error().is_resource_not_found_exception());
}

#[tokio::test]
async fn a_package_is_downloaded_from_its_presigned_address_and_only_with_the_signature() {
    let world = world();
    let lambda = aws_sdk_lambda::Client::new(&configuration(&world));
    let function = lambda.get_function().function_name("orders-api").send().await.unwrap();
    let location = function.code().unwrap().location().unwrap();
    assert!(
        location.starts_with("https://awslambda-us-east-1-tasks.s3.us-east-1.amazonaws.com/snapshots/"),
        "{location}"
    );
    let package = world.answer(http::Request::get(location).body(Bytes::new()).unwrap()).await.unwrap();
    assert_eq!(package.status(), 200);
    let length = package.into_body().collect().await.unwrap().to_bytes().len();
    assert_eq!(length, usize::try_from(function.configuration().unwrap().code_size()).unwrap());
    let unsigned = location.split('?').next().unwrap();
    assert_eq!(world.answer(http::Request::get(unsigned).body(Bytes::new()).unwrap()).await.unwrap().status(), 403);
}

/// What comes over a port for one request, to its end.
async fn over_a_port(kind: FaultKind) -> String {
    let world = world().with_faults(WireFaults { fault: vec![Fault::always_of(kind)], ..WireFaults::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let serving = tokio::spawn(crate::serve(world, listener, std::future::pending()));
    stream.write_all(b"GET /2015-03-31/functions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    serving.abort();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn faults_hold_over_a_port_too() {
    assert_eq!(over_a_port(FaultKind::Cut).await, "");
    assert!(over_a_port(FaultKind::ExpiredToken).await.starts_with("HTTP/1.1 403"));
    let half = over_a_port(FaultKind::HalfAnswer).await;
    let (head, body) = half.split_once("\r\n\r\n").unwrap();
    let announced: usize =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    assert!(head.starts_with("HTTP/1.1 200") && body.len() < announced, "{} of {announced} bytes", body.len());
}
