//! report_root_cause: takes the claim, if it holds.

use marple_case::{Citation, Event, RootCause, ToolCall, ToolSpec};

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
    let mut claim: RootCause = match super::parse(call) {
        Ok(claim) => claim,
        Err(refused) => return *refused,
    };
    citations(&mut claim).for_each(|citation| *citation = verify::as_recorded(citation.clone(), state.evidence()));
    let (verification, objections) = verify::root_cause(&claim, state);
    if !objections.is_empty() && state.refused_causes() < super::REPAIRS {
        return super::refused(call, verify::objections_text("root cause", &objections));
    }
    let verification = verify::with_remarks(verification, objections);
    Event::RootCauseReported { root_cause: claim, verification, call: call.id.clone() }
}

/// Everything that a claim cites.
fn citations(claim: &mut RootCause) -> impl Iterator<Item = &mut Citation> {
    let chain = claim.chain.iter_mut().flat_map(|link| &mut link.citations);
    chain.chain(claim.ruled_out.iter_mut().flat_map(|rival| &mut rival.citations))
}
