//! Questions and their answers, and the root causes that a later one replaced.

use super::{
    Lines, citations,
    escape::{code, fence, text},
};
use crate::{
    phrases,
    prose::{self, Kind, Look, Piece},
    report::{Cited, Reply, Report},
    words::fill,
};

pub(super) fn write(out: &mut Lines, report: &Report) {
    if report.questions.is_empty() {
        return;
    }
    let words = report.words();
    out.heading(2, words.questions);
    for exchange in &report.questions {
        out.blank();
        out.line(&format!("**{}**", text(&exchange.question)));
        out.blank();
        match &exchange.answer {
            Some(answer) => reply(out, answer, report),
            None => out.line(&text(words.not_answered)),
        }
    }
}

fn reply(out: &mut Lines, answer: &Reply, report: &Report) {
    let words = report.words();
    if let Some(reason) = &answer.given_up {
        out.line(&text(&fill(words.given_up, &[reason])));
        return;
    }
    prose::parse(&answer.text).iter().for_each(|said| piece(out, said));
    out.blank();
    if answer.citations.is_empty() {
        out.line(&format!("*{}*", text(words.unchecked_answer)));
    }
    let cited: Vec<Cited<'_>> = answer.citations.iter().map(Cited::from).collect();
    citations(out, "", &cited, report);
}

/// A piece of an answer, its words escaped.
fn piece(out: &mut Lines, piece: &Piece) {
    let plain = || piece.spans.iter().map(|span| span.text.as_str()).collect::<String>();
    let words: String = piece
        .spans
        .iter()
        .map(|span| match span.look {
            Look::Plain => spaced(&span.text),
            Look::Strong => format!("**{}**", text(span.text.trim())),
            Look::Code => code(&span.text),
        })
        .collect();
    match &piece.kind {
        Kind::Item(mark) => return out.line(&format!("{}{mark}{words}", "   ".repeat(piece.depth))),
        Kind::Code => {
            out.blank();
            out.line(&fence(&plain(), "", ""));
        }
        Kind::Heading => {
            out.blank();
            out.line(&format!("**{}**", text(&plain())));
        }
        Kind::Paragraph | Kind::Row => {
            out.blank();
            out.line(&words);
        }
    }
    out.blank();
}

/// A run of words, escaped, with the space at its ends that parts it from its neighbours.
fn spaced(words: &str) -> String {
    let before = if words.starts_with(char::is_whitespace) { " " } else { "" };
    let after = if words.ends_with(char::is_whitespace) && !words.trim().is_empty() { " " } else { "" };
    format!("{before}{}{after}", text(words))
}

/// The root causes that a later one replaced: each with its summary and its chain.
pub(super) fn versions(out: &mut Lines, report: &Report) {
    if report.superseded.is_empty() {
        return;
    }
    let words = report.words();
    out.heading(2, words.versions);
    for (number, version) in (1..).zip(&report.superseded) {
        out.heading(3, &text(&phrases::version(number, &version.conclusion, words)));
        out.paragraphs(&version.conclusion.root_cause.summary);
        for (place, (link, cited, _)) in (1..).zip(version.conclusion.chain()) {
            out.line(&format!("{place}. {}", text(&link.statement)));
            citations(out, "   ", &cited, report);
        }
    }
}

#[cfg(test)]
mod tests;
