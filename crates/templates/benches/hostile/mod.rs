//! Lines that are hard to mine, of several kinds: each fills a leaf or the whole tree, or makes the line like all that is there.

#![allow(unreachable_pub)] // it is a part of the bench, which has no outside

use std::fmt;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// One way to be hard to mine.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Eight random words: no line is like another.
    RandomWords,
    /// Eight words, each one of four: all lines are alike, and no word has values enough to become one.
    FewWords,
    /// Six fields with random values.
    RandomFields,
    /// Six random marks of punctuation, each four long: values without words.
    RandomMarks,
    /// One to forty random words at one of eleven levels: as many leaves.
    ManyLeaves,
    /// A status that is a random word: as many outcomes of one template.
    RandomOutcomes,
}

pub const KINDS: [Kind; 6] =
    [Kind::RandomWords, Kind::FewWords, Kind::RandomFields, Kind::RandomMarks, Kind::ManyLeaves, Kind::RandomOutcomes];

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}

impl Kind {
    /// The same lines for the same count.
    pub fn lines(self, count: usize) -> Vec<String> {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        (0..count).map(|_| self.line(&mut rng)).collect()
    }

    fn line(self, rng: &mut ChaCha8Rng) -> String {
        const LEVELS: [&str; 5] = ["INFO", "WARN", "ERROR", "DEBUG", "TRACE"];
        let list = |rng: &mut ChaCha8Rng, count: usize, item: &dyn Fn(&mut ChaCha8Rng, usize) -> String| {
            (0..count).map(|place| item(rng, place)).collect::<Vec<_>>().join(" ")
        };
        match self {
            Self::RandomWords => list(rng, 8, &|rng, _| word(rng)),
            Self::FewWords => list(rng, 8, &|rng, place| {
                format!("word{}", ["x", "y", "z", "w"][rng.random_range(0..4)].repeat(place + 1))
            }),
            Self::RandomFields => {
                list(rng, 6, &|rng, place| format!("{}={}", ["a", "b", "c", "d", "e", "f"][place], word(rng)))
            }
            Self::RandomMarks => list(rng, 6, &|rng, _| {
                (0..4).map(|_| ['!', '%', '&', ';', '~', '^', '|', '?'][rng.random_range(0..8)]).collect()
            }),
            Self::ManyLeaves => {
                let words = rng.random_range(1..41);
                format!("{} {}", LEVELS[rng.random_range(0..5)], list(rng, words, &|rng, _| word(rng)))
            }
            Self::RandomOutcomes => format!("request ended status={}", word(rng)),
        }
    }
}

/// Six letters that make no hexadecimal number.
fn word(rng: &mut ChaCha8Rng) -> String {
    (0..6).map(|_| char::from(rng.random_range(b'g'..=b'z'))).collect()
}
