//! Hides credentials in what AWS answered: `marple_redact` in the words of the facts.

use std::borrow::Cow;

use marple_agent::ports::Taken;
use marple_case::{Facts, Outcome, facts::ShownValue};
use marple_redact::{Redactor, Shown};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Hides credentials under one key.
#[derive(Debug, Clone)]
pub(crate) struct Hider(Redactor);

impl From<Redactor> for Hider {
    fn from(redactor: Redactor) -> Self {
        Self(redactor)
    }
}

impl Hider {
    /// Markers are comparable only under the same key.
    #[cfg(test)]
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self(Redactor::new(key))
    }

    /// The value of an environment variable, as far as it may be shown.
    pub(crate) fn variable(&self, name: &str, value: &str) -> ShownValue {
        match self.0.variable(name, value) {
            Shown::Plain(value) => ShownValue::Plain(value),
            Shown::Hidden(marker) => ShownValue::Hidden(marker),
        }
    }

    /// The same as [`Hider::variable`], as a string: a stack's parameter, a field of a request.
    pub(crate) fn named(&self, name: &str, value: &str) -> String {
        self.0.named(name, value)
    }

    /// Any text, with the parts hidden that look like credentials.
    pub(crate) fn text(&self, text: &str) -> String {
        self.0.text(text).into_owned()
    }

    /// A line of source code.
    pub(crate) fn code_line(&self, line: &str) -> String {
        self.0.code_line(line)
    }

    /// A line of a configuration file.
    pub(crate) fn configuration_line(&self, line: &str) -> String {
        self.0.configuration_line(line)
    }

    /// A JSON value: by key, by pair, and in all other strings.
    pub(crate) fn json(&self, value: &Value) -> Value {
        self.0.json(value)
    }

    /// The last look at what a tool took, before it leaves the toolbox: text, facts, command and AWS's own messages.
    pub(crate) fn taken(&self, mut taken: Taken) -> Taken {
        self.in_place(&mut taken.text);
        taken.shown.iter_mut().for_each(|shown| self.in_place(shown));
        self.in_place(&mut taken.command);
        self.outcome(&mut taken.outcome);
        taken.unread.iter_mut().for_each(|outcome| self.outcome(outcome));
        taken.facts = self.over(taken.facts).unwrap_or(Facts::Nothing);
        taken
    }

    /// Every string of a value, whatever its key.
    pub(crate) fn over<T: Serialize + DeserializeOwned>(&self, value: T) -> Result<T, serde_json::Error> {
        let mut json = serde_json::to_value(&value)?;
        if self.0.strings(&mut json) { serde_json::from_value(json) } else { Ok(value) }
    }

    fn in_place(&self, text: &mut String) {
        if let Cow::Owned(hidden) = self.0.text(text) {
            *text = hidden;
        }
    }

    fn outcome(&self, outcome: &mut Outcome) {
        if let Outcome::Denied { message, .. } | Outcome::Failed { message } = outcome {
            self.in_place(message);
        }
    }
}
