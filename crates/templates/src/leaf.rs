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

/// Rows that are passed over at once.
const BLOCK: usize = 32;

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

/// One template at a leaf, and in how many words and values a line differs from it, at least; 255 stands for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Difference {
    pub(crate) words: u8,
    pub(crate) values: u8,
    /// Its row.
    pub(crate) row: u32,
    pub(crate) slot: usize,
}

/// Which templates are near enough to a line to be looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    /// Words that may differ.
    pub(crate) words: u8,
    /// Values that may differ if no word does.
    pub(crate) values: u8,
}

impl Reach {
    fn holds(self, difference: &Difference) -> bool {
        if difference.words == 0 { difference.values <= self.values } else { difference.words <= self.words }
    }
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
    pub(crate) fn push(&mut self, slot: usize, template: impl Iterator<Item = Fingerprint>) {
        if self.slots.len() == self.stride {
            self.widen();
        }
        self.slots.push(slot);
        self.set_row(self.slots.len() - 1, template);
    }

    /// Changes the fingerprints of the template in `slot`.
    pub(crate) fn set(&mut self, slot: usize, template: impl Iterator<Item = Fingerprint>) {
        if let Some(row) = self.slots.iter().position(|&other| other == slot) {
            self.set_row(row, template);
        }
    }

    fn set_row(&mut self, row: usize, template: impl Iterator<Item = Fingerprint>) {
        for (column, fingerprint) in self.fingerprints.chunks_exact_mut(self.stride).zip(template) {
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
        let kept: Vec<(usize, usize)> =
            self.slots.iter().copied().enumerate().filter(|&(_, slot)| keep(slot)).collect();
        for column in self.fingerprints.chunks_exact_mut(self.stride) {
            for (to, &(from, _)) in kept.iter().enumerate() {
                column.copy_within(from..=from, to);
            }
        }
        self.slots = kept.into_iter().map(|(_, slot)| slot).collect();
    }

    /// The templates that are near to a line with these fingerprints, in the order of their making.
    pub(crate) fn near(&self, line: &[Fingerprint], reach: Reach) -> Vec<Difference> {
        let (words, values) = self.differences(line);
        let counts = words.chunks(BLOCK).zip(values.chunks(BLOCK));
        let mut near = vec![];
        for ((first, slots), (words, values)) in (0..).step_by(BLOCK).zip(self.slots.chunks(BLOCK)).zip(counts) {
            if words.iter().fold(u8::MAX, |least, &count| least.min(count)) > reach.words {
                continue;
            }
            let rows = (first..).zip(slots).zip(words.iter().zip(values));
            let differences = rows.map(|((row, &slot), (&words, &values))| Difference { words, values, row, slot });
            near.extend(differences.filter(|difference| reach.holds(difference)));
        }
        near
    }

    /// In how many words and values a line differs from each row, at least; 255 stands for more.
    fn differences(&self, line: &[Fingerprint]) -> ([u8; MAX_AT_LEAF], [u8; MAX_AT_LEAF]) {
        let (mut words, mut values) = ([0_u8; MAX_AT_LEAF], [0_u8; MAX_AT_LEAF]);
        for (column, &Fingerprint(own)) in self.fingerprints.chunks_exact(self.stride).zip(line) {
            if own == 0 {
                continue;
            }
            for ((words, values), &other) in words.iter_mut().zip(&mut values).zip(column) {
                let differs = u8::from((other != own) & (other != 0));
                let is_word = (other | own) & 1;
                *words = words.saturating_add(differs & is_word);
                *values = values.saturating_add(differs & !is_word);
            }
        }
        (words, values)
    }

    /// The fingerprints of each token, a column a token.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &[u8]> {
        self.fingerprints.chunks_exact(self.stride)
    }
}
