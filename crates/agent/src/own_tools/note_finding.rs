//! note_finding: a thought that belongs in the live time line.

use marple_case::{Event, EvidenceId, ToolCall, ToolSpec, event::FindingKind};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Prompts, investigation::Investigation};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// observation, hypothesis or ruled_out.
    kind: FindingKind,
    /// One sentence.
    text: String,
    /// The evidence that it rests on.
    #[serde(default)]
    evidence: Vec<EvidenceId>,
}

pub(super) fn spec() -> ToolSpec {
    super::spec_of::<Args>(
        super::NOTE_FINDING,
        "Notes an observation, a hypothesis to test or a hypothesis that is ruled out, so that the on-call engineer can follow. \
         Optional; call it beside other tools, never alone.",
    )
}

pub(super) fn run(_: &Investigation, call: &ToolCall, _: &Prompts) -> Event {
    match super::parse::<Args>(call) {
        Ok(args) => {
            Event::FindingNoted { kind: args.kind, text: args.text, evidence: args.evidence, call: call.id.clone() }
        }
        Err(refused) => *refused,
    }
}
