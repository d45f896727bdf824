#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn hider() -> Redactor {
    Redactor::new([7; 32])
}

fn is_hidden(name: &str, value: &str) -> bool {
    matches!(hider().variable(name, value), Shown::Hidden(_))
}

#[test]
fn a_value_under_a_credentials_name_is_hidden() {
    for name in [
        "PASSWORD",
        "DB_PASSWORD",
        "dbPassword",
        "db-password",
        "dbpassword",
        "MYSQL_PWD",
        "API_KEY",
        "APIKEY",
        "StripeApiKey",
        "SECRET",
        "CLIENT_SECRET",
        "JWT_SECRET",
        "AUTH_TOKEN",
        "SLACK_BOT_TOKEN",
        "DB_CREDENTIALS",
        "SENTRY_DSN",
        "CONNECTION_STRING",
        "DB_CONNECTION_STRING",
        "ENCRYPTION_KEY",
        "BASIC_AUTH",
        "SECRET_KEY_BASE",
        "SLACK_WEBHOOK_URL",
        "masterUserPassword",
        "secretString",
        "DBPass",
        "AWS_SECRET_ACCESS_KEY",
    ] {
        assert!(is_hidden(name, "hunter2"), "{name}");
    }
    assert!(is_hidden("DB_PASSWORD", "123456"), "a password of digits is a password");
}

#[test]
fn references_settings_and_everyday_names_stay_readable() {
    for (name, value) in [
        ("SECRET_ARN", "arn:aws:secretsmanager:us-east-1:111122223333:secret:app/db-AbCdEf"),
        ("DB_SECRET_NAME", "app/db"),
        ("SECRET_ID", "app/db"),
        ("KEY_PREFIX", "users/"),
        ("S3_KEY", "reports/today.csv"),
        ("PARTITION_KEY", "pk"),
        ("CACHE_KEY", "profiles"),
        ("TOKEN_TTL", "3600"),
        ("MAX_TOKENS", "4096"),
        ("AUTH_ENABLED", "true"),
        ("USE_AUTH", "true"),
        ("HttpTokens", "required"),
        ("AUTH_SERVICE_URL", "https://auth.example.com/v1"),
        ("KMS_KEY_ID", "alias/app"),
        ("PASSWORD_MIN_LENGTH", "12"),
        ("KEYSPACE", "profiles"),
        ("MONKEY", "george"),
        ("AUTHOR", "jane"),
        ("COMPASS", "north"),
        ("TOKENIZER", "bert"),
        ("LOG_LEVEL", "debug"),
        ("DB_HOST", "db.internal"),
        ("DB_PORT", "5432"),
        ("TABLE", "profiles-Table-1A2B3C4D5E6F"),
        ("DB_USER", "app"),
        ("NODE_OPTIONS", "--enable-source-maps"),
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD", "****"),
        ("DB_PASSWORD", "{{resolve:secretsmanager:app/db:SecretString:password}}"),
        ("QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/111122223333/orders"),
        ("COMMIT", "8f14e45fceea167a5a36dedd4bea2543aabbccdd"),
        ("DB_ENDPOINT", "app-aurora.cluster-c0a1b2c3d4e5.us-east-1.rds.amazonaws.com"),
        ("UPSTREAM", "http://10.0.1.7:8080/users@home"),
        ("STACK", "user-profile-ProfileFunction-9xKQ3LmZ01Ab"),
        ("HANDLER", "createUserProfileFromSignupRequestV2"),
    ] {
        assert_eq!(hider().variable(name, value), Shown::Plain(value.to_owned()), "{name}");
    }
}

#[test]
fn a_value_that_looks_like_a_credential_is_hidden_under_any_name() {
    for value in [
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    ] {
        assert!(is_hidden("SETTING", value), "{value}");
    }
}

#[test]
fn of_a_url_only_the_password_is_hidden() {
    let shown = |value: &str| hider().named("DATABASE_URL", value);
    insta::assert_snapshot!(shown("postgres://app:hunter2@db.internal:5432/app"), @"postgres://app:<hidden:url-password:035abd06>@db.internal:5432/app");
    insta::assert_snapshot!(shown("redis://:p@ss/w@cache:6379"), @"redis://:<hidden:url-password:d420fd33>@cache:6379");
    let shown = hider().named("DB_CONNECTION_STRING", "postgres://app:hunter2@db.internal/app");
    assert!(shown.contains("@db.internal/app") && !shown.contains("hunter2"));
    let shown = hider().named("SETTING", "Server=db.internal;User Id=app;Password=hunter2;Timeout=3");
    assert!(
        shown.starts_with("Server=db.internal;User Id=app;Password=<hidden:") && shown.ends_with(";Timeout=3"),
        "{shown}"
    );
}

#[test]
fn equal_values_have_equal_markers_and_only_under_the_same_key() {
    assert_eq!(hider().named("A_PASSWORD", "x1"), hider().named("B_TOKEN", "x1"));
    assert_ne!(hider().named("A_PASSWORD", "x1"), hider().named("A_PASSWORD", "x2"));
    assert_ne!(hider().named("A_PASSWORD", "x1"), Redactor::new([8; 32]).named("A_PASSWORD", "x1"));
}

#[test]
fn hard_coded_credentials_are_hidden_in_code_and_nothing_else_is() {
    let hide = |line: &str| hider().code_line(line);
    for line in [
        "const client = new Client({ host: 'db.internal', password: 'hunter2' });",
        "  const DB_PASSWORD = process.env.DB_PASSWORD || \"hunter2\";",
        "pw = os.environ.get(\"DB_PASSWORD\", \"hunter2\")",
        "config['password'] = 'hunter2'",
        "let api_key: &str = \"hunter2\";",
        "conn = connect(\"postgres://app:hunter2@db/app\")",
        "{\"user\": \"app\", \"password\": \"hunter2\"}",
    ] {
        let hidden = hide(line);
        assert!(hidden.contains("<hidden:") && !hidden.contains("hunter2"), "{hidden}");
    }
    for line in [
        "  const name = body.user.name;",
        "const token = req.headers['authorization'];",
        "const key = \"user:\" + id;",
        "password: process.env.DB_PASSWORD,",
        "  password: `${password}`,",
        "const SECRET_NAME = 'app/db';",
        "if (!token) throw new Error('token: missing');",
        "<input type=\"password\" name=\"pw\">",
        "const password = '';",
        "host: 'invalid.example.local', port: 5432,",
    ] {
        assert_eq!(hide(line), line);
    }
}

#[test]
fn configuration_files_need_no_quotes() {
    let hidden = hider().configuration_line("export DB_PASSWORD=hunter2");
    assert!(hidden.starts_with("export DB_PASSWORD=<hidden:"), "{hidden}");
    for line in ["DB_HOST=db.internal", "  password: ${DB_PASSWORD}", "secret_name: app/db", "password:"] {
        let shown = hider().configuration_line(line);
        assert!(line.contains("${") || shown == line, "{shown}");
    }
}

#[test]
fn json_is_hidden_by_key_and_by_pair() {
    let hidden = hider().json(&json!({
        "dBInstanceIdentifier": "app", "masterUserPassword": "hunter2", "port": 5432,
        "parameters": [{"parameterKey": "DbPassword", "parameterValue": "hunter2"}, {"parameterKey": "Stage", "parameterValue": "prod"}],
        "environment": {"variables": {"API_TOKEN": "hunter2", "LOG_LEVEL": "info"}},
    }));
    let text = hidden.to_string();
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains(r#""parameterValue":"prod""#) && text.contains(r#""LOG_LEVEL":"info""#), "{text}");
}

#[test]
fn the_name_of_a_pair_is_shown_and_a_hidden_value_stays_hidden() {
    let attribute = json!({"key": "deregistration_delay.timeout_seconds", "value": "60"});
    assert_eq!(hider().json(&attribute), attribute);
    let once = hider().json(&json!([{"name": "DB_PASSWORD", "value": "hunter2"}, {"key": "only"}]));
    assert_eq!(hider().json(&once), once);
    let Shown::Hidden(marker) = hider().variable("DB_PASSWORD", "hunter2") else { panic!("shown") };
    assert_eq!(hider().variable("DB_PASSWORD", &marker), Shown::Hidden(marker));
}

proptest! {
    #[test]
    fn hiding_never_panics_and_hiding_twice_changes_nothing(name in ".{0,20}", value in ".{0,80}") {
        let once = hider().named(&name, &value);
        prop_assert_eq!(hider().named(&name, &once), once.clone());
        let line = hider().configuration_line(&value);
        prop_assert_eq!(hider().configuration_line(&line), line.clone());
    }

    #[test]
    fn a_url_password_never_survives(password in "[A-Za-z0-9!$%^*()+.,;:@-]{4,20}") {
        prop_assume!(!password.bytes().all(|byte| byte.is_ascii_digit()));
        let text = format!("see mysql://app:{password}@db.internal/app for it");
        let hidden = hider().text(&text);
        prop_assert!(!hidden.contains(&password), "{}", hidden);
    }
}
