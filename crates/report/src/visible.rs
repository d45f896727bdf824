//! Foreign text with nothing hidden in it.
//!
//! Log lines and names are written by strangers: an escape sequence can repaint a terminal, a bidirectional override can
//! turn a command around for the eye, an invisible character can hide words. Each such character is replaced by its Rust
//! escape (`\x1b`, `\u{202e}`), in plain sight. What is left is text that a terminal only prints.

use std::fmt::Write;

/// The text with all hidden characters made visible. Line ends stay (`\r\n` becomes `\n`), a tab becomes one space.
pub fn text(foreign: &str) -> String {
    let mut shown = String::with_capacity(foreign.len());
    let mut characters = foreign.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\n' => shown.push('\n'),
            '\r' if characters.peek() == Some(&'\n') => {}
            '\t' => shown.push(' '),
            character => push(&mut shown, character),
        }
    }
    shown
}

/// The same on one line: each run of white space, line ends included, becomes one space, and both ends are trimmed.
pub fn line(foreign: &str) -> String {
    let mut shown = String::with_capacity(foreign.len());
    for word in foreign.split_whitespace() {
        if !shown.is_empty() {
            shown.push(' ');
        }
        word.chars().for_each(|character| push(&mut shown, character));
    }
    shown
}

/// The same on one line, with white space at both ends kept as one space: for a run of words inside a text.
pub(crate) fn line_kept(foreign: &str) -> String {
    let shown = line(foreign);
    let before = if foreign.starts_with(char::is_whitespace) && !shown.is_empty() { " " } else { "" };
    let after = if foreign.ends_with(char::is_whitespace) { " " } else { "" };
    format!("{before}{shown}{after}")
}

fn push(shown: &mut String, character: char) {
    if !is_hidden(character) {
        shown.push(character);
        return;
    }
    let code = u32::from(character);
    // Writing to a String cannot fail.
    let _ = match code {
        ..=0xff => write!(shown, "\\x{code:02x}"),
        _ => write!(shown, "\\u{{{code:x}}}"),
    };
}

/// Whether a character acts on the terminal or on the eye instead of being seen. Joiners (U+200C, U+200D) and variation
/// selectors stay: scripts and emoji are written with them.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{feff}'  // soft hyphen, Arabic mark, separators without width
            | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'          // direction marks, embeddings and overrides
            | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{206f}'          // line ends of Unicode, invisible operators, isolates
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}') // annotations, tags
}

#[cfg(test)]
mod tests;
