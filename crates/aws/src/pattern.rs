//! Regular expressions that are part of the program: compiled at their first use.

use std::{borrow::Cow, sync::LazyLock};

use regex::{Captures, Regex};

/// A regular expression. One that does not compile matches nothing; the tests of each module match theirs.
#[derive(Debug)]
pub(crate) struct Pattern(LazyLock<Option<Regex>>);

impl Pattern {
    /// A pattern, by what makes it: `Pattern::new(|| Regex::new("…"))`.
    pub(crate) const fn new(make: fn() -> Option<Regex>) -> Self {
        Self(LazyLock::new(make))
    }

    /// Whether it matches anywhere in the text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// The first match.
    pub(crate) fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.0.as_ref()?.captures(text)
    }

    /// The text with each match replaced by a word.
    pub(crate) fn replaced<'t>(&self, text: &'t str, word: &str) -> Cow<'t, str> {
        self.0.as_ref().map_or(Cow::Borrowed(text), |regex| regex.replace_all(text, regex::NoExpand(word)))
    }

    /// All matches, left to right.
    pub(crate) fn all<'t>(&self, text: &'t str) -> Vec<Captures<'t>> {
        self.0.as_ref().map(|regex| regex.captures_iter(text).collect()).unwrap_or_default()
    }
}

/// A [`Pattern`] of a literal.
macro_rules! pattern {
    ($text:literal) => {
        $crate::pattern::Pattern::new(|| regex::Regex::new($text).ok())
    };
}

pub(crate) use pattern;
