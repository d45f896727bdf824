//! The list of investigations: a fold over a few kinds of entries.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;
use marple_agent::ports::JournalError;
use marple_case::{Category, Confidence, Event, InvestigationId, Trigger, Verdict, event::Ending};
use sqlx::Row;

use crate::{SqliteJournal, unreadable_file};

/// One investigation, as a list shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The id.
    pub id: InvestigationId,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// What started it.
    pub trigger: Option<Trigger>,
    /// The scenario that was played, if one was.
    pub scenario: Option<String>,
    /// The model's id.
    pub model: String,
    /// The last root cause's verdict, category, confidence and title.
    pub result: Option<(Verdict, Category, Confidence, String)>,
    /// The questions that were asked, oldest first.
    pub questions: Vec<String>,
    /// How it ended; `None`: it runs still, or was interrupted.
    pub ending: Option<Ending>,
    /// What cannot be read of it, if something cannot.
    pub damage: Option<String>,
}

impl SqliteJournal {
    /// All investigations, newest first. A damaged one is listed with what is wrong.
    pub async fn list(&self) -> Result<Vec<Listed>, JournalError> {
        let select = "SELECT investigation, at, event FROM entries \
                      WHERE kind IN ('opened', 'root_cause_reported', 'question_asked', 'closed') ORDER BY investigation, number";
        let rows = sqlx::query(select).fetch_all(&self.pool).await.map_err(unreadable_file)?;
        let mut listed: BTreeMap<String, Listed> = BTreeMap::new();
        for row in &rows {
            let id: String = row.try_get("investigation").map_err(unreadable_file)?;
            let at: String = row.try_get("at").map_err(unreadable_file)?;
            let event: String = row.try_get("event").map_err(unreadable_file)?;
            let one = listed.entry(id.clone()).or_insert_with(|| Listed::new(id));
            match serde_json::from_str::<Event>(&event) {
                Ok(event) => one.hear(event, Timestamp::from_str(&at).ok()),
                Err(error) => one.damage = Some(error.to_string()),
            }
        }
        Ok(listed.into_values().rev().collect())
    }
}

impl Listed {
    fn new(id: String) -> Self {
        Self {
            id: InvestigationId(id),
            opened_at: None,
            trigger: None,
            scenario: None,
            model: String::new(),
            result: None,
            questions: Vec::new(),
            ending: None,
            damage: None,
        }
    }

    fn hear(&mut self, event: Event, at: Option<Timestamp>) {
        match event {
            Event::Opened { trigger, model, scenario, .. } => {
                self.opened_at = at;
                self.trigger = Some(trigger);
                self.model = model;
                self.scenario = scenario;
            }
            Event::RootCauseReported { root_cause, verification, .. } => {
                let confidence = verification.confidence;
                self.result = Some((root_cause.verdict, root_cause.category, confidence, root_cause.title));
            }
            Event::QuestionAsked { text, .. } => self.questions.push(text),
            Event::Closed { ending } => self.ending = Some(ending),
            _ => {}
        }
    }
}
