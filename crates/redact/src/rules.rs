//! The rules, read from `rules.toml` once, and the search for all their literals at once.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::Regex;
use serde::Deserialize;

use crate::assignment;

/// A pattern of a user's that is no regular expression.
#[derive(Debug, thiserror::Error)]
#[error("{pattern:?} is no regular expression: {reason}")]
pub struct BadPattern {
    pattern: String,
    reason: Box<regex::Error>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    kind: String,
    literals: Vec<String>,
    pattern: String,
    #[serde(default)]
    lines: bool,
    #[expect(dead_code, reason = "for the reader of the file; required, so that no rule is without one")]
    source: String,
}

/// A shape of credentials.
pub(crate) struct Rule {
    pub(crate) kind: String,
    pub(crate) pattern: Regex,
    /// Whether a match may span lines.
    pub(crate) lines: bool,
}

/// What a literal belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The rule at this place.
    Rule(usize),
    /// A word of telling names.
    Name,
}

/// All rules, and one automaton over the literals of all.
pub(crate) struct Rules {
    pub(crate) rules: Vec<Rule>,
    pub(crate) literals: AhoCorasick,
    /// By the automaton's pattern number.
    pub(crate) owners: Vec<Owner>,
}

/// The embedded rules. They are constants, and a test reads them all.
#[expect(clippy::expect_used, reason = "the rules are embedded, and a test reads every one")]
pub(crate) static RULES: LazyLock<Rules> =
    LazyLock::new(|| read(include_str!("rules.toml")).expect("the embedded rules"));

fn read(text: &str) -> Result<Rules, Box<dyn std::error::Error>> {
    let file: File = toml::from_str(text)?;
    let mut literals = Vec::new();
    let mut owners = Vec::new();
    let mut rules = Vec::new();
    for (place, written) in file.rule.into_iter().enumerate() {
        owners.extend(written.literals.iter().map(|_| Owner::Rule(place)));
        literals.extend(written.literals);
        rules.push(Rule { kind: written.kind, pattern: Regex::new(&written.pattern)?, lines: written.lines });
    }
    for word in assignment::WORDS {
        owners.push(Owner::Name);
        literals.push(word.to_owned());
    }
    let literals = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .build(literals)?;
    Ok(Rules { rules, literals, owners })
}

/// A user's own pattern.
pub(crate) fn own(pattern: &str) -> Result<Regex, BadPattern> {
    Regex::new(pattern).map_err(|reason| BadPattern { pattern: pattern.to_owned(), reason: Box::new(reason) })
}
