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
//! | `answer` | the stream's events, folded into what was heard |
//! | `ending` | what is made of it, by the reason for which it ended |
//! | `fault`, `retries` | the SDK's errors as [`ModelError`]s, and when another attempt follows |
//! | `estimate` | what a turn will use |
//!
//! `AWS_ENDPOINT_URL_BEDROCK_RUNTIME` is honoured (the SDK does it), so anything that speaks the wire can be the model.
//! Invariants: a request that was billed is never sent again without a sign; what a void answer used is counted in the one that
//! follows, as far as the service said it.

use std::time::{Duration, Instant};

use aws_sdk_bedrockruntime::{
    Client,
    config::{StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig},
};
use aws_types::{SdkConfig, region::Region};
use futures::stream::{BoxStream, StreamExt};
use marple_agent::ports::{Answer, Delta, Estimate, Model, ModelError, Turn};
use marple_case::{Message, Role, Usage};

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

pub use models::{Family, Table, TableError};
pub use options::{Options, OptionsError};

use answer::{Assembly, Heard};
use ending::{Chances, Ending};
use fault::Fault;
use price::Tokens;
use retries::Retries;
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

    /// Opens the stream of an answer of so many tokens.
    async fn send(&self, turn: &Turn<'_>, output_tokens: u32) -> Result<answer::Events, Fault> {
        let request = request::build(&self.client, &self.settings, turn, output_tokens).map_err(Fault::request)?;
        let request = request.builder.customize().interceptor(request.order);
        let sent = tokio::time::timeout(self.patience.first_event, request.send()).await;
        let sent = sent.map_err(|_| Fault::silent(self.patience.first_event))?;
        sent.map(|output| output.stream).map_err(|error| Fault::before_stream(&error))
    }
}

/// What the answers of a turn used so far.
#[derive(Debug, Clone, Copy)]
struct Spent {
    usage: Usage,
    /// `None`: unknown.
    cost_usd: Option<f64>,
}

impl Spent {
    fn nothing() -> Self {
        Self { usage: Usage::default(), cost_usd: Some(0.0) }
    }

    /// Counts an answer. Without its usage the cost is unknown, not zero. Gives the tokens of its request.
    fn count(&mut self, settings: &Settings, heard: &Heard) -> u64 {
        let metadata = heard.metadata.as_ref();
        let tokens = metadata.and_then(|metadata| metadata.usage.as_ref()).map(Tokens::from);
        let served = metadata.map_or(settings.served, |metadata| settings.served.given(metadata));
        let cost = tokens.and_then(|tokens| settings.cost(tokens, served));
        self.cost_usd = self.cost_usd.zip(cost).map(|(so_far, more)| so_far + more);
        let usage = tokens.unwrap_or_default().usage;
        self.usage += usage;
        usage.total().saturating_sub(usage.output_tokens)
    }
}

impl Model for Bedrock {
    fn id(&self) -> &str {
        &self.settings.id
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
        let stream = async_stream::stream! {
            let begun = Instant::now();
            let mut retries = Retries::new(self.patience);
            let mut spent = Spent::nothing();
            let mut output_tokens = self.settings.first_limit(&turn);
            loop {
                let mut fault = None;
                let mut assembly = Assembly::default();
                match self.send(&turn, output_tokens).await {
                    Err(failed) => fault = Some(failed),
                    Ok(mut events) => {
                        retries.stream_began();
                        while let Some(heard) = assembly.next(&mut events, self.patience).await {
                            match heard {
                                Ok(event) => {
                                    if let Some(delta) = assembly.hear(event) {
                                        yield Ok(delta);
                                    }
                                }
                                Err(failed) => {
                                    fault = Some(failed);
                                    break;
                                }
                            }
                        }
                    }
                }
                let ended = match fault {
                    Some(fault) if !assembly.is_whole() => Err(fault),
                    _ => assembly.finish(&self.settings.id),
                };
                let fault = match ended {
                    Err(fault) => fault,
                    Ok(heard) => {
                        let stop_reason = heard.stop_reason;
                        let blocks = match self.decide(&turn, heard, output_tokens, &mut spent, &mut retries) {
                            Ending::Answered(blocks) => blocks,
                            Ending::Again { reason, output_tokens: tokens } => {
                                tracing::info!(reason, tokens, "the turn is asked again");
                                yield Ok(Delta::Restarted { reason });
                                output_tokens = tokens;
                                continue;
                            }
                        };
                        yield Ok(Delta::Finished(Answer {
                            message: Message { role: Role::Assistant, blocks },
                            usage: spent.usage,
                            stop_reason,
                            latency_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
                            cost_usd: spent.cost_usd,
                        }));
                        return;
                    }
                };
                let Some((wait, sign)) = retries.after(&fault, Instant::now()) else {
                    yield Err(fault.into_error());
                    return;
                };
                tracing::info!(reason = %fault, ?wait, "the turn begins anew");
                yield Ok(sign);
                tokio::time::sleep(wait).await;
            }
        };
        stream.boxed()
    }
}

impl Bedrock {
    /// What to do with an answer that was heard, whose cost is counted.
    fn decide(
        &self,
        turn: &Turn<'_>,
        heard: Heard,
        output_tokens: u32,
        spent: &mut Spent,
        retries: &mut Retries,
    ) -> Ending {
        let input = spent.count(&self.settings, &heard);
        let is_first_limit = output_tokens == self.settings.first_limit(turn);
        let larger = self.settings.enlarged(turn, output_tokens, input).filter(|_| is_first_limit);
        let again = ending::is_malformed(heard.stop_reason) && retries.may_repeat();
        ending::decide(heard.stop_reason, heard.parts, Chances { output_tokens, larger, again })
    }
}
