//! The plan.

use marple_case::{Action, Avoid, mitigation::Spec};

use super::{
    Lines,
    escape::{code, fence, text},
};
use crate::{report::Report, words::Words};

pub(super) fn write(out: &mut Lines, report: &Report) {
    let words = report.words();
    match &report.plan {
        None if report.conclusion.is_some() => {
            out.heading(2, words.plan);
            out.line(words.no_plan);
        }
        None => {}
        Some(plan) => {
            let plan = &plan.plan;
            out.heading(2, &format!("{}: {}", words.plan, words.immediate));
            if plan.immediate.is_empty() {
                let reason = plan.no_immediate_action.as_deref().unwrap_or_default();
                out.line(&format!("**{}**: {}", words.no_immediate_action, text(reason)));
            }
            plan.immediate.iter().for_each(|next| action(out, next, words));
            avoid(out, &plan.avoid, words);
            if !plan.follow_up.is_empty() {
                out.heading(2, &format!("{}: {}", words.plan, words.follow_up));
                plan.follow_up.iter().for_each(|next| action(out, next, words));
            }
            if let Some(change) = &plan.spec {
                spec(out, change, words);
            }
            out.list(words.prevention, &plan.prevention);
        }
    }
    if let Some(conclusion) = &report.conclusion {
        out.list(words.checks, &conclusion.root_cause.recommended_checks);
    }
}

fn avoid(out: &mut Lines, avoid: &[Avoid], words: &Words) {
    if avoid.is_empty() {
        return;
    }
    out.heading(2, &format!("{}: {}", words.plan, words.avoid));
    for Avoid { action, why } in avoid {
        out.line(&format!("- **{}**: {}", text(action), text(why)));
    }
}

fn action(out: &mut Lines, action: &Action, words: &Words) {
    out.heading(3, &text(&action.title));
    let temporary = if action.temporary { format!(", {}", words.temporary) } else { String::new() };
    out.line(&format!("_{}{temporary}_", words.action(action.kind)));
    out.blank();
    if let Some(reason) = &action.unverified {
        out.field(words.unverified, &text(reason));
    }
    if let Some(target) = &action.rollback_to {
        out.field(words.rollback_to, &code(target));
    }
    out.field(words.risk, &text(&action.risk));
    for (name, (_, steps)) in words.phases().into_iter().zip(action.phases.named()) {
        if steps.is_empty() {
            continue;
        }
        out.label(name);
        for (place, step) in steps.iter().enumerate() {
            let number = format!("{}. ", place + 1);
            let indent = " ".repeat(number.len());
            out.line(&format!("{number}{}", text(&step.text)));
            if let Some(command) = &step.command {
                out.blank();
                out.line(&fence(command, "sh", &indent));
                out.blank();
            }
            if let Some(expected) = &step.expected {
                out.line(&format!("{indent}- {}: {}", words.expected, text(expected)));
            }
        }
    }
}

fn spec(out: &mut Lines, spec: &Spec, words: &Words) {
    out.heading(2, words.spec);
    out.paragraphs(&spec.context);
    if !spec.files.is_empty() {
        let files: Vec<String> = spec.files.iter().map(|file| code(file)).collect();
        out.line(&format!("**{}**: {}", words.files, files.join(", ")));
    }
    for (name, items) in [(words.requirements, &spec.requirements), (words.acceptance, &spec.acceptance)] {
        if !items.is_empty() {
            out.label(name);
            items.iter().for_each(|item| out.line(&format!("- {}", text(item))));
        }
    }
}
