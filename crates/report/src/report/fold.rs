//! Entries in, report out.
//!
//! What comes after the first question of a person is counted apart: a report's figures do not change because someone asks
//! about it. Where there is no investigation beside the questions, they are what is counted. Time is counted between entries, save where the program waited or did not run: before `resumed` and before a
//! question.

use std::sync::Arc;

use jiff::Timestamp;
use marple_case::{
    Entry, Event, InvestigationId, Trigger, Usage,
    event::{Budget, Ending},
};

use super::{
    Conclusion, Exchange, Finding, FoundBy, Gap, Note, PLAYBOOK, Plan, Reply, Report, Spent, Status, Version, gaps,
};

impl Report {
    /// Folds the entries of one investigation, in order.
    pub fn from_entries(id: InvestigationId, entries: &[Entry]) -> Self {
        let mut fold =
            Fold { report: Self::empty(id), last_at: None, asked: false, stopped: false, answering: String::new() };
        for entry in entries {
            fold.count_time(entry);
            fold.apply(entry);
        }
        fold.finish()
    }

    fn empty(id: InvestigationId) -> Self {
        Self {
            id,
            program: None,
            scenario: None,
            language: "en".to_owned(),
            trigger: None,
            scope: None,
            opened_at: None,
            status: Status::Unfinished,
            model: String::new(),
            models: Vec::new(),
            language_model: false,
            budget: Budget::default(),
            spent: Spent::default(),
            spent_on_questions: Spent::default(),
            conclusion: None,
            superseded: Vec::new(),
            plan: None,
            evidence: Vec::new(),
            findings: Vec::new(),
            refused_calls: 0,
            gaps: Vec::new(),
            notes: Vec::new(),
            questions: Vec::new(),
        }
    }
}

struct Fold {
    report: Report,
    last_at: Option<Timestamp>,
    /// Whether a person's question came last: from it to the next `resumed` that takes up the investigation, not the answer.
    asked: bool,
    /// Whether a person stopped the last answer.
    stopped: bool,
    /// The model that answered last, in an investigation or a question.
    answering: String,
}

impl Fold {
    fn spent(&mut self) -> &mut Spent {
        match self.asked && !self.is_account() {
            true => &mut self.report.spent_on_questions,
            false => &mut self.report.spent,
        }
    }

    fn is_account(&self) -> bool {
        matches!(self.report.trigger, Some(Trigger::Account))
    }

    fn count_time(&mut self, entry: &Entry) {
        let waited = matches!(entry.event, Event::Resumed { .. } | Event::QuestionAsked { .. });
        if let Some(last) = self.last_at.filter(|_| !waited) {
            let passed = u64::try_from(entry.at.duration_since(last).as_millis()).unwrap_or(0);
            let spent = self.spent();
            spent.elapsed_ms = spent.elapsed_ms.saturating_add(passed);
        }
        self.last_at = Some(entry.at);
    }

    fn apply(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Opened { .. } => self.open(entry),
            Event::Scoped { scope } => self.report.scope = Some(scope.clone()),
            Event::EvidenceTaken { evidence, .. } => {
                self.spent().tool_calls += 1;
                self.report.evidence.push(Arc::clone(evidence));
            }
            Event::ModelAnswered { usage, model, cost_usd, .. } => self.count_turn(model, *usage, *cost_usd),
            Event::FindingNoted { kind, text, evidence, .. } => self.report.findings.push(Finding {
                at: entry.at,
                kind: *kind,
                text: text.clone(),
                evidence: evidence.clone(),
                by: FoundBy::Model,
            }),
            Event::CallRefused { .. } => self.report.refused_calls += u32::from(!self.asked),
            Event::RootCauseReported { root_cause, verification, .. } => self.conclude(Conclusion {
                at: entry.at,
                model: self.answering.clone(),
                root_cause: root_cause.clone(),
                verification: verification.clone(),
            }),
            Event::PlanReported { plan, check, .. } => {
                self.report.plan = Some(Plan { at: entry.at, plan: plan.clone(), check: check.clone() });
            }
            Event::QuestionAsked { text, .. } => self.ask(entry.at, text),
            Event::Answered { .. } => self.answer(entry),
            Event::Interrupted => self.interrupt(entry.at),
            Event::Resumed { budget } => self.resume(entry.at, *budget),
            Event::Degraded { from, to, reason } => {
                if !self.asked || self.is_account() {
                    self.report.model.clone_from(to);
                }
                let (from, to, reason) = (from.clone(), to.clone(), reason.clone());
                self.report.notes.push(Note::Degraded { at: entry.at, from, to, reason });
            }
            Event::Compacted { evidence, reason } => {
                let note = Note::Compacted { at: entry.at, evidence: evidence.len(), reason: reason.clone() };
                self.report.notes.push(note);
            }
            Event::Closed { ending } => {
                self.report.status = match ending {
                    Ending::Complete => Status::Complete,
                    Ending::Partial { reason } => Status::Partial { reason: reason.clone() },
                };
            }
            Event::CallsPlanned { .. } | Event::OpeningEnded | Event::EvidenceShown { .. } | Event::Prompted { .. } => {
            }
        }
    }

    fn open(&mut self, entry: &Entry) {
        let Event::Opened { trigger, model, budget, language, scenario, program, .. } = &entry.event else { return };
        self.report.opened_at = Some(entry.at);
        self.report.budget = *budget;
        self.report.trigger = Some(trigger.clone());
        self.report.model.clone_from(model);
        self.report.language.clone_from(language);
        self.report.scenario.clone_from(scenario);
        self.report.program = Some(program.clone());
    }

    fn count_turn(&mut self, model: &str, usage: Usage, cost_usd: Option<f64>) {
        let is_language_model = model != PLAYBOOK;
        let cost = cost_usd.filter(|cost| cost.is_finite()).or((!is_language_model).then_some(0.0));
        self.spent().add_turn(usage, cost);
        model.clone_into(&mut self.answering);
        if self.asked && !self.is_account() {
            return;
        }
        self.report.model = model.to_owned();
        self.report.language_model |= is_language_model;
        if !self.report.models.iter().any(|known| known == model) {
            self.report.models.push(model.to_owned());
        }
    }

    fn conclude(&mut self, conclusion: Conclusion) {
        let replaced = self.report.conclusion.replace(conclusion);
        if let Some(conclusion) = replaced {
            self.report.superseded.push(Version { conclusion, plan: self.report.plan.take() });
        }
    }

    fn ask(&mut self, at: Timestamp, question: &str) {
        (self.asked, self.stopped) = (true, false);
        self.report.questions.push(Exchange { at, question: question.to_owned(), answer: None });
    }

    fn answer(&mut self, entry: &Entry) {
        if let Some(exchange) = self.report.questions.last_mut() {
            exchange.answer = Reply::of(entry, &self.answering);
        }
    }

    /// Stopping an answer to a question leaves the report as it is.
    fn interrupt(&mut self, at: Timestamp) {
        self.stopped = true;
        if !self.asked {
            self.report.status = Status::Interrupted;
            self.report.notes.push(Note::Interrupted { at });
        }
    }

    fn resume(&mut self, at: Timestamp, budget: Budget) {
        let is_open = self.report.questions.last().is_some_and(|exchange| exchange.answer.is_none());
        if self.asked && is_open && !self.stopped {
            return;
        }
        self.asked = false;
        self.report.budget = budget;
        self.report.status = Status::Unfinished;
        self.report.notes.push(Note::Resumed { at });
    }

    fn finish(mut self) -> Report {
        if let Some(conclusion) = &self.report.conclusion {
            self.report.model.clone_from(&conclusion.model);
        }
        self.report.evidence.sort_by_key(|taken| taken.id);
        let claimed = self.report.conclusion.iter().flat_map(|conclusion| &conclusion.root_cause.gaps);
        let mut all: Vec<Gap> = claimed.map(Gap::from).collect();
        if let (Status::Partial { reason }, None) = (&self.report.status, &self.report.conclusion) {
            all.push(gaps::no_conclusion(reason, self.report.words()));
        }
        gaps::add_unmentioned(&mut all, &self.report.evidence, self.report.words());
        self.report.gaps = all;
        self.report
    }
}

impl Spent {
    fn add_turn(&mut self, usage: Usage, cost_usd: Option<f64>) {
        self.turns += 1;
        self.usage = Usage {
            input_tokens: self.usage.input_tokens.saturating_add(usage.input_tokens),
            output_tokens: self.usage.output_tokens.saturating_add(usage.output_tokens),
            cache_read_tokens: self.usage.cache_read_tokens.saturating_add(usage.cache_read_tokens),
            cache_write_tokens: self.usage.cache_write_tokens.saturating_add(usage.cache_write_tokens),
        };
        self.cost_usd = self.cost_usd.zip(cost_usd).map(|(known, cost)| known + cost);
    }

    /// Input tokens of all sorts, from a cache or not.
    pub fn all_input_tokens(&self) -> u64 {
        let cached = self.usage.cache_read_tokens.saturating_add(self.usage.cache_write_tokens);
        self.usage.input_tokens.saturating_add(cached)
    }
}
