#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;

use marple_case::{
    Action, ActionKind, Category, Citation, Confidence, Entry, Event, Evidence, EvidenceId, Facts, InvestigationId,
    MitigationPlan, Outcome, ResourceKind, ResourceRef, RootCause, Scope, Verdict, Window,
    facts::{CodeFile, Exception, Frame, Function, FunctionCode, FunctionVersion, Image, Images, LogSummary},
    mitigation::{Phases, Step},
    root_cause::{Gap, Link, Location, RuledOut, SeenIn},
    verification::CitationCheck,
};
use proptest::prelude::*;

use super::*;

const TEXT: &str = "function: orders\nmemory: 128 MB\n2026-01-02T10:00:05Z\terror\tTask timed out   after 5.00 seconds\n  at /var/task/src/app.js:41:7\nalias: live -> 7";

fn evidence(number: u32, text: &str, facts: Facts) -> Arc<Evidence> {
    Arc::new(Evidence {
        id: EvidenceId(number),
        tool: "search_logs".to_owned(),
        arguments: serde_json::json!({}),
        outcome: Outcome::Found,
        facts,
        text: text.to_owned(),
        shown: None,
        command: "aws logs filter-log-events".to_owned(),
        unread: Vec::new(),
        taken_at: at("2026-01-02T11:00:00Z"),
        elapsed_ms: 5,
    })
}

fn at(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

fn window(start: &str, end: &str) -> Window {
    Window { start: at(start), end: at(end) }
}

fn state(taken: Vec<Arc<Evidence>>) -> Investigation {
    let scope = Scope {
        account: None,
        region: "us-east-1".to_owned(),
        now: at("2026-01-02T11:00:00Z"),
        alarm: Some("orders-errors".to_owned()),
        subjects: Vec::new(),
        window: window("2026-01-02T09:00:00Z", "2026-01-02T11:00:00Z"),
        baseline: window("2026-01-01T09:00:00Z", "2026-01-01T11:00:00Z"),
        period_s: 60,
        first_breach: Some(at("2026-01-02T10:00:00Z")),
        recovered_at: None,
        notes: Vec::new(),
    };
    let taken = taken.into_iter().map(|evidence| Event::EvidenceTaken { evidence, call: None });
    let events = std::iter::once(Event::Scoped { scope }).chain(taken);
    let entries = (1..).zip(events).map(|(number, event)| Entry { number, at: at("2026-01-02T11:00:00Z"), event });
    Investigation::from_entries(InvestigationId("test".to_owned()), entries)
}

fn cite(number: u32, quote: &str) -> Citation {
    Citation { evidence: EvidenceId(number), quote: quote.to_owned() }
}

/// A claim to which nothing can be objected, given `TEXT` as E1.
fn sound() -> RootCause {
    RootCause {
        verdict: Verdict::Fault,
        category: Category::Timeout,
        title: "orders times out".to_owned(),
        summary: "It waits too long.".to_owned(),
        components: vec![ResourceRef::new(ResourceKind::LambdaFunction, "orders")],
        location: None,
        onset: Some(at("2026-01-02T10:00:05Z")),
        trigger: None,
        chain: vec![Link {
            statement: "The function ran into its timeout.".to_owned(),
            at: Some(at("2026-01-02T10:00:05Z")),
            citations: vec![cite(1, "Task timed out after 5.00 seconds")],
        }],
        ruled_out: vec![RuledOut {
            hypothesis: "Memory".to_owned(),
            reason: "It has room.".to_owned(),
            citations: vec![cite(1, "memory: 128 MB")],
        }],
        gaps: Vec::new(),
        assumptions: Vec::new(),
        recommended_checks: Vec::new(),
    }
}

fn objections(claim: &RootCause, state: &Investigation) -> Vec<String> {
    root_cause(claim, state).1.iter().map(ToString::to_string).collect()
}

fn with_text() -> Investigation {
    state(vec![evidence(1, TEXT, Facts::Nothing)])
}

#[test]
fn a_sound_claim_passes_with_high_confidence() {
    let (verification, objections) = root_cause(&sound(), &with_text());
    assert_eq!(objections, []);
    assert_eq!(verification.confidence, Confidence::High);
    assert!(matches!(verification.chain[0].citations[0], CitationCheck::Verified { line: 3, .. }));
}

#[test]
fn a_quote_has_to_stand_to_the_letter_with_white_space_folded() {
    let state = with_text();
    let verified = |number, quote: &str| check_citation(&cite(number, quote), state.evidence()).is_verified();
    assert!(verified(1, "Task timed out after 5.00\n seconds"));
    assert!(verified(1, "memory: 128 MB 2026-01-02T10:00:05Z"), "quotes may go over lines");
    for (number, quote) in [
        (1, "Task timed out after 6.00 seconds"),
        (1, "task timed out after 5.00 seconds"),
        (1, "28 MB"),
        (1, "memory: 12"),
        (1, "MB"),
        (1, "    "),
        (2, "memory: 128 MB"),
    ] {
        assert!(!verified(number, quote), "{quote:?} must not pass");
    }
}

#[test]
fn a_refused_quote_is_told_with_what_stands_there() {
    let mut claim = sound();
    claim.chain[0].citations = vec![cite(1, "Task timed out after 6.00 seconds")];
    let said = objections(&claim, &with_text());
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("chain[0].citations[0]") && said[0].contains("after 5.00 seconds"), "{said:?}");
}

#[test]
fn a_quote_under_the_wrong_evidence_is_told_where_it_stands() {
    let state = state(vec![evidence(1, TEXT, Facts::Nothing), evidence(2, "nothing here", Facts::Nothing)]);
    let mut claim = sound();
    claim.chain[0].citations = vec![cite(2, "Task timed out after 5.00 seconds")];
    assert!(objections(&claim, &state)[0].contains("it stands in E1"));
}

#[test]
fn a_link_without_a_citation_is_refused_and_makes_the_confidence_low() {
    let mut claim = sound();
    claim.chain[0].citations.clear();
    let (verification, objections) = root_cause(&claim, &with_text());
    assert!(matches!(objections.as_slice(), [Objection::Uncited { .. }]));
    assert_eq!(verification.confidence, Confidence::Low);
}

#[test]
fn confidence_is_medium_without_a_rival_or_with_a_gap_or_an_assumption_on_the_chain() {
    let mut no_rival = sound();
    no_rival.ruled_out.clear();
    assert_eq!(root_cause(&no_rival, &with_text()).0.confidence, Confidence::Medium);
    let mut gap = sound();
    let told = "x".to_owned();
    gap.gaps = vec![Gap { missing: told.clone(), why: told.clone(), how_to_close: told, on_the_chain: true }];
    assert_eq!(root_cause(&gap, &with_text()).0.confidence, Confidence::Medium);
    gap.gaps[0].on_the_chain = false;
    assert_eq!(root_cause(&gap, &with_text()).0.confidence, Confidence::High);
    gap.assumptions = vec!["the release brought the fault".to_owned()];
    assert_eq!(root_cause(&gap, &with_text()).0.confidence, Confidence::Medium);
}

#[test]
fn a_cause_later_than_its_effect_is_refused_beyond_one_period() {
    let mut claim = sound();
    let mut cause = claim.chain[0].clone();
    cause.at = Some(at("2026-01-02T10:01:00Z"));
    claim.chain.insert(0, cause);
    assert_eq!(objections(&claim, &with_text()), Vec::<String>::new(), "55 s are within the period");
    claim.chain[0].at = Some(at("2026-01-02T10:05:00Z"));
    let said = objections(&claim, &with_text());
    assert!(said.iter().any(|text| text.contains("later than its effect chain[1]")), "{said:?}");
    assert!(said.iter().any(|text| text.contains("later than the onset")), "{said:?}");
}

#[test]
fn an_onset_after_the_breach_or_after_now_is_refused() {
    for (onset, said) in [("2026-01-02T10:30:00Z", "first breach"), ("2026-01-02T12:00:00Z", "after now")] {
        let mut claim = sound();
        claim.onset = Some(at(onset));
        claim.chain[0].at = None;
        assert!(objections(&claim, &with_text())[0].contains(said));
    }
}

fn code() -> Facts {
    let lines = Some(vec!["one".to_owned(), "two".to_owned()]);
    let files = vec![CodeFile { path: "src/app.js".to_owned(), size: 8, lines }];
    let text = String::new;
    Facts::FunctionCode(FunctionCode {
        function: "orders".to_owned(),
        version: text(),
        code_sha256: text(),
        package_size: 9,
        files,
        difference: None,
    })
}

fn located(file: &str, line: u32, column: Option<u32>, seen_in: SeenIn) -> RootCause {
    RootCause { location: Some(Location { file: file.to_owned(), line, column, seen_in }), ..sound() }
}

#[test]
fn a_location_in_source_needs_source_that_was_read() {
    let unread = with_text();
    let read = state(vec![evidence(1, TEXT, code())]);
    let claim = located("/var/task/src/app.js", 2, None, SeenIn::Source);
    assert!(objections(&claim, &unread)[0].contains("was never read"));
    assert_eq!(objections(&claim, &read), Vec::<String>::new());
    assert!(objections(&located("src/app.js", 3, None, SeenIn::Source), &read)[0].contains("has 2 lines"));
}

#[test]
fn a_location_in_a_trace_needs_a_trace_that_names_it() {
    let state = with_text();
    assert_eq!(
        objections(&located("/var/task/src/app.js", 41, None, SeenIn::StackTrace), &state),
        Vec::<String>::new()
    );
    assert!(!objections(&located("/var/task/src/app.js", 4, None, SeenIn::StackTrace), &state).is_empty());
    let frame = Frame { function: None, file: "/app/main.go".to_owned(), line: Some(7), column: None, in_app: true };
    let summary = summary_with(vec![frame]);
    let state = self::state(vec![evidence(1, TEXT, summary)]);
    assert_eq!(objections(&located("main.go", 7, None, SeenIn::StackTrace), &state), Vec::<String>::new());
}

fn summary_with(frames: Vec<Frame>) -> Facts {
    let span = window("2026-01-02T09:00:00Z", "2026-01-02T11:00:00Z");
    let exception = Exception {
        runtime: "go".to_owned(),
        class: "panic".to_owned(),
        message: "x".to_owned(),
        code: None,
        frames,
        count: 1,
        first: span.start,
        last: span.start,
        sample: "panic: x".to_owned(),
        before: None,
    };
    Facts::LogSummary(LogSummary {
        log_group: "/ecs/x".to_owned(),
        window: span,
        baseline: span,
        lines: 1,
        baseline_lines: 0,
        complete: true,
        templates: Vec::new(),
        other_lines: 0,
        exceptions: vec![exception],
        baseline_exceptions: Vec::new(),
        invocations: None,
        baseline_invocations: None,
        changed_fields: Vec::new(),
    })
}

#[test]
fn a_component_that_no_evidence_names_is_refused() {
    for (name, passes) in [("orders", true), ("order", false), ("orders-api", false), ("", false)] {
        let claim = RootCause { components: vec![ResourceRef::new(ResourceKind::LambdaFunction, name)], ..sound() };
        assert_eq!(objections(&claim, &with_text()).is_empty(), passes, "{name:?}");
    }
}

#[test]
fn verdict_and_content_have_to_fit() {
    let insufficient = RootCause { verdict: Verdict::InsufficientEvidence, category: Category::Unknown, ..sound() };
    assert!(objections(&insufficient, &with_text())[0].contains("gaps"));
    let no_fault = RootCause { verdict: Verdict::NoFault, ..sound() };
    assert!(objections(&no_fault, &with_text()).iter().any(|text| text.contains("no_fault goes with none")));
    let empty = RootCause { chain: Vec::new(), ..sound() };
    assert!(objections(&empty, &with_text())[0].contains("causal chain"));
}

fn function(made: &str) -> Facts {
    let version = FunctionVersion {
        version: "7".to_owned(),
        last_modified: Some(at(made)),
        code_sha256: "abc=".to_owned(),
        description: String::new(),
        environment: Vec::new(),
    };
    let function: Function = serde_json::from_value(serde_json::json!({
        "name": "orders", "arn": "arn:aws:lambda:us-east-1:111122223333:function:orders", "runtime": null, "handler": null,
        "memory_mb": 128, "timeout_s": 5, "last_modified": null, "code_sha256": "x", "code_size": 1, "package_type": "Zip",
        "image_uri": null, "architectures": [], "state": null, "state_reason": null, "last_update_status": null,
        "environment": [], "vpc_id": null, "subnet_ids": [], "security_group_ids": [], "role": "r", "log_group": "g",
        "layers": [], "reserved_concurrency": null, "versions": [version], "aliases": [], "event_sources": [],
        "stack": null, "description": null
    }))
    .unwrap();
    Facts::Functions(vec![function])
}

fn plan_with(kind: ActionKind, rollback_to: Option<&str>, unverified: Option<&str>, command: &str) -> MitigationPlan {
    let step = Step { text: "Do it.".to_owned(), command: Some(command.to_owned()), expected: None };
    let look = Step { text: "Look at it.".to_owned(), command: None, expected: Some("As it was.".to_owned()) };
    let action = Action {
        title: "Act".to_owned(),
        kind,
        temporary: false,
        rollback_to: rollback_to.map(str::to_owned),
        unverified: unverified.map(str::to_owned),
        phases: Phases {
            pre_validate: vec![look.clone()],
            apply: vec![step],
            post_validate: vec![look.clone()],
            rollback: vec![look],
            ..Phases::default()
        },
        risk: "none".to_owned(),
    };
    MitigationPlan {
        immediate: vec![action],
        no_immediate_action: None,
        avoid: Vec::new(),
        follow_up: Vec::new(),
        spec: None,
        prevention: Vec::new(),
    }
}

const HARMLESS: &str = "aws lambda update-alias --function-name orders --name live --function-version 7";

fn plan_objections(plan: &MitigationPlan, taken: Facts) -> Vec<String> {
    let objections = super::plan(plan, &sound(), &state(vec![evidence(1, TEXT, taken)]));
    objections.iter().map(ToString::to_string).collect()
}

#[test]
fn a_rollback_needs_a_target_that_exists_and_predates_the_fault_or_a_mark() {
    let rollback = |target, unverified| plan_with(ActionKind::Rollback, target, unverified, HARMLESS);
    let before = function("2026-01-01T00:00:00Z");
    assert_eq!(plan_objections(&rollback(Some("7"), None), before.clone()), Vec::<String>::new());
    assert!(plan_objections(&rollback(Some("6"), None), before.clone())[0].contains("no evidence shows that 6 exists"));
    assert!(plan_objections(&rollback(None, None), before)[0].contains("rollback_to"));
    let after = function("2026-01-02T10:30:00Z");
    assert!(plan_objections(&rollback(Some("7"), None), after)[0].contains("predates"));
    assert_eq!(plan_objections(&rollback(Some("6"), Some("never seen healthy")), Facts::Nothing), Vec::<String>::new());
}

#[test]
fn a_rollback_of_a_service_names_a_revision_or_an_image_that_predates_the_fault() {
    let image: Image = serde_json::from_value(serde_json::json!({
        "repository": "shop/api", "digest": "sha256:aa", "tags": ["1.4"], "pushed": "2026-01-01T00:00:00Z", "size": null,
        "pulled": null, "architectures": []
    }))
    .unwrap();
    let images = Facts::Images(Images { repository: "shop/api".to_owned(), asked: None, images: vec![image] });
    let objections =
        |target| plan_objections(&plan_with(ActionKind::Rollback, Some(target), None, HARMLESS), images.clone());
    let whole = "111122223333.dkr.ecr.us-east-1.amazonaws.com/shop/api:1.4";
    for known in ["shop/api:1.4", "sha256:aa", "shop/api@sha256:aa", whole] {
        assert_eq!(objections(known), Vec::<String>::new(), "{known}");
    }
    for unknown in ["shop/api:1.5", "workshop/api:1.4", "api:1.4"] {
        assert!(objections(unknown)[0].contains("exists"), "{unknown}");
    }
}

#[test]
fn a_plan_says_what_to_do_at_once_or_why_nothing() {
    let mut plan = plan_with(ActionKind::Restart, None, None, HARMLESS);
    assert_eq!(plan_objections(&plan, Facts::Nothing), Vec::<String>::new());
    plan.no_immediate_action = Some("nothing helps".to_owned());
    assert_eq!(plan_objections(&plan, Facts::Nothing).len(), 1);
    plan.immediate.clear();
    assert_eq!(plan_objections(&plan, Facts::Nothing), Vec::<String>::new());
    plan.no_immediate_action = Some("  ".to_owned());
    assert_eq!(plan_objections(&plan, Facts::Nothing).len(), 1);
}

#[test]
fn a_plans_commands_are_real_safe_and_about_what_evidence_shows() {
    let objections = |command: &str| {
        plan_objections(&plan_with(ActionKind::Configuration, None, None, command), function("2026-01-01T00:00:00Z"))
    };
    assert_eq!(objections(HARMLESS), Vec::<String>::new());
    assert!(
        objections("aws lambda update-alias --function-name invoices --name live")[0]
            .contains("no evidence names invoices (--function-name)")
    );
    assert!(
        objections("aws lambda update-alias --function-name orders --name live --versoin 7")[0]
            .contains("has no option --versoin")
    );
    assert!(objections("aws lambda delete-function --function-name orders")[0].contains("destroys"));
    let unsafe_plan =
        plan_with(ActionKind::Configuration, None, None, "aws secretsmanager get-secret-value --secret-id orders");
    let found = super::plan(&unsafe_plan, &sound(), &state(vec![evidence(1, TEXT, function("2026-01-01T00:00:00Z"))]));
    assert!(found.iter().any(super::Objection::is_unsafe));
}

#[test]
fn an_alias_that_the_plan_itself_makes_is_known() {
    let mut plan = plan_with(
        ActionKind::Configuration,
        None,
        None,
        "aws lambda update-alias --function-name orders --name canary --function-version 7",
    );
    let taken = function("2026-01-01T00:00:00Z");
    assert!(plan_objections(&plan, taken.clone())[0].contains("canary"));
    let make = "aws lambda create-alias --function-name orders --name canary --function-version 6";
    plan.immediate[0].phases.prepare.push(Step {
        text: "Make it.".to_owned(),
        command: Some(make.to_owned()),
        expected: None,
    });
    assert_eq!(plan_objections(&plan, taken), Vec::<String>::new());
}

#[test]
fn what_an_earlier_step_gives_may_stand_for_itself_if_that_step_says_so() {
    let mut plan = plan_with(
        ActionKind::Configuration,
        None,
        None,
        "aws lambda update-alias --function-name NEW_NAME --name live",
    );
    let taken = function("2026-01-01T00:00:00Z");
    assert!(plan_objections(&plan, taken.clone())[0].contains("no evidence names NEW_NAME"));
    plan.immediate[0].phases.pre_validate[0].text = "Look it up; its name is NEW_NAME below.".to_owned();
    assert_eq!(plan_objections(&plan, taken.clone()), Vec::<String>::new());
    plan.immediate[0].phases.apply[0].command =
        Some("aws lambda update-alias --function-name invoices --name live".to_owned());
    plan.immediate[0].phases.apply[0].text = "It is about invoices.".to_owned();
    assert_eq!(plan_objections(&plan, taken).len(), 1, "a name is no word that stands for something");
}

#[test]
fn what_changes_something_is_checked_before_and_after_and_can_be_undone() {
    let mut plan = plan_with(ActionKind::Configuration, None, None, HARMLESS);
    plan.immediate[0].phases.rollback.clear();
    plan.immediate[0].phases.post_validate.clear();
    let objections = plan_objections(&plan, function("2026-01-01T00:00:00Z"));
    assert_eq!(objections.len(), 1);
    assert!(objections[0].contains("post_validate") && objections[0].contains("rollback"), "{objections:?}");
}

proptest! {
    #[test]
    fn whatever_stands_in_the_text_as_a_whole_word_run_is_verified(text in "[a-z0-9:./ \t\n]{8,80}", skip in 0usize..20, take in 1usize..20) {
        let words: Vec<&str> = text.split_whitespace().skip(skip).take(take).collect();
        let quote = words.join(" ");
        prop_assume!(quote.chars().count() >= 4);
        let taken = [evidence(1, &text, Facts::Nothing)];
        prop_assert!(check_citation(&cite(1, &quote), &taken).is_verified());
    }

    #[test]
    fn no_citation_makes_it_panic(text in ".*", quote in ".*", number in 0u32..3) {
        let _ = check_citation(&cite(number, &quote), &[evidence(1, &text, Facts::Nothing)]);
    }
}
