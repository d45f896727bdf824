#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use serde_json::Value;

use super::*;
use crate::{
    Results,
    compare::Comparison,
    grade::Check,
    results::{CaseResult, NotApplicable, Said},
};

fn case(id: &str, variant: &str, passed: u32, runs: u32) -> CaseResult {
    let detail = "<script>alert('x')</script> & \u{202e}evil\u{1b}[31m ]]>";
    CaseResult {
        id: id.to_owned(),
        variant: variant.to_owned(),
        title: "Profile <b>updates</b> fail".to_owned(),
        changed: String::new(),
        runs,
        passed,
        abstained: 0,
        checks: vec![Check::new("verdict", true, "fault"), Check::new("onset", passed == runs, detail)],
        turns: 3,
        tool_calls: 12,
        tokens: 21_000,
        elapsed_ms: 1_234,
        cost_usd: Some(0.01),
        wilson: None,
        infrastructure_failures: Vec::new(),
        said: vec![Said { passed: passed == runs, title: Some("</li><h1>".to_owned()), ..Said::default() }],
    }
}

fn results(cases: Vec<CaseResult>) -> Results {
    let runs = cases.iter().map(|case| case.runs).max().unwrap_or(0);
    let summary = Results::summarise(runs, &cases, 63_000, 4_000);
    let left_out =
        NotApplicable { id: "a".to_owned(), variant: "decoy".to_owned(), reason: "no <neighbour>".to_owned() };
    Results {
        model: "model<1>".to_owned(),
        program: "0".to_owned(),
        runs,
        scenarios: cases,
        not_applicable: vec![left_out],
        summary,
    }
}

fn some() -> Results {
    let mut ungraded = case("b", "base", 4, 4);
    ungraded.infrastructure_failures = vec!["the model's service: <throttled>".to_owned()];
    ungraded.cost_usd = None;
    results(vec![case("a", "base", 5, 5), case("a", "rename", 3, 5), ungraded])
}

#[test]
fn the_json_is_the_contract() {
    let json = serde_json::to_value(some()).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for key in ["model", "runs", "scenarios", "summary"] {
        assert!(keys(&json).contains(&key.to_owned()), "{key}");
    }
    for key in ["id", "variant", "runs", "passed", "checks", "turns", "tool_calls", "elapsed_ms", "cost_usd"] {
        assert!(keys(&json["scenarios"][0]).contains(&key.to_owned()), "{key}");
    }
    assert_eq!(keys(&json["scenarios"][0]["checks"][0]), ["name", "passed", "detail"]);
    for key in ["pass_at_1", "pass_hat_k", "wilson_low", "wilson_high", "variant_gap"] {
        assert!(keys(&json["summary"]).contains(&key.to_owned()), "{key}");
    }
    assert_eq!(json["scenarios"][2]["cost_usd"], Value::Null, "an unknown price is no zero");
    assert_eq!(serde_json::from_value::<Results>(json).unwrap(), some());
}

#[test]
fn the_summary_weighs_cases_and_keeps_what_is_unknown_unknown() {
    let summary = some().summary;
    let near = |found: Option<f64>, right: f64| (found.unwrap() - right).abs() < 1e-12;
    assert!(near(summary.pass_at_1, 13.0 / 15.0));
    // Of five runs: 1, 0, and a case with four runs only that is left out.
    assert!(near(summary.pass_hat_k, 0.5));
    assert!(near(summary.variant_gap, 0.4));
    assert_eq!((summary.cost_usd, summary.green, summary.cases, summary.infrastructure_failures), (None, 1, 3, 1));
    assert!(!some().is_green());
    assert!(!results(Vec::new()).is_green(), "nothing that ran is no success");
}

#[test]
fn the_table_names_failed_checks_and_hides_nothing() {
    insta::assert_snapshot!(terminal::render(&some(), 100), @r"
          scenario  variant  passed  turns  calls  tokens   time     cost  failed
    ok    a         base        5/5      3     12  21,000  1.2 s  $0.0100
    FAIL  a         rename      3/5      3     12  21,000  1.2 s  $0.0100  1 check
    FAIL  b         base        4/4      3     12  21,000  1.2 s  unknown  1 not graded

    a/rename
      onset: <script>alert('x')</script> & \u{202e}evil\x1b[31m ]]>

    b
      not graded: the model's service: <throttled>
    left out: a/decoy: no <neighbour>

    model<1>: 1 of 3 pass; pass@1 86.7 % (95 %: 33.3 % to 98.8 %), pass^5 50.0 %
    variants are 40.0 points behind: base 100.0 %, rename 60.0 %
    runs not graded, since the infrastructure failed twice: 1
    median 3 turns; 63,000 tokens, cost unknown; 4.0 s
    ");
}

#[test]
fn junit_tells_failures_from_errors_and_is_well_formed_whatever_a_report_says() {
    insta::assert_snapshot!(junit::render(&some()), @r##"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="marple eval model&lt;1&gt;" tests="3" failures="1" errors="1" time="3.702">
      <testsuite name="base" tests="2" failures="0" errors="1" time="2.468">
        <testcase classname="base" name="a" time="1.234"/>
        <testcase classname="base" name="b" time="1.234">
          <error message="runs not graded: 1">the model&#39;s service: &lt;throttled&gt;</error>
        </testcase>
      </testsuite>
      <testsuite name="rename" tests="1" failures="1" errors="0" time="1.234">
        <testcase classname="rename" name="a/rename" time="1.234">
          <failure message="3 of 5 runs passed">onset: &lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; \u{202e}evil\x1b[31m ]]&gt;</failure>
        </testcase>
      </testsuite>
    </testsuites>
    "##);
}

#[test]
fn the_page_runs_and_loads_nothing_and_escapes_all_that_is_foreign() {
    let page = html::render(&some());
    for foreign in [
        "<script",
        "<b>",
        "</li><h1>",
        "\u{202e}",
        "\u{1b}",
        "model<1>",
        "no <neighbour>",
        "http://",
        "https://",
        "onerror",
    ] {
        assert!(!page.contains(foreign), "{foreign:?}");
    }
    assert_eq!(page.matches("<svg").count(), 2, "a picture a scenario");
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; \\u{202e}evil"));
    let opened =
        |element: &str| page.matches(&format!("<{element}")).count() - page.matches(&format!("</{element}>")).count();
    assert_eq!(["section", "details", "table", "ol", "svg", "title", "text"].map(opened), [0; 7]);
}

#[test]
fn a_lower_pass_rate_and_a_case_that_went_missing_are_regressions() {
    let before = results(vec![
        case("a", "base", 5, 5),
        case("b", "base", 2, 5),
        case("c", "base", 1, 1),
        case("d", "base", 0, 1),
    ]);
    let after = results(vec![case("a", "base", 9, 10), case("b", "base", 4, 10), case("e", "base", 1, 1)]);
    let whole = Comparison::of(&before, &after, true);
    insta::assert_snapshot!(whole.to_string(), @r"
    worse: a 5/5 -> 9/10 (onset)
    worse: c 1/1 -> absent
    new: e
    compared: 2 worse, 0 better, 1 the same, 1 new
    ");
    assert!(whole.is_regression());
    let better = results(vec![case("b", "base", 5, 5)]);
    let part = Comparison::of(&before, &better, false);
    assert!(!part.is_regression() && part.better.len() == 1, "the scenarios that were not asked for are not missed");
    let mut lost = case("a", "base", 0, 0);
    lost.infrastructure_failures = vec!["x".to_owned()];
    assert!(
        Comparison::of(&before, &results(vec![lost]), false).is_regression(),
        "what could not be graded is no pass"
    );
}
