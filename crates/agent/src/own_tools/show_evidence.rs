//! show_evidence: reads on in evidence that was cut for the model.

use marple_case::{Event, EvidenceId, ToolCall, ToolSpec};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Prompts, investigation::Investigation};

/// Lines in one answer, unless fewer are asked for.
const LINES: usize = 120;
/// Bytes in one answer at most.
const BYTES: usize = 12_000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// The evidence.
    evidence: EvidenceId,
    /// The first line, from 1. Default 1.
    #[serde(default)]
    from_line: Option<usize>,
    /// How many lines at most. Default 120.
    #[serde(default)]
    lines: Option<usize>,
    /// Only lines that contain this text.
    #[serde(default)]
    containing: Option<String>,
}

pub(super) fn spec() -> ToolSpec {
    super::spec_of::<Args>(
        super::SHOW_EVIDENCE,
        "Shows lines of a piece of evidence that was cut, from the journal: no call to AWS. Give from_line to read on, or containing to find lines.",
    )
}

pub(super) fn run(state: &Investigation, call: &ToolCall, _: &Prompts) -> Event {
    let args: Args = match super::parse(call) {
        Ok(args) => args,
        Err(refused) => return *refused,
    };
    let Some(evidence) = state.evidence_by_id(args.evidence) else {
        let reason = format!("there is no evidence {}; the last is {}", args.evidence, state.last_evidence_id());
        return super::refused(call, reason);
    };
    let text = excerpt(&evidence.text, &args);
    Event::EvidenceShown {
        evidence: args.evidence,
        text: Prompts::enclose_part(evidence, &text),
        call: call.id.clone(),
    }
}

fn excerpt(text: &str, args: &Args) -> String {
    let first = args.from_line.unwrap_or(1).max(1);
    let wanted = |line: &str| args.containing.as_ref().is_none_or(|part| line.contains(part.as_str()));
    let mut shown = String::new();
    let mut next = None;
    let mut taken = 0;
    for (number, line) in (1..).zip(text.lines()).skip(first - 1) {
        if !wanted(line) {
            continue;
        }
        if taken >= args.lines.unwrap_or(LINES) || shown.len() + line.len() > BYTES {
            next = Some(number);
            break;
        }
        shown.push_str(line);
        shown.push('\n');
        taken += 1;
    }
    let total = text.lines().count();
    let what = match &args.containing {
        Some(part) => format!("{taken} lines from line {first} on that contain {part:?}, of {total} in all"),
        None => format!("lines {first} to {} of {total}", (first + taken).saturating_sub(1)),
    };
    let rest = match next {
        // A line that alone exceeds the limit is shown by its head, so that reading on always advances.
        Some(number) if taken == 0 => {
            let head: String = text.lines().nth(number - 1).unwrap_or_default().chars().take(BYTES / 4).collect();
            format!("{head}\n[line {number} is longer than shown; go on with from_line {}]", number + 1)
        }
        Some(number) => format!("[{what}; go on with from_line {number}]"),
        None => format!("[{what}: that is all]"),
    };
    shown.push_str(&rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(containing: Option<&str>, from_line: Option<usize>, lines: Option<usize>) -> String {
        let text: String =
            (1..=9).map(|number| format!("line {number} {}\n", if number % 4 == 0 { "odd" } else { "" })).collect();
        let args = Args { evidence: EvidenceId(1), from_line, lines, containing: containing.map(str::to_owned) };
        excerpt(&text, &args).lines().last().unwrap_or_default().to_owned()
    }

    #[test]
    fn an_excerpt_says_what_it_is_of_what() {
        assert_eq!(end(None, None, Some(4)), "[lines 1 to 4 of 9; go on with from_line 5]");
        assert_eq!(end(None, Some(5), None), "[lines 5 to 9 of 9: that is all]");
        assert_eq!(
            end(Some("odd"), None, None),
            "[2 lines from line 1 on that contain \"odd\", of 9 in all: that is all]"
        );
        assert_eq!(
            end(Some("odd"), Some(9), None),
            "[0 lines from line 9 on that contain \"odd\", of 9 in all: that is all]"
        );
        assert_eq!(
            end(Some("odd"), None, Some(1)),
            "[1 lines from line 1 on that contain \"odd\", of 9 in all; go on with from_line 8]"
        );
    }
}
