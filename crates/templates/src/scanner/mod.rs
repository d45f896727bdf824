//! Masking: from a log line to tokens in which every value is a wildcard. One pass over the bytes, no regular expressions.
//!
//! - [`Scanner::scan`] walks a line: white space parts tokens, punctuation is copied, and each word (letters, digits, `_ - .`)
//!   is looked at by [`word`]: copied, masked, *pinned*, or marked as an *outcome*.
//! - [`Masked`] holds the result: the masked text, and where its tokens end.
//! - [`field`] knows the keys of `key=value` and `"key":value`: a key always stays; a value that holds white space is masked whole,
//!   unless its key says that it is the message.
//! - [`outcome`] knows levels, which are pinned, and outcomes: error classes, errno names, HTTP methods and status, exit codes.
//! - [`masked`] also folds what would vary in length: `[1, 2, 3]` becomes `[<*>]`, `10.0.1.7:5432` becomes `<*>`.
//!
//! Invariants: bytes above 0x7f count as letters and words are kept or masked whole, so the masked text of valid UTF-8 is
//! valid UTF-8; each byte is looked at a bounded number of times.

mod class;
mod field;
mod masked;
mod outcome;
#[cfg(test)]
mod tests;
mod time;
mod word;

pub(crate) use masked::{Kind, Masked, Token};

use crate::message::Outline;
use class::{CLASS, Class};
use field::{Key, Value};

/// Tokens of a line that are looked at; the rest becomes one wildcard.
const MAX_TOKENS: usize = 256;

/// Masks lines. Holds no state from one line to the next but its buffers.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    /// The line so far.
    masked: Masked,
}

/// Where the walk over one line stands.
struct Walk<'a> {
    line: &'a [u8],
    at: usize,
    /// White space seen so far: which word of the line this is.
    gaps: usize,
    /// The gap before an HTTP method or protocol, after which a status is expected.
    status_at_gap: usize,
    /// The last word.
    last_word: (usize, usize),
    /// `{"` was seen: commas part tokens.
    json: bool,
    /// An `HTTP/1.1"` was seen: what is quoted after it are referrer and user agent.
    access: bool,
    /// The value that is being read, if it has a key.
    value: Option<Value>,
    /// A search for a closing quote came to the end of the line: no further search.
    no_more_quotes: bool,
}

impl Scanner {
    /// Masks one message. What lies beyond the caller's cut must not be passed in.
    pub(crate) fn scan(&mut self, message: &str, is_cut: bool) -> &Masked {
        self.masked.clear();
        let outline = Outline::of(message);
        self.walk(outline.head.as_bytes());
        if let Some(cause) = outline.cause {
            self.walk(cause.as_bytes());
        }
        if let Some(frame) = outline.frame {
            self.masked.push_frame(frame.as_bytes());
        }
        if is_cut || self.masked.len() >= MAX_TOKENS {
            self.masked.push_rest();
        }
        &self.masked
    }

    fn walk(&mut self, line: &[u8]) {
        let mut walk = Walk {
            line,
            at: 0,
            gaps: 0,
            status_at_gap: usize::MAX,
            last_word: (0, 0),
            json: false,
            access: false,
            value: None,
            no_more_quotes: false,
        };
        while let Some(&byte) = line.get(walk.at) {
            match CLASS.of(byte) {
                class if class.is(Class::WORD) => self.word(&mut walk),
                class if class.is(Class::SPACE) => {
                    walk.gaps += 1;
                    walk.at += 1;
                    self.masked.end_token();
                    if self.masked.len() >= MAX_TOKENS {
                        break;
                    }
                    walk.leave_value(byte);
                }
                _ => self.punctuation(&mut walk, byte),
            }
        }
        self.masked.end_token();
    }

    fn punctuation(&mut self, walk: &mut Walk<'_>, byte: u8) {
        walk.at += 1;
        match byte {
            b'"' => self.quote(walk),
            b'=' => {
                self.masked.push(byte);
                if let Some(key) = walk.key_before_equals()
                    && self.masked.token_is_key(key.len())
                {
                    self.open_value(walk, Key::of(key));
                }
            }
            b',' => self.comma(walk),
            b'{' => {
                walk.json |= matches!(walk.next_byte(), Some(b'"')) || (walk.at == 1 && walk.line.len() > 1);
                self.masked.push(byte);
            }
            b'@' => self.mail_address(walk),
            _ => self.masked.push(byte),
        }
    }

    /// An opening or closing quote, or the end of a JSON key.
    fn quote(&mut self, walk: &mut Walk<'_>) {
        if walk.access && self.masked.token_is_empty() && self.opaque_value(walk) {
            return;
        }
        self.masked.push(b'"');
        walk.end_quoted_value();
        if walk.next_byte() == Some(b':') && walk.at >= 2 {
            walk.at += 1;
            self.masked.push(b':');
            let key = Key::of(walk.last_key());
            self.open_value(walk, key);
        } else if walk.value.as_ref().is_some_and(|value| value.is_unread()) && self.masked.token_is_only(b'"') {
            // `"key": "value…`: the value begins after the space.
            self.quoted_value(walk);
        }
    }

    /// After `key=` or `"key":`.
    fn open_value(&mut self, walk: &mut Walk<'_>, key: Key) {
        walk.value = Some(Value::of(key));
        if key == Key::Stack {
            self.embedded_stack(walk);
            return;
        }
        self.masked.end_key();
        if walk.next_byte() == Some(b'"') {
            walk.at += 1;
            self.masked.push(b'"');
            self.masked.end_key();
            self.quoted_value(walk);
        } else if key == Key::Message && walk.next_byte().is_some_and(|byte| !CLASS.of(byte).is(Class::SPACE)) {
            self.masked.end_token_glued();
        }
    }

    /// After the opening quote of a value: masks it whole if it is not the message and holds white space.
    fn quoted_value(&mut self, walk: &mut Walk<'_>) {
        let Some(end) = walk.closing_quote() else {
            return;
        };
        let Some(value) = walk.value.as_mut() else {
            return;
        };
        value.begin(end);
        let inside = walk.line.get(walk.at..end).unwrap_or_default();
        if value.key == Key::Message {
            self.masked.end_token_glued();
        } else if inside.iter().any(|&byte| CLASS.of(byte).is(Class::SPACE)) {
            self.masked.push_wildcard();
            walk.at = end;
        }
    }

    /// A quoted string of which nothing is kept. False if it has no end.
    fn opaque_value(&mut self, walk: &mut Walk<'_>) -> bool {
        let Some(end) = walk.closing_quote() else {
            return false;
        };
        self.masked.push_opaque();
        walk.at = end + 1;
        true
    }

    /// A stack inside JSON: its top frame stays, the rest becomes a wildcard.
    fn embedded_stack(&mut self, walk: &mut Walk<'_>) {
        let end = field::end_of_json_value(walk.line, walk.at);
        let value = walk.line.get(walk.at..end).unwrap_or_default();
        self.masked.end_key();
        if let Some(frame) = field::top_frame(value) {
            self.masked.end_token_glued();
            self.masked.push_frame(frame.as_bytes());
            self.masked.glue();
        } else {
            self.masked.push_wildcard();
        }
        walk.at = end;
        walk.value = None;
    }

    /// In JSON a comma before the next key parts tokens.
    fn comma(&mut self, walk: &mut Walk<'_>) {
        self.masked.push(b',');
        if walk.json && !walk.in_message() && matches!(walk.next_byte(), Some(b'"' | b'{')) {
            walk.value = None;
            self.masked.end_token_glued();
        } else {
            walk.leave_value(b',');
        }
    }

    /// `alice@example.com`: the word before goes, and so does the host.
    fn mail_address(&mut self, walk: &mut Walk<'_>) {
        let host = walk.next_byte().is_some_and(|byte| CLASS.of(byte).is(Class::WORD));
        if host && self.masked.mask_last_word() {
            walk.skip_word();
        } else {
            self.masked.push(b'@');
        }
    }
}

impl<'a> Walk<'a> {
    fn next_byte(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn skip_word(&mut self) {
        while self.next_byte().is_some_and(|byte| CLASS.of(byte).is(Class::WORD)) {
            self.at += 1;
        }
    }

    fn last_word(&self) -> &'a [u8] {
        self.line.get(self.last_word.0..self.last_word.1).unwrap_or_default()
    }

    /// The word that ends just before the `=` at hand.
    fn key_before_equals(&self) -> Option<&'a [u8]> {
        let (start, end) = self.last_word;
        (end + 1 == self.at && start < end).then(|| self.last_word())
    }

    /// The word just before `":`; empty if that is no word.
    fn last_key(&self) -> &'a [u8] {
        if self.last_word.1 + 2 == self.at { self.last_word() } else { b"" }
    }

    /// The end of the quoted string that begins here: the position of its closing quote.
    fn closing_quote(&mut self) -> Option<usize> {
        if self.no_more_quotes {
            return None;
        }
        let end = field::closing_quote(self.line, self.at);
        self.no_more_quotes = end.is_none();
        end
    }

    /// White space or a comma ends a value without quotes.
    fn leave_value(&mut self, byte: u8) {
        if let Some(value) = &self.value
            && value.ends_at(byte)
        {
            self.value = None;
        }
    }

    /// The quote at hand may be the one that ends the value.
    fn end_quoted_value(&mut self) {
        if let Some(value) = &self.value
            && value.end().is_some_and(|end| self.at > end)
        {
            self.value = None;
        }
    }

    fn in_message(&self) -> bool {
        self.value.as_ref().is_some_and(|value| value.key == Key::Message && value.end().is_some())
    }
}
