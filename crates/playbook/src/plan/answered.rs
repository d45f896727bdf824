//! The plan where the other side was reached and answered, though not as it should: with errors of its own, or with a certificate that is not
//! valid. Nothing in this account mends that; what can be done here is to ask, to wait well, and to fail fast.

use marple_case::{ActionKind, MitigationPlan, mitigation::Phases};

use super::{
    spec,
    step::{action, by_hand, code_change},
};
use crate::{
    modes::dependency::Unreachable,
    reading::{Case, failure::Failure},
};

/// Fills in why nothing is done at once, whom to ask, and what the program should do meanwhile.
pub(crate) fn fill(case: &Case<'_>, unreachable: &Unreachable<'_>, plan: &mut MitigationPlan) {
    let host = unreachable.host.as_deref().unwrap_or("the dependency");
    let certificate = matches!(unreachable.logged.failure, Failure::Certificate { .. });
    plan.no_immediate_action = Some(match certificate {
        true => format!(
            "The certificate is renewed where {host} is served, and nothing of this account changes it. Checking certificates has to stay on: without it, anyone on the way can read and change what is sent."
        ),
        false => {
            format!("{host} fails by itself: no setting, restart or earlier revision of {} changes that.", case.name())
        }
    });
    let (text, expected) = match certificate {
        true => (
            format!(
                "See which certificate {host} presents and until when it is valid (openssl s_client -connect HOST:443), and ask its operator to renew it; if it is of AWS Certificate Manager in an account of yours, see why it was not renewed."
            ),
            "the end of its validity, and a promise of a date",
        ),
        false => (
            format!(
                "Look at the status page of {host}, and tell its operator the time of the first failure and the answers that were got."
            ),
            "an acknowledgement, and an estimate",
        ),
    };
    let phases = Phases { apply: vec![by_hand(text, expected)], ..Phases::default() };
    plan.follow_up.push(action(
        format!("Ask the operator of {host}"),
        ActionKind::Observability,
        false,
        phases,
        "None: it changes nothing here.",
    ));
    plan.follow_up.push(code_change(
        format!("Bear failures of {host}: limited retries, a limit of time, and an answer that says so"),
        case,
        unreachable.logged.message,
    ));
    plan.spec = Some(specification(case, unreachable, host));
}

fn specification(case: &Case<'_>, unreachable: &Unreachable<'_>, host: &str) -> marple_case::mitigation::Spec {
    let files = unreachable.place.iter().map(|place| place.location.file.clone()).collect();
    spec(
        format!("The {} {} depends on {host}, which failed: {}.", case.noun(), case.name(), unreachable.logged.headline()),
        files,
        &[
            format!("WHEN {host} answers with a server error, THE SYSTEM SHALL retry at most twice, with back-off and jitter, within its own limit of time."),
            format!("WHEN {host} still fails, THE SYSTEM SHALL tell its caller that a dependency failed (HTTP status 502 or 503, or the message goes back to its queue), and SHALL log host, status and duration."),
            format!("WHILE {host} fails most calls, THE SYSTEM SHALL stop calling it for a short time."),
            "THE SYSTEM SHALL keep checking certificates.".to_owned(),
        ],
        &["A test against a server that answers 503 ends within the limit of time, with one log line that names the host.".to_owned()],
    )
}
