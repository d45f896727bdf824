//! Spans of time: widened by a margin, joined where they touch, and what of one is not in others.

use jiff::{SignedDuration, Timestamp};
use marple_case::Window;

/// The same spans, each wider by the margin on both sides, none later than `latest`; those that touch are one. Oldest first.
pub(crate) fn widened(spans: &[Window], margin: SignedDuration, latest: Timestamp) -> Vec<Window> {
    let wide = spans.iter().map(|span| Window {
        start: span.start.checked_sub(margin).unwrap_or(span.start),
        end: span.end.checked_add(margin).unwrap_or(span.end).min(latest),
    });
    let mut wide: Vec<Window> = wide.filter(|span| span.start < span.end).collect();
    wide.sort_by_key(|span| span.start);
    let mut joined: Vec<Window> = Vec::new();
    for span in wide {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

/// What of `spans` lies in none of `known`, in pieces of at most `piece`; those nearest to `moment` first.
pub(crate) fn unread(spans: &[Window], known: &[Window], piece: SignedDuration, moment: Timestamp) -> Vec<Window> {
    let known = widened(known, SignedDuration::ZERO, Timestamp::MAX);
    let mut left = Vec::new();
    for span in spans {
        let mut start = span.start;
        for inner in known.iter().filter(|inner| inner.start < span.end && span.start < inner.end) {
            if start < inner.start {
                left.push(Window { start, end: inner.start });
            }
            start = start.max(inner.end);
        }
        if start < span.end {
            left.push(Window { start, end: span.end });
        }
    }
    let mut pieces: Vec<Window> = left.into_iter().flat_map(|span| pieces(span, piece)).collect();
    pieces.sort_by_key(|span| span.start.duration_since(moment).abs().min(span.end.duration_since(moment).abs()));
    pieces
}

fn pieces(span: Window, piece: SignedDuration) -> impl Iterator<Item = Window> {
    std::iter::successors(Some(span.start), move |start| start.checked_add(piece).ok())
        .take_while(move |start| *start < span.end)
        .map(move |start| Window { start, end: start.checked_add(piece).unwrap_or(span.end).min(span.end) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn span(start: i64, end: i64) -> Window {
        let hour = |hour: i64| Timestamp::from_second(hour * 3600).unwrap();
        Window { start: hour(start), end: hour(end) }
    }

    #[test]
    fn spans_that_touch_after_widening_are_one_and_none_is_later_than_now() {
        let now = span(0, 50).end;
        let hour = SignedDuration::from_hours(1);
        assert_eq!(widened(&[span(48, 50), span(10, 12), span(13, 14)], hour, now), [span(9, 15), span(47, 50)]);
    }

    #[test]
    fn what_was_read_is_not_read_again_and_the_nearest_comes_first() {
        let three = SignedDuration::from_hours(3);
        let pieces = unread(&[span(0, 20)], &[span(8, 10), span(9, 12)], three, span(10, 11).start);
        assert_eq!(pieces, [span(6, 8), span(12, 15), span(3, 6), span(15, 18), span(0, 3), span(18, 20)]);
    }
}
