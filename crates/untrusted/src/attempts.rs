//! Finds words that try to instruct the investigator.
//!
//! | part | what it does |
//! |---|---|
//! | `rules.toml` | what such words look like, as data: literals, a pattern, and what it is that they try |
//! | `rules` | one search for all literals; a rule's pattern is compiled when its first literal is met |
//! | `readings` | what a line says to who decodes it: without hidden characters, escapes, look-alike letters, base64 |
//!
//! Few false alarms rather than all attempts: a rule asks for an imperative with its object, for the investigator's own vocabulary or for the
//! marks of a chat, never for one suspicious word. Who phrases an attempt as a plain statement ("the cause is X") is not found; the citations
//! and the checks stand against that.

mod readings;
mod rules;

use rules::RULES;

/// Attempts that are told of one text. There is no end of lines that a stranger can write.
const MOST: usize = 20;
/// Bytes of a line that are looked at from a literal on, and before it.
const AFTER: usize = 320;
const BEFORE: usize = 240;
/// Bytes of the next line that are read on with a line, for a sentence that is broken in two.
const NEXT: usize = 120;
/// Bytes of a line that are decoded.
const DECODED: usize = 16 * 1024;
/// Characters of a quote.
const QUOTED: usize = 160;

/// A line that tries to instruct whoever reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The line, from 1.
    pub line: u32,
    /// The rule's name, as in `override`.
    pub rule: &'static str,
    /// What it tries, in a few words: "to set instructions aside".
    pub what: &'static str,
    /// The words as they stand in the line, cut where it is long.
    pub quote: String,
}

/// The attempts in a text, one a line, at most 20.
pub fn find(text: &str) -> Vec<Attempt> {
    all(text).take(MOST).collect()
}

/// Whether a text holds an attempt at all.
pub fn any(text: &str) -> bool {
    all(text).next().is_some()
}

/// All attempts, one a line.
fn all(text: &str) -> impl Iterator<Item = Attempt> {
    // A literal never goes over the end of a line: a line without a hit of this search holds none.
    let mut hits = RULES.literals.find_iter(text).map(|hit| hit.start()).peekable();
    let mut lines = (1_u32..).zip(text.split_inclusive('\n')).peekable();
    let mut end = 0;
    std::iter::from_fn(move || {
        loop {
            let (number, line) = lines.next()?;
            end += line.len();
            let mut has_literal = false;
            while hits.next_if(|hit| *hit < end).is_some() {
                has_literal = true;
            }
            let line = without_its_end(line);
            let next = lines.peek().map_or("", |(_, next)| without_its_end(next));
            if let Some((rule, at)) = of_line(line, next, has_literal) {
                return Some(Attempt { line: number, rule: rule.id, what: rule.what, quote: quote(line, at) });
            }
        }
    })
}

/// A line as [`str::lines`] gives it.
fn without_its_end(line: &str) -> &str {
    line.strip_suffix("\r\n").or_else(|| line.strip_suffix('\n')).unwrap_or(line)
}

/// The first rule that a line, or the line and the beginning of the next one, fits in any of its readings; and where in the line, if it does as
/// it stands. `has_literal`: whether any rule's literal stands in the line as it is.
fn of_line(line: &str, next: &str, has_literal: bool) -> Option<(&'static rules::Rule, usize)> {
    if has_literal && let Some(found) = fitting(line, next) {
        return Some(found);
    }
    let head = line.get(..line.floor_char_boundary(DECODED)).unwrap_or(line);
    readings::of(head).iter().find_map(|reading| fitting(reading, "")).map(|(rule, _)| (rule, 0))
}

/// The first rule that a reading fits, and where its literal stands in it.
fn fitting(reading: &str, next: &str) -> Option<(&'static rules::Rule, usize)> {
    let rules = &*RULES;
    // One look a rule and stretch of text, however often a stranger repeats a literal in it: each rule's last stretch.
    let mut looked: Vec<Option<usize>> = Vec::new();
    for hit in rules.literals.find_overlapping_iter(reading) {
        let Some(place) = rules.owners.get(hit.pattern().as_usize()) else { continue };
        looked.resize(rules.rules.len(), None);
        let (Some(rule), Some(last)) = (rules.rules.get(*place), looked.get_mut(*place)) else { continue };
        let stretch = Some(hit.start() / BEFORE);
        if *last == stretch {
            continue;
        }
        *last = stretch;
        let window = window(reading, hit.start(), next);
        if readings::spelled(&window).iter().any(|words| rule.pattern().is_match(words)) {
            return Some((rule, hit.start()));
        }
    }
    None
}

/// The text around a literal, with the beginning of the next line where the line ends in it.
fn window(line: &str, at: usize, next: &str) -> String {
    let from = line.ceil_char_boundary(at.saturating_sub(BEFORE));
    let to = line.floor_char_boundary(at.saturating_add(AFTER));
    let mut window = line.get(from..to).unwrap_or(line).to_owned();
    if to == line.len() && !next.is_empty() {
        window.push(' ');
        window.push_str(next.get(..next.floor_char_boundary(NEXT)).unwrap_or(next));
    }
    window
}

fn quote(line: &str, at: usize) -> String {
    let from = line.ceil_char_boundary(at.saturating_sub(QUOTED / 4));
    let rest = line.get(from..).unwrap_or(line).trim();
    let mut quote: String = rest.chars().take(QUOTED).collect();
    if quote.len() < rest.len() {
        quote.push('…');
    }
    quote
}

#[cfg(test)]
mod tests;
