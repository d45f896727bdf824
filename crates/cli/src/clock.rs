//! The clocks: the system's, and a scenario's, which starts at the scenario's `now` and runs on.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use marple_agent::{driver::advanced, ports::Clock};

/// The system's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
    fn now(&self) -> Timestamp {
        to_the_millisecond(Timestamp::now())
    }
}

/// A scenario's clock. Durations are real; the day is the scenario's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScenarioClock {
    start: Timestamp,
    begun: Instant,
}

impl ScenarioClock {
    /// A clock that shows `start` now.
    pub(crate) fn starting_at(start: Timestamp) -> Self {
        Self { start, begun: Instant::now() }
    }
}

impl Clock for ScenarioClock {
    fn now(&self) -> Timestamp {
        let run: Duration = self.begun.elapsed();
        to_the_millisecond(advanced(self.start, run))
    }
}

/// Finer times would only be noise in reports and command lines.
fn to_the_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}
