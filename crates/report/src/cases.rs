//! Investigations, built by hand, that the tests render: complete, partial, without enough evidence, and talked about.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use marple_case::{
    Action, ActionKind, Avoid, Category, Citation, Confidence, Entry, Event, Evidence, EvidenceId, Facts,
    InvestigationId, Message, MitigationPlan, Outcome, PlanCheck, ResourceKind, ResourceRef, Role, RootCause, Scope,
    StopReason, Trigger, Usage, Verdict, Verification, Window,
    event::{Budget, Ending, FindingKind},
    facts::{Exception, Frame, LogSummary},
    mitigation::{Phases, Spec, Step},
    root_cause::{Gap, Link, Location, RuledOut, SeenIn},
    verification::{CitationCheck, StatementCheck},
};
use serde_json::{Value, json};

use crate::Report;

mod chat;
mod complete;
mod insufficient;
mod partial;

pub(crate) use chat::chat;
pub(crate) use complete::complete;
pub(crate) use insufficient::insufficient;
pub(crate) use partial::partial;

pub(crate) const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

pub(crate) fn report(entries: &[Entry]) -> Report {
    Report::from_entries(InvestigationId("019b25d0-7a11-7c30-9d5e-2f1f00000001".to_owned()), entries)
}

/// A journal that is being written, with a clock that moves when it is told.
pub(crate) struct Journal {
    pub(crate) entries: Vec<Entry>,
    now: Timestamp,
}

impl Journal {
    pub(crate) fn open(trigger: Trigger, model: &str, language: &str, scenario: Option<&str>) -> Self {
        let mut journal = Self { entries: Vec::new(), now: at("2025-12-16T06:10:00Z") };
        journal.write(Event::Opened {
            trigger,
            model: model.to_owned(),
            budget: Budget { turns: None, tool_calls: None, tokens: None, time_ms: None, cost_usd: None },
            language: language.to_owned(),
            scenario: scenario.map(str::to_owned),
            environment: None,
            program: "0.1.0".to_owned(),
        });
        journal
    }

    pub(crate) fn write(&mut self, event: Event) {
        let number = u64::try_from(self.entries.len()).unwrap() + 1;
        self.entries.push(Entry { number, at: self.now, event });
    }

    pub(crate) fn after(&mut self, milliseconds: i64, event: Event) {
        self.now += SignedDuration::from_millis(milliseconds);
        self.write(event);
    }

    fn turn(&mut self, model: &str, usage: Usage, cost_usd: Option<f64>) {
        self.after(4200, answered(model, usage, cost_usd));
    }
}

pub(crate) fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

pub(crate) fn answered(model: &str, usage: Usage, cost_usd: Option<f64>) -> Event {
    let call = |id: &str, tool: &str| {
        marple_case::Block::ToolCall(marple_case::ToolCall {
            id: id.to_owned(),
            tool: tool.to_owned(),
            arguments: json!({}),
        })
    };
    let blocks = vec![call("c1", "search_logs"), call("c2", "get_metrics"), call("c3", "get_metrics")];
    Event::ModelAnswered {
        message: Message { role: Role::Assistant, blocks },
        usage,
        latency_ms: 4200,
        model: model.to_owned(),
        stop_reason: StopReason::ToolUse,
        cost_usd,
    }
}

pub(crate) fn evidence(
    id: u32,
    tool: &str,
    arguments: Value,
    outcome: Outcome,
    facts: Facts,
    command: &str,
) -> Evidence {
    Evidence {
        id: EvidenceId(id),
        tool: tool.to_owned(),
        arguments,
        outcome,
        facts,
        text: String::new(),
        shown: None,
        command: command.to_owned(),
        unread: Vec::new(),
        taken_at: at("2025-12-16T06:10:00Z"),
        elapsed_ms: 38,
    }
}

fn taken(evidence: Evidence) -> Event {
    Event::EvidenceTaken { evidence: Arc::new(evidence), call: None }
}

fn scope(name: &str) -> Scope {
    let window = Window { start: at("2025-12-16T04:46:00Z"), end: at("2025-12-16T06:10:00Z") };
    Scope {
        account: Some("111122223333".to_owned()),
        region: "us-east-1".to_owned(),
        now: at("2025-12-16T06:10:00Z"),
        alarm: Some(format!("lambda-{name}-errors")),
        subjects: vec![ResourceRef::new(ResourceKind::LambdaFunction, name)],
        window,
        baseline: window.earlier_by(SignedDuration::from_hours(24)),
        period_s: 60,
        first_breach: Some(at("2025-12-16T05:45:00Z")),
        recovered_at: None,
        notes: Vec::new(),
    }
}

fn log_summary(group: &str) -> Facts {
    let window = scope("x").window;
    Facts::LogSummary(LogSummary {
        log_group: group.to_owned(),
        window,
        baseline: window.earlier_by(SignedDuration::from_hours(24)),
        lines: 12,
        baseline_lines: 0,
        complete: true,
        templates: Vec::new(),
        other_lines: 0,
        exceptions: vec![type_error()],
        baseline_exceptions: Vec::new(),
        invocations: None,
        baseline_invocations: None,
        changed_fields: Vec::new(),
    })
}

fn type_error() -> Exception {
    let frame =
        Frame { function: None, file: "/var/task/index.js".to_owned(), line: Some(4), column: Some(29), in_app: true };
    Exception {
        runtime: "node".to_owned(),
        class: "TypeError".to_owned(),
        message: "Cannot read properties of null (reading 'user')".to_owned(),
        code: None,
        frames: vec![frame],
        count: 3,
        first: at("2025-12-16T05:45:37Z"),
        last: at("2025-12-16T05:47:02Z"),
        sample: String::new(),
        before: None,
    }
}

fn link(statement: &str, time: Option<&str>, quotes: &[(u32, &str)]) -> Link {
    Link { statement: statement.to_owned(), at: time.map(at), citations: citations(quotes) }
}

fn citations(quotes: &[(u32, &str)]) -> Vec<Citation> {
    let citation = |(id, quote): &(u32, &str)| Citation { evidence: EvidenceId(*id), quote: (*quote).to_owned() };
    quotes.iter().map(citation).collect()
}

fn verified(citations: &[Citation]) -> StatementCheck {
    let check = |citation: &Citation| CitationCheck::Verified {
        evidence: citation.evidence,
        quote: citation.quote.clone(),
        line: 3,
    };
    StatementCheck { citations: citations.iter().map(check).collect() }
}

fn step(text: &str, command: Option<&str>, expected: Option<&str>) -> Step {
    let (command, expected) = (command.map(str::to_owned), expected.map(str::to_owned));
    Step { text: text.to_owned(), command, expected }
}
