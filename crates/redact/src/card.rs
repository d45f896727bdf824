//! Numbers of payment cards: the digits of an issuer's range that pass the Luhn check, written in groups, or next to a word of payment.
//!
//! Sixteen digits without groups are mostly an identifier or a time in microseconds: one in ten passes the check by chance.
//! Source: ISO/IEC 7812 (Luhn), and the issuers' published ranges.

use std::ops::Range;

/// Words that make a run of digits a card's, lower case.
const WORDS: [&str; 11] =
    ["card", "pan", "visa", "mastercard", "amex", "credit", "debit", "payment", "ccnum", "cc_number", "cvv"];

/// How far around the digits a word of payment is looked for, bytes.
const NEAR: usize = 48;

/// The numbers in a text.
pub(crate) fn find(text: &str) -> impl Iterator<Item = Range<usize>> {
    runs(text).filter(|run| {
        let Some(written) = text.get(run.clone()) else { return false };
        let digits: Vec<u8> = written.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect();
        is_issued(&digits) && luhn(&digits) && (is_grouped(written) || is_near_payment(text, run))
    })
}

/// Runs of 14 to 16 digits, with single spaces or dashes between, and nothing of a longer word around.
fn runs(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut place = 0;
    std::iter::from_fn(move || {
        while place < bytes.len() {
            let start = place + bytes.get(place..)?.iter().position(u8::is_ascii_digit)?;
            let (mut end, mut digits, mut next) = (start, 0, start);
            while let Some(byte) = bytes.get(next) {
                if byte.is_ascii_digit() {
                    digits += 1;
                    next += 1;
                    end = next;
                } else if matches!(byte, b' ' | b'-') && bytes.get(next + 1).is_some_and(u8::is_ascii_digit) {
                    next += 1;
                } else {
                    break;
                }
            }
            place = next.max(start + 1);
            let inside = |byte: Option<&u8>| {
                byte.is_some_and(|byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'/' | b'+')
                })
            };
            let before = start.checked_sub(1).and_then(|before| bytes.get(before));
            let colon = matches!(before, Some(b':'));
            let ends = !inside(bytes.get(end))
                || matches!(bytes.get(end), Some(b'.' | b':')) && !bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
            if (14..=16).contains(&digits) && (!inside(before) || colon) && ends {
                return Some(start..end);
            }
        }
        None
    })
}

/// Whether the digits lie in an issuer's range, with its length.
fn is_issued(digits: &[u8]) -> bool {
    let head = |count: usize| digits.iter().take(count).fold(0_u32, |number, digit| number * 10 + u32::from(*digit));
    match digits.len() {
        14 => matches!(head(2), 36 | 38 | 39),
        15 => matches!(head(2), 34 | 37),
        16 => head(1) == 4 || matches!(head(2), 35 | 51..=55 | 62 | 65) || matches!(head(4), 2221..=2720 | 6011),
        _ => false,
    }
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let doubled = u32::from(*digit) * 2;
            if place % 2 == 0 {
                u32::from(*digit)
            } else if doubled > 9 {
                doubled - 9
            } else {
                doubled
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Four groups of four, or American Express's and Diners' 4-6-5 and 4-6-4.
fn is_grouped(written: &str) -> bool {
    let groups: Vec<usize> = written.split([' ', '-']).map(str::len).collect();
    matches!(groups.as_slice(), [4, 4, 4, 4] | [4, 6, 5 | 4])
}

fn is_near_payment(text: &str, run: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let around = bytes.get(run.start.saturating_sub(NEAR)..(run.end + NEAR).min(bytes.len())).unwrap_or_default();
    let around = String::from_utf8_lossy(around).to_lowercase();
    let is_word = |word: &str| {
        around.match_indices(word).any(|(place, _)| {
            !around.get(..place).and_then(|before| before.chars().next_back()).is_some_and(char::is_alphabetic)
        })
    };
    WORDS.into_iter().any(is_word)
}
