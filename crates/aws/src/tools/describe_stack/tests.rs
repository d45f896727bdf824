#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use aws_sdk_cloudformation::types::{Output, Parameter, StackStatus};
use aws_smithy_types::DateTime;

use super::*;
use crate::hide::Hider;

#[test]
fn a_stack_shows_its_status_its_settings_and_what_it_owns() {
    let described = SdkStack::builder()
        .stack_name("orders")
        .stack_id("arn:aws:cloudformation:us-east-1:111122223333:stack/orders/1b2c")
        .stack_status(StackStatus::UpdateRollbackComplete)
        .stack_status_reason("resource creation failed")
        .creation_time(DateTime::from_secs(1_765_800_000))
        .parameters(Parameter::builder().parameter_key("DbPassword").parameter_value("hunter2").build())
        .parameters(Parameter::builder().parameter_key("Stage").parameter_value("prod").build())
        .outputs(Output::builder().output_key("Url").output_value("https://api.example.com").build())
        .build();
    let resource = StackResource {
        logical_id: "Function".to_owned(),
        physical_id: Some("orders".to_owned()),
        resource_type: "AWS::Lambda::Function".to_owned(),
        status: "UPDATE_FAILED".to_owned(),
        updated: None,
    };
    let facts = stack::stack(&described, &Hider::new([1; 32]));
    insta::assert_snapshot!(whole(&facts, &described, &Ok(vec![(resource, Some("no".to_owned()))])), @r"
    stack: orders
    arn: arn:aws:cloudformation:us-east-1:111122223333:stack/orders/1b2c
    status: UPDATE_ROLLBACK_COMPLETE
    status reason: resource creation failed
    created: 2025-12-15T12:00:00Z
    updated: never
    drift: not given
    rollback: the stack's last operation was rolled back, or is being rolled back
    parameters:
      DbPassword=<hidden:credential:be632123>
      Stage=prod
    outputs:
      Url=https://api.example.com
    resources: 1
      AWS::Lambda::Function Function orders UPDATE_FAILED: no
    ");
}
