//! The driver: carries steps out and writes what happened. It decides nothing; [`crate::step`] does.
//!
//! Every entry is in the journal before the next step begins. Evidence is written as each call ends, under the id that it was
//! planned with, so that a crash loses no call that was finished.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream::FuturesUnordered};
use jiff::Timestamp;
use marple_case::{
    Entry, Event, Evidence, Facts, InvestigationId, Outcome, Trigger,
    event::{Budget, Ending, NumberedCall},
};
use tracing::Instrument;

use crate::{
    Prompts,
    investigation::{Investigation, milliseconds_between},
    own_tools,
    ports::{
        Clock, Journal, JournalError, Model, ModelError, Observer, PlannedCall, Progress, ScopeError, Taken, Toolbox,
    },
    step::{self, Step},
};

mod span;
mod turn;

/// Tool calls that run at once.
const CONCURRENT_CALLS: usize = 8;

/// What is to be investigated, and how.
#[derive(Debug, Clone)]
pub struct Order {
    /// What started it.
    pub trigger: Trigger,
    /// What it may use.
    pub budget: Budget,
    /// The BCP 47 tag of the report's language.
    pub language: String,
    /// The scenario that is played, if one is.
    pub scenario: Option<String>,
    /// The environment of the configuration whose account is read, if one is.
    pub environment: Option<String>,
    /// The program's version.
    pub program: String,
}

/// Why an investigation could not be carried on. What was found until then is in the journal.
#[derive(Debug, thiserror::Error)]
pub enum InvestigateError {
    /// The trigger led to no scope. Nothing was written.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The model cannot be used at all: credentials, access, or its id; or a transcript that is played back does not fit.
    #[error(transparent)]
    Model(ModelError),
    /// The journal cannot be written or read.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl InvestigateError {
    /// The one word for spans and metrics.
    fn word(&self) -> &'static str {
        match self {
            Self::Scope(_) => "scope",
            Self::Model(error) => error.word(),
            Self::Journal(_) => "journal",
        }
    }
}

/// Runs investigations.
#[derive(Clone)]
pub struct Investigator {
    /// The models, the preferred one first. The next one takes over when one gives out.
    pub models: Vec<Arc<dyn Model>>,
    /// The tools that read AWS.
    pub toolbox: Arc<dyn Toolbox>,
    /// Where everything is written.
    pub journal: Arc<dyn Journal>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What the model is told.
    pub prompts: Arc<Prompts>,
    /// Who watches.
    pub observer: Arc<dyn Observer>,
}

impl Investigator {
    /// Resolves the trigger and opens the investigation in the journal. A trigger that leads nowhere writes nothing.
    pub async fn open(&self, id: &InvestigationId, order: Order) -> Result<(), InvestigateError> {
        let scope = self.toolbox.scope(&order.trigger, self.clock.now()).await?;
        let model = self.models.first().map_or("none", |model| model.id()).to_owned();
        let Order { trigger, budget, language, scenario, environment, program } = order;
        let trigger = match trigger {
            Trigger::Question { text } => Trigger::Question { text: self.toolbox.redacted(&text) },
            other => other,
        };
        let account = matches!(trigger, Trigger::Account);
        let mut state = Investigation::new(id.clone());
        let opened = Event::Opened { trigger, model, budget, language, scenario, environment, program };
        self.write(&mut state, opened).await?;
        self.write(&mut state, Event::Scoped { scope }).await?;
        if account {
            self.write(&mut state, Event::OpeningEnded).await?;
            self.write(&mut state, Event::Closed { ending: Ending::Complete }).await?;
        }
        Ok(())
    }

    /// Takes an investigation up again that was interrupted, cut off or ended partially, with a new budget. One that is complete stays as
    /// it is.
    pub async fn resume(&self, id: &InvestigationId, budget: Budget) -> Result<(), InvestigateError> {
        let mut state = self.load(id).await?;
        match state.ending() {
            Some(Ending::Complete) if state.question().is_none() => Ok(()),
            _ => self.write(&mut state, Event::Resumed { budget }).await,
        }
    }

    /// Carries an investigation on from wherever its journal stands, until it ends or `stop` resolves.
    pub async fn run(
        &self,
        id: &InvestigationId,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<Investigation, InvestigateError> {
        let span = span::investigation(id, self.models.first().map(|model| &**model));
        let work = self.carry_on(id);
        tokio::pin!(stop);
        let interrupted = async {
            tokio::select! {
                ended = work => Some(ended),
                () = &mut stop => None,
            }
        };
        let ended = match interrupted.instrument(span.clone()).await {
            Some(ended) => ended,
            None => self.interrupt(id).await,
        };
        span::ended(&span, &ended);
        ended
    }

    async fn interrupt(&self, id: &InvestigationId) -> Result<Investigation, InvestigateError> {
        let mut state = self.load(id).await?;
        self.write(&mut state, Event::Interrupted).await?;
        Ok(state)
    }

    pub(crate) async fn load(&self, id: &InvestigationId) -> Result<Investigation, InvestigateError> {
        Ok(Investigation::from_entries(id.clone(), self.journal.entries(id).await?))
    }

    async fn carry_on(&self, id: &InvestigationId) -> Result<Investigation, InvestigateError> {
        let mut state = self.load(id).await?;
        let asked = state.question().is_some();
        tracing::Span::current().record("question", asked);
        let tools = own_tools::told::tools(self.toolbox.tools(), asked);
        let mut chosen = self.model_at_work(&state);
        loop {
            match step::next(&state, self.clock.now(), &*self.toolbox, &self.prompts) {
                _ if asked && state.question().is_none() => return Ok(state),
                Step::Ended => return Ok(state),
                Step::Record(events) => {
                    for event in events {
                        self.write(&mut state, event).await?;
                    }
                }
                Step::Run(calls) => self.run_calls(&mut state, calls).await?,
                Step::LeaveModel { reason } => {
                    let from = last_model(&state).to_owned();
                    chosen = self.models.iter().position(|model| model.id() == from).map_or(chosen, |place| place + 1);
                    self.hand_over(&mut state, &from, chosen, &reason).await?;
                }
                Step::Ask { must_call } => match self.models.get(chosen) {
                    Some(model) => self.take_turn(&mut state, model.as_ref(), &tools, must_call, &mut chosen).await?,
                    None => self.give_up(&mut state, "no model is left to ask").await?,
                },
            }
        }
    }

    /// The place in the chain of the model that was at work when the journal ended. A resume begins with the first one again.
    fn model_at_work(&self, state: &Investigation) -> usize {
        let last = state.entries().iter().rev().find_map(|entry| match &entry.event {
            Event::Degraded { to, .. } => Some(Some(to)),
            Event::Resumed { .. } | Event::QuestionAsked { .. } => Some(None),
            _ => None,
        });
        last.flatten().and_then(|to| self.models.iter().position(|model| model.id() == to)).unwrap_or(0)
    }

    async fn give_up(&self, state: &mut Investigation, reason: &str) -> Result<(), InvestigateError> {
        let end = step::give_up(state, reason);
        self.write(state, end).await
    }

    /// Leaves a model that failed. One that was never usable is an error of whoever chose it, not a partial report.
    async fn leave_model(
        &self,
        state: &mut Investigation,
        from: &str,
        to: usize,
        error: ModelError,
    ) -> Result<(), InvestigateError> {
        let unusable = matches!(
            error,
            ModelError::Credentials { .. } | ModelError::AccessDenied { .. } | ModelError::UnknownModel { .. }
        );
        if unusable && state.turns() == 0 || matches!(error, ModelError::ReplayDiffers { .. }) {
            self.give_up(state, &format!("{from}: {error}")).await?;
            return Err(InvestigateError::Model(error));
        }
        self.hand_over(state, from, to, &error.to_string()).await
    }

    /// Goes on with the model at place `to` of the chain, or ends.
    async fn hand_over(
        &self,
        state: &mut Investigation,
        from: &str,
        to: usize,
        reason: &str,
    ) -> Result<(), InvestigateError> {
        tracing::warn!(model = from, reason, "the model is left");
        match self.models.get(to) {
            Some(next) => {
                let (from, to, reason) = (from.to_owned(), next.id().to_owned(), reason.to_owned());
                self.write(state, Event::Degraded { from, to, reason }).await
            }
            None => self.give_up(state, &format!("{from}: {reason}")).await,
        }
    }

    pub(crate) async fn write(&self, state: &mut Investigation, event: Event) -> Result<(), InvestigateError> {
        let entry = Entry { number: state.next_number(), at: self.clock.now(), event };
        self.journal.append(&state.id, &entry).await?;
        self.observer.progress(Progress::Written(&entry));
        state.apply(entry);
        Ok(())
    }

    /// How long the time budget still lasts; very long where there is none.
    fn time_left(&self, state: &Investigation) -> Duration {
        /// A wait always has a limit.
        const LONGEST: Duration = Duration::from_secs(3600);
        let left = state.budget().time_ms.map(|limit| limit.saturating_sub(state.active_ms(self.clock.now())));
        left.map_or(LONGEST, Duration::from_millis)
    }

    async fn run_calls(&self, state: &mut Investigation, calls: Vec<NumberedCall>) -> Result<(), InvestigateError> {
        let Some(scope) = state.scope().cloned() else {
            return Ok(());
        };
        let (id, limit) = (state.id.clone(), self.time_left(state));
        let mut waiting = calls.into_iter();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < CONCURRENT_CALLS
                && let Some(call) = waiting.next()
            {
                self.observer.progress(Progress::CallStarted { tool: &call.tool, arguments: &call.arguments });
                running.push(self.run_call(&id, call, &scope, limit));
            }
            match running.next().await {
                Some(taken) => self.write(state, taken).await?,
                None => return Ok(()),
            }
        }
    }

    async fn run_call(
        &self,
        id: &InvestigationId,
        call: NumberedCall,
        scope: &marple_case::Scope,
        limit: Duration,
    ) -> Event {
        let begun = self.clock.now();
        let span = span::call(id, &call, &scope.region);
        let asked = PlannedCall { tool: call.tool.clone(), arguments: call.arguments.clone() };
        let taken = tokio::time::timeout(limit, self.toolbox.run(&asked, scope)).instrument(span.clone()).await;
        let taken = taken.unwrap_or_else(|_| out_of_time(&asked));
        span::taken(&span, &taken.outcome);
        let ended = self.clock.now();
        let evidence = Evidence {
            id: call.evidence,
            tool: call.tool,
            arguments: taken.arguments,
            outcome: taken.outcome,
            facts: taken.facts,
            text: taken.text,
            shown: taken.shown,
            command: taken.command,
            unread: taken.unread,
            taken_at: ended,
            elapsed_ms: milliseconds_between(begun, ended),
        };
        Event::EvidenceTaken { evidence: Arc::new(evidence), call: call.call }
    }
}

/// The model that answered last.
fn last_model(state: &Investigation) -> &str {
    let answered = state.entries().iter().rev().find_map(|entry| match &entry.event {
        Event::ModelAnswered { model, .. } => Some(model.as_str()),
        _ => None,
    });
    answered.unwrap_or_default()
}

fn out_of_time(call: &PlannedCall) -> Taken {
    let message = "the investigation's time budget ended before AWS answered".to_owned();
    Taken {
        arguments: call.arguments.clone(),
        text: message.clone(),
        outcome: Outcome::Failed { message },
        facts: Facts::Nothing,
        shown: None,
        command: String::new(),
        unread: Vec::new(),
    }
}

/// The moment until which a clock that started at `start` has run, for clocks of scenarios.
pub fn advanced(start: Timestamp, by: Duration) -> Timestamp {
    jiff::SignedDuration::try_from(by).ok().and_then(|by| start.checked_add(by).ok()).unwrap_or(start)
}

/// A moment without what is finer than a millisecond: finer times would only be noise in reports and command lines.
pub fn to_the_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}
