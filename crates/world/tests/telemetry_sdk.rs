//! The Rust SDK's own clients ask the fixture world for its telemetry: CloudWatch in CBOR, CloudWatch Logs in awsJson.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;
use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, ScanBy, Statistic, StatusCode};
use aws_sdk_cloudwatchlogs::types::QueryStatus;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use marple_world::{Files, Scenario, World};

/// 2025-12-16T06:10:00Z
const NOW_S: i64 = 1_765_865_400;

fn configuration() -> SdkConfig {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bookshop");
    let world = World::new(Arc::new(Scenario::load(Files::read(&folder).unwrap()).unwrap()));
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

fn dimension() -> Dimension {
    Dimension::builder().name("FunctionName").value("orders-api").build()
}

#[tokio::test]
async fn metric_data_comes_with_times_and_doubles() {
    let cloudwatch = aws_sdk_cloudwatch::Client::new(&configuration());
    let metric = Metric::builder().namespace("AWS/Lambda").metric_name("Errors").dimensions(dimension()).build();
    let stat = MetricStat::builder().metric(metric).period(300).stat("Sum").build();
    let data = cloudwatch
        .get_metric_data()
        .metric_data_queries(MetricDataQuery::builder().id("errors").metric_stat(stat).return_data(false).build())
        .metric_data_queries(MetricDataQuery::builder().id("filled").expression("FILL(errors, 0) * 2").build())
        .start_time(DateTime::from_secs(NOW_S - 3600))
        .end_time(DateTime::from_secs(NOW_S))
        .scan_by(ScanBy::TimestampAscending)
        .send()
        .await
        .unwrap();
    let result = &data.metric_data_results()[0];
    assert_eq!((result.id(), result.status_code()), (Some("filled"), Some(&StatusCode::Complete)));
    let expected: Vec<f64> = (0..12).map(|window| if window == 7 { 2.0 } else { 0.0 }).collect();
    assert_eq!(result.values(), expected);
    assert_eq!(result.timestamps()[7], DateTime::from_secs(NOW_S - 3600 + 7 * 300));
}

#[tokio::test]
async fn statistics_alarms_and_history_are_read_by_the_sdk() {
    let cloudwatch = aws_sdk_cloudwatch::Client::new(&configuration());
    let statistics = cloudwatch
        .get_metric_statistics()
        .namespace("AWS/Lambda")
        .metric_name("Duration")
        .dimensions(dimension())
        .start_time(DateTime::from_secs(NOW_S - 1500))
        .end_time(DateTime::from_secs(NOW_S - 1440))
        .period(60)
        .statistics(Statistic::Maximum)
        .extended_statistics("p99")
        .send()
        .await
        .unwrap();
    let point = &statistics.datapoints()[0];
    assert_eq!(point.maximum(), Some(65.2));
    assert_eq!(point.extended_statistics().unwrap()["p99"], 65.2);
    let alarms = cloudwatch.describe_alarms().alarm_names("orders-api-errors").send().await.unwrap();
    assert_eq!(alarms.metric_alarms()[0].threshold(), Some(1.0));
    assert_eq!(alarms.metric_alarms()[0].state_updated_timestamp().unwrap().secs(), 1_765_864_022);
    let history = cloudwatch.describe_alarm_history().alarm_name("orders-api-errors").send().await.unwrap();
    assert_eq!(history.alarm_history_items().len(), 2);
    let metrics = cloudwatch.list_metrics().namespace("AWS/RDS").send().await.unwrap();
    assert_eq!(metrics.metrics()[0].dimensions()[0].value(), Some("bookshop-aurora"));
}

#[tokio::test]
async fn logs_are_searched_and_queried_by_the_sdk() {
    let logs = aws_sdk_cloudwatchlogs::Client::new(&configuration());
    let mut pages = logs
        .filter_log_events()
        .log_group_name("/aws/lambda/orders-api")
        .filter_pattern("TypeError")
        .into_paginator()
        .send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.extend(page.unwrap().events.unwrap_or_default());
    }
    assert_eq!(found.len(), 1);
    let started = logs
        .start_query()
        .log_group_name("/aws/lambda/orders-api")
        .query_string("filter @message like /ERROR/ | fields @requestId")
        .start_time(NOW_S - 3600)
        .end_time(NOW_S)
        .send()
        .await
        .unwrap();
    let results = logs.get_query_results().query_id(started.query_id().unwrap()).send().await.unwrap();
    assert_eq!(results.status(), Some(&QueryStatus::Complete));
    assert_eq!(results.results()[0][0].value(), Some("6f1c0c9e-3b52-4f0e-9d57-1c2b3a4d5e6f"));
    assert_eq!(results.statistics().unwrap().records_matched(), 1.0);
    let absent = logs.filter_log_events().log_group_name("nope").send().await.unwrap_err();
    assert!(absent.into_service_error().is_resource_not_found_exception());
    let malformed = logs
        .start_query()
        .log_group_name("/bookshop/web")
        .query_string("nope")
        .start_time(0)
        .end_time(NOW_S)
        .send()
        .await;
    assert!(malformed.unwrap_err().into_service_error().is_malformed_query_exception());
}
