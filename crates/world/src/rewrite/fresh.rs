//! New names for resources: neutral, of the same sort, and not in use.

use std::collections::BTreeSet;

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::rename::{Names, Renamer};
use crate::Files;

/// Words that say nothing of what a resource does, nor of what is wrong with it.
const FIRST: [&str; 12] =
    ["amber", "birch", "cedar", "coral", "ember", "hazel", "indigo", "juniper", "maple", "onyx", "silver", "willow"];
const SECOND: [&str; 12] =
    ["bridge", "canyon", "field", "grove", "harbor", "hill", "island", "lake", "meadow", "ridge", "river", "valley"];

/// Invents a new name for each of `names`; the same seed gives the same names.
///
/// A name that holds another of them keeps its frame: if `orders-api` becomes `amber-lake-317`, then
/// `lambda-orders-api-errors` becomes `lambda-amber-lake-317-errors`. No new name stands in `files`.
#[must_use]
pub fn fresh_names(files: &Files, names: &BTreeSet<String>, seed: u64) -> Names {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut by_length: Vec<&String> = names.iter().collect();
    by_length.sort_by_key(|name| name.len());
    let mut fresh = Names::new();
    for name in by_length {
        let framed = Renamer::new(&fresh).text(name);
        let new = if framed == *name { unused(&mut random, files, &fresh, name) } else { framed };
        fresh.insert(name.clone(), new);
    }
    fresh
}

fn unused(random: &mut impl Rng, files: &Files, taken: &Names, name: &str) -> String {
    loop {
        let new = invent(random, name);
        if !taken.values().any(|other| other.contains(&new)) && !is_in(files, &new) {
            return new;
        }
    }
}

/// Logical ids have capitals and no hyphens; all other names allow small letters, digits and hyphens.
fn invent(random: &mut impl Rng, name: &str) -> String {
    let first = FIRST.choose(random).copied().unwrap_or_default();
    let second = SECOND.choose(random).copied().unwrap_or_default();
    let number = random.random_range(100..100_000);
    let is_logical_id = name.starts_with(char::is_uppercase) && name.chars().all(char::is_alphanumeric);
    if is_logical_id {
        format!("{}{}{number}", capitalised(first), capitalised(second))
    } else {
        format!("{first}-{second}-{number}")
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn is_in(files: &Files, name: &str) -> bool {
    files.iter().any(|(path, content)| {
        path.contains(name) || content.windows(name.len()).any(|window| window == name.as_bytes())
    })
}
