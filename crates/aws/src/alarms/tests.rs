#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use super::{alarms_of_rule, name_of};

#[test]
fn a_composite_alarms_rule_names_its_alarms_by_name_or_arn() {
    let arn = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:orders-errors";
    let rule = format!(
        "(ALARM(\"orders 5xx\") OR ALARM({arn})) AND NOT OK( deploying ) AND NOT INSUFFICIENT_DATA(\"x\") AND TRUE"
    );
    assert_eq!(alarms_of_rule(&rule), ["orders 5xx", "orders-errors", "deploying", "x"]);
    assert!(alarms_of_rule("ALARM(").is_empty());
    assert_eq!(name_of(arn), "orders-errors");
}
