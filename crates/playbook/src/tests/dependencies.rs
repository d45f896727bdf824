//! Dependencies that cannot be reached, loaded or used.

use marple_case::{ActionKind, Category, facts::EnvironmentVariable, facts::ShownValue};

use super::world::World;

const RIGHT: &str = "ledger.cluster-abc.eu-central-1.rds.amazonaws.com";

#[test]
fn a_hard_coded_host_is_found_in_code_and_the_right_variable_is_said_to_be_unused() {
    let cases = [
        (
            "nodejs20.x",
            "index.js",
            "const c = new Client({\n  host: 'pg.staging.internal',\n});\n",
            "Error",
            "getaddrinfo ENOTFOUND pg.staging.internal",
        ),
        (
            "python3.12",
            "app.py",
            "def h(event, context):\n    return connect(host=\"pg.staging.internal\")\n",
            "OperationalError",
            "could not translate host name \"pg.staging.internal\" to address: Name or service not known",
        ),
        (
            "provided.al2023",
            "main.go",
            "func h() {\n\tsql.Open(\"pgx\", \"postgres://pg.staging.internal:5432/x\")\n}\n",
            "panic",
            "dial tcp: lookup pg.staging.internal on 10.0.0.2:53: no such host",
        ),
        (
            "java21",
            "App.java",
            "class App {\n  String url = \"jdbc:postgresql://pg.staging.internal/x\";\n}\n",
            "java.net.UnknownHostException",
            "pg.staging.internal",
        ),
    ];
    for (runtime, path, code, class, message) in cases {
        let mut world = World::new("transfers", runtime, "h").file(path, code).variable("PGHOST", RIGHT);
        world.function.vpc_id = Some("vpc-0123".into());
        let world = world.database("ledger", RIGHT, "available", 0.0).exception("x", class, message, None);
        let (cause, plan) = world.investigate();
        assert_eq!(cause.category, Category::DependencyUnreachable, "{runtime}");
        assert_eq!(cause.location.as_ref().map(|location| location.line), Some(2), "{runtime}");
        assert!(cause.chain.iter().any(|link| link.statement.contains("PGHOST")), "{runtime}");
        assert!(cause.ruled_out.iter().any(|rival| rival.hypothesis.contains("VPC")));
        assert!(cause.ruled_out.iter().any(|rival| rival.hypothesis.contains("ledger")));
        assert!(cause.components.iter().all(|component| component.name == "transfers"));
        assert!(plan.immediate.is_empty());
        assert!(plan.spec.unwrap().requirements[0].contains("PGHOST"));
    }
}

#[test]
fn a_host_from_the_environment_is_a_setting_to_correct_unless_it_worked_before() {
    let code = "import os\ndef h(event, context):\n    return connect(os.environ['CACHE_HOST'])\n";
    let world = || {
        let world = World::new("sessions", "python3.13", "app.h").file("app.py", code);
        world.variable("CACHE_HOST", "cache.old.internal").exception(
            "python",
            "socket.gaierror",
            "[Errno -2] Name or service not known",
            Some(("/var/task/app.py", 3, None)),
        )
    };
    let set = world().change("2026-03-05T10:20:00Z", "UpdateFunctionConfiguration20150331v2", "sessions");
    let (cause, plan) = set.investigate();
    assert_eq!(cause.category, Category::Misconfiguration);
    assert!(cause.chain[0].statement.contains("CACHE_HOST"));
    assert_eq!(plan.immediate[0].kind, ActionKind::Configuration);
    let gone = world().change("2026-03-05T10:31:00Z", "ChangeResourceRecordSets", "Z0123456789");
    let (cause, plan) = gone.investigate();
    assert_eq!(cause.category, Category::DependencyUnreachable);
    assert!(cause.chain.iter().any(|link| link.statement.starts_with("ChangeResourceRecordSets by deployer")));
    assert!(plan.immediate.is_empty());
}

#[test]
fn a_literal_that_stands_in_for_an_unset_variable_is_told_as_such() {
    let code = "const host = process.env.QUEUE_HOST || 'localhost';\n";
    let world = World::new("mailer", "nodejs20.x", "index.h").file("index.js", code);
    let (cause, plan) = world.exception("node", "Error", "connect ECONNREFUSED localhost:5672", None).investigate();
    assert!(cause.title.contains("QUEUE_HOST is not set"), "{}", cause.title);
    assert_eq!(plan.immediate[0].kind, ActionKind::Configuration);
}

#[test]
fn a_stopped_database_is_a_component_and_nothing_is_changed_blindly() {
    let code = "const host = process.env.PGHOST;\n";
    let world = World::new("orders", "nodejs20.x", "index.h").file("index.js", code).variable("PGHOST", RIGHT);
    let world = world.database("ledger", RIGHT, "stopped", 0.0);
    let (cause, plan) =
        world.exception("node", "Error", &format!("connect ETIMEDOUT {RIGHT}:5432"), None).investigate();
    assert!(cause.components.iter().any(|component| component.name == "ledger"));
    assert!(plan.immediate.is_empty());
}

#[test]
fn hidden_values_never_reach_a_report() {
    let mut world = World::new("orders", "nodejs20.x", "index.h")
        .file("index.js", "connect(process.env.PGHOST, process.env.PGPASSWORD);\n");
    world
        .function
        .environment
        .push(EnvironmentVariable { name: "PGPASSWORD".into(), value: ShownValue::Hidden("<hidden:9f2c>".into()) });
    let (cause, plan) =
        world.exception("node", "error", "password authentication failed for user \"app\"", None).investigate();
    // The same code and settings were let in yesterday: what is refused today has ended or was changed.
    assert_eq!(cause.category, Category::ExpiredOrRotatedSecret);
    let text = format!("{}{}", serde_json::to_string(&cause).unwrap(), serde_json::to_string(&plan).unwrap());
    assert!(!text.contains("9f2c"));
}

#[test]
fn a_missing_module_after_a_deployment_is_rolled_back() {
    let mut world = World::new("resize", "nodejs20.x", "index.h").file("index.js", "const sharp = require('sharp');\n");
    world.function.aliases = vec![("live".into(), "12".into())];
    let world = world
        .change("2026-03-05T10:31:00Z", "UpdateFunctionCode20150331v2", "resize")
        .version("11", "2026-02-01T00:00:00Z", "b2xk")
        .version("12", "2026-03-05T10:31:00Z", "bmV3");
    let (cause, plan) =
        world.exception("node", "Runtime.ImportModuleError", "Error: Cannot find module 'sharp'", None).investigate();
    assert_eq!(cause.category, Category::BadImage);
    assert!(cause.chain.iter().any(|link| link.statement.contains("does not hold the module sharp")));
    let command = plan.immediate[0].phases.apply[0].command.as_ref().unwrap();
    assert!(command.contains("update-alias") && command.contains("--function-version 11"), "{command}");
}

#[test]
fn a_handler_that_is_not_in_the_code_is_a_misconfiguration() {
    let world = World::new("hooks", "nodejs20.x", "index.handle").file("index.js", "exports.main = () => 1;\n");
    let (cause, _) = world
        .exception("lambda", "Runtime.HandlerNotFound", "index.handle is undefined or not exported", None)
        .investigate();
    assert_eq!(cause.category, Category::Misconfiguration);
}

#[test]
fn a_refused_call_is_allowed_narrowly() {
    let message = "User: arn:aws:sts::111122223333:assumed-role/archive-role/archive is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::vault/2026/* because no identity-based policy allows the s3:PutObject action";
    let world = World::new("archive", "python3.12", "app.h");
    let (cause, plan) = world
        .exception(
            "python",
            "botocore.exceptions.ClientError",
            &format!("An error occurred (AccessDenied) when calling the PutObject operation: {message}"),
            None,
        )
        .investigate();
    assert_eq!(cause.category, Category::PermissionDenied);
    assert!(cause.components.iter().any(|component| component.name == "archive-role"));
    let command = plan.immediate[0].phases.apply[0].command.as_ref().unwrap();
    assert!(command.contains("\"s3:PutObject\"") && command.contains("arn:aws:s3:::vault/2026/*"), "{command}");
}

#[test]
fn an_explicit_deny_is_not_answered_with_an_allow() {
    let message = "User: arn:aws:sts::111122223333:assumed-role/a/b is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:eu-central-1:111122223333:q with an explicit deny in a resource-based policy";
    let (_, plan) =
        World::new("fanout", "nodejs20.x", "i.h").exception("node", "AccessDenied", message, None).investigate();
    assert!(plan.immediate.is_empty());
}

#[test]
fn a_called_service_that_refuses_for_its_rate_is_throttling() {
    let world = World::new("sync", "dotnet8", "h");
    let (cause, plan) = world
        .exception("dotnet", "Amazon.DynamoDBv2.Model.ProvisionedThroughputExceededException", "Rate exceeded", None)
        .investigate();
    assert_eq!(cause.category, Category::Throttling);
    assert!(plan.immediate.is_empty());
}
