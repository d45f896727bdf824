//! Turns: what is asked, that nothing is asked twice, and that refusals end.

use futures::StreamExt;
use marple_agent::ports::{Asked, Delta, Model};
use marple_case::{Block, Message, Role, StopReason, Usage};

use super::world::{World, turn};
use crate::{Playbook, investigation};

fn results(message: &Message, text: &str, is_error: bool) -> Message {
    let result =
        |call: &marple_case::ToolCall| Block::ToolResult { call: call.id.clone(), text: text.into(), is_error };
    Message { role: Role::User, blocks: message.calls().map(result).collect() }
}

#[test]
fn without_evidence_it_asks_for_the_ground_and_never_for_the_same_twice() {
    let world = World::new("search", "nodejs20.x", "i.h");
    let mut messages = vec![Message::user("?")];
    let first = investigation::next(&turn(&world.scope, &messages, &[]));
    let tools: Vec<&str> = first.calls().map(|call| call.tool.as_str()).collect();
    assert!(
        tools.contains(&"summarize_logs") && tools.contains(&"read_function_code") && tools.contains(&"list_changes"),
        "{tools:?}"
    );
    messages.push(first.clone());
    messages.push(results(&first, "denied", true));
    let second = investigation::next(&turn(&world.scope, &messages, &[]));
    assert!(
        second.calls().all(|call| first.calls().all(|old| old.tool != call.tool || old.arguments != call.arguments))
    );
    assert!(second.calls().all(|call| first.calls().all(|old| old.id != call.id)));
}

#[test]
fn with_the_openings_evidence_it_reports_in_its_first_turn() {
    let world = World::new("search", "nodejs20.x", "i.h")
        .exception("node", "TypeError", "x is null", Some(("i.js", 3, None)))
        .file("i.js", "a\nb\nc\n");
    let evidence = world.evidence();
    let message = investigation::next(&turn(&world.scope, &[Message::user("?")], &evidence));
    let tools: Vec<&str> = message.calls().map(|call| call.tool.as_str()).collect();
    assert_eq!(tools, [investigation::ROOT_CAUSE, investigation::PLAN]);
}

#[test]
fn a_refused_citation_is_dropped_and_refusals_end_in_words() {
    let world = World::new("search", "nodejs20.x", "i.h")
        .exception("node", "TypeError", "x is null", Some(("i.js", 3, None)))
        .file("i.js", "a\nb\nc\n");
    let evidence = world.evidence();
    let mut messages = vec![Message::user("?")];
    let first = investigation::next(&turn(&world.scope, &messages, &evidence));
    let quote =
        first.calls().next().unwrap().arguments["chain"][0]["citations"][0]["quote"].as_str().unwrap().to_owned();
    messages.push(first.clone());
    messages.push(results(&first, &format!("the quote {quote:?} does not stand in E4"), true));
    let second = investigation::next(&turn(&world.scope, &messages, &evidence));
    let claim = second.calls().next().unwrap().arguments["chain"].to_string();
    assert!(!claim.contains(&format!("\"quote\":{}", serde_json::to_string(&quote).unwrap())));
    for _ in 0..6 {
        let next = investigation::next(&turn(&world.scope, &messages, &evidence));
        if next.calls().next().is_none() {
            assert!(!next.text().is_empty());
            return;
        }
        messages.push(next.clone());
        messages.push(results(&next, "refused", true));
    }
    panic!("it never stopped");
}

#[test]
fn once_the_cause_is_accepted_only_the_plan_is_sent_again() {
    let world = World::new("search", "nodejs20.x", "i.h")
        .exception("node", "TypeError", "x is null", Some(("i.js", 3, None)))
        .file("i.js", "a\nb\nc\n");
    let evidence = world.evidence();
    let first = investigation::next(&turn(&world.scope, &[Message::user("?")], &evidence));
    let mut answered = results(&first, "accepted", false);
    if let Block::ToolResult { is_error, .. } = &mut answered.blocks[1] {
        *is_error = true;
    }
    let messages = [Message::user("?"), first, answered];
    let second = investigation::next(&turn(&world.scope, &messages, &evidence));
    let tools: Vec<&str> = second.calls().map(|call| call.tool.as_str()).collect();
    assert_eq!(tools, [investigation::PLAN]);
}

#[test]
fn a_question_after_the_reports_is_answered_from_the_evidence() {
    let world = World::new("search", "nodejs20.x", "i.h")
        .exception("node", "TypeError", "x is null", Some(("i.js", 3, None)))
        .file("i.js", "a\nb\nc\n");
    let evidence = world.evidence();
    let first = investigation::next(&turn(&world.scope, &[Message::user("?")], &evidence));
    let cause = first.calls().find(|call| call.tool == investigation::ROOT_CAUSE).unwrap().arguments.clone();
    let question = Asked {
        text: "why?".to_owned(),
        at: world.scope.now,
        language: "en".to_owned(),
        zone: None,
        after: evidence.last().unwrap().id,
        causes: vec![serde_json::from_value(cause).unwrap()],
        new_causes: 0,
        plan: None,
        new_plan: false,
        account: false,
    };
    let mut accepted = results(&first, "accepted", false);
    accepted.blocks.push(Block::Text { text: "why?".into() });
    let messages = [Message::user("?"), first, accepted];
    let mut turn = turn(&world.scope, &messages, &evidence);
    turn.options.question = Some(Box::new(question));
    let answer = investigation::next(&turn);
    let call = answer.calls().next().unwrap();
    assert_eq!(call.tool, "answer");
    assert!(call.arguments["text"].as_str().unwrap().contains("i.js"), "{}", call.arguments);
    assert!(!call.arguments["citations"].as_array().unwrap().is_empty());
}

#[test]
fn the_stream_ends_with_the_whole_answer_and_costs_nothing() {
    let world = World::new("search", "nodejs20.x", "i.h");
    let messages = [Message::user("?")];
    let deltas: Vec<_> = futures::executor::block_on(Playbook.answer(turn(&world.scope, &messages, &[])).collect());
    let Some(Ok(Delta::Finished(answer))) = deltas.last() else { panic!("no answer") };
    assert_eq!((answer.usage, answer.stop_reason), (Usage::default(), StopReason::ToolUse));
    assert!(!Playbook.is_language_model());
    assert_eq!(Playbook.id(), "playbook");
}
