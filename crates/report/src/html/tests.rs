#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;

use marple_case::{Event, InvestigationId};

use crate::{Report, cases, html::render};

fn page(entries: &[marple_case::Entry]) -> String {
    render(&Report::from_entries(InvestigationId("0198".to_owned()), entries)).unwrap()
}

#[test]
fn each_citation_links_to_its_evidence_and_every_link_has_a_target() {
    let page = page(&cases::complete());
    let targets: Vec<&str> = page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(!targets.is_empty());
    for target in targets {
        assert!(page.contains(&format!("<details id=\"{target}\">")), "{target}");
    }
}

#[test]
fn partial_and_insufficient_reports_render_too() {
    assert!(page(&cases::partial()).contains("class=\"notice\""));
    assert!(page(&cases::insufficient()).contains("badge insufficient"));
}

#[test]
fn nothing_foreign_can_become_markup_and_the_page_asks_for_nothing_outside() {
    let hostile = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'&\u{202e}\u{1b}[31m";
    let mut entries = cases::complete();
    for entry in &mut entries {
        match &mut entry.event {
            Event::EvidenceTaken { evidence, .. } => {
                let evidence = Arc::make_mut(evidence);
                evidence.text.push_str(hostile);
                evidence.command.push_str(hostile);
                evidence.tool = hostile.to_owned();
            }
            Event::RootCauseReported { root_cause, .. } => {
                root_cause.title = hostile.to_owned();
                root_cause.summary = hostile.to_owned();
                for link in &mut root_cause.chain {
                    link.statement = hostile.to_owned();
                }
                for component in &mut root_cause.components {
                    component.name = hostile.to_owned();
                }
            }
            Event::PlanReported { plan, .. } => {
                for action in plan.immediate.iter_mut().chain(&mut plan.follow_up) {
                    action.title = hostile.to_owned();
                    action.risk = hostile.to_owned();
                }
            }
            Event::Opened { language, .. } => *language = hostile.to_owned(),
            _ => {}
        }
    }
    let page = page(&entries);
    for markup in ["<script", "<img", "onerror=alert(1)>", "\u{202e}", "\u{1b}", "http://", "https://", "url("] {
        assert!(!page.contains(markup), "{markup:?}");
    }
}

#[test]
fn an_answer_stands_on_the_page_and_its_markup_is_text() {
    let mut entries = cases::chat();
    for entry in &mut entries {
        if let Event::Answered { text, .. } = &mut entry.event {
            text.push_str("\n\n<img src=x> [link](https://x.example) <script>alert(1)</script>");
        }
    }
    let page = page(&entries);
    assert!(page.contains("<strong>The gateway</strong>") && page.contains("Earlier versions"));
    assert!(!page.contains("<img") && !page.contains("<script") && !page.contains("href=\"https"));
}
