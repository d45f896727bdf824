//! Masked lines seen lately, and their templates: what lets most lines skip the tree.
//!
//! A table with one place for each hash; a newer line takes an older one's place. The text is compared, so that a collision
//! costs time and never a wrong answer, and the id, so that a place that was used again is not mistaken.

use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::fast::FixedState;

use super::templates::{Place, Templates};

/// Places in the table: a power of two. With [`MAX_BYTES`] it bounds the table's memory to some 5 MiB.
const PLACES: usize = 8192;

/// Longer masked lines are not kept.
const MAX_BYTES: usize = 512;

#[derive(Debug)]
pub(super) struct Recent {
    places: Vec<Option<Seen>>,
}

#[derive(Debug)]
struct Seen {
    hash: u64,
    id: u64,
    place: Place,
    text: Vec<u8>,
}

impl Default for Recent {
    fn default() -> Self {
        Self { places: (0..PLACES).map(|_| None).collect() }
    }
}

impl Recent {
    #[inline]
    pub(super) fn hash(text: &[u8]) -> u64 {
        let mut hasher = FixedState::with_seed(0).build_hasher();
        hasher.write(text);
        hasher.finish()
    }

    /// The place of this text's lines, if it is still there.
    #[inline]
    pub(super) fn get(&self, hash: u64, text: &[u8], templates: &Templates) -> Option<Place> {
        let seen = self.places.get(index(hash))?.as_ref()?;
        (seen.hash == hash && seen.text == text && templates.id_at(seen.place)? == seen.id).then_some(seen.place)
    }

    pub(super) fn put(&mut self, hash: u64, text: &[u8], place: Place, templates: &Templates) {
        let (Some(entry), Some(id)) = (self.places.get_mut(index(hash)), templates.id_at(place)) else {
            return;
        };
        if text.len() > MAX_BYTES {
            return;
        }
        let mut kept = entry.take().map(|seen| seen.text).unwrap_or_default();
        kept.clear();
        kept.extend_from_slice(text);
        *entry = Some(Seen { hash, id, place, text: kept });
    }
}

fn index(hash: u64) -> usize {
    usize::try_from(hash % PLACES as u64).unwrap_or_default()
}
