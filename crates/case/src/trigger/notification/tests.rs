#![allow(clippy::unwrap_used)]

use super::*;

const ARN: &str = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:orders-errors";

fn alarm(name: &str) -> Result<Trigger, NotificationError> {
    Ok(Trigger::Alarm { alarm: name.to_owned() })
}

#[test]
fn each_known_form_names_its_alarm() {
    let event_bridge =
        format!(r#"{{"source":"aws.cloudwatch","resources":["{ARN}"],"detail":{{"alarmName":"orders-errors"}}}}"#);
    let lambda_action = format!(r#"{{"alarmArn":"{ARN}","alarmData":{{"alarmName":"orders-errors"}}}}"#);
    let sns = r#"{"AlarmName":"orders-errors","NewStateValue":"ALARM"}"#;
    assert_eq!(parse(&event_bridge), alarm(ARN));
    assert_eq!(parse(&lambda_action), alarm(ARN));
    assert_eq!(parse(sns), alarm("orders-errors"));
}

#[test]
fn a_notification_wrapped_in_sns_in_sqs_in_lambda_is_found() {
    let sns = serde_json::json!({"Type": "Notification", "Message": r#"{"AlarmName":"orders-errors"}"#});
    let sqs = serde_json::json!({"Records": [{"body": sns.to_string()}]});
    let lambda = serde_json::json!({"Records": [{"Sns": {"Message": r#"{"AlarmName":"orders-errors"}"#}}]});
    assert_eq!(parse(&sqs.to_string()), alarm("orders-errors"));
    assert_eq!(parse(&lambda.to_string()), alarm("orders-errors"));
}

#[test]
fn what_names_no_alarm_or_several_is_refused() {
    assert!(matches!(parse("alarm!"), Err(NotificationError::NotJson(_))));
    assert_eq!(parse(r#"{"detail":{}}"#), Err(NotificationError::NoAlarm));
    let two = serde_json::json!({"Records": [{"body": r#"{"AlarmName":"a"}"#}, {"body": r#"{"AlarmName":"b"}"#}]});
    assert_eq!(parse(&two.to_string()), Err(NotificationError::SeveralAlarms(vec!["a".to_owned(), "b".to_owned()])));
}
