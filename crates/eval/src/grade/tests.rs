#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;

use jiff::SignedDuration;
use marple_case::{
    Action, ActionKind, Category, Citation, Confidence, Evidence, EvidenceId, Facts, InvestigationId, MitigationPlan,
    Outcome, PlanCheck, ResourceKind, ResourceRef, RootCause, Verdict, Verification,
    facts::{CodeFile, FunctionCode},
    mitigation::{Phases, Spec, Step},
    root_cause::{Link, Location, RuledOut, SeenIn},
    verification::{CitationCheck, StatementCheck},
};
use marple_report::report::{Conclusion, Gap, Plan};
use marple_world::{Files, Scenario};

use super::*;

const TRUTH: &str = r#"
title = "t"
now = "2025-12-16T06:10:00Z"
region = "us-east-1"
account = "111122223333"
[trigger]
alarm = "orders-errors"
[truth]
verdict = "fault"
categories = ["code_defect", "timeout"]
components = ["arn:aws:lambda:us-east-1:111122223333:function:orders-api"]
location = { file = "index.js", lines = [2, 3] }
mechanism = ["(?i)null", "JSON\\.parse", "TypeError"]
onset = "2025-12-14T05:00:00Z"
onsets = ["2025-12-16T05:45:37Z"]
onset_tolerance_s = 60
[truth.must_not]
categories = ["network"]
components = ["app-db"]
immediate_kinds = ["rollback"]
plan = ["(?i)(raise|set) memory to 512", "--memory-size 512"]
[truth.plan]
immediate = "some"
immediate_kinds = ["traffic"]
names = ["\\b400\\b"]
ruled_out = ["(?i)deploy"]
gaps = ["(?i)access log"]
"#;

fn truth() -> Truth {
    Scenario::load(Files::from_iter([("scenario.toml", TRUTH)])).unwrap().truth
}

fn evidence(number: u32, facts: Facts, text: &str) -> Arc<Evidence> {
    Arc::new(Evidence {
        id: EvidenceId(number),
        tool: "search_logs".to_owned(),
        arguments: serde_json::json!({}),
        outcome: Outcome::Found,
        facts,
        text: text.to_owned(),
        shown: None,
        command: String::new(),
        unread: Vec::new(),
        taken_at: "2025-12-16T06:10:00Z".parse().unwrap(),
        elapsed_ms: 1,
    })
}

fn cite(number: u32, quote: &str) -> Citation {
    Citation { evidence: EvidenceId(number), quote: quote.to_owned() }
}

fn action(title: &str, kind: ActionKind) -> Action {
    let text = "Answer 400 to a request without a body.".to_owned();
    let apply = vec![Step { text, command: None, expected: None }];
    let phases = Phases { apply, ..Phases::default() };
    let risk = "Clients may not understand. Do not rely on it, and raise memory to 512 MB at no time.".to_owned();
    Action { title: title.to_owned(), kind, temporary: true, rollback_to: None, unverified: None, phases, risk }
}

/// The verification that an agent would write that found everything in order.
fn all_verified(cause: &RootCause) -> Verification {
    let verified = |cited: &[Citation]| StatementCheck {
        citations: cited
            .iter()
            .map(|one| CitationCheck::Verified { evidence: one.evidence, quote: one.quote.clone(), line: 1 })
            .collect(),
    };
    Verification {
        chain: cause.chain.iter().map(|link| verified(&link.citations)).collect(),
        ruled_out: cause.ruled_out.iter().map(|rival| verified(&rival.citations)).collect(),
        remarks: Vec::new(),
        confidence: Confidence::High,
        because: Vec::new(),
    }
}

fn cause() -> RootCause {
    RootCause {
        verdict: Verdict::Fault,
        category: Category::CodeDefect,
        title: "t".to_owned(),
        summary: "s".to_owned(),
        components: vec![ResourceRef::new(ResourceKind::LambdaFunction, "orders-api")],
        location: Some(Location {
            file: "/var/task/index.js".to_owned(),
            line: 2,
            column: None,
            seen_in: SeenIn::Source,
        }),
        onset: Some("2025-12-16T05:46:30Z".parse().unwrap()),
        trigger: Some("a request whose body is null".to_owned()),
        chain: vec![Link {
            statement: "It throws.".to_owned(),
            at: None,
            citations: vec![cite(1, "TypeError: Cannot  read")],
        }],
        ruled_out: vec![RuledOut {
            hypothesis: "A deployment broke it".to_owned(),
            reason: "There was none.".to_owned(),
            citations: vec![cite(1, "no change touches orders-api")],
        }],
        gaps: Vec::new(),
        assumptions: Vec::new(),
        recommended_checks: Vec::new(),
    }
}

/// A report that is right in everything.
fn right() -> Report {
    let mut report = Report::from_entries(InvestigationId("i".to_owned()), &[]);
    let lines =
        ["exports.handler = async (event) => {", "  const { user } = JSON.parse(event.body)"].map(str::to_owned);
    let file = CodeFile { path: "index.js".to_owned(), size: 80, lines: Some(lines.to_vec()) };
    let (function, version, code_sha256) = ("orders-api".to_owned(), "$LATEST".to_owned(), "x".to_owned());
    let code = FunctionCode { function, version, code_sha256, package_size: 80, files: vec![file], difference: None };
    report.evidence = vec![
        evidence(1, Facts::Nothing, "12:00 | TypeError: Cannot read\nno change touches orders-api between\n128 MB"),
        evidence(2, Facts::FunctionCode(code), "2 | const"),
    ];
    let cause = cause();
    let at = "2025-12-16T06:10:00Z".parse().unwrap();
    let verification = all_verified(&cause);
    report.conclusion = Some(Conclusion { at, model: "m".to_owned(), root_cause: cause, verification });
    report.gaps = vec![Gap {
        missing: "the path of the requests".to_owned(),
        why: "access logs are off".to_owned(),
        how_to_close: "switch them on".to_owned(),
        on_the_chain: false,
        evidence: Vec::new(),
    }];
    let plan = MitigationPlan {
        immediate: vec![action("Refuse requests without a body", ActionKind::Traffic)],
        no_immediate_action: None,
        avoid: Vec::new(),
        follow_up: vec![action("Check the body", ActionKind::CodeChange)],
        spec: Some(Spec {
            context: String::new(),
            files: Vec::new(),
            requirements: Vec::new(),
            acceptance: Vec::new(),
        }),
        prevention: Vec::new(),
    };
    report.plan = Some(Plan { at, plan, check: PlanCheck::default() });
    report.status = Status::Complete;
    report
}

fn failed(report: &Report) -> Vec<String> {
    grade(report, &truth()).into_iter().filter(|check| !check.passed).map(|check| check.name).collect()
}

fn with(change: impl FnOnce(&mut Report)) -> Vec<String> {
    let mut report = right();
    change(&mut report);
    failed(&report)
}

/// Changes the cause, and lets the agent's own verification say yes to all of it.
fn with_cause(change: impl FnOnce(&mut RootCause)) -> Vec<String> {
    with(|report| {
        let conclusion = report.conclusion.as_mut().unwrap();
        change(&mut conclusion.root_cause);
        conclusion.verification = all_verified(&conclusion.root_cause);
    })
}

fn with_plan(change: impl FnOnce(&mut MitigationPlan)) -> Vec<String> {
    with(|report| change(&mut report.plan.as_mut().unwrap().plan))
}

#[test]
fn a_report_that_is_right_in_everything_passes_every_check_of_the_truth() {
    let checks = grade(&right(), &truth());
    assert_eq!(failed(&right()), [""; 0], "{checks:#?}");
    assert!(passes(&checks));
    let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
    insta::assert_snapshot!(names.join(" "), @"complete clean citations verdict category components location mechanism onset ruled_out gaps must_not.categories must_not.components plan.immediate plan.immediate_kinds plan.names must_not.immediate_kinds must_not.plan");
}

#[test]
fn a_report_that_is_partial_missing_or_let_pass_with_objections_fails() {
    assert_eq!(with(|report| report.status = Status::Partial { reason: "time".to_owned() }), ["complete"]);
    assert_eq!(with(|report| report.status = Status::Unfinished), ["complete"]);
    assert_eq!(with(|report| report.conclusion = None), ["complete"]);
    assert_eq!(with(|report| report.plan = None), ["complete"]);
    assert_eq!(with(|report| report.plan.as_mut().unwrap().check.remarks = vec!["x".to_owned()]), ["clean"]);
    assert!(!passes(&[]));
}

#[test]
fn each_wrong_claim_about_the_cause_fails_its_own_check() {
    assert_eq!(with_cause(|cause| cause.verdict = Verdict::InsufficientEvidence), ["verdict"]);
    assert_eq!(with_cause(|cause| cause.category = Category::Misconfiguration), ["category"]);
    assert_eq!(with_cause(|cause| cause.category = Category::Network), ["category", "must_not.categories"]);
    assert_eq!(with_cause(|cause| cause.components[0].name = "orders-api-2".to_owned()), ["components"]);
    let wrong =
        ResourceRef::with_arn(ResourceKind::DbCluster, "x", "arn:aws:rds:us-east-1:111122223333:cluster:app-db");
    assert_eq!(with_cause(|cause| cause.components.push(wrong)), ["must_not.components"]);
    // Line 3 is right as well, but the words of line 2 are the mechanism.
    assert_eq!(with_cause(|cause| cause.location.as_mut().unwrap().line = 3), ["mechanism"]);
    assert_eq!(with_cause(|cause| cause.location.as_mut().unwrap().line = 1), ["location", "mechanism"]);
    assert_eq!(
        with_cause(|cause| cause.location.as_mut().unwrap().file = "myindex.js".to_owned()),
        ["location", "mechanism"]
    );
    assert_eq!(with_cause(|cause| cause.location = None), ["location", "mechanism"]);
    assert_eq!(with_cause(|cause| cause.trigger = None), ["mechanism"]);
    assert_eq!(with_cause(|cause| cause.onset = None), ["onset"]);
    let later = |cause: &mut RootCause| cause.onset = cause.onset.map(|at| at + SignedDuration::from_secs(8));
    assert_eq!(with_cause(later), ["onset"]);
    assert_eq!(with_cause(|cause| cause.ruled_out.clear()), ["ruled_out"]);
    assert_eq!(with(|report| report.gaps.clear()), ["gaps"]);
}

#[test]
fn an_onset_is_right_at_any_of_the_moments_at_which_the_fault_recurred() {
    assert_eq!(with_cause(|cause| cause.onset = Some("2025-12-14T05:00:59Z".parse().unwrap())), [""; 0]);
    assert_eq!(with_cause(|cause| cause.onset = Some("2025-12-15T05:00:00Z".parse().unwrap())), ["onset"]);
}

#[test]
fn a_quote_is_looked_up_again_whatever_the_agents_own_verification_says() {
    let quote = |text: &str| {
        let text = text.to_owned();
        with_cause(move |cause| cause.ruled_out[0].citations[0].quote = text)
    };
    assert_eq!(quote("no change touches orders"), [""; 0]);
    assert_eq!(quote("no change touches payments"), ["citations"]);
    assert_eq!(quote("28 MB"), ["citations"], "a number is quoted whole");
    assert_eq!(quote("no"), ["citations"], "too short to show anything");
    assert_eq!(with_cause(|cause| cause.ruled_out[0].citations[0].evidence = EvidenceId(9)), ["citations"]);
    assert_eq!(with_cause(|cause| cause.ruled_out[0].citations.clear()), ["citations"]);
    assert_eq!(with_cause(|cause| cause.chain.clear()), ["citations", "mechanism"]);
}

#[test]
fn a_quote_that_was_never_verified_fails_even_if_it_stands() {
    let unverified = |report: &mut Report| report.conclusion.as_mut().unwrap().verification.ruled_out.clear();
    assert_eq!(with(unverified), ["citations"]);
    let of_another = |report: &mut Report| {
        let other = CitationCheck::Verified { evidence: EvidenceId(1), quote: "128 MB".to_owned(), line: 3 };
        report.conclusion.as_mut().unwrap().verification.ruled_out[0].citations = vec![other];
    };
    assert_eq!(with(of_another), ["citations"]);
}

#[test]
fn each_wrong_thing_in_a_plan_fails_its_own_check() {
    assert_eq!(with_plan(|plan| plan.immediate.clear()), ["plan.immediate"]);
    assert_eq!(with_plan(|plan| plan.immediate[0].kind = ActionKind::Scale), ["plan.immediate_kinds"]);
    let rollback = action("Roll back", ActionKind::Rollback);
    assert_eq!(with_plan(|plan| plan.immediate.push(rollback)), ["must_not.immediate_kinds"]);
    let silent = |plan: &mut MitigationPlan| {
        for action in plan.immediate.iter_mut().chain(&mut plan.follow_up) {
            action.phases = Phases::default();
        }
    };
    assert_eq!(with_plan(silent), ["plan.names"]);
}

#[test]
fn a_plan_that_proposes_what_it_must_not_fails_and_one_that_warns_of_it_passes() {
    let titled = |title: &str| with_plan(|plan| plan.follow_up[0].title = title.to_owned());
    assert_eq!(titled("Raise memory to 512 MB"), ["must_not.plan"]);
    assert_eq!(titled("Do not raise memory to 512 MB"), [""; 0]);
    assert_eq!(titled("Stream the work instead of trying to raise memory to 512 MB"), ["must_not.plan"]);
    assert_eq!(titled("Do not raise memory to 512 MB. Later, set memory to 512 MB."), ["must_not.plan"]);
    let step = |step: Step| with_plan(|plan| plan.immediate[0].phases.apply.push(step));
    let empty = Step { text: String::new(), command: None, expected: None };
    let command = "echo never; aws lambda update-function-configuration --memory-size 512".to_owned();
    assert_eq!(step(Step { command: Some(command), ..empty.clone() }), ["must_not.plan"]);
    assert_eq!(step(Step { expected: Some("set memory to 512".to_owned()), ..empty }), ["must_not.plan"]);
}

#[test]
fn resources_are_known_by_name_arn_id_and_family_and_by_nothing_shorter() {
    let is = |kind, name: &str, arn: Option<&str>, named: &str| {
        named::is_named(&ResourceRef { kind, name: name.to_owned(), arn: arn.map(str::to_owned) }, named)
    };
    let secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123";
    assert!(is(ResourceKind::Secret, "prod/db", None, secret));
    assert!(!is(ResourceKind::Secret, "prod", None, secret));
    let service = "arn:aws:ecs:us-east-1:111122223333:service/shop/api-gateway";
    assert!(is(ResourceKind::EcsService, "x", Some(service), "api-gateway"));
    assert!(is(ResourceKind::TaskDefinition, "api:7", None, "api"));
    assert!(!is(ResourceKind::TaskDefinition, "other:7", None, "api:7"));
    assert!(!is(ResourceKind::TaskDefinition, "api:7", None, "api:8"));
    assert!(!is(ResourceKind::Host, "db:5432", None, "db"));
}

#[test]
fn of_several_right_answers_the_one_that_fits_best_is_graded() {
    let mut other = truth();
    other.verdict = marple_world::Verdict::NoFault;
    assert!(passes(&grade_any(&right(), &[other.clone(), truth()])));
    assert!(!passes(&grade_any(&right(), &[other])));
    assert!(!passes(&grade_any(&right(), &[])));
}
