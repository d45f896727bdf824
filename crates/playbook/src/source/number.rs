//! Literal numbers as source writes them: `30000`, `30_000`, `5e6`, `10 << 20`, `10 * 1024 * 1024`, and constants by name.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;

use super::CodeLine;

/// Constants of literal value, by name.
pub(crate) type Constants = BTreeMap<String, f64>;

static CONSTANT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^\s*(?:export\s+|public\s+|private\s+|internal\s+|protected\s+|static\s+|final\s+|readonly\s+|const\s+|let\s+|var\s+|val\s+|int\s+|long\s+|double\s+|Integer\s+|Long\s+)*([A-Za-z_]\w*)\s*(?::\s*\w+\s*)?(?::=|=)\s*([0-9][^;#/]*?)\s*(?:[;#].*|//.*)?$",
    )
    .ok()
});

/// The constants that the lines define. A name that is assigned twice is no constant.
pub(crate) fn constants(lines: &[CodeLine<'_>]) -> Constants {
    let mut constants = Constants::new();
    let mut ambiguous = Vec::new();
    for line in lines {
        let Some(found) = CONSTANT.as_ref().and_then(|pattern| pattern.captures(line.text)) else { continue };
        let (Some(name), Some(expression)) = (found.get(1), found.get(2)) else { continue };
        let Some(value) = value(expression.as_str(), &constants) else { continue };
        let name = name.as_str().to_owned();
        if constants.insert(name.clone(), value).is_some_and(|old| old != value) {
            ambiguous.push(name);
        }
    }
    constants.retain(|name, _| !ambiguous.contains(name));
    constants
}

/// The value of a product (or shift) of literals and constants; `None` for anything else.
pub(crate) fn value(expression: &str, constants: &Constants) -> Option<f64> {
    let expression = expression.trim().trim_start_matches('(').trim_end_matches(')');
    if let Some((left, right)) = expression.split_once("<<") {
        let shift = value(right, constants)?;
        return (0.0..64.0).contains(&shift).then_some(value(left, constants)? * 2f64.powf(shift));
    }
    if let Some((base, exponent)) = expression.split_once("**") {
        return Some(value(base, constants)?.powf(value(exponent, constants)?)).filter(|power| power.is_finite());
    }
    let factors = expression.split('*').map(|factor| literal(factor.trim(), constants));
    let product = factors.collect::<Option<Vec<f64>>>()?.into_iter().product::<f64>();
    product.is_finite().then_some(product)
}

fn literal(word: &str, constants: &Constants) -> Option<f64> {
    let word = word.trim_matches(['(', ')', ' ']);
    let begins = word.chars().next()?;
    if !begins.is_ascii_digit() && begins != '.' {
        let name = word.rsplit(['.', ':']).next()?;
        return constants.get(name).copied();
    }
    let digits: String = word.chars().filter(|c| *c != '_').collect();
    let digits = digits.trim_end_matches(['L', 'l', 'n', 'f', 'F', 'd', 'D', 'u', 'U']);
    digits.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A number for people: `5,000,000`.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes for people, decimal: `2.5 GB`.
pub(crate) fn bytes(number: f64) -> String {
    match number {
        n if n >= 1e9 => format!("{} GB", short(n / 1e9)),
        n if n >= 1e6 => format!("{} MB", short(n / 1e6)),
        n if n >= 1e3 => format!("{} kB", short(n / 1e3)),
        n => format!("{n:.0} bytes"),
    }
}

/// Milliseconds for people: `30 s`, `250 ms`.
pub(crate) fn duration(ms: f64) -> String {
    match ms >= 1000.0 {
        true => format!("{} s", short(ms / 1000.0)),
        false => format!("{} ms", short(ms)),
    }
}

fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
