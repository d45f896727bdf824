//! Citations that stand: a quote is always cut from the evidence's own text, never composed.
//!
//! A line is found by *needles*, words that it must hold in this order-free way: all of them, white space folded. Several
//! sets of needles can be tried, the best first. Where none fits there is no citation; nothing is ever invented.

use marple_case::{Citation, Evidence};

/// Longest quote, characters. A longer line is cut around its first needle.
const LONGEST: usize = 240;
/// Shortest quote that the verification accepts, characters.
const SHORTEST: usize = 4;

/// A text with every run of white space made one blank, and none at its ends.
pub(crate) fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Quotes the first line of `evidence` that holds all `needles`.
pub(crate) fn line(evidence: &Evidence, needles: &[&str]) -> Option<Citation> {
    let needles: Vec<String> = needles.iter().map(|needle| folded(needle)).collect();
    let holds = |line: &String| needles.iter().all(|needle| line.contains(needle.as_str()));
    let found = evidence.text.lines().map(folded).find(|line| line.chars().count() >= SHORTEST && holds(line))?;
    Some(Citation { evidence: evidence.id, quote: cut(&found, needles.first().map_or("", String::as_str)) })
}

/// Quotes the first line that fits, trying each set of needles over the whole text before the next.
pub(crate) fn any(evidence: &Evidence, alternatives: &[&[&str]]) -> Option<Citation> {
    alternatives.iter().find_map(|needles| line(evidence, needles))
}

/// Quotes line `number` of a source file as `read_function_code` shows it (`   4 | code`); failing that, the code alone.
pub(crate) fn code(evidence: &Evidence, number: u32, code: &str) -> Option<Citation> {
    let code = folded(code);
    if code.is_empty() {
        return None;
    }
    let numbered = format!("{number} | {code}");
    let exact = evidence.text.lines().map(folded).find(|line| *line == numbered);
    match exact {
        Some(found) => Some(Citation { evidence: evidence.id, quote: cut(&found, &code) }),
        None => line(evidence, &[&code]),
    }
}

/// Whether a quote stands in a text, as the verification reads it: on one line, white space folded.
pub(crate) fn stands(text: &str, quote: &str) -> bool {
    let quote = folded(quote);
    quote.chars().count() >= SHORTEST && text.lines().any(|line| folded(line).contains(&quote))
}

/// A folded line cut to [`LONGEST`] characters around the place where `needle` begins.
fn cut(line: &str, needle: &str) -> String {
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    let byte = line.find(needle).unwrap_or(0);
    let before = line.get(..byte).map_or(0, |head| head.chars().count());
    let skipped = if before + needle.chars().count() < LONGEST { 0 } else { before };
    let span: String = line.chars().skip(skipped).take(LONGEST).collect();
    span.trim().to_owned()
}
