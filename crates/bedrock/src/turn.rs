//! One turn: attempts, one after the other, until there is an answer or none is to be had.

use std::time::Instant;

use futures::stream::Stream;
use marple_agent::ports::{Answer, Delta, Model, ModelError, Turn};
use marple_case::{Message, Role, Usage};

use crate::{
    Bedrock,
    answer::{self, Assembly, Heard},
    ending::{self, Chances, Ending},
    estimate,
    fault::Fault,
    price::Tokens,
    request,
    retries::Retries,
    settings::Settings,
};

impl Bedrock {
    /// Takes the turn.
    pub(crate) fn take<'a>(&'a self, turn: Turn<'a>) -> impl Stream<Item = Result<Delta, ModelError>> + Send + 'a {
        async_stream::stream! {
            let begun = Instant::now();
            let mut retries = Retries::new(self.patience);
            let mut spent = Spent::nothing();
            let mut output_tokens = self.settings.first_limit(&turn);
            loop {
                let mut fault = None;
                let mut has_begun = false;
                let mut assembly = Assembly::default();
                match self.send(&turn, output_tokens).await {
                    Err(failed) => fault = Some(failed),
                    Ok(mut events) => {
                        retries.stream_began();
                        while let Some(heard) = assembly.next(&mut events, self.patience).await {
                            match heard {
                                Ok(event) => {
                                    has_begun = true;
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
                if has_begun {
                    spent.count_broken(&self.settings, &turn);
                }
                let next = self.estimate(&turn).and_then(|estimate| estimate.cost_usd);
                let again = retries.after(&fault, Instant::now()).filter(|_| spent.leaves(next, turn.options.cost_left_usd));
                let Some((wait, sign)) = again else {
                    yield Err(fault.into_error());
                    return;
                };
                tracing::info!(reason = %fault, ?wait, "the turn begins anew");
                yield Ok(sign);
                tokio::time::sleep(wait).await;
            }
        }
    }

    /// Opens the stream of an answer of so many tokens.
    async fn send(&self, turn: &Turn<'_>, output_tokens: u32) -> Result<answer::Events, Fault> {
        let request = request::build(&self.client, &self.settings, turn, output_tokens).map_err(Fault::request)?;
        let request = request.builder.customize().interceptor(request.order);
        let sent = tokio::time::timeout(self.patience.first_event, request.send()).await;
        let sent = sent.map_err(|_| Fault::silent(self.patience.first_event))?;
        sent.map(|output| output.stream).map_err(|error| Fault::before_stream(&error))
    }

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

    /// Counts an answer that broke off before its usage was told: its request, as it was reckoned. What it had said by then is not counted.
    fn count_broken(&mut self, settings: &Settings, turn: &Turn<'_>) {
        let usage = Usage { input_tokens: estimate::input_tokens(turn), ..Usage::default() };
        let cost = settings.cost(Tokens { usage, long_writes: 0 }, settings.served);
        self.cost_usd = self.cost_usd.zip(cost).map(|(so_far, more)| so_far + more);
        self.usage += usage;
    }

    /// Whether another attempt can be paid for. Where nothing was spent yet, that was settled before the turn.
    fn leaves(&self, next: Option<f64>, left: Option<f64>) -> bool {
        match (self.cost_usd, next, left) {
            (Some(spent), Some(next), Some(left)) if spent > 0.0 => spent + next <= left,
            _ => true,
        }
    }
}
