//! One word: copied, masked or pinned.
//!
//! A word without digits is copied, unless it is a level (pinned) or tells an outcome. A word with digits is an identifier as a whole (UUID, hash,
//! random key), or is judged part by part, parts being what `_ - .` separate:
//!
//! | part | becomes | because |
//! |---|---|---|
//! | `1234`, `05` | `<*>` | a number |
//! | `12ms`, `512MB` | `<*>ms` | a number with a unit |
//! | `v2`, `s3`, `user42` | itself | a name with a digit or two |
//! | `4f1c09`, `A1b2C3`, `16T05` | `<*>` | an identifier, or a piece of a time |

use super::class::{CLASS, Class};
use super::field::Key;
use super::outcome;
use super::time;
use super::{Scanner, Walk};

impl Scanner {
    /// Reads the word that begins here.
    #[inline]
    pub(super) fn word(&mut self, walk: &mut Walk<'_>) {
        if walk.next_byte().is_some_and(|byte| byte.is_ascii_digit())
            && let Some(length) = time::length(walk.line, walk.at)
        {
            self.masked.push_wildcard();
            walk.at += length;
        }
        let start = walk.at;
        let rest = walk.line.get(start..).unwrap_or_default();
        let mut class = Class::NONE;
        let mut length = 0;
        for &byte in rest {
            let next = CLASS.of(byte);
            if !next.is(Class::WORD) {
                break;
            }
            class = class.or(next);
            length += 1;
        }
        walk.at += length;
        let word = rest.get(..length).unwrap_or_default();
        if class.is(Class::DIGIT) {
            self.numbered(walk, start, word, class);
        } else if class.is(Class::LETTER) {
            self.plain(walk, start, word, class);
        } else {
            self.masked.push_unit(word);
        }
        if let Some(value) = walk.value.as_mut() {
            value.read();
        }
        walk.last_word = (start, walk.at);
    }

    fn plain(&mut self, walk: &mut Walk<'_>, start: usize, word: &[u8], class: Class) {
        let key = walk.value.as_ref().map(|value| value.key);
        if key == Some(Key::Level) || (class.is(Class::UPPER) && outcome::is_level(word)) {
            self.masked.push_pin(word);
        } else if key == Some(Key::Status)
            || (class.is(Class::UPPER) && (outcome::is_error_class(word) || walk.expect_status(start, word, class)))
        {
            self.masked.push_outcome(word);
        } else if (word.len() >= 8 && class == Class::LOWER) // `deadbeef`: no letter above f
            || (word.len() == 3 && class.is(Class::UPPER) && is_date_name(walk, start, word))
        {
            self.masked.push_wildcard();
        } else {
            self.masked.push_word_of(walk.line.get(start..).unwrap_or_default(), word.len());
        }
    }

    fn numbered(&mut self, walk: &Walk<'_>, start: usize, word: &[u8], class: Class) {
        if word.len() <= 3 && class == Class::DIGIT && walk.is_outcome(start, word) {
            self.masked.push_outcome(word);
        } else if is_number(word, class) || is_identifier(word, class) {
            self.masked.push_wildcard();
        } else {
            self.parts(word);
        }
    }

    /// Judges what `_ - .` separate. A sign belongs to its number.
    fn parts(&mut self, word: &[u8]) {
        let mut at = match word {
            [b'-', b'0'..=b'9', ..] if self.masked.token_is_open() => 1,
            _ => 0,
        };
        while let Some(&byte) = word.get(at) {
            if CLASS.of(byte).is(Class::JOINT) {
                self.masked.push(byte);
                at += 1;
                continue;
            }
            let rest = word.get(at..).unwrap_or_default();
            let length = rest.iter().position(|&byte| CLASS.of(byte).is(Class::JOINT)).unwrap_or(rest.len());
            let part = rest.get(..length).unwrap_or_default();
            if length == 1 && word.get(..at).is_some_and(ends_like_region) {
                self.masked.push_word(part);
            } else {
                self.part(part);
            }
            at += length;
        }
    }

    fn part(&mut self, part: &[u8]) {
        let digits = part.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let rest = part.get(digits..).unwrap_or_default();
        if digits > 0 {
            self.masked.push_wildcard();
            if is_unit(rest) {
                self.masked.push_unit(rest);
            }
        } else if is_name(part) {
            self.masked.push_word(part);
        } else {
            self.masked.push_wildcard();
        }
    }
}

impl Walk<'_> {
    /// After an HTTP method the status is two gaps away, after a protocol it is one. True if the word is a method.
    fn expect_status(&mut self, start: usize, word: &[u8], class: Class) -> bool {
        if class.is(Class::LOWER) {
            return false;
        }
        let is_method = outcome::is_http_method(word);
        if is_method {
            self.status_at_gap = self.gaps + 2;
            self.access |= self.next_byte() == Some(b' ')
                && start.checked_sub(1).and_then(|before| self.line.get(before)) == Some(&b'"');
        } else if word == b"HTTP" && self.next_byte() == Some(b'/') {
            self.status_at_gap = self.gaps + 1;
        }
        is_method
    }

    /// Whether a number of up to three digits is an HTTP status or an exit code.
    fn is_outcome(&self, start: usize, digits: &[u8]) -> bool {
        match self.value.as_ref().map(|value| value.key) {
            Some(Key::Status | Key::Code) => return true,
            Some(Key::Other | Key::Stack | Key::Level) => return false,
            Some(Key::Message) | None => {}
        }
        let after_space = start.checked_sub(1).and_then(|before| self.line.get(before)) == Some(&b' ');
        let announced = start.saturating_sub(self.last_word.1) <= 2 && outcome::announces_code(self.last_word());
        (announced && !matches!(self.next_byte(), Some(b'/' | b':')))
            || (after_space && self.gaps == self.status_at_gap && outcome::is_http_status(digits))
    }
}

/// `1234`, `12.5`, `10.0.1.7`, `2025-12-16`: digits, and joints between them.
#[inline]
fn is_number(word: &[u8], class: Class) -> bool {
    !class.is(Class::LETTER)
        && word.first().is_some_and(u8::is_ascii_digit)
        && word.last().is_some_and(u8::is_ascii_digit)
}

/// UUIDs, hashes and random keys: what is one value although it has joints.
fn is_identifier(word: &[u8], class: Class) -> bool {
    if word.len() < 8 || class.is(Class::WIDE) {
        return false;
    }
    if !class.is(Class::NOT_HEX) {
        return true;
    }
    let runs = if word.len() >= 32 { 2 } else { 3 };
    word.len() >= 16
        && class.is(Class::UPPER)
        && class.is(Class::LOWER)
        && !word.contains(&b'.')
        && digit_runs(word) >= runs
}

fn digit_runs(word: &[u8]) -> usize {
    let mut previous = false;
    word.iter()
        .filter(|byte| {
            let digit = byte.is_ascii_digit();
            let begins = digit && !previous;
            previous = digit;
            begins
        })
        .count()
}

/// A part that begins with a letter and holds one or two digits in one run is a name, unless it looks like a hash.
fn is_name(part: &[u8]) -> bool {
    let digits = part.iter().filter(|byte| byte.is_ascii_digit()).count();
    digits == 0
        || (digits <= 2
            && digit_runs(part) == 1
            && part.len() <= 24
            && !(part.len() >= 6 && part.iter().all(u8::is_ascii_hexdigit)))
}

/// Whether the digit that follows numbers an AWS region: `us-east-1`, `sqs.ap-northeast-1.amazonaws.com`.
fn ends_like_region(word: &[u8]) -> bool {
    [&b"east-"[..], b"west-", b"north-", b"south-", b"central-"].iter().any(|direction| word.ends_with(direction))
}

/// Units of time and size, which say what a number is.
fn is_unit(rest: &[u8]) -> bool {
    matches!(
        rest,
        b"ms"
            | b"s"
            | b"us"
            | b"ns"
            | b"m"
            | b"h"
            | b"d"
            | b"min"
            | b"sec"
            | b"B"
            | b"b"
            | b"k"
            | b"K"
            | b"M"
            | b"G"
            | b"KB"
            | b"kB"
            | b"MB"
            | b"GB"
            | b"TB"
            | b"KiB"
            | b"MiB"
            | b"GiB"
            | b"Ki"
            | b"Mi"
            | b"Gi"
            | b"px"
            | b"x"
            | b"th"
    ) || rest == "µs".as_bytes()
        || rest == "μs".as_bytes()
}

/// The month or day of a date: `16/Dec/2025`, `Dec 16 05:45:37`, `Tue, 16 Dec`.
fn is_date_name(walk: &Walk<'_>, start: usize, word: &[u8]) -> bool {
    let month = matches!(
        word,
        b"Jan" | b"Feb" | b"Mar" | b"Apr" | b"May" | b"Jun" | b"Jul" | b"Aug" | b"Sep" | b"Oct" | b"Nov" | b"Dec"
    );
    let day = matches!(word, b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun");
    let between = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'/' | b'-' | b','));
    (month || day)
        && (between(walk.line.get(walk.at)) || between(start.checked_sub(1).and_then(|before| walk.line.get(before))))
        && walk
            .line
            .get(walk.at..walk.at + 3)
            .unwrap_or_default()
            .iter()
            .any(|byte| byte.is_ascii_digit() || *byte == b',')
}
