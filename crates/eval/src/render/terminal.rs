//! A table for the terminal, the failed checks below it, and the figures at the end.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use marple_report::{amounts, visible};

use super::{cost, percent_or_dash};
use crate::results::{CaseResult, Results, Summary, VariantSummary};

/// Renders at most `width` columns wide, without colours.
pub fn render(results: &Results, width: u16) -> String {
    let mut text = String::new();
    for line in table(results, width).lines() {
        // Each cell is padded on both sides, the outer ones, too.
        let _ = writeln!(text, "{}", line.strip_prefix(' ').unwrap_or(&line).trim_end());
    }
    failures(results, &mut text);
    for left_out in &results.not_applicable {
        let _ = writeln!(text, "left out: {}/{}: {}", left_out.id, left_out.variant, visible::line(&left_out.reason));
    }
    summary(results, &mut text);
    text
}

fn table(results: &Results, width: u16) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(["", "scenario", "variant", "passed", "turns", "calls", "tokens", "time", "cost", "failed"]);
    for case in &results.scenarios {
        table.add_row(row(case));
    }
    for column in 3..9 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn row(case: &CaseResult) -> [String; 10] {
    let failed = match (case.failed_checks().count(), case.infrastructure_failures.len()) {
        (0, 0) => String::new(),
        (1, 0) => "1 check".to_owned(),
        (checks, 0) => format!("{checks} checks"),
        (0, runs) => format!("{runs} not graded"),
        (checks, runs) => format!("{checks} checks, {runs} not graded"),
    };
    [
        if case.is_green() { "ok" } else { "FAIL" }.to_owned(),
        visible::line(&case.id),
        case.variant.clone(),
        format!("{}/{}", case.passed, case.runs),
        case.turns.to_string(),
        case.tool_calls.to_string(),
        amounts::count(case.tokens),
        amounts::duration(case.elapsed_ms),
        cost(case.cost_usd),
        failed,
    ]
}

fn failures(results: &Results, text: &mut String) {
    for case in results.scenarios.iter().filter(|case| !case.is_green()) {
        let _ = writeln!(text, "\n{}", visible::line(&case.name()));
        for check in case.failed_checks() {
            let _ = writeln!(text, "  {}: {}", check.name, visible::line(&check.detail));
        }
        for failure in &case.infrastructure_failures {
            let _ = writeln!(text, "  not graded: {}", visible::line(failure));
        }
    }
}

fn summary(results: &Results, text: &mut String) {
    let Summary { pass_at_1, pass_hat_k, k, wilson_low, wilson_high, .. } = &results.summary;
    let summary = &results.summary;
    let _ = writeln!(
        text,
        "\n{}: {} of {} pass; pass@1 {} (95 %: {} to {}), pass^{k} {}",
        visible::line(&results.model),
        summary.green,
        summary.cases,
        percent_or_dash(*pass_at_1),
        percent_or_dash(*wilson_low),
        percent_or_dash(*wilson_high),
        percent_or_dash(*pass_hat_k),
    );
    if let Some(gap) = summary.variant_gap {
        let abstained = |count: u32| if count == 0 { String::new() } else { format!(" ({count} by abstaining)") };
        let share = |one: &VariantSummary| {
            format!("{} {}{}", one.variant, percent_or_dash(one.pass_at_1), abstained(one.abstained))
        };
        let shares = summary.by_variant.iter().map(share);
        let shares: Vec<String> = shares.collect();
        let _ = writeln!(text, "variants are {:.1} points behind: {}", gap * 100.0, shares.join(", "));
    }
    if summary.infrastructure_failures > 0 {
        let _ = writeln!(
            text,
            "runs not graded, since the infrastructure failed twice: {}",
            summary.infrastructure_failures
        );
    }
    let _ = writeln!(
        text,
        "median {} turns; {} tokens, cost {}; {}",
        summary.turns,
        amounts::count(summary.tokens),
        cost(summary.cost_usd),
        amounts::duration(summary.elapsed_ms),
    );
}
