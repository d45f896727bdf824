//! The agent's own tools: they touch no AWS and are decided without I/O.
//!
//! show_evidence reads on in what was cut; note_finding keeps a thought in the journal; report_root_cause and
//! report_mitigation_plan end the investigation, if what they claim holds; answer ends a person's question.

use marple_case::{Event, EvidenceId, ToolCall, ToolSpec};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{Prompts, investigation::Investigation};

mod answer;
mod note_finding;
mod report_mitigation_plan;
mod report_root_cause;
mod show_evidence;
pub(crate) mod told;

pub use crate::tool_names::{ANSWER, NOTE_FINDING, REPORT_MITIGATION_PLAN, REPORT_ROOT_CAUSE, SHOW_EVIDENCE};

/// How often a report is sent back for repair before it is taken with its flaws marked.
pub const REPAIRS: u32 = 2;

/// Why a call is refused whose arguments are not even an object. It is never run, whatever its tool.
pub(crate) const NO_OBJECT: &str = "the arguments are no JSON object: the call was malformed, or cut off by the output limit. Nothing was \
                                    run; call the tool again, with shorter texts";

/// Carries a call out: state and call in, one event out.
type Run = fn(&Investigation, &ToolCall, &Prompts) -> Event;

/// An own tool: its name, what the model is told of it, and what it does.
struct OwnTool {
    name: &'static str,
    spec: fn() -> ToolSpec,
    run: Run,
}

const OWN_TOOLS: [OwnTool; 5] = [
    OwnTool { name: SHOW_EVIDENCE, spec: show_evidence::spec, run: show_evidence::run },
    OwnTool { name: NOTE_FINDING, spec: note_finding::spec, run: note_finding::run },
    OwnTool { name: REPORT_ROOT_CAUSE, spec: report_root_cause::spec, run: report_root_cause::run },
    OwnTool { name: REPORT_MITIGATION_PLAN, spec: report_mitigation_plan::spec, run: report_mitigation_plan::run },
    OwnTool { name: ANSWER, spec: answer::spec, run: answer::run },
];

/// The own tools of an investigation, as a model is told of them.
pub fn specs() -> Vec<ToolSpec> {
    OWN_TOOLS.iter().filter(|tool| tool.name != ANSWER).map(|tool| (tool.spec)()).collect()
}

/// The own tools while a question is open: those of an investigation, and `answer`.
pub fn specs_of_chat() -> Vec<ToolSpec> {
    OWN_TOOLS.iter().map(|tool| (tool.spec)()).collect()
}

/// Whether a tool is the agent's own.
pub fn is_own(name: &str) -> bool {
    OWN_TOOLS.iter().any(|tool| tool.name == name)
}

/// Carries out a call of an own tool.
pub fn run(state: &Investigation, call: &ToolCall, prompts: &Prompts) -> Event {
    match OWN_TOOLS.iter().find(|tool| tool.name == call.tool) {
        Some(tool) => (tool.run)(state, call, prompts),
        None => refused(call, format!("there is no tool named {}", call.tool)),
    }
}

/// Answers a call that repeats an earlier one from the journal.
pub fn repeat(state: &Investigation, evidence: EvidenceId, call: &ToolCall) -> Event {
    let shown = state.evidence_by_id(evidence).map_or_else(String::new, Prompts::enclose);
    let text = format!("The same call gave {evidence} before; it was not run again. {evidence} is:\n{shown}");
    Event::EvidenceShown { evidence, text, call: call.id.clone() }
}

fn refused(call: &ToolCall, reason: String) -> Event {
    Event::CallRefused { call: call.id.clone(), tool: call.tool.clone(), reason }
}

/// The arguments as `T`, or the event that refuses them and says which one does not fit.
fn parse<T: DeserializeOwned>(call: &ToolCall) -> Result<T, Box<Event>> {
    if !call.arguments.is_object() {
        return Err(Box::new(refused(call, NO_OBJECT.to_owned())));
    }
    serde_path_to_error::deserialize(&call.arguments).map_err(|error| {
        let reason = format!(
            "the arguments do not fit at {}: {}. Nothing was taken; call the tool again",
            error.path(),
            error.inner()
        );
        Box::new(refused(call, reason))
    })
}

fn spec_of<T: JsonSchema>(name: &str, description: &str) -> ToolSpec {
    let settings = schemars::generate::SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    ToolSpec { name: name.to_owned(), description: description.to_owned(), schema }
}

#[cfg(test)]
mod tests;
