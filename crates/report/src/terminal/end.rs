//! What is known without a root cause, what happened on the way, what was spent, and how to go on.

use anstyle::Style as Ansi;

use super::{answer, cause::fields, page::Page};
use crate::{
    brief, phrases,
    report::{Report, Status},
};

pub(super) fn write(page: &mut Page<'_>, report: &Report) {
    attempts(page, report);
    if report.is_chat() {
        answer::write(page, report);
        evidence(page, report);
        course(page, report);
        spent(page, report);
        return;
    }
    if report.conclusion.is_none() {
        findings(page, report);
        evidence(page, report);
    }
    course(page, report);
    versions(page, report);
    answer::write(page, report);
    spent(page, report);
}

/// Evidence that tries to give instructions: a person has to know, whatever the report concludes.
fn attempts(page: &mut Page<'_>, report: &Report) {
    let attempts = report.attempts();
    if attempts.is_empty() {
        return;
    }
    let style = *page.style();
    page.heading(report.words().attempts);
    attempts.iter().for_each(|attempt| page.item(0, "- ", style.warning, &attempt.text, Ansi::new()));
}

fn findings(page: &mut Page<'_>, report: &Report) {
    if report.findings.is_empty() {
        return;
    }
    let (style, words) = (*page.style(), report.words());
    page.heading(words.findings);
    for finding in &report.findings {
        let ids: Vec<String> = finding.evidence.iter().map(ToString::to_string).collect();
        let rests_on = if ids.is_empty() { String::new() } else { format!(" [{}]", ids.join(", ")) };
        let kind = format!("- {}: ", words.finding(finding.kind));
        page.item(0, &kind, style.label, &format!("{}{rests_on}", finding.text), Ansi::new());
    }
}

fn evidence(page: &mut Page<'_>, report: &Report) {
    if report.evidence.is_empty() {
        return;
    }
    let (style, words) = (*page.style(), report.words());
    page.heading(words.evidence);
    for taken in &report.evidence {
        let shown_style = if taken.outcome.is_answered() { Ansi::new() } else { style.warning };
        let shown = format!("{}: {}", brief::call(taken), brief::finding(taken, words));
        page.item(0, &format!("{} ", taken.id), style.label, &shown, shown_style);
        page.command(3, &taken.command);
    }
}

fn course(page: &mut Page<'_>, report: &Report) {
    let style = *page.style();
    let course = phrases::course(report);
    if !course.is_empty() {
        page.heading(report.words().course);
        course.iter().for_each(|note| page.item(0, "- ", style.warning, note, Ansi::new()));
    }
}

/// A line for each root cause that a later one replaced.
fn versions(page: &mut Page<'_>, report: &Report) {
    if report.superseded.is_empty() {
        return;
    }
    let style = *page.style();
    page.heading(report.words().versions);
    for (number, version) in (1..).zip(&report.superseded) {
        page.item(0, "- ", style.label, &phrases::version(number, &version.conclusion, report.words()), Ansi::new());
    }
}

fn spent(page: &mut Page<'_>, report: &Report) {
    let words = report.words();
    page.heading(words.investigation);
    let id = report.id.to_string();
    page.command(0, &id);
    fields(
        page,
        &[
            (words.model, Some(phrases::models(report))),
            (words.used, Some(phrases::used(report))),
            (words.tokens, Some(phrases::tokens(report))),
            (words.cost, Some(phrases::cost(report))),
            (words.time, Some(phrases::time(report))),
            (words.scenario, report.scenario.clone()),
        ],
    );
    let mut next =
        vec![(words.read_again, format!("marple show {id}")), (words.ask_about, format!("marple chat {id}"))];
    if report.status != Status::Complete {
        next.push((words.go_on, format!("marple resume {id}")));
    }
    let style = *page.style();
    for (what, command) in next {
        page.text(0, &format!("{what}:"), style.label);
        page.command(2, &command);
    }
}
