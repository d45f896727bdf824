//! Layers that were changed, disks that a release fills, and what is logged before a wait that is too long.

use marple_case::{ActionKind, Category};

use super::world::{World, exception, invocation, invocations, template};

/// A function that cannot import a module since its settings were changed.
fn unloadable(detail: &str) -> World {
    let error = "Unable to import module 'app': No module named 'orjson.orjson'";
    let mut world = World::new("intake", "python3.13", "app.run").file("app.py", "import orjson\n");
    world.function.layers = vec!["arn:aws:lambda:eu-central-1:111122223333:layer:base-deps:12".into()];
    let mut world = world
        .exception("lambda", "Runtime.ImportModuleError", error, None)
        .change("2026-03-05T10:28:00Z", "PublishLayerVersion20181031", "12")
        .change("2026-03-05T10:31:00Z", "UpdateFunctionConfiguration20150331v2", "intake");
    world.changes[0].detail = "layerName=base-deps, compatibleArchitectures=[\"x86_64\"]".into();
    world.changes[1].detail = detail.into();
    world
}

#[test]
fn a_layer_that_was_changed_goes_back_to_its_previous_version() {
    let detail = "functionName=intake, layers=[\"arn:aws:lambda:eu-central-1:111122223333:layer:base-deps:12\"]";
    let (cause, plan) = unloadable(detail).investigate();
    assert_eq!(cause.category, Category::BadImage);
    assert!(cause.title.ends_with("since it has version 12 of the layer base-deps"), "{}", cause.title);
    assert!(cause.chain[0].statement.contains("for x86_64, which is not the function's architecture"));
    let back = &plan.immediate[0];
    assert_eq!(back.kind, ActionKind::Configuration);
    assert!(back.title.contains("the previous version of the layer base-deps"), "{}", back.title);
    assert!(
        back.phases.pre_validate[0].command.as_ref().unwrap().contains("list-layer-versions --layer-name base-deps")
    );
}

#[test]
fn a_layer_that_no_change_names_is_not_blamed() {
    let (cause, plan) = unloadable("functionName=intake, timeout=20").investigate();
    assert!(!cause.title.contains("layer"), "{}", cause.title);
    assert!(plan.immediate.is_empty());
}

/// A function whose disk is full, with its code and a published version of other code.
fn full(code: &str) -> World {
    let mut world =
        World::new("zipper", "ruby3.3", "h.run").file("h.rb", code).version("6", "2026-02-01T08:00:00Z", "b2xk");
    let words = "No space left on device @ io_write - /tmp/batch-1/a.png";
    world.summary.exceptions = vec![exception("ruby", "Errno::ENOSPC", words, Some(("/var/task/h.rb", 4, None)))];
    world
}

const KEEPS: &str = "require \"tmpdir\"\n\ndir = Dir.mktmpdir(\"batch-\")\nfetch(dir)\n";

#[test]
fn a_disk_that_fills_since_a_release_goes_back_before_it_is_enlarged() {
    let world = full(KEEPS).change("2026-03-05T10:10:00Z", "UpdateFunctionCode20150331v2", "zipper");
    let (cause, plan) = world.investigate();
    assert!(
        cause
            .chain
            .iter()
            .any(|link| link.statement.contains("h.rb line 3 writes temporary files: dir = Dir.mktmpdir")),
        "{:?}",
        cause.chain
    );
    let kinds: Vec<_> = plan.immediate.iter().map(|action| action.kind).collect();
    assert_eq!(kinds, [ActionKind::Rollback, ActionKind::Scale]);
    assert_eq!(plan.immediate[0].rollback_to.as_deref(), Some("6"));
}

#[test]
fn a_disk_that_fills_without_a_release_is_enlarged_only() {
    let (_, plan) = full(KEEPS).investigate();
    assert_eq!(plan.immediate[0].kind, ActionKind::Scale);
}

#[test]
fn what_is_logged_before_each_wait_that_is_cut_off_is_told() {
    let limit = 20_000.0;
    let mut world =
        World::new("poster", "python3.13", "h.run").file("h.py", "import time\ndef run(e, c):\n    time.sleep(45)\n");
    world.function.timeout_s = 20;
    let mut failed = invocation("cc33dd44", limit, 70, 256);
    failed.timed_out = true;
    world.summary.invocations = Some(invocations(3, limit, 70, 256, vec![failed]));
    let mut ended = exception("lambda", "Sandbox.Timedout", "Task timed out after 20.00 seconds", None);
    ended.sample = "2026-03-05T10:32:07.512Z cc33dd44 Task timed out after 20.00 seconds".into();
    world.summary.exceptions = vec![ended];
    let told = "[WARNING] period is closed, HTTP 423, trying again";
    let late = "[INFO] shutting down";
    world.summary.templates =
        vec![template(told, 1, 0, "2026-03-05T10:31:48Z"), template(late, 1, 0, "2026-03-05T10:32:40Z")];
    let (cause, _) = world.investigate();
    let said: Vec<&str> = cause.chain.iter().map(|link| link.statement.as_str()).collect();
    assert!(said.iter().any(|one| one.starts_with("Before it waits it logs") && one.contains("HTTP 423")), "{said:#?}");
    assert!(said.iter().all(|one| !one.contains("shutting down")), "{said:#?}");
}
