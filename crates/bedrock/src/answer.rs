//! The stream's events, folded into an answer.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_bedrockruntime::{
    primitives::event_stream::EventReceiver,
    types::{
        ContentBlockDelta, ContentBlockStart, ConverseStreamMetadataEvent, ConverseStreamOutput,
        ReasoningContentBlockDelta, StopReason as SdkStopReason, error::ConverseStreamOutputError,
    },
};
use marple_agent::ports::Delta;
use marple_case::{Block, StopReason};

use crate::{Patience, ending::Part, fault::Fault, reasoning::Reasoning};

/// The events of one answer.
pub(crate) type Events = EventReceiver<ConverseStreamOutput, ConverseStreamOutputError>;

/// How long the rest of a stream is waited for once the message is whole: its usage, and its end, so that the connection can be
/// used again.
const AFTER_STOP: Duration = Duration::from_secs(5);

/// A block while it comes.
#[derive(Debug)]
enum Growing {
    Text(String),
    Call { id: String, tool: String, input: String },
    Reasoning(Reasoning),
}

/// An answer while it comes.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    blocks: BTreeMap<i32, Growing>,
    stop_reason: Option<StopReason>,
    metadata: Option<ConverseStreamMetadataEvent>,
    has_begun: bool,
}

/// A whole answer, as it came.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) parts: Vec<Part>,
    pub(crate) stop_reason: StopReason,
    /// What it used, and how it was served, if the service said so.
    pub(crate) metadata: Option<ConverseStreamMetadataEvent>,
}

impl Assembly {
    /// The next event, waited for with a limit. `None`: the stream ended.
    pub(crate) async fn next(
        &self,
        events: &mut Events,
        patience: Patience,
    ) -> Option<Result<ConverseStreamOutput, Fault>> {
        let limit = match (self.has_begun, self.is_whole()) {
            (false, _) => patience.first_event,
            (true, false) => patience.between_events,
            (true, true) => patience.between_events.min(AFTER_STOP),
        };
        match tokio::time::timeout(limit, events.recv()).await {
            Ok(event) => event.map_err(|error| Fault::in_stream(&error)).transpose(),
            Err(_) => Some(Err(Fault::silent(limit))),
        }
    }

    /// Whether the message is whole. What goes wrong after that costs its usage at most, never the message.
    pub(crate) fn is_whole(&self) -> bool {
        self.stop_reason.is_some()
    }

    /// Takes an event in; gives what a live view shows of it.
    pub(crate) fn hear(&mut self, event: ConverseStreamOutput) -> Option<Delta> {
        self.has_begun = true;
        match event {
            ConverseStreamOutput::ContentBlockStart(start) => match start.start? {
                ContentBlockStart::ToolUse(call) => {
                    let tool = call.name.clone();
                    let growing = Growing::Call { id: call.tool_use_id, tool: call.name, input: String::new() };
                    self.blocks.insert(start.content_block_index, growing);
                    Some(Delta::CallStarted { tool })
                }
                _ => None,
            },
            ConverseStreamOutput::ContentBlockDelta(delta) => self.grow(delta.content_block_index, delta.delta?),
            ConverseStreamOutput::MessageStop(stop) => {
                self.stop_reason = Some(stop_reason(&stop.stop_reason));
                None
            }
            ConverseStreamOutput::Metadata(metadata) => {
                self.metadata = Some(metadata);
                None
            }
            _ => None,
        }
    }

    fn grow(&mut self, index: i32, delta: ContentBlockDelta) -> Option<Delta> {
        match delta {
            ContentBlockDelta::Text(more) => {
                if let Growing::Text(text) = self.blocks.entry(index).or_insert_with(|| Growing::Text(String::new())) {
                    text.push_str(&more);
                }
                Some(Delta::Text(more))
            }
            ContentBlockDelta::ToolUse(more) => {
                if let Some(Growing::Call { input, .. }) = self.blocks.get_mut(&index) {
                    input.push_str(&more.input);
                }
                None
            }
            ContentBlockDelta::ReasoningContent(more) => self.reason(index, more),
            _ => None,
        }
    }

    fn reason(&mut self, index: i32, delta: ReasoningContentBlockDelta) -> Option<Delta> {
        let block = self.blocks.entry(index).or_insert_with(|| Growing::Reasoning(Reasoning::default()));
        let Growing::Reasoning(reasoning) = block else {
            return None;
        };
        match delta {
            ReasoningContentBlockDelta::Text(more) => {
                reasoning.add_text(&more);
                return Some(Delta::Reasoning(more));
            }
            ReasoningContentBlockDelta::Signature(more) => reasoning.add_signature(&more),
            ReasoningContentBlockDelta::RedactedContent(content) => reasoning.add_redacted(content.as_ref()),
            _ => {}
        }
        None
    }

    /// What was heard. A stream that ended before its stop event was cut.
    pub(crate) fn finish(self, model: &str) -> Result<Heard, Fault> {
        let stop_reason = self.stop_reason.ok_or_else(Fault::cut)?;
        let parts = self.blocks.into_values().map(|growing| match growing {
            Growing::Text(text) => Part::Block(Block::Text { text }),
            Growing::Call { id, tool, input } => Part::Call { id, tool, input },
            Growing::Reasoning(reasoning) => Part::Block(Block::Reasoning { opaque: reasoning.into_opaque(model) }),
        });
        Ok(Heard { parts: parts.collect(), stop_reason, metadata: self.metadata })
    }
}

fn stop_reason(reason: &SdkStopReason) -> StopReason {
    match reason {
        SdkStopReason::EndTurn => StopReason::EndTurn,
        SdkStopReason::ToolUse => StopReason::ToolUse,
        SdkStopReason::MaxTokens => StopReason::MaxTokens,
        SdkStopReason::StopSequence => StopReason::StopSequence,
        SdkStopReason::GuardrailIntervened => StopReason::GuardrailIntervened,
        SdkStopReason::ContentFiltered => StopReason::ContentFiltered,
        SdkStopReason::MalformedModelOutput => StopReason::MalformedModelOutput,
        SdkStopReason::MalformedToolUse => StopReason::MalformedToolUse,
        SdkStopReason::ModelContextWindowExceeded => StopReason::ModelContextWindowExceeded,
        _ => StopReason::Other,
    }
}
