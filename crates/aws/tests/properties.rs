//! What a model may write as arguments of any tool: what fits no schema is refused with a sentence that names the argument, and nothing
//! makes a tool panic. `PROPTEST_CASES` makes it longer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::LazyLock;

use aws_types::{SdkConfig, region::Region};
use marple_agent::ports::{PlannedCall, Refusal, Toolbox};
use marple_aws::AwsToolbox;
use marple_case::{Scope, ToolSpec, trigger::Window};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A revision is a number, and a model may write it as one.
const TAKEN: [&str; 1] = ["describe_task_definition: compare_with = 7"];

static TOOLBOX: LazyLock<AwsToolbox> =
    LazyLock::new(|| AwsToolbox::new(&SdkConfig::builder().region(Region::from_static("us-east-1")).build()));

fn scope() -> Scope {
    let at = |text: &str| text.parse().unwrap();
    let window = Window { start: at("2026-05-20T10:00:00Z"), end: at("2026-05-20T12:00:00Z") };
    Scope {
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
    }
}

fn refusal(tool: &str, arguments: Value) -> Option<String> {
    match TOOLBOX.normalise(&PlannedCall { tool: tool.to_owned(), arguments }, &scope()) {
        Ok(_) => None,
        Err(Refusal::BadArguments { reason, .. }) => Some(reason),
        Err(other) => panic!("{other}"),
    }
}

/// A value that fits a schema, plainly.
fn fitting(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("string") if schema["format"] == "date-time" => json!("2026-05-20T10:30:00Z"),
        Some("string") => json!("orders"),
        Some("integer") => json!(1),
        Some("number") => json!(1.5),
        Some("boolean") => json!(true),
        Some("array") => json!([fitting(&schema["items"])]),
        _ => Value::Object(required(schema)),
    }
}

/// The required arguments alone.
fn required(schema: &Value) -> Map<String, Value> {
    let names = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    names.map(|name| (name.to_owned(), fitting(&schema["properties"][name]))).collect()
}

/// Values of the types that a schema does not have.
fn misfits(schema: &Value) -> Vec<Value> {
    let all = [json!("all of them"), json!(7), json!(-0.5), json!(true), json!([[]]), json!({"deep": {"er": 1}})];
    let kind = |value: &Value| match value {
        Value::String(_) => "string",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::Bool(_) => "boolean",
        Value::Array(_) => "array",
        _ => "object",
    };
    let wanted = schema["type"].as_str().unwrap_or("object").to_owned();
    let is_closed = schema["enum"].is_array();
    let fits = |value: &Value| (wanted == kind(value) && !is_closed) || (wanted == "number" && value.is_number());
    all.into_iter().filter(|value| !fits(value)).collect()
}

#[test]
fn an_argument_of_another_type_is_refused_by_its_name() {
    let (mut refused, mut taken) = (0, Vec::new());
    for ToolSpec { name: tool, schema, .. } in TOOLBOX.tools() {
        for (argument, its) in schema["properties"].as_object().unwrap() {
            for wrong in misfits(its) {
                let mut arguments = required(schema);
                arguments.insert(argument.clone(), wrong.clone());
                let Some(reason) = refusal(tool, Value::Object(arguments)) else {
                    taken.push(format!("{tool}: {argument} = {wrong}"));
                    continue;
                };
                let told = reason.split("; the arguments are: ").next().unwrap();
                assert!(told.contains(argument.as_str()), "{tool}: {argument} = {wrong}: {reason}");
                refused += 1;
            }
        }
    }
    assert!(refused > 200, "{refused}");
    assert_eq!(taken, TAKEN, "what is taken although the schema says otherwise");
}

#[test]
fn an_argument_that_is_missing_or_unknown_is_refused_by_its_name() {
    for ToolSpec { name: tool, schema, .. } in TOOLBOX.tools() {
        for argument in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let mut arguments = required(schema);
            arguments.remove(argument);
            let reason = refusal(tool, Value::Object(arguments)).unwrap();
            assert!(reason.split("; the arguments are: ").next().unwrap().contains(argument), "{tool}: {reason}");
        }
        let mut arguments = required(schema);
        arguments.insert("functoin".to_owned(), json!("orders"));
        let reason = refusal(tool, Value::Object(arguments)).unwrap();
        assert!(reason.contains("functoin") && reason.contains("the arguments are: "), "{tool}: {reason}");
        for no_object in [json!([]), json!("a"), json!(1), json!(true)] {
            assert!(refusal(tool, no_object).unwrap().contains("a JSON object"), "{tool}");
        }
    }
}

/// Any JSON, with the words and numbers that break readers among it.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "",
            "-1h",
            "2026-05-20T10:00:00Z",
            "9999-12-31T23:59:59Z",
            "*",
            "a\u{202e}b\u{0}",
            "[",
            "arn:aws:::"
        ])
        .prop_map(Value::from),
        "\\PC{0,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-z_]{0,8}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_arguments_break_a_tool_and_what_is_taken_stays_as_it_is(
        place in any::<prop::sample::Index>(),
        values in prop::collection::vec((any::<prop::sample::Index>(), any_json()), 0..4),
    ) {
        let tools = TOOLBOX.tools();
        let ToolSpec { name, schema, .. } = &tools[place.index(tools.len())];
        let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        let mut arguments = required(schema);
        for (which, value) in values {
            if !names.is_empty() {
                arguments.insert(names[which.index(names.len())].clone(), value);
            }
        }
        let call = PlannedCall { tool: name.clone(), arguments: Value::Object(arguments) };
        match TOOLBOX.normalise(&call, &scope()) {
            Ok(taken) => prop_assert_eq!(TOOLBOX.normalise(&taken, &scope()).unwrap(), taken, "asking twice is asking the same"),
            Err(refused) => prop_assert!(refused.to_string().len() > 20, "{refused}"),
        }
    }
}
