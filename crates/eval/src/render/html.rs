//! One HTML page, self-contained: no script, nothing loaded, a picture a scenario. All foreign text is escaped.

use std::fmt::Write as _;

use marple_report::amounts;

use super::{cost, escaped, percent_or_dash};
use crate::results::{CaseResult, Results, Said};

const STYLE: &str = include_str!("style.css");

/// Renders.
pub fn render(results: &Results) -> String {
    let model = escaped(&results.model);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>marple eval: {model}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{model}</h1>\n"
    );
    summary(results, &mut page);
    let mut ids: Vec<&str> = Vec::new();
    for case in &results.scenarios {
        if !ids.contains(&case.id.as_str()) {
            ids.push(&case.id);
        }
    }
    for id in ids {
        let cases: Vec<&CaseResult> = results.scenarios.iter().filter(|case| case.id == id).collect();
        scenario(id, &cases, &mut page);
    }
    if !results.not_applicable.is_empty() {
        page.push_str("<h2>Left out</h2>\n<ul>\n");
        for one in &results.not_applicable {
            let _ = writeln!(page, "<li>{}/{}: {}</li>", escaped(&one.id), escaped(&one.variant), escaped(&one.reason));
        }
        page.push_str("</ul>\n");
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn summary(results: &Results, page: &mut String) {
    let summary = &results.summary;
    let (low, high) = (percent_or_dash(summary.wilson_low), percent_or_dash(summary.wilson_high));
    let rows = [
        ("cases that pass in every run", format!("{} of {}", summary.green, summary.cases)),
        ("pass@1", format!("{} (95 %: {low} to {high})", percent_or_dash(summary.pass_at_1))),
        ("pass^k", format!("{} (k = {})", percent_or_dash(summary.pass_hat_k), summary.k)),
        ("variants behind base", percent_or_dash(summary.variant_gap)),
        ("runs not graded", summary.infrastructure_failures.to_string()),
        ("model turns, median", summary.turns.to_string()),
        ("tokens", amounts::count(summary.tokens)),
        ("cost", cost(summary.cost_usd)),
        ("time", amounts::duration(summary.elapsed_ms)),
    ];
    page.push_str("<table class=\"summary\">\n");
    for (name, value) in rows {
        let _ = writeln!(page, "<tr><th>{name}</th><td>{}</td></tr>", escaped(&value));
    }
    page.push_str("</table>\n");
}

fn scenario(id: &str, cases: &[&CaseResult], page: &mut String) {
    let title = cases.first().map_or("", |case| case.title.as_str());
    let _ = writeln!(page, "<section>\n<h2>{} <small>{}</small></h2>", escaped(id), escaped(title));
    picture(id, cases, page);
    cases.iter().for_each(|case| details(case, page));
    page.push_str("</section>\n");
}

/// Pixels: a row's height, the left edge of the bars, and the width of a check's or a run's square.
const ROW: usize = 22;
const LEFT: usize = 110;
const SQUARE: usize = 16;

/// A row a variant: the pass rate as a bar, then a square a check, passed or failed.
fn picture(id: &str, cases: &[&CaseResult], page: &mut String) {
    let checks = cases.iter().map(|case| case.checks.len()).max().unwrap_or(0);
    let (bar, gap) = (160, 12);
    let squares = LEFT + bar + gap;
    let (width, height) = (squares + checks * SQUARE + 10, cases.len() * ROW + 4);
    let _ = writeln!(
        page,
        "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"Pass rates and checks of {}\">",
        escaped(id)
    );
    for (place, case) in cases.iter().enumerate() {
        let top = place * ROW + 2;
        let filled = (bar * case.passed as usize).checked_div(case.runs as usize).unwrap_or(0);
        let _ = writeln!(page, "<text x=\"0\" y=\"{}\">{}</text>", top + 14, escaped(&case.variant));
        let _ = writeln!(page, "<rect class=\"all\" x=\"{LEFT}\" y=\"{top}\" width=\"{bar}\" height=\"{SQUARE}\"/>");
        let _ =
            writeln!(page, "<rect class=\"passed\" x=\"{LEFT}\" y=\"{top}\" width=\"{filled}\" height=\"{SQUARE}\"/>");
        let _ = writeln!(
            page,
            "<text class=\"share\" x=\"{}\" y=\"{}\">{}/{}</text>",
            LEFT + 6,
            top + 13,
            case.passed,
            case.runs
        );
        for (number, check) in case.checks.iter().enumerate() {
            let class = if check.passed { "passed" } else { "failed" };
            let _ = writeln!(
                page,
                "<rect class=\"{class}\" x=\"{}\" y=\"{top}\" width=\"{}\" height=\"{SQUARE}\"><title>{}: {}</title></rect>",
                squares + number * SQUARE,
                SQUARE - 2,
                escaped(&check.name),
                escaped(&check.detail)
            );
        }
    }
    page.push_str("</svg>\n");
}

fn details(case: &CaseResult, page: &mut String) {
    let open = if case.is_green() { "" } else { " open" };
    let verdict = if case.is_green() { "passes" } else { "fails" };
    let _ = writeln!(
        page,
        "<details{open}>\n<summary class=\"{verdict}\">{}: {}/{}; {} turns, {} calls, {}, cost {}</summary>",
        escaped(&case.variant),
        case.passed,
        case.runs,
        case.turns,
        case.tool_calls,
        escaped(&amounts::duration(case.elapsed_ms)),
        escaped(&cost(case.cost_usd)),
    );
    if !case.changed.is_empty() {
        let _ = writeln!(page, "<p>{}</p>", escaped(&case.changed));
    }
    page.push_str("<table>\n");
    for check in &case.checks {
        let (class, mark) = if check.passed { ("passes", "✓") } else { ("fails", "✗") };
        let (name, detail) = (escaped(&check.name), escaped(&check.detail));
        let _ = writeln!(page, "<tr class=\"{class}\"><td>{mark}</td><th>{name}</th><td>{detail}</td></tr>");
    }
    for failure in &case.infrastructure_failures {
        let _ = writeln!(page, "<tr class=\"fails\"><td>–</td><th>not graded</th><td>{}</td></tr>", escaped(failure));
    }
    page.push_str("</table>\n<ol>\n");
    case.said.iter().for_each(|said| what_was_said(said, page));
    page.push_str("</ol>\n</details>\n");
}

fn what_was_said(said: &Said, page: &mut String) {
    let mark = if said.passed { "✓" } else { "✗" };
    let fields = [&said.verdict, &said.category, &said.location, &said.onset, &said.title];
    let told: Vec<&str> = fields.into_iter().flatten().map(String::as_str).collect();
    let told = if told.is_empty() { "no report".to_owned() } else { told.join(" · ") };
    let _ = writeln!(page, "<li>{mark} {}</li>", escaped(&told));
}
