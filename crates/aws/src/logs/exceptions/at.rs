//! Traces of lines that begin with `at`: Node, Java (and what runs on its machine) and .NET.

use marple_case::facts::Frame;

use super::Found;
use crate::pattern::{Pattern, pattern};

/// Lines above the first frame in which the header is looked for: messages may have several lines.
const HEADER: usize = 12;

static NODE: Pattern = pattern!(r"^\s*at (?:(.+?) \()?((?:[a-z]+:)?[^():\s][^()]*?):([0-9]+):([0-9]+)\)?$");
static JAVA: Pattern = pattern!(
    r"^\s*at ([A-Za-z0-9_.$<>/@-]+)\((?:([A-Za-z0-9_$.-]+\.(?:java|kt|scala|groovy|clj))(?::([0-9]+))?|Native Method|Unknown Source)\)"
);
static DOTNET: Pattern = pattern!(r"^\s*at ([^()]+\([^()]*\))(?: in (.+):line ([0-9]+))?$");
static CLASS: Pattern = pattern!(
    r#"(?:^|[\s"'\]>])((?:[A-Za-z_$][A-Za-z0-9_$]*\.)*[A-Za-z_$][A-Za-z0-9_$]*(?:Error|Exception|Throwable|Failure|Fault)[A-Za-z0-9_$]*|Error)(?: \[([A-Z_0-9]+)\]| \(0x[0-9A-Fa-f]+\))?(?:: ?(.*))?$"#
);
static BARE_CLASS: Pattern = pattern!(r"^([A-Z][A-Za-z0-9_$.]*): (.*)$");
static CODE: Pattern = pattern!(r#"(?m)^\s+['"]?code['"]?: ['"]([A-Z0-9_]+)['"]"#);

/// What follows the frames of a trace and still belongs to it.
static BETWEEN: Pattern = pattern!(r"^\s*(?:\.\.\. [0-9]+ (?:more|common)|--- End of )");

pub(super) fn find(text: &str) -> Vec<Found> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let (mut header_from, mut place) = (0, 0);
    while place < lines.len() {
        let Some((runtime, first)) = lines.get(place).and_then(|line| frame(line)) else {
            place += 1;
            continue;
        };
        let header = header(lines.get(header_from..place).unwrap_or_default());
        let mut frames = vec![first];
        place += 1;
        while let Some(line) = lines.get(place) {
            match frame(line) {
                Some((_, next)) => frames.push(next),
                None if BETWEEN.matches(line) => {}
                None => break,
            }
            place += 1;
        }
        header_from = place;
        if let Some((class, code, message)) = header {
            found.push(Found { runtime, class, message, code, frames });
        }
    }
    let code = CODE.captures(text).and_then(|code| Some(code.get(1)?.as_str().to_owned()));
    if let Some(first) = found.first_mut().filter(|first: &&mut Found| first.code.is_none()) {
        first.code = code;
    }
    found
}

/// Class, code and message: of the nearest line above that names a class, with the lines after it.
fn header(above: &[&str]) -> Option<(String, Option<String>, String)> {
    let near = above.get(above.len().saturating_sub(HEADER)..)?;
    let named = near.iter().enumerate().rev().find_map(|(place, line)| Some((place, CLASS.captures(line.trim_end())?)));
    let word = |found: &regex::Captures<'_>, group| found.get(group).map(|word| word.as_str().to_owned());
    match named {
        Some((place, found)) => {
            let mut message = word(&found, 3).unwrap_or_default();
            for line in near.get(place + 1..).unwrap_or_default() {
                message.push('\n');
                message.push_str(line);
            }
            Some((word(&found, 1)?, word(&found, 2), message.trim_end().to_owned()))
        }
        None => {
            let found = BARE_CLASS.captures(near.last()?.trim_end())?;
            Some((word(&found, 1)?, None, word(&found, 2)?))
        }
    }
}

/// A frame, and the runtime that writes it so.
pub(super) fn frame(line: &str) -> Option<(&'static str, Frame)> {
    // The console prints an error's own fields after its last frame, in braces.
    let trimmed = line.trim().trim_end_matches(" {");
    if !trimmed.starts_with("at ") {
        return None;
    }
    java(trimmed).or_else(|| node(trimmed)).or_else(|| dotnet(trimmed))
}

fn node(line: &str) -> Option<(&'static str, Frame)> {
    let found = NODE.captures(line)?;
    let file = found.get(2)?.as_str();
    let file = file.strip_prefix("file://").unwrap_or(file);
    let function = found.get(1).map(|name| name.as_str());
    let function = function.map(|name| name.strip_prefix("async ").unwrap_or(name).to_owned());
    let foreign = ["node:", "internal/", "webpack/bootstrap"];
    let in_app = !foreign.iter().any(|start| file.starts_with(start))
        && !["/node_modules/", "/var/runtime/", "/var/lang/"].iter().any(|part| file.contains(part));
    let number = |group| found.get(group).and_then(|number| number.as_str().parse().ok());
    let frame = Frame { function, file: file.to_owned(), line: number(3), column: number(4), in_app };
    Some(("node", frame))
}

fn java(line: &str) -> Option<(&'static str, Frame)> {
    let found = JAVA.captures(line)?;
    let method = found.get(1)?.as_str();
    // A module or class loader may stand before the class: `java.base/java.lang.Thread.run`.
    let method = method.rsplit('/').next().unwrap_or(method);
    let foreign = [
        "java.",
        "javax.",
        "jdk.",
        "sun.",
        "com.sun.",
        "jakarta.",
        "kotlin.",
        "kotlinx.",
        "scala.",
        "groovy.",
        "clojure.",
        "lambdainternal.",
        "com.amazonaws.",
        "software.amazon.",
        "org.springframework.",
        "org.apache.",
        "org.hibernate.",
        "org.postgresql.",
        "com.mysql.",
        "com.zaxxer.",
        "com.fasterxml.",
        "io.netty.",
        "io.micronaut.",
        "io.quarkus.",
        "reactor.",
        "org.eclipse.",
        "org.jboss.",
    ];
    let frame = Frame {
        function: Some(method.to_owned()),
        file: found.get(2).map_or("", |file| file.as_str()).to_owned(),
        line: found.get(3).and_then(|number| number.as_str().parse().ok()),
        column: None,
        in_app: !foreign.iter().any(|start| method.starts_with(start)),
    };
    Some(("java", frame))
}

fn dotnet(line: &str) -> Option<(&'static str, Frame)> {
    let found = DOTNET.captures(line)?;
    let method = found.get(1)?.as_str();
    let foreign = [
        "System.",
        "Microsoft.",
        "Amazon.",
        "lambda_method",
        "MySqlConnector.",
        "MySql.Data.",
        "Npgsql.",
        "StackExchange.",
        "MongoDB.",
        "Dapper.",
        "Polly.",
        "Newtonsoft.",
        "RestSharp.",
        "Grpc.",
    ];
    let frame = Frame {
        function: Some(method.to_owned()),
        file: found.get(2).map_or("", |file| file.as_str()).to_owned(),
        line: found.get(3).and_then(|number| number.as_str().parse().ok()),
        column: None,
        in_app: !foreign.iter().any(|start| method.starts_with(start)),
    };
    // `at` begins many an English sentence: without a place only a dotted name counts.
    (!frame.file.is_empty() || method.split('(').next().is_some_and(|name| name.contains('.') && !name.contains(' ')))
        .then_some(("dotnet", frame))
}
