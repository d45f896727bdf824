//! Hosts in code: written into a string literal, or read from the environment.

use std::sync::LazyLock;

use regex::Regex;

use super::CodeLine;

static READS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let patterns = [
        r"process\.env\.([A-Za-z_]\w*)",
        r#"process\.env\[\s*['"]([A-Za-z_]\w*)['"]\s*\]"#,
        r#"os\.environ\[\s*['"]([A-Za-z_]\w*)['"]\s*\]"#,
        r#"os\.environ\.get\(\s*['"]([A-Za-z_]\w*)['"]"#,
        r#"os\.getenv\(\s*['"]([A-Za-z_]\w*)['"]"#,
        r#"System\.getenv\(\s*"([A-Za-z_]\w*)""#,
        r#"os\.(?:Getenv|LookupEnv)\(\s*"([A-Za-z_]\w*)""#,
        r#"GetEnvironmentVariable\(\s*"([A-Za-z_]\w*)""#,
        r#"ENV\[\s*['"]([A-Za-z_]\w*)['"]\s*\]"#,
        r#"ENV\.fetch\(\s*['"]([A-Za-z_]\w*)['"]"#,
    ];
    patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
});
static ANY_READ: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"process\.env\b|os\.environ\b|os\.environ\.copy|System\.getenv\(\)|os\.Environ\(").ok()
});

/// The environment variables that a line reads.
pub(crate) fn environment_reads(text: &str) -> Vec<&str> {
    READS
        .iter()
        .flat_map(|pattern| pattern.captures_iter(text))
        .filter_map(|found| found.get(1))
        .map(|name| name.as_str())
        .collect()
}

/// Whether a line reads the environment in a way that names no variable: then any may be used.
pub(crate) fn reads_whole_environment(text: &str) -> bool {
    ANY_READ.as_ref().is_some_and(|pattern| pattern.is_match(text)) && environment_reads(text).is_empty()
}

/// The lines that hold a host inside a string literal.
pub(crate) fn literals<'a>(lines: &[CodeLine<'a>], host: &str) -> Vec<CodeLine<'a>> {
    if host.len() < 3 {
        return Vec::new();
    }
    lines.iter().filter(|line| in_literal(line.text, host)).copied().collect()
}

/// The lines that read a given environment variable.
pub(crate) fn reads_of<'a>(lines: &[CodeLine<'a>], variable: &str) -> Vec<CodeLine<'a>> {
    lines.iter().filter(|line| environment_reads(line.text).contains(&variable)).copied().collect()
}

/// Whether a value looks like a host name or an address with one: it has a dot or is localhost, and no blanks.
pub(crate) fn looks_like_host(value: &str) -> bool {
    let host = crate::reading::failure::host_of(value);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let lettered = host.chars().any(|c| c.is_ascii_alphabetic()) || host.split('.').count() == 4;
    (host.contains('.') || host == "localhost") && host.chars().all(plain) && lettered && !host.starts_with('.')
}

fn in_literal(text: &str, host: &str) -> bool {
    let Some(at) = text.find(host) else { return false };
    let before = text.get(..at).unwrap_or_default();
    let quotes = |quote: char| before.matches(quote).count() % 2 == 1;
    quotes('"') || quotes('\'') || quotes('`')
}
