//! Finds the parts of a text that look like credentials, in one pass over it, and puts markers in their places.
//!
//! One automaton looks for the literals of all rules; a rule's pattern runs once a line, and only on lines that hold one of its literals. What has no
//! literal is looked for by its own loops: runs of digits (`card`), runs of 40 random characters (AWS secret access keys).

use std::borrow::Cow;

use regex::Regex;

use crate::{
    NAMED, OWN, assignment, card,
    rules::{Owner, RULES},
    value,
};

/// How far a match reaches over lines, bytes: a private key of 16,384 bits in PEM is 12.5 KB.
const LINES: usize = 20_000;

/// How much of a line is looked at around a literal, bytes. A line may be a megabyte; a credential is not.
const BEFORE: usize = 512;
const AFTER: usize = 8_192;

/// A part of a text that is to be hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span<'k> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: &'k str,
}

/// Hides what is found; a text in which nothing is found is given back as it is.
pub(crate) fn hide<'t>(text: &'t str, own: &[Regex], marker: &dyn Fn(&str, &str) -> String) -> Cow<'t, str> {
    let mut spans = find(text, own);
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    // Where two overlap, the one that begins first stands, and of those the longer one.
    spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut shown = String::with_capacity(text.len());
    let mut from = 0;
    for span in spans {
        if span.start < from {
            continue;
        }
        let part = text.get(span.start..span.end).unwrap_or_default();
        if part.is_empty() || value::is_marker(part) {
            continue;
        }
        shown.push_str(text.get(from..span.start).unwrap_or_default());
        shown.push_str(&marker(span.kind, part));
        // Lines stay lines: what comes after is where it was.
        shown.extend(part.bytes().filter(|byte| *byte == b'\n').map(char::from));
        from = span.end;
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(shown)
}

fn find(text: &str, own: &[Regex]) -> Vec<Span<'static>> {
    let rules = &*RULES;
    let mut spans = Vec::new();
    // Up to where each rule has looked, and the last name that was looked at.
    let mut seen = vec![0_usize; rules.rules.len()];
    let mut named = 0_usize;
    for hit in rules.literals.find_overlapping_iter(text) {
        match rules.owners.get(hit.pattern().as_usize()) {
            Some(Owner::Rule(place)) => {
                let (Some(rule), Some(seen)) = (rules.rules.get(*place), seen.get_mut(*place)) else { continue };
                if hit.start() < *seen {
                    continue;
                }
                let (from, to) = around(text, hit.start(), *seen, rule.lines);
                *seen = to;
                let Some(region) = text.get(from..to) else { continue };
                spans.extend(rule.pattern.captures_iter(region).filter_map(|found| {
                    let secret = found.name("secret").or_else(|| found.get(0))?;
                    let fits = rule.kind != "url-password" || !value::is_port_and_path(secret.as_str());
                    fits.then_some(Span {
                        start: from + secret.start(),
                        end: from + secret.end(),
                        kind: rule.kind.as_str(),
                    })
                }));
            }
            Some(Owner::Name) if hit.start() >= named => {
                if let Some(found) = assignment::around(text, hit.start(), hit.end()) {
                    named = found.value.end.max(found.name_end);
                    if found.is_secret {
                        spans.push(Span { start: found.value.start, end: found.value.end, kind: NAMED });
                    }
                }
            }
            _ => {}
        }
    }
    spans.extend(value::access_keys(text).map(|range| Span {
        start: range.start,
        end: range.end,
        kind: "aws-secret-access-key",
    }));
    spans.extend(card::find(text).map(|range| Span { start: range.start, end: range.end, kind: "payment-card" }));
    for pattern in own {
        spans.extend(pattern.captures_iter(text).filter_map(|found| {
            let secret = found.name("secret").or_else(|| found.get(0))?;
            Some(Span { start: secret.start(), end: secret.end(), kind: OWN })
        }));
    }
    spans
}

/// The region around a literal in which its rule looks: the line, bounded, not before `seen`; for rules over lines, what comes after, too.
fn around(text: &str, hit: usize, seen: usize, lines: bool) -> (usize, usize) {
    let earliest = hit.saturating_sub(BEFORE).max(seen);
    let line_start = text
        .get(floor(text, earliest)..hit)
        .and_then(|before| before.rfind('\n'))
        .map(|place| floor(text, earliest) + place + 1);
    let from = line_start.unwrap_or_else(|| floor(text, earliest));
    let latest = floor(text, hit.saturating_add(if lines { LINES } else { AFTER }).min(text.len()));
    let line_end =
        if lines { None } else { text.get(hit..latest).and_then(|after| after.find('\n')).map(|place| hit + place) };
    (from, line_end.unwrap_or(latest))
}

/// The nearest place at or before `place` where a character begins.
fn floor(text: &str, place: usize) -> usize {
    (0..=place.min(text.len())).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}
