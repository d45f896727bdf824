//! The loop under stress: models that ask the same again, cost too much, are cut off, refuse, or are told more than they can hold.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::{Arc, Mutex, atomic::Ordering};

use marple_agent::{
    Investigation, Prompts, conversation,
    ports::{Model, ModelError},
};
use marple_case::{
    Block, Entry, Event, StopReason, ToolCall,
    event::{Budget, Ending},
};
use serde_json::{Value, json};
use support::{Act, Bench, Measured, MemoryJournal, Scripted, cause, no_limits, order, plan};

async fn investigate(bench: &Bench, budget: Budget, models: Vec<Arc<dyn Model>>) -> Investigation {
    let investigator = bench.investigator(models);
    investigator.open(&bench.id, order(budget)).await.unwrap();
    investigator.run(&bench.id, std::future::pending()).await.unwrap()
}

fn look(item: &str) -> Act {
    Act::Call(vec![("look", json!({"at": item}))])
}

fn conclude(quote: &str) -> Act {
    Act::Call(vec![("report_root_cause", cause(quote)), ("report_mitigation_plan", plan())])
}

/// Both reports, about one of the large pieces.
fn conclude_on_large() -> Act {
    let mut claim = cause("A is broken");
    claim["components"][0]["name"] = json!("A");
    Act::Call(vec![("report_root_cause", claim), ("report_mitigation_plan", plan())])
}

fn reason(state: &Investigation) -> String {
    match state.ending() {
        Some(Ending::Partial { reason }) => reason.clone(),
        other => panic!("expected a partial end, not {other:?}"),
    }
}

fn words(text: &str) -> Vec<Block> {
    vec![Block::Text { text: text.to_owned() }]
}

fn call(tool: &str, arguments: Value) -> Block {
    Block::ToolCall(ToolCall { id: "c".to_owned(), tool: tool.to_owned(), arguments })
}

fn compactions(entries: &[Entry]) -> Vec<Vec<String>> {
    let named = entries.iter().filter_map(|entry| match &entry.event {
        Event::Compacted { evidence, .. } => Some(evidence.iter().map(ToString::to_string).collect()),
        _ => None,
    });
    named.collect()
}

#[tokio::test(start_paused = true)]
async fn a_model_that_asks_the_same_again_is_told_then_made_to_conclude_and_then_left() {
    for again in [look("a"), Act::Call(vec![("note_finding", json!({"kind": "hypothesis", "text": "hm"}))])] {
        let bench = Bench::new(vec![vec!["a"]]);
        let model = Scripted::new(vec![again; 9]);
        let state = investigate(&bench, no_limits(), vec![model.clone()]).await;
        assert_eq!(model.turns(), 4);
        let heard: Vec<bool> = [1, 2, 3]
            .map(|turn: usize| {
                let told = model.seen.lock().unwrap()[turn].last().unwrap().text();
                told.contains("nothing new came of it") || told.contains("This is your last turn")
            })
            .to_vec();
        assert_eq!(heard, [false, true, true]);
        assert!(reason(&state).contains("the same again and again"), "{}", reason(&state));
        assert_eq!(bench.toolbox.runs.load(Ordering::SeqCst), 1, "nothing is asked of AWS twice");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_repeats_is_no_news_either() {
    let bench = Bench::new(vec![vec!["a"]]);
    let model = Scripted::new(vec![Act::Call(vec![("fail", json!({}))]); 9]);
    let state = investigate(&bench, no_limits(), vec![model.clone()]).await;
    assert_eq!(model.turns(), 5, "the first refusal is news");
    assert!(reason(&state).contains("the same again and again"));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_looks_elsewhere_or_concludes_once_it_is_told_is_not_left() {
    let bench = Bench::new(vec![vec!["a"]]);
    let model = Scripted::new(vec![look("a"), look("a"), look("b"), look("b"), look("c"), conclude("a is broken")]);
    let state = investigate(&bench, no_limits(), vec![model.clone()]).await;
    assert_eq!((state.ending(), model.turns()), (Some(&Ending::Complete), 6));

    let bench = Bench::new(vec![vec!["a"]]);
    let again = vec![look("a"), look("a"), look("a"), conclude("no such words"), conclude("a is broken")];
    let state = investigate(&bench, no_limits(), vec![Scripted::new(again)]).await;
    assert_eq!(state.ending(), Some(&Ending::Complete), "the reports of a last turn may be mended");
}

#[tokio::test(start_paused = true)]
async fn no_budget_of_money_is_ever_overdrawn() {
    for cents in 1..=80 {
        let limit = f64::from(cents) / 100.0;
        let bench = Bench::new(vec![vec!["a"]]);
        let model = Measured::new(vec![look("b"), look("c"), look("d"), conclude("a is broken")], None, 0.01);
        let budget = Budget { cost_usd: Some(limit), ..no_limits() };
        let state = investigate(&bench, budget, vec![model.clone()]).await;
        let spent = state.cost_usd().unwrap();
        assert!(spent <= limit, "{spent} of {limit}");
        assert!(!state.evidence().is_empty());
        if state.ending() != Some(&Ending::Complete) {
            assert!(reason(&state).contains(&format!("the budget of ${limit}")), "{}", reason(&state));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_budget_below_one_turn_asks_no_model_and_says_what_it_would_have_cost() {
    for budget in [Budget { cost_usd: Some(0.01), ..no_limits() }, Budget { tokens: Some(1_000), ..no_limits() }] {
        let bench = Bench::new(vec![vec!["a"]]);
        let model = Measured::new(vec![conclude("a is broken")], None, 0.01);
        let state = investigate(&bench, budget, vec![model.clone()]).await;
        assert_eq!((model.model.turns(), state.turns()), (0, 0));
        assert!(reason(&state).contains("the next turn could"), "{}", reason(&state));
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_does_not_fit_becomes_a_last_turn_with_a_shorter_answer() {
    // A whole turn may cost $0.16 for its answer alone, a last one $0.06.
    for budget in [Budget { cost_usd: Some(0.1), ..no_limits() }, Budget { tokens: Some(10_000), ..no_limits() }] {
        let bench = Bench::new(vec![vec!["a"]]);
        let model = Measured::new(vec![conclude("a is broken")], None, 0.01);
        let state = investigate(&bench, budget, vec![model.clone()]).await;
        assert_eq!(state.ending(), Some(&Ending::Complete));
        assert!(model.model.last_heard().text().contains("This is your last turn"));
        assert_eq!(*model.asked.lock().unwrap(), [Some(6_000)]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_cut_off_goes_on_and_a_broken_call_is_never_run() {
    let bench = Bench::new(vec![vec!["a"]]);
    let broken = json!("{\"at\": \"b");
    let model = Scripted::new(vec![
        Act::Stop(StopReason::MaxTokens, words("First I would")),
        Act::Stop(StopReason::MaxTokens, vec![call("look", broken.clone())]),
        Act::Stop(StopReason::MalformedToolUse, words("Looking.")),
        Act::Stop(StopReason::MaxTokens, vec![call("report_root_cause", broken)]),
        conclude("a is broken"),
    ]);
    let state = investigate(&bench, no_limits(), vec![model.clone()]).await;
    assert_eq!(state.ending(), Some(&Ending::Complete));
    assert_eq!(bench.toolbox.runs.load(Ordering::SeqCst), 1, "the opening's call alone");
    let seen = model.seen.lock().unwrap();
    let told = |turn: usize| seen[turn].last().unwrap().text();
    assert!(told(1).contains("cut off by the output limit"));
    assert_eq!(seen[1][1].text(), "First I would", "what was said stays");
    assert!(
        matches!(&seen[2].last().unwrap().blocks[0], Block::ToolResult { text, is_error: true, .. } if text.contains("no JSON object"))
    );
    assert!(told(2).contains("cut off by the output limit"));
    assert!(told(3).contains("could not be read"));
    assert!(matches!(&seen[4].last().unwrap().blocks[0], Block::ToolResult { is_error: true, .. }));
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_cut_off_every_time_end_in_a_partial_report_that_says_so() {
    let bench = Bench::new(vec![vec!["a"]]);
    let model = Scripted::new(vec![Act::Stop(StopReason::MaxTokens, words("And then")); 9]);
    let state = investigate(&bench, no_limits(), vec![model.clone()]).await;
    assert_eq!(model.turns(), 3);
    assert!(reason(&state).contains("output limit"), "{}", reason(&state));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_will_not_answer_is_left_and_its_words_stay_out_of_the_conversation() {
    for (stop, why) in [(StopReason::GuardrailIntervened, "a guardrail"), (StopReason::ContentFiltered, "filtered")] {
        let bench = Bench::new(vec![vec!["a"]]);
        let blocks = vec![words("I must not.")[0].clone(), call("look", json!({"at": "b"}))];
        let first = Scripted::named("first", vec![Act::Stop(stop, blocks)]);
        let second = Scripted::named("second", vec![conclude("a is broken")]);
        let state = investigate(&bench, no_limits(), vec![first.clone(), second.clone()]).await;
        assert_eq!(state.ending(), Some(&Ending::Complete));
        assert_eq!(first.seen.lock().unwrap()[0], second.seen.lock().unwrap()[0]);
        let said = bench.journal.all().into_iter().find_map(|entry| match entry.event {
            Event::Degraded { reason, .. } => Some(reason),
            _ => None,
        });
        let said = said.unwrap();
        assert!(said.contains(why) && said.contains("I must not."), "{said}");

        let bench = Bench::new(vec![vec!["a"]]);
        let state = investigate(&bench, no_limits(), vec![first]).await;
        assert!(reason(&state).contains(why) && reason(&state).starts_with("first: "), "{}", reason(&state));
    }
}

/// Three large pieces of evidence from the opening, and a window that does not hold them with a fourth.
fn large() -> (Bench, Vec<Act>) {
    let script = vec![
        Act::Call(vec![("look", json!({"at": "D"})), ("show_evidence", json!({"evidence": "E1"}))]),
        Act::Call(vec![("show_evidence", json!({"evidence": "E1", "from_line": 90}))]),
        look("E"),
        conclude_on_large(),
    ];
    (Bench::new(vec![vec!["A", "B", "C"]]), script)
}

#[tokio::test(start_paused = true)]
async fn a_conversation_that_outgrows_the_window_is_shortened_and_the_journal_keeps_all() {
    let (bench, script) = large();
    let model = Measured::new(script, Some(20_000), 0.0);
    let state = investigate(&bench, no_limits(), vec![model.clone()]).await;
    assert_eq!(state.ending(), Some(&Ending::Complete));
    let cut = compactions(state.entries());
    assert!(!cut.is_empty() && cut[0].iter().all(|id| id != "E4"), "what was just asked for is cut last: {cut:?}");
    let seen = model.model.seen.lock().unwrap();
    let first = seen.last().unwrap()[0].text();
    assert!(first.contains("show_evidence E1 from_line") && first.contains("A is broken"), "{first}");
    let read_again = seen[2].last().unwrap().blocks[0].clone();
    assert!(matches!(read_again, Block::ToolResult { text, .. } if text.contains("line 100 of what A says")));
    assert!(state.evidence().iter().all(|evidence| evidence.text.contains("line 100 of")), "nothing is lost");
    let again = Investigation::from_entries(bench.id.clone(), bench.journal.all());
    let prompts = Prompts::embedded().unwrap();
    assert_eq!(conversation::messages(&again, &prompts), conversation::messages(&state, &prompts));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_finds_the_conversation_too_large_is_asked_again_with_less_until_nothing_is_left_to_cut() {
    let too_large = || Act::Fail(ModelError::ContextExceeded { message: "prompt is too long".to_owned() });
    let (bench, _) = large();
    let second = Scripted::named("second", vec![conclude_on_large()]);
    let first = Scripted::named("first", vec![too_large()]);
    let state = investigate(&bench, no_limits(), vec![first.clone(), second]).await;
    assert_eq!(state.ending(), Some(&Ending::Complete));
    let cut: Vec<String> = compactions(state.entries()).concat();
    assert_eq!(cut.len(), 3, "each piece is cut once: {cut:?}");
    let sizes: Vec<usize> = first.seen.lock().unwrap().iter().map(|messages| messages[0].text().len()).collect();
    assert!(sizes.len() > 1 && sizes.windows(2).all(|pair| pair[1] < pair[0]), "{sizes:?}");
}

#[tokio::test(start_paused = true)]
async fn reasoning_is_kept_in_the_last_answer_only_once_the_conversation_was_shortened() {
    let thought = |text: &str| Block::Reasoning { opaque: json!({ "thought": text }) };
    let answer = |text: &str, item: &str| {
        Act::Stop(StopReason::ToolUse, vec![thought(text), call("look", json!({ "at": item }))])
    };
    let bench = Bench::new(vec![vec!["A", "B"]]);
    let script = vec![answer("one", "C"), answer("two", "D"), conclude_on_large()];
    let model = Measured::new(script, Some(18_500), 0.0);
    let state = investigate(&bench, no_limits(), vec![model.clone()]).await;
    assert_eq!(compactions(state.entries()).len(), 1, "{:?}", compactions(state.entries()));
    let last = model.model.seen.lock().unwrap().last().unwrap().clone();
    let kept: Vec<&Block> = last
        .iter()
        .flat_map(|message| &message.blocks)
        .filter(|block| matches!(block, Block::Reasoning { .. }))
        .collect();
    assert_eq!(kept, [&thought("two")]);
}

#[tokio::test(start_paused = true)]
async fn cut_off_after_any_entry_of_a_stressful_run_it_goes_on_to_the_same_journal() {
    let models = || -> Vec<Arc<dyn Model>> {
        let (_, mut script) = large();
        script.insert(3, Act::Stop(StopReason::MaxTokens, words("It is")));
        script.insert(4, Act::Stop(StopReason::GuardrailIntervened, words("No.")));
        let next = Scripted::named(
            "next",
            vec![Act::Say("never asked"); 4].into_iter().chain([conclude_on_large()]).collect(),
        );
        vec![Measured::new(script, Some(20_000), 0.0), next]
    };
    let (whole, _) = large();
    let expected = investigate(&whole, no_limits(), models()).await;
    assert_eq!(expected.ending(), Some(&Ending::Complete));
    let entries = whole.journal.all();
    assert!(!compactions(&entries).is_empty());
    for kept in 2..entries.len() {
        let (mut bench, _) = large();
        bench.journal = Arc::new(MemoryJournal(Mutex::new(entries[..kept].to_vec())));
        bench.investigator(models()).run(&bench.id, std::future::pending()).await.unwrap();
        assert_eq!(bench.journal.all(), entries, "after {kept} entries");
    }
}
