//! report_root_cause: takes the claim, if it holds.

use marple_case::{Event, RootCause, ToolCall, ToolSpec};

use crate::{Prompts, investigation::Investigation, verify};

pub(super) fn spec() -> ToolSpec {
    super::spec_of::<RootCause>(
        super::REPORT_ROOT_CAUSE,
        "Reports the root cause. Code checks every citation to the letter, the times, the location and the components, and computes \
         the confidence. What does not hold is sent back with the reason. Call it as soon as the evidence suffices; \
         report_mitigation_plan may stand in the same turn after it.",
    )
}

pub(super) fn run(state: &Investigation, call: &ToolCall, _: &Prompts) -> Event {
    let claim: RootCause = match super::parse(call) {
        Ok(claim) => claim,
        Err(refused) => return *refused,
    };
    let (verification, objections) = verify::root_cause(&claim, state);
    if !objections.is_empty() && state.refused_causes() < super::REPAIRS {
        return super::refused(call, verify::objections_text("root cause", &objections));
    }
    let verification = verify::with_remarks(verification, objections);
    Event::RootCauseReported { root_cause: claim, verification, call: call.id.clone() }
}
