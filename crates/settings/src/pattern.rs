//! Patterns of names: `orders-*-prod`.

use serde::Deserialize;

/// A pattern of names. `*` stands for any run of characters, `?` for one; upper and lower case are the same.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern(String);

impl TryFrom<String> for Pattern {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.trim().is_empty() {
            Err("an empty pattern matches no name; write one such as \"prod-*\"")
        } else {
            Ok(Self(text))
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Pattern {
    /// Whether it matches a whole name.
    pub fn matches(&self, name: &str) -> bool {
        let pattern: Vec<char> = self.0.to_lowercase().chars().collect();
        let name: Vec<char> = name.to_lowercase().chars().collect();
        matches(&pattern, &name)
    }
}

/// Greedy, with one place to go back to: linear but for the last `*`, so that no pattern is slow.
fn matches(pattern: &[char], name: &[char]) -> bool {
    let (mut at, mut seen) = (0, 0);
    // The place after the last `*`, and how much of the name it has swallowed.
    let mut back: Option<(usize, usize)> = None;
    while seen < name.len() {
        match pattern.get(at) {
            Some('*') => {
                at += 1;
                back = Some((at, seen));
            }
            Some(wanted) if *wanted == '?' || Some(wanted) == name.get(seen) => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((after, swallowed)) = back else { return false };
                at = after;
                seen = swallowed + 1;
                back = Some((after, seen));
            }
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|rest| *rest == '*')
}
