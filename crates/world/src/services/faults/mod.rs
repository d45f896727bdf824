//! `[wire]` of `scenario.toml`, for every service in one place: what a request meets before its operation is dispatched.
//!
//! `errors` has AWS's own words for each fault; `operations` matches `service:Operation`. Faults that are no answer at all (a cut
//! connection, silence) are carried out by `http`.

mod errors;
mod operations;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::Value;

use super::{ApiError, Service};
use crate::scenario::FaultKind;
use crate::{World, outage::Asked};

pub(super) use errors::access_denied;
pub(super) use errors::of_package;

/// What the transport does with the answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Hands it on after this wait.
    After(Duration),
    /// Nothing, ever.
    Silent,
    /// Closes the connection instead.
    Cut,
    /// Hands on one half, and closes the connection.
    Half,
    /// Hands on one half, and nothing more.
    Stalled,
}

/// What a request meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Met {
    /// An error of the service.
    Refusal(FaultKind),
    /// The operation's own answer, or what is left of it.
    Answer(Transport),
}

impl Met {
    /// Nothing goes wrong.
    pub(crate) const NOTHING: Self = Self::Answer(Transport::AT_ONCE);
}

impl Transport {
    /// The answer, as it is.
    pub(crate) const AT_ONCE: Self = Self::After(Duration::ZERO);
}

/// What this call meets; counts it.
pub(crate) fn of_call(world: &World, service: &Service, operation: &str, input: &Value) -> Met {
    of_request(world, &format!("{}:{operation}", service.name), input)
}

/// What the download of a package meets.
pub(crate) fn of_download(world: &World, address: &str) -> Met {
    of_request(world, "s3:GetObject", &Value::from(address))
}

fn of_request(world: &World, action: &str, input: &Value) -> Met {
    let outage = world.outage();
    let asked = Asked { action, input };
    let number = outage.count(&asked);
    let kind = of_lists(world, action).map(|kind| (kind, 0)).or_else(|| {
        outage.faults().fault.iter().enumerate().find_map(|(place, fault)| {
            let strikes = operations::any_matches(&fault.operations, action)
                && number.total > fault.after
                && outage.draw(place, &asked, number.attempt) < fault.chance;
            strikes.then_some((fault.kind, fault.delay_ms))
        })
    });
    if let Some(record) = world.record() {
        record.add(&asked, kind.map(|(kind, _)| kind));
    }
    match kind {
        None => Met::NOTHING,
        Some((FaultKind::Slow, delay_ms)) => Met::Answer(Transport::After(Duration::from_millis(delay_ms))),
        Some((FaultKind::NoAnswer, _)) => Met::Answer(Transport::Silent),
        Some((FaultKind::Cut, _)) => Met::Answer(Transport::Cut),
        Some((FaultKind::HalfAnswer, _)) => Met::Answer(Transport::Half),
        Some((FaultKind::StalledAnswer, _)) => Met::Answer(Transport::Stalled),
        Some((kind, _)) => Met::Refusal(kind),
    }
}

/// The short forms, `wire.deny` and `wire.throttle`.
fn of_lists(world: &World, action: &str) -> Option<FaultKind> {
    let faults = world.outage().faults();
    if operations::any_matches(&faults.deny, action) {
        return Some(FaultKind::Denied);
    }
    let throttle = faults.throttle.as_ref().filter(|one| operations::any_matches(&one.operations, action))?;
    world.outage().count_throttled().is_multiple_of(throttle.every.get()).then_some(FaultKind::Throttled)
}

/// The service's own error for a refusal.
pub(super) fn refusal(world: &World, service: &Service, operation: &str, kind: FaultKind) -> ApiError {
    match kind {
        FaultKind::Denied => access_denied(world, service, operation, "*"),
        kind => errors::of_service(service, kind),
    }
}
