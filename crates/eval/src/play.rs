//! A scenario as the subject of an investigation: its world behind the production toolbox, its clock, its trigger.

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
        Self { toolbox: AwsToolbox::new(&sdk_config(world)), clock: ScenarioClock::starting_at(scenario.now), trigger }
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
        to_the_millisecond(advanced(self.start, self.begun.elapsed()))
    }
}
