//! Verdict, summary, when and where, the chain, rivals, gaps.

use marple_case::{Confidence, EvidenceId, Verdict};
use unicode_width::UnicodeWidthStr;

use super::page::Page;
use crate::{
    phrases,
    report::{Cited, Conclusion, Report, Status},
    visible,
    words::{Words, fill},
};

/// Bytes of a command that still stands beside its quote.
const LONGEST_COMMAND: usize = 800;

pub(super) fn write(page: &mut Page<'_>, report: &Report) {
    if report.is_chat() {
        let title = report.trigger.as_ref().map(|trigger| phrases::asked(trigger, report.words()));
        page.text(0, &title.unwrap_or_default(), page.style().title);
        return;
    }
    head(page, report);
    if let Some(conclusion) = &report.conclusion {
        claim(page, conclusion, report.words());
        chain(page, conclusion, report);
        ruled_out(page, conclusion, report.words());
    } else {
        asked(page, report);
    }
    assumptions(page, report);
    gaps(page, report);
    remarks(page, report);
}

fn head(page: &mut Page<'_>, report: &Report) {
    let (style, words) = (*page.style(), report.words());
    let verdict_style = match report.verdict() {
        Some(Verdict::Fault) => style.bad,
        Some(Verdict::NoFault) => style.good,
        Some(Verdict::InsufficientEvidence) | None => style.warning,
    };
    let confidence =
        report.confidence().map_or_else(String::new, |level| format!("{} {}", words.confidence, words.level(level)));
    let confidence_style = if report.confidence() == Some(Confidence::High) { style.title } else { style.warning };
    page.item(0, &format!("{}  ", words.verdict(report.verdict())), verdict_style, &confidence, confidence_style);
    for reason in report.because() {
        page.item(0, "- ", style.dim, &words.reason(reason), style.dim);
    }
    match &report.status {
        Status::Complete => {}
        Status::Partial { reason } => {
            page.item(0, &format!("{}: ", words.partial), style.warning, reason, style.warning)
        }
        Status::Interrupted => page.text(0, words.interrupted, style.warning),
        Status::Unfinished => page.text(0, words.unfinished, style.warning),
    }
    if let Some(remark) = phrases::without_language_model(report) {
        page.text(0, remark, style.dim);
    }
}

fn claim(page: &mut Page<'_>, conclusion: &Conclusion, words: &Words) {
    let style = *page.style();
    let claim = &conclusion.root_cause;
    page.blank();
    page.text(0, &visible::line(&claim.title), style.title);
    page.blank();
    page.text(0, &claim.summary, anstyle::Style::new());
    page.blank();
    let names: Vec<String> = claim.components.iter().map(|component| component.name.clone()).collect();
    let location = claim
        .location
        .as_ref()
        .map(|location| format!("{} ({})", phrases::location(location), words.seen_in(location.seen_in)));
    fields(
        page,
        &[
            (words.onset, Some(claim.onset.map_or_else(|| words.not_known.to_owned(), |onset| onset.to_string()))),
            (words.trigger, claim.trigger.clone()),
            (words.components, Some(names.join(", ")).filter(|names| !names.is_empty())),
            (words.location, location),
            (words.category, Some(claim.category.name().to_owned())),
        ],
    );
}

/// Without a root cause: what was asked, and what was looked at.
fn asked(page: &mut Page<'_>, report: &Report) {
    let words = report.words();
    let scope = report.scope.as_ref();
    let subjects =
        scope.map(|scope| scope.subjects.iter().map(|subject| subject.name.clone()).collect::<Vec<_>>().join(", "));
    page.blank();
    fields(
        page,
        &[
            (words.asked, report.trigger.as_ref().map(|trigger| phrases::asked(trigger, words))),
            (words.components, subjects.filter(|subjects| !subjects.is_empty())),
            (words.window, scope.map(|scope| phrases::span(&scope.window))),
        ],
    );
}

/// Labels in one column and values in the next; a field without a value is left out.
pub(super) fn fields(page: &mut Page<'_>, fields: &[(&str, Option<String>)]) {
    let style = *page.style();
    let widest = fields.iter().filter(|(_, value)| value.is_some()).map(|(label, _)| label.width()).max().unwrap_or(0);
    for (label, value) in fields {
        if let Some(value) = value {
            let padding = " ".repeat(widest - label.width() + 2);
            page.item(0, &format!("{label}{padding}"), style.label, value, anstyle::Style::new());
        }
    }
}

fn chain(page: &mut Page<'_>, conclusion: &Conclusion, report: &Report) {
    if conclusion.root_cause.chain.is_empty() {
        return;
    }
    let (style, words) = (*page.style(), report.words());
    page.heading(words.chain);
    let mut shown: Vec<EvidenceId> = Vec::new();
    for (place, (link, cited, inference)) in conclusion.chain().enumerate() {
        let number = format!("{}. ", place + 1);
        let at = link.at.map(|at| at.to_string());
        let mark = inference.then_some(words.inference);
        let above: Vec<&str> = mark.into_iter().chain(at.as_deref()).collect();
        let head_style = if inference { style.warning } else { style.dim };
        if above.is_empty() {
            page.item(0, &number, style.title, &link.statement, style.title);
        } else {
            page.item(0, &number, style.title, &above.join("  "), head_style);
            page.text(number.len(), &link.statement, style.title);
        }
        for cited in &cited {
            citation(page, cited, words);
            take_again(page, cited.evidence, &mut shown, report);
        }
    }
}

fn citation(page: &mut Page<'_>, cited: &Cited<'_>, words: &Words) {
    let style = *page.style();
    let quote = format!("\"{}\"", visible::line(cited.quote));
    page.item(3, &format!("{} ", cited.evidence), style.label, &quote, style.quote);
    if cited.line.is_none() {
        let reason = cited.refused.unwrap_or_default();
        page.item(6, &format!("{} ", words.quote_refused), style.warning, reason, style.dim);
    }
}

/// The command that takes the cited evidence again, once a report. One that would fill a screen (a query of many metrics) stands with the
/// evidence, and with the other renderings.
fn take_again(page: &mut Page<'_>, id: EvidenceId, shown: &mut Vec<EvidenceId>, report: &Report) {
    let (style, words) = (*page.style(), report.words());
    if shown.contains(&id) {
        page.text(6, words.command_above, style.dim);
        return;
    }
    match report.evidence(id) {
        Some(evidence) if evidence.command.len() > LONGEST_COMMAND => {
            let characters = crate::amounts::count(u64::try_from(evidence.command.chars().count()).unwrap_or(u64::MAX));
            page.text(6, &fill(words.long_command, &[&characters]), style.dim);
            page.command(6, &format!("marple show {} --evidence {id}", report.id));
        }
        Some(evidence) => page.command(6, &evidence.command),
        None => page.text(6, words.not_in_evidence, style.warning),
    }
    shown.push(id);
}

fn ruled_out(page: &mut Page<'_>, conclusion: &Conclusion, words: &Words) {
    if conclusion.root_cause.ruled_out.is_empty() {
        return;
    }
    let style = *page.style();
    page.heading(words.ruled_out);
    for (rival, cited, inference) in conclusion.ruled_out() {
        page.item(0, "- ", style.title, &visible::line(&rival.hypothesis), style.title);
        let mark = if inference { format!("{} ", words.inference) } else { String::new() };
        page.item(2, &mark, style.warning, &rival.reason, anstyle::Style::new());
        cited.iter().for_each(|cited| citation(page, cited, words));
    }
}

fn assumptions(page: &mut Page<'_>, report: &Report) {
    let assumed: Vec<&str> = report.assumptions().collect();
    if assumed.is_empty() {
        return;
    }
    let style = *page.style();
    page.heading(report.words().assumptions);
    assumed.iter().for_each(|assumed| page.item(0, "- ", style.warning, assumed, anstyle::Style::new()));
}

fn gaps(page: &mut Page<'_>, report: &Report) {
    if report.gaps.is_empty() {
        return;
    }
    let (style, words) = (*page.style(), report.words());
    page.heading(words.gaps);
    for gap in &report.gaps {
        page.item(0, "- ", style.title, &visible::line(&gap.missing), style.title);
        if gap.on_the_chain {
            page.text(2, words.on_the_chain, style.warning);
        }
        page.item(2, &format!("{}: ", words.why), style.label, &gap.why, anstyle::Style::new());
        page.item(2, &format!("{}: ", words.to_close), style.label, &gap.how_to_close, anstyle::Style::new());
        for evidence in gap.evidence.iter().filter_map(|id| report.evidence(*id)) {
            page.command(4, &evidence.command);
        }
    }
}

fn remarks(page: &mut Page<'_>, report: &Report) {
    let style = *page.style();
    let remarks: Vec<&str> = report.remarks().collect();
    if remarks.is_empty() {
        return;
    }
    page.heading(report.words().remarks);
    remarks.iter().for_each(|remark| page.item(0, "- ", style.warning, remark, anstyle::Style::new()));
}
