//! Hidden characters: those that act on a terminal (escape sequences), on the eye (direction overrides) or on a model alone (tag characters,
//! zero-width spaces) instead of being seen.
//!
//! Control characters count as hidden here, line feeds and tabs among them: whoever shows a text decides first what becomes of those.
//! Joiners and variation selectors are hidden where nothing needs them: scripts and emoji are written with them, and whole messages can be
//! smuggled in a run of them.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether there is anything in a text but what is seen, line feeds and tabs.
pub fn is_plain(text: &str) -> bool {
    text.chars().all(is_seen_anywhere)
        || characters(text).all(|(character, hidden)| !hidden || character == '\n' || character == '\t')
}

/// Each character of a text, and whether it is hidden.
pub fn characters(text: &str) -> impl Iterator<Item = (char, bool)> {
    let mut rest = text.chars().peekable();
    // The last character, if it is seen. What is hidden is shown as an escape, which nothing joins.
    let mut before = None;
    std::iter::from_fn(move || {
        let character = rest.next()?;
        let hidden = is_hidden(before, character, rest.peek().copied());
        before = (!hidden).then_some(character);
        Some((character, hidden))
    })
}

/// The text with each hidden character but line feeds and tabs as its Rust escape: `\x1b`, `\u{202e}`. What is shown so stays as it is when
/// it is shown again.
pub fn visible(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for (character, hidden) in characters(text) {
        match hidden && character != '\n' && character != '\t' {
            true => push_escape(&mut shown, character),
            false => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// Writes a character as its Rust escape.
pub fn push_escape(shown: &mut String, character: char) {
    let code = u32::from(character);
    // Writing to a String cannot fail.
    let _ = match code {
        ..=0xff => write!(shown, "\\x{code:02x}"),
        _ => write!(shown, "\\u{{{code:x}}}"),
    };
}

/// A line feed, a tab, or what is seen whatever stands beside it.
fn is_seen_anywhere(character: char) -> bool {
    match character {
        ' '..='~' | '\n' | '\t' => true,
        '\0'..='\x7f' => false,
        character => !is_joining(character) && !is_always_hidden(character),
    }
}

fn is_hidden(before: Option<char>, character: char, after: Option<char>) -> bool {
    match character {
        ' '..='~' => false,
        // Between letters of scripts that join (Persian, Hindi) and between the parts of an emoji.
        '\u{200c}' | '\u{200d}' => {
            !(before.is_some_and(|c| is_base(c) || is_variation(c)) && after.is_some_and(is_base))
        }
        // One, after what has variants. `1️⃣` is a digit, a selector and a frame.
        '\u{fe00}'..='\u{fe0f}' => !before.is_some_and(|c| is_base(c) || c.is_ascii_digit() || c == '#' || c == '*'),
        '\u{180b}'..='\u{180d}' | '\u{180f}' => !before.is_some_and(|c| matches!(c, '\u{1820}'..='\u{18aa}')),
        _ => is_always_hidden(character),
    }
}

/// Never needed to be read: by Unicode's Default_Ignorable_Code_Point, and what acts on direction or lines.
fn is_always_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{feff}' // soft hyphen, joiner of graphemes, Arabic mark, no width
            | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}' // fillers and vowels without a shape
            | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' // direction marks, embeddings and overrides
            | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{206f}' // line ends of Unicode, invisible operators, isolates
            | '\u{fff0}'..='\u{fffb}' // annotations
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' // of shorthand and of music
            | '\u{e0000}'..='\u{e0fff}') // tags, further variation selectors
}

/// A joiner or a selector: whether it is seen depends on what stands beside it.
fn is_joining(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}' | '\u{180b}'..='\u{180f}') || is_variation(character)
}

fn is_variation(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}')
}

/// A character beyond ASCII that is seen by itself, so that a joiner or a selector can belong to it.
fn is_base(character: char) -> bool {
    !character.is_ascii() && !character.is_whitespace() && !is_joining(character) && !is_always_hidden(character)
}

#[cfg(test)]
mod tests;
