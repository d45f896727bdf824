//! Investigations from end to end, over the ports.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::{Arc, Mutex, atomic::Ordering};
use std::time::Duration;

use marple_agent::{
    InvestigateError, Investigation,
    ports::{Model, ModelError},
};
use marple_case::{
    Block, Confidence, Entry, Event,
    event::{Budget, Ending},
};
use serde_json::json;
use support::{Act, Bench, MemoryJournal, Scripted, cause, no_limits, order, plan};

async fn investigate(
    bench: &Bench,
    budget: Budget,
    models: Vec<Arc<dyn Model>>,
) -> Result<Investigation, InvestigateError> {
    let investigator = bench.investigator(models);
    investigator.open(&bench.id, order(budget)).await?;
    investigator.run(&bench.id, std::future::pending()).await
}

fn both(quote: &str) -> Act {
    Act::Call(vec![("report_root_cause", cause(quote)), ("report_mitigation_plan", plan())])
}

fn reason(state: &Investigation) -> String {
    match state.ending() {
        Some(Ending::Partial { reason }) => reason.clone(),
        other => panic!("expected a partial end, not {other:?}"),
    }
}

fn results(model: &Scripted) -> Vec<(String, bool)> {
    let blocks = model.last_heard().blocks;
    blocks
        .into_iter()
        .filter_map(|block| match block {
            Block::ToolResult { text, is_error, .. } => Some((text, is_error)),
            _ => None,
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_opening_numbers_its_evidence_by_plan_whatever_ends_first() {
    let bench = Bench::new(vec![vec!["a", "y"], vec!["c"]]);
    let state = investigate(&bench, no_limits(), vec![Scripted::new(vec![both("a is broken")])]).await.unwrap();
    let found: Vec<String> = state.evidence().iter().map(|taken| format!("{} {}", taken.id, taken.text)).collect();
    assert_eq!(found, ["E1 a is broken", "E2 y is broken", "E3 c is broken"]);
    let written: Vec<u32> = bench
        .journal
        .all()
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::EvidenceTaken { evidence, .. } => Some(evidence.id.0),
            _ => None,
        })
        .collect();
    assert_eq!(written, [2, 1, 3], "evidence is written as it comes");
    assert_eq!(state.ending(), Some(&Ending::Complete));
    assert_eq!(state.turns(), 1);
}

#[tokio::test(start_paused = true)]
async fn calls_of_one_turn_are_answered_in_order_and_a_repeat_comes_from_the_journal() {
    let bench = Bench::new(vec![vec!["a"]]);
    let calls = Act::Call(vec![
        ("look", json!({"at": "b"})),
        ("look", json!({"at": "a"})),
        ("note_finding", json!({"kind": "hypothesis", "text": "b broke a"})),
        ("look", json!({})),
        ("guess", json!({})),
        ("fail", json!({})),
        ("show_evidence", json!({"evidence": "E1"})),
        ("show_evidence", json!({"evidence": "E9"})),
    ]);
    let model = Scripted::new(vec![calls, both("a is broken")]);
    let state = investigate(&bench, no_limits(), vec![model.clone()]).await.unwrap();
    let heard = results(&model);
    let said: Vec<(bool, bool)> =
        heard.iter().map(|(text, is_error)| (text.contains("is broken"), *is_error)).collect();
    let expected = [
        (true, false),
        (true, false),
        (false, false),
        (false, true),
        (false, true),
        (false, true),
        (true, false),
        (false, true),
    ];
    assert_eq!(said, expected, "{heard:#?}");
    assert!(heard[1].0.starts_with("The same call gave E1 before"));
    assert_eq!(bench.toolbox.runs.load(Ordering::SeqCst), 3, "a, b and the denied one");
    assert_eq!(state.ending(), Some(&Ending::Complete));
}

#[tokio::test(start_paused = true)]
async fn a_false_quote_is_sent_back_and_the_repaired_report_is_taken() {
    let bench = Bench::new(vec![vec!["a"]]);
    let model = Scripted::new(vec![both("a is fine here"), both("a is broken")]);
    let state = investigate(&bench, no_limits(), vec![model.clone()]).await.unwrap();
    let heard = results(&model);
    assert!(heard[0].1 && heard[0].0.contains("chain[0].citations[0]"), "{heard:?}");
    assert!(heard[1].1 && heard[1].0.contains("report_root_cause has to be accepted first"));
    assert_eq!(state.root_cause().unwrap().verification.confidence, Confidence::Medium);
}

#[tokio::test(start_paused = true)]
async fn after_two_repairs_the_report_is_taken_with_the_flaw_marked() {
    let bench = Bench::new(vec![vec!["a"]]);
    let model = Scripted::new(vec![both("no such words"), both("no such words"), both("no such words")]);
    let state = investigate(&bench, no_limits(), vec![model]).await.unwrap();
    let verification = &state.root_cause().unwrap().verification;
    assert!(!verification.chain[0].is_verified());
    assert_eq!(verification.confidence, Confidence::Low);
    assert_eq!(verification.remarks.len(), 1);
    assert_eq!(state.ending(), Some(&Ending::Complete));
}

#[tokio::test(start_paused = true)]
async fn an_unsafe_command_is_never_taken() {
    let bench = Bench::new(vec![vec!["a"]]);
    let step = json!({"text": "x", "command": "aws lambda delete-function --function-name a"});
    let action = json!({"title": "x", "kind": "restart", "temporary": false, "phases": {"apply": [step]}, "risk": "x"});
    let deadly = Act::Call(vec![("report_mitigation_plan", json!({"immediate": [action]}))]);
    let first = Act::Call(vec![("report_root_cause", cause("a is broken"))]);
    let budget = Budget { turns: Some(6), ..no_limits() };
    let model = Scripted::new(vec![first, deadly.clone(), deadly.clone(), deadly.clone(), deadly.clone(), deadly]);
    let state = investigate(&bench, budget, vec![model]).await.unwrap();
    assert!(state.plan().is_none());
    assert_eq!(reason(&state), "the budget of 6 model turns is used up");
}

#[tokio::test(start_paused = true)]
async fn the_last_turn_is_announced_and_then_the_end_is_partial() {
    let bench = Bench::new(vec![vec!["a"]]);
    let model = Scripted::new(vec![
        Act::Call(vec![("look", json!({"at": "b"}))]),
        Act::Call(vec![("look", json!({"at": "c"}))]),
    ]);
    let state = investigate(&bench, Budget { turns: Some(2), ..no_limits() }, vec![model.clone()]).await.unwrap();
    assert!(model.last_heard().text().contains("This is your last turn"));
    assert_eq!(model.turns(), 2);
    assert!(reason(&state).contains("2 model turns"));
    assert_eq!(state.evidence().len(), 3, "what was asked for is still collected");
}

#[tokio::test(start_paused = true)]
async fn words_alone_are_reminded_twice_and_then_the_end_is_partial() {
    let bench = Bench::new(vec![vec!["a"]]);
    let model = Scripted::new(vec![Act::Say("It is DNS.")]);
    let state = investigate(&bench, no_limits(), vec![model.clone()]).await.unwrap();
    assert_eq!(model.turns(), 3);
    assert!(model.last_heard().text().contains("Words alone are not kept"));
    assert!(reason(&state).contains("would not report"));
}

#[tokio::test(start_paused = true)]
async fn each_budget_ends_in_a_partial_report() {
    let ask = || Scripted::new(vec![Act::Call(vec![("look", json!({"at": "b"}))]), Act::Hang]);
    for (budget, said) in [
        (Budget { tokens: Some(100), ..no_limits() }, "100 tokens"),
        (Budget { cost_usd: Some(0.2), ..no_limits() }, "$0.2500 were spent"),
        (Budget { time_ms: Some(3000), ..no_limits() }, "time budget"),
    ] {
        let bench = Bench::new(vec![vec!["a"]]);
        let state = investigate(&bench, budget, vec![ask()]).await.unwrap();
        assert!(reason(&state).contains(said), "{}", reason(&state));
        assert!(!state.evidence().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn without_tool_calls_left_a_call_is_refused_and_the_model_concludes() {
    let bench = Bench::new(vec![vec!["a", "b", "c"]]);
    let model = Scripted::new(vec![Act::Call(vec![("look", json!({"at": "d"}))]), both("a is broken")]);
    let state = investigate(&bench, Budget { tool_calls: Some(2), ..no_limits() }, vec![model.clone()]).await.unwrap();
    assert_eq!(state.evidence().len(), 2);
    assert!(results(&model)[0].0.contains("conclude from the evidence at hand"));
    assert_eq!(state.ending(), Some(&Ending::Complete));
}

fn unavailable() -> Act {
    Act::Fail(ModelError::Unavailable { message: "down".to_owned() })
}

#[tokio::test(start_paused = true)]
async fn a_model_that_gives_out_is_left_for_the_next_on_the_same_journal() {
    let bench = Bench::new(vec![vec!["a"]]);
    let first = Scripted::named("first", vec![Act::Call(vec![("look", json!({"at": "b"}))]), unavailable()]);
    let second = Scripted::named("second", vec![Act::Say("never asked"), both("a is broken")]);
    let state = investigate(&bench, no_limits(), vec![first, second.clone()]).await.unwrap();
    assert_eq!(state.ending(), Some(&Ending::Complete));
    assert_eq!(second.turns(), 1, "it goes on where the first one stopped");
    let degraded = bench.journal.all().into_iter().any(|entry| {
        entry.event == Event::Degraded { from: "first".to_owned(), to: "second".to_owned(), reason: "down".to_owned() }
    });
    assert!(degraded);
}

#[tokio::test(start_paused = true)]
async fn a_model_that_was_never_usable_is_an_error_and_no_other_is_tried() {
    let bench = Bench::new(vec![vec!["a"]]);
    let denied = Act::Fail(ModelError::AccessDenied { message: "no access".to_owned() });
    let other = Scripted::named("other", vec![both("a is broken")]);
    let error = investigate(&bench, no_limits(), vec![Scripted::new(vec![denied]), other.clone()]).await.unwrap_err();
    assert!(matches!(error, InvestigateError::Model(ModelError::AccessDenied { .. })));
    assert_eq!(other.turns(), 0);
    assert!(matches!(bench.journal.all().last().unwrap().event, Event::Closed { ending: Ending::Partial { .. } }));
}

#[tokio::test(start_paused = true)]
async fn a_trigger_that_leads_nowhere_writes_nothing() {
    let bench = Bench::new(Vec::new());
    let mut order = order(no_limits());
    order.trigger = marple_case::Trigger::Alarm { alarm: "unknown".to_owned() };
    let error = bench.investigator(Vec::new()).open(&bench.id, order).await.unwrap_err();
    assert!(matches!(error, InvestigateError::Scope(_)));
    assert_eq!(bench.journal.all(), Vec::<Entry>::new());
}

#[tokio::test(start_paused = true)]
async fn stopping_leaves_a_journal_that_is_complete_up_to_there() {
    let bench = Bench::new(vec![vec!["a"]]);
    let investigator = bench.investigator(vec![Scripted::new(vec![Act::Hang])]);
    investigator.open(&bench.id, order(no_limits())).await.unwrap();
    let stop = tokio::time::sleep(Duration::from_secs(5));
    let state = investigator.run(&bench.id, stop).await.unwrap();
    assert_eq!(state.evidence().len(), 1);
    assert_eq!(bench.journal.all().last().unwrap().event, Event::Interrupted);
}

#[tokio::test(start_paused = true)]
async fn cut_off_after_any_entry_it_goes_on_to_the_same_report_and_pays_nothing_twice() {
    let script = || {
        let calls = vec![("look", json!({"at": "b"})), ("look", json!({"at": "c"})), ("look", json!({"at": "a"}))];
        vec![Act::Call(calls), both("nonsense here"), both("a is broken")]
    };
    let whole = Bench::new(vec![vec!["a", "y"], vec!["d"]]);
    let expected = investigate(&whole, no_limits(), vec![Scripted::new(script())]).await.unwrap();
    let entries = whole.journal.all();
    for kept in 2..=entries.len() {
        let mut bench = Bench::new(vec![vec!["a", "y"], vec!["d"]]);
        bench.journal = Arc::new(MemoryJournal(Mutex::new(entries[..kept].to_vec())));
        let model = Scripted::new(script());
        let state = bench.investigator(vec![model.clone()]).run(&bench.id, std::future::pending()).await.unwrap();
        assert_eq!(bench.journal.all(), entries, "after {kept} entries: the same journal to the letter");
        assert_eq!(state.root_cause(), expected.root_cause());
        let count = |is: fn(&Event) -> bool| entries[..kept].iter().filter(|entry| is(&entry.event)).count();
        assert_eq!(model.turns(), 3 - count(|event| matches!(event, Event::ModelAnswered { .. })));
        let taken = count(|event| matches!(event, Event::EvidenceTaken { .. }));
        assert_eq!(bench.toolbox.runs.load(Ordering::SeqCst), 5 - taken);
    }
}

#[tokio::test(start_paused = true)]
async fn a_partial_end_is_taken_up_again_with_a_new_budget() {
    let bench = Bench::new(vec![vec!["a"]]);
    let script = || Scripted::new(vec![Act::Call(vec![("look", json!({"at": "b"}))]), both("a is broken")]);
    let partial = investigate(&bench, Budget { turns: Some(1), ..no_limits() }, vec![script()]).await.unwrap();
    assert!(reason(&partial).contains("1 model turns"));
    let investigator = bench.investigator(vec![script()]);
    investigator.resume(&bench.id, Budget { turns: Some(3), ..no_limits() }).await.unwrap();
    let state = investigator.run(&bench.id, std::future::pending()).await.unwrap();
    assert_eq!(state.ending(), Some(&Ending::Complete));
    assert_eq!(state.turns(), 2);
    investigator.resume(&bench.id, no_limits()).await.unwrap();
    assert_eq!(bench.journal.all().len(), state.entries().len(), "what is complete stays as it is");
}
