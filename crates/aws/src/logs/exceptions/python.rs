//! Python's tracebacks: as the interpreter prints them (the error last) and as Lambda logs them (the error first).

use marple_case::facts::Frame;

use super::{Found, record};
use crate::pattern::{Pattern, pattern};

static FRAME: Pattern = pattern!(r#"^\s*File "([^"]+)", line ([0-9]+)(?:, in (.+))?$"#);
static ERROR: Pattern = pattern!(r"^([A-Za-z_][A-Za-z0-9_.]*)(?:: ?(.*))?$");
const HEADER: &str = "Traceback (most recent call last)";

pub(super) fn find(text: &str) -> Vec<Found> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found: Vec<Found> = Vec::new();
    let mut before: Option<(String, String)> = lambda_header(&lines);
    let mut place = 0;
    while let Some(start) = lines.iter().skip(place).position(|line| line.contains(HEADER)).map(|offset| place + offset)
    {
        let body = lines.get(start + 1..).unwrap_or_default();
        let length = body.iter().take_while(|line| line.starts_with([' ', '\t'])).count();
        let mut frames: Vec<Frame> = body.iter().take(length).filter_map(|line| frame(line)).collect();
        frames.reverse();
        let after = body.get(length).and_then(|line| error(line));
        if let Some((class, message)) = before.take().or(after) {
            found.push(Found { runtime: runtime(&class), class, message, code: None, frames });
        }
        place = start + 1 + length;
    }
    if let Some((class, message)) = before.filter(|_| found.is_empty()) {
        found.push(Found { runtime: runtime(&class), class, message, code: None, frames: Vec::new() });
    }
    found
}

fn runtime(class: &str) -> &'static str {
    if record::is_platform(class) { "lambda" } else { "python" }
}

/// `[ERROR] KeyError: 'user'`, as Lambda's runtime begins it.
fn lambda_header(lines: &[&str]) -> Option<(String, String)> {
    let rest = lines.first()?.strip_prefix("[ERROR] ")?;
    let (class, message) = error(rest)?;
    // A line of the program's own logger begins alike: `[ERROR] 2025-…`, `[ERROR] could not …`.
    (!message.is_empty() || lines.len() > 1).then_some((class, message))
}

fn error(line: &str) -> Option<(String, String)> {
    let found = ERROR.captures(line.trim_end())?;
    let message = found.get(2).map_or("", |message| message.as_str());
    Some((found.get(1)?.as_str().to_owned(), message.to_owned()))
}

/// `  File "/var/task/app.py", line 12, in handler`.
pub(super) fn frame(line: &str) -> Option<Frame> {
    let found = FRAME.captures(line.trim_end())?;
    let file = found.get(1)?.as_str();
    Some(Frame {
        function: found.get(3).map(|function| function.as_str().to_owned()),
        in_app: is_own(file),
        file: file.to_owned(),
        line: found.get(2)?.as_str().parse().ok(),
        column: None,
    })
}

fn is_own(file: &str) -> bool {
    let foreign = [
        "/site-packages/",
        "/dist-packages/",
        "/var/runtime/",
        "/var/lang/",
        "/usr/lib/python",
        "/usr/local/lib/python",
        "/opt/python/",
        "<frozen ",
    ];
    !foreign.iter().any(|part| file.contains(part)) && !is_vendored(file)
}

/// Libraries lie beside a function's own files in its package: the common ones are known by the name of their folder.
fn is_vendored(file: &str) -> bool {
    const LIBRARIES: [&str; 38] = [
        "aiohttp",
        "anyio",
        "aws_lambda_powertools",
        "aws_xray_sdk",
        "boto3",
        "botocore",
        "certifi",
        "click",
        "dateutil",
        "ddtrace",
        "django",
        "fastapi",
        "flask",
        "google",
        "grpc",
        "httpcore",
        "httpx",
        "jinja2",
        "jsonschema",
        "jwt",
        "kafka",
        "mangum",
        "numpy",
        "opentelemetry",
        "pandas",
        "psycopg",
        "psycopg2",
        "pydantic",
        "pymongo",
        "pymysql",
        "redis",
        "requests",
        "s3transfer",
        "sentry_sdk",
        "sqlalchemy",
        "starlette",
        "urllib3",
        "werkzeug",
    ];
    let beneath = file.strip_prefix("/var/task/").unwrap_or_default();
    beneath.split_once('/').is_some_and(|(folder, _)| LIBRARIES.contains(&folder))
}
