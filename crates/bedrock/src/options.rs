//! What a user may set of a Bedrock model, as it stands in a configuration file.
//!
//! ```toml
//! thinking = { effort = "high" }          # or { budget_tokens = 8000 }, or {}
//! cache = "auto"                          # or "5m", or "off"
//! guardrail = { id = "a1b2c3d4e5f6", version = "DRAFT", trace = "enabled" }
//! latency = "optimized"
//! service_tier = "priority"
//! metadata = { team = "payments" }
//! ```
//! Names and values are those of ConverseStream:
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html>. Whether a model takes a setting is for
//! the service to say; what can never be right is an [`OptionsError`] before anything is sent.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// Key of the request metadata that holds the investigation's id.
pub(crate) const INVESTIGATION: &str = "marple-investigation";

/// Settings of a Bedrock model. All are optional.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// The model id whose entry in the table counts, where the id itself does not tell: application inference profiles, provisioned
    /// throughput, custom and imported models are named by ARNs that hold no model id.
    pub family: Option<String>,
    /// The output tokens that a request asks for, reasoning included. Default: the family's.
    pub max_output_tokens: Option<u32>,
    /// Think before answering. Default: the request does not say, and most models then do not.
    pub thinking: Option<Thinking>,
    /// Prompt caching. Default: as far as the family takes it.
    pub cache: Cache,
    /// A guardrail over the whole conversation.
    pub guardrail: Option<Guardrail>,
    /// `performanceConfig.latency`.
    pub latency: Option<Latency>,
    /// `serviceTier.type`.
    pub service_tier: Option<ServiceTier>,
    /// `requestMetadata`, for filtering invocation logs, beside the investigation's id.
    pub metadata: BTreeMap<String, String>,
    /// `additionalModelRequestFields`, to the letter; over what `thinking` puts there. For fields that this program does not know, such
    /// as `anthropic_beta`.
    pub fields: Map<String, Value>,
}

/// How much a model thinks. What is left open, the model's family decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Thinking {
    /// Tokens for thinking, 1024 at least; for Claude up to 4.6.
    pub budget_tokens: Option<u32>,
    /// How hard to think; for Claude from 4.6 on, Nova 2 and gpt-oss. For models that count tokens instead, a budget is made of it.
    pub effort: Option<Effort>,
}

/// How hard a model thinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the models' own")]
pub enum Effort {
    Low,
    Medium,
    High,
    /// Claude from 4.6 on; elsewhere as `high`.
    Max,
}

/// Prompt caching.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Cache {
    /// Where the family takes cache points; system prompt and tools for an hour where it takes that.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// The same, for five minutes throughout: cheaper where investigations are rare.
    #[serde(rename = "5m")]
    Short,
    /// No cache points.
    #[serde(rename = "off")]
    Off,
}

/// `guardrailConfig`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guardrail {
    /// Id or ARN.
    pub id: String,
    /// A number, or `DRAFT`.
    pub version: String,
    /// What the service tells of the guardrail's work, for invocation logs. Default: the service's.
    pub trace: Option<GuardrailTrace>,
    /// Whether text waits for the guardrail (`sync`, the service's default) or may be withdrawn (`async`).
    pub stream: Option<GuardrailStream>,
}

/// `guardrailConfig.trace`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the service's own")]
pub enum GuardrailTrace {
    Enabled,
    EnabledFull,
    Disabled,
}

/// `guardrailConfig.streamProcessingMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the service's own")]
pub enum GuardrailStream {
    Sync,
    Async,
}

/// `performanceConfig.latency`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the service's own")]
pub enum Latency {
    #[default]
    Standard,
    Optimized,
}

/// `serviceTier.type`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the service's own")]
pub enum ServiceTier {
    #[default]
    Default,
    Priority,
    Flex,
    Reserved,
}

/// A setting that can never be right. Each text names the setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// The model is not known to think.
    #[error(
        "thinking: it is not known how {model} is made to think; name its family, or give the model's own request fields in `fields`"
    )]
    CannotThink {
        /// The model.
        model: String,
    },
    /// The model takes an effort only.
    #[error("thinking.budget_tokens: {model} takes no budget; give thinking.effort")]
    TakesNoBudget {
        /// The model.
        model: String,
    },
    /// A budget outside of what is allowed.
    #[error("thinking.budget_tokens: {given} is not between {least} and {most}")]
    Budget {
        /// What was given.
        given: u32,
        /// The least that the service takes.
        least: u32,
        /// The most that leaves room for an answer.
        most: u32,
    },
    /// No output at all.
    #[error("max_output_tokens: an answer needs at least one token")]
    NoOutput,
    /// An id or a version that no guardrail can have.
    #[error("guardrail.{field}: {given:?} is not {expected}")]
    Guardrail {
        /// `id` or `version`.
        field: &'static str,
        /// What was given.
        given: String,
        /// What fits.
        expected: &'static str,
    },
    /// Request metadata that the service refuses.
    #[error("metadata.{key}: {reason}")]
    Metadata {
        /// The key.
        key: String,
        /// Why.
        reason: &'static str,
    },
}

impl Options {
    /// What can be said without knowing the model. The patterns are those of the service's model (`GuardrailIdentifier`,
    /// `GuardrailVersion`, `RequestMetadata`).
    pub(crate) fn check(&self) -> Result<(), OptionsError> {
        if self.max_output_tokens == Some(0) {
            return Err(OptionsError::NoOutput);
        }
        if let Some(guardrail) = &self.guardrail {
            guardrail.check()?;
        }
        for (key, value) in &self.metadata {
            let wrong = |reason| Err(OptionsError::Metadata { key: key.clone(), reason });
            match () {
                () if key == INVESTIGATION => return wrong("this key holds the investigation's id"),
                () if key.is_empty() || !is_metadata(key) => return wrong("the key has letters that are not allowed"),
                () if !is_metadata(value) => return wrong("the value has letters that are not allowed, or too many"),
                () if self.metadata.len() > 15 => return wrong("more than 15 keys"),
                () => {}
            }
        }
        Ok(())
    }
}

/// `[a-zA-Z0-9\s:_@$#=/+,-.]{0,256}`; the pattern's `,-.` is a range.
pub(crate) fn is_metadata(text: &str) -> bool {
    let allowed =
        |letter: char| letter.is_ascii_alphanumeric() || letter.is_ascii_whitespace() || ":_@$#=/+,-.".contains(letter);
    text.len() <= 256 && text.chars().all(allowed)
}

impl Guardrail {
    fn check(&self) -> Result<(), OptionsError> {
        let short = |id: &str| id.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit());
        let of_arn = self.id.strip_prefix("arn:aws").and_then(|arn| arn.split_once(":guardrail/")).map(|(_, id)| id);
        let id = of_arn.unwrap_or(&self.id);
        if id.is_empty() || !short(id) {
            let expected = "a guardrail's id or ARN";
            return Err(OptionsError::Guardrail { field: "id", given: self.id.clone(), expected });
        }
        let digits = &self.version;
        let number = (1..=8).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.chars().all(|letter| letter.is_ascii_digit());
        if number || digits == "DRAFT" {
            return Ok(());
        }
        let expected = "a version's number or DRAFT";
        Err(OptionsError::Guardrail { field: "version", given: self.version.clone(), expected })
    }
}
