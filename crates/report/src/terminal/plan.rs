//! The plan: what to do now, afterwards, in code, and to prevent it.

use anstyle::Style as Ansi;
use marple_case::{
    Action, Avoid,
    mitigation::{Spec, Step},
};

use super::page::Page;
use crate::{report::Report, visible, words::Words};

pub(super) fn write(page: &mut Page<'_>, report: &Report) {
    let (style, words) = (*page.style(), report.words());
    let Some(plan) = &report.plan else {
        if report.conclusion.is_some() {
            page.heading(words.plan);
            page.text(0, words.no_plan, style.warning);
        }
        return checks(page, report);
    };
    let plan = &plan.plan;
    page.heading(&format!("{}: {}", words.plan, words.immediate));
    if plan.immediate.is_empty() {
        let reason = plan.no_immediate_action.as_deref().unwrap_or_default();
        page.item(0, &format!("{}: ", words.no_immediate_action), style.title, reason, Ansi::new());
    }
    plan.immediate.iter().enumerate().for_each(|(place, next)| action(page, place + 1, next, words));
    avoid(page, &plan.avoid, words);
    if !plan.follow_up.is_empty() {
        page.heading(&format!("{}: {}", words.plan, words.follow_up));
        plan.follow_up.iter().enumerate().for_each(|(place, next)| action(page, place + 1, next, words));
    }
    if let Some(change) = &plan.spec {
        spec(page, change, words);
    }
    list(page, words.prevention, &plan.prevention);
    checks(page, report);
}

fn avoid(page: &mut Page<'_>, avoid: &[Avoid], words: &Words) {
    if avoid.is_empty() {
        return;
    }
    let style = *page.style();
    page.heading(&format!("{}: {}", words.plan, words.avoid));
    for Avoid { action, why } in avoid {
        page.item(0, "- ", style.warning, &visible::line(action), style.title);
        page.item(2, &format!("{}: ", words.why), style.label, why, Ansi::new());
    }
}

fn checks(page: &mut Page<'_>, report: &Report) {
    if let Some(conclusion) = &report.conclusion {
        list(page, report.words().checks, &conclusion.root_cause.recommended_checks);
    }
}

fn list(page: &mut Page<'_>, heading: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    page.heading(heading);
    items.iter().for_each(|item| page.item(0, "- ", Ansi::new(), item, Ansi::new()));
}

fn action(page: &mut Page<'_>, number: usize, action: &Action, words: &Words) {
    let style = *page.style();
    page.item(0, &format!("{number}. "), style.title, &visible::line(&action.title), style.title);
    let temporary = if action.temporary { format!(", {}", words.temporary) } else { String::new() };
    page.text(3, &format!("{}{temporary}", words.action(action.kind)), style.dim);
    if let Some(reason) = &action.unverified {
        page.item(3, &format!("{}: ", words.unverified), style.warning, reason, style.warning);
    }
    if let Some(target) = &action.rollback_to {
        page.item(3, &format!("{}: ", words.rollback_to), style.label, target, Ansi::new());
    }
    for (name, (_, steps)) in words.phases().into_iter().zip(action.phases.named()) {
        if !steps.is_empty() {
            page.text(3, name, style.label);
            steps.iter().for_each(|next| step(page, next, words));
        }
    }
    page.item(3, &format!("{}: ", words.risk), style.label, &action.risk, Ansi::new());
}

fn step(page: &mut Page<'_>, step: &Step, words: &Words) {
    let style = *page.style();
    page.item(3, "- ", Ansi::new(), &step.text, Ansi::new());
    if let Some(command) = &step.command {
        page.command(5, command);
    }
    if let Some(expected) = &step.expected {
        page.item(5, &format!("{}: ", words.expected), style.label, expected, Ansi::new());
    }
}

fn spec(page: &mut Page<'_>, spec: &Spec, words: &Words) {
    let style = *page.style();
    page.heading(words.spec);
    page.text(0, &spec.context, Ansi::new());
    if !spec.files.is_empty() {
        page.item(0, &format!("{}: ", words.files), style.label, &spec.files.join(", "), Ansi::new());
    }
    for (name, items) in [(words.requirements, &spec.requirements), (words.acceptance, &spec.acceptance)] {
        if !items.is_empty() {
            page.text(0, &format!("{name}:"), style.label);
            items.iter().for_each(|item| page.item(0, "- ", Ansi::new(), item, Ansi::new()));
        }
    }
}
