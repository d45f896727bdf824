//! A language model over Amazon Bedrock's ConverseStream.
//!
//! ```text
//! Turn ─▶ request (our types to the SDK's) ─▶ ConverseStream ─▶ answer (events to deltas and one Answer)
//!                          ▲                        │
//!                          └── retry ◀── fault ◀────┘   what the SDK does not retry: model timeouts, model errors, cut streams
//! ```
//! Two sorts of retries, never multiplied: the SDK repeats what the service turned away before the stream began, which costs
//! nothing; this crate repeats what broke after that, which is paid for again.
//!
//! | module | subject |
//! |---|---|
//! | `request` | a turn as a ConverseStream request |
//! | `answer` | the stream's events, folded into an answer |
//! | `fault` | the SDK's errors as [`ModelError`]s, and which of them are worth another try |
//! | `order` | the author's order of JSON members on the wire, which prompt caches need |
//! | `reasoning` | reasoning blocks, kept and sent back as they came |
//! | `models` | what a family of models accepts and costs, from `models.toml` |
//!
//! `AWS_ENDPOINT_URL_BEDROCK_RUNTIME` is honoured (the SDK does it), so anything that speaks the wire can be the model.
//! Invariant: a request that was billed is never sent again without a sign: a restart is a [`Delta::Restarted`].

use std::time::{Duration, Instant};

use aws_sdk_bedrockruntime::{
    Client,
    config::{StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig},
};
use aws_types::SdkConfig;
use backon::{BackoffBuilder, ExponentialBuilder};
use futures::stream::{BoxStream, StreamExt};
use marple_agent::ports::{Answer, Delta, Model, ModelError, Turn};

mod answer;
mod document;
mod fault;
mod models;
mod order;
mod reasoning;
mod request;

use answer::Assembly;
use fault::Fault;
use models::Family;

/// How long to wait for a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From the request to the first event. A model may think for minutes before it says anything.
    pub first_event: Duration,
    /// Between two events.
    pub between_events: Duration,
    /// Further attempts after the service turned the request away before the stream began: throttling, 5xx, no connection.
    /// Nothing is paid for them.
    pub retries_before_stream: u32,
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
            // With waits of 1, 2, 4, 8 and 16 s at most: a throttle by the minute often passes.
            retries_before_stream: 5,
            retries_of_stream: 3,
            first_wait: Duration::from_secs(1),
        }
    }
}

impl Patience {
    fn sdk_retries(self) -> RetryConfig {
        let attempts = self.retries_before_stream.saturating_add(1);
        RetryConfig::standard().with_max_attempts(attempts).with_initial_backoff(self.first_wait)
    }
}

/// One Bedrock model.
#[derive(Debug, Clone)]
pub struct Bedrock {
    client: Client,
    id: String,
    family: Family,
    patience: Patience,
}

impl Bedrock {
    /// A model by its id or inference profile, with the account's configuration. No request is made.
    pub fn new(config: &SdkConfig, id: &str) -> Self {
        let patience = Patience::default();
        let config = aws_sdk_bedrockruntime::config::Builder::from(config)
            // A model that thinks sends nothing for minutes: the watchdog of `answer` has its own limits.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .retry_config(patience.sdk_retries())
            .timeout_config(TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).build())
            .build();
        Self {
            client: Client::from_conf(config),
            id: id.to_owned(),
            family: models::family(id),
            patience: Patience::default(),
        }
    }

    /// The same model with other waits.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        let config = self.client.config().to_builder().retry_config(patience.sdk_retries()).build();
        Self { client: Client::from_conf(config), patience, ..self }
    }

    /// Opens the stream.
    async fn send(&self, turn: &Turn<'_>) -> Result<answer::Events, Fault> {
        let request = request::build(&self.client, &self.id, &self.family, turn).map_err(Fault::request)?;
        let request = request.customize().interceptor(request::authors_order(turn));
        let sent = tokio::time::timeout(self.patience.first_event, request.send()).await;
        let sent = sent.map_err(|_| Fault::silent(self.patience.first_event))?;
        sent.map(|output| output.stream).map_err(|error| Fault::before_stream(&error))
    }

    /// The finished answer of an assembly.
    fn finish(&self, assembly: Assembly, begun: Instant) -> Result<Answer, Fault> {
        let latency_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (message, stop_reason, usage) = assembly.finish(&self.id)?;
        // Without usage the cost is unknown, not zero.
        let cost_usd = usage.and_then(|usage| self.family.cost_usd(&self.id, usage));
        Ok(Answer { message, usage: usage.unwrap_or_default(), stop_reason, latency_ms, cost_usd })
    }
}

impl Model for Bedrock {
    fn id(&self) -> &str {
        &self.id
    }

    fn answer<'a>(&'a self, turn: Turn<'a>) -> BoxStream<'a, Result<Delta, ModelError>> {
        let waits = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(self.patience.first_wait)
            .with_max_times(self.patience.retries_of_stream);
        let stream = async_stream::stream! {
            let begun = Instant::now();
            let mut waits = waits.build();
            loop {
                let mut fault = None;
                let mut assembly = Assembly::default();
                match self.send(&turn).await {
                    Err(failed) => fault = Some(failed),
                    Ok(mut events) => {
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
                let finished = match fault {
                    Some(fault) if !assembly.is_whole() => Err(fault),
                    _ => self.finish(assembly, begun),
                };
                match finished {
                    Ok(answer) => {
                        yield Ok(Delta::Finished(answer));
                        return;
                    }
                    Err(fault) => {
                        let wait = if fault.is_passing() { waits.next() } else { None };
                        let Some(wait) = wait else {
                            yield Err(fault.into_error());
                            return;
                        };
                        tracing::info!(reason = %fault, ?wait, "the turn begins anew");
                        yield Ok(Delta::Restarted { reason: fault.to_string() });
                        tokio::time::sleep(wait).await;
                    }
                }
            }
        };
        stream.boxed()
    }
}
