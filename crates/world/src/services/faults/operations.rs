//! Which operations a fault is about.

/// Whether one of the patterns means this `service:Operation`.
pub(super) fn any_matches(patterns: &[String], action: &str) -> bool {
    patterns.iter().any(|pattern| wildcard_matches(pattern, action))
}

/// IAM's matching of actions: `*` stands for any run of characters, letters compare without case.
fn wildcard_matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| action.strip_prefix(first)) else {
        return false;
    };
    let mut last_was_open = false;
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        last_was_open = part.is_empty();
        if parts.peek().is_none() {
            return last_was_open || rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    last_was_open
}
