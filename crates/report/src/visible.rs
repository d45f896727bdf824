//! Foreign text with nothing hidden in it.
//!
//! Log lines and names are written by strangers: an escape sequence can repaint a terminal, a bidirectional override can
//! turn a command around for the eye, an invisible character can hide words. Each such character is replaced by its Rust
//! escape (`\x1b`, `\u{202e}`), in plain sight. What is left is text that a terminal only prints. Which characters these are,
//! [`marple_untrusted::hidden`] says.

use marple_untrusted::hidden;

/// The text with all hidden characters made visible. Line ends stay (`\r\n` becomes `\n`), a tab becomes one space.
pub fn text(foreign: &str) -> String {
    let mut shown = String::with_capacity(foreign.len());
    let mut characters = hidden::characters(foreign).peekable();
    while let Some((character, is_hidden)) = characters.next() {
        match character {
            '\n' => shown.push('\n'),
            '\r' if characters.peek().is_some_and(|(next, _)| *next == '\n') => {}
            '\t' => shown.push(' '),
            character if is_hidden => hidden::push_escape(&mut shown, character),
            character => shown.push(character),
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
        shown.push_str(&hidden::visible(word));
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

#[cfg(test)]
mod tests;
