//! Foreign text in Markdown: as text that is no markup, in code spans, and in fences that it cannot end.
//!
//! By CommonMark 0.31 and GitHub's additions to it (tables, strike-through, bare links, mentions, mathematics).

use crate::visible;

/// Text that reads as it is: no markup, no link, no mention. On one line.
///
/// A word that GitHub would turn into a link or a mention (`https://…`, `www.…`, `@team`) becomes a code span.
pub fn text(foreign: &str) -> String {
    let line = visible::line(foreign);
    let mut escaped = String::with_capacity(line.len() + 8);
    for (position, word) in line.split(' ').enumerate() {
        if position > 0 {
            escaped.push(' ');
        }
        match is_linked(word) {
            true => escaped.push_str(&code(word)),
            false => escape(&mut escaped, word, position == 0),
        }
    }
    escaped
}

fn is_linked(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    word.contains('@') || word.contains("://") || word.contains("www.")
}

/// `at_start`: whether the word may stand where a block begins, and could begin a list or an underline of a heading.
fn escape(escaped: &mut String, word: &str, at_start: bool) {
    let mut before: Option<char> = None;
    let digits = word.chars().take_while(char::is_ascii_digit).count();
    let mut characters = word.chars().enumerate().peekable();
    while let Some((position, character)) = characters.next() {
        let after = characters.peek().map(|(_, after)| *after);
        let is_markup = match character {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '$' => true,
            // Inside a word an underscore is an underscore.
            '_' => !(before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric)),
            '-' | '+' | '=' | ':' => at_start && position == 0,
            '.' | ')' => at_start && digits > 0 && position == digits,
            _ => false,
        };
        if is_markup {
            escaped.push('\\');
        }
        escaped.push(character);
        before = Some(character);
    }
}

/// A code span: on one line, delimited by more backticks than any run inside. Empty for text of white space only.
pub fn code(foreign: &str) -> String {
    let line = visible::line(foreign);
    if line.is_empty() {
        return String::new();
    }
    let ticks = "`".repeat(longest_run(&line) + 1);
    let pad = if line.starts_with('`') || line.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{line}{pad}{ticks}")
}

/// A fence, delimited by more backticks than any run inside, each line indented. `language` is ours, as in `sh`.
pub fn fence(foreign: &str, language: &str, indent: &str) -> String {
    let shown = visible::text(foreign);
    let ticks = "`".repeat((longest_run(&shown) + 1).max(3));
    let mut fenced = format!("{indent}{ticks}{language}\n");
    for line in shown.lines() {
        fenced.push_str(format!("{indent}{line}").trim_end());
        fenced.push('\n');
    }
    fenced.push_str(&format!("{indent}{ticks}"));
    fenced
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests;
