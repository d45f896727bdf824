//! The clocks: the system's, and a scenario's, which starts at the scenario's `now` and runs on.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use marple_agent::{driver::advanced, ports::Clock};

/// The system's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A scenario's clock. Durations are real; the day is the scenario's.
#[derive(Debug, Clone, Copy)]
pub struct ScenarioClock {
    start: Timestamp,
    begun: Instant,
}

impl ScenarioClock {
    /// A clock that shows `start` now.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, begun: Instant::now() }
    }
}

impl Clock for ScenarioClock {
    fn now(&self) -> Timestamp {
        let run: Duration = self.begun.elapsed();
        advanced(self.start, run)
    }
}
