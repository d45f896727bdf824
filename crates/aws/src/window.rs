//! The span of a call: `start` and `end` of its arguments, the scope's window where they are left out, and the baseline
//! that belongs to it.

use jiff::{SignedDuration, Timestamp};
use marple_case::{Scope, Window};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Fills in what the arguments leave out. A bound that would turn the scope's window around is completed with the window's
/// length instead.
///
/// # Errors
/// What is wrong with the span, in words for a model.
pub(crate) fn fill(start: &mut Option<Timestamp>, end: &mut Option<Timestamp>, scope: &Scope) -> Result<(), String> {
    let length = scope.window.length();
    let filled = match (*start, *end) {
        (None, None) => scope.window,
        (Some(start), None) if start < scope.window.end => Window { start, end: scope.window.end },
        (Some(start), None) => Window { start, end: later(start, length).min(scope.now) },
        (None, Some(end)) if end > scope.window.start => Window { start: scope.window.start, end },
        (None, Some(end)) => Window { start: later(end, -length), end },
        (Some(start), Some(end)) => Window { start, end },
    };
    if filled.start >= filled.end {
        return Err(format!(
            "start {} is not before end {}; now is {}, the incident's window is {}",
            filled.start, filled.end, scope.now, scope.window
        ));
    }
    (*start, *end) = (Some(filled.start), Some(filled.end));
    Ok(())
}

/// The span of normalised arguments.
pub(crate) fn of(start: Option<Timestamp>, end: Option<Timestamp>, scope: &Scope) -> Window {
    Window { start: start.unwrap_or(scope.window.start), end: end.unwrap_or(scope.window.end) }
}

/// What a span is compared with: the same span as long before it as the scope's baseline is before the scope's window, or
/// as many whole days more as it takes for the two not to overlap.
pub(crate) fn baseline(window: Window, scope: &Scope) -> Window {
    let mut shift = scope.window.start.duration_since(scope.baseline.start);
    if shift <= SignedDuration::ZERO {
        shift = DAY;
    }
    if shift < window.length() {
        let days = (window.length().as_secs() + DAY.as_secs() - 1) / DAY.as_secs();
        shift = SignedDuration::from_secs(days.saturating_mul(DAY.as_secs()));
    }
    window.earlier_by(shift)
}

/// A moment later (or earlier, by a negative span); the moment itself at the calendar's ends.
pub(crate) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(at)
}

#[cfg(test)]
mod tests;
