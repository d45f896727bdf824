//! Quotes, to the letter.
//!
//! A quote stands in a piece of evidence if its characters do, white space folded to single spaces on both sides. A quote
//! must not begin or end inside a word or a number: `28 MB` does not stand in `128 MB`.

use std::sync::Arc;

use marple_case::{
    Citation, Evidence, RootCause,
    verification::{CitationCheck, StatementCheck},
};

use marple_untrusted::enclosure;

use super::Objection;

/// A shorter quote proves nothing. Characters, white space folded.
const LEAST: usize = 4;

/// Checks the citations of the chain and of what was ruled out, in order.
pub(super) fn check_all(
    claim: &RootCause,
    evidence: &[Arc<Evidence>],
    objections: &mut Vec<Objection>,
) -> (Vec<StatementCheck>, Vec<StatementCheck>) {
    let mut statement = |place: String, citations: &[Citation]| {
        if citations.is_empty() {
            objections.push(Objection::Uncited { place: place.clone() });
        }
        let checks: Vec<CitationCheck> = citations.iter().map(|citation| check(citation, evidence)).collect();
        for (number, check) in checks.iter().enumerate() {
            if let CitationCheck::Refused { reason, .. } = check {
                let place = format!("{place}.citations[{number}]");
                objections.push(Objection::Citation { place, reason: reason.clone() });
            }
        }
        StatementCheck { citations: checks }
    };
    let chain = claim.chain.iter().enumerate();
    let chain = chain.map(|(number, link)| statement(format!("chain[{number}]"), &link.citations)).collect();
    let rivals = claim.ruled_out.iter().enumerate();
    let rivals = rivals.map(|(number, rival)| statement(format!("ruled_out[{number}]"), &rival.citations)).collect();
    (chain, rivals)
}

/// The citation as the record has it: what is quoted out of an enclosure may hold the backslashes that break tags there.
pub fn as_recorded(citation: Citation, evidence: &[Arc<Evidence>]) -> Citation {
    if check(&citation, evidence).is_verified() {
        return citation;
    }
    let mended = enclosure::unbroken(&citation.quote).map(|quote| Citation { evidence: citation.evidence, quote });
    mended.filter(|mended| check(mended, evidence).is_verified()).unwrap_or(citation)
}

/// Checks one citation.
pub fn check(citation: &Citation, evidence: &[Arc<Evidence>]) -> CitationCheck {
    let refused =
        |reason: String| CitationCheck::Refused { evidence: citation.evidence, quote: citation.quote.clone(), reason };
    let Some(source) = evidence.iter().find(|evidence| evidence.id == citation.evidence) else {
        let last = evidence.last().map_or("none yet".to_owned(), |last| last.id.to_string());
        return refused(format!("there is no evidence {}; the last is {last}", citation.evidence));
    };
    let quote = fold(&citation.quote).text;
    if quote.chars().count() < LEAST {
        return refused(format!(
            "the quote {quote:?} is too short to prove anything: quote {LEAST} characters or more"
        ));
    }
    match line_of(&quote, &source.text) {
        Some(line) => CitationCheck::Verified { evidence: citation.evidence, quote: citation.quote.clone(), line },
        None => refused(absent(&quote, citation, evidence, source)),
    }
}

/// Why a quote was not found, with what is likely meant.
fn absent(quote: &str, citation: &Citation, evidence: &[Arc<Evidence>], source: &Evidence) -> String {
    let elsewhere = evidence.iter().find(|other| line_of(quote, &other.text).is_some());
    if let Some(other) = elsewhere {
        return format!("the quote {quote:?} does not stand in {}; it stands in {}", citation.evidence, other.id);
    }
    match nearest_line(quote, &source.text) {
        Some(line) => format!(
            "the quote {quote:?} does not stand in {} to the letter; the nearest line there is: {}",
            citation.evidence,
            enclosure::enclosed_line(&format!("id=\"{}\"", citation.evidence), line)
        ),
        None => format!("the quote {quote:?} does not stand in {}, nor anything like it", citation.evidence),
    }
}

/// The line on which a quote, its white space folded, begins in a text, if it stands there. Most quotes stand as they are, and the text need
/// not be folded for them.
fn line_of(quote: &str, text: &str) -> Option<u32> {
    let as_it_is = text.match_indices(quote).map(|(offset, _)| offset).find(|offset| is_whole(text, *offset, quote));
    match as_it_is.and_then(|offset| text.get(..offset)) {
        Some(before) => u32::try_from(before.matches('\n').count() + 1).ok(),
        None => find(&fold(text), quote),
    }
}

/// A text with white space folded, and the line on which each of its bytes stood.
struct Folded {
    text: String,
    /// (offset in `text`, line from 1), ascending.
    lines: Vec<(usize, u32)>,
}

fn fold(text: &str) -> Folded {
    let mut folded = Folded { text: String::with_capacity(text.len()), lines: Vec::new() };
    for (number, line) in (1u32..).zip(text.split('\n')) {
        let mut words = line.split_whitespace().peekable();
        if words.peek().is_some() && !folded.text.is_empty() {
            folded.text.push(' ');
        }
        folded.lines.push((folded.text.len(), number));
        for (place, word) in words.enumerate() {
            if place > 0 {
                folded.text.push(' ');
            }
            folded.text.push_str(word);
        }
    }
    folded
}

/// The line on which the quote begins, if it stands in the text.
fn find(text: &Folded, quote: &str) -> Option<u32> {
    let begins = text.text.match_indices(quote).map(|(offset, _)| offset);
    let whole = begins.into_iter().find(|offset| is_whole(&text.text, *offset, quote))?;
    let place = text.lines.partition_point(|(offset, _)| *offset <= whole);
    text.lines.get(place.checked_sub(1)?).map(|(_, line)| *line)
}

/// Whether the quote at `offset` neither begins nor ends inside a word or a number.
fn is_whole(text: &str, offset: usize, quote: &str) -> bool {
    let before = text.get(..offset).and_then(|head| head.chars().next_back());
    let after = text.get(offset + quote.len()..).and_then(|tail| tail.chars().next());
    let joins = |left: Option<char>, right: Option<char>| matches!((left, right), (Some(left), Some(right)) if left.is_ascii_alphanumeric() && right.is_ascii_alphanumeric());
    !joins(before, quote.chars().next()) && !joins(quote.chars().next_back(), after)
}

/// The line that shares most words with the quote, if it shares half of them.
fn nearest_line<'a>(quote: &str, text: &'a str) -> Option<&'a str> {
    let words: Vec<&str> = quote.split(' ').collect();
    let shared = |line: &str| words.iter().filter(|word| line.contains(*word)).count();
    let best = text.lines().max_by_key(|line| shared(line))?;
    (shared(best) * 2 >= words.len()).then_some(best.trim())
}
