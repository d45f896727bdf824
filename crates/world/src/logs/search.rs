//! FilterLogEvents: events of a group that match a pattern, page by page.
//!
//! A page ends after `limit` events, 1 MB of messages, or [`SCANNED`] events looked at: a search for something rare in a
//! long range gives empty pages with a token, as it does in AWS. Only a missing token ends a search.

use std::collections::BTreeSet;

use super::pattern::Pattern;
use super::{Group, LogEvent};

/// Events that one page looks at.
pub(crate) const SCANNED: usize = 10_000;
/// Bytes of a page.
const PAGE_BYTES: u64 = 1 << 20;

/// What to look for.
pub(crate) struct Search {
    pub(crate) pattern: Pattern,
    /// Epoch milliseconds, both inclusive.
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) streams: Streams,
    /// Events of a page, at most.
    pub(crate) limit: usize,
}

/// Which streams of the group.
pub(crate) enum Streams {
    All,
    Named(BTreeSet<String>),
    Prefixed(String),
}

impl Streams {
    fn contain(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(name),
            Self::Prefixed(prefix) => name.starts_with(prefix.as_str()),
        }
    }
}

/// A page of matches.
pub(crate) struct Found {
    /// With each event's place among the group's events of its millisecond: the same in every search.
    pub(crate) events: Vec<(usize, LogEvent)>,
    /// Where the next page begins.
    pub(crate) next: Option<usize>,
}

impl Search {
    /// The page that begins at `position` of the range.
    pub(crate) fn page(&self, group: &Group<'_>, position: usize) -> Found {
        let range = group.events(self.from, self.to);
        let mut events = Vec::new();
        let mut bytes = 0;
        let (mut millisecond, mut place) = (i64::MIN, 0);
        for (index, event) in range.into_iter().enumerate() {
            place = if event.timestamp == millisecond { place + 1 } else { 0 };
            millisecond = event.timestamp;
            if index < position {
                continue;
            }
            if index - position >= SCANNED || events.len() >= self.limit {
                return Found { events, next: Some(index) };
            }
            if self.streams.contain(&event.stream) && self.pattern.matches(&event.message) {
                bytes += event.stored_bytes();
                if bytes > PAGE_BYTES && !events.is_empty() {
                    return Found { events, next: Some(index) };
                }
                events.push((place, event));
            }
        }
        Found { events, next: None }
    }
}
