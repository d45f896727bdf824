#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use aws_sdk_lambda::types::{EnvironmentResponse, Runtime, VpcConfigResponse};

use super::*;
use crate::hide::Hider;

fn orders() -> Function {
    let environment =
        EnvironmentResponse::builder().variables("DB_PASSWORD", "hunter2").variables("DB_HOST", "db.internal");
    let configuration = FunctionConfiguration::builder()
        .function_name("orders")
        .function_arn("arn:aws:lambda:us-east-1:111122223333:function:orders")
        .runtime(Runtime::Nodejs20x)
        .handler("index.handler")
        .memory_size(128)
        .timeout(5)
        .code_size(247)
        .code_sha256("abc=")
        .last_modified("2025-12-16T04:58:29.000+0000")
        .role("arn:aws:iam::111122223333:role/orders")
        .vpc_config(VpcConfigResponse::builder().vpc_id("").build())
        .environment(environment.build())
        .build();
    function::function(&configuration, &Hider::new([1; 32]))
}

#[test]
fn a_part_that_was_denied_is_said_to_be_denied_and_never_none() {
    let denied = |action: &str| Fault::Denied { action: action.to_owned(), message: "no".to_owned() };
    let around = Surroundings {
        versions: Err(denied("lambda:ListVersionsByFunction")),
        aliases: Ok(vec![("live".to_owned(), "3".to_owned())]),
        event_sources: Ok(Vec::new()),
        invokers: Ok(vec![Permission {
            denies: false,
            principal: "events.amazonaws.com".to_owned(),
            sources: vec!["arn:aws:events:us-east-1:111122223333:rule/nightly".to_owned()],
        }]),
        concurrency: Ok(None),
        tags: Err(denied("lambda:GetFunction")),
        environment_error: None,
    };
    insta::assert_snapshot!(rendering::whole(&orders(), &around), @r"
    function: orders
    arn: arn:aws:lambda:us-east-1:111122223333:function:orders
    runtime: nodejs20.x
    handler: index.handler
    memory: 128 MB
    timeout: 5 s
    code size: 247 bytes
    code sha256: abc=
    architecture: none
    last modified: 2025-12-16T04:58:29Z
    reserved concurrency: none
    state: not given
    vpc: none
    role: arn:aws:iam::111122223333:role/orders
    layers: none
    log group: /aws/lambda/orders
    stack: denied (lambda:GetFunction)
    environment:
      DB_HOST=db.internal
      DB_PASSWORD=<hidden:credential:be632123>
    versions: denied (lambda:ListVersionsByFunction)
    aliases:
      live -> 3
    event source mappings: none
    resource policy, who may invoke it:
      events.amazonaws.com from arn:aws:events:us-east-1:111122223333:rule/nightly
    ");
}

#[test]
fn all_functions_take_a_line_each() {
    insta::assert_snapshot!(rendering::line(&orders()), @"function: orders, nodejs20.x, 128 MB, timeout 5 s, code 247 bytes, last modified 2025-12-16T04:58:29Z, no VPC");
}
