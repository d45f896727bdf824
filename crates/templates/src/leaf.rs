//! A leaf: templates of one skeleton, and a fingerprint of each of their tokens.
//!
//! A line is held against all templates at its leaf. Comparing texts, that took 25 µs for a full leaf, and somebody who
//! writes lines in which hardly a word repeats fills it. So each token has a [`Fingerprint`] of one byte, and all
//! templates' fingerprints of one token stand side by side: comparing them is a loop over two arrays of bytes, which the
//! compiler turns into vector instructions. What is counted is a lower bound (two texts may have one fingerprint): it rules
//! templates out, and the few that remain are compared by their texts.
//!
//! Invariant: row `k` of the fingerprints is the template in slot `slots[k]`, in the order of their making.

use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::fast::FixedState;

/// Templates at one leaf, at most.
pub(crate) const MAX_AT_LEAF: usize = 256;

/// A token's text in one byte: 0 if any text fits, odd for a word of the message, even for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(u8);

impl Fingerprint {
    pub(crate) const ANY: Self = Self(0);

    pub(crate) fn of_word(text: &[u8]) -> Self {
        Self(hash(text) | 1)
    }

    pub(crate) fn of_value(text: &[u8]) -> Self {
        Self((hash(text) & !1).max(2))
    }

    pub(crate) fn byte(self) -> u8 {
        self.0
    }
}

fn hash(text: &[u8]) -> u8 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    hasher.write(text);
    // Any byte would do.
    hasher.finish().to_be_bytes()[0]
}

/// In how many tokens a line differs from each template at a leaf, at least; 255 stands for more.
pub(crate) struct Differences {
    words: [u8; MAX_AT_LEAF],
    values: [u8; MAX_AT_LEAF],
}

/// One template at a leaf, and in how many words and values a line differs from it, at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Difference {
    pub(crate) words: usize,
    pub(crate) values: usize,
    /// Its row.
    pub(crate) row: usize,
    pub(crate) slot: usize,
}

#[derive(Debug)]
pub(crate) struct Leaf {
    slots: Vec<usize>,
    /// Of each token, `stride` fingerprints, of which the first `slots.len()` are in use.
    fingerprints: Vec<u8>,
    stride: usize,
}

impl Leaf {
    pub(crate) fn new(tokens: usize) -> Self {
        Self { slots: vec![], fingerprints: vec![0; tokens], stride: 1 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(crate) fn slots(&self) -> &[usize] {
        &self.slots
    }

    /// Adds a template.
    pub(crate) fn push(&mut self, slot: usize, line: impl Iterator<Item = Fingerprint>) {
        if self.slots.len() == self.stride {
            self.widen();
        }
        self.slots.push(slot);
        self.set(slot, line);
    }

    /// Changes the fingerprints of the template in `slot`.
    pub(crate) fn set(&mut self, slot: usize, line: impl Iterator<Item = Fingerprint>) {
        let Some(row) = self.slots.iter().position(|&other| other == slot) else {
            return;
        };
        for (column, fingerprint) in self.fingerprints.chunks_exact_mut(self.stride).zip(line) {
            if let Some(place) = column.get_mut(row) {
                *place = fingerprint.0;
            }
        }
    }

    /// Doubles the room in each column.
    fn widen(&mut self) {
        let mut wider = vec![0; self.fingerprints.len() * 2];
        for (column, old) in wider.chunks_exact_mut(self.stride * 2).zip(self.fingerprints.chunks_exact(self.stride)) {
            if let Some(kept) = column.get_mut(..self.stride) {
                kept.copy_from_slice(old);
            }
        }
        self.fingerprints = wider;
        self.stride *= 2;
    }

    /// Removes the templates of which `keep` is false.
    pub(crate) fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        let kept: Vec<usize> = (0..self.slots.len()).filter(|&row| self.slots.get(row).is_some_and(|&slot| keep(slot))).collect();
        for column in self.fingerprints.chunks_exact_mut(self.stride) {
            for (to, &from) in kept.iter().enumerate() {
                column.copy_within(from..=from, to);
            }
        }
        self.slots.retain(|&slot| keep(slot));
    }

    /// Holds a line's fingerprints against those of all templates.
    pub(crate) fn differences(&self, line: &[Fingerprint]) -> Differences {
        let mut differences = Differences { words: [0; MAX_AT_LEAF], values: [0; MAX_AT_LEAF] };
        for (column, &Fingerprint(own)) in self.fingerprints.chunks_exact(self.stride).zip(line) {
            if own == 0 {
                continue;
            }
            let counts = differences.words.iter_mut().zip(&mut differences.values);
            for ((words, values), &other) in counts.zip(column) {
                let differs = u8::from((other != own) & (other != 0));
                let is_word = (other | own) & 1;
                *words = words.saturating_add(differs & is_word);
                *values = values.saturating_add(differs & !is_word);
            }
        }
        differences
    }

    /// The templates with their differences, in the order of their making.
    pub(crate) fn rows<'a>(&'a self, differences: &'a Differences) -> impl Iterator<Item = Difference> + 'a {
        let counts = differences.words.iter().zip(&differences.values);
        self.slots.iter().zip(counts).enumerate().map(|(row, (&slot, (&words, &values)))| Difference {
            words: usize::from(words),
            values: usize::from(values),
            row,
            slot,
        })
    }

    /// The fingerprints of each token, a column a token.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &[u8]> {
        self.fingerprints.chunks_exact(self.stride)
    }
}
