#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use serde_json::json;

use super::{Met, of_call, refusal};
use crate::services::SERVICES;
use crate::services::tests::{files, world};
use crate::{Fault, FaultKind, WireFaults, World};

fn with(faults: Vec<Fault>, seed: u64) -> World {
    world(files()).with_faults(WireFaults { fault: faults, seed, ..WireFaults::default() })
}

/// What each of so many requests for one function meets.
fn met(world: &World, requests: u32) -> Vec<bool> {
    let lambda = SERVICES.iter().find(|service| service.name == "lambda").unwrap();
    let one = |number| of_call(world, lambda, "GetFunction", &json!({"FunctionName": number})) != Met::NOTHING;
    (0..requests).map(one).collect()
}

#[test]
fn chance_is_drawn_from_the_seed_and_the_request_and_strikes_its_share() {
    let fault = Fault { chance: 0.25, ..Fault::always_of(FaultKind::Cut) };
    let first = met(&with(vec![fault.clone()], 1), 400);
    assert_eq!(first, met(&with(vec![fault.clone()], 1), 400));
    assert_ne!(first, met(&with(vec![fault], 2), 400));
    let struck = first.iter().filter(|struck| **struck).count();
    assert!((60..140).contains(&struck), "{struck} of 400 at a chance of a quarter");
}

#[test]
fn a_retry_is_drawn_anew() {
    let world = with(vec![Fault { chance: 0.5, ..Fault::always_of(FaultKind::Throttled) }], 7);
    let lambda = SERVICES.iter().find(|service| service.name == "lambda").unwrap();
    let same: Vec<Met> = (0..20).map(|_| of_call(&world, lambda, "GetFunction", &json!({}))).collect();
    assert!(same.contains(&Met::NOTHING) && same.iter().any(|met| *met != Met::NOTHING), "{same:?}");
}

#[test]
fn a_fault_begins_after_so_many_requests_and_strikes_its_operations_only() {
    let late = Fault { after: 3, ..Fault::always_of(FaultKind::ExpiredToken) };
    assert_eq!(met(&with(vec![late], 0), 5), [false, false, false, true, true]);
    let elsewhere = Fault { operations: vec!["logs:*".to_owned()], ..Fault::always_of(FaultKind::Cut) };
    assert_eq!(met(&with(vec![elsewhere], 0), 2), [false, false]);
}

#[test]
fn each_fault_has_the_code_of_its_service() {
    let world = world(files());
    let code = |service: &str, kind| {
        let service = SERVICES.iter().find(|known| known.name == service).unwrap();
        let error = refusal(&world, service, "Any", kind);
        format!("{} {}", error.status, error.code)
    };
    let expected = [
        ("logs", FaultKind::ExpiredToken, "400 ExpiredTokenException"),
        ("lambda", FaultKind::ExpiredToken, "403 ExpiredTokenException"),
        ("rds", FaultKind::ExpiredToken, "403 ExpiredToken"),
        ("ecs", FaultKind::RegionOff, "400 UnrecognizedClientException"),
        ("cloudformation", FaultKind::RegionOff, "403 InvalidClientTokenId"),
        ("rds", FaultKind::NotSubscribed, "403 OptInRequired"),
        ("lambda", FaultKind::Throttled, "429 TooManyRequestsException"),
        ("ecr", FaultKind::ServerError, "500 ServerException"),
        ("elasticloadbalancing", FaultKind::ServerError, "500 InternalFailure"),
        ("cloudformation", FaultKind::Denied, "403 AccessDenied"),
    ];
    for (service, kind, error) in expected {
        assert_eq!(code(service, kind), error, "{service} {kind:?}");
    }
}
