//! Texts: control characters made visible, long texts cut for a model, command lines quoted for a shell.

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::Timestamp;
use marple_untrusted::hidden;

/// What reads the lines that were cut of any result.
pub(crate) const READS: &str = "show_evidence reads them";

/// What a model is shown of one result, bytes, unless the tool says otherwise.
pub(crate) const SHOWN_BYTES: usize = 6 * 1024;

/// Makes hidden characters visible: what AWS returned was written by strangers, a terminal obeys escape sequences, and a model reads what nobody
/// sees. Which characters these are, [`hidden`] says.
///
/// Line feeds and tabs stay; carriage returns become line feeds (Lambda writes them inside one event for those); other
/// C0 controls become their Unicode pictures (`␛`); all else becomes its Rust escape (`\u{202e}`). Idempotent.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if hidden::is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut characters = hidden::characters(text).peekable();
    while let Some((character, is_hidden)) = characters.next() {
        match character {
            '\r' if characters.peek().is_some_and(|(next, _)| *next == '\n') => {}
            '\r' => shown.push('\n'),
            '\n' | '\t' => shown.push(character),
            '\x7f' => shown.push('␡'),
            character if !is_hidden => shown.push(character),
            character => match char::from_u32(0x2400 + u32::from(character)).filter(|_| character < ' ') {
                Some(picture) => shown.push(picture),
                None => shown.extend(character.escape_unicode()),
            },
        }
    }
    Cow::Owned(shown)
}

/// The text cut to about `limit` bytes, with head and tail kept and the cut named, with the span of what was cut where its lines begin with
/// times, and what `reads` it; `None` if it is short enough.
///
/// The cut falls on line ends where lines are not longer than a quarter of the limit.
pub(crate) fn cut(text: &str, limit: usize, reads: &str) -> Option<String> {
    if text.len() <= limit {
        return None;
    }
    let head = head(text, limit * 3 / 4);
    let tail = tail(text.get(head.len()..)?, limit / 4);
    let left_out = text.len() - head.len() - tail.len();
    let cut = text.get(head.len()..text.len() - tail.len())?;
    let lines = cut.lines().count();
    let mut times =
        cut.lines().filter_map(|line| line.split(' ').next()).filter(|word| word.parse::<Timestamp>().is_ok());
    let span = match (times.next(), times.next_back()) {
        (Some(first), Some(last)) => format!(" from {first} to {last}"),
        _ => String::new(),
    };
    let total = text.len();
    let joint = if head.ends_with('\n') { "" } else { "\n" };
    Some(format!("{head}{joint}[cut: {left_out} of {total} bytes, {lines} lines{span}; {reads}]\n{tail}"))
}

fn head(text: &str, limit: usize) -> &str {
    let end = text.floor_char_boundary(limit);
    let head = text.get(..end).unwrap_or(text);
    match head.rfind('\n') {
        Some(line_end) if line_end >= end / 2 => head.get(..=line_end).unwrap_or(head),
        _ => head,
    }
}

fn tail(text: &str, limit: usize) -> &str {
    let start = text.ceil_char_boundary(text.len().saturating_sub(limit));
    let tail = text.get(start..).unwrap_or(text);
    match tail.find('\n') {
        Some(line_end) if line_end < tail.len() / 2 => tail.get(line_end + 1..).unwrap_or(tail),
        _ => tail,
    }
}

/// At most `limit` bytes of a text that stays on one line, with `…` where something was cut.
pub(crate) fn clipped(text: &str, limit: usize) -> Cow<'_, str> {
    match text.get(..text.floor_char_boundary(limit)) {
        Some(head) if head.len() < text.len() => Cow::Owned(format!("{head}…")),
        _ => Cow::Borrowed(text),
    }
}

/// `1 line`, `2 lines`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}

/// An `aws …` command line, each value quoted for a POSIX shell.
#[derive(Debug, Clone)]
pub(crate) struct Command(String);

impl Command {
    /// `aws SERVICE OPERATION`, as the AWS CLI names them.
    pub(crate) fn new(service: &str, operation: &str) -> Self {
        Self(format!("aws {service} {operation}"))
    }

    /// `--NAME VALUE`.
    pub(crate) fn option(mut self, name: &str, value: impl AsRef<str>) -> Self {
        let _ = write!(self.0, " --{name} {}", quoted(value.as_ref()));
        self
    }

    /// `--NAME VALUE`, if there is a value.
    pub(crate) fn option_if(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.option(name, value),
            None => self,
        }
    }

    /// `--NAME VALUE VALUE …`, if there are values.
    pub(crate) fn options<'a>(mut self, name: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut values = values.into_iter().peekable();
        if values.peek().is_some() {
            let _ = write!(self.0, " --{name}");
        }
        for value in values {
            let _ = write!(self.0, " {}", quoted(value));
        }
        self
    }

    /// `--NAME`.
    pub(crate) fn flag(mut self, name: &str) -> Self {
        let _ = write!(self.0, " --{name}");
        self
    }

    /// The whole line, ending in the region.
    pub(crate) fn in_region(self, region: &str) -> String {
        self.option("region", region).0
    }
}

/// A word of a POSIX shell's command line: bare where that is safe, else in single quotes.
fn quoted(word: &str) -> Cow<'_, str> {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@+%".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_safe) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests;
