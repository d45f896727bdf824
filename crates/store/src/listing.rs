//! The list of investigations: a fold over a few kinds of entries.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;
use marple_agent::ports::JournalError;
use marple_case::{
    Category, Confidence, Event, InvestigationId, Trigger, Verdict,
    event::{Ending, VERSION},
};
use sqlx::{Row, sqlite::SqliteRow};

use crate::{SqliteJournal, other_version, unreadable_file};

/// Every investigation that has a row, however damaged: how many rows, up to which number, and the first row of another version.
const CENSUS: &str = "SELECT investigation, COUNT(*) AS entries, MAX(number) AS last, \
                      MIN(CASE WHEN version <> ?1 THEN number END) AS other, \
                      MIN(CASE WHEN version <> ?1 THEN version END) AS version \
                      FROM entries GROUP BY investigation";
/// The number of the first row that is missing.
const FIRST_MISSING: &str = "SELECT MIN(number) + 1 FROM \
                             (SELECT 0 AS number UNION ALL SELECT number FROM entries WHERE investigation = ?1) AS before \
                             WHERE NOT EXISTS \
                             (SELECT 1 FROM entries WHERE investigation = ?1 AND number = before.number + 1)";
/// The rows that a list shows something of.
pub(crate) const SHOWN: &str = "SELECT investigation, number, at, event FROM entries \
                     WHERE version = ? AND kind IN ('opened', 'root_cause_reported', 'question_asked', 'closed') \
                     ORDER BY investigation, number";

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
    /// The first of its entries that is known to be unreadable, and why. A list does not read the entries that it shows nothing of.
    pub damage: Option<String>,
}

impl SqliteJournal {
    /// All investigations, newest first. A damaged one is listed with what is wrong.
    pub async fn list(&self) -> Result<Vec<Listed>, JournalError> {
        let versions = i64::from(VERSION);
        let census = sqlx::query(CENSUS).bind(versions).fetch_all(&self.pool).await.map_err(unreadable_file)?;
        let rows = sqlx::query(SHOWN).bind(versions).fetch_all(&self.pool).await.map_err(unreadable_file)?;
        let mut listed: BTreeMap<String, Listed> = BTreeMap::new();
        for row in &census {
            let id: String = row.try_get("investigation").map_err(unreadable_file)?;
            let damage = self.damage(&id, row).await.map_err(unreadable_file)?;
            listed.insert(id.clone(), Listed { damage, ..Listed::new(id) });
        }
        for row in &rows {
            let id: String = row.try_get("investigation").map_err(unreadable_file)?;
            if let Some(one) = listed.get_mut(&id) {
                one.read(row).map_err(unreadable_file)?;
            }
        }
        Ok(listed.into_values().rev().collect())
    }

    /// What the census says against an investigation.
    async fn damage(&self, id: &str, row: &SqliteRow) -> Result<Option<String>, sqlx::Error> {
        let (entries, last): (i64, i64) = (row.try_get("entries")?, row.try_get("last")?);
        if let Some(number) = row.try_get::<Option<i64>, _>("other")? {
            let reason = other_version(row.try_get("version")?);
            return Ok(Some(format!("entry {number} cannot be read: {reason}")));
        }
        if entries == last {
            return Ok(None);
        }
        let missing: i64 = sqlx::query_scalar(FIRST_MISSING).bind(id).fetch_one(&self.pool).await?;
        Ok(Some(format!("entry {missing} cannot be read: it is missing")))
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

    /// Takes one row in; an unreadable one is the damage, unless one before it is.
    fn read(&mut self, row: &SqliteRow) -> Result<(), sqlx::Error> {
        let number: i64 = row.try_get("number")?;
        let (at, event): (String, String) = (row.try_get("at")?, row.try_get("event")?);
        match (serde_json::from_str::<Event>(&event), Timestamp::from_str(&at)) {
            (Ok(event), Ok(at)) => self.hear(event, Some(at)),
            (Ok(_), Err(error)) => self.find(number, &format!("its time {at:?} is none: {error}")),
            (Err(error), _) => self.find(number, &error.to_string()),
        }
        Ok(())
    }

    fn find(&mut self, number: i64, reason: &str) {
        self.damage.get_or_insert_with(|| format!("entry {number} cannot be read: {reason}"));
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
