//! A scenario as the subject of an investigation: its world behind the production toolbox, its clock, its trigger.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region};
use jiff::Timestamp;
use marple_agent::{
    driver::{advanced, to_the_millisecond},
    ports::Clock,
};
use marple_aws::AwsToolbox;
use marple_case::Trigger;
use marple_world::World;

/// Attempts of one operation, as in production.
const ATTEMPTS: u32 = 5;

/// A scenario that can be investigated.
pub struct Played {
    /// The tools over its world. Requests go through the SDK's clients and are answered in process.
    pub toolbox: AwsToolbox,
    /// Its clock, started.
    pub clock: ScenarioClock,
    /// What starts its investigation.
    pub trigger: Trigger,
}

/// How long requests of a played world are waited for, and how soon they are made again. A world answers at once or never: the waits of
/// production would only be slow.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Of one attempt.
    pub attempt: Duration,
    /// Of an operation with all its attempts; a download has as long.
    pub operation: Duration,
    /// Before the second attempt; each further wait is up to twice as long.
    pub first_wait: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Self { attempt: ms(8_000), operation: ms(20_000), first_wait: ms(5) }
    }
}

impl Played {
    /// Begins to play a world.
    pub fn new(world: &World) -> Self {
        Self::at(Pace::default(), world)
    }

    /// Begins to play a world at a pace.
    pub fn at(pace: Pace, world: &World) -> Self {
        let scenario = world.scenario();
        let trigger = match &scenario.trigger {
            marple_world::Trigger::Alarm(alarm) => Trigger::Alarm { alarm: alarm.clone() },
            marple_world::Trigger::Question(text) => Trigger::Question { text: text.clone() },
        };
        // A fixed key: a world has no secrets, and its markers shall be the same in every run.
        let toolbox = AwsToolbox::new(&sdk_config(world, pace)).with_marker_key([0; 32]);
        Self { toolbox, clock: ScenarioClock::starting_at(scenario.now), trigger }
    }
}

/// The SDK's configuration for a world: region, credentials that nobody checks, and the world itself as the HTTP client.
pub fn sdk_config(world: &World, pace: Pace) -> SdkConfig {
    // AWS's documentation example keys: the world checks no signature.
    let credentials =
        Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None, None, "scenario");
    let limits = TimeoutConfig::builder().operation_attempt_timeout(pace.attempt).operation_timeout(pace.operation);
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(pace.first_wait)
        .with_max_backoff(pace.first_wait * 8);
    SdkConfig::builder()
        .timeout_config(limits.build())
        .retry_config(retries)
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(world.scenario().region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(world.http_client())
        .build()
}

/// A scenario's clock. Durations are real; the day is the scenario's.
///
/// It stands still until it is read, so that an investigation begins at the same millisecond every time: its first request to a model is
/// then the same to the letter, and prompt caches hit.
#[derive(Debug, Clone)]
pub struct ScenarioClock {
    start: Timestamp,
    begun: OnceLock<Instant>,
}

impl ScenarioClock {
    /// A clock that shows `start` when it is read first.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, begun: OnceLock::new() }
    }
}

impl Clock for ScenarioClock {
    fn now(&self) -> Timestamp {
        let begun = self.begun.get_or_init(Instant::now);
        to_the_millisecond(advanced(self.start, begun.elapsed()))
    }
}
