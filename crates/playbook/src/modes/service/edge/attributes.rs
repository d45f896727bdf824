//! Attributes of load balancers and target groups as calls set them, and what they were set to before.

use std::sync::LazyLock;

use marple_case::{Citation, facts::Change};
use regex::Regex;

use crate::{
    cite,
    reading::{Case, Seen},
};

/// A member of the parameter `attributes`, as CloudTrail has it.
static MEMBER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#""key":\s*"([^"]+)",\s*"value":\s*"([^"]*)""#).ok());
/// Beginnings of attributes that change no request's way: what is logged, what may be deleted.
const NEUTRAL: [&str; 4] = ["access_logs.", "connection_logs.", "health_check_logs.", "deletion_protection."];

/// An attribute that a call set.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Set {
    /// `idle_timeout.timeout_seconds`.
    pub(crate) key: String,
    /// What it was set to.
    pub(crate) value: String,
    /// What an earlier call had set it to, where the evidence holds one.
    pub(crate) before: Option<Earlier>,
}

/// A value that an attribute had.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Earlier {
    /// The value.
    pub(crate) value: String,
    /// The call that set it.
    pub(crate) citation: Option<Citation>,
}

impl Set {
    /// `idle_timeout.timeout_seconds=900 (before: 60)`.
    pub(crate) fn in_words(&self) -> String {
        let before = self.before.as_ref().map(|before| format!(" (before: {})", before.value)).unwrap_or_default();
        format!("{}={}{before}", self.key, self.value)
    }

    /// The value as a number of seconds.
    pub(crate) fn seconds(&self) -> Option<f64> {
        self.value.parse().ok()
    }
}

/// The attributes that a call set and that matter to requests, without those that it left at their value.
pub(super) fn told(case: &Case<'_>, change: Seen<'_, Change>) -> Vec<Set> {
    let all = members(change.fact).into_iter();
    let telling = all.filter(|(key, _)| !NEUTRAL.iter().any(|beginning| key.starts_with(beginning)));
    let set = telling.map(|(key, value)| Set { before: before(case, change.fact, &key), key, value });
    set.filter(|one| one.before.as_ref().is_none_or(|before| before.value != one.value)).collect()
}

fn members(change: &Change) -> Vec<(String, String)> {
    let Some(pattern) = MEMBER.as_ref() else { return Vec::new() };
    let pair =
        |found: regex::Captures<'_>| Some((found.get(1)?.as_str().to_owned(), found.get(2)?.as_str().to_owned()));
    pattern.captures_iter(&change.detail).filter_map(pair).collect()
}

/// What the last call before this one set an attribute of the same resource to.
fn before(case: &Case<'_>, change: &Change, key: &str) -> Option<Earlier> {
    let same = |other: &Seen<'_, Change>| {
        other.at < change.at && other.action == change.action && other.resource == change.resource
    };
    let value = |other: &Change| members(other).into_iter().find(|(name, _)| name == key).map(|(_, value)| value);
    let (earlier, value) = case
        .all_changes()
        .filter(same)
        .filter_map(|other| Some((other, value(other.fact)?)))
        .max_by_key(|(other, _)| other.at)?;
    Some(Earlier { value, citation: cite_value(earlier, key) })
}

/// Quotes the value that a call gave an attribute.
pub(super) fn cite_value(change: Seen<'_, Change>, key: &str) -> Option<Citation> {
    let stamp = change.at.to_string();
    cite::any(change.evidence, &[&[key, &stamp, &change.action], &[&stamp, &change.action]])
}
