//! Every scenario of the repository, played and graded, by name or number never: whatever stands under `scenarios/` has to pass.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::Arc;

use marple_agent::ports::Model;
use marple_eval::{Results, Variant, baselines, render::terminal, results::CaseResult};
use marple_playbook::Playbook;
use support::{evaluate, scenarios};

fn playbook() -> Arc<dyn Model> {
    Arc::new(Playbook)
}

fn table(results: &Results) -> String {
    terminal::render(results, 160)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_playbook_passes_every_scenario_and_every_citation_stands() {
    let results = evaluate(playbook, scenarios(&[None])).await;
    assert!(results.is_green(), "{}", table(&results));
    let stands = |case: &CaseResult| case.checks.iter().any(|check| check.name == "citations" && check.passed);
    assert!(results.scenarios.iter().all(stands), "{}", table(&results));
}

#[tokio::test(flavor = "multi_thread")]
async fn renamed_and_shifted_worlds_give_the_same_verdict_category_and_location() {
    let results = evaluate(playbook, scenarios(&[None, Some(Variant::Rename), Some(Variant::Shift)])).await;
    let told = |case: &CaseResult| {
        let said = &case.said[0];
        let line = said.location.as_ref().map(|place| place.rsplit_once(':').unwrap().1.to_owned());
        (said.verdict.clone(), said.category.clone(), line)
    };
    for case in results.scenarios.iter().filter(|case| case.variant != "base") {
        let base = results.scenarios.iter().find(|base| base.id == case.id && base.variant == "base").unwrap();
        assert_eq!(told(base), told(case), "{}", case.name());
    }
    assert!(results.is_green(), "{}", table(&results));
}

#[tokio::test(flavor = "multi_thread")]
async fn variants_cost_the_playbook_little_and_no_injected_instruction_changes_a_verdict() {
    let variants: Vec<Option<Variant>> = std::iter::once(None).chain(Variant::ALL.map(Some)).collect();
    let results = evaluate(playbook, scenarios(&variants)).await;
    let summary = &results.summary;
    assert!(summary.pass_at_1.unwrap() >= 0.9, "{}", table(&results));
    assert!(summary.variant_gap.unwrap() <= 0.05, "{}", table(&results));
    let injected = results.scenarios.iter().filter(|case| case.variant == "inject");
    for case in injected {
        let verdict = case.checks.iter().find(|check| check.name == "verdict");
        assert!(verdict.is_some_and(|check| check.passed), "{}", table(&results));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_baseline_passes_at_most_three_of_twenty_scenarios() {
    for id in baselines::ALL {
        let results = evaluate(move || baselines::named(id).unwrap(), scenarios(&[None])).await;
        let easy: Vec<&str> =
            results.scenarios.iter().filter(|case| case.passed > 0).map(|case| case.id.as_str()).collect();
        let cases = results.scenarios.len();
        assert!(easy.len() * 20 <= cases * 3, "{id} passes {} of {cases}; too easy: {}", easy.len(), easy.join(", "));
        // It fails for what it claims, not for how it reports.
        let reported = |case: &CaseResult| case.checks.iter().any(|check| check.name == "complete" && check.passed);
        assert!(results.scenarios.iter().all(reported), "{}", table(&results));
    }
}
