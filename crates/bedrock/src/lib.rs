//! A language model over Amazon Bedrock's ConverseStream.
//!
//! ```text
//! Turn ─▶ request (our types to the SDK's) ─▶ ConverseStream ─▶ answer (events to deltas and one Answer)
//!                          ▲                        │
//!                          └── retry ◀── fault ◀────┘   what the SDK does not retry: model timeouts, model errors, cut streams
//! ```
//! Every attempt is this crate's own: what was turned away before the stream began cost nothing and is asked again for a while
//! ([`Delta::Waiting`]); what broke after that is paid for again, and asked again a few times ([`Delta::Restarted`]).
//!
//! | module | subject |
//! |---|---|
//! | [`options`] | what a user may set |
//! | [`models`], [`price`] | what a family of models accepts and costs, from `models.toml` and a user's file |
//! | `settings` | both, resolved for one model |
//! | `request` | a turn as a ConverseStream request |
//! | `cache`, `thinking` | its cache points; its fields for thinking |
//! | `order` | the author's order of JSON members on the wire, which prompt caches need |
//! | `reach` | whether a model answers at all |
//! | `reasoning` | reasoning blocks, kept and sent back as they came |
//! | `turn` | the attempts of one turn |
//! | `answer` | the stream's events, folded into what was heard |
//! | `ending` | what is made of it, by the reason for which it ended |
//! | `fault`, `retries` | the SDK's errors as [`ModelError`]s, and when another attempt follows |
//! | `estimate` | what a turn will use |
//!
//! `AWS_ENDPOINT_URL_BEDROCK_RUNTIME` is honoured (the SDK does it), so anything that speaks the wire can be the model.
//! Invariants: a request that was billed is never sent again without a sign; what a void answer used is counted in the one that
//! follows, as far as the service said it.

use std::time::Duration;

use aws_sdk_bedrockruntime::{
    Client,
    config::{StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig},
};
use aws_types::{SdkConfig, region::Region};
use futures::stream::{BoxStream, StreamExt};
use marple_agent::ports::{Delta, Estimate, Model, ModelError, Turn};

pub mod models;
pub mod options;
pub mod price;

mod answer;
mod cache;
mod document;
mod ending;
mod estimate;
mod fault;
mod order;
mod reach;
mod reasoning;
mod request;
mod retries;
mod settings;
mod thinking;
mod turn;

pub use models::{Family, Table, TableError};
pub use options::{Options, OptionsError};

use settings::Settings;

/// How long to wait for a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From the request to the first event. A model may think for minutes before it says anything.
    pub first_event: Duration,
    /// Between two events.
    pub between_events: Duration,
    /// How long a service that turns requests away is asked again: throttling, 5xx, no connection. Nothing is paid for that.
    pub refused_for: Duration,
    /// Further attempts, within that time, at a service that fails or cannot be reached at all.
    pub retries_unreachable: u32,
    /// Further attempts after a stream broke, or never began. Each may be paid for like the first.
    pub retries_of_stream: usize,
    /// The wait before the first retry; it doubles with each, and is jittered.
    pub first_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first_event: Duration::from_secs(300),
            between_events: Duration::from_secs(90),
            // Quotas are by the minute: after two, a throttle is not one that passes.
            refused_for: Duration::from_secs(120),
            retries_unreachable: 4,
            retries_of_stream: 3,
            first_wait: Duration::from_secs(1),
        }
    }
}

/// One Bedrock model.
#[derive(Debug, Clone)]
pub struct Bedrock {
    client: Client,
    settings: Settings,
    patience: Patience,
}

impl Bedrock {
    /// A model by its id, inference profile or ARN, with the account's configuration. No request is made.
    pub fn new(config: &SdkConfig, id: &str) -> Self {
        Self::with(config, Settings::plain(id, &Table::embedded()))
    }

    /// The same with a user's options and table of models.
    pub fn configured(config: &SdkConfig, id: &str, options: Options, table: &Table) -> Result<Self, OptionsError> {
        Ok(Self::with(config, Settings::new(id, options, table)?))
    }

    fn with(config: &SdkConfig, settings: Settings) -> Self {
        let mut config = aws_sdk_bedrockruntime::config::Builder::from(config)
            // A model that thinks sends nothing for minutes: the watchdog of `answer` has its own limits.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).build());
        if let Some(region) = settings::region_of(&settings.id) {
            config = config.region(Region::new(region.to_owned()));
        }
        Self { client: Client::from_conf(config.build()), settings, patience: Patience::default() }
    }

    /// The same model with other waits.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// What is known of the model.
    pub fn family(&self) -> &Family {
        &self.settings.family
    }
}

impl Model for Bedrock {
    fn id(&self) -> &str {
        &self.settings.id
    }

    fn provider(&self) -> &'static str {
        "aws.bedrock"
    }

    fn context_window(&self) -> Option<u64> {
        self.settings.family.context_window
    }

    fn estimate(&self, turn: &Turn<'_>) -> Option<Estimate> {
        let Settings { family, cache, served, .. } = &self.settings;
        let input_tokens = estimate::input_tokens(turn);
        let output_tokens = u64::from(self.settings.first_limit(turn));
        let at_most = |price: price::Price| price.at_most(input_tokens, output_tokens, cache.is_some(), *served);
        Some(Estimate { input_tokens, output_tokens, cost_usd: family.price.and_then(at_most) })
    }

    fn answer<'a>(&'a self, turn: Turn<'a>) -> BoxStream<'a, Result<Delta, ModelError>> {
        self.take(turn).boxed()
    }
}
