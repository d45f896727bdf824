//! Memory, time and concurrency.

use marple_case::{ActionKind, Category};

use super::world::{World, exception, invocation, invocations};

pub(super) fn at_memory_limit(name: &str, runtime: &str, size: u32, path: &str, code: &str) -> World {
    let mut world = World::new(name, runtime, "h.run").file(path, code);
    world.function.memory_mb = size;
    let mut failed = invocation("aa11bb22", 4100.0, size, size);
    failed.status = Some("error".into());
    world.summary.invocations = Some(invocations(9, 4100.0, size, size, vec![failed]));
    world.summary.baseline_invocations = Some(invocations(9, 90.0, 61, size, Vec::new()));
    world.exception("lambda", "Runtime.OutOfMemory", "Runtime exited with error: signal: killed", None)
}

#[test]
fn memory_is_estimated_from_literals_and_relief_is_larger_than_the_estimate() {
    let code = "exports.run = async (event) => {\n  const rows = [];\n  for (let i = 0; i < 3_000_000; i++) {\n    rows.push('r'.repeat(400));\n  }\n  return { statusCode: 200 };\n};\n";
    let (cause, plan) = at_memory_limit("exports", "nodejs20.x", 192, "h.js", code).investigate();
    assert_eq!(cause.category, Category::MemoryExhaustion);
    assert_eq!(cause.location.unwrap().line, 4);
    assert!(cause.chain[0].statement.contains("1.2 GB"), "{}", cause.chain[0].statement);
    let raise = &plan.immediate[0];
    assert!(raise.temporary && raise.unverified.is_some());
    let sizes: Vec<u32> = raise
        .phases
        .apply
        .iter()
        .filter_map(|step| step.command.as_ref()?.split("--memory-size ").nth(1)?.split(' ').next()?.parse().ok())
        .collect();
    assert!(sizes.iter().all(|size| *size > 1145), "{sizes:?}");
}

#[test]
fn no_memory_size_is_proposed_where_none_can_hold_the_work() {
    let code = "def run(event, context):\n    kept = []\n    for page in range(20000):\n        kept.append(bytearray(10 * 1024 * 1024))\n    return len(kept)\n";
    let (cause, plan) = at_memory_limit("thumbs", "python3.12", 512, "h.py", code).investigate();
    assert_eq!(cause.category, Category::MemoryExhaustion);
    assert!(plan.immediate.is_empty());
    assert!(plan.no_immediate_action.unwrap().contains("10,240"));
}

#[test]
fn memory_that_was_lowered_goes_back_to_what_it_was() {
    let mut world = at_memory_limit("billing", "java21", 128, "readme.md", "nothing");
    world.summary.baseline_invocations = Some(invocations(9, 90.0, 300, 512, Vec::new()));
    let (_, plan) = world.investigate();
    let command = plan.immediate[0].phases.apply[0].command.as_ref().unwrap();
    assert!(command.contains("--memory-size 512"), "{command}");
}

fn overdue(name: &str, runtime: &str, limit: u32, path: &str, code: &str) -> World {
    let mut world = World::new(name, runtime, "h.run").file(path, code);
    world.function.timeout_s = limit;
    let mut failed = invocation("cc33dd44", f64::from(limit) * 1000.0, 70, 256);
    failed.timed_out = true;
    world.summary.invocations = Some(invocations(3, f64::from(limit) * 1000.0, 70, 256, vec![failed]));
    let mut ended = exception("lambda", "Sandbox.Timedout", &format!("Task timed out after {limit}.00 seconds"), None);
    ended.sample = format!("2026-03-05T10:32:07.512Z cc33dd44 Task timed out after {limit}.00 seconds");
    world.summary.exceptions.push(ended);
    world
}

#[test]
fn the_handlers_own_wait_explains_a_timeout_in_every_runtime() {
    let cases = [
        (
            "nodejs20.x",
            "h.js",
            "exports.run = async () => {\n  await new Promise((resolve) => setTimeout(resolve, 45000));\n  return 1;\n};\n",
            2,
        ),
        (
            "nodejs20.x",
            "h.mjs",
            "const PAUSE_MS = 45 * 1000;\nexport const run = async () => {\n  await new Promise((resolve) => {\n    setTimeout(() => {\n      resolve();\n    }, PAUSE_MS);\n  });\n};\n",
            6,
        ),
        ("python3.12", "h.py", "import time\ndef run(event, context):\n    time.sleep(45)\n", 3),
        ("java21", "H.java", "class H {\n  void run() throws Exception {\n    Thread.sleep(45_000L);\n  }\n}\n", 3),
        ("provided.al2023", "main.go", "func run() {\n\ttime.Sleep(45 * time.Second)\n}\n", 2),
        (
            "dotnet8",
            "H.cs",
            "class H {\n  async Task Run() {\n    await Task.Delay(TimeSpan.FromSeconds(45));\n  }\n}\n",
            3,
        ),
    ];
    for (runtime, path, code, line) in cases {
        let (cause, plan) = overdue("statements", runtime, 7, path, code).investigate();
        assert_eq!(cause.category, Category::Timeout, "{runtime}");
        assert_eq!(cause.location.as_ref().map(|location| location.line), Some(line), "{runtime}");
        let apply = &plan.immediate[0].phases.apply[0];
        assert!(apply.command.as_ref().unwrap().contains("--timeout 54"), "{runtime}: {apply:?}");
        assert!(apply.text.contains("29 s"));
        assert!(plan.immediate[0].temporary);
    }
}

#[test]
fn package_database_and_cold_start_are_ruled_out_where_the_code_shows_the_wait() {
    let code = "exports.run = async () => {\n  await new Promise((resolve) => setTimeout(resolve, 45000));\n};\n";
    let world = overdue("statements", "nodejs20.x", 7, "h.js", code).database(
        "books",
        "books.cluster-y.eu-central-1.rds.amazonaws.com",
        "available",
        0.0,
    );
    let (cause, _) = world.investigate();
    for rival in ["package", "books", "cold start", "deployment"] {
        assert!(cause.ruled_out.iter().any(|known| known.hypothesis.contains(rival)), "{rival}");
    }
    assert!(cause.gaps.iter().any(|gap| gap.missing.contains("application logs")));
}

#[test]
fn a_guard_that_aborts_a_call_is_no_wait() {
    let code = "exports.run = async () => {\n  const t = setTimeout(() => controller.abort(), 60000);\n  return fetch(process.env.URL);\n};\n";
    let (cause, plan) = overdue("proxy", "nodejs20.x", 7, "h.js", code).investigate();
    assert_eq!(cause.location, None);
    assert!(cause.gaps.iter().any(|gap| gap.on_the_chain));
    assert!(plan.immediate.is_empty());
}

#[test]
fn a_timeout_below_what_the_baseline_took_was_lowered() {
    let mut world = overdue("reports", "python3.12", 3, "h.py", "def run(event, context):\n    return work(event)\n");
    world.summary.baseline_invocations = Some(invocations(50, 8200.0, 70, 256, Vec::new()));
    let (cause, plan) =
        world.change("2026-03-05T10:20:00Z", "UpdateFunctionConfiguration20150331v2", "reports").investigate();
    assert!(cause.chain.iter().any(|link| link.statement.contains("UpdateFunctionConfiguration")));
    assert!(!plan.immediate[0].temporary);
}

#[test]
fn throttles_without_errors_are_throttling_at_the_reserved_concurrency() {
    let mut world = World::new("intake", "nodejs20.x", "h.run");
    world.function.reserved_concurrency = Some(2);
    let world = world.metric("Errors", "Sum", 0.0, Some(0.0)).metric("Throttles", "Sum", 57.0, Some(0.0));
    let (cause, plan) = world.investigate();
    assert_eq!(cause.category, Category::Throttling);
    assert_eq!(plan.immediate[0].kind, ActionKind::Scale);
}
