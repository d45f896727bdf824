//! Notifications that reached the program damaged, wrapped in each other, or written by somebody else. `PROPTEST_CASES` makes it longer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use marple_case::{Trigger, trigger::notification};
use proptest::prelude::*;
use serde_json::{Value, json};

const ARN: &str = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:orders-errors";

/// CloudWatch's own forms, whole as its documentation has them.
fn forms() -> Vec<Value> {
    vec![
        json!({
            "version": "0", "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92", "detail-type": "CloudWatch Alarm State Change",
            "source": "aws.cloudwatch", "account": "111122223333", "time": "2026-01-02T03:04:05Z", "region": "us-east-1",
            "resources": [ARN],
            "detail": {"alarmName": "orders-errors", "state": {"value": "ALARM", "timestamp": "2026-01-02T03:04:05.000+0000"},
                "previousState": {"value": "OK"}, "configuration": {"metrics": [{"id": "m1", "returnData": true}]}}
        }),
        json!({
            "source": "aws.cloudwatch", "alarmArn": ARN, "accountId": "111122223333", "time": "2026-01-02T03:04:05.000+0000",
            "region": "us-east-1", "alarmData": {"alarmName": "orders-errors", "state": {"value": "ALARM"}}
        }),
        json!({
            "AlarmName": "orders-errors", "AlarmDescription": null, "AWSAccountId": "111122223333", "NewStateValue": "ALARM",
            "Region": "US East (N. Virginia)", "AlarmArn": ARN, "Trigger": {"MetricName": "Errors", "Dimensions": []}
        }),
    ]
}

/// One more envelope around it.
fn wrapped(inner: &Value, envelope: u8) -> Value {
    let text = inner.to_string();
    match envelope % 3 {
        0 => json!({"Type": "Notification", "Message": text}),
        1 => json!({"Records": [{"body": text}]}),
        _ => json!({"Records": [{"Sns": {"Message": text}}]}),
    }
}

proptest! {
    #[test]
    fn a_whole_notification_names_its_alarm_in_up_to_six_envelopes(
        form in 0_usize..3,
        envelopes in prop::collection::vec(any::<u8>(), 0..=6),
    ) {
        let event = envelopes.iter().fold(forms().swap_remove(form), |inner, envelope| wrapped(&inner, *envelope));
        prop_assert_eq!(notification::parse(&event.to_string()), Ok(Trigger::Alarm { alarm: ARN.to_owned() }));
    }

    #[test]
    fn a_damaged_notification_names_an_alarm_that_stands_in_it_or_is_refused_in_words(
        form in 0_usize..3,
        envelopes in prop::collection::vec(any::<u8>(), 0..3),
        noise in prop::collection::vec((any::<prop::sample::Index>(), any::<char>(), any::<bool>()), 0..8),
        kept in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let event = envelopes.iter().fold(forms().swap_remove(form), |inner, envelope| wrapped(&inner, *envelope));
        let mut text: Vec<char> = event.to_string().chars().collect();
        for (place, character, is_put_in) in noise {
            let place = place.index(text.len());
            if is_put_in { text.insert(place, character) } else { text[place] = character }
        }
        if is_cut {
            text.truncate(kept.index(text.len()));
        }
        match notification::parse(&text.iter().collect::<String>()) {
            Ok(Trigger::Alarm { alarm }) => prop_assert!(!alarm.trim().is_empty()),
            Ok(other) => prop_assert!(false, "{other:?}"),
            Err(error) => prop_assert!(error.to_string().contains("it holds") || error.to_string().contains("no JSON"), "{error}"),
        }
    }

    #[test]
    fn a_member_of_any_other_type_is_no_name(form in 0_usize..3, other in prop::sample::select(vec![
        Value::Null, json!(""), json!(" "), json!(1), json!([]), json!({}), json!([ARN]),
    ])) {
        let mut event = forms().swap_remove(form);
        let name = ["/detail/alarmName", "/alarmData/alarmName", "/AlarmName"][form];
        *event.pointer_mut(name).unwrap() = other;
        prop_assert_eq!(notification::parse(&event.to_string()), Err(notification::NotificationError::NoAlarm));
    }
}

#[test]
fn an_alarm_that_is_told_of_twice_is_one_alarm() {
    let [first, second] = [r#"{"AlarmName":"a"}"#, r#"{"AlarmName":"b"}"#];
    let records = |bodies: &[&str]| {
        let records: Vec<Value> = bodies.iter().map(|body| json!({"body": body})).collect();
        notification::parse(&json!({ "Records": records }).to_string())
    };
    assert_eq!(records(&[first, first]), Ok(Trigger::Alarm { alarm: "a".to_owned() }));
    let several = notification::NotificationError::SeveralAlarms(vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(records(&[first, second, first]), Err(several));
}
