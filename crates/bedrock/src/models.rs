//! What a family of models accepts: a table in data, `models.toml`, over which a user's own file may be laid.
//!
//! A layer's entry for a model is the one with the longest `id` that stands in the model's id. A later layer's entry wins field by
//! field, so that a file may add a price and leave the rest as it is. What no layer says has a safe default: no field is sent that
//! an unknown model might refuse, and an unknown price is unknown.

use std::sync::LazyLock;

use serde::Deserialize;
use toml::Spanned;

use crate::{options::Options, price::Price};

/// The output limit that a request to an unknown model asks for.
const SAFE_OUTPUT_TOKENS: u32 = 4096;

/// The table of families.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    layers: Vec<Vec<Entry>>,
}

/// Why a table cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct TableError {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub reason: String,
}

/// What is known of a model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Family {
    /// Input and output tokens together; `None`: unknown.
    pub context_window: Option<u64>,
    /// The output tokens that a request asks for at first.
    pub max_output_tokens: u32,
    /// The output tokens that the model can write at most.
    pub output_limit: u32,
    /// What a model costs; `None`: unknown.
    pub price: Option<Price>,
    pub(crate) cache: Option<CachePlaces>,
    pub(crate) any_tool_choice: bool,
    pub(crate) thinking: Option<ThinkingField>,
}

/// Where a model takes cache points. The system prompt is always such a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CachePlaces {
    /// After the tools.
    pub(crate) tools: bool,
    /// In messages that hold tool results.
    pub(crate) results: bool,
    /// Whether the ttl `1h` is taken.
    #[serde(default)]
    pub(crate) long: bool,
}

/// The request fields with which a family thinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ThinkingField {
    /// `thinking: {type: enabled, budget_tokens}`.
    Budget,
    /// `thinking: {type: adaptive}`, with `output_config: {effort}`.
    Adaptive,
    /// Either.
    AdaptiveOrBudget,
    /// `reasoningConfig: {type: enabled, maxReasoningEffort}`.
    Nova,
    /// `reasoning_effort`.
    Openai,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    context_window: Option<u64>,
    max_output_tokens: Option<u32>,
    output_limit: Option<u32>,
    cache: Option<CachePlaces>,
    any_tool_choice: Option<bool>,
    thinking: Option<ThinkingField>,
    price: Option<Price>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    family: Vec<Spanned<Entry>>,
}

/// The embedded layer; empty if it cannot be read, which a test excludes.
static EMBEDDED: LazyLock<Vec<Entry>> =
    LazyLock::new(|| read("models.toml", include_str!("models.toml")).unwrap_or_default());

impl Default for Table {
    fn default() -> Self {
        Self::embedded()
    }
}

impl Table {
    /// The table that the program brings.
    pub fn embedded() -> Self {
        Self { layers: vec![EMBEDDED.clone()] }
    }

    /// The same with a user's file over it: `[[family]]` entries as in `models.toml`, of which each needs its `id` alone.
    pub fn with(mut self, file: &str, text: &str) -> Result<Self, TableError> {
        self.layers.push(read(file, text)?);
        Ok(self)
    }

    /// What is known of a model by its id, an inference profile, or an ARN that holds one of these.
    pub fn family(&self, id: &str) -> Family {
        let mut known = Family::default();
        let (mut asked, mut limit) = (None, None);
        for layer in &self.layers {
            let named = layer.iter().filter(|entry| id.contains(&entry.id));
            let Some(entry) = named.max_by_key(|entry| entry.id.len()) else { continue };
            asked = entry.max_output_tokens.or(asked);
            limit = entry.output_limit.or(limit);
            known.context_window = entry.context_window.or(known.context_window);
            known.cache = entry.cache.or(known.cache);
            known.any_tool_choice = entry.any_tool_choice.unwrap_or(known.any_tool_choice);
            known.thinking = entry.thinking.or(known.thinking);
            known.price = entry.price.or(known.price);
        }
        known.max_output_tokens = asked.or(limit).unwrap_or(SAFE_OUTPUT_TOKENS);
        known.output_limit = limit.unwrap_or(known.max_output_tokens).max(known.max_output_tokens);
        known
    }

    /// The family that counts for a model with these options: an application inference profile's ARN names no model.
    pub(crate) fn family_of(&self, id: &str, options: &Options) -> Family {
        self.family(options.family.as_deref().unwrap_or(id))
    }
}

fn read(file: &str, text: &str) -> Result<Vec<Entry>, TableError> {
    let error = |at: usize, reason: String| TableError { file: file.to_owned(), line: line(text, at), reason };
    let table: File = toml::from_str(text)
        .map_err(|wrong| error(wrong.span().map_or(0, |span| span.start), wrong.message().to_owned()))?;
    let checked = table.family.into_iter().map(|entry| {
        let start = entry.span().start;
        let entry = entry.into_inner();
        match wrong_in(&entry) {
            Some(reason) => Err(error(start, reason)),
            None => Ok(entry),
        }
    });
    checked.collect()
}

/// What a well-formed entry says that cannot be.
fn wrong_in(entry: &Entry) -> Option<String> {
    let zero = |tokens: Option<u32>| tokens == Some(0);
    if entry.id.is_empty() {
        return Some("id is empty: it would stand in every model's id".to_owned());
    }
    if zero(entry.max_output_tokens) || zero(entry.output_limit) || entry.context_window == Some(0) {
        return Some(format!("{}: a limit of 0 tokens", entry.id));
    }
    let wrong = entry.price.and_then(|price| price.wrong());
    wrong.map(|field| format!("{}: price.{field} has to be a number of US dollars from 0", entry.id))
}

/// The line of a byte, from 1.
fn line(text: &str, at: usize) -> usize {
    let before = text.bytes().take(at);
    before.filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests;
