//! answer: takes the answer to a person's question, if its citations stand.

use marple_case::{Citation, Event, ToolCall, ToolSpec, verification::CitationCheck};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    Prompts,
    investigation::Investigation,
    verify::{self, Objection},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// The answer, Markdown. The answer itself first, in one or two sentences; then what shows it, with evidence ids in brackets, as in [E7].
    text: String,
    /// What shows it. Every fact that comes from AWS needs one; empty only where the answer states none.
    #[serde(default)]
    citations: Vec<Citation>,
}

pub(super) fn spec() -> ToolSpec {
    super::spec_of::<Args>(
        super::ANSWER,
        "Answers the engineer's question and ends it. Code checks every citation to the letter; what does not stand is sent back with the reason.",
    )
}

pub(super) fn run(state: &Investigation, call: &ToolCall, _: &Prompts) -> Event {
    let Some(question) = state.question() else {
        return super::refused(
            call,
            "no question is open: report_root_cause and report_mitigation_plan end an investigation".to_owned(),
        );
    };
    let args: Args = match super::parse(call) {
        Ok(args) => args,
        Err(refused) => return *refused,
    };
    if args.text.trim().is_empty() {
        return super::refused(call, "the text is empty: say what you found, or that it cannot be known".to_owned());
    }
    let recorded = args.citations.into_iter().map(|citation| verify::as_recorded(citation, state.evidence()));
    let citations: Vec<CitationCheck> =
        recorded.map(|citation| verify::check_citation(&citation, state.evidence())).collect();
    let may_repair = question.refused_answers < super::REPAIRS;
    if question.owes_plan() && may_repair {
        let reason = "the new root cause has no plan yet: call report_mitigation_plan, and answer again after it in the same turn";
        return super::refused(call, reason.to_owned());
    }
    let objections = objections(&citations);
    if !objections.is_empty() && may_repair {
        return super::refused(call, verify::objections_text("answer", &objections));
    }
    Event::Answered { text: args.text, citations, call: Some(call.id.clone()), given_up: None }
}

fn objections(citations: &[CitationCheck]) -> Vec<Objection> {
    let refused = citations.iter().enumerate().filter_map(|(number, check)| match check {
        CitationCheck::Refused { reason, .. } => {
            Some(Objection::Citation { place: format!("citations[{number}]"), reason: reason.clone() })
        }
        CitationCheck::Verified { .. } => None,
    });
    refused.collect()
}
