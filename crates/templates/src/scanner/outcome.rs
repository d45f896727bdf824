//! The words that tell an engineer how it went.
//!
//! Two lines that differ in a level never share a template; two that differ in an outcome (HTTP method and status, error class,
//! exit code) share the template and are counted apart. Most of the lists are closed or bounded (HTTP status codes,
//! numbers of up to three digits after `exit code`), so that outcomes are few.

/// Whether a word without digits is a level.
pub(super) fn is_level(word: &[u8]) -> bool {
    matches!(
        word,
        b"INFO"
            | b"WARN"
            | b"WARNING"
            | b"ERROR"
            | b"DEBUG"
            | b"FATAL"
            | b"TRACE"
            | b"CRITICAL"
            | b"NOTICE"
            | b"SEVERE"
            | b"PANIC"
    )
}

/// `TypeError`, `java.lang.IllegalStateException`, `ECONNREFUSED`.
pub(super) fn is_error_class(word: &[u8]) -> bool {
    match word.last() {
        Some(b'r') => word.ends_with(b"Error"),
        Some(b'n') => word.ends_with(b"Exception"),
        Some(b't') => word.ends_with(b"Fault"),
        Some(b'A'..=b'Z') => word.len() >= 5 && word.starts_with(b"E") && word.iter().all(u8::is_ascii_uppercase),
        _ => false,
    }
}

pub(super) fn is_http_method(word: &[u8]) -> bool {
    matches!(word, b"GET" | b"POST" | b"PUT" | b"DELETE" | b"PATCH" | b"HEAD" | b"OPTIONS")
}

/// The status codes of the IANA registry (RFC 9110 and others), and those that nginx, load balancers and CDNs add.
pub(super) fn is_http_status(digits: &[u8]) -> bool {
    let Some(code) = number(digits) else {
        return false;
    };
    matches!(code, 100..=103 | 200..=208 | 226 | 300..=308 | 400..=418 | 421..=426 | 428 | 429 | 431 | 444 | 449..=451 | 460..=464
        | 494..=499 | 500..=511 | 520..=530 | 561)
}

/// Words after which a number of up to three digits is an outcome: `exit status 1`, `code 137`, `signal 9`.
pub(super) fn announces_code(word: &[u8]) -> bool {
    matches!(
        word,
        b"code"
            | b"Code"
            | b"status"
            | b"Status"
            | b"signal"
            | b"errno"
            | b"exitCode"
            | b"exit_code"
            | b"exited"
            | b"HTTP"
    )
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, &digit| match digit {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(u32::from(digit - b'0')),
        _ => None,
    })
}
