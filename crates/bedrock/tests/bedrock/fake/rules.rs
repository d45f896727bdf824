//! The rules of the service for conversations with tools.

use serde_json::Value;

/// The request, or the first rule that it breaks.
pub(super) fn check(body: &Value) -> Result<(), String> {
    let names = tools(body)?;
    cache_points(body)?;
    thinking(body)?;
    let messages = array(body, "messages");
    ensure(!messages.is_empty(), "messages: at least one message is required")?;
    let mut pending = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        let expected = if number % 2 == 0 { "user" } else { "assistant" };
        ensure(message["role"] == expected, "messages: begin with user, and alternate")?;
        blocks(array(message, "content"), !names.is_empty())?;
        let (calls, results) = (ids(message, "toolUse"), ids(message, "toolResult"));
        match expected {
            "user" => {
                ensure(calls.is_empty(), "a user message cannot hold toolUse")?;
                ensure(
                    results == pending,
                    &format!("messages.{number}: toolResult for {pending:?}, found {results:?}"),
                )?;
                pending = Vec::new();
            }
            _ => {
                ensure(results.is_empty(), "an assistant message cannot hold toolResult")?;
                pending = calls;
                ensure(pending.windows(2).all(|pair| pair[0] != pair[1]), "toolUseId must be unique")?;
                reasoning_first(array(message, "content"))?;
            }
        }
    }
    ensure(messages.len() % 2 == 1, "messages: the conversation must end with a user message")
}

fn tools(body: &Value) -> Result<Vec<&str>, String> {
    let tools = array(&body["toolConfig"], "tools");
    let specs: Vec<&Value> = tools.iter().map(|tool| &tool["toolSpec"]).filter(|spec| spec.is_object()).collect();
    for spec in &specs {
        ensure(spec["inputSchema"]["json"]["type"] == "object", "inputSchema.json.type must be 'object'")?;
        ensure(is_name(spec["name"].as_str().unwrap_or_default()), "toolSpec.name must match [a-zA-Z0-9_-]{1,64}")?;
    }
    let mut names: Vec<&str> = specs.iter().filter_map(|spec| spec["name"].as_str()).collect();
    names.sort_unstable();
    ensure(names.windows(2).all(|pair| pair[0] != pair[1]), "tool names must be unique")?;
    Ok(names)
}

/// Cache points: 4 at most, and none that lives longer than one before it, in the order tools, system, messages.
fn cache_points(body: &Value) -> Result<(), String> {
    let contents = array(body, "messages").iter().flat_map(|message| array(message, "content"));
    let blocks = array(&body["toolConfig"], "tools").iter().chain(array(body, "system")).chain(contents);
    let points = blocks.filter_map(|block| block.get("cachePoint"));
    let minutes: Vec<u32> = points.map(|point| if point["ttl"] == "1h" { 60 } else { 5 }).collect();
    ensure(minutes.len() <= 4, "a maximum of 4 cache points may be given")?;
    ensure(minutes.is_sorted_by(|before, after| before >= after), "a ttl='1h' point must not come after a ttl='5m' one")
}

/// Thinking with a budget: room for an answer, no forced call, and no thinking that begins in the middle of tool use.
fn thinking(body: &Value) -> Result<(), String> {
    let thinking = &body["additionalModelRequestFields"]["thinking"];
    if thinking.is_null() {
        return Ok(());
    }
    let choice = &body["toolConfig"]["toolChoice"];
    let forced = choice.get("any").is_some() || choice.get("tool").is_some();
    ensure(!forced, "Thinking may not be enabled when tool_choice forces tool use.")?;
    let Some(budget) = thinking["budget_tokens"].as_u64() else { return Ok(()) };
    let most = body["inferenceConfig"]["maxTokens"].as_u64().unwrap_or(u64::MAX);
    ensure(budget >= 1024, "thinking.budget_tokens: at least 1024")?;
    ensure(budget < most, "`max_tokens` must be greater than `thinking.budget_tokens`")?;
    let last = array(body, "messages").iter().rfind(|message| message["role"] == "assistant");
    let calls = last.filter(|message| !ids(message, "toolUse").is_empty());
    let begins = calls.is_none_or(|message| message["content"][0].get("reasoningContent").is_some());
    ensure(begins, "Expected `thinking` or `redacted_thinking`, but found `tool_use`")
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter))
}

fn blocks(content: &[Value], has_tools: bool) -> Result<(), String> {
    ensure(!content.is_empty(), "content must not be empty")?;
    for block in content {
        let blank = block["text"].as_str().is_some_and(|text| text.trim().is_empty());
        ensure(!blank, "text must not be blank")?;
        let of_tools = block.get("toolUse").or(block.get("toolResult"));
        ensure(
            of_tools.is_none() || has_tools,
            "toolConfig must be given when messages hold toolUse or toolResult blocks",
        )?;
        if let Some(call) = block.get("toolUse") {
            ensure(is_name(call["name"].as_str().unwrap_or_default()), "toolUse.name must match [a-zA-Z0-9_-]{1,64}")?;
            ensure(call["input"].is_object(), "toolUse.input must be an object")?;
        }
    }
    Ok(())
}

/// A message that thinks and calls begins with its thinking.
fn reasoning_first(content: &[Value]) -> Result<(), String> {
    let thinks = content.iter().any(|block| block.get("reasoningContent").is_some());
    let begins = content.first().is_some_and(|block| block.get("reasoningContent").is_some());
    ensure(!thinks || begins, "an assistant message must start with its thinking block")
}

/// The ids of a kind of blocks, sorted.
fn ids(message: &Value, kind: &str) -> Vec<String> {
    let found = array(message, "content").iter().filter_map(|block| block[kind]["toolUseId"].as_str());
    let mut ids: Vec<String> = found.map(str::to_owned).collect();
    ids.sort();
    ids
}

fn array<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}

fn ensure(holds: bool, rule: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(rule.to_owned()) }
}
