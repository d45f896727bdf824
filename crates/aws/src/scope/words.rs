//! Resources by the words of their names: "checkout is slow" is about `shop-checkout`. Pure.
//!
//! A guess, and told as one: it is made only where nothing is named to the letter. Words that many names hold say little, those that one name
//! holds say most.

use std::collections::{BTreeMap, BTreeSet};

/// Resources that words may lead to at most; where more fit equally well, none is meant.
const MOST: usize = 3;
/// Words of names and alarms that say nothing of what a thing is for.
const GENERAL: [&str; 44] = [
    "service",
    "api",
    "app",
    "lambda",
    "function",
    "handler",
    "ecs",
    "fargate",
    "cluster",
    "task",
    "worker",
    "job",
    "queue",
    "server",
    "backend",
    "prod",
    "production",
    "staging",
    "stage",
    "dev",
    "test",
    "main",
    "public",
    "internal",
    "alarm",
    "alert",
    "error",
    "fail",
    "failed",
    "failure",
    "high",
    "low",
    "slow",
    "count",
    "rate",
    "latency",
    "depth",
    "missing",
    "the",
    "and",
    "for",
    "with",
    "not",
    "has",
];

/// The names that fit a text best by their words; none if more than three fit equally well, or no word that says anything is theirs.
pub(super) fn fitting<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let spoken = words(text);
    let names: BTreeMap<&str, BTreeSet<String>> = names.map(|name| (name, words(name))).collect();
    let holders = |word: &String| names.values().filter(|words| words.contains(word)).count();
    let weight =
        |words: &BTreeSet<String>| words.intersection(&spoken).map(|word| 1.0 / holders(word) as f64).sum::<f64>();
    let weighed: Vec<(&str, f64)> = names.iter().map(|(name, words)| (*name, weight(words))).collect();
    let best = weighed.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
    let fitting = weighed.into_iter().filter(|(_, weight)| best > 0.0 && best - weight < 1e-9);
    Some(fitting.map(|(name, _)| name).collect::<Vec<_>>()).filter(|names| names.len() <= MOST).unwrap_or_default()
}

/// The words that say something: in lower case, three letters or more, in the singular; `orderExport` is two.
fn words(text: &str) -> BTreeSet<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for character in text.chars() {
        if !character.is_alphabetic() || character.is_uppercase() && was_small {
            words.push(String::new());
        }
        was_small = character.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| character.is_alphabetic()) {
            word.extend(character.to_lowercase());
        }
    }
    let singular = |word: String| match word.strip_suffix('s') {
        Some(one) if !one.ends_with('s') => one.to_owned(),
        _ => word,
    };
    let says = |word: &String| word.chars().count() >= 3 && !GENERAL.contains(&word.as_str());
    words.into_iter().map(singular).filter(says).collect()
}

#[cfg(test)]
mod tests;
