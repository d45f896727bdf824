//! When an attempt that failed is followed by another: jittered waits that double, with a deadline and a number.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use marple_agent::ports::Delta;

use crate::{
    Patience,
    fault::{Fault, Kind},
};

/// The longest wait between two attempts, before jitter.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// The attempts of one turn.
#[derive(Debug)]
pub(crate) struct Retries {
    patience: Patience,
    /// Waits between attempts that were turned away; they begin anew once a stream has begun.
    refused: ExponentialBackoff,
    refused_since: Option<Instant>,
    unreachable: u32,
    /// Waits after streams that broke.
    broken: ExponentialBackoff,
    broken_left: usize,
}

impl Retries {
    pub(crate) fn new(patience: Patience) -> Self {
        Self {
            patience,
            refused: waits(patience),
            refused_since: None,
            unreachable: 0,
            broken: waits(patience),
            broken_left: patience.retries_of_stream,
        }
    }

    /// A stream has begun: the service takes requests again.
    pub(crate) fn stream_began(&mut self) {
        self.refused = waits(self.patience);
        self.refused_since = None;
        self.unreachable = 0;
    }

    /// Whether one more answer may be paid for. Counts it.
    pub(crate) fn may_repeat(&mut self) -> bool {
        let may = self.broken_left > 0;
        self.broken_left = self.broken_left.saturating_sub(1);
        may
    }

    /// How long to wait before the next attempt, and what a live view is told; `None`: there is none.
    pub(crate) fn after(&mut self, fault: &Fault, now: Instant) -> Option<(Duration, Delta)> {
        let reason = fault.to_string();
        match fault.kind() {
            Kind::Lasting => None,
            Kind::Broken => {
                let wait = if self.may_repeat() { self.broken.next()? } else { return None };
                Some((wait, Delta::Restarted { reason }))
            }
            Kind::Busy => self.after_refusal(now).map(|wait| (wait, Delta::Waiting { reason, wait })),
            Kind::Down => {
                self.unreachable += 1;
                let wait = self.after_refusal(now).filter(|_| self.unreachable <= self.patience.retries_unreachable)?;
                Some((wait, Delta::Waiting { reason, wait }))
            }
        }
    }

    fn after_refusal(&mut self, now: Instant) -> Option<Duration> {
        let since = *self.refused_since.get_or_insert(now);
        let wait = self.refused.next()?;
        let waited = now.saturating_duration_since(since).saturating_add(wait);
        (waited <= self.patience.refused_for).then_some(wait)
    }
}

fn waits(patience: Patience) -> ExponentialBackoff {
    let waits = ExponentialBuilder::default().with_jitter().without_max_times();
    waits.with_min_delay(patience.first_wait).with_max_delay(LONGEST_WAIT).build()
}

#[cfg(test)]
mod tests;
