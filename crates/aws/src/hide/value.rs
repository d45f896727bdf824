//! Whether a value looks like a credential by itself, whatever its name.

use std::{borrow::Cow, sync::LazyLock};

use regex::{Captures, Regex};

/// Compiles a pattern of this module; they are constants, and a test compiles each.
#[expect(clippy::expect_used, reason = "the patterns are constants, and every one is compiled in the tests")]
pub(super) fn pattern(source: &'static str) -> Regex {
    Regex::new(source).expect("a constant pattern")
}

/// A password in a URL: scheme, user, password. The greedy end takes passwords that hold an `@` themselves.
static URL_PASSWORD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"([A-Za-z][A-Za-z0-9+.\-]*://[^\s:/?#@"'`]*):([^\s"'`]+)@"#));

/// Tokens that their makers gave a shape, so that scanners find them: AWS access key ids, JSON web tokens, private keys, and those
/// of GitHub, GitLab, Slack, Stripe, OpenAI, Google, npm and SendGrid, by their documentation.
static SHAPED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
        r"|\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*",
        r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
        r"|\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_\-]{16,}",
        r"|\bxox[abeoprs]-[A-Za-z0-9\-]{10,}|\b[rs]k_(?:live|test)_[A-Za-z0-9]{10,}|\bsk-[A-Za-z0-9_\-]{20,}",
        r"|\bAIza[A-Za-z0-9_\-]{30,}|\bnpm_[A-Za-z0-9]{30,}|\bSG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}",
        r"|https://hooks\.slack\.com/services/[A-Za-z0-9/]+",
    ))
});

/// `Password=…;` of connection strings and `token=…` of query strings.
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)(\b(?:password|passwd|pwd|secret|client_secret|access_token|refresh_token|id_token|token|api_?key|accountkey",
        r#"|sharedaccesskey|sig|signature|x-amz-signature|x-amz-credential|x-amz-security-token)=)([^;&\s"'`<]+)"#,
    ))
});

/// `Bearer …` and `Basic …` of HTTP.
static HTTP_AUTHORIZATION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b((?:Bearer|Basic) )([A-Za-z0-9+/_.=\-]{8,})"));

/// Runs of base-64 characters that are long enough to be judged as random.
static RUN: LazyLock<Regex> = LazyLock::new(|| pattern(r"[A-Za-z0-9+/]{24,}={0,2}"));

/// Whether the whole value is a credential.
pub(super) fn is_credential(value: &str) -> bool {
    let value = value.trim();
    let whole = |found: regex::Match<'_>| found.start() == 0 && found.end() == value.len();
    SHAPED.find(value).is_some_and(whole) || RUN.find(value).is_some_and(|run| whole(run) && is_random(run.as_str()))
}

/// Whether it is a URL that holds a password.
pub(super) fn is_url_with_password(value: &str) -> bool {
    URL_PASSWORD.captures(value).is_some_and(|url| !is_port_and_path(part(&url, 2)))
}

/// Hides the parts of `text` that look like credentials.
pub(super) fn hide_parts(text: &str, marker: &dyn Fn(&str) -> String) -> String {
    let text = SHAPED.replace_all(text, |shaped: &Captures<'_>| marker(part(shaped, 0)));
    let text = replace(text, &URL_PASSWORD, |url| {
        let password = part(url, 2);
        let kept = is_port_and_path(password) || is_hidden(password);
        (!kept).then(|| format!("{}:{}@", part(url, 1), marker(password)))
    });
    let text = replace(text, &FIELD, |field| Some(format!("{}{}", part(field, 1), marker(part(field, 2)))));
    let text = replace(text, &HTTP_AUTHORIZATION, |header| {
        let token = part(header, 2);
        let telling = token.bytes().any(|byte| byte.is_ascii_digit() || byte == b'=');
        telling.then(|| format!("{}{}", part(header, 1), marker(token)))
    });
    replace(text, &RUN, |run| is_random(part(run, 0)).then(|| marker(part(run, 0)))).into_owned()
}

/// Replaces what `hide` gives a text for; the rest stays.
fn replace<'a>(text: Cow<'a, str>, pattern: &Regex, hide: impl Fn(&Captures<'_>) -> Option<String>) -> Cow<'a, str> {
    if !pattern.is_match(&text) {
        return text;
    }
    let replaced =
        pattern.replace_all(&text, |found: &Captures<'_>| hide(found).unwrap_or_else(|| part(found, 0).to_owned()));
    Cow::Owned(replaced.into_owned())
}

/// The `index`-th group, or nothing.
pub(super) fn part<'c>(captures: &'c Captures<'_>, index: usize) -> &'c str {
    captures.get(index).map_or("", |group| group.as_str())
}

/// `8080/path@x` after a host: a port and a path that holds an `@`, not a password.
fn is_port_and_path(after_colon: &str) -> bool {
    let (port, path) = after_colon.split_once('/').unwrap_or((after_colon, ""));
    !path.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_hidden(text: &str) -> bool {
    text.starts_with(super::MARKER) && text.ends_with('>')
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
    let (digits, percent) = if run.len() == 40 { (1, 25) } else { (2, 35) };
    let mixed = count(Class::Upper) >= 2 && count(Class::Lower) >= 2 && count(Class::Digit) >= digits;
    mixed && changes * 100 > classes.len() * percent
}
