//! Every statement is cited, and every quote stands. The journal's own verification has to say so, and the evaluation looks
//! each quote up again with code of its own: an agent whose verification is broken must not pass on its word.

use std::sync::Arc;

use marple_case::{Citation, Evidence, Verdict, verification::StatementCheck};
use marple_report::report::Conclusion;

use super::Check;

/// A shorter quote proves nothing. Characters, white space folded.
const LEAST: usize = 4;

pub(super) fn check(conclusion: &Conclusion, evidence: &[Arc<Evidence>]) -> Check {
    let cause = &conclusion.root_cause;
    let verification = &conclusion.verification;
    let links = cause.chain.iter().map(|link| &link.citations);
    let rivals = cause.ruled_out.iter().map(|rival| &rival.citations);
    let links =
        links.enumerate().map(|(place, cited)| (format!("chain[{place}]"), cited, verification.chain.get(place)));
    let rivals = rivals
        .enumerate()
        .map(|(place, cited)| (format!("ruled_out[{place}]"), cited, verification.ruled_out.get(place)));
    let mut number = 0;
    for (place, cited, checked) in links.chain(rivals) {
        number += cited.len();
        if let Some(fault) = fault(cited, checked, evidence) {
            return Check::new("citations", false, format!("{place}: {fault}"));
        }
    }
    match (cause.chain.is_empty(), cause.verdict) {
        (true, Verdict::Fault | Verdict::NoFault) => Check::new("citations", false, "the causal chain is empty"),
        _ => Check::new("citations", true, format!("{number} quotes stand")),
    }
}

fn fault(cited: &[Citation], checked: Option<&StatementCheck>, evidence: &[Arc<Evidence>]) -> Option<String> {
    if cited.is_empty() {
        return Some("no citation".to_owned());
    }
    let checks = checked.map(|checked| checked.citations.as_slice()).unwrap_or_default();
    let refused = cited.iter().enumerate().find_map(|(place, citation)| {
        let verified = checks.get(place).is_some_and(|check| {
            check.is_verified() && check.citation() == (citation.evidence, citation.quote.as_str())
        });
        match (verified, stands(citation, evidence)) {
            (true, true) => None,
            (_, false) => Some(format!("“{}” does not stand in {}", citation.quote, citation.evidence)),
            (false, true) => Some(format!("“{}” was never verified", citation.quote)),
        }
    });
    refused.or_else(|| (checks.len() != cited.len()).then(|| "the verification speaks of other citations".to_owned()))
}

/// Whether the words of the quote stand in the evidence's text one after another, as whole words.
fn stands(citation: &Citation, evidence: &[Arc<Evidence>]) -> bool {
    let quote = folded(&citation.quote);
    let long_enough = quote.chars().count() >= LEAST;
    let source = evidence.iter().find(|taken| taken.id == citation.evidence);
    long_enough && source.is_some_and(|source| holds(&folded(&source.text), &quote))
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn holds(text: &str, quote: &str) -> bool {
    let is_word = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    let (begins_in_word, ends_in_word) = (is_word(quote.chars().next()), is_word(quote.chars().next_back()));
    text.match_indices(quote).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + quote.len()..).and_then(|tail| tail.chars().next());
        let cut = (begins_in_word && is_word(before)) || (ends_in_word && is_word(after));
        !cut
    })
}
