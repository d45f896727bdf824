//! Questions with their answers, and earlier versions of the root cause, as the template's values.

use super::{CitationView, Statement, chain, citations};
use crate::{
    phrases, prose,
    report::{Cited, Exchange, Reply, Report, Version},
    visible,
    words::fill,
};

/// A root cause that a later one replaced.
pub(in crate::html) struct VersionView {
    pub(in crate::html) title: String,
    pub(in crate::html) summary: Vec<String>,
    pub(in crate::html) chain: Vec<Statement>,
}

/// A question and its answer.
pub(in crate::html) struct QuestionView {
    pub(in crate::html) question: String,
    pub(in crate::html) pieces: Vec<PieceView>,
    /// That nothing of it was checked, or why there is none.
    pub(in crate::html) remark: Option<String>,
    pub(in crate::html) citations: Vec<CitationView>,
}

/// A paragraph, an item or a block of code of an answer.
pub(in crate::html) struct PieceView {
    pub(in crate::html) class: &'static str,
    /// Depth in lists, em.
    pub(in crate::html) indent: usize,
    pub(in crate::html) mark: String,
    pub(in crate::html) spans: Vec<SpanView>,
}

pub(in crate::html) struct SpanView {
    /// strong, code or plain.
    pub(in crate::html) class: &'static str,
    pub(in crate::html) text: String,
}

pub(super) fn version(number: usize, version: &Version, report: &Report) -> VersionView {
    let conclusion = &version.conclusion;
    VersionView {
        title: visible::line(&phrases::version(number, conclusion, report.words())),
        summary: conclusion.root_cause.summary.lines().map(visible::line).collect(),
        chain: chain(conclusion, report),
    }
}

pub(super) fn question(exchange: &Exchange, report: &Report) -> QuestionView {
    let (words, answer) = (report.words(), exchange.answer.as_ref());
    let remark = match answer {
        None => Some(words.not_answered.to_owned()),
        Some(Reply { given_up: Some(reason), .. }) => Some(fill(words.given_up, &[&visible::line(reason)])),
        Some(answer) => answer.citations.is_empty().then(|| words.unchecked_answer.to_owned()),
    };
    let cited: Vec<Cited<'_>> =
        answer.map(|answer| answer.citations.iter().map(Cited::from).collect()).unwrap_or_default();
    QuestionView {
        question: visible::line(&exchange.question),
        pieces: answer.map(|answer| prose::parse(&answer.text).iter().map(piece).collect()).unwrap_or_default(),
        remark,
        citations: citations(&cited, report),
    }
}

fn piece(piece: &prose::Piece) -> PieceView {
    let (class, mark) = match &piece.kind {
        prose::Kind::Code => ("lines", String::new()),
        prose::Kind::Heading => ("heading", String::new()),
        prose::Kind::Item(mark) => ("item", mark.clone()),
        prose::Kind::Paragraph | prose::Kind::Row => ("paragraph", String::new()),
    };
    let span = |span: &prose::Span| SpanView {
        class: match span.look {
            prose::Look::Plain => "plain",
            prose::Look::Strong => "strong",
            prose::Look::Code => "code",
        },
        text: visible::text(&span.text),
    };
    PieceView { class, indent: 1 + 2 * piece.depth, mark, spans: piece.spans.iter().map(span).collect() }
}
