#![allow(clippy::unwrap_used, clippy::expect_used)]

use aws_sdk_bedrockruntime::{
    error::SdkError,
    operation::converse_stream::ConverseStreamError,
    types::error::{ServiceUnavailableException, ThrottlingException},
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;

use super::*;

fn fault(error: ConverseStreamError) -> Fault {
    let response = HttpResponse::new(429.try_into().unwrap(), SdkBody::empty());
    Fault::before_stream(&SdkError::service_error(error, response))
}

fn throttled() -> Fault {
    fault(ConverseStreamError::ThrottlingException(ThrottlingException::builder().message("Slow down.").build()))
}

/// The waits until the turn is given up, as a clock that runs by them alone sees it.
fn waits_of(fault: &Fault) -> Vec<Duration> {
    let mut retries = Retries::new(Patience::default());
    let mut now = Instant::now();
    let next = || {
        let (wait, _) = retries.after(fault, now)?;
        now += wait;
        Some(wait)
    };
    std::iter::from_fn(next).collect()
}

#[test]
fn a_throttle_is_waited_for_with_growing_jittered_waits_until_the_deadline() {
    let (waits, others) = (waits_of(&throttled()), waits_of(&throttled()));
    let total: Duration = waits.iter().sum();
    assert!(total <= Patience::default().refused_for, "{waits:?}");
    assert!(total > Patience::default().refused_for / 2, "{waits:?}");
    assert!(waits.first().is_some_and(|first| *first < Duration::from_secs(3)), "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= 2 * LONGEST_WAIT), "{waits:?}");
    assert_ne!(waits, others, "without jitter, everybody who was turned away comes back at once");
}

#[test]
fn a_service_that_is_down_is_given_up_sooner_than_one_that_is_busy() {
    let down = ServiceUnavailableException::builder().message("Down.").build();
    let waits = waits_of(&fault(ConverseStreamError::ServiceUnavailableException(down)));
    assert_eq!(waits.len(), Patience::default().retries_unreachable as usize);
}

#[test]
fn a_stream_in_between_begins_the_patience_anew() {
    let mut retries = Retries::new(Patience::default());
    let begun = Instant::now();
    assert!(retries.after(&throttled(), begun).is_some());
    let late = begun + 2 * Patience::default().refused_for;
    retries.stream_began();
    assert!(retries.after(&throttled(), late).is_some());
}
