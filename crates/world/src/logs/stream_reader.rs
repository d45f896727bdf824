//! GetLogEvents: one stream, forward or backward, by tokens that never end.
//!
//! A token is a position in the stream: `f/…` reads on from it, `b/…` reads what stands before it. At either end the same
//! token comes back, with an empty page; that is how a reader learns that there is no more.

use super::{Group, LogEvent, Stream};

/// Bytes of a page.
const PAGE_BYTES: u64 = 1 << 20;

/// Which events of the stream, and how many at once.
pub(crate) struct Reading {
    /// Epoch milliseconds, inclusive.
    pub(crate) from: i64,
    /// Epoch milliseconds, exclusive.
    pub(crate) to: i64,
    pub(crate) limit: usize,
    pub(crate) start: Start,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Head,
    Tail,
    Forward(usize),
    Backward(usize),
}

/// A page of a stream.
pub(crate) struct StreamPage {
    pub(crate) events: Vec<LogEvent>,
    pub(crate) forward: String,
    pub(crate) backward: String,
}

impl Start {
    /// Reads a token; none if the service never gave it out.
    pub(crate) fn of_token(token: &str) -> Option<Self> {
        let (direction, position) = token.split_once('/')?;
        let position = position.strip_suffix("/s")?.parse().ok()?;
        match direction {
            "f" => Some(Self::Forward(position)),
            "b" => Some(Self::Backward(position)),
            _ => None,
        }
    }
}

fn token(direction: char, position: usize) -> String {
    format!("{direction}/{position:056}/s")
}

impl Reading {
    /// The page of `stream`.
    pub(crate) fn page(&self, group: &Group<'_>, stream: &Stream) -> StreamPage {
        let all: Vec<LogEvent> =
            group.events(stream.first, stream.last).into_iter().filter(|event| event.stream == stream.name).collect();
        let low = all.partition_point(|event| event.timestamp < self.from);
        let high = all.partition_point(|event| event.timestamp < self.to).max(low);
        let (start, end) = match self.start {
            Start::Head => self.forward(&all, low, high),
            Start::Forward(position) => self.forward(&all, position.clamp(low, high), high),
            Start::Tail => self.backward(&all, low, high),
            Start::Backward(position) => self.backward(&all, low, position.clamp(low, high)),
        };
        let events = all.get(start..end).unwrap_or_default().to_vec();
        StreamPage { events, forward: token('f', end), backward: token('b', start) }
    }

    fn forward(&self, all: &[LogEvent], start: usize, high: usize) -> (usize, usize) {
        let fitting = self.fitting(all.get(start..high).unwrap_or_default().iter());
        (start, start + fitting)
    }

    fn backward(&self, all: &[LogEvent], low: usize, end: usize) -> (usize, usize) {
        let fitting = self.fitting(all.get(low..end).unwrap_or_default().iter().rev());
        (end - fitting, end)
    }

    /// How many of the events fit into a page; at least one.
    fn fitting<'e>(&self, events: impl Iterator<Item = &'e LogEvent>) -> usize {
        let mut bytes = 0;
        events
            .take(self.limit)
            .enumerate()
            .take_while(|(index, event)| {
                bytes += event.stored_bytes();
                bytes <= PAGE_BYTES || *index == 0
            })
            .count()
    }
}
