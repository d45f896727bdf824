//! A scenario as the subject of an investigation: its world behind the production toolbox, its clock, its trigger.

use std::sync::OnceLock;
use std::time::Instant;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::{SdkConfig, region::Region};
use jiff::Timestamp;
use marple_agent::{
    driver::{advanced, to_the_millisecond},
    ports::Clock,
};
use marple_aws::AwsToolbox;
use marple_case::Trigger;
use marple_world::World;

/// A scenario that can be investigated.
pub struct Played {
    /// The tools over its world. Requests go through the SDK's clients and are answered in process.
    pub toolbox: AwsToolbox,
    /// Its clock, started.
    pub clock: ScenarioClock,
    /// What starts its investigation.
    pub trigger: Trigger,
}

impl Played {
    /// Begins to play a world.
    pub fn new(world: &World) -> Self {
        let scenario = world.scenario();
        let trigger = match &scenario.trigger {
            marple_world::Trigger::Alarm(alarm) => Trigger::Alarm { alarm: alarm.clone() },
            marple_world::Trigger::Question(text) => Trigger::Question { text: text.clone() },
        };
        // A fixed key: a world has no secrets, and its markers shall be the same in every run.
        let toolbox = AwsToolbox::new(&sdk_config(world)).with_marker_key([0; 32]);
        Self { toolbox, clock: ScenarioClock::starting_at(scenario.now), trigger }
    }
}

fn sdk_config(world: &World) -> SdkConfig {
    // AWS's documentation example keys: the world checks no signature.
    let credentials =
        Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None, None, "scenario");
    SdkConfig::builder()
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
