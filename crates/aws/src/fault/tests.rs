#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use marple_case::Outcome;

use super::Fault;

#[test]
fn a_missing_permission_is_a_denial_whatever_the_protocol_puts_around_its_code() {
    let codes = ["AccessDenied", "com.amazonaws.logs#AccessDeniedException", "AccessDeniedException:http://internal/"];
    for code in codes {
        let fault = Fault::of_service("logs:FilterLogEvents", 400, Some(code), Some("User … is not authorized"));
        let expected = Outcome::Denied {
            action: "logs:FilterLogEvents".to_owned(),
            message: "User … is not authorized".to_owned(),
        };
        assert_eq!(fault.outcome(), expected, "{code}");
    }
}

#[test]
fn an_expired_token_is_a_fault_of_the_credentials_and_says_what_to_do() {
    let fault =
        Fault::of_service("sts:GetCallerIdentity", 403, Some("ExpiredToken"), Some("The security token is expired"));
    assert!(matches!(&fault, Fault::Credentials { message } if message.contains("aws sso login")), "{fault}");
}

#[test]
fn a_throttle_that_outlasts_the_retries_has_failed_and_is_no_absence() {
    let fault = Fault::of_service("logs:FilterLogEvents", 400, Some("ThrottlingException"), Some("Rate exceeded"));
    let Outcome::Failed { message } = fault.outcome() else { panic!("{fault}") };
    assert_eq!(message, "logs:FilterLogEvents: Rate exceeded (ThrottlingException)");
    assert!(!fault.is_not_found());
}

#[test]
fn an_unknown_token_may_mean_a_region_that_is_off_and_5xx_is_no_answer_whatever_its_code() {
    let unknown = Some("UnrecognizedClientException");
    let fault = Fault::of_service("logs:FilterLogEvents", 400, unknown, Some("The security token … is invalid."));
    assert!(matches!(&fault, Fault::Credentials { message } if message.contains("not enabled")), "{fault}");
    let fault = Fault::of_service("lambda:GetFunction", 502, Some("NobodyKnows"), None);
    assert!(matches!(fault, Fault::Unreachable { .. }), "{fault}");
}
