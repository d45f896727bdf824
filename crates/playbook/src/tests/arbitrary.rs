//! Properties: no facts make it panic, and no quote is invented.

use std::sync::Arc;

use marple_case::{Facts, Outcome};
use proptest::prelude::*;

use super::world::{World, invocation, invocations};

/// Words from which odd but telling messages arise.
fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "\\PC{0,12}",
        Just("getaddrinfo ENOTFOUND a.b.c".to_owned()),
        Just("Cannot read properties of null (reading 'é')".to_owned()),
        Just("Task timed out after 3.00 seconds".to_owned()),
        Just("AccessDenied is not authorized to perform: s3:Get on resource: arn:aws:s3:::x".to_owned()),
        Just("heap out of memory".to_owned()),
        Just("Cannot find module 'ü/x'".to_owned()),
        Just("\n\n\t ".to_owned()),
        Just("connect ECONNREFUSED 10.0.0.1:5432".to_owned()),
    ];
    proptest::collection::vec(word, 0..4).prop_map(|words| words.join(" "))
}

fn code() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "\\PC{0,30}",
        Just("for (let i = 0; i < 99999999; i++) {".to_owned()),
        Just("  rows.push('ä'.repeat(1e9));".to_owned()),
        Just("setTimeout(resolve, 9e99)".to_owned()),
        Just("}, 30000);".to_owned()),
        Just("while (true) {".to_owned()),
        Just("x = event['é'].body.user".to_owned()),
        Just("host = os.environ['A'] or 'a.b.c'".to_owned()),
        Just("time.sleep(10 ** 400)".to_owned()),
        Just("N = 1 << 62".to_owned()),
    ];
    proptest::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]

    #[test]
    fn any_world_gets_a_report_whose_quotes_all_stand(
        class in words(), message in words(), code in code(), line in 0u32..20, column in proptest::option::of(0u32..300),
        limit in 0u32..1000, memory in 0u32..20000, used in 0u32..20000, timed_out: bool, in_baseline: bool,
        drop in proptest::collection::vec(0usize..7, 0..5), errors in 0.0f64..1e12,
    ) {
        let mut world = World::new("any", "nodejs20.x", "index.h")
            .file("index.js", &code)
            .variable("A", "a.b.c")
            .exception("node", &class, &message, Some(("/var/task/index.js", line, column)))
            .metric("Errors", "Sum", errors, None);
        world.function.timeout_s = limit;
        world.function.memory_mb = memory;
        let mut one = invocation("r-1", f64::from(limit) * 1000.0, used, memory);
        one.timed_out = timed_out;
        world.summary.invocations = Some(invocations(1, f64::from(limit) * 1000.0, used, memory, vec![one]));
        if in_baseline {
            world.summary.baseline_exceptions = world.summary.exceptions.clone();
        }
        for index in drop {
            let tools = ["describe_alarms", "get_function", "get_metrics", "summarize_logs", "read_function_code", "list_changes", "x"];
            world.denied.push(tools[index]);
        }
        world.investigate();
    }

    #[test]
    fn facts_whose_text_says_something_else_are_never_quoted(message in words(), text in "\\PC{0,60}") {
        let world = World::new("any", "nodejs20.x", "index.h").exception("node", "TypeError", &message, None);
        let mut evidence = world.evidence();
        for one in evidence.iter_mut().map(Arc::make_mut) {
            one.text = text.clone();
            if one.tool == "list_changes" {
                one.outcome = Outcome::NoData;
                one.facts = Facts::Nothing;
            }
        }
        let turn = super::world::turn(&world.scope, &[], &evidence);
        let reports = crate::report::reports(&crate::reading::Case::of(&turn));
        super::world::check(&reports.cause, &reports.plan, &evidence);
    }
}
