//! A language model over Amazon Bedrock's ConverseStream.
//!
//! ```text
//! Turn ─▶ request (our types to the SDK's) ─▶ ConverseStream ─▶ answer (events to deltas and one Answer)
//!                          ▲                        │
//!                          └── retry ◀── fault ◀────┘   what the SDK does not retry: model timeouts, model errors, cut streams
//! ```
//! | module | subject |
//! |---|---|
//! | `request` | a turn as a ConverseStream request |
//! | `answer` | the stream's events, folded into an answer |
//! | `fault` | the SDK's errors as [`ModelError`]s, and which of them are worth another try |
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
    /// Attempts at one turn beyond the first, after faults that the SDK does not retry.
    pub retries: usize,
    /// The wait before the first retry; it doubles with each, and is jittered.
    pub first_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first_event: Duration::from_secs(300),
            between_events: Duration::from_secs(90),
            retries: 3,
            first_wait: Duration::from_secs(1),
        }
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
        let config = aws_sdk_bedrockruntime::config::Builder::from(config)
            // A model that thinks sends nothing for minutes: the watchdog of `answer` has its own limits.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .retry_config(RetryConfig::standard().with_max_attempts(4))
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
        Self { patience, ..self }
    }

    /// Opens the stream.
    async fn send(&self, turn: &Turn<'_>) -> Result<answer::Events, Fault> {
        let request = request::build(&self.client, &self.id, &self.family, turn).map_err(Fault::request)?;
        let sent = tokio::time::timeout(self.patience.first_event, request.send()).await;
        let sent = sent.map_err(|_| Fault::silent(self.patience.first_event))?;
        sent.map(|output| output.stream).map_err(|error| Fault::before_stream(&error, &self.id))
    }

    /// The finished answer of an assembly.
    fn finish(&self, assembly: Assembly, begun: Instant) -> Result<Answer, Fault> {
        let latency_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (message, stop_reason, usage) = assembly.finish(&self.id)?;
        Ok(Answer { message, usage, stop_reason, latency_ms, cost_usd: self.family.cost_usd(usage) })
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
            .with_max_times(self.patience.retries);
        let stream = async_stream::stream! {
            let begun = Instant::now();
            let mut waits = waits.build();
            loop {
                let mut fault = None;
                let mut assembly = Assembly::default();
                match self.send(&turn).await {
                    Err(failed) => fault = Some(failed),
                    Ok(mut events) => loop {
                        match answer::next(&mut events, self.patience, &self.id, assembly.has_begun()).await {
                            Ok(Some(event)) => {
                                if let Some(delta) = assembly.hear(event) {
                                    yield Ok(delta);
                                }
                            }
                            Ok(None) => break,
                            Err(failed) => {
                                fault = Some(failed);
                                break;
                            }
                        }
                    },
                }
                let finished = match fault {
                    Some(fault) => Err(fault),
                    None => self.finish(assembly, begun),
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
