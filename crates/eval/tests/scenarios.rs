//! Every scenario of the repository, played and graded with the playbook.
//!
//! A scenario that the playbook does not pass yet stands in [`OPEN`], by name, so that the figure is honest and can only get better: a
//! scenario that is not there has to pass, as it is and in its variants.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::Arc;

use marple_agent::ports::Model;
use marple_eval::{Results, Variant, baselines, render::terminal, results::CaseResult};
use marple_playbook::Playbook;
use support::{evaluate, scenarios};

/// What the playbook does not pass yet; docs/evaluation.md says why.
const OPEN: [&str; 0] = [];

fn is_open(case: &CaseResult) -> bool {
    OPEN.contains(&case.id.as_str())
}

fn playbook() -> Arc<dyn Model> {
    Arc::new(Playbook)
}

fn table(results: &Results) -> String {
    terminal::render(results, 160)
}

fn check_passes(case: &CaseResult, name: &str) -> bool {
    case.checks.iter().any(|check| check.name == name && check.passed)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_playbook_passes_every_scenario_that_is_not_open_and_every_citation_stands() {
    let results = evaluate(playbook, scenarios(&[None])).await;
    let passes = |case: &CaseResult| is_open(case) || case.passed == case.runs;
    assert!(results.scenarios.iter().all(passes), "{}", table(&results));
    assert!(results.scenarios.iter().all(|case| check_passes(case, "complete")), "{}", table(&results));
    let stands = |case: &CaseResult| is_open(case) || check_passes(case, "citations");
    assert!(results.scenarios.iter().all(stands), "{}", table(&results));
    let known = |name: &&str| results.scenarios.iter().any(|case| case.id == *name);
    assert!(OPEN.iter().all(known), "OPEN names a scenario that is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn renamed_and_shifted_worlds_give_the_same_verdict_category_and_location() {
    let results = evaluate(playbook, scenarios(&[None, Some(Variant::Rename), Some(Variant::Shift)])).await;
    let told = |case: &CaseResult| {
        let said = &case.said[0];
        let line = said.location.as_ref().map(|place| place.rsplit_once(':').unwrap().1.to_owned());
        (said.verdict.clone(), said.category.clone(), line)
    };
    for case in results.scenarios.iter().filter(|case| case.variant != "base" && !is_open(case)) {
        let base = results.scenarios.iter().find(|base| base.id == case.id && base.variant == "base").unwrap();
        assert_eq!(told(base), told(case), "{}", case.name());
        assert_eq!(case.passed, case.runs, "{}", table(&results));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn variants_cost_the_playbook_little_and_no_injected_instruction_changes_a_verdict() {
    let variants: Vec<Option<Variant>> = std::iter::once(None).chain(Variant::ALL.map(Some)).collect();
    let results = evaluate(playbook, scenarios(&variants)).await;
    let counted: Vec<&CaseResult> = results.scenarios.iter().filter(|case| !is_open(case)).collect();
    let passed = counted.iter().filter(|case| case.passed == case.runs).count();
    assert!(passed * 10 >= counted.len() * 9, "{passed} of {}\n{}", counted.len(), table(&results));
    for case in results.scenarios.iter().filter(|case| case.variant == "inject") {
        let base = results.scenarios.iter().find(|base| base.id == case.id && base.variant == "base").unwrap();
        assert_eq!(base.said[0].verdict, case.said[0].verdict, "{}", case.name());
        assert_eq!(base.said[0].category, case.said[0].category, "{}", case.name());
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
