//! The report as one page for a browser: self-contained, no script, readable on a phone and on paper.
//!
//! Verdict and confidence first; then what happened as a time line and as charts, the causal chain with each citation linking to its
//! evidence and its command, what was ruled out, gaps, plan, specification, and all evidence.
//!
//! The template (`templates/report.html`) escapes everything by default; nothing in it is marked as safe. What is foreign has gone through
//! [`visible`] before, so that control characters and direction overrides are seen, not obeyed. A policy in the page's head
//! forbids scripts and requests, should anything slip through all the same.
//!
//! | file | what it does |
//! |---|---|
//! | `view.rs` | a report as the template's values: strings, ready to show |
//! | `chart.rs` | a metric series as the coordinates of a picture |

use askama::Template;

use crate::Report;

mod chart;
mod view;

use view::View;

/// Renders the report. Fails only if the template itself is broken, which a test excludes.
pub fn render(report: &Report) -> Result<String, askama::Error> {
    Page { view: View::of(report) }.render()
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    view: View,
}

#[cfg(test)]
mod tests;
