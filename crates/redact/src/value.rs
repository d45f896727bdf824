//! What a value looks like by itself, whatever its name.

use std::{ops::Range, sync::LazyLock};

use regex::{Captures, Regex};

/// Compiles a pattern of this crate; they are constants, and a test compiles each.
#[expect(clippy::expect_used, reason = "the patterns are constants, and every one is compiled in the tests")]
pub(crate) fn pattern(source: &'static str) -> Regex {
    Regex::new(source).expect("a constant pattern")
}

/// The `index`-th group, or nothing.
pub(crate) fn part<'c>(captures: &'c Captures<'_>, index: usize) -> &'c str {
    captures.get(index).map_or("", |group| group.as_str())
}

/// A password in a URL: scheme, user, password.
static URL_PASSWORD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"[A-Za-z][A-Za-z0-9+.\-]*://[^\s:/?#@"'`]*:([^\s"'`]+)@"#));

/// The length of an AWS secret access key.
const ACCESS_KEY: usize = 40;

/// Whether it is a URL that holds a password.
pub(crate) fn is_url_with_password(value: &str) -> bool {
    URL_PASSWORD.captures(value).is_some_and(|url| !is_port_and_path(part(&url, 1)))
}

/// Whether it is a URL at all.
pub(crate) fn is_url(value: &str) -> bool {
    value.contains("://")
}

/// `8080/path@x` after a host: a port and a path that holds an `@`, not a password.
pub(crate) fn is_port_and_path(after_colon: &str) -> bool {
    let (port, path) = after_colon.split_once('/').unwrap_or((after_colon, ""));
    !path.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the whole is a marker.
pub(crate) fn is_marker(text: &str) -> bool {
    text.starts_with(crate::MARKER) && text.ends_with('>') && text.matches('>').count() == 1
}

/// What stands where a value will be put, or was taken out: `${NAME}`, `{{name}}`, `%s`, `<name>`, `***`, `[REDACTED]`.
pub(crate) fn is_placeholder(value: &str) -> bool {
    value.contains("${")
        || value.starts_with(['{', '<', '[', '$', '('])
        || value.starts_with("%(")
        || (value.starts_with('%') && value.len() <= 3)
        || value.bytes().all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.' | b'-' | b'_'))
        || value.to_ascii_lowercase().contains("redacted")
}

/// Whether it is a number.
pub(crate) fn is_number(value: &str) -> bool {
    value.parse::<f64>().is_ok()
}

/// Whether it is no word, name, path or sentence: eight characters or more of an encoding's alphabet, letters and at least two digits, or all four kinds.
pub(crate) fn is_wordless(value: &str) -> bool {
    let alphabet = value.bytes().all(|byte| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'+' | b'=' | b'_' | b'-' | b'.' | b'~' | b'!' | b'@' | b'#' | b'%' | b'^' | b'*' | b'?')
    });
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    value.len() >= 8 && alphabet && digits >= 2 && letters >= 2 && !is_uuid(value) && !is_versioned_name(value)
}

/// Whether it is a digest in hexadecimal: MD5, SHA-1 or SHA-256 by its length.
pub(crate) fn is_digest(value: &str) -> bool {
    matches!(value.len(), 32 | 40 | 64) && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_uuid(value: &str) -> bool {
    let groups: Vec<usize> = value.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// `orders-db-2024`, `v1.7.0-rc1`, `eu-west-1`, `2025-12-16`: words and numbers with dashes, dots or underscores between.
fn is_versioned_name(value: &str) -> bool {
    let mut parts = value.split(['-', '.', '_']).peekable();
    let is_plain = |part: &str| {
        let letters = part.bytes().take_while(u8::is_ascii_lowercase).count();
        letters <= 16 && part.bytes().skip(letters).all(|byte| byte.is_ascii_digit())
    };
    value.contains(['-', '.', '_']) && parts.all(|part| part.len() <= 20 && is_plain(part))
}

/// `prod/carrier-gateway`, `tsubame-api-key`: words of lower-case letters with slashes, dashes or underscores between.
pub(crate) fn is_name_of_words(value: &str) -> bool {
    let is_sign = |letter: char| matches!(letter, '/' | '-' | '_');
    value.contains(is_sign)
        && value.split(is_sign).all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// Runs that are long and random enough for an AWS secret access key: 40 characters of base 64, and nothing of it around.
pub(crate) fn access_keys(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut place = 0;
    std::iter::from_fn(move || {
        while place + ACCESS_KEY <= bytes.len() {
            // From its last character backwards: one look rules out most places.
            let window = bytes.get(place..place + ACCESS_KEY)?;
            if let Some(foreign) = window.iter().rposition(|byte| !is_base_64(*byte)) {
                place += foreign + 1;
                continue;
            }
            let more = bytes.get(place + ACCESS_KEY..)?.iter().take_while(|byte| is_base_64(**byte)).count();
            let (start, end) = (place, place + ACCESS_KEY + more);
            place = end + 1;
            let before = start.checked_sub(1).and_then(|before| bytes.get(before));
            let joined = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b'-' | b'_' | b'=' | b'.'));
            let alone = !matches!(before, Some(b'-' | b'_' | b'.')) && !joined(bytes.get(end));
            if more == 0 && alone && text.get(start..end).is_some_and(is_random) {
                return Some(start..end);
            }
        }
        None
    })
}

fn is_base_64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// Whether the whole value is one run of 24 base-64 characters or more that is random.
pub(crate) fn is_random_run(value: &str) -> bool {
    let run = value.trim_end_matches('=');
    run.len() >= 24 && value.len() - run.len() <= 2 && run.bytes().all(is_base_64) && is_random(run)
}

/// Whether a run of base-64 characters is random rather than words run together: it has upper case, lower case and digits, and the
/// kind of character changes at more than 35 % of the places. A capital that begins a word is no change; random base-64 changes
/// at about 48 % of them, camel case at less than 30 %. A run of 40 may be an AWS secret access key: less is enough there.
fn is_random(run: &str) -> bool {
    #[derive(PartialEq, Clone, Copy)]
    enum Class {
        Upper,
        Lower,
        Digit,
        Sign,
    }
    let class = |byte: u8| match byte {
        b'A'..=b'Z' => Class::Upper,
        b'a'..=b'z' => Class::Lower,
        b'0'..=b'9' => Class::Digit,
        _ => Class::Sign,
    };
    let classes: Vec<Class> = run.bytes().map(class).collect();
    let count = |wanted: Class| classes.iter().filter(|class| **class == wanted).count();
    let changes = classes.iter().zip(classes.iter().skip(1));
    let changes = changes.filter(|(a, b)| a != b && (**a, **b) != (Class::Upper, Class::Lower)).count();
    let (digits, percent) = if run.len() == ACCESS_KEY { (1, 25) } else { (2, 35) };
    let mixed = count(Class::Upper) >= 2 && count(Class::Lower) >= 2 && count(Class::Digit) >= digits;
    mixed && changes * 100 > classes.len() * percent && letters_of_words(run) < WORDS_LETTERS
}

/// Letters of words from which a run is a name that was put together, as CloudFormation's logical ids are. Of 40 random characters, 3 are such on average.
const WORDS_LETTERS: usize = 16;

/// How many of its characters stand in runs of four lower-case letters or more.
fn letters_of_words(run: &str) -> usize {
    let runs = run.split(|letter: char| !letter.is_ascii_lowercase());
    runs.map(str::len).filter(|length| *length >= 4).sum()
}
