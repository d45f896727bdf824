//! Reasoning blocks: opaque to everybody else, sent back as they came, and only to the model that wrote them.
//!
//! `{"model": id, "text": …, "signature": …}` or `{"model": id, "redacted": base 64}`.

use aws_sdk_bedrockruntime::types::{ReasoningContentBlock, ReasoningTextBlock};
use aws_smithy_types::Blob;
use base64::{Engine, engine::general_purpose::STANDARD};
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redacted: Option<String>,
}

impl Reasoning {
    pub(crate) fn add_text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(crate) fn add_signature(&mut self, signature: &str) {
        self.signature.get_or_insert_default().push_str(signature);
    }

    pub(crate) fn set_redacted(&mut self, content: &[u8]) {
        self.redacted = Some(STANDARD.encode(content));
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
        return Some(ReasoningContentBlock::RedactedContent(Blob::new(STANDARD.decode(redacted).ok()?)));
    }
    let text = ReasoningTextBlock::builder().text(reasoning.text).set_signature(reasoning.signature).build().ok()?;
    Some(ReasoningContentBlock::ReasoningText(text))
}
