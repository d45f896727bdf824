//! What a function is given changed, or comes back; what it is configured with was exchanged.

use marple_case::{
    ActionKind, Category, Facts, ResourceKind,
    facts::{ChangedField, CodeFile, EnvironmentVariable, EventSource, FieldChange, FunctionCode, ShownValue},
};

use serde_json::json;

use super::world::{World, at, taken};

const PYTHON: &str = "def handler(event, context):\n    detail = event[\"detail\"]\n    owner = detail[\"owner_id\"]\n    return owner\n";

fn ledger() -> World {
    World::new("ledger", "python3.12", "app.handler").file("app.py", PYTHON).exception(
        "python",
        "KeyError",
        "'owner_id'",
        Some(("/var/task/app.py", 3, None)),
    )
}

fn field(name: &str, change: FieldChange, failed: u64) -> ChangedField {
    ChangedField {
        field: name.into(),
        beside: "received".into(),
        change,
        count: 3,
        usual: 37,
        first: at("2026-03-05T10:31:59Z"),
        last: at("2026-03-05T10:50:00Z"),
        failed: Some(failed),
        usual_failed: Some(0),
    }
}

fn values(new: &str, before: &str) -> FieldChange {
    FieldChange::Values { new: vec![new.into()], before: vec![before.into()] }
}

fn with(mut world: World, field: ChangedField) -> World {
    world.summary.changed_fields.push(field);
    world
}

#[test]
fn input_that_changed_for_the_failing_invocations_is_the_trigger_and_no_rollback_follows() {
    let (cause, plan) = with(ledger(), field("form", values("4", "3"), 3)).investigate();
    assert!(cause.trigger.unwrap().contains("form is 4"));
    assert!(cause.chain[0].statement.contains("What the function is given changed"), "{}", cause.chain[0].statement);
    assert!(plan.immediate.is_empty());
}

#[test]
fn what_changed_for_others_as_well_or_is_an_effect_is_no_input() {
    for (name, failed) in [("form", 1), ("took_ms", 3), ("read.duration", 3)] {
        let (cause, _) = with(ledger(), field(name, values("4", "3"), failed)).investigate();
        assert!(!cause.chain.iter().any(|link| link.statement.contains("is given changed")), "{name}");
    }
}

#[test]
fn a_change_of_the_function_itself_explains_more_than_its_input() {
    let (cause, _) = with(ledger(), field("form", values("4", "3"), 3))
        .change("2026-03-05T10:30:00Z", "UpdateFunctionCode20150331v2", "ledger")
        .investigate();
    assert!(!cause.chain.iter().any(|link| link.statement.contains("is given changed")));
}

#[test]
fn the_sender_is_the_program_changed_before_whose_code_holds_what_is_new() {
    for (code, found) in [("const FORM = \"v4.1\";", true), ("const FORM = \"v3.9\";", false)] {
        let mut world = with(ledger(), field("form", values("v4.1", "v3.9"), 3))
            .change("2026-03-05T10:25:00Z", "UpdateFunctionCode20150331v2", "mailer")
            .change("2026-03-05T10:31:30Z", "UpdateFunctionCode20150331v2", "publisher");
        for (name, text) in [("publisher", code), ("mailer", "send();")] {
            let file = CodeFile { path: "index.js".into(), size: 20, lines: Some(vec![text.into()]) };
            let code = FunctionCode {
                function: name.into(),
                version: "$LATEST".into(),
                code_sha256: "c2hh".into(),
                package_size: 20,
                files: vec![file],
                difference: None,
            };
            let shown = format!("file: index.js (20 bytes)\n   1 | {text}\n");
            let read = taken("read_function_code", json!({"function": name}), shown, Facts::FunctionCode(code));
            world.extra.push(read);
        }
        let (cause, _) = world.investigate();
        assert_eq!(cause.components.iter().any(|one| one.name == "publisher"), found, "{code}");
        assert!(!cause.components.iter().any(|one| one.name == "mailer"));
        let said = cause.gaps.iter().any(|gap| gap.missing.contains("who sends") && gap.why.contains("publisher"));
        assert_eq!(said, !found);
    }
}

#[test]
fn a_message_that_comes_back_and_fails_each_time_gets_a_dead_letter_queue() {
    let change = FieldChange::Repeated { value: "m-17".into(), every_s: Some(60) };
    let mut world = with(ledger(), field("messageId", change, 3));
    world.function.event_sources.push(EventSource {
        arn: "arn:aws:sqs:eu-central-1:111122223333:jobs.fifo".into(),
        state: "Enabled".into(),
        last_result: None,
        batch_size: Some(1),
    });
    let (cause, plan) = world.investigate();
    assert!(cause.chain.iter().any(|link| link.statement.contains("same message again and again")));
    assert_eq!(plan.immediate[0].kind, ActionKind::Configuration);
    let commands: Vec<_> = plan.immediate[0].phases.apply.iter().filter_map(|step| step.command.as_deref()).collect();
    assert!(commands[0].contains("--queue-name jobs-dead-letters.fifo --attributes FifoQueue=true"), "{commands:?}");
    let file = &plan.immediate[0].phases.prepare[0].text;
    let json = file.split("redrive.json: ").nth(1).unwrap().split(", and redrive-none").next().unwrap();
    let policy: serde_json::Value = serde_json::from_str(json).unwrap();
    let inner: serde_json::Value = serde_json::from_str(policy["RedrivePolicy"].as_str().unwrap()).unwrap();
    assert_eq!(inner["deadLetterTargetArn"], "arn:aws:sqs:eu-central-1:111122223333:jobs-dead-letters.fifo");
}

fn heap() -> World {
    let mut world = World::new("pages", "java21", "app.Handler").exception(
        "lambda",
        "Runtime.OutOfMemory",
        "Error: Runtime exited with error: signal: killed",
        None,
    );
    world.function.memory_mb = 512;
    world
}

#[test]
fn input_that_grew_explains_memory_and_sizes_the_relief() {
    let grown = FieldChange::Range { low: 50e6, high: 80e6, before_low: 1e6, before_high: 8e6 };
    let (cause, plan) = with(heap(), field("bytes", grown, 3)).investigate();
    assert_eq!(cause.category, Category::MemoryExhaustion);
    assert!(cause.title.contains("its input grew"), "{}", cause.title);
    assert!(!cause.gaps.iter().any(|gap| gap.on_the_chain && gap.missing.contains("what takes the memory")));
    // The baseline used 79 MB; ten times the input is at most ten times of that.
    assert!(plan.immediate[0].temporary && plan.immediate[0].title.contains("1024 MB"), "{}", plan.immediate[0].title);
}

#[test]
fn input_that_grew_beyond_all_sizes_gets_the_largest_for_a_time() {
    let grown = FieldChange::Range { low: 58_412.0, high: 71_906.0, before_low: 21.0, before_high: 300.0 };
    let (_, plan) = with(heap(), field("rows", grown, 3)).investigate();
    let raise = &plan.immediate[0];
    assert!(raise.temporary && raise.unverified.is_some() && raise.title.contains("10240 MB"), "{}", raise.title);
}

#[test]
fn memory_without_a_word_on_the_input_stays_unexplained() {
    let (cause, plan) = heap().investigate();
    assert!(cause.gaps.iter().any(|gap| gap.on_the_chain && gap.missing.contains("what takes the memory")));
    assert!(plan.immediate.is_empty());
}

fn carts(changed: &str) -> World {
    let variable =
        |value: &str| EnvironmentVariable { name: "CACHE_ADDR".into(), value: ShownValue::Plain(value.into()) };
    let mut world = World::new("carts", "provided.al2023", "bootstrap")
        .variable("CACHE_ADDR", "next.cache.internal:6379")
        .exception("go", "wrapError", "dial tcp 10.0.0.7:6379: connect: connection refused", None)
        .change(changed, "UpdateFunctionConfiguration20150331v2", "carts")
        .version("4", "2026-03-01T00:00:00Z", "b2xk");
    world.function.versions[0].environment = vec![variable("old.cache.internal:6379")];
    world
}

#[test]
fn an_address_exchanged_in_the_environment_is_put_back_to_the_value_that_a_version_keeps() {
    let (cause, plan) = carts("2026-03-05T10:31:00Z").investigate();
    assert_eq!(cause.category, Category::Misconfiguration);
    assert!(cause.chain[0].statement.contains("UpdateFunctionConfiguration"));
    let link = &cause.chain[1];
    assert!(link.statement.contains("next.cache.internal:6379") && link.statement.contains("old.cache.internal:6379"));
    assert_eq!(link.citations.len(), 2);
    assert_eq!(plan.immediate[0].title, "Set CACHE_ADDR back to old.cache.internal:6379");
    assert!(!cause.components.iter().any(|one| one.kind == ResourceKind::Host));
}

#[test]
fn an_exchange_that_the_baseline_survived_is_no_cause() {
    let (cause, plan) = carts("2026-03-03T10:31:00Z").investigate();
    assert_eq!(cause.category, Category::DependencyUnreachable);
    assert!(plan.immediate.is_empty());
}
