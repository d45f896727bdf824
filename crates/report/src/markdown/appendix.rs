//! Findings, what happened on the way, what was spent, and all evidence.

use marple_case::{Evidence, Outcome};

use super::{
    Lines, answer,
    escape::{code, fence, text},
};
use crate::{brief, phrases, report::Report, words::Words};

pub(super) fn write(out: &mut Lines, report: &Report) {
    findings(out, report);
    answer::versions(out, report);
    answer::write(out, report);
    let words = report.words();
    out.list(words.course, &phrases::course(report));
    investigation(out, report);
    if !report.evidence.is_empty() {
        out.heading(2, words.evidence);
        report.evidence.iter().for_each(|taken| evidence(out, taken, words));
    }
}

fn findings(out: &mut Lines, report: &Report) {
    if report.findings.is_empty() {
        return;
    }
    let words = report.words();
    out.heading(2, words.findings);
    for finding in &report.findings {
        let ids: Vec<String> = finding.evidence.iter().map(ToString::to_string).collect();
        let rests_on = if ids.is_empty() { String::new() } else { format!(" ({})", ids.join(", ")) };
        out.line(&format!("- {}: {}{rests_on}", words.finding(finding.kind), text(&finding.text)));
    }
}

fn investigation(out: &mut Lines, report: &Report) {
    let words = report.words();
    out.heading(2, words.investigation);
    if let Some(trigger) = &report.trigger {
        out.field(words.asked, &text(&phrases::asked(trigger, words)));
    }
    if let Some(scope) = &report.scope {
        out.field(words.region, &code(&scope.region));
        out.field(words.window, &code(&phrases::span(&scope.window)));
    }
    if let Some(scenario) = &report.scenario {
        out.field(words.scenario, &code(scenario));
    }
    out.field(words.model, &code(&phrases::models(report)));
    out.field(words.used, &phrases::used(report));
    out.field(words.tokens, &phrases::tokens(report));
    out.field(words.cost, &text(&phrases::cost(report)));
    out.field(words.time, &phrases::time(report));
    out.field("ID", &code(&report.id.to_string()));
    if let Some(program) = &report.program {
        out.field(words.program, &code(&format!("marple {program}")));
    }
}

fn evidence(out: &mut Lines, taken: &Evidence, words: &Words) {
    out.heading(3, &taken.id.to_string());
    out.field(words.tool, &code(&taken.tool));
    out.field(words.arguments, &code(&taken.arguments.to_string()));
    let outcome = words.outcome(&taken.outcome);
    match &taken.outcome {
        Outcome::Found | Outcome::NoData => out.field(words.outcome, &text(&brief::finding(taken, words))),
        Outcome::Denied { message, .. } | Outcome::Failed { message } => {
            out.field(words.outcome, &format!("**{outcome}**: {}", text(message)));
        }
    }
    out.field(words.taken, &code(&taken.taken_at.to_string()));
    if !taken.command.trim().is_empty() {
        out.blank();
        out.line(&fence(&taken.command, "sh", ""));
    }
}
