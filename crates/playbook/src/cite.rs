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
    let whole = |line: &str, needle: &str| line.match_indices(needle).any(|(offset, _)| is_whole(line, offset, needle));
    let holds = |line: &String| needles.iter().all(|needle| needle.is_empty() || whole(line, needle));
    let found = evidence.text.lines().map(folded).find(|line| line.chars().count() >= SHORTEST && holds(line))?;
    Some(Citation { evidence: evidence.id, quote: cut(&found, needles.first().map_or("", String::as_str)) })
}

/// Quotes the first line that fits, trying each set of needles over the whole text before the next.
pub(crate) fn any(evidence: &Evidence, alternatives: &[&[&str]]) -> Option<Citation> {
    alternatives.iter().find_map(|needles| line(evidence, needles))
}

/// Quotes line `number` of a source file as `read_function_code` shows it (`   4 | code`, in a comparison `+   4 | code`); failing that, the
/// code alone.
pub(crate) fn code(evidence: &Evidence, number: u32, code: &str) -> Option<Citation> {
    let code = folded(code);
    if code.is_empty() {
        return None;
    }
    let numbered = format!("{number} | {code}");
    let exact = evidence.text.lines().map(folded).find(|line| line.strip_prefix("+ ").unwrap_or(line) == numbered);
    match exact {
        Some(found) => Some(Citation { evidence: evidence.id, quote: cut(&found, &code) }),
        None => line(evidence, &[&code]),
    }
}

/// Whether a quote stands in a text, as the verification reads it: on one line, white space folded, no word cut.
pub(crate) fn stands(text: &str, quote: &str) -> bool {
    let quote = folded(quote);
    let holds = |line: String| line.match_indices(&quote).any(|(offset, _)| is_whole(&line, offset, &quote));
    quote.chars().count() >= SHORTEST && text.lines().map(folded).any(holds)
}

/// A folded line cut to [`LONGEST`] characters from the place where `needle` begins, at the ends of words.
fn cut(line: &str, needle: &str) -> String {
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    let at = line.find(needle).unwrap_or(0);
    let begins_late = line.get(..at).map_or(0, |head| head.chars().count()) + needle.chars().count() >= LONGEST;
    let start =
        if begins_late { line.get(..at).and_then(|head| head.rfind(' ')).map_or(0, |blank| blank + 1) } else { 0 };
    let rest = line.get(start..).unwrap_or(line);
    let end = rest.char_indices().nth(LONGEST).map_or(rest.len(), |(byte, _)| byte);
    let span = rest.get(..end).unwrap_or(rest);
    let next = rest.get(end..).and_then(|tail| tail.chars().next());
    whole_words(span, next).trim().to_owned()
}

/// A span that does not end inside a word: shortened to the last end of a word if `next` goes on with it.
fn whole_words(span: &str, next: Option<char>) -> &str {
    let joins =
        next.is_some_and(|next| next.is_ascii_alphanumeric()) && span.ends_with(|c: char| c.is_ascii_alphanumeric());
    let end = if joins { span.rfind(|c: char| !c.is_ascii_alphanumeric()) } else { None };
    end.and_then(|end| span.get(..end)).filter(|span| !span.trim().is_empty()).unwrap_or(span)
}

/// Whether a quote at `offset` neither begins nor ends inside a word or a number: `28 MB` does not stand in `128 MB`.
fn is_whole(line: &str, offset: usize, quote: &str) -> bool {
    let inside = |one: Option<char>, other: Option<char>| {
        one.is_some_and(|c| c.is_ascii_alphanumeric()) && other.is_some_and(|c| c.is_ascii_alphanumeric())
    };
    let before = line.get(..offset).and_then(|head| head.chars().next_back());
    let after = line.get(offset + quote.len()..).and_then(|tail| tail.chars().next());
    !inside(before, quote.chars().next()) && !inside(quote.chars().next_back(), after)
}
