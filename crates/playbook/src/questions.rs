//! Questions after the report: without a language model there is no conversation, but the evidence can be searched.

use std::collections::BTreeSet;

use marple_agent::ports::Turn;
use marple_case::{Block, Role};

use crate::cite::folded;

/// Most lines of an answer.
const LINES: usize = 8;
/// Longest line of an answer, characters.
const LONGEST: usize = 220;

/// The lines of evidence that hold most of the question's words.
pub(crate) fn answer(turn: &Turn<'_>) -> String {
    let Some(question) = question(turn) else {
        return "The cause and the plan are reported; the playbook has nothing to add.".to_owned();
    };
    let words = words(&question);
    let mut lines: Vec<(usize, String)> = Vec::new();
    for evidence in turn.evidence {
        for line in evidence.text.lines() {
            let lower = line.to_lowercase();
            let hits = words.iter().filter(|word| lower.contains(word.as_str())).count();
            if hits > 0 {
                let line: String = folded(line).chars().take(LONGEST).collect();
                lines.push((hits, format!("{}: {line}", evidence.id)));
            }
        }
    }
    lines.sort_by_key(|(hits, _)| std::cmp::Reverse(*hits));
    lines.dedup();
    match lines.is_empty() {
        true => "No language model is in use, and no line of the evidence holds the words of this question. The report says all that the playbook found.".to_owned(),
        false => {
            let found: Vec<String> = lines.into_iter().take(LINES).map(|(_, line)| line).collect();
            format!("No language model is in use; these lines of the evidence hold the words of the question:\n\n{}", found.join("\n"))
        }
    }
}

fn question(turn: &Turn<'_>) -> Option<String> {
    let last = turn.messages.last().filter(|message| message.role == Role::User)?;
    let mut texts = last.blocks.iter().filter_map(|block| match block {
        Block::Text { text } => Some(text.as_str()),
        _ => None,
    });
    texts.next_back().map(str::to_owned)
}

/// The words that carry meaning: four letters or more, or with a digit.
fn words(question: &str) -> BTreeSet<String> {
    let separators = |c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.' | ':');
    let words = question.split(separators).map(|word| word.trim_matches(['.', ':', '-']).to_lowercase());
    words.filter(|word| word.chars().count() >= 4 || word.chars().any(|c| c.is_ascii_digit())).collect()
}
