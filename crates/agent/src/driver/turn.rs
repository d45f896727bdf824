//! One turn of the model: whether it can be asked, asking, and what is written of it.

use futures::StreamExt;
use marple_case::{Block, Event, Message, ToolSpec};
use tracing::Instrument;

use super::{InvestigateError, Investigator, span};
use crate::{
    chat,
    conversation::{self, compaction},
    investigation::Investigation,
    ports::{Answer, Delta, Estimate, Model, ModelError, MustCall, Progress, Turn, TurnOptions},
    step::allowance::{self, LAST_TURN_TOKENS},
};

/// How a question to the model ended.
enum Asked {
    Answered(Box<Event>),
    /// It was not asked; this is to be written first.
    Instead(Box<Event>),
    Failed(ModelError),
    /// The time budget ended; why the service kept the turn waiting, if it did.
    OutOfTime {
        waiting: Option<String>,
    },
}

impl Investigator {
    /// Asks the model, and writes what came of it.
    pub(super) async fn take_turn(
        &self,
        state: &mut Investigation,
        model: &dyn Model,
        tools: &[ToolSpec],
        must_call: MustCall,
        chosen: &mut usize,
    ) -> Result<(), InvestigateError> {
        match self.ask(state, model, tools, must_call).await {
            Asked::Answered(event) | Asked::Instead(event) => self.write(state, *event).await,
            Asked::OutOfTime { waiting: None } => {
                self.give_up(state, "the time budget ended while the model was answering").await
            }
            Asked::OutOfTime { waiting: Some(reason) } => {
                let reason = format!("the time budget ended while {} kept the turn waiting: {reason}", model.id());
                self.give_up(state, &reason).await
            }
            Asked::Failed(ModelError::ContextExceeded { message })
                if let Some(event) = compaction::after_refusal(state, &message) =>
            {
                self.write(state, event).await
            }
            Asked::Failed(error) => {
                *chosen += 1;
                self.leave_model(state, model.id(), *chosen, error).await
            }
        }
    }

    async fn ask(&self, state: &Investigation, model: &dyn Model, tools: &[ToolSpec], must_call: MustCall) -> Asked {
        let Some(scope) = state.scope() else {
            return Asked::OutOfTime { waiting: None };
        };
        let messages = conversation::messages(state, &self.prompts);
        let system = self.prompts.system(chat::language(state));
        let is_limited = state.budget().cost_usd.is_some() || state.budget().tokens.is_some();
        let options = TurnOptions {
            must_call,
            investigation: state.id.to_string(),
            max_output_tokens: (is_limited && state.told_last_turn()).then_some(LAST_TURN_TOKENS),
            cost_left_usd: state.budget().cost_usd.map(|limit| limit - state.cost_usd().unwrap_or(0.0)),
            question: chat::asked(state).map(Box::new),
        };
        let mut turn = Turn { system: &system, messages: &messages, evidence: state.evidence(), scope, tools, options };
        let estimate = model.estimate(&turn);
        if is_limited && turn.options.max_output_tokens.is_none() {
            // What was estimated is all that may be spent: an answer that is cut off is not asked for again with a larger limit.
            turn.options.max_output_tokens = estimate.and_then(|whole| u32::try_from(whole.output_tokens).ok());
        }
        if let Some(event) = self.instead_of_asking(state, model, &turn, estimate) {
            return Asked::Instead(Box::new(event));
        }
        let span = span::turn(state, model, &turn.options);
        let mut waiting = None;
        let answer =
            tokio::time::timeout(self.time_left(state), self.hear(model, turn, &mut waiting)).instrument(span.clone());
        match answer.await {
            Err(_) => {
                span.record("error", "timeout");
                Asked::OutOfTime { waiting }
            }
            Ok(Err(error)) => {
                span.record("error", error.word());
                Asked::Failed(error)
            }
            Ok(Ok(answer)) => {
                span::answered(&span, &answer);
                Asked::Answered(Box::new(Event::ModelAnswered {
                    message: with_distinct_calls(answer.message),
                    usage: answer.usage,
                    latency_ms: answer.latency_ms,
                    model: model.id().to_owned(),
                    stop_reason: answer.stop_reason,
                    cost_usd: answer.cost_usd,
                }))
            }
        }
    }

    /// What has to happen before the turn can be asked: it is too large for the model, or for what is left of the budget.
    fn instead_of_asking(
        &self,
        state: &Investigation,
        model: &dyn Model,
        turn: &Turn<'_>,
        whole: Option<Estimate>,
    ) -> Option<Event> {
        let whole = whole?;
        if let Some(event) = model.context_window().and_then(|window| compaction::before_request(state, whole, window))
        {
            return Some(event);
        }
        let options = TurnOptions { max_output_tokens: Some(LAST_TURN_TOKENS), ..turn.options.clone() };
        let short = model.estimate(&Turn { options, ..turn.clone() });
        allowance::instead_of_asking(state, whole, short, &self.prompts)
    }

    /// Hears an answer to its end. `waiting`: why the service keeps it waiting now.
    async fn hear(
        &self,
        model: &dyn Model,
        turn: Turn<'_>,
        waiting: &mut Option<String>,
    ) -> Result<Answer, ModelError> {
        let mut deltas = model.answer(turn);
        while let Some(delta) = deltas.next().await {
            let delta = delta?;
            self.observer.progress(Progress::Answering(&delta));
            *waiting = match &delta {
                Delta::Waiting { reason, .. } => Some(reason.clone()),
                _ => None,
            };
            if let Delta::Finished(answer) = delta {
                return Ok(answer);
            }
        }
        Err(ModelError::Unavailable { message: "the model's answer ended without its end".to_owned() })
    }
}

/// The message with blank texts left out, and with call ids made distinct: each call then gets its own result.
fn with_distinct_calls(mut message: Message) -> Message {
    let mut known: Vec<String> = Vec::new();
    message.blocks.retain(|block| !matches!(block, Block::Text { text } if text.trim().is_empty()));
    for block in &mut message.blocks {
        if let Block::ToolCall(call) = block {
            while known.contains(&call.id) || call.id.is_empty() {
                call.id.push('x');
            }
            known.push(call.id.clone());
        }
    }
    message
}
