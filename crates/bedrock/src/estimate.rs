//! What a turn will use, reckoned from its length: no tokeniser is public for the models in question.

use marple_agent::ports::Turn;
use marple_case::{Block, ToolSpec};

/// UTF-8 bytes to a token. English prose has 4 or more; JSON, identifiers and log lines about 3, and they are most of what is sent;
/// Japanese has about 3. The small figure errs on the dear side.
const BYTES_PER_TOKEN: u64 = 3;

/// Tokens of the service's own prompt for tools, by <https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview>.
const TOOL_PROMPT: u64 = 346;

/// The tokens of a turn's request.
pub(crate) fn input_tokens(turn: &Turn<'_>) -> u64 {
    let words = turn.system.len();
    let tools: usize = turn.tools.iter().map(tool).sum();
    let blocks: usize = turn.messages.iter().flat_map(|message| &message.blocks).map(block).sum();
    let bytes = u64::try_from(words + tools + blocks).unwrap_or(u64::MAX);
    bytes.div_ceil(BYTES_PER_TOKEN).saturating_add(TOOL_PROMPT)
}

fn tool(spec: &ToolSpec) -> usize {
    spec.name.len() + spec.description.len() + spec.schema.to_string().len()
}

fn block(block: &Block) -> usize {
    match block {
        Block::Text { text } | Block::ToolResult { text, .. } => text.len(),
        Block::ToolCall(call) => call.tool.len() + call.arguments.to_string().len(),
        Block::Reasoning { opaque } => opaque.to_string().len(),
    }
}
