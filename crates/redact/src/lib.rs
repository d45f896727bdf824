//! Hides what looks like a credential, and nothing else: in text, in environment variables, in JSON and in code.
//!
//! A hidden value becomes a marker, `<hidden:KIND:1f3a90c2>`: what sort of credential it is, and the first 32 bits of a keyed SHA-256 of it. Equal
//! values have equal markers under one key, so that "both services have the same password" stays visible, while a marker cannot be looked
//! up in a table of hashed words.
//!
//! | module | what it knows |
//! |---|---|
//! | `rules` | shapes of credentials, as data (`rules.toml`), with who documents each |
//! | `scan` | one search for all rules' literals; a rule's pattern runs only on lines that hold one |
//! | `assignment` | `name=value`, `"name": "value"`, `--name value` in any text |
//! | `name` | whether a name is that of a credential (`DB_PASSWORD`), a reference (`SECRET_ARN`) or neither |
//! | `value` | whether a value is random enough, a number, a reference |
//! | `card` | numbers of payment cards |
//! | `line` | literals in lines of source code and configuration |
//!
//! Invariants: host names, ports, flags, log levels, identifiers, digests, ARNs and URLs without a password stay as they are; an empty value
//! stays empty, since that it is empty is what an investigator looks for; lines stay lines; hiding twice gives what hiding once gave.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher, RandomState};

use serde_json::Value;
use sha2::{Digest, Sha256};

mod assignment;
mod card;
mod line;
mod name;
mod rules;
mod scan;
#[cfg(test)]
mod tests;
mod value;

pub use rules::BadPattern;

/// The beginning of every marker.
const MARKER: &str = "<hidden:";

/// The kind of a value that is hidden for its name.
const NAMED: &str = "credential";

/// The kind of what a user's own pattern finds.
const OWN: &str = "own-pattern";

/// What CloudFormation and CloudTrail put in place of a value that they hide themselves.
const HIDDEN_BY_AWS: [&str; 3] = ["****", "*****", "HIDDEN_DUE_TO_SECURITY_REASONS"];

/// A value as far as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// As it is, or with parts hidden.
    Plain(String),
    /// A marker in its place.
    Hidden(String),
}

/// Hides credentials under one key.
#[derive(Clone)]
pub struct Redactor {
    key: [u8; 32],
    own: Vec<regex::Regex>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redactor")
    }
}

impl Redactor {
    /// Markers are comparable only under the same key: one a process, or one an installation; a fixed one for texts that have to be the same
    /// on every run.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key, own: Vec::new() }
    }

    /// Under a key of this process's own: the standard library's hash seeds, which come from the operating system.
    pub fn random() -> Self {
        Self::new(random_key())
    }

    /// Hides what these regular expressions find, too: their group `secret`, or the whole match.
    ///
    /// # Errors
    /// The first pattern that is none, and why.
    pub fn with_patterns<'a>(mut self, patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, BadPattern> {
        for pattern in patterns {
            self.own.push(rules::own(pattern)?);
        }
        Ok(self)
    }

    /// Any text, with the parts hidden that look like credentials.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        scan::hide(text, &self.own, &|kind, part| self.marker(kind, part))
    }

    /// The value of an environment variable.
    pub fn variable(&self, name: &str, value: &str) -> Shown {
        if value::is_marker(value) {
            return Shown::Hidden(value.to_owned());
        }
        if is_shown_anyway(value) {
            return Shown::Plain(value.to_owned());
        }
        // A URL under a telling name still says which host it leads to: its password goes, the rest is judged as a value.
        let telling = name::verdict(name).hides(value) && !value::is_url_with_password(value);
        if telling || value::is_random_run(value.trim()) {
            return Shown::Hidden(self.marker(NAMED, value));
        }
        match self.text(value) {
            Cow::Owned(hidden) if value::is_marker(hidden.trim_end()) => Shown::Hidden(hidden.trim_end().to_owned()),
            shown => Shown::Plain(shown.into_owned()),
        }
    }

    /// The same as [`Redactor::variable`], as a string: a stack's parameter, a field of a request.
    pub fn named(&self, name: &str, value: &str) -> String {
        match self.variable(name, value) {
            Shown::Plain(shown) | Shown::Hidden(shown) => shown,
        }
    }

    /// A line of source code: literals that are given to a telling name, and what [`Redactor::text`] hides.
    pub fn code_line(&self, line: &str) -> String {
        self.text(&line::hide_literals(line, &|part| self.marker(NAMED, part))).into_owned()
    }

    /// A line of a configuration file (`.env`, YAML, properties): as [`Redactor::code_line`], and `NAME=value` without quotes.
    pub fn configuration_line(&self, line: &str) -> String {
        self.code_line(&line::hide_assignment(line, &|part| self.marker(NAMED, part)))
    }

    /// A JSON value: strings under telling keys, values of pairs such as `{"name": "DB_PASSWORD", "value": "…"}`, and what
    /// [`Redactor::text`] hides in all other strings.
    pub fn json(&self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let pair = pair_name(fields);
                let shown = |(key, value): (&String, &Value)| {
                    if pair.is_some_and(|name| value.as_str() == Some(name) && PAIR_NAMES.contains(&key.as_str())) {
                        return (key.clone(), self.json(value));
                    }
                    let name = pair.filter(|_| PAIR_VALUES.contains(&key.as_str())).unwrap_or(key);
                    (key.clone(), self.json_under(name, value))
                };
                Value::Object(fields.iter().map(shown).collect())
            }
            Value::Array(items) => Value::Array(items.iter().map(|item| self.json(item)).collect()),
            Value::String(text) => Value::String(self.text(text).into_owned()),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// Every string of a JSON value as [`Redactor::text`], whatever its key: for values whose named fields were judged before. Says whether
    /// anything changed.
    pub fn strings(&self, value: &mut Value) -> bool {
        match value {
            // Counted, not asked with `any`: that one would stop at the first change.
            Value::Object(fields) => {
                fields.values_mut().map(|inner| self.strings(inner)).filter(|changed| *changed).count() > 0
            }
            Value::Array(items) => {
                items.iter_mut().map(|inner| self.strings(inner)).filter(|changed| *changed).count() > 0
            }
            Value::String(text) => match self.text(text) {
                Cow::Owned(hidden) => {
                    *text = hidden;
                    true
                }
                Cow::Borrowed(_) => false,
            },
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    fn json_under(&self, name: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.named(name, text)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.json_under(name, item)).collect()),
            other => self.json(other),
        }
    }

    fn marker(&self, kind: &str, value: &str) -> String {
        let digest = Sha256::new().chain_update(self.key).chain_update(value.as_bytes()).finalize();
        let hex: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        format!("{MARKER}{kind}:{hex}>")
    }
}

/// A key from the operating system's randomness, through the standard library's hash seeds.
pub fn random_key() -> [u8; 32] {
    let mut key = [0; 32];
    for chunk in key.chunks_mut(8) {
        let seed = RandomState::new().build_hasher().finish();
        chunk.copy_from_slice(&seed.to_ne_bytes());
    }
    key
}

/// The keys that hold a pair's value: ECS environments and tags (`value`), CloudFormation (`parameterValue`).
const PAIR_VALUES: [&str; 4] = ["value", "Value", "parameterValue", "ParameterValue"];

/// The keys that hold a pair's name.
const PAIR_NAMES: [&str; 6] = ["name", "Name", "key", "Key", "parameterKey", "ParameterKey"];

/// The name in a pair of name and value, as AWS's requests write them.
fn pair_name(fields: &serde_json::Map<String, Value>) -> Option<&str> {
    fields.keys().find(|key| PAIR_VALUES.contains(&key.as_str()))?;
    PAIR_NAMES.iter().find_map(|name| fields.get(*name)?.as_str())
}

/// Values that are shown under any name: empty ones, references, and what is hidden already.
fn is_shown_anyway(value: &str) -> bool {
    let reference = value.starts_with("arn:") || (value.starts_with("{{resolve:") && value.ends_with("}}"));
    value.trim().is_empty() || reference || value.starts_with(MARKER) || HIDDEN_BY_AWS.contains(&value)
}
