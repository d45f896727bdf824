//! The system's clock. A scenario's is [`marple_eval::ScenarioClock`].

use jiff::Timestamp;
use marple_agent::{driver::to_the_millisecond, ports::Clock};

/// The system's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
    fn now(&self) -> Timestamp {
        to_the_millisecond(Timestamp::now())
    }
}
