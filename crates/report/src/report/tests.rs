#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
use std::sync::Arc;

use marple_case::{
    Entry, Event, Usage,
    event::{Budget, Ending},
};

use super::*;
use crate::cases::{self, CLAUDE, Journal, report};

#[test]
fn every_prefix_of_a_journal_gives_a_report() {
    let entries = cases::complete();
    let standing = |count: usize| report(&entries[..count]).status.word();
    assert_eq!((0..entries.len()).map(standing).collect::<Vec<_>>(), vec!["unfinished"; entries.len()]);
    assert_eq!(standing(entries.len()), "complete");
}

#[test]
fn a_partial_report_counts_what_was_spent_and_not_the_pause() {
    let report = report(&cases::partial());
    assert_eq!(report.status, Status::Partial { reason: "the time limit of 5 min is reached".to_owned() });
    assert_eq!(report.spent.elapsed_ms, 200 + 900 + 30_000 + 4200 + 100 + 1000);
    assert_eq!((report.spent.turns, report.spent.tool_calls, report.refused_calls), (1, 2, 1));
    assert_eq!(report.spent.cost_usd, None, "the price of the model is unknown");
}

#[test]
fn the_playbook_costs_nothing_and_is_no_language_model() {
    let report = report(&cases::insufficient());
    assert_eq!((report.language_model, report.model.as_str(), report.spent.cost_usd), (false, PLAYBOOK, Some(0.0)));
}

#[test]
fn a_report_written_by_the_playbook_after_a_language_model_names_both() {
    let entries = [cases::partial(), cases::insufficient()[1..].to_vec()].concat();
    let report = report(&entries);
    assert_eq!((report.model.as_str(), report.language_model), (PLAYBOOK, true));
    assert_eq!(report.models, [CLAUDE, PLAYBOOK]);
}

#[test]
fn a_denied_call_becomes_a_gap_unless_one_names_it() {
    let report = report(&cases::insufficient());
    let missing: Vec<&str> = report.gaps.iter().map(|gap| gap.missing.as_str()).collect();
    assert_eq!(missing, ["the logs of notification-service", "E3 list_secrets notification"]);
}

#[test]
fn a_failed_call_that_succeeded_later_is_no_gap() {
    let mut entries = cases::partial();
    let missing =
        |entries: &[Entry]| -> Vec<String> { report(entries).gaps.into_iter().map(|gap| gap.missing).collect() };
    assert_eq!(missing(&entries).len(), 2);
    let mut again = (*report(&entries).evidence[1]).clone();
    (again.id, again.outcome) = (EvidenceId(3), marple_case::Outcome::NoData);
    let event = Event::EvidenceTaken { evidence: Arc::new(again), call: None };
    let last = entries.pop().unwrap();
    entries.push(Entry { event, ..last });
    assert_eq!(missing(&entries), [""; 0]);
}

#[test]
fn questions_afterwards_are_counted_apart_and_change_no_figure() {
    let before = report(&cases::complete());
    let mut journal = Journal::open(Trigger::LatestAlarm, CLAUDE, "en", None);
    cases::complete().into_iter().skip(1).for_each(|entry| journal.entries.push(entry));
    let usage = Usage { input_tokens: 10, ..Usage::default() };
    journal.after(86_400_000, asked("Who calls it?"));
    journal.after(2000, cases::answered(CLAUDE, usage, Some(0.5)));
    journal.after(0, Event::CallRefused { call: "c".to_owned(), tool: "x".to_owned(), reason: String::new() });
    journal.after(0, answered("Not known."));
    journal.after(0, Event::Interrupted);
    let after = report(&journal.entries);
    assert_eq!((&after.spent, &after.status, after.refused_calls), (&before.spent, &Status::Complete, 0));
    let asked = after.spent_on_questions;
    assert_eq!((asked.elapsed_ms, asked.turns, asked.usage.input_tokens, asked.cost_usd), (2000, 1, 10, Some(0.5)));
    assert_eq!(after.questions[0].answer.as_ref().map(|answer| answer.text.as_str()), Some("Not known."));
}

#[test]
fn the_last_root_cause_counts_and_the_earlier_ones_are_kept() {
    let mut entries = cases::insufficient();
    entries.pop();
    entries.extend(cases::complete().split_off(1));
    let report = report(&entries);
    assert_eq!((report.verdict(), report.superseded.len()), (Some(Verdict::Fault), 1));
    assert_eq!(report.status, Status::Complete);
}

#[test]
fn a_link_whose_check_is_missing_is_an_inference() {
    let mut entries = cases::complete();
    for entry in &mut entries {
        if let Event::RootCauseReported { verification, .. } = &mut entry.event {
            verification.chain.pop();
        }
    }
    let report = report(&entries);
    let conclusion = report.conclusion.as_ref().unwrap();
    let inferences: Vec<bool> = conclusion.chain().map(|(_, _, inference)| inference).collect();
    assert_eq!(inferences, [false, true]);
    assert!(conclusion.chain().nth(1).unwrap().1.iter().all(|cited| cited.line.is_none()));
}

#[test]
fn an_ending_without_an_opening_is_still_a_report() {
    let at = cases::at("2025-12-16T06:10:00Z");
    let report = report(&[Entry { number: 1, at, event: Event::Closed { ending: Ending::Complete } }]);
    assert_eq!((&report.status, report.verdict()), (&Status::Complete, None));
}

fn asked(question: &str) -> Event {
    Event::QuestionAsked { text: question.to_owned(), budget: Budget::default(), language: None, zone: None }
}

fn answered(text: &str) -> Event {
    Event::Answered { text: text.to_owned(), citations: Vec::new(), call: None, given_up: None }
}

#[test]
fn a_later_root_cause_keeps_the_earlier_one_as_a_version_with_its_plan() {
    let report = report(&cases::chat());
    let titles: Vec<&str> =
        report.superseded.iter().map(|version| version.conclusion.root_cause.title.as_str()).collect();
    assert_eq!(titles.len(), 1);
    assert_ne!(titles[0], "The gateway drops the body");
    assert!(report.superseded[0].plan.is_some() && report.plan.is_none(), "the plan was for the earlier cause");
    assert_eq!((report.model.as_str(), report.status), ("second-model", Status::Complete));
    assert!(report.questions[1].answer.is_none());
}

#[test]
fn an_answer_that_was_taken_up_again_leaves_the_report_as_it_was() {
    let mut journal = Journal::open(Trigger::LatestAlarm, CLAUDE, "en", None);
    journal.entries = cases::chat();
    journal.after(5000, Event::Resumed { budget: Budget::default() });
    let report = report(&journal.entries);
    assert_eq!(report.status, Status::Complete);
    assert!(!report.notes.iter().any(|note| matches!(note, Note::Resumed { .. })));
}
