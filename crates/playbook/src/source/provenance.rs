//! Where the value at a stack frame comes from: the expression that failed, traced back through assignments of the same file.
//!
//! The trace goes upwards by names, line by line, and stops at the handler's event, at an environment variable, or where
//! it loses the thread. It reads no control flow: what it finds is where the value *may* come from, and says the lines.

use std::sync::LazyLock;

use marple_case::facts::CodeFile;
use regex::Regex;

use super::{CodeLine, code_lines, host::environment_reads, line_at};
use crate::reading::Seen;

/// Where a value comes from.
#[derive(Debug, Clone)]
pub(crate) struct Provenance<'a> {
    /// The line of the frame.
    pub(crate) line: CodeLine<'a>,
    /// The lines that the trace passed, from the frame upwards; without the frame's own.
    pub(crate) passed: Vec<CodeLine<'a>>,
    /// The part of the request that it ends in: `event.body`.
    pub(crate) request: Option<String>,
    /// The environment variable that it ends in.
    pub(crate) variable: Option<&'a str>,
    /// Whether the value is parsed JSON.
    pub(crate) parsed: bool,
}

static ASSIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:(?:const|let|var|val|final|auto)\s+)?([\w\s{}\[\],:.<>*$?]+?)\s*(?::=|=)\s*([^=].*)$").ok()
});
static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[A-Za-z_$][\w$]*").ok());
static HANDLER: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let patterns = [
        r"handler\s*=\s*(?:async\s*)?(?:function\s*\w*\s*)?\(?\s*(\w+)",
        r"(?:function|const)\s+\w*[hH]andler\w*\s*=?\s*(?:async\s*)?\(\s*(\w+)",
        r"\bdef\s+\w+\s*\(\s*(\w+)\s*(?::[^,]+)?,\s*_?context\b",
        r"\bhandleRequest\s*\(\s*(?:final\s+)?[\w<>,\s]+?\s+(\w+)\s*,\s*(?:final\s+)?Context\b",
        r"\bfunc\s+(?:\([^)]*\)\s*)?\w+\(\s*\w+\s+context\.Context\s*,\s*(\w+)\s",
        r"\(\s*(?:[\w.<>]+)\s+(\w+)\s*,\s*ILambdaContext\b",
    ];
    patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
});
/// How far a trace goes.
const STEPS: usize = 6;

/// Traces the value that failed at a line; `message` is the exception's.
pub(crate) fn trace<'a>(
    file: Seen<'a, CodeFile>,
    number: u32,
    column: Option<u32>,
    message: &str,
) -> Option<Provenance<'a>> {
    let line = line_at(file, number)?;
    let lines = code_lines(file);
    let events = event_names(&lines);
    let mut names = names_in(failing_expression(line.text, column, message));
    let mut traced = Provenance { line, passed: Vec::new(), request: None, variable: None, parsed: false };
    traced.read(failing_expression(line.text, column, message), &events);
    let wanted = property_in(message);
    traced.variable =
        traced.variable.or_else(|| environment_reads(line.text).into_iter().find(|name| Some(*name) == wanted));
    let above = lines.iter().rev().filter(|above| above.number < number);
    for above in above {
        if traced.request.is_some() || traced.variable.is_some() || traced.passed.len() >= STEPS {
            break;
        }
        let Some((left, right)) = assignment(above.text) else { continue };
        if !names_in(left).iter().any(|name| names.contains(name)) {
            continue;
        }
        traced.passed.push(*above);
        traced.read(right, &events);
        names.extend(names_in(right));
    }
    Some(traced)
}

impl<'a> Provenance<'a> {
    fn read(&mut self, expression: &'a str, events: &[String]) {
        const PARSERS: [&str; 7] = [
            "JSON.parse",
            "json.loads",
            "readValue",
            "json.Unmarshal",
            "JsonSerializer.Deserialize",
            "DeserializeObject",
            "fromJson",
        ];
        self.parsed |= PARSERS.iter().any(|parser| expression.contains(parser));
        self.request = self.request.take().or_else(|| events.iter().find_map(|event| path_of(expression, event)));
        self.variable = self.variable.or_else(|| environment_reads(expression).first().copied());
    }

    /// All lines, the frame's own last, in the order of the file.
    pub(crate) fn lines(&self) -> Vec<CodeLine<'a>> {
        let mut lines: Vec<_> = self.passed.iter().rev().copied().collect();
        lines.push(self.line);
        lines
    }
}

/// The names under which handlers of these lines receive their event.
fn event_names(lines: &[CodeLine<'_>]) -> Vec<String> {
    let named = |line: &CodeLine<'_>| {
        HANDLER.iter().find_map(|pattern| pattern.captures(line.text)?.get(1).map(|m| m.as_str().to_owned()))
    };
    let mut names: Vec<String> = lines.iter().filter_map(named).collect();
    names.extend(["event", "request", "req", "evt"].map(str::to_owned));
    names
}

/// The path that begins with `event` in an expression: `event.body`, `event['body']`, `event.getBody()`.
fn path_of(expression: &str, event: &str) -> Option<String> {
    let pattern = format!(
        r#"\b{}(?:\??\.\w+(?:\(\s*(?:['"]\w+['"])?[^()]*\))?|\[\s*['"]?[\w-]+['"]?\s*\])*"#,
        regex::escape(event)
    );
    let found = Regex::new(&pattern).ok()?.find(expression)?;
    let lead = expression.get(..found.start()).unwrap_or_default();
    let is_property = lead.ends_with('.') || lead.ends_with("['") || lead.ends_with("[\"");
    (!is_property).then(|| found.as_str().to_owned())
}

fn assignment(text: &str) -> Option<(&str, &str)> {
    let found = ASSIGNED.as_ref()?.captures(text)?;
    Some((found.get(1)?.as_str(), found.get(2)?.as_str()))
}

fn names_in(text: &str) -> Vec<String> {
    const WORDS: [&str; 12] =
        ["const", "let", "var", "await", "new", "return", "if", "JSON", "json", "String", "int", "parse"];
    let Some(pattern) = NAME.as_ref() else { return Vec::new() };
    let names = pattern.find_iter(text).filter(|found| {
        let lead = text.get(..found.start()).unwrap_or_default();
        !lead.ends_with('.') && !lead.ends_with(['\'', '"'])
    });
    names.map(|found| found.as_str().to_owned()).filter(|name| !WORDS.contains(&name.as_str())).collect()
}

/// The expression whose value failed: what stands before the property or key that the message names; else the whole line's right side.
fn failing_expression<'t>(text: &'t str, column: Option<u32>, message: &str) -> &'t str {
    let whole = assignment(text).map_or(text, |(_, right)| right);
    let Some(property) = property_in(message) else { return whole };
    let forms =
        [format!(".{property}"), format!("['{property}']"), format!("[\"{property}\"]"), format!(".{property}(")];
    let offset = column.and_then(|column| usize::try_from(column).ok()).map_or(0, |column| column.saturating_sub(2));
    let from = text.get(offset..).and_then(|tail| forms.iter().filter_map(|form| tail.find(form.as_str())).min());
    let at = from.map(|at| at + offset).or_else(|| forms.iter().filter_map(|form| text.find(form.as_str())).min());
    at.and_then(|at| text.get(..at)).map_or(whole, operand)
}

/// The operand at the end of a text: names, dots, and balanced brackets.
fn operand(text: &str) -> &str {
    let mut depth = 0i32;
    let mut start = text.len();
    for (index, c) in text.char_indices().rev() {
        match c {
            ')' | ']' => depth += 1,
            '(' | '[' if depth > 0 => depth -= 1,
            c if depth > 0 || c.is_alphanumeric() || matches!(c, '.' | '_' | '$' | '?' | '!') => {}
            _ => break,
        }
        start = index;
    }
    text.get(start..).unwrap_or(text)
}

static PROPERTY: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let patterns = [
        r"\((?:reading|setting) '([^']+)'\)",
        r"Cannot read property '([^']+)' of",
        r"has no attribute '([^']+)'",
        r"^'([^']+)'$",
        r"undefined method [`']([^']+)'",
        r#"Cannot invoke "(?:[\w.$]+\.)?(\w+)\("#,
        r"([\w$]+) is not a function",
    ];
    patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
});

/// The property, key or method that a message says was wanted.
pub(crate) fn property_in(message: &str) -> Option<&str> {
    PROPERTY.iter().find_map(|pattern| pattern.captures(message)?.get(1)).map(|found| found.as_str())
}
