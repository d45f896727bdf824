//! What a model may write as arguments of the agent's own tools: what does not fit is refused with the place and the reason, and nothing makes
//! the investigation panic. `PROPTEST_CASES` makes it longer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;
use std::sync::LazyLock;

use marple_agent::{Investigation, Prompts, own_tools, verify};
use marple_case::{
    Entry, Event, Evidence, EvidenceId, Facts, InvestigationId, Outcome, RootCause, Scope, ToolCall, ToolSpec,
    event::Budget, trigger::Window,
};
use proptest::{prelude::*, sample::Index};
use serde_json::{Map, Value, json};

static PROMPTS: LazyLock<Prompts> = LazyLock::new(|| Prompts::embedded().unwrap());
static TOOLS: LazyLock<Vec<ToolSpec>> = LazyLock::new(own_tools::specs_of_chat);

/// An investigation with one piece of evidence.
fn state() -> Investigation {
    let at = |text: &str| text.parse().unwrap();
    let window = Window { start: at("2026-05-20T10:00:00Z"), end: at("2026-05-20T12:00:00Z") };
    let scope = Scope {
        account: None,
        region: "us-east-1".to_owned(),
        now: window.end,
        alarm: None,
        subjects: vec![],
        window,
        baseline: window.earlier_by(jiff::SignedDuration::from_hours(24)),
        period_s: 60,
        first_breach: None,
        recovered_at: None,
        notes: vec![],
    };
    let evidence = Evidence {
        id: EvidenceId(1),
        tool: "search_logs".to_owned(),
        arguments: json!({}),
        outcome: Outcome::Found,
        facts: Facts::Nothing,
        text: "TypeError: total is not a function\n".repeat(40),
        shown: None,
        command: String::new(),
        unread: Vec::new(),
        taken_at: window.end,
        elapsed_ms: 1,
    };
    let events = [
        Event::Scoped { scope },
        Event::OpeningEnded,
        Event::EvidenceTaken { evidence: Arc::new(evidence), call: None },
    ];
    let entries = (1..).zip(events).map(|(number, event)| Entry { number, at: window.end, event });
    let mut state = Investigation::from_entries(InvestigationId("test".to_owned()), entries);
    // Before a plan is looked at, there has to be a root cause.
    let root_cause: RootCause = serde_json::from_value(json!({
        "verdict": "fault", "category": "code_defect", "title": "a is broken", "summary": "It is.", "components": [],
        "chain": [{"statement": "a broke.", "citations": [{"evidence": "E1", "quote": "TypeError"}]}],
    }))
    .unwrap();
    let (verification, _) = verify::root_cause(&root_cause, &state);
    let event = Event::RootCauseReported { root_cause, verification, call: "t0".to_owned() };
    state.apply(Entry { number: 4, at: window.end, event });
    // And before an answer, a question.
    let event = Event::QuestionAsked { text: "Why?".to_owned(), budget: Budget::default(), language: None, zone: None };
    state.apply(Entry { number: 5, at: window.end, event });
    state
}

fn run(tool: &str, arguments: Value) -> Event {
    let call = ToolCall { id: "t1".to_owned(), tool: tool.to_owned(), arguments };
    own_tools::run(&state(), &call, &PROMPTS)
}

/// A value that fits a schema, with all that is optional in it.
fn fitting(schema: &Value) -> Value {
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    for choice in ["enum", "oneOf", "anyOf"] {
        if let Some(first) = schema[choice].as_array().and_then(|values| values.first()) {
            return if choice == "enum" { first.clone() } else { fitting(first) };
        }
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind {
        Some("string") if schema["format"] == "date-time" => json!("2026-05-20T10:30:00Z"),
        Some("string") if schema["pattern"].is_string() => json!("E1"),
        Some("string") => json!("TypeError"),
        Some("integer") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([fitting(&schema["items"])]),
        _ => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            Value::Object(fields.map(|(name, its)| (name.clone(), fitting(its))).collect())
        }
    }
}

/// Every place in a value, as a JSON pointer.
fn places(value: &Value, here: String, all: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, inner)| places(inner, format!("{here}/{key}"), all)),
        Value::Array(items) => {
            (0..).zip(items).for_each(|(place, inner): (usize, _)| places(inner, format!("{here}/{place}"), all));
        }
        _ => {}
    }
    if !here.is_empty() {
        all.push(here);
    }
}

#[test]
fn an_argument_of_another_type_is_refused_at_its_place() {
    let mut refused = 0;
    for ToolSpec { name: tool, schema, .. } in TOOLS.iter() {
        for argument in schema["properties"].as_object().unwrap().keys() {
            let mut arguments: Map<String, Value> = fitting(schema).as_object().unwrap().clone();
            arguments.insert(argument.clone(), json!({"surprise": [[1.5]]}));
            let Event::CallRefused { reason, .. } = run(tool, Value::Object(arguments)) else {
                panic!("{tool}: {argument}")
            };
            assert!(
                reason.contains("do not fit") && reason.contains(argument.as_str()),
                "{tool}: {argument}: {reason}"
            );
            refused += 1;
        }
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let mut arguments: Map<String, Value> = fitting(schema).as_object().unwrap().clone();
            arguments.remove(required);
            let Event::CallRefused { reason, .. } = run(tool, Value::Object(arguments)) else {
                panic!("{tool}: {required}")
            };
            assert!(reason.contains(required), "{tool} without {required}: {reason}");
        }
    }
    assert!(refused > 20, "{refused}");
}

proptest! {
    #[test]
    fn arguments_with_mistakes_anywhere_are_taken_or_refused_in_words(
        which in any::<Index>(),
        mistakes in prop::collection::vec((any::<Index>(), prop::sample::select(vec![
            Value::Null, json!(""), json!("E1"), json!("E0"), json!("E99999999999"), json!(-1), json!(u64::MAX), json!(1e300), json!(true),
            json!([]), json!({}), json!("-9999-01-01T00:00:00Z"), json!("9999-12-31T23:59:59Z"), json!("a\u{0}\u{202e}b"),
            json!("aws lambda delete-function --function-name x; rm -rf /"), json!("'"), json!("{{ 1/0 }}"),
        ])), 1..5),
    ) {
        let ToolSpec { name: tool, schema, .. } = &TOOLS[which.index(TOOLS.len())];
        let mut arguments = fitting(schema);
        for (place, value) in mistakes {
            let mut all = Vec::new();
            places(&arguments, String::new(), &mut all);
            if !all.is_empty() {
                *arguments.pointer_mut(&all[place.index(all.len())]).unwrap() = value;
            }
        }
        match run(tool, arguments) {
            Event::CallRefused { call, tool: named, reason } => {
                prop_assert_eq!((call.as_str(), &named), ("t1", tool));
                prop_assert!(reason.len() > 20, "{reason}");
            }
            Event::EvidenceShown { call, .. }
            | Event::FindingNoted { call, .. }
            | Event::RootCauseReported { call, .. }
            | Event::PlanReported { call, .. } => prop_assert_eq!(call, "t1"),
            Event::Answered { call, .. } => prop_assert_eq!(call.as_deref(), Some("t1")),
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn arguments_that_are_no_object_are_never_run(which in any::<Index>(), text in ".{0,60}") {
        let tool = &TOOLS[which.index(TOOLS.len())].name;
        for arguments in [json!(text), json!([text]), json!(1), Value::Null] {
            let Event::CallRefused { reason, .. } = run(tool, arguments) else { panic!("{tool} ran") };
            prop_assert!(reason.contains("no JSON object"), "{reason}");
        }
    }
}
