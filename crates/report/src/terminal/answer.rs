//! Questions and their answers, in a report and in a live chat alike.

use anstyle::Style as Ansi;
use marple_case::verification::CitationCheck;

use super::{Style, page::Page};
use crate::{
    prose::{self, Kind, Look},
    report::{Reply, Report},
    visible,
    words::{Words, fill},
};

/// The questions of a report.
pub(super) fn write(page: &mut Page<'_>, report: &Report) {
    if report.questions.is_empty() {
        return;
    }
    let (style, words) = (*page.style(), report.words());
    page.heading(words.questions);
    for exchange in &report.questions {
        page.item(0, "> ", style.label, &exchange.question, style.title);
        match &exchange.answer {
            Some(answer) => reply(page, 2, answer, words),
            None => page.text(2, words.not_answered, Ansi::new()),
        }
    }
}

/// Renders one answer for a terminal of so many columns, as a live chat shows it.
pub fn render(answer: &Reply, words: &Words, width: usize, style: &Style) -> String {
    let mut page = Page::new(width, style);
    reply(&mut page, 0, answer, words);
    page.finish()
}

/// The answer, and what it rests on.
fn reply(page: &mut Page<'_>, indent: usize, answer: &Reply, words: &Words) {
    let style = *page.style();
    if let Some(reason) = &answer.given_up {
        page.text(indent, &fill(words.given_up, &[reason]), style.warning);
        return;
    }
    markdown(page, indent, &answer.text);
    if answer.citations.is_empty() {
        page.text(indent, words.unchecked_answer, style.dim);
    }
    for check in &answer.citations {
        let (evidence, quote) = check.citation();
        page.item(
            indent + 1,
            &format!("{evidence} "),
            style.label,
            &format!("\"{}\"", visible::line(quote)),
            style.quote,
        );
        if let CitationCheck::Refused { reason, .. } = check {
            page.item(indent + 4, &format!("{} ", words.quote_refused), style.warning, reason, style.dim);
        }
    }
}

fn markdown(page: &mut Page<'_>, indent: usize, text: &str) {
    let style = *page.style();
    let mut before: Option<Kind> = None;
    for piece in prose::parse(text) {
        let in_list =
            matches!((&before, &piece.kind), (Some(Kind::Item(_)), Kind::Item(_)) | (Some(Kind::Row), Kind::Row));
        if before.is_some() && !in_list {
            page.blank();
        }
        let indent = indent + 2 * piece.depth;
        let look = |look: Look| match look {
            Look::Plain => Ansi::new(),
            Look::Strong => style.title,
            Look::Code => style.quote,
        };
        let spans: Vec<(String, Ansi)> = piece.spans.iter().map(|span| (span.text.clone(), look(span.look))).collect();
        let plain: String = piece.spans.iter().map(|span| span.text.as_str()).collect();
        match &piece.kind {
            Kind::Heading => page.text(indent, &plain, style.heading),
            Kind::Code => plain.lines().for_each(|line| page.command(indent + 2, line)),
            Kind::Item(mark) => page.spans(indent, mark, &spans),
            Kind::Paragraph | Kind::Row => page.spans(indent, "", &spans),
        }
        before = Some(piece.kind);
    }
}

#[cfg(test)]
mod tests;
