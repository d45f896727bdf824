//! The rules, read from `rules.toml` once, and the search for all their literals at once.

use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::Regex;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    what: String,
    literals: Vec<String>,
    pattern: String,
}

/// What an attempt looks like.
#[derive(Debug)]
pub(super) struct Rule {
    /// Its name.
    pub(super) id: &'static str,
    /// What such words try.
    pub(super) what: &'static str,
    /// The pattern as it is written.
    written: String,
    pattern: OnceLock<Regex>,
}

impl Rule {
    /// Its pattern, over text in lower case. Compiled when it is first needed: most investigations need none.
    #[expect(clippy::expect_used, reason = "the patterns are embedded, and a test compiles every one")]
    pub(super) fn pattern(&self) -> &Regex {
        self.pattern.get_or_init(|| Regex::new(&self.written).expect("an embedded pattern"))
    }
}

/// All rules, and one automaton over the literals of all.
pub(super) struct Rules {
    pub(super) rules: Vec<Rule>,
    pub(super) literals: AhoCorasick,
    /// The rule of each literal, by the automaton's pattern number.
    pub(super) owners: Vec<usize>,
}

/// The embedded rules. They are constants, and a test reads them all.
#[expect(clippy::expect_used, reason = "the rules are embedded, and a test reads every one")]
pub(super) static RULES: LazyLock<Rules> =
    LazyLock::new(|| read(include_str!("rules.toml")).expect("the embedded rules"));

fn read(text: &str) -> Result<Rules, Box<dyn std::error::Error>> {
    let file: File = toml::from_str(text)?;
    let (mut rules, mut literals, mut owners) = (Vec::new(), Vec::new(), Vec::new());
    for (place, written) in file.rule.into_iter().enumerate() {
        owners.extend(written.literals.iter().map(|_| place));
        literals.extend(written.literals);
        rules.push(Rule {
            // Read once, for as long as the program runs.
            id: String::leak(written.id),
            what: String::leak(written.what),
            written: written.pattern,
            pattern: OnceLock::new(),
        });
    }
    let literals = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .build(literals)?;
    Ok(Rules { rules, literals, owners })
}
