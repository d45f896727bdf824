//! The truth's regular expressions.

use regex::Regex;

use super::Check;

/// A check that each pattern matches at least one of the texts.
pub(super) fn each_matches(name: &str, patterns: &[String], texts: &[&str]) -> Option<Check> {
    if patterns.is_empty() {
        return None;
    }
    let unmatched = patterns.iter().find(|pattern| !texts.iter().any(|text| matches(pattern, text)));
    Some(match unmatched {
        None => Check::new(name, true, format!("{} of {} patterns match", patterns.len(), patterns.len())),
        Some(pattern) => {
            let read = if texts.is_empty() { "there is nothing".to_owned() } else { excerpt(texts) };
            Check::new(name, false, format!("nothing matches /{pattern}/ in: {read}"))
        }
    })
}

/// Whether the pattern matches. What is no regular expression matches nothing: loading a scenario refuses it.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
}

/// Where a pattern is claimed: the matched words of a text, unless the words before them forbid just that.
pub(super) fn claimed<'t>(pattern: &str, text: &'t str) -> Option<&'t str> {
    let pattern = Regex::new(pattern).ok()?;
    let found = pattern.find_iter(text).find(|found| !is_forbidden(text.get(..found.start()).unwrap_or_default()));
    found.map(|found| found.as_str())
}

/// Whether a text ends with words that forbid what comes next: `Do not `, `instead of `. At most one word may stand between.
fn is_forbidden(before: &str) -> bool {
    const FORBIDDING: &str = r"(?i)(\b(not|never|avoid|without|no)|\binstead of|\brather than|n['’]t)(\s+[\w-]+)?\s*$";
    Regex::new(FORBIDDING).is_ok_and(|pattern| pattern.is_match(before))
}

/// The texts, cut to what fits a table's cell.
fn excerpt(texts: &[&str]) -> String {
    /// Characters.
    const LONGEST: usize = 300;
    let joined = texts.join(" · ");
    match joined.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", joined.get(..end).unwrap_or_default()),
        None => joined,
    }
}
