//! `name=value`, `"name": "value"`, `name: value` and `--name value` in any text, where the name is that of a credential.

use std::ops::Range;

use crate::{is_shown_anyway, name, value};

/// Words that stand in telling names. What comes around them, and whether a value follows, is looked at only where one stands.
pub(crate) const WORDS: [&str; 22] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "credential",
    "creds",
    "api_key",
    "apikey",
    "api-key",
    "dsn",
    "jwt",
    "connstr",
    "private_key",
    "access_key",
    "accesskey",
    "encryption_key",
    "signing_key",
    "_pass",
    "auth",
];

/// The longest name and value that are looked at, bytes.
const LONGEST_NAME: usize = 96;
const LONGEST_VALUE: usize = 4_096;

/// A name with what it is given.
pub(crate) struct Assignment {
    pub(crate) name_end: usize,
    pub(crate) value: Range<usize>,
    pub(crate) is_secret: bool,
}

/// The assignment whose name holds the word from `start` to `end`; `None` where it is given nothing.
pub(crate) fn around(text: &str, start: usize, end: usize) -> Option<Assignment> {
    let bytes = text.as_bytes();
    let back = bytes
        .get(start.saturating_sub(LONGEST_NAME)..start)?
        .iter()
        .rev()
        .take_while(|byte| is_of_name(**byte))
        .count();
    let name_start = start - back;
    let forward = bytes.get(end..)?.iter().take(LONGEST_NAME).take_while(|byte| is_of_name(**byte)).count();
    let name_end = end + forward;
    let written = text.get(name_start..name_end)?;
    let (value, given) = value_after(bytes, name_end, written.starts_with("--"))?;
    let shown = text.get(value.clone())?;
    let name = written.trim_start_matches('-').rsplit('.').next().unwrap_or(written);
    Some(Assignment { name_end, is_secret: is_secret(name, shown, given), value })
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    /// In quotes, or right after `=`: a machine wrote it for a machine.
    Plainly,
    /// After a colon or a blank: it may be prose.
    Loosely,
}

fn value_after(bytes: &[u8], name_end: usize, is_flag: bool) -> Option<(Range<usize>, Given)> {
    let mut place = skip(bytes, name_end, |byte| matches!(byte, b'\\' | b'"' | b'\'' | b'`' | b']'));
    let quoted_name = place > name_end;
    let blank = skip(bytes, place, |byte| byte == b' ');
    let sign = bytes.get(blank)?;
    let tight;
    if matches!(sign, b'=' | b':') {
        let after = skip(bytes, blank, |byte| matches!(byte, b'=' | b':' | b'>'));
        place = skip(bytes, after, |byte| byte == b' ');
        tight = blank == name_end && place == after && *sign == b'=';
    } else if is_flag && blank > place {
        place = blank;
        tight = true;
    } else {
        return None;
    }
    let quote_start = skip(bytes, place, |byte| byte == b'\\');
    if let Some(quote @ (b'"' | b'\'' | b'`')) = bytes.get(quote_start) {
        place = quote_start + 1;
        let rest = bytes.get(place..(place + LONGEST_VALUE).min(bytes.len()))?;
        let closing =
            rest.iter().position(|byte| byte == quote || *byte == b'\n').filter(|end| rest.get(*end) == Some(quote));
        if let Some(length) = closing {
            let is_escaped = quote_start.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\\');
            let length = if is_escaped { trim_escape(rest, length) } else { length };
            return Some((whole(bytes, place, place + length), Given::Plainly));
        }
        // A quote that nothing closes: the line was cut, or this one closed another.
    }
    let rest = bytes.get(place..(place + LONGEST_VALUE).min(bytes.len()))?;
    let length =
        rest.iter().position(|byte| byte.is_ascii_whitespace() || DELIMITERS.contains(byte)).unwrap_or(rest.len());
    Some((whole(bytes, place, place + length), if tight && !quoted_name { Given::Plainly } else { Given::Loosely }))
}

/// What ends a value without quotes, beside white space.
const DELIMITERS: &[u8] = b",;&\"'`})]|<";

/// Without the back-slash of a closing `\"`.
fn trim_escape(rest: &[u8], length: usize) -> usize {
    let escapes = rest.get(..length).unwrap_or_default().iter().rev().take_while(|byte| **byte == b'\\').count();
    length - escapes
}

/// The range, its end moved back to where a character begins.
fn whole(bytes: &[u8], start: usize, end: usize) -> Range<usize> {
    let is_inside = |place: usize| bytes.get(place).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000);
    let end = (start..=end).rev().find(|place| !is_inside(*place)).unwrap_or(start);
    start..end
}

fn skip(bytes: &[u8], from: usize, skipped: impl Fn(u8) -> bool) -> usize {
    from + bytes.get(from..).unwrap_or_default().iter().take_while(|byte| skipped(**byte)).count()
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn is_secret(name: &str, shown: &str, given: Given) -> bool {
    if is_shown_anyway(shown) || value::is_placeholder(shown) || value::is_url(shown) || shown.len() < 3 {
        return false;
    }
    // `JWT_SECRET` may hold a secret or the name of one: words with slashes and dashes between are a name.
    if name.to_ascii_lowercase().ends_with("secret") && value::is_name_of_words(shown) {
        return false;
    }
    let verdict = name::verdict(name);
    if !verdict.hides(shown) {
        return false;
    }
    match (verdict, given) {
        (name::NameVerdict::Credential, Given::Plainly) => !value::is_number(shown) || name::is_of_password(name),
        (name::NameVerdict::Credential, Given::Loosely) => value::is_wordless(shown),
        (name::NameVerdict::CredentialUnlessNumber, _) => {
            value::is_wordless(shown) && shown.len() >= 16 && !value::is_digest(shown)
        }
        (name::NameVerdict::Harmless, _) => false,
    }
}
