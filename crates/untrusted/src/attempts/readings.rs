//! What a line says to who decodes it. A stranger writes words so that a filter does not see them and a model does.

use std::{collections::HashMap, sync::LazyLock};

use base64::{
    Engine,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::hidden;

/// How often escapes are taken off: escapes of escapes of escapes are read.
const DEPTH: usize = 3;
/// The shortest run that is read as base64, characters: 18 bytes, less than which instructs nobody.
const SHORTEST: usize = 24;

const DECODER: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The readings of a line beside the line itself: those that differ from it.
pub(super) fn of(line: &str) -> Vec<String> {
    let mut readings = Vec::new();
    // Most lines say what they say, and need not be decoded.
    if !is_veiled(line) {
        readings.extend(packed(line).filter_map(unpacked));
        return readings;
    }
    let decoded = decoded(line);
    if decoded != line {
        readings.push(decoded.clone());
    }
    let folded = folded(&decoded);
    if folded != decoded {
        readings.push(folded);
    }
    if line.contains('\u{202e}') || line.contains("\\u{202e}") {
        readings.push(decoded.chars().rev().collect());
    }
    readings.extend(packed(&decoded).filter_map(unpacked));
    readings
}

/// Whether a line holds escapes, hidden characters or letters that look like others.
fn is_veiled(line: &str) -> bool {
    let bytes = line.as_bytes();
    // Without a way out of the loop: read many bytes at a time.
    let has_control = bytes.iter().fold(false, |any, byte| any | (byte.is_ascii_control() & (*byte != b'\t')));
    let is_escape = |at: usize| line.get(at..).and_then(escaped).is_some();
    let is_other_letter = |character: char| looks_like(character) != Some(character);
    has_control
        || memchr::memchr3_iter(b'%', b'&', b'\\', bytes).any(is_escape)
        || !line.is_ascii() && (!hidden::is_plain(line) || line.chars().any(is_other_letter))
}

/// The spellings of a few words that patterns are held against: in lower case with single spaces; and with the marks that join words in names
/// as spaces.
pub(super) fn spelled(words: &str) -> Vec<String> {
    let lower = words.to_lowercase();
    let plain = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_joint = |c: char| matches!(c, '-' | '_' | '.' | '+' | '/' | '*');
    if !plain.contains(is_joint) {
        return vec![plain];
    }
    let spaced = plain.replace(is_joint, " ").split_whitespace().collect::<Vec<_>>().join(" ");
    vec![plain, spaced]
}

/// The line with nothing hidden left in it and without escapes.
fn decoded(line: &str) -> String {
    let mut text = seen(line);
    for _ in 0..DEPTH {
        if !text.contains(['\\', '&', '%']) {
            break;
        }
        let next = seen(&unescaped(&text));
        if next == text {
            break;
        }
        text = next;
    }
    text
}

/// Without hidden characters; tag characters as the letters that they stand for.
fn seen(text: &str) -> String {
    if hidden::is_plain(text) {
        return text.to_owned();
    }
    let letter = |(character, hidden): (char, bool)| match character {
        '\u{e0020}'..='\u{e007e}' => char::from_u32(u32::from(character) - 0xe0000),
        '\n' | '\t' => Some(' '),
        character => (!hidden).then_some(character),
    };
    hidden::characters(text).filter_map(letter).collect()
}

/// One layer of escapes less: `\u0069`, `\u{69}`, `\x69`, `&#105;`, `&#x69;`, `&lt;`, `%69`.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find(['\\', '&', '%']) {
        let (plain, from) = rest.split_at(place);
        bytes.extend_from_slice(plain.as_bytes());
        let (read, left) = escape(from);
        match read {
            Read::Byte(byte) => bytes.push(byte),
            Read::Character(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = left;
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

enum Read {
    /// Of a URL: several make one character.
    Byte(u8),
    Character(char),
}

/// The character that an escape at the beginning stands for, and what follows it; the sign itself if it begins none.
fn escape(from: &str) -> (Read, &str) {
    let mut signs = from.chars();
    let sign = signs.next().unwrap_or(' ');
    escaped(from).unwrap_or((Read::Character(sign), signs.as_str()))
}

fn escaped(from: &str) -> Option<(Read, &str)> {
    match from.as_bytes().first() {
        Some(b'%') => {
            let byte = u8::try_from(digits(from.get(1..3), 16)?).ok()?;
            Some((Read::Byte(byte), from.get(3..)?))
        }
        Some(b'&') => entity(from),
        Some(b'\\') => backslash(from),
        _ => None,
    }
}

fn digits(digits: Option<&str>, radix: u32) -> Option<u32> {
    let digits = digits.filter(|digits| !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix)))?;
    u32::from_str_radix(digits, radix).ok()
}

fn backslash(from: &str) -> Option<(Read, &str)> {
    let character = |code: Option<u32>| code.and_then(char::from_u32).map(Read::Character);
    if let Some(braced) = from.strip_prefix("\\u{") {
        let (code, rest) = braced.split_once('}')?;
        return Some((character(digits(Some(code), 16))?, rest));
    }
    if let Some(rest) = from.strip_prefix("\\u") {
        return Some((character(digits(rest.get(..4), 16))?, rest.get(4..)?));
    }
    let rest = from.strip_prefix("\\x")?;
    Some((character(digits(rest.get(..2), 16))?, rest.get(2..)?))
}

fn entity(from: &str) -> Option<(Read, &str)> {
    /// The longest name or number that is looked for.
    const LONGEST: usize = 10;
    let end = from.find(';').filter(|end| *end <= LONGEST)?;
    let (name, rest) = (from.get(1..end)?, from.get(end + 1..)?);
    let character = match name.to_ascii_lowercase().as_str() {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "sol" => '/',
        "nbsp" => ' ',
        number => {
            let number = number.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => digits(Some(hex), 16),
                None => digits(Some(number), 10),
            };
            char::from_u32(code?)?
        }
    };
    Some((Read::Character(character), rest))
}

/// Runs that base64 of words could be, in either alphabet: letters of both cases.
fn packed(text: &str) -> impl Iterator<Item = &str> {
    let is_outside = |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'));
    let is_packed = |run: &[u8]| run.iter().any(u8::is_ascii_lowercase) && run.iter().any(u8::is_ascii_uppercase);
    let mut rest = text.as_bytes();
    let runs = std::iter::from_fn(move || {
        // Every long run covers one of the places that are looked at: no other byte of most texts is.
        while let Some((head, tail)) = rest.split_at_checked(SHORTEST) {
            let Some(last) = head.iter().rposition(is_outside) else {
                let end = tail.iter().position(is_outside).unwrap_or(tail.len()) + SHORTEST;
                let (run, after) = rest.split_at_checked(end)?;
                rest = after;
                return Some(run);
            };
            rest = rest.get(last + 1..)?;
        }
        None
    });
    runs.filter(move |run| is_packed(run)).filter_map(|run| std::str::from_utf8(run).ok())
}

/// What a run says, if that is text.
fn unpacked(run: &str) -> Option<String> {
    let standard: String = run
        .chars()
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        })
        .collect();
    // Four characters are three bytes; what a cut left over is no text.
    let whole = standard.get(..standard.len() / 4 * 4).filter(|_| standard.len() % 4 == 1).unwrap_or(&standard);
    let text = String::from_utf8(DECODER.decode(whole).ok()?).ok()?;
    let is_text = |c: char| !c.is_control() || c.is_whitespace();
    text.chars().all(is_text).then(|| decoded(&text))
}

/// Letters that look like Latin ones as these, and without accents that stand apart.
fn folded(text: &str) -> String {
    text.chars().filter_map(looks_like).collect()
}

/// The letter that a character looks like; `None`: an accent that stands apart.
fn looks_like(character: char) -> Option<char> {
    (!matches!(character, '\u{300}'..='\u{36f}')).then(|| latin(character))
}

/// Letters that look like Latin ones: by Unicode's confusables.txt, as far as the letters of Cyrillic, Greek and Armenian go that whole words are
/// written in.
const PAIRS: &[(&str, char)] = &[
    ("аɑαА", 'a'),
    ("ВвΒβ", 'b'),
    ("сСϲ", 'c'),
    ("ԁ", 'd'),
    ("еЕεΕ℮", 'e'),
    ("ɡ", 'g'),
    ("һНհΗ", 'h'),
    ("іІıιΙ", 'i'),
    ("јЈ", 'j'),
    ("кКκΚ", 'k'),
    ("ӏ", 'l'),
    ("мМΜ", 'm'),
    ("пոηΝ", 'n'),
    ("оОοΟօ", 'o'),
    ("рРρΡ", 'p'),
    ("ԛ", 'q'),
    ("г", 'r'),
    ("ѕЅ", 's'),
    ("тТτΤ", 't'),
    ("υսμ", 'u'),
    ("νѵ", 'v'),
    ("ԝωω", 'w'),
    ("хХχΧ", 'x'),
    ("уУγΥ", 'y'),
];

static LATIN: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    PAIRS.iter().flat_map(|(letters, latin)| letters.chars().map(|letter| (letter, *latin))).collect()
});

fn latin(character: char) -> char {
    let code = u32::from(character);
    let letter = |offset: u32| char::from_u32(u32::from('a') + offset).unwrap_or(character);
    match character {
        character if character.is_ascii() => character,
        // Full width, the styled alphabets of mathematics (of 26 capitals and 26 small letters each), circled letters.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(code - 0xfee0).unwrap_or(character),
        '\u{1d400}'..='\u{1d6a3}' => letter((code - 0x1d400) % 26),
        '\u{24b6}'..='\u{24cf}' => letter(code - 0x24b6),
        '\u{24d0}'..='\u{24e9}' => letter(code - 0x24d0),
        _ => LATIN.get(&character).copied().unwrap_or(character),
    }
}

#[cfg(test)]
mod tests;
