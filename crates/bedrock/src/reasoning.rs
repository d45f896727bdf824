//! Reasoning blocks: opaque to everybody else, sent back as they came, and only to the model that wrote them.
//!
//! Stored as `{"model": id, "text": …, "signature": …}` or `{"model": id, "redacted": base 64}`.

use aws_sdk_bedrockruntime::types::{ReasoningContentBlock, ReasoningTextBlock};
use aws_smithy_types::Blob;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A block while it comes, and as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reasoning {
    model: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "base64_text")]
    redacted: Option<Vec<u8>>,
}

impl Reasoning {
    pub(crate) fn add_text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(crate) fn add_signature(&mut self, signature: &str) {
        self.signature.get_or_insert_default().push_str(signature);
    }

    pub(crate) fn add_redacted(&mut self, content: &[u8]) {
        self.redacted.get_or_insert_default().extend_from_slice(content);
    }

    /// The block as it is stored.
    pub(crate) fn into_opaque(mut self, model: &str) -> Value {
        self.model = model.to_owned();
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// The SDK's block of a stored one; `None` if another model wrote it.
pub(crate) fn block(opaque: &Value, model: &str) -> Option<ReasoningContentBlock> {
    let reasoning = Reasoning::deserialize(opaque).ok().filter(|reasoning| reasoning.model == model)?;
    if let Some(redacted) = reasoning.redacted {
        return Some(ReasoningContentBlock::RedactedContent(Blob::new(redacted)));
    }
    let text = ReasoningTextBlock::builder().text(reasoning.text).set_signature(reasoning.signature).build().ok()?;
    Some(ReasoningContentBlock::ReasoningText(text))
}

/// Bytes as base 64.
mod base64_text {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| STANDARD.decode(text).map_err(D::Error::custom)).transpose()
    }
}
