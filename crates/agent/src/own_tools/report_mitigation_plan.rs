//! report_mitigation_plan: takes the plan, if it is safe and rests on what evidence shows.

use marple_case::{Event, MitigationPlan, PlanCheck, ToolCall, ToolSpec};
use serde_json::Value;

use crate::{Prompts, investigation::Investigation, verify};

pub(super) fn spec() -> ToolSpec {
    let mut spec = super::spec_of::<MitigationPlan>(
        super::REPORT_MITIGATION_PLAN,
        "Reports the mitigation plan, after the root cause was accepted (in the same turn or later). Commands are checked: only \
         `aws …`, nothing that deletes, nothing that reads a secret's value. A rollback names a target that evidence shows to exist \
         and to predate the fault, or is marked unverified. Every action whose apply changes something, in follow_up too, has a look at \
         the present state before (prepare or pre_validate), a check after (post_validate) and a way back (rollback).",
    );
    // Both lists hold actions, and both would describe them. References between schemas are not understood by every model, so
    // the second list keeps the shape and leaves the words to the first.
    if let Some(actions) = spec.schema.pointer_mut("/properties/follow_up/items") {
        drop_descriptions(actions);
    }
    spec
}

fn drop_descriptions(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            // A property may itself be named description; only a text is one.
            if members.get("description").is_some_and(Value::is_string) {
                members.shift_remove("description");
            }
            members.values_mut().for_each(drop_descriptions);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_descriptions),
        _ => {}
    }
}

pub(super) fn run(state: &Investigation, call: &ToolCall, _: &Prompts) -> Event {
    let Some(cause) = state.root_cause() else {
        return super::refused(
            call,
            "report_root_cause has to be accepted first; then send this plan again".to_owned(),
        );
    };
    let plan: MitigationPlan = match super::parse(call) {
        Ok(plan) => plan,
        Err(refused) => return *refused,
    };
    let objections = verify::plan(&plan, &cause.root_cause, state);
    let may_repair = state.refused_plans() < super::REPAIRS;
    let unsafe_command = objections.iter().any(|objection| objection.is_unsafe());
    if !objections.is_empty() && (may_repair || unsafe_command) {
        return super::refused(call, verify::objections_text("plan", &objections));
    }
    let remarks = objections.iter().map(ToString::to_string).collect();
    Event::PlanReported { plan, check: PlanCheck { remarks }, call: call.id.clone() }
}
