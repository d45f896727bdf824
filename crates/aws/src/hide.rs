//! Hides what looks like a credential, and nothing else.
//!
//! A hidden value becomes a marker, `<hidden:1f3a90c2>`: the first 32 bits of a keyed SHA-256 of it. Equal values have equal
//! markers under one key, so that "both services have the same password" stays visible, while a marker cannot be looked up in a
//! table of hashed words.
//!
//! | what | where |
//! |---|---|
//! | is a *name* that of a credential (`DB_PASSWORD`), a reference (`SECRET_ARN`) or neither | [`name`] |
//! | does a *value* look like one (access keys, tokens, private keys, passwords in URLs, random text) | [`value`] |
//! | literals in lines of code and configuration | [`line`] |
//!
//! Invariants: host names, ports, flags, log levels, ARNs and URLs without a password stay as they are; an empty value stays
//! empty, since that it is empty is what an investigator looks for; hiding twice gives what hiding once gave.

use std::hash::{BuildHasher, Hasher, RandomState};

use marple_case::facts::ShownValue;
use serde_json::Value;
use sha2::{Digest, Sha256};

mod line;
mod name;
#[cfg(test)]
mod tests;
mod value;

/// The beginning of every marker.
const MARKER: &str = "<hidden:";

/// What CloudFormation and CloudTrail put in place of a value that they hide themselves.
const HIDDEN_BY_AWS: [&str; 3] = ["****", "*****", "HIDDEN_DUE_TO_SECURITY_REASONS"];

/// Hides credentials under one key.
#[derive(Clone)]
pub(crate) struct Hider {
    key: [u8; 32],
}

impl std::fmt::Debug for Hider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hider")
    }
}

impl Hider {
    /// Markers are comparable only under the same key: take a random one a process, a fixed one for texts that have to be
    /// the same on every run.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// Under a key of this process's own: the standard library's hash seeds, which come from the operating system.
    pub(crate) fn random() -> Self {
        let mut key = [0; 32];
        for chunk in key.chunks_mut(8) {
            let seed = RandomState::new().build_hasher().finish();
            chunk.copy_from_slice(&seed.to_ne_bytes());
        }
        Self { key }
    }

    /// The value of an environment variable, as far as it may be shown.
    pub(crate) fn variable(&self, name: &str, value: &str) -> ShownValue {
        if is_shown_anyway(value) {
            return ShownValue::Plain(value.to_owned());
        }
        // A URL under a telling name still says which host it leads to: its password goes, the rest is judged as a value.
        let telling = name::verdict(name).hides(value) && !value::is_url_with_password(value);
        if telling || value::is_credential(value) {
            return ShownValue::Hidden(self.marker(value));
        }
        ShownValue::Plain(self.text(value))
    }

    /// The same as [`Hider::variable`], as a string: a stack's parameter, a field of a request.
    pub(crate) fn named(&self, name: &str, value: &str) -> String {
        self.variable(name, value).to_string()
    }

    /// Any text, with the parts hidden that look like credentials by themselves.
    pub(crate) fn text(&self, text: &str) -> String {
        value::hide_parts(text, &|part| self.marker(part))
    }

    /// A line of source code: literals that are given to a telling name, and what [`Hider::text`] hides.
    pub(crate) fn code_line(&self, line: &str) -> String {
        self.text(&line::hide_literals(line, &|part| self.marker(part)))
    }

    /// A line of a configuration file (`.env`, YAML, properties): as [`Hider::code_line`], and `NAME=value` without quotes.
    pub(crate) fn configuration_line(&self, line: &str) -> String {
        self.code_line(&line::hide_assignment(line, &|part| self.marker(part)))
    }

    /// A JSON value: strings under telling keys, values of pairs such as `{"name": "DB_PASSWORD", "value": "…"}`, and what
    /// [`Hider::text`] hides in all other strings.
    pub(crate) fn json(&self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let pair = pair_name(fields);
                let shown = |(key, value): (&String, &Value)| {
                    let name = pair.filter(|_| PAIR_VALUES.contains(&key.as_str())).unwrap_or(key);
                    (key.clone(), self.json_under(name, value))
                };
                Value::Object(fields.iter().map(shown).collect())
            }
            Value::Array(items) => Value::Array(items.iter().map(|item| self.json(item)).collect()),
            Value::String(text) => Value::String(self.text(text)),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn json_under(&self, name: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.named(name, text)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.json_under(name, item)).collect()),
            other => self.json(other),
        }
    }

    fn marker(&self, value: &str) -> String {
        let digest = Sha256::new().chain_update(self.key).chain_update(value.as_bytes()).finalize();
        let hex: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        format!("{MARKER}{hex}>")
    }
}

/// The keys that hold a pair's value: ECS environments and tags (`value`), CloudFormation (`parameterValue`).
const PAIR_VALUES: [&str; 4] = ["value", "Value", "parameterValue", "ParameterValue"];

/// The name in a pair of name and value, as AWS's requests write them.
fn pair_name(fields: &serde_json::Map<String, Value>) -> Option<&str> {
    const NAMES: [&str; 6] = ["name", "Name", "key", "Key", "parameterKey", "ParameterKey"];
    NAMES.iter().find_map(|name| fields.get(*name)?.as_str())
}

/// Values that are shown under any name: empty ones, references, and what is hidden already.
fn is_shown_anyway(value: &str) -> bool {
    let reference = value.starts_with("arn:") || (value.starts_with("{{resolve:") && value.ends_with("}}"));
    value.trim().is_empty() || reference || value.starts_with(MARKER) || HIDDEN_BY_AWS.contains(&value)
}
