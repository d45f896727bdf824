//! Calls of something outside: lines that send a request or a statement, and whether a time limit guards them.
//!
//! Calls of AWS through its SDK are left out: its services answer or refuse, and the SDK has limits of its own.

use std::sync::LazyLock;

use regex::Regex;

use super::CodeLine;

static CALL: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let patterns = [
        r"\burlopen\(",
        r"\b(?:requests|httpx|session|http)\.(?:get|post|put|patch|delete|head|request)\(",
        r"\bfetch\(",
        r"\baxios(?:\.\w+)?\(",
        r"\bgot(?:\.\w+)?\(",
        r"\bhttps?\.(?:request|get)\(",
        r"\bhttp\.(?:Get|Post|PostForm|Head)\(",
        r"\.Do\(\s*req",
        r"\.send\(\s*(?:request|req|httpRequest)\b",
        r"\.(?:GetAsync|PostAsync|PutAsync|SendAsync|GetStringAsync|GetFromJsonAsync)\(",
        r"\bNet::HTTP\.",
        r"\.(?:getForObject|postForObject|getForEntity|postForEntity|exchange)\(",
        r"\b(?:cursor|cur|conn|connection|db|pool|client|session)\.(?:execute|query)\(",
        r"\.executeQuery\(",
    ];
    patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
});
/// Words of a time limit.
const LIMITS: [&str; 8] =
    ["timeout", "Timeout", "AbortSignal", "signal:", "deadline", "Deadline", "TimeLimit", "maxTime"];
/// Lines before and after a call that may hold its limit.
const AROUND: usize = 3;

fn is_call(line: &CodeLine<'_>) -> bool {
    CALL.iter().any(|pattern| pattern.is_match(line.text))
}

/// The lines that call something outside, guarded or not.
pub(crate) fn calls<'a>(lines: &[CodeLine<'a>]) -> Vec<CodeLine<'a>> {
    lines.iter().filter(|line| is_call(line)).copied().collect()
}

/// The lines that call something outside without a time limit near them.
pub(crate) fn unlimited<'a>(lines: &[CodeLine<'a>]) -> Vec<CodeLine<'a>> {
    let limited = |index: usize| {
        let near = lines.get(index.saturating_sub(AROUND)..(index + AROUND + 1).min(lines.len())).unwrap_or_default();
        near.iter().any(|line| LIMITS.iter().any(|word| line.text.contains(word)))
    };
    let found = lines.iter().enumerate().filter(|(index, line)| is_call(line) && !limited(*index));
    found.map(|(_, line)| *line).collect()
}
