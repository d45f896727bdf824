//! JUnit XML, as build servers read it: a test case a scenario and variant, a test suite a variant.
//!
//! Runs that failed are failures, runs that the infrastructure kept from being graded are errors.

use std::fmt::Write as _;

use super::escaped;
use crate::results::{CaseResult, Results};

/// Renders.
pub fn render(results: &Results) -> String {
    let cases = &results.scenarios;
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        text,
        "<testsuites name=\"marple eval {}\" {}>",
        escaped(&results.model),
        counts(&cases.iter().collect::<Vec<_>>())
    );
    for variant in &results.summary.by_variant {
        let own: Vec<&CaseResult> = cases.iter().filter(|case| case.variant == variant.variant).collect();
        let _ = writeln!(text, "  <testsuite name=\"{}\" {}>", escaped(&variant.variant), counts(&own));
        own.iter().for_each(|case| test_case(case, &mut text));
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn counts(cases: &[&CaseResult]) -> String {
    let errors = cases.iter().filter(|case| is_error(case)).count();
    let failures = cases.iter().filter(|case| !case.is_green() && !is_error(case)).count();
    let time: u64 = cases.iter().map(|case| case.elapsed_ms).sum();
    format!("tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{}\"", cases.len(), seconds(time))
}

/// Whether nothing but the infrastructure failed.
fn is_error(case: &CaseResult) -> bool {
    !case.infrastructure_failures.is_empty() && case.passed == case.runs
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

fn test_case(case: &CaseResult, text: &mut String) {
    let _ = write!(
        text,
        "    <testcase classname=\"{}\" name=\"{}\" time=\"{}\"",
        escaped(&case.variant),
        escaped(&case.name()),
        seconds(case.elapsed_ms)
    );
    if case.is_green() {
        text.push_str("/>\n");
        return;
    }
    text.push_str(">\n");
    let (element, message, lines) = if is_error(case) {
        let message = format!("runs not graded: {}", case.infrastructure_failures.len());
        ("error", message, case.infrastructure_failures.iter().map(|failure| escaped(failure)).collect::<Vec<_>>())
    } else {
        let lines = case.failed_checks().map(|check| format!("{}: {}", escaped(&check.name), escaped(&check.detail)));
        ("failure", format!("{} of {} runs passed", case.passed, case.runs), lines.collect())
    };
    let _ = writeln!(text, "      <{element} message=\"{}\">{}</{element}>", escaped(&message), lines.join("\n"));
    text.push_str("    </testcase>\n");
}
