//! A chat: one question after the other, each through the journal.

use std::io::IsTerminal;
use std::sync::Arc;

use marple_agent::{Investigation, Investigator, Order, Question, ports::Observer};
use marple_case::{InvestigationId, event::Budget};
use marple_report::{Report, terminal};

use super::view::Talk;
use crate::{
    commands::investigate::{self, interrupted},
    failure::Failure,
    output,
};

/// What is talked about, and how.
pub(super) struct Session {
    pub(super) investigator: Investigator,
    /// The record; `None` until the first question of a new one.
    pub(super) id: Option<InvestigationId>,
    /// How a new record is opened.
    pub(super) order: Option<Order>,
    /// What each answer may use.
    pub(super) budget: Budget,
    /// The language of the answers; `None`: the record's.
    pub(super) language: Option<String>,
    /// The person's time zone.
    pub(super) zone: Option<String>,
    pub(super) quiet: bool,
}

impl Session {
    /// Asks, and gives the report whose last question is this one. Ctrl-C stops the answer.
    pub(super) async fn ask(&mut self, text: &str) -> Result<Report, Failure> {
        let id = self.opened().await?;
        let question = Question {
            text: text.to_owned(),
            budget: self.budget,
            language: self.language.clone(),
            zone: self.zone.clone(),
        };
        self.investigator.put(&id, question).await?;
        self.answer(&id).await
    }

    /// Goes on with a question whose answer was cut off, and shows the answer.
    pub(super) async fn finish_open_question(&mut self) -> Result<(), Failure> {
        let Some(id) = self.id.clone() else { return Ok(()) };
        let state = self.state(&id).await?;
        let Some(question) = state.question() else { return Ok(()) };
        if !self.quiet {
            anstream::eprintln!("going on with: {}", marple_report::visible::line(&question.text));
        }
        self.investigator.resume(&id, self.budget).await?;
        show(&self.answer(&id).await?);
        Ok(())
    }

    /// The report as it stands; `None` before the first question.
    pub(super) async fn report(&self) -> Result<Option<Report>, Failure> {
        let Some(id) = &self.id else { return Ok(None) };
        let state = self.state(id).await?;
        Ok(Some(Report::from_entries(id.clone(), state.entries())))
    }

    async fn opened(&mut self) -> Result<InvestigationId, Failure> {
        if let Some(id) = &self.id {
            return Ok(id.clone());
        }
        let id = InvestigationId(uuid::Uuid::now_v7().to_string());
        if let Some(order) = self.order.take()
            && let Err(error) = self.investigator.open(&id, order.clone()).await
        {
            self.order = Some(order);
            return Err(error.into());
        }
        self.id = Some(id.clone());
        Ok(id)
    }

    async fn state(&self, id: &InvestigationId) -> Result<Investigation, Failure> {
        Ok(Investigation::from_entries(id.clone(), self.investigator.journal.entries(id).await?))
    }

    async fn answer(&self, id: &InvestigationId) -> Result<Report, Failure> {
        let before = self.state(id).await?;
        let observer: Arc<dyn Observer> =
            if self.quiet { investigate::observer(true) } else { Arc::new(Talk::after(before.entries())) };
        let watched = Investigator { observer, ..self.investigator.clone() };
        let state = watched.run(id, interrupted()).await?;
        Ok(Report::from_entries(id.clone(), state.entries()))
    }
}

/// Writes the last answer to standard output.
pub(super) fn show(report: &Report) {
    let Some(exchange) = report.questions.last() else { return };
    let to_terminal = std::io::stdout().is_terminal();
    let style = if to_terminal { terminal::Style::colour() } else { terminal::Style::plain() };
    match &exchange.answer {
        Some(answer) => {
            let width = output::width(to_terminal).min(output::WIDEST);
            output::print(&terminal::render_answer(answer, report.words(), width, &style));
        }
        None => anstream::eprintln!("{}", report.words().was_interrupted),
    }
}
