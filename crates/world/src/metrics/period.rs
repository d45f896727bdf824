//! Periods: how AWS rounds the start of a query, and how long it keeps which period.
//!
//! Points of 60 s are kept for 15 days, of 300 s for 63 days, of 3,600 s for 455 days.

const SECOND: i64 = 1000;
const DAY: i64 = 86_400 * SECOND;
/// Age up to which a period (both in ms) is kept.
const KEPT: [(i64, i64); 3] = [(15 * DAY, 60 * SECOND), (63 * DAY, 300 * SECOND), (455 * DAY, 3600 * SECOND)];

/// The span of a query, in windows of one period that begin at its rounded start. All in ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Windows {
    pub(crate) start: i64,
    /// Exclusive.
    pub(crate) end: i64,
    pub(crate) period: i64,
}

/// Whether AWS accepts a period in seconds: 1, 5, 10, 20, 30 or a multiple of 60.
pub(crate) fn is_valid(seconds: i64) -> bool {
    matches!(seconds, 1 | 5 | 10 | 20 | 30) || (seconds > 0 && seconds % 60 == 0 && seconds <= 86_400 * 365)
}

impl Windows {
    /// Rounds the start down: to the minute (to a short period itself), for older starts to the period that is still kept.
    pub(crate) fn new(start: i64, end: i64, period_s: i64, now: i64) -> Self {
        let period = period_s.saturating_mul(SECOND);
        let age = now.saturating_sub(start);
        let grain = match age {
            _ if age > KEPT[1].0 => KEPT[2].1,
            _ if age > KEPT[0].0 => KEPT[1].1,
            _ => period.clamp(SECOND, KEPT[0].1),
        };
        Self { start: start.div_euclid(grain).saturating_mul(grain), end, period }
    }

    /// How many windows there are.
    pub(crate) fn count(&self) -> i64 {
        (self.end.saturating_sub(self.start).max(0).saturating_add(self.period - 1)) / self.period
    }

    /// The begin of the window in which `at` falls.
    pub(crate) fn of(&self, at: i64) -> i64 {
        self.start + (at - self.start).div_euclid(self.period) * self.period
    }

    /// Where the samples end that count: the end of the last window.
    pub(crate) fn samples_end(&self) -> i64 {
        self.start.saturating_add(self.count().saturating_mul(self.period))
    }

    /// Whether a point of this period that begins at `at` is still kept.
    pub(crate) fn keeps(&self, at: i64, now: i64) -> bool {
        match now - at {
            age if age <= KEPT[0].0 => true,
            age if age <= KEPT[1].0 => self.period >= KEPT[1].1,
            age => age <= KEPT[2].0 && self.period >= KEPT[2].1,
        }
    }
}
