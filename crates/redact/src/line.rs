//! Credentials written into lines of code and configuration.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::{
    is_shown_anyway, name,
    value::{is_url_with_password, part, pattern},
};

/// A literal in one of three kinds of quotes, escapes respected.
const LITERAL: &str = r#"(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`)"#;

/// `name = "…"`, `"name": "…"`, `name := '…'`, `name => "…"`, also with a type between (`let name: &str = "…"`).
static ASSIGNMENT: LazyLock<Regex> =
    LazyLock::new(|| compile(r#"([A-Za-z_$][\w$.\-]*)["'`]?\]?(\s*(?::\s*&?[A-Za-z]+\s*)?(?:=>|:=|=|:)\s*[rbuf]?)"#));

/// `NAME || "…"`, `NAME ?? "…"`, `NAME or "…"`: a default.
static DEFAULT: LazyLock<Regex> =
    LazyLock::new(|| compile(r#"([A-Za-z_$][\w$.\-]*)["'`]?[\])]*(\s*(?:\|\||\?\?|\bor\b)\s*)"#));

/// `getenv("NAME", "…")`: a default as the second argument.
static SECOND_ARGUMENT: LazyLock<Regex> =
    LazyLock::new(|| compile(r#"(?i)(?:getenv|environ\.get|config\.get|fetch)\(\s*["'`]([\w.\-]+)["'`](\s*,\s*)"#));

/// `NAME=value` and `name: value`, the whole line.
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"^(\s*(?:-\s+)?(?:export\s+)?([A-Za-z_][\w.\-]*)\s*[=:]\s*)([^\s"'`#{\[|>&*][^#]*?)(\s*)$"#)
});

#[expect(clippy::expect_used, reason = "the patterns are constants, and every one is compiled in the tests")]
fn compile(before: &str) -> Regex {
    Regex::new(&format!("{before}{LITERAL}")).expect("a constant pattern")
}

/// Hides the literals that are given to telling names.
pub(crate) fn hide_literals(line: &str, marker: &dyn Fn(&str) -> String) -> String {
    let hide = |found: &Captures<'_>| {
        let whole = part(found, 0);
        let literal = (3..=5).find_map(|group| found.get(group));
        match literal.filter(|literal| is_hard_coded(part(found, 1), literal.as_str())) {
            Some(literal) => {
                let start = literal.start() - found.get(0).map_or(0, |all| all.start());
                let (before, rest) = whole.split_at(start);
                let (value, after) = rest.split_at(literal.len());
                format!("{before}{}{after}", marker(value))
            }
            None => whole.to_owned(),
        }
    };
    let line = SECOND_ARGUMENT.replace_all(line, hide);
    let line = DEFAULT.replace_all(&line, hide);
    ASSIGNMENT.replace_all(&line, hide).into_owned()
}

/// Hides the value of a line `NAME=value` with a telling name.
pub(crate) fn hide_assignment(line: &str, marker: &dyn Fn(&str) -> String) -> String {
    let hide = |found: &Captures<'_>| {
        let (head, name, value, tail) = (part(found, 1), part(found, 2), part(found, 3), part(found, 4));
        match !is_shown_anyway(value) && !is_url_with_password(value) && name::verdict(name).hides(value) {
            true => format!("{head}{}{tail}", marker(value)),
            false => part(found, 0).to_owned(),
        }
    };
    BARE.replace(line, hide).into_owned()
}

/// Whether a literal in code is a credential that was written down, as told by the name that it is given to.
fn is_hard_coded(name: &str, literal: &str) -> bool {
    // Code says `config.db.password` and `process.env.DB_PASSWORD`: the last part is the name.
    let name = name.rsplit('.').next().unwrap_or(name);
    let interpolated = literal.starts_with("${") || literal.starts_with('{') || literal.starts_with("%(");
    if is_shown_anyway(literal) || interpolated || is_url_with_password(literal) {
        return false;
    }
    match name::verdict(name) {
        name::NameVerdict::Credential => name::verdict(name).hides(literal),
        // `const key = "user:" + id` is everyday code: a weak name hides only what no one would type as a word.
        name::NameVerdict::CredentialUnlessNumber => {
            let digits = literal.bytes().filter(u8::is_ascii_digit).count();
            literal.len() >= 12 && digits >= 2 && !literal.contains([' ', '/', ':'])
        }
        name::NameVerdict::Harmless => false,
    }
}
