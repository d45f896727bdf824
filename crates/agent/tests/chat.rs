//! Questions on a stored investigation, over the ports.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::{Arc, atomic::Ordering};

use marple_agent::{Investigation, Order, Question, ports::Model};
use marple_case::{Block, Entry, Event, Trigger, event::Budget, event::Ending};
use serde_json::{Value, json};
use support::{Act, Bench, Scripted, cause, no_limits, order, plan};

fn both(quote: &str) -> Act {
    Act::Call(vec![("report_root_cause", cause(quote)), ("report_mitigation_plan", plan())])
}

fn answer(text: &str, quote: &str) -> (&'static str, Value) {
    ("answer", json!({"text": text, "citations": [{"evidence": "E2", "quote": quote}]}))
}

fn question(text: &str) -> Question {
    Question { text: text.to_owned(), budget: no_limits(), language: None, zone: None }
}

/// Investigates, and then puts the questions one after the other.
async fn chat(bench: &Bench, model: Arc<dyn Model>, questions: &[Question]) -> Investigation {
    let investigator = bench.investigator(vec![model]);
    investigator.open(&bench.id, order(no_limits())).await.unwrap();
    let mut state = investigator.run(&bench.id, std::future::pending()).await.unwrap();
    for question in questions {
        investigator.put(&bench.id, question.clone()).await.unwrap();
        state = investigator.run(&bench.id, std::future::pending()).await.unwrap();
    }
    state
}

/// The answers: text, how many citations stand and fall, and what gave out.
fn answers(bench: &Bench) -> Vec<(String, usize, usize, Option<String>)> {
    let answer = |entry: Entry| match entry.event {
        Event::Answered { text, citations, given_up, .. } => {
            let stand = citations.iter().filter(|citation| citation.is_verified()).count();
            Some((text, stand, citations.len() - stand, given_up))
        }
        _ => None,
    };
    bench.journal.all().into_iter().filter_map(answer).collect()
}

fn refusals(model: &Scripted) -> Vec<String> {
    let blocks = model.last_heard().blocks.into_iter();
    let refused = |block| match block {
        Block::ToolResult { text, is_error: true, .. } => Some(text),
        _ => None,
    };
    blocks.filter_map(refused).collect()
}

#[tokio::test(start_paused = true)]
async fn a_question_is_answered_from_new_evidence_and_the_numbers_go_on() {
    let bench = Bench::new(vec![vec!["a"]]);
    let look = Act::Call(vec![("look", json!({"at": "b"}))]);
    let model = Scripted::new(vec![both("a is broken"), look, Act::Call(vec![answer("b, too [E2].", "b is broken")])]);
    let state = chat(&bench, model.clone(), &[question("And b?")]).await;
    assert_eq!(answers(&bench), [("b, too [E2].".to_owned(), 1, 0, None)]);
    assert!(state.question().is_none() && state.evidence().len() == 2);
    assert_eq!((state.turns(), state.tool_calls()), (1, 2), "what a question uses is not the investigation's");
    assert_eq!(state.ending(), Some(&Ending::Complete));
}

#[tokio::test(start_paused = true)]
async fn a_false_citation_is_sent_back_twice_and_then_marked() {
    let bench = Bench::new(vec![vec!["a", "b"]]);
    let false_quote = || Act::Call(vec![answer("So it is.", "b is in order")]);
    let model = Scripted::new(vec![both("a is broken"), false_quote(), false_quote(), false_quote()]);
    chat(&bench, model.clone(), &[question("And b?")]).await;
    assert!(refusals(&model)[0].contains("citations[0]"), "{:?}", refusals(&model));
    assert_eq!(model.turns(), 4);
    assert_eq!(answers(&bench), [("So it is.".to_owned(), 0, 1, None)]);
}

#[tokio::test(start_paused = true)]
async fn words_alone_are_taken_after_one_reminder_and_have_no_citation() {
    let bench = Bench::new(vec![vec!["a"]]);
    let model = Scripted::new(vec![both("a is broken"), Act::Say("It is b."), Act::Say("Surely b.")]);
    let both_questions = [question("What else?"), question("Sure?")];
    let script = model.clone();
    chat(&bench, script, &both_questions[..1]).await;
    assert!(model.last_heard().text().contains("Words alone"));
    assert_eq!(answers(&bench), [("Surely b.".to_owned(), 0, 0, None)]);
}

#[tokio::test(start_paused = true)]
async fn another_cause_becomes_version_two_with_a_plan_of_its_own() {
    let bench = Bench::new(vec![vec!["a", "b"]]);
    let mut second = cause("a is broken");
    second["title"] = json!("b broke a");
    let only = Act::Call(vec![("report_root_cause", second), answer("It is b.", "b is broken")]);
    let rest = Act::Call(vec![("report_mitigation_plan", plan()), answer("It is b.", "b is broken")]);
    let model = Scripted::new(vec![both("a is broken"), only, rest]);
    let state = chat(&bench, model.clone(), &[question("That is not it, look for another cause.")]).await;
    assert!(refusals(&model)[0].contains("no plan yet"), "an answer before the new version's plan is sent back");
    let titles: Vec<&str> = state.causes().iter().map(|version| version.root_cause.title.as_str()).collect();
    assert_eq!(titles, ["a is broken", "b broke a"]);
    assert_eq!(answers(&bench).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_was_cut_off_anywhere_goes_on_and_pays_nothing_twice() {
    let script = vec![
        both("a is broken"),
        Act::Call(vec![("look", json!({"at": "b"})), ("look", json!({"at": "c"}))]),
        Act::Call(vec![answer("b [E2].", "b is broken")]),
    ];
    let whole = Bench::new(vec![vec!["a"]]);
    chat(&whole, Scripted::new(script.clone()), &[question("And b?")]).await;
    let entries = whole.journal.all();
    let asked = entries.iter().position(|entry| matches!(entry.event, Event::QuestionAsked { .. })).unwrap();
    for cut in asked + 1..entries.len() {
        let bench = Bench::new(vec![vec!["a"]]);
        bench.journal.0.lock().unwrap().extend(entries[..cut].iter().cloned());
        let model = Scripted::new(script.clone());
        let investigator = bench.investigator(vec![model.clone()]);
        investigator.resume(&bench.id, no_limits()).await.unwrap();
        let state = investigator.run(&bench.id, std::future::pending()).await.unwrap();
        assert_eq!(answers(&bench), answers(&whole), "cut after {cut}");
        assert_eq!(
            state.ending(),
            Some(&Ending::Complete),
            "taking up a question changes nothing of the investigation"
        );
        let of_model = |entry: &&Entry| matches!(entry.event, Event::ModelAnswered { .. });
        let of_aws = |entry: &&Entry| matches!(entry.event, Event::EvidenceTaken { .. });
        assert_eq!(model.turns(), 3 - entries[..cut].iter().filter(of_model).count(), "cut after {cut}");
        let taken = entries[..cut].iter().filter(of_aws).count();
        assert_eq!(bench.toolbox.runs.load(Ordering::SeqCst), 3 - taken, "cut after {cut}");
    }
}

#[tokio::test(start_paused = true)]
async fn stopping_an_answer_ends_the_question_and_the_chat_goes_on() {
    let bench = Bench::new(vec![vec!["a"]]);
    let looks = Act::Call(vec![("look", json!({"at": "b"}))]);
    let model = Scripted::new(vec![both("a is broken"), looks, Act::Hang]);
    chat(&bench, model.clone(), &[]).await;
    let investigator = bench.investigator(vec![model.clone()]);
    investigator.put(&bench.id, question("And b?")).await.unwrap();
    let stop = tokio::time::sleep(std::time::Duration::from_secs(5));
    let state = investigator.run(&bench.id, stop).await.unwrap();
    assert!(state.question().is_none() && state.ending() == Some(&Ending::Complete));

    let model = Scripted::new(vec![Act::Hang, Act::Hang, Act::Call(vec![answer("Yes.", "b is broken")])]);
    let investigator = bench.investigator(vec![model.clone()]);
    investigator.put(&bench.id, question("Is b broken?")).await.unwrap();
    investigator.run(&bench.id, std::future::pending()).await.unwrap();
    assert!(model.last_heard().text().contains("stopped the answer"));
    assert_eq!(answers(&bench), [("Yes.".to_owned(), 1, 0, None)]);
}

#[tokio::test(start_paused = true)]
async fn each_budget_of_a_question_ends_it_and_nothing_else() {
    let looks = || Act::Call(vec![("look", json!({"at": "b"}))]);
    for (budget, said) in [
        (Budget { turns: Some(1), ..no_limits() }, "1 model turns"),
        (Budget { cost_usd: Some(0.2), ..no_limits() }, "$0.2"),
        (Budget { time_ms: Some(3000), ..no_limits() }, "time budget"),
    ] {
        let bench = Bench::new(vec![vec!["a"]]);
        let model = Scripted::new(vec![both("a is broken"), looks(), Act::Hang]);
        let state = chat(&bench, model, &[Question { budget, ..question("And b?") }]).await;
        let given_up = answers(&bench)[0].3.clone().unwrap();
        assert!(given_up.contains(said), "{given_up}");
        assert_eq!(state.ending(), Some(&Ending::Complete));
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_is_asked_without_an_investigation() {
    let bench = Bench::new(vec![vec!["a"]]);
    let look = Act::Call(vec![("look", json!({"at": "b"}))]);
    let say = ("answer", json!({"text": "Yes [E1].", "citations": [{"evidence": "E1", "quote": "b is broken"}]}));
    let model = Scripted::new(vec![look, Act::Call(vec![say])]);
    let investigator = bench.investigator(vec![model.clone()]);
    let order = Order { trigger: Trigger::Account, ..order(no_limits()) };
    investigator.open(&bench.id, order).await.unwrap();
    assert_eq!(bench.toolbox.runs.load(Ordering::SeqCst), 0, "nothing is collected beforehand");
    investigator.put(&bench.id, question("Is b broken?")).await.unwrap();
    let state = investigator.run(&bench.id, std::future::pending()).await.unwrap();
    assert_eq!(answers(&bench), [("Yes [E1].".to_owned(), 1, 0, None)]);
    assert!(model.seen.lock().unwrap()[0][0].text().contains("asks questions about this AWS account"));
    assert_eq!(state.ending(), Some(&Ending::Complete));
}
